package matching

import (
	"fmt"
	"math"
	"slices"
)

// Verify checks an answer against the problem alone, sharing no code with the
// solver: that rings are rings and disjoint, what they are worth, and, by
// listing every possible ring again, that the prices prove the root bound and
// that no bound claimed lies below the objective.
func (p *RingsProblem) Verify(r *RingsResult) error {
	used := make([]bool, p.People)
	total := 0.0
	for i, ring := range r.Rings {
		if err := p.checkRing(&ring); err != nil {
			return fmt.Errorf("ring %d: %w", i, err)
		}
		n := len(ring.People)
		switch {
		case !ring.Chain && (len(ring.Arcs) != n || n > p.MaxLength):
			return fmt.Errorf("ring %d: %d people and %d arcs", i, n, len(ring.Arcs))
		case ring.Chain && (len(ring.Arcs) != n-1 || len(ring.Arcs) > p.MaxChain || !slices.Contains(p.Givers, ring.People[0])):
			return fmt.Errorf("chain %d: not allowed", i)
		}
		for _, v := range ring.People {
			if used[v] {
				return fmt.Errorf("person %d is in two rings", v)
			}
			used[v] = true
		}
		value, chance := 0.0, 1.0
		for _, e := range ring.Arcs {
			a := p.Arcs[e]
			x := a.Weight + p.Bonus
			if p.Priority != nil {
				x += p.Priority[a.Learner]
			}
			if p.FailureAware && a.Success != 0 {
				chance *= a.Success
			}
			if ring.Chain {
				x *= chance
			}
			value += x
		}
		if !ring.Chain {
			value *= chance
		}
		total += value
	}
	if math.Abs(total-r.Objective) > 1e-6*math.Max(1, math.Abs(total)) {
		return fmt.Errorf("objective %v, the rings are worth %v", r.Objective, total)
	}
	if r.Bound < r.Objective-1e-9 {
		return fmt.Errorf("bound %v below the objective %v", r.Bound, r.Objective)
	}
	if p.FailureAware || p.MaxChain > 0 || p.PreferShort {
		return nil // the certificate below is for plain rings
	}
	bound := 0.0
	for v, y := range r.Prices {
		if !(y >= 0) {
			return fmt.Errorf("price of person %d is %v", v, y)
		}
		bound += y
	}
	// Best arc from everybody to everybody, as lists.
	type step struct {
		to    int32
		value float64
	}
	next := make([][]step, p.People)
	for _, a := range p.Arcs {
		x := a.Weight + p.Bonus
		if p.Priority != nil {
			x += p.Priority[a.Learner]
		}
		list := next[a.Teacher]
		k := slices.IndexFunc(list, func(s step) bool { return s.to == a.Learner })
		if k < 0 {
			next[a.Teacher] = append(list, step{a.Learner, x})
		} else {
			list[k].value = math.Max(list[k].value, x)
		}
	}
	path := make([]int32, 0, 5)
	var dear error
	var walk func(root, u int32, rest float64)
	walk = func(root, u int32, rest float64) {
		path = append(path, u)
		rest -= r.Prices[u]
		for _, s := range next[u] {
			switch {
			case s.to == root && len(path) > 1:
				if x := rest + s.value; x > 1e-6 && dear == nil {
					dear = fmt.Errorf("ring %v is worth %v more than its people's prices", path, x)
				}
			case s.to > root && len(path) < p.MaxLength && !slices.Contains(path, s.to):
				walk(root, s.to, rest+s.value)
			}
		}
		path = path[:len(path)-1]
	}
	for v := int32(0); v < int32(p.People); v++ {
		walk(v, v, 0)
	}
	if dear != nil {
		return dear
	}
	if math.Abs(bound-r.Root) > 1e-6*math.Max(1, bound) {
		return fmt.Errorf("prices add up to %v, claimed is %v", bound, r.Root)
	}
	if r.Bound > r.Root+1e-6*math.Max(1, bound) || bound < r.Objective-1e-6*math.Max(1, bound) {
		return fmt.Errorf("bound %v, prices prove %v, objective %v", r.Bound, bound, r.Objective)
	}
	return nil
}

// Verify checks a partition against the problem alone and recomputes its value.
func (p *TeamsProblem) Verify(r *TeamsResult) error {
	if len(r.Teams) != p.Teams {
		return fmt.Errorf("%d teams", len(r.Teams))
	}
	seen := make([]bool, p.People)
	for t, team := range r.Teams {
		if len(team) < p.MinSize || len(team) > p.MaxSize {
			return fmt.Errorf("team %d has %d people", t, len(team))
		}
		for _, v := range team {
			if seen[v] {
				return fmt.Errorf("person %d is in two teams", v)
			}
			seen[v] = true
		}
	}
	if i := slices.Index(seen, false); i >= 0 {
		return fmt.Errorf("person %d is in no team", i)
	}
	terms, broken := p.Explain(r.Teams)
	total := 0.0
	for _, e := range terms {
		total += e.Value
	}
	switch {
	case math.Abs(total-r.Objective) > 1e-6*math.Max(1, math.Abs(total)):
		return fmt.Errorf("objective %v, the teams are worth %v", r.Objective, total)
	case len(broken) != len(r.Broken):
		return fmt.Errorf("%d rules broken, %d told", len(broken), len(r.Broken))
	case r.Bound < r.Objective-1e-9:
		return fmt.Errorf("bound %v below the objective %v", r.Bound, r.Objective)
	}
	return nil
}
