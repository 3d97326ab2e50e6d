package people

import "github.com/guildhall/guildhall/internal/platform/db"

// The statements of an import read and write in the name of the organisation's
// personnel system, whoever may see the rows.

const bookSQL = `
SELECT p.id, p.manager_id, p.unit_id, p.site_id, p.state, p.role, p.name, p.sort_key, COALESCE(p.email, ''), COALESCE(p.personnel_no, ''), p.title,
  COALESCE(o.origin_id, ''), COALESCE(o.checksum, '')
FROM people p
LEFT JOIN origins o ON o.local_id = p.id AND o.origin = 'hr' AND o.kind = 'person'
WHERE p.id > $1
ORDER BY p.id
LIMIT $2`

func scanKnown(r *db.Rows, k *known) error {
	return r.Scan(&k.id, &k.manager, &k.unit, &k.site, &k.state, &k.role, &k.name, &k.key, &k.email, &k.number, &k.title, &k.origin, &k.sum)
}

const unitNamesSQL = `
SELECT id, name
FROM units`

const emailHolderSQL = `
SELECT id, state
FROM people
WHERE email = $1`

const dropEmailSQL = `
UPDATE people SET email = NULL, email_ok_at = NULL
WHERE id = $1`

// bringSQL keeps the proof of an address as long as the address stays.
const bringSQL = `
UPDATE people SET name = $1, sort_key = $2, email_ok_at = CASE WHEN email = $3 THEN email_ok_at END, email = $3,
  personnel_no = $4, title = $5, unit_id = $6, site_id = $7, starts_on = COALESCE($8, starts_on),
  joined_at = CASE WHEN joined_at > $9 THEN COALESCE($8, joined_at) ELSE joined_at END, updated_at = $9
WHERE id = $10`

const saveOriginSQL = `
INSERT INTO origins (origin, kind, origin_id, local_id, checksum)
VALUES ($1, 'person', $2, $3, $4)
ON CONFLICT (origin, kind, origin_id) DO UPDATE SET local_id = excluded.local_id, checksum = excluded.checksum`

const dropOriginSQL = `
DELETE FROM origins
WHERE origin = $1 AND kind = 'person' AND local_id = $2`

const noManagerSQL = `
UPDATE people SET manager_id = NULL
WHERE id = $1`

const managerSQL = `
UPDATE people SET manager_id = $1
WHERE id = $2`
