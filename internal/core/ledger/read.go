package ledger

import (
	"context"
	"time"

	"github.com/guildhall/guildhall/internal/core/access"
	"github.com/guildhall/guildhall/internal/platform/db"
	"github.com/guildhall/guildhall/internal/platform/fault"
	"github.com/guildhall/guildhall/internal/platform/id"
)

// Standing is what receipts say about one author and one skill, as far as the
// reader may see their sources. Hidden receipts are not counted.
type Standing struct {
	Author   id.ID
	Skill    id.ID
	Name     string // of the skill
	Answered int    // answers
	Accepted int
	Useful   int // answers that readers found useful
	Verified int
	Endorsed int       // vouches
	Declared bool      // they say so themselves
	Last     time.Time // of the newest receipt that is more than their own word
}

// Proved tells whether there is more than the author's own word.
func (s Standing) Proved() bool { return !s.Last.IsZero() }

// add counts one row of a kind.
func (s *Standing) add(kind Kind, n int, last time.Time) {
	switch kind {
	case Answered:
		s.Answered += n
	case Accepted:
		s.Accepted += n
	case Useful:
		s.Useful += n
	case Verified:
		s.Verified += n
	case Endorsed:
		s.Endorsed += n
	case Declared:
		s.Declared = true
		return
	}
	if last.After(s.Last) {
		s.Last = last
	}
}

// OfAuthor returns an author's standing in every skill, the most receipts
// first.
func OfAuthor(tx *db.Tx, by access.Actor, author id.ID) ([]Standing, error) {
	rows, err := db.All(tx, ofAuthorSQL, scanCount, by.Person, author)
	return standings(rows), err
}

// OfSkill returns the standing of at most limit authors in a skill, those with
// the most weight first. Anonymous authors, leavers and the erased are not
// among them.
func OfSkill(tx *db.Tx, by access.Actor, skill id.ID, limit int) ([]Standing, error) {
	best, err := db.All(tx, bestOfSkillSQL, func(r *db.Rows, n *id.ID) error {
		var weight float64
		return r.Scan(n, &weight)
	}, by.Person, skill, limit)
	if err != nil || len(best) == 0 {
		return nil, err
	}
	rows, err := db.All(tx, ofSkillSQL, scanCount, by.Person, skill, best)
	if err != nil {
		return nil, err
	}
	found := map[id.ID]Standing{}
	for _, s := range standings(rows) {
		found[s.Author] = s
	}
	out := make([]Standing, 0, len(best))
	for _, n := range best {
		out = append(out, found[n])
	}
	return out, nil
}

type count struct {
	author, skill id.ID
	name          string
	kind          Kind
	n             int
	last          time.Time
}

// standings joins rows of one author and skill that follow each other.
func standings(rows []count) []Standing {
	var out []Standing
	at := map[[2]id.ID]int{}
	for _, r := range rows {
		k := [2]id.ID{r.author, r.skill}
		i, known := at[k]
		if !known {
			i = len(out)
			at[k] = i
			out = append(out, Standing{Author: r.author, Skill: r.skill, Name: r.name})
		}
		out[i].add(r.kind, r.n, r.last)
	}
	return out
}

// Line is one line of somebody's own ledger: what one source shows of them for
// one skill.
type Line struct {
	ID     id.ID // of its newest receipt
	Source id.ID
	Skill  id.ID
	Name   string // of the skill, "" when the source names none
	Kinds  []Kind // weakest first
	At     time.Time
	Hidden bool
}

// Own returns the actor's own lines, newest first, after the given place, and
// whether there are more.
func (l *Ledger) Own(ctx context.Context, by access.Actor, after time.Time, afterID id.ID, limit int) (out []Line, more bool, err error) {
	if err := by.NeedKnown(); err != nil {
		return nil, false, err
	}
	if afterID == 0 {
		after, afterID = time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC), id.ID(1<<63-1)
	}
	err = l.DB.Read(ctx, func(tx *db.Tx) error {
		out = nil
		rows, err := db.All(tx, ownSQL, scanLine, by.Person, by.Author, db.At(after), afterID, limit+1)
		if err != nil {
			return err
		}
		if more = len(rows) > limit; more {
			rows = rows[:limit]
		}
		sources := make([]id.ID, len(rows))
		for i, r := range rows {
			sources[i] = r.Source
		}
		kinds, err := db.All(tx, kindsSQL, scanKindRow, by.Person, by.Author, sources)
		if err != nil {
			return err
		}
		for i := range rows {
			for _, k := range kinds {
				if k.source == rows[i].Source && k.skill == rows[i].Skill {
					rows[i].Kinds = append(rows[i].Kinds, k.kind)
				}
			}
		}
		out = rows
		return nil
	})
	return out, more, err
}

type kindRow struct {
	source, skill id.ID
	kind          Kind
}

// Hide hides what a source shows of the actor for one skill from everybody, or
// shows it again. The receipt is one of the actor's own; others are NotFound.
func (l *Ledger) Hide(ctx context.Context, by access.Actor, receipt id.ID, hidden bool) error {
	if err := by.NeedKnown(); err != nil {
		return err
	}
	return l.DB.Write(ctx, func(tx *db.Tx) error {
		var source id.ID
		var skill int64
		ok, err := tx.Row(ownReceiptSQL, []any{&source, &skill}, receipt, by.Author)
		if err != nil {
			return err
		}
		if !ok {
			return fault.Missing()
		}
		if _, err := tx.Exec(hideSQL, hidden, source, by.Author, skill); err != nil {
			return err
		}
		if l.Changed == nil {
			return nil
		}
		return l.Changed(tx, []id.ID{source})
	})
}

// Merge moves every receipt of one skill to another, in the transaction that
// merges the skills. Where a source shows both, one line stays.
func (l *Ledger) Merge(tx *db.Tx, from, into id.ID) error {
	sources, err := db.All(tx, sourcesOfSkillSQL, func(r *db.Rows, n *id.ID) error { return r.Scan(n) }, from)
	if err != nil {
		return err
	}
	if _, err := tx.Exec(mergeReceiptsSQL, into, from); err != nil {
		return err
	}
	if _, err := tx.Exec(dropReceiptsSQL, from); err != nil {
		return err
	}
	for l.Changed != nil && len(sources) > 0 {
		n := min(len(sources), 200)
		if err := l.Changed(tx, sources[:n]); err != nil {
			return err
		}
		sources = sources[n:]
	}
	return nil
}

// Newest returns for each author the source of their newest receipt, as far as
// the reader may see it and its owner shows it; what they say of themselves only
// when there is nothing else. Who has none is not in it.
func Newest(tx *db.Tx, by access.Actor, authors []id.ID) (map[id.ID]id.ID, error) {
	out := map[id.ID]id.ID{}
	if len(authors) == 0 {
		return out, nil
	}
	list, err := db.All(tx, newestSQL, func(r *db.Rows, x *[2]id.ID) error { return r.Scan(&x[0], &x[1]) }, by.Person, authors)
	for _, x := range list {
		if x[1] != 0 {
			out[x[0]] = x[1]
		}
	}
	return out, err
}

// Settled tells which of the sources are answers that settled their question,
// as far as the reader may see it and the owner shows it.
func Settled(tx *db.Tx, by access.Actor, sources []id.ID) (map[id.ID]bool, error) {
	out := map[id.ID]bool{}
	if len(sources) == 0 {
		return out, nil
	}
	list, err := db.All(tx, settledSQL, func(r *db.Rows, n *id.ID) error { return r.Scan(n) }, by.Person, sources)
	for _, n := range list {
		out[n] = true
	}
	return out, err
}
