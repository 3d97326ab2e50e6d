package app

import (
	"context"
	"strings"

	"github.com/guildhall/guildhall/internal/ask"
	"github.com/guildhall/guildhall/internal/core/access"
	"github.com/guildhall/guildhall/internal/core/event"
	"github.com/guildhall/guildhall/internal/core/search"
	"github.com/guildhall/guildhall/internal/core/similar"
	"github.com/guildhall/guildhall/internal/core/subject"
	"github.com/guildhall/guildhall/internal/platform/db"
	"github.com/guildhall/guildhall/internal/platform/id"
)

// finding is the effect that lets similar questions and the dictionary of
// typing errors follow what is written.
func (h *House) finding() event.Effect {
	return event.Effect{Name: "finding", Batch: 25, Prepare: func(ctx context.Context, events []event.Event) (func(tx *db.Tx) error, error) {
		var questions, names []id.ID
		for _, e := range events {
			switch {
			case strings.HasPrefix(e.Kind, "question."):
				switch e.Kind {
				case "question.asked", "question.edited", "question.deleted", "question.reopened":
					questions = append(questions, e.Subject)
				}
			case e.Kind == "people.joined", e.Kind == "skill.added", e.Kind == "skill.edited":
				if e.Audience == access.Organisation {
					names = append(names, e.Subject)
				}
			}
		}
		if len(questions) == 0 && len(names) == 0 {
			return nil, nil
		}
		var texts []ask.Text
		var titles []string
		if err := h.DB.Read(ctx, func(tx *db.Tx) (err error) {
			if texts, err = ask.Texts(tx, questions); err != nil {
				return err
			}
			titles, err = subject.Titles(tx, names)
			return err
		}); err != nil {
			return nil, err
		}
		words := map[string]int{}
		for _, t := range titles {
			search.Learnable(t, words)
		}
		var prepared []similar.Prepared
		var gone []id.ID
		for _, t := range texts {
			if t.State == ask.Deleted {
				gone = append(gone, t.ID)
				continue
			}
			prepared = append(prepared, similar.Prepare(similar.Doc{Subject: t.ID, Audience: t.Audience, Title: t.Title, Body: t.Body, Lang: t.Lang}))
			if t.Audience == access.Organisation {
				search.Learnable(t.Title+"\n"+t.Body, words)
			}
		}
		return func(tx *db.Tx) error {
			for _, p := range prepared {
				if err := p.Save(tx); err != nil {
					return err
				}
			}
			for _, n := range gone {
				if err := similar.Remove(tx, n); err != nil {
					return err
				}
			}
			return search.Learn(tx, words)
		}, nil
	}}
}

// similarTo finds questions close to some words, without one of them.
func (h *House) similarTo(ctx context.Context, by access.Actor, words string, without id.ID, limit int) (out []id.ID, err error) {
	err = h.DB.Read(ctx, func(tx *db.Tx) error {
		out, err = similar.Find(tx, by.Person, similar.Query{Title: words, Not: without, Limit: limit})
		return err
	})
	return out, err
}
