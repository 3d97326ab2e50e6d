package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/guildhall/guildhall/matching"
)

// benchMatchingCmd prints what the matching engine takes beside the public
// solvers that are installed, on instances that any language rebuilds bit for
// bit. Every answer is checked by code that knows nothing of the solver.
type benchMatchingCmd struct {
	Rounds int      `help:"How often each measurement is taken; the median counts." default:"5"`
	Quick  bool     `help:"Leave out what takes minutes: the largest instance, and the baselines where they only stop at their limit of a minute."`
	Only   []string `help:"Only these parts: assign, pairs, reviews, shapes, rings, teams, growth." placeholder:"PART" enum:"assign,pairs,reviews,shapes,rings,teams,growth"`
	Alone  string   `hidden:"" help:"Solve one instance and print what it took; how memory is measured."`
	Tools  string   `help:"Folder with the sources of the baselines; by default looked for beside the repository." type:"path" placeholder:"DIR"`

	out io.Writer // of Run
}

// matchingSections are the problems in the order they are printed.
func (b *benchMatchingCmd) matchingSections() []matchingSection {
	return []matchingSection{
		{"assign", b.assign},
		{"pairs", b.pairs},
		{"reviews", b.reviews},
		{"shapes", b.shapes},
		{"rings", b.rings},
		{"teams", b.teams},
		{"growth", b.growth},
	}
}

type matchingSection struct {
	name string
	run  func(ctx context.Context) error
}

// Run prints one table for each problem.
func (b *benchMatchingCmd) Run(ctx context.Context) error {
	b.out = os.Stdout
	if b.Rounds < 1 {
		return badInput{errors.New("--rounds must be at least 1")}
	}
	if b.Alone != "" {
		return b.alone(ctx)
	}
	for _, s := range b.matchingSections() {
		if len(b.Only) > 0 && !slices.Contains(b.Only, s.name) {
			continue
		}
		if err := s.run(ctx); err != nil {
			return fmt.Errorf("measure %s: %w", s.name, err)
		}
	}
	return nil
}

// benchTable prints rows as they come, so that a long run shows how far it is.
type benchTable struct {
	out    io.Writer
	widths []int
}

// table begins a table; columns are names with their widths, the first of them
// on the left.
func (b *benchMatchingCmd) table(title string, columns ...any) *benchTable {
	t := &benchTable{out: b.out}
	fmt.Fprintln(b.out, title)
	var names []any
	for i := 0; i < len(columns); i += 2 {
		names = append(names, columns[i])
		t.widths = append(t.widths, columns[i+1].(int))
	}
	t.row(names...)
	return t
}

func (t *benchTable) row(cells ...any) {
	var line strings.Builder
	for i, c := range cells {
		switch {
		case i == 0:
			fmt.Fprintf(&line, "  %-*v", t.widths[i], c)
		case i < len(t.widths):
			fmt.Fprintf(&line, "  %*v", t.widths[i], c)
		default:
			fmt.Fprintf(&line, "  %v", c)
		}
	}
	fmt.Fprintln(t.out, strings.TrimRight(line.String(), " "))
}

func (t *benchTable) end() { fmt.Fprintln(t.out) }

// benchRandom is splitmix64 at a counter.
func benchRandom(s, i uint64) uint64 {
	z := s + (i+1)*0x9E3779B97F4A7C15
	z = (z ^ z>>30) * 0xBF58476D1CE4E5B9
	z = (z ^ z>>27) * 0x94D049BB133111EB
	return z ^ z>>31
}

// benchBipartite is the instance family of assign and reviews.
func benchBipartite(n, m, d int, s uint64) []matching.Edge {
	last := make([]int, m)
	edges := make([]matching.Edge, 0, n*d)
	for u := range n {
		for j := range d {
			i := uint64(u*d + j)
			v := min(benchRandom(s, 3*i)%uint64(m), benchRandom(s, 3*i+1)%uint64(m))
			if last[v] == u+1 {
				continue
			}
			last[v] = u + 1
			edges = append(edges, matching.Edge{Left: int32(u), Right: int32(v), Weight: int64(1 + benchRandom(s, 3*i+2)%1000)})
		}
	}
	return edges
}

func benchAssign(n, m, d int, s uint64) *matching.AssignProblem {
	p := &matching.AssignProblem{Left: n, Right: m, Edges: benchBipartite(n, m, d, s), Capacity: make([]int32, m)}
	for v := range p.Capacity {
		p.Capacity[v] = int32(1 + benchRandom(s+1, uint64(v))%6)
	}
	return p
}

