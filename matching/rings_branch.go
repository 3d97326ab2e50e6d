package matching

import (
	"context"
	"math"
	"slices"
	"sort"
)

// packBranch proves a packing optimal by branch and bound. The bound of a node
// is the linear programme over its columns; a node is split by
// asking whether two people are in one ring (Ryan and Foster 1981), which for
// one person alone means served or not. The pair is chosen by trying the most
// promising ones (reliability branching, Achterberg, Koch and Martin 2005).
type packBranch struct {
	ctx context.Context
	p   *packing
	lp  *packLP
	rnd random

	lpOf   []int32 // column of the packing -> column of the programme, -1 none
	colOf  []int32 // and back
	all    bool    // every column is in the programme
	closed []int32 // how many branchings forbid the column
	tight  []int32 // how many branchings want the vertex served
	noise  float64

	best      []int32
	bestValue float64
	bound     float64 // of the whole problem
	rootBound float64
	rootD     []float64 // reduced costs at the root, nil before

	cuts   int       // rows behind those of people
	cutsOf [][]int32 // of every column, nil before the first

	path    []*packNode // what is applied to lp now
	open    []*packNode // heap by bound
	history map[int64]*packHistory

	nodes     int64
	seq       int64
	workStart int64
	workLimit int64 // of lp.work; 0 none
	nodeLimit int64
	trial     bool // a small search: cheaper choices of where to branch
	report    func(bound float64)
	polish    func() // looks for better packings near the solution of a node, nil for none

	state lpState // of split

	x    []float64
	mark []int32
}

type packSplit struct {
	u, v     int32
	together bool
}

type packNode struct {
	parent *packNode
	split  packSplit
	depth  int32
	bound  float64
	basis  []int32
	weight []float64
	seq    int64
	closes []int32 // columns too dear below this node
}

type packHistory struct {
	gain  [2]float64
	count [2]int32
}

func newPackBranch(ctx context.Context, p *packing, seed uint64) *packBranch {
	b := &packBranch{ctx: ctx, p: p, rnd: random{seed}, bound: math.Inf(1), bestValue: math.Inf(-1)}
	b.lp = newPackLP(p.n)
	b.lpOf = make([]int32, p.size())
	for c := range b.lpOf {
		b.lpOf[c] = -1
	}
	b.closed = make([]int32, p.size())
	b.tight = make([]int32, p.n)
	b.history = map[int64]*packHistory{}
	b.mark = make([]int32, p.n)
	mean := 0.0
	for _, w := range p.weight {
		mean += math.Abs(w)
	}
	b.noise = 1e-6 * mean / math.Max(1, float64(p.size()))
	if p.grain > 0 {
		b.noise = math.Min(b.noise, 0.1*p.grain/math.Max(1, float64(p.n)))
	}
	return b
}

func (b *packBranch) activate(c int32) {
	if b.lpOf[c] >= 0 {
		return
	}
	// A little noise on the weights, always upwards, breaks the ties on which
	// the simplex method would turn in circles; bounds are taken without it.
	r := random{uint64(c) * 0x9E3779B97F4A7C15}
	b.lpOf[c] = int32(b.lp.addCol(b.p.weight[c]+b.noise*(0.5+0.5*r.unit()), b.rowsOf(c)))
	b.colOf = append(b.colOf, c)
	b.lp.open[b.lpOf[c]] = b.closed[c] == 0
	b.all = len(b.colOf) == b.p.size()
}

// cutoff is the value a node must exceed to be of interest.
func (b *packBranch) cutoff() float64 {
	if b.p.grain > 0 {
		return b.bestValue + b.p.grain*(1-1e-6) - 1e-9*math.Abs(b.bestValue)
	}
	return b.bestValue + 1e-9*math.Max(1, math.Abs(b.bestValue))
}

