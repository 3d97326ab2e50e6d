package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/guildhall/guildhall/internal/core/whoknows/trial"
)

// benchExpertsCmd trains who-knows on the first part of an archive and asks it
// who answers the rest.
type benchExpertsCmd struct {
	Dir      string    `arg:"" help:"Folder of a Stack Exchange data dump (Posts.xml; Votes.xml when there)." type:"existingdir"`
	Split    []float64 `help:"Shares of the questions to train on." default:"0.5,0.6,0.7,0.8,0.9" placeholder:"SHARE"`
	Balanced bool      `help:"Also measure with the overload guard: who has been asked enough this week is not named."`
	Budget   int       `help:"Questions a week that the guard lets one person be asked." default:"5"`
	Asked    int       `help:"People asked about each question under the guard." default:"3"`
}

// Run prints, for each split, the measures of the baselines and of Guildhall
// and the paired differences, and in the end the means over the splits.
func (c *benchExpertsCmd) Run(ctx context.Context) error {
	return c.run(ctx, os.Stdout)
}

func (c *benchExpertsCmd) run(ctx context.Context, w io.Writer) error {
	archive, err := trial.Read(c.Dir)
	if err != nil {
		return err
	}
	names := trial.BaselineNames()
	all := make([][]trial.Measures, len(names)+2) // by ranking, then by split; ours and the balanced one last
	ours, balanced := len(names), len(names)+1
	below := 0
	for _, share := range c.Split {
		s, err := archive.Split(share)
		if err != nil {
			return err
		}
		fmt.Fprintf(w, "%s\n%-28s %s\n", s.Title(), "model", header())
		baselines := s.Baselines()
		results := make([][]trial.Measures, len(names))
		for i, n := range names {
			if results[i], err = s.Run(baselines[n]); err != nil {
				return err
			}
			all[i] = append(all[i], line(w, n, results[i]))
		}
		began := time.Now()
		p, err := trial.Open(ctx, s)
		if err != nil {
			return err
		}
		filled := time.Since(began)
		began = time.Now()
		mine, err := s.Run(func(q *trial.Question) ([]string, error) { return p.Rank(ctx, q, nil) })
		each := time.Since(began) / time.Duration(max(1, len(s.Tests)))
		var guarded []trial.Measures
		if err == nil && c.Balanced {
			guarded, err = s.Run(trial.Guarded(func(q *trial.Question, not []string) ([]string, error) { return p.Rank(ctx, q, not) }, c.Budget, c.Asked))
		}
		if err2 := p.Close(); err == nil {
			err = err2
		}
		if err != nil {
			return err
		}
		all[ours] = append(all[ours], line(w, "guildhall", mine))
		if c.Balanced {
			all[balanced] = append(all[balanced], line(w, fmt.Sprintf("balanced (%d a week)", c.Budget), guarded))
		}
		fmt.Fprintf(w, "difference of our own to     %s\n", "mean and 95 % interval of the paired differences, resampled over the questions")
		for i, n := range names {
			below += differences(w, n, trial.Paired(mine, results[i]))
		}
		if c.Balanced {
			fmt.Fprintf(w, "cost of the overload guard\n")
			differences(w, "balanced", trial.Paired(guarded, mine))
		}
		fmt.Fprintf(w, "%d pieces of evidence counted in %d ms, a question ranked in %.1f ms\n\n", len(s.Answers), filled.Milliseconds(), float64(each.Microseconds())/1000)
	}
	fmt.Fprintf(w, "mean over %d splits\n%-28s %s\n", len(c.Split), "model", header())
	best, top := 0, -1.0
	for i, n := range names {
		if m := line(w, "mean "+n, all[i]); m[1] > top {
			best, top = i, m[1]
		}
	}
	m := line(w, "mean guildhall", all[ours])
	if c.Balanced {
		line(w, "mean balanced", all[balanced])
	}
	each := 0.0 // mean of each split's own best baseline
	for k := range c.Split {
		high := 0.0
		for i := range names {
			high = max(high, all[i][k][1])
		}
		each += high / float64(len(c.Split))
	}
	fmt.Fprintf(w, "mean MRR %+.1f %% against the best single baseline (%s, %.3f), %+.1f %% against each split's own best (%.3f)\n",
		100*(m[1]/top-1), names[best], top, 100*(m[1]/each-1), each)
	fmt.Fprintf(w, "measures significantly below a baseline: %d\n", below)
	return nil
}

func header() string { return strings.Join(trial.MeasureNames(), " ") }

// line prints the means of one ranking and returns them.
func line(w io.Writer, name string, ms []trial.Measures) trial.Measures {
	m := trial.Mean(ms)
	fmt.Fprintf(w, "%-28s %.3f %.3f %.3f %.3f  %.3f\n", name, m[0], m[1], m[2], m[3], m[4])
	return m
}

// differences prints paired differences and returns how many measures are
// significantly below: their whole interval is under zero.
func differences(w io.Writer, name string, ds [5]trial.Interval) int {
	below := 0
	fmt.Fprintf(w, "  to %-23s", name)
	for _, d := range ds {
		mark := " "
		switch {
		case d.High < 0:
			mark = "-"
			below++
		case d.Low > 0:
			mark = "+"
		}
		fmt.Fprintf(w, " %+.3f (%+.3f to %+.3f)%s", d.Mean, d.Low, d.High, mark)
	}
	fmt.Fprintln(w)
	return below
}
