package matching

import "math"

const far = math.MaxInt64 / 4

// exact is the second stage of transport. It starts from any prices and ends
// with an answer and duals that prove each other.
//
// Nodes are numbered left 0..n-1, right n..n+m-1, sink n+m. Every arc of the
// residual graph has a loss of at least zero under the duals; excess says how
// many units a node still has to send on (+) or still wants (-).
type exact[W int32 | int64] struct {
	*transport[W]
	places    holderLists
	flow      []int32 // units from v to the sink
	sinkPrice int64
	excess    []int32
	sources   []int32 // nodes with excess > 0
	right     []label // price and distance of right nodes, side by side
	dist      []int64 // distance of left nodes, and of the sink at n
	queue     distanceQueue
	touched   []int32
	next      []int32 // depth-first search: next edge to try, by node
	seen      []uint32
	epoch     uint32
	stack     []int32
	via       []int32 // edge by which the search came to the node on the stack
	from      []int32 // node before, kept only when somebody asks for the way
	banned    int32   // edge that may not be gone along, -1 for none
}

type label struct{ price, dist int64 }

// gain is the bonus of the f-th unit from v to the sink, counted from zero.
func (x *exact[W]) gain(v, f int32) int64 {
	if x.low != nil && f < x.low[v] {
		return x.bonus
	}
	return 0
}

// begin keeps of t.x what the prices prove, after choosing for every left node
// the value that makes its best places just worth taking.
func (x *exact[W]) begin() {
	t := x.transport
	x.right = make([]label, t.m)
	x.banned = -1
	load := make([]int32, t.m)
	for v := range x.right {
		x.right[v] = label{max(0, t.price[v]), far}
	}
	x.excess = make([]int32, t.n+t.m+1)
	x.flow = make([]int32, t.m)
	var kth []int64
	for u := range t.n {
		k := int(t.demand[u])
		t.idle[u] = 0
		lo, hi := t.start[u], t.start[u+1]
		out := t.outside[u]
		pi := out
		if k == 1 {
			for e := lo; e < hi; e++ {
				pi = max(pi, int64(t.w[e])-x.right[t.to[e]].price)
			}
		} else if k > 0 {
			kth = kth[:0]
			for e := lo; e < hi; e++ {
				r := int64(t.w[e]) - x.right[t.to[e]].price
				if r <= out || len(kth) == k && r <= kth[k-1] {
					continue
				}
				if len(kth) < k {
					kth = append(kth, 0)
				}
				i := len(kth) - 1
				for ; i > 0 && kth[i-1] < r; i-- {
					kth[i] = kth[i-1]
				}
				kth[i] = r
			}
			if len(kth) == k {
				pi = kth[k-1]
			}
		} else {
			for e := lo; e < hi; e++ {
				t.drop(e)
				pi = max(pi, int64(t.w[e])-x.right[t.to[e]].price)
			}
		}
		t.work += int64(hi - lo)
		t.value[u] = pi
		if k == 0 {
			continue
		}
		var held int32
		for e := lo; e < hi; e++ {
			v := t.to[e]
			switch r := int64(t.w[e]) - x.right[v].price; {
			case r > pi:
				t.use(e)
				load[v]++
				held++
			case r < pi:
				t.drop(e)
			}
		}
		x.excess[u] = t.demand[u] - held
	}
	// Ties: first what the auction chose, then whatever has room.
	for pass := range 2 {
		for u := range t.n {
			if t.demand[u] == 0 {
				continue
			}
			pi := t.value[u]
			for e := t.start[u]; e < t.start[u+1]; e++ {
				v := t.to[e]
				if int64(t.w[e])-x.right[v].price != pi {
					continue
				}
				if pass == 0 {
					if t.used(e) {
						if x.excess[u] > 0 && load[v] < t.capacity[v] {
							load[v]++
							x.excess[u]--
						} else {
							t.drop(e)
						}
					}
				} else if x.excess[u] > 0 && load[v] < t.capacity[v] && !t.used(e) {
					t.use(e)
					load[v]++
					x.excess[u]--
				}
			}
			if pass == 1 && pi == t.outside[u] {
				t.idle[u] = x.excess[u]
				x.excess[u] = 0
			}
		}
	}
	// The right side and the sink.
	var into, want int64
	for u := range t.n {
		into += int64(t.idle[u])
		want += int64(t.demand[u])
	}
	room := make([]int32, t.m)
	for v := range t.m {
		f := t.capacity[v]
		if x.right[v].price == 0 {
			f = min(f, load[v])
			if t.low != nil {
				f = max(f, t.low[v])
			}
		}
		x.flow[v] = f
		into += int64(f)
		x.excess[t.n+v] = load[v] - f
		room[v] = max(load[v], t.capacity[v])
	}
	x.excess[t.n+t.m] = int32(into - want)
	x.places = newHolderLists(room, t.degrees(), 1) // one more while a unit passes through
	for u := range t.n {
		for e := t.start[u]; e < t.start[u+1]; e++ {
			if t.used(e) {
				x.hold(int32(u), e, t.to[e])
			}
		}
	}
	for i, s := range x.excess {
		if s > 0 {
			x.sources = append(x.sources, int32(i))
		}
	}
	x.dist = make([]int64, t.n+1)
	for i := range x.dist {
		x.dist[i] = far
	}
	x.next = make([]int32, t.n+t.m+1)
	x.seen = make([]uint32, t.n+t.m+1)
}

