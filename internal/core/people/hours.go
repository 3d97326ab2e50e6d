package people

import (
	"errors"
	"fmt"
	"sort"
	"strconv"
	"strings"
	"time"

	"github.com/guildhall/guildhall/internal/platform/fault"
)

// Hours say when somebody works, as wall-clock times in their own zone. The
// zero Hours are never. They are written in one of two notations:
//
//	Mon-Thu 08:00-12:00,13:00-17:00; Fri 08:00-14:00
//	shift 2026-01-05 3E 2L 2- 3N 4-; E=06:00-14:00; L=14:00-22:00; N=22:00-06:00
//
// A week names days (Mon to Sun, ranges, several with commas) and spans. A
// rotating shift names the first day of a cycle, the days of the cycle in order
// (a letter for a kind of shift, "-" for a free day, a number before it repeats
// it) and the spans of each letter. A span that ends at or before its beginning
// ends on the next day; 24:00 is midnight at the end of the day. As people write
// them, 8 and 8.00 are 08:00, and E: 06:00-14:00, L: 14:00-22:00 are two kinds.
type Hours struct {
	week  [7][]span // by time.Weekday
	first time.Time // midnight UTC of the cycle's first day, zero for a week
	cycle []byte    // letters, 0 for a free day
	kinds map[byte][]span
}

// span is minutes after midnight; end may pass 1440.
type span struct{ start, end int }

// Bounds of the notation: what no working life needs is refused.
const (
	maxHours = 600 // characters
	maxCycle = 366 // days
	maxSpans = 6   // a day
)

// DefaultHours are worked where neither the person nor the site says otherwise.
const DefaultHours = "Mon-Fri 09:00-17:00"

var dayNames = [7]string{"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"}

// unreadable is why hours cannot be read: in English, and as a form says it.
type unreadable struct {
	text, key string
	args      []any
}

func (u *unreadable) Error() string { return u.text }

func unread(text, key string, args ...any) error { return &unreadable{text, key, args} }

// badHours says at a field of a form which part of hours cannot be read.
func badHours(c *fault.Check, field string, err error) {
	var u *unreadable
	switch {
	case errors.As(err, &u):
		c.Bad(field, u.key, u.args...)
	case err != nil:
		c.Bad(field, "fault.hours")
	}
}

// ParseHours reads either notation. The error says in English what is wrong;
// pages say it with badHours.
func ParseHours(text string) (Hours, error) {
	if len(text) > maxHours {
		return Hours{}, fmt.Errorf("longer than %d characters", maxHours)
	}
	parts := strings.Split(text, ";")
	if head := strings.Fields(parts[0]); len(head) > 0 && strings.EqualFold(head[0], "shift") {
		return parseShift(head[1:], parts[1:])
	}
	var h Hours
	rules := 0
	for _, rule := range parts {
		rule = strings.TrimSpace(rule)
		if rule == "" {
			continue
		}
		days, spans, ok := strings.Cut(rule, " ")
		if !ok {
			return Hours{}, unread(fmt.Sprintf("%q names no times", rule), "fault.hours_no_times", "part", rule)
		}
		list, err := parseDays(days)
		if err != nil {
			return Hours{}, err
		}
		s, err := parseSpans(spans)
		if err != nil {
			return Hours{}, unread(err.Error(), "fault.hours_times", "of", days, "part", strings.TrimSpace(spans))
		}
		for _, d := range list {
			if len(h.week[d]) > 0 {
				return Hours{}, unread(dayNames[d]+" is named twice", "fault.hours_twice", "of", dayNames[d])
			}
			h.week[d] = s
		}
		rules++
	}
	if rules == 0 {
		return Hours{}, fmt.Errorf("no hours")
	}
	return h, nil
}

func parseDays(text string) ([]time.Weekday, error) {
	var out []time.Weekday
	for _, part := range strings.Split(text, ",") {
		from, to, ranged := strings.Cut(part, "-")
		a, err := parseDay(from)
		if err != nil {
			return nil, err
		}
		b := a
		if ranged {
			if b, err = parseDay(to); err != nil {
				return nil, err
			}
		}
		for d := a; ; d = (d + 1) % 7 {
			out = append(out, d)
			if d == b {
				break
			}
		}
	}
	return out, nil
}

