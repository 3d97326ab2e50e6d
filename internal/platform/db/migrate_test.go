package db_test

import (
	"context"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/fstest"

	"github.com/guildhall/guildhall/internal/platform/db"
	"github.com/guildhall/guildhall/internal/platform/db/dbtest"
	"github.com/guildhall/guildhall/migrations"
)

// eachEmpty runs fn on an empty database of each kind; open opens it again.
func eachEmpty(t *testing.T, fn func(t *testing.T, open func() *db.DB)) {
	t.Run("sqlite", func(t *testing.T) {
		path := filepath.Join(t.TempDir(), "with space & #", "..", "a b#?.db")
		fn(t, func() *db.DB { return dbtest.Open(t, db.Config{URL: path}) })
	})
	t.Run("postgres", func(t *testing.T) {
		url := dbtest.EmptyPostgresURL(t)
		fn(t, func() *db.DB { return dbtest.Open(t, db.Config{URL: url}) })
	})
}

func tree(files ...string) fstest.MapFS {
	m := fstest.MapFS{}
	for i := 0; i < len(files); i += 2 {
		m[files[i]] = &fstest.MapFile{Data: []byte(files[i+1])}
	}
	return m
}

const firstMigration = `
-- A table of both, and what only one of them can.
CREATE TABLE pages (id BIGINT PRIMARY KEY, title TEXT NOT NULL);
-- only: sqlite
CREATE TABLE only_sqlite (x TEXT);
-- +goose StatementBegin
CREATE TRIGGER pages_gone AFTER DELETE ON pages BEGIN
  INSERT INTO only_sqlite (x) VALUES ('gone; really');
END;
-- +goose StatementEnd
-- end only
-- only: postgres
CREATE TABLE only_postgres (x TEXT COLLATE "C");
-- end only
INSERT INTO pages (id, title) VALUES (1, 'a;b');
`

func TestMigrationsAreAppliedOnceInOrderWithTheirBlocks(t *testing.T) {
	eachEmpty(t, func(t *testing.T, open func() *db.DB) {
		d := open()
		var lines []string
		report := func(s string) { lines = append(lines, s) }
		one := tree("202611210900_a_pages.sql", firstMigration)
		if err := db.Migrate(t.Context(), d, one, report); err != nil {
			t.Fatal(err)
		}
		if len(lines) != 1 || !strings.HasPrefix(lines[0], "applied 202611210900_a_pages.sql") {
			t.Errorf("reported %q", lines)
		}
		run(t, d, `INSERT INTO only_`+d.Dialect().String()+` (x) VALUES ('here')`)
		err := d.Read(t.Context(), func(tx *db.Tx) error {
			other := map[db.Dialect]string{db.SQLite: "only_postgres", db.Postgres: "only_sqlite"}[d.Dialect()]
			_, err := tx.Exec(`SELECT x FROM ` + other)
			return err
		})
		if err == nil {
			t.Error("the other database's block was applied")
		}
		lines = nil
		if err := db.Migrate(t.Context(), d, one, report); err != nil || len(lines) != 0 {
			t.Errorf("again: %v, %q", err, lines)
		}
		// A file that is older by name but came later is applied too, with
		// carriage returns or without.
		two := tree("202611210900_a_pages.sql", strings.ReplaceAll(firstMigration, "\n", "\r\n"),
			"202611210800_b_more.sql", "-- +goose Up\nALTER TABLE pages ADD COLUMN body TEXT;\nUPDATE pages SET body = title;")
		if err := db.Migrate(t.Context(), d, two, report); err != nil {
			t.Fatal(err)
		}
		if d.Dialect() == db.SQLite && (len(lines) != 2 || !strings.HasPrefix(lines[0], "copied the database to ")) {
			t.Errorf("reported %q", lines)
		}
		if d.Dialect() == db.SQLite {
			backup := dbtest.Open(t, db.Config{URL: strings.TrimPrefix(lines[0], "copied the database to ")})
			run(t, backup, `INSERT INTO pages (id, title) VALUES (2, 'the copy works')`)
			if err := backup.Read(t.Context(), func(tx *db.Tx) error { _, err := tx.Exec(`SELECT body FROM pages`); return err }); err == nil {
				t.Error("the copy was made after the migration")
			}
		}
		err = d.Read(t.Context(), func(tx *db.Tx) error {
			var body string
			found, err := tx.Row(`SELECT body FROM pages WHERE id = 1`, []any{&body})
			if !found || body != "a;b" {
				t.Errorf("found %v, body %q", found, body)
			}
			return err
		})
		if err != nil {
			t.Error(err)
		}
		if d.Dialect() == db.SQLite {
			err = d.Read(t.Context(), func(tx *db.Tx) error {
				var plan string
				var n int64
				_, err := tx.Row(`EXPLAIN QUERY PLAN SELECT title FROM pages WHERE id = 1`, []any{&n, &n, &n, &plan})
				if !strings.Contains(plan, "INTEGER PRIMARY KEY") {
					t.Errorf("an id is not the rowid: %s", plan)
				}
				return err
			})
			if err != nil {
				t.Error(err)
			}
		}
	})
}

func TestADatabaseNewerThanTheProgramIsRefusedByName(t *testing.T) {
	eachEmpty(t, func(t *testing.T, open func() *db.DB) {
		d := open()
		newer := tree("202611210900_a_pages.sql", firstMigration, "202701010000_z_future.sql", "CREATE TABLE future (x TEXT);")
		if err := db.Migrate(t.Context(), d, newer, nil); err != nil {
			t.Fatal(err)
		}
		err := db.Migrate(t.Context(), d, tree("202611210900_a_pages.sql", firstMigration), nil)
		if err == nil || !strings.Contains(err.Error(), "202701010000_z_future.sql") {
			t.Errorf("an older program: %v", err)
		}
	})
}

