package app

import (
	"strings"
	"testing"

	"github.com/guildhall/guildhall/internal/platform/db"
	"github.com/guildhall/guildhall/internal/platform/db/dbtest"
)

func TestHowOneIsToldIsChosenByGroup(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		g := newGuild(t, d)
		way := func(who, kind string) string {
			t.Helper()
			var list struct{ Items []struct{ Kind, Way string } }
			if code := g.call(who, "GET", "/api/v1/notices/choices", nil, &list); code != 200 {
				t.Fatalf("the choices answer %d", code)
			}
			for _, x := range list.Items {
				if x.Kind == kind {
					return x.Way
				}
			}
			return "no such kind"
		}
		g.want("Ben", "/settings/notices", 200, "Questions", "Meetings", "Mentoring", "Swaps", "Coffee", "Team hours", "Your first week")
		if code, to := g.post("Ben", "/settings/notices", "answered=off&coffee_won=digest"); code != 303 || to != "/settings/notices" {
			t.Fatalf("choosing answers %d %s", code, to)
		}
		if a, b := way("Ben", "answered"), way("Ben", "coffee_won"); a != "off" || b != "digest" {
			t.Errorf("chosen are %s and %s", a, b)
		}
		// What is no way to be told is refused, and nothing of the form is kept.
		if code, _ := g.post("Ben", "/settings/notices", "answered=mail+digest&coffee_won=app"); code != 422 {
			t.Errorf("two ways at once answer %d", code)
		}
		if a, b := way("Ben", "answered"), way("Ben", "coffee_won"); a != "off" || b != "digest" {
			t.Errorf("after a refused form they are %s and %s", a, b)
		}
		// A practice that is off offers nothing, and what was chosen of it stays.
		if code := g.call("Ada", "PUT", "/api/v1/admin/practices", map[string]any{"on": []string{"swaps"}}, nil); code != 204 {
			t.Fatalf("switching practices answers %d", code)
		}
		if _, page := g.get("Ben", "/settings/notices"); strings.Contains(page, `name="coffee_won"`) || !strings.Contains(page, `name="answered"`) {
			t.Error("the form offers what a practice says that is off")
		}
		g.post("Ben", "/settings/notices", "answered=app")
		if a, b := way("Ben", "answered"), way("Ben", "coffee_won"); a != "app" || b != "digest" {
			t.Errorf("at the end they are %s and %s", a, b)
		}
	})
}
