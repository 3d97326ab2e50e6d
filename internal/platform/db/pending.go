package db

import (
	"context"
	"fmt"
	"io/fs"
	"strings"
)

// Pending returns the migrations that Migrate would apply, by name, and
// changes nothing. The error of a database that Migrate would refuse says why.
func Pending(ctx context.Context, d *DB, fsys fs.FS) ([]string, error) {
	files, err := readMigrations(fsys, d.Dialect())
	if err != nil {
		return nil, err
	}
	pool, err := d.migrationPool()
	if err != nil {
		return nil, err
	}
	defer func() { _ = pool.Close() }()
	applied, err := readApplied(ctx, pool, d.Dialect())
	if err != nil {
		return nil, err
	}
	pending, err := compare(files, applied)
	names := make([]string, len(pending))
	for i, f := range pending {
		names[i] = f.name
	}
	return names, err
}

const (
	quickCheckSQLite    = `PRAGMA quick_check(20)`
	lostReferenceSQLite = `PRAGMA foreign_key_check`
)

// Sound looks for damage and returns it in words, nothing when all is well. On
// SQLite it reads the whole file; PostgreSQL keeps its own checksums, so there
// only the sorting order is looked at.
func Sound(ctx context.Context, d *DB) (damage []string, err error) {
	err = d.Read(ctx, func(tx *Tx) error {
		damage = nil
		if d.Dialect() == Postgres {
			var order, encoding string
			if _, err := tx.Row(collationPostgres, []any{&order, &encoding}); err != nil {
				return err
			}
			switch strings.ToUpper(order) {
			case "C", "POSIX", "C.UTF-8", "C.UTF8":
			default:
				damage = append(damage, fmt.Sprintf("the database sorts by %q; it needs the collation C", order))
			}
			if encoding != "UTF8" {
				damage = append(damage, fmt.Sprintf("the database keeps text as %q; it needs UTF8", encoding))
			}
			return nil
		}
		lines, err := All(tx, quickCheckSQLite, func(r *Rows, s *string) error { return r.Scan(s) })
		if err != nil {
			return err
		}
		for _, s := range lines {
			if s != "ok" {
				damage = append(damage, s)
			}
		}
		rows, err := tx.Query(lostReferenceSQLite)
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() && len(damage) < 20 {
			var table, parent string
			var row, key int64
			if err := rows.Scan(&table, &row, &parent, &key); err != nil {
				return err
			}
			damage = append(damage, fmt.Sprintf("row %d of %s names a row of %s that is not there", row, table, parent))
		}
		return rows.Err()
	})
	return damage, err
}
