package coffee

import (
	"context"
	"encoding/json"
	"math"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/guildhall/guildhall/internal/core/access"
	"github.com/guildhall/guildhall/internal/core/event"
	"github.com/guildhall/guildhall/internal/core/meet"
	"github.com/guildhall/guildhall/internal/core/people"
	"github.com/guildhall/guildhall/internal/core/skills"
	"github.com/guildhall/guildhall/internal/platform/db"
	"github.com/guildhall/guildhall/internal/platform/fault"
	"github.com/guildhall/guildhall/internal/platform/id"
)

// Pair is two or three people who are to meet.
type Pair struct {
	ID        id.ID
	Audience  id.ID
	Kind      string // round, lunch
	Group     id.ID  // 0 for lunch
	Round     id.ID
	MetBefore time.Time // when two of them were drawn together last, zero for never
	At        time.Time
	People    []Partner // in the order of their ids
	reasons   string
}

// Partner is one of them.
type Partner struct {
	Person id.ID
	Met    string // "", yes, no; told only to the person
}

// Persons are their ids.
func (p Pair) Persons() []id.ID {
	out := make([]id.ID, len(p.People))
	for i, x := range p.People {
		out[i] = x.Person
	}
	return out
}

// Mine is what one of them said of "did you meet?".
func (p Pair) Mine(person id.ID) string {
	for _, x := range p.People {
		if x.Person == person {
			return x.Met
		}
	}
	return ""
}

// Whole is a pair with all that its page shows to one of its people.
type Whole struct {
	Pair
	Name     string // of the group, "" for lunch
	Profiles map[id.ID]people.Profile
	Says     map[id.ID][]skills.Declaration // what the others may see
	Reasons  []Reason                       // those that may be told to the reader
	Meetings []meet.Meeting                 // latest first
	Thanked  []id.ID                        // to whom the reader wrote a kind word
}

// OpenPair returns a pair to one of its people.
//
// Errors: NotFound.
func (s *Service) OpenPair(ctx context.Context, by access.Actor, pair id.ID) (w Whole, err error) {
	if err := by.NeedKnown(); err != nil {
		return w, err
	}
	err = s.DB.Read(ctx, func(tx *db.Tx) error {
		w = Whole{Profiles: map[id.ID]people.Profile{}, Says: map[id.ID][]skills.Declaration{}}
		if w.Pair, err = openPair(tx, by, pair); err != nil {
			return err
		}
		for _, x := range w.People {
			p, err := people.Open(tx, by, x.Person)
			if fault.Is(err, fault.NotFound) {
				continue // left meanwhile
			}
			if err != nil {
				return err
			}
			w.Profiles[x.Person] = p
			said, err := skills.OfPerson(tx, by, x.Person)
			if err != nil {
				return err
			}
			w.Says[x.Person] = slices.DeleteFunc(slices.Clone(said), func(d skills.Declaration) bool { return !d.Open })
			if x.Person == by.Person {
				// One's own closed wishes are known to oneself.
				w.Reasons = told(w.Pair, by, said, w.Reasons)
			}
		}
		w.Reasons = w.tellable(by)
		if w.Group != 0 {
			g, err := load(tx, by, w.Group)
			if err != nil && !fault.Is(err, fault.NotFound) {
				return err
			}
			w.Name = g.Name
		}
		if w.Meetings, err = meet.Of(tx, by, pair, 5); err != nil {
			return err
		}
		w.Thanked, err = db.All(tx, saidToSQL, scanID, pair, by.Author)
		return err
	})
	return w, err
}

func openPair(tx *db.Tx, by access.Actor, pair id.ID) (Pair, error) {
	p, ok, err := db.One(tx, openPairSQL, scanPair, by.Person, pair)
	if err == nil && !ok {
		err = fault.Missing()
	}
	if err != nil {
		return p, err
	}
	list := []Pair{p}
	err = fillPairs(tx, list)
	return list[0], err
}

func fillPairs(tx *db.Tx, list []Pair) error {
	if len(list) == 0 {
		return nil
	}
	ids, at := make([]id.ID, len(list)), map[id.ID]int{}
	for i, p := range list {
		ids[i], at[p.ID] = p.ID, i
	}
	rows, err := db.All(tx, pairPeopleSQL, scanPairPerson, ids)
	for _, r := range rows {
		p := &list[at[r.pair]]
		p.People = append(p.People, r.Partner)
	}
	return err
}

// told adds the reasons about the reader's own wishes, open or not.
func told(p Pair, by access.Actor, own []skills.Declaration, out []Reason) []Reason {
	for _, r := range p.allReasons() {
		if r.Kind == "learn" && r.From == by.Person && says(own, r.Skill, skills.Want) {
			out = append(out, r)
		}
	}
	return out
}

