package world

import (
	"fmt"
	"time"

	"github.com/guildhall/guildhall/internal/coffee"
)

// brew gives the organisation a group that had coffee three times, and
// somebody who offers an hour.
func (w *world) brew() error {
	if w.Coffee == nil {
		return nil
	}
	w.tell("coffee", 97)
	list := w.people[:min(len(w.people), 80)]
	by := list[0]
	at := w.until.AddDate(0, 0, -45)
	w.Clock.Set(at)
	group, err := w.Coffee.Start(w.ctx, by.actor, coffee.NewGroup{Name: "Across the house", Every: coffee.Fortnightly, Size: 2, Mixing: coffee.Across, Zone: by.site.zone})
	if err != nil {
		return err
	}
	for _, p := range list[1:] {
		if p.joined.After(at) {
			continue
		}
		if err := w.Coffee.Join(w.ctx, p.actor, group); err != nil {
			return fmt.Errorf("%s has coffee: %w", p.name, err)
		}
	}
	for round := range 3 {
		w.Clock.Set(at.AddDate(0, 0, 3+14*round))
		if err := w.Coffee.Draw(w.ctx, by.actor, group); err != nil {
			return err
		}
		w.Clock.Advance(5 * 24 * time.Hour)
		for i, p := range list {
			if i%5 == 4 || round == 2 && i < len(cast) {
				continue
			}
			pairs, _, err := w.Coffee.Pairs(w.ctx, p.actor, 0, 1)
			if err != nil {
				return err
			}
			if len(pairs) == 0 {
				continue
			}
			met := "yes"
			if i%7 == 3 {
				met = "no"
			}
			if err := w.Coffee.Confirm(w.ctx, p.actor, pairs[0].ID, met); err != nil {
				return err
			}
			if i%6 != 1 {
				continue
			}
			for _, q := range pairs[0].Persons() {
				if q != p.actor.Person {
					if err := w.Coffee.Thank(w.ctx, p.actor, pairs[0].ID, q, "You asked the one question I had been avoiding. It helped."); err != nil {
						return err
					}
				}
			}
		}
	}
	w.Clock.Set(w.until.AddDate(0, 0, -3))
	_, err = w.Coffee.Offer(w.ctx, list[1].actor, coffee.Hours{
		Title: "Bring a reading that makes no sense", Zone: list[1].site.zone, Start: w.until.AddDate(0, 0, 2).Truncate(time.Hour), EveryDays: 7, Minutes: 20, Seats: 3,
	})
	return err
}
