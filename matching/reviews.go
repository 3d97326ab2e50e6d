package matching

import (
	"cmp"
	"container/heap"
	"context"
	"errors"
	"fmt"
	"maps"
	"math"
	"slices"
)

// ReviewProblem gives every work exactly so many reviewers, nobody more than
// they can carry, worth the most in total.
type ReviewProblem struct {
	Works, Reviewers int
	Edges            []Edge     // Left is a work, Right a reviewer who could take it; each pair at most once
	PerWork          int32      // reviewers of every work
	Load             []int32    // most works of a reviewer; nil: no limit
	MinLoad          []int32    // least works of a reviewer; nil: none
	Conflicts        [][2]int32 // work and reviewer that must not meet
	Authors          [][2]int32 // work and a reviewer who wrote it; nobody reviews what they wrote
	Pins             []int      // edges that must be chosen
	// NoMutual forbids that two people review a work of each other, NoTriangles
	// that three review each other in a circle. Both make the problem NP-hard:
	// the answer then is the best that branch and bound found, with a bound.
	NoMutual, NoTriangles bool
	// MaxMin makes the total of the worst work as large as possible instead of
	// the sum. The objective and the bound are then that total.
	MaxMin bool
}

// Reviewing is the answer to a ReviewProblem.
type Reviewing struct {
	Proof
	Chosen []int // edges, ascending
	Sum    int64 // of all weights
	Worst  int64 // smallest total of a work
	// WorkValue and ReviewerPrice are the dual of the sum: what one review more
	// of this work would cost or bring, and what one place more of this
	// reviewer would add. nil when side rules, MaxMin or a limit left no dual.
	WorkValue, ReviewerPrice []int64
	Nodes                    int // branches that were looked at
	// Unmet lists works with fewer than their reviewers and reviewers below
	// their least load, in a search that was stopped before it could do better.
	Unmet []Unmet

	assignment *Assignment // without side rules and MaxMin
}

// Alternatives tells, for each chosen edge that is not pinned, which reviewer the
// work would get if this one were forbidden and everybody could be moved, and
// what the sum would lose. There are none under side rules, with MaxMin, or when
// the search was stopped; Replace knows who can step in there.
func (r *Reviewing) Alternatives(ctx context.Context) []Alternative {
	if r.assignment == nil {
		return nil
	}
	return r.assignment.Alternatives(ctx)
}

// Rise is by how much the weight of an edge that was not chosen would have to
// rise for the reviewer to get the work; ok is false where Alternatives has
// nothing to say.
func (r *Reviewing) Rise(p *ReviewProblem, edge int) (rise int64, ok bool) {
	if r.assignment == nil || edge < 0 || edge >= len(p.Edges) {
		return 0, false
	}
	return r.assignment.Rise(&AssignProblem{Edges: p.Edges}, edge)
}

// missing is how much an answer lacks in all.
func (r *Reviewing) missing() int {
	n := 0
	for _, x := range r.Unmet {
		n += x.Missing
	}
	return n
}

// Reviews solves the problem. It returns *InputError for a wrong problem and
// *InfeasibleError when some work cannot get its reviewers. When it is stopped
// it returns the best answer so far; loads, conflicts, authors and side rules
// are kept in any case, and Unmet lists what is missing.
func Reviews(ctx context.Context, p *ReviewProblem, o Options) (*Reviewing, error) {
	s, err := newReviewSearch(ctx, p, o)
	if err != nil {
		return nil, err
	}
	switch {
	case p.MaxMin && (p.NoMutual || p.NoTriangles):
		return nil, &InputError{"max-min", -1, "the side rules cannot be combined with the worst work first"}
	case p.MaxMin:
		return s.maxMin()
	case p.NoMutual || p.NoTriangles:
		return s.branch()
	}
	a, r, err := s.sum(nil, nil)
	if err != nil {
		return nil, err
	}
	r.WorkValue, r.ReviewerPrice, r.assignment = a.LeftValue, a.RightPrice, a
	return r, nil
}

