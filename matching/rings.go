package matching

import (
	"context"
	"fmt"
	"math"
	"slices"
	"sort"
)

// SwapArc says that Teacher can teach Learner something. Several arcs between
// the same two people (different skills) are welcome.
type SwapArc struct {
	Teacher, Learner int32
	Skill            int32   // the caller's number of the skill, kept in answers
	Weight           float64 // how well it fits
	Success          float64 // chance that it takes place, 0 < Success <= 1; 0 means 1
}

func (a *SwapArc) chance() float64 {
	if a.Success == 0 {
		return 1
	}
	return a.Success
}

// RingsProblem asks for disjoint rings of people in which everybody teaches the
// next and is taught by the one before.
type RingsProblem struct {
	People    int
	Arcs      []SwapArc
	MaxLength int // longest ring, 2..5

	// Bonus is added for every person served (taught something), Priority, when
	// not nil, for this person: a place lost last time can come first now.
	Bonus    float64
	Priority []float64

	// FailureAware counts what is to be expected: a ring takes place only when
	// all its arcs succeed, a chain as far as the first that does not
	// (Dickerson, Procaccia and Sandholm 2013).
	FailureAware bool

	// Givers hold hours in the time bank: each may also begin a chain of up to
	// MaxChain arcs, teaching without being taught. The last of a chain teaches
	// nobody and owes an hour. MaxChain is 0 (no chains) to 5.
	Givers   []int32
	MaxChain int

	// PreferShort decides between answers of equal value: people served in
	// short rings count more. It needs weights that are whole numbers or
	// decimals of up to six places, and proof takes longer.
	PreferShort bool
}

// Ring is one ring or chain of an answer.
type Ring struct {
	People []int32 // teaching order; the last teaches the first unless Chain
	Arcs   []int32 // index in RingsProblem.Arcs of what People[i] teaches the next
	Weight float64 // sum of the arcs' weights
	Value  float64 // what it adds to the objective: weight, bonuses, chance
	Chance float64 // that all of it takes place
	Chain  bool
}

// RingsResult is an answer with its proof. The gap closes to zero only by
// proof; the bound never leaves a ring out.
type RingsResult struct {
	Proof
	Rings  []Ring
	Served int // people who are taught something

	// Prices are shadow prices of places: no possible ring is worth more than
	// the prices of its people together, and nobody's presence adds more than
	// their price.
	Prices []float64
	// Root is the sum of all prices, a bound that anybody can check. Bound is
	// at most this; branch and bound may have lowered it.
	Root      float64
	Nodes     int64 // of the branch and bound
	Possible  int   // rings and chains looked at
	Truncated bool  // there were too many to list; the bound covers all the same

	problem *RingsProblem
	columns *ringColumns
	chosen  []int32
}

// ringColumns are all rings and chains of a problem as columns of a packing.
type ringColumns struct {
	pack  *packing
	arcs  []int32 // arcs of column c start at arcAt[c]
	arcAt []int32
	exact []float64 // values without the tie-breaking part
}

func (c *ringColumns) arcsOf(i int32) []int32 { return c.arcs[c.arcAt[i]:c.arcAt[i+1]] }

