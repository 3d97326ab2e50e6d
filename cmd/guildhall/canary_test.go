package main

import (
	"archive/zip"
	"bytes"
	"context"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"html"
	"io"
	"io/fs"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"testing"
	"time"
	"unicode/utf16"

	"github.com/guildhall/guildhall/internal/app"
	"github.com/guildhall/guildhall/internal/core/access"
	"github.com/guildhall/guildhall/internal/core/organisation"
	"github.com/guildhall/guildhall/internal/core/people"
	"github.com/guildhall/guildhall/internal/core/visit"
	"github.com/guildhall/guildhall/internal/mentoring"
	"github.com/guildhall/guildhall/internal/platform/db"
	"github.com/guildhall/guildhall/internal/platform/db/dbtest"
	"github.com/guildhall/guildhall/internal/ui/browsertest"
)

// The canaries. Those of the note and its draft must be nowhere but in the two
// browsers. The others stand in ordinary fields and must be found, or the
// search is blind.
const (
	noteCanary   = "gallimaufry-Zwetschgenknödel-2291"
	draftCanary  = "quomodocunquize-Erdäpfel-7713"
	roomControl  = "floccinaucinihil-Marillen-4402"
	houseControl = "taradiddle-Powidltascherl-9951"
)

// spellings are the ways in which words may lie in a file or in memory: in
// UTF-8 and UTF-16, escaped for HTML, JSON and addresses, in hex, and in base64
// at any of its three offsets.
func spellings(words string) [][]byte {
	out := [][]byte{[]byte(words), []byte(html.EscapeString(words)), []byte(url.QueryEscape(words)), []byte(hex.EncodeToString([]byte(words)))}
	quoted, _ := json.Marshal(words) // a string always can
	out = append(out, bytes.Trim(quoted, `"`), []byte(strings.Trim(fmt.Sprintf("%+q", words), `"`)))
	var little, big []byte
	for _, u := range utf16.Encode([]rune(words)) {
		little, big = append(little, byte(u), byte(u>>8)), append(big, byte(u>>8), byte(u))
	}
	out = append(out, little, big)
	for _, b := range [][]byte{[]byte(words), little} {
		for _, e := range []*base64.Encoding{base64.RawStdEncoding, base64.RawURLEncoding} {
			for at := range 3 {
				text := e.EncodeToString(append(make([]byte, at), b...))
				// Characters that depend on what stands before or behind go.
				out = append(out, []byte(text[(at*8+5)/6:(at+len(b))*8/6]))
			}
		}
	}
	return out
}

func holds(data []byte, words string) bool {
	for _, s := range spellings(words) {
		if bytes.Contains(data, s) {
			return true
		}
	}
	return false
}

// hunt fails when a secret is in the data, and when a control is not.
type hunt struct {
	*testing.T
	secrets []string
}

func (h hunt) in(where string, data []byte, controls ...string) {
	h.Helper()
	for _, s := range h.secrets {
		if holds(data, s) {
			h.Errorf("%s holds %q", where, s)
		}
	}
	for _, c := range controls {
		if !holds(data, c) {
			h.Errorf("%s does not hold the control %q in %d bytes: the search is blind there", where, c, len(data))
		}
	}
}

// memory reads everything that a process of ours holds.
func memory(t *testing.T, pid int) []byte {
	t.Helper()
	maps, err := os.ReadFile(fmt.Sprintf("/proc/%d/maps", pid))
	if err != nil {
		t.Fatal(err)
	}
	mem, err := os.Open(fmt.Sprintf("/proc/%d/mem", pid))
	if err != nil {
		t.Fatal(err)
	}
	defer mem.Close()
	var out []byte
	for _, line := range strings.Split(string(maps), "\n") {
		var from, until uint64
		var may string
		if n, _ := fmt.Sscanf(line, "%x-%x %s", &from, &until, &may); n < 3 || !strings.HasPrefix(may, "rw") || strings.Contains(line, "[v") {
			continue
		}
		b := make([]byte, until-from)
		n, err := mem.ReadAt(b, int64(from))
		if err != nil && n == 0 {
			continue // it went meanwhile, or was never touched
		}
		out = append(append(out, b[:n]...), 0)
	}
	return out
}

// pair is a house with a mentorship of Ben and Mia under way, and Ada, its
// admin.
type pair struct {
	room    string
	cookies map[string]string
	tokens  map[string]string
}

