package api

import (
	"encoding/json"
	"reflect"

	"github.com/danielgtaylor/huma/v2"
)

// Given is a field of a body that may be left out, null, or have a value: for
// what a caller leaves alone, takes away, or sets.
type Given[T any] struct {
	Sent  bool
	Value *T // nil for null and for what was left out
}

// UnmarshalJSON reads the field where it is there.
func (g *Given[T]) UnmarshalJSON(data []byte) error {
	g.Sent, g.Value = true, nil
	return json.Unmarshal(data, &g.Value)
}

// Or is the value that was sent, the zero value for null, and was where the
// field was left out.
func (g Given[T]) Or(was T) T {
	switch {
	case g.Value != nil:
		return *g.Value
	case g.Sent:
		var none T
		return none
	}
	return was
}

// Schema describes the field as its value or null.
func (Given[T]) Schema(r huma.Registry) *huma.Schema {
	s := r.Schema(reflect.TypeFor[T](), true, "")
	s.Nullable = true
	return s
}
