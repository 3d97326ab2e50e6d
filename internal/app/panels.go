package app

import (
	"github.com/a-h/templ"

	"github.com/guildhall/guildhall/internal/ask"
	"github.com/guildhall/guildhall/internal/coffee"
	"github.com/guildhall/guildhall/internal/core/echo"
	"github.com/guildhall/guildhall/internal/core/visit"
	"github.com/guildhall/guildhall/internal/directory"
	"github.com/guildhall/guildhall/internal/home"
	"github.com/guildhall/guildhall/internal/mentoring"
	"github.com/guildhall/guildhall/internal/platform/id"
	"github.com/guildhall/guildhall/internal/swaps"
	"github.com/guildhall/guildhall/internal/welcome"
)

// part makes one component of a page; nil when there is nothing to say.
type part func(v *visit.Visit) (templ.Component, error)

// homePanels are the parts of Home besides questions, in their order. Those of
// a practice are made while it is on.
func (h *House) homePanels() []home.Panel {
	now := func(c templ.Component) home.Block { return home.Block{Now: c} }
	main := func(c templ.Component) home.Block { return home.Block{Main: c} }
	aside := func(c templ.Component) home.Block { return home.Block{Aside: c} }
	m := &mentoring.Pages{Service: h.Mentoring}
	var out []home.Panel
	for _, x := range []struct {
		on    func() bool
		part  part
		place func(templ.Component) home.Block
	}{
		{h.on(welcome.Key), (&welcome.Pages{Service: h.Welcome}).Home, now},
		{func() bool { return true }, h.meetingPages().Today, now},
		{h.on("swaps"), (&swaps.Pages{Service: h.Swaps}).Today, now},
		{h.on(mentoring.Key), m.Today, now},
		{h.on(echo.Key), (&echo.Pages{Service: h.Echo}).Home, main},
		{h.on(mentoring.Key), m.Promise, aside},
		{h.on(coffee.Key), (&coffee.Pages{Service: h.Coffee}).Today, aside},
	} {
		out = append(out, func(v *visit.Visit) (home.Block, error) {
			if !x.on() {
				return home.Block{}, nil
			}
			c, err := x.part(v)
			if c == nil || err != nil {
				return home.Block{}, err
			}
			return x.place(c), nil
		})
	}
	return out
}

// quietPanels are the parts of a Home on which nothing waits: what others ask
// and nobody has answered, then a first step and who is around.
func (h *House) quietPanels(a *ask.Pages, d *directory.Pages) []home.Panel {
	var out []home.Panel
	for _, p := range []part{a.Unanswered, d.Around} {
		out = append(out, func(v *visit.Visit) (home.Block, error) {
			c, err := p(v)
			if c == nil || err != nil {
				return home.Block{}, err
			}
			return home.Block{Main: c}, nil
		})
	}
	return out
}

// profilePanels are the practices' parts of a profile.
func (h *House) profilePanels() []func(v *visit.Visit, person id.ID, name string) (templ.Component, error) {
	type panel = func(v *visit.Visit, person id.ID, name string) (templ.Component, error)
	while := func(on func() bool, p panel) panel {
		return func(v *visit.Visit, person id.ID, name string) (templ.Component, error) {
			if !on() {
				return nil, nil
			}
			return p(v, person, name)
		}
	}
	return []func(v *visit.Visit, person id.ID, name string) (templ.Component, error){
		while(h.on(mentoring.Key), (&mentoring.Pages{Service: h.Mentoring}).Profile),
		while(h.on("swaps"), (&swaps.Pages{Service: h.Swaps}).Profile),
		while(h.on(coffee.Key), (&coffee.Pages{Service: h.Coffee}).Profile),
	}
}
