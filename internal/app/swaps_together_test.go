package app

import (
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/anishathalye/porcupine"

	"github.com/guildhall/guildhall/internal/core/skills"
	"github.com/guildhall/guildhall/internal/platform/clock"
	"github.com/guildhall/guildhall/internal/platform/db"
	"github.com/guildhall/guildhall/internal/platform/db/dbtest"
	"github.com/guildhall/guildhall/internal/platform/fault"
	"github.com/guildhall/guildhall/internal/platform/id"
	"github.com/guildhall/guildhall/internal/swaps"
)

// say is one answer to a swap.
type say struct {
	swap   int
	person int
	yes    bool
}

// together lets clients answer at the same time and returns what they did and
// whether it was taken.
func together(t *testing.T, asked []say, do func(s say) error) []porcupine.Operation {
	t.Helper()
	begun := time.Now()
	ops := make([]porcupine.Operation, len(asked))
	var all sync.WaitGroup
	start := make(chan struct{})
	for c := range clients {
		all.Add(1)
		go func() {
			defer all.Done()
			<-start
			for i := c; i < len(asked); i += clients {
				at := time.Since(begun).Nanoseconds()
				err := do(asked[i])
				if err != nil && !fault.Is(err, fault.Conflict) {
					t.Errorf("%+v: %v", asked[i], err)
				}
				ops[i] = porcupine.Operation{ClientId: c, Input: asked[i], Call: at, Output: err == nil, Return: time.Since(begun).Nanoseconds()}
			}
		}()
	}
	close(start)
	all.Wait()
	return ops
}

// ringState is a ring as it should behave: state is p(roposed), s(tanding) or
// d(eclined).
type ringState struct {
	answers [3]byte
	state   byte
}

func TestARingThatManyAnswerAtOnceStandsOrFallsOnce(t *testing.T) {
	model := porcupine.Model{
		Init: func() any { return ringState{state: 'p'} },
		Step: func(state, input, output any) (bool, any) {
			r, s, ok := state.(ringState), input.(say), output.(bool)
			answer := byte('n')
			if s.yes {
				answer = 'y'
			}
			if r.answers[s.person] == answer {
				return ok, r
			}
			if r.state != 'p' {
				return !ok, r
			}
			r.answers[s.person] = answer
			if !s.yes {
				r.state = 'd'
			} else if r.answers == [3]byte{'y', 'y', 'y'} {
				r.state = 's'
			}
			return ok, r
		},
		Equal: func(a, b any) bool { return a == b },
	}
	dbtest.EachMoved(t, func(t *testing.T, d *db.DB, c *clock.Moved) {
		c.Set(time.Date(2026, 11, 24, 9, 0, 0, 0, time.UTC))
		s := playAt(t, d, c)
		s.swapping()
		for round := range 6 {
			names := make([]string, 3)
			for i := range names {
				names[i] = fmt.Sprintf("R%dP%d", round, i)
			}
			s.hire(names...)
			for i, n := range names {
				s.says(n, skills.Teach, fmt.Sprintf("round %d skill %d", round, i), 3, true)
				s.says(n, skills.Want, fmt.Sprintf("round %d skill %d", round, (i+1)%3), 1, true)
			}
			if _, err := s.house.Swaps.Start(t.Context(), s.as("Ada")); err != nil {
				t.Fatal(err)
			}
			s.jobs()
			ring := s.swapsOf(names[0])[0].ID
			var asked []say
			for i := range 2 * clients {
				// Every other ring meets a refusal.
				asked = append(asked, say{person: i % 3, yes: round%2 == 0 || i != 7})
			}
			by := map[int]string{0: names[0], 1: names[1], 2: names[2]}
			ops := together(t, asked, func(x say) error {
				a, err := s.house.People.ActorOf(t.Context(), s.cast[by[x.person]].Person)
				if err != nil {
					return err
				}
				return s.house.Swaps.Answer(t.Context(), a, ring, 1, x.yes, "")
			})
			if !porcupine.CheckOperations(model, ops) {
				t.Errorf("round %d: no order explains %+v", round, ops)
			}
			stood := 0
			if err := d.Read(t.Context(), func(tx *db.Tx) error {
				_, err := tx.Row("SELECT COUNT(*) FROM events WHERE kind IN ('swap.standing', 'swap.declined') AND subject_id = $1", []any{&stood}, ring)
				return err
			}); err != nil || stood != 1 {
				t.Errorf("round %d: the ring stood or fell %d times, %v", round, stood, err)
			}
		}
	})
}

