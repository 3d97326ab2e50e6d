package matching

import (
	"context"
	"errors"
	"math"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// brutePairs is the best number of pairs (with Most) and weight by trying all.
func brutePairs(p *PairsProblem) (pairs int, best int64) {
	type key struct{ n, w int64 }
	memo := map[uint32]key{}
	adj := make([][]Edge, p.People)
	for i, e := range p.Edges {
		if !slices.Contains(p.Forbidden, i) {
			adj[e.Left] = append(adj[e.Left], e)
			adj[e.Right] = append(adj[e.Right], Edge{e.Right, e.Left, e.Weight})
		}
	}
	var walk func(v int, busy uint32) key
	walk = func(v int, busy uint32) key {
		if v == p.People {
			return key{}
		}
		if busy>>v&1 != 0 {
			return walk(v+1, busy)
		}
		id := busy>>v<<v | uint32(v)<<24
		if k, ok := memo[id]; ok {
			return k
		}
		k := walk(v+1, busy)
		for _, e := range adj[v] {
			if int(e.Right) > v && busy>>e.Right&1 == 0 {
				x := walk(v+1, busy|1<<e.Right)
				x.w += e.Weight
				if p.Most {
					x.n++
				}
				if x.n > k.n || x.n == k.n && x.w > k.w {
					k = x
				}
			}
		}
		memo[id] = k
		return k
	}
	k := walk(0, 0)
	return int(k.n), k.w
}

func smallPairs(t *rapid.T) *PairsProblem {
	p := &PairsProblem{People: rapid.IntRange(1, 14).Draw(t, "people"), Most: rapid.Bool().Draw(t, "most")}
	span := rapid.SampledFrom([]int64{1, 2, 5, 30, 1000, 1 << 40}).Draw(t, "span")
	lowest := int64(0)
	if rapid.IntRange(0, 3).Draw(t, "negative") == 0 {
		lowest = -span
	}
	weight := rapid.Int64Range(lowest, span)
	share := rapid.IntRange(1, 10).Draw(t, "share")
	for u := range p.People {
		for v := range u {
			if rapid.IntRange(0, 10).Draw(t, "edge") <= share {
				p.Edges = append(p.Edges, Edge{int32(u), int32(v), weight.Draw(t, "weight")})
				if rapid.IntRange(0, 19).Draw(t, "forbidden") == 0 {
					p.Forbidden = append(p.Forbidden, len(p.Edges)-1)
				}
			}
		}
	}
	return p
}

func TestPairsAreAsGoodAsTryingEverything(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := smallPairs(t)
		pairs, best := brutePairs(p)
		a, err := Pairs(context.Background(), p, Options{})
		if err != nil {
			t.Fatal(err)
		}
		if a.Objective != float64(best) || p.Most && len(a.Chosen) != pairs || !a.Optimal {
			t.Fatalf("got %g with %d pairs (proven %v), best is %d with %d", a.Objective, len(a.Chosen), a.Optimal, best, pairs)
		}
		if err := p.Verify(a); err != nil {
			t.Fatal(err)
		}
	})
}

// The fractional start leaves the blossom method little to do, so that it also
// has to show what it can do from nothing.
func TestPairsFromTheFractionalAnswer(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := smallPairs(t)
		p.Trio = false
		g, err := p.build()
		if err != nil {
			t.Fatal(err)
		}
		g.clock = &stopwatch{ctx: context.Background()}
		s := &pairsSearch{p: p, g: g, bound: math.Inf(1)}
		if p.Most {
			s.penalty = g.spread*int64(g.n+2) + 1
		}
		if !s.dense() {
			t.Fatal("it did not end")
		}
		a := &Pairing{Penalty: s.penalty, Value: s.b.y}
		a.Sets, a.SetOf = s.b.sets()
		a.Objective = float64(p.weigh(s.b.mate, a))
		a.Bound, a.Optimal = a.Objective, true
		if err := p.Verify(a); err != nil {
			t.Fatal(err)
		}
		pairs, best := brutePairs(p)
		if a.Objective != float64(best) || p.Most && len(a.Chosen) != pairs {
			t.Fatalf("%d pairs worth %g, best %d worth %d", len(a.Chosen), a.Objective, pairs, best)
		}
	})
}

