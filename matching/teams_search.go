package matching

import (
	"context"
	"math"
	"slices"
)

// teamSearch is a partition being improved. Broken hard rules are counted apart
// and weigh more than any value.
type teamSearch struct {
	p    *TeamsProblem
	rnd  random
	team []int32 // of each person
	slot []int32 // place in members
	mem  [][]int32

	has     []uint64 // skills of a person, as bits
	wide    bool     // more than 64 skills: slow lists are used
	skills  int
	count   []int32   // team x skill
	cats    [][]int32 // team-major counts, by category
	vals    []int32   // number of values, by category
	sums    [][]float64
	means   []float64
	pairAt  []int32
	pairs   []teamEdge
	hard    float64 // what a broken rule costs in the search
	value   float64 // including hard costs
	best    []int32
	bestVal float64
	work    int64
	scale   float64
	fixed   bool      // teams of one size
	group   [][]int32 // of a person: who must be together with them, themselves included; nil alone
	trial   [][2]int32
}

type teamEdge struct {
	other int32
	worth float64
}

func newTeamSearch(p *TeamsProblem, seed uint64) *teamSearch {
	s := &teamSearch{p: p, rnd: random{seed ^ 0x7465616d73}}
	n, t := p.People, p.Teams
	s.team, s.slot = make([]int32, n), make([]int32, n)
	s.mem = make([][]int32, t)
	s.skills = len(p.Skills)
	s.wide = s.skills > 64
	s.has = make([]uint64, n)
	s.count = make([]int32, t*s.skills)
	for k, sk := range p.Skills {
		if k >= 64 {
			break
		}
		for v, h := range sk.Has {
			if h {
				s.has[v] |= 1 << k
			}
		}
	}
	total := 0.0
	for _, sk := range p.Skills {
		total += math.Abs(sk.Worth) * float64(sk.Need)
	}
	for _, c := range p.Categories {
		top := int32(-1)
		for _, v := range c.Of {
			top = max(top, v)
		}
		s.vals = append(s.vals, top+1)
		s.cats = append(s.cats, make([]int32, t*int(top+1)))
		total += math.Abs(c.Each)
	}
	for _, b := range p.Balances {
		s.means = append(s.means, mean(b.Value))
		s.sums = append(s.sums, make([]float64, t))
		dev := 0.0
		for _, v := range b.Value {
			dev += math.Abs(v - s.means[len(s.means)-1])
		}
		total += b.Weight * dev / float64(n)
	}
	deg := make([]int32, n+1)
	for _, q := range p.Pairs {
		deg[q.A+1]++
		deg[q.B+1]++
		total += math.Abs(q.Worth) / float64(max(1, len(p.Pairs)))
	}
	if p.Overlap != nil {
		total += p.Overlap.Worth
	}
	s.scale = math.Max(total/float64(1+len(p.Skills)+len(p.Categories)+len(p.Balances)), 1e-6)
	// One broken rule outweighs whatever a change can gain in value.
	s.hard = 20 * (total + 1)
	for v := 0; v < n; v++ {
		deg[v+1] += deg[v]
	}
	s.pairAt = deg
	s.pairs = make([]teamEdge, 2*len(p.Pairs))
	fill := slices.Clone(deg[:n])
	for _, q := range p.Pairs {
		w := q.Worth
		switch q.Rule {
		case PairTogether:
			w += s.hard
		case PairApart:
			w -= s.hard
		}
		s.pairs[fill[q.A]] = teamEdge{q.B, w}
		fill[q.A]++
		s.pairs[fill[q.B]] = teamEdge{q.A, w}
		fill[q.B]++
	}
	s.fixed = p.MinSize == p.MaxSize
	s.join()
	// Start: dealt out in turn, in random order.
	order := make([]int32, n)
	for v := range order {
		order[v] = int32(v)
	}
	for i := n - 1; i > 0; i-- {
		j := s.rnd.below(i + 1)
		order[i], order[j] = order[j], order[i]
	}
	for i, v := range order {
		s.put(v, int32(i%t))
	}
	s.value = s.total()
	s.best, s.bestVal = slices.Clone(s.team), s.value
	return s
}

func (s *teamSearch) skillOf(v int32, k int) bool {
	if k < 64 {
		return s.has[v]>>k&1 == 1
	}
	return s.p.Skills[k].Has[v]
}

