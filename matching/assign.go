package matching

import (
	"context"
	"errors"
	"fmt"
	"math"
	"math/bits"
	"slices"
)

// AssignProblem matches people on the left (mentees) with people on the right
// (mentors), worth the most in total: the maximum-weight bipartite b-matching.
// A pair is made at most once. The zero value of every optional field means
// that the rule does not exist.
type AssignProblem struct {
	Left, Right int     // how many people on each side
	Edges       []Edge  // possible pairs, each at most once
	Demand      []int32 // how many partners a left person wants; nil: one each
	Capacity    []int32 // how many a right person can take; nil: one each
	Minimum     []int32 // how many a right person must get at least; nil: none
	Pins        []int   // edges that must be chosen
	Forbidden   []int   // edges that must not be chosen
	Most        bool    // first as many pairs as possible, then the weight
	// Fair raises the worst-off first: among all answers with the most pairs it
	// picks the one whose sorted weights are largest, compared from the lowest
	// up (leximin). With demand one everywhere this is exact; otherwise every
	// place counts as a person of its own, and the answer is marked as not
	// proven.
	Fair bool
}

// Assignment is the answer to an AssignProblem.
type Assignment struct {
	Proof
	Chosen []int // edges, ascending
	// LeftValue and RightPrice are the dual of the answer. LeftValue is what one
	// unit more of demand of this person would add to the objective, RightPrice
	// what one place more of this person would add ("would match if"). They are
	// nil after Fair or when the search was stopped.
	LeftValue, RightPrice []int64
	// Unmet lists who is below their minimum, in a search that was stopped before
	// it could give everybody theirs; the answer then is not proven.
	Unmet []Unmet
	// Idle is how many wanted partners are missing in all, Penalty what each
	// counts in the dual: zero, or with Most more than any weights can make up.
	Idle    int
	Penalty int64
	// MostWeight is, after Fair, the largest sum without fairness: its
	// difference from Objective is the price of being fair. Otherwise it equals
	// Bound.
	MostWeight float64

	graph *assignGraph
	ended alternatives
}

// Assign solves the problem. It returns *InputError for a wrong problem and
// *InfeasibleError when pins and minimum loads cannot be satisfied. When it is
// stopped it returns the best answer so far, which keeps pins, demands and
// capacities in any case, and minimum loads but for those listed in Unmet.
func Assign(ctx context.Context, p *AssignProblem, o Options) (*Assignment, error) {
	g, err := p.build()
	if err != nil {
		return nil, err
	}
	g.clock = &stopwatch{ctx: ctx, limit: o.WorkLimit}
	if o.Progress != nil {
		pinned := 0.0
		for _, e := range g.pinned {
			pinned += float64(p.Edges[e].Weight)
		}
		g.progress = func(q Progress) {
			q.Objective += pinned
			q.Bound += pinned
			o.Progress(q)
		}
	}
	if p.Fair {
		return p.fair(g)
	}
	return p.plain(g)
}

// assignGraph is the problem without pinned and forbidden edges, in the order
// of the left people.
type assignGraph struct {
	n, m     int
	start    []int32
	to       []int32
	w        []int64
	narrow   []int32 // the weights, when they fit; w is nil then
	index    []int32 // edge of the problem for each edge here
	demand   []int32
	capacity []int32
	low      []int32
	pinned   []int
	spread   int64
	clock    *stopwatch
	progress func(Progress)
}

