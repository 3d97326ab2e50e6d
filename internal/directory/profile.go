package directory

import (
	"context"
	"maps"
	"slices"

	"github.com/guildhall/guildhall/internal/core/access"
	"github.com/guildhall/guildhall/internal/core/ledger"
	"github.com/guildhall/guildhall/internal/core/people"
	"github.com/guildhall/guildhall/internal/core/skills"
	"github.com/guildhall/guildhall/internal/core/subject"
	"github.com/guildhall/guildhall/internal/platform/clock"
	"github.com/guildhall/guildhall/internal/platform/db"
	"github.com/guildhall/guildhall/internal/platform/id"
)

// Service composes what pages and the API show of people and skills from the
// core's own services. It keeps nothing itself.
type Service struct {
	DB     *db.DB
	Clock  clock.Clock
	People *people.Service
	Skills *skills.Service
	Ledger *ledger.Ledger
	// CanTake tells who of the people can take a question now, as far as
	// their weekly budget goes; nil believes that all can. Nobody is told
	// why somebody cannot.
	CanTake func(ctx context.Context, persons []id.ID) (map[id.ID]bool, error)
}

// Person is a profile with everything that stands on its page.
type Person struct {
	people.Profile
	Calendar people.Calendar
	Free     bool // they can take a question now
	Skills   []skills.Declaration
	Standing []ledger.Standing
	Vouched  map[id.ID]skills.Vouched
	Lately   []subject.Card
	Before   []people.Membership // units they belonged to and no longer do, each once, the last one first
	Solved   map[id.ID]bool      // which of Lately settled their question
	Brought  bool                // for themselves: there are imported posts, which may be theirs
}

// standing returns what the ledger says of one skill.
func (p Person) standing(skill id.ID) ledger.Standing {
	for _, s := range p.Standing {
		if s.Skill == skill {
			return s
		}
	}
	return ledger.Standing{}
}

// Person returns a person as the actor may see them.
func (s *Service) Person(ctx context.Context, by access.Actor, person id.ID) (p Person, err error) {
	err = s.DB.Read(ctx, func(tx *db.Tx) error {
		p = Person{}
		var err error
		if p.Profile, err = people.Open(tx, by, person); err != nil {
			return err
		}
		calendars, err := people.Calendars(tx, []id.ID{person})
		if err != nil {
			return err
		}
		p.Calendar = calendars[person]
		units, err := people.Memberships(tx, by, person)
		if err != nil {
			return err
		}
		p.Before = before(units, p.Unit.ID)
		if p.Skills, err = skills.OfPerson(tx, by, person); err != nil {
			return err
		}
		if p.Standing, err = ledger.OfAuthor(tx, by, p.Author); err != nil {
			return err
		}
		if p.Vouched, err = skills.Vouches(tx, by, person); err != nil {
			return err
		}
		voices, err := people.AuthorsOf(tx, []id.ID{person})
		if err != nil {
			return err
		}
		authors := slices.AppendSeq([]id.ID{p.Author}, maps.Keys(voices))
		slices.Sort(authors)
		p.Lately, err = subject.Recent(tx, by, slices.Compact(authors), []string{string(subject.Question), string(subject.Answer)}, 8)
		if err != nil {
			return err
		}
		ids := make([]id.ID, len(p.Lately))
		for i, c := range p.Lately {
			ids[i] = c.ID
		}
		if p.Solved, err = ledger.Settled(tx, by, ids); err != nil || by.Person != person || p.Guest {
			return err
		}
		p.Brought, err = people.AnyImported(tx)
		return err
	})
	if err != nil {
		return p, err
	}
	free, err := s.free(ctx, map[id.ID]people.Calendar{person: p.Calendar})
	p.Free = free[person]
	return p, err
}

// free tells who can take a question now: at work, not in a busy season, not
// away and within their budget.
func (s *Service) free(ctx context.Context, calendars map[id.ID]people.Calendar) (map[id.ID]bool, error) {
	out := make(map[id.ID]bool, len(calendars))
	var at []id.ID
	now := s.Clock.Now()
	for n, c := range calendars {
		if c.Askable(now) {
			at = append(at, n)
			out[n] = true
		}
	}
	if s.CanTake == nil || len(at) == 0 {
		return out, nil
	}
	can, err := s.CanTake(ctx, at)
	if err != nil {
		return nil, err
	}
	for _, n := range at {
		out[n] = can[n]
	}
	return out, nil
}

// Expert is somebody who knows a skill.
type Expert struct {
	ledger.Standing
	people.Byline
	Says skills.Declaration // zero when only others say so
}

// Skill returns a skill and who knows it, best first.
func (s *Service) Skill(ctx context.Context, by access.Actor, skill id.ID) (w skills.Whole, experts []Expert, err error) {
	if w, err = s.Skills.Open(ctx, by, skill, 30); err != nil || w.State == "merged" {
		return w, nil, err
	}
	err = s.DB.Read(ctx, func(tx *db.Tx) error {
		experts = nil
		authors := make([]id.ID, len(w.People))
		for i, p := range w.People {
			authors[i] = p.Author
		}
		lines, err := people.Bylines(tx, by, authors)
		if err != nil {
			return err
		}
		var persons []id.ID
		for _, b := range lines {
			if b.Person != 0 {
				persons = append(persons, b.Person)
			}
		}
		says, err := skills.OfPeople(tx, by, skill, persons)
		if err != nil {
			return err
		}
		for _, p := range w.People {
			b := lines[p.Author]
			experts = append(experts, Expert{Standing: p, Byline: b, Says: says[b.Person]})
		}
		return nil
	})
	return w, experts, err
}

// before are the units of a history that are not the present one, each with the
// last time somebody belonged to it. Who left and came back to their unit has
// two stretches there, and it is not one from before.
func before(history []people.Membership, present id.ID) []people.Membership {
	var out []people.Membership
	seen := map[id.ID]bool{present: true}
	for _, m := range history {
		if !seen[m.Unit.ID] && !m.To.IsZero() {
			seen[m.Unit.ID] = true
			out = append(out, m)
		}
	}
	return out
}
