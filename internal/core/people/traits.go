package people

import (
	"strings"

	"github.com/guildhall/guildhall/internal/platform/db"
	"github.com/guildhall/guildhall/internal/platform/id"
)

// Trait is what matching looks at of a person: where they belong and whom they
// report to. Age, gender, nationality and pay are not kept at all.
type Trait struct {
	Person    id.ID
	Author    id.ID
	Name      string
	Title     string
	Unit      id.ID
	UnitName  string
	Site      id.ID
	SiteName  string
	Manager   id.ID
	Languages []string // BCP 47
}

// Traits returns the traits of those of the people who are active, for matching
// and for those who run it. What of it is shown to whom is the caller's
// business.
func Traits(tx *db.Tx, people []id.ID) (map[id.ID]Trait, error) {
	rows, err := db.All(tx, traitsSQL, scanTrait, people)
	out := make(map[id.ID]Trait, len(rows))
	for _, t := range rows {
		out[t.Person] = t
	}
	return out, err
}

func scanTrait(r *db.Rows, t *Trait) error {
	var languages string
	err := r.Scan(&t.Person, &t.Author, &t.Name, &t.Title, &t.Unit, &t.UnitName, &t.Site, &t.SiteName, &t.Manager, &languages)
	t.Languages = strings.Fields(languages)
	return err
}
