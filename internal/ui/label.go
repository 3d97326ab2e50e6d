package ui

import (
	"context"
	"html"
	"io"

	"github.com/a-h/templ"
)

// The smallest parts stand many times on a page and are written by hand:
// generated code joins and boxes every string.

// Tag prints a skill, as a link when it has an address.
func Tag(label, href string, tone Tone) templ.Component {
	return templ.ComponentFunc(func(_ context.Context, w io.Writer) error {
		if href == "" {
			return writeAll(w, `<span class="`, toned("tag", tone), `">`, html.EscapeString(label), `</span>`)
		}
		return writeAll(w, `<a class="`, toned("tag", tone), `" href="`, address(href), `">`, html.EscapeString(label), `</a>`)
	})
}

// Chip prints a state in one or two words, with an icon when it matters.
func Chip(label string, tone Tone, icon Icon) templ.Component {
	return templ.ComponentFunc(func(ctx context.Context, w io.Writer) error {
		if err := writeAll(w, ` <span class="`, toned("chip", tone), `">`); err != nil {
			return err
		}
		if err := icon.Render(ctx, w); err != nil {
			return err
		}
		return writeAll(w, html.EscapeString(label), `</span>`)
	})
}

// Link prints a link.
func Link(label, href string) templ.Component {
	return templ.ComponentFunc(func(_ context.Context, w io.Writer) error {
		return writeAll(w, `<a href="`, address(href), `">`, html.EscapeString(label), `</a>`)
	})
}

// address makes an address safe to stand in an attribute: addresses that would
// run a script lead nowhere.
func address(s string) string { return html.EscapeString(string(templ.URL(s))) }
