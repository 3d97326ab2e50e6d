package matching

import (
	"context"
	"fmt"
	"math"
	"slices"
)

// TeamsProblem asks for a partition of people into teams. The value of an
// answer is the sum of the terms below over all teams.
type TeamsProblem struct {
	People           int
	Teams            int
	MinSize, MaxSize int // of a team; equal for teams of one size

	Skills     []TeamSkill
	Categories []TeamCategory
	Balances   []TeamBalance
	Overlap    *TeamOverlap
	Pairs      []TeamPair
}

// TeamSkill is worth Worth in a team for each of the first Need people who have
// it.
type TeamSkill struct {
	Has      []bool // by person
	Worth    float64
	Need     int  // at least 1
	Required bool // hard: every team has Need of them
}

// TeamCategory is worth Each for every different value in a team: above zero
// spreads (departments), below zero gathers (time zones, sites).
type TeamCategory struct {
	Of   []int32 // by person, -1 for none
	Each float64
}

// TeamBalance costs Weight for every unit by which a team's sum differs from
// its size times the mean of all people.
type TeamBalance struct {
	Value  []float64 // by person
	Weight float64
}

// TeamOverlap is worth Worth for every hour in which all of a team work, up to
// Enough hours; with Least above zero a team below it breaks a hard rule.
type TeamOverlap struct {
	From, To []float64 // by person, hours of one day on one clock, From < To
	Worth    float64
	Enough   float64
	Least    float64
}

// TeamPair is worth Worth when both are in one team. Worth is above zero for
// people who want to work together, below zero for those who do not, and a
// little below zero for those who know each other already, so that people make
// new acquaintances. Rule makes it hard.
type TeamPair struct {
	A, B  int32
	Worth float64
	Rule  PairRule
}

// PairRule is a hard rule about two people.
type PairRule int8

const (
	PairFree     PairRule = iota
	PairTogether          // must be in one team
	PairApart             // must not
)

// TeamsResult is a partition with its value, a bound and its explanation.
type TeamsResult struct {
	Proof
	Teams  [][]int32 // members of each team, ascending
	Team   []int32   // team of each person
	Terms  []TeamTerms
	Broken []TeamFault // hard rules that could not be kept; empty for a valid answer
}

// TeamTerms explains one team: where its value comes from.
type TeamTerms struct {
	Value    float64
	Skill    []float64 // by TeamSkill
	Missing  []int32   // skills of which the team has fewer than needed
	Category []float64 // by TeamCategory
	Distinct []int     // values present, by TeamCategory
	Balance  []float64 // by TeamBalance, zero or less
	Sum      []float64 // by TeamBalance
	Overlap  float64
	Hours    float64 // in which all work; 0 without TeamOverlap
	Pair     float64
	Wanted   []int32 // indices of pairs in this team worth more than zero
	Unwanted []int32 // and less
}

// TeamFault is a broken hard rule.
type TeamFault struct {
	Team int    // -1 for a pair that had to be together
	Rule string // "skill", "overlap", "together", "apart"
	Of   int    // index of the skill or pair, -1 for the overlap
}

