package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/guildhall/guildhall/internal/coffee/trial"
)

// benchCoffeeCmd plays years of coffee rounds. The model is in docs/coffee.md.
type benchCoffeeCmd struct {
	People []int `help:"Sizes of groups." default:"6,11,30,300,1000" placeholder:"N"`
	Years  int   `help:"Years of each size; 20 up to 99 people, 3 up to 999, else 1 when 0." default:"0"`
}

// Run prints a line for each size.
func (c *benchCoffeeCmd) Run(ctx context.Context) error { return c.run(ctx, os.Stdout) }

func (c *benchCoffeeCmd) run(ctx context.Context, w io.Writer) error {
	fmt.Fprintf(w, "A year of %d weekly rounds with joiners, leavers and snoozes; means over the years.\n\n", trial.Weeks)
	fmt.Fprintf(w, "%7s %5s %9s %9s %9s %9s %9s %6s %9s %7s %7s %7s %7s %7s %7s %7s %9s\n", "people", "years", "meetings", "repeats", "needless",
		"hindsight", "at bound", "above", "chance", "across", "chance", "gap", "chance", "least", "wishes", "chance", "slowest")
	for _, n := range c.People {
		years := c.Years
		if years == 0 {
			switch {
			case n < 100:
				years = 20
			case n < 1000:
				years = 3
			default:
				years = 1
			}
		}
		var sum trial.Result
		above, slowest := 0, time.Duration(0)
		for seed := range years {
			r, err := trial.Year(ctx, n, uint64(seed+1))
			if err != nil {
				return err
			}
			sum.Met += r.Met
			sum.Repeats += r.Repeats
			sum.Needless += r.Needless
			sum.Hindsight += r.Hindsight
			sum.AtBound += r.AtBound
			sum.ByChance += r.ByChance
			sum.Across += r.Across
			sum.AcrossBy += r.AcrossBy
			sum.Gap += r.Gap
			sum.GapBy += r.GapBy
			sum.GapAcross += r.GapAcross
			sum.Wishes += r.Wishes
			sum.WishesBy += r.WishesBy
			above, slowest = max(above, r.Above), max(slowest, r.Slowest)
		}
		y := float64(years)
		fmt.Fprintf(w, "%7d %5d %9.1f %9.1f %9.1f %9.1f %8.1f%% %6d %9.1f %6.1f%% %6.1f%% %6.1f%% %6.1f%% %6.1f%% %6.1f%% %6.1f%% %9s\n", n, years,
			float64(sum.Met)/y, float64(sum.Repeats)/y, float64(sum.Needless)/y, float64(sum.Hindsight)/y, 100*float64(sum.AtBound)/y/trial.Weeks, above,
			float64(sum.ByChance)/y, 100*sum.Across/y, 100*sum.AcrossBy/y, 100*sum.Gap/y, 100*sum.GapBy/y, 100*sum.GapAcross/y, 100*sum.Wishes/y, 100*sum.WishesBy/y, slowest.Round(time.Millisecond))
	}
	return nil
}
