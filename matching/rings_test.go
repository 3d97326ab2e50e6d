package matching

import (
	"context"
	"math"
	"runtime"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// ringMix is the counter-based generator the shared instances are made with.
func ringMix(s, i uint64) uint64 {
	z := s + (i+1)*0x9E3779B97F4A7C15
	z = (z ^ z>>30) * 0xBF58476D1CE4E5B9
	z = (z ^ z>>27) * 0x94D049BB133111EB
	return z ^ z>>31
}

// swapInstance builds the instance family swap(n, skills, degree, seed).
func swapInstance(n, skills, degree int, seed uint64) []SwapArc {
	f := func(k, u int) int {
		a := ringMix(seed, uint64(8*u+2*k)) % uint64(skills)
		b := ringMix(seed, uint64(8*u+2*k+1)) % uint64(skills)
		return int(min(a, b))
	}
	by := make([][]int32, skills)
	want := make([][]int, n)
	for u := 0; u < n; u++ {
		offer := []int{f(0, u)}
		if x := f(1, u); x != offer[0] {
			offer = append(offer, x)
		}
		for k := 2; k < 4; k++ {
			if x := f(k, u); !slices.Contains(offer, x) && !slices.Contains(want[u], x) {
				want[u] = append(want[u], x)
			}
		}
		for _, s := range offer {
			by[s] = append(by[s], int32(u))
		}
	}
	var out []SwapArc
	for v := 0; v < n; v++ {
		var c []int32
		for _, s := range want[v] {
			for _, u := range by[s] {
				if int(u) != v && !slices.Contains(c, u) {
					c = append(c, u)
				}
			}
		}
		key := func(u int32) uint64 { return ringMix(seed+7, uint64(int(u)*n+v)) }
		slices.SortFunc(c, func(a, b int32) int {
			if key(a) < key(b) {
				return -1
			}
			return 1
		})
		for _, u := range c[:min(len(c), degree)] {
			out = append(out, SwapArc{Teacher: u, Learner: int32(v), Weight: float64(1 + ringMix(seed+9, uint64(int(u)*n+v))%100)})
		}
	}
	return out
}

// bruteRings finds the best packing by trying, for the lowest undecided person,
// every ring and chain they are in. It shares no code with the solver.
func bruteRings(p *RingsProblem) float64 {
	type col struct {
		mask  uint32
		value float64
	}
	byLowest := make([][]col, p.People)
	add := func(people []int32, value float64) {
		mask := uint32(0)
		for _, v := range people {
			mask |= 1 << v
		}
		low := slices.Min(people)
		byLowest[low] = append(byLowest[low], col{mask, value})
	}
	bonus := func(v int32) float64 {
		if p.Priority != nil {
			return p.Bonus + p.Priority[v]
		}
		return p.Bonus
	}
	var walk func(path []int32, sum, expected, chance float64, chain bool)
	walk = func(path []int32, sum, expected, chance float64, chain bool) {
		u := path[len(path)-1]
		for _, a := range p.Arcs {
			if a.Teacher != u {
				continue
			}
			s := a.Success
			if s == 0 {
				s = 1
			}
			x := a.Weight + bonus(a.Learner)
			switch {
			case !chain && a.Learner == path[0] && len(path) > 1:
				v := sum + x
				if p.FailureAware {
					v *= chance * s
				}
				add(path, v)
			case slices.Contains(path, a.Learner):
			case !chain && len(path) < p.MaxLength:
				walk(append(slices.Clone(path), a.Learner), sum+x, 0, chance*s, false)
			case chain && len(path) <= p.MaxChain:
				v := sum + x
				e := expected + chance*s*x
				next := append(slices.Clone(path), a.Learner)
				if p.FailureAware {
					add(next, e)
				} else {
					add(next, v)
				}
				walk(next, v, e, chance*s, true)
			}
		}
	}
	for v := 0; v < p.People; v++ {
		walk([]int32{int32(v)}, 0, 0, 1, false)
	}
	for _, g := range p.Givers {
		if p.MaxChain > 0 {
			walk([]int32{g}, 0, 0, 1, true)
		}
	}
	memo := map[uint32]float64{}
	var best func(used uint32) float64
	best = func(used uint32) float64 {
		v := 0
		for v < p.People && used>>v&1 == 1 {
			v++
		}
		if v == p.People {
			return 0
		}
		if x, ok := memo[used]; ok {
			return x
		}
		x := best(used | 1<<v)
		for _, c := range byLowest[v] {
			if c.mask&used == 0 {
				x = math.Max(x, c.value+best(used|c.mask))
			}
		}
		memo[used] = x
		return x
	}
	return best(0)
}

// checkRings recomputes an answer from the problem alone.
func checkRings(t interface{ Fatalf(string, ...any) }, p *RingsProblem, r *RingsResult) {
	used := map[int32]bool{}
	total, served := 0.0, 0
	for _, ring := range r.Rings {
		n := len(ring.People)
		if ring.Chain != (len(ring.Arcs) == n-1) || !ring.Chain && (n < 2 || n > p.MaxLength) || ring.Chain && (n < 2 || n > p.MaxChain+1 || !slices.Contains(p.Givers, ring.People[0])) {
			t.Fatalf("ring of %d people and %d arcs", n, len(ring.Arcs))
		}
		value, chance := 0.0, 1.0
		for i, e := range ring.Arcs {
			a := p.Arcs[e]
			if a.Teacher != ring.People[i] || a.Learner != ring.People[(i+1)%n] {
				t.Fatalf("arc %d is not between neighbours", e)
			}
			x := a.Weight + p.Bonus
			if p.Priority != nil {
				x += p.Priority[a.Learner]
			}
			s := a.Success
			if s == 0 || !p.FailureAware {
				s = 1
			}
			chance *= s
			if ring.Chain {
				value += chance * x
			} else {
				value += x
			}
			served++
		}
		if !ring.Chain {
			value *= chance
		}
		total += value
		for _, v := range ring.People {
			if used[v] {
				t.Fatalf("person %d is in two rings", v)
			}
			used[v] = true
		}
	}
	if math.Abs(total-r.Objective) > 1e-6 || served != r.Served {
		t.Fatalf("objective %v served %d, recomputed %v and %d", r.Objective, r.Served, total, served)
	}
	if r.Bound < r.Objective-1e-9 || r.Optimal != (r.Gap == 0) {
		t.Fatalf("bound %v objective %v gap %v optimal %v", r.Bound, r.Objective, r.Gap, r.Optimal)
	}
}

func drawRings(t *rapid.T) RingsProblem {
	n := rapid.IntRange(2, 11).Draw(t, "people")
	p := RingsProblem{People: n, MaxLength: rapid.IntRange(2, 5).Draw(t, "length")}
	m := rapid.IntRange(0, 4*n).Draw(t, "arcs")
	whole := rapid.Bool().Draw(t, "whole")
	for range m {
		u, v := rapid.IntRange(0, n-1).Draw(t, "u"), rapid.IntRange(0, n-1).Draw(t, "v")
		if u == v {
			continue
		}
		w := float64(rapid.IntRange(-2, 20).Draw(t, "w"))
		if !whole {
			w /= 7
		}
		p.Arcs = append(p.Arcs, SwapArc{Teacher: int32(u), Learner: int32(v), Weight: w, Success: float64(rapid.IntRange(0, 4).Draw(t, "s")) / 4})
	}
	p.Bonus = float64(rapid.IntRange(0, 5).Draw(t, "bonus"))
	if rapid.Bool().Draw(t, "priority") {
		p.Priority = make([]float64, n)
		for i := range p.Priority {
			p.Priority[i] = float64(rapid.IntRange(0, 9).Draw(t, "prio"))
		}
	}
	p.FailureAware = rapid.Bool().Draw(t, "failing")
	if rapid.Bool().Draw(t, "chains") {
		p.MaxChain = rapid.IntRange(1, 5).Draw(t, "chain")
		for v := 0; v < n; v++ {
			if rapid.IntRange(0, 3).Draw(t, "giver") == 0 {
				p.Givers = append(p.Givers, int32(v))
			}
		}
	}
	return p
}

func TestRingsEqualBruteForce(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := drawRings(t)
		want := bruteRings(&p)
		r, err := Rings(context.Background(), p, Options{Seed: 1})
		if err != nil {
			t.Fatal(err)
		}
		checkRings(t, &p, r)
		if err := p.Verify(r); err != nil {
			t.Fatal(err)
		}
		if !r.Optimal || math.Abs(r.Objective-want) > 1e-6 {
			t.Fatalf("objective %v optimal %v, brute force %v", r.Objective, r.Optimal, want)
		}
	})
}

