package directory

import (
	"github.com/a-h/templ"

	"github.com/guildhall/guildhall/internal/core/people"
	"github.com/guildhall/guildhall/internal/core/skills"
	"github.com/guildhall/guildhall/internal/core/visit"
	"github.com/guildhall/guildhall/internal/directory/pages"
	"github.com/guildhall/guildhall/internal/platform/db"
)

// aroundMost is how many colleagues Home names.
const aroundMost = 6

// Around is for the Home of somebody for whom nothing waits: the first thing to
// say about oneself, and who is around. It is nil for somebody who has said it
// and is alone.
func (p *Pages) Around(v *visit.Visit) (templ.Component, error) {
	ctx := v.R.Context()
	me, err := p.People.Open(ctx, v.By, v.By.Person)
	if err != nil || me.Guest {
		return nil, err
	}
	var declared []skills.Declaration
	if err := p.DB.Read(ctx, func(tx *db.Tx) (err error) {
		declared, err = skills.OfPerson(tx, v.By, v.By.Person)
		return err
	}); err != nil {
		return nil, err
	}
	view := pages.AroundView{Begin: true, Title: v.T("people.around")}
	for _, d := range declared {
		view.Begin = view.Begin && d.Direction != skills.Teach
	}
	rows, _, err := p.People.List(ctx, v.By, people.Filter{Unit: me.Unit.ID, Limit: aroundMost + 1})
	if err != nil {
		return nil, err
	}
	if len(rows) < 2 && me.Unit.ID != 0 { // a unit of one
		if rows, _, err = p.People.List(ctx, v.By, people.Filter{Limit: aroundMost + 1}); err != nil {
			return nil, err
		}
	}
	for _, e := range rows {
		if e.ID != v.By.Person && len(view.People) < aroundMost {
			view.People = append(view.People, pages.PersonView{Face: face(e), Line: p.line(v, e)})
		}
	}
	if !view.Begin && len(view.People) == 0 {
		return nil, nil
	}
	return pages.Around(v.Frame, view), nil
}
