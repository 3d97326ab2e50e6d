package login

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"fmt"
	"runtime"
	"strings"
	"time"

	"golang.org/x/crypto/argon2"

	"github.com/guildhall/guildhall/internal/platform/fault"
)

// Cost is what one hash costs. It stands in every hash (PHC string), so that a
// later version may ask for more and old hashes still verify.
type Cost struct {
	Memory uint32 // KiB
	Passes uint32
	Lanes  uint8
}

// DefaultCost is one of the five equally strong choices for argon2id in the
// OWASP Password Storage Cheat Sheet: about 25 ms on one core. Those with more
// memory and fewer passes would leave a server that shall live in 150 MB with
// twice as much garbage after each sign-in.
var DefaultCost = Cost{Memory: 9 << 10, Passes: 4, Lanes: 1}

// maxMemory and maxPasses bound what a stored hash can make us spend.
const (
	maxMemory = 256 << 10
	maxPasses = 16
	saltLen   = 16
	keyLen    = 32
)

// hasher hashes and verifies secrets, a few at a time.
type hasher struct {
	cost  Cost
	slots chan struct{} // as many as may hash at once
	queue chan struct{} // as many as may wait or hash
	dummy string        // the hash of nothing anybody knows
}

// newHasher returns a hasher. Half of the processors hash at once, so that a
// morning on which everybody signs in leaves the other half for pages, and the
// memory is bounded.
func newHasher(c Cost) *hasher {
	n := max(runtime.GOMAXPROCS(0)/2, 1)
	h := &hasher{cost: c, slots: make(chan struct{}, n), queue: make(chan struct{}, n+200)}
	var b [24]byte
	_, _ = rand.Read(b[:])
	salt := b[:saltLen]
	// Nobody can find a secret for a key that no secret gave.
	key := make([]byte, keyLen)
	_, _ = rand.Read(key)
	h.dummy = phc(c, salt, key)
	return h
}

// busy is what somebody gets when 200 others wait.
func busy() error {
	return fault.New(fault.Unavailable, "fault.sign_in_busy").With("retry_after", 10*time.Second)
}

// work runs fn when it is its turn.
func (h *hasher) work(ctx context.Context, fn func()) error {
	select {
	case h.queue <- struct{}{}:
		defer func() { <-h.queue }()
	default:
		return busy()
	}
	select {
	case h.slots <- struct{}{}:
		defer func() { <-h.slots }()
	case <-ctx.Done():
		return ctx.Err()
	}
	fn()
	return nil
}

// hash returns the PHC string of the secret.
func (h *hasher) hash(ctx context.Context, secret string) (out string, err error) {
	salt := make([]byte, saltLen)
	_, _ = rand.Read(salt)
	err = h.work(ctx, func() {
		out = phc(h.cost, salt, argon2.IDKey([]byte(secret), salt, h.cost.Passes, h.cost.Memory, h.cost.Lanes, keyLen))
	})
	return out, err
}

// verify tells whether the secret belongs to the hash. An empty hash, of
// somebody unknown or without a secret, takes as long and is never right.
func (h *hasher) verify(ctx context.Context, stored, secret string) (ok bool, err error) {
	known := stored != ""
	if !known {
		stored = h.dummy
	}
	c, salt, key, err := parsePHC(stored)
	if err != nil {
		return false, err
	}
	err = h.work(ctx, func() {
		got := argon2.IDKey([]byte(secret), salt, c.Passes, c.Memory, c.Lanes, uint32(len(key)))
		ok = subtle.ConstantTimeCompare(got, key) == 1 && known
	})
	return ok, err
}

// stale tells whether a hash was made at another cost than today's.
func (h *hasher) stale(stored string) bool {
	c, _, _, err := parsePHC(stored)
	return err == nil && c != h.cost
}

func phc(c Cost, salt, key []byte) string {
	b := base64.RawStdEncoding
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s", argon2.Version, c.Memory, c.Passes, c.Lanes, b.EncodeToString(salt), b.EncodeToString(key))
}

var errHash = errors.New("login: a stored hash cannot be read")

// parsePHC reads what phc printed (the PHC string format).
func parsePHC(s string) (c Cost, salt, key []byte, err error) {
	parts := strings.Split(s, "$")
	if len(parts) != 6 || parts[0] != "" || parts[1] != "argon2id" || parts[2] != fmt.Sprintf("v=%d", argon2.Version) {
		return c, nil, nil, errHash
	}
	if n, err := fmt.Sscanf(parts[3], "m=%d,t=%d,p=%d", &c.Memory, &c.Passes, &c.Lanes); err != nil || n != 3 ||
		fmt.Sprintf("m=%d,t=%d,p=%d", c.Memory, c.Passes, c.Lanes) != parts[3] {
		return c, nil, nil, errHash
	}
	if c.Memory == 0 || c.Memory > maxMemory || c.Passes == 0 || c.Passes > maxPasses || c.Lanes == 0 {
		return c, nil, nil, errHash
	}
	b := base64.RawStdEncoding.Strict()
	if salt, err = b.DecodeString(parts[4]); err != nil || len(salt) < 8 {
		return c, nil, nil, errHash
	}
	if key, err = b.DecodeString(parts[5]); err != nil || len(key) < 16 || len(key) > 64 {
		return c, nil, nil, errHash
	}
	return c, salt, key, nil
}
