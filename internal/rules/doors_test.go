package rules

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// doors says which packages may import what is not ours, by the module or the
// part of it. A module has one door, so that it can be left for another one by
// changing one package; the exceptions say why. Generated templates and tests
// are exempt.
var doors = map[string][]string{
	"github.com/a-h/templ":               nil, // anywhere: the type that pages are made of
	"github.com/alecthomas/kong":         {"cmd/guildhall"},
	"github.com/chromedp":                {"internal/ui/browsertest"},
	"github.com/danielgtaylor/huma/v2":   {"internal/platform/api"},
	"github.com/emersion/go-ical":        {"internal/connect/calendar"},
	"github.com/emersion/go-smtp":        {"internal/connect/mailin"},
	"github.com/jackc/pgx/v5":            {"internal/platform/db", "internal/platform/db/dbtest"}, // dbtest makes databases
	"github.com/klauspost/compress":      {"internal/platform/web"},
	"github.com/microcosm-cc/bluemonday": {"internal/platform/markdown"},
	"github.com/pressly/goose/v3":        {"internal/platform/db"},
	"github.com/wneessen/go-mail":        {"internal/connect/mail"},
	"github.com/yuin/goldmark":           {"internal/platform/markdown"},
	"golang.org/x/crypto/acme":           {"internal/platform/certs"},
	"golang.org/x/crypto/argon2":         {"internal/core/login"},
	"golang.org/x/image":                 {"internal/platform/picture"},
	"golang.org/x/net/html":              {"internal/platform/markdown", "internal/ui/uitest"}, // uitest reads pages for tests
	"golang.org/x/net/idna":              {"internal/platform/guardurl"},
	"golang.org/x/text":                  nil, // anywhere: the standard library's letters and languages
	"modernc.org":                        {"internal/platform/db"},
}

// callers are the packages that may open connections to other machines, so that
// whoever wants to know whom the house calls finds it here.
var callers = map[string]string{
	"internal/connect/mail":      "the mail server of the organisation and who gives out its tokens",
	"internal/platform/guardurl": "addresses that people write, with everything inside a network refused",
	"cmd/guildhall":              "the load generator of bench serve, which calls the server it has started",
	"internal/ui/browsertest":    "tests, which ask the server they have started what its assets weigh",
}

// opens are the names with which the standard library opens a connection.
var opens = map[string]string{
	"http": "Client Get Post PostForm Head DefaultClient NewRequest NewRequestWithContext Transport DefaultTransport",
	"net":  "Dial DialTimeout Dialer DialTCP DialUDP DialIP DialUnix", "tls": "Dial Dialer DialWithDialer Client", "smtp": "Dial SendMail NewClient",
}

func TestEveryModuleHasOneDoor(t *testing.T) {
	root := repository(t)
	seen, calling := map[string]bool{}, map[string]bool{}
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && path != root && (strings.HasPrefix(d.Name(), ".") || d.Name() == "tools" || d.Name() == "testdata") {
			return filepath.SkipDir
		}
		if !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") || strings.HasSuffix(path, "_templ.go") {
			return nil
		}
		rel, err := filepath.Rel(root, filepath.Dir(path))
		if err != nil {
			return err
		}
		folder := filepath.ToSlash(rel)
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		for _, i := range file.Imports {
			name, err := strconv.Unquote(i.Path.Value)
			if err != nil || strings.HasPrefix(name, module) || !strings.Contains(strings.Split(name, "/")[0], ".") {
				continue
			}
			door := ""
			for d := range doors {
				if (name == d || strings.HasPrefix(name, d+"/")) && len(d) > len(door) {
					door = d
				}
			}
			seen[door] = true
			switch {
			case door == "":
				t.Errorf("%s imports %s, which has no door: add it to this test, with the one package that may", folder, name)
			case doors[door] != nil && !slices.Contains(doors[door], folder):
				t.Errorf("%s imports %s, whose door is %s", folder, name, doors[door])
			}
		}
		ast.Inspect(file, func(n ast.Node) bool {
			s, ok := n.(*ast.SelectorExpr)
			if !ok {
				return true
			}
			if x, ok := s.X.(*ast.Ident); ok && slices.Contains(strings.Fields(opens[x.Name]), s.Sel.Name) {
				if calling[folder] = true; callers[folder] == "" {
					t.Errorf("%s uses %s.%s: who may call other machines stands in this test", folder, x.Name, s.Sel.Name)
				}
			}
			return true
		})
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for d := range doors {
		if !seen[d] {
			t.Errorf("nobody imports %s any more: close its door", d)
		}
	}
	for folder := range callers {
		if !calling[folder] {
			t.Errorf("%s calls nobody any more: take it off the list", folder)
		}
	}
}