func parseDay(s string) (time.Weekday, error) {
	for i, n := range dayNames {
		if strings.EqualFold(s, n) {
			return time.Weekday(i), nil
		}
	}
	return 0, unread(fmt.Sprintf("%q is no day", s), "fault.hours_no_day", "part", s)
}

func parseSpans(text string) ([]span, error) {
	var out []span
	for _, part := range strings.Split(text, ",") {
		from, to, ok := strings.Cut(strings.ReplaceAll(strings.TrimSpace(part), "–", "-"), "-")
		if !ok {
			return nil, fmt.Errorf("%q is no span of time", part)
		}
		a, err := parseClock(from)
		if err != nil {
			return nil, err
		}
		b, err := parseClock(to)
		if err != nil {
			return nil, err
		}
		if a == 24*60 {
			return nil, fmt.Errorf("%q begins when the day is over", part)
		}
		if b <= a {
			b += 24 * 60
		}
		out = append(out, span{a, b})
	}
	if len(out) > maxSpans {
		return nil, fmt.Errorf("more than %d spans on one day", maxSpans)
	}
	sort.Slice(out, func(i, j int) bool { return out[i].start < out[j].start })
	for i := 1; i < len(out); i++ {
		if out[i].start < out[i-1].end {
			return nil, fmt.Errorf("spans overlap in %q", text)
		}
	}
	return out, nil
}

func parseClock(s string) (int, error) {
	s = strings.TrimSpace(s)
	hh, mm, ok := strings.Cut(strings.Replace(s, ".", ":", 1), ":")
	if !ok {
		mm = "00"
	}
	h, err1 := strconv.ParseUint(hh, 10, 8)
	m, err2 := strconv.ParseUint(mm, 10, 8)
	if err1 != nil || err2 != nil || len(hh) > 2 || len(mm) != 2 || m > 59 || h > 24 || (h == 24 && m > 0) {
		return 0, fmt.Errorf("%q is no time of day", s)
	}
	return int(h)*60 + int(m), nil
}

func parseShift(head, kinds []string) (Hours, error) {
	if len(head) < 2 {
		return Hours{}, fmt.Errorf("a shift needs its first day and its cycle")
	}
	first, err := time.Parse(time.DateOnly, head[0])
	if err != nil || first.Year() < 1970 || first.Year() > 2200 {
		return Hours{}, unread(fmt.Sprintf("%q is no day", head[0]), "fault.hours_first", "part", head[0])
	}
	h := Hours{first: first, kinds: map[byte][]span{}}
	for _, k := range eachKind(kinds) {
		if len(k) < 2 || !letter(k[0]) || !strings.Contains(" =:", k[1:2]) {
			return Hours{}, unread(fmt.Sprintf("%q is no kind of shift", k), "fault.shift_kinds")
		}
		name := k[0] &^ 0x20 // in capitals
		if h.kinds[name] != nil {
			return Hours{}, unread(fmt.Sprintf("%q is named twice", k[:1]), "fault.hours_twice", "of", k[:1])
		}
		times := strings.TrimLeft(k[1:], " =:")
		if h.kinds[name], err = parseSpans(times); err != nil {
			return Hours{}, unread(err.Error(), "fault.hours_times", "of", k[:1], "part", times)
		}
	}
	used := 0
	for _, word := range head[1:] {
		count, kind := word[:len(word)-1], word[len(word)-1]
		if letter(kind) {
			kind &^= 0x20 // in capitals
		}
		n := 1
		if count != "" {
			if n, err = strconv.Atoi(count); err != nil || n < 1 || n > maxCycle {
				return Hours{}, unread(fmt.Sprintf("%q is no part of a cycle", word), "fault.hours_cycle", "part", word)
			}
		}
		switch {
		case kind == '-':
			kind = 0
		case h.kinds[kind] == nil:
			return Hours{}, unread(fmt.Sprintf("%q has no times", word), "fault.hours_letter", "part", word)
		default:
			used++
		}
		if len(h.cycle)+n > maxCycle {
			return Hours{}, fmt.Errorf("the cycle is longer than %d days", maxCycle)
		}
		for range n {
			h.cycle = append(h.cycle, kind)
		}
	}
	if used == 0 {
		return Hours{}, fmt.Errorf("the cycle has no shift")
	}
	return h, nil
}

