package signin

import (
	"context"
	"time"

	"github.com/guildhall/guildhall/internal/core/access"
	"github.com/guildhall/guildhall/internal/core/login"
	"github.com/guildhall/guildhall/internal/platform/api"
)

// LoginJSON is one place where somebody is signed in.
type LoginJSON struct {
	ID      string    `json:"id"`
	Device  string    `json:"device" doc:"What the browser calls itself."`
	Started time.Time `json:"started_at"`
	Seen    time.Time `json:"seen_at" doc:"To the hour."`
	Here    bool      `json:"here" doc:"The login that asks."`
}

// TokenJSON is one API token.
type TokenJSON struct {
	ID      string     `json:"id"`
	Label   string     `json:"label"`
	Made    time.Time  `json:"created_at"`
	Used    *time.Time `json:"used_at,omitempty" doc:"To the hour."`
	Expires *time.Time `json:"expires_at,omitempty"`
	Token   string     `json:"token,omitempty" doc:"Only in the answer to making it."`
}

type newTokenInput struct {
	Body struct {
		Label string `json:"label" doc:"What it is for." maxLength:"100"`
		Days  int    `json:"days,omitempty" minimum:"0" maximum:"3650" doc:"How long it works; without end when 0."`
	}
}

func moment(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
}

func tokenJSON(t login.Token) TokenJSON {
	return TokenJSON{ID: t.ID.String(), Label: t.Label, Made: t.Made, Used: moment(t.Used), Expires: moment(t.Expires)}
}

// AddAPI adds the operations on one's own logins and tokens.
func AddAPI(a *api.API[access.Actor], s *login.Service) {
	type none struct{}
	api.Add(a, api.Operation{Method: "GET", Path: "/api/v1/me/logins", ID: "list-my-logins", Summary: "Where you are signed in", Tag: "Me"},
		func(ctx context.Context, by access.Actor, _ *none) (*api.Body[api.Page[LoginJSON]], error) {
			list, err := s.Logins(ctx, by)
			if err != nil {
				return nil, err
			}
			page := api.Page[LoginJSON]{Items: make([]LoginJSON, len(list))}
			for i, l := range list {
				page.Items[i] = LoginJSON{l.ID.String(), l.Device, l.Started, l.Seen, l.Here}
			}
			return api.OK(page), nil
		})
	api.Add(a, api.Operation{Method: "DELETE", Path: "/api/v1/me/logins", ID: "end-my-other-logins", Summary: "Sign out everywhere else", Tag: "Me", Status: 204},
		func(ctx context.Context, by access.Actor, _ *none) (*api.None, error) {
			return &api.None{}, s.EndOthers(ctx, by)
		})
	api.Add(a, api.Operation{Method: "DELETE", Path: "/api/v1/me/logins/{id}", ID: "end-my-login", Summary: "Sign out on one device", Tag: "Me", Status: 204},
		func(ctx context.Context, by access.Actor, in *api.ByID) (*api.None, error) {
			n, err := one(in.ID)
			if err != nil {
				return nil, err
			}
			return &api.None{}, s.EndOwn(ctx, by, n)
		})
	api.Add(a, api.Operation{Method: "GET", Path: "/api/v1/me/tokens", ID: "list-my-tokens", Summary: "Your API tokens", Tag: "Me"},
		func(ctx context.Context, by access.Actor, _ *none) (*api.Body[api.Page[TokenJSON]], error) {
			list, err := s.Tokens(ctx, by)
			if err != nil {
				return nil, err
			}
			page := api.Page[TokenJSON]{Items: make([]TokenJSON, len(list))}
			for i, t := range list {
				page.Items[i] = tokenJSON(t)
			}
			return api.OK(page), nil
		})
	api.Add(a, api.Operation{Method: "POST", Path: "/api/v1/me/tokens", ID: "make-my-token", Summary: "Make an API token", Tag: "Me", Status: 201, Secret: true},
		func(ctx context.Context, by access.Actor, in *newTokenInput) (*api.Body[TokenJSON], error) {
			token, n, err := s.MakeToken(ctx, by, in.Body.Label, lifeOf(in.Body.Days))
			if err != nil {
				return nil, err
			}
			list, err := s.Tokens(ctx, by)
			if err != nil {
				return nil, err
			}
			for _, t := range list {
				if t.ID == n {
					out := tokenJSON(t)
					out.Token = token
					return api.OK(out), nil
				}
			}
			// Revoked in between.
			return nil, api.NotFound()
		})
	api.Add(a, api.Operation{Method: "DELETE", Path: "/api/v1/me/tokens/{id}", ID: "revoke-my-token", Summary: "Revoke an API token", Tag: "Me", Status: 204},
		func(ctx context.Context, by access.Actor, in *api.ByID) (*api.None, error) {
			n, err := one(in.ID)
			if err != nil {
				return nil, err
			}
			return &api.None{}, s.RevokeToken(ctx, by, n)
		})
}
