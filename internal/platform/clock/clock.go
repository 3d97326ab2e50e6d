// Package clock hands the time to whoever needs it, so that tests and the
// demo organisation can move it.
package clock

import (
	"sync"
	"time"
)

// Clock tells the time in UTC, cut to microseconds, which is what both
// databases keep.
type Clock interface {
	Now() time.Time
}

// System is the machine's clock.
type System struct{}

// Now returns the present time.
func (System) Now() time.Time { return time.Now().UTC().Truncate(time.Microsecond) }

// Moved is a clock that stands still until it is set. It is safe for
// concurrent use.
type Moved struct {
	mu sync.Mutex
	at time.Time
}

// NewMoved returns a clock standing at the given time.
func NewMoved(at time.Time) *Moved {
	return &Moved{at: at.UTC().Truncate(time.Microsecond)}
}

// Now returns the time last set.
func (m *Moved) Now() time.Time {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.at
}

// Set moves the clock, backwards too.
func (m *Moved) Set(at time.Time) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.at = at.UTC().Truncate(time.Microsecond)
}

// Advance moves the clock on by d.
func (m *Moved) Advance(d time.Duration) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.at = m.at.Add(d).Truncate(time.Microsecond)
}