func (p *AssignProblem) build() (*assignGraph, error) {
	if p.Left < 0 || p.Right < 0 || p.Left > math.MaxInt32/4 || p.Right > math.MaxInt32/4 {
		return nil, &InputError{"people", -1, "the number of people is out of range"}
	}
	if len(p.Edges) > math.MaxInt32-1 {
		return nil, &InputError{"edge", -1, "there are too many edges"}
	}
	g := &assignGraph{n: p.Left, m: p.Right}
	var err error
	if g.demand, err = counts("demand", p.Demand, p.Left, 1); err != nil {
		return nil, err
	}
	if g.capacity, err = counts("capacity", p.Capacity, p.Right, 1); err != nil {
		return nil, err
	}
	if p.Minimum != nil {
		if g.low, err = counts("minimum", p.Minimum, p.Right, 0); err != nil {
			return nil, err
		}
		for v, l := range g.low {
			if l > g.capacity[v] {
				return nil, &InputError{"minimum", v, fmt.Sprintf("the minimum of %d is more than the capacity of %d", l, g.capacity[v])}
			}
		}
	}
	const pin, ban = 1, 2
	var mark []uint8
	if len(p.Pins)+len(p.Forbidden) > 0 {
		mark = make([]uint8, len(p.Edges))
		for i, e := range p.Forbidden {
			if e < 0 || e >= len(p.Edges) {
				return nil, &InputError{"forbidden", i, "there is no such edge"}
			}
			mark[e] = ban
		}
		for i, e := range p.Pins {
			if e < 0 || e >= len(p.Edges) {
				return nil, &InputError{"pin", i, "there is no such edge"}
			}
			switch mark[e] {
			case pin:
				return nil, &InputError{"pin", i, "the pair is pinned twice"}
			case ban:
				return nil, &InputError{"pin", i, "the pair is pinned and forbidden"}
			}
			mark[e] = pin
			a := p.Edges[e]
			if a.Left < 0 || int(a.Left) >= p.Left || a.Right < 0 || int(a.Right) >= p.Right {
				return nil, &InputError{"edge", e, "there is no such person"}
			}
			g.demand[a.Left]--
			g.capacity[a.Right]--
			if g.demand[a.Left] < 0 {
				return nil, &InfeasibleError{"left", int(a.Left), "has more pins than wanted partners"}
			}
			if g.capacity[a.Right] < 0 {
				return nil, &InfeasibleError{"right", int(a.Right), "has more pins than places"}
			}
			if g.low != nil && g.low[a.Right] > 0 {
				g.low[a.Right]--
			}
			g.pinned = append(g.pinned, e)
		}
	}
	g.start = make([]int32, p.Left+1)
	var lo, hi int64
	sorted := true
	kept := 0
	for i := range p.Edges {
		e := &p.Edges[i]
		if e.Left < 0 || int(e.Left) >= p.Left || e.Right < 0 || int(e.Right) >= p.Right {
			return nil, &InputError{"edge", i, "there is no such person"}
		}
		lo, hi = min(lo, e.Weight), max(hi, e.Weight)
		if mark != nil && mark[i] != 0 || g.capacity[e.Right] == 0 || g.demand[e.Left] == 0 {
			continue
		}
		g.start[e.Left+1]++
		kept++
		if i > 0 && e.Left < p.Edges[i-1].Left {
			sorted = false
		}
	}
	if hi > bigWeight || lo < -bigWeight {
		return nil, &InputError{"edge", -1, "a weight is too large for exact arithmetic"}
	}
	g.spread = hi - lo
	// The largest penalty is (spread*(people+2)+1)*3, and a path may sum one.
	if over, lower := bits.Mul64(uint64(g.spread+1), uint64(8*(min(p.Left, p.Right)+4))); over != 0 || lower > bigWeight {
		return nil, &InputError{"edge", -1, fmt.Sprintf("weights that differ by %d are too large for exact arithmetic with %d and %d people", g.spread, p.Left, p.Right)}
	}
	for u := range p.Left {
		g.start[u+1] += g.start[u]
	}
	narrow := lo >= math.MinInt32 && hi <= math.MaxInt32
	g.to = make([]int32, kept)
	if narrow {
		g.narrow = make([]int32, kept)
	} else {
		g.w = make([]int64, kept)
	}
	whole := sorted && kept == len(p.Edges)
	if !whole {
		g.index = make([]int32, kept)
	}
	at := append([]int32(nil), g.start[:p.Left]...)
	for i := range p.Edges {
		e := &p.Edges[i]
		if mark != nil && mark[i] != 0 || g.capacity[e.Right] == 0 || g.demand[e.Left] == 0 {
			continue
		}
		k := at[e.Left]
		at[e.Left]++
		g.to[k] = e.Right
		if narrow {
			g.narrow[k] = int32(e.Weight)
		} else {
			g.w[k] = e.Weight
		}
		if !whole {
			g.index[k] = int32(i)
		}
	}
	last := make([]int32, p.Right)
	for u := range p.Left {
		for k := g.start[u]; k < g.start[u+1]; k++ {
			if last[g.to[k]] == int32(u)+1 {
				return nil, &InputError{"edge", g.original(k), "the pair stands twice"}
			}
			last[g.to[k]] = int32(u) + 1
		}
	}
	return g, nil
}

