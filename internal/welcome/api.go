package welcome

import (
	"context"

	"github.com/guildhall/guildhall/internal/core/access"
	"github.com/guildhall/guildhall/internal/platform/api"
)

// FirstWeekJSON is the first week of the caller.
type FirstWeekJSON struct {
	New   bool `json:"new" doc:"The caller is new"`
	Away  bool `json:"away" doc:"The caller put it away"`
	Show  bool `json:"show" doc:"Said what they could show"`
	Want  bool `json:"want" doc:"Said what they want to learn"`
	Ask   bool `json:"ask" doc:"Asked a question"`
	Thank bool `json:"thank" doc:"Accepted an answer or found one useful"`
}

// AddAPI adds the operations on first weeks. on tells whether the practice is
// on.
func AddAPI(a *api.API[access.Actor], s *Service, on func() bool) {
	api.Add(a, api.Operation{Method: "GET", Path: "/api/v1/first-week", ID: "get-first-week", Summary: "Your first week", Tag: "First week", On: on},
		func(ctx context.Context, by access.Actor, _ *struct{}) (*api.Body[FirstWeekJSON], error) {
			x, err := s.Open(ctx, by)
			if err != nil {
				return nil, err
			}
			return api.OK(FirstWeekJSON(x)), nil
		})
	api.Add(a, api.Operation{Method: "DELETE", Path: "/api/v1/first-week", ID: "end-first-week", Summary: "Put it away for good", Tag: "First week", Status: 204, On: on},
		func(ctx context.Context, by access.Actor, _ *struct{}) (*api.None, error) {
			return &api.None{}, s.PutAway(ctx, by)
		})
}
