package world

import (
	"container/heap"
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	"github.com/guildhall/guildhall/internal/ask"
	"github.com/guildhall/guildhall/internal/coffee"
	"github.com/guildhall/guildhall/internal/core/access"
	"github.com/guildhall/guildhall/internal/core/echo"
	"github.com/guildhall/guildhall/internal/core/people"
	"github.com/guildhall/guildhall/internal/core/skills"
	"github.com/guildhall/guildhall/internal/mentoring"
	"github.com/guildhall/guildhall/internal/platform/clock"
	"github.com/guildhall/guildhall/internal/platform/db"
	"github.com/guildhall/guildhall/internal/platform/fault"
	"github.com/guildhall/guildhall/internal/platform/id"
	"github.com/guildhall/guildhall/internal/swaps"
	"github.com/guildhall/guildhall/internal/teamhour"
)

// Services are what the world is written through.
type Services struct {
	DB     *db.DB
	Clock  *clock.Moved
	People *people.Service
	Skills *skills.Service
	Ask    *ask.Service
	// Mentoring may be nil: then nobody mentors.
	Mentoring *mentoring.Service
	// Swaps may be nil: then nobody swaps.
	Swaps *swaps.Service
	// Echo may be nil: then nobody is asked what came of anything.
	Echo *echo.Service
	// TeamHours may be nil: then no team meets for one.
	TeamHours *teamhour.Service
	// Coffee may be nil: then nobody has any.
	Coffee *coffee.Service
}

// Size of the world. The zero value is the demo organisation's.
type Size struct {
	People    int // 1,200
	Questions int // 800
	Years     int // 2
}

// Cast are the people whose sign-in links are shown.
type Cast struct {
	Name, Role, Line string
	Person           id.ID
}

// Build fills an empty organisation up to the given time. It tells how far it
// is in per cent.
func Build(ctx context.Context, s Services, seed uint64, until time.Time, size Size, progress func(what string, percent int)) ([]Cast, error) {
	if size.People == 0 {
		size.People = 1200
	}
	if size.Questions == 0 {
		size.Questions = 800
	}
	if size.Years == 0 {
		size.Years = 2
	}
	w := &world{
		Services: s, ctx: ctx, rng: rand.New(rand.NewPCG(seed, 0x6775696c64)), size: size, tell: progress,
		start: until.AddDate(-size.Years, 0, 0), until: until, topics: topics(),
		places: map[string]id.ID{}, departments: map[string]id.ID{}, byUnit: map[string][]*person{}, titles: map[string]int{},
	}
	for _, step := range []func() error{w.found, w.hire, w.declare, w.live, w.endorse, w.mentor, w.swap, w.brew, w.today, w.resound, w.newcomer, w.gather} {
		if err := step(); err != nil {
			return nil, err
		}
	}
	w.tell("done", 100)
	var out []Cast
	for _, p := range append(w.people[:len(cast):len(cast)], w.newest) {
		out = append(out, Cast{Name: p.name, Role: string(p.actor.Role), Line: p.title + ", " + p.unit.name + ", " + p.site.name, Person: p.actor.Person})
	}
	return out, nil
}

type world struct {
	Services
	ctx         context.Context
	rng         *rand.Rand
	size        Size
	tell        func(string, int)
	start       time.Time
	until       time.Time
	topics      []topic
	places      map[string]id.ID
	departments map[string]id.ID
	people      []*person
	byUnit      map[string][]*person
	titles      map[string]int // how often a question with the title was asked
	posted      []*question
	newest      *person // whose first week it is
}

type person struct {
	actor   access.Actor
	name    string
	title   string
	unit    *unit
	site    *site
	joined  time.Time
	lead    bool
	helpful float64 // how much they help, compared with others
	can     map[string]int
}

