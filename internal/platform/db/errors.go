package db

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"syscall"

	"github.com/jackc/pgx/v5/pgconn"
	"modernc.org/libc"
	sqlite3 "modernc.org/sqlite/lib"

	"github.com/guildhall/guildhall/internal/platform/fault"
)

// Violation is a constraint that a statement broke. It is the cause of the
// fault that a unique or foreign key violation becomes, and of the plain error
// that a CHECK or NOT NULL violation becomes (those are mistakes of the
// program, not of the person).
type Violation struct {
	Rule       string // "unique", "reference", "check" or "not null"
	Constraint string // the index or constraint, named alike on both databases; "" when SQLite does not say
	Cause      error
}

func (v *Violation) Error() string {
	return fmt.Sprintf("%s constraint %q: %v", v.Rule, v.Constraint, v.Cause)
}

func (v *Violation) Unwrap() error { return v.Cause }

// Constraint returns the name of the unique index or constraint that err says
// was broken, "" when it says nothing of the kind. The names are those of
// PostgreSQL: the name of CREATE UNIQUE INDEX, or table_column_column_key and
// table_pkey for what is declared within CREATE TABLE.
func Constraint(err error) string {
	var v *Violation
	if errors.As(err, &v) {
		return v.Constraint
	}
	return ""
}

// retryable marks an error after which the whole transaction may be tried
// again.
type retryable struct{ error }

func (r retryable) Unwrap() error { return r.error }

// unavailable is the fault of a database that cannot do its work now. What
// somebody can do about has a key of its own: a full disk, one that may only be
// read.
func unavailable(err error) error {
	key := "fault.unavailable"
	switch {
	case full(err):
		key = "fault.no_room"
	case refusedToWrite(err):
		key = "fault.read_only"
	}
	return fault.Because(fault.Unavailable, key, err)
}

// full tells whether there was no room left.
func full(err error) bool {
	var lite *sqliteError
	var pg *pgconn.PgError
	return errors.As(err, &lite) && (lite.code&0xff == sqlite3.SQLITE_FULL || lite.code == sqlite3.SQLITE_IOERR_SHMSIZE) ||
		errors.As(err, &pg) && pg.Code == "53100" || errors.Is(err, syscall.ENOSPC)
}

// sqliteError is what SQLite answered.
type sqliteError struct {
	code int32
	msg  string
}

func (e *sqliteError) Error() string { return fmt.Sprintf("sqlite: %s (%d)", e.msg, e.code) }

// fail builds the translated error of the connection's last call.
func (c *sqliteConn) fail(rc int32) error {
	msg := libc.GoString(sqlite3.Xsqlite3_errmsg(c.tls, c.db))
	if code := sqlite3.Xsqlite3_extended_errcode(c.tls, c.db); code&0xff == rc&0xff {
		rc = code
	}
	err := &sqliteError{rc, msg}
	switch rc {
	case sqlite3.SQLITE_CONSTRAINT_UNIQUE, sqlite3.SQLITE_CONSTRAINT_PRIMARYKEY, sqlite3.SQLITE_CONSTRAINT_ROWID:
		return fault.Because(fault.Conflict, "fault.conflict",
			&Violation{"unique", c.uniqueName(msg, rc != sqlite3.SQLITE_CONSTRAINT_UNIQUE), err})
	case sqlite3.SQLITE_CONSTRAINT_FOREIGNKEY:
		return fault.Because(fault.Conflict, "fault.reference", &Violation{"reference", "", err})
	case sqlite3.SQLITE_CONSTRAINT_CHECK:
		return &Violation{"check", after(msg, ": "), err}
	case sqlite3.SQLITE_CONSTRAINT_NOTNULL:
		return &Violation{"not null", after(msg, ": "), err}
	}
	switch rc & 0xff {
	case sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN,
		sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED, sqlite3.SQLITE_NOMEM, sqlite3.SQLITE_PROTOCOL:
		return unavailable(err)
	case sqlite3.SQLITE_TOOBIG:
		return fault.Because(fault.Invalid, "fault.too_long", err)
	}
	return err
}

func after(s, sep string) string {
	_, rest, _ := strings.Cut(s, sep)
	return rest
}

const (
	uniqueIndexesSQLite = `SELECT i.name, i.origin
FROM pragma_index_list($1) i
WHERE i."unique"
  AND (SELECT group_concat(c.name) FROM (SELECT name FROM pragma_index_info(i.name) ORDER BY seqno) c) = $2`
)

// uniqueName finds which index "UNIQUE constraint failed: t.a, t.b" means, by
// the name that PostgreSQL would say.
func (c *sqliteConn) uniqueName(msg string, primary bool) string {
	what := after(msg, "failed: ")
	if name, ok := strings.CutPrefix(what, "index '"); ok {
		return strings.TrimSuffix(name, "'")
	}
	var table string
	var cols []string
	for _, part := range strings.Split(what, ", ") {
		t, col, _ := strings.Cut(part, ".")
		table, cols = t, append(cols, col)
	}
	if primary {
		return table + "_pkey"
	}
	var name, origin string
	tx := &Tx{ctx: context.Background(), lite: c}
	found, err := tx.Row(uniqueIndexesSQLite, []any{&name, &origin}, table, strings.Join(cols, ","))
	switch {
	case err == nil && found && origin == "c":
		return name
	case err == nil && found && origin == "pk":
		return table + "_pkey"
	}
	return table + "_" + strings.Join(cols, "_") + "_key"
}

// translate turns an error of pgx into a fault where somebody can act on it.
func translate(err error) error {
	if err == nil {
		return nil
	}
	if fault.Of(err) != nil {
		return err
	}
	var pg *pgconn.PgError
	if errors.As(err, &pg) {
		switch pg.Code {
		case "23505", "23P01":
			return fault.Because(fault.Conflict, "fault.conflict", &Violation{"unique", pg.ConstraintName, err})
		case "23503":
			return fault.Because(fault.Conflict, "fault.reference", &Violation{"reference", pg.ConstraintName, err})
		case "23514":
			return &Violation{"check", pg.ConstraintName, err}
		case "23502":
			return &Violation{"not null", pg.TableName + "." + pg.ColumnName, err}
		case "40001", "40P01", "55P03":
			return retryable{err}
		case "22021", "22P05":
			return fault.Because(fault.Invalid, "fault.text", err)
		case "54000", "22001":
			return fault.Because(fault.Invalid, "fault.too_long", err)
		case "25006", "57P01", "57P02", "57P03":
			return unavailable(err)
		}
		switch pg.Code[:2] {
		case "08", "53", "58":
			return unavailable(err)
		}
		return err
	}
	if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return err
	}
	var connect *pgconn.ConnectError
	var netErr net.Error
	if errors.As(err, &connect) || errors.As(err, &netErr) || errors.Is(err, net.ErrClosed) ||
		errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || pgconn.SafeToRetry(err) {
		return unavailable(err)
	}
	return err
}

// refusedToWrite tells whether a statement failed because nothing can be
// written.
func refusedToWrite(err error) bool {
	var lite *sqliteError
	var pg *pgconn.PgError
	return errors.As(err, &lite) && lite.code&0xff == sqlite3.SQLITE_READONLY ||
		errors.As(err, &pg) && pg.Code == "25006"
}
