package app

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/guildhall/guildhall/internal/core/skills"
	"github.com/guildhall/guildhall/internal/core/visit"
	"github.com/guildhall/guildhall/internal/platform/clock"
	"github.com/guildhall/guildhall/internal/platform/db"
	"github.com/guildhall/guildhall/internal/platform/db/dbtest"
	"github.com/guildhall/guildhall/internal/ui/browsertest"
)

// chooses sets a select.
func (d *device) chooses(css, value string) {
	d.Helper()
	d.do(d.tab.Wait(fmt.Sprintf(`(document.querySelector(%[1]q).value = %[2]q) == document.querySelector(%[1]q).value`, css, value)))
}

// TestTwoPeopleGoThroughASwapInTheirBrowsers is a swap as two people live it,
// from who knows to thanks: Ben in Berlin, who is told by mail, and Chidi in New
// York, who has none, on a telephone at night. Where they can they act at the
// same time.
func TestTwoPeopleGoThroughASwapInTheirBrowsers(t *testing.T) {
	t.Parallel()
	c := clock.NewMoved(time.Date(2026, 11, 24, 9, 0, 0, 0, time.UTC))
	s := playAt(t, dbtest.Open(t, db.Config{URL: dbtest.SQLitePath(t), Clock: c}), c)
	s.practise("swaps")
	o := s.posted("Ben")
	zones := map[string]string{"Ben": "Europe/Berlin", "Chidi": "America/New_York"}
	clocks := map[string]*time.Location{}
	for who, zone := range zones {
		l, err := time.LoadLocation(zone)
		if err != nil {
			t.Fatal(err)
		}
		clocks[who] = l
		s.write(func(tx *db.Tx) error {
			_, err := tx.Exec("UPDATE people SET time_zone = $1 WHERE id = $2", zone, s.cast[who].Person)
			return err
		})
	}
	s.says("Ben", skills.Teach, "weaving", 4, true)
	s.says("Chidi", skills.Teach, "dyeing", 3, true)
	s.says("Chidi", skills.Want, "weaving", 1, true)
	s.drain()
	b := browsertest.Start(t)
	ben := s.browses(b, "Ben", "/", zones["Ben"])
	night := browsertest.View{Width: 390, Height: 844, Dark: true, Zone: zones["Chidi"], Cookies: map[string]string{visit.Cookie: s.cast["Chidi"].cookie}}
	chidi := &device{T: t, who: "Chidi", url: s.url, tab: b.Open(t, s.url+"/swaps", night)}
	t.Cleanup(chidi.tab.Close)

	// Ben looks for somebody who knows dyeing, and finds somebody who wants what
	// he teaches.
	ben.at("/who-knows?q=dyeing")
	ben.reads("Wants to learn weaving, which you teach")
	ben.do(ben.clicks(`main a[href^="/swaps/new"]`))
	ben.chooses("#lessons", "2")
	ben.do(ben.tab.Type("#note", "In the mornings?"), ben.clicks(`form[action="/swaps"] button.primary`))
	room := ben.words(`location.pathname`)
	ben.reads("Your proposal")
	s.jobs()

	// Chidi finds it in the app and suggests a change; Ben hears of it by mail.
	chidi.at("/notices")
	chidi.reads("Ben proposes a swap to you")
	chidi.do(chidi.clicks(`main a[href^="/swaps/"]`))
	if at := chidi.words(`location.pathname`); at != room {
		t.Fatalf("the notice leads Chidi to %s, not %s", at, room)
	}
	chidi.reads("In the mornings?")
	chidi.do(chidi.clicks(`main a[href$="/changes/new"]`))
	chidi.chooses("#lessons", "1")
	chidi.chooses("#minutes", "60")
	chidi.tab.Inspect(t, "swap-change", night)
	chidi.do(chidi.tab.Type("#note", "One each, but a whole hour."), chidi.clicks(`form[action$="/changes"] button.primary`))
	chidi.reads("The change you suggest")
	s.jobs()
	if mails := strings.Join(o.mail, "\n"); !strings.Contains(mails, "suggests a change to your swap") || !strings.Contains(mails, room) {
		t.Errorf("no mail tells Ben of the change:\n%s", mails)
	}

	// Ben accepts on one screen and changes it on another at the same time: one
	// counts, and the words of the other stay when it comes second.
	ben.at(room)
	ben.reads("1 × 1 h each, instead of 2 × 45 min.")
	late := s.browses(b, "Ben", room+"/changes/new", zones["Ben"])
	late.chooses("#lessons", "3")
	late.do(late.tab.Type("#note", "Or rather three?"))
	atOnce(t, func() error { return ben.clicks(`form[action$="/answer"] button.primary`) }, func() error { return late.clicks(`form[action$="/changes"] button.primary`) })
	if w := s.swapsOf("Ben")[0]; w.State == "standing" {
		late.reads("no longer open")
		if words := late.words(`document.querySelector("#note").value`); words != "Or rather three?" {
			t.Errorf("of what Ben wrote %q stayed", words)
		}
	} else {
		ben.reads("You have answered already")
		ben.reads("Or rather three?") // with what he changed it to
		s.jobs()
		chidi.at(room)
		chidi.reads("Or rather three?")
		chidi.do(chidi.clicks(`main a[href$="/changes/new"]`))
		chidi.chooses("#lessons", "1")
		chidi.do(chidi.clicks(`form[action$="/changes"] button.primary`))
		ben.at(room)
		ben.do(ben.clicks(`form[action$="/answer"] button.primary`))
	}
	late.tab.Close()
	s.jobs()
	for _, d := range []*device{ben, chidi} {
		d.at(room)
		d.reads("Everybody accepted")
		d.reads("One each, but a whole hour.")
	}

	// Each plans the lesson they teach, at the same time, at a time that suits
	// both.
	for i, d := range []*device{ben, chidi} {
		d.at(room + "/lessons/new?teacher=" + s.cast[d.who].Person.String())
		d.do(d.tab.Wait(fmt.Sprintf(`(document.querySelectorAll("input[name=slot]:not([value=own])")[%d].checked = true)`, 2*i)))
	}
	plan := func(d *device) func() error {
		return func() error { return d.clicks(`form[action$="/lessons"] button.primary`) }
	}
	atOnce(t, plan(ben), plan(chidi))
	s.jobs()
	var coming struct {
		Items []struct {
			ID    string
			Start time.Time `json:"starts_at"`
		}
	}
	if code := s.call("Chidi", "GET", "/api/v1/meetings", nil, &coming); code != 200 || len(coming.Items) != 2 {
		t.Fatalf("Chidi has %d lessons: %d", len(coming.Items), code)
	}
	if n := len(o.calendars("ben@example.org")); n != 2 {
		t.Errorf("Ben gets %d invitations by mail", n)
	}
	var last time.Time
	for _, d := range []*device{ben, chidi} {
		for _, m := range coming.Items {
			local := m.Start.In(clocks[d.who])
			if h := local.Hour(); h < 8 || h > 17 {
				t.Errorf("for %s a lesson is at %s", d.who, local)
			}
			for _, page := range []string{room, "/meetings", "/meetings/sheet"} {
				d.at(page)
				d.reads(local.Format("15:04"))
			}
			if m.Start.After(last) {
				last = m.Start
			}
		}
	}

	// They met, and both say so of each lesson at the same time. With the second
	// one the swap is done.
	c.Set(last.Add(3 * time.Hour))
	s.jobs()
	for range coming.Items {
		for _, d := range []*device{ben, chidi} {
			d.at(room)
			d.reads("Did you meet?")
		}
		met := func(d *device) func() error {
			return func() error {
				return d.clicks(`form[action$="/confirmation"]:has(input[name=met][value=yes]) button`)
			}
		}
		atOnce(t, met(ben), met(chidi))
		s.jobs()
	}
	for _, d := range []*device{ben, chidi} {
		d.at(room)
		d.reads("Every lesson took place.")
	}

	// Both thank at the same time, each for what they learnt.
	thanks := map[string]string{"Ben": "The vat holds no secrets any more.", "Chidi": "Now I can thread the loom alone."}
	thank := func(d *device) func() error {
		return func() error { return d.clicks(`form[data-now] button`) }
	}
	for _, d := range []*device{ben, chidi} {
		d.do(d.tab.Wait(`[...document.querySelectorAll("form[action$='/thanks']")].some(f => {
			if (!f.querySelector("[name=shown]")) return false;
			f.closest("details").open = true; f.dataset.now = 1; f.querySelector("[name=shown]").checked = true; return true })`))
		d.do(d.tab.Type(`form[data-now] [name=words]`, thanks[d.who]))
	}
	atOnce(t, thank(ben), thank(chidi))
	s.jobs()
	for _, d := range []*device{ben, chidi} {
		d.at(room)
		for _, words := range thanks {
			d.reads(words)
		}
		d.at("/notices")
		d.reads("thanks you for a lesson")
	}
	chidi.at(room)
	chidi.tab.Inspect(t, "swap-done", night)

	// What each taught is seen by others, with the thanks and without the
	// learner; each has both receipts.
	w, err := s.house.Swaps.Open(t.Context(), s.as("Ben"), parseID(t, strings.TrimPrefix(room, "/swaps/")))
	if err != nil {
		t.Fatal(err)
	}
	ben.at("/teachings/" + w.Members[0].ID.String())
	ben.reads(thanks["Chidi"])
	if page := ben.words(`document.querySelector("main").innerText`); strings.Contains(page, "Chidi") {
		t.Errorf("who learnt is told:\n%s", page)
	}
	receipts := 0
	if err := s.house.DB.Read(t.Context(), func(tx *db.Tx) error {
		_, err := tx.Row("SELECT COUNT(*) FROM receipts WHERE kind IN ('taught', 'learnt')", []any{&receipts})
		return err
	}); err != nil || receipts != 4 {
		t.Errorf("%d receipts are made, %v", receipts, err)
	}
	if s.owed("Ben") != 0 || s.owed("Chidi") != 0 {
		t.Error("after an even swap somebody owes somebody")
	}
	for _, m := range o.mail {
		if head, _, _ := strings.Cut(m, "\r\n\r\n"); strings.Contains(strings.ToLower(head), "chidi@") {
			t.Errorf("somebody without mail is written to:\n%s", head)
		}
	}
	for _, d := range []*device{ben, chidi} {
		for _, e := range d.tab.Errors() {
			t.Errorf("%s: %s", d.who, e)
		}
	}
}
