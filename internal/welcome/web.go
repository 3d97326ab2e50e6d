package welcome

import (
	"github.com/a-h/templ"

	"github.com/guildhall/guildhall/internal/core/access"
	"github.com/guildhall/guildhall/internal/core/visit"
	"github.com/guildhall/guildhall/internal/welcome/pages"
)

// Pages answers with first weeks.
type Pages struct {
	Service *Service
}

func view(v *visit.Visit, s Steps) pages.View {
	step := func(key, href string, done bool) pages.StepView {
		return pages.StepView{Title: v.T("welcome." + key), Text: v.T("welcome." + key + "_text"), Do: v.T("welcome." + key + "_do"), Href: href, Done: done}
	}
	out := pages.View{Steps: []pages.StepView{
		step("show", "/people/me/skills", s.Show), step("want", "/people/me/skills?list=want", s.Want),
		step("ask", "/questions/new", s.Ask), step("thank", "/questions", s.Thank),
	}}
	out.Away = s.Away || !s.New
	for _, x := range out.Steps {
		if x.Done {
			out.Done++
		}
	}
	return out
}

// Home is the panel of Home, nil for who is not new, and once everything is
// done.
func (p *Pages) Home(v *visit.Visit) (templ.Component, error) {
	if v.By.Role == access.Guest {
		return nil, nil
	}
	steps, err := p.Service.open(v.R.Context(), v.By, true)
	if err != nil || !steps.New || steps.All() {
		return nil, err
	}
	return pages.Home(v.Frame, view(v, steps)), nil
}

// Open is GET /welcome.
func (p *Pages) Open(v *visit.Visit) error {
	steps, err := p.Service.Open(v.R.Context(), v.By)
	if err != nil {
		return err
	}
	return v.Show(v.T("welcome.title"), "home", pages.Open(v.Frame, view(v, steps)))
}

// PutAway is POST /welcome/away.
func (p *Pages) PutAway(v *visit.Visit) error {
	if err := p.Service.PutAway(v.R.Context(), v.By); err != nil {
		return err
	}
	return v.See("/")
}
