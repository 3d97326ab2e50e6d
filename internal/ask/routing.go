package ask

import (
	"context"
	"encoding/json"
	"slices"
	"strings"
	"time"

	"github.com/guildhall/guildhall/internal/core/access"
	"github.com/guildhall/guildhall/internal/core/event"
	"github.com/guildhall/guildhall/internal/platform/db"
	"github.com/guildhall/guildhall/internal/platform/fault"
	"github.com/guildhall/guildhall/internal/platform/id"
)

// Candidate is somebody who may know the answer, with the reasons that are
// told to them: message keys with arguments, the strongest first.
type Candidate struct {
	Person  id.ID
	Reasons []Reason
}

// Reason is one fact in favour of somebody.
type Reason struct {
	Key    string            `json:"key"`
	Args   map[string]string `json:"args,omitempty"`
	Source id.ID             `json:"source,omitempty"` // the subject that proves it
}

// Routing brings each question to the few people most likely to know, to more
// people when nobody answers, and in the end to the desk. Nobody is asked more
// questions in a week than they offered to take, or while they are away.
type Routing struct {
	Service *Service
	// Knows ranks people for a question, best first, among those who may see
	// it and can take a question now.
	Knows func(ctx context.Context, q Question, limit int) ([]Candidate, error)
	// After returns when that much working time of the people will have
	// passed, for the earliest of them.
	After func(ctx context.Context, people []id.ID, from time.Time, work time.Duration) (time.Time, error)
	// Widening are the working hours after which more people are asked.
	Widening func() []time.Duration
	// Desk are the people with whom a question ends.
	Desk func(ctx context.Context) ([]id.ID, error)
}

// Waves of routing. Between First and AtDesk a question is put to more people.
const (
	FirstWave = 0
	DeskWave  = 9
)

// asked is how many people each wave asks.
func asked(wave int) int { return 3 + 2*wave }

// States of a route.
const (
	RouteAsking = "asking"
	RouteDesk   = "desk"
	RouteDone   = "done"
	RouteNobody = "nobody" // the desk said that nobody here knows
)

// Effect follows questions and answers: new questions are put to people,
// answered ones are taken back from those who still were to look at them.
func (r *Routing) Effect() event.Effect {
	return event.Effect{Name: "routing", Batch: 20, Prepare: r.prepare}
}

func (r *Routing) prepare(ctx context.Context, events []event.Event) (func(tx *db.Tx) error, error) {
	var start, settle []id.ID
	var left []id.ID
	for _, e := range events {
		switch {
		case e.Quiet:
		case e.Kind == "question.asked", e.Kind == "question.reopened":
			start = append(start, e.Subject)
		case e.Kind == "answer.posted":
			settle = append(settle, e.Other)
		case e.Kind == "question.deleted", e.Kind == "question.duplicated", e.Kind == "question.obsolete":
			settle = append(settle, e.Subject)
		case e.Kind == "person.left":
			left = append(left, e.Subject)
		}
	}
	waves, err := r.plan(ctx, start, FirstWave)
	if err != nil {
		return nil, err
	}
	if len(waves) == 0 && len(settle) == 0 && len(left) == 0 {
		return nil, nil
	}
	return func(tx *db.Tx) error {
		for _, w := range waves {
			if err := r.ask(tx, w); err != nil {
				return err
			}
		}
		for _, q := range settle {
			if err := r.settle(tx, q); err != nil {
				return err
			}
		}
		for _, p := range left {
			if err := r.release(tx, p); err != nil {
				return err
			}
		}
		return nil
	}, nil
}

// wave is whom a question is put to next.
type wave struct {
	question Question
	number   int
	people   []Candidate
	next     time.Time // when it widens again; zero at the end of the way
	state    string
}

