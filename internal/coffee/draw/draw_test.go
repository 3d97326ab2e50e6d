package draw

import (
	"context"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// least is the fewest people alone, and then the fewest repeats, of any round of
// pairs with at most one three, found by trying all of them.
func least(p *Problem, free []int32, three bool) (alone, repeats int) {
	if len(free) == 0 {
		return 0, 0
	}
	alone, repeats = 1<<20, 1<<20
	take := func(a, r int) {
		if a < alone || a == alone && r < repeats {
			alone, repeats = a, r
		}
	}
	met := func(a, b int32) int {
		if p.Met[Of(a, b)] > 0 {
			return 1
		}
		return 0
	}
	a, rest := free[0], free[1:]
	x, r := least(p, rest, three)
	take(x+1, r)
	for i, b := range rest {
		if p.Apart[Of(a, b)] {
			continue
		}
		without := slices.Delete(slices.Clone(rest), i, i+1)
		x, r := least(p, without, three)
		take(x, r+met(a, b))
		if !three {
			continue
		}
		for j, c := range without[i:] {
			if !p.Apart[Of(a, c)] && !p.Apart[Of(b, c)] {
				x, r := least(p, slices.Delete(slices.Clone(without), i+j, i+j+1), false)
				take(x, r+met(a, b)+met(a, c)+met(b, c))
			}
		}
	}
	return alone, repeats
}

func check(t interface{ Fatalf(string, ...any) }, p Problem, r Round) {
	seen := map[int32]bool{}
	repeats := 0
	for _, g := range append(slices.Clone(r.Groups), r.Alone) {
		for i, v := range g {
			if seen[v] {
				t.Fatalf("%d is there twice in %v", v, r)
			}
			seen[v] = true
			for _, u := range g[:i] {
				if len(g) <= 3 && !slices.Equal(g, r.Alone) {
					if p.Apart[Of(u, v)] {
						t.Fatalf("%d and %d must not meet in %v", u, v, r)
					}
					if p.Met[Of(u, v)] > 0 {
						repeats++
					}
				}
			}
		}
	}
	if len(seen) != p.People || repeats != r.Repeats {
		t.Fatalf("%d of %d people, %d repeats in %v", len(seen), p.People, repeats, r)
	}
}

func TestARepeatHappensOnlyWhenNoRoundIsWithoutOne(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(2, 9).Draw(t, "people")
		p := Problem{People: n, Size: 2, Met: map[Pair]int{}, Apart: map[Pair]bool{}, Seed: 7}
		for b := range int32(n) {
			for a := range b {
				switch rapid.IntRange(0, 9).Draw(t, "pair") {
				case 0:
					p.Apart[Of(a, b)] = true
				case 1, 2, 3, 4, 5:
					p.Met[Of(a, b)] = rapid.IntRange(1, 20).Draw(t, "ago")
				}
			}
		}
		r, err := Draw(context.Background(), p)
		if err != nil {
			t.Fatal(err)
		}
		check(t, p, r)
		alone, repeats := least(&p, everybody(n), n%2 == 1)
		if len(p.Apart) == 0 && (len(r.Alone) != alone || r.Repeats != repeats) {
			t.Fatalf("%d alone and %d repeats, possible are %d and %d: %v", len(r.Alone), r.Repeats, alone, repeats, r)
		}
		if repeats == 0 && alone == 0 && r.Repeats > 0 {
			t.Fatalf("%d repeats where none is needed: %v", r.Repeats, r)
		}
	})
}

// year draws rounds until somebody meets again and returns how many.
func untilRepeat(t *testing.T, n int) int {
	p := Problem{People: n, Size: 2, Met: map[Pair]int{}}
	for k := 1; ; k++ {
		p.Seed = uint64(k)
		r, err := Draw(context.Background(), p)
		if err != nil {
			t.Fatal(err)
		}
		check(t, p, r)
		if r.Repeats > 0 {
			return k - 1
		}
		p.Plan = r.Plan
		for q := range p.Met {
			p.Met[q]++
		}
		for _, g := range r.Groups {
			for i := range g {
				for j := range i {
					p.Met[Of(g[i], g[j])] = 1
				}
			}
		}
	}
}

func TestSmallGroupsMeetEverybodyBeforeAnybodyAgain(t *testing.T) {
	for n, want := range map[int]int{2: 1, 3: 1, 4: 3, 6: 5, 8: 7, 10: 9, 12: 11, 20: 19, 30: 29, 5: 1, 7: 3, 9: 6, 11: 7} {
		if got := untilRepeat(t, n); got != want {
			t.Errorf("%d people: %d rounds without a repeat, possible are %d", n, got, want)
		}
	}
}

func TestThoseWhoMetLongestAgoMeetAgainFirst(t *testing.T) {
	p := Problem{People: 4, Size: 2, Met: map[Pair]int{{0, 1}: 3, {2, 3}: 3, {0, 2}: 2, {1, 3}: 2, {0, 3}: 1, {1, 2}: 1}}
	r, err := Draw(context.Background(), p)
	if err != nil || r.Repeats != 2 || !slices.ContainsFunc(r.Groups, func(g []int32) bool { return slices.Equal(g, []int32{0, 1}) }) {
		t.Errorf("%v %v", r, err)
	}
}

func TestThreesKeepTheRules(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(2, 14).Draw(t, "people")
		p := Problem{People: n, Size: 3, Met: map[Pair]int{}, Apart: map[Pair]bool{}}
		if n > 2 {
			p.Apart[Of(0, 1)] = true
		}
		r, err := Draw(context.Background(), p)
		if err != nil {
			t.Fatal(err)
		}
		check(t, p, r)
		if n > 5 && (len(r.Alone) > 0 || r.Repeats > 0) {
			t.Fatalf("%v", r)
		}
	})
}

func TestPeopleOfOneDepartmentMeetAmongThemselves(t *testing.T) {
	p := Problem{People: 9, Size: 2, Within: []int32{0, 0, 0, 0, 1, 1, 1, 2, 3}}
	r, err := Draw(context.Background(), p)
	if err != nil {
		t.Fatal(err)
	}
	check(t, p, r)
	for _, g := range r.Groups {
		if p.Within[g[0]] != p.Within[g[len(g)-1]] && !slices.Equal(g, []int32{7, 8}) {
			t.Errorf("%v", r)
		}
	}
}

func TestGapsAreWhatIsMissingToChance(t *testing.T) {
	g := Gaps([]int{5, 5, 10}, [][]int{{0, 0, 0}, {0, 0, 0}, {9, 0, 1}})
	if g[0][1] != 1 || g[1][2] != 1 || g[0][2] != 0 || g[0][0] != 0 {
		t.Error(g)
	}
}

func BenchmarkTenThousand(b *testing.B) {
	n := 10_000
	met := map[Pair]int{}
	for range b.N {
		p := Problem{People: n, Size: 2, Met: met, Worth: func(a, b int32) int { return int(a*7+b*13) % 900 }}
		if _, err := Draw(context.Background(), p); err != nil {
			b.Fatal(err)
		}
	}
}
