package app

import (
	"strings"
	"testing"
	"time"

	"github.com/guildhall/guildhall/internal/platform/clock"
	"github.com/guildhall/guildhall/internal/platform/db"
	"github.com/guildhall/guildhall/internal/platform/db/dbtest"
	"github.com/guildhall/guildhall/internal/ui/browsertest"
)

// TestAGroupOfThreeIsFoundMeetsAndCloses is group mentoring as an organiser in
// London, a mentor in Berlin, who is told by mail, and two mentees in New York
// and São Paulo live it. The two have no mail: everything they need stands in the
// app and on a printed sheet.
func TestAGroupOfThreeIsFoundMeetsAndCloses(t *testing.T) {
	t.Parallel()
	c := clock.NewMoved(time.Date(2026, 11, 24, 9, 0, 0, 0, time.UTC))
	s := playAt(t, dbtest.Open(t, db.Config{URL: dbtest.SQLitePath(t), Clock: c}), c)
	s.practise("mentoring")
	s.hire("Dora")
	o := s.posted("Ada", "Ben")
	zones := map[string]string{"Ada": "Europe/London", "Ben": "Europe/Berlin", "Chidi": "America/New_York", "Dora": "America/Sao_Paulo"}
	clocks := s.zones(zones)
	b := browsertest.Start(t)
	ada, ben, dora := s.browses(b, "Ada", "/mentoring", zones["Ada"]), s.browses(b, "Ben", "/mentoring", zones["Ben"]), s.browses(b, "Dora", "/mentoring", zones["Dora"])
	chidi, night := s.phones(b, "Chidi", "/mentoring", zones["Chidi"])
	group := []*device{ben, chidi, dora}
	at := func(path string) {
		for _, d := range group {
			d.at(path)
		}
	}
	together := func(do func(d *device) error) {
		t.Helper()
		var list []func() error
		for _, d := range group {
			list = append(list, func() error { return do(d) })
		}
		atOnce(t, list...)
	}

	// Ada starts a programme of groups; what is wrong with it is said first.
	ada.at("/mentoring/new?template=groups")
	ada.fill("#name", "")
	ada.fill("#weeks", "none")
	ada.fill("#purpose", "Welding, together.")
	ada.do(ada.tab.Press("main form button.primary"), ada.tab.Wait(`document.querySelector("#name:invalid") || document.querySelector("main [role=alert]")`))
	ada.fill("#name", "Welding circle")
	ada.do(ada.clicks("main form button.primary"))
	ada.reads("One thing to fix")
	if words := ada.words(`document.querySelector("#purpose").value`); words != "Welding, together." {
		t.Errorf("of what Ada wrote %q stays", words)
	}
	ada.fill("#weeks", "12")
	ada.do(ada.clicks("main form button.primary"))
	programme := ada.words(`location.pathname`)

	// All three enrol at the same time.
	for _, d := range group {
		d.at(programme + "/enrolment")
		if d == ben {
			d.do(d.tab.Click("input[name=role][value=mentor]"))
			d.fill("#capacity", "3")
		}
		d.do(d.tab.Focus("#skills"), d.tab.Wait(`document.querySelector("skill-picker [role=combobox]")`), d.tab.Type("#skills", "welding"), d.tab.KeyDown("#skills", "Enter"),
			d.tab.Wait(`document.querySelector("[name=skills]").value == "welding"`))
		d.fill("#goals", "A frame that holds.")
	}
	together(func(d *device) error { return d.clicks("form[action$=enrolment] button.primary") })
	for _, d := range group {
		d.reads("welding")
	}
	s.settle()

	// Ada matches and publishes.
	ada.at(programme + "/pairing")
	ada.do(ada.clicks(`form[action$="/pairing"] button.primary`))
	s.settle()
	ada.at(programme + "/pairing")
	ada.do(ada.clicks(`form[action$="/publication"] button`))
	s.settle()
	chidi.at("/notices")
	chidi.reads("We found somebody for you")
	chidi.do(chidi.clicks(`main a[href^="/mentorships/"]`))
	room := chidi.words(`location.pathname`)
	if mails := strings.Join(o.mail, "\n"); !strings.Contains(mails, room) {
		t.Errorf("no mail leads Ben to %s:\n%s", room, mails)
	}
	at(room)
	together(func(d *device) error { return d.clicks(`button[name=answer][value=yes]`) })
	s.settle()
	at(room)
	for _, d := range group {
		for _, other := range group {
			if other != d {
				d.reads(other.who)
			}
		}
		d.reads("I promise until next time")
	}

	// Each promises something, each mentee has a goal, and Ben writes what they
	// agree on, all at the same time. Nothing of anybody's is lost.
	for _, d := range group {
		d.fill("#promise", d.who+" brings a torch")
	}
	together(func(d *device) error { return d.clicks(`form[action$="/promises"] button`) })
	chidi.fill("#words", "Weld overhead")
	dora.fill("#words", "Read a drawing")
	ben.fill("#agreement", "Every other Tuesday. What is said here stays here.")
	goal := func(d *device) func() error {
		return func() error { return d.clicks(`form[action$="/goals"] button.btn:not([type=button])`) }
	}
	atOnce(t, goal(chidi), goal(dora), func() error { return ben.clicks(`form[action$="/agreement"] button`) })
	at(room)
	for _, d := range group {
		for _, words := range []string{"Ben brings a torch", "Chidi brings a torch", "Dora brings a torch", "Weld overhead", "Read a drawing"} {
			d.reads(words)
		}
		if words := d.words(`document.querySelector("#agreement").value`); !strings.Contains(words, "stays here") {
			t.Errorf("%s reads the agreement %q", d.who, words)
		}
	}

	// A promise without words is refused, and so is a talk in the past; what was
	// written stays.
	dora.at(room + "/meetings/new")
	if agenda := dora.words(`document.querySelector("#agenda").value`); !strings.Contains(agenda, "Chidi brings a torch") || !strings.Contains(agenda, "Ben brings a torch") {
		t.Errorf("the promises do not open the agenda: %q", agenda)
	}
	dora.fill("#title", "Overhead, slowly")
	dora.fill("#day", "2026-11-20")
	dora.fill("#time", "10:00")
	dora.do(dora.tab.Click(`input[name=slot][value=own]`), dora.clicks(`form[action$="/meetings"] button.primary`))
	dora.reads("One thing to fix")
	if words := dora.words(`document.querySelector("#title").value`); words != "Overhead, slowly" {
		t.Errorf("of what Dora wrote %q stays", words)
	}
	dora.tab.Inspect(t, "group-talk-refused", browsertest.View{Width: 1280})
	dora.do(dora.tab.Click("input[name=slot]:not([value=own])"), dora.clicks(`form[action$="/meetings"] button.primary`))
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
	start, talk := coming.Items[0].Start, "/meetings/"+coming.Items[0].ID
	if n := len(o.calendars("ben@example.org")); n != 1 {
		t.Errorf("Ben gets %d invitations by mail", n)
	}
	for _, d := range group {
		for _, page := range []string{room, talk, "/meetings", "/meetings/sheet"} {
			d.at(page)
			d.reads(start.In(clocks[d.who]).Format("15:04"))
		}
	}

	// They met: all say so at once, and the promises open the next talk.
	c.Set(start.Add(3 * time.Hour))
	s.settle()
	at(talk)
	together(func(d *device) error { return d.clicks(`form[action$=confirmation] button[value=yes]`) })
	at(room)
	for _, d := range group {
		d.reads("You met")
	}
	chidi.at(room + "/meetings/new")
	if agenda := chidi.words(`document.querySelector("#agenda").value`); !strings.HasPrefix(agenda, "1. What became of our promises?\n   - ") {
		t.Errorf("the next talk does not open with the promises:\n%s", agenda)
	}
	at(room)
	together(func(d *device) error { return d.clicks(`form[action*="/promises/"] button`) })
	at(room)
	for _, d := range group {
		if n := d.words(`String(document.querySelectorAll("form[action*='/promises/']").length)`); n != "0" {
			t.Errorf("%s is asked for %s promises that are kept", d.who, n)
		}
	}

	// Chidi reaches the goal, Ben closes, and all thank.
	chidi.do(chidi.tab.Wait(`(document.querySelector("form[action*='/goals/'] select").value = "3") == "3"`), chidi.clicks(`form[action*="/goals/"] button[value=reached]`))
	chidi.reads("from I, learning to III, confident")
	ben.at(room + "/closing")
	ben.fill("#outcome", "All three weld.")
	ben.fill("#thanks", "I learnt to explain.")
	ben.do(ben.clicks("form[action$=closing] button.primary"))
	s.settle()
	for _, d := range []*device{chidi, dora} {
		d.at("/notices")
		d.reads("closed or thanked you")
		d.at(room)
		d.reads("All three weld.")
		d.fill("#thanks", "Thank you, says "+d.who+".")
	}
	thank := func(d *device) func() error {
		return func() error { return d.clicks(`form[action$="/closing"] button`) }
	}
	atOnce(t, thank(chidi), thank(dora))
	at(room)
	for _, d := range group {
		d.reads("Thank you, says Chidi.")
		d.reads("Thank you, says Dora.")
	}
	chidi.tab.Inspect(t, "group-closed", night)

	// What Ada sees of it is that it is there, and nothing of what was said.
	ada.at(programme + "/health")
	for _, words := range []string{"torch", "overhead", "drawing", "stays here", "weld", "says Chidi"} {
		ada.nothing(words)
	}
	if code, _ := s.get("Ada", room); code != 404 {
		t.Errorf("Ada opens the room of the group: %d", code)
	}
	for _, name := range []string{"chidi@", "dora@"} {
		o.noMail(t, name)
	}
	sound(t, ada, ben, chidi, dora)
}
