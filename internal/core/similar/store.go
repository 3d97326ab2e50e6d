package similar

import (
	"github.com/guildhall/guildhall/internal/core/terms"
	"github.com/guildhall/guildhall/internal/platform/db"
	"github.com/guildhall/guildhall/internal/platform/id"
)

const saveDocSQL = `
INSERT INTO similar_docs (subject_id, audience_id, terms)
VALUES ($1, $2, $3)`

const savePostingSQL = `
INSERT INTO similar_postings (term, impact, subject_id, audience_id)
VALUES ($1, $2, $3, $4)`

const savePostings8SQL = `
INSERT INTO similar_postings (term, impact, subject_id, audience_id)
VALUES ($1, $2, $3, $4), ($5, $6, $7, $8), ($9, $10, $11, $12), ($13, $14, $15, $16),
  ($17, $18, $19, $20), ($21, $22, $23, $24), ($25, $26, $27, $28), ($29, $30, $31, $32)`

const dropPostingSQL = `
DELETE FROM similar_postings
WHERE term = $1 AND impact = $2 AND subject_id = $3`

const dropDocSQL = `
DELETE FROM similar_docs
WHERE subject_id = $1`

// docSQL reads a text's row to replace it.
const docSQL = `
SELECT audience_id, terms
FROM similar_docs
WHERE subject_id = $1`

const countSQL = `
INSERT INTO similar_terms (term, docs)
VALUES ($1, $2)
ON CONFLICT (term) DO UPDATE SET docs = similar_terms.docs + excluded.docs`

const count8SQL = `
INSERT INTO similar_terms (term, docs)
VALUES ($1, $2), ($3, $4), ($5, $6), ($7, $8), ($9, $10), ($11, $12), ($13, $14), ($15, $16)
ON CONFLICT (term) DO UPDATE SET docs = similar_terms.docs + excluded.docs`

const dropCountSQL = `
DELETE FROM similar_terms
WHERE term = $1 AND docs = 0`

const countsSQL = `
SELECT term, docs
FROM similar_terms
WHERE term = ANY($1)`

const bestSQL = `
SELECT p.subject_id, p.impact
FROM similar_postings p
JOIN audience_members m ON m.person_id = $1 AND m.audience_id = p.audience_id
WHERE p.term = $2
ORDER BY p.impact DESC
LIMIT $3`

func read(tx *db.Tx, subject id.ID) (Prepared, bool, error) {
	p := Prepared{subject: subject}
	var packed []byte
	known, err := tx.Row(docSQL, []any{&p.audience, &packed}, subject)
	p.postings = terms.Unpack(packed)
	return p, known, err
}

type countRow struct {
	term terms.Term
	docs int64
}

func scanCount(r *db.Rows, v *countRow) error { return r.Scan((*int64)(&v.term), &v.docs) }
