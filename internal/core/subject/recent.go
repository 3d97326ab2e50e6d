package subject

import (
	"cmp"
	"slices"

	"github.com/guildhall/guildhall/internal/core/access"
	"github.com/guildhall/guildhall/internal/platform/db"
	"github.com/guildhall/guildhall/internal/platform/id"
)

// Recent returns what authors made of the kinds, newest first, as far as the
// actor may see it. Each author is asked for their newest, by an index; somebody
// is one author and perhaps an imported profile or two.
func Recent(tx *db.Tx, by access.Actor, authors []id.ID, kinds []string, limit int) ([]Card, error) {
	var out []Card
	for _, a := range authors {
		some, err := db.All(tx, recentSQL, scanCard, by.Person, a, kinds, limit)
		if err != nil {
			return nil, err
		}
		out = append(out, some...)
	}
	slices.SortFunc(out, func(a, b Card) int { return cmp.Or(b.At.Compare(a.At), cmp.Compare(b.ID, a.ID)) })
	return out[:min(len(out), limit)], nil
}