func (p *TeamsProblem) check() error {
	switch {
	case p.People < 1:
		return &InputError{"people", -1, "nobody to put into teams"}
	case p.Teams < 1:
		return &InputError{"teams", -1, "no teams"}
	case p.MinSize < 1 || p.MaxSize < p.MinSize:
		return &InputError{"size", -1, fmt.Sprintf("teams of %d to %d people", p.MinSize, p.MaxSize)}
	case p.Teams > p.People || p.Teams*p.MinSize > p.People || p.MaxSize < (p.People+p.Teams-1)/p.Teams:
		return &InfeasibleError{"size", -1, fmt.Sprintf("%d people do not fit into %d teams of %d to %d", p.People, p.Teams, p.MinSize, p.MaxSize)}
	}
	for i, s := range p.Skills {
		switch {
		case len(s.Has) != p.People:
			return &InputError{"skill", i, fmt.Sprintf("%d entries for %d people", len(s.Has), p.People)}
		case s.Need < 1:
			return &InputError{"skill", i, "fewer than one person needed"}
		case !finite(s.Worth):
			return &InputError{"skill", i, "worth is not a number"}
		}
		if s.Required {
			n := 0
			for _, h := range s.Has {
				if h {
					n++
				}
			}
			if n < s.Need*p.Teams {
				return &InfeasibleError{"skill", i, fmt.Sprintf("%d people have it and %d are needed", n, s.Need*p.Teams)}
			}
		}
	}
	for i, c := range p.Categories {
		switch {
		case len(c.Of) != p.People:
			return &InputError{"category", i, fmt.Sprintf("%d entries for %d people", len(c.Of), p.People)}
		case !finite(c.Each):
			return &InputError{"category", i, "worth is not a number"}
		}
		for _, v := range c.Of {
			if v < -1 || v > 1<<20 {
				return &InputError{"category", i, fmt.Sprintf("value %d is not -1 to %d", v, 1<<20)}
			}
		}
	}
	for i, b := range p.Balances {
		if len(b.Value) != p.People {
			return &InputError{"balance", i, fmt.Sprintf("%d entries for %d people", len(b.Value), p.People)}
		}
		if !(b.Weight >= 0) || !finite(b.Weight) {
			return &InputError{"balance", i, "weight is not a number of at least zero"}
		}
		for _, v := range b.Value {
			if !finite(v) {
				return &InputError{"balance", i, "value is not a number"}
			}
		}
	}
	if o := p.Overlap; o != nil {
		if len(o.From) != p.People || len(o.To) != p.People {
			return &InputError{"overlap", -1, fmt.Sprintf("%d and %d entries for %d people", len(o.From), len(o.To), p.People)}
		}
		if !(o.Worth >= 0) || !(o.Enough >= 0) || !(o.Least >= 0) || !finite(o.Worth) || !finite(o.Enough) || !finite(o.Least) {
			return &InputError{"overlap", -1, "worth and hours must be numbers of at least zero"}
		}
		for i := range o.From {
			if !finite(o.From[i]) || !finite(o.To[i]) || o.From[i] >= o.To[i] {
				return &InputError{"overlap", i, "does not end after it begins"}
			}
		}
	}
	seen := map[[2]int32]bool{}
	for i, q := range p.Pairs {
		a, b := min(q.A, q.B), max(q.A, q.B)
		switch {
		case a < 0 || int(b) >= p.People:
			return &InputError{"pair", i, "person does not exist"}
		case a == b:
			return &InputError{"pair", i, "both are the same person"}
		case !finite(q.Worth):
			return &InputError{"pair", i, "worth is not a number"}
		case seen[[2]int32{a, b}]:
			return &InputError{"pair", i, "listed twice"}
		}
		seen[[2]int32{a, b}] = true
	}
	return nil
}

// hours in which everybody works.
func (o *TeamOverlap) hours(team []int32) float64 {
	from, to := math.Inf(-1), math.Inf(1)
	for _, v := range team {
		from, to = math.Max(from, o.From[v]), math.Min(to, o.To[v])
	}
	return math.Max(0, to-from)
}

func mean(x []float64) float64 {
	s := 0.0
	for _, v := range x {
		s += v
	}
	return s / float64(len(x))
}

