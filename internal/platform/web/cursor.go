package web

import (
	"encoding/base64"
	"encoding/binary"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/guildhall/guildhall/internal/platform/fault"
	"github.com/guildhall/guildhall/internal/platform/id"
)

// Cursor is a place in a list ordered by (time, id): the last row somebody
// saw. It means something to the list that made it only.
type Cursor struct {
	At time.Time // UTC, microseconds
	ID id.ID
}

// IsZero tells whether the cursor is the beginning of the list.
func (c Cursor) IsZero() bool { return c.ID == 0 && c.At.IsZero() }

// String prints the cursor for a URL: base64url of the time in microseconds
// since 1970 and the id, 22 characters; the zero cursor is "".
func (c Cursor) String() string {
	if c.IsZero() {
		return ""
	}
	var b [16]byte
	binary.BigEndian.PutUint64(b[:8], uint64(c.At.UnixMicro()))
	binary.BigEndian.PutUint64(b[8:], uint64(c.ID))
	return base64.RawURLEncoding.EncodeToString(b[:])
}

// Years 1 and 9999, between which both databases keep times.
const (
	firstMicro = -62135596800_000000
	lastMicro  = 253402300799_999999
)

// ParseCursor reads what String printed. Anything else is fault.Invalid.
func ParseCursor(s string) (Cursor, error) {
	if s == "" {
		return Cursor{}, nil
	}
	b, err := base64.RawURLEncoding.Strict().DecodeString(s)
	if err != nil || len(b) != 16 {
		return Cursor{}, fault.New(fault.Invalid, "fault.cursor")
	}
	at, row := int64(binary.BigEndian.Uint64(b[:8])), int64(binary.BigEndian.Uint64(b[8:]))
	if at < firstMicro || at > lastMicro || row < 0 {
		return Cursor{}, fault.New(fault.Invalid, "fault.cursor")
	}
	return Cursor{At: time.UnixMicro(at).UTC(), ID: id.ID(row)}, nil
}

// Local returns to when it is a path on this server, otherwise the other path.
// Addresses of other servers in any disguise (//host, /\host, controls) are
// refused.
func Local(to, otherwise string) string {
	if len(to) == 0 || len(to) > 2000 || to[0] != '/' || strings.HasPrefix(to, "//") || !clean(to) {
		return otherwise
	}
	for i := range len(to) {
		if to[i] == '\\' || to[i] < ' ' || to[i] == 0x7f {
			return otherwise
		}
	}
	u, err := url.Parse(to)
	if err != nil || u.Scheme != "" || u.Host != "" || u.User != nil || strings.HasPrefix(u.Path, "//") {
		return otherwise
	}
	return to
}

// See answers a form that was carried out: 303 to a page of this server. An
// address that is not local leads home.
func See(w http.ResponseWriter, r *http.Request, to string) error {
	http.Redirect(w, r, Local(to, "/"), http.StatusSeeOther)
	return nil
}
