package teamhour

import (
	"github.com/guildhall/guildhall/internal/platform/db"
	"github.com/guildhall/guildhall/internal/platform/id"
)

func scanID(r *db.Rows, n *id.ID) error { return r.Scan(n) }

const leadsSQL = `
SELECT 1
WHERE EXISTS (SELECT 1 FROM people p WHERE p.manager_id = $1 AND p.state = 'active')
  OR EXISTS (SELECT 1 FROM audience_members m WHERE m.person_id = $1 AND m.role = 'steward')`

// managesSQL walks from people up to their managers.
const managesSQL = `
WITH RECURSIVE line (id) AS (
  SELECT manager_id FROM people WHERE id = ANY($1) AND state = 'active'
  UNION
  SELECT p.manager_id
  FROM line l
  JOIN people p ON p.id = l.id)
SELECT 1
FROM line
WHERE id = $2`

const stewardOfSQL = `
SELECT 1
FROM audience_members mine
JOIN audience_members theirs ON theirs.audience_id = mine.audience_id
WHERE mine.person_id = $1 AND mine.role = 'steward' AND theirs.person_id = ANY($2)
LIMIT 1`

const insertSQL = `
INSERT INTO team_hours (id, audience_id, person_id, title, code, step, step_at, state, forget_at, created_at)
VALUES ($1, $2, $3, $4, $5, 0, $6, 'open', $7, $6)`

const joinSQL = `
INSERT INTO team_hour_people (person_id, hour_id)
VALUES ($1, $2)
ON CONFLICT DO NOTHING`

// byCodeSQL is the open hour of a code, which whoever has it may come into.
const byCodeSQL = `
SELECT h.id, h.audience_id, (SELECT COUNT(*) FROM team_hour_people p WHERE p.hour_id = h.id)
FROM team_hours h
WHERE h.code = $1 AND h.state = 'open'`

const columnsFragmentSQL = `
SELECT h.id, h.audience_id, h.person_id, h.title, h.code, h.step, h.step_at, h.state, h.forget_at, h.created_at
FROM team_hours h`

func scanHour(r *db.Rows, h *Hour) error {
	var step, forget, created db.Time
	if err := r.Scan(&h.ID, &h.Audience, &h.Leader, &h.Title, &h.Code, &h.Step, &step, &h.State, &forget, &created); err != nil {
		return err
	}
	h.StepAt, h.Forget, h.Created = step.Time(), forget.Time(), created.Time()
	return nil
}

const openSQL = columnsFragmentSQL + `
WHERE EXISTS (
    SELECT 1 FROM audience_members m
    WHERE m.person_id = $1 AND m.audience_id = h.audience_id)
  AND h.id = $2`

const mineSQL = columnsFragmentSQL + `
JOIN team_hour_people p ON p.hour_id = h.id
WHERE p.person_id = $1 AND EXISTS (
    SELECT 1 FROM audience_members m
    WHERE m.person_id = $1 AND m.audience_id = h.audience_id)
ORDER BY p.hour_id DESC
LIMIT 30`

const peopleSQL = `
SELECT person_id
FROM team_hour_people
WHERE hour_id = $1
ORDER BY person_id`

// entriesSQL are the reader's own entries and what others showed.
const entriesSQL = `
SELECT e.id, e.person_id, e.kind, e.name, e.level, e.skill_id, e.state
FROM team_hour_entries e
WHERE EXISTS (
    SELECT 1 FROM audience_members m
    WHERE m.person_id = $1 AND m.audience_id = e.audience_id)
  AND e.hour_id = $2 AND (e.person_id = $1 OR e.state <> 'draft')
ORDER BY e.id
LIMIT 800`

func scanEntry(r *db.Rows, e *Entry) error {
	return r.Scan(&e.ID, &e.Person, &e.Kind, &e.Name, &e.Level, &e.Skill, &e.State)
}

const stepSQL = `
UPDATE team_hours SET step = $1, step_at = $2
WHERE id = $3`

const closeSQL = `
UPDATE team_hours SET state = 'closed'
WHERE id = $1`

const countSQL = `
SELECT COUNT(*)
FROM team_hour_entries
WHERE hour_id = $1 AND person_id = $2`

const insertEntrySQL = `
INSERT INTO team_hour_entries (id, hour_id, audience_id, person_id, kind, name, level, state, created_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)`

const stateSQL = `
UPDATE team_hour_entries SET state = $1
WHERE id = $2`

const keepSQL = `
UPDATE team_hour_entries SET state = 'kept', skill_id = $1
WHERE id = $2`

const dropSQL = `
DELETE FROM team_hour_entries
WHERE id = $1`

const dueSQL = `
SELECT id
FROM team_hours
WHERE forget_at <= $1
ORDER BY forget_at
LIMIT 50`

const forgetEntriesSQL = `
DELETE FROM team_hour_entries
WHERE hour_id = $1`

const forgetPeopleSQL = `
DELETE FROM team_hour_people
WHERE hour_id = $1`

const forgetSQL = `
DELETE FROM team_hours
WHERE id = $1`

const goneSQL = `
DELETE FROM team_hour_entries
WHERE person_id = $1 AND hour_id IN (SELECT hour_id FROM team_hour_people WHERE person_id = $1)`

const mergeSQL = `
UPDATE team_hour_entries SET skill_id = $1
WHERE skill_id = $2`
