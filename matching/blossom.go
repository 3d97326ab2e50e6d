package matching

// blossom is Edmonds's primal-dual method for maximum-weight matching in a
// general graph (Edmonds 1965), one alternating tree at a time. It starts from
// duals and a matching that are already optimal but for odd cycles, so that few
// trees are grown and most stay small (the start of Derigs and Metz 1986 and of
// Kolmogorov's Blossom V). Inside a tree the duals move with a common clock and
// are written out only when a node changes its label; events (an edge becoming
// tight, a blossom running out) wait in a heap.
//
// Weights and duals are doubled so that every step is a whole number: all
// vertices of a tree are joined by tight edges of even weight, so their duals
// have the same parity and the slack between two outer vertices is even.
//
// Nodes 0..n-1 are people, higher ones blossoms: odd sets of nodes joined in a
// cycle of tight edges, matched inside but for the base.
type blossom struct {
	n     int
	start []int32
	to    []int32
	w     []int64 // twice the weight
	floor int64   // dual at which a vertex may stay alone

	mate []int32
	next []int32 // list of vertices in which those of each node stand together
	y    []int64 // vertex duals; inside a tree relative to its clock, see label
	top  []int32 // outermost node that holds a vertex, to be read through node

	// By node.
	parent   []int32
	base     []int32
	z        []int64 // blossom duals, relative like y
	label    []int8
	from     [][2]int32   // the edge by which an inner node was reached: outer vertex, own vertex
	children [][]int32    // in cycle order, the one with the base first
	links    [][][2]int32 // links[i] joins children[i] and the next one, ends in that order
	size     []int32      // vertices inside
	first    []int32      // the first and last of them in the list that next makes
	last     []int32
	over     []int32 // while a tree grows: the node to look at instead, -1 when none
	free     []int32 // ids of blossoms that were taken apart
	retired  []int32 // the same, in this search: their ids are still in labeled
	mark     []uint32
	marked   uint32

	// Of one search.
	dist    []int64 // time at which a vertex outside the tree is reached
	via     []int32 // the outer vertex it is reached from
	touched []int32
	labeled []int32
	fresh   []int32 // nodes that became outermost
	linked  []int32 // nodes with an entry in over
	scan    []int32 // outer vertices whose edges have not been looked at
	heap    []event
	now     int64
	limit   int64 // nothing later than this matters
	lone    int32 // outer vertex whose dual reaches the floor at limit, -1 when limit is an augmentation

	long        int64 // how long a tree may grow in this pass
	at          int   // who is looked at next
	open, found int   // how many have to be looked at again, and not

	work  int64
	clock *stopwatch
}

const (
	loose int8 = iota // outside the tree
	outer             // even distance from the root: duals fall
	inner             // odd distance: duals rise
)

// What else may happen at the limit of a search.
const (
	reached int32 = -1 // somebody without a partner
	paused  int32 = -2 // nothing, it has lasted long enough
)

// event happens at a time: outer vertex u reaches v outside the tree, outer
// vertices ^u and v meet, or inner blossom u runs out (v is -1).
type event struct {
	at   int64
	u, v int32
}

func newBlossom(n int, start, to []int32, w []int64, floor int64) *blossom {
	b := &blossom{n: n, start: start, to: to, w: w, floor: floor,
		mate: make([]int32, n), y: make([]int64, n), top: make([]int32, n),
		parent: make([]int32, n), base: make([]int32, n), z: make([]int64, n), label: make([]int8, n),
		from: make([][2]int32, n), children: make([][]int32, n), links: make([][][2]int32, n), mark: make([]uint32, n),
		dist: make([]int64, n), via: make([]int32, n), size: make([]int32, n), over: make([]int32, n),
		first: make([]int32, n), last: make([]int32, n), next: make([]int32, n)}
	for v := range n {
		b.mate[v], b.top[v], b.parent[v], b.base[v], b.dist[v] = -1, int32(v), -1, int32(v), far
		b.size[v], b.over[v], b.first[v], b.last[v] = 1, -1, int32(v), int32(v)
	}
	return b
}

// newNode returns the id of a blossom that does not exist yet.
func (b *blossom) newNode() int32 {
	if k := len(b.free); k > 0 {
		id := b.free[k-1]
		b.free = b.free[:k-1]
		return id
	}
	b.parent = append(b.parent, -1)
	b.base = append(b.base, -1)
	b.z = append(b.z, 0)
	b.label = append(b.label, loose)
	b.from = append(b.from, [2]int32{})
	b.children = append(b.children, nil)
	b.links = append(b.links, nil)
	b.mark = append(b.mark, 0)
	b.size = append(b.size, 0)
	b.first = append(b.first, 0)
	b.last = append(b.last, 0)
	b.over = append(b.over, -1)
	return int32(len(b.parent) - 1)
}