func (w *world) found() error {
	w.tell("the organisation", 0)
	w.Clock.Set(w.start.AddDate(0, -1, 0))
	return w.DB.Write(w.ctx, func(tx *db.Tx) error {
		for i := range sites {
			n, err := people.EnsureSite(tx, w.Clock, sites[i].name, sites[i].zone, sites[i].country)
			if err != nil {
				return err
			}
			w.places[sites[i].name] = n
		}
		for i := range units {
			n, err := people.EnsureUnit(tx, units[i].name, 0, w.start.AddDate(-5, 0, 0))
			if err != nil {
				return err
			}
			w.departments[units[i].name] = n
		}
		return nil
	})
}

// hire makes the people: the cast first, then the leads, then everybody else.
func (w *world) hire() error {
	used := map[string]bool{}
	for _, m := range cast {
		used[m.name] = true
		p := &person{name: m.name, title: m.title, unit: unitNamed(m.unit), site: siteNamed(m.site), joined: w.start.AddDate(-1, 0, 0), helpful: 40}
		p.lead = strings.HasPrefix(m.title, "Operations manager")
		p.actor.Role = access.Role(m.role)
		w.people = append(w.people, p)
	}
	for i := range units {
		for j := range sites {
			if units[i].name == "Operations" && sites[j].name == "Gdańsk" {
				continue // Tomasz leads there
			}
			w.people = append(w.people, &person{
				name: w.newName(&sites[j], used), title: units[i].lead, unit: &units[i], site: &sites[j], lead: true,
				joined: w.start.AddDate(-2, w.rng.IntN(12), 0), helpful: 1.5,
			})
		}
	}
	for len(w.people) < w.size.People {
		u, s := &units[w.share(func(i int) int { return units[i].share }, len(units))], &sites[w.share(func(i int) int { return sites[i].share }, len(sites))]
		p := &person{
			name: w.newName(s, used), title: u.titles[w.rng.IntN(len(u.titles))], unit: u, site: s,
			joined: w.start.AddDate(0, 0, -w.rng.IntN(1500)), helpful: math.Exp(1.2 * w.rng.NormFloat64()),
		}
		if w.rng.IntN(100) < 16 {
			p.joined = w.start.Add(time.Duration(w.rng.Int64N(int64(w.until.Sub(w.start)) * 9 / 10)))
		}
		w.people = append(w.people, p)
	}
	for _, p := range w.people {
		w.byUnit[p.unit.name] = append(w.byUnit[p.unit.name], p)
	}
	leads := map[string]id.ID{}
	for from := 0; from < len(w.people); from += 25 {
		batch := w.people[from:min(from+25, len(w.people))]
		w.tell("people", 25*from/len(w.people))
		actors := make([]access.Actor, len(batch))
		if err := w.DB.Write(w.ctx, func(tx *db.Tx) error {
			for i, p := range batch {
				j := people.Joiner{
					Name: p.name, PersonnelNo: fmt.Sprintf("P%05d", 10000+from+i), Role: p.actor.Role, Title: p.title,
					Unit: w.departments[p.unit.name], Site: w.places[p.site.name], Languages: languages(p.site), Joined: p.joined,
					Manager: leads[p.unit.name+"/"+p.site.name], Hours: w.hours(p, from+i),
				}
				if w.hasMail(p, from+i) {
					j.Email, j.EmailProved = address(p.name, from+i), true
				}
				if from+i < len(cast) {
					j.About = cast[from+i].about
				} else if (from+i)%3 == 0 {
					j.About = strings.ToUpper(p.unit.ask[:1]) + p.unit.ask[1:] + "."
				}
				made, err := w.People.Join(tx, j, true)
				if err != nil {
					return fmt.Errorf("%s: %w", p.name, err)
				}
				role := p.actor.Role
				if role == "" {
					role = access.Member
				}
				actors[i] = access.Actor{Person: made.Person, Author: made.Author, Role: role, Name: p.name, Zone: p.site.zone}
			}
			return nil
		}); err != nil {
			return err
		}
		for i, p := range batch {
			p.actor = actors[i]
			if p.lead {
				leads[p.unit.name+"/"+p.site.name] = p.actor.Person
			}
		}
	}
	return nil
}

func unitNamed(name string) *unit {
	return &units[slices.IndexFunc(units, func(u unit) bool { return u.name == name })]
}

func siteNamed(name string) *site {
	return &sites[slices.IndexFunc(sites, func(s site) bool { return s.name == name })]
}