func (p Pair) allReasons() []Reason {
	var out []Reason
	if json.Unmarshal([]byte(p.reasons), &out) != nil {
		return nil // what cannot be read is not told
	}
	return out
}

// tellable are the reasons the reader may know: somebody else's wish only when
// it is open now, and a skill only when its owner shows it.
func (w *Whole) tellable(by access.Actor) []Reason {
	var out []Reason
	seen := map[string]bool{}
	for _, r := range w.allReasons() {
		switch r.Kind {
		case "learn":
			mine := slices.Contains(w.Reasons, r)
			if !mine && !says(w.Says[r.From], r.Skill, skills.Want) || !says(w.Says[r.To], r.Skill, skills.Teach) {
				continue
			}
		default:
			if seen[r.Kind] || r.Kind == "across" && seen["gap"] {
				continue
			}
			seen[r.Kind] = true
		}
		out = append(out, r)
	}
	return out
}

func says(list []skills.Declaration, skill id.ID, d skills.Direction) bool {
	return slices.ContainsFunc(list, func(x skills.Declaration) bool { return x.ID == skill && x.Direction == d })
}

// Pairs returns the actor's pairs, newest first, before the given one (0 for
// the newest).
func (s *Service) Pairs(ctx context.Context, by access.Actor, before id.ID, limit int) (out []Pair, more bool, err error) {
	if err := by.NeedKnown(); err != nil {
		return nil, false, err
	}
	if limit <= 0 || limit > 100 {
		limit = 30
	}
	if before == 0 {
		before = math.MaxInt64
	}
	err = s.DB.Read(ctx, func(tx *db.Tx) error {
		if out, err = db.All(tx, ownPairsSQL, scanPair, by.Person, before, limit+1); err != nil {
			return err
		}
		if more = len(out) > limit; more {
			out = out[:limit]
		}
		return fillPairs(tx, out)
	})
	return out, more, err
}

// Plan plans the meeting of a pair. Whoever plans gives a sign of themselves.
//
// Errors: NotFound, Invalid, Conflict when the pair has a time already: of
// those who plan at the same moment one does, and the others find it planned.
func (s *Service) Plan(ctx context.Context, by access.Actor, pair id.ID, title, agenda string, w meet.When) (n id.ID, err error) {
	if err := by.NeedKnown(); err != nil {
		return 0, err
	}
	err = s.DB.Write(ctx, func(tx *db.Tx) error {
		p, err := openPair(tx, by, pair)
		if err != nil {
			return err
		}
		meetings, err := meet.Of(tx, by, p.ID, 5)
		if err != nil {
			return err
		}
		for _, m := range meetings {
			if m.State == meet.Planned && m.End.After(s.Clock.Now()) {
				return fault.New(fault.Conflict, "fault.coffee_planned")
			}
		}
		if n, err = s.Meet.Plan(tx, by, meet.New{
			Audience: p.Audience, About: p.ID, Kind: Key, Title: title, Agenda: agenda, Place: w.Place, Link: w.Link, Online: w.Online,
			Start: w.Start, End: w.End, Zone: w.Zone, People: p.Persons(),
		}); err != nil {
			return err
		}
		return heard(tx, by.Person, pair)
	})
	return n, err
}

// heard notes a sign of somebody: they are not silent.
func heard(tx *db.Tx, person, pair id.ID) error {
	if _, err := tx.Exec(signSQL, person, pair); err != nil {
		return err
	}
	_, err := tx.Exec(heardSQL, person, pair)
	return err
}

// Confirm says whether the actor met the others, with or without a meeting in
// the calendar.
//
// Errors: NotFound, Invalid.
func (s *Service) Confirm(ctx context.Context, by access.Actor, pair id.ID, met string) error {
	if err := by.NeedKnown(); err != nil {
		return err
	}
	return s.DB.Write(ctx, func(tx *db.Tx) error {
		p, err := openPair(tx, by, pair)
		if err != nil {
			return err
		}
		if met != "yes" && met != "no" {
			var c fault.Check
			c.Bad("met", "fault.coffee_choose")
			return c.Err()
		}
		if _, err := tx.Exec(confirmSQL, met, by.Person, pair); err != nil {
			return err
		}
		if err := heard(tx, by.Person, pair); err != nil || p.Mine(by.Person) == met {
			return err
		}
		kind := "coffee.met"
		if met == "no" {
			kind = "coffee.missed"
		}
		return event.Recorder{Clock: s.Clock}.Record(tx, event.Event{Kind: kind, Subject: p.ID, Audience: p.Audience, Actor: by.Author})
	})
}

