package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/guildhall/guildhall/matching"
)

// benchSwaps is the instance family of rings: n people with two offers and two
// wishes of so many skills, at most degree teachers for each learner.
func benchSwaps(n, skills, degree int, s uint64) []matching.SwapArc {
	f := func(k, u int) int {
		i := uint64(8*u + 2*k)
		return int(min(benchRandom(s, i)%uint64(skills), benchRandom(s, i+1)%uint64(skills)))
	}
	offers := make([][]int32, skills)
	wants := make([][]int, n)
	for u := range n {
		a, b := f(0, u), f(1, u)
		offers[a] = append(offers[a], int32(u))
		if b != a {
			offers[b] = append(offers[b], int32(u))
		}
		for k := 2; k < 4; k++ {
			if x := f(k, u); x != a && x != b && !slices.Contains(wants[u], x) {
				wants[u] = append(wants[u], x)
			}
		}
	}
	var arcs []matching.SwapArc
	for v := range n {
		type teacher struct {
			u   int32
			key uint64
		}
		var list []teacher
		for _, x := range wants[v] {
			for _, u := range offers[x] {
				if int(u) != v && !slices.ContainsFunc(list, func(t teacher) bool { return t.u == u }) {
					list = append(list, teacher{u, benchRandom(s+7, uint64(int(u)*n+v))})
				}
			}
		}
		slices.SortFunc(list, func(a, b teacher) int {
			if a.key < b.key {
				return -1
			}
			return 1
		})
		for _, t := range list[:min(len(list), degree)] {
			arcs = append(arcs, matching.SwapArc{Teacher: t.u, Learner: int32(v), Weight: float64(1 + benchRandom(s+9, uint64(int(t.u)*n+v))%100)})
		}
	}
	return arcs
}

type swapRun struct {
	n, skills, degree int
	seed              uint64
	length            int
	known             float64
	limit             time.Duration // 0: until proven
}

func (r *swapRun) name() string {
	return fmt.Sprintf("swap(%d,%d,%d,%d) K%d", r.n, r.skills, r.degree, r.seed, r.length)
}

// cyclesLine is a result of the cycle formulation's baseline program.
var cyclesLine = regexp.MustCompile(`objective=(\S+) .*solve_cpu=([\d.]+) (.*)`)

