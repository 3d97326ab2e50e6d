package i18n

import (
	"strconv"
	"time"
)

// Clock prints the time of day: 14:00.
func (p *Printer) Clock(t time.Time) string { return p.pattern("locale.clock", t.In(p.zone)) }

// LocalClock prints the time of day where t is, in place of the reader's: 14:00.
func (p *Printer) LocalClock(t time.Time) string { return p.pattern("locale.clock", t) }

func two(n int) string { return twoDigits[2*n : 2*n+2] }

const twoDigits = "000102030405060708091011121314151617181920212223242526272829" +
	"303132333435363738394041424344454647484950515253545556575859"

// Date prints the day and month, and the year when it is not the present one:
// 18 November, 18 November 2025.
func (p *Printer) Date(t time.Time) string {
	t = t.In(p.zone)
	if t.Year() == p.now.Year() {
		return p.pattern("locale.date", t)
	}
	return p.pattern("locale.date.year", t)
}

// FullDate prints day, month and year, for what is kept or shown to others:
// 18 November 2026.
func (p *Printer) FullDate(t time.Time) string { return p.pattern("locale.date.year", t.In(p.zone)) }

// Day prints the day with its weekday: Tuesday 24 November.
func (p *Printer) Day(t time.Time) string {
	t = t.In(p.zone)
	if t.Year() == p.now.Year() {
		return p.pattern("locale.day", t)
	}
	return p.pattern("locale.day.year", t)
}

// Exact prints the day, the time and the zone in full, for the title of a
// human time: Tuesday 24 November 2026, 14:00 CET.
func (p *Printer) Exact(t time.Time) string { return p.pattern("locale.exact", t.In(p.zone)) }

// pattern prints a message that is made of parts of one time. It stands on
// every row of every list, so it boxes nothing.
func (p *Printer) pattern(key string, t time.Time) string {
	m := p.s.msgs[key]
	if m == nil {
		return "⟦" + key + "⟧"
	}
	return string(p.appendPattern(make([]byte, 0, 48), m, t))
}

func (p *Printer) appendPattern(b []byte, m *message, t time.Time) []byte {
	for i := range m.nodes {
		n := &m.nodes[i]
		switch {
		case n.kind == nodeText && p.s.pseudo != nil:
			b = append(b, p.s.pseudo(n.text)...)
		case n.kind == nodeText:
			b = append(b, n.text...)
		case n.kind == nodeArg:
			switch n.text {
			case "hour":
				b = append(b, two(t.Hour())...)
			case "minute":
				b = append(b, two(t.Minute())...)
			case "day":
				b = strconv.AppendInt(b, int64(t.Day()), 10)
			case "month":
				b = append(b, p.Month(t.Month())...)
			case "weekday":
				b = append(b, p.Weekday(t.Weekday())...)
			case "year":
				b = strconv.AppendInt(b, int64(t.Year()), 10)
			case "zone":
				zone, _ := t.Zone()
				b = append(b, zone...)
			case "time":
				if clock := p.s.msgs["locale.clock"]; clock != nil {
					b = p.appendPattern(b, clock, t)
				}
			}
		}
	}
	return b
}

// Weekday prints the name of a weekday: Tuesday.
func (p *Printer) Weekday(d time.Weekday) string { return p.T(weekdayKeys[d]) }

// WeekdayShort prints it short: Tue.
func (p *Printer) WeekdayShort(d time.Weekday) string { return p.T(weekdayShortKeys[d]) }

// Month prints the name of a month: November.
func (p *Printer) Month(m time.Month) string { return p.T(monthKeys[m-1]) }

// MonthShort prints it short: Nov.
func (p *Printer) MonthShort(m time.Month) string { return p.T(monthShortKeys[m-1]) }

var weekdayKeys = [7]string{"weekday.0", "weekday.1", "weekday.2", "weekday.3", "weekday.4", "weekday.5", "weekday.6"}
var weekdayShortKeys = [7]string{"weekday.short.0", "weekday.short.1", "weekday.short.2", "weekday.short.3", "weekday.short.4", "weekday.short.5", "weekday.short.6"}
var monthKeys = [12]string{"month.1", "month.2", "month.3", "month.4", "month.5", "month.6", "month.7", "month.8", "month.9", "month.10", "month.11", "month.12"}
var monthShortKeys = [12]string{"month.short.1", "month.short.2", "month.short.3", "month.short.4", "month.short.5", "month.short.6", "month.short.7", "month.short.8", "month.short.9", "month.short.10", "month.short.11", "month.short.12"}

