package app

import (
	"context"
	"math/rand/v2"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/anishathalye/porcupine"

	"github.com/guildhall/guildhall/internal/coffee"
	"github.com/guildhall/guildhall/internal/core/organisation"
	"github.com/guildhall/guildhall/internal/core/people"
	"github.com/guildhall/guildhall/internal/core/skills"
	"github.com/guildhall/guildhall/internal/platform/clock"
	"github.com/guildhall/guildhall/internal/platform/db"
	"github.com/guildhall/guildhall/internal/platform/db/dbtest"
	"github.com/guildhall/guildhall/internal/platform/id"
)

// coffee makes what a path of the practice names: a group of Ben's, a pair of
// Ben's and Mia's, or a word that Ben keeps.
func (g *guild) coffee(path string, audience id.ID) string {
	g.Helper()
	ctx, c := context.Background(), g.house.Coffee
	if strings.HasPrefix(path, "/coffee/hours/") || strings.HasPrefix(path, "/coffee/lotteries/") {
		return g.offered(path, audience)
	}
	group := must[id.ID](g)(c.Start(ctx, g.actor("Ben"), coffee.NewGroup{Name: "Tea", Every: coffee.Weekly, Size: 2, Mixing: coffee.Mixed}))
	if strings.HasPrefix(path, "/coffee/groups/") {
		g.write(func(tx *db.Tx) error {
			for _, sql := range []string{"UPDATE coffee_groups SET audience_id = $1 WHERE id = $2", "UPDATE subjects SET audience_id = $1 WHERE id = $2"} {
				if _, err := tx.Exec(sql, audience, group); err != nil {
					return err
				}
			}
			return nil
		})
		return group.String()
	}
	if strings.HasPrefix(path, "/coffee/avoid") {
		return g.cast["Max"].Person.String()
	}
	if err := c.Join(ctx, g.actor("Mia"), group); err != nil {
		g.Fatal(err)
	}
	if err := c.Draw(ctx, g.actor("Ben"), group); err != nil {
		g.Fatal(err)
	}
	list, _, err := c.Pairs(ctx, g.actor("Ben"), 0, 1)
	if err != nil || len(list) != 1 {
		g.Fatal(list, err)
	}
	g.places = map[string]string{"{other}": g.cast["Mia"].Person.String()}
	if !strings.HasPrefix(path, "/coffee/kept/") {
		return list[0].ID.String()
	}
	if err := c.Thank(ctx, g.actor("Mia"), list[0].ID, g.cast["Ben"].Person, "It was good."); err != nil {
		g.Fatal(err)
	}
	words, _, err := c.Kept(ctx, g.actor("Ben"), coffee.Mark{}, 1)
	if err != nil || len(words) != 1 {
		g.Fatal(words, err)
	}
	return words[0].ID.String()
}

// offered makes open hours or a draw of Ben's.
func (g *guild) offered(path string, audience id.ID) string {
	g.Helper()
	ctx, c, at := context.Background(), g.house.Coffee, g.clock.Now().Add(96*time.Hour)
	for i := range coffee.CrowdLeast { // a draw needs a crowd
		if strings.HasPrefix(path, "/coffee/hours/") || g.full {
			break
		}
		g.write(func(tx *db.Tx) error {
			_, err := g.house.People.Join(tx, people.Joiner{Name: "Crowd " + string(rune('A'+i))}, true)
			return err
		})
	}
	var n id.ID
	table := "coffee_hours"
	if strings.HasPrefix(path, "/coffee/hours/") {
		n = must[id.ID](g)(c.Offer(ctx, g.actor("Ben"), coffee.Hours{Title: "Looms", Zone: "UTC", Start: at, EveryDays: 7, Minutes: 20, Seats: 2}))
	} else {
		g.full, table = true, "coffee_lotteries"
		n = must[id.ID](g)(c.StartLottery(ctx, g.actor("Ben"), coffee.Lottery{Title: "Lunch", Zone: "UTC", Start: at, Minutes: 60, Seats: 2}, ""))
	}
	g.write(func(tx *db.Tx) error {
		_, err := tx.Exec("UPDATE "+table+" SET audience_id = $1 WHERE id = $2", audience, n)
		return err
	})
	return n.String()
}

