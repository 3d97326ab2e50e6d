package dbtest_test

import (
	"context"
	"testing"

	"github.com/guildhall/guildhall/internal/platform/db"
	"github.com/guildhall/guildhall/internal/platform/db/dbtest"
)

func TestEachGivesAMigratedEmptyDatabaseOfBothKinds(t *testing.T) {
	var seen []db.Dialect
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		seen = append(seen, d.Dialect())
		err := d.Read(context.Background(), func(tx *db.Tx) error {
			var n int
			if _, err := tx.Row(`SELECT count(*) FROM jobs`, []any{&n}); err != nil {
				return err
			}
			if n != 0 {
				t.Errorf("%d jobs in a fresh database", n)
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	})
	if len(seen) != 2 || seen[0] != db.SQLite || seen[1] != db.Postgres {
		t.Errorf("ran on %v", seen)
	}
}
