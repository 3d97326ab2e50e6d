package coffee

import (
	"time"

	"github.com/a-h/templ"

	"github.com/guildhall/guildhall/internal/coffee/pages"
	"github.com/guildhall/guildhall/internal/core/visit"
	"github.com/guildhall/guildhall/internal/platform/db"
	"github.com/guildhall/guildhall/internal/platform/id"
	"github.com/guildhall/guildhall/internal/ui"
)

// pairShown is how long Home shows a pair that has not met.
const pairShown = 14 * 24 * time.Hour

// Today is the pair the reader is in and has not met, nil for none.
func (p *Pages) Today(v *visit.Visit) (templ.Component, error) {
	var x unmetRow
	var ok bool
	if err := p.Service.DB.Read(v.R.Context(), func(tx *db.Tx) (err error) {
		// Ids are in the order of time.
		x, ok, err = db.One(tx, unmetSQL, scanUnmet, v.By.Person, id.New(v.Now().Add(-pairShown)))
		return err
	}); err != nil || !ok {
		return nil, err
	}
	return pages.Today(v.Frame, x.title, "/coffee/pairs/"+id.ID(x.pair).String()), nil
}

// Profile are somebody's open hours, as far as the reader may see them.
func (p *Pages) Profile(v *visit.Visit, person id.ID, _ string) (templ.Component, error) {
	var list []Hours
	if err := p.Service.DB.Read(v.R.Context(), func(tx *db.Tx) (err error) {
		list, err = db.All(tx, hoursOfSQL, scanHours, v.By.Person, person)
		return err
	}); err != nil || len(list) == 0 {
		return nil, err
	}
	var rows []ui.Fact
	for _, h := range list {
		rows = append(rows, ui.Fact{Term: v.T("coffee.every_days", "n", h.EveryDays), Text: h.Title, Href: "/coffee/hours/" + h.ID.String()})
	}
	return pages.Profile(v.Frame, rows), nil
}
