package matching

import (
	"cmp"
	"slices"
)

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
	// Bucketed by learner, and that by teacher: both keep the order they find, so
	// each teacher's learners ascend.
	g := &swapGraph{
		n: n, start: make([]int32, n+1), rstart: make([]int32, n+1),
		head: make([]int32, len(arcs)), arc: make([]int32, len(arcs)), rtail: make([]int32, len(arcs)),
	}
	for i := range arcs {
		g.start[arcs[i].Teacher+1]++
		g.rstart[arcs[i].Learner+1]++
	}
	for v := range n {
		g.start[v+1] += g.start[v]
		g.rstart[v+1] += g.rstart[v]
	}
	fill, of := slices.Clone(g.rstart[:n]), make([]int32, len(arcs))
	for i := range arcs {
		e := &fill[arcs[i].Learner]
		g.rtail[*e], of[*e] = arcs[i].Teacher, int32(i)
		*e++
	}
	copy(fill, g.start)
	for v := range n {
		for e := g.rstart[v]; e < g.rstart[v+1]; e++ {
			f := &fill[g.rtail[e]]
			g.head[*f], g.arc[*f] = int32(v), of[e]
			*f++
		}
	}
	g.merge(arcs, failing)
	// From the teachers' side once more, so that each learner's teachers ascend.
	clear(g.rstart)
	for _, v := range g.head {
		g.rstart[v+1]++
	}
	for v := range n {
		g.rstart[v+1] += g.rstart[v]
	}
	g.rtail = g.rtail[:len(g.head)]
	copy(fill, g.rstart)
	for u := range n {
		for _, v := range g.head[g.start[u]:g.start[u+1]] {
			g.rtail[fill[v]] = int32(u)
			fill[v]++
		}
	}
	return g
}

// merge leaves out parallel arcs another is better than.
func (g *swapGraph) merge(arcs []SwapArc, failing bool) {
	kept := int32(0)
	for u := range g.n {
		from, to := g.start[u], g.start[u+1]
		g.start[u] = kept
		for i := from; i < to; {
			j := i + 1
			for j < to && g.head[j] == g.head[i] {
				j++
			}
			run := g.arc[i:j]
			if len(run) > 1 {
				run = unbeaten(arcs, run, failing)
			}
			for _, a := range run {
				g.head[kept], g.arc[kept] = g.head[i], a
				kept++
			}
			i = j
		}
	}
	g.start[g.n] = kept
	g.head, g.arc = g.head[:kept], g.arc[:kept]
}

// unbeaten sorts parallel arcs, heaviest first, and returns those that could be
// chosen: the first, or, when arcs can fail, each with a better chance than all
// before.
func unbeaten(arcs []SwapArc, run []int32, failing bool) []int32 {
	slices.SortFunc(run, func(i, j int32) int {
		a, b := &arcs[i], &arcs[j]
		order := cmp.Compare(b.Weight, a.Weight)
		if order == 0 && failing {
			order = cmp.Compare(b.chance(), a.chance())
		}
		return cmp.Or(order, cmp.Compare(i, j))
	})
	if !failing {
		return run[:1]
	}
	kept := 1
	for _, i := range run[1:] {
		if arcs[i].chance() > arcs[run[kept-1]].chance() {
			run[kept] = i
			kept++
		}
	}
	return run[:kept]
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
		for e := g.rstart[v+1] - 1; e >= g.rstart[v] && g.rtail[e] > root; e-- {
			if u := g.rtail[e]; d[u] < 0 {
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
// get home in time are never entered (after Johnson 1975, with lengths), but for
// the first arc of those of four and more: to know it of them would take another
// level of the way home, the widest, which costs two to five times as much as
// to try them.
func (g *swapGraph) cycles(k int, visit func(path, arcs []int32) bool) {
	d := make([]int32, g.n)
	for i := range d {
		d[i] = -1
	}
	var queue []int32
	on := make([]bool, g.n)
	path, arcs := make([]int32, 1, k), make([]int32, 0, k)
	ok := true
	whole, far := true, k-1 // whole: the way home is known from everywhere
	if k > 3 {
		whole, far = false, k-2
	}
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
			if v < root || on[v] || d[v] > left || d[v] < 0 && (whole || len(path) > 1) {
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
		if g.start[root] == g.start[root+1] || g.rstart[root] == g.rstart[root+1] {
			continue
		}
		queue = g.home(root, far, d, queue)
		path[0] = root
		path = path[:1]
		extend(root, root)
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
