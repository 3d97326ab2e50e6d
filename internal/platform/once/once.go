// Package once keeps the answers to requests that carry an Idempotency-Key, so
// that a program that does not know whether its request arrived may send it
// again and gets the same answer, once carried out (the draft
// "The Idempotency-Key HTTP Header Field" of the IETF's httpapi group).
package once

import (
	"context"
	"time"

	"github.com/guildhall/guildhall/internal/platform/clock"
	"github.com/guildhall/guildhall/internal/platform/db"
	"github.com/guildhall/guildhall/internal/platform/fault"
	"github.com/guildhall/guildhall/internal/platform/id"
)

// Life is how long an answer is kept.
const Life = 24 * time.Hour

// lost is after how long a request that never ended is taken for one whose
// server died.
const lost = 2 * time.Minute

// MaxKey bounds a key, in bytes.
const MaxKey = 255

// Answer is what was answered.
type Answer struct {
	Status int
	Body   string // JSON; "" when it held a secret or was empty
}

// Keeper keeps answers in the database.
type Keeper struct {
	DB    *db.DB
	Clock clock.Clock
}

// Begin claims the key of an owner for a request, named by a hash. It returns
// the answer when the same request was carried out before, and nil when it is
// to be carried out now; then Finish follows.
//
// Errors: Invalid when the key is malformed or was used for another request,
// Conflict while the first request is under way or when its end is unknown.
func (k *Keeper) Begin(ctx context.Context, owner id.ID, key, request string) (*Answer, error) {
	if !keyOK(key) {
		return nil, fault.New(fault.Invalid, "fault.once_key").With("max", MaxKey)
	}
	var out *Answer
	err := k.DB.Write(ctx, func(tx *db.Tx) error {
		out = nil
		now := k.Clock.Now()
		if _, err := tx.Exec(expireSQL, owner, key, db.At(now.Add(-Life))); err != nil {
			return err
		}
		n, err := tx.Exec(claimSQL, owner, key, request, db.At(now))
		if err != nil || n == 1 {
			return err
		}
		var was string
		var a Answer
		var at db.Time
		if _, err := tx.Row(answerSQL, []any{&was, &a.Status, &a.Body, &at}, owner, key); err != nil {
			return err
		}
		switch {
		case was != request:
			return fault.New(fault.Invalid, "fault.once_other")
		case a.Status == 0 && now.Sub(at.Time()) > lost:
			return fault.New(fault.Conflict, "fault.once_unknown")
		case a.Status == 0:
			return fault.New(fault.Conflict, "fault.once_running")
		}
		out = &a
		return nil
	})
	return out, err
}

// Finish keeps the answer, or forgets the key when the answer is nil: nothing
// was done, and the request may come again.
func (k *Keeper) Finish(ctx context.Context, owner id.ID, key string, a *Answer) error {
	return k.DB.Write(ctx, func(tx *db.Tx) error {
		if a == nil {
			_, err := tx.Exec(forgetSQL, owner, key)
			return err
		}
		_, err := tx.Exec(keepSQL, a.Status, a.Body, owner, key)
		return err
	})
}

// Sweep forgets answers older than Life and returns how many.
func (k *Keeper) Sweep(ctx context.Context) (n int64, err error) {
	err = k.DB.Write(ctx, func(tx *db.Tx) error {
		n, err = tx.Exec(sweepSQL, db.At(k.Clock.Now().Add(-Life)))
		return err
	})
	return n, err
}

func keyOK(key string) bool {
	for i := range len(key) {
		if key[i] <= ' ' || key[i] > '~' {
			return false
		}
	}
	return key != "" && len(key) <= MaxKey
}
