// Package terms turns text of any language into the terms that rankings
// count: who knows about it, and which questions are like it. The same words
// must come out of a question and of the answers it is compared with, so the
// rules are few and need nothing but the text and, where it is known, its
// language:
//
//   - runs of letters and digits, lower case, accents dropped; "c++", "c#" and
//     "f#" stay whole; scripts without spaces give pairs of characters;
//   - web addresses are left out;
//   - words that every text has (articles, pronouns, auxiliaries) are left out;
//   - common endings are cut (light stemming: plural and tense, no derivation),
//     which joins "queries" and "query" and almost never joins what differs.
//
// A heavier stemmer joins more words but also "university" with "universe";
// rankings that weigh words by rarity gain nothing from it.
package terms

import (
	"strings"
	"unicode"
)

// Term is a word as the index keeps it: 40 bits of a hash. Two of a million
// words meet with a chance of one in three; what they then share is a little
// noise in a sum.
type Term int64

// Of returns the term of a word as Words gives it.
func Of(word string) Term {
	const offset, prime = 14695981039346656037, 1099511628211
	h := uint64(offset)
	for i := range len(word) {
		h = (h ^ uint64(word[i])) * prime
	}
	// The last letters reach only the low bits; a rebuild cuts the range of
	// terms into parts and wants them spread evenly.
	h = (h ^ h>>33) * 0xff51afd7ed558ccd
	h = (h ^ h>>33) * 0xc4ceb9fe1a85ec53
	return Term(h >> 24)
}

// Counted is one term of a text, how often it is there, and the word.
type Counted struct {
	Term  Term
	Times int
	Word  string
}

// Count returns the terms of the texts in the order of their first mention.
// A text counts as often as Field.Times says.
func Count(lang string, fields ...Field) []Counted {
	at := map[Term]int{}
	var out []Counted
	for _, f := range fields {
		Words(f.Text, lang, func(word string) {
			t := Of(word)
			i, ok := at[t]
			if !ok {
				i = len(out)
				at[t] = i
				out = append(out, Counted{Term: t, Word: word})
			}
			out[i].Times += f.Times
		})
	}
	return out
}

// Field is a part of a document that counts Times as much as plain text.
type Field struct {
	Text  string
	Times int
}

// longest is how many characters of a word are read; what is longer is no
// word but a key or a picture in base64.
const longest = 40

// Words calls yield with every word of the text that counts, cut to its stem.
// lang is a BCP 47 tag; "" and "und" are read as English, whose endings do the
// least harm to other languages.
func Words(text, lang string, yield func(word string)) {
	rules := rulesOf(lang)
	var word []rune
	var wide []rune // a run of characters that stand without spaces
	flush := func() {
		if len(word) == 0 {
			return
		}
		w := string(word)
		long := len(word) > longest
		word = word[:0]
		if long || rules.common[w] {
			return
		}
		if w = rules.stem(w); len(w) > 1 && !rules.common[w] {
			yield(w)
		}
	}
	flushWide := func() {
		if len(wide) == 1 {
			yield(string(wide))
		}
		for i := 0; i+1 < len(wide); i++ {
			yield(string(wide[i : i+2]))
		}
		wide = wide[:0]
	}
	address := false // within a web address, whose parts are no words
	for i, r := range text {
		if address {
			address = !unicode.IsSpace(r) && !strings.ContainsRune("()<>[]\"", r)
			continue
		}
		switch {
		case r == ':' && (string(word) == "https" || string(word) == "http") && strings.HasPrefix(text[i:], "://"):
			word, address = word[:0], true
			continue
		case isWide(r):
			flush()
			wide = append(wide, r)
			continue
		case unicode.IsLetter(r) || unicode.IsNumber(r):
			if len(wide) > 0 {
				flushWide()
			}
			word = fold(word, unicode.ToLower(r))
			continue
		case unicode.Is(unicode.Mn, r):
			continue // an accent written apart
		case (r == '+' || r == '#') && len(word) > 0 && len(word) <= 2 && word[0] >= 'a' && word[0] <= 'z':
			word = append(word, r)
			continue
		}
		if len(wide) > 0 {
			flushWide()
		}
		flush()
	}
	flushWide()
	flush()
}

