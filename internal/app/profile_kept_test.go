package app

import (
	"context"
	"testing"
	"time"

	"github.com/guildhall/guildhall/internal/core/access"
	"github.com/guildhall/guildhall/internal/core/people"
	"github.com/guildhall/guildhall/internal/platform/db"
	"github.com/guildhall/guildhall/internal/platform/db/dbtest"
	"github.com/guildhall/guildhall/internal/platform/id"
)

// settings is what the API tells somebody of themselves.
type settings struct {
	Name, Title, About string
	Languages          []string
	Manager            struct{ ID string }
	Own                struct {
		Unit, Site, Hours string
		TimeZone          string     `json:"time_zone"`
		WeeklyBudget      int        `json:"weekly_budget"`
		AwayFrom          *time.Time `json:"away_from"`
		LeaverName        string     `json:"leaver_name"`
	}
}

func TestWhatAnEditOfOneselfLeavesOutStaysAsItIs(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		g := newGuild(t, d)
		var unit, site id.ID
		g.write(func(tx *db.Tx) (err error) {
			if unit, err = people.EnsureUnit(tx, "Workshop", 0, g.clock.Now()); err != nil {
				return err
			}
			site, err = people.EnsureSite(tx, g.clock, "Leeds", "Europe/London", "GB")
			return err
		})
		me := func() (out settings) {
			t.Helper()
			if code := g.call("Ben", "GET", "/api/v1/me", nil, &out); code != 200 {
				t.Fatalf("reading answers %d", code)
			}
			return out
		}
		put := func(want int, in fields) {
			t.Helper()
			if code := g.call("Ben", "PUT", "/api/v1/me", in, nil); code != want {
				t.Fatalf("%v answers %d, want %d", in, code, want)
			}
		}
		put(204, fields{
			"title": "Fitter", "about": "Pumps", "unit": unit.String(), "site": site.String(), "languages": []string{"en", "pl"}, "hours": "Mon 09:00-12:00",
			"time_zone": "Europe/Lisbon", "weekly_budget": 2, "away_from": "2026-12-01T00:00:00Z", "away_until": "2026-12-05T00:00:00Z", "leaver_name": "hide",
		})
		put(204, fields{})
		put(204, fields{"pronouns": "he/him"})
		was := me()
		if was.Name != "Ben" || was.Title != "Fitter" || was.About != "Pumps" || was.Own.Unit != unit.String() || was.Own.Site != site.String() || len(was.Languages) != 2 ||
			was.Own.Hours != "Mon 09:00-12:00" || was.Own.TimeZone != "Europe/Lisbon" || was.Own.WeeklyBudget != 2 || was.Own.AwayFrom == nil ||
			was.Own.LeaverName != "hide" || was.Manager.ID != g.cast["Max"].Person.String() {
			t.Errorf("something was lost: %+v", was)
		}
		put(204, fields{"unit": "", "manager": "", "about": "", "hours": "", "languages": []string{}, "away_from": nil, "away_until": nil})
		if now := me(); now.Own.Unit != "" || now.Manager.ID != "" || now.About != "" || now.Own.Hours != "" || len(now.Languages) != 0 || now.Own.AwayFrom != nil || now.Title != "Fitter" {
			t.Errorf("taken away was %+v", now)
		}
		put(422, fields{"name": ""})
		put(422, fields{"name": nil})
		put(422, fields{"unit": "nowhere"})
		put(422, fields{"away_from": "2026-12-01T00:00:00Z"})
	})
}

