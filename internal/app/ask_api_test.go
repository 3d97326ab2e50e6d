package app

import (
	"bytes"
	"io"
	"net/http"
	"strconv"
	"strings"
	"testing"

	"github.com/guildhall/guildhall/internal/platform/db"
	"github.com/guildhall/guildhall/internal/platform/db/dbtest"
)

// theWhole is what a program reads of a question.
type theWhole struct {
	State       string
	DuplicateOf string `json:"duplicate_of"`
	ObsoleteWhy string `json:"obsolete_why"`
	VerifiedAt  string `json:"verified_at"`
	MeToo       bool   `json:"me_too"`
	Kept        bool
	Comments    []struct{ ID, Body string }
	List        []struct {
		State       string
		ObsoleteWhy string `json:"obsolete_why"`
		VerifiedBy  struct {
			Name string
		} `json:"verified_by"`
		Useful bool
	}
}

// TestQuestionsCanBeLookedAfterByPrograms does by operations what the pages can
// do with what stands: comments, states, verifying, histories.
func TestQuestionsCanBeLookedAfterByPrograms(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s := play(t, d)
		does := func(who, method, path string, in any, want int) {
			t.Helper()
			if code := s.call(who, method, "/api/v1"+path, in, nil); code != want {
				t.Errorf("%s: %s %s %v answers %d, want %d", who, method, path, in, code, want)
			}
		}
		open := func(who, path string) (w theWhole) {
			t.Helper()
			if code := s.call(who, "GET", "/api/v1"+path, nil, &w); code != 200 {
				t.Fatalf("%s opens %s: %d", who, path, code)
			}
			return w
		}
		other := s.made("Chidi", "/questions", fields{"title": "How do I calibrate the old probe?"})
		q := "/questions/" + s.made("Ben", "/questions", fields{"title": "How do I calibrate the probe?", "skills": []string{"calibration"}})
		s.drain()

		var like struct{ Items []struct{ ID string } }
		if code := s.call("Ada", "GET", "/api/v1/questions/similar?q=calibrate+probe&without="+strings.TrimPrefix(q, "/questions/"), nil, &like); code != 200 || len(like.Items) != 1 || like.Items[0].ID != other {
			t.Errorf("similar questions: %d %+v", code, like)
		}

		c := "/comments/" + s.made("Chidi", q+"/comments", fields{"body": "Which one?"})
		does("Ben", "PUT", c, fields{"body": "Mine"}, 403)
		does("Chidi", "PUT", c, fields{"body": " "}, 422)
		does("Chidi", "PUT", c, fields{"body": "Which of the two?"}, 204)
		if w := open("Ben", q); len(w.Comments) != 1 || w.Comments[0].Body != "Which of the two?" {
			t.Errorf("the comment is %+v", w.Comments)
		}
		does("Chidi", "DELETE", c, nil, 204)
		does("Chidi", "PUT", c, fields{"body": "Again"}, 404)
		if w := open("Ben", q); len(w.Comments) != 0 {
			t.Errorf("the comment is still %+v", w.Comments)
		}

		does("Ben", "PUT", q+"/state", fields{"state": "closed"}, 422)
		does("Ben", "PUT", q+"/state", fields{"state": "duplicate", "of": "nonsense"}, 422)
		does("Ben", "PUT", q+"/state", fields{"state": "duplicate", "of": strings.TrimPrefix(q, "/questions/")}, 409)
		does("Chidi", "PUT", q+"/state", fields{"state": "duplicate", "of": other}, 403)
		does("Ben", "PUT", q+"/state", fields{"state": "duplicate", "of": s.url + "/questions/" + other + "#answers"}, 204)
		if w := open("Ada", q); w.State != "duplicate" || w.DuplicateOf != other {
			t.Errorf("the duplicate is %+v", w)
		}
		does("Ben", "PUT", q+"/state", fields{"state": "open"}, 204)
		does("Ben", "PUT", q+"/state", fields{"state": "obsolete"}, 422)
		does("Ben", "PUT", q+"/state", fields{"state": "obsolete", "why": "The probe was sold"}, 204)
		if w := open("Ada", q); w.State != "obsolete" || w.ObsoleteWhy != "The probe was sold" || w.DuplicateOf != "" {
			t.Errorf("the obsolete question is %+v", w)
		}
		does("Ben", "PUT", q+"/state", fields{"state": "open"}, 204)

		answer := s.made("Chidi", q+"/answers", fields{"body": "With the reference.\nTwice."})
		a := "/answers/" + answer
		does("Ada", "PUT", q+"/verification", nil, 409)
		does("Ben", "PUT", q+"/acceptance", fields{"answer": answer}, 204)
		does("Ada", "PUT", q+"/verification", nil, 204)
		does("Ada", "PUT", a+"/verification", nil, 204)
		does("Ben", "PUT", a+"/useful", nil, 204)
		does("Ada", "PUT", q+"/me-too", nil, 204)
		does("Ada", "PUT", q+"/bookmark", nil, 204)
		if w := open("Ada", q); w.State != "open" || w.VerifiedAt == "" || !w.MeToo || !w.Kept || len(w.List) != 1 || w.List[0].VerifiedBy.Name != "Ada" || w.List[0].Useful {
			t.Errorf("verified: %+v", w)
		}
		if w := open("Ben", q); w.MeToo || w.Kept || !w.List[0].Useful {
			t.Errorf("Ben's view: %+v", w)
		}
		does("Ben", "PUT", a+"/state", fields{"state": "obsolete", "why": "x"}, 403)
		does("Chidi", "PUT", a+"/state", fields{"state": "obsolete"}, 422)
		does("Chidi", "PUT", a+"/state", fields{"state": "obsolete", "why": "New reference"}, 204)
		if w := open("Ada", q); w.List[0].State != "obsolete" || w.List[0].ObsoleteWhy != "New reference" {
			t.Errorf("the obsolete answer is %+v", w.List)
		}
		does("Chidi", "PUT", a+"/state", fields{"state": "open"}, 204)

		type versions struct {
			Items []struct {
				Number            int
				Author            struct{ Name string }
				Title, Body, Note string
				Diff              []struct{ Op, Text string }
			}
			Next string `json:"next_cursor"`
		}
		read := func(path string) (v versions) {
			t.Helper()
			if code := s.call("Ada", "GET", "/api/v1"+path, nil, &v); code != 200 {
				t.Errorf("%s answers %d", path, code)
			}
			return v
		}
		if v := read(a + "/history"); len(v.Items) != 0 {
			t.Errorf("what was never changed has the versions %+v", v)
		}
		does("Chidi", "PUT", a, fields{"body": "With the reference.\nOnce.", "note": "Once is enough"}, 204)
		does("Chidi", "PUT", a, fields{"body": "With the new reference.\nOnce."}, 204)
		v := read(a + "/history?limit=2")
		if len(v.Items) != 2 || v.Items[0].Number != 3 || v.Items[1].Note != "Once is enough" || v.Items[1].Author.Name != "Chidi" || v.Next == "" {
			t.Fatalf("the newest versions are %+v", v)
		}
		var diff []string
		for _, l := range v.Items[1].Diff {
			diff = append(diff, l.Op+l.Text)
		}
		if got := strings.Join(diff, "|"); got != "With the reference.|-Twice.|+Once." {
			t.Errorf("the difference is %s", got)
		}
		v = read(a + "/history?limit=2&cursor=" + v.Next)
		if len(v.Items) != 1 || v.Items[0].Number != 1 || v.Items[0].Diff[0].Op != "" || v.Next != "" {
			t.Errorf("the first version is %+v", v)
		}
		does("Ada", "GET", a+"/history?cursor=x", nil, 422)
		does("Gus", "GET", a+"/history", nil, 404)
		does("Ben", "PUT", q, fields{"title": "How do I calibrate the TW-300?", "body": "", "skills": []string{"calibration"}}, 204)
		if v := read(q + "/history"); len(v.Items) != 2 || v.Items[1].Title != "How do I calibrate the probe?" {
			t.Errorf("the versions of the question are %+v", v)
		}
	})
}

