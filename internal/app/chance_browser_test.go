package app

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/guildhall/guildhall/internal/coffee"
	"github.com/guildhall/guildhall/internal/core/people"
	"github.com/guildhall/guildhall/internal/core/visit"
	"github.com/guildhall/guildhall/internal/platform/clock"
	"github.com/guildhall/guildhall/internal/platform/db"
	"github.com/guildhall/guildhall/internal/platform/db/dbtest"
	"github.com/guildhall/guildhall/internal/ui/browsertest"
)

// zones gives people the time zone they live in, and returns their clocks.
func (s *stage) zones(of map[string]string) map[string]*time.Location {
	s.Helper()
	clocks := map[string]*time.Location{}
	for who, zone := range of {
		l, err := time.LoadLocation(zone)
		if err != nil {
			s.Fatal(err)
		}
		clocks[who] = l
		s.write(func(tx *db.Tx) error {
			_, err := tx.Exec("UPDATE people SET time_zone = $1 WHERE id = $2", zone, s.cast[who].Person)
			return err
		})
	}
	return clocks
}

// phones opens a page on somebody's telephone, in the dark.
func (s *stage) phones(b *browsertest.Browser, who, path, zone string) (*device, browsertest.View) {
	s.Helper()
	night := browsertest.View{Width: 390, Height: 844, Dark: true, Zone: zone, Cookies: map[string]string{visit.Cookie: s.cast[who].cookie}}
	d := &device{T: s.T, who: who, url: s.url, tab: b.Open(s, s.url+path, night)}
	s.Cleanup(d.tab.Close)
	return d, night
}

// nothing fails when the page says the words.
func (d *device) nothing(words string) {
	d.Helper()
	if page := d.words(`document.querySelector("main").innerText`); strings.Contains(page, words) {
		d.Errorf("%s reads %q:\n%s", d.who, words, page)
	}
}

// noMail fails when somebody who has no mail is written to.
func (o *office) noMail(t *testing.T, address string) {
	t.Helper()
	for _, m := range o.mail {
		if head, _, _ := strings.Cut(m, "\r\n\r\n"); strings.Contains(strings.ToLower(head), address) {
			t.Errorf("somebody without mail is written to:\n%s", head)
		}
	}
}

// sound fails when a page threw, or was refused something other than a form
// that was filled in wrongly.
func sound(t *testing.T, list ...*device) {
	t.Helper()
	for _, d := range list {
		for _, e := range d.tab.Errors() {
			t.Errorf("%s: %s", d.who, e)
		}
	}
}

