package api

import (
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/danielgtaylor/huma/v2"
)

// Described is an operation as a person reads about it. It is taken from the
// OpenAPI description, so the two never differ.
type Described struct {
	Operation
	Params []Field // in the path, the query and the header
	Sends  []Field // of the JSON body, none without one
	Status int     // of success
	Gets   []Field // of the JSON answer, none without one
	File   bool    // what is sent is a file and no JSON
	Whole  bool    // what is answered is a file and no JSON
}

// Field is one parameter, or one field of JSON: those within others are named
// items[].title.
type Field struct {
	Name     string
	In       string // path, query or header; "" for JSON
	Type     string // string, integer, one of a, b ...
	Required bool
	Doc      string
	Default  string
}

// deepest is how many levels of JSON are told apart.
const deepest = 5

// Describe returns what there is to read about an operation; ok is false for
// one that is not there.
func (a *operations) Describe(name string) (d Described, ok bool) {
	i := slices.IndexFunc(a.ops, func(o Operation) bool { return o.ID == name })
	if i < 0 || a.ops[i].On != nil && !a.ops[i].On() {
		return d, false
	}
	d.Operation = a.ops[i]
	o := operation(a.huma.OpenAPI().Paths[d.Path], d.Method)
	if o == nil {
		return d, false
	}
	for _, p := range o.Parameters {
		f := a.field(p.Name, p.Schema, p.Required)
		f.In = p.In
		if p.Description != "" {
			f.Doc = p.Description
		}
		d.Params = append(d.Params, f)
	}
	if o.RequestBody != nil {
		d.Sends = a.fields("", body(o.RequestBody.Content), 0, nil)
		d.File = len(o.RequestBody.Content) > 0 && body(o.RequestBody.Content) == nil
	}
	for code, r := range o.Responses {
		if n, err := strconv.Atoi(code); err == nil && n < 300 {
			d.Status, d.Gets = n, a.fields("", body(r.Content), 0, nil)
			d.Whole = len(r.Content) > 0 && body(r.Content) == nil
		}
	}
	return d, true
}

func operation(p *huma.PathItem, method string) *huma.Operation {
	if p == nil {
		return nil
	}
	switch method {
	case http.MethodGet:
		return p.Get
	case http.MethodPost:
		return p.Post
	case http.MethodPut:
		return p.Put
	case http.MethodPatch:
		return p.Patch
	case http.MethodDelete:
		return p.Delete
	}
	return nil
}

func body(content map[string]*huma.MediaType) *huma.Schema {
	if m := content["application/json"]; m != nil {
		return m.Schema
	}
	return nil
}

// resolved follows a reference to a named schema.
func (a *operations) resolved(s *huma.Schema) *huma.Schema {
	for s != nil && s.Ref != "" {
		s = a.huma.OpenAPI().Components.Schemas.SchemaFromRef(s.Ref)
	}
	return s
}

// fields lists the fields of an object and of what is in it, in the order of
// their names. within are the schemas above, so that one that holds itself
// ends.
func (a *operations) fields(prefix string, s *huma.Schema, depth int, within []*huma.Schema) []Field {
	s = a.resolved(s)
	if s == nil || depth > deepest || slices.Contains(within, s) {
		return nil
	}
	within = append(slices.Clone(within), s)
	if items := a.resolved(s.Items); items != nil {
		return a.fields(prefix+"[]", items, depth+1, within)
	}
	names := make([]string, 0, len(s.Properties))
	for n := range s.Properties {
		names = append(names, n)
	}
	slices.Sort(names)
	var out []Field
	for _, n := range names {
		name := n
		if prefix != "" {
			name = prefix + "." + n
		}
		f := a.field(name, s.Properties[n], slices.Contains(s.Required, n))
		out = append(out, f)
		out = append(out, a.fields(name, s.Properties[n], depth+1, within)...)
	}
	return out
}

func (a *operations) field(name string, s *huma.Schema, required bool) Field {
	f := Field{Name: name, Required: required}
	if s != nil {
		f.Doc = s.Description
	}
	s = a.resolved(s)
	if s == nil {
		return f
	}
	if f.Doc == "" {
		f.Doc = s.Description
	}
	f.Type = a.typeOf(s)
	if s.Default != nil {
		f.Default = fmt.Sprint(s.Default)
	}
	return f
}

func (a *operations) typeOf(s *huma.Schema) string {
	if len(s.Enum) > 0 {
		var list []string
		for _, e := range s.Enum {
			if v := fmt.Sprint(e); v != "" {
				list = append(list, v)
			}
		}
		return strings.Join(list, " | ")
	}
	switch {
	case s.Type == huma.TypeArray:
		if items := a.resolved(s.Items); items != nil {
			return a.typeOf(items) + "[]"
		}
		return s.Type
	case s.Format == "date-time":
		return "time"
	case s.Type == huma.TypeInteger && s.Minimum != nil && s.Maximum != nil:
		return fmt.Sprintf("%v to %v", *s.Minimum, *s.Maximum)
	}
	return s.Type
}
