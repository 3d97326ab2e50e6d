package matching

import (
	"math/bits"
	"slices"
)

// fair finds the leximin answer: most pairs, and among those as few as possible
// at the lowest weight, then at the next, and so on. It works through the
// weights from the lowest up; each step is a transport whose cost counts the
// pairs at a few of the weights, packed so that a lower weight always outweighs
// all higher ones. After each step the dual tells which edges and places every
// optimal answer of the step can and must use, and only those stay (compare
// Huang, Kavitha, Mehlhorn and Michail 2016, "Fair matchings and related
// problems").
func (p *AssignProblem) fair(g *assignGraph) (*Assignment, error) {
	best, err := p.plain(g)
	if err != nil {
		return nil, err
	}
	a := &Assignment{MostWeight: best.Objective, graph: g}
	if !best.Optimal {
		a.MostWeight = best.Bound
	}
	a.Algorithm = "leximin by transport steps over the weights from the lowest up"
	f := newFairSteps(p, g)
	ok := best.Optimal && f.run()
	a.Work = f.work + best.Work
	a.Chosen = append(append(a.Chosen, g.pinned...), f.chosen...)
	if f.chosen == nil && !ok {
		a.Chosen = best.Chosen
	}
	slices.Sort(a.Chosen)
	var sum int64
	load := make([]int32, p.Right)
	for _, e := range a.Chosen {
		sum += p.Edges[e].Weight
		load[p.Edges[e].Right]++
	}
	a.Unmet = p.unmet(load)
	wanted, single := 0, true
	for u := range p.Left {
		d := 1
		if p.Demand != nil {
			d = int(p.Demand[u])
		}
		wanted += d
		single = single && d <= 1
	}
	a.Idle = wanted - len(a.Chosen)
	a.Objective = float64(sum)
	a.Bound = a.Objective
	if !ok || !single {
		a.Bound = max(a.MostWeight, a.Objective)
	}
	a.Close(0)
	a.Optimal = ok && single
	return a, nil
}

// fairSteps is the shrinking graph of the leximin search.
type fairSteps struct {
	g      *assignGraph
	p      *AssignProblem
	edge   []int32 // edge of the problem, for each edge of g
	level  []int32 // rank of its weight
	levels int
	must   []bool // left people who are matched in every answer that is left
	forced []int  // edges of the problem that are in every answer that is left
	chosen []int  // best answer so far
	base   int64
	pack   int // levels that fit in one step
	work   int64
}

func newFairSteps(p *AssignProblem, g *assignGraph) *fairSteps {
	f := &fairSteps{p: p, must: make([]bool, g.n)}
	c := *g
	c.w, c.index, c.pinned = nil, nil, nil
	c.demand, c.capacity, c.low = slices.Clone(g.demand), slices.Clone(g.capacity), slices.Clone(g.low)
	if c.low == nil {
		c.low = make([]int32, g.m)
	}
	c.start, c.to = slices.Clone(g.start), slices.Clone(g.to)
	c.progress = nil
	f.g = &c
	var weights []int64
	for k := range int32(len(g.to)) {
		e := g.original(k)
		f.edge = append(f.edge, int32(e))
		weights = append(weights, p.Edges[e].Weight)
	}
	ranks := slices.Clone(weights)
	slices.Sort(ranks)
	ranks = slices.Compact(ranks)
	f.levels = len(ranks)
	f.level = make([]int32, len(weights))
	for k, w := range weights {
		r, _ := slices.BinarySearch(ranks, w)
		f.level[k] = int32(r)
	}
	units := 1
	for _, d := range g.demand {
		units += int(d)
	}
	f.base = int64(units + 1)
	b := bits.Len64(uint64(f.base))
	f.pack = max(1, (56-2*b)/b)
	return f
}

