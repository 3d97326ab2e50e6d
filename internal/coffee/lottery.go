package coffee

import (
	"context"
	"crypto/rand"
	"math/big"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/guildhall/guildhall/internal/core/access"
	"github.com/guildhall/guildhall/internal/core/event"
	"github.com/guildhall/guildhall/internal/core/meet"
	"github.com/guildhall/guildhall/internal/core/people"
	"github.com/guildhall/guildhall/internal/core/subject"
	"github.com/guildhall/guildhall/internal/platform/db"
	"github.com/guildhall/guildhall/internal/platform/fault"
	"github.com/guildhall/guildhall/internal/platform/id"
	"github.com/guildhall/guildhall/internal/platform/job"
)

const (
	lotteryJob = "coffee.lottery"
	// CrowdLeast is how many people an organisation needs for a draw.
	CrowdLeast = 20
	// EntrantsLeast is how many have to enter for a draw to take place.
	EntrantsLeast = 5
	// entryLeast is how long before it begins a draw is offered at the latest.
	entryLeast = 48 * time.Hour
)

// Lottery is a draw for places beside a guest.
type Lottery struct {
	ID       id.ID
	Audience id.ID
	Author   id.ID
	Guest    id.ID
	Title    string
	Place    string
	Link     string
	Zone     string
	Start    time.Time
	Minutes  int
	Seats    int
	DrawAt   time.Time
	State    string // open, drawn, few, cancelled
	Created  time.Time
}

// StartLottery offers places beside a guest: the actor, or anybody when an
// organiser starts it. Event: coffee.seats, from which the guest is told.
//
// Errors: Invalid; Forbidden for who names somebody else and does not organise;
// Conflict in an organisation too small for it.
func (s *Service) StartLottery(ctx context.Context, by access.Actor, l Lottery, guest string) (id.ID, error) {
	if err := by.NeedKnown(); err != nil {
		return 0, err
	}
	now := s.Clock.Now()
	l.Title = strings.Join(strings.Fields(l.Title), " ")
	err := s.DB.Write(ctx, func(tx *db.Tx) error {
		if err := access.NeedSees(tx, by, access.Organisation); err != nil {
			return err
		}
		var c fault.Check
		c.Require(l.Title != "", "title", "fault.coffee_about")
		c.Require(utf8.RuneCountInString(l.Title) <= maxName, "title", "fault.too_long", "max", maxName)
		l.Guest = by.Person
		if guest != "" {
			who, err := people.FindOne(tx, by, "guest", guest)
			if err := c.Add(err); err != nil {
				return err
			}
			if who != 0 && who != by.Person && !by.Organises() {
				return fault.New(fault.Forbidden, "fault.coffee_guest")
			}
			l.Guest = who
		}
		meet.CheckStart(&c, l.Start, now.Add(entryLeast), now, "fault.coffee_soon")
		c.Require(people.ZoneOK(l.Zone), "zone", "fault.zone_unknown")
		c.Require(l.Minutes >= 5 && l.Minutes <= 240, "minutes", "fault.meet_length")
		meet.CheckWhere(&c, l.Place, l.Link)
		c.Require(l.Seats >= 1 && l.Seats <= maxSeats, "seats", "fault.coffee_seats", "max", maxSeats)
		if err := c.Err(); err != nil {
			return err
		}
		var crowd int
		if _, err := tx.Row(crowdSizeSQL, []any{&crowd}, access.Organisation); err != nil {
			return err
		}
		if crowd < CrowdLeast {
			return fault.New(fault.Conflict, "fault.coffee_crowd").With("min", CrowdLeast)
		}
		l.ID = id.New(now)
		// Drawn a day before, so that whoever wins can make time.
		if _, err := tx.Exec(insertLotterySQL, l.ID, access.Organisation, by.Author, l.Guest, l.Title, l.Place, l.Link, l.Zone, db.At(l.Start), l.Minutes, l.Seats,
			db.At(l.Start.Add(-24*time.Hour)), db.At(now)); err != nil {
			return err
		}
		if err := subject.Save(tx, subject.Subject{
			Ref: subject.Ref{Kind: subject.CoffeeSeat, ID: l.ID}, Audience: access.Organisation, Author: by.Author, Title: l.Title, State: "open", Created: now, Updated: now,
		}); err != nil {
			return err
		}
		return event.Recorder{Clock: s.Clock}.Record(tx, event.Event{Kind: "coffee.seats", Subject: l.ID, Audience: access.Organisation, Actor: by.Author, Other: l.Guest})
	})
	return l.ID, err
}

