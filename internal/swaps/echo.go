package swaps

import (
	"github.com/guildhall/guildhall/internal/core/echo"
	"github.com/guildhall/guildhall/internal/core/event"
	"github.com/guildhall/guildhall/internal/platform/db"
	"github.com/guildhall/guildhall/internal/platform/id"
)

// Echoes says who was taught in swaps; the time is that of the last lesson.
func Echoes(tx *db.Tx, events []event.Event) (things []id.ID, list []echo.Help, err error) {
	var swaps []id.ID
	for _, e := range events {
		if e.Kind == "swap.taught" {
			swaps = append(swaps, e.Subject)
		}
	}
	if len(swaps) == 0 {
		return nil, nil, nil
	}
	members, err := db.All(tx, membersSQL, scanMember, swaps)
	if err != nil {
		return nil, nil, err
	}
	for _, m := range members {
		things = append(things, m.ID)
	}
	list, err = db.All(tx, lessonsTakenSQL, func(r *db.Rows, h *echo.Help) error {
		var at db.Time
		var teacher id.ID
		err := r.Scan(&h.Source, &h.About, &h.Title, &h.Learner, &teacher, &h.Skill, &at)
		h.Kind, h.Helpers, h.At = echo.Lesson, []id.ID{teacher}, at.Time()
		return err
	}, swaps)
	return things, list, err
}
