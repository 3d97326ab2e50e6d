package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/guildhall/guildhall/matching"
)

// matchTeams forms teams.
type matchTeams struct {
	matchFiles
	Explain string `help:"Where to write, tab-separated: for everybody the people they could change places with at the smallest loss." type:"path" placeholder:"FILE"`
}

// teamsFile is the input of teams. Only teams, size and people are needed;
// everything of the objective has a default. Skills, departments, bands and
// sites may be numbers or words.
type teamsFile struct {
	Teams     int                 `json:"teams"`
	Size      int                 `json:"size"` // of every team, or:
	MinSize   int                 `json:"min_size"`
	MaxSize   int                 `json:"max_size"`
	People    []teamsPerson       `json:"people"`
	Pairs     [][]json.RawMessage `json:"pairs"` // [number, number, kind]
	Objective teamsObjective      `json:"objective"`
}

type teamsPerson struct {
	ID     string            `json:"id"` // written to the answer; else the number
	Dept   json.RawMessage   `json:"dept"`
	Band   json.RawMessage   `json:"band"` // time zone
	Site   json.RawMessage   `json:"site"`
	Exp    float64           `json:"exp"`
	Skills []json.RawMessage `json:"skills"`
	From   *float64          `json:"from"` // working hours on one clock
	To     *float64          `json:"to"`
}

type teamsObjective struct {
	Skills   *[]teamsSkill `json:"skills"`   // default: skills 0 to 3 at 50
	Dept     *float64      `json:"dept"`     // each department present, default 10
	Band     *float64      `json:"band"`     // each band present, default -6
	Site     float64       `json:"site"`     // each site present
	Exp      *float64      `json:"exp"`      // cost of each unit off balance, default 1
	Wanted   *float64      `json:"wanted"`   // default 8
	Unwanted *float64      `json:"unwanted"` // default -30
	Known    *float64      `json:"known"`    // default -2
	Overlap  *struct {
		Worth  float64 `json:"worth"`
		Enough float64 `json:"enough"`
		Least  float64 `json:"least"`
	} `json:"overlap"`
}

type teamsSkill struct {
	Skill    json.RawMessage `json:"skill"`
	Worth    float64         `json:"worth"`
	Need     int             `json:"need"`
	Required bool            `json:"required"`
}

// teamsReport is the report of teams.
type teamsReport struct {
	matchReport
	Teams  []teamReport `json:"teams"`
	Broken []string     `json:"broken_rules,omitempty"`
}

type teamReport struct {
	Members  []string           `json:"members"`
	Value    float64            `json:"value"`
	Terms    map[string]float64 `json:"terms"`
	Missing  []string           `json:"missing_skills,omitempty"`
	Distinct map[string]int     `json:"distinct"`
	Exp      float64            `json:"exp_sum"`
	Hours    *float64           `json:"common_hours,omitempty"`
	Wanted   [][2]string        `json:"wanted_together,omitempty"`
	Unwanted [][2]string        `json:"unwanted_together,omitempty"`
}

// lineAt is the line of a byte offset.
func lineAt(data []byte, offset int64) int {
	offset = max(0, min(offset, int64(len(data))))
	return 1 + bytes.Count(data[:offset], []byte("\n"))
}

// lineOfEntry is the line where entry index of the list called key begins in
// a JSON object, or the line of the end when there is none.
func lineOfEntry(data []byte, key string, index int) int {
	dec := json.NewDecoder(bytes.NewReader(data))
	if _, err := dec.Token(); err != nil {
		return 1
	}
	for dec.More() {
		name, err := dec.Token()
		if err != nil {
			break
		}
		if name != key {
			var skip json.RawMessage
			if dec.Decode(&skip) != nil {
				break
			}
			continue
		}
		if _, err := dec.Token(); err != nil {
			break
		}
		for i := 0; dec.More(); i++ {
			var skip json.RawMessage
			if dec.Decode(&skip) != nil {
				break
			}
			if i == index {
				return lineAt(data, dec.InputOffset()-int64(len(skip)))
			}
		}
		break
	}
	return lineAt(data, dec.InputOffset())
}

