package trial

const insertAudienceSQL = `
INSERT INTO audiences (id, kind, created_at)
VALUES (1, 'organisation', $1)
ON CONFLICT (id) DO NOTHING`

const insertPersonSQL = `
INSERT INTO people (id, role, state, name, sort_key, joined_at, created_at, updated_at)
VALUES ($1, 'member', 'active', 'Trial', 'trial', $2, $3, $4)`

const insertMemberSQL = `
INSERT INTO audience_members (person_id, audience_id)
VALUES ($1, 1)`

const insertAuthorSQL = `
INSERT INTO authors (id, kind, label, mark, origin, origin_id, created_at)
VALUES ($1, 'imported', $2, '', 'trial', $3, $4)`

const insertReceiptSQL = `
INSERT INTO receipts (id, source_id, author_id, kind, skill_id, audience_id, weight, at)
VALUES ($1, $2, $3, $4, $5, 1, $6, $7)`