// days counts the midnights of the reader's zone between now and t; negative
// for the past.
func (p *Printer) days(t time.Time) int {
	y, m, d := t.Date()
	a := time.Date(y, m, d, 0, 0, 0, 0, time.UTC)
	y, m, d = p.now.Date()
	b := time.Date(y, m, d, 0, 0, 0, 0, time.UTC)
	return int(a.Sub(b) / (24 * time.Hour))
}

// Ago tells when something happened as a colleague would: just now, 20 min ago,
// 2 h ago, this morning, yesterday, on Friday, on 18 November. A time in the
// future is told by When.
func (p *Printer) Ago(t time.Time) string {
	t = t.In(p.zone)
	since := p.now.Sub(t)
	if since < 0 {
		// Clocks of two servers differ by seconds.
		if since > -time.Minute {
			return p.T("ago.now")
		}
		return p.When(t)
	}
	days := p.days(t)
	switch {
	case since < time.Minute:
		return p.T("ago.now")
	case since < time.Hour:
		return p.T("ago.minutes", "n", int(since/time.Minute))
	case days == 0 && since < 4*time.Hour:
		return p.T("ago.hours", "n", int(since/time.Hour))
	case days == 0 && t.Hour() < 12:
		return p.T("ago.morning")
	case days == 0:
		return p.T("ago.today", "time", p.Clock(t))
	case days == -1:
		return p.T("ago.yesterday")
	case days > -7:
		return p.T("ago.weekday", "weekday", p.Weekday(t.Weekday()))
	}
	return p.T("ago.date", "date", p.Date(t))
}

// When tells when something will happen: in 20 min, today at 14:00, tomorrow at
// 09:00, on Friday at 14:00, on 4 December at 14:00. A time in the past is told
// by Ago.
func (p *Printer) When(t time.Time) string {
	t = t.In(p.zone)
	until := t.Sub(p.now)
	if until < 0 {
		return p.Ago(t)
	}
	switch days := p.days(t); {
	case until < time.Minute:
		return p.T("when.now")
	case until < time.Hour:
		return p.T("when.minutes", "n", int(until/time.Minute))
	case days == 0:
		return p.T("when.today", "time", p.Clock(t))
	case days == 1:
		return p.T("when.tomorrow", "time", p.Clock(t))
	case days < 7:
		return p.T("when.weekday", "weekday", p.Weekday(t.Weekday()), "time", p.Clock(t))
	}
	return p.T("when.date", "date", p.Date(t), "time", p.Clock(t))
}

// Waited tells how long something has been waiting: 20 min, 3 h, since
// yesterday, since Friday, since 18 November.
func (p *Printer) Waited(t time.Time) string {
	t = t.In(p.zone)
	since := p.now.Sub(t)
	days := p.days(t)
	switch {
	case since < time.Minute:
		return p.T("waited.now")
	case since < time.Hour:
		return p.T("waited.minutes", "n", int(since/time.Minute))
	case days == 0:
		return p.T("waited.hours", "n", int(since/time.Hour))
	case days == -1:
		return p.T("waited.yesterday")
	case days > -7:
		return p.T("waited.weekday", "weekday", p.Weekday(t.Weekday()))
	}
	return p.T("waited.date", "date", p.Date(t))
}

// Duration prints a length of time in its two largest units: 45 min, 3 h 30
// min, 2 days.
func (p *Printer) Duration(d time.Duration) string {
	if d < 0 {
		d = -d
	}
	switch {
	case d < time.Minute:
		return p.T("duration.seconds", "n", int(d/time.Second))
	case d < time.Hour:
		return p.T("duration.minutes", "n", int(d/time.Minute))
	case d < 48*time.Hour:
		h, m := int(d/time.Hour), int(d%time.Hour/time.Minute)
		if m == 0 {
			return p.T("duration.hours", "n", h)
		}
		return p.T("duration.hours_minutes", "n", h, "m", m)
	}
	return p.T("duration.days", "n", int(d/(24*time.Hour)))
}