// Words are a kind word that somebody keeps.
type Words struct {
	ID     id.ID
	Author id.ID
	Pair   id.ID
	Text   string
	At     time.Time
}

// Thank writes a kind word to one of the others. Only they ever see it, and
// nobody can ask how many somebody has.
//
// Errors: NotFound, Invalid.
func (s *Service) Thank(ctx context.Context, by access.Actor, pair, to id.ID, words string) error {
	if err := by.NeedKnown(); err != nil {
		return err
	}
	words = strings.TrimSpace(words)
	return s.DB.Write(ctx, func(tx *db.Tx) error {
		p, err := openPair(tx, by, pair)
		if err != nil {
			return err
		}
		var c fault.Check
		c.Require(words != "", "words", "fault.coffee_words")
		c.Require(utf8.RuneCountInString(words) <= maxWords, "words", "fault.too_long", "max", maxWords)
		c.Require(to != by.Person && slices.Contains(p.Persons(), to), "to", "fault.coffee_choose")
		if err := c.Err(); err != nil {
			return err
		}
		now := s.Clock.Now()
		if _, err := tx.Exec(insertWordsSQL, id.New(now), to, pair, by.Author, words, db.At(now)); err != nil {
			return err
		}
		if err := heard(tx, by.Person, pair); err != nil {
			return err
		}
		return event.Recorder{Clock: s.Clock}.Record(tx, event.Event{Kind: "coffee.thanked", Subject: p.ID, Audience: p.Audience, Actor: by.Author, Other: to})
	})
}

// Kept returns the kind words the actor keeps, newest first.
func (s *Service) Kept(ctx context.Context, by access.Actor, after Mark, limit int) (out []Words, more bool, err error) {
	if err := by.NeedKnown(); err != nil {
		return nil, false, err
	}
	if limit <= 0 || limit > 100 {
		limit = 30
	}
	after = after.orNewest()
	err = s.DB.Read(ctx, func(tx *db.Tx) error {
		out, err = db.All(tx, ownWordsSQL, scanWords, by.Person, db.At(after.At), after.ID, limit+1)
		if more = len(out) > limit; more {
			out = out[:limit]
		}
		return err
	})
	return out, more, err
}

// Drop takes a kind word from those the actor keeps.
//
// Errors: NotFound.
func (s *Service) Drop(ctx context.Context, by access.Actor, words id.ID) error {
	if err := by.NeedKnown(); err != nil {
		return err
	}
	return s.DB.Write(ctx, func(tx *db.Tx) error {
		n, err := tx.Exec(dropWordsSQL, words, by.Person)
		if err == nil && n == 0 {
			err = fault.Missing()
		}
		return err
	})
}

// Effect notes answers to meetings as signs of people, so that whoever answers
// only from their calendar is not taken for silent, and frees the seat of a
// meeting that was called off.
func (s *Service) Effect() event.Effect {
	return event.Effect{Name: "coffee.signs", Prepare: func(ctx context.Context, events []event.Event) (func(tx *db.Tx) error, error) {
		type sign struct {
			person, pair id.ID
			met          string
		}
		var signs []sign
		var freed []id.ID
		err := s.DB.Read(ctx, func(tx *db.Tx) error {
			signs, freed = nil, nil
			for _, e := range events {
				if e.Kind == "meeting.cancelled" {
					freed = append(freed, e.Subject)
				}
				if !strings.HasPrefix(e.Kind, "meeting.") || e.Actor == 0 || e.Other == 0 {
					continue
				}
				var one int
				if ok, err := tx.Row(isPairSQL, []any{&one}, e.Other); err != nil {
					return err
				} else if !ok {
					continue
				}
				person, err := people.PersonOf(tx, e.Actor)
				if err != nil {
					return err
				}
				x := sign{person: person, pair: e.Other}
				switch e.Kind {
				case "meeting.met":
					x.met = "yes"
				case "meeting.missed":
					x.met = "no"
				}
				signs = append(signs, x)
			}
			return nil
		})
		if err != nil || len(signs)+len(freed) == 0 {
			return nil, err
		}
		return func(tx *db.Tx) error {
			for _, m := range freed {
				if _, err := tx.Exec(freeSeatSQL, m); err != nil {
					return err
				}
			}
			for _, x := range signs {
				if x.met != "" {
					if _, err := tx.Exec(confirmSQL, x.met, x.person, x.pair); err != nil {
						return err
					}
				}
				if err := heard(tx, x.person, x.pair); err != nil {
					return err
				}
			}
			return nil
		}, nil
	}}
}
