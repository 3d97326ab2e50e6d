package app

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/guildhall/guildhall/internal/core/access"
	"github.com/guildhall/guildhall/internal/core/people"
	"github.com/guildhall/guildhall/internal/core/visit"
	"github.com/guildhall/guildhall/internal/platform/clock"
	"github.com/guildhall/guildhall/internal/platform/db"
	"github.com/guildhall/guildhall/internal/platform/db/dbtest"
)

// stage is a running house with a cast.
type stage struct {
	*testing.T
	house *House
	clock *clock.Moved
	url   string
	cast  map[string]actor
}

type actor struct {
	people.Joined
	cookie, token string
}

// play builds a house on the database with Ada (an admin), Ben and Chidi
// (members) and Gus (a guest).
func play(t *testing.T, d *db.DB) *stage {
	t.Helper()
	return playAt(t, d, clock.NewMoved(time.Date(2026, 11, 24, 9, 0, 0, 0, time.UTC)))
}

// playAt is play with a clock, which should be the database's too where jobs
// are waited for.
func playAt(t *testing.T, d *db.DB, c *clock.Moved) *stage {
	t.Helper()
	h, err := Build(context.Background(), Config{Clock: c, Files: t.TempDir()}, d)
	if err != nil {
		t.Fatal(err)
	}
	s := &stage{T: t, house: h, clock: c, cast: map[string]actor{}}
	for _, p := range []struct {
		name string
		role access.Role
	}{{"Ada", access.Admin}, {"Ben", access.Member}, {"Chidi", access.Member}, {"Gus", access.Guest}} {
		var a actor
		if err := d.Write(context.Background(), func(tx *db.Tx) (err error) {
			if a.Joined, err = h.People.Join(tx, people.Joiner{Name: p.name, Role: p.role}, true); err != nil {
				return err
			}
			if a.cookie, err = h.Logins.Start(tx, a.Person, "test"); err != nil {
				return err
			}
			a.token, err = h.Logins.NewToken(tx, a.Person, "test", time.Time{})
			return err
		}); err != nil {
			t.Fatal(err)
		}
		s.cast[p.name] = a
	}
	s.url = serve(t, h).url
	return s
}

// serve lets a house answer.
func serve(t *testing.T, h *House) *stage {
	t.Helper()
	srv := httptest.NewServer(h.Handler())
	t.Cleanup(srv.Close)
	return &stage{T: t, house: h, url: srv.URL, cast: map[string]actor{}}
}

// call asks the API on behalf of somebody and decodes the answer into out.
func (s *stage) call(who, method, path string, in, out any) int {
	s.Helper()
	var body io.Reader
	if in != nil {
		b, err := json.Marshal(in)
		if err != nil {
			s.Fatal(err)
		}
		body = bytes.NewReader(b)
	}
	req, err := http.NewRequest(method, s.url+path, body)
	if err != nil {
		s.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	if who != "" {
		req.Header.Set("Authorization", "Bearer "+s.cast[who].token)
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
	if out != nil && res.StatusCode < 300 {
		if err := json.Unmarshal(b, out); err != nil {
			s.Fatalf("%s %s: %v\n%s", method, path, err, b)
		}
	}
	if res.StatusCode >= 500 {
		s.Errorf("%s %s answers %d: %s", method, path, res.StatusCode, b)
	}
	return res.StatusCode
}

// get asks for a page on behalf of somebody; "" is nobody.
func (s *stage) get(who, path string) (int, string) {
	s.Helper()
	req, err := http.NewRequest("GET", s.url+path, nil)
	if err != nil {
		s.Fatal(err)
	}
	return s.send(who, req)
}

// post sends a form on behalf of somebody.
func (s *stage) post(who, path, form string) (int, string) {
	s.Helper()
	req, err := http.NewRequest("POST", s.url+path, strings.NewReader(form))
	if err != nil {
		s.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	return s.send(who, req)
}

func (s *stage) send(who string, req *http.Request) (int, string) {
	s.Helper()
	if who != "" {
		req.AddCookie(&http.Cookie{Name: visit.Cookie, Value: s.cast[who].cookie})
	}
	client := http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	res, err := client.Do(req)
	if err != nil {
		s.Fatal(err)
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	if err != nil {
		s.Fatal(err)
	}
	if res.StatusCode >= 500 {
		s.Errorf("%s %s answers %d: %s", req.Method, req.URL.Path, res.StatusCode, b)
	}
	if to := res.Header.Get("Location"); to != "" {
		return res.StatusCode, to
	}
	return res.StatusCode, string(b)
}

func TestAQuestionIsAskedAnsweredAndAccepted(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s := play(t, d)
		var asked, answered struct{ ID string }
		if code := s.call("Ben", "POST", "/api/v1/questions", map[string]any{
			"title": "How do I calibrate the probe?", "body": "It reads **0.4** high.", "skills": []string{"calibration", "TW-300"},
		}, &asked); code != 201 {
			t.Fatalf("asking answers %d", code)
		}
		if code := s.call("Chidi", "POST", "/api/v1/questions/"+asked.ID+"/answers", map[string]any{"body": "Restore the table."}, &answered); code != 201 {
			t.Fatalf("answering answers %d", code)
		}
		if code := s.call("Chidi", "PUT", "/api/v1/questions/"+asked.ID+"/acceptance", map[string]any{"answer": answered.ID}, nil); code != 403 {
			t.Errorf("somebody else accepting answers %d, want 403", code)
		}
		if code := s.call("Ben", "PUT", "/api/v1/questions/"+asked.ID+"/acceptance", map[string]any{"answer": answered.ID}, nil); code != 204 {
			t.Errorf("accepting answers %d, want 204", code)
		}
		code, page := s.get("Chidi", "/questions/"+asked.ID)
		if code != 200 || !strings.Contains(page, "How do I calibrate the probe?") || !strings.Contains(page, "This solved it") {
			t.Errorf("the page answers %d and shows\n%s", code, page)
		}
		if code, _ := s.get("Gus", "/questions/"+asked.ID); code != 404 {
			t.Errorf("a guest gets %d, want 404", code)
		}
		if code, to := s.get("", "/questions/"+asked.ID); code != 303 || !strings.HasPrefix(to, "/login") {
			t.Errorf("nobody gets %d %s, want the login", code, to)
		}
		if code, list := s.get("Ada", "/questions"); code != 200 || !strings.Contains(list, "TW-300") {
			t.Errorf("the list answers %d\n%s", code, list)
		}
		if _, err := s.house.Effects.Drain(context.Background()); err != nil {
			t.Fatal(err)
		}
		var receipts int
		if err := d.Read(context.Background(), func(tx *db.Tx) error {
			_, err := tx.Row("SELECT COUNT(*) FROM receipts WHERE author_id = $1", []any{&receipts}, s.cast["Chidi"].Author)
			return err
		}); err != nil {
			t.Fatal(err)
		}
		if receipts != 4 {
			t.Errorf("%d receipts, want answered and accepted for two skills", receipts)
		}
	})
}
