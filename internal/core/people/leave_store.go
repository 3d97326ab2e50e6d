package people

const leaverSQL = `
SELECT state, name, leaver_name
FROM people
WHERE id = $1`

const leaveSQL = `
UPDATE people SET state = 'left', left_at = $1, updated_at = $1
WHERE id = $2`

const returnSQL = `
UPDATE people SET state = 'active', left_at = NULL, away_from = NULL, away_until = NULL, updated_at = $1
WHERE id = $2`

const placeSQL = `
SELECT unit_id, role
FROM people
WHERE id = $1`

const adminsSQL = `
SELECT COUNT(CASE WHEN id <> $1 THEN 1 END), COUNT(CASE WHEN id = $1 THEN 1 END) > 0
FROM people
WHERE role = 'admin' AND state = 'active'`

const membershipsSQL = `
SELECT u.id, u.name, m.valid_from, m.valid_to
FROM unit_members m
JOIN units u ON u.id = m.unit_id
WHERE EXISTS (
    SELECT 1 FROM audience_members o
    WHERE o.person_id = $1 AND o.audience_id = 1)
  AND m.person_id = $2
ORDER BY m.valid_from DESC, m.id DESC
LIMIT 50`
