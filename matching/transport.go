package matching

import (
	"context"
	"math"
	"slices"
)

// transport is the flow problem behind Assign and Reviews: every left node u
// sends demand[u] units, each over a different edge to a right node or, worth
// outside[u], to nobody. A right node v takes at most capacity[v] units, and
// each of the first low[v] is worth bonus on top.
//
//	maximise  sum w(e) x(e) + sum outside(u) idle(u) + sum bonus min(load(v), low(v))
//
// It is solved in two stages. The first, an auction with epsilon scaling
// (Bertsekas 1988; Bertsekas and Castanon 1989 for places of equal kind; the
// scaling of Goldberg and Kennedy 1995), gives prices that are nearly right. The
// second is exact: it keeps the part of the answer that these prices prove and
// repairs the rest along shortest augmenting paths with whole-number potentials
// (Edmonds and Karp 1972; several sources at once and blocking flows as in
// Hopcroft and Karp 1973). Only the second decides what is right, so a badly
// chosen first stage costs time and nothing else.
type transport[W int32 | int64] struct {
	n, m     int
	start    []int32 // edges of u are start[u]..start[u+1]
	to       []int32
	w        []W
	demand   []int32
	outside  []int64
	capacity []int32
	low      []int32 // nil when nobody has a minimum
	bonus    int64

	x     []uint64 // bit e: edge e is used
	price []int64  // dual of the right nodes, in units of w
	value []int64  // dual of the left nodes

	idle  []int32 // units of u that go to nobody
	work  int64
	clock *stopwatch

	rough    bool      // nobody wants the answer of a search that was stopped
	ended    *exact[W] // the state of the exact stage, for questions afterwards
	progress func(Progress)
	reported int64 // work at the last report
	seen     struct {
		value, bound float64 // the best that was reported
		x            []uint64
	}
}

// stopwatch tells a solver to stop, by work or by context.
type stopwatch struct {
	ctx     context.Context
	limit   int64
	checked int64
	stopped bool
}

// over reports whether the solver must stop after this much work.
func (s *stopwatch) over(work int64) bool {
	if s.stopped {
		return true
	}
	if s.limit > 0 && work >= s.limit {
		s.stopped = true
		return true
	}
	if work-s.checked >= 1<<18 {
		s.checked = work
		s.stopped = s.ctx.Err() != nil
	}
	return s.stopped
}

func (t *transport[W]) used(e int32) bool { return t.x[e>>6]>>(uint(e)&63)&1 != 0 }
func (t *transport[W]) use(e int32)       { t.x[e>>6] |= 1 << (uint(e) & 63) }
func (t *transport[W]) drop(e int32)      { t.x[e>>6] &^= 1 << (uint(e) & 63) }

// holderLists keeps, for every right node, the edges that hold a place there.
type holderLists struct {
	start []int32 // places of v are start[v]..start[v+1]
	size  []int32
	edge  []int32
	owner []int32
	bid   []int64 // only of the auction: lowest first
}

func newHolderLists(capacity, degree []int32, extra int32) holderLists {
	h := holderLists{start: make([]int32, len(capacity)+1), size: make([]int32, len(capacity))}
	for v, c := range capacity {
		h.start[v+1] = h.start[v] + min(c, degree[v]) + extra
	}
	total := h.start[len(capacity)]
	h.edge = make([]int32, total)
	h.owner = make([]int32, total)
	return h
}

// spread is the difference between the largest and smallest weight, counting
// the outside option of zero.
func (t *transport[W]) spread() int64 {
	var lo, hi int64
	for _, w := range t.w {
		lo, hi = min(lo, int64(w)), max(hi, int64(w))
	}
	return hi - lo
}

// width is the difference between the largest and smallest weight.
func (t *transport[W]) width() int64 {
	if len(t.w) == 0 {
		return 0
	}
	lo, hi := t.w[0], t.w[0]
	for _, w := range t.w {
		lo, hi = min(lo, w), max(hi, w)
	}
	return int64(hi) - int64(lo)
}

