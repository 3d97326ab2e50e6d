package login

const insertLoginSQL = `
INSERT INTO logins (id, token_hash, person_id, device, created_at, seen_at, expires_at)
VALUES ($1, $2, $3, $4, $5, $5, $6)`

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
// personnel number the PIN if there is one, by address the password.
const secretOfSQL = `
SELECT p.id, COALESCE(
  (SELECT c.hash FROM credentials c
   WHERE c.person_id = p.id
   ORDER BY CASE WHEN c.kind = CASE WHEN p.email = $1 THEN 'password' ELSE 'pin' END THEN 0 ELSE 1 END
   LIMIT 1), '')
FROM people p
WHERE p.state = 'active' AND (p.email = $1 OR p.personnel_no = $1)
ORDER BY CASE WHEN p.email = $1 THEN 0 ELSE 1 END
LIMIT 1`

const refreshSecretSQL = `
UPDATE credentials SET hash = $1
WHERE person_id = $2 AND hash = $3`

const wantedSQL = `
SELECT p.id, p.name, COALESCE(p.email, ''), p.locale
FROM people p
WHERE p.state = 'active' AND (p.email = $1 OR p.personnel_no = $1)
ORDER BY CASE WHEN p.email = $1 THEN 0 ELSE 1 END
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
