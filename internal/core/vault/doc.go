// Package vault keeps what only the browsers of a few people can read: their
// keys, and notes that are sealed with them. It knows shapes, sizes and who
// wrote what; it never holds a private key, a recovery code or a word of a
// note. The format and what it protects against stand in docs/vault.md.
//
// A practice opens its room for the actor first and then calls Notes, Write,
// Rewrite, Delete or Share within the same transaction.
package vault
