// Package search finds everything by its words. A practice saves the words of
// a thing in the transaction that saves the thing. SQLite's FTS5 and
// PostgreSQL's full text stand behind one seam; what a person may see is
// joined in the query that searches.
//
// Words are folded here, before either database sees them, so that both find
// the same things.
//
// SQLite keeps people, skills, titles and whole texts in tables of their own:
// what is asked of names then never reads what a hundred thousand posts say, and
// most searches end among titles.
package search

import (
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"

	"github.com/guildhall/guildhall/internal/core/subject"
	"github.com/guildhall/guildhall/internal/platform/db"
	"github.com/guildhall/guildhall/internal/platform/id"
)

// Doc is one thing to be found. ID is its subject's. What was saved with a
// title or tags is never saved without any.
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

// maxBody is how much of a text can be found by its words, in bytes.
const maxBody = 64 << 10

// Save makes the doc findable by its words, new or changed.
func Save(tx *db.Tx, d Doc) error {
	if d.Lang == "" {
		d.Lang = "und"
	}
	if len(d.Body) > maxBody {
		d.Body = d.Body[:maxBody]
	}
	title, tags, body := Fold(d.Title), Fold(d.Tags), Fold(d.Body)
	if tx.Dialect() == db.Postgres {
		_, err := tx.Exec(savePostgresSQL, d.ID, string(d.Kind), d.Audience, d.Parent, d.Lang, title, tags, body)
		return err
	}
	if _, err := tx.Exec(saveSQLiteSQL, d.ID, string(d.Kind), d.Audience, d.Parent, d.Lang); err != nil {
		return err
	}
	switch d.Kind {
	case subject.Person:
		return tx.ExecLast(int64(d.ID), savePersonSQLiteSQL, d.ID, title, tags, body)
	case subject.Skill:
		return tx.ExecLast(int64(d.ID), saveSkillSQLiteSQL, d.ID, title, tags, body)
	}
	title = strings.TrimSpace(title + " " + tags)
	if title != "" {
		if err := tx.ExecLast(int64(d.ID), saveTitleSQLiteSQL, d.ID, title); err != nil {
			return err
		}
		body = title + " " + body
	}
	return tx.ExecLast(int64(d.ID), saveTextSQLiteSQL, d.ID, kindWord(d.Kind)+" "+body)
}

// kindWord is a word of every text of the kind, to look for those of one kind
// only. No text has it otherwise, since the sign is no letter.
func kindWord(k subject.Kind) string { return "§" + string(k) }

// Remove makes the doc unfindable. Words saved in the same commit may stay in
// the full-text table: without its doc nobody finds them.
func Remove(tx *db.Tx, doc id.ID) error {
	_, err := tx.Exec(removeSQL, doc)
	return err
}

// signs are names whose signs are what tells them apart.
var signs = strings.NewReplacer("c++", "cpp", "C++", "cpp", "c#", "csharp", "C#", "csharp", "f#", "fsharp", "F#", "fsharp")

// Fold returns the words of a text, lower case, without accents, one space
// between. C++, C# and F# stay apart from C and F.
func Fold(s string) string {
	if strings.ContainsAny(s, "+#") {
		s = signs.Replace(s)
	}
	for i := range len(s) {
		if s[i] >= 0x80 {
			s = norm.NFKD.String(s)
			break
		}
	}
	var b strings.Builder
	b.Grow(len(s))
	gap := false
	for _, r := range s {
		switch {
		case r >= 'a' && r <= 'z' || r >= '0' && r <= '9':
		case r >= 'A' && r <= 'Z':
			r += 'a' - 'A'
		case r < 0x80:
			gap = b.Len() > 0
			continue
		case unicode.Is(unicode.Mn, r):
			continue
		case unicode.IsLetter(r) || unicode.IsDigit(r):
			r = unicode.ToLower(r)
		default:
			gap = b.Len() > 0
			continue
		}
		if gap {
			b.WriteByte(' ')
			gap = false
		}
		b.WriteRune(r)
	}
	return b.String()
}
