// Package similar finds texts that are like some words: the questions asked
// before when somebody types a new one. It keeps its own postings, a term's
// texts best first, so that a title is answered by reading a bounded number of
// rows however many texts there are; how rare a word is comes from what the
// whole organisation may see.
package similar

import (
	"cmp"
	"math"
	"slices"

	"github.com/guildhall/guildhall/internal/core/terms"
	"github.com/guildhall/guildhall/internal/platform/db"
	"github.com/guildhall/guildhall/internal/platform/id"
)

// organisation is the audience whose texts words are weighed by.
const organisation id.ID = 1

const (
	// saturation and lengthShare are k1 and b of BM25; questions have about
	// usualLength words.
	saturation, lengthShare, usualLength = 1.2, 0.75, 80.0
	titleTimes                           = 2
	// mostTerms is how many terms of a text are kept: its title and its most
	// frequent words.
	mostTerms = 24
	// askedTerms is how many words are looked up, those that say most, and
	// rowsRead how many rows of postings at most, of one word rowsOfWord: what
	// comes after so many has the word once in a long text.
	askedTerms = 12
	rowsRead   = 2400
	rowsOfWord = 500
	// closeEnough is the share of what the words say that a text must cover to
	// be like them.
	closeEnough = 0.25
	unit        = 1024
	// allTexts is the row of the number of all texts; no word has it, since
	// the empty word is none.
	allTexts = -1
)

// Doc is a text to be found.
type Doc struct {
	Subject  id.ID
	Audience id.ID
	Title    string // counts twice
	Body     string
	Lang     string // BCP 47, "und" when unknown
}

// Prepared is a Doc whose words have been counted, which takes longer than a
// transaction should wait.
type Prepared struct {
	subject, audience id.ID
	postings          []terms.Posting // by term
}

// Prepare counts the words of the text.
func Prepare(d Doc) Prepared {
	counted := terms.Count(d.Lang, terms.Field{Text: d.Title, Times: titleTimes}, terms.Field{Text: d.Body, Times: 1})
	length := 0
	for _, c := range counted {
		length += c.Times
	}
	if len(counted) > mostTerms {
		slices.SortStableFunc(counted, func(a, b terms.Counted) int { return b.Times - a.Times })
		counted = counted[:mostTerms]
	}
	p := Prepared{subject: d.Subject, audience: d.Audience}
	for _, c := range counted {
		f := float64(c.Times)
		s := f * (saturation + 1) / (f + saturation*(1-lengthShare+lengthShare*float64(length)/usualLength))
		p.postings = append(p.postings, terms.Posting{Term: c.Term, Impact: max(1, int64(math.Round(s*unit)))})
	}
	slices.SortFunc(p.postings, func(a, b terms.Posting) int { return cmp.Compare(a.Term, b.Term) })
	return p
}

// Save makes the text findable, new or changed.
func (p Prepared) Save(tx *db.Tx) error {
	was, known, err := read(tx, p.subject)
	if err != nil {
		return err
	}
	if known && was.audience == p.audience && slices.Equal(was.postings, p.postings) {
		return nil
	}
	if known {
		if err := was.remove(tx); err != nil {
			return err
		}
	}
	if _, err := tx.Exec(saveDocSQL, p.subject, p.audience, terms.Pack(p.postings)); err != nil {
		return err
	}
	at := 0
	for ; at+8 <= len(p.postings); at += 8 {
		args := make([]any, 0, 32)
		for _, q := range p.postings[at : at+8] {
			args = append(args, int64(q.Term), q.Impact, p.subject, p.audience)
		}
		if _, err := tx.Exec(savePostings8SQL, args...); err != nil {
			return err
		}
	}
	for _, q := range p.postings[at:] {
		if _, err := tx.Exec(savePostingSQL, int64(q.Term), q.Impact, p.subject, p.audience); err != nil {
			return err
		}
	}
	return p.count(tx, 1)
}

// Remove makes a text unfindable. It is no fault when it was.
func Remove(tx *db.Tx, subject id.ID) error {
	was, known, err := read(tx, subject)
	if err != nil || !known {
		return err
	}
	return was.remove(tx)
}

