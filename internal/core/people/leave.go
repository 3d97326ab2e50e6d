package people

import (
	"context"
	"time"

	"github.com/guildhall/guildhall/internal/core/access"
	"github.com/guildhall/guildhall/internal/core/audit"
	"github.com/guildhall/guildhall/internal/core/event"
	"github.com/guildhall/guildhall/internal/core/search"
	"github.com/guildhall/guildhall/internal/core/subject"
	"github.com/guildhall/guildhall/internal/platform/db"
	"github.com/guildhall/guildhall/internal/platform/fault"
	"github.com/guildhall/guildhall/internal/platform/id"
)

// ChannelLeft announces the id of somebody who left, so that every server ends
// their open streams at once.
const ChannelLeft = "people.left"

// OnLeave adds what ends in the transaction in which somebody leaves: their
// logins. It is called while the house is built.
func (s *Service) OnLeave(end func(tx *db.Tx, person id.ID) error) {
	s.leaving = append(s.leaving, end)
}

// Leave ends a person's membership in the transaction: logins, tokens, links
// and audiences end in the same commit, open streams are told to, and search no
// longer finds them. What they wrote stays, under their name or as a former
// colleague, as they chose; former is that word. The event "person.left" lets
// open questions be put to others and takes their own word from the ledger.
// Leaving twice changes nothing.
func (s *Service) Leave(tx *db.Tx, person, actor id.ID, former string, quiet bool) error {
	var state, name, leaver string
	ok, err := tx.Row(leaverSQL, []any{&state, &name, &leaver}, person)
	if err != nil {
		return err
	}
	if !ok {
		return fault.Missing()
	}
	if state != "active" {
		return nil
	}
	now := s.clock.Now()
	if _, err := tx.Exec(leaveSQL, db.At(now), person); err != nil {
		return err
	}
	label, mark := name, person.String()
	if leaver == "hide" {
		label, mark = former, ""
	}
	if _, err := tx.Exec(labelSQL, "left", label, mark, person); err != nil {
		return err
	}
	if err := move(tx, person, 0, now); err != nil {
		return err
	}
	if err := access.LeaveAll(tx, person); err != nil {
		return err
	}
	for _, end := range s.leaving {
		if err := end(tx, person); err != nil {
			return err
		}
	}
	if err := subject.Touch(tx, person, subject.Deleted, now); err != nil {
		return err
	}
	if err := search.Remove(tx, person); err != nil {
		return err
	}
	tx.Notify(ChannelLeft, person.String())
	return s.events.Record(tx, event.Event{Kind: "person.left", Subject: person, Audience: access.Organisation, Actor: actor, Quiet: quiet})
}

// Return takes somebody back who had left: the same person, with their words,
// receipts and skills. They sign in anew.
func (s *Service) Return(tx *db.Tx, person, actor id.ID, quiet bool) error {
	var state, name, leaver string
	ok, err := tx.Row(leaverSQL, []any{&state, &name, &leaver}, person)
	if err != nil {
		return err
	}
	if !ok {
		return fault.Missing()
	}
	if state == "active" {
		return nil
	}
	now := s.clock.Now()
	if _, err := tx.Exec(returnSQL, db.At(now), person); err != nil {
		return err
	}
	var unit id.ID
	var role string
	if _, err := tx.Row(placeSQL, []any{&unit, &role}, person); err != nil {
		return err
	}
	if err := move(tx, person, unit, now); err != nil {
		return err
	}
	if access.Role(role) != access.Guest {
		if err := access.Join(tx, access.Organisation, person, "member"); err != nil {
			return err
		}
	}
	return s.changed(tx, person, "person.returned", actor, quiet)
}

// Dismiss is Leave on behalf of an admin. The last admin cannot leave.
func (s *Service) Dismiss(ctx context.Context, by access.Actor, person id.ID, former string) error {
	if err := by.NeedAdmin(); err != nil {
		return err
	}
	return s.db.Write(ctx, func(tx *db.Tx) error {
		last, err := lastAdmin(tx, person)
		if err != nil {
			return err
		}
		if last {
			return fault.New(fault.Conflict, "fault.last_admin")
		}
		if err := s.Leave(tx, person, by.Author, former, false); err != nil {
			return err
		}
		return audit.Record(tx, audit.Act{Actor: by.Person, Action: "person.left", Subject: person})
	})
}

// lastAdmin tells whether nobody else administers.
func lastAdmin(tx *db.Tx, person id.ID) (bool, error) {
	var others int
	var mine bool
	if _, err := tx.Row(adminsSQL, []any{&others, &mine}, person); err != nil {
		return false, err
	}
	return mine && others == 0, nil
}

// Membership is where somebody belonged, and when; To is zero for the present.
type Membership struct {
	Unit     Named
	From, To time.Time
}

// Memberships returns the units a person belonged to, the present one first.
// Members of the organisation see them.
func Memberships(tx *db.Tx, by access.Actor, person id.ID) ([]Membership, error) {
	return db.All(tx, membershipsSQL, func(r *db.Rows, m *Membership) error {
		var from, to db.Time
		if err := r.Scan(&m.Unit.ID, &m.Unit.Name, &from, &to); err != nil {
			return err
		}
		m.From, m.To = from.Time(), to.Time()
		return nil
	}, by.Person, person)
}
