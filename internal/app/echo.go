package app

import (
	"github.com/guildhall/guildhall/internal/ask"
	"github.com/guildhall/guildhall/internal/core/echo"
	"github.com/guildhall/guildhall/internal/mentoring"
	"github.com/guildhall/guildhall/internal/swaps"
)

// openEcho wires the echo with what helps people.
func (h *House) openEcho() {
	h.Echo = &echo.Service{
		DB: h.DB, Clock: h.Clock, On: h.on(echo.Key), MAC: h.Notices.MAC, Notices: h.Notices,
		Sources: []echo.Source{ask.Echoes, swaps.Echoes, mentoring.Echoes},
	}
	h.Echo.Work(h.Jobs)
	h.Effects.Add(h.Echo.Effect())
	h.People.OnLeave(echo.Gone)
	h.Skills.OnMerge(echo.MergeSkills)
}

func (h *House) echoRoutes() []Route {
	e := &echo.Pages{Service: h.Echo}
	return []Route{
		{"GET /echoes", SignedIn, e.List},
		{"POST /echoes/off", SignedIn, e.Off},
		{"GET /echoes/totals", SignedIn, e.Totals},
		{"GET /echoes/{id}", SignedIn, e.Open},
		{"POST /echoes/{id}", SignedIn, e.Say},
		{"GET /echo/{token}", Everybody, e.SignedForm},
		{"POST /echo/{token}", Everybody, e.Signed},
	}
}