func TestAChangedMigrationIsRefusedByName(t *testing.T) {
	eachEmpty(t, func(t *testing.T, open func() *db.DB) {
		d := open()
		if err := db.Migrate(t.Context(), d, tree("202611210900_a_pages.sql", firstMigration), nil); err != nil {
			t.Fatal(err)
		}
		changed := tree("202611210900_a_pages.sql", firstMigration+"-- a comment counts too\n", "202611211000_b_more.sql", "CREATE TABLE more (x TEXT);")
		err := db.Migrate(t.Context(), d, changed, nil)
		if err == nil || !strings.Contains(err.Error(), "202611210900_a_pages.sql") {
			t.Errorf("a changed file: %v", err)
		}
		if err := d.Read(t.Context(), func(tx *db.Tx) error { _, err := tx.Exec(`SELECT x FROM more`); return err }); err == nil {
			t.Error("a later migration was applied all the same")
		}
	})
}

func TestAMigrationThatFailsChangesNothingAndIsNamed(t *testing.T) {
	eachEmpty(t, func(t *testing.T, open func() *db.DB) {
		d := open()
		files := tree("202611210900_a_pages.sql", firstMigration,
			"202611211000_b_bad.sql", "CREATE TABLE half (x TEXT);\nINSERT INTO nowhere (x) VALUES (1);")
		err := db.Migrate(t.Context(), d, files, nil)
		if err == nil || !strings.Contains(err.Error(), "202611211000_b_bad.sql") {
			t.Fatalf("a failing migration: %v", err)
		}
		if err := d.Read(t.Context(), func(tx *db.Tx) error { _, err := tx.Exec(`SELECT x FROM half`); return err }); err == nil {
			t.Error("half of it was applied")
		}
		files["202611211000_b_bad.sql"] = &fstest.MapFile{Data: []byte("CREATE TABLE half (x TEXT);")}
		if err := db.Migrate(t.Context(), d, files, nil); err != nil {
			t.Errorf("mended: %v", err)
		}
	})
}

func TestFilesThatAreNoMigrationsAreRefused(t *testing.T) {
	d := dbtest.Open(t, db.Config{URL: filepath.Join(t.TempDir(), "a.db")})
	for name, files := range map[string]fstest.MapFS{
		"none":            tree(),
		"name":            tree("1_a.sql", "SELECT 1;"),
		"no such engine":  tree("202611210900_a_b.sql", "-- only: oracle\nSELECT 1;\n-- end only"),
		"no end":          tree("202611210900_a_b.sql", "-- only: sqlite\nSELECT 1;"),
		"no beginning":    tree("202611210900_a_b.sql", "SELECT 1;\n-- end only"),
		"block in block":  tree("202611210900_a_b.sql", "-- only: sqlite\n-- only: postgres\nSELECT 1;\n-- end only"),
		"backward":        tree("202611210900_a_b.sql", "SELECT 1;\n-- +goose Down\nSELECT 2;"),
		"twice one time":  tree("202611210900_a_b.sql", "SELECT 1;", "202611210900_c_d.sql", "SELECT 1;"),
		"broken parent":   tree("202611210900_a_b.sql", "CREATE TABLE p (id BIGINT PRIMARY KEY);\nCREATE TABLE c (p BIGINT REFERENCES p (id));\nINSERT INTO c (p) VALUES (7);"),
		"nothing but dot": tree("readme.txt", "hello"),
	} {
		if err := db.Migrate(t.Context(), d, files, nil); err == nil {
			t.Errorf("%s was accepted", name)
		}
	}
}

func TestServersThatStartTogetherMigrateOnce(t *testing.T) {
	url := dbtest.EmptyPostgresURL(t)
	var all sync.WaitGroup
	for range 4 {
		d := dbtest.Open(t, db.Config{URL: url})
		all.Go(func() {
			if err := db.Migrate(context.Background(), d, migrations.Files, nil); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
}

func TestBothDatabasesGetTheSameTablesAndColumns(t *testing.T) {
	columns := map[db.Dialect][]string{}
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		text := `SELECT m.name || '.' || c.name FROM sqlite_master m, pragma_table_info(m.name) c WHERE m.type = 'table'`
		if d.Dialect() == db.Postgres {
			text = `SELECT table_name || '.' || column_name FROM information_schema.columns WHERE table_schema = current_schema()`
		}
		err := d.Read(t.Context(), func(tx *db.Tx) (err error) {
			columns[d.Dialect()], err = db.All(tx, text, func(r *db.Rows, v *string) error { return r.Scan(v) })
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		slices.Sort(columns[d.Dialect()])
	})
	// Full-text search is the one thing that is made differently.
	own := func(list []string, other []string) (only []string) {
		for _, c := range list {
			if !slices.Contains(other, c) && !strings.HasPrefix(c, "search_") && !strings.HasPrefix(c, "sqlite_") {
				only = append(only, c)
			}
		}
		return only
	}
	if a, b := own(columns[db.SQLite], columns[db.Postgres]), own(columns[db.Postgres], columns[db.SQLite]); len(a)+len(b) > 0 {
		t.Errorf("only in SQLite: %v; only in PostgreSQL: %v", a, b)
	}
	if len(columns[db.SQLite]) == 0 {
		t.Error("no columns found")
	}
}
