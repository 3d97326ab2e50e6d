package markdown

import (
	"bytes"
	"html"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"

	"github.com/yuin/goldmark/ast"
	east "github.com/yuin/goldmark/extension/ast"
	"github.com/yuin/goldmark/parser"
	"github.com/yuin/goldmark/text"
	"github.com/yuin/goldmark/util"
)

// MaxSource is the longest text that is read as Markdown, in bytes.
const MaxSource = 128 << 10

// maxOutput is the longest HTML of one text; what would be longer is shown as
// plain text.
const maxOutput = 1 << 20

var theParser = sync.OnceValue(newParser)

// parse reads a text. It returns nil when goldmark panics, which it must not;
// the text is then shown plain instead of taking the page down with it.
func parse(src []byte) (doc ast.Node) {
	defer func() {
		if recover() != nil {
			doc = nil
		}
	}()
	return theParser().Parse(text.NewReader(src), parser.WithContext(parser.NewContext()))
}

// out is a bounded builder of HTML.
type out struct {
	b     bytes.Buffer
	limit int
}

func (o *out) full() bool { return o.b.Len() > o.limit }

func (o *out) raw(s string) {
	if !o.full() {
		o.b.WriteString(s)
	}
}

var escaper = strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;", `"`, "&#34;", "'", "&#39;", "\x00", "\ufffd")

func (o *out) text(s string) {
	if !o.full() {
		o.b.WriteString(escaper.Replace(s))
	}
}

func (o *out) span(class, s string) {
	if class == "" || s == "" {
		o.text(s)
		return
	}
	o.raw(`<span class="` + class + `">`)
	o.text(s)
	o.raw(`</span>`)
}

// writer turns a tree into HTML with placeholders for mentions.
type writer struct {
	out
	src      []byte
	files    string
	ids      string // prefix of heading ids, "" for none
	used     map[string]int
	levels   []int    // of the headings around here, as they are written
	linked   bool     // within a link, where no other link may begin
	mentions []string // keys in order of appearance
	names    []string
}

const (
	mentionOpen  = `<gh-at n="`
	mentionClose = `"></gh-at>`
)

// render writes the tree. ok is false when it would be longer than maxOutput.
func (w *writer) render(doc ast.Node) (ok bool) {
	for c := doc.FirstChild(); c != nil && !w.full(); c = c.NextSibling() {
		w.block(c, true)
	}
	return !w.full()
}

// auto is what a top-level block carries: what stands in it shares its
// direction.
func auto(top bool) string {
	if top {
		return ` dir="auto"`
	}
	return ""
}

func (w *writer) block(n ast.Node, top bool) {
	if w.full() {
		return
	}
	switch n := n.(type) {
	case *ast.Paragraph:
		w.wrapped("p", auto(top), n)
	case *ast.TextBlock:
		w.inlines(n)
	case *ast.Heading:
		// A page has its own first two levels; below them no level is left out,
		// whatever the text left out.
		for len(w.levels) > 0 && w.levels[len(w.levels)-1] >= n.Level {
			w.levels = w.levels[:len(w.levels)-1]
		}
		w.levels = append(w.levels, n.Level)
		tag := "h" + strconv.Itoa(min(len(w.levels)+2, 6))
		w.wrapped(tag, auto(top)+w.id(n), n)
	case *ast.ThematicBreak:
		w.raw("<hr>\n")
	case *ast.Blockquote:
		w.raw("<blockquote" + auto(top) + ">\n")
		w.blocks(n)
		w.raw("</blockquote>\n")
	case *ast.List:
		tag := "ul"
		w.raw("<")
		if n.IsOrdered() {
			tag = "ol"
		}
		w.raw(tag + auto(top))
		if n.IsOrdered() && n.Start != 1 {
			w.raw(` start="` + strconv.Itoa(n.Start) + `"`)
		}
		w.raw(">\n")
		w.blocks(n)
		w.raw("</" + tag + ">\n")
	case *ast.ListItem:
		w.raw("<li>")
		w.blocks(n)
		w.raw("</li>\n")
	case *ast.CodeBlock:
		w.code(n, "")
	case *ast.FencedCodeBlock:
		w.code(n, string(n.Language(w.src)))
	case *east.Table:
		w.raw(`<div class="wide" tabindex="0"><table` + auto(top) + ">\n")
		w.blocks(n)
		if n.ChildCount() > 1 {
			w.raw("</tbody>")
		}
		w.raw("</table></div>\n")
	case *east.TableHeader:
		w.raw("<thead><tr>")
		w.cells(n, "th")
		w.raw("</tr></thead>\n")
		if n.NextSibling() != nil {
			w.raw("<tbody>")
		}
	case *east.TableRow:
		w.raw("<tr>")
		w.cells(n, "td")
		w.raw("</tr>\n")
	default:
		w.blocks(n)
	}
}

