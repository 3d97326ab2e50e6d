package app

import (
	"context"
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/guildhall/guildhall/internal/platform/db"
	"github.com/guildhall/guildhall/internal/platform/db/dbtest"
)

func TestSkillsAreDeclaredVouchedForAndShown(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s := play(t, d)
		if code, to := s.post("Ben", "/people/me/skills", "list=teach&skill=Calibration,+Uncertainty+budgets&level=4&work=1&open=1&note=Probes"); code != 303 {
			t.Fatalf("declaring answers %d %s", code, to)
		}
		type list struct {
			Items []struct {
				ID, Name, Category string
				Teach              int
			}
		}
		var found, listed list
		s.call("Ben", "GET", "/api/v1/skills?q=calibartion", nil, &found)
		if len(found.Items) == 0 || found.Items[0].Name != "Calibration" {
			t.Fatalf("a slip of the keys finds %+v", found)
		}
		skill := found.Items[0].ID
		// A program gives back the id it was given: that is no new skill.
		var said struct{ ID string }
		if s.call("Ada", "POST", "/api/v1/me/skills", map[string]any{"direction": "teach", "skill": skill, "level": 2}, &said); said.ID != skill {
			t.Errorf("a skill declared by its id %s is %s", skill, said.ID)
		}
		s.call("Ada", "DELETE", "/api/v1/me/skills/teach/"+skill, nil, nil)
		// What is found is told of as what is listed.
		s.call("Ben", "GET", "/api/v1/skills?limit=200", nil, &listed)
		if found.Items[0].Teach != 1 || !slices.Contains(listed.Items, found.Items[0]) {
			t.Errorf("%+v is found, of a list of %d", found.Items[0], len(listed.Items))
		}
		for query, want := range map[string]int{"&kind=thing": 0, "&category=no+such": 0, "&limit=1": 1} {
			var some list
			if s.call("Ben", "GET", "/api/v1/skills?q=calibration"+query, nil, &some); len(some.Items) != want {
				t.Errorf("%s finds %+v", query, some.Items)
			}
		}
		s.want("Chidi", "/skills.json?q=cal", 200, `"title":"Calibration"`)
		if code, page := s.post("Chidi", s.person("Ben")+"/vouches", "skill=Calibration&note=good"); code != 422 || !strings.Contains(page, "at least 15") {
			t.Errorf("a vouch without work answers %d", code)
		}
		code, to := s.post("Chidi", s.person("Ben")+"/vouches", "skill=Calibration&note=Saw+the+offset+in+ten+minutes")
		if code != 303 || !strings.Contains(to, "#vouch-") {
			t.Fatalf("vouching answers %d %s", code, to)
		}
		vouch := to[strings.Index(to, "#vouch-")+len("#vouch-"):]
		if code, _ := s.post("Ben", s.person("Ben")+"/vouches", "skill=Calibration&note=I+am+simply+the+best+at+it"); code != 403 {
			t.Errorf("vouching for oneself answers %d", code)
		}
		s.drain()
		s.want("Ada", s.person("Ben"), 200, "Calibration", "Uncertainty budgets", "can teach", "Vouched for by 1 person", "Probes")
		s.want("Ada", s.person("Ben")+"/vouches", 200, "Saw the offset in ten minutes", "Chidi")
		if code, to := s.get("Ada", "/endorsements/"+vouch); code != 303 || !strings.HasSuffix(to, "#vouch-"+vouch) {
			t.Errorf("the address of a vouch answers %d %s", code, to)
		}
		s.want("Ada", "/skills/"+skill, 200, "Calibration", "Ben", "Vouched for by 1 colleague", "Says: can teach", "Where it is known")
		s.want("Ada", "/skills?q=uncertainty", 200, "Uncertainty budgets")
		s.want("Ada", "/people?skill=calibration", 200, "Ben", "-", "Chidi")

		// The own ledger: two declared, one endorsed; hidden ones count nowhere.
		var own struct {
			Items []struct {
				ID     string
				Kinds  []string
				URL    string
				Hidden bool
			}
		}
		s.call("Ben", "GET", "/api/v1/me/receipts", nil, &own)
		if len(own.Items) != 3 || own.Items[0].Kinds[0] != "endorsed" || own.Items[0].URL != "/endorsements/"+vouch {
			t.Fatalf("Ben's ledger is %+v", own)
		}
		s.want("Ben", "/people/me/receipts", 200, "vouched for", "your own word")
		receipt := own.Items[0].ID
		if code, _ := s.post("Chidi", "/people/me/receipts/"+receipt, "hidden=1"); code != 404 {
			t.Errorf("hiding somebody else's receipt answers %d", code)
		}
		if code, _ := s.post("Ben", "/people/me/receipts/"+receipt, "hidden=1"); code != 303 {
			t.Errorf("hiding answers %d", code)
		}
		s.want("Ada", s.person("Ben"), 200, "-", "Vouched for by")
		s.want("Ada", s.person("Ben")+"/vouches", 200, "-", "Saw the offset")
		s.want("Ben", "/people/me/receipts", 200, "Show again")
		// A new vouch for the same work stays hidden; showing brings it back.
		s.post("Chidi", s.person("Ben")+"/vouches", "skill=Calibration&note=Saw+the+offset+again+in+five+minutes")
		s.drain()
		s.want("Ada", s.person("Ben"), 200, "-", "Vouched for by")
		s.call("Ben", "DELETE", "/api/v1/me/receipts/"+receipt+"/hiding", nil, nil)
		s.want("Ada", s.person("Ben"), 200, "Vouched for by 1 person")
		// Taken back, it is gone everywhere.
		if code := s.call("Ada", "DELETE", "/api/v1/endorsements/"+vouch, nil, nil); code != 403 {
			t.Errorf("a third person taking a vouch back answers %d", code)
		}
		if code := s.call("Chidi", "DELETE", "/api/v1/endorsements/"+vouch, nil, nil); code != 204 {
			t.Errorf("taking a vouch back answers %d", code)
		}
		s.drain()
		s.want("Ada", s.person("Ben"), 200, "-", "Vouched for by")
		// The skill is changed and taken back.
		edit := "/people/me/skills/" + skill + "?list=teach"
		s.want("Ben", edit, 200, "Calibration", "Probes")
		if code, _ := s.post("Ben", edit, "level=2&work=1&open=1"); code != 303 {
			t.Errorf("changing answers %d", code)
		}
		s.want("Ada", s.person("Ben"), 200, "doing")
		if code, _ := s.post("Ben", edit, "remove=1"); code != 303 {
			t.Errorf("removing answers %d", code)
		}
		s.drain()
		s.want("Ada", s.person("Ben"), 200, "Uncertainty budgets", "-", "Calibration")
		s.call("Ben", "GET", "/api/v1/me/receipts", nil, &own)
		if len(own.Items) != 1 {
			t.Errorf("%d lines are left, want one", len(own.Items))
		}
	})
}

