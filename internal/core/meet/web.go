package meet

import (
	"context"
	"net/http"
	"strings"
	"time"

	"github.com/guildhall/guildhall/internal/core/meet/pages"
	"github.com/guildhall/guildhall/internal/core/people"
	"github.com/guildhall/guildhall/internal/core/subject"
	"github.com/guildhall/guildhall/internal/core/visit"
	"github.com/guildhall/guildhall/internal/platform/db"
	"github.com/guildhall/guildhall/internal/platform/fault"
	"github.com/guildhall/guildhall/internal/platform/id"
	"github.com/guildhall/guildhall/internal/platform/web"
	"github.com/guildhall/guildhall/internal/ui"
)

// Pages answers with meetings.
type Pages struct {
	Service *Service
	// Agenda is what a meeting is about as it stands now, in Markdown: what was
	// written for it, and what its practice adds for the reader.
	Agenda func(v *visit.Visit, m Meeting) (string, error)
	// HTML renders an agenda.
	HTML func(markdown string) string
	// Link makes a whole address of a path.
	Link func(path string) string
	// Print prints a feed in the words and clock of its owner.
	Print func(ctx context.Context, person id.ID, list []Meeting, with map[id.ID]people.Byline) ([]byte, error)
}

func (s *Service) entries(v *visit.Visit, list []id.ID) (out map[id.ID]people.Entry, err error) {
	err = s.DB.Read(v.R.Context(), func(tx *db.Tx) error {
		out, err = people.Some(tx, v.By, list)
		return err
	})
	return out, err
}

func persons(list []Meeting) []id.ID {
	var out []id.ID
	for _, m := range list {
		for _, a := range m.People {
			out = append(out, a.Person)
		}
	}
	return out
}

// List is GET /meetings.
func (p *Pages) List(v *visit.Visit) error { return p.list(v, "") }

func (p *Pages) list(v *visit.Visit, feed string) error {
	query, err := v.Query()
	if err != nil {
		return err
	}
	past := query.Text("list") == "past"
	after, err := web.ParseCursor(query.Text("cursor"))
	if err != nil {
		return err
	}
	list, more, err := p.Service.List(v.R.Context(), v.By, past, Mark{At: after.At, ID: after.ID}, 30)
	if err != nil {
		return err
	}
	has, err := p.Service.HasFeed(v.R.Context(), v.By)
	if err != nil {
		return err
	}
	view := pages.ListView{Past: past, HasFeed: has}
	if feed != "" {
		if view.Feed = p.Link(feed); strings.HasPrefix(view.Feed, "/") {
			// Nobody said under which address the house is reached: it is this one.
			scheme := "http://"
			if v.R.TLS != nil {
				scheme = "https://"
			}
			view.Feed = scheme + v.R.Host + view.Feed
		}
	}
	if view.Items, err = p.rows(v, list); err != nil {
		return err
	}
	path := "/meetings"
	if past {
		path += "?list=past"
	}
	if !after.IsZero() {
		view.Pages.Newer = path
	}
	if more {
		last := list[len(list)-1]
		sep := "?"
		if past {
			sep = "&"
		}
		view.Pages.Older = path + sep + "cursor=" + web.Cursor{At: last.Start, ID: last.ID}.String()
	}
	return v.Show(v.T("meet.title"), "meetings", pages.List(v.Frame, view))
}

// rows prepares meetings for a list.
func (p *Pages) rows(v *visit.Visit, list []Meeting) ([]pages.RowView, error) {
	lines, err := p.bylines(v, persons(list))
	if err != nil {
		return nil, err
	}
	out := make([]pages.RowView, len(list))
	for i, m := range list {
		out[i] = p.row(v, m, lines)
	}
	return out, nil
}

// Rows prepares the meetings of a subject for its page: what is coming, soonest
// first, and what was, latest first, at most fifty in all.
func (s *Service) Rows(v *visit.Visit, about id.ID) (coming, past []pages.RowView, err error) {
	var list []Meeting
	if err := s.DB.Read(v.R.Context(), func(tx *db.Tx) error {
		list, err = Of(tx, v.By, about, 50)
		return err
	}); err != nil {
		return nil, nil, err
	}
	rows, err := (&Pages{Service: s}).rows(v, list)
	for i, m := range list {
		if m.End.After(v.Now()) {
			coming = append([]pages.RowView{rows[i]}, coming...)
		} else if m.State == Planned {
			past = append(past, rows[i])
		}
	}
	return coming, past, err
}

