package matching

import (
	"context"
	"math"
	"slices"
	"sort"
)

// packProof is the result of solving a packing.
type packProof struct {
	cols  []int32
	value float64
	bound float64
	// price of every vertex: no column is worth more than its vertices; their
	// sum is root.
	price []float64
	nodes int64
	work  int64
	root  float64
	part  bool // there are columns that were not looked at
}

type packLimits struct {
	work     int64
	seed     uint64
	progress func(stage string, value, bound float64, work int64)
}

// reduce drops columns that no best packing needs: of columns over the same
// vertices all but the heaviest, and columns worth no more than disjoint
// columns inside them.
func (p *packing) reduce() []int32 {
	type key [6]int32
	if p.longest() > 6 {
		all := make([]int32, p.size())
		for i := range all {
			all[i] = int32(i)
		}
		return all
	}
	best := make(map[key]int32, p.size())
	of := func(verts []int32) key {
		k := key{-1, -1, -1, -1, -1, -1}
		copy(k[:], verts)
		// Insertion sort: at most six.
		for i := 1; i < len(verts); i++ {
			for j := i; j > 0 && k[j] < k[j-1]; j-- {
				k[j], k[j-1] = k[j-1], k[j]
			}
		}
		return k
	}
	for c := int32(0); c < int32(p.size()); c++ {
		k := of(p.verts(c))
		if o, ok := best[k]; !ok || p.weight[c] > p.weight[o] {
			best[k] = c
		}
	}
	var keep []int32
	var sub [6]int32
	for c := int32(0); c < int32(p.size()); c++ {
		if p.weight[c] <= 0 {
			continue
		}
		verts := p.verts(c)
		full := of(verts)
		if best[full] != c {
			continue
		}
		n := len(verts)
		dominated := false
		if n > 2 {
			worth := func(mask int) float64 {
				k := 0
				for i := 0; i < n; i++ {
					if mask>>i&1 == 1 {
						sub[k] = full[i]
						k++
					}
				}
				if o, ok := best[of(sub[:k])]; ok {
					return p.weight[o]
				}
				return 0
			}
			whole := 1<<n - 1
			for mask := 1; mask < whole && !dominated; mask++ {
				w := worth(mask)
				if w <= 0 {
					continue
				}
				dominated = w >= p.weight[c] || w+worth(whole&^mask) >= p.weight[c]
			}
		}
		if !dominated {
			keep = append(keep, c)
		}
	}
	return keep
}

func (p *packing) longest() int {
	k := 0
	for c := 0; c < p.size(); c++ {
		k = max(k, int(p.start[c+1]-p.start[c]))
	}
	return k
}

// components groups columns that are linked by shared vertices.
func (p *packing) components() [][]int32 {
	root := make([]int32, p.n)
	for v := range root {
		root[v] = int32(v)
	}
	find := func(v int32) int32 {
		for root[v] != v {
			root[v] = root[root[v]]
			v = root[v]
		}
		return v
	}
	for c := int32(0); c < int32(p.size()); c++ {
		verts := p.verts(c)
		a := find(verts[0])
		for _, v := range verts[1:] {
			b := find(v)
			if a < b {
				root[b] = a
			} else {
				root[a] = b
				a = b
			}
		}
	}
	group := map[int32]int{}
	var out [][]int32
	for c := int32(0); c < int32(p.size()); c++ {
		r := find(p.verts(c)[0])
		g, ok := group[r]
		if !ok {
			g = len(out)
			group[r] = g
			out = append(out, nil)
		}
		out[g] = append(out[g], c)
	}
	return out
}

// compact renumbers the vertices of the listed columns from 0 on.
func (p *packing) compact(cols []int32) (*packing, []int32) {
	at := map[int32]int32{}
	var verts []int32
	q := &packing{grain: p.grain, start: []int32{0}}
	for _, c := range cols {
		for _, v := range p.verts(c) {
			k, ok := at[v]
			if !ok {
				k = int32(len(verts))
				at[v] = k
				verts = append(verts, v)
			}
			q.vert = append(q.vert, k)
		}
		q.start = append(q.start, int32(len(q.vert)))
		q.weight = append(q.weight, p.weight[c])
	}
	q.n = len(verts)
	q.index()
	return q, verts
}

