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
		latest, err := db.All(tx, checksSQL, func(r *db.Rows, v *int) error { return r.Scan(v) }, m.ID, by.Person)
		low = len(latest) == 2 && latest[0] == WorthNo && latest[1] == WorthNo
		return err
	}, Active, Closed)
	return low, err
}
