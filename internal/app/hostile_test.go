package app

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/guildhall/guildhall/internal/core/visit"
	"github.com/guildhall/guildhall/internal/platform/db"
	"github.com/guildhall/guildhall/internal/platform/db/dbtest"
	"github.com/guildhall/guildhall/internal/ui/browsertest"
	"github.com/guildhall/guildhall/internal/ui/uitest"
)

// shared reads an input that lies beside the repository, nil when it does not.
func shared(t *testing.T, elem ...string) []byte {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(append([]string{"..", "..", "..", "shared", "data", "security"}, elem...)...))
	if err != nil && !os.IsNotExist(err) {
		t.Fatal(err)
	}
	return b
}

// payloads are texts that run as script where somebody forgot to escape them:
// our own, and every eighth of the shared ones.
func payloads(t *testing.T) []string {
	t.Helper()
	out := []string{
		`<script>alert(1)</script>`, `"><img src=x onerror=alert(1)>`, `' onmouseover='alert(1)`, `javascript:alert(1)`, `[a](javascript:alert(1))`,
		`</textarea><script>alert(1)</script>`, `</title><svg onload=alert(1)>`, `{{constructor.constructor('alert(1)')()}}`, `<iframe srcdoc="<script>alert(1)</script>">`,
	}
	for i, l := range bytes.Split(shared(t, "xss", "payloads.jsonl"), []byte("\n")) {
		var p struct{ Payload string }
		if i%8 == 0 && len(l) > 0 {
			if err := json.Unmarshal(l, &p); err != nil {
				t.Fatal(err)
			}
			out = append(out, p.Payload)
		}
	}
	return out
}

