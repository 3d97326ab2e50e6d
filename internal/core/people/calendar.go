package people

import (
	"context"
	"time"

	"github.com/guildhall/guildhall/internal/platform/db"
	"github.com/guildhall/guildhall/internal/platform/id"
)

// Calendars returns when people work, in one query: their hours (else their
// site's, else DefaultHours) in their zone (else their site's), their site's
// days from two months ago on, and when they are away. People who left have
// none.
func Calendars(tx *db.Tx, people []id.ID) (map[id.ID]Calendar, error) {
	out := make(map[id.ID]Calendar, len(people))
	if len(people) == 0 {
		return out, nil
	}
	since := tx.Now().Time().AddDate(0, -2, 0).Format(time.DateOnly)
	rows, err := db.All(tx, calendarsSQL, scanCalendarRow, since, people)
	if err != nil {
		return nil, err
	}
	for _, r := range rows {
		c, known := out[r.person]
		if !known {
			c = Calendar{Zone: load(r.zone), Hours: hoursOr(r.hours), AwayFrom: r.awayFrom.Time(), AwayUntil: r.awayUntil.Time()}
		}
		switch d := (Days{First: r.first, Last: r.last, Name: r.name}); r.kind {
		case "holiday", "shutdown":
			c.Closed = append(c.Closed, d)
		case "busy":
			c.Busy = append(c.Busy, d)
		}
		out[r.person] = c
	}
	return out, nil
}

// CalendarOf is Calendars for one person in a read of its own; the zero
// Calendar, who never works, for somebody unknown.
func (s *Service) CalendarOf(ctx context.Context, person id.ID) (c Calendar, err error) {
	err = s.db.Read(ctx, func(tx *db.Tx) error {
		m, err := Calendars(tx, []id.ID{person})
		c = m[person]
		return err
	})
	return c, err
}

func load(zone string) *time.Location {
	l, err := time.LoadLocation(zone)
	if err != nil {
		return time.UTC
	}
	return l
}

func hoursOr(text string) Hours {
	if text != "" {
		if h, err := ParseHours(text); err == nil {
			return h
		}
	}
	h, err := ParseHours(DefaultHours)
	if err != nil {
		panic(err) // a constant of this package
	}
	return h
}

type calendarRow struct {
	person                  id.ID
	zone, hours             string
	awayFrom, awayUntil     db.Time
	kind, first, last, name string
}

func scanCalendarRow(r *db.Rows, c *calendarRow) error {
	return r.Scan(&c.person, &c.zone, &c.hours, &c.awayFrom, &c.awayUntil, &c.kind, &c.first, &c.last, &c.name)
}