// solvePacking finds a best packing and proves it, component by component,
// within the limits.
func solvePacking(ctx context.Context, p *packing, lim packLimits) packProof {
	out := packProof{price: make([]float64, p.n)}
	keep := p.reduce()
	q := p.subset(keep)
	groups := q.components()
	// Small components first: they are proven at once.
	sort.SliceStable(groups, func(i, j int) bool { return len(groups[i]) < len(groups[j]) })
	// Until a component is looked at, its bound is the sum of its columns'
	// best shares.
	rest := make([]float64, len(groups)+1)
	for i := len(groups) - 1; i >= 0; i-- {
		share := map[int32]float64{}
		for _, c := range groups[i] {
			verts := q.verts(c)
			for _, v := range verts {
				share[v] = math.Max(share[v], q.weight[c]/float64(len(verts)))
			}
		}
		sum := 0.0
		for _, c := range groups[i] {
			for _, v := range q.verts(c) {
				sum += share[v]
				share[v] = 0
			}
		}
		rest[i] = rest[i+1] + sum
	}
	for i, g := range groups {
		part, verts := q.compact(g)
		l := lim
		if lim.work > 0 {
			l.work = max(1, lim.work-out.work)
		}
		if lim.progress != nil {
			l.progress = func(stage string, value, bound float64, work int64) {
				lim.progress(stage, out.value+value, out.bound+bound+rest[i+1], out.work+work)
			}
		}
		r := solveComponent(ctx, part, l)
		for _, c := range r.cols {
			out.cols = append(out.cols, keep[g[c]])
		}
		for k, v := range verts {
			out.price[v] = r.price[k]
		}
		out.value += r.value
		out.bound += r.bound
		out.root += r.root
		out.nodes += r.nodes
		out.work += r.work
	}
	slices.Sort(out.cols)
	out.value = p.value(out.cols)
	return out
}

// startPrices runs the subgradient method with Polyak's steps (Held, Wolfe and
// Crowder 1974) towards target and returns the best prices found: a bound, and
// a sense of which columns matter long before the programme is solved.
func (p *packing) startPrices(rounds int, target float64, stop func() bool) ([]float64, float64) {
	y := make([]float64, p.n)
	for c := int32(0); c < int32(p.size()); c++ {
		verts := p.verts(c)
		for _, v := range verts {
			y[v] = math.Max(y[v], p.weight[c]/float64(len(verts)))
		}
	}
	best := slices.Clone(y)
	bestZ := math.Inf(1)
	g := make([]float64, p.n)
	dir := make([]float64, p.n)
	step, since := 1.0, 0
	for it := 0; it < rounds; it++ {
		if stop != nil && it&7 == 7 && stop() {
			break
		}
		z := 0.0
		for v := range g {
			g[v] = 1
			z += y[v]
		}
		for c := 0; c < p.size(); c++ {
			s := p.weight[c]
			verts := p.vert[p.start[c]:p.start[c+1]]
			for _, v := range verts {
				s -= y[v]
			}
			if s > 0 {
				z += s
				for _, v := range verts {
					g[v]--
				}
			}
		}
		if z < bestZ-1e-9 {
			bestZ = z
			copy(best, y)
			since = 0
		} else if since++; since >= 12 {
			step *= 0.6
			since = 0
			copy(y, best)
		}
		norm := 0.0
		for v := range dir {
			dir[v] = 0.7*dir[v] + 0.3*g[v]
			d := dir[v]
			if y[v] <= 0 && d > 0 {
				continue
			}
			norm += d * d
		}
		if norm < 1e-12 || step < 1e-4 {
			break
		}
		t := step * math.Max(z-target, 1e-6*math.Abs(z)) / norm
		for v := range y {
			y[v] = math.Max(0, y[v]-t*dir[v])
		}
	}
	return best, bestZ
}

// reducedCosts of all columns at the prices.
func (p *packing) reducedCosts(y []float64) []float64 {
	d := make([]float64, p.size())
	for c := range d {
		s := p.weight[c]
		for _, v := range p.vert[p.start[c]:p.start[c+1]] {
			s -= y[v]
		}
		d[c] = s
	}
	return d
}

