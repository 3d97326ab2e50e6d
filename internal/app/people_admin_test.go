package app

import (
	"context"
	"html"
	"net/url"
	"strings"
	"testing"

	"github.com/guildhall/guildhall/internal/platform/db"
	"github.com/guildhall/guildhall/internal/platform/db/dbtest"
)

func TestAnAdminMergesAndDeprecatesSkills(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s := play(t, d)
		s.post("Ben", "/people/me/skills", "list=teach&skill=Turning&level=3&work=1&open=1")
		s.post("Ben", "/people/me/skills", "list=teach&skill=Lathe+work&level=4&work=1&open=1")
		s.post("Chidi", "/people/me/skills", "list=teach&skill=Turning&level=2&work=1&open=1")
		s.post("Ada", s.person("Chidi")+"/vouches", "skill=Turning&note=Turned+the+spare+shaft+overnight")
		var asked struct{ ID string }
		s.call("Ada", "POST", "/api/v1/questions", map[string]any{"title": "Which chuck for thin rings?", "skills": []string{"Turning"}}, &asked)
		s.drain()
		ids := map[string]string{}
		for _, name := range []string{"Turning", "Lathe work"} {
			var found struct{ Items []struct{ ID string } }
			s.call("Ada", "GET", "/api/v1/skills?q="+url.QueryEscape(name), nil, &found)
			ids[name] = found.Items[0].ID
		}
		from, into := "/skills/"+ids["Turning"], "/skills/"+ids["Lathe work"]
		if code, _ := s.post("Ben", from+"/merge", "into=Lathe+work"); code != 404 {
			t.Errorf("a member merging answers %d", code)
		}
		if code, page := s.post("Ada", from+"/merge", "into=Lathe"); code != 422 || !strings.Contains(page, "No skill is called") {
			t.Errorf("half a name answers %d", code)
		}
		if code, to := s.post("Ada", from+"/merge", "into=Lathe+work"); code != 303 || to != into {
			t.Fatalf("merging answers %d %s", code, to)
		}
		s.drain()
		if code, to := s.get("Ben", from); code != 303 || to != into {
			t.Errorf("the old page answers %d %s", code, to)
		}
		s.want("Ben", into, 200, "Also called Turning", "Ben", "Chidi", "Which chuck for thin rings?", "Vouched for by 1 colleague")
		s.want("Ben", "/skills.json?q=turning", 200, `"title":"Lathe work"`)
		s.want("Ada", s.person("Ben"), 200, "Lathe work", "can teach", "-", ">Turning<")
		// The receipts stand as a rebuild would make them.
		count := func() (n int) {
			if err := d.Read(context.Background(), func(tx *db.Tx) error {
				_, err := tx.Row("SELECT COUNT(*) FROM receipts WHERE skill_id IN (SELECT id FROM skills WHERE state = 'active')", []any{&n})
				return err
			}); err != nil {
				t.Fatal(err)
			}
			return n
		}
		was := count()
		if err := s.house.Ledger.Rebuild(context.Background(), nil); err != nil {
			t.Fatal(err)
		}
		if now := count(); now != was || now != 3 {
			t.Errorf("%d receipts, %d after a rebuild, want 3", was, now)
		}
		if code, _ := s.post("Ada", into+"/deprecation", "on=1"); code != 303 {
			t.Errorf("deprecating answers %d", code)
		}
		s.want("Ben", "/skills.json?q=lathe", 200, "-", "Lathe")
		s.want("Ben", into, 200, "no longer suggested")
		s.want("Ada", into+"/edit", 200, "Suggest it again")
		if code, _ := s.post("Ada", into+"/edit", "name=Lathe+work&kind=thing&description=Big+and+small&synonyms=Turning%0ALathing&level_4=Teaches+apprentices"); code != 303 {
			t.Errorf("describing answers %d", code)
		}
		s.want("Ben", into, 200, "Lathing", "Big and small", "Teaches apprentices", "Thing")
	})
}

