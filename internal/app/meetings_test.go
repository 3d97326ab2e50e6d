package app

import (
	"context"
	"fmt"
	"net"
	"net/smtp"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	gosmtp "github.com/emersion/go-smtp"

	"github.com/guildhall/guildhall/internal/core/access"
	"github.com/guildhall/guildhall/internal/core/meet"
	"github.com/guildhall/guildhall/internal/core/organisation"
	"github.com/guildhall/guildhall/internal/platform/clock"
	"github.com/guildhall/guildhall/internal/platform/db"
	"github.com/guildhall/guildhall/internal/platform/db/dbtest"
	"github.com/guildhall/guildhall/internal/platform/id"
)

// posted lets a house send mail to a real server and returns what came.
func (s *stage) posted(names ...string) *office {
	s.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		s.Fatal(err)
	}
	o := &office{}
	srv := gosmtp.NewServer(o)
	go func() { _ = srv.Serve(l) }()
	s.Cleanup(func() { srv.Close() })
	if err := s.house.Organisation.Change(s.Context(), func(x *organisation.Settings) error {
		x.Name, x.PublicURL = "Tidewater", "https://hall.example.org"
		x.Mail = &organisation.Mail{Host: "127.0.0.1", Port: l.Addr().(*net.TCPAddr).Port, TLS: "none", From: "hall@example.org"}
		return nil
	}); err != nil {
		s.Fatal(err)
	}
	for _, n := range names {
		s.write(func(tx *db.Tx) error {
			_, err := tx.Exec("UPDATE people SET email = $1 WHERE id = $2", strings.ToLower(n)+"@example.org", s.cast[n].Person)
			return err
		})
	}
	return o
}

func (s *stage) jobs() {
	s.Helper()
	if err := s.house.Follow(s.Context()); err != nil {
		s.Fatal(err)
	}
	if err := s.house.Jobs.Drain(s.Context()); err != nil {
		s.Fatal(err)
	}
}

// as is somebody of the cast.
func (s *stage) as(who string) access.Actor {
	s.Helper()
	a, err := s.house.People.ActorOf(s.Context(), s.cast[who].Person)
	if err != nil {
		s.Fatal(err)
	}
	return a
}

// talk plans a meeting of Ben and Chidi tomorrow at ten.
func (s *stage) talk(every int) id.ID {
	s.Helper()
	var n id.ID
	start := time.Date(2026, 11, 25, 10, 0, 0, 0, time.UTC)
	s.write(func(tx *db.Tx) error {
		a, err := access.NewAudience(tx, s.clock, "pair", 0)
		if err != nil {
			return err
		}
		for _, who := range []string{"Ben", "Chidi"} {
			if err := access.Join(tx, a, s.cast[who].Person, "member"); err != nil {
				return err
			}
		}
		n, err = s.house.Meetings.Plan(tx, s.as("Ben"), meet.New{
			Audience: a, About: 1, Kind: "coffee", Title: "Coffee, Ben and Chidi", Agenda: "Looms; and *tea*", Place: "Canteen", Start: start,
			End: start.Add(45 * time.Minute), Zone: "Europe/London", EveryDays: every, People: []id.ID{s.cast["Ben"].Person, s.cast["Chidi"].Person},
		})
		return err
	})
	return n
}

// calendars returns the iCalendar texts of the mails to somebody, unfolded.
func (o *office) calendars(to string) []string {
	o.mu.Lock()
	defer o.mu.Unlock()
	var out []string
	for _, m := range o.mail {
		head, _, _ := strings.Cut(m, "\r\n\r\n")
		if !strings.Contains(head, to) {
			continue
		}
		text := strings.ReplaceAll(strings.ReplaceAll(m, "=\r\n", ""), "=3D", "=")
		_, text, ok := strings.Cut(text, "BEGIN:VCALENDAR")
		if !ok {
			continue
		}
		text, _, _ = strings.Cut(text, "END:VCALENDAR")
		out = append(out, strings.ReplaceAll(text, "\r\n ", ""))
	}
	return out
}

