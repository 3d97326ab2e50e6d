package matching

import (
	"context"
	"errors"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

func smallReviews(t *rapid.T) *ReviewProblem {
	p := &ReviewProblem{Works: rapid.IntRange(1, 4).Draw(t, "works"), Reviewers: rapid.IntRange(2, 5).Draw(t, "reviewers")}
	p.PerWork = rapid.Int32Range(1, 2).Draw(t, "per work")
	p.Load = same32(p.Reviewers, rapid.Int32Range(1, 3).Draw(t, "load"))
	weight := rapid.Int64Range(0, rapid.SampledFrom([]int64{1, 4, 30}).Draw(t, "span"))
	for u := range p.Works {
		for v := range p.Reviewers {
			if rapid.IntRange(0, 9).Draw(t, "edge") < 8 {
				p.Edges = append(p.Edges, Edge{int32(u), int32(v), weight.Draw(t, "weight")})
			}
			switch rapid.IntRange(0, 9).Draw(t, "relation") {
			case 0:
				p.Conflicts = append(p.Conflicts, [2]int32{int32(u), int32(v)})
			case 1, 2:
				p.Authors = append(p.Authors, [2]int32{int32(u), int32(v)})
			}
		}
	}
	if len(p.Edges) > 16 {
		p.Edges = p.Edges[:16]
	}
	return p
}

// everyReviewing calls f with every set of edges that keeps all the rules.
func everyReviewing(t *rapid.T, p *ReviewProblem, f func(r *Reviewing)) {
	s, err := newReviewSearch(context.Background(), p, Options{})
	if err != nil {
		t.Fatal(err)
	}
	q := s.base
	everyAssignment(&q, func(chosen []int) {
		if len(chosen) != p.Works*int(p.PerWork) {
			return
		}
		r := s.result(slices.Clone(chosen))
		r.Objective = float64(r.Sum)
		if p.MaxMin {
			r.Objective = float64(r.Worst)
		}
		r.Bound = r.Objective
		if p.Verify(r) == nil {
			f(r)
		}
	})
}

func TestReviewsAreAsGoodAsTryingEverything(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := smallReviews(t)
		switch rapid.IntRange(0, 4).Draw(t, "rule") {
		case 0:
			p.NoMutual = true
		case 1:
			p.NoTriangles = true
		case 2:
			p.NoMutual, p.NoTriangles = true, true
		case 3:
			p.MaxMin = true
		}
		best, found := 0.0, false
		everyReviewing(t, p, func(r *Reviewing) {
			if !found || r.Objective > best {
				best, found = r.Objective, true
			}
		})
		r, err := Reviews(context.Background(), p, Options{})
		if !found {
			var infeasible *InfeasibleError
			var input *InputError
			if !errors.As(err, &infeasible) && !errors.As(err, &input) {
				t.Fatalf("nothing is feasible, but the error is %v", err)
			}
			return
		}
		if err != nil {
			t.Fatal(err)
		}
		if r.Objective != best || !r.Optimal {
			t.Fatalf("got %g (proven %v), best is %g", r.Objective, r.Optimal, best)
		}
		if err := p.Verify(r); err != nil {
			t.Fatal(err)
		}
	})
}

func TestStoppedReviewsAreAnAnswerWithItsFaults(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := smallReviews(t)
		p.NoMutual = rapid.Bool().Draw(t, "mutual")
		p.NoTriangles = rapid.Bool().Draw(t, "triangles")
		p.MaxMin = !p.NoMutual && !p.NoTriangles && rapid.Bool().Draw(t, "max-min")
		if rapid.Bool().Draw(t, "least") {
			p.MinLoad = make([]int32, p.Reviewers)
			p.MinLoad[0] = 1
		}
		whole, err := Reviews(context.Background(), p, Options{})
		var infeasible *InfeasibleError
		if err != nil && !errors.As(err, &infeasible) {
			t.Fatal(err)
		}
		a, err := Reviews(context.Background(), p, Options{WorkLimit: rapid.Int64Range(1, 80).Draw(t, "work")})
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
		if !p.NoMutual && !p.NoTriangles && a.Unmet != nil {
			t.Fatalf("%v, but an answer exists", a.Unmet)
		}
		if a.Bound < whole.Objective || a.Optimal && a.Objective != whole.Objective {
			t.Fatalf("worth %g, bound %g, proven %v; the best is worth %g", a.Objective, a.Bound, a.Optimal, whole.Objective)
		}
	})
}

