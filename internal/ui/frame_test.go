package ui

import (
	"bytes"
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/a-h/templ"

	"github.com/guildhall/guildhall/internal/platform/fault"
	"github.com/guildhall/guildhall/internal/platform/i18n"
)

func frame() *Frame {
	return &Frame{Printer: i18n.Must().Printer(i18n.Source, time.UTC, time.Date(2026, 11, 24, 9, 0, 0, 0, time.UTC))}
}

func render(t *testing.T, c templ.Component) string {
	t.Helper()
	var b bytes.Buffer
	if err := c.Render(context.Background(), &b); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestAPracticeThatIsOffLeavesNoHole(t *testing.T) {
	f := frame()
	f.Nav = []NavGroup{{Title: "Learn", Entries: []NavEntry{{Key: "ask", Label: "Ask", Href: "/questions", Tab: 1}}}, {Title: "Steward"}}
	page := render(t, Page(f, templ.NopComponent))
	if !strings.Contains(page, ">Learn<") || strings.Contains(page, "Steward") {
		t.Error("the navigation shows a group without places")
	}
}

func TestTheBottomBarKeepsItsOrder(t *testing.T) {
	f := frame()
	f.Nav = []NavGroup{{Title: "A", Entries: []NavEntry{{Label: "Sessions", Tab: 4}, {Label: "Home", Tab: 1}}}, {Title: "B", Entries: []NavEntry{{Label: "People", Tab: 3}, {Label: "Library"}}}}
	var got []string
	for _, e := range f.tabs() {
		got = append(got, e.Label)
	}
	if s := strings.Join(got, " "); s != "Home People Sessions" {
		t.Error(s)
	}
}

func TestAnUnnamedAuthorNeverGetsAMadeUpMark(t *testing.T) {
	for _, seed := range []string{"", "Ada", "06b9y2h3c4d5e"} {
		got := render(t, Mark(Face{Kind: FaceAnonymous, Seed: seed, Photo: "/files/ada.jpg"}, SizeS))
		if !strings.Contains(got, `data-dye="7"`) || !strings.Contains(got, `d="M7 12H17"`) || strings.Contains(got, "img") {
			t.Errorf("%q: %s", seed, got)
		}
	}
}

func TestHostileWordsStayWords(t *testing.T) {
	f := frame()
	const bad = `"><script>alert(1)</script>`
	link := "javascript:alert(1)"
	for name, c := range map[string]templ.Component{
		"who": Who(Face{Name: bad, Note: bad, Href: link, Seed: bad}), "mark": Mark(Face{Photo: bad}, SizeL), "tag": Tag(bad, link, Plain), "chip": Chip(bad, Good, IconTick),
		"link": Link(bad, link), "button": Btn(Button{Label: bad, Href: link, For: bad, Count: bad, Why: bad}), "post": Post(link, Button{Label: bad, Name: bad, Value: bad}, bad, bad),
		"field": Field(f, Input{Name: bad, Label: bad, Hint: bad, Error: bad, Value: bad, Placeholder: bad, Skills: bad, Similar: bad}),
		"text":  Field(f, Input{Name: "a", Label: bad, Lines: 3, Value: `</textarea>` + bad}), "select": Field(f, Input{Name: "a", Label: "a", Options: []Option{{Value: bad, Label: bad}}}),
		"choices": Choices(Choice{Name: bad, Legend: bad, Options: []Option{{Value: bad, Label: bad, Note: bad}}}), "composer": Composer(f, Editor{Name: bad, Label: bad, Value: bad, Draft: bad, Placeholder: bad}),
		"ask": AskBar(Ask{Action: link, Label: bad, Value: bad, Placeholder: bad, Button: bad}), "menu": Menu("m", bad, []MenuItem{{Label: bad, Href: link}, {Label: bad, Href: link, Post: true}}),
		"dialog": Dialog(Confirmation{ID: "d", Title: bad, Consequences: bad, Do: bad, Stay: bad, Action: link}), "empty": Empty(EmptyState{Title: bad, Text: bad, Label: bad, Href: link}),
		"why": Why([]Reason{{Text: bad, Href: link}}), "facts": Facts([]Fact{{Term: bad, Text: bad, Href: link}}), "quote": Quote(bad, bad, Face{Name: bad}), "pager": Pager(f, Pages{Newer: link, Older: bad}),
		"errors": ErrorsSummary(f, Faults{{Name: bad, Text: bad}}), "hallmarks": Hallmarks(bad, 1, 2, 2026), "prose": Prose("<p>x</p>", bad), "sec": Sec(Section{ID: bad, Title: bad, Link: bad, Href: link}),
		"tabs": Tabs(bad, []Tab{{Label: bad, Href: link, Count: bad}}), "head": PageHead(f, Head{Title: bad, Lede: bad, Over: bad}), "scores": Scores([]Score{{Label: bad, Text: bad}}), "stats": Stats([]Stat{{bad, bad, bad}}),
	} {
		got := render(t, c)
		if strings.Contains(got, "<script") || strings.Contains(got, "javascript:") {
			t.Errorf("%s: %s", name, got)
		}
	}
	f.Title, f.Theme, f.Org, f.Live = bad, bad, bad, bad
	f.Nav = []NavGroup{{Title: bad, Entries: []NavEntry{{Key: bad, Label: bad, Href: link, Tab: 1}}}}
	f.Verbs, f.Flash, f.Person = []Verb{{bad, bad, link}}, &Flash{Text: bad, Undo: link}, &FramePerson{Face{Name: bad, Note: bad, Href: link}}
	if got := render(t, Page(f, templ.NopComponent)); strings.Contains(got, "<script>") || strings.Contains(got, "javascript:") {
		t.Errorf("the frame: %s", got)
	}
}

func TestFaultsStandBesideTheirFields(t *testing.T) {
	f := frame()
	var c fault.Check
	c.Bad("seats", "fault.number")
	c.Bad("", "fault.form")
	fs := f.Faults(c.Err())
	if len(fs) != 2 || fs.For("seats") != "Enter a whole number." || fs.For("title") != "" {
		t.Errorf("%v", fs)
	}
	if fs := f.Faults(fault.New(fault.Conflict, "fault.conflict")); len(fs) != 1 || fs[0].Name != "" || fs[0].Text == "" {
		t.Errorf("%v", fs)
	}
	if f.Faults(nil) != nil || f.Faults(errors.New("disk")) != nil {
		t.Error("what is no fault became one")
	}
}

func TestAFlashCrossesOneRedirect(t *testing.T) {
	for _, c := range []struct {
		in   Flash
		undo string
	}{
		{Flash{Text: "Passed on. We'll ask Mateus next.\nReally", Undo: "/routings/1/undo"}, "/routings/1/undo"},
		{Flash{Text: "Ça va", Undo: "//evil.example"}, ""},
	} {
		w := httptest.NewRecorder()
		SetFlash(w, c.in)
		r := httptest.NewRequest("GET", "/", nil)
		r.AddCookie(w.Result().Cookies()[0])
		w = httptest.NewRecorder()
		got := TakeFlash(w, r)
		if got == nil || got.Text != c.in.Text || got.Undo != c.undo {
			t.Errorf("%v became %v", c.in, got)
		}
		if gone := w.Result().Cookies(); len(gone) != 1 || gone[0].MaxAge >= 0 {
			t.Errorf("the flash stays: %v", gone)
		}
	}
	r := httptest.NewRequest("GET", "/", nil)
	r.AddCookie(&http.Cookie{Name: flashCookie, Value: "%%%"})
	if got := TakeFlash(httptest.NewRecorder(), r); got != nil {
		t.Errorf("rubbish became %v", got)
	}
}

func TestTheThemeIsSwitchedAndLeadsBack(t *testing.T) {
	for _, c := range []struct{ has, want string }{{"", "dark"}, {"light", "dark"}, {"dark", "light"}, {"rubbish", "dark"}} {
		r := httptest.NewRequest("POST", "/theme", strings.NewReader(url.Values{"back": {"/questions"}}.Encode()))
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		if c.has != "" {
			r.AddCookie(&http.Cookie{Name: ThemeCookie, Value: c.has})
		}
		w := httptest.NewRecorder()
		if err := SwitchTheme(w, r); err != nil {
			t.Fatal(err)
		}
		if got := w.Result().Cookies()[0].Value; got != c.want || w.Header().Get("Location") != "/questions" {
			t.Errorf("%q: %q, %s", c.has, got, w.Header().Get("Location"))
		}
	}
}

func TestSaidSentencesKeepTheirLinks(t *testing.T) {
	f := frame()
	got := render(t, Say(f, "problem.request", nil, "id", "<b>"))
	if got != "If you report this, mention request &lt;b&gt;." {
		t.Error(got)
	}
}

func TestAPageThatFailsHalfwayIsNotSent(t *testing.T) {
	w := httptest.NewRecorder()
	broken := templ.Join(templ.Raw("<p>half"), templ.Raw("", errors.New("boom")))
	if err := Write(w, httptest.NewRequest("GET", "/", nil), 200, broken); err == nil || w.Body.Len() > 0 {
		t.Errorf("%v, %q", err, w.Body)
	}
}
