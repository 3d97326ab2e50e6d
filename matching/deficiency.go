package matching

// deficiency finds who cannot all be served: the left nodes that some largest
// answer leaves with less than their demand, and the right nodes they compete
// for, which are full in every largest answer (the decomposition of Dulmage and
// Mendelsohn 1958, with demands and capacities). It makes t.x a largest answer
// on the way (Hopcroft and Karp 1973). Both lists are nil when everybody who has
// an edge can be served in full.
func (t *transport[W]) deficiency() (short, wanted []bool) {
	d := &largest[W]{transport: t, missing: make([]int32, t.n), room: make([]int32, t.m),
		places: newHolderLists(t.capacity, t.degrees(), 0), level: make([]int32, t.n), next: make([]int32, t.n)}
	copy(d.room, t.capacity)
	for u := range int32(t.n) {
		d.missing[u] = t.demand[u]
		for e := t.start[u]; e < t.start[u+1]; e++ {
			if t.used(e) {
				d.take(u, e)
			}
		}
	}
	t.work += int64(len(t.to))
	for u := range int32(t.n) {
		for e := t.start[u]; e < t.start[u+1] && d.missing[u] > 0; e++ {
			if !t.used(e) && d.room[t.to[e]] > 0 {
				t.use(e)
				d.take(u, e)
			}
		}
	}
	for d.layers() {
		if t.clock.over(t.work) {
			return nil, nil
		}
		clear(d.next)
		for u := range int32(t.n) {
			for d.missing[u] > 0 && d.level[u] == 0 && d.serve(u) {
			}
		}
	}
	// The last layers reach all that matters.
	for u := range t.n {
		if d.level[u] < 0 {
			continue
		}
		if short == nil {
			short, wanted = make([]bool, t.n), make([]bool, t.m)
		}
		short[u] = true
		for e := t.start[u]; e < t.start[u+1]; e++ {
			if !t.used(int32(e)) {
				wanted[t.to[e]] = true
			}
		}
	}
	return short, wanted
}

// largest is the search for a largest answer.
type largest[W int32 | int64] struct {
	*transport[W]
	missing, room []int32
	places        holderLists
	level         []int32 // left nodes: how many steps from somebody who misses something, -1 when not reached
	next          []int32 // left nodes: the edge to try next
	queue         []int32
	stack         []move
}

// take notes that u holds a place over edge e.
func (d *largest[W]) take(u, e int32) {
	v := d.to[e]
	i := d.places.start[v] + d.places.size[v]
	d.places.edge[i], d.places.owner[i] = e, u
	d.places.size[v]++
	d.room[v]--
	d.missing[u]--
}

// layers numbers the left nodes by distance and reports whether a free place can
// be reached.
func (d *largest[W]) layers() bool {
	d.queue = d.queue[:0]
	for u := range int32(d.n) {
		d.level[u] = -1
		if d.missing[u] > 0 && d.start[u] < d.start[u+1] {
			d.level[u] = 0
			d.queue = append(d.queue, u)
		}
	}
	seen := make([]bool, d.m)
	found := false
	for i := 0; i < len(d.queue); i++ {
		u := d.queue[i]
		d.work += int64(d.start[u+1] - d.start[u])
		for e := d.start[u]; e < d.start[u+1]; e++ {
			v := d.to[e]
			if seen[v] || d.used(e) {
				continue
			}
			seen[v] = true
			if d.room[v] > 0 {
				found = true
				continue
			}
			first := d.places.start[v]
			for k := first; k < first+d.places.size[v]; k++ {
				if o := d.places.owner[k]; d.level[o] < 0 {
					d.level[o] = d.level[u] + 1
					d.queue = append(d.queue, o)
				}
			}
		}
	}
	return found
}

// serve finds u one place more, moving others along the layers.
func (d *largest[W]) serve(u int32) bool {
	stack := append(d.stack[:0], move{u, -1, 0})
	defer func() { d.stack = stack }()
	for len(stack) > 0 {
		s := &stack[len(stack)-1]
		if s.edge >= 0 {
			// Somebody who holds a place over this edge could go elsewhere.
			v := d.to[s.edge]
			if k := s.place; k < d.places.start[v]+d.places.size[v] {
				s.place++
				if o := d.places.owner[k]; d.level[o] == d.level[s.who]+1 {
					stack = append(stack, move{o, -1, 0})
				}
				continue
			}
		}
		e := d.start[s.who] + d.next[s.who]
		if e >= d.start[s.who+1] {
			d.level[s.who] = -1 // leads nowhere in these layers
			stack = stack[:len(stack)-1]
			continue
		}
		d.next[s.who]++
		d.work++
		s.edge = -1
		if d.used(e) {
			continue
		}
		v := d.to[e]
		s.edge, s.place = e, d.places.start[v]
		if d.room[v] == 0 {
			continue
		}
		// The last one takes the free place, everybody before the place of the next.
		d.use(e)
		d.take(s.who, e)
		d.missing[s.who]++
		for i := len(stack) - 2; i >= 0; i-- {
			k := stack[i].place - 1
			d.drop(d.places.edge[k])
			d.use(stack[i].edge)
			d.places.edge[k], d.places.owner[k] = stack[i].edge, stack[i].who
		}
		d.missing[u]--
		return true
	}
	return false
}

// move is one step of a search: who takes a place over the edge, and the next
// place there to look at.
type move struct{ who, edge, place int32 }
