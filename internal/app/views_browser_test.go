package app

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/guildhall/guildhall/internal/core/access"
	"github.com/guildhall/guildhall/internal/core/login"
	"github.com/guildhall/guildhall/internal/core/people"
	"github.com/guildhall/guildhall/internal/core/visit"
	"github.com/guildhall/guildhall/internal/platform/db"
	"github.com/guildhall/guildhall/internal/platform/db/dbtest"
	"github.com/guildhall/guildhall/internal/ui/browsertest"
)

// TestEveryPageHoldsTogetherWhenItIsEnlarged looks at every page at 200 % zoom,
// at 400 % (WCAG 1.4.10: as wide as 320 pixels) and with letters twice as large:
// nothing scrolls sideways and nothing moves after it was drawn.
func TestEveryPageHoldsTogetherWhenItIsEnlarged(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("every page in three views takes a browser a minute")
	}
	g := newGuild(t, dbtest.SQLite(t))
	inside, outside := g.furnish()
	b := browsertest.Start(t)
	for _, v := range []browsertest.View{{Width: 1280, Zoom: 2}, {Width: 1280, Zoom: 4}, {Width: 1280, Letters: 2}} {
		look := func(paths []string) {
			tab := b.Open(t, g.url+paths[0], v)
			defer tab.Close()
			wide, err := browsertest.Eval[float64](tab, `innerWidth / parseFloat(getComputedStyle(document.documentElement).fontSize)`)
			if err != nil || wide > 41 {
				t.Errorf("%s is %.0f letters wide, so it is not enlarged, %v", v, wide, err)
			}
			for _, path := range paths {
				if err := tab.Go(g.url + path); err != nil {
					t.Errorf("%s at %s: %v", path, v, err)
					continue
				}
				if px, err := tab.Overflow(); err != nil || px > 0 {
					t.Errorf("%s at %s scrolls sideways by %d px, %v", path, v, px, err)
				}
				if err := tab.Still(); err != nil {
					t.Errorf("%s at %s: %v", path, v, err)
				}
			}
		}
		v.Cookies = map[string]string{visit.Cookie: g.cast["Ada"].cookie}
		look(inside)
		v.Cookies = nil
		look(outside)
	}
}

// onPaper are what no printed page shows, and what of a page is there.
const onPaper = `(() => {
	const seen = e => { const s = getComputedStyle(e), r = e.getBoundingClientRect(); return s.display !== "none" && s.visibility !== "hidden" && r.width > 1 && r.height > 1 }
	const shown = q => [...document.querySelectorAll(q)].filter(seen).map(e => e.outerHTML.slice(0, 120))
	const light = c => { const [r, g, b] = c.match(/[\d.]+/g).map(Number); return (0.2126 * r + 0.7152 * g + 0.0722 * b) / 255 }
	const dim = [...document.querySelectorAll("main p, main h1, main h2, main li, main td")].filter(e => seen(e) && e.innerText.trim()).filter(e => light(getComputedStyle(e).color.replace(/^oklch.*/, "rgb(0 0 0)")) > 0.6).map(e => e.outerHTML.slice(0, 120))
	return JSON.stringify({ Controls: shown("nav, .side, .top, .tabbar, button, .btn, input:not([type=hidden]), textarea, select, .composer, .toast, dialog[open]"), Heading: document.querySelector("h1") ? seen(document.querySelector("h1")) : false, Dim: dim })
})()`

// TestPagesArePrintedWell prints a question, a profile and a sheet of cards for
// somebody who reads in the dark theme: words and drawings alone, dark on white,
// on as little paper as they take. GUILDHALL_SCREENS names a folder for pictures.
func TestPagesArePrintedWell(t *testing.T) {
	if testing.Short() {
		t.Skip("starts a browser")
	}
	g := newGuild(t, dbtest.SQLite(t))
	inside, _ := g.furnish()
	question := ""
	for _, p := range inside {
		if q, ok := strings.CutSuffix(p, "/history"); ok && strings.HasPrefix(q, "/questions/") {
			question = q
		}
	}
	for i := range 12 {
		g.write(func(tx *db.Tx) error {
			_, err := g.house.People.Join(tx, people.Joiner{Name: fmt.Sprintf("Worker %d", i+1), PersonnelNo: fmt.Sprintf("%04d", 700+i), Role: access.Member}, true)
			return err
		})
	}
	if code, _ := g.post("Ada", "/settings/preferences", "theme=dark"); code != 303 {
		t.Fatalf("the theme answers %d", code)
	}
	b := browsertest.Start(t)
	v := browsertest.View{Width: 720, Height: 1040, Dark: true, Print: true, Cookies: map[string]string{visit.Cookie: g.cast["Ada"].cookie, "theme": "dark"}}
	tab := b.Open(t, g.url+"/", v)
	defer tab.Close()
	for _, x := range []struct {
		name, path string
		sheets     int
		words      []string
	}{
		{"question", question, 3, []string{"How do I calibrate the probe", "Restore the table"}},
		{"profile", g.person("Ben"), 2, []string{"Ben", "weaving"}},
		{"cards", "/admin", 3, []string{"0700", "0711"}},
	} {
		if err := tab.Go(g.url + x.path); err != nil {
			t.Fatal(err)
		}
		if x.name == "cards" {
			if _, err := browsertest.Eval[bool](tab, `(() => { document.querySelectorAll("input[name=person]").forEach(e => e.checked = /Worker/.test((e.closest("tr, li") || document.body).innerText)); document.querySelector("button[value=cards]").click(); return true })()`); err != nil {
				t.Fatal(err)
			}
			if err := tab.Wait(`document.querySelectorAll(".cards > section").length === 12`); err != nil {
				t.Fatal(err)
			}
		}
		said, err := browsertest.Eval[string](tab, onPaper)
		if err != nil || !strings.Contains(said, `"Controls":[],"Heading":true,"Dim":[]`) {
			t.Errorf("%s on paper: %s, %v", x.name, said, err)
		}
		text, err := browsertest.Eval[string](tab, `document.body.innerText`)
		for _, w := range x.words {
			if err != nil || !strings.Contains(text, w) {
				t.Errorf("%s on paper lacks %q, %v", x.name, w, err)
			}
		}
		if px, err := tab.Overflow(); err != nil || px > 0 {
			t.Errorf("%s is %d px too wide for the paper, %v", x.name, px, err)
		}
		pdf, err := tab.PDF()
		if err != nil {
			t.Fatal(err)
		}
		sheets := bytes.Count(pdf, []byte("/Type /Page\n"))
		if sheets < 1 || sheets > x.sheets {
			t.Errorf("%s takes %d sheets, want at most %d", x.name, sheets, x.sheets)
		}
		if dir := os.Getenv("GUILDHALL_SCREENS"); dir != "" {
			if err := os.WriteFile(filepath.Join(dir, "paper-"+x.name+".pdf"), pdf, 0o644); err != nil {
				t.Error(err)
			}
		}
	}
}

