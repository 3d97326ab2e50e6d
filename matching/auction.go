package matching

// auction is the first stage of transport: left nodes bid for places. A bidder
// takes the place worth most to him and raises its price until the second best
// would be as good, plus epsilon. Prices of one round start the next, which has
// a smaller epsilon, so that no price war is fought in small steps from far
// away. All places of one right node share the price of the cheapest.
type auction[W int32 | int64] struct {
	*transport[W]
	scale   int64
	prices  []int64 // in 1/scale of a weight
	base    []int64 // price of an empty place in this round
	level   []int64 // what a bidder's last bid left him: value of his second best
	held    []int32 // places a bidder holds
	places  holderLists
	queue   []int32 // ring of bidders that still want something
	head    int
	waiting int
	lowest  []int64  // nobody bids below this value, though he may have to accept less in the end
	least   []int64  // lowest price of every place
	top     []choice // room for choosing several places at once
}

type choice struct {
	value int64
	edge  int32
}

// runAuction fills t.price and t.x. It may stop at any time.
func (t *transport[W]) runAuction() {
	spread := t.spread()
	// Finer steps than weights have settle ties; where few different weights
	// meet many edges they would only prolong the bidding.
	scale, finest := int64(1), int64(16)
	if spread < 64 && len(t.to) >= 8*t.n {
		finest = 4
	}
	for scale < finest && spread*scale < 1<<40 {
		scale *= 2
	}
	a := &auction[W]{transport: t, scale: scale,
		prices: make([]int64, t.m), base: make([]int64, t.m), level: make([]int64, t.n), held: make([]int32, t.n),
		places: newHolderLists(t.capacity, t.degrees(), 0), queue: make([]int32, t.n)}
	a.lowest, a.least = make([]int64, t.n), make([]int64, t.m)
	for u, x := range t.outside {
		a.lowest[u] = max(x, -4*spread) * scale
	}
	a.places.bid = make([]int64, len(a.places.edge))
	for v, c := range t.capacity {
		if c == 0 {
			a.prices[v] = 2*spread*scale + 2
		}
	}
	eps, last := max(1, spread*scale/8), max(1, t.width()*scale>>13)
	// A round that does not settle (more bidders than places, say) is cut off:
	// the exact stage deals with such cases in one long step.
	patience := 24*int64(len(t.to)) + 1<<16
	for round := 1; ; round++ {
		limit := patience
		if round == 1 && t.n > 0 && t.outside[0] < -4*spread {
			limit /= 4 // when places are short, separate deals with it
		}
		settled := a.round(eps, a.work+limit)
		for v := range t.price {
			t.price[v] = a.prices[v] / scale
		}
		t.report("auction", float64(round)/5)
		if round == 1 && (a.separate(spread) || !settled && limit < patience) {
			continue
		}
		if eps <= last || !settled {
			return
		}
		// Where many give up, many places stay empty, whose prices are to be zero.
		if a.givenUp()*64 > len(t.demand) {
			a.lower(12 * eps)
		} else {
			a.lower(4 * eps)
		}
		eps = max(last, eps/8)
	}
}

// separate deals with a problem in which it costs much to be left out and not
// everybody can be served. Those who compete for too few places would have to
// bid their prices up by as much as staying out costs. Instead the price is put
// on these places at once: the others leave them alone, and those who compete
// may stay out. It reports whether prices were changed.
func (a *auction[W]) separate(spread int64) bool {
	out := int64(0)
	for u, x := range a.outside {
		if a.demand[u] > 0 {
			if out != 0 && x != out {
				return false
			}
			out = x
		}
	}
	missing := false
	for u := range a.n {
		missing = missing || a.held[u] < a.demand[u] && a.start[u] < a.start[u+1]
	}
	if out >= -4*spread || !missing {
		return false
	}
	short, wanted := a.deficiency()
	if short == nil {
		return false
	}
	for u, s := range short {
		if s {
			a.lowest[u] = out * a.scale
		} else {
			a.lowest[u] = max(out, -32*spread) * a.scale
		}
	}
	for v, w := range wanted {
		if w {
			a.least[v] = -out * a.scale
			a.prices[v] = -out*a.scale + min(a.prices[v], spread*a.scale/8)
		} else {
			a.prices[v] = min(a.prices[v], spread*a.scale/2)
		}
	}
	return true
}

// givenUp counts the left nodes that prefer to go without.
func (a *auction[W]) givenUp() int {
	n := 0
	for _, i := range a.idle {
		if i > 0 {
			n++
		}
	}
	return n
}

// lower takes something off every price before a round with a smaller epsilon.
// Prices overshoot by a few epsilon. A bidder corrects a price that is too low
// at once, while one that is too high keeps a place empty, which only the exact
// stage can see.
func (a *auction[W]) lower(by int64) {
	for v, p := range a.prices {
		if a.capacity[v] > 0 {
			a.prices[v] = max(a.least[v], p-by)
		}
	}
}

