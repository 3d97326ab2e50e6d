// Package signed makes links and addresses that work without signing in: each
// names one thing and one person and is good for one purpose only. Whoever
// opens such a link acts as that person for that thing and for nothing else.
package signed

import (
	"context"
	"crypto/hmac"
	"encoding/base32"
	"strings"

	"github.com/guildhall/guildhall/internal/platform/fault"
	"github.com/guildhall/guildhall/internal/platform/id"
)

// idLength is how many characters an id is printed in.
const idLength = 13

// letters prints what survives mail systems that fold case.
var letters = base32.StdEncoding.WithPadding(base32.NoPadding)

// Signer signs a text with the key of the house, at least 10 bytes.
type Signer func(ctx context.Context, text string) ([]byte, error)

// Token names a thing and a person for a purpose.
func (s Signer) Token(ctx context.Context, purpose string, thing, person id.ID) (string, error) {
	mac, err := s(ctx, purpose+"."+thing.String()+"."+person.String())
	if err != nil {
		return "", err
	}
	return thing.String() + person.String() + strings.ToLower(letters.EncodeToString(mac[:10])), nil
}

// Open reads what Token printed.
//
// Errors: NotFound for what was not signed here, or for another purpose.
func (s Signer) Open(ctx context.Context, purpose, token string) (thing, person id.ID, err error) {
	token = strings.ToLower(token)
	if len(token) != 2*idLength+16 {
		return 0, 0, fault.Missing()
	}
	thing, err1 := id.Parse(token[:idLength])
	person, err2 := id.Parse(token[idLength : 2*idLength])
	if err1 != nil || err2 != nil {
		return 0, 0, fault.Missing()
	}
	want, err := s.Token(ctx, purpose, thing, person)
	if err != nil {
		return 0, 0, err
	}
	if !hmac.Equal([]byte(want), []byte(token)) {
		return 0, 0, fault.Missing()
	}
	return thing, person, nil
}
