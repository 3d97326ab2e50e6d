// Package login knows who is signed in where. A Login is one device of one
// person; it is named by a random token of which only a hash is kept. API
// tokens, one-time links and printed cards are kept the same way.
package login

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"strings"
	"time"

	"github.com/guildhall/guildhall/internal/core/access"
	"github.com/guildhall/guildhall/internal/platform/clock"
	"github.com/guildhall/guildhall/internal/platform/db"
	"github.com/guildhall/guildhall/internal/platform/fault"
	"github.com/guildhall/guildhall/internal/platform/id"
)

// How long each kind of proof lasts.
const (
	LoginLife = 90 * 24 * time.Hour // since it was last used
	LinkLife  = 20 * time.Minute
	CardLife  = 30 * 24 * time.Hour
	seenEvery = time.Hour // how exactly "last used" is kept
)

// TokenPrefix begins every API token, so that a leaked one is recognised by
// secret scanners.
const TokenPrefix = "ghall_"

// Service answers for logins.
type Service struct {
	db    *db.DB
	clock clock.Clock
}

// New returns the service.
func New(d *db.DB, c clock.Clock) *Service { return &Service{db: d, clock: c} }

// secret returns a new random token of 160 bits and the hash that is kept.
func secret(prefix string) (token, hash string) {
	var b [20]byte
	_, _ = rand.Read(b[:])
	token = prefix + base64.RawURLEncoding.EncodeToString(b[:])
	return token, Hash(token)
}

// Hash is what is kept of a token. Tokens are random, so a fast hash is enough.
func Hash(token string) string {
	h := sha256.Sum256([]byte(token))
	return hex.EncodeToString(h[:])
}

// Start makes a login for the person and returns its token for the cookie.
func (s *Service) Start(tx *db.Tx, person id.ID, device string) (string, error) {
	token, hash := secret("")
	now := s.clock.Now()
	if len(device) > 200 {
		device = strings.ToValidUTF8(device[:200], "")
	}
	_, err := tx.Exec(insertLoginSQL, id.New(now), hash, person, device, db.At(now), db.At(now.Add(LoginLife)))
	return token, err
}

// Resolve returns the actor behind a cookie's token, nobody when it is unknown,
// ended or its person has left.
func (s *Service) Resolve(ctx context.Context, token string) (access.Actor, error) {
	if token == "" {
		return access.Actor{}, nil
	}
	var a access.Actor
	var seen db.Time
	now := s.clock.Now()
	err := s.db.Read(ctx, func(tx *db.Tx) error {
		a, seen = access.Actor{}, db.Time{}
		_, err := tx.Row(resolveSQL, []any{&a.Login, &seen, &a.Person, &a.Author, &a.Role, &a.Name, &a.Zone, &a.Locale}, Hash(token), db.At(now))
		return err
	})
	if err != nil || !a.Known() || now.Sub(seen.Time()) < seenEvery {
		return a, err
	}
	err = s.db.Write(ctx, func(tx *db.Tx) error {
		_, err := tx.Exec(seenSQL, db.At(now), db.At(now.Add(LoginLife)), a.Login)
		return err
	})
	return a, err
}

// ResolveToken returns the actor behind an API token, nobody when it is
// unknown, ended or its person has left.
func (s *Service) ResolveToken(ctx context.Context, token string) (access.Actor, error) {
	var a access.Actor
	if !strings.HasPrefix(token, TokenPrefix) {
		return a, nil
	}
	var n id.ID
	var used db.Time
	now := s.clock.Now()
	err := s.db.Read(ctx, func(tx *db.Tx) error {
		a, used = access.Actor{}, db.Time{}
		_, err := tx.Row(resolveTokenSQL, []any{&n, &used, &a.Person, &a.Author, &a.Role, &a.Name, &a.Zone, &a.Locale}, Hash(token), db.At(now))
		return err
	})
	if err != nil || !a.Known() || now.Sub(used.Time()) < seenEvery {
		return a, err
	}
	err = s.db.Write(ctx, func(tx *db.Tx) error {
		_, err := tx.Exec(tokenUsedSQL, db.At(now), n)
		return err
	})
	return a, err
}

// NewToken makes an API token for a person and returns it; it cannot be shown
// again. A zero expiry never ends.
func (s *Service) NewToken(tx *db.Tx, person id.ID, label string, expires time.Time) (string, error) {
	label = strings.TrimSpace(label)
	if label == "" {
		label = "API"
	}
	if len(label) > 100 {
		var c fault.Check
		c.Bad("label", "fault.too_long", "max", 100)
		return "", c.Err()
	}
	token, hash := secret(TokenPrefix)
	now := s.clock.Now()
	_, err := tx.Exec(insertTokenSQL, id.New(now), hash, person, label, db.At(now), db.At(expires))
	return token, err
}

// NewLink makes a one-time link token of the kind (mail, card, invite). Links
// made before for the same person and kind stop working.
func (s *Service) NewLink(tx *db.Tx, person id.ID, kind string, life time.Duration) (string, error) {
	token, hash := secret("")
	now := s.clock.Now()
	if _, err := tx.Exec(dropLinksSQL, person, kind); err != nil {
		return "", err
	}
	_, err := tx.Exec(insertLinkSQL, hash, kind, person, db.At(now), db.At(now.Add(life)))
	return token, err
}

// UseLink ends a one-time link and starts a login for its person. An unknown,
// used or expired link is Gone.
func (s *Service) UseLink(ctx context.Context, token, device string) (cookie string, person id.ID, err error) {
	err = s.db.Write(ctx, func(tx *db.Tx) error {
		now := s.clock.Now()
		person = 0
		var kind string
		if _, err := tx.Row(linkSQL, []any{&person, &kind}, Hash(token), db.At(now)); err != nil {
			return err
		}
		if person == 0 {
			return fault.New(fault.Gone, "fault.link_used")
		}
		if _, err := tx.Exec(useLinkSQL, db.At(now), Hash(token)); err != nil {
			return err
		}
		if kind == "mail" || kind == "invite" {
			// Whoever opened the link reads that mailbox.
			if _, err := tx.Exec(emailProvedSQL, db.At(now), person); err != nil {
				return err
			}
		}
		cookie, err = s.Start(tx, person, device)
		return err
	})
	return cookie, person, err
}

// End ends one login of the person. Ending what has ended changes nothing.
func (s *Service) End(ctx context.Context, person, login id.ID) error {
	return s.db.Write(ctx, func(tx *db.Tx) error {
		_, err := tx.Exec(endSQL, login, person)
		return err
	})
}

// EndAll ends every login, token and link of a person, in the transaction in
// which they leave.
func EndAll(tx *db.Tx, person id.ID) error {
	for _, sql := range []string{endAllLoginsSQL, endAllTokensSQL, endAllLinksSQL} {
		if _, err := tx.Exec(sql, person); err != nil {
			return err
		}
	}
	return nil
}
