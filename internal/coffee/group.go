package coffee

import (
	"context"
	"math"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/guildhall/guildhall/internal/core/access"
	"github.com/guildhall/guildhall/internal/core/event"
	"github.com/guildhall/guildhall/internal/core/meet"
	"github.com/guildhall/guildhall/internal/core/people"
	"github.com/guildhall/guildhall/internal/core/subject"
	"github.com/guildhall/guildhall/internal/platform/clock"
	"github.com/guildhall/guildhall/internal/platform/db"
	"github.com/guildhall/guildhall/internal/platform/fault"
	"github.com/guildhall/guildhall/internal/platform/id"
)

// Cadence is how often a group meets.
type Cadence string

// The cadences.
const (
	Weekly      Cadence = "week"
	Fortnightly Cadence = "fortnight"
	Monthly     Cadence = "month"
)

// Cadences are all of them.
func Cadences() []Cadence { return []Cadence{Weekly, Fortnightly, Monthly} }

// Mixing is whether people of one department meet.
type Mixing string

// The ways of mixing.
const (
	Across Mixing = "across"
	Within Mixing = "within"
	Mixed  Mixing = "mixed"
)

// Mixings are all of them.
func Mixings() []Mixing { return []Mixing{Mixed, Across, Within} }

const (
	// Key names the practice.
	Key = "coffee"
	// PauseAfter is after how many rounds in a row without a sign somebody is
	// paused.
	PauseAfter = 3
	// FewShown is from how many members on their number is shown.
	FewShown = 5
	maxName  = 100
	maxWords = 500
	maxAvoid = 50
)

// Group is people who meet in rounds.
type Group struct {
	ID       id.ID
	Audience id.ID // who may see and join it
	Author   id.ID
	Name     string
	Every    Cadence
	Size     int // 2 or 3
	Mixing   Mixing
	Zone     string
	State    string // open, closed
	Next     time.Time
	Created  time.Time
}

// Membership is what a group is to one person; the zero Membership: nothing.
type Membership struct {
	State   string // "", in, paused
	Snoozed time.Time
	Silent  int
}

// Snoozing tells whether they take no part in a round at the time.
func (m Membership) Snoozing(at time.Time) bool { return m.Snoozed.After(at) }

// Service answers for coffee.
type Service struct {
	DB     *db.DB
	Clock  clock.Clock
	Meet   *meet.Service
	People *people.Service
}

// NewGroup describes a group to be started, or what it is changed to.
type NewGroup struct {
	Name   string
	Every  Cadence
	Size   int
	Mixing Mixing
	// Zone is by whose clock rounds begin, Monday at eight; the actor's when
	// empty.
	Zone string
}

func (n *NewGroup) tidy() error {
	n.Name = strings.Join(strings.Fields(n.Name), " ")
	var c fault.Check
	c.Require(n.Name != "", "name", "fault.coffee_name")
	c.Require(utf8.RuneCountInString(n.Name) <= maxName, "name", "fault.too_long", "max", maxName)
	c.Require(slices.Contains(Cadences(), n.Every), "every", "fault.coffee_choose")
	c.Require(n.Size == 2 || n.Size == 3, "size", "fault.coffee_choose")
	c.Require(slices.Contains(Mixings(), n.Mixing), "mixing", "fault.coffee_choose")
	c.Require(n.Zone == "" || people.ZoneOK(n.Zone), "zone", "fault.zone_unknown")
	return c.Err()
}

// Following is when the round after the time begins: a Monday at eight by the
// clock of the zone, not sooner than the shortest distance.
func Following(after time.Time, shortest time.Duration, zone *time.Location) time.Time {
	t := after.Add(shortest).In(zone)
	day := time.Date(t.Year(), t.Month(), t.Day(), 8, 0, 0, 0, zone)
	for day.Weekday() != time.Monday || day.Before(t) {
		day = time.Date(day.Year(), day.Month(), day.Day()+1, 8, 0, 0, 0, zone)
	}
	return day
}

// next is when the round after one at the time begins.
func (g Group) next(at time.Time) time.Time {
	zone, err := time.LoadLocation(g.Zone)
	if err != nil {
		zone = time.UTC
	}
	const day = 24 * time.Hour
	switch g.Every {
	case Fortnightly:
		return Following(at, 13*day, zone)
	case Monthly:
		return Following(at, 27*day, zone)
	}
	return Following(at, 6*day, zone)
}