func (p *RingsProblem) check() error {
	if p.People < 0 {
		return &InputError{"people", -1, "negative number of people"}
	}
	if p.MaxLength < 2 || p.MaxLength > 5 {
		return &InputError{"max length", -1, fmt.Sprintf("%d is not between 2 and 5", p.MaxLength)}
	}
	if p.MaxChain < 0 || p.MaxChain > 5 {
		return &InputError{"max chain", -1, fmt.Sprintf("%d is not between 0 and 5", p.MaxChain)}
	}
	if !finite(p.Bonus) {
		return &InputError{"bonus", -1, "not a number"}
	}
	if p.Priority != nil && len(p.Priority) != p.People {
		return &InputError{"priority", -1, fmt.Sprintf("%d entries for %d people", len(p.Priority), p.People)}
	}
	for i, x := range p.Priority {
		if !finite(x) {
			return &InputError{"priority", i, "not a number"}
		}
	}
	for i := range p.Arcs {
		a := &p.Arcs[i]
		switch {
		case a.Teacher < 0 || int(a.Teacher) >= p.People:
			return &InputError{"arc", i, fmt.Sprintf("teacher %d does not exist", a.Teacher)}
		case a.Learner < 0 || int(a.Learner) >= p.People:
			return &InputError{"arc", i, fmt.Sprintf("learner %d does not exist", a.Learner)}
		case a.Teacher == a.Learner:
			return &InputError{"arc", i, "teacher and learner are the same"}
		case !finite(a.Weight) || math.Abs(a.Weight) > 1e9:
			return &InputError{"arc", i, "weight is not a number within a thousand million"}
		case !(a.Success >= 0 && a.Success <= 1):
			return &InputError{"arc", i, "chance of success is not between 0 and 1"}
		}
	}
	seen := map[int32]bool{}
	for i, g := range p.Givers {
		if g < 0 || int(g) >= p.People {
			return &InputError{"giver", i, fmt.Sprintf("person %d does not exist", g)}
		}
		if seen[g] {
			return &InputError{"giver", i, "listed twice"}
		}
		seen[g] = true
	}
	return nil
}

func finite(x float64) bool { return !math.IsNaN(x) && !math.IsInf(x, 0) }

func (p *RingsProblem) bonus(v int32) float64 {
	if p.Priority != nil {
		return p.Bonus + p.Priority[v]
	}
	return p.Bonus
}

// measure values a ring or chain given by its people and arcs.
func (p *RingsProblem) measure(people, arcs []int32) (weight, value, chance float64) {
	chance = 1
	chain := len(arcs) < len(people)
	for i, e := range arcs {
		a := &p.Arcs[e]
		weight += a.Weight
		x := a.Weight + p.bonus(a.Learner)
		if !p.FailureAware {
			value += x
			continue
		}
		chance *= a.chance()
		if chain {
			value += chance * x
		} else {
			value += x
			if i == len(arcs)-1 {
				value *= chance
			}
		}
	}
	return weight, value, chance
}

// shortness is the tie-breaking score of a ring: its people, counted more the
// shorter it is.
func (p *RingsProblem) shortness(people int) float64 {
	return float64(people) * float64(max(p.MaxLength, p.MaxChain+1)+1-people)
}

// maxRings is how many rings are kept in memory at once. Beyond it rings are
// priced as they are generated.
const maxRings = 2_000_000

// columnsOf lists rings and chains whose value exceeds the prices by more than
// floor (all of positive value when prices is nil). It stops at limit and says
// whether the list is complete. over collects, for each person, by how much
// listed and unlisted rings exceed the prices, per head. With prices the list
// keeps the rings nearest to them when there are more than limit; from is the
// floor it ended with.
func (p *RingsProblem) columnsOf(ctx context.Context, prices []float64, floor float64, limit int, over []float64) (list *ringColumns, complete bool, from float64) {
	g := newSwapGraph(p.People, p.Arcs, p.FailureAware)
	c := &ringColumns{pack: &packing{n: p.People, start: []int32{0}}, arcAt: []int32{0}}
	complete = true
	count := 0
	var rests []float64 // what listed rings exceed the prices by, with prices
	visit := func(path, arcs []int32) bool {
		if count++; count&4095 == 0 && ctx.Err() != nil {
			complete = false
			return false
		}
		_, value, _ := p.measure(path, arcs)
		if value <= 0 {
			return true
		}
		if prices != nil {
			rest := value
			for _, v := range path {
				rest -= prices[v]
			}
			if over != nil && rest > 0 {
				share := rest / float64(len(path))
				for _, v := range path {
					over[v] = math.Max(over[v], share)
				}
			}
			if rest < floor {
				return true
			}
			rests = append(rests, rest)
			if len(c.exact) == limit {
				// Those nearest to the prices stay, the others go.
				complete = false
				sorted := slices.Sorted(slices.Values(rests[:limit]))
				floor = math.Nextafter(sorted[limit/2], math.Inf(1))
				c.keep(func(i int) bool { return rests[i] >= floor })
				rests = slices.DeleteFunc(rests, func(x float64) bool { return x < floor })
				if rest < floor {
					return true
				}
			}
		} else if len(c.exact) == limit {
			complete = false
			return false
		}
		c.pack.vert = append(c.pack.vert, path...)
		c.pack.start = append(c.pack.start, int32(len(c.pack.vert)))
		c.exact = append(c.exact, value)
		c.arcs = append(c.arcs, arcs...)
		c.arcAt = append(c.arcAt, int32(len(c.arcs)))
		return true
	}
	g.cycles(p.MaxLength, visit)
	if p.MaxChain > 0 && (complete || over != nil) && ctx.Err() == nil {
		g.chains(p.Givers, p.MaxChain, visit)
	}
	return c, complete, floor
}

