package app

import (
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/guildhall/guildhall/internal/core/visit"
	"github.com/guildhall/guildhall/internal/platform/clock"
	"github.com/guildhall/guildhall/internal/platform/db"
	"github.com/guildhall/guildhall/internal/platform/db/dbtest"
	"github.com/guildhall/guildhall/internal/ui/browsertest"
)

// TestATeamHourShowsItselfAnewOnEveryScreen has three screens of one hour open:
// that of who leads, on the wall; a telephone on which somebody is typing; and a
// browser without scripts, which loads the page again.
func TestATeamHourShowsItselfAnewOnEveryScreen(t *testing.T) {
	t.Parallel()
	c := clock.NewMoved(time.Date(2026, 11, 24, 9, 0, 0, 0, time.UTC))
	s := playAt(t, dbtest.Open(t, db.Config{URL: dbtest.SQLitePath(t), Clock: c}), c)
	s.practise("teamhour")
	s.hire("Dana")
	s.manages("Ben", "Chidi")
	var made struct{ ID, URL string }
	if code := s.call("Ben", "POST", "/api/v1/team-hours", map[string]any{"title": "Our hour", "people": []string{"Chidi", "Dana"}}, &made); code != 201 {
		t.Fatalf("opening an hour answers %d", code)
	}
	b := browsertest.Start(t)
	wall := s.browses(b, "Ben", made.URL+"/screen", "UTC")
	phone := browsertest.View{Width: 390, Height: 844, Dark: true, Cookies: map[string]string{visit.Cookie: s.cast["Chidi"].cookie}}
	chidi := &device{T: t, who: "Chidi", url: s.url, tab: b.Open(t, s.url+made.URL, phone)}
	t.Cleanup(chidi.tab.Close)
	plain := browsertest.View{NoScript: true, Cookies: map[string]string{visit.Cookie: s.cast["Dana"].cookie}}
	dana := &device{T: t, who: "Dana", url: s.url, tab: b.Open(t, s.url+made.URL+"/screen", plain)}
	t.Cleanup(dana.tab.Close)
	for _, d := range []*device{wall, chidi} {
		d.reads("Write down")
	}

	// Chidi types; Ben goes to the next part from elsewhere. Both screens follow,
	// and what Chidi typed stays.
	chidi.do(chidi.tab.Type("#name", "Weld"))
	if code := s.call("Ben", "PUT", "/api/v1"+made.URL+"/step", map[string]any{"step": "show"}, nil); code != 204 {
		t.Fatalf("turning the page answers %d", code)
	}
	for _, d := range []*device{wall, chidi} {
		d.reads("Look around")
	}
	if words := chidi.words(`document.querySelector("#name").value`); words != "Weld" {
		t.Errorf("of what Chidi typed %q stays", words)
	}
	if at := wall.words(`document.activeElement.tagName + location.pathname`); !strings.HasSuffix(at, "/screen") {
		t.Errorf("the wall is at %s", at)
	}

	// What Chidi shows stands on the wall; a draft does not.
	s.does("Chidi", made.URL+"/entries", url.Values{"kind": {"show"}, "name": {"Accounting"}, "level": {"2"}}.Encode())
	chidi.do(chidi.tab.Type("#name", "ing"), chidi.clicks(`#hour-step ~ section form button.primary`))
	wall.reads("Welding")
	if page := wall.words(`document.querySelector("main").innerText`); strings.Contains(page, "Accounting") {
		t.Errorf("a draft stands on the wall:\n%s", page)
	}
	chidi.reads("Accounting")

	// The wall still follows after it showed itself anew, and so does the leader's
	// own button on it.
	wall.do(wall.clicks(`#hour-screen form:has([name=to][value="2"]) button`))
	wall.reads("Only one of us")
	chidi.reads("Only one of us")
	wall.reads("Welding")
	for _, d := range []*device{wall, chidi} {
		for _, e := range d.tab.Errors() {
			t.Errorf("%s: %s", d.who, e)
		}
	}
	chidi.tab.Inspect(t, "team-hour", phone)

	// Without scripts the page says the same when it is loaded again.
	dana.at(made.URL + "/screen")
	code, page := s.get("Dana", made.URL+"/screen")
	if code != 200 || !strings.Contains(page, "Only one of us") || !strings.Contains(page, "Welding") || !strings.Contains(page, "Look again") {
		t.Errorf("without scripts the screen answers %d\n%s", code, page)
	}

	// Closed, nobody's screen offers to go on.
	s.does("Ben", made.URL+"/closing", "")
	if err := chidi.tab.Wait(`!document.querySelector("#hour-step").innerText.trim()`); err != nil {
		t.Errorf("Chidi's page still says which part it is: %v", err)
	}
}
