package swaps

import "github.com/guildhall/guildhall/internal/platform/db"

const changeSQL = `
UPDATE swaps SET version = $1, changer_id = $2, owed = $3, note = $4, lessons = $5, minutes = $6, format = $7, due_at = $8, updated_at = $9
WHERE id = $10`

const changeMemberSQL = `
UPDATE swap_members SET skill_id = $1, level = $2, closed = $3, answer = $4, answered_at = $5
WHERE id = $6`

const insertTermsSQL = `
INSERT INTO swap_terms (id, swap_id, version, person_id, first_id, second_id, lessons, minutes, format, note, at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)`

// termsSQL is read only after the swap itself was. Its versions are few.
const termsSQL = `
SELECT t.version, t.person_id, a.id, COALESCE(a.kind, ''), COALESCE(a.name, ''), b.id, COALESCE(b.kind, ''), COALESCE(b.name, ''),
  t.lessons, t.minutes, t.format, t.note, t.at
FROM swap_terms t
LEFT JOIN skills a ON a.id = t.first_id
LEFT JOIN skills b ON b.id = t.second_id
WHERE t.swap_id = $1
ORDER BY t.version`

func scanTerms(r *db.Rows, t *Terms) error {
	var at db.Time
	err := r.Scan(&t.Version, &t.Person, &t.Teaches[0].ID, &t.Teaches[0].Kind, &t.Teaches[0].Name, &t.Teaches[1].ID, &t.Teaches[1].Kind, &t.Teaches[1].Name,
		&t.Lessons, &t.Minutes, &t.Format, &t.Note, &at)
	t.At = at.Time()
	return err
}

const mergeFirstTermsSQL = `
UPDATE swap_terms SET first_id = $1
WHERE first_id = $2`

const mergeSecondTermsSQL = `
UPDATE swap_terms SET second_id = $1
WHERE second_id = $2`