func letter(b byte) bool { return b|0x20 >= 'a' && b|0x20 <= 'z' }

// eachKind parts the kinds of a shift, between which stands a semicolon or a
// comma before a letter.
func eachKind(parts []string) []string {
	var out []string
	for _, p := range parts {
		if p = strings.TrimSpace(p); p == "" {
			continue
		}
		for i, piece := range strings.Split(p, ",") {
			if piece = strings.TrimSpace(piece); i == 0 || piece != "" && letter(piece[0]) {
				out = append(out, piece)
			} else {
				out[len(out)-1] += "," + piece
			}
		}
	}
	return out
}

// Shift tells whether the hours are a rotating shift.
func (h Hours) Shift() bool { return len(h.cycle) > 0 }

// on returns the spans that begin on the day, given as midnight UTC.
func (h Hours) on(day time.Time) []span {
	if len(h.cycle) == 0 {
		return h.week[day.Weekday()]
	}
	n := int(day.Sub(h.first).Hours()/24) % len(h.cycle)
	if n < 0 {
		n += len(h.cycle)
	}
	return h.kinds[h.cycle[n]]
}

// String prints the hours in their notation, shortened; what it prints is read
// back as the same hours.
func (h Hours) String() string {
	if h.Shift() {
		return h.shiftText()
	}
	var rules []string
	for i := 0; i < 7; {
		d := (i + 1) % 7 // Monday first
		text := spansText(h.week[d])
		j := i + 1
		for j < 7 && spansText(h.week[(j+1)%7]) == text {
			j++
		}
		if text != "" {
			days := dayNames[d]
			if j > i+1 {
				days += "-" + dayNames[j%7]
			}
			rules = append(rules, days+" "+text)
		}
		i = j
	}
	return strings.Join(rules, "; ")
}

func (h Hours) shiftText() string {
	var b strings.Builder
	b.WriteString("shift " + h.first.Format(time.DateOnly) + " " + h.cycleText())
	for _, k := range h.letters() {
		b.WriteString("; " + string(k) + "=" + spansText(h.kinds[k]))
	}
	return b.String()
}

func (h Hours) letters() []byte {
	out := make([]byte, 0, len(h.kinds))
	for k := range h.kinds {
		out = append(out, k)
	}
	sort.Slice(out, func(i, j int) bool { return out[i] < out[j] })
	return out
}

func (h Hours) cycleText() string {
	var words []string
	for i := 0; i < len(h.cycle); {
		j := i
		for j < len(h.cycle) && h.cycle[j] == h.cycle[i] {
			j++
		}
		letter := "-"
		if h.cycle[i] != 0 {
			letter = string(h.cycle[i])
		}
		if j-i > 1 {
			letter = strconv.Itoa(j-i) + letter
		}
		words = append(words, letter)
		i = j
	}
	return strings.Join(words, " ")
}

func spansText(list []span) string {
	out := make([]string, len(list))
	for i, s := range list {
		out[i] = clockText(s.start) + "-" + clockText(s.end)
	}
	return strings.Join(out, ",")
}

func clockText(m int) string {
	if m > 24*60 {
		m -= 24 * 60
	}
	return fmt.Sprintf("%02d:%02d", m/60, m%60)
}

// Form is hours taken apart for a form: a week has a text of spans for each
// day, a shift its first day, cycle and kinds.
type Form struct {
	Days  [7]string // Monday first: "08:00-12:00,13:00-17:00", "" for a free day
	First string    // 2026-01-05
	Cycle string    // 3E 2L 2- 3N 4-
	Kinds string    // E=06:00-14:00; L=14:00-22:00
}

// Form takes the hours apart.
func (h Hours) Form() Form {
	var f Form
	if !h.Shift() {
		for i := range f.Days {
			f.Days[i] = spansText(h.week[(i+1)%7])
		}
		return f
	}
	f.First, f.Cycle = h.first.Format(time.DateOnly), h.cycleText()
	var kinds []string
	for _, k := range h.letters() {
		kinds = append(kinds, string(k)+"="+spansText(h.kinds[k]))
	}
	f.Kinds = strings.Join(kinds, "; ")
	return f
}

