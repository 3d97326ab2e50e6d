package people

import "github.com/guildhall/guildhall/internal/platform/db"

// A reader who does not belong to the organisation is not told unit and site.
const entryColumnsFragmentSQL = `
SELECT p.id, a.id, p.name, p.sort_key, p.title,
  CASE WHEN o.person_id IS NULL THEN '' ELSE COALESCE(u.name, '') END,
  CASE WHEN o.person_id IS NULL THEN '' ELSE COALESCE(s.name, '') END,
  COALESCE(NULLIF(p.time_zone, ''), s.time_zone, 'UTC'), p.mark_cut, p.picture`

const entryJoinsFragmentSQL = `
JOIN authors a ON a.person_id = p.id AND a.kind = 'person'
LEFT JOIN audience_members o ON o.person_id = $1 AND o.audience_id = 1
LEFT JOIN units u ON u.id = p.unit_id
LEFT JOIN sites s ON s.id = p.site_id`

func scanEntryRow(r *db.Rows, e *Entry) error {
	return r.Scan(&e.ID, &e.Author, &e.Name, &e.SortKey, &e.Title, &e.Unit, &e.Site, &e.Zone, &e.Cut, &e.Picture)
}

const listSQL = entryColumnsFragmentSQL + `
FROM people p` + entryJoinsFragmentSQL + `
WHERE` + seesPersonFragmentSQL + `
  AND (p.sort_key, p.id) > ($2, $3)
  {filters}
ORDER BY p.sort_key, p.id
LIMIT $4`

const byNameFilterSQL = `AND (' ' || p.sort_key) LIKE $1 ESCAPE '!'`

const byUnitFilterSQL = `AND p.unit_id = ANY($1)`

const bySiteFilterSQL = `AND p.site_id = $1`

const bySkillFilterSQL = `AND EXISTS (
    SELECT 1 FROM person_skills ps
    WHERE ps.person_id = p.id AND ps.skill_id = $1 AND ps.direction = 'teach' AND ps.open)`

const byLanguageFilterSQL = `AND ((' ' || lower(p.languages) || ' ') LIKE $1 ESCAPE '!' OR (' ' || lower(p.languages)) LIKE $2 ESCAPE '!')`

var listPeople = db.NewQuery(listSQL, byNameFilterSQL, byUnitFilterSQL, bySiteFilterSQL, bySkillFilterSQL, byLanguageFilterSQL)

const someSQL = entryColumnsFragmentSQL + `
FROM people p` + entryJoinsFragmentSQL + `
WHERE` + seesPersonFragmentSQL + `
  AND p.id = ANY($2)`

// lineSQL gives the person and everybody above, nearest first. A depth ends it
// even if a loop had come into the table by hand.
const lineSQL = entryColumnsFragmentSQL + `
FROM people p` + entryJoinsFragmentSQL + `
JOIN (
  WITH RECURSIVE line (id, manager_id, depth) AS (
    SELECT id, manager_id, 0 FROM people WHERE id = $2 AND state = 'active'
    UNION ALL
    SELECT b.id, b.manager_id, l.depth + 1
    FROM line l
    JOIN people b ON b.id = l.manager_id AND b.state = 'active'
    WHERE l.depth < 50)
  SELECT id, depth FROM line) l ON l.id = p.id
WHERE` + seesPersonFragmentSQL + `
ORDER BY l.depth`

const reportCountFragmentSQL = `,
  (SELECT COUNT(*) FROM people c WHERE c.manager_id = p.id AND c.state = 'active')`

func scanReport(r *db.Rows, e *Entry) error {
	return r.Scan(&e.ID, &e.Author, &e.Name, &e.SortKey, &e.Title, &e.Unit, &e.Site, &e.Zone, &e.Cut, &e.Picture, &e.Reports)
}

