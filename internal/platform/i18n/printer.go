package i18n

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"golang.org/x/text/feature/plural"

	"github.com/guildhall/guildhall/internal/platform/fault"
)

// Printer prints messages for one reader at one moment. It does not change and
// is safe for concurrent use.
type Printer struct {
	s    *speech
	zone *time.Location
	now  time.Time // in zone
}

// Lang is the value of the lang attribute.
func (p *Printer) Lang() string { return p.s.code }

// Dir is the value of the dir attribute: ltr or rtl.
func (p *Printer) Dir() string {
	if p.s.rtl {
		return "rtl"
	}
	return "ltr"
}

// Zone is the reader's time zone.
func (p *Printer) Zone() *time.Location { return p.zone }

// Now is the moment the page is printed, in the reader's zone.
func (p *Printer) Now() time.Time { return p.now }

// T prints the message with the key. args are name, value, name, value ... An
// unknown key is printed in double brackets, which a test of every page
// refuses; an argument that is missing or of the wrong type is printed as
// {name}.
func (p *Printer) T(key string, args ...any) string {
	m := p.s.msgs[key]
	if m == nil {
		return "⟦" + key + "⟧"
	}
	if m.plain && p.s.pseudo == nil {
		return m.src
	}
	w := writer{p: p, args: args}
	w.nodes(m.nodes, 0)
	return string(w.b)
}

// Fault prints the sentence of a fault; the empty string for any other error.
func (p *Printer) Fault(err error) string {
	f := fault.Of(err)
	if f == nil {
		return ""
	}
	return p.T(f.Key, Pairs(f.Args)...)
}

// Field prints the sentence of one wrong field.
func (p *Printer) Field(f fault.Field) string { return p.T(f.Key, Pairs(f.Args)...) }

// Pairs turns a map of arguments into the list T takes.
func Pairs(args map[string]any) []any {
	if len(args) == 0 {
		return nil
	}
	names := make([]string, 0, len(args))
	for n := range args {
		names = append(names, n)
	}
	slices.Sort(names)
	out := make([]any, 0, 2*len(args))
	for _, n := range names {
		out = append(out, n, args[n])
	}
	return out
}

// Part is a piece of a message: text, and the name of the tag around it, "" for
// none.
type Part struct {
	Tag  string
	Text string
}

// Parts prints the message in pieces, so that a page can put a link or
// emphasis where the message has a tag. Tags inside tags are printed as text of
// the outer one.
func (p *Printer) Parts(key string, args ...any) []Part {
	m := p.s.msgs[key]
	if m == nil {
		return []Part{{Text: "⟦" + key + "⟧"}}
	}
	w := writer{p: p, args: args}
	var out []Part
	flush := func(tag string) {
		if len(w.b) > 0 {
			out = append(out, Part{Tag: tag, Text: string(w.b)})
			w.b = w.b[:0]
		}
	}
	for i := range m.nodes {
		if n := &m.nodes[i]; n.kind == nodeTag {
			flush("")
			w.nodes(n.inner, 0)
			flush(n.text)
			continue
		}
		w.nodes(m.nodes[i:i+1], 0)
	}
	flush("")
	return out
}

// writer prints nodes into b.
type writer struct {
	p    *Printer
	b    []byte
	args []any
}

func (w *writer) arg(name string) (any, bool) {
	for i := 0; i+1 < len(w.args); i += 2 {
		if s, ok := w.args[i].(string); ok && s == name {
			return w.args[i+1], true
		}
	}
	return nil, false
}

// nodes prints a list; hash is what # stands for.
func (w *writer) nodes(list []node, hash int64) {
	for i := range list {
		n := &list[i]
		switch n.kind {
		case nodeText:
			if w.p.s.pseudo != nil {
				w.b = append(w.b, w.p.s.pseudo(n.text)...)
			} else {
				w.b = append(w.b, n.text...)
			}
		case nodeHash:
			w.b = append(w.b, w.p.Number(hash)...)
		case nodeTag:
			w.nodes(n.inner, hash)
		case nodeArg:
			v, ok := w.arg(n.text)
			if !ok {
				w.b = append(w.b, '{')
				w.b = append(w.b, n.text...)
				w.b = append(w.b, '}')
				continue
			}
			w.value(v, n.style)
		case nodePlural, nodeOrdinal:
			v, _ := w.arg(n.text)
			num, ok := toInt(v)
			if !ok {
				w.b = append(w.b, "{"+n.text+"}"...)
				continue
			}
			if num >= -1<<31 && num < 1<<31 {
				if inner, ok := n.exact[int(num)]; ok {
					w.nodes(inner, num-int64(n.offset))
					continue
				}
			}
			num -= int64(n.offset)
			inner, ok := n.forms[w.p.form(num, n.kind == nodeOrdinal)]
			if !ok {
				inner = n.forms[plural.Other]
			}
			w.nodes(inner, num)
		case nodeSelect:
			v, _ := w.arg(n.text)
			inner, ok := n.cases[fmt.Sprint(v)]
			if !ok {
				inner = n.cases["other"]
			}
			w.nodes(inner, hash)
		}
	}
}

