package rules

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/guildhall/guildhall/internal/platform/i18n"
)

// keyed names the calls that take a message key, and which argument it is.
var keyed = map[string]int{
	"T": 0, "Parts": 0, "Say": 1, "New": 1, "Because": 1, "Bad": 1, "Require": 2,
}

// selfNamed are the calls of keyed that other packages also have; there the
// receiver must be one of these.
var selfNamed = map[string][]string{"New": {"fault"}, "Because": {"fault"}, "Say": {"ui"}}

// use is a key in the code.
type use struct {
	where string
	key   string
	args  []string // names of the arguments given, nil when they cannot be read off
	known bool
}

var keyShape = regexp.MustCompile(`^[a-z][a-z0-9_]*(\.[a-z0-9_]+)+$`)

// scan reads every Go file that is no test.
func scan(t *testing.T) (uses []use, literals map[string]bool, prefixes map[string]bool) {
	t.Helper()
	literals, prefixes = map[string]bool{}, map[string]bool{}
	base := repository(t)
	fset := token.NewFileSet()
	for _, top := range []string{"internal", "cmd"} {
		err := filepath.WalkDir(filepath.Join(base, top), func(path string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
				return err
			}
			file, err := parser.ParseFile(fset, path, nil, 0)
			if err != nil {
				return err
			}
			ast.Inspect(file, func(n ast.Node) bool {
				switch n := n.(type) {
				case *ast.BasicLit:
					if s, ok := text(n); ok {
						literals[s] = true
					}
				case *ast.BinaryExpr:
					if s, ok := text(n.X); ok && n.Op == token.ADD && (strings.HasSuffix(s, ".") || strings.HasSuffix(s, "_")) {
						prefixes[s] = true
					}
				case *ast.CallExpr:
					if u, ok := call(n); ok {
						rel, err := filepath.Rel(base, path)
						if err != nil {
							rel = path
						}
						u.where = rel + ":" + strconv.Itoa(fset.Position(n.Pos()).Line)
						uses = append(uses, u)
					}
				}
				return true
			})
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	return uses, literals, prefixes
}

func text(n ast.Expr) (string, bool) {
	l, ok := n.(*ast.BasicLit)
	if !ok || l.Kind != token.STRING {
		return "", false
	}
	s, err := strconv.Unquote(l.Value)
	return s, err == nil
}

func call(n *ast.CallExpr) (use, bool) {
	sel, ok := n.Fun.(*ast.SelectorExpr)
	if !ok {
		return use{}, false
	}
	at, ok := keyed[sel.Sel.Name]
	if !ok || len(n.Args) <= at {
		return use{}, false
	}
	if owners := selfNamed[sel.Sel.Name]; owners != nil {
		owner, ok := sel.X.(*ast.Ident)
		if !ok || !slices.Contains(owners, owner.Name) {
			return use{}, false
		}
	}
	key, ok := text(n.Args[at])
	if !ok || !keyShape.MatchString(key) {
		return use{}, false
	}
	u := use{key: key}
	rest := n.Args[at+1:]
	switch sel.Sel.Name {
	case "Say": // the spans come first
		if len(rest) == 0 {
			return u, true
		}
		rest = rest[1:]
	case "New", "Because": // arguments are added by With
		return u, true
	}
	if n.Ellipsis.IsValid() || len(rest)%2 != 0 {
		return u, true
	}
	u.known = true
	for i := 0; i < len(rest); i += 2 {
		name, ok := text(rest[i])
		if !ok {
			u.known = false
			return u, true
		}
		u.args = append(u.args, name)
	}
	return u, true
}

func TestEverySentenceTheCodeSaysIsInTheCatalogue(t *testing.T) {
	c, err := i18n.Load()
	if err != nil {
		t.Fatal(err)
	}
	uses, _, _ := scan(t)
	if len(uses) < 50 {
		t.Fatalf("only %d uses of messages found: the scan is blind", len(uses))
	}
	for _, u := range uses {
		if !c.Has(u.key) {
			t.Errorf("%s: no message %q in internal/platform/i18n/en", u.where, u.key)
			continue
		}
		if !u.known {
			continue
		}
		want := c.Args(u.key)
		for _, a := range want {
			if !slices.Contains(u.args, a) {
				t.Errorf("%s: %q is printed without its argument %q", u.where, u.key, a)
			}
		}
		for _, a := range u.args {
			if !slices.Contains(want, a) {
				t.Errorf("%s: %q has no argument %q", u.where, u.key, a)
			}
		}
	}
}

func TestEverySentenceOfTheCatalogueIsSaid(t *testing.T) {
	c, err := i18n.Load()
	if err != nil {
		t.Fatal(err)
	}
	_, literals, prefixes := scan(t)
	for _, key := range c.Keys() {
		if literals[key] || built(key, prefixes) {
			continue
		}
		t.Errorf("%s: nobody says %q; remove it or use it", c.Where(key), key)
	}
}

// built tells whether the code makes keys that begin like this one.
func built(key string, prefixes map[string]bool) bool {
	for p := range prefixes {
		if strings.HasPrefix(key, p) && strings.Contains(p, ".") {
			return true
		}
	}
	return false
}

func TestKeysAreSpelledAlike(t *testing.T) {
	for _, key := range i18n.Must().Keys() {
		if !keyShape.MatchString(key) {
			t.Errorf("the key %q is not practice.words_like_this", key)
		}
	}
}

func TestEnglishFollowsTheVoice(t *testing.T) {
	c := i18n.Must()
	p := c.Printer(i18n.Source, nil, testNow)
	banned := regexp.MustCompile(`(?i)\b(users?|leverage|gamif\w+|submit|click here|learn more|please|oops)\b|!`)
	for _, key := range c.Keys() {
		if strings.HasPrefix(key, "locale.") {
			continue
		}
		s := p.T(key)
		if hit := banned.FindString(s); hit != "" {
			t.Errorf("%s: %q says %q", c.Where(key), s, hit)
		}
	}
}
