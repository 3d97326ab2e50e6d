package world

import (
	"fmt"
	"time"

	"github.com/guildhall/guildhall/internal/teamhour"
)

// gather lets the organiser of the cast open a team hour of this morning, in
// which everybody has shown
// something and nobody has booked anything yet.
func (w *world) gather() error {
	if w.TeamHours == nil {
		return nil
	}
	w.Clock.Set(w.until.Add(-25 * time.Minute))
	ines, marta, tomasz, amara := w.people[0].actor, w.people[1].actor, w.people[2].actor, w.people[3].actor
	hour, err := w.TeamHours.Begin(w.ctx, amara, "Commissioning crew, our hour", 0, []string{ines.Person.String(), marta.Person.String(), tomasz.Person.String()})
	if err != nil {
		return fmt.Errorf("open a team hour: %w", err)
	}
	for _, x := range []struct {
		who        int
		kind, name string
		level      int
	}{
		{0, teamhour.Show, "First hours on a new site", 4}, {0, teamhour.Want, "Reading a calibration sheet", 1},
		{1, teamhour.Show, "Reading a calibration sheet", 4}, {1, teamhour.Want, "First hours on a new site", 1},
		{2, teamhour.Show, "Shift handover in ten minutes", 4}, {2, teamhour.Want, "Reading a calibration sheet", 1},
	} {
		by := w.people[x.who].actor
		if err := w.TeamHours.Write(w.ctx, by, hour, by.Person, x.kind, x.name, x.level, true); err != nil {
			return fmt.Errorf("%s writes in the team hour: %w", by.Name, err)
		}
	}
	w.Clock.Set(w.until.Add(-5 * time.Minute))
	if err := w.TeamHours.Turn(w.ctx, amara, hour, 3); err != nil {
		return err
	}
	w.Clock.Set(w.until)
	return nil
}
