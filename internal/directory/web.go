package directory

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
	"time"

	"golang.org/x/text/language"
	"golang.org/x/text/language/display"

	"github.com/a-h/templ"

	"github.com/guildhall/guildhall/internal/core/people"
	"github.com/guildhall/guildhall/internal/core/skills"
	"github.com/guildhall/guildhall/internal/core/visit"
	"github.com/guildhall/guildhall/internal/directory/pages"
	"github.com/guildhall/guildhall/internal/platform/fault"
	"github.com/guildhall/guildhall/internal/platform/id"
	"github.com/guildhall/guildhall/internal/platform/web"
	"github.com/guildhall/guildhall/internal/ui"
)

// Pages answers with the pages of people and skills.
type Pages struct {
	*Service
	// Questions draws the newest questions about a skill; nil draws none.
	Questions func(v *visit.Visit, skill id.ID) (templ.Component, error)
	// Follow is the button with which the reader follows a skill or a person;
	// nil offers none.
	Follow func(v *visit.Visit, thing id.ID) (ui.Button, error)
	// Panels are the practices' parts of a profile, in their order; one that has
	// nothing to say returns nil.
	Panels []func(v *visit.Visit, person id.ID, name string) (templ.Component, error)
	// Portraits keeps pictures of people; nil offers no upload.
	Portraits *Portraits
	// Places are the places of the administration.
	Places func(v *visit.Visit, current string) []ui.Tab
	// SettingUp tells whether the guided set-up is not finished.
	SettingUp func() bool
	// Lists brings lists of skills; nil cannot keep their files.
	Lists *SkillLists
	// NewImport begins an import of people.
	NewImport func() *PeopleImport
	// Languages are the languages pages are written in, for the choice.
	Languages []string
}

// face is how somebody in a list is drawn.
func face(e people.Entry) ui.Face {
	return faceOf(e.ID, e.Name, e.Cut, e.Picture)
}

func faceOf(n id.ID, name string, cut int, picture string) ui.Face {
	f := ui.Face{Name: name, Seed: n.String(), Href: "/people/" + n.String()}
	if cut > 0 {
		f.Seed += "#" + strconv.Itoa(cut)
	}
	if picture != "" {
		f.Photo = "/pictures/" + picture
	}
	return f
}

// tongue is the name of a language in that language.
func tongue(tag string) string {
	t, err := language.Parse(tag)
	if err != nil {
		return tag
	}
	if name := display.Self.Name(t); name != "" {
		return name
	}
	return tag
}

func (p *Pages) tabs(v *visit.Visit, current string) []ui.Tab {
	var out []ui.Tab
	for _, t := range []struct{ key, href string }{{"directory", "/people"}, {"chart", "/people/chart"}, {"skills", "/skills"}} {
		out = append(out, ui.Tab{Label: v.T("people.view." + t.key), Href: t.href, Current: t.key == current})
	}
	return out
}

// List is GET /people: the directory.
func (p *Pages) List(v *visit.Visit) error {
	q, err := v.Query()
	if err != nil {
		return err
	}
	ctx := v.R.Context()
	f := people.Filter{Name: q.Text("name"), Language: q.Text("language"), AfterKey: q.Get("after_name")}
	if f.Unit, err = q.ID("unit"); err != nil {
		return err
	}
	if f.Site, err = q.ID("site"); err != nil {
		return err
	}
	if f.AfterID, err = q.ID("after"); err != nil {
		return err
	}
	view := pages.PeopleView{
		Tabs: p.tabs(v, "directory"), Name: f.Name, Skill: q.Text("skill"),
		Filtered: f.Name != "" || f.Unit != 0 || f.Site != 0 || q.Text("skill") != "" || f.Language != "",
		Empty:    ui.EmptyState{Title: v.T("people.nobody_title"), Text: v.T("people.nobody")},
	}
	unknown := false
	if view.Skill != "" {
		if f.Skill, err = p.skillNamed(v, view.Skill); err != nil {
			return err
		}
		unknown = f.Skill == 0
	}
	var rows []people.Entry
	var more bool
	if !unknown {
		if rows, more, err = p.People.List(ctx, v.By, f); err != nil {
			return err
		}
	}
	if view.Units, err = p.options(v, p.People.Units, f.Unit, "people.any_unit"); err != nil {
		return err
	}
	if view.Sites, err = p.options(v, p.People.Sites, f.Site, "people.any_site"); err != nil {
		return err
	}
	spoken, err := p.People.Spoken(ctx, v.By)
	if err != nil {
		return err
	}
	view.Languages = []ui.Option{{Label: v.T("people.any_language")}}
	for _, l := range spoken {
		view.Languages = append(view.Languages, ui.Option{Value: l, Label: people.LanguageName(v.Lang(), l), On: l == f.Language})
	}
	for _, e := range rows {
		view.Rows = append(view.Rows, pages.PersonView{Face: face(e), Line: p.line(v, e)})
	}
	keep := q.Values
	keep.Del("after")
	keep.Del("after_name")
	if f.AfterID != 0 {
		view.Pages.Newer = "/people?" + keep.Encode()
	}
	if more {
		last := rows[len(rows)-1]
		keep.Set("after", last.ID.String())
		keep.Set("after_name", last.SortKey)
		view.Pages.Older = "/people?" + keep.Encode()
	}
	return v.Show(v.T("people.heading"), "people", pages.People(v.Frame, view))
}

