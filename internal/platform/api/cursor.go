package api

import (
	"encoding/base64"

	"github.com/guildhall/guildhall/internal/platform/fault"
	"github.com/guildhall/guildhall/internal/platform/id"
)

// keyAt is how long the id at the beginning of a cursor is.
const keyAt = 13

// KeyCursor is a place in a list ordered by sort key and id.
func KeyCursor(key string, n id.ID) string {
	return n.String() + base64.RawURLEncoding.EncodeToString([]byte(key))
}

// ParseKeyCursor reads what KeyCursor made; "" is the beginning of the list.
//
// Errors: Invalid.
func ParseKeyCursor(text string) (string, id.ID, error) {
	if text == "" {
		return "", 0, nil
	}
	if len(text) >= keyAt {
		n, err1 := id.Parse(text[:keyAt])
		key, err2 := base64.RawURLEncoding.DecodeString(text[keyAt:])
		if err1 == nil && err2 == nil {
			return string(key), n, nil
		}
	}
	return "", 0, fault.New(fault.Invalid, "fault.cursor")
}