// certify turns the prices of the programme into a bound that holds whatever
// the simplex method did: with any prices, no packing is worth more than the
// rows at those prices plus what the columns are underpriced by. Columns
// outside the programme that are underpriced are put into it.
func (b *packBranch) certify() (bound float64, added int) {
	l := b.lp
	y := l.tauIn
	l.prices(y)
	for r := 0; r < l.m; r++ {
		bound += y[r]
	}
	for j, c := range b.colOf {
		if !l.open[j] {
			continue
		}
		s := b.p.weight[c]
		for _, r := range l.colInd[j] {
			s -= y[r]
		}
		if s > 0 {
			bound += s
		}
	}
	if !b.all {
		type found struct {
			c int32
			s float64
		}
		var more []found
		for c := int32(0); c < int32(b.p.size()); c++ {
			if b.lpOf[c] >= 0 || b.closed[c] > 0 {
				continue
			}
			s := b.p.weight[c]
			for _, r := range b.rowsOf(c) {
				s -= y[r]
			}
			if s <= 0 {
				continue
			}
			if s > 0 {
				bound += s
				if s > b.noise {
					more = append(more, found{c, s})
				}
			}
		}
		l.work += int64(b.p.size())
		if len(more) > 0 {
			sort.Slice(more, func(i, j int) bool {
				return more[i].s > more[j].s || more[i].s == more[j].s && more[i].c < more[j].c
			})
			more = more[:min(len(more), max(200, b.p.n))]
			for i := range y {
				y[i] = 0
			}
			for _, f := range more {
				b.activate(f.c)
			}
			added = len(more)
		}
	}
	for i := range y {
		y[i] = 0
	}
	return bound, added
}

// relax solves the programme as it stands, fetching columns as needed.
func (b *packBranch) relax(cut bool, limit int64) (bound float64, st lpStatus) {
	cutoff := math.Inf(-1)
	if cut {
		cutoff = b.cutoff()
	}
	for {
		st = b.lp.solve(b.ctx, cutoff, limit)
		if st == lpInfeasible {
			return math.Inf(-1), st
		}
		bound, added := b.certify()
		if added > 0 {
			b.lp.refactor()
			if st != lpStopped {
				continue
			}
		}
		if st == lpCutOff && bound > b.cutoff() {
			// Cut off by the programme's own value, not by the certified one.
			cutoff = math.Inf(-1)
			continue
		}
		return bound, st
	}
}

func (b *packBranch) apply(s packSplit, by int32) {
	l := b.lp
	set := func(c int32) {
		b.closed[c] += by
		if j := b.lpOf[c]; j >= 0 {
			l.open[j] = b.closed[c] == 0
		}
	}
	want := func(v int32) {
		b.tight[v] += by
		l.tight[v] = b.tight[v] > 0
	}
	if s.together {
		if s.u == s.v {
			want(s.u)
			return
		}
		for _, c := range b.p.of(s.u) {
			if !slices.Contains(b.p.verts(c), s.v) {
				set(c)
			}
		}
		for _, c := range b.p.of(s.v) {
			if !slices.Contains(b.p.verts(c), s.u) {
				set(c)
			}
		}
		want(s.u)
		want(s.v)
		return
	}
	for _, c := range b.p.of(s.u) {
		if s.u == s.v || slices.Contains(b.p.verts(c), s.v) {
			set(c)
		}
	}
}

// refresh makes values agree after columns were closed or opened, keeping the
// basis and its factors.
func (b *packBranch) refresh() {
	b.lp.changed()
}

func (b *packBranch) moveTo(n *packNode) {
	var want []*packNode
	for k := n; k.parent != nil; k = k.parent {
		want = append(want, k)
	}
	slices.Reverse(want)
	same := 0
	for same < len(want) && same < len(b.path) && want[same] == b.path[same] {
		same++
	}
	for i := len(b.path) - 1; i >= same; i-- {
		b.apply(b.path[i].split, -1)
		b.close(b.path[i].closes, -1)
	}
	for _, k := range want[same:] {
		b.apply(k.split, 1)
		b.close(k.closes, 1)
	}
	b.path = want
	b.lp.trim()
}

func (b *packBranch) close(cols []int32, by int32) {
	for _, c := range cols {
		b.closed[c] += by
		if j := b.lpOf[c]; j >= 0 {
			b.lp.open[j] = b.closed[c] == 0
		}
	}
}

// closeDear closes the columns that cannot be in a better packing below the
// node, judged by the prices of its solved programme.
func (b *packBranch) closeDear(n *packNode, bound float64) {
	if n.parent == nil {
		return
	}
	limit := b.cutoff() - bound
	var dear []int32
	for j, c := range b.colOf {
		if b.lp.open[j] && b.lp.colPos[j] < 0 && !b.lp.atUp[j] && b.lp.d[j] < limit-1e-6*math.Abs(limit)-2*b.noise {
			dear = append(dear, c)
		}
	}
	if len(dear)*20 > len(b.colOf)-len(dear) {
		n.closes = append(n.closes, dear...)
		b.close(dear, 1)
		b.lp.trim()
	}
}