// share draws an index by its share.
func (w *world) share(of func(int) int, n int) int {
	sum := 0
	for i := range n {
		sum += of(i)
	}
	at := w.rng.IntN(sum)
	for i := range n {
		if at -= of(i); at < 0 {
			return i
		}
	}
	return n - 1
}

func (w *world) newName(s *site, used map[string]bool) string {
	for {
		name := s.first[w.rng.IntN(len(s.first))] + " " + s.last[w.rng.IntN(len(s.last))]
		if !used[name] {
			used[name] = true
			return name
		}
	}
}

func languages(s *site) string {
	if s.language == "en" {
		return "en"
	}
	return s.language + " en"
}

// address is ASCII: mail systems of the kind that this company has want it so.
func address(name string, n int) string {
	local := strings.ReplaceAll(people.SortKey(name), " ", ".")
	return fmt.Sprintf("%s.%d@aldervale.example", local, n)
}

func (w *world) hasMail(p *person, n int) bool {
	return n < len(cast) || p.lead || w.rng.IntN(100) >= p.unit.noMail
}

// hours gives shift workers a rotating shift, each crew a week apart; office
// workers have the site's week.
func (w *world) hours(p *person, n int) string {
	if !p.unit.shifts || p.lead || strings.HasPrefix(p.title, "Metrologist") {
		return "Mon-Fri 08:30-12:30,13:15-17:15"
	}
	first := time.Date(2026, 1, 5+7*(n%4), 0, 0, 0, 0, time.UTC)
	return "shift " + first.Format(time.DateOnly) + " 5E 2- 5L 2- 5N 2- 7-; E=06:00-14:00; L=14:00-22:00; N=22:00-06:00"
}

// declare lets people write down what they can teach and want to learn.
func (w *world) declare() error {
	w.Clock.Set(w.start.AddDate(0, 0, -20))
	bySkill := map[string][]string{}
	var all []string
	for _, t := range w.topics {
		for _, s := range t.skills {
			if !slices.Contains(bySkill[t.unit], s) {
				bySkill[t.unit] = append(bySkill[t.unit], s)
			}
			if !slices.Contains(all, s) {
				all = append(all, s)
			}
		}
	}
	for i, p := range w.people {
		if i%40 == 0 {
			w.tell("what they can teach", 25+20*i/len(w.people))
		}
		p.can = map[string]int{}
		pool := slices.Concat(bySkill[p.unit.name], p.unit.skills)
		n := 2 + w.rng.IntN(4)
		if i < len(cast) {
			n = 0
			for _, s := range cast[i].teaches {
				p.can[s] = skills.Teaching
			}
		} else if p.lead {
			n = 6
		}
		for range n {
			s := pool[w.rng.IntN(len(pool))]
			if p.can[s] == 0 {
				p.can[s] = 2 + w.share(func(l int) int { return []int{40, 40, 20}[l] }, 3)
			}
		}
		if w.rng.IntN(3) == 0 {
			p.can[all[w.rng.IntN(len(all))]] = 1 + w.rng.IntN(3)
		}
		if i >= len(cast) && !p.lead && w.rng.IntN(100) < 30 {
			continue // some know and never write it down; p.can is what they know
		}
		if p.joined.After(w.Clock.Now()) {
			continue // declared when they have settled in
		}
		if err := w.declareFor(p, all); err != nil {
			return err
		}
	}
	return nil
}

func (w *world) declareFor(p *person, all []string) error {
	for _, name := range sortedKeys(p.can) {
		if _, err := w.Skills.Declare(w.ctx, p.actor, skills.Declaration{
			Tag: skills.Tag{Name: name}, Direction: skills.Teach, Level: p.can[name], Work: !hobby[name], Open: true,
		}); err != nil {
			return fmt.Errorf("%s declares %s: %w", p.name, name, err)
		}
	}
	for range 1 + w.rng.IntN(2) {
		name := all[w.rng.IntN(len(all))]
		if p.can[name] > 0 {
			continue
		}
		if _, err := w.Skills.Declare(w.ctx, p.actor, skills.Declaration{
			Tag: skills.Tag{Name: name}, Direction: skills.Want, Level: skills.Learning, Work: !hobby[name], Open: w.rng.IntN(3) > 0,
		}); err != nil {
			return fmt.Errorf("%s wants %s: %w", p.name, name, err)
		}
	}
	return nil
}

