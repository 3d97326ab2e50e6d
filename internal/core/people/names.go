package people

import (
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// SortKey folds a name so that both databases, which compare bytes, put it
// where a reader expects it: case and accents do not matter.
func SortKey(name string) string {
	var b strings.Builder
	space := false
	for _, r := range norm.NFKD.String(strings.ToLower(name)) {
		switch {
		case unicode.Is(unicode.Mn, r):
		case unicode.IsSpace(r) || unicode.IsPunct(r):
			space = b.Len() > 0
		default:
			if space {
				b.WriteByte(' ')
				space = false
			}
			switch r {
			case 'ł':
				r = 'l'
			case 'ø':
				r = 'o'
			case 'đ', 'ð':
				r = 'd'
			case 'ı':
				r = 'i'
			case 'ß':
				b.WriteByte('s')
				r = 's'
			case 'æ':
				b.WriteByte('a')
				r = 'e'
			case 'œ':
				b.WriteByte('o')
				r = 'e'
			}
			b.WriteRune(r)
		}
	}
	return b.String()
}