func TestAnEditOfOneselfKeepsWhatOneIsNotShown(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		g := newGuild(t, d)
		ctx := context.Background()
		place := func(who string) (unit, manager id.ID) {
			t.Helper()
			if err := d.Read(ctx, func(tx *db.Tx) error {
				_, err := tx.Row("SELECT unit_id, manager_id FROM people WHERE id = $1", []any{&unit, &manager}, g.cast[who].Person)
				return err
			}); err != nil {
				t.Fatal(err)
			}
			return unit, manager
		}
		var workshop id.ID
		g.write(func(tx *db.Tx) (err error) {
			if workshop, err = people.EnsureUnit(tx, "Workshop", 0, g.clock.Now()); err != nil {
				return err
			}
			// A second Max, so that the name on the form means two people.
			if _, err = g.house.People.Join(tx, people.Joiner{Name: "Max", Role: access.Member}, true); err != nil {
				return err
			}
			_, err = tx.Exec("UPDATE people SET unit_id = $1, manager_id = $2 WHERE id = $3", workshop, g.cast["Max"].Person, g.cast["Gus"].Person)
			return err
		})
		form := "name=Someone&hours_kind=site&weekly_budget=3&leaver_name=keep&manager="
		if code, page := g.post("Ben", "/people/me/edit", form+"Max"); code != 303 {
			t.Errorf("the form as it is answers %d\n%s", code, page)
		}
		if _, manager := place("Ben"); manager != g.cast["Max"].Person {
			t.Error("another of the same name is the manager")
		}
		if code, page := g.post("Gus", "/people/me/edit", form); code != 303 {
			t.Errorf("the guest's form answers %d\n%s", code, page)
		}
		if unit, manager := place("Gus"); unit != workshop || manager != g.cast["Max"].Person {
			t.Errorf("the guest lost unit %v or manager %v", unit, manager)
		}
		if err := g.house.People.Dismiss(ctx, g.actor("Ada"), g.cast["Max"].Person, "Former colleague"); err != nil {
			t.Fatal(err)
		}
		if code, _ := g.post("Ben", "/people/me/edit", form); code != 303 {
			t.Errorf("without the leaver the form answers %d", code)
		}
		if _, manager := place("Ben"); manager != g.cast["Max"].Person {
			t.Error("the leaver is not the manager any more, although they may come back")
		}
	})
}

func TestWhoComesBackToTheirUnitDidNotBelongToItBefore(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		g := newGuild(t, d)
		ctx := context.Background()
		staff := func(unit string) people.Export {
			return people.Export{Has: map[string]bool{"unit": true}, Staff: []people.Staff{
				{Line: 1, Key: "number:1", Number: "1", Name: "Dana Weiss", Unit: unit}, {Line: 2, Key: "number:2", Number: "2", Name: "Eva Stone", Unit: "Board"}}}
		}
		sync := func(e people.Export) {
			t.Helper()
			g.clock.Advance(24 * time.Hour)
			if _, err := g.house.People.Sync(ctx, access.Actor{}, e, true, "Former colleague", "", nil); err != nil {
				t.Fatal(err)
			}
		}
		sync(staff("Workshop"))
		var dana id.ID
		if err := d.Read(ctx, func(tx *db.Tx) error {
			_, err := tx.Row("SELECT id FROM people WHERE name = 'Dana Weiss'", []any{&dana})
			return err
		}); err != nil {
			t.Fatal(err)
		}
		before := func() (out []string) {
			t.Helper()
			var p struct {
				Before []struct{ Unit struct{ Name string } }
			}
			if code := g.call("Mia", "GET", "/api/v1/people/"+dana.String(), nil, &p); code != 200 {
				t.Fatalf("reading answers %d", code)
			}
			for _, b := range p.Before {
				out = append(out, b.Unit.Name)
			}
			return out
		}
		for _, step := range []struct {
			comes string
			want  []string
		}{{"Workshop", nil}, {"Lab", []string{"Workshop"}}, {"Lab", []string{"Workshop"}}, {"Workshop", []string{"Lab"}}} {
			gone := staff("")
			gone.Staff = gone.Staff[1:]
			sync(gone)
			sync(staff(step.comes))
			if got := before(); len(got) != len(step.want) || len(got) > 0 && got[0] != step.want[0] {
				t.Errorf("back in %s, before are %v, want %v", step.comes, got, step.want)
			}
			g.want("Mia", "/people/"+dana.String(), 200, step.comes)
		}
		// The stretches themselves are all kept.
		var stretches, open int
		if err := d.Read(ctx, func(tx *db.Tx) error {
			_, err := tx.Row("SELECT COUNT(*), COUNT(CASE WHEN valid_to IS NULL THEN 1 END) FROM unit_members WHERE person_id = $1", []any{&stretches, &open}, dana)
			return err
		}); err != nil {
			t.Fatal(err)
		}
		if stretches != 5 || open != 1 {
			t.Errorf("%d stretches, %d of them open; want 5 and 1", stretches, open)
		}
	})
}
