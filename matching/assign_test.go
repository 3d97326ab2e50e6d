package matching

import (
	"context"
	"errors"
	"math/rand/v2"
	"runtime"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// smallAssign draws a problem small enough to try every answer.
func smallAssign(t *rapid.T) *AssignProblem {
	p := &AssignProblem{Left: rapid.IntRange(1, 5).Draw(t, "left"), Right: rapid.IntRange(1, 4).Draw(t, "right")}
	span := rapid.SampledFrom([]int64{1, 3, 20, 1000, 1 << 40}).Draw(t, "span")
	lowest := int64(0)
	if rapid.Bool().Draw(t, "negative") {
		lowest = -span
	}
	weight := rapid.Int64Range(lowest, span)
	share := rapid.IntRange(3, 10).Draw(t, "share")
	for u := range p.Left {
		for v := range p.Right {
			if rapid.IntRange(0, 10).Draw(t, "edge") <= share {
				p.Edges = append(p.Edges, Edge{int32(u), int32(v), weight.Draw(t, "weight")})
			}
		}
	}
	if rapid.Bool().Draw(t, "demands") {
		p.Demand = rapid.SliceOfN(rapid.Int32Range(0, 3), p.Left, p.Left).Draw(t, "demand")
	}
	if rapid.Bool().Draw(t, "capacities") {
		p.Capacity = rapid.SliceOfN(rapid.Int32Range(0, 4), p.Right, p.Right).Draw(t, "capacity")
	}
	if rapid.IntRange(0, 3).Draw(t, "minima") == 0 {
		p.Minimum = make([]int32, p.Right)
		for v := range p.Minimum {
			c := int32(1)
			if p.Capacity != nil {
				c = p.Capacity[v]
			}
			p.Minimum[v] = rapid.Int32Range(0, c).Draw(t, "minimum")
		}
	}
	for e := range p.Edges {
		switch rapid.IntRange(0, 19).Draw(t, "rule") {
		case 0:
			p.Pins = append(p.Pins, e)
		case 1:
			p.Forbidden = append(p.Forbidden, e)
		}
	}
	p.Most = rapid.Bool().Draw(t, "most")
	// The order of the edges must not matter.
	if rapid.Bool().Draw(t, "shuffle") {
		r := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "order"), 0))
		swap := r.Perm(len(p.Edges))
		edges := make([]Edge, len(p.Edges))
		for i, j := range swap {
			edges[j] = p.Edges[i]
		}
		p.Edges = edges
		for i, e := range p.Pins {
			p.Pins[i] = swap[e]
		}
		for i, e := range p.Forbidden {
			p.Forbidden[i] = swap[e]
		}
	}
	return p
}

// everyAssignment calls f with every feasible set of edges.
func everyAssignment(p *AssignProblem, f func(chosen []int)) {
	demand, _ := counts("", p.Demand, p.Left, 1)
	capacity, _ := counts("", p.Capacity, p.Right, 1)
	load := make([]int32, p.Right)
	var chosen []int
	var walk func(e int)
	walk = func(e int) {
		if e == len(p.Edges) {
			for v, l := range p.Minimum {
				if load[v] < l {
					return
				}
			}
			f(chosen)
			return
		}
		a := p.Edges[e]
		if !slices.Contains(p.Pins, e) {
			walk(e + 1)
		}
		if !slices.Contains(p.Forbidden, e) && demand[a.Left] > 0 && load[a.Right] < capacity[a.Right] {
			demand[a.Left]--
			load[a.Right]++
			chosen = append(chosen, e)
			walk(e + 1)
			chosen = chosen[:len(chosen)-1]
			load[a.Right]--
			demand[a.Left]++
		}
	}
	walk(0)
}

// bruteAssign is the best number of pairs (with Most) and weight by trying all.
func bruteAssign(p *AssignProblem) (pairs int, best int64, ok bool) {
	everyAssignment(p, func(chosen []int) {
		var sum int64
		for _, e := range chosen {
			sum += p.Edges[e].Weight
		}
		n := 0
		if p.Most {
			n = len(chosen)
		}
		if !ok || n > pairs || n == pairs && sum > best {
			pairs, best, ok = n, sum, true
		}
	})
	return pairs, best, ok
}

