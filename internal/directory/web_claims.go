package directory

import (
	"net/http"
	"strings"

	"github.com/guildhall/guildhall/internal/core/people"
	"github.com/guildhall/guildhall/internal/core/visit"
	"github.com/guildhall/guildhall/internal/directory/pages"
	"github.com/guildhall/guildhall/internal/platform/fault"
	"github.com/guildhall/guildhall/internal/platform/web"
	"github.com/guildhall/guildhall/internal/ui"
)

// Profiles is GET /people/me/profiles: imported profiles that may be the
// reader's, and what they have said of some.
func (p *Pages) Profiles(v *visit.Visit) error {
	q, err := v.Query()
	if err != nil {
		return err
	}
	words := q.Text("q")
	if words == "" && q.Get("q") == "" {
		words = v.By.Name
	}
	return p.profiles(v, http.StatusOK, words, nil)
}

func (p *Pages) profiles(v *visit.Visit, status int, words string, wrong error) error {
	if len(words) > 200 {
		words = ""
	}
	found, err := p.People.Profiles(v.R.Context(), v.By, words)
	if err != nil {
		return err
	}
	claims, err := p.People.OwnClaims(v.R.Context(), v.By)
	if err != nil {
		return err
	}
	view := pages.ProfilesView{Query: words, Faults: v.Faults(wrong)}
	said := map[string]bool{}
	for _, c := range claims {
		row := pages.ClaimRow{
			ID: c.ID.String(), Name: c.Label, Line: v.T("claims.posts", "n", c.Posts, "origin", originName(c.Origin)), State: v.T("claims.state." + string(c.State)),
			At: c.Asked, Note: c.Note, Waiting: c.State == people.ClaimWaiting, Action: "/people/me/profiles",
		}
		if row.Waiting {
			said[c.Author.String()] = true
		}
		view.Claims = append(view.Claims, row)
	}
	for _, f := range found {
		if !said[f.Author.String()] {
			view.Found = append(view.Found, pages.FoundProfile{
				ID: f.Author.String(), Name: f.Label, Line: v.T("claims.posts", "n", f.Posts, "origin", originName(f.Origin)), Match: f.Match,
			})
		}
	}
	v.Crumbs = []ui.Crumb{{Label: v.By.Name, Href: "/people/" + v.By.Person.String()}}
	return v.ShowStatus(status, v.T("claims.title"), "people", pages.Profiles(v.Frame, view))
}

// originName is what an import's origin is called: the site's name without the
// kind of import.
func originName(origin string) string {
	_, site, ok := strings.Cut(origin, ":")
	if !ok {
		return origin
	}
	return site
}

// ClaimProfile is POST /people/me/profiles.
func (p *Pages) ClaimProfile(v *visit.Visit) error {
	form, err := v.Form()
	if err != nil {
		return err
	}
	if form.Get("withdraw") != "" {
		n, err := form.ID("withdraw")
		if err != nil {
			return fault.Missing()
		}
		if err := p.People.WithdrawClaim(v.R.Context(), v.By, n); err != nil {
			return err
		}
		return v.See("/people/me/profiles")
	}
	author, err := form.ID("profile")
	if err != nil {
		return fault.Missing()
	}
	state, err := p.People.Claim(v.R.Context(), v.By, author, form.Get("note"))
	if fault.Is(err, fault.Invalid) {
		return p.profiles(v, http.StatusUnprocessableEntity, form.Text("q"), err)
	}
	if err != nil {
		return err
	}
	ui.SetFlash(v.W, ui.Flash{Text: v.T("claims.said." + string(state))})
	return v.See("/people/me/profiles")
}

// Claims is GET /admin/claims.
func (p *Pages) Claims(v *visit.Visit) error {
	q, err := v.Query()
	if err != nil {
		return err
	}
	state := people.ClaimState(q.Text("state"))
	switch state {
	case people.ClaimApproved, people.ClaimRefused:
	default:
		state = people.ClaimWaiting
	}
	c, err := web.ParseCursor(q.Get("after"))
	if err != nil {
		return fault.Missing()
	}
	list, more, err := p.People.Claims(v.R.Context(), v.By, state, c.At, c.ID)
	if err != nil {
		return err
	}
	view := pages.ClaimsView{Empty: ui.EmptyState{Title: v.T("claims.none_title"), Text: v.T("claims.none")}}
	for _, s := range []people.ClaimState{people.ClaimWaiting, people.ClaimApproved, people.ClaimRefused} {
		view.Tabs = append(view.Tabs, ui.Tab{Label: v.T("claims.tab." + string(s)), Href: "/admin/claims?state=" + string(s), Current: s == state})
	}
	for _, x := range list {
		row := pages.ClaimRow{
			ID: x.ID.String(), Name: x.Label, Line: v.T("claims.posts", "n", x.Posts, "origin", originName(x.Origin)), At: x.Asked, Note: x.Note,
			Who: ui.Face{Name: x.Name, Seed: x.Person.String(), Href: "/people/" + x.Person.String()}, Action: "/admin/claims/" + x.ID.String(),
			Waiting: x.State == people.ClaimWaiting, Approved: x.State == people.ClaimApproved,
		}
		if x.How == "email" {
			row.State = v.T("claims.by_email")
		}
		view.Rows = append(view.Rows, row)
	}
	here := "/admin/claims?state=" + string(state)
	if !c.IsZero() {
		view.Pages.Newer = here
	}
	if more {
		last := list[len(list)-1]
		view.Pages.Older = here + "&after=" + web.Cursor{At: last.Asked, ID: last.ID}.String()
	}
	view.Places = p.Places(v, "claims")
	return v.Show(v.T("claims.admin"), "admin", pages.Claims(v.Frame, view))
}

// DecideClaim is POST /admin/claims/{id}.
func (p *Pages) DecideClaim(v *visit.Visit) error {
	form, err := v.Form()
	if err != nil {
		return err
	}
	n, err := v.ID("id")
	if err != nil {
		return err
	}
	back := "/admin/claims"
	switch form.Get("do") {
	case "approve":
		err = p.People.DecideClaim(v.R.Context(), v.By, n, true)
	case "refuse":
		err = p.People.DecideClaim(v.R.Context(), v.By, n, false)
	case "undo":
		err, back = p.People.UndoClaim(v.R.Context(), v.By, n), "/admin/claims?state=approved"
	default:
		err = fault.New(fault.Invalid, "fault.choice_unknown")
	}
	if err != nil {
		return err
	}
	return v.See(back)
}
