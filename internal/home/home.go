// Package home is the page a day begins with. It is made of panels, one from
// each practice that has something to say to this person today; a practice
// that is off, or has nothing to say, leaves no hole.
package home

import (
	"net/http"
	"slices"
	"strings"

	"github.com/a-h/templ"

	"github.com/guildhall/guildhall/internal/core/visit"
	"github.com/guildhall/guildhall/internal/home/pages"
)

// Block is what a practice shows on Home.
type Block struct {
	// Lede is a sentence of news, "" for none. The first two are shown.
	Lede string
	// Now are entries of the day, Main stands below them, Aside beside.
	Now, Main, Aside templ.Component
}

// Panel makes the block of one practice for the visitor, with at most a query
// or two.
type Panel func(v *visit.Visit) (Block, error)

// Pages answers with Home.
type Pages struct {
	Panels []Panel
	// Quiet stand where no panel has anything for the day: a house where
	// nothing has been written yet has people already.
	Quiet []Panel
}

// Home is GET /.
func (p *Pages) Home(v *visit.Visit) error {
	now := v.Now().In(v.Zone())
	first, _, _ := strings.Cut(v.By.Name, " ")
	view := pages.View{Date: v.Day(now), Title: v.T("home.greeting", "part", part(now.Hour()), "name", first)}
	var ledes []string
	panels := p.Panels
	for i := 0; i < len(panels); i++ {
		b, err := panels[i](v)
		if err != nil {
			return err
		}
		if b.Lede != "" && len(ledes) < 2 {
			ledes = append(ledes, b.Lede)
		}
		for _, c := range []struct {
			from templ.Component
			to   *[]templ.Component
		}{{b.Now, &view.Now}, {b.Main, &view.Main}, {b.Aside, &view.Aside}} {
			if c.from != nil {
				*c.to = append(*c.to, c.from)
			}
		}
		if i == len(p.Panels)-1 && len(view.Now)+len(view.Main) == 0 {
			panels = append(slices.Clip(panels), p.Quiet...)
		}
	}
	view.Lede = strings.Join(ledes, " ")
	if view.Lede == "" {
		view.Lede = v.T("home.nothing")
	}
	return v.ShowStatus(http.StatusOK, v.T("home.title"), "home", pages.Home(v.Frame, view))
}

// part is the part of the day that a greeting names.
func part(hour int) string {
	switch {
	case hour >= 5 && hour < 12:
		return "morning"
	case hour >= 12 && hour < 18:
		return "afternoon"
	default:
		return "evening"
	}
}
