package app

import (
	"fmt"
	"regexp"
	"strings"
	"testing"

	"github.com/guildhall/guildhall/internal/platform/db"
	"github.com/guildhall/guildhall/internal/platform/db/dbtest"
)

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
