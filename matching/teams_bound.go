package matching

import (
	"context"
	"fmt"
	"math"
	"math/bits"
	"slices"
)

// quickBound adds up what each term can reach on its own, over all teams.
func (p *TeamsProblem) quickBound() float64 {
	z := 0.0
	t := float64(p.Teams)
	for _, s := range p.Skills {
		n := 0
		for _, h := range s.Has {
			if h {
				n++
			}
		}
		if s.Worth > 0 {
			z += s.Worth * math.Min(float64(n), t*float64(s.Need))
		}
	}
	for _, c := range p.Categories {
		count := map[int32]int{}
		none := 0
		for _, v := range c.Of {
			if v >= 0 {
				count[v]++
			} else {
				none++
			}
		}
		if c.Each > 0 {
			sum := 0
			for _, n := range count {
				sum += min(n, p.Teams)
			}
			z += c.Each * math.Min(float64(sum), t*float64(min(len(count), p.MaxSize)))
		} else {
			// Every value needs enough teams to hold its people, every team
			// of people with values has at least one.
			need := 0
			for _, n := range count {
				need += (n + p.MaxSize - 1) / p.MaxSize
			}
			if none == 0 {
				need = max(need, p.Teams)
			}
			z += c.Each * float64(need)
		}
	}
	if o := p.Overlap; o != nil {
		z += o.Worth * o.Enough * t
	}
	return z + p.pairBound()
}

// pairBound bounds what wanted pairs are worth. Inside a team of k people there
// are at most k-1 wanted pairs and one more for every cycle of wanted pairs, and
// a cycle inside a team has at most MaxSize people; so with n people in T teams
// at most n-T plus the number of such cycles are together.
func (p *TeamsProblem) pairBound() float64 {
	near := make([][]int32, p.People)
	var worth []float64
	for _, q := range p.Pairs {
		if q.Worth > 0 {
			worth = append(worth, q.Worth)
			near[q.A] = append(near[q.A], q.B)
			near[q.B] = append(near[q.B], q.A)
		}
	}
	slices.Sort(worth)
	slices.Reverse(worth)
	limit := len(worth)
	// Counting cycles stops when it can no longer help, or costs too much.
	room := len(worth) - (p.People - p.Teams)
	cycles, steps := 0, 0
	on := make([]bool, p.People)
	var walk func(root, v int32, length int)
	walk = func(root, v int32, length int) {
		for _, w := range near[v] {
			if steps++; cycles >= 2*room || steps > 2_000_000 {
				return
			}
			if w == root && length > 2 {
				cycles++ // each is met twice, once in either direction
			} else if w > root && !on[w] && length < p.MaxSize {
				on[w] = true
				walk(root, w, length+1)
				on[w] = false
			}
		}
	}
	if room > 0 {
		for v := int32(0); v < int32(p.People); v++ {
			walk(v, v, 1)
		}
		if steps <= 2_000_000 && cycles < 2*room {
			limit = p.People - p.Teams + cycles/2
		}
	}
	z := 0.0
	for _, w := range worth[:limit] {
		z += w
	}
	return z
}

// teamPricer finds the team worth most above the prices of its members, by
// branch and bound over people in order.
type teamPricer struct {
	p      *TeamsProblem
	size   int
	price  []float64
	skill  []uint64
	wanted [][]float64 // worth of every pair
	half   []float64   // half of what a person's wanted pairs are worth
	means  []float64
	ctx    context.Context
	stop   bool
	steps  int64

	team  []int32
	have  []int
	seen  [][]int
	sum   []float64
	pull  [][]float64 // by depth: price and pairs with those chosen, of each person
	top   []float64
	bar   float64 // teams at most this much above their prices are not listed
	found []pricedTeam
	keep  int  // how many are listed, the best ones
	full  bool // there were more
}

type pricedTeam struct {
	people []int32
	value  float64
	over   float64
}

const (
	pricedTeams = 40      // listed by one search while prices are sought
	closeTeams  = 200_000 // and when the best partition is sought among them
)