// The prices are a certificate: the root bound follows from them alone.
func TestRingPricesProveTheRootBound(t *testing.T) {
	p := RingsProblem{People: 200, MaxLength: 3, Arcs: swapInstance(200, 40, 12, 21)}
	r, err := Rings(context.Background(), p, Options{})
	if err != nil {
		t.Fatal(err)
	}
	if r.Objective != 11718 || !r.Optimal || r.Served < 170 {
		t.Fatalf("objective %v optimal %v served %d", r.Objective, r.Optimal, r.Served)
	}
	if err := p.Verify(r); err != nil {
		t.Fatal(err)
	}
	if r.Root < 11772.2 || r.Root > 11772.3 {
		t.Fatalf("root %v", r.Root)
	}
	// A wrong price or a wrong ring is found out.
	q := *r
	q.Prices = slices.Clone(r.Prices)
	dear := slices.Index(q.Prices, slices.Max(q.Prices))
	q.Prices[dear] -= 1
	q.Root--
	if p.Verify(&q) == nil {
		t.Fatal("a price too low was accepted")
	}
	q = *r
	q.Rings = append(slices.Clone(r.Rings), r.Rings[0])
	if p.Verify(&q) == nil {
		t.Fatal("a ring twice was accepted")
	}
}

func TestRingsAreTheSameInEveryRun(t *testing.T) {
	p := RingsProblem{People: 200, MaxLength: 4, Arcs: swapInstance(200, 40, 12, 21)}
	run := func(procs int) *RingsResult {
		defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(procs))
		r, err := Rings(context.Background(), p, Options{Seed: 5, WorkLimit: 30_000_000})
		if err != nil {
			t.Fatal(err)
		}
		checkRings(t, &p, r)
		return r
	}
	a, b := run(1), run(runtime.NumCPU())
	if a.Proof != b.Proof || len(a.Rings) != len(b.Rings) {
		t.Fatalf("%+v and %+v", a.Proof, b.Proof)
	}
	for i := range a.Rings {
		if !slices.Equal(a.Rings[i].People, b.Rings[i].People) {
			t.Fatalf("ring %d: %v and %v", i, a.Rings[i].People, b.Rings[i].People)
		}
	}
}