// keep drops the columns for which f is false.
func (c *ringColumns) keep(f func(i int) bool) {
	n, vert, arcs := 0, int32(0), int32(0)
	for i := range c.exact {
		v, a := c.pack.vert[c.pack.start[i]:c.pack.start[i+1]], c.arcs[c.arcAt[i]:c.arcAt[i+1]]
		if !f(i) {
			continue
		}
		copy(c.pack.vert[vert:], v)
		copy(c.arcs[arcs:], a)
		vert, arcs = vert+int32(len(v)), arcs+int32(len(a))
		c.exact[n] = c.exact[i]
		n++
		c.pack.start[n], c.arcAt[n] = vert, arcs
	}
	c.exact, c.pack.start, c.arcAt = c.exact[:n], c.pack.start[:n+1], c.arcAt[:n+1]
	c.pack.vert, c.arcs = c.pack.vert[:vert], c.arcs[:arcs]
}

// join adds the columns of another list.
func (c *ringColumns) join(o *ringColumns) {
	for i := range o.exact {
		c.pack.vert = append(c.pack.vert, o.pack.vert[o.pack.start[i]:o.pack.start[i+1]]...)
		c.pack.start = append(c.pack.start, int32(len(c.pack.vert)))
		c.exact = append(c.exact, o.exact[i])
		c.arcs = append(c.arcs, o.arcs[o.arcAt[i]:o.arcAt[i+1]]...)
		c.arcAt = append(c.arcAt, int32(len(c.arcs)))
	}
}

// prepare sets the weights the packing is solved with and its grain.
func (p *RingsProblem) prepare(c *ringColumns) error {
	c.pack.weight = c.exact
	var grain float64
	if !p.FailureAware {
		grain = findGrain(c.exact)
	}
	c.pack.grain = grain
	if p.PreferShort && len(c.exact) > 0 {
		if grain == 0 {
			return &InputError{"prefer short", -1, "needs weights that are whole numbers or decimals of up to six places and no chances"}
		}
		step := grain / (float64(p.People)*float64(max(p.MaxLength, p.MaxChain+1)) + 1)
		c.pack.weight = slices.Clone(c.exact)
		for i := range c.pack.weight {
			c.pack.weight[i] += step * p.shortness(int(c.pack.start[i+1]-c.pack.start[i]))
		}
		c.pack.grain = step
	}
	c.pack.index()
	return nil
}

// Rings solves the problem: it lists the rings, packs them by annealing and
// neighbourhood search, and proves the packing by the linear programme of the
// cycle formulation (Abraham, Blum and Sandholm 2007; Roth, Sönmez and Ünver
// 2007) with branch and bound. Exact for whatever the limits allow; otherwise
// the best answer found with the bound proven so far.
//
// A bad problem gives an *InputError. Every problem has an answer, perhaps the
// empty one.
func Rings(ctx context.Context, p RingsProblem, o Options) (*RingsResult, error) {
	if err := p.check(); err != nil {
		return nil, err
	}
	c, complete, _ := p.columnsOf(ctx, nil, 0, maxRings, nil)
	if !complete && ctx.Err() == nil {
		return p.stream(ctx, o, maxRings)
	}
	if err := p.prepare(c); err != nil {
		return nil, err
	}
	proof := solvePacking(ctx, c.pack, limitsOf(o))
	if !complete {
		// The context ended while rings were being listed: bound by arcs.
		proof.price, proof.bound = p.arcPrices()
		proof.root = proof.bound
	}
	return p.result(c, proof, nil), nil
}

