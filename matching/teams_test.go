package matching

import (
	"context"
	"math"
	"runtime"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// teamInstance builds the shared instance family of n people in t teams.
func teamInstance(n, t int, s uint64) TeamsProblem {
	p := TeamsProblem{People: n, Teams: t, MinSize: n / t, MaxSize: n / t}
	dept, band, exp := make([]int32, n), make([]int32, n), make([]float64, n)
	var has [4][]bool
	for k := range has {
		has[k] = make([]bool, n)
	}
	for i := 0; i < n; i++ {
		dept[i] = int32(ringMix(s, uint64(10*i)) % 6)
		band[i] = int32(ringMix(s, uint64(10*i+1)) % 3)
		exp[i] = float64(ringMix(s, uint64(10*i+2)) % 21)
		for k := range has {
			has[k][i] = ringMix(s, uint64(10*i+3))>>(8*k)&255 < 64
		}
	}
	for k := range has {
		p.Skills = append(p.Skills, TeamSkill{Has: has[k], Worth: 50, Need: 1})
	}
	p.Categories = []TeamCategory{{dept, 10}, {band, -6}}
	p.Balances = []TeamBalance{{exp, 1}}
	seen := map[[2]int32]bool{}
	for j := 0; j < 3*n; j++ {
		a, b := int32(ringMix(s+1, uint64(2*j))%uint64(n)), int32(ringMix(s+1, uint64(2*j+1))%uint64(n))
		k := [2]int32{min(a, b), max(a, b)}
		if a == b || seen[k] {
			continue
		}
		seen[k] = true
		p.Pairs = append(p.Pairs, TeamPair{A: k[0], B: k[1], Worth: []float64{8, -30, -2}[j%3]})
	}
	return p
}

func drawTeams(t *rapid.T) TeamsProblem {
	n := rapid.IntRange(2, 8).Draw(t, "people")
	p := TeamsProblem{People: n, Teams: rapid.IntRange(1, max(1, n/2)).Draw(t, "teams")}
	p.MinSize, p.MaxSize = n/p.Teams, (n+p.Teams-1)/p.Teams
	if rapid.Bool().Draw(t, "loose") {
		p.MinSize, p.MaxSize = max(1, p.MinSize-1), p.MaxSize+1
	}
	for range rapid.IntRange(0, 3).Draw(t, "skills") {
		s := TeamSkill{Worth: float64(rapid.IntRange(0, 9).Draw(t, "worth")), Need: rapid.IntRange(1, 2).Draw(t, "need"), Required: rapid.IntRange(0, 5).Draw(t, "required") == 0}
		for range n {
			s.Has = append(s.Has, rapid.Bool().Draw(t, "has"))
		}
		p.Skills = append(p.Skills, s)
	}
	for range rapid.IntRange(0, 2).Draw(t, "categories") {
		c := TeamCategory{Each: float64(rapid.IntRange(-6, 6).Draw(t, "each"))}
		for range n {
			c.Of = append(c.Of, int32(rapid.IntRange(-1, 3).Draw(t, "of")))
		}
		p.Categories = append(p.Categories, c)
	}
	if rapid.Bool().Draw(t, "balance") {
		b := TeamBalance{Weight: float64(rapid.IntRange(0, 3).Draw(t, "weight"))}
		for range n {
			b.Value = append(b.Value, float64(rapid.IntRange(0, 20).Draw(t, "value")))
		}
		p.Balances = append(p.Balances, b)
	}
	if rapid.Bool().Draw(t, "overlap") {
		o := &TeamOverlap{Worth: float64(rapid.IntRange(0, 4).Draw(t, "hour")), Enough: 6, Least: float64(rapid.IntRange(0, 1).Draw(t, "least"))}
		for range n {
			f := float64(rapid.IntRange(0, 9).Draw(t, "from"))
			o.From, o.To = append(o.From, f), append(o.To, f+float64(rapid.IntRange(4, 8).Draw(t, "span")))
		}
		p.Overlap = o
	}
	for a := 0; a < n; a++ {
		for b := a + 1; b < n; b++ {
			if rapid.IntRange(0, 2).Draw(t, "pair") == 0 {
				rule := PairFree
				if x := rapid.IntRange(0, 12).Draw(t, "rule"); x < 2 {
					rule = []PairRule{PairTogether, PairApart}[x]
				}
				p.Pairs = append(p.Pairs, TeamPair{A: int32(a), B: int32(b), Worth: float64(rapid.IntRange(-9, 9).Draw(t, "w")), Rule: rule})
			}
		}
	}
	return p
}

// bruteTeams tries every partition and values it by its own arithmetic. ok is
// false when no partition keeps the hard rules.
func bruteTeams(p *TeamsProblem) (best float64, ok bool) {
	team := make([]int, p.People)
	best = math.Inf(-1)
	var walk func(v, used int)
	value := func() (float64, bool) {
		z := 0.0
		for t := 0; t < p.Teams; t++ {
			var m []int
			for v, x := range team {
				if x == t {
					m = append(m, v)
				}
			}
			if len(m) < p.MinSize || len(m) > p.MaxSize {
				return 0, false
			}
			for _, s := range p.Skills {
				k := 0
				for _, v := range m {
					if s.Has[v] {
						k++
					}
				}
				if s.Required && k < s.Need {
					return 0, false
				}
				z += s.Worth * float64(min(k, s.Need))
			}
			for _, c := range p.Categories {
				d := map[int32]bool{}
				for _, v := range m {
					d[c.Of[v]] = true
				}
				delete(d, -1)
				z += c.Each * float64(len(d))
			}
			for _, b := range p.Balances {
				sum, all := 0.0, 0.0
				for _, v := range m {
					sum += b.Value[v]
				}
				for _, x := range b.Value {
					all += x
				}
				z -= b.Weight * math.Abs(sum-all*float64(len(m))/float64(p.People))
			}
			if o := p.Overlap; o != nil {
				h := math.Inf(1)
				for _, v := range m {
					for _, w := range m {
						h = math.Min(h, o.To[v]-o.From[w])
					}
				}
				h = math.Max(0, h)
				if h < o.Least {
					return 0, false
				}
				z += o.Worth * math.Min(h, o.Enough)
			}
		}
		for _, q := range p.Pairs {
			same := team[q.A] == team[q.B]
			if same && q.Rule == PairApart || !same && q.Rule == PairTogether {
				return 0, false
			}
			if same {
				z += q.Worth
			}
		}
		return z, true
	}
	walk = func(v, used int) {
		if v == p.People {
			if z, good := value(); good {
				best, ok = math.Max(best, z), true
			}
			return
		}
		for t := 0; t < min(used+1, p.Teams); t++ {
			team[v] = t
			walk(v+1, max(used, t+1))
		}
	}
	walk(0, 0)
	return best, ok
}

// TestTheSearchForTeamsClaimsNoMoreThanIsTrue takes the way of many people with
// few of them: its answer is never above the best, its bound never below, and
// nearly always it finds the best.
func TestTheSearchForTeamsClaimsNoMoreThanIsTrue(t *testing.T) {
	found, all := 0, 0
	rapid.Check(t, func(t *rapid.T) {
		p := drawTeams(t)
		want, possible := bruteTeams(&p)
		if p.check() != nil || !possible {
			return
		}
		r := p.search(context.Background(), Options{Seed: 3, WorkLimit: 150_000})
		if len(r.Broken) > 0 || r.Objective > want+1e-6 || r.Bound < want-1e-6 || r.Optimal && r.Objective < want-1e-6 {
			t.Fatalf("objective %v bound %v optimal %v broken %v, brute force %v", r.Objective, r.Bound, r.Optimal, r.Broken, want)
		}
		if err := p.Verify(r); err != nil {
			t.Fatal(err)
		}
		if all++; r.Objective > want-1e-6 {
			found++
		}
	})
	t.Logf("the best in %d of %d", found, all)
	if found*10 < all*9 {
		t.Errorf("the best in %d of %d only", found, all)
	}
}

func TestTeamsEqualBruteForce(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := drawTeams(t)
		want, possible := bruteTeams(&p)
		r, err := Teams(context.Background(), p, Options{Seed: 3, WorkLimit: 150_000})
		if err != nil {
			if possible {
				t.Fatalf("%v, but brute force finds %v", err, want)
			}
			return
		}
		if possible != (len(r.Broken) == 0) {
			t.Fatalf("broken %v, possible %v", r.Broken, possible)
		}
		if !possible {
			return
		}
		if math.Abs(r.Objective-want) > 1e-6 {
			t.Fatalf("objective %v bound %v, brute force %v, problem %+v", r.Objective, r.Bound, want, p)
		}
		if r.Bound < want-1e-6 || r.Optimal != (r.Gap == 0) {
			t.Fatalf("bound %v optimal %v, brute force %v", r.Bound, r.Optimal, want)
		}
		if err := p.Verify(r); err != nil {
			t.Fatal(err)
		}
		seen := make([]bool, p.People)
		for i, team := range r.Teams {
			if len(team) < p.MinSize || len(team) > p.MaxSize {
				t.Fatalf("team of %d", len(team))
			}
			for _, v := range team {
				if seen[v] || r.Team[v] != int32(i) {
					t.Fatalf("person %d", v)
				}
				seen[v] = true
			}
		}
		sum := 0.0
		for _, e := range r.Terms {
			part := e.Overlap + e.Pair
			for _, list := range [][]float64{e.Skill, e.Category, e.Balance} {
				for _, x := range list {
					part += x
				}
			}
			if math.Abs(part-e.Value) > 1e-9 {
				t.Fatalf("terms add up to %v, value %v", part, e.Value)
			}
			sum += e.Value
		}
		if math.Abs(sum-r.Objective) > 1e-9 {
			t.Fatalf("teams add up to %v, objective %v", sum, r.Objective)
		}
	})
}