// take notes a better packing.
func (b *packBranch) take(cols []int32) bool {
	v := b.p.value(cols)
	if v <= b.bestValue+1e-9 {
		return false
	}
	b.bestValue = v
	b.best = append(b.best[:0], cols...)
	b.forget()
	return true
}

// forget closes for good the columns that no better packing than the best can
// use: with the root's prices, taking such a column costs more than the gap.
func (b *packBranch) forget() {
	if b.rootD == nil {
		return
	}
	cut := b.cutoff()
	l := b.lp
	for c, d := range b.rootD {
		if d < 0 && b.closed[c] < gone && b.rootBound+d <= cut {
			b.closed[c] += gone
			if j := b.lpOf[c]; j >= 0 {
				l.open[j] = false
			}
		}
	}
}

// gone in packBranch.closed marks a column closed for good.
const gone = 1 << 24

// noteRoot keeps the reduced costs of the root for forget. The programme must
// be solved and certified.
func (b *packBranch) noteRoot(bound float64) {
	y := make([]float64, b.lp.m)
	b.lp.prices(y)
	d := make([]float64, b.p.size())
	for c := range d {
		s := b.p.weight[c]
		for _, r := range b.rowsOf(int32(c)) {
			s -= y[r]
		}
		d[c] = s
	}
	b.rootD, b.rootBound = d, bound
	b.forget()
}

// round looks for a packing near the solution of the programme.
func (b *packBranch) round(moves int64) {
	l := b.lp
	var pick []int32
	width := 0.0
	for j, c := range b.colOf {
		if l.colPos[j] >= 0 || l.atUp[j] || l.d[j] > -1e-6 {
			pick = append(pick, c)
		}
		width += math.Abs(b.p.weight[c])
	}
	if len(pick) == 0 {
		return
	}
	width /= float64(len(b.colOf))
	s := newPackState(b.p)
	order := slices.Clone(pick)
	sort.SliceStable(order, func(i, k int) bool {
		return b.x[b.lpOf[order[i]]] > b.x[b.lpOf[order[k]]]
	})
	for _, c := range order {
		if s.owner[b.p.verts(c)[0]] != c && s.delta(c) > 0 {
			s.insert(c)
		}
	}
	s.anneal(pick, moves, width*0.3, width*0.03, &b.rnd, nil)
	all := make([]int32, len(b.colOf))
	copy(all, b.colOf)
	s.polish(all)
	l.work += moves * annealWork
	b.take(s.columns())
}

type packChoice struct {
	u, v  int32
	f     float64
	score float64
}

// choices lists the fractional pairs and people, most even first.
func (b *packBranch) choices() []packChoice {
	sum := map[int64]float64{}
	var keys []int64
	add := func(u, v int32, x float64) {
		if u > v {
			u, v = v, u
		}
		k := int64(u)<<32 | int64(v)
		if _, ok := sum[k]; !ok {
			keys = append(keys, k)
		}
		sum[k] += x
	}
	for j, x := range b.x[:len(b.colOf)] {
		if x < 1e-6 {
			continue
		}
		verts := b.p.verts(b.colOf[j])
		for i, u := range verts {
			for _, v := range verts[i:] {
				add(u, v, x)
			}
		}
	}
	var out []packChoice
	for _, k := range keys {
		f := sum[k]
		if f > 1e-6 && f < 1-1e-6 {
			out = append(out, packChoice{u: int32(k >> 32), v: int32(k & 0xffffffff), f: f})
		}
	}
	return out
}

func (b *packBranch) historyOf(u, v int32) *packHistory {
	k := int64(u)<<32 | int64(v)
	h := b.history[k]
	if h == nil {
		h = &packHistory{}
		b.history[k] = h
	}
	return h
}

func (b *packBranch) stop() bool {
	return b.ctx.Err() != nil || b.workLimit > 0 && b.lp.work-b.workStart >= b.workLimit ||
		b.nodeLimit > 0 && b.nodes >= b.nodeLimit
}