func (w *writer) blocks(n ast.Node) {
	for c := n.FirstChild(); c != nil && !w.full(); c = c.NextSibling() {
		if c.Type() == ast.TypeInline {
			w.inline(c)
		} else {
			w.block(c, false)
		}
	}
}

// wrapped writes an element, or nothing when there is nothing to see in it.
func (w *writer) wrapped(tag, attrs string, n ast.Node) {
	open := "<" + tag + attrs + ">"
	before := w.b.Len()
	w.raw(open)
	w.inlines(n)
	if w.b.Len() == before+len(open) {
		w.b.Truncate(before)
		return
	}
	w.raw("</" + tag + ">\n")
}

func (w *writer) cells(row ast.Node, tag string) {
	for c := row.FirstChild(); c != nil && !w.full(); c = c.NextSibling() {
		w.raw("<" + tag)
		if cell, ok := c.(*east.TableCell); ok {
			switch cell.Alignment {
			case east.AlignRight:
				w.raw(` class="end"`)
			case east.AlignCenter:
				w.raw(` class="mid"`)
			}
		}
		w.raw(">")
		w.inlines(c)
		w.raw("</" + tag + ">")
	}
}

// id makes the anchor of a heading, unique within this text.
func (w *writer) id(n ast.Node) string {
	if w.ids == "" {
		return ""
	}
	p := plainer{src: w.src}
	p.inlines(n)
	var b strings.Builder
	for _, r := range strings.ToLower(p.b.String()) {
		if isWord(r) {
			b.WriteRune(r)
		} else if b.Len() > 0 && !strings.HasSuffix(b.String(), "-") {
			b.WriteByte('-')
		}
		if b.Len() > 60 {
			break
		}
	}
	slug := strings.Trim(b.String(), "-")
	if slug == "" {
		slug = "section"
	}
	w.used[slug]++
	if k := w.used[slug]; k > 1 {
		slug += "-" + strconv.Itoa(k)
	}
	return ` id="` + w.ids + escaper.Replace(slug) + `"`
}

func linesOf(n ast.Node, src []byte) string {
	var b strings.Builder
	lines := n.Lines()
	for i := range lines.Len() {
		s := lines.At(i)
		b.Write(s.Value(src))
	}
	return b.String()
}

func (w *writer) code(n ast.Node, info string) {
	w.raw(`<pre dir="ltr" tabindex="0"><code`)
	info = strings.ToLower(info)
	if isLanguage(info) {
		w.raw(` class="language-` + info + `"`)
	}
	w.raw(">")
	writeCode(&w.out, linesOf(n, w.src), info)
	w.raw("</code></pre>\n")
}

func isLanguage(s string) bool {
	if s == "" || len(s) > 20 {
		return false
	}
	for i := range len(s) {
		if c := s[i]; !(c >= 'a' && c <= 'z' || c >= '0' && c <= '9' || c == '+' || c == '#' || c == '-') {
			return false
		}
	}
	return true
}

func (w *writer) inlines(n ast.Node) {
	for c := n.FirstChild(); c != nil && !w.full(); c = c.NextSibling() {
		w.inline(c)
	}
}

