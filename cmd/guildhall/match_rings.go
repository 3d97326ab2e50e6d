package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/guildhall/guildhall/matching"
)

// matchRings packs swap rings.
type matchRings struct {
	matchFiles
	MaxLength    int     `help:"Longest ring, 2 to 5." default:"3"`
	Bonus        float64 `help:"Added for every person served." default:"0"`
	Priority     string  `help:"File of lines 'id bonus': added when this person is served." type:"existingfile" placeholder:"FILE"`
	FailureAware bool    `help:"Count expected weight; the chance that an arc succeeds is the fifth column (1 when missing)."`
	Givers       string  `help:"File of ids who may begin a chain with an hour from the time bank." type:"existingfile" placeholder:"FILE"`
	MaxChain     int     `help:"Longest chain in arcs, 0 to 5." default:"0"`
	PreferShort  bool    `help:"Among equally good answers take short rings."`
	Repair       string  `help:"An earlier answer to mend instead of solving afresh." type:"existingfile" placeholder:"FILE"`
	Gone         string  `help:"With --repair: file of ids who dropped out." type:"existingfile" placeholder:"FILE"`
	Disturb      float64 `help:"With --repair: what changing a whole ring costs per person; 0 never changes one." default:"0"`
	Explain      bool    `help:"Say in the report why each person who is not served is not."`
}

// ringsReport is the report of rings.
type ringsReport struct {
	matchReport
	MaxLength int            `json:"max_length"`
	People    int            `json:"people"`
	Possible  int            `json:"possible_rings"`
	Rings     int            `json:"rings"`
	ByLength  map[string]int `json:"rings_by_length"`
	RootBound float64        `json:"root_bound"`
	Nodes     int64          `json:"nodes"`
	Answer    []ringReport   `json:"answer"`
	Repair    *repairReport  `json:"repair,omitempty"`
	Unserved  []whyReport    `json:"unserved,omitempty"`
}

type ringReport struct {
	People []string `json:"people"`
	Skills []string `json:"skills,omitempty"`
	Weight float64  `json:"weight"`
	Value  float64  `json:"value"`
	Chance float64  `json:"chance"`
	Chain  bool     `json:"chain,omitempty"`
}

type repairReport struct {
	Kept      int      `json:"kept"`
	Broken    []string `json:"broken"`
	Disturbed []string `json:"disturbed"`
	Left      []string `json:"first_next_time"`
}

type whyReport struct {
	Person    string      `json:"person"`
	Reason    string      `json:"reason"`
	Would     *ringReport `json:"would_be_served_by,omitempty"`
	Loss      *float64    `json:"if_worth_more_by,omitempty"`
	AtLeast   *float64    `json:"proven_at_least,omitempty"`
	Displaced []string    `json:"in_place_of,omitempty"`
}

// ringsInput is a rings file with its names.
type ringsInput struct {
	people []string
	number map[string]int32
	skills []string
	skill  map[string]int32
	arcs   []matching.SwapArc
}

// lineError is a fault in a line of an input file.
func lineError(file string, line int, format string, args ...any) error {
	return badInput{fmt.Errorf("%s:%d: %s", file, line, fmt.Sprintf(format, args...))}
}

// eachLine calls f with the tab-separated fields of every line that is neither
// empty nor a comment (#). A byte order mark and carriage returns are ignored.
func eachLine(r io.Reader, file string, f func(line int, fields []string) error) error {
	s := bufio.NewScanner(r)
	s.Buffer(make([]byte, 64<<10), 1<<20)
	n := 0
	for s.Scan() {
		n++
		text := strings.TrimSuffix(s.Text(), "\r")
		if n == 1 {
			text = strings.TrimPrefix(text, "\uFEFF")
		}
		if strings.TrimSpace(text) == "" || text[0] == '#' {
			continue
		}
		if !utf8.ValidString(text) {
			return lineError(file, n, "not UTF-8")
		}
		if err := f(n, strings.Split(text, "\t")); err != nil {
			return err
		}
	}
	switch err := s.Err(); {
	case errors.Is(err, bufio.ErrTooLong):
		return lineError(file, n+1, "longer than 1 MiB")
	case err != nil:
		return fmt.Errorf("read %s: %w", file, err)
	}
	return nil
}

// eachLineOf is eachLine over a file.
func eachLineOf(file string, f func(line int, fields []string) error) error {
	r, err := os.Open(file)
	if err != nil {
		return badInput{fmt.Errorf("open %s: %w", file, err)}
	}
	defer r.Close()
	return eachLine(r, file, f)
}

