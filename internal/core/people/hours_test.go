package people

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/guildhall/guildhall/internal/platform/fault"
	"pgregory.net/rapid"
)

func hours(t testing.TB, text string) Hours {
	t.Helper()
	h, err := ParseHours(text)
	if err != nil {
		t.Fatalf("%q: %v", text, err)
	}
	return h
}

func zone(t testing.TB, name string) *time.Location {
	t.Helper()
	z, err := time.LoadLocation(name)
	if err != nil {
		t.Fatal(err)
	}
	return z
}

func TestHoursReadWhatTheyPrint(t *testing.T) {
	for text, want := range map[string]string{
		"mon-fri 9:00-17:00":                              "Mon-Fri 09:00-17:00",
		"Mon,Wed 09:00-12:00; Tue 09:00-12:00":            "Mon-Wed 09:00-12:00",
		"Sat-Mon 22:00-06:00":                             "Mon 22:00-06:00; Sat-Sun 22:00-06:00",
		"Fri 13:00-17:00, 08:00-12:00":                    "Fri 08:00-12:00,13:00-17:00",
		"Sun 00:00-24:00":                                 "Sun 00:00-24:00",
		"shift 2026-01-05 e e -; E=06:00-14:00":           "shift 2026-01-05 2E -; E=06:00-14:00",
		"shift 2026-01-05 2N 2-; n = 22:00 - 06:00":       "shift 2026-01-05 2N 2-; N=22:00-06:00",
		"Mon 8-12, 13.00-17.30":                           "Mon 08:00-12:00,13:00-17:30",
		"shift 2026-01-05 E L -; E: 6-10, 11-14, l 14-22": "shift 2026-01-05 E L -; E=06:00-10:00,11:00-14:00; L=14:00-22:00",
	} {
		h := hours(t, text)
		if h.String() != want {
			t.Errorf("%q is printed as %q, want %q", text, h, want)
		}
		if again := hours(t, h.String()); again.String() != want {
			t.Errorf("%q is read back as %q", want, again)
		}
		f := h.Form()
		text := f.Week()
		if h.Shift() {
			text = f.Rota()
		}
		if again := hours(t, text); again.String() != want {
			t.Errorf("the form of %q gives %q", want, again)
		}
	}
}

func TestAFormSaysWhichOfItsHoursCannotBeRead(t *testing.T) {
	week := Form{Days: [7]string{"8-17", "17:00-08:00", "nonsense", "08:00-10:00,09:00-12:00", "25:00-26:00", " ", "08:00 – 12:00"}}
	rota := func(first, cycle, kinds string) error {
		return Form{First: first, Cycle: cycle, Kinds: kinds}.CheckRota()
	}
	for _, x := range []struct {
		err  error
		want string
	}{
		{week.CheckWeek(), "day_3 day_4 day_5"},
		{Form{}.CheckWeek(), "hours"},
		{rota("2026-01-05", "2E 2-", "E=6-14"), ""},
		{rota("", "", ""), "shift_first shift_kinds"},
		{rota("2026-01-05", "2E 2X", "E=6-14, L=14-22"), "shift_cycle"},
		{rota("yesterday", "2E 2-", "E=6"), "shift_first shift_kinds"},
		{rota("2026-01-05", "ı", "E=6-14"), "shift_cycle"},
	} {
		var fields []string
		if f := fault.Of(x.err); f != nil {
			for _, field := range f.Fields {
				fields = append(fields, field.Name)
			}
		} else if x.err != nil {
			t.Errorf("%v is no fault", x.err)
		}
		if got := strings.Join(fields, " "); got != x.want {
			t.Errorf("wrong are %q, want %q", got, x.want)
		}
	}
}