// TestADeskAndAHomeCanBeReadByPrograms follows a question to the desk.
func TestADeskAndAHomeCanBeReadByPrograms(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s := play(t, d)
		if code, to := s.post("Ada", "/admin/questions", "desk=Chidi&hours=1%2C+4"); code != 303 {
			t.Fatalf("naming the desk answers %d %s", code, to)
		}
		n := s.made("Ben", "/questions", fields{"title": "Who knows the xylograph of the annex?"})
		s.drain()
		type list []struct{ ID, Part string }
		var home struct{ Waiting, Mine list }
		if code := s.call("Chidi", "GET", "/api/v1/today", nil, &home); code != 200 || len(home.Waiting) != 1 || home.Waiting[0].ID != n || home.Waiting[0].Part != "desk" || len(home.Mine) != 0 {
			t.Errorf("the Home of the desk: %d %+v", code, home)
		}
		home.Waiting = nil
		if code := s.call("Ben", "GET", "/api/v1/today", nil, &home); code != 200 || len(home.Waiting) != 0 || len(home.Mine) != 1 || home.Mine[0].ID != n {
			t.Errorf("the Home of the asker: %d %+v", code, home)
		}
		var w struct {
			Part string
			Way  *struct{ State string }
		}
		if s.call("Ben", "GET", "/api/v1/questions/"+n, nil, &w); w.Way == nil || w.Way.State != "desk" || w.Part != "" {
			t.Errorf("the asker reads %+v", w)
		}
		w.Way = nil
		if s.call("Chidi", "GET", "/api/v1/questions/"+n, nil, &w); w.Way != nil || w.Part != "desk" {
			t.Errorf("the desk reads %+v", w)
		}
		// A receipt of Ada's for what the question asks about makes her likely.
		o := s.made("Ben", "/questions", fields{"title": "Where is the xylograph of the annex kept?"})
		s.made("Ada", "/questions/"+o+"/answers", fields{"body": "The xylograph of the annex is in the cellar."})
		s.drain()
		var desk struct{ Likely []struct{ ID, Name string } }
		if code := s.call("Chidi", "GET", "/api/v1/questions/"+n+"/desk", nil, &desk); code != 200 || len(desk.Likely) != 1 || desk.Likely[0].Name != "Ada" {
			t.Errorf("the desk may ask: %d %+v", code, desk)
		}
		if code := s.call("Ben", "GET", "/api/v1/questions/"+n+"/desk", nil, nil); code != 403 {
			t.Errorf("the asker asks as the desk: %d", code)
		}
	})
}

