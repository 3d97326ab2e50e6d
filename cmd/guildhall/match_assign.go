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

// matchAssign matches people on the left with people on the right.
type matchAssign struct {
	matchFiles
	Capacities string `help:"File of lines 'right places' or 'right places least'; one place each when not given." type:"existingfile" placeholder:"FILE"`
	Demand     int32  `help:"How many partners everybody on the left wants." default:"1"`
	Demands    string `help:"File of lines 'left demand' for those who want another number." type:"existingfile" placeholder:"FILE"`
	Pins       string `help:"File of lines 'left right': pairs that must be made." type:"existingfile" placeholder:"FILE"`
	Forbid     string `help:"File of lines 'left right': pairs that must not be made." type:"existingfile" placeholder:"FILE"`
	Most       bool   `help:"First as many pairs as possible, then the weight."`
	Fair       bool   `help:"Raise the worst-off first (leximin) instead of the sum."`
	Explain    string `help:"Where to write, tab-separated: what would replace each pair and at what loss, and the shadow price of every person." type:"path" placeholder:"FILE"`
}

type assignReport struct {
	matchReport
	Left       int      `json:"left"`
	Right      int      `json:"right"`
	Edges      int      `json:"edges"`
	Missing    int      `json:"missing"` // wanted partners nobody was found for
	Worst      *float64 `json:"worst,omitempty"`
	MostWeight *float64 `json:"largest_sum,omitempty"` // without fairness
}

// fileFault makes an error of a reader one that ends the command with code 2.
func fileFault(err error) error {
	var e *exchange.LineError
	if errors.As(err, &e) {
		return badInput{err}
	}
	return err
}

// matchFault turns an error of a solver into one with file, line and names.
func matchFault(g *exchange.Graph, err error) error {
	var no *matching.InfeasibleError
	if errors.As(err, &no) && no.Index >= 0 {
		names := g.Left
		if no.Part == "right" {
			names = g.Right
		}
		if no.Index < names.Len() {
			return fmt.Errorf("no answer exists: %q %s", names.ID(int32(no.Index)), no.Reason)
		}
	}
	return fileFault(g.Fault(err))
}

// readGraph reads the input of a problem.
func (f *matchFiles) readGraph(oneList bool) (*exchange.Graph, error) {
	g, err := exchange.Open(f.In, func(r io.Reader) (*exchange.Graph, error) { return exchange.ReadEdges(r, f.In, oneList) })
	if err != nil {
		return nil, fileFault(err)
	}
	return g, nil
}

// readCounts reads numbers for people, nil when there is no file.
func readCounts(file string, names *exchange.Names, most int) ([]exchange.Count, error) {
	if file == "" {
		return nil, nil
	}
	c, err := exchange.Open(file, func(r io.Reader) ([]exchange.Count, error) {
		return exchange.ReadCounts(r, file, names, 1, most)
	})
	if err != nil {
		return nil, fileFault(err)
	}
	return c, nil
}

// readPairs reads pairs, none when there is no file.
func readPairs(file string, left, right *exchange.Names, more, strict bool) ([]exchange.Pair, error) {
	if file == "" {
		return nil, nil
	}
	p, err := exchange.Open(file, func(r io.Reader) ([]exchange.Pair, error) {
		return exchange.ReadPairs(r, file, left, right, more, strict)
	})
	if err != nil {
		return nil, fileFault(err)
	}
	return p, nil
}

// findEdges reads pairs that must have an edge.
func findEdges(g *exchange.Graph, file string, more bool) ([]int, error) {
	pairs, err := readPairs(file, g.Left, g.Right, more, true)
	if err != nil {
		return nil, err
	}
	edges, err := g.Find(file, pairs)
	if err != nil {
		return nil, fileFault(err)
	}
	return edges, nil
}

func (m *matchAssign) problem(g *exchange.Graph) (*matching.AssignProblem, error) {
	p := &matching.AssignProblem{Left: g.Left.Len(), Right: g.Right.Len(), Edges: g.Edges, Most: m.Most, Fair: m.Fair}
	if m.Demand < 0 {
		return nil, badInput{errors.New("--demand must not be negative")}
	}
	p.Demand = make([]int32, p.Left)
	for u := range p.Demand {
		p.Demand[u] = m.Demand
	}
	demands, err := readCounts(m.Demands, g.Left, 1)
	if err != nil {
		return nil, err
	}
	for u, c := range demands {
		if c.Line > 0 {
			p.Demand[u] = c.Values[0]
		}
	}
	places, err := readCounts(m.Capacities, g.Right, 2)
	if err != nil {
		return nil, err
	}
	if places != nil {
		p.Capacity = make([]int32, p.Right)
		for v, c := range places {
			if c.Line == 0 {
				return nil, badInput{&exchange.LineError{File: m.Capacities, Reason: fmt.Sprintf("there is no line for %q", g.Right.ID(int32(v)))}}
			}
			p.Capacity[v] = c.Values[0]
			if len(c.Values) > 1 {
				if p.Minimum == nil {
					p.Minimum = make([]int32, p.Right)
				}
				if c.Values[1] > c.Values[0] {
					return nil, badInput{&exchange.LineError{File: m.Capacities, Line: c.Line, Reason: fmt.Sprintf("at least %d is more than %d places", c.Values[1], c.Values[0])}}
				}
				p.Minimum[v] = c.Values[1]
			}
		}
	}
	if p.Pins, err = findEdges(g, m.Pins, false); err != nil {
		return nil, err
	}
	never, err := readPairs(m.Forbid, g.Left, g.Right, false, false)
	if err != nil {
		return nil, err
	}
	p.Forbidden = g.FindAll(never)
	return p, nil
}

