package app

import (
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/guildhall/guildhall/internal/coffee"
	"github.com/guildhall/guildhall/internal/core/skills"
	"github.com/guildhall/guildhall/internal/platform/clock"
	"github.com/guildhall/guildhall/internal/platform/db"
	"github.com/guildhall/guildhall/internal/platform/db/dbtest"
)

func TestTimesOutsideSomebodysHoursAreNotSaidToSuitAll(t *testing.T) {
	dbtest.EachMoved(t, func(t *testing.T, d *db.DB, c *clock.Moved) {
		s, _ := tavern(t, d, c)
		s.settle()
		c.Set(time.Date(2026, 11, 30, 9, 0, 0, 0, time.UTC))
		s.settle()
		_, path := s.partner("Ben")
		s.want("Ben", path, 200, "Times at which all of you work. One click", "Would ", "-", "Outside the hours of", "all of us work")
		s.want("Ben", path+"/meeting", 200, "Times at which all of you work and nobody")
		s.write(func(tx *db.Tx) error {
			_, err := tx.Exec("UPDATE people SET hours = 'Mon-Fri 18:00-22:00' WHERE id = $1", s.cast["Ben"].Person)
			return err
		})
		s.want("Ben", path, 200, "There is no time at which all of you work. These come nearest", "Outside the hours of", "There is no time at which all of us work. Would ", "-", "Times at which all of you work")
		s.want("Ben", path+"/meeting", 200, "These come nearest, shown in your clock", "-", "Times at which all of you work")
	})
}

func TestAFirstMessageSaysItsTimeInTheClockOfWhoReadsIt(t *testing.T) {
	dbtest.EachMoved(t, func(t *testing.T, d *db.DB, c *clock.Moved) {
		s, _ := tavern(t, d, c)
		s.settle()
		c.Set(time.Date(2026, 11, 30, 9, 0, 0, 0, time.UTC))
		s.settle()
		name, path := s.partner("Ben")
		s.want("Ben", path, 200, "Would ", "-", " for "+name, "my time")
		for who, zone := range map[string]string{"Ben": "Europe/Berlin", name: "America/New_York"} {
			s.write(func(tx *db.Tx) error {
				_, err := tx.Exec("UPDATE people SET time_zone = $1 WHERE id = $2", zone, s.cast[who].Person)
				return err
			})
		}
		would := regexp.MustCompile(`Would \w+ \d+ \w+, (\d\d):(\d\d) my time \((\d\d):(\d\d) for (\w+)\) suit you`)
		for who, other := range map[string]string{"Ben": name, name: "Ben"} {
			m := would.FindStringSubmatch(s.page(who, path))
			if m == nil || m[5] != other {
				t.Errorf("%s would write %q in\n%s", who, m, s.page(who, path))
				continue
			}
			here, _ := time.Parse("1504", m[1]+m[2])
			there, _ := time.Parse("1504", m[3]+m[4])
			if d := here.Sub(there).Hours(); who == "Ben" && d != 6 || who != "Ben" && d != -6 {
				t.Errorf("%s would write %q: %v hours between Berlin and New York", who, m[0], d)
			}
		}
		// Where another day begins, it is named.
		s.write(func(tx *db.Tx) error {
			_, err := tx.Exec("UPDATE people SET time_zone = 'Pacific/Kiritimati', hours = 'Mon-Sun 00:00-24:00' WHERE id = $1", s.cast[name].Person)
			return err
		})
		if page := s.page("Ben", path); !regexp.MustCompile(`my time \((Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day \d\d:\d\d for ` + name + `\)`).MatchString(page) {
			t.Errorf("the day there is not named\n%s", page)
		}
	})
}

func TestAGroupMeetsEverybodyOnceBeforeAnybodyAgain(t *testing.T) {
	dbtest.EachMoved(t, func(t *testing.T, d *db.DB, c *clock.Moved) {
		s, group := tavern(t, d, c)
		o := s.posted("Ben")
		s.settle()
		if n, _ := s.partner("Ben"); n != "" {
			t.Fatal("a round is drawn before its time")
		}
		met := map[string]bool{}
		for round := range 3 {
			c.Set(time.Date(2026, 11, 30+7*round, 9, 0, 0, 0, time.UTC))
			s.settle()
			name, path := s.partner("Ben")
			if name == "" || met[name] {
				t.Fatalf("round %d brings Ben %q again of %v", round+1, name, met)
			}
			met[name] = true
			if code, _ := s.post("Ben", path+"/confirmation", "met=yes"); code != 303 {
				t.Errorf("confirming answers %d", code)
			}
			for _, who := range []string{"Ada", "Chidi", "Dora"} {
				_, path := s.partner(who)
				s.post(who, path+"/confirmation", "met=no")
			}
		}
		if _, path := s.partner("Ben"); path == "" {
			t.Fatal("no pair")
		} else if _, page := s.get("Ben", path); strings.Contains(page, "drawn together before") {
			t.Error("a first meeting is said to be a repeat")
		}
		c.Set(time.Date(2026, 12, 21, 9, 0, 0, 0, time.UTC))
		s.settle()
		_, path := s.partner("Ben")
		if _, page := s.get("Ben", path); !strings.Contains(page, "drawn together before, on") {
			t.Errorf("the fourth round is a repeat and does not say so\n%s", page)
		}
		o.mu.Lock()
		mails := 0
		for _, m := range o.mail {
			if strings.Contains(m, "A coffee for you") {
				mails++
			}
		}
		o.mu.Unlock()
		if mails != 4 {
			t.Errorf("Ben has %d mails for four rounds", mails)
		}
		if code, page := s.get("Ben", group); code != 200 || !strings.Contains(page, "Number 4") {
			t.Errorf("the group's page answers %d\n%s", code, page)
		}
	})
}

