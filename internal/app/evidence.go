package app

import (
	"context"
	"strings"
	"time"

	"github.com/guildhall/guildhall/internal/ask"
	"github.com/guildhall/guildhall/internal/core/access"
	"github.com/guildhall/guildhall/internal/core/event"
	"github.com/guildhall/guildhall/internal/core/people"
	"github.com/guildhall/guildhall/internal/core/skills"
	"github.com/guildhall/guildhall/internal/core/whoknows"
	"github.com/guildhall/guildhall/internal/platform/db"
	"github.com/guildhall/guildhall/internal/platform/id"
	"github.com/guildhall/guildhall/internal/swaps"
)

// words is what sources of receipts say, each practice for its own.
func words(tx *db.Tx, sources []id.ID) (map[id.ID]whoknows.Source, error) {
	out, err := ask.Words(tx, sources)
	if err != nil {
		return nil, err
	}
	abouts, err := people.Abouts(tx, sources)
	if err != nil {
		return nil, err
	}
	for _, a := range abouts {
		out[a.Person] = whoknows.Source{
			Text: whoknows.Text{Title: a.Title, Body: a.About}, Profile: a.Author, Audience: access.Organisation, Since: a.Changed,
		}
	}
	notes, err := skills.Notes(tx, sources)
	if err != nil {
		return nil, err
	}
	for _, n := range notes {
		out[n.Endorsement] = whoknows.Source{Text: whoknows.Text{Title: n.Skill, Body: n.Note}}
	}
	taught, err := swaps.Words(tx, sources)
	if err != nil {
		return nil, err
	}
	for n, s := range taught {
		out[n] = s
	}
	return out, nil
}

// rewording is the effect that lets who knows follow words that changed
// without changing a receipt.
func (h *House) rewording() event.Effect {
	return event.Effect{Name: "rewording", Prepare: func(ctx context.Context, events []event.Event) (func(tx *db.Tx) error, error) {
		var sources []id.ID
		err := h.DB.Read(ctx, func(tx *db.Tx) error {
			sources = nil
			for _, e := range events {
				switch {
				case e.Kind == "answer.edited", strings.HasPrefix(e.Kind, "people."), strings.HasPrefix(e.Kind, "person."):
					sources = append(sources, e.Subject)
				case e.Kind == "question.edited":
					of, err := ask.AnswersOf(tx, e.Subject)
					if err != nil {
						return err
					}
					sources = append(sources, of...)
				}
			}
			return nil
		})
		if err != nil || len(sources) == 0 {
			return nil, err
		}
		return func(tx *db.Tx) error { return h.Index.Changed(tx, sources) }, nil
	}}
}

// claiming is the effect that lets receipts, and with them who knows, follow
// imported profiles to the people who claimed them, and back. An author may
// have thousands of answers, so they are counted again a few at a time; doing it
// twice changes nothing.
func (h *House) claiming() event.Effect {
	return event.Effect{Name: "claiming", Prepare: func(ctx context.Context, events []event.Event) (func(tx *db.Tx) error, error) {
		for _, e := range events {
			if e.Kind != "author.claimed" && e.Kind != "author.unclaimed" {
				continue
			}
			for after := id.ID(0); ; {
				var answers []id.ID
				if err := h.DB.Read(ctx, func(tx *db.Tx) (err error) {
					answers, err = ask.AnswersBy(tx, e.Subject, after, 50)
					return err
				}); err != nil {
					return nil, err
				}
				if len(answers) == 0 {
					break
				}
				after = answers[len(answers)-1]
				again := make([]event.Event, len(answers))
				for i, a := range answers {
					again[i] = event.Event{Kind: "answer.edited", Subject: a}
				}
				if err := h.Ledger.Recount(ctx, again); err != nil {
					return nil, err
				}
			}
		}
		return nil, nil
	}}
}

// Follow carries out everything that follows from what was done, up to now.
func (h *House) Follow(ctx context.Context) error {
	for {
		events, err := h.Effects.Drain(ctx)
		if err != nil {
			return err
		}
		sources, err := h.Index.Drain(ctx)
		if err != nil {
			return err
		}
		if events == 0 && sources == 0 {
			return h.Index.Refresh(ctx)
		}
	}
}

// runIndex keeps who knows up to date until ctx ends.
func (h *House) runIndex(ctx context.Context) error {
	wake, err := h.DB.Listen(ctx, whoknows.Channel)
	if err != nil {
		return err
	}
	hour := time.NewTicker(time.Hour)
	defer hour.Stop()
	second := time.NewTicker(5 * time.Second)
	defer second.Stop()
	refresh := true
	for {
		_, err := h.Index.Drain(ctx)
		if err == nil && refresh {
			err = h.Index.Refresh(ctx)
			refresh = false
		}
		if err != nil && ctx.Err() == nil {
			h.Log.Error("who knows is not up to date and will be tried again", "error", err)
		}
		select {
		case <-ctx.Done():
			return nil
		case <-wake:
		case <-second.C:
		case <-hour.C:
			refresh = true
		}
	}
}

// runRouting widens questions whose time has come, every minute until ctx ends.
func (h *House) runRouting(ctx context.Context) error {
	minute := time.NewTicker(time.Minute)
	defer minute.Stop()
	for {
		if err := h.Routing.Widen(ctx); err != nil && ctx.Err() == nil {
			h.Log.Error("questions could not be put to more people", "error", err)
		}
		select {
		case <-ctx.Done():
			return nil
		case <-minute.C:
		}
	}
}
