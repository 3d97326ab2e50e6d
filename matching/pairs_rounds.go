package matching

import (
	"cmp"
	"context"
	"slices"
)

// Schedule is a sequence of rounds in which nobody meets the same person again
// before they have met everybody possible.
type Schedule struct {
	Rounds []Round
	// Met is after how many rounds everybody has met everybody possible, 0 when
	// the rounds do not reach so far. No schedule can do it in fewer than
	// AtLeast, and this one, if it goes on, does it in AtMost: mostly the same
	// number, never more than one apart (0 when a limit or too many people and
	// rounds left it open).
	Met, AtLeast, AtMost int
	Work                 int64
}

// Round is one round of pairs.
type Round struct {
	Chosen []int // edges, ascending
	Weight int64
	Alone  []int32
	Trios  []Trio // what they meet in a trio is not counted as having met
	Repeat bool   // some pair meets again
}

// Rounds plans rounds over the edges of the problem. An edge may be chosen when
// both its people have met all others they can meet at least as often as each
// other.
//
// When everybody can meet everybody, rounds follow the circle method (Kirkman
// 1847), which has all met after n-1 rounds, n when n is odd. Otherwise each
// round is a largest pairing in which those with most left to meet come first,
// then the weight. As the sets of people that a pairing can reach form a matroid
// (Edmonds and Fulkerson 1965), such a round reaches everybody with the most
// left to meet whenever any round can, and every round that does so shortens
// the plan by one. If some round cannot, at least one round more than the
// largest number left is needed from there, and a colouring of the remaining
// edges (Vizing 1964, in the form of Misra and Gries 1992) finds a plan with
// just that one. So the plan is at most one round longer than the best one.
//
// met, when given, says how often each edge was used before. It stops early when
// the context ends, with the rounds planned so far.
func Rounds(ctx context.Context, p *PairsProblem, rounds int, met []int, o Options) (*Schedule, error) {
	if _, err := p.build(); err != nil {
		return nil, err
	}
	if rounds < 0 {
		return nil, &InputError{"rounds", -1, "the number of rounds is negative"}
	}
	if met != nil && len(met) != len(p.Edges) {
		return nil, &InputError{"met", -1, "there is not one number for each edge"}
	}
	for i, m := range met {
		if m < 0 {
			return nil, &InputError{"met", i, "the number is negative"}
		}
	}
	r := &roundsPlan{p: p, o: o, banned: make([]bool, len(p.Edges)), used: make([]int, len(p.Edges))}
	for _, e := range p.Forbidden {
		r.banned[e] = true
	}
	copy(r.used, met)
	open := r.open(0)
	s := &Schedule{AtLeast: p.fewestRounds(open)}
	r.limited = p.People*(p.mostLeft(open)+1) > mostSlots
	complete := len(open) == p.People*(p.People-1)/2 && p.People > 1
	var circle [][]int
	if complete {
		circle = p.circleRounds(r.banned)
		s.AtMost = len(circle)
	}
	for k := range rounds {
		if ctx.Err() != nil || o.WorkLimit > 0 && r.work >= o.WorkLimit {
			break
		}
		var x Round
		if complete {
			x.Chosen = slices.Clone(circle[k%len(circle)])
		} else {
			var err error
			if x.Chosen, err = r.next(ctx); err != nil {
				return nil, err
			}
			if k == 0 && r.stuck {
				s.AtLeast = max(s.AtLeast, r.most+1)
			}
		}
		busy := make([]bool, p.People)
		for _, e := range x.Chosen {
			x.Weight += p.Edges[e].Weight
			x.Repeat = x.Repeat || r.used[e] > 0
			r.used[e]++
			busy[p.Edges[e].Left], busy[p.Edges[e].Right] = true, true
		}
		for v, b := range busy {
			if !b {
				x.Alone = append(x.Alone, int32(v))
			}
		}
		if p.Trio {
			a := &Pairing{Chosen: x.Chosen, Alone: x.Alone}
			if err := p.trios(ctx, a, r.banned); err != nil {
				return nil, err
			}
			x.Alone, x.Trios = a.Alone, a.Trios
		}
		s.Rounds = append(s.Rounds, x)
		if s.Met == 0 && len(r.open(0)) == 0 {
			s.Met = len(s.Rounds)
		}
		if o.Progress != nil {
			o.Progress(Progress{Stage: "rounds", Done: float64(k+1) / float64(rounds), Objective: float64(x.Weight), Bound: float64(x.Weight), Work: r.work})
		}
	}
	s.Work = r.work
	switch {
	case s.Met > 0:
		s.AtMost = s.Met
	case !complete && !r.limited:
		left := p.mostLeft(r.open(0))
		s.AtMost = len(s.Rounds) + left + 1
		if len(r.plan) > 0 {
			s.AtMost = len(s.Rounds) + len(r.plan)
		}
	}
	return s, nil
}

