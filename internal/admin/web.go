package admin

import (
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/guildhall/guildhall/internal/admin/pages"
	"github.com/guildhall/guildhall/internal/core/access"
	"github.com/guildhall/guildhall/internal/core/audit"
	"github.com/guildhall/guildhall/internal/core/login"
	"github.com/guildhall/guildhall/internal/core/organisation"
	"github.com/guildhall/guildhall/internal/core/visit"
	"github.com/guildhall/guildhall/internal/platform/fault"
	"github.com/guildhall/guildhall/internal/platform/id"
	"github.com/guildhall/guildhall/internal/platform/web"
	"github.com/guildhall/guildhall/internal/ui"
)

// Practice is one that can be switched on.
type Practice struct {
	Key    string // its name, advice and need are messages practice.<key>...
	Always bool   // it cannot be switched off
}

// Pages answers with the pages of the set-up and the administration.
type Pages struct {
	Service   *Service
	House     *visit.House
	Practices []Practice
	// Link is the whole address of a path.
	Link func(path string) string
	// Enter lets somebody in who has just proved who they are.
	Enter func(v *visit.Visit, s login.Started, to string) error
}

// refused tells whether the form says what is wrong, rather than an error
// page.
func refused(err error) bool {
	k := fault.KindOf(err)
	return err != nil && (k == fault.Invalid || k == fault.TooMany || k == fault.Conflict || k == fault.Unavailable)
}

// next is where a form leads: back to the set-up while that is under way.
func next(form *web.Values, otherwise string) string {
	if form.Get("next") == "/setup" {
		return "/setup"
	}
	return otherwise
}

// tabs are the places of the administration.
func (p *Pages) tabs(v *visit.Visit, current string) []ui.Tab {
	var out []ui.Tab
	for _, t := range [...][2]string{
		{"people", "/admin"}, {"import", "/admin/import"}, {"invitations", "/admin/invitations"}, {"organisation", "/admin/organisation"}, {"sites", "/admin/sites"},
		{"mail", "/admin/mail"}, {"practices", "/admin/practices"}, {"audit", "/admin/audit"},
	} {
		out = append(out, ui.Tab{Label: v.T("admin.tab." + t[0]), Href: t[1], Current: t[0] == current})
	}
	return out
}

// SetUp is GET /setup: the form for the first admin, then the list of what is
// left to do.
func (p *Pages) SetUp(v *visit.Visit) error {
	claimed, err := p.Service.Claimed(v.R.Context())
	if err != nil {
		return err
	}
	if !claimed {
		return p.found(v, http.StatusOK, Founding{}, nil)
	}
	if err := v.By.NeedAdmin(); err != nil {
		return err
	}
	s := p.House.Organisation.Settings()
	_, more, err := p.Service.List(v.R.Context(), v.By, Filter{})
	if err != nil {
		return err
	}
	people, _, err := p.Service.List(v.R.Context(), v.By, Filter{})
	if err != nil {
		return err
	}
	view := pages.SetUpView{Finished: s.SetUp}
	for _, x := range []struct {
		key, href string
		done      bool
	}{
		{"organisation", "/admin/organisation", s.PublicURL != ""},
		{"mail", "/admin/mail", p.Service.Mails()},
		{"people", "/admin/invitations", more || len(people) > 1},
		{"practices", "/admin/practices", s.Practices != nil},
	} {
		view.Steps = append(view.Steps, pages.StepView{
			Title: v.T("setup.step." + x.key), Text: v.T("setup.step." + x.key + ".text"), Href: x.href + "?next=/setup", Done: x.done,
		})
	}
	return v.Show(v.T("setup.title"), "admin", pages.SetUp(v.Frame, view))
}

func (p *Pages) found(v *visit.Visit, status int, f Founding, wrong error) error {
	return v.ShowGate(status, v.T("setup.title"), pages.Found(v.Frame, pages.FoundView{
		Code: f.Code, Organisation: f.Organisation, Name: f.Name, Who: f.Who, MinPassword: login.MinPassword, Faults: v.Faults(wrong),
	}))
}

// Found is POST /setup.
func (p *Pages) Found(v *visit.Visit) error {
	form, err := v.Form()
	if err != nil {
		return err
	}
	f := Founding{Code: form.Text("code"), Organisation: form.Text("organisation"), Name: form.Text("name"), Who: form.Text("who"), Password: form.Get("password")}
	s, err := p.Service.Found(v.R.Context(), f, web.ClientAddr(v.R), v.R.UserAgent())
	if fault.Is(err, fault.Conflict) && fault.Of(err).Key == "fault.set_up_already" {
		// Somebody was faster, or the button was pressed twice.
		return v.See("/login?to=/setup")
	}
	if refused(err) {
		return p.found(v, v.Retry(err), f, err)
	}
	if err != nil {
		return err
	}
	return p.Enter(v, s, "/setup")
}