// Every change the search looks at must be valued exactly as the whole
// partition is.
func TestTeamChangesAreValuedExactly(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := drawTeams(t)
		if p.check() != nil {
			return
		}
		s := newTeamSearch(&p, 1)
		s.wide = rapid.Bool().Draw(t, "wide")
		for range 20 {
			v, w := int32(s.rnd.below(p.People)), int32(s.rnd.below(p.People))
			a, b := s.team[v], s.team[w]
			if a == b {
				continue
			}
			before := s.total()
			var d float64
			if rapid.Bool().Draw(t, "swap") {
				d = s.delta(a, v, w) + s.delta(b, w, v)
				s.trade(v, w)
			} else if len(s.mem[a]) > 1 {
				d = s.delta(a, v, -1) + s.delta(b, -1, v)
				s.take(v)
				s.put(v, b)
			}
			if after := s.total(); math.Abs(before+d-after) > 1e-6*(1+s.hard) {
				t.Fatalf("change of %v valued %v", after-before, d)
			}
		}
	})
}

func TestSixtyPeopleInTwelveTeamsBeatTheSolvers(t *testing.T) {
	p := teamInstance(60, 12, 1)
	r, err := Teams(context.Background(), p, Options{Seed: 1, WorkLimit: 3_000_000})
	if err != nil {
		t.Fatal(err)
	}
	if r.Objective < 2810.2 || r.Bound > 3259.8 || r.Bound < 2967.8 {
		t.Fatalf("objective %v bound %v", r.Objective, r.Bound)
	}
}