func (x *exact[W]) hold(u, e, v int32) {
	i := x.places.start[v] + x.places.size[v]
	x.places.edge[i], x.places.owner[i] = e, u
	x.places.size[v]++
}

func (x *exact[W]) release(e, v int32) {
	first, last := x.places.start[v], x.places.start[v]+x.places.size[v]-1
	for i := first; i <= last; i++ {
		if x.places.edge[i] == e {
			x.places.edge[i], x.places.owner[i] = x.places.edge[last], x.places.owner[last]
			x.places.size[v]--
			return
		}
	}
}

// run repeats phases until no node has excess. It reports false when stopped.
func (x *exact[W]) run() bool {
	first := len(x.sources)
	for len(x.sources) > 0 {
		if x.clock.over(x.work) {
			return false
		}
		x.phase()
		if x.progress != nil {
			x.publish()
		}
		x.report("augment", float64(first-len(x.sources))/float64(first))
	}
	// From here on everything is relative to the sink.
	x.publish()
	for u := range x.value {
		x.value[u] += x.sinkPrice
	}
	for v := range x.right {
		p := &x.price[v]
		if *p < 0 && x.flow[v] == 0 {
			*p = 0 // an empty place may be cheaper than nothing, but need not
		}
		x.right[v].price = *p
	}
	x.sinkPrice = 0
	return true
}

// publish writes the prices relative to the sink, which is worth nothing.
func (x *exact[W]) publish() {
	for v := range x.right {
		x.price[v] = x.right[v].price - x.sinkPrice
	}
}

// phase finds the distances of the nearest wanting nodes from all sources,
// moves the duals by them, and sends units along the arcs without loss.
func (x *exact[W]) phase() {
	n := int32(x.n)
	sink := n + int32(x.m)
	q := &x.queue
	q.reset()
	x.touched = x.touched[:0]
	total := 0
	for _, s := range x.sources {
		total += int(x.excess[s])
		x.reach(-1, s, 0)
	}
	goal := max(1, total*7/8)
	end := int64(far)
	for {
		i, d, ok := q.pop()
		if !ok {
			break
		}
		if d != x.distance(i) {
			continue
		}
		if x.excess[i] < 0 {
			goal += int(x.excess[i])
			if goal <= 0 {
				end = d
				break
			}
		}
		x.expand(i, d)
	}
	if end == far {
		// Everything reachable is settled: the farthest distance closes it.
		end = 0
		for _, i := range x.touched {
			end = max(end, x.distance(i))
		}
	}
	for _, i := range x.touched {
		move := end - x.distance(i)
		switch {
		case i < n:
			if move > 0 {
				x.value[i] -= move
			}
			x.dist[i] = far
		case i < sink:
			r := &x.right[i-n]
			if move > 0 {
				r.price += move
			}
			r.dist = far
		default:
			if move > 0 {
				x.sinkPrice += move
			}
			x.dist[n] = far
		}
	}
	// Augment.
	x.epoch += 2
	kept := x.sources[:0]
	for _, s := range x.sources {
		for x.excess[s] > 0 && x.augment(s) {
		}
		if x.excess[s] > 0 {
			kept = append(kept, s)
		}
	}
	x.sources = kept
}

