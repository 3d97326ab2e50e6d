package admin

import "github.com/guildhall/guildhall/internal/platform/db"

const otherAdminsSQL = `
SELECT COUNT(*)
FROM people
WHERE role = 'admin' AND state = 'active' AND id <> $1`

const setSetupCodeSQL = `
INSERT INTO settings (key, value, updated_at)
VALUES ('setup_code', $1, $2)
ON CONFLICT (key) DO UPDATE SET value = excluded.value, updated_at = excluded.updated_at`

const setupCodeSQL = `
SELECT value
FROM settings
WHERE key = 'setup_code'`

const dropSetupCodeSQL = `
DELETE FROM settings
WHERE key = 'setup_code'`

const knownSQL = `
SELECT id
FROM people
WHERE state = 'active' AND (email = NULLIF($1, '') OR personnel_no = NULLIF($2, ''))
ORDER BY CASE WHEN email = NULLIF($1, '') THEN 0 ELSE 1 END
LIMIT 1`

const setRoleSQL = `
UPDATE people SET role = $1, updated_at = $2
WHERE id = $3`

const memberSQL = `
SELECT 1
FROM audience_members
WHERE person_id = $1 AND audience_id = $2`

const personColumnsSQL = `
SELECT p.id, p.name, p.sort_key, p.role, p.state, COALESCE(p.email, ''), COALESCE(p.personnel_no, ''), COALESCE(u.name, ''),
  EXISTS (SELECT 1 FROM credentials c WHERE c.person_id = p.id),
  (SELECT COUNT(*) FROM logins l WHERE l.person_id = p.id AND l.expires_at > $1),
  (SELECT MAX(l.seen_at) FROM logins l WHERE l.person_id = p.id),
  COALESCE((SELECT MAX(k.kind) FROM login_links k
    WHERE k.person_id = p.id AND k.kind IN ('card', 'invite', 'shown') AND k.used_at IS NULL AND k.expires_at > $1), '')
FROM people p
LEFT JOIN units u ON u.id = p.unit_id`

const personSQL = personColumnsSQL + `
WHERE p.id = $2`

const listSQL = personColumnsSQL + `
WHERE p.state = 'active'
  AND (p.sort_key LIKE $2 ESCAPE '\' OR p.email LIKE $3 ESCAPE '\' OR LOWER(p.personnel_no) LIKE $3 ESCAPE '\')
  AND ($4 OR NOT EXISTS (SELECT 1 FROM credentials c WHERE c.person_id = p.id)
    AND NOT EXISTS (SELECT 1 FROM logins l WHERE l.person_id = p.id))
  AND ($5 OR p.role = 'admin')
  AND (p.sort_key, p.id) > ($6, $7)
ORDER BY p.sort_key, p.id
LIMIT $8`

func scanPerson(r *db.Rows, p *Person) error {
	var seen db.Time
	if err := r.Scan(&p.ID, &p.Name, &p.SortKey, &p.Role, &p.State, &p.Email, &p.PersonnelNo, &p.Unit, &p.Secret, &p.Logins, &seen, &p.Waiting); err != nil {
		return err
	}
	p.Seen = seen.Time()
	return nil
}