func counts(what string, given []int32, n int, all int32) ([]int32, error) {
	c := make([]int32, n)
	if given == nil {
		for i := range c {
			c[i] = all
		}
		return c, nil
	}
	if len(given) != n {
		return nil, &InputError{what, -1, fmt.Sprintf("%d numbers for %d people", len(given), n)}
	}
	for i, x := range given {
		if x < 0 || x > math.MaxInt32/8 {
			return nil, &InputError{what, i, "the number is out of range"}
		}
		c[i] = x
	}
	return c, nil
}

// original is the edge of the problem that stands at k.
func (g *assignGraph) original(k int32) int {
	if g.index == nil {
		return int(k)
	}
	return int(g.index[k])
}

// solution is what a transport of either weight type leaves behind.
type solution struct {
	done  bool
	used  func(e int32) bool
	idle  []int32
	value []int64
	price []int64
	work  int64
	bound float64
}

// run solves the graph with the given worth of an idle unit on the left and of
// each of the first low units on the right.
func (g *assignGraph) run(outside []int64, bonus int64) (*solution, alternatives) {
	if g.narrow != nil {
		return runTransport(g, g.narrow, outside, bonus)
	}
	return runTransport(g, g.w, outside, bonus)
}

func runTransport[W int32 | int64](g *assignGraph, w []W, outside []int64, bonus int64) (*solution, alternatives) {
	t := &transport[W]{n: g.n, m: g.m, start: g.start, to: g.to, w: w, demand: g.demand, outside: outside,
		capacity: g.capacity, low: g.low, bonus: bonus, clock: g.clock, progress: g.progress}
	done := t.solve()
	s := &solution{done: done, used: t.used, idle: t.idle, value: t.value, price: t.price, work: t.work}
	if !done {
		s.bound = t.bound()
		return s, nil
	}
	return s, t.ended
}

// penalties gives what an idle unit and a missing minimum must cost so that no
// weights make up for them.
func (g *assignGraph) penalties() (idle, bonus int64) {
	step := g.spread*int64(min(g.n, g.m)+2) + 1
	return step, 3 * step
}

func same(n int, x int64) []int64 {
	s := make([]int64, n)
	if x != 0 {
		for i := range s {
			s[i] = x
		}
	}
	return s
}

func (p *AssignProblem) plain(g *assignGraph) (*Assignment, error) {
	var penalty int64
	idle, bonus := g.penalties()
	if p.Most {
		penalty = idle
	}
	s, again := g.run(same(g.n, -penalty), bonus)
	a := &Assignment{Penalty: penalty, graph: g, ended: again}
	a.Algorithm = "auction with epsilon scaling, then shortest augmenting paths"
	a.Work = s.work
	load, sum := p.collect(a, g, s)
	a.Unmet = p.unmet(load)
	if len(a.Unmet) > 0 && s.done {
		v := a.Unmet[0].Index
		return nil, &InfeasibleError{"right", v, fmt.Sprintf("cannot get the minimum of %d", p.Minimum[v])}
	}
	a.Objective = float64(sum)
	a.Bound = a.Objective
	if s.done {
		a.LeftValue, a.RightPrice = s.value, s.price
	} else {
		for _, e := range g.pinned {
			s.bound += float64(p.Edges[e].Weight)
		}
		a.Bound = s.bound
	}
	// An answer that breaks a rule may be worth more than any that does not.
	a.Bound = max(a.Bound, a.Objective)
	a.Close(0)
	// Reaching the bound of the sum proves nothing where something comes before it.
	a.Optimal = s.done || a.Optimal && !p.Most && p.Minimum == nil
	a.MostWeight = a.Bound
	return a, nil
}

