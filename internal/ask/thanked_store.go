package ask

import (
	"github.com/guildhall/guildhall/internal/core/access"
	"github.com/guildhall/guildhall/internal/platform/db"
)

// thankedSQL tells whether somebody found an answer useful or accepted one.
const thankedSQL = `
SELECT 1
WHERE EXISTS (
    SELECT 1 FROM votes v
    JOIN answers a ON a.id = v.on_id
    WHERE v.person_id = $1)
  OR EXISTS (
    SELECT 1 FROM questions q
    WHERE q.author_id = $2 AND q.accepted_id IS NOT NULL)`

// Thanked tells whether the actor ever said that an answer helped.
func Thanked(tx *db.Tx, by access.Actor) (bool, error) {
	var one int
	return tx.Row(thankedSQL, []any{&one}, by.Person, by.Author)
}
