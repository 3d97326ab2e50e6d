// Package visit is one request of one person: who they are, in which language
// and zone they read, and the frame around the page they get. Pages of every
// practice are functions of a Visit.
package visit

import (
	"net/http"
	"strconv"
	"time"

	"github.com/a-h/templ"

	"github.com/guildhall/guildhall/internal/core/access"
	"github.com/guildhall/guildhall/internal/core/login"
	"github.com/guildhall/guildhall/internal/core/organisation"
	"github.com/guildhall/guildhall/internal/core/people"
	"github.com/guildhall/guildhall/internal/platform/clock"
	"github.com/guildhall/guildhall/internal/platform/db"
	"github.com/guildhall/guildhall/internal/platform/fault"
	"github.com/guildhall/guildhall/internal/platform/i18n"
	"github.com/guildhall/guildhall/internal/platform/id"
	"github.com/guildhall/guildhall/internal/platform/web"
	"github.com/guildhall/guildhall/internal/ui"
)

// Cookie is the name of the cookie that carries a login's token. Browsers keep
// a cookie with this prefix to this host and to https; on plain http the name
// has no prefix.
const (
	Cookie       = "guildhall"
	SecureCookie = "__Host-guildhall"
)

// KeysCookie keeps that somebody switched character keys off on this device.
const KeysCookie = "keys"

func keysOff(r *http.Request) bool {
	c, err := r.Cookie(KeysCookie)
	return err == nil && c.Value == "off"
}

// Visit is one request.
type Visit struct {
	W  http.ResponseWriter
	R  *http.Request
	By access.Actor
	// Frame prints in the reader's language; Title, Current and Crumbs are
	// set by the page.
	*ui.Frame
}

// Page answers a visit.
type Page func(v *Visit) error

// House is what every visit needs.
type House struct {
	DB           *db.DB
	Logins       *login.Service
	Organisation *organisation.Keeper
	Catalogue    *i18n.Catalogue
	Clock        clock.Clock
	// Frame adds places, verbs and counts to the frame of somebody signed in.
	Frame func(v *Visit) error
}

// Open finds out who visits.
func (h *House) Open(w http.ResponseWriter, r *http.Request) (*Visit, error) {
	by, err := h.Logins.Resolve(r.Context(), Token(r))
	if err != nil {
		return nil, err
	}
	return h.visit(w, r, by), nil
}

// Nobody is a visit of somebody unknown, for error pages when the database
// does not answer.
func (h *House) Nobody(w http.ResponseWriter, r *http.Request) *Visit {
	return h.visit(w, r, access.Actor{})
}

func (h *House) visit(w http.ResponseWriter, r *http.Request, by access.Actor) *Visit {
	s := h.Organisation.Settings()
	zoneName := by.Zone
	if zoneName == "" || zoneName == "UTC" && s.TimeZone != "" {
		zoneName = s.TimeZone
	}
	zone, err := time.LoadLocation(zoneName)
	if err != nil {
		zone = time.UTC
	}
	locale := by.Locale
	if locale == "" && by.Known() {
		locale = s.Locale
	}
	if locale == "" {
		locale = h.Catalogue.Match(r.Header.Get("Accept-Language"))
	}
	return &Visit{W: w, R: r, By: by, Frame: &ui.Frame{
		Printer: h.Catalogue.Printer(locale, zone, h.Clock.Now()),
		Org:     s.Name, Theme: ui.ThemeOf(r), KeysOff: keysOff(r),
	}}
}

// Public lets everybody in.
func (h *House) Public(p Page) web.Handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		v, err := h.Open(w, r)
		if err != nil {
			return err
		}
		if v.By.Known() && h.Frame != nil {
			if err := h.Frame(v); err != nil {
				return err
			}
		}
		return p(v)
	}
}

// SignedIn lets in whoever is signed in; others are sent to sign in.
func (h *House) SignedIn(p Page) web.Handler {
	return h.Public(func(v *Visit) error {
		if err := v.By.NeedKnown(); err != nil {
			return err
		}
		return p(v)
	})
}

// Admin lets in admins; for others there is nothing here.
func (h *House) Admin(p Page) web.Handler {
	return h.SignedIn(func(v *Visit) error {
		if err := v.By.NeedAdmin(); err != nil {
			return err
		}
		return p(v)
	})
}

// Token returns the login token of a request, "" without one.
func Token(r *http.Request) string {
	for _, name := range []string{SecureCookie, Cookie} {
		if c, err := r.Cookie(name); err == nil && c.Value != "" {
			return c.Value
		}
	}
	return ""
}

// Show answers with the page.
func (v *Visit) Show(title, current string, content templ.Component) error {
	return v.ShowStatus(http.StatusOK, title, current, content)
}

// ShowStatus answers with the page and a status.
func (v *Visit) ShowStatus(status int, title, current string, content templ.Component) error {
	v.Frame.Title, v.Frame.Current = title, current
	if v.Flash == nil && v.R.Method == http.MethodGet {
		v.Flash = ui.TakeFlash(v.W, v.R)
	}
	return ui.Write(v.W, v.R, status, ui.Page(v.Frame, content))
}

// ShowGate answers with a page before somebody is signed in.
func (v *Visit) ShowGate(status int, title string, content templ.Component) error {
	v.Frame.Title = title
	return ui.Write(v.W, v.R, status, ui.Gate(v.Frame, v.T("login.boast"), content))
}

// Retry is the status of a fault that a page shows by itself; it says when to
// try again.
func (v *Visit) Retry(err error) int {
	p := web.NewProblem(v.R, err)
	if p.RetryAfter > 0 {
		v.W.Header().Set("Retry-After", strconv.Itoa(int((p.RetryAfter+time.Second-1)/time.Second)))
	}
	return p.Status
}

// See sends the browser to a page of ours after a post.
func (v *Visit) See(to string) error {
	http.Redirect(v.W, v.R, to, http.StatusSeeOther)
	return nil
}

// Form reads the form that was sent.
func (v *Visit) Form() (*web.Values, error) { return web.Form(v.R) }

// Query reads the query of the address.
func (v *Visit) Query() (*web.Values, error) { return web.Query(v.R) }

// ID reads an id from the path. What is no id names nothing.
func (v *Visit) ID(name string) (id.ID, error) {
	n, err := web.PathID(v.R, name)
	if err != nil {
		return 0, fault.Missing()
	}
	return n, nil
}

// Face is how a byline's author is drawn.
func Face(b people.Byline) ui.Face {
	f := ui.Face{Name: b.Name, Seed: b.Mark, Note: b.Unit}
	if b.Cut > 0 {
		f.Seed += "#" + strconv.Itoa(b.Cut)
	}
	if b.Kind == "anonymous" {
		f.Kind = ui.FaceAnonymous
	}
	if b.Person != 0 {
		f.Href = "/people/" + b.Person.String()
	}
	if b.Picture != "" {
		f.Photo = "/pictures/" + b.Picture
	}
	return f
}
