package app

import (
	"context"

	"github.com/guildhall/guildhall/internal/core/access"
	"github.com/guildhall/guildhall/internal/platform/id"
	"github.com/guildhall/guildhall/internal/swaps"
	"github.com/guildhall/guildhall/internal/teamhour"
)

// openTeamHours wires team hours with meetings and profiles.
func (h *House) openTeamHours() {
	h.TeamHours = &teamhour.Service{DB: h.DB, Clock: h.Clock, People: h.People, Skills: h.Skills, Meet: h.Meetings}
	h.TeamHours.Swaps, h.TeamHours.Swap = h.on("swaps"), func(ctx context.Context, from, to access.Actor, teach, learn id.ID) (id.ID, error) {
		n, err := h.Swaps.Propose(ctx, from, swaps.Proposal{To: to.Person, Teach: teach, Learn: learn, Lessons: 1, Minutes: 45, Format: swaps.Either})
		if err != nil {
			return 0, err
		}
		return n, h.Swaps.Answer(ctx, to, n, 1, true, "")
	}
	h.TeamHours.Work(h.Jobs)
	h.People.OnLeave(teamhour.Gone)
	h.Skills.OnMerge(teamhour.MergeSkills)
}

func (h *House) teamHourRoutes() []Route {
	t := &teamhour.Pages{Service: h.TeamHours, Swaps: h.on("swaps")}
	return []Route{
		{"GET /team-hours", SignedIn, t.List},
		{"POST /team-hours", SignedIn, t.Begin},
		{"POST /team-hours/joining", SignedIn, t.Join},
		{"GET /team-hours/{id}", SignedIn, t.Open},
		{"POST /team-hours/{id}/entries", SignedIn, t.Write},
		{"POST /team-hours/{id}/entries/{entry}", SignedIn, t.Entry},
		{"POST /team-hours/{id}/step", SignedIn, t.Turn},
		{"POST /team-hours/{id}/closing", SignedIn, t.Close},
		{"POST /team-hours/{id}/swaps", SignedIn, t.Propose},
		{"POST /team-hours/{id}/swaps/{swap}", SignedIn, t.Answer},
		{"GET /team-hours/{id}/screen", SignedIn, t.Screen},
		{"GET /team-hours/{id}/cards", SignedIn, t.Cards},
		{"GET /team-hours/{id}/meetings/new", SignedIn, t.MeetingForm},
		{"POST /team-hours/{id}/meetings", SignedIn, t.Meeting},
	}
}