// Whenever it is stopped, an answer is valid and its bound holds.
func TestARunStoppedAnywhereHasABound(t *testing.T) {
	p := RingsProblem{People: 200, MaxLength: 3, Arcs: swapInstance(200, 40, 12, 21)}
	for stop := 0; stop < 12; stop++ {
		ctx, cancel := context.WithCancel(context.Background())
		calls := 0
		if stop == 0 {
			cancel()
		}
		r, err := Rings(ctx, p, Options{Progress: func(Progress) {
			if calls++; calls == stop {
				cancel()
			}
		}})
		cancel()
		if err != nil {
			t.Fatal(err)
		}
		if err := p.Verify(r); err != nil {
			t.Fatalf("stopped at %d: %v", stop, err)
		}
	}
	for _, work := range []int64{1, 1000, 100_000, 3_000_000} {
		r, err := Rings(context.Background(), p, Options{WorkLimit: work})
		if err != nil {
			t.Fatal(err)
		}
		if err := p.Verify(r); err != nil {
			t.Fatalf("work %d: %v", work, err)
		}
	}
}

func TestStreamedRingsKeepTheirBound(t *testing.T) {
	p := RingsProblem{People: 200, MaxLength: 3, Arcs: swapInstance(200, 40, 12, 21)}
	exact, err := Rings(context.Background(), p, Options{})
	if err != nil || !exact.Optimal {
		t.Fatal(err, exact.Proof)
	}
	r, err := p.stream(context.Background(), Options{WorkLimit: 50_000_000}, maxRings)
	if err != nil {
		t.Fatal(err)
	}
	if err := p.Verify(r); err != nil {
		t.Fatal(err)
	}
	if r.Objective < 0.97*exact.Objective || r.Bound < exact.Objective || r.Bound > 1.1*exact.Objective {
		t.Fatalf("streamed %v of %v, bound %v", r.Objective, exact.Objective, r.Bound)
	}
}

