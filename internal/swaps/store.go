package swaps

import (
	"encoding/json"

	"github.com/guildhall/guildhall/internal/platform/db"
	"github.com/guildhall/guildhall/internal/platform/id"
)

func scanID(r *db.Rows, n *id.ID) error { return r.Scan(n) }

const swapColumnsSQL = `
SELECT w.id, w.audience_id, w.round_id, w.mends_id, w.author_id, w.state, w.mended, w.owed, w.note, w.lessons, w.minutes, w.format,
  w.version, w.changer_id, w.due_at, w.created_at, w.updated_at
FROM swaps w`

func scanSwap(r *db.Rows, w *Swap) error {
	var due, created, updated db.Time
	if err := r.Scan(&w.ID, &w.Audience, &w.Round, &w.Mends, &w.Author, &w.State, &w.Mended, &w.Owed, &w.Note, &w.Lessons, &w.Minutes, &w.Format,
		&w.Version, &w.Changer, &due, &created, &updated); err != nil {
		return err
	}
	w.Due, w.Created, w.Updated = due.Time(), created.Time(), updated.Time()
	return nil
}

// A swap is seen by those of its members whose turn it is or was.
const openSQL = swapColumnsSQL + `
WHERE EXISTS (
    SELECT 1 FROM audience_members m
    WHERE m.person_id = $1 AND m.audience_id = w.audience_id)
  AND w.id = $2`

const mineSQL = swapColumnsSQL + `
JOIN swap_members s ON s.swap_id = w.id
WHERE s.person_id = $1 AND EXISTS (
    SELECT 1 FROM audience_members m
    WHERE m.person_id = $1 AND m.audience_id = w.audience_id)
  AND s.swap_id < $2 AND w.state = ANY($3)
ORDER BY s.swap_id DESC
LIMIT $4`

const waitingSQL = `
SELECT COUNT(*)
FROM swap_members s
JOIN swaps w ON w.id = s.swap_id AND w.state = 'proposed'
JOIN audience_members m ON m.person_id = s.person_id AND m.audience_id = w.audience_id
WHERE s.person_id = $1 AND s.answer = ''`

const membersSQL = `
SELECT m.id, m.swap_id, m.person_id, s.id, COALESCE(s.kind, ''), COALESCE(s.name, ''), m.level, m.closed, m.reasons, m.answer, m.given
FROM swap_members m
LEFT JOIN skills s ON s.id = m.skill_id
WHERE m.swap_id = ANY($1)
ORDER BY m.swap_id, m.position`

func scanMember(r *db.Rows, m *Member) error {
	var reasons string
	if err := r.Scan(&m.ID, &m.Swap, &m.Person, &m.Skill.ID, &m.Skill.Kind, &m.Skill.Name, &m.Level, &m.Closed, &reasons, &m.Answer, &m.Given); err != nil {
		return err
	}
	return json.Unmarshal([]byte(reasons), &m.Reasons)
}

const insertSwapSQL = `
INSERT INTO swaps (id, audience_id, round_id, mends_id, author_id, state, owed, note, lessons, minutes, format, due_at, created_at, updated_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $13)`

const insertMemberSQL = `
INSERT INTO swap_members (id, swap_id, person_id, position, skill_id, level, closed, reasons, answer, answered_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)`

const namesSQL = `
SELECT id, name
FROM people
WHERE id = ANY($1)`

const answerSQL = `
UPDATE swap_members SET answer = $1, answered_at = $2
WHERE id = $3`

const stateSQL = `
UPDATE swaps SET state = $1, updated_at = $2
WHERE id = $3`

const insertRefusalSQL = `
INSERT INTO swap_refusals (id, teacher_id, learner_id, skill_id, until)
VALUES ($1, $2, $3, $4, $5)`

const firstSQL = `
INSERT INTO swap_firsts (person_id, since)
VALUES ($1, $2)
ON CONFLICT (person_id) DO NOTHING`

const notFirstSQL = `
DELETE FROM swap_firsts
WHERE person_id = $1`

const choicesSQL = `
SELECT person_id, rounds, format, lessons, minutes
FROM swap_choices
WHERE person_id = ANY($1)`

const chooseSQL = `
INSERT INTO swap_choices (person_id, rounds, format, lessons, minutes, updated_at)
VALUES ($1, $2, $3, $4, $5, $6)
ON CONFLICT (person_id) DO UPDATE
SET rounds = excluded.rounds, format = excluded.format, lessons = excluded.lessons, minutes = excluded.minutes, updated_at = excluded.updated_at`

const prioritiesSQL = `
SELECT person_id, skill_id, direction, priority
FROM swap_priorities
WHERE person_id = ANY($1)
ORDER BY person_id, skill_id, direction`

type priorityRow struct {
	person id.ID
	Priority
}

func scanPriority(r *db.Rows, p *priorityRow) error {
	return r.Scan(&p.person, &p.Skill, &p.Direction, &p.Priority.Priority)
}

const prioritySQL = `
INSERT INTO swap_priorities (person_id, skill_id, direction, priority)
VALUES ($1, $2, $3, $4)
ON CONFLICT (person_id, skill_id, direction) DO UPDATE
SET priority = excluded.priority`

var offers = db.NewQuery(offersSQL, bySkillFilterSQL, outsideFilterSQL, wantedFilterSQL, personFilterSQL)

const offersSQL = `
SELECT ps.id, ps.person_id, s.id, s.kind, s.name, ps.level, ps.work, ps.note
FROM person_skills ps
JOIN skills s ON s.id = ps.skill_id AND s.state = 'active'
JOIN people p ON p.id = ps.person_id AND p.state = 'active'
WHERE ps.person_id <> $1 AND ps.id < $2 AND ps.direction = 'teach' AND ps.open
  AND NOT EXISTS (
    SELECT 1 FROM swap_priorities x
    WHERE x.person_id = ps.person_id AND x.skill_id = ps.skill_id AND x.direction = 'teach' AND x.priority = 0)
{filters}
ORDER BY ps.id DESC
LIMIT $3`

