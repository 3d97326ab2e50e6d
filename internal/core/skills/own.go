package skills

import (
	"context"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/guildhall/guildhall/internal/core/access"
	"github.com/guildhall/guildhall/internal/core/event"
	"github.com/guildhall/guildhall/internal/core/people"
	"github.com/guildhall/guildhall/internal/platform/db"
	"github.com/guildhall/guildhall/internal/platform/fault"
	"github.com/guildhall/guildhall/internal/platform/id"
)

// Direction tells what one can teach from what one wants to learn.
type Direction string

// The directions.
const (
	Teach Direction = "teach"
	Want  Direction = "want"
)

// Levels of a skill: I learning, II doing, III confident, IV teaching.
const (
	Learning  = 1
	Doing     = 2
	Confident = 3
	Teaching  = 4
)

// Declaration is what a person says of themselves and one skill.
type Declaration struct {
	Tag
	Person    id.ID
	Direction Direction
	Level     int
	Work      bool // to do with work
	Open      bool // others may see it; wants start closed
	Note      string
	Since     time.Time // first said
}

// Declare says that the actor can teach, or wants to learn, the skill with the
// name; a name nobody knows becomes a new skill. Saying it again changes level,
// note and who may see it.
func (s *Service) Declare(ctx context.Context, by access.Actor, d Declaration) (Tag, error) {
	if err := by.NeedKnown(); err != nil {
		return Tag{}, err
	}
	d.Name = strings.Join(strings.Fields(d.Name), " ")
	d.Note = strings.TrimSpace(d.Note)
	var c fault.Check
	c.Require(Norm(d.Name) != "" || d.ID != 0, "skill", "fault.skill_choose")
	c.Require(utf8.RuneCountInString(d.Name) <= 100, "skill", "fault.too_long", "max", 100)
	c.Require(d.Direction == Teach || d.Direction == Want, "direction", "fault.choice_unknown")
	c.Require(d.Level >= Learning && d.Level <= Teaching, "level", "fault.level")
	c.Require(utf8.RuneCountInString(d.Note) <= 500, "note", "fault.too_long", "max", 500)
	if err := c.Err(); err != nil {
		return Tag{}, err
	}
	var tag Tag
	err := s.db.Write(ctx, func(tx *db.Tx) error {
		if err := access.NeedSees(tx, by, access.Organisation); err != nil {
			return err
		}
		var err error
		if tag, err = s.tag(tx, by, d.Tag); err != nil {
			return err
		}
		var count int
		if _, err := tx.Row(countOwnSQL, []any{&count}, by.Person, tag.ID); err != nil {
			return err
		}
		if count >= maxDeclared {
			var c fault.Check
			c.Bad("skill", "fault.too_many_own", "max", maxDeclared)
			return c.Err()
		}
		now := s.clock.Now()
		if _, err := tx.Exec(declareSQL, id.New(now), by.Person, tag.ID, string(d.Direction), d.Level, d.Work, d.Open, d.Note, db.At(now)); err != nil {
			return err
		}
		return s.declared(tx, by)
	})
	return tag, err
}

// maxDeclared bounds how many skills one person can list.
const maxDeclared = 200

// tag finds the skill by id or name, or makes it.
func (s *Service) tag(tx *db.Tx, by access.Actor, t Tag) (Tag, error) {
	if t.ID != 0 {
		found, ok, err := db.One(tx, activeTagSQL, scanTag, t.ID)
		if err == nil && !ok {
			err = fault.Missing()
		}
		return found, err
	}
	found, err := s.Named(tx, by, access.Organisation, []string{t.Name}, false)
	if err != nil || len(found) == 0 {
		return Tag{}, err
	}
	return found[0], nil
}

// Undeclare takes back what the actor said of a skill. Taking back what was not
// said changes nothing.
func (s *Service) Undeclare(ctx context.Context, by access.Actor, skill id.ID, d Direction) error {
	if err := by.NeedKnown(); err != nil {
		return err
	}
	return s.db.Write(ctx, func(tx *db.Tx) error {
		n, err := tx.Exec(undeclareSQL, by.Person, skill, string(d))
		if err != nil || n == 0 {
			return err
		}
		return s.declared(tx, by)
	})
}

func (s *Service) declared(tx *db.Tx, by access.Actor) error {
	if err := people.Reindex(tx, by.Person); err != nil {
		return err
	}
	return s.events.Record(tx, event.Event{Kind: "person.skills", Subject: by.Person, Audience: access.Organisation, Actor: by.Author})
}

// OfPerson returns what a person says of themselves: everything to the person,
// what is open to other members of the organisation, nothing to others. The
// highest level stands first.
func OfPerson(tx *db.Tx, by access.Actor, person id.ID) ([]Declaration, error) {
	return db.All(tx, ofPersonSQL, scanDeclaration, by.Person, person)
}

// ForMatching returns everything that active people of the organisation say of
// themselves, closed wants too, in the order of persons: for matching alone.
// What is closed may lead to a match but is never shown to anybody else.
func ForMatching(tx *db.Tx, people []id.ID) ([]Declaration, error) {
	return db.All(tx, forMatchingSQL, scanDeclaration, people)
}

// OfPeople returns the open declarations of several people about one skill, by
// person: what they can teach.
func OfPeople(tx *db.Tx, by access.Actor, skill id.ID, people []id.ID) (map[id.ID]Declaration, error) {
	rows, err := db.All(tx, ofPeopleSQL, scanDeclaration, by.Person, skill, people)
	out := make(map[id.ID]Declaration, len(rows))
	for _, d := range rows {
		out[d.Person] = d
	}
	return out, err
}
