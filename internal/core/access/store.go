package access

const joinSQL = `
INSERT INTO audience_members (person_id, audience_id, role)
VALUES ($1, $2, $3)
ON CONFLICT (person_id, audience_id) DO UPDATE SET role = excluded.role`

const leaveSQL = `
DELETE FROM audience_members
WHERE person_id = $1 AND audience_id = $2`

const leaveAllSQL = `
DELETE FROM audience_members
WHERE person_id = $1`

const seesSQL = `
SELECT 1
FROM audience_members
WHERE person_id = $1 AND audience_id = $2`

const stewardsSQL = `
SELECT 1
FROM audience_members
WHERE person_id = $1 AND audience_id = $2 AND role = 'steward'`

const stewardsOfSQL = `
SELECT person_id
FROM audience_members
WHERE audience_id = $1 AND role = 'steward'
ORDER BY person_id
LIMIT 20`

const insertAudienceSQL = `
INSERT INTO audiences (id, kind, owner_id, created_at)
VALUES ($1, $2, $3, $4)`

const ensureOrganisationSQL = `
INSERT INTO audiences (id, kind, created_at)
VALUES ($1, 'organisation', $2)
ON CONFLICT (id) DO NOTHING`