// Finish is POST /setup/done.
func (p *Pages) Finish(v *visit.Visit) error {
	if err := p.Service.FinishSetUp(v.R.Context(), v.By); err != nil {
		return err
	}
	return v.See("/")
}

// People is GET /admin.
func (p *Pages) People(v *visit.Visit) error {
	q, err := v.Query()
	if err != nil {
		return err
	}
	return p.people(v, http.StatusOK, q, nil)
}

func (p *Pages) people(v *visit.Visit, status int, q *web.Values, wrong error) error {
	f := Filter{Words: q.Text("q"), NoWay: q.Get("show") == "new", Admins: q.Get("show") == "admins", After: q.Get("after")}
	if len(f.Words) > 200 || len(f.After) > 1000 {
		return fault.Missing()
	}
	var err error
	if f.AfterID, err = q.ID("id"); err != nil {
		return err
	}
	list, more, err := p.Service.List(v.R.Context(), v.By, f)
	if err != nil {
		return err
	}
	view := pages.PeopleView{Tabs: p.tabs(v, "people"), Words: f.Words, Show: q.Get("show"), Faults: v.Faults(wrong)}
	self := func(show string, extra url.Values) string {
		u := url.Values{}
		if f.Words != "" {
			u.Set("q", f.Words)
		}
		if show != "" {
			u.Set("show", show)
		}
		for k, x := range extra {
			u[k] = x
		}
		if len(u) == 0 {
			return "/admin"
		}
		return "/admin?" + u.Encode()
	}
	for _, show := range []string{"", "new", "admins"} {
		key := show
		if key == "" {
			key = "all"
		}
		view.Shows = append(view.Shows, ui.Tab{Label: v.T("admin.show." + key), Href: self(show, nil), Current: show == view.Show})
	}
	for _, x := range list {
		view.People = append(view.People, p.personRow(v, x))
	}
	if f.AfterID != 0 {
		view.Pages.Newer = self(view.Show, nil)
	}
	if more {
		last := list[len(list)-1]
		view.Pages.Older = self(view.Show, url.Values{"after": {last.SortKey}, "id": {last.ID.String()}})
	}
	return v.ShowStatus(status, v.T("admin.title"), "admin", pages.People(v.Frame, view))
}

func (p *Pages) personRow(v *visit.Visit, x Person) pages.PersonRow {
	row := pages.PersonRow{ID: x.ID.String(), Name: x.Name, Unit: x.Unit, Way: x.Email, Role: v.T("role." + string(x.Role)), Number: x.PersonnelNo}
	switch {
	case x.Logins > 0:
		row.State = v.T("admin.seen", "ago", v.Ago(x.Seen))
	case x.Waiting == login.CardLink:
		row.State = v.T("admin.card_waits")
	case x.Waiting != "":
		row.State = v.T("admin.invitation_waits")
	case x.Secret:
		row.State = v.T("admin.signed_out")
	default:
		row.State = v.T("admin.never_in")
	}
	return row
}

// chosen reads the people ticked in the list.
func chosen(form *web.Values) ([]id.ID, error) {
	var out []id.ID
	for _, s := range form.All("person") {
		n, err := id.Parse(s)
		if err != nil || n == 0 {
			return nil, fault.Missing()
		}
		out = append(out, n)
	}
	return out, nil
}

// Many is POST /admin/people: cards or invitations for the people ticked.
func (p *Pages) Many(v *visit.Visit) error {
	form, err := v.Form()
	if err != nil {
		return err
	}
	of, err := chosen(form)
	if err != nil {
		return err
	}
	switch form.Get("do") {
	case "cards":
		cards, err := p.Service.Logins.Cards(v.R.Context(), v.By, of)
		if refused(err) {
			return p.people(v, v.Retry(err), form, err)
		}
		if err != nil {
			return err
		}
		return p.cards(v, cards)
	case "invite":
		list, err := p.Service.InviteAgain(v.R.Context(), v.By, of)
		if refused(err) {
			return p.people(v, v.Retry(err), form, err)
		}
		if err != nil {
			return err
		}
		return p.invited(v, list, "/admin")
	}
	return fault.New(fault.Invalid, "fault.choice_unknown")
}

