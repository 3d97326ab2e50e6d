// Package dbtest gives tests a fresh, migrated database of either kind.
//
// PostgreSQL is a private server that the first test process starts and a
// watchdog stops some seconds after the last one has ended; set
// GUILDHALL_TEST_POSTGRES to the URL of a server where the tests may create
// databases to use that one instead. A test fails, and says what to type, when
// no PostgreSQL can be found; it never skips.
package dbtest

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/guildhall/guildhall/internal/platform/clock"
	"github.com/guildhall/guildhall/internal/platform/db"
	"github.com/guildhall/guildhall/migrations"
)

// Each runs fn twice as subtests, on a fresh SQLite file and on a fresh
// PostgreSQL database, both with the whole schema.
func Each(t *testing.T, fn func(t *testing.T, d *db.DB)) {
	t.Helper()
	t.Run("sqlite", func(t *testing.T) { fn(t, SQLite(t)) })
	t.Run("postgres", func(t *testing.T) { fn(t, Postgres(t)) })
}

// EachMoved is Each with a clock that stands still, on Monday 23 November 2026
// at nine in the morning UTC, until the test moves it.
func EachMoved(t *testing.T, fn func(t *testing.T, d *db.DB, c *clock.Moved)) {
	t.Helper()
	start := time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC)
	t.Run("sqlite", func(t *testing.T) {
		c := clock.NewMoved(start)
		fn(t, Open(t, db.Config{URL: SQLitePath(t), Clock: c}), c)
	})
	t.Run("postgres", func(t *testing.T) {
		c := clock.NewMoved(start)
		fn(t, Open(t, db.Config{URL: PostgresURL(t), Clock: c}), c)
	})
}

// EachBench is Each for benchmarks. PostgreSQL runs without fsync.
func EachBench(b *testing.B, fn func(b *testing.B, d *db.DB)) {
	b.Helper()
	b.Run("sqlite", func(b *testing.B) { fn(b, SQLite(b)) })
	b.Run("postgres", func(b *testing.B) { fn(b, Postgres(b)) })
}

// SQLite returns a fresh migrated SQLite database, closed at the end of the
// test.
func SQLite(t testing.TB) *db.DB {
	t.Helper()
	return Open(t, db.Config{URL: SQLitePath(t)})
}

