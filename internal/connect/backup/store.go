package backup

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/guildhall/guildhall/internal/platform/db"
)

// A backup copies tables as the database itself describes them, so that a
// table somebody adds is in the next backup without anybody thinking of it.

const tablesSQLiteSQL = `
SELECT t.name
FROM pragma_table_list t
WHERE t.schema = 'main' AND t.type = 'table' AND substr(t.name, 1, 7) <> 'sqlite_'
ORDER BY t.name`

const tablesPostgresSQL = `
SELECT t.tablename
FROM pg_tables t
WHERE t.schemaname = current_schema()
ORDER BY t.tablename`

const columnsSQLiteSQL = `
SELECT c.name, c.type, c."notnull" <> 0 OR c.pk > 0, c.pk
FROM pragma_table_info($1) c
ORDER BY c.cid`

const columnsPostgresSQL = `
SELECT a.attname, format_type(a.atttypid, NULL), a.attnotnull,
  COALESCE((SELECT array_position(i.indkey::int2[], a.attnum) + 1 FROM pg_index i WHERE i.indrelid = a.attrelid AND i.indisprimary), 0)
FROM pg_attribute a
WHERE a.attrelid = quote_ident($1)::regclass AND a.attnum > 0 AND NOT a.attisdropped
ORDER BY a.attnum`

const referencesSQLiteSQL = `
SELECT f."from", f."table"
FROM pragma_foreign_key_list($1) f
ORDER BY f.id, f.seq`

const referencesPostgresSQL = `
SELECT a.attname, r.relname
FROM pg_constraint c
JOIN pg_class r ON r.oid = c.confrelid
JOIN pg_attribute a ON a.attrelid = c.conrelid AND a.attnum = ANY(c.conkey)
WHERE c.contype = 'f' AND c.conrelid = quote_ident($1)::regclass
ORDER BY c.conname, a.attname`

const appliedSQL = `
SELECT name
FROM migrations
WHERE version > 0
ORDER BY version`

// column is a column in words that mean the same on both databases.
type column struct {
	Name    string `json:"name"`
	Type    string `json:"type"` // int, text, bool, float, bytes, time
	notNull bool
	key     int    // place in the primary key, from 1
	refers  string // to a table
}

// table is a table of the database at hand.
type table struct {
	Name    string   `json:"name"`
	Columns []column `json:"columns"`
}

// kept tells whether a table belongs into a backup. Applied migrations stand in
// the header, uploaded files in sections of their own, and what can be found by
// its words is worked out again, since each database keeps it its own way.
func kept(name string) bool {
	switch name {
	case "migrations", "blobs", "blob_chunks":
		return false
	case "search_vocabulary", "search_spellings":
		return true
	}
	return !strings.HasPrefix(name, "search_")
}

// schema reads the tables of a backup, those that others refer to first.
func schema(tx *db.Tx) ([]table, error) {
	list, columns, references := tablesSQLiteSQL, columnsSQLiteSQL, referencesSQLiteSQL
	if tx.Dialect() == db.Postgres {
		list, columns, references = tablesPostgresSQL, columnsPostgresSQL, referencesPostgresSQL
	}
	names, err := db.All(tx, list, func(r *db.Rows, s *string) error { return r.Scan(s) })
	if err != nil {
		return nil, err
	}
	var all []table
	for _, name := range names {
		if !kept(name) {
			continue
		}
		t := table{Name: name}
		t.Columns, err = db.All(tx, columns, func(r *db.Rows, c *column) error {
			var declared string
			if err := r.Scan(&c.Name, &declared, &c.notNull, &c.key); err != nil {
				return err
			}
			if c.Type = common(declared); c.Type == "" {
				return fmt.Errorf("column %s of %s has the type %s, which a backup does not know", c.Name, name, declared)
			}
			return nil
		}, name)
		if err != nil {
			return nil, err
		}
		type reference struct{ from, to string }
		refs, err := db.All(tx, references, func(r *db.Rows, x *reference) error { return r.Scan(&x.from, &x.to) }, name)
		if err != nil {
			return nil, err
		}
		for _, r := range refs {
			for i := range t.Columns {
				if t.Columns[i].Name == r.from {
					t.Columns[i].refers = r.to
				}
			}
		}
		all = append(all, t)
	}
	return sorted(all)
}

