// Package ledger keeps the receipts: one line for every thing that shows that
// somebody knows something. Who knows, profiles, gaps, badges and insights read
// the ledger and nothing else.
//
// A receipt is derived from its source and from nothing else. A practice says
// which receipts a source gives (Source); the ledger replaces them whenever an
// event touches the source, and a rebuild asks every source again and reaches
// the same rows.
package ledger

import (
	"context"
	"math"
	"sort"
	"time"

	"github.com/guildhall/guildhall/internal/core/event"
	"github.com/guildhall/guildhall/internal/platform/clock"
	"github.com/guildhall/guildhall/internal/platform/db"
	"github.com/guildhall/guildhall/internal/platform/id"
)

// Kind is what a receipt is for.
type Kind string

// The kinds of receipts of the first practices, weakest first.
const (
	Declared Kind = "declared" // said so themselves
	Answered Kind = "answered" // answered a question about it
	Useful   Kind = "useful"   // readers found the answer useful
	Verified Kind = "verified" // checked the answer and found it still true
	Endorsed Kind = "endorsed" // a colleague vouched with a note about real work
	Accepted Kind = "accepted" // the answer settled the question
	Learnt   Kind = "learnt"   // reached a goal or took a lesson that others confirmed
	Taught   Kind = "taught"   // helped somebody reach a goal, or gave a lesson that they confirmed
	Used     Kind = "used"     // whoever was helped used it a month later
)

// HalfLife is the time after which a receipt counts half. Skills of a trade
// age over years; two years keeps last year's work well above the work of five
// years ago.
const HalfLife = 2 * 365 * 24 * time.Hour

// Decay is what a weight is worth after the age: between 1 and 0.
func Decay(age time.Duration) float64 {
	if age <= 0 {
		return 1
	}
	return math.Exp2(-float64(age) / float64(HalfLife))
}

// Receipt is one line of the ledger. Source, Author, Kind and Skill are its
// key.
type Receipt struct {
	ID       id.ID
	Source   id.ID // the subject that proves it
	Author   id.ID // the person's own author, or an imported one
	Kind     Kind
	Skill    id.ID // 0 when the source names no skill
	Audience id.ID // of the source: who may not see the source does not count it
	Weight   float64
	At       time.Time
	Hidden   bool // by its owner
}

// Source says which receipts subjects of some kinds give.
type Source struct {
	// Name stands in the progress of a rebuild.
	Name string
	// Of returns the receipts which the events make stale and as they are
	// now: sources lists every subject asked again, also those that give
	// nothing any more.
	Of func(tx *db.Tx, events []event.Event) (sources []id.ID, receipts []Receipt, err error)
	// Next returns up to limit sources after the given one and their
	// receipts, for a rebuild; no sources when there are no more.
	Next func(tx *db.Tx, after id.ID, limit int) (sources []id.ID, receipts []Receipt, err error)
}

// Ledger derives receipts from events.
type Ledger struct {
	DB      *db.DB
	Clock   clock.Clock
	Sources []Source
	// Changed is called in the transaction that replaced the receipts of
	// the sources, so that what is computed from receipts follows in the
	// same commit.
	Changed func(tx *db.Tx, sources []id.ID) error
}

// Effect is the ledger's reading of events.
func (l *Ledger) Effect() event.Effect {
	return event.Effect{Name: "ledger", Batch: 50, Prepare: l.prepare}
}

func (l *Ledger) prepare(ctx context.Context, events []event.Event) (func(tx *db.Tx) error, error) {
	var sources []id.ID
	var receipts []Receipt
	err := l.DB.Read(ctx, func(tx *db.Tx) error {
		for _, s := range l.Sources {
			src, rec, err := s.Of(tx, events)
			if err != nil {
				return err
			}
			sources = append(sources, src...)
			receipts = append(receipts, rec...)
		}
		return nil
	})
	if err != nil || len(sources) == 0 {
		return nil, err
	}
	return func(tx *db.Tx) error { return l.Replace(tx, sources, receipts) }, nil
}

