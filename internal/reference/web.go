package reference

import (
	"strconv"
	"strings"

	"github.com/guildhall/guildhall/internal/core/visit"
	"github.com/guildhall/guildhall/internal/platform/api"
	"github.com/guildhall/guildhall/internal/platform/fault"
	"github.com/guildhall/guildhall/internal/reference/pages"
	"github.com/guildhall/guildhall/internal/ui"
)

// Pages answers with the pages of the API.
type Pages struct {
	// Operations are all there are.
	Operations func() []api.Operation
	// Describe tells about one.
	Describe func(name string) (api.Described, bool)
	// Link is the whole address of a path.
	Link func(path string) string
}

// Root is GET /api, which people type.
func (p *Pages) Root(v *visit.Visit) error { return v.See("/reference") }

// List is GET /reference.
func (p *Pages) List(v *visit.Visit) error {
	view := pages.ListView{Example: "curl -H 'Authorization: Bearer TOKEN' '" + p.address(v, "/api/v1/me") + "'"}
	at := map[string]int{}
	for _, o := range p.Operations() {
		if o.On != nil && !o.On() {
			continue
		}
		i, known := at[o.Tag]
		if !known {
			i = len(view.Groups)
			at[o.Tag] = i
			view.Groups = append(view.Groups, pages.GroupView{ID: "group-" + strconv.Itoa(i+1), Title: o.Tag})
		}
		view.Groups[i].Operations = append(view.Groups[i].Operations, pages.OperationRow{Method: o.Method, Path: o.Path, Summary: o.Summary, Href: "/reference/" + o.ID})
	}
	return v.Show(v.T("reference.title"), "reference", pages.List(v.Frame, view))
}

// Open is GET /reference/{id}.
func (p *Pages) Open(v *visit.Visit) error {
	d, ok := p.Describe(v.R.PathValue("id"))
	if !ok {
		return fault.Missing()
	}
	view := pages.OperationView{
		Title: d.Summary, Doc: d.Doc, Line: d.Method + " " + d.Path, Status: strconv.Itoa(d.Status),
		Params: rows(v, d.Params), Sends: rows(v, d.Sends), Gets: rows(v, d.Gets),
		File: d.File, Whole: d.Whole, Example: p.example(v, d),
	}
	v.Crumbs = []ui.Crumb{{Label: v.T("reference.title"), Href: "/reference"}, {Label: d.Tag, Href: "/reference"}}
	return v.Show(d.Summary, "reference", pages.Operation(v.Frame, view))
}

// address is the whole address of a path: where the house says it stands, else
// where the reader found it, which is shown to that reader alone.
func (p *Pages) address(v *visit.Visit, path string) string {
	if a := p.Link(path); a != path {
		return a
	}
	scheme := "http"
	if v.R.TLS != nil {
		scheme = "https"
	}
	return scheme + "://" + strings.ReplaceAll(v.R.Host, "'", "") + path
}

// example is a command that carries the operation out. Signs that a shell would
// read are not in paths, and the body names only the fields it needs.
func (p *Pages) example(v *visit.Visit, d api.Described) string {
	parts := []string{"curl"}
	if d.Method != "GET" {
		parts = append(parts, "-X "+d.Method)
	}
	parts = append(parts, "-H 'Authorization: Bearer TOKEN'")
	var fields []string
	for _, f := range d.Sends {
		if f.Required && !strings.ContainsAny(f.Name, ".[") {
			value := `"..."`
			switch {
			case strings.HasSuffix(f.Type, "[]"):
				value = `[]`
			case f.Type == "boolean":
				value = "true"
			case f.Type == "integer" || strings.Contains(f.Type, " to "):
				value = "1"
			case strings.Contains(f.Type, " | "):
				first, _, _ := strings.Cut(f.Type, " | ")
				value = strconv.Quote(first)
			}
			fields = append(fields, strconv.Quote(f.Name)+": "+value)
		}
	}
	if len(d.Sends) > 0 {
		parts = append(parts, "-H 'Content-Type: application/json'", "-d '{"+strings.Join(fields, ", ")+"}'")
	}
	if d.File {
		parts = append(parts, "-H 'Content-Type: application/octet-stream'", "--data-binary @FILE")
	}
	path := strings.NewReplacer("{", "", "}", "").Replace(strings.ReplaceAll(d.Path, "{id}", "ID"))
	for _, f := range d.Params {
		if f.In == "query" && f.Required {
			path += "?" + f.Name + "=..."
		}
	}
	return strings.Join(append(parts, "'"+p.address(v, path)+"'"), " ")
}

func rows(v *visit.Visit, fields []api.Field) []pages.FieldRow {
	out := make([]pages.FieldRow, len(fields))
	for i, f := range fields {
		out[i] = pages.FieldRow{Name: f.Name, Type: f.Type, Doc: f.Doc}
		if f.In != "" {
			out[i].Where = v.T("reference.in." + f.In)
		}
		if f.Required && f.In != "path" {
			out[i].Notes = append(out[i].Notes, v.T("reference.required"))
		}
		if f.Default != "" {
			out[i].Notes = append(out[i].Notes, v.T("reference.default", "value", f.Default))
		}
	}
	return out
}