// adasCoffee is a pair of Ada's and Ben's, who share something.
func (g *guild) adasCoffee() id.ID {
	g.Helper()
	ctx, c, ada := context.Background(), g.house.Coffee, g.actor("Ada")
	group := must[id.ID](g)(c.Start(ctx, ada, coffee.NewGroup{Name: "Tea", Every: coffee.Fortnightly, Size: 3, Mixing: coffee.Across}))
	if err := c.Join(ctx, g.actor("Ben"), group); err != nil {
		g.Fatal(err)
	}
	if err := c.Draw(ctx, ada, group); err != nil {
		g.Fatal(err)
	}
	list, _, err := c.Pairs(ctx, ada, 0, 1)
	if err != nil || len(list) != 1 {
		g.Fatal(list, err)
	}
	if err := c.Thank(ctx, g.actor("Ben"), list[0].ID, ada.Person, "It was good."); err != nil {
		g.Fatal(err)
	}
	return list[0].ID
}

// enable switches the practice on.
func (s *stage) enable(practice string) {
	s.Helper()
	if err := s.house.Organisation.Change(s.Context(), func(x *organisation.Settings) error {
		x.Practices = map[string]bool{practice: true}
		return nil
	}); err != nil {
		s.Fatal(err)
	}
}

// tavern is a house with a group of four: Ada, Ben, Chidi and Dora.
func tavern(t *testing.T, d *db.DB, c *clock.Moved) (*stage, string) {
	t.Helper()
	c.Set(time.Date(2026, 11, 24, 9, 0, 0, 0, time.UTC))
	s := playAt(t, d, c)
	s.enable(coffee.Key)
	s.joins("Dora")
	code, to := s.post("Ada", "/coffee/groups", "name=Mill+coffee&every=week&size=2&mixing=mixed")
	if code != 303 || !strings.HasPrefix(to, "/coffee/groups/") {
		t.Fatalf("starting a group answers %d %.2000s", code, to)
	}
	for _, who := range []string{"Ben", "Chidi", "Dora"} {
		if code, page := s.post(who, to+"/membership", "do=join"); code != 303 {
			t.Fatalf("joining answers %d %.500s", code, page)
		}
	}
	s.settle()
	return s, to
}

// settle lets everything happen that follows, also from what jobs do.
func (s *stage) settle() {
	s.Helper()
	s.jobs()
	s.jobs()
}

// joins brings somebody into the organisation.
func (s *stage) joins(names ...string) {
	s.Helper()
	for _, name := range names {
		var a actor
		s.write(func(tx *db.Tx) (err error) {
			if a.Joined, err = s.house.People.Join(tx, people.Joiner{Name: name, Languages: "en"}, true); err != nil {
				return err
			}
			if a.cookie, err = s.house.Logins.Start(tx, a.Person, "test"); err != nil {
				return err
			}
			a.token, err = s.house.Logins.NewToken(tx, a.Person, "test", time.Time{})
			return err
		})
		s.cast[name] = a
	}
}

// partner is with whom somebody was drawn last, and the path of the pair; ""
// for nobody.
func (s *stage) partner(who string) (name, path string) {
	s.Helper()
	var list struct {
		Items []struct {
			URL    string
			People []struct{ ID, Name string }
		}
	}
	if code := s.call(who, "GET", "/api/v1/coffee/pairs?limit=1", nil, &list); code != 200 {
		s.Fatalf("pairs answer %d", code)
	}
	if len(list.Items) == 0 {
		return "", ""
	}
	var out []string
	for _, p := range list.Items[0].People {
		if p.Name != who {
			out = append(out, p.Name)
		}
	}
	return strings.Join(out, "+"), list.Items[0].URL
}

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

