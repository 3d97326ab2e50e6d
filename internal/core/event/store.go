package event

import (
	"github.com/guildhall/guildhall/internal/platform/db"
)

// MAX(seq) says that seq is not NULL because the index holds only such rows;
// without it SQLite reads every event there is.
//
// SQLite has one writer, so the number given inside the transaction is the
// commit order. Transactions of PostgreSQL commit in any order: there the
// publisher numbers what is committed.
const recordNumberedSQL = `
INSERT INTO events (id, seq, kind, subject_id, audience_id, actor_id, other_id, quiet, at)
SELECT $1, COALESCE((SELECT MAX(seq) FROM events WHERE seq IS NOT NULL), 0) + 1, $2, $3, $4, $5, $6, $7, $8`

const recordSQL = `
INSERT INTO events (id, kind, subject_id, audience_id, actor_id, other_id, quiet, at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`

// numberSQL numbers committed events in the order of their ids. It runs under
// lockPublisherSQL on PostgreSQL only; an event that commits later gets a later
// number whatever its id is.
const numberSQL = `
UPDATE events SET seq = n.seq
FROM (
  SELECT e.id, (SELECT COALESCE(MAX(seq), 0) FROM events WHERE seq IS NOT NULL) + ROW_NUMBER() OVER (ORDER BY e.id) AS seq
  FROM events e
  WHERE e.seq IS NULL
) n
WHERE events.id = n.id`

const afterSQL = `
SELECT id, seq, kind, subject_id, audience_id, actor_id, other_id, quiet, at
FROM events
WHERE seq > $1
ORDER BY seq
LIMIT $2`

const lastSeqSQL = `
SELECT COALESCE(MAX(seq), 0)
FROM events
WHERE seq IS NOT NULL`

const cursorSQL = `
SELECT seq
FROM event_cursors
WHERE name = $1`

const ensureCursorSQL = `
INSERT INTO event_cursors (name, seq)
VALUES ($1, $2)
ON CONFLICT (name) DO NOTHING`

// moveCursorSQL moves a cursor only from where its reader saw it, so that of
// two servers doing the same batch one changes nothing.
const moveCursorSQL = `
UPDATE event_cursors SET seq = $1
WHERE name = $2 AND seq = $3`

func scan(r *db.Rows, e *Event) error {
	var at db.Time
	if err := r.Scan(&e.ID, &e.Seq, &e.Kind, &e.Subject, &e.Audience, &e.Actor, &e.Other, &e.Quiet, &at); err != nil {
		return err
	}
	e.At = at.Time()
	return nil
}

// After returns at most limit events with a seq above the given one.
func After(tx *db.Tx, seq int64, limit int) ([]Event, error) {
	return db.All(tx, afterSQL, scan, seq, limit)
}

// LastSeq returns the seq of the newest numbered event, 0 when there is none.
func LastSeq(tx *db.Tx) (int64, error) {
	var n int64
	_, err := tx.Row(lastSeqSQL, []any{&n})
	return n, err
}

const unnumberedSQL = `
SELECT EXISTS (SELECT 1 FROM events WHERE seq IS NULL)`

// The number is any constant of our own: the lock is held to the end of the
// transaction, so numbers become visible in their order.
const lockPublisherPostgresSQL = `
SELECT pg_advisory_xact_lock(4711001)`

const lagsSQL = `
SELECT name, COALESCE((SELECT MAX(seq) FROM events WHERE seq IS NOT NULL), 0) - seq
FROM event_cursors
ORDER BY name`

const latestSQL = `
SELECT at
FROM events
WHERE seq = (SELECT MAX(seq) FROM events WHERE seq IS NOT NULL)`

const behindSQL = `
SELECT COALESCE((SELECT MAX(seq) FROM events WHERE seq IS NOT NULL), 0) - COALESCE((SELECT MIN(seq) FROM event_cursors), 0)`

// Behind returns how many numbered events the slowest reader has not seen.
func Behind(tx *db.Tx) (int64, error) {
	var n int64
	_, err := tx.Row(behindSQL, []any{&n})
	return n, err
}