func benchPairs(n, d int, s uint64) *matching.PairsProblem {
	p := &matching.PairsProblem{People: n}
	seen := make(map[[2]int32]bool, n*d/2)
	for u := range n {
		for j := range d / 2 {
			i := uint64(u*(d/2) + j)
			v := int(benchRandom(s, 2*i) % uint64(n))
			k := [2]int32{int32(min(u, v)), int32(max(u, v))}
			if u == v || seen[k] {
				continue
			}
			seen[k] = true
			p.Edges = append(p.Edges, matching.Edge{Left: int32(u), Right: int32(v), Weight: int64(1 + benchRandom(s, 2*i+1)%1000)})
		}
	}
	return p
}

func benchReviews(n, m, d int, k, load int32, s uint64) *matching.ReviewProblem {
	p := &matching.ReviewProblem{Works: n, Reviewers: m, Edges: benchBipartite(n, m, d, s), PerWork: k, Load: make([]int32, m)}
	for v := range p.Load {
		p.Load[v] = load
	}
	return p
}

// lemon is the LEMON baseline, compiled for this run; "" with a reason when it
// cannot be had.
type lemon struct {
	program, missing string
	folder           string
}

// toolsFolder finds the sources of the baselines: named by the flag, or in
// shared/tools/matching beside the repository.
func (b *benchMatchingCmd) toolsFolder() string {
	if b.Tools != "" {
		return b.Tools
	}
	dir, err := os.Getwd()
	if err != nil {
		return ""
	}
	for {
		place := filepath.Join(dir, "shared", "tools", "matching")
		if i, err := os.Stat(place); err == nil && i.IsDir() {
			return place
		}
		up := filepath.Dir(dir)
		if up == dir {
			return ""
		}
		dir = up
	}
}

func (b *benchMatchingCmd) lemon(ctx context.Context) *lemon {
	l := &lemon{}
	source := filepath.Join(b.toolsFolder(), "match_lemon.cpp")
	if _, err := os.Stat(source); err != nil {
		l.missing = "its program is not beside the repository"
		return l
	}
	var err error
	if l.folder, err = os.MkdirTemp("", "guildhall-bench-*"); err != nil {
		l.missing = err.Error()
		return l
	}
	program := filepath.Join(l.folder, "match_lemon")
	if l.missing = compileLemon(ctx, source, program); l.missing == "" {
		l.program = program
	}
	return l
}

// compileLemon compiles a program with LEMON and says what is missing for it.
func compileLemon(ctx context.Context, source, program string) (missing string) {
	compiler, err := exec.LookPath("g++")
	if err != nil {
		return "no g++"
	}
	for _, library := range []string{"-llemon", "-lemon"} { // Debian once named it emon
		if exec.CommandContext(ctx, compiler, "-O2", "-std=c++14", source, "-o", program, library).Run() == nil {
			return ""
		}
	}
	return "no LEMON"
}

func (l *lemon) close() {
	if l.folder != "" {
		_ = os.RemoveAll(l.folder)
	}
}

// lemonLine is a result of the LEMON program.
var lemonLine = regexp.MustCompile(`(?m)^(NetworkSimplex|CostScaling|MaxWeightedMatching) .*objective=(-?\d+) .*solve_cpu=([\d.]+)`)

// run measures the baseline once: the best of its methods.
func (l *lemon) run(ctx context.Context, args string) (method string, objective float64, seconds float64, err error) {
	out, err := exec.CommandContext(ctx, l.program, strings.Fields(args)...).Output()
	if err != nil {
		return "", 0, 0, fmt.Errorf("run LEMON: %w", err)
	}
	for _, m := range lemonLine.FindAllStringSubmatch(string(out), -1) {
		o, _ := strconv.ParseFloat(m[2], 64)
		s, _ := strconv.ParseFloat(m[3], 64)
		if method == "" || s < seconds {
			method, objective, seconds = m[1], o, s
		}
	}
	if method == "" {
		return "", 0, 0, errors.New("LEMON printed no result")
	}
	return method, objective, seconds, nil
}

// flowRun is one instance: how we solve it, what the baseline is called with,
// and the known optimum (0 when there is none).
type flowRun struct {
	name, baseline string
	known          float64
	solve          func(ctx context.Context, c *benchClock) (matching.Proof, error) // checks its answer when the clock has stopped
	large          bool
}

