// Package migrations holds the schema of both databases, one forward-only tree.
package migrations

import "embed"

// Files are the migrations in the order of their names.
//
//go:embed *.sql
var Files embed.FS