func paired(t *testing.T, p place) pair {
	t.Helper()
	ctx := t.Context()
	h, err := p.open(ctx, app.Config{Migrated: func(string) {}})
	if err != nil {
		t.Fatal(err)
	}
	defer h.Close()
	out := pair{cookies: map[string]string{}, tokens: map[string]string{}}
	who := map[string]access.Actor{}
	for name, role := range map[string]access.Role{"Ada": access.Admin, "Ben": access.Member, "Mia": access.Member} {
		var j people.Joined
		if err := h.DB.Write(ctx, func(tx *db.Tx) (err error) {
			if j, err = h.People.Join(tx, people.Joiner{Name: name, Role: role}, true); err != nil {
				return err
			}
			if out.cookies[name], err = h.Logins.Start(tx, j.Person, "test"); err != nil {
				return err
			}
			out.tokens[name], err = h.Logins.NewToken(tx, j.Person, "test", time.Time{})
			return err
		}); err != nil {
			t.Fatal(err)
		}
		if who[name], err = h.People.ActorOf(ctx, j.Person); err != nil {
			t.Fatal(err)
		}
	}
	fatal := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	fatal(h.Organisation.Change(ctx, func(s *organisation.Settings) error {
		s.Name, s.SetUp, s.Practices = "Tidewater", true, map[string]bool{mentoring.Key: true}
		return nil
	}))
	weights := mentoring.Weights{mentoring.BySkills: "5"}
	programme, err := h.Mentoring.Start(ctx, who["Ada"], mentoring.NewProgramme{
		Template: "women", Name: "Learning the loom", Purpose: "So that it goes on.", Shape: mentoring.ShapePairs, Weeks: 26, Capacity: 2, Weights: weights,
	})
	fatal(err)
	fatal(h.Mentoring.Enrol(ctx, who["Ben"], programme, mentoring.Enrol{Role: mentoring.Mentor, Capacity: 1, Skills: []string{"weaving"}}))
	fatal(h.Mentoring.Enrol(ctx, who["Mia"], programme, mentoring.Enrol{Role: mentoring.Mentee, Capacity: 1, Skills: []string{"weaving"}}))
	run, err := h.Mentoring.PairUp(ctx, who["Ada"], programme, weights)
	fatal(err)
	fatal(h.Mentoring.Publish(ctx, who["Ada"], programme, run))
	fatal(h.Jobs.Drain(ctx))
	rooms, _, err := h.Mentoring.Rooms(ctx, who["Ben"], 0, 10)
	fatal(err)
	if len(rooms) != 1 {
		t.Fatalf("Ben has %d mentorships", len(rooms))
	}
	for _, name := range []string{"Ben", "Mia"} {
		fatal(h.Mentoring.Answer(ctx, who[name], rooms[0].ID, true, ""))
	}
	fatal(h.Follow(ctx))
	out.room = rooms[0].ID.String()
	return out
}