var hobby = map[string]bool{"Baking bread": true, "Patience": true, "Cycling": true, "Bicycle repair": true, "Language exchange": true, "Photography": true}

func sortedKeys(m map[string]int) []string {
	out := make([]string, 0, len(m))
	for k := range m {
		out = append(out, k)
	}
	slices.Sort(out)
	return out
}

// question is one that was asked in the world.
type question struct {
	id      id.ID
	topic   *topic
	asker   *person
	at      time.Time
	answers []given
	done    bool
}

type given struct {
	id id.ID
	by *person
}

// act is something that happens at a time.
type act struct {
	at time.Time
	n  int // the order in which it was planned, for acts at the same time
	do func() error
}

type agenda []act

func (a agenda) Len() int { return len(a) }
func (a agenda) Less(i, j int) bool {
	return a[i].at.Before(a[j].at) || a[i].at.Equal(a[j].at) && a[i].n < a[j].n
}
func (a agenda) Swap(i, j int) { a[i], a[j] = a[j], a[i] }
func (a *agenda) Push(x any)   { *a = append(*a, x.(act)) }
func (a *agenda) Pop() any {
	old := *a
	last := old[len(old)-1]
	*a = old[:len(old)-1]
	return last
}

// live lets two years pass.
func (w *world) live() error {
	var todo agenda
	planned := 0
	plan := func(at time.Time, do func() error) {
		if at.Before(w.until) {
			planned++
			heap.Push(&todo, act{at, planned, do})
		}
	}
	span := w.until.Sub(w.start)
	for range w.size.Questions {
		// More is asked each month than the month before.
		at := w.start.Add(time.Duration(math.Sqrt(w.rng.Float64()) * float64(span)))
		plan(at, func() error { return w.ask(plan) })
	}
	for _, p := range w.people {
		if p.joined.After(w.start) && w.rng.IntN(10) < 6 {
			plan(p.joined.AddDate(0, 0, 3+w.rng.IntN(20)), func() error { return w.declareFor(p, w.someSkills()) })
		}
	}
	done := 0
	for len(todo) > 0 {
		if err := w.ctx.Err(); err != nil {
			return err
		}
		a := heap.Pop(&todo).(act)
		w.Clock.Set(a.at)
		if err := a.do(); err != nil {
			return err
		}
		if done++; done%50 == 0 {
			w.tell("two years of questions and answers", 45+int(50*a.at.Sub(w.start)/span))
		}
	}
	return nil
}

func (w *world) someSkills() []string {
	var out []string
	for range 12 {
		t := w.topics[w.rng.IntN(len(w.topics))]
		out = append(out, t.skills[w.rng.IntN(len(t.skills))])
	}
	return out
}

// fill puts words into the braces of a text.
func (w *world) fill(text string, u *unit, s *site) string {
	return strings.NewReplacer(
		"{thing}", u.things[w.rng.IntN(len(u.things))], "{site}", s.name, "{ver}", versions[w.rng.IntN(len(versions))],
		"{n}", fmt.Sprint(2+w.rng.IntN(7)), "{cust}", customers[w.rng.IntN(len(customers))],
	).Replace(text)
}

// someone draws somebody who was there at the time.
func (w *world) someone() *person {
	for {
		if p := w.people[w.rng.IntN(len(w.people))]; p.joined.Before(w.Clock.Now()) {
			return p
		}
	}
}

