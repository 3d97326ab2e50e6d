package swaps

import (
	"cmp"
	"math/bits"
	"slices"
	"time"

	"github.com/guildhall/guildhall/internal/core/people"
	"github.com/guildhall/guildhall/internal/platform/id"
	"github.com/guildhall/guildhall/matching"
)

// Week is when somebody works in the next two weeks, a bit for each half hour.
type Week [11]uint64

// WeekOf draws a calendar from a time on.
func WeekOf(c people.Calendar, from time.Time) Week {
	var w Week
	from = from.UTC().Truncate(30 * time.Minute)
	for _, s := range c.Times(from, from.AddDate(0, 0, 14)) {
		for i := int((s.From.Sub(from) + 29*time.Minute) / (30 * time.Minute)); i < int(s.Until.Sub(from)/(30*time.Minute)) && i < 64*len(w); i++ {
			w[i/64] |= 1 << (i % 64)
		}
	}
	return w
}

// shared is how many hours a week both work.
func (w *Week) shared(o *Week) float64 {
	n := 0
	for i := range w {
		n += bits.OnesCount64(w[i] & o[i])
	}
	return float64(n) / 4
}

// Offer is a skill somebody can teach.
type Offer struct {
	Skill    id.ID
	Level    int // 1 to 4
	Priority int // 0 is not in swaps
	Taught   int // how often they taught it in swaps here
	Again    int // of those who were taught or taught with, how many would do it again
	Never    int // and how many would not
}

// Wish is a skill somebody wants to learn.
type Wish struct {
	Skill    id.ID
	Level    int // at which they do it today
	Priority int
	Open     bool // others may know of it
	Since    time.Time
}

// Party is somebody in a round.
type Party struct {
	Person    id.ID
	Offers    []Offer
	Wishes    []Wish
	Format    string // either, online, person
	Site      id.ID
	Languages []string
	Week      Week
	First     bool // lost a place last time
	Owed      bool // is owed hours
	Lessons   int
	Minutes   int
}

// Formats of lessons.
const (
	Either   = "either"
	Online   = "online"
	InPerson = "person"
)

// What an arc is worth, in points. docs/swaps.md gives the reasons.
const (
	basePoints     = 20
	levelPoints    = 4  // for each level above I
	priorityPoints = 10 // for each step above 1 of the wish
	hoursPoints    = 8  // at most: a point for every two hours a week both work
	languagePoints = 4  // the learner's first language
	placePoints    = 4  // same site, or both online
	freshPoints    = 4  // wish of the last month; half of the last three
	ratingPoints   = 8  // at most, up or down

	servedPoints = 200 // somebody is taught at all
	firstPoints  = 120 // and lost a place last time
	owedPoints   = 80  // and is owed hours
)

// leastHours a week must both work, or they could hardly meet.
const leastHours = 2

// most teachers that are looked at for a wish, and kept of those looked at. A
// skill that half of the organisation teaches needs no more for good rings, and
// the graph stays small enough for ten thousand people.
const (
	lookedAt = 64
	kept     = 12
)

// Arc says that one party can teach another a skill.
type Arc struct {
	Teacher, Learner int32 // indexes of parties
	Skill            id.ID
	Points           float64
	Hours            float64 // a week in which both work
}

// Refusal is an arc that somebody does not want for a while. Skill 0 is any.
type Refusal struct {
	Teacher, Learner, Skill id.ID
}

// Graph is everything that could be taught in a round.
type Graph struct {
	Parties []Party
	Arcs    []Arc
	Problem matching.RingsProblem
}

// Build finds who could teach whom. The same parties give the same graph.
func Build(parties []Party, refused map[Refusal]bool, longest int, now time.Time) *Graph {
	g := &Graph{Parties: parties}
	teachers := map[id.ID][]teacher{}
	for i, p := range parties {
		for _, o := range p.Offers {
			if o.Priority > 0 {
				teachers[o.Skill] = append(teachers[o.Skill], teacher{int32(i), o})
			}
		}
	}
	var found []Arc
	for v := range parties {
		for _, w := range parties[v].Wishes {
			if w.Priority == 0 {
				continue
			}
			found = found[:0]
			list := teachers[w.Skill]
			// Everybody begins at another place of the list, so that not all
			// learners of a skill look at the same teachers.
			at := 0
			if len(list) > lookedAt {
				at = int(mix(uint64(parties[v].Person)^uint64(w.Skill)) % uint64(len(list)))
			}
			for k := range min(len(list), lookedAt) {
				t := list[(at+k)%len(list)]
				if a, ok := arc(parties, t, int32(v), w, now); ok && !refusedArc(refused, parties[t.at].Person, parties[v].Person, w.Skill) {
					found = append(found, a)
				}
			}
			slices.SortStableFunc(found, func(a, b Arc) int { return cmp.Compare(b.Points, a.Points) })
			g.Arcs = append(g.Arcs, found[:min(len(found), kept)]...)
		}
	}
	g.Problem = matching.RingsProblem{People: len(parties), MaxLength: longest, Bonus: servedPoints, Priority: make([]float64, len(parties))}
	for i, p := range parties {
		if p.First {
			g.Problem.Priority[i] += firstPoints
		}
		if p.Owed {
			g.Problem.Priority[i] += owedPoints
		}
	}
	for i, a := range g.Arcs {
		g.Problem.Arcs = append(g.Problem.Arcs, matching.SwapArc{Teacher: a.Teacher, Learner: a.Learner, Skill: int32(i), Weight: a.Points})
	}
	return g
}

type teacher struct {
	at int32
	Offer
}

