package signin

import (
	"context"
	"time"

	"github.com/guildhall/guildhall/internal/core/access"
	"github.com/guildhall/guildhall/internal/core/login"
	"github.com/guildhall/guildhall/internal/core/people"
	"github.com/guildhall/guildhall/internal/platform/api"
	"github.com/guildhall/guildhall/internal/platform/db"
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

// SignInJSON says how somebody can sign in.
type SignInJSON struct {
	Email       string `json:"email,omitempty"`
	PersonnelNo string `json:"personnel_no,omitempty"`
	Password    bool   `json:"password" doc:"They have one"`
	PIN         bool   `json:"pin" doc:"They have one"`
}

// PreferencesJSON is what somebody chose for themselves.
type PreferencesJSON struct {
	TimeZone string `json:"time_zone" doc:"IANA; empty follows the site"`
	Locale   string `json:"locale" doc:"Empty follows the organisation"`
}

type preferencesInput struct{ Body PreferencesJSON }

type secretInput struct {
	Kind string `path:"kind" enum:"password,pin"`
	Body struct {
		Old string `json:"old,omitempty" doc:"The one they have; with a token it has to be named"`
		New string `json:"new"`
	}
}

// Own is what the operations on one's own account need besides logins.
type Own struct {
	DB           *db.DB
	Organisation func() string // its name, which no password may be
	Languages    []string
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

// AddAPI adds the operations on how somebody signs in, and on their logins,
// tokens and preferences. The theme and the shortcuts are chosen for a browser,
// not for a person, so there are none on them.
func AddAPI(a *api.API[access.Actor], s *login.Service, o Own) {
	type none struct{}
	api.Add(a, api.Operation{Method: "GET", Path: "/api/v1/me/sign-in", ID: "get-my-sign-in", Summary: "How you sign in", Tag: "Me"},
		func(ctx context.Context, by access.Actor, _ *none) (*api.Body[SignInJSON], error) {
			w, err := s.Ways(ctx, by)
			return api.OK(SignInJSON{w.Email, w.PersonnelNo, w.Password, w.PIN}), err
		})
	api.Add(a, api.Operation{
		Method: "PUT", Path: "/api/v1/me/secrets/{kind}", ID: "change-my-secret", Summary: "Change your password or PIN and sign out everywhere else", Tag: "Me", Status: 204,
		Doc: "The one you have is asked for, as on the page of settings. A token cannot set the first one.",
	},
		func(ctx context.Context, by access.Actor, in *secretInput) (*api.None, error) {
			// Typing it twice is for people.
			return &api.None{}, s.ChangeSecret(ctx, by, login.Kind(in.Kind), in.Body.Old, in.Body.New, in.Body.New, o.Organisation())
		})
	api.Add(a, api.Operation{Method: "GET", Path: "/api/v1/me/preferences", ID: "get-my-preferences", Summary: "Your time zone and language", Tag: "Me"},
		func(ctx context.Context, by access.Actor, _ *none) (*api.Body[PreferencesJSON], error) {
			var out PreferencesJSON
			err := o.DB.Read(ctx, func(tx *db.Tx) (err error) {
				out.TimeZone, out.Locale, err = people.Preferences(tx, by.Person)
				return err
			})
			return api.OK(out), err
		})
	api.Add(a, api.Operation{Method: "PUT", Path: "/api/v1/me/preferences", ID: "set-my-preferences", Summary: "Choose your time zone and language", Tag: "Me", Status: 204},
		func(ctx context.Context, by access.Actor, in *preferencesInput) (*api.None, error) {
			return &api.None{}, prefer(ctx, o.DB, o.Languages, by, in.Body.TimeZone, in.Body.Locale)
		})
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
