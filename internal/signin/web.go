package signin

import (
	"net/http"
	"net/url"

	"github.com/guildhall/guildhall/internal/core/login"
	"github.com/guildhall/guildhall/internal/core/visit"
	"github.com/guildhall/guildhall/internal/platform/db"
	"github.com/guildhall/guildhall/internal/platform/fault"
	"github.com/guildhall/guildhall/internal/platform/id"
	"github.com/guildhall/guildhall/internal/platform/web"
	"github.com/guildhall/guildhall/internal/signin/pages"
)

// Pages answers with the pages of the door.
type Pages struct {
	House  *visit.House
	Logins *login.Service
	// Send has a one-time link brought to the person who asked for it, after
	// the transaction: nobody learns from the time it takes who is here.
	Send func(tx *db.Tx, person id.ID, to string) error
	// Mails tells whether mail is sent; while it is not, links stand in the log.
	Mails func() bool
	// Public is the address people type; cookies are secure when it is https.
	Public func() *url.URL
}

// secure tells whether the browser reached us by https.
func (p *Pages) secure(r *http.Request) bool {
	if r.TLS != nil {
		return true
	}
	u := p.Public()
	return u != nil && u.Scheme == "https" && u.Host == r.Host
}

// setCookie keeps the login in the browser.
func (p *Pages) setCookie(v *visit.Visit, token string) {
	c := &http.Cookie{
		Name: visit.Cookie, Value: token, Path: "/", HttpOnly: true, SameSite: http.SameSiteLaxMode,
		MaxAge: int(login.LoginLife.Seconds()),
	}
	if p.secure(v.R) {
		c.Name, c.Secure = visit.SecureCookie, true
	}
	http.SetCookie(v.W, c)
}

func (p *Pages) dropCookies(v *visit.Visit) {
	for _, name := range []string{visit.Cookie, visit.SecureCookie} {
		http.SetCookie(v.W, &http.Cookie{
			Name: name, Path: "/", HttpOnly: true, SameSite: http.SameSiteLaxMode, MaxAge: -1, Secure: name == visit.SecureCookie,
		})
	}
}

// Enter lets somebody in: whoever was signed in on this browser goes out.
func (p *Pages) Enter(v *visit.Visit, s login.Started, to string) error {
	if v.By.Login != 0 {
		if err := p.Logins.End(v.R.Context(), v.By.Person, v.By.Login); err != nil {
			return err
		}
	}
	p.setCookie(v, s.Cookie)
	return v.See(web.Local(to, "/"))
}

// Door is GET /login.
func (p *Pages) Door(v *visit.Visit) error {
	query, err := v.Query()
	if err != nil {
		return err
	}
	to := web.Local(query.Get("to"), "")
	if v.By.Known() {
		return v.See(web.Local(to, "/"))
	}
	return p.doorWith(v, http.StatusOK, query.Text("who"), to, query.Bool("opened"), nil)
}

func (p *Pages) door(v *visit.Visit, status int, who, to string, wrong error) error {
	return p.doorWith(v, status, who, to, false, wrong)
}

// doorWith is door; opened says that the house was opened by somebody else while
// the visitor was about to.
func (p *Pages) doorWith(v *visit.Visit, status int, who, to string, opened bool, wrong error) error {
	s := p.House.Organisation.Settings()
	view := pages.DoorView{Lede: v.T("login.lede_nobody"), Who: who, To: to, Help: s.SignInHelp, Faults: v.Faults(wrong)}
	if s.Name != "" {
		view.Lede = v.T("login.lede", "org", s.Name)
		if opened {
			view.Lede = v.T("login.opened", "org", s.Name)
		}
	}
	return v.ShowGate(status, v.T("login.title"), pages.Door(v.Frame, view))
}

// refused tells whether the door itself says what is wrong, rather than an
// error page.
func refused(err error) bool {
	return fault.Is(err, fault.Invalid) || fault.Is(err, fault.TooMany) || fault.Is(err, fault.Unavailable)
}

// SignIn is POST /login.
func (p *Pages) SignIn(v *visit.Visit) error {
	form, err := v.Form()
	if err != nil {
		return err
	}
	who, to := form.Text("who"), web.Local(form.Get("to"), "")
	s, err := p.Logins.SignIn(v.R.Context(), who, form.Get("secret"), web.ClientAddr(v.R), v.R.UserAgent())
	if refused(err) {
		return p.door(v, v.Retry(err), who, to, err)
	}
	if err != nil {
		return err
	}
	return p.Enter(v, s, to)
}

// WantLink is POST /login/link. It answers the same whether the address
// belongs to somebody or not.
func (p *Pages) WantLink(v *visit.Visit) error {
	form, err := v.Form()
	if err != nil {
		return err
	}
	who, to := form.Text("who"), web.Local(form.Get("to"), "")
	err = p.Logins.WantLink(v.R.Context(), who, web.ClientAddr(v.R), func(tx *db.Tx, person id.ID) error { return p.Send(tx, person, to) })
	if refused(err) {
		return p.door(v, v.Retry(err), who, to, err)
	}
	if err != nil {
		return err
	}
	title := v.T("login.sent_title")
	if !p.Mails() {
		title = v.T("login.logged_title")
	}
	return v.ShowGate(http.StatusOK, title, pages.Sent(v.Frame, who, p.Mails()))
}

// Link is GET /login/link/{token}: a page with one button, because programs
// that check mail for harm follow every link.
func (p *Pages) Link(v *visit.Visit) error {
	query, err := v.Query()
	if err != nil {
		return err
	}
	token := v.R.PathValue("token")
	name, err := p.Logins.LinkOf(v.R.Context(), token)
	if err != nil {
		return p.gone(v, err)
	}
	v.W.Header().Set("Referrer-Policy", "no-referrer")
	return v.ShowGate(http.StatusOK, v.T("login.link_title", "name", name), pages.Link(v.Frame, pages.LinkView{
		Title: v.T("login.link_title", "name", name), Action: "/login/link/" + url.PathEscape(token), To: web.Local(query.Get("to"), ""),
	}))
}

// gone explains a link that does not work any more, at the door.
func (p *Pages) gone(v *visit.Visit, err error) error {
	if !fault.Is(err, fault.Gone) {
		return err
	}
	return p.door(v, http.StatusGone, "", "", err)
}

// UseLink is POST /login/link/{token}.
func (p *Pages) UseLink(v *visit.Visit) error {
	form, err := v.Form()
	if err != nil {
		return err
	}
	s, err := p.Logins.UseLink(v.R.Context(), v.R.PathValue("token"), v.R.UserAgent())
	if err != nil {
		return p.gone(v, err)
	}
	return p.Enter(v, s, form.Get("to"))
}

// SignOut is POST /logout.
func (p *Pages) SignOut(v *visit.Visit) error {
	if v.By.Known() {
		if err := p.Logins.End(v.R.Context(), v.By.Person, v.By.Login); err != nil {
			return err
		}
	}
	p.dropCookies(v)
	return v.See("/login")
}