// Run reads, solves and writes.
func (m *matchAssign) Run(ctx context.Context) error {
	g, err := m.readGraph(false)
	if err != nil {
		return err
	}
	p, err := m.problem(g)
	if err != nil {
		return err
	}
	r := assignReport{Left: p.Left, Right: p.Right, Edges: len(p.Edges)}
	r.Problem = "assign"
	var a *matching.Assignment
	err = m.solve(ctx, &r.matchReport, func(ctx context.Context) (err error) {
		a, err = matching.Assign(ctx, p, m.options())
		return err
	})
	if err != nil {
		return matchFault(g, err)
	}
	r.prove(a.Proof, len(a.Chosen))
	r.scale(g)
	r.Missing = a.Idle
	r.lacks(a.Unmet, func(x matching.Unmet) string { return g.Right.ID(int32(x.Index)) })
	if m.Fair {
		most := g.Value(a.MostWeight)
		r.MostWeight = &most
		if len(a.Chosen) > 0 {
			worst := p.Edges[a.Chosen[0]].Weight
			for _, e := range a.Chosen {
				worst = min(worst, p.Edges[e].Weight)
			}
			w := g.Value(float64(worst))
			r.Worst = &w
		}
	}
	var extra []matchOutput
	if m.Explain != "" {
		extra = append(extra, matchOutput{m.Explain, func(w io.Writer) error { return explainAssign(ctx, w, g, p, a) }})
	}
	return m.finish(&r, func(w io.Writer) error { return writeEdges(w, g, a.Chosen) }, extra...)
}

// scale turns the numbers of the solver into the units of the file.
func (r *matchReport) scale(g *exchange.Graph) {
	r.Objective = g.Value(r.Objective)
	if r.Bound != nil {
		*r.Bound = g.Value(*r.Bound)
	}
}

// writeEdges writes lines "left right weight".
func writeEdges(w io.Writer, g *exchange.Graph, edges []int) error {
	b := bufio.NewWriter(w)
	for _, i := range edges {
		e := g.Edges[i]
		b.WriteString(g.Left.ID(e.Left))
		b.WriteByte('\t')
		b.WriteString(g.Right.ID(e.Right))
		b.WriteByte('\t')
		b.WriteString(g.Text(e.Weight))
		b.WriteByte('\n')
	}
	return b.Flush()
}

// explainAssign writes what would replace each pair, and the shadow prices.
func explainAssign(ctx context.Context, w io.Writer, g *exchange.Graph, p *matching.AssignProblem, a *matching.Assignment) error {
	b := bufio.NewWriter(w)
	fmt.Fprintf(b, "# pair: left, right, weight, right instead when it is forbidden (- for nobody), what the sum loses then\n")
	for _, x := range a.Alternatives(ctx) {
		e, instead := p.Edges[x.Edge], "-"
		if x.Instead >= 0 {
			instead = g.Right.ID(p.Edges[x.Instead].Right)
		}
		fmt.Fprintf(b, "pair\t%s\t%s\t%s\t%s\t%s\n", g.Left.ID(e.Left), g.Right.ID(e.Right), g.Text(e.Weight), instead, g.Text(x.Loss))
	}
	fmt.Fprintf(b, "# person: left or right, id, what one partner or one place more would add\n")
	for v, x := range a.LeftValue {
		fmt.Fprintf(b, "person\tleft\t%s\t%s\n", g.Left.ID(int32(v)), g.Text(x))
	}
	for v, x := range a.RightPrice {
		fmt.Fprintf(b, "person\tright\t%s\t%s\n", g.Right.ID(int32(v)), g.Text(x))
	}
	// Who was left out: the edge that needs the least to be chosen.
	got := make([]int32, p.Left)
	for _, e := range a.Chosen {
		got[p.Edges[e].Left]++
	}
	if a.LeftValue != nil {
		fmt.Fprintf(b, "# missing: left, right, by how much the weight would have to rise for the pair to be made\n")
		best := make(map[int32]int)
		slack := func(i int) int64 {
			e := p.Edges[i]
			return a.LeftValue[e.Left] + a.RightPrice[e.Right] - e.Weight
		}
		for i, e := range p.Edges {
			if got[e.Left] < p.Demand[e.Left] {
				if o, ok := best[e.Left]; !ok || slack(i) < slack(o) {
					best[e.Left] = i
				}
			}
		}
		for u := range int32(p.Left) {
			i, ok := best[u]
			if !ok || ctx.Err() != nil {
				continue
			}
			if rise, ok := a.Rise(p, i); ok {
				fmt.Fprintf(b, "missing\t%s\t%s\t%s\n", g.Left.ID(u), g.Right.ID(p.Edges[i].Right), g.Text(rise))
			}
		}
	}
	return b.Flush()
}