// collect lists the chosen edges and returns the loads and the sum of weights.
func (p *AssignProblem) collect(a *Assignment, g *assignGraph, s *solution) (load []int32, sum int64) {
	load = make([]int32, g.m)
	take := func(e int) {
		load[p.Edges[e].Right]++
		sum += p.Edges[e].Weight
		a.Chosen = append(a.Chosen, e)
	}
	for _, e := range g.pinned {
		take(e)
	}
	for k := range int32(len(g.to)) {
		if s.used(k) {
			take(g.original(k))
		}
	}
	for _, i := range s.idle {
		a.Idle += int(i)
	}
	slices.Sort(a.Chosen)
	return load, sum
}

// unmet lists the right people whose minimum is not reached.
func (p *AssignProblem) unmet(load []int32) []Unmet {
	var list []Unmet
	for v, l := range p.Minimum {
		if load[v] < l {
			list = append(list, Unmet{"right", v, int(l - load[v])})
		}
	}
	return list
}

// Alternative is what would happen if a chosen pair were forbidden.
type Alternative struct {
	Edge    int   // the chosen edge
	Instead int   // the edge its left person would get instead, -1 for none
	Loss    int64 // what the objective would lose
}

// Alternatives tells, for each chosen edge in Chosen that is not pinned, what
// would take its place. Each costs a search of its own, usually a short one; it
// stops when the context ends and returns what it has. After Fair, or a search
// that was stopped, there are none.
func (a *Assignment) Alternatives(ctx context.Context) []Alternative {
	if a.ended == nil {
		return nil
	}
	var list []Alternative
	chosen := map[int]bool{}
	for _, e := range a.Chosen {
		chosen[e] = true
	}
	for u := range int32(a.graph.n) {
		if ctx.Err() != nil {
			break
		}
		for k := a.graph.start[u]; k < a.graph.start[u+1]; k++ {
			e := a.graph.original(k)
			if !chosen[e] {
				continue
			}
			loss, instead := a.ended.without(u, k)
			x := Alternative{Edge: e, Instead: -1, Loss: loss}
			if instead >= 0 {
				x.Instead = a.graph.original(instead)
			}
			list = append(list, x)
		}
	}
	slices.SortFunc(list, func(x, y Alternative) int { return x.Edge - y.Edge })
	return list
}

// loss is what the objective would lose without a chosen edge of left person u.
func (a *Assignment) loss(u int32, edge int) (int64, bool) {
	if a.ended == nil {
		return 0, false
	}
	for k := a.graph.start[u]; k < a.graph.start[u+1]; k++ {
		if a.graph.original(k) == edge {
			l, _ := a.ended.without(u, k)
			return l, true
		}
	}
	return 0, false
}

// Rise is by how much the weight of an edge that was not chosen would have to
// rise for the pair to be made: the "would match if". ok is false when nothing
// is known about the edge: it is chosen, pinned or forbidden, or the answer has
// no dual.
func (a *Assignment) Rise(p *AssignProblem, edge int) (rise int64, ok bool) {
	if a.ended == nil || edge < 0 || edge >= len(p.Edges) {
		return 0, false
	}
	if _, used := slices.BinarySearch(a.Chosen, edge); used {
		return 0, false
	}
	u := p.Edges[edge].Left
	for k := a.graph.start[u]; k < a.graph.start[u+1]; k++ {
		if a.graph.original(k) == edge {
			return a.ended.forcing(u, k), true
		}
	}
	return 0, false
}

