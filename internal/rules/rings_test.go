package rules

import (
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

const module = "github.com/guildhall/guildhall/"

// ring says how far out a package of ours stands; imports point inward. "" is
// a package the rule does not know.
func ring(path string) string {
	for _, r := range []struct{ prefix, ring string }{
		{"cmd/", "cmd"}, {"matching", "matching"}, {"migrations", "platform"},
		{"internal/app", "app"}, {"internal/world", "world"}, {"internal/core/", "core"}, {"internal/platform/", "platform"},
		{"internal/ui", "ui"}, {"internal/connect/", "connect"}, {"internal/rules", "tests"}, {"internal/", "practice"},
	} {
		if strings.HasPrefix(path, r.prefix) {
			return r.ring
		}
	}
	return ""
}

// inward lists what each ring may import. Practices meet through core and
// through app, never each other.
var inward = map[string]string{
	"cmd":      "app world practice connect core ui platform matching",
	"app":      "app practice connect core ui platform matching",
	"world":    "practice core platform",
	"practice": "connect core ui platform matching",
	"connect":  "connect core platform matching",
	"core":     "core ui platform",
	"ui":       "ui platform",
	"platform": "platform",
	"matching": "matching",
}

func TestImportsPointInward(t *testing.T) {
	root := filepath.Join("..", "..")
	seen := 0
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && (strings.HasPrefix(d.Name(), ".") && path != root || d.Name() == "tools") {
			return filepath.SkipDir
		}
		if !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return nil
		}
		rel, err := filepath.Rel(root, filepath.Dir(path))
		if err != nil {
			return err
		}
		from := filepath.ToSlash(rel)
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.ImportsOnly)
		if err != nil {
			return err
		}
		for _, i := range file.Imports {
			to, err := strconv.Unquote(i.Path.Value)
			if err != nil || !strings.HasPrefix(to, module) {
				continue
			}
			to = strings.TrimPrefix(to, module)
			seen++
			if from == to || strings.HasPrefix(to, from+"/") || strings.HasPrefix(from, to+"/") {
				continue // the rooms of one package
			}
			if ring(from) == "practice" && ring(to) == "practice" && practice(from) == practice(to) {
				continue
			}
			if kit(from) {
				continue
			}
			if !strings.Contains(" "+inward[ring(from)]+" ", " "+ring(to)+" ") {
				t.Errorf("%s (%s) imports %s (%s)", from, ring(from), to, ring(to))
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if seen < 300 {
		t.Errorf("only %d imports were found: the walk has lost them", seen)
	}
}

// kit tells whether a package only helps tests and benchmarks.
func kit(path string) bool {
	for _, end := range []string{"/dbtest", "/uitest", "/browsertest", "/preview", "/trial"} {
		if strings.HasSuffix(path, end) {
			return true
		}
	}
	return false
}

// practice is the folder of a practice: ask for internal/ask/pages.
func practice(path string) string {
	name, _, _ := strings.Cut(strings.TrimPrefix(path, "internal/"), "/")
	return name
}