// TestPeopleReadAndPostWithoutScripts walks through the house in a browser that
// runs no scripts: in by a link, a question asked, answered by somebody else,
// commented on, found useful, accepted, and found again.
func TestPeopleReadAndPostWithoutScripts(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("starts a browser")
	}
	g := newGuild(t, dbtest.SQLite(t))
	g.furnish()
	b := browsertest.Start(t)
	// enter opens the one-time link of somebody and presses its button.
	enter := func(who string) *browsertest.Tab {
		tab := b.Open(t, g.url+"/login/link/"+g.link(who, login.MailLink), browsertest.View{Width: 390, Height: 844, NoScript: true})
		t.Cleanup(tab.Close)
		step(t, tab, tab.Click("main form button, form button"), `location.pathname === "/"`)
		return tab
	}
	mia, ben := enter("Mia"), enter("Ben")
	if err := mia.Go(g.url + "/questions/new"); err != nil {
		t.Fatal(err)
	}
	for css, words := range map[string]string{"[name=title]": "Why does the shuttle stick in the morning?", "[name=body]": "It is **fine** after ten."} {
		if err := mia.Type(css, words); err != nil {
			t.Fatal(err)
		}
	}
	step(t, mia, mia.Click("form[action='/questions'] .primary"), `/^\/questions\/[0-9a-z]{13}$/.test(location.pathname) && document.querySelector("main strong").innerText === "fine"`)
	path, err := browsertest.Eval[string](mia, `location.pathname`)
	if err != nil {
		t.Fatal(err)
	}
	if err := ben.Go(g.url + path); err != nil {
		t.Fatal(err)
	}
	if err := ben.Type("form[action$='/answers'] [name=body]", "The oil is cold: warm the box."); err != nil {
		t.Fatal(err)
	}
	step(t, ben, ben.Click("form[action$='/answers'] .primary"), `document.querySelector("main").innerText.includes("warm the box")`)
	if err := mia.Go(g.url + path); err != nil {
		t.Fatal(err)
	}
	// Comments open from a summary, which needs no script.
	if err := mia.Click("article[id^=answer-] details summary"); err != nil {
		t.Fatal(err)
	}
	if err := mia.Type("article[id^=answer-] [name=comment]", "That helps."); err != nil {
		t.Fatal(err)
	}
	step(t, mia, mia.Click("article[id^=answer-] form[action$='/comments'] button"), `document.querySelector("main").innerText.includes("That helps.")`)
	step(t, mia, mia.Click("form[action$='/useful'] button"), `document.querySelector("form[action$='/useful'] [aria-pressed=true]")`)
	step(t, mia, mia.Click("form[action$='/acceptance'] button"), `document.querySelector("main").innerText.includes("This solved it")`)
	if err := ben.Go(g.url + "/search?q=shuttle+morning"); err != nil {
		t.Fatal(err)
	}
	if err := ben.Wait(`document.querySelector("main").innerText.includes("Why does the shuttle stick")`); err != nil {
		t.Error(err)
	}
	step(t, ben, ben.Click("main a[href='"+path+"']"), `location.pathname === "`+path+`"`)
	for _, tab := range []*browsertest.Tab{mia, ben} {
		for _, e := range tab.Errors() {
			t.Error(e)
		}
	}
}

// step fails the test when an act in the browser fails or has not the effect.
func step(t *testing.T, tab *browsertest.Tab, err error, effect string) {
	t.Helper()
	if err == nil {
		err = tab.Wait(effect)
	}
	if err != nil {
		text, _ := browsertest.Eval[string](tab, `location.href + "\n" + document.body.innerText.slice(0, 1500)`)
		t.Fatalf("%v\n%s", err, text)
	}
}
