package teamhour

import (
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/guildhall/guildhall/internal/core/meet"
	"github.com/guildhall/guildhall/internal/core/people"
	"github.com/guildhall/guildhall/internal/core/visit"
	"github.com/guildhall/guildhall/internal/platform/db"
	"github.com/guildhall/guildhall/internal/platform/fault"
	"github.com/guildhall/guildhall/internal/platform/id"
	"github.com/guildhall/guildhall/internal/platform/web"
	"github.com/guildhall/guildhall/internal/teamhour/pages"
	"github.com/guildhall/guildhall/internal/ui"
)

// Pages answers with team hours.
type Pages struct {
	Service *Service
	// Swaps tells whether people may propose swaps.
	Swaps func() bool
}

func crumb(v *visit.Visit) {
	v.Crumbs = []ui.Crumb{{Label: v.T("teamhour.title"), Href: "/team-hours"}}
}

// List is GET /team-hours.
func (p *Pages) List(v *visit.Visit) error { return p.list(v, http.StatusOK, nil, nil) }

func (p *Pages) list(v *visit.Visit, status int, form *web.Values, wrong error) error {
	ctx := v.R.Context()
	list, err := p.Service.List(ctx, v.By)
	if err != nil {
		return err
	}
	view := pages.ListView{Faults: v.Faults(wrong), Units: []ui.Option{{Label: v.T("teamhour.no_unit")}}}
	if view.Leads, err = p.Service.Leads(ctx, v.By); err != nil {
		return err
	}
	for _, h := range list {
		view.Rows = append(view.Rows, pages.RowView{Href: "/team-hours/" + h.ID.String(), Title: h.Title, At: h.Created, Open: h.Open()})
	}
	units, err := p.Service.People.Units(ctx, v.By)
	if err != nil {
		return err
	}
	chosen := ""
	if form != nil {
		view.Title, view.People, view.Code, chosen = form.Get("title"), form.Get("people"), form.Get("code"), form.Text("unit")
	}
	for _, u := range units {
		view.Units = append(view.Units, ui.Option{Value: u.ID.String(), Label: u.Name, On: chosen == u.ID.String()})
	}
	return v.ShowStatus(status, v.T("teamhour.title"), Key, pages.List(v.Frame, view))
}

// Begin is POST /team-hours.
func (p *Pages) Begin(v *visit.Visit) error {
	form, err := v.Form()
	if err != nil {
		return err
	}
	unit, err := form.ID("unit")
	if err != nil {
		return err
	}
	n, err := p.Service.Begin(v.R.Context(), v.By, form.Text("title"), unit, strings.FieldsFunc(form.Get("people"), func(r rune) bool { return r == '\n' || r == '\r' || r == ',' || r == ';' }))
	if fault.Is(err, fault.Invalid) {
		return p.list(v, http.StatusUnprocessableEntity, form, err)
	}
	if err != nil {
		return err
	}
	return v.See("/team-hours/" + n.String())
}

// Join is POST /team-hours/joining.
func (p *Pages) Join(v *visit.Visit) error {
	form, err := v.Form()
	if err != nil {
		return err
	}
	n, err := p.Service.Join(v.R.Context(), v.By, form.Text("code"))
	if fault.Is(err, fault.Invalid) {
		return p.list(v, http.StatusUnprocessableEntity, form, err)
	}
	if err != nil {
		return err
	}
	return v.See("/team-hours/" + n.String())
}

// opened reads the hour of the path and how its people are shown.
func (p *Pages) opened(v *visit.Visit) (h Hour, lines map[id.ID]people.Byline, err error) {
	n, err := v.ID("id")
	if err != nil {
		return h, nil, err
	}
	if h, err = p.Service.Open(v.R.Context(), v.By, n); err != nil {
		return h, nil, err
	}
	err = p.Service.DB.Read(v.R.Context(), func(tx *db.Tx) error {
		lines, err = people.BylinesOf(tx, v.By, h.People)
		return err
	})
	return h, lines, err
}

// Open is GET /team-hours/{id}.
func (p *Pages) Open(v *visit.Visit) error { return p.open(v, http.StatusOK, nil, nil) }

