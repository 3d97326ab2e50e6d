package db

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"runtime"
	"strings"
	"sync/atomic"

	sqlite3 "modernc.org/sqlite/lib"

	"github.com/guildhall/guildhall/internal/platform/clock"
)

// Dialect is which database stands behind a DB.
type Dialect int

// The two databases.
const (
	SQLite Dialect = iota
	Postgres
)

func (d Dialect) String() string {
	if d == Postgres {
		return "postgres"
	}
	return "sqlite"
}

// Config says which database to open.
type Config struct {
	// URL is "postgres://..." or "postgresql://...", else the path of a
	// SQLite file, which is made when absent (its folder is not).
	URL string
	// Readers is how many reads run at the same time: connections for
	// reading on SQLite (default: two per processor, 4 to 16), all
	// connections on PostgreSQL (default: 20).
	Readers int
	// Throwaway is for a SQLite file nobody would miss: writes do not wait for
	// the disk, so a power cut may destroy it. PostgreSQL takes no notice.
	Throwaway bool
	// Log receives slow transactions and lost connections. Default: silence.
	Log *slog.Logger
	// Clock dates applied migrations. Default: the system's.
	Clock clock.Clock
	// Watch is shown every statement of a closure before it runs, for tests that
	// compare what two requests ask of the database. It is called by many
	// goroutines at once. Default: nobody watches.
	Watch func(sql string, args []any)
}

// DB is an open database, for concurrent use.
type DB struct {
	cfg  Config
	lite *lite
	pg   server
	bell *bell

	count counters
}

// What a DB, a Tx and Rows have of PostgreSQL are interfaces that name no type
// of pgx: the compiler would compile pgx's generic pool again in each package
// that imports this one.
type (
	// server is an open PostgreSQL database.
	server interface {
		read(ctx context.Context, d *DB, fn func(*Tx) error) error
		retry(ctx context.Context, d *DB, begin string, fn func(*Tx) error) error
		notify(ctx context.Context, notes []note) error
		listen(b *bell) error
		migrationPool() *sql.DB
		close()
	}
	// session is a connection to one.
	session interface {
		exec(ctx context.Context, sql string, args []any) (int64, error)
		query(ctx context.Context, sql string, args []any) (cursor, error)
		prepare(ctx context.Context, sql string) error
	}
	// cursor is the rows of a query there.
	cursor interface {
		Next() bool
		Scan(dest ...any) error
		Err() error
		Close()
	}
)

// Open connects to the database and checks that it answers. It makes an empty
// SQLite file but no tables; see Migrate.
//
// Errors: Unavailable when the file or server cannot be reached.
func Open(ctx context.Context, c Config) (*DB, error) {
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	if c.Clock == nil {
		c.Clock = clock.System{}
	}
	d := &DB{cfg: c}
	d.bell = newBell(d)
	var err error
	if strings.HasPrefix(c.URL, "postgres://") || strings.HasPrefix(c.URL, "postgresql://") {
		if d.cfg.Readers <= 0 {
			d.cfg.Readers = 20
		}
		d.pg, err = openPostgres(ctx, d.cfg)
	} else {
		if d.cfg.Readers <= 0 {
			d.cfg.Readers = min(16, max(4, 2*runtime.GOMAXPROCS(0)))
		}
		d.lite, err = openLite(d.cfg, d.bell.all)
	}
	if err != nil {
		return nil, err
	}
	return d, nil
}

// Dialect tells which database this is.
func (d *DB) Dialect() Dialect {
	if d.pg != nil {
		return Postgres
	}
	return SQLite
}

// Close waits for running transactions and closes the database.
func (d *DB) Close() error {
	d.bell.close()
	if d.pg != nil {
		d.pg.close()
		return nil
	}
	return d.lite.close()
}

// Ping tells whether the database answers a query.
func (d *DB) Ping(ctx context.Context) error {
	return d.Read(ctx, func(tx *Tx) error {
		var one int64
		_, err := tx.Row(pingSQL, []any{&one})
		return err
	})
}

