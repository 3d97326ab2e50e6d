package skills

import (
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"

	"github.com/guildhall/guildhall/internal/platform/id"
)

// Norm folds a name so that spellings of one name meet: compatibility forms,
// case, accents and punctuation do not matter, but the signs that tell C, C++
// and C# apart do.
func Norm(name string) string {
	var b strings.Builder
	gap := false
	for _, r := range norm.NFKD.String(strings.ToLower(norm.NFKD.String(name))) {
		switch {
		case unicode.Is(unicode.Mn, r):
			continue
		case unicode.IsLetter(r), unicode.IsDigit(r), r == '+', r == '#':
			if gap {
				b.WriteByte(' ')
				gap = false
			}
			b.WriteRune(r)
		default:
			gap = b.Len() > 0
		}
	}
	return b.String()
}

// Slug is the readable part of a skill's name that is unique by its id.
func Slug(name string, n id.ID) string {
	s := strings.ReplaceAll(Norm(name), " ", "-")
	if len(s) > 60 {
		s = strings.ToValidUTF8(s[:60], "")
	}
	return s + "-" + n.String()
}

// Grams returns the distinct three-letter pieces of a folded name, each word
// with a space before and after it.
func Grams(folded string) []string {
	var out []string
	seen := map[string]bool{}
	for _, w := range strings.Fields(folded) {
		r := []rune(" " + w + " ")
		for i := 0; i+3 <= len(r); i++ {
			if g := string(r[i : i+3]); !seen[g] {
				seen[g] = true
				out = append(out, g)
			}
		}
	}
	return out
}