// reviewSearch solves one problem, again and again with more edges forbidden or
// pinned.
type reviewSearch struct {
	p      *ReviewProblem
	ctx    context.Context
	o      Options
	base   AssignProblem
	work   int64
	writes [][]int32 // works a reviewer wrote
	wrote  [][]int32 // reviewers who wrote a work
}

func newReviewSearch(ctx context.Context, p *ReviewProblem, o Options) (*reviewSearch, error) {
	if p.Works < 0 || p.Reviewers < 0 || p.Works > math.MaxInt32/4 || p.Reviewers > math.MaxInt32/4 {
		return nil, &InputError{"people", -1, "the number of works or reviewers is out of range"}
	}
	if p.PerWork < 0 || int(p.PerWork) > p.Reviewers {
		return nil, &InputError{"per-work", -1, fmt.Sprintf("%d reviewers for every work, but there are %d in all", p.PerWork, p.Reviewers)}
	}
	s := &reviewSearch{p: p, ctx: ctx, o: o}
	s.base = AssignProblem{Left: p.Works, Right: p.Reviewers, Edges: p.Edges, Demand: same32(p.Works, p.PerWork),
		Capacity: p.Load, Minimum: p.MinLoad, Pins: p.Pins, Most: true}
	if p.Load == nil {
		s.base.Capacity = same32(p.Reviewers, int32(min(p.Works, math.MaxInt32/8)))
	}
	forbidden := map[[2]int32]bool{}
	for i, c := range p.Conflicts {
		if err := p.known("conflict", i, c); err != nil {
			return nil, err
		}
		forbidden[c] = true
	}
	s.writes, s.wrote = make([][]int32, p.Reviewers), make([][]int32, p.Works)
	for i, c := range p.Authors {
		if err := p.known("author", i, c); err != nil {
			return nil, err
		}
		if !slices.Contains(s.wrote[c[0]], c[1]) {
			s.wrote[c[0]] = append(s.wrote[c[0]], c[1])
			s.writes[c[1]] = append(s.writes[c[1]], c[0])
		}
		forbidden[c] = true
	}
	if len(forbidden) > 0 {
		for i, e := range p.Edges {
			if forbidden[[2]int32{e.Left, e.Right}] {
				s.base.Forbidden = append(s.base.Forbidden, i)
			}
		}
	}
	return s, nil
}

func (p *ReviewProblem) known(part string, i int, c [2]int32) error {
	if c[0] < 0 || int(c[0]) >= p.Works || c[1] < 0 || int(c[1]) >= p.Reviewers {
		return &InputError{part, i, "there is no such work or reviewer"}
	}
	return nil
}

// sum solves the problem without side rules, with more pins and forbidden edges.
func (s *reviewSearch) sum(pins, forbidden []int) (*Assignment, *Reviewing, error) {
	q := s.base
	q.Pins = append(slices.Clone(q.Pins), pins...)
	q.Forbidden = append(slices.Clone(q.Forbidden), forbidden...)
	return s.assign(&q)
}

func (s *reviewSearch) assign(q *AssignProblem) (*Assignment, *Reviewing, error) {
	o := Options{}
	if s.o.WorkLimit > 0 {
		o.WorkLimit = max(1, s.o.WorkLimit-s.work)
	}
	if !s.p.MaxMin && !s.p.NoMutual && !s.p.NoTriangles {
		o.Progress = s.o.Progress
	}
	a, err := Assign(s.ctx, q, o)
	if err != nil {
		return nil, nil, err
	}
	s.work += a.Work
	r := s.result(a.Chosen)
	r.Proof = a.Proof
	if a.Optimal && r.Unmet != nil {
		u := r.Unmet[0].Index
		return nil, nil, &InfeasibleError{"work", u, fmt.Sprintf("can get %d of %d reviewers", int(s.p.PerWork)-r.Unmet[0].Missing, s.p.PerWork)}
	}
	return a, r, nil
}

