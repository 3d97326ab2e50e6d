package once

const answerSQL = `
SELECT request, status, body, created_at
FROM idempotency_keys
WHERE person_id = $1 AND key = $2`

const keepSQL = `
INSERT INTO idempotency_keys (person_id, key, request, status, body, created_at)
VALUES ($1, $2, $3, $4, $5, $6)
ON CONFLICT (person_id, key) DO UPDATE
SET request = excluded.request, status = excluded.status, body = excluded.body, created_at = excluded.created_at`

const sweepSQL = `
DELETE FROM idempotency_keys
WHERE created_at < $1`
