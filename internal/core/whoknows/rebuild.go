package whoknows

import (
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/guildhall/guildhall/internal/core/terms"
	"github.com/guildhall/guildhall/internal/platform/db"
	"github.com/guildhall/guildhall/internal/platform/id"
)

const (
	// readAtOnce is how many sources or pieces of evidence a rebuild reads at
	// a time, writeAtOnce how many rows it writes in one transaction.
	readAtOnce, writeAtOnce = 100, 400
	// heldAtOnce is how many postings a rebuild holds in memory, about 20 MB
	// with what they are summed into.
	heldAtOnce = 250_000
	// patience is how long a rebuild may stand still before another server
	// takes it over.
	patience = 2 * time.Minute
)

// Rebuild forgets everything and counts every source again: those that have
// receipts, those that have evidence, and those noted as changed. progress is
// told how many sources were judged; it may be nil. Until it ends, answers are
// incomplete and Drain leaves what has changed for later. When it is
// interrupted, a Drain some time later begins it again; while somebody else is
// at it, Rebuild does nothing.
//
// It writes terms in their order, a part of the alphabet at a time. Pieces of
// evidence counted one by one touch pages all over the tables; this touches
// each page once.
func (x *Index) Rebuild(ctx context.Context, progress func(sources int)) error {
	var mine, before int64
	if err := x.DB.Write(ctx, func(tx *db.Tx) (err error) {
		now := x.Clock.Now()
		// Marks begin with the time like ids. One of the last minute may
		// belong to a transaction that commits only now.
		before = now.Add(-time.Minute).UnixMilli() << 20
		mine, err = tx.Exec(beginBuildingSQL, now.Unix(), now.Add(-patience).Unix())
		return err
	}); err != nil || mine == 0 {
		return err
	}
	for _, sql := range []string{clearPostingsSQL, clearTermsSQL, clearPeopleSQL, clearDaysSQL} {
		for {
			var n int64
			if err := x.goOn(ctx, func(tx *db.Tx) (err error) {
				n, err = tx.Exec(sql, writeAtOnce)
				return err
			}); err != nil {
				return err
			}
			if n == 0 {
				break
			}
		}
	}
	done := 0
	for _, sql := range []string{nextSourcesSQL, nextUnprovedSQL, nextChangedSQL} {
		after := id.ID(0)
		for {
			var sources []id.ID
			var now []evidence
			if err := x.DB.Read(ctx, func(tx *db.Tx) (err error) {
				if sources, err = db.All(tx, sql, scanID, int64(after), readAtOnce); err != nil || len(sources) == 0 {
					return err
				}
				now, err = x.read(tx, sources)
				return err
			}); err != nil {
				return err
			}
			if len(sources) == 0 {
				break
			}
			if err := x.keep(ctx, sources, now); err != nil {
				return err
			}
			after = sources[len(sources)-1]
			done += len(sources)
			if progress != nil {
				progress(done)
			}
		}
	}
	for {
		var n int64
		if err := x.goOn(ctx, func(tx *db.Tx) (err error) {
			n, err = tx.Exec(forgetStaleSQL, before, writeAtOnce)
			return err
		}); err != nil {
			return err
		}
		if n == 0 {
			break
		}
	}
	return x.countAll(ctx)
}

// goOn is a Write of a rebuild: it says that somebody is at it.
func (x *Index) goOn(ctx context.Context, f func(tx *db.Tx) error) error {
	return x.DB.WriteAfter(ctx, func(tx *db.Tx) error {
		if _, err := tx.Exec(goOnBuildingSQL, x.Clock.Now().Unix()); err != nil {
			return err
		}
		return f(tx)
	})
}

// keep makes the evidence all there is of the sources, without counting it.
func (x *Index) keep(ctx context.Context, sources []id.ID, list []evidence) error {
	return x.goOn(ctx, func(tx *db.Tx) error {
		if _, err := tx.Exec(forgetSourcesSQL, sources); err != nil {
			return err
		}
		for _, e := range list {
			if _, err := tx.Exec(addEvidenceSQL, e.source, e.author, e.audience, e.day, e.strength, e.weight, terms.Pack(e.postings)); err != nil {
				return err
			}
		}
		return nil
	})
}

// counted is one posting of one piece of evidence, on its way to be summed.
type counted struct {
	term                     terms.Term
	author, audience, source id.ID
	impact                   int64
}

// countAll counts all evidence into empty tables.
func (x *Index) countAll(ctx context.Context) error {
	pieces, weight, postings, err := x.countPeople(ctx)
	if err != nil {
		return err
	}
	// Words and skills have numbers up to 2^41, words below 2^40; hashes are
	// spread evenly.
	parts := terms.Term(max(1, (postings+heldAtOnce-1)/heldAtOnce))
	const end = terms.Term(1) << 41
	held := make([]counted, 0, min(postings, heldAtOnce+heldAtOnce/8))
	rows := make([]summed, 0, min(postings, heldAtOnce)/2)
	for p := range parts {
		held = held[:0]
		// Skills, half of the numbers and few of the postings, go with the
		// first part.
		from, to := (end/2)/parts*p, (end/2)/parts*(p+1)
		if p == parts-1 {
			to = end / 2
		}
		if err := x.each(ctx, func(e evidence) error {
			for _, q := range e.postings {
				if q.Term >= from && q.Term < to || p == 0 && q.Term >= end/2 {
					held = append(held, counted{q.Term, e.author, e.audience, e.source, q.Impact})
				}
			}
			return nil
		}); err != nil {
			return err
		}
		if rows, err = x.countTerms(ctx, held, rows[:0]); err != nil {
			return err
		}
	}
	if err := x.goOn(ctx, func(tx *db.Tx) error {
		_, err := tx.Exec(endBuildingSQL, pieces, weight)
		return err
	}); err != nil {
		return err
	}
	return x.Refresh(ctx)
}