// node is the outermost node that holds vertex v. While a tree grows, nodes are
// joined and taken apart without visiting their vertices; over says where to
// look (union-find with halving).
func (b *blossom) node(v int32) int32 {
	x := b.top[v]
	if b.over[x] < 0 {
		return x
	}
	return b.find(v, x)
}

func (b *blossom) find(v, x int32) int32 {
	for b.over[x] >= 0 {
		if up := b.over[b.over[x]]; up >= 0 {
			b.over[x] = up
		}
		x = b.over[x]
	}
	b.top[v] = x
	return x
}

// instead makes everybody who looks at x look at y.
func (b *blossom) instead(x, y int32) {
	b.over[x] = y
	b.linked = append(b.linked, x)
}

// leaves calls f with every vertex inside node x. Vertices hang in one list in
// which those of a node are neighbours, also after it was taken apart.
func (b *blossom) leaves(x int32, f func(v int32)) {
	for v, last := b.first[x], b.last[x]; ; v = b.next[v] {
		f(v)
		if v == last {
			return
		}
	}
}

// search grows a tree from r until r is matched, or somebody else in the tree
// stays alone in its place because his dual has reached the floor, or for so
// long: then the duals it has reached stay and r is looked at again later.
func (b *blossom) search(r int32, long int64) {
	b.now, b.limit, b.lone = 0, long, paused
	b.heap = b.heap[:0]
	b.makeOuter(b.node(r))
	var u, v int32 = -1, -1
	for {
		b.scanOuter()
		if len(b.heap) == 0 || b.heap[0].at >= b.limit && b.lone != reached {
			break
		}
		e := b.pop()
		b.now = e.at
		b.work += 2
		if e.v < 0 {
			if x := e.u; b.parent[x] < 0 && b.label[x] == inner && b.children[x] != nil && b.z[x] == 2*b.now {
				b.expand(x)
			}
			continue
		}
		x := b.node(e.v)
		switch b.label[x] {
		case loose:
			if b.dist[e.v] != e.at || b.via[e.v] != e.u {
				continue
			}
			if b.mate[b.base[x]] < 0 {
				u, v = e.u, e.v
			} else {
				b.makeInner(x, e.u, e.v)
				b.makeOuter(b.node(b.mate[b.base[x]]))
			}
		case outer:
			// An edge that waited to reach a vertex that is outer by now has
			// another event as an edge between outer vertices.
			if e.u < 0 && b.node(^e.u) != x {
				b.shrink(^e.u, e.v)
			}
		}
		if u >= 0 {
			break
		}
	}
	if u < 0 {
		b.now = b.limit
	}
	// Write the duals out before the matching changes, while labels tell how.
	b.settle()
	if u >= 0 {
		x := b.node(v)
		b.rebase(x, v)
		b.mate[v] = u
		b.flip(u, v)
	} else if b.lone >= 0 {
		b.flip(b.lone, -1)
	}
	for _, x := range b.fresh {
		if b.parent[x] < 0 && (int(x) < b.n || b.children[x] != nil) {
			b.leaves(x, func(v int32) { b.top[v] = x })
			b.work += int64(b.size[x])
		}
	}
	b.fresh = b.fresh[:0]
	for _, x := range b.linked {
		b.over[x] = -1
	}
	b.linked = b.linked[:0]
	for _, x := range b.labeled {
		b.label[x] = loose
	}
	b.labeled = b.labeled[:0]
	b.free = append(b.free, b.retired...)
	b.retired = b.retired[:0]
	for _, x := range b.touched {
		b.dist[x] = far
	}
	b.touched = b.touched[:0]
}

// settle turns the duals of the tree into plain ones at time now.
func (b *blossom) settle() {
	t := b.now
	for _, x := range b.labeled {
		if b.parent[x] >= 0 || b.label[x] == loose {
			continue
		}
		by := -t
		if b.label[x] == inner {
			by = t
		}
		b.leaves(x, func(v int32) { b.y[v] += by })
		if b.children[x] != nil {
			b.z[x] -= 2 * by
		}
	}
	b.scan = b.scan[:0]
}

func (b *blossom) makeOuter(x int32) {
	b.label[x] = outer
	b.labeled = append(b.labeled, x)
	t := b.now
	b.leaves(x, func(v int32) {
		b.y[v] += t
		b.watch(v)
	})
	if b.children[x] != nil {
		b.z[x] -= 2 * t
	}
}

// watch notes an outer vertex: when it may stay alone, and that its edges have
// to be looked at.
func (b *blossom) watch(v int32) {
	if at := b.y[v] - b.floor; at < b.limit {
		b.limit, b.lone = at, v
	}
	b.scan = append(b.scan, v)
}