func TestWhatIsWrongWithHoursIsSaidOfItsPart(t *testing.T) {
	for text, want := range map[string]string{
		"":                                           "fault.hours []",
		"Mon-Fri":                                    "fault.hours_no_times [part Mon-Fri]",
		"Mon-Thu 9-17; Fry 9-5":                      "fault.hours_no_day [part Fry]",
		"Mon 9-17; Tue-Wed 25:00-26:00":              "fault.hours_times [of Tue-Wed part 25:00-26:00]",
		"Mon 09:00-12:00,11:00-13:00":                "fault.hours_times [of Mon part 09:00-12:00,11:00-13:00]",
		"Mon-Wed 9-12; Tue 13-17":                    "fault.hours_twice [of Tue]",
		"shift today E; E=6-14":                      "fault.hours_first [part today]",
		"shift 2026-01-05 2E 2L; E=6-14":             "fault.hours_letter [part 2L]",
		"shift 2026-01-05 2E 400-; E=6-14":           "fault.hours_cycle [part 400-]",
		"shift 2026-01-05 E; E=6":                    "fault.hours_times [of E part 6]",
		"shift 2026-01-05 E; E=6-14; E=7-15":         "fault.hours_twice [of E]",
		"shift 2026-01-05 E; early=6-14":             "fault.shift_kinds []",
		strings.Repeat("Mon-Fri 09:00-17:00; ", 100): "fault.hours []",
	} {
		_, err := ParseHours(text)
		var c fault.Check
		badHours(&c, "hours", err)
		f := fault.Of(c.Err())
		if f == nil || len(f.Fields) != 1 || f.Fields[0].Name != "hours" {
			t.Errorf("%.40q gives %v", text, f)
			continue
		}
		args := []any{}
		for _, name := range []string{"of", "part"} {
			if v, ok := f.Fields[0].Args[name]; ok {
				args = append(args, name, v)
			}
		}
		if got := fmt.Sprint(f.Fields[0].Key, " ", args); got != want {
			t.Errorf("%.40q gives %s, want %s", text, got, want)
		}
	}
}

func TestHoursThatMeanNothingAreRefused(t *testing.T) {
	for _, text := range []string{
		"", ";", "Mon", "Mon 9-17-18", "Mon 900-1700", "Mon 09:00", "Mon 25:00-26:00", "Mon 24:00-08:00", "Foo 09:00-17:00", "Mon 09:60-10:00",
		"Mon 09:00-12:00; Mon 13:00-17:00", "Mon 09:00-12:00,11:00-13:00", "shift", "shift 2026-01-05", "shift today E; E=06:00-14:00",
		"shift 2026-01-05 E", "shift 2026-01-05 \u0131; E=06:00-14:00", "shift 2026-01-05 E; \u0131=06:00-14:00", "shift 2026-01-05 -; E=06:00-14:00", "shift 2026-01-05 400E; E=06:00-14:00", "shift 2026-01-05 E; EE=06:00-14:00",
		"shift 2026-01-05 0E; E=06:00-14:00", "shift 2026-01-05 E; E=06:00-14:00; E=07:00-08:00", "Mon -1:00-05:00",
	} {
		if h, err := ParseHours(text); err == nil {
			t.Errorf("%q is read as %q", text, h)
		}
	}
}

func FuzzParseHours(f *testing.F) {
	f.Add("Mon-Fri 09:00-17:00")
	f.Add("shift 2026-01-05 3E 2L 2- 3N 4-; E=06:00-14:00; L=14:00-22:00; N=22:00-06:00")
	f.Fuzz(func(t *testing.T, text string) {
		h, err := ParseHours(text)
		if err != nil {
			return
		}
		again, err := ParseHours(h.String())
		if err != nil || again.String() != h.String() {
			t.Errorf("%q prints %q, which is read as %q, %v", text, h, again, err)
		}
	})
}

