package search

import (
	"slices"
	"strings"
	"unicode/utf8"

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

// Find looks for the words among what the actor may see. What is found by the
// words as they are comes before what is found when the last one may go on, and
// that before what is found by words like them.
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
	if !q.Prefix {
		q.Prefix = true
		if hits, err = strata(tx, by, q, words); err != nil || len(hits) > 0 {
			return Found{Hits: hits}, err
		}
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

// posts are the kinds whose texts can be found.
var posts = [...]subject.Kind{subject.Question, subject.Answer}

func (q Query) wants(k subject.Kind) bool { return len(q.Kinds) == 0 || slices.Contains(q.Kinds, k) }

// wanted are the kinds of posts that are looked for.
func (q Query) wanted() (kinds []subject.Kind) {
	for _, k := range posts {
		if q.wants(k) {
			kinds = append(kinds, k)
		}
	}
	return kinds
}

// strata reads the strata and merges them: a thing found in several counts
// once, in the best.
func strata(tx *db.Tx, by access.Actor, q Query, words []string) ([]Hit, error) {
	best := map[id.ID]*Hit{}
	var order []*Hit
	add := func(h Hit, score int) {
		if old := best[h.ID]; old != nil {
			old.score = max(old.score, score) + 5
			return
		}
		h.score = score
		best[h.ID] = &h
		order = append(order, &h)
	}
	// Names are typed piece by piece; sentences are not.
	names := phrase{words: words, goesOn: true}
	read := func(in place, p phrase, limit, score int) (int, error) {
		rows, err := match(tx, by, in, p, limit)
		for i, h := range rows {
			add(h, score-i/2)
		}
		return len(rows), err
	}
	if q.wants(subject.Skill) {
		n, err := read(skillNames, names, 20, 95)
		if err == nil && n < 20 {
			_, err = read(skillSynonyms, names, 10, 80)
		}
		if err != nil {
			return nil, err
		}
	}
	if q.wants(subject.Person) {
		if _, err := read(personNames, names, 20, 90); err != nil {
			return nil, err
		}
		n, err := read(personSkills, names, 10, 35)
		if err == nil && n < 10 {
			_, err = read(personTexts, phrase{words: words, goesOn: q.Prefix}, 10, 15)
		}
		if err != nil {
			return nil, err
		}
	}
	if kinds := q.wanted(); len(kinds) > 0 {
		p := phrase{words: words, goesOn: q.Prefix, kinds: kinds}
		if q.Prefix {
			var err error
			if p.more, err = goOn(tx, words[len(words)-1]); err != nil {
				return nil, err
			}
		}
		if q.wants(subject.Question) {
			if _, err := read(titles, p, 40, 70); err != nil {
				return nil, err
			}
		}
		rows, err := match(tx, by, texts, p, 60)
		if err != nil {
			return nil, err
		}
		seen := map[subject.Kind]int{}
		for _, h := range rows {
			score := 30
			if h.Kind == subject.Answer {
				score = 25
			}
			add(h, score-seen[h.Kind]/2)
			seen[h.Kind]++
		}
	}
	if q.wants(subject.Question) {
		for i, n := range q.Like {
			add(Hit{ID: n, Kind: subject.Question}, 75-2*i)
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

// place is where words may stand.
type place int

const (
	skillNames place = iota
	skillSynonyms
	personNames
	personSkills
	personTexts
	titles
	texts
)

// phrase is what is to stand there: all the words. The last one may be the
// beginning of a longer one where such beginnings are indexed; elsewhere more
// lists how it may go on, because reading every word that begins so would read
// every row.
type phrase struct {
	words  []string
	goesOn bool
	more   []string
	kinds  []subject.Kind // of posts
}

// open tells whether the last word may be the beginning of any other there.
func (p phrase) open(in place) bool {
	if !p.goesOn || in == texts {
		return false
	}
	n := utf8.RuneCountInString(p.words[len(p.words)-1])
	return in != titles || n >= 2 && n <= 4 // the lengths of the index
}

// listed tells whether the last word may be one of more.
func (p phrase) listed(in place) bool {
	return p.goesOn && len(p.more) > 0 && (in == titles || in == texts) && !p.open(in)
}

// goOn returns frequent words that begin with these letters.
func goOn(tx *db.Tx, letters string) ([]string, error) {
	if utf8.RuneCountInString(letters) < 3 {
		return nil, nil
	}
	const most = 8
	return db.All(tx, goOnSQL, func(r *db.Rows, w *string) error { return r.Scan(w) }, letters, letters+"\U0010FFFF", most)
}

// match finds the newest things that have all the words in the given place.
func match(tx *db.Tx, by access.Actor, in place, p phrase, limit int) ([]Hit, error) {
	if tx.Dialect() == db.Postgres {
		return matchPostgres(tx, by, in, p, limit)
	}
	parts := make([]string, len(p.words), len(p.words)+1)
	for i, w := range p.words {
		parts[i] = `"` + w + `"`
	}
	last := &parts[len(parts)-1]
	if p.open(in) {
		*last += "*"
	} else if p.listed(in) {
		*last = "(" + *last + ` OR "` + strings.Join(p.more, `" OR "`) + `")`
	}
	if in == texts && len(p.kinds) < len(posts) {
		of := make([]string, len(p.kinds))
		for i, k := range p.kinds {
			of[i] = `"` + kindWord(k) + `"`
		}
		parts = append(parts, "("+strings.Join(of, " OR ")+")")
	}
	expr := strings.Join(parts, " AND ")
	sql := matchPeopleSQLiteSQL
	switch in {
	case skillNames, personNames:
		expr = "title : (" + expr + ")"
	case skillSynonyms, personSkills:
		expr = "{title tags} : (" + expr + ")"
	}
	switch in {
	case skillNames, skillSynonyms:
		sql = matchSkillsSQLiteSQL
	case titles:
		sql = matchTitlesSQLiteSQL
	case texts:
		sql = matchTextsSQLiteSQL
	}
	return db.All(tx, sql, scanHit, expr, by.Person, limit)
}

func matchPostgres(tx *db.Tx, by access.Actor, in place, p phrase, limit int) ([]Hit, error) {
	var weights string
	kinds := []string{string(subject.Person)}
	switch in {
	case skillNames, personNames:
		weights = ":A"
	case skillSynonyms, personSkills, titles:
		weights = ":AB"
	}
	switch in {
	case skillNames, skillSynonyms:
		kinds[0] = string(subject.Skill)
	case titles:
		kinds[0] = string(subject.Question)
	case texts:
		kinds = kinds[:0]
		for _, k := range p.kinds {
			kinds = append(kinds, string(k))
		}
	}
	parts := make([]string, 0, len(p.words))
	for _, w := range p.words {
		parts = append(parts, w+weights)
	}
	last := &parts[len(parts)-1]
	if p.open(in) {
		*last = p.words[len(p.words)-1] + ":*" + strings.TrimPrefix(weights, ":")
	} else if p.listed(in) {
		more := []string{*last}
		for _, w := range p.more {
			more = append(more, w+weights)
		}
		*last = "(" + strings.Join(more, " | ") + ")"
	}
	return db.All(tx, matchPostgresSQL, scanHit, strings.Join(parts, " & "), kinds, by.Person, limit)
}
