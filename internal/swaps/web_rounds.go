package swaps

import (
	"net/http"
	"strconv"

	"github.com/guildhall/guildhall/internal/core/visit"
	"github.com/guildhall/guildhall/internal/platform/fault"
	"github.com/guildhall/guildhall/internal/platform/web"
	"github.com/guildhall/guildhall/internal/swaps/pages"
	"github.com/guildhall/guildhall/internal/ui"
)

// Rounds is GET /swaps/rounds, for organisers.
func (p *Pages) Rounds(v *visit.Visit) error { return p.rounds(v, http.StatusOK, nil, nil) }

func (p *Pages) rounds(v *visit.Visit, status int, form *web.Values, wrong error) error {
	q, err := v.Query()
	if err != nil {
		return err
	}
	before, err := q.ID("before")
	if err != nil {
		return err
	}
	list, more, err := p.Service.Rounds(v.R.Context(), v.By, before, 20)
	if err != nil {
		return err
	}
	view := pages.RoundsView{Faults: v.Faults(wrong)}
	for _, r := range list {
		x := pages.RoundView{Start: r.Created, Day: v.Day(r.Created)}
		if r.State == "running" {
			view.Running = true
			x.Percent = int(100 * r.Progress.Done / max(1, r.Progress.Total))
			step := r.Progress.Text
			if step == "" {
				step = "wait"
			}
			x.State = v.T("swaps.step." + step)
		} else {
			x.Done = true
			x.State = v.T("swaps.round_found", "people", r.People, "served", r.Served, "rings", r.Rings)
			x.Proof = v.T("swaps.round_proven")
			if !r.Proven() {
				x.Proof = v.T("swaps.round_bound", "share", v.Percent((r.Bound-r.Value)/max(1, r.Value)))
			}
		}
		view.Rounds = append(view.Rounds, x)
	}
	if before != 0 {
		view.Pages.Newer = "/swaps/rounds"
	}
	if more {
		view.Pages.Older = "/swaps/rounds?before=" + list[len(list)-1].ID.String()
	}
	rules, err := p.Service.Rules(v.By)
	if err != nil {
		return err
	}
	longest, weeks, days, credit := strconv.Itoa(rules.Longest), strconv.Itoa(rules.Weeks), strconv.Itoa(rules.Days), strconv.Itoa(rules.Credit)
	if form != nil {
		longest, weeks, days, credit = form.Text("longest"), form.Text("weeks"), form.Text("days"), form.Text("credit")
	}
	for k := 2; k <= 5; k++ {
		n := strconv.Itoa(k)
		view.Longest = append(view.Longest, ui.Option{Value: n, Label: v.T("swaps.rules.people", "n", k), On: n == longest})
	}
	for _, k := range []struct{ value, key string }{{"1", "1"}, {"2", "2"}, {"4", "4"}, {"-1", "never"}} {
		view.Weeks = append(view.Weeks, ui.Option{Value: k.value, Label: v.T("swaps.rules.weeks." + k.key), On: k.value == weeks})
	}
	view.Days, view.Credit = days, credit
	v.Crumbs = []ui.Crumb{{Label: v.T("swaps.title"), Href: "/swaps"}}
	return v.ShowStatus(status, v.T("swaps.rounds"), "swaps", pages.Rounds(v.Frame, view))
}

// StartRound is POST /swaps/rounds.
func (p *Pages) StartRound(v *visit.Visit) error {
	if _, err := p.Service.Start(v.R.Context(), v.By); err != nil && !fault.Is(err, fault.Conflict) {
		return err
	}
	return v.See("/swaps/rounds")
}

// SetRound is POST /swaps/rules.
func (p *Pages) SetRound(v *visit.Visit) error {
	if err := needOrganiser(v.By); err != nil {
		return err
	}
	form, err := v.Form()
	if err != nil {
		return err
	}
	var r Rules
	for name, to := range map[string]*int{"longest": &r.Longest, "weeks": &r.Weeks, "days": &r.Days, "credit": &r.Credit} {
		if *to, err = form.Int(name, 0); err != nil {
			*to = -2 // told with everything else
		}
	}
	err = p.Service.SetRules(v.R.Context(), v.By, r)
	if fault.Is(err, fault.Invalid) {
		return p.rounds(v, http.StatusUnprocessableEntity, form, err)
	}
	if err != nil {
		return err
	}
	return v.See("/swaps/rounds")
}
