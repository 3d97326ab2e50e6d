package revise

import (
	"strings"

	"github.com/guildhall/guildhall/internal/platform/db"
)

// lastSQL counts versions to number the next: shown to nobody.
const lastSQL = `
SELECT COALESCE(MAX(number), 0)
FROM revisions
WHERE subject_id = $1`

const insertSQL = `
INSERT INTO revisions (id, subject_id, audience_id, number, author_id, title, body, skills, note, at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)`

const importAgainSQL = `
UPDATE revisions SET title = $1, body = $2, skills = $3, note = $4
WHERE id = $5`

const importSQL = `
INSERT INTO revisions (id, subject_id, audience_id, number, author_id, title, body, skills, note, at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
ON CONFLICT (subject_id, number) DO NOTHING`

const historySQL = `
SELECT r.id, r.subject_id, r.audience_id, r.number, r.author_id, r.title, r.body, r.skills, r.note, r.at
FROM revisions r
WHERE EXISTS (
    SELECT 1 FROM audience_members m
    WHERE m.person_id = $1 AND m.audience_id = r.audience_id)
  AND r.subject_id = $2
  AND r.number < $3
ORDER BY r.number DESC
LIMIT $4`

func scan(r *db.Rows, v *Version) error {
	var at db.Time
	var skills string
	if err := r.Scan(&v.ID, &v.Subject, &v.Audience, &v.Number, &v.Author, &v.Title, &v.Body, &skills, &v.Note, &at); err != nil {
		return err
	}
	v.At = at.Time()
	if skills != "" {
		v.Skills = strings.Split(skills, "\n")
	}
	return nil
}