func TestAMeetingIsInEverybodysCalendarAndChangesWithIt(t *testing.T) {
	dbtest.EachMoved(t, func(t *testing.T, d *db.DB, c *clock.Moved) {
		c.Set(time.Date(2026, 11, 24, 9, 0, 0, 0, time.UTC))
		s := playAt(t, d, c)
		s.house.config.Replies = "hall@reply.example.org"
		o := s.posted("Ben", "Chidi")
		n := s.talk(0)
		s.jobs()
		ben, chidi := o.calendars("ben@example.org"), o.calendars("chidi@example.org")
		if len(ben) != 1 || len(chidi) != 1 {
			t.Fatalf("%d and %d invitations of %d mails", len(ben), len(chidi), len(o.mail))
		}
		for _, want := range []string{"METHOD:REQUEST", "SEQUENCE:0", "SUMMARY:Coffee\\, Ben and Chidi", "DTSTART;TZID=Europe/London:20261125T100000", "BEGIN:VTIMEZONE", "PARTSTAT=NEEDS-ACTION", "RSVP=TRUE", "mailto:chidi@example.org"} {
			if !strings.Contains(chidi[0], want) {
				t.Errorf("no %s in\n%s", want, chidi[0])
			}
		}
		if strings.Contains(chidi[0], "ben@example.org") {
			t.Error("an invitation tells an address of somebody else")
		}
		if !strings.Contains(ben[0], "PARTSTAT=ACCEPTED") {
			t.Error("who planned it is asked whether they come")
		}

		// Chidi's calendar program answers by mail.
		to := regexp.MustCompile(`hall\+[a-z0-9]+@reply\.example\.org`).FindString(chidi[0])
		uid := regexp.MustCompile(`UID:(\S+)`).FindStringSubmatch(chidi[0])[1]
		if to == "" {
			t.Fatalf("no address to answer to in\n%s", chidi[0])
		}
		in, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		s.house.config.MailIn = in
		ctx, stop := context.WithCancel(t.Context())
		ended := make(chan error, 1)
		go func() { ended <- s.house.takeMail(ctx) }()
		say := func(to, uid, answer string, sequence int) error {
			return smtp.SendMail(in.Addr().String(), nil, "chidi@example.org", []string{to}, []byte("From: chidi@example.org\r\nTo: "+to+"\r\nSubject: Re\r\nContent-Type: text/calendar; method=REPLY; charset=utf-8\r\n\r\n"+
				fmt.Sprintf("BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:x\r\nMETHOD:REPLY\r\nBEGIN:VEVENT\r\nUID:%s\r\nSEQUENCE:%d\r\nDTSTAMP:20261124T090000Z\r\nATTENDEE;PARTSTAT=%s:mailto:chidi@example.org\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n", uid, sequence, answer)))
		}
		if err := say(to, uid, "ACCEPTED", 0); err != nil {
			t.Fatal(err)
		}
		m, err := s.house.Meetings.Open(t.Context(), s.as("Ben"), n)
		if err != nil {
			t.Fatal(err)
		}
		if a, _ := m.Attends(s.cast["Chidi"].Person); a.Answer != "yes" {
			t.Errorf("after the reply the answer is %q", a.Answer)
		}
		forged := to[:len(to)-len("x@reply.example.org")] + "x@reply.example.org"
		if forged == to {
			forged = strings.Replace(to, "x@reply", "y@reply", 1)
		}
		for what, err := range map[string]error{
			"a forged address": say(forged, uid, "DECLINED", 9), "another uid": say(to, "other", "DECLINED", 9), "the bare address": say("hall@reply.example.org", uid, "DECLINED", 9),
		} {
			if err == nil || !strings.Contains(err.Error(), "550") {
				t.Errorf("%s is answered %v", what, err)
			}
		}
		if err := smtp.SendMail(in.Addr().String(), nil, "chidi@example.org", []string{to}, []byte("Subject: away\r\n\r\nI am away.\r\n")); err != nil {
			t.Errorf("an out-of-office mail is refused: %v", err)
		}

		// Ben moves it: everybody is told, Chidi asked anew, an old answer counts no more.
		next := time.Date(2026, 11, 26, 14, 0, 0, 0, time.UTC)
		if err := s.house.Meetings.Change(t.Context(), s.as("Ben"), n, meet.Change{Title: m.Title, Start: next, End: next.Add(time.Hour), Zone: "Europe/London"}); err != nil {
			t.Fatal(err)
		}
		s.jobs()
		chidi = o.calendars("chidi@example.org")
		if len(chidi) != 2 || !strings.Contains(chidi[1], "SEQUENCE:1") || !strings.Contains(chidi[1], "UID:"+uid) || !strings.Contains(chidi[1], "PARTSTAT=NEEDS-ACTION") {
			t.Fatalf("the change is mailed as %q", chidi[1:])
		}
		if err := say(to, uid, "TENTATIVE", 1); err != nil {
			t.Fatal(err)
		}
		if err := say(to, uid, "ACCEPTED", 0); err != nil {
			t.Fatal(err)
		}
		m, _ = s.house.Meetings.Open(t.Context(), s.as("Ben"), n)
		if a, _ := m.Attends(s.cast["Chidi"].Person); a.Answer != "maybe" {
			t.Errorf("an answer to the old time counts: %q", a.Answer)
		}
		stop()
		if err := <-ended; err != nil {
			t.Error(err)
		}

		// It is called off.
		if err := s.house.Meetings.Cancel(t.Context(), s.as("Chidi"), n, false); err != nil {
			t.Fatal(err)
		}
		s.jobs()
		ben = o.calendars("ben@example.org")
		if last := ben[len(ben)-1]; !strings.Contains(last, "METHOD:CANCEL") || !strings.Contains(last, "SEQUENCE:2") || !strings.Contains(last, "STATUS:CANCELLED") {
			t.Errorf("the cancellation is mailed as\n%s", last)
		}
		if _, page := s.get("Ben", "/notices"); !strings.Contains(page, "Chidi called off") {
			t.Error("Ben is not told in the app")
		}
		if code, _ := s.get("Ada", "/meetings/"+n.String()); code != 404 {
			t.Errorf("an admin who is not of the pair gets %d", code)
		}
	})
}

