package id

import (
	"hash/fnv"
	"time"
)

// Derived returns the ID of a row that an import brings: the same time and key
// give the same ID, so that a repeated import makes the same rows.
func Derived(at time.Time, key string) ID {
	h := fnv.New64a()
	_, _ = h.Write([]byte(key)) // a hash does not fail
	v := h.Sum64()
	// FNV's low bits of short keys are close together: fold the high ones in.
	v ^= v >> 29
	v *= 0xbf58476d1ce4e5b9
	v ^= v >> 32
	ms := at.UnixMilli()
	if ms < 0 {
		ms = 0
	}
	n := ID((ms<<20 | int64(v&(1<<20-1))) & (1<<63 - 1))
	if n == 0 {
		n = 1
	}
	return n
}
