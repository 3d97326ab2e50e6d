package skills

import "github.com/guildhall/guildhall/internal/platform/db"

const openSQL = `
SELECT s.id, s.kind, s.name, s.description, s.category, s.state, s.merged_into, p.id, COALESCE(p.kind, ''), COALESCE(p.name, ''), s.created_at, s.origin
FROM skills s
LEFT JOIN skills p ON p.id = s.parent_id AND p.state = 'active'
WHERE EXISTS (
    SELECT 1 FROM subjects x
    JOIN audience_members m ON m.person_id = $1 AND m.audience_id = x.audience_id
    WHERE x.id = s.id)
  AND s.id = $2`

func scanWhole(r *db.Rows, w *Whole) error {
	var created db.Time
	if err := r.Scan(&w.ID, &w.Kind, &w.Name, &w.Description, &w.Category, &w.State, &w.MergedInto,
		&w.Parent.ID, &w.Parent.Kind, &w.Parent.Name, &created, &w.Origin); err != nil {
		return err
	}
	w.Created = created.Time()
	return nil
}

// Names, levels and narrower skills are read after the skill itself was.
const synonymsSQL = `
SELECT name
FROM skill_names
WHERE skill_id = $1 AND NOT primary_name
ORDER BY norm
LIMIT 50`

const levelsSQL = `
SELECT level, text
FROM skill_levels
WHERE skill_id = $1`

const levelsOfSQL = `
SELECT skill_id, level, text
FROM skill_levels
WHERE skill_id = ANY($1)`

const narrowerSQL = `
SELECT id, kind, name
FROM skills
WHERE parent_id = $1 AND state = 'active'
ORDER BY sort_key, id
LIMIT 50`

const coverageSQL = `
SELECT COALESCE(u.name, ''), ps.level, COUNT(*)
FROM person_skills ps
JOIN people p ON p.id = ps.person_id AND p.state = 'active'
LEFT JOIN units u ON u.id = p.unit_id
WHERE EXISTS (
    SELECT 1 FROM audience_members m
    WHERE m.person_id = $1 AND m.audience_id = 1)
  AND ps.skill_id = $2 AND ps.direction = 'teach' AND ps.open
GROUP BY u.sort_key, u.name, ps.level
ORDER BY COALESCE(u.sort_key, ''), ps.level`

func scanCoverage(r *db.Rows, c *coverageRow) error { return r.Scan(&c.unit, &c.level, &c.count) }

const listSQL = `
SELECT s.id, s.kind, s.name, s.category, s.sort_key, (
    SELECT COUNT(*)
    FROM person_skills ps
    JOIN people p ON p.id = ps.person_id AND p.state = 'active'
    WHERE ps.skill_id = s.id AND ps.direction = 'teach' AND ps.open)
FROM skills s
WHERE EXISTS (
    SELECT 1 FROM audience_members m
    WHERE m.person_id = $1 AND m.audience_id = 1)
  AND s.state = 'active' AND (s.sort_key, s.id) > ($2, $3)
  {filters}
ORDER BY s.sort_key, s.id
LIMIT $4`

const someSQL = `
SELECT s.id, s.kind, s.name, s.category, s.sort_key, (
    SELECT COUNT(*)
    FROM person_skills ps
    JOIN people p ON p.id = ps.person_id AND p.state = 'active'
    WHERE ps.skill_id = s.id AND ps.direction = 'teach' AND ps.open)
FROM skills s
WHERE EXISTS (
    SELECT 1 FROM audience_members m
    WHERE m.person_id = $1 AND m.audience_id = 1)
  AND s.state = 'active' AND s.id = ANY($2)`

const byKindFilterSQL = `AND s.kind = $1`

const byCategoryFilterSQL = `AND s.category = $1`

var listSkills = db.NewQuery(listSQL, byKindFilterSQL, byCategoryFilterSQL)

// taughtSQL reads what others said lately that they can teach.
const taughtSQL = `
SELECT s.name
FROM person_skills ps
JOIN people p ON p.id = ps.person_id AND p.state = 'active'
JOIN skills s ON s.id = ps.skill_id AND s.state = 'active'
WHERE EXISTS (
    SELECT 1 FROM audience_members m
    WHERE m.person_id = $1 AND m.audience_id = 1)
  AND ps.id > 0 AND ps.direction = 'teach' AND ps.open AND ps.person_id <> $1
ORDER BY ps.id DESC
LIMIT $2`

const categoriesSQL = `
SELECT DISTINCT s.category
FROM skills s
WHERE EXISTS (
    SELECT 1 FROM audience_members m
    WHERE m.person_id = $1 AND m.audience_id = 1)
  AND s.state = 'active' AND s.category <> ''
ORDER BY 1
LIMIT 200`

const originsSQL = `
SELECT o.origin
FROM (SELECT 'onet' AS origin UNION ALL SELECT 'esco') o
WHERE EXISTS (
    SELECT 1 FROM skills s
    WHERE s.origin = o.origin AND s.origin_id <> '')
ORDER BY o.origin`
