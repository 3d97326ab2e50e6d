package app

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/guildhall/guildhall/internal/coffee"
	"github.com/guildhall/guildhall/internal/core/people"
	"github.com/guildhall/guildhall/internal/platform/clock"
	"github.com/guildhall/guildhall/internal/platform/db"
	"github.com/guildhall/guildhall/internal/platform/db/dbtest"
	"github.com/guildhall/guildhall/internal/ui/browsertest"
)

// TestTwoPeopleGoThroughACoffeeInTheirBrowsers is a round of coffee, and a lunch,
// as two people live them: Ben in Berlin, who is told by mail, and Chidi in New
// York, who has none and finds everything in the app and on a printed sheet.
// Where they can they act at the same time.
func TestTwoPeopleGoThroughACoffeeInTheirBrowsers(t *testing.T) {
	c := clock.NewMoved(time.Date(2026, 11, 24, 9, 0, 0, 0, time.UTC))
	s := playAt(t, dbtest.Open(t, db.Config{URL: dbtest.SQLitePath(t), Clock: c}), c)
	s.enable(coffee.Key)
	o := s.posted("Ben", "Ada")
	zones := map[string]string{"Ben": "Europe/Berlin", "Chidi": "America/New_York"}
	clocks := map[string]*time.Location{}
	s.write(func(tx *db.Tx) error {
		site, err := people.EnsureSite(tx, c, "Harbour", "Europe/Berlin", "DE")
		if err != nil {
			return err
		}
		for who, zone := range zones {
			if clocks[who], err = time.LoadLocation(zone); err != nil {
				return err
			}
			if _, err := tx.Exec("UPDATE people SET time_zone = $1, site_id = $2, about = $3 WHERE id = $4", zone, site, who+" mends old clocks.", s.cast[who].Person); err != nil {
				return err
			}
		}
		return nil
	})
	_, group := s.post("Ada", "/coffee/groups", "name=Mill+coffee&every=week&size=2&mixing=mixed")
	s.does("Ada", group+"/membership", "do=leave")
	b := browsertest.Start(t)
	ben, chidi := s.browses(b, "Ben", "/coffee", zones["Ben"]), s.browses(b, "Chidi", "/coffee", zones["Chidi"])
	both := []*device{ben, chidi}
	other := map[*device]*device{ben: chidi, chidi: ben}
	click := func(d *device, css string) func() error { return func() error { return d.clicks(css) } }
	at := func(path string) {
		for _, d := range both {
			d.at(path)
		}
	}

	// Both join, and read when the first round comes.
	for _, d := range both {
		d.reads("Mill coffee")
	}
	atOnce(t, click(ben, `form[action$="/membership"] button`), click(chidi, `form[action$="/membership"] button`))
	for _, d := range both {
		d.reads("Mill coffee")
		d.reads("30 November")
	}

	s.settle()

	// The round is drawn: a mail for Ben, a notice for Chidi.
	c.Set(time.Date(2026, 11, 30, 9, 0, 0, 0, time.UTC))
	s.settle()
	chidi.at("/notices")
	chidi.reads("A coffee for you")
	chidi.do(chidi.clicks(`main a[href^="/coffee/pairs/"]`))
	pair := chidi.words(`location.pathname`)
	if mails := strings.Join(o.mail, "\n"); !strings.Contains(mails, "A coffee for you") || !strings.Contains(mails, pair) {
		t.Errorf("no mail leads Ben to %s:\n%s", pair, mails)
	}
	ben.at(pair)
	for _, d := range both {
		// A first message and three ways to begin, from the other's profile.
		message := d.words(`document.querySelector("#message").value`)
		if name := other[d].who; !strings.Contains(message, "Hello "+name+",") || !strings.Contains(message, name+" mends old clocks") || !strings.HasSuffix(message, d.who) {
			t.Errorf("%s would write %q", d.who, message)
		}
		if n := d.words(`String(document.querySelectorAll("main ol.stack li").length)`); n != "3" {
			t.Errorf("%s reads %s ways to begin", d.who, n)
		}
		d.reads("Chidi mends old clocks")
	}

	// Both take the first time that is proposed, at the same moment: it stands
	// once, and both read it by their own clock.
	slot := fmt.Sprintf(`form[action=%q] button`, pair+"/meeting")
	atOnce(t, click(ben, slot), click(chidi, slot))
	s.settle()
	var coming struct {
		Items []struct {
			ID    string
			Start time.Time `json:"starts_at"`
		}
	}
	if code := s.call("Chidi", "GET", "/api/v1/meetings", nil, &coming); code != 200 || len(coming.Items) != 1 {
		t.Fatalf("Chidi has %d meetings: %d", len(coming.Items), code)
	}
	start := coming.Items[0].Start
	if n := len(o.calendars("ben@example.org")); n != 1 {
		t.Errorf("Ben gets %d invitations by mail", n)
	}
	for _, d := range both {
		local := start.In(clocks[d.who])
		if h := local.Hour(); h < 8 || h > 17 {
			t.Errorf("for %s the time is %s", d.who, local)
		}
		for _, page := range []string{pair, "/meetings", "/meetings/sheet"} {
			d.at(page)
			d.reads(local.Format("15:04"))
		}
	}
	at("/meetings/" + coming.Items[0].ID)
	for _, d := range both {
		d.reads("mends old clocks") // the ways to begin are its agenda
	}

	// They met; both say so, and both leave a kind word.
	c.Set(start.Add(3 * time.Hour))
	s.settle()
	at("/coffee")
	for _, d := range both {
		d.reads("Did you meet?")
	}
	at(pair)
	yes := `form[action$="/confirmation"] button[value=yes]`
	atOnce(t, click(ben, yes), click(chidi, yes))
	for _, d := range both {
		if d.words(`document.querySelector('form[action$="/confirmation"] [value=yes]').getAttribute("aria-pressed")`) != "true" {
			t.Errorf("%s does not see their answer", d.who)
		}
		d.do(d.tab.Type("#words", "You listen, "+other[d].who+"."))
	}
	words := `form[action$="/words"] button:not([type=button])`
	atOnce(t, click(ben, words), click(chidi, words))
	s.settle()
	for _, d := range both {
		d.reads(other[d].who + " has a kind word of yours")
		d.at("/notices")
		d.reads(other[d].who + " left you a kind word")
		d.at("/coffee/kept")
		d.reads("You listen, " + d.who + ".")
		if strings.Contains(d.words(`document.querySelector("main").innerText`), "You listen, "+other[d].who) {
			t.Errorf("%s reads what they wrote to %s", d.who, other[d].who)
		}
	}
	if page := s.page("Ada", "/coffee/kept"); strings.Contains(page, "You listen") {
		t.Error("Ada reads kind words of others")
	}

	// Both are free for lunch at the same moment: one waits, the other one is
	// paired with them at once, and both have one company.
	at("/coffee")
	free := `form[action="/coffee/lunch"] button`
	atOnce(t, click(ben, free), click(chidi, free))
	s.settle()
	waited := ""
	for _, d := range both {
		if place := d.words(`location.pathname`); place == "/coffee" {
			waited += d.who
			d.at("/notices")
			d.reads("Company for lunch")
			d.do(d.clicks(`main a[href^="/coffee/pairs/"]`))
		}
		d.reads("Lunch with " + other[d].who)
		d.reads("You had lunch or coffee together before")
	}
	if waited != "Ben" && waited != "Chidi" {
		t.Errorf("%q waited for company", waited)
	}
	if ben.words(`location.pathname`) != chidi.words(`location.pathname`) {
		t.Error("they are no pair")
	}
	for _, m := range o.mail {
		if head, _, _ := strings.Cut(m, "\r\n\r\n"); strings.Contains(strings.ToLower(head), "chidi@") {
			t.Errorf("somebody without mail is written to:\n%s", head)
		}
		if strings.Contains(m, "You listen") {
			t.Errorf("a mail tells a kind word:\n%s", m)
		}
	}
	for _, d := range both {
		for _, e := range d.tab.Errors() {
			t.Errorf("%s: %s", d.who, e)
		}
	}
}

