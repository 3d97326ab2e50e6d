package mentoring

import (
	"context"
	"net/http"
	"strconv"
	"strings"

	"github.com/guildhall/guildhall/internal/core/access"
	"github.com/guildhall/guildhall/internal/core/people"
	"github.com/guildhall/guildhall/internal/core/skills"
	"github.com/guildhall/guildhall/internal/core/visit"
	"github.com/guildhall/guildhall/internal/mentoring/pages"
	"github.com/guildhall/guildhall/internal/platform/db"
	"github.com/guildhall/guildhall/internal/platform/fault"
	"github.com/guildhall/guildhall/internal/platform/id"
	"github.com/guildhall/guildhall/internal/platform/web"
	"github.com/guildhall/guildhall/internal/ui"
)

// Pages answers with mentoring.
type Pages struct {
	Service   *Service
	Directory *people.Service
	// HTML renders what people wrote.
	HTML func(markdown string) string
	// Language names a language in the reader's.
	Language func(v *visit.Visit, tag string) string
}

// List is GET /mentoring.
func (p *Pages) List(v *visit.Visit) error {
	query, err := v.Query()
	if err != nil {
		return err
	}
	before, err := query.ID("before")
	if err != nil {
		return err
	}
	rooms, _, err := p.Service.Rooms(v.R.Context(), v.By, 0, 30)
	if err != nil {
		return err
	}
	open, more, err := p.Service.List(v.R.Context(), v.By, "open", before, 30)
	if err != nil {
		return err
	}
	in, err := p.Service.EnrolledIn(v.R.Context(), v.By)
	if err != nil {
		return err
	}
	view := pages.ListView{MayStart: organises(v.By)}
	if view.Rooms, err = p.roomRows(v, rooms); err != nil {
		return err
	}
	for _, x := range open {
		view.Open = append(view.Open, pages.ProgrammeRow{
			Href: path(x.ID), Name: x.Name, Purpose: short(x.Purpose), In: in[x.ID], State: v.T("mentoring.in"),
		})
	}
	if more {
		view.More = "/mentoring?before=" + open[len(open)-1].ID.String()
	}
	return v.Show(v.T("mentoring.title"), Key, pages.List(v.Frame, view))
}

func path(programme id.ID) string { return "/mentoring/" + programme.String() }

// short is the first sentence or two.
func short(text string) string {
	r := []rune(strings.Join(strings.Fields(text), " "))
	if len(r) > 160 {
		return string(r[:159]) + "…"
	}
	return string(r)
}

// roomRows prepares mentorships for a list.
func (p *Pages) roomRows(v *visit.Visit, rooms []Mentorship) ([]pages.RoomRow, error) {
	var ids, programmes []id.ID
	for _, m := range rooms {
		programmes = append(programmes, m.Programme)
		for _, x := range m.People {
			ids = append(ids, x.Person)
		}
	}
	var lines map[id.ID]people.Byline
	var names map[id.ID]string
	if err := p.Service.DB.Read(v.R.Context(), func(tx *db.Tx) (err error) {
		if lines, err = people.BylinesOf(tx, v.By, ids); err != nil {
			return err
		}
		names, err = programmeNames(tx, v.By, programmes)
		return err
	}); err != nil {
		return nil, err
	}
	var out []pages.RoomRow
	for _, m := range rooms {
		r := pages.RoomRow{Href: "/mentorships/" + m.ID.String(), Title: names[m.Programme], State: v.T("mentoring.state." + m.State)}
		var with []string
		for _, x := range m.People {
			if l, ok := lines[x.Person]; ok && x.Person != v.By.Person {
				with = append(with, l.Name)
				r.Faces = append(r.Faces, visit.Face(l))
			}
		}
		r.With = withYou(v, with)
		if mine, _ := m.Member(v.By.Person); m.State == ProposedState {
			r.Waits = mine.Answer == ""
			if !r.Waits {
				r.State = v.T("mentoring.state.waiting")
			}
		}
		out = append(out, r)
	}
	return out, nil
}