func (p *Pages) bylines(v *visit.Visit, list []id.ID) (out map[id.ID]people.Byline, err error) {
	err = p.Service.DB.Read(v.R.Context(), func(tx *db.Tx) error {
		out, err = people.BylinesOf(tx, v.By, list)
		return err
	})
	return out, err
}

func (p *Pages) row(v *visit.Visit, m Meeting, lines map[id.ID]people.Byline) pages.RowView {
	r := pages.RowView{
		Href: "/meetings/" + m.ID.String(), Title: m.Title, Start: m.Start, Day: v.Day(m.Start), Length: v.Duration(m.End.Sub(m.Start)),
		Where: where(v, m), Cancelled: m.State == Cancelled,
	}
	var names []string
	for _, a := range m.People {
		if l, ok := lines[a.Person]; ok && a.Person != v.By.Person {
			r.Faces = append(r.Faces, visit.Face(l))
			names = append(names, l.Name)
		}
	}
	if len(names) > 0 {
		r.With = v.T("meet.with", "names", v.List(names))
	}
	mine, _ := m.Attends(v.By.Person)
	now := v.Now()
	switch {
	case m.State == Cancelled:
		r.State = v.T("meet.state.cancelled")
	case m.Start.After(now) && mine.Answer == "":
		r.State, r.Open = v.T("meet.state.unanswered"), true
	case m.Start.After(now) && mine.Answer == "no":
		r.State = v.T("meet.state.declined")
	case !m.Start.After(now) && mine.Met == "":
		r.State, r.Open = v.T("meet.state.unconfirmed"), true
	case mine.Met == "yes":
		r.State = v.T("meet.state.met")
	case mine.Met == "no":
		r.State = v.T("meet.state.missed")
	}
	return r
}

func where(v *visit.Visit, m Meeting) string {
	switch {
	case m.Place != "":
		return m.Place
	case m.Link != "":
		return v.T("meet.online")
	}
	return ""
}

// Open is GET /meetings/{id}.
func (p *Pages) Open(v *visit.Visit) error {
	n, err := v.ID("id")
	if err != nil {
		return err
	}
	m, err := p.Service.Open(v.R.Context(), v.By, n)
	if err != nil {
		return err
	}
	view, err := p.view(v, m)
	if err != nil {
		return err
	}
	v.Crumbs = []ui.Crumb{{Label: v.T("meet.title"), Href: "/meetings"}}
	return v.Show(m.Title, "meetings", pages.Open(v.Frame, view))
}

func (p *Pages) view(v *visit.Visit, m Meeting) (pages.OpenView, error) {
	view := pages.OpenView{
		Path: "/meetings/" + m.ID.String(), Title: m.Title, Start: m.Start, Day: v.Day(m.Start), Length: v.Duration(m.End.Sub(m.Start)),
		Place: m.Place, Link: m.Link, Cancelled: m.State == Cancelled, Series: m.EveryDays > 0, Every: m.EveryDays,
	}
	agenda, err := p.Agenda(v, m)
	if err != nil {
		return view, err
	}
	view.Agenda = p.HTML(agenda)
	now := v.Now()
	mine, attends := m.Attends(v.By.Person)
	view.Mine = mine.Answer
	view.Met = mine.Met
	planned := m.State == Planned
	view.MayAnswer = attends && planned && m.End.After(now)
	view.MayConfirm = attends && planned && !m.Start.After(now)
	var about map[id.ID]subject.Card
	var lines map[id.ID]people.Byline
	var entries map[id.ID]people.Entry
	if err := p.Service.DB.Read(v.R.Context(), func(tx *db.Tx) (err error) {
		list := persons([]Meeting{m})
		if about, err = subject.Resolve(tx, v.By, []id.ID{m.About}); err != nil {
			return err
		}
		if lines, err = people.BylinesOf(tx, v.By, list); err != nil {
			return err
		}
		entries, err = people.Some(tx, v.By, list)
		return err
	}); err != nil {
		return view, err
	}
	if c, ok := about[m.About]; ok {
		view.About, view.AboutHref = c.Title, c.URL
	}
	for _, a := range m.People {
		l, ok := lines[a.Person]
		if !ok {
			continue
		}
		x := pages.PersonView{Face: visit.Face(l), Answer: a.Answer}
		if x.Answer == "" {
			x.Answer = "none"
		}
		if local := Clock(v, entries[a.Person].Zone, m.Start); local != "" && a.Person != v.By.Person {
			x.Local = v.T("meet.local", "time", local)
		}
		view.People = append(view.People, x)
	}
	return view, nil
}

