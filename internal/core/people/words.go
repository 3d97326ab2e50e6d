package people

import (
	"github.com/guildhall/guildhall/internal/platform/db"
	"github.com/guildhall/guildhall/internal/platform/id"
)

// About is what people say about themselves.
type About struct {
	Person, Author id.ID
	Title, About   string
	Changed        db.Time
}

// Abouts returns what active people among the ids say about themselves, for who
// knows.
func Abouts(tx *db.Tx, ids []id.ID) ([]About, error) {
	return db.All(tx, aboutsSQL, func(r *db.Rows, a *About) error {
		return r.Scan(&a.Person, &a.Author, &a.Title, &a.About, &a.Changed)
	}, ids)
}
