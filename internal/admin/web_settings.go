package admin

import (
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/guildhall/guildhall/internal/admin/pages"
	"github.com/guildhall/guildhall/internal/core/audit"
	"github.com/guildhall/guildhall/internal/core/organisation"
	"github.com/guildhall/guildhall/internal/core/visit"
	"github.com/guildhall/guildhall/internal/platform/fault"
	"github.com/guildhall/guildhall/internal/platform/web"
	"github.com/guildhall/guildhall/internal/ui"
)

// Organisation is GET /admin/organisation.
func (p *Pages) Organisation(v *visit.Visit) error {
	q, err := v.Query()
	if err != nil {
		return err
	}
	s := p.House.Organisation.Settings()
	o := Organisation{Name: s.Name, PublicURL: s.PublicURL, TimeZone: s.TimeZone, SignInHelp: s.SignInHelp, MeetingLink: s.MeetingLink}
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
		Tabs: Tabs(v, "organisation"), Name: o.Name, PublicURL: o.PublicURL, TimeZone: o.TimeZone, SignInHelp: o.SignInHelp, MeetingLink: o.MeetingLink,
		Next: next, Faults: v.Faults(wrong), Zone: v.Zone().String(),
	}))
}

// SetOrganisation is POST /admin/organisation.
func (p *Pages) SetOrganisation(v *visit.Visit) error {
	form, err := v.Form()
	if err != nil {
		return err
	}
	o := Organisation{Name: form.Text("organisation"), PublicURL: form.Text("public_url"), TimeZone: form.Text("time_zone"), SignInHelp: form.Text("sign_in_help"), MeetingLink: form.Text("meeting_link")}
	if err := p.Service.SetOrganisation(v.R.Context(), v.By, o); refused(err) {
		return p.organisation(v, v.Retry(err), o, next(form, ""), false, err)
	} else if err != nil {
		return err
	}
	return v.See(next(form, "/admin/organisation?done=1"))
}

// Questions is GET /admin/questions.
func (p *Pages) Questions(v *visit.Visit) error {
	q, err := v.Query()
	if err != nil {
		return err
	}
	held, err := p.Service.Questions(v.R.Context(), v.By)
	if err != nil {
		return err
	}
	if q.Get("done") != "" {
		v.Flash = &ui.Flash{Text: v.T("admin.saved")}
	}
	return p.questions(v, http.StatusOK, held, nil)
}

func (p *Pages) questions(v *visit.Visit, status int, q Questions, wrong error) error {
	return v.ShowStatus(status, v.T("admin.questions"), "admin", pages.Questions(v.Frame, pages.QuestionsView{
		Tabs: Tabs(v, "questions"), Desk: q.Desk, Hours: q.Hours, Gone: q.Gone, Faults: v.Faults(wrong),
	}))
}

// SetQuestions is POST /admin/questions.
func (p *Pages) SetQuestions(v *visit.Visit) error {
	form, err := v.Form()
	if err != nil {
		return err
	}
	q := Questions{Desk: form.Get("desk"), Hours: form.Text("hours")}
	if err := p.Service.SetQuestions(v.R.Context(), v.By, q); refused(err) {
		return p.questions(v, v.Retry(err), q, err)
	} else if err != nil {
		return err
	}
	return v.See("/admin/questions?done=1")
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
	case "again":
		told = "admin.mail_tried"
	case "forget":
		told = "admin.mail_forgotten"
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
		Tabs: Tabs(v, "mail"), Host: m.Host, Port: strconv.Itoa(m.Port), User: m.User, From: m.From, To: to, Next: next,
		Set: s.Mail != nil, HasPassword: s.Mail != nil && s.Mail.Password != "", Paused: s.OutgoingPaused, Faults: v.Faults(wrong),
	}
	if m.Port == 0 {
		view.Port = ""
	}
	out, err := p.Service.Outgoing(v.R.Context(), v.By)
	if err != nil {
		return err
	}
	view.Outgoing = pages.OutgoingView{Waiting: out.Waiting, Next: out.Next, Said: out.Said}
	for _, m := range out.Refused {
		row := pages.RefusedView{Name: m.Name, Said: m.Said, At: m.At}
		if m.Name != "" {
			row.Href = "/admin/people/" + m.Person.String()
		}
		view.Outgoing.Refused = append(view.Outgoing.Refused, row)
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
	case "again":
		err, done = p.Service.RetryMail(v.R.Context(), v.By), "again"
	case "forget":
		err, done = p.Service.ForgetMail(v.R.Context(), v.By), "forget"
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
	view := pages.PracticesView{Tabs: Tabs(v, "practices"), Next: next(q, "")}
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
	view := pages.AuditView{Tabs: Tabs(v, "audit")}
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
