// Package migrations holds the schema of both databases as one tree of files.
package migrations

import "embed"

// FS has the migrations in its root. platform/db.Migrate applies them.
//
//go:embed *.sql
var FS embed.FS