// Verify checks an answer without using anything of the solver: that it keeps
// the rules, that the objective is the sum of its weights, and, when it claims
// to be proven, that the dual really proves it.
func (p *AssignProblem) Verify(a *Assignment) error {
	demand, err := counts("demand", p.Demand, p.Left, 1)
	if err != nil {
		return err
	}
	capacity, err := counts("capacity", p.Capacity, p.Right, 1)
	if err != nil {
		return err
	}
	low, err := counts("minimum", p.Minimum, p.Right, 0)
	if err != nil {
		return err
	}
	left, right := make([]int32, p.Left), make([]int32, p.Right)
	fixed := make(map[int]bool) // pinned or forbidden
	used := make([]bool, len(p.Edges))
	pairs := make(map[[2]int32]bool, len(a.Chosen))
	var sum int64
	for _, i := range a.Chosen {
		if i < 0 || i >= len(p.Edges) {
			return fmt.Errorf("edge %d does not exist", i)
		}
		e := p.Edges[i]
		if pairs[[2]int32{e.Left, e.Right}] {
			return fmt.Errorf("pair %d %d is chosen twice", e.Left, e.Right)
		}
		pairs[[2]int32{e.Left, e.Right}] = true
		used[i] = true
		left[e.Left]++
		right[e.Right]++
		sum += e.Weight
	}
	for _, i := range p.Pins {
		fixed[i] = true
		if !used[i] {
			return fmt.Errorf("pinned edge %d is not chosen", i)
		}
	}
	for _, i := range p.Forbidden {
		fixed[i] = true
		if used[i] {
			return fmt.Errorf("forbidden edge %d is chosen", i)
		}
	}
	idle := 0
	for u, d := range demand {
		if left[u] > d {
			return fmt.Errorf("left %d has %d of %d", u, left[u], d)
		}
		idle += int(d - left[u])
	}
	said := map[int]int{}
	for _, x := range a.Unmet {
		said[x.Index] = x.Missing
	}
	if len(a.Unmet) > 0 && a.Optimal {
		return errors.New("it claims to be proven but keeps not all minimum loads")
	}
	for v, c := range capacity {
		if right[v] > c || right[v] != low[v]-int32(said[v]) && (right[v] < low[v] || said[v] != 0) {
			return fmt.Errorf("right %d has %d, outside %d to %d, and lacks %d", v, right[v], low[v], c, said[v])
		}
	}
	if float64(sum) != a.Objective {
		return fmt.Errorf("the weights sum to %d, not %g", sum, a.Objective)
	}
	if a.Objective > a.Bound {
		return fmt.Errorf("the objective %g is above the bound %g", a.Objective, a.Bound)
	}
	if a.LeftValue == nil {
		return nil
	}
	// The dual: pinned edges are bought at their weight; the rest is bounded by
	// demand times value, places times price, and what an edge pays beyond both.
	var bound exactSum
	add := bound.add
	for _, i := range p.Pins {
		e := p.Edges[i]
		demand[e.Left]--
		capacity[e.Right]--
		low[e.Right] = max(0, low[e.Right]-1)
		add(e.Weight, 1)
	}
	for u, d := range demand {
		if d > 0 && a.LeftValue[u] < -a.Penalty {
			return fmt.Errorf("left %d is valued at %d, below what nobody is worth", u, a.LeftValue[u])
		}
		add(int64(d), a.LeftValue[u])
	}
	for v, c := range capacity {
		if price := a.RightPrice[v]; price > 0 {
			add(int64(c), price)
		} else {
			add(int64(low[v]), price)
		}
	}
	for i, e := range p.Edges {
		if !fixed[i] && demand[e.Left] > 0 && capacity[e.Right] > 0 {
			add(max(0, e.Weight-a.LeftValue[e.Left]-a.RightPrice[e.Right]), 1)
		}
	}
	var value exactSum
	value.add(int64(idle), -a.Penalty)
	value.add(sum, 1)
	if bound.total().Cmp(value.total()) != 0 {
		return fmt.Errorf("the dual proves %v, the answer is worth %v", bound.total(), value.total())
	}
	return nil
}
