// Package signin is the door of the house: how somebody comes in with a
// password, a one-time link or a printed card, sees where they are signed in,
// and goes out again. An e-mail address is optional everywhere.
package signin
