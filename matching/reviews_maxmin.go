package matching

import (
	"errors"
	"math"
	"slices"
)

// exactWorks is up to how many works the worst total is made as large as
// possible with proof.
const exactWorks = 60

// maxMin makes the total of the worst work as large as possible (Garg, Kavitha,
// Kumar, Mehlhorn and Mestre 2010 show that this is NP-hard). Bounds are what a
// work could get if it had the first choice, and for every positive weighting of
// the works the weighted optimum divided by the sum of the weights. Answers
// come from the optimum of the sum with the works that are behind weighted up,
// and from PeerReview4All (Stelmakh, Shah and Singh 2019). With few works branch
// and bound closes the gap.
func (s *reviewSearch) maxMin() (*Reviewing, error) {
	_, best, err := s.sum(nil, nil)
	if err != nil {
		return nil, err
	}
	m := &maxMinSearch{reviewSearch: s, best: best, dead: make([]bool, len(s.p.Edges)), pinned: make([]bool, len(s.p.Edges))}
	for _, e := range s.base.Forbidden {
		m.dead[e] = true
	}
	for _, e := range s.base.Pins {
		m.pinned[e] = true
	}
	m.edges = make([][]int32, s.p.Works)
	for i, e := range s.p.Edges {
		if !m.dead[i] && s.base.Capacity[e.Right] > 0 {
			m.edges[e.Left] = append(m.edges[e.Left], int32(i))
		}
	}
	if s.p.Works == 0 || s.p.PerWork == 0 {
		best.Objective, best.Bound, best.Optimal, best.Gap = 0, 0, true, 0
		best.Algorithm = "nothing to decide"
		return best, nil
	}
	m.bound = math.MaxInt64
	for u := range s.p.Works {
		m.bound = min(m.bound, m.firstChoice(u))
	}
	m.algorithm = "weighted optima"
	if best.Unmet == nil {
		m.boost()
		if m.best.Worst < m.bound && !m.stopped() {
			m.peerReview4All()
		}
		if m.best.Worst < m.bound && s.p.Works <= exactWorks {
			m.exact()
		}
	}
	r := m.best
	r.Objective, r.Bound = float64(r.Worst), float64(m.bound)
	r.Algorithm, r.Work, r.Nodes = m.algorithm, s.work, m.nodes
	r.WorkValue, r.ReviewerPrice = nil, nil
	r.Bound = max(r.Bound, r.Objective)
	r.Close(0)
	r.Optimal = r.Optimal && r.Unmet == nil
	return r, nil
}

type maxMinSearch struct {
	*reviewSearch
	best         *Reviewing
	bound        int64
	edges        [][]int32 // that a work could use
	dead, pinned []bool    // by edge, in the branch being looked at
	algorithm    string
	nodes        int
}

func (m *maxMinSearch) stopped() bool {
	return m.ctx.Err() != nil || m.o.WorkLimit > 0 && m.work >= m.o.WorkLimit
}

// firstChoice is the largest total of work u if it had the first choice, the
// lowest number when it has too few edges.
func (m *maxMinSearch) firstChoice(u int) int64 {
	k := int(m.p.PerWork)
	var sum int64
	top := make([]int64, 0, 8)
	for _, e := range m.edges[u] {
		switch w := m.p.Edges[e].Weight; {
		case m.pinned[e]:
			sum += w
			k--
		case !m.dead[e]:
			top = append(top, w)
		}
	}
	if k < 0 || len(top) < k {
		return math.MinInt64
	}
	slices.SortFunc(top, func(x, y int64) int { return int(min(1, max(-1, y-x))) })
	for _, w := range top[:k] {
		sum += w
	}
	return sum
}

// keep notes an answer if it is better than the best so far.
func (m *maxMinSearch) keep(r *Reviewing) {
	if r.Worst > m.best.Worst || r.Worst == m.best.Worst && r.Sum > m.best.Sum {
		m.best = r
	}
	if m.o.Progress != nil {
		m.o.Progress(Progress{Stage: "max-min", Done: -1, Objective: float64(m.best.Worst), Bound: float64(m.bound), Work: m.work})
	}
}

// errNoWeighting says that a weighting gives no answer: it was stopped, or the
// numbers are too large.
var errNoWeighting = errors.New("no answer to this weighting")