// SQLitePath returns the path of a fresh migrated SQLite file that nobody has
// open, for tests that open it themselves.
func SQLitePath(t testing.TB) string {
	t.Helper()
	image, err := migratedFile()
	if err != nil {
		t.Fatalf("dbtest: migrate SQLite: %v", err)
	}
	path := filepath.Join(Folder(t), "guildhall.db")
	if err := os.WriteFile(path, image, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// Folder returns a temporary folder: in memory for tests where there is room, so
// that a thousand fsyncs cost nothing, on the disk for benchmarks.
func Folder(t testing.TB) string {
	var free syscall.Statfs_t
	if _, bench := t.(*testing.B); !bench && syscall.Statfs("/dev/shm", &free) == nil && uint64(free.Bsize)*free.Bavail > 2<<30 {
		if dir, err := os.MkdirTemp("/dev/shm", "guildhall-test-"); err == nil {
			t.Cleanup(func() { _ = os.RemoveAll(dir) })
			return dir
		}
	}
	return t.TempDir()
}

// Postgres returns a fresh migrated PostgreSQL database, closed and dropped at
// the end of the test.
func Postgres(t testing.TB) *db.DB {
	t.Helper()
	return Open(t, db.Config{URL: PostgresURL(t)})
}

// PostgresURL returns the URL of a fresh migrated PostgreSQL database, dropped
// at the end of the test.
func PostgresURL(t testing.TB) string {
	t.Helper()
	template, err := migratedTemplate()
	if err != nil {
		t.Fatalf("dbtest: %v", err)
	}
	return makeDatabase(t, template)
}

// EmptyPostgresURL returns the URL of a PostgreSQL database without any table.
func EmptyPostgresURL(t testing.TB) string {
	t.Helper()
	return makeDatabase(t, "template0")
}

// Open opens a database and closes it at the end of the test.
func Open(t testing.TB, c db.Config) *db.DB {
	t.Helper()
	d, err := db.Open(context.Background(), c)
	if err != nil {
		t.Fatalf("dbtest: %v", err)
	}
	t.Cleanup(func() { _ = d.Close() })
	return d
}

// migratedFile is the bytes of a migrated SQLite file, made once per process.
var migratedFile = sync.OnceValues(func() ([]byte, error) {
	dir, err := os.MkdirTemp("", "guildhall-test-")
	if err != nil {
		return nil, err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	path := filepath.Join(dir, "a.db")
	if err := migrate(path); err != nil {
		return nil, err
	}
	return os.ReadFile(path)
})

func migrate(url string) error {
	ctx := context.Background()
	d, err := db.Open(ctx, db.Config{URL: url})
	if err != nil {
		return err
	}
	if err := db.Migrate(ctx, d, migrations.Files, nil); err != nil {
		_ = d.Close()
		return err
	}
	return d.Close()
}

// migratedTemplate is the name of a migrated PostgreSQL database that others
// are copied from. It is named after the migrations, so that every test
// process of a run shares it.
var migratedTemplate = sync.OnceValues(func() (string, error) {
	server, err := serverURL()
	if err != nil {
		return "", err
	}
	sum, err := treeSum(migrations.Files)
	if err != nil {
		return "", err
	}
	name := "guildhall_template_" + sum
	ctx := context.Background()
	conn, err := pgx.Connect(ctx, server)
	if err != nil {
		return "", err
	}
	defer func() { _ = conn.Close(ctx) }()
	if _, err := conn.Exec(ctx, `SELECT pg_advisory_lock(731060112)`); err != nil {
		return "", err
	}
	var exists bool
	if err := conn.QueryRow(ctx, `SELECT EXISTS (SELECT 1 FROM pg_database WHERE datname = $1)`, name).Scan(&exists); err != nil {
		return "", err
	}
	if exists {
		return name, nil
	}
	// Migrated under another name first: one killed half-way leaves no template.
	raw := name + "_" + strconv.Itoa(os.Getpid())
	if _, err := conn.Exec(ctx, createDatabase(raw, "template0")); err != nil {
		return "", err
	}
	if err := migrate(withDatabase(server, raw)); err != nil {
		_, _ = conn.Exec(ctx, "DROP DATABASE "+pgx.Identifier{raw}.Sanitize())
		return "", fmt.Errorf("migrate PostgreSQL: %w", err)
	}
	_, err = conn.Exec(ctx, "ALTER DATABASE "+pgx.Identifier{raw}.Sanitize()+" RENAME TO "+pgx.Identifier{name}.Sanitize())
	return name, err
})

func createDatabase(name, template string) string {
	text := "CREATE DATABASE " + pgx.Identifier{name}.Sanitize() + " TEMPLATE " + pgx.Identifier{template}.Sanitize()
	if template == "template0" {
		text += " ENCODING 'UTF8' LOCALE 'C'"
	}
	return text
}

func treeSum(fsys fs.FS) (string, error) {
	h := sha256.New()
	err := fs.WalkDir(fsys, ".", func(p string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		b, err := fs.ReadFile(fsys, p)
		if err != nil {
			return err
		}
		_, _ = fmt.Fprintf(h, "%s %d\n%s", p, len(b), b)
		return nil
	})
	return hex.EncodeToString(h.Sum(nil))[:12], err
}

var databases atomic.Int64

func makeDatabase(t testing.TB, template string) string {
	t.Helper()
	server, err := serverURL()
	if err != nil {
		t.Fatalf("dbtest: %v", err)
	}
	ctx := context.Background()
	conn, err := pgx.Connect(ctx, server)
	if err != nil {
		t.Fatalf("dbtest: %v", err)
	}
	defer func() { _ = conn.Close(ctx) }()
	name := fmt.Sprintf("guildhall_test_%d_%d", os.Getpid(), databases.Add(1))
	if _, err := conn.Exec(ctx, "DROP DATABASE IF EXISTS "+pgx.Identifier{name}.Sanitize()+" WITH (FORCE)"); err != nil {
		t.Fatalf("dbtest: %v", err)
	}
	if _, err := conn.Exec(ctx, createDatabase(name, template)); err != nil {
		t.Fatalf("dbtest: %v", err)
	}
	t.Cleanup(func() {
		conn, err := pgx.Connect(ctx, server)
		if err != nil {
			t.Errorf("dbtest: %v", err)
			return
		}
		defer func() { _ = conn.Close(ctx) }()
		if _, err := conn.Exec(ctx, "DROP DATABASE IF EXISTS "+pgx.Identifier{name}.Sanitize()+" WITH (FORCE)"); err != nil {
			t.Errorf("dbtest: %v", err)
		}
	})
	return withDatabase(server, name)
}