// OpenLottery returns a draw, how it stands for the actor ("" not entered, in,
// won or lost), and the meeting that came of it, 0 for those who are not in it.
//
// Errors: NotFound.
func (s *Service) OpenLottery(ctx context.Context, by access.Actor, lottery id.ID) (l Lottery, mine string, meeting id.ID, err error) {
	if err := by.NeedKnown(); err != nil {
		return l, "", 0, err
	}
	err = s.DB.Read(ctx, func(tx *db.Tx) error {
		if l, err = loadLottery(tx, by, lottery); err != nil {
			return err
		}
		entered, err := tx.Row(entryOfSQL, []any{&mine}, by.Person, lottery)
		if entered && mine == "" {
			mine = "in"
		}
		if err != nil || l.State != "drawn" {
			return err
		}
		list, err := meet.Of(tx, by, lottery, 1)
		if len(list) > 0 && list[0].State == meet.Planned {
			meeting = list[0].ID
		}
		return err
	})
	return l, mine, meeting, err
}

func loadLottery(tx *db.Tx, by access.Actor, lottery id.ID) (Lottery, error) {
	l, ok, err := db.One(tx, openLotterySQL, scanLottery, by.Person, lottery)
	if err == nil && !ok {
		err = fault.Missing()
	}
	return l, err
}

// Lotteries returns draws that the actor may see, newest first, after the given
// place.
func (s *Service) Lotteries(ctx context.Context, by access.Actor, after Mark, limit int) (out []Lottery, more bool, err error) {
	if err := by.NeedKnown(); err != nil {
		return nil, false, err
	}
	if limit <= 0 || limit > 100 {
		limit = 30
	}
	after = after.orNewest()
	err = s.DB.Read(ctx, func(tx *db.Tx) error {
		out, err = db.All(tx, listLotteriesSQL, scanLottery, by.Person, db.At(after.At), after.ID, limit+1)
		if more = len(out) > limit; more {
			out = out[:limit]
		}
		return err
	})
	return out, more, err
}

// Enter puts the actor's name into the hat, or takes it out.
//
// Errors: NotFound, Conflict after the draw, Invalid for the guest.
func (s *Service) Enter(ctx context.Context, by access.Actor, lottery id.ID, in bool) error {
	if err := by.NeedKnown(); err != nil {
		return err
	}
	return s.DB.Write(ctx, func(tx *db.Tx) error {
		l, err := loadLottery(tx, by, lottery)
		if err != nil {
			return err
		}
		if l.State != "open" {
			return fault.New(fault.Conflict, "fault.coffee_drawn")
		}
		if l.Guest == by.Person {
			return fault.New(fault.Invalid, "fault.coffee_self")
		}
		if !in {
			_, err := tx.Exec(withdrawSQL, by.Person, lottery)
			return err
		}
		_, err = tx.Exec(enterSQL, by.Person, lottery, db.At(s.Clock.Now()))
		return err
	})
}

// CancelLottery calls a draw off. Event: coffee.lottery_off, from which those
// who entered and the guest are told.
//
// Errors: NotFound, Forbidden, Conflict after the draw.
func (s *Service) CancelLottery(ctx context.Context, by access.Actor, lottery id.ID) error {
	if err := by.NeedKnown(); err != nil {
		return err
	}
	return s.DB.Write(ctx, func(tx *db.Tx) error {
		l, err := loadLottery(tx, by, lottery)
		if err != nil {
			return err
		}
		ok, err := tends(tx, by, Group{Author: l.Author, Audience: l.Audience})
		if err != nil {
			return err
		}
		if !ok && l.Guest != by.Person {
			return fault.New(fault.Forbidden, "fault.coffee_theirs")
		}
		n, err := tx.Exec(endLotterySQL, "cancelled", lottery)
		if err != nil {
			return err
		}
		if n == 0 {
			return fault.New(fault.Conflict, "fault.coffee_drawn")
		}
		if err := subject.Touch(tx, lottery, "cancelled", s.Clock.Now()); err != nil {
			return err
		}
		return event.Recorder{Clock: s.Clock}.Record(tx, event.Event{Kind: "coffee.lottery_off", Subject: lottery, Audience: l.Audience, Actor: by.Author, Other: l.Guest})
	})
}