// expand reaches everything that is one arc away from node i at distance d.
func (x *exact[W]) expand(i int32, d int64) {
	n, m := int32(x.n), int32(x.m)
	sink := n + m
	switch {
	case i < n:
		pi := x.value[i] + d
		lo, hi := x.start[i], x.start[i+1]
		to, w := x.to[lo:hi], x.w[lo:hi]
		x.work += int64(hi - lo)
		for j, v := range to {
			r := &x.right[v]
			nd := pi - int64(w[j]) + r.price
			if nd < r.dist && !x.used(lo+int32(j)) && lo+int32(j) != x.banned {
				if r.dist == far {
					x.touched = append(x.touched, n+v)
				}
				r.dist = nd
				x.queue.push(nd, n+v)
				if x.from != nil {
					x.from[n+v] = i
				}
			}
		}
		x.reach(i, sink, pi+x.sinkPrice-x.outside[i])
	case i < sink:
		v := i - n
		p := x.right[v].price
		first := x.places.start[v]
		for j := first; j < first+x.places.size[v]; j++ {
			u := x.places.owner[j]
			x.reach(i, u, d+int64(x.w[x.places.edge[j]])-p-x.value[u])
		}
		x.work += int64(x.places.size[v])
		if f := x.flow[v]; f < x.capacity[v] {
			x.reach(i, sink, d+x.sinkPrice-p-x.gain(v, f))
		}
	default:
		for v := range m {
			if f := x.flow[v]; f > 0 {
				x.reach(i, n+v, d+x.right[v].price+x.gain(v, f-1)-x.sinkPrice)
			}
		}
		for u := range n {
			if x.idle[u] > 0 {
				x.reach(i, u, d+x.outside[u]-x.sinkPrice-x.value[u])
			}
		}
		x.work += int64(n + m)
	}
}

func (x *exact[W]) distance(i int32) int64 {
	n := int32(x.n)
	if i < n {
		return x.dist[i]
	}
	if i < n+int32(x.m) {
		return x.right[i-n].dist
	}
	return x.dist[n]
}

func (x *exact[W]) reach(from, i int32, d int64) {
	n := int32(x.n)
	var p *int64
	switch {
	case i < n:
		p = &x.dist[i]
	case i < n+int32(x.m):
		p = &x.right[i-n].dist
	default:
		p = &x.dist[n]
	}
	if d < *p {
		if *p == far {
			x.touched = append(x.touched, i)
		}
		*p = d
		x.queue.push(d, i)
		if x.from != nil {
			x.from[i] = from
		}
	}
}

// augment sends one unit from s to a node that wants one, along arcs without
// loss, and reports whether it found a way.
func (x *exact[W]) augment(s int32) bool {
	n, m := int32(x.n), int32(x.m)
	sink := n + m
	x.stack = append(x.stack[:0], s)
	x.via = append(x.via[:0], -1)
	// A node that a unit went through may be entered again, and goes on with the
	// arc after the last one tried; one that led nowhere stays marked.
	enter := func(i, e int32) bool {
		switch x.seen[i] {
		case x.epoch:
			return false
		case x.epoch - 1:
		default:
			x.next[i] = 0
		}
		x.seen[i] = x.epoch
		x.stack = append(x.stack, i)
		x.via = append(x.via, e)
		return true
	}
	if x.seen[s] != x.epoch {
		if x.seen[s] != x.epoch-1 {
			x.next[s] = 0
		}
		x.seen[s] = x.epoch
	}
search:
	for len(x.stack) > 0 {
		i := x.stack[len(x.stack)-1]
		if x.excess[i] < 0 {
			x.push()
			for _, j := range x.stack {
				x.seen[j] = x.epoch - 1
			}
			return true
		}
		switch {
		case i < n:
			lo, hi := x.start[i], x.start[i+1]
			pi := x.value[i]
			for j := lo + x.next[i]; j < hi; j++ {
				v := x.to[j]
				x.work++
				if int64(x.w[j])-x.right[v].price == pi && !x.used(j) && enter(n+v, j) {
					x.next[i] = j - lo + 1
					continue search
				}
			}
			if x.next[i] <= hi-lo {
				x.next[i] = hi - lo + 1
				if pi+x.sinkPrice == x.outside[i] && enter(sink, -1) {
					continue search
				}
			}
		case i < sink:
			v := i - n
			p := x.right[v].price
			size := x.places.size[v]
			for j := x.next[i]; j < size; j++ {
				k := x.places.start[v] + j
				u, e := x.places.owner[k], x.places.edge[k]
				x.work++
				if int64(x.w[e])-p == x.value[u] && enter(u, e) {
					x.next[i] = j + 1
					continue search
				}
			}
			if x.next[i] <= size {
				x.next[i] = size + 1
				if f := x.flow[v]; f < x.capacity[v] && p+x.gain(v, f) == x.sinkPrice && enter(sink, -1) {
					continue search
				}
			}
		default:
			for j := x.next[i]; j < n+m; j++ {
				if j < n {
					if x.idle[j] > 0 && x.outside[j]-x.sinkPrice == x.value[j] && enter(j, -1) {
						x.next[i] = j + 1
						continue search
					}
				} else if v := j - n; x.flow[v] > 0 && x.right[v].price+x.gain(v, x.flow[v]-1) == x.sinkPrice && enter(j, -1) {
					x.next[i] = j + 1
					continue search
				}
			}
			x.next[i] = n + m
		}
		x.stack = x.stack[:len(x.stack)-1]
		x.via = x.via[:len(x.via)-1]
	}
	return false
}

