package app

import (
	"encoding/json"
	"fmt"
	"image"
	"net/http"
	"strings"
	"testing"

	"github.com/guildhall/guildhall/internal/core/visit"
	"github.com/guildhall/guildhall/internal/platform/db"
	"github.com/guildhall/guildhall/internal/platform/db/dbtest"
)

func TestSomebodysOwnAccountIsKeptByPrograms(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s := play(t, d)
		if code, _, answer := s.file("Ben", "PUT", "/me/picture", []byte("no picture")); code != 422 || !strings.Contains(answer, "body.file") {
			t.Errorf("no picture: %d %s", code, answer)
		}
		if code, _, answer := s.file("Ben", "PUT", "/me/picture", append([]byte("\xff\xd8\xff"), make([]byte, 12<<20)...)); code != 413 || !strings.Contains(answer, "under 12 MB") {
			t.Errorf("too large: %d %s", code, answer)
		}
		if code, _, answer := s.file("Ben", "PUT", "/me/picture", photo(t, 640, 480)); code != 204 {
			t.Fatalf("a picture: %d %s", code, answer)
		}
		var ben struct{ ID, Picture string }
		if code := s.call("Ada", "GET", "/api/v1/people/"+s.cast["Ben"].Person.String(), nil, &ben); code != 200 || ben.Picture != "/api/v1/people/"+ben.ID+"/picture" {
			t.Fatalf("Ben is %d %+v", code, ben)
		}
		code, h, back := s.file("Ada", "GET", "/people/"+ben.ID+"/picture", nil)
		img, kind, err := image.Decode(strings.NewReader(back))
		if err != nil || code != 200 || h.Get("Content-Type") != "image/"+kind || img.Bounds().Dx() != img.Bounds().Dy() || strings.Contains(back, "38.7223N") {
			t.Errorf("the picture is %d %v %v", code, h, err)
		}
		if code := s.call("Ben", "DELETE", "/api/v1/me/picture", nil, nil); code != 204 {
			t.Errorf("removing answers %d", code)
		}
		if code, _, _ := s.file("Ada", "GET", "/people/"+ben.ID+"/picture", nil); code != 404 {
			t.Errorf("removed: %d", code)
		}

		// What one reads of oneself can be sent back as it is.
		var own struct {
			Name   string
			Before []struct{ Unit struct{ Name string } }
			Lately []struct{ Kind, Title, URL string }
			Own    struct {
				Mark       int
				Unit, Site string
			}
		}
		q := s.made("Ben", "/questions", fields{"title": "Who keeps the spare heddles?"})
		if code := s.call("Ben", "PUT", "/api/v1/me", fields{"name": "Ben", "mark": 3, "weekly_budget": 2}, nil); code != 204 {
			t.Errorf("editing answers %d", code)
		}
		if s.call("Ben", "GET", "/api/v1/me", nil, &own); own.Own.Mark != 3 || len(own.Lately) == 0 || own.Lately[0].Kind != "question" || own.Lately[0].URL != "/questions/"+q {
			t.Errorf("Ben reads of himself %+v", own)
		}

		// Preferences: both are checked at once, nothing else changes.
		var p struct {
			TimeZone string `json:"time_zone"`
			Locale   string
		}
		if code := s.call("Ben", "PUT", "/api/v1/me/preferences", fields{"time_zone": "Mars/Crater", "locale": "tlh"}, nil); code != 422 {
			t.Errorf("nonsense answers %d", code)
		}
		if code := s.call("Ben", "PUT", "/api/v1/me/preferences", fields{"time_zone": "Asia/Tokyo", "locale": "en"}, nil); code != 204 {
			t.Errorf("preferring answers %d", code)
		}
		if s.call("Ben", "GET", "/api/v1/me/preferences", nil, &p); p.TimeZone != "Asia/Tokyo" || p.Locale != "en" {
			t.Errorf("Ben prefers %+v", p)
		}

		// A token sets no first password, and changes one only who knows it.
		change := func(kind, old, secret string) int {
			t.Helper()
			return s.call("Ben", "PUT", "/api/v1/me/secrets/"+kind, fields{"old": old, "new": secret}, nil)
		}
		const tractor, gnu = "violin tractor seventeen", "gnu lantern Wednesday"
		if code := change("password", "", tractor); code != 403 {
			t.Errorf("a first password by token answers %d", code)
		}
		s.secret("Ben", horse)
		var ways struct {
			Email         string
			Password, PIN bool
		}
		if s.call("Ben", "GET", "/api/v1/me/sign-in", nil, &ways); !ways.Password || ways.PIN || ways.Email != "ben@example.org" {
			t.Errorf("Ben signs in %+v", ways)
		}
		if code := change("pin", "", "730194"); code != 403 {
			t.Errorf("a first PIN by token answers %d", code)
		}
		if code := change("face", "", "x"); code != 422 {
			t.Errorf("a secret of another kind answers %d", code)
		}
		for _, old := range []string{"", "wrong horse", strings.Repeat("h", 5000)} {
			if code := change("password", old, tractor); code != 422 {
				t.Errorf("with the old one %.20q: %d", old, code)
			}
		}
		if code := change("password", horse, "short"); code != 422 {
			t.Errorf("a short one answers %d", code)
		}
		if code := change("password", horse, tractor); code != 204 {
			t.Errorf("changing answers %d", code)
		}
		if code, _ := s.get("Ben", "/settings"); code != 303 {
			t.Errorf("a login from before still shows %d", code)
		}
		// Guessing is slowed as on the page.
		last := 0
		for range 40 {
			if last = change("password", "wrong horse", gnu); last == 429 {
				break
			}
		}
		if last != 429 {
			t.Errorf("the fortieth guess answers %d", last)
		}
		if code := change("password", tractor, gnu); code != 429 {
			t.Errorf("then the right one answers %d", code)
		}
		// A browser's own login stays when it changes the password by the API.
		s.write(func(tx *db.Tx) error {
			_, err := tx.Exec("DELETE FROM throttles")
			return err
		})
		a := s.cast["Ben"]
		s.write(func(tx *db.Tx) (err error) {
			a.cookie, err = s.house.Logins.Start(tx, a.Person, "test")
			return err
		})
		s.cast["Ben"] = a
		req, err := http.NewRequest("PUT", s.url+"/api/v1/me/secrets/password", strings.NewReader(fmt.Sprintf(`{"old":%q,"new":%q}`, tractor, gnu)))
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Content-Type", "application/json")
		req.AddCookie(&http.Cookie{Name: visit.Cookie, Value: a.cookie})
		if code, answer := s.send("Ben", req); code != 204 {
			t.Errorf("from a browser: %d %s", code, answer)
		}
		if code, _ := s.get("Ben", "/settings"); code != 200 {
			t.Errorf("the browser's login shows %d", code)
		}
	})
}

