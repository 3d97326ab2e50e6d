package people

import (
	"strings"
	"time"

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

// Starts returns the first day of those of the people of whom the personnel
// system said one, for what is to be ready when they come: the moment at which
// that day begins where they work.
func Starts(tx *db.Tx, people []id.ID) (map[id.ID]time.Time, error) {
	out := map[id.ID]time.Time{}
	_, err := db.All(tx, startsSQL, func(r *db.Rows, _ *struct{}) error {
		var n id.ID
		var at db.Time
		var zone string
		if err := r.Scan(&n, &at, &zone); err != nil {
			return err
		}
		loc, err := time.LoadLocation(zone)
		if err != nil {
			loc = time.UTC
		}
		y, m, d := at.Time().Date()
		out[n] = time.Date(y, m, d, 0, 0, 0, 0, loc)
		return nil
	}, people)
	return out, err
}
