package draw

import "github.com/guildhall/guildhall/matching"

// anyPerfect is a perfect matching of the listed places over free pairs, by
// chance which; nil when there is none.
func (s *search) anyPerfect(free [][]bool, list []int32) ([][]int32, error) {
	p := &matching.PairsProblem{People: len(list), Most: true}
	for i := range int32(len(list)) {
		for j := range i {
			if free[list[i]][list[j]] {
				p.Edges = append(p.Edges, matching.Edge{Left: j, Right: i, Weight: s.rng.Int64N(1000)})
			}
		}
	}
	a, err := matching.Pairs(s.ctx, p, matching.Options{Workers: 1})
	if err != nil {
		return nil, err
	}
	if err := s.ctx.Err(); err != nil {
		return nil, err
	}
	if 2*len(a.Chosen) < len(list) {
		return nil, nil
	}
	out := make([][]int32, 0, len(a.Chosen)+1)
	for _, e := range a.Chosen {
		out = append(out, []int32{list[p.Edges[e].Left], list[p.Edges[e].Right]})
	}
	return out, nil
}