// TestADrawIsLivedByItsGuestAndThoseWhoAreDrawn is a lunch beside a guest: Ada
// sets it up and gets it wrong first, Ben in Berlin is its guest and is told by
// mail, and Chidi in New York, who has no mail, wins a seat and finds everything
// in the app and on a printed sheet.
func TestADrawIsLivedByItsGuestAndThoseWhoAreDrawn(t *testing.T) {
	t.Parallel()
	c := clock.NewMoved(time.Date(2026, 11, 24, 9, 0, 0, 0, time.UTC))
	s := playAt(t, dbtest.Open(t, db.Config{URL: dbtest.SQLitePath(t), Clock: c}), c)
	s.enable(coffee.Key)
	o := s.posted("Ben", "Ada")
	zones := map[string]string{"Ada": "Europe/London", "Ben": "Europe/Berlin", "Chidi": "America/New_York"}
	clocks := s.zones(zones)
	var names []string
	for i := range coffee.CrowdLeast {
		names = append(names, "N"+string(rune('a'+i)))
	}
	s.joins(names...)
	b := browsertest.Start(t)
	ada, ben := s.browses(b, "Ada", "/coffee", zones["Ada"]), s.browses(b, "Ben", "/coffee", zones["Ben"])
	chidi, night := s.phones(b, "Chidi", "/coffee", zones["Chidi"])

	// Ada names a guest nobody knows and no time: both are said, and what she
	// wrote stays.
	ada.do(ada.clicks(`main a[href="/coffee/lotteries/new"]`))
	ada.do(ada.tab.Type("#title", "Lunch with Ben"), ada.tab.Type("#guest", "Benno"), ada.clicks(`main form button.primary`))
	ada.reads("Two things to fix")
	for field, want := range map[string]string{"title": "Lunch with Ben", "guest": "Benno"} {
		if got := ada.words(fmt.Sprintf(`document.querySelector("#%s").value`, field)); got != want {
			t.Errorf("of what Ada wrote as %s %q stays", field, got)
		}
	}
	ada.tab.Inspect(t, "draw-refused", browsertest.View{Width: 1280})
	ada.fill("#guest", "Ben")
	ada.fill("#seats", "12")
	ada.fill("#place", "Canteen")
	ada.fill("#day", "2026-12-10")
	ada.fill("#time", "14:00")
	ada.do(ada.tab.Click(`input[name=slot][value=own]`), ada.clicks(`main form button.primary`))
	draw := ada.words(`location.pathname`)
	start := time.Date(2026, 12, 10, 14, 0, 0, 0, time.UTC)
	s.settle()
	if mails := strings.Join(o.mail, "\n"); !strings.Contains(mails, draw) || !strings.Contains(mails, "Seats beside you are drawn") {
		t.Errorf("no mail tells the guest:\n%s", mails)
	}

	// Each reads its time by their own clock. The guest puts no name in.
	for _, d := range []*device{ada, ben, chidi} {
		d.at(draw)
		d.reads(start.In(clocks[d.who]).Format("15:04"))
		d.reads("9 December")
	}
	ben.reads("The seats beside you are drawn")
	ben.nothing("Put my name in")
	ada.nothing("Clock") // it is her own
	chidi.reads("09:00 is 14:00 in Europe/London")

	// Chidi finds it on the page of coffee, and puts a name in at the same moment
	// as Ada and a few others do.
	chidi.at("/coffee")
	chidi.do(chidi.clicks(`main a[href="` + draw + `"]`))
	in := func(d *device) func() error {
		return func() error { return d.clicks(`form[action$="/entry"] button`) }
	}
	atOnce(t, in(ada), in(chidi), func() error {
		for _, n := range names[:4] {
			if code := s.call(n, "PUT", "/api/v1"+draw+"/entry", nil, nil); code != 204 {
				return fmt.Errorf("%s puts a name in: %d", n, code)
			}
		}
		return nil
	})
	for _, d := range []*device{ada, chidi} {
		d.reads("Your name is in.")
	}
	chidi.tab.Inspect(t, "draw-in", night)
	ben.at(draw)
	for _, name := range []string{"Chidi", "Your name", "6"} {
		ben.nothing(name) // who put a name in, and how many, is nobody's
	}
	// Ada thinks again, twice.
	ada.do(ada.clicks(`form[action$="/entry"] button`))
	ada.reads("Put my name in")
	ada.nothing("Your name is in.")

	// Drawn a day before: with twelve seats all five win.
	c.Set(start.Add(-23 * time.Hour))
	s.settle()
	s.settle()
	chidi.at("/notices")
	chidi.reads("You have a seat")
	chidi.do(chidi.clicks(`main a[href="` + draw + `"]`))
	chidi.reads("You have a seat.")
	chidi.tab.Inspect(t, "draw-won", night)
	ben.at(draw)
	ben.reads("The seats beside you were drawn")
	ada.at(draw)
	ada.reads("The seats were drawn")
	ada.nothing("Open the meeting")
	for _, d := range []*device{ben, chidi} {
		d.do(d.clicks(`main a[href^="/meetings/"]`))
		talk := d.words(`location.pathname`)
		local := start.In(clocks[d.who]).Format("15:04")
		for _, page := range []string{talk, "/meetings", "/meetings/sheet"} {
			d.at(page)
			d.reads("Lunch with Ben")
			d.reads(local)
			d.reads("Canteen")
		}
	}
	if list := o.calendars("ben@example.org"); len(list) != 1 || !strings.Contains(list[0], "Lunch with Ben") {
		t.Errorf("the guest gets %d invitations", len(list))
	}
	if list := o.calendars("ada@example.org"); len(list) != 0 {
		t.Errorf("who took her name out gets %d invitations", len(list))
	}
	// What is decided cannot be left any more, and that is said kindly.
	if code, page := s.post("Chidi", draw+"/entry", "do=out"); code != 409 || !strings.Contains(page, "decided already") {
		t.Errorf("leaving after the draw answers %d %.300s", code, page)
	}
	o.noMail(t, "chidi@")
	sound(t, ada, ben, chidi)
}

