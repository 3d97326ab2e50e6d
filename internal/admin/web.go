package admin

import (
	"github.com/guildhall/guildhall/internal/core/login"
	"github.com/guildhall/guildhall/internal/core/visit"
	"github.com/guildhall/guildhall/internal/platform/fault"
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

// Tabs are the places of the administration, for its pages elsewhere too.
func Tabs(v *visit.Visit, current string) []ui.Tab {
	var out []ui.Tab
	for _, t := range [...][2]string{
		{"people", "/admin"}, {"import", "/admin/import"}, {"skills", "/admin/skills"}, {"claims", "/admin/claims"}, {"invitations", "/admin/invitations"}, {"organisation", "/admin/organisation"}, {"sites", "/admin/sites"},
		{"questions", "/admin/questions"}, {"mail", "/admin/mail"}, {"practices", "/admin/practices"}, {"audit", "/admin/audit"},
	} {
		out = append(out, ui.Tab{Label: v.T("admin.tab." + t[0]), Href: t[1], Current: t[0] == current})
	}
	return out
}