func TestAPairMeetsPlansAndThanks(t *testing.T) {
	dbtest.EachMoved(t, func(t *testing.T, d *db.DB, c *clock.Moved) {
		s, group := tavern(t, d, c)
		ctx := t.Context()
		// Everybody wants to learn what the others show, openly or not.
		for who, want := range map[string]bool{"Ada": true, "Ben": false, "Chidi": false, "Dora": false} {
			for _, x := range []skills.Declaration{
				{Tag: skills.Tag{Name: "knitting of " + who}, Direction: skills.Teach, Level: 4, Open: true},
			} {
				if _, err := s.house.Skills.Declare(ctx, s.as(who), x); err != nil {
					t.Fatal(err)
				}
			}
			for _, other := range []string{"Ada", "Ben", "Chidi", "Dora"} {
				if other == who {
					continue
				}
				if _, err := s.house.Skills.Declare(ctx, s.as(who), skills.Declaration{Tag: skills.Tag{Name: "knitting of " + other}, Direction: skills.Want, Level: 1, Open: want}); err != nil {
					t.Fatal(err)
				}
			}
		}
		if code, page := s.post("Ben", group+"/rounds", ""); code != 403 {
			t.Errorf("anybody may draw: %d %.200s", code, page)
		}
		if code, page := s.post("Ada", group+"/rounds", ""); code != 303 {
			t.Fatalf("drawing answers %d %.500s", code, page)
		}
		name, path := s.partner("Ada")
		if name == "" {
			t.Fatal("Ada has no pair")
		}
		code, hers := s.get("Ada", path)
		_, theirs := s.get(name, path)
		if code != 200 || !strings.Contains(hers, name+" can show you knitting of "+name+", which you want to learn") {
			t.Errorf("Ada does not read why: %d\n%s", code, hers)
		}
		if !strings.Contains(theirs, "Ada wants to learn knitting of "+name+", which you can show") || !strings.Contains(theirs, "Ada can show you knitting of Ada, which you want to learn") {
			t.Errorf("%s does not read why\n%s", name, theirs)
		}
		if strings.Contains(hers, name+" wants to learn") || strings.Contains(hers, name+" would like to") {
			t.Errorf("Ada reads the closed wish of %s\n%s", name, hers)
		}
		if strings.Count(hers, "<li dir=\"auto\">") != 3 {
			t.Errorf("there are not three ways to begin\n%s", hers)
		}
		for _, who := range []string{"Ben", "Chidi", "Dora", "Gus"} {
			if who != name {
				if code, _ := s.get(who, path); code != 404 {
					t.Errorf("%s opens the pair of others: %d", who, code)
				}
			}
		}
		// One click plans the meeting.
		slot := regexp.MustCompile(`name="slot" value="([^"]+)"`).FindStringSubmatch(hers)
		if slot == nil {
			t.Fatalf("no time is suggested\n%s", hers)
		}
		if code, page := s.post("Ada", path+"/meeting", "slot="+slot[1]+"&minutes=30&quick=1"); code != 303 {
			t.Fatalf("planning answers %d %.500s", code, page)
		}
		s.settle()
		if _, page := s.get(name, "/meetings"); !strings.Contains(page, "Coffee: ") {
			t.Errorf("%s has no meeting\n%s", name, page)
		}
		at, err := time.Parse(time.RFC3339, slot[1])
		if err != nil {
			t.Fatal(err)
		}
		c.Set(at.Add(time.Hour))
		s.settle()
		meeting := regexp.MustCompile(`href="(/meetings/[0-9a-z]{13})"`).FindStringSubmatch(must2(s.get(name, path)))
		if meeting == nil {
			t.Fatal("the pair's page shows no meeting")
		}
		if code, _ := s.post(name, meeting[1]+"/confirmation", "met=yes"); code != 303 {
			t.Errorf("confirming answers %d", code)
		}
		s.settle()
		if _, page := s.get(name, "/coffee"); !strings.Contains(page, "You met") {
			t.Errorf("what was said of the meeting is not known to the pair\n%s", page)
		}
		// A kind word is its receiver's alone.
		if code, _ := s.post(name, path+"/words", "to="+s.cast["Ada"].Person.String()+"&words=You+ask+good+questions"); code != 303 {
			t.Errorf("thanking answers %d", code)
		}
		s.settle()
		if _, page := s.get("Ada", "/coffee/kept"); !strings.Contains(page, "You ask good questions") {
			t.Errorf("Ada does not keep it\n%s", page)
		}
		for _, who := range []string{name, "Gus"} {
			if _, page := s.get(who, "/coffee/kept"); strings.Contains(page, "good questions") {
				t.Errorf("%s reads it", who)
			}
		}
	})
}

