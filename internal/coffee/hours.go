package coffee

import (
	"context"
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
)

const (
	maxSeats   = 12
	shownTimes = 3 // how many times of open hours are shown ahead
)

// Hours are open hours that somebody offers: seats one after the other, again
// every so many days by the clock of their zone.
type Hours struct {
	ID        id.ID
	Audience  id.ID
	Author    id.ID
	Person    id.ID
	Title     string
	Place     string
	Link      string
	Zone      string
	Start     time.Time // the first time
	EveryDays int       // 7, 14, 28; 0 once
	Minutes   int       // of one seat
	Seats     int
	State     string
	Created   time.Time
}

// Seat is a place in open hours.
type Seat struct {
	Start, End time.Time
	Taken      bool
	Mine       bool
	Person     id.ID // who has it; for whoever offers it and whoever has it, else 0
	Meeting    id.ID // for the same two
}

func (h *Hours) tidy(now time.Time) error {
	h.Title = strings.Join(strings.Fields(h.Title), " ")
	var c fault.Check
	c.Require(h.Title != "", "title", "fault.coffee_about")
	c.Require(utf8.RuneCountInString(h.Title) <= maxName, "title", "fault.too_long", "max", maxName)
	meet.CheckStart(&c, h.Start, now, now, "fault.meet_past")
	c.Require(people.ZoneOK(h.Zone), "zone", "fault.zone_unknown")
	c.Require(h.Minutes >= 5 && h.Minutes <= 120, "minutes", "fault.meet_length")
	meet.CheckWhere(&c, h.Place, h.Link)
	c.Require(h.Seats >= 1 && h.Seats <= maxSeats, "seats", "fault.coffee_seats", "max", maxSeats)
	c.Require(slices.Contains([]int{0, 7, 14, 28}, h.EveryDays), "every", "fault.coffee_choose")
	return c.Err()
}

// Offer opens hours of the actor's to the organisation.
//
// Errors: Invalid.
func (s *Service) Offer(ctx context.Context, by access.Actor, h Hours) (id.ID, error) {
	if err := by.NeedKnown(); err != nil {
		return 0, err
	}
	now := s.Clock.Now()
	if err := h.tidy(now); err != nil {
		return 0, err
	}
	err := s.DB.Write(ctx, func(tx *db.Tx) error {
		if err := access.NeedSees(tx, by, access.Organisation); err != nil {
			return err
		}
		h.ID = id.New(now)
		if _, err := tx.Exec(insertHoursSQL, h.ID, access.Organisation, by.Author, by.Person, h.Title, h.Place, h.Link, h.Zone,
			db.At(h.Start), h.EveryDays, h.Minutes, h.Seats, db.At(now)); err != nil {
			return err
		}
		if err := subject.Save(tx, subject.Subject{
			Ref: subject.Ref{Kind: subject.CoffeeHours, ID: h.ID}, Audience: access.Organisation, Author: by.Author, Title: h.Title, State: "open", Created: now, Updated: now,
		}); err != nil {
			return err
		}
		return event.Recorder{Clock: s.Clock}.Record(tx, event.Event{Kind: "coffee.offered", Subject: h.ID, Audience: access.Organisation, Actor: by.Author})
	})
	return h.ID, err
}

// OpenHours returns open hours with their next seats.
//
// Errors: NotFound.
func (s *Service) OpenHours(ctx context.Context, by access.Actor, hours id.ID) (h Hours, seats []Seat, err error) {
	if err := by.NeedKnown(); err != nil {
		return h, nil, err
	}
	err = s.DB.Read(ctx, func(tx *db.Tx) error {
		if h, err = loadHours(tx, by, hours); err != nil {
			return err
		}
		seats, err = s.seats(tx, by, h)
		return err
	})
	return h, seats, err
}

func loadHours(tx *db.Tx, by access.Actor, hours id.ID) (Hours, error) {
	h, ok, err := db.One(tx, openHoursSQL, scanHours, by.Person, hours)
	if err == nil && !ok {
		err = fault.Missing()
	}
	return h, err
}

