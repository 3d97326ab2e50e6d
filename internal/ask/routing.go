package ask

import (
	"context"
	"encoding/json"
	"slices"
	"time"

	"github.com/guildhall/guildhall/internal/core/access"
	"github.com/guildhall/guildhall/internal/core/event"
	"github.com/guildhall/guildhall/internal/core/people"
	"github.com/guildhall/guildhall/internal/platform/db"
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
	// Learners finds people who are learning what a question is about and can
	// take it this week.
	Learners func(ctx context.Context, q Question, limit int) ([]Candidate, error)
	// Free tells whether somebody can take a question now.
	Free func(ctx context.Context, person id.ID) (bool, error)
	// After returns when that much working time of the people will have
	// passed, for the earliest of them.
	After func(ctx context.Context, people []id.ID, from time.Time, work time.Duration) (time.Time, error)
	// Widening are the working hours after which more people are asked.
	Widening func() []time.Duration
	// Desk are the people with whom a question ends: groups, of which the first
	// counts that has somebody who can help with it.
	Desk func(ctx context.Context) ([][]id.ID, error)
}

// Waves of routing. Between First and Desk a question is put to more people, in
// the end to whom the desk found.
const (
	FirstWave = 0
	FoundWave = 8
	DeskWave  = 9
)

// Part is as what somebody is asked.
type Part string

// The parts.
const (
	Knows     Part = "knows"
	Addressed Part = "addressed" // the asker chose them
	Learns    Part = "learns"    // goes first where the asker agreed to it
	Confirms  Part = "confirms"  // looks at what a learner answered
	Found     Part = "found"     // by the desk
	AtDesk    Part = "desk"
)

// asked is how many people each wave asks, and learners how many of those who
// learn go first.
func asked(wave int) int { return 3 + 2*wave }

