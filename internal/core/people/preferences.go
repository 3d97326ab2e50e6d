package people

import (
	"time"

	"github.com/guildhall/guildhall/internal/platform/db"
	"github.com/guildhall/guildhall/internal/platform/id"
)

// ZoneOK tells whether the name is one of the IANA time zones. "Local" means
// something else on every machine and is none.
func ZoneOK(name string) bool {
	if name == "" || name == "Local" || len(name) > 64 {
		return false
	}
	_, err := time.LoadLocation(name)
	return err == nil
}

// Preferences returns the time zone and language somebody chose, "" for those
// of their site and organisation.
func Preferences(tx *db.Tx, person id.ID) (zone, locale string, err error) {
	_, err = tx.Row(preferencesSQL, []any{&zone, &locale}, person)
	return zone, locale, err
}

// SetPreferences keeps the time zone and language somebody chose; "" follows
// their site and organisation. The caller has checked both.
func SetPreferences(tx *db.Tx, person id.ID, zone, locale string) error {
	_, err := tx.Exec(setPreferencesSQL, zone, locale, tx.Now(), person)
	return err
}
