package throttle

const dueSQL = `
SELECT due_at
FROM throttles
WHERE key = $1`

const takeSQL = `
INSERT INTO throttles (key, due_at)
VALUES ($1, $2)
ON CONFLICT (key) DO UPDATE SET due_at = excluded.due_at`

const sweepSQL = `
DELETE FROM throttles
WHERE due_at < $1`