// run works through all levels; false means that it was stopped.
func (f *fairSteps) run() bool {
	// First the number of pairs.
	if _, ok := f.step(func(int32) int64 { return 1 }); !ok {
		return false
	}
	gallop := f.pack
	for at := 0; at < f.levels; {
		if f.settled() {
			return true
		}
		next := min(f.levels, at+gallop)
		if gallop > f.pack {
			cost, ok := f.step(func(l int32) int64 {
				if int(l) >= at && int(l) < next {
					return -1
				}
				return 0
			})
			if !ok {
				return false
			}
			if cost == 0 {
				f.remove(at, next)
				at = next
				gallop *= 2
				continue
			}
			gallop = f.pack
			next = min(f.levels, at+gallop)
		}
		cost, ok := f.step(func(l int32) int64 {
			if int(l) < at || int(l) >= next {
				return 0
			}
			c := int64(-1)
			for range next - 1 - int(l) {
				c *= f.base
			}
			return c
		})
		if !ok {
			return false
		}
		if cost == 0 {
			f.remove(at, next)
			gallop *= 2
		}
		at = next
	}
	return true
}

// settled reports whether nothing is left to decide: everybody who is matched
// for sure has edges of one weight only, and so have all the others together.
func (f *fairSteps) settled() bool {
	g := f.g
	rest := int32(-1)
	for u := range g.n {
		own := int32(-1)
		for k := g.start[u]; k < g.start[u+1]; k++ {
			one := &own
			if !f.must[u] {
				one = &rest
			}
			if *one >= 0 && *one != f.level[k] {
				return false
			}
			*one = f.level[k]
		}
	}
	return true
}

// step solves one transport with the cost of each level, keeps its answer, and
// removes what no optimal answer uses. It returns the objective.
func (f *fairSteps) step(worth func(level int32) int64) (int64, bool) {
	g := f.g
	w := make([]int64, len(g.to))
	var lo, hi int64
	for k := range w {
		w[k] = worth(f.level[k])
		lo, hi = min(lo, w[k]), max(hi, w[k])
	}
	g.w, g.narrow, g.spread = w, nil, hi-lo
	idle, bonus := g.penalties()
	outside := make([]int64, g.n)
	for u := range outside {
		if f.must[u] {
			outside[u] = -idle
		}
	}
	s, _ := g.run(outside, bonus)
	f.work += s.work
	if !s.done {
		return 0, false
	}
	chosen := slices.Clone(f.forced)
	var sum int64
	for k := range int32(len(w)) {
		if s.used(k) {
			chosen = append(chosen, int(f.edge[k]))
			sum += w[k]
		}
	}
	f.chosen = chosen
	// Complementary slackness with this dual holds for every optimal answer.
	for u := range g.n {
		if s.value[u] > outside[u] {
			f.must[u] = true
		}
	}
	for v := range g.m {
		if s.price[v] > 0 {
			g.low[v] = g.capacity[v]
		} else if s.price[v] < 0 {
			g.capacity[v] = g.low[v]
		}
	}
	kept := int32(0)
	first := int32(0)
	for u := range g.n {
		last := g.start[u+1]
		for k := first; k < last; k++ {
			v := g.to[k]
			switch r := w[k] - s.value[u] - s.price[v]; {
			case r > 0:
				f.forced = append(f.forced, int(f.edge[k]))
				g.demand[u]--
				g.capacity[v]--
				g.low[v] = max(0, g.low[v]-1)
			case r == 0:
				g.to[kept], f.edge[kept], f.level[kept] = v, f.edge[k], f.level[k]
				kept++
			}
		}
		first = last
		g.start[u+1] = kept
	}
	g.to, f.edge, f.level = g.to[:kept], f.edge[:kept], f.level[:kept]
	return sum, true
}

// remove takes out the edges of levels that nobody needs.
func (f *fairSteps) remove(from, to int) {
	g := f.g
	kept, first := int32(0), int32(0)
	for u := range g.n {
		last := g.start[u+1]
		for k := first; k < last; k++ {
			if l := int(f.level[k]); l >= from && l < to {
				continue
			}
			g.to[kept], f.edge[kept], f.level[kept] = g.to[k], f.edge[k], f.level[k]
			kept++
		}
		first = last
		g.start[u+1] = kept
	}
	g.to, f.edge, f.level = g.to[:kept], f.edge[:kept], f.level[:kept]
}