const reportsOfSQL = entryColumnsFragmentSQL + reportCountFragmentSQL + `
FROM people p` + entryJoinsFragmentSQL + `
WHERE` + seesPersonFragmentSQL + `
  AND p.manager_id = $2
ORDER BY p.sort_key, p.id
LIMIT $3`

// topSQL gives those without a manager who have reports; everybody else without
// one is in the directory.
const topSQL = entryColumnsFragmentSQL + reportCountFragmentSQL + `
FROM people p` + entryJoinsFragmentSQL + `
LEFT JOIN people b ON b.id = p.manager_id AND b.state = 'active'
WHERE` + seesPersonFragmentSQL + `
  AND b.id IS NULL
  AND EXISTS (SELECT 1 FROM people c WHERE c.manager_id = p.id AND c.state = 'active')
ORDER BY p.sort_key, p.id
LIMIT $2`

// Units and sites belong to the organisation; guests are not told them.
const unitsSQL = `
SELECT u.id, u.name
FROM units u
WHERE u.valid_to IS NULL AND EXISTS (
    SELECT 1 FROM audience_members m
    WHERE m.person_id = $1 AND m.audience_id = 1)
ORDER BY u.sort_key
LIMIT 2000`

const sitesSQL = `
SELECT s.id, s.name
FROM sites s
WHERE EXISTS (
    SELECT 1 FROM audience_members m
    WHERE m.person_id = $1 AND m.audience_id = 1)
ORDER BY s.sort_key
LIMIT 2000`

func scanNamed(r *db.Rows, n *Named) error { return r.Scan(&n.ID, &n.Name) }

const unitsBelowSQL = `
WITH RECURSIVE below (id) AS (
  SELECT id FROM units WHERE id = $1
  UNION
  SELECT u.id
  FROM units u
  JOIN below b ON u.parent_id = b.id)
SELECT id
FROM below`

// tiesSQL gives whom a person answered, who answered them, whom they vouched
// for and who vouched for them, as far as the reader may see it, in the order
// of the newest.
const tiesSQL = `
SELECT t.other_id, t.at
FROM (
  SELECT qa.person_id AS other_id, s.created_at AS at, s.audience_id AS audience_id
  FROM authors me
  JOIN subjects s ON s.author_id = me.id AND s.kind = 'answer' AND s.state <> 'deleted'
  JOIN subjects q ON q.id = s.parent_id AND q.state <> 'deleted'
  JOIN authors qa ON qa.id = q.author_id AND qa.kind IN ('person', 'claimed')
  WHERE me.person_id = $1 AND me.kind IN ('person', 'claimed')
  UNION ALL
  SELECT ha.person_id, s.created_at, s.audience_id
  FROM authors me
  JOIN subjects q ON q.author_id = me.id AND q.kind = 'question' AND q.state <> 'deleted'
  JOIN subjects s ON s.parent_id = q.id AND s.kind = 'answer' AND s.state <> 'deleted'
  JOIN authors ha ON ha.id = s.author_id AND ha.kind IN ('person', 'claimed')
  WHERE me.person_id = $1 AND me.kind IN ('person', 'claimed')
  UNION ALL
  SELECT e.person_id, e.created_at, e.audience_id
  FROM authors me
  JOIN endorsements e ON e.author_id = me.id
  WHERE me.person_id = $1 AND me.kind = 'person'
  UNION ALL
  SELECT ea.person_id, e.created_at, e.audience_id
  FROM endorsements e
  JOIN authors ea ON ea.id = e.author_id AND ea.kind = 'person'
  WHERE e.person_id = $1) t
WHERE EXISTS (
    SELECT 1 FROM audience_members m
    WHERE m.person_id = $2 AND m.audience_id = t.audience_id)
ORDER BY t.at DESC
LIMIT 300`

const spokenSQL = `
SELECT DISTINCT p.languages
FROM people p
WHERE EXISTS (
    SELECT 1 FROM audience_members m
    WHERE m.person_id = $1 AND m.audience_id = 1)
  AND p.state = 'active' AND p.languages <> ''
LIMIT 2000`