// fetched is what a server answers to somebody.
func fetched(t *testing.T, address, cookie string) []byte {
	t.Helper()
	req, err := http.NewRequest("GET", address, nil)
	if err != nil {
		t.Fatal(err)
	}
	req.AddCookie(&http.Cookie{Name: visit.Cookie, Value: cookie})
	client := http.Client{Timeout: 20 * time.Second, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	res, err := client.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	if strings.HasPrefix(res.Header.Get("Content-Type"), "text/event-stream") {
		return nil // it has no end
	}
	b, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	if res.StatusCode >= 500 {
		t.Errorf("%s answers %d", address, res.StatusCode)
	}
	return append(b, res.Header.Get("Location")...)
}

var (
	links = regexp.MustCompile(`(?:href|action|src|data-src)="(/[^"#]*)`)
	ids   = regexp.MustCompile(`\b[0-9a-z]{13}\b`)
)

// everywhere reads every page that somebody finds from the first one on, and
// every operation of the API that reads, of the room and of whatever they found.
func everywhere(t *testing.T, house, cookie, room string) []byte {
	t.Helper()
	var out []byte
	queue, seen, shapes := []string{"/", "/mentorships/" + room}, map[string]bool{}, map[string]int{}
	var spec struct {
		Paths map[string]map[string]json.RawMessage
	}
	if err := json.Unmarshal(fetched(t, house+"/api/openapi.json", cookie), &spec); err != nil || len(spec.Paths) < 50 {
		t.Fatalf("%d operations are described, %v", len(spec.Paths), err)
	}
	for p, methods := range spec.Paths {
		if methods["get"] != nil {
			queue = append(queue, strings.ReplaceAll(p, "{id}", room))
		}
	}
	pages := 0
	for len(queue) > 0 {
		path := queue[0]
		queue = queue[1:]
		// Of addresses that differ in ids and values alone a few are enough.
		shape := ids.ReplaceAllString(regexp.MustCompile(`=[^&]*`).ReplaceAllString(path, "="), "*")
		if seen[path] || shapes[shape] >= 4 || strings.HasPrefix(path, "/assets/") {
			continue
		}
		seen[path] = true
		shapes[shape]++
		pages++
		b := fetched(t, house+path, cookie)
		out = append(append(out, b...), 0)
		for _, m := range links.FindAllSubmatch(b, -1) {
			queue = append(queue, html.UnescapeString(string(m[1])))
		}
	}
	if pages < 60 {
		t.Errorf("only %d pages were found: the walk has lost them", pages)
	}
	return out
}

// canary writes a note and a draft in two real browsers and looks for them, and
// for the recovery codes, wherever the server could have left them.
func canary(t *testing.T, dump func(t *testing.T) []byte, p place, args ...string) {
	path := binary(t)
	made := paired(t, p)
	s := serving(t, path, append(args, "--verbose")...)
	defer func() { s.kill() }()
	client := &http.Client{Timeout: 20 * time.Second}
	if code, err := s.call(client, "POST", "/api/v1/questions", made.tokens["Ben"], "", map[string]any{"title": "What is a " + houseControl + " for?"}, nil); err != nil || code != 201 {
		t.Fatal(code, err)
	}
	room := "/mentorships/" + made.room
	b := browsertest.Start(t)
	var codes []string
	open := func(who, zone string) *browsertest.Tab {
		t.Helper()
		tab := b.Open(t, s.url+room, browsertest.View{Zone: zone, Cookies: map[string]string{visit.Cookie: made.cookies[who]}})
		t.Cleanup(tab.Close)
		return tab
	}
	steps := func(list ...func() error) {
		t.Helper()
		for i, do := range list {
			if err := do(); err != nil {
				t.Fatalf("step %d: %v\n%s", i+1, err, s.log)
			}
		}
	}
	waits := func(tab *browsertest.Tab, condition string) func() error {
		return func() error { return tab.Wait(condition) }
	}
	presses := func(tab *browsertest.Tab, do string) func() error {
		return func() error {
			if err := tab.Wait(`document.querySelector("[data-place] [data-do=` + do + `]")`); err != nil {
				return err
			}
			return tab.Press("[data-place] [data-do=" + do + "]")
		}
	}
	keys := func(tab *browsertest.Tab) {
		t.Helper()
		steps(func() error { return tab.Click("details[data-vault] > summary") }, presses(tab, "make"),
			waits(tab, `document.querySelector("[data-code]")?.textContent.length > 30`))
		code, err := browsertest.Eval[string](tab, `document.querySelector("[data-code]").textContent`)
		if err != nil {
			t.Fatal(err)
		}
		codes = append(codes, code, strings.ReplaceAll(code, " ", ""), strings.ReplaceAll(code, " ", "")[:26])
		steps(func() error { return tab.Type("#vault-last", code[len(code)-4:]) }, presses(tab, "kept"), waits(tab, `document.querySelector("#vault-text")`))
	}
	ben, mia := open("Ben", "Asia/Tokyo"), open("Mia", "America/New_York")
	keys(ben)
	keys(mia)
	steps(
		func() error { return ben.Go(s.url + room) }, func() error { return ben.Click("details[data-vault] > summary") },
		waits(ben, `document.querySelector("#vault-text")`),
		func() error { return ben.Type("#vault-text", noteCanary) }, presses(ben, "save"),
		waits(ben, `document.querySelector("[data-text]")?.textContent == "`+noteCanary+`"`),
		presses(mia, "again"), waits(mia, `document.querySelector("[data-text]")?.textContent == "`+noteCanary+`"`),
		func() error { return mia.Type("#vault-text", draftCanary) }, waits(mia, `!("dirty" in document.querySelector("[data-vault]").dataset)`),
		// The same room's ordinary field, by its form.
		func() error { return ben.Type("#agreement", roomControl) }, func() error { return ben.Press("form[action$=agreement] button") },
		waits(ben, `document.querySelector("#agreement").defaultValue.includes("`+roomControl+`")`),
		func() error { return mia.Go(s.url + room) }, func() error { return mia.Click("details[data-vault] > summary") },
		waits(mia, `document.querySelector("[data-text]")?.textContent == "`+noteCanary+`"`),
		waits(mia, `document.querySelector("#vault-text").value == "`+draftCanary+`"`),
	)
	h := hunt{t, append([]string{noteCanary, draftCanary}, codes...)}
	if runtime.GOOS == "linux" {
		m := memory(t, s.cmd.Process.Pid)
		t.Logf("%d MB of memory", len(m)>>20)
		h.in("the server's memory", m, roomControl, houseControl)
	}
	for _, who := range []string{"Ben", "Mia", "Ada"} {
		controls := []string{houseControl}
		if who != "Ada" {
			controls = append(controls, roomControl)
		}
		b := everywhere(t, s.url, made.cookies[who], made.room)
		t.Logf("%d kB of pages and answers to %s", len(b)>>10, who)
		h.in("a page or an answer to "+who, b, controls...)
		if who == "Ada" && holds(b, roomControl) {
			t.Error("the admin reads what stands in the room")
		}
	}
	h.in("the database", dump(t), roomControl, houseControl)
	out := t.TempDir()
	run := func(command ...string) {
		t.Helper()
		if b, err := exec.Command(path, append(command, args...)...).CombinedOutput(); err != nil {
			t.Fatalf("%v: %v\n%s", command, err, b)
		}
	}
	run("export", "--out", filepath.Join(out, "export"))
	h.in("the export", files(t, filepath.Join(out, "export")), houseControl)
	run("backup", "--out", filepath.Join(out, "backup"))
	h.in("the backup", unzipped(t, filepath.Join(out, "backup")), roomControl, houseControl)
	h.in("the log", s.log.Bytes(), "/api/v1/mentorships/{id}/notes")

	// Search finds the control, and nothing of the note. The search itself
	// brings the word to the server, so it comes last.
	for words, want := range map[string]bool{"taradiddle": true, "Powidltascherl": true, "gallimaufry": false, "Zwetschgenknödel": false, "quomodocunquize": false, "floccinaucinihil": false} {
		for _, who := range []string{"Ben", "Mia", "Ada"} {
			var found struct{ Items []json.RawMessage }
			if code, err := s.call(client, "GET", "/api/v1/search?q="+words, made.tokens[who], "", nil, &found); err != nil || code != 200 {
				t.Fatal(code, err)
			}
			if got := len(found.Items) > 0; got != want {
				t.Errorf("%s searches %s and finds %d", who, words, len(found.Items))
			}
		}
	}
	for _, tab := range []*browsertest.Tab{ben, mia} {
		for _, e := range tab.Errors() {
			t.Error(e)
		}
	}
}

// files joins every file below a folder.
func files(t *testing.T, dir string) []byte {
	t.Helper()
	var out []byte
	if err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		b, err := os.ReadFile(path)
		out = append(append(out, b...), 0)
		return err
	}); err != nil {
		t.Fatal(err)
	}
	return out
}

