package directory

import (
	"context"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/guildhall/guildhall/internal/core/access"
	"github.com/guildhall/guildhall/internal/core/ledger"
	"github.com/guildhall/guildhall/internal/core/people"
	"github.com/guildhall/guildhall/internal/core/skills"
	"github.com/guildhall/guildhall/internal/core/subject"
	"github.com/guildhall/guildhall/internal/core/visit"
	"github.com/guildhall/guildhall/internal/directory/pages"
	"github.com/guildhall/guildhall/internal/platform/fault"
	"github.com/guildhall/guildhall/internal/platform/id"
	"github.com/guildhall/guildhall/internal/platform/web"
	"github.com/guildhall/guildhall/internal/ui"
)

// Me is GET /people/me.
func (p *Pages) Me(v *visit.Visit) error { return v.See("/people/" + v.By.Person.String()) }

// Open is GET /people/{id}.
func (p *Pages) Open(v *visit.Visit) error {
	n, err := v.ID("id")
	if err != nil {
		return err
	}
	who, err := p.Person(v.R.Context(), v.By, n)
	if err != nil {
		return err
	}
	view := p.profileView(v, who)
	if !view.Own && !who.Guest && p.Follow != nil {
		b, err := p.Follow(v, n)
		if err != nil {
			return err
		}
		view.Follow = &b
	}
	if !view.Own && !who.Guest {
		between, met, err := p.People.Introducers(v.R.Context(), v.By, n)
		if err != nil {
			return err
		}
		switch {
		case met:
			view.Met = v.T("people.met", "name", who.Name)
		case len(between) > 0:
			view.Met = v.T("people.introduce", "n", len(between), "name", who.Name)
			for _, e := range between {
				view.Between = append(view.Between, face(e))
			}
		}
	}
	if !who.Guest {
		for _, panel := range p.Panels {
			c, err := panel(v, n, firstName(who.Name))
			if err != nil {
				return err
			}
			if c != nil {
				view.Panels = append(view.Panels, c)
			}
		}
	}
	v.Crumbs = []ui.Crumb{{Label: v.T("people.heading"), Href: "/people"}}
	return v.Show(who.Name, "people", pages.Profile(v.Frame, view))
}

func location(zone string) *time.Location {
	l, err := time.LoadLocation(zone)
	if err != nil {
		return time.UTC
	}
	return l
}

