package i18n

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"golang.org/x/text/feature/plural"
)

// The grammar:
//
//	message  = { text | "#" | "<" name ">" message "</" name ">" | "{" argument "}" }
//	argument = name
//	         | name "," ("number" | "date" | "day" | "time" | "ago" | "when" | "duration" | "list")
//	         | name "," ("plural" | "selectordinal") "," [ "offset:" int ] { ("=" int | category) "{" message "}" }
//	         | name "," "select" "," { word "{" message "}" }
//
// "#" stands for the number inside a plural. An apostrophe is an apostrophe,
// except before a brace or "#", where '{ begins text taken literally up to the
// next apostrophe, as in ICU. plural, selectordinal and select must have
// "other".

type message struct {
	src   string
	plain bool // src can be printed as it is
	nodes []node
	args  []string
	file  string
	line  int
}

type nodeKind uint8

const (
	nodeText nodeKind = iota
	nodeArg
	nodeHash
	nodePlural
	nodeOrdinal
	nodeSelect
	nodeTag
)

type node struct {
	kind   nodeKind
	text   string // text, argument name or tag name
	style  string // of an argument
	offset int
	exact  map[int][]node
	forms  map[plural.Form][]node
	cases  map[string][]node
	inner  []node // of a tag
}

var categories = map[string]plural.Form{
	"zero": plural.Zero, "one": plural.One, "two": plural.Two, "few": plural.Few, "many": plural.Many, "other": plural.Other,
}

var styles = []string{"number", "date", "day", "time", "ago", "when", "duration", "list"}

type parser struct {
	s    string
	at   int
	args []string
}

func parse(src string) (*message, error) {
	p := &parser{s: src}
	nodes, err := p.message(0, "")
	if err != nil {
		return nil, err
	}
	if p.at != len(p.s) {
		return nil, fmt.Errorf("unexpected %q", p.s[p.at:])
	}
	m := &message{src: src, nodes: nodes, args: p.args}
	switch {
	case len(nodes) == 0:
		m.plain = true
	case len(nodes) == 1 && nodes[0].kind == nodeText:
		m.plain, m.src = true, nodes[0].text
	}
	return m, nil
}

// message reads up to the closing brace or the closing tag that ends it.
// depth counts the plurals around it, tag names the open tag.
func (p *parser) message(depth int, tag string) ([]node, error) {
	var out []node
	var text strings.Builder
	flush := func() {
		if text.Len() > 0 {
			out = append(out, node{kind: nodeText, text: text.String()})
			text.Reset()
		}
	}
	for p.at < len(p.s) {
		c := p.s[p.at]
		switch {
		case c == '\'' && p.at+1 < len(p.s) && strings.IndexByte("{}#<", p.s[p.at+1]) >= 0:
			end := strings.IndexByte(p.s[p.at+1:], '\'')
			if end < 0 {
				return nil, errors.New("quoted text without its closing apostrophe")
			}
			text.WriteString(p.s[p.at+1 : p.at+1+end])
			p.at += end + 2
		case c == '{':
			flush()
			n, err := p.argument(depth)
			if err != nil {
				return nil, err
			}
			out = append(out, n)
		case c == '}':
			flush()
			return out, nil
		case c == '#' && depth > 0:
			flush()
			out = append(out, node{kind: nodeHash})
			p.at++
		case c == '<' && strings.HasPrefix(p.s[p.at:], "</"):
			flush()
			want := "</" + tag + ">"
			if tag == "" || !strings.HasPrefix(p.s[p.at:], want) {
				return nil, fmt.Errorf("closing tag without its opening one at %q", p.s[p.at:])
			}
			p.at += len(want)
			return out, nil
		case c == '<':
			flush()
			end := strings.IndexByte(p.s[p.at:], '>')
			if end < 2 || !isName(p.s[p.at+1:p.at+end]) {
				return nil, fmt.Errorf("malformed tag at %q", p.s[p.at:])
			}
			name := p.s[p.at+1 : p.at+end]
			p.at += end + 1
			inner, err := p.message(depth, name)
			if err != nil {
				return nil, err
			}
			if !strings.HasSuffix(p.s[:p.at], "</"+name+">") {
				return nil, fmt.Errorf("tag <%s> is not closed", name)
			}
			out = append(out, node{kind: nodeTag, text: name, inner: inner})
		default:
			text.WriteByte(c)
			p.at++
		}
	}
	if tag != "" {
		return nil, fmt.Errorf("tag <%s> is not closed", tag)
	}
	flush()
	return out, nil
}

