package draw

import "math"

// threes makes groups of three, and of two where the number does not divide.
// Dividing people into threes without repeats is hard in general (Karp 1972),
// so groups are improved by exchanging two people between them for as long as
// that helps, from a random beginning and with a little heat; few people get
// more beginnings.
func (s *search) threes() (Round, error) {
	n := len(s.list)
	sizes := []int{}
	switch n % 3 {
	case 1:
		sizes = []int{2, 2}
	case 2:
		sizes = []int{2}
	}
	left := n
	for _, k := range sizes {
		left -= k
	}
	for ; left > 0; left -= 3 {
		sizes = append(sizes, 3)
	}
	starts := max(1, min(20, 600/n))
	var best [][]int32
	bestValue := math.Inf(-1)
	for range starts {
		groups, value := s.anneal(sizes)
		if err := s.ctx.Err(); err != nil {
			return Round{}, err
		}
		if value > bestValue {
			best, bestValue = groups, value
		}
	}
	// People who must not meet cannot stay together: who has to go is alone
	// or joins a pair.
	var alone []int32
	for i, g := range best {
		for a := 0; a < len(g); a++ {
			for b := range a {
				if s.apart(g[a], g[b]) {
					alone = append(alone, g[a])
					g = append(g[:a:a], g[a+1:]...)
					a--
					break
				}
			}
		}
		if len(g) == 1 {
			alone = append(alone, g[0])
			g = nil
		}
		best[i] = g
	}
	var groups [][]int32
	for _, g := range best {
		if len(g) > 1 {
			groups = append(groups, g)
		}
	}
	r := s.result(groups, alone)
	s.p.join(&r)
	return r, nil
}

// cost of a pair within a group: being apart outweighs every repeat, a repeat
// outweighs every age, an age every worth.
func (s *search) cost(a, b int32) float64 {
	q := s.pair(a, b)
	w := float64(s.worth(a, b)) / (4 * MaxWorth)
	switch ago := s.p.Met[q]; {
	case s.p.Apart[q]:
		return 1e6
	case ago > 0:
		return 1000 - 500*float64(min(ago, 1000))/1000 - w
	}
	return -w
}

func (s *search) costOf(g []int32, instead int, who int32) (sum float64) {
	for i, v := range g {
		if i != instead {
			sum += s.cost(v, who)
		}
	}
	return sum
}

func (s *search) anneal(sizes []int) ([][]int32, float64) {
	n := len(s.list)
	order := s.rng.Perm(n)
	groups := make([][]int32, len(sizes))
	at := 0
	for i, k := range sizes {
		for range k {
			groups[i] = append(groups[i], int32(order[at]))
			at++
		}
	}
	steps := min(3_000_000, 600*n)
	for step := range steps {
		if step%4096 == 0 && s.ctx.Err() != nil {
			break
		}
		heat := 0.3 * (1 - float64(step)/float64(steps))
		x, y := s.rng.IntN(len(groups)), s.rng.IntN(len(groups))
		if x == y {
			continue
		}
		i, j := s.rng.IntN(len(groups[x])), s.rng.IntN(len(groups[y]))
		a, b := groups[x][i], groups[y][j]
		d := s.costOf(groups[x], i, b) + s.costOf(groups[y], j, a) - s.costOf(groups[x], i, a) - s.costOf(groups[y], j, b)
		if d <= 0 || d < 20*heat && s.rng.Float64() < math.Exp(-d/(heat+1e-9)) {
			groups[x][i], groups[y][j] = b, a
		}
	}
	value := 0.0
	for _, g := range groups {
		for i := range g {
			for j := range i {
				value -= s.cost(g[i], g[j])
			}
		}
	}
	return groups, value
}