func (p *Pages) profileView(v *visit.Visit, who Person) pages.ProfileView {
	own := who.ID == v.By.Person
	seed := faceOf(who.ID, who.Name, who.Cut, who.Picture)
	view := pages.ProfileView{
		Path: "/people/" + who.ID.String(), Face: seed, Name: who.Name, Pronouns: who.Pronouns, Own: own,
		Lede: lede(who.Title, who.Unit.Name, who.Site.Name), Clock: p.clockLine(v, who), About: who.About,
		AsideFor: v.T("people.about", "name", who.Name),
	}
	var speaks []string
	for _, l := range who.Languages {
		speaks = append(speaks, people.LanguageName(v.Lang(), l))
	}
	view.Speaks = v.List(speaks)
	if own {
		view.Actions = []ui.Button{
			{Label: v.T("people.edit"), Href: "/people/me/edit", Kind: "primary", Icon: ui.IconEdit},
			{Label: v.T("skills.mine"), Href: "/people/me/skills"},
			{Label: v.T("receipts.heading"), Href: "/people/me/receipts", Kind: "quiet"},
		}
	} else if !who.Guest {
		view.Vouch = view.Path + "/vouches"
		view.Actions = []ui.Button{
			{Label: v.T("people.ask", "name", firstName(who.Name)), Href: "/questions/new?ask=" + who.ID.String(), Kind: "primary", Icon: ui.IconAsk},
			{Label: v.T("people.vouch"), Href: view.Vouch},
		}
		if v.By.Administers() {
			view.Actions = append(view.Actions, ui.Button{Label: v.T("people.departure"), Href: view.Path + "/departure", Kind: "quiet"})
		}
	}
	declared := map[id.ID]bool{}
	for _, d := range who.Skills {
		switch {
		case d.Direction == skills.Teach && d.Work:
			declared[d.ID] = true
			view.Teach = append(view.Teach, p.skillView(v, who, d, seed.Seed))
		case d.Direction == skills.Teach:
			declared[d.ID] = true
			view.Outside = append(view.Outside, pages.TagView{
				Label: onlyYou(v, d, v.T("people.outside_teach", "name", d.Name, "level", v.T(levelKey(d.Level)))), Href: "/skills/" + d.ID.String(), Tone: ui.Hit,
			})
		case d.Work:
			w := pages.WantView{Name: d.Name, Href: "/skills/" + d.ID.String(), Note: d.Note}
			if !d.Open {
				w.Closed = v.T("skills.closed")
			}
			view.Wants = append(view.Wants, w)
		default:
			view.Outside = append(view.Outside, pages.TagView{
				Label: onlyYou(v, d, v.T("people.outside_want", "name", d.Name)), Href: "/skills/" + d.ID.String(), Tone: ui.Want,
			})
		}
	}
	for _, s := range who.Standing {
		if !declared[s.Skill] && s.Proved() && len(view.Also) < 10 {
			view.Also = append(view.Also, pages.TagView{Label: s.Name, Href: "/skills/" + s.Skill.String()})
		}
	}
	if own && len(view.Teach)+len(view.Wants)+len(view.Outside) == 0 {
		view.Empty = &ui.EmptyState{Title: v.T("people.no_skills_title"), Text: v.T("people.no_skills"), Label: v.T("skills.add_teach"), Href: "/people/me/skills"}
	}
	for _, c := range who.Lately {
		l := pages.LatelyView{Icon: ui.IconAsk, Verb: v.T("people.asked"), Title: c.Title, Href: c.URL, At: c.At}
		if c.Kind == subject.Answer {
			l.Icon, l.Verb = ui.IconTick, v.T("people.answered")
			if who.Solved[c.ID] {
				l.Verb = v.T("people.solved")
			}
		}
		view.Lately = append(view.Lately, l)
	}
	view.Facts = p.facts(v, who)
	return view
}

func firstName(name string) string {
	first, _, _ := strings.Cut(name, " ")
	return first
}

// onlyYou says of what is not open that nobody else sees it.
func onlyYou(v *visit.Visit, d skills.Declaration, label string) string {
	if d.Open {
		return label
	}
	return v.T("people.only_you", "label", label)
}

func lede(parts ...string) string {
	var out []string
	for _, s := range parts {
		if s != "" {
			out = append(out, s)
		}
	}
	return strings.Join(out, ", ")
}

// clockLine says what time it is where somebody is, and whether they are at
// work.
func (p *Pages) clockLine(v *visit.Visit, who Person) string {
	now := p.Clock.Now()
	zone := location(who.Zone)
	place := who.Site.Name
	if place == "" || who.Guest {
		place = strings.ReplaceAll(who.Zone[strings.LastIndexByte(who.Zone, '/')+1:], "_", " ")
	}
	until, working := who.Calendar.Until(now)
	state := "off"
	if working {
		state = "working"
	}
	return v.T("people.clock", "time", v.LocalClock(now.In(zone)), "place", place, "state", state, "until", v.LocalClock(until.In(zone)))
}

func levelKey(level int) string { return "skills.level." + strconv.Itoa(min(max(level, 1), 4)) }

func (p *Pages) skillView(v *visit.Visit, who Person, d skills.Declaration, seed string) pages.SkillView {
	st, vouched := who.standing(d.ID), who.Vouched[d.ID]
	s := pages.SkillView{
		Name: d.Name, Href: "/skills/" + d.ID.String(), Seed: seed, Level: d.Level, Says: v.T(levelKey(d.Level)), Note: d.Note,
		Vouches: vouched.People, Year: p.Clock.Now().Year(),
	}
	if !st.Last.IsZero() {
		s.Year = st.Last.In(v.Zone()).Year()
	}
	if vouched.People > 0 {
		s.Vouched = v.T("people.vouched", "n", vouched.People, "teams", vouched.Teams, "last", v.Ago(vouched.Last))
	}
	if !d.Open {
		s.Closed = v.T("skills.closed")
	}
	if text := evidence(v, st); text != "" {
		s.Evidence = append(s.Evidence, pages.TagView{Label: text})
	}
	if vouched.People > 0 {
		s.Evidence = append(s.Evidence, pages.TagView{Label: v.T("people.read_vouches"), Href: "/people/" + who.ID.String() + "/vouches"})
	}
	return s
}

