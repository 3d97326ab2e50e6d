// Package matching pairs people with people and with work, and proves how good
// its answers are. It solves five problems: Assign (mentors), Pairs (coffee),
// Rings (skill swaps), Reviews (who reviews what) and Teams.
//
// The package is pure: no files, no clock, no globals, no imports from the rest
// of Guildhall. People are numbers 0..n-1; the caller keeps the names. Every
// answer carries a Proof: the objective, an upper bound that no answer can
// exceed, the gap between them and whether the answer is proven optimal.
//
// Solvers stop early when the context ends or the work limit is reached and
// then return the best answer found so far with the bound proven so far. An
// answer that ended by proof or by the work limit is the same in every run and
// for every GOMAXPROCS; one that ended by the context may differ.
package matching

import (
	"fmt"
	"math"
)

// Options apply to every solver. The zero value means: no limit, no progress,
// seed 0, one worker for each processor.
type Options struct {
	// WorkLimit ends the search after so many units of work (about one edge
	// looked at each); 0 means no limit. Unlike a time limit it gives the same
	// answer on every machine.
	WorkLimit int64
	// Progress, when set, is called now and then from the solving goroutine
	// with the best answer and bound so far. It must not call the solver.
	Progress func(Progress)
	// Seed chooses among random decisions where a solver makes any.
	Seed uint64
	// Workers is the number of goroutines a solver may use; 0 means
	// GOMAXPROCS. It never changes the answer.
	Workers int
}

// Progress is what a running solver has reached.
type Progress struct {
	Stage     string  // what it is doing, one or two words
	Done      float64 // share of the stage that is done, 0..1, -1 when unknown
	Objective float64 // value of the best answer so far
	Bound     float64 // no answer is worth more; +Inf before a bound is known
	Work      int64   // units of work spent
}

// Proof says how good an answer is.
type Proof struct {
	Objective float64 // value of the answer
	Bound     float64 // upper bound on the value of any answer
	Gap       float64 // (Bound-Objective)/max(1,|Objective|), 0 when Optimal
	Optimal   bool    // the bound is reached: no better answer exists
	Algorithm string  // how it was found and proven
	Work      int64   // units of work spent
}

// Close sets Gap, and Optimal when the bound is within tol of the objective.
// With whole-number weights any answer within less than one of its bound is
// optimal; callers with exact arithmetic pass 0.
func (p *Proof) Close(tol float64) {
	if p.Bound-p.Objective <= tol {
		p.Bound, p.Gap, p.Optimal = p.Objective, 0, true
		return
	}
	p.Optimal = false
	p.Gap = (p.Bound - p.Objective) / math.Max(1, math.Abs(p.Objective))
}

// InputError says which part of a problem is wrong. Part names the list
// ("edge", "capacity", "pin", ...) and Index the entry in it, -1 when no single
// entry is to blame.
type InputError struct {
	Part   string
	Index  int
	Reason string
}

func (e *InputError) Error() string {
	if e.Index < 0 {
		return fmt.Sprintf("%s: %s", e.Part, e.Reason)
	}
	return fmt.Sprintf("%s %d: %s", e.Part, e.Index, e.Reason)
}

// InfeasibleError says that no answer satisfies the hard rules, and names
// somebody who cannot be satisfied where one can be named.
type InfeasibleError struct {
	Part   string // "left", "right", "person", ...
	Index  int    // who, -1 when nobody can be singled out
	Reason string
}

func (e *InfeasibleError) Error() string {
	if e.Index < 0 {
		return "no answer exists: " + e.Reason
	}
	return fmt.Sprintf("no answer exists: %s %d: %s", e.Part, e.Index, e.Reason)
}

// Unmet is a hard rule that an answer does not keep because the search was
// stopped too early: somebody has too few partners. Answers that were not
// stopped keep all hard rules; where that is impossible there is an
// *InfeasibleError instead.
type Unmet struct {
	Part    string // "left", "right", "work" or "reviewer"
	Index   int    // who
	Missing int    // how many partners they lack
}

// Edge is a possible match of Left with Right worth Weight. In Pairs both ends
// are people of the same list and the order means nothing.
type Edge struct {
	Left, Right int32
	Weight      int64
}