func TestLunchIsForTwoAtTheSameSiteNow(t *testing.T) {
	dbtest.EachMoved(t, func(t *testing.T, d *db.DB, c *clock.Moved) {
		s, _ := tavern(t, d, c)
		s.write(func(tx *db.Tx) error {
			porto, err := people.EnsureSite(tx, c, "Porto", "Europe/Lisbon", "PT")
			if err != nil {
				return err
			}
			for _, who := range []string{"Ada", "Ben", "Chidi"} {
				if _, err := tx.Exec("UPDATE people SET site_id = $1 WHERE id = $2", porto, s.cast[who].Person); err != nil {
					return err
				}
			}
			return nil
		})
		type answer struct{ Pair, Until string }
		var a, b, x, dora answer
		if code := s.call("Dora", "PUT", "/api/v1/coffee/lunch", nil, &dora); code != 422 {
			t.Errorf("without a site it answers %d", code)
		}
		if s.call("Ada", "POST", "/api/v1/coffee/avoid", map[string]string{"person": "Ben"}, nil) != 204 {
			t.Fatal("avoiding fails")
		}
		s.call("Ada", "PUT", "/api/v1/coffee/lunch", nil, &a)
		s.call("Ben", "PUT", "/api/v1/coffee/lunch", nil, &b)
		if a.Pair != "" || b.Pair != "" || b.Until == "" {
			t.Errorf("Ada avoids Ben: %v %v", a, b)
		}
		c.Advance(59 * time.Minute)
		s.call("Chidi", "PUT", "/api/v1/coffee/lunch", nil, &x)
		if x.Pair == "" {
			t.Error("Chidi has no company though two wait")
		}
		if n, _ := s.partner("Chidi"); n != "Ada" {
			t.Errorf("Chidi has lunch with %q", n)
		}
		s.settle()
		if _, page := s.get("Ada", "/notices"); !strings.Contains(page, "Company for lunch") {
			t.Error("Ada is not told")
		}
		c.Advance(2 * time.Minute)
		s.call("Chidi", "PUT", "/api/v1/coffee/lunch", nil, &x)
		if x.Until == "" {
			t.Error("Ben still waits after his hour")
		}
	})
}

func TestASeatOfOpenHoursIsTakenOnceAndFreedWhenCalledOff(t *testing.T) {
	dbtest.EachMoved(t, func(t *testing.T, d *db.DB, c *clock.Moved) {
		s, _ := tavern(t, d, c)
		code, path := s.post("Ada", "/coffee/hours", "title=Looms&slot=own&day=2026-11-26&time=14:00&minutes=20&seats=2&every=7&place=Hall")
		if code != 303 {
			t.Fatalf("offering answers %d %.1000s", code, path)
		}
		_, page := s.get("Ben", path)
		seats := regexp.MustCompile(`name="seat" value="([^"]+)"`).FindAllStringSubmatch(page, -1)
		if len(seats) != 6 {
			t.Fatalf("%d seats are free\n%s", len(seats), page)
		}
		if code, _ := s.post("Ben", path+"/bookings", "seat="+seats[0][1]); code != 303 {
			t.Errorf("booking answers %d", code)
		}
		if code, page := s.post("Chidi", path+"/bookings", "seat="+seats[0][1]); code != 409 || !strings.Contains(page, "quicker") {
			t.Errorf("a taken seat answers %d", code)
		}
		if code, _ := s.post("Ben", path+"/bookings", "seat="+seats[1][1]); code != 409 {
			t.Errorf("a second seat answers %d", code)
		}
		if _, page := s.get("Chidi", path); strings.Contains(page, "Ben") {
			t.Error("Chidi reads who has the seat")
		}
		meeting := regexp.MustCompile(`href="(/meetings/[0-9a-z]{13})"`).FindStringSubmatch(must2(s.get("Ben", "/meetings")))
		if meeting == nil {
			t.Fatal("Ben has no meeting")
		}
		if code, _ := s.post("Ben", meeting[1]+"/cancellation", ""); code != 303 {
			t.Errorf("calling off answers %d", code)
		}
		s.settle()
		if code, _ := s.post("Chidi", path+"/bookings", "seat="+seats[0][1]); code != 303 {
			t.Errorf("the freed seat answers %d", code)
		}
	})
}

