package ask

import (
	"strings"

	"github.com/guildhall/guildhall/internal/core/echo"
	"github.com/guildhall/guildhall/internal/core/event"
	"github.com/guildhall/guildhall/internal/platform/db"
	"github.com/guildhall/guildhall/internal/platform/id"
)

// Echoes says which answers helped whoever asked: the one they accepted, and
// those they found useful.
func Echoes(tx *db.Tx, events []event.Event) ([]id.ID, []echo.Help, error) {
	var answers []id.ID
	for _, e := range events {
		if strings.HasPrefix(e.Kind, "answer.") && e.Kind != "answer.posted" {
			answers = append(answers, e.Subject)
		}
	}
	if len(answers) == 0 {
		return nil, nil, nil
	}
	list, err := db.All(tx, helpedAskersSQL, func(r *db.Rows, h *echo.Help) error {
		var at db.Time
		var helper id.ID
		err := r.Scan(&h.Source, &h.Title, &h.Learner, &helper, &h.Skill, &at)
		h.About, h.Kind, h.Helpers, h.At = h.Source, echo.Answer, []id.ID{helper}, at.Time()
		return err
	}, answers)
	return answers, list, err
}
