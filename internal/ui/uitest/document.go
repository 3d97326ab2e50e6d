// Package uitest checks pages as documents, for the tests of every package that
// has pages.
package uitest

import (
	"fmt"
	"strings"
	"testing"

	"golang.org/x/net/html"
)

// CheckDocument fails the test when the page is no proper document: language
// and direction, title, one main, one h1, headings without a gap, unique ids,
// every field labelled, every button and link named, images with alt, lists
// that hold items only, references by id that lead somewhere, landmarks of one
// kind told apart by name, and no inline script, style or event handler.
func CheckDocument(t testing.TB, page string) {
	t.Helper()
	for _, p := range Problems(page) {
		t.Error(p)
	}
}

// CheckFragment is CheckDocument for a piece of page, as htmx fetches it.
func CheckFragment(t testing.TB, piece string) {
	t.Helper()
	for _, p := range problems(piece, false) {
		t.Error(p)
	}
}

// Problems lists what CheckDocument would complain of.
func Problems(page string) []string { return problems(page, true) }

// Find returns the elements of the page for which want is true, for tests that
// look for something on it.
func Find(t testing.TB, page string, want func(n *html.Node) bool) []*html.Node {
	t.Helper()
	root, err := html.Parse(strings.NewReader(page))
	if err != nil {
		t.Fatal(err)
	}
	var out []*html.Node
	for n := range root.Descendants() {
		if n.Type == html.ElementNode && want(n) {
			out = append(out, n)
		}
	}
	return out
}

// Attr returns an attribute of the element, "" when it has none.
func Attr(n *html.Node, name string) string {
	v, _ := attr(n, name)
	return v
}

// Text returns the words inside the node, with single spaces.
func Text(n *html.Node) string {
	var b strings.Builder
	var walk func(*html.Node)
	walk = func(n *html.Node) {
		switch {
		case n.Type == html.TextNode:
			b.WriteString(n.Data)
			b.WriteByte(' ')
		case n.Type == html.ElementNode && (n.Data == "script" || n.Data == "style" || n.Data == "template"):
			return
		}
		for c := range n.ChildNodes() {
			walk(c)
		}
	}
	walk(n)
	return strings.Join(strings.Fields(b.String()), " ")
}

func attr(n *html.Node, name string) (string, bool) {
	for _, a := range n.Attr {
		if a.Key == name {
			return a.Val, true
		}
	}
	return "", false
}

type checker struct {
	out    []string
	ids    map[string]*html.Node
	labels map[string]bool
}

func (c *checker) bad(format string, args ...any) {
	c.out = append(c.out, fmt.Sprintf(format, args...))
}

func problems(page string, whole bool) []string {
	c := &checker{ids: map[string]*html.Node{}, labels: map[string]bool{}}
	if whole && !strings.HasPrefix(strings.ToLower(strings.TrimSpace(page)), "<!doctype html>") {
		c.bad("the page does not begin with <!doctype html>")
	}
	if i := strings.Index(page, "⟦"); i >= 0 {
		c.bad("a message is missing from the catalogue: %s", page[i:min(len(page), i+60)])
	}
	if whole && strings.Count(page, "<body") != 1 {
		c.bad("%d body elements", strings.Count(page, "<body"))
	}
	root, err := html.Parse(strings.NewReader(page))
	if err != nil {
		c.bad("cannot be parsed: %v", err)
		return c.out
	}
	var elements []*html.Node
	for n := range root.Descendants() {
		if n.Type == html.ElementNode {
			elements = append(elements, n)
		}
	}
	for _, n := range elements {
		if id, ok := attr(n, "id"); ok {
			if id == "" || strings.ContainsAny(id, " \t\n") {
				c.bad("<%s> has the id %q", n.Data, id)
			}
			if c.ids[id] != nil {
				c.bad("the id %q stands on <%s> and on <%s>", id, c.ids[id].Data, n.Data)
			}
			c.ids[id] = n
		}
		if n.Data == "label" {
			if f, ok := attr(n, "for"); ok {
				c.labels[f] = true
			}
		}
	}
	level, mains, ones := 0, 0, 0
	landmarks := map[string]map[string]int{}
	for _, n := range elements {
		c.element(n)
		switch n.Data {
		case "html":
			if whole {
				if v, _ := attr(n, "lang"); v == "" {
					c.bad("<html> has no lang")
				}
				if v, _ := attr(n, "dir"); v != "ltr" && v != "rtl" {
					c.bad("<html> has the dir %q", v)
				}
			}
		case "main":
			mains++
		case "title":
			if n.Parent != nil && n.Parent.Data == "head" && Text(n) == "" {
				c.bad("the title is empty")
			}
		case "h1", "h2", "h3", "h4", "h5", "h6":
			if inside(n, "nav") || inside(n, "dialog") || inside(n, "template") || c.inRole(n, "alert") {
				break
			}
			l := int(n.Data[1] - '0')
			if Text(n) == "" {
				c.bad("an empty <%s>", n.Data)
			}
			if l == 1 {
				ones++
			}
			// People's own text may begin at any level below the page's.
			if level > 0 && l > level+1 && !inClass(n, "prose") {
				c.bad("<%s> %q follows a heading of level %d", n.Data, Text(n), level)
			}
			if !inClass(n, "prose") {
				level = l
			}
		}
		if kind := landmark(n); kind != "" {
			if landmarks[kind] == nil {
				landmarks[kind] = map[string]int{}
			}
			landmarks[kind][c.name(n)]++
		}
	}
	if whole {
		if mains != 1 {
			c.bad("%d main elements", mains)
		}
		if ones != 1 {
			c.bad("%d h1 elements", ones)
		}
	}
	for kind, names := range landmarks {
		for name, n := range names {
			if n > 1 {
				c.bad("%d landmarks %s are called %q", n, kind, name)
			}
		}
	}
	return c.out
}

