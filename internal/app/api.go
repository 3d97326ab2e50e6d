package app

import (
	"net/http"
	"sync"

	"github.com/guildhall/guildhall/internal/admin"
	"github.com/guildhall/guildhall/internal/ask"
	"github.com/guildhall/guildhall/internal/coffee"
	"github.com/guildhall/guildhall/internal/core/access"
	"github.com/guildhall/guildhall/internal/core/echo"
	"github.com/guildhall/guildhall/internal/core/meet"
	"github.com/guildhall/guildhall/internal/core/notify"
	"github.com/guildhall/guildhall/internal/core/vault"
	"github.com/guildhall/guildhall/internal/core/visit"
	"github.com/guildhall/guildhall/internal/directory"
	"github.com/guildhall/guildhall/internal/find"
	"github.com/guildhall/guildhall/internal/knows"
	"github.com/guildhall/guildhall/internal/mentoring"
	"github.com/guildhall/guildhall/internal/platform/api"
	"github.com/guildhall/guildhall/internal/platform/fault"
	"github.com/guildhall/guildhall/internal/platform/id"
	"github.com/guildhall/guildhall/internal/reference"
	"github.com/guildhall/guildhall/internal/signin"
	"github.com/guildhall/guildhall/internal/swaps"
	"github.com/guildhall/guildhall/internal/teamhour"
	"github.com/guildhall/guildhall/internal/welcome"
)

// apiVersion is the version of the API's description, not of the product.
const apiVersion = "1.0"

// newAPI describes every operation on the mux.
func (h *House) newAPI(mux *http.ServeMux) *api.API[access.Actor] {
	a := api.New(mux, api.Config[access.Actor]{
		Title: "Guildhall", Version: apiVersion, Log: h.Log, Caller: h.caller, Words: h.words,
		Owner: func(by access.Actor) id.ID { return by.Person }, Once: h.once, Slow: h.slow,
		Description: "Everything people do on pages. Lists answer items and next_cursor; errors are problem+json (RFC 9457).",
	})
	ask.AddAPI(a, h.Ask, h.Routing, h.similarTo, h.attachments())
	knows.AddAPI(a, h.Knows)
	directory.AddAPI(a, h.directory(), h.directoryFiles())
	find.AddAPI(a, h.Find)
	notify.AddAPI(a, h.Notices)
	meet.AddAPI(a, h.Meetings, h.Link)
	coffee.AddAPI(a, h.Coffee, h.on(coffee.Key))
	swaps.AddAPI(a, h.Swaps, h.on("swaps"))
	mentoring.AddAPI(a, h.Mentoring, h.on(mentoring.Key))
	echo.AddAPI(a, h.Echo, h.on(echo.Key))
	teamhour.AddAPI(a, h.TeamHours, h.on(teamhour.Key))
	welcome.AddAPI(a, h.Welcome, h.on(welcome.Key))
	vault.AddAPI(a, h.Vault, h.on(mentoring.Key))
	signin.AddAPI(a, h.Logins, signin.Own{
		DB: h.DB, Languages: h.Catalogue.Languages(), Organisation: func() string { return h.Organisation.Settings().Name },
	})
	admin.AddAPI(a, h.Admin, practices(), h.Link)
	return a
}

// caller is the person behind a token, or behind the login of the browser that
// asks.
func (h *House) caller(r *http.Request) (access.Actor, error) {
	var by access.Actor
	var err error
	if token := api.Bearer(r); token != "" {
		if by, err = h.Logins.ResolveToken(r.Context(), token); err == nil && !by.Known() {
			err = fault.New(fault.Unauthenticated, "fault.token")
		}
	} else {
		by, err = h.Logins.Resolve(r.Context(), visit.Token(r))
	}
	if err == nil {
		err = by.NeedKnown()
	}
	return by, err
}

// reference is the API as pages. The description is made when somebody first
// reads them, so that starting does not wait for it.
func (h *House) reference() *reference.Pages {
	described := sync.OnceValue(func() *api.API[access.Actor] { return h.newAPI(http.NewServeMux()) })
	return &reference.Pages{
		Operations: func() []api.Operation { return described().Operations() },
		Describe:   func(name string) (api.Described, bool) { return described().Describe(name) },
		Link:       h.Link,
	}
}
