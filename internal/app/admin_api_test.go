package app

import (
	"slices"
	"strings"
	"testing"

	"github.com/guildhall/guildhall/internal/core/access"
	"github.com/guildhall/guildhall/internal/core/organisation"
	"github.com/guildhall/guildhall/internal/platform/db"
	"github.com/guildhall/guildhall/internal/platform/db/dbtest"
)

// TestTheHouseIsLookedAfterByPrograms does by operations what the pages of the
// administration do.
func TestTheHouseIsLookedAfterByPrograms(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		g := newGuild(t, d)
		do := func(want int, method, path string, in, out any) {
			t.Helper()
			if code := g.call("Ada", method, "/api/v1"+path, in, out); code != want {
				t.Fatalf("%s %s answers %d, want %d", method, path, code, want)
			}
		}
		settings := func() organisation.Settings { return g.house.Organisation.Settings() }

		// People.
		var invited struct {
			Items []struct{ Person, Name, Email, Link string }
		}
		do(201, "POST", "/admin/invitations", fields{"people": []string{"Nora Loom <nora@example.org>", "Ole Spindle, 40731"}, "role": "guest"}, &invited)
		if len(invited.Items) != 2 || !strings.Contains(invited.Items[0].Link, "/login/link/") || invited.Items[1].Link != "" {
			t.Fatalf("who is invited: %+v", invited)
		}
		nora, ole := invited.Items[0].Person, invited.Items[1].Person
		do(422, "POST", "/admin/invitations", fields{"people": []string{"nobody at all"}}, nil)
		var cards struct{ Items []struct{ Code string } }
		do(201, "POST", "/admin/people/cards", fields{"people": []string{ole}}, &cards)
		if len(cards.Items) != 1 || cards.Items[0].Code == "" {
			t.Errorf("the cards are %+v", cards)
		}
		do(201, "POST", "/admin/people/invitations", fields{"people": []string{nora, ole}}, &invited)
		if len(invited.Items) != 1 || invited.Items[0].Person != nora {
			t.Errorf("invited again: %+v", invited)
		}
		do(204, "PUT", "/admin/people/"+nora+"/role", fields{"role": "organiser"}, nil)
		var one struct {
			Role, State, Email, Waiting string
			Logins                      int
		}
		do(200, "GET", "/admin/people/"+nora, nil, &one)
		if one.Role != "organiser" || one.State != "active" || one.Email != "nora@example.org" || one.Waiting != "shown" {
			t.Errorf("Nora is %+v", one)
		}
		do(409, "PUT", "/admin/people/"+g.cast["Ada"].Person.String()+"/role", fields{"role": "member"}, nil)
		var found struct{ Items []struct{ ID, Name string } }
		do(200, "GET", "/admin/people?q=40731", nil, &found)
		if len(found.Items) != 1 || found.Items[0].ID != ole {
			t.Errorf("found by number: %+v", found)
		}
		do(204, "DELETE", "/admin/people/"+g.cast["Gus"].Person.String()+"/logins", nil, nil)
		if code := g.call("Gus", "GET", "/api/v1/me", nil, nil); code != 401 {
			t.Errorf("Gus, whose logins ended, gets %d", code)
		}
		do(204, "POST", "/people/"+ole+"/departure", nil, nil)
		do(200, "GET", "/admin/people/"+ole, nil, &one)
		if one.State == "active" {
			t.Error("Ole left and is active")
		}

		// Import: first what it would do, then the same carried out.
		var plan struct {
			Done             bool
			Joiners, Leavers []struct{ Name string }
		}
		file := fields{"text": "Personnel number,Name,E-mail\n90001,Pia Warp,pia@example.org\n"}
		do(200, "POST", "/admin/import", file, &plan)
		if plan.Done || len(plan.Joiners) != 1 || plan.Joiners[0].Name != "Pia Warp" {
			t.Errorf("the preview says %+v", plan)
		}
		do(200, "GET", "/admin/people?q=Pia", nil, &found)
		if len(found.Items) != 0 {
			t.Error("a preview brought somebody")
		}
		file["carry_out"] = true
		do(200, "POST", "/admin/import", file, &plan)
		do(200, "GET", "/admin/people?q=Pia", nil, &found)
		if !plan.Done || len(found.Items) != 1 {
			t.Errorf("the import answers %+v and brought %+v", plan, found)
		}

		// Sites.
		type days struct {
			First string `json:"first"`
			Last  string `json:"last,omitempty"`
			Kind  string `json:"kind"`
			Name  string `json:"name"`
		}
		site := fields{"name": "Mill", "time_zone": "Europe/Lisbon", "hours": "Mon-Fri 08:00-16:00", "days": []days{{"2026-12-24", "2026-12-26", "holiday", "Christmas"}, {"2027-05-01", "", "holiday", "May Day"}}}
		mill := g.made("Ada", "/admin/sites", site)
		site["country"] = "Portugal"
		do(204, "PUT", "/admin/sites/"+mill, site, nil)
		var sites struct {
			Items []struct {
				ID, Name, Country string
				Days              []days
			}
		}
		do(200, "GET", "/admin/sites", nil, &sites)
		if len(sites.Items) != 1 || sites.Items[0].ID != mill || sites.Items[0].Country != "Portugal" || len(sites.Items[0].Days) != 2 || sites.Items[0].Days[1].Last != "2027-05-01" {
			t.Errorf("the sites are %+v", sites)
		}
		do(422, "POST", "/admin/sites", site, nil) // the name is taken

		// Skills.
		var skill struct {
			Name, State string
			MergedInto  string `json:"merged_into"`
			Synonyms    []string
		}
		weaving := "/skills/" + g.skill.String()
		do(204, "PUT", weaving, fields{"kind": "skill", "name": "Handweaving", "synonyms": []string{"weaving"}, "levels": map[string]string{"2": "Threads a loom"}}, nil)
		do(422, "PUT", weaving, fields{"kind": "skill", "name": "Handweaving", "levels": map[string]string{"7": "x"}}, nil)
		do(204, "PUT", weaving+"/deprecation", nil, nil)
		do(200, "GET", weaving, nil, &skill)
		if skill.Name != "Handweaving" || skill.State != "deprecated" || !slices.Contains(skill.Synonyms, "weaving") {
			t.Errorf("the skill is %+v", skill)
		}
		do(204, "DELETE", weaving+"/deprecation", nil, nil)
		var other string
		g.write(func(tx *db.Tx) error {
			tags, err := g.house.Skills.Named(tx, access.Actor{}, access.Organisation, []string{"loom work"}, true)
			if err == nil {
				other = tags[0].ID.String()
			}
			return err
		})
		do(204, "POST", "/skills/"+other+"/merge", fields{"into": g.skill.String()}, nil)
		do(200, "GET", "/skills/"+other, nil, &skill)
		if skill.MergedInto != g.skill.String() {
			t.Errorf("merged, it is %+v", skill)
		}

		// Settings.
		do(204, "PUT", "/admin/organisation", fields{"name": "Mill & Co", "time_zone": "Europe/Lisbon", "sign_in_help": "Ada, room 3"}, nil)
		do(422, "PUT", "/admin/organisation", fields{"name": "", "time_zone": "Mars/Olympus"}, nil)
		if o := settings(); o.Name != "Mill & Co" || o.TimeZone != "Europe/Lisbon" || o.SignInHelp != "Ada, room 3" {
			t.Errorf("the organisation is %+v", o)
		}
		do(204, "PUT", "/admin/practices", fields{"on": []string{"coffee"}}, nil)
		do(422, "PUT", "/admin/practices", fields{"on": []string{"nonsense"}}, nil)
		if o := settings(); !o.On("coffee") || o.On("swaps") || !o.On("ask") {
			t.Errorf("on are %v", o.Practices)
		}
		do(204, "PUT", "/admin/questions", fields{"desk": []string{"Max"}, "hours": []int{1, 4}}, nil)
		do(422, "PUT", "/admin/questions", fields{"desk": []string{"Nobody Here"}, "hours": []int{4, 1}}, nil)
		var way struct {
			Desk  []string
			Hours []int
		}
		do(200, "GET", "/admin/questions", nil, &way)
		if !slices.Equal(way.Desk, []string{"Max"}) || !slices.Equal(way.Hours, []int{1, 4}) {
			t.Errorf("the way of questions is %+v", way)
		}

		// Mail: a secret goes in and never comes out.
		do(204, "PUT", "/admin/mail", fields{"host": "mail.example.org", "port": 587, "tls": "starttls", "user": "hall", "password": "correct-horse", "from": "hall@example.org"}, nil)
		var mail map[string]any
		do(200, "GET", "/admin/mail", nil, &mail)
		if mail["host"] != "mail.example.org" || mail["has_password"] != true || mail["password"] != nil {
			t.Errorf("mail is %v", mail)
		}
		do(204, "PUT", "/admin/mail", fields{"host": "mail.example.org", "port": 465, "tls": "tls", "user": "hall", "from": "hall@example.org"}, nil)
		if m := settings().Mail; m == nil || m.Port != 465 || m.Password != "correct-horse" {
			t.Error("an empty password does not keep the one held")
		}
		do(204, "DELETE", "/admin/mail", nil, nil)
		if settings().Mail != nil {
			t.Error("the mail server is still kept")
		}
		do(204, "POST", "/admin/set-up/end", nil, nil)
		if !settings().SetUp {
			t.Error("the set-up goes on")
		}

		// All of it is in the log.
		var acts struct {
			Items []struct{ Action, Name string }
		}
		do(200, "GET", "/admin/audit", nil, &acts)
		for _, want := range []string{"person.invited", "person.role", "people.imported", "site.changed", "settings.mail", "setup.finished"} {
			if !slices.ContainsFunc(acts.Items, func(a struct{ Action, Name string }) bool { return a.Action == want && a.Name == "Ada" }) {
				t.Errorf("%s is not in the log", want)
			}
		}
	})
}