func (b *blossom) makeInner(x, u, v int32) {
	b.label[x] = inner
	b.labeled = append(b.labeled, x)
	b.from[x] = [2]int32{u, v}
	t := b.now
	b.leaves(x, func(v int32) { b.y[v] -= t })
	if b.children[x] != nil {
		b.z[x] += 2 * t
		b.push(event{b.z[x] / 2, x, -1})
	}
}

// scanOuter looks at the edges of new outer vertices.
func (b *blossom) scanOuter() {
	for len(b.scan) > 0 {
		u := b.scan[len(b.scan)-1]
		b.scan = b.scan[:len(b.scan)-1]
		x := b.node(u)
		yu := b.y[u]
		lo, hi := b.start[u], b.start[u+1]
		b.work += int64(hi - lo)
		to, w := b.to[lo:hi], b.w[lo:hi]
		for k, v := range to {
			at := yu + b.y[v] - w[k]
			y := b.node(v)
			switch b.label[y] {
			case loose:
				if at < b.limit && at < b.dist[v] {
					b.reach(u, v, at)
				}
			case outer:
				if y != x && at/2 < b.limit {
					b.push(event{at / 2, ^u, v})
				}
			}
		}
	}
}

// reach notes that u is the first outer vertex to reach v, at the given time.
func (b *blossom) reach(u, v int32, at int64) {
	if b.dist[v] == far {
		b.touched = append(b.touched, v)
	}
	b.dist[v], b.via[v] = at, u
	b.push(event{at, u, v})
	if b.mate[b.base[b.node(v)]] < 0 {
		b.limit, b.lone = at, reached
	}
}

// shrink makes a blossom of the cycle that edge u-v closes in the tree.
func (b *blossom) shrink(u, v int32) {
	// The lowest common outer node of both ways to the root.
	b.marked++
	x, y := b.node(u), b.node(v)
	root := int32(-1)
	for root < 0 {
		if x >= 0 {
			if b.mark[x] == b.marked {
				root = x
				break
			}
			b.mark[x] = b.marked
			x = b.above(x)
		}
		x, y = y, x
		if x < 0 {
			x, y = y, x
		}
	}
	var nodes []int32
	var links [][2]int32
	// From the root down to u, so collect upwards and turn round.
	for x := b.node(u); x != root; {
		i := b.node(b.mate[b.base[x]])
		nodes = append(nodes, x, i)
		links = append(links, [2]int32{b.mate[b.base[x]], b.base[x]}, b.from[i])
		x = b.node(b.from[i][0])
	}
	nodes = append(nodes, root)
	for i, j := 0, len(nodes)-1; i < j; i, j = i+1, j-1 {
		nodes[i], nodes[j] = nodes[j], nodes[i]
	}
	for i, j := 0, len(links)-1; i < j; i, j = i+1, j-1 {
		links[i], links[j] = links[j], links[i]
	}
	links = append(links, [2]int32{u, v})
	for x := b.node(v); x != root; {
		i := b.node(b.mate[b.base[x]])
		nodes = append(nodes, x, i)
		f := b.from[i]
		links = append(links, [2]int32{b.base[x], b.mate[b.base[x]]}, [2]int32{f[1], f[0]})
		x = b.node(f[0])
	}
	id := b.newNode()
	t := b.now
	b.size[id], b.first[id], b.last[id] = 0, b.first[root], b.last[nodes[len(nodes)-1]]
	for i, c := range nodes {
		if i > 0 {
			b.next[b.last[nodes[i-1]]] = b.first[c]
		}
		b.parent[c] = id
		b.size[id] += b.size[c]
		b.instead(c, id)
		if b.label[c] == inner {
			if b.children[c] != nil {
				b.z[c] -= 2 * t
			}
			b.leaves(c, func(v int32) {
				b.y[v] += 2 * t
				b.watch(v)
			})
		} else if b.children[c] != nil {
			b.z[c] += 2 * t
		}
	}
	b.parent[id], b.base[id], b.z[id] = -1, b.base[root], -2*t
	b.children[id], b.links[id] = nodes, links
	b.label[id] = outer
	b.labeled = append(b.labeled, id)
	b.fresh = append(b.fresh, id)
}

// above is the outer node two steps nearer to the root, -1 at the root.
func (b *blossom) above(x int32) int32 {
	m := b.mate[b.base[x]]
	if m < 0 {
		return -1
	}
	return b.node(b.from[b.node(m)][0])
}

