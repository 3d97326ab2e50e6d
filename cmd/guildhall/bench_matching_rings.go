package main

import (
	"context"
	"encoding/json"
	"fmt"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
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

// gapText is the gap in it.
var gapText = regexp.MustCompile(`gap=([\d.eE+-]+)`)

// rings prints proofs beside HiGHS and CBC, open instances with their gaps, and
// how many people rings of each length serve.
func (b *benchMatchingCmd) rings(ctx context.Context) error {
	tool := filepath.Join(b.toolsFolder(), "cycles.py")
	python := "/usr/bin/python3" // Debian's, where the solvers' packages are
	if _, err := os.Stat(python); err != nil {
		python = "python3"
	}
	// baseline runs one of the public solvers, which stop after a minute.
	// gap is 0 when it proved its answer.
	baseline := func(solver string, r *swapRun) (text string, seconds, gap float64) {
		if _, err := os.Stat(tool); err != nil {
			return "not there", 0, 0
		}
		limited, cancel := context.WithTimeout(ctx, 3*time.Minute)
		defer cancel()
		out, err := exec.CommandContext(limited, python, tool, solver, strconv.Itoa(r.length), "swap",
			strconv.Itoa(r.n), strconv.Itoa(r.skills), strconv.Itoa(r.degree), strconv.FormatUint(r.seed, 10)).CombinedOutput()
		m := cyclesLine.FindStringSubmatch(string(out))
		if err != nil || m == nil {
			return "not installed", 0, 0
		}
		seconds, _ = strconv.ParseFloat(m[2], 64)
		gap = math.Inf(1)
		if strings.Contains(m[3], "Optimal") || strings.Contains(m[3], "status=0 ") {
			gap = 0
		} else if g := gapText.FindStringSubmatch(m[3]); g != nil {
			if x, err := strconv.ParseFloat(g[1], 64); err == nil {
				gap = x
			}
		}
		// A float's last digits are no part of a value.
		if x, err := strconv.ParseFloat(m[1], 64); err == nil {
			m[1] = strconv.FormatFloat(math.Round(x*100)/100, 'f', -1, 64)
		}
		return m[1], seconds, gap
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
	t := b.table(fmt.Sprintf("rings, proven (median of %d, of 1 for rings of four and five; CPU seconds; ours lists the rings, the baselines are given them and stop after 60 s)", b.Rounds),
		"instance", 26, "objective", 10, "proven", 7, "known", 7, "served", 7, "ours", 9, "HiGHS", 8, "CBC", 8, "ratio to the faster", 20)
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
		var given []string // baselines that gave up at their limit
		var got *matching.RingsResult
		for range rounds {
			var c benchClock
			g, err := solve(&r, arcs, &c)
			if err != nil {
				return err
			}
			got, ours = g, append(ours, c.cpu)
			if b.Quick && r.length > 4 {
				continue
			}
			for solver, list := range map[string]*[]float64{"highs": &highs, "cbc": &cbc} {
				switch _, s, gap := baseline(solver, &r); {
				case gap > 1e-6:
					given = append(given, solver)
				case s > 0:
					*list = append(*list, s)
				}
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
		if len(given) > 0 {
			slices.Sort(given)
			ratio += ", unproven after 60 s: " + strings.Join(slices.Compact(given), " ")
		}
		took := func(all []float64) string {
			if len(all) == 0 {
				return "-"
			}
			return fmt.Sprintf("%.2f", median(all))
		}
		t.row(r.name(), fmt.Sprintf("%.0f", got.Objective), got.Optimal, verdict, got.Served, fmt.Sprintf("%.4f", median(ours)), took(highs), took(cbc), ratio)
	}
	t.end()
	t = b.table("rings, open (ours after so many wall seconds; HiGHS after 60, in this run)",
		"instance", 26, "limit", 6, "objective", 10, "best known", 11, "bound", 10, "gap", 8, "served", 7, "HiGHS", 10, "its gap", 9)
	for _, r := range []swapRun{
		{1000, 60, 20, 22, 3, 59220, 0},
		{2000, 100, 30, 23, 3, 129555, 0},
		{5000, 200, 40, 24, 3, 285759, 0},
		{200, 40, 12, 21, 4, 14166, 0},
		{500, 60, 12, 25, 4, 32322, 0},
	} {
		arcs := benchSwaps(r.n, r.skills, r.degree, r.seed)
		limits := []time.Duration{10 * time.Second, 60 * time.Second}
		if b.Quick {
			limits = limits[:1]
		}
		for _, limit := range limits {
			r.limit = limit
			var c benchClock
			got, err := solve(&r, arcs, &c)
			if err != nil {
				return err
			}
			beside, gap := "", ""
			if limit > 10*time.Second {
				value, _, g := baseline("highs", &r)
				beside, gap = value, fmt.Sprintf("%.2f %%", 100*g)
			}
			t.row(r.name(), limit, fmt.Sprintf("%.0f", got.Objective), fmt.Sprintf("%.0f", r.known), fmt.Sprintf("%.1f", got.Bound), fmt.Sprintf("%.2f %%", 100*got.Gap), got.Served, beside, gap)
		}
	}
	t.end()
	t = b.table("rings, people served by the longest ring allowed (at most 5 s each; * proven)", "instance", 22, "people", 8, "K 2", 8, "K 3", 8, "K 4", 8)
	for _, r := range []swapRun{
		{200, 40, 12, 21, 0, 0, 0}, {1000, 150, 8, 11, 0, 0, 0}, {5000, 150, 8, 11, 0, 0, 0}, {120, 30, 8, 26, 0, 0, 0},
		{500, 60, 12, 25, 0, 0, 0}, {1000, 60, 20, 22, 0, 0, 0}, {2000, 100, 30, 23, 0, 0, 0}, {5000, 200, 40, 24, 0, 0, 0},
	} {
		arcs := benchSwaps(r.n, r.skills, r.degree, r.seed)
		cells := []any{fmt.Sprintf("swap(%d,%d,%d,%d)", r.n, r.skills, r.degree, r.seed), r.n}
		for k := 2; k <= 4; k++ {
			r.length, r.limit = k, 5*time.Second
			var c benchClock
			got, err := solve(&r, arcs, &c)
			if err != nil {
				return err
			}
			star := " "
			if got.Optimal {
				star = "*"
			}
			cells = append(cells, fmt.Sprintf("%d%s", got.Served, star))
		}
		t.row(cells...)
	}
	t.end()
	return nil
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

// teams prints what a second, five and half a minute give, as the program of
// the baseline judges it.
func (b *benchMatchingCmd) teams(ctx context.Context) error {
	tool := filepath.Join(b.toolsFolder(), "teams.py")
	python := "/usr/bin/python3" // Debian's, where the solvers' packages are
	if _, err := os.Stat(python); err != nil {
		python = "python3"
	}
	dir, err := os.MkdirTemp("", "guildhall-bench-*")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	call := func(args ...string) string {
		if _, err := os.Stat(tool); err != nil {
			return "not there"
		}
		limited, cancel := context.WithTimeout(ctx, 5*time.Minute)
		defer cancel()
		out, err := exec.CommandContext(limited, python, append([]string{tool}, args...)...).Output()
		if err != nil {
			return "not installed, or no answer"
		}
		return strings.Join(strings.Fields(string(out)), " ")
	}
	t := b.table("teams (wall limit; HiGHS stops after 60 s; published: 60 into 12 2,810.2 with bound 3,259.8, 600 into 100 no answer)",
		"instance", 24, "limit", 6, "value", 10, "bound", 10, "gap", 8, "proven", 7, "CPU", 7, "referee", 10)
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
		file, answer := filepath.Join(dir, "in.json"), filepath.Join(dir, "teams.tsv")
		if err := os.WriteFile(file, data, 0o600); err != nil {
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
			var text strings.Builder
			for _, team := range got.Teams {
				for k, v := range team {
					if k > 0 {
						text.WriteByte('\t')
					}
					text.WriteString(strconv.Itoa(int(v)))
				}
				text.WriteByte('\n')
			}
			if err := os.WriteFile(answer, []byte(text.String()), 0o600); err != nil {
				return err
			}
			t.row(fmt.Sprintf("%d into %d, seed %d", x.n, x.teams, x.seed), limit, fmt.Sprintf("%.1f", got.Objective), fmt.Sprintf("%.1f", got.Bound),
				fmt.Sprintf("%.2f %%", 100*got.Gap), got.Optimal, fmt.Sprintf("%.2f", c.cpu), call("check", file, answer))
		}
		if !b.Quick && x.seed == 1 {
			t.row("  HiGHS", "1m0s", call("solve", file, "60"))
		}
	}
	t.end()
	return nil
}