// unzipped joins what an archive holds, and its own bytes.
func unzipped(t *testing.T, name string) []byte {
	t.Helper()
	out, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	r, err := zip.NewReader(bytes.NewReader(out), int64(len(out)))
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range r.File {
		in, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		b, err := io.ReadAll(in)
		if err != nil {
			t.Fatal(err)
		}
		in.Close()
		out = append(append(out, b...), 0)
	}
	return out
}

func TestNobodyButTheTwoBrowsersReadsANote(t *testing.T) {
	if testing.Short() {
		t.Skip("two browsers and a server of its own: not with -short")
	}
	t.Run("sqlite", func(t *testing.T) {
		dir := t.TempDir()
		canary(t, func(t *testing.T) []byte { return files(t, dir) }, place{Data: dir}, "--data", dir)
	})
	t.Run("postgres", func(t *testing.T) {
		at, dir := dbtest.PostgresURL(t), t.TempDir()
		canary(t, func(t *testing.T) []byte {
			t.Helper()
			name := "pg_dump"
			if found, err := filepath.Glob("/usr/lib/postgresql/*/bin/pg_dump"); err == nil && len(found) > 0 {
				name = found[len(found)-1]
			}
			b, err := exec.CommandContext(context.WithoutCancel(t.Context()), name, "--inserts", at).Output()
			if err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			return b
		}, place{Data: dir, Database: at}, "--data", dir, "--database", at)
	})
}

func TestTheHuntFindsEverySpelling(t *testing.T) {
	for i, s := range spellings(noteCanary) {
		for _, before := range []string{"", "x", "xy", "xyz"} {
			if !holds([]byte(before+string(s)+"z"), noteCanary) {
				t.Errorf("spelling %d is not found", i)
			}
		}
	}
	for _, before := range []string{"", "x", "xy"} {
		for _, e := range []*base64.Encoding{base64.StdEncoding, base64.RawURLEncoding} {
			if !holds([]byte(e.EncodeToString([]byte(before+noteCanary+"z"))), noteCanary) {
				t.Errorf("base64 behind %q is not found", before)
			}
		}
	}
	if holds([]byte(strings.ToUpper(noteCanary)), noteCanary) {
		t.Error("it finds what is not there")
	}
}