const pingSQL = `SELECT CAST(1 AS BIGINT)`

// Read runs fn on one snapshot of the database. Statements end when ctx does.
// fn cannot write.
func (d *DB) Read(ctx context.Context, fn func(*Tx) error) error {
	if t := d.together(ctx); t != nil {
		return fn(t)
	}
	d.count.reads.Add(1)
	if d.pg != nil {
		return d.pg.read(ctx, d, fn)
	}
	return d.lite.read(ctx, d, fn)
}

// Write runs fn in one transaction and returns when its changes are durable,
// or with fn's error when they were undone. fn may run more than once, so it
// assigns and never appends, does nothing but tx, and takes under 5 ms (see
// the package comment). Once fn has begun, the end of ctx does not stop it; a
// Write that still waits for its turn returns ctx's error.
//
// When fn panics its changes are undone and the panic goes on.
func (d *DB) Write(ctx context.Context, fn func(*Tx) error) error {
	if t := d.together(ctx); t != nil {
		return t.part(fn)
	}
	if d.pg != nil {
		return d.pg.retry(ctx, d, beginWritePostgres, fn)
	}
	return d.lite.write(ctx, d, fn, false)
}

// WriteAfter is Write for what only follows from what others wrote: receipts,
// notices, indexes. On SQLite it lets every Write go first, for at most a
// quarter of a second, so that following does not slow down those who wait.
func (d *DB) WriteAfter(ctx context.Context, fn func(*Tx) error) error {
	if d.lite == nil || d.together(ctx) != nil {
		return d.Write(ctx, fn)
	}
	return d.lite.write(ctx, d, fn, true)
}

// Claim is Write for taking rows that other servers take at the same time:
// PostgreSQL runs it at READ COMMITTED, so that FOR UPDATE SKIP LOCKED finds
// what is free instead of failing. What fn has read may have changed when it
// commits; its statements must check by themselves.
func (d *DB) Claim(ctx context.Context, fn func(*Tx) error) error {
	if t := d.together(ctx); t != nil {
		return t.part(fn)
	}
	if d.pg != nil {
		return d.pg.retry(ctx, d, beginClaimPostgres, fn)
	}
	return d.lite.write(ctx, d, fn, false)
}

// Together is Write for work that opens transactions of its own: what fn, with
// the context it is given, does by this DB's Read, Write and Claim happens in
// the one transaction, so it is done whole or not at all. What holds for the
// closure of a Write holds for fn; it must wait for whatever it starts. A part
// that fails cannot be undone alone: its error is Together's when fn returns
// none.
func (d *DB) Together(ctx context.Context, fn func(ctx context.Context, tx *Tx) error) error {
	return d.Write(ctx, func(tx *Tx) error {
		err := fn(context.WithValue(ctx, togetherKey{}, tx), tx)
		var again retryable
		switch {
		case errors.As(tx.err, &again):
			return tx.err // whatever fn made of it, the transaction may be tried again
		case err == nil:
			return tx.failed
		}
		return err
	})
}

// togetherKey holds the transaction of Together in the context; nothing outside
// this package reads it.
type togetherKey struct{}

// together is the transaction that ctx carries for this DB, nil without one.
func (d *DB) together(ctx context.Context) *Tx {
	if t, ok := ctx.Value(togetherKey{}).(*Tx); ok && t.db == d {
		return t
	}
	return nil
}

// part runs a Write as a part of t.
func (t *Tx) part(fn func(*Tx) error) error {
	err := fn(t)
	if err == nil {
		err = t.err
	}
	if err != nil && t.failed == nil {
		t.failed = err
	}
	return err
}

// Stats counts what a DB has done since it was opened.
type Stats struct {
	Reads  int64 // closures of Read
	Writes int64 // closures of Write and Claim that were committed
	Groups int64 // commits; on SQLite one for several writes
	Again  int64 // closures that ran once more
}

