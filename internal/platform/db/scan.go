package db

import (
	"database/sql"
	"fmt"
	"reflect"
	"unsafe"

	sqlite3 "modernc.org/sqlite/lib"

	"github.com/guildhall/guildhall/internal/platform/id"
)

// scan reads column i of the row the statement stands on into dest.
func (s *sqliteStmt) scan(i int, dest any) error {
	c := s.c
	col := int32(i)
	kind := sqlite3.Xsqlite3_column_type(c.tls, s.p, col)
	switch d := dest.(type) {
	case *int64:
		if kind == sqlite3.SQLITE_INTEGER {
			*d = sqlite3.Xsqlite3_column_int64(c.tls, s.p, col)
			return nil
		}
	case *int:
		if kind == sqlite3.SQLITE_INTEGER {
			*d = int(sqlite3.Xsqlite3_column_int64(c.tls, s.p, col))
			return nil
		}
	case *bool:
		if kind == sqlite3.SQLITE_INTEGER {
			*d = sqlite3.Xsqlite3_column_int64(c.tls, s.p, col) != 0
			return nil
		}
	case *float64:
		if kind == sqlite3.SQLITE_FLOAT || kind == sqlite3.SQLITE_INTEGER {
			*d = sqlite3.Xsqlite3_column_double(c.tls, s.p, col)
			return nil
		}
	case *string:
		if kind == sqlite3.SQLITE_TEXT {
			*d = s.text(col)
			return nil
		}
	case *[]byte:
		switch kind {
		case sqlite3.SQLITE_NULL:
			*d = nil
			return nil
		case sqlite3.SQLITE_BLOB, sqlite3.SQLITE_TEXT:
			*d = s.blob(col)
			return nil
		}
	case *id.ID:
		switch kind {
		case sqlite3.SQLITE_NULL:
			*d = 0
			return nil
		case sqlite3.SQLITE_INTEGER:
			*d = id.ID(sqlite3.Xsqlite3_column_int64(c.tls, s.p, col))
			return nil
		}
	case *Time:
		switch kind {
		case sqlite3.SQLITE_NULL:
			*d = Time{}
			return nil
		case sqlite3.SQLITE_TEXT:
			if t, ok := parseText(s.view(col)); ok {
				*d = Time{t}
				return nil
			}
			return d.parse(s.text(col))
		}
	case *any:
		*d = s.value(col, kind)
		return nil
	case sql.Scanner:
		return d.Scan(s.value(col, kind))
	default:
		return assign(dest, s.value(col, kind))
	}
	return fmt.Errorf("db: cannot scan %s into %T", kindName(kind), dest)
}

func kindName(kind int32) string {
	switch kind {
	case sqlite3.SQLITE_INTEGER:
		return "an integer"
	case sqlite3.SQLITE_FLOAT:
		return "a float"
	case sqlite3.SQLITE_TEXT:
		return "text"
	case sqlite3.SQLITE_BLOB:
		return "bytes"
	}
	return "NULL"
}

func (s *sqliteStmt) value(col, kind int32) any {
	switch kind {
	case sqlite3.SQLITE_INTEGER:
		return sqlite3.Xsqlite3_column_int64(s.c.tls, s.p, col)
	case sqlite3.SQLITE_FLOAT:
		return sqlite3.Xsqlite3_column_double(s.c.tls, s.p, col)
	case sqlite3.SQLITE_TEXT:
		return s.text(col)
	case sqlite3.SQLITE_BLOB:
		return s.blob(col)
	}
	return nil
}

// view is the column's text where SQLite keeps it, valid until the next step.
func (s *sqliteStmt) view(col int32) string {
	p := sqlite3.Xsqlite3_column_text(s.c.tls, s.p, col)
	n := int(sqlite3.Xsqlite3_column_bytes(s.c.tls, s.p, col))
	if p == 0 || n == 0 {
		return ""
	}
	return unsafe.String((*byte)(foreign(p)), n)
}

func (s *sqliteStmt) text(col int32) string {
	v := s.view(col)
	if v == "" {
		return ""
	}
	b := make([]byte, len(v))
	copy(b, v)
	return unsafe.String(&b[0], len(b))
}

func (s *sqliteStmt) blob(col int32) []byte {
	p := sqlite3.Xsqlite3_column_blob(s.c.tls, s.p, col)
	n := int(sqlite3.Xsqlite3_column_bytes(s.c.tls, s.p, col))
	b := make([]byte, n)
	if p != 0 && n != 0 {
		copy(b, unsafe.Slice((*byte)(foreign(p)), n))
	}
	return b
}

// foreign is a pointer to memory that SQLite allocated, which the garbage
// collector neither moves nor frees.
func foreign(p uintptr) unsafe.Pointer {
	return *(*unsafe.Pointer)(unsafe.Pointer(&p))
}

// assign stores v in the variable of any kind that dest points at: named
// types by their kind, pointers for what may be NULL.
func assign(dest, v any) error {
	p := reflect.ValueOf(dest)
	if p.Kind() != reflect.Pointer || p.IsNil() {
		return fmt.Errorf("db: %T is no destination", dest)
	}
	e := p.Elem()
	if e.Kind() == reflect.Pointer {
		if v == nil {
			e.SetZero()
			return nil
		}
		n := reflect.New(e.Type().Elem())
		if sc, ok := n.Interface().(sql.Scanner); ok {
			if err := sc.Scan(v); err != nil {
				return err
			}
		} else if err := assign(n.Interface(), v); err != nil {
			return err
		}
		e.Set(n)
		return nil
	}
	switch x := v.(type) {
	case int64:
		switch e.Kind() {
		case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
			if e.OverflowInt(x) {
				return fmt.Errorf("db: %d does not fit %s", x, e.Type())
			}
			e.SetInt(x)
			return nil
		case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
			if x < 0 || e.OverflowUint(uint64(x)) {
				return fmt.Errorf("db: %d does not fit %s", x, e.Type())
			}
			e.SetUint(uint64(x))
			return nil
		case reflect.Bool:
			e.SetBool(x != 0)
			return nil
		case reflect.Float32, reflect.Float64:
			e.SetFloat(float64(x))
			return nil
		}
	case float64:
		if e.Kind() == reflect.Float32 || e.Kind() == reflect.Float64 {
			e.SetFloat(x)
			return nil
		}
	case string:
		if e.Kind() == reflect.String {
			e.SetString(x)
			return nil
		}
		if e.Kind() == reflect.Slice && e.Type().Elem().Kind() == reflect.Uint8 {
			e.SetBytes([]byte(x))
			return nil
		}
	case []byte:
		if e.Kind() == reflect.Slice && e.Type().Elem().Kind() == reflect.Uint8 {
			e.SetBytes(x)
			return nil
		}
	}
	if v == nil {
		return fmt.Errorf("db: cannot scan NULL into %T", dest)
	}
	return fmt.Errorf("db: cannot scan %T into %T", v, dest)
}
