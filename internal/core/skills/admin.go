package skills

import (
	"context"
	"strings"
	"unicode/utf8"

	"github.com/guildhall/guildhall/internal/core/access"
	"github.com/guildhall/guildhall/internal/core/audit"
	"github.com/guildhall/guildhall/internal/core/event"
	"github.com/guildhall/guildhall/internal/core/people"
	"github.com/guildhall/guildhall/internal/core/search"
	"github.com/guildhall/guildhall/internal/core/subject"
	"github.com/guildhall/guildhall/internal/platform/db"
	"github.com/guildhall/guildhall/internal/platform/fault"
	"github.com/guildhall/guildhall/internal/platform/id"
)

// Merging moves what a practice keeps about one skill to another, in the
// transaction that merges them.
type Merging func(tx *db.Tx, from, into id.ID) error

// OnMerge adds what a practice does when skills are merged. It is called while
// the house is built.
func (s *Service) OnMerge(m Merging) { s.merging = append(s.merging, m) }

// Merge makes one skill part of another: its names become synonyms, and
// everything said, asked and shown about it moves. Only an admin merges.
func (s *Service) Merge(ctx context.Context, by access.Actor, from, into id.ID) error {
	if err := by.NeedAdmin(); err != nil {
		return err
	}
	if from == into {
		var c fault.Check
		c.Bad("into", "fault.merge_itself")
		return c.Err()
	}
	return s.db.Write(ctx, func(tx *db.Tx) error {
		a, okA, err := db.One(tx, openSQL, scanWhole, by.Person, from)
		if err != nil {
			return err
		}
		b, okB, err := db.One(tx, openSQL, scanWhole, by.Person, into)
		if err != nil {
			return err
		}
		if !okA || !okB {
			return fault.Missing()
		}
		if a.State == private || b.State == private {
			return fault.Missing() // its names would be told to everybody
		}
		if a.State == "merged" || b.State == "merged" {
			return fault.New(fault.Conflict, "fault.merged")
		}
		var moved []id.ID
		if moved, err = db.All(tx, declarersSQL, scanID, from); err != nil {
			return err
		}
		for _, sql := range []string{mergePersonSkillsSQL, mergeEndorsementsSQL, mergeNamesSQL, mergeGramsSQL, mergeLevelsSQL, mergeNarrowerSQL, mergeMergedSQL} {
			if _, err := tx.Exec(sql, into, from); err != nil {
				return err
			}
		}
		for _, sql := range []string{dropPersonSkillsSQL, dropEndorsementsSQL, dropNamesSQL, dropGramsSQL, dropLevelsSQL} {
			if _, err := tx.Exec(sql, from); err != nil {
				return err
			}
		}
		now := s.clock.Now()
		if _, err := tx.Exec(mergedSQL, into, db.At(now), from); err != nil {
			return err
		}
		for _, m := range s.merging {
			if err := m(tx, from, into); err != nil {
				return err
			}
		}
		for _, p := range moved {
			if err := people.Reindex(tx, p); err != nil {
				return err
			}
		}
		if err := subject.Touch(tx, from, subject.Deleted, now); err != nil {
			return err
		}
		if err := search.Remove(tx, from); err != nil {
			return err
		}
		if err := s.index(tx, into); err != nil {
			return err
		}
		if err := audit.Record(tx, audit.Act{Actor: by.Person, Action: "skill.merged", Subject: into, Detail: a.Name + " → " + b.Name}); err != nil {
			return err
		}
		return s.events.Record(tx, event.Event{Kind: "skill.merged", Subject: from, Audience: access.Organisation, Actor: by.Author, Other: into})
	})
}

// index makes a skill findable by all its names. A private one is not: it
// stands beside the words of its audience, and nowhere else.
func (s *Service) index(tx *db.Tx, skill id.ID) error {
	var name, description, state string
	if _, err := tx.Row(wordsSQL, []any{&name, &description, &state}, skill); err != nil || state == private {
		return err
	}
	names, err := db.All(tx, synonymsSQL, func(r *db.Rows, n *string) error { return r.Scan(n) }, skill)
	if err != nil {
		return err
	}
	return search.Save(tx, search.Doc{
		ID: skill, Kind: subject.Skill, Audience: access.Organisation, Title: name, Tags: strings.Join(names, " "), Body: description,
	})
}