// NewForm is GET /mentoring/new.
func (p *Pages) NewForm(v *visit.Visit) error {
	query, err := v.Query()
	if err != nil {
		return err
	}
	if !organises(v.By) {
		return fault.New(fault.Forbidden, "fault.mentoring_organisers")
	}
	t, ok := template(query.Text("template"))
	if !ok {
		t = Templates[0]
	}
	key := "mentoring.template." + t.Key
	var questions []string
	for i := range t.Questions {
		questions = append(questions, v.T(key+".question"+strconv.Itoa(i+1)))
	}
	return p.newForm(v, http.StatusOK, t, NewProgramme{
		Template: t.Key, Name: v.T(key + ".name"), Purpose: v.T(key + ".purpose"), Shape: t.Shape, Way: t.Way, Weeks: t.Weeks, Capacity: t.Capacity, Questions: questions, Weights: t.Weights,
	}, nil)
}

func (p *Pages) newForm(v *visit.Visit, status int, t Template, n NewProgramme, wrong error) error {
	view := pages.NewView{
		Template: t.Key, Name: n.Name, Purpose: n.Purpose, Shape: t.Shape, Weeks: strconv.Itoa(n.Weeks), Capacity: strconv.Itoa(n.Capacity),
		Questions: strings.Join(n.Questions, "\n"), Weights: weightViews(v, n.Weights), Faults: v.Faults(wrong),
	}
	if t.Shape != ShapePeers {
		for _, w := range []string{WayCohort, WayJoiners, WaySelf} {
			view.Ways = append(view.Ways, ui.Option{Value: w, Label: v.T("mentoring.way." + w), Note: v.T("mentoring.way_note." + w), On: n.Way == w})
		}
	}
	units, err := p.Directory.Units(v.R.Context(), v.By)
	if err != nil {
		return err
	}
	sites, err := p.Directory.Sites(v.R.Context(), v.By)
	if err != nil {
		return err
	}
	view.Units, view.Sites = only(v, units, n.Unit), only(v, sites, n.Site)
	for _, x := range Templates {
		view.Templates = append(view.Templates, ui.Tab{Label: v.T("mentoring.template." + x.Key), Href: "/mentoring/new?template=" + x.Key, Current: x.Key == t.Key})
	}
	v.Crumbs = []ui.Crumb{{Label: v.T("mentoring.title"), Href: "/mentoring"}}
	return v.ShowStatus(status, v.T("mentoring.start"), Key, pages.New(v.Frame, view))
}

// only are the places that mentees may come from, first everywhere.
func only(v *visit.Visit, list []people.Named, chosen id.ID) []ui.Option {
	if len(list) < 2 {
		return nil
	}
	out := []ui.Option{{Value: "", Label: v.T("mentoring.only_any"), On: chosen == 0}}
	for _, x := range list {
		out = append(out, ui.Option{Value: x.ID.String(), Label: x.Name, On: x.ID == chosen})
	}
	return out
}

func weightViews(v *visit.Visit, w Weights) []pages.WeightView {
	var out []pages.WeightView
	for _, c := range Criteria {
		x := pages.WeightView{Name: "weight_" + string(c), Label: v.T("mentoring.by." + string(c))}
		for _, i := range Importances {
			x.Options = append(x.Options, ui.Option{Value: string(i), Label: v.T("mentoring.weight." + string(i)), On: w[c] == i || w[c] == "" && i == "off"})
		}
		out = append(out, x)
	}
	return out
}

func readWeights(form *web.Values) Weights {
	w := Weights{}
	for _, c := range Criteria {
		w[c] = Importance(form.Text("weight_" + string(c)))
	}
	return w
}

// Start is POST /mentoring.
func (p *Pages) Start(v *visit.Visit) error {
	form, err := v.Form()
	if err != nil {
		return err
	}
	t, ok := template(form.Text("template"))
	if !ok {
		t = Templates[0]
	}
	// What is no number is told with everything else.
	weeks, _ := strconv.Atoi(form.Text("weeks"))
	capacity := 1
	if t.Shape != ShapePeers {
		capacity, _ = strconv.Atoi(form.Text("capacity"))
	}
	place := func(name string) id.ID {
		n, err := form.ID(name)
		if err != nil {
			return 0 // nothing on the list: anywhere
		}
		return n
	}
	n := NewProgramme{
		Template: t.Key, Name: form.Text("name"), Purpose: form.Text("purpose"), Shape: t.Shape, Way: form.Text("way"), Unit: place("unit"), Site: place("site"), Weeks: weeks, Capacity: capacity,
		Questions: strings.Split(form.Text("questions"), "\n"), Weights: readWeights(form),
	}
	programme, err := p.Service.Start(v.R.Context(), v.By, n)
	if fault.Is(err, fault.Invalid) {
		return p.newForm(v, http.StatusUnprocessableEntity, t, n, err)
	}
	if err != nil {
		return err
	}
	return v.See(path(programme))
}

