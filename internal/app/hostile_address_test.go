package app

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/guildhall/guildhall/internal/platform/db/dbtest"
)

func TestNoAddressLeadsOutOfTheHouseOrItsFolders(t *testing.T) {
	g := newGuild(t, dbtest.SQLite(t))
	for _, l := range strings.Split("../../etc/passwd\n..%2f..%2fetc%2fpasswd\n%2e%2e/%2e%2e/etc/passwd\n..\\..\\etc\\passwd\n"+string(shared(t, "lists", "directory_traversal.txt")), "\n") {
		if l = strings.TrimSpace(l); l == "" {
			continue
		}
		for _, under := range []string{"/assets/", "/pictures/", "/files/", "/questions/", "/api/v1/questions/", "/"} {
			req := &http.Request{Method: "GET", URL: &url.URL{Scheme: "http", Host: strings.TrimPrefix(g.url, "http://"), Opaque: under + strings.NewReplacer(" ", "%20", "\t", "%09").Replace(l)}, Header: http.Header{}}
			code, body := g.send("Ada", req)
			if code == 200 && (strings.Contains(body, "root:") || strings.Contains(body, "package app")) || code >= 500 {
				t.Errorf("%s%s answers %d", under, l, code)
			}
		}
	}
	for _, l := range strings.Split("https://evil.example\n//evil.example\n/\\evil.example\n"+string(shared(t, "lists", "open_redirect.txt"))+"\n"+string(shared(t, "lists", "crlf.txt")), "\n") {
		if l = strings.TrimSpace(l); l == "" {
			continue
		}
		code, _, to := g.ask("Ada", "GET", "/login?to="+url.QueryEscape(l), "")
		u, err := url.Parse(to)
		if code >= 500 || to != "" && (err != nil || u.Host != "" || u.Scheme != "" || !strings.HasPrefix(to, "/") || strings.HasPrefix(to, "//") || strings.HasPrefix(to, `/\`)) {
			t.Errorf("to=%q answers %d and leads to %q", l, code, to)
		}
	}
}

// TestTheServerFetchesNoAddressThatPeopleWrite writes addresses of a listener of
// our own and of places inside a network into everything that takes text, lets
// everything follow from it, and opens the pages: nobody comes to fetch.
func TestTheServerFetchesNoAddressThatPeopleWrite(t *testing.T) {
	var came atomic.Int64
	trap := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { came.Add(1) }))
	defer trap.Close()
	g := newGuild(t, dbtest.SQLite(t))
	targets := []string{trap.URL + "/x.png", strings.Replace(trap.URL, "127.0.0.1", "localhost", 1) + "/a"}
	for _, l := range strings.Split(string(shared(t, "lists", "ssrf_targets.txt")), "\n") {
		if l = strings.TrimSpace(l); l != "" && l[0] != '#' {
			targets = append(targets, l)
		}
	}
	for _, to := range targets {
		var asked struct{ ID string }
		body := fmt.Sprintf("![a](%s) [b](%s) <img src=%q> <%s> %s", to, to, to, to, to)
		if code := g.call("Ben", "POST", "/api/v1/questions", map[string]any{"title": cut("Is it at "+to+" still?", 200), "body": body}, &asked); code != 201 {
			t.Errorf("%q answers %d", to, code)
			continue
		}
		if code := g.call("Ben", "PUT", "/api/v1/me", map[string]any{"name": cut("Ben "+to, 200), "about": cut(to, 2000), "weekly_budget": 3}, nil); code != 204 {
			t.Errorf("a profile with %q answers %d", to, code)
		}
		for _, path := range []string{"/questions/" + asked.ID, g.person("Ben"), "/search?q=" + url.QueryEscape(to), "/login?to=" + url.QueryEscape(to)} {
			if code, page, _ := g.ask("Ada", "GET", path, ""); code >= 400 {
				t.Errorf("%s answers %d", path, code)
			} else {
				g.harmless(path, to, page)
			}
		}
	}
	g.follow()
	if n := came.Load(); n > 0 {
		t.Errorf("the server came %d times", n)
	}
}
