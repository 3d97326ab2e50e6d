package app

import (
	"strings"
	"testing"

	"github.com/guildhall/guildhall/internal/platform/db"
	"github.com/guildhall/guildhall/internal/platform/db/dbtest"
)

func TestNoticesAreChosenByPrograms(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s := play(t, d)
		type choice struct {
			Kind string `json:"kind"`
			Way  string `json:"way"`
		}
		chosen := func(who string) (out map[string]string) {
			var list struct{ Items []choice }
			if code := s.call(who, "GET", "/api/v1/notices/choices", nil, &list); code != 200 || len(list.Items) < 5 {
				t.Fatalf("the choices answer %d %v", code, list)
			}
			out = map[string]string{}
			for _, c := range list.Items {
				out[c.Kind] = c.Way
			}
			return out
		}
		before := chosen("Ben")
		kind := "answered"
		if _, ok := before[kind]; !ok {
			for kind = range before {
				break
			}
		}
		want := "off"
		if before[kind] == want {
			want = "app"
		}
		set := func(c ...choice) int {
			return s.call("Ben", "PUT", "/api/v1/notices/choices", fields{"choices": c}, nil)
		}
		if code := set(choice{kind, want}); code != 204 {
			t.Fatalf("choosing answers %d", code)
		}
		before[kind] = want
		after := chosen("Ben")
		for k, w := range before {
			if after[k] != w {
				t.Errorf("%s is told by %q, want %q", k, after[k], w)
			}
		}
		if chosen("Chidi")[kind] == want {
			t.Error("Ben chose for Chidi")
		}
		if code := set(choice{"nonsense", "off"}); code != 422 {
			t.Errorf("an unknown kind answers %d", code)
		}
		if code := set(choice{kind, "pigeon"}); code != 422 {
			t.Errorf("an unknown way answers %d", code)
		}
		if chosen("Ben")[kind] != want {
			t.Error("what was refused changed something")
		}
	})
}

func TestTheOrgChartIsReadByPrograms(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		g := newGuild(t, d)
		type person struct {
			ID      string
			Reports int
		}
		type chart struct {
			Above, Reports []person
			Person         *person
			More           bool
		}
		max, ben := g.cast["Max"].Person.String(), g.cast["Ben"].Person.String()
		var top, below, end chart
		if code := g.call("Mia", "GET", "/api/v1/people/chart", nil, &top); code != 200 || top.Person != nil || len(top.Above) != 0 {
			t.Fatalf("the top answers %d %+v", code, top)
		}
		found := false
		for _, p := range top.Reports {
			found = found || p.ID == max && p.Reports == 1
			if p.ID == ben {
				t.Error("Ben reports to Max and stands at the top")
			}
		}
		if !found {
			t.Errorf("Max is not at the top with one report: %+v", top)
		}
		if code := g.call("Mia", "GET", "/api/v1/people/chart?at="+max, nil, &below); code != 200 || below.Person == nil || below.Person.ID != max || len(below.Reports) != 1 || below.Reports[0].ID != ben {
			t.Errorf("below Max %d %+v", code, below)
		}
		if code := g.call("Mia", "GET", "/api/v1/people/chart?at="+ben, nil, &end); code != 200 || len(end.Above) != 1 || end.Above[0].ID != max || len(end.Reports) != 0 {
			t.Errorf("above Ben %d %+v", code, end)
		}
		for _, wrong := range []string{"x", "7zzzzzzzzzzzz"} {
			if code := g.call("Mia", "GET", "/api/v1/people/chart?at="+wrong, nil, nil); code != 404 {
				t.Errorf("at %s answers %d", wrong, code)
			}
		}
	})
}

func TestUnitsAndSitesAreNamedToMembersOnly(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		g := newGuild(t, d)
		g.made("Ada", "/admin/sites", fields{"name": "Mill", "time_zone": "Europe/Lisbon", "days": []string{}})
		if code := g.call("Ada", "POST", "/api/v1/admin/import", fields{"carry_out": true, "text": "Personnel number,Name,Unit\n90001,Pia Warp,Spinning\n"}, nil); code != 200 {
			t.Fatalf("the import answers %d", code)
		}
		for path, name := range map[string]string{"/api/v1/sites": "Mill", "/api/v1/units": "Spinning"} {
			var list struct{ Items []struct{ ID, Name string } }
			if code := g.call("Mia", "GET", path, nil, &list); code != 200 || len(list.Items) != 1 || list.Items[0].Name != name {
				t.Fatalf("%s answers a member %d %+v", path, code, list)
			}
			query := strings.TrimSuffix(strings.TrimPrefix(path, "/api/v1/"), "s") + "=" + list.Items[0].ID
			if code := g.call("Mia", "GET", "/api/v1/people?"+query, nil, nil); code != 200 {
				t.Errorf("the list of people by %s answers %d", query, code)
			}
			list.Items = nil
			if code := g.call("Gus", "GET", path, nil, &list); code != 200 || len(list.Items) != 0 {
				t.Errorf("%s answers a guest %d %+v", path, code, list)
			}
		}
	})
}