// open loads the programme of the path.
func (p *Pages) open(v *visit.Visit) (Programme, error) {
	n, err := v.ID("id")
	if err != nil {
		return Programme{}, err
	}
	x, err := p.Service.Open(v.R.Context(), v.By, n)
	if err == nil {
		v.Crumbs = []ui.Crumb{{Label: v.T("mentoring.title"), Href: "/mentoring"}}
	}
	return x, err
}

// runs loads the programme of the path for those who run it.
func (p *Pages) runs(v *visit.Visit) (Programme, error) {
	x, err := p.open(v)
	if err == nil && !organises(v.By) {
		err = fault.New(fault.Forbidden, "fault.mentoring_organisers")
	}
	return x, err
}

func tabs(v *visit.Visit, x Programme, current string) []ui.Tab {
	if !organises(v.By) {
		return nil
	}
	var out []ui.Tab
	for _, t := range []struct{ key, path string }{{"about", ""}, {"people", "/people"}, {"joiners", "/joiners"}, {"pairing", "/pairing"}, {"health", "/health"}} {
		if t.key == "joiners" && x.Way != WayJoiners {
			continue
		}
		out = append(out, ui.Tab{Label: v.T("mentoring.tab." + t.key), Href: path(x.ID) + t.path, Current: t.key == current})
	}
	return out
}

// Open is GET /mentoring/{id}.
func (p *Pages) Open(v *visit.Visit) error {
	x, err := p.open(v)
	if err != nil {
		return err
	}
	mine, in, err := p.Service.Mine(v.R.Context(), v.By, x.ID)
	if err != nil {
		return err
	}
	view := pages.ProgrammeView{
		Path: path(x.ID), Name: x.Name, Purpose: p.HTML(x.Purpose), Shape: x.Shape, Way: x.Way, Weeks: x.Weeks, Closed: x.State == "closed", In: in,
		Tabs: tabs(v, x, "about"),
	}
	if view.Only, err = p.onlyFrom(v, x); err != nil {
		return err
	}
	if organises(v.By) && !view.Closed {
		mentors, mentees, free, err := p.Service.Enrolled(v.R.Context(), v.By, x.ID)
		if err != nil {
			return err
		}
		view.Next, view.Run = next(v, x, mentors, mentees, free), x.Way == WayCohort && mentees > 0 && (mentors > 0 || x.Shape == ShapePeers && mentees > 1)
	}
	view.Choosing = in && x.Way == WaySelf && mine.Role == Mentee
	if in {
		view.Enrolled = []ui.Fact{{Term: v.T("mentoring.role"), Text: v.T("mentoring.role." + mine.Role)}}
		if len(mine.Names) > 0 {
			view.Enrolled = append(view.Enrolled, ui.Fact{Term: v.T("mentoring.skills"), Text: strings.Join(mine.Names, ", ")})
		}
		if mine.Goals != "" {
			view.Enrolled = append(view.Enrolled, ui.Fact{Term: v.T("mentoring.goals"), Text: mine.Goals})
		}
	}
	return v.Show(x.Name, Key, pages.Programme(v.Frame, view))
}

// next says what somebody who runs a programme does next.
func next(v *visit.Visit, x Programme, mentors, mentees, free int) []ui.Reason {
	who := v.T("mentoring.next.enrolled", "mentors", mentors, "mentees", mentees)
	if x.Shape == ShapePeers {
		who = v.T("mentoring.next.peers", "n", mentees)
	}
	out := []ui.Reason{{Icon: ui.IconPeople, Text: who}}
	if mentors == 0 && x.Shape != ShapePeers {
		out = append(out, ui.Reason{Icon: ui.IconWarn, Text: v.T("mentoring.next.mentors")})
	}
	if free > 0 && free < mentees {
		out = append(out, ui.Reason{Icon: ui.IconClock, Text: v.T("mentoring.next.waiting", "n", free, "way", x.Way)})
	}
	return append(out, ui.Reason{Icon: ui.IconTick, Text: v.T("mentoring.next." + x.Way)})
}