func (w *writer) inline(n ast.Node) {
	if w.full() {
		return
	}
	switch n := n.(type) {
	case *ast.Text:
		s := n.Segment.Value(w.src)
		if n.IsRaw() {
			w.text(string(s))
		} else {
			w.text(unescape(s))
		}
		if n.HardLineBreak() {
			w.b.Truncate(len(bytes.TrimRight(w.b.Bytes(), " ")))
			w.raw("<br>\n")
		} else if n.SoftLineBreak() {
			w.raw("\n")
		}
	case *ast.String:
		w.text(string(n.Value))
	case *ast.CodeSpan:
		w.raw("<code>")
		w.text(codeText(n, w.src))
		w.raw("</code>")
	case *ast.Emphasis:
		tag := "em"
		if n.Level == 2 {
			tag = "strong"
		}
		w.raw("<" + tag + ">")
		w.inlines(n)
		w.raw("</" + tag + ">")
	case *east.Strikethrough:
		w.raw("<del>")
		w.inlines(n)
		w.raw("</del>")
	case *ast.Link:
		w.link(unescape(n.Destination), unescape(n.Title), func() { w.inlines(n) })
	case *ast.AutoLink:
		label := string(n.Label(w.src))
		w.link(autoURL(n, w.src), "", func() { w.text(label) })
	case *ast.Image:
		w.image(n)
	case *east.TaskCheckBox:
		if n.IsChecked {
			w.raw("☑ ")
		} else {
			w.raw("☐ ")
		}
	case *mathNode:
		w.raw(`<span class="math" dir="ltr" translate="no">`)
		w.text(string(n.source))
		w.raw("</span>")
	case *mentionNode:
		w.raw(mentionOpen + strconv.Itoa(len(w.mentions)) + mentionClose)
		w.mentions = append(w.mentions, n.key)
		w.names = append(w.names, n.name)
	case *tagNode:
		switch {
		case n.name == hidden:
		case !n.paired:
			w.text(string(n.raw))
		case n.closing:
			w.raw("</" + n.name + ">")
		default:
			w.raw("<" + n.name + ">")
		}
	default:
		// What a bracket or a delimiter left behind is text.
		if n.HasChildren() {
			w.inlines(n)
		}
	}
}

func codeText(n *ast.CodeSpan, src []byte) string {
	var b strings.Builder
	for c := n.FirstChild(); c != nil; c = c.NextSibling() {
		switch t := c.(type) {
		case *ast.Text:
			b.Write(t.Segment.Value(src))
		case *ast.String:
			b.Write(t.Value)
		}
	}
	return strings.ReplaceAll(b.String(), "\n", " ")
}

func autoURL(n *ast.AutoLink, src []byte) string {
	s := string(n.URL(src))
	if n.AutoLinkType == ast.AutoLinkEmail && !strings.HasPrefix(strings.ToLower(s), "mailto:") {
		s = "mailto:" + s
	}
	return s
}

func (w *writer) link(dest, title string, label func()) {
	href, external, ok := safeURL(dest)
	if !ok || w.linked {
		label()
		return
	}
	w.linked = true
	defer func() { w.linked = false }()
	w.raw(`<a href="`)
	w.text(href)
	w.raw(`"`)
	if title != "" {
		w.raw(` title="`)
		w.text(title)
		w.raw(`"`)
	}
	if external {
		w.raw(` rel="nofollow noopener ugc"`)
	}
	w.raw(">")
	before := w.b.Len()
	label()
	if w.b.Len() == before {
		w.text(dest)
	}
	w.raw("</a>")
}

// image shows pictures that are kept here; those of others become links, so
// that nobody's browser is sent to a stranger by looking at a page.
func (w *writer) image(n *ast.Image) {
	p := plainer{src: w.src}
	p.inlines(n)
	alt := strings.TrimSpace(p.b.String())
	dest := unescape(n.Destination)
	href, _, ok := safeURL(dest)
	if !ok || w.files == "" || !strings.HasPrefix(href, w.files) || strings.Contains(href, "/.") {
		w.link(dest, unescape(n.Title), func() {
			if alt == "" {
				alt = dest
			}
			w.text(alt)
		})
		return
	}
	w.raw(`<img src="`)
	w.text(href)
	w.raw(`" alt="`)
	w.text(alt)
	w.raw(`"`)
	if u, err := url.Parse(href); err == nil {
		width, _ := strconv.Atoi(u.Query().Get("w"))
		height, _ := strconv.Atoi(u.Query().Get("h"))
		if width > 0 && height > 0 && width <= 10000 && height <= 10000 {
			w.raw(` width="` + strconv.Itoa(width) + `" height="` + strconv.Itoa(height) + `"`)
		}
	}
	w.raw(` loading="lazy" decoding="async">`)
}

