package matching

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"math/bits"
	"slices"
)

// PairsProblem pairs people with each other, worth the most in total: the
// maximum-weight matching in a general graph.
type PairsProblem struct {
	People    int
	Edges     []Edge // possible pairs, each at most once, in either order
	Forbidden []int  // edges that must not be chosen (never again)
	Most      bool   // first as many pairs as possible, then the weight
	// Trio lets people who stay alone join the pair they go with best, at most
	// one each; a person joins only where there are edges to both.
	Trio bool
}

// Pairing is the answer to a PairsProblem.
type Pairing struct {
	Proof          // of the pairs, without the trios
	Chosen []int   // edges, ascending
	Alone  []int32 // people without a pair and without a trio, ascending
	Trios  []Trio
	// Value and Sets are the dual, both doubled to be whole numbers: the values
	// of the two people of an edge and of the odd sets that hold both are
	// together at least twice its weight. Value[i] is also what one more person
	// just like i would be worth at most, times two. nil when the search was
	// stopped.
	Value []int64
	Sets  []OddSet
	SetOf []int32 // the smallest set that holds a person, -1 for none
	// Penalty is what staying alone counts in the dual (not doubled): zero, or
	// with Most more than any weights can make up for a pair.
	Penalty int64
}

// Trio is somebody who joined a pair.
type Trio struct {
	Person int32
	Edge   int   // the pair joined
	Weight int64 // of the person's edges to both
}

// OddSet is a set of an odd number of people, of whom one at least cannot be
// paired inside it. Sets lie inside each other or apart, so that each only names
// the next larger one; its members are the people of SetOf and of the sets
// inside it.
type OddSet struct {
	Inside int32 // the smallest set around this one, always an earlier one; -1 for none
	Value  int64 // doubled, above zero
}

// Pairs solves the problem. It returns *InputError for a wrong problem.
func Pairs(ctx context.Context, p *PairsProblem, o Options) (*Pairing, error) {
	g, err := p.build()
	if err != nil {
		return nil, err
	}
	g.clock = &stopwatch{ctx: ctx, limit: o.WorkLimit}
	g.progress = o.Progress
	a := p.solve(g)
	if p.Trio {
		if err := p.trios(ctx, a, g.banned); err != nil {
			return nil, err
		}
	}
	return a, nil
}

// pairsGraph holds every edge twice, once for each end.
type pairsGraph struct {
	n        int
	start    []int32
	to       []int32
	w        []int64
	narrow   []int32 // the weights, when they fit; w is nil then
	banned   []bool  // by edge of the problem, nil when none is
	spread   int64   // between the largest and smallest weight and zero
	width    int64   // between the largest and smallest weight
	clock    *stopwatch
	progress func(Progress)
}

