package event

import "github.com/guildhall/guildhall/internal/platform/db"

// Lag is how many events a reader of events has still before it.
type Lag struct {
	Name   string
	Behind int64
}

// Lags returns every reader and how far it is behind.
func Lags(tx *db.Tx) ([]Lag, error) {
	return db.All(tx, lagsSQL, func(r *db.Rows, l *Lag) error { return r.Scan(&l.Name, &l.Behind) })
}

// Latest returns when the last event happened, the zero Time when none did.
func Latest(tx *db.Tx) (at db.Time, err error) {
	_, err = tx.Row(latestSQL, []any{&at})
	return at, err
}
