// Package id makes and prints the identifiers of rows.
//
// An ID is a positive 63-bit number whose upper 43 bits are milliseconds since
// 1970 and whose lower 20 bits are counted from anywhere, so rows sort by the time they were
// made and two servers need not talk to each other. It is shown as 13
// characters of lower-case base32 (Crockford's alphabet, no i, l, o, u) in
// URLs and as the same string in JSON.
package id

import (
	"crypto/rand"
	"database/sql/driver"
	"encoding/binary"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// ID names one row. The zero ID names nothing and is stored as NULL.
type ID int64

const alphabet = "0123456789abcdefghjkmnpqrstvwxyz"

// ErrMalformed is returned by Parse for text that is no ID.
var ErrMalformed = errors.New("id: malformed")

// counter is the next ID's lower half. It begins anywhere, so that two servers
// rarely meet, and counts up whatever time it is: a clock that stands still or
// is moved makes no ID twice.
var counter atomic.Uint32

// New returns an ID for a row made at the given time. IDs made by one process
// for the same millisecond differ until a million have been made, and rise but
// for once in a million.
func New(at time.Time) ID {
	begin.Do(func() {
		var b [4]byte
		_, _ = rand.Read(b[:]) // never fails: crypto/rand.Read ends the program instead
		counter.Store(binary.LittleEndian.Uint32(b[:]) & (1<<19 - 1))
	})
	return ID((at.UnixMilli()<<20 | int64(counter.Add(1)&(1<<20-1))) & (1<<63 - 1))
}

var begin sync.Once

// Random returns an ID that says nothing of when it was made, for anonymous
// posts.
func Random() ID {
	var b [8]byte
	_, _ = rand.Read(b[:])
	return ID(binary.LittleEndian.Uint64(b[:])&(1<<63-1) | 1)
}

// String returns the 13 characters shown to people, "" for the zero ID.
func (i ID) String() string {
	if i == 0 {
		return ""
	}
	var b [13]byte
	v := uint64(i)
	for k := 12; k >= 0; k-- {
		b[k] = alphabet[v&31]
		v >>= 5
	}
	return string(b[:])
}

// Parse reads what String wrote. Capital letters are accepted, and the look-
// alikes i, l (one) and o (zero).
func Parse(s string) (ID, error) {
	if len(s) != 13 {
		return 0, ErrMalformed
	}
	var v uint64
	for k := range len(s) {
		c := s[k] | 0x20
		if s[k] >= '0' && s[k] <= '9' {
			c = s[k]
		}
		switch c {
		case 'i', 'l':
			c = '1'
		case 'o':
			c = '0'
		}
		d := strings.IndexByte(alphabet, c)
		if d < 0 || (k == 0 && d > 7) {
			return 0, ErrMalformed
		}
		v = v<<5 | uint64(d)
	}
	if v == 0 || v > 1<<63-1 {
		return 0, ErrMalformed
	}
	return ID(v), nil
}

// MarshalText prints the ID as in JSON.
func (i ID) MarshalText() ([]byte, error) { return []byte(i.String()), nil }

// UnmarshalText reads an ID; "" is the zero ID.
func (i *ID) UnmarshalText(b []byte) error {
	if len(b) == 0 {
		*i = 0
		return nil
	}
	v, err := Parse(string(b))
	*i = v
	return err
}

// Value stores the zero ID as NULL.
func (i ID) Value() (driver.Value, error) {
	if i == 0 {
		return nil, nil
	}
	return int64(i), nil
}

// Scan reads NULL as the zero ID.
func (i *ID) Scan(src any) error {
	switch v := src.(type) {
	case nil:
		*i = 0
	case int64:
		*i = ID(v)
	default:
		return fmt.Errorf("id: cannot scan %T", src)
	}
	return nil
}
