package echo

import (
	"net/http"
	"time"

	"github.com/a-h/templ"

	"github.com/guildhall/guildhall/internal/core/access"
	"github.com/guildhall/guildhall/internal/core/echo/pages"
	"github.com/guildhall/guildhall/internal/core/notify"
	"github.com/guildhall/guildhall/internal/core/people"
	"github.com/guildhall/guildhall/internal/core/subject"
	"github.com/guildhall/guildhall/internal/core/visit"
	"github.com/guildhall/guildhall/internal/platform/db"
	"github.com/guildhall/guildhall/internal/platform/fault"
	"github.com/guildhall/guildhall/internal/platform/id"
	"github.com/guildhall/guildhall/internal/platform/web"
	"github.com/guildhall/guildhall/internal/ui"
)

// Pages answers with echoes.
type Pages struct {
	Service *Service
}

// around is what is shown beside echoes: people, and where the help is found.
type around struct {
	lines map[id.ID]people.Byline
	cards map[id.ID]subject.Card
}

func (p *Pages) around(v *visit.Visit, by access.Actor, list ...Echo) (a around, err error) {
	var persons, about []id.ID
	for _, e := range list {
		persons = append(append(persons, e.Learner), e.Helpers...)
		about = append(about, e.About)
	}
	if len(list) == 0 {
		return a, nil
	}
	err = p.Service.DB.Read(v.R.Context(), func(tx *db.Tx) error {
		if a.lines, err = people.BylinesOf(tx, by, persons); err != nil {
			return err
		}
		a.cards, err = subject.Resolve(tx, by, about)
		return err
	})
	return a, err
}

// names are those of the people, and their faces.
func (a around) names(v *visit.Visit, persons ...id.ID) (string, []ui.Face) {
	var names []string
	var faces []ui.Face
	for _, n := range persons {
		if l, ok := a.lines[n]; ok {
			names, faces = append(names, l.Name), append(faces, visit.Face(l))
		}
	}
	return v.List(names), faces
}

func (p *Pages) ask(v *visit.Visit, a around, e Echo) pages.AskView {
	names, faces := a.names(v, e.Helpers...)
	return pages.AskView{
		Path: "/echoes/" + e.ID.String(), Question: v.T("echo.question", "kind", e.Kind), Title: e.Title, Href: a.cards[e.About].URL, Faces: faces,
		Lede: v.T("echo.lede_"+e.Kind, "names", names, "day", v.Day(e.Helped)), Said: e.Said, Words: e.Words,
	}
}

// Home is the panel of Home: at most two questions, for two weeks; nil when
// nothing is to be asked.
func (p *Pages) Home(v *visit.Visit) (templ.Component, error) {
	list, err := p.Service.Waiting(v.R.Context(), v.By, v.Now().Add(-shownFor), 2)
	if err != nil || len(list) == 0 {
		return nil, err
	}
	views, err := p.asks(v, list)
	return pages.Home(v.Frame, views), err
}

func (p *Pages) asks(v *visit.Visit, list []Echo) ([]pages.AskView, error) {
	a, err := p.around(v, v.By, list...)
	out := make([]pages.AskView, len(list))
	for i, e := range list {
		out[i] = p.ask(v, a, e)
	}
	return out, err
}

// List is GET /echoes.
func (p *Pages) List(v *visit.Visit) error {
	ctx := v.R.Context()
	query, err := v.Query()
	if err != nil {
		return err
	}
	before, err := query.ID("before")
	if err != nil {
		return err
	}
	own := query.Text("list") == "mine"
	waiting, err := p.Service.Waiting(ctx, v.By, time.Time{}, 10)
	if err != nil {
		return err
	}
	read := p.Service.Heard
	if own {
		read = p.Service.Mine
	}
	list, more, err := read(ctx, v.By, before, 30)
	if err != nil {
		return err
	}
	view := pages.ListView{
		Tabs:  []ui.Tab{{Label: v.T("echo.heard"), Href: "/echoes", Current: !own}, {Label: v.T("echo.mine"), Href: "/echoes?list=mine", Current: own}},
		Empty: ui.EmptyState{Title: v.T("echo.none_title"), Text: v.T("echo.none")},
	}
	if own {
		view.Empty = ui.EmptyState{Title: v.T("echo.none_mine_title"), Text: v.T("echo.none_mine")}
	}
	if view.Waiting, err = p.asks(v, waiting); err != nil {
		return err
	}
	a, err := p.around(v, v.By, list...)
	if err != nil {
		return err
	}
	for _, e := range list {
		if own && e.Said == "" {
			continue // it stands above
		}
		row := pages.RowView{Href: "/echoes/" + e.ID.String(), Title: e.Title, Words: e.Words, At: e.SaidAt}
		with := []id.ID{e.Learner}
		if own {
			with = e.Helpers
		}
		var names string
		names, row.Faces = a.names(v, with...)
		row.Line = v.T("echo.heard_line", "name", names, "said", e.Said)
		if own {
			row.Line = v.T("echo.mine_line", "names", names, "said", e.Said)
		}
		view.Rows = append(view.Rows, row)
	}
	path := "/echoes?"
	if own {
		path += "list=mine&"
	}
	if before != 0 {
		view.Pages.Newer = path[:len(path)-1]
	}
	if more {
		view.Pages.Older = path + "before=" + list[len(list)-1].ID.String()
	}
	if err := p.Service.DB.Read(ctx, func(tx *db.Tx) error {
		way, err := notify.WayOf(tx, v.By.Person, NoticeAsked, notify.Digest)
		if err != nil {
			return err
		}
		view.Off = way == notify.Off
		view.Totals, err = access.Stewards(tx, v.By, access.Organisation)
		return err
	}); err != nil {
		return err
	}
	return v.Show(v.T("echo.title"), "echo", pages.List(v.Frame, view))
}

