package app

import (
	"fmt"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/guildhall/guildhall/internal/platform/clock"
	"github.com/guildhall/guildhall/internal/platform/db"
	"github.com/guildhall/guildhall/internal/platform/db/dbtest"
	"github.com/guildhall/guildhall/internal/ui/browsertest"
)

// at opens another page of the house.
func (d *device) at(path string) {
	d.Helper()
	d.do(d.tab.Go(d.url + path))
	if d.tab.Status() != 200 {
		d.Fatalf("%s opens %s: %d", d.who, path, d.tab.Status())
	}
}

// reads waits until the page says the words.
func (d *device) reads(words string) {
	d.Helper()
	if err := d.tab.Wait(fmt.Sprintf(`document.querySelector("main").innerText.includes(%q)`, words)); err != nil {
		d.Fatalf("%s does not read %q:\n%s", d.who, words, d.words(`document.querySelector("main").innerText`))
	}
}

// clicks clicks, and waits for the page that follows to be another one.
func (d *device) clicks(css string) error {
	if _, err := browsertest.Eval[bool](d.tab, `(window.notGoneYet = true)`); err != nil {
		return err
	}
	if err := d.tab.Click(css); err != nil {
		return err
	}
	if err := d.tab.Wait(`!window.notGoneYet && document.readyState == "complete"`); err != nil {
		words, _ := browsertest.Eval[string](d.tab, `location.pathname + "\n" + document.querySelector("main").innerText`)
		return fmt.Errorf("%s clicks %s: %w\n%s", d.who, css, err, words)
	}
	return nil
}

// atOnce lets people do things at the same time.
func atOnce(t *testing.T, do ...func() error) {
	t.Helper()
	errs := make(chan error)
	for _, f := range do {
		go func() { errs <- f() }()
	}
	for range do {
		if err := <-errs; err != nil {
			t.Fatal(err)
		}
	}
}