func (p *Pages) open(v *visit.Visit, status int, form *web.Values, wrong error) error {
	h, lines, err := p.opened(v)
	if err != nil {
		return err
	}
	view := pages.OpenView{
		Path: "/team-hours/" + h.ID.String(), Part: Part(h.ID), Title: h.Title, Code: h.Code, Open: h.Open(), Leads: h.Leader == v.By.Person,
		Forget: v.Day(h.Forget), Faults: v.Faults(wrong), Team: p.team(v, h, lines), Step: p.step(v, h),
	}
	for i, s := range Plan {
		view.Steps = append(view.Steps, pages.StepLink{N: strconv.Itoa(i), Label: v.T("teamhour.step." + s.Key), Now: i == h.Step})
	}
	for _, e := range h.Entries {
		if e.Person == v.By.Person {
			view.Mine = append(view.Mine, pages.EntryView{ID: e.ID.String(), Name: e.Name, Kind: v.T("teamhour.kind." + e.Kind), State: e.State, Says: v.T("teamhour.state." + e.State)})
		}
	}
	proposed, err := p.Service.Proposed(v.R.Context(), v.By, h.ID)
	if err != nil {
		return err
	}
	for _, w := range proposed {
		x := pages.SwapView{Path: view.Path + "/swaps/" + w.ID.String(), Asked: w.Asked.Person == v.By.Person}
		if x.Asked {
			x.Line = v.T("teamhour.swap_asked", "name", lines[w.From].Name, "shows", w.Own.Name, "yours", w.Asked.Name)
			x.Note = v.T("teamhour.swap_publishes", "skill", w.Asked.Name)
		} else {
			x.Line = v.T("teamhour.swap_waits", "name", lines[w.Asked.Person].Name, "shows", w.Asked.Name, "yours", w.Own.Name)
		}
		view.Swaps = append(view.Swaps, x)
	}
	kind, level, person := Show, "2", ""
	if form != nil {
		kind, level, person, view.Name = form.Text("kind"), form.Text("level"), form.Text("person"), form.Get("name")
	}
	for _, k := range []string{Show, Want} {
		view.Kinds = append(view.Kinds, ui.Option{Value: k, Label: v.T("teamhour.i_" + k), On: k == kind})
	}
	for i := 1; i <= 4; i++ {
		n := strconv.Itoa(i)
		view.Levels = append(view.Levels, ui.Option{Value: n, Label: v.T("skills.level." + n), On: n == level})
	}
	for _, n := range h.People {
		l, ok := lines[n]
		if !ok {
			continue
		}
		view.Faces = append(view.Faces, visit.Face(l))
		if n != v.By.Person {
			view.Others = append(view.Others, ui.Option{Value: n.String(), Label: l.Name, On: n.String() == person})
		}
	}
	crumb(v)
	return v.ShowStatus(status, h.Title, Key, pages.Open(v.Frame, view))
}

func (p *Pages) step(v *visit.Visit, h Hour) pages.StepView {
	s := Plan[min(max(h.Step, 0), len(Plan)-1)]
	until := h.StepAt.Add(time.Duration(s.Minutes) * time.Minute)
	return pages.StepView{
		Label: v.T("teamhour.step." + s.Key), Text: v.T("teamhour.step." + s.Key + "_text"), Until: v.T("teamhour.until", "time", v.Clock(until), "n", s.Minutes),
		N: h.Step + 1, Of: len(Plan), Back: h.Step > 0, Next: h.Step < len(Plan)-1, BackTo: strconv.Itoa(h.Step - 1), NextTo: strconv.Itoa(h.Step + 1),
	}
}

