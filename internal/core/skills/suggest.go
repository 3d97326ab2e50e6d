package skills

import (
	"context"
	"sort"
	"strings"
	"unicode/utf8"

	"github.com/guildhall/guildhall/internal/core/access"
	"github.com/guildhall/guildhall/internal/platform/db"
)

// Suggestion is a skill that somebody may mean.
type Suggestion struct {
	Tag
	By string // the synonym that matched, "" when it was the name
}

// Suggest returns the skills and things that somebody typing the words may
// mean, best first: whole names, names that begin so, synonyms that begin so,
// names of which a later word begins so, and names spelt nearly so. Deprecated
// and merged ones are not suggested, and nothing is to guests.
func (s *Service) Suggest(ctx context.Context, by access.Actor, words string, limit int) ([]Suggestion, error) {
	q := Norm(words)
	if q == "" || utf8.RuneCountInString(q) > 100 {
		return nil, nil
	}
	var found []named
	err := s.db.Read(ctx, func(tx *db.Tx) error {
		begin, err := db.All(tx, namesBetweenSQL, scanNamed, by.Person, q, q+"\U0010FFFF", 60)
		if err != nil {
			return err
		}
		found = begin
		if len(begin) >= limit*2 {
			return nil
		}
		near, err := db.All(tx, namesNearSQL, scanNamed, by.Person, Grams(q), 40)
		found = append(found, near...)
		return err
	})
	if err != nil {
		return nil, err
	}
	return best(q, found, limit), nil
}

// named is one name of a skill.
type named struct {
	Tag
	name, norm string
	primary    bool
}

func best(q string, found []named, limit int) []Suggestion {
	type hit struct {
		Suggestion
		rank float64
	}
	hits := map[Tag]hit{}
	for _, n := range found {
		h := hit{Suggestion{Tag: n.Tag}, closeness(q, n)}
		if !n.primary {
			h.By = n.name
		}
		if h.rank <= 0 {
			continue
		}
		if old, ok := hits[n.Tag]; !ok || h.rank > old.rank {
			hits[n.Tag] = h
		}
	}
	list := make([]hit, 0, len(hits))
	for _, h := range hits {
		list = append(list, h)
	}
	sort.Slice(list, func(i, j int) bool {
		a, b := list[i], list[j]
		if a.rank != b.rank {
			return a.rank > b.rank
		}
		if a.Name != b.Name {
			return a.Name < b.Name
		}
		return a.ID < b.ID
	})
	out := make([]Suggestion, 0, limit)
	for _, h := range list {
		if len(out) == limit {
			break
		}
		out = append(out, h.Suggestion)
	}
	return out
}

// closeness ranks one name for what was typed; 0 leaves it out. Half of the
// three-letter pieces must agree, so that one slip in a word of five letters is
// forgiven and a different word is not.
func closeness(q string, n named) float64 {
	var rank float64
	switch {
	case n.norm == q:
		rank = 5
	case strings.HasPrefix(n.norm, q):
		rank = 4
	case strings.Contains(" "+n.norm, " "+q):
		rank = 3
	default:
		rank = nearness(q, n.norm)
		if slips(q, n.norm) {
			rank = max(rank, 0.9) // one slip of the fingers
		}
		if rank < 0.4 {
			return 0
		}
	}
	if !n.primary {
		rank -= 0.5
	}
	// Among names that begin so, the shorter one is closer.
	return rank - float64(min(utf8.RuneCountInString(n.norm), 100))/1000
}

// nearness is Dice's coefficient of the pieces, of q against the best stretch
// of as many words of the name: what is typed may be its beginning only.
func nearness(q, norm string) float64 {
	a := Grams(q)
	words := strings.Fields(norm)
	span := len(strings.Fields(q))
	var most float64
	for i := range words {
		b := Grams(strings.Join(words[i:min(i+span, len(words))], " "))
		has := map[string]bool{}
		for _, g := range b {
			has[g] = true
		}
		same := 0
		for _, g := range a {
			if has[g] {
				same++
			}
		}
		if len(a)+len(b) > 0 {
			most = max(most, 2*float64(same)/float64(len(a)+len(b)))
		}
	}
	return most
}

// slips tells whether q is a stretch of whole words of the name but for one
// letter that is missing, wrong, too many or in its neighbour's place; in nine
// letters and more, two.
func slips(q, norm string) bool {
	allowed := 1
	if utf8.RuneCountInString(q) >= 9 {
		allowed = 2
	}
	if utf8.RuneCountInString(q) < 4 {
		return false
	}
	words := strings.Fields(norm)
	span := len(strings.Fields(q))
	for i := range words {
		if distance([]rune(q), []rune(strings.Join(words[i:min(i+span, len(words))], " ")), allowed) <= allowed {
			return true
		}
	}
	return false
}

// distance counts letters to take out, put in, change or exchange with their
// neighbour to make b of a (optimal string alignment); more than most is most+1.
func distance(a, b []rune, most int) int {
	if len(a)-len(b) > most || len(b)-len(a) > most {
		return most + 1
	}
	before, last, row := make([]int, len(b)+1), make([]int, len(b)+1), make([]int, len(b)+1)
	for j := range last {
		last[j] = j
	}
	for i := 1; i <= len(a); i++ {
		row[0] = i
		for j := 1; j <= len(b); j++ {
			change := 1
			if a[i-1] == b[j-1] {
				change = 0
			}
			row[j] = min(last[j]+1, row[j-1]+1, last[j-1]+change)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				row[j] = min(row[j], before[j-2]+1)
			}
		}
		before, last, row = last, row, before
	}
	return last[len(b)]
}
