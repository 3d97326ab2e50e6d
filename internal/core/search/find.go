package search

import (
	"slices"
	"strings"

	"github.com/guildhall/guildhall/internal/core/access"
	"github.com/guildhall/guildhall/internal/core/subject"
	"github.com/guildhall/guildhall/internal/platform/db"
	"github.com/guildhall/guildhall/internal/platform/id"
)

// Query is what somebody looks for.
type Query struct {
	Words  string
	Kinds  []subject.Kind // all when empty
	Prefix bool           // the last word may go on: somebody is typing
	Limit  int            // at most 60
	Like   []id.ID        // questions that are like the words, best first
}

// Hit is one thing found.
type Hit struct {
	ID     id.ID
	Kind   subject.Kind
	Parent id.ID
	score  int
}

// Found is what was found.
type Found struct {
	Hits []Hit // best first
	// Instead is what was looked for in place of words nobody wrote, "" when
	// they were right.
	Instead string
}

// Most is how many things a search finds at most. Whoever has not found it
// among so many has the wrong words.
const Most = 60

// maxWords bounds the words of a query.
const maxWords = 12

// Find looks for the words among what the actor may see.
//
// Ranking everything that has a frequent word would cost more than anybody
// waits for, so each of a few strata reads a bounded number of rows, newest
// first: names and titles with all the words, questions most like the words,
// texts with all the words.
func Find(tx *db.Tx, by access.Actor, q Query) (Found, error) {
	words := strings.Fields(Fold(q.Words))
	if len(words) > maxWords {
		words = words[:maxWords]
	}
	if len(words) == 0 || !by.Known() {
		return Found{}, nil
	}
	if q.Limit <= 0 || q.Limit > Most {
		q.Limit = Most
	}
	hits, err := strata(tx, by, q, words)
	if err != nil || len(hits) > 0 {
		return Found{Hits: hits}, err
	}
	better, err := correct(tx, words)
	if err != nil || better == nil {
		return Found{}, err
	}
	q.Prefix = false
	hits, err = strata(tx, by, q, better)
	if err != nil || len(hits) == 0 {
		return Found{}, err
	}
	return Found{Hits: hits, Instead: strings.Join(better, " ")}, nil
}

func (q Query) wants(k subject.Kind) bool { return len(q.Kinds) == 0 || slices.Contains(q.Kinds, k) }

// strata reads the strata and merges them: a thing found in several counts
// once, in the best.
func strata(tx *db.Tx, by access.Actor, q Query, words []string) ([]Hit, error) {
	best := map[id.ID]*Hit{}
	var order []*Hit
	add := func(h Hit) {
		if old := best[h.ID]; old != nil {
			old.score = max(old.score, h.score) + 5
			return
		}
		best[h.ID] = &h
		order = append(order, &h)
	}
	for _, s := range []struct {
		kind  subject.Kind
		where where
		limit int
		score int
	}{
		{subject.Skill, inTitle, 20, 95}, {subject.Person, inTitle, 20, 90}, {subject.Question, inTitleOrTags, 40, 70},
		{subject.Person, inTitleOrTags, 10, 35}, {subject.Question, anywhere, 30, 30}, {subject.Answer, anywhere, 30, 25},
		{subject.Person, anywhere, 10, 15},
	} {
		if !q.wants(s.kind) {
			continue
		}
		// Names are typed piece by piece; sentences are not.
		prefix := q.Prefix || s.where != anywhere && s.kind != subject.Question
		rows, err := match(tx, by, words, s.kind, s.where, prefix, s.limit)
		if err != nil {
			return nil, err
		}
		for i, h := range rows {
			h.score = s.score - i/2
			add(h)
		}
	}
	if q.wants(subject.Question) {
		for i, n := range q.Like {
			add(Hit{ID: n, Kind: subject.Question, score: 75 - 2*i})
		}
	}
	slices.SortStableFunc(order, func(a, b *Hit) int { return b.score - a.score })
	out := make([]Hit, 0, min(len(order), q.Limit))
	for _, h := range order {
		if len(out) < q.Limit {
			out = append(out, *h)
		}
	}
	return out, nil
}

// where words may stand.
type where int

const (
	anywhere where = iota
	inTitleOrTags
	inTitle
)

// match finds the newest things of a kind that have all the words in the given
// place.
func match(tx *db.Tx, by access.Actor, words []string, kind subject.Kind, in where, prefix bool, limit int) ([]Hit, error) {
	if tx.Dialect() == db.Postgres {
		parts := make([]string, len(words))
		for i, w := range words {
			parts[i] = w + ":"
			if prefix && i == len(words)-1 {
				parts[i] += "*"
			}
			parts[i] += [...]string{anywhere: "", inTitleOrTags: "AB", inTitle: "A"}[in]
			parts[i] = strings.TrimSuffix(parts[i], ":")
		}
		return db.All(tx, matchPostgresSQL, scanHit, strings.Join(parts, " & "), string(kind), by.Person, limit)
	}
	parts := make([]string, len(words))
	for i, w := range words {
		parts[i] = `"` + w + `"`
		if prefix && i == len(words)-1 {
			parts[i] += "*"
		}
	}
	expr := strings.Join(parts, " AND ")
	columns := [...]string{anywhere: "title tags body", inTitleOrTags: "title tags", inTitle: "title"}[in]
	expr = "{" + columns + "} : (" + expr + ")"
	return db.All(tx, matchSQLiteSQL, scanHit, `kind : "`+string(kind)+`" AND `+expr, by.Person, limit)
}