const learners = 2

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
	var start, settle, left []id.ID
	var helped []event.Event
	for _, e := range events {
		switch {
		case e.Kind == "person.left":
			// Also by an import, which is quiet: a question waits for nobody who left.
			left = append(left, e.Subject)
		case e.Quiet:
		case e.Kind == "question.asked", e.Kind == "question.reopened":
			start = append(start, e.Subject)
		case e.Kind == "answer.posted":
			settle = append(settle, e.Other)
			helped = append(helped, e)
		case e.Kind == "answer.verified", e.Kind == "answer.accepted":
			settle = append(settle, e.Other)
		case e.Kind == "question.deleted", e.Kind == "question.duplicated", e.Kind == "question.obsolete":
			settle = append(settle, e.Subject)
		}
	}
	waves, err := r.plan(ctx, start, FirstWave)
	if err != nil {
		return nil, err
	}
	confirmations, err := r.confirmations(ctx, helped)
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
		for _, w := range confirmations {
			if err := r.ask(tx, w); err != nil {
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
	part     Part
	people   []Candidate
	next     time.Time // when it widens again; zero at the end of the way
	state    string
	// addressed is what becomes of the wish that somebody be asked first, ""
	// for no change.
	addressed string
}

// What became of the wish that somebody be asked first.
const (
	addressedAsked = "asked"
	addressedBusy  = "busy"
)

// plan decides whom to ask, outside any write: ranking takes its time.
func (r *Routing) plan(ctx context.Context, questions []id.ID, number int) ([]wave, error) {
	var out []wave
	for _, n := range questions {
		var q Question
		var waiting bool
		var known []id.ID
		var first id.ID
		if err := r.Service.db.Read(ctx, func(tx *db.Tx) (err error) {
			q, waiting, err = db.One(tx, routableSQL, scanQuestion, n)
			if err != nil || !waiting {
				return err
			}
			if q.Skills, err = db.All(tx, questionSkillsSQL, scanTag, n); err != nil {
				return err
			}
			if known, err = db.All(tx, askedPeopleSQL, scanID, n); err != nil || number != FirstWave {
				return err
			}
			first = 0
			_, err = tx.Row(addresseeSQL, []any{&first}, n)
			return err
		}); err != nil {
			return nil, err
		}
		if !waiting {
			continue
		}
		w, err := r.opening(ctx, q, number, first)
		if err == nil && len(w.people) == 0 {
			addressed := w.addressed
			w, err = r.wave(ctx, q, number, known)
			w.addressed = addressed
		}
		if err != nil {
			return nil, err
		}
		out = append(out, w)
	}
	return out, nil
}

// opening is the first wave of a question that goes to somebody else before it
// goes to those most likely to know: to the person the asker chose, if they
// can take a question now, else to people who are learning it, if the asker
// agreed. It has no people when there are none of them.
func (r *Routing) opening(ctx context.Context, q Question, number int, first id.ID) (wave, error) {
	w := wave{question: q, number: number, state: RouteAsking}
	if number != FirstWave || len(r.Widening()) == 0 {
		return w, nil
	}
	if first != 0 {
		free, err := r.Free(ctx, first)
		if err != nil {
			return w, err
		}
		if free {
			w.part, w.addressed = Addressed, addressedAsked
			w.people = []Candidate{{Person: first, Reasons: []Reason{{Key: "ask.reason.addressed"}}}}
		} else {
			w.addressed = addressedBusy
		}
	}
	if len(w.people) == 0 && q.LearnerFirst {
		var err error
		if w.people, err = r.Learners(ctx, q, learners); err != nil {
			return w, err
		}
		w.part = Learns
	}
	if len(w.people) == 0 {
		return w, nil
	}
	ids := make([]id.ID, len(w.people))
	for i, c := range w.people {
		ids[i] = c.Person
	}
	var err error
	w.next, err = r.After(ctx, ids, r.Service.clock.Now(), r.Widening()[0])
	return w, err
}

// confirmations puts what a learner answered to somebody who knows, who says
// with one tap that it holds.
func (r *Routing) confirmations(ctx context.Context, helped []event.Event) ([]wave, error) {
	var out []wave
	for _, e := range helped {
		var q Question
		var learner people.Byline
		var known []id.ID
		learnt := false
		if err := r.Service.db.Read(ctx, func(tx *db.Tx) (err error) {
			learnt = false
			person, err := people.PersonOf(tx, e.Actor)
			if err != nil || person == 0 {
				return err
			}
			var one int
			if learnt, err = tx.Row(learnsSQL, []any{&one}, e.Other, person); err != nil || !learnt {
				return err
			}
			if q, learnt, err = db.One(tx, confirmableSQL, scanQuestion, e.Other); err != nil || !learnt {
				return err
			}
			if q.Skills, err = db.All(tx, questionSkillsSQL, scanTag, q.ID); err != nil {
				return err
			}
			lines, err := people.Bylines(tx, access.Actor{}, []id.ID{e.Actor})
			if err != nil {
				return err
			}
			learner = lines[e.Actor]
			known, err = db.All(tx, askedPeopleSQL, scanID, q.ID)
			return err
		}); err != nil {
			return nil, err
		}
		if !learnt {
			continue
		}
		w := wave{question: q, number: FoundWave, part: Confirms, state: RouteDone}
		candidates, err := r.Knows(ctx, q, len(known)+learners)
		if err != nil {
			return nil, err
		}
		for _, c := range candidates {
			if len(w.people) < learners && !slices.Contains(known, c.Person) {
				reason := Reason{Key: "ask.reason.confirm", Args: map[string]string{"name": learner.Name}}
				w.people = append(w.people, Candidate{Person: c.Person, Reasons: append([]Reason{reason}, c.Reasons...)})
			}
		}
		if len(w.people) > 0 {
			out = append(out, w)
		}
	}
	return out, nil
}

func (r *Routing) wave(ctx context.Context, q Question, number int, known []id.ID) (wave, error) {
	hours := r.Widening()
	for ; number < len(hours); number++ {
		w := wave{question: q, number: number, part: Knows, state: RouteAsking}
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
	// The desk is asked even when some of it were asked before, as people who
	// may know: it is where the way ends.
	w := wave{question: q, number: DeskWave, part: AtDesk, state: RouteDesk}
	desk, err := r.desk(ctx, q)
	for _, p := range desk {
		w.people = append(w.people, Candidate{Person: p, Reasons: []Reason{{Key: "ask.reason.desk"}}})
	}
	return w, err
}

// desk is with whom a question ends: those of the desk who are still here and
// may see it, without its asker; where nobody of them is, those who look after
// who sees it; in the end the asker, who can at least see that nobody is left.
func (r *Routing) desk(ctx context.Context, q Question) ([]id.ID, error) {
	groups, err := r.Desk(ctx)
	if err != nil {
		return nil, err
	}
	var out []id.ID
	err = r.Service.db.Read(ctx, func(tx *db.Tx) error {
		out = nil
		asker, err := people.PersonOf(tx, q.Author)
		if err != nil {
			return err
		}
		stewards, err := access.StewardsOf(tx, q.Audience)
		if err != nil {
			return err
		}
		for _, group := range append(slices.Clone(groups), stewards) {
			for _, p := range group {
				may, err := access.Sees(tx, access.Actor{Person: p}, q.Audience)
				if err != nil {
					return err
				}
				if may && p != asker {
					out = append(out, p)
				}
			}
			if len(out) > 0 {
				return nil
			}
		}
		if asker != 0 {
			out = []id.ID{asker}
		}
		return nil
	})
	return out, err
}

// ask writes a wave: who is asked, why, and when the question widens. Whoever
// has been asked enough since the wave was planned is left out; when nobody is
// left the question widens at once.
func (r *Routing) ask(tx *db.Tx, w wave) error {
	now := r.Service.clock.Now()
	asked := int64(0)
	for _, c := range w.people {
		reason, err := json.Marshal(c.Reasons)
		if err != nil {
			return err
		}
		var n int64
		if w.part == AtDesk {
			n, err = tx.Exec(putAtDeskSQL, id.New(now), w.question.ID, c.Person, w.number, string(w.part), string(reason), db.At(now))
		} else {
			n, err = tx.Exec(askWithinBudgetSQL, id.New(now), w.question.ID, w.number, string(w.part), string(reason), db.At(now), c.Person, db.At(now.AddDate(0, 0, -7)))
		}
		if err != nil {
			return err
		}
		asked += n
	}
	if asked == 0 && w.part != AtDesk {
		if !w.next.IsZero() {
			w.next = now
		}
		if w.addressed == addressedAsked {
			w.addressed = addressedBusy
		}
	}
	if w.addressed != "" {
		if _, err := tx.Exec(setAddresseeSQL, w.addressed, w.question.ID); err != nil {
			return err
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
