package calendar

import (
	"archive/zip"
	"bytes"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	independent "github.com/arran4/golang-ical"
	"github.com/teambition/rrule-go"
	"pgregory.net/rapid"
)

var noon = time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)

// read parses a calendar with an implementation that is not the one we write
// with.
func read(t interface{ Fatalf(string, ...any) }, text []byte) *independent.Calendar {
	c, err := independent.ParseCalendar(bytes.NewReader(text))
	if err != nil {
		t.Fatalf("another implementation cannot read it: %v\n%s", err, text)
	}
	return c
}

func TestInvitationsAreReadByAnotherImplementation(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		words := rapid.StringOf(rapid.RuneFrom([]rune("aZ09 ,;:\\\n\"'äßЖ漢🎺é\u00ad,.()-/")))
		e := Event{
			UID: "5c0c8d2e-4f3e-4c1b-8d8e-0d1f3a7b9c11", Sequence: rapid.IntRange(0, 99).Draw(t, "sequence"),
			Start: noon, End: noon.Add(45 * time.Minute), Zone: rapid.SampledFrom([]string{"Europe/Lisbon", "America/New_York", "Asia/Kathmandu", "UTC"}).Draw(t, "zone"),
			Title: "T" + words.Draw(t, "title"), Text: "X" + words.Draw(t, "text"), Place: words.Draw(t, "place"),
			Cancelled: rapid.Bool().Draw(t, "cancelled"), Changed: noon,
			Organiser: Address{"Mill Guildhall", "meet+abc@example.org"},
			Attendee:  &Attendee{Address: Address{"B" + words.Draw(t, "name"), "ben@example.org"}, Answer: rapid.SampledFrom([]string{"", "yes", "no", "maybe"}).Draw(t, "answer"), Reply: true},
		}
		method, text, err := Mail(e)
		if err != nil {
			t.Fatal(err)
		}
		for _, line := range strings.Split(strings.TrimSuffix(string(text), "\r\n"), "\r\n") {
			if len(line) > 75 {
				t.Fatalf("a line of %d bytes: %q", len(line), line)
			}
		}
		c := read(t, text)
		if got := property(c.CalendarProperties, "METHOD"); got != method || (method == Cancel) != e.Cancelled {
			t.Fatalf("method %q, want %q", got, method)
		}
		v := c.Events()[0]
		for name, want := range map[independent.ComponentProperty]string{
			independent.ComponentPropertySummary: e.Title, independent.ComponentPropertyDescription: e.Text, independent.ComponentPropertyLocation: e.Place,
			independent.ComponentPropertyUniqueId: e.UID, independent.ComponentPropertySequence: strconv.Itoa(e.Sequence),
		} {
			got := ""
			if p := v.GetProperty(name); p != nil {
				got = p.Value
			}
			if got != want {
				t.Fatalf("%s is read as %q, want %q\n%s", name, got, want, text)
			}
		}
		start, err := v.GetStartAt()
		end, err2 := v.GetEndAt()
		if err != nil || err2 != nil || !start.Equal(e.Start) || !end.Equal(e.End) {
			t.Fatalf("from %v to %v, %v %v", start, end, err, err2)
		}
		a := v.Attendees()[0]
		want := map[string]string{"": "NEEDS-ACTION", "yes": "ACCEPTED", "no": "DECLINED", "maybe": "TENTATIVE"}[e.Attendee.Answer]
		if a.Value != "mailto:ben@example.org" || string(a.ParticipationStatus()) != want || a.ICalParameters["CN"][0] != name(e.Attendee.Name) || a.ICalParameters["RSVP"][0] != "TRUE" {
			t.Fatalf("attendee %q %v", a.Value, a.ICalParameters)
		}
	})
}

func property(list []independent.CalendarProperty, name string) string {
	for _, p := range list {
		if p.IANAToken == name {
			return p.Value
		}
	}
	return ""
}

// clockOf tells what a zone's description says the clock shows: RFC 5545,
// 3.6.5, with the rules expanded by a library made for them.
func clockOf(t *testing.T, zone *independent.VTimezone, at time.Time) int {
	t.Helper()
	var best time.Time
	offset := 0
	found := false
	for _, k := range zone.Components {
		var c *independent.ComponentBase
		switch k := k.(type) {
		case *independent.Standard:
			c = &k.ComponentBase
		case *independent.Daylight:
			c = &k.ComponentBase
		default:
			t.Fatalf("a zone holds %T", k)
		}
		value := func(name string) string {
			if p := c.GetProperty(independent.ComponentProperty(name)); p != nil {
				return p.Value
			}
			return ""
		}
		start, err := time.Parse("20060102T150405", value("DTSTART"))
		if err != nil {
			t.Fatal(err)
		}
		from := seconds(t, value("TZOFFSETFROM"))
		to := seconds(t, value("TZOFFSETTO"))
		onsets := []time.Time{start}
		if rule := value("RRULE"); rule != "" {
			o, err := rrule.StrToROption(rule)
			if err != nil {
				t.Fatal(err)
			}
			o.Dtstart = start
			r, err := rrule.NewRRule(*o)
			if err != nil {
				t.Fatal(err)
			}
			onsets = r.Between(start, at.AddDate(1, 0, 0), true)
		}
		for _, o := range onsets {
			moment := o.Add(-time.Duration(from) * time.Second)
			if !moment.After(at) && (!found || moment.After(best)) {
				best, offset, found = moment, to, true
			}
		}
	}
	if !found {
		t.Fatalf("nothing is said about %v", at)
	}
	return offset
}