// rings prints proofs beside HiGHS and CBC, open instances with their gaps, and
// how many people rings of each length serve.
func (b *benchMatchingCmd) rings(ctx context.Context) error {
	tool := filepath.Join(b.toolsFolder(), "cycles.py")
	python := "/usr/bin/python3" // Debian's, where the solvers' packages are
	if _, err := os.Stat(python); err != nil {
		python = "python3"
	}
	baseline := func(solver string, r *swapRun) (text string, seconds float64) {
		if _, err := os.Stat(tool); err != nil {
			return "its program is not beside the repository", 0
		}
		out, err := exec.CommandContext(ctx, python, tool, solver, strconv.Itoa(r.length), "swap",
			strconv.Itoa(r.n), strconv.Itoa(r.skills), strconv.Itoa(r.degree), strconv.FormatUint(r.seed, 10)).CombinedOutput()
		m := cyclesLine.FindStringSubmatch(string(out))
		if err != nil || m == nil {
			return "not installed", 0
		}
		seconds, _ = strconv.ParseFloat(m[2], 64)
		return fmt.Sprintf("%s in %s, %s", m[1], m[2], strings.TrimSpace(m[3])), seconds
	}
	solve := func(r *swapRun, arcs []matching.SwapArc, c *benchClock) (*matching.RingsResult, error) {
		p := matching.RingsProblem{People: r.n, Arcs: arcs, MaxLength: r.length}
		in := ctx
		if r.limit > 0 {
			var cancel context.CancelFunc
			in, cancel = context.WithTimeout(ctx, r.limit)
			defer cancel()
		}
		var got *matching.RingsResult
		err := c.run(func() (err error) {
			got, err = matching.Rings(in, p, matching.Options{Seed: 1})
			return err
		})
		if err != nil {
			return nil, err
		}
		return got, p.Verify(got)
	}
	fmt.Fprintf(b.out, "rings, proven (median of %d, CPU seconds; ours lists the rings, the baselines are given them)\n", b.Rounds)
	t := tabwriter.NewWriter(b.out, 2, 4, 2, ' ', 0)
	fmt.Fprintln(t, "instance\tobjective\tproven\tknown\tserved\tours\tHiGHS\tCBC\tratio to the faster")
	for _, r := range []swapRun{
		{1000, 150, 8, 11, 3, 20785, 0},
		{5000, 150, 8, 11, 3, 26476, 0},
		{200, 40, 12, 21, 3, 11718, 0},
		{200, 40, 12, 22, 3, 0, 0},
		{100, 30, 8, 27, 4, 0, 0},
		{120, 30, 8, 26, 5, 8136, 0},
	} {
		arcs := benchSwaps(r.n, r.skills, r.degree, r.seed)
		rounds := b.Rounds
		if r.length > 3 {
			rounds = 1
		}
		var ours, highs, cbc []float64
		var got *matching.RingsResult
		for range rounds {
			var c benchClock
			g, err := solve(&r, arcs, &c)
			if err != nil {
				return err
			}
			got, ours = g, append(ours, c.cpu)
			if _, s := baseline("highs", &r); s > 0 {
				highs = append(highs, s)
			}
			if _, s := baseline("cbc", &r); s > 0 {
				cbc = append(cbc, s)
			}
		}
		verdict, ratio := "-", "-"
		if r.known != 0 {
			verdict = "same"
			if got.Objective != r.known {
				verdict = fmt.Sprintf("NOT %.0f", r.known)
			}
		}
		if best := slices.DeleteFunc([]float64{median(highs), median(cbc)}, func(x float64) bool { return x == 0 }); len(best) > 0 {
			ratio = fmt.Sprintf("%.2f", median(ours)/slices.Min(best))
		}
		fmt.Fprintf(t, "%s\t%.0f\t%v\t%s\t%d\t%.4f\t%.2f\t%.2f\t%s\n", r.name(), got.Objective, got.Optimal, verdict, got.Served, median(ours), median(highs), median(cbc), ratio)
	}
	fmt.Fprintln(t)
	if err := t.Flush(); err != nil {
		return err
	}
	fmt.Fprintln(b.out, "rings, open (wall seconds; the baseline stops at 60)")
	t = tabwriter.NewWriter(b.out, 2, 4, 2, ' ', 0)
	fmt.Fprintln(t, "instance\tlimit\tobjective\tbest known\tbound\tgap\tserved\tHiGHS")
	for _, r := range []swapRun{
		{1000, 60, 20, 22, 3, 59220, 0},
		{2000, 100, 30, 23, 3, 129555, 0},
		{5000, 200, 40, 24, 3, 285759, 0},
		{200, 40, 12, 21, 4, 14166, 0},
		{500, 60, 12, 25, 4, 32322, 0},
	} {
		arcs := benchSwaps(r.n, r.skills, r.degree, r.seed)
		for _, limit := range []time.Duration{10 * time.Second, 60 * time.Second} {
			r.limit = limit
			var c benchClock
			got, err := solve(&r, arcs, &c)
			if err != nil {
				return err
			}
			beside := ""
			if limit > 10*time.Second && b.Large {
				beside, _ = baseline("highs", &r)
			}
			fmt.Fprintf(t, "%s\t%v\t%.0f\t%.0f\t%.1f\t%.2f %%\t%d\t%s\n", r.name(), limit, got.Objective, r.known, got.Bound, 100*got.Gap, got.Served, beside)
		}
	}
	fmt.Fprintln(t)
	if err := t.Flush(); err != nil {
		return err
	}
	fmt.Fprintln(b.out, "rings, people served by the longest ring allowed (5 s each; * proven optimal)")
	t = tabwriter.NewWriter(b.out, 2, 4, 2, ' ', 0)
	fmt.Fprintln(t, "instance\tpeople\tK 2\tK 3\tK 4")
	for _, r := range []swapRun{
		{200, 40, 12, 21, 0, 0, 0}, {1000, 150, 8, 11, 0, 0, 0}, {5000, 150, 8, 11, 0, 0, 0}, {120, 30, 8, 26, 0, 0, 0},
		{500, 60, 12, 25, 0, 0, 0}, {1000, 60, 20, 22, 0, 0, 0}, {2000, 100, 30, 23, 0, 0, 0}, {5000, 200, 40, 24, 0, 0, 0},
	} {
		arcs := benchSwaps(r.n, r.skills, r.degree, r.seed)
		fmt.Fprintf(t, "swap(%d,%d,%d,%d)\t%d", r.n, r.skills, r.degree, r.seed, r.n)
		for k := 2; k <= 4; k++ {
			r.length, r.limit = k, 5*time.Second
			var c benchClock
			got, err := solve(&r, arcs, &c)
			if err != nil {
				return err
			}
			star := ""
			if got.Optimal {
				star = "*"
			}
			fmt.Fprintf(t, "\t%d%s", got.Served, star)
		}
		fmt.Fprintln(t)
	}
	fmt.Fprintln(t)
	return t.Flush()
}

