package swaps

import (
	"time"

	"github.com/guildhall/guildhall/internal/platform/db"
	"github.com/guildhall/guildhall/internal/platform/id"
)

type proposedRow struct {
	id    id.ID
	title string
	due   time.Time
	again bool // somebody changed what was proposed
}

// proposedToSQL are the swaps that wait for the reader's answer.
const proposedToSQL = `
SELECT w.id, x.title, w.due_at, w.version > 1
FROM swap_members s
JOIN swaps w ON w.id = s.swap_id AND w.state = 'proposed'
JOIN subjects x ON x.id = w.id
JOIN audience_members m ON m.person_id = s.person_id AND m.audience_id = w.audience_id
WHERE s.person_id = $1 AND s.answer = ''
ORDER BY w.due_at, w.id
LIMIT 2`

func scanProposed(r *db.Rows, p *proposedRow) error {
	var due db.Time
	err := r.Scan(&p.id, &p.title, &due, &p.again)
	p.due = due.Time()
	return err
}

const personFilterSQL = `AND ps.person_id = $1`