// weighted solves the sum with a weight for each work and returns the answer
// and the bound on the worst total that it proves. ok is false when no answer
// exists, err says why one was not found otherwise.
func (m *maxMinSearch) weighted(lambda []int64, pins, forbidden []int) (r *Reviewing, bound int64, ok bool, err error) {
	q := m.base
	q.Edges = slices.Clone(m.p.Edges)
	var total int64
	for i := range q.Edges {
		e := &q.Edges[i]
		w := e.Weight * lambda[e.Left]
		if lambda[e.Left] != 0 && w/lambda[e.Left] != e.Weight {
			return nil, 0, false, errNoWeighting
		}
		e.Weight = w
	}
	for _, l := range lambda {
		total += l
	}
	q.Pins, q.Forbidden = append(slices.Clone(q.Pins), pins...), append(slices.Clone(q.Forbidden), forbidden...)
	a, r, err := m.assign(&q)
	var infeasible *InfeasibleError
	if errors.As(err, &infeasible) {
		return nil, 0, false, nil
	}
	if err == nil && r.Unmet != nil {
		err = errNoWeighting // stopped half way
	}
	if err != nil {
		return nil, 0, false, err
	}
	var sum int64
	for _, e := range r.Chosen {
		sum += q.Edges[e].Weight
	}
	bound = math.MaxInt64
	if a.Optimal {
		bound = sum / total
		if sum < 0 && sum%total != 0 {
			bound--
		}
	}
	return r, bound, true, nil
}

// boost weights the works that are behind up, a few times.
func (m *maxMinSearch) boost() {
	lambda := make([]int64, m.p.Works)
	for u := range lambda {
		lambda[u] = 1
	}
	r := m.best
	for range 3 {
		if m.best.Worst >= m.bound || m.stopped() {
			return
		}
		for u, t := range m.totals(r.Chosen) {
			if t < m.bound {
				lambda[u] *= 16
			}
		}
		next, bound, ok, err := m.weighted(lambda, nil, nil)
		if err != nil || !ok {
			return
		}
		m.bound = min(m.bound, bound)
		m.keep(next)
		r = next
	}
}

// peerReview4All gives, for each number of reviewers up to all, every work that
// many whose weights are above the highest threshold that allows it, the sum as
// large as possible, and fills up with the largest sum; the best of these is
// what PeerReview4All guarantees for the worst work. Pins are chosen in any case
// and count where they are above the threshold; least loads are seen to when
// filling up.
func (m *maxMinSearch) peerReview4All() {
	var weights []int64
	for u := range m.edges {
		for _, e := range m.edges[u] {
			weights = append(weights, m.p.Edges[e].Weight)
		}
	}
	slices.Sort(weights)
	weights = slices.Compact(weights)
	for k := int32(1); k <= m.p.PerWork; k++ {
		// No threshold above the k-th best edge of some work can do.
		high := len(weights) - 1
		for u := range m.edges {
			own := make([]int64, 0, len(m.edges[u]))
			for _, e := range m.edges[u] {
				own = append(own, m.p.Edges[e].Weight)
			}
			if len(own) < int(k) {
				return
			}
			slices.Sort(own)
			i, _ := slices.BinarySearch(weights, own[len(own)-int(k)])
			high = min(high, i)
		}
		var found *Assignment
		try := func(i int) bool {
			a := m.threshold(k, weights[i])
			if a == nil {
				return false
			}
			found = a
			return true
		}
		// Step down in growing steps, then halve.
		ok, step := high, 1
		low := -1 // highest index that is known to fail, from above
		for ok >= 0 && !try(ok) {
			if m.stopped() {
				return
			}
			low = ok
			ok -= step
			step *= 2
			if ok < 0 && low > 0 {
				ok = 0
			}
		}
		if ok < 0 {
			continue
		}
		for low >= 0 && low-ok > 1 {
			mid := (low + ok) / 2
			if try(mid) {
				ok = mid
			} else {
				low = mid
			}
		}
		if found == nil || m.stopped() {
			return
		}
		if r := m.fill(found.Chosen); r != nil {
			m.keep(r)
		}
	}
	m.algorithm = "weighted optima and PeerReview4All"
}

// threshold gives every work k reviewers of at least the weight, nil when that
// cannot be done.
func (m *maxMinSearch) threshold(k int32, weight int64) *Assignment {
	q := m.base
	q.Minimum = nil
	q.Demand = same32(m.p.Works, k)
	q.Forbidden = slices.Clone(q.Forbidden)
	pins := make([]int32, m.p.Works)
	for _, e := range q.Pins {
		// A pin below the threshold takes a place but does not count.
		u := m.p.Edges[e].Left
		if pins[u]++; m.p.Edges[e].Weight < weight {
			q.Demand[u]++
		}
	}
	for u := range q.Demand {
		if q.Demand[u] = max(q.Demand[u], pins[u]); q.Demand[u] > m.p.PerWork {
			return nil
		}
	}
	for i, e := range m.p.Edges {
		if e.Weight < weight && !m.dead[i] && !m.pinned[i] {
			q.Forbidden = append(q.Forbidden, i)
		}
	}
	a, err := Assign(m.ctx, &q, Options{})
	if err != nil || a.Idle > 0 {
		return nil
	}
	m.work += a.Work
	return a
}