type counters struct{ reads, writes, groups, again atomic.Int64 }

// Stats returns the counts.
func (d *DB) Stats() Stats {
	return Stats{d.count.reads.Load(), d.count.writes.Load(), d.count.groups.Load(), d.count.again.Load()}
}

// Optimise renews the statistics that SQLite plans queries by, where tables
// have grown much since the last time. Call it after an import and once a day.
// On PostgreSQL the server does this itself.
func (d *DB) Optimise(ctx context.Context) error {
	if d.pg != nil {
		return nil
	}
	return d.Write(ctx, func(tx *Tx) error {
		_, err := tx.Exec(optimiseSQLite)
		return err
	})
}

// 0x10012: all tables, not only those this connection has queried; analyse
// those that changed much; look at a part of the rows only.
const optimiseSQLite = `PRAGMA optimize = 0x10012`

// Check prepares a statement without running it, for tests of SQL texts.
func (d *DB) Check(ctx context.Context, sql string) error {
	return d.Read(ctx, func(tx *Tx) error {
		if tx.pg != nil {
			return translate(tx.pg.prepare(ctx, sql))
		}
		s, err := tx.lite.prepare(sql)
		if err == nil {
			s.release()
		}
		return err
	})
}

// Plan returns the lines of SQLite's EXPLAIN QUERY PLAN for a statement, for
// tests of SQL texts. On PostgreSQL it is empty.
func (d *DB) Plan(ctx context.Context, sql string) ([]string, error) {
	var lines []string
	err := d.Read(ctx, func(tx *Tx) error {
		if tx.pg != nil {
			return nil
		}
		s, err := tx.lite.prepare("EXPLAIN QUERY PLAN " + sql)
		if err != nil {
			return err
		}
		defer s.release()
		for {
			row, err := s.step() // parameters stay NULL: nothing is run
			if err != nil || !row {
				return err
			}
			lines = append(lines, s.text(3))
		}
	})
	return lines, err
}

// Clock is the clock of the configuration.
func (d *DB) Clock() clock.Clock { return d.cfg.Clock }

// Tx is a transaction, used by one goroutine and only within its closure.
type Tx struct {
	db      *DB
	ctx     context.Context
	lite    *sqliteConn
	pg      session
	write   *writeRequest // on SQLite's writer: whose turn it is
	open    *Rows         // rows not closed yet, a list
	err     error         // the statement error that lost the transaction
	failed  error         // of the first part that failed, see Together
	ended   bool
	reading bool
	notes   []note
	last    []lastStatement
}

var errEnded = errors.New("db: transaction used after its closure returned")

// Context returns the context statements run with. In a Write no request can
// cancel it.
func (t *Tx) Context() context.Context { return t.ctx }

// Now is the time by the clock of the configuration.
func (t *Tx) Now() Time { return At(t.db.cfg.Clock.Now()) }

// Dialect tells which database this is.
func (t *Tx) Dialect() Dialect {
	if t.pg != nil {
		return Postgres
	}
	return SQLite
}

// watch shows a statement to the test that wants to see them. The lookup of a
// constraint's name, see errors.go, has a transaction without a database.
func (t *Tx) watch(sql string, args []any) {
	if t.db != nil && t.db.cfg.Watch != nil {
		t.db.cfg.Watch(sql, args)
	}
}

// Exec runs a statement and returns how many rows it inserted, changed or
// deleted.
func (t *Tx) Exec(sql string, args ...any) (int64, error) {
	if err := t.usable(); err != nil {
		return 0, err
	}
	t.watch(sql, args)
	if t.pg != nil {
		plainArgs, err := plainAll(args)
		if err != nil {
			return 0, t.lose(err)
		}
		n, err := t.pg.exec(t.ctx, sql, plainArgs)
		if err != nil {
			return 0, t.lose(t.translate(err))
		}
		return n, nil
	}
	s, err := t.start(sql, args)
	if err != nil {
		return 0, t.lose(err)
	}
	defer s.release()
	for {
		row, err := s.step()
		if err != nil {
			return 0, t.lose(t.cancelled(err))
		}
		if !row {
			break
		}
	}
	if s.readonly {
		return 0, nil
	}
	return sqlite3.Xsqlite3_changes64(t.lite.tls, t.lite.db), nil
}

