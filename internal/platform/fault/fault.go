// Package fault is the one error type that crosses from rules to pages and
// API. It says what kind of fault it is, which sentence of the catalogue tells
// a person about it, and which fields of a form are concerned. HTTP status
// exists only at the edge (platform/web).
package fault

import (
	"errors"
	"fmt"
	"strings"
)

// Kind is what went wrong, in terms the caller can act on.
type Kind int

// The kinds. Internal is everything that is not a *Fault.
const (
	Internal        Kind = iota
	Invalid              // the input is wrong; Fields says where
	Unauthenticated      // nobody is signed in
	Forbidden            // the person may see it but not do this
	NotFound             // it is not there, or this person may not see it
	Conflict             // somebody else was first, or the state forbids it
	Gone                 // it was there and this person could see it
	TooMany              // try again later
	Unavailable          // a disk, database or other server does not answer
)

// Field is one wrong input: the form's field name and the message that says
// what to do.
type Field struct {
	Name string         // the form field, "" for the form as a whole
	Key  string         // message key
	Args map[string]any // message arguments
}

// Fault is an error with a kind and a sentence.
type Fault struct {
	Kind   Kind
	Key    string // message key, e.g. "fault.question.closed"
	Args   map[string]any
	Fields []Field
	Cause  error
}

// New returns a fault of the kind with the message key.
func New(kind Kind, key string) *Fault { return &Fault{Kind: kind, Key: key} }

// Because returns a fault with the error that caused it, for the log.
func Because(kind Kind, key string, cause error) *Fault {
	return &Fault{Kind: kind, Key: key, Cause: cause}
}

// Missing is the fault for what is not there or may not be seen. All such
// faults read the same.
func Missing() *Fault { return New(NotFound, "fault.not_found") }

// With sets one message argument and returns the fault.
func (f *Fault) With(name string, v any) *Fault {
	if f.Args == nil {
		f.Args = map[string]any{}
	}
	f.Args[name] = v
	return f
}

func (f *Fault) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s", f.Key)
	for _, x := range f.Fields {
		fmt.Fprintf(&b, "; %s: %s", x.Name, x.Key)
	}
	if f.Cause != nil {
		fmt.Fprintf(&b, ": %v", f.Cause)
	}
	return b.String()
}

func (f *Fault) Unwrap() error { return f.Cause }

// Of returns the Fault in err's chain, or nil.
func Of(err error) *Fault {
	var f *Fault
	if errors.As(err, &f) {
		return f
	}
	return nil
}

// KindOf returns the kind of err, Internal when it is no Fault.
func KindOf(err error) Kind {
	if f := Of(err); f != nil {
		return f.Kind
	}
	return Internal
}

// Is tells whether err is a fault of the kind.
func Is(err error, k Kind) bool { return err != nil && KindOf(err) == k }

// Check collects the wrong fields of one form, so that a person sees all of
// them at once.
type Check struct{ fields []Field }

// Bad notes a wrong field. args are name, value, name, value ...
func (c *Check) Bad(name, key string, args ...any) {
	f := Field{Name: name, Key: key}
	for i := 0; i+1 < len(args); i += 2 {
		if f.Args == nil {
			f.Args = map[string]any{}
		}
		f.Args[args[i].(string)] = args[i+1]
	}
	c.fields = append(c.fields, f)
}

// Require notes the field when ok is false.
func (c *Check) Require(ok bool, name, key string, args ...any) {
	if !ok {
		c.Bad(name, key, args...)
	}
}

// Add notes the fields of an Invalid fault and returns nil; any other error it
// returns.
func (c *Check) Add(err error) error {
	x := Of(err)
	if x == nil || x.Kind != Invalid || len(x.Fields) == 0 {
		return err
	}
	c.fields = append(c.fields, x.Fields...)
	return nil
}

// Err returns nil when nothing was noted, else an Invalid fault with every
// field.
func (c *Check) Err() error {
	if len(c.fields) == 0 {
		return nil
	}
	return &Fault{Kind: Invalid, Key: "fault.invalid", Fields: c.fields}
}
