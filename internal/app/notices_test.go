package app

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/guildhall/guildhall/internal/core/access"
	"github.com/guildhall/guildhall/internal/core/notify"
	"github.com/guildhall/guildhall/internal/platform/clock"
	"github.com/guildhall/guildhall/internal/platform/db"
	"github.com/guildhall/guildhall/internal/platform/db/dbtest"
	"github.com/guildhall/guildhall/internal/platform/fault"
	"github.com/guildhall/guildhall/internal/platform/job"
)

// postbox keeps the letters that would have been sent.
type postbox struct {
	sync.Mutex
	letters []notify.Letter
	refuse  error // what every letter meets
}

func (p *postbox) post(_ context.Context, l notify.Letter) error {
	p.Lock()
	defer p.Unlock()
	if p.refuse != nil {
		return p.refuse
	}
	p.letters = append(p.letters, l)
	return nil
}

func TestPeopleAreToldOnceAndByMailInTheirHours(t *testing.T) {
	dbtest.EachMoved(t, func(t *testing.T, d *db.DB, c *clock.Moved) {
		c.Set(time.Date(2026, 11, 24, 9, 0, 0, 0, time.UTC))
		s := playAt(t, d, c)
		ctx := context.Background()
		var box postbox
		s.house.Notices.Post, s.house.Notices.Mails = box.post, func() bool { return true }
		give := func(who, address string) {
			if err := d.Write(ctx, func(tx *db.Tx) error {
				_, err := tx.Exec("UPDATE people SET email = $1 WHERE id = $2", address, s.cast[who].Person)
				return err
			}); err != nil {
				t.Fatal(err)
			}
		}
		give("Ben", "ben@example.org")
		follow := func() {
			t.Helper()
			if err := s.house.Follow(ctx); err != nil {
				t.Fatal(err)
			}
			if err := s.house.Jobs.Drain(ctx); err != nil {
				t.Fatal(err)
			}
		}
		// Tuesday 20:00: Ben is at home.
		s.clock.Set(time.Date(2026, 11, 24, 20, 0, 0, 0, time.UTC))
		var asked, answered struct{ ID string }
		s.call("Ben", "POST", "/api/v1/questions", map[string]any{"title": "How do I read the meter at night?"}, &asked)
		s.call("Chidi", "POST", "/api/v1/questions/"+asked.ID+"/answers", map[string]any{"body": "With a torch, from the side. @Ada knows more."}, &answered)
		follow()
		follow()
		var list struct {
			Items []struct{ Kind, Title, URL string }
		}
		s.call("Ben", "GET", "/api/v1/notices", nil, &list)
		if len(list.Items) != 1 || list.Items[0].Kind != "answered" || !strings.Contains(list.Items[0].URL, answered.ID) {
			t.Errorf("Ben was told %+v, want the answer once", list.Items)
		}
		s.call("Chidi", "GET", "/api/v1/notices", nil, &list)
		if len(list.Items) != 0 {
			t.Errorf("Chidi was told of their own answer: %+v", list.Items)
		}
		s.call("Ada", "GET", "/api/v1/notices", nil, &list)
		if len(list.Items) != 1 || list.Items[0].Kind != "mentioned" {
			t.Errorf("Ada was told %+v, want the mention", list.Items)
		}
		if len(box.letters) != 0 {
			t.Errorf("%d letters at night", len(box.letters))
		}
		s.clock.Set(time.Date(2026, 11, 25, 9, 30, 0, 0, time.UTC))
		follow()
		follow()
		if len(box.letters) != 1 || box.letters[0].Reader.Email != "ben@example.org" || box.letters[0].MessageID == "" {
			t.Fatalf("letters in the morning: %+v, want one to Ben", box.letters)
		}
		// One click stops that kind, without signing in and without an Origin.
		res, err := http.Post(s.url+box.letters[0].Unsubscribe, "application/x-www-form-urlencoded", strings.NewReader("List-Unsubscribe=One-Click"))
		if err != nil {
			t.Fatal(err)
		}
		res.Body.Close()
		if res.StatusCode != 200 {
			t.Errorf("unsubscribing answers %d", res.StatusCode)
		}
		choices, err := s.house.Notices.Choices(ctx, access.Actor{Person: s.cast["Ben"].Person})
		if err != nil || choices["answered"] != notify.App || choices["asked"] != notify.Mail {
			t.Errorf("choices %v, %v; want answered in the app only", choices, err)
		}
		if code, _ := s.get("", "/unsubscribe/"+strings.Repeat("A", 40)); code != 404 {
			t.Errorf("a token nobody signed answers %d, want 404", code)
		}
		s.call("Chidi", "POST", "/api/v1/questions/"+asked.ID+"/answers", map[string]any{"body": "Or wait for the morning."}, &answered)
		follow()
		if len(box.letters) != 1 {
			t.Errorf("a letter after unsubscribing")
		}
		// Read in the app: the next page has nothing new.
		if code, _ := s.post("Ben", "/notices/read", ""); code != 303 {
			t.Errorf("marking as read answers %d", code)
		}
		if _, page := s.get("Ben", "/notices"); strings.Contains(page, ">New<") {
			t.Errorf("a notice is new after it was read")
		}
	})
}

