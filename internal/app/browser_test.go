package app

import (
	"bytes"
	"context"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/guildhall/guildhall/internal/ask"
	"github.com/guildhall/guildhall/internal/core/access"
	"github.com/guildhall/guildhall/internal/core/login"
	"github.com/guildhall/guildhall/internal/core/organisation"
	"github.com/guildhall/guildhall/internal/core/skills"
	"github.com/guildhall/guildhall/internal/core/visit"
	"github.com/guildhall/guildhall/internal/platform/db/dbtest"
	"github.com/guildhall/guildhall/internal/platform/id"
	"github.com/guildhall/guildhall/internal/ui/browsertest"
	"github.com/guildhall/guildhall/internal/ui/uitest"
)

// noPages are the GET routes that answer with something else than a page.
var noPages = map[string]bool{
	"GET /search.json": true, "GET /skills.json": true, "GET /questions/similar": true, "GET /questions/{id}/beside": true, "GET /live": true,
	"GET /demo/{token}": true, "GET /people/me": true, "GET /endorsements/{id}": true,
	"GET /pictures/{hash}": true, "GET /api": true, "GET /calendar/{token}": true, "GET /files/{id}": true, "GET /mentorships/{id}/notes": true,
}

// gates are the pages for those who are not signed in.
var gates = map[string]bool{"GET /login": true, "GET /login/link/{token}": true, "GET /claim": true, "GET /met/{token}": true, "GET /echo/{token}": true, "GET /unsubscribe/{token}": true}

const longBody = "The probe reads **0.4** high since the move.\n\n## What I tried\n\n1. Zeroed it with `zero --all`\n2. Swapped the cable\n\n" +
	"#### Measured\n\n| point | reads | should be |\n|---|---:|---:|\n| 20 °C | 20.4 | 20.0 |\n| 80 °C | 80.5 | 80.0 |\n\n" +
	"```go\nfunc main() { calibrate(\"a-very-long-name-of-a-probe-that-does-not-fit-on-a-telephone-screen-at-all-0123456789\") }\n```\n\n" +
	"> It was fine in March.\n\nDonaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft\n"

// furnish gives the guild something to show and returns the paths of every GET
// page of the house.
func (g *guild) furnish() (inside, outside []string) {
	g.Helper()
	ctx := context.Background()
	ben, mia := g.actor("Ben"), g.actor("Mia")
	var first, answer id.ID
	for i, title := range []string{
		"How do I calibrate the probe of the TW-300 after it was moved?", "Which glue holds felt on brass?",
		"Warum klemmt der Vorschub bei feuchtem Wetter?", "Who signs off a change of the dye recipe at night?",
	} {
		q := must[id.ID](g)(g.house.Ask.Ask(ctx, mia, ask.Ask{Title: title, Body: longBody, Skills: []string{"weaving", "calibration"}}))
		if i == 3 {
			break
		}
		a := must[id.ID](g)(g.house.Ask.Answer(ctx, ben, q, "Restore the table from the certificate.\n\n"+longBody))
		must[id.ID](g)(g.house.Ask.Answer(ctx, g.actor("Max"), q, "Call me, I have done it twice."))
		must[id.ID](g)(g.house.Ask.Comment(ctx, mia, q, a, "That works, thank you. See [the manual](https://example.org/manual)."))
		if i == 0 {
			first, answer = q, a
			if err := g.house.Ask.Accept(ctx, mia, q, a); err != nil {
				g.Fatal(err)
			}
			if err := g.house.Ask.EditAnswer(ctx, ben, a, "Restore the table from its certificate.\n\n"+longBody, "clearer"); err != nil {
				g.Fatal(err)
			}
		}
	}
	comment := must[id.ID](g)(g.house.Ask.Comment(ctx, g.actor("Ada"), first, first, "Is it still so?"))
	for _, d := range []skills.Declaration{
		{Tag: skills.Tag{Name: "weaving"}, Direction: skills.Teach, Level: 4, Work: true, Open: true, Note: "Since 2011."},
		{Tag: skills.Tag{Name: "calibration"}, Direction: skills.Want, Level: 1, Work: true, Open: true},
	} {
		for _, who := range []string{"Ben", "Ada"} {
			must[skills.Tag](g)(g.house.Skills.Declare(ctx, g.actor(who), d))
		}
	}
	must[id.ID](g)(g.house.Skills.Endorse(ctx, mia, ben.Person, skills.Tag{Name: "weaving"}, "Mended the big loom in one night."))
	must[id.ID](g)(g.house.Skills.Endorse(ctx, ben, g.cast["Ada"].Person, skills.Tag{Name: "weaving"}, "Planned the whole new hall with us."))
	if err := g.house.Organisation.Change(ctx, func(s *organisation.Settings) error {
		s.Name, s.SetUp = "Aldervale Mill", true
		return nil
	}); err != nil {
		g.Fatal(err)
	}
	g.follow()
	inside, outside = g.paths(first, answer, comment, ben.Person)
	return append(inside, "/search?q=calibrate+probe", "/search?q=nothinglikeit", "/who-knows?q=calibrate+the+probe", "/who-knows?q=nothinglikeit",
		"/questions?list=unanswered", "/people?skill=weaving", "/skills?q=weav", "/people/"+g.cast["Ada"].Person.String(), "/nothing/here"), outside
}

