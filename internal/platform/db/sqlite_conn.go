package db

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
	"unsafe"

	"modernc.org/libc"
	"modernc.org/libc/sys/types"
	sqlite3 "modernc.org/sqlite/lib"
)

// statementMemory is how many bytes of prepared statements one connection
// keeps; the least recently used go first.
const statementMemory = 3 << 20

// busyTimeout is how many milliseconds a statement waits for another process.
const busyTimeout = 10_000

// sqliteConn is one connection, used by one goroutine at a time. It speaks to
// the library under the database/sql driver, because the detour through
// database/sql costs about as much as a short query itself.
type sqliteConn struct {
	tls *libc.TLS
	db  uintptr
	out uintptr // two pointers for the results of sqlite3_prepare_v3

	stmts  map[string]*sqliteStmt
	newest *sqliteStmt // the statements in order of use
	oldest *sqliteStmt
	memory int64

	frames uintptr // where SQLite tells the length of the WAL after each commit
}

// sqliteStmt is a prepared statement and the memory its arguments are bound
// to.
type sqliteStmt struct {
	c          *sqliteConn
	sql        string
	p          uintptr
	params     int
	cols       int
	readonly   bool
	busy       bool
	cached     bool
	memory     int64
	buf        uintptr
	size       int
	prev, next *sqliteStmt
}

// How many kilobytes of pages the writer keeps, and all readers together. A
// page of 4 KB and its header take 8 KB of memory, because modernc's allocator
// rounds up to a power of two, so that full caches take 80 MB. What they do
// not hold comes from the system's cache for about a microsecond a page.
const (
	writerCache = 16 << 10
	readerCache = 24 << 10
)

// openSQLite opens path. A reader refuses to write and is one of so many,
// which share the memory for pages; readers is 0 for the writer.
func openSQLite(path string, readers int) (*sqliteConn, error) {
	c := &sqliteConn{tls: libc.NewTLS(), stmts: map[string]*sqliteStmt{}}
	c.out = libc.Xmalloc(c.tls, types.Size_t(2*unsafe.Sizeof(uintptr(0))))
	name, err := libc.CString(path)
	if err != nil || c.out == 0 {
		c.close()
		return nil, unavailable(fmt.Errorf("sqlite: out of memory"))
	}
	defer libc.Xfree(c.tls, name)
	rc := sqlite3.Xsqlite3_open_v2(c.tls, name, c.out,
		sqlite3.SQLITE_OPEN_READWRITE|sqlite3.SQLITE_OPEN_CREATE|sqlite3.SQLITE_OPEN_NOMUTEX, 0)
	c.db = *(*uintptr)(foreign(c.out))
	if rc != sqlite3.SQLITE_OK {
		err := c.fail(rc)
		c.close()
		return nil, notOpened(path, err)
	}
	sqlite3.Xsqlite3_extended_result_codes(c.tls, c.db, 1)
	c.config(sqlite3.SQLITE_DBCONFIG_ENABLE_QPSG)
	c.config(sqlite3.SQLITE_DBCONFIG_DEFENSIVE)
	c.plainPlans()
	sqlite3.Xsqlite3_busy_timeout(c.tls, c.db, busyTimeout)
	pragmas := []string{
		"PRAGMA journal_mode = WAL",
		"PRAGMA synchronous = FULL",
		"PRAGMA foreign_keys = ON",
		"PRAGMA recursive_triggers = ON",
		"PRAGMA temp_store = MEMORY",
		"PRAGMA journal_size_limit = 67108864",
		"PRAGMA trusted_schema = OFF",
	}
	cache := writerCache
	if readers > 0 {
		cache = max(1<<10, readerCache/readers)
		pragmas = append(pragmas, "PRAGMA query_only = ON")
	}
	pragmas = append(pragmas, fmt.Sprintf("PRAGMA cache_size = -%d", cache))
	for _, p := range pragmas {
		if err := c.script(p); err != nil {
			c.close()
			return nil, notOpened(path, fmt.Errorf("%s: %w", p, err))
		}
	}
	return c, nil
}

// config switches on an option of the connection. QPSG keeps SQLite from
// planning a statement anew when an argument changes, DEFENSIVE keeps SQL from
// damaging the file.
func (c *sqliteConn) config(option int32) {
	args := libc.Xmalloc(c.tls, 2*8)
	if args == 0 {
		return
	}
	defer libc.Xfree(c.tls, args)
	sqlite3.Xsqlite3_db_config(c.tls, c.db, option, libc.VaList(args, int32(1), uintptr(0)))
}

