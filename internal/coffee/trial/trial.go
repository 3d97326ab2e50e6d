// Package trial plays years of coffee rounds with made-up people, to measure
// package draw. The model is written down in docs/coffee.md.
package trial

import (
	"cmp"
	"context"
	"math"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/guildhall/guildhall/internal/coffee/draw"
	"github.com/guildhall/guildhall/matching"
)

// Weeks is how long a year is.
const Weeks = 52

// Result is what a year came to.
type Result struct {
	People    int
	Repeats   int // pairs of people who met again
	Needless  int // repeats above the fewest for the round, given what has been
	Hindsight int // no schedule that knew everything in advance has fewer
	AtBound   int // weeks in which the repeats so far are exactly the bound so far
	Above     int // the most they were ever above it
	ByChance  int // repeats of pairs by chance
	Met       int // pairs of people who met, repeats counted
	Alone     int // people who were left over
	Across    float64
	AcrossBy  float64 // share of pairs of two departments expected by chance
	Gap       float64
	GapBy     float64 // by chance
	GapAcross float64 // no schedule leaves less in which nobody meets their own department
	Wishes    float64
	WishesBy  float64 // by chance
	Slowest   time.Duration
}

type person struct {
	unit        int32
	teach, want []draw.Skill
	left        bool
	snooze      int // weeks
	rounds      int
	odd         int // of them with an odd number
	partners    int
}

type year struct {
	rng     *rand.Rand
	shares  []float64 // cumulative, of departments
	skills  []float64 // likewise
	people  []*person
	met     map[draw.Pair]int // week of the last meeting
	chance  map[draw.Pair]bool
	present map[draw.Pair]bool // ever there together
	seen    [][]int            // meetings of departments
	seenBy  [][]int
	odd     int
	sum     float64 // of the chances of crossing
	expect  [][]float64
	without []int // most meetings without a department when nobody meets their own
}

func cumulative(n int) []float64 {
	out, sum := make([]float64, n), 0.0
	for i := range out {
		sum += 1 / float64(i+1)
		out[i] = sum
	}
	for i := range out {
		out[i] /= sum
	}
	return out
}

func (y *year) pick(shares []float64) int {
	x := y.rng.Float64()
	i, _ := slices.BinarySearch(shares, x)
	return min(i, len(shares)-1)
}

func (y *year) join() {
	p := &person{unit: int32(y.pick(y.shares))}
	for _, list := range []*[]draw.Skill{&p.teach, &p.want} {
		for len(*list) < 2 {
			k := draw.Skill{ID: int64(y.pick(y.skills)), Level: 2}
			if !slices.Contains(*list, k) {
				*list = append(*list, k)
			}
		}
		draw.Sort(*list)
	}
	y.people = append(y.people, p)
}

func square(n int) [][]int {
	out := make([][]int, n)
	for i := range out {
		out[i] = make([]int, n)
	}
	return out
}

// Year plays a year of weekly rounds of a group that begins with n people.
func Year(ctx context.Context, n int, seed uint64) (Result, error) {
	units := min(12, max(2, int(math.Sqrt(float64(n))+0.5)))
	y := &year{
		rng: rand.New(rand.NewPCG(seed, uint64(n))), shares: cumulative(units), skills: cumulative(40),
		met: map[draw.Pair]int{}, chance: map[draw.Pair]bool{}, present: map[draw.Pair]bool{},
		seen: square(units), seenBy: square(units), expect: make([][]float64, units), without: make([]int, units),
	}
	for i := range y.expect {
		y.expect[i] = make([]float64, units)
	}
	for range n {
		y.join()
	}
	r := Result{People: n}
	var plan [][][]int32
	var cross, crossBy, wishes, wishesBy float64
	for week := 1; week <= Weeks; week++ {
		// Who comes and goes.
		for range n {
			if week > 1 && y.rng.Float64() < 0.2/Weeks {
				y.join()
			}
		}
		var here []int32
		for i, p := range y.people {
			if p.left {
				continue
			}
			if p.snooze > 0 {
				p.snooze--
				continue
			}
			if week > 1 && y.rng.Float64() < 0.1/Weeks {
				p.left = true
				continue
			}
			if y.rng.Float64() < 0.04 {
				p.snooze = y.rng.IntN(4)
				continue
			}
			here = append(here, int32(i))
		}
		if len(here) < 2 {
			continue
		}
		round, took, err := y.round(ctx, here, plan, seed+uint64(week), week)
		if err != nil {
			return r, err
		}
		plan = named(here, round.Plan)
		r.Slowest = max(r.Slowest, took)
		if round.Repeats > 0 {
			fewest, err := y.fewest(ctx, here)
			if err != nil {
				return r, err
			}
			r.Needless += round.Repeats - fewest
		}
		r.Repeats += round.Repeats
		r.Alone += len(round.Alone)
		y.together(here)
		y.across(here)
		for _, g := range round.Groups {
			for i := range g {
				for j := range i {
					a, b := here[g[i]], here[g[j]]
					y.met[draw.Of(a, b)] = week
					c, w := y.note(a, b, y.seen)
					r.Met++
					cross, wishes = cross+c, wishes+w
				}
			}
		}
		// The same people by chance.
		order := y.rng.Perm(len(here))
		for k := 0; k+1 < len(order); k += 2 {
			pairs := [][2]int{{order[k], order[k+1]}}
			if k+3 == len(order) {
				pairs = append(pairs, [2]int{order[k], order[k+2]}, [2]int{order[k+1], order[k+2]})
			}
			for _, q := range pairs {
				a, b := here[q[0]], here[q[1]]
				if y.chance[draw.Of(a, b)] {
					r.ByChance++
				}
				y.chance[draw.Of(a, b)] = true
				c, w := y.note(a, b, y.seenBy)
				crossBy, wishesBy = crossBy+c, wishesBy+w
			}
		}
		if len(here)%2 == 1 && len(here) > 2 {
			y.odd++
			for _, v := range here {
				y.people[v].odd++
			}
		}
		bound := r.Hindsight
		if r.Repeats > bound {
			if bound, err = y.bound(ctx, r.Met, bound, r.Repeats); err != nil {
				return r, err
			}
		}
		if r.Repeats == bound {
			r.AtBound++
		}
		r.Above = max(r.Above, r.Repeats-bound)
		r.Hindsight = bound
	}
	met := float64(max(1, r.Met))
	r.Across, r.AcrossBy, r.Wishes, r.WishesBy = cross/met, y.sum/met, wishes/met, wishesBy/met
	r.Gap, r.GapBy, r.GapAcross = y.gap(y.seen), y.gap(y.seenBy), y.gapAcross()
	return r, nil
}

