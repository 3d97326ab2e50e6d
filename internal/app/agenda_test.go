package app

import (
	"fmt"
	"html"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/guildhall/guildhall/internal/platform/clock"
	"github.com/guildhall/guildhall/internal/platform/db"
	"github.com/guildhall/guildhall/internal/platform/db/dbtest"
)

// agenda is what the form of a next talk proposes to talk about.
func (s *stage) agenda(who, room string) string {
	s.Helper()
	page := s.page(who, room+"/meetings/new")
	_, text, ok := strings.Cut(page, `id="agenda"`)
	text, _, end := strings.Cut(text, "</textarea>")
	if !ok || !end {
		s.Fatalf("no agenda in\n%s", page)
	}
	return html.UnescapeString(text)
}

// pledged is the room of Ben and Chidi, who chose each other.
func pledged(t *testing.T, d *db.DB, c *clock.Moved) (*stage, string) {
	t.Helper()
	c.Set(time.Date(2026, 11, 24, 9, 0, 0, 0, time.UTC))
	s := playAt(t, d, c)
	s.practise("mentoring")
	at := s.programme("women", url.Values{"way": {"self"}})
	s.hosts("Ben", at, 1)
	s.enrol("Chidi", at, "mentee", "welding")
	s.settle()
	room := s.asks("Chidi", at, "Ben")
	if code := s.call("Ben", "PUT", "/api/v1"+room+"/answer", fields{"yes": true}, nil); code != 204 {
		t.Fatalf("the yes answers %d", code)
	}
	s.settle()
	return s, room
}

func TestAnOpenPromiseNeverFallsOutOfATalk(t *testing.T) {
	dbtest.EachMoved(t, func(t *testing.T, d *db.DB, c *clock.Moved) {
		s, room := pledged(t, d, c)
		s.made("Chidi", room+"/promises", fields{"words": "Practise on scrap"})
		for n := range 25 {
			s.made("Ben", room+"/promises", fields{"words": fmt.Sprintf("Sketch %02d", n)})
		}
		if text := s.agenda("Ben", room); !strings.Contains(text, "Practise on scrap") || !strings.Contains(text, "Sketch 24") || strings.Contains(text, "Sketch 23") {
			t.Errorf("the next talk opens with\n%s", text)
		}
		// It can be settled where it is read first; what is settled is a page further.
		page := s.want("Chidi", room, 200, "Practise on scrap", "Sketch 05", "-", "Sketch 04")
		if strings.Count(page, "/promises/") != 1 {
			t.Errorf("Chidi's one promise is not there to be settled\n%s", page)
		}
		older := findHref(page, room+"?promises=")
		s.want("Chidi", older, 200, "Sketch 04", "Sketch 00", "Practise on scrap", "-", "Sketch 05")
		var m struct {
			Promises []struct{ Words, State string }
		}
		if code := s.call("Chidi", "GET", "/api/v1"+room, nil, &m); code != 200 || len(m.Promises) != 21 || m.Promises[20].Words != "Practise on scrap" || m.Promises[20].State != "open" {
			t.Errorf("a program reads %d %+v", code, m.Promises)
		}
	})
}

func TestPromisesOfALargeGroupLeaveRoomInTheAgenda(t *testing.T) {
	dbtest.EachMoved(t, func(t *testing.T, d *db.DB, c *clock.Moved) {
		s, room := pledged(t, d, c)
		var ids []string
		for n := range 30 {
			ids = append(ids, s.made("Ben", room+"/promises", fields{"words": fmt.Sprintf("Stage %02d ", n) + strings.Repeat("é", 290)}))
		}
		for _, n := range ids {
			if code := s.call("Ben", "PUT", "/api/v1"+room+"/promises/"+n, fields{"kept": false}, nil); code != 204 {
				t.Fatalf("opening a promise again answers %d", code)
			}
		}
		text := s.agenda("Chidi", room)
		for n := range 30 {
			if !strings.Contains(text, fmt.Sprintf("Stage %02d", n)) {
				t.Errorf("promise %d fell out", n)
			}
		}
		_, text, _ = strings.Cut(text, ">")
		when := url.Values{"title": {"Talk"}, "agenda": {strings.TrimSpace(text)}, "slot": {"own"}, "day": {"2026-12-01"}, "time": {"10:00"}, "minutes": {"45"}, "every": {"0"}}
		if code, page := s.post("Chidi", room+"/meetings", when.Encode()); code != 303 {
			t.Errorf("the proposed agenda answers %d %.400s", code, page)
		}
	})
}