func TestStreamedRingsNeverClaimTooMuch(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := drawRings(t)
		want := bruteRings(&p)
		r, err := p.stream(context.Background(), Options{Seed: 1}, rapid.IntRange(2, 200).Draw(t, "keep"))
		if err != nil {
			t.Fatal(err)
		}
		checkRings(t, &p, r)
		if err := p.Verify(r); err != nil {
			t.Fatal(err)
		}
		if r.Objective > want+1e-6 || r.Bound < want-1e-6 {
			t.Fatalf("%v with bound %v, brute force %v", r.Objective, r.Bound, want)
		}
	})
}

func TestMoreRingsThanAreKeptAtOnce(t *testing.T) {
	p := RingsProblem{People: 200, MaxLength: 4, Arcs: swapInstance(200, 40, 12, 21)} // 4,984 rings
	r, err := p.stream(context.Background(), Options{WorkLimit: 20_000_000}, 1500)
	if err != nil {
		t.Fatal(err)
	}
	checkRings(t, &p, r)
	if err := p.Verify(r); err != nil {
		t.Fatal(err)
	}
	if !r.Truncated || r.Objective < 13_000 || r.Gap > 0.15 {
		t.Fatalf("%v of at most %v (truncated %v)", r.Objective, r.Bound, r.Truncated)
	}
	t.Logf("%v of at most %v, %d rings kept", r.Objective, r.Bound, r.Possible)
	ctx, cancel := context.WithCancel(context.Background())
	stopped, err := p.stream(ctx, Options{Progress: func(q Progress) {
		if q.Objective > 0 {
			cancel()
		}
	}}, 1500)
	if err != nil {
		t.Fatal(err)
	}
	checkRings(t, &p, stopped)
	if err := p.Verify(stopped); err != nil {
		t.Fatal(err)
	}
	if stopped.Objective < 10_000 || stopped.Optimal {
		t.Fatalf("stopped it is worth %v, proven %v", stopped.Objective, stopped.Optimal)
	}
}

func TestHoursInTheTimeBankServeMorePeople(t *testing.T) {
	p := RingsProblem{People: 1000, MaxLength: 3, Arcs: swapInstance(1000, 150, 8, 11), Bonus: 10}
	without, err := Rings(context.Background(), p, Options{WorkLimit: 30_000_000})
	if err != nil {
		t.Fatal(err)
	}
	for v := range int32(60) {
		p.Givers = append(p.Givers, v*16)
	}
	last := without.Objective
	for p.MaxChain = 1; p.MaxChain <= 2; p.MaxChain++ {
		r, err := Rings(context.Background(), p, Options{WorkLimit: 60_000_000})
		if err != nil {
			t.Fatal(err)
		}
		checkRings(t, &p, r)
		if err := p.Verify(r); err != nil {
			t.Fatal(err)
		}
		if r.Objective < last-1e-6 || r.Gap > 0.03 {
			t.Fatalf("chains of %d: %v of at most %v, shorter ones gave %v", p.MaxChain, r.Objective, r.Bound, last)
		}
		t.Logf("chains of up to %d: %v, gap %.4f, %d served of %d rings and chains", p.MaxChain, r.Objective, r.Gap, r.Served, r.Possible)
		last = r.Objective
	}
}

func TestACancelledRunGivesTheBestSoFar(t *testing.T) {
	p := RingsProblem{People: 1000, MaxLength: 3, Arcs: swapInstance(1000, 60, 20, 22)}
	ctx, cancel := context.WithCancel(context.Background())
	calls := 0
	r, err := Rings(ctx, p, Options{Progress: func(Progress) {
		if calls++; calls == 3 {
			cancel()
		}
	}})
	if err != nil {
		t.Fatal(err)
	}
	checkRings(t, &p, r)
	if r.Objective < 50000 || r.Optimal || r.Bound > 70000 {
		t.Fatalf("objective %v bound %v", r.Objective, r.Bound)
	}
}