// round runs one auction with empty places and reports whether everybody who
// bids found a place or gave up before the work reached the limit.
func (a *auction[W]) round(eps, limit int64) bool {
	clear(a.x)
	clear(a.held)
	clear(a.idle)
	clear(a.places.size)
	copy(a.base, a.prices)
	a.head, a.waiting = 0, 0
	for u := range a.n {
		if a.demand[u] > 0 && a.start[u] < a.start[u+1] {
			a.push(int32(u))
		}
	}
	for a.waiting > 0 {
		if a.work > limit || a.clock.over(a.work) {
			return false
		}
		u := a.queue[a.head]
		if a.head++; a.head == len(a.queue) {
			a.head = 0
		}
		a.waiting--
		missing := a.demand[u] - a.held[u] - a.idle[u]
		if missing <= 0 {
			continue
		}
		if a.demand[u] == 1 {
			a.bidOne(u, eps)
		} else {
			a.bidSome(u, int(missing), eps)
		}
	}
	return true
}

func (a *auction[W]) push(u int32) {
	i := a.head + a.waiting
	if i >= len(a.queue) {
		i -= len(a.queue)
	}
	a.queue[i] = u
	a.waiting++
}

// bidOne lets u, who holds nothing, bid for his best place.
func (a *auction[W]) bidOne(u int32, eps int64) {
	out := a.lowest[u]
	best, second, at := out, out, int32(-1)
	lo, hi := a.start[u], a.start[u+1]
	to, w := a.to[lo:hi], a.w[lo:hi]
	for i, v := range to {
		value := int64(w[i])*a.scale - a.prices[v]
		if value > second {
			if value > best {
				best, second, at = value, best, int32(i)
			} else {
				second = value
			}
		}
	}
	a.work += int64(hi - lo)
	a.level[u] = second
	if at < 0 {
		a.idle[u]++
		return
	}
	a.place(u, lo+at, to[at], a.prices[to[at]]+best-second+eps, eps)
}

// bidSome lets u bid for his best missing places among those he does not hold.
func (a *auction[W]) bidSome(u int32, missing int, eps int64) {
	out := a.lowest[u]
	top := a.top[:0]
	floor := out // value a place must exceed to be among the best missing+1
	for e := a.start[u]; e < a.start[u+1]; e++ {
		value := int64(a.w[e])*a.scale - a.prices[a.to[e]]
		if value <= floor || a.used(e) {
			continue
		}
		if len(top) <= missing {
			top = append(top, choice{})
		}
		i := len(top) - 1
		for ; i > 0 && top[i-1].value < value; i-- {
			top[i] = top[i-1]
		}
		top[i] = choice{value, e}
		if len(top) > missing {
			floor = top[missing].value
		}
	}
	a.work += int64(a.start[u+1] - a.start[u])
	a.level[u] = floor
	a.top = top
	take := min(len(top), missing)
	a.idle[u] += int32(missing - take)
	again := false
	for _, c := range top[:take] {
		v := a.to[c.edge]
		again = !a.place(u, c.edge, v, int64(a.w[c.edge])*a.scale-floor+eps, eps) || again
	}
	if again {
		a.push(u)
	}
}

// place gives edge e of u a place at v for the bid, putting out the lowest bid
// when all are taken. It reports false when the bid turns out to be too low.
func (a *auction[W]) place(u, e, v int32, bid, eps int64) bool {
	first, size := a.places.start[v], a.places.size[v]
	room := min(a.capacity[v], a.places.start[v+1]-first)
	if room == 0 {
		a.prices[v] = max(a.prices[v], bid)
		return false
	}
	bids, edges, owners := a.places.bid[first:first+room], a.places.edge[first:first+room], a.places.owner[first:first+room]
	if size < room {
		i := size
		for i > 0 {
			p := (i - 1) / 2
			if bids[p] <= bid {
				break
			}
			bids[i], edges[i], owners[i] = bids[p], edges[p], owners[p]
			i = p
		}
		bids[i], edges[i], owners[i] = bid, e, u
		a.places.size[v] = size + 1
		a.use(e)
		a.held[u]++
		if size+1 == room && room == a.capacity[v] {
			a.prices[v] = max(a.base[v], bids[0])
		}
		return true
	}
	for {
		// Who bids for several places may be ready to pay more than when he
		// made the bid that is written here.
		o := owners[0]
		if fresh := int64(a.w[edges[0]])*a.scale - a.level[o] + eps; fresh > bids[0] {
			sift(bids, edges, owners, fresh, edges[0], o)
			continue
		}
		break
	}
	if bid <= bids[0] {
		a.prices[v] = max(a.prices[v], bids[0])
		return false
	}
	loser := owners[0]
	a.drop(edges[0])
	a.held[loser]--
	sift(bids, edges, owners, bid, e, u)
	a.use(e)
	a.held[u]++
	a.prices[v] = max(a.prices[v], bids[0])
	if a.demand[loser]-a.held[loser]-a.idle[loser] == 1 {
		a.push(loser)
	}
	return true
}

// sift puts a new entry in the place of the lowest bid.
func sift(bids []int64, edges, owners []int32, bid int64, e, u int32) {
	i, n := 0, len(bids)
	for {
		c := 2*i + 1
		if c >= n {
			break
		}
		if c+1 < n && bids[c+1] < bids[c] {
			c++
		}
		if bids[c] >= bid {
			break
		}
		bids[i], edges[i], owners[i] = bids[c], edges[c], owners[c]
		i = c
	}
	bids[i], edges[i], owners[i] = bid, e, u
}