// push moves one unit along the stack.
func (x *exact[W]) push() {
	n := int32(x.n)
	sink := n + int32(x.m)
	x.excess[x.stack[0]]--
	x.excess[x.stack[len(x.stack)-1]]++
	for k := 1; k < len(x.stack); k++ {
		a, b, e := x.stack[k-1], x.stack[k], x.via[k]
		switch {
		case a < n && b < sink:
			x.use(e)
			x.hold(a, e, b-n)
		case a < n:
			x.idle[a]++
		case a < sink && b < n:
			x.drop(e)
			x.release(e, a-n)
		case a < sink:
			x.flow[a-n]++
		case b < n:
			x.idle[b]--
		default:
			x.flow[b-n]--
		}
	}
}

// distanceQueue is a heap of (distance, node); old entries stay and are skipped
// by whoever pops them.
type distanceQueue struct {
	heap []queued
	same []int32 // entries at the distance popped last
	at   int64
}

type queued struct {
	d int64
	i int32
}

func (q *distanceQueue) reset() { q.heap, q.same, q.at = q.heap[:0], q.same[:0], 0 }

func (q *distanceQueue) push(d int64, i int32) {
	if d == q.at {
		q.same = append(q.same, i)
		return
	}
	h := append(q.heap, queued{})
	c := len(h) - 1
	for c > 0 {
		p := (c - 1) / 4
		if h[p].d <= d {
			break
		}
		h[c] = h[p]
		c = p
	}
	h[c] = queued{d, i}
	q.heap = h
}

func (q *distanceQueue) pop() (int32, int64, bool) {
	if k := len(q.same); k > 0 {
		i := q.same[k-1]
		q.same = q.same[:k-1]
		return i, q.at, true
	}
	h := q.heap
	if len(h) == 0 {
		return 0, 0, false
	}
	top := h[0]
	last := h[len(h)-1]
	h = h[:len(h)-1]
	q.heap = h
	if len(h) > 0 {
		c := 0
		for {
			k := 4*c + 1
			if k >= len(h) {
				break
			}
			e := min(k+4, len(h))
			b := k
			for k++; k < e; k++ {
				if h[k].d < h[b].d {
					b = k
				}
			}
			if h[b].d >= last.d {
				break
			}
			h[c] = h[b]
			c = b
		}
		h[c] = last
	}
	q.at = top.d
	return top.i, top.d, true
}

// alternatives answers what else could have been, from the state a solver ended
// in. Edges are numbered as in the solver's graph.
type alternatives interface {
	// without is what the objective loses when used edge e of u is forbidden,
	// and the edge u would use instead, -1 for none.
	without(u, e int32) (loss int64, instead int32)
	// forcing is what the objective loses when unused edge e of u must be used.
	forcing(u, e int32) int64
}

func (x *exact[W]) without(u, e int32) (int64, int32) {
	v := x.to[e]
	x.banned = e
	d, hop := x.way(u, int32(x.n)+v)
	x.banned = -1
	instead := int32(-1)
	if hop >= int32(x.n) && hop < int32(x.n+x.m) {
		for k := x.start[u]; k < x.start[u+1]; k++ {
			if x.to[k] == hop-int32(x.n) {
				instead = k
			}
		}
	}
	return d + int64(x.w[e]) - x.right[v].price - x.value[u], instead
}

func (x *exact[W]) forcing(u, e int32) int64 {
	v := x.to[e]
	d, _ := x.way(int32(x.n)+v, u)
	return d + x.value[u] + x.right[v].price - int64(x.w[e])
}

// way is the loss of the shortest way from node a to node b, and its first
// stop. The sink joins everything, so there always is one.
func (x *exact[W]) way(a, b int32) (int64, int32) {
	if x.from == nil {
		x.from = make([]int32, x.n+x.m+1)
	}
	q := &x.queue
	q.reset()
	x.touched = x.touched[:0]
	x.reach(-1, a, 0)
	loss := int64(far)
	for {
		i, d, ok := q.pop()
		if !ok {
			break
		}
		if d != x.distance(i) {
			continue
		}
		if i == b {
			loss = d
			break
		}
		x.expand(i, d)
	}
	hop := b
	for hop >= 0 && x.from[hop] != a {
		hop = x.from[hop]
	}
	for _, i := range x.touched {
		switch n := int32(x.n); {
		case i < n:
			x.dist[i] = far
		case i < n+int32(x.m):
			x.right[i-n].dist = far
		default:
			x.dist[n] = far
		}
	}
	return loss, hop
}
