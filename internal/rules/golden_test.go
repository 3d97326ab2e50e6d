package rules

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/guildhall/guildhall/internal/app"
	"github.com/guildhall/guildhall/internal/platform/db"
	"github.com/guildhall/guildhall/internal/platform/db/dbtest"
)

// golden compares with a file of testdata, or writes it when GUILDHALL_GOLDEN
// is set: what stands in it is a promise to others, so a change of it is made
// on purpose and seen in a review.
func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if os.Getenv("GUILDHALL_GOLDEN") != "" {
		if err := os.WriteFile(path, got, 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatalf("%v; type: make golden", err)
	}
	if bytes.Equal(got, want) {
		return
	}
	was, is := strings.Split(string(want), "\n"), strings.Split(string(got), "\n")
	shown := 0
	for _, l := range is {
		if !slices.Contains(was, l) && shown < 20 {
			t.Logf("new:  %s", l)
			shown++
		}
	}
	for _, l := range was {
		if !slices.Contains(is, l) && shown < 40 {
			t.Logf("gone: %s", l)
			shown++
		}
	}
	t.Errorf("%s is another one; when that is meant, type: make golden", name)
}

// TestTheAPIKeepsItsPromises compares the OpenAPI description with the one that
// programs were written for.
func TestTheAPIKeepsItsPromises(t *testing.T) {
	h, err := app.Build(context.Background(), app.Config{Files: t.TempDir()}, dbtest.SQLite(t))
	if err != nil {
		t.Fatal(err)
	}
	rec := httptest.NewRecorder()
	h.Handler().ServeHTTP(rec, httptest.NewRequest("GET", "/api/openapi.json", nil))
	text := rec.Body.Bytes()
	if rec.Code != 200 || len(text) < 10_000 {
		t.Fatalf("the description answers %d with %d bytes", rec.Code, len(text))
	}
	var described any
	if err := json.Unmarshal(text, &described); err != nil {
		t.Fatal(err)
	}
	pretty, err := json.MarshalIndent(described, "", " ") // keys are sorted
	if err != nil {
		t.Fatal(err)
	}
	golden(t, "openapi.json", append(pretty, '\n'))
}

const (
	schemaSQLite = `
SELECT m.name || '.' || c.name, CASE WHEN c."notnull" = 1 OR c.pk > 0 THEN 'not null' ELSE '' END
FROM sqlite_master m
JOIN pragma_table_info(m.name) c
WHERE m.type = 'table' AND m.sql NOT LIKE 'CREATE VIRTUAL%' AND m.name NOT LIKE 'sqlite_%'
  AND NOT EXISTS (SELECT 1 FROM sqlite_master v WHERE v.sql LIKE 'CREATE VIRTUAL%' AND m.name LIKE v.name || '\_%' ESCAPE '\')`
	schemaPostgres = `
SELECT table_name || '.' || column_name, CASE WHEN is_nullable = 'NO' THEN 'not null' ELSE '' END
FROM information_schema.columns
WHERE table_schema = 'public'`
	indexesSQLite = `
SELECT tbl_name || ' ' || name, ''
FROM sqlite_master
WHERE type = 'index' AND sql IS NOT NULL`
	indexesPostgres = `
SELECT CAST(CAST(i.indrelid AS regclass) AS text) || ' ' || c.relname, ''
FROM pg_index i
JOIN pg_class c ON c.oid = i.indexrelid
WHERE c.relnamespace = CAST('public' AS regnamespace) AND NOT EXISTS (SELECT 1 FROM pg_constraint k WHERE k.conindid = i.indexrelid)`
	textsSQLite = `
SELECT name, sql
FROM sqlite_master
WHERE sql IS NOT NULL`
	textsPostgres = `
SELECT table_name || '.' || lpad(CAST(ordinal_position AS text), 2, '0') || ' ' || column_name,
  data_type || CASE WHEN is_nullable = 'NO' THEN ' not null' ELSE '' END || COALESCE(' default ' || column_default, '')
FROM information_schema.columns
WHERE table_schema = 'public'
UNION ALL
SELECT tablename || ' ' || indexname, indexdef
FROM pg_indexes
WHERE schemaname = 'public'
UNION ALL
SELECT conrelid::regclass || ' ' || conname, pg_get_constraintdef(oid)
FROM pg_constraint
WHERE connamespace = 'public'::regnamespace AND contype <> 'n'`
)

// lines are the rows of a text, sorted.
func lines(t *testing.T, d *db.DB, sql string) []string {
	t.Helper()
	var out []string
	if err := d.Read(t.Context(), func(tx *db.Tx) (err error) {
		out, err = db.All(tx, sql, func(r *db.Rows, s *string) error {
			var name, text string
			err := r.Scan(&name, &text)
			*s = strings.TrimSpace(name + " " + strings.Join(strings.Fields(text), " "))
			return err
		})
		return err
	}); err != nil {
		t.Fatal(err)
	}
	slices.Sort(out)
	return out
}

// TestBothDatabasesHaveTheSchemaThatIsPromised compares tables, columns, indexes
// and constraints with those that the migrations made before, and both databases
// with each other.
func TestBothDatabasesHaveTheSchemaThatIsPromised(t *testing.T) {
	lite, pg := dbtest.SQLite(t), dbtest.Postgres(t)
	golden(t, "schema.sqlite.txt", []byte(strings.Join(lines(t, lite, textsSQLite), "\n")+"\n"))
	golden(t, "schema.postgres.txt", []byte(strings.Join(lines(t, pg, textsPostgres), "\n")+"\n"))
	for what, x := range map[string][2]string{"column": {schemaSQLite, schemaPostgres}, "index": {indexesSQLite, indexesPostgres}} {
		a, b := lines(t, lite, x[0]), lines(t, pg, x[1])
		if len(a) < 40 {
			t.Fatalf("only %d of %s: the rule is blind", len(a), what)
		}
		for _, l := range a {
			if !slices.Contains(b, l) && !oneSided(l) {
				t.Errorf("%s %s is in SQLite alone", what, l)
			}
		}
		for _, l := range b {
			if !slices.Contains(a, l) && !oneSided(l) {
				t.Errorf("%s %s is in PostgreSQL alone", what, l)
			}
		}
	}
}

// oneSided tells whether a column or index is there for one database alone:
// PostgreSQL keeps the words that it searches in a column of their own, SQLite
// in tables of FTS5, which are no tables of ours.
func oneSided(line string) bool {
	return line == "search_docs.words not null" || line == "search_docs search_docs_words"
}
