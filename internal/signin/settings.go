package signin

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/guildhall/guildhall/internal/core/access"
	"github.com/guildhall/guildhall/internal/core/login"
	"github.com/guildhall/guildhall/internal/core/people"
	"github.com/guildhall/guildhall/internal/core/visit"
	"github.com/guildhall/guildhall/internal/platform/db"
	"github.com/guildhall/guildhall/internal/platform/fault"
	"github.com/guildhall/guildhall/internal/platform/id"
	"github.com/guildhall/guildhall/internal/platform/web"
	"github.com/guildhall/guildhall/internal/signin/pages"
	"github.com/guildhall/guildhall/internal/ui"
)

// Claim is GET /claim: the form for a printed card.
func (p *Pages) Claim(v *visit.Visit) error {
	query, err := v.Query()
	if err != nil {
		return err
	}
	return p.claim(v, http.StatusOK, login.Claim{PersonnelNo: query.Text("personnel_no")}, nil)
}

func (p *Pages) claim(v *visit.Visit, status int, c login.Claim, wrong error) error {
	return v.ShowGate(status, v.T("login.claim_title"), pages.Claim(v.Frame, pages.ClaimView{
		PersonnelNo: c.PersonnelNo, Code: c.Code, Faults: v.Faults(wrong), MinPIN: login.MinPIN, MaxPIN: login.MaxPIN,
		Help: p.House.Organisation.Settings().SignInHelp,
	}))
}

// UseCard is POST /claim.
func (p *Pages) UseCard(v *visit.Visit) error {
	form, err := v.Form()
	if err != nil {
		return err
	}
	c := login.Claim{PersonnelNo: form.Text("personnel_no"), Code: form.Text("code"), PIN: form.Text("pin"), Again: form.Text("again")}
	s, err := p.Logins.Claim(v.R.Context(), c, web.ClientAddr(v.R), v.R.UserAgent())
	if refused(err) {
		return p.claim(v, v.Retry(err), c, err)
	}
	if err != nil {
		return err
	}
	return p.Enter(v, s, "/")
}

// told is what a page of settings says besides what it always says.
type told struct {
	status int
	form   string // the form that could not be carried out: secret, token, time
	wrong  error
	token  string // a new token, shown once
	label  string
	zone   string
}

// Settings is GET /settings.
func (p *Pages) Settings(v *visit.Visit) error {
	query, err := v.Query()
	if err != nil {
		return err
	}
	switch done := query.Get("done"); done {
	case "secret", "login", "logins", "token", "preferences":
		v.Flash = &ui.Flash{Text: v.T("settings.done." + done)}
	}
	return p.settings(v, told{status: http.StatusOK})
}

