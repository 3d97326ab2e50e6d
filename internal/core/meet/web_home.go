package meet

import (
	"time"

	"github.com/a-h/templ"

	"github.com/guildhall/guildhall/internal/core/meet/pages"
	"github.com/guildhall/guildhall/internal/core/visit"
)

// homeMost is how many meetings Home shows.
const homeMost = 3

// Today are the reader's meetings of today and tomorrow as entries of their
// day, nil when there are none.
func (p *Pages) Today(v *visit.Visit) (templ.Component, error) {
	list, _, err := p.Service.List(v.R.Context(), v.By, false, Mark{}, homeMost)
	if err != nil {
		return nil, err
	}
	day := v.Now().In(v.Zone())
	until := time.Date(day.Year(), day.Month(), day.Day()+2, 0, 0, 0, 0, v.Zone())
	var soon []Meeting
	for _, m := range list {
		if m.Start.Before(until) {
			soon = append(soon, m)
		}
	}
	if len(soon) == 0 {
		return nil, nil
	}
	rows, err := p.rows(v, soon)
	if err != nil {
		return nil, err
	}
	tomorrow := until.AddDate(0, 0, -1)
	for i, m := range soon {
		rows[i].Tomorrow = !m.Start.Before(tomorrow)
	}
	return pages.Today(v.Frame, rows), nil
}