func (s *teamSearch) put(v, t int32) {
	s.team[v] = t
	s.slot[v] = int32(len(s.mem[t]))
	s.mem[t] = append(s.mem[t], v)
	s.tally(v, t, 1)
}

func (s *teamSearch) take(v int32) {
	t := s.team[v]
	m := s.mem[t]
	last := m[len(m)-1]
	m[s.slot[v]] = last
	s.slot[last] = s.slot[v]
	s.mem[t] = m[:len(m)-1]
	s.tally(v, t, -1)
}

func (s *teamSearch) tally(v, t, by int32) {
	for k := 0; k < s.skills; k++ {
		if s.skillOf(v, k) {
			s.count[int(t)*s.skills+k] += by
		}
	}
	for c := range s.cats {
		if x := s.p.Categories[c].Of[v]; x >= 0 {
			s.cats[c][t*s.vals[c]+x] += by
		}
	}
	for b := range s.sums {
		s.sums[b][t] += float64(by) * s.p.Balances[b].Value[v]
	}
}

// total values the partition from scratch, hard costs included.
func (s *teamSearch) total() float64 {
	terms, broken := s.p.Explain(s.mem)
	z := 0.0
	for _, e := range terms {
		z += e.Value
	}
	for _, f := range broken {
		switch f.Rule {
		case "skill":
			short := s.p.Skills[f.Of].Need - int(s.count[f.Team*s.skills+f.Of])
			z -= s.hard * float64(short)
		case "overlap":
			z -= s.hard * (1 + s.p.Overlap.Least - s.p.Overlap.hours(s.mem[f.Team]))
		case "apart":
			z -= s.hard
		}
	}
	for _, q := range s.p.Pairs {
		if q.Rule == PairTogether && s.team[q.A] == s.team[q.B] {
			z += s.hard
		}
	}
	return z
}

func (s *teamSearch) skillWorth(k int, n int32) float64 {
	sk := &s.p.Skills[k]
	z := sk.Worth * float64(min(int(n), sk.Need))
	if sk.Required && int(n) < sk.Need {
		z -= s.hard * float64(sk.Need-int(n))
	}
	return z
}

func (s *teamSearch) overlapWorth(hours float64) float64 {
	o := s.p.Overlap
	z := o.Worth * math.Min(hours, o.Enough)
	if hours < o.Least {
		z -= s.hard * (1 + o.Least - hours)
	}
	return z
}

// delta is the change in the value of team t when out leaves and in enters;
// either may be -1.
func (s *teamSearch) delta(t, out, in int32) float64 {
	d := 0.0
	if s.wide {
		for k := range s.p.Skills {
			by := int32(0)
			if out >= 0 && s.skillOf(out, k) {
				by--
			}
			if in >= 0 && s.skillOf(in, k) {
				by++
			}
			if by != 0 {
				n := s.count[int(t)*s.skills+k]
				d += s.skillWorth(k, n+by) - s.skillWorth(k, n)
			}
		}
	} else {
		var a, b uint64
		if out >= 0 {
			a = s.has[out]
		}
		if in >= 0 {
			b = s.has[in]
		}
		if x := a ^ b; x != 0 {
			row := s.count[int(t)*s.skills : int(t+1)*s.skills]
			for k := range row {
				if x>>k&1 == 0 {
					continue
				}
				by := int32(1)
				if a>>k&1 == 1 {
					by = -1
				}
				n := row[k]
				sk := &s.p.Skills[k]
				switch need := int32(sk.Need); {
				case sk.Required:
					d += s.skillWorth(k, n+by) - s.skillWorth(k, n)
				case by > 0 && n < need:
					d += sk.Worth
				case by < 0 && n <= need:
					d -= sk.Worth
				}
			}
		}
	}
	for c := range s.cats {
		x, y := int32(-1), int32(-1)
		of := s.p.Categories[c].Of
		if out >= 0 {
			x = of[out]
		}
		if in >= 0 {
			y = of[in]
		}
		if x == y {
			continue
		}
		row := s.cats[c][t*s.vals[c] : (t+1)*s.vals[c]]
		if x >= 0 && row[x] == 1 {
			d -= s.p.Categories[c].Each
		}
		if y >= 0 && row[y] == 0 {
			d += s.p.Categories[c].Each
		}
	}
	size := 0.0
	if out < 0 {
		size++
	}
	if in < 0 {
		size--
	}
	for b := range s.sums {
		bal := &s.p.Balances[b]
		old := s.sums[b][t] - float64(len(s.mem[t]))*s.means[b]
		now := old - size*s.means[b]
		if out >= 0 {
			now -= bal.Value[out]
		}
		if in >= 0 {
			now += bal.Value[in]
		}
		d -= bal.Weight * (math.Abs(now) - math.Abs(old))
	}
	if out >= 0 {
		for _, e := range s.pairs[s.pairAt[out]:s.pairAt[out+1]] {
			if s.team[e.other] == t {
				d -= e.worth
			}
		}
	}
	if in >= 0 {
		for _, e := range s.pairs[s.pairAt[in]:s.pairAt[in+1]] {
			if s.team[e.other] == t && e.other != out {
				d += e.worth
			}
		}
	}
	if o := s.p.Overlap; o != nil {
		from, to := math.Inf(-1), math.Inf(1)
		f0, t0 := from, to
		for _, v := range s.mem[t] {
			f0, t0 = math.Max(f0, o.From[v]), math.Min(t0, o.To[v])
			if v != out {
				from, to = math.Max(from, o.From[v]), math.Min(to, o.To[v])
			}
		}
		if in >= 0 {
			from, to = math.Max(from, o.From[in]), math.Min(to, o.To[in])
		}
		d += s.overlapWorth(math.Max(0, to-from)) - s.overlapWorth(math.Max(0, t0-f0))
	}
	return d
}