func TestPeopleAreAskedWhetherTheyMetAndASeriesGoesOn(t *testing.T) {
	dbtest.EachMoved(t, func(t *testing.T, d *db.DB, c *clock.Moved) {
		c.Set(time.Date(2026, 11, 24, 9, 0, 0, 0, time.UTC))
		s := playAt(t, d, c)
		o := s.posted("Ben", "Chidi")
		n := s.talk(14)
		s.jobs()
		if code, _ := s.post("Ben", "/meetings/"+n.String()+"/confirmation", "met=yes"); code != 409 {
			t.Errorf("confirming before it began answers %d", code)
		}
		c.Set(time.Date(2026, 11, 25, 11, 5, 0, 0, time.UTC))
		s.settle()
		var link []string
		for _, m := range o.mail {
			text := strings.ReplaceAll(strings.ReplaceAll(m, "=\r\n", ""), "=3D", "=")
			if l := regexp.MustCompile(`https://hall\.example\.org(/met/[a-z0-9]+)`).FindStringSubmatch(text); l != nil && strings.Contains(m, "chidi@example.org") {
				link = l
			}
		}
		if link == nil {
			t.Fatalf("nobody asks Chidi whether they met:\n%s", o.mail)
		}
		if code, page := s.get("", link[1]); code != 200 || !strings.Contains(page, "Did you meet Ben") {
			t.Errorf("the link answers %d %.300s", code, page)
		}
		if m, _ := s.house.Meetings.Open(t.Context(), s.as("Ben"), n); m.Met() {
			t.Error("following the link alone says that they met")
		}
		if code, page := s.post("", link[1], "met=yes"); code != 200 || !strings.Contains(page, "Noted") {
			t.Errorf("saying so answers %d", code)
		}
		m, err := s.house.Meetings.Open(t.Context(), s.as("Ben"), n)
		if err != nil || !m.Met() || m.Mine(s.cast["Chidi"].Person) != "yes" || m.Mine(s.cast["Ben"].Person) != "" {
			t.Errorf("%+v %v", m, err)
		}
		if code, _ := s.get("", "/met/"+strings.Repeat("0", 42)); code != 404 {
			t.Errorf("a made-up link answers %d", code)
		}
		// The series goes on, at ten by the clock of London.
		if m.Next == 0 {
			t.Fatal("the series ended")
		}
		next, err := s.house.Meetings.Open(t.Context(), s.as("Ben"), m.Next)
		if err != nil || !next.Start.Equal(time.Date(2026, 12, 9, 10, 0, 0, 0, time.UTC)) || next.EveryDays != 14 {
			t.Errorf("the next is %v %v", next.Start, err)
		}
		// Again: nothing doubles.
		s.jobs()
		list, _, err := s.house.Meetings.List(t.Context(), s.as("Ben"), false, meet.Mark{}, 0)
		if err != nil || len(list) != 1 {
			t.Errorf("%d meetings are coming, %v", len(list), err)
		}
	})
}

