package matching

import "slices"

// swapGraph is who can teach whom, sorted by teacher. Parallel arcs that could
// never be chosen are left out.
type swapGraph struct {
	n      int
	start  []int32
	head   []int32
	arc    []int32 // index in the caller's list
	rstart []int32
	rtail  []int32
}

// newSwapGraph keeps of parallel arcs the best by weight, or, when arcs can
// fail, every one that no other beats in both weight and chance.
func newSwapGraph(n int, arcs []SwapArc, failing bool) *swapGraph {
	// By teacher in buckets, then each bucket by learner, best arc first.
	at := make([]int32, n+1)
	for i := range arcs {
		at[arcs[i].Teacher+1]++
	}
	for v := 0; v < n; v++ {
		at[v+1] += at[v]
	}
	order := make([]int32, len(arcs))
	fill := slices.Clone(at[:n])
	for i := range arcs {
		u := arcs[i].Teacher
		order[fill[u]] = int32(i)
		fill[u]++
	}
	compare := func(i, j int32) int {
		a, b := &arcs[i], &arcs[j]
		switch {
		case a.Learner != b.Learner:
			return int(a.Learner) - int(b.Learner)
		case a.Weight > b.Weight:
			return -1
		case a.Weight < b.Weight:
			return 1
		case failing && a.chance() > b.chance():
			return -1
		case failing && a.chance() < b.chance():
			return 1
		}
		return int(i) - int(j)
	}
	for v := 0; v < n; v++ {
		if list := order[at[v]:at[v+1]]; !slices.IsSortedFunc(list, compare) {
			slices.SortFunc(list, compare)
		}
	}
	g := &swapGraph{n: n, start: make([]int32, n+1), rstart: make([]int32, n+1)}
	last := int32(-1)
	for _, i := range order {
		a := &arcs[i]
		if last >= 0 && arcs[last].Teacher == a.Teacher && arcs[last].Learner == a.Learner {
			if !failing || a.chance() <= arcs[last].chance() {
				continue
			}
		}
		last = i
		g.start[a.Teacher+1]++
		g.rstart[a.Learner+1]++
		g.head = append(g.head, a.Learner)
		g.arc = append(g.arc, i)
	}
	for v := 0; v < n; v++ {
		g.start[v+1] += g.start[v]
		g.rstart[v+1] += g.rstart[v]
	}
	g.rtail = make([]int32, len(g.head))
	copy(fill, g.rstart[:n])
	for u := 0; u < n; u++ {
		for _, v := range g.head[g.start[u]:g.start[u+1]] {
			g.rtail[fill[v]] = int32(u)
			fill[v]++
		}
	}
	return g
}

// home fills d with the number of arcs from every vertex above root back to
// root, as far as limit, and returns the vertices reached.
func (g *swapGraph) home(root int32, limit int, d []int32, queue []int32) []int32 {
	queue = append(queue[:0], root)
	d[root] = 0
	for i := 0; i < len(queue); i++ {
		v := queue[i]
		if int(d[v]) == limit {
			continue
		}
		for _, u := range g.rtail[g.rstart[v]:g.rstart[v+1]] {
			if u > root && d[u] < 0 {
				d[u] = d[v] + 1
				queue = append(queue, u)
			}
		}
	}
	return queue
}

// cycles calls visit with the vertices and arcs of every directed cycle of
// length 2..k, each once, from its smallest vertex on: path[i] teaches
// path[i+1] by arcs[i]. It stops when visit returns false. Paths that cannot
// get home in time are never entered, so the work is proportional to the cycles
// found times k (after Johnson 1975, with lengths).
func (g *swapGraph) cycles(k int, visit func(path, arcs []int32) bool) {
	d := make([]int32, g.n)
	for i := range d {
		d[i] = -1
	}
	var queue []int32
	on := make([]bool, g.n)
	path, arcs := make([]int32, 1, k), make([]int32, 0, k)
	ok := true
	var extend func(u, root int32)
	extend = func(u, root int32) {
		left := int32(k - len(path))
		for e := g.start[u]; e < g.start[u+1]; e++ {
			v := g.head[e]
			if v == root {
				if len(path) > 1 {
					arcs = append(arcs, g.arc[e])
					ok = visit(path, arcs)
					arcs = arcs[:len(arcs)-1]
					if !ok {
						return
					}
				}
				continue
			}
			if v < root || on[v] || d[v] < 0 || d[v] > left {
				continue
			}
			on[v] = true
			path, arcs = append(path, v), append(arcs, g.arc[e])
			extend(v, root)
			path, arcs = path[:len(path)-1], arcs[:len(arcs)-1]
			on[v] = false
			if !ok {
				return
			}
		}
	}
	for root := int32(0); root < int32(g.n) && ok; root++ {
		queue = g.home(root, k-1, d, queue)
		if len(queue) > 1 {
			path[0] = root
			path = path[:1]
			extend(root, root)
		}
		for _, v := range queue {
			d[v] = -1
		}
	}
}

// chains calls visit with every path of 1..k arcs from each of the givers.
func (g *swapGraph) chains(givers []int32, k int, visit func(path, arcs []int32) bool) {
	on := make([]bool, g.n)
	path, arcs := make([]int32, 1, k+1), make([]int32, 0, k)
	ok := true
	var extend func(u int32)
	extend = func(u int32) {
		for e := g.start[u]; e < g.start[u+1]; e++ {
			v := g.head[e]
			if on[v] {
				continue
			}
			path, arcs = append(path, v), append(arcs, g.arc[e])
			ok = visit(path, arcs)
			if ok && len(arcs) < k {
				on[v] = true
				extend(v)
				on[v] = false
			}
			path, arcs = path[:len(path)-1], arcs[:len(arcs)-1]
			if !ok {
				return
			}
		}
	}
	for _, u := range givers {
		on[u] = true
		path[0] = u
		path = path[:1]
		extend(u)
		on[u] = false
		if !ok {
			return
		}
	}
}
