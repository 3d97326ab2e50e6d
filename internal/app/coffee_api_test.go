package app

import (
	"fmt"
	"html"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/guildhall/guildhall/internal/core/skills"
	"github.com/guildhall/guildhall/internal/platform/clock"
	"github.com/guildhall/guildhall/internal/platform/db"
	"github.com/guildhall/guildhall/internal/platform/db/dbtest"
)

type fields = map[string]any

// made calls an operation that makes something and returns its id.
func (s *stage) made(who, path string, in fields) string {
	s.Helper()
	var out struct{ ID string }
	if code := s.call(who, "POST", "/api/v1"+path, in, &out); code != 201 || out.ID == "" {
		s.Fatalf("%s: POST %s answers %d", who, path, code)
	}
	return out.ID
}

// TestOpenHoursCanBeOfferedTakenAndClosedByPrograms does by operations what the
// pages can do, and looks at the pages for what came of it.
func TestOpenHoursCanBeOfferedTakenAndClosedByPrograms(t *testing.T) {
	dbtest.EachMoved(t, func(t *testing.T, d *db.DB, c *clock.Moved) {
		s, _ := tavern(t, d, c)
		start := time.Date(2026, 11, 26, 13, 0, 0, 0, time.UTC)
		offer := fields{"title": " Looms  and ends", "starts_at": start, "time_zone": "Europe/Lisbon", "every_days": 14, "minutes": 20, "seats": 2, "place": "Hall"}
		for name, wrong := range map[string]any{"title": "", "starts_at": start.AddDate(0, 0, -7), "time_zone": "Mars/Olympus", "every_days": 3, "minutes": 4, "seats": 13, "link": "javascript:x", "place": strings.Repeat("x", 300)} {
			bad := fields{}
			for k, v := range offer {
				bad[k] = v
			}
			bad[name] = wrong
			if code := s.call("Ada", "POST", "/api/v1/coffee/hours", bad, nil); code != 422 {
				t.Errorf("hours with %s %v answer %d", name, wrong, code)
			}
		}
		path := "/coffee/hours/" + s.made("Ada", "/coffee/hours", offer)
		type hours struct {
			Title, Place, State string
			Zone                string    `json:"time_zone"`
			Start               time.Time `json:"starts_at"`
			EveryDays           int       `json:"every_days"`
			Minutes             int
			AtATime             int `json:"seats_at_a_time"`
			Seats               []struct {
				Start       time.Time `json:"starts_at"`
				Taken, Mine bool
			}
		}
		var h hours
		if code := s.call("Ben", "GET", "/api/v1"+path, nil, &h); code != 200 || len(h.Seats) != 6 {
			t.Fatalf("the hours answer %d %+v", code, h)
		}
		if h.Title != "Looms and ends" || h.Place != "Hall" || h.State != "open" || h.Zone != "Europe/Lisbon" || !h.Start.Equal(start) || h.EveryDays != 14 || h.Minutes != 20 || h.AtATime != 2 {
			t.Errorf("what was offered is %+v", h)
		}
		if !h.Seats[2].Start.Equal(start.AddDate(0, 0, 14)) {
			t.Errorf("they come again at %s", h.Seats[2].Start)
		}
		if code := s.call("Ben", "POST", "/api/v1"+path+"/bookings", fields{"starts_at": h.Seats[0].Start}, nil); code != 204 {
			t.Errorf("booking answers %d", code)
		}
		s.settle()
		if page := s.page("Ada", "/meetings"); !strings.Contains(page, "Looms and ends") {
			t.Errorf("Ada has no meeting\n%s", page)
		}
		if page := s.page("Chidi", path); !strings.Contains(page, "Taken") || strings.Contains(page, "Ben") {
			t.Errorf("Chidi reads\n%s", page)
		}
		if code := s.call("Ben", "DELETE", "/api/v1"+path, nil, nil); code != 403 {
			t.Errorf("Ben closes the hours of Ada: %d", code)
		}
		if code := s.call("Ada", "DELETE", "/api/v1"+path, nil, nil); code != 204 {
			t.Errorf("closing answers %d", code)
		}
		h = hours{}
		if s.call("Ben", "GET", "/api/v1"+path, nil, &h); h.State != "closed" || len(h.Seats) != 0 {
			t.Errorf("closed hours are %+v", h)
		}
		if page := s.page("Ben", "/meetings"); !strings.Contains(page, "Looms and ends") {
			t.Error("who had a seat lost it")
		}
	})
}

