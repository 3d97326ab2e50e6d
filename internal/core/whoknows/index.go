package whoknows

import (
	"context"
	"math"
	"slices"

	"github.com/guildhall/guildhall/internal/core/terms"
	"github.com/guildhall/guildhall/internal/platform/clock"
	"github.com/guildhall/guildhall/internal/platform/db"
	"github.com/guildhall/guildhall/internal/platform/id"
)

// Organisation is the audience whose evidence everybody's words are weighed
// by.
const organisation id.ID = 1

// Source is what the owner of a source says about it.
type Source struct {
	Text
	// Profile is set when the source is what somebody says about themselves
	// (job title, "ask me about"): its author, whose words then count a
	// little without any receipt. Audience is who may see it.
	Profile, Audience id.ID
	// Since is when the profile was last changed.
	Since db.Time
}

// Index keeps the evidence. Receipts come from the ledger's table, words from
// Words.
type Index struct {
	DB    *db.DB
	Clock clock.Clock
	// Words returns the texts of those of the sources that exist. It is
	// called within a Read.
	Words func(tx *db.Tx, sources []id.ID) (map[id.ID]Source, error)
}

// Channel is where Changed announces work for Drain.
const Channel = "whoknows"

// Changed notes that the receipts or the words of sources have changed, in the
// transaction that changed them. Drain counts them again. It has the shape of
// the ledger's Changed.
func (x *Index) Changed(tx *db.Tx, sources []id.ID) error {
	mark := int64(id.New(x.Clock.Now()))
	for _, s := range sources {
		if _, err := tx.Exec(markStaleSQL, s, mark); err != nil {
			return err
		}
	}
	if len(sources) > 0 {
		tx.Notify(Channel, "")
	}
	return nil
}

// batch is how many sources Drain counts in one transaction. Larger ones take
// the same processor time for each source and keep others waiting.
const batch = 16

// Drain counts everything Changed has noted and returns how many sources that
// were. It may be interrupted and run by several servers: counting a source
// twice changes nothing. When an import has changed most of what there is, it
// counts everything again, which takes a tenth of the time a source.
func (x *Index) Drain(ctx context.Context) (int, error) {
	done := 0
	var waiting, building int64
	var t totals
	if err := x.DB.Read(ctx, func(tx *db.Tx) (err error) {
		if _, err = tx.Row(staleCountSQL, []any{&waiting}); err != nil {
			return err
		}
		if _, err = tx.Row(buildingSQL, []any{&building}); err != nil {
			return err
		}
		t, err = readTotals(tx)
		return err
	}); err != nil {
		return 0, err
	}
	if building != 0 || waiting > max(manyStale, t.pieces) {
		if err := x.Rebuild(ctx, nil); err != nil {
			return 0, err
		}
	}
	for {
		n, err := x.step(ctx)
		done += n
		if err != nil || n == 0 {
			return done, err
		}
	}
}

// manyStale is how many changed sources are few enough to be counted one by
// one, however little there is besides.
const manyStale = 5000

func (x *Index) step(ctx context.Context) (int, error) {
	var stale []staleSource
	var now []evidence
	err := x.DB.Read(ctx, func(tx *db.Tx) (err error) {
		if stale, err = db.All(tx, staleSQL, scanStale, batch); err != nil || len(stale) == 0 {
			return err
		}
		sources := make([]id.ID, len(stale))
		for i, s := range stale {
			sources[i] = s.source
		}
		now, err = x.read(tx, sources)
		return err
	})
	if err != nil || len(stale) == 0 {
		return 0, err
	}
	sources := make([]id.ID, len(stale))
	for i, s := range stale {
		sources[i] = s.source
	}
	did := 0
	err = x.DB.WriteAfter(ctx, func(tx *db.Tx) error {
		did = 0
		var building int64
		if _, err := tx.Row(buildingSQL, []any{&building}); err != nil || building != 0 {
			return err // a rebuild leaves no sums to add to
		}
		if err := replace(tx, sources, now); err != nil {
			return err
		}
		did = len(stale)
		for _, s := range stale {
			if _, err := tx.Exec(freshSQL, s.source, s.mark); err != nil {
				return err
			}
		}
		return nil
	})
	return did, err
}