// isWide tells whether the script is written without spaces.
func isWide(r rune) bool {
	return r >= 0x0e00 && (unicode.In(r, unicode.Han, unicode.Hiragana, unicode.Katakana, unicode.Thai, unicode.Lao, unicode.Khmer, unicode.Myanmar))
}

// fold appends the letter without its accent.
func fold(w []rune, r rune) []rune {
	if r < 0x80 {
		return append(w, r)
	}
	switch {
	case r >= 0xe0 && r <= 0xff || r >= 0x100 && r <= 0x17f:
		if s := latin(r); s != "" {
			return append(w, []rune(s)...)
		}
	case r == 'أ' || r == 'إ' || r == 'آ' || r == 'ٱ':
		return append(w, 'ا')
	case r == 'ى':
		return append(w, 'ي')
	case r == 'ة':
		return append(w, 'ه')
	case r == 'ـ':
		return w
	case r == 'ё':
		return append(w, 'е')
	case r == 'ς':
		return append(w, 'σ')
	}
	return append(w, r)
}

// latin returns the plain letters of an accented one, "" when it has none.
func latin(r rune) string {
	const first = 'à'
	plain := [...]string{
		"a", "a", "a", "a", "a", "a", "ae", "c", "e", "e", "e", "e", "i", "i", "i", "i",
		"d", "n", "o", "o", "o", "o", "o", "", "o", "u", "u", "u", "u", "y", "th", "y",
	}
	if r <= 'ÿ' {
		return plain[r-first]
	}
	// U+0100 to U+017F, two cases of a letter side by side.
	const extended = "aaaaaaccccccccddddeeeeeeeeeegggggggghhhhiiiiiiiiii  jjkkklllllllllllnnnnnnnnnoooooo  rrrrrrssssssssttttttuuuuuuuuuuuuwwyyyzzzzzzs"
	switch r {
	case 'ĳ':
		return "ij"
	case 'œ':
		return "oe"
	}
	if i := int(r - 0x100); i < len(extended) && extended[i] != ' ' {
		return extended[i : i+1]
	}
	return ""
}

// rules are what a language adds: its common words and its endings.
type rules struct {
	common map[string]bool
	stem   func(string) string
}

func words(s string) map[string]bool {
	m := map[string]bool{}
	for _, w := range strings.Fields(s) {
		m[w] = true
	}
	return m
}

var (
	english = rules{common: words(`a an and are as at be been but by can could did do does for from had has have how i if
		in into is it its just like may me my no not of on or our should so some than that the their them then there these they
		this to was we were what when where which who why will with would you your am any because being between both during each
		about after again all also very too only own same such`), stem: stemEnglish}
	german = rules{common: words(`aber alle allem allen aller als also am an auch auf aus bei bin bis bist da dadurch daher damit dann
		das dass dein dem den denn der des dessen die dies diese diesem diesen dieser dieses doch dort du durch ein eine einem einen
		einer eines er es euer fur hatte hatten hier hinter ich ihr ihre im in ist ja jede jedem jeden jeder jedes jener jetzt kann
		kannst konnen konnte mein mit muss mussen nach nein nicht nun oder seid sein seine sich sie sind so soll sollen sollte sondern
		sonst und uns unser unter vom von vor wann warum was weiter weitere wenn wer werde werden wie wieder wir wird wo wurde wurden
		zu zum zur uber`), stem: stemGerman}
	french = rules{common: words(`au aux avec ce ces cet cette dans de des du elle elles en est et eux il ils je la le les leur leurs lui
		ma mais me meme mes moi mon ne nos notre nous on ou par pas pour qu que quel quelle qui sa se ses son sont sur ta te tes toi
		ton tu un une vos votre vous y a ont ete etre avoir fait comment pourquoi quand`), stem: stemFrench}
	spanish = rules{common: words(`al algo como con cual cuando de del desde donde durante e el ella ellas ellos en entre era es esa esas
		ese eso esos esta estan estar estas este esto estos fue ha han hasta hay la las le les lo los mas me mi mis muy ni no nos o
		os otra otro para pero por porque que quien se ser si sin sobre son su sus tambien te tengo tiene un una uno unos y ya yo`),
		stem: stemSpanish}
	arabic = rules{common: words(`في من على الى عن هو هي هذا هذه ذلك التي الذي ما لا لم لن ان كان كانت مع او ثم قد كل هل كيف متي اين و يا`),
		stem: stemArabic}
	plain = rules{common: map[string]bool{}, stem: func(s string) string { return s }}
)

