package subject

import "github.com/guildhall/guildhall/internal/platform/db"

const saveSQL = `
INSERT INTO subjects (id, kind, audience_id, author_id, parent_id, title, state, created_at, updated_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
ON CONFLICT (id) DO UPDATE
SET audience_id = excluded.audience_id, author_id = excluded.author_id, parent_id = excluded.parent_id,
    title = excluded.title, state = excluded.state, updated_at = excluded.updated_at`

const touchSQL = `
UPDATE subjects SET state = $1, updated_at = $2
WHERE id = $3`

const resolveSQL = `
SELECT s.id, s.kind, s.title, s.state, s.author_id, s.parent_id, s.updated_at
FROM subjects s
WHERE EXISTS (
    SELECT 1 FROM audience_members m
    WHERE m.person_id = $1 AND m.audience_id = s.audience_id)
  AND s.state <> 'deleted'
  AND s.id = ANY($2)`

const titlesSQL = `
SELECT title
FROM subjects
WHERE audience_id = 1 AND state <> 'deleted' AND id = ANY($1)`

func scanCard(r *db.Rows, c *Card) error {
	var at db.Time
	if err := r.Scan(&c.ID, &c.Kind, &c.Title, &c.State, &c.Author, &c.Parent, &at); err != nil {
		return err
	}
	c.At = at.Time()
	c.URL = URL(c.Ref, c.Parent)
	return nil
}

const recentSQL = `
SELECT s.id, s.kind, s.title, s.state, s.author_id, s.parent_id, s.created_at
FROM subjects s
WHERE EXISTS (
    SELECT 1 FROM audience_members m
    WHERE m.person_id = $1 AND m.audience_id = s.audience_id)
  AND s.state <> 'deleted' AND s.author_id = $2 AND s.kind = ANY($3)
ORDER BY s.created_at DESC, s.id DESC
LIMIT $4`

// afterSQL follows the primary key: kinds lie close together in time, so little
// is read in vain.
const afterSQL = `
SELECT id
FROM subjects
WHERE id > $1 AND kind = $2 AND state <> 'deleted'
ORDER BY id
LIMIT $3`
