package rules

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// TestPathsInDocumentsExist keeps the documents true when files move.
func TestPathsInDocumentsExist(t *testing.T) {
	root := filepath.Join("..", "..")
	var documents []string
	for _, pattern := range []string{"*.md", "docs/*.md"} {
		found, err := filepath.Glob(filepath.Join(root, pattern))
		if err != nil {
			t.Fatal(err)
		}
		documents = append(documents, found...)
	}
	code := regexp.MustCompile("`((?:internal|cmd|migrations|matching|docs|tools)/[A-Za-z0-9_./-]+)`")
	link := regexp.MustCompile(`\]\(([^)#]+)\)`)
	checked := 0
	for _, d := range documents {
		text, err := os.ReadFile(d)
		if err != nil {
			t.Fatal(err)
		}
		check := func(from, path string) {
			if strings.Contains(path, "://") || strings.ContainsAny(path, "*<>") {
				return
			}
			checked++
			if _, err := os.Stat(filepath.Join(from, path)); err != nil {
				t.Errorf("%s names %s, which is not there", filepath.Base(d), path)
			}
		}
		for _, m := range code.FindAllStringSubmatch(string(text), -1) {
			check(root, m[1])
		}
		for _, m := range link.FindAllStringSubmatch(string(text), -1) {
			check(filepath.Dir(d), m[1])
		}
	}
	if checked < 20 {
		t.Errorf("only %d paths were found: the pattern has lost them", checked)
	}
}
