package notify

import (
	"time"

	"github.com/guildhall/guildhall/internal/platform/db"
	"github.com/guildhall/guildhall/internal/platform/id"
)

const choiceSQL = `
SELECT way
FROM notice_choices
WHERE person_id = $1 AND kind = $2`

const choicesSQL = `
SELECT kind, way
FROM notice_choices
WHERE person_id = $1`

const chooseSQL = `
INSERT INTO notice_choices (person_id, kind, way)
VALUES ($1, $2, $3)
ON CONFLICT (person_id, kind) DO UPDATE SET way = excluded.way`

const addressSQL = `
SELECT COALESCE(email, '')
FROM people
WHERE id = $1 AND state = 'active'`

const insertSQL = `
INSERT INTO notices (id, person_id, key, kind, subject_id, audience_id, actor_id, at, mailed_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
ON CONFLICT (person_id, key) DO NOTHING`

type row struct {
	id, subject, actor id.ID
	kind               Kind
	at                 time.Time
	read               bool
}

const rowColumnsFragmentSQL = `
SELECT n.id, n.kind, n.subject_id, n.actor_id, n.at, n.read_at
FROM notices n`

const listSQL = rowColumnsFragmentSQL + `
WHERE n.person_id = $1 AND n.id < $2
  AND EXISTS (
    SELECT 1 FROM audience_members m
    WHERE m.person_id = $1 AND m.audience_id = n.audience_id)
ORDER BY n.id DESC
LIMIT $3`

const unmailedSQL = rowColumnsFragmentSQL + `
WHERE n.person_id = $1 AND n.mailed_at IS NULL
  AND EXISTS (
    SELECT 1 FROM audience_members m
    WHERE m.person_id = $1 AND m.audience_id = n.audience_id)
ORDER BY n.id
LIMIT $2`

func scanRow(r *db.Rows, v *row) error {
	var at, read db.Time
	if err := r.Scan(&v.id, &v.kind, &v.subject, &v.actor, &at, &read); err != nil {
		return err
	}
	v.at, v.read = at.Time(), !read.IsZero()
	return nil
}

// unreadSQL counts what the list shows: nothing of an audience the person has
// left, nothing about what was deleted.
const unreadSQL = `
SELECT COUNT(*)
FROM (
  SELECT 1
  FROM notices n
  JOIN subjects s ON s.id = n.subject_id AND s.state <> 'deleted'
  WHERE n.person_id = $1 AND n.read_at IS NULL
    AND EXISTS (
      SELECT 1 FROM audience_members m
      WHERE m.person_id = $1 AND m.audience_id = s.audience_id)
  LIMIT 100) unread`

const markReadSQL = `
UPDATE notices SET read_at = $1
WHERE person_id = $2 AND id <= $3 AND read_at IS NULL`

// mailedSQL also lets go of what the person may see no longer, so that it is
// not mailed to them when they see it again years later.
const mailedSQL = `
UPDATE notices SET mailed_at = $1
WHERE person_id = $2 AND mailed_at IS NULL
  AND (id = ANY($3) OR NOT EXISTS (
    SELECT 1 FROM audience_members m
    WHERE m.person_id = $2 AND m.audience_id = notices.audience_id))`

const readerSQL = `
SELECT p.id, p.name, COALESCE(p.email, ''), p.locale, COALESCE(NULLIF(p.time_zone, ''), s.time_zone, 'UTC')
FROM people p
LEFT JOIN sites s ON s.id = p.site_id
WHERE p.id = $1 AND p.state = 'active'`

const secretSQL = `
SELECT value
FROM settings
WHERE key = 'notices.secret'`

const saveSecretSQL = `
INSERT INTO settings (key, value, updated_at)
VALUES ('notices.secret', $1, $2)
ON CONFLICT (key) DO NOTHING`

const settleSQL = `
UPDATE notices SET read_at = $1
WHERE at < $2 AND read_at IS NULL`
