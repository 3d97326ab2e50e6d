package coffee

import (
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/guildhall/guildhall/internal/coffee/pages"
	"github.com/guildhall/guildhall/internal/core/meet"
	"github.com/guildhall/guildhall/internal/core/people"
	"github.com/guildhall/guildhall/internal/core/skills"
	"github.com/guildhall/guildhall/internal/core/visit"
	"github.com/guildhall/guildhall/internal/platform/fault"
	"github.com/guildhall/guildhall/internal/platform/id"
	"github.com/guildhall/guildhall/internal/platform/web"
	"github.com/guildhall/guildhall/internal/ui"
)

// quickSlots is how many times can be proposed with one click.
const quickSlots = 3

// Pair is GET /coffee/pairs/{id}.
func (p *Pages) Pair(v *visit.Visit) error {
	w, err := p.opened(v)
	if err != nil {
		return err
	}
	return p.pair(v, http.StatusOK, w, "", nil)
}

func (p *Pages) opened(v *visit.Visit) (Whole, error) {
	n, err := v.ID("id")
	if err != nil {
		return Whole{}, err
	}
	return p.Service.OpenPair(v.R.Context(), v.By, n)
}

// names are the whole names of the others.
func names(v *visit.Visit, w Whole, short bool) string {
	var out []string
	for _, x := range w.People {
		if q, ok := w.Profiles[x.Person]; ok && x.Person != v.By.Person {
			if short {
				out = append(out, first(q.Name))
			} else {
				out = append(out, q.Name)
			}
		}
	}
	return v.List(out)
}

func face(q people.Profile) ui.Face {
	f := visit.Face(people.Byline{Name: q.Name, Mark: q.ID.String(), Cut: q.Cut, Picture: q.Picture, Person: q.ID})
	var note []string
	for _, s := range []string{q.Unit.Name, q.Site.Name} {
		if s != "" {
			note = append(note, s)
		}
	}
	f.Note = strings.Join(note, ", ")
	return f
}

func (p *Pages) pair(v *visit.Visit, status int, w Whole, words string, wrong error) error {
	view := pages.PairView{
		Path: "/coffee/pairs/" + w.ID.String(), Title: v.T("coffee.with", "names", names(v, w, false), "kind", w.Kind), Met: w.Mine(v.By.Person),
		Starters: w.Starters(v), Words: words, Faults: v.Faults(wrong),
	}
	if w.Name != "" {
		view.Lede = v.T("coffee.of_round", "name", w.Name, "day", v.Day(w.At))
	} else {
		view.Lede = v.T("coffee.of_lunch", "day", v.Day(w.At))
	}
	if !w.MetBefore.IsZero() {
		view.Repeat = v.T("coffee.repeat", "day", v.Day(w.MetBefore), "kind", w.Kind)
	}
	var here []id.ID
	for _, x := range w.People {
		q, ok := w.Profiles[x.Person]
		if !ok {
			continue
		}
		here = append(here, q.ID)
		one := pages.PersonView{ID: q.ID.String(), Face: face(q), Title: q.Title, About: q.About}
		for _, d := range w.Says[q.ID] {
			if d.Direction == skills.Teach && len(one.Skills) < 4 {
				one.Skills = append(one.Skills, d.Name)
			}
		}
		view.People = append(view.People, one)
		if x.Person != v.By.Person {
			if slices.Contains(w.Thanked, x.Person) {
				view.Thanked = v.T("coffee.thanked", "name", first(q.Name))
			}
			view.To = append(view.To, ui.Option{Value: q.ID.String(), Label: q.Name})
		}
	}
	for _, r := range w.Reasons {
		if text, icon := reason(v, w, r); text != "" && len(view.Why) < 4 {
			view.Why = append(view.Why, ui.Reason{Icon: icon, Text: text})
		}
	}
	now := v.Now()
	planned := false
	for _, m := range w.Meetings {
		if m.State == meet.Planned {
			planned = planned || m.End.After(now)
			view.Meetings = append(view.Meetings, pages.MeetingView{Href: "/meetings/" + m.ID.String(), Line: v.T("coffee.meeting", "day", v.Day(m.Start), "time", v.Clock(m.Start))})
		}
	}
	view.Planned = planned
	when := ""
	view.Now = w.Now(now) && !planned
	if len(here) > 1 && !view.Now {
		suggested, err := p.Service.Meet.WhenView(v, here, 30, nil, nil)
		if err != nil {
			return err
		}
		view.Near = suggested.Near
		for i, o := range suggested.Slots {
			if i == quickSlots {
				break
			}
			if i == 0 {
				when = clocks(v, w, o)
			}
			if !planned {
				view.Slots = append(view.Slots, pages.SlotView{Value: o.Value, Label: o.Label, Note: o.Note})
			}
		}
	}
	view.Message = w.Message(v, v.By.Person, names(v, w, true), when, view.Near, view.Now)
	crumb(v)
	return v.ShowStatus(status, view.Title, "coffee", pages.Pair(v.Frame, view))
}

// clocks is a suggested time as a message says it: also in the clocks of those
// who read it elsewhere, because the reader's means something else to them.
func clocks(v *visit.Visit, w Whole, o ui.Option) string {
	at, err := time.Parse(time.RFC3339, o.Value)
	if err != nil {
		return o.Label
	}
	var there []string
	for _, x := range w.People {
		q, ok := w.Profiles[x.Person]
		if !ok || x.Person == v.By.Person {
			continue
		}
		if local := meet.Clock(v, q.Zone, at); local != "" {
			there = append(there, v.T("meet.clock_of", "time", local, "name", first(q.Name)))
		}
	}
	if len(there) == 0 {
		return o.Label
	}
	return v.T("coffee.when_clocks", "when", o.Label, "clocks", v.List(there))
}