// result computes sum and worst total of a set of edges.
func (s *reviewSearch) result(chosen []int) *Reviewing {
	r := &Reviewing{Chosen: chosen}
	r.Worst = math.MaxInt64
	for _, t := range s.totals(chosen) {
		r.Sum += t
		r.Worst = min(r.Worst, t)
	}
	if r.Worst == math.MaxInt64 {
		r.Worst = 0
	}
	got, load := make([]int32, s.p.Works), make([]int32, s.p.Reviewers)
	for _, e := range chosen {
		got[s.p.Edges[e].Left]++
		load[s.p.Edges[e].Right]++
	}
	for u, n := range got {
		if n < s.p.PerWork {
			r.Unmet = append(r.Unmet, Unmet{"work", u, int(s.p.PerWork - n)})
		}
	}
	for v, l := range s.p.MinLoad {
		if load[v] < l {
			r.Unmet = append(r.Unmet, Unmet{"reviewer", v, int(l - load[v])})
		}
	}
	return r
}

// mend makes an answer keep the side rules: of every circle the edge worth
// least goes, and the work gets the best reviewer who closes none. It returns nil
// when pins alone make a circle.
func (s *reviewSearch) mend(chosen []int) *Reviewing {
	p := s.p
	in, never := make([]bool, len(p.Edges)), make([]bool, len(p.Edges))
	for _, e := range s.base.Forbidden {
		never[e] = true
	}
	load := make([]int32, p.Reviewers)
	reviews := map[int32][]int32{} // whom somebody reviews
	put := func(e int, add bool) {
		x := p.Edges[e]
		in[e] = add
		for _, b := range s.wrote[x.Left] {
			if add {
				reviews[x.Right] = append(reviews[x.Right], b)
			} else {
				at := slices.Index(reviews[x.Right], b)
				reviews[x.Right] = slices.Delete(reviews[x.Right], at, at+1)
			}
		}
		if add {
			load[x.Right]++
		} else {
			load[x.Right]--
		}
	}
	closes := func(e int) bool {
		x := p.Edges[e]
		for _, b := range s.wrote[x.Left] {
			for _, c := range reviews[b] {
				if p.NoMutual && c == x.Right || p.NoTriangles && c != b && c != x.Right && slices.Contains(reviews[c], x.Right) {
					return true
				}
			}
		}
		return false
	}
	// One after the other, the pins first and then the dearest; who closes a
	// circle is left out.
	order := slices.Clone(chosen)
	pinned := make([]bool, len(p.Edges))
	for _, e := range s.base.Pins {
		pinned[e] = true
	}
	slices.SortStableFunc(order, func(x, y int) int {
		if pinned[x] != pinned[y] {
			if pinned[x] {
				return -1
			}
			return 1
		}
		return cmp.Compare(p.Edges[y].Weight, p.Edges[x].Weight)
	})
	short := map[int32]bool{}
	for _, e := range order {
		switch {
		case !closes(e):
			put(e, true)
		case pinned[e]:
			return nil
		default:
			short[p.Edges[e].Left] = true
		}
	}
	if len(short) > 0 {
		edges := map[int32][]int{}
		for i, e := range p.Edges {
			if short[e.Left] {
				edges[e.Left] = append(edges[e.Left], i)
			}
		}
		for _, u := range slices.Sorted(maps.Keys(short)) {
			got := int32(0)
			for _, e := range edges[u] {
				if in[e] {
					got++
				}
			}
			slices.SortStableFunc(edges[u], func(x, y int) int { return cmp.Compare(p.Edges[y].Weight, p.Edges[x].Weight) })
			for _, e := range edges[u] {
				if v := p.Edges[e].Right; got < p.PerWork && !in[e] && !never[e] && load[v] < s.base.Capacity[v] && !closes(e) {
					put(e, true)
					got++
				}
			}
		}
	}
	var list []int
	for e, taken := range in {
		if taken {
			list = append(list, e)
		}
	}
	if s.circle(list) != nil {
		return nil
	}
	return s.result(list)
}

func (s *reviewSearch) totals(chosen []int) []int64 {
	t := make([]int64, s.p.Works)
	for _, e := range chosen {
		t[s.p.Edges[e].Left] += s.p.Edges[e].Weight
	}
	return t
}