func TestPeopleWhoLeftAreNotFound(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s := play(t, d)
		s.post("Ben", "/people/me/edit", profileForm) // who hides his name after leaving
		s.post("Ben", "/people/me/skills", "list=teach&skill=Welding&level=4&work=1&open=1")
		var q struct{ ID string }
		s.call("Chidi", "POST", "/api/v1/questions", map[string]any{"title": "How thick may the plate be?", "skills": []string{"Welding"}}, &q)
		s.call("Ben", "POST", "/api/v1/questions/"+q.ID+"/answers", map[string]any{"body": "Twelve millimetres."}, nil)
		s.drain()
		var experts struct {
			Items []struct {
				Name    string
				Near    bool
				Reasons []struct {
					URL    string
					Lately bool
				}
			}
		}
		if s.call("Ada", "GET", "/api/v1/experts?q=welding", nil, &experts); len(experts.Items) != 1 || experts.Items[0].Name != "Ben Okafor" || experts.Items[0].Reasons[0].Lately {
			t.Errorf("who knows names %+v", experts)
		}
		// Whoever is named for answering often alone has what they answered last
		// beside them, which is said to be no proof of what was asked.
		if s.call("Ada", "GET", "/api/v1/experts?q=harpsichords", nil, &experts); len(experts.Items) != 1 || !experts.Items[0].Near || len(experts.Items[0].Reasons) != 1 ||
			!experts.Items[0].Reasons[0].Lately || !strings.HasPrefix(experts.Items[0].Reasons[0].URL, "/questions/"+q.ID) {
			t.Errorf("who knows what nobody knows names %+v", experts)
		}
		s.want("Chidi", s.person("Ben")+"/departure", 404)
		if code, _ := s.post("Chidi", s.person("Ben")+"/departure", ""); code != 404 {
			t.Errorf("a member sending somebody away answers %d", code)
		}
		s.want("Ada", s.person("Ben")+"/departure", 200, "Has Ben Okafor left?")
		if code, _ := s.post("Ada", s.person("Ben")+"/departure", ""); code != 303 {
			t.Errorf("leaving answers %d", code)
		}
		if code, to := s.get("Ben", "/people"); code != 303 || !strings.HasPrefix(to, "/login") {
			t.Errorf("the leaver still gets %d %s", code, to)
		}
		if code := s.call("Ben", "GET", "/api/v1/me", nil, nil); code != 401 {
			t.Errorf("the leaver's token answers %d", code)
		}
		s.drain()
		s.want("Ada", s.person("Ben"), 404)
		s.want("Ada", s.person("Ben")+"/vouches", 404)
		s.want("Ada", "/people", 200, "-", "Ben Okafor")
		s.want("Ada", "/people/chart?at="+s.cast["Ben"].Person.String(), 404)
		s.want("Ada", "/questions/"+q.ID, 200, "Twelve millimetres", "Former colleague", "-", "Ben Okafor")
		var found struct{ Items []struct{ ID string } }
		s.call("Ada", "GET", "/api/v1/skills?q=welding", nil, &found)
		s.want("Ada", "/skills/"+found.Items[0].ID, 200, "-", "Ben Okafor", "Former colleague")
		experts.Items = nil
		s.call("Ada", "GET", "/api/v1/experts?q=welding", nil, &experts)
		for _, e := range experts.Items {
			t.Errorf("who knows still names %s", e.Name)
		}
		if code, _ := s.post("Ada", s.person("Ada")+"/departure", ""); code != 409 {
			t.Errorf("the last admin leaving answers %d", code)
		}
		// Back again, everything is there.
		s.write(func(tx *db.Tx) error { return s.house.People.Return(tx, s.cast["Ben"].Person, 0, true) })
		s.drain()
		s.want("Ada", s.person("Ben"), 200, "Ben Okafor", "Welding", "can teach")
		s.want("Ada", "/questions/"+q.ID, 200, "Ben Okafor")
	})
}