// fill adds the reviewers that are missing to an answer that has some.
func (m *maxMinSearch) fill(chosen []int) *Reviewing {
	q := m.base
	q.Pins = chosen
	a, err := Assign(m.ctx, &q, Options{})
	if err != nil || a.Idle > 0 || a.Unmet != nil {
		return nil
	}
	m.work += a.Work
	return m.result(a.Chosen)
}

// exact closes the gap by branch and bound. A branch pins some edges and forbids
// others; it is given up when some work cannot reach the target even with the
// first choice, or when a weighting of the works proves that they cannot all
// reach it. The weighting follows the works that are behind (multiplicative
// weights, Arora, Hazan and Kale 2012).
func (m *maxMinSearch) exact() {
	lambda := make([]float64, m.p.Works)
	for u := range lambda {
		lambda[u] = 1
	}
	if m.explore(lambda, nil, nil) {
		m.bound = m.best.Worst
		m.algorithm += ", then branch and bound"
	}
}

// explore looks for an answer whose worst total is above the best one, and
// reports whether it has looked everywhere.
func (m *maxMinSearch) explore(lambda []float64, pins, forbidden []int) bool {
	m.nodes++
	if m.stopped() {
		return false
	}
	set := func(list []int, flags []bool, to bool) {
		for _, e := range list {
			flags[e] = to
		}
	}
	set(pins, m.pinned, true)
	set(forbidden, m.dead, true)
	var ruled []int // edges that no answer above the best can use
	defer func() {
		set(pins, m.pinned, false)
		set(forbidden, m.dead, false)
		set(ruled, m.dead, false)
	}()
	rule := func() bool {
		for u := range m.edges {
			if m.firstChoice(u) <= m.best.Worst {
				return false
			}
			for _, e := range m.edges[u] {
				if m.dead[e] || m.pinned[e] {
					continue
				}
				m.pinned[e] = true
				if m.firstChoice(u) <= m.best.Worst {
					m.dead[e] = true
					ruled = append(ruled, int(e))
				}
				m.pinned[e] = false
			}
		}
		return true
	}
	if m.best.Worst >= m.bound || !rule() {
		return true
	}
	lambda = slices.Clone(lambda)
	count := map[int]float64{} // how often an edge was used
	rounds := 16.0
	if len(pins)+len(forbidden) == 0 {
		rounds = 120
	}
	scaled := make([]int64, len(lambda))
	for i := range int(rounds) {
		if m.stopped() {
			return false
		}
		largest := slices.Max(lambda)
		for u := range lambda {
			lambda[u] = max(lambda[u]/largest, 1e-3)
			scaled[u] = max(1, int64(math.Round(lambda[u]*(1<<10))))
		}
		r, bound, ok, err := m.weighted(scaled, pins, append(slices.Clone(forbidden), ruled...))
		if err != nil {
			return false
		}
		if !ok || bound <= m.best.Worst {
			return true
		}
		if len(pins)+len(forbidden) == 0 {
			m.bound = min(m.bound, bound)
		}
		if r.Worst > m.best.Worst {
			m.keep(r)
			if m.best.Worst >= m.bound || !rule() {
				return true
			}
		}
		totals := m.totals(r.Chosen)
		span := 1.0
		for _, t := range totals {
			span = max(span, math.Abs(float64(t-m.best.Worst-1)))
		}
		rate := 1 / math.Sqrt(1+float64(i)/4)
		for u, t := range totals {
			lambda[u] *= math.Exp(-rate * float64(t-m.best.Worst-1) / span)
		}
		for _, e := range r.Chosen {
			count[e]++
		}
	}
	// Branch where it is undecided, on an edge of a work that matters: one that
	// weighs much and was used about half of the time.
	pick, most := -1, -1.0
	for u := range m.edges {
		for _, e := range m.edges[u] {
			if m.dead[e] || m.pinned[e] {
				continue
			}
			share := count[int(e)] / rounds
			if x := lambda[u] * (0.01 + min(share, 1-share)); x > most {
				pick, most = int(e), x
			}
		}
	}
	if pick < 0 {
		return true // everything is decided, and it was looked at
	}
	with, without := append(slices.Clone(pins), pick), append(slices.Clone(forbidden), pick)
	if !m.explore(lambda, with, append(slices.Clone(forbidden), ruled...)) {
		return false
	}
	return m.explore(lambda, pins, append(without, ruled...))
}
