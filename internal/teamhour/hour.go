package teamhour

import (
	"context"
	"crypto/rand"
	"encoding/base32"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/guildhall/guildhall/internal/core/access"
	"github.com/guildhall/guildhall/internal/core/event"
	"github.com/guildhall/guildhall/internal/core/meet"
	"github.com/guildhall/guildhall/internal/core/notify"
	"github.com/guildhall/guildhall/internal/core/people"
	"github.com/guildhall/guildhall/internal/core/skills"
	"github.com/guildhall/guildhall/internal/core/subject"
	"github.com/guildhall/guildhall/internal/platform/clock"
	"github.com/guildhall/guildhall/internal/platform/db"
	"github.com/guildhall/guildhall/internal/platform/fault"
	"github.com/guildhall/guildhall/internal/platform/id"
	"github.com/guildhall/guildhall/internal/platform/job"
)

// Key is the name of the practice.
const Key = "teamhour"

const (
	maxPeople  = 40
	maxEntries = 20 // of one person
	maxName    = 100
	maxTitle   = 120
	// kept is how long an hour is remembered.
	kept = 7 * 24 * time.Hour
)

// Step is a part of the hour.
type Step struct {
	Key     string
	Minutes int
}

// Plan are the parts of the hour, 45 minutes in all.
var Plan = [...]Step{{"write", 10}, {"show", 10}, {"only", 8}, {"swap", 15}, {"done", 2}}

// The kinds of entries.
const (
	Show = "show"
	Want = "want"
)

// The states of an entry.
const (
	Draft  = "draft"
	Shared = "shared" // with the team, until the hour is forgotten
	Kept   = "kept"   // on the profile too
)

// Service answers for team hours.
type Service struct {
	DB     *db.DB
	Clock  clock.Clock
	People *people.Service
	Skills *skills.Service
	Meet   *meet.Service
	// Swaps tells whether people may swap; Swap begins a swap that both agreed
	// on, in which the first teaches one skill and is taught the other, in the
	// transaction of its context. Both are nil without swaps.
	Swaps func() bool
	Swap  func(ctx context.Context, from, to access.Actor, teach, learn id.ID) (id.ID, error)
}

// Hour is a team hour as its people see it.
type Hour struct {
	ID       id.ID
	Audience id.ID
	Leader   id.ID
	Title    string
	Code     string
	Step     int
	StepAt   time.Time
	State    string // open, closed
	Forget   time.Time
	Created  time.Time
	People   []id.ID
	Entries  []Entry // the reader's own, and what others showed
}

// Open tells whether it goes on.
func (h Hour) Open() bool { return h.State == "open" }

// Entry is what somebody can show or wants to learn.
type Entry struct {
	ID     id.ID
	Person id.ID
	Kind   string
	Name   string
	Level  int
	Skill  id.ID // 0 while it stands on no profile
	State  string
}

// Leads tells whether the actor may open hours at all: organisers, whoever
// manages somebody, and stewards.
func (s *Service) Leads(ctx context.Context, by access.Actor) (ok bool, err error) {
	if err := by.NeedKnown(); err != nil || by.Organises() {
		return err == nil, err
	}
	err = s.DB.Read(ctx, func(tx *db.Tx) error {
		var one int
		ok, err = tx.Row(leadsSQL, []any{&one}, by.Person)
		return err
	})
	return ok, err
}

// mayAsk returns Forbidden unless the actor organises, stands above one of the
// people in their line of managers, or is a steward where one of them belongs.
func mayAsk(tx *db.Tx, by access.Actor, people []id.ID) error {
	if by.Organises() {
		return nil
	}
	var one int
	ok, err := tx.Row(managesSQL, []any{&one}, people, by.Person)
	if err == nil && !ok {
		ok, err = tx.Row(stewardOfSQL, []any{&one}, by.Person, people)
	}
	if err == nil && !ok {
		err = fault.New(fault.Forbidden, "fault.teamhour_begins")
	}
	return err
}

