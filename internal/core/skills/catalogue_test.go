package skills

import (
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestTheCatalogueIsWhole(t *testing.T) {
	all, err := Catalogue()
	if err != nil {
		t.Fatal(err)
	}
	levels, err := LevelTexts()
	if err != nil {
		t.Fatal(err)
	}
	if len(all) < 290 || len(levels) != 5 {
		t.Errorf("%d skills, %d kinds of levels", len(all), len(levels))
	}
	names := map[string]string{}
	leisure := 0
	categories := map[string]bool{}
	for _, e := range all {
		categories[e.Category] = true
		if !e.Work {
			leisure++
		}
		if e.Name == "" || e.Category == "" || len(e.Synonyms) == 0 || len(e.Name) > 60 || !strings.HasSuffix(e.Description, ".") {
			t.Errorf("%+v", e)
		}
		if _, ok := levels[e.Levels]; !ok {
			t.Errorf("%s has levels %q", e.Name, e.Levels)
		}
		for _, n := range append([]string{e.Name}, e.Synonyms...) {
			if Norm(n) == "" || strings.TrimSpace(n) != n {
				t.Errorf("%s: name %q", e.Name, n)
			}
			if other, ok := names[Norm(n)]; ok {
				t.Errorf("%q names %q and %q", n, other, e.Name)
			}
			names[Norm(n)] = e.Name
		}
	}
	if leisure < 40 || len(categories) < 20 {
		t.Errorf("%d outside work, %d categories", leisure, len(categories))
	}
	for kind, four := range levels {
		for i, s := range four {
			if s == "" {
				t.Errorf("%s has no level %d", kind, i+1)
			}
		}
	}
}

func TestSlipsFindTheSkill(t *testing.T) {
	all, err := Catalogue()
	if err != nil {
		t.Fatal(err)
	}
	for typed, want := range map[string]string{
		"spredsheets": "Spreadsheets", "exel": "Spreadsheets", "forklfit driving": "Forklift driving", "welding tig": "TIG welding", "javascrpt": "JavaScript",
		"negotating": "Negotiating", "presen": "Presenting", "frist aid": "First aid", "golang": "Go", "kubernets": "Containers", "project mangement": "Project management",
		"deutch": "German", "gitar": "Guitar", "fac": "Facilitating meetings", "Français": "French",
	} {
		best, name := 0.0, ""
		for _, e := range all {
			for _, n := range append([]string{e.Name}, e.Synonyms...) {
				if s := Similarity(Norm(typed), Norm(n)); s > best {
					best, name = s, e.Name
				}
			}
		}
		if name != want || best < MinSimilarity {
			t.Errorf("%q finds %q (%.2f), want %q", typed, name, best, want)
		}
	}
	if s := Similarity("welding", "bookkeeping"); s >= MinSimilarity {
		t.Errorf("unlike names are alike: %.2f", s)
	}
}

func TestNormIsStableAndSimilarityBounded(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a, b := rapid.String().Draw(t, "a"), rapid.String().Draw(t, "b")
		if Norm(Norm(a)) != Norm(a) {
			t.Fatalf("Norm(%q) = %q, again %q", a, Norm(a), Norm(Norm(a)))
		}
		if s := Similarity(Norm(a), Norm(b)); s < 0 || s > 1 {
			t.Fatalf("%v", s)
		}
	})
}
