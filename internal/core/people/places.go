package people

import (
	"time"

	"github.com/guildhall/guildhall/internal/platform/clock"
	"github.com/guildhall/guildhall/internal/platform/db"
	"github.com/guildhall/guildhall/internal/platform/id"
)

// EnsureSite returns the site with the name, made when it is not there. An
// unknown time zone is the caller's fault and kept out by them.
func EnsureSite(tx *db.Tx, c clock.Clock, name, zone, country string) (id.ID, error) {
	var n id.ID
	if ok, err := tx.Row(siteByNameSQL, []any{&n}, SortKey(name)); err != nil || ok {
		return n, err
	}
	now := c.Now()
	n = id.New(now)
	_, err := tx.Exec(insertSiteSQL, n, name, SortKey(name), zone, country, db.At(now))
	return n, err
}

// EnsureUnit returns the unit with the name, made under the parent (0 for none)
// from the given time when it is not there.
func EnsureUnit(tx *db.Tx, name string, parent id.ID, from time.Time) (id.ID, error) {
	var n id.ID
	if ok, err := tx.Row(unitByNameSQL, []any{&n}, SortKey(name)); err != nil || ok {
		return n, err
	}
	n = id.New(from)
	_, err := tx.Exec(insertUnitSQL, n, name, SortKey(name), parent, db.At(from))
	return n, err
}