// safeURL returns the address as it may stand in a href: http, https, mailto,
// or relative to this server. external is false for the latter.
func safeURL(s string) (href string, external, ok bool) {
	s = strings.TrimSpace(s)
	if s == "" || len(s) > 2000 || !utf8.ValidString(s) {
		return "", false, false
	}
	for _, r := range s {
		// Browsers drop some of these and read a backslash as a slash, so the
		// address would not be the one that was checked.
		if r < ' ' || r == 0x7f || r == '\\' || unicode.Is(unicode.Cf, r) {
			return "", false, false
		}
	}
	if k := strings.IndexAny(s, ":/?#"); k >= 0 && s[k] == ':' {
		switch strings.ToLower(s[:k]) {
		case "http", "https":
			if len(s) < k+4 || s[k+1:k+3] != "//" || s[k+3] == '/' {
				return "", false, false
			}
		case "mailto":
		default:
			return "", false, false
		}
		external = true
	} else if strings.HasPrefix(s, "//") {
		return "", false, false
	}
	href = string(util.URLEscape([]byte(s), false))
	u, err := url.Parse(href)
	if err != nil || external && u.Scheme != "mailto" && u.Host == "" {
		return "", false, false
	}
	return href, external, true
}

// unescape resolves backslashes and entities as CommonMark does.
func unescape(b []byte) string {
	if bytes.IndexByte(b, '\\') < 0 && bytes.IndexByte(b, '&') < 0 {
		return string(b)
	}
	var o strings.Builder
	for i := 0; i < len(b); i++ {
		switch {
		case b[i] == '\\' && i+1 < len(b) && util.IsPunct(b[i+1]):
			i++
			o.WriteByte(b[i])
		case b[i] == '&':
			if end := bytes.IndexByte(b[i:min(len(b), i+34)], ';'); end > 1 {
				whole := string(b[i : i+end+1])
				v := html.UnescapeString(whole)
				if whole[1] == '#' && !isNumber(whole[2:end]) || whole[1] != '#' && !isEntityName(whole[1:end]) {
					v = whole
				}
				// A name that is only the beginning of another leaves its semicolon.
				if v != whole && (!strings.HasSuffix(v, ";") || whole == "&semi;" || whole == "&#59;") {
					o.WriteString(v)
					i += end
					continue
				}
			}
			o.WriteByte('&')
		default:
			o.WriteByte(b[i])
		}
	}
	return o.String()
}

// isNumber tells whether s is what stands between &# and ; .
func isNumber(s string) bool {
	digits, most := "0123456789", 7
	if s != "" && (s[0] == 'x' || s[0] == 'X') {
		s, digits, most = s[1:], "0123456789abcdefABCDEF", 6
	}
	return s != "" && len(s) <= most && strings.Trim(s, digits) == ""
}

func isEntityName(s string) bool {
	for i := range len(s) {
		if !isIdent(s[i]) || s[i] == '_' || s[i] >= 0x80 {
			return false
		}
	}
	return true
}

// plainHTML shows a text as it was typed.
func plainHTML(src string) string {
	o := out{limit: maxOutput}
	for p := range strings.SplitSeq(strings.ReplaceAll(src, "\r\n", "\n"), "\n\n") {
		p = strings.Trim(p, "\n")
		if p == "" {
			continue
		}
		o.raw(`<p dir="auto">`)
		for i, line := range strings.Split(p, "\n") {
			if i > 0 {
				o.raw("<br>\n")
			}
			o.text(line)
		}
		o.raw("</p>\n")
	}
	return o.b.String()
}
