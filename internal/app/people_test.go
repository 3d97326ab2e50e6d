package app

import (
	"context"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/guildhall/guildhall/internal/core/access"
	"github.com/guildhall/guildhall/internal/platform/db"
	"github.com/guildhall/guildhall/internal/platform/db/dbtest"
	"github.com/guildhall/guildhall/internal/platform/id"
)

// path of somebody's profile.
func (s *stage) person(who string) string { return "/people/" + s.cast[who].Person.String() }

func (s *stage) drain() {
	s.Helper()
	if err := s.house.Follow(context.Background()); err != nil {
		s.Fatal(err)
	}
}

func (s *stage) write(do func(tx *db.Tx) error) {
	s.Helper()
	if err := s.house.DB.Write(context.Background(), do); err != nil {
		s.Fatal(err)
	}
}

// want checks that a page answers with the status and shows, or does not show,
// the words; words after "-" must be absent.
func (s *stage) want(who, path string, status int, words ...string) string {
	s.Helper()
	code, page := s.get(who, path)
	if code != status {
		s.Errorf("%s gets %d for %s, want %d\n%.400s", who, code, path, status, page)
	}
	absent := false
	for _, w := range words {
		if w == "-" {
			absent = true
			continue
		}
		if strings.Contains(page, w) == absent {
			s.Errorf("%s for %s: showing %q is %v", path, who, w, absent)
		}
	}
	return page
}

const profileForm = "name=Ben+Okafor&pronouns=he%2Fhim&title=Fitter&languages=en,+pl&about=Pumps&manager=Ada&backup=Chidi&time_zone=Europe/Lisbon" +
	"&hours_kind=shift&shift_first=2026-01-05&shift_cycle=3E+2L+2-&shift_kinds=E%3D06:00-14:00%3BL%3D14:00-22:00&weekly_budget=3&cut=4&leaver_name=hide&away_from=2026-12-24&away_until=2026-12-31"

func TestAMemberEditsTheirProfile(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s := play(t, d)
		if code, to := s.post("Ben", "/people/me/edit", profileForm); code != 303 {
			t.Fatalf("saving answers %d %s", code, to)
		}
		s.want("Chidi", s.person("Ben"), 200, "Ben Okafor", "he/him", "Fitter", "Polish", "Pumps", "Ada", "Chidi", "Rotating shift",
			"-", "2026-12-24", "31 December", "3 questions", "weekly")
		s.want("Ben", "/people/me/edit", 200, "2026-12-24", "2026-12-31", "3E 2L 2-", "Europe/Lisbon")
		var me struct {
			Name string
			Own  struct {
				Hours        string
				WeeklyBudget int `json:"weekly_budget"`
			}
		}
		if code := s.call("Ben", "GET", "/api/v1/me", nil, &me); code != 200 || me.Own.WeeklyBudget != 3 || !strings.HasPrefix(me.Own.Hours, "shift 2026-01-05 3E 2L 2-;") {
			t.Errorf("the API answers %d %+v", code, me)
		}
		// All wrong fields at once, with the words kept.
		code, page := s.post("Ben", "/people/me/edit", "name=&title=Fitter+kept&languages=klingonish&time_zone=Mars/Base&manager=Nobody&hours_kind=week&day_1=late&weekly_budget=999&leaver_name=keep&away_from=2026-12-31&away_until=2026-12-01")
		if code != 422 {
			t.Fatalf("a wrong form answers %d", code)
		}
		for _, w := range []string{"Fitter kept", "Enter a name", "klingonish", "Mars/Base", "Nobody here is called", `href="#day_1"`, "between 0 and 50", "comes before"} {
			if !strings.Contains(page, w) {
				t.Errorf("the form does not show %q", w)
			}
		}
		// Ada cannot report to Ben, who reports to her.
		if code, page := s.post("Ada", "/people/me/edit", "name=Ada&manager=Ben+Okafor&weekly_budget=5&leaver_name=keep"); code != 422 || !strings.Contains(page, "reports to you") {
			t.Errorf("a loop of managers answers %d", code)
		}
		s.want("Chidi", "/people/chart", 200, "Ada", "1 person")
		s.want("Chidi", "/people/chart?at="+s.cast["Ben"].Person.String(), 200, "Ada", "Ben Okafor")
		s.want("Chidi", "/people?name=oka", 200, "Ben Okafor", "-", "Chidi</bdi></a>")
		s.want("Chidi", "/people?name=ben", 200, "Ben Okafor")
		s.want("Chidi", "/people?name=%25", 200)
		s.want("Chidi", "/people?language=pl", 200, "Ben Okafor")
		s.want("Chidi", "/people?language=p", 200, "-", "Ben Okafor")
	})
}

