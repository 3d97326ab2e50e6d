package app

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/guildhall/guildhall/internal/core/access"
	"github.com/guildhall/guildhall/internal/core/meet"
	"github.com/guildhall/guildhall/internal/core/organisation"
	"github.com/guildhall/guildhall/internal/core/skills"
	"github.com/guildhall/guildhall/internal/platform/clock"
	"github.com/guildhall/guildhall/internal/platform/db"
	"github.com/guildhall/guildhall/internal/platform/db/dbtest"
	"github.com/guildhall/guildhall/internal/platform/fault"
	"github.com/guildhall/guildhall/internal/platform/id"
	"github.com/guildhall/guildhall/internal/teamhour"
)

// teamHour opens one of the leader's with somebody else, in which each showed
// something.
func (g *guild) teamHour(leader, other string) id.ID {
	g.Helper()
	ctx, h, by := context.Background(), g.house, g.actor(leader)
	// Whoever opens an hour manages one of its people, for as long as that takes.
	manager := func(who id.ID) {
		g.write(func(tx *db.Tx) error {
			_, err := tx.Exec("UPDATE people SET manager_id = $1 WHERE id = $2", who, g.cast[other].Person)
			return err
		})
	}
	manager(by.Person)
	defer manager(0)
	n := must[id.ID](g)(h.TeamHours.Begin(ctx, by, "Weaving shed, our hour", 0, []string{g.cast[other].Person.String()}))
	for _, x := range []struct{ who, kind string }{{leader, teamhour.Show}, {other, teamhour.Want}, {other, teamhour.Show}} {
		name := "Threading"
		if x.who == other && x.kind == teamhour.Show {
			name = "Dyeing"
		}
		a := g.actor(x.who)
		if err := h.TeamHours.Write(ctx, a, n, a.Person, x.kind, name, 3, true); err != nil {
			g.Fatal(err)
		}
	}
	hour, err := h.TeamHours.Open(ctx, by, n)
	if err != nil {
		g.Fatal(err)
	}
	dye := hour.Entries[slices.IndexFunc(hour.Entries, func(e teamhour.Entry) bool { return e.Name == "Dyeing" })].ID
	if err := h.TeamHours.Propose(ctx, by, n, hour.Entries[0].ID, dye); err != nil {
		g.Fatal(err)
	}
	proposed, err := h.TeamHours.Proposed(ctx, by, n)
	if err != nil || len(proposed) != 1 {
		g.Fatal(proposed, err)
	}
	g.places = map[string]string{"{own}": hour.Entries[0].ID.String(), "{asked}": dye.String(), "{swap}": proposed[0].ID.String(), "{entry}": hour.Entries[0].ID.String(), "{mia}": g.cast["Mia"].Person.String(), "{person}": g.cast["Mia"].Person.String()}
	return n
}

// manages makes one of the cast the manager of another.
func (s *stage) manages(who, whom string) {
	s.Helper()
	s.write(func(tx *db.Tx) error {
		_, err := tx.Exec("UPDATE people SET manager_id = $1 WHERE id = $2", s.cast[who].Person, s.cast[whom].Person)
		return err
	})
}

