package admin

import (
	"context"
	"strconv"
	"strings"

	"github.com/guildhall/guildhall/internal/core/access"
	"github.com/guildhall/guildhall/internal/core/organisation"
	"github.com/guildhall/guildhall/internal/core/people"
	"github.com/guildhall/guildhall/internal/platform/db"
	"github.com/guildhall/guildhall/internal/platform/fault"
	"github.com/guildhall/guildhall/internal/platform/id"
)

// Questions is what the admin says of the way of questions.
type Questions struct {
	// Desk names the people with whom a question ends, one a line: by name, by
	// e-mail address or by the address of their profile.
	Desk string
	// Hours are the working hours after which more people are asked, commas or
	// spaces between; the usual ones when empty.
	Hours string
	// Gone is told, not kept: somebody was named as the desk, and nobody of them
	// is here any more.
	Gone bool
}

// The most people at the desk, the most steps in which a question widens, and
// the most working hours of a step: four weeks.
const (
	deskMost  = 20
	stepsMost = 6
	hoursMost = 160
)

// SetQuestions keeps the way of questions.
//
// Errors: Invalid with the fields.
func (s *Service) SetQuestions(ctx context.Context, by access.Actor, in Questions) error {
	if err := by.NeedAdmin(); err != nil {
		return err
	}
	var c fault.Check
	var hours []int
	for _, w := range strings.FieldsFunc(in.Hours, func(r rune) bool { return r == ',' || r == ';' || r == ' ' || r == '\n' }) {
		n, err := strconv.Atoi(w)
		if err != nil || n < 1 || n > hoursMost || len(hours) > 0 && n <= hours[len(hours)-1] || len(hours) == stepsMost {
			c.Bad("hours", "fault.ask_hours", "max", hoursMost)
			break
		}
		hours = append(hours, n)
	}
	var desk []string
	err := s.DB.Read(ctx, func(tx *db.Tx) error {
		desk = nil
		for _, line := range strings.Split(in.Desk, "\n") {
			if strings.TrimSpace(line) == "" {
				continue
			}
			n, err := people.FindOne(tx, by, "desk", line)
			if x := fault.Of(err); x != nil && x.Kind == fault.Invalid {
				c.Bad("desk", x.Fields[0].Key, pairs(x.Fields[0].Args)...)
				return nil
			}
			if err != nil {
				return err
			}
			desk = append(desk, n.String())
		}
		return nil
	})
	if err != nil {
		return err
	}
	c.Require(len(desk) <= deskMost, "desk", "fault.desk_many", "max", deskMost)
	if err := c.Err(); err != nil {
		return err
	}
	return s.change(ctx, by, "settings.questions", func(o *organisation.Settings) error {
		o.Desk, o.AskHours = desk, hours
		return nil
	})
}

// Questions returns the way of questions as a form shows it. A name that
// several people have is told as the address of a profile.
func (s *Service) Questions(ctx context.Context, by access.Actor) (q Questions, err error) {
	if err := by.NeedAdmin(); err != nil {
		return q, err
	}
	held := s.Organisation.Settings()
	var hours []string
	for _, h := range held.Widening() {
		hours = append(hours, strconv.Itoa(int(h.Hours())))
	}
	var desk []string
	err = s.DB.Read(ctx, func(tx *db.Tx) error {
		desk = nil
		var ids []id.ID
		for _, d := range held.Desk {
			if n, err := id.Parse(d); err == nil {
				ids = append(ids, n)
			}
		}
		some, err := people.Some(tx, by, ids)
		if err != nil {
			return err
		}
		for _, n := range ids {
			e, ok := some[n]
			if !ok {
				continue
			}
			same, err := people.Find(tx, by, e.Name)
			if err != nil {
				return err
			}
			if len(same) == 1 {
				desk = append(desk, e.Name)
			} else {
				desk = append(desk, "/people/"+n.String())
			}
		}
		return nil
	})
	return Questions{Desk: strings.Join(desk, "\n"), Hours: strings.Join(hours, ", "), Gone: len(held.Desk) > 0 && len(desk) == 0}, err
}
