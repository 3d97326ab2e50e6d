package world

import (
	"fmt"

	"github.com/guildhall/guildhall/internal/core/access"
	"github.com/guildhall/guildhall/internal/platform/id"
	"github.com/guildhall/guildhall/internal/swaps"
)

// swap runs one round of swaps, a day ago. Most people have answered since; the
// cast are still asked.
func (w *world) swap() error {
	if w.Swaps == nil {
		return nil
	}
	w.tell("swaps", 97)
	w.Clock.Set(w.until.AddDate(0, 0, -1))
	var by access.Actor
	for _, p := range w.people[:len(cast)] {
		if p.actor.Organises() {
			by = p.actor
		}
	}
	round, err := w.Swaps.Start(w.ctx, by)
	if err != nil {
		return fmt.Errorf("start a round of swaps: %w", err)
	}
	if err := w.Swaps.Carry(w.ctx, round); err != nil {
		return fmt.Errorf("carry out a round of swaps: %w", err)
	}
	asked := map[id.ID]bool{}
	// Whoever keeps a wish closed is asked first, so the others' turn comes in
	// a second and third pass.
	for range 3 {
		for _, p := range w.people[len(cast):] {
			if asked[p.actor.Person] || p.joined.After(w.Clock.Now()) {
				continue
			}
			list, _, err := w.Swaps.List(w.ctx, p.actor, false, 0, 3)
			if err != nil {
				return err
			}
			for _, x := range list {
				if x.State != swaps.Proposed {
					continue
				}
				asked[p.actor.Person] = true
				if w.rng.IntN(100) < 85 {
					if err := w.Swaps.Answer(w.ctx, p.actor, x.ID, 1, true, ""); err != nil {
						return fmt.Errorf("%s answers a swap: %w", p.name, err)
					}
				}
			}
		}
	}
	return nil
}
