package trial

import (
	"html"
	"math"
	"regexp"
	"slices"
	"strings"
	"unicode"
)

// Ranker orders people for a question, best first, at most a few hundred.
type Ranker func(q *Question) ([]string, error)

// Baselines names the six rankings to beat, in the order they are printed.
var baselineNames = [...]string{"most answers", "most votes", "bm25 max", "bm25 sum", "bm25 sum x votes", "bm25 sum x votes x prior"}

// BaselineNames returns the names of the six obvious rankings.
func BaselineNames() []string { return slices.Clone(baselineNames[:]) }

var baselineStop = func() map[string]bool {
	m := map[string]bool{}
	for _, w := range strings.Fields("a an and are as at be but by for from has have how i if in is it its of on or that the their there this to was we what when where which who why will with you your can do does not no my so any would like") {
		m[w] = true
	}
	return m
}()

var tagPattern = regexp.MustCompile(`<[^>]+>`)

// baselineTokens are the words as the baselines count them: markup dropped,
// runs of letters and digits, stop words and single letters left out, common
// English endings cut.
func baselineTokens(s string) []string {
	s = html.UnescapeString(tagPattern.ReplaceAllString(s, " "))
	var out []string
	var word []rune
	flush := func() {
		n := len(word)
		if n < 2 || baselineStop[string(word)] {
			word = word[:0]
			return
		}
		t := word
		if n > 4 {
			for _, suffix := range [...]string{"ations", "ation", "ings", "ing", "ies", "ed", "es", "s"} {
				if n-len(suffix) >= 3 && strings.HasSuffix(string(t), suffix) {
					t = t[:n-len(suffix)]
					break
				}
			}
		}
		out = append(out, string(t))
		word = word[:0]
	}
	for _, r := range s {
		// U+0130 is lowered to two runes, of which the dot ends the word.
		if r == 'İ' {
			word = append(word, 'i')
			flush()
			continue
		}
		if unicode.IsLetter(r) || unicode.IsNumber(r) {
			word = append(word, unicode.ToLower(r))
			continue
		}
		flush()
	}
	flush()
	return out
}

func twice(s []string) []string { return append(slices.Clone(s), s...) }

func tagText(s string) string {
	return strings.ReplaceAll(strings.ReplaceAll(s, "><", " "), "|", " ")
}

// tally counts with the order of first mention kept, which decides ties.
type tally[K comparable] struct {
	at  map[K]int
	key []K
	n   []float64
}

func newTally[K comparable]() *tally[K] { return &tally[K]{at: map[K]int{}} }

func (t *tally[K]) slot(k K) *float64 {
	i, ok := t.at[k]
	if !ok {
		i = len(t.key)
		t.at[k] = i
		t.key = append(t.key, k)
		t.n = append(t.n, 0)
	}
	return &t.n[i]
}

func (t *tally[K]) get(k K) float64 {
	if i, ok := t.at[k]; ok {
		return t.n[i]
	}
	return 0
}

// order returns the places of the keys, largest number first.
func (t *tally[K]) order() []int {
	o := make([]int, len(t.key))
	for i := range o {
		o[i] = i
	}
	slices.SortStableFunc(o, func(a, b int) int {
		switch {
		case t.n[a] > t.n[b]:
			return -1
		case t.n[a] < t.n[b]:
			return 1
		}
		return 0
	})
	return o
}

func (t *tally[K]) ranked() []K {
	out := make([]K, 0, len(t.key))
	for _, i := range t.order() {
		out = append(out, t.key[i])
	}
	return out
}

type docTerm struct{ doc, freq int }

// Baselines returns the six rankings, trained on what came before the split.
// Like every simple script they see the scores and acceptances that the
// archive holds at its end.
func (s *Split) Baselines() map[string]Ranker {
	var owner []string
	var votes, length []float64
	post := map[string][]docTerm{}
	prior, upvotes := newTally[string](), newTally[string]()
	total := 0.0
	for i, n := range s.Answers {
		q := s.Question(n)
		d := append(append(twice(baselineTokens(q.Title)), twice(baselineTokens(tagText(q.Tags)))...), baselineTokens(n.Body)...)
		v := float64(n.Score)
		if q.Accepted == n.ID {
			v += 5
		}
		owner, votes, length = append(owner, n.Owner), append(votes, v), append(length, float64(len(d)))
		total += float64(len(d))
		count := newTally[string]()
		for _, w := range d {
			*count.slot(w)++
		}
		for j, w := range count.key {
			post[w] = append(post[w], docTerm{i, int(count.n[j])})
		}
		*prior.slot(n.Owner)++
		*upvotes.slot(n.Owner) += max(v, 0)
	}
	docs := float64(len(owner))
	average := total / max(docs, 1)
	bm25 := func(q *Question) *tally[int] {
		words := append(append(twice(baselineTokens(q.Title)), twice(baselineTokens(tagText(q.Tags)))...), baselineTokens(q.Body)...)
		count := newTally[string]()
		for _, w := range words {
			*count.slot(w)++
		}
		sum := newTally[int]()
		for j, w := range count.key {
			list := post[w]
			if len(list) == 0 {
				continue
			}
			df := float64(len(list))
			idf := math.Log(1 + (docs-df+.5)/(df+.5))
			for _, p := range list {
				f := float64(p.freq)
				*sum.slot(p.doc) += min(count.n[j], 3) * idf * f * 2.2 / (f + 1.2*(.25+.75*length[p.doc]/average))
			}
		}
		return sum
	}
	byWords := func(kind string) Ranker {
		return func(q *Question) ([]string, error) {
			sum := bm25(q)
			top := sum.order()
			people := newTally[string]()
			for _, place := range top[:min(100, len(top))] {
				doc, v := sum.key[place], sum.n[place]
				slot := people.slot(owner[doc])
				switch kind {
				case "bm25 max":
					*slot = max(*slot, v)
				case "bm25 sum":
					*slot += v
				default:
					*slot += v * math.Log(2+max(votes[doc], 0))
				}
			}
			if kind == "bm25 sum x votes x prior" {
				for i, k := range people.key {
					people.n[i] *= math.Log(2 + prior.get(k))
				}
			}
			return people.ranked(), nil
		}
	}
	out := map[string]Ranker{
		"most answers": func(*Question) ([]string, error) { return prior.ranked(), nil },
		"most votes":   func(*Question) ([]string, error) { return upvotes.ranked(), nil },
	}
	for _, k := range baselineNames[2:] {
		out[k] = byWords(k)
	}
	return out
}