// cards shows printed cards; their codes are not shown again.
func (p *Pages) cards(v *visit.Visit, cards []login.Card) error {
	view := pages.CardsView{Org: p.House.Organisation.Settings().Name, At: p.Link("/claim")}
	for _, c := range cards {
		if c.Code == "" {
			view.Without = append(view.Without, c.Name)
			continue
		}
		view.Cards = append(view.Cards, pages.CardView{Name: c.Name, Number: c.PersonnelNo, Code: c.Code, Until: v.Printer.Date(c.Expires)})
	}
	v.W.Header().Set("Cache-Control", "no-store")
	return v.Show(v.T("admin.cards"), "admin", pages.Cards(v.Frame, view))
}

// invited says who was invited, with the links where there is no mail.
func (p *Pages) invited(v *visit.Visit, list []Invited, back string) error {
	view := pages.InvitedView{Back: back, Mails: p.Service.Mails()}
	for _, i := range list {
		row := pages.InvitedRow{ID: i.Person.String(), Name: i.Name, Email: i.Email}
		if i.Token != "" {
			row.Link = p.Link("/login/link/" + i.Token)
		}
		if i.Email == "" {
			view.Cards = true
		}
		view.Rows = append(view.Rows, row)
	}
	v.W.Header().Set("Cache-Control", "no-store")
	return v.Show(v.T("admin.invited"), "admin", pages.Invited(v.Frame, view))
}

// Person is GET /admin/people/{id}.
func (p *Pages) Person(v *visit.Visit) error { return p.person(v, http.StatusOK, nil) }

func (p *Pages) person(v *visit.Visit, status int, wrong error) error {
	n, err := v.ID("id")
	if err != nil {
		return err
	}
	x, err := p.Service.Person(v.R.Context(), v.By, n)
	if err != nil {
		return err
	}
	view := pages.PersonView{
		ID: x.ID.String(), Name: x.Name, Email: x.Email, Number: x.PersonnelNo, Unit: x.Unit, Faults: v.Faults(wrong),
		State: p.personRow(v, x).State, Logins: x.Logins, Left: x.State != "active", Self: x.ID == v.By.Person,
	}
	for _, r := range []access.Role{access.Member, access.Guest, access.Organiser, access.Admin} {
		view.Roles = append(view.Roles, ui.Option{Value: string(r), Label: v.T("role." + string(r)), Note: v.T("role." + string(r) + ".note"), On: r == x.Role})
	}
	v.Crumbs = []ui.Crumb{{Label: v.T("admin.title"), Href: "/admin"}}
	return v.ShowStatus(status, x.Name, "admin", pages.Person(v.Frame, view))
}

// ChangePerson is POST /admin/people/{id}.
func (p *Pages) ChangePerson(v *visit.Visit) error {
	form, err := v.Form()
	if err != nil {
		return err
	}
	n, err := v.ID("id")
	if err != nil {
		return err
	}
	if form.Get("end") != "" {
		err = p.Service.EndLogins(v.R.Context(), v.By, n)
	} else {
		err = p.Service.SetRole(v.R.Context(), v.By, n, access.Role(form.Get("role")))
	}
	if refused(err) {
		return p.person(v, v.Retry(err), err)
	}
	if err != nil {
		return err
	}
	return v.See("/admin/people/" + n.String())
}

// Invitations is GET /admin/invitations.
func (p *Pages) Invitations(v *visit.Visit) error {
	q, err := v.Query()
	if err != nil {
		return err
	}
	return p.invitations(v, http.StatusOK, q, nil)
}

func (p *Pages) invitations(v *visit.Visit, status int, form *web.Values, wrong error) error {
	view := pages.InvitationsView{
		Tabs: p.tabs(v, "invitations"), People: form.Get("people"), Next: next(form, ""), Faults: v.Faults(wrong), Mails: p.Service.Mails(),
	}
	role := form.Get("role")
	if role == "" {
		role = string(access.Member)
	}
	for _, r := range []access.Role{access.Member, access.Organiser, access.Guest} {
		view.Roles = append(view.Roles, ui.Option{Value: string(r), Label: v.T("role." + string(r)), Note: v.T("role." + string(r) + ".note"), On: string(r) == role})
	}
	return v.ShowStatus(status, v.T("admin.invite"), "admin", pages.Invitations(v.Frame, view))
}

