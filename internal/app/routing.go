package app

import (
	"context"
	"time"

	"github.com/guildhall/guildhall/internal/ask"
	askpages "github.com/guildhall/guildhall/internal/ask/pages"
	"github.com/guildhall/guildhall/internal/core/people"
	"github.com/guildhall/guildhall/internal/core/visit"
	"github.com/guildhall/guildhall/internal/knows"
	"github.com/guildhall/guildhall/internal/platform/db"
	"github.com/guildhall/guildhall/internal/platform/id"
)

// newRouting wires the way of a question: who knows, when those asked work,
// and where it ends.
func (h *House) newRouting() *ask.Routing {
	return &ask.Routing{
		Service: h.Ask,
		Knows: func(ctx context.Context, q ask.Question, limit int) ([]ask.Candidate, error) {
			tags := make([]id.ID, len(q.Skills))
			for i, t := range q.Skills {
				tags[i] = t.ID
			}
			// Who knows is to count everything that was said before this
			// question, also when a whole history arrives at once.
			if _, err := h.Index.Drain(ctx); err != nil {
				return nil, err
			}
			if err := h.Index.Refresh(ctx); err != nil {
				return nil, err
			}
			found, err := h.Knows.Askable(ctx, knows.Question{
				Asker: q.Author, Audience: q.Audience, Title: q.Title, Words: q.Body, Lang: q.Lang, Skills: tags,
			}, limit)
			if err != nil {
				return nil, err
			}
			out := make([]ask.Candidate, len(found))
			for i, f := range found {
				out[i].Person = f.Person
				for _, r := range f.Reasons {
					out[i].Reasons = append(out[i].Reasons, reason(r))
				}
			}
			return out, nil
		},
		Learners: func(ctx context.Context, q ask.Question, limit int) ([]ask.Candidate, error) {
			tags := make([]id.ID, len(q.Skills))
			for i, t := range q.Skills {
				tags[i] = t.ID
			}
			found, err := h.Knows.Learners(ctx, knows.Question{Asker: q.Author, Audience: q.Audience, Skills: tags}, limit)
			out := make([]ask.Candidate, len(found))
			for i, f := range found {
				out[i] = ask.Candidate{Person: f.Person, Reasons: []ask.Reason{{Key: "ask.reason.learning", Args: map[string]string{"skill": f.Skill}}}}
			}
			return out, err
		},
		Free:     h.Knows.CanTake,
		After:    h.afterWorking,
		Widening: func() []time.Duration { return h.Organisation.Settings().Widening() },
		Desk: func(ctx context.Context) ([][]id.ID, error) {
			var named, run []id.ID
			for _, s := range h.Organisation.Settings().Desk {
				if n, err := id.Parse(s); err == nil {
					named = append(named, n)
				}
			}
			// Where nobody named a desk, or all of it are gone, those who run the
			// house are it.
			err := h.DB.Read(ctx, func(tx *db.Tx) (err error) {
				run, err = people.Organisers(tx)
				return err
			})
			return [][]id.ID{named, run}, err
		},
	}
}

// likely finds people likely to know, those first who can take a question now,
// without one of them, a person or an author, and without the reader.
func (h *House) likely(v *visit.Visit, title string, without id.ID, limit int) ([]askpages.LikelyView, error) {
	found, err := h.Knows.Who(v.R.Context(), v.By, knows.Asked{Text: title})
	if err != nil {
		return nil, err
	}
	var free, others []askpages.LikelyView
	for _, p := range found.People {
		if p.Away || p.Person == without || p.Author == without || p.Person == v.By.Person {
			continue
		}
		one := askpages.LikelyView{By: visit.Face(p.Byline), Free: p.Available}
		if len(p.Reasons) > 0 {
			one.Why = knows.ReasonView(v, p.Reasons[0])
		}
		if p.Available {
			free = append(free, one)
		} else {
			others = append(others, one)
		}
	}
	out := append(free, others...)
	return out[:min(len(out), limit)], nil
}

// reason says in words that can be told to somebody why they are asked.
func reason(r knows.Reason) ask.Reason {
	switch {
	case r.Kind == "answer":
		return ask.Reason{Key: "ask.reason.answered", Args: map[string]string{"title": r.Title}, Source: r.ID}
	case r.Kind == "endorsement" && r.Skill == "":
		return ask.Reason{Key: "ask.reason.vouched", Args: map[string]string{"skill": r.Title}, Source: r.ID}
	case r.Kind == "endorsement":
		return ask.Reason{Key: "ask.reason.vouched", Args: map[string]string{"skill": r.Skill}, Source: r.ID}
	case r.Skill != "":
		return ask.Reason{Key: "ask.reason.teaches", Args: map[string]string{"skill": r.Skill}, Source: r.ID}
	default:
		return ask.Reason{Key: "ask.reason.active"}
	}
}

// afterWorking is when the first of the people will have worked that long.
func (h *House) afterWorking(ctx context.Context, list []id.ID, from time.Time, work time.Duration) (time.Time, error) {
	var first time.Time
	err := h.DB.Read(ctx, func(tx *db.Tx) error {
		first = time.Time{}
		calendars, err := people.Calendars(tx, list)
		if err != nil {
			return err
		}
		for _, c := range calendars {
			if at, ok := c.AfterWorking(from, work); ok && (first.IsZero() || at.Before(first)) {
				first = at
			}
		}
		return nil
	})
	if err == nil && first.IsZero() {
		// Nobody of them says when they work: count by the clock.
		first = from.Add(3 * work)
	}
	return first, err
}