// roundsPlan is a plan being made. In cycle c everybody meets everybody for the
// c-th time; who is done with a cycle may begin the next one.
type roundsPlan struct {
	p       *PairsProblem
	o       Options
	banned  []bool
	used    []int
	cycle   int
	plan    [][]int // what is left of a colouring of the edges of this cycle
	most    int     // the most anybody had left to meet before the last round
	stuck   bool    // not all of those could be reached in the last round
	limited bool    // a limit ended the search for some round, or no colouring was made
	work    int64
}

// open are the edges that were used at most so often.
func (r *roundsPlan) open(often int) []int {
	var list []int
	for i, n := range r.used {
		if !r.banned[i] && n <= often {
			list = append(list, i)
		}
	}
	return list
}

// left counts the edges of everybody, and mostLeft is the largest count.
func (p *PairsProblem) left(edges []int) []int64 {
	n := make([]int64, p.People)
	for _, i := range edges {
		n[p.Edges[i].Left]++
		n[p.Edges[i].Right]++
	}
	return n
}

func (p *PairsProblem) mostLeft(edges []int) int {
	most := int64(0)
	for _, n := range p.left(edges) {
		most = max(most, n)
	}
	return int(most)
}

// fewestRounds is a bound on the number of rounds in which all edges can be
// used: somebody has that many, or some people who are connected have that many
// pairs for their seats.
func (p *PairsProblem) fewestRounds(edges []int) int {
	group := make([]int32, p.People)
	for v := range group {
		group[v] = int32(v)
	}
	find := func(v int32) int32 {
		for group[v] != v {
			group[v] = group[group[v]]
			v = group[v]
		}
		return v
	}
	for _, i := range edges {
		group[find(p.Edges[i].Left)] = find(p.Edges[i].Right)
	}
	people, pairs := make([]int, p.People), make([]int, p.People)
	for v := range group {
		people[find(int32(v))]++
	}
	for _, i := range edges {
		pairs[find(p.Edges[i].Left)]++
	}
	least := p.mostLeft(edges)
	for g, n := range people {
		if seats := n / 2; seats > 0 {
			least = max(least, (pairs[g]+seats-1)/seats)
		}
	}
	return least
}

// next pairs those who may meet now.
func (r *roundsPlan) next(ctx context.Context) ([]int, error) {
	p := r.p
	open := r.open(r.cycle)
	for len(open) == 0 && len(p.Edges) > len(p.Forbidden) {
		r.cycle++
		open, r.plan = r.open(r.cycle), nil
	}
	left := p.left(open)
	r.most, r.stuck = p.mostLeft(open), false
	if r.plan == nil {
		chosen, optimal, err := r.pair(ctx, open, left, nil)
		if err != nil {
			return nil, err
		}
		for _, e := range chosen {
			if r.used[e] == r.cycle {
				left[p.Edges[e].Left]--
				left[p.Edges[e].Right]--
			}
		}
		if slices.Max(append(left, 0)) < int64(r.most) || r.most == 0 {
			return chosen, nil
		}
		r.stuck, r.limited = optimal, r.limited || !optimal
		if r.plan = p.colour(open, r.most+1); r.plan == nil {
			r.limited = true
			return chosen, nil
		}
		r.work += int64(len(open) * (r.most + 1))
		left = p.left(open)
	}
	// Of the plan the largest round, then the heaviest; who has no part in it
	// may meet as far as the rule allows.
	slices.SortStableFunc(r.plan, func(a, b []int) int {
		return cmp.Or(cmp.Compare(len(b), len(a)), cmp.Compare(p.sum(b), p.sum(a)))
	})
	first := r.plan[0]
	r.plan = r.plan[1:]
	chosen, _, err := r.pair(ctx, open, left, first)
	if err != nil {
		return nil, err
	}
	taken := make([]bool, len(p.Edges))
	for _, e := range chosen {
		taken[e] = true
	}
	for i, class := range r.plan {
		r.plan[i] = slices.DeleteFunc(class, func(e int) bool { return taken[e] })
	}
	r.plan = slices.DeleteFunc(r.plan, func(class []int) bool { return len(class) == 0 })
	return chosen, nil
}

