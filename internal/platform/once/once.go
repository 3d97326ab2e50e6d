// Package once keeps the answers to requests that carry an Idempotency-Key, so
// that a program that does not know whether its request arrived may send it
// again and gets the same answer, once carried out (the draft
// "The Idempotency-Key HTTP Header Field" of the IETF's httpapi group).
package once

import (
	"context"
	"errors"
	"time"

	"github.com/guildhall/guildhall/internal/platform/clock"
	"github.com/guildhall/guildhall/internal/platform/db"
	"github.com/guildhall/guildhall/internal/platform/fault"
	"github.com/guildhall/guildhall/internal/platform/id"
)

// Life is how long an answer is kept.
const Life = 24 * time.Hour

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

// errRefused undoes what a refused request did.
var errRefused = errors.New("once: the request was refused")

// Do carries out a request of an owner, named by a hash, unless it was carried
// out with this key before; earlier tells which. The answer of do is kept in
// the transaction that does the work, so that a server that dies leaves both or
// neither. The same request sent several times at once waits for the first.
//
// do works with the context it is given, see db.DB.Together, and returns nil
// when the request was refused: then nothing was done, a is nil, and the key is
// free. It may run more than once.
//
// Errors: Invalid when the key is malformed or was used for another request;
// what the database says.
func (k *Keeper) Do(ctx context.Context, owner id.ID, key, request string, do func(context.Context) *Answer) (a *Answer, earlier bool, err error) {
	if !keyOK(key) {
		return nil, false, fault.New(fault.Invalid, "fault.once_key").With("max", MaxKey)
	}
	err = k.DB.Together(ctx, func(ctx context.Context, tx *db.Tx) error {
		a, earlier = nil, false
		now := k.Clock.Now()
		var was string
		var kept Answer
		var at db.Time
		found, err := tx.Row(answerSQL, []any{&was, &kept.Status, &kept.Body, &at}, owner, key)
		if err != nil {
			return err
		}
		if found && now.Sub(at.Time()) < Life {
			if was != request {
				return fault.New(fault.Invalid, "fault.once_other")
			}
			a, earlier = &kept, true
			return nil
		}
		answer := do(ctx)
		if answer == nil {
			return errRefused
		}
		if _, err := tx.Exec(keepSQL, owner, key, request, answer.Status, answer.Body, db.At(now)); err != nil {
			return err
		}
		a = answer
		return nil
	})
	if errors.Is(err, errRefused) {
		return nil, false, nil
	}
	return a, earlier, err
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