// degrees counts the edges of every right node.
func (t *transport[W]) degrees() []int32 {
	d := make([]int32, t.m)
	for _, v := range t.to {
		d[v]++
	}
	return d
}

// objective is the value of x, without the bonus.
func (t *transport[W]) objective() int64 {
	var sum int64
	for u := range t.n {
		for e := t.start[u]; e < t.start[u+1]; e++ {
			if t.used(e) {
				sum += int64(t.w[e])
			}
		}
	}
	return sum
}

// bound is the value of the dual at the current prices: no answer has weights
// that sum to more, whether or not it leaves somebody out.
func (t *transport[W]) bound() float64 {
	var sum int64
	var top []int64
	for u := range t.n {
		k := int(t.demand[u])
		if k == 0 {
			continue
		}
		out := int64(0)
		top = top[:0]
		for e := t.start[u]; e < t.start[u+1]; e++ {
			r := int64(t.w[e]) - t.price[t.to[e]]
			if r <= out || len(top) == k && r <= top[k-1] {
				continue
			}
			if len(top) < k {
				top = append(top, 0)
			}
			i := len(top) - 1
			for ; i > 0 && top[i-1] < r; i-- {
				top[i] = top[i-1]
			}
			top[i] = r
		}
		for _, r := range top {
			sum += r
		}
	}
	for v, p := range t.price {
		if p > 0 {
			sum += p * int64(t.capacity[v])
		} else if t.low != nil {
			sum += p * int64(t.low[v])
		}
	}
	return float64(sum)
}

// salvage makes a feasible answer of whatever x holds when the solver was
// stopped: it puts out who is too much and fills free places greedily. Minimum
// loads are not looked at.
func (t *transport[W]) salvage() (load, missing []int32) {
	load, missing = make([]int32, t.m), make([]int32, t.n)
	for u := range t.n {
		missing[u] = t.demand[u]
		for e := t.start[u]; e < t.start[u+1]; e++ {
			if t.used(e) {
				if v := t.to[e]; load[v] < t.capacity[v] && missing[u] > 0 {
					load[v]++
					missing[u]--
				} else {
					t.drop(e)
				}
			}
		}
	}
	for u := range t.n {
		for missing[u] > 0 {
			best := int32(-1)
			for e := t.start[u]; e < t.start[u+1]; e++ {
				if v := t.to[e]; !t.used(e) && load[v] < t.capacity[v] && int64(t.w[e]) >= t.outside[u] &&
					(best < 0 || t.w[e] > t.w[best]) {
					best = e
				}
			}
			if best < 0 {
				break
			}
			t.use(best)
			load[t.to[best]]++
			missing[u]--
		}
		t.idle[u] = missing[u]
	}
	return load, missing
}

// complete is salvage for the answer that is given out: where staying out costs
// much it finds places for as many as possible, and it moves people to those who
// are below their minimum. Both end when they have taken as long as looking at
// every edge so many times; what comes out keeps demands and capacities in any
// case.
func (t *transport[W]) complete() {
	t.salvage()
	const patience = 30
	out := slices.Min(append(slices.Clone(t.outside), 0))
	if out == 0 && t.low == nil && t.seen.x != nil && t.seen.value > float64(t.objective()) {
		t.x = t.seen.x // better than what there is now
	}
	if out < -4*t.spread() {
		clock := t.clock
		t.clock = &stopwatch{ctx: context.Background(), limit: t.work + patience*int64(len(t.to)) + 1<<16}
		t.deficiency()
		t.clock = clock
	}
	load, missing := t.salvage()
	if t.low != nil {
		t.raise(load, missing, patience*int64(len(t.to))+1<<16)
	}
	copy(t.idle, missing)
}