// evidence says how many answers somebody gave, "" for none.
func evidence(v *visit.Visit, s ledger.Standing) string {
	if s.Answered == 0 {
		return ""
	}
	return v.T("people.evidence", "n", s.Answered, "accepted", s.Accepted)
}

func (p *Pages) facts(v *visit.Visit, who Person) []ui.Fact {
	var out []ui.Fact
	if !who.Guest {
		text := v.T("people.not_now")
		if who.Free {
			text = v.T("people.free")
		}
		out = append(out, ui.Fact{Term: v.T("people.questions"), Text: text})
	}
	link := func(term string, n people.Named) {
		if n.ID != 0 {
			out = append(out, ui.Fact{Term: v.T(term), Text: n.Name, Href: "/people/" + n.ID.String()})
		}
	}
	if who.Brought {
		out = append(out, ui.Fact{Term: v.T("people.brought"), Text: v.T("people.brought_say"), Href: "/people/me/profiles"})
	}
	link("people.backup", who.Backup)
	if who.Unit.ID != 0 {
		out = append(out, ui.Fact{Term: v.T("people.unit"), Text: who.Unit.Name, Href: "/people?unit=" + who.Unit.ID.String()})
	}
	if who.Site.ID != 0 {
		out = append(out, ui.Fact{Term: v.T("people.site"), Text: who.Site.Name, Href: "/people?site=" + who.Site.ID.String()})
	}
	for i, m := range who.Before {
		if i < 3 {
			out = append(out, ui.Fact{Term: v.T("people.before"), Text: v.T("people.before_unit", "unit", m.Unit.Name, "until", v.Printer.Date(m.To))})
		}
	}
	link("people.manager", who.Manager)
	out = append(out, ui.Fact{Term: v.T("people.works"), Text: p.hoursLine(v, who.Calendar.Hours)})
	if !who.Guest {
		out = append(out, ui.Fact{Term: v.T("people.chart"), Text: v.T("people.chart_show"), Href: "/people/chart?at=" + who.ID.String()})
	}
	return out
}

// hoursLine says in words when somebody works.
func (p *Pages) hoursLine(v *visit.Visit, h people.Hours) string {
	if h.Shift() {
		return v.T("people.works_shift")
	}
	form := h.Form()
	var parts []string
	for i := 0; i < 7; {
		j := i
		for j+1 < 7 && form.Days[j+1] == form.Days[i] {
			j++
		}
		if form.Days[i] != "" {
			times := strings.ReplaceAll(strings.ReplaceAll(form.Days[i], "-", "–"), ",", ", ")
			if i == j {
				parts = append(parts, v.T("people.works_day", "day", v.WeekdayShort(time.Weekday((i+1)%7)), "times", times))
			} else {
				parts = append(parts, v.T("people.works_days", "from", v.WeekdayShort(time.Weekday((i+1)%7)), "to", v.WeekdayShort(time.Weekday((j+1)%7)), "times", times))
			}
		}
		i = j + 1
	}
	return strings.Join(parts, "; ")
}

// EditForm is GET /people/me/edit.
func (p *Pages) EditForm(v *visit.Visit) error {
	who, err := p.People.Open(v.R.Context(), v.By, v.By.Person)
	if err != nil {
		return err
	}
	return p.editForm(v, http.StatusOK, who, typed(v, who), nil)
}

// named are languages by their names in the reader's language, which the form
// reads again.
func named(reader string, tags []string) []string {
	out := make([]string, len(tags))
	for i, t := range tags {
		out[i] = people.LanguageName(reader, t)
		if read, bad := people.Languages(out[i], reader); bad != "" || len(read) != 1 || read[0] != t {
			out[i] = t
		}
	}
	return out
}

// words are what stands in the form.
type words struct {
	people.Change
	kind      string // site, week or shift
	form      people.Form
	from, til string
	budget    string
}