func (p Prepared) remove(tx *db.Tx) error {
	for _, q := range p.postings {
		if _, err := tx.Exec(dropPostingSQL, int64(q.Term), q.Impact, p.subject); err != nil {
			return err
		}
	}
	if _, err := tx.Exec(dropDocSQL, p.subject); err != nil {
		return err
	}
	return p.count(tx, -1)
}

// count keeps how many texts of the organisation have each word.
func (p Prepared) count(tx *db.Tx, by int64) error {
	if p.audience != organisation {
		return nil
	}
	list := append([]terms.Posting{{Term: allTexts}}, p.postings...)
	at := 0
	for ; at+8 <= len(list); at += 8 {
		args := make([]any, 0, 16)
		for _, q := range list[at : at+8] {
			args = append(args, int64(q.Term), by)
		}
		if _, err := tx.Exec(count8SQL, args...); err != nil {
			return err
		}
	}
	for _, q := range list[at:] {
		if _, err := tx.Exec(countSQL, int64(q.Term), by); err != nil {
			return err
		}
	}
	if by < 0 {
		for _, q := range list {
			if _, err := tx.Exec(dropCountSQL, int64(q.Term)); err != nil {
				return err
			}
		}
	}
	return nil
}

// Query is what texts should be like.
type Query struct {
	Title string // counts twice
	Words string
	Lang  string
	Not   id.ID // a subject that is not to be found: itself
	Limit int   // 5 when 0
}

// Find returns the subjects most like the words, best first, of those the
// reader may see. It returns none when nothing is close.
func Find(tx *db.Tx, reader id.ID, q Query) ([]id.ID, error) {
	if q.Limit == 0 {
		q.Limit = 5
	}
	counted := terms.Count(q.Lang, terms.Field{Text: q.Title, Times: titleTimes}, terms.Field{Text: q.Words, Times: 1})
	if len(counted) == 0 {
		return nil, nil
	}
	list := []int64{allTexts}
	for _, c := range counted {
		list = append(list, int64(c.Term))
	}
	rows, err := db.All(tx, countsSQL, scanCount, list)
	if err != nil {
		return nil, err
	}
	docs := map[terms.Term]int64{}
	for _, r := range rows {
		docs[r.term] = r.docs
	}
	type word struct {
		term  terms.Term
		first float64 // times and rarity
		says  float64
	}
	words := make([]word, 0, len(counted))
	for _, c := range counted {
		all, n := float64(max(docs[allTexts], 1)), float64(docs[c.Term])
		rare := math.Log(1 + (max(all-n, 0)+0.5)/(n+0.5))
		w := word{term: c.Term, first: float64(min(c.Times, 3)) * rare}
		w.says = w.first * rare
		words = append(words, w)
	}
	slices.SortStableFunc(words, func(a, b word) int { return cmp.Compare(b.first, a.first) })
	words = words[:min(len(words), askedTerms)]
	type match struct {
		subject     id.ID
		score, part float64
	}
	found := map[id.ID]*match{}
	all := 0.0
	for _, w := range words {
		all += w.says
		rows, err := tx.Query(bestSQL, reader, int64(w.term), min(rowsRead/len(words), rowsOfWord))
		if err != nil {
			return nil, err
		}
		for rows.Next() {
			var subject id.ID
			var impact int64
			if err := rows.Scan(&subject, &impact); err != nil {
				rows.Close()
				return nil, err
			}
			m := found[subject]
			if m == nil {
				m = &match{subject: subject}
				found[subject] = m
			}
			m.score += w.says * float64(impact)
			m.part += w.says
		}
		if err := rows.Err(); err != nil {
			return nil, err
		}
	}
	var close []*match
	for _, m := range found {
		if m.subject != q.Not && m.part >= closeEnough*all {
			close = append(close, m)
		}
	}
	slices.SortFunc(close, func(a, b *match) int {
		return cmp.Or(cmp.Compare(b.score, a.score), cmp.Compare(b.subject, a.subject))
	})
	var out []id.ID
	for _, m := range close[:min(len(close), q.Limit)] {
		out = append(out, m.subject)
	}
	return out, nil
}
