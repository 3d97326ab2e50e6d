package mentoring

import (
	"context"
	"math"
	"slices"

	"github.com/guildhall/guildhall/internal/platform/id"
	"github.com/guildhall/guildhall/matching"
)

// Cohort is everybody of a programme who waits to be matched, and what must and
// must not be.
type Cohort struct {
	Shape   string
	Weights Weights
	Mentees []*Participant // of peers: everybody
	Mentors []*Participant // of peers: nobody
	Pinned  map[[2]id.ID]bool
	Apart   map[[2]id.ID]bool // vetoes, kept apart, and who were a pair before
}

// pair is the key of two people, the lower id first.
func pair(a, b id.ID) [2]id.ID {
	if a > b {
		a, b = b, a
	}
	return [2]id.ID{a, b}
}

// Proposed is one pair of a result, or somebody without a pair.
type Proposed struct {
	Mentee, Mentor int // of the cohort; Mentor is -1 for nobody
	Match
	Pinned    bool
	Next      int // the next best mentor, -1 for none
	NextScore int
	Why       string // without a pair: nobody (nobody fits), full (whoever fits is taken)
}

// Result is the best pairing of a cohort.
type Result struct {
	Proposed  []Proposed
	Objective float64
	Bound     float64
	Optimal   bool
	Report    Report
}

// maxCandidates bounds how many mentors are weighed for one mentee of a large
// cohort: those who offer most of what they want, and then any others.
const maxCandidates = 250

// Compute finds the pairs of a cohort that are worth the most together: as
// many people as possible first, then the sum of the scores, proven to be the
// best. progress is told how many mentees were weighed.
func Compute(ctx context.Context, c Cohort, progress func(done, all int)) (Result, error) {
	if c.Shape == ShapePeers {
		return computePeers(ctx, c, progress)
	}
	candidates := c.candidates()
	var edges []matching.Edge
	var matches []Match
	var pins []int
	best := make([][]int, len(c.Mentees)) // edges of a mentee, best first
	for i, mentee := range c.Mentees {
		if progress != nil && i%100 == 0 {
			progress(i, len(c.Mentees))
		}
		if err := ctx.Err(); err != nil {
			return Result{}, err
		}
		for _, j := range candidates(i) {
			mentor := c.Mentors[j]
			key := pair(mentee.Person, mentor.Person)
			pinned := c.Pinned[key]
			if mentee.Person == mentor.Person || !pinned && (c.Apart[key] || inLine(mentee, mentor)) {
				continue
			}
			m := Weigh(c.Weights, mentee, mentor)
			if m.Never && !pinned {
				continue
			}
			if pinned {
				pins = append(pins, len(edges))
			}
			best[i] = append(best[i], len(edges))
			edges = append(edges, matching.Edge{Left: int32(i), Right: int32(j), Weight: int64(m.Score) + 1})
			matches = append(matches, m)
		}
		slices.SortStableFunc(best[i], func(a, b int) int { return matches[b].Score - matches[a].Score })
	}
	capacity := make([]int32, len(c.Mentors))
	for j, m := range c.Mentors {
		capacity[j] = int32(m.Capacity)
	}
	a, err := matching.Assign(ctx, &matching.AssignProblem{
		Left: len(c.Mentees), Right: len(c.Mentors), Edges: edges, Capacity: capacity, Pins: pins, Most: true,
	}, matching.Options{})
	if err != nil {
		return Result{}, err
	}
	out := Result{Objective: a.Objective, Bound: a.Bound, Optimal: a.Optimal}
	got := make([]int, len(c.Mentees))
	for i := range got {
		got[i] = -1
	}
	for _, e := range a.Chosen {
		got[edges[e].Left] = e
	}
	pinned := map[int]bool{}
	for _, e := range pins {
		pinned[e] = true
	}
	for i := range c.Mentees {
		p := Proposed{Mentee: i, Mentor: -1, Next: -1}
		if e := got[i]; e >= 0 {
			p.Mentor, p.Match, p.Pinned = int(edges[e].Right), matches[e], pinned[e]
		} else if p.Why = "nobody"; len(best[i]) > 0 {
			p.Why = "full"
		}
		for _, e := range best[i] {
			if e != got[i] {
				p.Next, p.NextScore = int(edges[e].Right), matches[e].Score
				break
			}
		}
		out.Proposed = append(out.Proposed, p)
	}
	out.Report = c.report(edges, matches, best, got, capacity)
	return out, nil
}