func landmark(n *html.Node) string {
	switch n.Data {
	case "nav", "aside", "search":
		return n.Data
	case "form":
		if r, _ := attr(n, "role"); r == "search" {
			return "search"
		}
	}
	return ""
}

func inside(n *html.Node, tag string) bool {
	for p := n.Parent; p != nil; p = p.Parent {
		if p.Type == html.ElementNode && p.Data == tag {
			return true
		}
	}
	return false
}

func inClass(n *html.Node, class string) bool {
	for p := n.Parent; p != nil; p = p.Parent {
		if v, _ := attr(p, "class"); containsWord(v, class) {
			return true
		}
	}
	return false
}

func (c *checker) inRole(n *html.Node, role string) bool {
	for p := n.Parent; p != nil; p = p.Parent {
		if v, _ := attr(p, "role"); v == role {
			return true
		}
	}
	return false
}

func containsWord(list, word string) bool {
	for _, w := range strings.Fields(list) {
		if w == word {
			return true
		}
	}
	return false
}

// name is the accessible name as far as the document alone tells it.
func (c *checker) name(n *html.Node) string {
	if v, _ := attr(n, "aria-label"); strings.TrimSpace(v) != "" {
		return strings.TrimSpace(v)
	}
	if v, ok := attr(n, "aria-labelledby"); ok {
		var words []string
		for _, id := range strings.Fields(v) {
			if m := c.ids[id]; m != nil {
				words = append(words, Text(m))
			}
		}
		if s := strings.Join(words, " "); s != "" {
			return s
		}
	}
	if landmark(n) != "" {
		return ""
	}
	if s := visibleText(n); s != "" {
		return s
	}
	v, _ := attr(n, "title")
	return v
}

// visibleText is Text without what is hidden from screen readers, with the alt
// of images.
func visibleText(n *html.Node) string {
	var b strings.Builder
	var walk func(*html.Node)
	walk = func(n *html.Node) {
		if n.Type == html.ElementNode {
			if v, _ := attr(n, "aria-hidden"); v == "true" {
				return
			}
			if v, _ := attr(n, "aria-label"); v != "" {
				b.WriteString(v)
			}
			if n.Data == "img" {
				v, _ := attr(n, "alt")
				b.WriteString(v)
			}
		}
		if n.Type == html.TextNode {
			b.WriteString(n.Data)
			b.WriteByte(' ')
		}
		for c := range n.ChildNodes() {
			walk(c)
		}
	}
	for k := range n.ChildNodes() {
		walk(k)
	}
	return strings.Join(strings.Fields(b.String()), " ")
}

// leads are attributes that hold an address.
var leads = map[string]bool{"href": true, "xlink:href": true, "action": true, "formaction": true, "src": true, "data": true, "poster": true, "background": true}

// runs tells whether an address could run as a program where it is opened.
// Browsers take no notice of blanks and control characters in a scheme.
func runs(address string) bool {
	scheme, _, ok := strings.Cut(strings.ToLower(strings.Map(func(r rune) rune {
		if r <= ' ' {
			return -1
		}
		return r
	}, address)), ":")
	return ok && (scheme == "javascript" || scheme == "vbscript" || scheme == "data" || scheme == "blob" || scheme == "filesystem")
}