func (p *PairsProblem) build() (*pairsGraph, error) {
	n := p.People
	if n < 0 || n > math.MaxInt32/4 {
		return nil, &InputError{"people", -1, "the number of people is out of range"}
	}
	if len(p.Edges) > math.MaxInt32/2-1 {
		return nil, &InputError{"edge", -1, "there are too many edges"}
	}
	g := &pairsGraph{n: n, start: make([]int32, n+1)}
	if len(p.Forbidden) > 0 {
		g.banned = make([]bool, len(p.Edges))
		for i, e := range p.Forbidden {
			if e < 0 || e >= len(p.Edges) {
				return nil, &InputError{"forbidden", i, "there is no such edge"}
			}
			g.banned[e] = true
		}
	}
	var lo, hi int64
	kept := 0
	for i := range p.Edges {
		e := &p.Edges[i]
		if e.Left < 0 || int(e.Left) >= n || e.Right < 0 || int(e.Right) >= n {
			return nil, &InputError{"edge", i, "there is no such person"}
		}
		if e.Left == e.Right {
			return nil, &InputError{"edge", i, "a person cannot be paired with themselves"}
		}
		lo, hi = min(lo, e.Weight), max(hi, e.Weight)
		if g.banned != nil && g.banned[i] {
			continue
		}
		g.start[e.Left+1]++
		g.start[e.Right+1]++
		kept++
	}
	if hi > bigWeight || lo < -bigWeight {
		return nil, &InputError{"edge", -1, "a weight is too large for exact arithmetic"}
	}
	g.spread = hi - lo
	for i, e := range p.Edges {
		if i == 0 {
			lo, hi = e.Weight, e.Weight
		}
		lo, hi = min(lo, e.Weight), max(hi, e.Weight)
	}
	g.width = hi - lo
	if over, lower := bits.Mul64(uint64(g.spread+1), uint64(8*(n+4))); over != 0 || lower > bigWeight {
		return nil, &InputError{"edge", -1, fmt.Sprintf("weights that differ by %d are too large for exact arithmetic with %d people", g.spread, n)}
	}
	for u := range n {
		g.start[u+1] += g.start[u]
	}
	g.to = make([]int32, 2*kept)
	narrow := lo >= math.MinInt32 && hi <= math.MaxInt32
	if narrow {
		g.narrow = make([]int32, 2*kept)
	} else {
		g.w = make([]int64, 2*kept)
	}
	at := slices.Clone(g.start[:n])
	put := func(u, v int32, w int64) {
		k := at[u]
		at[u]++
		g.to[k] = v
		if narrow {
			g.narrow[k] = int32(w)
		} else {
			g.w[k] = w
		}
	}
	for i := range p.Edges {
		if g.banned != nil && g.banned[i] {
			continue
		}
		e := &p.Edges[i]
		put(e.Left, e.Right, e.Weight)
		put(e.Right, e.Left, e.Weight)
	}
	seen := make([]int32, n)
	for u := range n {
		for k := g.start[u]; k < g.start[u+1]; k++ {
			v := g.to[k]
			if seen[v] == int32(u)+1 {
				for i, e := range p.Edges {
					if (int(e.Left) == u && e.Right == v || int(e.Right) == u && e.Left == v) && (g.banned == nil || !g.banned[i]) {
						if seen[v] == 0 {
							return nil, &InputError{"edge", i, "the pair stands twice"}
						}
						seen[v] = 0 // the first of the two is no fault
					}
				}
			}
			seen[v] = int32(u) + 1
		}
	}
	return g, nil
}

// solve finds duals and pairs that prove each other. Where people have few edges
// each, it starts with the best single edges and grows trees at once, which
// often is all that is needed; when that takes long, and where there are many
// edges, it finds the best fractional answer first, each person twice in a
// bipartite graph: half of it is a pairing but for odd cycles, and its dual is a
// dual of the pairs. The blossom method does the rest.
func (p *PairsProblem) solve(g *pairsGraph) *Pairing {
	a := &Pairing{}
	if p.Most {
		a.Penalty = g.spread*int64(g.n+2) + 1
	}
	s := &pairsSearch{p: p, g: g, penalty: a.Penalty, bound: g.simpleBound()}
	if g.progress != nil {
		s.note(p.greedy(g))
	}
	a.Algorithm = "blossoms from a greedy start"
	done := s.sparse()
	if !done && !g.clock.stopped {
		a.Algorithm = "fractional matching by auction and augmenting paths, then blossoms"
		done = s.dense()
	}
	mate := []int32(nil)
	if done {
		mate = s.b.mate
	} else {
		s.note(p.greedy(g))
		mate = s.best
	}
	a.Work = s.work
	a.Objective = float64(p.weigh(mate, a))
	a.Bound = s.bound
	if done {
		a.Value = s.b.y
		a.Sets, a.SetOf = s.b.sets()
		a.Bound = a.Objective
	}
	a.Close(0)
	a.Optimal = done
	return a
}

// pairsSearch solves one problem and keeps what it has in the meantime.
type pairsSearch struct {
	p       *PairsProblem
	g       *pairsGraph
	penalty int64
	b       *blossom
	work    int64
	bound   float64 // no answer has weights that sum to more
	best    []int32 // partners in the best answer so far
	pairs   int     // in it
	value   int64
}

// note keeps an answer if it is better than the best so far.
func (s *pairsSearch) note(mate []int32) {
	pairs, value := 0, s.p.weigh(mate, nil)
	for _, m := range mate {
		if m >= 0 {
			pairs++
		}
	}
	if s.best == nil || s.penalty > 0 && pairs > s.pairs || (s.penalty == 0 || pairs == s.pairs) && value > s.value {
		s.best, s.pairs, s.value = slices.Clone(mate), pairs, value
	}
}