func refusedArc(refused map[Refusal]bool, t, v, skill id.ID) bool {
	return len(refused) > 0 && (refused[Refusal{t, v, skill}] || refused[Refusal{t, v, 0}])
}

// mix spreads the bits of a number (splitmix64).
func mix(x uint64) uint64 {
	x += 0x9E3779B97F4A7C15
	x = (x ^ x>>30) * 0xBF58476D1CE4E5B9
	x = (x ^ x>>27) * 0x94D049BB133111EB
	return x ^ x>>31
}

// arc values what a teacher could teach a learner; false when they could not
// meet.
func arc(parties []Party, t teacher, v int32, w Wish, now time.Time) (Arc, bool) {
	a := Arc{Teacher: t.at, Learner: v, Skill: w.Skill}
	if t.at == v || t.Level <= w.Level {
		return a, false
	}
	x, y := &parties[t.at], &parties[v]
	near := x.Site != 0 && x.Site == y.Site
	if x.Format != y.Format && x.Format != Either && y.Format != Either || (x.Format == InPerson || y.Format == InPerson) && !near {
		return a, false
	}
	language, ok := speak(x.Languages, y.Languages)
	if !ok {
		return a, false
	}
	if a.Hours = x.Week.shared(&y.Week); a.Hours < leastHours {
		return a, false
	}
	a.Points = basePoints + float64(levelPoints*(t.Level-1)) + float64(priorityPoints*(w.Priority-1)) + min(hoursPoints, float64(int(a.Hours/2)))
	if language {
		a.Points += languagePoints
	}
	if near || x.Format == Online && y.Format == Online {
		a.Points += placePoints
	}
	switch age := now.Sub(w.Since); {
	case age < 30*24*time.Hour:
		a.Points += freshPoints
	case age < 90*24*time.Hour:
		a.Points += freshPoints / 2
	}
	// Two who did not like it weigh little beside twenty who did: the share is
	// drawn towards the middle by four unknown ones.
	a.Points += float64(int(ratingPoints * float64(t.Again-t.Never) / float64(t.Again+t.Never+4)))
	return a, true
}

// speak tells whether two people share a language, and whether it is the
// learner's first. Who has named no language is believed to get by.
func speak(teacher, learner []string) (first, ok bool) {
	if len(teacher) == 0 || len(learner) == 0 {
		return false, true
	}
	for i, l := range learner {
		for _, t := range teacher {
			if base(l) == base(t) {
				return i == 0, true
			}
		}
	}
	return false, false
}

// base is the language of a tag without its region.
func base(tag string) string {
	for i := range len(tag) {
		if tag[i] == '-' {
			return tag[:i]
		}
	}
	return tag
}

// Reason is why somebody teaches the next, in words of the catalogue.
type Reason struct {
	Key string `json:"k"`
	N   int    `json:"n,omitempty"`
}

// reasons are the facts about an arc that both ends may know, the strongest
// first, at most three.
func (g *Graph) reasons(a Arc) []Reason {
	x, y := &g.Parties[a.Teacher], &g.Parties[a.Learner]
	out := []Reason{}
	for _, o := range x.Offers {
		if o.Skill != a.Skill {
			continue
		}
		if o.Taught > 0 {
			out = append(out, Reason{Key: "taught", N: o.Taught})
		}
		out = append(out, Reason{Key: "level", N: o.Level})
	}
	if x.Site != 0 && x.Site == y.Site {
		out = append(out, Reason{Key: "site"})
	}
	out = append(out, Reason{Key: "hours", N: int(a.Hours)})
	for _, l := range y.Languages {
		if slices.ContainsFunc(x.Languages, func(t string) bool { return base(t) == base(l) }) {
			out = append(out, Reason{Key: "language"})
			break
		}
	}
	return out[:min(len(out), 3)]
}

// Drafted is a ring that a round found, before it is a swap.
type Drafted struct {
	Members []DraftedMember `json:"members"`
	Lessons int             `json:"lessons"`
	Minutes int             `json:"minutes"`
	Format  string          `json:"format"`
}

// DraftedMember is somebody in it; they teach the next.
type DraftedMember struct {
	Person  id.ID    `json:"person"`
	Skill   id.ID    `json:"skill"`
	Level   int      `json:"level"`
	Closed  bool     `json:"closed"` // what they learn is a wish they keep to themselves
	Reasons []Reason `json:"reasons"`
}

// Draft writes down a ring of the graph's problem. Everybody gives as much as
// the one who wants to give least.
func (g *Graph) Draft(r matching.Ring) Drafted {
	d := Drafted{Lessons: maxLessons, Minutes: maxMinutes, Format: Either}
	formats := map[string]bool{}
	n := len(r.People)
	for i, at := range r.People {
		p := &g.Parties[at]
		a := g.Arcs[g.Problem.Arcs[r.Arcs[i]].Skill]
		taught := g.Arcs[g.Problem.Arcs[r.Arcs[(i+n-1)%n]].Skill]
		m := DraftedMember{Person: p.Person, Skill: a.Skill, Reasons: g.reasons(a)}
		for _, o := range p.Offers {
			if o.Skill == a.Skill {
				m.Level = o.Level
			}
		}
		for _, w := range p.Wishes {
			if w.Skill == taught.Skill {
				m.Closed = !w.Open
			}
		}
		d.Members = append(d.Members, m)
		d.Lessons, d.Minutes = min(d.Lessons, p.Lessons), min(d.Minutes, p.Minutes)
		formats[p.Format] = true
	}
	switch {
	case formats[Online] && !formats[InPerson]:
		d.Format = Online
	case formats[InPerson] && !formats[Online]:
		d.Format = InPerson
	}
	return d
}
