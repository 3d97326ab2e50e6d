package app

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/guildhall/guildhall/internal/coffee"
	"github.com/guildhall/guildhall/internal/core/organisation"
	"github.com/guildhall/guildhall/internal/core/people"
	"github.com/guildhall/guildhall/internal/platform/clock"
	"github.com/guildhall/guildhall/internal/platform/db"
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