// teamsInput is a problem with the names of its people and skills.
type teamsInput struct {
	problem matching.TeamsProblem
	names   []string
	skills  []string
	terms   []string // of the categories
}

// word is a JSON number or string as text, "" when absent or null.
func word(raw json.RawMessage) (string, bool) {
	text := string(bytes.TrimSpace(raw))
	if text == "" || text == "null" {
		return "", true
	}
	if text[0] == '"' {
		var s string
		err := json.Unmarshal(raw, &s)
		return s, err == nil
	}
	switch text[0] {
	case '{', '[', 't', 'f':
		return "", false
	}
	return text, true
}

// readTeams reads and checks the JSON of teams.
func readTeams(data []byte, file string) (*teamsInput, error) {
	data = bytes.TrimPrefix(data, []byte("\uFEFF"))
	var f teamsFile
	if err := json.Unmarshal(data, &f); err != nil {
		var syntax *json.SyntaxError
		var kind *json.UnmarshalTypeError
		switch {
		case errors.As(err, &syntax):
			return nil, lineError(file, lineAt(data, syntax.Offset), "%v", err)
		case errors.As(err, &kind):
			return nil, lineError(file, lineAt(data, kind.Offset), "%s is a %s, not what belongs there", kind.Field, kind.Value)
		}
		return nil, lineError(file, 1, "%v", err)
	}
	n := len(f.People)
	whole := func(format string, args ...any) error { return lineError(file, 1, format, args...) }
	if n == 0 {
		return nil, whole("no people")
	}
	if n > 1_000_000 {
		return nil, whole("more than a million people")
	}
	if f.Size != 0 {
		if f.MinSize != 0 || f.MaxSize != 0 {
			return nil, whole("size beside min_size and max_size")
		}
		f.MinSize, f.MaxSize = f.Size, f.Size
	}
	if f.Teams < 1 || f.MinSize < 1 || f.MaxSize < f.MinSize {
		return nil, whole("teams must be at least 1 and sizes positive: %d teams of %d to %d", f.Teams, f.MinSize, f.MaxSize)
	}
	in := &teamsInput{}
	p := &in.problem
	p.People, p.Teams, p.MinSize, p.MaxSize = n, f.Teams, f.MinSize, f.MaxSize
	value := func(x *float64, otherwise float64) float64 {
		if x == nil {
			return otherwise
		}
		return *x
	}
	// Skills.
	skills := []teamsSkill{}
	if f.Objective.Skills != nil {
		skills = *f.Objective.Skills
	} else {
		for k := range 4 {
			skills = append(skills, teamsSkill{Skill: json.RawMessage(strconv.Itoa(k)), Worth: 50})
		}
	}
	at := map[string]int{}
	for i, s := range skills {
		name, ok := word(s.Skill)
		if !ok || name == "" {
			return nil, whole("objective skill %d has no name", i+1)
		}
		if _, twice := at[name]; twice {
			return nil, whole("objective skill %q twice", name)
		}
		if s.Need == 0 {
			s.Need = 1
		}
		at[name] = i
		in.skills = append(in.skills, name)
		p.Skills = append(p.Skills, matching.TeamSkill{Has: make([]bool, n), Worth: s.Worth, Need: s.Need, Required: s.Required})
	}
	// Categories.
	categories := []struct {
		name string
		each float64
		of   func(*teamsPerson) json.RawMessage
	}{
		{"dept", value(f.Objective.Dept, 10), func(x *teamsPerson) json.RawMessage { return x.Dept }},
		{"band", value(f.Objective.Band, -6), func(x *teamsPerson) json.RawMessage { return x.Band }},
		{"site", f.Objective.Site, func(x *teamsPerson) json.RawMessage { return x.Site }},
	}
	for _, c := range categories {
		numbers := map[string]int32{}
		of := make([]int32, n)
		for i := range f.People {
			text, ok := word(c.of(&f.People[i]))
			if !ok {
				return nil, lineError(file, lineOfEntry(data, "people", i), "%s of person %d is neither a word nor a number", c.name, i)
			}
			of[i] = -1
			if text != "" {
				k, known := numbers[text]
				if !known {
					k = int32(len(numbers))
					numbers[text] = k
				}
				of[i] = k
			}
		}
		if c.each != 0 && len(numbers) > 0 {
			p.Categories = append(p.Categories, matching.TeamCategory{Of: of, Each: c.each})
			in.terms = append(in.terms, c.name)
		}
	}
	// People.
	ids := map[string]bool{}
	exp := make([]float64, n)
	for i := range f.People {
		x := &f.People[i]
		here := func(format string, args ...any) error {
			return lineError(file, lineOfEntry(data, "people", i), "person %d: %s", i, fmt.Sprintf(format, args...))
		}
		name := x.ID
		if name == "" {
			name = strconv.Itoa(i)
		}
		if strings.ContainsAny(name, "\t\r\n") {
			return nil, here("id holds a tab or a line break")
		}
		if ids[name] {
			return nil, here("id %q twice", name)
		}
		ids[name] = true
		in.names = append(in.names, name)
		if math.Abs(x.Exp) > 1e9 {
			return nil, here("exp is beyond a thousand million")
		}
		exp[i] = x.Exp
		for _, raw := range x.Skills {
			skill, ok := word(raw)
			if !ok {
				return nil, here("a skill is neither a word nor a number")
			}
			if k, counted := at[skill]; counted {
				p.Skills[k].Has[i] = true
			}
		}
	}
	p.Balances = []matching.TeamBalance{{Value: exp, Weight: value(f.Objective.Exp, 1)}}
	if o := f.Objective.Overlap; o != nil {
		p.Overlap = &matching.TeamOverlap{Worth: o.Worth, Enough: o.Enough, Least: o.Least}
		for i := range f.People {
			x := &f.People[i]
			if x.From == nil || x.To == nil || *x.From >= *x.To {
				return nil, lineError(file, lineOfEntry(data, "people", i), "person %d: working hours need from and to, from before to", i)
			}
			p.Overlap.From, p.Overlap.To = append(p.Overlap.From, *x.From), append(p.Overlap.To, *x.To)
		}
	}
	// Pairs.
	worth := map[string]float64{
		"wanted": value(f.Objective.Wanted, 8), "unwanted": value(f.Objective.Unwanted, -30), "known": value(f.Objective.Known, -2), "together": 0, "apart": 0,
	}
	seen := map[[2]int]bool{}
	for i, raw := range f.Pairs {
		here := func(format string, args ...any) error {
			return lineError(file, lineOfEntry(data, "pairs", i), "pair %d: %s", i, fmt.Sprintf(format, args...))
		}
		if len(raw) != 3 {
			return nil, here("%d entries; want two numbers and a kind", len(raw))
		}
		var a, b int
		var kind string
		if json.Unmarshal(raw[0], &a) != nil || json.Unmarshal(raw[1], &b) != nil || json.Unmarshal(raw[2], &kind) != nil {
			return nil, here("want two numbers and a kind")
		}
		w, ok := worth[kind]
		switch {
		case !ok:
			return nil, here("kind %q is none of wanted, unwanted, known, together, apart", kind)
		case a < 0 || b < 0 || a >= n || b >= n:
			return nil, here("there is no person %d", max(a, b, -1))
		case a == b:
			return nil, here("both are person %d", a)
		case seen[[2]int{min(a, b), max(a, b)}]:
			return nil, here("people %d and %d twice", a, b)
		}
		seen[[2]int{min(a, b), max(a, b)}] = true
		q := matching.TeamPair{A: int32(a), B: int32(b), Worth: w}
		switch kind {
		case "together":
			q.Rule = matching.PairTogether
		case "apart":
			q.Rule = matching.PairApart
		}
		p.Pairs = append(p.Pairs, q)
	}
	return in, nil
}