func TestShortRingsWinTies(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := drawRings(t)
		p.FailureAware = false
		for i := range p.Arcs {
			p.Arcs[i].Weight = float64(1 + i%2)
		}
		want := bruteRings(&p)
		p.PreferShort = true
		r, err := Rings(context.Background(), p, Options{})
		if err != nil {
			t.Fatal(err)
		}
		checkRings(t, &p, r)
		if !r.Optimal || math.Abs(r.Objective-want) > 1e-6 {
			t.Fatalf("objective %v, brute force %v", r.Objective, want)
		}
		// Splitting never pays afterwards: among equally good answers the score
		// is the largest, checked by brute force over values and scores.
		scale := 1e4
		got := 0.0
		for _, ring := range r.Rings {
			n := len(ring.People)
			got += float64(n * (max(p.MaxLength, p.MaxChain+1) + 1 - n))
		}
		if best := bruteShort(&p, scale); math.Abs(best-(want*scale+got)) > 1e-6 {
			t.Fatalf("score %v, brute force %v", got, best-want*scale)
		}
	})
}

// bruteShort maximises scale times the value plus the shortness score.
func bruteShort(p *RingsProblem, scale float64) float64 {
	// The score of a ring depends on its length only, so it is spread over the
	// brute force by length: solve with a problem whose rings carry it.
	type col struct {
		mask  uint32
		value float64
	}
	var cols []col
	k := max(p.MaxLength, p.MaxChain+1)
	var walk func(path []int32, sum float64, chain bool)
	walk = func(path []int32, sum float64, chain bool) {
		u := path[len(path)-1]
		for _, a := range p.Arcs {
			if a.Teacher != u {
				continue
			}
			x := a.Weight + p.Bonus
			if p.Priority != nil {
				x += p.Priority[a.Learner]
			}
			put := func(path []int32, v float64) {
				mask := uint32(0)
				for _, q := range path {
					mask |= 1 << q
				}
				cols = append(cols, col{mask, v*scale + float64(len(path)*(k+1-len(path)))})
			}
			switch {
			case !chain && a.Learner == path[0] && len(path) > 1:
				put(path, sum+x)
			case slices.Contains(path, a.Learner):
			case !chain && len(path) < p.MaxLength:
				walk(append(slices.Clone(path), a.Learner), sum+x, false)
			case chain && len(path) <= p.MaxChain:
				next := append(slices.Clone(path), a.Learner)
				put(next, sum+x)
				walk(next, sum+x, true)
			}
		}
	}
	for v := 0; v < p.People; v++ {
		walk([]int32{int32(v)}, 0, false)
	}
	for _, g := range p.Givers {
		if p.MaxChain > 0 {
			walk([]int32{g}, 0, true)
		}
	}
	done := map[uint32]float64{}
	var solve func(used uint32, v int) float64
	solve = func(used uint32, v int) float64 {
		for v < p.People && used>>v&1 == 1 {
			v++
		}
		if v == p.People {
			return 0
		}
		if x, ok := done[used]; ok {
			return x
		}
		x := solve(used|1<<v, v+1)
		for _, c := range cols {
			if c.mask&used == 0 && c.mask>>v&1 == 1 {
				x = math.Max(x, c.value+solve(used|c.mask, v+1))
			}
		}
		done[used] = x
		return x
	}
	return solve(0, 0)
}

func TestRepairLeavesWholeRingsAlone(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := drawRings(t)
		r, err := Rings(context.Background(), p, Options{})
		if err != nil || len(r.Rings) == 0 {
			return
		}
		gone := r.Rings[rapid.IntRange(0, len(r.Rings)-1).Draw(t, "ring")].People[0]
		got, err := RepairRings(context.Background(), p, RingsRepair{Rings: r.Rings, Gone: []int32{gone}}, Options{})
		if err != nil {
			t.Fatal(err)
		}
		checkRings(t, &p, &got.RingsResult)
		if got.Kept != len(r.Rings)-1 || len(got.Disturbed) != 0 || !got.Optimal {
			t.Fatalf("kept %d of %d, disturbed %v, optimal %v", got.Kept, len(r.Rings), got.Disturbed, got.Optimal)
		}
		for _, ring := range got.Rings {
			if slices.Contains(ring.People, gone) {
				t.Fatalf("person %d is gone and in %v", gone, ring.People)
			}
		}
		// The rest is packed as well as brute force packs it.
		rest := p
		rest.Arcs = nil
		kept := 0.0
		fixed := map[int32]bool{gone: true}
		for _, ring := range r.Rings {
			if !slices.Contains(ring.People, gone) {
				kept += ring.Value
				for _, v := range ring.People {
					fixed[v] = true
				}
			}
		}
		for _, a := range p.Arcs {
			if !fixed[a.Teacher] && !fixed[a.Learner] {
				rest.Arcs = append(rest.Arcs, a)
			}
		}
		if want := kept + bruteRings(&rest); math.Abs(want-got.Objective) > 1e-6 {
			t.Fatalf("objective %v, brute force %v", got.Objective, want)
		}
		for _, v := range got.Left {
			if !slices.Contains(got.Broken, v) {
				t.Fatalf("person %d lost a place in a whole ring", v)
			}
		}
	})
}

