package coffee

import (
	"net/http"
	"strconv"
	"strings"
	"time"
	"unicode"

	"github.com/guildhall/guildhall/internal/coffee/pages"
	"github.com/guildhall/guildhall/internal/core/access"
	"github.com/guildhall/guildhall/internal/core/people"
	"github.com/guildhall/guildhall/internal/core/visit"
	"github.com/guildhall/guildhall/internal/platform/db"
	"github.com/guildhall/guildhall/internal/platform/fault"
	"github.com/guildhall/guildhall/internal/platform/id"
	"github.com/guildhall/guildhall/internal/platform/web"
	"github.com/guildhall/guildhall/internal/ui"
)

// Pages answers with coffee.
type Pages struct {
	Service *Service
}

// crumb leads back to the practice.
func crumb(v *visit.Visit) {
	v.Crumbs = []ui.Crumb{{Label: v.T("coffee.title"), Href: "/coffee"}}
}

// bylines are how people are shown to the visitor.
func (p *Pages) bylines(v *visit.Visit, list []id.ID) (out map[id.ID]people.Byline, err error) {
	err = p.Service.DB.Read(v.R.Context(), func(tx *db.Tx) error {
		out, err = people.BylinesOf(tx, v.By, list)
		return err
	})
	return out, err
}

// Home is GET /coffee.
func (p *Pages) Home(v *visit.Visit) error {
	ctx := v.R.Context()
	query, err := v.Query()
	if err != nil {
		return err
	}
	after, err := web.ParseCursor(query.Text("cursor"))
	if err != nil {
		return err
	}
	before, err := query.ID("before")
	if err != nil {
		return err
	}
	view := pages.HomeView{Guest: v.By.Role == access.Guest}
	list, more, err := p.Service.Pairs(ctx, v.By, before, 5)
	if err != nil {
		return err
	}
	if view.Pairs, err = p.pairRows(v, list); err != nil {
		return err
	}
	if before != 0 {
		view.PairsNext.Newer = "/coffee"
	}
	if more {
		view.PairsNext.Older = "/coffee?before=" + list[len(list)-1].ID.String()
	}
	mine, _, err := p.Service.Groups(ctx, v.By, true, Mark{}, 0)
	if err != nil {
		return err
	}
	for _, g := range mine {
		view.Mine = append(view.Mine, p.groupRow(v, g))
	}
	groups, more, err := p.Service.Groups(ctx, v.By, false, Mark{At: after.At, ID: after.ID}, 30)
	if err != nil {
		return err
	}
	for _, g := range groups {
		if g.Mine.State == "" {
			view.Groups = append(view.Groups, p.groupRow(v, g))
		}
	}
	if !after.IsZero() {
		view.More.Newer = "/coffee"
	}
	if more {
		last := groups[len(groups)-1]
		view.More.Older = "/coffee?cursor=" + web.Cursor{At: last.Created, ID: last.ID}.String()
	}
	until, err := p.Service.LunchUntil(ctx, v.By)
	if err != nil {
		return err
	}
	if view.NoSite, err = p.Service.Siteless(ctx, v.By); err != nil {
		return err
	}
	if !until.IsZero() {
		view.Lunch = v.Clock(until)
	} else if before == 0 && len(list) > 0 && list[0].Now(v.Now()) {
		view.Company, view.CompanyHref = view.Pairs[0].Names, view.Pairs[0].Href
	}
	if err := p.offers(v, query, &view); err != nil {
		return err
	}
	return v.Show(v.T("coffee.title"), "coffee", pages.Home(v.Frame, view))
}

func (p *Pages) pairRows(v *visit.Visit, list []Pair) ([]pages.PairRow, error) {
	var ids []id.ID
	for _, x := range list {
		ids = append(ids, x.Persons()...)
	}
	lines, err := p.bylines(v, ids)
	if err != nil {
		return nil, err
	}
	var out []pages.PairRow
	for _, x := range list {
		r := pages.PairRow{Href: "/coffee/pairs/" + x.ID.String(), Line: v.T("coffee.drawn", "kind", x.Kind, "day", v.Day(x.At))}
		var names []string
		for _, q := range x.People {
			if l, ok := lines[q.Person]; ok && q.Person != v.By.Person {
				r.Faces = append(r.Faces, visit.Face(l))
				names = append(names, l.Name)
			}
		}
		r.Names = v.List(names)
		switch mine := x.Mine(v.By.Person); {
		case mine == "yes":
			r.State = v.T("coffee.state.met")
		case mine == "no":
			r.State = v.T("coffee.state.missed")
		case x.Now(v.Now()):
			r.State, r.Open = v.T("coffee.now"), true
		default:
			r.State, r.Open = v.T("coffee.state.open"), true
		}
		out = append(out, r)
	}
	return out, nil
}

