package admin

import (
	"net/http"

	"github.com/guildhall/guildhall/internal/admin/pages"
	"github.com/guildhall/guildhall/internal/core/login"
	"github.com/guildhall/guildhall/internal/core/visit"
	"github.com/guildhall/guildhall/internal/platform/fault"
	"github.com/guildhall/guildhall/internal/platform/web"
)

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
	people, more, err := p.Service.List(v.R.Context(), v.By, Filter{})
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
		return v.See("/login?to=/setup&opened=1")
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