func (in *teamsInput) list(people []int32) []string {
	out := make([]string, len(people))
	for i, v := range people {
		out[i] = in.names[v]
	}
	return out
}

// explain says in words of the input where a team's value comes from.
func (in *teamsInput) explain(members []int32, e *matching.TeamTerms) teamReport {
	out := teamReport{Members: in.list(members), Value: e.Value, Terms: map[string]float64{}, Distinct: map[string]int{}, Exp: e.Sum[0]}
	for _, x := range e.Skill {
		out.Terms["skills"] += x
	}
	for _, k := range e.Missing {
		out.Missing = append(out.Missing, in.skills[k])
	}
	for c, name := range in.terms {
		out.Terms[name] = e.Category[c]
		out.Distinct[name] = e.Distinct[c]
	}
	out.Terms["exp"] = e.Balance[0]
	out.Terms["pairs"] = e.Pair
	if in.problem.Overlap != nil {
		out.Terms["overlap"] = e.Overlap
		out.Hours = &e.Hours
	}
	names := func(list []int32) (pairs [][2]string) {
		for _, i := range list {
			q := in.problem.Pairs[i]
			pairs = append(pairs, [2]string{in.names[q.A], in.names[q.B]})
		}
		return pairs
	}
	out.Wanted, out.Unwanted = names(e.Wanted), names(e.Unwanted)
	return out
}