func must2(_ int, page string) string { return page }

func TestWhoGivesNoSignIsPausedAndComesBackWithOneClick(t *testing.T) {
	dbtest.EachMoved(t, func(t *testing.T, d *db.DB, c *clock.Moved) {
		s, group := tavern(t, d, c)
		for round := range 4 {
			c.Set(time.Date(2026, 11, 30+7*round, 9, 0, 0, 0, time.UTC))
			s.settle()
			for _, who := range []string{"Ada", "Ben", "Chidi"} {
				if _, path := s.partner(who); path != "" {
					s.post(who, path+"/confirmation", "met=no")
				}
			}
		}
		if _, page := s.get("Dora", group); !strings.Contains(page, "Bring me back") {
			t.Fatalf("Dora is not paused after three silent rounds\n%s", page)
		}
		if _, page := s.get("Dora", "/notices"); !strings.Contains(page, "One click brings you back") {
			t.Error("Dora is not told")
		}
		if _, page := s.get("Ben", "/notices"); strings.Contains(page, "One click brings you back") {
			t.Error("Ben is told of Dora's pause")
		}
		if n, _ := s.partner("Ada"); n == "" {
			t.Error("the others are not drawn")
		}
		s.post("Dora", group+"/membership", "do=join")
		c.Advance(7 * 24 * time.Hour)
		_, before := s.partner("Dora")
		s.settle()
		if _, path := s.partner("Dora"); path == before {
			t.Error("Dora is not drawn after coming back")
		}
	})
}

// looksOf is everything somebody can see of coffee.
func (s *stage) looksOf(who, group string) string {
	s.Helper()
	var all strings.Builder
	for _, path := range []string{"/", "/coffee", "/coffee/kept", "/coffee/avoid", "/notices", "/meetings", group, "/api/v1" + group, "/api/v1/coffee/groups", "/api/v1/coffee/pairs", "/api/v1/notices", "/api/v1/coffee/avoid"} {
		if strings.HasPrefix(path, "/api/") {
			var out any
			s.call(who, "GET", path, nil, &out)
		}
		code, page := s.get(who, path)
		all.WriteString(path)
		if code >= 500 {
			s.Errorf("%s answers %d", path, code)
		}
		all.WriteString(page)
	}
	return all.String()
}

// TestWhoIsAvoidedCannotFindOut plays the same story twice with the same people:
// in one Ada avoids Ben, in the other she snoozes. Ben sees the same.
func TestWhoIsAvoidedCannotFindOut(t *testing.T) {
	story := func(t *testing.T, d *db.DB, c *clock.Moved, avoid bool) (string, bool) {
		c.Set(time.Date(2026, 11, 24, 9, 0, 0, 0, time.UTC))
		s := playAt(t, d, c)
		s.enable(coffee.Key)
		_, group := s.post("Ada", "/coffee/groups", "name=Mill+coffee&every=week&size=2&mixing=mixed")
		s.post("Ben", group+"/membership", "do=join")
		s.settle()
		before := s.looksOf("Ben", group)
		if avoid {
			if code, page := s.post("Ada", "/coffee/avoid", "person=Ben"); code != 303 {
				t.Fatalf("avoiding answers %d\n%s", code, page)
			}
		} else {
			s.post("Ada", group+"/membership", "do=snooze&rounds=2")
		}
		if after := s.looksOf("Ben", group); clean(after) != clean(before) {
			t.Errorf("Ben sees a difference at once: %s", difference(clean(before), clean(after)))
		}
		c.Set(time.Date(2026, 11, 30, 9, 0, 0, 0, time.UTC))
		s.settle()
		name, _ := s.partner("Ben")
		return clean(s.looksOf("Ben", group)), name == ""
	}
	dbtest.EachMoved(t, func(t *testing.T, d *db.DB, c *clock.Moved) {
		avoided, alone := story(t, d, c, true)
		if !alone {
			t.Fatal("Ben was drawn with Ada, who avoids him")
		}
		other := clock.NewMoved(c.Now())
		snoozed, _ := story(t, dbtest.Open(t, db.Config{URL: dbtest.SQLitePath(t), Clock: other}), other, false)
		if avoided != snoozed {
			t.Errorf("Ben can tell avoiding from snoozing: %s", difference(snoozed, avoided))
		}
		if !strings.Contains(avoided, "left you over") {
			t.Errorf("Ben is not told that he is left over\n%s", avoided)
		}
	})
}

var anyID = regexp.MustCompile(`\b[0-9a-z]{13}\b|data-seed="[^"]*"|<svg.*?</svg>`)

// clean takes from pages what differs between two houses.
func clean(page string) string { return anyID.ReplaceAllString(unlike(page), "") }