func seconds(t *testing.T, s string) int {
	t.Helper()
	sign := 1
	if s[0] == '-' {
		sign = -1
	}
	n := 0
	for i, unit := range []int{3600, 60, 1} {
		if len(s) < 3+2*i {
			break
		}
		n += unit * (int(s[1+2*i]-'0')*10 + int(s[2+2*i]-'0'))
	}
	return sign * n
}

// zones lists every zone that Go knows.
func zones(t *testing.T) []string {
	t.Helper()
	root, err := exec.Command("go", "env", "GOROOT").Output()
	if err != nil {
		t.Fatal(err)
	}
	z, err := zip.OpenReader(filepath.Join(strings.TrimSpace(string(root)), "lib", "time", "zoneinfo.zip"))
	if err != nil {
		t.Fatal(err)
	}
	defer z.Close()
	var out []string
	for _, f := range z.File {
		if !strings.HasSuffix(f.Name, "/") && f.Name != "Factory" {
			out = append(out, f.Name)
		}
	}
	return out
}

func TestEveryZoneIsDescribedAsItIs(t *testing.T) {
	list := zones(t)
	if len(list) < 400 {
		t.Fatalf("only %d zones", len(list))
	}
	// 29 February, both changes of the clock, years with moved Ramadan rules
	// and one far off.
	days := []time.Time{
		time.Date(2024, 2, 29, 10, 0, 0, 0, time.UTC), time.Date(2025, 3, 30, 1, 30, 0, 0, time.UTC), noon,
		time.Date(2027, 10, 31, 0, 30, 0, 0, time.UTC), time.Date(2028, 2, 29, 23, 45, 0, 0, time.UTC), time.Date(2030, 7, 1, 6, 0, 0, 0, time.UTC),
	}
	for _, name := range list {
		loc, err := time.LoadLocation(name)
		if err != nil {
			t.Fatal(err)
		}
		for _, at := range days {
			if utc(name) {
				continue
			}
			text, err := Feed("x", []Event{{UID: "1", Start: at, End: at.Add(time.Hour), Zone: name, Title: "x", Changed: noon}})
			if err != nil {
				t.Fatal(err)
			}
			c := read(t, text)
			var described *independent.VTimezone
			for _, k := range c.Components {
				if z, ok := k.(*independent.VTimezone); ok {
					described = z
				}
			}
			if described == nil {
				t.Fatalf("%s is not described", name)
			}
			moments := []time.Time{at, at.Add(time.Hour)}
			// Every change of the clock within the year after, just before and at it.
			for _, x := range changes(loc, at, at.AddDate(1, 0, 0)) {
				moments = append(moments, x.at.Add(-time.Second), x.at)
			}
			for _, m := range moments {
				_, want := m.In(loc).Zone()
				if got := clockOf(t, described, m.UTC()); got != want {
					t.Fatalf("%s at %v: described as %d, is %d\n%s", name, m.UTC(), got, want, text)
				}
			}
		}
	}
}

func TestFamiliarZonesHaveARuleThatOutlastsTheWindow(t *testing.T) {
	for _, name := range []string{"Europe/Berlin", "America/New_York", "Australia/Sydney"} {
		text, err := Feed("x", []Event{{UID: "1", Start: noon, End: noon.Add(time.Hour), Zone: name, Title: "x", Changed: noon}})
		if err != nil {
			t.Fatal(err)
		}
		if strings.Count(string(text), "RRULE:FREQ=YEARLY") != 2 {
			t.Errorf("%s has no two rules:\n%s", name, text)
		}
	}
}

