package welcome

import (
	"github.com/guildhall/guildhall/internal/platform/db"
	"github.com/guildhall/guildhall/internal/platform/id"
)

// pathSQL is the first week of one person, the reader or somebody the house
// may nudge.
const pathSQL = `
SELECT w.id, w.audience_id, p.id, p.role, p.created_at, p.starts_on, COALESCE(w.nudges, 0), w.away_at
FROM people p
LEFT JOIN welcome_paths w ON w.person_id = p.id
WHERE p.id = $1 AND p.state = 'active'`

func scanPath(r *db.Rows, p *path) error {
	var created, starts, away db.Time
	if err := r.Scan(&p.id, &p.audience, &p.person, &p.role, &created, &starts, &p.nudges, &away); err != nil {
		return err
	}
	p.begun, p.away = created.Time(), !away.IsZero()
	if starts.Time().After(p.begun) {
		p.begun = starts.Time()
	}
	return nil
}

func scanID(r *db.Rows, n *id.ID) error { return r.Scan(n) }

const insertPathSQL = `
INSERT INTO welcome_paths (id, person_id, audience_id)
VALUES ($1, $2, $3)`

const awaySQL = `
UPDATE welcome_paths SET away_at = COALESCE(away_at, $1)
WHERE id = $2`

const nudgedSQL = `
UPDATE welcome_paths SET nudges = $1, nudged_at = $2
WHERE id = $3 AND nudges = $4 AND away_at IS NULL`

// addedSQL are the people added after one of them: ids are in the order of
// time.
const addedSQL = `
SELECT id
FROM people
WHERE id > $1 AND state = 'active'
ORDER BY id
LIMIT 200`

// startedSQL are the people who began lately and were added before that.
const startedSQL = `
SELECT id
FROM people
WHERE starts_on > $1 AND starts_on <= $2 AND id < $3 AND state = 'active'
ORDER BY starts_on, id
LIMIT 500`
