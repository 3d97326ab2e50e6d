// Package coffee lets people meet who would not have met: groups that are
// paired anew every week or month, lunch with whoever is free now, open hours
// that somebody offers, and a draw for a place beside a guest. Who meets whom is
// decided by package draw; docs/coffee.md says how.
package coffee