func TestEveryTalkOfASeriesOpensWithThePromises(t *testing.T) {
	dbtest.EachMoved(t, func(t *testing.T, d *db.DB, c *clock.Moved) {
		s, room := pledged(t, d, c)
		o := s.posted("Ben")
		when := url.Values{"title": {"Welding"}, "agenda": {"Bring gloves"}, "slot": {"own"}, "day": {"2026-12-01"}, "time": {"10:00"}, "minutes": {"45"}, "every": {"7"}, "link": {"https://video.example.org/weld-room"}}
		if code, page := s.post("Chidi", room+"/meetings", when.Encode()); code != 303 {
			t.Fatalf("planning a series answers %d %.400s", code, page)
		}
		s.settle()
		coming := func() string {
			t.Helper()
			var out struct {
				Items []struct{ ID string }
			}
			if code := s.call("Chidi", "GET", "/api/v1/meetings", nil, &out); code != 200 || len(out.Items) != 1 {
				t.Fatalf("Chidi has %d meetings: %d", len(out.Items), code)
			}
			return "/meetings/" + out.Items[0].ID
		}
		first := coming()
		s.want("Ben", first, 200, "Bring gloves", "-", "Promised since the last talk")
		rods := s.made("Ben", room+"/promises", fields{"words": "Find the rods"})
		c.Set(time.Date(2026, 12, 1, 13, 0, 0, 0, time.UTC))
		s.settle()
		second := coming()
		// The invitation to the second talk, and the feed of who has no mail, say
		// what it opens with; the feed goes on to say what is promised later.
		unfold := strings.NewReplacer("\r\n ", "", "\n ", "")
		list := o.calendars("ben@example.org")
		if len(list) != 2 || strings.Contains(unfold.Replace(list[0]), "Find the rods") || !strings.Contains(unfold.Replace(list[1]), "Find the rods") || !strings.Contains(unfold.Replace(list[1]), "One promise each") {
			t.Errorf("Ben's calendar is told %d times:\n%s", len(list), strings.Join(list, "\n"))
		}
		var feed struct{ URL string }
		if code := s.call("Chidi", "POST", "/api/v1/calendar-feed", nil, &feed); code != 201 {
			t.Fatalf("making a feed answers %d", code)
		}
		reads := func(words string, there bool) {
			t.Helper()
			code, text := s.get("", feed.URL[strings.Index(feed.URL, "/calendar/"):])
			if code != 200 || strings.Contains(unfold.Replace(text), words) != there {
				t.Errorf("the feed says %q: %v\n%s", words, !there, text)
			}
		}
		reads("Ben: Find the rods", true)
		if second == first {
			t.Fatal("no second talk is planned")
		}
		if code := s.call("Ben", "PUT", "/api/v1"+room+"/agreement", fields{"agreement": "Weekly"}, nil); code != 204 {
			t.Fatalf("agreeing answers %d", code)
		}
		// The promise is made when the second talk stands in all calendars already.
		promise := s.made("Chidi", room+"/promises", fields{"words": "Practise on scrap"})
		for _, who := range []string{"Ben", "Chidi"} {
			s.want(who, second, 200, "What became of our promises?", "Practise on scrap")
			s.want(who, "/meetings/sheet", 200, "Practise on scrap", "https://video.example.org/weld-room")
		}
		s.want("Ben", first, 200, "Bring gloves", "-", "Practise on scrap") // which was before it
		reads("Chidi: Practise on scrap", true)
		if code := s.call("Ben", "PUT", "/api/v1"+room+"/promises/"+rods, fields{"kept": true}, nil); code != 204 {
			t.Fatalf("keeping a promise answers %d", code)
		}
		reads("Find the rods", false)
		if code := s.call("Chidi", "PUT", "/api/v1"+room+"/promises/"+promise, fields{"kept": true}, nil); code != 204 {
			t.Fatalf("keeping a promise answers %d", code)
		}
		s.want("Ben", second, 200, "-", "Practise on scrap")
	})
}

func findHref(page, prefix string) string {
	_, rest, _ := strings.Cut(page, `href="`+prefix)
	rest, _, _ = strings.Cut(rest, `"`)
	rest, _, _ = strings.Cut(rest, "#")
	return prefix + html.UnescapeString(rest)
}
