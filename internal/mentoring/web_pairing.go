package mentoring

import (
	"net/http"
	"strconv"
	"strings"

	"github.com/guildhall/guildhall/internal/core/skills"
	"github.com/guildhall/guildhall/internal/core/visit"
	"github.com/guildhall/guildhall/internal/mentoring/pages"
	"github.com/guildhall/guildhall/internal/platform/db"
	"github.com/guildhall/guildhall/internal/platform/fault"
	"github.com/guildhall/guildhall/internal/platform/id"
	"github.com/guildhall/guildhall/internal/ui"
)

// Pairing is GET /mentoring/{id}/pairing.
func (p *Pages) Pairing(v *visit.Visit) error { return p.pairing(v, http.StatusOK, nil, nil) }

func (p *Pages) pairing(v *visit.Visit, status int, weights Weights, wrong error) error {
	x, err := p.runs(v)
	if err != nil {
		return err
	}
	query, err := v.Query()
	if err != nil {
		return err
	}
	if weights == nil {
		weights = x.Weights
	}
	view := pages.PairingView{
		Path: path(x.ID), Name: x.Name, Tabs: tabs(v, x, "pairing"), Weights: weightViews(v, weights), Faults: v.Faults(wrong),
	}
	run, ok, err := p.Service.Latest(v.R.Context(), v.By, x.ID)
	if err != nil {
		return err
	}
	if ok && run.State != "dropped" {
		view.Run = run.ID.String()
		view.Computing = run.State == "computing" || run.State == "publishing"
		view.Draft, view.Published = run.State == "draft", run.State == "published"
		if view.Computing {
			if view.Done, err = p.Service.percent(v.R.Context(), run.Job); err != nil {
				return err
			}
		} else if err := p.proposals(v, x, run, query.Text("show") == "look", query.Text("after"), &view); err != nil {
			return err
		}
	}
	view.Title = v.T("mentoring.pairing_title", "n", view.Count)
	v.Crumbs = append(v.Crumbs, ui.Crumb{Label: x.Name, Href: path(x.ID)})
	return v.ShowStatus(status, view.Title, Key, pages.Pairing(v.Frame, view))
}