func (p *Pages) groupRow(v *visit.Visit, g Seen) pages.GroupRow {
	r := pages.GroupRow{Href: "/coffee/groups/" + g.ID.String(), Name: g.Name, Line: groupLine(v, g.Group)}
	switch {
	case g.Mine.State == "paused":
		r.State = v.T("coffee.state.paused")
	case g.Mine.State == "":
		r.Path = r.Href + "/membership"
	case g.Mine.Snoozing(g.Next):
		r.State = v.T("coffee.state.snoozing")
	default:
		r.State = v.T("coffee.state.in")
	}
	return r
}

// groupLine says in one sentence what a group does.
func groupLine(v *visit.Visit, g Group) string {
	return v.T("coffee.line", "every", string(g.Every), "size", g.Size, "mixing", string(g.Mixing))
}

// New is GET /coffee/groups/new. A sentence fills the form in.
func (p *Pages) New(v *visit.Visit) error {
	query, err := v.Query()
	if err != nil {
		return err
	}
	if v.By.Role == access.Guest {
		return fault.Missing()
	}
	return p.form(v, http.StatusOK, 0, understand(v, query.Text("sentence")), query.Text("sentence"), nil)
}

// understand reads a sentence like "Coffee for the mill every two weeks, in
// threes, with other departments": what stands before the first thing it knows
// is the name.
func understand(v *visit.Visit, sentence string) NewGroup {
	n := NewGroup{Every: Weekly, Size: 2, Mixing: Mixed}
	lower := strings.ToLower(sentence)
	cut := len(lower)
	if len(lower) != len(sentence) {
		lower = sentence // letters that change their length when they are lowered
	}
	found := func(key string) bool {
		for _, phrase := range strings.Split(v.T(key), ",") {
			if phrase = strings.ToLower(strings.TrimSpace(phrase)); phrase == "" {
				continue
			}
			if i := strings.Index(lower, phrase); i >= 0 {
				cut = min(cut, i)
				return true
			}
		}
		return false
	}
	switch {
	case found("coffee.read.month"):
		n.Every = Monthly
	case found("coffee.read.fortnight"):
		n.Every = Fortnightly
	default:
		found("coffee.read.week")
	}
	if found("coffee.read.three") {
		n.Size = 3
	} else {
		found("coffee.read.two")
	}
	switch {
	case found("coffee.read.across"):
		n.Mixing = Across
	case found("coffee.read.within"):
		n.Mixing = Within
	}
	name := strings.TrimFunc(sentence[:min(cut, len(sentence))], func(r rune) bool { return unicode.IsSpace(r) || strings.ContainsRune(",.;:–-", r) })
	if name == "" {
		name = strings.TrimSpace(sentence)
	}
	if r := []rune(name); len(r) > maxName {
		name = strings.TrimSpace(string(r[:maxName]))
	}
	n.Name = name
	return n
}

func (p *Pages) form(v *visit.Visit, status int, group id.ID, n NewGroup, sentence string, wrong error) error {
	view := pages.FormView{Path: "/coffee/groups", Title: v.T("coffee.start_group"), New: group == 0, Sentence: sentence, Name: n.Name, Faults: v.Faults(wrong)}
	crumb(v)
	if group != 0 {
		view.Path, view.Title = "/coffee/groups/"+group.String(), v.T("coffee.edit")
	} else if zone := v.Zone(); zone != nil {
		view.First = v.T("coffee.first_round", "day", v.Day(Following(v.Now(), 48*time.Hour, zone)))
	}
	for _, c := range Cadences() {
		view.Every = append(view.Every, ui.Option{Value: string(c), Label: v.T("coffee.every." + string(c)), On: n.Every == c})
	}
	for _, k := range []int{2, 3} {
		view.Size = append(view.Size, ui.Option{Value: strconv.Itoa(k), Label: v.T("coffee.size_n", "n", k), On: n.Size == k})
	}
	for _, m := range Mixings() {
		view.Mixing = append(view.Mixing, ui.Option{Value: string(m), Label: v.T("coffee.mixing." + string(m)), Note: v.T("coffee.mixing_note." + string(m)), On: n.Mixing == m})
	}
	return v.ShowStatus(status, view.Title, "coffee", pages.Form(v.Frame, view))
}

func readGroup(form *web.Values) NewGroup {
	size, err := form.Int("size", 2)
	if err != nil {
		size = 0 // refused with the other fields
	}
	return NewGroup{Name: form.Text("name"), Every: Cadence(form.Text("every")), Size: size, Mixing: Mixing(form.Text("mixing"))}
}

