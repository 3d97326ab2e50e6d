package directory

import (
	"context"
	"time"

	"github.com/guildhall/guildhall/internal/core/access"
	"github.com/guildhall/guildhall/internal/core/people"
	"github.com/guildhall/guildhall/internal/platform/api"
	"github.com/guildhall/guildhall/internal/platform/id"
	"github.com/guildhall/guildhall/internal/platform/web"
)

// ImportedProfileJSON is an imported profile nobody has claimed.
type ImportedProfileJSON struct {
	ID     string `json:"id"`
	Name   string `json:"name"`
	Origin string `json:"origin"`
	Posts  int    `json:"posts"`
	Match  bool   `json:"match" doc:"It came with your own, proved e-mail address"`
}

// ClaimJSON is what somebody said of an imported profile.
type ClaimJSON struct {
	ID      string              `json:"id"`
	Profile ImportedProfileJSON `json:"profile"`
	Person  PersonNameJSON      `json:"person"`
	State   string              `json:"state" enum:"waiting,approved,refused,withdrawn,undone"`
	Note    string              `json:"note,omitempty"`
	Asked   time.Time           `json:"asked_at"`
}

type findProfilesInput struct {
	Q string `query:"q" maxLength:"100" doc:"A part of the name; without it, those that match your e-mail address"`
}

type claimInput struct {
	Body struct {
		Profile string `json:"profile" doc:"Id"`
		Note    string `json:"note,omitempty" doc:"How an admin can tell, at most 500 characters"`
	}
}

type claimsInput struct {
	State  string `query:"state" enum:"waiting,approved,refused,withdrawn,undone" default:"waiting"`
	Cursor string `query:"cursor" doc:"next_cursor of the page before"`
}

type claimStateJSON struct {
	State string `json:"state" enum:"waiting,approved"`
}

func addClaimsAPI(a *api.API[access.Actor], s *Service) {
	const tag = "Imported profiles"
	api.Add(a, api.Operation{Method: "GET", Path: "/api/v1/profiles", ID: "find-profiles", Summary: "Imported profiles that may be yours", Tag: tag},
		func(ctx context.Context, by access.Actor, in *findProfilesInput) (*api.Body[api.Page[ImportedProfileJSON]], error) {
			found, err := s.People.Profiles(ctx, by, in.Q)
			if err != nil {
				return nil, err
			}
			page := api.Page[ImportedProfileJSON]{Items: []ImportedProfileJSON{}}
			for _, f := range found {
				page.Items = append(page.Items, ImportedProfileJSON{ID: f.Author.String(), Name: f.Label, Origin: f.Origin, Posts: f.Posts, Match: f.Match})
			}
			return api.OK(page), nil
		})
	api.Add(a, api.Operation{Method: "GET", Path: "/api/v1/me/claims", ID: "list-own-claims", Summary: "Imported profiles you claimed", Tag: tag},
		func(ctx context.Context, by access.Actor, _ *struct{}) (*api.Body[api.Page[ClaimJSON]], error) {
			list, err := s.People.OwnClaims(ctx, by)
			return claimsJSON(list, false), err
		})
	api.Add(a, api.Operation{Method: "POST", Path: "/api/v1/me/claims", ID: "claim-profile", Summary: "Say that an imported profile is yours", Tag: tag, Status: 201},
		func(ctx context.Context, by access.Actor, in *claimInput) (*api.Body[claimStateJSON], error) {
			n, err := id.Parse(in.Body.Profile)
			if err != nil {
				return nil, api.NotFound()
			}
			state, err := s.People.Claim(ctx, by, n, in.Body.Note)
			if err != nil {
				return nil, err
			}
			return api.OK(claimStateJSON{string(state)}), nil
		})
	act := func(do func(ctx context.Context, by access.Actor, n id.ID) error) func(context.Context, access.Actor, *api.ByID) (*api.None, error) {
		return func(ctx context.Context, by access.Actor, in *api.ByID) (*api.None, error) {
			n, err := id.Parse(in.ID)
			if err != nil {
				return nil, api.NotFound()
			}
			if err := do(ctx, by, n); err != nil {
				return nil, err
			}
			return &api.None{}, nil
		}
	}
	api.Add(a, api.Operation{Method: "DELETE", Path: "/api/v1/me/claims/{id}", ID: "withdraw-claim", Summary: "Take back a claim that nobody has decided", Tag: tag, Status: 204},
		act(s.People.WithdrawClaim))
	api.Add(a, api.Operation{Method: "GET", Path: "/api/v1/claims", ID: "list-claims", Summary: "Claims to imported profiles, for admins", Tag: tag},
		func(ctx context.Context, by access.Actor, in *claimsInput) (*api.Body[api.Page[ClaimJSON]], error) {
			if err := by.NeedAdmin(); err != nil {
				return nil, err
			}
			c, err := web.ParseCursor(in.Cursor)
			if err != nil {
				return nil, err
			}
			list, more, err := s.People.Claims(ctx, by, people.ClaimState(in.State), c.At, c.ID)
			return claimsJSON(list, more), err
		})
	api.Add(a, api.Operation{Method: "PUT", Path: "/api/v1/claims/{id}/approval", ID: "approve-claim", Summary: "Give an imported profile to who claims it", Tag: tag, Status: 204},
		act(func(ctx context.Context, by access.Actor, n id.ID) error {
			return s.People.DecideClaim(ctx, by, n, true)
		}))
	api.Add(a, api.Operation{Method: "DELETE", Path: "/api/v1/claims/{id}/approval", ID: "undo-claim", Summary: "Take an imported profile back", Tag: tag, Status: 204},
		act(s.People.UndoClaim))
	api.Add(a, api.Operation{Method: "PUT", Path: "/api/v1/claims/{id}/refusal", ID: "refuse-claim", Summary: "Refuse a claim", Tag: tag, Status: 204},
		act(func(ctx context.Context, by access.Actor, n id.ID) error {
			return s.People.DecideClaim(ctx, by, n, false)
		}))
}

func claimsJSON(list []people.Claim, more bool) *api.Body[api.Page[ClaimJSON]] {
	page := api.Page[ClaimJSON]{Items: []ClaimJSON{}}
	for _, c := range list {
		page.Items = append(page.Items, ClaimJSON{
			ID: c.ID.String(), Profile: ImportedProfileJSON{ID: c.Author.String(), Name: c.Label, Origin: c.Origin, Posts: c.Posts},
			Person: PersonNameJSON{c.Person.String(), c.Name}, State: string(c.State), Note: c.Note, Asked: c.Asked,
		})
	}
	if more {
		last := list[len(list)-1]
		page.NextCursor = web.Cursor{At: last.Asked, ID: last.ID}.String()
	}
	return api.OK(page)
}