func TestSeatsBesideAGuestAreDrawnOnceByTheJob(t *testing.T) {
	dbtest.EachMoved(t, func(t *testing.T, d *db.DB, c *clock.Moved) {
		s, _ := tavern(t, d, c)
		form := "title=Lunch+with+Ada&slot=own&day=2026-12-10&time=12:00&minutes=60&seats=2&place=Hall"
		if code, page := s.post("Ada", "/coffee/lotteries", form); code != 409 {
			t.Errorf("in a small organisation it answers %d %.300s", code, page)
		}
		var names []string
		for i := range 20 {
			names = append(names, "N"+string(rune('a'+i)))
		}
		s.joins(names...)
		code, path := s.post("Ada", "/coffee/lotteries", form)
		if code != 303 {
			t.Fatalf("it answers %d %.1000s", code, path)
		}
		for _, n := range names[:6] {
			if code := s.call(n, "PUT", "/api/v1"+path+"/entry", nil, nil); code != 204 {
				t.Errorf("entering answers %d", code)
			}
		}
		c.Set(time.Date(2026, 12, 9, 13, 0, 0, 0, time.UTC))
		s.settle()
		s.settle()
		won, lost := 0, 0
		for _, n := range names[:6] {
			_, page := s.get(n, "/notices")
			_, meetings := s.get(n, "/meetings")
			if strings.Contains(page, "You have a seat") {
				won++
				if !strings.Contains(meetings, "Lunch with Ada") {
					t.Errorf("%s won and has no meeting", n)
				}
			}
			if strings.Contains(page, "Not this time") {
				lost++
			}
		}
		if won != 2 || lost != 4 {
			t.Errorf("%d won and %d lost", won, lost)
		}
		if _, page := s.get("Ada", "/meetings"); strings.Count(page, "Lunch with Ada") < 1 {
			t.Error("the guest has no meeting")
		}
	})
}

// TestASeatIsTakenByOneOfThoseWhoWantItAtTheSameTime checks a history of
// sixteen clients for an order in which each seat is taken once.
func TestASeatIsTakenByOneOfThoseWhoWantItAtTheSameTime(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		g := newGuild(t, d)
		names := g.crowd()
		n := must[id.ID](g)(g.house.Coffee.Offer(context.Background(), g.actor("Ben"), coffee.Hours{Title: "Looms", Zone: "UTC", Start: g.clock.Now().Add(48 * time.Hour), EveryDays: 7, Minutes: 20, Seats: 4}))
		path := "/api/v1/coffee/hours/" + n.String()
		type hours struct {
			Seats []struct {
				Start time.Time `json:"starts_at"`
				Taken bool
			}
		}
		var all hours
		if code := g.call("Mia", "GET", path, nil, &all); code != 200 || len(all.Seats) != 12 {
			t.Fatalf("%d: %d seats", code, len(all.Seats))
		}
		type step struct{ who, seat int } // seat -1 looks
		ops := history(t, 8, func(c int, r *rand.Rand) any {
			// Two clients are the same person on two devices.
			return step{who: c / 2, seat: r.IntN(9) - 1}
		}, func(_ int, in any) any {
			x := in.(step)
			if x.seat < 0 {
				var now hours
				g.call(names[x.who], "GET", path, nil, &now)
				taken := 0
				for _, s := range now.Seats {
					if s.Taken {
						taken++
					}
				}
				return taken
			}
			return g.call(names[x.who], "POST", path+"/bookings", map[string]any{"starts_at": all.Seats[x.seat].Start}, nil)
		})
		explain(t, porcupine.Model{
			Init: func() any { return [8]int{} }, // who has each seat, plus one
			Step: func(state, in, out any) (bool, any) {
				s, x := state.([8]int), in.(step)
				if x.seat < 0 {
					n := 0
					for _, who := range s {
						if who > 0 {
							n++
						}
					}
					return out.(int) == n, s
				}
				if s[x.seat] > 0 || slices.Contains(s[:], x.who+1) {
					return out.(int) == 409, s
				}
				s[x.seat] = x.who + 1
				return out.(int) == 204, s
			},
		}, ops)
		var meetings int
		if err := d.Read(t.Context(), func(tx *db.Tx) error {
			_, err := tx.Row("SELECT count(*) FROM meetings WHERE about_id = $1", []any{&meetings}, n)
			return err
		}); err != nil || meetings > 8 {
			t.Errorf("%d meetings in eight seats, %v", meetings, err)
		}
	})
}