// What calendar programs send, from their documentation and mail seen from
// them, with the words changed.
const outlookReply = "BEGIN:VCALENDAR\r\nMETHOD:REPLY\r\nPRODID:Microsoft Exchange Server 2010\r\nVERSION:2.0\r\nBEGIN:VTIMEZONE\r\nTZID:GMT Standard Time\r\nBEGIN:STANDARD\r\nDTSTART:16010101T020000\r\nTZOFFSETFROM:+0100\r\nTZOFFSETTO:+0000\r\nRRULE:FREQ=YEARLY;INTERVAL=1;BYDAY=-1SU;BYMONTH=10\r\nEND:STANDARD\r\nBEGIN:DAYLIGHT\r\nDTSTART:16010101T010000\r\nTZOFFSETFROM:+0000\r\nTZOFFSETTO:+0100\r\nRRULE:FREQ=YEARLY;INTERVAL=1;BYDAY=-1SU;BYMONTH=3\r\nEND:DAYLIGHT\r\nEND:VTIMEZONE\r\nBEGIN:VEVENT\r\nATTENDEE;PARTSTAT=ACCEPTED;CN=Ben:mailto:ben@example.org\r\nCOMMENT;LANGUAGE=en-GB:\\n\r\nUID:u-1\r\nSUMMARY;LANGUAGE=en-GB:Accepted: Coffee\r\nDTSTART;TZID=GMT Standard Time:20261124T120000\r\nDTEND;TZID=GMT Standard Time:20261124T124500\r\nCLASS:PUBLIC\r\nPRIORITY:5\r\nDTSTAMP:20261120T101500Z\r\nTRANSP:OPAQUE\r\nSTATUS:CONFIRMED\r\nSEQUENCE:2\r\nX-MICROSOFT-CDO-APPT-SEQUENCE:2\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"

const googleReply = "BEGIN:VCALENDAR\r\nPRODID:-//Google Inc//Google Calendar 70.9054//EN\r\nVERSION:2.0\r\nCALSCALE:GREGORIAN\r\nMETHOD:REPLY\r\nBEGIN:VEVENT\r\nDTSTART:20261124T120000Z\r\nDTEND:20261124T124500Z\r\nDTSTAMP:20261120T101500Z\r\nORGANIZER;CN=Mill:mailto:meet+abc@example.org\r\nUID:u-1\r\nATTENDEE;CUTYPE=INDIVIDUAL;ROLE=REQ-PARTICIPANT;PARTSTAT=DECLINED;CN=ben@e\r\n xample.org;X-NUM-GUESTS=0:mailto:ben@example.org\r\nLAST-MODIFIED:20261120T101500Z\r\nSEQUENCE:0\r\nSTATUS:CONFIRMED\r\nSUMMARY:Coffee\r\nTRANSP:OPAQUE\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"

const appleReply = "BEGIN:VCALENDAR\r\nCALSCALE:GREGORIAN\r\nMETHOD:REPLY\r\nPRODID:-//Apple Inc.//macOS 15.1//EN\r\nVERSION:2.0\r\nBEGIN:VEVENT\r\nATTENDEE;CN=\"Ben Okri\";CUTYPE=INDIVIDUAL;EMAIL=\"ben@example.org\";PARTSTAT=TENTATIVE:mailto:ben@example.org\r\nDTEND:20261124T124500Z\r\nDTSTAMP:20261120T101500Z\r\nDTSTART:20261124T120000Z\r\nORGANIZER;CN=\"Mill\":mailto:meet+abc@example.org\r\nSEQUENCE:1\r\nUID:u-1\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"

func TestRepliesOfTheUsualProgramsAreRead(t *testing.T) {
	for name, c := range map[string]struct {
		text, answer string
		sequence     int
	}{"outlook": {outlookReply, "yes", 2}, "google": {googleReply, "no", 0}, "apple": {appleReply, "maybe", 1},
		"counter": {strings.Replace(appleReply, "METHOD:REPLY", "METHOD:COUNTER", 1), "maybe", 1}} {
		r, err := ParseReply(strings.NewReader(c.text))
		if err != nil || r.UID != "u-1" || r.Answer != c.answer || r.Sequence != c.sequence {
			t.Errorf("%s is read as %+v, %v", name, r, err)
		}
	}
	for _, text := range []string{"", "BEGIN:VCALENDAR\r\nEND:VCALENDAR\r\n", strings.Replace(googleReply, "REPLY", "REQUEST", 1), strings.Replace(googleReply, "DECLINED", "NEEDS-ACTION", 1)} {
		if r, err := ParseReply(strings.NewReader(text)); err == nil {
			t.Errorf("%q is read as %+v", text, r)
		}
	}
}

func FuzzReplies(f *testing.F) {
	for _, s := range []string{outlookReply, googleReply, appleReply, "BEGIN:VCALENDAR\r\n", "A;B=\":C"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		r, err := ParseReply(strings.NewReader(text))
		if err == nil && (r.UID == "" || r.Answer == "" || r.Sequence < 0) {
			t.Fatalf("%+v without an error", r)
		}
	})
}