func TestATeamHourShowsOnlyWhatItsOwnersShowAndIsForgotten(t *testing.T) {
	dbtest.EachMoved(t, func(t *testing.T, d *db.DB, c *clock.Moved) {
		c.Set(time.Date(2026, 11, 24, 9, 0, 0, 0, time.UTC))
		s := playAt(t, d, c)
		if err := s.house.Organisation.Change(s.Context(), func(x *organisation.Settings) error {
			x.Practices = map[string]bool{teamhour.Key: true}
			return nil
		}); err != nil {
			t.Fatal(err)
		}
		s.hire("Dana", "Emil")
		team, ctx := s.house.TeamHours, s.Context()
		// Whoever leads nobody opens none; whoever leads somebody's manager does.
		begin := func(who string, names ...string) error {
			_, err := team.Begin(ctx, s.as(who), "Our hour", 0, names)
			return err
		}
		if err := begin("Ben", "Chidi"); !fault.Is(err, fault.Forbidden) {
			t.Errorf("whoever leads nobody opens an hour: %v", err)
		}
		s.want("Ben", "/team-hours", 200, "Whoever leads or looks after your team", "-", "Open it")
		if code := s.call("Ben", "POST", "/api/v1/team-hours", map[string]any{"title": "Our hour", "people": []string{"Chidi"}}, nil); code != 403 {
			t.Errorf("through the API it answers %d", code)
		}
		s.hire("Lead")
		s.manages("Ben", "Lead")
		s.manages("Lead", "Chidi")
		s.want("Ben", "/team-hours", 200, "Open it")
		if err := begin("Ben", "Dana", "Emil"); !fault.Is(err, fault.Forbidden) {
			t.Errorf("Ben opens an hour for people whom he does not lead: %v", err)
		}
		s.write(func(tx *db.Tx) error {
			a, err := access.NewAudience(tx, c, "community", 0)
			if err == nil {
				err = access.Join(tx, a, s.cast["Emil"].Person, "steward")
			}
			if err == nil {
				err = access.Join(tx, a, s.cast["Dana"].Person, "member")
			}
			return err
		})
		if err := begin("Emil", "Chidi"); !fault.Is(err, fault.Forbidden) {
			t.Errorf("a steward opens an hour for people whom they do not look after: %v", err)
		}
		for who, name := range map[string]string{"Emil": "Dana", "Ada": "Dana", "Lead": "Chidi"} {
			if err := begin(who, name); err != nil {
				t.Errorf("%s opens no hour for %s: %v", who, name, err)
			}
		}
		s.write(func(tx *db.Tx) error {
			for _, text := range []string{"DELETE FROM team_hour_people", "DELETE FROM team_hours"} {
				if _, err := tx.Exec(text); err != nil {
					return err
				}
			}
			return nil
		})
		hour, err := team.Begin(ctx, s.as("Ben"), "Our hour", 0, []string{"Chidi", s.cast["Dana"].Person.String()})
		if err != nil {
			t.Fatal(err)
		}
		s.jobs()
		if n := s.told("Chidi", "teamhour_opened") + s.told("Ben", "teamhour_opened"); n != 1 {
			t.Errorf("%d are told", n)
		}
		path := "/team-hours/" + hour.String()
		open := func(who string) teamhour.Hour {
			h, err := team.Open(ctx, s.as(who), hour)
			if err != nil {
				t.Fatal(err)
			}
			return h
		}
		sees := func(who, name string) bool {
			return slices.ContainsFunc(open(who).Entries, func(e teamhour.Entry) bool { return e.Name == name })
		}
		entry := func(who, name string) string {
			for _, e := range open(who).Entries {
				if e.Name == name && e.Person == s.cast[who].Person {
					return path + "/entries/" + e.ID.String()
				}
			}
			t.Fatalf("%s has no %s", who, name)
			return ""
		}

		// Emil comes in by the code; without it there is no hour for him.
		if code, _ := s.get("Emil", path); code != http.StatusNotFound {
			t.Errorf("somebody who was not asked opens it: %d", code)
		}
		if code, _ := s.post("Emil", "/team-hours/joining", "code=nonsense"); code != http.StatusUnprocessableEntity {
			t.Errorf("a code that is none answers %d", code)
		}
		if code, _ := s.post("Emil", "/team-hours/joining", "code=+"+strings.ToUpper(open("Ben").Code)); code != http.StatusSeeOther {
			t.Fatalf("the code answers %d", code)
		}

		// Chidi shows welding on her phone and keeps a draft; Ben types Dana's card.
		s.post("Chidi", path+"/entries", "kind=show&name=Welding&level=3&shown=1")
		s.post("Chidi", path+"/entries", "kind=want&name=Accounting&level=1")
		if code, _ := s.post("Ben", path+"/entries", "kind=want&name=Welding&level=1&person="+s.cast["Dana"].Person.String()); code != http.StatusSeeOther {
			t.Fatalf("typing a card answers %d", code)
		}
		if code, _ := s.post("Chidi", path+"/entries", "kind=want&name=Singing&level=1&person="+s.cast["Dana"].Person.String()); code != http.StatusForbidden {
			t.Errorf("somebody types the card of somebody else: %d", code)
		}
		if !sees("Emil", "Welding") || sees("Emil", "Accounting") || !sees("Chidi", "Accounting") {
			t.Error("a draft is seen by others, or what is shown is not")
		}
		dana := func() (n int) {
			for _, e := range open("Ben").Entries {
				if e.Person == s.cast["Dana"].Person {
					n++
				}
			}
			return n
		}
		if dana() != 0 {
			t.Error("who typed the card sees it")
		}
		if got := teamhour.Matches(open("Ben")); len(got) != 0 {
			t.Errorf("a draft is matched: %+v", got)
		}
		s.jobs()
		if n := s.told("Dana", "teamhour_typed"); n != 1 {
			t.Errorf("Dana is told %d times of her card", n)
		}
		mine := entry("Dana", "Welding")
		for _, who := range []string{"Ben", "Chidi"} {
			if code, _ := s.post(who, mine, "do=share"); code != http.StatusNotFound {
				t.Errorf("%s decides about Dana's draft: %d", who, code)
			}
		}
		if code, _ := s.post("Dana", mine, "do=share"); code != http.StatusSeeOther {
			t.Fatalf("sharing answers %d", code)
		}
		if code, _ := s.post("Ben", mine, "do=keep"); code != http.StatusForbidden {
			t.Errorf("Ben publishes Dana's entry: %d", code)
		}
		if dana() != 1 {
			t.Error("what Dana showed is not seen")
		}

		// Chidi could show Dana; only Chidi can weld until Emil says he can too.
		h := open("Ben")
		if m := teamhour.Matches(h); len(m) != 1 || m[0].Shows.Person != s.cast["Chidi"].Person || m[0].Wants.Person != s.cast["Dana"].Person {
			t.Errorf("matches are %+v", m)
		}
		if o := teamhour.Only(h); len(o) != 1 || o[0].Name != "Welding" {
			t.Errorf("only one can do %+v", o)
		}
		s.post("Emil", path+"/entries", "kind=show&name=welding&level=2&shown=1")
		if o := teamhour.Only(open("Ben")); len(o) != 0 {
			t.Errorf("only one can do %+v", o)
		}
		if code, body := s.get("Dana", path); code != http.StatusOK || !strings.Contains(body, "Book a time") || strings.Contains(body, "Accounting") {
			t.Errorf("Dana's page answers %d", code)
		}

		// The steps are the leader's; the screen says until when.
		if code, _ := s.post("Chidi", path+"/step", "to=1"); code != http.StatusForbidden {
			t.Errorf("somebody else turns the page: %d", code)
		}
		if code, _ := s.post("Ben", path+"/step", "to=3&screen=1"); code != http.StatusSeeOther {
			t.Fatalf("turning the page answers %d", code)
		}
		if _, body := s.get("Emil", path+"/screen"); !strings.Contains(body, "Three swaps") || !strings.Contains(body, "until 09:15") || strings.Contains(body, "Accounting") {
			t.Error("the screen does not show the part it is in")
		}
		if code, _ := s.post("Dana", path+"/meetings", "with="+s.cast["Chidi"].Person.String()+"&slot=own&day=2026-11-26&time=10:00&minutes=45"); code != http.StatusSeeOther {
			t.Errorf("booking answers %d", code)
		}
		list, _, err := s.house.Meetings.List(ctx, s.as("Chidi"), false, meet.Mark{}, 10)
		if err != nil || len(list) != 1 || len(list[0].People) != 2 {
			t.Errorf("Chidi's meetings are %+v %v", list, err)
		}

		// Chidi keeps welding on her profile, open; Dana's wish stays closed.
		s.post("Chidi", entry("Chidi", "Welding"), "do=keep")
		s.post("Dana", entry("Dana", "Welding"), "do=keep")
		s.post("Chidi", entry("Chidi", "Accounting"), "do=drop")
		var said []skills.Declaration
		if err := d.Read(ctx, func(tx *db.Tx) (err error) {
			said, err = skills.ForMatching(tx, []id.ID{s.cast["Chidi"].Person, s.cast["Dana"].Person, s.cast["Emil"].Person})
			return err
		}); err != nil {
			t.Fatal(err)
		}
		for _, x := range said {
			if skills.Norm(x.Name) == "welding" && x.Open != (x.Direction == skills.Teach) || x.Person == s.cast["Emil"].Person {
				t.Errorf("the profile says %+v", x)
			}
		}

		// Once closed nobody writes; a week later all is gone but the profile and
		// the meeting.
		if code, _ := s.post("Ben", path+"/closing", ""); code != http.StatusSeeOther {
			t.Fatalf("closing answers %d", code)
		}
		if code, _ := s.post("Emil", path+"/entries", "kind=show&name=Late&level=2"); code != http.StatusConflict {
			t.Errorf("writing into a closed hour answers %d", code)
		}
		c.Advance(7*24*time.Hour - time.Minute)
		if err := team.Forget(ctx); err != nil {
			t.Fatal(err)
		}
		open("Ben")
		c.Advance(time.Minute)
		if err := team.Forget(ctx); err != nil {
			t.Fatal(err)
		}
		if code, _ := s.get("Ben", path); code != http.StatusNotFound {
			t.Errorf("after a week the hour answers %d", code)
		}
		left := 0
		if err := d.Read(ctx, func(tx *db.Tx) error {
			_, err := tx.Row("SELECT (SELECT COUNT(*) FROM team_hour_entries) + (SELECT COUNT(*) FROM team_hours) + (SELECT COUNT(*) FROM team_hour_people)", []any{&left})
			return err
		}); err != nil || left != 0 {
			t.Errorf("%d rows are kept, %v", left, err)
		}
	})
}
