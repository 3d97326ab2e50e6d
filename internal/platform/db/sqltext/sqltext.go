// Package sqltext finds the SQL texts of Go packages, so that tests can
// prepare every one of them on both databases.
//
// The name of a string constant says what it is:
//
//	insertKudosSQL    one statement for both databases
//	searchSQLite      one for SQLite alone (also ...SQLiteSQL)
//	searchPostgres    one for PostgreSQL alone (also ...PostgresSQL)
//	bySkillFilterSQL  a part of a db.Query, prepared with it
//	rowColumnsSQL     the beginning of other constants (also ...FragmentSQL)
//
// Statements with optional filters are the arguments of db.NewQuery, whose
// constants are found at the call.
package sqltext

import (
	"fmt"
	"go/ast"
	"go/constant"
	"go/parser"
	"go/token"
	"go/types"
	"io/fs"
	"path/filepath"
	"sort"
	"strings"
)

// Text is one constant.
type Text struct {
	Name     string // of the constant
	SQL      string
	Position string // file:line, the file relative to the root
	SQLite   bool   // it is for SQLite
	Postgres bool   // it is for PostgreSQL
	Part     bool   // it is a filter or fragment, no statement
}

// Query is one call of db.NewQuery.
type Query struct {
	Statement string
	Filters   []string
	Position  string
	SQLite    bool
	Postgres  bool
}

// Found is what a tree of packages holds.
type Found struct {
	Texts   []Text
	Queries []Query
}

// Find reads the Go packages in root and below it, without tests, testdata and
// hidden folders. Constants are evaluated as the compiler does, when they are
// made of constants of the same package.
func Find(root string) (Found, error) {
	var found Found
	folders := map[string]bool{}
	err := filepath.WalkDir(root, func(path string, e fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if e.IsDir() && path != root && (e.Name() == "testdata" || strings.HasPrefix(e.Name(), ".") || strings.HasPrefix(e.Name(), "_")) {
			return filepath.SkipDir
		}
		if !e.IsDir() && strings.HasSuffix(path, ".go") && !strings.HasSuffix(path, "_test.go") {
			folders[filepath.Dir(path)] = true
		}
		return nil
	})
	if err != nil {
		return found, err
	}
	for folder := range folders {
		if err := found.folder(root, folder); err != nil {
			return found, err
		}
	}
	sort.Slice(found.Texts, func(a, b int) bool { return found.Texts[a].Position < found.Texts[b].Position })
	sort.Slice(found.Queries, func(a, b int) bool { return found.Queries[a].Position < found.Queries[b].Position })
	return found, nil
}

func (f *Found) folder(root, folder string) error {
	fset := token.NewFileSet()
	names, err := filepath.Glob(filepath.Join(folder, "*.go"))
	if err != nil {
		return err
	}
	packages := map[string][]*ast.File{}
	for _, name := range names {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		file, err := parser.ParseFile(fset, name, nil, parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		packages[file.Name.Name] = append(packages[file.Name.Name], file)
	}
	position := func(p token.Pos) string {
		at := fset.Position(p)
		rel, err := filepath.Rel(root, at.Filename)
		if err != nil {
			rel = at.Filename
		}
		return fmt.Sprintf("%s:%d", filepath.ToSlash(rel), at.Line)
	}
	for name, files := range packages {
		// What comes from other packages stays unknown; the constants of this
		// one are evaluated all the same.
		conf := types.Config{Error: func(error) {}, Importer: none{}, FakeImportC: true}
		info := &types.Info{Defs: map[*ast.Ident]types.Object{}, Types: map[ast.Expr]types.TypeAndValue{}}
		_, _ = conf.Check(name, fset, files, info)
		for ident, object := range info.Defs {
			c, ok := object.(*types.Const)
			if !ok {
				continue
			}
			t, ok := named(ident.Name)
			if !ok {
				continue
			}
			t.Position = position(ident.Pos())
			if c.Val().Kind() != constant.String {
				return fmt.Errorf("%s: %s is made of what another package holds", t.Position, ident.Name)
			}
			t.SQL = constant.StringVal(c.Val())
			f.Texts = append(f.Texts, t)
		}
		for _, file := range files {
			var failed error
			ast.Inspect(file, func(n ast.Node) bool {
				call, ok := n.(*ast.CallExpr)
				if !ok || !isNewQuery(call) || failed != nil {
					return true
				}
				q := Query{Position: position(call.Pos()), SQLite: true, Postgres: true}
				for i, arg := range call.Args {
					v := info.Types[arg].Value
					if v == nil || v.Kind() != constant.String {
						failed = fmt.Errorf("%s: argument %d of NewQuery is no constant of this package", q.Position, i+1)
						return true
					}
					if id, ok := arg.(*ast.Ident); ok {
						if t, ok := named(id.Name); ok {
							q.SQLite, q.Postgres = q.SQLite && t.SQLite, q.Postgres && t.Postgres
						}
					}
					if i == 0 {
						q.Statement = constant.StringVal(v)
					} else {
						q.Filters = append(q.Filters, constant.StringVal(v))
					}
				}
				f.Queries = append(f.Queries, q)
				return true
			})
			if failed != nil {
				return failed
			}
		}
	}
	return nil
}

// isNewQuery tells whether call is db.NewQuery(...), or NewQuery(...) in
// package db itself.
func isNewQuery(call *ast.CallExpr) bool {
	s, ok := call.Fun.(*ast.SelectorExpr)
	if !ok || s.Sel.Name != "NewQuery" || len(call.Args) == 0 {
		return false
	}
	x, ok := s.X.(*ast.Ident)
	return ok && x.Name == "db"
}

// named reads what the name of a constant says.
func named(name string) (Text, bool) {
	t := Text{Name: name, SQLite: true, Postgres: true}
	base, portable := strings.CutSuffix(name, "SQL")
	if rest, ok := strings.CutSuffix(base, "SQLite"); ok {
		base, t.Postgres = rest, false
	} else if rest, ok := strings.CutSuffix(base, "Postgres"); ok {
		base, t.SQLite = rest, false
	} else if !portable {
		return Text{}, false
	}
	for _, part := range []string{"Filter", "Fragment", "Columns"} {
		t.Part = t.Part || strings.HasSuffix(base, part)
	}
	return t, base != ""
}

type none struct{}

func (none) Import(path string) (*types.Package, error) {
	return nil, fmt.Errorf("%s is not read", path)
}
