package whoknows

import "github.com/guildhall/guildhall/internal/platform/db"

// Waiting returns how many sources have changed and are not counted yet.
func Waiting(tx *db.Tx) (int64, error) {
	var n int64
	_, err := tx.Row(staleCountSQL, []any{&n})
	return n, err
}