func isName(s string) bool {
	for _, r := range s {
		if !unicode.IsLetter(r) && !unicode.IsDigit(r) && r != '_' {
			return false
		}
	}
	return s != ""
}

func (p *parser) space() {
	for p.at < len(p.s) && (p.s[p.at] == ' ' || p.s[p.at] == '\t') {
		p.at++
	}
}

func (p *parser) word() string {
	p.space()
	from := p.at
	for p.at < len(p.s) && strings.IndexByte(" \t,{}", p.s[p.at]) < 0 {
		p.at++
	}
	w := p.s[from:p.at]
	p.space()
	return w
}

func (p *parser) eat(c byte) bool {
	p.space()
	if p.at < len(p.s) && p.s[p.at] == c {
		p.at++
		return true
	}
	return false
}

func (p *parser) argument(depth int) (node, error) {
	p.at++ // the brace
	name := p.word()
	if !isName(name) {
		return node{}, fmt.Errorf("malformed argument name %q", name)
	}
	if !slices.Contains(p.args, name) {
		p.args = append(p.args, name)
	}
	if p.eat('}') {
		return node{kind: nodeArg, text: name}, nil
	}
	if !p.eat(',') {
		return node{}, fmt.Errorf("after {%s: want , or }", name)
	}
	kind := p.word()
	if slices.Contains(styles, kind) {
		if !p.eat('}') {
			return node{}, fmt.Errorf("{%s, %s is not closed", name, kind)
		}
		return node{kind: nodeArg, text: name, style: kind}, nil
	}
	n := node{text: name}
	switch kind {
	case "plural":
		n.kind = nodePlural
	case "selectordinal":
		n.kind = nodeOrdinal
	case "select":
		n.kind = nodeSelect
	default:
		return node{}, fmt.Errorf("{%s, %s: unknown kind of argument", name, kind)
	}
	if !p.eat(',') {
		return node{}, fmt.Errorf("after {%s, %s: want ,", name, kind)
	}
	if n.kind != nodeSelect {
		depth++
		n.exact, n.forms = map[int][]node{}, map[plural.Form][]node{}
	} else {
		n.cases = map[string][]node{}
	}
	for {
		p.space()
		if p.eat('}') {
			break
		}
		w := p.word()
		if w == "" {
			return node{}, fmt.Errorf("{%s, %s is not closed", name, kind)
		}
		if off, ok := strings.CutPrefix(w, "offset:"); ok && n.kind != nodeSelect {
			v, err := strconv.Atoi(off)
			if err != nil {
				return node{}, fmt.Errorf("offset %q is no number", off)
			}
			n.offset = v
			continue
		}
		if !p.eat('{') {
			return node{}, fmt.Errorf("case %q has no {message}", w)
		}
		inner, err := p.message(depth, "")
		if err != nil {
			return node{}, err
		}
		if !p.eat('}') {
			return node{}, fmt.Errorf("case %q is not closed", w)
		}
		if err := n.addCase(w, inner); err != nil {
			return node{}, err
		}
	}
	if _, ok := n.forms[plural.Other]; n.kind != nodeSelect && !ok {
		return node{}, fmt.Errorf("{%s, %s has no other", name, kind)
	}
	if _, ok := n.cases["other"]; n.kind == nodeSelect && !ok {
		return node{}, fmt.Errorf("{%s, select has no other", name)
	}
	return n, nil
}

func (n *node) addCase(w string, inner []node) error {
	if n.kind == nodeSelect {
		if _, ok := n.cases[w]; ok {
			return fmt.Errorf("case %q twice", w)
		}
		n.cases[w] = inner
		return nil
	}
	if num, ok := strings.CutPrefix(w, "="); ok {
		v, err := strconv.Atoi(num)
		if err != nil {
			return fmt.Errorf("case %q is no number", w)
		}
		n.exact[v] = inner
		return nil
	}
	f, ok := categories[w]
	if !ok {
		return fmt.Errorf("case %q is no plural category", w)
	}
	if _, ok := n.forms[f]; ok {
		return fmt.Errorf("case %q twice", w)
	}
	n.forms[f] = inner
	return nil
}