func TestAnotherPartnerCostsWhatIsSaid(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := smallPairs(t)
		p.Trio = false
		a, err := Pairs(context.Background(), p, Options{})
		if err != nil {
			t.Fatal(err)
		}
		pairs, best := brutePairs(p)
		for _, x := range a.Alternatives(context.Background(), p, 0, 3) {
			if x.Loss+int64(x.Fewer)*a.Penalty < x.AtLeast || slices.Contains(a.Chosen, x.Edge) || slices.Contains(p.Forbidden, x.Edge) {
				t.Fatalf("%+v", x)
			}
			e := p.Edges[x.Edge]
			rest := *p
			rest.Forbidden = slices.Clone(p.Forbidden)
			for i, f := range p.Edges {
				if f.Left == e.Left || f.Left == e.Right || f.Right == e.Left || f.Right == e.Right {
					rest.Forbidden = append(rest.Forbidden, i)
				}
			}
			fewer, value := brutePairs(&rest)
			if best-value-e.Weight != x.Loss || p.Most && pairs-fewer-1 != x.Fewer {
				t.Fatalf("%+v: the rest is %d pairs worth %d, of %d worth %d", x, fewer, value, pairs, best)
			}
		}
	})
}

func TestStoppedPairsAreFeasibleAndBounded(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := smallPairs(t)
		best, err := Pairs(context.Background(), p, Options{})
		if err != nil {
			t.Fatal(err)
		}
		last, bound := math.Inf(-1), math.Inf(1)
		a, err := Pairs(context.Background(), p, Options{WorkLimit: rapid.Int64Range(1, 400).Draw(t, "work"), Progress: func(g Progress) {
			if g.Objective > g.Bound {
				t.Fatalf("progress: %g above its bound %g", g.Objective, g.Bound)
			}
			if !p.Most && (g.Objective < last || g.Bound > bound) {
				t.Fatalf("progress went back: %g to %g after %g to %g", g.Objective, g.Bound, last, bound)
			}
			last, bound = g.Objective, g.Bound
		}})
		if err != nil {
			t.Fatal(err)
		}
		if err := p.Verify(a); err != nil {
			t.Fatal(err)
		}
		if !p.Most && a.Objective > best.Objective || a.Bound < best.Objective || a.Optimal && a.Objective != best.Objective {
			t.Fatalf("worth %g, bound %g, proven %v; the best is worth %g", a.Objective, a.Bound, a.Optimal, best.Objective)
		}
	})
}

func TestBlossomsFromAnEmptyStart(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := smallPairs(t)
		pairs, best := brutePairs(p)
		a, err := emptyStart(p)
		if err != nil {
			t.Fatal(err)
		}
		if a.Objective != float64(best) || p.Most && len(a.Chosen) != pairs {
			t.Fatalf("got %g with %d pairs, best is %d with %d", a.Objective, len(a.Chosen), best, pairs)
		}
		if err := p.Verify(a); err != nil {
			t.Fatal(err)
		}
	})
}

// emptyStart runs blossoms alone: no matching, every dual as high as the
// heaviest edge needs.
func emptyStart(p *PairsProblem) (*Pairing, error) {
	g, err := p.build()
	if err != nil {
		return nil, err
	}
	a := &Pairing{}
	if p.Most {
		a.Penalty = g.spread*int64(g.n+2) + 1
	}
	w := g.w
	for _, x := range g.narrow {
		w = append(w, int64(x))
	}
	high := int64(0)
	for i := range w {
		high = max(high, w[i])
		w[i] *= 2
	}
	b := newBlossom(g.n, g.start, g.to, w, -a.Penalty)
	b.clock = &stopwatch{ctx: context.Background()}
	for v := range b.y {
		b.y[v] = high
	}
	b.long = 1
	for !b.grow(0) {
	}
	a.Objective = float64(p.weigh(b.mate, a))
	a.Bound = a.Objective
	a.Value = b.y
	a.Sets, a.SetOf = b.sets()
	return a, nil
}