// read makes the evidence that the sources are now.
func (x *Index) read(tx *db.Tx, sources []id.ID) ([]evidence, error) {
	receipts, err := db.All(tx, receiptsSQL, scanReceipt, sources)
	if err != nil {
		return nil, err
	}
	texts, err := x.Words(tx, sources)
	if err != nil {
		return nil, err
	}
	var out []evidence
	for len(receipts) > 0 {
		n := 1
		for n < len(receipts) && receipts[n].source == receipts[0].source && receipts[n].author == receipts[0].author {
			n++
		}
		t := texts[receipts[0].source]
		out = append(out, judge(receipts[:n], t))
		if t.Profile == receipts[0].author {
			t.Profile = 0
			texts[receipts[0].source] = t
		}
		receipts = receipts[n:]
	}
	for _, s := range slices.Sorted(keys(texts)) {
		t := texts[s]
		if t.Profile == 0 || t.Title == "" && t.Body == "" {
			continue
		}
		out = append(out, prove(evidence{source: s, author: t.Profile, audience: t.Audience, day: dayOf(t.Since.Time())}, t.Text, nil, strengthProfile))
	}
	return out, nil
}

func keys[V any](m map[id.ID]V) func(func(id.ID) bool) {
	return func(yield func(id.ID) bool) {
		for k := range m {
			if !yield(k) {
				return
			}
		}
	}
}

// judge turns the receipts of one author for one source into evidence. A
// source counts as of the day its author worked on it, not of the day others
// approved of it.
func judge(rs []receipt, t Source) evidence {
	e := evidence{source: rs[0].source, author: rs[0].author, audience: rs[0].audience}
	at := rs[len(rs)-1].at
	skills := map[id.ID]float64{}
	most := 0.0
	if t.Profile == e.author {
		most = strengthProfile
	}
	for _, r := range rs {
		s := 0.0
		switch r.kind {
		case "answered":
			s, at = strengthAnswered, r.at
		case "accepted":
			s = strengthAccepted
		case "useful":
			s = strengthUseful
		case "verified":
			s = strengthVerified
		case "endorsed":
			s = strengthEndorsed
		default: // declared, and what later practices add, say themselves what they are worth
			s = min(1, max(0, r.weight))
		}
		skills[r.skill] += s
		most = max(most, skills[r.skill])
	}
	delete(skills, 0)
	e.day = dayOf(at.Time())
	return prove(e, t.Text, skills, most)
}

// prove fills in what the evidence is worth. What others thought of it makes
// it say more about its subject, but not its author more active.
func prove(e evidence, t Text, skills map[id.ID]float64, strength float64) evidence {
	e.strength = whole(min(strength, 1) * unit)
	e.weight = whole(grown(strength, e.day))
	e.postings = weigh(t, skills, strength, e.day)
	return e
}

// replace makes now all there is of the sources.
func replace(tx *db.Tx, sources []id.ID, now []evidence) error {
	was, err := db.All(tx, evidenceOfSQL, scanEvidence, sources)
	if err != nil {
		return err
	}
	same := func(a, b evidence) bool {
		return a.source == b.source && a.author == b.author && a.audience == b.audience && a.day == b.day &&
			a.strength == b.strength && slices.Equal(a.postings, b.postings)
	}
	kept := map[[2]id.ID]bool{}
	for _, n := range now {
		for _, w := range was {
			if same(n, w) {
				kept[[2]id.ID{n.source, n.author}] = true
			}
		}
	}
	b := newSums()
	for _, e := range was {
		if kept[[2]id.ID{e.source, e.author}] {
			continue
		}
		if err := drop(tx, e, b); err != nil {
			return err
		}
	}
	for _, e := range now {
		if kept[[2]id.ID{e.source, e.author}] {
			continue
		}
		if err := add(tx, e, b); err != nil {
			return err
		}
	}
	return b.write(tx)
}

