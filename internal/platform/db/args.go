package db

import (
	"database/sql/driver"
	"encoding/json"
	"fmt"
	"math"
	"reflect"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/guildhall/guildhall/internal/platform/fault"
	"github.com/guildhall/guildhall/internal/platform/id"
)

// plain turns an argument into nil, int64, float64, bool, string or []byte, or
// one of the lists for "= ANY($N)": []int64 or []string. Both databases see
// the same value, so they refuse the same ones.
func plain(v any) (any, error) {
	switch x := v.(type) {
	case nil, int64, float64, bool:
		return v, nil
	case string:
		return v, storable(x)
	case []byte:
		if x == nil {
			return nil, nil
		}
		return v, nil
	case int:
		return int64(x), nil
	case id.ID:
		if x == 0 {
			return nil, nil
		}
		return int64(x), nil
	case Time:
		return x.Value()
	case time.Time, *time.Time:
		return nil, fmt.Errorf("db: a bare time.Time is no argument; use db.At")
	case json.RawMessage:
		if x == nil {
			return nil, nil
		}
		return plain(string(x))
	case []int64:
		return v, nil
	case []string:
		for _, s := range x {
			if err := storable(s); err != nil {
				return nil, err
			}
		}
		return v, nil
	case []id.ID:
		list := make([]int64, len(x))
		for i, e := range x {
			list[i] = int64(e)
		}
		return list, nil
	case driver.Valuer:
		if r := reflect.ValueOf(v); r.Kind() == reflect.Pointer && r.IsNil() {
			return nil, nil
		}
		inner, err := x.Value()
		if err != nil {
			return nil, err
		}
		return plain(inner)
	}
	r := reflect.ValueOf(v)
	switch r.Kind() {
	case reflect.Pointer:
		if r.IsNil() {
			return nil, nil
		}
		return plain(r.Elem().Interface())
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		return r.Int(), nil
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		if r.Uint() > math.MaxInt64 {
			return nil, fmt.Errorf("db: %d does not fit 63 bits", r.Uint())
		}
		return int64(r.Uint()), nil
	case reflect.Float32, reflect.Float64:
		return r.Float(), nil
	case reflect.Bool:
		return r.Bool(), nil
	case reflect.String:
		return plain(r.String())
	}
	return nil, fmt.Errorf("db: %T is no argument", v)
}

// storable refuses what PostgreSQL cannot keep in text, on both databases.
func storable(s string) error {
	if strings.IndexByte(s, 0) < 0 && utf8.ValidString(s) {
		return nil
	}
	return fault.New(fault.Invalid, "fault.text")
}
