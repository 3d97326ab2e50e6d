package db

import (
	"reflect"
	"strings"
	"testing"
)

// A package that names a type reads all that the type is made of, and compiles
// again what of it is generic. See docs/decisions/what-a-cold-build-costs.md.
func TestWhoImportsThisPackageDoesNotCompilePgx(t *testing.T) {
	seen := map[reflect.Type]bool{}
	var walk func(reflect.Type, string)
	walk = func(x reflect.Type, from string) {
		if seen[x] {
			return
		}
		seen[x] = true
		if strings.HasPrefix(x.PkgPath(), "github.com/jackc/") {
			t.Errorf("%s is %s", from, x)
			return
		}
		switch x.Kind() {
		case reflect.Pointer, reflect.Slice, reflect.Array, reflect.Chan, reflect.Map:
			walk(x.Elem(), from)
			if x.Kind() == reflect.Map {
				walk(x.Key(), from)
			}
		case reflect.Struct:
			for f := range x.Fields() {
				walk(f.Type, from+"."+f.Name)
			}
		case reflect.Func:
			for in := range x.Ins() {
				walk(in, from)
			}
			for out := range x.Outs() {
				walk(out, from)
			}
		case reflect.Interface:
			for m := range x.Methods() {
				walk(m.Type, from+"."+m.Name)
			}
		}
	}
	for _, x := range []reflect.Type{reflect.TypeFor[DB](), reflect.TypeFor[Tx](), reflect.TypeFor[Rows]()} {
		walk(x, x.Name())
	}
}
