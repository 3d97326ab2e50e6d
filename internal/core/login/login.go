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
	"github.com/guildhall/guildhall/internal/core/audit"
	"github.com/guildhall/guildhall/internal/platform/clock"
	"github.com/guildhall/guildhall/internal/platform/db"
	"github.com/guildhall/guildhall/internal/platform/fault"
	"github.com/guildhall/guildhall/internal/platform/id"
)

// How long each kind of proof lasts.
const (
	LoginLife  = 90 * 24 * time.Hour // since it was last used
	LinkLife   = 20 * time.Minute
	InviteLife = 14 * 24 * time.Hour
	CardLife   = 30 * 24 * time.Hour
	seenEvery  = time.Hour // how exactly "last used" is kept
)

// Channel announces that logins ended; the payload is the person's id. Streams
// held open for them look whether they are still let in.
const Channel = "logins"

// TokenPrefix begins every API token, so that a leaked one is recognised by
// secret scanners.
const TokenPrefix = "ghall_"

// Service answers for logins.
type Service struct {
	db     *db.DB
	clock  clock.Clock
	hasher *hasher
	proved []func(tx *db.Tx, person id.ID) error
}

// New returns the service.
func New(d *db.DB, c clock.Clock) *Service {
	return &Service{db: d, clock: c, hasher: newHasher(DefaultCost)}
}

// OnProved adds what follows, in the same transaction, when somebody has shown
// that they read the mailbox of their address. It is called while the house is
// built.
func (s *Service) OnProved(follow func(tx *db.Tx, person id.ID) error) {
	s.proved = append(s.proved, follow)
}

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

// How a login began.
const (
	bySecret = "secret"
	byLink   = "link" // or a card
)

// Start makes a login for the person and returns its token for the cookie.
func (s *Service) Start(tx *db.Tx, person id.ID, device string) (string, error) {
	return s.start(tx, person, device, bySecret)
}

func (s *Service) start(tx *db.Tx, person id.ID, device, how string) (string, error) {
	token, hash := secret("")
	now := s.clock.Now()
	if len(device) > 200 {
		device = strings.ToValidUTF8(device[:200], "")
	}
	if _, err := tx.Exec(insertLoginSQL, id.New(now), hash, person, device, how, db.At(now), db.At(now.Add(LoginLife))); err != nil {
		return "", err
	}
	return token, audit.Record(tx, audit.Act{Actor: person, Action: "login.started", Detail: device})
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
	if _, err := tx.Exec(insertTokenSQL, id.New(now), hash, person, label, db.At(now), db.At(expires)); err != nil {
		return "", err
	}
	return token, audit.Record(tx, audit.Act{Action: "token.made", Subject: person, Detail: label})
}

// The kinds of one-time links.
const (
	MailLink   = "mail"   // asked for at the door
	InviteLink = "invite" // sent by an admin
	CardLink   = "card"   // printed by an admin
	ShownLink  = "shown"  // shown in a terminal or a log by somebody who runs the server
	DemoLink   = "demo"   // of a demo organisation: works until it ends
)

// NewLink makes a one-time link token of the kind. Links made before stay
// until one of the kind is used: somebody else who asks for a link in my name
// must not take mine away.
func (s *Service) NewLink(tx *db.Tx, person id.ID, kind string, life time.Duration) (string, error) {
	token, hash := secret("")
	now := s.clock.Now()
	_, err := tx.Exec(insertLinkSQL, hash, kind, person, db.At(now), db.At(now.Add(life)))
	return token, err
}

// LinkOf returns whose login a link would start, without using it.
//
// Errors: Gone when it is unknown, used or too old.
func (s *Service) LinkOf(ctx context.Context, token string) (name string, err error) {
	err = s.db.Read(ctx, func(tx *db.Tx) error {
		name = ""
		var person id.ID
		var kind string
		ok, err := tx.Row(linkSQL, []any{&person, &kind, &name}, Hash(token), db.At(s.clock.Now()))
		if err == nil && (!ok || kind == CardLink) {
			return fault.New(fault.Gone, "fault.link_used")
		}
		return err
	})
	return name, err
}

// UseLink ends a one-time link and starts a login for its person. When several
// use it at once, one of them signs in.
//
// Errors: Gone when it is unknown, used or too old.
func (s *Service) UseLink(ctx context.Context, token, device string) (Started, error) {
	var out Started
	err := s.db.Write(ctx, func(tx *db.Tx) error {
		out = Started{}
		var kind, name string
		ok, err := tx.Row(linkSQL, []any{&out.Person, &kind, &name}, Hash(token), db.At(s.clock.Now()))
		if err != nil {
			return err
		}
		// A card proves nothing without the personnel number: see Claim.
		if !ok || kind == CardLink {
			return fault.New(fault.Gone, "fault.link_used")
		}
		if kind != DemoLink {
			if _, err := tx.Exec(useLinksSQL, db.At(s.clock.Now()), out.Person, kind); err != nil {
				return err
			}
		}
		if kind == MailLink || kind == InviteLink {
			// Whoever opened the link reads that mailbox.
			if _, err := tx.Exec(emailProvedSQL, db.At(s.clock.Now()), out.Person); err != nil {
				return err
			}
			for _, follow := range s.proved {
				if err := follow(tx, out.Person); err != nil {
					return err
				}
			}
		}
		out.Cookie, err = s.start(tx, out.Person, device, byLink)
		return err
	})
	return out, err
}

// End ends one login of the person. Ending what has ended changes nothing.
func (s *Service) End(ctx context.Context, person, login id.ID) error {
	return s.db.Write(ctx, func(tx *db.Tx) error {
		_, err := tx.Exec(endSQL, login, person)
		tx.Notify(Channel, person.String())
		return err
	})
}

// EndAll ends every login, token and link of a person, in the transaction in
// which they leave.
func EndAll(tx *db.Tx, person id.ID) error {
	tx.Notify(Channel, person.String())
	for _, sql := range []string{endAllLoginsSQL, endAllTokensSQL, endAllLinksSQL} {
		if _, err := tx.Exec(sql, person); err != nil {
			return err
		}
	}
	return nil
}

// SignedIn tells who of the people has signed in and not been signed out since.
func SignedIn(tx *db.Tx, people []id.ID) (map[id.ID]bool, error) {
	out := map[id.ID]bool{}
	if len(people) == 0 {
		return out, nil
	}
	list, err := db.All(tx, signedInSQL, func(r *db.Rows, n *id.ID) error { return r.Scan(n) }, people)
	for _, n := range list {
		out[n] = true
	}
	return out, err
}
