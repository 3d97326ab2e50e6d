// Package db is the floor: one interface to SQLite and PostgreSQL.
//
// There are two doors. Read runs a closure on one snapshot; Write runs it in
// one transaction and returns when that is durable. SQL is one portable text
// in constants whose names end in SQL, with parameters $1, $2 ... that first
// appear in ascending order. A list is one argument: "id = ANY($1)" with
// []id.ID, []int64 or []string works on both databases.
//
// What a Write closure may do. It runs on SQLite in a group with others that
// wait at the same time: one fsync for all, each undone alone when it fails.
// When the group as a whole fails it runs again by itself, and on PostgreSQL
// it runs again after a serialisation fault. So it assigns and never appends
// to what lives outside, does nothing but tx, and takes under 5 ms: rendering,
// hashing and mail happen outside. Writes are serialisable on both databases:
// what a closure read is still true when it commits.
//
// After a statement failed the transaction is lost on both databases: later
// statements return the same error, and so does Write, whatever the closure
// returns. Use ON CONFLICT where a conflict is expected.
//
// Columns. BIGINT PRIMARY KEY for ids (SQLite gets INTEGER PRIMARY KEY, its
// rowid), BIGINT, TEXT, BOOLEAN, DOUBLE PRECISION, BYTEA, and TIMESTAMP read
// and written as Time. A bare time.Time is refused. Text with NUL or invalid
// UTF-8 is a fault of kind Invalid.
//
// Errors of the drivers are translated here, once: a broken unique constraint
// is a Conflict (Constraint tells which), a broken reference a Conflict with
// the key fault.reference, a full or read-only disk and a server that does not
// answer are Unavailable, and serialisation faults are retried before they
// become that.
package db
