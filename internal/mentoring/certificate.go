package mentoring

import (
	"context"
	"time"

	"github.com/guildhall/guildhall/internal/core/access"
	"github.com/guildhall/guildhall/internal/core/meet"
	"github.com/guildhall/guildhall/internal/platform/db"
	"github.com/guildhall/guildhall/internal/platform/fault"
	"github.com/guildhall/guildhall/internal/platform/id"
)

// Certificate is what somebody may show of a mentorship that is over: what the
// house has seen, and what they say of themselves. What others wrote or want to
// reach is not on it.
type Certificate struct {
	Person    id.ID
	Role      string  // mentor, mentee, peer
	Others    []id.ID // who the mentorship was with
	Programme string
	Talks     int // meetings that took place, by the word of those who were there
	Time      time.Duration
	First     time.Time // the beginning of the first talk
	Last      time.Time // and of the last
	Goals     []Goal    // their own, reached
}

// mostTalks bounds how many meetings of a mentorship are counted: two a week
// for two years.
const mostTalks = 200

// Certificate returns the actor's certificate.
//
// Errors: NotFound, Conflict while the mentorship is not closed or when no
// meeting took place.
func (s *Service) Certificate(ctx context.Context, by access.Actor, mentorship id.ID) (c Certificate, err error) {
	if err := by.NeedKnown(); err != nil {
		return c, err
	}
	err = s.DB.Read(ctx, func(tx *db.Tx) error {
		m, err := load(tx, by, mentorship)
		if err != nil {
			return err
		}
		if m.State != Closed {
			return fault.New(fault.Conflict, "fault.mentoring_not_closed")
		}
		programme, _, err := db.One(tx, programmeOfSQL, scanProgramme, m.Programme)
		if err != nil {
			return err
		}
		goals, err := db.All(tx, goalsSQL, scanGoal, by.Person, m.ID)
		if err != nil {
			return err
		}
		meetings, err := meet.Of(tx, by, m.ID, mostTalks)
		if err != nil {
			return err
		}
		c = certificate(by.Person, m, goals, meetings)
		c.Programme = programme.Name
		if c.Talks == 0 {
			return fault.New(fault.Conflict, "fault.mentoring_no_talk")
		}
		return nil
	})
	return c, err
}

// certificate sums up somebody's part. A meeting counts that somebody says took
// place, unless they themselves say that it did not.
func certificate(person id.ID, m Mentorship, goals []Goal, meetings []meet.Meeting) Certificate {
	c := Certificate{Person: person}
	for _, x := range m.People {
		if x.Person == person {
			c.Role = x.Role
		} else {
			c.Others = append(c.Others, x.Person)
		}
	}
	for _, g := range goals {
		if g.Person == person && g.State == "reached" {
			c.Goals = append(c.Goals, g)
		}
	}
	for _, x := range meetings {
		if _, meant := x.Attends(person); !meant || !x.Met() || x.Mine(person) == "no" {
			continue
		}
		c.Talks++
		c.Time += x.End.Sub(x.Start)
		if c.First.IsZero() || x.Start.Before(c.First) {
			c.First = x.Start
		}
		if x.Start.After(c.Last) {
			c.Last = x.Start
		}
	}
	return c
}