func (p *Printer) form(n int64, ordinal bool) plural.Form {
	if n < 0 {
		n = -n
	}
	rules := plural.Cardinal
	if ordinal {
		rules = plural.Ordinal
	}
	// The rules look at the last digits only; large numbers are cut so that
	// they fit an int on every machine.
	if n >= 10_000_000 {
		n = n%1_000_000 + 10_000_000
	}
	return rules.MatchPlural(p.s.tag, int(n), 0, 0, 0, 0)
}

func (w *writer) value(v any, style string) {
	p := w.p
	switch style {
	case "number":
		if f, ok := v.(float64); ok {
			w.b = append(w.b, p.Decimal(f, 1)...)
			return
		}
		if n, ok := toInt(v); ok {
			w.b = append(w.b, p.Number(n)...)
			return
		}
	case "date", "day", "time", "ago", "when":
		if t, ok := v.(time.Time); ok {
			w.b = append(w.b, p.moment(t, style)...)
			return
		}
	case "duration":
		if d, ok := v.(time.Duration); ok {
			w.b = append(w.b, p.Duration(d)...)
			return
		}
	case "list":
		if l, ok := v.([]string); ok {
			w.b = append(w.b, p.List(l)...)
			return
		}
	}
	switch v := v.(type) {
	case string:
		// A name may run the other way than the sentence around it.
		if p.s.rtl {
			w.b = append(w.b, "\u2068"+v+"\u2069"...)
			return
		}
		w.b = append(w.b, v...)
	case time.Time:
		w.b = append(w.b, p.Date(v)...)
	case time.Duration:
		w.b = append(w.b, p.Duration(v)...)
	case []string:
		w.b = append(w.b, p.List(v)...)
	case float64:
		w.b = append(w.b, p.Decimal(v, 1)...)
	case error:
		w.b = append(w.b, v.Error()...)
	default:
		if n, ok := toInt(v); ok {
			w.b = append(w.b, p.Number(n)...)
			return
		}
		w.b = fmt.Append(w.b, v)
	}
}

func (p *Printer) moment(t time.Time, style string) string {
	switch style {
	case "day":
		return p.Day(t)
	case "time":
		return p.Clock(t)
	case "ago":
		return p.Ago(t)
	case "when":
		return p.When(t)
	}
	return p.Date(t)
}

func toInt(v any) (int64, bool) {
	switch v := v.(type) {
	case int:
		return int64(v), true
	case int64:
		return v, true
	case int32:
		return int64(v), true
	case uint:
		return int64(v), true
	case uint64:
		return int64(v), true
	case uint32:
		return int64(v), true
	case float64:
		if v == float64(int64(v)) {
			return int64(v), true
		}
	}
	return 0, false
}

// Number prints a whole number with the reader's grouping: 1,214.
func (p *Printer) Number(n int64) string {
	if n > -1000 && n < 1000 {
		return strconv.FormatInt(n, 10)
	}
	return p.grouped(strconv.FormatInt(n, 10))
}

func (p *Printer) grouped(digits string) string {
	sign := ""
	if digits[0] == '-' {
		sign, digits = "−", digits[1:]
	}
	var b strings.Builder
	b.WriteString(sign)
	for i := range len(digits) {
		if i > 0 && (len(digits)-i)%3 == 0 {
			b.WriteString(p.s.group)
		}
		b.WriteByte(digits[i])
	}
	return b.String()
}

// Decimal prints a number with up to the given digits after the point.
func (p *Printer) Decimal(f float64, digits int) string {
	whole, frac, _ := strings.Cut(strconv.FormatFloat(f, 'f', digits, 64), ".")
	frac = strings.TrimRight(frac, "0")
	if whole != "" {
		whole = p.grouped(whole)
	}
	if frac == "" {
		return whole
	}
	return whole + p.s.decimal + frac
}

// Percent prints a share between 0 and 1 as a whole percentage.
func (p *Printer) Percent(share float64) string {
	return p.T("locale.percent", "n", p.Number(int64(share*100+0.5)))
}

// List joins words as the language does: Ada, Ben and Chidi.
func (p *Printer) List(words []string) string { return p.join(words, "locale.list.and") }

// ListOr joins alternatives: Ada, Ben or Chidi.
func (p *Printer) ListOr(words []string) string { return p.join(words, "locale.list.or") }

func (p *Printer) join(words []string, last string) string {
	switch len(words) {
	case 0:
		return ""
	case 1:
		return words[0]
	}
	head := words[0]
	for _, w := range words[1 : len(words)-1] {
		head = p.T("locale.list.more", "head", head, "next", w)
	}
	return p.T(last, "head", head, "last", words[len(words)-1])
}