// Run reads, solves and writes.
func (c *matchTeams) Run(ctx context.Context) error {
	data, err := os.ReadFile(c.In)
	if err != nil {
		return badInput{fmt.Errorf("open %s: %w", c.In, err)}
	}
	in, err := readTeams(data, c.In)
	if err != nil {
		return err
	}
	if c.TimeLimit == 0 && c.WorkLimit == 0 {
		// The problem is NP-hard: without any limit a proof may take for ever.
		c.TimeLimit = 5 * time.Second
	}
	rep := teamsReport{matchReport: matchReport{Problem: "teams"}}
	var got *matching.TeamsResult
	err = c.solve(ctx, &rep.matchReport, func(ctx context.Context) error {
		var err error
		got, err = matching.Teams(ctx, in.problem, c.options())
		return err
	})
	var bad *matching.InputError
	var never *matching.InfeasibleError
	if errors.As(err, &bad) || errors.As(err, &never) {
		return badInput{fmt.Errorf("%s: %w", c.In, err)}
	}
	if err != nil {
		return err
	}
	rep.prove(got.Proof, in.problem.People)
	for t := range got.Teams {
		rep.Teams = append(rep.Teams, in.explain(got.Teams[t], &got.Terms[t]))
	}
	for _, f := range got.Broken {
		text := f.Rule
		switch f.Rule {
		case "skill":
			text = fmt.Sprintf("team %d lacks required skill %s", f.Team+1, in.skills[f.Of])
		case "overlap":
			text = fmt.Sprintf("team %d has too few common hours", f.Team+1)
		case "apart", "together":
			q := in.problem.Pairs[f.Of]
			text = fmt.Sprintf("%s and %s must be %s", in.names[q.A], in.names[q.B], f.Rule)
		}
		rep.Broken = append(rep.Broken, text)
	}
	var extra []matchOutput
	if c.Explain != "" {
		extra = append(extra, matchOutput{c.Explain, func(w io.Writer) error { return in.explainSwaps(ctx, w, got) }})
	}
	return c.finish(rep, func(w io.Writer) error {
		for _, team := range got.Teams {
			if _, err := fmt.Fprintln(w, strings.Join(in.list(team), "\t")); err != nil {
				return err
			}
		}
		return nil
	}, extra...)
}

// explainSwaps writes with whom everybody could change places.
func (in *teamsInput) explainSwaps(ctx context.Context, w io.Writer, got *matching.TeamsResult) error {
	b := bufio.NewWriter(w)
	fmt.Fprintf(b, "# swap: person, team, person of another team, their team, what the value loses when they change places, hard rules that would break\n")
	for v := range int32(in.problem.People) {
		for _, x := range got.Alternatives(ctx, &in.problem, v, 3) {
			fmt.Fprintf(b, "swap\t%s\t%d\t%s\t%d\t%s\t%d\n", in.names[v], got.Team[v]+1, in.names[x.With], got.Team[x.With]+1, strconv.FormatFloat(x.Loss, 'g', 10, 64), x.Breaks)
		}
	}
	return b.Flush()
}