// Start makes a group of everybody's in the organisation who wants to join; who
// starts it is in it. Event: coffee.started.
func (s *Service) Start(ctx context.Context, by access.Actor, n NewGroup) (id.ID, error) {
	if err := by.NeedKnown(); err != nil {
		return 0, err
	}
	if err := n.tidy(); err != nil {
		return 0, err
	}
	if n.Zone == "" {
		n.Zone = by.Zone
	}
	zone, err := time.LoadLocation(n.Zone)
	if err != nil || n.Zone == "" {
		n.Zone, zone = "UTC", time.UTC
	}
	var g id.ID
	err = s.DB.Write(ctx, func(tx *db.Tx) error {
		if err := access.NeedSees(tx, by, access.Organisation); err != nil {
			return err
		}
		now := s.Clock.Now()
		g = id.New(now)
		// Two days are there to join before the first round.
		first := Following(now, 48*time.Hour, zone)
		if _, err := tx.Exec(insertGroupSQL, g, access.Organisation, by.Author, n.Name, string(n.Every), n.Size, string(n.Mixing), n.Zone, db.At(first), db.At(now)); err != nil {
			return err
		}
		if _, err := tx.Exec(joinGroupSQL, by.Person, g, db.At(now)); err != nil {
			return err
		}
		if err := saveGroupSubject(tx, Group{ID: g, Audience: access.Organisation, Author: by.Author, Name: n.Name, State: "open", Created: now}, now); err != nil {
			return err
		}
		return event.Recorder{Clock: s.Clock}.Record(tx, event.Event{Kind: "coffee.started", Subject: g, Audience: access.Organisation, Actor: by.Author})
	})
	return g, err
}

func saveGroupSubject(tx *db.Tx, g Group, now time.Time) error {
	return subject.Save(tx, subject.Subject{
		Ref: subject.Ref{Kind: subject.CoffeeGroup, ID: g.ID}, Audience: g.Audience, Author: g.Author, Title: g.Name, State: g.State, Created: g.Created, Updated: now,
	})
}

// load is a group that the actor may see.
func load(tx *db.Tx, by access.Actor, group id.ID) (Group, error) {
	g, ok, err := db.One(tx, openGroupSQL, scanGroup, by.Person, group)
	if err == nil && !ok {
		err = fault.Missing()
	}
	return g, err
}

// loadOpen is load for a group that was not closed.
func loadOpen(tx *db.Tx, by access.Actor, group id.ID) (Group, error) {
	g, err := load(tx, by, group)
	if err == nil && g.State != "open" {
		err = fault.New(fault.Conflict, "fault.coffee_closed")
	}
	return g, err
}

// tend is loadOpen for those who look after the group: who started it, stewards
// of its audience and organisers.
func tend(tx *db.Tx, by access.Actor, group id.ID) (Group, error) {
	g, err := loadOpen(tx, by, group)
	if err != nil {
		return g, err
	}
	ok, err := tends(tx, by, g)
	if err == nil && !ok {
		err = fault.New(fault.Forbidden, "fault.coffee_theirs")
	}
	return g, err
}

func tends(tx *db.Tx, by access.Actor, g Group) (bool, error) {
	if g.Author == by.Author {
		return true, nil
	}
	return access.Stewards(tx, by, g.Audience)
}

// Seen is a group as one person sees it.
type Seen struct {
	Group
	Mine  Membership
	Tends bool // may change it
	// People is how many are in it, 0 when they are fewer than five; who they
	// are and who takes part is told nobody.
	People int
	Last   Round // the latest one that was published; zero when there was none
}

// Open returns a group that the actor may see.
//
// Errors: NotFound.
func (s *Service) Open(ctx context.Context, by access.Actor, group id.ID) (out Seen, err error) {
	if err := by.NeedKnown(); err != nil {
		return out, err
	}
	err = s.DB.Read(ctx, func(tx *db.Tx) error {
		out = Seen{}
		if out.Group, err = load(tx, by, group); err != nil {
			return err
		}
		if out.Mine, _, err = db.One(tx, memberSQL, scanMember, by.Person, group); err != nil {
			return err
		}
		if out.Tends, err = tends(tx, by, out.Group); err != nil {
			return err
		}
		if out.Last, _, err = db.One(tx, lastRoundSQL, scanRound, group); err != nil {
			return err
		}
		out.People, err = countMembers(tx, group)
		return err
	})
	return out, err
}