func TestAnAdminsProgramBringsSkillsAndPeople(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		g := newGuild(t, d)
		type run struct {
			ID, Name, State, Wrong, Format string
			Preview                        bool
			New, Changed, Same             int
			Problems                       []string
		}
		begin := func(path string, data []byte, want int) (id string) {
			t.Helper()
			code, _, answer := g.file("Ada", "POST", path, data)
			if code != want {
				t.Fatalf("%s answers %d: %s", path, code, answer)
			}
			var out struct{ ID, URL string }
			if code == 201 {
				if err := json.Unmarshal([]byte(answer), &out); err != nil {
					t.Fatal(err)
				}
				if !strings.HasSuffix(out.URL, out.ID) {
					t.Errorf("its page is %s", out.URL)
				}
			}
			return out.ID
		}
		look := func(n string) (r run) {
			t.Helper()
			if code := g.call("Ada", "GET", "/api/v1/admin/skill-lists/"+n, nil, &r); code != 200 {
				t.Fatalf("looking answers %d", code)
			}
			return r
		}
		work := func() {
			t.Helper()
			if err := g.house.Jobs.Drain(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		begin("/admin/skill-lists", nil, 422)
		begin("/admin/skill-lists", make([]byte, 12<<20+1), 413)
		n := begin("/admin/skill-lists?name=own.csv", []byte(ownList), 201)
		if r := look(n); r.State != "waiting" || r.ID != n {
			t.Errorf("before its job: %+v", r)
		}
		if code := g.call("Ada", "POST", "/api/v1/admin/skill-lists/"+n+"/import", nil, nil); code != 409 {
			t.Errorf("importing what was not looked at answers %d", code)
		}
		work()
		r := look(n)
		if r.State != "done" || !r.Preview || r.Name != "own.csv" || r.New != 2 || len(r.Problems) != 1 || !strings.Contains(r.Problems[0], "own.csv:4") {
			t.Errorf("the preview says %+v", r)
		}
		if code := g.call("Olu", "GET", "/api/v1/admin/skill-lists/"+n, nil, nil); code != 404 && code != 403 {
			t.Errorf("an organiser reads it: %d", code)
		}
		for i, want := range []run{{New: 2}, {Same: 2}} {
			n := begin("/admin/skill-lists/"+n+"/import", nil, 201)
			work()
			if r := look(n); r.State != "done" || r.Preview || r.New != want.New || r.Same != want.Same {
				t.Errorf("the import, time %d, says %+v", i+1, r)
			}
		}
		bad := begin("/admin/skill-lists?name=own.zip", []byte("PK\x03\x04 nothing"), 201)
		work()
		if r := look(bad); r.State != "failed" || r.Wrong == "" || strings.HasPrefix(r.Wrong, "fault.") {
			t.Errorf("a broken file says %+v", r)
		}

		// People, in the encoding of an old system and larger than JSON may be.
		var plan struct {
			Done    bool
			Joiners []struct{ Name string }
		}
		file := []byte("Personnel number;Name;E-mail\n90001;Jos\xe9 Warp;jose@example.org\n")
		for i := range 18_000 {
			file = fmt.Appendf(file, "%d;Nora Number%d of the long night shift in the old mill;n%d@example.org\n", 91_000+i, i, i)
		}
		if len(file) <= 1<<20 {
			t.Fatalf("the file has %d bytes", len(file))
		}
		code, _, answer := g.file("Ada", "POST", "/admin/import/file?name=old.csv", file)
		if err := json.Unmarshal([]byte(answer), &plan); err != nil || code != 200 || plan.Done || len(plan.Joiners) != 18_001 || plan.Joiners[0].Name != "José Warp" {
			t.Errorf("the preview: %d %v %d joiners %.200s", code, err, len(plan.Joiners), answer)
		}
		code, _, answer = g.file("Ada", "POST", "/admin/import/file?carry_out=true", []byte("Personnel number,Name\n90001,Pia Warp\n"))
		if err := json.Unmarshal([]byte(answer), &plan); err != nil || code != 200 || !plan.Done {
			t.Errorf("carrying out: %d %v %.200s", code, err, answer)
		}
		var found struct{ Items []struct{ Name string } }
		if g.call("Ada", "GET", "/api/v1/people?name=Pia", nil, &found); len(found.Items) != 1 {
			t.Errorf("found %+v", found)
		}
	})
}
