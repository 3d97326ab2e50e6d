package world

import (
	"fmt"
	"slices"
	"time"

	"github.com/guildhall/guildhall/internal/core/access"
	"github.com/guildhall/guildhall/internal/core/skills"
	"github.com/guildhall/guildhall/internal/platform/db"
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
	return w.discuss()
}

// discuss lets the first of the cast propose a swap to somebody who answers with
// a change, which waits for them now.
func (w *world) discuss() error {
	first := w.people[0].actor
	var mine []skills.Declaration
	if err := w.Swaps.DB.Read(w.ctx, func(tx *db.Tx) (err error) {
		mine, err = skills.OfPerson(tx, first, first.Person)
		return err
	}); err != nil {
		return err
	}
	at := slices.IndexFunc(mine, func(d skills.Declaration) bool { return d.Direction == skills.Teach })
	offers, _, err := w.Swaps.Offers(w.ctx, first, swaps.OfferFilter{Limit: 100})
	if err != nil || at < 0 {
		return err
	}
	for _, o := range offers {
		who := slices.IndexFunc(w.people, func(p *person) bool { return p.actor.Person == o.Person })
		if who < len(cast) || w.people[who].joined.After(w.Clock.Now()) {
			continue
		}
		if _, err := w.Skills.Declare(w.ctx, first, skills.Declaration{
			Tag: o.Skill, Direction: skills.Want, Level: skills.Learning, Work: true, Open: true,
		}); err != nil {
			return fmt.Errorf("%s wants %s: %w", first.Name, o.Skill.Name, err)
		}
		n, err := w.Swaps.Propose(w.ctx, first, swaps.Proposal{
			To: o.Person, Teach: mine[at].ID, Learn: o.Skill.ID, Lessons: 4, Minutes: 45, Format: swaps.Online, Note: "Wednesdays would be easiest for me.",
		})
		if err != nil {
			return fmt.Errorf("%s proposes a swap: %w", first.Name, err)
		}
		w.Clock.Set(w.until.Add(-3 * time.Hour))
		if _, err := w.Swaps.Suggest(w.ctx, w.people[who].actor, n, swaps.Change{
			Version: 1, Teach: o.Skill.ID, Learn: mine[at].ID, Lessons: 3, Minutes: 60, Format: swaps.Online, Note: "Gladly. An hour at a time gets us further, and three will do.",
		}); err != nil {
			return fmt.Errorf("%s suggests a change: %w", w.people[who].name, err)
		}
		return nil
	}
	return nil
}