// Explain values every team term by term; it may also be given some of the
// teams. The sum of the values is the value of
// the partition; it shares no code with the search.
func (p *TeamsProblem) Explain(teams [][]int32) (terms []TeamTerms, broken []TeamFault) {
	where := make([]int, p.People)
	for v := range where {
		where[v] = -1
	}
	for t, team := range teams {
		for _, v := range team {
			where[v] = t
		}
	}
	inside := make([][]int32, len(teams)) // pairs of which both are in the team
	for i, q := range p.Pairs {
		if t := where[q.A]; t >= 0 && t == where[q.B] {
			inside[t] = append(inside[t], int32(i))
		}
	}
	means := make([]float64, len(p.Balances))
	for i, b := range p.Balances {
		means[i] = mean(b.Value)
	}
	for t, team := range teams {
		var e TeamTerms
		for i, s := range p.Skills {
			n := 0
			for _, v := range team {
				if s.Has[v] {
					n++
				}
			}
			e.Skill = append(e.Skill, s.Worth*float64(min(n, s.Need)))
			if n < s.Need {
				e.Missing = append(e.Missing, int32(i))
				if s.Required {
					broken = append(broken, TeamFault{t, "skill", i})
				}
			}
			e.Value += e.Skill[i]
		}
		for _, c := range p.Categories {
			seen := map[int32]bool{}
			for _, v := range team {
				if c.Of[v] >= 0 {
					seen[c.Of[v]] = true
				}
			}
			e.Distinct = append(e.Distinct, len(seen))
			e.Category = append(e.Category, c.Each*float64(len(seen)))
			e.Value += c.Each * float64(len(seen))
		}
		for i, b := range p.Balances {
			sum := 0.0
			for _, v := range team {
				sum += b.Value[v]
			}
			cost := -b.Weight * math.Abs(sum-float64(len(team))*means[i])
			e.Sum = append(e.Sum, sum)
			e.Balance = append(e.Balance, cost)
			e.Value += cost
		}
		if o := p.Overlap; o != nil {
			e.Hours = o.hours(team)
			e.Overlap = o.Worth * math.Min(e.Hours, o.Enough)
			e.Value += e.Overlap
			if e.Hours < o.Least {
				broken = append(broken, TeamFault{t, "overlap", -1})
			}
		}
		for _, i := range inside[t] {
			q := p.Pairs[i]
			e.Pair += q.Worth
			if q.Worth > 0 {
				e.Wanted = append(e.Wanted, i)
			} else if q.Worth < 0 {
				e.Unwanted = append(e.Unwanted, i)
			}
			if q.Rule == PairApart {
				broken = append(broken, TeamFault{t, "apart", int(i)})
			}
		}
		e.Value += e.Pair
		terms = append(terms, e)
	}
	for i, q := range p.Pairs {
		if q.Rule == PairTogether && where[q.A] != where[q.B] {
			broken = append(broken, TeamFault{-1, "together", i})
		}
	}
	return terms, broken
}

// pricesPerWork is how many people the search for dear teams looks at in the
// time of one change.
const pricesPerWork = 30

// Teams finds a partition of great value by annealing with swaps, moves and
// three-way exchanges, every change valued by what it touches only, and bounds
// every partition by a relaxation. Hard rules come before all value: the search
// returns an answer that breaks the fewest it found, listed in Broken.
//
// Up to twelve people every partition is looked at, so that the answer is proven.
// Beyond that it is proven optimal only when it reaches the bound. Without a
// WorkLimit the search ends by its own budget, 20 million changes looked at and
// bounds that no longer improve, or by the context.
//
// A bad problem gives an *InputError; sizes or required skills that cannot be
// met give an *InfeasibleError.
func Teams(ctx context.Context, p TeamsProblem, o Options) (*TeamsResult, error) {
	if err := p.check(); err != nil {
		return nil, err
	}
	if teams, work, ok := p.exact(ctx); ok {
		r := &TeamsResult{}
		r.Algorithm = "dynamic programme over all sets of people"
		r.Team, r.Teams, r.Work = make([]int32, p.People), teams, work
		p.conclude(r, math.Inf(-1))
		return r, nil
	}
	return p.search(ctx, o), nil
}

