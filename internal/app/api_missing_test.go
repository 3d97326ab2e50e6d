package app

import (
	"encoding/json"
	"net/http"
	"regexp"
	"strings"
	"testing"

	"github.com/guildhall/guildhall/internal/core/people"
	"github.com/guildhall/guildhall/internal/platform/db"
	"github.com/guildhall/guildhall/internal/platform/db/dbtest"
)

// idempotent are the operations that take back what need not be there: the
// answer is the same the second time.
var idempotent = map[string]bool{
	"DELETE /api/v1/me/skills/{direction}/{id}": true,
	"DELETE /api/v1/coffee/avoid/{id}":          true,
}

// soundBodies are bodies that are valid where what is made up from the
// description is not.
var soundBodies = map[string]string{
	"PUT /api/v1/admin/sites/{id}":     `{"name":"Mill","time_zone":"Mars/Crater","days":[]}`, // the name of another
	"POST /api/v1/skills/{id}/merge":   `{"into":"{skill}"}`,
	"PUT /api/v1/me/keys/{id}":         `{"sealed":"{blob}"}`,
	"PUT /api/v1/questions/{id}":       `{"title":"How is it done better?","body":"x"}`,
	"POST /api/v1/people/{id}/vouches": `{"skill":"weaving","note":"Mended the big loom in a night"}`,
}

// TestWhatNamesNothingIsNotFound calls every operation on one thing with an id
// that names nothing, as an admin: with a sound body, and with bodies that the
// description allows and whose words are empty or far too long. It must say
// that the thing is missing, whatever else it would have to say.
func TestWhatNamesNothingIsNotFound(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		g := newGuild(t, d)
		a := g.house.newAPI(http.NewServeMux())
		raw, err := a.OpenAPI()
		if err != nil {
			t.Fatal(err)
		}
		var described document
		if err := json.Unmarshal(raw, &described); err != nil {
			t.Fatal(err)
		}
		if _, err := g.house.People.SaveSite(t.Context(), g.actor("Ada"), people.Site{Name: "Mill", Zone: "UTC"}, ""); err != nil {
			t.Fatal(err)
		}
		tried := 0
		for _, o := range a.Operations() {
			pattern := o.Method + " " + o.Path
			if !strings.Contains(o.Path, "{") || strings.Contains(o.Path, "{kind}") {
				continue
			}
			tried++
			for _, nothing := range []string{"7zzzzzzzzzzzz", "0000000000000", "nonsense"} {
				path := placeholder.ReplaceAllString(strings.Replace(o.Path, "{direction}", "teach", 1), nothing)
				body := soundBodies[pattern]
				if body == "" {
					body = placeholder.ReplaceAllString(strings.ReplaceAll(permissions[pattern].send, "{who}", "Ada"), nothing)
				}
				body = strings.NewReplacer("{skill}", g.skill.String(), "{blob}", to64(append([]byte{1}, random(64)...))).Replace(body)
				if s := described.body(o.Method, o.Path); body == "" && s != nil {
					b, err := json.Marshal(described.value(s))
					if err != nil {
						t.Fatal(err)
					}
					body = string(b)
				}
				want := 404
				if idempotent[pattern] && nothing == "7zzzzzzzzzzzz" {
					want = 204
				}
				bodies := []string{body}
				if s := described.body(o.Method, o.Path); s != nil {
					for _, text := range []string{"", strings.Repeat("y", 40000)} {
						b, err := json.Marshal(described.wrong(s, text))
						if err != nil {
							t.Fatal(err)
						}
						bodies = append(bodies, string(b))
					}
				}
				for _, body := range bodies {
					if code, answer, _ := g.ask("Ada", o.Method, path, body); code != want {
						t.Errorf("%s with %s and %.200q answers %d, want %d: %.200s", pattern, nothing, body, code, want, answer)
					}
				}
			}
		}
		if tried < 50 {
			t.Errorf("only %d operations were tried", tried)
		}
		for p := range idempotent {
			if _, ok := permissions[p]; !ok {
				t.Errorf("%s is no operation", p)
			}
		}
		for p := range soundBodies {
			if _, ok := permissions[p]; !ok {
				t.Errorf("%s is no operation", p)
			}
		}
	})
}

var placeholder = regexp.MustCompile(`\{[a-z]+\}`)

// document is what the test reads of the description.
type document struct {
	Paths      map[string]map[string]operation
	Components struct{ Schemas map[string]*schema }
}

type operation struct {
	RequestBody struct {
		Content map[string]struct{ Schema *schema }
	}
}

type schema struct {
	Ref        string `json:"$ref"`
	Type       any
	Format     string
	Enum       []any
	Minimum    *float64
	Maximum    *float64
	MinLength  int
	MaxLength  int
	Items      *schema
	Required   []string
	Properties map[string]*schema
}

func (d *document) body(method, path string) *schema {
	return d.Paths[path][strings.ToLower(method)].RequestBody.Content["application/json"].Schema
}

// wrong makes something that the schema allows, as wrong as can be: every text
// that may be anything is the given one, every number as large as it may be.
func (d *document) wrong(s *schema, text string) any {
	if s.Ref != "" {
		return d.wrong(d.Components.Schemas[s.Ref[strings.LastIndex(s.Ref, "/")+1:]], text)
	}
	kind := s.Type
	if several, ok := kind.([]any); ok {
		kind = several[0]
	}
	switch {
	case kind == "object" && len(s.Properties) > 0:
		out := map[string]any{}
		for n, p := range s.Properties {
			out[n] = d.wrong(p, text)
		}
		return out
	case kind == "array" && s.Items != nil:
		if kind := s.Items.Type; kind == "string" && s.Items.Format == "" && len(s.Items.Enum) == 0 {
			return []any{text, text}
		}
	case kind == "string" && s.Format == "" && len(s.Enum) == 0:
		if s.MaxLength > 0 {
			text = text[:min(len(text), s.MaxLength)]
		}
		return text + strings.Repeat("x", max(0, s.MinLength-len(text)))
	case (kind == "integer" || kind == "number") && s.Maximum != nil:
		return *s.Maximum
	}
	return d.value(s)
}

// value makes something that the schema allows.
func (d *document) value(s *schema) any {
	if s.Ref != "" {
		return d.value(d.Components.Schemas[s.Ref[strings.LastIndex(s.Ref, "/")+1:]])
	}
	if len(s.Enum) > 0 {
		return s.Enum[0]
	}
	kind := s.Type
	if several, ok := kind.([]any); ok {
		kind = several[0]
	}
	switch kind {
	case "object":
		out := map[string]any{}
		for _, n := range s.Required {
			out[n] = d.value(s.Properties[n])
		}
		return out
	case "array":
		return []any{}
	case "integer", "number":
		if s.Minimum != nil {
			return *s.Minimum
		}
		return 1
	case "boolean":
		return true
	}
	switch s.Format {
	case "date-time":
		return "2027-05-04T10:00:00Z"
	case "date":
		return "2027-05-04"
	}
	return strings.Repeat("x", max(1, s.MinLength))
}
