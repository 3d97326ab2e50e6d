package main

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"slices"
	"text/tabwriter"
	"time"

	"github.com/guildhall/guildhall/internal/core/people"
	"github.com/guildhall/guildhall/internal/platform/id"
	"github.com/guildhall/guildhall/internal/swaps"
	"github.com/guildhall/guildhall/matching"
)

// benchSwapsCmd measures what rings serve beside swaps of two: on given
// instances, and over simulated years whose model docs/swaps.md describes.
type benchSwapsCmd struct {
	People []int         `help:"Sizes of the simulated organisations." default:"300,1000,5000"`
	Seeds  int           `help:"How many years of each size, with another seed each." default:"1"`
	Limit  time.Duration `help:"How long a round may look for better rings." default:"1s"`
}

// Run prints both tables.
func (b *benchSwapsCmd) Run(ctx context.Context) error {
	if err := b.instances(ctx); err != nil {
		return err
	}
	return b.years(ctx)
}

func (b *benchSwapsCmd) instances(ctx context.Context) error {
	fmt.Println("People served on given instances (* proven best in points)")
	t := tabwriter.NewWriter(os.Stdout, 2, 4, 2, ' ', 0)
	fmt.Fprintln(t, "instance\tpeople\tK 2\tK 3\tratio")
	for _, x := range []struct {
		n, skills, degree int
		seed              uint64
	}{{200, 40, 12, 21}, {1000, 150, 8, 11}, {5000, 150, 8, 11}, {120, 30, 8, 26}, {500, 60, 12, 25}} {
		arcs := benchSwaps(x.n, x.skills, x.degree, x.seed)
		fmt.Fprintf(t, "swap(%d,%d,%d,%d)\t%d", x.n, x.skills, x.degree, x.seed, x.n)
		served := [2]int{}
		for i, k := range []int{2, 3} {
			in, cancel := context.WithTimeout(ctx, 10*time.Second)
			p := matching.RingsProblem{People: x.n, Arcs: arcs, MaxLength: k}
			got, err := matching.Rings(in, p, matching.Options{Seed: 1})
			cancel()
			if err != nil {
				return err
			}
			if err := p.Verify(got); err != nil {
				return err
			}
			star := ""
			if got.Optimal {
				star = "*"
			}
			served[i] = got.Served
			fmt.Fprintf(t, "\t%d%s", got.Served, star)
		}
		fmt.Fprintf(t, "\t%.2f\n", float64(served[1])/float64(max(1, served[0])))
	}
	fmt.Fprintln(t)
	return t.Flush()
}

func (b *benchSwapsCmd) years(ctx context.Context) error {
	fmt.Println("A simulated year (model: docs/swaps.md)")
	t := tabwriter.NewWriter(os.Stdout, 2, 4, 2, ' ', 0)
	fmt.Fprintln(t, "people\tseed\tpeople served K 2\tK 3\tratio\twishes served K 2\tK 3\tratio\tproposed that stood K 2\tK 3\tweeks waited (median) K 2\tK 3\tlongest solve")
	for _, n := range b.People {
		for seed := range b.Seeds {
			var y [2]benchYear
			for i, k := range []int{2, 3} {
				y[i] = benchYear{n: n, longest: k, limit: b.Limit, seed: uint64(seed + 1)}
				if err := y[i].play(ctx); err != nil {
					return err
				}
			}
			fmt.Fprintf(t, "%d\t%d\t%d\t%d\t%.2f\t%d\t%d\t%.2f\t%.0f %%\t%.0f %%\t%.1f\t%.1f\t%v\n", n, seed+1,
				y[0].people, y[1].people, float64(y[1].people)/float64(max(1, y[0].people)),
				y[0].wishes, y[1].wishes, float64(y[1].wishes)/float64(max(1, y[0].wishes)),
				100*float64(y[0].stood)/float64(max(1, y[0].proposed)), 100*float64(y[1].stood)/float64(max(1, y[1].proposed)),
				median(y[0].waited), median(y[1].waited), max(y[0].slowest, y[1].slowest).Round(time.Millisecond))
			if err := t.Flush(); err != nil {
				return err
			}
		}
	}
	return t.Flush()
}

