// Package search finds everything by its words. A practice saves the words of
// a thing in the transaction that saves the thing. SQLite's FTS5 and
// PostgreSQL's full text stand behind one seam; what a person may see is
// joined in the query that searches.
package search

import (
	"github.com/guildhall/guildhall/internal/core/subject"
	"github.com/guildhall/guildhall/internal/platform/db"
	"github.com/guildhall/guildhall/internal/platform/id"
)

// Doc is one thing to be found. ID is its subject's.
type Doc struct {
	ID       id.ID
	Kind     subject.Kind
	Audience id.ID
	Parent   id.ID
	Title    string
	Tags     string // names of skills, space between
	Body     string // Markdown or plain text
	Lang     string // BCP 47, "und" when unknown
}

// Save makes the doc findable by its words, new or changed.
func Save(tx *db.Tx, d Doc) error {
	if d.Lang == "" {
		d.Lang = "und"
	}
	if tx.Dialect() == db.Postgres {
		_, err := tx.Exec(savePostgresSQL, d.ID, string(d.Kind), d.Audience, d.Parent, d.Lang, d.Title, d.Tags, d.Body)
		return err
	}
	if _, err := tx.Exec(saveSQLiteSQL, d.ID, string(d.Kind), d.Audience, d.Parent, d.Lang); err != nil {
		return err
	}
	_, err := tx.Exec(saveWordsSQLiteSQL, d.ID, d.Title, d.Tags, d.Body)
	return err
}

// Remove makes the doc unfindable.
func Remove(tx *db.Tx, doc id.ID) error {
	_, err := tx.Exec(removeSQL, doc)
	return err
}