// general is the public instance family of Pairs.
func general(n, d int, s uint64) *PairsProblem {
	p := &PairsProblem{People: n}
	seen := make(map[[2]int32]bool, n*d/2)
	for u := range n {
		for j := range d / 2 {
			i := uint64(u*(d/2) + j)
			v := int(splitmix(s, 2*i) % uint64(n))
			k := [2]int32{int32(min(u, v)), int32(max(u, v))}
			if u == v || seen[k] {
				continue
			}
			seen[k] = true
			p.Edges = append(p.Edges, Edge{int32(u), int32(v), int64(1 + splitmix(s, 2*i+1)%1000)})
		}
	}
	return p
}

func TestPairsReachTheKnownOptimum(t *testing.T) {
	p := general(10000, 20, 2)
	a, err := Pairs(context.Background(), p, Options{})
	if err != nil {
		t.Fatal(err)
	}
	if a.Objective != 4607219 || !a.Optimal || len(a.Chosen) != 5000 {
		t.Fatalf("objective %g, %d pairs, proven %v", a.Objective, len(a.Chosen), a.Optimal)
	}
	if err := p.Verify(a); err != nil {
		t.Fatal(err)
	}
}

func TestPairsStopWithAFeasibleAnswerAndAValidBound(t *testing.T) {
	p := general(3000, 20, 4)
	whole, err := Pairs(context.Background(), p, Options{})
	if err != nil {
		t.Fatal(err)
	}
	for limit := whole.Work / 10; limit < whole.Work; limit += whole.Work / 10 {
		a, err := Pairs(context.Background(), p, Options{WorkLimit: limit})
		if err != nil {
			t.Fatal(err)
		}
		if err := p.Verify(a); err != nil {
			t.Fatal(err)
		}
		if a.Objective > whole.Objective || a.Bound < whole.Objective {
			t.Fatalf("after %d work: objective %g, bound %g, optimum %g", limit, a.Objective, a.Bound, whole.Objective)
		}
	}
}

func TestTheOddOneOutJoinsTheBestPair(t *testing.T) {
	p := &PairsProblem{People: 5, Trio: true, Edges: []Edge{
		{0, 1, 10}, {2, 3, 10}, {4, 0, 1}, {4, 1, 2}, {4, 2, 1}, {4, 3, 4},
	}}
	a, err := Pairs(context.Background(), p, Options{})
	if err != nil {
		t.Fatal(err)
	}
	if len(a.Trios) != 1 || a.Trios[0] != (Trio{Person: 4, Edge: 1, Weight: 5}) || len(a.Alone) != 0 {
		t.Fatalf("trios %v, alone %v", a.Trios, a.Alone)
	}
	p.Forbidden = []int{5}
	if a, err = Pairs(context.Background(), p, Options{}); err != nil || len(a.Trios) != 1 || a.Trios[0].Edge != 0 {
		t.Fatalf("with a forbidden edge: trios %v, %v", a.Trios, err)
	}
}

func TestPairsRefuseWhatTheyCannotAnswer(t *testing.T) {
	for name, p := range map[string]*PairsProblem{
		"nobody": {People: 1, Edges: []Edge{{0, 1, 1}}},
		"loop":   {People: 1, Edges: []Edge{{0, 0, 1}}},
		"twice":  {People: 2, Edges: []Edge{{0, 1, 1}, {1, 0, 2}}},
		"huge":   {People: 2, Edges: []Edge{{0, 1, 1 << 62}}},
		"banned": {People: 2, Forbidden: []int{0}},
	} {
		var input *InputError
		if _, err := Pairs(context.Background(), p, Options{}); !errors.As(err, &input) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func BenchmarkPairs(b *testing.B) {
	p := general(10000, 20, 2)
	for b.Loop() {
		if _, err := Pairs(context.Background(), p, Options{}); err != nil {
			b.Fatal(err)
		}
	}
}