// split chooses the pair to branch on and returns the bounds its two sides are
// known to have (apart, together). A side at -Inf needs no visit.
func (b *packBranch) split(node *packNode, bound float64, tries int, depth int64) (s packSplit, side [2]float64, ok bool) {
	list := b.choices()
	if len(list) == 0 {
		return s, side, false
	}
	gap := math.Max(bound-b.cutoff(), 1e-6)
	var mean [2]float64
	var count [2]float64
	for _, c := range list {
		if h := b.history[int64(c.u)<<32|int64(c.v)]; h != nil {
			for k := 0; k < 2; k++ {
				if h.count[k] > 0 {
					mean[k] += h.gain[k] / float64(h.count[k])
					count[k]++
				}
			}
		}
	}
	for k := range mean {
		if count[k] > 0 {
			mean[k] /= count[k]
		} else {
			mean[k] = 1
		}
	}
	rate := func(a, t float64) float64 {
		a, t = math.Min(a, gap)/gap, math.Min(t, gap)/gap
		return math.Max(a, 1e-4)*math.Max(t, 1e-4) + 1e-3*math.Max(a, t)
	}
	for i := range list {
		c := &list[i]
		// A pair's gains are measured whole, not by fraction: closeness to a
		// half decides while nothing is known.
		even := math.Min(c.f, 1-c.f)
		ga, gt := mean[0]*2*even, mean[1]*2*even
		if h := b.history[int64(c.u)<<32|int64(c.v)]; h != nil {
			if h.count[0] > 0 {
				ga = h.gain[0] / float64(h.count[0]) * math.Min(1, 2*c.f)
			}
			if h.count[1] > 0 {
				gt = h.gain[1] / float64(h.count[1]) * math.Min(1, 2*(1-c.f))
			}
		}
		c.score = rate(ga, gt)
	}
	sort.Slice(list, func(i, j int) bool {
		a, c := list[i], list[j]
		if a.score != c.score {
			return a.score > c.score
		}
		if a.u != c.u {
			return a.u < c.u
		}
		return a.v < c.v
	})
	if b.lp.updates() > b.lp.aged() {
		b.lp.refactor()
	}
	saved := false
	bestScore := -1.0
	since := 0
	const reliable = 4
	side = [2]float64{bound, bound}
	for i, c := range list {
		if i >= tries && bestScore >= 0 || since >= 3 || b.ctx.Err() != nil && bestScore >= 0 {
			break
		}
		h := b.historyOf(c.u, c.v)
		if h.count[0] >= reliable && h.count[1] >= reliable {
			if c.score > bestScore {
				bestScore = c.score
				s = packSplit{u: c.u, v: c.v}
				side = [2]float64{bound, bound}
				since = 0
			} else {
				since++
			}
			continue
		}
		if !saved {
			b.lp.save(&b.state)
			saved = true
		}
		var got [2]float64
		for k := 0; k < 2; k++ {
			trial := packSplit{c.u, c.v, k == 1}
			b.apply(trial, 1)
			b.refresh()
			v, st := b.relax(true, depth)
			got[k] = v
			if st == lpCutOff || st == lpInfeasible || v <= b.cutoff() {
				got[k] = math.Inf(-1)
			}
			g := math.Min(bound-v, gap)
			if math.IsInf(got[k], -1) {
				g = gap
			}
			h.gain[k] += math.Max(0, g)
			h.count[k]++
			b.apply(trial, -1)
			b.lp.restore(&b.state)
		}
		ga, gt := bound-got[0], bound-got[1]
		sc := rate(ga, gt)
		if sc > bestScore {
			bestScore = sc
			s = packSplit{u: c.u, v: c.v}
			side = got
			since = 0
			if math.IsInf(got[0], -1) || math.IsInf(got[1], -1) {
				break
			}
		} else {
			since++
		}
	}
	return s, side, true
}

// start makes the root the only open node. The programme must hold the root,
// solved, with its bound in b.bound.
func (b *packBranch) start() {
	b.push(&packNode{bound: b.bound, basis: slices.Clone(b.lp.basis), weight: slices.Clone(b.lp.weight)})
}

