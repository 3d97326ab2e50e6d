package admin

import (
	"net/http"
	"net/url"

	"github.com/guildhall/guildhall/internal/admin/pages"
	"github.com/guildhall/guildhall/internal/core/access"
	"github.com/guildhall/guildhall/internal/core/login"
	"github.com/guildhall/guildhall/internal/core/visit"
	"github.com/guildhall/guildhall/internal/platform/fault"
	"github.com/guildhall/guildhall/internal/platform/id"
	"github.com/guildhall/guildhall/internal/platform/web"
	"github.com/guildhall/guildhall/internal/ui"
)

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
	view := pages.PeopleView{Tabs: Tabs(v, "people"), Words: f.Words, Show: q.Get("show"), Faults: v.Faults(wrong)}
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
		Tabs: Tabs(v, "invitations"), People: form.Get("people"), Next: next(form, ""), Faults: v.Faults(wrong), Mails: p.Service.Mails(),
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
