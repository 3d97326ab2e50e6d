package skills

import "github.com/guildhall/guildhall/internal/platform/db"

const activeTagSQL = `
SELECT t.id, t.kind, t.name
FROM skills s
JOIN skills t ON t.id = COALESCE(s.merged_into, s.id)
WHERE s.id = $1 AND t.state <> 'private'`

const countOwnSQL = `
SELECT COUNT(*)
FROM person_skills
WHERE person_id = $1 AND skill_id <> $2`

const declareSQL = `
INSERT INTO person_skills (id, person_id, skill_id, direction, level, work, open, note, created_at, updated_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $9)
ON CONFLICT (person_id, skill_id, direction) DO UPDATE
SET level = excluded.level, work = excluded.work, open = excluded.open, note = excluded.note, updated_at = excluded.updated_at`

const undeclareSQL = `
DELETE FROM person_skills
WHERE person_id = $1 AND skill_id = $2 AND direction = $3`

// What is not open is read for its owner alone: closed wants never leave the
// server for anybody else.
const ofPersonSQL = `
SELECT ps.person_id, s.id, s.kind, s.name, ps.direction, ps.level, ps.work, ps.open, ps.note, ps.created_at
FROM person_skills ps
JOIN skills s ON s.id = ps.skill_id
WHERE (ps.person_id = $1 OR ps.open AND EXISTS (
    SELECT 1 FROM audience_members m
    WHERE m.person_id = $1 AND m.audience_id = 1))
  AND ps.person_id = $2
ORDER BY ps.level DESC, s.sort_key, s.id`

const forMatchingSQL = `
SELECT ps.person_id, s.id, s.kind, s.name, ps.direction, ps.level, ps.work, ps.open, ps.note, ps.created_at
FROM person_skills ps
JOIN skills s ON s.id = ps.skill_id AND s.state = 'active'
WHERE ps.person_id = ANY($1)
ORDER BY ps.person_id, ps.direction, ps.level DESC, s.id`

const ofPeopleSQL = `
SELECT ps.person_id, s.id, s.kind, s.name, ps.direction, ps.level, ps.work, ps.open, ps.note, ps.created_at
FROM person_skills ps
JOIN skills s ON s.id = ps.skill_id
WHERE EXISTS (
    SELECT 1 FROM audience_members m
    WHERE m.person_id = $1 AND m.audience_id = 1)
  AND ps.skill_id = $2 AND ps.direction = 'teach' AND ps.open AND ps.person_id = ANY($3)`

func scanDeclaration(r *db.Rows, d *Declaration) error {
	var since db.Time
	err := r.Scan(&d.Person, &d.ID, &d.Kind, &d.Name, &d.Direction, &d.Level, &d.Work, &d.Open, &d.Note, &since)
	d.Since = since.Time()
	return err
}
