package ledger

import "github.com/guildhall/guildhall/internal/platform/db"

// ofSourceSQL reads all receipts of a source to replace them: maintenance of
// the ledger, shown to nobody.
const ofSourceSQL = `
SELECT id, source_id, author_id, kind, skill_id, audience_id, weight, at, hidden
FROM receipts
WHERE source_id = $1`

const insertSQL = `
INSERT INTO receipts (id, source_id, author_id, kind, skill_id, audience_id, weight, at, hidden)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)`

const updateSQL = `
UPDATE receipts SET audience_id = $1, weight = $2, at = $3
WHERE id = $4`

const deleteSQL = `
DELETE FROM receipts
WHERE id = $1`

func scan(r *db.Rows, v *Receipt) error {
	var at db.Time
	if err := r.Scan(&v.ID, &v.Source, &v.Author, &v.Kind, &v.Skill, &v.Audience, &v.Weight, &at, &v.Hidden); err != nil {
		return err
	}
	v.At = at.Time()
	return nil
}