// absorb raises prices until no column is worth more than its vertices, and
// returns their sum: a bound anybody can check. It is at most what the prices
// and the excess of every column added up to before.
func (p *packing) absorb(y []float64) float64 {
	for c := 0; c < p.size(); c++ {
		verts := p.vert[p.start[c]:p.start[c+1]]
		s := p.weight[c]
		for _, v := range verts {
			s -= y[v]
		}
		if s > 0 {
			y[verts[0]] += s
		}
	}
	z := 0.0
	for _, x := range y {
		z += x
	}
	return z
}

// near lists the columns whose reduced cost is above -width.
func near(d []float64, width float64) []int32 {
	var out []int32
	for c, x := range d {
		if x > -width {
			out = append(out, int32(c))
		}
	}
	return out
}

func solveComponent(ctx context.Context, p *packing, lim packLimits) packProof {
	out := packProof{price: make([]float64, p.n), bound: math.Inf(1)}
	all := make([]int32, p.size())
	mean := 0.0
	for c := range all {
		all[c] = int32(c)
		mean += p.weight[c]
	}
	mean /= float64(len(all))
	if len(all) == 1 {
		out.cols, out.value, out.bound, out.root = all, p.weight[0], p.weight[0], p.weight[0]
		out.price[0] = p.weight[0]
		return out
	}
	// Everybody's best share of a column: prices to begin with.
	for c := range all {
		verts := p.verts(int32(c))
		for _, v := range verts {
			out.price[v] = math.Max(out.price[v], p.weight[c]/float64(len(verts)))
		}
	}
	out.root = p.absorb(out.price)
	out.bound = out.root
	stop := func() bool { return ctx.Err() != nil }
	say := func(stage string) {
		if lim.progress != nil {
			lim.progress(stage, out.value, out.bound, out.work)
		}
	}
	rnd := random{lim.seed}
	// A first packing.
	state := newPackState(p)
	sort.SliceStable(all, func(i, j int) bool {
		a, b := all[i], all[j]
		return p.weight[a]/float64(len(p.verts(a))) > p.weight[b]/float64(len(p.verts(b)))
	})
	for _, c := range all {
		if state.delta(c) == p.weight[c] {
			state.insert(c)
		}
	}
	slices.Sort(all)
	quick := min(int64(p.size())*40, 1_000_000)
	state.anneal(all, quick, mean*0.3, mean*0.03, &rnd, stop)
	state.polish(all)
	out.cols, out.value = state.columns(), state.value
	out.work += quick * annealWork
	say("search")

	b := newPackBranch(ctx, p, lim.seed+1)
	b.bestValue, b.best = out.value, out.cols
	spent := func() int64 { return out.work + b.lp.work }
	over := func() bool { return ctx.Err() != nil || lim.work > 0 && spent() >= lim.work }
	finish := func() packProof {
		out.cols, out.value = slices.Clone(b.best), b.bestValue
		out.bound = math.Max(out.value, math.Min(out.bound, b.bound))
		out.nodes = b.nodes
		out.work = spent()
		return out
	}
	// heat anneals afresh among the columns near the prices, where the good
	// packings are.
	heat := func(d []float64, width float64, moves int64) {
		s := newPackState(p)
		s.anneal(near(d, mean*width), moves, mean*0.4, mean*0.07, &rnd, over)
		s.polish(all)
		out.work += moves * annealWork
		if b.take(s.columns()) {
			out.value = b.bestValue
		}
		say("search")
	}
	var lns *packLNS
	search := func(budget int64) {
		if lns.s.value < b.bestValue-1e-9 {
			lns.s.set(b.best)
		}
		if lim.work > 0 {
			budget = min(budget, lim.work-spent())
		}
		before := lns.work
		lns.run(budget, out.bound)
		out.work += lns.work - before
		if b.take(lns.s.columns()) {
			out.value = b.bestValue
		}
		say("neighbourhoods")
	}
	widths := [3]float64{0.1, 0.15, 0.2}
	moves := min(int64(p.n)*10_000, 10_000_000)
	if p.size() > 4000 || p.n > 800 {
		rounds := 400
		if p.n > 1500 {
			rounds = 1000
		}
		y, z := p.startPrices(rounds, out.value, over)
		out.price = y
		out.root = p.absorb(y)
		out.bound = math.Min(z, out.root)
		out.work += int64(rounds) * int64(p.size())
		d := p.reducedCosts(y)
		say("prices")
		for k := 0; k < 3 && !over(); k++ {
			heat(d, widths[k], moves)
		}
		if p.n > 1500 {
			// The programme takes long: search first.
			lns = newPackLNS(ctx, p, d, mean*0.1, mean*0.5, b.best, lim.seed+2)
			for k := 0; k < 6 && !over(); k++ {
				search(100_000_000)
				heat(d, widths[k%3], 2*moves)
			}
		}
		order := slices.Clone(all)
		sort.SliceStable(order, func(i, j int) bool { return d[order[i]] > d[order[j]] })
		for _, c := range b.best {
			b.activate(c)
		}
		for _, c := range order[:min(len(order), max(2*p.n, 2000))] {
			b.activate(c)
		}
	} else {
		for _, c := range all {
			b.activate(c)
		}
	}
	if over() {
		return finish()
	}
	b.lp.refactor()
	bound, st := b.relax(false, 0)
	if bound < out.bound {
		out.bound = bound
		b.lp.prices(out.price)
		out.root = p.absorb(out.price)
	}
	b.bound = out.bound
	say("programme")
	if st != lpOptimal {
		return finish()
	}
	b.solution()
	if whole := b.integral(); whole != nil {
		b.take(whole)
		b.bound = b.bestValue
		return finish()
	}
	b.round(int64(p.size()) * 20)
	b.noteRoot(bound)
	guide := b.rootD // without the cuts' prices, which say little about a single ring
	st = b.cut()
	out.bound = math.Min(out.bound, b.bound)
	say("cuts")
	if st == lpStopped {
		return finish()
	}
	b.report = func(bound float64) {
		out.bound, out.value = math.Min(out.bound, bound), b.bestValue
		say("branch")
	}
	b.start()
	lns = newPackLNS(ctx, p, guide, mean*0.1, mean*0.5, b.best, lim.seed+2)
	around := int64(0)
	b.polish = func() {
		if float64(around) > aroundShare*float64(b.lp.work) {
			return
		}
		if lns.s.value < b.bestValue-1e-9 {
			lns.s.set(b.best)
		}
		before := lns.work
		if lns.around(b) {
			b.take(lns.s.columns())
		}
		around += lns.work - before
		out.work += lns.work - before
	}
	// Proof and search take turns; each turn of the proof is longer than the one
	// before. What is missing is measured in people, at what one is worth on
	// average: with few the proof is likely to end, and the search gets a share
	// of it that grows while it finds something and shrinks when it does not.
	// With many, and where the problem is too large for a proof to be expected, the
	// search has a budget of its own that does the same.
	large := p.n > 250 || p.size() > 4000
	wide := func() bool { return large && (out.bound-b.bestValue)*float64(p.n) > wideGap*out.bound }
	turn, budget, share := int64(8_000_000), int64(16_000_000), 0.25
	if !wide() {
		// About as long as the programme took.
		turn = min(max(2*b.lp.work, 500_000), turn)
	}
	for count := 0; !over(); turn += turn / 2 {
		b.workStart, b.workLimit = b.lp.work, turn
		if lim.work > 0 {
			b.workLimit = max(1, min(turn, lim.work-spent()))
		}
		if b.run() {
			break
		}
		out.bound, out.value = math.Min(out.bound, b.bound), b.bestValue
		had := b.bestValue
		part, heats := min(budget, 2*turn), budget/annealWork
		if !wide() {
			part = int64(share * float64(turn))
			heats = part / annealWork
		} else if heats <= moves {
			heats = 0
		}
		if part >= 100_000 {
			search(part)
		}
		if !over() && heats >= 30_000 && out.bound-out.value > 0.003*out.value {
			heat(guide, widths[count%3], heats)
			count++
		}
		if b.bestValue > had {
			budget += budget / 2
			share = math.Min(2*share, 0.5)
		} else {
			budget /= 2
			share /= 2
		}
	}
	return finish()
}

// wideGap is how many people's worth may be missing before searching comes
// before proving.
const wideGap = 4.5

// aroundShare is how much of the proof's work may go into packing again where
// the programme disagrees with the best packing.
const aroundShare = 0.2

// annealWork is what one move of annealing costs in units of work.
const annealWork = 3
