package swaps

import (
	"net/http"
	"strconv"

	"github.com/guildhall/guildhall/internal/core/people"
	"github.com/guildhall/guildhall/internal/core/skills"
	"github.com/guildhall/guildhall/internal/core/visit"
	"github.com/guildhall/guildhall/internal/platform/db"
	"github.com/guildhall/guildhall/internal/platform/fault"
	"github.com/guildhall/guildhall/internal/platform/id"
	"github.com/guildhall/guildhall/internal/platform/web"
	"github.com/guildhall/guildhall/internal/swaps/pages"
	"github.com/guildhall/guildhall/internal/ui"
)

// history prints what a swap said from its proposal on.
func history(v *visit.Visit, said []Terms, me int, faces map[id.ID]people.Byline) []pages.TermsView {
	var out []pages.TermsView
	for i, t := range said {
		x := pages.TermsView{At: t.At, Note: t.Note, Title: v.T("swaps.history.round")}
		if t.Person != 0 {
			b := faces[t.Person]
			face := visit.Face(b)
			key := "swaps.history.first"
			if i > 0 {
				key = "swaps.history.changed"
			}
			x.Face, x.Title = &face, v.T(key, "name", first(b.Name), "mine", yes(t.Person == v.By.Person))
		}
		if i > 0 {
			x.Lines = changes(v, said[i-1], t, me)
		}
		out = append(out, x)
	}
	return out
}

// changes says what is different, as the member at the place reads it.
func changes(v *visit.Visit, old, now Terms, me int) []string {
	name := func(t skills.Tag) string {
		if t.ID == 0 {
			return v.T("swaps.nothing")
		}
		return t.Name
	}
	var out []string
	for k, key := range []string{"swaps.change.teach", "swaps.change.learn"} {
		if at := (me + k) % 2; now.Teaches[at].ID != old.Teaches[at].ID {
			out = append(out, v.T(key, "new", name(now.Teaches[at]), "old", name(old.Teaches[at])))
		}
	}
	if now.Lessons != old.Lessons || now.Minutes != old.Minutes {
		out = append(out, v.T("swaps.change.terms", "new", length(v, now.Lessons, now.Minutes), "old", length(v, old.Lessons, old.Minutes)))
	}
	if now.Format != old.Format {
		out = append(out, v.T("swaps.change.format", "new", v.T("swaps.format."+now.Format), "old", v.T("swaps.format."+old.Format)))
	}
	return out
}

// ChangeForm is GET /swaps/{id}/changes/new.
func (p *Pages) ChangeForm(v *visit.Visit) error { return p.changeForm(v, http.StatusOK, nil, nil) }