// run grows trees until everything is done, the work in them reaches the budget
// (0: none), or the clock stops it.
func (s *pairsSearch) run(budget int64) bool {
	b := s.b
	b.clock = s.g.clock
	b.work = s.work
	b.long = max(1, s.g.width/100)
	limit := b.work + budget
	for {
		left := int64(0)
		if budget > 0 {
			left = max(1, limit-b.work)
		}
		done := b.grow(left)
		s.work = b.work
		s.bound = min(s.bound, b.bound(s.penalty))
		stop := done || s.g.clock.stopped || budget > 0 && b.work >= limit
		if s.g.progress != nil || stop && !done {
			s.note(b.mate)
		}
		if s.g.progress != nil {
			s.g.progress(Progress{Stage: "blossom", Done: -1, Objective: float64(s.value), Bound: max(s.bound, float64(s.value)), Work: s.work})
		}
		if stop {
			return done
		}
	}
}

// sparse grows trees from a simple start within a budget, where people have so
// few edges that this may be all there is to do.
func (s *pairsSearch) sparse() bool {
	edges := int64(len(s.g.to))
	people := int64(s.g.n)
	var budget int64
	switch {
	case edges > 24*people || edges > 12*people && s.penalty > 0:
		return false
	case s.penalty > 0:
		budget = 3 * edges
	case edges > 12*people:
		budget = 3 * edges
	case s.g.width < 16:
		budget = 10 * edges // many ties: trees are small or enormous
	default:
		budget = 16 * edges
	}
	s.b = newBlossom(s.g.n, s.g.start, s.g.to, s.g.doubled(), -s.penalty)
	s.b.greedyStart(s.g.spread)
	s.work = edges
	return s.run(budget + 1<<12)
}

// sets lists the blossoms that have a value, larger ones first.
func (b *blossom) sets() ([]OddSet, []int32) {
	var sets []OddSet
	of := same32(b.n, -1)
	type visit struct{ node, inside int32 }
	var stack []visit
	for x := range int32(len(b.parent)) {
		if b.parent[x] < 0 && int(x) >= b.n && b.children[x] != nil {
			stack = append(stack, visit{x, -1})
		}
		for len(stack) > 0 {
			v := stack[len(stack)-1]
			stack = stack[:len(stack)-1]
			if int(v.node) < b.n {
				of[v.node] = v.inside
				continue
			}
			if b.z[v.node] > 0 {
				sets = append(sets, OddSet{v.inside, b.z[v.node]})
				v.inside = int32(len(sets) - 1)
			}
			for _, c := range b.children[v.node] {
				stack = append(stack, visit{c, v.inside})
			}
		}
	}
	return sets, of
}

// weigh sums the weights of the pairs and lists them in the answer.
func (p *PairsProblem) weigh(mate []int32, a *Pairing) int64 {
	var sum int64
	banned := map[int]bool{}
	for _, e := range p.Forbidden {
		banned[e] = true
	}
	for i, e := range p.Edges {
		if mate[e.Left] == e.Right && !banned[i] {
			sum += e.Weight
			if a != nil {
				a.Chosen = append(a.Chosen, i)
			}
		}
	}
	if a != nil {
		for v, m := range mate {
			if m < 0 {
				a.Alone = append(a.Alone, int32(v))
			}
		}
	}
	return sum
}

// doubled are the weights times two.
func (g *pairsGraph) doubled() []int64 {
	double := make([]int64, len(g.to))
	for k := range double {
		if g.narrow != nil {
			double[k] = 2 * int64(g.narrow[k])
		} else {
			double[k] = 2 * g.w[k]
		}
	}
	return double
}

// simpleBound is half of what everybody's heaviest edges sum to.
func (g *pairsGraph) simpleBound() float64 {
	sum := 0.0
	for u := range g.n {
		best := int64(0)
		for k := g.start[u]; k < g.start[u+1]; k++ {
			if g.narrow != nil {
				best = max(best, int64(g.narrow[k]))
			} else {
				best = max(best, g.w[k])
			}
		}
		sum += float64(best)
	}
	return sum / 2
}

