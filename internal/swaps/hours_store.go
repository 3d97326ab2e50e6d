package swaps

import "github.com/guildhall/guildhall/internal/platform/db"

const insertEntrySQL = `
INSERT INTO hour_entries (id, kind, swap_id, at)
VALUES ($1, $2, $3, $4)`

const moveHoursSQL = `
INSERT INTO hour_accounts (holder_id, minutes)
VALUES ($1, $2)
ON CONFLICT (holder_id) DO UPDATE
SET minutes = hour_accounts.minutes + excluded.minutes
RETURNING minutes`

const insertLineSQL = `
INSERT INTO hour_lines (holder_id, entry_id, minutes, balance)
VALUES ($1, $2, $3, $4)`

const balanceSQL = `
SELECT minutes
FROM hour_accounts
WHERE holder_id = $1`

const statementSQL = `
SELECT e.id, e.kind, e.swap_id, l.minutes, l.balance, e.at
FROM hour_lines l
JOIN hour_entries e ON e.id = l.entry_id
WHERE l.holder_id = $1 AND l.entry_id < $2
ORDER BY l.entry_id DESC
LIMIT $3`

func scanLine(r *db.Rows, l *Line) error {
	var at db.Time
	err := r.Scan(&l.ID, &l.Kind, &l.Swap, &l.Minutes, &l.Balance, &at)
	l.At = at.Time()
	return err
}