func TestAssignIsAsGoodAsTryingEverything(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := smallAssign(t)
		if len(p.Edges) > 13 {
			p.Edges = p.Edges[:13]
			over := func(e int) bool { return e >= 13 }
			p.Pins, p.Forbidden = slices.DeleteFunc(p.Pins, over), slices.DeleteFunc(p.Forbidden, over)
		}
		pairs, best, ok := bruteAssign(p)
		a, err := Assign(context.Background(), p, Options{})
		if !ok {
			var infeasible *InfeasibleError
			if !errors.As(err, &infeasible) {
				t.Fatalf("nothing is feasible, but the error is %v", err)
			}
			return
		}
		if err != nil {
			t.Fatal(err)
		}
		if a.Objective != float64(best) || p.Most && len(a.Chosen) != pairs || !a.Optimal {
			t.Fatalf("got %g with %d pairs (proven %v), best is %d with %d", a.Objective, len(a.Chosen), a.Optimal, best, pairs)
		}
		if err := p.Verify(a); err != nil {
			t.Fatal(err)
		}
		value := func(q *AssignProblem) (int64, bool) {
			n, w, ok := bruteAssign(q)
			return w + int64(n)*a.Penalty, ok
		}
		now := best + int64(pairs)*a.Penalty
		for _, alt := range a.Alternatives(context.Background()) {
			q := *p
			q.Forbidden = append(slices.Clone(p.Forbidden), alt.Edge)
			w, ok := value(&q)
			if ok && now-w != alt.Loss {
				t.Fatalf("without edge %d the loss is %d, not %d", alt.Edge, now-w, alt.Loss)
			}
		}
		for e := range p.Edges {
			rise, ok := a.Rise(p, e)
			if !ok {
				continue
			}
			q := *p
			q.Pins = append(slices.Clone(p.Pins), e)
			w, feasible := value(&q)
			if feasible && now-w != rise {
				t.Fatalf("edge %d needs %d, not %d", e, now-w, rise)
			}
		}
	})
}

func TestFairRaisesTheWorstOffFirst(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := smallAssign(t)
		p.Demand, p.Fair, p.Most = nil, true, true
		if len(p.Edges) > 13 {
			p.Edges = p.Edges[:13]
			over := func(e int) bool { return e >= 13 }
			p.Pins, p.Forbidden = slices.DeleteFunc(p.Pins, over), slices.DeleteFunc(p.Forbidden, over)
		}
		var best []int64
		found := false
		everyAssignment(p, func(chosen []int) {
			w := weightsOf(p, chosen)
			if !found || len(w) > len(best) || len(w) == len(best) && slices.Compare(w, best) > 0 {
				best, found = w, true
			}
		})
		a, err := Assign(context.Background(), p, Options{})
		if !found {
			if err == nil {
				t.Fatal("nothing is feasible, but there is an answer")
			}
			return
		}
		if err != nil {
			t.Fatal(err)
		}
		if got := weightsOf(p, a.Chosen); !slices.Equal(got, best) {
			t.Fatalf("got %v, the fairest is %v", got, best)
		}
		if err := p.Verify(a); err != nil || !a.Optimal {
			t.Fatal(err, a.Optimal)
		}
	})
}

func weightsOf(p *AssignProblem, chosen []int) []int64 {
	w := make([]int64, 0, len(chosen))
	for _, e := range chosen {
		w = append(w, p.Edges[e].Weight)
	}
	slices.Sort(w)
	return w
}

// splitmix is the counter-based random function of the public instances.
func splitmix(s, i uint64) uint64 {
	z := s + (i+1)*0x9E3779B97F4A7C15
	z = (z ^ z>>30) * 0xBF58476D1CE4E5B9
	z = (z ^ z>>27) * 0x94D049BB133111EB
	return z ^ z>>31
}

