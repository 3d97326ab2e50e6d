package rules

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/guildhall/guildhall/internal/platform/db"
	"github.com/guildhall/guildhall/internal/platform/db/dbtest"
	"github.com/guildhall/guildhall/internal/platform/db/sqltext"
)

// repository is the folder of go.mod, above the working directory of tests.
func repository(t *testing.T) string {
	t.Helper()
	dir, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			return dir
		}
		up := filepath.Dir(dir)
		if up == dir {
			t.Fatal("no go.mod above the working directory")
		}
		dir = up
	}
}

// statement is one text as a database gets it.
type statement struct {
	name, sql        string
	sqlite, postgres bool
}

func statements(t *testing.T) []statement {
	t.Helper()
	found, err := sqltext.Find(filepath.Join(repository(t), "internal"))
	if err != nil {
		t.Fatal(err)
	}
	var list []statement
	for _, x := range found.Texts {
		if strings.HasPrefix(x.Position, "platform/markdown/") {
			continue // words that the highlighter of code knows
		}
		if !x.Part && !strings.Contains(x.SQL, db.Filters) {
			list = append(list, statement{x.Position + " " + x.Name, x.SQL, x.SQLite, x.Postgres})
		}
	}
	for _, q := range found.Queries {
		for _, v := range db.NewQuery(q.Statement, q.Filters...).Variants() {
			list = append(list, statement{q.Position, v, q.SQLite, q.Postgres})
		}
	}
	if len(list) < 20 {
		t.Fatalf("only %d SQL texts found", len(list))
	}
	return list
}

// TestEverySQLTextIsPreparedOnBothDatabases finds misspelt columns, syntax
// that one database lacks and parameters out of order before a person does.
func TestEverySQLTextIsPreparedOnBothDatabases(t *testing.T) {
	lite, pg := dbtest.SQLite(t), dbtest.Postgres(t)
	for _, s := range statements(t) {
		if s.sqlite {
			if err := lite.Check(t.Context(), s.sql); err != nil {
				t.Errorf("%s: %v", s.name, err)
			}
		}
		if s.postgres {
			if err := pg.Check(t.Context(), s.sql); err != nil {
				t.Errorf("%s: %v\n%s", s.name, err, s.sql)
			}
		}
	}
}

// TestEveryFilterBelongsToAQuery refuses a filter that no db.NewQuery names,
// since nobody would prepare it.
func TestEveryFilterBelongsToAQuery(t *testing.T) {
	found, err := sqltext.Find(filepath.Join(repository(t), "internal"))
	if err != nil {
		t.Fatal(err)
	}
	used := map[string]bool{}
	for _, q := range found.Queries {
		for _, f := range q.Filters {
			used[f] = true
		}
	}
	for _, x := range found.Texts {
		if strings.Contains(x.Name, "Filter") && x.Part && !used[x.SQL] {
			t.Errorf("%s: %s is in no db.NewQuery", x.Position, x.Name)
		}
	}
}

// large are the tables that hold a row for each thing people did: reading one
// of them from end to end takes longer than a page may.
var large = []string{
	"answers", "attachments", "audience_members", "audit_log", "authors", "bookmarks", "coffee_members", "coffee_met",
	"coffee_pair_people", "coffee_pairs", "coffee_words", "comments",
	"endorsements", "events", "follows", "idempotency_keys", "jobs", "login_links", "logins", "notices",
	"people", "person_skills", "question_routes", "question_skills", "questions", "receipts",
	"revisions", "routings", "search_docs", "subjects", "swap_lessons", "swap_members", "swaps", "unit_members", "votes",
}

// scansOfLargeTables are the statements that may read a large table from end
// to end, each with its reason. The key ends the position and name of a
// constant.
var scansOfLargeTables = map[string]string{
	"job/store.go countJobsSQL": "numbers for the admin's page and the metrics; finished jobs are gone, so the table holds the backlog",
}

var (
	// MIN and MAX without an index say SEARCH and read everything.
	scanLine  = regexp.MustCompile(`^(?:SCAN|SEARCH) (\w+)(?:$| USING (?:COVERING )?INDEX (\w+)$)`)
	tableName = regexp.MustCompile(`(?i)\b(?:FROM|JOIN|UPDATE|INTO)\s+(\w+)(?:\s+(?:AS\s+)?(\w+))?`)
)

// TestNoStatementScansALargeTable reads SQLite's plan of every text. Two kinds
// of scan are no fault: along an index in a statement with LIMIT, which is
// what a list page does, and of a partial index, which holds what is waiting.
func TestNoStatementScansALargeTable(t *testing.T) {
	d := dbtest.SQLite(t)
	isLarge, partial := map[string]bool{}, map[string]bool{}
	err := d.Read(t.Context(), func(tx *db.Tx) error {
		for _, name := range large {
			isLarge[name] = true
			var n int
			if _, err := tx.Row(`SELECT count(*) FROM sqlite_master WHERE type = 'table' AND name = $1`, []any{&n}, name); err != nil {
				return err
			}
			if n != 1 {
				t.Errorf("there is no table %s", name)
			}
		}
		names, err := db.All(tx, `SELECT name FROM sqlite_master WHERE type = 'index' AND sql LIKE '%WHERE%'`, func(r *db.Rows, v *string) error { return r.Scan(v) })
		for _, name := range names {
			partial[name] = true
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range statements(t) {
		if !s.sqlite {
			continue
		}
		lines, err := d.Plan(t.Context(), s.sql)
		if err != nil {
			continue // the other test says so
		}
		alias := map[string]string{}
		for _, m := range tableName.FindAllStringSubmatch(s.sql, -1) {
			alias[m[1]] = m[1]
			if m[2] != "" {
				alias[m[2]] = m[1]
			}
		}
		for _, line := range lines {
			m := scanLine.FindStringSubmatch(line)
			if m == nil || !isLarge[alias[m[1]]] {
				continue
			}
			if partial[m[2]] || m[2] != "" && strings.Contains(strings.ToUpper(s.sql), "LIMIT") {
				continue
			}
			if reason := allowed(s.name); reason != "" {
				t.Logf("%s: %s (%s)", s.name, line, reason)
				continue
			}
			t.Errorf("%s: %s reads all of %s\n%s", s.name, line, alias[m[1]], s.sql)
		}
	}
}

func allowed(name string) string {
	// "platform/job/store.go:12 countJobsSQL" without the line.
	short := regexp.MustCompile(`:\d+`).ReplaceAllString(name, "")
	for key, reason := range scansOfLargeTables {
		if strings.HasSuffix(short, key) {
			return reason
		}
	}
	return ""
}
