// Package draw decides who meets whom in a round of coffee. It is pure: people
// are numbers 0..n-1, time is counted in rounds, chance comes from a seed. The
// model is written down in docs/coffee.md.
package draw

import (
	"cmp"
	"context"
	"math/rand/v2"
	"slices"

	"github.com/guildhall/guildhall/matching"
)

// Bounds of the search.
const (
	// Ahead is up to how many people the whole sequence is planned ahead.
	Ahead = 32
	// Dense is up to how many people every possible pair is looked at; beyond,
	// each person brings the best of a sample.
	Dense = 600
	// MaxWorth is the most that a pair can be worth.
	MaxWorth = 2000
	sampled  = 48
	kept     = 12
	tries    = 4000 // rounds taken out and drawn anew, shared by the people there are
)

// Pair is two people, the smaller number first.
type Pair [2]int32

// Of returns the pair of two people.
func Of(a, b int32) Pair {
	if a > b {
		a, b = b, a
	}
	return Pair{a, b}
}

// Problem is one round: who is there and what is known of them.
type Problem struct {
	People int
	Size   int // 2 or 3 people meet
	// Met says in how many rounds ago two people met last, 1 for the round
	// before; pairs that are not there never met.
	Met map[Pair]int
	// Apart are pairs that must not meet.
	Apart map[Pair]bool
	// Within, when not nil, lets only people of the same number meet as long as
	// there is anybody; people without a colleague meet each other.
	Within []int32
	// Worth is what a pair is worth beyond being new, 0 to MaxWorth; nil: nothing.
	Worth func(a, b int32) int
	// Plan are rounds that were planned before, of pairs or trios; those that
	// do not fit are left out.
	Plan [][][]int32
	Seed uint64
}

// Round is who meets.
type Round struct {
	Groups [][]int32 // two or three people each, ascending
	Alone  []int32   // nobody could be found for them
	// Repeats is how many pairs of people meet again.
	Repeats int
	// Plan are the rounds planned after this one, none of which repeats a pair.
	Plan [][][]int32
}