// ExecLast is Exec for a full-text table whose row has the given number. On
// SQLite the statement runs just before the commit, after the closures of
// everybody who commits together, rows with small numbers first: FTS5 writes out
// what it has been given before any statement that could fail half way, and
// before a row that comes before the last one, so words given in between or out
// of order are written in many small pieces, which costs more than all the rest
// of a post. No statement of the closure sees what this one does. Its error is
// Write's.
func (t *Tx) ExecLast(row int64, sql string, args ...any) error {
	if t.write == nil {
		_, err := t.Exec(sql, args...)
		return err
	}
	if err := t.usable(); err != nil {
		return err
	}
	t.last = append(t.last, lastStatement{row, sql, args})
	return nil
}

type lastStatement struct {
	row  int64
	sql  string
	args []any
}

// Query runs a statement that yields rows. Close them before the closure
// returns; reading them to the end closes them too.
func (t *Tx) Query(sql string, args ...any) (*Rows, error) {
	r := &Rows{}
	if err := t.query(r, sql, args); err != nil {
		return nil, err
	}
	return r, nil
}

func (t *Tx) query(r *Rows, sql string, args []any) error {
	if err := t.usable(); err != nil {
		return err
	}
	t.watch(sql, args)
	r.tx = t
	if t.pg != nil {
		plainArgs, err := plainAll(args)
		if err != nil {
			return t.lose(err)
		}
		if r.pg, err = t.pg.query(t.ctx, sql, plainArgs); err != nil {
			return t.lose(t.translate(err))
		}
	} else {
		var err error
		if r.lite, err = t.start(sql, args); err != nil {
			return t.lose(err)
		}
	}
	r.next, t.open = t.open, r
	return nil
}

// Row runs a statement and scans its first row. It is false when there is no
// row.
func (t *Tx) Row(sql string, dest []any, args ...any) (bool, error) {
	var r Rows
	if err := t.query(&r, sql, args); err != nil {
		return false, err
	}
	defer r.Close()
	if !r.Next() {
		return false, r.Err()
	}
	if err := r.Scan(dest...); err != nil {
		return false, err
	}
	if r.lite != nil && r.lite.readonly {
		return true, nil
	}
	for r.Next() { // a statement that writes is run to its end
	}
	return true, r.Err()
}

// All runs a statement and scans every row into a new T. The slice is nil when
// there is no row.
func All[T any](t *Tx, sql string, scan func(*Rows, *T) error, args ...any) ([]T, error) {
	var r Rows
	if err := t.query(&r, sql, args); err != nil {
		return nil, err
	}
	defer r.Close()
	var list []T
	for r.Next() {
		var zero T
		if list == nil {
			list = make([]T, 0, 8)
		}
		list = append(list, zero)
		if err := scan(&r, &list[len(list)-1]); err != nil {
			return nil, err
		}
	}
	return list, r.Err()
}

// One runs a statement and scans its first row. The bool is false when there
// is no row.
func One[T any](t *Tx, sql string, scan func(*Rows, *T) error, args ...any) (T, bool, error) {
	var v T
	var r Rows
	if err := t.query(&r, sql, args); err != nil {
		return v, false, err
	}
	defer r.Close()
	if !r.Next() {
		return v, false, r.Err()
	}
	if err := scan(&r, &v); err != nil {
		return v, false, err
	}
	if r.lite != nil && r.lite.readonly {
		return v, true, nil
	}
	for r.Next() {
	}
	return v, true, r.Err()
}

func (t *Tx) usable() error {
	if t.ended {
		return errEnded
	}
	return t.err
}