func TestACalendarKnowsWhoIsAtWork(t *testing.T) {
	leeds, sydney := zone(t, "Europe/London"), zone(t, "Australia/Sydney")
	night := Calendar{Zone: leeds, Hours: hours(t, "shift 2026-11-23 2N 2-; N=22:00-06:00"), Closed: []Days{{First: "2026-11-24", Last: "2026-11-24"}}}
	office := Calendar{Zone: sydney, Hours: hours(t, "Mon-Fri 09:00-17:00"), Busy: []Days{{First: "2026-11-26", Last: "2026-11-26"}},
		AwayFrom: time.Date(2026, 11, 26, 22, 0, 0, 0, time.UTC), AwayUntil: time.Date(2026, 11, 30, 0, 0, 0, 0, time.UTC)}
	for _, x := range []struct {
		name       string
		c          Calendar
		at         string
		work, asks bool
	}{
		{"a night begins on its day", night, "2026-11-23T22:00:00Z", true, true},
		{"and ends the next morning", night, "2026-11-24T05:59:59Z", true, true},
		{"sharply", night, "2026-11-24T06:00:00Z", false, false},
		{"a night that begins on a holiday is free", night, "2026-11-24T23:00:00Z", false, false},
		{"the cycle comes round", night, "2026-11-27T23:00:00Z", true, true},
		{"and was there before", night, "2026-11-19T23:00:00Z", true, true},
		{"Tuesday morning in Sydney", office, "2026-11-23T22:00:00Z", true, true},
		{"Monday evening in Sydney", office, "2026-11-23T07:00:00Z", false, false},
		{"a busy day is worked", office, "2026-11-25T23:00:00Z", true, false},
		{"away", office, "2026-11-26T23:30:00Z", false, false},
	} {
		at, err := time.Parse(time.RFC3339, x.at)
		if err != nil {
			t.Fatal(err)
		}
		if got := x.c.Working(at); got != x.work {
			t.Errorf("%s: working is %v", x.name, got)
		}
		if got := x.c.Askable(at); got != x.asks {
			t.Errorf("%s: askable is %v", x.name, got)
		}
	}
	// Thursday 16:30 in Sydney, half an hour before the end; then away on Friday.
	at := time.Date(2026, 11, 26, 5, 30, 0, 0, time.UTC)
	if next, ok := office.AfterWorking(at, time.Hour); !ok || !next.Equal(time.Date(2026, 11, 30, 0, 0, 0, 0, time.UTC).Add(30*time.Minute)) {
		t.Errorf("an hour of work after Thursday 16:30 is over %v", next.In(sydney))
	}
	if _, ok := (Calendar{}).NextWorking(at); ok {
		t.Error("somebody without hours works at some time")
	}
}

func TestClockChangesGiveAndTakeAnHour(t *testing.T) {
	c := Calendar{Zone: zone(t, "Europe/Berlin"), Hours: hours(t, "Mon-Sun 00:00-24:00")}
	for day, want := range map[int]time.Duration{24: 24 * time.Hour, 25: 25 * time.Hour} {
		a := time.Date(2026, 10, day, 0, 0, 0, 0, c.Zone)
		if got := c.WorkingHoursBetween(a, time.Date(2026, 10, day+1, 0, 0, 0, 0, c.Zone)); got != want {
			t.Errorf("%d October has %v", day, got)
		}
	}
	spring := time.Date(2026, 3, 29, 0, 0, 0, 0, c.Zone)
	if got := c.WorkingHoursBetween(spring, time.Date(2026, 3, 30, 0, 0, 0, 0, c.Zone)); got != 23*time.Hour {
		t.Errorf("29 March has %v", got)
	}
}

