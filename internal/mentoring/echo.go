package mentoring

import (
	"slices"

	"github.com/guildhall/guildhall/internal/core/echo"
	"github.com/guildhall/guildhall/internal/core/event"
	"github.com/guildhall/guildhall/internal/platform/db"
	"github.com/guildhall/guildhall/internal/platform/id"
)

// Echoes says which goals were reached, and who helped: everybody else in the
// room who is a mentor or a peer.
func Echoes(tx *db.Tx, events []event.Event) (things []id.ID, list []echo.Help, err error) {
	var rooms []id.ID
	for _, e := range events {
		if e.Kind == "mentorship.goal" {
			rooms = append(rooms, e.Subject)
		}
	}
	if len(rooms) == 0 {
		return nil, nil, nil
	}
	_, err = db.All(tx, settledGoalsSQL, func(r *db.Rows, _ *struct{}) error {
		var h echo.Help
		var at db.Time
		var helper id.ID
		var reached bool
		if err := r.Scan(&h.Source, &h.About, &h.Title, &h.Learner, &helper, &h.Skill, &reached, &at); err != nil {
			return err
		}
		if !slices.Contains(things, h.Source) {
			things = append(things, h.Source)
		}
		if !reached {
			return nil
		}
		if n := len(list); n > 0 && list[n-1].Source == h.Source {
			list[n-1].Helpers = append(list[n-1].Helpers, helper)
			return nil
		}
		h.Kind, h.Helpers, h.At = echo.Goal, []id.ID{helper}, at.Time()
		list = append(list, h)
		return nil
	}, rooms)
	return things, list, err
}
