package ask

import (
	"context"
	"encoding/json"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/guildhall/guildhall/internal/core/access"
	"github.com/guildhall/guildhall/internal/core/event"
	"github.com/guildhall/guildhall/internal/platform/db"
	"github.com/guildhall/guildhall/internal/platform/fault"
	"github.com/guildhall/guildhall/internal/platform/id"
)

// Forward lets the desk put a question to somebody it found. The desk is done
// with it until that person passes or has had the question for as long as the
// second wave would. Event: question.routed.
func (r *Routing) Forward(ctx context.Context, by access.Actor, question, person id.ID) error {
	s := r.Service
	now := s.clock.Now()
	var work time.Duration
	if hours := r.Widening(); len(hours) > 0 {
		work = hours[min(1, len(hours)-1)]
	}
	next, err := r.After(ctx, []id.ID{person}, now, work)
	if err != nil {
		return err
	}
	reason, err := json.Marshal([]Reason{{Key: "ask.reason.forwarded", Args: map[string]string{"name": by.Name}}})
	if err != nil {
		return err
	}
	return s.atDesk(ctx, by, question, func(tx *db.Tx, q Question) error {
		var c fault.Check
		may, err := access.Sees(tx, access.Actor{Person: person}, q.Audience)
		if err != nil {
			return err
		}
		if c.Require(may, "person", "fault.person_cannot_see"); !may {
			return c.Err()
		}
		n, err := tx.Exec(insertRoutingSQL, id.New(now), q.ID, person, FoundWave, string(Found), string(reason), db.At(now))
		if err != nil {
			return err
		}
		if c.Require(n > 0, "person", "fault.person_asked"); n == 0 {
			return c.Err()
		}
		if _, err := tx.Exec(clearDeskSQL, db.At(now), q.ID); err != nil {
			return err
		}
		if _, err := tx.Exec(saveRouteSQL, q.ID, FoundWave, db.At(next), RouteAsking); err != nil {
			return err
		}
		return s.events.Record(tx, event.Event{Kind: "question.routed", Subject: q.ID, Audience: q.Audience, Actor: by.Author})
	})
}

// NobodyKnows lets the desk say that nobody here knows, with what the asker can
// do instead. It is said as an answer-like comment under the question, so that
// no question ends in silence. Event: question.nobody.
func (s *Service) NobodyKnows(ctx context.Context, by access.Actor, question id.ID, words string) error {
	words = strings.TrimSpace(words)
	var c fault.Check
	c.Require(words != "", "words", "fault.why_empty")
	c.Require(utf8.RuneCountInString(words) <= MaxComment, "words", "fault.too_long", "max", MaxComment)
	language := s.language(words)
	return s.atDesk(ctx, by, question, func(tx *db.Tx, q Question) error {
		if err := c.Err(); err != nil {
			return err
		}
		now := s.clock.Now()
		n := id.New(now)
		if err := insertComment(tx, Comment{
			ID: n, On: q.ID, Question: q.ID, Audience: q.Audience, Author: by.Author, Body: words, Lang: language, State: Open, Created: now,
		}, q.Title); err != nil {
			return err
		}
		if err := bump(tx, q.ID, now, 0, 1); err != nil {
			return err
		}
		if _, err := tx.Exec(closeRoutingsSQL, db.At(now), q.ID); err != nil {
			return err
		}
		if _, err := tx.Exec(saveRouteSQL, q.ID, DeskWave, db.Time{}, RouteNobody); err != nil {
			return err
		}
		return s.events.Record(tx, event.Event{Kind: "question.nobody", Subject: q.ID, Audience: q.Audience, Actor: by.Author, Other: n})
	})
}

// Likely returns people who may know the answer, can take it this week and were
// not asked yet, best first.
func (r *Routing) Likely(ctx context.Context, q Question, limit int) ([]id.ID, error) {
	var known []id.ID
	if err := r.Service.db.Read(ctx, func(tx *db.Tx) (err error) {
		known, err = db.All(tx, askedPeopleSQL, scanID, q.ID)
		return err
	}); err != nil {
		return nil, err
	}
	found, err := r.Knows(ctx, q, limit+len(known))
	if err != nil {
		return nil, err
	}
	var out []id.ID
	for _, c := range found {
		if len(out) < limit && !slices.Contains(known, c.Person) {
			out = append(out, c.Person)
		}
	}
	return out, nil
}

// NeedDesk returns nil for somebody at the desk to whom the question came, else
// Forbidden.
func (s *Service) NeedDesk(ctx context.Context, by access.Actor, question id.ID) error {
	return s.db.Read(ctx, func(tx *db.Tx) error {
		_, err := needDesk(tx, by, question)
		return err
	})
}

func needDesk(tx *db.Tx, by access.Actor, question id.ID) (Question, error) {
	q, err := load(tx, by, question)
	if err != nil {
		return q, err
	}
	var one int
	ok, err := tx.Row(atDeskSQL, []any{&one}, q.ID, by.Person)
	if err == nil && !ok {
		err = fault.New(fault.Forbidden, "fault.not_desk")
	}
	return q, err
}

// atDesk lets somebody act to whom the desk gave the question.
func (s *Service) atDesk(ctx context.Context, by access.Actor, question id.ID, rule func(*db.Tx, Question) error) error {
	if err := by.NeedKnown(); err != nil {
		return err
	}
	return s.db.Write(ctx, func(tx *db.Tx) error {
		q, err := needDesk(tx, by, question)
		if err != nil {
			return err
		}
		return rule(tx, q)
	})
}