// benchTeams is the instance family of teams as its JSON.
func benchTeams(n, teams int, s uint64) ([]byte, error) {
	type person struct {
		Dept   uint64 `json:"dept"`
		Band   uint64 `json:"band"`
		Exp    uint64 `json:"exp"`
		Skills []int  `json:"skills"`
	}
	file := struct {
		Teams  int      `json:"teams"`
		Size   int      `json:"size"`
		People []person `json:"people"`
		Pairs  [][3]any `json:"pairs"`
	}{Teams: teams, Size: n / teams}
	for i := range uint64(n) {
		p := person{Dept: benchRandom(s, 10*i) % 6, Band: benchRandom(s, 10*i+1) % 3, Exp: benchRandom(s, 10*i+2) % 21, Skills: []int{}}
		for k := range 8 {
			if benchRandom(s, 10*i+3)>>(8*k)&255 < 64 {
				p.Skills = append(p.Skills, k)
			}
		}
		file.People = append(file.People, p)
	}
	seen := map[[2]uint64]bool{}
	for j := range uint64(3 * n) {
		a, b := benchRandom(s+1, 2*j)%uint64(n), benchRandom(s+1, 2*j+1)%uint64(n)
		k := [2]uint64{min(a, b), max(a, b)}
		if a == b || seen[k] {
			continue
		}
		seen[k] = true
		file.Pairs = append(file.Pairs, [3]any{k[0], k[1], []string{"wanted", "unwanted", "known"}[j%3]})
	}
	return json.Marshal(file)
}

// teams prints what a second, five and half a minute give.
func (b *benchMatchingCmd) teams(ctx context.Context) error {
	fmt.Fprintln(b.out, "teams (HiGHS after 60 s: 60 into 12 2,810.2 with bound 3,259.8; 600 into 100 no answer)")
	t := tabwriter.NewWriter(b.out, 2, 4, 2, ' ', 0)
	fmt.Fprintln(t, "instance\tlimit\tvalue\tbound\tgap\tproven\tCPU")
	for _, x := range []struct {
		n, teams int
		seed     uint64
	}{{60, 12, 1}, {60, 12, 2}, {600, 100, 1}} {
		data, err := benchTeams(x.n, x.teams, x.seed)
		if err != nil {
			return err
		}
		in, err := readTeams(data, "instance")
		if err != nil {
			return err
		}
		for _, limit := range []time.Duration{time.Second, 5 * time.Second, 30 * time.Second} {
			limited, cancel := context.WithTimeout(ctx, limit)
			var got *matching.TeamsResult
			var c benchClock
			err := c.run(func() (err error) {
				got, err = matching.Teams(limited, in.problem, matching.Options{Seed: 1})
				return err
			})
			cancel()
			if err == nil {
				err = in.problem.Verify(got)
			}
			if err != nil {
				return err
			}
			fmt.Fprintf(t, "%d into %d, seed %d\t%v\t%.1f\t%.1f\t%.2f %%\t%v\t%.2f\n", x.n, x.teams, x.seed, limit, got.Objective, got.Bound, 100*got.Gap, got.Optimal, c.cpu)
		}
	}
	fmt.Fprintln(t)
	return t.Flush()
}