func TestRepairDisturbsOnlyWhereItPays(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := drawRings(t)
		p.FailureAware, p.Givers, p.MaxChain = false, nil, 0
		r, err := Rings(context.Background(), p, Options{})
		if err != nil || len(r.Rings) == 0 {
			return
		}
		gone := r.Rings[0].People[0]
		none, err := RepairRings(context.Background(), p, RingsRepair{Rings: r.Rings, Gone: []int32{gone}}, Options{})
		if err != nil {
			t.Fatal(err)
		}
		cost := float64(rapid.IntRange(1, 6).Draw(t, "cost")) / 2
		some, err := RepairRings(context.Background(), p, RingsRepair{Rings: r.Rings, Gone: []int32{gone}, Disturb: cost}, Options{})
		if err != nil {
			t.Fatal(err)
		}
		checkRings(t, &p, &some.RingsResult)
		if some.Objective-cost*float64(len(some.Disturbed)) < none.Objective-1e-6 {
			t.Fatalf("with disturbance %v - %v x %d, without %v", some.Objective, cost, len(some.Disturbed), none.Objective)
		}
	})
}

func TestEverybodyUnservedIsToldWhy(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := drawRings(t)
		r, err := Rings(context.Background(), p, Options{})
		if err != nil {
			t.Fatal(err)
		}
		for v := int32(0); v < int32(p.People); v++ {
			why, ring := r.Why(context.Background(), v)
			if (why == Outweighed) != (ring != nil) {
				t.Fatalf("person %d: %s with ring %v", v, why, ring)
			}
			for _, alt := range r.Alternatives(context.Background(), v, 3) {
				if !slices.Contains(alt.People, v) || alt.Loss < alt.AtLeast-1e-6 {
					t.Fatalf("person %d: %+v", v, alt)
				}
				// Forcing the ring in cannot beat the optimum.
				rest := p
				rest.Arcs = nil
				for _, a := range p.Arcs {
					if !slices.Contains(alt.People, a.Teacher) && !slices.Contains(alt.People, a.Learner) {
						rest.Arcs = append(rest.Arcs, a)
					}
				}
				rest.Givers = slices.DeleteFunc(slices.Clone(p.Givers), func(g int32) bool { return slices.Contains(alt.People, g) })
				exact := r.Objective - (alt.Value + bruteRings(&rest))
				if exact < alt.AtLeast-1e-6 || exact > alt.Loss+1e-6 {
					t.Fatalf("person %d: loss %v in [%v, %v]?", v, exact, alt.AtLeast, alt.Loss)
				}
			}
		}
	})
}

func TestBadRingProblemsAreRefused(t *testing.T) {
	good := SwapArc{Teacher: 0, Learner: 1, Weight: 1}
	for name, p := range map[string]RingsProblem{
		"length":   {People: 2, MaxLength: 6},
		"teacher":  {People: 2, MaxLength: 3, Arcs: []SwapArc{{Teacher: 2, Learner: 1}}},
		"self":     {People: 2, MaxLength: 3, Arcs: []SwapArc{{Teacher: 1, Learner: 1}}},
		"weight":   {People: 2, MaxLength: 3, Arcs: []SwapArc{{Teacher: 0, Learner: 1, Weight: math.NaN()}}},
		"chance":   {People: 2, MaxLength: 3, Arcs: []SwapArc{{Teacher: 0, Learner: 1, Success: 2}}},
		"giver":    {People: 2, MaxLength: 3, Arcs: []SwapArc{good}, Givers: []int32{5}},
		"priority": {People: 2, MaxLength: 3, Arcs: []SwapArc{good}, Priority: []float64{1}},
	} {
		if _, err := Rings(context.Background(), p, Options{}); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
}