// circle finds edges of an answer that break a side rule, nil when none do: two
// that make people review each other, or three that make a circle.
func (s *reviewSearch) circle(chosen []int) []int {
	// reviews[a] are the edges by which a reviews, and whom.
	type arc struct {
		whom int32
		edge int
	}
	reviews := map[int32][]arc{}
	var people []int32
	for _, e := range chosen {
		x := s.p.Edges[e]
		for _, author := range s.wrote[x.Left] {
			if reviews[x.Right] == nil {
				people = append(people, x.Right)
			}
			reviews[x.Right] = append(reviews[x.Right], arc{author, e})
		}
	}
	slices.Sort(people)
	if s.p.NoMutual {
		for _, a := range people {
			for _, x := range reviews[a] {
				for _, y := range reviews[x.whom] {
					if y.whom == a {
						return []int{x.edge, y.edge}
					}
				}
			}
		}
	}
	if s.p.NoTriangles {
		for _, a := range people {
			for _, x := range reviews[a] {
				if x.whom == a {
					continue
				}
				for _, y := range reviews[x.whom] {
					if y.whom == a || y.whom == x.whom {
						continue
					}
					for _, z := range reviews[y.whom] {
						if z.whom == a && z.edge != x.edge && z.edge != y.edge && x.edge != y.edge {
							return []int{x.edge, y.edge, z.edge}
						}
					}
				}
			}
		}
	}
	return nil
}

// branchNode is a part of all answers: with some edges pinned, some forbidden.
type branchNode struct {
	pins, forbidden []int
	bound           int64
	depth, order    int
	chosen          []int
}

type branchHeap []*branchNode

func (h branchHeap) Len() int { return len(h) }
func (h branchHeap) Less(i, j int) bool {
	if h[i].bound != h[j].bound {
		return h[i].bound > h[j].bound
	}
	if h[i].depth != h[j].depth {
		return h[i].depth > h[j].depth
	}
	return h[i].order < h[j].order
}
func (h branchHeap) Swap(i, j int) { h[i], h[j] = h[j], h[i] }
func (h *branchHeap) Push(x any)   { *h = append(*h, x.(*branchNode)) }
func (h *branchHeap) Pop() any {
	old := *h
	x := old[len(old)-1]
	*h = old[:len(old)-1]
	return x
}

