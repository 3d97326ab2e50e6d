package db

import (
	"bytes"
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/url"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"sort"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5/stdlib"
	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/database"
	_ "modernc.org/sqlite" // the database/sql driver, which goose needs
)

// Migrate brings the database to the newest of the migrations in fsys, files
// named YYYYMMDDhhmm_practice_what.sql in its root. report receives a line for
// each step; it may be nil.
//
// A file is one text for both databases, statements separated as goose does
// (";" at the end of a line, or -- +goose StatementBegin and StatementEnd
// around a trigger). Lines between "-- only: sqlite" and "-- end only" reach
// SQLite alone, those after "-- only: postgres" PostgreSQL alone. On SQLite
// BIGINT PRIMARY KEY becomes INTEGER PRIMARY KEY, so that ids are rowids.
// Each file is one transaction.
//
// Before anything is changed, Migrate refuses a database that has a migration
// this program does not know, and a file that was changed after it was
// applied; both errors name the migration. A SQLite database that holds
// something is first copied to a file beside it. On PostgreSQL an advisory
// lock lets one server migrate while the others wait.
func Migrate(ctx context.Context, d *DB, fsys fs.FS, report func(string)) error {
	if report == nil {
		report = func(string) {}
	}
	files, err := readMigrations(fsys, d.Dialect())
	if err != nil {
		return fmt.Errorf("migrate: %w", err)
	}
	pool, err := d.migrationPool()
	if err != nil {
		return fmt.Errorf("migrate: %w", err)
	}
	defer func() { _ = pool.Close() }()
	if d.pg != nil {
		unlock, err := lockPostgres(ctx, pool)
		if err != nil {
			return fmt.Errorf("migrate: %w", translate(err))
		}
		defer unlock()
	}
	applied, err := readApplied(ctx, pool, d.Dialect())
	if err != nil {
		return fmt.Errorf("migrate: %w", err)
	}
	pending, err := compare(files, applied)
	if err != nil {
		return fmt.Errorf("migrate: %w", err)
	}
	if len(pending) == 0 {
		return nil
	}
	if d.pg != nil && len(applied) == 0 {
		if err := checkCollation(ctx, pool); err != nil {
			return fmt.Errorf("migrate: %w", err)
		}
	}
	if d.lite != nil && len(applied) > 0 {
		name, err := d.lite.copyAside(ctx, pool, d.cfg.Clock.Now())
		if err != nil {
			return fmt.Errorf("migrate: copy the database first: %w", err)
		}
		report("copied the database to " + name)
	}
	store := &migrationStore{dialect: d.Dialect(), files: files, now: func() Time { return At(d.cfg.Clock.Now()) }}
	p, err := goose.NewProvider(goose.DialectCustom, pool, files,
		goose.WithStore(store), goose.WithAllowOutofOrder(true), goose.WithDisableGlobalRegistry(true),
		goose.WithLogger(goose.NopLogger()))
	if err != nil {
		return fmt.Errorf("migrate: %w", err)
	}
	results, err := p.Up(ctx)
	for _, r := range results {
		report(fmt.Sprintf("applied %s (%d ms)", path.Base(r.Source.Path), r.Duration.Milliseconds()))
	}
	if err != nil {
		var partial *goose.PartialError
		if errors.As(err, &partial) && partial.Failed != nil {
			return fmt.Errorf("migrate: %s: %w", path.Base(partial.Failed.Source.Path), partial.Err)
		}
		return fmt.Errorf("migrate: %w", err)
	}
	if d.lite != nil {
		if err := checkReferences(ctx, pool); err != nil {
			return fmt.Errorf("migrate: %w", err)
		}
	}
	return nil
}

func (p *postgres) migrationPool() *sql.DB {
	cfg := p.cfg.Copy()
	delete(cfg.RuntimeParams, "statement_timeout")
	delete(cfg.RuntimeParams, "idle_in_transaction_session_timeout")
	return stdlib.OpenDB(*cfg)
}

// migrationPool is a second way to the same database, through database/sql.
func (d *DB) migrationPool() (*sql.DB, error) {
	if d.pg != nil {
		return d.pg.migrationPool(), nil
	}
	u := url.URL{Scheme: "file", Path: filepath.ToSlash(d.lite.path)}
	// References are off while tables are rebuilt and checked at the end.
	pool, err := sql.Open("sqlite", u.String()+"?_txlock=immediate&_pragma=busy_timeout(10000)&_pragma=synchronous(FULL)&_pragma=foreign_keys(0)")
	if err != nil {
		return nil, err
	}
	pool.SetMaxOpenConns(1)
	return pool, nil
}