// join finds the groups of people who must be together.
func (s *teamSearch) join() {
	root := make([]int32, s.p.People)
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
	any := false
	for _, q := range s.p.Pairs {
		if q.Rule == PairTogether {
			root[find(q.A)] = find(q.B)
			any = true
		}
	}
	if !any {
		return
	}
	s.group = make([][]int32, s.p.People)
	for v := range root {
		r := find(int32(v))
		s.group[r] = append(s.group[r], int32(v))
	}
	for v := range root {
		if g := s.group[find(int32(v))]; len(g) > 1 {
			s.group[v] = g
		}
	}
	for v := range root {
		if len(s.group[v]) == 1 {
			s.group[v] = nil
		}
	}
}

// regroup moves all of v's group to team t, in exchange for as many of its
// people or, where sizes allow, for fewer, when the change in value reaches
// limit. Steps are valued one by one and taken back when the sum falls short.
func (s *teamSearch) regroup(v, t int32, limit float64) {
	a := s.team[v]
	d := 0.0
	s.trial = s.trial[:0]
	swap := s.fixed || s.rnd.next()&1 == 0
	for _, u := range s.group[v] {
		b := s.team[u]
		if b == t {
			continue
		}
		if !swap && b == a && len(s.mem[a]) > s.p.MinSize && len(s.mem[t]) < s.p.MaxSize {
			d += s.delta(b, u, -1) + s.delta(t, -1, u)
			s.take(u)
			s.put(u, t)
			s.trial = append(s.trial, [2]int32{u, ^b})
			continue
		}
		w := s.mem[t][s.rnd.below(len(s.mem[t]))]
		for k := 0; k < 8 && slices.Contains(s.group[v], w); k++ {
			w = s.mem[t][s.rnd.below(len(s.mem[t]))]
		}
		if slices.Contains(s.group[v], w) {
			continue
		}
		d += s.delta(b, u, w) + s.delta(t, w, u)
		s.trade(u, w)
		s.trial = append(s.trial, [2]int32{u, w})
	}
	if d >= limit {
		s.value += d
		return
	}
	for i := len(s.trial) - 1; i >= 0; i-- {
		if x := s.trial[i]; x[1] < 0 {
			s.take(x[0])
			s.put(x[0], ^x[1])
		} else {
			s.trade(x[0], x[1])
		}
	}
}

// trade exchanges the teams of v and w.
func (s *teamSearch) trade(v, w int32) {
	a, b := s.team[v], s.team[w]
	i, j := s.slot[v], s.slot[w]
	s.tally(v, a, -1)
	s.tally(w, b, -1)
	s.mem[a][i], s.mem[b][j] = w, v
	s.slot[w], s.slot[v] = i, j
	s.team[v], s.team[w] = b, a
	s.tally(v, b, 1)
	s.tally(w, a, 1)
}

// bestParts splits the best value into worth and broken rules.
func (s *teamSearch) bestParts() (value float64, broken int) {
	teams := make([][]int32, s.p.Teams)
	for v, t := range s.best {
		teams[t] = append(teams[t], int32(v))
	}
	terms, faults := s.p.Explain(teams)
	for _, e := range terms {
		value += e.Value
	}
	return value, len(faults)
}