func (p *Pages) settings(v *visit.Visit, t told) error {
	ctx := v.R.Context()
	ways, err := p.Logins.Ways(ctx, v.By)
	if err != nil {
		return err
	}
	logins, err := p.Logins.Logins(ctx, v.By)
	if err != nil {
		return err
	}
	tokens, err := p.Logins.Tokens(ctx, v.By)
	if err != nil {
		return err
	}
	var zone, locale string
	if err := p.House.DB.Read(ctx, func(tx *db.Tx) error {
		zone, locale, err = people.Preferences(tx, v.By.Person)
		return err
	}); err != nil {
		return err
	}
	view := pages.SettingsView{
		Email: ways.Email, PersonnelNo: ways.PersonnelNo, Token: t.token, Zone: zone, Theme: v.Theme, KeysOff: v.KeysOff,
		Others: len(logins) > 1, Label: t.label, MinPassword: login.MinPassword, MinPIN: login.MinPIN,
		ZoneHint: v.T("settings.zone_hint", "zone", v.Zone().String()),
	}
	if t.form == "time" {
		view.Zone = t.zone
	}
	// Who came without an address keeps a PIN; everybody else has a password.
	view.PIN = ways.PIN && !ways.Password || ways.Email == "" && ways.PersonnelNo != "" && !ways.Password
	view.AskOld = (view.PIN && ways.PIN || !view.PIN && ways.Password) && !ways.Fresh
	view.Has = ways.PIN || ways.Password
	switch t.form {
	case "secret":
		view.SecretFaults = v.Faults(t.wrong)
	case "token":
		view.TokenFaults = v.Faults(t.wrong)
	case "time":
		view.TimeFaults = v.Faults(t.wrong)
	}
	for _, l := range logins {
		row := pages.LoginView{ID: l.ID.String(), Device: deviceName(v, l.Device), Here: l.Here,
			Line: v.T("settings.login_line", "seen", v.Ago(l.Seen), "started", v.Ago(l.Started))}
		view.Logins = append(view.Logins, row)
	}
	for _, k := range tokens {
		row := pages.TokenView{ID: k.ID.String(), Label: k.Label, Line: v.T("settings.token_unused", "made", v.Ago(k.Made))}
		if !k.Used.IsZero() {
			row.Line = v.T("settings.token_used", "made", v.Ago(k.Made), "used", v.Ago(k.Used))
		}
		switch {
		case k.Expires.IsZero():
		case k.Expires.After(v.Now()):
			row.Ends = v.T("settings.token_ends", "on", v.Printer.Date(k.Expires))
		default:
			row.Ends = v.T("settings.token_ended", "on", v.Printer.Date(k.Expires))
		}
		view.Tokens = append(view.Tokens, row)
	}
	view.Languages = append(view.Languages, ui.Option{Value: "", Label: v.T("settings.language_org"), On: locale == ""})
	for _, code := range p.House.Catalogue.Languages() {
		view.Languages = append(view.Languages, ui.Option{Value: code, Label: v.T("locale.name." + code), On: locale == code})
	}
	return v.ShowStatus(t.status, v.T("settings.title"), "settings", pages.Settings(v.Frame, view))
}

// Secret is POST /settings/secret.
func (p *Pages) Secret(v *visit.Visit) error {
	form, err := v.Form()
	if err != nil {
		return err
	}
	kind := login.Password
	if form.Get("kind") == string(login.PIN) {
		kind = login.PIN
	}
	err = p.Logins.ChangeSecret(v.R.Context(), v.By, kind, form.Get("old"), form.Get("new"), form.Get("again"), p.House.Organisation.Settings().Name)
	if refused(err) {
		return p.settings(v, told{status: v.Retry(err), form: "secret", wrong: err})
	}
	if err != nil {
		return err
	}
	return v.See("/settings?done=secret")
}

// EndLogins is POST /settings/logins: it ends the one named, or all the
// others.
func (p *Pages) EndLogins(v *visit.Visit) error {
	form, err := v.Form()
	if err != nil {
		return err
	}
	if form.Get("end") == "others" {
		if err := p.Logins.EndOthers(v.R.Context(), v.By); err != nil {
			return err
		}
		return v.See("/settings?done=logins")
	}
	n, err := form.ID("end")
	if err != nil {
		return err
	}
	if err := p.Logins.EndOwn(v.R.Context(), v.By, n); err != nil {
		return err
	}
	if n == v.By.Login {
		p.dropCookies(v)
		return v.See("/login")
	}
	return v.See("/settings?done=login")
}

// Tokens is POST /settings/tokens: it revokes the one named, or makes one and
// shows it.
func (p *Pages) Tokens(v *visit.Visit) error {
	form, err := v.Form()
	if err != nil {
		return err
	}
	if form.Get("revoke") != "" {
		n, err := form.ID("revoke")
		if err != nil {
			return err
		}
		if err := p.Logins.RevokeToken(v.R.Context(), v.By, n); err != nil {
			return err
		}
		return v.See("/settings?done=token")
	}
	days, err := form.Int("days", 0)
	t := told{status: http.StatusOK, form: "token", label: form.Text("label")}
	if err == nil {
		t.token, _, err = p.Logins.MakeToken(v.R.Context(), v.By, t.label, lifeOf(days))
	}
	if fault.Is(err, fault.Invalid) || fault.Is(err, fault.Conflict) {
		t.status, t.wrong = web.Status(fault.KindOf(err)), err
		return p.settings(v, t)
	}
	if err != nil {
		return err
	}
	t.label = ""
	v.W.Header().Set("Cache-Control", "no-store")
	return p.settings(v, t)
}