// Week is the notation of the form's week, "" when every day is free.
func (f Form) Week() string {
	var rules []string
	for i, d := range f.Days {
		if d = strings.Join(strings.Fields(d), ""); d != "" {
			rules = append(rules, dayNames[(i+1)%7]+" "+d)
		}
	}
	return strings.Join(rules, "; ")
}

// Rota is the notation of the form's rotating shift.
func (f Form) Rota() string {
	return "shift " + f.First + " " + f.Cycle + "; " + f.Kinds
}

// CheckWeek says which days of the form's week cannot be read. Errors: Invalid
// with the fields day_1 (Monday) to day_7, or hours when every day is free.
func (f Form) CheckWeek() error {
	var c fault.Check
	for i, d := range f.Days {
		if d = strings.Join(strings.Fields(d), ""); d != "" {
			_, err := parseSpans(d)
			c.Require(err == nil, "day_"+strconv.Itoa(i+1), "fault.hours_day")
		}
	}
	c.Require(f.Week() != "", "hours", "fault.hours_none")
	return c.Err()
}

// CheckRota says what of the form's rotating shift cannot be read. Errors:
// Invalid with the fields shift_first, shift_cycle and shift_kinds.
func (f Form) CheckRota() error {
	const day, kinds = "2026-01-05", "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
	var c fault.Check
	_, err := parseShift([]string{f.First, "A"}, []string{"A=0-24"})
	c.Require(err == nil && strings.TrimSpace(f.First) != "", "shift_first", "fault.day")
	var named Hours
	for _, k := range kinds {
		// Any one kind as the cycle reads all of them.
		if named, err = parseShift([]string{day, string(k)}, strings.Split(f.Kinds, ";")); err == nil {
			break
		}
	}
	c.Require(err == nil, "shift_kinds", "fault.shift_kinds")
	if err == nil {
		_, err = parseShift(append([]string{day}, strings.Fields(f.Cycle)...), strings.Split(f.Kinds, ";"))
		c.Require(err == nil, "shift_cycle", "fault.shift_cycle", "letters", string(named.letters()))
	}
	return c.Err()
}

// Days is a stretch of whole days of a site, both ends in it: 2026-12-24.
type Days struct {
	First, Last string
	Name        string
}

// Calendar is when one person works: their hours in their zone, without the
// days on which their site is closed and without the time they are away. It is
// a value: reading it needs no database.
type Calendar struct {
	Zone      *time.Location // UTC when nil
	Hours     Hours
	Closed    []Days // holidays and shutdowns: a shift that begins on such a day is not worked
	Busy      []Days // worked, but nobody should be asked
	AwayFrom  time.Time
	AwayUntil time.Time // exclusive
}

func (c Calendar) zone() *time.Location {
	if c.Zone == nil {
		return time.UTC
	}
	return c.Zone
}

// stretch is a time of work, its end exclusive.
type stretch struct{ from, until time.Time }

// stretches returns the times of work that touch [a, b), in order, disjoint,
// not clipped.
func (c Calendar) stretches(a, b time.Time) []stretch {
	zone := c.zone()
	y, m, d := a.In(zone).Date()
	// Two days before, since a span may last until the end of the next day.
	day := time.Date(y, m, d-2, 0, 0, 0, 0, time.UTC)
	y, m, d = b.In(zone).Date()
	last := time.Date(y, m, d, 0, 0, 0, 0, time.UTC)
	var list []stretch
	for ; !day.After(last); day = day.AddDate(0, 0, 1) {
		spans := c.Hours.on(day)
		if len(spans) == 0 || within(c.Closed, day.Format(time.DateOnly)) {
			continue
		}
		for _, s := range spans {
			w := stretch{
				time.Date(day.Year(), day.Month(), day.Day(), 0, s.start, 0, 0, zone),
				time.Date(day.Year(), day.Month(), day.Day(), 0, s.end, 0, 0, zone),
			}
			if w.from.Before(w.until) && w.until.After(a) && w.from.Before(b) {
				list = append(list, w)
			}
		}
	}
	sort.Slice(list, func(i, j int) bool { return list[i].from.Before(list[j].from) })
	merged := list[:0]
	for _, w := range list {
		if n := len(merged); n > 0 && !w.from.After(merged[n-1].until) {
			if w.until.After(merged[n-1].until) {
				merged[n-1].until = w.until
			}
			continue
		}
		merged = append(merged, w)
	}
	return c.withoutAway(merged)
}