// greedyStart gives everybody a value at which all their edges are covered, as
// low as it can be one after the other, and pairs along edges that are tight.
func (b *blossom) greedyStart(spread int64) {
	// A value far below what any edge needs is no help to the neighbours.
	least := max(b.floor, -4*spread)
	for v := range b.n {
		b.y[v] = least
		for k := b.start[v]; k < b.start[v+1]; k++ {
			b.y[v] = max(b.y[v], b.w[k]/2)
		}
	}
	for v := range int32(b.n) {
		if b.mate[v] >= 0 {
			continue
		}
		best, at := least, int32(-1)
		for k := b.start[v]; k < b.start[v+1]; k++ {
			if x := b.w[k] - b.y[b.to[k]]; x > best || x == best && at >= 0 && b.mate[b.to[at]] >= 0 {
				best, at = x, k
			}
		}
		b.y[v] = best
		if at >= 0 && b.mate[b.to[at]] < 0 {
			b.mate[v], b.mate[b.to[at]] = b.to[at], v
		}
	}
}

// dense solves the fractional problem and lets the trees mend what is left.
func (s *pairsSearch) dense() bool {
	b, bound := s.prepare()
	s.bound = min(s.bound, bound)
	if b == nil {
		return false
	}
	s.b = b
	return s.run(0)
}

func (s *pairsSearch) prepare() (*blossom, float64) {
	if s.g.narrow != nil {
		return prepareBlossom(s, s.g.narrow)
	}
	return prepareBlossom(s, s.g.w)
}

// prepareBlossom solves the fractional problem. It returns nil when it was
// stopped, with a bound.
func prepareBlossom[W int32 | int64](s *pairsSearch, w []W) (*blossom, float64) {
	g := s.g
	t := &transport[W]{n: g.n, m: g.n, start: g.start, to: g.to, w: w, demand: same32(g.n, 1),
		outside: same(g.n, -s.penalty), capacity: same32(g.n, 1), clock: g.clock, work: s.work, rough: true}
	if g.progress != nil {
		t.progress = func(q Progress) {
			// Every pair counts twice there.
			s.bound = min(s.bound, q.Bound/2)
			q.Stage, q.Objective, q.Bound = "fractional "+q.Stage, float64(s.value), max(s.bound, float64(s.value))
			g.progress(q)
		}
	}
	solved := t.solve()
	s.work = t.work
	if !solved {
		return nil, t.bound() / 2
	}
	b := newBlossom(g.n, g.start, g.to, g.doubled(), -s.penalty)
	for v := range g.n {
		b.y[v] = t.value[v] + t.price[v]
	}
	next, before := same32(g.n, -1), same32(g.n, -1)
	for u := range g.n {
		for e := t.start[u]; e < t.start[u+1]; e++ {
			if t.used(e) {
				next[u], before[t.to[e]] = t.to[e], int32(u)
			}
		}
	}
	// Every edge of a path or cycle of the fractional answer is tight, so every
	// second one is a good start. Paths end where staying alone costs nothing.
	done := make([]bool, g.n)
	walk := func(s int32) {
		for v := s; v >= 0 && !done[v]; {
			done[v] = true
			u := next[v]
			if u < 0 || done[u] {
				return
			}
			done[u] = true
			b.mate[v], b.mate[u] = u, v
			v = next[u]
		}
	}
	for v := range int32(g.n) {
		if before[v] < 0 {
			walk(v)
		}
	}
	for v := range int32(g.n) {
		walk(v)
	}
	return b, math.Inf(1)
}

func same32(n int, x int32) []int32 {
	s := make([]int32, n)
	for i := range s {
		s[i] = x
	}
	return s
}

// grow grows a tree from everybody who has to find a partner, for a short time
// at first and then for longer, so that neighbours meet half way and few trees
// become large. It pauses after some work, or at the budget when there is one,
// and reports whether everything is done.
func (b *blossom) grow(budget int64) bool {
	pause := b.work + 1<<24
	if budget > 0 {
		pause = b.work + budget
	}
	for {
		for ; b.at < b.n; b.at++ {
			r := int32(b.at)
			if b.mate[r] >= 0 || b.y[r] <= b.floor {
				continue
			}
			if b.work >= pause || b.clock.over(b.work) {
				return false
			}
			b.search(r, b.long)
			if b.mate[r] < 0 && b.y[r] > b.floor {
				b.open++
			} else {
				b.found++
			}
		}
		b.at = 0
		if b.open == 0 {
			return true
		}
		// When nobody found anything, the way is long for all of them.
		if b.long *= 4; b.found == 0 || b.long > far/4 {
			b.long = far
		}
		b.open, b.found = 0, 0
	}
}