// drop takes evidence away. What it was best at is looked for among what is
// left of its author's evidence.
func drop(tx *db.Tx, e evidence, b *sums) error {
	if _, err := tx.Exec(dropEvidenceSQL, e.author, e.source); err != nil {
		return err
	}
	b.count(e, -1)
	type piece struct {
		source id.ID
		impact int64
	}
	best := map[terms.Term]piece{} // of those terms it was best at: what is best now
	for _, p := range e.postings {
		var impact int64
		var source id.ID
		known, err := tx.Row(postingSQL, []any{&impact, &source}, int64(p.Term), e.author, e.audience)
		if err != nil {
			return err
		}
		switch {
		case !known:
		case impact <= p.Impact:
			if _, err := tx.Exec(dropPostingSQL, int64(p.Term), e.author, e.audience); err != nil {
				return err
			}
		default:
			if _, err := tx.Exec(lowerPostingSQL, impact-p.Impact, int64(p.Term), e.author, e.audience); err != nil {
				return err
			}
			if source == e.source {
				best[p.Term] = piece{impact: -1}
			}
		}
	}
	if len(best) == 0 {
		return nil
	}
	rows, err := tx.Query(evidenceByAuthorSQL, e.author)
	if err != nil {
		return err
	}
	for rows.Next() {
		var source, audience id.ID
		var packed []byte
		if err := rows.Scan(&source, &audience, &packed); err != nil {
			rows.Close()
			return err
		}
		if audience != e.audience {
			continue
		}
		for _, p := range terms.Unpack(packed) {
			if was, ok := best[p.Term]; ok && (p.Impact > was.impact || p.Impact == was.impact && source > was.source) {
				best[p.Term] = piece{source, p.Impact}
			}
		}
	}
	if err := rows.Err(); err != nil {
		return err
	}
	for _, p := range e.postings {
		w, ok := best[p.Term]
		if !ok || w.impact < 0 {
			continue
		}
		var impact int64
		var source id.ID
		if _, err := tx.Row(postingSQL, []any{&impact, &source}, int64(p.Term), e.author, e.audience); err != nil {
			return err
		}
		if _, err := tx.Exec(setPostingSQL, impact, w.impact, w.source, int64(p.Term), e.author, e.audience); err != nil {
			return err
		}
	}
	return nil
}

func add(tx *db.Tx, e evidence, b *sums) error {
	if _, err := tx.Exec(addEvidenceSQL, e.source, e.author, e.audience, e.day, e.strength, e.weight, terms.Pack(e.postings)); err != nil {
		return err
	}
	b.count(e, 1)
	at := 0
	for ; at+8 <= len(e.postings); at += 8 {
		args := make([]any, 0, 48)
		for _, p := range e.postings[at : at+8] {
			args = append(args, int64(p.Term), e.author, e.audience, p.Impact, p.Impact, e.source)
		}
		if _, err := tx.Exec(addPostings8SQL, args...); err != nil {
			return err
		}
	}
	for _, p := range e.postings[at:] {
		if _, err := tx.Exec(addPostingSQL, int64(p.Term), e.author, e.audience, p.Impact, p.Impact, e.source); err != nil {
			return err
		}
	}
	return nil
}

// sums gathers what several pieces of evidence change in common rows, so that
// each is written once.
type sums struct {
	terms  map[terms.Term]termRow
	people map[[2]id.ID]personRow
	days   map[dayKey]int64
	total  totals
}

type dayKey struct {
	author, audience id.ID
	day              int64
}

func newSums() *sums {
	return &sums{terms: map[terms.Term]termRow{}, people: map[[2]id.ID]personRow{}, days: map[dayKey]int64{}}
}

// count adds (1) or takes away (-1) evidence.
func (b *sums) count(e evidence, sign int64) {
	k := [2]id.ID{e.author, e.audience}
	p := b.people[k]
	p.author, p.audience = e.author, e.audience
	p.pieces += sign
	p.weight += sign * e.weight
	b.people[k] = p
	b.days[dayKey{e.author, e.audience, e.day}] += sign * e.strength
	if e.audience != organisation {
		return
	}
	b.total.pieces += sign
	b.total.weight += sign * e.weight
	for _, q := range e.postings {
		t := b.terms[q.Term]
		t.docs += sign
		t.impact += sign * q.Impact
		b.terms[q.Term] = t
	}
}