func TestChangingPlacesCostsWhatIsSaid(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := drawTeams(t)
		r, err := Teams(context.Background(), p, Options{WorkLimit: 3000})
		if err != nil {
			return // impossible problems are tested elsewhere
		}
		value := func(teams [][]int32) (sum float64, broken int) {
			terms, faults := p.Explain(teams)
			for _, x := range terms {
				sum += x.Value
			}
			return sum, len(faults)
		}
		before, kept := value(r.Teams)
		for _, x := range r.Alternatives(context.Background(), &p, 0, 4) {
			teams := make([][]int32, len(r.Teams))
			for k, team := range r.Teams {
				for _, v := range team {
					switch v {
					case x.Person:
						v = x.With
					case x.With:
						v = x.Person
					}
					teams[k] = append(teams[k], v)
				}
			}
			after, broken := value(teams)
			if math.Abs(before-after-x.Loss) > 1e-6 || (x.Breaks > 0) != (broken > kept) {
				t.Fatalf("%+v: from %g to %g, %d rules broken before and %d after", x, before, after, kept, broken)
			}
		}
	})
}

func TestTeamsAreTheSameInEveryRun(t *testing.T) {
	p := teamInstance(60, 12, 2)
	run := func(procs int) *TeamsResult {
		defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(procs))
		r, err := Teams(context.Background(), p, Options{Seed: 9, WorkLimit: 2_000_000})
		if err != nil {
			t.Fatal(err)
		}
		return r
	}
	a, b := run(1), run(runtime.NumCPU())
	if a.Proof != b.Proof || !slices.Equal(a.Team, b.Team) {
		t.Fatalf("%+v and %+v", a.Proof, b.Proof)
	}
}

func TestACancelledTeamSearchGivesAPartition(t *testing.T) {
	p := teamInstance(600, 100, 1)
	ctx, cancel := context.WithTimeout(context.Background(), 50*time.Millisecond)
	defer cancel()
	r, err := Teams(ctx, p, Options{})
	if err != nil || len(r.Broken) > 0 || len(r.Teams) != 100 || r.Bound < r.Objective {
		t.Fatalf("%v %+v", err, r.Proof)
	}
}

func TestImpossibleTeamsAreRefused(t *testing.T) {
	for name, p := range map[string]TeamsProblem{
		"too many teams": {People: 3, Teams: 4, MinSize: 1, MaxSize: 2},
		"too small":      {People: 9, Teams: 2, MinSize: 1, MaxSize: 4},
		"too large":      {People: 9, Teams: 4, MinSize: 3, MaxSize: 4},
		"nobody has it":  {People: 4, Teams: 2, MinSize: 2, MaxSize: 2, Skills: []TeamSkill{{Has: []bool{true, false, false, false}, Need: 1, Required: true}}},
		"pair twice":     {People: 4, Teams: 2, MinSize: 2, MaxSize: 2, Pairs: []TeamPair{{A: 0, B: 1}, {A: 1, B: 0}}},
		"no people":      {Teams: 1, MinSize: 1, MaxSize: 1},
	} {
		if _, err := Teams(context.Background(), p, Options{}); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
}