// bipartite is the public instance family of Assign and Reviews: n people on
// the left with d draws each, m on the right, some of them popular.
func bipartite(n, m, d int, s uint64) []Edge {
	last := make([]int, m)
	edges := make([]Edge, 0, n*d)
	for u := range n {
		for j := range d {
			i := uint64(u*d + j)
			v := min(splitmix(s, 3*i)%uint64(m), splitmix(s, 3*i+1)%uint64(m))
			if last[v] == u+1 {
				continue
			}
			last[v] = u + 1
			edges = append(edges, Edge{int32(u), int32(v), int64(1 + splitmix(s, 3*i+2)%1000)})
		}
	}
	return edges
}

func bipartiteAssign(n, m, d int, s uint64) *AssignProblem {
	p := &AssignProblem{Left: n, Right: m, Edges: bipartite(n, m, d, s), Capacity: make([]int32, m)}
	for v := range p.Capacity {
		p.Capacity[v] = int32(1 + splitmix(s+1, uint64(v))%6)
	}
	return p
}

func TestAssignReachesTheKnownOptimum(t *testing.T) {
	p := bipartiteAssign(10000, 3000, 50, 1)
	a, err := Assign(context.Background(), p, Options{})
	if err != nil {
		t.Fatal(err)
	}
	if a.Objective != 9651328 || !a.Optimal || len(a.Chosen) != 10000 {
		t.Fatalf("objective %g, %d pairs, proven %v", a.Objective, len(a.Chosen), a.Optimal)
	}
	if err := p.Verify(a); err != nil {
		t.Fatal(err)
	}
}

func TestAssignIsTheSameInEveryRun(t *testing.T) {
	p := bipartiteAssign(2000, 600, 20, 9)
	var first []int
	for _, procs := range []int{1, 2, 4} {
		old := runtime.GOMAXPROCS(procs)
		a, err := Assign(context.Background(), p, Options{})
		runtime.GOMAXPROCS(old)
		if err != nil {
			t.Fatal(err)
		}
		if first == nil {
			first = a.Chosen
		} else if !slices.Equal(first, a.Chosen) {
			t.Fatalf("the answer changed with GOMAXPROCS %d", procs)
		}
	}
}

func TestAssignStopsWithAFeasibleAnswerAndAValidBound(t *testing.T) {
	p := bipartiteAssign(2000, 600, 20, 9)
	whole, err := Assign(context.Background(), p, Options{})
	if err != nil {
		t.Fatal(err)
	}
	for limit := whole.Work / 10; limit < whole.Work; limit += whole.Work / 10 {
		a, err := Assign(context.Background(), p, Options{WorkLimit: limit})
		if err != nil {
			t.Fatal(err)
		}
		if err := p.Verify(a); err != nil {
			t.Fatal(err)
		}
		if a.Objective > whole.Objective || a.Bound < whole.Objective || a.Work < limit {
			t.Fatalf("after %d work: objective %g, bound %g, optimum %g", limit, a.Objective, a.Bound, whole.Objective)
		}
		again, err := Assign(context.Background(), p, Options{WorkLimit: limit})
		if err != nil || !slices.Equal(a.Chosen, again.Chosen) {
			t.Fatal("the same work limit gave another answer")
		}
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	a, err := Assign(ctx, bipartiteAssign(10000, 3000, 50, 1), Options{})
	if err != nil {
		t.Fatal(err)
	}
	if a.Optimal || a.Bound < 9651328 || a.Objective < 1 {
		t.Fatalf("stopped at once: objective %g, bound %g", a.Objective, a.Bound)
	}
}

func TestAStoppedAssignKeepsEveryRuleThatCanBeKept(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := smallAssign(t)
		p.Fair = rapid.IntRange(0, 4).Draw(t, "fair") == 0
		whole, err := Assign(context.Background(), p, Options{})
		var infeasible *InfeasibleError
		if err != nil && !errors.As(err, &infeasible) {
			t.Fatal(err)
		}
		a, err := Assign(context.Background(), p, Options{WorkLimit: rapid.Int64Range(1, 60).Draw(t, "work")})
		if err != nil {
			if whole != nil || !errors.As(err, &infeasible) {
				t.Fatalf("%v, but an answer exists", err)
			}
			return
		}
		if err := p.Verify(a); err != nil {
			t.Fatal(err)
		}
		if whole == nil {
			if a.Unmet == nil || a.Optimal {
				t.Fatal("an answer although there is none")
			}
			return
		}
		if a.Unmet != nil {
			t.Fatalf("%v, but an answer exists", a.Unmet)
		}
		if p.Most && a.Idle != whole.Idle {
			t.Fatalf("%d missing, at best %d", a.Idle, whole.Idle)
		}
		if !p.Fair && (a.Bound < whole.Objective || a.Optimal && a.Objective != whole.Objective) {
			t.Fatalf("worth %g, bound %g, proven %v; the best is worth %g", a.Objective, a.Bound, a.Optimal, whole.Objective)
		}
	})
}