// kindsOf are the kinds of a letter's notices, in their order.
func kindsOf(l notify.Letter) string {
	var kinds []string
	for _, n := range l.Notices {
		kinds = append(kinds, string(n.Kind))
	}
	return strings.Join(kinds, " ")
}

func TestMailThatWaitsComesOnceAndTogether(t *testing.T) {
	dbtest.EachMoved(t, func(t *testing.T, d *db.DB, c *clock.Moved) {
		tuesday := func(hour, minute int) time.Time { return time.Date(2026, 11, 24, hour, minute, 0, 0, time.UTC) }
		c.Set(tuesday(9, 0))
		s := playAt(t, d, c)
		ctx := t.Context()
		var box postbox
		s.house.Notices.Post, s.house.Notices.Mails = box.post, func() bool { return true }
		ben := s.cast["Ben"]
		set := func(sql string, args ...any) {
			t.Helper()
			if err := d.Write(ctx, func(tx *db.Tx) error {
				_, err := tx.Exec(sql, args...)
				return err
			}); err != nil {
				t.Fatal(err)
			}
		}
		set("UPDATE people SET email = 'ben@example.org', hours = 'Mon-Fri 08:00-12:00,13:00-17:00' WHERE id = $1", ben.Person)
		at := func(when time.Time, letters int) {
			t.Helper()
			s.clock.Set(when)
			if err := s.house.Follow(ctx); err != nil {
				t.Fatal(err)
			}
			// A letter that is refused is tried again; what it says then is checked below.
			_ = s.house.Jobs.Drain(ctx)
			if len(box.letters) != letters {
				t.Fatalf("%d letters on %s, want %d", len(box.letters), when.Format("Mon 15:04"), letters)
			}
		}
		var asked, answered struct{ ID string }
		s.call("Ben", "POST", "/api/v1/questions", map[string]any{"title": "How do I read the meter?"}, &asked)
		answer := func() {
			t.Helper()
			s.call("Chidi", "POST", "/api/v1/questions/"+asked.ID+"/answers", map[string]any{"body": "With a torch."}, &answered)
		}
		choose := func(kind, way string) {
			t.Helper()
			s.call("Ben", "PUT", "/api/v1/notices/choices", map[string]any{"choices": []map[string]string{{"kind": kind, "way": way}}}, nil)
		}
		comment := func() {
			t.Helper()
			s.call("Chidi", "POST", "/api/v1/questions/"+asked.ID+"/comments", map[string]any{"body": "Which one?"}, nil)
		}
		choose("commented", "digest")

		// At work the one thing comes at once. What is for the digest waits for
		// the next working day, not for the end of the lunch break.
		answer()
		comment()
		at(tuesday(9, 1), 1)
		if l := box.letters[0]; kindsOf(l) != "answered" || l.MessageID == "" {
			t.Errorf("the first letter tells %q", kindsOf(l))
		}
		at(tuesday(13, 5), 1)
		// In the evening two answers come: next morning there is one letter of
		// all that waits, and nothing after it.
		s.clock.Set(tuesday(20, 0))
		answer()
		answer()
		at(tuesday(20, 1), 1)
		at(tuesday(8, 1).AddDate(0, 0, 1), 2)
		if got := kindsOf(box.letters[1]); got != "commented answered answered" {
			t.Errorf("the letter of the morning tells %q", got)
		}
		at(tuesday(12, 30).AddDate(0, 0, 1), 2)
		at(tuesday(8, 1).AddDate(0, 0, 2), 2)

		// The mail server is down until evening: the mail waits for the morning,
		// for that is when it is welcome then, and what came meanwhile is in it.
		box.refuse = fault.New(fault.Unavailable, "fault.mail_failed")
		thursday := tuesday(16, 50).AddDate(0, 0, 2)
		s.clock.Set(thursday)
		answer()
		at(thursday, 2)
		at(thursday.Add(5*time.Minute), 2)
		box.refuse = nil
		at(thursday.Add(3*time.Hour), 2)
		answer()
		at(tuesday(8, 1).AddDate(0, 0, 3), 3)
		if got := kindsOf(box.letters[2]); got != "answered answered" {
			t.Errorf("the letter after the outage tells %q", got)
		}

		// What was read, what is wanted otherwise since, and what comes while
		// the reader is away is not mailed in the meantime.
		friday := tuesday(18, 0).AddDate(0, 0, 3)
		s.clock.Set(friday)
		answer()
		at(friday, 3)
		choose("answered", "app")
		monday := tuesday(8, 1).AddDate(0, 0, 6)
		at(monday, 3)
		choose("answered", "mail")
		at(monday.Add(time.Minute), 3)
		s.clock.Set(monday.Add(10 * time.Hour))
		answer()
		at(monday.Add(10*time.Hour), 3)
		set("UPDATE people SET away_from = $1, away_until = $2 WHERE id = $3", db.At(monday.Add(12*time.Hour)), db.At(monday.AddDate(0, 0, 3)), ben.Person)
		at(monday.AddDate(0, 0, 1), 3)
		at(monday.AddDate(0, 0, 3), 4)
		if got := kindsOf(box.letters[3]); got != "answered" {
			t.Errorf("the letter after being away tells %q", got)
		}

		// One click on a letter of several kinds stops them all, also when a
		// program presses it twice, and a page only asks.
		s.clock.Set(monday.AddDate(0, 0, 3).Add(12 * time.Hour))
		answer()
		comment()
		at(monday.AddDate(0, 0, 4), 5)
		stop := box.letters[4].Unsubscribe
		ways := func() string {
			t.Helper()
			w, err := s.house.Notices.Choices(ctx, access.Actor{Person: ben.Person})
			if err != nil {
				t.Fatal(err)
			}
			return string(w["answered"] + " " + w["commented"] + " " + w["asked"])
		}
		if code, page := s.get("", stop); code != 200 || !strings.Contains(page, "<li>An answer to what you asked or follow</li><li>A comment on") && !strings.Contains(page, "<li>A comment on what you asked or follow</li><li>An answer") || ways() != "mail digest mail" {
			t.Errorf("the page answers %d, %s, and then Ben is told by %s", code, page, ways())
		}
		for range 2 {
			if code, _ := s.post("", stop, "List-Unsubscribe=One-Click"); code != 200 || ways() != "app app mail" {
				t.Errorf("unsubscribing answers %d, and then Ben is told by %s", code, ways())
			}
		}
	})
}

