package app

import (
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/guildhall/guildhall/internal/platform/db/dbtest"
)

// A path of the API that is asked with a method it has not says which it has,
// to anybody and whether the thing is there or not; of what an organisation does
// not use it says nothing.
func TestAWrongMethodIsAnsweredWithThoseThereAre(t *testing.T) {
	s := play(t, dbtest.SQLite(t))
	have, off := map[string][]string{}, map[string]bool{}
	for _, op := range s.house.newAPI(http.NewServeMux()).Operations() {
		if op.On == nil || op.On() {
			have[op.Path] = append(have[op.Path], op.Method)
		} else {
			off[op.Path] = true
		}
	}
	ask := func(who, method, path string) *http.Response {
		t.Helper()
		r, err := http.NewRequest(method, s.url+path, strings.NewReader("{}"))
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Content-Type", "application/json")
		if who != "" {
			r.Header.Set("Authorization", "Bearer "+s.cast[who].token)
		}
		res, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		res.Body.Close()
		return res
	}
	for path := range have {
		at := strings.NewReplacer("{id}", "0000000000000", "{answer}", "0000000000000").Replace(path)
		if strings.Contains(at, "{") || strings.HasSuffix(at, "/content") {
			continue
		}
		for _, who := range []string{"", "Ben"} {
			res := ask(who, "TRACE", at)
			allowed := strings.Split(res.Header.Get("Allow"), ", ")
			for _, m := range have[path] {
				if res.StatusCode != 405 || !slices.Contains(allowed, m) || res.Header.Get("Content-Type") != "application/problem+json" {
					t.Errorf("%q traces %s: %d, allowed is %v and not %s", who, at, res.StatusCode, allowed, m)
				}
			}
		}
	}
	for path := range off {
		if _, on := have[path]; on {
			continue
		}
		if res := ask("Ada", "TRACE", strings.NewReplacer("{", "", "}", "").Replace(path)); res.StatusCode != 404 || res.Header.Get("Allow") != "" {
			t.Errorf("%s is not in use and answers %d, allowed is %q", path, res.StatusCode, res.Header.Get("Allow"))
		}
	}
	if len(off) == 0 || len(have) == 0 {
		t.Error("everything is in use, or nothing, so nothing was looked at")
	}
	// What makes a thing says where it is, also when it is sent again.
	for range 2 {
		r, err := http.NewRequest("POST", s.url+"/api/v1/questions", strings.NewReader(`{"title": "Why does the loom stop?"}`))
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Content-Type", "application/json")
		r.Header.Set("Authorization", "Bearer "+s.cast["Ben"].token)
		r.Header.Set("Idempotency-Key", "loom")
		res, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		var made, there struct{ ID string }
		if err := json.NewDecoder(res.Body).Decode(&made); err != nil {
			t.Fatal(err)
		}
		res.Body.Close()
		at := res.Header.Get("Location")
		if s.call("Ben", "GET", at, nil, &there); at != "/api/v1/questions/"+made.ID || there.ID != made.ID {
			t.Errorf("the question %q is said to be at %q, and there is %q", made.ID, at, there.ID)
		}
	}
	res := ask("Ben", "DELETE", "/api/v1/questions")
	if res.StatusCode != 405 || res.Header.Get("Allow") != "GET, HEAD, POST" {
		t.Errorf("%d, allowed is %q", res.StatusCode, res.Header.Get("Allow"))
	}
	if res := ask("Ben", "DELETE", "/api/v1/nonsense"); res.StatusCode != 404 || res.Header.Get("Allow") != "" {
		t.Errorf("nonsense: %d, allowed is %q", res.StatusCode, res.Header.Get("Allow"))
	}
}