// proposals fills in a page of what a run proposes.
func (p *Pages) proposals(v *visit.Visit, x Programme, run Run, look bool, after string, view *pages.PairingView) error {
	from, err := place(after)
	if err != nil {
		return err
	}
	count, err := p.Service.Count(v.R.Context(), v.By, x.ID, run.ID)
	if err != nil {
		return err
	}
	list, more, err := p.Service.Proposals(v.R.Context(), v.By, x.ID, run.ID, look, from, 20)
	if err != nil {
		return err
	}
	at := path(x.ID) + "/pairing"
	view.Count, view.Alone = count.Pairs, count.Alone
	view.Filter = []ui.Tab{
		{Label: v.T("mentoring.filter.all", "n", count.Pairs+count.Alone), Href: at, Current: !look},
		{Label: v.T("mentoring.filter.look", "n", count.Look+count.Alone), Href: at + "?show=look", Current: look},
	}
	view.Proof = v.T("mentoring.proof.best")
	if !run.Optimal {
		view.Proof = v.T("mentoring.proof.gap", "gap", v.Decimal((run.Bound-run.Objective)/max(1, run.Objective)*100, 1))
	}
	var ids, named []id.ID
	for _, r := range list {
		ids = append(ids, r.Mentee, r.Mentor, r.Next)
		for _, f := range r.Fits {
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
	for _, r := range list {
		view.Pairs = append(view.Pairs, p.pairView(v, x, r, run.Weights, w, names))
	}
	if more {
		last := list[len(list)-1]
		view.Older = at + "?after=" + strconv.Itoa(last.Score) + "." + last.ID.String()
		if look {
			view.Older += "&show=look"
		}
	}
	if x.Shape != ShapePeers {
		fairness(v, run.Report, view)
	}
	return nil
}

func (p *Pages) skillNames(v *visit.Visit, ids []id.ID) (out map[id.ID]string, err error) {
	err = p.Service.DB.Read(v.R.Context(), func(tx *db.Tx) error {
		out, err = skills.Names(tx, ids)
		return err
	})
	return out, err
}

func (p *Pages) pairView(v *visit.Visit, x Programme, r Proposal, w Weights, who who, names map[id.ID]string) pages.PairView {
	out := pages.PairView{
		Mentee: who.face(r.Mentee), Alone: r.Mentor == 0, Score: strconv.Itoa(r.Score), Pinned: r.Pinned,
		Href: path(x.ID) + "/pairing/" + r.Mentee.String(), MenteeID: r.Mentee.String(), MentorID: r.Mentor.String(), Place: who.place(r.Mentee),
	}
	if r.Look != "" {
		out.Look = v.T("mentoring.caution." + r.Look)
	}
	if out.Alone {
		out.Lede = v.T("mentoring.lede." + r.Look)
		return out
	}
	out.Mentor = who.face(r.Mentor)
	if from, to := who.place(r.Mentor), who.place(r.Mentee); from+to != "" {
		out.Place = v.T("mentoring.place", "mentor", from, "mentee", to)
	}
	out.Lede = v.T("mentoring.lede.other")
	for _, f := range r.Fits {
		if f.By == BySkills && len(f.Skill) > 0 {
			out.Lede = v.T("mentoring.lede.skills", "names", v.List(namesOf(f.Skill, names)), "mentee", first(out.Mentee.Name), "mentor", first(out.Mentor.Name))
		}
		if f.Share >= 0.5 && out.Tails < 5 {
			out.Tails++
		}
	}
	out.Fits = p.fitViews(v, r.Fits, w, names)
	if r.Next != 0 {
		out.Next = v.T("mentoring.next", "name", first(out.Mentee.Name), "other", who.lines[r.Next].Name, "score", r.NextScore)
	}
	return out
}

func first(name string) string {
	f, _, _ := strings.Cut(name, " ")
	return f
}

func namesOf(ids []id.ID, names map[id.ID]string) []string {
	var out []string
	for _, n := range ids {
		if s := names[n]; s != "" {
			out = append(out, s)
		}
	}
	return out
}

// fitViews prints each criterion with the points it gave of those it could.
func (p *Pages) fitViews(v *visit.Visit, list []Fit, w Weights, names map[id.ID]string) []pages.FitView {
	var all float64
	for _, f := range list {
		all += w[f.By].points()
	}
	var out []pages.FitView
	for _, f := range list {
		most := w[f.By].points() / max(all, 1) * 100
		out = append(out, pages.FitView{
			Label: v.T("mentoring.by." + string(f.By)), Fact: p.fact(v, f, names), Percent: int(f.Share*100 + 0.5),
			Text: v.T("mentoring.fair.of", "n", int(f.Share*most+0.5), "all", int(most+0.5)),
		})
	}
	return out
}

func yes(b bool) string {
	if b {
		return "yes"
	}
	return "no"
}

func (p *Pages) fact(v *visit.Visit, f Fit, names map[id.ID]string) string {
	switch f.By {
	case BySkills:
		list := "none"
		if n := namesOf(f.Skill, names); len(n) > 0 {
			list = v.List(n)
		}
		return v.T("mentoring.fact.skills", "names", list)
	case ByUnit:
		same := yes(f.Share == 0)
		if f.Share == 0.5 {
			same = "unknown"
		}
		return v.T("mentoring.fact.unit", "same", same)
	case ByHours:
		return v.T("mentoring.fact.hours", "n", f.Hours)
	case ByLanguage:
		lang := "none"
		if f.Lang != "" {
			lang = p.Language(v, f.Lang)
		}
		return v.T("mentoring.fact.language", "lang", lang)
	case BySite:
		return v.T("mentoring.fact.site", "same", yes(f.Share == 1))
	default:
		return v.T("mentoring.fact.line", "same", yes(f.Share == 0))
	}
}

// fairness prints how the run fares beside two simpler ways.
func fairness(v *visit.Visit, r Report, view *pages.PairingView) {
	number := func(n int) string { return v.Number(int64(n)) }
	for _, x := range []struct {
		key string
		of  func(Way) int
	}{
		{"pairs", func(w Way) int { return w.Pairs }}, {"worst", func(w Way) int { return w.Worst }},
		{"tenth", func(w Way) int { return w.Tenth }}, {"sum", func(w Way) int { return w.Sum }},
	} {
		view.Fair = append(view.Fair, pages.FairRow{
			Label: v.T("mentoring.fair." + x.key), A: number(x.of(r.Ours)), B: number(x.of(r.Greedy)), C: number(x.of(r.Stable)),
		})
	}
	view.Load = v.T("mentoring.fair.load", "none", r.Mentors[0], "one", r.Mentors[1], "two", r.Mentors[2], "more", r.Mentors[3]+r.Mentors[4]+r.Mentors[5])
	for _, g := range append(r.Units, r.Sites...) {
		view.Groups = append(view.Groups, pages.FairRow{Label: g.Name, A: number(g.Mentees), B: number(g.Paired), C: v.Decimal(g.Mean, 1)})
	}
}

// Run is POST /mentoring/{id}/pairing.
func (p *Pages) Run(v *visit.Visit) error {
	form, err := v.Form()
	if err != nil {
		return err
	}
	x, err := p.runs(v)
	if err != nil {
		return err
	}
	w := readWeights(form)
	_, err = p.Service.PairUp(v.R.Context(), v.By, x.ID, w)
	if fault.Is(err, fault.Invalid) {
		return p.pairing(v, http.StatusUnprocessableEntity, w, err)
	}
	if err != nil {
		return err
	}
	return v.See(path(x.ID) + "/pairing")
}

// Rule is POST /mentoring/{id}/rules.
func (p *Pages) Rule(v *visit.Visit) error {
	form, err := v.Form()
	if err != nil {
		return err
	}
	x, err := p.runs(v)
	if err != nil {
		return err
	}
	mentee, err := form.ID("mentee")
	if err != nil {
		return err
	}
	mentor, err := form.ID("mentor")
	if err != nil {
		return err
	}
	if err := p.Service.Rule(v.R.Context(), v.By, x.ID, mentee, mentor, form.Text("kind")); err != nil {
		return err
	}
	return v.See(path(x.ID) + "/pairing/" + mentee.String())
}

// Choices is GET /mentoring/{id}/pairing/{person}.
func (p *Pages) Choices(v *visit.Visit) error {
	x, err := p.runs(v)
	if err != nil {
		return err
	}
	mentee, err := v.ID("person")
	if err != nil {
		return err
	}
	list, err := p.Service.Choices(v.R.Context(), v.By, x.ID, mentee)
	if err != nil {
		return err
	}
	ids := []id.ID{mentee}
	var named []id.ID
	for _, c := range list {
		ids = append(ids, c.Mentor)
		for _, f := range c.Fits {
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
	view := pages.ChoicesView{
		Path: path(x.ID), Title: v.T("mentoring.choices_title", "name", w.lines[mentee].Name), Lede: v.T("mentoring.choices_lede"), Mentee: mentee.String(),
	}
	for _, c := range list {
		row := pages.ChoiceRow{
			Face: w.face(c.Mentor), Place: w.place(c.Mentor), Score: strconv.Itoa(c.Score), MentorID: c.Mentor.String(), Rule: c.Rule, Never: c.Line,
			Fits: p.fitViews(v, c.Fits, x.Weights, names),
		}
		switch {
		case c.Line:
			row.Note = v.T("mentoring.choice.line")
		case c.Why != "":
			row.Note = v.T("mentoring.choice.said_no", "why", c.Why)
		case c.Rule == Apart:
			row.Note = v.T("mentoring.choice.apart")
		case c.Full:
			row.Note = v.T("mentoring.choice.full")
		}
		view.Items = append(view.Items, row)
	}
	v.Crumbs = append(v.Crumbs, ui.Crumb{Label: x.Name, Href: path(x.ID)}, ui.Crumb{Label: v.T("mentoring.tab.pairing"), Href: path(x.ID) + "/pairing"})
	return v.Show(view.Title, Key, pages.Choices(v.Frame, view))
}

// Publish is POST /mentoring/{id}/publication.
func (p *Pages) Publish(v *visit.Visit) error {
	form, err := v.Form()
	if err != nil {
		return err
	}
	x, err := p.runs(v)
	if err != nil {
		return err
	}
	run, err := form.ID("run")
	if err != nil {
		return err
	}
	if err := p.Service.Publish(v.R.Context(), v.By, x.ID, run); err != nil {
		return err
	}
	return v.See(path(x.ID) + "/pairing")
}
