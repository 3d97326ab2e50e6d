package once

const expireSQL = `
DELETE FROM idempotency_keys
WHERE person_id = $1 AND key = $2 AND created_at < $3`

const claimSQL = `
INSERT INTO idempotency_keys (person_id, key, request, status, body, created_at)
VALUES ($1, $2, $3, 0, '', $4)
ON CONFLICT (person_id, key) DO NOTHING`

const answerSQL = `
SELECT request, status, body, created_at
FROM idempotency_keys
WHERE person_id = $1 AND key = $2`

const keepSQL = `
UPDATE idempotency_keys SET status = $1, body = $2
WHERE person_id = $3 AND key = $4`

const forgetSQL = `
DELETE FROM idempotency_keys
WHERE person_id = $1 AND key = $2 AND status = 0`

const sweepSQL = `
DELETE FROM idempotency_keys
WHERE created_at < $1`