// expand takes apart an inner blossom whose dual has run out.
func (b *blossom) expand(x int32) {
	t := b.now
	children, links := b.children[x], b.links[x]
	k := len(children)
	from := b.from[x]
	entry := from[1]
	for int(b.parent[entry]) != int(x) {
		entry = b.parent[entry]
	}
	at := 0
	for children[at] != entry {
		at++
	}
	largest := children[0]
	for _, c := range children {
		if b.size[c] > b.size[largest] {
			largest = c
		}
	}
	for _, c := range children {
		b.parent[c], b.label[c] = -1, loose
		b.fresh = append(b.fresh, c)
		if c == largest {
			b.instead(x, c)
		} else {
			b.leaves(c, func(v int32) { b.top[v] = c })
			b.work += int64(b.size[c])
		}
	}
	// The even way from the entry to the base stays in the tree.
	var way []int32
	var steps [][2]int32 // step i goes from way[i] to way[i+1]
	if at%2 == 0 {
		for i := at; i > 0; i-- {
			way = append(way, children[i])
			steps = append(steps, [2]int32{links[i-1][1], links[i-1][0]})
		}
	} else {
		for i := at; i < k; i++ {
			way = append(way, children[i])
			steps = append(steps, links[i])
		}
	}
	way = append(way, children[0])
	b.label[x], b.children[x], b.links[x] = loose, nil, nil
	b.retired = append(b.retired, x)
	for i, c := range way {
		b.labeled = append(b.labeled, c)
		if i%2 == 0 {
			b.label[c] = inner
			b.from[c] = from
			if b.children[c] != nil {
				b.z[c] += 2 * t
				b.push(event{b.z[c] / 2, c, -1})
			}
		} else {
			b.label[c] = outer
			b.leaves(c, func(v int32) {
				b.y[v] += 2 * t
				b.watch(v)
			})
			if b.children[c] != nil {
				b.z[c] -= 2 * t
			}
		}
		if i%2 == 1 {
			from = steps[i]
		}
	}
	for _, c := range children {
		if b.label[c] != loose {
			continue
		}
		// Outside the tree again: who reaches it first is not known any more.
		b.leaves(c, func(v int32) {
			b.y[v] += t
			b.dist[v] = far
		})
	}
	for _, c := range children {
		if b.label[c] != loose {
			continue
		}
		b.leaves(c, func(v int32) {
			b.touched = append(b.touched, v)
			lo, hi := b.start[v], b.start[v+1]
			b.work += int64(hi - lo)
			for k := lo; k < hi; k++ {
				u := b.to[k]
				if b.label[b.node(u)] != outer {
					continue
				}
				if at := b.y[u] + b.y[v] - b.w[k]; at < b.limit && at < b.dist[v] {
					b.reach(u, v, at)
				}
			}
		})
	}
}

// flip makes outer vertex u the partner of v (nobody when v is -1) and changes
// partners along the way to the root.
func (b *blossom) flip(u, v int32) {
	for {
		x := b.node(u)
		old := b.mate[b.base[x]]
		b.rebase(x, u)
		b.mate[u] = v
		if old < 0 {
			return
		}
		i := b.node(old)
		f := b.from[i]
		b.rebase(i, f[1])
		b.mate[f[1]] = f[0]
		u, v = f[0], f[1]
	}
}

// rebase makes v the base of node x, changing partners inside.
func (b *blossom) rebase(x, v int32) {
	for c := v; c != x; c = b.parent[c] {
		b.turn(b.parent[c], c, v)
	}
}

// turn makes v, which is the base of child c, the base of blossom x.
func (b *blossom) turn(x, c, v int32) {
	if b.base[x] == v {
		return
	}
	children, links := b.children[x], b.links[x]
	k := len(children)
	at := 0
	for children[at] != c {
		at++
	}
	first, last := 0, at
	if at%2 == 1 {
		first, last = at+1, k
	}
	for j := first; j < last; j += 2 {
		p, q := links[j][0], links[j][1]
		b.rebase(children[j], p)
		b.rebase(children[(j+1)%k], q)
		b.mate[p], b.mate[q] = q, p
	}
	if at > 0 {
		b.children[x] = append(append(make([]int32, 0, k), children[at:]...), children[:at]...)
		b.links[x] = append(append(make([][2]int32, 0, k), links[at:]...), links[:at]...)
	}
	b.base[x] = v
}

func (b *blossom) push(e event) {
	h := append(b.heap, event{})
	c := len(h) - 1
	for c > 0 {
		p := (c - 1) / 4
		if h[p].at <= e.at {
			break
		}
		h[c] = h[p]
		c = p
	}
	h[c] = e
	b.heap = h
}

func (b *blossom) pop() event {
	h := b.heap
	top, last := h[0], h[len(h)-1]
	h = h[:len(h)-1]
	b.heap = h
	if len(h) == 0 {
		return top
	}
	c := 0
	for {
		k := 4*c + 1
		if k >= len(h) {
			break
		}
		e := min(k+4, len(h))
		m := k
		for k++; k < e; k++ {
			if h[k].at < h[m].at {
				m = k
			}
		}
		if h[m].at >= last.at {
			break
		}
		h[c] = h[m]
		c = m
	}
	h[c] = last
	return top
}