// line is what stands below a name: title, unit, site and the time there.
func (p *Pages) line(v *visit.Visit, e people.Entry) string {
	var parts []string
	for _, s := range []string{e.Title, e.Unit, e.Site} {
		if s != "" {
			parts = append(parts, s)
		}
	}
	zone := location(e.Zone)
	return v.T("people.line", "who", cmp.Or(strings.Join(parts, ", "), "none"), "time", v.LocalClock(p.Clock.Now().In(zone)), "same", same(v, zone, p))
}

// same is "same" when the clocks of the reader and of the zone agree now.
func same(v *visit.Visit, zone interface{ String() string }, p *Pages) string {
	now := p.Clock.Now()
	_, a := now.In(location(zone.String())).Zone()
	_, b := now.In(v.Zone()).Zone()
	if a == b {
		return "same"
	}
	return "other"
}

// skillNamed finds the skill somebody typed or picked, 0 when there is none.
func (p *Pages) skillNamed(v *visit.Visit, text string) (id.ID, error) {
	if n, err := id.Parse(text); err == nil {
		return n, nil
	}
	found, err := p.Skills.Suggest(v.R.Context(), v.By, strings.Trim(text, ", "), 1)
	if err != nil || len(found) == 0 {
		return 0, err
	}
	return found[0].ID, nil
}

// Chart is GET /people/chart?at={id}.
func (p *Pages) Chart(v *visit.Visit) error {
	q, err := v.Query()
	if err != nil {
		return err
	}
	at, err := q.ID("at")
	if err != nil {
		return err
	}
	c, err := p.People.Chart(v.R.Context(), v.By, at)
	if err != nil {
		return err
	}
	view := pages.ChartView{
		Tabs:  p.tabs(v, "chart"),
		Empty: ui.EmptyState{Title: v.T("people.chart_empty_title"), Text: v.T("people.chart_empty")},
	}
	person := func(e people.Entry) pages.PersonView {
		x := pages.PersonView{Face: face(e), Line: p.line(v, e)}
		if e.Reports > 0 {
			x.Below, x.Href = v.T("people.reports", "n", e.Reports), "/people/chart?at="+e.ID.String()
		}
		return x
	}
	for _, e := range c.Above {
		x := person(e)
		x.Below, x.Href = v.T("people.up"), "/people/chart?at="+e.ID.String()
		view.Above = append(view.Above, x)
	}
	if at != 0 {
		x := person(c.At)
		view.At = &x
		v.Crumbs = []ui.Crumb{{Label: v.T("people.top"), Href: "/people/chart"}}
	}
	for _, e := range c.Reports {
		view.Reports = append(view.Reports, person(e))
	}
	if c.More {
		view.More = v.T("people.more_reports")
	}
	return v.Show(v.T("people.chart"), "people", pages.Chart(v.Frame, view))
}