// search is the way for more than a few people.
func (p *TeamsProblem) search(ctx context.Context, o Options) *TeamsResult {
	r := &TeamsResult{}
	r.Algorithm = "simulated annealing with swaps, moves and three-way exchanges; bound by relaxation"
	bound := p.quickBound()
	s := newTeamSearch(p, o.Seed)
	say := func(stage string) {
		if o.Progress != nil {
			value, _ := s.bestParts()
			o.Progress(Progress{Stage: stage, Done: -1, Objective: value, Bound: bound, Work: s.work})
		}
	}
	limit := int64(20_000_000)
	if o.WorkLimit > 0 {
		limit = o.WorkLimit
	}
	// A first search, then the bound, which may find and prove the best
	// partition, then a longer search where it did not.
	first := min(limit-limit/3, 1_500_000)
	s.run(ctx, first, say)
	start := make([][]int32, p.Teams)
	for v, t := range s.best {
		start[t] = append(start[t], int32(v))
	}
	terms, faults := p.Explain(start)
	value := 0.0
	for _, t := range terms {
		value += t.Value
	}
	prices := (*teamPrices)(nil)
	left := func() int64 { // steps the bound may still take, 0 for no limit
		if o.WorkLimit == 0 {
			return 0
		}
		return max(1, (limit-s.work)*pricesPerWork)
	}
	use := func(better [][]int32, b float64) {
		bound = math.Min(bound, b)
		if better != nil {
			team := make([]int32, p.People)
			for t, members := range better {
				for _, v := range members {
					team[v] = int32(t)
				}
			}
			s.restore(team)
			s.best, s.bestVal, value, faults = team, s.value, s.value, nil
		}
		say("bound")
	}
	steps := int64(0)
	spend := func() {
		s.work += (prices.q.steps - steps) / pricesPerWork
		if o.WorkLimit == 0 {
			limit += (prices.q.steps - steps) / pricesPerWork
		}
		steps = prices.q.steps
	}
	if len(faults) == 0 && value < bound && (o.WorkLimit == 0 || limit > s.work) {
		prices = p.priceBound(ctx, start, left(), func(b float64, steps int64) {
			bound = math.Min(bound, b)
			say("bound")
		})
	}
	open := func() bool {
		return ctx.Err() == nil && bound > value+1e-9*math.Max(1, math.Abs(value)) && s.work < limit
	}
	if prices != nil {
		spend()
		if open() {
			// The teams met already make a good partition.
			better, _ := prices.assemble(ctx, prices.pool, value, 200_000_000)
			use(better, bound)
			spend()
		}
		if open() {
			use(prices.finish(ctx, value, left()))
			spend()
		}
	}
	if open() || len(faults) > 0 {
		before := s.bestVal
		s.run(ctx, limit, say)
		if prices != nil && s.bestVal > before && ctx.Err() == nil {
			value = s.bestVal
			use(prices.finish(ctx, value, 0))
		}
	}
	r.Team = slices.Clone(s.best)
	r.Teams = make([][]int32, p.Teams)
	for v, t := range r.Team {
		r.Teams[t] = append(r.Teams[t], int32(v))
	}
	r.Work = s.work
	p.conclude(r, bound)
	return r
}

// conclude puts the teams in order and values them; bound is at least what any
// partition is worth, or no more than these teams when they are the best.
func (p *TeamsProblem) conclude(r *TeamsResult, bound float64) {
	slices.SortFunc(r.Teams, func(a, b []int32) int { return int(a[0]) - int(b[0]) })
	for t, team := range r.Teams {
		for _, v := range team {
			r.Team[v] = int32(t)
		}
	}
	r.Terms, r.Broken = p.Explain(r.Teams)
	for _, t := range r.Terms {
		r.Objective += t.Value
	}
	r.Bound = math.Max(bound, r.Objective)
	r.Close(1e-9 * math.Max(1, math.Abs(r.Objective)))
	if len(r.Broken) > 0 {
		// No valid answer is known, so none is proven.
		r.Optimal = false
	}
}
