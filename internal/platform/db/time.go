package db

import (
	"database/sql/driver"
	"fmt"
	"time"
)

// Time is a moment as both databases keep it: UTC, cut to microseconds. The
// zero Time is stored as NULL. SQLite keeps text of fixed width that sorts by
// time, PostgreSQL keeps TIMESTAMP; declare the column TIMESTAMP. Two Times
// made by At or read from a database can be compared with ==.
type Time struct{ t time.Time }

// TimeLayout is the text of a Time in SQLite.
const TimeLayout = "2006-01-02 15:04:05.000000"

// At returns t in UTC, cut (not rounded) to microseconds.
func At(t time.Time) Time {
	if t.IsZero() {
		return Time{}
	}
	return Time{t.UTC().Truncate(time.Microsecond)}
}

// Time returns the moment in UTC.
func (t Time) Time() time.Time { return t.t }

// IsZero tells whether t is no moment at all, NULL in the database.
func (t Time) IsZero() bool { return t.t.IsZero() }

// Before tells whether t is earlier than u.
func (t Time) Before(u Time) bool { return t.t.Before(u.t) }

// After tells whether t is later than u.
func (t Time) After(u Time) bool { return t.t.After(u.t) }

// Add returns the moment d later.
func (t Time) Add(d time.Duration) Time { return At(t.t.Add(d)) }

// Sub returns how much later t is than u.
func (t Time) Sub(u Time) time.Duration { return t.t.Sub(u.t) }

// String returns the text kept by SQLite, "" for the zero Time.
func (t Time) String() string {
	if t.IsZero() {
		return ""
	}
	var b [26]byte
	return string(t.text(b[:0]))
}

// text appends the 26 bytes kept by SQLite; t.AppendFormat with TimeLayout
// gives the same and takes three times as long.
func (t Time) text(b []byte) []byte {
	year, month, day := t.t.Date()
	hour, minute, sec := t.t.Clock()
	b = digits(b, year, 4)
	b = digits(append(b, '-'), int(month), 2)
	b = digits(append(b, '-'), day, 2)
	b = digits(append(b, ' '), hour, 2)
	b = digits(append(b, ':'), minute, 2)
	b = digits(append(b, ':'), sec, 2)
	return digits(append(b, '.'), t.t.Nanosecond()/1000, 6)
}

func digits(b []byte, v, width int) []byte {
	at := len(b)
	for range width {
		b = append(b, '0')
	}
	for k := width - 1; k >= 0; k-- {
		b[at+k] = byte('0' + v%10)
		v /= 10
	}
	return b
}

// Value stores the moment as text, which both databases read; nil when zero.
// A year outside 1 to 9999 is an error, since its text would not sort.
func (t Time) Value() (driver.Value, error) {
	if t.IsZero() {
		return nil, nil
	}
	if y := t.t.Year(); y < 1 || y > 9999 {
		return nil, fmt.Errorf("db: year %d cannot be stored", y)
	}
	return t.String(), nil
}

// Scan reads NULL as the zero Time, and the text or time of either database.
func (t *Time) Scan(src any) error {
	switch v := src.(type) {
	case nil:
		*t = Time{}
		return nil
	case time.Time:
		*t = At(v)
		return nil
	case string:
		return t.parse(v)
	case []byte:
		return t.parse(string(v))
	}
	return fmt.Errorf("db: cannot scan %T into Time", src)
}

func (t *Time) parse(s string) error {
	if v, ok := parseText(s); ok {
		*t = Time{v}
		return nil
	}
	for _, layout := range []string{"2006-01-02 15:04:05.999999", time.RFC3339Nano, "2006-01-02"} {
		if v, err := time.Parse(layout, s); err == nil {
			*t = At(v)
			return nil
		}
	}
	return fmt.Errorf("db: %q is no time", s)
}

// parseText reads exactly TimeLayout.
func parseText(s string) (time.Time, bool) {
	if len(s) != 26 || s[4] != '-' || s[7] != '-' || s[10] != ' ' || s[13] != ':' || s[16] != ':' || s[19] != '.' {
		return time.Time{}, false
	}
	ok := true
	num := func(from, to int) int {
		n := 0
		for _, c := range []byte(s[from:to]) {
			if c < '0' || c > '9' {
				ok = false
			}
			n = n*10 + int(c-'0')
		}
		return n
	}
	y, mo, d, h, mi, se, us := num(0, 4), num(5, 7), num(8, 10), num(11, 13), num(14, 16), num(17, 19), num(20, 26)
	if !ok || mo < 1 || mo > 12 || d < 1 || d > 31 || h > 23 || mi > 59 || se > 59 {
		return time.Time{}, false
	}
	return time.Date(y, time.Month(mo), d, h, mi, se, us*1000, time.UTC), true
}

// MarshalJSON prints RFC 3339 with up to six digits of a second, null when
// zero.
func (t Time) MarshalJSON() ([]byte, error) {
	if t.IsZero() {
		return []byte("null"), nil
	}
	return t.t.AppendFormat([]byte{'"'}, `2006-01-02T15:04:05.999999Z07:00"`), nil
}

// UnmarshalJSON reads RFC 3339 in any zone, null as the zero Time.
func (t *Time) UnmarshalJSON(b []byte) error {
	if string(b) == "null" || string(b) == `""` {
		*t = Time{}
		return nil
	}
	v, err := time.Parse(`"`+time.RFC3339Nano+`"`, string(b))
	if err != nil {
		return err
	}
	*t = At(v)
	return nil
}
