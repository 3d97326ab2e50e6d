package app

import (
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/guildhall/guildhall/internal/core/echo"
	"github.com/guildhall/guildhall/internal/core/skills"
	"github.com/guildhall/guildhall/internal/platform/clock"
	"github.com/guildhall/guildhall/internal/platform/db"
	"github.com/guildhall/guildhall/internal/platform/db/dbtest"
	"github.com/guildhall/guildhall/internal/ui/browsertest"
	"github.com/guildhall/guildhall/internal/welcome"
)

var echoLink = regexp.MustCompile(`https://hall\.example\.org(/echo/[a-z0-9]+)`)

// TestSomebodyWhoLearnsAnswersFirstAndHearsAMonthLater is a question as three
// people live it: Ben in Berlin, who is told by mail, asks; Dora in New York, who
// has no mail and keeps to herself that she is learning this, goes first; Chidi
// in Pune, who knows it and has no mail either, confirms with one tap. A month
// later Ben says from his mail what came of it, and Dora what came of an answer
// of his, at the same time.
func TestSomebodyWhoLearnsAnswersFirstAndHearsAMonthLater(t *testing.T) {
	t.Parallel()
	c := clock.NewMoved(time.Date(2026, 10, 20, 9, 0, 0, 0, time.UTC))
	s := playAt(t, dbtest.Open(t, db.Config{URL: dbtest.SQLitePath(t), Clock: c}), c)
	s.practise(echo.Key)
	s.hire("Dora")
	o := s.posted("Ben")
	zones := map[string]string{"Ben": "Europe/Berlin", "Chidi": "Asia/Kolkata", "Dora": "America/New_York"}
	s.zones(zones)
	s.says("Chidi", skills.Teach, "weaving", 4, true)
	s.says("Ben", skills.Teach, "looms", 4, true)
	s.says("Dora", skills.Want, "weaving", 1, false)
	s.settle()
	b := browsertest.Start(t)
	ben, chidi := s.browses(b, "Ben", "/questions/new", zones["Ben"]), s.browses(b, "Chidi", "/", zones["Chidi"])
	dora, night := s.phones(b, "Dora", "/", zones["Dora"])
	asks := func(d *device, title, skill string, learner bool) string {
		t.Helper()
		d.fill("#title", title)
		d.do(d.tab.Focus("#skills"), d.tab.Wait(`document.querySelector("skill-picker [role=combobox]")`), d.tab.Type("#skills", skill), d.tab.KeyDown("#skills", "Enter"),
			d.tab.Wait(`document.querySelector("[name=skills]").value == "`+skill+`"`))
		if learner {
			d.do(d.tab.Click("[name=learner_first]"))
		}
		d.do(d.clicks(`main form button.primary`))
		return d.words(`location.pathname`)
	}

	// Too short a question is refused; that somebody may go first, and what it is
	// about, stays.
	asks(ben, "Selvedge?", "weaving", true)
	ben.reads("One thing to fix")
	if words := ben.words(`document.querySelector("[name=skills]").value + document.querySelector("[name=learner_first]").checked`); words != "weavingtrue" {
		t.Errorf("of what Ben chose %q stays", words)
	}
	ben.fill("#title", "How do I weave a selvedge that holds?")
	ben.do(ben.clicks(`main form button.primary`))
	if strings.HasSuffix(ben.words(`location.pathname`), "/questions") || ben.words(`location.pathname`) == "/questions/new" {
		ben.do(ben.clicks(`main form button.primary`)) // having seen what is similar
	}
	question := ben.words(`location.pathname`)
	s.settle()

	// Dora finds it on Home, Chidi is not asked yet, and nobody reads what Dora
	// wants to learn.
	for _, d := range []*device{dora, chidi} {
		d.at("/")
	}
	dora.reads("You go first, because you are learning weaving")
	chidi.nothing("You could answer these")
	ben.at(question)
	ben.nothing("Dora")
	dora.do(dora.clicks(`main a[href^="` + question + `"]`))
	dora.reads("selvedge that holds")
	dora.fill(`form[action$="/answers"] textarea`, "Go around the last thread twice.")
	dora.do(dora.clicks(`form[action$="/answers"] button.primary`))
	dora.reads("Go around the last thread twice.")
	s.settle()

	// Chidi is asked whether it holds, and says so with one tap while Ben accepts.
	chidi.at("/")
	chidi.reads("Dora, who is still learning this, has answered: does it hold?")
	chidi.do(chidi.clicks(`main a[href^="` + question + `"]`))
	ben.at(question)
	atOnce(t,
		func() error { return chidi.clicks(`form[action^="/answers/"][action$="/state"] button`) },
		func() error { return ben.clicks(`form[action$="/acceptance"] button`) })
	s.settle()
	for _, d := range []*device{ben, chidi, dora} {
		d.at(question)
		d.reads("Chidi")
		d.reads("Dora")
	}
	chidi.at("/")
	chidi.nothing("does it hold?")
	for _, d := range []*device{chidi, dora} {
		d.at("/people/me/receipts")
		d.reads("weaving")
	}

	// Dora asks as well; Ben answers, and she accepts.
	dora.at("/questions/new")
	second := asks(dora, "Which oil is right for an old loom?", "looms", false)
	s.settle()
	ben.at(second)
	ben.fill(`form[action$="/answers"] textarea`, "The thin one.")
	ben.do(ben.clicks(`form[action$="/answers"] button.primary`))
	dora.at(second)
	dora.do(dora.clicks(`form[action$="/acceptance"] button`))
	s.settle()

	// Thirty days later both are asked: Ben by mail, Dora on Home. They say it at
	// the same time, Ben without signing in.
	c.Advance(30 * 24 * time.Hour)
	s.signsIn("Ben")
	s.asked()
	c.Advance(24 * time.Hour)
	s.settle()
	link := ""
	for _, m := range o.mail {
		if x := echoLink.FindStringSubmatch(strings.ReplaceAll(m, "=\r\n", "")); x != nil {
			link = x[1]
		}
	}
	if link == "" {
		t.Fatal("no mail asks Ben")
	}
	stranger := b.Open(t, s.url+link, browsertest.View{Zone: zones["Ben"]})
	t.Cleanup(stranger.Close)
	mail := &device{T: t, who: "Ben's mail", url: s.url, tab: stranger}
	dora.at("/")
	dora.reads("Did it help?")
	atOnce(t,
		func() error { return mail.clicks(`button[name=said][value=used]`) },
		func() error { return dora.clicks(`button[name=said][value=not_yet]`) })
	mail.fill("#words", "The scarf holds.")
	mail.do(mail.clicks(`form:has(#words) button.primary`))
	mail.tab.Inspect(t, "echo-signed", browsertest.View{Width: 1280})
	dora.reads("Noted, thank you")
	s.settle()
	dora.at("/notices")
	dora.reads("Ben used it")
	dora.at("/echoes")
	dora.reads("The scarf holds.")
	dora.tab.Inspect(t, "echo-heard", night)
	// Chidi, who only confirmed, hears nothing, and neither does an admin.
	chidi.at("/echoes")
	chidi.nothing("The scarf holds.")
	if page := s.page("Ada", "/echoes"); strings.Contains(page, "scarf") {
		t.Error("Ada reads what came of it")
	}
	o.noMail(t, "dora@")
	o.noMail(t, "chidi@")
	sound(t, ben, chidi, dora, mail)
}

