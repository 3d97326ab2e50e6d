package app

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"image"
	"image/jpeg"
	"io"
	"net/http"
	"regexp"
	"strings"
	"testing"

	"github.com/guildhall/guildhall/internal/core/visit"
	"github.com/guildhall/guildhall/internal/platform/db"
	"github.com/guildhall/guildhall/internal/platform/db/dbtest"
)

// file sends a file as it is and returns what is answered.
func (s *stage) file(who, method, path string, data []byte, header ...string) (int, http.Header, string) {
	s.Helper()
	req, err := http.NewRequest(method, s.url+"/api/v1"+path, bytes.NewReader(data))
	if err != nil {
		s.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/octet-stream")
	req.Header.Set("Authorization", "Bearer "+s.cast[who].token)
	for i := 0; i+1 < len(header); i += 2 {
		req.Header.Set(header[i], header[i+1])
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		s.Fatal(err)
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	if err != nil {
		s.Fatal(err)
	}
	return res.StatusCode, res.Header, string(b)
}

// photo is a picture of the size, with a place in what the camera wrote.
func photo(t *testing.T, w, h int) []byte {
	t.Helper()
	img := image.NewRGBA(image.Rect(0, 0, w, h))
	for i := range img.Pix {
		img.Pix[i] = byte(i * 7)
	}
	var b bytes.Buffer
	if err := jpeg.Encode(&b, img, nil); err != nil {
		t.Fatal(err)
	}
	secret := []byte("Exif\x00\x00at 38.7223N 9.1393W")
	app1 := append([]byte{0xff, 0xe1, 0, byte(len(secret) + 2)}, secret...)
	return append(append(bytes.Clone(b.Bytes()[:2]), app1...), b.Bytes()[2:]...)
}

func TestFilesAreSentAndFetchedAsTheyAreByPrograms(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s := play(t, d)
		var kept struct{ ID, URL, Markdown string }
		send := func(who, query string, data []byte, want int) string {
			t.Helper()
			code, _, answer := s.file(who, "POST", "/files/content"+query, data)
			if code != want {
				t.Fatalf("sending %d bytes answers %d, want %d: %.300s", len(data), code, want, answer)
			}
			if code == 201 {
				if err := json.Unmarshal([]byte(answer), &kept); err != nil {
					t.Fatal(err)
				}
			}
			return answer
		}
		// A file eight times what JSON takes arrives whole and goes back whole, and in parts.
		large := bytes.Repeat([]byte("warp and weft, "), 600_000)
		send("Ada", "?name=..%2Fdraft+%5B1%5D.pdf", large, 201)
		if kept.Markdown != "[draft (1).pdf](/files/"+kept.ID+")" {
			t.Errorf("it is shown as %q", kept.Markdown)
		}
		q := s.made("Ada", "/questions", fields{"title": "What does the draft say?", "body": kept.Markdown})
		code, h, back := s.file("Ben", "GET", "/files/"+kept.ID+"/content", nil)
		if code != 200 || sha256.Sum256([]byte(back)) != sha256.Sum256(large) || h.Get("Content-Type") != "application/octet-stream" || !strings.Contains(h.Get("Content-Disposition"), `"draft (1).pdf"`) {
			t.Errorf("it comes back as %d, %d bytes, %v", code, len(back), h)
		}
		if code, _, part := s.file("Ben", "GET", "/files/"+kept.ID+"/content", nil, "Range", "bytes=5-12"); code != 206 || part != "and weft" {
			t.Errorf("a part is %d %q", code, part)
		}
		if code, _, _ := s.file("Ben", "GET", "/files/"+kept.ID+"/content", nil, "If-None-Match", h.Get("ETag")); code != 304 {
			t.Errorf("unchanged answers %d", code)
		}
		// Pictures lose what the camera wrote.
		camera := photo(t, 900, 300)
		send("Ben", "?name=loom.jpg&question="+q, camera, 201)
		if !strings.HasPrefix(kept.Markdown, "![loom.jpg](") {
			t.Errorf("the picture is shown as %q", kept.Markdown)
		}
		code, h, back = s.file("Ben", "GET", "/files/"+kept.ID+"/content", nil)
		img, _, err := image.Decode(strings.NewReader(back))
		if err != nil || code != 200 || strings.Contains(back, "38.7223N") || img.Bounds().Dx() != 900 || h.Get("Content-Disposition") != "" {
			t.Errorf("the picture comes back as %d %v %v", code, h, err)
		}
		// What is wrong is said.
		if answer := send("Ada", "?name=a.bin", make([]byte, 10<<20+1), 413); !strings.Contains(answer, "Keep it under 10 MB") {
			t.Errorf("too large: %s", answer)
		}
		send("Ada", "?name=a.bin", make([]byte, 10<<20), 201)
		if answer := send("Ada", "?name=a.bin", nil, 422); !strings.Contains(answer, "body.content") {
			t.Errorf("empty: %s", answer)
		}
		send("Ada", "", []byte("x"), 422)
		send("Ada", "?name=a.txt&question=7zzzzzzzzzzzz", []byte("x"), 404)
		for kind, want := range map[string]int{"multipart/form-data; boundary=x": 415, "application/x-www-form-urlencoded": 415, "image/svg+xml": 201} {
			if code, _, answer := s.file("Ada", "POST", "/files/content?name=a.svg", []byte("<svg/>"), "Content-Type", kind); code != want {
				t.Errorf("as %s: %d %s", kind, code, answer)
			}
		}
		if code, _, answer := s.file("Ada", "POST", "/files/content?name=a.txt", []byte("x"), "Idempotency-Key", "one"); code != 422 || !strings.Contains(answer, "takes no Idempotency-Key") {
			t.Errorf("with a key: %d %s", code, answer)
		}
	})
}

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