func TestPlacesThatAreShortArePricedRightly(t *testing.T) {
	// Many more people than places in one part, and enough in the other.
	for s := range uint64(20) {
		p := &AssignProblem{Left: 60, Right: 40, Most: true}
		for u := range 60 {
			for v := range 40 {
				r := splitmix(s, uint64(u*40+v))
				if inside := u < 40 == (v < 10); inside && r%3 == 0 || r%41 == 0 {
					p.Edges = append(p.Edges, Edge{int32(u), int32(v), int64(r>>32) % 1000})
				}
			}
		}
		a, err := Assign(context.Background(), p, Options{})
		if err != nil {
			t.Fatal(err)
		}
		if err := p.Verify(a); err != nil {
			t.Fatal(err)
		}
		if !a.Optimal || a.Idle < 1 {
			t.Fatalf("idle %d, proven %v", a.Idle, a.Optimal)
		}
	}
}

func TestProgressNeverContradictsTheOptimum(t *testing.T) {
	calls := 0
	p := bipartiteAssign(4000, 1200, 30, 5)
	var low, high float64
	high = 1e18
	a, err := Assign(context.Background(), p, Options{Progress: func(g Progress) {
		calls++
		low, high = max(low, g.Objective), min(high, g.Bound)
	}})
	if err != nil {
		t.Fatal(err)
	}
	if calls == 0 || low > a.Objective || high < a.Objective {
		t.Fatalf("%d calls, %g to %g around %g", calls, low, high, a.Objective)
	}
}

func TestAssignRefusesWhatItCannotAnswer(t *testing.T) {
	for name, p := range map[string]*AssignProblem{
		"nobody":    {Left: 1, Right: 1, Edges: []Edge{{0, 1, 1}}},
		"negative":  {Left: 1, Right: 1, Edges: []Edge{{-1, 0, 1}}},
		"twice":     {Left: 1, Right: 1, Edges: []Edge{{0, 0, 1}, {0, 0, 2}}},
		"huge":      {Left: 1, Right: 1, Edges: []Edge{{0, 0, 1 << 62}}},
		"capacity":  {Left: 1, Right: 1, Capacity: []int32{-1}},
		"length":    {Left: 1, Right: 1, Demand: []int32{1, 1}},
		"minimum":   {Left: 1, Right: 1, Minimum: []int32{2}},
		"no edge":   {Left: 1, Right: 1, Pins: []int{0}},
		"pin twice": {Left: 1, Right: 1, Edges: []Edge{{0, 0, 1}}, Pins: []int{0, 0}},
	} {
		var input *InputError
		if _, err := Assign(context.Background(), p, Options{}); !errors.As(err, &input) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func BenchmarkAssign(b *testing.B) {
	p := bipartiteAssign(10000, 3000, 50, 1)
	for b.Loop() {
		if _, err := Assign(context.Background(), p, Options{}); err != nil {
			b.Fatal(err)
		}
	}
}