func (w *world) ask(plan func(time.Time, func() error)) error {
	t := &w.topics[w.rng.IntN(len(w.topics))]
	u := unitNamed(t.unit)
	asker := w.someone()
	if w.rng.IntN(10) < 6 {
		asker = w.byUnit[t.unit][w.rng.IntN(len(w.byUnit[t.unit]))]
		if asker.joined.After(w.Clock.Now()) {
			asker = w.someone()
		}
	}
	title := w.title(t, u, asker)
	if title == "" {
		return nil // all of it has been asked; they found the answer
	}
	w.titles[title]++
	var tags []string
	tags = append(tags, t.skills...)
	for _, thing := range u.things {
		if strings.Contains(title, thing) {
			tags = append(tags, thing)
		}
	}
	n, err := w.Ask.Ask(w.ctx, asker.actor, ask.Ask{
		Title: title, Body: w.fill(t.bodies[w.rng.IntN(len(t.bodies))], u, asker.site), Skills: tags,
	})
	if err != nil {
		return fmt.Errorf("%s asks %q: %w", asker.name, title, err)
	}
	q := &question{id: n, topic: t, asker: asker, at: w.Clock.Now()}
	w.posted = append(w.posted, q)
	many := []int{0, 1, 1, 1, 1, 2, 2, 2, 3, 3}[w.rng.IntN(10)]
	if many == 0 && (w.rng.IntN(10) < 5 || w.until.Sub(q.at) > 14*24*time.Hour) {
		many = 1 // sooner or later somebody answers
	}
	order := w.rng.Perm(len(t.answers))
	if many > 1 && w.rng.IntN(10) < 6 {
		order[0], order[slices.Index(order, 0)] = 0, order[0] // the first answer of a topic is the fullest
	}
	at := q.at
	for i := range min(many, len(order)) {
		at = at.Add(time.Duration(math.Exp(4.2+1.6*w.rng.NormFloat64())) * time.Minute)
		words := t.answers[order[i]]
		first := i == 0
		plan(at, func() error { return w.answer(q, words, first, plan) })
	}
	for range w.rng.IntN(5) * w.rng.IntN(2) {
		plan(q.at.Add(time.Duration(w.rng.Int64N(int64(20*24*time.Hour)))), func() error {
			if p := w.someone(); p != asker {
				return w.Ask.MeToo(w.ctx, p.actor, q.id, true)
			}
			return nil
		})
	}
	return nil
}

// title finds words in which the topic was not asked about yet.
func (w *world) title(t *topic, u *unit, asker *person) string {
	for range 8 {
		title := t.titles[w.rng.IntN(len(t.titles))]
		if strings.HasSuffix(title, "?") {
			title += endings[w.rng.IntN(len(endings))]
		}
		title = w.fill(title, u, asker.site)
		if w.titles[title] == 0 {
			return title
		}
	}
	return ""
}

// endings are how people close a question that others have asked before them.
var endings = []string{"", "", "", " Asking for {site}.", " Any tips from {site}?", " What works for you?", " First time for me.", " It has to be done by Friday."}

// answer lets one of those who know answer: the more they know and help, the
// more likely it is them.
func (w *world) answer(q *question, words string, first bool, plan func(time.Time, func() error)) error {
	by := w.whoAnswers(q)
	if by == nil {
		return nil
	}
	u := unitNamed(q.topic.unit)
	n, err := w.Ask.Answer(w.ctx, by.actor, q.id, w.fill(words, u, by.site))
	if err != nil {
		if fault.Is(err, fault.Conflict) {
			return nil // closed in the meantime
		}
		return fmt.Errorf("%s answers: %w", by.name, err)
	}
	q.answers = append(q.answers, given{n, by})
	now := w.Clock.Now()
	if (first && w.rng.IntN(100) < 55) || (!first && w.rng.IntN(100) < 35) {
		plan(now.Add(time.Duration(10+w.rng.IntN(3000))*time.Minute), func() error {
			if q.done {
				return nil
			}
			q.done = true
			return w.Ask.Accept(w.ctx, q.asker.actor, q.id, n)
		})
	}
	for range w.rng.IntN(3) * w.rng.IntN(5) {
		plan(now.Add(time.Duration(w.rng.Int64N(int64(90*24*time.Hour)))), func() error {
			if p := w.someone(); p != by {
				return w.Ask.Useful(w.ctx, p.actor, n, true)
			}
			return nil
		})
	}
	if len(q.topic.comments) > 0 && w.rng.IntN(100) < 35 {
		words := q.topic.comments[w.rng.IntN(len(q.topic.comments))]
		plan(now.Add(time.Duration(15+w.rng.IntN(4000))*time.Minute), func() error {
			p := q.asker
			if w.rng.IntN(3) == 0 {
				p = w.someone()
			}
			_, err := w.Ask.Comment(w.ctx, p.actor, q.id, n, words)
			return err
		})
	}
	return nil
}