func TestAFeedIsReadWithoutSigningInUntilItEnds(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s := play(t, d)
		s.talk(0)
		var made struct{ URL string }
		if code := s.call("Chidi", "POST", "/api/v1/calendar-feed", nil, &made); code != 201 {
			t.Fatalf("making a feed answers %d", code)
		}
		path := made.URL[strings.Index(made.URL, "/calendar/"):]
		code, text := s.get("", path)
		if code != 200 || !strings.Contains(text, "SUMMARY:Coffee\\, Ben and Chidi") || !strings.Contains(text, "With Ben") {
			t.Errorf("the feed answers %d\n%s", code, text)
		}
		if code := s.call("Chidi", "DELETE", "/api/v1/calendar-feed", nil, nil); code != 204 {
			t.Errorf("ending it answers %d", code)
		}
		if code, _ := s.get("", path); code != 404 {
			t.Errorf("an ended feed answers %d", code)
		}
		// A calendar program needs the whole address, also before anybody said
		// under which one the house is reached.
		if _, page := s.post("Chidi", "/meetings/feed", ""); !strings.Contains(page, ">"+s.url+"/calendar/") {
			t.Errorf("the new address is not whole\n%s", page)
		}
	})
}

func TestAFormThatIsWrongKeepsWhatWasTyped(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s := play(t, d)
		n := s.talk(0)
		path := "/meetings/" + n.String()
		code, page := s.post("Ben", path, "title=Tea&agenda=Only+green&slot=own&day=2020-01-01&time=10:00&minutes=45&link=javascript:alert(1)")
		if code != 422 || !strings.Contains(page, "Only green") || !strings.Contains(page, "2020-01-01") || !strings.Contains(page, "still to come") || !strings.Contains(page, "https://") {
			t.Errorf("answers %d\n%s", code, page)
		}
		if code, to := s.post("Ben", path, "title=Tea&agenda=&slot=own&day=2026-11-27&time=10:30&minutes=45"); code != 303 || to != path {
			t.Errorf("answers %d %s", code, to)
		}
		if _, page := s.get("Chidi", path); !strings.Contains(page, "Tea") || !strings.Contains(page, "10:30") {
			t.Errorf("the page shows\n%s", page)
		}
	})
}

