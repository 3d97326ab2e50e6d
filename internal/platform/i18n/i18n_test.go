package i18n

import (
	"strings"
	"testing"
	"testing/fstest"
	"time"
)

func printer(t *testing.T, locale string, now time.Time, zone *time.Location) *Printer {
	t.Helper()
	c, err := Load()
	if err != nil {
		t.Fatal(err)
	}
	return c.Printer(locale, zone, now)
}

func invented(t *testing.T, text string) *Printer {
	t.Helper()
	c, err := load(fstest.MapFS{"en/x.txt": {Data: []byte(text)}, "ar/x.txt": {Data: []byte("locale.direction = rtl\nn = {n, plural, zero {z} one {o} two {t} few {f} many {m} other {x}}\n")}})
	if err != nil {
		t.Fatal(err)
	}
	return c.Printer("en", time.UTC, time.Date(2026, 11, 24, 9, 0, 0, 0, time.UTC))
}

func TestMessagesFollowTheirArguments(t *testing.T) {
	p := invented(t, `locale.group = ,
locale.list.and = {head} and {last}
locale.list.more = {head}, {next}
n = {n, plural, =0 {Nobody waits} one {# person waits} other {# people wait}}
off = {n, plural, offset:1 =0 {nobody} =1 {{who}} one {{who} and # other} other {{who} and # others}}
place = {n, selectordinal, one {#st} two {#nd} few {#rd} other {#th}}
who = {sex, select, f {her} m {him} other {them}}
names = Thanks to {names, list}.
quoted = It's '{literal}' and # here
nested = {n, plural, one {{sex, select, f {her #} other {their #}}} other {all #}}
tags = Ask <b>{name}</b> or <desk>the desk</desk>.
long = one
  two
  three
`)
	for _, c := range []struct {
		key  string
		args []any
		want string
	}{
		{"n", []any{"n", 0}, "Nobody waits"},
		{"n", []any{"n", 1}, "1 person waits"},
		{"n", []any{"n", int64(1214)}, "1,214 people wait"},
		{"off", []any{"n", 0, "who", "Ada"}, "nobody"},
		{"off", []any{"n", 1, "who", "Ada"}, "Ada"},
		{"off", []any{"n", 2, "who", "Ada"}, "Ada and 1 other"},
		{"off", []any{"n", 4, "who", "Ada"}, "Ada and 3 others"},
		{"place", []any{"n", 21}, "21st"},
		{"place", []any{"n", 12}, "12th"},
		{"place", []any{"n", 3}, "3rd"},
		{"who", []any{"sex", "f"}, "her"},
		{"who", []any{"sex", "x"}, "them"},
		{"names", []any{"names", []string{"Ada", "Ben", "Chidi"}}, "Thanks to Ada, Ben and Chidi."},
		{"quoted", nil, "It's {literal} and # here"},
		{"nested", []any{"n", 1, "sex", "f"}, "her 1"},
		{"nested", []any{"n", 5, "sex", "f"}, "all 5"},
		{"tags", []any{"name", "Ada"}, "Ask Ada or the desk."},
		{"long", nil, "one two three"},
		{"n", nil, "{n}"},
		{"missing.key", nil, "⟦missing.key⟧"},
	} {
		if got := p.T(c.key, c.args...); got != c.want {
			t.Errorf("%s %v: %q, want %q", c.key, c.args, got, c.want)
		}
	}
	parts := p.Parts("tags", "name", "Ada")
	want := []Part{{"", "Ask "}, {"b", "Ada"}, {"", " or "}, {"desk", "the desk"}, {"", "."}}
	if len(parts) != len(want) {
		t.Fatalf("%v", parts)
	}
	for i := range want {
		if parts[i] != want[i] {
			t.Errorf("part %d: %v, want %v", i, parts[i], want[i])
		}
	}
}

func TestArabicHasSixPlurals(t *testing.T) {
	c, err := load(fstest.MapFS{
		"en/x.txt": {Data: []byte("n = {n, plural, one {o} other {x}}\n")},
		"ar/x.txt": {Data: []byte("locale.direction = rtl\nn = {n, plural, zero {z} one {o} two {t} few {f} many {m} other {x}}\n")},
	})
	if err != nil {
		t.Fatal(err)
	}
	p := c.Printer("ar", nil, time.Now())
	var got string
	for _, n := range []int{0, 1, 2, 3, 11, 100} {
		got += p.T("n", "n", n)
	}
	if got != "zotfmx" || p.Dir() != "rtl" {
		t.Errorf("%q, %s", got, p.Dir())
	}
}

func TestMalformedMessagesAreRefusedWithTheirLine(t *testing.T) {
	for _, text := range []string{
		"a = {", "a = {n", "a = {n, plural, one {x}}", "a = {n, plural, other {x}", "a = {n, colour}", "a = {n, select, a {b}}",
		"a = <b>x", "a = x</b>", "a = <b>x</i>", "a = }", "a = {n, plural, loads {x} other {y}}", "a = '{x", "a = {n, plural, =x {y} other {z}}",
		"a = 1\na = 2", " continued", "nothing here", "a = {n, plural, one {x} one {y} other {z}}",
	} {
		_, err := load(fstest.MapFS{"en/x.txt": {Data: []byte(text + "\n")}})
		if err == nil || !strings.Contains(err.Error(), "en/x.txt:") {
			t.Errorf("%q: %v", text, err)
		}
	}
}