func (w *world) whoAnswers(q *question) *person {
	var best *person
	most := 0.0
	for _, p := range w.byUnit[q.topic.unit] {
		know := 0
		for _, s := range q.topic.skills {
			know = max(know, p.can[s])
		}
		if know == 0 || p == q.asker || p.joined.After(w.Clock.Now()) || slices.ContainsFunc(q.answers, func(g given) bool { return g.by == p }) {
			continue
		}
		// The largest of weight-scaled exponential draws is a draw by weight.
		weight := p.helpful * float64(know*know)
		if draw := math.Pow(w.rng.Float64(), 1/weight); draw > most {
			best, most = p, draw
		}
	}
	return best
}

// endorse lets colleagues vouch for work they saw.
func (w *world) endorse() error {
	w.Clock.Set(w.until.AddDate(0, -1, 0))
	notes := []string{
		"Stayed on the line with me for an hour until the valve was found.", "Explained it twice, the second time with a drawing. Now I can do it.",
		"Took over when our reference failed and had the lab running by noon.", "Walked the night shift through it, and nobody felt stupid.",
		"Found the cause that three of us had looked at and not seen.", "Wrote the checklist that we all use now.",
	}
	count := 0
	for _, q := range w.posted {
		if !q.done || len(q.answers) == 0 || w.rng.IntN(100) >= 30 {
			continue
		}
		by, skill := q.answers[0].by, q.topic.skills[0]
		if by == q.asker {
			continue
		}
		if _, err := w.Skills.Endorse(w.ctx, q.asker.actor, by.actor.Person, skills.Tag{Name: skill}, notes[w.rng.IntN(len(notes))]); err != nil {
			return fmt.Errorf("%s vouches for %s: %w", q.asker.name, by.name, err)
		}
		if count++; count%20 == 0 {
			w.Clock.Advance(time.Hour)
			w.tell("vouching", 96)
		}
	}
	return nil
}

// today asks a few questions that still wait, so that the demo opens with
// something to do.
func (w *world) today() error {
	w.tell("today", 98)
	waiting := []struct {
		skills      []string
		title, body string
	}{
		{[]string{"Calibration", "Turbidity measurement"}, "Turbidity readings drift after rolling firmware back to 4.2. Is it the probe or the offset table?", "Three TW-300 probes at the intake started reading 0.4 NTU high after last night's rollback. The reference sample is fine."},
		{[]string{"Customer conversations", "Working safely"}, "What do you say to a customer who wants to skip the site safety walk this time?", "They are in a hurry, and their manager is standing next to me."},
		{[]string{"Lockout and tagout", "Working safely"}, "Is there a Portuguese version of the lockout checklist?", "Two new subcontractors start on Monday."},
		{[]string{"Networking", "Linux"}, "Portal times out from the new building only. MTU again?", "Small pages load, the map doesn't."},
		{[]string{"Shift handover", "Continuous improvement"}, "How do you keep the handover short when three things broke in one night?", "Our three questions don't work when everything is different from normal."},
		{[]string{"Facilitation", "Workshop design"}, "How do I start a workshop with people who were told to come?", "Fifteen people, two hours, Thursday."},
	}
	for i, q := range waiting {
		w.Clock.Set(w.until.Add(-time.Duration(20+37*i) * time.Minute))
		asker := w.byUnit["Customer Support"][3+i]
		if _, err := w.Ask.Ask(w.ctx, asker.actor, ask.Ask{Title: q.title, Body: q.body, Skills: q.skills}); err != nil {
			return fmt.Errorf("%s asks today: %w", asker.name, err)
		}
	}
	w.Clock.Set(w.until)
	return nil
}