// each calls f with all evidence, an author's together, until f fails.
func (x *Index) each(ctx context.Context, f func(evidence) error) error {
	var author, source id.ID
	for {
		var page []evidence
		if err := x.DB.Read(ctx, func(tx *db.Tx) (err error) {
			page, err = db.All(tx, nextEvidenceSQL, scanEvidence, int64(author), int64(source), readAtOnce)
			return err
		}); err != nil {
			return err
		}
		if len(page) == 0 {
			return nil
		}
		for _, e := range page {
			if err := f(e); err != nil {
				return err
			}
		}
		author, source = page[len(page)-1].author, page[len(page)-1].source
	}
}

// countPeople writes who did what when, and returns what the organisation may
// see in sum and how many postings there are.
func (x *Index) countPeople(ctx context.Context) (pieces, weight int64, postings int, err error) {
	people, days := map[[2]id.ID]personRow{}, map[dayKey]int64{}
	write := func() error {
		err := x.writePeople(ctx, people, days)
		clear(people)
		clear(days)
		return err
	}
	var author id.ID
	if err := x.each(ctx, func(e evidence) error {
		if e.author != author && len(days) >= writeAtOnce {
			if err := write(); err != nil {
				return err
			}
		}
		author = e.author
		k := [2]id.ID{e.author, e.audience}
		p, known := people[k]
		if !known || e.day < p.first {
			p.first = e.day
		}
		p.author, p.audience = e.author, e.audience
		p.pieces++
		p.weight += e.weight
		people[k] = p
		days[dayKey{e.author, e.audience, e.day}] += e.strength
		postings += len(e.postings)
		if e.audience == organisation {
			pieces++
			weight += e.weight
		}
		return nil
	}); err != nil {
		return 0, 0, 0, err
	}
	return pieces, weight, postings, write()
}

func (x *Index) writePeople(ctx context.Context, people map[[2]id.ID]personRow, days map[dayKey]int64) error {
	rows := make([]personRow, 0, len(people))
	for _, p := range people {
		rows = append(rows, p)
	}
	slices.SortFunc(rows, func(a, b personRow) int { return compare(a.author, b.author, a.audience, b.audience) })
	for part := range slices.Chunk(rows, writeAtOnce) {
		if err := x.goOn(ctx, func(tx *db.Tx) error {
			for _, p := range part {
				if _, err := tx.Exec(putPersonSQL, p.author, p.audience, p.pieces, p.weight, p.first); err != nil {
					return err
				}
			}
			return nil
		}); err != nil {
			return err
		}
	}
	keys := make([]dayKey, 0, len(days))
	for k := range days {
		keys = append(keys, k)
	}
	slices.SortFunc(keys, func(a, b dayKey) int {
		return compare(a.author, b.author, a.audience, b.audience, id.ID(a.day), id.ID(b.day))
	})
	for part := range slices.Chunk(keys, writeAtOnce) {
		if err := x.goOn(ctx, func(tx *db.Tx) error {
			for _, k := range part {
				if _, err := tx.Exec(putDaySQL, k.author, k.audience, k.day, days[k]); err != nil {
					return err
				}
			}
			return nil
		}); err != nil {
			return err
		}
	}
	return nil
}

// summed is a row of postings.
type summed struct {
	counted
	best int64 // impact of source, the best one
}

// countTerms sums postings and writes them in their order. It returns the
// memory of rows to be used again.
func (x *Index) countTerms(ctx context.Context, held []counted, rows []summed) ([]summed, error) {
	slices.SortFunc(held, func(a, b counted) int {
		return cmp.Or(cmp.Compare(a.term, b.term), cmp.Compare(a.author, b.author), cmp.Compare(a.audience, b.audience))
	})
	var words []termRow
	for _, h := range held {
		if h.audience == organisation {
			if n := len(words); n == 0 || words[n-1].term != h.term {
				words = append(words, termRow{term: h.term})
			}
			w := &words[len(words)-1]
			w.docs++
			w.impact += h.impact
		}
		if n := len(rows); n > 0 && rows[n-1].term == h.term && rows[n-1].author == h.author && rows[n-1].audience == h.audience {
			r := &rows[n-1]
			r.impact += h.impact
			if h.impact > r.best || h.impact == r.best && h.source > r.source {
				r.best, r.source = h.impact, h.source
			}
			continue
		}
		rows = append(rows, summed{h, h.impact})
	}
	for part := range slices.Chunk(rows, writeAtOnce) {
		if err := x.goOn(ctx, func(tx *db.Tx) error { return putPostings(tx, part) }); err != nil {
			return rows, err
		}
	}
	for part := range slices.Chunk(words, writeAtOnce) {
		if err := x.goOn(ctx, func(tx *db.Tx) error {
			for _, w := range part {
				if _, err := tx.Exec(putTermSQL, int64(w.term), w.docs, w.impact); err != nil {
					return err
				}
			}
			return nil
		}); err != nil {
			return rows, err
		}
	}
	return rows, nil
}

func putPostings(tx *db.Tx, rows []summed) error {
	at := 0
	for ; at+8 <= len(rows); at += 8 {
		args := make([]any, 0, 48)
		for _, r := range rows[at : at+8] {
			args = append(args, int64(r.term), r.author, r.audience, r.impact, r.best, r.source)
		}
		if _, err := tx.Exec(putPostings8SQL, args...); err != nil {
			return err
		}
	}
	for _, r := range rows[at:] {
		if _, err := tx.Exec(putPostingSQL, int64(r.term), r.author, r.audience, r.impact, r.best, r.source); err != nil {
			return err
		}
	}
	return nil
}
