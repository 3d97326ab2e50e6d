package echo

import (
	"github.com/guildhall/guildhall/internal/platform/db"
	"github.com/guildhall/guildhall/internal/platform/id"
)

const forgetHelpersSQL = `
DELETE FROM echo_helpers
WHERE echo_id IN (SELECT id FROM echoes WHERE source_id = ANY($1) AND asked_at IS NULL)`

const forgetSQL = `
DELETE FROM echoes
WHERE source_id = ANY($1) AND asked_at IS NULL`

const noteSQL = `
INSERT INTO echoes (id, source_id, about_id, kind, learner_id, skill_id, title, helped_at, due_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
ON CONFLICT (source_id, learner_id) DO NOTHING`

const noteHelperSQL = `
INSERT INTO echo_helpers (person_id, echo_id)
VALUES ($1, $2)
ON CONFLICT DO NOTHING`

const dueSQL = `
SELECT id, learner_id, helped_at
FROM echoes
WHERE asked_at IS NULL AND due_at <= $1
ORDER BY due_at, id
LIMIT 200`

func scanDue(r *db.Rows, d *dueRow) error {
	var at db.Time
	err := r.Scan(&d.id, &d.learner, &at)
	d.helped = at.Time()
	return err
}

type helperRow struct{ person, author id.ID }

// helpersHereSQL are the helpers who have not left.
const helpersHereSQL = `
SELECT h.person_id, a.id
FROM echo_helpers h
JOIN people p ON p.id = h.person_id AND p.state = 'active'
JOIN authors a ON a.person_id = p.id AND a.kind = 'person'
WHERE h.echo_id = $1
ORDER BY h.person_id`

func scanHelper(r *db.Rows, h *helperRow) error { return r.Scan(&h.person, &h.author) }

const latelySQL = `
SELECT COUNT(*)
FROM echoes
WHERE learner_id = $1 AND asked_at > $2`

const laterSQL = `
UPDATE echoes SET due_at = $1
WHERE id = $2`

const askedSQL = `
UPDATE echoes SET audience_id = $1, asked_at = $2
WHERE id = $3 AND asked_at IS NULL`

const dropHelpersSQL = `
DELETE FROM echo_helpers
WHERE echo_id = $1`

const dropSQL = `
DELETE FROM echoes
WHERE id = $1`

const columnsFragmentSQL = `
SELECT e.id, e.audience_id, e.about_id, e.kind, e.learner_id, e.title, e.helped_at, e.asked_at, e.said, e.words, e.said_at
FROM echoes e`

func scanEcho(r *db.Rows, e *Echo) error {
	var helped, asked, said db.Time
	if err := r.Scan(&e.ID, &e.Audience, &e.About, &e.Kind, &e.Learner, &e.Title, &helped, &asked, &e.Said, &e.Words, &said); err != nil {
		return err
	}
	e.Helped, e.Asked, e.SaidAt = helped.Time(), asked.Time(), said.Time()
	return nil
}

const seenFragmentSQL = columnsFragmentSQL + `
WHERE EXISTS (
    SELECT 1 FROM audience_members m
    WHERE m.person_id = $1 AND m.audience_id = e.audience_id)`

const openSQL = seenFragmentSQL + `
  AND e.id = $2`

const waitingSQL = seenFragmentSQL + `
  AND e.learner_id = $1 AND e.asked_at > $2 AND e.said = ''
ORDER BY e.asked_at DESC, e.id DESC
LIMIT $3`

const mineSQL = seenFragmentSQL + `
  AND e.learner_id = $1 AND e.asked_at IS NOT NULL AND e.id < $2
ORDER BY e.id DESC
LIMIT $3`

const heardSQL = columnsFragmentSQL + `
JOIN echo_helpers h ON h.echo_id = e.id
WHERE h.person_id = $1 AND e.said <> '' AND h.echo_id < $2
  AND EXISTS (
    SELECT 1 FROM audience_members m
    WHERE m.person_id = $1 AND m.audience_id = e.audience_id)
ORDER BY h.echo_id DESC
LIMIT $3`

const helpersSQL = `
SELECT echo_id, person_id
FROM echo_helpers
WHERE echo_id = ANY($1)
ORDER BY echo_id, person_id`

const saySQL = `
UPDATE echoes SET said = $1, words = $2, said_at = $3
WHERE id = $4`

// wordsSQL are the sentences a helper heard.
const wordsSQL = `
SELECT e.id, e.words
FROM echoes e
JOIN echo_helpers h ON h.echo_id = e.id AND h.person_id = $1
WHERE EXISTS (
    SELECT 1 FROM audience_members m
    WHERE m.person_id = $1 AND m.audience_id = e.audience_id)
  AND e.id = ANY($2) AND e.words <> ''`

const learnerSQL = `
SELECT learner_id
FROM echoes
WHERE id = $1`

const goneHelpersSQL = `
DELETE FROM echo_helpers
WHERE echo_id IN (SELECT id FROM echoes WHERE learner_id = $1 AND said = '')`

const goneSQL = `
DELETE FROM echoes
WHERE learner_id = $1 AND said = ''`

const mergeSQL = `
UPDATE echoes SET skill_id = $1
WHERE skill_id = $2`

const mergeTotalsSQL = `
UPDATE echo_totals SET skill_id = $1
WHERE skill_id = $2`

// uncountedSQL are the answers in no total. A skill that not everybody knows of
// is none here.
const uncountedSQL = `
SELECT e.id, e.learner_id, s.id, e.said, e.said_at
FROM echoes e
LEFT JOIN skills s ON s.id = e.skill_id AND s.state IN ('active', 'deprecated')
WHERE e.said_at IS NOT NULL AND e.counted_at IS NULL AND e.said_at < $1
ORDER BY e.said_at, e.id
LIMIT 5000`

func scanSaid(r *db.Rows, x *said) error {
	var at db.Time
	err := r.Scan(&x.echo, &x.learner, &x.skill, &x.said, &at)
	x.at = at.Time()
	return err
}

const insertTotalSQL = `
INSERT INTO echo_totals (id, skill_id, used, not_yet, no_help, at)
VALUES ($1, $2, $3, $4, $5, $6)`

const countedSQL = `
UPDATE echoes SET counted_at = $1
WHERE id = ANY($2)`

const totalsSQL = `
SELECT t.skill_id, COALESCE(s.name, ''), SUM(t.used), SUM(t.not_yet), SUM(t.no_help)
FROM echo_totals t
LEFT JOIN skills s ON s.id = t.skill_id
GROUP BY t.skill_id, s.name
ORDER BY SUM(t.used) + SUM(t.not_yet) + SUM(t.no_help) DESC, t.skill_id
LIMIT 500`

func scanTotal(r *db.Rows, t *Total) error {
	return r.Scan(&t.Skill, &t.Name, &t.Used, &t.NotYet, &t.NoHelp)
}

const nextSQL = `
SELECT id
FROM echoes
WHERE id > $1
ORDER BY id
LIMIT $2`

// proofsSQL is what was used, with the helpers' own authors.
const proofsSQL = `
SELECT e.id, e.audience_id, a.id, e.skill_id, e.said_at
FROM echoes e
JOIN echo_helpers h ON h.echo_id = e.id
JOIN authors a ON a.person_id = h.person_id AND a.kind IN ('person', 'left')
WHERE e.id = ANY($1) AND e.said = 'used' AND e.skill_id IS NOT NULL
ORDER BY e.id, a.id`
