package swaps

import (
	"cmp"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/guildhall/guildhall/internal/core/access"
	"github.com/guildhall/guildhall/internal/core/meet"
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

// Pages answers with the pages of swaps.
type Pages struct {
	Service *Service
}

// faces are how people are shown to the reader, by person.
func (p *Pages) faces(v *visit.Visit, list []id.ID) (map[id.ID]people.Byline, error) {
	var out map[id.ID]people.Byline
	err := p.Service.DB.Read(v.R.Context(), func(tx *db.Tx) (err error) {
		out, err = people.BylinesOf(tx, v.By, list)
		return err
	})
	return out, err
}

func first(name string) string {
	f, _, _ := strings.Cut(name, " ")
	return f
}

// Home is GET /swaps.
func (p *Pages) Home(v *visit.Visit) error {
	ctx := v.R.Context()
	_, _, err := p.Service.Chosen(ctx, v.By) // who does not belong here sees nothing
	if err != nil {
		return err
	}
	list, _, err := p.Service.List(ctx, v.By, false, 0, 20)
	if err != nil {
		return err
	}
	var said []skills.Declaration
	if err := p.Service.DB.Read(ctx, func(tx *db.Tx) (err error) {
		said, err = skills.OfPerson(tx, v.By, v.By.Person)
		return err
	}); err != nil {
		return err
	}
	fits, err := p.Service.Fits(ctx, v.By, 6)
	if err != nil {
		return err
	}
	unmet, err := p.Service.Unmet(ctx, v.By, 8)
	if err != nil {
		return err
	}
	balance, lines, _, err := p.Service.Statement(ctx, v.By, 0, 3)
	if err != nil {
		return err
	}
	var who []id.ID
	for _, w := range list {
		for _, m := range w.Members {
			who = append(who, m.Person)
		}
	}
	for _, f := range fits {
		who = append(who, f.Person)
	}
	faces, err := p.faces(v, who)
	if err != nil {
		return err
	}
	view := pages.HomeView{Balance: hours(v, balance), Organises: v.By.Organises()}
	for _, w := range list {
		if w.State == Proposed && w.Members[w.at(v.By.Person)].Answer == "" {
			view.Open = append(view.Open, p.ring(v, w, faces))
		} else {
			view.Mine = append(view.Mine, row(v, w, faces))
		}
	}
	for _, f := range fits {
		b, ok := faces[f.Person]
		if !ok {
			continue
		}
		x := pages.FitView{
			Face: visit.Face(b), Learn: tag(f.Learn), Teach: tag(f.Teach), Why: v.T("swaps.fit.hours", "n", int(f.Hours)),
			Propose: f.Form(),
		}
		if v.Now().Sub(f.Since) < 30*24*time.Hour {
			x.Why = v.T("swaps.fit.fresh", "name", first(b.Name))
		}
		view.Fits = append(view.Fits, x)
	}
	for _, u := range unmet {
		view.Unmet = append(view.Unmet, pages.TagView{Label: v.T("swaps.unmet_tag", "skill", u.Skill.Name, "n", u.People), Href: "/skills/" + u.Skill.ID.String()})
	}
	for _, l := range lines {
		view.Lines = append(view.Lines, lineView(v, l))
	}
	for _, d := range said {
		if d.Direction == skills.Teach {
			view.Offers = append(view.Offers, tag(d.Tag))
		} else {
			view.Wishes = append(view.Wishes, tag(d.Tag))
		}
	}
	return v.Show(v.T("swaps.title"), "swaps", pages.Home(v.Frame, view))
}

func tag(t skills.Tag) pages.TagView {
	return pages.TagView{Label: t.Name, Href: "/skills/" + t.ID.String()}
}

// hours prints minutes as hours and minutes.
func hours(v *visit.Visit, minutes int) string {
	switch {
	case minutes == 0:
		return v.T("swaps.zero")
	case minutes < 0:
		return v.T("swaps.minus", "time", v.Duration(time.Duration(-minutes)*time.Minute))
	}
	return v.Duration(time.Duration(minutes) * time.Minute)
}

func lineView(v *visit.Visit, l Line) pages.LineView {
	return pages.LineView{
		Text: v.T("swaps.entry."+l.Kind, "sign", sign(l.Minutes)), Day: v.Date(l.At), Hours: hours(v, l.Minutes), Balance: hours(v, l.Balance),
		Href: "/swaps/" + l.Swap.String(),
	}
}

func sign(n int) string {
	if n < 0 {
		return "minus"
	}
	return "plus"
}

// length prints how much each member gives.
func length(v *visit.Visit, lessons, minutes int) string {
	return v.T("swaps.terms", "n", lessons, "length", v.Duration(time.Duration(minutes)*time.Minute))
}

// what is the name of what the i-th member teaches, as far as the reader may
// know it.
func what(v *visit.Visit, w Swap, i int) string {
	switch {
	case w.Members[i].Skill.ID == 0:
		return v.T("swaps.nothing")
	case !w.Tells(i, v.By.Person):
		return v.T("swaps.hidden")
	}
	return w.Members[i].Skill.Name
}

// ring prepares the drawing of a swap and the sentences beside it, the reader
// on top.
func (p *Pages) ring(v *visit.Visit, w Swap, faces map[id.ID]people.Byline) pages.RingView {
	me := max(0, w.at(v.By.Person))
	n := len(w.Members)
	view := pages.RingView{
		Href: "/swaps/" + w.ID.String(), State: w.State, Many: n, Round: w.Round != 0, Mends: w.Mends != 0, Note: w.Note, Owed: w.Owed,
		Terms:  length(v, w.Lessons, w.Minutes),
		Format: v.T("swaps.format." + w.Format), Due: v.When(w.Due), Answer: w.Members[me].Answer,
		Secret: w.Members[me].Closed && w.Members[me].Answer == "",
	}
	missing := 0
	for k := range n {
		i := (me + k) % n
		m := w.Members[i]
		b := faces[m.Person]
		x := pages.RingMember{Face: visit.Face(b), Name: first(b.Name), You: i == me && m.Person == v.By.Person, Skill: what(v, w, i), Answer: m.Answer}
		if m.Answer != "yes" {
			missing++
		}
		x.State = v.T("swaps.answer."+answerKey(w, m), "who", who(x.You))
		l := faces[w.Learner(i).Person]
		switch {
		case m.Skill.ID == 0:
		case x.You:
			x.Says = v.T("swaps.you_teach", "learner", first(l.Name), "skill", x.Skill)
		case w.Learner(i).Person == v.By.Person:
			x.Says = v.T("swaps.teaches_you", "teacher", first(b.Name), "skill", x.Skill)
		default:
			x.Says = v.T("swaps.teaches", "teacher", first(b.Name), "learner", first(l.Name), "skill", x.Skill)
		}
		var why []string
		for _, r := range m.Reasons {
			why = append(why, because(v, r))
		}
		x.Why = strings.Join(why, " ")
		view.Members = append(view.Members, x)
	}
	view.Version, view.Changeable = w.Version, w.Changeable(me)
	switch {
	case w.State == Proposed && w.Changer != 0:
		view.Title = v.T("swaps.changed_by", "name", first(faces[w.Changer].Name), "mine", yes(w.Changer == v.By.Person))
	case w.State == Proposed && view.Answer == "" && missing == 1:
		view.Title = v.T("swaps.needs_you", "n", n)
	case w.State == Proposed && w.Round == 0:
		view.Title = v.T("swaps.proposed_by", "name", first(faces[w.Members[0].Person].Name), "mine", yes(w.Author == v.By.Author))
	default:
		view.Title = v.T("swaps.ring_of", "n", n)
	}
	return view
}

func yes(b bool) string {
	if b {
		return "yes"
	}
	return "no"
}

func who(you bool) string {
	if you {
		return "you"
	}
	return "other"
}

func answerKey(w Swap, m Member) string {
	switch {
	case w.State == Withdrawn && m.Answer == "no":
		return "back"
	case w.State == Withdrawn:
		return "asked"
	case m.Answer == "yes":
		return "yes"
	case m.Answer == "no" || w.State != Proposed:
		return "no"
	}
	return "none"
}

// because prints a reason.
func because(v *visit.Visit, r Reason) string {
	switch r.Key {
	case "level":
		return v.T("swaps.why.level", "level", v.T("skills.level."+strconv.Itoa(r.N)))
	case "taught":
		return v.T("swaps.why.taught", "n", r.N)
	case "site":
		return v.T("swaps.why.site")
	case "hours":
		return v.T("swaps.why.hours", "n", r.N)
	case "language":
		return v.T("swaps.why.language")
	}
	return ""
}

// row is a swap in a list.
func row(v *visit.Visit, w Swap, faces map[id.ID]people.Byline) pages.SwapRow {
	me := max(0, w.at(v.By.Person))
	var names []string
	out := pages.SwapRow{Href: "/swaps/" + w.ID.String(), State: v.T("swaps.state." + w.State), Good: w.State == Done || w.State == Standing}
	for k := range w.Members {
		m := w.Members[(me+k)%len(w.Members)]
		b := faces[m.Person]
		out.Faces = append(out.Faces, visit.Face(b))
		if k > 0 {
			names = append(names, first(b.Name))
		}
	}
	out.Title = v.T("swaps.with", "names", v.List(names))
	given, taken := w.Members[me].Given, w.Teacher(me).Given
	out.Line = v.T("swaps.row", "teach", what(v, w, me), "learn", what(v, w, (me+len(w.Members)-1)%len(w.Members)))
	if w.State == Standing {
		out.Line += " " + v.T("swaps.progress", "given", hours(v, given), "taken", hours(v, taken))
	}
	return out
}

// Offers is GET /swaps/offers.
func (p *Pages) Offers(v *visit.Visit) error {
	q, err := v.Query()
	if err != nil {
		return err
	}
	f := OfferFilter{Outside: q.Get("list") == "outside", Wanted: q.Get("list") == "wanted"}
	if f.Skill, err = q.ID("skill"); err != nil {
		return err
	}
	if f.Before, err = q.ID("before"); err != nil {
		return err
	}
	list, more, err := p.Service.Offers(v.R.Context(), v.By, f)
	if err != nil {
		return err
	}
	var who []id.ID
	for _, o := range list {
		who = append(who, o.Person)
	}
	faces, err := p.faces(v, who)
	if err != nil {
		return err
	}
	here := q.Get("list")
	view := pages.OffersView{}
	for _, x := range []string{"", "wanted", "outside"} {
		key := x
		if key == "" {
			key = "all"
		}
		view.Tabs = append(view.Tabs, ui.Tab{Label: v.T("swaps.offers." + key), Href: "/swaps/offers?list=" + x, Current: here == x})
	}
	for _, o := range list {
		b, ok := faces[o.Person]
		if !ok {
			continue
		}
		view.Rows = append(view.Rows, pages.OfferRow{
			Face: visit.Face(b), Skill: tag(o.Skill), Level: v.T("skills.level." + strconv.Itoa(o.Level)), Note: o.Note, Outside: !o.Work,
			Propose: "/swaps/new?with=" + o.Person.String() + "&learn=" + o.Skill.ID.String(),
		})
	}
	path := "/swaps/offers?list=" + here
	if f.Skill != 0 {
		path += "&skill=" + f.Skill.String()
	}
	if f.Before != 0 {
		view.Pages.Newer = path
	}
	if more {
		view.Pages.Older = path + "&before=" + list[len(list)-1].Position.String()
	}
	v.Crumbs = []ui.Crumb{{Label: v.T("swaps.title"), Href: "/swaps"}}
	return v.Show(v.T("swaps.offers"), "swaps", pages.Offers(v.Frame, view))
}

// New is GET /swaps/new?with=.
func (p *Pages) New(v *visit.Visit) error {
	q, err := v.Query()
	if err != nil {
		return err
	}
	return p.form(v, http.StatusOK, q, nil)
}

func (p *Pages) form(v *visit.Visit, status int, form *web.Values, wrong error) error {
	ctx := v.R.Context()
	c, _, err := p.Service.Chosen(ctx, v.By)
	if err != nil {
		return err
	}
	with, err := form.ID("with")
	if err != nil || with == 0 || with == v.By.Person {
		return v.See("/swaps/offers")
	}
	var mine, theirs []skills.Declaration
	var b people.Byline
	var balance int
	if err := p.Service.DB.Read(ctx, func(tx *db.Tx) error {
		lines, err := people.BylinesOf(tx, v.By, []id.ID{with})
		if err != nil {
			return err
		}
		here, err := access.Sees(tx, access.Actor{Person: with}, access.Organisation)
		if err != nil {
			return err
		}
		var ok bool
		if b, ok = lines[with]; !ok || !here {
			return fault.Missing()
		}
		if mine, err = skills.OfPerson(tx, v.By, v.By.Person); err != nil {
			return err
		}
		if theirs, err = skills.OfPerson(tx, v.By, with); err != nil {
			return err
		}
		balance, err = balanceOf(tx, v.By.Person)
		return err
	}); err != nil {
		return err
	}
	faults := v.Faults(wrong)
	view := pages.NewView{
		Face: visit.Face(b), Name: first(b.Name), With: with.String(), Note: form.Get("note"), Faults: faults,
		Lessons: cmp.Or(form.Text("lessons"), strconv.Itoa(c.Lessons)), Minutes: cmp.Or(form.Text("minutes"), strconv.Itoa(c.Minutes)),
	}
	wants := map[id.ID]bool{} // what they openly want
	for _, d := range theirs {
		if d.Direction == skills.Want {
			wants[d.ID] = true
		} else {
			view.Learn = append(view.Learn, ui.Option{Value: d.ID.String(), Label: d.Name, Note: v.T("skills.level." + strconv.Itoa(d.Level)), On: form.Text("learn") == d.ID.String()})
		}
	}
	chosen := false
	for _, d := range mine {
		if d.Direction != skills.Teach {
			continue
		}
		o := ui.Option{Value: d.ID.String(), Label: d.Name, On: form.Text("teach") == d.ID.String()}
		if wants[d.ID] {
			o.Note = v.T("swaps.they_want", "name", view.Name)
			if form.Text("teach") == "" && !chosen {
				o.On = true
			}
		}
		chosen = chosen || o.On
		view.Teach = append(view.Teach, o)
	}
	if balance+p.Service.credit() > 0 {
		view.Teach = append(view.Teach, ui.Option{Value: "0", Label: v.T("swaps.for_hours"), Note: v.T("swaps.for_hours_note", "time", hours(v, balance)), On: form.Text("teach") == "0"})
	}
	view.Formats = formats(v, cmp.Or(form.Text("format"), c.Format))
	v.Crumbs = []ui.Crumb{{Label: v.T("swaps.title"), Href: "/swaps"}}
	return v.ShowStatus(status, v.T("swaps.new", "name", view.Name), "swaps", pages.New(v.Frame, view))
}

func formats(v *visit.Visit, chosen string) []ui.Option {
	var out []ui.Option
	for _, f := range []string{Either, Online, InPerson} {
		out = append(out, ui.Option{Value: f, Label: v.T("swaps.format." + f), On: chosen == f})
	}
	return out
}

// Propose is POST /swaps.
func (p *Pages) Propose(v *visit.Visit) error {
	form, err := v.Form()
	if err != nil {
		return err
	}
	x := Proposal{Format: form.Text("format"), Note: form.Get("note")}
	if x.To, err = form.ID("with"); err != nil || x.To == 0 {
		return fault.Missing()
	}
	x.Learn, x.Teach = chosenSkill(form, "learn", false), chosenSkill(form, "teach", true)
	x.Lessons, _ = form.Int("lessons", 0) // what is no number is told with everything else
	x.Minutes, _ = form.Int("minutes", 0)
	n, err := p.Service.Propose(v.R.Context(), v.By, x)
	if err == nil {
		return v.See("/swaps/" + n.String())
	}
	if fault.Is(err, fault.Invalid) || fault.Is(err, fault.Conflict) {
		return p.form(v, http.StatusUnprocessableEntity, form, err)
	}
	return err
}

// chosenSkill is the skill that a field names, NoSkill when it names none; "0"
// is the choice of hours where there is one.
func chosenSkill(form *web.Values, name string, hours bool) id.ID {
	if hours && form.Text(name) == "0" {
		return 0
	}
	n, err := form.ID(name)
	if err != nil || n == 0 {
		return NoSkill
	}
	return n
}

// Open is GET /swaps/{id}.
func (p *Pages) Open(v *visit.Visit) error { return p.open(v, http.StatusOK, nil) }

func (p *Pages) open(v *visit.Visit, status int, wrong error) error {
	n, err := v.ID("id")
	if err != nil {
		return err
	}
	w, err := p.Service.Open(v.R.Context(), v.By, n)
	if err != nil {
		return err
	}
	lessons, err := p.Service.Lessons(v.R.Context(), v.By, n)
	if err != nil {
		return err
	}
	var who []id.ID
	for _, m := range w.Members {
		who = append(who, m.Person)
	}
	faces, err := p.faces(v, who)
	if err != nil {
		return err
	}
	said, err := p.Service.History(v.R.Context(), v.By, n)
	if err != nil {
		return err
	}
	me := w.at(v.By.Person)
	view := pages.OpenView{Ring: p.ring(v, w, faces), History: history(v, said, me, faces), Path: "/swaps/" + n.String(), Faults: v.Faults(wrong), Standing: w.State == Standing}
	if h := view.History; w.State == Proposed && len(h) > 0 {
		view.Ring.Changed = h[len(h)-1].Lines
	}
	view.State, view.Withdrawable = v.T("swaps.said."+w.State), w.Withdrawable(me)
	if w.State == Broken || w.State == Declined || w.State == Lapsed || w.State == Withdrawn {
		view.Next = v.T("swaps.next.asked")
		if w.Round == 0 {
			view.Next = v.T("swaps.next.alone")
		} else if w.Members[me].Answer == "yes" {
			view.Next = v.T("swaps.next.first")
		}
	}
	if w.State == Standing {
		if w.Members[me].Skill.ID != 0 {
			view.Plan = append(view.Plan, pages.PlanView{
				Label: v.T("swaps.plan_teach", "skill", w.Members[me].Skill.Name, "name", first(faces[w.Learner(me).Person].Name)),
				Href:  view.Path + "/lessons/new?teacher=" + v.By.Person.String(),
			})
		}
		if t := w.Teacher(me); t.Skill.ID != 0 {
			view.Plan = append(view.Plan, pages.PlanView{
				Label: v.T("swaps.plan_learn", "skill", t.Skill.Name, "name", first(faces[t.Person].Name)),
				Href:  view.Path + "/lessons/new?teacher=" + t.Person.String(),
			})
		}
	}
	for _, l := range lessons {
		if l.State != meet.Planned {
			continue
		}
		at := w.at(l.Teacher)
		x := pages.LessonView{
			Href: "/meetings/" + l.Meeting.String(), Meeting: l.Meeting.String(), Start: l.Start, Day: v.Day(l.Start), Skill: w.Members[at].Skill.Name, Unthanks: l.Unthanks,
			Who:   v.T("swaps.lesson_of", "teacher", first(faces[l.Teacher].Name), "learner", first(faces[l.Learner].Name)),
			Other: first(faces[l.Teacher].Name), Learner: l.Learner == v.By.Person,
		}
		if !x.Learner {
			x.Other = first(faces[l.Learner].Name)
		}
		switch {
		case l.Given > 0:
			x.State = v.T("swaps.lesson.given")
		case l.End.Before(v.Now()):
			x.State, x.Ask = v.T("swaps.lesson.ask"), l.Teacher == v.By.Person || l.Learner == v.By.Person
		}
		for _, t := range l.Thanks {
			x.Thanks = append(x.Thanks, pages.ThanksView{Words: t.Words, By: visit.Face(faces[t.Person])})
		}
		view.Lessons = append(view.Lessons, x)
	}
	view.Reasons = whys(v)
	v.Crumbs = []ui.Crumb{{Label: v.T("swaps.title"), Href: "/swaps"}}
	return v.ShowStatus(status, view.Ring.Title, "swaps", pages.Open(v.Frame, view))
}

// whys are the reasons that may be given for a no.
func whys(v *visit.Visit) []ui.Option {
	out := []ui.Option{{Value: "", Label: v.T("swaps.no.none"), On: true}}
	for _, w := range []string{WhyTime, WhySkill, WhyPeople} {
		out = append(out, ui.Option{Value: w, Label: v.T("swaps.no." + w)})
	}
	return out
}

// Answer is POST /swaps/{id}/answer.
func (p *Pages) Answer(v *visit.Visit) error {
	return p.do(v, func(n id.ID, form *web.Values) error {
		// Whoever accepts accepts what their page said.
		version, _ := form.Int("version", 1)
		switch form.Text("answer") {
		case "yes":
			return p.Service.Answer(v.R.Context(), v.By, n, version, true, "")
		case "no":
			return p.Service.Answer(v.R.Context(), v.By, n, version, false, form.Text("why"))
		}
		var c fault.Check
		c.Bad("answer", "fault.choice_unknown")
		return c.Err()
	})
}

// do carries out what a form says of the swap of the path.
func (p *Pages) do(v *visit.Visit, act func(n id.ID, form *web.Values) error) error {
	n, err := v.ID("id")
	if err != nil {
		return err
	}
	form, err := v.Form()
	if err != nil {
		return err
	}
	err = act(n, form)
	switch {
	case fault.Is(err, fault.Invalid):
		return p.open(v, http.StatusUnprocessableEntity, err)
	case fault.Is(err, fault.Conflict):
		return p.open(v, http.StatusConflict, err) // with what it says now
	}
	if err != nil {
		return err
	}
	return v.See("/swaps/" + n.String())
}

// Withdraw is POST /swaps/{id}/withdrawal.
func (p *Pages) Withdraw(v *visit.Visit) error {
	n, err := v.ID("id")
	if err != nil {
		return err
	}
	if err := p.Service.Withdraw(v.R.Context(), v.By, n); err != nil {
		return err
	}
	return v.See("/swaps/" + n.String())
}

// LeaveForm is GET /swaps/{id}/leaving.
func (p *Pages) LeaveForm(v *visit.Visit) error {
	n, err := v.ID("id")
	if err != nil {
		return err
	}
	w, err := p.Service.Open(v.R.Context(), v.By, n)
	if err != nil {
		return err
	}
	if w.State != Standing {
		return v.See("/swaps/" + n.String())
	}
	v.Crumbs = []ui.Crumb{{Label: v.T("swaps.title"), Href: "/swaps"}, {Label: v.T("swaps.ring_of", "n", len(w.Members)), Href: "/swaps/" + n.String()}}
	return v.Show(v.T("swaps.leave"), "swaps", pages.Leave(v.Frame, pages.LeaveView{Path: "/swaps/" + n.String(), Others: len(w.Members) - 1, Reasons: whys(v)}))
}

// Leave is POST /swaps/{id}/leaving.
func (p *Pages) Leave(v *visit.Visit) error {
	return p.do(v, func(n id.ID, form *web.Values) error {
		return p.Service.Leave(v.R.Context(), v.By, n, form.Text("why"))
	})
}

// LessonForm is GET /swaps/{id}/lessons/new?teacher=.
func (p *Pages) LessonForm(v *visit.Visit) error {
	q, err := v.Query()
	if err != nil {
		return err
	}
	return p.lessonForm(v, http.StatusOK, q, nil, nil)
}

func (p *Pages) lessonForm(v *visit.Visit, status int, chosen, form *web.Values, wrong error) error {
	n, err := v.ID("id")
	if err != nil {
		return err
	}
	w, err := p.Service.Open(v.R.Context(), v.By, n)
	if err != nil {
		return err
	}
	teacher, err := chosen.ID("teacher")
	if err != nil {
		return err
	}
	if teacher == 0 {
		teacher = v.By.Person
	}
	at, err := w.lesson(v.By, teacher)
	if err != nil {
		return err
	}
	learner := w.Learner(at).Person
	when, err := p.Service.Meetings.WhenView(v, []id.ID{teacher, learner}, w.Minutes, form, wrong)
	if err != nil {
		return err
	}
	if form == nil {
		when.Online = when.Tool && w.Format == Online
	}
	path := "/swaps/" + n.String()
	v.Crumbs = []ui.Crumb{{Label: v.T("swaps.title"), Href: "/swaps"}, {Label: v.T("swaps.ring_of", "n", len(w.Members)), Href: path}}
	view := pages.LessonForm{Path: path + "/lessons", Teacher: teacher.String(), Skill: w.Members[at].Skill.Name, When: when, Faults: v.Faults(wrong)}
	return v.ShowStatus(status, v.T("swaps.plan"), "swaps", pages.NewLesson(v.Frame, view))
}

// PlanLesson is POST /swaps/{id}/lessons.
func (p *Pages) PlanLesson(v *visit.Visit) error {
	n, err := v.ID("id")
	if err != nil {
		return err
	}
	form, err := v.Form()
	if err != nil {
		return err
	}
	teacher, err := form.ID("teacher")
	if err != nil || teacher == 0 {
		return fault.Missing()
	}
	when := meet.ReadWhen(v, form)
	_, err = p.Service.PlanLesson(v.R.Context(), v.By, n, teacher, meet.New{
		Start: when.Start, End: when.End, Zone: when.Zone, Place: when.Place, Link: when.Link, Online: when.Online,
	})
	if fault.Is(err, fault.Invalid) {
		return p.lessonForm(v, http.StatusUnprocessableEntity, form, form, err)
	}
	if err != nil {
		return err
	}
	return v.See("/swaps/" + n.String())
}

// Thank is POST /swaps/{id}/thanks.
func (p *Pages) Thank(v *visit.Visit) error {
	return p.do(v, func(n id.ID, form *web.Values) error {
		if _, err := p.Service.Open(v.R.Context(), v.By, n); err != nil {
			return err
		}
		meeting, err := form.ID("lesson")
		if err != nil || meeting == 0 {
			return fault.Missing()
		}
		return p.Service.Thank(v.R.Context(), v.By, n, meeting, form.Get("words"), form.Bool("shown"), form.Text("again"))
	})
}

// Hours is GET /swaps/hours: the reader's own statement.
func (p *Pages) Hours(v *visit.Visit) error {
	q, err := v.Query()
	if err != nil {
		return err
	}
	before, err := q.ID("before")
	if err != nil {
		return err
	}
	balance, list, more, err := p.Service.Statement(v.R.Context(), v.By, before, 30)
	if err != nil {
		return err
	}
	view := pages.HoursView{Balance: hours(v, balance), Credit: p.Service.credit() > 0}
	for _, l := range list {
		view.Lines = append(view.Lines, lineView(v, l))
	}
	if before != 0 {
		view.Pages.Newer = "/swaps/hours"
	}
	if more {
		view.Pages.Older = "/swaps/hours?before=" + list[len(list)-1].ID.String()
	}
	v.Crumbs = []ui.Crumb{{Label: v.T("swaps.title"), Href: "/swaps"}}
	return v.Show(v.T("swaps.hours"), "swaps", pages.Hours(v.Frame, view))
}

// Past is GET /swaps/past: what ended.
func (p *Pages) Past(v *visit.Visit) error {
	q, err := v.Query()
	if err != nil {
		return err
	}
	before, err := q.ID("before")
	if err != nil {
		return err
	}
	if _, _, err := p.Service.Chosen(v.R.Context(), v.By); err != nil {
		return err
	}
	list, more, err := p.Service.List(v.R.Context(), v.By, true, before, 30)
	if err != nil {
		return err
	}
	var who []id.ID
	for _, w := range list {
		for _, m := range w.Members {
			who = append(who, m.Person)
		}
	}
	faces, err := p.faces(v, who)
	if err != nil {
		return err
	}
	view := pages.PastView{}
	for _, w := range list {
		view.Rows = append(view.Rows, row(v, w, faces))
	}
	if before != 0 {
		view.Pages.Newer = "/swaps/past"
	}
	if more {
		view.Pages.Older = "/swaps/past?before=" + list[len(list)-1].ID.String()
	}
	v.Crumbs = []ui.Crumb{{Label: v.T("swaps.title"), Href: "/swaps"}}
	return v.Show(v.T("swaps.past"), "swaps", pages.Past(v.Frame, view))
}

// Choices is GET /swaps/choices.
func (p *Pages) Choices(v *visit.Visit) error { return p.choices(v, http.StatusOK, nil, nil) }

func (p *Pages) choices(v *visit.Visit, status int, form *web.Values, wrong error) error {
	ctx := v.R.Context()
	c, list, err := p.Service.Chosen(ctx, v.By)
	if err != nil {
		return err
	}
	var said []skills.Declaration
	if err := p.Service.DB.Read(ctx, func(tx *db.Tx) (err error) {
		said, err = skills.OfPerson(tx, v.By, v.By.Person)
		return err
	}); err != nil {
		return err
	}
	view := pages.ChoicesView{
		Rounds: c.Rounds, Lessons: strconv.Itoa(c.Lessons), Minutes: strconv.Itoa(c.Minutes), Formats: formats(v, c.Format), Faults: v.Faults(wrong),
	}
	if form != nil {
		view.Rounds, view.Lessons, view.Minutes, view.Formats = form.Bool("rounds"), form.Text("lessons"), form.Text("minutes"), formats(v, form.Text("format"))
	}
	for _, d := range said {
		rank := 1
		for _, x := range list {
			if x.Skill == d.ID && x.Direction == d.Direction {
				rank = x.Priority
			}
		}
		f := pages.PriorityView{Name: "priority-" + string(d.Direction) + "-" + d.ID.String(), Label: d.Name}
		if form != nil {
			rank, _ = form.Int(f.Name, rank)
		}
		most := 3
		if d.Direction == skills.Teach {
			most = 1
		}
		for k := range most + 1 {
			f.Options = append(f.Options, ui.Option{Value: strconv.Itoa(k), Label: v.T("swaps.priority." + strconv.Itoa(k)), On: rank == k})
		}
		if d.Direction == skills.Teach {
			if d.Open {
				view.Offers = append(view.Offers, f)
			}
		} else {
			view.Wishes = append(view.Wishes, f)
		}
	}
	v.Crumbs = []ui.Crumb{{Label: v.T("swaps.title"), Href: "/swaps"}}
	return v.ShowStatus(status, v.T("swaps.choices"), "swaps", pages.Choices(v.Frame, view))
}

// Choose is POST /swaps/choices.
func (p *Pages) Choose(v *visit.Visit) error {
	form, err := v.Form()
	if err != nil {
		return err
	}
	c := Choices{Rounds: form.Bool("rounds"), Format: form.Text("format")}
	c.Lessons, _ = form.Int("lessons", 0) // what is no number is told with everything else
	c.Minutes, _ = form.Int("minutes", 0)
	var said []skills.Declaration
	if err := p.Service.DB.Read(v.R.Context(), func(tx *db.Tx) (err error) {
		said, err = skills.OfPerson(tx, v.By, v.By.Person)
		return err
	}); err != nil {
		return err
	}
	var list []Priority
	for _, d := range said {
		name := "priority-" + string(d.Direction) + "-" + d.ID.String()
		if form.Text(name) == "" {
			continue
		}
		rank, err := form.Int(name, 1)
		if err != nil {
			rank = -1
		}
		list = append(list, Priority{Skill: d.ID, Direction: d.Direction, Priority: rank})
	}
	err = p.Service.Choose(v.R.Context(), v.By, c, list)
	if fault.Is(err, fault.Invalid) {
		return p.choices(v, http.StatusUnprocessableEntity, form, err)
	}
	if err != nil {
		return err
	}
	return v.See("/swaps")
}

// Teaching is GET /teachings/{id}.
func (p *Pages) Teaching(v *visit.Visit) error {
	n, err := v.ID("id")
	if err != nil {
		return err
	}
	t, err := p.Service.Teaching(v.R.Context(), v.By, n)
	if err != nil {
		return err
	}
	faces, err := p.faces(v, []id.ID{t.Person})
	if err != nil {
		return err
	}
	b := faces[t.Person]
	title := v.T("swaps.taught", "name", b.Name, "skill", t.Skill.Name)
	v.Crumbs = []ui.Crumb{{Label: t.Skill.Name, Href: "/skills/" + t.Skill.ID.String()}}
	return v.Show(title, "swaps", pages.Teaching(v.Frame, pages.TeachingView{
		Title: title, Face: visit.Face(b), Lede: v.T("swaps.taught_lede", "n", t.Lessons, "time", hours(v, t.Minutes), "day", v.Day(t.Last)), Thanks: t.Thanks,
	}))
}