// lifeOf is a number of days as a time; numbers no token may have are kept out
// of the range of durations.
func lifeOf(days int) time.Duration {
	if days < 0 || days > 100_000 {
		return -1
	}
	return time.Duration(days) * 24 * time.Hour
}

// prefer keeps the time zone and the language that somebody chose; "" follows
// their site and the organisation.
func prefer(ctx context.Context, d *db.DB, languages []string, by access.Actor, zone, locale string) error {
	var c fault.Check
	c.Require(locale == "" || slices.Contains(languages, locale), "locale", "fault.choice_unknown")
	c.Require(zone == "" || people.ZoneOK(zone), "time_zone", "fault.zone_unknown")
	if err := c.Err(); err != nil {
		return err
	}
	return d.Write(ctx, func(tx *db.Tx) error { return people.SetPreferences(tx, by.Person, zone, locale) })
}

// Preferences is POST /settings/preferences.
func (p *Pages) Preferences(v *visit.Visit) error {
	form, err := v.Form()
	if err != nil {
		return err
	}
	zone, locale := form.Text("time_zone"), form.Text("locale")
	err = prefer(v.R.Context(), p.House.DB, p.House.Catalogue.Languages(), v.By, zone, locale)
	if fault.Is(err, fault.Invalid) {
		return p.settings(v, told{status: http.StatusUnprocessableEntity, form: "time", wrong: err, zone: zone})
	}
	if err != nil {
		return err
	}
	theme := form.Get("theme")
	age := 365 * 24 * 3600
	if theme != "light" && theme != "dark" {
		theme, age = "", -1
	}
	http.SetCookie(v.W, &http.Cookie{Name: ui.ThemeCookie, Value: theme, Path: "/", MaxAge: age, SameSite: http.SameSiteLaxMode})
	keys, age := "", -1
	if form.Bool("keys_off") {
		keys, age = "off", 365*24*3600
	}
	http.SetCookie(v.W, &http.Cookie{Name: visit.KeysCookie, Value: keys, Path: "/", MaxAge: age, SameSite: http.SameSiteLaxMode})
	return v.See("/settings?done=preferences")
}

// deviceName says what a browser's name for itself means to a person.
func deviceName(v *visit.Visit, agent string) string {
	browser, system := "", ""
	for _, b := range [...][2]string{
		{"Edg", "Edge"}, {"OPR/", "Opera"}, {"SamsungBrowser", "Samsung Internet"}, {"Firefox", "Firefox"}, {"FxiOS", "Firefox"},
		{"CriOS", "Chrome"}, {"Chrome", "Chrome"}, {"Safari", "Safari"}, {"curl", "curl"},
	} {
		if strings.Contains(agent, b[0]) {
			browser = b[1]
			break
		}
	}
	for _, s := range [...][2]string{
		{"iPhone", "iPhone"}, {"iPad", "iPad"}, {"Android", "Android"}, {"Windows", "Windows"}, {"CrOS", "ChromeOS"}, {"Mac OS", "macOS"}, {"Linux", "Linux"},
	} {
		if strings.Contains(agent, s[0]) {
			system = s[1]
			break
		}
	}
	switch {
	case browser != "" && system != "":
		return v.T("settings.device", "browser", browser, "system", system)
	case browser+system != "":
		return browser + system
	}
	return v.T("settings.device_unknown")
}

// one reads an id of the API's path.
func one(s string) (id.ID, error) {
	n, err := id.Parse(s)
	if err != nil || n == 0 {
		return 0, fault.Missing()
	}
	return n, nil
}