// naughty are texts that break programs.
func naughty(t *testing.T) []string {
	t.Helper()
	out := []string{"", "' OR 1=1 --", "%", "_", `\`, "\u202eabc", "a\u0300\u0301", "ﬃ", "😀", "NULL", "-1e999", strings.Repeat("x", 300), `"a" AND NOT *`, "NEAR(a b)", "a:*", "&|!()"}
	if b := shared(t, "strings", "blns.json"); b != nil {
		var more []string
		if err := json.Unmarshal(b, &more); err != nil {
			t.Fatal(err)
		}
		out = append(out, more...)
	}
	return out
}

// cut shortens a text to n characters.
func cut(s string, n int) string {
	if r := []rune(s); len(r) > n {
		return string(r[:n])
	}
	return s
}

func TestHostileTextIsHarmlessOnEveryPageThatShowsIt(t *testing.T) {
	g := newGuild(t, dbtest.SQLite(t))
	ben := g.person("Ben")
	harmless := func(path, payload string) {
		code, page, _ := g.ask("Ada", "GET", path, "")
		if code != 200 {
			t.Errorf("%s answers %d for %q", path, code, payload)
		}
		for _, p := range uitest.Problems(page) {
			// Structure is another test's business; here it is what could run.
			for _, bad := range []string{"handler", "leads to \"javascript", "inline script", "inline style", "a <iframe", "a <object", "a <embed", "a <base"} {
				if strings.Contains(p, bad) {
					t.Errorf("%s shows %q: %s", path, payload, p)
				}
			}
		}
	}
	posted := 0
	for _, p := range payloads(t) {
		p = strings.ToValidUTF8(strings.ReplaceAll(p, "\x00", ""), "")
		var asked, answered struct{ ID string }
		if code := g.call("Ben", "POST", "/api/v1/questions", map[string]any{"title": cut("What about this: "+p, 200), "body": p, "skills": []string{cut(p, 100)}}, &asked); code != 201 {
			// What is no name of a skill is told so.
			if code = g.call("Ben", "POST", "/api/v1/questions", map[string]any{"title": cut("What about this: "+p, 200), "body": p}, &asked); code != 201 {
				t.Errorf("asking %q answers %d", p, code)
				continue
			}
		}
		if code := g.call("Mia", "POST", "/api/v1/questions/"+asked.ID+"/answers", map[string]any{"body": p + "\n\n[a](" + p + ")"}, &answered); code != 201 {
			t.Errorf("answering %q answers %d", p, code)
		}
		for who, x := range map[string]struct {
			method, path string
			want         int
			body         map[string]any
		}{
			"Max": {"POST", "/api/v1/questions/" + asked.ID + "/comments", 201, map[string]any{"body": cut(p, 2000)}},
			"Mia": {"POST", "/api/v1" + ben + "/vouches", 201, map[string]any{"skill": "weaving", "note": cut("Some real work: "+p, 1000)}},
			"Ben": {"PUT", "/api/v1/me", 204, map[string]any{"name": cut("B "+p, 200), "title": cut(p, 200), "pronouns": cut(p, 40), "about": cut(p, 2000), "weekly_budget": 3}},
		} {
			if code := g.call(who, x.method, x.path, x.body, nil); code != x.want {
				t.Errorf("%s %s with %q answers %d", x.method, x.path, p, code)
			}
		}
		posted++
		for _, path := range []string{"/questions/" + asked.ID, ben, "/search?q=" + url.QueryEscape(cut(p, 200))} {
			harmless(path, p)
		}
		if posted%10 == 0 {
			for _, path := range []string{"/", "/questions", "/people", "/skills", "/people/" + g.cast["Ben"].Person.String() + "/vouches", "/questions/" + asked.ID + "/state",
				"/who-knows?q=" + url.QueryEscape(cut(p, 200)), "/questions/new?title=" + url.QueryEscape(cut(p, 200)), "/admin"} {
				harmless(path, p)
			}
		}
	}
	t.Logf("%d payloads in every field", posted)
}

func TestNaughtyStringsGetTheSameAnswerOnBothDatabases(t *testing.T) {
	answers := map[string]string{}
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		g := newGuild(t, d)
		for i, s := range naughty(t) {
			q := url.QueryEscape(cut(s, 400))
			said := ""
			for _, path := range []string{"/search?q=" + q, "/who-knows?q=" + q, "/people?name=" + q, "/skills?q=" + q, "/questions/similar?q=" + q, "/api/v1/search?q=" + q} {
				code, _, _ := g.ask("Ada", "GET", path, "")
				if code >= 500 || code == 429 {
					t.Errorf("%.80q answers %d", path, code)
				}
				said += fmt.Sprint(code, " ")
			}
			for path, body := range map[string]map[string]any{
				"/api/v1/questions": {"title": "What is " + s, "body": s}, "/api/v1/me/skills": {"skill": s, "direction": "teach", "level": 2},
			} {
				said += path + fmt.Sprint(g.call("Ben", "POST", path, body, nil), " ")
			}
			said = strings.Join(strings.Fields(said), " ")
			key := fmt.Sprintf("%d %.60q", i, s)
			if was, ok := answers[key]; ok && !sameParts(was, said) {
				t.Errorf("%s: one database answers %s, the other %s", key, was, said)
			}
			answers[key] = said
		}
	})
}

// sameParts compares two lists of answers whatever their order.
func sameParts(a, b string) bool {
	count := map[string]int{}
	for _, w := range strings.Fields(a) {
		count[w]++
	}
	for _, w := range strings.Fields(b) {
		count[w]--
	}
	for _, n := range count {
		if n != 0 {
			return false
		}
	}
	return true
}

func TestNoAddressLeadsOutOfTheHouseOrItsFolders(t *testing.T) {
	g := newGuild(t, dbtest.SQLite(t))
	for _, l := range strings.Split("../../etc/passwd\n..%2f..%2fetc%2fpasswd\n%2e%2e/%2e%2e/etc/passwd\n..\\..\\etc\\passwd\n"+string(shared(t, "lists", "directory_traversal.txt")), "\n") {
		if l = strings.TrimSpace(l); l == "" {
			continue
		}
		for _, under := range []string{"/assets/", "/pictures/"} {
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

func TestNoPayloadRunsInABrowser(t *testing.T) {
	if testing.Short() {
		t.Skip("a browser opens a dozen pages")
	}
	g := newGuild(t, dbtest.SQLite(t))
	var asked struct{ ID string }
	if code := g.call("Ben", "POST", "/api/v1/questions", map[string]any{"title": "What about all of these?"}, &asked); code != 201 {
		t.Fatal(code)
	}
	all := payloads(t)
	for i, p := range all {
		p = strings.ToValidUTF8(strings.ReplaceAll(p, "\x00", ""), "")
		if code := g.call("Mia", "POST", "/api/v1/questions/"+asked.ID+"/answers", map[string]any{"body": p + "\n\n[a](" + p + ") ![b](" + p + ")"}, nil); code != 201 {
			t.Errorf("answering %q answers %d", p, code)
		}
		if i < 30 {
			g.call("Max", "POST", "/api/v1/questions", map[string]any{"title": cut("What about this: "+p, 200)}, nil)
			g.call("Max", "PUT", "/api/v1/me", map[string]any{"name": cut("M "+p, 200), "about": cut(p, 2000), "weekly_budget": 3}, nil)
		}
	}
	b := browsertest.Start(t)
	tab := b.Open(t, g.url+"/questions", browsertest.View{Cookies: map[string]string{visit.Cookie: g.cast["Ada"].cookie}})
	defer tab.Close()
	look := func(path string) {
		if err := tab.Go(g.url + path); err != nil {
			t.Errorf("%s: %v", path, err)
		}
		for _, e := range append(tab.Errors(), tab.Dialogs()...) {
			t.Errorf("%s: %s", path, e)
		}
	}
	for from := 0; from < len(all); from += 50 {
		look(fmt.Sprintf("/questions/%s?from=%d", asked.ID, from))
	}
	for _, path := range []string{"/questions", "/people", g.person("Max"), "/search?q=alert", "/who-knows?q=alert"} {
		look(path)
	}
	t.Logf("%d payloads shown", len(all))
}
