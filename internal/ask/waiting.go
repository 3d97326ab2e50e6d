package ask

import (
	"context"
	"time"

	"github.com/guildhall/guildhall/internal/core/access"
	"github.com/guildhall/guildhall/internal/core/people"
	"github.com/guildhall/guildhall/internal/platform/db"
	"github.com/guildhall/guildhall/internal/platform/fault"
	"github.com/guildhall/guildhall/internal/platform/id"
)

// Waiting is a question put to somebody.
type Waiting struct {
	Routing id.ID
	Row
	Reasons []Reason
	Asked   time.Time
	Part    Part
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
// passed. Passing twice changes nothing. The last one at the desk cannot pass:
// no question ends in silence.
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
		var last int
		if alone, err := tx.Row(lastAtDeskSQL, []any{&last}, q.ID, by.Person); err != nil {
			return err
		} else if alone {
			return fault.New(fault.Conflict, "fault.desk_last")
		}
		n, err := tx.Exec(passSQL, db.At(now), q.ID, by.Person)
		if err != nil || n == 0 {
			return err
		}
		// When nobody of this wave is left the question widens at once.
		_, err = tx.Exec(hastenSQL, db.At(now), q.ID)
		return err
	})
}

// Way is how far a question has come, as its asker sees it. Nobody is told who
// was asked and passed.
type Way struct {
	State     string    // one of the states of a route, "" before the first people were asked
	Asked     int       // people who were asked so far
	Next      time.Time // when more people are asked; zero at the end of the way
	Addressee id.ID     // whom the asker chose, 0 for nobody
	Name      string    // of the addressee
	Busy      bool      // the addressee could take no question then
}

// way reads how far a question has come.
func way(tx *db.Tx, by access.Actor, question id.ID) (Way, error) {
	w, _, err := db.One(tx, waySQL, scanWay, question)
	if err != nil || w.Addressee == 0 {
		return w, err
	}
	some, err := people.Some(tx, by, []id.ID{w.Addressee})
	w.Name = some[w.Addressee].Name
	return w, err
}