func countMembers(tx *db.Tx, group id.ID) (n int, err error) {
	_, err = tx.Row(countMembersSQL, []any{&n}, group)
	if n < FewShown {
		n = 0
	}
	return n, err
}

// Mark is a place in a list.
type Mark struct {
	At time.Time
	ID id.ID
}

func (m Mark) orNewest() Mark {
	if m.At.IsZero() {
		return Mark{At: time.Date(9000, 1, 1, 0, 0, 0, 0, time.UTC), ID: math.MaxInt64}
	}
	return m
}

// Groups returns the open groups that the actor may see, newest first, or only
// those they are in (at most 50).
func (s *Service) Groups(ctx context.Context, by access.Actor, mine bool, after Mark, limit int) (out []Seen, more bool, err error) {
	if err := by.NeedKnown(); err != nil {
		return nil, false, err
	}
	if limit <= 0 || limit > 100 {
		limit = 30
	}
	after = after.orNewest()
	err = s.DB.Read(ctx, func(tx *db.Tx) error {
		var list []Group
		if mine {
			list, err = db.All(tx, ownGroupsSQL, scanGroup, by.Person)
		} else {
			list, err = db.All(tx, listGroupsSQL, scanGroup, by.Person, db.At(after.At), after.ID, limit+1)
		}
		if err != nil {
			return err
		}
		if more = !mine && len(list) > limit; more {
			list = list[:limit]
		}
		in, err := membershipsOf(tx, by.Person)
		if err != nil {
			return err
		}
		out = make([]Seen, len(list))
		for i, g := range list {
			out[i] = Seen{Group: g, Mine: in[g.ID]}
			if out[i].People, err = countMembers(tx, g.ID); err != nil {
				return err
			}
		}
		return nil
	})
	return out, more, err
}

func membershipsOf(tx *db.Tx, person id.ID) (map[id.ID]Membership, error) {
	out := map[id.ID]Membership{}
	_, err := db.All(tx, membersOfSQL, func(r *db.Rows, _ *struct{}) error {
		var g id.ID
		var m Membership
		var until db.Time
		if err := r.Scan(&g, &m.State, &until, &m.Silent); err != nil {
			return err
		}
		m.Snoozed = until.Time()
		out[g] = m
		return nil
	}, person)
	return out, err
}

// Change changes a group.
//
// Errors: NotFound, Forbidden, Conflict for a closed one, Invalid.
func (s *Service) Change(ctx context.Context, by access.Actor, group id.ID, n NewGroup) error {
	if err := by.NeedKnown(); err != nil {
		return err
	}
	wrong := n.tidy()
	return s.DB.Write(ctx, func(tx *db.Tx) error {
		g, err := tend(tx, by, group)
		if err != nil {
			return err
		}
		if wrong != nil {
			return wrong
		}
		now := s.Clock.Now()
		every := g.Every
		g.Name, g.Every, g.Size, g.Mixing = n.Name, n.Every, n.Size, n.Mixing
		if every != n.Every {
			// The round that is coming stays, unless the new rhythm brings one
			// sooner.
			if sooner := g.next(now); sooner.Before(g.Next) {
				g.Next = sooner
			}
		}
		if _, err := tx.Exec(changeGroupSQL, g.Name, string(g.Every), g.Size, string(g.Mixing), db.At(g.Next), db.At(now), g.ID); err != nil {
			return err
		}
		return saveGroupSubject(tx, g, now)
	})
}

// Close ends a group: no more rounds. What was stays with those who met.
//
// Errors: as Change.
func (s *Service) Close(ctx context.Context, by access.Actor, group id.ID) error {
	if err := by.NeedKnown(); err != nil {
		return err
	}
	return s.DB.Write(ctx, func(tx *db.Tx) error {
		g, err := tend(tx, by, group)
		if err != nil {
			return err
		}
		now := s.Clock.Now()
		if _, err := tx.Exec(closeGroupSQL, db.At(now), g.ID); err != nil {
			return err
		}
		return subject.Touch(tx, g.ID, "closed", now)
	})
}