// Begin opens an hour for the people of a unit, named people, or both: by
// somebody who leads or looks after one of them, or who organises. Whoever opens
// it leads it and takes part. Event: teamhour.opened.
//
// Errors: Forbidden, Invalid.
func (s *Service) Begin(ctx context.Context, by access.Actor, title string, unit id.ID, names []string) (id.ID, error) {
	if err := by.NeedKnown(); err != nil {
		return 0, err
	}
	if ok, err := s.Leads(ctx, by); err != nil || !ok {
		if err == nil {
			err = fault.New(fault.Forbidden, "fault.teamhour_begins")
		}
		return 0, err
	}
	title = strings.Join(strings.Fields(title), " ")
	var c fault.Check
	c.Require(title != "", "title", "fault.teamhour_title")
	c.Require(utf8.RuneCountInString(title) <= maxTitle, "title", "fault.too_long", "max", maxTitle)
	if err := c.Err(); err != nil {
		return 0, err
	}
	team := []id.ID{by.Person}
	if unit != 0 {
		list, more, err := s.People.List(ctx, by, people.Filter{Unit: unit, Limit: maxPeople})
		if err != nil {
			return 0, err
		}
		if more {
			c.Bad("unit", "fault.teamhour_many", "max", maxPeople)
			return 0, c.Err()
		}
		for _, p := range list {
			team = append(team, p.ID)
		}
	}
	var b [5]byte
	_, _ = rand.Read(b[:]) // never fails: crypto/rand.Read ends the program instead
	code := strings.ToLower(base32.StdEncoding.EncodeToString(b[:]))
	var n id.ID
	err := s.DB.Write(ctx, func(tx *db.Tx) error {
		if err := access.NeedSees(tx, by, access.Organisation); err != nil {
			return err
		}
		all := slices.Clone(team)
		for _, name := range names {
			if name = strings.TrimSpace(name); name == "" {
				continue
			}
			p, err := people.FindOne(tx, by, "people", name)
			if err != nil {
				return err
			}
			all = append(all, p)
		}
		slices.Sort(all)
		all = slices.Compact(all)
		if len(all) > maxPeople {
			var c fault.Check
			c.Bad("people", "fault.teamhour_many", "max", maxPeople)
			return c.Err()
		}
		if others := slices.DeleteFunc(slices.Clone(all), func(p id.ID) bool { return p == by.Person }); len(others) > 0 {
			if err := mayAsk(tx, by, others); err != nil {
				return err
			}
		}
		now := s.Clock.Now()
		n = id.New(now)
		audience, err := access.NewAudience(tx, s.Clock, "teamhour", n)
		if err != nil {
			return err
		}
		if _, err := tx.Exec(insertSQL, n, audience, by.Person, title, code, db.At(now), db.At(now.Add(kept))); err != nil {
			return err
		}
		for _, p := range all {
			if err := join(tx, n, audience, p); err != nil {
				return err
			}
		}
		if err := subject.Save(tx, subject.Subject{
			Ref: subject.Ref{Kind: subject.TeamHour, ID: n}, Audience: audience, Author: by.Author, Title: title, State: "open", Created: now, Updated: now,
		}); err != nil {
			return err
		}
		return event.Recorder{Clock: s.Clock}.Record(tx, event.Event{Kind: "teamhour.opened", Subject: n, Audience: audience, Actor: by.Author})
	})
	return n, err
}

// changed lets the open pages of an hour's people show it as it is now.
func changed(tx *db.Tx, hour id.ID) error {
	list, err := db.All(tx, peopleSQL, scanID, hour)
	if err == nil {
		notify.Changed(tx, Part(hour), list)
	}
	return err
}

// Part is the name of an hour among the parts of pages that are loaded anew.
func Part(hour id.ID) string { return "teamhour-" + hour.String() }

func join(tx *db.Tx, hour, audience, person id.ID) error {
	if _, err := tx.Exec(joinSQL, person, hour); err != nil {
		return err
	}
	return access.Join(tx, audience, person, "member")
}

// Join lets the actor in by the code on the screen.
//
// Errors: Invalid for a code that is none, Conflict when the hour is full.
func (s *Service) Join(ctx context.Context, by access.Actor, code string) (n id.ID, err error) {
	if err := by.NeedKnown(); err != nil {
		return 0, err
	}
	err = s.DB.Write(ctx, func(tx *db.Tx) error {
		if err := access.NeedSees(tx, by, access.Organisation); err != nil {
			return err
		}
		var audience id.ID
		var many int
		ok, err := tx.Row(byCodeSQL, []any{&n, &audience, &many}, strings.ToLower(strings.TrimSpace(code)))
		if err != nil {
			return err
		}
		if !ok {
			var c fault.Check
			c.Bad("code", "fault.teamhour_code")
			return c.Err()
		}
		if many >= maxPeople {
			return fault.New(fault.Conflict, "fault.teamhour_full")
		}
		if err := join(tx, n, audience, by.Person); err != nil {
			return err
		}
		return changed(tx, n)
	})
	return n, err
}