// candidates returns which mentors are weighed for a mentee: all of a small
// cohort, else those who offer something they want, and the pinned, filled up
// with others in a fixed order.
func (c Cohort) candidates() func(i int) []int {
	all := make([]int, len(c.Mentors))
	for j := range all {
		all[j] = j
	}
	if len(c.Mentors) <= maxCandidates {
		return func(int) []int { return all }
	}
	offers := map[id.ID][]int{}
	at := map[id.ID]int{}
	for j, m := range c.Mentors {
		at[m.Person] = j
		for _, w := range m.Skills {
			offers[w.Skill] = append(offers[w.Skill], j)
		}
	}
	pinned := map[id.ID][]int{}
	for k := range c.Pinned {
		for _, x := range [][2]id.ID{{k[0], k[1]}, {k[1], k[0]}} {
			if j, ok := at[x[1]]; ok {
				pinned[x[0]] = append(pinned[x[0]], j)
			}
		}
	}
	seen := make([]int, len(c.Mentors))
	return func(i int) []int {
		out := slices.Clone(pinned[c.Mentees[i].Person])
		for _, j := range out {
			seen[j] = i + 1
		}
		add := func(j int) {
			if seen[j] != i+1 && len(out) < maxCandidates {
				seen[j] = i + 1
				out = append(out, j)
			}
		}
		for _, w := range c.Mentees[i].Skills {
			// Everybody begins elsewhere in a long list, so that a skill that
			// many offer does not lead all to the same few.
			list := offers[w.Skill]
			for k := range list {
				add(list[(k+i*7)%len(list)])
			}
		}
		for k := 0; k < 40; k++ {
			add((i*131 + k*977) % len(c.Mentors))
		}
		return out
	}
}

func computePeers(ctx context.Context, c Cohort, progress func(done, all int)) (Result, error) {
	n := len(c.Mentees)
	var edges []matching.Edge
	var matches []Match
	best := make([][]int, n)
	var pins []int
	for i := range n {
		if progress != nil && i%100 == 0 {
			progress(i, n)
		}
		if err := ctx.Err(); err != nil {
			return Result{}, err
		}
		// Of a large circle everybody looks half as far to the one side and is
		// looked at from the other.
		reach := n - 1 - i
		if n > maxCandidates {
			reach = maxCandidates / 2
		}
		for k := 1; k <= reach; k++ {
			j := (i + k) % n
			a, b := c.Mentees[i], c.Mentees[j]
			key := pair(a.Person, b.Person)
			pinned := c.Pinned[key]
			if !pinned && (c.Apart[key] || inLine(a, b)) {
				continue
			}
			m := both(c.Weights, a, b)
			if m.Never && !pinned {
				continue
			}
			if pinned {
				pins = append(pins, len(edges))
			}
			best[i], best[j] = append(best[i], len(edges)), append(best[j], len(edges))
			edges = append(edges, matching.Edge{Left: int32(i), Right: int32(j), Weight: int64(m.Score) + 1})
			matches = append(matches, m)
		}
	}
	// A pin is worth more than all pairs together.
	weighted := slices.Clone(edges)
	extra := int64(n) * 101
	for _, e := range pins {
		weighted[e].Weight += extra
	}
	r, err := matching.Pairs(ctx, &matching.PairsProblem{People: n, Edges: weighted, Most: true}, matching.Options{})
	if err != nil {
		return Result{}, err
	}
	out := Result{Objective: r.Objective, Bound: r.Bound, Optimal: r.Optimal}
	taken := make([]bool, n)
	for _, e := range r.Chosen {
		i, j := int(edges[e].Left), int(edges[e].Right)
		taken[i], taken[j] = true, true
		if slices.Contains(pins, e) {
			out.Objective -= float64(extra)
			out.Bound -= float64(extra)
		}
		out.Proposed = append(out.Proposed, Proposed{Mentee: i, Mentor: j, Match: matches[e], Next: -1, Pinned: slices.Contains(pins, e)})
	}
	for i := range n {
		if taken[i] {
			continue
		}
		p := Proposed{Mentee: i, Mentor: -1, Next: -1, Why: "nobody"}
		if len(best[i]) > 0 {
			p.Why = "full"
		}
		out.Proposed = append(out.Proposed, p)
	}
	return out, nil
}

// both weighs peers: each is to the other what a mentor is, and the pair is as
// good as the one who gets less.
func both(w Weights, a, b *Participant) Match {
	x, y := Weigh(w, a, b), Weigh(w, b, a)
	if y.Score < x.Score {
		x, y = y, x
	}
	x.Never = x.Never || y.Never
	return x
}

