package db_test

import (
	"context"
	"encoding/json"
	"errors"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/guildhall/guildhall/internal/platform/db"
	"github.com/guildhall/guildhall/internal/platform/db/dbtest"
	"github.com/guildhall/guildhall/internal/platform/fault"
	"github.com/guildhall/guildhall/internal/platform/id"
)

const (
	createKindsSQL = `CREATE TABLE kinds (
  k BIGINT NOT NULL UNIQUE, n BIGINT, f DOUBLE PRECISION, flag BOOLEAN, word TEXT, data BYTEA, at TIMESTAMP)`
	insertKindsSQL = `INSERT INTO kinds (k, n, f, flag, word, data, at) VALUES ($1, $2, $3, $4, $5, $6, $7)`
	selectKindsSQL = `SELECT n, f, flag, word, data, at FROM kinds WHERE k = $1`
	deleteKindsSQL = `DELETE FROM kinds`
)

type colour string

// TestValuesComeBackAsTheyWere stores any values of all kinds, also NULL, and
// reads them into plain, named and pointer types.
func TestValuesComeBackAsTheyWere(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		run(t, d, createKindsSQL)
		rapid.Check(t, func(rt *rapid.T) {
			n := rapid.Int64().Draw(rt, "n")
			f := rapid.Float64().Draw(rt, "f")
			flag := rapid.Bool().Draw(rt, "flag")
			word := rapid.StringOf(rapid.Rune().Filter(func(r rune) bool { return r != 0 })).Draw(rt, "word")
			data := rapid.SliceOf(rapid.Byte()).Draw(rt, "data")
			at := db.At(time.UnixMicro(rapid.Int64Range(-50_000_000_000_000_000, 200_000_000_000_000_000).Draw(rt, "at")))
			null := rapid.Bool().Draw(rt, "null")
			run(t, d, deleteKindsSQL)
			err := d.Write(context.Background(), func(tx *db.Tx) error {
				var err error
				if null {
					_, err = tx.Exec(insertKindsSQL, 1, nil, (*float64)(nil), nil, (*string)(nil), []byte(nil), db.Time{})
				} else {
					_, err = tx.Exec(insertKindsSQL, 1, n, f, flag, colour(word), data, &at)
				}
				return err
			})
			if err != nil {
				rt.Fatal(err)
			}
			err = d.Read(context.Background(), func(tx *db.Tx) error {
				var pn *int64
				var pf *float64
				var pflag *bool
				var pword *colour
				var pdata []byte
				var pat db.Time
				found, err := tx.Row(selectKindsSQL, []any{&pn, &pf, &pflag, &pword, &pdata, &pat}, 1)
				if err != nil || !found {
					rt.Fatal(found, err)
				}
				if null {
					if pn != nil || pf != nil || pflag != nil || pword != nil || pdata != nil || !pat.IsZero() {
						rt.Errorf("NULLs came back as %v %v %v %v %v %v", pn, pf, pflag, pword, pdata, pat)
					}
					return nil
				}
				if *pn != n || *pf != f || *pflag != flag || string(*pword) != word || !slices.Equal(pdata, data) || pdata == nil || pat != at {
					rt.Errorf("got %v %v %v %q %v %v", *pn, *pf, *pflag, *pword, pdata, pat)
				}
				var sn int64
				var sf float64
				var sflag bool
				var sword string
				var sat *db.Time
				_, err = tx.Row(selectKindsSQL, []any{&sn, &sf, &sflag, &sword, &pdata, &sat}, 1)
				if sn != n || sf != f || sflag != flag || sword != word || sat == nil || *sat != at {
					rt.Errorf("got %v %v %v %q %v", sn, sf, sflag, sword, sat)
				}
				return err
			})
			if err != nil {
				rt.Fatal(err)
			}
		})
	})
}

