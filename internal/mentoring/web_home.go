package mentoring

import (
	"github.com/a-h/templ"

	"github.com/guildhall/guildhall/internal/core/visit"
	"github.com/guildhall/guildhall/internal/mentoring/pages"
	"github.com/guildhall/guildhall/internal/platform/db"
	"github.com/guildhall/guildhall/internal/platform/id"
)

func (p *Pages) rooms(v *visit.Visit, text string, args ...any) (out []pages.RoomLink, err error) {
	var list []roomRow
	if err := p.Service.DB.Read(v.R.Context(), func(tx *db.Tx) (err error) {
		list, err = db.All(tx, text, scanRoom, args...)
		return err
	}); err != nil {
		return nil, err
	}
	for _, x := range list {
		out = append(out, pages.RoomLink{Href: "/mentorships/" + x.id.String(), Title: x.title, Words: x.words})
	}
	return out, nil
}

// Today are the mentorships that wait for the reader's answer, nil for none.
func (p *Pages) Today(v *visit.Visit) (templ.Component, error) {
	list, err := p.rooms(v, askedNowSQL, v.By.Person)
	if err != nil || len(list) == 0 {
		return nil, err
	}
	return pages.Today(v.Frame, list), nil
}

// Promise is what the reader promised for their next talk, nil for nothing.
func (p *Pages) Promise(v *visit.Visit) (templ.Component, error) {
	list, err := p.rooms(v, promisedSQL, v.By.Person)
	if err != nil || len(list) == 0 {
		return nil, err
	}
	return pages.Promise(v.Frame, list[0]), nil
}

// Profile are the mentorships that the reader and somebody else are in
// together. Nobody else learns of them.
func (p *Pages) Profile(v *visit.Visit, person id.ID, _ string) (templ.Component, error) {
	if person == v.By.Person {
		return nil, nil
	}
	list, err := p.rooms(v, togetherSQL, person, v.By.Person)
	if err != nil || len(list) == 0 {
		return nil, err
	}
	return pages.Together(v.Frame, list), nil
}