// plainPlans switches off two optimisations that are made for few large
// questions, not for many small ones: EXISTS becomes a join, and that join a
// filter made of all members of an audience, anew for every list of 30 rows.
// Where SQLite does not know the switch, it changes nothing.
func (c *sqliteConn) plainPlans() {
	args := libc.Xmalloc(c.tls, 2*8)
	if args == 0 {
		return
	}
	defer libc.Xfree(c.tls, args)
	const off = sqlite3.SQLITE_ExistsToJoin | sqlite3.SQLITE_BloomFilter
	sqlite3.Xsqlite3_test_control(c.tls, sqlite3.SQLITE_TESTCTRL_OPTIMIZATIONS, libc.VaList(args, c.db, int32(off)))
}

func (c *sqliteConn) close() {
	for s := c.newest; s != nil; s = s.next {
		s.finalize()
	}
	c.stmts = nil
	if c.db != 0 {
		sqlite3.Xsqlite3_close_v2(c.tls, c.db)
		c.db = 0
	}
	libc.Xfree(c.tls, c.out)
	libc.Xfree(c.tls, c.frames)
	c.tls.Close()
}

// script runs one statement without arguments and ignores its rows.
func (c *sqliteConn) script(sql string) error { return c.exec(sql, nil) }

// exec runs one statement and ignores its rows.
func (c *sqliteConn) exec(sql string, args []any) error {
	s, err := c.prepare(sql)
	if err != nil {
		return err
	}
	defer s.release()
	if err := s.bind(args); err != nil {
		return err
	}
	for {
		row, err := s.step()
		if err != nil || !row {
			return err
		}
	}
}

// countFrames makes SQLite tell the length of the WAL after each commit
// instead of checkpointing by itself.
func (c *sqliteConn) countFrames() {
	c.frames = libc.Xcalloc(c.tls, 1, 8)
	if c.frames == 0 {
		return // SQLite goes on to checkpoint by itself
	}
	hook := noteFrames
	sqlite3.Xsqlite3_wal_hook(c.tls, c.db, *(*uintptr)(unsafe.Pointer(&hook)), c.frames)
}

// noteFrames is called by SQLite, as a C function would be.
func noteFrames(_ *libc.TLS, into, _, _ uintptr, frames int32) int32 {
	*(*int32)(foreign(into)) = frames
	return sqlite3.SQLITE_OK
}

// walFrames is the length of the WAL after the last commit.
func (c *sqliteConn) walFrames() int {
	if c.frames == 0 {
		return 0
	}
	return int(*(*int32)(foreign(c.frames)))
}

// checkpoint copies the WAL into the database as far as readers allow.
// restart waits a little for readers, so that the WAL begins anew.
func (c *sqliteConn) checkpoint(restart bool) error {
	mode := int32(sqlite3.SQLITE_CHECKPOINT_PASSIVE)
	if restart {
		mode = sqlite3.SQLITE_CHECKPOINT_RESTART
		sqlite3.Xsqlite3_busy_timeout(c.tls, c.db, int32(restartWait.Milliseconds()))
		defer sqlite3.Xsqlite3_busy_timeout(c.tls, c.db, busyTimeout)
	}
	if rc := sqlite3.Xsqlite3_wal_checkpoint_v2(c.tls, c.db, 0, mode, 0, 0); rc != sqlite3.SQLITE_OK {
		return c.fail(rc)
	}
	return nil
}

const dataVersionSQLite = `PRAGMA data_version`

// dataVersion is another number after another connection, also of another
// process, has committed.
func (c *sqliteConn) dataVersion() (int64, error) {
	s, err := c.prepare(dataVersionSQLite)
	if err != nil {
		return 0, err
	}
	defer s.release()
	if _, err := s.step(); err != nil {
		return 0, err
	}
	return sqlite3.Xsqlite3_column_int64(c.tls, s.p, 0), nil
}

// begun tells whether the connection is within a transaction. SQLite ends one
// by itself after some errors, a full disk for one.
func (c *sqliteConn) begun() bool {
	return sqlite3.Xsqlite3_get_autocommit(c.tls, c.db) == 0
}