func TestTheVideoLinkOfTheOrganisationGivesEveryMeetingARoom(t *testing.T) {
	dbtest.EachMoved(t, func(t *testing.T, d *db.DB, c *clock.Moved) {
		c.Set(time.Date(2026, 11, 24, 9, 0, 0, 0, time.UTC))
		s := playAt(t, d, c)
		form := "organisation=Tidewater&time_zone=Europe/London&meeting_link="
		for _, wrong := range []string{"javascript:alert(1)", "nonsense", "https://{room}:p@evil.example", "https://video.example.org/a+b"} {
			if code, _ := s.post("Ada", "/admin/organisation", form+wrong); code != 422 {
				t.Errorf("%q answers %d", wrong, code)
			}
		}
		if code, _ := s.post("Ada", "/admin/organisation", form+"https://video.example.org/{room}"); code != 303 {
			t.Fatalf("saving it answers %d", code)
		}
		if _, body := s.get("Ada", "/admin/organisation"); !strings.Contains(body, "https://video.example.org/{room}") || !strings.Contains(body, "Write {room} where") {
			t.Error("the form does not show what was saved")
		}
		links := map[string]bool{}
		for i := range 2 {
			var n id.ID
			start := time.Date(2026, 11, 25, 10+i, 0, 0, 0, time.UTC)
			s.write(func(tx *db.Tx) (err error) {
				n, err = s.house.Meetings.Plan(tx, s.as("Ben"), meet.New{
					Audience: access.Organisation, About: 1, Kind: "coffee", Title: "Talk", Online: true, Start: start, End: start.Add(time.Hour), Zone: "UTC",
					People: []id.ID{s.cast["Ben"].Person, s.cast["Chidi"].Person},
				})
				return err
			})
			m, err := s.house.Meetings.Open(s.Context(), s.as("Ben"), n)
			if err != nil || !regexp.MustCompile(`^https://video\.example\.org/[a-z2-7]{16}$`).MatchString(m.Link) {
				t.Errorf("the link is %q, %v", m.Link, err)
			}
			links[m.Link] = true
		}
		if len(links) != 2 {
			t.Error("two meetings share a room")
		}
	})
}

// TestEverythingWrongWithAMeetingIsToldAtOnce posts every form that plans
// something with nothing in it that can be read, and looks for each fault at
// its field, where the summary leads, and for what was typed.
func TestEverythingWrongWithAMeetingIsToldAtOnce(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		g := newGuild(t, d)
		place := strings.Repeat("p", 201)
		wrong := "&slot=own&day=someday&time=noon&minutes=long&link=javascript:x&place=" + place
		for _, form := range []struct {
			pattern, row, send string
			more               []string // the fields of this form alone
		}{
			{"/meetings/{id}", invisible, "title=", []string{"title"}},
			{"/coffee/pairs/{id}/meeting", visible, "agenda=" + strings.Repeat("a", 5001), []string{"agenda"}},
			{"/coffee/hours", "", "title=&seats=many&every=never", []string{"title", "seats", "every"}},
			{"/coffee/lotteries", "", "title=&seats=many&guest=Nobody+At+All", []string{"title", "seats", "guest"}},
			{"/swaps/{id}/lessons", visible, "teacher={ben}", nil},
			{"/mentorships/{id}/meetings", invisible, "title=&every=100", []string{"title", "every"}},
			{"/team-hours/{id}/meetings", visible, "with={mia}", nil},
		} {
			path := form.pattern
			if form.row != "" {
				path = strings.Replace(path, "{id}", g.thing("POST "+form.pattern, form.row), 1)
			}
			people := strings.NewReplacer("{ben}", g.cast["Ben"].Person.String(), "{mia}", g.cast["Mia"].Person.String())
			for _, slot := range []string{"own", "nonsense"} {
				who := "Ben"
				if slices.Contains(form.more, "guest") {
					who = "Ada" // only who organises names a guest
				}
				code, page, _ := g.ask(who, "POST", path, people.Replace(form.send)+strings.Replace(wrong, "own", slot, 1))
				if code != 422 || !strings.Contains(page, "Choose a day and a time.") || strings.Contains(page, "the group a name") {
					t.Errorf("%s answers %d\n%s", form.pattern, code, page)
					continue
				}
				for _, name := range append([]string{"when", "minutes", "place", "link"}, form.more...) {
					if strings.Count(page, `href="#`+name+`"`) != 1 || !strings.Contains(page, `id="`+name+`"`) || name != "when" && !strings.Contains(page, `id="`+name+`-e"`) {
						t.Errorf("%s does not say what is wrong with %s\n%s", form.pattern, name, page)
					}
				}
				for _, typed := range []string{`value="someday"`, `value="noon"`, `value="javascript:x"`, `value="` + place + `"`} {
					if !strings.Contains(page, typed) {
						t.Errorf("%s does not keep %s", form.pattern, typed)
					}
				}
			}
		}
	})
}