// Open returns an hour to its people: their own entries, and what others
// showed.
//
// Errors: NotFound.
func (s *Service) Open(ctx context.Context, by access.Actor, hour id.ID) (h Hour, err error) {
	if err := by.NeedKnown(); err != nil {
		return h, err
	}
	err = s.DB.Read(ctx, func(tx *db.Tx) error {
		h, err = open(tx, by, hour)
		return err
	})
	return h, err
}

func open(tx *db.Tx, by access.Actor, hour id.ID) (Hour, error) {
	h, ok, err := db.One(tx, openSQL, scanHour, by.Person, hour)
	if err != nil {
		return h, err
	}
	if !ok {
		return h, fault.Missing()
	}
	if h.People, err = db.All(tx, peopleSQL, scanID, hour); err != nil {
		return h, err
	}
	h.Entries, err = db.All(tx, entriesSQL, scanEntry, by.Person, hour)
	return h, err
}

// List returns the actor's hours, the latest first, at most thirty.
func (s *Service) List(ctx context.Context, by access.Actor) (list []Hour, err error) {
	if err := by.NeedKnown(); err != nil {
		return nil, err
	}
	err = s.DB.Read(ctx, func(tx *db.Tx) error {
		list, err = db.All(tx, mineSQL, scanHour, by.Person)
		return err
	})
	return list, err
}

// lead changes an hour of the actor's.
func (s *Service) lead(ctx context.Context, by access.Actor, hour id.ID, do func(tx *db.Tx, h Hour) error) error {
	if err := by.NeedKnown(); err != nil {
		return err
	}
	return s.DB.Write(ctx, func(tx *db.Tx) error {
		h, err := open(tx, by, hour)
		if err != nil {
			return err
		}
		if h.Leader != by.Person {
			return fault.New(fault.Forbidden, "fault.teamhour_leads")
		}
		return do(tx, h)
	})
}

// Turn goes to a step; its time begins now.
//
// Errors: NotFound, Forbidden, Conflict once it is closed, Invalid.
func (s *Service) Turn(ctx context.Context, by access.Actor, hour id.ID, step int) error {
	return s.lead(ctx, by, hour, func(tx *db.Tx, h Hour) error {
		var c fault.Check
		c.Require(step >= 0 && step < len(Plan), "step", "fault.choice_unknown")
		if err := c.Err(); err != nil {
			return err
		}
		if !h.Open() {
			return fault.New(fault.Conflict, "fault.teamhour_closed")
		}
		if _, err := tx.Exec(stepSQL, step, db.At(s.Clock.Now()), hour); err != nil {
			return err
		}
		return changed(tx, hour)
	})
}

// Close ends an hour: nobody comes in or writes any more, and everybody may
// still keep or throw away what is theirs. Doing it twice changes nothing.
//
// Errors: NotFound, Forbidden.
func (s *Service) Close(ctx context.Context, by access.Actor, hour id.ID) error {
	return s.lead(ctx, by, hour, func(tx *db.Tx, h Hour) error {
		if _, err := tx.Exec(closeSQL, hour); err != nil {
			return err
		}
		return changed(tx, hour)
	})
}

// Write adds an entry. Of oneself it is shown to the team at once when shown
// says so; of somebody else, typed from their card by who leads, it is a draft
// that only they see. Event: teamhour.typed for those.
//
// Errors: NotFound, Forbidden, Conflict, Invalid.
func (s *Service) Write(ctx context.Context, by access.Actor, hour, person id.ID, kind, name string, level int, shown bool) error {
	if err := by.NeedKnown(); err != nil {
		return err
	}
	name = strings.Join(strings.Fields(name), " ")
	var c fault.Check
	c.Require(kind == Show || kind == Want, "kind", "fault.choice_unknown")
	c.Require(name != "", "name", "fault.teamhour_name")
	c.Require(utf8.RuneCountInString(name) <= maxName, "name", "fault.too_long", "max", maxName)
	c.Require(level >= 1 && level <= 4, "level", "fault.choice_unknown")
	return s.DB.Write(ctx, func(tx *db.Tx) error {
		h, err := open(tx, by, hour)
		if err != nil {
			return err
		}
		state := Draft
		switch {
		case !slices.Contains(h.People, person):
			return fault.Missing()
		case person != by.Person && h.Leader != by.Person:
			return fault.New(fault.Forbidden, "fault.teamhour_own")
		case !h.Open():
			return fault.New(fault.Conflict, "fault.teamhour_closed")
		case person == by.Person && shown:
			state = Shared
		}
		if err := c.Err(); err != nil {
			return err
		}
		var many int
		if _, err := tx.Row(countSQL, []any{&many}, hour, person); err != nil {
			return err
		}
		if many >= maxEntries {
			return fault.New(fault.Conflict, "fault.teamhour_entries").With("max", maxEntries)
		}
		now := s.Clock.Now()
		if _, err := tx.Exec(insertEntrySQL, id.New(now), hour, h.Audience, person, kind, name, level, state, db.At(now)); err != nil {
			return err
		}
		if person == by.Person {
			if state == Draft {
				return nil
			}
			return changed(tx, hour)
		}
		notify.Changed(tx, Part(hour), []id.ID{person}) // nobody else sees a draft
		return event.Recorder{Clock: s.Clock}.Record(tx, event.Event{Kind: "teamhour.typed", Subject: hour, Audience: h.Audience, Actor: by.Author, Other: person})
	})
}

