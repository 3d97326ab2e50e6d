package app

import (
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/guildhall/guildhall/internal/platform/clock"
	"github.com/guildhall/guildhall/internal/platform/db"
	"github.com/guildhall/guildhall/internal/platform/db/dbtest"
)

// roomJSON is what a program reads of a mentorship.
type roomJSON struct {
	State, Agreement, Outcome string
	Waits                     bool
	MayLeave                  bool `json:"may_leave"`
	PulseDay                  int  `json:"pulse_day"`
	People                    []struct{ Person, Thanks string }
	Goals                     []struct {
		ID, State string
		After     int
	}
	Promises []struct{ ID, State string }
}

// TestAProgramGoesThroughAWholeMentorship does by operations what the pages of
// a mentorship can do, from the yes to the thanks, and is refused where they
// refuse.
func TestAProgramGoesThroughAWholeMentorship(t *testing.T) {
	dbtest.EachMoved(t, func(t *testing.T, d *db.DB, c *clock.Moved) {
		c.Set(time.Date(2026, 11, 24, 9, 0, 0, 0, time.UTC))
		s := playAt(t, d, c)
		s.practise("mentoring")
		at := s.programme("women", url.Values{"way": {"self"}})
		s.hosts("Ben", at, 1)
		if code := s.call("Chidi", "GET", "/api/v1"+strings.Replace(at, "/mentoring", "/programmes", 1)+"/enrolment", nil, nil); code != 404 {
			t.Errorf("an enrolment that is none answers %d", code)
		}
		s.enrol("Chidi", at, "mentee", "welding")
		var part struct {
			Role   string
			Skills []string
		}
		if code := s.call("Chidi", "GET", "/api/v1"+strings.Replace(at, "/mentoring", "/programmes", 1)+"/enrolment", nil, &part); code != 200 || part.Role != "mentee" || len(part.Skills) != 1 {
			t.Errorf("the enrolment is %d %+v", code, part)
		}
		s.settle()
		room := "/api/v1" + s.asks("Chidi", at, "Ben")
		does := func(who, method, path string, in any, want int) {
			t.Helper()
			if code := s.call(who, method, room+path, in, nil); code != want {
				t.Errorf("%s: %s %s %v answers %d, want %d", who, method, path, in, code, want)
			}
		}
		read := func(who string) (m roomJSON) {
			t.Helper()
			if code := s.call(who, "GET", room, nil, &m); code != 200 {
				t.Fatalf("%s reads the mentorship: %d", who, code)
			}
			return m
		}
		does("Ben", "PUT", "/agreement", fields{"agreement": "Weekly"}, 409) // it has not begun
		if !read("Ben").Waits || read("Chidi").Waits {
			t.Error("it does not wait for Ben alone")
		}
		does("Ben", "PUT", "/answer", fields{"yes": true}, 204)
		s.settle()

		does("Ben", "PUT", "/agreement", fields{"agreement": strings.Repeat("x", 3001)}, 422)
		does("Ada", "PUT", "/agreement", fields{"agreement": "Mine"}, 404) // who organises is no member
		does("Chidi", "PUT", "/agreement", fields{"agreement": "Every other Tuesday."}, 204)
		if m := read("Ben"); m.Agreement != "Every other Tuesday." || m.Waits || m.MayLeave {
			t.Errorf("what they agreed on is %+v", m)
		}

		var added struct{ ID, URL string }
		if code := s.call("Chidi", "POST", room+"/goals", fields{"words": "Weld a seam", "before": 2}, &added); code != 201 || added.ID != read("Ben").Goals[0].ID || "/api/v1"+added.URL != room {
			t.Fatalf("a goal answers %d %+v", code, added)
		}
		goal := "/goals/" + added.ID
		// Who says how they are now begins at what they said last.
		if page := s.page("Chidi", strings.TrimPrefix(room, "/api/v1")); !regexp.MustCompile(`(?s)id="after-` + added.ID + `".*?<option value="2" selected`).MatchString(page) {
			t.Errorf("the goal is not asked about from where it began\n%s", page)
		}
		does("Ben", "PUT", goal, fields{"state": "reached"}, 404)   // before what is wrong about it
		does("Chidi", "PUT", goal, fields{"state": "reached"}, 422) // how well, is not said
		does("Chidi", "PUT", goal, fields{"state": "nearly"}, 422)
		does("Ben", "PUT", goal, fields{"state": "reached", "after": 3}, 404)
		does("Chidi", "PUT", "/goals/nonsense", fields{"state": "dropped"}, 404)
		does("Chidi", "PUT", goal, fields{"state": "reached", "after": 3}, 204)
		if g := read("Ben").Goals[0]; g.State != "reached" || g.After != 3 {
			t.Errorf("the goal is %+v", g)
		}

		if code := s.call("Chidi", "POST", room+"/promises", fields{"words": "Practise on scrap"}, &added); code != 201 || added.ID != read("Ben").Promises[0].ID {
			t.Fatalf("a promise answers %d %+v", code, added)
		}
		promise := "/promises/" + added.ID
		does("Ben", "PUT", promise, fields{"kept": true}, 404)
		does("Chidi", "PUT", promise, fields{"kept": true}, 204)
		if p := read("Ben").Promises[0]; p.State != "kept" {
			t.Errorf("the promise is %+v", p)
		}
		does("Chidi", "PUT", promise, fields{"kept": false}, 204)
		if p := read("Ben").Promises[0]; p.State != "open" {
			t.Errorf("the promise is %+v", p)
		}

		var slots struct {
			Items []struct {
				Start time.Time `json:"starts_at"`
				End   time.Time `json:"ends_at"`
			}
		}
		if code := s.call("Ben", "GET", room+"/slots?minutes=45", nil, &slots); code != 200 || len(slots.Items) == 0 || slots.Items[0].End.Sub(slots.Items[0].Start) != 45*time.Minute {
			t.Fatalf("times are %d %+v", code, slots)
		}
		talk := fields{"title": "First talk", "starts_at": slots.Items[0].Start, "ends_at": slots.Items[0].End, "time_zone": "Europe/London", "every_days": 14}
		does("Ada", "POST", "/meetings", talk, 404)
		does("Ben", "POST", "/meetings", fields{"title": "", "starts_at": c.Now().Add(-time.Hour), "ends_at": c.Now(), "time_zone": "Nowhere"}, 422)
		var made struct{ ID, URL string }
		if code := s.call("Ben", "POST", room+"/meetings", talk, &made); code != 201 || made.URL != "/meetings/"+made.ID {
			t.Fatalf("planning answers %d %+v", code, made)
		}
		s.settle()
		meeting := "/api/v1/meetings/" + made.ID
		type meetingJSON struct {
			ID, Title, State, Met, Link string
			EveryDays                   int       `json:"every_days"`
			Start                       time.Time `json:"starts_at"`
			People                      []struct{ Name, Answer string }
		}
		var m meetingJSON
		if code := s.call("Chidi", "GET", meeting, nil, &m); code != 200 || m.EveryDays != 14 || m.Title != "First talk" || m.Met != "" {
			t.Errorf("the talk is %d %+v", code, m)
		}
		// What is printed of the meetings is what the list says.
		sheet := s.page("Chidi", "/meetings/sheet")
		var list struct{ Items []meetingJSON }
		if code := s.call("Chidi", "GET", "/api/v1/meetings", nil, &list); code != 200 || len(list.Items) != 1 {
			t.Fatalf("the meetings are %d %+v", code, list)
		}
		for _, x := range list.Items {
			for _, word := range []string{x.Title, x.People[0].Name, x.People[1].Name} {
				if !strings.Contains(sheet, word) {
					t.Errorf("the sheet does not say %q", word)
				}
			}
		}
		c.Set(m.Start.Add(2 * time.Hour))
		s.settle()
		if code := s.call("Chidi", "PUT", meeting+"/confirmation", fields{"met": "yes"}, nil); code != 204 {
			t.Errorf("saying that they met answers %d", code)
		}
		if s.call("Chidi", "GET", meeting, nil, &m); m.Met != "yes" {
			t.Errorf("what Chidi said is %q", m.Met)
		}
		if s.call("Ben", "GET", meeting, nil, &m); m.Met != "" {
			t.Errorf("what Ben said is %q", m.Met)
		}
		if code := s.call("Chidi", "GET", "/api/v1/meetings", nil, &list); code != 200 || len(list.Items) != 1 || list.Items[0].Start.Format(time.DateOnly) != m.Start.AddDate(0, 0, 14).Format(time.DateOnly) {
			t.Errorf("the series goes on with %d %+v", code, list)
		}

		does("Chidi", "PUT", "/pulse", fields{"day": 30, "answer": 2}, 404) // nobody was asked yet
		c.Advance(31 * 24 * time.Hour)
		if err := s.house.Mentoring.AskPulses(t.Context()); err != nil {
			t.Fatal(err)
		}
		if n := read("Chidi").PulseDay; n != 30 {
			t.Errorf("the pulse that waits is that of day %d", n)
		}
		does("Chidi", "PUT", "/pulse", fields{"day": 30, "answer": 6}, 422)
		does("Chidi", "PUT", "/pulse", fields{"day": 30, "answer": 2}, 204)
		if n := read("Chidi").PulseDay; n != 0 {
			t.Errorf("day %d still waits", n)
		}
		if n := read("Ben").PulseDay; n != 30 {
			t.Error("Chidi answered for Ben")
		}

		does("Ada", "POST", "/closing", fields{"outcome": "Over"}, 404)
		does("Chidi", "POST", "/closing", fields{"thanks": strings.Repeat("x", 301)}, 422)
		does("Chidi", "POST", "/closing", fields{"outcome": "I weld.", "thanks": "For the patience."}, 204)
		s.settle()
		told := strings.Count(s.page("Chidi", "/notices"), "mentorship")
		does("Ben", "POST", "/closing", fields{}, 204) // nothing is said, so nothing changes
		s.settle()
		if n := strings.Count(s.page("Chidi", "/notices"), "mentorship"); n != told {
			t.Error("Chidi is told of thanks that nobody said")
		}
		does("Ben", "POST", "/closing", fields{"outcome": "Other words", "thanks": "For the questions."}, 204)
		if m := read("Chidi"); m.State != "closed" || m.Outcome != "I weld." || m.People[0].Thanks == "" || m.People[1].Thanks == "" {
			t.Errorf("the end is %+v", m)
		}
		does("Ben", "PUT", "/agreement", fields{"agreement": "Again"}, 409)
		if code := s.call("Chidi", "GET", "/api/v1/meetings", nil, &list); code != 200 || len(list.Items) != 0 {
			t.Errorf("talks that are still planned: %+v", list)
		}
	})
}

