package matching

import (
	"cmp"
	"context"
	"slices"
)

// PairChange is another partner somebody could have had.
type PairChange struct {
	Edge int // the pair they would make
	// Loss is what the objective loses when this pair is made and everybody else
	// is paired as well as possible: the weight would have to rise by as much for
	// the pair to be made. 0 means an equally good answer.
	Loss int64
	// Fewer is, with Most, how many pairs there would be less; then no weight
	// makes up for it.
	Fewer int
	// AtLeast is what the dual proves without pairing again: Loss and, for every
	// pair less, the Penalty of the answer are together at least this.
	AtLeast int64
}

// Alternatives lists other partners a person could have had, those the dual
// holds for cheapest, at most limit of them, the smallest loss first. Each takes
// solving the problem once more; it stops when the context ends and returns what
// it has. It needs a proven answer to p.
func (a *Pairing) Alternatives(ctx context.Context, p *PairsProblem, person int32, limit int) []PairChange {
	if a.Value == nil {
		return nil
	}
	banned := make([]bool, len(p.Edges))
	for _, e := range p.Forbidden {
		banned[e] = true
	}
	var list []PairChange
	for i, e := range p.Edges {
		if banned[i] || e.Left != person && e.Right != person {
			continue
		}
		if _, chosen := slices.BinarySearch(a.Chosen, i); !chosen {
			list = append(list, PairChange{Edge: i, AtLeast: (a.slack(e) + 1) / 2})
		}
	}
	slices.SortStableFunc(list, func(x, y PairChange) int { return cmp.Compare(x.AtLeast, y.AtLeast) })
	list = list[:min(len(list), max(0, limit))]
	for k := range list {
		e := p.Edges[list[k].Edge]
		rest := &PairsProblem{People: p.People, Most: p.Most}
		for i, f := range p.Edges {
			if !banned[i] && f.Left != e.Left && f.Left != e.Right && f.Right != e.Left && f.Right != e.Right {
				rest.Edges = append(rest.Edges, f)
			}
		}
		b, err := Pairs(ctx, rest, Options{})
		if err != nil || !b.Optimal {
			return sortChanges(list[:k])
		}
		list[k].Loss = int64(a.Objective) - int64(b.Objective) - e.Weight
		if p.Most {
			list[k].Fewer = len(a.Chosen) - len(b.Chosen) - 1
		}
	}
	return sortChanges(list)
}

func sortChanges(list []PairChange) []PairChange {
	slices.SortStableFunc(list, func(x, y PairChange) int {
		return cmp.Or(cmp.Compare(x.Fewer, y.Fewer), cmp.Compare(x.Loss, y.Loss))
	})
	return list
}

// slack is twice by how much the dual of an edge exceeds its weight.
func (a *Pairing) slack(e Edge) int64 {
	s := a.Value[e.Left] + a.Value[e.Right] - 2*e.Weight
	around := map[int32]bool{}
	for k := a.SetOf[e.Left]; k >= 0; k = a.Sets[k].Inside {
		around[k] = true
	}
	for k := a.SetOf[e.Right]; k >= 0; k = a.Sets[k].Inside {
		if around[k] {
			s += a.Sets[k].Value
		}
	}
	return s
}
