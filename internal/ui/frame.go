package ui

import (
	"bytes"
	"context"
	"encoding/base64"
	"html"
	"io"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"
	"unicode/utf8"

	"github.com/a-h/templ"

	"github.com/guildhall/guildhall/internal/platform/fault"
	"github.com/guildhall/guildhall/internal/platform/i18n"
	"github.com/guildhall/guildhall/internal/platform/web"
)

// Frame is what a page knows of its reader and of the places around it. It is
// made once per request.
type Frame struct {
	// Printer prints in the reader's language and zone: f.T("ask.title").
	*i18n.Printer
	Title   string // of the document, without the product's name
	Org     string // the organisation's name, "" when it has none yet
	Theme   string // "light", "dark", or "" for what the system says
	Person  *FramePerson
	Nav     []NavGroup
	Current string // the Key of the entry this page stands under
	Crumbs  []Crumb
	KeysOff bool   // the person switched character keys off
	Flash   *Flash // what the last action did
	Live    string // address of the person's event stream, "" for none
	Verbs   []Verb // what the palette offers to do
	Here    string // this page's path and query, for forms that lead back
}

// FramePerson is the person signed in.
type FramePerson struct {
	Face
}

// NavGroup is a heading of the navigation. A group without entries is not
// shown, so a practice that is off leaves no hole.
type NavGroup struct {
	Title   string
	Entries []NavEntry
}

// NavEntry is a place.
type NavEntry struct {
	Key   string // compared with Frame.Current
	Label string
	Href  string
	Icon  Icon
	Count int // people waiting for the reader; 0 shows nothing
	Tab   int // its place in the bottom bar of phones, 1 to 4; 0 is not there
}

// Crumb is a parent of this page.
type Crumb struct{ Label, Href string }

// Verb is something to do from the palette: "c" and then Key does it from the
// keyboard.
type Verb struct{ Key, Label, Href string }

// Flash tells what the last action did.
type Flash struct {
	Text string
	Undo string // the path a POST to which takes it back, "" when nothing does
}

// flashCookie carries a flash over the redirect that follows a post.
const flashCookie = "flash"

// SetFlash keeps the flash for the page that follows. The cookie is read once.
func SetFlash(w http.ResponseWriter, f Flash) {
	http.SetCookie(w, &http.Cookie{Name: flashCookie, Path: "/", MaxAge: 60, HttpOnly: true, SameSite: http.SameSiteLaxMode,
		Value: base64.RawURLEncoding.EncodeToString([]byte(f.Undo + "\n" + f.Text))})
}

// TakeFlash returns the flash the request brings, nil without one, and forgets
// it. What a stranger put into the cookie is shown as text and leads nowhere but
// to this server.
func TakeFlash(w http.ResponseWriter, r *http.Request) *Flash {
	c, err := r.Cookie(flashCookie)
	if err != nil {
		return nil
	}
	http.SetCookie(w, &http.Cookie{Name: flashCookie, Path: "/", MaxAge: -1, HttpOnly: true})
	b, err := base64.RawURLEncoding.DecodeString(c.Value)
	if err != nil || len(b) > 1000 || !utf8.Valid(b) {
		return nil
	}
	undo, text, ok := strings.Cut(string(b), "\n")
	if !ok || text == "" {
		return nil
	}
	return &Flash{Text: text, Undo: web.Local(undo, "")}
}

// tabs returns the entries of the bottom bar.
func (f *Frame) tabs() []NavEntry {
	var out []NavEntry
	for place := 1; place <= 4; place++ {
		for _, g := range f.Nav {
			for _, e := range g.Entries {
				if e.Tab == place {
					out = append(out, e)
				}
			}
		}
	}
	return out
}

// title is the document's title.
func (f *Frame) title() string {
	if f.Title == "" {
		return "Guildhall"
	}
	return f.Title + " · Guildhall"
}

// Fault is a wrong field in words.
type Fault struct{ Name, Text string }

// Faults are the wrong fields of a form. The nil slice says that all is well.
type Faults []Fault

// Faults prints the fields of an error from a rule. A fault without fields
// becomes one about the form as a whole; nil and errors that are no fault give
// none.
func (f *Frame) Faults(err error) Faults {
	x := fault.Of(err)
	if x == nil {
		return nil
	}
	if len(x.Fields) == 0 {
		return Faults{{Text: f.Fault(err)}}
	}
	out := make(Faults, len(x.Fields))
	for i, field := range x.Fields {
		out[i] = Fault{Name: field.Name, Text: f.Field(field)}
	}
	return out
}