func TestWhatOneDatabaseCannotKeepBothRefuse(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		run(t, d, createKindsSQL)
		write := func(args ...any) error {
			return d.Write(t.Context(), func(tx *db.Tx) error {
				_, err := tx.Exec(insertKindsSQL, args...)
				return err
			})
		}
		for name, word := range map[string]any{
			"NUL":              "a\x00b",
			"invalid UTF-8":    "a\xff",
			"in a named type":  colour("\x00"),
			"a lone surrogate": "\xed\xa0\x80",
		} {
			if err := write(1, 1, 1.0, true, word, nil, nil); !fault.Is(err, fault.Invalid) {
				t.Errorf("%s: %v", name, err)
			}
		}
		for name, args := range map[string][]any{
			"time.Time":      {1, 1, 1.0, true, "a", nil, time.Now()},
			"*time.Time":     {1, 1, 1.0, true, "a", nil, new(time.Time)},
			"a struct":       {1, struct{}{}, 1.0, true, "a", nil, nil},
			"too large":      {1, uint64(math.MaxUint64), 1.0, true, "a", nil, nil},
			"year 10000":     {1, 1, 1.0, true, "a", nil, db.At(time.Date(10000, 1, 1, 0, 0, 0, 0, time.UTC))},
			"too few":        {1, 1},
			"too many":       {1, 1, 1.0, true, "a", nil, nil, 8},
			"a map":          {1, 1, 1.0, true, map[string]int{}, nil, nil},
			"a chan of ints": {1, make(chan int), 1.0, true, "a", nil, nil},
		} {
			if err := write(args...); err == nil {
				t.Errorf("%s was accepted", name)
			}
		}
		if err := write(1, 1, 1.0, true, "one works", nil, nil); err != nil {
			t.Error(err)
		}
		err := d.Read(t.Context(), func(tx *db.Tx) error {
			var n int64
			_, err := tx.Row(`SELECT at FROM kinds`, []any{&n})
			return err
		})
		if err == nil {
			t.Error("NULL was scanned into an int64")
		}
	})
}

func TestErrorsOfBothDriversBecomeTheSameFaults(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		run(t, d, `CREATE TABLE parents (name TEXT NOT NULL, town TEXT NOT NULL, age BIGINT CONSTRAINT grown_up CHECK (age > 17), mail TEXT UNIQUE, nick TEXT, PRIMARY KEY (name, town))`)
		run(t, d, `CREATE UNIQUE INDEX parents_by_town ON parents (town) WHERE age > 50`)
		run(t, d, `CREATE UNIQUE INDEX parents_lower ON parents (lower(nick))`)
		run(t, d, `CREATE TABLE children (id BIGINT NOT NULL UNIQUE, parent TEXT NOT NULL, town TEXT NOT NULL, FOREIGN KEY (parent, town) REFERENCES parents (name, town))`)
		insert := `INSERT INTO parents (name, town, age, mail, nick) VALUES ($1, $2, $3, $4, $4)`
		run(t, d, insert, "Ada", "Ulm", 60, "ada@a")
		run(t, d, insert, "Eve", "Bonn", 30, "eve@a")
		run(t, d, `INSERT INTO children (id, parent, town) VALUES (1, 'Ada', 'Ulm')`)
		for _, c := range []struct {
			name       string
			text       string
			args       []any
			kind       fault.Kind
			key        string
			constraint string
		}{
			{"primary key", insert, []any{"Ada", "Ulm", 20, "x"}, fault.Conflict, "fault.conflict", "parents_pkey"},
			{"unique column", `INSERT INTO parents (name, town, mail) VALUES ($1, $2, $3)`, []any{"Ben", "Ulm", "ada@a"}, fault.Conflict, "fault.conflict", "parents_mail_key"},
			{"named unique index", insert, []any{"Ben", "Ulm", 70, "y"}, fault.Conflict, "fault.conflict", "parents_by_town"},
			{"index over an expression", insert, []any{"Ben", "Ulm", 20, "ADA@a"}, fault.Conflict, "fault.conflict", "parents_lower"},
			{"no such parent", `INSERT INTO children (id, parent, town) VALUES (2, 'Zoe', 'Ulm')`, nil, fault.Conflict, "fault.reference", ""},
			{"parent still in use", `DELETE FROM parents WHERE name = 'Ada'`, nil, fault.Conflict, "fault.reference", ""},
			{"check", insert, []any{"Kid", "Ulm", 7, "k"}, fault.Internal, "", "grown_up"},
			{"not null", insert, []any{"Nul", nil, 20, "n"}, fault.Internal, "", "parents.town"},
			{"no such table", `SELECT x FROM nowhere`, nil, fault.Internal, "", ""},
		} {
			t.Run(c.name, func(t *testing.T) {
				err := d.Write(t.Context(), func(tx *db.Tx) error {
					_, err := tx.Exec(c.text, c.args...)
					return err
				})
				if err == nil {
					t.Fatal("no error")
				}
				if fault.KindOf(err) != c.kind {
					t.Errorf("kind %v: %v", fault.KindOf(err), err)
				}
				if f := fault.Of(err); f != nil && f.Key != c.key {
					t.Errorf("key %q", f.Key)
				}
				// SQLite does not say which reference was broken.
				if got := db.Constraint(err); got != c.constraint && c.key != "fault.reference" {
					t.Errorf("constraint %q, want %q", got, c.constraint)
				}
			})
		}
		if err := d.Read(t.Context(), func(tx *db.Tx) error {
			_, err := tx.Exec(`DELETE FROM children`)
			return err
		}); err == nil || fault.Of(err) != nil {
			t.Errorf("writing within Read: %v", err)
		}
	})
}