// onlyFrom says where mentees of a programme come from, "" for anywhere.
func (p *Pages) onlyFrom(v *visit.Visit, x Programme) (string, error) {
	if x.Unit == 0 && x.Site == 0 {
		return "", nil
	}
	units, err := p.Directory.Units(v.R.Context(), v.By)
	if err != nil {
		return "", err
	}
	sites, err := p.Directory.Sites(v.R.Context(), v.By)
	if err != nil {
		return "", err
	}
	var names []string
	for _, n := range append(units, sites...) {
		if n.ID == x.Unit || n.ID == x.Site {
			names = append(names, n.Name)
		}
	}
	return v.T("mentoring.only", "names", strings.Join(names, ", ")), nil
}

// EnrolForm is GET /mentoring/{id}/enrolment.
func (p *Pages) EnrolForm(v *visit.Visit) error {
	x, err := p.open(v)
	if err != nil {
		return err
	}
	mine, in, err := p.Service.Mine(v.R.Context(), v.By, x.ID)
	if err != nil {
		return err
	}
	e := Enrol{Role: mine.Role, Capacity: mine.Capacity, Goals: mine.Goals, Answers: mine.Answers, Skills: mine.Names}
	if !in {
		e = Enrol{Role: Mentee, Capacity: x.Capacity}
		if e.Skills, err = p.Service.wanted(v.R.Context(), v.By.Person); err != nil {
			return err
		}
	}
	return p.enrolForm(v, http.StatusOK, x, e, in, nil)
}

// wanted are the names of what somebody says they want to learn, for a form
// that only they see.
func (s *Service) wanted(ctx context.Context, person id.ID) (out []string, err error) {
	err = s.DB.Read(ctx, func(tx *db.Tx) error {
		out = nil
		list, err := skills.ForMatching(tx, []id.ID{person})
		for _, d := range list {
			if d.Direction == skills.Want && len(out) < maxSkills {
				out = append(out, d.Name)
			}
		}
		return err
	})
	return out, err
}

func (p *Pages) enrolForm(v *visit.Visit, status int, x Programme, e Enrol, in bool, wrong error) error {
	view := pages.EnrolView{
		Path: path(x.ID), Name: x.Name, Peers: x.Shape == ShapePeers, Capacity: strconv.Itoa(e.Capacity), Skills: strings.Join(e.Skills, ", "),
		Goals: e.Goals, Questions: x.Questions, Answers: make([]string, len(x.Questions)), In: in, Faults: v.Faults(wrong),
	}
	copy(view.Answers, e.Answers)
	view.Seen = v.T("mentoring.enrol_seen")
	if x.Way == WaySelf {
		view.Seen = v.T("mentoring.enrol_seen_self")
	}
	for _, r := range []string{Mentee, Mentor} {
		view.Roles = append(view.Roles, ui.Option{Value: r, Label: v.T("mentoring.role." + r), On: e.Role == r})
	}
	v.Crumbs = append(v.Crumbs, ui.Crumb{Label: x.Name, Href: path(x.ID)})
	return v.ShowStatus(status, v.T("mentoring.enrol"), Key, pages.Enrol(v.Frame, view))
}

// Enrol is POST /mentoring/{id}/enrolment.
func (p *Pages) Enrol(v *visit.Visit) error {
	form, err := v.Form()
	if err != nil {
		return err
	}
	x, err := p.open(v)
	if err != nil {
		return err
	}
	e := Enrol{Role: form.Text("role"), Goals: form.Text("goals"), Skills: splitNames(form.Text("skills"))}
	if e.Capacity, err = strconv.Atoi(form.Text("capacity")); err != nil && e.Role != Mentor {
		e.Capacity = 1
	}
	for i := range x.Questions {
		e.Answers = append(e.Answers, form.Text("answer"+strconv.Itoa(i+1)))
	}
	err = p.Service.Enrol(v.R.Context(), v.By, x.ID, e)
	if fault.Is(err, fault.Invalid) {
		return p.enrolForm(v, http.StatusUnprocessableEntity, x, e, false, err)
	}
	if err != nil {
		return err
	}
	return v.See(path(x.ID))
}

func splitNames(text string) []string {
	var out []string
	for _, s := range strings.Split(text, ",") {
		if s = strings.TrimSpace(s); s != "" {
			out = append(out, s)
		}
	}
	return out
}

// Withdraw is POST /mentoring/{id}/withdrawal.
func (p *Pages) Withdraw(v *visit.Visit) error {
	x, err := p.open(v)
	if err != nil {
		return err
	}
	if err := p.Service.Withdraw(v.R.Context(), v.By, x.ID); err != nil {
		return err
	}
	return v.See(path(x.ID))
}