func newTeamPricer(ctx context.Context, p *TeamsProblem) *teamPricer {
	n := p.People
	q := &teamPricer{ctx: ctx, p: p, size: p.MaxSize, skill: make([]uint64, n), half: make([]float64, n), have: make([]int, len(p.Skills)), top: make([]float64, p.MaxSize), keep: pricedTeams}
	for k, s := range p.Skills {
		for v, h := range s.Has {
			if h {
				q.skill[v] |= 1 << k
			}
		}
	}
	q.wanted = make([][]float64, n)
	for v := range q.wanted {
		q.wanted[v] = make([]float64, n)
	}
	for _, r := range p.Pairs {
		q.wanted[r.A][r.B], q.wanted[r.B][r.A] = r.Worth, r.Worth
		if r.Worth > 0 {
			q.half[r.A] += r.Worth / 2
			q.half[r.B] += r.Worth / 2
		}
	}
	for _, c := range p.Categories {
		top := int32(-1)
		for _, v := range c.Of {
			top = max(top, v)
		}
		q.seen = append(q.seen, make([]int, top+1))
	}
	for _, b := range p.Balances {
		q.means = append(q.means, mean(b.Value))
	}
	q.sum = make([]float64, len(p.Balances))
	q.pull = make([][]float64, q.size+1)
	for d := range q.pull {
		q.pull[d] = make([]float64, n)
	}
	return q
}

// search lists the teams most above the prices and returns how much the best
// is, an exact maximum unless the context ended (then +Inf).
func (q *teamPricer) search(price []float64, bar float64) float64 {
	q.price, q.bar, q.found, q.team = price, bar, q.found[:0], q.team[:0]
	q.full = false
	for v := range q.pull[0] {
		q.pull[0][v] = -price[v]
	}
	q.extend(0, 0)
	if q.stop {
		return math.Inf(1)
	}
	slices.SortFunc(q.found, func(a, b pricedTeam) int {
		switch {
		case a.over > b.over:
			return -1
		case a.over < b.over:
			return 1
		}
		return slices.Compare(a.people, b.people)
	})
	if len(q.found) == 0 {
		return bar
	}
	return q.found[0].over
}

// fresh is what v adds to skills and categories of the team so far.
func (q *teamPricer) fresh(v int32) float64 {
	z := 0.0
	for m := q.skill[v]; m != 0; m &= m - 1 {
		k := bits.TrailingZeros64(m)
		if q.have[k] < q.p.Skills[k].Need {
			z += q.p.Skills[k].Worth
		}
	}
	for c := range q.seen {
		if x := q.p.Categories[c].Of[v]; x >= 0 && q.seen[c][x] == 0 {
			z += q.p.Categories[c].Each
		}
	}
	return z
}

// extend tries all teams that continue the one so far with people from first
// on; base is its worth above prices without balances and overlap.
func (q *teamPricer) extend(first int32, base float64) {
	if q.stop {
		return
	}
	depth := len(q.team)
	left := q.size - depth
	n := int32(q.p.People)
	pull := q.pull[depth]
	q.steps += int64(n - first)
	if left == 1 {
		if q.steps&0xfffff < int64(n) && q.ctx.Err() != nil {
			q.stop = true
			return
		}
		for v := first; v < n; v++ {
			z := base + pull[v] + q.fresh(v)
			if z <= q.bar {
				continue
			}
			for b := range q.sum {
				z -= q.p.Balances[b].Weight * math.Abs(q.sum[b]+q.p.Balances[b].Value[v]-float64(q.size)*q.means[b])
			}
			if z <= q.bar {
				continue
			}
			people := append(slices.Clone(q.team), v)
			if o := q.p.Overlap; o != nil {
				z += o.Worth * math.Min(o.hours(people), o.Enough)
			}
			q.note(people, z)
		}
		return
	}
	// What the rest can add at most.
	rest := 0.0
	for k := range q.have {
		s := &q.p.Skills[k]
		if s.Worth > 0 {
			rest += s.Worth * float64(min(max(0, s.Need-q.have[k]), left))
		}
	}
	for c := range q.seen {
		if e := q.p.Categories[c].Each; e > 0 {
			missing := 0
			for _, x := range q.seen[c] {
				if x == 0 {
					missing++
				}
			}
			rest += e * float64(min(missing, left))
		}
	}
	if o := q.p.Overlap; o != nil {
		hours := o.Enough
		if depth > 0 {
			hours = math.Min(hours, o.hours(q.team))
		}
		rest += o.Worth * hours
	}
	for v := first; v+int32(left) <= n; v++ {
		// The best of those from v on, v itself included.
		if (v-first)%8 == 0 {
			top := q.top[:0]
			for w := v; w < n; w++ {
				x := pull[w] + q.half[w]
				if len(top) < left {
					top = append(top, x)
				} else if x > top[left-1] {
					top[left-1] = x
				} else {
					continue
				}
				for i := len(top) - 1; i > 0 && top[i] > top[i-1]; i-- {
					top[i], top[i-1] = top[i-1], top[i]
				}
			}
			z := base + rest
			for _, x := range top {
				z += x
			}
			if z <= q.bar {
				return
			}
		}
		gain := pull[v] + q.fresh(v)
		next := q.pull[depth+1]
		pairs := q.wanted[v]
		for w := v + 1; w < n; w++ {
			next[w] = pull[w] + pairs[w]
		}
		q.team = append(q.team, v)
		for m := q.skill[v]; m != 0; m &= m - 1 {
			q.have[bits.TrailingZeros64(m)]++
		}
		for c := range q.seen {
			if x := q.p.Categories[c].Of[v]; x >= 0 {
				q.seen[c][x]++
			}
		}
		for b := range q.sum {
			q.sum[b] += q.p.Balances[b].Value[v]
		}
		q.extend(v+1, base+gain)
		q.team = q.team[:depth]
		for m := q.skill[v]; m != 0; m &= m - 1 {
			q.have[bits.TrailingZeros64(m)]--
		}
		for c := range q.seen {
			if x := q.p.Categories[c].Of[v]; x >= 0 {
				q.seen[c][x]--
			}
		}
		for b := range q.sum {
			q.sum[b] -= q.p.Balances[b].Value[v]
		}
		if q.stop {
			return
		}
	}
}