// anyCalendar draws hours of either kind in zones with all kinds of clock
// changes.
func anyCalendar(t *rapid.T) Calendar {
	name := rapid.SampledFrom([]string{"UTC", "Europe/Berlin", "America/New_York", "America/Sao_Paulo", "Australia/Lord_Howe",
		"Asia/Kathmandu", "Africa/Cairo", "America/St_Johns", "Asia/Beirut", "Pacific/Apia"}).Draw(t, "zone")
	z, err := time.LoadLocation(name)
	if err != nil {
		t.Fatal(err)
	}
	spans := []span{}
	for at := rapid.IntRange(0, 600).Draw(t, "start"); at < 24*60 && len(spans) < 3; {
		end := at + rapid.IntRange(1, 700).Draw(t, "length")
		spans = append(spans, span{at, end})
		at = end + rapid.IntRange(0, 300).Draw(t, "break")
	}
	c := Calendar{Zone: z}
	if rapid.Bool().Draw(t, "shift") {
		c.Hours = Hours{first: time.Date(2026, 1, 5, 0, 0, 0, 0, time.UTC), kinds: map[byte][]span{'E': spans}}
		for range rapid.IntRange(1, 20).Draw(t, "cycle") {
			c.Hours.cycle = append(c.Hours.cycle, rapid.SampledFrom([]byte{0, 'E'}).Draw(t, "day"))
		}
	} else {
		for d := range 7 {
			if rapid.Bool().Draw(t, "works") {
				c.Hours.week[d] = spans
			}
		}
	}
	if rapid.Bool().Draw(t, "closed") {
		first := rapid.IntRange(0, 700).Draw(t, "first")
		day := time.Date(2026, 1, 1+first, 0, 0, 0, 0, time.UTC)
		c.Closed = []Days{{First: day.Format(time.DateOnly), Last: day.AddDate(0, 0, rapid.IntRange(0, 20).Draw(t, "days")).Format(time.DateOnly)}}
	}
	if rapid.Bool().Draw(t, "away") {
		c.AwayFrom = anyTime(t, "from")
		c.AwayUntil = c.AwayFrom.Add(time.Duration(rapid.IntRange(1, 40*24*60).Draw(t, "minutes")) * time.Minute)
	}
	return c
}

func anyTime(t *rapid.T, name string) time.Time {
	return time.Date(2026, 1, 1, 0, rapid.IntRange(0, 2*365*24*60).Draw(t, name), 0, 0, time.UTC)
}

func TestWorkingTimeAddsUp(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := anyCalendar(t)
		a, b := anyTime(t, "a"), anyTime(t, "b")
		if b.Before(a) {
			a, b = b, a
		}
		whole := c.WorkingHoursBetween(a, b)
		if whole < 0 || whole > b.Sub(a) {
			t.Fatalf("%v of work in %v", whole, b.Sub(a))
		}
		m := a.Add(time.Duration(rapid.Int64Range(0, int64(b.Sub(a))).Draw(t, "m")))
		if parts := c.WorkingHoursBetween(a, m) + c.WorkingHoursBetween(m, b); parts != whole {
			t.Fatalf("%v and its parts %v differ at %v", whole, parts, m)
		}
		// Minute by minute, which is the definition.
		from := a
		until := a.Add(50 * time.Hour)
		var sum time.Duration
		for at := from; at.Before(until); at = at.Add(time.Minute) {
			if c.Working(at) {
				sum += time.Minute
			}
		}
		if got := c.WorkingHoursBetween(from, until); got != sum {
			t.Fatalf("%v by stretches, %v by minutes", got, sum)
		}
	})
}

func TestTheNextWorkingTimeIsTheFirst(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := anyCalendar(t)
		at := anyTime(t, "at")
		next, ok := c.NextWorking(at)
		if !ok {
			if got := c.WorkingHoursBetween(at, at.AddDate(1, 0, 0)); got != 0 {
				t.Fatalf("nothing next, but %v within a year", got)
			}
			return
		}
		if next.Before(at) || !c.Working(next) {
			t.Fatalf("%v is not at work after %v", next, at)
		}
		if got := c.WorkingHoursBetween(at, next); got != 0 {
			t.Fatalf("%v of work before the next working time", got)
		}
		d := time.Duration(rapid.IntRange(0, 40*60).Draw(t, "minutes")) * time.Minute
		if later, ok := c.AfterWorking(at, d); ok && c.WorkingHoursBetween(at, later) != d {
			t.Fatalf("%v of work until %v, want %v", c.WorkingHoursBetween(at, later), later, d)
		}
	})
}