const bySkillFilterSQL = `AND ps.skill_id = $1`

const outsideFilterSQL = `AND NOT ps.work`

const wantedFilterSQL = `AND EXISTS (
    SELECT 1 FROM person_skills mine
    WHERE mine.person_id = $1 AND mine.skill_id = ps.skill_id AND mine.direction = 'want')`

func scanOffered(r *db.Rows, o *Offered) error {
	return r.Scan(&o.Position, &o.Person, &o.Skill.ID, &o.Skill.Kind, &o.Skill.Name, &o.Level, &o.Work, &o.Note)
}

// fitsSQL begins at the reader's own few wishes. The other's wish is open: a
// closed one is never told.
const fitsSQL = `
SELECT t.person_id, s.id, s.kind, s.name, x.id, x.kind, x.name, w.created_at
FROM person_skills mine
JOIN person_skills t ON t.skill_id = mine.skill_id AND t.direction = 'teach' AND t.open AND t.person_id <> mine.person_id
JOIN people p ON p.id = t.person_id AND p.state = 'active'
JOIN person_skills w ON w.person_id = t.person_id AND w.direction = 'want' AND w.open
JOIN person_skills own ON own.person_id = mine.person_id AND own.skill_id = w.skill_id AND own.direction = 'teach'
JOIN skills s ON s.id = t.skill_id AND s.state = 'active'
JOIN skills x ON x.id = w.skill_id AND x.state = 'active'
WHERE mine.person_id = $1 AND mine.direction = 'want'
  AND NOT EXISTS (
    SELECT 1 FROM swap_priorities k
    WHERE k.person_id = mine.person_id AND k.skill_id = mine.skill_id AND k.direction = 'want' AND k.priority = 0)` + notKeptOutFragmentSQL + `
ORDER BY t.level DESC, t.person_id, s.id, x.id
LIMIT $2`

// notKeptOutFragmentSQL leaves out what its owner keeps out of swaps: what the
// other teaches and wants, and what the reader teaches.
const notKeptOutFragmentSQL = `
  AND NOT EXISTS (
    SELECT 1 FROM swap_priorities k
    WHERE k.person_id = t.person_id AND k.skill_id = t.skill_id AND k.direction = 'teach' AND k.priority = 0)
  AND NOT EXISTS (
    SELECT 1 FROM swap_priorities k
    WHERE k.person_id = w.person_id AND k.skill_id = w.skill_id AND k.direction = 'want' AND k.priority = 0)
  AND NOT EXISTS (
    SELECT 1 FROM swap_priorities k
    WHERE k.person_id = own.person_id AND k.skill_id = own.skill_id AND k.direction = 'teach' AND k.priority = 0)`

// bothSQL begins at people who were found for other reasons. Their wishes are
// open ones: a closed one is never told. Whoever has a swap with the reader
// already is left out.
const bothSQL = `
SELECT t.person_id, s.id, s.kind, s.name, x.id, x.kind, x.name, w.created_at
FROM person_skills own
JOIN person_skills w ON w.skill_id = own.skill_id AND w.direction = 'want' AND w.open
JOIN person_skills t ON t.person_id = w.person_id AND t.direction = 'teach' AND t.open AND t.person_id <> own.person_id
JOIN people p ON p.id = t.person_id AND p.state = 'active'
JOIN skills s ON s.id = t.skill_id AND s.state = 'active'
JOIN skills x ON x.id = w.skill_id AND x.state = 'active'
WHERE own.person_id = $1 AND own.direction = 'teach' AND t.person_id = ANY($2) AND t.skill_id = ANY($3)` + notKeptOutFragmentSQL + `
  AND NOT EXISTS (
    SELECT 1 FROM swap_members a
    JOIN swap_members b ON b.swap_id = a.swap_id
    JOIN swaps v ON v.id = a.swap_id AND v.state IN ('proposed', 'standing') AND v.round_id IS NULL
    JOIN audience_members m ON m.person_id = a.person_id AND m.audience_id = v.audience_id
    WHERE a.person_id = $1 AND b.person_id = t.person_id)
ORDER BY t.person_id, t.level DESC, own.level DESC, s.id, x.id`

func scanFit(r *db.Rows, f *Fit) error {
	var since db.Time
	err := r.Scan(&f.Person, &f.Learn.ID, &f.Learn.Kind, &f.Learn.Name, &f.Teach.ID, &f.Teach.Kind, &f.Teach.Name, &since)
	f.Since = since.Time()
	return err
}

// unmetSQL counts only what people openly want.
const unmetSQL = `
SELECT s.id, s.kind, s.name, COUNT(*) AS wanted
FROM person_skills ps
JOIN skills s ON s.id = ps.skill_id AND s.state = 'active'
JOIN people p ON p.id = ps.person_id AND p.state = 'active'
WHERE ps.direction = 'want' AND ps.open
  AND EXISTS (
    SELECT 1 FROM audience_members m
    WHERE m.person_id = $1 AND m.audience_id = 1)
  AND NOT EXISTS (
    SELECT 1 FROM person_skills t
    JOIN people q ON q.id = t.person_id AND q.state = 'active'
    WHERE t.skill_id = ps.skill_id AND t.direction = 'teach' AND t.open)
GROUP BY s.id, s.kind, s.name
ORDER BY wanted DESC, s.name, s.id
LIMIT $2`