// branch keeps the side rules: it solves without them, takes a circle that the
// answer makes, and goes on with each of its edges forbidden in turn (and those
// before it pinned, so that no answer is looked at twice). The best bound goes
// first; one dive at the start, each time forbidding what costs least, gives an
// answer to measure against.
func (s *reviewSearch) branch() (*Reviewing, error) {
	var best, partial *Reviewing
	nodes, order := 0, 0
	open := &branchHeap{}
	stop := func() bool {
		return s.ctx.Err() != nil || s.o.WorkLimit > 0 && s.work >= s.o.WorkLimit
	}
	// keep notes an answer; one that lacks something is only given out when the
	// search is stopped before there is a better one.
	keep := func(r *Reviewing) {
		switch {
		case r == nil:
		case r.Unmet != nil:
			if partial == nil || r.missing() < partial.missing() {
				partial = r
			}
		case best == nil || r.Sum > best.Sum:
			best = r
		}
	}
	// look solves a node; it returns nil when nothing in it can be better.
	look := func(n *branchNode) (*Assignment, error) {
		nodes++
		a, r, err := s.sum(n.pins, n.forbidden)
		var infeasible *InfeasibleError
		if errors.As(err, &infeasible) && nodes > 1 {
			return nil, nil
		}
		if err != nil {
			return nil, err
		}
		if !a.Optimal {
			n.bound = min(n.bound, int64(math.Ceil(a.Bound)))
		} else {
			n.bound = min(n.bound, r.Sum)
		}
		n.chosen = r.Chosen
		if s.circle(r.Chosen) == nil {
			keep(r)
			if a.Optimal {
				return nil, nil
			}
		} else if nodes == 1 {
			keep(s.mend(r.Chosen))
		}
		if best != nil && n.bound <= best.Sum {
			return nil, nil
		}
		return a, nil
	}
	root := &branchNode{bound: math.MaxInt64}
	a, err := look(root)
	if err != nil {
		return nil, err
	}
	if a != nil {
		heap.Push(open, root)
		dive := &branchNode{bound: root.bound}
		for a != nil && !stop() {
			circle := s.circle(a.Chosen)
			dive.forbidden = append(dive.forbidden, s.cheapest(a, circle))
			if a, err = look(dive); err != nil {
				break
			}
		}
	}
	bound := func() int64 {
		b := int64(math.MinInt64)
		if best != nil {
			b = best.Sum
		}
		if open.Len() > 0 {
			b = max(b, (*open)[0].bound)
		}
		return b
	}
	for open.Len() > 0 && !stop() {
		n := (*open)[0]
		if best != nil && n.bound <= best.Sum {
			break
		}
		circle := s.circle(n.chosen)
		if circle == nil {
			break // a node that was stopped half way
		}
		children := make([]*branchNode, 0, len(circle))
		whole := true
		for i, e := range circle {
			order++
			c := &branchNode{bound: n.bound, depth: n.depth + 1, order: order,
				pins: append(slices.Clone(n.pins), circle[:i]...), forbidden: append(slices.Clone(n.forbidden), e)}
			if slices.Contains(n.pins, e) || slices.Contains(s.base.Pins, e) {
				continue
			}
			c.pins = slices.DeleteFunc(slices.Compact(slices.Sorted(slices.Values(c.pins))),
				func(e int) bool { return slices.Contains(s.base.Pins, e) })
			a, err := look(c)
			if err != nil {
				whole = false
				break
			}
			if a != nil {
				children = append(children, c)
			}
		}
		if !whole {
			break
		}
		heap.Pop(open)
		for _, c := range children {
			heap.Push(open, c)
		}
		if s.o.Progress != nil && best != nil {
			s.o.Progress(Progress{Stage: "branch", Done: -1, Objective: float64(best.Sum), Bound: float64(bound()), Work: s.work})
		}
	}
	if best == nil && open.Len() > 0 {
		best = partial
		if best == nil {
			best = s.result(nil)
		}
	}
	if best == nil {
		return nil, &InfeasibleError{"work", -1, "no answer keeps the side rules"}
	}
	best.Objective, best.Bound = float64(best.Sum), max(float64(bound()), float64(best.Sum))
	best.Algorithm = "branch and bound over circles, bounded by transport"
	best.Work, best.Nodes = s.work, nodes
	best.Close(0)
	best.Optimal = best.Optimal && best.Unmet == nil
	return best, nil
}

// cheapest is the edge of a circle whose loss is smallest.
func (s *reviewSearch) cheapest(a *Assignment, circle []int) int {
	best, least := -1, int64(math.MaxInt64)
	for _, e := range circle {
		if slices.Contains(s.base.Pins, e) {
			continue
		}
		loss := int64(0)
		if l, ok := a.loss(s.p.Edges[e].Left, e); ok {
			loss = l
		}
		if loss < least {
			best, least = e, loss
		}
	}
	if best < 0 {
		return circle[0]
	}
	return best
}

// Replacement is a reviewer who can step in.
type Replacement struct {
	Edge   int
	Weight int64
}

// Replace lists who can take over a work from a reviewer without moving anybody
// else, best first: people with an edge to the work and room under their load,
// without conflict, not its author, not reviewing it already, and not closing a
// circle that the side rules forbid.
func (p *ReviewProblem) Replace(chosen []int, out int) ([]Replacement, error) {
	s, err := newReviewSearch(context.Background(), p, Options{})
	if err != nil {
		return nil, err
	}
	at := slices.Index(chosen, out)
	if at < 0 {
		return nil, &InputError{"edge", out, "the pair is not part of the answer"}
	}
	rest := slices.Delete(slices.Clone(chosen), at, at+1)
	load := make([]int32, p.Reviewers)
	busy := map[int32]bool{p.Edges[out].Right: true}
	work := p.Edges[out].Left
	for _, e := range rest {
		load[p.Edges[e].Right]++
		if p.Edges[e].Left == work {
			busy[p.Edges[e].Right] = true
		}
	}
	banned := map[int]bool{}
	for _, e := range s.base.Forbidden {
		banned[e] = true
	}
	var list []Replacement
	for i, e := range p.Edges {
		if e.Left != work || busy[e.Right] || banned[i] || load[e.Right] >= s.base.Capacity[e.Right] {
			continue
		}
		if (p.NoMutual || p.NoTriangles) && s.circle(append(slices.Clone(rest), i)) != nil {
			continue
		}
		list = append(list, Replacement{Edge: i, Weight: e.Weight})
	}
	slices.SortStableFunc(list, func(x, y Replacement) int { return cmp.Compare(y.Weight, x.Weight) })
	return list, nil
}