func typed(v *visit.Visit, who people.Profile) words {
	w := words{Change: people.Change{
		Name: who.Name, Pronouns: who.Pronouns, Title: who.Title, About: who.About, Unit: who.Unit.ID, Site: who.Site.ID,
		Manager: who.Manager.Name, Backup: who.Backup.Name, TimeZone: who.Own.TimeZone, Locale: who.Own.Locale,
		Languages: strings.Join(named(v.Lang(), who.Languages), ", "), Cut: who.Cut, LeaverName: who.Own.LeaverName,
	}, kind: "site", budget: strconv.Itoa(who.Own.WeeklyBudget)}
	if h, err := people.ParseHours(who.Own.Hours); who.Own.Hours != "" && err == nil {
		w.form = h.Form()
		w.kind = "week"
		if h.Shift() {
			w.kind = "shift"
		}
	}
	if zone := location(who.Zone); !who.Own.AwayUntil.IsZero() {
		w.from = who.Own.AwayFrom.In(zone).Format(time.DateOnly)
		// Away until the end of its last day.
		w.til = who.Own.AwayUntil.In(zone).AddDate(0, 0, -1).Format(time.DateOnly)
	}
	return w
}

func (p *Pages) editForm(v *visit.Visit, status int, who people.Profile, w words, wrong error) error {
	view := pages.EditView{
		Name: w.Name, Pronouns: w.Pronouns, Title: w.Title, About: w.About, Manager: w.Manager, Backup: w.Backup,
		Zone: w.TimeZone, Languages: w.Languages, First: w.form.First, Cycle: w.form.Cycle, Kinds: w.form.Kinds,
		AwayFrom: w.from, AwayUntil: w.til, Budget: w.budget, Faults: v.Faults(wrong), Picture: p.Portraits != nil, Photo: who.Picture,
	}
	var err error
	if view.Units, err = p.options(v, p.People.Units, w.Unit, "people.no_unit"); err != nil {
		return err
	}
	if view.Sites, err = p.options(v, p.People.Sites, w.Site, "people.no_site"); err != nil {
		return err
	}
	view.Locales = []ui.Option{{Label: v.T("people.locale_house")}}
	for _, l := range p.Languages {
		view.Locales = append(view.Locales, ui.Option{Value: l, Label: tongue(l), On: l == w.Locale})
	}
	view.Hours = ui.Choice{Name: "hours_kind", Legend: v.T("people.hours_which")}
	for _, k := range []string{"site", "week", "shift"} {
		view.Hours.Options = append(view.Hours.Options, ui.Option{Value: k, Label: v.T("people.hours." + k), On: w.kind == k})
	}
	for i, d := range w.form.Days {
		view.Days = append(view.Days, pages.DayView{Name: "day_" + strconv.Itoa(i+1), Label: v.Weekday(time.Weekday((i + 1) % 7)), Value: d})
	}
	view.Leaver = ui.Choice{Name: "leaver_name", Legend: v.T("people.leaver"), Error: view.Faults.For("leaver_name")}
	for _, k := range []string{"keep", "hide"} {
		view.Leaver.Options = append(view.Leaver.Options, ui.Option{Value: k, Label: v.T("people.leaver." + k), On: w.LeaverName == k})
	}
	for i := range people.MaxCut + 1 {
		view.Marks = append(view.Marks, pages.MarkView{
			Face: faceOf(who.ID, who.Name, i, ""), Value: i, On: i == w.Cut, Label: v.T("people.mark_nth", "n", i+1),
		})
	}
	v.Crumbs = []ui.Crumb{{Label: who.Name, Href: "/people/" + who.ID.String()}}
	return v.ShowStatus(status, v.T("people.edit"), "people", pages.EditProfile(v.Frame, view))
}

// options lists units or sites, with nothing chosen first.
func (p *Pages) options(v *visit.Visit, list func(context.Context, access.Actor) ([]people.Named, error), chosen id.ID, none string) ([]ui.Option, error) {
	named, err := list(v.R.Context(), v.By)
	if err != nil {
		return nil, err
	}
	out := []ui.Option{{Label: v.T(none)}}
	for _, n := range named {
		out = append(out, ui.Option{Value: n.ID.String(), Label: n.Name, On: n.ID == chosen})
	}
	return out, nil
}

