// Package skills keeps what people can teach and want to learn: skills, and
// things (machines, lines, rooms, products), with their names, synonyms and
// levels. Skills are tags of the whole organisation: everybody in it may see
// all of them. Only a name that was first said in a private audience stays
// there: the skill is private until somebody says the name to everybody, which
// makes the organisation a skill of its own.
package skills

import (
	"strings"
	"unicode/utf8"

	"github.com/guildhall/guildhall/internal/core/access"
	"github.com/guildhall/guildhall/internal/core/event"
	"github.com/guildhall/guildhall/internal/core/subject"
	"github.com/guildhall/guildhall/internal/platform/clock"
	"github.com/guildhall/guildhall/internal/platform/db"
	"github.com/guildhall/guildhall/internal/platform/fault"
	"github.com/guildhall/guildhall/internal/platform/id"
)

// Kind tells a skill from a thing.
type Kind string

// The kinds.
const (
	Skill Kind = "skill"
	Thing Kind = "thing"
)

// Tag is a skill or thing as shown beside words.
type Tag struct {
	ID   id.ID
	Kind Kind
	Name string
}

// Service answers for skills.
type Service struct {
	db      *db.DB
	clock   clock.Clock
	events  event.Recorder
	merging []Merging
}

// New returns the service.
func New(d *db.DB, c clock.Clock) *Service {
	return &Service{db: d, clock: c, events: event.Recorder{Clock: c}}
}

// private is the state of a skill that was named in a private audience and
// nowhere else.
const private = "private"

// Draft describes a new skill.
type Draft struct {
	Audience    id.ID // Organisation when 0; of another, the skill is private
	Kind        Kind  // Skill when empty
	Name        string
	Description string
	Category    string
	Synonyms    []string
	Parent      id.ID
	Origin      string // "" for the organisation's own
	OriginID    string
	Lang        string
	Quiet       bool
}

// Add makes a skill in the transaction. A name or synonym that already belongs
// to a skill of the same kind returns that skill instead, with new synonyms
// added, so that adding twice changes nothing.
func (s *Service) Add(tx *db.Tx, by access.Actor, d Draft) (id.ID, error) {
	if d.Kind == "" {
		d.Kind = Skill
	}
	state := "active"
	if d.Audience == 0 {
		d.Audience = access.Organisation
	} else if d.Audience != access.Organisation {
		state = private
	}
	d.Name = strings.Join(strings.Fields(d.Name), " ")
	var c fault.Check
	c.Require(Norm(d.Name) != "", "name", "fault.name_empty")
	c.Require(utf8.RuneCountInString(d.Name) <= 100, "name", "fault.too_long", "max", 100)
	c.Require(utf8.RuneCountInString(d.Description) <= 2000, "description", "fault.too_long", "max", 2000)
	c.Require(d.Kind == Skill || d.Kind == Thing, "kind", "fault.choice_unknown")
	if err := c.Err(); err != nil {
		return 0, err
	}
	known, err := s.byNorm(tx, Norm(d.Name), d.Kind, d.Audience)
	if err != nil {
		return 0, err
	}
	if known != 0 {
		return known, s.addNames(tx, known, d.Synonyms, d.Lang)
	}
	now := s.clock.Now()
	n := id.New(now)
	if _, err := tx.Exec(insertSkillSQL, n, string(d.Kind), d.Name, Slug(d.Name, n), Norm(d.Name), d.Description,
		d.Category, d.Parent, state, d.Origin, d.OriginID, db.At(now)); err != nil {
		return 0, err
	}
	if err := s.addName(tx, n, d.Name, d.Lang, true); err != nil {
		return 0, err
	}
	if err := s.addNames(tx, n, d.Synonyms, d.Lang); err != nil {
		return 0, err
	}
	if err := subject.Save(tx, subject.Subject{
		Ref: subject.Ref{Kind: subject.Skill, ID: n}, Audience: d.Audience,
		Title: d.Name, State: "open", Created: now, Updated: now,
	}); err != nil {
		return 0, err
	}
	if err := s.index(tx, n); err != nil {
		return 0, err
	}
	return n, s.events.Record(tx, event.Event{
		Kind: "skill.added", Subject: n, Audience: d.Audience, Actor: by.Author, Quiet: d.Quiet,
	})
}

func (s *Service) byNorm(tx *db.Tx, norm string, k Kind, audience id.ID) (id.ID, error) {
	var n id.ID
	_, err := tx.Row(byNormSQL, []any{&n}, norm, string(k), audience)
	return n, err
}

func (s *Service) addNames(tx *db.Tx, skill id.ID, names []string, lang string) error {
	for _, name := range names {
		if Norm(name) == "" {
			continue
		}
		if err := s.addName(tx, skill, name, lang, false); err != nil {
			return err
		}
	}
	return nil
}

func (s *Service) addName(tx *db.Tx, skill id.ID, name, lang string, primary bool) error {
	norm := Norm(name)
	if _, err := tx.Exec(insertNameSQL, norm, skill, name, lang, primary); err != nil {
		return err
	}
	for _, g := range Grams(norm) {
		if _, err := tx.Exec(insertGramSQL, g, skill); err != nil {
			return err
		}
	}
	return nil
}

// Named returns the skills with the given names, synonyms or ids, in their
// order and without doubles; names the audience does not know are made new
// skills of it. Merged skills lead to what they were merged into.
func (s *Service) Named(tx *db.Tx, by access.Actor, audience id.ID, names []string, quiet bool) ([]Tag, error) {
	var out []Tag
	seen := map[id.ID]bool{}
	for _, name := range names {
		norm := Norm(name)
		if norm == "" {
			continue
		}
		t, ok, err := db.One(tx, tagByNormSQL, scanTag, norm, audience)
		if err != nil {
			return nil, err
		}
		if n, malformed := id.Parse(name); !ok && malformed == nil {
			// A program that was given ids gives them back.
			if t, ok, err = db.One(tx, tagByIDSQL, scanTag, n, audience); err != nil {
				return nil, err
			}
		}
		if !ok {
			n, err := s.Add(tx, by, Draft{Audience: audience, Name: name, Quiet: quiet})
			if err != nil {
				return nil, err
			}
			t = Tag{ID: n, Kind: Skill, Name: name}
		}
		if !seen[t.ID] {
			seen[t.ID] = true
			out = append(out, t)
		}
	}
	return out, nil
}