// flows measures instances against LEMON, taking turns, and prints a table.
func (b *benchMatchingCmd) flows(ctx context.Context, title string, runs []flowRun) error {
	l := b.lemon(ctx)
	defer l.close()
	t := b.table(fmt.Sprintf("%s (median of %d, CPU seconds; every answer and dual checked by other code)", title, b.Rounds),
		"instance", 30, "objective", 12, "proven", 7, "known", 7, "ours", 8, "wall", 8, "LEMON", 8, "method", 19, "ratio", 6)
	for _, r := range runs {
		var ours, wall, theirs, ratio []float64
		var proof matching.Proof
		method, beside := "-", 0.0
		rounds := b.Rounds
		if r.large {
			rounds = 1 // the baseline takes minutes
		}
		for range rounds {
			var c benchClock
			p, err := r.solve(ctx, &c)
			if err != nil {
				return err
			}
			proof = p
			ours, wall = append(ours, c.cpu), append(wall, c.wall)
			if l.program == "" {
				continue
			}
			m, objective, seconds, err := l.run(ctx, r.baseline)
			if err != nil {
				return err
			}
			method, beside = m, objective
			theirs, ratio = append(theirs, seconds), append(ratio, c.cpu/max(seconds, 1e-4))
		}
		verdict := "-"
		if r.known != 0 {
			verdict = "same"
			if proof.Objective != r.known {
				verdict = fmt.Sprintf("NOT %.0f", r.known)
			}
		}
		if beside != 0 && beside != proof.Objective {
			verdict += fmt.Sprintf(", LEMON %.0f", beside)
		}
		lemonText, ratioText := l.missing, "-"
		if l.program != "" {
			lemonText, ratioText = fmt.Sprintf("%.3f", median(theirs)), fmt.Sprintf("%.2f", median(ratio))
		}
		t.row(r.name, fmt.Sprintf("%.0f", proof.Objective), proof.Optimal, verdict, fmt.Sprintf("%.3f", median(ours)), fmt.Sprintf("%.3f", median(wall)), lemonText, method, ratioText)
		if r.large {
			// Memory is that of a process that does nothing else.
			if err := b.memory(ctx, t, r); err != nil {
				return err
			}
		}
	}
	t.end()
	return nil
}

// aloneInstance is the largest instance, solved by a process of its own.
const aloneInstance = "assign-100000"

// alone solves it and prints what it took.
func (b *benchMatchingCmd) alone(ctx context.Context) error {
	if b.Alone != aloneInstance {
		return badInput{fmt.Errorf("--alone %q is not known", b.Alone)}
	}
	var c benchClock
	p, err := assignRun(benchAssign(100000, 30000, 50, 1))(ctx, &c)
	if err != nil {
		return err
	}
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		return err
	}
	_, err = fmt.Fprintf(b.out, "%.0f %v %.3f %.3f %d\n", p.Objective, p.Optimal, c.cpu, c.wall, u.Maxrss/1024)
	return err
}

func (b *benchMatchingCmd) memory(ctx context.Context, t *benchTable, r flowRun) error {
	self, err := os.Executable()
	if err != nil {
		return err
	}
	out, err := exec.CommandContext(ctx, self, "bench", "matching", "--alone", aloneInstance).Output()
	if err != nil {
		return fmt.Errorf("measure memory: %w", err)
	}
	var objective, cpu, wall float64
	var proven bool
	var memory int64
	if _, err := fmt.Sscan(string(out), &objective, &proven, &cpu, &wall, &memory); err != nil {
		return fmt.Errorf("measure memory: %w", err)
	}
	t.row("  the same in its own process", fmt.Sprintf("%.0f", objective), proven, "", fmt.Sprintf("%.3f", cpu), fmt.Sprintf("%.3f", wall), "", "", "", fmt.Sprintf("at most %d MB with the instance", memory))
	return nil
}

// benchClock measures CPU and wall seconds.
type benchClock struct {
	cpu, wall float64
	start     time.Time
	begin     float64
}

func (c *benchClock) run(f func() error) error {
	runtime.GC() // what the last measurement left behind is not ours
	c.start, c.begin = time.Now(), cpuSeconds()
	err := f()
	c.cpu, c.wall = cpuSeconds()-c.begin, time.Since(c.start).Seconds()
	return err
}

func median(x []float64) float64 {
	if len(x) == 0 {
		return 0
	}
	y := slices.Sorted(slices.Values(x))
	return (y[(len(y)-1)/2] + y[len(y)/2]) / 2
}

