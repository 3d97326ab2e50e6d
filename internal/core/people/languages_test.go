package people_test

import (
	"slices"
	"testing"

	"github.com/guildhall/guildhall/internal/core/people"
)

func TestLanguagesAreReadByNameAndByCode(t *testing.T) {
	for _, c := range []struct {
		text, reader string
		want         []string
		bad          string
	}{
		{"English, Polish", "en", []string{"en", "pl"}, ""},
		{"en pl pt", "", []string{"en", "pl", "pt"}, ""},
		{"português; Deutsch", "en", []string{"pt", "de"}, ""},
		{"Portugiesisch, Englisch", "de", []string{"pt", "en"}, ""},
		{"pt-BR, english, EN", "en", []string{"pt-BR", "en"}, ""},
		{"Haitian Creole", "en", []string{"ht"}, ""},
		{"polski, język, en", "en", []string{"pl"}, "język"},
		{"", "en", nil, ""},
		{" , ;", "en", nil, ""},
	} {
		got, bad := people.Languages(c.text, c.reader)
		if !slices.Equal(got, c.want) || bad != c.bad {
			t.Errorf("%q is %v, %q, want %v, %q", c.text, got, bad, c.want, c.bad)
		}
	}
	for _, c := range [][3]string{{"en", "pl", "Polish"}, {"de", "pl", "Polnisch"}, {"ar", "en", "الإنجليزية"}, {"", "pt", "português"}, {"en", "nonsense!", "nonsense!"}} {
		if got := people.LanguageName(c[0], c[1]); got != c[2] {
			t.Errorf("%s for a reader of %q is %q, want %q", c[1], c[0], got, c[2])
		}
	}
	// Every name that is offered is understood.
	for _, reader := range []string{"en", "de", "fr", "es", "ar"} {
		for _, name := range people.LanguageNames(reader) {
			if got, bad := people.Languages(name, reader); bad != "" || len(got) != 1 {
				t.Errorf("%q is offered to a reader of %s and read as %v, %q", name, reader, got, bad)
			}
		}
	}
}
