package people

import (
	"strings"

	"github.com/guildhall/guildhall/internal/platform/db"
)

// Who may see a person: the person, members of the organisation, and those who
// share an audience with them.
const seesPersonFragmentSQL = `
  p.state = 'active' AND (p.id = $1 OR EXISTS (
    SELECT 1 FROM audience_members m
    WHERE m.person_id = $1 AND (m.audience_id = 1 OR EXISTS (
      SELECT 1 FROM audience_members t
      WHERE t.person_id = p.id AND t.audience_id = m.audience_id))))`

const openSQL = `
SELECT p.id, a.id, p.role, p.name, p.pronouns, p.title, p.about, p.unit_id, COALESCE(u.name, ''), p.site_id, COALESCE(s.name, ''),
  b.id, COALESCE(b.name, ''), k.id, COALESCE(k.name, ''), COALESCE(NULLIF(p.time_zone, ''), s.time_zone, 'UTC'), p.languages,
  p.mark_cut, p.picture, p.joined_at, COALESCE(p.email, ''), p.time_zone, p.locale, p.hours, p.away_from, p.away_until,
  p.weekly_budget, p.leaver_name, NOT EXISTS (SELECT 1 FROM audience_members o WHERE o.person_id = $1 AND o.audience_id = 1)
FROM people p
JOIN authors a ON a.person_id = p.id AND a.kind = 'person'
LEFT JOIN units u ON u.id = p.unit_id
LEFT JOIN sites s ON s.id = p.site_id
LEFT JOIN people b ON b.id = p.manager_id AND b.state = 'active'
LEFT JOIN people k ON k.id = p.backup_id AND k.state = 'active'
WHERE` + seesPersonFragmentSQL + `
  AND p.id = $2`

func scanProfile(r *db.Rows, p *Profile) error {
	var joined, from, until db.Time
	var languages string
	if err := r.Scan(&p.ID, &p.Author, &p.Role, &p.Name, &p.Pronouns, &p.Title, &p.About, &p.Unit.ID, &p.Unit.Name, &p.Site.ID, &p.Site.Name,
		&p.Manager.ID, &p.Manager.Name, &p.Backup.ID, &p.Backup.Name, &p.Zone, &languages,
		&p.Cut, &p.Picture, &joined, &p.Own.Email, &p.Own.TimeZone, &p.Own.Locale, &p.Own.Hours, &from, &until,
		&p.Own.WeeklyBudget, &p.Own.LeaverName, &p.Guest); err != nil {
		return err
	}
	p.Joined, p.Own.AwayFrom, p.Own.AwayUntil = joined.Time(), from.Time(), until.Time()
	p.Languages = strings.Fields(languages)
	return nil
}

// backupsSQL names whom people said to ask in their place.
const backupsSQL = `
SELECT p.id, k.id, k.name
FROM people p
JOIN people k ON k.id = p.backup_id AND k.state = 'active'
WHERE` + seesPersonFragmentSQL + `
  AND p.id = ANY($2)`

// keptSQL reads what a person's own edit leaves alone.
const keptSQL = `
SELECT about, unit_id, site_id, manager_id, backup_id
FROM people
WHERE id = $1`

const editSQL = `
UPDATE people SET name = $1, sort_key = $2, pronouns = $3, title = $4, about = $5, unit_id = $6, site_id = $7,
  manager_id = $8, backup_id = $9, time_zone = $10, locale = $11, languages = $12, hours = $13, mark_cut = $14,
  away_from = $15, away_until = $16, weekly_budget = $17, leaver_name = $18, updated_at = $19
WHERE id = $20`

const pictureSQL = `
UPDATE people SET picture = $1, updated_at = $2
WHERE id = $3`

const labelSQL = `
UPDATE authors SET kind = $1, label = $2, mark = $3
WHERE person_id = $4 AND kind IN ('person', 'left')`

// entrySQL reads a person for the search index and the ledger's own books: in
// the name of nobody.
const entrySQL = `
SELECT a.id, p.state, p.name, p.title, p.about, COALESCE(u.name, ''), p.joined_at
FROM people p
JOIN authors a ON a.person_id = p.id AND a.kind IN ('person', 'left')
LEFT JOIN units u ON u.id = p.unit_id
WHERE p.id = $1`

func scanEntry(r *db.Rows, e *entry) error {
	return r.Scan(&e.author, &e.state, &e.name, &e.title, &e.about, &e.unit, &e.joined)
}

const teachNamesSQL = `
SELECT s.name
FROM person_skills ps
JOIN skills s ON s.id = ps.skill_id
WHERE ps.person_id = $1 AND ps.direction = 'teach' AND ps.open
ORDER BY ps.level DESC, s.sort_key`

const unitSQL = `
SELECT id
FROM units
WHERE id = $1`

const siteSQL = `
SELECT id
FROM sites
WHERE id = $1`

const endUnitSQL = `
UPDATE unit_members SET valid_to = $1
WHERE person_id = $2 AND valid_to IS NULL`

const reportsSQL = `
WITH RECURSIVE line (id, manager_id) AS (
  SELECT id, manager_id FROM people WHERE id = $1
  UNION
  SELECT p.id, p.manager_id
  FROM people p
  JOIN line l ON p.id = l.manager_id)
SELECT 1
FROM line
WHERE id = $2`

const findSQL = `
SELECT p.id
FROM people p
WHERE` + seesPersonFragmentSQL + `
  AND (p.id = $2 OR p.email = $3 OR p.sort_key = $4)
ORDER BY p.id
LIMIT 10`

const seesPictureSQL = `
SELECT 1
FROM people p
WHERE` + seesPersonFragmentSQL + `
  AND p.picture = $2 AND p.picture <> ''
LIMIT 1`

const usedPicturesSQL = `
SELECT DISTINCT picture
FROM people
WHERE picture <> '' AND picture = ANY($1)`