func (q *teamPricer) note(people []int32, over float64) {
	if over <= q.bar {
		return
	}
	value := over
	for _, v := range people {
		value += q.price[v]
	}
	q.found = append(q.found, pricedTeam{people, value, over})
	if len(q.found) >= 2*q.keep {
		q.full = true
		slices.SortFunc(q.found, func(a, b pricedTeam) int {
			switch {
			case a.over > b.over:
				return -1
			case a.over < b.over:
				return 1
			}
			return slices.Compare(a.people, b.people)
		})
		q.found = q.found[:q.keep]
		q.bar = q.found[q.keep-1].over
	}
}

// priceBound bounds the value by column generation over all possible teams
// (Dantzig and Wolfe 1960): no partition is worth more than everybody's price
// plus, for each team, the most any team is worth above its members' prices.
// Prices come from the linear programme over the teams met so far, drawn towards
// the best prices known (Wentges 1997). Only for teams of one size few enough to
// be searched through; limit is in steps of the search, 0 for none.
func (p *TeamsProblem) priceBound(ctx context.Context, start [][]int32, limit int64, found func(bound float64, steps int64)) *teamPrices {
	n, size := p.People, p.MaxSize
	if p.MinSize != size || size > lpLongest || size < 2 || p.Teams*size != n || len(p.Skills) > 64 || p.choices() > 2e8 {
		return nil
	}
	for _, s := range p.Skills {
		if s.Worth < 0 {
			return nil
		}
	}
	q := newTeamPricer(ctx, p)
	l := newPackLP(n)
	seen := map[string]bool{}
	add := func(people []int32, value float64) {
		key := fmt.Sprint(people)
		if !seen[key] && value > 0 {
			seen[key] = true
			l.addCol(value, people)
		}
	}
	terms, _ := p.Explain(start)
	total := 0.0
	for t, team := range start {
		add(slices.Sorted(slices.Values(team)), terms[t].Value)
		total += terms[t].Value
	}
	center := make([]float64, n)
	for v := range center {
		center[v] = total / float64(n)
	}
	best := math.Inf(1)
	y := make([]float64, n)
	trial := make([]float64, n)
	pull := 0.8
	for ctx.Err() == nil && (limit == 0 || q.steps < limit) {
		l.refactor()
		if l.solve(ctx, math.Inf(-1), 0) != lpOptimal {
			break
		}
		l.prices(y)
		low := 0.0
		for v := range y {
			low += y[v]
		}
		for v := range trial {
			trial[v] = pull*center[v] + (1-pull)*y[v]
		}
		columns := len(l.cost)
		// A team must be worth more than nothing above the prices to matter to
		// the programme; for the bound the maximum itself is wanted.
		over := q.search(trial, -total/float64(p.Teams)*0.05)
		if q.stop {
			break
		}
		bound := float64(p.Teams) * over
		for _, x := range trial {
			bound += x
		}
		if bound < best-1e-9 {
			best = bound
			copy(center, trial)
			found(best, q.steps)
		}
		for _, t := range q.found {
			z := t.value
			for _, v := range t.people {
				z -= y[v]
			}
			if z > 1e-7 {
				add(t.people, t.value)
			}
		}
		if best-low < 1e-4*math.Max(1, math.Abs(best)) {
			break
		}
		if len(l.cost) == columns {
			// Nothing new at these prices: go nearer to the programme's own.
			if pull < 0.05 {
				break
			}
			pull *= 0.5
		}
	}
	t := &teamPrices{q: q, center: center, best: best}
	for j := range l.cost {
		t.pool = append(t.pool, pricedTeam{people: l.colInd[j], value: l.cost[j]})
	}
	return t
}