// paths are the addresses of every page of the house, about these things, for
// those who are signed in and for those who are not.
func (g *guild) paths(question, answer, comment, person id.ID) (inside, outside []string) {
	g.Helper()
	swap, teaching := g.swapPages()
	token := must[string](g)(g.house.Notices.Token(context.Background(), person, ""))
	for _, r := range g.house.every() {
		method, path, _ := strings.Cut(r.Pattern, " ")
		if method != "GET" || noPages[r.Pattern] {
			continue
		}
		n := question
		switch {
		case strings.HasSuffix(path, "/desk"):
			g.toDesk(&n, access.Organisation)
		case strings.HasSuffix(path, "/choosing"):
			n = g.choosing("Ben", "Ada")
		case strings.HasPrefix(path, "/mentoring/{id}"):
			n, _ = g.mentorship("active", "Ben", "Mia")
			path = strings.ReplaceAll(path, "{person}", g.places["{person}"])
		case strings.HasPrefix(path, "/mentorships/"):
			state := "active"
			if strings.HasSuffix(path, "/certificate") {
				state = "closed"
			}
			_, n = g.mentorship(state, "Ada", "Mia")
		case strings.HasPrefix(path, "/meetings/{id}"):
			n = must[id.ID](g)(id.Parse(g.meetingOf("Ada", path, access.Organisation)))
		case strings.HasPrefix(path, "/coffee/groups/{id}"):
			n = must[id.ID](g)(id.Parse(g.coffee("/coffee/groups/", access.Organisation)))
		case strings.HasPrefix(path, "/coffee/hours/{id}"), strings.HasPrefix(path, "/coffee/lotteries/{id}"):
			n = must[id.ID](g)(id.Parse(g.offered(path, access.Organisation)))
		case strings.HasPrefix(path, "/coffee/pairs/"):
			n = g.adasCoffee()
		case strings.HasPrefix(path, "/answers/"):
			n = answer
		case strings.HasPrefix(path, "/team-hours/{id}"):
			n = g.teamHour("Ada", "Mia")
			if strings.HasSuffix(path, "/new") {
				path += "?with=" + g.cast["Mia"].Person.String()
			}
		case strings.HasPrefix(path, "/echoes/{id}"):
			n = must[id.ID](g)(id.Parse(g.echo("Ada", "Mia", path)))
		case strings.HasPrefix(path, "/swaps/"):
			if n = swap; strings.HasSuffix(path, "/changes/new") {
				n = g.waiting("Ada")
			}
		case strings.HasPrefix(path, "/teachings/"):
			n = teaching
		case strings.HasPrefix(path, "/comments/"):
			n = comment
		case strings.HasPrefix(path, "/people/me/skills/"), strings.HasPrefix(path, "/skills/"):
			n = g.skill
		case strings.HasPrefix(path, "/people/"), strings.HasPrefix(path, "/admin/people/"):
			n = person
		}
		one := token
		if strings.HasPrefix(path, "/login/link/") {
			one = g.link("Ben", login.MailLink)
		} else if strings.HasPrefix(path, "/met/") {
			one = g.meeting(path, access.Organisation)
		} else if strings.HasPrefix(path, "/echo/") {
			one = g.echo("Ben", "Mia", path)
		}
		if strings.HasPrefix(path, "/reference/") {
			path = "/reference/ask-question"
		}
		path = strings.NewReplacer("{$}", "", "{id}", n.String(), "{token}", one).Replace(path)
		if gates[r.Pattern] {
			outside = append(outside, path)
		} else {
			inside = append(inside, path)
		}
	}
	return inside, outside
}