func TestVouchesAreShownFortyAtATime(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s := play(t, d)
		ben := "/people/" + s.cast["Ben"].Person.String() + "/vouches"
		first := s.made("Ada", ben, fields{"skill": "weaving", "note": "Wove the whole of the new curtain"})
		for n := range 45 {
			s.made("Chidi", ben, fields{"skill": fmt.Sprintf("knot %02d", n), "note": fmt.Sprintf("Tied the knot number %02d for us", n)})
		}
		if page := s.page("Ada", ben); strings.Count(page, `id="vouch-`) != 40 || !strings.Contains(page, "number 44") || strings.Contains(page, `rel="prev"`) {
			t.Errorf("the newest are\n%s", page)
		}
		next := regexp.MustCompile(`rel="next" href="([^"]+)"`).FindStringSubmatch(s.page("Ada", ben))
		if next == nil {
			t.Fatal("the list does not go on")
		}
		if page := s.page("Ada", next[1]); strings.Count(page, `id="vouch-`) != 6 || !strings.Contains(page, "number 04") || strings.Contains(page, "number 05") || strings.Contains(page, `rel="next"`) || !strings.Contains(page, `rel="prev"`) {
			t.Errorf("the older ones are\n%s", page)
		}
		code, to := s.get("Ada", "/endorsements/"+first)
		path, place, _ := strings.Cut(to, "#")
		if code != 303 || place != "vouch-"+first || !strings.Contains(s.page("Ada", path), `id="`+place+`"`) {
			t.Errorf("an old vouch is at %d %s", code, to)
		}
		if code, _ := s.get("Ada", ben+"?after=nonsense"); code != 422 {
			t.Errorf("a place that is none answers %d", code)
		}
	})
}

func TestVouchesAreReadAndKeptByPrograms(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s := play(t, d)
		type vouch struct {
			ID, URL, For, Note string
			Skill              struct{ Name string }
			By                 struct{ Name, Person string }
		}
		var list struct {
			Items []vouch
			Next  string `json:"next_cursor"`
		}
		ben := "/people/" + s.cast["Ben"].Person.String() + "/vouches"
		ids := map[string]bool{}
		for _, v := range []struct{ who, skill string }{{"Ada", "weaving"}, {"Ada", "dyeing"}, {"Chidi", "weaving"}} {
			ids[s.made(v.who, ben, fields{"skill": v.skill, "note": "Mended the big loom in a night"})] = true
		}
		if len(ids) != 3 {
			t.Fatalf("there are %d", len(ids))
		}
		first := s.made("Ada", ben, fields{"skill": "weaving", "note": "Wove the whole of the new curtain"})
		if !ids[first] {
			t.Error("vouching again made another")
		}
		seen := 0
		for cursor := ""; ; {
			if code := s.call("Chidi", "GET", "/api/v1"+ben+"?limit=2&cursor="+cursor, nil, &list); code != 200 {
				t.Fatalf("listing answers %d", code)
			}
			for _, v := range list.Items {
				if !ids[v.ID] {
					t.Errorf("%+v comes twice, or is none of them", v)
				}
				ids[v.ID] = false
				seen++
			}
			if cursor = list.Next; cursor == "" {
				break
			}
		}
		if seen != 3 {
			t.Errorf("%d are listed", seen)
		}
		var one vouch
		if code := s.call("Chidi", "GET", "/api/v1/endorsements/"+first, nil, &one); code != 200 || one.Note != "Wove the whole of the new curtain" || one.By.Name != "Ada" || one.Skill.Name != "weaving" || one.For != s.cast["Ben"].Person.String() {
			t.Errorf("%d %+v", code, one)
		}
		// Who worked with whom is told as on the profile: Ben knows both.
		var p struct {
			Met     bool
			Between []struct{ Name string } `json:"introducers"`
		}
		if s.call("Ada", "GET", "/api/v1/people/"+s.cast["Ben"].Person.String(), nil, &p); !p.Met || len(p.Between) != 0 {
			t.Errorf("Ada and Ben: %+v", p)
		}
		p.Met = false
		if s.call("Ada", "GET", "/api/v1/people/"+s.cast["Chidi"].Person.String(), nil, &p); p.Met || len(p.Between) != 1 || p.Between[0].Name != "Ben" {
			t.Errorf("Ada and Chidi: %+v", p)
		}
		// Ben hides it in his ledger: others do not read of it any more, he does.
		s.drain()
		var ledger struct{ Items []struct{ ID, URL string } }
		s.call("Ben", "GET", "/api/v1/me/receipts", nil, &ledger)
		for _, r := range ledger.Items {
			if strings.HasSuffix(r.URL, first) {
				if code := s.call("Ben", "PUT", "/api/v1/me/receipts/"+r.ID+"/hiding", nil, nil); code != 204 {
					t.Errorf("hiding answers %d", code)
				}
			}
		}
		for who, want := range map[string]int{"Ben": 3, "Ada": 2} {
			if s.call(who, "GET", "/api/v1"+ben, nil, &list); len(list.Items) != want {
				t.Errorf("%s reads %d, want %d", who, len(list.Items), want)
			}
		}
		if code := s.call("Chidi", "DELETE", "/api/v1/endorsements/"+first, nil, nil); code != 403 {
			t.Errorf("Chidi takes Ada's back: %d", code)
		}
		if code := s.call("Ada", "DELETE", "/api/v1/endorsements/"+first, nil, nil); code != 204 {
			t.Errorf("Ada takes hers back: %d", code)
		}
		if code := s.call("Ben", "GET", "/api/v1/endorsements/"+first, nil, nil); code != 404 {
			t.Errorf("withdrawn: %d", code)
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
