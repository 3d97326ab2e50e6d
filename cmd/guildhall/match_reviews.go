package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"

	"github.com/guildhall/guildhall/internal/connect/exchange"
	"github.com/guildhall/guildhall/matching"
)

// matchReviews gives every work its reviewers.
type matchReviews struct {
	matchFiles
	PerWork     int32  `help:"How many reviewers every work gets." default:"3"`
	Load        int32  `help:"How many works a reviewer takes at most; 0 means no limit." default:"0"`
	Loads       string `help:"File of lines 'reviewer most' or 'reviewer most least' for those with another load." type:"existingfile" placeholder:"FILE"`
	Conflicts   string `help:"File of lines 'work reviewer': conflicts of interest." type:"existingfile" placeholder:"FILE"`
	Authors     string `help:"File of lines 'work author'; nobody reviews what they wrote." type:"existingfile" placeholder:"FILE"`
	Pins        string `help:"File of lines 'work reviewer': pairs that must be made." type:"existingfile" placeholder:"FILE"`
	NoMutual    bool   `help:"Nobody reviews a work of somebody who reviews one of theirs."`
	NoTriangles bool   `help:"No three people review each other in a circle."`
	MaxMin      bool   `help:"Make the total of the worst work as large as possible instead of the sum."`
	Current     string `help:"An earlier answer in which one reviewer is to be replaced, everybody else staying where they are." type:"existingfile" placeholder:"FILE"`
	Explain     string `help:"Where to write, tab-separated: who would take each review instead and at what loss, and the shadow price of every reviewer." type:"path" placeholder:"FILE"`
	Replace     string `help:"With --current: file of lines 'work reviewer' to replace." type:"existingfile" placeholder:"FILE"`
}

type reviewsReport struct {
	matchReport
	Works     int                 `json:"works"`
	Reviewers int                 `json:"reviewers"`
	Edges     int                 `json:"edges"`
	Sum       float64             `json:"sum"`
	Worst     float64             `json:"worst"`
	Nodes     int                 `json:"nodes,omitempty"`
	Replaced  []replacementReport `json:"replaced,omitempty"`
}

type replacementReport struct {
	Work     string   `json:"work"`
	Reviewer string   `json:"reviewer"`
	By       string   `json:"by"`
	Weight   float64  `json:"weight"`
	Others   []string `json:"others"` // who else could, best first
}

func (m *matchReviews) problem(g *exchange.Graph) (*matching.ReviewProblem, error) {
	if m.PerWork < 0 || m.Load < 0 {
		return nil, badInput{errors.New("--per-work and --load must not be negative")}
	}
	// Authors who review nothing cannot be part of a circle, so that lines with
	// ids that are not in the input say nothing.
	p := &matching.ReviewProblem{Works: g.Left.Len(), Edges: g.Edges, PerWork: m.PerWork,
		NoMutual: m.NoMutual, NoTriangles: m.NoTriangles, MaxMin: m.MaxMin}
	p.Reviewers = g.Right.Len()
	if p.PerWork > int32(p.Reviewers) {
		return nil, badInput{fmt.Errorf("--per-work %d is more than the %d reviewers", p.PerWork, p.Reviewers)}
	}
	if m.Load > 0 || m.Loads != "" {
		load := m.Load
		if load == 0 {
			load = int32(p.Works)
		}
		p.Load = make([]int32, p.Reviewers)
		for v := range p.Load {
			p.Load[v] = load
		}
	}
	loads, err := readCounts(m.Loads, g.Right, 2)
	if err != nil {
		return nil, err
	}
	for v, c := range loads {
		if c.Line == 0 {
			continue
		}
		p.Load[v] = c.Values[0]
		if len(c.Values) > 1 {
			if p.MinLoad == nil {
				p.MinLoad = make([]int32, p.Reviewers)
			}
			if c.Values[1] > c.Values[0] {
				return nil, badInput{&exchange.LineError{File: m.Loads, Line: c.Line, Reason: fmt.Sprintf("at least %d is more than at most %d", c.Values[1], c.Values[0])}}
			}
			p.MinLoad[v] = c.Values[1]
		}
	}
	for _, f := range []struct {
		name string
		list *[][2]int32
	}{{m.Conflicts, &p.Conflicts}, {m.Authors, &p.Authors}} {
		pairs, err := readPairs(f.name, g.Left, g.Right, false, false)
		if err != nil {
			return nil, err
		}
		for _, x := range pairs {
			*f.list = append(*f.list, [2]int32{x.Left, x.Right})
		}
	}
	if p.Pins, err = findEdges(g, m.Pins, false); err != nil {
		return nil, err
	}
	return p, nil
}