// Recount derives the receipts that follow from the events again, though the
// events are no new ones.
func (l *Ledger) Recount(ctx context.Context, events []event.Event) error {
	apply, err := l.prepare(ctx, events)
	if err != nil || apply == nil {
		return err
	}
	return l.DB.Write(ctx, apply)
}

// Replace makes the given receipts all there is of the sources. Receipts that
// stay keep their id and whether their owner hid them.
func (l *Ledger) Replace(tx *db.Tx, sources []id.ID, receipts []Receipt) error {
	bySource := make(map[id.ID][]Receipt, len(sources))
	for _, r := range receipts {
		bySource[r.Source] = append(bySource[r.Source], r)
	}
	done := make(map[id.ID]bool, len(sources))
	var changed []id.ID
	for _, source := range sources {
		if done[source] {
			continue
		}
		done[source] = true
		was, err := db.All(tx, ofSourceSQL, scan, source)
		if err != nil {
			return err
		}
		different, err := l.replaceOne(tx, was, bySource[source])
		if err != nil {
			return err
		}
		if different {
			changed = append(changed, source)
		}
	}
	if l.Changed == nil || len(changed) == 0 {
		return nil
	}
	return l.Changed(tx, changed)
}

type key struct {
	author, skill id.ID
	kind          Kind
}

func (l *Ledger) replaceOne(tx *db.Tx, was, now []Receipt) (changed bool, err error) {
	old := make(map[key]Receipt, len(was))
	type owned struct{ author, skill id.ID }
	hidden := map[owned]bool{} // a new receipt of what its owner hid is hidden too
	for _, r := range was {
		old[key{r.Author, r.Skill, r.Kind}] = r
		if r.Hidden {
			hidden[owned{r.Author, r.Skill}] = true
		}
	}
	sort.Slice(now, func(i, j int) bool {
		a, b := now[i], now[j]
		if a.Author != b.Author {
			return a.Author < b.Author
		}
		if a.Kind != b.Kind {
			return a.Kind < b.Kind
		}
		return a.Skill < b.Skill
	})
	for _, r := range now {
		k := key{r.Author, r.Skill, r.Kind}
		if o, ok := old[k]; ok {
			delete(old, k)
			if o.Weight == r.Weight && o.At.Equal(r.At) && o.Audience == r.Audience {
				continue
			}
			if _, err := tx.Exec(updateSQL, r.Audience, r.Weight, db.At(r.At), o.ID); err != nil {
				return false, err
			}
		} else if _, err := tx.Exec(insertSQL, id.New(l.Clock.Now()), r.Source, r.Author, string(r.Kind), int64(r.Skill), r.Audience, r.Weight, db.At(r.At), hidden[owned{r.Author, r.Skill}]); err != nil {
			return false, err
		}
		changed = true
	}
	for _, o := range old {
		if _, err := tx.Exec(deleteSQL, o.ID); err != nil {
			return false, err
		}
		changed = true
	}
	return changed, nil
}

// Rebuild asks every source again. It reports how many sources were asked and
// may be interrupted and run again.
func (l *Ledger) Rebuild(ctx context.Context, progress func(name string, sources int)) error {
	for _, s := range l.Sources {
		n, after := 0, id.ID(0)
		for {
			var sources []id.ID
			var receipts []Receipt
			if err := l.DB.Read(ctx, func(tx *db.Tx) (err error) {
				sources, receipts, err = s.Next(tx, after, 50)
				return err
			}); err != nil {
				return err
			}
			if len(sources) == 0 {
				break
			}
			if err := l.DB.Write(ctx, func(tx *db.Tx) error { return l.Replace(tx, sources, receipts) }); err != nil {
				return err
			}
			n += len(sources)
			after = sources[len(sources)-1]
			if progress != nil {
				progress(s.Name, n)
			}
		}
	}
	return nil
}