// mine opens a meeting of the path for somebody who is meant to come.
func (p *Pages) mine(v *visit.Visit) (Meeting, error) {
	n, err := v.ID("id")
	if err != nil {
		return Meeting{}, err
	}
	m, err := p.Service.Open(v.R.Context(), v.By, n)
	if err != nil {
		return m, err
	}
	if _, ok := m.Attends(v.By.Person); !ok {
		return m, fault.New(fault.Forbidden, "fault.meet_theirs")
	}
	return m, nil
}

// EditForm is GET /meetings/{id}/edit.
func (p *Pages) EditForm(v *visit.Visit) error {
	m, err := p.mine(v)
	if err != nil {
		return err
	}
	return p.editForm(v, http.StatusOK, m, nil, nil)
}

func (p *Pages) editForm(v *visit.Visit, status int, m Meeting, form *web.Values, wrong error) error {
	when, err := p.Service.WhenView(v, persons([]Meeting{m}), int(m.End.Sub(m.Start)/time.Minute), form, wrong)
	if err != nil {
		return err
	}
	faults := v.Faults(wrong)
	view := pages.EditView{Path: "/meetings/" + m.ID.String(), Title: m.Title, Agenda: m.Agenda, When: when, Faults: faults}
	if form == nil {
		at := m.Start.In(v.Zone())
		view.When.Own, view.When.Day, view.When.Time = true, at.Format(time.DateOnly), at.Format("15:04")
		view.When.Place, view.When.Link = m.Place, m.Link
	} else {
		view.Title, view.Agenda = form.Text("title"), form.Get("agenda")
	}
	v.Crumbs = []ui.Crumb{{Label: v.T("meet.title"), Href: "/meetings"}, {Label: m.Title, Href: view.Path}}
	return v.ShowStatus(status, v.T("meet.edit"), "meetings", pages.Edit(v.Frame, view))
}

// Edit is POST /meetings/{id}.
func (p *Pages) Edit(v *visit.Visit) error {
	form, err := v.Form()
	if err != nil {
		return err
	}
	m, err := p.mine(v)
	if err != nil {
		return err
	}
	w := ReadWhen(v, form)
	err = p.Service.Change(v.R.Context(), v.By, m.ID, Change{
		Title: form.Text("title"), Agenda: strings.TrimSpace(form.Get("agenda")), Place: w.Place, Link: w.Link, Online: w.Online, Start: w.Start, End: w.End, Zone: w.Zone,
	})
	if fault.Is(err, fault.Invalid) {
		return p.editForm(v, http.StatusUnprocessableEntity, m, form, err)
	}
	if err != nil {
		return err
	}
	return v.See("/meetings/" + m.ID.String())
}

// Answer is POST /meetings/{id}/answer.
func (p *Pages) Answer(v *visit.Visit) error {
	return p.say(v, func(n id.ID, form *web.Values) error {
		return p.Service.Answer(v.R.Context(), v.By, n, form.Text("answer"))
	})
}

// Confirm is POST /meetings/{id}/confirmation.
func (p *Pages) Confirm(v *visit.Visit) error {
	return p.say(v, func(n id.ID, form *web.Values) error {
		return p.Service.Confirm(v.R.Context(), v.By, n, form.Text("met"))
	})
}

func (p *Pages) say(v *visit.Visit, do func(n id.ID, form *web.Values) error) error {
	n, err := v.ID("id")
	if err != nil {
		return err
	}
	form, err := v.Form()
	if err != nil {
		return err
	}
	if err := do(n, form); err != nil {
		return err
	}
	return v.See(web.Local(form.Text("back"), "/meetings/"+n.String()))
}

// CancelForm is GET /meetings/{id}/cancellation.
func (p *Pages) CancelForm(v *visit.Visit) error {
	m, err := p.mine(v)
	if err != nil {
		return err
	}
	path := "/meetings/" + m.ID.String()
	v.Crumbs = []ui.Crumb{{Label: v.T("meet.title"), Href: "/meetings"}, {Label: m.Title, Href: path}}
	return v.Show(v.T("meet.cancel"), "meetings", pages.Cancel(v.Frame, pages.CancelView{Path: path, Title: m.Title, Series: m.EveryDays > 0, Others: len(m.People) - 1}))
}