// Invite is POST /admin/invitations.
func (p *Pages) Invite(v *visit.Visit) error {
	form, err := v.Form()
	if err != nil {
		return err
	}
	list, err := p.Service.InviteNew(v.R.Context(), v.By, form.Get("people"), access.Role(form.Get("role")))
	if refused(err) {
		return p.invitations(v, v.Retry(err), form, err)
	}
	if err != nil {
		return err
	}
	return p.invited(v, list, next(form, "/admin/invitations"))
}

// Organisation is GET /admin/organisation.
func (p *Pages) Organisation(v *visit.Visit) error {
	q, err := v.Query()
	if err != nil {
		return err
	}
	s := p.House.Organisation.Settings()
	o := Organisation{Name: s.Name, PublicURL: s.PublicURL, TimeZone: s.TimeZone, SignInHelp: s.SignInHelp}
	if o.PublicURL == "" {
		// A proposal only; it is kept when the admin says so.
		scheme := "http"
		if v.R.TLS != nil || strings.EqualFold(v.R.Header.Get("X-Forwarded-Proto"), "https") {
			scheme = "https"
		}
		if u := scheme + "://" + v.R.Host; addressOK(u) {
			o.PublicURL = u
		}
	}
	return p.organisation(v, http.StatusOK, o, next(q, ""), q.Get("done") != "", nil)
}

func (p *Pages) organisation(v *visit.Visit, status int, o Organisation, next string, done bool, wrong error) error {
	if done {
		v.Flash = &ui.Flash{Text: v.T("admin.saved")}
	}
	return v.ShowStatus(status, v.T("admin.organisation"), "admin", pages.Organisation(v.Frame, pages.OrganisationView{
		Tabs: p.tabs(v, "organisation"), Name: o.Name, PublicURL: o.PublicURL, TimeZone: o.TimeZone, SignInHelp: o.SignInHelp,
		Next: next, Faults: v.Faults(wrong), Zone: v.Zone().String(),
	}))
}

// SetOrganisation is POST /admin/organisation.
func (p *Pages) SetOrganisation(v *visit.Visit) error {
	form, err := v.Form()
	if err != nil {
		return err
	}
	o := Organisation{Name: form.Text("organisation"), PublicURL: form.Text("public_url"), TimeZone: form.Text("time_zone"), SignInHelp: form.Text("sign_in_help")}
	if err := p.Service.SetOrganisation(v.R.Context(), v.By, o); refused(err) {
		return p.organisation(v, v.Retry(err), o, next(form, ""), false, err)
	} else if err != nil {
		return err
	}
	return v.See(next(form, "/admin/organisation?done=1"))
}

// Mail is GET /admin/mail.
func (p *Pages) Mail(v *visit.Visit) error {
	q, err := v.Query()
	if err != nil {
		return err
	}
	m := organisation.Mail{Port: 587, TLS: "starttls"}
	if held := p.House.Organisation.Settings().Mail; held != nil {
		m = *held
	}
	told := ""
	switch q.Get("done") {
	case "":
	case "sent":
		told = "admin.mail_sent"
	default:
		told = "admin.saved"
	}
	return p.mail(v, http.StatusOK, m, q.Get("to"), next(q, ""), told, nil)
}

func (p *Pages) mail(v *visit.Visit, status int, m organisation.Mail, to, next, told string, wrong error) error {
	s := p.House.Organisation.Settings()
	if told != "" {
		v.Flash = &ui.Flash{Text: v.T(told)}
	}
	if to == "" {
		ways, err := p.Service.Logins.Ways(v.R.Context(), v.By)
		if err != nil {
			return err
		}
		to = ways.Email
	}
	view := pages.MailView{
		Tabs: p.tabs(v, "mail"), Host: m.Host, Port: strconv.Itoa(m.Port), User: m.User, From: m.From, To: to, Next: next,
		Set: s.Mail != nil, HasPassword: s.Mail != nil && s.Mail.Password != "", Paused: s.OutgoingPaused, Faults: v.Faults(wrong),
	}
	if m.Port == 0 {
		view.Port = ""
	}
	for _, x := range []string{"starttls", "tls", "none"} {
		view.TLS = append(view.TLS, ui.Option{Value: x, Label: v.T("admin.tls." + x), On: x == m.TLS})
	}
	if o := m.OAuth; o != nil {
		view.OAuth, view.TokenURL, view.ClientID, view.Scope = true, o.TokenURL, o.ClientID, o.Scope
		view.HasRefresh = s.Mail != nil && s.Mail.OAuth != nil
	}
	return v.ShowStatus(status, v.T("admin.mail"), "admin", pages.Mail(v.Frame, view))
}

