package swaps

import (
	"encoding/json"

	"github.com/guildhall/guildhall/internal/platform/db"
	"github.com/guildhall/guildhall/internal/platform/id"
)

const runningSQL = `
SELECT COUNT(*)
FROM swap_rounds
WHERE state = 'running'`

const insertRoundSQL = `
INSERT INTO swap_rounds (id, state, job_id, started_by, max_length, created_at)
VALUES ($1, 'running', $2, $3, $4, $5)`

const roundColumnsSQL = `
SELECT id, state, job_id, max_length, people, rings, served, value, bound, created_at, published_at
FROM swap_rounds`

const roundSQL = roundColumnsSQL + `
WHERE id = $1`

const roundsSQL = roundColumnsSQL + `
WHERE id < $1
ORDER BY id DESC
LIMIT $2`

func scanRound(r *db.Rows, x *Round) error {
	var created, published db.Time
	err := r.Scan(&x.ID, &x.State, &x.Job, &x.Longest, &x.People, &x.Rings, &x.Served, &x.Value, &x.Bound, &created, &published)
	x.Created, x.Published = created.Time(), published.Time()
	return err
}

const publishSQL = `
UPDATE swap_rounds SET state = 'published', people = $1, rings = $2, served = $3, value = $4, bound = $5, published_at = $6
WHERE id = $7 AND state = 'running'`

const insertDraftSQL = `
INSERT INTO swap_drafts (id, round_id, ring)
VALUES ($1, $2, $3)`

const forgetDraftsSQL = `
DELETE FROM swap_drafts
WHERE id IN (SELECT id FROM swap_drafts WHERE round_id = $1 ORDER BY id LIMIT $2)`

const draftsSQL = `
SELECT id, ring
FROM swap_drafts
WHERE round_id = $1
ORDER BY id
LIMIT $2`

type draft struct {
	id id.ID
	Drafted
}

func scanDraft(r *db.Rows, d *draft) error {
	var text string
	if err := r.Scan(&d.id, &text); err != nil {
		return err
	}
	return json.Unmarshal([]byte(text), &d.Drafted)
}

const forgetDraftSQL = `
DELETE FROM swap_drafts
WHERE id = $1`

const activeSQL = `
SELECT p.id
FROM people p
JOIN audience_members m ON m.person_id = p.id AND m.audience_id = 1
WHERE p.state = 'active' AND p.id = ANY($1)`

const partyCountSQL = `
SELECT COUNT(*)
FROM audience_members
WHERE audience_id = 1`