// TestTwoNewcomersTakeTheirFirstWeekTogether lets Nora in New York, who has no
// mail, and Omar in Berlin begin on the same day: Nora takes all four steps on
// her telephone, with Omar's answer for the last of them, and Omar puts his
// away. Neither hears of it again.
func TestTwoNewcomersTakeTheirFirstWeekTogether(t *testing.T) {
	t.Parallel()
	c := clock.NewMoved(time.Date(2026, 11, 16, 14, 0, 0, 0, time.UTC)) // a Monday
	s := playAt(t, dbtest.Open(t, db.Config{URL: dbtest.SQLitePath(t), Clock: c}), c)
	s.practise(welcome.Key)
	s.hire("Nora", "Omar")
	o := s.posted("Omar")
	zones := map[string]string{"Nora": "America/New_York", "Omar": "Europe/Berlin"}
	s.zones(zones)
	b := browsertest.Start(t)
	omar := s.browses(b, "Omar", "/", zones["Omar"])
	nora, night := s.phones(b, "Nora", "/", zones["Nora"])
	for _, d := range []*device{nora, omar} {
		d.reads("Four small steps to begin with")
		d.reads("four steps")
	}

	// Something to show, and something to learn: each step leads to its own list,
	// ticks itself, and what Nora wants stays hers.
	says := func(d *device, list, skill string) {
		t.Helper()
		d.at("/welcome")
		d.do(d.clicks(`main a[href="` + list + `"]`))
		d.do(d.tab.Focus("#skill"), d.tab.Wait(`document.querySelector("skill-picker [role=combobox]")`), d.tab.Type("#skill", skill), d.tab.KeyDown("#skill", "Enter"),
			d.tab.Wait(`document.querySelector("[name=skill]").value == "`+skill+`"`), d.clicks(`form[action^="/people/me/skills"]:has([name=skill]) button.primary`))
		d.reads(skill)
	}
	says(nora, "/people/me/skills", "origami")
	nora.at("/welcome")
	nora.reads("1 of 4 done")
	says(nora, "/people/me/skills?list=want", "sewing")
	nora.at("/")
	nora.reads("2 of 4 done")

	// The first question, while Omar looks at his own list and puts it away.
	nora.do(nora.clicks(`main a[href="/questions/new"]:not(.primary)`))
	nora.fill("#title", "Where are the scissors kept?")
	omar.at("/welcome")
	omar.reads("You are reminded at most twice")
	atOnce(t,
		func() error { return nora.clicks(`main form button.primary`) },
		func() error { return omar.clicks(`form[action="/welcome/away"] button`) })
	omar.nothing("Four small steps")
	question := nora.words(`location.pathname`)
	s.settle()
	omar.at(question)
	omar.fill(`form[action$="/answers"] textarea`, "In the second drawer.")
	omar.do(omar.clicks(`form[action$="/answers"] button.primary`))
	s.settle()
	nora.at("/notices")
	nora.reads("scissors")

	// The first thank-you is one tap, and with it Home is as anybody's.
	nora.at(question)
	nora.do(nora.clicks(`form[action$="/useful"] button`))
	nora.at("/welcome")
	nora.reads("4 of 4 done")
	nora.tab.Inspect(t, "welcome-done", night)
	nora.at("/")
	nora.nothing("Four small steps")
	for _, page := range []string{s.person("Nora"), question} {
		omar.at(page)
		omar.nothing("sewing")
	}

	// A week later nobody was nudged, neither in the app nor by mail.
	s.nudged(7 * 24)
	for _, who := range []string{"Nora", "Omar"} {
		if n := s.told(who, "welcome_nudge"); n != 0 {
			t.Errorf("%s is nudged %d times", who, n)
		}
	}
	if mails := strings.Join(o.mail, "\n"); strings.Contains(mails, "Your first week") {
		t.Errorf("who put it away is written to:\n%s", mails)
	}
	o.noMail(t, "nora@")
	sound(t, nora, omar)
}