// TestTwoPeopleGoThroughAMentorshipInTheirBrowsers is a mentorship as two people
// live it: a mentor in Berlin, who is told by mail, and a mentee in New York who
// has none and finds everything in the app and on a printed sheet. Where they can
// they act at the same time.
func TestTwoPeopleGoThroughAMentorshipInTheirBrowsers(t *testing.T) {
	t.Parallel()
	c := clock.NewMoved(time.Date(2026, 11, 24, 9, 0, 0, 0, time.UTC))
	s := playAt(t, dbtest.Open(t, db.Config{URL: dbtest.SQLitePath(t), Clock: c}), c)
	s.practise("mentoring")
	o := s.posted("Ben", "Ada")
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
	at := s.programme("women", nil)
	b := browsertest.Start(t)
	ben := s.browses(b, "Ben", at, zones["Ben"])
	chidi := s.browses(b, "Chidi", at, zones["Chidi"])

	// Both enrol.
	for _, d := range []*device{ben, chidi} {
		d.at(at + "/enrolment")
		if d == ben {
			d.do(d.tab.Click("input[name=role][value=mentor]"))
		}
		d.do(d.tab.Focus("#skills"), d.tab.Wait(`document.querySelector("skill-picker [role=combobox]")`), d.tab.Type("#skills", "welding"), d.tab.KeyDown("#skills", "Enter"),
			d.tab.Wait(`document.querySelector("[name=skills]").value == "welding"`), d.tab.Type("#goals", "Weld a frame alone"))
	}
	enrol := func(d *device) func() error {
		return func() error { return d.clicks("form[action$=enrolment] button.primary") }
	}
	atOnce(t, enrol(ben), enrol(chidi))
	for _, d := range []*device{ben, chidi} {
		d.reads("welding")
	}

	// The organiser matches and publishes. Ben gets a mail, Chidi a notice.
	s.does("Ada", at+"/pairing", "weight_skills=5")
	run := regexp.MustCompile(`name="run" value="([^"]+)"`).FindStringSubmatch(s.page("Ada", at+"/pairing"))
	if run == nil {
		t.Fatal("nobody is proposed")
	}
	s.does("Ada", at+"/publication", "run="+run[1])
	s.jobs()
	s.jobs() // what was published is told
	chidi.at("/notices")
	chidi.reads("We found somebody for you")
	chidi.do(chidi.clicks(`main a[href^="/mentorships/"]`))
	room := chidi.words(`location.pathname`)
	mails := strings.Join(o.mail, "\n")
	if !strings.Contains(mails, "We found somebody for you") || !strings.Contains(mails, room) {
		t.Errorf("no mail leads Ben to %s:\n%s", room, mails)
	}
	ben.at(room)
	chidi.reads("welding: wanted by one of you")

	// Both say yes at the same time, and it begins, once.
	atOnce(t, func() error { return ben.clicks(`button[name=answer][value=yes]`) }, func() error { return chidi.clicks(`button[name=answer][value=yes]`) })
	s.jobs()
	if n := s.notices("mentorship_begun"); n != 1 {
		t.Errorf("%d notices say that it begins, want one for whoever said yes first", n)
	}
	for _, d := range []*device{ben, chidi} {
		d.at(room)
		d.reads("I promise until next time")
	}

	// A goal, a promise and the agreement, at the same time.
	chidi.do(chidi.tab.Type("#words", "Weld a frame alone"), chidi.tab.Focus("#skill"), chidi.tab.Wait(`document.querySelector("skill-picker [role=combobox]")`),
		chidi.tab.Type("#skill", "welding"), chidi.tab.KeyDown("#skill", "Enter"))
	ben.do(ben.tab.Type("#promise", "Bring the old torch"))
	atOnce(t, func() error { return chidi.clicks(`form[action$="/goals"] button.btn:not([type=button])`) }, func() error { return ben.clicks(`form[action$="/promises"] button`) })
	ben.do(ben.tab.Type("#agreement", "Every other Tuesday, in the workshop."), ben.clicks(`form[action$="/agreement"] button`))
	for _, d := range []*device{ben, chidi} {
		d.at(room)
		d.reads("Weld a frame alone")
		d.reads("Bring the old torch")
	}

	// Ben plans the first talk at a suggested time, at which both work.
	ben.at(room + "/meetings/new")
	if agenda := ben.words(`document.querySelector("#agenda").value`); !strings.Contains(agenda, "Ben: Bring the old torch") {
		t.Errorf("the promise does not open the agenda: %q", agenda)
	}
	ben.do(ben.tab.Click("input[name=slot]:not([value=own])"), ben.clicks(`form[action$="/meetings"] button.primary`))
	s.jobs()
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
	if len(o.calendars("ben@example.org")) != 1 {
		t.Errorf("Ben gets %d invitations by mail", len(o.calendars("ben@example.org")))
	}
	for _, d := range []*device{ben, chidi} {
		local := start.In(clocks[d.who])
		if h := local.Hour(); h < 8 || h > 17 {
			t.Errorf("for %s the suggested time is %s", d.who, local)
		}
		for _, page := range []string{room, "/meetings", "/meetings/sheet"} {
			d.at(page)
			d.reads(local.Format("15:04"))
		}
	}

	// Private notes.
	for _, d := range []*device{ben, chidi} {
		d.again(room)
		d.takes("make")
	}
	chidi.write("I am afraid of the night shift.")
	ben.press("again")
	ben.sees("I am afraid of the night shift.")

	// They met, both say so at the same time. The promise opens the next talk.
	c.Set(start.Add(3 * time.Hour))
	s.jobs()
	talk := "/meetings/" + coming.Items[0].ID
	ben.at(talk)
	chidi.at(talk)
	atOnce(t, func() error { return ben.clicks(`form[action$=confirmation] button[value=yes]`) }, func() error { return chidi.clicks(`form[action$=confirmation] button[value=yes]`) })
	var met int
	if err := s.house.DB.Read(t.Context(), func(tx *db.Tx) error {
		_, err := tx.Row("SELECT COUNT(*) FROM meeting_people WHERE met = 'yes'", []any{&met})
		return err
	}); err != nil || met != 2 {
		t.Errorf("%d say that they met, %v", met, err)
	}
	chidi.at(room + "/meetings/new")
	if agenda := chidi.words(`document.querySelector("#agenda").value`); !strings.Contains(agenda, "Bring the old torch") {
		t.Errorf("the next talk does not open with the promise: %q", agenda)
	}

	// The promise is kept, the goal reached; Ben closes, both say thanks.
	ben.at(room)
	chidi.at(room)
	chidi.do(chidi.tab.Wait(`(document.querySelector("form[action*='/goals/'] select").value = "3") == "3"`))
	atOnce(t, func() error { return ben.clicks(`form[action*="/promises/"] button`) }, func() error { return chidi.clicks(`form[action*="/goals/"] button[value=reached]`) })
	chidi.reads("from I, learning to III, confident")
	ben.at(room + "/closing")
	ben.do(ben.tab.Type("#outcome", "Chidi welds alone."), ben.tab.Type("#thanks", "I learnt to explain."), ben.clicks(`form[action$=closing] button.primary`))
	s.jobs()
	chidi.at("/notices")
	chidi.reads("closed or thanked you")
	chidi.at(room)
	chidi.reads("Chidi welds alone.")
	chidi.do(chidi.tab.Type("#thanks", "Thank you for the torch."), chidi.clicks(`form[action$=closing] button`))
	ben.again(room)
	ben.reads("Thank you for the torch.")
	ben.sees("I am afraid of the night shift.")
	for _, m := range o.mail {
		if head, _, _ := strings.Cut(m, "\r\n\r\n"); strings.Contains(strings.ToLower(head), "chidi@") {
			t.Errorf("somebody without mail is written to:\n%s", head)
		}
		if strings.Contains(m, "night shift") {
			t.Errorf("a mail tells of a note:\n%s", m)
		}
	}
	for _, d := range []*device{ben, chidi} {
		for _, e := range d.tab.Errors() {
			t.Errorf("%s: %s", d.who, e)
		}
	}
}
