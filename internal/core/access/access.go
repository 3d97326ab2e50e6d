// Package access knows who may see and do what. Who may see a row is one
// number, its audience; membership is read from audience_members in the same
// query that reads the row, never from a copy of it.
package access

import (
	"github.com/guildhall/guildhall/internal/platform/clock"
	"github.com/guildhall/guildhall/internal/platform/db"
	"github.com/guildhall/guildhall/internal/platform/fault"
	"github.com/guildhall/guildhall/internal/platform/id"
)

// Organisation is the audience of everybody in the organisation but guests.
const Organisation id.ID = 1

// Role is what a person is in the organisation. Steward and manager are no
// roles but relations to an audience and to people.
type Role string

// The roles.
const (
	Member    Role = "member"
	Guest     Role = "guest"
	Organiser Role = "organiser"
	Admin     Role = "admin"
)

// Valid tells whether r is one of the roles.
func (r Role) Valid() bool {
	return r == Member || r == Guest || r == Organiser || r == Admin
}

// Actor is the person on whose behalf something is done. The zero Actor is
// nobody: it sees nothing and may do nothing.
type Actor struct {
	Person id.ID // people.id, 0 for nobody
	Author id.ID // authors.id, under which this person's words stand
	Role   Role
	Name   string
	Zone   string // IANA time zone
	Locale string // BCP 47
	Login  id.ID  // logins.id, 0 for a token or the command line
}

// Known tells whether the actor is somebody.
func (a Actor) Known() bool { return a.Person != 0 }

// Organises tells whether the actor may run programmes and see insights.
func (a Actor) Organises() bool { return a.Role == Organiser || a.Role == Admin }

// Administers tells whether the actor may change settings and people.
func (a Actor) Administers() bool { return a.Role == Admin }

// NeedKnown returns Unauthenticated for nobody.
func (a Actor) NeedKnown() error {
	if !a.Known() {
		return fault.New(fault.Unauthenticated, "fault.sign_in")
	}
	return nil
}

// NeedAdmin returns NotFound to those who do not administer: pages of the
// administration do not exist for them.
func (a Actor) NeedAdmin() error {
	if err := a.NeedKnown(); err != nil {
		return err
	}
	if !a.Administers() {
		return fault.Missing()
	}
	return nil
}

// Join puts a person into an audience, or changes the role there.
func Join(tx *db.Tx, audience, person id.ID, role string) error {
	_, err := tx.Exec(joinSQL, person, audience, role)
	return err
}

// Leave takes a person out of an audience. It is no fault when they were not
// in it.
func Leave(tx *db.Tx, audience, person id.ID) error {
	_, err := tx.Exec(leaveSQL, person, audience)
	return err
}

// LeaveAll takes a person out of every audience.
func LeaveAll(tx *db.Tx, person id.ID) error {
	_, err := tx.Exec(leaveAllSQL, person)
	return err
}

// Sees tells whether the actor belongs to the audience.
func Sees(tx *db.Tx, by Actor, audience id.ID) (bool, error) {
	var one int
	return tx.Row(seesSQL, []any{&one}, by.Person, audience)
}

// NeedSees returns NotFound when the actor does not belong to the audience.
func NeedSees(tx *db.Tx, by Actor, audience id.ID) error {
	ok, err := Sees(tx, by, audience)
	if err != nil {
		return err
	}
	if !ok {
		return fault.Missing()
	}
	return nil
}

// Stewards tells whether the actor looks after the audience. Organisers and
// admins look after the organisation as a whole, never after what they cannot
// see.
func Stewards(tx *db.Tx, by Actor, audience id.ID) (bool, error) {
	if audience == Organisation && by.Organises() {
		return true, nil
	}
	var one int
	return tx.Row(stewardsSQL, []any{&one}, by.Person, audience)
}

// StewardsOf returns who looks after an audience, at most twenty.
func StewardsOf(tx *db.Tx, audience id.ID) ([]id.ID, error) {
	return db.All(tx, stewardsOfSQL, func(r *db.Rows, p *id.ID) error { return r.Scan(p) }, audience)
}

// NewAudience makes an audience of the kind for its owner (a community, pair,
// ring, team or person).
func NewAudience(tx *db.Tx, c clock.Clock, kind string, owner id.ID) (id.ID, error) {
	now := c.Now()
	a := id.New(now)
	_, err := tx.Exec(insertAudienceSQL, a, kind, owner, db.At(now))
	return a, err
}

// EnsureOrganisation makes audience 1 when it is not there.
func EnsureOrganisation(tx *db.Tx, c clock.Clock) error {
	_, err := tx.Exec(ensureOrganisationSQL, Organisation, db.At(c.Now()))
	return err
}