func TestGuestsSeeOnlyPeopleOfAudiencesTheyShare(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s := play(t, d)
		s.post("Ben", "/people/me/edit", profileForm)
		s.post("Ben", "/people/me/skills", "list=teach&skill=Welding&level=3&work=1&open=1")
		s.drain()
		s.want("Gus", s.person("Ben"), 404)
		s.want("Gus", "/people", 200, "-", "Ben Okafor")
		s.want("Gus", "/people/chart", 404)
		s.want("Gus", "/skills", 404)
		s.want("Gus", "/people/me/skills", 404)
		s.write(func(tx *db.Tx) error {
			a, err := access.NewAudience(tx, s.clock, "community", 0)
			if err != nil {
				return err
			}
			if err := access.Join(tx, a, s.cast["Gus"].Person, "member"); err != nil {
				return err
			}
			return access.Join(tx, a, s.cast["Ben"].Person, "member")
		})
		s.want("Gus", s.person("Ben"), 200, "Ben Okafor", "-", "Welding", "Pumps", "Can take a question", s.cast["Ada"].Person.String(), s.cast["Chidi"].Person.String())
		s.want("Gus", s.person("Ben")+"/vouches", 404)
		s.want("Gus", s.person("Chidi"), 404)
		s.want("Gus", "/people", 200, "Ben Okafor", "-", ">Chidi<")
		s.want("Ada", s.person("Gus"), 200, "Gus")
		if code, _ := s.post("Gus", s.person("Ben")+"/vouches", "skill=Welding&note=Saw+it+at+the+fair+last+year"); code != 404 {
			t.Errorf("a guest vouching answers %d", code)
		}
	})
}

func TestIntroductionsGoThroughPeopleWhoWorkedWithBoth(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s := play(t, d)
		s.want("Ada", s.person("Chidi"), 200, "-", "introduction")
		s.post("Ben", s.person("Chidi")+"/vouches", "skill=Welding&note=Straight+seams+all+day+long")
		var q struct{ ID string }
		s.call("Ada", "POST", "/api/v1/questions", map[string]any{"title": "How thick may the plate be?"}, &q)
		s.call("Ben", "POST", "/api/v1/questions/"+q.ID+"/answers", map[string]any{"body": "Twelve millimetres."}, nil)
		s.want("Ada", s.person("Chidi"), 200, "Ask for an introduction", ">Ben<")
		s.want("Ada", s.person("Ben"), 200, "helped each other before")
		s.want("Ada", s.person("Ben"), 200, "Answered", "How thick may the plate be?")
	})
}

// Nobody is told how much somebody is asked: with the budget used up the page
// says no more than for somebody who is away or at home.
func TestLoadIsNotShown(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s := play(t, d)
		free := s.want("Ada", s.person("Ben"), 200, "Can take a question now")
		var q struct{ ID string }
		s.call("Ada", "POST", "/api/v1/questions", map[string]any{"title": "How thick may the plate be?"}, &q)
		question, err := id.Parse(q.ID)
		if err != nil {
			t.Fatal(err)
		}
		s.write(func(tx *db.Tx) error {
			if _, err := tx.Exec("UPDATE people SET weekly_budget = 1 WHERE id = $1", s.cast["Ben"].Person); err != nil {
				return err
			}
			_, err := tx.Exec("INSERT INTO routings (id, question_id, person_id, wave, state, reason, asked_at) VALUES ($1, $2, $3, 0, 'waiting', '[]', $4)",
				id.New(s.clock.Now()), question, s.cast["Ben"].Person, db.At(s.clock.Now()))
			return err
		})
		busy := s.want("Ada", s.person("Ben"), 200, "Not just now", "-", "Can take")
		s.write(func(tx *db.Tx) error {
			_, err := tx.Exec("UPDATE people SET weekly_budget = 5, away_from = $1, away_until = $2 WHERE id = $3",
				db.At(s.clock.Now().Add(-time.Hour)), db.At(s.clock.Now().Add(100*time.Hour)), s.cast["Ben"].Person)
			return err
		})
		s.want("Ada", s.person("Ben"), 200, "Not just now")
		if strings.ReplaceAll(busy, "Not just now", "Can take a question now") != free {
			t.Error("more than one sentence differs when the budget is used up")
		}
	})
}

