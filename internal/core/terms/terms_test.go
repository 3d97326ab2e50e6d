package terms

import (
	"slices"
	"strconv"
	"strings"
	"testing"
	"unicode"

	"pgregory.net/rapid"
)

func list(text, lang string) []string {
	var out []string
	Words(text, lang, func(w string) { out = append(out, w) })
	return out
}

func TestFormsOfAWordMeet(t *testing.T) {
	for _, c := range []struct{ lang, a, b string }{
		{"en", "queries", "query"}, {"en", "running", "runs"}, {"en", "circuits", "circuit"}, {"en", "measured", "measure"},
		{"en", "boxes", "box"}, {"en", "gates", "gate"}, {"en", "Simulations", "simulation"},
		{"de", "Fräsmaschinen", "fräsmaschine"}, {"de", "Schulungen", "Schulung"}, {"fr", "réunions", "reunion"},
		{"es", "máquinas", "maquina"}, {"ar", "المهندسون", "مهندس"}, {"und", "Café", "cafe"}, {"pl", "łódź", "lodz"},
	} {
		if x, y := list(c.a, c.lang), list(c.b, c.lang); len(x) != 1 || !slices.Equal(x, y) {
			t.Errorf("%s: %q gives %q, %q gives %q", c.lang, c.a, x, c.b, y)
		}
	}
}

func TestDifferentWordsStayApart(t *testing.T) {
	for _, c := range [][2]string{{"class", "classical"}, {"process", "processor"}, {"status", "stat"}, {"c++", "c"}, {"c#", "c"}, {"university", "universe"}, {"bus", "bu"}} {
		if slices.Equal(list(c[0], "en"), list(c[1], "en")) && len(list(c[0], "en")) > 0 {
			t.Errorf("%q and %q are the same", c[0], c[1])
		}
	}
}

func TestCodesAndScriptsWithoutSpaces(t *testing.T) {
	for text, want := range map[string][]string{
		"The pump O-5512 leaks":  {"pump", "5512", "leak"},
		"C++ and C# on .NET 8.0": {"c++", "c#", "net"},
		"See [the lathe](https://example.org/wiki/Speed_(tool)#x) or http://b.example, please": {"see", "lath", "tool", "pleas"},
		"量子计算机":           {"量子", "子计", "计算", "算机"},
		"e\u0301te\u0301": {"ete"},
		"":                nil,
	} {
		if got := list(text, "en"); !slices.Equal(got, want) {
			t.Errorf("%q gives %q, want %q", text, got, want)
		}
	}
}

func TestEveryTextGivesShortLowerCaseTerms(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.String().Draw(t, "text")
		lang := rapid.SampledFrom([]string{"", "en", "de", "fr", "es", "ar", "ja", "und"}).Draw(t, "lang")
		Words(text, lang, func(w string) {
			if w == "" || len([]rune(w)) > 2*longest || strings.ContainsFunc(w, unicode.IsSpace) {
				t.Fatalf("%q gives the word %q", text, w)
			}
			if term := Of(w); term < 0 || term >= 1<<40 {
				t.Fatalf("term %d", term)
			}
		})
	})
}

func TestFieldsCountAsOftenAsTheySay(t *testing.T) {
	got := Count("en", Field{"quantum gate", 2}, Field{"a gate of steel", 1})
	want := map[string]int{"quantum": 2, "gat": 3, "of": 0, "steel": 1}
	for _, c := range got {
		if want[c.Word] != c.Times {
			t.Errorf("%s counts %d, want %d", c.Word, c.Times, want[c.Word])
		}
	}
	if len(got) != 3 {
		t.Errorf("got %d terms", len(got))
	}
}

func TestTermsAreSpreadEvenly(t *testing.T) {
	var parts [16]int
	for i := range 16_000 {
		parts[Of("w"+strconv.Itoa(i))>>36]++
	}
	for i, n := range parts {
		if n < 800 || n > 1200 {
			t.Errorf("part %d of the terms has %d of 16000 words", i, n)
		}
	}
}
