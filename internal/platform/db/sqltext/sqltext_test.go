package sqltext_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/guildhall/guildhall/internal/platform/db/sqltext"
)

func write(t *testing.T, root, name, text string) {
	t.Helper()
	path := filepath.Join(root, name)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

func TestConstantsAreFoundAndEvaluated(t *testing.T) {
	root := t.TempDir()
	write(t, root, "kudos/store.go", `package kudos

import "example.org/db"

const columns = "id, " + `+"`note`"+`
const (
	listSQL       = "SELECT " + columns + more
	mineFilterSQL = "AND giver_id = $1"
	ftsSQLite     = "SELECT 1"
	ftsPostgres   = "SELECT 2"
	notSql        = "no"
)

var list = db.NewQuery("SELECT 1 {filters}", mineFilterSQL, "AND " + "true")

func f() {
	const insideSQL = "SELECT 3"
}
`)
	write(t, root, "kudos/more.go", "package kudos\n\nconst more = ` FROM kudos`\n")
	write(t, root, "kudos/store_test.go", "package kudos\n\nconst testSQL = `x`\n")
	write(t, root, "kudos/testdata/x.go", "package x\n\nconst dataSQL = `x`\n")
	found, err := sqltext.Find(root)
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]sqltext.Text{}
	for _, x := range found.Texts {
		got[x.Name] = x
	}
	if len(got) != 5 {
		t.Errorf("found %v", got)
	}
	if x := got["listSQL"]; x.SQL != "SELECT id, note FROM kudos" || !x.SQLite || !x.Postgres || x.Part || x.Position != "kudos/store.go:7" {
		t.Errorf("listSQL: %+v", x)
	}
	if x := got["mineFilterSQL"]; !x.Part {
		t.Errorf("mineFilterSQL: %+v", x)
	}
	if x := got["ftsSQLite"]; !x.SQLite || x.Postgres {
		t.Errorf("ftsSQLite: %+v", x)
	}
	if x := got["ftsPostgres"]; x.SQLite || !x.Postgres {
		t.Errorf("ftsPostgres: %+v", x)
	}
	if got["insideSQL"].SQL != "SELECT 3" {
		t.Errorf("insideSQL: %+v", got["insideSQL"])
	}
	if len(found.Queries) != 1 || found.Queries[0].Statement != "SELECT 1 {filters}" || len(found.Queries[0].Filters) != 2 || found.Queries[0].Filters[1] != "AND true" {
		t.Errorf("queries: %+v", found.Queries)
	}
}

func TestAConstantFromElsewhereIsAnError(t *testing.T) {
	root := t.TempDir()
	write(t, root, "a/store.go", "package a\n\nimport \"example.org/b\"\n\nconst listSQL = \"SELECT \" + b.Columns\n")
	if _, err := sqltext.Find(root); err == nil || !strings.Contains(err.Error(), "a/store.go:5") {
		t.Errorf("got %v", err)
	}
}
