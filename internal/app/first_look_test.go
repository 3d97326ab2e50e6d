package app

import (
	"strings"
	"testing"

	"github.com/guildhall/guildhall/internal/core/skills"
	"github.com/guildhall/guildhall/internal/core/visit"
	"github.com/guildhall/guildhall/internal/platform/db"
	"github.com/guildhall/guildhall/internal/platform/db/dbtest"
	"github.com/guildhall/guildhall/internal/ui/browsertest"
)

// Where nothing is asked yet, what others can teach stands as examples, the
// latest first; what is found with one is somebody. Where nobody said anything
// there are none.
func TestWhoKnowsBeginsWithWhatSomebodyKnows(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s := play(t, d)
		const line = "Somebody here knows"
		if _, page := s.get("Chidi", "/who-knows"); strings.Contains(page, line) {
			t.Errorf("nobody knows anything, and there are examples:\n%s", page)
		}
		s.says("Ben", skills.Teach, "spinning", 3, true)
		s.says("Ben", skills.Teach, "weaving", 3, true)
		s.says("Ada", skills.Teach, "weaving", 3, true)
		s.says("Ben", skills.Teach, "dyeing", 3, true)
		s.says("Ben", skills.Teach, "felting", 3, true)
		s.says("Ben", skills.Teach, "bookkeeping", 3, false)
		s.says("Ben", skills.Want, "carding", 3, true)
		s.says("Chidi", skills.Teach, "knotting", 3, true)
		s.drain()
		_, page := s.get("Chidi", "/who-knows")
		_, page, _ = strings.Cut(page, line)
		for _, want := range []string{"felting", "dyeing", "weaving"} {
			if !strings.Contains(page, `href="/who-knows?q=`+want+`"`) {
				t.Errorf("%s is no example", want)
			}
		}
		for _, no := range []string{"spinning", "bookkeeping", "carding", "knotting"} {
			if strings.Contains(page, no) {
				t.Errorf("%s is an example", no)
			}
		}
		if _, page := s.get("Chidi", "/who-knows?q=felting"); strings.Contains(page, line) || !strings.Contains(page, "Ben") {
			t.Errorf("nobody is found with an example:\n%s", page)
		}
		if _, page := s.get("Gus", "/who-knows"); strings.Contains(page, line) {
			t.Error("a guest reads what members can teach")
		}
		// A search that finds nothing leads on, with the same words.
		if _, page := s.get("Chidi", "/search?q=zymurgy+vats"); !strings.Contains(page, `href="/who-knows?q=zymurgy+vats"`) {
			t.Errorf("nothing was found, and nothing leads to who knows:\n%s", page)
		}
	})
}

// What a practice needs stands under its name, not under its box.
func TestWhatAPracticeNeedsStandsUnderItsName(t *testing.T) {
	t.Parallel()
	s := play(t, dbtest.SQLite(t))
	tab := browsertest.Start(t).Open(t, s.url+"/admin/practices", browsertest.View{Cookies: map[string]string{visit.Cookie: s.cast["Ada"].cookie}})
	defer tab.Close()
	aligned, err := browsertest.Eval[bool](tab, `(() => {
		const lines = [...document.querySelectorAll(".check small")].filter(e => e.textContent.startsWith("Works from"));
		return lines.length > 3 && lines.every(e => e.getBoundingClientRect().left == e.parentElement.getBoundingClientRect().left && e.getBoundingClientRect().left > e.closest(".check").querySelector("input").getBoundingClientRect().right);
	})()`)
	if err != nil || !aligned {
		t.Errorf("the lines stand elsewhere: %v", err)
	}
}
