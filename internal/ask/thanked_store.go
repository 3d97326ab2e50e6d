package ask

import (
	"github.com/guildhall/guildhall/internal/core/access"
	"github.com/guildhall/guildhall/internal/platform/db"
)

// thankedSQL tells whether somebody found an answer useful or accepted one. What
// was deleted is not told of, here neither.
const thankedSQL = `
SELECT 1
WHERE EXISTS (
    SELECT 1 FROM votes v
    JOIN answers a ON a.id = v.on_id
    JOIN questions on_q ON on_q.id = a.question_id
    WHERE v.person_id = $1 AND a.state <> 'deleted' AND on_q.state <> 'deleted')
  OR EXISTS (
    SELECT 1 FROM questions q
    WHERE q.author_id = $2 AND q.accepted_id IS NOT NULL AND q.state <> 'deleted')`

// Thanked tells whether the actor ever said that an answer helped.
func Thanked(tx *db.Tx, by access.Actor) (bool, error) {
	var one int
	return tx.Row(thankedSQL, []any{&one}, by.Person, by.Author)
}