// readRings reads lines 'teacher learner weight [skill [chance]]'.
func readRings(r io.Reader, file string, chances bool) (*ringsInput, error) {
	in := &ringsInput{number: map[string]int32{}, skill: map[string]int32{}}
	person := func(id string) int32 {
		k, ok := in.number[id]
		if !ok {
			k = int32(len(in.people))
			in.number[id] = k
			in.people = append(in.people, id)
		}
		return k
	}
	err := eachLine(r, file, func(line int, f []string) error {
		if len(f) < 3 || len(f) > 5 {
			return lineError(file, line, "%d fields; want teacher, learner, weight and perhaps skill and chance, separated by tabs", len(f))
		}
		if f[0] == "" || f[1] == "" {
			return lineError(file, line, "empty id")
		}
		if f[0] == f[1] {
			return lineError(file, line, "%q cannot teach themselves", f[0])
		}
		w, err := strconv.ParseFloat(f[2], 64)
		if err != nil || math.IsNaN(w) || math.Abs(w) > 1e9 {
			return lineError(file, line, "weight %q is not a number within a thousand million", f[2])
		}
		a := matching.SwapArc{Weight: w, Skill: -1}
		if len(f) > 3 && f[3] != "" {
			k, ok := in.skill[f[3]]
			if !ok {
				k = int32(len(in.skills))
				in.skill[f[3]] = k
				in.skills = append(in.skills, f[3])
			}
			a.Skill = k
		}
		if len(f) > 4 && f[4] != "" {
			c, err := strconv.ParseFloat(f[4], 64)
			if err != nil || !(c > 0 && c <= 1) {
				return lineError(file, line, "chance %q is not above 0 and at most 1", f[4])
			}
			if chances {
				a.Success = c
			}
		}
		a.Teacher, a.Learner = person(f[0]), person(f[1])
		in.arcs = append(in.arcs, a)
		return nil
	})
	if err != nil {
		return nil, err
	}
	return in, nil
}

// ids reads a file of one id a line; unknown ids are faults.
func (in *ringsInput) ids(file string) ([]int32, error) {
	var out []int32
	err := eachLineOf(file, func(line int, f []string) error {
		v, ok := in.number[f[0]]
		switch {
		case len(f) != 1:
			return lineError(file, line, "%d fields; want one id", len(f))
		case !ok:
			return lineError(file, line, "%q is not in the input", f[0])
		case slices.Contains(out, v):
			return lineError(file, line, "%q twice", f[0])
		}
		out = append(out, v)
		return nil
	})
	return out, err
}

// problem builds the problem the flags describe.
func (c *matchRings) problem(in *ringsInput) (matching.RingsProblem, error) {
	p := matching.RingsProblem{
		People: len(in.people), Arcs: in.arcs, MaxLength: c.MaxLength, Bonus: c.Bonus,
		FailureAware: c.FailureAware, MaxChain: c.MaxChain, PreferShort: c.PreferShort,
	}
	if c.MaxLength < 2 || c.MaxLength > 5 {
		return p, badInput{fmt.Errorf("--max-length %d is not between 2 and 5", c.MaxLength)}
	}
	if c.MaxChain < 0 || c.MaxChain > 5 {
		return p, badInput{fmt.Errorf("--max-chain %d is not between 0 and 5", c.MaxChain)}
	}
	if c.Givers != "" {
		g, err := in.ids(c.Givers)
		if err != nil {
			return p, err
		}
		p.Givers = g
	}
	if c.Priority != "" {
		p.Priority = make([]float64, p.People)
		err := eachLineOf(c.Priority, func(line int, f []string) error {
			if len(f) != 2 {
				return lineError(c.Priority, line, "%d fields; want id and bonus", len(f))
			}
			v, ok := in.number[f[0]]
			if !ok {
				return lineError(c.Priority, line, "%q is not in the input", f[0])
			}
			x, err := strconv.ParseFloat(f[1], 64)
			if err != nil || math.IsNaN(x) || math.Abs(x) > 1e9 {
				return lineError(c.Priority, line, "bonus %q is not a number within a thousand million", f[1])
			}
			p.Priority[v] += x
			return nil
		})
		if err != nil {
			return p, err
		}
	}
	return p, nil
}

// readAnswer reads an earlier answer: 'id ... id weight' a line, in teaching
// order. Of several arcs between two people the heaviest is taken. A line whose
// last person does not teach the first is a chain.
func (in *ringsInput) readAnswer(r io.Reader, file string) ([]matching.Ring, error) {
	best := map[[2]int32]int32{}
	for i, a := range in.arcs {
		k := [2]int32{a.Teacher, a.Learner}
		if o, ok := best[k]; !ok || a.Weight > in.arcs[o].Weight {
			best[k] = int32(i)
		}
	}
	var out []matching.Ring
	seen := map[int32]int{}
	err := eachLine(r, file, func(line int, f []string) error {
		if len(f) < 3 {
			return lineError(file, line, "%d fields; want at least two ids and the weight", len(f))
		}
		var ring matching.Ring
		for _, id := range f[:len(f)-1] {
			v, ok := in.number[id]
			if !ok {
				return lineError(file, line, "%q is not in the input", id)
			}
			if seen[v] > 0 {
				return lineError(file, line, "%q is in line %d already", id, seen[v])
			}
			seen[v] = line
			ring.People = append(ring.People, v)
		}
		n := len(ring.People)
		for i, u := range ring.People {
			v := ring.People[(i+1)%n]
			e, ok := best[[2]int32{u, v}]
			if !ok && i == n-1 {
				ring.Chain = true
				break
			}
			if !ok {
				return lineError(file, line, "%q teaches %q nothing", in.people[u], in.people[v])
			}
			ring.Arcs = append(ring.Arcs, e)
		}
		out = append(out, ring)
		return nil
	})
	return out, err
}