// Report says how fair a pairing is, beside what two simpler ways would give.
type Report struct {
	Ours    Way     `json:"ours"`
	Greedy  Way     `json:"greedy"` // the best pair first, then the next
	Stable  Way     `json:"stable"` // Gale and Shapley, mentees propose
	Units   []Group `json:"units"`  // of at least five mentees
	Sites   []Group `json:"sites"`
	Mentors [6]int  `json:"mentors"` // how many mentors have 0, 1, 2, 3, 4, and 5 or more mentees
}

// Way is what a way of pairing reaches.
type Way struct {
	Pairs int `json:"pairs"`
	Sum   int `json:"sum"`   // of the scores
	Worst int `json:"worst"` // the lowest score of a pair
	Tenth int `json:"tenth"` // a tenth of the pairs score at most this
}

// Group is a department or site with how its mentees fare.
type Group struct {
	Name    string  `json:"name"`
	Mentees int     `json:"mentees"`
	Paired  int     `json:"paired"`
	Mean    float64 `json:"mean"` // score of the paired
}

// smallest is the size from which a group's numbers are shown.
const smallest = 5

func way(scores []int) Way {
	w := Way{Pairs: len(scores)}
	slices.Sort(scores)
	for _, s := range scores {
		w.Sum += s
	}
	if len(scores) > 0 {
		w.Worst, w.Tenth = scores[0], scores[(len(scores)-1)/10]
	}
	return w
}

func (c Cohort) report(edges []matching.Edge, matches []Match, best [][]int, got []int, capacity []int32) Report {
	var r Report
	var ours []int
	load := make([]int, len(c.Mentors))
	for _, e := range got {
		if e >= 0 {
			ours = append(ours, matches[e].Score)
			load[edges[e].Right]++
		}
	}
	r.Ours = way(ours)
	for _, n := range load {
		r.Mentors[min(n, 5)]++
	}
	r.Greedy = way(greedy(edges, matches, len(c.Mentees), capacity))
	r.Stable = way(stable(edges, matches, best, capacity))
	group := func(of func(p *Participant) string) []Group {
		at := map[string]*Group{}
		var names []string
		for i, m := range c.Mentees {
			name := of(m)
			if name == "" {
				continue
			}
			g := at[name]
			if g == nil {
				g = &Group{Name: name}
				at[name] = g
				names = append(names, name)
			}
			g.Mentees++
			if got[i] >= 0 {
				g.Paired++
				g.Mean += float64(matches[got[i]].Score)
			}
		}
		slices.Sort(names)
		var out []Group
		for _, name := range names {
			g := at[name]
			if g.Mentees < smallest || g.Paired > 0 && g.Paired < smallest {
				continue
			}
			if g.Paired > 0 {
				g.Mean = math.Round(g.Mean/float64(g.Paired)*10) / 10
			}
			out = append(out, *g)
		}
		return out
	}
	r.Units = group(func(p *Participant) string { return p.UnitName })
	r.Sites = group(func(p *Participant) string { return p.SiteName })
	return r
}

// greedy takes the best pair that is left until none is.
func greedy(edges []matching.Edge, matches []Match, mentees int, capacity []int32) []int {
	order := make([]int, len(edges))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return matches[b].Score - matches[a].Score })
	left := slices.Clone(capacity)
	done := make([]bool, mentees)
	var out []int
	for _, e := range order {
		if i, j := edges[e].Left, edges[e].Right; !done[i] && left[j] > 0 {
			done[i] = true
			left[j]--
			out = append(out, matches[e].Score)
		}
	}
	return out
}

// stable is the algorithm of Gale and Shapley (1962) with places: mentees ask
// their best mentor, who keeps the best of those who asked.
func stable(edges []matching.Edge, matches []Match, best [][]int, capacity []int32) []int {
	next := make([]int, len(best))
	held := make([][]int, len(capacity)) // edges
	var free []int
	for i := range best {
		free = append(free, i)
	}
	for len(free) > 0 {
		i := free[len(free)-1]
		free = free[:len(free)-1]
		if next[i] >= len(best[i]) {
			continue
		}
		e := best[i][next[i]]
		next[i]++
		j := edges[e].Right
		if capacity[j] == 0 {
			free = append(free, i)
			continue
		}
		held[j] = append(held[j], e)
		if int32(len(held[j])) > capacity[j] {
			worst := 0
			for k, x := range held[j] {
				if matches[x].Score < matches[held[j][worst]].Score {
					worst = k
				}
			}
			free = append(free, int(edges[held[j][worst]].Left))
			held[j] = slices.Delete(held[j], worst, worst+1)
		}
	}
	var out []int
	for _, list := range held {
		for _, e := range list {
			out = append(out, matches[e].Score)
		}
	}
	return out
}