// Cancel is POST /meetings/{id}/cancellation.
func (p *Pages) Cancel(v *visit.Visit) error {
	return p.say(v, func(n id.ID, form *web.Values) error {
		return p.Service.Cancel(v.R.Context(), v.By, n, form.Bool("series"))
	})
}

// Sheet is GET /meetings/sheet: what is coming, on one page of paper.
func (p *Pages) Sheet(v *visit.Visit) error {
	list, _, err := p.Service.List(v.R.Context(), v.By, false, Mark{}, 30)
	if err != nil {
		return err
	}
	rows, err := p.rows(v, list)
	if err != nil {
		return err
	}
	var sheet []pages.SheetRow
	for i, m := range list {
		x := pages.SheetRow{RowView: rows[i]}
		if m.State == Planned {
			x.Link = m.Link
			agenda, err := p.Agenda(v, m)
			if err != nil {
				return err
			}
			x.Agenda = p.HTML(agenda)
		}
		sheet = append(sheet, x)
	}
	v.Frame.Title = v.T("meet.sheet")
	return ui.Write(v.W, v.R, http.StatusOK, ui.Bare(v.Frame, pages.Sheet(v.Frame, v.By.Name, v.Day(v.Now()), sheet)))
}

// MakeFeed is POST /meetings/feed.
func (p *Pages) MakeFeed(v *visit.Visit) error {
	form, err := v.Form()
	if err != nil {
		return err
	}
	if form.Text("do") == "end" {
		if err := p.Service.EndFeed(v.R.Context(), v.By); err != nil {
			return err
		}
		return v.See("/meetings")
	}
	path, err := p.Service.NewFeed(v.R.Context(), v.By)
	if err != nil {
		return err
	}
	return p.list(v, path)
}

// Feed is GET /calendar/{token}, for calendar programs, which bring no cookie.
func (p *Pages) Feed(v *visit.Visit) error {
	token := strings.TrimSuffix(v.R.PathValue("token"), ".ics")
	by, list, err := p.Service.Feed(v.R.Context(), token)
	if err != nil {
		return err
	}
	var lines map[id.ID]people.Byline
	if err := p.Service.DB.Read(v.R.Context(), func(tx *db.Tx) error {
		lines, err = people.BylinesOf(tx, by, persons(list))
		return err
	}); err != nil {
		return err
	}
	text, err := p.Print(v.R.Context(), by.Person, list, lines)
	if err != nil {
		return err
	}
	v.W.Header().Set("Content-Type", "text/calendar; charset=utf-8")
	v.W.Header().Set("Cache-Control", "private, max-age=300")
	_, err = v.W.Write(text)
	return err
}

// SignedForm is GET /met/{token}: programs that check mail follow links, so
// following it alone changes nothing.
func (p *Pages) SignedForm(v *visit.Visit) error { return p.signed(v, http.StatusOK) }

func (p *Pages) signed(v *visit.Visit, status int) error {
	m, by, err := p.Service.Signed(v.R.Context(), v.R.PathValue("token"))
	if err != nil {
		return err
	}
	var lines map[id.ID]people.Byline
	if err := p.Service.DB.Read(v.R.Context(), func(tx *db.Tx) error {
		lines, err = people.BylinesOf(tx, by, persons([]Meeting{m}))
		return err
	}); err != nil {
		return err
	}
	view := pages.SignedView{Path: v.R.URL.Path, Met: m.Mine(by.Person), Early: m.Start.After(v.Now()) || m.State == Cancelled}
	var names []string
	for _, a := range m.People {
		if l, ok := lines[a.Person]; ok && a.Person != by.Person {
			names = append(names, l.Name)
			view.Faces = append(view.Faces, visit.Face(l))
		}
	}
	view.Question = v.T("meet.met_question", "names", v.List(names), "day", v.Day(m.Start))
	v.Frame.Title = m.Title
	return ui.Write(v.W, v.R, status, ui.Bare(v.Frame, pages.Signed(v.Frame, view)))
}

// Signed is POST /met/{token}.
func (p *Pages) Signed(v *visit.Visit) error {
	form, err := v.Form()
	if err != nil {
		return err
	}
	m, by, err := p.Service.Signed(v.R.Context(), v.R.PathValue("token"))
	if err != nil {
		return err
	}
	if err := p.Service.Confirm(v.R.Context(), by, m.ID, form.Text("met")); err != nil {
		return err
	}
	return p.signed(v, http.StatusOK)
}