// TestSeatsBesideAGuestCanBeOfferedAndCalledOffByPrograms lets the organiser
// name a guest: the guest is told, and when it is called off so is everybody who
// put a name in, and nobody else.
func TestSeatsBesideAGuestCanBeOfferedAndCalledOffByPrograms(t *testing.T) {
	dbtest.EachMoved(t, func(t *testing.T, d *db.DB, c *clock.Moved) {
		s, group := tavern(t, d, c)
		var names []string
		for i := range 20 {
			names = append(names, "N"+string(rune('a'+i)))
		}
		s.joins(names...)
		start := time.Date(2026, 12, 10, 12, 0, 0, 0, time.UTC)
		seats := fields{"title": "Lunch with Ben", "guest": "Ben", "starts_at": start, "minutes": 60, "seats": 2, "link": "https://meet.example.org/x"}
		if code := s.call("Chidi", "POST", "/api/v1/coffee/lotteries", seats, nil); code != 403 {
			t.Errorf("Chidi names Ben as a guest: %d", code)
		}
		if code := s.call("Ada", "POST", "/api/v1/coffee/lotteries", fields{"title": "Now", "starts_at": c.Now().Add(time.Hour), "minutes": 60, "seats": 2}, nil); code != 422 {
			t.Errorf("seats in an hour answer %d", code)
		}
		path := "/coffee/lotteries/" + s.made("Ada", "/coffee/lotteries", seats)
		s.settle()
		if !strings.Contains(s.page("Ben", "/notices"), "Seats beside you are drawn") {
			t.Error("the guest is not told")
		}
		var l struct {
			Guest, Link, Mine, State string
			Minutes, Seats           int
			DrawAt                   time.Time `json:"drawn_at"`
		}
		if s.call("Na", "GET", "/api/v1"+path, nil, &l); l.Guest != s.cast["Ben"].Person.String() || l.Link != "https://meet.example.org/x" || l.Minutes != 60 || l.Seats != 2 || !l.DrawAt.Equal(start.AddDate(0, 0, -1)) || l.State != "open" || l.Mine != "" {
			t.Errorf("the draw is %+v", l)
		}
		for _, n := range []string{"Na", "Nb"} {
			if code := s.call(n, "PUT", "/api/v1"+path+"/entry", nil, nil); code != 204 {
				t.Errorf("entering answers %d", code)
			}
		}
		if code := s.call("Na", "DELETE", "/api/v1"+path, nil, nil); code != 403 {
			t.Errorf("who entered calls it off: %d", code)
		}
		if code := s.call("Ben", "DELETE", "/api/v1"+path, nil, nil); code != 204 {
			t.Errorf("the guest cannot call it off: %d", code)
		}
		s.settle()
		for who, told := range map[string]bool{"Na": true, "Nb": true, "Nc": false, "Ben": false, "Chidi": false} {
			if got := strings.Contains(s.page(who, "/notices"), "Called off: “Lunch with Ben”"); got != told {
				t.Errorf("%s is told that it is called off: %v", who, got)
			}
		}
		if code := s.call("Ada", "DELETE", "/api/v1"+path, nil, nil); code != 409 {
			t.Errorf("calling it off again answers %d", code)
		}
		c.Set(start.Add(-12 * time.Hour))
		s.settle()
		if strings.Contains(s.page("Ben", "/meetings"), "Lunch with Ben") {
			t.Error("what was called off is drawn")
		}
		// A group is changed by the same operations as by its page.
		if code := s.call("Ada", "PUT", "/api/v1"+group, fields{"name": "Mill tea", "every": "month", "size": 3, "mixing": "across"}, nil); code != 204 {
			t.Errorf("changing a group answers %d", code)
		}
		if page := s.page("Ben", group); !strings.Contains(page, "Mill tea") || !strings.Contains(page, "month") {
			t.Errorf("the group is\n%s", page)
		}
		if code := s.call("Ada", "PUT", "/api/v1"+group, fields{"name": "", "every": "month", "size": 3, "mixing": "across"}, nil); code != 422 {
			t.Errorf("a group without a name answers %d", code)
		}
	})
}

// TestCoffeeLeavesAKindWordAndNoReceipt goes through a coffee to its end: its
// people keep what was said to them, and nothing of it counts anywhere.
func TestCoffeeLeavesAKindWordAndNoReceipt(t *testing.T) {
	dbtest.EachMoved(t, func(t *testing.T, d *db.DB, c *clock.Moved) {
		s, group := tavern(t, d, c)
		receipts := func() (n int) {
			if err := s.house.Ledger.Rebuild(t.Context(), func(string, int) {}); err != nil {
				t.Fatal(err)
			}
			if err := d.Read(t.Context(), func(tx *db.Tx) error {
				_, err := tx.Row("SELECT COUNT(*) FROM receipts", []any{&n})
				return err
			}); err != nil {
				t.Fatal(err)
			}
			return n
		}
		s.says("Ben", skills.Teach, "weaving", 4, true) // so that there is a receipt to be counted
		s.settle()
		before := receipts()
		if before == 0 {
			t.Fatal("a declared skill leaves no receipt")
		}
		s.post("Ada", group+"/rounds", "")
		name, path := s.partner("Ben")
		start := time.Date(2026, 11, 24, 10, 0, 0, 0, time.UTC)
		if code := s.call("Ben", "POST", "/api/v1"+path+"/meeting", fields{"title": "Coffee", "starts_at": start, "ends_at": start.Add(time.Hour), "time_zone": "UTC"}, nil); code != 201 {
			t.Fatalf("planning answers %d", code)
		}
		c.Set(start.Add(2 * time.Hour))
		s.settle()
		for who, to := range map[string]string{"Ben": name, name: "Ben"} {
			if code := s.call(who, "PUT", "/api/v1"+path+"/confirmation", fields{"met": "yes"}, nil); code != 204 {
				t.Errorf("confirming answers %d", code)
			}
			if code := s.call(who, "POST", "/api/v1"+path+"/words", fields{"to": s.cast[to].Person.String(), "words": "You listen"}, nil); code != 204 {
				t.Errorf("thanking answers %d", code)
			}
		}
		s.settle()
		if !strings.Contains(s.page("Ben", "/coffee/kept"), "You listen") {
			t.Error("Ben does not keep what was said")
		}
		if n := receipts(); n != before {
			t.Errorf("%d receipts before and %d after a coffee", before, n)
		}
	})
}