// Edit is POST /people/me/edit.
func (p *Pages) Edit(v *visit.Visit) error {
	form, err := v.Form()
	if err != nil {
		return err
	}
	who, err := p.People.Open(v.R.Context(), v.By, v.By.Person)
	if err != nil {
		return err
	}
	w := read(form, who)
	change := w.Change
	// The manager and backup that stand there already need not be found by
	// name, which several people may bear.
	if who.Manager.ID != 0 && change.Manager == who.Manager.Name {
		change.Manager = who.Manager.ID.String()
	}
	if who.Backup.ID != 0 && change.Backup == who.Backup.Name {
		change.Backup = who.Backup.ID.String()
	}
	err = p.People.Edit(v.R.Context(), v.By, change)
	if fault.Is(err, fault.Invalid) {
		return p.editForm(v, http.StatusUnprocessableEntity, who, w, err)
	}
	if err != nil {
		return err
	}
	return v.See("/people/" + v.By.Person.String())
}

// read reads the form, and notes what it cannot read.
func read(form *web.Values, who people.Profile) words {
	w := words{Change: people.Change{
		Name: form.Get("name"), Pronouns: form.Get("pronouns"), Title: form.Get("title"), About: form.Get("about"),
		Manager: form.Text("manager"), Backup: form.Text("backup"), TimeZone: form.Text("time_zone"), Locale: form.Text("locale"),
		Languages: form.Get("languages"), LeaverName: form.Text("leaver_name"),
	}, kind: form.Text("hours_kind"), from: form.Text("away_from"), til: form.Text("away_until"), budget: form.Text("weekly_budget")}
	var c fault.Check
	var err error
	if w.Unit, err = form.ID("unit"); err != nil {
		c.Bad("unit", "fault.choice_unknown")
	}
	if w.Site, err = form.ID("site"); err != nil {
		c.Bad("site", "fault.choice_unknown")
	}
	for i := range w.form.Days {
		w.form.Days[i] = form.Text("day_" + strconv.Itoa(i+1))
	}
	w.form.First, w.form.Cycle, w.form.Kinds = form.Text("shift_first"), form.Text("shift_cycle"), form.Text("shift_kinds")
	var hours error
	switch w.kind {
	case "week":
		w.Hours, hours = w.form.Week(), w.form.CheckWeek()
	case "shift":
		w.Hours, hours = w.form.Rota(), w.form.CheckRota()
	case "site", "":
		w.kind = "site"
	default:
		c.Bad("hours", "fault.choice_unknown")
	}
	if hours != nil {
		w.Hours = "" // what is wrong is said at its days
		c.Add(hours)
	}
	if w.Cut, err = form.Int("cut", who.Cut); err != nil {
		c.Bad("cut", "fault.number")
	}
	if w.WeeklyBudget, err = form.Int("weekly_budget", who.Own.WeeklyBudget); err != nil {
		c.Bad("weekly_budget", "fault.number")
	}
	zone := location(who.Zone)
	day := func(name, text string, after int) time.Time {
		if text == "" {
			return time.Time{}
		}
		t, err := time.ParseInLocation(time.DateOnly, text, zone)
		if err != nil || t.Year() < 2000 || t.Year() > 2200 {
			c.Bad(name, "fault.day")
			return time.Time{}
		}
		return t.AddDate(0, 0, after)
	}
	w.AwayFrom, w.AwayUntil = day("away_from", w.from, 0), day("away_until", w.til, 1)
	w.Unread = c.Err()
	return w
}

// SetPicture is POST /people/me/picture.
func (p *Pages) SetPicture(v *visit.Visit) error {
	if p.Portraits == nil {
		return fault.Missing()
	}
	form, err := v.Form()
	if err != nil {
		return err
	}
	if form.Bool("remove") {
		err = p.People.SetPicture(v.R.Context(), v.By, "")
	} else {
		var data []byte
		if files := form.Files("file"); len(files) > 0 {
			data = files[0].Data
		}
		err = p.setPicture(v.R.Context(), v.By, p.Portraits, data)
	}
	if fault.Is(err, fault.Invalid) {
		who, openErr := p.People.Open(v.R.Context(), v.By, v.By.Person)
		if openErr != nil {
			return openErr
		}
		return p.editForm(v, http.StatusUnprocessableEntity, who, typed(v, who), err)
	}
	if err != nil {
		return err
	}
	return v.See("/people/me/edit#picture")
}
