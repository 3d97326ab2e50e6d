package notify

import (
	"net/http"
	"slices"
	"strings"

	"github.com/guildhall/guildhall/internal/core/login"
	"github.com/guildhall/guildhall/internal/core/notify/pages"
	"github.com/guildhall/guildhall/internal/core/visit"
	"github.com/guildhall/guildhall/internal/platform/fault"
	"github.com/guildhall/guildhall/internal/platform/id"
	"github.com/guildhall/guildhall/internal/ui"
)

// Pages answers with notices and how they are chosen.
type Pages struct {
	Service *Service
	Logins  *login.Service
	Ends    <-chan struct{} // closed when the server ends; nil never
	// Shown tells whether a group of kinds is offered now; nil offers all.
	Shown func(group string) bool
}

// groups are the kinds of notices by what they are about, in the order of the
// preference page: a kind is named after its group, those of questions have no
// such name.
var groups = [...]string{"ask", "meeting", "mentorship", "swap", "coffee", "teamhour", "echo", "welcome"}

func groupOf(k Kind) string {
	name, _, _ := strings.Cut(string(k), "_")
	switch {
	case name == "calendar":
		return "meeting"
	case slices.Contains(groups[:], name):
		return name
	}
	return "ask"
}

// List is GET /notices.
func (p *Pages) List(v *visit.Visit) error {
	query, err := v.Query()
	if err != nil {
		return err
	}
	var before id.ID
	if s := query.Text("before"); s != "" {
		if before, err = id.Parse(s); err != nil {
			return fault.Missing()
		}
	}
	list, next, err := p.Service.List(v.R.Context(), v.By, before, PageSize)
	if err != nil {
		return err
	}
	view := pages.ListView{}
	for _, n := range list {
		if !n.Read {
			view.Unread = true
		}
		view.Items = append(view.Items, pages.ItemView{
			Href: n.About.URL, Face: visit.Face(n.Actor), Text: Sentence(v.Frame, n), At: n.At, New: !n.Read, Words: n.Words,
		})
	}
	if before != 0 {
		view.Pages.Newer = "/notices"
	}
	if next != 0 {
		view.Pages.Older = "/notices?before=" + next.String()
	}
	return v.Show(v.T("notice.title"), "notices", pages.List(v.Frame, view))
}

// speaker prints a message.
type speaker interface {
	T(key string, args ...any) string
}

// Sentence says what a notice is about.
func Sentence(p speaker, n Notice) string {
	name := n.Actor.Name
	if name == "" {
		name = "none"
	}
	return p.T("notice."+string(n.Kind), "name", name, "title", n.About.Title, "state", n.About.State)
}

// Read is POST /notices/read.
func (p *Pages) Read(v *visit.Visit) error {
	if err := p.Service.MarkRead(v.R.Context(), v.By, 0); err != nil {
		return err
	}
	return v.See("/notices")
}

// Choices is GET /settings/notices.
func (p *Pages) Choices(v *visit.Visit) error {
	chosen, err := p.Service.Choices(v.R.Context(), v.By)
	if err != nil {
		return err
	}
	view := pages.ChoicesView{}
	for _, g := range groups {
		if p.Shown != nil && !p.Shown(g) {
			continue
		}
		group := pages.ChoiceGroup{Title: v.T("notice.group." + g)}
		for _, k := range sorted(chosen) {
			if groupOf(k) != g {
				continue
			}
			c := ui.Input{Name: string(k), Label: v.T("notice.kind." + string(k)), Options: []ui.Option{}}
			for _, w := range Ways {
				c.Options = append(c.Options, ui.Option{Value: string(w), Label: v.T("notice.way." + string(w)), On: chosen[k] == w})
			}
			group.Kinds = append(group.Kinds, c)
		}
		if len(group.Kinds) > 0 {
			view.Groups = append(view.Groups, group)
		}
	}
	return v.Show(v.T("notice.choices"), "settings", pages.Choices(v.Frame, view))
}

func sorted(m map[Kind]Way) []Kind {
	out := make([]Kind, 0, len(m))
	for k := range m {
		out = append(out, k)
	}
	slices.Sort(out)
	return out
}

// Choose is POST /settings/notices.
func (p *Pages) Choose(v *visit.Visit) error {
	form, err := v.Form()
	if err != nil {
		return err
	}
	choices := map[Kind]Way{}
	for k := range p.Service.Kinds() {
		if form.Has(string(k)) { // kinds of a practice that is off are not in the form
			choices[k] = Way(form.Text(string(k)))
		}
	}
	if err := p.Service.Choose(v.R.Context(), v.By.Person, choices); err != nil {
		return err
	}
	ui.SetFlash(v.W, ui.Flash{Text: v.T("notice.saved")})
	return v.See("/settings/notices")
}

// UnsubscribeForm is GET /unsubscribe/{token}: programs that check mail follow
// links, so following it alone changes nothing.
func (p *Pages) UnsubscribeForm(v *visit.Visit) error {
	_, kinds, err := p.Service.OpenToken(v.R.Context(), v.R.PathValue("token"))
	if err != nil {
		return err
	}
	return p.unsubscribe(v, kinds, false)
}

// Unsubscribe is POST /unsubscribe/{token}, by a person or by their mail
// program (RFC 8058).
func (p *Pages) Unsubscribe(v *visit.Visit) error {
	_, kinds, err := p.Service.OpenToken(v.R.Context(), v.R.PathValue("token"))
	if err != nil {
		return err
	}
	if err := p.Service.Unsubscribe(v.R.Context(), v.R.PathValue("token")); err != nil {
		return err
	}
	return p.unsubscribe(v, kinds, true)
}

func (p *Pages) unsubscribe(v *visit.Visit, kinds []Kind, done bool) error {
	what := []string{}
	for _, k := range kinds {
		what = append(what, v.T("notice.kind."+string(k)))
	}
	if len(what) == 0 {
		what = append(what, v.T("notice.kind.digest"))
	}
	v.Frame.Title = v.T("notice.unsubscribe")
	return ui.Write(v.W, v.R, http.StatusOK, ui.Bare(v.Frame, pages.Unsubscribe(v.Frame, v.R.URL.Path, what, done)))
}