// raise moves people to right nodes that are below their minimum: somebody who
// misses a place, or has one where more are than need be, or has one where
// somebody else can be moved to.
func (t *transport[W]) raise(load, missing []int32, patience int64) {
	into := make([][]int32, t.m) // edges to a right node that is below its minimum, when asked for
	from := make([]int32, len(t.to))
	for u := range int32(t.n) {
		for e := t.start[u]; e < t.start[u+1]; e++ {
			from[e] = u
			into[t.to[e]] = append(into[t.to[e]], e)
		}
	}
	type move struct{ take, leave, before int32 } // edge that is taken for one that is left, and the move this one makes room for
	seen := make([]int32, t.m)
	round := int32(0)
	for v := range int32(t.m) {
		for load[v] < t.low[v] {
			round++
			moves := []move{}
			seen[v] = round
			end, last := int32(-1), int32(-1) // the move before the last, and the last edge taken
			surplus := int32(-1)
			queue := []int32{-1} // moves whose right node wants somebody, -1 for v
		search:
			for i := 0; i < len(queue); i++ {
				r := v
				if k := queue[i]; k >= 0 {
					r = t.to[moves[k].leave]
				}
				for _, e := range into[r] {
					patience--
					if t.used(e) {
						continue
					}
					u := from[e]
					if missing[u] > 0 {
						end, last = queue[i], e
						break search
					}
					for f := t.start[u]; f < t.start[u+1]; f++ {
						patience--
						w := t.to[f]
						if !t.used(f) || seen[w] == round {
							continue
						}
						seen[w] = round
						moves = append(moves, move{e, f, queue[i]})
						if load[w] > t.low[w] {
							end, surplus = int32(len(moves)-1), w
							break search
						}
						queue = append(queue, int32(len(moves)-1))
					}
				}
				if patience < 0 {
					return
				}
			}
			switch {
			case last >= 0:
				t.use(last)
				missing[from[last]]--
			case surplus >= 0:
				load[surplus]--
			default:
				load[v] = -load[v] - 1 // nobody can be moved here
			}
			if load[v] < 0 {
				break
			}
			for k := end; k >= 0; k = moves[k].before {
				t.use(moves[k].take)
				t.drop(moves[k].leave)
			}
			load[v]++
		}
		if load[v] < 0 {
			load[v] = -load[v] - 1
		}
	}
}

// report calls the progress function when enough work was done since the last
// time to pay for computing the bound.
func (t *transport[W]) report(stage string, done float64) {
	if t.progress == nil || t.work-t.reported < 2*int64(len(t.to)) {
		return
	}
	t.reported = t.work
	// A greedy repair of a copy tells what could be had if it all ended here.
	c := *t
	c.x = append([]uint64(nil), t.x...)
	c.idle = make([]int32, t.n)
	c.salvage()
	value, bound := float64(c.objective()), c.bound()
	if t.seen.x == nil {
		t.seen.value, t.seen.bound = math.Inf(-1), math.Inf(1)
	}
	t.seen.bound = min(t.seen.bound, bound)
	if value > t.seen.value {
		t.seen.value, t.seen.x = value, c.x
	}
	t.progress(Progress{Stage: stage, Done: min(1, done), Objective: min(t.seen.value, t.seen.bound), Bound: t.seen.bound, Work: t.work})
}

// solve runs both stages. It reports false when it was stopped, in which case x
// holds the best that could be made of the state it was stopped in.
func (t *transport[W]) solve() bool {
	t.x = make([]uint64, len(t.to)/64+1)
	t.price = make([]int64, t.m)
	t.value = make([]int64, t.n)
	t.idle = make([]int32, t.n)
	t.runAuction()
	if !t.clock.stopped {
		x := &exact[W]{transport: t}
		x.begin()
		if x.run() {
			t.ended = x
			return true
		}
		for v, r := range x.right {
			t.price[v] = max(0, r.price-x.sinkPrice)
		}
	}
	if !t.rough {
		t.complete()
	}
	return false
}

// bigWeight is the limit of a sum along any path that still leaves room to
// spare in 64 bits.
const bigWeight = math.MaxInt64 / 64