// write applies the sums, in an order that two servers share.
func (b *sums) write(tx *db.Tx) error {
	if err := b.writeTerms(tx); err != nil {
		return err
	}
	days := make([]dayKey, 0, len(b.days))
	for k, v := range b.days {
		if v != 0 {
			days = append(days, k)
		}
	}
	slices.SortFunc(days, func(x, y dayKey) int {
		return compare(x.author, y.author, x.audience, y.audience, id.ID(x.day), id.ID(y.day))
	})
	for _, k := range days {
		if _, err := tx.Exec(addDaySQL, k.author, k.audience, k.day, b.days[k]); err != nil {
			return err
		}
		if b.days[k] < 0 {
			if _, err := tx.Exec(dropDaySQL, k.author, k.audience, k.day); err != nil {
				return err
			}
		}
	}
	if b.total.pieces != 0 || b.total.weight != 0 {
		if _, err := tx.Exec(addTotalsSQL, b.total.pieces, b.total.weight); err != nil {
			return err
		}
	}
	if len(b.people) == 0 {
		return nil
	}
	t, err := readTotals(tx)
	if err != nil {
		return err
	}
	people := make([][2]id.ID, 0, len(b.people))
	for k := range b.people {
		people = append(people, k)
	}
	slices.SortFunc(people, func(x, y [2]id.ID) int { return compare(x[0], y[0], x[1], y[1]) })
	for _, k := range people {
		p := b.people[k]
		if _, err := tx.Exec(addPersonSQL, p.author, p.audience, p.pieces, p.weight); err != nil {
			return err
		}
		if p.pieces < 0 {
			if _, err := tx.Exec(dropPersonSQL, p.author, p.audience); err != nil {
				return err
			}
		}
		if err := enliven(tx, p.author, p.audience, t, math.NaN()); err != nil {
			return err
		}
	}
	return nil
}

func (b *sums) writeTerms(tx *db.Tx) error {
	list := make([]terms.Term, 0, len(b.terms))
	for k, v := range b.terms {
		if v.docs != 0 || v.impact != 0 {
			list = append(list, k)
		}
	}
	slices.Sort(list)
	at := 0
	for ; at+8 <= len(list); at += 8 {
		args := make([]any, 0, 24)
		for _, k := range list[at : at+8] {
			args = append(args, int64(k), b.terms[k].docs, b.terms[k].impact)
		}
		if _, err := tx.Exec(addTerms8SQL, args...); err != nil {
			return err
		}
	}
	for _, k := range list[at:] {
		if _, err := tx.Exec(addTermSQL, int64(k), b.terms[k].docs, b.terms[k].impact); err != nil {
			return err
		}
	}
	for _, k := range list {
		if b.terms[k].docs < 0 {
			if _, err := tx.Exec(dropTermSQL, int64(k)); err != nil {
				return err
			}
		}
	}
	return nil
}

func compare(pairs ...id.ID) int {
	for i := 0; i < len(pairs); i += 2 {
		if pairs[i] != pairs[i+1] {
			if pairs[i] < pairs[i+1] {
				return -1
			}
			return 1
		}
	}
	return 0
}

// enliven computes how lively somebody is. It writes nothing when that is
// what was there.
func enliven(tx *db.Tx, author, audience id.ID, t totals, was float64) error {
	days, err := db.All(tx, daysSQL, scanDay, author, audience)
	if err != nil || len(days) == 0 {
		return err
	}
	now := liveliness(days, t)
	if now == was {
		return nil
	}
	_, err = tx.Exec(setActiveSQL, now, days[0].day, author, audience)
	return err
}

// Refresh computes again how lively everybody is, when the organisation has
// become a day older since the last time (or, by an import, its history
// longer). It belongs into a job that runs every hour or so.
func (x *Index) Refresh(ctx context.Context) error {
	var t totals
	if err := x.DB.Read(ctx, func(tx *db.Tx) (err error) {
		t, err = readTotals(tx)
		return err
	}); err != nil || t.newest == t.countedNewest && t.first == t.countedFirst {
		return err
	}
	var author, audience id.ID
	for {
		var page []personRow
		if err := x.DB.Read(ctx, func(tx *db.Tx) (err error) {
			page, err = db.All(tx, nextPeopleSQL, scanPage, int64(author), int64(audience), 50)
			return err
		}); err != nil {
			return err
		}
		if len(page) == 0 {
			break
		}
		if err := x.DB.WriteAfter(ctx, func(tx *db.Tx) error {
			for _, p := range page {
				if err := enliven(tx, p.author, p.audience, t, p.active); err != nil {
					return err
				}
			}
			return nil
		}); err != nil {
			return err
		}
		author, audience = page[len(page)-1].author, page[len(page)-1].audience
	}
	return x.DB.WriteAfter(ctx, func(tx *db.Tx) error {
		_, err := tx.Exec(countedSQL, t.first, t.newest)
		return err
	})
}
