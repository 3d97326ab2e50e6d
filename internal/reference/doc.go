// Package reference is the API as pages to read: every operation with what it
// takes and gives, taken from the same description that programs read.
package reference