// Endorsement is GET /endorsements/{id}: the permanent address of a vouch.
func (p *Pages) Endorsement(v *visit.Visit) error {
	n, err := v.ID("id")
	if err != nil {
		return err
	}
	e, err := p.Skills.OpenEndorsement(v.R.Context(), v.By, n)
	if err != nil {
		return err
	}
	path := "/people/" + e.Person.String() + "/vouches"
	_, newest, _, _, err := p.Vouched(v.R.Context(), v.By, e.Person, time.Time{}, 0, vouchesPage)
	if err != nil {
		return err
	}
	if !slices.ContainsFunc(newest, func(x skills.Endorsement) bool { return x.ID == e.ID }) {
		path += "?after=" + web.Cursor{At: e.At, ID: e.ID + 1}.String() // the page that begins with it
	}
	return v.See(path + "#vouch-" + e.ID.String())
}

// vouchesPage is how many vouches a page shows.
const vouchesPage = 40

// Withdraw is POST /endorsements/{id}/withdrawal.
func (p *Pages) Withdraw(v *visit.Visit) error {
	n, err := v.ID("id")
	if err != nil {
		return err
	}
	person, err := p.Skills.Withdraw(v.R.Context(), v.By, n)
	if err != nil {
		return err
	}
	return v.See("/people/" + person.String() + "/vouches")
}

// Vouches is GET /people/{id}/vouches.
func (p *Pages) Vouches(v *visit.Visit) error { return p.vouches(v, 200, "", "", nil) }

// Vouch is POST /people/{id}/vouches.
func (p *Pages) Vouch(v *visit.Visit) error {
	form, err := v.Form()
	if err != nil {
		return err
	}
	person, err := v.ID("id")
	if err != nil {
		return err
	}
	skill, note := form.Text("skill"), form.Get("note")
	name, _, _ := strings.Cut(skill, ",")
	n, err := p.Skills.Endorse(v.R.Context(), v.By, person, skills.Tag{Name: name}, note)
	if fault.Is(err, fault.Invalid) {
		return p.vouches(v, 422, skill, note, err)
	}
	if err != nil {
		return err
	}
	return v.See("/people/" + person.String() + "/vouches#vouch-" + n.String())
}

func (p *Pages) vouches(v *visit.Visit, status int, skill, note string, wrong error) error {
	person, err := v.ID("id")
	if err != nil {
		return err
	}
	q, err := v.Query()
	if err != nil {
		return err
	}
	if skill == "" {
		skill = q.Text("skill")
	}
	after, bad := web.ParseCursor(q.Get("after"))
	who, list, by, more, err := p.Vouched(v.R.Context(), v.By, person, after.At, after.ID, vouchesPage)
	if err == nil {
		err = bad // that nobody is there is said first
	}
	if err != nil {
		return err
	}
	own := person == v.By.Person
	view := pages.VouchesView{
		Path: "/people/" + person.String() + "/vouches", Title: v.T("people.vouches_for", "name", who.Name), Lede: v.T("people.vouches_lede"),
		Form: !own, Name: who.Name, Skill: skill, Note: note, Faults: v.Faults(wrong),
		Empty: ui.EmptyState{Title: v.T("people.vouches_none_title"), Text: v.T("people.vouches_none")},
	}
	for _, e := range list {
		x := pages.VouchView{
			ID: e.ID.String(), Skill: pages.TagView{Label: e.Skill.Name, Href: "/skills/" + e.Skill.ID.String()},
			Words: e.Note, By: visit.Face(by[e.Author]), At: e.At,
		}
		if own || e.Author == v.By.Author {
			x.Withdraw, x.Label = "/endorsements/"+e.ID.String()+"/withdrawal", v.T("people.vouch_withdraw")
			if own {
				x.Label = v.T("people.vouch_refuse")
			}
		}
		view.List = append(view.List, x)
	}
	if !after.IsZero() {
		view.Pages.Newer = view.Path
	}
	if more {
		last := list[len(list)-1]
		view.Pages.Older = view.Path + "?after=" + web.Cursor{At: last.At, ID: last.ID}.String()
	}
	v.Crumbs = []ui.Crumb{{Label: who.Name, Href: "/people/" + person.String()}}
	return v.ShowStatus(status, view.Title, "people", pages.Vouches(v.Frame, view))
}