func TestARebuildReachesTheSameReceipts(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s := play(t, d)
		s.post("Ben", "/people/me/skills", "list=teach&skill=Welding&level=3&work=1&open=1")
		s.post("Ben", s.person("Chidi")+"/vouches", "skill=Welding&note=Straight+seams+all+day+long")
		s.post("Chidi", s.person("Ben")+"/vouches", "skill=Welding&note=Straight+seams+all+night+long")
		s.drain()
		all := func() string {
			var b strings.Builder
			if err := d.Read(context.Background(), func(tx *db.Tx) error {
				rows, err := db.All(tx, `SELECT source_id, author_id, kind, skill_id, CAST(weight * 1000 AS BIGINT) FROM receipts ORDER BY 1, 2, 3, 4`, func(r *db.Rows, v *[5]any) error {
					return r.Scan(&v[0], &v[1], &v[2], &v[3], &v[4])
				})
				text, _ := json.Marshal(rows)
				b.Write(text)
				return err
			}); err != nil {
				t.Fatal(err)
			}
			return b.String()
		}
		was := all()
		if strings.Count(was, "endorsed") != 2 || strings.Count(was, ",500]") != 2 {
			t.Errorf("two who vouch for each other have %s, want a quarter of the weight each", was)
		}
		s.write(func(tx *db.Tx) error {
			_, err := tx.Exec("DELETE FROM receipts")
			return err
		})
		if err := s.house.Ledger.Rebuild(context.Background(), nil); err != nil {
			t.Fatal(err)
		}
		if now := all(); now != was {
			t.Errorf("rebuilt:\n%s\nwas:\n%s", now, was)
		}
	})
}

// The canary stands in a want that is not open. It must not be in anything
// that anybody else can get.
func TestClosedWantsNeverLeaveTheServerForOthers(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s := play(t, d)
		const canary = "canarynote"
		s.post("Ada", "/people/me/skills", "list=teach&skill=Juggling&level=4&open=1")
		if code, _ := s.post("Ben", "/people/me/skills", "list=want&skill=Juggling&level=1&note="+canary); code != 303 {
			t.Fatal("the want was not kept")
		}
		if code, _ := s.post("Ben", "/people/me/skills", "list=teach&skill=Unicycling&level=4&note="+canary); code != 303 {
			t.Fatal("the closed skill was not kept")
		}
		s.drain()
		s.want("Ben", s.person("Ben"), 200, "Juggling", "Unicycling", "only you see this")
		s.want("Ben", "/people/me/skills?list=want", 200, "Juggling", "Only you see this", canary)
		var found struct{ Items []struct{ ID string } }
		s.call("Ada", "GET", "/api/v1/skills?q=juggling", nil, &found)
		s.call("Ada", "GET", "/api/v1/skills?q=unicycling", nil, &found)
		ben := s.cast["Ben"].Person.String()
		paths := []string{
			"/people", "/people?name=ben", "/people?skill=juggling", "/people/" + ben, "/people/" + ben + "/vouches", "/people/chart",
			"/skills", "/skills?q=juggling", "/skills.json?q=juggling", "/search?q=" + canary, "/search.json?q=" + canary,
			"/api/v1/people", "/api/v1/people/" + ben, "/api/v1/skills", "/api/v1/search?q=" + canary, "/api/v1/experts?q=juggling",
		}
		for _, x := range found.Items {
			paths = append(paths, "/skills/"+x.ID, "/api/v1/skills/"+x.ID, "/people?skill="+x.ID, "/api/v1/people?skill="+x.ID)
		}
		for _, who := range []string{"Ada", "Chidi", "Gus"} {
			for _, path := range paths {
				_, page := s.get(who, path)
				if strings.Contains(page, canary) && !strings.Contains(path, canary) {
					t.Errorf("%s reads the closed note at %s", who, path)
				}
				if strings.Contains(path, ben) && (strings.Contains(page, "Juggling") || strings.Contains(page, "Unicycling")) {
					t.Errorf("%s reads of the want at %s", who, path)
				}
			}
		}
		s.want("Ada", "/people?skill=unicycling", 200, "-", ">Ben<")
	})
}