// People is GET /mentoring/{id}/people.
func (p *Pages) People(v *visit.Visit) error {
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
	list, more, err := p.Service.Enrolments(v.R.Context(), v.By, x.ID, after, 50)
	if err != nil {
		return err
	}
	ids := make([]id.ID, len(list))
	for i, e := range list {
		ids[i] = e.Person
	}
	who, err := p.who(v, ids)
	if err != nil {
		return err
	}
	view := pages.PeopleView{Name: x.Name, Tabs: tabs(v, x, "people")}
	for _, e := range list {
		view.Items = append(view.Items, pages.EnrolledRow{
			Face: who.face(e.Person), Place: who.place(e.Person), Role: v.T("mentoring.role." + e.Role), Skills: strings.Join(e.Names, ", "), Goals: e.Goals,
		})
	}
	if more {
		view.Older = path(x.ID) + "/people?after=" + list[len(list)-1].Person.String()
	}
	return v.Show(x.Name, Key, pages.People(v.Frame, view))
}

// who is how people are shown.
type who struct {
	lines  map[id.ID]people.Byline
	traits map[id.ID]people.Trait
}

func (p *Pages) who(v *visit.Visit, ids []id.ID) (w who, err error) {
	return p.whoBy(v.R.Context(), v.By, ids)
}

func (p *Pages) whoBy(ctx context.Context, by access.Actor, ids []id.ID) (w who, err error) {
	err = p.Service.DB.Read(ctx, func(tx *db.Tx) error {
		if w.lines, err = people.BylinesOf(tx, by, ids); err != nil {
			return err
		}
		w.traits, err = people.Traits(tx, ids)
		return err
	})
	return w, err
}

func (w who) face(n id.ID) ui.Face {
	f := visit.Face(w.lines[n])
	f.Note = ""
	return f
}

func (w who) place(n id.ID) string {
	t := w.traits[n]
	var parts []string
	for _, s := range []string{t.Title, t.UnitName, t.SiteName} {
		if s != "" {
			parts = append(parts, s)
		}
	}
	return strings.Join(parts, ", ")
}

// Health is GET /mentoring/{id}/health.
func (p *Pages) Health(v *visit.Visit) error {
	x, err := p.runs(v)
	if err != nil {
		return err
	}
	h, err := p.Service.Health(v.R.Context(), v.By, x.ID)
	if err != nil {
		return err
	}
	hidden := func(shown bool, text string) string {
		if !shown {
			return v.T("mentoring.health.hidden")
		}
		return text
	}
	number := func(n int) string { return v.Number(int64(n)) }
	view := pages.HealthView{Path: path(x.ID), Name: x.Name, Tabs: tabs(v, x, "health"), Note: v.T("mentoring.health.note"), Closed: x.State == "closed", Stats: []ui.Stat{
		{Label: v.T("mentoring.health.enrolled"), Value: number(h.Mentors + h.Mentees), Note: v.T("mentoring.health.enrolled_note", "mentors", h.Mentors, "mentees", h.Mentees)},
		{Label: v.T("mentoring.health.proposed"), Value: number(h.Proposed)},
		{Label: v.T("mentoring.health.active"), Value: number(h.Active)},
		{Label: v.T("mentoring.health.closed"), Value: number(h.Closed)},
		{Label: v.T("mentoring.health.met"), Value: hidden(h.MetShown, number(h.Met))},
		{Label: v.T("mentoring.health.pulse"), Value: hidden(h.PulseShown, v.Decimal(h.Pulse, 1)), Note: v.T("mentoring.health.pulse_note")},
		{Label: v.T("mentoring.health.worth"), Value: hidden(h.WorthShown, v.Decimal(h.Worth, 1)), Note: v.T("mentoring.health.worth_note")},
		{Label: v.T("mentoring.health.reached"), Value: hidden(h.ReachedShown, number(h.Reached))},
	}}
	return v.Show(x.Name, Key, pages.Health(v.Frame, view))
}

// End is POST /mentoring/{id}/end.
func (p *Pages) End(v *visit.Visit) error {
	n, err := v.ID("id")
	if err != nil {
		return err
	}
	if err := p.Service.End(v.R.Context(), v.By, n); err != nil {
		return err
	}
	return v.See(path(n))
}