// mine reads an entry of the actor's own.
func mine(tx *db.Tx, by access.Actor, hour, entry id.ID) (Entry, error) {
	h, err := open(tx, by, hour)
	if err != nil {
		return Entry{}, err
	}
	i := slices.IndexFunc(h.Entries, func(e Entry) bool { return e.ID == entry })
	if i < 0 {
		return Entry{}, fault.Missing()
	}
	if h.Entries[i].Person != by.Person {
		return Entry{}, fault.New(fault.Forbidden, "fault.teamhour_own")
	}
	return h.Entries[i], nil
}

// Share shows an entry of the actor's to the team.
//
// Errors: NotFound, Forbidden.
func (s *Service) Share(ctx context.Context, by access.Actor, hour, entry id.ID) error {
	if err := by.NeedKnown(); err != nil {
		return err
	}
	return s.DB.Write(ctx, func(tx *db.Tx) error {
		e, err := mine(tx, by, hour, entry)
		if err != nil || e.State != Draft {
			return err
		}
		if _, err = tx.Exec(stateSQL, Shared, e.ID); err != nil {
			return err
		}
		return changed(tx, hour)
	})
}

// Keep puts an entry of the actor's on their profile and shows it to the team.
// What they can show is open there, what they want stays closed; what stood
// there already keeps its level and note.
//
// Errors: NotFound, Forbidden, Invalid.
func (s *Service) Keep(ctx context.Context, by access.Actor, hour, entry id.ID) error {
	if err := by.NeedKnown(); err != nil {
		return err
	}
	return s.DB.Together(ctx, func(ctx context.Context, tx *db.Tx) error {
		_, err := s.keep(ctx, tx, by, hour, entry)
		return err
	})
}

// keep is Keep in a transaction of Together, whose context it is given. It
// returns the skill that stands on the profile then.
func (s *Service) keep(ctx context.Context, tx *db.Tx, by access.Actor, hour, entry id.ID) (id.ID, error) {
	e, err := mine(tx, by, hour, entry)
	if err != nil || e.State == Kept {
		return e.Skill, err
	}
	had, err := skills.ForMatching(tx, []id.ID{by.Person})
	if err != nil {
		return 0, err
	}
	d := skills.Declaration{Tag: skills.Tag{Name: e.Name}, Direction: skills.Teach, Level: e.Level, Work: true, Open: true}
	if e.Kind == Want {
		d.Direction, d.Level, d.Open = skills.Want, 1, false
	}
	for _, x := range had {
		if x.Direction == d.Direction && skills.Norm(x.Name) == skills.Norm(e.Name) {
			d = x
			d.Open = x.Open || e.Kind == Show
		}
	}
	tag, err := s.Skills.Declare(ctx, by, d)
	if err != nil {
		return 0, err
	}
	if _, err := tx.Exec(keepSQL, tag.ID, entry); err != nil {
		return 0, err
	}
	return tag.ID, changed(tx, hour)
}

// Drop throws an entry of the actor's away. What they put on their profile
// stays there.
//
// Errors: NotFound, Forbidden.
func (s *Service) Drop(ctx context.Context, by access.Actor, hour, entry id.ID) error {
	if err := by.NeedKnown(); err != nil {
		return err
	}
	return s.DB.Write(ctx, func(tx *db.Tx) error {
		e, err := mine(tx, by, hour, entry)
		if err != nil {
			return err
		}
		if _, err = tx.Exec(dropSwapsOfEntrySQL, e.ID); err != nil {
			return err
		}
		if _, err = tx.Exec(dropSQL, e.ID); err != nil {
			return err
		}
		if e.State == Draft {
			return nil
		}
		return changed(tx, hour)
	})
}

