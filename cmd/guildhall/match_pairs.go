package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/guildhall/guildhall/internal/connect/exchange"
	"github.com/guildhall/guildhall/matching"
)

// matchPairs pairs people of one list.
type matchPairs struct {
	matchFiles
	Most    bool   `help:"First as many pairs as possible, then the weight."`
	Never   string `help:"File of lines 'id id': pairs that must never meet (again)." type:"existingfile" placeholder:"FILE"`
	Trio    bool   `help:"Who stays alone joins the pair they go with best; such a line has three ids."`
	Explain string `help:"Where to write, tab-separated: for everybody the cheapest other partners and by how much these pairs would have to be worth more to be made. Takes solving the problem again for each." type:"path" placeholder:"FILE"`
	Rounds  int    `help:"Plan so many rounds in which nobody meets again before they have met everybody possible; every line then begins with the round." default:"0"`
}

type pairsReport struct {
	matchReport
	People int      `json:"people"`
	Edges  int      `json:"edges"`
	Alone  []string `json:"alone"`
	Trios  int      `json:"trios"`
	// Of a plan of rounds.
	Rounds  []roundReport `json:"rounds,omitempty"`
	AllMet  int           `json:"all_met_after,omitempty"`
	AtLeast int           `json:"all_met_at_least,omitempty"` // no plan does it in fewer rounds
	AtMost  int           `json:"all_met_at_most,omitempty"`  // this one, continued, needs no more
}

type roundReport struct {
	Pairs  int      `json:"pairs"`
	Weight float64  `json:"weight"`
	Alone  []string `json:"alone"`
	Repeat bool     `json:"repeat"`
}

// Run reads, solves and writes.
func (m *matchPairs) Run(ctx context.Context) error {
	if m.Rounds < 0 {
		return badInput{errors.New("--rounds must not be negative")}
	}
	g, err := m.readGraph(true)
	if err != nil {
		return err
	}
	never, err := readPairs(m.Never, g.Left, g.Left, false, false)
	if err != nil {
		return err
	}
	p := &matching.PairsProblem{People: g.Left.Len(), Edges: g.Edges, Forbidden: g.FindAll(never), Most: m.Most, Trio: m.Trio}
	r := pairsReport{People: p.People, Edges: len(p.Edges), Alone: []string{}}
	r.Problem = "pairs"
	names := func(list []int32) []string {
		out := make([]string, 0, len(list))
		for _, v := range list {
			out = append(out, g.Left.ID(v))
		}
		return out
	}
	if m.Rounds > 0 {
		var s *matching.Schedule
		err := m.solve(ctx, &r.matchReport, func(ctx context.Context) (err error) {
			s, err = matching.Rounds(ctx, p, m.Rounds, nil, m.options())
			return err
		})
		if err != nil {
			return matchFault(g, err)
		}
		r.Algorithm, r.AllMet, r.AtLeast, r.AtMost, r.Work = "a largest pairing for each round, edge colouring where that does not do", s.Met, s.AtLeast, s.AtMost, s.Work
		// The sum of a plan has no bound: the rounds come one after the other.
		for _, x := range s.Rounds {
			r.Objective += g.Value(float64(x.Weight))
			r.Matched += len(x.Chosen)
			r.Trios += len(x.Trios)
			r.Rounds = append(r.Rounds, roundReport{len(x.Chosen), g.Value(float64(x.Weight)), names(x.Alone), x.Repeat})
		}
		return m.finish(&r, func(w io.Writer) error {
			for k, x := range s.Rounds {
				if err := writePairs(w, g, fmt.Sprintf("%d\t", k+1), x.Chosen, x.Trios); err != nil {
					return err
				}
			}
			return nil
		})
	}
	var a *matching.Pairing
	err = m.solve(ctx, &r.matchReport, func(ctx context.Context) (err error) {
		a, err = matching.Pairs(ctx, p, m.options())
		return err
	})
	if err != nil {
		return matchFault(g, err)
	}
	r.prove(a.Proof, len(a.Chosen))
	r.scale(g)
	r.Alone, r.Trios = names(a.Alone), len(a.Trios)
	var extra []matchOutput
	if m.Explain != "" {
		extra = append(extra, matchOutput{m.Explain, func(w io.Writer) error { return explainPairs(ctx, w, g, p, a) }})
	}
	return m.finish(&r, func(w io.Writer) error { return writePairs(w, g, "", a.Chosen, a.Trios) }, extra...)
}

// explainPairs writes the other partners everybody could have had.
func explainPairs(ctx context.Context, w io.Writer, g *exchange.Graph, p *matching.PairsProblem, a *matching.Pairing) error {
	b := bufio.NewWriter(w)
	fmt.Fprintf(b, "# other: id, id, weight, by how much more it would have to be worth to be made, how many pairs fewer there would be\n")
	for v := range int32(p.People) {
		for _, x := range a.Alternatives(ctx, p, v, 2) {
			e := p.Edges[x.Edge]
			if e.Left != v {
				e.Left, e.Right = e.Right, e.Left
			}
			fmt.Fprintf(b, "other\t%s\t%s\t%s\t%s\t%d\n", g.Left.ID(e.Left), g.Left.ID(e.Right), g.Text(e.Weight), g.Text(x.Loss), x.Fewer)
		}
	}
	return b.Flush()
}

// writePairs writes lines "u v weight", with a third id for a trio and the
// weights of all its edges.
func writePairs(w io.Writer, g *exchange.Graph, prefix string, chosen []int, trios []matching.Trio) error {
	b := bufio.NewWriter(w)
	joined := map[int]matching.Trio{}
	for _, t := range trios {
		joined[t.Edge] = t
	}
	for _, i := range chosen {
		e := g.Edges[i]
		weight, third := e.Weight, ""
		if t, ok := joined[i]; ok {
			weight += t.Weight
			third = "\t" + g.Left.ID(t.Person)
		}
		fmt.Fprintf(b, "%s%s\t%s%s\t%s\n", prefix, g.Left.ID(e.Left), g.Left.ID(e.Right), third, g.Text(weight))
	}
	return b.Flush()
}