// TestOnlyWhoLeadsAGroupClosesItForAll keeps a mentee of a group from closing
// it for the others, on the page and by the operation; they leave it. The last
// one left may.
func TestOnlyWhoLeadsAGroupClosesItForAll(t *testing.T) {
	dbtest.EachMoved(t, func(t *testing.T, d *db.DB, c *clock.Moved) {
		c.Set(time.Date(2026, 11, 24, 9, 0, 0, 0, time.UTC))
		s := playAt(t, d, c)
		s.practise("mentoring")
		s.joins("Dora")
		at := s.programme("groups", url.Values{"way": {"self"}})
		s.hosts("Ben", at, 2)
		for _, n := range []string{"Chidi", "Dora"} {
			s.enrol(n, at, "mentee", "welding")
		}
		s.settle()
		group, second := s.asks("Chidi", at, "Ben"), s.asks("Dora", at, "Ben")
		s.does("Ben", group+"/answer", "answer=yes")
		s.settle()
		s.does("Ben", second+"/answer", "answer=yes")
		s.settle()
		state := func() string {
			var m roomJSON
			if code := s.call("Ben", "GET", "/api/v1"+group, nil, &m); code != 200 {
				t.Fatalf("Ben reads the group: %d", code)
			}
			return m.State
		}
		for _, who := range []string{"Chidi", "Dora"} {
			if code, _ := s.get(who, group+"/closing"); code != 403 {
				t.Errorf("%s is shown how to close the group: %d", who, code)
			}
			if code, page := s.post(who, group+"/closing", "outcome=Over"); code != 403 || !strings.Contains(page, "Who leads a group closes it for everybody") {
				t.Errorf("%s closes the group: %d", who, code)
			}
			if code := s.call(who, "POST", "/api/v1"+group+"/closing", fields{"outcome": "Over"}, nil); code != 403 {
				t.Errorf("a program of %s closes the group: %d", who, code)
			}
		}
		if x := state(); x != "active" {
			t.Fatalf("the group is %s", x)
		}
		if code, _ := s.get("Ben", group+"/closing"); code != 200 {
			t.Errorf("Ben is not shown how to close the group: %d", code)
		}
		s.does("Dora", group+"/leaving", "")
		s.settle()
		s.does("Chidi", group+"/closing", "outcome=Only+two+of+us+were+left")
		if x := state(); x != "closed" {
			t.Errorf("the group of two is %s", x)
		}
	})
}