const (
	migrationLockPostgres   = `SELECT pg_advisory_lock(7310601127112021)`
	migrationUnlockPostgres = `SELECT pg_advisory_unlock(7310601127112021)`
	collationPostgres       = `SELECT datcollate, pg_encoding_to_char(encoding) FROM pg_database WHERE datname = current_database()`
	appliedSQL              = `SELECT version, name, checksum FROM migrations WHERE version > 0 ORDER BY version`
	tableSQLite             = `SELECT count(*) FROM sqlite_master WHERE type = 'table' AND name = 'migrations'`
	tablePostgres           = `SELECT count(*) FROM pg_tables WHERE schemaname = current_schema() AND tablename = 'migrations'`
	createApplied           = `CREATE TABLE migrations (version BIGINT NOT NULL UNIQUE, name TEXT NOT NULL, checksum TEXT NOT NULL, applied_at TIMESTAMP NOT NULL)`
	insertAppliedSQL        = `INSERT INTO migrations (version, name, checksum, applied_at) VALUES ($1, $2, $3, $4)`
	copyAsideSQLite         = `VACUUM INTO $1`
	referencesSQLite        = `SELECT "table", parent, count(*) FROM pragma_foreign_key_check GROUP BY 1, 2 LIMIT 1`
)

func lockPostgres(ctx context.Context, pool *sql.DB) (unlock func(), err error) {
	conn, err := pool.Conn(ctx)
	if err != nil {
		return nil, err
	}
	if _, err := conn.ExecContext(ctx, migrationLockPostgres); err != nil {
		_ = conn.Close()
		return nil, err
	}
	return func() {
		_, _ = conn.ExecContext(context.WithoutCancel(ctx), migrationUnlockPostgres)
		_ = conn.Close()
	}, nil
}

// checkCollation refuses a new database whose text would sort differently
// from SQLite's.
func checkCollation(ctx context.Context, pool *sql.DB) error {
	var collate, encoding string
	if err := pool.QueryRowContext(ctx, collationPostgres).Scan(&collate, &encoding); err != nil {
		return translate(err)
	}
	switch strings.ToUpper(collate) {
	case "C", "POSIX", "C.UTF-8", "C.UTF8":
		if encoding == "UTF8" {
			return nil
		}
	}
	return fmt.Errorf("the database has collation %q and encoding %q; make it with: createdb --template=template0 --locale=C --encoding=UTF8 NAME", collate, encoding)
}

func checkReferences(ctx context.Context, pool *sql.DB) error {
	var table, parent string
	var n int
	switch err := pool.QueryRowContext(ctx, referencesSQLite).Scan(&table, &parent, &n); {
	case errors.Is(err, sql.ErrNoRows):
		return nil
	case err != nil:
		return err
	}
	return fmt.Errorf("%d rows of %s refer to rows of %s that do not exist", n, table, parent)
}

// copyAside copies the database to a file beside it and syncs the copy.
func (l *lite) copyAside(ctx context.Context, pool *sql.DB, now time.Time) (string, error) {
	base := l.path + ".before-" + now.Format("20060102-150405")
	name := base
	for n := 2; ; n++ {
		if _, err := os.Stat(name); errors.Is(err, fs.ErrNotExist) {
			break
		}
		name = base + "-" + strconv.Itoa(n)
	}
	if _, err := pool.ExecContext(ctx, copyAsideSQLite, name); err != nil {
		_ = os.Remove(name)
		return "", err
	}
	f, err := os.OpenFile(name, os.O_RDWR, 0)
	if err != nil {
		return "", err
	}
	if err := f.Sync(); err != nil {
		_ = f.Close()
		return "", err
	}
	return name, f.Close()
}

// migrationFile is one file as it stands, and as this database gets it.
type migrationFile struct {
	version  int64
	name     string
	checksum string
	text     []byte
}

// migrationFiles is the filtered tree, which goose reads as a file system.
type migrationFiles []migrationFile

var migrationName = regexp.MustCompile(`^(\d{12})_[a-z0-9]+(_[a-z0-9]+)*\.sql$`)