func TestOwedHoursAreSpentOnceHoweverManyAccept(t *testing.T) {
	const each, teachers = 60, 5
	type bank struct {
		left  int
		taken [teachers]bool
	}
	model := porcupine.Model{
		Init: func() any { return bank{left: 2 * each} },
		Step: func(state, input, output any) (bool, any) {
			b, s, ok := state.(bank), input.(say), output.(bool)
			switch {
			case b.taken[s.swap]:
				return ok, b
			case b.left < each:
				return !ok, b
			}
			b.left -= each
			b.taken[s.swap] = true
			return ok, b
		},
		Equal: func(a, b any) bool { return a == b },
	}
	dbtest.EachMoved(t, func(t *testing.T, d *db.DB, c *clock.Moved) {
		c.Set(time.Date(2026, 11, 24, 9, 0, 0, 0, time.UTC))
		s := playAt(t, d, c)
		s.swapping()
		// Ben teaches Chidi two hours, then Chidi leaves: Ben is owed them.
		weave, dye := s.says("Ben", skills.Teach, "weaving", 4, true), s.says("Chidi", skills.Teach, "dyeing", 4, true)
		first, err := s.house.Swaps.Propose(t.Context(), s.as("Ben"), swaps.Proposal{To: s.cast["Chidi"].Person, Teach: weave, Learn: dye, Lessons: 4, Minutes: 60, Format: swaps.Either})
		if err != nil {
			t.Fatal(err)
		}
		if err := s.house.Swaps.Answer(t.Context(), s.as("Chidi"), first, 1, true, ""); err != nil {
			t.Fatal(err)
		}
		s.lesson(first, "Ben", "Chidi", time.Hour)
		s.lesson(first, "Ben", "Chidi", time.Hour)
		if err := s.house.Swaps.Leave(t.Context(), s.as("Chidi"), first, ""); err != nil {
			t.Fatal(err)
		}
		if s.owed("Ben") != 2*each {
			t.Fatalf("Ben is owed %d minutes", s.owed("Ben"))
		}
		var list []id.ID
		var names []string
		for i := range teachers {
			name := fmt.Sprintf("Teacher%d", i)
			names = append(names, name)
			s.hire(name)
			n, err := s.house.Swaps.Propose(t.Context(), s.as("Ben"), swaps.Proposal{
				To: s.cast[name].Person, Learn: s.says(name, skills.Teach, "sewing", 3, true), Lessons: 1, Minutes: each, Format: swaps.Either,
			})
			if err != nil {
				t.Fatal(err)
			}
			list = append(list, n)
		}
		var asked []say
		for i := range 3 * clients {
			asked = append(asked, say{swap: i % teachers, yes: true})
		}
		ops := together(t, asked, func(x say) error {
			a, err := s.house.People.ActorOf(t.Context(), s.cast[names[x.swap]].Person)
			if err != nil {
				return err
			}
			return s.house.Swaps.Answer(t.Context(), a, list[x.swap], 1, true, "")
		})
		if !porcupine.CheckOperations(model, ops) {
			t.Errorf("no order explains %+v", ops)
		}
		if s.owed("Ben") != 0 {
			t.Errorf("of two hours Ben has %d minutes left", s.owed("Ben"))
		}
		standing := slices.DeleteFunc(s.swapsOf("Ben"), func(w swaps.Swap) bool { return w.State != swaps.Standing })
		if len(standing) != 2 {
			t.Errorf("%d swaps stand for two hours", len(standing))
		}
		balanced(t, d)
	})
}