func (s *teamSearch) restore(team []int32) {
	for t := range s.mem {
		s.mem[t] = s.mem[t][:0]
	}
	clear(s.count)
	for c := range s.cats {
		clear(s.cats[c])
	}
	for b := range s.sums {
		clear(s.sums[b])
	}
	for v, t := range team {
		s.put(int32(v), t)
	}
	s.value = s.total()
}

// run anneals again and again, each time longer and from the best partition
// but the first, until limit changes were looked at.
func (s *teamSearch) run(ctx context.Context, limit int64, say func(string)) {
	if s.p.Teams < 2 {
		return
	}
	length := min(limit, int64(s.p.People)*2000+10_000)
	rules := s.p.Overlap != nil && s.p.Overlap.Least > 0
	for _, q := range s.p.Pairs {
		rules = rules || q.Rule != PairFree
	}
	for _, k := range s.p.Skills {
		rules = rules || k.Required
	}
	for round := 0; s.work < limit && ctx.Err() == nil; round++ {
		hot := s.scale
		switch {
		case rules && round&1 == 1:
			// Hot enough to break rules on the way to other answers.
			hot = s.hard * 0.3
			s.restore(s.best)
		case round > 0:
			hot *= []float64{0.35, 1}[round>>1&1]
			s.restore(s.best)
		}
		s.anneal(ctx, min(length, limit-s.work), hot, s.scale*0.01)
		length += length / 2
		say("search")
	}
}

func (s *teamSearch) anneal(ctx context.Context, steps int64, hot, cold float64) {
	const block = 256
	n, teams := s.p.People, s.p.Teams
	blocks := (steps + block - 1) / block
	cool := math.Pow(cold/hot, 1/math.Max(1, float64(blocks-1)))
	temp := hot
	for b := int64(0); b < blocks; b++ {
		if b&15 == 15 && ctx.Err() != nil {
			return
		}
		for range block {
			v := int32(s.rnd.below(n))
			z := s.rnd.next()
			limit := temp * annealLogs[z&1023]
			a := s.team[v]
			kind := z >> 10 & 15
			if s.group != nil && s.group[v] != nil && kind >= 8 {
				if t := int32(s.rnd.below(teams)); t != a {
					s.regroup(v, t, limit)
				}
				if s.value > s.bestVal+1e-9 {
					s.bestVal = s.value
					copy(s.best, s.team)
				}
				continue
			}
			if !s.fixed && kind < 4 {
				// Move.
				t := int32(s.rnd.below(teams))
				if t == a || len(s.mem[a]) <= s.p.MinSize || len(s.mem[t]) >= s.p.MaxSize {
					continue
				}
				if d := s.delta(a, v, -1) + s.delta(t, -1, v); d >= limit {
					s.take(v)
					s.put(v, t)
					s.value += d
				}
			} else {
				// A friend's team is a better partner than a random one.
				w := int32(-1)
				if kind >= 10 {
					if list := s.pairs[s.pairAt[v]:s.pairAt[v+1]]; len(list) > 0 {
						e := list[s.rnd.below(len(list))]
						if t := s.team[e.other]; e.worth > 0 && t != a {
							w = s.mem[t][s.rnd.below(len(s.mem[t]))]
						}
					}
				}
				if w < 0 {
					w = int32(s.rnd.below(n))
				}
				t := s.team[w]
				if t == a {
					continue
				}
				if kind == 9 && teams > 2 {
					// Three-way: v to w's team, w to x's, x to v's.
					x := int32(s.rnd.below(n))
					u := s.team[x]
					if u == a || u == t {
						continue
					}
					if d := s.delta(a, v, x) + s.delta(t, w, v) + s.delta(u, x, w); d >= limit {
						s.trade(v, w)
						s.trade(w, x)
						s.value += d
					}
				} else if d := s.delta(a, v, w) + s.delta(t, w, v); d >= limit {
					s.trade(v, w)
					s.value += d
				}
			}
			if s.value > s.bestVal+1e-9 && temp < hot*0.5 {
				s.bestVal = s.value
				copy(s.best, s.team)
			}
		}
		s.work += block
		temp *= cool
	}
	// Rounding errors of many small changes are wiped out.
	s.value = s.total()
	if s.value > s.bestVal+1e-9 {
		s.bestVal = s.value
		copy(s.best, s.team)
	}
}