func TestAReplacementMovesNobodyElse(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := smallReviews(t)
		p.NoMutual = rapid.Bool().Draw(t, "mutual")
		r, err := Reviews(context.Background(), p, Options{})
		if err != nil {
			return
		}
		out := r.Chosen[rapid.IntRange(0, len(r.Chosen)-1).Draw(t, "who")]
		list, err := p.Replace(r.Chosen, out)
		if err != nil {
			t.Fatal(err)
		}
		rest := slices.DeleteFunc(slices.Clone(r.Chosen), func(e int) bool { return e == out })
		s, _ := newReviewSearch(context.Background(), p, Options{})
		allowed := func(e int) bool {
			n := s.result(append(slices.Clone(rest), e))
			n.Objective = float64(n.Sum)
			n.Bound = n.Objective
			return p.Verify(n) == nil
		}
		for e := range p.Edges {
			listed := slices.ContainsFunc(list, func(x Replacement) bool { return x.Edge == e })
			want := e != out && !slices.Contains(rest, e) && p.Edges[e].Left == p.Edges[out].Left && allowed(e)
			if listed != want {
				t.Fatalf("edge %d: listed %v, possible %v", e, listed, want)
			}
		}
		if !slices.IsSortedFunc(list, func(x, y Replacement) int { return int(y.Weight - x.Weight) }) {
			t.Fatal("the best does not come first")
		}
	})
}

func bipartiteReviews(n, m, d int, s uint64) *ReviewProblem {
	return &ReviewProblem{Works: n, Reviewers: m, Edges: bipartite(n, m, d, s), PerWork: 3, Load: same32(m, 6)}
}

func TestReviewsReachTheKnownOptimum(t *testing.T) {
	p := bipartiteReviews(2000, 1500, 60, 3)
	r, err := Reviews(context.Background(), p, Options{})
	if err != nil {
		t.Fatal(err)
	}
	if r.Objective != 5788018 || !r.Optimal {
		t.Fatalf("objective %g, proven %v", r.Objective, r.Optimal)
	}
	if err := p.Verify(r); err != nil {
		t.Fatal(err)
	}
	p.MaxMin = true
	worst, err := Reviews(context.Background(), p, Options{})
	if err != nil {
		t.Fatal(err)
	}
	if err := p.Verify(worst); err != nil {
		t.Fatal(err)
	}
	if worst.Worst < r.Worst || worst.Bound < worst.Objective {
		t.Fatalf("worst total %d, with max-min %d, bound %g", r.Worst, worst.Worst, worst.Bound)
	}
}

func TestSideRulesOnALargerInstance(t *testing.T) {
	p := bipartiteReviews(300, 300, 40, 8)
	for u := range int32(300) {
		p.Authors = append(p.Authors, [2]int32{u, u})
	}
	free, err := Reviews(context.Background(), p, Options{})
	if err != nil {
		t.Fatal(err)
	}
	p.NoMutual, p.NoTriangles = true, true
	r, err := Reviews(context.Background(), p, Options{WorkLimit: 200_000_000})
	if err != nil {
		t.Fatal(err)
	}
	if err := p.Verify(r); err != nil {
		t.Fatal(err)
	}
	if r.Objective > free.Objective || r.Bound > free.Objective || r.Gap > 0.01 {
		t.Fatalf("objective %g, bound %g, without rules %g", r.Objective, r.Bound, free.Objective)
	}
}

func BenchmarkReviews(b *testing.B) {
	p := bipartiteReviews(2000, 1500, 60, 3)
	for b.Loop() {
		if _, err := Reviews(context.Background(), p, Options{}); err != nil {
			b.Fatal(err)
		}
	}
}