func rulesOf(lang string) *rules {
	base, _, _ := strings.Cut(strings.ToLower(lang), "-")
	switch base {
	case "", "und", "en":
		return &english
	case "de", "nl", "da", "sv", "nb", "no":
		if base == "de" {
			return &german
		}
	case "fr":
		return &french
	case "es":
		return &spanish
	case "ar":
		return &arabic
	}
	return &plain
}

// cut removes the first ending that leaves at least keep bytes.
func cut(w string, keep int, endings ...string) string {
	for _, e := range endings {
		if len(w)-len(e) >= keep && strings.HasSuffix(w, e) {
			return w[:len(w)-len(e)]
		}
	}
	return w
}

func stemEnglish(w string) string {
	if len(w) <= 3 || w[len(w)-1] < 'a' || w[len(w)-1] > 'z' {
		return w
	}
	switch {
	case strings.HasSuffix(w, "ss"), strings.HasSuffix(w, "us"), strings.HasSuffix(w, "is"):
	case strings.HasSuffix(w, "ies"):
		w = w[:len(w)-3] + "y"
	case strings.HasSuffix(w, "es") && len(w) > 4 && strings.ContainsRune("sxzh", rune(w[len(w)-3])):
		w = w[:len(w)-2]
	case w[len(w)-1] == 's':
		w = w[:len(w)-1]
	}
	if len(w) > 4 {
		w = cut(w, 4, "ations", "ation", "ings", "ing", "ed", "ly")
	}
	w = cut(w, 3, "e")
	if n := len(w); n > 3 && w[n-1] == w[n-2] && strings.IndexByte("bdfgmnprt", w[n-1]) >= 0 {
		w = w[:n-1] // "running", "runn"
	}
	if n := len(w); n > 3 && w[n-1] == 'y' {
		w = w[:n-1] + "i"
	}
	return w
}

func stemGerman(w string) string {
	if len(w) <= 4 {
		return w
	}
	w = cut(w, 4, "ungen", "heiten", "keiten", "ung")
	return cut(w, 4, "ern", "em", "er", "en", "es", "e", "s", "n")
}

func stemFrench(w string) string {
	if len(w) <= 4 {
		return w
	}
	w = cut(w, 4, "ements", "ement", "ations", "ation", "euses", "euse", "eurs", "eur", "aux", "es", "er", "ees", "ee", "s", "x", "e")
	return cut(w, 4, "e")
}

func stemSpanish(w string) string {
	if len(w) <= 4 {
		return w
	}
	w = cut(w, 4, "aciones", "acion", "iones", "mente", "ando", "iendo", "ados", "adas", "ado", "ada", "es", "as", "os", "ar", "er", "ir", "a", "o", "e")
	return w
}

func stemArabic(w string) string {
	for _, p := range [...]string{"وال", "بال", "كال", "فال", "لل", "ال", "و"} {
		if strings.HasPrefix(w, p) && len([]rune(w))-len([]rune(p)) >= 3 {
			w = w[len(p):]
			break
		}
	}
	for _, s := range [...]string{"ها", "ان", "ات", "ون", "ين", "يه", "ه", "ي"} {
		if strings.HasSuffix(w, s) && len([]rune(w))-len([]rune(s)) >= 3 {
			return w[:len(w)-len(s)]
		}
	}
	return w
}
