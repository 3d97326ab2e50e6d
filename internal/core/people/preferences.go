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

// Address says where and how somebody is written to.
type Address struct {
	Name   string
	Email  string // "" for none
	Locale string // "" for the organisation's
}

// AddressOf returns where somebody is written to; the zero Address for who
// left or never was.
func AddressOf(tx *db.Tx, person id.ID) (a Address, err error) {
	_, err = tx.Row(addressSQL, []any{&a.Name, &a.Email, &a.Locale}, person)
	return a, err
}

// AnyAdmin tells whether somebody looks after the organisation.
func AnyAdmin(tx *db.Tx) (bool, error) {
	var one int
	return tx.Row(anyAdminSQL, []any{&one})
}
