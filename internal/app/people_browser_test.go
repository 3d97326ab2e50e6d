package app

import (
	"testing"

	"github.com/guildhall/guildhall/internal/core/visit"
	"github.com/guildhall/guildhall/internal/platform/db/dbtest"
	"github.com/guildhall/guildhall/internal/ui/browsertest"
)

// TestPagesOfPeopleAndSkillsAreInOrder looks at every page of the directory in
// a browser, with enough on it that every part is drawn.
func TestPagesOfPeopleAndSkillsAreInOrder(t *testing.T) {
	t.Parallel()
	s := play(t, dbtest.SQLite(t))
	s.post("Ada", "/admin/sites", "name=Leeds&time_zone=Europe/London&days=2026-12-24+2026-12-26+holiday+Christmas")
	s.post("Ben", "/people/me/edit", profileForm)
	s.post("Ben", "/people/me/skills", "list=teach&skill=Instrument+calibration&level=4&work=1&open=1&note=Turbidity+and+pressure,+on+the+bench+and+in+the+field")
	s.post("Ben", "/people/me/skills", "list=teach&skill=Sourdough&level=4&open=1")
	s.post("Ben", "/people/me/skills", "list=want&skill=Python&level=1&work=1&open=1&note=To+stop+copying+readings+by+hand")
	s.post("Ben", "/people/me/skills", "list=want&skill=Pottery&level=1")
	for _, who := range []string{"Ada", "Chidi"} {
		s.post(who, s.person("Ben")+"/vouches", "skill=Instrument+calibration&note=Found+the+drift+in+the+probe+table+within+ten+minutes")
	}
	var q, a struct{ ID string }
	s.call("Chidi", "POST", "/api/v1/questions", map[string]any{"title": "Turbidity readings drift after the firmware update", "skills": []string{"Instrument calibration"}}, &q)
	s.call("Ben", "POST", "/api/v1/questions/"+q.ID+"/answers", map[string]any{"body": "Restore the table."}, &a)
	s.call("Chidi", "PUT", "/api/v1/questions/"+q.ID+"/acceptance", map[string]any{"answer": a.ID}, nil)
	s.drain()
	var found struct{ Items []struct{ ID string } }
	s.call("Ada", "GET", "/api/v1/skills?q=instrument+calibration", nil, &found)
	skill := found.Items[0].ID
	b := browsertest.Start(t)
	// Every part stands on one of the first five pages; the others are looked
	// at once in each width and each theme.
	for n, p := range []struct{ who, name, path string }{
		{"Ada", "profile", s.person("Ben")},
		{"Ben", "profile-edit", "/people/me/edit"},
		{"Ben", "skills-own", "/people/me/skills"},
		{"Ada", "people", "/people"},
		{"Ada", "skill", "/skills/" + skill},
		{"Ben", "profile-own", s.person("Ben")},
		{"Ada", "profile-bare", s.person("Chidi")},
		{"Ben", "wants-own", "/people/me/skills?list=want"},
		{"Ben", "skill-own", "/people/me/skills/" + skill + "?list=teach"},
		{"Ben", "receipts", "/people/me/receipts"},
		{"Ada", "vouches", s.person("Ben") + "/vouches"},
		{"Ada", "people-none", "/people?name=nobody"},
		{"Chidi", "profile-empty", s.person("Chidi")},
		{"Chidi", "skills-empty", "/people/me/skills"},
		{"Chidi", "receipts-empty", "/people/me/receipts"},
		{"Ben", "vouches-empty", s.person("Ada") + "/vouches"},
		{"Ada", "chart", "/people/chart"},
		{"Ada", "chart-at", "/people/chart?at=" + s.cast["Ben"].Person.String()},
		{"Ada", "skills", "/skills"},
		{"Ada", "skill-edit", "/skills/" + skill + "/edit"},
		{"Ada", "import", "/admin/import"},
		{"Ada", "sites", "/admin/sites"},
	} {
		var views []browsertest.View
		for _, v := range browsertest.Everywhere {
			if v.Cookies = map[string]string{visit.Cookie: s.cast[p.who].cookie}; n < 5 || v.Dark == (v.Width == 390) {
				views = append(views, v)
			}
		}
		b.Check(t, p.name, s.url+p.path, views)
	}
	// The picker finds skills while they are typed, also with two letters
	// exchanged.
	tab := b.Open(t, s.url+"/people/me/skills", browsertest.View{Cookies: map[string]string{visit.Cookie: s.cast["Chidi"].cookie}})
	defer tab.Close()
	for _, do := range []func() error{
		func() error { return tab.Focus("#skill") },
		func() error { return tab.Wait(`document.querySelector("skill-picker [role=combobox]")`) },
		func() error { return tab.Type("#skill", "instrumnet") },
		func() error {
			return tab.Wait(`document.querySelector("skill-picker [role=option]")?.textContent.includes("Instrument calibration")`)
		},
		func() error { return tab.KeyDown("#skill", "ArrowDown") },
		func() error { return tab.KeyDown("#skill", "Enter") },
		func() error {
			return tab.Wait(`document.querySelector("[name=skill]").value == "Instrument calibration"`)
		},
	} {
		if err := do(); err != nil {
			t.Fatal(err)
		}
	}
}
