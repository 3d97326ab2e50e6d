package ask

import (
	"context"
	"time"

	"github.com/guildhall/guildhall/internal/core/access"
	"github.com/guildhall/guildhall/internal/platform/db"
	"github.com/guildhall/guildhall/internal/platform/id"
)

// Ageing is an accepted answer nobody has looked at for long: neither checked
// nor edited since.
type Ageing struct {
	Answer  id.ID
	Author  id.ID // of the answer
	Checked time.Time
	Demand  int // voices for the question and for the answer
	Row
}

// AgeingFilter narrows the list. After and AfterID are the demand and the
// answer of the last row seen; AfterID 0 is the start.
type AgeingFilter struct {
	Months  int // at least this long ago; 12 when 0
	After   int
	AfterID id.ID
	Limit   int // PageSize when 0
}

// Ageing returns accepted answers that may have aged, those that help most
// people first: all of the audiences the actor looks after, and their own
// answers. more tells whether there are others.
func (s *Service) Ageing(ctx context.Context, by access.Actor, f AgeingFilter) (out []Ageing, more bool, err error) {
	if err := by.NeedKnown(); err != nil {
		return nil, false, err
	}
	if f.Months <= 0 {
		f.Months = 12
	}
	if f.Limit <= 0 || f.Limit > 100 {
		f.Limit = PageSize
	}
	if f.AfterID == 0 {
		f.After, f.AfterID = 1<<30, lastID
	}
	before := s.clock.Now().AddDate(0, -f.Months, 0)
	err = s.db.Read(ctx, func(tx *db.Tx) error {
		out, err = db.All(tx, ageingSQL, scanAgeing, by.Person, by.Organises(), db.At(before), f.After, f.AfterID, f.Limit+1)
		if err != nil {
			return err
		}
		if more = len(out) > f.Limit; more {
			out = out[:f.Limit]
		}
		rows := make([]Row, len(out))
		for i, a := range out {
			rows[i] = a.Row
		}
		if err := withSkills(tx, rows); err != nil {
			return err
		}
		for i := range out {
			out[i].Row = rows[i]
		}
		return nil
	})
	return out, more, err
}