// lose remembers the error that ended the transaction's use.
func (t *Tx) lose(err error) error {
	if t.reading && refusedToWrite(err) {
		err = fmt.Errorf("db: Read cannot write: %s", err) // no fault: a mistake of the program
	}
	if t.err == nil {
		t.err = err
	}
	return err
}

// start prepares and binds on SQLite.
func (t *Tx) start(sql string, args []any) (*sqliteStmt, error) {
	if err := t.ctx.Err(); err != nil {
		return nil, err
	}
	s, err := t.lite.prepare(sql)
	if err != nil {
		return nil, err
	}
	if t.write != nil && !s.readonly {
		if err := t.write.writes(); err != nil {
			s.release()
			return nil, err
		}
	}
	if err := s.bind(args); err != nil {
		s.release()
		return nil, err
	}
	return s, nil
}

// translate is translate, but an error after the end of the context is the
// context's.
func (t *Tx) translate(err error) error {
	if t.ctx.Err() != nil {
		return t.ctx.Err()
	}
	return translate(err)
}

// cancelled puts the reason of the context in place of "interrupted".
func (t *Tx) cancelled(err error) error {
	if errors.Is(err, context.Canceled) && t.ctx.Err() != nil {
		return t.ctx.Err()
	}
	return err
}

// end makes t unusable and closes rows the closure left open.
func (t *Tx) end() {
	for t.open != nil {
		t.open.Close()
	}
	t.ended = true
}

// Rows are the rows of a query, read once from first to last.
type Rows struct {
	tx   *Tx
	next *Rows
	lite *sqliteStmt
	pg   cursor
	dest []any
	err  error
	done bool
}

// Next moves to the next row. It is false after the last one and after an
// error; see Err.
func (r *Rows) Next() bool {
	if r.done {
		return false
	}
	if r.pg != nil {
		if r.pg.Next() {
			return true
		}
		if err := r.pg.Err(); err != nil {
			r.err = r.tx.lose(r.tx.translate(err))
		}
		r.Close()
		return false
	}
	row, err := r.lite.step()
	if err != nil {
		r.err = r.tx.lose(r.tx.cancelled(err))
	}
	if !row {
		r.Close()
	}
	return row
}

// Scan reads the present row's columns into dest: pointers to int, int64,
// float64, bool, string, []byte, id.ID, Time, named types of those kinds,
// pointers to pointers where the column may be NULL, or a sql.Scanner.
func (r *Rows) Scan(dest ...any) error {
	if r.pg != nil {
		// A copy, so that the caller's slice need not live on the heap for
		// SQLite's sake.
		r.dest = append(r.dest[:0], dest...)
		return r.pg.Scan(r.dest...)
	}
	if r.done {
		return errors.New("db: Scan without a row")
	}
	if len(dest) != r.lite.cols {
		return fmt.Errorf("db: %q has %d columns, not %d", short(r.lite.sql), r.lite.cols, len(dest))
	}
	for i, d := range dest {
		if err := r.lite.scan(i, d); err != nil {
			return fmt.Errorf("column %d of %q: %w", i+1, short(r.lite.sql), err)
		}
	}
	return nil
}

// Err returns the error that ended the rows early, if any.
func (r *Rows) Err() error { return r.err }

// Close ends the query. It may be called again.
func (r *Rows) Close() {
	if r.done {
		return
	}
	r.done = true
	if r.pg != nil {
		r.pg.Close()
		if err := r.pg.Err(); err != nil && r.err == nil {
			r.err = r.tx.lose(r.tx.translate(err))
		}
	} else {
		r.lite.release()
	}
	for at := &r.tx.open; *at != nil; at = &(*at).next {
		if *at == r {
			*at = r.next
			break
		}
	}
}

func plainAll(args []any) ([]any, error) {
	list := make([]any, len(args))
	for i, a := range args {
		v, err := plain(a)
		if err != nil {
			return nil, fmt.Errorf("argument $%d: %w", i+1, err)
		}
		list[i] = v
	}
	return list, nil
}
