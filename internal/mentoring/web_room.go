package mentoring

import (
	"context"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/guildhall/guildhall/internal/core/access"
	"github.com/guildhall/guildhall/internal/core/meet"
	"github.com/guildhall/guildhall/internal/core/people"
	noteviews "github.com/guildhall/guildhall/internal/core/vault/pages"
	"github.com/guildhall/guildhall/internal/core/visit"
	"github.com/guildhall/guildhall/internal/mentoring/pages"
	"github.com/guildhall/guildhall/internal/platform/db"
	"github.com/guildhall/guildhall/internal/platform/fault"
	"github.com/guildhall/guildhall/internal/platform/id"
	"github.com/guildhall/guildhall/internal/platform/web"
	"github.com/guildhall/guildhall/internal/ui"
)

func (p *Pages) load(v *visit.Visit) (Mentorship, error) {
	n, err := v.ID("id")
	if err != nil {
		return Mentorship{}, err
	}
	m, err := p.Service.Room(v.R.Context(), v.By, n)
	if err == nil {
		v.Crumbs = []ui.Crumb{{Label: v.T("mentoring.title"), Href: "/mentoring"}}
	}
	return m, err
}

func room(m Mentorship) string { return "/mentorships/" + m.ID.String() }

func (m Mentorship) persons() []id.ID {
	out := make([]id.ID, len(m.People))
	for i, x := range m.People {
		out[i] = x.Person
	}
	return out
}

// others are the names of everybody else in the room.
func (m Mentorship) others(w who, reader id.ID) []string {
	var out []string
	for _, x := range m.People {
		if l, ok := w.lines[x.Person]; ok && x.Person != reader {
			out = append(out, l.Name)
		}
	}
	return out
}

// Room is GET /mentorships/{id}.
func (p *Pages) Room(v *visit.Visit) error {
	m, err := p.load(v)
	if err != nil {
		return err
	}
	return p.room(v, http.StatusOK, m, nil, nil)
}

func (p *Pages) room(v *visit.Visit, status int, m Mentorship, form *web.Values, wrong error) error {
	shown := m.persons()
	if m.Notes.Count > 0 {
		shown = append(shown, m.Notes.Author) // who may have left the group
	}
	w, err := p.who(v, shown)
	if err != nil {
		return err
	}
	view := pages.RoomView{
		Path: room(m), State: m.State, Agreement: m.Agreement, Pulse: m.Pulse, Outcome: m.Outcome, Faults: v.Faults(wrong), Wrote: map[string]string{},
	}
	if m.Talk.Meeting != 0 {
		view.Talk = pages.TalkView{Meeting: m.Talk.Meeting.String(), Text: v.T("mentoring.talk", "title", m.Talk.Title, "day", v.Day(m.Talk.Start))}
	}
	if form != nil {
		for _, k := range []string{"why", "promise", "words", "skill", "before", "thanks"} {
			view.Wrote[k] = form.Text(k)
		}
		if form.Has("agreement") {
			view.Agreement = form.Get("agreement")
		}
	}
	before, _ := strconv.Atoi(view.Wrote["before"])
	view.Levels = levels(v, before)
	names := m.others(w, v.By.Person)
	view.Title = withYou(v, names)
	if m.State == ProposedState {
		view.Title = v.T("mentoring.room.proposed", "names", v.List(names))
	}
	view.Notes = noteSection(v, m, w)
	mine, _ := m.Member(v.By.Person)
	view.Asked = m.State == ProposedState && mine.Answer == ""
	if err := p.asking(v, m, mine, w, v.List(names), &view); err != nil {
		return err
	}
	view.MaySay = m.State == Closed && mine.Thanks == ""
	view.MayLeave = m.MayLeave(v.By.Person)
	for _, x := range m.People {
		view.People = append(view.People, pages.MemberView{Face: w.face(x.Person), Role: v.T("mentoring.role." + x.Role), Place: w.place(x.Person)})
		if x.Thanks != "" {
			view.Thanks = append(view.Thanks, pages.ThanksView{Words: x.Thanks, Face: w.face(x.Person)})
		}
	}
	if err := p.reasons(v, m, &view); err != nil {
		return err
	}
	for _, g := range m.Goals {
		x := pages.GoalView{
			ID: g.ID.String(), Words: g.Words, Skill: g.Name, Who: w.lines[g.Person].Name, State: v.T("mentoring.goal." + g.State),
			Mine: g.Person == v.By.Person, Open: g.State == "open", Levels: v.T("mentoring.levels.before", "level", level(v, g.Before)),
		}
		if g.After > 0 {
			x.Levels = v.T("mentoring.levels.both", "before", level(v, g.Before), "after", level(v, g.After))
		}
		if x.Mine && x.Open {
			x.Now = levels(v, max(g.Before, g.After)) // as they saw themselves last
		}
		view.Goals = append(view.Goals, x)
	}
	if err := p.promised(v, m, w, &view); err != nil {
		return err
	}

	if view.Coming, view.Past, err = p.Service.Meet.Rows(v, m.ID); err != nil {
		return err
	}
	if m.Low || m.Anew || m.Rejoin {
		if err := p.follows(v, m, &view); err != nil {
			return err
		}
	}
	if m.State == Closed {
		_, err := p.Service.Certificate(v.R.Context(), v.By, m.ID)
		if err != nil && !fault.Is(err, fault.Conflict) {
			return err
		}
		view.Certificate = err == nil
	}
	return v.ShowStatus(status, view.Title, Key, pages.Room(v.Frame, view))
}