// benchYear is one simulated year.
type benchYear struct {
	n, longest int
	limit      time.Duration
	seed       uint64

	people, wishes  int // served
	proposed, stood int
	waited          []float64 // weeks, of served wishes
	slowest         time.Duration

	all     []swaps.Party
	since   map[[2]int64]int // week in which a wish was written down
	busy    [][]int          // weeks until which somebody teaches
	served  map[id.ID]bool
	refused map[swaps.Refusal]bool
}

// chance is a number of [0, 1) that depends on what it decides alone, so that
// both ways of matching meet the same luck.
func (y *benchYear) chance(what, a, b uint64) float64 {
	return float64(benchRandom(y.seed*1_000_003+what, a*1_000_000_007+b)>>11) / (1 << 53)
}

func zipf(rng *rand.Rand, n int, exponent float64) func() int {
	sum := make([]float64, n)
	total := 0.0
	for i := range n {
		total += math.Pow(float64(i+1), -exponent)
		sum[i] = total
	}
	return func() int {
		i, _ := slices.BinarySearch(sum, rng.Float64()*total)
		return min(i, n-1)
	}
}

var benchStart = time.Date(2026, 1, 5, 4, 0, 0, 0, time.UTC)

// play lets 52 weeks pass.
func (y *benchYear) play(ctx context.Context) error {
	rng := rand.New(rand.NewPCG(y.seed, 0x73776170))
	skills := int(12 * math.Pow(float64(y.n), 0.4))
	offered, wanted, order := zipf(rng, skills, 1), zipf(rng, skills, 0.7), rng.Perm(skills)
	var weeks []swaps.Week
	for i := range 5 {
		text := "Mon-Fri 08:30-12:30,13:15-17:15"
		if i > 0 {
			text = "shift " + benchStart.AddDate(0, 0, 7*i-28).Format(time.DateOnly) + " 5E 2- 5L 2- 5N 2- 7-; E=06:00-14:00; L=14:00-22:00; N=22:00-06:00"
		}
		h, err := people.ParseHours(text)
		if err != nil {
			return err
		}
		weeks = append(weeks, swaps.WeekOf(people.Calendar{Hours: h}, benchStart))
	}
	y.since, y.served, y.refused, y.busy = map[[2]int64]int{}, map[id.ID]bool{}, map[swaps.Refusal]bool{}, make([][]int, y.n)
	for i := range y.n {
		p := swaps.Party{Person: id.ID(i + 1), Site: id.ID(1 + rng.IntN(5)), Lessons: 4, Minutes: 45, Format: swaps.Either, Languages: []string{"en"}}
		for range 1 + rng.IntN(3) {
			s := id.ID(1 + offered())
			if !slices.ContainsFunc(p.Offers, func(o swaps.Offer) bool { return o.Skill == s }) {
				p.Offers = append(p.Offers, swaps.Offer{Skill: s, Level: 2 + rng.IntN(3), Priority: 1})
			}
		}
		if rng.IntN(10) >= 7 {
			p.Week = weeks[1+rng.IntN(4)]
		} else {
			p.Week = weeks[0]
		}
		switch x := rng.IntN(100); {
		case x < 15:
			p.Format = swaps.InPerson
		case x < 40:
			p.Format = swaps.Online
		}
		if rng.IntN(5) == 0 {
			p.Languages = []string{fmt.Sprintf("x%d", p.Site)}
		}
		y.all = append(y.all, p)
	}
	wish := func(i, week int) {
		p := &y.all[i]
		s := id.ID(1 + order[wanted()])
		open := rng.IntN(3) > 0
		if len(p.Wishes) >= 2 || slices.ContainsFunc(p.Offers, func(o swaps.Offer) bool { return o.Skill == s }) ||
			slices.ContainsFunc(p.Wishes, func(w swaps.Wish) bool { return w.Skill == s }) {
			return
		}
		p.Wishes = append(p.Wishes, swaps.Wish{Skill: s, Level: 1, Priority: 1, Open: open, Since: benchStart.AddDate(0, 0, 7*week)})
		y.since[[2]int64{int64(p.Person), int64(s)}] = week
	}
	for i := range y.n {
		if rng.IntN(2) == 0 {
			wish(i, 0)
		}
	}
	for week := range 52 {
		for i := range y.n {
			if rng.IntN(20) == 0 {
				wish(i, week)
			}
			p := &y.all[i]
			p.Wishes = slices.DeleteFunc(p.Wishes, func(w swaps.Wish) bool {
				return y.chance(1, uint64(p.Person)*64+uint64(week), uint64(w.Skill)) < 0.02
			})
		}
		if err := y.round(ctx, week); err != nil {
			return err
		}
	}
	y.people = len(y.served)
	return nil
}

