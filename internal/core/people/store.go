package people

import "github.com/guildhall/guildhall/internal/platform/db"

const insertPersonSQL = `
INSERT INTO people (id, role, state, name, sort_key, email, email_ok_at, personnel_no, pronouns, title, about,
  unit_id, site_id, manager_id, time_zone, locale, languages, hours, joined_at, starts_on, created_at, updated_at)
VALUES ($1, $2, 'active', $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $20)`

const insertAuthorSQL = `
INSERT INTO authors (id, kind, person_id, label, mark, origin, origin_id, about, created_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)`

const importedAuthorSQL = `
SELECT id
FROM authors
WHERE origin = $1 AND origin_id = $2 AND origin_id <> ''`

const reimportSQL = `
UPDATE authors SET label = $1, about = $2
WHERE id = $3 AND kind IN ('imported', 'claimed')`

const insertUnitMemberSQL = `
INSERT INTO unit_members (id, unit_id, person_id, valid_from)
VALUES ($1, $2, $3, $4)`

const actorSQL = `
SELECT p.id, a.id, p.role, p.name, COALESCE(NULLIF(p.time_zone, ''), s.time_zone, 'UTC'), p.locale
FROM people p
JOIN authors a ON a.person_id = p.id AND a.kind = 'person'
LEFT JOIN sites s ON s.id = p.site_id
WHERE p.id = $1 AND p.state = 'active'`

const byEmailSQL = `
SELECT id
FROM people
WHERE email = $1 AND state = 'active'`

// bylinesSQL shows a claimed profile's words as those of its person, under the
// name and face the person has now.
const bylinesSQL = `
SELECT a.id, a.kind, COALESCE(own.label, a.label), COALESCE(own.mark, a.mark), COALESCE(p.mark_cut, 0), COALESCE(p.picture, ''),
  CASE WHEN EXISTS (
    SELECT 1 FROM audience_members o
    WHERE o.person_id = $1 AND o.audience_id = 1) THEN COALESCE(u.name, '') ELSE '' END,
  CASE WHEN EXISTS (
    SELECT 1 FROM audience_members m
    WHERE m.person_id = $1 AND m.audience_id = 1) THEN p.id END, a.origin_id
FROM authors a
LEFT JOIN authors own ON own.person_id = CASE WHEN a.kind = 'claimed' THEN a.person_id END AND own.kind IN ('person', 'left')
LEFT JOIN people p ON p.id = a.person_id AND (a.kind = 'person' OR own.kind = 'person')
LEFT JOIN units u ON u.id = p.unit_id
WHERE a.id = ANY($2)`

func scanByline(r *db.Rows, b *Byline) error {
	return r.Scan(&b.Author, &b.Kind, &b.Name, &b.Mark, &b.Cut, &b.Picture, &b.Unit, &b.Person, &b.Origin)
}

const ownAuthorsSQL = `
SELECT id, person_id
FROM authors
WHERE kind IN ('person', 'left') AND person_id = ANY($1)`

const canonicalSQL = `
SELECT a.id, COALESCE(own.id, a.id)
FROM authors a
LEFT JOIN authors own ON own.person_id = a.person_id AND own.kind IN ('person', 'left')
WHERE a.kind IN ('person', 'imported', 'claimed', 'left') AND a.id = ANY($1)`

const anybodySQL = `
SELECT 1
FROM people
LIMIT 1`

const preferencesSQL = `
SELECT time_zone, locale
FROM people
WHERE id = $1`

const setPreferencesSQL = `
UPDATE people SET time_zone = $1, locale = $2, updated_at = $3
WHERE id = $4`

const personOfSQL = `
SELECT person_id
FROM authors
WHERE id = $1 AND kind IN ('person', 'claimed')`

const aboutsSQL = `
SELECT p.id, a.id, p.title, p.about, p.updated_at
FROM people p
JOIN authors a ON a.person_id = p.id AND a.kind = 'person'
WHERE p.state = 'active' AND p.id = ANY($1)`
const addressSQL = `
SELECT name, COALESCE(email, ''), locale
FROM people
WHERE id = $1 AND state = 'active'`

const anyAdminSQL = `
SELECT 1
FROM people
WHERE role = 'admin' AND state = 'active'
LIMIT 1`
const activePersonSQL = `
SELECT id
FROM people
WHERE id = $1 AND state = 'active'`

const byNameSQL = `
SELECT id
FROM people
WHERE state = 'active' AND sort_key = $1
LIMIT 2`

const organisersSQL = `
SELECT id
FROM people
WHERE role IN ('organiser', 'admin') AND state = 'active'
ORDER BY CASE role WHEN 'organiser' THEN 0 ELSE 1 END, id
LIMIT 20`
