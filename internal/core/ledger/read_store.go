package ledger

import "github.com/guildhall/guildhall/internal/platform/db"

const ofAuthorSQL = `
SELECT r.author_id, r.skill_id, s.name, r.kind, COUNT(*), MAX(r.at)
FROM receipts r
JOIN skills s ON s.id = r.skill_id
WHERE EXISTS (
    SELECT 1 FROM audience_members m
    WHERE m.person_id = $1 AND m.audience_id = r.audience_id)
  AND r.author_id = $2 AND NOT r.hidden
GROUP BY r.author_id, r.skill_id, s.name, r.kind
ORDER BY SUM(COUNT(*)) OVER (PARTITION BY r.skill_id) DESC, r.skill_id, r.kind`

const bestOfSkillSQL = `
SELECT r.author_id, SUM(r.weight)
FROM receipts r
JOIN authors a ON a.id = r.author_id AND a.kind IN ('person', 'imported')
WHERE EXISTS (
    SELECT 1 FROM audience_members m
    WHERE m.person_id = $1 AND m.audience_id = r.audience_id)
  AND r.skill_id = $2 AND NOT r.hidden
GROUP BY r.author_id
ORDER BY 2 DESC, 1
LIMIT $3`

const ofSkillSQL = `
SELECT r.author_id, r.skill_id, s.name, r.kind, COUNT(*), MAX(r.at)
FROM receipts r
JOIN skills s ON s.id = r.skill_id
WHERE EXISTS (
    SELECT 1 FROM audience_members m
    WHERE m.person_id = $1 AND m.audience_id = r.audience_id)
  AND r.skill_id = $2 AND NOT r.hidden AND r.author_id = ANY($3)
GROUP BY r.author_id, r.skill_id, s.name, r.kind`

func scanCount(r *db.Rows, c *count) error {
	var last db.Time
	if err := r.Scan(&c.author, &c.skill, &c.name, &c.kind, &c.n, &last); err != nil {
		return err
	}
	c.last = last.Time()
	return nil
}

// ownSQL gives one line for each source and skill: that of its newest receipt.
const ownSQL = `
SELECT r.id, r.source_id, r.skill_id, COALESCE(s.name, ''), r.at, r.hidden
FROM receipts r
LEFT JOIN skills s ON s.id = r.skill_id
WHERE EXISTS (
    SELECT 1 FROM audience_members m
    WHERE m.person_id = $1 AND m.audience_id = r.audience_id)
  AND r.author_id = $2 AND (r.at, r.id) < ($3, $4)
  AND NOT EXISTS (
    SELECT 1 FROM receipts n
    WHERE n.source_id = r.source_id AND n.author_id = r.author_id AND n.skill_id = r.skill_id
      AND (n.at, n.id) > (r.at, r.id))
ORDER BY r.at DESC, r.id DESC
LIMIT $5`

func scanLine(r *db.Rows, l *Line) error {
	var at db.Time
	if err := r.Scan(&l.ID, &l.Source, &l.Skill, &l.Name, &at, &l.Hidden); err != nil {
		return err
	}
	l.At = at.Time()
	return nil
}

// newestSQL gives the source of the newest receipt of each author, one that
// others had a part in before what the author says of themselves; NULL when
// there is none.
const newestSQL = `
SELECT a.id, COALESCE((
    SELECT r.source_id
    FROM receipts r
    WHERE EXISTS (
        SELECT 1 FROM audience_members m
        WHERE m.person_id = $1 AND m.audience_id = r.audience_id)
      AND r.author_id = a.id AND NOT r.hidden AND r.kind <> 'declared'
    ORDER BY r.at DESC, r.id DESC
    LIMIT 1), (
    SELECT r.source_id
    FROM receipts r
    WHERE EXISTS (
        SELECT 1 FROM audience_members m
        WHERE m.person_id = $1 AND m.audience_id = r.audience_id)
      AND r.author_id = a.id AND NOT r.hidden
    ORDER BY r.at DESC, r.id DESC
    LIMIT 1))
FROM authors a
WHERE a.id = ANY($2)`

const kindsSQL = `
SELECT r.source_id, r.skill_id, r.kind
FROM receipts r
WHERE EXISTS (
    SELECT 1 FROM audience_members m
    WHERE m.person_id = $1 AND m.audience_id = r.audience_id)
  AND r.author_id = $2 AND r.source_id = ANY($3)
ORDER BY r.source_id, r.weight`

func scanKindRow(r *db.Rows, k *kindRow) error { return r.Scan(&k.source, &k.skill, &k.kind) }

// ownReceiptSQL finds a receipt by its owner, who may hide it whoever else sees
// its source.
const ownReceiptSQL = `
SELECT source_id, skill_id
FROM receipts
WHERE id = $1 AND author_id = $2`

const hideSQL = `
UPDATE receipts SET hidden = $1
WHERE source_id = $2 AND author_id = $3 AND skill_id = $4`

// What follows keeps the books when skills are merged, in the name of nobody.

const sourcesOfSkillSQL = `
SELECT DISTINCT source_id
FROM receipts
WHERE skill_id = $1`

const mergeReceiptsSQL = `
UPDATE receipts SET skill_id = $1
WHERE skill_id = $2 AND NOT EXISTS (
    SELECT 1 FROM receipts o
    WHERE o.source_id = receipts.source_id AND o.author_id = receipts.author_id
      AND o.kind = receipts.kind AND o.skill_id = $1)`

const dropReceiptsSQL = `
DELETE FROM receipts
WHERE skill_id = $1`

const settledSQL = `
SELECT r.source_id
FROM receipts r
WHERE EXISTS (
    SELECT 1 FROM audience_members m
    WHERE m.person_id = $1 AND m.audience_id = r.audience_id)
  AND r.source_id = ANY($2) AND r.kind = 'accepted' AND NOT r.hidden`