// teamPrices are the prices found and the teams met on the way.
type teamPrices struct {
	q      *teamPricer
	center []float64
	best   float64
	pool   []pricedTeam
}

// assemble looks for the best partition of at least value among the teams
// given, each at most once; work limits the search, 0 does not. It returns nil
// when there is none better, and an upper bound on what these teams can make.
func (t *teamPrices) assemble(ctx context.Context, teams []pricedTeam, value float64, work int64) ([][]int32, float64) {
	p := t.q.p
	pack := &packing{n: p.People, start: []int32{0}}
	for _, x := range teams {
		if p.allowed(x.people) {
			pack.vert = append(pack.vert, x.people...)
			pack.start = append(pack.start, int32(len(pack.vert)))
			pack.weight = append(pack.weight, x.value)
		}
	}
	if pack.size() == 0 {
		return nil, value
	}
	// Something for every team, so that fewer teams are never worth more.
	extra := math.Max(0, float64(p.Teams-1)*slices.Max(pack.weight)-value) + 1
	for c := range pack.weight {
		pack.weight[c] += extra
	}
	pack.index()
	proof := solvePacking(ctx, pack, packLimits{seed: 1, work: work})
	t.q.steps += proof.work
	bound := proof.bound - extra*float64(p.Teams)
	if len(proof.cols) != p.Teams || proof.value-extra*float64(p.Teams) <= value+1e-9 {
		return nil, bound
	}
	var out [][]int32
	for _, c := range proof.cols {
		out = append(out, slices.Clone(pack.verts(c)))
	}
	return out, bound
}

// finish proves the best partition: one better than value can only be made of
// teams that are worth nearly the most above their prices, and when these are
// few enough they are all packed. It returns a better partition if there is one
// and a bound.
func (t *teamPrices) finish(ctx context.Context, value float64, work int64) ([][]int32, float64) {
	q := t.q
	most := t.best
	for _, x := range t.center {
		most -= x
	}
	most /= float64(q.p.Teams)
	q.keep = closeTeams
	q.search(t.center, most-(t.best-value)-1e-6)
	if q.stop || q.full || len(q.found) > closeTeams {
		return nil, t.best
	}
	better, bound := t.assemble(ctx, q.found, value, work)
	return better, math.Min(t.best, math.Max(bound, value))
}

// allowed says whether a team keeps every hard rule.
func (p *TeamsProblem) allowed(team []int32) bool {
	for _, s := range p.Skills {
		if s.Required {
			n := 0
			for _, v := range team {
				if s.Has[v] {
					n++
				}
			}
			if n < s.Need {
				return false
			}
		}
	}
	if o := p.Overlap; o != nil && o.hours(team) < o.Least {
		return false
	}
	for _, q := range p.Pairs {
		if q.Rule == PairFree {
			continue
		}
		a, b := slices.Contains(team, q.A), slices.Contains(team, q.B)
		if q.Rule == PairApart && a && b || q.Rule == PairTogether && a != b {
			return false
		}
	}
	return true
}

// choices is the number of possible teams.
func (p *TeamsProblem) choices() float64 {
	z := 1.0
	for i := 0; i < p.MaxSize; i++ {
		z *= float64(p.People-i) / float64(i+1)
	}
	return z
}