func (in *ringsInput) names(people []int32) []string {
	out := make([]string, len(people))
	for i, v := range people {
		out[i] = in.people[v]
	}
	return out
}

func (in *ringsInput) report(r *matching.Ring) ringReport {
	out := ringReport{People: in.names(r.People), Weight: r.Weight, Value: r.Value, Chance: r.Chance, Chain: r.Chain}
	for _, e := range r.Arcs {
		if k := in.arcs[e].Skill; k >= 0 {
			out.Skills = append(out.Skills, in.skills[k])
		} else if len(in.skills) > 0 {
			out.Skills = append(out.Skills, "")
		}
	}
	return out
}

// Run reads, solves and writes.
func (c *matchRings) Run(ctx context.Context) error {
	f, err := os.Open(c.In)
	if err != nil {
		return badInput{fmt.Errorf("open %s: %w", c.In, err)}
	}
	in, err := readRings(f, c.In, c.FailureAware)
	f.Close()
	if err != nil {
		return err
	}
	p, err := c.problem(in)
	if err != nil {
		return err
	}
	var repair *matching.RingsRepair
	if c.Repair != "" {
		old, err := os.Open(c.Repair)
		if err != nil {
			return badInput{fmt.Errorf("open %s: %w", c.Repair, err)}
		}
		rings, err := in.readAnswer(old, c.Repair)
		old.Close()
		if err != nil {
			return err
		}
		repair = &matching.RingsRepair{Rings: rings, Disturb: c.Disturb}
		if c.Gone != "" {
			if repair.Gone, err = in.ids(c.Gone); err != nil {
				return err
			}
		}
	} else if c.Gone != "" || c.Disturb != 0 {
		return badInput{errors.New("--gone and --disturb need --repair")}
	}
	if c.TimeLimit == 0 && c.WorkLimit == 0 {
		// The problem is NP-hard: without any limit a proof may take for ever.
		c.TimeLimit = 30 * time.Second
	}
	rep := ringsReport{matchReport: matchReport{Problem: "rings"}, MaxLength: c.MaxLength, People: p.People, ByLength: map[string]int{}, Answer: []ringReport{}}
	var got *matching.RingsResult
	var mended *matching.RingsRepaired
	err = c.solve(ctx, &rep.matchReport, func(ctx context.Context) error {
		var err error
		if repair != nil {
			if mended, err = matching.RepairRings(ctx, p, *repair, c.options()); err == nil {
				got = &mended.RingsResult
			}
			return err
		}
		got, err = matching.Rings(ctx, p, c.options())
		return err
	})
	if err != nil {
		var bad *matching.InputError
		if errors.As(err, &bad) {
			return badInput{fmt.Errorf("%s: %w", c.In, err)}
		}
		return err
	}
	rep.prove(got.Proof, got.Served)
	rep.Possible, rep.Rings, rep.RootBound, rep.Nodes = got.Possible, len(got.Rings), got.Root, got.Nodes
	for i := range got.Rings {
		r := &got.Rings[i]
		key := strconv.Itoa(len(r.People))
		if r.Chain {
			key = "chain of " + key
		}
		rep.ByLength[key]++
		rep.Answer = append(rep.Answer, in.report(r))
	}
	if mended != nil {
		rep.Repair = &repairReport{Kept: mended.Kept, Broken: in.names(mended.Broken), Disturbed: in.names(mended.Disturbed), Left: in.names(mended.Left)}
	} else if c.Explain {
		c.explain(ctx, in, got, &rep)
	}
	return c.finish(rep, func(w io.Writer) error {
		for i := range got.Rings {
			for _, v := range got.Rings[i].People {
				if _, err := fmt.Fprintf(w, "%s\t", in.people[v]); err != nil {
					return err
				}
			}
			if _, err := fmt.Fprintf(w, "%s\n", strconv.FormatFloat(got.Rings[i].Weight, 'f', -1, 64)); err != nil {
				return err
			}
		}
		return nil
	})
}

func (c *matchRings) explain(ctx context.Context, in *ringsInput, got *matching.RingsResult, rep *ringsReport) {
	for v := range in.people {
		why, change := got.Why(ctx, int32(v))
		if why == matching.Served {
			continue
		}
		w := whyReport{Person: in.people[v], Reason: string(why)}
		if change != nil {
			r := in.report(&change.Ring)
			w.Would, w.Loss, w.AtLeast, w.Displaced = &r, &change.Loss, &change.AtLeast, in.names(change.Displaced)
		}
		rep.Unserved = append(rep.Unserved, w)
	}
}
