package login

import "github.com/guildhall/guildhall/internal/platform/db"

const insertLoginSQL = `
INSERT INTO logins (id, token_hash, person_id, device, how, created_at, seen_at, expires_at)
VALUES ($1, $2, $3, $4, $5, $6, $6, $7)`

const resolveSQL = `
SELECT l.id, l.seen_at, p.id, a.id, p.role, p.name, COALESCE(NULLIF(p.time_zone, ''), s.time_zone, 'UTC'), p.locale
FROM logins l
JOIN people p ON p.id = l.person_id
JOIN authors a ON a.person_id = p.id AND a.kind = 'person'
LEFT JOIN sites s ON s.id = p.site_id
WHERE l.token_hash = $1 AND l.expires_at > $2 AND p.state = 'active'`

const seenSQL = `
UPDATE logins SET seen_at = $1, expires_at = $2
WHERE id = $3`

const resolveTokenSQL = `
SELECT t.id, t.used_at, p.id, a.id, p.role, p.name, COALESCE(NULLIF(p.time_zone, ''), s.time_zone, 'UTC'), p.locale
FROM api_tokens t
JOIN people p ON p.id = t.person_id
JOIN authors a ON a.person_id = p.id AND a.kind = 'person'
LEFT JOIN sites s ON s.id = p.site_id
WHERE t.token_hash = $1 AND (t.expires_at IS NULL OR t.expires_at > $2) AND p.state = 'active'`

const tokenUsedSQL = `
UPDATE api_tokens SET used_at = $1
WHERE id = $2`

const insertTokenSQL = `
INSERT INTO api_tokens (id, token_hash, person_id, label, created_at, expires_at)
VALUES ($1, $2, $3, $4, $5, $6)`

const insertLinkSQL = `
INSERT INTO login_links (token_hash, kind, person_id, created_at, expires_at)
VALUES ($1, $2, $3, $4, $5)`

const linkSQL = `
SELECT l.person_id, l.kind, p.name
FROM login_links l
JOIN people p ON p.id = l.person_id
WHERE l.token_hash = $1 AND l.expires_at > $2 AND l.used_at IS NULL AND p.state = 'active'`

const useLinksSQL = `
UPDATE login_links SET used_at = $1
WHERE person_id = $2 AND kind = $3 AND used_at IS NULL`

// secretOfSQL finds exactly one secret, so that every try costs one hash: by
// personnel number the PIN if there is one, by address the password. A number
// is taken as it was typed first, then in capitals and in small letters.
const secretOfSQL = `
SELECT p.id, COALESCE(
  (SELECT c.hash FROM credentials c
   WHERE c.person_id = p.id
   ORDER BY CASE WHEN c.kind = CASE WHEN p.email = $1 THEN 'password' ELSE 'pin' END THEN 0 ELSE 1 END
   LIMIT 1), '')
FROM people p
WHERE p.state = 'active' AND (p.email = $1 OR p.personnel_no IN ($1, $2, $3))
ORDER BY CASE WHEN p.email = $1 THEN 0 WHEN p.personnel_no = $1 THEN 1 ELSE 2 END, p.id
LIMIT 1`

const refreshSecretSQL = `
UPDATE credentials SET hash = $1
WHERE person_id = $2 AND hash = $3`

const wantedSQL = `
SELECT p.id
FROM people p
WHERE p.state = 'active' AND (p.email = $1 OR p.personnel_no IN ($1, $2, $3))
ORDER BY CASE WHEN p.email = $1 THEN 0 WHEN p.personnel_no = $1 THEN 1 ELSE 2 END, p.id
LIMIT 1`

const emailProvedSQL = `
UPDATE people SET email_ok_at = COALESCE(email_ok_at, $1)
WHERE id = $2`

const endSQL = `
DELETE FROM logins
WHERE id = $1 AND person_id = $2`

const endAllLoginsSQL = `
DELETE FROM logins
WHERE person_id = $1`

const endAllTokensSQL = `
DELETE FROM api_tokens
WHERE person_id = $1`

const endAllLinksSQL = `
DELETE FROM login_links
WHERE person_id = $1`

const loginsSQL = `
SELECT id, device, created_at, seen_at
FROM logins
WHERE person_id = $1 AND expires_at > $2
ORDER BY seen_at DESC, id DESC
LIMIT 200`

func scanLogin(r *db.Rows, l *Login) error {
	var started, seen db.Time
	if err := r.Scan(&l.ID, &l.Device, &started, &seen); err != nil {
		return err
	}
	l.Started, l.Seen = started.Time(), seen.Time()
	return nil
}

const endOthersSQL = `
DELETE FROM logins
WHERE person_id = $1 AND id <> $2`

const tokensSQL = `
SELECT id, label, created_at, used_at, expires_at
FROM api_tokens
WHERE person_id = $1
ORDER BY created_at DESC, id DESC
LIMIT 200`

func scanToken(r *db.Rows, t *Token) error {
	var made, used, expires db.Time
	if err := r.Scan(&t.ID, &t.Label, &made, &used, &expires); err != nil {
		return err
	}
	t.Made, t.Used, t.Expires = made.Time(), used.Time(), expires.Time()
	return nil
}

const countTokensSQL = `
SELECT COUNT(*)
FROM api_tokens
WHERE person_id = $1`

const tokenByHashSQL = `
SELECT id
FROM api_tokens
WHERE token_hash = $1`

const revokeTokenSQL = `
DELETE FROM api_tokens
WHERE id = $1 AND person_id = $2`

const waysSQL = `
SELECT EXISTS (SELECT 1 FROM credentials c WHERE c.person_id = p.id AND c.kind = 'password'),
  EXISTS (SELECT 1 FROM credentials c WHERE c.person_id = p.id AND c.kind = 'pin'),
  COALESCE(p.email, ''), COALESCE(p.personnel_no, '')
FROM people p
WHERE p.id = $1`

const howSQL = `
SELECT how, created_at
FROM logins
WHERE id = $1 AND person_id = $2`

const secretSQL = `
SELECT hash
FROM credentials
WHERE person_id = $1 AND kind = $2`

const setSecretSQL = `
INSERT INTO credentials (person_id, kind, hash, updated_at)
VALUES ($1, $2, $3, $4)
ON CONFLICT (person_id, kind) DO UPDATE SET hash = excluded.hash, updated_at = excluded.updated_at`

const dropLinksSQL = `
DELETE FROM login_links
WHERE person_id = $1 AND kind = $2`

const cardOfSQL = `
SELECT name, COALESCE(personnel_no, '')
FROM people
WHERE id = $1 AND state = 'active'`

const claimSQL = `
SELECT p.id
FROM login_links l
JOIN people p ON p.id = l.person_id
WHERE l.token_hash = $1 AND l.kind = 'card' AND l.expires_at > $2 AND l.used_at IS NULL
  AND p.state = 'active' AND LOWER(p.personnel_no) = LOWER($3)`

const sweepLoginsSQL = `
DELETE FROM logins
WHERE expires_at < $1`

const sweepLinksSQL = `
DELETE FROM login_links
WHERE expires_at < $1`

const signedInSQL = `
SELECT DISTINCT person_id
FROM logins
WHERE person_id = ANY($1)`
