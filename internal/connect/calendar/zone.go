package calendar

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	ical "github.com/emersion/go-ical"
)

// zone describes the clock of a zone from half a year before from until two
// years after until, or longer where its changes follow a yearly rule. Programs
// that know the zone by name use their own tables; the others need this.
func zone(loc *time.Location, from, until time.Time) *ical.Component {
	z := ical.NewComponent(ical.CompTimezone)
	z.Props.SetText(ical.PropTimezoneID, loc.String())
	begin := from.AddDate(0, -6, 0)
	end := until.AddDate(2, 0, 0)
	changes := changes(loc, begin, end)
	if rules, ok := yearly(changes, end.Sub(begin)); ok {
		for _, r := range rules {
			observe(z, r.change, r.text)
		}
		return z
	}
	observe(z, before(loc, begin), "")
	for _, c := range changes {
		observe(z, c, "")
	}
	return z
}

// change is a moment at which the clock of a zone is put forward or back.
type change struct {
	at       time.Time // in the zone
	from, to int       // seconds east of UTC
	name     string
	summer   bool
}

// onset is the moment as the clock showed it before.
func (c change) onset() time.Time { return c.at.UTC().Add(time.Duration(c.from) * time.Second) }

// changes lists what happens to the clock between two times.
func changes(loc *time.Location, from, until time.Time) []change {
	var out []change
	for t := from.In(loc); ; {
		_, next := t.ZoneBounds()
		if next.IsZero() || next.After(until) {
			return out
		}
		out = append(out, changeAt(next.In(loc)))
		t = next.In(loc)
	}
}

func changeAt(at time.Time) change {
	name, to := at.Zone()
	_, from := at.Add(-time.Second).Zone()
	return change{at, from, to, name, at.IsDST()}
}

// before is the clock that is kept when the time begins, as if it had been kept
// since 1970.
func before(loc *time.Location, t time.Time) change {
	name, offset := t.In(loc).Zone()
	c := change{from: offset, to: offset, name: name, summer: t.In(loc).IsDST()}
	start, _ := t.In(loc).ZoneBounds()
	if start.Year() < 1970 {
		start = time.Date(1970, 1, 1, 0, 0, 0, 0, time.UTC).Add(-time.Duration(offset) * time.Second)
	}
	c.at = start.In(loc)
	return c
}

func observe(z *ical.Component, c change, rule string) {
	kind := ical.CompTimezoneStandard
	if c.summer {
		kind = ical.CompTimezoneDaylight
	}
	k := ical.NewComponent(kind)
	set(k, ical.PropDateTimeStart, c.onset().Format(local))
	set(k, ical.PropTimezoneOffsetFrom, offset(c.from))
	set(k, ical.PropTimezoneOffsetTo, offset(c.to))
	k.Props.SetText(ical.PropTimezoneName, c.name)
	if rule != "" {
		set(k, ical.PropRecurrenceRule, rule)
	}
	z.Children = append(z.Children, k)
}

// offset prints seconds east of UTC as +HHMM, with seconds where there are any.
func offset(s int) string {
	sign := "+"
	if s < 0 {
		sign, s = "-", -s
	}
	out := fmt.Sprintf("%s%02d%02d", sign, s/3600, s/60%60)
	if s%60 != 0 {
		out += fmt.Sprintf("%02d", s%60)
	}
	return out
}

type ruled struct {
	change
	text string
}

// yearly finds the rule behind changes that come twice a year on the same
// weekday of the month: the last Sunday of March. It is false where one of the
// changes does not fit.
func yearly(list []change, window time.Duration) ([]ruled, bool) {
	if len(list) < 4 || len(list) < int(window/(365*24*time.Hour))*2-1 {
		return nil, false
	}
	var out []ruled
	for i := range 2 {
		first := list[i]
		nth := place(first.onset(), list, i)
		if nth == 0 {
			return nil, false
		}
		for j := i; j < len(list); j += 2 {
			c := list[j]
			o, f := c.onset(), first.onset()
			if c.from != first.from || c.to != first.to || c.summer != first.summer || c.name != first.name ||
				o.Year() != f.Year()+(j-i)/2 || o.Month() != f.Month() || o.Weekday() != f.Weekday() ||
				o.Sub(o.Truncate(24*time.Hour)) != f.Sub(f.Truncate(24*time.Hour)) || !fits(o, nth) {
				return nil, false
			}
		}
		day := strings.ToUpper(first.onset().Weekday().String()[:2])
		out = append(out, ruled{first, "FREQ=YEARLY;BYMONTH=" + strconv.Itoa(int(first.onset().Month())) + ";BYDAY=" + strconv.Itoa(nth) + day})
	}
	// The rule begins a year earlier, so that one of the two is in force when
	// the first event comes.
	for i := range out {
		o := out[i].onset()
		y := nthDay(o.Year()-1, o.Month(), o.Weekday(), out[i].text)
		back := time.Date(y.Year(), y.Month(), y.Day(), o.Hour(), o.Minute(), o.Second(), 0, time.UTC)
		out[i].at = back.Add(-time.Duration(out[i].from) * time.Second).In(out[i].at.Location())
	}
	return out, true
}

// place is which of the month's weekdays all changes of a kind fall on: -1 the
// last, 1 to 4, 0 none in common.
func place(first time.Time, list []change, from int) int {
	for _, n := range []int{-1, (first.Day() + 6) / 7} {
		all := true
		for j := from; j < len(list); j += 2 {
			all = all && fits(list[j].onset(), n)
		}
		if all && n < 5 {
			return n
		}
	}
	return 0
}

func fits(t time.Time, nth int) bool {
	if nth == -1 {
		return t.AddDate(0, 0, 7).Month() != t.Month()
	}
	return (t.Day()+6)/7 == nth
}

// nthDay is the day of a year that the rule's text names.
func nthDay(year int, month time.Month, day time.Weekday, text string) time.Time {
	if strings.Contains(text, "BYDAY=-1") {
		t := time.Date(year, month+1, 0, 0, 0, 0, 0, time.UTC)
		for t.Weekday() != day {
			t = t.AddDate(0, 0, -1)
		}
		return t
	}
	t := time.Date(year, month, 1, 0, 0, 0, 0, time.UTC)
	for t.Weekday() != day {
		t = t.AddDate(0, 0, 1)
	}
	n, _ := strconv.Atoi(text[strings.LastIndex(text, "=")+1 : len(text)-2])
	return t.AddDate(0, 0, 7*(n-1))
}