func readMigrations(fsys fs.FS, d Dialect) (migrationFiles, error) {
	names, err := fs.Glob(fsys, "*.sql")
	if err != nil {
		return nil, err
	}
	if len(names) == 0 {
		return nil, errors.New("no migrations found")
	}
	sort.Strings(names)
	var files migrationFiles
	for _, name := range names {
		m := migrationName.FindStringSubmatch(name)
		if m == nil {
			return nil, fmt.Errorf("%s: the name must be YYYYMMDDhhmm_practice_what.sql", name)
		}
		version, err := strconv.ParseInt(m[1], 10, 64)
		if err != nil {
			return nil, err
		}
		raw, err := fs.ReadFile(fsys, name)
		if err != nil {
			return nil, err
		}
		raw = bytes.ReplaceAll(raw, []byte("\r\n"), []byte("\n"))
		text, err := only(string(raw), d)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		sum := sha256.Sum256(raw)
		files = append(files, migrationFile{version, name, hex.EncodeToString(sum[:]), []byte(text)})
	}
	return files, nil
}

var bigintKey = regexp.MustCompile(`\bBIGINT(\s+NOT\s+NULL)?\s+PRIMARY\s+KEY\b`)

// only is the text that the dialect gets. Lines of the other dialect become
// empty, so that the numbers of lines in errors stay true.
func only(text string, d Dialect) (string, error) {
	lines := strings.Split(text, "\n")
	within := ""
	annotated := false
	for i, line := range lines {
		t := strings.TrimSpace(line)
		switch {
		case strings.HasPrefix(t, "-- only:"):
			if within != "" {
				return "", fmt.Errorf("line %d: a block within a block", i+1)
			}
			within = strings.TrimSpace(strings.TrimPrefix(t, "-- only:"))
			if within != "sqlite" && within != "postgres" {
				return "", fmt.Errorf("line %d: %q is no database; say sqlite or postgres", i+1, within)
			}
			lines[i] = ""
		case t == "-- end only":
			if within == "" {
				return "", fmt.Errorf("line %d: no block ends here", i+1)
			}
			within = ""
			lines[i] = ""
		case within != "" && within != d.String():
			lines[i] = ""
		case strings.HasPrefix(t, "-- +goose Up"):
			annotated = true
		case strings.HasPrefix(t, "-- +goose Down"):
			return "", fmt.Errorf("line %d: migrations go forward only", i+1)
		}
	}
	if within != "" {
		return "", fmt.Errorf("the last %q block has no end", "-- only: "+within)
	}
	text = strings.Join(lines, "\n")
	if d == SQLite {
		text = bigintKey.ReplaceAllString(text, "INTEGER PRIMARY KEY")
	}
	if !annotated {
		text = "-- +goose Up\n" + text
	}
	return text, nil
}

type appliedMigration struct {
	version        int64
	name, checksum string
}

func readApplied(ctx context.Context, pool *sql.DB, d Dialect) ([]appliedMigration, error) {
	exists, err := migrationsTableExists(ctx, pool, d)
	if err != nil || !exists {
		return nil, err
	}
	rows, err := pool.QueryContext(ctx, appliedSQL)
	if err != nil {
		return nil, err
	}
	defer func() { _ = rows.Close() }()
	var list []appliedMigration
	for rows.Next() {
		var a appliedMigration
		if err := rows.Scan(&a.version, &a.name, &a.checksum); err != nil {
			return nil, err
		}
		list = append(list, a)
	}
	return list, rows.Err()
}

func migrationsTableExists(ctx context.Context, c database.DBTxConn, d Dialect) (bool, error) {
	text := tableSQLite
	if d == Postgres {
		text = tablePostgres
	}
	var n int
	err := c.QueryRowContext(ctx, text).Scan(&n)
	return n > 0, err
}

// compare returns the files not applied yet, or why the database is refused.
func compare(files migrationFiles, applied []appliedMigration) ([]migrationFile, error) {
	known := map[int64]migrationFile{}
	for _, f := range files {
		known[f.version] = f
	}
	done := map[int64]bool{}
	for _, a := range applied {
		f, ok := known[a.version]
		if !ok {
			return nil, fmt.Errorf("the database has the migration %s, which this program does not know: it was used by a newer version; start that one", a.name)
		}
		if f.checksum != a.checksum {
			return nil, fmt.Errorf("the migration %s was changed after it was applied to this database (%.12s, now %.12s); restore the file and make a new migration", f.name, a.checksum, f.checksum)
		}
		done[a.version] = true
	}
	var pending []migrationFile
	for _, f := range files {
		if !done[f.version] {
			pending = append(pending, f)
		}
	}
	return pending, nil
}