// In returns the faults as a summary names them where the fields' ids end in
// more than their names, since several forms of the page have them.
func (fs Faults) In(suffix string) Faults {
	out := make(Faults, len(fs))
	for i, x := range fs {
		if x.Name != "" {
			x.Name += suffix
		}
		out[i] = x
	}
	return out
}

// For returns the sentence about the field, "" when it is right.
func (fs Faults) For(name string) string {
	for _, x := range fs {
		if x.Name == name {
			return x.Text
		}
	}
	return ""
}

var buffers = sync.Pool{New: func() any { return bytes.NewBuffer(make([]byte, 0, 32<<10)) }}

// Write renders the component whole and answers with it, so that an error in
// the middle never leaves half a page.
func Write(w http.ResponseWriter, r *http.Request, status int, c templ.Component) error {
	b := buffers.Get().(*bytes.Buffer)
	defer func() {
		if b.Cap() <= 1<<20 {
			b.Reset()
			buffers.Put(b)
		}
	}()
	b.Reset()
	if err := c.Render(r.Context(), b); err != nil {
		return err
	}
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	if h.Get("Cache-Control") == "" {
		// Pages are for their reader alone. The browser may keep them for the
		// way back, but asks first.
		h.Set("Cache-Control", "private, no-cache")
	}
	h.Add("Vary", "Cookie")
	h.Set("Content-Length", strconv.Itoa(b.Len()))
	w.WriteHeader(status)
	_, err := w.Write(b.Bytes())
	if err != nil {
		// The answer has begun; the reader is gone.
		return nil
	}
	return nil
}

// ThemeCookie keeps the theme somebody chose.
const ThemeCookie = "theme"

// ThemeOf returns the theme the request's cookie asks for, "" for what the
// system says.
func ThemeOf(r *http.Request) string {
	c, err := r.Cookie(ThemeCookie)
	if err != nil || c.Value != "light" && c.Value != "dark" {
		return ""
	}
	return c.Value
}

// SwitchTheme answers POST /theme, which the theme button does without
// JavaScript: the other theme, then back.
func SwitchTheme(w http.ResponseWriter, r *http.Request) error {
	form, err := web.Form(r)
	if err != nil {
		return err
	}
	next := "dark"
	if ThemeOf(r) == "dark" {
		next = "light"
	}
	http.SetCookie(w, &http.Cookie{Name: ThemeCookie, Value: next, Path: "/", MaxAge: 365 * 24 * 3600, SameSite: http.SameSiteLaxMode})
	return web.See(w, r, form.Get("back"))
}

// moment writes a time element: words, the exact time in datetime and title.
func (f *Frame) moment(t time.Time, words string) templ.Component {
	return templ.ComponentFunc(func(_ context.Context, w io.Writer) error {
		var stamp [len(time.RFC3339)]byte
		return writeAll(w, `<time datetime="`, string(t.UTC().AppendFormat(stamp[:0], time.RFC3339)), `" title="`, html.EscapeString(f.Exact(t)), `">`, html.EscapeString(words), `</time>`)
	})
}

// Ago prints when something happened, in words: this morning.
func Ago(f *Frame, t time.Time) templ.Component { return f.moment(t, f.Printer.Ago(t)) }

// When prints when something will happen, in words: tomorrow at 14:00.
func When(f *Frame, t time.Time) templ.Component { return f.moment(t, f.Printer.When(t)) }

// Clock prints a time of day: 14:00.
func Clock(f *Frame, t time.Time) templ.Component { return f.moment(t, f.Printer.Clock(t)) }

// Date prints a day: 18 November.
func Date(f *Frame, t time.Time) templ.Component { return f.moment(t, f.Printer.Date(t)) }

// Span is what a tag of a message becomes on the page: a link when it has an
// address, else bold.
type Span struct {
	Tag  string
	Href string
}

// Say prints a message whose tags become links and emphasis:
//
//	@ui.Say(f, "login.help", []ui.Span{{Tag: "invite", Href: "/invitation"}}, "name", desk)
func Say(f *Frame, key string, spans []Span, args ...any) templ.Component {
	return templ.ComponentFunc(func(_ context.Context, w io.Writer) error {
		for _, p := range f.Parts(key, args...) {
			text := html.EscapeString(p.Text)
			var err error
			switch href, ok := hrefOf(spans, p.Tag); {
			case p.Tag == "":
				err = writeAll(w, text)
			case ok && href != "":
				err = writeAll(w, `<a href="`, address(href), `">`, text, `</a>`)
			default:
				err = writeAll(w, `<b>`, text, `</b>`)
			}
			if err != nil {
				return err
			}
		}
		return nil
	})
}

func hrefOf(spans []Span, tag string) (string, bool) {
	for _, s := range spans {
		if s.Tag == tag {
			return s.Href, true
		}
	}
	return "", false
}