// plan decides whom to ask, outside any write: ranking takes its time.
func (r *Routing) plan(ctx context.Context, questions []id.ID, number int) ([]wave, error) {
	var out []wave
	for _, n := range questions {
		var q Question
		var waiting bool
		var known []id.ID
		if err := r.Service.db.Read(ctx, func(tx *db.Tx) (err error) {
			q, waiting, err = db.One(tx, routableSQL, scanQuestion, n)
			if err != nil || !waiting {
				return err
			}
			if q.Skills, err = db.All(tx, questionSkillsSQL, scanTag, n); err != nil {
				return err
			}
			known, err = db.All(tx, askedPeopleSQL, scanID, n)
			return err
		}); err != nil {
			return nil, err
		}
		if !waiting {
			continue
		}
		w, err := r.wave(ctx, q, number, known)
		if err != nil {
			return nil, err
		}
		out = append(out, w)
	}
	return out, nil
}

func (r *Routing) wave(ctx context.Context, q Question, number int, known []id.ID) (wave, error) {
	hours := r.Widening()
	for ; number < len(hours); number++ {
		w := wave{question: q, number: number, state: RouteAsking}
		candidates, err := r.Knows(ctx, q, len(known)+asked(number))
		if err != nil {
			return w, err
		}
		var ids []id.ID
		for _, c := range candidates {
			if len(w.people) < asked(number) && !slices.Contains(known, c.Person) {
				w.people = append(w.people, c)
				ids = append(ids, c.Person)
			}
		}
		if len(w.people) == 0 {
			continue // nobody new is likely to know: no use in waiting
		}
		w.next, err = r.After(ctx, ids, r.Service.clock.Now(), hours[number])
		return w, err
	}
	w := wave{question: q, number: DeskWave, state: RouteDesk}
	desk, err := r.Desk(ctx)
	if err != nil {
		return w, err
	}
	for _, p := range desk {
		if !slices.Contains(known, p) {
			w.people = append(w.people, Candidate{Person: p, Reasons: []Reason{{Key: "ask.reason.desk"}}})
		}
	}
	return w, nil
}

// ask writes a wave: who is asked, why, and when the question widens.
func (r *Routing) ask(tx *db.Tx, w wave) error {
	now := r.Service.clock.Now()
	for _, c := range w.people {
		reason, err := json.Marshal(c.Reasons)
		if err != nil {
			return err
		}
		n, err := tx.Exec(insertRoutingSQL, id.New(now), w.question.ID, c.Person, w.number, string(reason), db.At(now))
		if err != nil {
			return err
		}
		if n == 0 {
			continue
		}
	}
	if _, err := tx.Exec(saveRouteSQL, w.question.ID, w.number, db.At(w.next), w.state); err != nil {
		return err
	}
	return r.Service.events.Record(tx, event.Event{
		Kind: "question.routed", Subject: w.question.ID, Audience: w.question.Audience,
	})
}

// settle ends the way of a question that was answered or closed.
func (r *Routing) settle(tx *db.Tx, question id.ID) error {
	now := db.At(r.Service.clock.Now())
	if _, err := tx.Exec(closeRoutingsSQL, now, question); err != nil {
		return err
	}
	_, err := tx.Exec(endRouteSQL, question)
	return err
}

// release takes back what was put to somebody who left, and lets the questions
// widen at once.
func (r *Routing) release(tx *db.Tx, person id.ID) error {
	now := db.At(r.Service.clock.Now())
	if _, err := tx.Exec(hastenOfPersonSQL, now, person); err != nil {
		return err
	}
	_, err := tx.Exec(releaseRoutingsSQL, now, person)
	return err
}

// Widen puts every question whose time has come to more people. It is called
// every minute; a question widens once however many servers call it.
func (r *Routing) Widen(ctx context.Context) error {
	for {
		var due []routeRow
		if err := r.Service.db.Read(ctx, func(tx *db.Tx) (err error) {
			due, err = db.All(tx, dueRoutesSQL, scanRoute, db.At(r.Service.clock.Now()), 20)
			return err
		}); err != nil || len(due) == 0 {
			return err
		}
		for _, d := range due {
			waves, err := r.plan(ctx, []id.ID{d.question}, d.wave+1)
			if err != nil {
				return err
			}
			if err := r.Service.db.Write(ctx, func(tx *db.Tx) error {
				n, err := tx.Exec(claimRouteSQL, d.question, d.wave, db.At(d.next))
				if err != nil || n == 0 {
					return err // another server was first
				}
				if len(waves) == 0 {
					return r.settle(tx, d.question)
				}
				return r.ask(tx, waves[0])
			}); err != nil {
				return err
			}
		}
	}
}