func FuzzParseNeverPanics(f *testing.F) {
	for _, s := range []string{"{n, plural, =0 {a} other {#}}", "<a>{b}</a>", "'{'", "{a,select,other{<b>x</b>}}"} {
		f.Add(s)
	}
	p := Must().Printer("en", nil, time.Now())
	f.Fuzz(func(_ *testing.T, s string) {
		m, err := parse(s)
		if err != nil {
			return
		}
		w := writer{p: p, args: []any{"n", 3, "a", "b"}}
		w.nodes(m.nodes, 0)
	})
}

func TestTimesAreToldAsAColleagueWould(t *testing.T) {
	lisbon, err := time.LoadLocation("Europe/Lisbon")
	if err != nil {
		t.Fatal(err)
	}
	now := time.Date(2026, 11, 24, 13, 30, 0, 0, lisbon) // a Tuesday
	p := printer(t, "en", now, lisbon)
	at := func(month time.Month, day, hour, minute int) time.Time {
		return time.Date(2026, month, day, hour, minute, 0, 0, lisbon)
	}
	for _, c := range []struct{ got, want string }{
		{p.Ago(now), "just now"},
		{p.Ago(now.Add(30 * time.Second)), "just now"},
		{p.Ago(now.Add(-20 * time.Minute)), "20 min ago"},
		{p.Ago(now.Add(-2 * time.Hour)), "2 h ago"},
		{p.Ago(at(11, 24, 6, 52)), "this morning"},
		{p.Ago(at(11, 23, 23, 59)), "yesterday"},
		{p.Ago(at(11, 20, 9, 0)), "on Friday"},
		{p.Ago(at(11, 17, 9, 0)), "on 17 November"},
		{p.Ago(time.Date(2025, 11, 18, 0, 0, 0, 0, lisbon)), "on 18 November 2025"},
		{p.When(now.Add(20 * time.Minute)), "in 20 min"},
		{p.When(at(11, 24, 17, 0)), "today at 17:00"},
		{p.When(at(11, 25, 9, 5)), "tomorrow at 09:05"},
		{p.When(at(11, 27, 14, 0)), "on Friday at 14:00"},
		{p.When(at(12, 4, 14, 0)), "on 4 December at 14:00"},
		{p.Waited(now.Add(-3 * time.Hour)), "3 h"},
		{p.Waited(at(11, 23, 10, 0)), "since yesterday"},
		{p.Day(now), "Tuesday 24 November"},
		{p.Exact(at(11, 24, 14, 0).UTC()), "Tuesday 24 November 2026, 14:00 WET"},
		{p.Duration(45 * time.Minute), "45 min"},
		{p.Duration(3*time.Hour + 30*time.Minute), "3 h 30 min"},
		{p.Duration(9 * time.Hour), "9 h"},
		{p.Duration(72 * time.Hour), "3 days"},
		{p.Number(-1234567), "−1,234,567"},
		{p.Decimal(1234.50, 2), "1,234.5"},
		{p.Percent(0.714), "71%"},
		{p.List([]string{"Ada"}), "Ada"},
		{p.ListOr([]string{"Ada", "Ben"}), "Ada or Ben"},
	} {
		if c.got != c.want {
			t.Errorf("%q, want %q", c.got, c.want)
		}
	}
}

func TestTheReadersZoneDecidesWhichDayItIs(t *testing.T) {
	tokyo := time.FixedZone("JST", 9*3600)
	at := time.Date(2026, 11, 23, 23, 0, 0, 0, time.UTC) // the 24th in Tokyo
	now := time.Date(2026, 11, 24, 6, 0, 0, 0, time.UTC)
	if got := printer(t, "en", now, tokyo).Ago(at); got != "this morning" {
		t.Errorf("in Tokyo %q", got)
	}
	if got := printer(t, "en", now, time.UTC).Ago(at); got != "yesterday" {
		t.Errorf("in UTC %q", got)
	}
}

func TestInventedLanguagesShowWhatIsNotFromTheCatalogue(t *testing.T) {
	now := time.Now()
	en, long, rtl := printer(t, "en", now, nil), printer(t, PseudoLong, now, nil), printer(t, PseudoRTL, now, nil)
	a, b := en.T("ui.skip"), long.T("ui.skip")
	if len([]rune(b)) < len([]rune(a))*13/10 || strings.ContainsAny(b, "aeiou") {
		t.Errorf("%q became %q", a, b)
	}
	if got := long.T("duration.days", "n", 3); !strings.HasPrefix(got, "3 ") {
		t.Errorf("the argument was changed: %q", got)
	}
	if rtl.Dir() != "rtl" || !strings.Contains(rtl.T("ui.skip"), "\u202e") {
		t.Errorf("%s %q", rtl.Dir(), rtl.T("ui.skip"))
	}
	if got := rtl.T("ui.palette.all", "words", "x"); !strings.Contains(got, "\u2068x\u2069") {
		t.Errorf("the name is not isolated: %q", got)
	}
}

func TestTheBrowsersLanguageIsMatched(t *testing.T) {
	c := Must()
	for _, accept := range []string{"", "en-GB,en;q=0.9", "xx", "q=;;", "tlh"} {
		if got := c.Match(accept); got != "en" {
			t.Errorf("%q: %s", accept, got)
		}
	}
}

func BenchmarkPlainMessage(b *testing.B) {
	p := Must().Printer("en", nil, time.Now())
	b.ReportAllocs()
	for b.Loop() {
		_ = p.T("ui.skip")
	}
}

func BenchmarkPluralMessage(b *testing.B) {
	p := Must().Printer("en", nil, time.Now())
	b.ReportAllocs()
	for b.Loop() {
		_ = p.T("duration.days", "n", 3)
	}
}