// Open is GET /echoes/{id}.
func (p *Pages) Open(v *visit.Visit) error {
	n, err := v.ID("id")
	if err != nil {
		return err
	}
	return p.open(v, http.StatusOK, n, nil, nil)
}

func (p *Pages) open(v *visit.Visit, status int, echo id.ID, form *web.Values, wrong error) error {
	e, err := p.Service.Open(v.R.Context(), v.By, echo)
	if err != nil {
		return err
	}
	a, err := p.around(v, v.By, e)
	if err != nil {
		return err
	}
	view := pages.OpenView{Ask: p.ask(v, a, e), Mine: e.Learner == v.By.Person, Decline: e.Said == ""}
	view.Ask.Faults = v.Faults(wrong)
	if form != nil {
		view.Ask.Words = form.Get("words")
		if s := form.Text("said"); s == Used || s == NotYet || s == NoHelp {
			view.Ask.Said = s
		}
	}
	if !view.Mine {
		name, faces := a.names(v, e.Learner)
		view.Heard = v.T("echo.heard_line", "name", name, "said", e.Said)
		view.Ask.Question, view.Ask.Faces = e.Title, faces
		view.Ask.Lede = v.T("echo.heard_lede", "name", name, "day", v.Day(e.Helped))
	}
	v.Crumbs = []ui.Crumb{{Label: v.T("echo.title"), Href: "/echoes"}}
	return v.ShowStatus(status, v.T("echo.title"), "echo", pages.Open(v.Frame, view))
}

// say carries out what stands in a form. A form that only says how it went
// keeps the sentence that stands.
func (p *Pages) say(v *visit.Visit, by access.Actor, e Echo, form *web.Values) error {
	words := form.Get("words")
	if form.Bool("keep") {
		words = e.Words
	}
	return p.Service.Say(v.R.Context(), by, e.ID, form.Text("said"), words)
}

// Say is POST /echoes/{id}.
func (p *Pages) Say(v *visit.Visit) error {
	n, err := v.ID("id")
	if err != nil {
		return err
	}
	form, err := v.Form()
	if err != nil {
		return err
	}
	if form.Text("do") == "decline" {
		if err := p.Service.Decline(v.R.Context(), v.By, n); err != nil {
			return err
		}
		return v.See("/echoes")
	}
	e, err := p.Service.Open(v.R.Context(), v.By, n)
	if err != nil {
		return err
	}
	err = p.say(v, v.By, e, form)
	if fault.Is(err, fault.Invalid) {
		return p.open(v, http.StatusUnprocessableEntity, n, form, err)
	}
	if err != nil {
		return err
	}
	return v.See("/echoes/" + n.String())
}

// Off is POST /echoes/off.
func (p *Pages) Off(v *visit.Visit) error {
	if err := p.Service.Stop(v.R.Context(), v.By); err != nil {
		return err
	}
	return v.See("/echoes")
}

// SignedForm is GET /echo/{token}: programs that check mail follow links, so
// following it alone changes nothing.
func (p *Pages) SignedForm(v *visit.Visit) error { return p.signed(v, http.StatusOK, nil, nil) }

func (p *Pages) signed(v *visit.Visit, status int, form *web.Values, wrong error) error {
	e, by, err := p.Service.Signed(v.R.Context(), v.R.PathValue("token"))
	if err != nil {
		return err
	}
	a, err := p.around(v, by, e)
	if err != nil {
		return err
	}
	view := p.ask(v, a, e)
	// Whoever came by the link is not signed in, so it leads nowhere else.
	view.Path, view.Href, view.Faults = v.R.URL.Path, "", v.Faults(wrong)
	if form != nil {
		view.Words = form.Get("words")
	}
	v.Frame.Title = view.Question
	return ui.Write(v.W, v.R, status, ui.Bare(v.Frame, pages.Signed(v.Frame, view)))
}

// Signed is POST /echo/{token}.
func (p *Pages) Signed(v *visit.Visit) error {
	form, err := v.Form()
	if err != nil {
		return err
	}
	e, by, err := p.Service.Signed(v.R.Context(), v.R.PathValue("token"))
	if err != nil {
		return err
	}
	err = p.say(v, by, e, form)
	if fault.Is(err, fault.Invalid) {
		return p.signed(v, http.StatusUnprocessableEntity, form, err)
	}
	if err != nil {
		return err
	}
	return p.signed(v, http.StatusOK, nil, nil)
}

// Totals is GET /echoes/totals.
func (p *Pages) Totals(v *visit.Visit) error {
	list, err := p.Service.Totals(v.R.Context(), v.By)
	if err != nil {
		return err
	}
	view := pages.TotalsView{All: pages.TotalView{Name: v.T("echo.all_shown")}}
	for _, t := range list {
		row := pages.TotalView{Name: t.Name, Used: t.Used, NotYet: t.NotYet, NoHelp: t.NoHelp}
		if t.Skill == 0 {
			row.Name = v.T("echo.other_skills")
		} else {
			row.Href = "/skills/" + t.Skill.String()
		}
		view.Rows = append(view.Rows, row)
		view.All.Used, view.All.NotYet, view.All.NoHelp = view.All.Used+t.Used, view.All.NotYet+t.NotYet, view.All.NoHelp+t.NoHelp
	}
	v.Crumbs = []ui.Crumb{{Label: v.T("echo.title"), Href: "/echoes"}}
	return v.Show(v.T("echo.totals"), "echo", pages.Totals(v.Frame, view))
}