func limitsOf(o Options) packLimits {
	lim := packLimits{work: o.WorkLimit, seed: o.Seed}
	if o.Progress != nil {
		lim.progress = func(stage string, value, bound float64, work int64) {
			o.Progress(Progress{Stage: stage, Done: -1, Objective: value, Bound: bound, Work: work})
		}
	}
	return lim
}

// arcPrices prices everybody at the best they could be taught. Every ring and
// chain is worth at most that, so the sum is a bound.
func (p *RingsProblem) arcPrices() ([]float64, float64) {
	best := make([]float64, p.People)
	for i := range p.Arcs {
		a := &p.Arcs[i]
		best[a.Learner] = math.Max(best[a.Learner], a.Weight+p.bonus(a.Learner))
	}
	s := 0.0
	for _, x := range best {
		s += x
	}
	return best, s
}

// stream solves problems with more rings than are kept. Prices found on a
// part of the rings are corrected until no ring exceeds them; only rings near
// the prices are packed.
func (p *RingsProblem) stream(ctx context.Context, o Options, keep int) (*RingsResult, error) {
	short := *p
	short.MaxChain = 0
	short.PreferShort = false
	var prices []float64
	sure, bound := p.arcPrices()
	// The best packing met, whichever part of the rings it came from.
	var met struct {
		columns *ringColumns
		chosen  []int32
		value   float64
	}
	say := func(stage string) {
		if o.Progress != nil {
			o.Progress(Progress{Stage: stage, Done: -1, Objective: met.value, Bound: bound})
		}
	}
	note := func(c *ringColumns, chosen []int32) {
		value := 0.0
		for _, i := range chosen {
			value += c.exact[i]
		}
		if met.columns == nil || value > met.value {
			// A list of its own, as lists are cut down later.
			in := make([]bool, len(c.exact))
			for _, i := range chosen {
				in[i] = true
			}
			own := &ringColumns{pack: &packing{n: p.People, start: []int32{0}}, arcAt: []int32{0}}
			own.join(c)
			own.keep(func(i int) bool { return in[i] })
			met.columns, met.value = own, value
			met.chosen = make([]int32, len(own.exact))
			for i := range met.chosen {
				met.chosen[i] = int32(i)
			}
		}
	}
	stop := func() bool { return ctx.Err() != nil }
	var best *ringColumns // the list that is worked on
	pack := func(c *ringColumns, rounds int) {
		best = c
		s := newPackState(c.pack)
		all := make([]int32, c.pack.size())
		for i := range all {
			all[i] = int32(i)
		}
		s.polish(all)
		note(c, s.columns())
		prices, _ = c.pack.startPrices(rounds, s.value, stop)
	}
	// Prices from the longest rings that do fit.
	for short.MaxLength = p.MaxLength - 1; short.MaxLength >= 2 && prices == nil; short.MaxLength-- {
		c, complete, _ := short.columnsOf(ctx, nil, 0, keep, nil)
		if complete || short.MaxLength == 2 || stop() {
			if err := short.prepare(c); err != nil {
				return nil, err
			}
			pack(c, 300)
			say("short rings")
		}
	}
	if prices == nil {
		prices = make([]float64, p.People) // rings of two that do not fit
	}
	share := 1.0
	for round := 0; round < 10 && ctx.Err() == nil; round++ {
		width := 0.0
		for _, y := range prices {
			width += y
		}
		// Rings that fall short of the prices by at most a share of what a
		// place costs on average.
		floor := -share * width / math.Max(1, float64(p.People))
		over := make([]float64, p.People)
		c, complete, from := p.columnsOf(ctx, prices, floor, keep/2, over)
		if ctx.Err() != nil {
			break
		}
		total, excess := 0.0, 0.0
		raised := make([]float64, p.People)
		for v := range raised {
			raised[v] = prices[v] + over[v]
			total += raised[v]
			excess += over[v]
		}
		if total < bound {
			bound, sure = total, raised
		}
		if !complete {
			share /= 2
		}
		if best != nil {
			// Rings of before that are farther from the prices now may be nearer again.
			rests := make([]float64, len(best.exact))
			for i := range rests {
				rests[i] = best.exact[i]
				for _, v := range best.pack.verts(int32(i)) {
					rests[i] -= prices[v]
				}
			}
			least := math.Inf(-1)
			if sorted := slices.Sorted(slices.Values(rests)); len(sorted) > keep/2 {
				least = sorted[len(sorted)-keep/2]
			}
			best.keep(func(i int) bool { return rests[i] < from && rests[i] > least })
			c.join(best)
		}
		best = c
		say("all rings")
		if complete && excess < 1e-3*total {
			break
		}
		if err := p.prepare(c); err != nil {
			return nil, err
		}
		pack(c, 400)
		say("prices")
	}
	if best == nil {
		best = &ringColumns{pack: &packing{n: p.People, start: []int32{0}}, arcAt: []int32{0}}
	}
	if err := p.prepare(best); err != nil {
		return nil, err
	}
	lim := limitsOf(o)
	if lim.progress != nil {
		// Bounds of a part of the rings say nothing about all of them.
		whole := lim.progress
		lim.progress = func(stage string, value, _ float64, work int64) {
			whole(stage, math.Max(value, met.value), bound, work)
		}
	}
	proof := solvePacking(ctx, best.pack, lim)
	value := 0.0
	for _, i := range proof.cols {
		value += best.exact[i]
	}
	if met.value > value {
		// The best packing met came from rings that are not in the list any more.
		first := int32(len(best.exact))
		best.join(met.columns)
		if err := p.prepare(best); err != nil {
			return nil, err
		}
		proof.cols = proof.cols[:0]
		for _, i := range met.chosen {
			proof.cols = append(proof.cols, first+i)
		}
		value = met.value
	}
	proof.value = value
	proof.bound, proof.root, proof.price, proof.part = bound, bound, sure, true
	r := p.result(best, proof, nil)
	r.Truncated = true
	return r, nil
}