// round finds, proposes and repairs the rings of a week.
func (y *benchYear) round(ctx context.Context, week int) error {
	var free []swaps.Party
	for i, p := range y.all {
		y.busy[i] = slices.DeleteFunc(y.busy[i], func(until int) bool { return until <= week })
		if len(p.Wishes) > 0 && len(y.busy[i]) < 3 {
			free = append(free, p)
		}
	}
	now := benchStart.AddDate(0, 0, 7*week)
	for attempt := range uint64(2) { // the round and one repair
		g := swaps.Build(free, y.refused, y.longest, now)
		in, cancel := context.WithTimeout(ctx, y.limit)
		began := time.Now()
		found, err := matching.Rings(in, g.Problem, matching.Options{Seed: 1})
		cancel()
		if err != nil {
			return err
		}
		y.slowest = max(y.slowest, time.Since(began))
		placed, again := map[id.ID]bool{}, map[id.ID]bool{}
		for _, r := range found.Rings {
			d := g.Draft(r)
			if attempt == 1 && !slices.ContainsFunc(r.People, func(v int32) bool { return g.Parties[v].First }) {
				continue // a repair serves those who lost their place
			}
			y.proposed++
			yes := true
			for _, m := range d.Members {
				placed[m.Person] = true
				if y.chance(2+attempt, uint64(m.Person), uint64(week)) >= 0.8 {
					yes = false
				}
			}
			if yes {
				y.stood++
				y.stands(d, week)
				continue
			}
			n := len(d.Members)
			for i, m := range d.Members {
				if y.chance(2+attempt, uint64(m.Person), uint64(week)) < 0.8 {
					again[m.Person] = true
				} else if y.chance(4, uint64(m.Person), uint64(week)) < 1.0/3 {
					t := d.Members[(i+n-1)%n]
					y.refused[swaps.Refusal{Teacher: t.Person, Learner: m.Person, Skill: t.Skill}] = true
				}
			}
		}
		// Repaired are those who said yes in vain, with everybody who has no place.
		free = slices.DeleteFunc(free, func(p swaps.Party) bool { return placed[p.Person] && !again[p.Person] })
		for i := range free {
			free[i].First = again[free[i].Person]
		}
		for i := range y.all {
			p := y.all[i].Person
			y.all[i].First = again[p] || y.all[i].First && !placed[p]
		}
		if len(again) == 0 {
			break
		}
	}
	return nil
}

// stands lets a ring that everybody accepted take its course.
func (y *benchYear) stands(d swaps.Drafted, week int) {
	n := len(d.Members)
	broken := false
	for _, m := range d.Members {
		broken = broken || y.chance(5, uint64(m.Person), uint64(week)) < 0.04
	}
	for i, m := range d.Members {
		at := int(m.Person) - 1
		if broken {
			y.all[at].First = y.chance(5, uint64(m.Person), uint64(week)) >= 0.04
			continue
		}
		y.busy[at] = append(y.busy[at], week+6)
		y.all[at].First = false
		taught := d.Members[(i+n-1)%n].Skill
		y.all[at].Wishes = slices.DeleteFunc(y.all[at].Wishes, func(w swaps.Wish) bool { return w.Skill == taught })
		y.served[m.Person] = true
		y.wishes++
		y.waited = append(y.waited, float64(week-y.since[[2]int64{int64(m.Person), int64(taught)}]))
	}
}
