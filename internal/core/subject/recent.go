package subject

import (
	"github.com/guildhall/guildhall/internal/core/access"
	"github.com/guildhall/guildhall/internal/platform/db"
	"github.com/guildhall/guildhall/internal/platform/id"
)

// Recent returns what an author made of the kinds, newest first, as far as the
// actor may see it.
func Recent(tx *db.Tx, by access.Actor, author id.ID, kinds []string, limit int) ([]Card, error) {
	return db.All(tx, recentSQL, scanCard, by.Person, author, kinds, limit)
}
