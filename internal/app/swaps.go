package app

import (
	"context"

	"github.com/guildhall/guildhall/internal/core/access"
	"github.com/guildhall/guildhall/internal/core/organisation"
	"github.com/guildhall/guildhall/internal/knows"
	"github.com/guildhall/guildhall/internal/platform/db"
	"github.com/guildhall/guildhall/internal/platform/id"
	"github.com/guildhall/guildhall/internal/swaps"
)

// openSwaps wires swaps with meetings, the ledger and what happens later.
func (h *House) openSwaps() {
	h.Swaps = &swaps.Service{DB: h.DB, Clock: h.Clock, Meetings: h.Meetings, Settings: h.Organisation.Settings}
	h.Swaps.KeepRules = func(ctx context.Context, r swaps.Rules) error {
		return h.Organisation.Change(ctx, func(x *organisation.Settings) error {
			x.Swaps = r
			return nil
		})
	}
	h.Swaps.Work(h.Jobs, h.on("swaps"))
	h.Effects.Add(h.Swaps.Effect())
	h.People.OnLeave(h.Swaps.Gone)
	h.Skills.OnMerge(swaps.MergeSkills)
	h.Knows.Swaps = func(tx *db.Tx, by access.Actor, people, wanted []id.ID) (map[id.ID]knows.Swap, error) {
		if !h.on("swaps")() {
			return nil, nil
		}
		found, err := swaps.Both(tx, by, people, wanted)
		out := make(map[id.ID]knows.Swap, len(found))
		for n, f := range found {
			out[n] = knows.Swap{Learn: f.Learn, Teach: f.Teach, URL: f.Form()}
		}
		return out, err
	}
}

func (h *House) swapRoutes() []Route {
	s := &swaps.Pages{Service: h.Swaps}
	return []Route{
		{"GET /swaps", SignedIn, s.Home},
		{"POST /swaps", SignedIn, s.Propose},
		{"GET /swaps/new", SignedIn, s.New},
		{"GET /swaps/offers", SignedIn, s.Offers},
		{"GET /swaps/past", SignedIn, s.Past},
		{"GET /swaps/hours", SignedIn, s.Hours},
		{"GET /swaps/choices", SignedIn, s.Choices},
		{"POST /swaps/choices", SignedIn, s.Choose},
		{"GET /swaps/rounds", SignedIn, s.Rounds},
		{"POST /swaps/rounds", SignedIn, s.StartRound},
		{"POST /swaps/rules", SignedIn, s.SetRound},
		{"GET /swaps/{id}", SignedIn, s.Open},
		{"POST /swaps/{id}/answer", SignedIn, s.Answer},
		{"POST /swaps/{id}/withdrawal", SignedIn, s.Withdraw},
		{"GET /swaps/{id}/changes/new", SignedIn, s.ChangeForm},
		{"POST /swaps/{id}/changes", SignedIn, s.Change},
		{"GET /swaps/{id}/leaving", SignedIn, s.LeaveForm},
		{"POST /swaps/{id}/leaving", SignedIn, s.Leave},
		{"GET /swaps/{id}/lessons/new", SignedIn, s.LessonForm},
		{"POST /swaps/{id}/lessons", SignedIn, s.PlanLesson},
		{"POST /swaps/{id}/thanks", SignedIn, s.Thank},
		{"GET /teachings/{id}", SignedIn, s.Teaching},
	}
}