// TestFilesCanBeSentAndReadByPrograms attaches files to an answer; what is too
// large is told the page's limit.
func TestFilesCanBeSentAndReadByPrograms(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s := play(t, d)
		q := s.made("Ben", "/questions", fields{"title": "How do I calibrate the probe?"})
		words := bytes.Repeat([]byte("warp and weft\n"), 600<<10/14)
		var kept struct{ ID, URL, Markdown string }
		if code := s.call("Chidi", "POST", "/api/v1/files", fields{"name": "log.txt", "content": words, "question": q}, &kept); code != 201 || kept.Markdown != "[log.txt]("+kept.URL+")" {
			t.Fatalf("sending a file answers %d %+v", code, kept)
		}
		s.made("Chidi", "/questions/"+q+"/answers", fields{"body": "See " + kept.Markdown})
		if page := s.page("Ben", "/questions/"+q); !strings.Contains(page, kept.URL) {
			t.Errorf("the answer shows no file\n%s", page)
		}
		var got []byte
		for from := 0; ; {
			var f struct {
				Name    string
				Bytes   int
				Content []byte
				Next    int `json:"next_from"`
			}
			if code := s.call("Ben", "GET", "/api/v1/files/"+kept.ID+"?from="+strconv.Itoa(from), nil, &f); code != 200 || f.Name != "log.txt" || f.Bytes != len(words) {
				t.Fatalf("reading from %d answers %d %s %d", from, code, f.Name, f.Bytes)
			}
			got = append(got, f.Content...)
			if from = f.Next; from == 0 {
				break
			}
		}
		if !bytes.Equal(got, words) {
			t.Errorf("%d bytes were sent and %d other ones read", len(words), len(got))
		}
		for want, in := range map[int]fields{
			422: {"name": "a.txt", "content": "no base64"}, 404: {"name": "a.txt", "content": "aGk=", "question": "nonsense"}, 413: {"name": "a.txt", "content": make([]byte, 1<<20)},
		} {
			if code := s.call("Chidi", "POST", "/api/v1/files", in, nil); code != want {
				t.Errorf("a wrong file answers %d, want %d", code, want)
			}
		}
		if code := s.call("Chidi", "POST", "/api/v1/files", fields{"name": "a.txt", "content": ""}, nil); code != 422 {
			t.Errorf("an empty file answers %d", code)
		}
		for _, key := range []string{"", "k"} {
			req, err := http.NewRequest("POST", s.url+"/api/v1/files", strings.NewReader(`{"name":"`+strings.Repeat("x", 2<<20)))
			if err != nil {
				t.Fatal(err)
			}
			req.Header.Set("Authorization", "Bearer "+s.cast["Chidi"].token)
			req.Header.Set("Content-Type", "application/json")
			if key != "" {
				req.Header.Set("Idempotency-Key", key)
			}
			res, err := http.DefaultClient.Do(req)
			if err != nil {
				t.Fatal(err)
			}
			said, _ := io.ReadAll(res.Body)
			res.Body.Close()
			if res.StatusCode != 413 || !strings.Contains(string(said), "700 kB") || !strings.Contains(string(said), "10 MB") {
				t.Errorf("a file that is too large (key %q) answers %d %s", key, res.StatusCode, said)
			}
		}
	})
}