// migrationStore keeps name and checksum beside goose's versions, in the
// transaction of the migration itself.
type migrationStore struct {
	dialect Dialect
	files   migrationFiles
	now     func() Time
}

var _ database.StoreExtender = (*migrationStore)(nil)

func (s *migrationStore) Tablename() string { return "migrations" }

func (s *migrationStore) TableExists(ctx context.Context, c database.DBTxConn) (bool, error) {
	return migrationsTableExists(ctx, c, s.dialect)
}

func (s *migrationStore) CreateVersionTable(ctx context.Context, c database.DBTxConn) error {
	_, err := c.ExecContext(ctx, createApplied)
	return err
}

func (s *migrationStore) Insert(ctx context.Context, c database.DBTxConn, req database.InsertRequest) error {
	var name, checksum string
	for _, f := range s.files {
		if f.version == req.Version {
			name, checksum = f.name, f.checksum
		}
	}
	_, err := c.ExecContext(ctx, insertAppliedSQL, req.Version, name, checksum, s.now().String())
	return err
}

func (s *migrationStore) Delete(context.Context, database.DBTxConn, int64) error {
	return errors.New("migrations go forward only")
}

func (s *migrationStore) GetMigration(ctx context.Context, c database.DBTxConn, version int64) (*database.GetMigrationResult, error) {
	list, err := s.ListMigrations(ctx, c)
	if err != nil {
		return nil, err
	}
	for _, m := range list {
		if m.Version == version {
			return &database.GetMigrationResult{Timestamp: s.now().Time(), IsApplied: true}, nil
		}
	}
	return nil, database.ErrVersionNotFound
}

func (s *migrationStore) GetLatestVersion(ctx context.Context, c database.DBTxConn) (int64, error) {
	list, err := s.ListMigrations(ctx, c)
	if err != nil {
		return 0, err
	}
	if len(list) == 0 {
		return 0, database.ErrVersionNotFound
	}
	return list[0].Version, nil
}

const listAppliedSQL = `SELECT version FROM migrations ORDER BY version DESC`

func (s *migrationStore) ListMigrations(ctx context.Context, c database.DBTxConn) ([]*database.ListMigrationsResult, error) {
	rows, err := c.QueryContext(ctx, listAppliedSQL)
	if err != nil {
		return nil, err
	}
	defer func() { _ = rows.Close() }()
	var list []*database.ListMigrationsResult
	for rows.Next() {
		m := &database.ListMigrationsResult{IsApplied: true}
		if err := rows.Scan(&m.Version); err != nil {
			return nil, err
		}
		list = append(list, m)
	}
	return list, rows.Err()
}

// Open, ReadDir and the types below make migrationFiles a file system.
func (m migrationFiles) Open(name string) (fs.File, error) {
	if name == "." {
		return &memDir{files: m}, nil
	}
	for _, f := range m {
		if f.name == name {
			return &memFile{Reader: bytes.NewReader(f.text), info: memInfo{f.name, int64(len(f.text)), 0o444}}, nil
		}
	}
	return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrNotExist}
}

type memFile struct {
	*bytes.Reader
	info memInfo
}

func (f *memFile) Stat() (fs.FileInfo, error) { return f.info, nil }
func (f *memFile) Close() error               { return nil }

type memDir struct {
	files migrationFiles
	at    int
}

func (d *memDir) Stat() (fs.FileInfo, error) { return memInfo{".", 0, fs.ModeDir | 0o555}, nil }
func (d *memDir) Close() error               { return nil }
func (d *memDir) Read([]byte) (int, error) {
	return 0, &fs.PathError{Op: "read", Path: ".", Err: fs.ErrInvalid}
}

func (d *memDir) ReadDir(n int) ([]fs.DirEntry, error) {
	var list []fs.DirEntry
	for d.at < len(d.files) && (n <= 0 || len(list) < n) {
		f := d.files[d.at]
		list = append(list, fs.FileInfoToDirEntry(memInfo{f.name, int64(len(f.text)), 0o444}))
		d.at++
	}
	if n > 0 && len(list) == 0 {
		return nil, io.EOF
	}
	return list, nil
}

type memInfo struct {
	name string
	size int64
	mode fs.FileMode
}

func (i memInfo) Name() string       { return i.name }
func (i memInfo) Size() int64        { return i.size }
func (i memInfo) Mode() fs.FileMode  { return i.mode }
func (i memInfo) ModTime() time.Time { return time.Time{} }
func (i memInfo) IsDir() bool        { return i.mode.IsDir() }
func (i memInfo) Sys() any           { return nil }
