// Package throttle says "not so fast": so many at once, then one each interval.
// It keeps one time a key, the moment at which everything taken so far is
// worked off (the generic cell rate algorithm of ITU-T I.371), in the database
// so that all servers count together, or in memory where each may count for
// itself.
package throttle

import (
	"crypto/sha256"
	"encoding/hex"
	"sync"
	"time"

	"github.com/guildhall/guildhall/internal/platform/clock"
	"github.com/guildhall/guildhall/internal/platform/db"
	"github.com/guildhall/guildhall/internal/platform/fault"
)

// Rate is how often something may be done: Burst times at once, then once each
// Every.
type Rate struct {
	Burst int
	Every time.Duration
}

// take returns when the key is worked off after one more, or how long to wait
// before it may be taken.
func (r Rate) take(due, now time.Time) (next time.Time, wait time.Duration) {
	if due.Before(now) {
		due = now
	}
	next = due.Add(r.Every)
	if over := next.Sub(now) - time.Duration(r.Burst)*r.Every; over > 0 {
		return due, over
	}
	return next, 0
}

// Key makes the key of what is limited. Its parts are hashed: a table of who
// tried to sign in would tell who is here.
func Key(parts ...string) string {
	h := sha256.New()
	for _, p := range parts {
		h.Write([]byte(p))
		h.Write([]byte{0})
	}
	return hex.EncodeToString(h.Sum(nil)[:16])
}

// Fault is TooMany with the wait.
func Fault(wait time.Duration) error {
	return fault.New(fault.TooMany, "fault.too_many").With("retry_after", wait.Round(time.Second)+time.Second)
}

// Take counts one, or returns how long to wait before it may be done.
func Take(tx *db.Tx, key string, r Rate) (wait time.Duration, err error) {
	now := tx.Now().Time()
	var due db.Time
	if _, err := tx.Row(dueSQL, []any{&due}, key); err != nil {
		return 0, err
	}
	next, wait := r.take(due.Time(), now)
	if wait > 0 {
		return wait, nil
	}
	_, err = tx.Exec(takeSQL, key, db.At(next))
	return 0, err
}

// Give takes one back: it turned out to be harmless.
func Give(tx *db.Tx, key string, r Rate) error {
	var due db.Time
	found, err := tx.Row(dueSQL, []any{&due}, key)
	if err != nil || !found {
		return err
	}
	_, err = tx.Exec(takeSQL, key, db.At(due.Time().Add(-r.Every)))
	return err
}

// Sweep forgets what is worked off and returns how many that were.
func Sweep(tx *db.Tx) (int64, error) { return tx.Exec(sweepSQL, tx.Now()) }

// Memory counts within this server.
type Memory struct {
	Clock clock.Clock
	Rate  Rate

	mu   sync.Mutex
	due  map[string]time.Time
	next time.Time // when to forget what is worked off
}

// Take counts one, or returns how long to wait before it may be done.
func (m *Memory) Take(key string) (wait time.Duration) {
	now := m.Clock.Now()
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.due == nil {
		m.due = map[string]time.Time{}
	}
	if !now.Before(m.next) {
		for k, t := range m.due {
			if !t.After(now) {
				delete(m.due, k)
			}
		}
		m.next = now.Add(time.Minute)
	}
	next, wait := m.Rate.take(m.due[key], now)
	if wait == 0 {
		m.due[key] = next
	}
	return wait
}
