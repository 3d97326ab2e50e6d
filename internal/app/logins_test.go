package app

import (
	"context"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/guildhall/guildhall/internal/platform/db"
	"github.com/guildhall/guildhall/internal/platform/db/dbtest"
)

func TestOnesOwnLoginsAndTokensAreListedAndEnded(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s := play(t, d)
		s.clock.Advance(time.Minute)
		var made struct{ ID, Token string }
		if code := s.call("Ben", "POST", "/api/v1/me/tokens", map[string]any{"label": "sync", "days": 30}, &made); code != 201 || !strings.HasPrefix(made.Token, "ghall_") {
			t.Fatalf("%d %+v", code, made)
		}
		if code := s.call("Chidi", "DELETE", "/api/v1/me/tokens/"+made.ID, nil, nil); code != 404 {
			t.Errorf("somebody else revoking answers %d, want 404", code)
		}
		var list struct {
			Items []struct{ ID, Token, Label, Device string }
		}
		if code := s.call("Ben", "GET", "/api/v1/me/tokens", nil, &list); code != 200 || len(list.Items) != 2 || list.Items[0].Label != "sync" || list.Items[0].Token != "" {
			t.Errorf("%d %+v", code, list)
		}
		if code := s.call("Ben", "DELETE", "/api/v1/me/tokens/"+made.ID, nil, nil); code != 204 {
			t.Errorf("revoking answers %d", code)
		}
		if by, err := s.house.Logins.ResolveToken(context.Background(), made.Token); err != nil || by.Known() {
			t.Errorf("the revoked token is %v, %v", by, err)
		}
		// A program that has a token is told that it is the token.
		r := httptest.NewRequest("GET", "/api/v1/me", nil)
		r.Header.Set("Authorization", "Bearer "+made.Token)
		w := httptest.NewRecorder()
		s.house.Handler().ServeHTTP(w, r)
		if w.Code != 401 || !strings.Contains(w.Body.String(), "That token does not work") {
			t.Errorf("the revoked token is answered %d %s", w.Code, w.Body)
		}
		for _, bad := range []map[string]any{{"label": " "}, {"label": "x", "days": -1}, {"label": "x", "days": 1 << 40}, {"label": strings.Repeat("x", 200)}} {
			if code := s.call("Ben", "POST", "/api/v1/me/tokens", bad, nil); code != 422 {
				t.Errorf("%v answers %d, want 422", bad, code)
			}
		}
		if code := s.call("Ben", "GET", "/api/v1/me/logins", nil, &list); code != 200 || len(list.Items) != 1 || list.Items[0].Device != "test" {
			t.Errorf("%d %+v", code, list)
		}
		if code := s.call("Chidi", "DELETE", "/api/v1/me/logins/"+list.Items[0].ID, nil, nil); code != 404 {
			t.Errorf("ending somebody else's login answers %d, want 404", code)
		}
		if code := s.call("Ben", "DELETE", "/api/v1/me/logins/"+list.Items[0].ID, nil, nil); code != 204 {
			t.Errorf("ending answers %d", code)
		}
		if code, _ := s.get("Ben", "/settings"); code != 303 {
			t.Errorf("the ended login answers %d", code)
		}
	})
}

func TestSettingsKeepPreferencesAndShowATokenOnce(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s := play(t, d)
		code, page := s.post("Ben", "/settings/tokens", "label=laptop&days=90")
		if code != 200 || !strings.Contains(page, "ghall_") || !strings.Contains(page, "laptop") {
			t.Errorf("making a token answers %d\n%s", code, page)
		}
		if _, page = s.get("Ben", "/settings"); strings.Contains(page, "ghall_") {
			t.Error("the token is shown again")
		}
		if code, page = s.post("Ben", "/settings/tokens", "label=&days=x"); code != 422 || !strings.Contains(page, "whole number") {
			t.Errorf("a bad token answers %d", code)
		}
		if code, _ = s.post("Ben", "/settings/preferences", "time_zone=Asia/Tokyo&locale=en&theme=dark&keys_off=1"); code != 303 {
			t.Errorf("preferences answer %d", code)
		}
		if _, page = s.get("Ben", "/settings"); !strings.Contains(page, "Asia/Tokyo") {
			t.Errorf("the zone is not kept\n%s", page)
		}
		for _, bad := range []string{"time_zone=Mars/Base", "time_zone=Local", "time_zone=../../etc/passwd", "locale=xx"} {
			if code, _ = s.post("Ben", "/settings/preferences", bad); code != 422 {
				t.Errorf("%s answers %d, want 422", bad, code)
			}
		}
	})
}

func TestMetricsAreForThisMachineAndForTheToken(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s := play(t, d)
		s.house.config.MetricsToken = "m-1"
		s.get("Ben", "/questions")
		for _, c := range []struct {
			remote, forwarded, token string
			want                     int
		}{
			{"127.0.0.1:1", "", "", 200}, {"[::1]:1", "", "", 200}, {"[::ffff:127.0.0.1]:1", "", "", 200},
			{"192.0.2.7:1", "", "", 404}, {"192.0.2.7:1", "", "m-2", 404}, {"192.0.2.7:1", "", "m-1", 200},
			{"127.0.0.1:1", "192.0.2.7", "", 404}, {"127.0.0.1:1", "192.0.2.7", "m-1", 200}, {"", "", "", 404},
		} {
			r := httptest.NewRequest("GET", "/metrics", nil)
			r.RemoteAddr = c.remote
			if c.forwarded != "" {
				r.Header.Set("X-Forwarded-For", c.forwarded)
			}
			if c.token != "" {
				r.Header.Set("Authorization", "Bearer "+c.token)
			}
			w := httptest.NewRecorder()
			s.house.Handler().ServeHTTP(w, r)
			if w.Code != c.want {
				t.Errorf("%+v answers %d", c, w.Code)
			}
			if w.Code == 200 && (!strings.Contains(w.Body.String(), `route="GET /questions",status="200"`) || !strings.Contains(w.Body.String(), "guildhall_event_seq")) {
				t.Errorf("numbers are missing:\n%s", w.Body)
			}
		}
	})
}