func (p *Pages) changeForm(v *visit.Visit, status int, form *web.Values, wrong error) error {
	n, err := v.ID("id")
	if err != nil {
		return err
	}
	w, err := p.Service.Open(v.R.Context(), v.By, n)
	if err != nil {
		return err
	}
	me := w.at(v.By.Person)
	path := "/swaps/" + n.String()
	if form == nil && !w.Changeable(me) {
		return v.See(path)
	}
	var who []id.ID
	for _, m := range w.Members {
		who = append(who, m.Person)
	}
	faces, err := p.faces(v, who)
	if err != nil {
		return err
	}
	view := pages.ChangeView{
		Path: path, Many: len(w.Members), Version: strconv.Itoa(w.Version), Closed: !w.Changeable(me), Faults: v.Faults(wrong),
		Lessons: strconv.Itoa(w.Lessons), Minutes: strconv.Itoa(w.Minutes), Name: first(faces[w.Learner(me).Person].Name),
		Now: []ui.Fact{
			{Term: v.T("swaps.fact.each"), Text: length(v, w.Lessons, w.Minutes)}, {Term: v.T("swaps.fact.format"), Text: v.T("swaps.format." + w.Format)},
		},
	}
	format, teach, learn := w.Format, "", ""
	if form != nil {
		view.Lessons, view.Minutes, view.Note = form.Text("lessons"), form.Text("minutes"), form.Get("note")
		format, teach, learn = form.Text("format"), form.Text("teach"), form.Text("learn")
	}
	view.Formats = formats(v, format)
	if w.Round == 0 {
		other := 1 - me
		view.Now = append([]ui.Fact{
			{Term: v.T("swaps.teaches_you_short"), Text: what(v, w, other)}, {Term: v.T("swaps.learns_from_you"), Text: what(v, w, me)},
		}, view.Now...)
		var mine, theirs []skills.Declaration
		var balance int
		if err := p.Service.DB.Read(v.R.Context(), func(tx *db.Tx) (err error) {
			if mine, err = skills.OfPerson(tx, v.By, v.By.Person); err != nil {
				return err
			}
			if theirs, err = skills.OfPerson(tx, v.By, w.Members[other].Person); err != nil {
				return err
			}
			balance, err = balanceOf(tx, v.By.Person)
			return err
		}); err != nil {
			return err
		}
		view.Teach = options(w.Members[me], mine, teach)
		if me == 0 && (w.Owed || balance+p.Service.credit() > 0) {
			view.Teach = append(view.Teach, ui.Option{
				Value: "0", Label: v.T("swaps.for_hours"), Note: v.T("swaps.for_hours_note", "time", hours(v, balance)), On: teach == "0" || teach == "" && w.Owed,
			})
		}
		view.Learn = options(w.Members[other], theirs, learn)
		if me == 1 && w.Owed {
			view.Learn = append(view.Learn, ui.Option{Value: "0", Label: v.T("swaps.change_for_hours", "name", view.Name), On: learn == "0" || learn == ""})
		}
	}
	v.Crumbs = []ui.Crumb{{Label: v.T("swaps.title"), Href: "/swaps"}, {Label: v.T("swaps.ring_of", "n", len(w.Members)), Href: path}}
	return v.ShowStatus(status, v.T("swaps.change"), "swaps", pages.Change(v.Frame, view))
}

// options are what a member could teach: what they are to teach now, and what
// else of theirs the reader sees. chosen is "" before the reader chose.
func options(m Member, said []skills.Declaration, chosen string) []ui.Option {
	var out []ui.Option
	add := func(t skills.Tag) {
		out = append(out, ui.Option{Value: t.ID.String(), Label: t.Name, On: chosen == t.ID.String() || chosen == "" && t.ID == m.Skill.ID})
	}
	if m.Skill.ID != 0 {
		add(m.Skill)
	}
	for _, d := range said {
		if d.Direction == skills.Teach && d.ID != m.Skill.ID {
			add(d.Tag)
		}
	}
	return out
}

// Change is POST /swaps/{id}/changes.
func (p *Pages) Change(v *visit.Visit) error {
	n, err := v.ID("id")
	if err != nil {
		return err
	}
	form, err := v.Form()
	if err != nil {
		return err
	}
	// Who may not see the swap learns nothing from its fields.
	w, err := p.Service.Open(v.R.Context(), v.By, n)
	if err != nil {
		return err
	}
	c := Change{Format: form.Text("format"), Note: form.Get("note")}
	c.Version, _ = form.Int("version", 0) // what is no number is told with everything else
	c.Lessons, _ = form.Int("lessons", 0)
	c.Minutes, _ = form.Int("minutes", 0)
	if w.Round == 0 {
		c.Teach, c.Learn = chosenSkill(form, "teach", true), chosenSkill(form, "learn", true)
	}
	_, err = p.Service.Suggest(v.R.Context(), v.By, n, c)
	switch {
	case err == nil:
		return v.See("/swaps/" + n.String())
	case fault.Is(err, fault.Invalid):
		return p.changeForm(v, http.StatusUnprocessableEntity, form, err)
	case fault.Is(err, fault.Conflict):
		// Somebody was faster: the words stay, beside what the swap says now.
		return p.changeForm(v, http.StatusConflict, form, err)
	}
	return err
}
