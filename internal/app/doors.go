package app

import (
	"context"
	"net/url"
	"strings"

	"github.com/guildhall/guildhall/internal/core/login"
	"github.com/guildhall/guildhall/internal/core/visit"
	"github.com/guildhall/guildhall/internal/signin"
	"github.com/guildhall/guildhall/internal/ui"
)

// public is the address people type: what the command line says, else what an
// admin set, else where the server answers. It never comes from a request,
// whose Host anybody may write; nil when nothing of it is known.
func (h *House) public() *url.URL {
	if h.config.PublicURL != nil {
		return h.config.PublicURL
	}
	if s := h.Organisation.Settings().PublicURL; s != "" {
		if u, err := url.Parse(s); err == nil && u.Host != "" {
			return u
		}
	}
	return h.config.Address
}

// Link is the whole address of a path of the house, for mail and terminals.
func (h *House) Link(path string) string {
	u := h.public()
	if u == nil {
		return path
	}
	return strings.TrimRight(u.String(), "/") + path
}

func (h *House) door() *signin.Pages {
	return &signin.Pages{House: h.visits, Logins: h.Logins, Send: h.sendLink, Public: h.public}
}

// sendLink brings a one-time link to the person who asked for it. Without mail
// it stands in the log, for whoever runs the server.
func (h *House) sendLink(_ context.Context, w login.Wanted, path string) error {
	h.Log.Info("a sign-in link was asked for and there is no mail to send it", "person", w.Name, "link", h.Link(path))
	return nil
}

// ownPlaces are the places about the reader and, for admins, the house.
func (h *House) ownPlaces(v *visit.Visit) ui.NavGroup {
	return ui.NavGroup{Title: v.T("nav.you"), Entries: []ui.NavEntry{
		{Key: "settings", Label: v.T("nav.settings"), Href: "/settings", Icon: ui.IconLock},
	}}
}
