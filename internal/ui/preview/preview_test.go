package preview

import (
	"bytes"
	"context"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/a-h/templ"

	"github.com/guildhall/guildhall/internal/platform/fault"
	"github.com/guildhall/guildhall/internal/platform/i18n"
	"github.com/guildhall/guildhall/internal/platform/web"
	"github.com/guildhall/guildhall/internal/ui"
	"github.com/guildhall/guildhall/internal/ui/uitest"
)

// pages returns every page of this package in a language.
func pages(locale string) map[string]templ.Component {
	frame := func(title, current string) *ui.Frame {
		f := Frame(i18n.Must(), locale)
		f.Title, f.Current = title, current
		return f
	}
	day := time.Date(2026, 11, 24, 0, 0, 0, 0, time.UTC)
	home := frame("Your day", "home")
	question := frame("Turbidity readings drift", "ask")
	question.Crumbs = []ui.Crumb{{Label: "Ask", Href: "/questions"}, {Label: "Field instruments", Href: "/skills/1"}}
	parts := frame("Components", "")
	parts.Flash = &ui.Flash{Text: "Passed on. We'll ask Mateus next.", Undo: "/undo/1"}
	parts.KeysOff, parts.Theme = true, "light"
	gate := frame("Sign in", "")
	gate.Person, gate.Nav = nil, nil
	list := frame("Questions", "ask")
	live := frame("Questions", "ask")
	live.Live = "/live"
	out := map[string]templ.Component{
		"home":       ui.Page(home, Home(home, day)),
		"question":   ui.Page(question, Question(question)),
		"components": ui.Page(parts, Parts(parts)),
		"sign-in":    ui.Gate(gate, "1,214 people. Every mark is someone who knows something you don't.", SignIn(gate)),
		"list":       ui.Page(list, List(list, rows())),
		"live":       ui.Page(live, List(live, rows())),
		"bare":       ui.Bare(gate, ui.PageHead(gate, ui.Head{Title: "Verified"})),
	}
	r := httptest.NewRequest("GET", "/", nil)
	for _, err := range []error{
		fault.New(fault.Forbidden, "fault.cross_origin"), fault.Missing(), fault.New(fault.Conflict, "fault.invalid"),
		fault.New(fault.Gone, "fault.not_found"), fault.New(fault.TooMany, "fault.internal").With("retry_after", 90*time.Second),
		fault.New(fault.Unavailable, "fault.internal"), context.DeadlineExceeded, fault.New(fault.Invalid, "fault.invalid"),
	} {
		p := web.NewProblem(r, err)
		p.RequestID = "0123456789abcdef"
		f := frame("Problem", "")
		out["problem-"+strconv.Itoa(p.Status)] = ui.Page(f, ui.ProblemPage(f, p))
	}
	return out
}

func rows() []ListRow {
	var out []ListRow
	now := time.Date(2026, 11, 24, 9, 12, 0, 0, time.UTC)
	for i := range 30 {
		out = append(out, ListRow{
			Title: "Turbidity readings drift after rolling firmware back to 4.2. Is it the probe or the offset table?", Href: "/questions/06b9y2h3c4d5e" + strconv.Itoa(i),
			Answers: "Solved", By: ui.Face{Name: "Marta Kowalczyk & colleagues", Seed: strconv.Itoa(i)}, At: now.Add(-time.Duration(i) * time.Hour),
			Skills: []string{"calibration", "firmware", "TW-300"},
		})
	}
	return out
}

func render(t testing.TB, c templ.Component) string {
	t.Helper()
	var b bytes.Buffer
	if err := c.Render(context.Background(), &b); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestEveryPageIsAProperDocumentInEveryLanguage(t *testing.T) {
	for _, locale := range []string{i18n.Source, i18n.PseudoLong, i18n.PseudoRTL} {
		for name, c := range pages(locale) {
			t.Run(locale+"/"+name, func(t *testing.T) { uitest.CheckDocument(t, render(t, c)) })
		}
	}
}

func TestTheFramesWordsComeFromTheCatalogue(t *testing.T) {
	page := render(t, pages(i18n.PseudoLong)["list"])
	for _, word := range []string{"Skip to content", ">Search<", "Switch theme", "Older"} {
		if strings.Contains(page, word) {
			t.Errorf("%q is not translated", word)
		}
	}
}