// bound is the value of the dual: no pairing that leaves as few alone has
// weights that sum to more.
func (b *blossom) bound(penalty int64) float64 {
	var sum exactSum
	alone := int64(0)
	for v, y := range b.y {
		sum.add(y, 1)
		if b.mate[v] < 0 {
			alone++
		}
	}
	for x := b.n; x < len(b.parent); x++ {
		if b.children[x] != nil && b.z[x] != 0 {
			sum.add(b.z[x], int64(b.size[x]-1)/2)
		}
	}
	sum.add(alone, penalty)
	f, _ := sum.total().Float64()
	return f / 2
}

// greedy takes the heaviest edges first.
func (p *PairsProblem) greedy(g *pairsGraph) []int32 {
	order := make([]int32, 0, len(p.Edges))
	for i, e := range p.Edges {
		if (g.banned == nil || !g.banned[i]) && (p.Most || e.Weight > 0) {
			order = append(order, int32(i))
		}
	}
	slices.SortStableFunc(order, func(i, j int32) int { return cmp.Compare(p.Edges[j].Weight, p.Edges[i].Weight) })
	mate := same32(g.n, -1)
	for _, i := range order {
		if e := p.Edges[i]; mate[e.Left] < 0 && mate[e.Right] < 0 {
			mate[e.Left], mate[e.Right] = e.Right, e.Left
		}
	}
	return mate
}

// trios lets people who are alone join a pair: as many as possible, then worth
// the most, which is an assignment of people to pairs.
func (p *PairsProblem) trios(ctx context.Context, a *Pairing, banned []bool) error {
	if len(a.Alone) == 0 || len(a.Chosen) == 0 {
		return nil
	}
	pair := same32(p.People, -1) // which pair somebody is in
	for i, e := range a.Chosen {
		pair[p.Edges[e].Left], pair[p.Edges[e].Right] = int32(i), int32(i)
	}
	seat := same32(p.People, -1)
	for i, v := range a.Alone {
		seat[v] = int32(i)
	}
	type half struct {
		person, pair int32
		weight       int64
	}
	var halves []half
	for i, e := range p.Edges {
		if banned != nil && banned[i] {
			continue
		}
		if seat[e.Left] >= 0 && pair[e.Right] >= 0 {
			halves = append(halves, half{seat[e.Left], pair[e.Right], e.Weight})
		} else if seat[e.Right] >= 0 && pair[e.Left] >= 0 {
			halves = append(halves, half{seat[e.Right], pair[e.Left], e.Weight})
		}
	}
	slices.SortStableFunc(halves, func(x, y half) int {
		return cmp.Or(cmp.Compare(x.person, y.person), cmp.Compare(x.pair, y.pair))
	})
	q := &AssignProblem{Left: len(a.Alone), Right: len(a.Chosen), Most: true}
	for i := 1; i < len(halves); i++ {
		if x, y := halves[i-1], halves[i]; x.person == y.person && x.pair == y.pair {
			q.Edges = append(q.Edges, Edge{x.person, x.pair, x.weight + y.weight})
		}
	}
	join, err := Assign(ctx, q, Options{})
	if err != nil {
		return err
	}
	joined := make([]bool, len(a.Alone))
	for _, i := range join.Chosen {
		e := q.Edges[i]
		a.Trios = append(a.Trios, Trio{Person: a.Alone[e.Left], Edge: a.Chosen[e.Right], Weight: e.Weight})
		joined[e.Left] = true
	}
	slices.SortFunc(a.Trios, func(x, y Trio) int { return cmp.Compare(x.Person, y.Person) })
	var alone []int32
	for i, v := range a.Alone {
		if !joined[i] {
			alone = append(alone, v)
		}
	}
	a.Alone = alone
	return nil
}

