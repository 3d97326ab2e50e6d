package app

import (
	"github.com/guildhall/guildhall/internal/ask"
	"github.com/guildhall/guildhall/internal/core/login"
	"github.com/guildhall/guildhall/internal/welcome"
)

// openWelcome wires first weeks.
func (h *House) openWelcome() {
	h.Welcome = &welcome.Service{DB: h.DB, Clock: h.Clock, Thanked: ask.Thanked, SignedIn: login.SignedIn}
	h.Welcome.Work(h.Jobs, h.on(welcome.Key))
}

func (h *House) welcomeRoutes() []Route {
	w := &welcome.Pages{Service: h.Welcome}
	return []Route{
		{"GET /welcome", SignedIn, w.Open},
		{"POST /welcome/away", SignedIn, w.PutAway},
	}
}