// prepare returns a statement for sql that is in nobody's use, from the cache
// where possible. The caller releases it.
func (c *sqliteConn) prepare(sql string) (*sqliteStmt, error) {
	if s := c.stmts[sql]; s != nil && !s.busy {
		s.busy = true
		if s != c.newest {
			c.unlink(s)
			c.link(s)
		}
		return s, nil
	}
	text := portable(sql)
	z, err := libc.CString(text)
	if err != nil {
		return nil, unavailable(err)
	}
	defer libc.Xfree(c.tls, z)
	tail := c.out + unsafe.Sizeof(uintptr(0))
	if rc := sqlite3.Xsqlite3_prepare_v3(c.tls, c.db, z, int32(len(text)+1), sqlite3.SQLITE_PREPARE_PERSISTENT, c.out, tail); rc != sqlite3.SQLITE_OK {
		return nil, fmt.Errorf("prepare %q: %w", short(sql), c.fail(rc))
	}
	s := &sqliteStmt{c: c, sql: sql, p: *(*uintptr)(foreign(c.out)), busy: true}
	if s.p == 0 {
		return nil, fmt.Errorf("prepare %q: no statement", short(sql))
	}
	if rest := libc.GoString(*(*uintptr)(foreign(tail))); strings.TrimSpace(rest) != "" {
		s.finalize()
		return nil, fmt.Errorf("prepare %q: more than one statement", short(sql))
	}
	s.params = int(sqlite3.Xsqlite3_bind_parameter_count(c.tls, s.p))
	s.cols = int(sqlite3.Xsqlite3_column_count(c.tls, s.p))
	s.readonly = sqlite3.Xsqlite3_stmt_readonly(c.tls, s.p) != 0
	for i := 1; i <= s.params; i++ {
		if n := libc.GoString(sqlite3.Xsqlite3_bind_parameter_name(c.tls, s.p, int32(i))); n != "$"+strconv.Itoa(i) {
			s.finalize()
			return nil, fmt.Errorf("prepare %q: parameter %q stands where $%d must appear first", short(sql), n, i)
		}
	}
	if c.stmts[sql] == nil {
		s.cached = true
		s.memory = int64(sqlite3.Xsqlite3_stmt_status(c.tls, s.p, sqlite3.SQLITE_STMTSTATUS_MEMUSED, 0)) + int64(2*len(sql))
		c.stmts[sql] = s
		c.memory += s.memory
		c.link(s)
		for c.memory > statementMemory && !c.oldest.busy {
			c.forget(c.oldest)
		}
	}
	return s, nil
}

func (c *sqliteConn) link(s *sqliteStmt) {
	s.prev, s.next = nil, c.newest
	if c.newest != nil {
		c.newest.prev = s
	}
	c.newest = s
	if c.oldest == nil {
		c.oldest = s
	}
}

func (c *sqliteConn) unlink(s *sqliteStmt) {
	if s.prev != nil {
		s.prev.next = s.next
	} else {
		c.newest = s.next
	}
	if s.next != nil {
		s.next.prev = s.prev
	} else {
		c.oldest = s.prev
	}
}

func (c *sqliteConn) forget(s *sqliteStmt) {
	c.unlink(s)
	delete(c.stmts, s.sql)
	c.memory -= s.memory
	s.finalize()
}

func (s *sqliteStmt) finalize() {
	sqlite3.Xsqlite3_finalize(s.c.tls, s.p)
	s.p = 0
	if s.buf != 0 {
		libc.Xfree(s.c.tls, s.buf)
		s.buf = 0
	}
}

// release ends the run of the statement and gives it back to the cache. It
// returns the error the run ended with, if any.
func (s *sqliteStmt) release() {
	sqlite3.Xsqlite3_reset(s.c.tls, s.p)
	s.busy = false
	if !s.cached {
		s.finalize()
		return
	}
	if s.size > 1<<16 {
		sqlite3.Xsqlite3_clear_bindings(s.c.tls, s.p)
		libc.Xfree(s.c.tls, s.buf)
		s.buf, s.size = 0, 0
	}
}

// step runs to the next row.
func (s *sqliteStmt) step() (bool, error) {
	switch rc := sqlite3.Xsqlite3_step(s.c.tls, s.p); rc {
	case sqlite3.SQLITE_ROW:
		return true, nil
	case sqlite3.SQLITE_DONE:
		return false, nil
	case sqlite3.SQLITE_INTERRUPT:
		return false, context.Canceled
	default:
		return false, s.c.fail(rc)
	}
}

