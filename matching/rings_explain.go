package matching

import (
	"context"
	"math"
	"slices"
	"sort"
)

// RingChange is another ring a person could be in, and what the answer would
// lose by it.
type RingChange struct {
	Ring
	// Loss is what the answer loses when this ring is forced in and the people
	// it displaces are packed again as well as possible among themselves and
	// those nearby who are free. 0 means an equally good answer.
	Loss float64
	// AtLeast is a proven lower bound on the loss, whatever else is rearranged.
	AtLeast float64
	// Displaced are the people who would no longer be served.
	Displaced []int32
}

// Reason says why a person is not served.
type Reason string

const (
	Served      Reason = "served"       // they are
	NobodyHas   Reason = "nobody-has"   // nobody can teach what they want
	NobodyWants Reason = "nobody-wants" // nobody wants what they teach
	NoRing      Reason = "no-ring"      // no ring within the length leads back to them
	Outweighed  Reason = "outweighed"   // there are rings, but others together are worth more
)

// Why says whether and why a person is not served, and for an outweighed person
// the ring that is closest: they would be served if it were worth more by its
// Loss.
func (r *RingsResult) Why(ctx context.Context, person int32) (Reason, *RingChange) {
	for i := range r.Rings {
		k := slices.Index(r.Rings[i].People, person)
		if k > 0 || k == 0 && !r.Rings[i].Chain {
			return Served, nil
		}
	}
	taught, teaches := false, false
	for i := range r.problem.Arcs {
		taught = taught || r.problem.Arcs[i].Learner == person
		teaches = teaches || r.problem.Arcs[i].Teacher == person
	}
	if !taught {
		return NobodyHas, nil
	}
	list := r.Alternatives(ctx, person, 1)
	switch {
	case len(list) > 0:
		return Outweighed, &list[0]
	case !teaches && r.problem.MaxChain == 0:
		return NobodyWants, nil
	}
	return NoRing, nil
}

// Alternatives lists up to limit other rings in which the person would be
// taught, the cheapest change first. The losses are those of the rings that look
// cheapest by the prices of places.
func (r *RingsResult) Alternatives(ctx context.Context, person int32, limit int) []RingChange {
	c := r.columns
	owner := map[int32]int32{}
	for _, i := range r.chosen {
		for _, v := range c.pack.verts(i) {
			owner[v] = i
		}
	}
	type option struct {
		c    int32
		rest float64
	}
	var options []option
	for _, i := range c.pack.of(person) {
		verts := c.pack.verts(i)
		chain := len(c.arcsOf(i)) < len(verts)
		if slices.Contains(r.chosen, i) || chain && verts[0] == person {
			continue
		}
		rest := c.exact[i]
		for _, v := range verts {
			rest -= r.Prices[v]
		}
		options = append(options, option{i, rest})
	}
	sort.Slice(options, func(i, j int) bool {
		return options[i].rest > options[j].rest || options[i].rest == options[j].rest && options[i].c < options[j].c
	})
	// Rings over the same people in another order are one option.
	options = options[:min(len(options), 3*limit+8)]
	out := make([]RingChange, 0, len(options))
	for _, x := range options {
		out = append(out, r.change(ctx, owner, x.c, x.rest))
	}
	sort.SliceStable(out, func(i, j int) bool { return out[i].Loss < out[j].Loss })
	return out[:min(len(out), limit)]
}

func (r *RingsResult) change(ctx context.Context, owner map[int32]int32, force int32, rest float64) RingChange {
	p, c := r.problem, r.columns
	free := map[int32]bool{}
	lost := 0.0
	hurt := map[int32]bool{}
	taken := map[int32]bool{}
	for _, v := range c.pack.verts(force) {
		taken[v] = true
		if o, ok := owner[v]; ok && !hurt[o] {
			hurt[o] = true
			lost += c.exact[o]
			for _, u := range c.pack.verts(o) {
				free[u] = true
			}
		}
	}
	// The people displaced, with everybody who has no ring.
	var cols []int32
	seen := map[int32]bool{}
	for u := range free {
		if taken[u] {
			continue
		}
		for _, i := range c.pack.of(u) {
			if seen[i] {
				continue
			}
			seen[i] = true
			ok := true
			for _, v := range c.pack.verts(i) {
				_, owned := owner[v]
				if taken[v] || owned && !free[v] {
					ok = false
					break
				}
			}
			if ok {
				cols = append(cols, i)
			}
		}
	}
	slices.Sort(cols)
	var refill []int32
	gained := 0.0
	if len(cols) > 0 {
		sub := c.pack.subset(cols)
		proof := solvePacking(ctx, sub, packLimits{work: 2_000_000})
		for _, i := range proof.cols {
			refill = append(refill, cols[i])
			gained += c.exact[cols[i]]
		}
	}
	people, arcs := slices.Clone(c.pack.verts(force)), slices.Clone(c.arcsOf(force))
	ch := RingChange{Ring: Ring{People: people, Arcs: arcs, Chain: len(arcs) < len(people)}}
	ch.Weight, ch.Value, ch.Chance = p.measure(people, arcs)
	if !p.FailureAware {
		for _, e := range arcs {
			ch.Chance *= p.Arcs[e].chance()
		}
	}
	ch.Loss = math.Max(0, lost-gained-c.exact[force])
	served := map[int32]bool{}
	mark := func(i int32) {
		verts := c.pack.verts(i)
		chain := len(c.arcsOf(i)) < len(verts)
		for k, v := range verts {
			served[v] = served[v] || !chain || k > 0
		}
	}
	mark(force)
	for _, i := range refill {
		mark(i)
	}
	for o := range hurt {
		verts := c.pack.verts(o)
		chain := len(c.arcsOf(o)) < len(verts)
		for k, v := range verts {
			if (!chain || k > 0) && !served[v] {
				ch.Displaced = append(ch.Displaced, v)
			}
		}
	}
	slices.Sort(ch.Displaced)
	// Every packing with this ring is worth at most the root bound plus what
	// the ring falls short of its people's prices.
	if rest < 0 {
		ch.AtLeast = math.Max(0, r.Objective-(r.Root+rest))
	}
	ch.AtLeast = math.Min(ch.AtLeast, ch.Loss)
	return ch
}