// team is what the people of an hour showed each other.
func (p *Pages) team(v *visit.Visit, h Hour, lines map[id.ID]people.Byline) pages.TeamView {
	name := func(n id.ID) string { return lines[n].Name }
	var out pages.TeamView
	for _, n := range h.People {
		if _, ok := lines[n]; !ok {
			continue
		}
		row := pages.MemberView{Face: visit.Face(lines[n])}
		for _, e := range h.Entries {
			if e.Person != n || e.State == Draft {
				continue
			}
			if e.Kind == Show {
				row.Shows = append(row.Shows, e.Name)
			} else {
				row.Wants = append(row.Wants, e.Name)
			}
		}
		if len(row.Shows)+len(row.Wants) > 0 {
			out.Members = append(out.Members, row)
		}
	}
	for _, e := range Only(h) {
		out.Only = append(out.Only, pages.OnlyView{Name: e.Name, Face: visit.Face(lines[e.Person])})
	}
	for _, m := range Matches(h) {
		if len(out.Matches) == 12 {
			break
		}
		x := pages.MatchView{Line: v.T("teamhour.match", "shows", name(m.Shows.Person), "wants", name(m.Wants.Person)), Name: m.Shows.Name, Back: m.Back}
		other := m.Shows.Person
		if other == v.By.Person {
			other = m.Wants.Person
		}
		if v.By.Person == m.Shows.Person || v.By.Person == m.Wants.Person {
			x.Book = "/team-hours/" + h.ID.String() + "/meetings/new?with=" + other.String()
			if own := mineFor(h, v.By.Person, m); p.Swaps() && m.Back && own.ID != 0 && m.Shows.State != Kept {
				x.Own, x.Asked = own.ID.String(), m.Shows.ID.String()
				x.Propose, x.Note = "/team-hours/"+h.ID.String()+"/swaps", v.T("teamhour.swap_publishes_own", "skill", own.Name)
			} else if p.Swaps() && v.By.Person == m.Wants.Person && m.Shows.Skill != 0 {
				x.Swap = "/swaps/new?with=" + other.String() + "&learn=" + m.Shows.Skill.String()
			}
		}
		out.Matches = append(out.Matches, x)
	}
	return out
}

// Write is POST /team-hours/{id}/entries.
func (p *Pages) Write(v *visit.Visit) error {
	n, err := v.ID("id")
	if err != nil {
		return err
	}
	form, err := v.Form()
	if err != nil {
		return err
	}
	person, err := form.ID("person")
	if err != nil {
		return err
	}
	if person == 0 {
		person = v.By.Person
	}
	level, err := form.Int("level", 2)
	if err != nil {
		return err
	}
	err = p.Service.Write(v.R.Context(), v.By, n, person, form.Text("kind"), form.Text("name"), level, form.Bool("shown"))
	if fault.Is(err, fault.Invalid) {
		return p.open(v, http.StatusUnprocessableEntity, form, err)
	}
	if err != nil {
		return err
	}
	return v.See("/team-hours/" + n.String())
}

// Entry is POST /team-hours/{id}/entries/{entry}.
func (p *Pages) Entry(v *visit.Visit) error {
	n, err := v.ID("id")
	if err != nil {
		return err
	}
	e, err := v.ID("entry")
	if err != nil {
		return err
	}
	form, err := v.Form()
	if err != nil {
		return err
	}
	do := p.Service.Drop
	switch form.Text("do") {
	case "share":
		do = p.Service.Share
	case "keep":
		do = p.Service.Keep
	case "drop":
	default:
		return fault.Missing()
	}
	if err := do(v.R.Context(), v.By, n, e); err != nil {
		return err
	}
	return v.See("/team-hours/" + n.String())
}

// Turn is POST /team-hours/{id}/step.
func (p *Pages) Turn(v *visit.Visit) error {
	n, err := v.ID("id")
	if err != nil {
		return err
	}
	form, err := v.Form()
	if err != nil {
		return err
	}
	to, err := form.Int("to", -1)
	if err != nil {
		return err
	}
	if err := p.Service.Turn(v.R.Context(), v.By, n, to); err != nil {
		return err
	}
	if form.Bool("screen") {
		return v.See("/team-hours/" + n.String() + "/screen")
	}
	return v.See("/team-hours/" + n.String())
}

// Close is POST /team-hours/{id}/closing.
func (p *Pages) Close(v *visit.Visit) error {
	n, err := v.ID("id")
	if err != nil {
		return err
	}
	if err := p.Service.Close(v.R.Context(), v.By, n); err != nil {
		return err
	}
	return v.See("/team-hours/" + n.String())
}

// Screen is GET /team-hours/{id}/screen: for the wall.
func (p *Pages) Screen(v *visit.Visit) error {
	h, lines, err := p.opened(v)
	if err != nil {
		return err
	}
	view := pages.ScreenView{
		Path: "/team-hours/" + h.ID.String(), Part: Part(h.ID), Title: h.Title, Code: h.Code, Key: Plan[min(max(h.Step, 0), len(Plan)-1)].Key,
		Step: p.step(v, h), Team: p.team(v, h, lines), Leads: h.Leader == v.By.Person && h.Open(),
	}
	v.Frame.Title = h.Title
	return ui.Write(v.W, v.R, http.StatusOK, ui.Bare(v.Frame, pages.Screen(v.Frame, view)))
}

