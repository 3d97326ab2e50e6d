package app

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/guildhall/guildhall/internal/ask"
	"github.com/guildhall/guildhall/internal/platform/clock"
	"github.com/guildhall/guildhall/internal/platform/db"
	"github.com/guildhall/guildhall/internal/platform/db/dbtest"
	"github.com/guildhall/guildhall/internal/platform/once"
	"github.com/guildhall/guildhall/internal/platform/throttle"
)

// again posts JSON with an idempotency key.
func (s *stage) again(who, path, key, body string) (int, string, http.Header) {
	s.Helper()
	req, err := http.NewRequest("POST", s.url+path, strings.NewReader(body))
	if err != nil {
		s.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Authorization", "Bearer "+s.cast[who].token)
	req.Header.Set("Idempotency-Key", key)
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		s.Fatal(err)
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	if err != nil {
		s.Fatal(err)
	}
	if res.StatusCode >= 500 {
		s.Errorf("%s answers %d: %s", path, res.StatusCode, b)
	}
	return res.StatusCode, string(b), res.Header
}

func (s *stage) questions() (n int) {
	s.Helper()
	if err := s.house.DB.Read(context.Background(), func(tx *db.Tx) error {
		_, err := tx.Row("SELECT COUNT(*) FROM questions", []any{&n})
		return err
	}); err != nil {
		s.Fatal(err)
	}
	return n
}

const askJSON = `{"title": "How do I calibrate the probe?", "body": "It reads high.", "skills": ["calibration"]}`

func TestARequestWithAKeyIsCarriedOutOnce(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s := play(t, d)
		code, first, _ := s.again("Ben", "/api/v1/questions", "k-1", askJSON)
		if code != 201 {
			t.Fatalf("asking answers %d %s", code, first)
		}
		code, second, h := s.again("Ben", "/api/v1/questions", "k-1", askJSON)
		if code != 201 || second != first || h.Get("Idempotent-Replayed") != "true" || h.Get("Content-Type") != "application/json" {
			t.Errorf("again: %d %s %v", code, second, h)
		}
		if code, other, _ := s.again("Ben", "/api/v1/questions", "k-1", strings.Replace(askJSON, "high", "low", 1)); code != 422 || !strings.Contains(other, "another request") {
			t.Errorf("another request with the key: %d %s", code, other)
		}
		if code, _, _ := s.again("Chidi", "/api/v1/questions", "k-1", askJSON); code != 201 {
			t.Errorf("somebody else's key: %d", code)
		}
		if n := s.questions(); n != 2 {
			t.Errorf("%d questions, want 2", n)
		}
		// What was refused did nothing, so the key is free.
		if code, _, _ := s.again("Ben", "/api/v1/questions", "k-2", `{"title": "x", "body": ""}`); code != 422 {
			t.Errorf("a bad request: %d", code)
		}
		if code, _, _ := s.again("Ben", "/api/v1/questions", "k-2", askJSON); code != 201 {
			t.Errorf("after a refusal: %d", code)
		}
		for _, key := range []string{strings.Repeat("k", 256), "a b", "ü"} {
			if code, _, _ := s.again("Ben", "/api/v1/questions", key, askJSON); code != 422 {
				t.Errorf("key %.10q: %d, want 422", key, code)
			}
		}
		s.clock.Advance(25 * time.Hour)
		if code, late, _ := s.again("Ben", "/api/v1/questions", "k-1", askJSON); code != 201 || late == first {
			t.Errorf("a day later: %d", code)
		}
	})
}

func TestTheSameRequestSentByManyAtOnceIsCarriedOutOnce(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s := play(t, d)
		var wg sync.WaitGroup
		var mu sync.Mutex
		got := map[string]int{}
		for range 16 {
			wg.Go(func() {
				code, body, _ := s.again("Ben", "/api/v1/questions", "k-1", askJSON)
				mu.Lock()
				got[fmt.Sprint(code, body)]++
				mu.Unlock()
			})
		}
		wg.Wait()
		if s.questions() != 1 || len(got) != 1 {
			t.Errorf("%d questions, answers %v", s.questions(), got)
		}
	})
}

// A kill at any moment of a write leaves what a write that fails leaves (the
// crash test kills for real): work without its key would be carried out twice.
func TestTheKeyIsKeptWithTheWorkOrNeitherIs(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s := play(t, d)
		ben, err := s.house.People.ActorOf(t.Context(), s.cast["Ben"].Person)
		if err != nil {
			t.Fatal(err)
		}
		work := func(ctx context.Context) *once.Answer {
			if _, err := s.house.Ask.Ask(ctx, ben, ask.Ask{Title: "How do I calibrate the probe?"}); err != nil {
				t.Error(err)
			}
			return &once.Answer{Status: 201, Body: "{}"}
		}
		func() {
			defer func() { _ = recover() }()
			_, _, _ = s.house.once.Do(t.Context(), ben.Person, "k-1", "x", func(ctx context.Context) *once.Answer {
				work(ctx)
				panic("the server dies")
			})
		}()
		a, _, err := s.house.once.Do(t.Context(), ben.Person, "k-1", "x", func(ctx context.Context) *once.Answer {
			work(ctx)
			return nil
		})
		if a != nil || err != nil || s.questions() != 0 {
			t.Fatalf("%v %v, %d questions of work that was not finished", a, err, s.questions())
		}
		for i := range 2 {
			a, earlier, err := s.house.once.Do(t.Context(), ben.Person, "k-1", "x", work)
			if err != nil || a == nil || a.Status != 201 || earlier != (i == 1) || s.questions() != 1 {
				t.Errorf("time %d: %v %v %v, %d questions", i+1, a, earlier, err, s.questions())
			}
		}
	})
}

func TestATokenMadeWithAKeyIsNotKept(t *testing.T) {
	s := play(t, dbtest.SQLite(t))
	code, body, _ := s.again("Ben", "/api/v1/me/tokens", "k-1", `{"label": "sync"}`)
	var made struct{ Token string }
	if err := json.Unmarshal([]byte(body), &made); err != nil || code != 201 || made.Token == "" {
		t.Fatalf("%d %s", code, body)
	}
	if code, body, _ = s.again("Ben", "/api/v1/me/tokens", "k-1", `{"label": "sync"}`); code != 409 || strings.Contains(body, made.Token) {
		t.Errorf("again: %d %s", code, body)
	}
	var kept string
	if err := s.house.DB.Read(t.Context(), func(tx *db.Tx) error {
		_, err := tx.Row("SELECT body FROM idempotency_keys", []any{&kept})
		return err
	}); err != nil || kept != "" {
		t.Errorf("kept %q, %v", kept, err)
	}
}

func TestAProgramThatAsksTooOftenIsSlowedDown(t *testing.T) {
	s := play(t, dbtest.SQLite(t))
	c := clock.NewMoved(time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC))
	s.house.asked.Clock, s.house.asked.Rate = c, throttle.Rate{Burst: 3, Every: 10 * time.Second}
	for i := range 4 {
		want := 200
		if i == 3 {
			want = 429
		}
		if code := s.call("Ben", "GET", "/api/v1/me/tokens", nil, nil); code != want {
			t.Errorf("request %d answers %d, want %d", i+1, code, want)
		}
	}
	if code := s.call("Chidi", "GET", "/api/v1/me/tokens", nil, nil); code != 200 {
		t.Errorf("somebody else gets %d", code)
	}
	c.Advance(10 * time.Second)
	if code := s.call("Ben", "GET", "/api/v1/me/tokens", nil, nil); code != 200 {
		t.Errorf("later it answers %d", code)
	}
}