// everyItem walks a list of the API by its cursor, a page at a time, and returns
// one field of all.
func (s *stage) everyItem(who, path, field string, limit int) (all []string) {
	s.Helper()
	for cursor := ""; len(all) < 1000; {
		var page struct {
			Items []map[string]any
			Next  string `json:"next_cursor"`
		}
		if code := s.call(who, "GET", fmt.Sprintf("%s?limit=%d&cursor=%s", path, limit, cursor), nil, &page); code != 200 || len(page.Items) > limit {
			s.Fatalf("%s answers %d with %d", path, code, len(page.Items))
		}
		for _, x := range page.Items {
			all = append(all, fmt.Sprint(x[field]))
		}
		if cursor = page.Next; cursor == "" {
			break
		}
	}
	return all
}

// older walks the pages of a list by the links to older ones whose address
// holds the word, and returns what the pattern finds on each.
func (s *stage) older(who, path, word, pattern string) (all []string) {
	s.Helper()
	for range 20 {
		page := s.page(who, path)
		for _, m := range regexp.MustCompile(pattern).FindAllStringSubmatch(page, -1) {
			all = append(all, m[1])
		}
		next := regexp.MustCompile(`rel="next" href="([^"#]*` + word + `=[^"#]*)#`).FindStringSubmatch(page)
		if next == nil {
			return all
		}
		if path = html.UnescapeString(next[1]); !strings.Contains(s.page(who, path), `rel="prev"`) {
			s.Errorf("%s leads to nothing newer", path)
		}
	}
	s.Fatalf("%s does not end", path)
	return nil
}

func TestOpenHoursAndDrawsAreReadToTheirEnd(t *testing.T) {
	dbtest.EachMoved(t, func(t *testing.T, d *db.DB, c *clock.Moved) {
		s, _ := tavern(t, d, c)
		var names []string
		for i := range 20 {
			names = append(names, "N"+string(rune('a'+i)))
		}
		s.joins(names...)
		start := c.Now().AddDate(0, 0, 9)
		var hours, draws []string
		for n := range 33 {
			if n%3 == 0 {
				c.Advance(time.Minute)
			}
			hours = append(hours, fmt.Sprintf("Hours %02d", n))
			s.made("Ada", "/coffee/hours", fields{"title": hours[n], "starts_at": start, "time_zone": "UTC", "every_days": 7, "minutes": 20, "seats": 2})
			draws = append(draws, fmt.Sprintf("Draw %02d", n))
			s.made("Ada", "/coffee/lotteries", fields{"title": draws[n], "starts_at": start, "minutes": 60, "seats": 2})
		}
		slices.Reverse(hours)
		slices.Reverse(draws)
		for path, want := range map[string][]string{"/api/v1/coffee/hours": hours, "/api/v1/coffee/lotteries": draws} {
			for _, limit := range []int{4, 11, 100} {
				if all := s.everyItem("Ben", path, "title", limit); !slices.Equal(all, want) {
					t.Errorf("%s by %d is %v", path, limit, all)
				}
			}
			if code := s.call("Ben", "GET", path+"?cursor=nonsense", nil, nil); code != 422 {
				t.Errorf("%s from a place that is none answers %d", path, code)
			}
		}
		if all := s.older("Ben", "/coffee", "hours", `>(Hours \d\d)<`); !slices.Equal(all, hours) {
			t.Errorf("the pages show the hours %v", all)
		}
		if all := s.older("Ben", "/coffee", "lotteries", `>(Draw \d\d)<`); !slices.Equal(all, draws) {
			t.Errorf("the pages show the draws %v", all)
		}
		for _, query := range []string{"hours", "lotteries"} {
			if code, _ := s.get("Ben", "/coffee?"+query+"=nonsense"); code != 422 {
				t.Errorf("%s from a place that is none answers %d", query, code)
			}
		}
	})
}
