package mentoring

import (
	"context"
	"time"

	"github.com/guildhall/guildhall/internal/core/access"
	"github.com/guildhall/guildhall/internal/platform/db"
	"github.com/guildhall/guildhall/internal/platform/fault"
	"github.com/guildhall/guildhall/internal/platform/id"
)

// Talk is a meeting of a mentorship that took place.
type Talk struct {
	Meeting id.ID
	Title   string
	Start   time.Time
}

// checkedWithin is how long after a talk somebody is asked whether it was worth
// the time.
const checkedWithin = 30 * 24 * time.Hour

// Whether a talk was worth the time.
const (
	WorthNo = iota + 1
	WorthPartly
	WorthYes
)

// unchecked is the latest talk of the last month that the actor says took place
// and has not judged yet.
func (s *Service) unchecked(tx *db.Tx, by access.Actor, mentorship id.ID) (Talk, error) {
	now := s.Clock.Now()
	t, _, err := db.One(tx, uncheckedSQL, scanTalk, by.Person, mentorship, db.At(now), db.At(now.Add(-checkedWithin)))
	return t, err
}

// Check says whether a talk was worth the time, WorthNo to WorthYes; a second
// answer replaces the first. Only the actor reads it. Low tells that the two
// latest talks were not, so that help can be offered.
//
// Errors: NotFound for a talk that is not over or that the actor did not say
// took place, Conflict before the mentorship began, Invalid.
func (s *Service) Check(ctx context.Context, by access.Actor, mentorship, meeting id.ID, answer int) (low bool, err error) {
	var c fault.Check
	c.Require(answer >= WorthNo && answer <= WorthYes, "answer", "fault.mentoring_choose")
	err = s.change(ctx, by, mentorship, func(tx *db.Tx, m Mentorship) error {
		if err := c.Err(); err != nil {
			return err
		}
		now := db.At(s.Clock.Now())
		n, err := tx.Exec(checkSQL, answer, now, by.Person, meeting, m.ID)
		if err != nil {
			return err
		}
		if n == 0 {
			return fault.Missing()
		}
		low, _, err = wasted(tx, by, m.ID)
		return err
	}, Active, Closed)
	return low, err
}

// wasted tells whether the two latest talks were not worth the time to the
// actor, and when they said so.
func wasted(tx *db.Tx, by access.Actor, mentorship id.ID) (bool, time.Time, error) {
	type check struct {
		answer int
		at     db.Time
	}
	latest, err := db.All(tx, checksSQL, func(r *db.Rows, c *check) error { return r.Scan(&c.answer, &c.at) }, mentorship, by.Person)
	if err != nil || len(latest) < 2 || latest[0].answer != WorthNo || latest[1].answer != WorthNo {
		return false, time.Time{}, err
	}
	return true, latest[0].at.Time(), nil
}

// helpFor is how long help is offered to somebody who said that it does not go
// well.
const helpFor = 14 * 24 * time.Hour

// pulseLow is the highest answer to "how is it going?" that says badly.
const pulseLow = 2

// low tells whether the actor said lately that it does not go well: when they
// were asked, or about two talks in a row.
func (s *Service) low(tx *db.Tx, by access.Actor, mentorship id.ID) (bool, error) {
	since := s.Clock.Now().Add(-helpFor)
	var answer int
	if ok, err := tx.Row(latestPulseSQL, []any{&answer}, mentorship, by.Person, db.At(since)); err != nil || ok && answer <= pulseLow {
		return ok, err
	}
	low, at, err := wasted(tx, by, mentorship)
	return low && at.After(since), err
}
