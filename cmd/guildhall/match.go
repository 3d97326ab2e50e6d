package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"syscall"
	"time"

	"github.com/guildhall/guildhall/matching"
)

// matchCommands are the problems of the exchange. Each reads a file, writes an
// answer and a report, and writes nothing at all when it fails.
type matchCommands struct {
	Assign  matchAssign  `cmd:"" help:"Match two sides (mentors and mentees) with capacities."`
	Pairs   matchPairs   `cmd:"" help:"Pair people of one list (coffee)."`
	Reviews matchReviews `cmd:"" help:"Give every work its reviewers."`
	Rings   matchRings   `cmd:"" help:"Pack people into swap rings in which everybody teaches one and learns from one."`
	Teams   matchTeams   `cmd:"" help:"Form balanced, cross-functional teams."`
}

// matchFiles are the flags every problem shares.
type matchFiles struct {
	In        string        `help:"Input file, tab-separated (JSON for teams)." required:"" type:"existingfile" placeholder:"FILE"`
	Out       string        `help:"Where the answer goes." required:"" type:"path" placeholder:"FILE"`
	Report    string        `help:"Where the report goes (JSON)." type:"path" placeholder:"FILE"`
	TimeLimit time.Duration `help:"Stop after this long with the best answer so far; 0 means never." default:"0s"`
	WorkLimit int64         `help:"Stop after so many units of work; the same answer on every machine." default:"0"`
	Seed      uint64        `help:"Seed of random decisions." default:"1"`
	Progress  bool          `help:"Tell how far it is on standard error."`
}

// matchReport is what the report file says. Problems embed it and add their
// own findings.
type matchReport struct {
	Problem      string   `json:"problem"`
	Objective    float64  `json:"objective"`
	Bound        *float64 `json:"bound"` // null when none is known
	Gap          *float64 `json:"gap"`   // relative; null when no bound is known
	Optimal      bool     `json:"optimal"`
	Matched      int      `json:"matched"`
	SolveSeconds float64  `json:"solve_seconds"` // CPU, without reading and writing
	WallSeconds  float64  `json:"wall_seconds"`
	Algorithm    string   `json:"algorithm"`
	Work         int64    `json:"work"`
	Unmet        []string `json:"unmet,omitempty"` // what a search that was stopped too early does not keep
}

// lacks notes hard rules that a stopped search did not reach, and says so.
func (r *matchReport) lacks(list []matching.Unmet, name func(matching.Unmet) string) {
	for _, x := range list {
		r.Unmet = append(r.Unmet, fmt.Sprintf("%s lacks %d", name(x), x.Missing))
	}
	if len(list) > 0 {
		fmt.Fprintf(os.Stderr, "stopped before an answer was found that keeps all rules: %s and %d more; the report lists them under \"unmet\"\n", r.Unmet[0], len(list)-1)
	}
}

// prove fills the report from what the solver proved.
func (r *matchReport) prove(p matching.Proof, matched int) {
	r.Objective, r.Optimal, r.Algorithm, r.Work, r.Matched = p.Objective, p.Optimal, p.Algorithm, p.Work, matched
	if !math.IsInf(p.Bound, 0) && !math.IsNaN(p.Bound) {
		b, g := p.Bound, p.Gap
		r.Bound, r.Gap = &b, &g
	}
}

// options turns the flags into solver options.
func (f *matchFiles) options() matching.Options {
	o := matching.Options{WorkLimit: f.WorkLimit, Seed: f.Seed}
	if f.Progress {
		o.Progress = func(p matching.Progress) {
			gap := "unknown"
			if g := (p.Bound - p.Objective) / math.Max(1, math.Abs(p.Objective)); !math.IsInf(g, 0) && !math.IsNaN(g) {
				gap = fmt.Sprintf("%.3f %%", 100*g)
			}
			fmt.Fprintf(os.Stderr, "%s: objective %.6g, bound %.6g, gap %s, work %d\n", p.Stage, p.Objective, p.Bound, gap, p.Work)
		}
	}
	return o
}

// solve runs the solver under the time limit and notes its CPU and wall time.
func (f *matchFiles) solve(ctx context.Context, r *matchReport, run func(context.Context) error) error {
	if f.TimeLimit > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, f.TimeLimit)
		defer cancel()
	}
	start, cpu := time.Now(), cpuSeconds()
	err := run(ctx)
	r.SolveSeconds, r.WallSeconds = micros(cpuSeconds()-cpu), micros(time.Since(start).Seconds())
	return err
}

// matchOutput is one more file an answer fills.
type matchOutput struct {
	place string
	write func(io.Writer) error
}

// finish writes the answer and the report, all or nothing: each goes to a
// temporary file beside its place and is renamed when both are complete.
func (f *matchFiles) finish(report any, answer func(io.Writer) error, extra ...matchOutput) error {
	var places []string
	var texts [][]byte
	for _, o := range append([]matchOutput{{f.Out, answer}}, extra...) {
		var text bytes.Buffer
		if err := o.write(&text); err != nil {
			return err
		}
		places, texts = append(places, o.place), append(texts, text.Bytes())
	}
	if f.Report != "" {
		text, err := json.MarshalIndent(report, "", "  ")
		if err != nil {
			return fmt.Errorf("encode report: %w", err)
		}
		places, texts = append(places, f.Report), append(texts, append(text, '\n'))
	}
	temporary := make([]string, 0, len(places))
	defer func() {
		for _, name := range temporary {
			_ = os.Remove(name)
		}
	}()
	for i, place := range places {
		t, err := os.CreateTemp(filepath.Dir(place), "."+filepath.Base(place)+".*")
		if err != nil {
			return fmt.Errorf("create %s: %w", place, err)
		}
		temporary = append(temporary, t.Name())
		_, err = t.Write(texts[i])
		err = errors.Join(err, t.Chmod(0o644), t.Sync(), t.Close())
		if err != nil {
			return fmt.Errorf("write %s: %w", place, err)
		}
	}
	for i, place := range places {
		if err := os.Rename(temporary[i], place); err != nil {
			return fmt.Errorf("write %s: %w", place, err)
		}
	}
	return nil
}

// badInput is an error that the person who wrote the input can mend; it ends
// the command with code 2.
type badInput struct{ error }

func (badInput) ExitCode() int   { return 2 }
func (b badInput) Unwrap() error { return b.error }

// micros rounds seconds to the microsecond, more than any clock here tells.
func micros(seconds float64) float64 { return math.Round(seconds*1e6) / 1e6 }

// cpuSeconds is the user and system time this process has used.
func cpuSeconds() float64 {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		return 0
	}
	return float64(u.Utime.Sec+u.Stime.Sec) + float64(u.Utime.Usec+u.Stime.Usec)/1e6
}
