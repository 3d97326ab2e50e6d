package matching

import (
	"cmp"
	"context"
	"slices"
)

// TeamSwap is two people of different teams changing places.
type TeamSwap struct {
	Person, With int32
	Loss         float64 // what the partition loses; below zero it would gain
	Breaks       int     // hard rules it would break that are kept now
}

// Alternatives lists whom a person could change places with, at most limit of
// them, first those that break no rule and lose least: by that much the wishes
// for another team would have to count more. It stops when the context ends.
func (r *TeamsResult) Alternatives(ctx context.Context, p *TeamsProblem, person int32, limit int) []TeamSwap {
	own := r.Team[person]
	value := func(teams ...[]int32) (float64, int) {
		terms, broken := p.Explain(teams)
		sum := 0.0
		for _, t := range terms {
			sum += t.Value
		}
		return sum, len(broken)
	}
	var list []TeamSwap
	for v := range int32(p.People) {
		other := r.Team[v]
		if other == own {
			continue
		}
		if ctx.Err() != nil {
			break
		}
		before, kept := value(r.Teams[own], r.Teams[other])
		a, b := slices.Clone(r.Teams[own]), slices.Clone(r.Teams[other])
		a[slices.Index(a, person)], b[slices.Index(b, v)] = v, person
		after, faults := value(a, b)
		list = append(list, TeamSwap{Person: person, With: v, Loss: before - after, Breaks: max(0, faults-kept)})
	}
	slices.SortStableFunc(list, func(x, y TeamSwap) int {
		return cmp.Or(cmp.Compare(x.Breaks, y.Breaks), cmp.Compare(x.Loss, y.Loss))
	})
	return list[:min(len(list), max(0, limit))]
}