// Start is POST /coffee/groups.
func (p *Pages) Start(v *visit.Visit) error {
	form, err := v.Form()
	if err != nil {
		return err
	}
	n := readGroup(form)
	n.Zone = v.Zone().String()
	g, err := p.Service.Start(v.R.Context(), v.By, n)
	if fault.Is(err, fault.Invalid) {
		return p.form(v, http.StatusUnprocessableEntity, 0, n, "", err)
	}
	if err != nil {
		return err
	}
	return v.See("/coffee/groups/" + g.String())
}

// EditForm is GET /coffee/groups/{id}/edit.
func (p *Pages) EditForm(v *visit.Visit) error {
	g, err := p.tended(v)
	if err != nil {
		return err
	}
	return p.form(v, http.StatusOK, g.ID, NewGroup{Name: g.Name, Every: g.Every, Size: g.Size, Mixing: g.Mixing}, "", nil)
}

// tended opens the group of the path for those who look after it.
func (p *Pages) tended(v *visit.Visit) (Seen, error) {
	n, err := v.ID("id")
	if err != nil {
		return Seen{}, err
	}
	g, err := p.Service.Open(v.R.Context(), v.By, n)
	switch {
	case err != nil:
	case !g.Tends:
		err = fault.New(fault.Forbidden, "fault.coffee_theirs")
	case g.State != "open":
		err = fault.New(fault.Conflict, "fault.coffee_closed")
	}
	return g, err
}

// Edit is POST /coffee/groups/{id}.
func (p *Pages) Edit(v *visit.Visit) error {
	form, err := v.Form()
	if err != nil {
		return err
	}
	g, err := p.tended(v)
	if err != nil {
		return err
	}
	n := readGroup(form)
	err = p.Service.Change(v.R.Context(), v.By, g.ID, n)
	if fault.Is(err, fault.Invalid) {
		return p.form(v, http.StatusUnprocessableEntity, g.ID, n, "", err)
	}
	if err != nil {
		return err
	}
	return v.See("/coffee/groups/" + g.ID.String())
}

// Group is GET /coffee/groups/{id}.
func (p *Pages) Group(v *visit.Visit) error {
	n, err := v.ID("id")
	if err != nil {
		return err
	}
	g, err := p.Service.Open(v.R.Context(), v.By, n)
	if err != nil {
		return err
	}
	view := pages.GroupView{Path: "/coffee/groups/" + n.String(), Name: g.Name, State: g.Mine.State, Closed: g.State != "open", Tends: g.Tends}
	view.Facts = []ui.Fact{{Term: v.T("coffee.what"), Text: groupLine(v, g.Group)}}
	if !view.Closed {
		view.Facts = append(view.Facts, ui.Fact{Term: v.T("coffee.next"), Text: v.Day(g.Next)})
	}
	if g.Last.Published() {
		view.Facts = append(view.Facts, ui.Fact{Term: v.T("coffee.last"), Text: v.T("coffee.last_round", "n", g.Last.Number, "day", v.Day(g.Last.At))})
	} else if g.Last.ID != 0 {
		view.DrawingPercent = 100 * g.Last.Written / max(1, g.Last.Total)
		view.Drawing = v.T("coffee.drawing", "percent", view.DrawingPercent)
	}
	if g.People > 0 {
		view.Facts = append(view.Facts, ui.Fact{Term: v.T("coffee.people"), Text: v.T("coffee.people_n", "n", g.People)})
	}
	if g.Mine.Snoozing(g.Next) {
		view.Snoozed = v.T("coffee.snoozed", "day", v.Day(g.Mine.Snoozed))
	}
	for _, k := range []int{1, 2, 4, 8} {
		view.Snooze = append(view.Snooze, ui.Option{Value: strconv.Itoa(k), Label: v.T("coffee.rounds", "n", k)})
	}
	crumb(v)
	return v.Show(g.Name, "coffee", pages.Group(v.Frame, view))
}

// Membership is POST /coffee/groups/{id}/membership.
func (p *Pages) Membership(v *visit.Visit) error {
	n, err := v.ID("id")
	if err != nil {
		return err
	}
	form, err := v.Form()
	if err != nil {
		return err
	}
	switch form.Text("do") {
	case "leave":
		err = p.Service.Leave(v.R.Context(), v.By, n)
	case "snooze":
		var rounds int
		if rounds, err = form.Int("rounds", 1); err == nil {
			err = p.Service.Snooze(v.R.Context(), v.By, n, rounds)
		}
	default:
		err = p.Service.Join(v.R.Context(), v.By, n)
	}
	if err != nil {
		return err
	}
	return v.See("/coffee/groups/" + n.String())
}

