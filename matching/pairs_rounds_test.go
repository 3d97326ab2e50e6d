package matching

import (
	"context"
	"testing"

	"pgregory.net/rapid"
)

func TestNobodyMeetsAgainBeforeEverybodyPossible(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := smallPairs(t)
		rounds := rapid.IntRange(1, 25).Draw(t, "rounds")
		s, err := Rounds(context.Background(), p, rounds, nil, Options{})
		if err != nil {
			t.Fatal(err)
		}
		if len(s.Rounds) != rounds {
			t.Fatalf("%d rounds of %d", len(s.Rounds), rounds)
		}
		banned := make([]bool, len(p.Edges))
		for _, e := range p.Forbidden {
			banned[e] = true
		}
		used := make([]int, len(p.Edges))
		for k, r := range s.Rounds {
			busy := make([]bool, p.People)
			for _, i := range r.Chosen {
				e := p.Edges[i]
				if banned[i] || busy[e.Left] || busy[e.Right] {
					t.Fatalf("round %d: edge %d may not be chosen", k, i)
				}
				busy[e.Left], busy[e.Right] = true, true
				for j, f := range p.Edges {
					touches := f.Left == e.Left || f.Left == e.Right || f.Right == e.Left || f.Right == e.Right
					if touches && !banned[j] && used[j] < used[i] {
						t.Fatalf("round %d: edge %d again before edge %d", k, i, j)
					}
				}
			}
			for _, i := range r.Chosen {
				used[i]++
			}
		}
		all := true
		for i, n := range used {
			all = all && (banned[i] || n > 0)
		}
		if all != (s.Met > 0) || s.Met > 0 && s.Met < s.AtLeast {
			t.Fatalf("all met %v, said after %d rounds, at least %d", all, s.Met, s.AtLeast)
		}
	})
}

func TestEverybodyMeetsEverybodyInTheFewestRounds(t *testing.T) {
	for n := 2; n <= 15; n++ {
		p := &PairsProblem{People: n, Trio: true}
		for u := range n {
			for v := range u {
				p.Edges = append(p.Edges, Edge{int32(u), int32(v), int64(splitmix(1, uint64(u*n+v)) % 10)})
			}
		}
		s, err := Rounds(context.Background(), p, n, nil, Options{})
		if err != nil {
			t.Fatal(err)
		}
		want := n - 1 + n%2
		if s.Met != want || s.AtLeast != want {
			t.Errorf("%d people: all met after %d, at least %d, want %d", n, s.Met, s.AtLeast, want)
		}
		for k, r := range s.Rounds {
			if len(r.Chosen) != n/2 || n > 2 && len(r.Alone) > 0 {
				t.Errorf("%d people, round %d: %d pairs, alone %v", n, k, len(r.Chosen), r.Alone)
			}
		}
	}
}
