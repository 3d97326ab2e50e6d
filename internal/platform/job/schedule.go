package job

import (
	"time"
)

// Schedule says when something that repeats comes next.
type Schedule interface {
	// Next returns the first moment after t.
	Next(t time.Time) time.Time
}

// Interval is the whole multiples of a duration since 1970, so that every
// server means the same moments.
type Interval time.Duration

// Next implements Schedule.
func (i Interval) Next(t time.Time) time.Time {
	d := time.Duration(i)
	return time.Unix(0, t.UnixNano()/int64(d)*int64(d)).UTC().Add(d)
}

// Daily is a time of day in a zone; on the day a clock jumps over it, the
// moment after the jump.
type Daily struct {
	Hour, Minute int
	In           *time.Location // nil is UTC
}

// Next implements Schedule.
func (d Daily) Next(t time.Time) time.Time {
	zone := d.In
	if zone == nil {
		zone = time.UTC
	}
	local := t.In(zone)
	for day := local.Day(); ; day++ {
		at := time.Date(local.Year(), local.Month(), day, d.Hour, d.Minute, 0, 0, zone)
		if at.After(t) {
			return at.UTC()
		}
	}
}

// Weekly is a time of day on one day of the week.
type Weekly struct {
	Day time.Weekday
	At  Daily
}

// Next implements Schedule.
func (w Weekly) Next(t time.Time) time.Time {
	zone := w.At.In
	if zone == nil {
		zone = time.UTC
	}
	for at := w.At.Next(t); ; at = w.At.Next(at) {
		if at.In(zone).Weekday() == w.Day {
			return at
		}
	}
}
