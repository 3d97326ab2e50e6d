package people

import (
	"strings"
	"sync"

	"golang.org/x/text/language"
	"golang.org/x/text/language/display"
)

// maxLanguages is how many languages one person may list.
const maxLanguages = 20

// spokenTags are the languages that have a two-letter code, and a few without
// one that many people speak.
var spokenTags = sync.OnceValue(func() []language.Tag {
	var out []language.Tag
	english := display.English.Languages()
	for a := 'a'; a <= 'z'; a++ {
		for b := 'a'; b <= 'z'; b++ {
			base, err := language.ParseBase(string([]rune{a, b}))
			if err != nil {
				continue
			}
			if t := language.Make(base.String()); english.Name(t) != "" && english.Name(t) != base.String() {
				out = append(out, t)
			}
		}
	}
	for _, s := range []string{"fil", "yue", "ceb", "haw", "ber", "nds", "gsw", "pt-BR", "zh-Hant"} {
		out = append(out, language.Make(s))
	}
	return out
})

// tagsByName finds a language by its name in English and in itself.
var tagsByName = sync.OnceValue(func() map[string]language.Tag {
	out := map[string]language.Tag{}
	english := display.English.Languages()
	for _, t := range spokenTags() {
		for _, name := range []string{english.Name(t), display.Self.Name(t)} {
			if key := SortKey(name); key != "" {
				if _, known := out[key]; !known {
					out[key] = t
				}
			}
		}
	}
	return out
})

// LanguageName is what a language is called in the reader's language, in
// itself where that is not known, else its code.
func LanguageName(reader, tag string) string {
	t, err := language.Parse(tag)
	if err != nil {
		return tag
	}
	if names := display.Languages(language.Make(reader)); names != nil {
		if name := names.Name(t); name != "" {
			return name
		}
	}
	if name := display.Self.Name(t); name != "" {
		return name
	}
	return tag
}

// LanguageNames are the names of the languages one can list, in the reader's
// language, for a field that completes them.
func LanguageNames(reader string) []string {
	var out []string
	for _, t := range spokenTags() {
		out = append(out, LanguageName(reader, t.String()))
	}
	return out
}

// Languages reads languages by their names in English, in themselves or in the
// reader's language, or by their codes, with commas between; codes may have
// spaces between. bad is the first piece that is no language.
func Languages(text, reader string) (tags []string, bad string) {
	seen := map[string]bool{}
	add := func(t language.Tag) {
		if s := t.String(); s != "und" && !seen[s] {
			seen[s] = true
			tags = append(tags, s)
		}
	}
	for _, piece := range strings.FieldsFunc(text, func(r rune) bool { return r == ',' || r == ';' || r == '\n' }) {
		piece = strings.TrimSpace(piece)
		if piece == "" {
			continue
		}
		if t, ok := languageNamed(piece, reader); ok {
			add(t)
			continue
		}
		for _, word := range strings.Fields(piece) {
			t, ok := languageNamed(word, reader)
			if !ok {
				return tags, piece
			}
			add(t)
		}
		if len(tags) > maxLanguages {
			return tags[:maxLanguages], piece
		}
	}
	return tags, ""
}

func languageNamed(word, reader string) (language.Tag, bool) {
	key := SortKey(word)
	if t, ok := tagsByName()[key]; ok {
		return t, true
	}
	if t, err := language.Parse(word); err == nil {
		return t, true
	}
	if reader != "" && !strings.HasPrefix(reader, "en") {
		if names := display.Languages(language.Make(reader)); names != nil {
			for _, t := range spokenTags() {
				if SortKey(names.Name(t)) == key {
					return t, true
				}
			}
		}
	}
	return language.Tag{}, false
}
