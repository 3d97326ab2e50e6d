package ui

import (
	"strconv"
	"strings"

	"github.com/a-h/templ"
)

// The attributes below are given as ordered pairs: templ writes a map's keys
// sorted, which costs an allocation per key.
type attrs = templ.OrderedAttributes

func pair(key string, value any) templ.KeyValue[string, any] {
	return templ.KeyValue[string, any]{Key: key, Value: value}
}

var none attrs
var currentPage = attrs{pair("aria-current", "page")}
var currentTrue = attrs{pair("aria-current", "true")}

func current(yes bool) attrs {
	if yes {
		return currentPage
	}
	return none
}

func truth(yes bool) attrs {
	if yes {
		return currentTrue
	}
	return none
}

func id(s string) attrs {
	if s == "" {
		return none
	}
	return attrs{pair("id", s)}
}

func language(s string) attrs {
	if s == "" {
		return none
	}
	return attrs{pair("lang", s)}
}

func (f *Frame) rootAttrs() attrs {
	var a attrs
	if f.Theme != "" {
		a = append(a, pair("data-theme", f.Theme))
	}
	if f.KeysOff {
		a = append(a, pair("data-keys", "off"))
	}
	if f.Live != "" {
		a = append(a, pair("data-live", f.Live), pair("data-worker", WorkerURL))
	}
	return append(a, pair("data-modules", ModulesURL))
}

func toned(class string, t Tone) string {
	if t == "" {
		return class
	}
	return class + " " + string(t)
}

func stackClass(gap string) string {
	if gap == "" {
		return "stack"
	}
	return "stack stack-" + gap
}

func nowClass(now bool) string {
	if now {
		return "now"
	}
	return ""
}

func share(percent int) string { return strconv.Itoa(min(max(percent, 0), 100)) + "%" }

func (b Button) class() string {
	c := "btn"
	if b.Kind != "" {
		c += " " + b.Kind
	}
	if b.Small {
		c += " sm"
	}
	if b.Label == "" {
		c += " icon"
	}
	return c
}

func (b Button) attrs() attrs {
	var a attrs
	if b.Toggle {
		a = append(a, pair("aria-pressed", strconv.FormatBool(b.Pressed)))
	}
	if b.Name != "" {
		a = append(a, pair("name", b.Name), pair("value", b.Value))
	}
	if b.Opens != "" {
		a = append(a, pair("data-open", b.Opens))
	}
	if b.Type != "" {
		a = append(a, pair("type", b.Type))
	}
	if b.Why != "" {
		a = append(a, pair("disabled", true))
	}
	return a
}

func (in Input) id() string {
	if in.ID != "" {
		return in.ID
	}
	return in.Name
}

func (in Input) attrs() attrs {
	a := make(attrs, 0, 12)
	a = append(a, pair("id", in.id()), pair("name", in.Name))
	var described string
	if in.Hint != "" {
		described = in.id() + "-h"
	}
	if in.Error != "" {
		if described != "" {
			described += " "
		}
		described += in.id() + "-e"
		a = append(a, pair("aria-invalid", "true"))
	}
	if described != "" {
		a = append(a, pair("aria-describedby", described))
	}
	str := func(key, value string) {
		if value != "" {
			a = append(a, pair(key, value))
		}
	}
	if in.Options == nil && in.Lines == 0 {
		kind := in.Type
		if kind == "" {
			kind = "text"
		}
		str("type", kind)
		str("value", in.Value)
		if kind == "text" || kind == "search" {
			str("dir", "auto")
		}
	}
	str("placeholder", in.Placeholder)
	str("autocomplete", in.Autocomplete)
	str("inputmode", in.Mode)
	str("pattern", in.Pattern)
	str("data-similar", in.Similar)
	if in.Lines > 0 {
		a = append(a, pair("rows", strconv.Itoa(in.Lines)))
	}
	if in.Max > 0 {
		a = append(a, pair("maxlength", strconv.Itoa(in.Max)))
	}
	flag := func(key string, on bool) {
		if on {
			a = append(a, pair(key, true))
		}
	}
	flag("required", in.Required)
	flag("disabled", in.Disabled)
	flag("autofocus", in.Focus)
	for _, item := range in.Attrs.Items() {
		a = append(a, item)
	}
	return a
}

func (c Choice) kind() string {
	if c.Many {
		return "checkbox"
	}
	return "radio"
}

func (c Choice) attrs() attrs {
	var described string
	if c.Hint != "" {
		described = c.Name + "-h"
	}
	if c.Error != "" {
		if described != "" {
			described += " "
		}
		described += c.Name + "-e"
	}
	if described == "" {
		return none
	}
	return attrs{pair("aria-describedby", described)}
}

// first gives the first option the id that the summary of errors links to.
func (c Choice) first(i int) attrs {
	if i > 0 {
		return none
	}
	return attrs{pair("id", c.Name)}
}

func (a Ask) name() string {
	if a.Name != "" {
		return a.Name
	}
	return "q"
}

// tool is a button of the composer; md is what app.js puts around or before the
// selected text.
type tool struct {
	md   string
	key  string
	icon Icon
}

var tools = [...]tool{
	{"bold", "ui.format.bold", IconBold}, {"italic", "ui.format.italic", IconItalic}, {"quote", "ui.format.quote", IconQuote},
	{"code", "ui.format.code", IconCode}, {"list", "ui.format.list", IconList}, {"link", "ui.format.link", IconLink},
	{"mention", "ui.format.mention", IconAt},
}

func (e Editor) id() string {
	if e.ID != "" {
		return e.ID
	}
	return e.Name
}

func (e Editor) draft(f *Frame) attrs {
	if e.Draft == "" {
		return none
	}
	return attrs{pair("data-draft", e.Draft), pair("data-said-saved", f.T("ui.draft.saved")), pair("data-said-restored", f.T("ui.draft.restored"))}
}

func (e Editor) attrs() attrs {
	a := attrs{pair("id", e.id()), pair("name", e.Name)}
	if e.Placeholder != "" {
		a = append(a, pair("placeholder", e.Placeholder))
	}
	if e.Max > 0 {
		a = append(a, pair("maxlength", strconv.Itoa(e.Max)))
	}
	var described []string
	if e.Visible && e.Hint != "" {
		described = append(described, e.id()+"-h")
	}
	if e.Error != "" {
		described = append(described, e.id()+"-e")
		a = append(a, pair("aria-invalid", "true"))
	}
	if described != nil {
		a = append(a, pair("aria-describedby", strings.Join(described, " ")))
	}
	return a
}