// follows offers help to somebody for whom it does not go well, and says how it
// goes on after the end.
func (p *Pages) follows(v *visit.Visit, m Mentorship, view *pages.RoomView) error {
	x, err := p.Service.Open(v.R.Context(), v.By, m.Programme)
	if fault.Is(err, fault.NotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	view.Programme = path(x.ID)
	switch {
	case m.Low:
		view.Low = true
		helper, err := p.who(v, []id.ID{x.Owner})
		if err != nil {
			return err
		}
		if l := helper.lines[x.Owner]; l.Person != 0 && l.Person != v.By.Person {
			view.Helper, view.HelperHref = v.T("mentoring.low_helper", "name", l.Name), "/people/"+l.Person.String()
		}
	case m.Anew:
		view.Anew = v.T("mentoring.anew."+x.Way, "name", x.Name)
		if x.Way == WaySelf {
			view.Choose = path(x.ID) + "/choosing"
		}
	default:
		view.Rejoin = v.T("mentoring.rejoin", "name", x.Name)
	}
	return nil
}

// promised fills in the promises of a room, from where the address says.
func (p *Pages) promised(v *visit.Visit, m Mentorship, w who, view *pages.RoomView) error {
	q, err := v.Query()
	if err != nil {
		return err
	}
	before, err := q.ID("promises")
	if err != nil {
		return err
	}
	if before != 0 {
		var more bool
		if m.Promises, more, err = p.Service.Promises(v.R.Context(), v.By, m.ID, before, promisesPage); err != nil {
			return err
		}
		m.Older = 0
		if more {
			m.Older = m.Promises[len(m.Promises)-1].ID
		}
		view.PromisesNext.Newer = room(m) + "#promises"
	}
	if m.Older != 0 {
		view.PromisesNext.Older = room(m) + "?promises=" + m.Older.String() + "#promises"
	}
	for _, x := range m.Promises {
		view.Promises = append(view.Promises, pages.PromiseView{
			ID: x.ID.String(), Words: x.Words, Who: w.lines[x.Person].Name, State: v.T("mentoring.promise." + x.State), At: x.Created,
			Mine: x.Person == v.By.Person, Open: x.State == "open",
		})
	}
	return nil
}

// asking says what is asked of whom in a room that has not begun.
func (p *Pages) asking(v *visit.Visit, m Mentorship, mine Member, w who, names string, view *pages.RoomView) error {
	view.Said, view.Over = v.T("mentoring.waiting"), v.T("mentoring.was_declined")
	switch {
	case m.Origin == fromJoiner && mine.Role == Mentor:
		view.Over = v.T("mentoring.buddy_over")
		if m.State != ProposedState || m.Hears.IsZero() {
			return nil
		}
		view.Title = v.T("mentoring.buddy_title", "names", names)
		view.Text = v.T("mentoring.buddy_text", "day", v.Day(m.AnswerBy))
		view.Said = v.T("mentoring.buddy_said", "names", names)
		if starts, err := p.starts(v, m); err != nil {
			return err
		} else if !starts.IsZero() {
			view.Text = v.T("mentoring.buddy_starts", "names", names, "first", v.Day(starts), "day", v.Day(m.AnswerBy))
			view.Said = v.T("mentoring.buddy_said_day", "names", names, "day", v.Day(starts))
		}
	case m.Origin == fromJoiner && m.State == ProposedState:
		view.Text = v.T("mentoring.hello_text", "names", names)
	case m.Origin == fromRequest && mine.Role == Mentor:
		view.Over = v.T("mentoring.request_over")
		if m.State == ProposedState {
			view.Title, view.Text, view.Words = v.T("mentoring.request_title", "names", names), v.T("mentoring.request_text", "day", v.Day(m.AnswerBy)), m.Words
			view.By = m.other(w, v.By.Person)
		}
	case m.Origin == fromRequest:
		view.Over, view.Choose = v.T("mentoring.request_not_now"), path(m.Programme)+"/choosing"
		if m.State == ProposedState {
			view.Title, view.Words, view.TakeBack = v.T("mentoring.requested_title", "names", names), m.Words, true
			view.Said, view.By = v.T("mentoring.requested", "names", names, "day", v.Day(m.AnswerBy)), w.face(v.By.Person)
		}
	}
	return nil
}

// starts is the first day of the joiner in a room, zero when nobody said one.
func (p *Pages) starts(v *visit.Visit, m Mentorship) (day time.Time, err error) {
	err = p.Service.DB.Read(v.R.Context(), func(tx *db.Tx) error {
		days, err := people.Starts(tx, m.persons())
		for _, x := range m.People {
			if x.Role == Mentee {
				day = days[x.Person]
			}
		}
		return err
	})
	if y, m, d := day.Date(); !day.IsZero() {
		day = time.Date(y, m, d, 12, 0, 0, 0, v.Zone()) // the same day for whoever reads it
	}
	return day, err
}

// other is whoever else is in a room of two.
func (m Mentorship) other(w who, reader id.ID) ui.Face {
	for _, x := range m.People {
		if x.Person != reader {
			return w.face(x.Person)
		}
	}
	return ui.Face{}
}

// noteSection is the section of private notes.
func noteSection(v *visit.Visit, m Mentorship, w who) noteviews.NotesView {
	out := noteviews.NotesView{
		Path: room(m) + "/notes", Room: m.ID.String(), Person: v.By.Person.String(), Names: v.List(m.others(w, v.By.Person)), All: v.List(append([]string{v.T("mentoring.room.you_among")}, m.others(w, v.By.Person)...)), Writable: m.State == Active,
		Count: m.Notes.Count, Last: m.Notes.Last, LastBy: w.lines[m.Notes.Author].Name,
	}
	for _, x := range m.People {
		if x.Person != v.By.Person {
			out.Others = append(out.Others, noteviews.OtherView{ID: x.Person.String(), Name: w.lines[x.Person].Name})
		}
	}
	return out
}

// NoteParts is GET /mentorships/{id}/notes: the pieces of page with which the
// browser draws the notes, and no note.
func (p *Pages) NoteParts(v *visit.Visit) error {
	m, err := p.load(v)
	if err != nil {
		return err
	}
	if m.State != Active && m.State != Closed {
		return fault.New(fault.Conflict, "fault.mentoring_state")
	}
	w, err := p.who(v, m.persons())
	if err != nil {
		return err
	}
	return ui.Write(v.W, v.R, http.StatusOK, noteviews.Parts(v.Frame, noteSection(v, m, w)))
}

func level(v *visit.Visit, n int) string { return v.T("mentoring.level." + strconv.Itoa(n)) }

// levels are the choices of how somebody sees themselves, one of them chosen.
func levels(v *visit.Visit, chosen int) (out []ui.Option) {
	for i := 1; i <= 4; i++ {
		out = append(out, ui.Option{Value: strconv.Itoa(i), Label: level(v, i), On: i == chosen})
	}
	return out
}

// reasons prints why these people were proposed to each other, the best first.
func (p *Pages) reasons(v *visit.Visit, m Mentorship, view *pages.RoomView) error {
	var named []id.ID
	for _, f := range m.Fits {
		named = append(named, f.Skill...)
	}
	names, err := p.skillNames(v, named)
	view.Why = p.why(v, m.Fits, names)
	return err
}

func (p *Pages) why(v *visit.Visit, fits []Fit, names map[id.ID]string) (out []ui.Reason) {
	for _, f := range fits {
		if f.Share < 0.5 && (f.By != BySkills || len(f.Skill) == 0) || len(out) == 4 {
			continue
		}
		r := ui.Reason{Icon: ui.IconTick}
		switch f.By {
		case ByUnit:
			if f.Share < 1 {
				continue // not known
			}
			r.Text = v.T("mentoring.why.unit")
		case BySkills:
			r.Text = v.T("mentoring.why.skills", "names", v.List(namesOf(f.Skill, names)))
		case ByHours:
			r.Text = v.T("mentoring.why.hours", "n", f.Hours)
		case ByLanguage:
			if f.Lang == "" {
				continue
			}
			r.Text = v.T("mentoring.why.language", "lang", p.Language(v, f.Lang))
		default:
			r.Text = v.T("mentoring.why." + string(f.By))
		}
		out = append(out, r)
	}
	return out
}

// does carries out a post in a room and shows it again, with the words kept
// when something is wrong.
func (p *Pages) does(v *visit.Visit, do func(m Mentorship, form *web.Values) error) error {
	form, err := v.Form()
	if err != nil {
		return err
	}
	m, err := p.load(v)
	if err != nil {
		return err
	}
	err = do(m, form)
	if fault.Is(err, fault.Invalid) {
		return p.room(v, http.StatusUnprocessableEntity, m, form, err)
	}
	if err != nil {
		return err
	}
	return v.See(room(m))
}

// Answer is POST /mentorships/{id}/answer. It leads on to where the mentorship
// goes on: its room, or the group that it went on in, or, for who left it, to the
// practice.
func (p *Pages) Answer(v *visit.Visit) error {
	form, err := v.Form()
	if err != nil {
		return err
	}
	m, err := p.load(v)
	if err != nil {
		return err
	}
	ctx := v.R.Context()
	err = p.Service.Answer(ctx, v.By, m.ID, form.Text("answer") == "yes", form.Text("why"))
	if fault.Is(err, fault.Invalid) {
		return p.room(v, http.StatusUnprocessableEntity, m, form, err)
	}
	if err != nil {
		return err
	}
	if _, err := p.Service.Room(ctx, v.By, m.ID); !fault.Is(err, fault.NotFound) {
		return v.See(room(m))
	}
	list, _, err := p.Service.Rooms(ctx, v.By, 0, 100)
	if err != nil {
		return err
	}
	for _, x := range list {
		if x.Programme == m.Programme && x.State == Active {
			return v.See(room(x))
		}
	}
	return v.See("/mentoring")
}

// Agree is POST /mentorships/{id}/agreement.
func (p *Pages) Agree(v *visit.Visit) error {
	return p.does(v, func(m Mentorship, form *web.Values) error {
		return p.Service.Agree(v.R.Context(), v.By, m.ID, form.Get("agreement"))
	})
}

// SetGoal is POST /mentorships/{id}/goals.
func (p *Pages) SetGoal(v *visit.Visit) error {
	return p.does(v, func(m Mentorship, form *web.Values) error {
		before, _ := strconv.Atoi(form.Text("before")) // no number is told as a wrong choice
		_, err := p.Service.SetGoal(v.R.Context(), v.By, m.ID, NewGoal{Words: form.Text("words"), Skill: form.Text("skill"), Before: before})
		return err
	})
}

// SettleGoal is POST /mentorships/{id}/goals/{goal}.
func (p *Pages) SettleGoal(v *visit.Visit) error {
	goal, err := v.ID("goal")
	if err != nil {
		return err
	}
	return p.does(v, func(m Mentorship, form *web.Values) error {
		after, _ := strconv.Atoi(form.Text("after")) // no number is told as a wrong choice
		return p.Service.SettleGoal(v.R.Context(), v.By, m.ID, goal, form.Text("state"), after)
	})
}

// Promised is POST /mentorships/{id}/promises.
func (p *Pages) Promised(v *visit.Visit) error {
	return p.does(v, func(m Mentorship, form *web.Values) error {
		_, err := p.Service.Promised(v.R.Context(), v.By, m.ID, form.Text("promise"))
		return err
	})
}

// Kept is POST /mentorships/{id}/promises/{promise}.
func (p *Pages) Kept(v *visit.Visit) error {
	promise, err := v.ID("promise")
	if err != nil {
		return err
	}
	return p.does(v, func(m Mentorship, form *web.Values) error {
		return p.Service.Kept(v.R.Context(), v.By, m.ID, promise, form.Bool("kept"))
	})
}

// Pulse is POST /mentorships/{id}/pulse.
func (p *Pages) Pulse(v *visit.Visit) error {
	return p.does(v, func(m Mentorship, form *web.Values) error {
		day, _ := strconv.Atoi(form.Text("day")) // another day is not there
		answer, _ := strconv.Atoi(form.Text("answer"))
		if err := p.Service.Pulse(v.R.Context(), v.By, m.ID, day, answer); err != nil {
			return err
		}
		ui.SetFlash(v.W, ui.Flash{Text: v.T("mentoring.pulse_thanks")})
		return nil
	})
}

// Check is POST /mentorships/{id}/talks.
func (p *Pages) Check(v *visit.Visit) error {
	return p.does(v, func(m Mentorship, form *web.Values) error {
		meeting, err := form.ID("meeting")
		if err != nil {
			return err
		}
		answer, _ := strconv.Atoi(form.Text("answer")) // anything else is no answer
		if _, err := p.Service.Check(v.R.Context(), v.By, m.ID, meeting, answer); err != nil {
			return err
		}
		ui.SetFlash(v.W, ui.Flash{Text: v.T("mentoring.pulse_thanks")})
		return nil
	})
}

// PlanForm is GET /mentorships/{id}/meetings/new.
func (p *Pages) PlanForm(v *visit.Visit) error {
	m, err := p.load(v)
	if err != nil {
		return err
	}
	return p.planForm(v, http.StatusOK, m, nil, nil)
}

func (p *Pages) planForm(v *visit.Visit, status int, m Mentorship, form *web.Values, wrong error) error {
	if m.State != Active {
		return fault.New(fault.Conflict, "fault.mentoring_state")
	}
	w, err := p.who(v, m.persons())
	if err != nil {
		return err
	}
	when, err := p.Service.Meet.WhenView(v, m.persons(), 45, form, wrong)
	if err != nil {
		return err
	}
	view := pages.MeetingView{Path: room(m), When: when, Faults: v.Faults(wrong), Agenda: p.agenda(v, m, w)}
	var all []string
	for _, n := range m.persons() {
		all = append(all, w.lines[n].Name)
	}
	view.Title = v.T("mentoring.meeting_title", "names", v.List(all))
	every := "0"
	if form != nil {
		view.Title, view.Agenda, every = form.Text("title"), form.Get("agenda"), form.Text("every")
	}
	view.Every = []ui.Option{{Value: "0", Label: v.T("mentoring.every.once"), On: every == "0"}}
	for _, n := range []int{7, 14, 28} {
		view.Every = append(view.Every, ui.Option{Value: strconv.Itoa(n), Label: v.T("meet.every", "n", n), On: every == strconv.Itoa(n)})
	}
	v.Crumbs = append(v.Crumbs, ui.Crumb{Label: withYou(v, m.others(w, v.By.Person)), Href: room(m)})
	return v.ShowStatus(status, v.T("mentoring.plan"), Key, pages.Meeting(v.Frame, view))
}

// Speaker says messages in the language of a reader: a visit, or the printer of
// a mail.
type Speaker interface {
	T(key string, args ...any) string
}

// agenda proposes what to talk about: the first talk is about the agreement,
// every later one opens with the promises.
func (p *Pages) agenda(v Speaker, m Mentorship, w who) string {
	key := "mentoring.agenda.next"
	if m.Agreement == "" {
		key = "mentoring.agenda.first"
	}
	lines := strings.Split(v.T(key), `\n`)
	at := len(lines) // below what each promises
	if m.Agreement != "" {
		at = 1 // below what became of promises
	}
	var promises []string
	for _, x := range m.promised(v, w, "") {
		promises = append(promises, "   "+x) // a list within the list
	}
	return strings.Join(slices.Insert(lines, at, promises...), "\n")
}

// withYou names a mentorship by its people, to one of them.
func withYou(v *visit.Visit, others []string) string {
	return v.List(append([]string{v.T("mentoring.room.you")}, others...))
}

// promisesRoom is how many characters of an agenda promises take, so that those
// of a large group leave room for what else is talked about.
const promisesRoom = 4000

// promised prints the open promises that a text does not name yet, a line each.
// Where many are open each is cut, so that nobody's falls out.
func (m Mentorship) promised(v Speaker, w who, text string) (lines []string) {
	var open []Promise
	for _, x := range m.Promises {
		if x.State == "open" && !strings.Contains(text, x.Words) {
			open = append(open, x)
		}
	}
	for _, x := range open {
		name, words := w.lines[x.Person].Name, []rune(x.Words)
		if most := max(promisesRoom/len(open)-len([]rune(name)), 10); len(words) > most {
			words = append(words[:most:most], '…')
		}
		lines = append(lines, v.T("mentoring.agenda.promise", "name", name, "words", string(words)))
	}
	return lines
}

// AgendaOf is what a talk of a mentorship is about as it stands now: what was
// written for it, or the template for one of a series that nobody wrote for,
// and every promise that is open and not named there.
func (p *Pages) AgendaOf(ctx context.Context, by access.Actor, say Speaker, t meet.Meeting) (string, error) {
	if t.State != meet.Planned || !t.End.After(p.Service.Clock.Now()) {
		return t.Agenda, nil
	}
	m, err := p.Service.Opening(ctx, by, t.About)
	if fault.Is(err, fault.NotFound) {
		return t.Agenda, nil
	}
	if err != nil {
		return "", err
	}
	w, err := p.whoBy(ctx, by, m.persons())
	if err != nil {
		return "", err
	}
	if t.Agenda == "" {
		return p.agenda(say, m, w), nil
	}
	lines := m.promised(say, w, t.Agenda)
	if len(lines) == 0 {
		return t.Agenda, nil
	}
	return t.Agenda + "\n\n" + say.T("mentoring.agenda.also") + "\n\n" + strings.Join(lines, "\n"), nil
}

// Plan is POST /mentorships/{id}/meetings.
func (p *Pages) Plan(v *visit.Visit) error {
	form, err := v.Form()
	if err != nil {
		return err
	}
	m, err := p.load(v)
	if err != nil {
		return err
	}
	every, _ := strconv.Atoi(form.Text("every")) // no number is once
	_, err = p.Service.PlanMeeting(v.R.Context(), v.By, m.ID, meet.ReadWhen(v, form), form.Text("title"), strings.TrimSpace(form.Get("agenda")), every)
	if fault.Is(err, fault.Invalid) {
		return p.planForm(v, http.StatusUnprocessableEntity, m, form, err)
	}
	if err != nil {
		return err
	}
	return v.See(room(m))
}

// Leave is POST /mentorships/{id}/leaving.
func (p *Pages) Leave(v *visit.Visit) error {
	m, err := p.load(v)
	if err != nil {
		return err
	}
	if err := p.Service.Leave(v.R.Context(), v.By, m.ID); err != nil {
		return err
	}
	return v.See("/mentoring")
}

// Certificate is GET /mentorships/{id}/certificate.
func (p *Pages) Certificate(v *visit.Visit) error {
	m, err := p.load(v)
	if err != nil {
		return err
	}
	c, err := p.Service.Certificate(v.R.Context(), v.By, m.ID)
	if err != nil {
		return err
	}
	w, err := p.who(v, m.persons())
	if err != nil {
		return err
	}
	others := m.others(w, v.By.Person)
	names := v.List(others)
	v.Crumbs = append(v.Crumbs, ui.Crumb{Label: withYou(v, others), Href: room(m)})
	view := pages.CertificateView{
		Name: w.lines[v.By.Person].Name, Place: w.place(v.By.Person), Part: v.T("mentoring.certificate."+c.Role, "names", names), Programme: c.Programme,
		Talks: v.T("mentoring.certificate.talks", "n", c.Talks, "time", v.Duration(c.Time), "first", v.FullDate(c.First), "last", v.FullDate(c.Last)),
	}
	for _, g := range c.Goals {
		view.Goals = append(view.Goals, pages.GoalView{
			Words: g.Words, Skill: g.Name, Levels: v.T("mentoring.levels.both", "before", level(v, g.Before), "after", level(v, g.After)),
		})
	}
	return v.Show(v.T("mentoring.certificate"), Key, pages.Certificate(v.Frame, view))
}

// ClosingForm is GET /mentorships/{id}/closing.
func (p *Pages) ClosingForm(v *visit.Visit) error {
	m, err := p.load(v)
	if err != nil {
		return err
	}
	return p.closingForm(v, http.StatusOK, m, nil, nil)
}

func (p *Pages) closingForm(v *visit.Visit, status int, m Mentorship, form *web.Values, wrong error) error {
	if m.State != Active {
		return fault.New(fault.Conflict, "fault.mentoring_state")
	}
	if m.MayLeave(v.By.Person) {
		return fault.New(fault.Forbidden, "fault.mentoring_closes")
	}
	view := pages.ClosingView{Path: room(m), Faults: v.Faults(wrong)}
	for _, g := range m.Goals {
		if g.State == "open" {
			view.Open++
		}
	}
	mine, _ := m.Member(v.By.Person)
	view.Learnt, view.Anew = mine.Role != Mentor, !m.whole(v.Now())
	if form != nil {
		view.Outcome, view.Thanks, view.Anew = form.Get("outcome"), form.Text("thanks"), form.Bool("anew")
	}
	return v.ShowStatus(status, v.T("mentoring.close"), Key, pages.Closing(v.Frame, view))
}

// Close is POST /mentorships/{id}/closing.
func (p *Pages) Close(v *visit.Visit) error {
	form, err := v.Form()
	if err != nil {
		return err
	}
	m, err := p.load(v)
	if err != nil {
		return err
	}
	err = p.Service.Close(v.R.Context(), v.By, m.ID, form.Get("outcome"), form.Text("thanks"), form.Bool("anew"))
	if fault.Is(err, fault.Invalid) {
		if m.State == Closed {
			return p.room(v, http.StatusUnprocessableEntity, m, form, err)
		}
		return p.closingForm(v, http.StatusUnprocessableEntity, m, form, err)
	}
	if err != nil {
		return err
	}
	return v.See(room(m))
}