// Draw draws the round. It ends early when the context does, with the error
// of the context.
func Draw(ctx context.Context, p Problem) (Round, error) {
	if p.Worth == nil {
		p.Worth = func(a, b int32) int { return 0 }
	}
	if p.Within == nil {
		return p.whole(ctx, everybody(p.People))
	}
	// People of one unit meet among themselves; those who are the only one of
	// theirs meet each other.
	parts, singles := map[int32][]int32{}, []int32{}
	for v := range int32(p.People) {
		parts[p.Within[v]] = append(parts[p.Within[v]], v)
	}
	keys := make([]int32, 0, len(parts))
	for k := range parts {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	var out Round
	for _, k := range keys {
		if len(parts[k]) == 1 {
			singles = append(singles, parts[k]...)
			continue
		}
		r, err := p.whole(ctx, parts[k])
		if err != nil {
			return out, err
		}
		singles = append(singles, r.Alone...)
		r.Alone = nil
		out.add(r)
	}
	if len(singles) > 1 {
		r, err := p.whole(ctx, singles)
		if err != nil {
			return out, err
		}
		out.add(r)
		singles = r.Alone
	}
	// Who is still alone joins any pair.
	out.Alone = singles
	p.join(&out)
	return out, nil
}

func (r *Round) add(x Round) {
	r.Groups = append(r.Groups, x.Groups...)
	r.Alone = append(r.Alone, x.Alone...)
	r.Repeats += x.Repeats
}

func everybody(n int) []int32 {
	out := make([]int32, n)
	for i := range out {
		out[i] = int32(i)
	}
	return out
}

// whole draws among some of the people.
func (p *Problem) whole(ctx context.Context, list []int32) (Round, error) {
	if len(list) < 2 {
		return Round{Alone: list}, ctx.Err()
	}
	s := &search{p: p, list: list, ctx: ctx, rng: rand.New(rand.NewPCG(p.Seed, uint64(len(list))))}
	if p.Size == 3 && len(list) > 3 {
		return s.threes()
	}
	if len(list) <= Ahead {
		return s.ahead()
	}
	return s.once(everybody(len(list)))
}

// join lets people who are alone join the pair they go with best.
func (p *Problem) join(r *Round) {
	var left []int32
	for _, v := range r.Alone {
		best, at := -1<<62, -1
		for i, g := range r.Groups {
			if len(g) != 2 || p.Apart[Of(v, g[0])] || p.Apart[Of(v, g[1])] {
				continue
			}
			if w := p.score(v, g[0]) + p.score(v, g[1]); w > best {
				best, at = w, i
			}
		}
		if at < 0 {
			left = append(left, v)
			continue
		}
		for _, u := range r.Groups[at] {
			if p.Met[Of(u, v)] > 0 {
				r.Repeats++
			}
		}
		r.Groups[at] = append(r.Groups[at], v)
		slices.Sort(r.Groups[at])
	}
	r.Alone = left
}

// score orders pairs of which each counts alone: new ones first, then those
// who met longest ago, then by worth.
func (p *Problem) score(a, b int32) int {
	if ago := p.Met[Of(a, b)]; ago > 0 {
		return min(ago, 1<<12)*(2*MaxWorth) - 1<<25 + p.Worth(a, b)
	}
	return p.Worth(a, b)
}

// search is the work on one set of people, who are numbered anew by their
// place in the list.
type search struct {
	p    *Problem
	list []int32
	ctx  context.Context
	rng  *rand.Rand
}

func (s *search) pair(a, b int32) Pair    { return Of(s.list[a], s.list[b]) }
func (s *search) apart(a, b int32) bool   { return s.p.Apart[s.pair(a, b)] }
func (s *search) fresh(a, b int32) bool   { q := s.pair(a, b); return s.p.Met[q] == 0 && !s.p.Apart[q] }
func (s *search) worth(a, b int32) int    { return min(MaxWorth, max(0, s.p.Worth(s.list[a], s.list[b]))) }
func (s *search) score(a, b int32) int    { return s.p.score(s.list[a], s.list[b]) }
func (s *search) names(g []int32) []int32 { return named(s.list, g) }

func named(list, g []int32) []int32 {
	out := make([]int32, len(g))
	for i, v := range g {
		out[i] = list[v]
	}
	slices.Sort(out)
	return out
}

// result names the people of a solution.
func (s *search) result(groups [][]int32, alone []int32) Round {
	r := Round{Alone: s.names(alone)}
	for _, g := range groups {
		for i := range g {
			for j := range i {
				if s.p.Met[s.pair(g[i], g[j])] > 0 {
					r.Repeats++
				}
			}
		}
		r.Groups = append(r.Groups, s.names(g))
	}
	return r
}

// once pairs those among whom now (places in the list) as well as one round
// can: as many pairs as possible, as few repeats as possible, those who met
// longest ago, and then by worth.
func (s *search) once(now []int32) (Round, error) {
	best, err := s.pairs(now, -1)
	if err != nil || len(now)%2 == 0 || best.Repeats == 0 || len(now) > 151 {
		return best, err
	}
	// Somebody else as the odd one out may spare a repeat.
	least := map[int32]int{}
	for _, odd := range now {
		if len(now) <= Ahead {
			if least[odd], err = s.repeats(now, odd); err != nil {
				return best, err
			}
		}
		r, err := s.pairs(now, odd)
		if err != nil {
			return best, err
		}
		if len(r.Alone) < len(best.Alone) || len(r.Alone) == len(best.Alone) && (r.Repeats < best.Repeats || r.Repeats == best.Repeats && s.total(r) > s.total(best)) {
			best = r
		}
		if best.Repeats == 0 && len(best.Alone) == 0 {
			break
		}
	}
	if len(now) > Ahead || len(best.Alone) > 0 {
		return best, nil
	}
	// Few people: every three is tried that may be better. A pair of it and the
	// others are a round without the third, so it has no fewer repeats than
	// that has, and those of the third.
	again := func(a, b int32) int {
		if s.p.Met[s.pair(a, b)] > 0 {
			return 1
		}
		return 0
	}
	for i, a := range now {
		for j, b := range now[:i] {
			for _, c := range now[:j] {
				if s.apart(a, b) || s.apart(a, c) || s.apart(b, c) {
					continue
				}
				ab, ac, bc := again(a, b), again(a, c), again(b, c)
				if max(least[a]+ab+ac, least[b]+ab+bc, least[c]+ac+bc) >= best.Repeats {
					continue
				}
				groups, alone, err := s.match(without(now, a, b, c), -1)
				if err != nil {
					return best, err
				}
				r := s.result(append(groups, []int32{a, b, c}), alone)
				if len(r.Alone) == 0 && r.Repeats < best.Repeats {
					best = r
				}
			}
		}
	}
	return best, nil
}

func without(list []int32, who ...int32) []int32 {
	out := make([]int32, 0, len(list))
	for _, v := range list {
		if !slices.Contains(who, v) {
			out = append(out, v)
		}
	}
	return out
}

// repeats is how many repeats there are at least among the others when one is
// the odd one out.
func (s *search) repeats(now []int32, odd int32) (int, error) {
	groups, _, err := s.match(without(now, odd), -1)
	return s.result(groups, nil).Repeats, err
}

// total is the sum of the scores of all pairs of a round.
func (s *search) total(r Round) (sum int) {
	for _, g := range r.Groups {
		for i := range g {
			for j := range i {
				sum += s.p.score(g[i], g[j])
			}
		}
	}
	return sum
}

// pairs solves one round; odd, when not negative, joins a pair.
func (s *search) pairs(now []int32, odd int32) (Round, error) {
	groups, alone, err := s.match(without(now, odd), odd)
	if err != nil {
		return Round{}, err
	}
	if odd >= 0 {
		alone = append(alone, odd)
	}
	r := s.result(groups, alone)
	s.p.join(&r)
	return r, nil
}

// match is the maximum-weight matching of the listed places. Weights are
// lexicographic: the number of new pairs, then how long ago, then the worth;
// with an odd one out, pairs that are new to them come before the worth.
func (s *search) match(list []int32, odd int32) (groups [][]int32, alone []int32, err error) {
	half := int64(len(list)/2 + 1)
	friendly := int64(1)
	if odd >= 0 {
		friendly = half*MaxWorth + 1
	}
	// Ages are ranked so that the numbers stay small.
	ages := map[int]int64{}
	edges := s.edges(list)
	var order []int
	for _, e := range edges {
		if ago := s.p.Met[s.pair(list[e[0]], list[e[1]])]; ago > 0 {
			if _, ok := ages[ago]; !ok {
				ages[ago] = 0
				order = append(order, ago)
			}
		}
	}
	slices.Sort(order)
	step := half*(MaxWorth+friendly) + 1
	for i, ago := range order {
		ages[ago] = int64(min(i, 1000)) * step
	}
	fresh := half*int64(min(len(order), 1001)+1)*step + 1
	p := &matching.PairsProblem{People: len(list), Most: true, Edges: make([]matching.Edge, len(edges))}
	for i, e := range edges {
		a, b := list[e[0]], list[e[1]]
		w := int64(s.worth(a, b))
		if ago := s.p.Met[s.pair(a, b)]; ago > 0 {
			w += ages[ago]
		} else {
			w += fresh
		}
		if odd >= 0 && s.fresh(a, odd) && s.fresh(b, odd) {
			w += friendly
		}
		p.Edges[i] = matching.Edge{Left: e[0], Right: e[1], Weight: w}
	}
	a, err := matching.Pairs(s.ctx, p, matching.Options{Workers: 1})
	if err != nil {
		return nil, nil, err
	}
	if err := s.ctx.Err(); err != nil {
		return nil, nil, err
	}
	for _, e := range a.Chosen {
		groups = append(groups, []int32{list[p.Edges[e].Left], list[p.Edges[e].Right]})
	}
	for _, v := range a.Alone {
		alone = append(alone, list[v])
	}
	return groups, alone, nil
}

// edges lists the pairs that are looked at: all of them among few people,
// beyond that the best of a sample of each person, and a few by chance, so that
// a perfect round exists.
func (s *search) edges(list []int32) [][2]int32 {
	n := int32(len(list))
	var out [][2]int32
	if n <= Dense {
		for a := range n {
			for b := a + 1; b < n; b++ {
				if !s.apart(list[a], list[b]) {
					out = append(out, [2]int32{a, b})
				}
			}
		}
		return out
	}
	type option struct {
		to    int32
		score int
	}
	seen := make(map[[2]int32]bool, int(n)*kept)
	add := func(a, b int32) {
		if a > b {
			a, b = b, a
		}
		if k := [2]int32{a, b}; a != b && !seen[k] && !s.apart(list[a], list[b]) {
			seen[k] = true
			out = append(out, k)
		}
	}
	options := make([]option, 0, sampled)
	for a := range n {
		options = options[:0]
		for range sampled {
			b := s.rng.Int32N(n)
			if a != b && !s.apart(list[a], list[b]) {
				options = append(options, option{b, s.score(list[a], list[b])})
			}
		}
		for _, o := range options[:min(4, len(options))] {
			add(a, o.to)
		}
		slices.SortFunc(options, func(x, y option) int {
			return cmp.Or(cmp.Compare(y.score, x.score), cmp.Compare(x.to, y.to))
		})
		for _, o := range options[:min(kept, len(options))] {
			add(a, o.to)
		}
	}
	return out
}