type routeRow struct {
	question id.ID
	wave     int
	next     time.Time
}

// Waiting is a question put to somebody.
type Waiting struct {
	Routing id.ID
	Row
	Reasons []Reason
	Asked   time.Time
	Desk    bool
}

// WaitingMost is how many questions Home shows; a person is never given a
// longer list to feel bad about.
const WaitingMost = 3

// Waiting returns the questions that wait for the actor, longest first.
func (s *Service) Waiting(ctx context.Context, by access.Actor, limit int) ([]Waiting, error) {
	var out []Waiting
	err := s.db.Read(ctx, func(tx *db.Tx) (err error) {
		if out, err = db.All(tx, waitingSQL, scanWaiting, by.Person, limit); err != nil {
			return err
		}
		rows := make([]Row, len(out))
		for i, w := range out {
			rows[i] = w.Row
		}
		if err := withSkills(tx, rows); err != nil {
			return err
		}
		for i := range out {
			out[i].Row = rows[i]
		}
		return nil
	})
	return out, err
}

// WaitingCount is how many questions wait for the actor.
func WaitingCount(tx *db.Tx, by access.Actor) (int, error) {
	var n int
	_, err := tx.Row(waitingCountSQL, []any{&n}, by.Person)
	return n, err
}

// Pass says "not me": the next person is asked at once, and nobody is told who
// passed. Passing twice changes nothing.
func (s *Service) Pass(ctx context.Context, by access.Actor, question id.ID) error {
	if err := by.NeedKnown(); err != nil {
		return err
	}
	return s.db.Write(ctx, func(tx *db.Tx) error {
		q, err := load(tx, by, question)
		if err != nil {
			return err
		}
		now := s.clock.Now()
		n, err := tx.Exec(passSQL, db.At(now), q.ID, by.Person)
		if err != nil || n == 0 {
			return err
		}
		// When nobody of this wave is left the question widens at once.
		_, err = tx.Exec(hastenSQL, db.At(now), q.ID)
		return err
	})
}

// Forward lets the desk put a question to somebody they found. Event:
// question.routed.
func (s *Service) Forward(ctx context.Context, by access.Actor, question, person id.ID) error {
	return s.atDesk(ctx, by, question, func(tx *db.Tx, q Question) error {
		may, err := access.Sees(tx, access.Actor{Person: person}, q.Audience)
		if err != nil {
			return err
		}
		if !may {
			var c fault.Check
			c.Bad("person", "fault.person_cannot_see")
			return c.Err()
		}
		reason, err := json.Marshal([]Reason{{Key: "ask.reason.forwarded", Args: map[string]string{"name": by.Name}}})
		if err != nil {
			return err
		}
		now := db.At(s.clock.Now())
		if _, err := tx.Exec(insertRoutingSQL, id.New(s.clock.Now()), q.ID, person, DeskWave, string(reason), now); err != nil {
			return err
		}
		if _, err := tx.Exec(passSQL, now, q.ID, by.Person); err != nil {
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
	if words == "" {
		var c fault.Check
		c.Bad("words", "fault.why_empty")
		return c.Err()
	}
	if _, err := checkComment(words); err != nil {
		return err
	}
	language := s.language(words)
	return s.atDesk(ctx, by, question, func(tx *db.Tx, q Question) error {
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

// atDesk lets somebody act to whom the desk gave the question.
func (s *Service) atDesk(ctx context.Context, by access.Actor, question id.ID, rule func(*db.Tx, Question) error) error {
	if err := by.NeedKnown(); err != nil {
		return err
	}
	return s.db.Write(ctx, func(tx *db.Tx) error {
		q, err := load(tx, by, question)
		if err != nil {
			return err
		}
		var one int
		ok, err := tx.Row(atDeskSQL, []any{&one}, q.ID, by.Person)
		if err != nil {
			return err
		}
		if !ok {
			return fault.New(fault.Forbidden, "fault.not_desk")
		}
		return rule(tx, q)
	})
}