func TestThePromisesOfARoomAreReadToTheFirst(t *testing.T) {
	dbtest.EachMoved(t, func(t *testing.T, d *db.DB, c *clock.Moved) {
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
		if page := s.page("Ben", room); strings.Contains(page, "promises=") {
			t.Errorf("a room without promises has pages of them\n%s", page)
		}
		var all []string
		for n := range 43 {
			who := []string{"Ben", "Chidi"}[n%2]
			all = append(all, fmt.Sprintf("Promise %02d", n))
			s.made(who, room+"/promises", fields{"words": all[n]})
		}
		slices.Reverse(all)
		for _, limit := range []int{1, 20, 100} {
			if got := s.everyItem("Chidi", "/api/v1"+room+"/promises", "words", limit); !slices.Equal(got, all) {
				t.Errorf("by %d they are %v", limit, got)
			}
		}
		if got := s.older("Chidi", room, "promises", `>(Promise \d\d)<`); !slices.Equal(got, all) {
			t.Errorf("the pages show %v", got)
		}
		if code := s.call("Ada", "GET", "/api/v1"+room+"/promises", nil, nil); code != 404 {
			t.Errorf("who is not in the room is answered %d", code)
		}
		if code := s.call("Ben", "GET", "/api/v1"+room+"/promises?cursor=nonsense", nil, nil); code != 422 {
			t.Errorf("a place that is none answers %d", code)
		}
		if code, _ := s.get("Ben", room+"?promises=nonsense"); code != 404 {
			t.Errorf("a page that is none answers %d", code)
		}
	})
}
