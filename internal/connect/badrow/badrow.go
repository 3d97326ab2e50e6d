// Package badrow is how every reader of outside files says what it could not
// use: which file, where, and why, in a form that a command prints, a page
// shows and a catalogue translates.
package badrow

import (
	"fmt"
	"strings"
)

// Problem is one thing wrong with an input file.
type Problem struct {
	File   string // base name, as the person knows it
	Line   int    // from 1; 0 when the whole file is meant
	Column string // column heading or attribute; "" when the whole row is meant
	Code   string // stable name of the reason, the end of a message key: "date_unreadable"
	Reason string // the reason as an English sentence without full stop
	Kept   bool   // the row was mended and used; otherwise it was left out
}

// String is the line of an error report: "Posts.xml:12: Score: not a number".
func (p Problem) String() string {
	var b strings.Builder
	b.WriteString(p.File)
	if p.Line > 0 {
		fmt.Fprintf(&b, ":%d", p.Line)
	}
	b.WriteString(": ")
	if p.Column != "" {
		b.WriteString(p.Column + ": ")
	}
	b.WriteString(p.Reason)
	if p.Kept {
		b.WriteString(" (row kept)")
	}
	return b.String()
}