func TestEveryPageIsAProperDocument(t *testing.T) {
	g := newGuild(t, dbtest.SQLite(t))
	inside, outside := g.furnish()
	for _, who := range []string{"Ada", "Mia", "Gus"} {
		for _, path := range inside {
			code, page, _ := g.ask(who, "GET", path, "")
			if code >= 500 || code == 200 && !strings.Contains(page, "<h1") {
				t.Errorf("%s as %s answers %d without a heading", path, who, code)
			}
			if code == 200 || code == 404 {
				for _, p := range uitest.Problems(page) {
					t.Errorf("%s as %s: %s", path, who, p)
				}
			}
		}
	}
	for _, path := range outside {
		_, page, _ := g.ask("", "GET", path, "")
		for _, p := range uitest.Problems(page) {
			t.Errorf("%s: %s", path, p)
		}
	}
}

func TestEveryPageIsAccessibleAtEveryWidthInBothThemes(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("every page in four views takes a browser a minute")
	}
	g := newGuild(t, dbtest.SQLite(t))
	inside, outside := g.furnish()
	b := browsertest.Start(t)
	// Contrast depends on the theme and layout on the width, so two views see
	// both of each; GUILDHALL_EVERYWHERE=1 asks for all four.
	views := []browsertest.View{browsertest.Everywhere[0], browsertest.Everywhere[3]}
	if os.Getenv("GUILDHALL_EVERYWHERE") != "" {
		views = browsertest.Everywhere
	}
	for _, v := range views {
		v.Cookies = map[string]string{visit.Cookie: g.cast["Ada"].cookie}
		look := func(paths []string) {
			tab := b.Open(t, g.url+paths[0], v)
			defer tab.Close()
			for _, path := range paths {
				if err := tab.Go(g.url + path); err != nil {
					t.Errorf("%s: %v", path, err)
					continue
				}
				if code := tab.Status(); code != 200 && path != "/nothing/here" {
					t.Errorf("%s answers %d", path, code)
				}
				tab.Inspect(t, "page"+strings.NewReplacer("/", "-", "?", "-", "=", "-").Replace(path), v)
			}
		}
		look(inside)
		v.Cookies = nil
		look(outside)
	}
}

// TestLettersThatComeLateMoveNothing lets every font arrive long after the rest
// of the page, as over a slow network.
func TestLettersThatComeLateMoveNothing(t *testing.T) {
	t.Parallel()
	g := newGuild(t, dbtest.SQLite(t))
	g.furnish()
	house := g.house.Handler()
	slow := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasSuffix(r.URL.Path, ".woff2") {
			time.Sleep(1500 * time.Millisecond)
		}
		house.ServeHTTP(w, r)
	}))
	t.Cleanup(slow.Close)
	b := browsertest.Start(t)
	v := browsertest.View{Width: 390, Cookies: map[string]string{visit.Cookie: g.cast["Ada"].cookie}}
	for _, path := range []string{"/people/me/profiles", "/questions/ageing", "/admin/practices"} {
		tab := b.Open(t, slow.URL+path, v) // a new tab has no font yet
		if err := tab.Wait(`document.fonts.status === "loaded" && performance.getEntriesByType("resource").some(e => e.name.endsWith(".woff2") && e.responseEnd > 0) && performance.now() > 2500`); err != nil {
			t.Errorf("%s: %v", path, err)
		}
		if err := tab.Still(); err != nil {
			t.Errorf("%s: %v", path, err)
		}
		tab.Close()
	}
}

