package matching

import (
	"slices"
)

// swapGraph is who can teach whom, one arc for each ordered pair, the best of
// parallel arcs.
type swapGraph struct {
	n      int
	start  []int32
	head   []int32
	weight []float64
	prob   []float64 // nil: all arcs are certain
	arc    []int32   // index in the caller's list
}

// dist fills d with the number of arcs from every vertex to root using only
// vertices >= root, capped at limit+1.
func (g *swapGraph) distances(root int32, limit int, rstart, rtail []int32, d []int32, queue []int32) []int32 {
	queue = append(queue[:0], root)
	d[root] = 0
	for i := 0; i < len(queue); i++ {
		v := queue[i]
		if int(d[v]) == limit {
			continue
		}
		for _, u := range rtail[rstart[v]:rstart[v+1]] {
			if u > root && d[u] < 0 {
				d[u] = d[v] + 1
				queue = append(queue, u)
			}
		}
	}
	return queue
}

func (g *swapGraph) reverse() (start, tail []int32) {
	start = make([]int32, g.n+1)
	for _, v := range g.head {
		start[v+1]++
	}
	for v := 0; v < g.n; v++ {
		start[v+1] += start[v]
	}
	tail = make([]int32, len(g.head))
	at := slices.Clone(start[:g.n])
	for u := 0; u < g.n; u++ {
		for _, v := range g.head[g.start[u]:g.start[u+1]] {
			tail[at[v]] = int32(u)
			at[v]++
		}
	}
	return start, tail
}

// cycles calls visit with the vertices of every directed cycle of length 2..k,
// each once, from its smallest vertex on. It stops when visit returns false.
// Paths that cannot get home in time are never entered.
func (g *swapGraph) cycles(k int, visit func(path []int32) bool) bool {
	rstart, rtail := g.reverse()
	d := make([]int32, g.n)
	for i := range d {
		d[i] = -1
	}
	var queue []int32
	on := make([]bool, g.n)
	path := make([]int32, 1, k)
	ok := true
	var extend func(u, root int32)
	extend = func(u, root int32) {
		left := int32(k - len(path))
		for _, v := range g.head[g.start[u]:g.start[u+1]] {
			if v == root {
				if len(path) > 1 && !visit(path) {
					ok = false
					return
				}
				continue
			}
			if v < root || on[v] || d[v] < 0 || d[v] > left {
				continue
			}
			on[v] = true
			path = append(path, v)
			extend(v, root)
			path = path[:len(path)-1]
			on[v] = false
			if !ok {
				return
			}
		}
	}
	for root := int32(0); root < int32(g.n) && ok; root++ {
		queue = g.distances(root, k-1, rstart, rtail, d, queue)
		path[0] = root
		path = path[:1]
		extend(root, root)
		for _, v := range queue {
			d[v] = -1
		}
	}
	return ok
}
