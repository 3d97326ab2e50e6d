package world

import (
	"fmt"

	"github.com/guildhall/guildhall/internal/core/access"
	"github.com/guildhall/guildhall/internal/core/people"
	"github.com/guildhall/guildhall/internal/platform/db"
)

// newcomer adds somebody whose third day it is, with the first week before
// them.
func (w *world) newcomer() error {
	w.Clock.Set(w.until.AddDate(0, 0, -2))
	u, s := unitNamed("Field Service"), siteNamed("Leeds")
	p := &person{name: "Ifeoma Balogun", title: "Service technician", unit: u, site: s, joined: w.Clock.Now()}
	err := w.DB.Write(w.ctx, func(tx *db.Tx) error {
		made, err := w.People.Join(tx, people.Joiner{
			Name: p.name, PersonnelNo: "P90001", Email: "ifeoma.balogun@aldervale.example", EmailProved: true, Title: p.title,
			Unit: w.departments[u.name], Site: w.places[s.name], Languages: languages(s), Joined: p.joined,
		}, true)
		if err != nil {
			return fmt.Errorf("%s: %w", p.name, err)
		}
		p.actor = access.Actor{Person: made.Person, Author: made.Author, Role: access.Member, Name: p.name, Zone: s.zone}
		return nil
	})
	w.newest = p
	w.Clock.Set(w.until)
	return err
}