// TestWhoeverWantsLunchAtTheSameTimeHasCompany lets ten people say it at once:
// however their requests fall between each other, five pairs have lunch and
// nobody waits.
func TestWhoeverWantsLunchAtTheSameTimeHasCompany(t *testing.T) {
	dbtest.EachMoved(t, func(t *testing.T, d *db.DB, c *clock.Moved) {
		c.Set(time.Date(2026, 11, 24, 11, 0, 0, 0, time.UTC))
		s := playAt(t, d, c)
		s.enable(coffee.Key)
		var names []string
		for i := range 10 {
			names = append(names, "L"+string(rune('a'+i)))
		}
		s.joins(names...)
		s.write(func(tx *db.Tx) error {
			porto, err := people.EnsureSite(tx, c, "Porto", "Europe/Lisbon", "PT")
			if err != nil {
				return err
			}
			_, err = tx.Exec("UPDATE people SET site_id = $1", porto)
			return err
		})
		var do []func() error
		for _, n := range names {
			by := s.as(n)
			do = append(do, func() error { _, err := s.house.Coffee.LunchNow(t.Context(), by); return err })
		}
		atOnce(t, do...)
		has := map[string]string{}
		for _, n := range names {
			has[n], _ = s.partner(n)
		}
		for n, with := range has {
			if with == "" || has[with] != n {
				t.Errorf("%s has lunch with %q", n, with)
			}
		}
	})
}