// What was read from the words is shown, each part can be taken away, and
// whoever knows has a backup.
func TestWhoKnowsShowsWhatItReadAndABackup(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s := play(t, d)
		s.post("Ben", "/people/me/edit", profileForm) // who names Chidi
		s.post("Ben", "/people/me/skills", "list=teach&skill=Welding&level=4&work=1&open=1")
		s.drain()
		var found struct{ Items []struct{ ID string } }
		s.call("Ada", "GET", "/api/v1/skills?q=welding", nil, &found)
		skill := found.Items[0].ID
		s.want("Ada", "/who-knows?q=Who+knows+how+to+weld+titanium%3F", 200, "Ben Okafor", "In their place: Chidi",
			`href="/who-knows?q=Who+knows+how+to+weld+titanium%3F&amp;without=`+skill+`"`,
			`href="/who-knows?q=Who+knows+how+to+weld"`, "“titanium”", "-", "“weld”", "“knows”")
		s.want("Ada", "/who-knows?q=weld&without="+skill, 200, "“weld”", "-", "Ben Okafor", "We are still reading")
		building := func(since int64) {
			s.Helper()
			if err := d.Write(context.Background(), func(tx *db.Tx) error {
				_, err := tx.Exec(`UPDATE whoknows_totals SET building = $1`, since)
				return err
			}); err != nil {
				s.Fatal(err)
			}
		}
		building(s.clock.Now().Unix())
		s.want("Ada", "/who-knows?q=weld", 200, "We are still reading")
		building(0)
		// Ben finds himself and is not sent to himself.
		s.want("Ada", "/who-knows?q=weld", 200, "Ask Ben", "ask="+s.cast["Ben"].Person.String(), "-", "That is you")
		s.want("Ben", "/who-knows?q=weld", 200, "Ben Okafor", "That is you", "-", "Ask Ben", "ask="+s.cast["Ben"].Person.String())
		var experts struct {
			Items []struct {
				Name   string
				Backup struct{ ID, Name string }
			}
		}
		s.call("Ada", "GET", "/api/v1/experts?q=weld", nil, &experts)
		if len(experts.Items) == 0 || experts.Items[0].Name != "Ben Okafor" || experts.Items[0].Backup.ID != s.cast["Chidi"].Person.String() {
			t.Errorf("who knows gives %+v", experts.Items)
		}
	})
}

// A house where nobody has written anything has people already: its Home says
// what to begin with and who is around.
func TestHomeOfANewHouseIsOfUse(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s := play(t, d)
		s.want("Chidi", "/", 200, "Name one thing you could show someone", s.person("Ben"), "People around you", "-", "Nobody has answered these yet", `href="`+s.person("Chidi")+`"><bdi>`)
		s.post("Chidi", "/people/me/skills", "list=teach&skill=Welding&level=4&work=1&open=1")
		s.want("Chidi", "/", 200, "People around you", "-", "Name one thing you could show")
		var q struct{ ID string }
		s.call("Ben", "POST", "/api/v1/questions", map[string]any{"title": "Where is the spare torch kept?"}, &q)
		s.want("Ada", "/", 200, "Nobody has answered these yet", "/questions/"+q.ID)
		// Where something waits for somebody, the day is not filled up.
		s.want("Ben", "/", 200, "/questions/"+q.ID, "-", "People around you", "Name one thing")
	})
}

func TestAProfileFormSaysEverythingThatIsWrongAndWhichDay(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s := play(t, d)
		form := url.Values{
			"name": {"Ben"}, "leaver_name": {"keep"}, "weekly_budget": {"-3"}, "time_zone": {"Mars/Base"}, "backup": {"Nobody Atall"},
			"hours_kind": {"week"}, "day_1": {"8-17"}, "day_3": {"mornings"},
		}
		code, page := s.post("Ben", "/people/me/edit", form.Encode())
		if code != 422 {
			t.Fatalf("a form full of nonsense answers %d", code)
		}
		for _, want := range []string{"4 things to fix", `href="#day_3"`, `href="#time_zone"`, `href="#weekly_budget"`, `href="#backup"`, `value="mornings"`, `value="8-17"`} {
			if !strings.Contains(page, want) {
				t.Errorf("the form does not say %q\n%s", want, page)
			}
		}
		form = url.Values{
			"name": {"Ben"}, "leaver_name": {"keep"}, "weekly_budget": {"5"},
			"hours_kind": {"shift"}, "shift_first": {"2026-11-23"}, "shift_cycle": {"\u0131 3E"}, "shift_kinds": {"E: 6-14, L: 14-22"},
		}
		if code, page := s.post("Ben", "/people/me/edit", form.Encode()); code != 422 || !strings.Contains(page, `href="#shift_cycle"`) || !strings.Contains(page, "The letters with times are EL") {
			t.Errorf("a letter without times answers %d\n%s", code, page)
		}
		form.Set("shift_cycle", "3E 2L -")
		if code, to := s.post("Ben", "/people/me/edit", form.Encode()); code != 303 {
			t.Errorf("a shift as people write it answers %d\n%s", code, to)
		}
	})
}
