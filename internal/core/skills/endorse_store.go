package skills

import "github.com/guildhall/guildhall/internal/platform/db"

const endorseSQL = `
INSERT INTO endorsements (id, audience_id, person_id, skill_id, author_id, note, created_at)
VALUES ($1, $2, $3, $4, $5, $6, $7)
ON CONFLICT (person_id, skill_id, author_id) DO UPDATE SET note = excluded.note, created_at = excluded.created_at
RETURNING id`

const withdrawSQL = `
DELETE FROM endorsements
WHERE id = $1`

const endorsementColumnsFragmentSQL = `
SELECT e.id, e.person_id, s.id, s.kind, s.name, e.author_id, e.note, e.created_at
FROM endorsements e
JOIN skills s ON s.id = e.skill_id
JOIN people p ON p.id = e.person_id AND p.state = 'active'
WHERE EXISTS (
    SELECT 1 FROM audience_members m
    WHERE m.person_id = $1 AND m.audience_id = e.audience_id)`

const endorsementSQL = endorsementColumnsFragmentSQL + `
  AND e.id = $2`

// What its owner hid from the ledger is hidden here too.
const endorsementsSQL = endorsementColumnsFragmentSQL + `
  AND e.person_id = $2 AND (e.created_at, e.id) < ($3, $4)
  AND (e.person_id = $1 OR NOT EXISTS (
    SELECT 1 FROM receipts r
    WHERE r.source_id = e.id AND r.hidden))
ORDER BY e.created_at DESC, e.id DESC
LIMIT $5`

func scanEndorsement(r *db.Rows, e *Endorsement) error {
	var at db.Time
	if err := r.Scan(&e.ID, &e.Person, &e.Skill.ID, &e.Skill.Kind, &e.Skill.Name, &e.Author, &e.Note, &at); err != nil {
		return err
	}
	e.At = at.Time()
	return nil
}

const vouchedSQL = `
SELECT e.skill_id, COUNT(*), COUNT(DISTINCT v.unit_id), MAX(e.created_at)
FROM endorsements e
JOIN authors a ON a.id = e.author_id
LEFT JOIN people v ON v.id = a.person_id AND v.state = 'active'
WHERE EXISTS (
    SELECT 1 FROM audience_members m
    WHERE m.person_id = $1 AND m.audience_id = e.audience_id)
  AND e.person_id = $2 AND NOT EXISTS (
    SELECT 1 FROM receipts r
    WHERE r.source_id = e.id AND r.hidden)
GROUP BY e.skill_id`

// What follows derives receipts, in the name of nobody.

const declaredSQL = `
SELECT ps.person_id, a.id, ps.skill_id, ps.level, ps.updated_at
FROM person_skills ps
JOIN people p ON p.id = ps.person_id AND p.state = 'active'
JOIN authors a ON a.person_id = p.id AND a.kind = 'person'
WHERE ps.person_id = ANY($1) AND ps.direction = 'teach' AND ps.open`

const nextPeopleSQL = `
SELECT id
FROM people
WHERE id > $1
ORDER BY id
LIMIT $2`

const nextEndorsementsSQL = `
SELECT id
FROM endorsements
WHERE id > $1
ORDER BY id
LIMIT $2`

// vouchSQL gives an endorsement with the persons on both sides; own is the
// author under which the receipts of the endorsed person stand.
const vouchSQL = `
SELECT e.id, e.audience_id, v.person_id, e.person_id, own.id, e.skill_id, e.created_at
FROM endorsements e
JOIN authors v ON v.id = e.author_id
JOIN authors own ON own.person_id = e.person_id AND own.kind IN ('person', 'left')
WHERE e.id = ANY($1)`

// vouchesByPeopleSQL gives what the people vouched for, whoever for.
const vouchesByPeopleSQL = `
SELECT e.id, e.audience_id, v.person_id, e.person_id, own.id, e.skill_id, e.created_at
FROM authors v
JOIN endorsements e ON e.author_id = v.id
JOIN authors own ON own.person_id = e.person_id AND own.kind IN ('person', 'left')
WHERE v.person_id = ANY($1) AND v.kind IN ('person', 'left')`

// vouchesForPeopleSQL gives who vouched for the people.
const vouchesForPeopleSQL = `
SELECT e.id, e.audience_id, v.person_id, e.person_id, own.id, e.skill_id, e.created_at
FROM endorsements e
JOIN authors v ON v.id = e.author_id
JOIN authors own ON own.person_id = e.person_id AND own.kind IN ('person', 'left')
WHERE e.person_id = ANY($1)`

const personOfAuthorSQL = `
SELECT person_id
FROM authors
WHERE id = $1`

func scanVouch(r *db.Rows, v *Vouch) error {
	var at db.Time
	if err := r.Scan(&v.ID, &v.audience, &v.From, &v.To, &v.author, &v.Skill, &at); err != nil {
		return err
	}
	v.at = at.Time()
	return nil
}

// notesSQL feeds who knows, where the words count only for members of the
// endorsement's audience.
const notesSQL = `
SELECT e.id, s.name, e.note
FROM endorsements e
JOIN skills s ON s.id = e.skill_id
WHERE e.id = ANY($1)`
