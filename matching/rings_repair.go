package matching

import (
	"context"
	"fmt"
	"math"
	"slices"
)

// RingsRepair says what happened to an answer and how it may be mended.
type RingsRepair struct {
	Rings []Ring  // the answer as it was announced; only People and Arcs are read
	Gone  []int32 // people who dropped out
	// Disturb is what it costs to change the ring of a person whose ring could
	// stay as it is. 0 means that nobody's ring is changed who lost nothing.
	Disturb float64
}

// RingsRepaired is a mended answer.
type RingsRepaired struct {
	RingsResult
	Kept      int     // rings of the old answer that stay as they were
	Broken    []int32 // people who lost their ring because somebody dropped out, ascending
	Disturbed []int32 // people whose ring was whole and was changed all the same
	Left      []int32 // people of broken or changed rings who are served no longer: first place next time
}

// RepairRings mends an answer after people dropped out with the least
// disturbance: rings without them stay, and those who lost theirs are packed
// again with everybody who is not in a ring. With a positive Disturb a whole
// ring may be given up where that is worth more than disturbing its people. The
// answer is proven optimal for the sum of values less the disturbance.
func RepairRings(ctx context.Context, p RingsProblem, rep RingsRepair, o Options) (*RingsRepaired, error) {
	if err := p.check(); err != nil {
		return nil, err
	}
	if !(rep.Disturb >= 0) || math.IsInf(rep.Disturb, 0) {
		return nil, &InputError{"disturb", -1, "not a number of at least zero"}
	}
	gone := make([]bool, p.People)
	for i, v := range rep.Gone {
		if v < 0 || int(v) >= p.People {
			return nil, &InputError{"gone", i, fmt.Sprintf("person %d does not exist", v)}
		}
		gone[v] = true
	}
	ringOf := make([]int, p.People)
	for v := range ringOf {
		ringOf[v] = -1
	}
	whole := make([]bool, len(rep.Rings))
	for i, r := range rep.Rings {
		if err := p.checkRing(&r); err != nil {
			return nil, &InputError{"ring", i, err.Error()}
		}
		whole[i] = true
		for _, v := range r.People {
			if ringOf[v] >= 0 {
				return nil, &InputError{"ring", i, fmt.Sprintf("person %d is in ring %d already", v, ringOf[v])}
			}
			ringOf[v] = i
			whole[i] = whole[i] && !gone[v]
		}
	}
	fixed := make([]bool, p.People) // may not be packed again
	out := &RingsRepaired{}
	for v := range fixed {
		i := ringOf[v]
		switch {
		case gone[v]:
			fixed[v] = true
		case i >= 0 && whole[i] && rep.Disturb == 0:
			fixed[v] = true
		case i >= 0 && !whole[i]:
			out.Broken = append(out.Broken, int32(v))
		}
	}
	// The rest is a problem of its own, over the same people.
	sub := p
	sub.Arcs = nil
	var arcs []int32
	for i, a := range p.Arcs {
		if !fixed[a.Teacher] && !fixed[a.Learner] {
			sub.Arcs = append(sub.Arcs, a)
			arcs = append(arcs, int32(i))
		}
	}
	sub.Givers = nil
	for _, g := range p.Givers {
		if !fixed[g] {
			sub.Givers = append(sub.Givers, g)
		}
	}
	c, complete, _ := sub.columnsOf(ctx, nil, 0, maxRings, nil)
	if !complete && ctx.Err() == nil {
		return nil, &InputError{"disturb", -1, "too many rings to repair with disturbance; use 0"}
	}
	same := func(r *Ring, people []int32) bool {
		n := len(r.People)
		if n != len(people) {
			return false
		}
		if r.Chain {
			return slices.Equal(r.People, people)
		}
		k := slices.Index(r.People, people[0])
		for i := range people {
			if k < 0 || r.People[(k+i)%n] != people[i] {
				return false
			}
		}
		return true
	}
	if rep.Disturb > 0 {
		// A ring that could stay is worth the disturbance it spares.
		for i := range rep.Rings {
			if !whole[i] {
				continue
			}
			r := rep.Rings[i]
			_, value, _ := p.measure(r.People, r.Arcs)
			people, ringArcs := slices.Clone(r.People), make([]int32, len(r.Arcs))
			for k, e := range r.Arcs {
				ringArcs[k] = int32(slices.Index(arcs, e))
			}
			c.pack.vert = append(c.pack.vert, people...)
			c.pack.start = append(c.pack.start, int32(len(c.pack.vert)))
			c.exact = append(c.exact, value+rep.Disturb*float64(len(people)))
			c.arcs = append(c.arcs, ringArcs...)
			c.arcAt = append(c.arcAt, int32(len(c.arcs)))
		}
	}
	if err := sub.prepare(c); err != nil {
		return nil, err
	}
	proof := solvePacking(ctx, c.pack, limitsOf(o))
	if !complete {
		_, most := sub.arcPrices()
		proof.bound = most + rep.Disturb*float64(p.People)
	}
	found := sub.result(c, proof, c.exact)
	slack := math.Max(0, proof.bound-proof.value)
	optimal := found.Optimal
	for i := range found.Rings {
		for k, e := range found.Rings[i].Arcs {
			found.Rings[i].Arcs[k] = arcs[e]
		}
	}
	out.RingsResult = *found
	if rep.Disturb == 0 {
		for i, r := range rep.Rings {
			if whole[i] {
				r.Chain = len(r.Arcs) < len(r.People)
				r.Weight, r.Value, r.Chance = p.measure(r.People, r.Arcs)
				if !p.FailureAware {
					for _, e := range r.Arcs {
						r.Chance *= p.Arcs[e].chance()
					}
				}
				out.Rings = append(out.Rings, r)
				out.Served += len(r.Arcs)
				out.Objective += r.Value
			}
		}
		slices.SortFunc(out.Rings, func(a, b Ring) int { return int(a.People[0]) - int(b.People[0]) })
	}
	served := make([]bool, p.People)
	for i := range out.Rings {
		r := &out.Rings[i]
		for k, v := range r.People {
			served[v] = served[v] || !r.Chain || k > 0
		}
		old := ringOf[r.People[0]]
		if old >= 0 && whole[old] && same(&rep.Rings[old], r.People) {
			out.Kept++
		}
	}
	kept := map[int]bool{}
	for i := range out.Rings {
		old := ringOf[out.Rings[i].People[0]]
		if old >= 0 && whole[old] && same(&rep.Rings[old], out.Rings[i].People) {
			kept[old] = true
		}
	}
	for v := range ringOf {
		i := ringOf[v]
		if i < 0 || gone[v] || kept[i] {
			continue
		}
		if whole[i] {
			out.Disturbed = append(out.Disturbed, int32(v))
		}
		if !served[v] {
			out.Left = append(out.Left, int32(v))
		}
	}
	out.Bound = out.Objective + slack
	if optimal {
		out.Bound = out.Objective
	}
	out.Close(1e-9 * math.Max(1, math.Abs(out.Objective)))
	return out, nil
}

// checkRing says what is wrong with a ring, if anything.
func (p *RingsProblem) checkRing(r *Ring) error {
	n := len(r.People)
	if n < 2 || len(r.Arcs) != n && len(r.Arcs) != n-1 {
		return fmt.Errorf("%d people and %d arcs", n, len(r.Arcs))
	}
	for i, e := range r.Arcs {
		if e < 0 || int(e) >= len(p.Arcs) {
			return fmt.Errorf("arc %d does not exist", e)
		}
		a := &p.Arcs[e]
		if a.Teacher != r.People[i] || a.Learner != r.People[(i+1)%n] {
			return fmt.Errorf("arc %d does not lead from person %d to person %d", e, r.People[i], r.People[(i+1)%n])
		}
	}
	for i, v := range r.People {
		if slices.Contains(r.People[:i], v) {
			return fmt.Errorf("person %d twice", v)
		}
	}
	return nil
}
