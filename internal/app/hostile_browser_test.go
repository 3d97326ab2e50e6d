package app

import (
	"fmt"
	"html"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strconv"
	"sync/atomic"
	"testing"

	"github.com/guildhall/guildhall/internal/core/visit"
	"github.com/guildhall/guildhall/internal/platform/db/dbtest"
	"github.com/guildhall/guildhall/internal/ui/browsertest"
)

func TestNoPayloadRunsInABrowser(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("a browser opens dozens of pages")
	}
	var came atomic.Int64
	trap := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { came.Add(1) }))
	defer trap.Close()
	g := newGuild(t, dbtest.SQLite(t))
	var asked struct{ ID string }
	if code := g.call("Ben", "POST", "/api/v1/questions", map[string]any{"title": "What about all of these?"}, &asked); code != 201 {
		t.Fatal(code)
	}
	all := payloads(t, 7)
	var titled []string
	for i, p := range all {
		if code := g.call("Mia", "POST", "/api/v1/questions/"+asked.ID+"/answers", map[string]any{"body": p + "\n\n[a](" + p + ") ![b](" + p + ") ![c](" + trap.URL + "/c.png)"}, nil); code != 201 {
			t.Errorf("answering %q answers %d", p, code)
		}
		// Titles, names and notes stand on lists, where a browser sees them with all
		// the scripts of the page.
		var one struct{ ID string }
		if code := g.call("Max", "POST", "/api/v1/questions", map[string]any{"title": cut("What about this: "+p, 200), "body": p}, &one); code != 201 {
			t.Errorf("asking %q answers %d", p, code)
		}
		g.call("Ben", "POST", "/api/v1/questions/"+asked.ID+"/comments", map[string]any{"body": cut(p, 2000)}, nil)
		if i%30 == 0 {
			titled = append(titled, one.ID)
			g.call("Max", "PUT", "/api/v1/me", map[string]any{"name": cut("M "+p, 200), "title": cut(p, 200), "about": cut(p, 2000), "weekly_budget": 3}, nil)
		}
	}
	g.follow()
	b := browsertest.Start(t)
	tab := b.Open(t, g.url+"/questions", browsertest.View{Cookies: map[string]string{visit.Cookie: g.cast["Ada"].cookie}})
	defer tab.Close()
	looked := 0
	look := func(path string) {
		if err := tab.Go(g.url + path); err != nil {
			t.Errorf("%s: %v", path, err)
		}
		looked++
		for _, e := range append(tab.Errors(), tab.Dialogs()...) {
			t.Errorf("%s: %s", path, e)
		}
		if ran, err := browsertest.Eval[bool](tab, `document.title.includes("pwned") || location.origin !== `+strconv.Quote(g.url)); err != nil || ran {
			t.Errorf("%s: the page is somebody else's: %v", path, err)
		}
	}
	for from := 0; from < len(all); from += 50 {
		look(fmt.Sprintf("/questions/%s?from=%d", asked.ID, from))
	}
	for next := "/questions?list=newest"; next != ""; { // every title in lists
		look(next)
		_, page, _ := g.ask("Ada", "GET", next, "")
		next = ""
		if m := olderLink.FindStringSubmatch(page); m != nil {
			next = html.UnescapeString(m[1])
		}
	}
	for _, n := range titled {
		look("/questions/" + n)
		look("/questions/" + n + "/edit")
	}
	for i, p := range all {
		if i%40 == 0 {
			q := url.QueryEscape(cut(p, 200))
			look("/search?q=" + q)
			look("/who-knows?q=" + q)
			look("/questions/new?title=" + q)
		}
	}
	for _, path := range []string{"/", "/people", g.person("Max"), "/notices", "/skills"} {
		look(path)
	}
	if n := came.Load(); n > 0 {
		t.Errorf("the browser fetched %d pictures from elsewhere", n)
	}
	t.Logf("%d payloads on %d pages", len(all), looked)
}

var olderLink = regexp.MustCompile(`href="(/questions\?list=newest&amp;after=[^"]+)"`)