// result turns a packing into rings. extra, when not nil, is what the packing's
// weights hold beyond the true values, by column.
func (p *RingsProblem) result(c *ringColumns, proof packProof, extra []float64) *RingsResult {
	r := &RingsResult{Prices: proof.price, Root: proof.root, Nodes: proof.nodes, Possible: c.pack.size(), problem: p, columns: c, chosen: proof.cols}
	for _, i := range proof.cols {
		people, arcs := slices.Clone(c.pack.verts(i)), slices.Clone(c.arcsOf(i))
		ring := Ring{People: people, Arcs: arcs, Chain: len(arcs) < len(people)}
		ring.Weight, ring.Value, ring.Chance = p.measure(people, arcs)
		if !p.FailureAware {
			for _, e := range arcs {
				ring.Chance *= p.Arcs[e].chance()
			}
		}
		r.Rings = append(r.Rings, ring)
		r.Served += len(arcs)
		r.Objective += ring.Value
	}
	sort.Slice(r.Rings, func(i, j int) bool { return r.Rings[i].People[0] < r.Rings[j].People[0] })
	r.Bound = proof.bound
	if proof.bound <= proof.value {
		// Proven in the weights solved with, ties included.
		r.Bound = r.Objective
	} else if g := findGrain(c.exact); g > 0 && !p.FailureAware && extra == nil && !proof.part {
		r.Bound = math.Max(r.Objective, math.Floor(r.Bound/g+1e-6)*g)
	}
	r.Work = proof.work
	r.Algorithm = "cycle formulation, dual simplex, branch and bound, large neighbourhood search"
	r.Close(1e-9 * math.Max(1, math.Abs(r.Objective)))
	return r
}
