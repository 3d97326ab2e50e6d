package mentoring

import (
	"context"
	"time"

	"github.com/guildhall/guildhall/internal/core/access"
	"github.com/guildhall/guildhall/internal/core/event"
	"github.com/guildhall/guildhall/internal/core/people"
	"github.com/guildhall/guildhall/internal/core/skills"
	"github.com/guildhall/guildhall/internal/platform/db"
	"github.com/guildhall/guildhall/internal/platform/id"
)

const (
	// lateJoiner is how long after their first day somebody still counts as a
	// joiner whom an import brings.
	lateJoiner = 14 * 24 * time.Hour
	// buddyAnswers is how long a mentor who is asked to be a buddy may think.
	buddyAnswers = 72 * time.Hour
)

// joiner is somebody new, with their first day.
type joiner struct {
	person id.ID
	starts time.Time
}

// Welcome enrols who is new in a programme of joiners, quietly, and asks a
// mentor for each who has nobody: the one whom the matching proposes with the
// weights of the programme. It may be carried out again at any time, by several
// servers at once.
func (s *Service) Welcome(ctx context.Context, programme id.ID) error {
	if err := s.enrolJoiners(ctx, programme); err != nil {
		return err
	}
	now := s.Clock.Now()
	var p Programme
	var c Cohort
	starts := map[id.ID]time.Time{}
	if err := s.DB.Read(ctx, func(tx *db.Tx) error {
		var ok bool
		var err error
		if p, ok, err = db.One(tx, programmeOfSQL, scanProgramme, programme); err != nil || !ok || p.State != "open" || p.Way != WayJoiners {
			return err
		}
		if c, err = s.cohort(tx, p); err != nil {
			return err
		}
		clear(starts)
		for from := 0; from < len(c.Mentees); from += 1000 {
			var some []id.ID
			for _, m := range c.Mentees[from:min(from+1000, len(c.Mentees))] {
				some = append(some, m.Person)
			}
			days, err := people.Starts(tx, some)
			if err != nil {
				return err
			}
			for n, at := range days {
				starts[n] = at
			}
		}
		return nil
	}); err != nil || len(c.Mentees) == 0 || len(c.Mentors) == 0 {
		return err
	}
	result, err := Compute(ctx, c, nil)
	if err != nil {
		return err
	}
	for _, x := range result.Proposed {
		if x.Mentor < 0 {
			continue
		}
		mentee, mentor := c.Mentees[x.Mentee].Person, c.Mentors[x.Mentor].Person
		n := newRoom{
			origin: fromJoiner, state: ProposedState, fits: text(x.Fits), mentor: mentor, mentees: []id.ID{mentee},
			answerBy: now.Add(buddyAnswers), hearsAt: now,
		}
		if first := starts[mentee]; first.After(now) {
			n.hearsAt = first
			// Who begins soon needs an answer sooner, but a working day is fair.
			if n.answerBy.After(first) {
				n.answerBy = first
			}
		}
		if least := now.Add(24 * time.Hour); n.answerBy.Before(least) || n.hearsAt.Equal(now) {
			n.answerBy = least
		}
		if err := s.DB.Write(ctx, func(tx *db.Tx) error {
			for _, who := range []id.ID{mentor, mentee} {
				if room, err := left(tx, p.ID, who); err != nil || room < 1 {
					return err // taken meanwhile
				}
			}
			room, audience, err := s.makeRoom(tx, p, n)
			if err != nil {
				return err
			}
			return s.record(tx, event.Event{Kind: "mentorship.buddy", Subject: room, Audience: audience, Other: p.ID})
		}); err != nil {
			return err
		}
	}
	return nil
}

// enrolJoiners enrols who is new and whom the rule of the programme lets in.
// Nobody is told. Who was enrolled before, or withdrew, is left alone.
func (s *Service) enrolJoiners(ctx context.Context, programme id.ID) error {
	now := s.Clock.Now()
	for {
		var p Programme
		var list []joiner
		if err := s.DB.Read(ctx, func(tx *db.Tx) error {
			var ok bool
			var err error
			if p, ok, err = db.One(tx, programmeOfSQL, scanProgramme, programme); err != nil || !ok || p.State != "open" || p.Way != WayJoiners {
				return err
			}
			since := p.Created.UTC().Truncate(24 * time.Hour)
			if late := now.Add(-lateJoiner); late.After(since) {
				since = late
			}
			list, err = db.All(tx, joinersSQL, scanJoiner, p.ID, db.At(since), batch)
			return err
		}); err != nil || len(list) == 0 {
			return err
		}
		if err := s.DB.Write(ctx, func(tx *db.Tx) error {
			for _, x := range list {
				if err := s.enrolJoiner(tx, p, x, now); err != nil {
					return err
				}
			}
			return nil
		}); err != nil {
			return err
		}
	}
}

