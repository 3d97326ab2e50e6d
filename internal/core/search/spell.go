package search

import (
	"slices"
	"strings"

	"github.com/guildhall/guildhall/internal/platform/db"
)

// Words of this many letters are learnt: shorter ones have too many
// neighbours, longer ones are no words.
const (
	shortest = 4
	longest  = 24
)

// Learn notes words of a text that the whole organisation may see.
func Learn(tx *db.Tx, docs map[string]int) error {
	words := make([]string, 0, len(docs))
	for w := range docs {
		words = append(words, w)
	}
	slices.Sort(words) // the same order everywhere, so that two servers never wait for each other
	for _, w := range words {
		var known int64
		ok, err := tx.Row(knownWordSQL, []any{&known}, w)
		if err != nil {
			return err
		}
		if _, err := tx.Exec(learnWordSQL, w, docs[w]); err != nil {
			return err
		}
		if ok {
			continue
		}
		for _, s := range spellings(w) {
			if _, err := tx.Exec(learnSpellingSQL, s, w); err != nil {
				return err
			}
		}
	}
	return nil
}

// Learnable returns the words of a text that are worth learning.
func Learnable(text string, into map[string]int) {
	seen := map[string]bool{}
	for _, w := range strings.Fields(Fold(text)) {
		if n := len([]rune(w)); n < shortest || n > longest || seen[w] || strings.ContainsAny(w, "0123456789") {
			continue
		}
		seen[w] = true
		into[w]++
	}
}

// spellings returns the word and every word that one left-out letter makes of
// it. Two words with a spelling in common are at most two typing errors apart.
func spellings(word string) []string {
	r := []rune(word)
	out := []string{word}
	for i := range r {
		s := string(r[:i]) + string(r[i+1:])
		if !slices.Contains(out, s) {
			out = append(out, s)
		}
	}
	return out
}

// correct returns the words with those nobody wrote replaced by the likeliest
// that somebody did, nil when there is nothing to replace.
func correct(tx *db.Tx, words []string) ([]string, error) {
	out := slices.Clone(words)
	changed := false
	for i, w := range words {
		if n := len([]rune(w)); n < shortest || n > longest {
			continue
		}
		var known int64
		if ok, err := tx.Row(knownWordSQL, []any{&known}, w); err != nil {
			return nil, err
		} else if ok {
			continue
		}
		near, err := db.All(tx, nearWordsSQL, func(r *db.Rows, n *nearWord) error { return r.Scan(&n.word, &n.docs) }, spellings(w))
		if err != nil {
			return nil, err
		}
		best, least := nearWord{}, 3
		for _, n := range near {
			d := distance(w, n.word)
			if d < least || d == least && (n.docs > best.docs || n.docs == best.docs && n.word < best.word) {
				best, least = n, d
			}
		}
		if best.word != "" && least <= 2 {
			out[i], changed = best.word, true
		}
	}
	if !changed {
		return nil, nil
	}
	return out, nil
}

type nearWord struct {
	word string
	docs int64
}

// distance counts the letters to change, insert, leave out or swap with their
// neighbour to get from one word to the other (optimal string alignment).
func distance(a, b string) int {
	x, y := []rune(a), []rune(b)
	rows := make([][]int, len(x)+1)
	for i := range rows {
		rows[i] = make([]int, len(y)+1)
		rows[i][0] = i
	}
	for j := range rows[0] {
		rows[0][j] = j
	}
	for i := 1; i <= len(x); i++ {
		for j := 1; j <= len(y); j++ {
			cost := 1
			if x[i-1] == y[j-1] {
				cost = 0
			}
			rows[i][j] = min(rows[i-1][j]+1, rows[i][j-1]+1, rows[i-1][j-1]+cost)
			if i > 1 && j > 1 && x[i-1] == y[j-2] && x[i-2] == y[j-1] {
				rows[i][j] = min(rows[i][j], rows[i-2][j-2]+1)
			}
		}
	}
	return rows[len(x)][len(y)]
}
