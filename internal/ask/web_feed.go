package ask

import (
	"strconv"

	"github.com/guildhall/guildhall/internal/ask/pages"
	"github.com/guildhall/guildhall/internal/core/people"
	"github.com/guildhall/guildhall/internal/core/subject"
	"github.com/guildhall/guildhall/internal/core/visit"
	"github.com/guildhall/guildhall/internal/platform/db"
	"github.com/guildhall/guildhall/internal/platform/fault"
	"github.com/guildhall/guildhall/internal/platform/id"
	"github.com/guildhall/guildhall/internal/ui"
)

// Ageing is GET /questions/ageing.
func (p *Pages) Ageing(v *visit.Visit) error {
	q, err := v.Query()
	if err != nil {
		return err
	}
	f := AgeingFilter{}
	if f.Months, err = q.Int("months", 12); err != nil || f.Months != 6 && f.Months != 12 && f.Months != 24 {
		f.Months = 12
	}
	if f.After, err = q.Int("demand", 0); err != nil {
		return fault.Missing()
	}
	if f.AfterID, err = q.ID("after"); err != nil {
		return fault.Missing()
	}
	list, more, err := p.Service.Ageing(v.R.Context(), v.By, f)
	if err != nil {
		return err
	}
	here := "/questions/ageing?months=" + strconv.Itoa(f.Months)
	view := pages.AgeingView{Tabs: tabs(v, "ageing"), Back: here, Empty: ui.EmptyState{Title: v.T("ask.ageing_empty_title"), Text: v.T("ask.ageing_empty")}}
	for _, m := range []int{6, 12, 24} {
		view.Since = append(view.Since, ui.Tab{Label: v.T("ask.ageing_months", "n", m), Href: "/questions/ageing?months=" + strconv.Itoa(m), Current: m == f.Months})
	}
	authors := make([]id.ID, len(list))
	for i, a := range list {
		authors[i] = a.Author
	}
	var by map[id.ID]people.Byline
	if err := p.Service.db.Read(v.R.Context(), func(tx *db.Tx) (err error) {
		by, err = people.Bylines(tx, v.By, authors)
		return err
	}); err != nil {
		return err
	}
	for _, a := range list {
		view.Rows = append(view.Rows, pages.AgeingRow{
			Path: "/answers/" + a.Answer.String(), Href: "/questions/" + a.ID.String() + "#answer-" + a.Answer.String(), Title: a.Title, Lang: known(a.Lang),
			By: visit.Face(by[a.Author]), Checked: a.Checked, Line: v.T("ask.ageing_line", "name", by[a.Author].Name, "n", max(a.Demand, 0)),
		})
	}
	if f.AfterID != 0 {
		view.Pages.Newer = here
	}
	if more {
		last := list[len(list)-1]
		view.Pages.Older = here + "&demand=" + strconv.Itoa(last.Demand) + "&after=" + last.Answer.String()
	}
	return v.Show(v.T("ask.ageing"), "ask", pages.Ageing(v.Frame, view))
}

// FollowPerson is POST /people/{id}/following.
func (p *Pages) FollowPerson(v *visit.Visit) error {
	return p.followThing(v, subject.Person, "/people/")
}

// FollowSkill is POST /skills/{id}/following.
func (p *Pages) FollowSkill(v *visit.Visit) error { return p.followThing(v, subject.Skill, "/skills/") }

func (p *Pages) followThing(v *visit.Visit, kind subject.Kind, back string) error {
	form, err := v.Form()
	if err != nil {
		return err
	}
	n, err := v.ID("id")
	if err != nil {
		return err
	}
	if err := p.Service.FollowThing(v.R.Context(), v.By, kind, n, form.Bool("on")); err != nil {
		return err
	}
	return v.See(back + n.String())
}

// FollowButton says whether the reader follows a skill or a person and posts
// the other.
func (p *Pages) FollowButton(v *visit.Visit, thing id.ID) (ui.Button, error) {
	on, err := p.Service.Follows(v.R.Context(), v.By, thing)
	b := toggle(ui.Button{Label: v.T("ask.follow"), Icon: ui.IconBell}, on)
	b.Small = false
	return b, err
}