// Draw is POST /coffee/groups/{id}/rounds.
func (p *Pages) Draw(v *visit.Visit) error {
	n, err := v.ID("id")
	if err != nil {
		return err
	}
	defer evenly(v.R.Context(), time.Now())
	if err := p.Service.Draw(v.R.Context(), v.By, n); err != nil {
		return err
	}
	ui.SetFlash(v.W, ui.Flash{Text: v.T("coffee.drew")})
	return v.See("/coffee/groups/" + n.String())
}

// Close is POST /coffee/groups/{id}/closing.
func (p *Pages) Close(v *visit.Visit) error {
	n, err := v.ID("id")
	if err != nil {
		return err
	}
	if err := p.Service.Close(v.R.Context(), v.By, n); err != nil {
		return err
	}
	return v.See("/coffee/groups/" + n.String())
}

// Avoid is GET /coffee/avoid.
func (p *Pages) Avoid(v *visit.Visit) error { return p.avoid(v, http.StatusOK, "", nil) }

func (p *Pages) avoid(v *visit.Visit, status int, person string, wrong error) error {
	list, err := p.Service.Avoids(v.R.Context(), v.By)
	if err != nil {
		return err
	}
	lines, err := p.bylines(v, list)
	if err != nil {
		return err
	}
	view := pages.AvoidView{Person: person, Faults: v.Faults(wrong)}
	for _, n := range list {
		if l, ok := lines[n]; ok {
			view.People = append(view.People, pages.PersonView{ID: n.String(), Face: visit.Face(l)})
		}
	}
	crumb(v)
	return v.ShowStatus(status, v.T("coffee.avoid"), "coffee", pages.Avoid(v.Frame, view))
}

// SetAvoid is POST /coffee/avoid.
func (p *Pages) SetAvoid(v *visit.Visit) error {
	form, err := v.Form()
	if err != nil {
		return err
	}
	if form.Text("do") == "end" {
		n, err := form.ID("who")
		if err != nil {
			return err
		}
		if err := p.Service.Forgive(v.R.Context(), v.By, n); err != nil {
			return err
		}
		return v.See("/coffee/avoid")
	}
	err = p.Service.Avoid(v.R.Context(), v.By, form.Text("person"))
	if fault.Is(err, fault.Invalid) {
		return p.avoid(v, http.StatusUnprocessableEntity, form.Text("person"), err)
	}
	if err != nil {
		return err
	}
	return v.See("/coffee/avoid")
}

// Lunch is POST /coffee/lunch.
func (p *Pages) Lunch(v *visit.Visit) error {
	form, err := v.Form()
	if err != nil {
		return err
	}
	if form.Text("do") == "end" {
		if err := p.Service.NoLunch(v.R.Context(), v.By); err != nil {
			return err
		}
		return v.See("/coffee#lunch")
	}
	pair, err := p.Service.LunchNow(v.R.Context(), v.By)
	if err != nil {
		return err
	}
	if pair != 0 {
		return v.See("/coffee/pairs/" + pair.String())
	}
	return v.See("/coffee#lunch")
}

// Kept is GET /coffee/kept.
func (p *Pages) Kept(v *visit.Visit) error {
	query, err := v.Query()
	if err != nil {
		return err
	}
	after, err := web.ParseCursor(query.Text("cursor"))
	if err != nil {
		return err
	}
	list, more, err := p.Service.Kept(v.R.Context(), v.By, Mark{At: after.At, ID: after.ID}, 20)
	if err != nil {
		return err
	}
	var authors []id.ID
	for _, w := range list {
		authors = append(authors, w.Author)
	}
	var by map[id.ID]people.Byline
	if err := p.Service.DB.Read(v.R.Context(), func(tx *db.Tx) error {
		by, err = people.Bylines(tx, v.By, authors)
		return err
	}); err != nil {
		return err
	}
	view := pages.KeptView{}
	for _, w := range list {
		view.Words = append(view.Words, pages.KeptRow{ID: w.ID.String(), Text: w.Text, When: v.Day(w.At), By: visit.Face(by[w.Author])})
	}
	if !after.IsZero() {
		view.More.Newer = "/coffee/kept"
	}
	if more {
		last := list[len(list)-1]
		view.More.Older = "/coffee/kept?cursor=" + web.Cursor{At: last.At, ID: last.ID}.String()
	}
	crumb(v)
	return v.Show(v.T("coffee.kept"), "coffee", pages.Kept(v.Frame, view))
}

// Drop is POST /coffee/kept/{id}/removal.
func (p *Pages) Drop(v *visit.Visit) error {
	n, err := v.ID("id")
	if err != nil {
		return err
	}
	if err := p.Service.Drop(v.R.Context(), v.By, n); err != nil {
		return err
	}
	return v.See("/coffee/kept")
}
