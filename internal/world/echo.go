package world

import (
	"fmt"
	"time"

	"github.com/guildhall/guildhall/internal/ask"
	"github.com/guildhall/guildhall/internal/core/access"
	"github.com/guildhall/guildhall/internal/core/echo"
	"github.com/guildhall/guildhall/internal/core/event"
	"github.com/guildhall/guildhall/internal/platform/db"
	"github.com/guildhall/guildhall/internal/platform/id"
)

// what people write when they say what came of it.
var sounds = map[string][]string{
	echo.Used: {
		"Did it this morning, and it held.", "Saved us the call-out.", "It is on our shift board now.", "I showed it to the two new ones as well.",
		"Took me two tries, then it worked.", "", "", "",
	},
	echo.NotYet: {"The line is down until spring.", "Waiting for the part.", "", ""},
	echo.NoHelp: {"Ours is the older model.", "We went another way in the end.", ""},
}

// resound asks, fortnight by fortnight, what came of the help of two years.
// Most answered; who is asked last still has the question before them.
func (w *world) resound() error {
	if w.Echo == nil {
		return nil
	}
	w.tell("what came of it", 99)
	actors := map[id.ID]access.Actor{}
	for _, p := range w.people {
		actors[p.actor.Person] = p.actor
	}
	// Ines is asked about what Marta told her a month ago.
	w.Clock.Set(w.until.AddDate(0, 0, -32))
	ines, marta := w.people[0].actor, w.people[1].actor
	q, err := w.Ask.Ask(w.ctx, ines, ask.Ask{
		Title: "How long does the PH-11 reference solution keep once it is open?", Body: "The bottle in the van says nothing.", Skills: []string{"Calibration"},
	})
	if err != nil {
		return err
	}
	w.Clock.Set(w.until.AddDate(0, 0, -31))
	a, err := w.Ask.Answer(w.ctx, marta, q, "Four weeks, cool and dark. Write the date on the cap when you open it.")
	if err != nil {
		return err
	}
	if err := w.Ask.Accept(w.ctx, ines, q, a); err != nil {
		return err
	}
	effect := w.Echo.Effect()
	var waiting []event.Event
	var seq int64
	// Events are in the order in which they were written, which is nearly that
	// of time; what is left at the end comes at the end.
	step := 14 * 24 * time.Hour
	for at, more := w.start, true; more; at = at.Add(step) {
		if more = at.Before(w.until); !more {
			at = w.until
		}
		w.Clock.Set(at)
		for {
			if len(waiting) == 0 {
				if err := w.DB.Read(w.ctx, func(tx *db.Tx) (err error) {
					waiting, err = event.After(tx, seq, 500)
					return err
				}); err != nil {
					return err
				}
				if len(waiting) == 0 {
					break
				}
				seq = waiting[len(waiting)-1].Seq
			}
			n := 0
			for n < len(waiting) && (!more || !waiting[n].At.After(at)) {
				n++
			}
			if n == 0 {
				break
			}
			apply, err := effect.Prepare(w.ctx, waiting[:n])
			if err != nil {
				return err
			}
			waiting = waiting[n:]
			if apply == nil {
				continue
			}
			if err := w.DB.Write(w.ctx, apply); err != nil {
				return err
			}
		}
		if err := w.echoes(actors, w.until.Sub(at) < 21*24*time.Hour); err != nil {
			return err
		}
	}
	return nil
}

// echoes asks who is to be asked now; the cast answer nothing of the last
// weeks.
func (w *world) echoes(actors map[id.ID]access.Actor, late bool) error {
	asked, err := w.Echo.Ask(w.ctx)
	if err != nil {
		return err
	}
	for _, a := range asked {
		by := actors[a.Learner]
		if w.rng.IntN(100) < 30 || late && w.castHas(a.Learner) {
			continue
		}
		said := echo.Used
		switch x := w.rng.IntN(100); {
		case x < 12:
			said = echo.NoHelp
		case x < 34:
			said = echo.NotYet
		}
		words := sounds[said][w.rng.IntN(len(sounds[said]))]
		if err := w.Echo.Say(w.ctx, by, a.Echo, said, words); err != nil {
			return fmt.Errorf("%s says what came of it: %w", by.Name, err)
		}
	}
	return w.Echo.Count(w.ctx)
}

func (w *world) castHas(person id.ID) bool {
	for _, p := range w.people[:len(cast)] {
		if p.actor.Person == person {
			return true
		}
	}
	return false
}