// run searches until the best packing is proven, or a limit or the context ends
// it; it can then be run again to go on. It says whether the proof is complete.
func (b *packBranch) run() bool {
	var current *packNode
	warm := false
	for {
		if current == nil {
			if len(b.open) == 0 || b.open[0].bound <= b.cutoff() {
				b.open = nil
				b.bound = b.bestValue
				return true
			}
			b.bound = math.Min(b.bound, math.Max(b.open[0].bound, b.bestValue))
			if b.stop() {
				return false
			}
			if b.report != nil {
				b.report(b.bound)
			}
			current = b.pop()
			warm = false
		} else if b.stop() {
			b.push(current)
			b.bound = math.Min(b.bound, math.Max(b.open[0].bound, b.bestValue))
			return false
		}
		b.nodes++
		b.moveTo(current)
		if warm {
			b.refresh()
		} else {
			b.lp.setBasis(current.basis, current.weight)
			b.lp.refactor()
		}
		bound, st := b.relax(true, 0)
		bound = math.Min(bound, current.bound)
		if st == lpCutOff || st == lpInfeasible || bound <= b.cutoff() {
			current = nil
			continue
		}
		if st == lpStopped {
			if b.ctx.Err() != nil {
				continue
			}
			// Numerical trouble: from a fresh slack basis, or split blindly.
			b.lp.setBasis(nil, nil)
			b.lp.refactor()
			bound, st = b.relax(true, 0)
			bound = math.Min(bound, current.bound)
			if st == lpCutOff || st == lpInfeasible || bound <= b.cutoff() {
				current = nil
				continue
			}
		}
		b.solution()
		if whole := b.integral(); whole != nil {
			b.take(whole)
			current = nil
			continue
		}
		if current.depth > 0 && !b.trial && (b.nodes < 30 || b.nodes%4 == 0) {
			b.round(4000)
			if b.polish != nil {
				b.polish()
			}
			if bound <= b.cutoff() {
				current = nil
				continue
			}
		}
		tries, depth := 8, int64(20)
		if current.depth > 10 {
			tries, depth = 6, 15
		}
		if b.trial {
			tries, depth = 4, 12
		}
		b.closeDear(current, bound)
		s, side, ok := b.split(current, bound, tries, depth)
		if !ok {
			// No fractional pair, yet not whole: cannot happen for columns
			// with different people; the node's bound stands.
			current = nil
			continue
		}
		basis, weight := slices.Clone(b.lp.basis), slices.Clone(b.lp.weight)
		var kids [2]*packNode
		for k := 0; k < 2; k++ {
			v := math.Min(side[k], bound)
			if math.IsInf(v, -1) || v <= b.cutoff() {
				continue
			}
			b.seq++
			kids[k] = &packNode{parent: current, split: packSplit{s.u, s.v, k == 1}, depth: current.depth + 1, bound: v, basis: basis, weight: weight, seq: b.seq}
		}
		current = nil
		first := 1
		if kids[1] == nil || kids[0] != nil && kids[0].bound > kids[1].bound {
			first = 0
		}
		if kids[1-first] != nil {
			b.push(kids[1-first])
		}
		if kids[first] != nil {
			// Dive as long as the child is not much worse than the best open
			// node.
			if len(b.open) == 0 || kids[first].bound >= b.open[0].bound-0.25*(b.open[0].bound-b.bestValue) {
				current = kids[first]
				warm = true
			} else {
				b.push(kids[first])
			}
		}
	}
}

func (b *packBranch) solution() {
	if cap(b.x) < len(b.colOf) {
		b.x = make([]float64, len(b.colOf)+len(b.colOf)/4)
	}
	b.x = b.x[:len(b.colOf)]
	b.lp.primal(b.x)
}

// integral returns the columns at 1 when no column is fractional.
func (b *packBranch) integral() []int32 {
	out := []int32{}
	for j, x := range b.x {
		if x > 1e-6 && x < 1-1e-6 {
			return nil
		}
		if x > 0.5 {
			out = append(out, b.colOf[j])
		}
	}
	slices.Sort(out)
	return out
}

func nodeBefore(a, c *packNode) bool {
	return a.bound > c.bound || a.bound == c.bound && a.seq > c.seq
}

func (b *packBranch) push(n *packNode) {
	b.open = append(b.open, n)
	i := len(b.open) - 1
	for i > 0 {
		k := (i - 1) / 2
		if !nodeBefore(b.open[i], b.open[k]) {
			break
		}
		b.open[i], b.open[k] = b.open[k], b.open[i]
		i = k
	}
}

func (b *packBranch) pop() *packNode {
	n := b.open[0]
	last := len(b.open) - 1
	b.open[0] = b.open[last]
	b.open[last] = nil
	b.open = b.open[:last]
	i := 0
	for {
		k := 2*i + 1
		if k >= last {
			break
		}
		if k+1 < last && nodeBefore(b.open[k+1], b.open[k]) {
			k++
		}
		if !nodeBefore(b.open[k], b.open[i]) {
			break
		}
		b.open[i], b.open[k] = b.open[k], b.open[i]
		i = k
	}
	return n
}
