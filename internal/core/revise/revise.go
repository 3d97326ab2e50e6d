// Package revise keeps every version of a text that was changed. A text that
// was never changed has no versions: its first is written when the second is.
package revise

import (
	"math"
	"strings"
	"time"

	"github.com/guildhall/guildhall/internal/core/access"
	"github.com/guildhall/guildhall/internal/platform/clock"
	"github.com/guildhall/guildhall/internal/platform/db"
	"github.com/guildhall/guildhall/internal/platform/id"
)

// Version is a text as it stood from a time on.
type Version struct {
	ID       id.ID
	Subject  id.ID
	Audience id.ID
	Number   int // from 1
	Author   id.ID
	Title    string
	Body     string
	Skills   []string
	Note     string // why it was changed
	At       time.Time
}

// Keep writes the new version, and the version before it when it is the first
// change.
func Keep(tx *db.Tx, c clock.Clock, was, now Version) error {
	var last int
	if _, err := tx.Row(lastSQL, []any{&last}, was.Subject); err != nil {
		return err
	}
	if last == 0 {
		last = 1
		if err := insert(tx, c, was, last); err != nil {
			return err
		}
	}
	return insert(tx, c, now, last+1)
}

// Import writes a version with the id and number it brings, over the one of
// that id that an earlier import wrote. Where its number is taken the text was
// changed here meanwhile: the history stays as it is.
func Import(tx *db.Tx, v Version) error {
	skills := strings.Join(v.Skills, "\n")
	n, err := tx.Exec(importAgainSQL, v.Title, v.Body, skills, v.Note, v.ID)
	if err != nil || n > 0 {
		return err
	}
	_, err = tx.Exec(importSQL, v.ID, v.Subject, v.Audience, v.Number, v.Author, v.Title, v.Body, skills, v.Note, db.At(v.At))
	return err
}

func insert(tx *db.Tx, c clock.Clock, v Version, number int) error {
	if v.ID == 0 {
		v.ID = id.New(c.Now())
	}
	_, err := tx.Exec(insertSQL, v.ID, v.Subject, v.Audience, number, v.Author, v.Title, v.Body,
		strings.Join(v.Skills, "\n"), v.Note, db.At(v.At))
	return err
}

// History returns the versions of a subject the actor may see, newest first:
// those before a number, or the newest for 0.
func History(tx *db.Tx, by access.Actor, subject id.ID, before, limit int) ([]Version, error) {
	if before == 0 {
		before = math.MaxInt32
	}
	return db.All(tx, historySQL, scan, by.Person, subject, before, limit)
}

// Text is the whole version as one text: title, body and skills.
func (v Version) Text() string {
	out := v.Body
	if v.Title != "" {
		out = v.Title + "\n\n" + out
	}
	if len(v.Skills) > 0 {
		out += "\n\n" + strings.Join(v.Skills, ", ")
	}
	return out
}