// Join brings the actor into a group, or back after a pause.
//
// Errors: NotFound, Conflict for a closed one.
func (s *Service) Join(ctx context.Context, by access.Actor, group id.ID) error {
	return s.belong(ctx, by, group, func(tx *db.Tx, g Group) error {
		_, err := tx.Exec(joinGroupSQL, by.Person, g.ID, db.At(s.Clock.Now()))
		return err
	})
}

// Leave takes the actor out of a group. Nobody is told.
func (s *Service) Leave(ctx context.Context, by access.Actor, group id.ID) error {
	return s.belong(ctx, by, group, func(tx *db.Tx, g Group) error {
		_, err := tx.Exec(leaveGroupSQL, by.Person, g.ID)
		return err
	})
}

// Snooze lets the actor miss the next so many rounds, 0 to 12; 0 takes it back.
//
// Errors: NotFound, Conflict for a closed group, Invalid.
func (s *Service) Snooze(ctx context.Context, by access.Actor, group id.ID, rounds int) error {
	return s.belong(ctx, by, group, func(tx *db.Tx, g Group) error {
		if rounds < 0 || rounds > 12 {
			var c fault.Check
			c.Bad("rounds", "fault.coffee_choose")
			return c.Err()
		}
		var until time.Time
		if rounds > 0 {
			until = g.Next
			for range rounds - 1 {
				until = g.next(until)
			}
			until = until.Add(time.Minute)
		}
		_, err := tx.Exec(snoozeSQL, db.At(until), by.Person, g.ID)
		return err
	})
}

func (s *Service) belong(ctx context.Context, by access.Actor, group id.ID, do func(*db.Tx, Group) error) error {
	if err := by.NeedKnown(); err != nil {
		return err
	}
	return s.DB.Write(ctx, func(tx *db.Tx) error {
		g, err := loadOpen(tx, by, group)
		if err != nil {
			return err
		}
		return do(tx, g)
	})
}

// LeaveAll takes somebody who left the organisation out of every group, in the
// transaction in which they leave.
func LeaveAll(tx *db.Tx, person id.ID) error {
	for _, sql := range []string{leaveEveryGroupSQL, endLunchSQL} {
		if _, err := tx.Exec(sql, person); err != nil {
			return err
		}
	}
	return nil
}

// Avoids returns whom the actor would rather not be drawn with. Nobody else
// ever learns of it.
func (s *Service) Avoids(ctx context.Context, by access.Actor) (out []id.ID, err error) {
	if err := by.NeedKnown(); err != nil {
		return nil, err
	}
	err = s.DB.Read(ctx, func(tx *db.Tx) error {
		out, err = db.All(tx, ownAvoidsSQL, scanID, by.Person)
		return err
	})
	return out, err
}

// Avoid puts somebody on the actor's list: by id, address of their profile,
// e-mail or whole name.
//
// Errors: Invalid.
func (s *Service) Avoid(ctx context.Context, by access.Actor, who string) error {
	if err := by.NeedKnown(); err != nil {
		return err
	}
	return s.DB.Write(ctx, func(tx *db.Tx) error {
		other, err := people.FindOne(tx, by, "person", who)
		if err != nil {
			return err
		}
		list, err := db.All(tx, ownAvoidsSQL, scanID, by.Person)
		if err != nil {
			return err
		}
		var c fault.Check
		c.Require(other != by.Person, "person", "fault.coffee_self")
		c.Require(len(list) < maxAvoid || slices.Contains(list, other), "person", "fault.coffee_avoids", "max", maxAvoid)
		if err := c.Err(); err != nil {
			return err
		}
		_, err = tx.Exec(addAvoidSQL, by.Person, other, db.At(s.Clock.Now()))
		return err
	})
}

// Forgive takes somebody off the actor's list.
func (s *Service) Forgive(ctx context.Context, by access.Actor, other id.ID) error {
	if err := by.NeedKnown(); err != nil {
		return err
	}
	return s.DB.Write(ctx, func(tx *db.Tx) error {
		_, err := tx.Exec(dropAvoidSQL, by.Person, other)
		return err
	})
}
