package vault

import (
	"context"
	"crypto/ecdh"
	"encoding/base64"
	"time"

	"github.com/guildhall/guildhall/internal/core/access"
	"github.com/guildhall/guildhall/internal/core/audit"
	"github.com/guildhall/guildhall/internal/platform/clock"
	"github.com/guildhall/guildhall/internal/platform/db"
	"github.com/guildhall/guildhall/internal/platform/fault"
	"github.com/guildhall/guildhall/internal/platform/id"
)

// Format is the first byte of everything browsers send.
const Format = 1

const (
	publicSize = 1 + 65           // format, a point of P-256
	boxSize    = 1 + 65 + 32 + 16 // format, a point, a key of AES-256, its tag
	ivAndTag   = 12 + 16
	maxPrivate = 1024 // bytes of a sealed private key
	maxKeys    = 100  // that one person makes in all their time
)

// Service keeps keys.
type Service struct {
	DB    *db.DB
	Clock clock.Clock
}

// Key is somebody's key as the server has it.
type Key struct {
	ID      id.ID
	Person  id.ID
	Public  string // base64url of the format and the uncompressed point
	Sealed  string // the private half, sealed with the recovery code; only for its owner
	Made    time.Time
	Current bool
}

func decode(text string) ([]byte, error) { return base64.RawURLEncoding.Strict().DecodeString(text) }

// read decodes a blob of browsers; ok is false when it is none of this format.
func read(text string) (b []byte, ok bool) {
	b, err := decode(text)
	return b, err == nil && len(b) > 1 && b[0] == Format
}

func isPublic(text string) bool {
	b, ok := read(text)
	if !ok || len(b) != publicSize {
		return false
	}
	_, err := ecdh.P256().NewPublicKey(b[1:])
	return err == nil
}

func isPrivate(text string) bool {
	b, ok := read(text)
	return ok && len(b) > 1+ivAndTag && len(b) <= maxPrivate
}

// Own returns the actor's current key; ok is false when they have made none.
func (s *Service) Own(ctx context.Context, by access.Actor) (k Key, ok bool, err error) {
	if err := by.NeedKnown(); err != nil {
		return k, false, err
	}
	err = s.DB.Read(ctx, func(tx *db.Tx) error {
		k, ok, err = own(tx, by.Person)
		return err
	})
	return k, ok, err
}

func own(tx *db.Tx, person id.ID) (Key, bool, error) {
	return db.One(tx, ownKeySQL, func(r *db.Rows, k *Key) error {
		var made db.Time
		err := r.Scan(&k.ID, &k.Person, &k.Public, &k.Sealed, &made)
		k.Made, k.Current = made.Time(), true
		return err
	}, person)
}

// NewKey is a key that a browser made.
type NewKey struct {
	Public   string
	Sealed   string
	Replaces id.ID // the current key, 0 for none
}

// Make keeps a new key of the actor. The one before it, if any, ends: its
// sealed half is forgotten, so that the old recovery code opens nothing more
// here.
//
// Errors: Invalid; Conflict when Replaces is not the current key, or the
// actor has made too many.
func (s *Service) Make(ctx context.Context, by access.Actor, n NewKey) (key id.ID, err error) {
	if err := by.NeedKnown(); err != nil {
		return 0, err
	}
	var c fault.Check
	c.Require(isPublic(n.Public), "public", "fault.vault_shape")
	c.Require(isPrivate(n.Sealed), "sealed", "fault.vault_shape")
	if err := c.Err(); err != nil {
		return 0, err
	}
	err = s.DB.Write(ctx, func(tx *db.Tx) error {
		now := s.Clock.Now()
		before, _, err := own(tx, by.Person)
		if err != nil {
			return err
		}
		if before.ID != n.Replaces {
			return fault.New(fault.Conflict, "fault.vault_keys_changed")
		}
		var made int
		if _, err := tx.Row(countKeysSQL, []any{&made}, by.Person); err != nil {
			return err
		}
		if made >= maxKeys {
			return fault.New(fault.Conflict, "fault.vault_many_keys").With("max", maxKeys)
		}
		act := "vault.made"
		if before.ID != 0 {
			act = "vault.replaced"
			if _, err := tx.Exec(endKeySQL, db.At(now), before.ID); err != nil {
				return err
			}
		}
		key = id.New(now)
		if _, err := tx.Exec(insertKeySQL, key, by.Person, n.Public, n.Sealed, db.At(now)); err != nil {
			return err
		}
		return audit.Record(tx, audit.Act{Actor: by.Person, Action: act})
	})
	return key, err
}

// Reseal keeps the private half of the actor's current key as another recovery
// code has sealed it. The old code opens nothing more here.
//
// Errors: Invalid; NotFound when it is not the actor's current key.
func (s *Service) Reseal(ctx context.Context, by access.Actor, key id.ID, sealed string) error {
	if err := by.NeedKnown(); err != nil {
		return err
	}
	var c fault.Check
	c.Require(isPrivate(sealed), "sealed", "fault.vault_shape")
	return s.DB.Write(ctx, func(tx *db.Tx) error {
		mine, ok, err := own(tx, by.Person)
		if err != nil {
			return err
		}
		if !ok || mine.ID != key {
			return fault.Missing()
		}
		if err := c.Err(); err != nil {
			return err
		}
		if _, err := tx.Exec(resealSQL, sealed, key, by.Person); err != nil {
			return err
		}
		return audit.Record(tx, audit.Act{Actor: by.Person, Action: "vault.resealed"})
	})
}