// common names a declared type alike for both databases.
func common(declared string) string {
	switch strings.ToLower(declared) {
	case "integer", "bigint", "int":
		return "int"
	case "text":
		return "text"
	case "boolean":
		return "bool"
	case "double precision":
		return "float"
	case "bytea":
		return "bytes"
	case "timestamp", "timestamp without time zone":
		return "time"
	}
	return ""
}

// sorted puts tables after those that they must refer to. What they may refer
// to is filled in at the end (see later).
func sorted(all []table) ([]table, error) {
	var out []table
	placed := map[string]bool{}
	for len(out) < len(all) {
		before := len(out)
		for _, t := range all {
			if placed[t.Name] {
				continue
			}
			ready := true
			for _, c := range t.Columns {
				if c.refers != "" && c.notNull && !placed[c.refers] {
					ready = false
				}
			}
			if ready {
				placed[t.Name] = true
				out = append(out, t)
			}
		}
		if len(out) == before {
			return nil, fmt.Errorf("tables refer to each other in a circle")
		}
	}
	return out, nil
}

// later are the columns that refer to rows which may not be there yet: of the
// table itself or of one that comes after it.
func later(all []table, t table) []column {
	at := slices.IndexFunc(all, func(x table) bool { return x.Name == t.Name })
	var out []column
	for _, c := range t.Columns {
		if c.refers == "" || c.notNull {
			continue
		}
		if slices.IndexFunc(all, func(x table) bool { return x.Name == c.refers }) >= at {
			out = append(out, c)
		}
	}
	return out
}

func quoted(name string) string { return `"` + strings.ReplaceAll(name, `"`, `""`) + `"` }

func quotedAll(cols []column) string {
	names := make([]string, len(cols))
	for i, c := range cols {
		names[i] = quoted(c.Name)
	}
	return strings.Join(names, ", ")
}

// keyOf is the primary key of a table, in its order.
func (t table) keyOf() []column {
	var out []column
	for _, c := range t.Columns {
		if c.key > 0 {
			out = append(out, c)
		}
	}
	slices.SortFunc(out, func(a, b column) int { return a.key - b.key })
	return out
}

func marks(from, n int) string {
	list := make([]string, n)
	for i := range list {
		list[i] = "$" + strconv.Itoa(from+i)
	}
	return strings.Join(list, ", ")
}

// pageText reads a page after a key; the first page when after is false.
func (t table) pageText(after bool) string {
	key := t.keyOf()
	if len(key) == 0 {
		key = t.Columns
	}
	s := "SELECT " + quotedAll(t.Columns) + " FROM " + quoted(t.Name)
	n := 1
	if after {
		s += " WHERE (" + quotedAll(key) + ") > (" + marks(1, len(key)) + ")"
		n += len(key)
	}
	return s + " ORDER BY " + quotedAll(key) + " LIMIT $" + strconv.Itoa(n)
}

func (t table) insertText(rows int) string {
	s := "INSERT INTO " + quoted(t.Name) + " (" + quotedAll(t.Columns) + ") VALUES "
	for i := range rows {
		if i > 0 {
			s += ", "
		}
		s += "(" + marks(1+i*len(t.Columns), len(t.Columns)) + ")"
	}
	return s
}

// fillText sets the columns that could not be set at first.
func (t table) fillText(cols []column) string {
	var set, where []string
	for i, c := range cols {
		set = append(set, quoted(c.Name)+" = $"+strconv.Itoa(1+i))
	}
	for i, c := range t.keyOf() {
		where = append(where, quoted(c.Name)+" = $"+strconv.Itoa(1+len(cols)+i))
	}
	return "UPDATE " + quoted(t.Name) + " SET " + strings.Join(set, ", ") + " WHERE " + strings.Join(where, " AND ")
}

func (t table) clearText() string { return "DELETE FROM " + quoted(t.Name) }

func (t table) countText() string { return "SELECT count(*) FROM " + quoted(t.Name) }