// seats are those of the next times at which whoever offers them is not away.
func (s *Service) seats(tx *db.Tx, by access.Actor, h Hours) ([]Seat, error) {
	if h.State != "open" {
		return nil, nil
	}
	now := s.Clock.Now()
	calendars, err := people.Calendars(tx, []id.ID{h.Person})
	if err != nil {
		return nil, err
	}
	taken, err := db.All(tx, bookingsSQL, scanBooking, h.ID, db.At(now))
	if err != nil {
		return nil, err
	}
	zone, err := time.LoadLocation(h.Zone)
	if err != nil {
		zone = time.UTC
	}
	first := h.Start.In(zone)
	var out []Seat
	times := 0
	for k := 0; k < 1000 && times < shownTimes && (k == 0 || h.EveryDays > 0); k++ {
		begin := time.Date(first.Year(), first.Month(), first.Day()+k*h.EveryDays, first.Hour(), first.Minute(), 0, 0, zone)
		length := time.Duration(h.Minutes) * time.Minute
		if begin.Add(time.Duration(h.Seats)*length).Before(now) || calendars[h.Person].Away(begin) {
			continue
		}
		times++
		for i := range h.Seats {
			x := Seat{Start: begin.Add(time.Duration(i) * length)}
			x.End = x.Start.Add(length)
			if !x.Start.After(now) {
				continue
			}
			for _, b := range taken {
				if b.at.Time().Equal(x.Start) {
					x.Taken, x.Mine = true, b.person == by.Person
					if x.Mine || h.Person == by.Person {
						x.Person, x.Meeting = b.person, b.meeting
					}
				}
			}
			out = append(out, x)
		}
	}
	return out, nil
}

// Book takes a seat. Of those who want the same seat at the same time one gets
// it.
//
// Errors: NotFound, Conflict when it is taken or the actor has another one
// there, Invalid for a time that is no seat, or for the actor's own hours.
func (s *Service) Book(ctx context.Context, by access.Actor, hours id.ID, start time.Time, title string) error {
	if err := by.NeedKnown(); err != nil {
		return err
	}
	return s.DB.Write(ctx, func(tx *db.Tx) error {
		h, err := loadHours(tx, by, hours)
		if err != nil {
			return err
		}
		seats, err := s.seats(tx, by, h)
		if err != nil {
			return err
		}
		var seat Seat
		for _, x := range seats {
			if x.Mine {
				return fault.New(fault.Conflict, "fault.coffee_booked")
			}
			if x.Start.Equal(start) {
				seat = x
			}
		}
		var c fault.Check
		c.Require(!seat.Start.IsZero(), "seat", "fault.coffee_choose")
		c.Require(h.Person != by.Person, "seat", "fault.coffee_self")
		if err := c.Err(); err != nil {
			return err
		}
		if seat.Taken {
			return fault.New(fault.Conflict, "fault.coffee_taken")
		}
		audience, err := access.NewAudience(tx, s.Clock, "pair", h.ID)
		if err != nil {
			return err
		}
		both := []id.ID{h.Person, by.Person}
		for _, p := range both {
			if err := access.Join(tx, audience, p, "member"); err != nil {
				return err
			}
		}
		m, err := s.Meet.Plan(tx, by, meet.New{
			Audience: audience, About: h.ID, Kind: Key, Title: title, Place: h.Place, Link: h.Link, Online: h.Place == "" && h.Link == "",
			Start: seat.Start, End: seat.End, Zone: h.Zone, People: both,
		})
		if err != nil {
			return err
		}
		n, err := tx.Exec(bookSQL, h.ID, db.At(seat.Start), by.Person, m)
		if err == nil && n == 0 {
			err = fault.New(fault.Conflict, "fault.coffee_taken")
		}
		return err
	})
}

// CloseHours ends open hours; who booked still comes.
//
// Errors: NotFound, Forbidden for those who do not offer them.
func (s *Service) CloseHours(ctx context.Context, by access.Actor, hours id.ID) error {
	if err := by.NeedKnown(); err != nil {
		return err
	}
	return s.DB.Write(ctx, func(tx *db.Tx) error {
		h, err := loadHours(tx, by, hours)
		if err != nil {
			return err
		}
		if h.Person != by.Person {
			return fault.New(fault.Forbidden, "fault.coffee_theirs")
		}
		if _, err := tx.Exec(closeHoursSQL, h.ID); err != nil {
			return err
		}
		return subject.Touch(tx, h.ID, "closed", s.Clock.Now())
	})
}

// AllHours returns open hours that the actor may see, newest first, after the given
// place.
func (s *Service) AllHours(ctx context.Context, by access.Actor, after Mark, limit int) (out []Hours, more bool, err error) {
	if err := by.NeedKnown(); err != nil {
		return nil, false, err
	}
	if limit <= 0 || limit > 100 {
		limit = 30
	}
	after = after.orNewest()
	err = s.DB.Read(ctx, func(tx *db.Tx) error {
		out, err = db.All(tx, listHoursSQL, scanHours, by.Person, db.At(after.At), after.ID, limit+1)
		if more = len(out) > limit; more {
			out = out[:limit]
		}
		return err
	})
	return out, more, err
}