// Verify checks an answer without using anything of the solver: the number of
// reviewers of each work, loads, conflicts, authors, side rules, sum and worst
// total, and the dual where there is one.
func (p *ReviewProblem) Verify(r *Reviewing) error {
	capacity := p.Load
	if capacity == nil {
		capacity = same32(p.Reviewers, int32(p.Works))
	}
	q := &AssignProblem{Left: p.Works, Right: p.Reviewers, Edges: p.Edges, Demand: same32(p.Works, p.PerWork),
		Capacity: capacity, Minimum: p.MinLoad, Pins: p.Pins, Most: true}
	never := map[[2]int32]bool{}
	for _, c := range p.Conflicts {
		never[c] = true
	}
	authors := map[int32][]int32{}
	for _, c := range p.Authors {
		never[c] = true
		authors[c[0]] = append(authors[c[0]], c[1])
	}
	for i, e := range p.Edges {
		if never[[2]int32{e.Left, e.Right}] {
			q.Forbidden = append(q.Forbidden, i)
		}
	}
	a := &Assignment{Proof: r.Proof, Chosen: r.Chosen, LeftValue: r.WorkValue, RightPrice: r.ReviewerPrice}
	lacks := map[int]int{}
	for _, x := range r.Unmet {
		if x.Part == "reviewer" {
			a.Unmet = append(a.Unmet, Unmet{"right", x.Index, x.Missing})
		} else {
			lacks[x.Index] = x.Missing
		}
	}
	if r.Unmet != nil && r.Optimal {
		return errors.New("it claims to be proven but lacks reviewers")
	}
	a.Objective, a.Bound = float64(r.Sum), max(r.Bound, float64(r.Sum))
	if r.WorkValue != nil {
		// Nobody is idle, so any penalty that reaches below the values will do.
		a.Penalty = -min(0, slices.Min(append(slices.Clone(r.WorkValue), 0)))
	}
	if err := q.Verify(a); err != nil {
		return err
	}
	total, count := make([]int64, p.Works), make([]int32, p.Works)
	reviews := map[[2]int32][]int{}
	for _, i := range r.Chosen {
		e := p.Edges[i]
		total[e.Left] += e.Weight
		count[e.Left]++
		for _, b := range authors[e.Left] {
			reviews[[2]int32{e.Right, b}] = append(reviews[[2]int32{e.Right, b}], i)
		}
	}
	for u, c := range count {
		if c != p.PerWork-int32(lacks[u]) {
			return fmt.Errorf("work %d has %d of %d reviewers", u, c, p.PerWork)
		}
	}
	if p.Works > 0 && slices.Min(total) != r.Worst {
		return fmt.Errorf("the worst work has %d, not %d", slices.Min(total), r.Worst)
	}
	want := r.Sum
	if p.MaxMin {
		want = r.Worst
	}
	if r.Objective != float64(want) || r.Objective > r.Bound {
		return fmt.Errorf("objective %g, bound %g, but it is worth %d", r.Objective, r.Bound, want)
	}
	for k := range reviews {
		if p.NoMutual && k[0] != k[1] && reviews[[2]int32{k[1], k[0]}] != nil {
			return fmt.Errorf("%d and %d review each other", k[0], k[1])
		}
		if !p.NoTriangles {
			continue
		}
		for l := range reviews {
			if l[0] == k[1] && l[1] != k[0] && l[1] != l[0] && k[0] != k[1] && reviews[[2]int32{l[1], k[0]}] != nil {
				return fmt.Errorf("%d, %d and %d review each other in a circle", k[0], k[1], l[1])
			}
		}
	}
	return nil
}