// Run reads, solves and writes.
func (m *matchReviews) Run(ctx context.Context) error {
	if (m.Current == "") != (m.Replace == "") {
		return badInput{errors.New("--current and --replace belong together")}
	}
	g, err := m.readGraph(false)
	if err != nil {
		return err
	}
	p, err := m.problem(g)
	if err != nil {
		return err
	}
	r := reviewsReport{Works: p.Works, Reviewers: p.Reviewers, Edges: len(p.Edges)}
	r.Problem = "reviews"
	if m.Current != "" {
		return m.replace(ctx, g, p, &r)
	}
	var a *matching.Reviewing
	err = m.solve(ctx, &r.matchReport, func(ctx context.Context) (err error) {
		a, err = matching.Reviews(ctx, p, m.options())
		return err
	})
	if err != nil {
		return matchFault(g, err)
	}
	r.prove(a.Proof, len(a.Chosen))
	r.scale(g)
	r.Sum, r.Worst, r.Nodes = g.Value(float64(a.Sum)), g.Value(float64(a.Worst)), a.Nodes
	r.lacks(a.Unmet, func(x matching.Unmet) string {
		if x.Part == "work" {
			return g.Left.ID(int32(x.Index))
		}
		return g.Right.ID(int32(x.Index))
	})
	var extra []matchOutput
	if m.Explain != "" {
		extra = append(extra, matchOutput{m.Explain, func(w io.Writer) error { return explainReviews(ctx, w, g, p, a) }})
	}
	return m.finish(&r, func(w io.Writer) error { return writeEdges(w, g, a.Chosen) }, extra...)
}

// explainReviews writes who would take each work from each reviewer and what
// that costs, and the shadow prices.
func explainReviews(ctx context.Context, w io.Writer, g *exchange.Graph, p *matching.ReviewProblem, a *matching.Reviewing) error {
	b := bufio.NewWriter(w)
	list := a.Alternatives(ctx)
	if list == nil {
		// No dual: say who could step in without moving anybody else.
		fmt.Fprintf(b, "# pair: work, reviewer, weight, who could step in while everybody else stays (- for nobody), what the sum loses then\n")
		for _, e := range a.Chosen {
			if ctx.Err() != nil {
				break
			}
			others, err := p.Replace(a.Chosen, e)
			if err != nil {
				return err
			}
			x, by, loss := p.Edges[e], "-", p.Edges[e].Weight
			if len(others) > 0 {
				by, loss = g.Right.ID(p.Edges[others[0].Edge].Right), x.Weight-others[0].Weight
			}
			fmt.Fprintf(b, "pair\t%s\t%s\t%s\t%s\t%s\n", g.Left.ID(x.Left), g.Right.ID(x.Right), g.Text(x.Weight), by, g.Text(loss))
		}
		return b.Flush()
	}
	fmt.Fprintf(b, "# pair: work, reviewer, weight, reviewer instead when it is forbidden (- for nobody), what the sum loses then\n")
	for _, x := range list {
		e, instead := p.Edges[x.Edge], "-"
		if x.Instead >= 0 {
			instead = g.Right.ID(p.Edges[x.Instead].Right)
		}
		fmt.Fprintf(b, "pair\t%s\t%s\t%s\t%s\t%s\n", g.Left.ID(e.Left), g.Right.ID(e.Right), g.Text(e.Weight), instead, g.Text(x.Loss))
	}
	fmt.Fprintf(b, "# reviewer: id, what one place more would add to the sum\n")
	for v, x := range a.ReviewerPrice {
		fmt.Fprintf(b, "reviewer\t%s\t%s\n", g.Right.ID(int32(v)), g.Text(x))
	}
	return b.Flush()
}

// replace changes single reviewers of an earlier answer.
func (m *matchReviews) replace(ctx context.Context, g *exchange.Graph, p *matching.ReviewProblem, r *reviewsReport) error {
	chosen, err := findEdges(g, m.Current, true)
	if err != nil {
		return err
	}
	out, err := findEdges(g, m.Replace, false)
	if err != nil {
		return err
	}
	slices.Sort(chosen)
	if len(slices.Compact(slices.Clone(chosen))) != len(chosen) {
		return badInput{&exchange.LineError{File: m.Current, Reason: "a pair stands twice"}}
	}
	err = m.solve(ctx, &r.matchReport, func(context.Context) error {
		for _, e := range out {
			x := p.Edges[e]
			if !slices.Contains(chosen, e) {
				return badInput{&exchange.LineError{File: m.Replace, Reason: fmt.Sprintf("%q does not review %q in %s", g.Right.ID(x.Right), g.Left.ID(x.Left), m.Current)}}
			}
			list, err := p.Replace(chosen, e)
			if err != nil {
				return err
			}
			if len(list) == 0 {
				return fmt.Errorf("no answer exists: nobody can take %q from %q without moving somebody else", g.Left.ID(x.Left), g.Right.ID(x.Right))
			}
			chosen[slices.Index(chosen, e)] = list[0].Edge
			t := replacementReport{Work: g.Left.ID(x.Left), Reviewer: g.Right.ID(x.Right), By: g.Right.ID(p.Edges[list[0].Edge].Right),
				Weight: g.Value(float64(list[0].Weight)), Others: []string{}}
			for _, o := range list[1:min(len(list), 6)] {
				t.Others = append(t.Others, g.Right.ID(p.Edges[o.Edge].Right))
			}
			r.Replaced = append(r.Replaced, t)
		}
		return nil
	})
	if err != nil {
		return matchFault(g, err)
	}
	slices.Sort(chosen)
	totals := make(map[int32]int64)
	var sum int64
	for _, e := range chosen {
		totals[p.Edges[e].Left] += p.Edges[e].Weight
		sum += p.Edges[e].Weight
	}
	worst := sum
	for _, t := range totals {
		worst = min(worst, t)
	}
	r.Sum, r.Worst, r.Matched = g.Value(float64(sum)), g.Value(float64(worst)), len(chosen)
	r.Objective = r.Sum
	// Only what one replacement can be is optimal here, not the whole.
	r.Algorithm = "the best replacement that moves nobody else"
	return m.finish(r, func(w io.Writer) error { return writeEdges(w, g, chosen) })
}