func assignRun(p *matching.AssignProblem) func(context.Context, *benchClock) (matching.Proof, error) {
	return func(ctx context.Context, c *benchClock) (matching.Proof, error) {
		var a *matching.Assignment
		err := c.run(func() (err error) {
			a, err = matching.Assign(ctx, p, matching.Options{})
			return err
		})
		if err != nil {
			return matching.Proof{}, err
		}
		return a.Proof, p.Verify(a)
	}
}

func pairsRun(p *matching.PairsProblem) func(context.Context, *benchClock) (matching.Proof, error) {
	return func(ctx context.Context, c *benchClock) (matching.Proof, error) {
		var a *matching.Pairing
		err := c.run(func() (err error) {
			a, err = matching.Pairs(ctx, p, matching.Options{})
			return err
		})
		if err != nil {
			return matching.Proof{}, err
		}
		return a.Proof, p.Verify(a)
	}
}

func reviewsRun(p *matching.ReviewProblem) func(context.Context, *benchClock) (matching.Proof, error) {
	return func(ctx context.Context, c *benchClock) (matching.Proof, error) {
		var a *matching.Reviewing
		err := c.run(func() (err error) {
			a, err = matching.Reviews(ctx, p, matching.Options{})
			return err
		})
		if err != nil {
			return matching.Proof{}, err
		}
		return a.Proof, p.Verify(a)
	}
}

func (b *benchMatchingCmd) assign(ctx context.Context) error {
	runs := []flowRun{
		{"10,000 x 3,000, seed 1", "bm 10000 3000 50 1", 9651328, assignRun(benchAssign(10000, 3000, 50, 1)), false},
		{"10,000 x 3,000, seed 7", "bm 10000 3000 50 7", 0, assignRun(benchAssign(10000, 3000, 50, 7)), false},
		{"2,000 x 2,000, 20 each", "bm 2000 2000 20 5", 0, assignRun(benchAssign(2000, 2000, 20, 5)), false},
		{"500 x 400, 200 each", "bm 500 400 200 5", 0, assignRun(benchAssign(500, 400, 200, 5)), false},
	}
	if !b.Quick {
		runs = append(runs, flowRun{"100,000 x 30,000, seed 1", "bm 100000 30000 50 1", 96465067, assignRun(benchAssign(100000, 30000, 50, 1)), true})
	}
	return b.flows(ctx, "assign", runs)
}

func (b *benchMatchingCmd) pairs(ctx context.Context) error {
	return b.flows(ctx, "pairs", []flowRun{
		{"10,000", "gm 10000 20 2", 4607219, pairsRun(benchPairs(10000, 20, 2)), false},
		{"30,000", "gm 30000 20 2", 13813307, pairsRun(benchPairs(30000, 20, 2)), false},
		{"100,000", "gm 100000 20 2", 46077744, pairsRun(benchPairs(100000, 20, 2)), false},
		{"10,000, seed 9, 6 each", "gm 10000 6 9", 0, pairsRun(benchPairs(10000, 6, 9)), false},
		{"1,000, 400 each", "gm 1000 400 9", 0, pairsRun(benchPairs(1000, 400, 9)), false},
	})
}

func (b *benchMatchingCmd) reviews(ctx context.Context) error {
	small, big := benchReviews(2000, 1500, 60, 3, 6, 3), benchReviews(10000, 8000, 100, 3, 6, 4)
	if err := b.flows(ctx, "reviews", []flowRun{
		{"2,000 x 1,500", "pr 2000 1500 60 3 6 3", 5788018, reviewsRun(small), false},
		{"10,000 x 8,000", "pr 10000 8000 100 3 6 4", 29382821, reviewsRun(big), false},
		{"2,000 x 1,500, seed 8, 4 each", "pr 2000 1500 60 4 8 8", 0, reviewsRun(benchReviews(2000, 1500, 60, 4, 8, 8)), false},
	}); err != nil {
		return err
	}
	t := b.table(fmt.Sprintf("reviews, other rules (median of %d, CPU seconds)", b.Rounds),
		"instance", 18, "rule", 38, "objective", 10, "bound", 10, "proven", 7, "ours", 8, "times the sum", 14)
	for _, x := range []struct {
		name string
		p    *matching.ReviewProblem
	}{{"2,000 x 1,500", small}, {"10,000 x 8,000", big}} {
		var worst, times []float64
		worstFirst := *x.p
		worstFirst.MaxMin = true
		var proof matching.Proof
		for range b.Rounds {
			var c, d benchClock
			if _, err := reviewsRun(x.p)(ctx, &c); err != nil {
				return err
			}
			p, err := reviewsRun(&worstFirst)(ctx, &d)
			if err != nil {
				return err
			}
			proof = p
			worst, times = append(worst, d.cpu), append(times, d.cpu/max(c.cpu, 1e-4))
		}
		t.row(x.name, "worst work first", fmt.Sprintf("%.0f", proof.Objective), fmt.Sprintf("%.0f", proof.Bound), proof.Optimal, fmt.Sprintf("%.3f", median(worst)), fmt.Sprintf("%.1f", median(times)))
	}
	rules := *small
	rules.NoMutual, rules.NoTriangles = true, true
	for v := range rules.Reviewers {
		rules.Authors = append(rules.Authors, [2]int32{int32(v), int32(v)})
	}
	limited, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	var c benchClock
	p, err := reviewsRun(&rules)(limited, &c)
	if err != nil {
		return err
	}
	t.row("2,000 x 1,500", "no mutual reviews, no triangles, 10 s", fmt.Sprintf("%.0f", p.Objective), fmt.Sprintf("%.0f", p.Bound), p.Optimal, fmt.Sprintf("%.3f", c.cpu), "")
	t.end()
	return nil
}