// TestTwoWantTheSameSeatOfOpenHours lets Ben in Berlin offer hours, and Chidi in
// New York and Dana in Pune take the same seat at the same moment; neither of
// the two has mail.
func TestTwoWantTheSameSeatOfOpenHours(t *testing.T) {
	t.Parallel()
	c := clock.NewMoved(time.Date(2026, 11, 24, 9, 0, 0, 0, time.UTC))
	s := playAt(t, dbtest.Open(t, db.Config{URL: dbtest.SQLitePath(t), Clock: c}), c)
	s.enable(coffee.Key)
	s.hire("Dana")
	o := s.posted("Ben")
	zones := map[string]string{"Ben": "Europe/Berlin", "Chidi": "America/New_York", "Dana": "Asia/Kolkata"}
	clocks := s.zones(zones)
	b := browsertest.Start(t)
	ben, dana := s.browses(b, "Ben", "/coffee", zones["Ben"]), s.browses(b, "Dana", "/coffee", zones["Dana"])
	chidi, night := s.phones(b, "Chidi", "/coffee", zones["Chidi"])

	// Thirteen seats are too many, and no time is chosen: both are said, and what
	// Ben wrote stays.
	ben.do(ben.clicks(`main a[href="/coffee/hours/new"]`))
	ben.do(ben.tab.Type("#title", "Bring a loom"))
	ben.fill("#seats", "13")
	ben.fill("#place", "Hall")
	ben.do(ben.tab.Click(`input[name=every][value="14"]`), ben.clicks(`main form button.primary`))
	ben.reads("Two things to fix")
	if words := ben.words(`["title", "seats", "place"].map(x => document.getElementById(x).value).join() + document.querySelector("[name=every]:checked").value`); words != "Bring a loom,13,Hall14" {
		t.Errorf("of what Ben wrote %q stays", words)
	}
	ben.tab.Inspect(t, "hours-refused", browsertest.View{Width: 1280})
	ben.fill("#seats", "2")
	ben.fill("#day", "2026-11-26")
	ben.fill("#time", "15:00")
	ben.do(ben.tab.Click(`input[name=slot][value=own]`), ben.clicks(`main form button.primary`))
	hours := ben.words(`location.pathname`)
	ben.reads("Thursday 26 November, 15:00")
	ben.nothing("Take this seat")
	start := time.Date(2026, 11, 26, 14, 0, 0, 0, time.UTC)

	// Both find it, each by their own clock, and take the first seat at once: one
	// has it, the other is told and may take the next.
	both := []*device{chidi, dana}
	for _, d := range both {
		d.at("/coffee")
		d.do(d.clicks(`main a[href="` + hours + `"]`))
		d.reads(start.In(clocks[d.who]).Format("15:04"))
		d.reads(start.In(clocks[d.who]).Format("15:04") + " is 15:00 in Europe/Berlin")
	}
	first := func(d *device) func() error {
		return func() error { return d.clicks(`form[action$="/bookings"] button`) }
	}
	atOnce(t, first(chidi), first(dana))
	won, lost := chidi, dana
	if strings.Contains(chidi.words(`document.querySelector("main").innerText`), "Somebody else was quicker") {
		won, lost = dana, chidi
	}
	won.reads("Yours")
	lost.reads("Somebody else was quicker. Choose another one.")
	lost.reads("Taken")
	lost.nothing(won.who)
	lost.tab.Inspect(t, "hours-taken", night)
	lost.do(lost.clicks(`form[action$="/bookings"] button`))
	for _, d := range both {
		d.at(hours)
		d.reads("Yours")
		d.nothing("Take this seat") // one is enough
	}
	s.settle()
	if n := len(o.calendars("ben@example.org")); n != 2 {
		t.Errorf("Ben gets %d invitations for two seats", n)
	}
	ben.at(hours)
	ben.reads("With " + won.who)
	ben.reads("With " + lost.who)
	for i, d := range []*device{won, lost} {
		at := start.Add(time.Duration(i) * 20 * time.Minute).In(clocks[d.who]).Format("15:04")
		for _, page := range []string{"/meetings", "/meetings/sheet"} {
			d.at(page)
			d.reads("Bring a loom")
			d.reads(at)
		}
	}

	// The winner gives the seat back from the page of the hours; Ben's calendar is
	// told, and the seat is free.
	won.at(hours)
	won.do(won.clicks(`main a[href^="/meetings/"]`))
	won.reads("Bring a loom")
	won.do(won.clicks(`main a[href$="/cancellation"]`))
	won.do(won.clicks(`form[action$="/cancellation"] button.danger, form[action$="/cancellation"] button.primary`))
	s.settle()
	if list := o.calendars("ben@example.org"); len(list) != 3 || !strings.Contains(list[2], "METHOD:CANCEL") {
		t.Errorf("Ben's calendar is told %d times", len(list))
	}
	ben.at(hours)
	ben.nothing("With " + won.who)
	won.at(hours)
	won.reads("Take this seat")

	// Ben closes the hours while the winner still looks at them: the seat that was
	// booked stays, another cannot be taken, and that is said.
	ben.do(ben.clicks(`form[action$="/closing"] button`))
	ben.reads("These hours are closed. Who has a seat still comes.")
	won.do(won.clicks(`form[action$="/bookings"] button`))
	won.reads("These hours are closed")
	lost.at("/meetings")
	lost.reads("Bring a loom")
	o.noMail(t, "chidi@")
	o.noMail(t, "dana@")
	sound(t, ben, chidi, dana)
}

