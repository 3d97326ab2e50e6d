package people

import "github.com/guildhall/guildhall/internal/platform/db"

// What an author has written counts as far as the reader may see it.
const profileFoundFragmentSQL = `
SELECT a.id, a.label, a.origin, (
    SELECT COUNT(*) FROM subjects s
    WHERE s.author_id = a.id AND s.kind IN ('question', 'answer') AND s.state <> 'deleted' AND EXISTS (
      SELECT 1 FROM audience_members m
      WHERE m.person_id = $1 AND m.audience_id = s.audience_id))
FROM authors a`

const seesProfileFragmentSQL = `EXISTS (
    SELECT 1 FROM subjects s
    JOIN audience_members m ON m.person_id = $1 AND m.audience_id = s.audience_id
    WHERE s.author_id = a.id AND s.kind IN ('question', 'answer') AND s.state <> 'deleted')`

const matchingProfilesSQL = profileFoundFragmentSQL + `
JOIN author_proofs x ON x.author_id = a.id
WHERE x.email_hash = $2 AND a.kind = 'imported' AND ` + seesProfileFragmentSQL + `
ORDER BY a.label, a.id
LIMIT $3`

const findProfilesSQL = profileFoundFragmentSQL + `
WHERE a.kind = 'imported' AND lower(a.label) LIKE $2 ESCAPE '!' AND ` + seesProfileFragmentSQL + `
ORDER BY a.label, a.id
LIMIT $3`

func scanProfileFound(match bool) func(*db.Rows, *ImportedProfile) error {
	return func(r *db.Rows, p *ImportedProfile) error {
		p.Match = match
		return r.Scan(&p.Author, &p.Label, &p.Origin, &p.Posts)
	}
}

const provedEmailSQL = `
SELECT email
FROM people
WHERE id = $1 AND email IS NOT NULL AND email_ok_at IS NOT NULL AND state = 'active'`

const claimableSQL = `
SELECT COALESCE(x.email_hash, '')
FROM authors a
LEFT JOIN author_proofs x ON x.author_id = a.id
WHERE ` + seesProfileFragmentSQL + `
  AND a.id = $2 AND a.kind = 'imported'`

const insertClaimSQL = `
INSERT INTO profile_claims (id, author_id, person_id, state, note, created_at)
VALUES ($1, $2, $3, 'waiting', $4, $5)
ON CONFLICT (author_id, person_id) WHERE state = 'waiting'
DO UPDATE SET note = CASE WHEN excluded.note = '' THEN profile_claims.note ELSE excluded.note END`

const waitingClaimSQL = `
SELECT id
FROM profile_claims
WHERE author_id = $1 AND person_id = $2 AND state = 'waiting'`

const provedClaimsSQL = `
SELECT c.id, c.author_id
FROM profile_claims c
JOIN authors a ON a.id = c.author_id
JOIN author_proofs x ON x.author_id = c.author_id
WHERE ` + seesProfileFragmentSQL + `
  AND c.person_id = $1 AND c.state = 'waiting' AND x.email_hash = $2 AND a.kind = 'imported'
ORDER BY c.id`

const giveAuthorSQL = `
UPDATE authors SET kind = 'claimed', person_id = $1
WHERE id = $2 AND kind = 'imported'`

const takeAuthorSQL = `
UPDATE authors SET kind = 'imported', person_id = NULL
WHERE id = $1 AND kind = 'claimed'`

const decideClaimSQL = `
UPDATE profile_claims SET state = $1, how = $2, decided_at = $3, decided_by = $4
WHERE id = $5`

const undoClaimSQL = `
UPDATE profile_claims SET state = 'undone', decided_at = $1, decided_by = $2
WHERE id = $3`

// A claim is told to the person who made it and to admins alone.
const claimSQL = `
SELECT id, author_id, person_id, state
FROM profile_claims
WHERE id = $1`

const claimColumnsSQL = `
SELECT c.id, c.author_id, a.label, a.origin, (
    SELECT COUNT(*) FROM subjects s
    WHERE s.author_id = c.author_id AND s.kind IN ('question', 'answer') AND s.state <> 'deleted' AND EXISTS (
      SELECT 1 FROM audience_members m
      WHERE m.person_id = $1 AND m.audience_id = s.audience_id)),
  c.person_id, p.name, c.state, c.how, c.note, c.created_at, c.decided_at
FROM profile_claims c
JOIN authors a ON a.id = c.author_id
JOIN people p ON p.id = c.person_id`

const ownClaimsSQL = claimColumnsSQL + `
WHERE c.person_id = $1
ORDER BY c.created_at DESC, c.id DESC
LIMIT $2`

const claimsSQL = claimColumnsSQL + `
WHERE c.state = $2 AND (c.created_at, c.id) < ($3, $4)
ORDER BY c.created_at DESC, c.id DESC
LIMIT $5`

func scanClaim(r *db.Rows, c *Claim) error {
	var asked, decided db.Time
	if err := r.Scan(&c.ID, &c.Author, &c.Label, &c.Origin, &c.Posts, &c.Person, &c.Name, &c.State, &c.How, &c.Note, &asked, &decided); err != nil {
		return err
	}
	c.Asked, c.Decided = asked.Time(), decided.Time()
	return nil
}

const ownsSQL = `
SELECT 1
FROM authors
WHERE id = $1 AND person_id = $2 AND kind IN ('person', 'claimed')`

const authorsOfSQL = `
SELECT id, person_id
FROM authors
WHERE kind IN ('person', 'claimed') AND person_id = ANY($1)`

const anyImportedSQL = `
SELECT 1
WHERE EXISTS (SELECT 1 FROM authors WHERE kind = 'imported')
   OR EXISTS (SELECT 1 FROM profile_claims WHERE state = 'approved')`

const saveProofSQL = `
INSERT INTO author_proofs (author_id, email_hash)
VALUES ($1, $2)
ON CONFLICT (author_id) DO UPDATE SET email_hash = excluded.email_hash`

const administratorsSQL = `
SELECT id
FROM people
WHERE role = 'admin' AND state = 'active'
ORDER BY id
LIMIT 20`