func (c Calendar) withoutAway(list []stretch) []stretch {
	if !c.AwayFrom.Before(c.AwayUntil) {
		return list
	}
	var out []stretch
	for _, w := range list {
		if !w.until.After(c.AwayFrom) || !w.from.Before(c.AwayUntil) {
			out = append(out, w)
			continue
		}
		if w.from.Before(c.AwayFrom) {
			out = append(out, stretch{w.from, c.AwayFrom})
		}
		if w.until.After(c.AwayUntil) {
			out = append(out, stretch{c.AwayUntil, w.until})
		}
	}
	return out
}

func within(list []Days, day string) bool {
	for _, d := range list {
		if d.First <= day && day <= d.Last {
			return true
		}
	}
	return false
}

// Working tells whether the person is at work at the time.
func (c Calendar) Working(at time.Time) bool {
	_, ok := c.Until(at)
	return ok
}

// Until returns when the time of work that at falls into ends; false when the
// person is not at work.
func (c Calendar) Until(at time.Time) (time.Time, bool) {
	for _, w := range c.stretches(at, at.Add(time.Nanosecond)) {
		if !at.Before(w.from) && at.Before(w.until) {
			return w.until, true
		}
	}
	return time.Time{}, false
}

// Askable tells whether the person is at work and their site is not in a busy
// season.
func (c Calendar) Askable(at time.Time) bool {
	return !within(c.Busy, at.In(c.zone()).Format(time.DateOnly)) && c.Working(at)
}

// Away tells whether the person said that they are away at the time.
func (c Calendar) Away(at time.Time) bool {
	return !at.Before(c.AwayFrom) && at.Before(c.AwayUntil)
}

// WorkingHoursBetween returns how long the person works between two times, 0
// when b is not after a.
func (c Calendar) WorkingHoursBetween(a, b time.Time) time.Duration {
	if !a.Before(b) {
		return 0
	}
	var sum time.Duration
	for _, w := range c.stretches(a, b) {
		if w.from.Before(a) {
			w.from = a
		}
		if w.until.After(b) {
			w.until = b
		}
		if w.from.Before(w.until) {
			sum += w.until.Sub(w.from)
		}
	}
	return sum
}

// horizon is how far NextWorking and AfterWorking look: longer than any cycle
// and any shutdown.
const horizon = 2 * maxCycle

// NextWorking returns the first time at or after at when the person works;
// false when there is none within two years.
func (c Calendar) NextWorking(at time.Time) (time.Time, bool) {
	return c.AfterWorking(at, 0)
}

// AfterWorking returns the first time at work by which the person has worked
// for d since at: a deadline of so many working hours. It is false when that is
// not within two years.
func (c Calendar) AfterWorking(at time.Time, d time.Duration) (time.Time, bool) {
	from := at
	if c.Away(at) {
		from = c.AwayUntil // being away may last for years
	}
	for done := 0; done < horizon; done += 16 {
		to := from.AddDate(0, 0, 16)
		for _, w := range c.stretches(from, to) {
			if w.from.Before(from) {
				w.from = from
			}
			if w.until.After(to) {
				w.until = to
			}
			if !w.from.Before(w.until) {
				continue
			}
			if long := w.until.Sub(w.from); long <= d {
				d -= long
				continue
			}
			return w.from.Add(d), true
		}
		from = to
	}
	return time.Time{}, false
}

// Span is a stretch of time, its end exclusive.
type Span struct{ From, Until time.Time }

// Times returns when the person works between two times, in order, disjoint
// and clipped to them.
func (c Calendar) Times(a, b time.Time) []Span {
	var out []Span
	for _, w := range c.stretches(a, b) {
		if w.from.Before(a) {
			w.from = a
		}
		if w.until.After(b) {
			w.until = b
		}
		if w.from.Before(w.until) {
			out = append(out, Span{w.from, w.until})
		}
	}
	return out
}

// BusyOn tells whether the person's site is in a busy season at the time.
func (c Calendar) BusyOn(at time.Time) bool {
	return within(c.Busy, at.In(c.zone()).Format(time.DateOnly))
}