func (c *checker) element(n *html.Node) {
	for _, a := range n.Attr {
		switch {
		case a.Key == "style":
			c.bad("<%s> has an inline style %q", n.Data, a.Val)
		case strings.HasPrefix(a.Key, "on"):
			c.bad("<%s> has an inline handler %s", n.Data, a.Key)
		case leads[a.Key] && runs(a.Val) && !(n.Data == "link" && Attr(n, "rel") == "icon" && strings.HasPrefix(a.Val, "data:image/")):
			c.bad("<%s> leads to %q", n.Data, a.Val)
		case a.Key == "aria-describedby" || a.Key == "aria-labelledby" || a.Key == "aria-controls" || a.Key == "popovertarget":
			for _, id := range strings.Fields(a.Val) {
				if c.ids[id] == nil {
					c.bad("%s of <%s> leads to %q, which is not there", a.Key, n.Data, id)
				}
			}
		case a.Key == "for" && n.Data == "label" && c.ids[a.Val] == nil:
			c.bad("the label %q is for %q, which is not there", Text(n), a.Val)
		case a.Key == "href" && n.Data == "a" && len(a.Val) > 1 && a.Val[0] == '#' && c.ids[a.Val[1:]] == nil:
			c.bad("the link %q leads to %s, which is not there", Text(n), a.Val)
		}
	}
	switch n.Data {
	case "script":
		if src, ok := attr(n, "src"); ok {
			if !strings.HasPrefix(src, "/assets/") {
				c.bad("a script from elsewhere: %q", src)
			}
		} else {
			if v, _ := attr(n, "type"); v != "application/json" {
				c.bad("an inline script")
			}
		}
	case "style":
		c.bad("an inline style element")
	case "meta":
		if v, ok := attr(n, "http-equiv"); ok {
			c.bad("a <meta http-equiv=%q>", v)
		}
	case "iframe", "object", "embed", "base", "frame", "frameset", "applet", "portal":
		c.bad("a <%s>", n.Data)
	case "input", "select", "textarea":
		kind, _ := attr(n, "type")
		if _, away := attr(n, "hidden"); away || kind == "hidden" || kind == "submit" || kind == "button" {
			break
		}
		id, _ := attr(n, "id")
		if !(id != "" && c.labels[id]) && !inside(n, "label") && c.labelled(n) == "" {
			c.bad("the field %q has no label", nameOf(n))
		}
		if name, ok := attr(n, "name"); ok && name == "" {
			c.bad("a field with an empty name")
		}
	case "fieldset":
		if first := firstElement(n); first == nil || first.Data != "legend" {
			c.bad("a fieldset without a legend")
		}
	case "button", "summary":
		if c.name(n) == "" {
			c.bad("a <%s> without a name", n.Data)
		}
		if n.Data == "button" {
			_, own := attr(n, "form")
			kind, _ := attr(n, "type")
			_, pop := attr(n, "popovertarget")
			if kind != "button" && !pop && !own && !inside(n, "form") {
				c.bad("the button %q submits nothing: it stands outside a form", c.name(n))
			}
		}
	case "a":
		if _, ok := attr(n, "href"); !ok {
			c.bad("the link %q leads nowhere", Text(n))
		}
		if c.name(n) == "" {
			c.bad("a link to %q without a name", Attr(n, "href"))
		}
	case "img":
		if _, ok := attr(n, "alt"); !ok {
			c.bad("an image without alt: %s", Attr(n, "src"))
		}
	case "ul", "ol":
		for k := range n.ChildNodes() {
			if k.Type == html.ElementNode && k.Data != "li" && k.Data != "template" && k.Data != "script" {
				c.bad("<%s> holds a <%s>", n.Data, k.Data)
			}
		}
	case "table":
		// Markdown has no way to say what a table is called.
		if first := firstElement(n); (first == nil || first.Data != "caption") && !inClass(n, "prose") {
			c.bad("a table without a caption")
		}
	case "th":
		if v, _ := attr(n, "scope"); v == "" && !inClass(n, "prose") {
			c.bad("the table heading %q has no scope", Text(n))
		}
	case "svg":
		hidden, _ := attr(n, "aria-hidden")
		role, _ := attr(n, "role")
		if hidden != "true" && !(role == "img" && c.labelled(n) != "") && !hiddenAbove(n) {
			c.bad("a drawing that is neither hidden nor named")
		}
	case "p":
		// A parser closes a paragraph before a block; an empty one is its trace.
		if n.FirstChild == nil && len(n.Attr) == 0 {
			c.bad("an empty paragraph: a block stands inside a <p>")
		}
	}
}

// labelled is the name given by aria alone.
func (c *checker) labelled(n *html.Node) string {
	if v, _ := attr(n, "aria-label"); v != "" {
		return v
	}
	v, _ := attr(n, "aria-labelledby")
	return v
}

func hiddenAbove(n *html.Node) bool {
	for p := n.Parent; p != nil; p = p.Parent {
		if v, _ := attr(p, "aria-hidden"); v == "true" {
			return true
		}
	}
	return false
}

func firstElement(n *html.Node) *html.Node {
	for k := range n.ChildNodes() {
		if k.Type == html.ElementNode {
			return k
		}
	}
	return nil
}

func nameOf(n *html.Node) string {
	if v, _ := attr(n, "name"); v != "" {
		return v
	}
	return Attr(n, "id")
}