// TestAPageThatComesInPiecesMovesNothing stops within a page for longer than it
// takes to draw what is there, at places from its head to its end: pages with
// things in the middle of others, in columns or beside what comes after them,
// and with GUILDHALL_EVERYWHERE=1 every page. It stops within the bar of phones
// as well, which stands at the end of every page.
func TestAPageThatComesInPiecesMovesNothing(t *testing.T) {
	t.Parallel()
	g := newGuild(t, dbtest.SQLite(t))
	inside, outside := g.furnish()
	house := g.house.Handler()
	const stops = 16
	var stop atomic.Int64
	var inBar atomic.Bool
	slow := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/live" || strings.HasPrefix(r.URL.Path, "/assets/") {
			house.ServeHTTP(w, r)
			return
		}
		r.Header.Del("Accept-Encoding")
		whole := httptest.NewRecorder()
		house.ServeHTTP(whole, r)
		maps.Copy(w.Header(), whole.Header())
		w.Header().Del("Content-Length")
		b := whole.Body.Bytes()
		main := max(0, bytes.Index(b, []byte("<main")))
		here := main + (len(b)-main)*int(stop.Load())/stops
		if inBar.Load() { // after each of its first tags
			here = bytes.Index(b, []byte(`<nav class="tabbar"`))
			for range stop.Load() + 1 {
				here += 1 + bytes.IndexByte(b[here:], '>')
			}
		}
		w.WriteHeader(whole.Code)
		_, _ = w.Write(b[:here])
		_ = http.NewResponseController(w).Flush()
		time.Sleep(200 * time.Millisecond)
		_, _ = w.Write(b[here:])
	}))
	t.Cleanup(slow.Close)
	b, ada := browsertest.Start(t), map[string]string{visit.Cookie: g.cast["Ada"].cookie}
	look := func(path string, v browsertest.View) {
		tab := b.Open(t, slow.URL+path, v)
		defer tab.Close()
		for k := range int64(stops) {
			stop.Store(k)
			if err := tab.Go(slow.URL + path); err != nil {
				t.Fatal(err)
			}
			if err := tab.Still(); err != nil {
				t.Errorf("%s at %s in pieces of %d and %d parts: %v", path, v, k, stops-k, err)
			}
		}
	}
	inBar.Store(true)
	look("/meetings", browsertest.View{Width: 1280, Zoom: 4, Cookies: ada})
	inBar.Store(false)
	every := os.Getenv("GUILDHALL_EVERYWHERE") != ""
	for _, path := range inside {
		swap := strings.HasPrefix(path, "/swaps/") && strings.Count(path, "/") == 2 && path != "/swaps/new"
		if every || path == "/swaps" || path == "/admin/audit" || swap || strings.HasSuffix(path, "/health") {
			look(path, browsertest.View{Width: 1280, Cookies: ada})
		}
		if path == "/swaps/choices" {
			look(path, browsertest.View{Width: 1280, Zoom: 2, Cookies: ada})
		}
	}
	for _, path := range outside {
		if every || path == "/login" {
			look(path, browsertest.View{Width: 1280})
			look(path, browsertest.View{Width: 390})
		}
	}
}

func TestPagesAreLight(t *testing.T) {
	t.Parallel()
	g := newGuild(t, dbtest.SQLite(t))
	inside, _ := g.furnish()
	question := ""
	for _, p := range inside {
		if strings.HasSuffix(p, "/history") {
			question = strings.TrimSuffix(p, "/history")
			break
		}
	}
	b := browsertest.Start(t)
	v := browsertest.View{Width: 1280, Cookies: map[string]string{visit.Cookie: g.cast["Mia"].cookie}}
	for _, path := range []string{"/", "/questions", question, "/people", "/people/" + g.cast["Ben"].Person.String()} {
		tab := b.Open(t, g.url+path, v)
		first, requests := tab.Weight()
		if err := tab.Go(g.url + path); err != nil {
			t.Fatal(err)
		}
		later, again := tab.Weight()
		tab.Close()
		t.Logf("%-28s first view %5.1f kB in %d requests, later %5.1f kB in %d", path, float64(first)/1000, requests, float64(later)/1000, again)
		if first > 80_000 || requests > 7 {
			t.Errorf("%s weighs %d bytes in %d requests at first, at most 80,000 in 7", path, first, requests)
		}
		if later > 12_000 {
			t.Errorf("%s weighs %d bytes later, at most 12,000", path, later)
		}
	}
}