func TestAServerOrFolderThatIsNotThereIsUnavailable(t *testing.T) {
	for _, url := range []string{
		"postgres://nobody@127.0.0.1:1/none?connect_timeout=2",
		filepath.Join(t.TempDir(), "no such folder", "a.db"),
		t.TempDir(), // a folder is no file
	} {
		d, err := db.Open(t.Context(), db.Config{URL: url})
		if !fault.Is(err, fault.Unavailable) {
			t.Errorf("%s: %v", url, err)
		}
		if err == nil {
			_ = d.Close()
		}
	}
}

func TestADatabaseFileIsItsOwnersAlone(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a.db")
	d := dbtest.Open(t, db.Config{URL: path})
	run(t, d, createThingsSQL)
	for _, name := range []string{path, path + "-wal", path + "-shm"} {
		info, err := os.Stat(name)
		if err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%s: %v, %v", filepath.Base(name), info, err)
		}
	}
}

func TestAListIsOneArgument(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		run(t, d, createThingsSQL)
		names := []string{"a", `with "quotes" and \`, "ü€😀", "", "plain"}
		for i, n := range names {
			run(t, d, insertThingSQL, i, n, nil)
		}
		get := func(text string, args ...any) []int64 {
			t.Helper()
			var list []int64
			err := d.Read(t.Context(), func(tx *db.Tx) (err error) {
				list, err = db.All(tx, text, func(r *db.Rows, v *int64) error { return r.Scan(v) }, args...)
				return err
			})
			if err != nil {
				t.Fatal(err)
			}
			return list
		}
		if got := get(`SELECT id FROM things WHERE id = ANY($1) AND name <> $2 ORDER BY id`, []id.ID{4, 1, 99, 2}, "plain"); !slices.Equal(got, []int64{1, 2}) {
			t.Errorf("ids: %v", got)
		}
		if got := get(`SELECT id FROM things WHERE name = ANY($1) ORDER BY id`, names[1:4]); !slices.Equal(got, []int64{1, 2, 3}) {
			t.Errorf("names: %v", got)
		}
		if got := get(`SELECT id FROM things WHERE id = ANY($1)`, []int64(nil)); len(got) != 0 {
			t.Errorf("the empty list: %v", got)
		}
	})
}

func TestQueriesNestAndUnclosedRowsDoNoHarm(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		run(t, d, createThingsSQL)
		for i := range 5 {
			run(t, d, insertThingSQL, i, "n", nil)
		}
		for range 3 {
			err := d.Read(t.Context(), func(tx *db.Tx) error {
				rows, err := tx.Query(thingIDsSQL)
				if err != nil {
					return err
				}
				if !rows.Next() {
					t.Error("no row")
				}
				return nil // the rows stay open
			})
			if err != nil {
				t.Fatal(err)
			}
		}
		if d.Dialect() == db.SQLite {
			// One connection of PostgreSQL has one query at a time.
			err := d.Read(t.Context(), func(tx *db.Tx) error {
				pairs := 0
				outer, err := tx.Query(thingIDsSQL)
				if err != nil {
					return err
				}
				for outer.Next() {
					inner, err := tx.Query(thingIDsSQL)
					if err != nil {
						return err
					}
					for inner.Next() {
						pairs++
					}
				}
				if pairs != 25 {
					t.Errorf("%d pairs", pairs)
				}
				return outer.Err()
			})
			if err != nil {
				t.Fatal(err)
			}
		}
		var escaped *db.Tx
		_ = d.Read(t.Context(), func(tx *db.Tx) error { escaped = tx; return nil })
		if _, err := escaped.Exec(deleteKindsSQL); err == nil {
			t.Error("a transaction works after its closure returned")
		}
	})
}

func TestAReadSeesOneSnapshot(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		run(t, d, createThingsSQL)
		count := func(tx *db.Tx) (n int) {
			if _, err := tx.Row(`SELECT count(*) FROM things`, []any{&n}); err != nil {
				t.Error(err)
			}
			return n
		}
		err := d.Read(t.Context(), func(tx *db.Tx) error {
			before := count(tx)
			run(t, d, insertThingSQL, 1, "n", nil)
			if after := count(tx); before != 0 || after != 0 {
				t.Errorf("%d rows, then %d", before, after)
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		if len(things(t, d)) != 1 {
			t.Error("the write is not there")
		}
	})
}

func TestALongReadEndsWithItsContextAndTheConnectionLives(t *testing.T) {
	endless := map[db.Dialect]string{
		db.SQLite:   `WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c) SELECT count(*) FROM c`,
		db.Postgres: `SELECT count(*) FROM generate_series(1, 100000000000) a`,
	}
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
		defer cancel()
		err := d.Read(ctx, func(tx *db.Tx) error {
			var n int
			_, err := tx.Row(endless[d.Dialect()], []any{&n})
			return err
		})
		if !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("it ended with %v", err)
		}
		for range 30 {
			if err := d.Ping(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		if err := d.Read(ctx, func(*db.Tx) error { t.Error("ran"); return nil }); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("a context that had ended: %v", err)
		}
		if err := d.Write(ctx, func(*db.Tx) error { t.Error("ran"); return nil }); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("a context that had ended: %v", err)
		}
	})
}

func TestParametersMustFirstAppearInOrder(t *testing.T) {
	d := dbtest.SQLite(t)
	for _, text := range []string{`SELECT $2, $1`, `SELECT ?`, `SELECT :a`, `SELECT 1; SELECT 2`, ``} {
		err := d.Read(t.Context(), func(tx *db.Tx) error {
			_, err := tx.Query(text, 1, 2)
			return err
		})
		if err == nil {
			t.Errorf("%q was accepted", text)
		}
	}
}

func TestNotificationsArriveAfterTheCommitAndOnlyThen(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		ctx, cancel := context.WithCancel(t.Context())
		heard, err := d.Listen(ctx, "news")
		if err != nil {
			t.Fatal(err)
		}
		other, err := d.Listen(ctx, "other news")
		if err != nil {
			t.Fatal(err)
		}
		boom := errors.New("boom")
		if err := d.Write(ctx, func(tx *db.Tx) error { tx.Notify("news", "undone"); return boom }); !errors.Is(err, boom) {
			t.Fatal(err)
		}
		if err := d.Write(ctx, func(tx *db.Tx) error {
			tx.Notify("news", "7")
			tx.Notify("other news", "8")
			return nil
		}); err != nil {
			t.Fatal(err)
		}
		wait := func(c <-chan string, want string) {
			t.Helper()
			late := time.After(20 * time.Second)
			for {
				select {
				case got := <-c:
					if got == want {
						return
					}
					if got != "" {
						t.Errorf("heard %q", got)
					}
				case <-late:
					t.Fatalf("never heard %q", want)
				}
			}
		}
		wait(heard, "7")
		wait(other, "8")
		cancel()
		for open := true; open; {
			select {
			case _, open = <-heard:
			case <-time.After(20 * time.Second):
				t.Fatal("the channel stays open")
			}
		}
	})
}

func TestServersOnPostgreSQLHearEachOther(t *testing.T) {
	url := dbtest.PostgresURL(t)
	a, b := dbtest.Open(t, db.Config{URL: url}), dbtest.Open(t, db.Config{URL: url})
	heard, err := b.Listen(t.Context(), "news")
	if err != nil {
		t.Fatal(err)
	}
	for {
		// The first payload is empty: listening has begun.
		if <-heard == "" {
			break
		}
	}
	if err := a.Write(t.Context(), func(tx *db.Tx) error { tx.Notify("news", "from a"); return nil }); err != nil {
		t.Fatal(err)
	}
	select {
	case got := <-heard:
		if got != "from a" {
			t.Errorf("heard %q", got)
		}
	case <-time.After(20 * time.Second):
		t.Error("heard nothing")
	}
}

// A command beside a running server is another process with the same file.
func TestWhoeverListensHearsThatAnotherProcessWroteToTheFile(t *testing.T) {
	file := filepath.Join(t.TempDir(), "shared.db")
	server, command := dbtest.Open(t, db.Config{URL: file}), dbtest.Open(t, db.Config{URL: file})
	run(t, server, createThingsSQL)
	heard, err := server.Listen(t.Context(), "news")
	if err != nil {
		t.Fatal(err)
	}
	late := time.After(20 * time.Second)
	for n := 1; ; n++ {
		// The first look only learns how things stand.
		run(t, command, insertThingSQL, n, "from the command", nil)
		select {
		case got := <-heard:
			if got != "" {
				t.Errorf("heard %q", got)
			}
			return
		case <-late:
			t.Fatal("heard nothing")
		case <-time.After(time.Millisecond):
		}
	}
}

func TestConnectionsThatTheServerClosedAreReplaced(t *testing.T) {
	url := dbtest.PostgresURL(t)
	d, admin := dbtest.Open(t, db.Config{URL: url}), dbtest.Open(t, db.Config{URL: url})
	heard, err := d.Listen(t.Context(), "news")
	if err != nil {
		t.Fatal(err)
	}
	for <-heard != "" {
	}
	run(t, d, createThingsSQL)
	var all sync.WaitGroup
	for range 8 { // several connections in the pool
		all.Go(func() {
			_ = d.Read(t.Context(), func(tx *db.Tx) error { _, err := tx.Exec(`SELECT pg_sleep(0.05)`); return err })
		})
	}
	all.Wait()
	err = admin.Claim(t.Context(), func(tx *db.Tx) error {
		_, err := tx.Exec(`SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()`)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	run(t, d, insertThingSQL, 1, "after", nil)
	if len(things(t, d)) != 1 {
		t.Error("the write is not there")
	}
	select {
	case got := <-heard: // listening again: something may have been missed
		if got != "" {
			t.Errorf("heard %q", got)
		}
	case <-time.After(20 * time.Second):
		t.Error("listening did not begin again")
	}
}

func TestTimeTextSortsByTimeAndReadsBack(t *testing.T) {
	moment := func(t *rapid.T, name string) db.Time {
		return db.At(time.UnixMicro(rapid.Int64Range(-62135596799_000000, 253402300799_999999).Draw(t, name)))
	}
	rapid.Check(t, func(t *rapid.T) {
		a, b := moment(t, "a"), moment(t, "b")
		if a.String() != a.Time().Format(db.TimeLayout) {
			t.Errorf("%v prints as %q", a.Time(), a.String())
		}
		if strings.Compare(a.String(), b.String()) != a.Time().Compare(b.Time()) {
			t.Errorf("%v and %v sort differently as text", a, b)
		}
		var c, e db.Time
		if err := c.Scan(a.String()); err != nil || c != a {
			t.Errorf("Scan(%q) = %v, %v", a.String(), c, err)
		}
		j, err := json.Marshal(a)
		if err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal(j, &e); err != nil || e != a {
			t.Errorf("%s read as %v, %v", j, e, err)
		}
	})
	for _, bad := range []string{"", "yesterday", "2026-13-01 00:00:00.000000", "2026-11-21 25:00:00.000000", "2026-02-31"} {
		var c db.Time
		if err := c.Scan(bad); err == nil {
			t.Errorf("Scan(%q) = %v", bad, c)
		}
	}
	zone := time.FixedZone("", 2*3600)
	if got := db.At(time.Date(2026, 11, 21, 9, 0, 0, 999_999_999, zone)); got.String() != "2026-11-21 07:00:00.999999" {
		t.Errorf("another zone: %s", got)
	}
	if got, _ := json.Marshal(db.Time{}); string(got) != "null" {
		t.Errorf("the zero Time in JSON: %s", got)
	}
}
