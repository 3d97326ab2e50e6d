package app

import (
	"context"
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
)

// postbox keeps the letters that would have been sent.
type postbox struct {
	sync.Mutex
	letters []notify.Letter
}

func (p *postbox) post(_ context.Context, l notify.Letter) error {
	p.Lock()
	defer p.Unlock()
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