// SetMail is POST /admin/mail.
func (p *Pages) SetMail(v *visit.Visit) error {
	form, err := v.Form()
	if err != nil {
		return err
	}
	m := organisation.Mail{
		Host: form.Text("host"), TLS: form.Get("tls"), User: form.Text("user"), Password: form.Get("password"), From: form.Text("from"),
	}
	// A port that is no number is told with everything else.
	m.Port, _ = strconv.Atoi(form.Text("port"))
	if form.Text("token_url")+form.Text("client_id") != "" {
		m.OAuth = &organisation.OAuth{
			TokenURL: form.Text("token_url"), ClientID: form.Text("client_id"), ClientSecret: form.Get("client_secret"),
			RefreshToken: form.Text("refresh_token"), Scope: form.Text("scope"),
		}
	}
	done := "saved"
	switch form.Get("do") {
	case "test":
		err, done = p.Service.TestMail(v.R.Context(), v.By, m, form.Text("to")), "sent"
	case "off":
		err = p.Service.SetMail(v.R.Context(), v.By, Mail{Off: true})
	case "go":
		err = p.Service.SetMail(v.R.Context(), v.By, Mail{Go: true})
	default:
		err = p.Service.SetMail(v.R.Context(), v.By, Mail{With: m})
	}
	if refused(err) {
		status := v.Retry(err)
		if fault.Is(err, fault.Unavailable) {
			// It is the mail server that does not answer, not this one.
			status = http.StatusUnprocessableEntity
		}
		return p.mail(v, status, m, form.Text("to"), next(form, ""), "", err)
	}
	if err != nil {
		return err
	}
	if done == "sent" || form.Get("next") == "" {
		u := url.Values{"done": {done}}
		if form.Get("next") == "/setup" {
			u.Set("next", "/setup")
		}
		return v.See("/admin/mail?" + u.Encode())
	}
	return v.See(next(form, "/admin/mail"))
}

// PracticesPage is GET /admin/practices.
func (p *Pages) PracticesPage(v *visit.Visit) error {
	q, err := v.Query()
	if err != nil {
		return err
	}
	if q.Get("done") != "" {
		v.Flash = &ui.Flash{Text: v.T("admin.saved")}
	}
	s := p.House.Organisation.Settings()
	view := pages.PracticesView{Tabs: p.tabs(v, "practices"), Next: next(q, "")}
	for _, x := range p.Practices {
		view.Practices = append(view.Practices, pages.PracticeView{
			Key: x.Key, Name: v.T("practice." + x.Key), Text: v.T("practice." + x.Key + ".text"), Needs: v.T("practice." + x.Key + ".needs"),
			Always: x.Always, On: x.Always || s.On(x.Key),
		})
	}
	return v.Show(v.T("admin.practices"), "admin", pages.Practices(v.Frame, view))
}

// SetPractices is POST /admin/practices.
func (p *Pages) SetPractices(v *visit.Visit) error {
	form, err := v.Form()
	if err != nil {
		return err
	}
	on := map[string]bool{}
	for _, x := range p.Practices {
		on[x.Key] = x.Always || form.Bool("practice_"+x.Key)
	}
	if err := p.Service.SetPractices(v.R.Context(), v.By, on); err != nil {
		return err
	}
	return v.See(next(form, "/admin/practices?done=1"))
}

// Audit is GET /admin/audit.
func (p *Pages) Audit(v *visit.Visit) error {
	q, err := v.Query()
	if err != nil {
		return err
	}
	c, err := web.ParseCursor(q.Get("after"))
	if err != nil {
		return fault.Missing()
	}
	acts, more, err := audit.List(v.R.Context(), p.Service.DB, v.By, c.At, c.ID)
	if err != nil {
		return err
	}
	view := pages.AuditView{Tabs: p.tabs(v, "audit")}
	for _, a := range acts {
		row := pages.ActView{At: a.At, Who: a.Name, Did: a.Action, Of: a.Of, Detail: a.Detail}
		if p.House.Catalogue.Has("audit." + a.Action) {
			row.Did = v.T("audit." + a.Action)
		}
		if a.Name == "" {
			row.Who = v.T("audit.nobody")
		}
		if a.Subject == a.Actor {
			row.Of = ""
		}
		view.Acts = append(view.Acts, row)
	}
	if !c.IsZero() {
		view.Pages.Newer = "/admin/audit"
	}
	if more {
		last := acts[len(acts)-1]
		view.Pages.Older = "/admin/audit?after=" + web.Cursor{At: last.At, ID: last.ID}.String()
	}
	return v.Show(v.T("admin.audit"), "admin", pages.Audit(v.Frame, view))
}
