package subject

import (
	"github.com/guildhall/guildhall/internal/platform/db"
	"github.com/guildhall/guildhall/internal/platform/id"
)

// After returns up to limit subjects of a kind after the given one that are not
// deleted, of every audience: for what is made again from all there is, never
// for what somebody reads.
func After(tx *db.Tx, kind Kind, after id.ID, limit int) ([]id.ID, error) {
	return db.All(tx, afterSQL, func(r *db.Rows, n *id.ID) error { return r.Scan(n) }, int64(after), string(kind), limit)
}
