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

// inRounds tries every way to give edges a round, with so many rounds.
func inRounds(p *PairsProblem, edges []int, rounds int) bool {
	busy := make([][]bool, rounds)
	for k := range busy {
		busy[k] = make([]bool, p.People)
	}
	var place func(i, begun int) bool
	place = func(i, begun int) bool {
		if i == len(edges) {
			return true
		}
		e := p.Edges[edges[i]]
		for k := range min(begun+1, rounds) {
			if busy[k][e.Left] || busy[k][e.Right] {
				continue
			}
			busy[k][e.Left], busy[k][e.Right] = true, true
			if place(i+1, max(begun, k+1)) {
				return true
			}
			busy[k][e.Left], busy[k][e.Right] = false, false
		}
		return false
	}
	return place(0, 0)
}

func TestAPlanIsAtMostOneRoundLongerThanTheBest(t *testing.T) {
	same, all := 0, 0
	rapid.Check(t, func(t *rapid.T) {
		p := &PairsProblem{People: rapid.IntRange(2, 7).Draw(t, "people")}
		for u := range p.People {
			for v := range u {
				if rapid.IntRange(0, 3).Draw(t, "there") > 0 {
					p.Edges = append(p.Edges, Edge{int32(u), int32(v), int64(rapid.IntRange(-5, 9).Draw(t, "weight"))})
				}
			}
		}
		if len(p.Edges) == 0 {
			return
		}
		s, err := Rounds(context.Background(), p, 2*p.People, nil, Options{})
		if err != nil {
			t.Fatal(err)
		}
		edges := make([]int, len(p.Edges))
		for i := range edges {
			edges[i] = i
		}
		best := 1
		for !inRounds(p, edges, best) {
			best++
		}
		if s.AtLeast > best || s.Met < best || s.Met > best+1 || s.AtMost != s.Met {
			t.Fatalf("%d rounds are needed; said at least %d, at most %d, took %d", best, s.AtLeast, s.AtMost, s.Met)
		}
		short, err := Rounds(context.Background(), p, 1, nil, Options{})
		if err != nil || short.AtMost > best+1 || short.AtMost < best {
			t.Fatalf("after one round: at most %d, needed %d, %v", short.AtMost, best, err)
		}
		all++
		if s.Met == best {
			same++
		}
	})
	t.Logf("%d of %d plans have the fewest rounds", same, all)
	if same*10 < all*9 {
		t.Errorf("only %d of %d plans have the fewest rounds", same, all)
	}
}

func TestColouringIsProper(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := &PairsProblem{People: rapid.IntRange(2, 30).Draw(t, "people")}
		chance := rapid.IntRange(1, 10).Draw(t, "chance")
		var edges []int
		for u := range p.People {
			for v := range u {
				if rapid.IntRange(1, 10).Draw(t, "there") <= chance {
					edges = append(edges, len(p.Edges))
					p.Edges = append(p.Edges, Edge{int32(u), int32(v), 1})
				}
			}
		}
		classes := p.colour(edges, p.mostLeft(edges)+1)
		count := 0
		for k, class := range classes {
			busy := make([]bool, p.People)
			for _, i := range class {
				e := p.Edges[i]
				if busy[e.Left] || busy[e.Right] {
					t.Fatalf("class %d holds edge %d and another one of its people", k, i)
				}
				busy[e.Left], busy[e.Right] = true, true
				count++
			}
		}
		if count != len(edges) {
			t.Fatalf("%d of %d edges", count, len(edges))
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
