package teamhour

import "github.com/guildhall/guildhall/internal/platform/db"

// swapsSQL are the swaps of an hour that the reader proposed or is asked.
const swapsSQL = `
SELECT w.id, w.person_id, a.id, a.name, COALESCE(a.skill_id, 0), b.id, b.person_id, b.name
FROM team_hour_swaps w
JOIN team_hour_entries a ON a.id = w.own_id
JOIN team_hour_entries b ON b.id = w.entry_id
WHERE EXISTS (
    SELECT 1 FROM audience_members m
    WHERE m.person_id = $1 AND m.audience_id = w.audience_id)
  AND w.hour_id = $2 AND (w.person_id = $1 OR b.person_id = $1)
ORDER BY w.id
LIMIT 100`

func scanSwap(r *db.Rows, w *Swap) error {
	return r.Scan(&w.ID, &w.From, &w.Own.ID, &w.Own.Name, &w.Own.Skill, &w.Asked.ID, &w.Asked.Person, &w.Asked.Name)
}

const insertSwapSQL = `
INSERT INTO team_hour_swaps (id, hour_id, audience_id, person_id, own_id, entry_id, created_at)
VALUES ($1, $2, $3, $4, $5, $6, $7)
ON CONFLICT (hour_id, own_id, entry_id) DO NOTHING`

// dropSwapSQL drops the same proposed the other way round too.
const dropSwapSQL = `
DELETE FROM team_hour_swaps
WHERE id = $1 OR own_id = $2 AND entry_id = $3`

const dropSwapsOfEntrySQL = `
DELETE FROM team_hour_swaps
WHERE own_id = $1 OR entry_id = $1`

const forgetSwapsSQL = `
DELETE FROM team_hour_swaps
WHERE hour_id = $1`

const goneSwapsSQL = `
DELETE FROM team_hour_swaps
WHERE own_id IN (SELECT id FROM team_hour_entries WHERE person_id = $1 AND hour_id IN (SELECT hour_id FROM team_hour_people WHERE person_id = $1))
  OR entry_id IN (SELECT id FROM team_hour_entries WHERE person_id = $1 AND hour_id IN (SELECT hour_id FROM team_hour_people WHERE person_id = $1))`
