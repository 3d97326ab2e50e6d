package rules

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"strings"
	"testing"
)

// TestClosuresOfWriteMayRunTwice refuses what a closure of Write or Claim adds
// to a variable outside it (append, ++, +=) without having assigned that
// variable first, and transactions within it. Such closures run again when their group is lost or
// PostgreSQL has to choose between two transactions; what the first run added
// would then be there twice.
func TestClosuresOfWriteMayRunTwice(t *testing.T) {
	root := repository(t)
	closures := 0
	err := filepath.WalkDir(filepath.Join(root, "internal"), func(path string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return err
		}
		fset := token.NewFileSet()
		file, err := parser.ParseFile(fset, path, nil, parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		ast.Inspect(file, func(n ast.Node) bool {
			lit := writeClosure(n)
			if lit == nil {
				return true
			}
			closures++
			for name, pos := range addedOutside(lit) {
				rel, _ := filepath.Rel(root, path)
				t.Errorf("%s:%d: the closure adds to %s, which it has not assigned: when it runs twice, what it adds is there twice", rel, fset.Position(pos).Line, name)
			}
			ast.Inspect(lit.Body, func(n ast.Node) bool {
				if inner, ok := n.(*ast.CallExpr); ok && (writeClosure(n) != nil || isRead(inner)) {
					rel, _ := filepath.Rel(root, path)
					t.Errorf("%s:%d: a transaction within a Write: it would wait for itself or read what was before", rel, fset.Position(n.Pos()).Line)
				}
				return true
			})
			return true
		})
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if closures < 10 {
		t.Errorf("only %d closures found", closures)
	}
}

// writeClosure is the function literal of a call like d.Write(ctx, func(tx
// *db.Tx) error {...}), or nil.
func writeClosure(n ast.Node) *ast.FuncLit {
	call, ok := n.(*ast.CallExpr)
	if !ok || len(call.Args) != 2 {
		return nil
	}
	fun, ok := call.Fun.(*ast.SelectorExpr)
	if !ok || fun.Sel.Name != "Write" && fun.Sel.Name != "Claim" {
		return nil
	}
	lit, _ := call.Args[1].(*ast.FuncLit)
	return lit
}

// isRead tells whether call is like d.Read(ctx, func(tx *db.Tx) error {...}).
func isRead(call *ast.CallExpr) bool {
	fun, ok := call.Fun.(*ast.SelectorExpr)
	if !ok || fun.Sel.Name != "Read" || len(call.Args) != 2 {
		return false
	}
	_, ok = call.Args[1].(*ast.FuncLit)
	return ok
}

// addedOutside finds the variables of the surroundings that lit adds to before
// it assigns them. Names are compared, not scopes: a variable declared anywhere
// within lit counts as its own.
func addedOutside(lit *ast.FuncLit) map[string]token.Pos {
	own := map[string]bool{}
	declare := func(e ast.Expr) {
		if id, ok := e.(*ast.Ident); ok {
			own[id.Name] = true
		}
	}
	added := map[string]token.Pos{}
	note := func(e ast.Expr) {
		if id := base(e); id != nil && !own[id.Name] && id.Name != "_" {
			if _, known := added[id.Name]; !known {
				added[id.Name] = id.Pos()
			}
		}
	}
	for _, f := range append(fields(lit.Type.Params), fields(lit.Type.Results)...) {
		own[f.Name] = true
	}
	ast.Inspect(lit.Body, func(n ast.Node) bool {
		switch s := n.(type) {
		case *ast.FuncLit:
			for _, f := range append(fields(s.Type.Params), fields(s.Type.Results)...) {
				own[f.Name] = true
			}
		case *ast.ValueSpec:
			for _, id := range s.Names {
				own[id.Name] = true
			}
		case *ast.RangeStmt:
			if s.Tok == token.DEFINE {
				declare(s.Key)
				if s.Value != nil {
					declare(s.Value)
				}
			}
		case *ast.IncDecStmt:
			note(s.X)
		case *ast.AssignStmt:
			for i, left := range s.Lhs {
				switch {
				case s.Tok == token.DEFINE:
					declare(left)
				case s.Tok != token.ASSIGN:
					note(left)
				default:
					if _, isMap := left.(*ast.IndexExpr); isMap {
						// The same key twice is the same entry; a slice's
						// element likewise.
						continue
					}
					if len(s.Rhs) == len(s.Lhs) && appendsTo(s.Rhs[i], left) {
						note(left)
						continue
					}
					declare(left) // assigned: from here on it starts anew
				}
			}
		}
		return true
	})
	return added
}

func fields(list *ast.FieldList) []*ast.Ident {
	var ids []*ast.Ident
	if list != nil {
		for _, f := range list.List {
			ids = append(ids, f.Names...)
		}
	}
	return ids
}

// base is x of x, x.f and x[i], when x is a plain name.
func base(e ast.Expr) *ast.Ident {
	switch v := e.(type) {
	case *ast.Ident:
		return v
	case *ast.SelectorExpr:
		return base(v.X)
	case *ast.IndexExpr:
		return base(v.X)
	case *ast.StarExpr:
		return base(v.X)
	case *ast.ParenExpr:
		return base(v.X)
	}
	return nil
}

// appendsTo tells whether value is append(target, ...).
func appendsTo(value, target ast.Expr) bool {
	call, ok := value.(*ast.CallExpr)
	if !ok || len(call.Args) == 0 {
		return false
	}
	fun, ok := call.Fun.(*ast.Ident)
	if !ok || fun.Name != "append" {
		return false
	}
	return written(call.Args[0]) == written(target)
}

// written is a plain expression as it is written.
func written(e ast.Expr) string {
	switch v := e.(type) {
	case *ast.Ident:
		return v.Name
	case *ast.SelectorExpr:
		return written(v.X) + "." + v.Sel.Name
	case *ast.StarExpr:
		return "*" + written(v.X)
	case *ast.ParenExpr:
		return written(v.X)
	}
	return ""
}

func TestTheClosureRuleSeesWhatItShould(t *testing.T) {
	for source, want := range map[string]string{
		`list = append(list, 1)`:               "list",
		`list = nil; list = append(list, 1)`:   "",
		`var list []int; list = append(list)`:  "",
		`n++`:                                  "n",
		`n = 0; n++`:                           "",
		`r.Count += 2`:                         "r",
		`m["k"] = 1`:                           "",
		`m["k"]++`:                             "m",
		`for i := 0; i < 3; i++ {}`:            "",
		`list = append(other, 1)`:              "",
		`for _, x := range xs { x.n++ }`:       "",
		`err = f(); if err != nil { fails++ }`: "fails",
	} {
		file, err := parser.ParseFile(token.NewFileSet(), "", "package p\nfunc f() { d.Write(ctx, func(tx *db.Tx) error { "+source+"; return nil }) }", parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		got := ""
		ast.Inspect(file, func(n ast.Node) bool {
			if lit := writeClosure(n); lit != nil {
				for name := range addedOutside(lit) {
					got += name
				}
			}
			return true
		})
		if got != want {
			t.Errorf("%s: found %q, want %q", source, got, want)
		}
	}
}
