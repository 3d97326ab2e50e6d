package swaps

import (
	"github.com/a-h/templ"

	"github.com/guildhall/guildhall/internal/core/access"
	"github.com/guildhall/guildhall/internal/core/visit"
	"github.com/guildhall/guildhall/internal/platform/db"
	"github.com/guildhall/guildhall/internal/platform/id"
	"github.com/guildhall/guildhall/internal/swaps/pages"
)

// Today are the swaps that wait for the reader's answer, nil for none.
func (p *Pages) Today(v *visit.Visit) (templ.Component, error) {
	var list []proposedRow
	if err := p.Service.DB.Read(v.R.Context(), func(tx *db.Tx) (err error) {
		list, err = db.All(tx, proposedToSQL, scanProposed, v.By.Person)
		return err
	}); err != nil || len(list) == 0 {
		return nil, err
	}
	rows := make([]pages.WaitingView, len(list))
	for i, x := range list {
		rows[i] = pages.WaitingView{Href: "/swaps/" + x.id.String(), Names: x.title, Until: v.Printer.Date(x.due), Text: v.T("home.swap_proposed")}
		if x.again {
			rows[i].Text = v.T("home.swap_changed")
		}
	}
	return pages.Today(v.Frame, rows), nil
}

// Profile is what somebody offers to swap, for others of the organisation.
func (p *Pages) Profile(v *visit.Visit, person id.ID, name string) (templ.Component, error) {
	if person == v.By.Person || v.By.Role == access.Guest {
		return nil, nil
	}
	list, _, err := p.Service.Offers(v.R.Context(), v.By, OfferFilter{Person: person, Limit: 8})
	if err != nil || len(list) == 0 {
		return nil, err
	}
	tags := make([]pages.OfferTag, len(list))
	for i, o := range list {
		tags[i] = pages.OfferTag{Label: o.Skill.Name, Href: "/swaps/new?with=" + person.String() + "&learn=" + o.Skill.ID.String()}
	}
	return pages.Profile(v.Frame, name, tags), nil
}