func named(here []int32, plan [][][]int32) [][][]int32 {
	out := make([][][]int32, len(plan))
	for i, round := range plan {
		for _, g := range round {
			group := make([]int32, len(g))
			for j, v := range g {
				group[j] = here[v]
			}
			out[i] = append(out[i], group)
		}
	}
	return out
}

// round draws one round of those who are here.
func (y *year) round(ctx context.Context, here []int32, plan [][][]int32, seed uint64, week int) (draw.Round, time.Duration, error) {
	place := map[int32]int32{}
	c := &draw.Crowd{Unit: make([]int32, len(here)), Teach: make([][]draw.Skill, len(here)), Want: make([][]draw.Skill, len(here)), Across: true}
	sizes := make([]int, len(y.shares))
	for i, v := range here {
		p := y.people[v]
		place[v] = int32(i)
		c.Unit[i], c.Teach[i], c.Want[i] = p.unit, p.teach, p.want
		sizes[p.unit]++
	}
	began := time.Now()
	c.Gap = draw.Gaps(sizes, y.seen)
	p := draw.Problem{People: len(here), Size: 2, Met: map[draw.Pair]int{}, Worth: c.Worth, Seed: seed}
	for q, w := range y.met {
		a, ok1 := place[q[0]]
		b, ok2 := place[q[1]]
		if ok1 && ok2 {
			p.Met[draw.Of(a, b)] = week - w
		}
	}
	for _, round := range plan {
		var groups [][]int32
		for _, g := range round {
			var group []int32
			for _, v := range g {
				i, ok := place[v]
				if !ok {
					i = -1
				}
				group = append(group, i)
			}
			groups = append(groups, group)
		}
		p.Plan = append(p.Plan, groups)
	}
	r, err := draw.Draw(ctx, p)
	return r, time.Since(began), err
}

// fewest is the fewest repeats any round of those who are here can have, or a
// lower bound of it for an odd number above 13. It shares no code with draw.
func (y *year) fewest(ctx context.Context, here []int32) (int, error) {
	if len(here)%2 == 0 {
		return y.fewestPairs(ctx, here)
	}
	best := math.MaxInt
	if len(here) <= 13 {
		return y.every(here, true), nil
	}
	// A pair of the three and the others are a round without the third.
	lone := make([]int, len(here))
	for i := range here {
		var err error
		if lone[i], err = y.fewestPairs(ctx, slices.Delete(slices.Clone(here), i, i+1)); err != nil {
			return 0, err
		}
	}
	for i, a := range here {
		for j, b := range here[:i] {
			for k, c := range here[:j] {
				ab, ac, bc := y.again(a, b), y.again(a, c), y.again(b, c)
				best = min(best, max(lone[i]+ab+ac, lone[j]+ab+bc, lone[k]+ac+bc))
			}
		}
	}
	return best, nil
}

func (y *year) again(a, b int32) int {
	if y.met[draw.Of(a, b)] > 0 {
		return 1
	}
	return 0
}

func (y *year) fewestPairs(ctx context.Context, here []int32) (int, error) {
	p := &matching.PairsProblem{People: len(here), Most: true}
	for i := range here {
		for j := range i {
			p.Edges = append(p.Edges, matching.Edge{Left: int32(j), Right: int32(i), Weight: int64(1 - y.again(here[i], here[j]))})
		}
	}
	a, err := matching.Pairs(ctx, p, matching.Options{})
	if err != nil {
		return 0, err
	}
	return len(here)/2 - int(a.Objective), ctx.Err()
}