// Meeting books a time of the actor with somebody else of the hour.
//
// Errors: NotFound, Invalid.
func (s *Service) Meeting(ctx context.Context, by access.Actor, hour, with id.ID, title string, w meet.When) (n id.ID, err error) {
	if err := by.NeedKnown(); err != nil {
		return 0, err
	}
	err = s.DB.Write(ctx, func(tx *db.Tx) error {
		h, err := open(tx, by, hour)
		if err != nil {
			return err
		}
		if with == by.Person || !slices.Contains(h.People, with) {
			return fault.Missing()
		}
		pair, err := access.NewAudience(tx, s.Clock, "pair", 0)
		if err != nil {
			return err
		}
		for _, p := range []id.ID{by.Person, with} {
			if err := access.Join(tx, pair, p, "member"); err != nil {
				return err
			}
		}
		n, err = s.Meet.Plan(tx, by, meet.New{
			Audience: pair, About: hour, Kind: Key, Title: title, Place: w.Place, Link: w.Link, Online: w.Online,
			Start: w.Start, End: w.End, Zone: w.Zone, People: []id.ID{by.Person, with},
		})
		return err
	})
	return n, err
}

// Work registers that hours are forgotten.
func (s *Service) Work(w *job.Workers) {
	w.Every("teamhour.forget", job.Interval(time.Hour), func(ctx context.Context, _ *job.Run) error { return s.Forget(ctx) })
}

// Forget deletes the hours whose week is over, with what is in them. Meetings
// and profiles stay.
func (s *Service) Forget(ctx context.Context) error {
	return s.DB.Write(ctx, func(tx *db.Tx) error {
		list, err := db.All(tx, dueSQL, scanID, db.At(s.Clock.Now()))
		if err != nil {
			return err
		}
		for _, h := range list {
			if err := subject.Touch(tx, h, subject.Deleted, s.Clock.Now()); err != nil {
				return err
			}
			for _, text := range []string{forgetSwapsSQL, forgetEntriesSQL, forgetPeopleSQL, forgetSQL} {
				if _, err := tx.Exec(text, h); err != nil {
					return err
				}
			}
		}
		return nil
	})
}

// Gone forgets what somebody who leaves wrote.
func Gone(tx *db.Tx, person id.ID) error {
	if _, err := tx.Exec(goneSwapsSQL, person); err != nil {
		return err
	}
	_, err := tx.Exec(goneSQL, person)
	return err
}

// MergeSkills moves entries from one skill to another, in the transaction that
// merges them.
func MergeSkills(tx *db.Tx, from, into id.ID) error {
	_, err := tx.Exec(mergeSQL, into, from)
	return err
}

// Only are the entries that exactly one of the team showed.
func Only(h Hour) []Entry {
	by := map[string][]Entry{}
	var order []string
	for _, e := range h.Entries {
		if e.Kind != Show || e.State == Draft {
			continue
		}
		k := skills.Norm(e.Name)
		if by[k] == nil {
			order = append(order, k)
		}
		if !slices.ContainsFunc(by[k], func(x Entry) bool { return x.Person == e.Person }) {
			by[k] = append(by[k], e)
		}
	}
	var out []Entry
	for _, k := range order {
		if len(by[k]) == 1 {
			out = append(out, by[k][0])
		}
	}
	return out
}

// Match is somebody who could show what somebody else of the team wants.
type Match struct {
	Shows, Wants Entry
	Back         bool // the other way round there is one too
}

// Matches are who could show whom what, those first where both give something.
func Matches(h Hour) []Match {
	var out []Match
	for _, w := range h.Entries {
		if w.Kind != Want || w.State == Draft {
			continue
		}
		for _, e := range h.Entries {
			if e.Kind == Show && e.State != Draft && e.Person != w.Person && skills.Norm(e.Name) == skills.Norm(w.Name) {
				out = append(out, Match{Shows: e, Wants: w})
			}
		}
	}
	for i := range out {
		out[i].Back = slices.ContainsFunc(out, func(m Match) bool {
			return m.Shows.Person == out[i].Wants.Person && m.Wants.Person == out[i].Shows.Person
		})
	}
	slices.SortStableFunc(out, func(a, b Match) int {
		switch {
		case a.Back == b.Back:
			return 0
		case a.Back:
			return -1
		}
		return 1
	})
	return out
}