// TestAnAdminSeesMailThatDidNotGoOut refuses a mail, once for good and once for now.
func TestAnAdminSeesMailThatDidNotGoOut(t *testing.T) {
	dbtest.EachMoved(t, func(t *testing.T, d *db.DB, c *clock.Moved) {
		c.Set(time.Date(2026, 11, 24, 10, 0, 0, 0, time.UTC))
		s := playAt(t, d, c)
		ctx := t.Context()
		var box postbox
		s.house.Notices.Post, s.house.Notices.Mails = box.post, func() bool { return true }
		if err := d.Write(ctx, func(tx *db.Tx) error {
			_, err := tx.Exec("UPDATE people SET email = 'ben@example.org' WHERE id = $1", s.cast["Ben"].Person)
			return err
		}); err != nil {
			t.Fatal(err)
		}
		var asked struct{ ID string }
		s.call("Ben", "POST", "/api/v1/questions", map[string]any{"title": "How do I read the meter?"}, &asked)
		follow := func() {
			t.Helper()
			if err := s.house.Follow(ctx); err != nil {
				t.Fatal(err)
			}
			_ = s.house.Jobs.Drain(ctx) // the letters that fail are looked at below
		}
		answer := func() {
			t.Helper()
			s.call("Chidi", "POST", "/api/v1/questions/"+asked.ID+"/answers", map[string]any{"body": "With a torch."}, nil)
			follow()
		}
		var mail struct {
			Waiting int
			Said    string
			NextAt  *time.Time `json:"next_at"`
			Refused []struct{ Name, Said string }
		}
		look := func(waiting, refused int) string {
			t.Helper()
			mail.NextAt = nil
			s.call("Ada", "GET", "/api/v1/admin/mail", nil, &mail)
			if mail.Waiting != waiting || len(mail.Refused) != refused || (mail.NextAt != nil) != (waiting > 0) {
				t.Fatalf("outgoing mail is %+v, want %d that wait and %d refused", mail, waiting, refused)
			}
			_, page := s.get("Ada", "/admin/mail")
			return page
		}
		if page := look(0, 0); strings.Contains(page, "Try again now") {
			t.Errorf("nothing failed, and the page offers to try again")
		}
		box.refuse = fault.Because(fault.Unavailable, "fault.mail_failed", errors.New("421 come back later"))
		answer()
		if page := look(1, 0); !strings.Contains(page, "421 come back later") || mail.Said != "421 come back later" {
			t.Errorf("the page does not say what the server said; the API says %q", mail.Said)
		}
		box.refuse = nil
		if code, _ := s.post("Ada", "/admin/mail", "do=again"); code != 303 {
			t.Fatalf("trying again answers %d", code)
		}
		follow()
		if look(0, 0); len(box.letters) != 1 {
			t.Fatalf("%d letters after trying again, want 1", len(box.letters))
		}
		box.refuse = job.Never(fault.Because(fault.Invalid, "fault.mail_refused", errors.New("550 nobody of that name")))
		answer()
		if page := look(0, 1); !strings.Contains(page, "550 nobody of that name") || mail.Refused[0].Name != "Ben" {
			t.Errorf("the page does not say who was refused and why; the API says %+v", mail.Refused)
		}
		answer()
		look(0, 1) // of the same person
		// Both were to bring what waits for Ben: tried again they are one mail.
		box.refuse = nil
		s.call("Ada", "POST", "/api/v1/admin/mail/retries", nil, nil)
		follow()
		if look(0, 0); len(box.letters) != 2 || kindsOf(box.letters[1]) != "answered answered" {
			t.Fatalf("%d letters, the last tells %q", len(box.letters), kindsOf(box.letters[len(box.letters)-1]))
		}
		box.refuse = job.Never(errors.New("550 still nobody"))
		answer()
		look(0, 1)
		if code, _ := s.post("Ben", "/admin/mail", "do=forget"); code != 404 && code != 403 {
			t.Errorf("Ben forgets mail with %d", code)
		}
		look(0, 1)
		if code, _ := s.post("Ada", "/admin/mail", "do=forget"); code != 303 {
			t.Errorf("forgetting answers %d", code)
		}
		look(0, 0)
	})
}

func TestAStreamEndsWithItsLogin(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s := play(t, d)
		ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
		defer cancel()
		req, err := http.NewRequestWithContext(ctx, "GET", s.url+"/live", nil)
		if err != nil {
			t.Fatal(err)
		}
		req.AddCookie(&http.Cookie{Name: "guildhall", Value: s.cast["Ben"].cookie})
		res, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		defer res.Body.Close()
		b := make([]byte, 256)
		n, err := res.Body.Read(b)
		if err != nil || !strings.Contains(string(b[:n]), `"count":0`) {
			t.Fatalf("the stream begins with %q, %v", b[:n], err)
		}
		if code, _ := s.post("Ben", "/logout", ""); code != 303 {
			t.Fatalf("signing out answers %d", code)
		}
		for err == nil {
			_, err = res.Body.Read(b)
		}
		if ctx.Err() != nil {
			t.Errorf("the stream of an ended login stays open")
		}
	})
}
