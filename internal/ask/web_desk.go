package ask

import (
	"net/http"
	"net/url"
	"strings"

	"github.com/guildhall/guildhall/internal/ask/pages"
	"github.com/guildhall/guildhall/internal/core/people"
	"github.com/guildhall/guildhall/internal/core/visit"
	"github.com/guildhall/guildhall/internal/platform/db"
	"github.com/guildhall/guildhall/internal/platform/fault"
	"github.com/guildhall/guildhall/internal/platform/id"
	"github.com/guildhall/guildhall/internal/platform/web"
	"github.com/guildhall/guildhall/internal/ui"
)

// first says who is asked first, nil when the asker chose nobody or somebody
// who is not there.
func (p *Pages) first(v *visit.Visit, chosen *web.Values, title string) (*pages.FirstView, error) {
	n, err := chosen.ID("ask")
	if err != nil || n == 0 || n == v.By.Person {
		return nil, nil
	}
	var who people.Entry
	var ok bool
	if err := p.Service.db.Read(v.R.Context(), func(tx *db.Tx) error {
		some, err := people.Some(tx, v.By, []id.ID{n})
		who, ok = some[n]
		return err
	}); err != nil || !ok {
		return nil, err
	}
	view := &pages.FirstView{ID: n.String(), Face: entryFace(who), Everybody: "/questions/new"}
	if title != "" {
		view.Everybody += "?" + url.Values{"title": {title}}.Encode()
	}
	free, err := p.Routing.Free(v.R.Context(), n)
	if err != nil {
		return nil, err
	}
	if free {
		view.Line = v.T("ask.first", "name", who.Name)
		return view, nil
	}
	var names []string
	if title != "" && p.Likely != nil {
		others, err := p.Likely(v, title, n, 3)
		if err != nil {
			return nil, err
		}
		for _, o := range others {
			if o.Free {
				names = append(names, o.By.Name)
			}
		}
	}
	view.Line = v.T("ask.first_busy", "name", who.Name)
	if len(names) > 0 {
		view.Line = v.T("ask.first_others", "name", who.Name, "others", v.List(names))
	}
	return view, nil
}

func entryFace(e people.Entry) ui.Face {
	return visit.Face(people.Byline{Name: e.Name, Mark: e.ID.String(), Cut: e.Cut, Picture: e.Picture, Person: e.ID})
}

// wayLines says to its asker how far a question has come.
func wayLines(v *visit.Visit, w Way) []string {
	var out []string
	switch {
	case w.State == RouteNobody:
		return []string{v.T("ask.way_nobody")}
	case w.State == RouteDesk && w.Asked == 0:
		return []string{v.T("ask.way_desk_once")}
	case w.State == RouteDesk:
		return []string{v.T("ask.way_desk")}
	case w.State != RouteAsking:
		return nil
	case w.Name != "" && w.Busy:
		out = append(out, v.T("ask.way_busy", "name", w.Name, "n", w.Asked))
	case w.Name != "" && w.Asked == 1:
		out = append(out, v.T("ask.way_first", "name", w.Name))
	default:
		out = append(out, v.T("ask.way", "n", w.Asked))
	}
	if !w.Next.IsZero() {
		out = append(out, v.T("ask.way_next", "when", v.When(w.Next)))
	}
	return out
}

// likelyMost is how many people the desk's page suggests.
const likelyMost = 5

// Desk is GET /questions/{id}/desk.
func (p *Pages) Desk(v *visit.Visit) error { return p.desk(v, http.StatusOK, "", "", nil) }

func (p *Pages) desk(v *visit.Visit, status int, person, words string, wrong error) error {
	ctx := v.R.Context()
	n, err := v.ID("id")
	if err != nil {
		return err
	}
	q, err := p.Service.LoadQuestion(ctx, v.By, n)
	if err != nil {
		return err
	}
	if err := p.Service.NeedDesk(ctx, v.By, n); err != nil {
		return err
	}
	path := "/questions/" + n.String()
	view := pages.DeskView{
		Title: q.Title, Path: path, Search: "/who-knows?" + url.Values{"q": {q.Title}}.Encode(), Person: person, Words: words, Faults: v.Faults(wrong),
	}
	likely, err := p.Routing.Likely(ctx, q, likelyMost)
	if err != nil {
		return err
	}
	var some map[id.ID]people.Entry
	if err := p.Service.db.Read(ctx, func(tx *db.Tx) (err error) {
		some, err = people.Some(tx, v.By, likely)
		return err
	}); err != nil {
		return err
	}
	for _, l := range likely {
		e, ok := some[l]
		if !ok {
			continue
		}
		first, _, _ := strings.Cut(e.Name, " ")
		var line []string
		for _, s := range []string{e.Title, e.Unit, e.Site} {
			if s != "" {
				line = append(line, s)
			}
		}
		view.Likely = append(view.Likely, pages.UnaskedView{
			ID: l.String(), Face: entryFace(e), Line: strings.Join(line, ", "), Ask: v.T("ask.desk_ask", "name", first),
		})
	}
	v.Crumbs = []ui.Crumb{{Label: v.T("ask.heading"), Href: "/questions"}, {Label: q.Title, Href: path}}
	return v.ShowStatus(status, v.T("ask.desk_title"), "ask", pages.Desk(v.Frame, view))
}

// Forward is POST /questions/{id}/forwarding.
func (p *Pages) Forward(v *visit.Visit) error {
	form, err := v.Form()
	if err != nil {
		return err
	}
	n, err := v.ID("id")
	if err != nil {
		return err
	}
	if err := p.Service.NeedDesk(v.R.Context(), v.By, n); err != nil {
		return err
	}
	typed := form.Text("person")
	var who id.ID
	err = p.Service.db.Read(v.R.Context(), func(tx *db.Tx) (err error) {
		who, err = people.FindOne(tx, v.By, "person", typed)
		return err
	})
	if err == nil {
		err = p.Routing.Forward(v.R.Context(), v.By, n, who)
	}
	if fault.Is(err, fault.Invalid) {
		return p.desk(v, http.StatusUnprocessableEntity, typed, "", err)
	}
	if err != nil {
		return err
	}
	ui.SetFlash(v.W, ui.Flash{Text: v.T("ask.forwarded")})
	return v.See("/questions/" + n.String())
}

// NobodyKnows is POST /questions/{id}/nobody.
func (p *Pages) NobodyKnows(v *visit.Visit) error {
	form, err := v.Form()
	if err != nil {
		return err
	}
	n, err := v.ID("id")
	if err != nil {
		return err
	}
	err = p.Service.NobodyKnows(v.R.Context(), v.By, n, form.Get("words"))
	if fault.Is(err, fault.Invalid) {
		return p.desk(v, http.StatusUnprocessableEntity, "", form.Get("words"), err)
	}
	if err != nil {
		return err
	}
	return v.See("/questions/" + n.String())
}
