package matching

import (
	"context"
	"slices"
)

// Schedule is a sequence of rounds in which nobody meets the same person again
// before they have met everybody possible.
type Schedule struct {
	Rounds []Round
	// Met is after how many rounds everybody has met everybody possible, 0 when
	// the rounds do not reach so far. No schedule can do it in fewer than
	// AtLeast: somebody has that many people to meet, or there are that many
	// pairs for the seats.
	Met, AtLeast int
	Work         int64
}

// Round is one round of pairs.
type Round struct {
	Chosen []int // edges, ascending
	Weight int64
	Alone  []int32
	Trios  []Trio
	Repeat bool // some pair meets again
}

// Rounds plans rounds over the edges of the problem. An edge may be chosen when
// both its people have met all others they can meet at least as often as each
// other. When everybody can meet everybody, rounds follow the circle method
// (Kirkman 1847), which has all met after n-1 rounds, n when n is odd. Otherwise
// each round pairs as many as possible, first those who have most left to meet,
// then by weight.
//
// met, when given, says how often each edge was used before. It stops early when
// the context ends.
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
	banned := make([]bool, len(p.Edges))
	for _, e := range p.Forbidden {
		banned[e] = true
	}
	s := &Schedule{}
	used := make([]int, len(p.Edges))
	copy(used, met)
	degree, pairs := make([]int, p.People), 0
	for i, e := range p.Edges {
		if !banned[i] {
			degree[e.Left]++
			degree[e.Right]++
			pairs++
		}
	}
	for _, d := range degree {
		s.AtLeast = max(s.AtLeast, d)
	}
	if seats := p.People / 2; seats > 0 {
		s.AtLeast = max(s.AtLeast, (pairs+seats-1)/seats)
	}
	circle := pairs == p.People*(p.People-1)/2 && p.People > 1 && !slices.ContainsFunc(used, func(n int) bool { return n > 0 })
	var plan [][]int
	if circle {
		plan = p.circleRounds(banned)
	}
	for k := range rounds {
		if ctx.Err() != nil || o.WorkLimit > 0 && s.Work >= o.WorkLimit {
			break
		}
		var r Round
		if circle {
			r = Round{Chosen: slices.Clone(plan[k%len(plan)])}
			r.Repeat = k >= len(plan)
		} else {
			a, err := p.round(ctx, used, banned, o, &s.Work)
			if err != nil {
				return nil, err
			}
			r = *a
		}
		r.Weight = 0
		alone := make([]bool, p.People)
		for i := range alone {
			alone[i] = true
		}
		for _, e := range r.Chosen {
			r.Weight += p.Edges[e].Weight
			used[e]++
			r.Repeat = r.Repeat || used[e] > 1
			alone[p.Edges[e].Left], alone[p.Edges[e].Right] = false, false
		}
		r.Alone = nil
		for v, a := range alone {
			if a {
				r.Alone = append(r.Alone, int32(v))
			}
		}
		if p.Trio {
			a := &Pairing{Chosen: r.Chosen, Alone: r.Alone}
			if err := p.trios(a, banned); err != nil {
				return nil, err
			}
			r.Alone, r.Trios = a.Alone, a.Trios
		}
		s.Rounds = append(s.Rounds, r)
		if s.Met == 0 {
			all := true
			for i, n := range used {
				all = all && (banned[i] || n > 0)
			}
			if all {
				s.Met = len(s.Rounds)
			}
		}
		if o.Progress != nil {
			o.Progress(Progress{Stage: "rounds", Done: float64(k+1) / float64(rounds), Objective: float64(r.Weight), Bound: float64(r.Weight), Work: s.Work})
		}
	}
	return s, nil
}

// round pairs those who may meet now.
func (p *PairsProblem) round(ctx context.Context, used []int, banned []bool, o Options, work *int64) (*Round, error) {
	least, left := make([]int, p.People), make([]int64, p.People)
	for v := range least {
		least[v] = int(^uint(0) >> 1)
	}
	var lo, hi int64
	for i, e := range p.Edges {
		if !banned[i] {
			least[e.Left], least[e.Right] = min(least[e.Left], used[i]), min(least[e.Right], used[i])
			lo, hi = min(lo, e.Weight), max(hi, e.Weight)
		}
	}
	for i, e := range p.Edges {
		if !banned[i] && used[i] == least[e.Left] {
			left[e.Left]++
		}
		if !banned[i] && used[i] == least[e.Right] {
			left[e.Right]++
		}
	}
	// Who has more left to meet outweighs every weight, if the numbers allow.
	step := (hi-lo)*int64(p.People/2+1) + 1
	if most := int64(2*p.People + 2); step > bigWeight/most/int64(8*(p.People+4)) {
		step = 0
	}
	q := &PairsProblem{People: p.People, Most: true}
	var of []int
	for i, e := range p.Edges {
		if !banned[i] && used[i] == least[e.Left] && used[i] == least[e.Right] {
			q.Edges = append(q.Edges, Edge{e.Left, e.Right, e.Weight + step*(left[e.Left]+left[e.Right])})
			of = append(of, i)
		}
	}
	next := Options{}
	if o.WorkLimit > 0 {
		next.WorkLimit = max(1, o.WorkLimit-*work)
	}
	a, err := Pairs(ctx, q, next)
	if err != nil {
		return nil, err
	}
	*work += a.Work
	r := &Round{}
	for _, e := range a.Chosen {
		r.Chosen = append(r.Chosen, of[e])
	}
	return r, nil
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