// Deprecate stops a skill from being suggested, or lets it be suggested again.
// What was said about it stays. Only an admin deprecates.
func (s *Service) Deprecate(ctx context.Context, by access.Actor, skill id.ID, on bool) error {
	if err := by.NeedAdmin(); err != nil {
		return err
	}
	state := "active"
	if on {
		state = "deprecated"
	}
	return s.db.Write(ctx, func(tx *db.Tx) error {
		n, err := tx.Exec(stateSQL, state, db.At(s.clock.Now()), skill)
		if err != nil {
			return err
		}
		if n == 0 {
			return fault.Missing()
		}
		return s.events.Record(tx, event.Event{Kind: "skill.changed", Subject: skill, Audience: access.Organisation, Actor: by.Author})
	})
}

// Describe changes what a skill is called and said to be. Levels without a text
// have the general one. Only an admin describes.
func (s *Service) Describe(ctx context.Context, by access.Actor, skill id.ID, d Draft, levels [5]string) error {
	if err := by.NeedAdmin(); err != nil {
		return err
	}
	d.Name = strings.Join(strings.Fields(d.Name), " ")
	d.Description, d.Category = strings.TrimSpace(d.Description), strings.TrimSpace(d.Category)
	var c fault.Check
	c.Require(Norm(d.Name) != "", "name", "fault.name_empty")
	c.Require(utf8.RuneCountInString(d.Name) <= 100, "name", "fault.too_long", "max", 100)
	c.Require(utf8.RuneCountInString(d.Description) <= 2000, "description", "fault.too_long", "max", 2000)
	c.Require(utf8.RuneCountInString(d.Category) <= 100, "category", "fault.too_long", "max", 100)
	c.Require(d.Kind == Skill || d.Kind == Thing, "kind", "fault.choice_unknown")
	c.Require(len(d.Synonyms) <= 50, "synonyms", "fault.too_many_synonyms", "max", 50)
	for i := Learning; i <= Teaching; i++ {
		c.Require(utf8.RuneCountInString(levels[i]) <= 500, "levels", "fault.too_long", "max", 500)
	}
	if err := c.Err(); err != nil {
		return err
	}
	return s.db.Write(ctx, func(tx *db.Tx) error {
		other, err := s.byNorm(tx, Norm(d.Name), d.Kind, access.Organisation)
		if err != nil {
			return err
		}
		if other != 0 && other != skill {
			var c fault.Check
			c.Bad("name", "fault.skill_taken", "name", d.Name)
			return c.Err()
		}
		n, err := tx.Exec(describeSQL, string(d.Kind), d.Name, Norm(d.Name), d.Description, d.Category, db.At(s.clock.Now()), skill)
		if err != nil {
			return err
		}
		if n == 0 {
			return fault.Missing()
		}
		for _, sql := range []string{dropNamesSQL, dropGramsSQL, dropLevelsSQL} {
			if _, err := tx.Exec(sql, skill); err != nil {
				return err
			}
		}
		if err := s.addName(tx, skill, d.Name, "", true); err != nil {
			return err
		}
		if err := s.addNames(tx, skill, d.Synonyms, ""); err != nil {
			return err
		}
		for i := Learning; i <= Teaching; i++ {
			if text := strings.TrimSpace(levels[i]); text != "" {
				if _, err := tx.Exec(insertLevelSQL, skill, i, text); err != nil {
					return err
				}
			}
		}
		now := s.clock.Now()
		if err := subject.Save(tx, subject.Subject{
			Ref: subject.Ref{Kind: subject.Skill, ID: skill}, Audience: access.Organisation, Title: d.Name, State: "open", Created: now, Updated: now,
		}); err != nil {
			return err
		}
		if err := s.index(tx, skill); err != nil {
			return err
		}
		return s.events.Record(tx, event.Event{Kind: "skill.changed", Subject: skill, Audience: access.Organisation, Actor: by.Author})
	})
}
