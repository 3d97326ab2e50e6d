package skills

import (
	"context"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/guildhall/guildhall/internal/core/access"
	"github.com/guildhall/guildhall/internal/core/event"
	"github.com/guildhall/guildhall/internal/core/people"
	"github.com/guildhall/guildhall/internal/core/subject"
	"github.com/guildhall/guildhall/internal/platform/db"
	"github.com/guildhall/guildhall/internal/platform/fault"
	"github.com/guildhall/guildhall/internal/platform/id"
)

// Endorsement is one person vouching for a skill of another, with a note about
// work they saw.
type Endorsement struct {
	ID     id.ID
	Person id.ID
	Skill  Tag
	Author id.ID
	Note   string
	At     time.Time
}

// minNote is the shortest note that can say something about real work.
const minNote = 15

// Endorse vouches for a skill of a person. The note says which work showed it.
// Vouching again for the same skill replaces the note. Nobody vouches for
// themselves.
func (s *Service) Endorse(ctx context.Context, by access.Actor, person id.ID, skill Tag, note string) (id.ID, error) {
	if err := by.NeedKnown(); err != nil {
		return 0, err
	}
	note = strings.TrimSpace(note)
	skill.Name = strings.Join(strings.Fields(skill.Name), " ")
	var c fault.Check
	c.Require(skill.ID != 0 || Norm(skill.Name) != "", "skill", "fault.skill_choose")
	c.Require(utf8.RuneCountInString(skill.Name) <= 100, "skill", "fault.too_long", "max", 100)
	c.Require(utf8.RuneCountInString(note) >= minNote, "note", "fault.vouch_note", "min", minNote)
	c.Require(utf8.RuneCountInString(note) <= 1000, "note", "fault.too_long", "max", 1000)
	var n id.ID
	err := s.db.Write(ctx, func(tx *db.Tx) error {
		if err := access.NeedSees(tx, by, access.Organisation); err != nil {
			return err
		}
		p, err := people.Open(tx, by, person)
		if err != nil {
			return err
		}
		if p.ID == by.Person {
			return fault.New(fault.Forbidden, "fault.vouch_self")
		}
		if err := c.Err(); err != nil {
			return err
		}
		tag, err := s.tag(tx, by, skill)
		if err != nil {
			return err
		}
		now := s.clock.Now()
		if _, err := tx.Row(endorseSQL, []any{&n}, id.New(now), access.Organisation, person, tag.ID, by.Author, note, db.At(now)); err != nil {
			return err
		}
		if err := subject.Save(tx, subject.Subject{
			Ref: subject.Ref{Kind: subject.Endorsement, ID: n}, Audience: access.Organisation, Author: by.Author,
			Title: tag.Name, State: "open", Created: now, Updated: now,
		}); err != nil {
			return err
		}
		return s.events.Record(tx, event.Event{
			Kind: "endorsement.given", Subject: n, Audience: access.Organisation, Actor: by.Author, Other: person,
		})
	})
	return n, err
}

// Withdraw takes back an endorsement that the actor gave, or one that the actor
// was given and does not want.
func (s *Service) Withdraw(ctx context.Context, by access.Actor, endorsement id.ID) (person id.ID, err error) {
	err = s.db.Write(ctx, func(tx *db.Tx) error {
		e, ok, err := db.One(tx, endorsementSQL, scanEndorsement, by.Person, endorsement)
		if err != nil {
			return err
		}
		if !ok {
			return fault.Missing()
		}
		if e.Author != by.Author && e.Person != by.Person {
			return fault.New(fault.Forbidden, "fault.not_yours")
		}
		person = e.Person
		if _, err := tx.Exec(withdrawSQL, endorsement); err != nil {
			return err
		}
		now := s.clock.Now()
		if err := subject.Touch(tx, endorsement, subject.Deleted, now); err != nil {
			return err
		}
		return s.events.Record(tx, event.Event{
			Kind: "endorsement.withdrawn", Subject: endorsement, Audience: access.Organisation, Actor: e.Author, Other: e.Person,
		})
	})
	return person, err
}

// Endorsements returns the vouches for a person that the actor may see, newest
// first, those after the given one when afterID is not 0; more tells whether
// there are others.
func Endorsements(tx *db.Tx, by access.Actor, person id.ID, after time.Time, afterID id.ID, limit int) (list []Endorsement, more bool, err error) {
	if afterID == 0 {
		after, afterID = time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC), id.ID(1<<63-1)
	}
	list, err = db.All(tx, endorsementsSQL, scanEndorsement, by.Person, person, db.At(after), afterID, limit+1)
	if more = len(list) > limit; more {
		list = list[:limit]
	}
	return list, more, err
}

// OpenEndorsement returns one vouch that the actor may see.
func (s *Service) OpenEndorsement(ctx context.Context, by access.Actor, endorsement id.ID) (e Endorsement, err error) {
	err = s.db.Read(ctx, func(tx *db.Tx) error {
		var ok bool
		e, ok, err = db.One(tx, endorsementSQL, scanEndorsement, by.Person, endorsement)
		if err == nil && !ok {
			err = fault.Missing()
		}
		return err
	})
	return e, err
}

// Vouched counts who vouched for a person and one skill.
type Vouched struct {
	Skill  id.ID
	People int
	Teams  int
	Last   time.Time
}

// Vouches counts the vouches for a person by skill.
func Vouches(tx *db.Tx, by access.Actor, person id.ID) (map[id.ID]Vouched, error) {
	rows, err := db.All(tx, vouchedSQL, func(r *db.Rows, v *Vouched) error {
		var last db.Time
		if err := r.Scan(&v.Skill, &v.People, &v.Teams, &last); err != nil {
			return err
		}
		v.Last = last.Time()
		return nil
	}, by.Person, person)
	out := make(map[id.ID]Vouched, len(rows))
	for _, v := range rows {
		out[v.Skill] = v
	}
	return out, err
}
