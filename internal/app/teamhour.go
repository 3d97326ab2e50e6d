package app

import "github.com/guildhall/guildhall/internal/teamhour"

// openTeamHours wires team hours with meetings and profiles.
func (h *House) openTeamHours() {
	h.TeamHours = &teamhour.Service{DB: h.DB, Clock: h.Clock, People: h.People, Skills: h.Skills, Meet: h.Meetings}
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
		{"GET /team-hours/{id}/screen", SignedIn, t.Screen},
		{"GET /team-hours/{id}/cards", SignedIn, t.Cards},
		{"GET /team-hours/{id}/meetings/new", SignedIn, t.MeetingForm},
		{"POST /team-hours/{id}/meetings", SignedIn, t.Meeting},
	}
}