// Cards is GET /team-hours/{id}/cards: one for each, for paper.
func (p *Pages) Cards(v *visit.Visit) error {
	h, lines, err := p.opened(v)
	if err != nil {
		return err
	}
	view := pages.CardsView{Title: h.Title, Forget: v.Day(h.Forget)}
	for _, n := range h.People {
		if l, ok := lines[n]; ok {
			view.Names = append(view.Names, l.Name)
		}
	}
	v.Frame.Title = v.T("teamhour.cards")
	return ui.Write(v.W, v.R, http.StatusOK, ui.Bare(v.Frame, pages.Cards(v.Frame, view)))
}

// MeetingForm is GET /team-hours/{id}/meetings/new?with=.
func (p *Pages) MeetingForm(v *visit.Visit) error {
	query, err := v.Query()
	if err != nil {
		return err
	}
	with, err := query.ID("with")
	if err != nil {
		return err
	}
	return p.meetingForm(v, http.StatusOK, with, nil, nil)
}

func (p *Pages) meetingForm(v *visit.Visit, status int, with id.ID, form *web.Values, wrong error) error {
	h, lines, err := p.opened(v)
	if err != nil {
		return err
	}
	l, ok := lines[with]
	if !ok || with == v.By.Person {
		return v.See("/team-hours/" + h.ID.String())
	}
	when, err := p.Service.Meet.WhenView(v, []id.ID{v.By.Person, with}, 45, form, wrong)
	if err != nil {
		return err
	}
	view := pages.MeetingView{Path: "/team-hours/" + h.ID.String(), With: with.String(), Name: l.Name, When: when, Faults: v.Faults(wrong)}
	crumb(v)
	v.Crumbs = append(v.Crumbs, ui.Crumb{Label: h.Title, Href: view.Path})
	return v.ShowStatus(status, v.T("teamhour.book"), Key, pages.Meeting(v.Frame, view))
}

// Meeting is POST /team-hours/{id}/meetings.
func (p *Pages) Meeting(v *visit.Visit) error {
	form, err := v.Form()
	if err != nil {
		return err
	}
	with, err := form.ID("with")
	if err != nil {
		return err
	}
	h, lines, err := p.opened(v)
	if err != nil {
		return err
	}
	_, err = p.Service.Meeting(v.R.Context(), v.By, h.ID, with, v.T("teamhour.meeting", "a", v.By.Name, "b", lines[with].Name), meet.ReadWhen(v, form))
	if fault.Is(err, fault.Invalid) {
		return p.meetingForm(v, http.StatusUnprocessableEntity, with, form, err)
	}
	if err != nil {
		return err
	}
	return v.See("/team-hours/" + h.ID.String())
}

// mineFor is what the reader could show in return for what the match says that
// they want, the zero entry when nothing.
func mineFor(h Hour, reader id.ID, m Match) Entry {
	if m.Wants.Person != reader {
		return Entry{}
	}
	for _, x := range Matches(h) {
		if x.Shows.Person == reader && x.Wants.Person == m.Shows.Person {
			return x.Shows
		}
	}
	return Entry{}
}

// Propose is POST /team-hours/{id}/swaps.
func (p *Pages) Propose(v *visit.Visit) error {
	n, err := v.ID("id")
	if err != nil {
		return err
	}
	form, err := v.Form()
	if err != nil {
		return err
	}
	own, err := form.ID("own")
	if err != nil {
		return err
	}
	asked, err := form.ID("asked")
	if err != nil {
		return err
	}
	if err := p.Service.Propose(v.R.Context(), v.By, n, own, asked); err != nil {
		return err
	}
	return v.See("/team-hours/" + n.String())
}

// Answer is POST /team-hours/{id}/swaps/{swap}.
func (p *Pages) Answer(v *visit.Visit) error {
	n, err := v.ID("id")
	if err != nil {
		return err
	}
	swap, err := v.ID("swap")
	if err != nil {
		return err
	}
	form, err := v.Form()
	if err != nil {
		return err
	}
	begun, err := p.Service.Answer(v.R.Context(), v.By, n, swap, form.Text("answer") == "yes")
	if err != nil {
		return err
	}
	if begun != 0 {
		return v.See("/swaps/" + begun.String())
	}
	return v.See("/team-hours/" + n.String())
}