func TestAnAdminImportsPeopleAfterAPreview(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s := play(t, d)
		csv := []byte("Personalnummer;Name;E-Mail;Abteilung;Standort;Vorgesetzter\n1;Zoë Krämer;zoe@example.org;Werkstatt;Köln;\n2;Yusuf Öz;;Werkstatt;Köln;1\nkaputt\n")
		if code, _ := s.upload("Ben", "/admin/import", "file", "hr.csv", csv); code != 404 {
			t.Errorf("a member importing answers %d", code)
		}
		s.want("Ada", "/admin/import", 200, "Choose the export")
		code, page := s.upload("Ada", "/admin/import", "file", "hr.csv", csv, "do", "preview")
		if code != 200 || !strings.Contains(page, "Zoë Krämer, Werkstatt") || !strings.Contains(page, "Import now") {
			t.Fatalf("the preview answers %d %s", code, page)
		}
		s.want("Ben", "/people?name=zoe", 200, "-", "Zoë")
		if n := strings.Count(page, `name="carried"`); n != 2 || !strings.Contains(page, "“hr.csv” is read again") {
			t.Errorf("the file goes along in %d forms, want both: the import and another preview", n)
		}
		_, after, _ := strings.Cut(page, `name="carried" value="`)
		carried, _, _ := strings.Cut(after, `"`)
		code, page = s.upload("Ada", "/admin/import", "", "", nil, "do", "import", "carried", html.UnescapeString(carried), "name", "hr.csv")
		if code != 200 || !strings.Contains(page, "The import is done") || !strings.Contains(page, `href="/setup"`) {
			t.Fatalf("the import answers %d %.500s", code, page)
		}
		s.want("Ben", "/people?name=zoe", 200, "Zoë Krämer")
		s.want("Ben", "/people/chart", 200, "Zoë Krämer")
		s.want("Ada", "/admin/audit", 200, "imported people from")
		for _, bad := range []string{"!!!", "H4sIAAAAAAAA", "aGFsbG8="} {
			if code, _ := s.upload("Ada", "/admin/import", "", "", nil, "do", "import", "carried", bad); code != 422 {
				t.Errorf("a broken preview answers %d", code)
			}
		}
		if code, page := s.upload("Ada", "/admin/import", "file", "x.csv", []byte("a;b\n1;2\n"), "do", "preview"); code != 422 {
			t.Errorf("a file without names answers %d %.300s", code, page)
		}
		if code, page := s.upload("Ada", "/admin/import", "file", "x.csv", csv, "do", "preview", "mapping", "nonsense"); code != 422 || !strings.Contains(page, "“x.csv” is read again") {
			t.Errorf("a mapping that means nothing answers %d", code)
		}
	})
}

func TestASitesCalendarDecidesWhenItsPeopleAreAsked(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s := play(t, d)
		if code, page := s.post("Ada", "/admin/sites", "name=Leeds&time_zone=Europe/London&hours=Mon-Fri+08:00-16:00&days=2026-12-24+2026-12-26+holiday+Christmas%0Anonsense"); code != 422 || !strings.Contains(page, "Line 2 can’t be read") {
			t.Errorf("a wrong line answers %d", code)
		}
		code, to := s.post("Ada", "/admin/sites", "name=Leeds&time_zone=Europe/London&hours=Mon-Fri+08:00-16:00&days=2026-12-24+2026-12-26+holiday+Christmas")
		if code != 303 {
			t.Fatalf("a site answers %d %s", code, to)
		}
		site := to[strings.Index(to, "#site-")+len("#site-"):]
		s.post("Ben", "/people/me/edit", "name=Ben&site="+site+"&weekly_budget=5&leaver_name=keep")
		s.want("Ada", s.person("Ben"), 200, "in Leeds, working until 16:00", "Can take a question now", "Mon–Fri 08:00–16:00")
		code, page := s.post("Ada", "/admin/sites", "id="+site+"&name=Leeds&time_zone=Europe/London&hours=Mon-Thu+08:00-16:00%3B+Fry+8-12")
		if code != 422 || !strings.Contains(page, `<a href="#hours`+site+`">“Fry” is no day. Write Mon, Tue`) {
			t.Errorf("wrong hours answer %d\n%s", code, page)
		}
		if code, _ := s.post("Ada", "/admin/sites", "id="+site+"&name=Leeds&time_zone=Europe/London&days=2026-11-23+2026-11-27+busy+Audit"); code != 303 {
			t.Errorf("changing answers %d", code)
		}
		s.want("Ada", s.person("Ben"), 200, "in Leeds, working until 17:00", "Not just now", "-", "Audit")
		s.want("Ada", "/admin/sites", 200, "2026-11-23 2026-11-27 busy Audit")
		if code, _ := s.post("Ada", "/admin/sites", "name=leeds&time_zone=Europe/London"); code != 422 {
			t.Errorf("the same name answers %d", code)
		}
		s.want("Ben", "/admin/sites", 404)
	})
}
