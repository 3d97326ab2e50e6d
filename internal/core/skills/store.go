package skills

import "github.com/guildhall/guildhall/internal/platform/db"

const insertSkillSQL = `
INSERT INTO skills (id, kind, name, slug, sort_key, description, category, parent_id, state, origin, origin_id, created_at, updated_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $12)`

const insertNameSQL = `
INSERT INTO skill_names (norm, skill_id, name, lang, primary_name)
VALUES ($1, $2, $3, $4, $5)
ON CONFLICT (norm, skill_id) DO NOTHING`

const insertGramSQL = `
INSERT INTO skill_grams (gram, skill_id)
VALUES ($1, $2)
ON CONFLICT (gram, skill_id) DO NOTHING`

// A private skill is there for its audience alone: a name is looked up in the
// name of one audience, and the organisation's skills come first.

const byNormSQL = `
SELECT COALESCE(s.merged_into, s.id)
FROM skill_names n
JOIN skills s ON s.id = n.skill_id
WHERE n.norm = $1 AND s.kind = $2 AND (s.state <> 'private' OR EXISTS (
    SELECT 1 FROM subjects x
    WHERE x.id = s.id AND x.audience_id = $3))
ORDER BY CASE s.state WHEN 'private' THEN 1 ELSE 0 END, n.primary_name DESC, s.id
LIMIT 1`

const tagByNormSQL = `
SELECT t.id, t.kind, t.name
FROM skill_names n
JOIN skills s ON s.id = n.skill_id
JOIN skills t ON t.id = COALESCE(s.merged_into, s.id)
WHERE n.norm = $1 AND (s.state <> 'private' OR EXISTS (
    SELECT 1 FROM subjects x
    WHERE x.id = s.id AND x.audience_id = $2))
ORDER BY CASE s.state WHEN 'private' THEN 1 ELSE 0 END, n.primary_name DESC, s.id
LIMIT 1`

const tagByIDSQL = `
SELECT t.id, t.kind, t.name
FROM skills s
JOIN skills t ON t.id = COALESCE(s.merged_into, s.id)
WHERE s.id = $1 AND (s.state <> 'private' OR EXISTS (
    SELECT 1 FROM subjects x
    WHERE x.id = s.id AND x.audience_id = $2))`

func scanTag(r *db.Rows, t *Tag) error {
	return r.Scan(&t.ID, &t.Kind, &t.Name)
}

const activeByNormSQL = `
SELECT t.id, t.kind, t.name
FROM skill_names n
JOIN skills s ON s.id = n.skill_id
JOIN skills t ON t.id = COALESCE(s.merged_into, s.id)
WHERE n.norm = $1 AND t.state = 'active'
ORDER BY n.primary_name DESC, s.id
LIMIT 1`

const namesSQL = `
SELECT id, kind, name
FROM skills
WHERE id = ANY($1)`