// bind gives the statement its arguments, copied to memory of its own.
func (s *sqliteStmt) bind(args []any) error {
	if len(args) != s.params {
		return fmt.Errorf("%q takes %d arguments, not %d", short(s.sql), s.params, len(args))
	}
	need := 0
	for i := range args {
		n, err := textSize(args[i])
		if err != nil {
			return fmt.Errorf("argument $%d: %w", i+1, err)
		}
		need += n
	}
	if need > math.MaxInt32 {
		return errors.New("db: arguments of more than 2 GB")
	}
	if need >= s.size {
		if s.buf != 0 {
			libc.Xfree(s.c.tls, s.buf)
		}
		s.size = max(256, 2*need)
		if s.buf = libc.Xmalloc(s.c.tls, types.Size_t(s.size)); s.buf == 0 {
			s.size = 0
			return unavailable(errors.New("sqlite: out of memory"))
		}
	}
	used := 0
	for i := range args {
		v, err := plain(args[i])
		if err != nil {
			return fmt.Errorf("argument $%d: %w", i+1, err)
		}
		col := int32(i + 1)
		var rc int32
		switch x := v.(type) {
		case nil:
			rc = sqlite3.Xsqlite3_bind_null(s.c.tls, s.p, col)
		case int64:
			rc = sqlite3.Xsqlite3_bind_int64(s.c.tls, s.p, col, x)
		case float64:
			rc = sqlite3.Xsqlite3_bind_double(s.c.tls, s.p, col, x)
		case bool:
			n := int64(0)
			if x {
				n = 1
			}
			rc = sqlite3.Xsqlite3_bind_int64(s.c.tls, s.p, col, n)
		case string:
			rc = s.bindText(col, x, &used)
		case []byte:
			p := s.put(x, &used)
			rc = sqlite3.Xsqlite3_bind_blob(s.c.tls, s.p, col, p, int32(len(x)), 0)
		case []int64, []string:
			b, err := json.Marshal(x)
			if err != nil {
				return err
			}
			// The length is known only now, so SQLite makes the copy.
			z, err := libc.CString(string(b))
			if err != nil {
				return unavailable(err)
			}
			rc = sqlite3.Xsqlite3_bind_text(s.c.tls, s.p, col, z, int32(len(b)), sqlite3.SQLITE_TRANSIENT)
			libc.Xfree(s.c.tls, z)
		}
		if rc != sqlite3.SQLITE_OK {
			return s.c.fail(rc)
		}
	}
	return nil
}

// textSize is how many bytes v needs in the buffer. It sees through the
// commonest types only; plain is asked for the others.
func textSize(v any) (int, error) {
	switch x := v.(type) {
	case nil, int64, int, bool, float64:
		return 0, nil
	case string:
		return len(x), nil
	case []byte:
		return len(x), nil
	case Time:
		return len(TimeLayout), nil
	}
	p, err := plain(v)
	if err != nil {
		return 0, err
	}
	switch x := p.(type) {
	case string:
		return len(x), nil
	case []byte:
		return len(x), nil
	}
	return 0, nil
}

func (s *sqliteStmt) put(b []byte, used *int) uintptr {
	p := s.buf + uintptr(*used)
	copy(unsafe.Slice((*byte)(foreign(p)), len(b)), b)
	*used += len(b)
	return p
}

func (s *sqliteStmt) bindText(col int32, x string, used *int) int32 {
	p := s.put(unsafe.Slice(unsafe.StringData(x), len(x)), used)
	return sqlite3.Xsqlite3_bind_text(s.c.tls, s.p, col, p, int32(len(x)), 0)
}

// portable turns the one thing that PostgreSQL can say and SQLite cannot,
// "x = ANY($N)" for a list as one argument, into what SQLite understands.
func portable(sql string) string {
	const any = "= ANY($"
	if !strings.Contains(sql, any) {
		return sql
	}
	var b strings.Builder
	for {
		head, rest, found := strings.Cut(sql, any)
		b.WriteString(head)
		if !found {
			return b.String()
		}
		n, tail, _ := strings.Cut(rest, ")")
		b.WriteString("IN (SELECT value FROM json_each($" + n + "))")
		sql = tail
	}
}

// short is sql for an error message.
func short(sql string) string {
	sql = strings.Join(strings.Fields(sql), " ")
	if len(sql) > 160 {
		sql = sql[:160] + "..."
	}
	return sql
}