func (s *Service) enrolJoiner(tx *db.Tx, p Programme, x joiner, now time.Time) error {
	enrolment := id.New(now)
	if n, err := tx.Exec(enrolJoinerSQL, enrolment, p.ID, x.person, text(make([]string, len(p.Questions))), db.At(now)); err != nil || n == 0 {
		return err // somebody was faster
	}
	wishes, err := skills.ForMatching(tx, []id.ID{x.person})
	if err != nil {
		return err
	}
	place := 0
	for _, d := range wishes {
		if d.Direction == skills.Want && place < maxSkills {
			if _, err := tx.Exec(insertSkillSQL, enrolment, d.ID, place, 0); err != nil {
				return err
			}
			place++
		}
	}
	return s.record(tx, event.Event{Kind: "programme.joined", Subject: p.ID, Audience: p.Audience, Quiet: true})
}

// WelcomeAll looks at every programme of joiners.
func (s *Service) WelcomeAll(ctx context.Context) error { return s.each(ctx, WayJoiners, s.Welcome) }

// each carries something out for every open programme of a way.
func (s *Service) each(ctx context.Context, way string, do func(ctx context.Context, programme id.ID) error) error {
	after := id.ID(0)
	for {
		var list []id.ID
		if err := s.DB.Read(ctx, func(tx *db.Tx) (err error) {
			list, err = db.All(tx, openOfWaySQL, scanID, way, int64(after), batch)
			return err
		}); err != nil || len(list) == 0 {
			return err
		}
		for _, n := range list {
			if err := do(ctx, n); err != nil {
				return err
			}
		}
		after = list[len(list)-1]
	}
}

// Effect looks at the programmes of joiners soon after somebody joined the
// organisation: not at once, since an import says only at its end to whom they
// report.
func (s *Service) Effect(on func() bool) event.Effect {
	return event.Effect{Name: "mentoring joiners", Prepare: func(ctx context.Context, events []event.Event) (func(tx *db.Tx) error, error) {
		joined := false
		for _, e := range events {
			joined = joined || e.Kind == "people.joined"
		}
		if !joined || !on() {
			return nil, nil
		}
		return func(tx *db.Tx) error {
			list, err := db.All(tx, openOfWaySQL, scanID, WayJoiners, int64(0), batch)
			if err != nil {
				return err
			}
			for _, n := range list {
				if err := s.soon(tx, joinersJob, n, time.Minute); err != nil {
					return err
				}
			}
			return nil
		}, nil
	}}
}

// Joiner is somebody who waits for a buddy, as those who run the programme see
// it.
type Joiner struct {
	Person   id.ID
	Starts   time.Time // first day, zero when nobody said
	Mentor   id.ID     // who was asked, 0 for nobody yet
	Accepted bool      // the mentor said yes; the joiner hears on their first day
	Heard    bool      // the joiner was told, and has not answered
	AnswerBy time.Time // when the next mentor is asked
	Declined int       // how many were asked before and could not
}

// state is how far it is: none, asked, accepted or heard.
func (j Joiner) state() string {
	switch {
	case j.Heard:
		return "heard"
	case j.Accepted:
		return "accepted"
	case j.Mentor != 0:
		return "asked"
	}
	return "none"
}

// Joiners returns the mentees of a programme of joiners who have no mentorship
// that has begun and not ended, in the order of their ids, after the given person, for those who run it.
//
// Errors: NotFound, Forbidden.
func (s *Service) Joiners(ctx context.Context, by access.Actor, programme, after id.ID, limit int) (list []Joiner, more bool, err error) {
	err = s.DB.Read(ctx, func(tx *db.Tx) error {
		p, err := s.run(tx, by, programme)
		if err != nil {
			return err
		}
		if p.Way != WayJoiners {
			return nil
		}
		if list, err = db.All(tx, waitingSQL, scanWaiting, p.ID, int64(after), limit+1); err != nil {
			return err
		}
		more = len(list) > limit
		list = list[:min(limit, len(list))]
		ids := make([]id.ID, len(list))
		at := make(map[id.ID]int, len(list))
		for i, x := range list {
			ids[i], at[x.Person] = x.Person, i
		}
		if len(ids) == 0 {
			return nil
		}
		_, err = db.All(tx, askedForSQL, func(r *db.Rows, _ *struct{}) error {
			var mentee, mentor id.ID
			var state, answer string
			var by, hears db.Time
			if err := r.Scan(&mentee, &mentor, &state, &answer, &by, &hears); err != nil {
				return err
			}
			x := &list[at[mentee]]
			if state == Declined {
				x.Declined++
				return nil
			}
			x.Mentor, x.Accepted, x.AnswerBy = mentor, answer == "yes", by.Time()
			x.Heard = x.Accepted && hears.IsZero()
			return nil
		}, p.ID, ids)
		return err
	})
	return list, more, err
}