// every tries every round with one three.
func (y *year) every(free []int32, three bool) int {
	if len(free) == 0 {
		return 0
	}
	best := math.MaxInt / 2
	a, rest := free[0], free[1:]
	for i, b := range rest {
		without := slices.Delete(slices.Clone(rest), i, i+1)
		if n := y.again(a, b); n < best && (!three || len(without) >= 3) {
			best = min(best, n+y.every(without, three))
		}
		if !three {
			continue
		}
		for j := i; j < len(without); j++ {
			c := without[j]
			if n := y.again(a, b) + y.again(a, c) + y.again(b, c); n < best {
				best = min(best, n+y.every(slices.Delete(slices.Clone(without), j, j+1), false))
			}
		}
	}
	return best
}

// together notes who was there with whom, and what chance would have brought.
func (y *year) together(here []int32) {
	n := float64(len(here))
	pairs := n / 2
	if len(here)%2 == 1 {
		pairs = (n-3)/2 + 3
	}
	for i, a := range here {
		y.people[a].rounds++
		for _, b := range here[:i] {
			u, v := y.people[a].unit, y.people[b].unit
			share := pairs * 2 / n / (n - 1)
			y.expect[max(u, v)][min(u, v)] += share
			if u != v {
				y.sum += share
			}
			if q := draw.Of(a, b); !y.present[q] {
				y.present[q] = true
				y.people[a].partners++
				y.people[b].partners++
			}
		}
	}
}

// bound is the fewest repeats that any schedule could have had so far: those
// who met are a graph over those who were ever there together, in which nobody
// has more partners than rounds (two in a three, of which there is one for each
// round of an odd number). The most edges of such a graph are bounded by a flow
// in its bipartite double. Bounds never fall, so the last one is a bound too;
// nothing above enough is looked for.
func (y *year) bound(ctx context.Context, met, last, enough int) (int, error) {
	n := len(y.people)
	p := &matching.AssignProblem{Left: n, Right: n, Demand: make([]int32, n), Capacity: make([]int32, n)}
	for q := range y.present {
		p.Edges = append(p.Edges, matching.Edge{Left: q[0], Right: q[1], Weight: 1}, matching.Edge{Left: q[1], Right: q[0], Weight: 1})
	}
	slices.SortFunc(p.Edges, func(a, b matching.Edge) int {
		return cmp.Or(cmp.Compare(a.Left, b.Left), cmp.Compare(a.Right, b.Right))
	})
	pairs := len(y.present)
	for _, extra := range []bool{false, true} {
		for i, x := range y.people {
			k := x.rounds
			if extra {
				k += x.odd
			}
			p.Demand[i], p.Capacity[i] = int32(k), int32(k)
		}
		a, err := matching.Assign(ctx, p, matching.Options{})
		if err != nil {
			return 0, err
		}
		most := int(a.Bound+0.5) / 2
		if !extra {
			most += 2 * y.odd // without two of its three meetings a three is a pair
		}
		pairs = min(pairs, most)
	}
	return min(enough, max(last, met-pairs)), nil
}

// note counts a meeting.
func (y *year) note(a, b int32, seen [][]int) (cross, wish float64) {
	p, q := y.people[a], y.people[b]
	seen[max(p.unit, q.unit)][min(p.unit, q.unit)]++
	if p.unit != q.unit {
		cross = 1
	}
	c := draw.Crowd{Teach: [][]draw.Skill{p.teach, q.teach}, Want: [][]draw.Skill{p.want, q.want}}
	_, one := c.Learns(0, 1)
	_, other := c.Learns(1, 0)
	if one || other {
		wish = 1
	}
	return cross, wish
}

// gap is what is missing to the expected number of meetings of each two
// departments, as a share of all expected.
func (y *year) gap(seen [][]int) float64 {
	missing, all := 0.0, 0.0
	for u := range y.expect {
		for v := range u {
			missing += max(0, y.expect[u][v]-float64(seen[u][v]))
			all += y.expect[u][v]
		}
	}
	if all == 0 {
		return 0
	}
	return missing / all
}

// across counts, for each department, how many meetings of a round can be
// without it when nobody meets their own department: whoever of it is here
// takes part in a meeting with somebody else.
func (y *year) across(here []int32) {
	of := make([]int, len(y.without))
	for _, v := range here {
		of[y.people[v].unit]++
	}
	meetings := len(here) / 2
	if len(here)%2 == 1 {
		meetings += 2 // a three has three
	}
	for u, n := range of {
		y.without[u] += meetings - min(n, len(here)-n)
	}
}

// gapAcross is a gap that every schedule leaves in which nobody meets their own
// department: a large department then meets the others more than by chance, and
// these have fewer meetings left among themselves.
func (y *year) gapAcross() float64 {
	all, least := 0.0, 0.0
	for u := range y.expect {
		for v := range u {
			all += y.expect[u][v]
		}
	}
	for d, most := range y.without {
		others := 0.0
		for u := range y.expect {
			for v := range u {
				if u != d && v != d {
					others += y.expect[u][v]
				}
			}
		}
		least = max(least, others-float64(most))
	}
	if all == 0 {
		return 0
	}
	return least / all
}