func (p *PairsProblem) sum(edges []int) int64 {
	var sum int64
	for _, e := range edges {
		sum += p.Edges[e].Weight
	}
	return sum
}

// pair finds a largest pairing along edges that may be used now, those with
// most left to meet first, then by weight; the fixed edges are part of it. It
// also says whether the pairing is proven to be the best.
func (r *roundsPlan) pair(ctx context.Context, open []int, left []int64, fixed []int) ([]int, bool, error) {
	p := r.p
	least := make([]int, p.People)
	for v := range least {
		least[v] = int(^uint(0) >> 1)
	}
	var lo, hi int64
	for i, e := range p.Edges {
		if !r.banned[i] {
			least[e.Left], least[e.Right] = min(least[e.Left], r.used[i]), min(least[e.Right], r.used[i])
			lo, hi = min(lo, e.Weight), max(hi, e.Weight)
		}
	}
	busy := make([]bool, p.People)
	for _, e := range fixed {
		busy[p.Edges[e].Left], busy[p.Edges[e].Right] = true, true
	}
	// Who has more left to meet outweighs every weight; where the numbers do not
	// allow both, weights do not count.
	step, weigh := (hi-lo)*int64(p.People/2+1)+1, int64(1)
	if most := int64(2*slices.Max(append(slices.Clone(left), 0)) + 2); step > bigWeight/most/int64(8*(p.People+4)) {
		step, weigh = 1, 0
	}
	q := &PairsProblem{People: p.People, Most: true}
	var of []int
	for i, e := range p.Edges {
		if !r.banned[i] && r.used[i] == least[e.Left] && r.used[i] == least[e.Right] && !busy[e.Left] && !busy[e.Right] {
			q.Edges = append(q.Edges, Edge{e.Left, e.Right, weigh*e.Weight + step*(left[e.Left]+left[e.Right])})
			of = append(of, i)
		}
	}
	o := Options{}
	if r.o.WorkLimit > 0 {
		o.WorkLimit = max(1, r.o.WorkLimit-r.work)
	}
	a, err := Pairs(ctx, q, o)
	if err != nil {
		return nil, false, err
	}
	r.work += a.Work
	chosen := slices.Clone(fixed)
	for _, e := range a.Chosen {
		chosen = append(chosen, of[e])
	}
	slices.Sort(chosen)
	return chosen, a.Optimal, nil
}

// circleRounds lists the rounds of the circle method, the heaviest first.
func (p *PairsProblem) circleRounds(banned []bool) [][]int {
	n := p.People
	edge := make(map[[2]int32]int, len(p.Edges))
	for i, e := range p.Edges {
		if !banned[i] {
			edge[[2]int32{min(e.Left, e.Right), max(e.Left, e.Right)}] = i
		}
	}
	seats := n + n%2 // with an odd number, who meets the last seat rests
	plan := make([][]int, seats-1)
	sum := make([]int64, seats-1)
	for r := range plan {
		join := func(u, v int) {
			if u < n && v < n {
				e := edge[[2]int32{int32(min(u, v)), int32(max(u, v))}]
				plan[r] = append(plan[r], e)
				sum[r] += p.Edges[e].Weight
			}
		}
		join(r, seats-1)
		for k := 1; k < seats/2; k++ {
			join((r+k)%(seats-1), (r-k+seats-1)%(seats-1))
		}
		slices.Sort(plan[r])
	}
	order := make([]int, len(plan))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(i, j int) int {
		switch {
		case sum[i] > sum[j]:
			return -1
		case sum[i] < sum[j]:
			return 1
		}
		return 0
	})
	sorted := make([][]int, len(plan))
	for k, i := range order {
		sorted[k] = plan[i]
	}
	return sorted
}
