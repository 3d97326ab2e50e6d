package mentoring

import (
	"context"
	"math"
	"runtime"
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

// weighing is every pair of a cohort that may be, with what it is worth. A large
// cohort has millions: the reasons of a pair are found again when it is shown.
type weighing struct {
	edges []matching.Edge
	score []uint8   // of an edge
	best  [][]int32 // edges of somebody, best first
	pins  []int     // edges
}

func (w *weighing) add(i, j, score int, pinned bool) {
	e := int32(len(w.edges))
	if pinned {
		w.pins = append(w.pins, int(e))
	}
	w.edges = append(w.edges, matching.Edge{Left: int32(i), Right: int32(j), Weight: int64(score) + 1})
	w.score = append(w.score, uint8(score))
	w.best[i] = append(w.best[i], e)
}

// match finds the reasons of an edge again.
func (w *weighing) match(c Cohort, edge int) Match {
	e := w.edges[edge]
	if c.Shape == ShapePeers {
		return both(c.Weights, c.Mentees[e.Left], c.Mentees[e.Right])
	}
	return Weigh(c.Weights, c.Mentees[e.Left], c.Mentors[e.Right])
}

func (w *weighing) sort() {
	for _, list := range w.best {
		slices.SortStableFunc(list, func(a, b int32) int { return int(w.score[b]) - int(w.score[a]) })
	}
}

// next is the best edge of somebody other than one.
func (w *weighing) next(i, but int) (edge int, ok bool) {
	for _, e := range w.best[i] {
		if int(e) != but {
			return int(e), true
		}
	}
	return 0, false
}

// weigh weighs mentees and mentors. progress is told how many mentees were
// weighed.
func (c Cohort) weigh(ctx context.Context, progress func(done, all int)) (*weighing, error) {
	candidates := c.candidates()
	w := &weighing{best: make([][]int32, len(c.Mentees))}
	for i, mentee := range c.Mentees {
		if progress != nil && i%100 == 0 {
			progress(i, len(c.Mentees))
		}
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		runtime.Gosched() // whoever waits for a page comes first
		for _, j := range candidates(i) {
			mentor := c.Mentors[j]
			key := pair(mentee.Person, mentor.Person)
			pinned := c.Pinned[key]
			if mentee.Person == mentor.Person || !pinned && (c.Apart[key] || inLine(mentee, mentor)) {
				continue
			}
			if score, never := worth(c.Weights, mentee, mentor); !never || pinned {
				w.add(i, j, score, pinned)
			}
		}
	}
	w.sort()
	return w, nil
}

// Compute finds the pairs of a cohort that are worth the most together: as
// many people as possible first, then the sum of the scores, proven to be the
// best. progress is told how many mentees were weighed.
func Compute(ctx context.Context, c Cohort, progress func(done, all int)) (Result, error) {
	if c.Shape == ShapePeers {
		return computePeers(ctx, c, progress)
	}
	w, err := c.weigh(ctx, progress)
	if err != nil {
		return Result{}, err
	}
	capacity := make([]int32, len(c.Mentors))
	for j, m := range c.Mentors {
		capacity[j] = int32(m.Capacity)
	}
	a, err := matching.Assign(ctx, &matching.AssignProblem{
		Left: len(c.Mentees), Right: len(c.Mentors), Edges: w.edges, Capacity: capacity, Pins: w.pins, Most: true,
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
		got[w.edges[e].Left] = e
	}
	pinned := map[int]bool{}
	for _, e := range w.pins {
		pinned[e] = true
	}
	for i := range c.Mentees {
		p := Proposed{Mentee: i, Mentor: -1, Next: -1}
		if e := got[i]; e >= 0 {
			p.Mentor, p.Match, p.Pinned = int(w.edges[e].Right), w.match(c, e), pinned[e]
		} else if p.Why = "nobody"; len(w.best[i]) > 0 {
			p.Why = "full"
		}
		if e, ok := w.next(i, got[i]); ok {
			p.Next, p.NextScore = int(w.edges[e].Right), int(w.score[e])
		}
		out.Proposed = append(out.Proposed, p)
	}
	out.Report = c.report(w, got, capacity)
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
	w := &weighing{best: make([][]int32, n)}
	for i := range n {
		if progress != nil && i%100 == 0 {
			progress(i, n)
		}
		if err := ctx.Err(); err != nil {
			return Result{}, err
		}
		runtime.Gosched() // whoever waits for a page comes first
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
			x, never := worth(c.Weights, a, b)
			y, neither := worth(c.Weights, b, a)
			if !(never || neither) || pinned {
				w.best[j] = append(w.best[j], int32(len(w.edges)))
				w.add(i, j, min(x, y), pinned)
			}
		}
	}
	// A pin is worth more than all pairs together.
	weighted := slices.Clone(w.edges)
	extra := int64(n) * 101
	pinned := map[int]bool{}
	for _, e := range w.pins {
		weighted[e].Weight += extra
		pinned[e] = true
	}
	r, err := matching.Pairs(ctx, &matching.PairsProblem{People: n, Edges: weighted, Most: true}, matching.Options{})
	if err != nil {
		return Result{}, err
	}
	out := Result{Objective: r.Objective, Bound: r.Bound, Optimal: r.Optimal}
	taken := make([]bool, n)
	for _, e := range r.Chosen {
		i, j := int(w.edges[e].Left), int(w.edges[e].Right)
		taken[i], taken[j] = true, true
		if pinned[e] {
			out.Objective -= float64(extra)
			out.Bound -= float64(extra)
		}
		out.Proposed = append(out.Proposed, Proposed{Mentee: i, Mentor: j, Match: w.match(c, e), Next: -1, Pinned: pinned[e]})
	}
	for i := range n {
		if taken[i] {
			continue
		}
		p := Proposed{Mentee: i, Mentor: -1, Next: -1, Why: "nobody"}
		if len(w.best[i]) > 0 {
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

func (c Cohort) report(w *weighing, got []int, capacity []int32) Report {
	var r Report
	var ours []int
	load := make([]int, len(c.Mentors))
	for _, e := range got {
		if e >= 0 {
			ours = append(ours, int(w.score[e]))
			load[w.edges[e].Right]++
		}
	}
	r.Ours = way(ours)
	for _, n := range load {
		r.Mentors[min(n, 5)]++
	}
	r.Greedy = way(w.greedy(len(c.Mentees), capacity))
	r.Stable = way(w.stable(capacity))
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
				g.Mean += float64(w.score[got[i]])
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
func (w *weighing) greedy(mentees int, capacity []int32) []int {
	var from [102]int // of the edges of a score, in the order of falling scores
	for _, s := range w.score {
		from[101-int(s)]++
	}
	for k := 1; k < len(from); k++ {
		from[k] += from[k-1]
	}
	order := make([]int32, len(w.edges))
	for e, s := range w.score {
		order[from[100-int(s)]] = int32(e)
		from[100-int(s)]++
	}
	left := slices.Clone(capacity)
	done := make([]bool, mentees)
	var out []int
	for _, e := range order {
		if i, j := w.edges[e].Left, w.edges[e].Right; !done[i] && left[j] > 0 {
			done[i] = true
			left[j]--
			out = append(out, int(w.score[e]))
		}
	}
	return out
}

// stable is the algorithm of Gale and Shapley (1962) with places: mentees ask
// their best mentor, who keeps the best of those who asked.
func (w *weighing) stable(capacity []int32) []int {
	next := make([]int, len(w.best))
	held := make([][]int32, len(capacity)) // edges
	var free []int
	for i := range w.best {
		free = append(free, i)
	}
	for len(free) > 0 {
		i := free[len(free)-1]
		free = free[:len(free)-1]
		if next[i] >= len(w.best[i]) {
			continue
		}
		e := w.best[i][next[i]]
		next[i]++
		j := w.edges[e].Right
		if capacity[j] == 0 {
			free = append(free, i)
			continue
		}
		held[j] = append(held[j], e)
		if int32(len(held[j])) > capacity[j] {
			worst := 0
			for k, x := range held[j] {
				if w.score[x] < w.score[held[j][worst]] {
					worst = k
				}
			}
			free = append(free, int(w.edges[held[j][worst]].Left))
			held[j] = slices.Delete(held[j], worst, worst+1)
		}
	}
	var out []int
	for _, list := range held {
		for _, e := range list {
			out = append(out, int(w.score[e]))
		}
	}
	return out
}