// growth prints how our time grows with the size. The rings are those of
// offices of a thousand people, so that their number grows with the people; the
// teams get so many changes for everybody, and what that reaches is the gap.
func (b *benchMatchingCmd) growth(ctx context.Context) error {
	t := b.table(fmt.Sprintf("growth (median of %d, CPU seconds)", b.Rounds),
		"problem", 8, "people", 8, "size", 9, "of", 6, "ours", 9, "microseconds for each", 22, "gap", 8)
	line := func(problem string, people, size int, of string, solve func(context.Context, *benchClock) (matching.Proof, error)) error {
		var ours []float64
		var proof matching.Proof
		for range b.Rounds {
			var c benchClock
			p, err := solve(ctx, &c)
			if err != nil {
				return err
			}
			proof, ours = p, append(ours, c.cpu)
		}
		gap := "proven"
		if !proof.Optimal {
			gap = fmt.Sprintf("%.1f %%", 100*proof.Gap)
		}
		t.row(problem, people, size, of, fmt.Sprintf("%.4f", median(ours)), fmt.Sprintf("%.2f", median(ours)*1e6/float64(size)), gap)
		return nil
	}
	sizes := []int{1000, 3000, 10000, 30000, 100000}
	for _, n := range sizes {
		p := benchAssign(n, n*3/10, 50, 1)
		if err := line("assign", n, len(p.Edges), "edges", assignRun(p)); err != nil {
			return err
		}
	}
	for _, n := range sizes {
		p := benchPairs(n, 20, 2)
		if err := line("pairs", n, len(p.Edges), "edges", pairsRun(p)); err != nil {
			return err
		}
	}
	for _, n := range sizes {
		p := benchReviews(n, n*8/10, 60, 3, 6, 4)
		if err := line("reviews", n, len(p.Edges), "edges", reviewsRun(p)); err != nil {
			return err
		}
	}
	for _, n := range sizes {
		p := matching.RingsProblem{People: n, MaxLength: 3}
		for office := range n / 1000 {
			for _, a := range benchSwaps(1000, 150, 8, uint64(11+office)) {
				a.Teacher += int32(office * 1000)
				a.Learner += int32(office * 1000)
				p.Arcs = append(p.Arcs, a)
			}
		}
		err := line("rings", n, len(p.Arcs), "arcs", func(ctx context.Context, c *benchClock) (matching.Proof, error) {
			var got *matching.RingsResult
			if err := c.run(func() (err error) {
				got, err = matching.Rings(ctx, p, matching.Options{Seed: 1})
				return err
			}); err != nil {
				return matching.Proof{}, err
			}
			return got.Proof, p.Verify(got)
		})
		if err != nil {
			return err
		}
	}
	for _, n := range sizes {
		data, err := benchTeams(n/5*5, n/5, 1)
		if err != nil {
			return err
		}
		in, err := readTeams(data, "instance")
		if err != nil {
			return err
		}
		err = line("teams", n, 300*n, "steps", func(ctx context.Context, c *benchClock) (matching.Proof, error) {
			var got *matching.TeamsResult
			if err := c.run(func() (err error) {
				got, err = matching.Teams(ctx, in.problem, matching.Options{Seed: 1, WorkLimit: int64(300 * n)})
				return err
			}); err != nil {
				return matching.Proof{}, err
			}
			return got.Proof, in.problem.Verify(got)
		})
		if err != nil {
			return err
		}
	}
	t.end()
	return nil
}