// reason prints why the pair meets, to the reader.
func reason(v *visit.Visit, w Whole, r Reason) (string, ui.Icon) {
	from, to := w.Profiles[r.From], w.Profiles[r.To]
	switch r.Kind {
	case "learn":
		for _, d := range w.Says[r.To] {
			if d.ID != r.Skill {
				continue
			}
			switch {
			case r.From == v.By.Person:
				return v.T("coffee.why.you_learn", "name", first(to.Name), "skill", d.Name), ui.IconGrowth
			case r.To == v.By.Person:
				return v.T("coffee.why.you_show", "name", first(from.Name), "skill", d.Name), ui.IconGrowth
			}
			return v.T("coffee.why.learn", "name", first(from.Name), "teacher", first(to.Name), "skill", d.Name), ui.IconGrowth
		}
	case "gap":
		if from.Unit.Name != "" && to.Unit.Name != "" {
			return v.T("coffee.why.gap", "one", from.Unit.Name, "other", to.Unit.Name), ui.IconPeople
		}
	case "across":
		if from.Unit.Name != "" && to.Unit.Name != "" {
			return v.T("coffee.why.across", "one", from.Unit.Name, "other", to.Unit.Name), ui.IconPeople
		}
	case "site":
		if from.Site.Name != "" {
			return v.T("coffee.why.site", "site", from.Site.Name), ui.IconPin
		}
	}
	return "", ""
}

// PlanForm is GET /coffee/pairs/{id}/meeting.
func (p *Pages) PlanForm(v *visit.Visit) error {
	w, err := p.opened(v)
	if err != nil {
		return err
	}
	return p.planForm(v, http.StatusOK, w, nil, nil)
}

func (p *Pages) planForm(v *visit.Visit, status int, w Whole, form *web.Values, wrong error) error {
	var here []id.ID
	for _, x := range w.People {
		if _, ok := w.Profiles[x.Person]; ok {
			here = append(here, x.Person)
		}
	}
	when, err := p.Service.Meet.WhenView(v, here, 30, form, wrong)
	if err != nil {
		return err
	}
	title := v.T("coffee.with", "names", names(v, w, false), "kind", w.Kind)
	view := pages.PlanView{Path: "/coffee/pairs/" + w.ID.String(), Title: title, When: when, Faults: v.Faults(wrong)}
	if form != nil {
		view.Agenda = form.Get("agenda")
	} else {
		view.Agenda = strings.Join(w.Starters(v), "\n")
	}
	crumb(v)
	v.Crumbs = append(v.Crumbs, ui.Crumb{Label: title, Href: view.Path})
	return v.ShowStatus(status, v.T("coffee.plan_title"), "coffee", pages.Plan(v.Frame, view))
}

// Plan is POST /coffee/pairs/{id}/meeting: a suggested time with one click, or
// what the form says.
func (p *Pages) Plan(v *visit.Visit) error {
	form, err := v.Form()
	if err != nil {
		return err
	}
	w, err := p.opened(v)
	if err != nil {
		return err
	}
	when := meet.ReadWhen(v, form)
	agenda := strings.TrimSpace(form.Get("agenda"))
	if form.Bool("quick") {
		agenda, when.Online = strings.Join(w.Starters(v), "\n"), true
	}
	var all []string
	for _, x := range w.People {
		if q, ok := w.Profiles[x.Person]; ok {
			all = append(all, first(q.Name))
		}
	}
	_, err = p.Service.Plan(v.R.Context(), v.By, w.ID, v.T("coffee.meeting_title", "names", v.List(all), "kind", w.Kind), agenda, when)
	if fault.Is(err, fault.Invalid) {
		return p.planForm(v, http.StatusUnprocessableEntity, w, form, err)
	}
	if fault.Is(err, fault.Conflict) {
		ui.SetFlash(v.W, ui.Flash{Text: v.T("fault.coffee_planned")})
		return v.See("/coffee/pairs/" + w.ID.String())
	}
	if err != nil {
		return err
	}
	return v.See("/coffee/pairs/" + w.ID.String())
}

// Confirm is POST /coffee/pairs/{id}/confirmation.
func (p *Pages) Confirm(v *visit.Visit) error {
	n, err := v.ID("id")
	if err != nil {
		return err
	}
	form, err := v.Form()
	if err != nil {
		return err
	}
	if err := p.Service.Confirm(v.R.Context(), v.By, n, form.Text("met")); err != nil {
		return err
	}
	return v.See("/coffee/pairs/" + n.String())
}

// Thank is POST /coffee/pairs/{id}/words.
func (p *Pages) Thank(v *visit.Visit) error {
	form, err := v.Form()
	if err != nil {
		return err
	}
	w, err := p.opened(v)
	if err != nil {
		return err
	}
	to, err := form.ID("to")
	if err != nil {
		return err
	}
	err = p.Service.Thank(v.R.Context(), v.By, w.ID, to, form.Get("words"))
	if fault.Is(err, fault.Invalid) {
		return p.pair(v, http.StatusUnprocessableEntity, w, form.Get("words"), err)
	}
	if err != nil {
		return err
	}
	ui.SetFlash(v.W, ui.Flash{Text: v.T("coffee.thank_sent")})
	return v.See("/coffee/pairs/" + w.ID.String())
}