// Verify checks an answer without using anything of the solver: that nobody is
// in two pairs, that the objective is the sum of the weights, and, when it
// claims to be proven, that the dual really proves it.
func (p *PairsProblem) Verify(a *Pairing) error {
	busy := make([]bool, p.People)
	banned := make([]bool, len(p.Edges))
	for _, i := range p.Forbidden {
		banned[i] = true
	}
	var sum int64
	for _, i := range a.Chosen {
		if i < 0 || i >= len(p.Edges) || banned[i] {
			return fmt.Errorf("edge %d may not be chosen", i)
		}
		e := p.Edges[i]
		if busy[e.Left] || busy[e.Right] {
			return fmt.Errorf("edge %d pairs somebody who is paired", i)
		}
		busy[e.Left], busy[e.Right] = true, true
		sum += e.Weight
	}
	if float64(sum) != a.Objective {
		return fmt.Errorf("the weights sum to %d, not %g", sum, a.Objective)
	}
	if a.Objective > a.Bound {
		return fmt.Errorf("the objective %g is above the bound %g", a.Objective, a.Bound)
	}
	if a.Value == nil {
		return nil
	}
	alone := 0
	var bound exactSum
	for v, y := range a.Value {
		if y < -a.Penalty {
			return fmt.Errorf("person %d is valued at %d, below what staying alone costs", v, y)
		}
		if !busy[v] {
			alone++
		}
		bound.add(y, 1)
	}
	// What the sets around both ends of an edge are worth: the sum from the
	// outermost to the smallest common one, found with jump pointers.
	if len(a.SetOf) != len(a.Value) {
		return fmt.Errorf("%d people have a set, %d a value", len(a.SetOf), len(a.Value))
	}
	size := make([]int64, len(a.Sets))
	for v, k := range a.SetOf {
		if k < -1 || int(k) >= len(a.Sets) {
			return fmt.Errorf("person %d is in set %d, which does not exist", v, k)
		}
		if k >= 0 {
			size[k]++
		}
	}
	depth, total, jump := make([]int32, len(a.Sets)), make([]int64, len(a.Sets)), make([]int32, len(a.Sets))
	for k, s := range a.Sets {
		if s.Value <= 0 || s.Inside < -1 || int(s.Inside) >= k {
			return fmt.Errorf("set %d has value %d and lies in set %d", k, s.Value, s.Inside)
		}
		depth[k], total[k], jump[k] = 1, s.Value, -1
		if o := s.Inside; o >= 0 {
			depth[k], total[k], jump[k] = depth[o]+1, total[o]+s.Value, o
			if j := jump[o]; j >= 0 && jump[j] >= 0 && depth[o]-depth[j] == depth[j]-depth[jump[j]] {
				jump[k] = jump[j]
			}
		}
	}
	for k := len(a.Sets) - 1; k >= 0; k-- {
		if size[k]%2 == 0 {
			return fmt.Errorf("set %d has %d members", k, size[k])
		}
		bound.add(a.Sets[k].Value, (size[k]-1)/2)
		if o := a.Sets[k].Inside; o >= 0 {
			size[o] += size[k]
		}
	}
	around := func(u, v int32) int64 {
		x, y := a.SetOf[u], a.SetOf[v]
		for x != y {
			if x < 0 || y < 0 {
				return 0
			}
			if depth[x] < depth[y] {
				x, y = y, x
			}
			switch {
			case depth[x] > depth[y] && jump[x] >= 0 && depth[jump[x]] >= depth[y]:
				x = jump[x]
			case depth[x] > depth[y]:
				x = a.Sets[x].Inside
			case jump[x] >= 0 && jump[y] >= 0 && depth[jump[x]] == depth[jump[y]] && jump[x] != jump[y]:
				x, y = jump[x], jump[y]
			default:
				x, y = a.Sets[x].Inside, a.Sets[y].Inside
			}
		}
		if x < 0 {
			return 0
		}
		return total[x]
	}
	for i, e := range p.Edges {
		if !banned[i] && a.Value[e.Left]+a.Value[e.Right]+around(e.Left, e.Right) < 2*e.Weight {
			return fmt.Errorf("edge %d is worth more than its dual", i)
		}
	}
	var value exactSum
	value.add(sum, 2)
	value.add(int64(alone), -a.Penalty)
	if bound.total().Cmp(value.total()) != 0 {
		return fmt.Errorf("the dual proves %v, twice the answer is worth %v", bound.total(), value.total())
	}
	return nil
}
