package skills

import (
	_ "embed"
	"fmt"
	"strings"
)

//go:embed catalogue.tsv
var catalogueTSV string

//go:embed levels.tsv
var levelsTSV string

// Entry is one skill of the catalogue that ships with the product. It was
// written for it and owes nothing to other taxonomies.
type Entry struct {
	Name        string
	Category    string
	Work        bool   // false: outside work, for swaps
	Levels      string // which level descriptions fit, see LevelTexts
	Description string
	Synonyms    []string
}

// Catalogue returns the entries that ship with the product, in the order of
// their categories. The error can only be a mistake in the embedded file, which
// a test finds.
func Catalogue() ([]Entry, error) {
	var out []Entry
	for n, line := range strings.Split(strings.TrimSpace(catalogueTSV), "\n") {
		if n == 0 {
			continue
		}
		f := strings.Split(line, "\t")
		if len(f) != 6 || f[2] != "work" && f[2] != "leisure" {
			return nil, fmt.Errorf("skills: line %d of the catalogue is malformed", n+1)
		}
		out = append(out, Entry{
			Name: f[0], Category: f[1], Work: f[2] == "work", Levels: f[3], Description: f[4], Synonyms: strings.Split(f[5], "|"),
		})
	}
	return out, nil
}

// LevelTexts returns what somebody can do at the levels I to IV, for the kinds
// that Entry.Levels names: practice, knowledge, tool, language, leisure. Skills
// of other origin are read as practice.
func LevelTexts() (map[string][4]string, error) {
	out := map[string][4]string{}
	for n, line := range strings.Split(strings.TrimSpace(levelsTSV), "\n") {
		if n == 0 {
			continue
		}
		f := strings.Split(line, "\t")
		if len(f) != 3 || len(f[1]) != 1 || f[1][0] < '1' || f[1][0] > '4' {
			return nil, fmt.Errorf("skills: line %d of the levels is malformed", n+1)
		}
		four := out[f[0]]
		four[f[1][0]-'1'] = f[2]
		out[f[0]] = four
	}
	return out, nil
}
