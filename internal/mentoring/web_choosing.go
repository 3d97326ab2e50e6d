package mentoring

import (
	"net/http"
	"strings"
	"time"

	"github.com/guildhall/guildhall/internal/core/visit"
	"github.com/guildhall/guildhall/internal/mentoring/pages"
	"github.com/guildhall/guildhall/internal/platform/fault"
	"github.com/guildhall/guildhall/internal/platform/id"
	"github.com/guildhall/guildhall/internal/ui"
)

// Choosing is GET /mentoring/{id}/choosing.
func (p *Pages) Choosing(v *visit.Visit) error { return p.choosing(v, http.StatusOK, 0, "", nil) }

func (p *Pages) choosing(v *visit.Visit, status int, to id.ID, wrote string, wrong error) error {
	x, err := p.open(v)
	if err != nil {
		return err
	}
	c, err := p.Service.Choosing(v.R.Context(), v.By, x.ID)
	if err != nil {
		return err
	}
	view := pages.ChoosingView{Path: path(x.ID), Name: x.Name, Ready: c.Ready, Wrote: wrote, Faults: v.Faults(wrong)}
	if to != 0 {
		view.To = to.String()
	}
	if c.Waiting != 0 {
		view.Waiting = "/mentorships/" + c.Waiting.String()
	}
	if c.Paired != 0 {
		view.Paired = "/mentorships/" + c.Paired.String()
	}
	var ids, named []id.ID
	for _, s := range c.List {
		ids = append(ids, s.Mentor)
		for _, f := range s.Fits {
			named = append(named, f.Skill...)
		}
	}
	w, err := p.who(v, ids)
	if err != nil {
		return err
	}
	names, err := p.skillNames(v, named)
	if err != nil {
		return err
	}
	for _, s := range c.List {
		view.Items = append(view.Items, pages.SuggestionRow{
			Face: w.face(s.Mentor), Place: w.place(s.Mentor), Skills: strings.Join(s.Names, ", "), Goals: s.Goals,
			Why: p.why(v, s.Fits, names), MentorID: s.Mentor.String(),
		})
	}
	v.Crumbs = append(v.Crumbs, ui.Crumb{Label: x.Name, Href: path(x.ID)})
	return v.ShowStatus(status, v.T("mentoring.choose"), Key, pages.Choosing(v.Frame, view))
}

// Request is POST /mentoring/{id}/requests.
func (p *Pages) Request(v *visit.Visit) error {
	form, err := v.Form()
	if err != nil {
		return err
	}
	x, err := p.open(v)
	if err != nil {
		return err
	}
	mentor, err := form.ID("mentor")
	if err != nil {
		return err
	}
	words := form.Get("words")
	made, err := p.Service.Request(v.R.Context(), v.By, x.ID, mentor, words)
	if fault.Is(err, fault.Invalid) {
		return p.choosing(v, http.StatusUnprocessableEntity, mentor, words, err)
	}
	if err != nil {
		return err
	}
	return v.See("/mentorships/" + made.String())
}

// Joiners is GET /mentoring/{id}/joiners.
func (p *Pages) Joiners(v *visit.Visit) error {
	x, err := p.runs(v)
	if err != nil {
		return err
	}
	query, err := v.Query()
	if err != nil {
		return err
	}
	after, err := query.ID("after")
	if err != nil {
		return err
	}
	list, more, err := p.Service.Joiners(v.R.Context(), v.By, x.ID, after, 50)
	if err != nil {
		return err
	}
	var ids []id.ID
	for _, j := range list {
		ids = append(ids, j.Person, j.Mentor)
	}
	w, err := p.who(v, ids)
	if err != nil {
		return err
	}
	view := pages.JoinersView{Name: x.Name, Tabs: tabs(v, x, "joiners")}
	for _, j := range list {
		row := pages.JoinerRow{Face: w.face(j.Person), Place: w.place(j.Person)}
		buddy := w.lines[j.Mentor].Name
		if !j.Starts.IsZero() {
			y, m, d := j.Starts.Date()
			row.Starts = v.T("mentoring.joiner.starts", "day", v.Day(time.Date(y, m, d, 12, 0, 0, 0, v.Zone())))
		}
		state := j.state()
		row.Looks = state == "none"
		row.State = v.T("mentoring.joiner." + state)
		if state == "asked" && j.AnswerBy.IsZero() {
			state = "proposed" // by a run, which waits for both
		}
		row.Where = v.T("mentoring.joiner_text."+state, "name", buddy, "day", v.Day(j.AnswerBy), "n", j.Declined)
		view.Items = append(view.Items, row)
	}
	if more {
		view.Older = path(x.ID) + "/joiners?after=" + list[len(list)-1].Person.String()
	}
	return v.Show(x.Name, Key, pages.Joiners(v.Frame, view))
}