// Tickets are how many tickets somebody has: one, and one for each draw they
// lost since they last won. results are theirs, latest first.
func Tickets(results []string) int {
	n := 1
	for _, r := range results {
		if r == "won" {
			break
		}
		n++
	}
	return min(n, 20)
}

// hat draws so many winners by their tickets, one after the other; pick returns
// a number below its argument.
func hat(entrants []id.ID, tickets map[id.ID]int, seats int, pick func(below int) int) []id.ID {
	left := slices.Clone(entrants)
	var won []id.ID
	for len(won) < seats && len(left) > 0 {
		sum := 0
		for _, p := range left {
			sum += tickets[p]
		}
		at := pick(sum)
		for i, p := range left {
			if at -= tickets[p]; at < 0 {
				won = append(won, p)
				left = slices.Delete(left, i, i+1)
				break
			}
		}
	}
	return won
}

func chance(below int) int {
	n, err := rand.Int(rand.Reader, big.NewInt(int64(below)))
	if err != nil {
		return 0 // never: crypto/rand.Reader ends the program instead
	}
	return int(n.Int64())
}

// drawLottery draws once: whoever comes second finds it drawn.
func (s *Service) drawLottery(ctx context.Context, r *job.Run, lottery id.ID) error {
	return s.DB.Write(ctx, func(tx *db.Tx) error {
		l, ok, err := db.One(tx, oneLotterySQL, scanLottery, lottery)
		now := s.Clock.Now()
		if err != nil || !ok || l.State != "open" || l.DrawAt.After(now) {
			return err
		}
		entrants, err := db.All(tx, entrantsSQL, scanID, l.Audience, lottery)
		if err != nil {
			return err
		}
		state := "drawn"
		var won []id.ID
		if len(entrants) < EntrantsLeast || !l.Start.After(now) {
			state = "few"
		} else {
			past, err := db.All(tx, pastResultsSQL, scanResult, entrants)
			if err != nil {
				return err
			}
			results, tickets := map[id.ID][]string{}, map[id.ID]int{}
			for _, x := range past {
				results[id.ID(x.person)] = append(results[id.ID(x.person)], x.result)
			}
			for _, p := range entrants {
				tickets[p] = Tickets(results[p])
			}
			won = hat(entrants, tickets, l.Seats, chance)
			for _, p := range entrants {
				result := "lost"
				if slices.Contains(won, p) {
					result = "won"
				}
				if _, err := tx.Exec(setResultSQL, result, p, lottery); err != nil {
					return err
				}
			}
			audience, err := access.NewAudience(tx, s.Clock, "pair", l.ID)
			if err != nil {
				return err
			}
			table := append([]id.ID{l.Guest}, won...)
			for _, p := range table {
				if err := access.Join(tx, audience, p, "member"); err != nil {
					return err
				}
			}
			if _, err := s.Meet.Plan(tx, access.Actor{Author: l.Author}, meet.New{
				Audience: audience, About: l.ID, Kind: Key, Title: l.Title, Place: l.Place, Link: l.Link, Online: l.Place == "" && l.Link == "",
				Start: l.Start, End: l.Start.Add(time.Duration(l.Minutes) * time.Minute), Zone: l.Zone, People: table,
			}); err != nil {
				return err
			}
		}
		if _, err := tx.Exec(endLotterySQL, state, lottery); err != nil {
			return err
		}
		if err := subject.Touch(tx, lottery, state, now); err != nil {
			return err
		}
		if err := (event.Recorder{Clock: s.Clock}).Record(tx, event.Event{Kind: "coffee.lottery", Subject: l.ID, Audience: l.Audience}); err != nil {
			return err
		}
		return r.Done(tx)
	})
}