// TestTwoAreFreeForLunchWhileBothLookAtThePage lets Chidi, who has no mail and
// no site yet, look after the site first; then Ben waits with the page open, and
// when Chidi is free as well Ben's page says so by itself.
func TestTwoAreFreeForLunchWhileBothLookAtThePage(t *testing.T) {
	t.Parallel()
	c := clock.NewMoved(time.Date(2026, 11, 24, 11, 0, 0, 0, time.UTC))
	s := playAt(t, dbtest.Open(t, db.Config{URL: dbtest.SQLitePath(t), Clock: c}), c)
	s.enable(coffee.Key)
	o := s.posted("Ben")
	zones := map[string]string{"Ben": "Europe/Berlin", "Chidi": "Europe/Lisbon"} // who is at a site may have kept another clock
	clocks := s.zones(zones)
	s.write(func(tx *db.Tx) error {
		porto, err := people.EnsureSite(tx, c, "Porto", "Europe/Lisbon", "PT")
		if err != nil {
			return err
		}
		_, err = tx.Exec("UPDATE people SET site_id = $1 WHERE id = $2", porto, s.cast["Ben"].Person)
		return err
	})
	b := browsertest.Start(t)
	ben := s.browses(b, "Ben", "/coffee", zones["Ben"])
	chidi, night := s.phones(b, "Chidi", "/coffee", zones["Chidi"])
	free, part := `form[action="/coffee/lunch"] button`, browsertest.View{Width: 1280}

	// Without a site the page says what to do, and leads to where it is done.
	chidi.reads("Your profile names no site")
	chidi.do(chidi.clicks(`#lunch-now a`))
	chidi.do(chidi.tab.Wait(`document.querySelector("#site")`))
	s.write(func(tx *db.Tx) error {
		_, err := tx.Exec("UPDATE people SET site_id = (SELECT site_id FROM people WHERE id = $1) WHERE id = $2", s.cast["Ben"].Person, s.cast["Chidi"].Person)
		return err
	})

	// Ben is free, thinks again, and is free after all, until an hour from now by
	// his clock.
	ben.do(ben.clicks(free))
	ben.reads("You are free until " + c.Now().Add(coffee.LunchFor).In(clocks["Ben"]).Format("15:04"))
	ben.do(ben.clicks(free))
	ben.reads("I'm free now")
	ben.do(ben.clicks(free))
	ben.reads("You are free until")
	chidi.at("/coffee")
	chidi.nothing("Ben") // nobody sees who waits
	chidi.do(chidi.clicks(free))
	chidi.reads("Lunch with Ben")

	// Ben's page says so without being loaded again.
	ben.reads("You have lunch with Chidi, now.")
	ben.tab.Inspect(t, "lunch-company", part)
	ben.do(ben.clicks(`#lunch-now a`))
	s.settle()
	for d, other := range map[*device]string{ben: "Chidi", chidi: "Ben"} {
		d.reads("Lunch with " + other)
		d.reads("Both of you said that you are free.")
		if message := d.words(`document.querySelector("#message").value`); !strings.Contains(message, "Shall we go now?") || !strings.HasPrefix(message, "Hello "+other) {
			t.Errorf("%s would write\n%s", d.who, message)
		}
		d.nothing("Plan it") // what is now is not planned
		d.at("/coffee")
		d.reads("You have lunch with " + other + ", now.")
	}
	chidi.tab.Inspect(t, "lunch-now", night)

	// After the hour they may find another time, and either may look for company
	// again.
	c.Advance(coffee.LunchFor)
	pair := ben.words(`document.querySelector("main a[href^='/coffee/pairs/']").pathname`)
	for _, d := range []*device{ben, chidi} {
		d.at("/coffee")
		d.reads("I'm free now")
		d.at(pair)
		d.reads("Plan it")
		d.nothing("Both of you said that you are free.")
	}
	chidi.at("/notices")
	chidi.nothing("Company for lunch") // who found it was led there
	ben.at("/notices")
	ben.reads("Company for lunch: Ben, Chidi")
	o.noMail(t, "chidi@")
	sound(t, ben, chidi)
}
