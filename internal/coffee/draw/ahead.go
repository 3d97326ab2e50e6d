package draw

import (
	"slices"
)

// A sequence of rounds in which nobody meets the same person twice is a packing
// of edge-disjoint perfect matchings (with an odd number of people: of
// matchings with one triangle) into the graph of those who have not met. It is
// begun from the rounds planned before or from the circle method (Kirkman
// 1847), extended by matchings found in what is left, and where that gets stuck
// some of the rounds are taken out and drawn anew.

// ahead plans the whole sequence of rounds without a repeat and returns its
// best first one. When this round cannot do without a repeat it is drawn alone.
func (s *search) ahead() (Round, error) {
	all := everybody(len(s.list))
	now, err := s.once(all)
	n := len(s.list)
	if err != nil || len(now.Alone) > 0 || now.Repeats > 0 && n%2 == 0 {
		return now, err
	}
	free := make([][]bool, n)
	degree, edges := make([]int, n), 0
	for a := range n {
		free[a] = make([]bool, n)
	}
	for a := range n {
		for b := range a {
			if s.fresh(int32(a), int32(b)) {
				free[a][b], free[b][a] = true, true
				degree[a]++
				degree[b]++
				edges++
			}
		}
	}
	if now.Repeats > 0 {
		// With an odd number the pairs and the three are found one after the
		// other; whether there is no round at all without a repeat is known
		// only after every three was tried.
		if r, err := s.extract(free, n*n*n); err != nil || r == nil {
			return now, err
		}
	}
	// No sequence is longer: somebody runs out of people, or the pairs do.
	bound := slices.Min(degree)
	if n%2 == 1 {
		bound = edges / ((n-3)/2 + 3)
	}
	rounds := s.begin(free, bound)
	best := slices.Clone(rounds)
	for range tries / n {
		for len(rounds) < bound {
			r, err := s.extract(free, 12)
			if err != nil {
				return now, err
			}
			if r == nil {
				break
			}
			use(free, r, false)
			rounds = append(rounds, r)
		}
		if len(rounds) > len(best) {
			best = slices.Clone(rounds)
		}
		if len(best) >= bound || len(rounds) == 0 {
			break
		}
		for range min(len(rounds), 2+s.rng.IntN(3)) {
			i := s.rng.IntN(len(rounds))
			use(free, rounds[i], true)
			rounds = slices.Delete(rounds, i, i+1)
		}
	}
	if len(best) == 0 {
		return now, nil
	}
	// The order is free: what is worth most comes first.
	slices.SortStableFunc(best, func(x, y [][]int32) int { return s.value(y) - s.value(x) })
	r := s.result(best[0], nil)
	for _, later := range best[1:] {
		var groups [][]int32
		for _, g := range later {
			groups = append(groups, s.names(g))
		}
		r.Plan = append(r.Plan, groups)
	}
	return r, nil
}

func use(free [][]bool, round [][]int32, back bool) {
	for _, g := range round {
		for i := range g {
			for j := range i {
				free[g[i]][g[j]], free[g[j]][g[i]] = back, back
			}
		}
	}
}

func (s *search) value(round [][]int32) (sum int) {
	for _, g := range round {
		for i := range g {
			for j := range i {
				sum += s.worth(g[i], g[j])
			}
		}
	}
	return sum
}

// begin takes the rounds planned before that still fit; without any, when
// nobody has met, those of the circle method, seated so that the first rounds
// are worth much.
func (s *search) begin(free [][]bool, bound int) (rounds [][][]int32) {
	n := len(s.list)
	place := map[int32]int32{}
	for i, v := range s.list {
		place[v] = int32(i)
	}
	for _, planned := range s.p.Plan {
		seen, ok := map[int32]bool{}, true
		var round [][]int32
		for _, g := range planned {
			var here []int32
			for _, v := range g {
				i, there := place[v]
				ok = ok && there && !seen[i]
				seen[i] = true
				here = append(here, i)
			}
			for i := range here {
				for j := range i {
					ok = ok && free[here[i]][here[j]]
				}
			}
			round = append(round, here)
		}
		if ok && len(seen) == n && (n%2 == 0) == !slices.ContainsFunc(round, func(g []int32) bool { return len(g) == 3 }) {
			use(free, round, false)
			rounds = append(rounds, round)
		}
	}
	if len(rounds) > 0 || n%2 == 1 || bound < n-1 {
		return rounds
	}
	best := -1
	for range 30 {
		seat := s.rng.Perm(n)
		var list [][][]int32
		value := 0
		for r := range n - 1 {
			round := [][]int32{{int32(seat[r]), int32(seat[n-1])}}
			for k := 1; k < n/2; k++ {
				round = append(round, []int32{int32(seat[(r+k)%(n-1)]), int32(seat[(r-k+n-1)%(n-1)])})
			}
			list = append(list, round)
			value = max(value, s.value(round))
		}
		if value > best {
			best, rounds = value, list
		}
	}
	for _, r := range rounds {
		use(free, r, false)
	}
	return rounds
}

// extract finds a round in what is free, nil when there is none: by chance which,
// and with an odd number around one of so many threes, those first who have
// most left to meet.
func (s *search) extract(free [][]bool, most int) ([][]int32, error) {
	n := len(free)
	if n%2 == 0 {
		return s.perfect(free, nil)
	}
	degree := make([]int, n)
	for a := range n {
		for b := range n {
			if free[a][b] {
				degree[a]++
			}
		}
	}
	type triangle struct {
		who   [3]int32
		value int
	}
	var found []triangle
	for a := range n {
		for b := range a {
			for c := range b {
				if free[a][b] && free[a][c] && free[b][c] {
					// Who has most left to meet can spare two at once.
					found = append(found, triangle{[3]int32{int32(a), int32(b), int32(c)}, 4*(degree[a]+degree[b]+degree[c]) + s.rng.IntN(5)})
				}
			}
		}
	}
	slices.SortStableFunc(found, func(x, y triangle) int { return y.value - x.value })
	for i, t := range found {
		if i == most {
			break
		}
		r, err := s.perfect(free, t.who[:])
		if err != nil || r != nil {
			return r, err
		}
	}
	return nil, nil
}

// perfect pairs everybody but those of a triangle, at random, over free pairs.
func (s *search) perfect(free [][]bool, triangle []int32) ([][]int32, error) {
	var list []int32
	for v := range int32(len(free)) {
		if !slices.Contains(triangle, v) {
			list = append(list, v)
		}
	}
	r, err := s.anyPerfect(free, list)
	if err != nil || r == nil {
		return nil, err
	}
	if triangle != nil {
		r = append(r, slices.Clone(triangle))
	}
	return r, nil
}
