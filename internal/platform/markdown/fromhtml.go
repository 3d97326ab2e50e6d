package markdown

import (
	"io"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"

	"github.com/guildhall/guildhall/internal/platform/fault"
)

const (
	// maxHTML is the longest HTML that is converted, in bytes.
	maxHTML = 1 << 20
	// maxDepth is how deep quotes and items nest in the Markdown; what is
	// deeper continues at that depth. It is below what the parser accepts.
	maxDepth = 10
	// maxInline is how many emphases may be open at a time.
	maxInline = 12
)

// FromHTML turns the HTML of a post into Markdown that shows the same words:
// paragraphs, headings, lists, quotes, code, tables, links, pictures, emphasis,
// kbd, sub and sup. Formulas between dollars are left as they are. What has no
// Markdown is dropped, its text is kept; scripts and styles go with their
// content. The only fault is HTML longer than 1 MiB.
//
// It reads a stream of tags and keeps its own short stack, so nesting costs
// nothing, and it does not mind tags that are never closed.
func FromHTML(src string) (string, error) {
	if len(src) > maxHTML {
		return "", fault.New(fault.Invalid, "fault.text.too_long").With("max", maxHTML)
	}
	c := &converter{}
	z := html.NewTokenizer(strings.NewReader(src))
	z.SetMaxBuf(maxHTML + 1)
	for {
		switch z.Next() {
		case html.ErrorToken:
			if err := z.Err(); err != io.EOF {
				return "", fault.Because(fault.Invalid, "fault.text.unreadable", err)
			}
			c.finish()
			return strings.Trim(c.b.String(), "\n"), nil
		case html.TextToken:
			c.text(string(z.Text()))
		case html.StartTagToken, html.SelfClosingTagToken:
			c.start(z.Token())
		case html.EndTagToken:
			name, _ := z.TagName()
			c.end(atom.Lookup(name))
		}
	}
}

type pieceKind int

const (
	words   pieceKind = iota // text, not escaped yet, white space collapsed
	code                     // inline code
	open                     // emphasis begins
	shut                     // emphasis ends
	linkOn                   // a link begins
	linkEnd                  // a link ends
	pic                      // a picture
	brk                      // a line break
)

// piece is a part of the paragraph that is being read.
type piece struct {
	kind pieceKind
	s    string // text; of open and shut the tag
	href string
	mate int // of open and linkOn: where it ends; of shut: where it began
}

// container is a quote or a list item.
type container struct {
	quote    bool
	list     *listing // of an item
	first    string   // what the first line begins with
	rest     string   // what further lines begin with
	begun    bool     // the first line was written
	lastList *listing // the list that ended last in it, when nothing followed
	lists    []*listing
}

type listing struct {
	ordered bool
	next    int
	mark    string
	items   int
}

type converter struct {
	b      strings.Builder
	stack  []*container
	root   container
	skip   atom.Atom // the element whose content is dropped
	para   []piece
	opened []int // positions in para of open emphases and links
	space  bool  // white space is due before the next piece
	pre    *strings.Builder
	lang   string
	head   int // level of the heading that is being read
	grid   *grid
	tight  bool // the last block was the bare text of an item
	last   []*container
	wrote  bool
}

// grid is a table that is being read.
type grid struct {
	rows [][]string
	cell bool // a cell is open
	deep int  // tables within
}

func (c *converter) inner() *container {
	if n := len(c.stack); n > 0 {
		return c.stack[n-1]
	}
	return &c.root
}

func (c *converter) text(s string) {
	if c.skip != 0 || s == "" {
		return
	}
	s = strings.ToValidUTF8(s, "\ufffd")
	if c.pre != nil {
		c.pre.WriteString(s)
		return
	}
	// A run of characters that are no text would not survive Markdown either.
	s = strings.Map(func(r rune) rune {
		if r < ' ' && r != '\n' && r != '\t' && r != '\r' && r != '\f' || r == 0x7f {
			return -1
		}
		return r
	}, s)
	// Only what HTML calls white space collapses.
	fields := strings.FieldsFunc(s, isHTMLSpace)
	if len(fields) == 0 {
		c.space = c.space || s != ""
		return
	}
	if isHTMLSpace(rune(s[0])) {
		c.space = true
	}
	c.flushSpace()
	c.add(piece{kind: words, s: strings.Join(fields, " ")})
	c.space = isHTMLSpace(rune(s[len(s)-1]))
}

func isHTMLSpace(r rune) bool {
	return r == ' ' || r == '\n' || r == '\t' || r == '\r' || r == '\f'
}

// flushSpace writes the white space that is due, unless the line begins here.
func (c *converter) flushSpace() {
	if c.space && len(c.para) > 0 && c.para[len(c.para)-1].kind != brk {
		c.add(piece{kind: words, s: " "})
	}
	c.space = false
}

func (c *converter) add(p piece) {
	if n := len(c.para); p.kind == words && n > 0 && c.para[n-1].kind == words {
		c.para[n-1].s += p.s
		return
	}
	c.para = append(c.para, p)
}

// openInline begins an emphasis or a link.
func (c *converter) openInline(p piece) {
	if len(c.opened) >= maxInline {
		return
	}
	for _, k := range c.opened {
		if c.para[k].kind == p.kind && c.para[k].s == p.s {
			return
		}
	}
	c.flushSpace()
	c.opened = append(c.opened, len(c.para))
	c.para = append(c.para, p)
}

// shutInline ends the emphasis or link, and what was begun within it.
func (c *converter) shutInline(kind pieceKind, s string) {
	for k := len(c.opened) - 1; k >= 0; k-- {
		if p := c.para[c.opened[k]]; p.kind != kind || p.s != s {
			continue
		}
		for j := len(c.opened) - 1; j >= k; j-- {
			at := c.opened[j]
			end := shut
			if c.para[at].kind == linkOn {
				end = linkEnd
			}
			c.para[at].mate = len(c.para)
			c.para = append(c.para, piece{kind: end, s: c.para[at].s, href: c.para[at].href, mate: at})
		}
		c.opened = c.opened[:k]
		return
	}
}

func inlineTag(a atom.Atom) string {
	switch a {
	case atom.B, atom.Strong:
		return "strong"
	case atom.I, atom.Em, atom.Cite, atom.Dfn, atom.Var:
		return "em"
	case atom.S, atom.Strike, atom.Del:
		return "del"
	case atom.Kbd:
		return "kbd"
	case atom.Sub:
		return "sub"
	case atom.Sup:
		return "sup"
	}
	return ""
}

func attrOf(t html.Token, key string) string {
	for _, a := range t.Attr {
		if a.Key == key {
			return a.Val
		}
	}
	return ""
}

func (c *converter) start(t html.Token) {
	if c.skip != 0 {
		return
	}
	a := t.DataAtom
	if c.pre != nil {
		switch a {
		case atom.Br:
			c.pre.WriteByte('\n')
		case atom.Code:
			if c.lang == "" {
				c.lang = langOf(attrOf(t, "class"))
			}
		}
		return
	}
	if tag := inlineTag(a); tag != "" {
		c.openInline(piece{kind: open, s: tag})
		return
	}
	switch a {
	case atom.Script, atom.Style, atom.Template, atom.Title, atom.Iframe, atom.Noembed, atom.Noframes, atom.Textarea, atom.Svg, atom.Math:
		if t.Type == html.StartTagToken {
			c.skip = a
		}
	case atom.Code, atom.Tt, atom.Samp:
		c.flushSpace()
		c.openInline(piece{kind: open, s: "code"})
	case atom.A:
		if href := strings.TrimSpace(attrOf(t, "href")); href != "" {
			c.openInline(piece{kind: linkOn, href: href})
		}
	case atom.Img:
		src, alt := strings.TrimSpace(attrOf(t, "src")), strings.Join(strings.FieldsFunc(attrOf(t, "alt"), isHTMLSpace), " ")
		if src == "" {
			c.text(alt)
			return
		}
		c.flushSpace()
		c.para = append(c.para, piece{kind: pic, s: alt, href: src})
	case atom.Br:
		c.space = false
		c.para = append(c.para, piece{kind: brk})
	case atom.Hr:
		c.flush()
		if c.grid == nil {
			c.emit([]string{"***"}, false)
		}
	case atom.Pre:
		c.flush()
		c.pre = &strings.Builder{}
		c.lang = langOf(attrOf(t, "class"))
	case atom.H1, atom.H2, atom.H3, atom.H4, atom.H5, atom.H6:
		c.flush()
		c.head = int(t.Data[1] - '0')
	case atom.Blockquote:
		c.flush()
		if c.grid == nil {
			c.push(&container{quote: true, first: "> ", rest: "> "})
		}
	case atom.Ul, atom.Ol, atom.Menu, atom.Dir:
		c.flush()
		if c.grid == nil {
			c.beginList(a == atom.Ol, attrOf(t, "start"))
		}
	case atom.Li:
		c.flush()
		if c.grid == nil {
			c.beginItem()
		}
	case atom.Table:
		c.flush()
		if c.grid != nil {
			c.grid.deep++
		} else {
			c.grid = &grid{}
		}
	case atom.Tr:
		if c.grid != nil && c.grid.deep == 0 {
			c.endCell()
			c.grid.rows = append(c.grid.rows, nil)
		}
	case atom.Td, atom.Th:
		if c.grid != nil && c.grid.deep == 0 {
			c.endCell()
			c.grid.cell = true
		}
	default:
		if isBlock(a) {
			c.flush()
		}
	}
}

func isBlock(a atom.Atom) bool {
	switch a {
	case atom.P, atom.Div, atom.Section, atom.Article, atom.Aside, atom.Header, atom.Footer, atom.Main, atom.Nav, atom.Figure, atom.Figcaption,
		atom.Address, atom.Center, atom.Dl, atom.Dt, atom.Dd, atom.Details, atom.Summary, atom.Fieldset, atom.Form, atom.Legend, atom.Hgroup,
		atom.Body, atom.Html, atom.Head, atom.Caption, atom.Option, atom.Select:
		return true
	}
	return false
}

func langOf(class string) string {
	for _, w := range strings.Fields(strings.ToLower(class)) {
		for _, p := range []string{"language-", "lang-"} {
			if l, ok := strings.CutPrefix(w, p); ok && isLanguage(l) && l != "none" {
				return l
			}
		}
	}
	return ""
}

func (c *converter) end(a atom.Atom) {
	if c.skip != 0 {
		if a == c.skip {
			c.skip = 0
		}
		return
	}
	if c.pre != nil {
		if a == atom.Pre {
			c.endPre()
		}
		return
	}
	if tag := inlineTag(a); tag != "" {
		c.shutInline(open, tag)
		return
	}
	switch a {
	case atom.Code, atom.Tt, atom.Samp:
		c.shutInline(open, "code")
	case atom.A:
		for k := len(c.opened) - 1; k >= 0; k-- {
			if c.para[c.opened[k]].kind == linkOn {
				c.shutInline(linkOn, "")
				break
			}
		}
	case atom.P:
		c.flush()
		c.tight = false
	case atom.H1, atom.H2, atom.H3, atom.H4, atom.H5, atom.H6:
		c.flush()
	case atom.Blockquote:
		c.flush()
		if c.grid == nil {
			c.pop(func(x *container) bool { return x.quote })
		}
	case atom.Li:
		c.flush()
		if c.grid == nil {
			if x := c.inner(); !x.quote && x != &c.root && len(x.lists) == 0 {
				c.stack = c.stack[:len(c.stack)-1]
			}
		}
	case atom.Ul, atom.Ol, atom.Menu, atom.Dir:
		c.flush()
		if c.grid == nil {
			c.endList()
		}
	case atom.Table:
		if c.grid == nil {
			return
		}
		c.flush()
		if c.grid.deep > 0 {
			c.grid.deep--
			return
		}
		c.endTable()
	case atom.Td, atom.Th, atom.Tr:
		if c.grid != nil && c.grid.deep == 0 {
			c.endCell()
		}
	default:
		if isBlock(a) {
			c.flush()
		}
	}
}

func (c *converter) push(x *container) {
	if len(c.stack) < maxDepth {
		c.stack = append(c.stack, x)
	}
}

// pop leaves the innermost container of a kind and what is within it.
func (c *converter) pop(is func(*container) bool) {
	for k := len(c.stack) - 1; k >= 0; k-- {
		if is(c.stack[k]) {
			c.stack = c.stack[:k]
			return
		}
	}
}

// beginList opens a list within the innermost container.
func (c *converter) beginList(ordered bool, start string) {
	x := c.inner()
	if len(x.lists) > 100 {
		return
	}
	l := &listing{ordered: ordered, next: 1, mark: "-"}
	if ordered {
		l.mark = "."
		if n, err := strconv.Atoi(strings.TrimSpace(start)); err == nil && n >= 0 && n < 999_000_000 {
			l.next = n
		}
	}
	// Two lists one after the other would be one if their marks were the same.
	if o := x.lastList; o != nil && o.ordered == ordered && len(x.lists) == 0 {
		switch o.mark {
		case "-":
			l.mark = "+"
		case ".":
			l.mark = ")"
		}
	}
	x.lists = append(x.lists, l)
}

func (c *converter) beginItem() {
	// An item that was not closed ends where the next begins.
	if x := c.inner(); x != &c.root && !x.quote && len(x.lists) == 0 {
		c.stack = c.stack[:len(c.stack)-1]
	}
	x := c.inner()
	if len(x.lists) == 0 {
		c.beginList(false, "")
	}
	l := x.lists[len(x.lists)-1]
	first := l.mark + " "
	if l.ordered {
		first = strconv.Itoa(l.next) + first
	}
	c.push(&container{list: l, first: first, rest: strings.Repeat(" ", len(first))})
}

func (c *converter) endList() {
	// Items that were not closed end with their list.
	if x := c.inner(); x != &c.root && !x.quote && len(x.lists) == 0 {
		c.stack = c.stack[:len(c.stack)-1]
	}
	x := c.inner()
	if n := len(x.lists); n > 0 {
		if l := x.lists[n-1]; l.items > 0 {
			x.lastList = l
		}
		x.lists = x.lists[:n-1]
	}
}

// emit writes a block of lines into the containers that are open. bare says
// that it is the text of an item without a paragraph of its own.
func (c *converter) emit(lines []string, bare bool) {
	if c.wrote {
		// A blank line, unless a short item follows another or leads its list.
		k := 0
		for k < len(c.last) && k < len(c.stack) && c.last[k] == c.stack[k] {
			k++
		}
		item := k < len(c.stack) && !c.stack[k].quote
		near := item && bare && c.tight && len(c.stack) == k+1 && (k == len(c.last) || len(c.last) >= k+1 && c.last[k].list == c.stack[k].list)
		if near && k == len(c.last) && c.stack[k].list.ordered && c.stack[k].list.next != 1 {
			near = false
		}
		if !near {
			var p strings.Builder
			for _, x := range c.stack[:k] {
				p.WriteString(x.rest)
			}
			c.b.WriteString(strings.TrimRight(p.String(), " "))
			c.b.WriteByte('\n')
		}
	}
	if c.b.Len() > 4*maxHTML {
		return
	}
	for i, line := range lines {
		var p strings.Builder
		for _, x := range c.stack {
			if i == 0 && !x.begun {
				x.begun = true
				p.WriteString(x.first)
				if x.list != nil {
					x.list.items++
					x.list.next++
				}
			} else {
				p.WriteString(x.rest)
			}
		}
		p.WriteString(line)
		c.b.WriteString(strings.TrimRight(p.String(), " "))
		c.b.WriteByte('\n')
	}
	parent := &c.root
	for _, x := range c.stack {
		parent.lastList = nil
		parent = x
	}
	parent.lastList = nil
	c.last = append(c.last[:0:0], c.stack...)
	c.wrote, c.tight = true, bare
}

// flush ends the paragraph.
func (c *converter) flush() {
	head := c.head
	c.head = 0
	if len(c.para) == 0 {
		c.space = false
		return
	}
	if c.grid != nil && c.grid.cell {
		// A block within a cell is a line of the cell.
		c.space = false
		if c.para[len(c.para)-1].kind != brk {
			c.para = append(c.para, piece{kind: brk})
		}
		return
	}
	// What is open goes on in the next paragraph.
	var again []piece
	for _, k := range c.opened {
		again = append(again, piece{kind: c.para[k].kind, s: c.para[k].s, href: c.para[k].href})
	}
	for len(c.opened) > 0 {
		p := c.para[c.opened[0]]
		c.shutInline(p.kind, p.s)
	}
	lines := c.inline(c.para, head > 0, false)
	c.para, c.space = c.para[:0], false
	if len(lines) > 0 {
		x := c.inner()
		bare := head == 0 && x != &c.root && !x.quote
		if head > 0 {
			lines = []string{strings.Repeat("#", head) + " " + strings.Join(lines, " ")}
		}
		c.emit(lines, bare)
	}
	for _, p := range again {
		c.openInline(p)
	}
}

func (c *converter) endPre() {
	s := strings.ReplaceAll(c.pre.String(), "\r\n", "\n")
	c.pre = nil
	s = strings.TrimPrefix(s, "\n")
	s = strings.TrimRight(s, "\n \t")
	if strings.TrimSpace(s) == "" {
		return
	}
	if c.grid != nil {
		c.para = append(c.para, piece{kind: open, s: "code"}, piece{kind: words, s: strings.Join(strings.Fields(s), " ")})
		n := len(c.para)
		c.para[n-2].mate = n
		c.para = append(c.para, piece{kind: shut, s: "code", mate: n - 2})
		return
	}
	fence := strings.Repeat("`", max(3, 1+longestRun(s, '`')))
	lines := append([]string{fence + c.lang}, strings.Split(strings.ReplaceAll(s, "\r", "\n"), "\n")...)
	c.emit(append(lines, fence), false)
}

func longestRun(s string, b byte) int {
	best, n := 0, 0
	for i := range len(s) {
		if s[i] == b {
			n++
			best = max(best, n)
		} else {
			n = 0
		}
	}
	return best
}

func (c *converter) endCell() {
	if !c.grid.cell {
		// Text that stands between cells belongs before the table.
		c.flush()
		return
	}
	for len(c.opened) > 0 {
		p := c.para[c.opened[0]]
		c.shutInline(p.kind, p.s)
	}
	for len(c.para) > 0 && c.para[len(c.para)-1].kind == brk {
		c.para = c.para[:len(c.para)-1]
	}
	s := strings.Join(c.inline(c.para, true, true), " ")
	c.para, c.space, c.grid.cell = c.para[:0], false, false
	if len(c.grid.rows) == 0 {
		c.grid.rows = append(c.grid.rows, nil)
	}
	row := &c.grid.rows[len(c.grid.rows)-1]
	*row = append(*row, s)
}

func (c *converter) endTable() {
	c.endCell()
	g := c.grid
	c.grid = nil
	width := 0
	var rows [][]string
	for _, r := range g.rows {
		if len(r) > 0 && strings.Join(r, "") != "" {
			rows = append(rows, r)
			width = max(width, len(r))
		}
	}
	if len(rows) == 0 {
		return
	}
	if width > maxColumns/2 || width*len(rows) > maxCells/4 || len(rows) > maxLines/2 {
		for _, r := range rows {
			c.emit([]string{lineStart(strings.TrimSpace(strings.Join(r, " ")))}, false)
		}
		return
	}
	var lines []string
	for i, r := range rows {
		lines = append(lines, "| "+strings.Join(r, " | ")+strings.Repeat(" |", width-len(r)+1))
		if i == 0 {
			lines = append(lines, "|"+strings.Repeat(" --- |", width))
		}
	}
	c.emit(lines, false)
}

func (c *converter) finish() {
	if c.pre != nil {
		c.endPre()
	}
	if c.grid != nil {
		c.endTable()
	}
	c.flush()
}

// inline turns the pieces of a paragraph into lines of Markdown. oneLine keeps
// it on one line, with tags for breaks; cell escapes what ends a table cell.
func (c *converter) inline(para []piece, oneLine, cell bool) []string {
	para = tidy(para)
	var out strings.Builder
	var done []string
	linked, coded := false, -1
	usedTag := map[int]bool{}
	before := func() rune {
		r, n := utf8.DecodeLastRuneInString(out.String())
		if n == 0 {
			return ' '
		}
		return r
	}
	for i := 0; i < len(para); i++ {
		p := para[i]
		if coded >= 0 {
			if i == coded {
				coded = -1
			}
			continue
		}
		switch p.kind {
		case words:
			out.WriteString(escape(p.s, before(), i+1 < len(para) && (para[i+1].kind == linkOn || para[i+1].kind == pic), linked, cell))
		case brk:
			switch {
			case oneLine && cell:
				out.WriteString("<br>")
			case oneLine:
				out.WriteByte(' ')
			default:
				done = append(done, out.String())
				out.Reset()
			}
		case pic:
			alt := p.s
			if linked {
				out.WriteString(escape(orElse(alt, p.href), before(), false, true, cell))
				continue
			}
			out.WriteString("![" + escape(alt, ' ', false, true, cell) + "](" + address(p.href, cell) + ")")
		case linkOn:
			if text := plainOf(para[i+1 : p.mate]); text == p.href && isAutolink(p.href) {
				out.WriteString("<" + p.href + ">")
				i = p.mate
				continue
			}
			linked = true
			out.WriteByte('[')
		case linkEnd:
			linked = false
			out.WriteString("](" + address(p.href, cell) + ")")
		case open:
			if p.s == "code" {
				out.WriteString(codeSpan(plainOf(para[i+1:p.mate]), cell))
				coded = p.mate
				continue
			}
			mark := markOf(p.s)
			if mark != "" && !safeMark(para, i, before()) {
				usedTag[i] = true
				mark = ""
			}
			if mark == "" {
				mark = "<" + p.s + ">"
			}
			out.WriteString(mark)
		case shut:
			mark := markOf(p.s)
			if mark == "" || usedTag[p.mate] {
				mark = "</" + p.s + ">"
			}
			out.WriteString(mark)
		}
	}
	done = append(done, out.String())
	var lines []string
	for _, l := range done {
		l = strings.Trim(l, " ")
		if l == "" {
			continue
		}
		if n := len(lines); n > 0 && strings.HasSuffix(lines[n-1], "\\") {
			// Goldmark does not read a third backslash as a break.
			lines[n-1] += "<br>" + l
			continue
		}
		if !cell {
			l = lineStart(l)
		}
		lines = append(lines, l)
	}
	for i := range len(lines) - 1 {
		lines[i] += "\\"
	}
	if oneLine && !cell && len(lines) == 1 {
		// Closing marks of a heading are not shown.
		if l, ok := strings.CutSuffix(lines[0], "#"); ok && (len(l)-len(strings.TrimRight(l, "\\")))%2 == 0 {
			lines[0] = l + "\\#"
		}
	}
	return lines
}

func orElse(s, other string) string {
	if s == "" {
		return other
	}
	return s
}

// tidy moves white space out of emphases and drops those without content.
func tidy(para []piece) []piece {
	// Positions change, so mates are found anew at the end.
	for changed := true; changed; {
		changed = false
		var next []piece
		for i := 0; i < len(para); i++ {
			p := para[i]
			n := len(next)
			switch {
			case (p.kind == shut || p.kind == linkEnd) && n > 0 && (next[n-1].kind == open && p.kind == shut || next[n-1].kind == linkOn && p.kind == linkEnd):
				next = next[:n-1]
				changed = true
				continue
			case p.kind == words && p.s == "":
				changed = true
				continue
			case p.kind == words && n > 0 && next[n-1].kind == words:
				next[n-1].s += p.s
				changed = true
				continue
			case p.kind == words && n > 0 && p.s[0] == ' ' && (next[n-1].kind == open || next[n-1].kind == linkOn):
				o := next[n-1]
				next = append(next[:n-1], piece{kind: words, s: " "}, o)
				p.s = p.s[1:]
				if p.s != "" {
					next = append(next, p)
				}
				changed = true
				continue
			case (p.kind == shut || p.kind == linkEnd) && n > 0 && next[n-1].kind == words && strings.HasSuffix(next[n-1].s, " "):
				next[n-1].s = next[n-1].s[:len(next[n-1].s)-1]
				if next[n-1].s == "" {
					next = next[:n-1]
				}
				next = append(next, p, piece{kind: words, s: " "})
				changed = true
				continue
			}
			next = append(next, p)
		}
		para = next
	}
	var openAt []int
	for i := range para {
		switch para[i].kind {
		case words:
			for strings.Contains(para[i].s, "  ") {
				para[i].s = strings.ReplaceAll(para[i].s, "  ", " ")
			}
		case open, linkOn:
			openAt = append(openAt, i)
		case shut, linkEnd:
			k := openAt[len(openAt)-1]
			openAt = openAt[:len(openAt)-1]
			para[k].mate, para[i].mate = i, k
		}
	}
	return para
}

func plainOf(para []piece) string {
	var b strings.Builder
	for _, p := range para {
		switch p.kind {
		case words:
			b.WriteString(p.s)
		case pic:
			b.WriteString(orElse(p.s, p.href))
		case brk:
			b.WriteByte(' ')
		}
	}
	return b.String()
}

func isAutolink(s string) bool {
	if !strings.HasPrefix(s, "http://") && !strings.HasPrefix(s, "https://") {
		return false
	}
	for _, r := range s {
		if r <= ' ' || r >= 0x7f || r == '<' || r == '>' || r == '\\' || r == '|' {
			return false
		}
	}
	_, _, ok := safeURL(s)
	return ok
}

func markOf(tag string) string {
	switch tag {
	case "em":
		return "*"
	case "strong":
		return "**"
	case "del":
		return "~~"
	}
	return ""
}

// safeMark tells whether the emphasis at i can be written with marks: it begins
// and ends with a letter or digit and no other mark stands beside.
func safeMark(para []piece, i int, before rune) bool {
	j := para[i].mate
	if i+1 >= j || para[i+1].kind != words || para[j-1].kind != words {
		return false
	}
	if strings.Contains(para[i+1].s, "://") || strings.Contains(para[j-1].s, "://") {
		// An address is written in angle brackets, which are no letters.
		return false
	}
	if beginsMail(para[i+1].s) || j+1 < len(para) && para[j+1].kind == words && beginsMail(para[j+1].s) {
		// A mark before a mail address is taken for a part of it.
		return false
	}
	first, _ := utf8.DecodeRuneInString(para[i+1].s)
	last, _ := utf8.DecodeLastRuneInString(para[j-1].s)
	if !isWord(first) || !isWord(last) || before == '*' || before == '~' || before == '_' {
		return false
	}
	if para[i].s == "del" && isWord(before) {
		return false
	}
	if j+1 < len(para) {
		switch para[j+1].kind {
		case open, shut:
			return false
		case words:
			if next, _ := utf8.DecodeRuneInString(para[j+1].s); para[i].s == "del" && isWord(next) {
				return false
			}
		}
	}
	return true
}

// beginsMail tells whether the first word holds an @.
func beginsMail(s string) bool {
	word, _, _ := strings.Cut(s, " ")
	return strings.Contains(word, "@")
}

func codeSpan(s string, cell bool) string {
	s = strings.Trim(s, " ")
	if s == "" {
		return ""
	}
	if cell {
		if strings.Contains(s, "|") && strings.ContainsAny(s, "\\`") {
			// No way to write both within a cell; the words matter more.
			return escape(s, ' ', false, false, true)
		}
		s = strings.ReplaceAll(s, "|", "\\|")
	}
	marks := "`"
	for strings.Contains("`"+s+"`", marks) && runOf(s, len(marks)) {
		marks += "`"
	}
	if s[0] == '`' || s[len(s)-1] == '`' {
		s = " " + s + " "
	}
	return marks + s + marks
}

// runOf tells whether a run of exactly n backticks stands in s.
func runOf(s string, n int) bool {
	k := 0
	for i := range len(s) + 1 {
		if i < len(s) && s[i] == '`' {
			k++
			continue
		}
		if k == n {
			return true
		}
		k = 0
	}
	return false
}

// address writes the target of a link.
func address(s string, cell bool) string {
	s = strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f {
			return -1
		}
		return r
	}, s)
	var b strings.Builder
	for _, r := range s {
		switch {
		case r == ' ':
			b.WriteString("%20")
		case r == '|' && cell:
			b.WriteString("%7C")
		case unicode.IsSpace(r):
			b.WriteString("%20")
		case r == '(' || r == ')' || r == '<' || r == '>' || r == '\\' || r == '*' || r == '_' && cell || r == '`' || r == '"' || r == '\'' || r == '[' || r == ']' || r == '&':
			b.WriteByte('\\')
			b.WriteRune(r)
		default:
			b.WriteRune(r)
		}
	}
	if b.Len() == 0 {
		return "<>"
	}
	return b.String()
}

// escape writes text so that Markdown shows it as it is. before is the
// character in front of it; link says that a link follows, linked that it
// stands within one.
func escape(s string, before rune, link, linked, cell bool) string {
	var b strings.Builder
	for i := 0; i < len(s); {
		r, n := utf8.DecodeRuneInString(s[i:])
		next, _ := utf8.DecodeRuneInString(s[i+n:])
		switch {
		case r == '$' && !isWord(before) && before != '$' && !cell:
			if k := mathLen([]byte(s[i:min(len(s), i+maxMath)])); k > 0 {
				b.WriteString(s[i : i+k])
				i += k
				before = '$'
				continue
			}
			b.WriteString("\\$")
		case r == 'h' && !linked && !isWord(before) && isAutolink(bareURL(s[i:])):
			u := bareURL(s[i:])
			b.WriteString("<" + u + ">")
			i += len(u)
			before = '>'
			continue
		case (r == 'h' || r == 'f' || r == 'w') && !linked && !isWord(before) && bareAddress(s[i:]) > 0:
			// The parser would take what follows for a part of the address.
			k := bareAddress(s[i:])
			b.WriteString(s[i:i+k] + "\\")
			i += k
			before = '\\'
			b.WriteByte(s[i])
			i++
			continue
		case r == '_' && isWord(before) && isWord(next):
			b.WriteByte('_')
		case r == '!' && (i+n == len(s) && link || next == '['):
			b.WriteString("\\!")
		case r == '&':
			if isWord(next) || next == '#' {
				b.WriteByte('\\')
			}
			b.WriteByte('&')
		case r == '@':
			if !isWord(before) {
				b.WriteByte('\\')
			}
			b.WriteByte('@')
		case strings.ContainsRune("\\`*_[]<~$", r), r == '|' && cell, r == '$':
			b.WriteByte('\\')
			b.WriteRune(r)
		default:
			b.WriteString(s[i : i+n])
		}
		before = r
		i += n
	}
	return b.String()
}

// bareAddress tells where to break the beginning of an address that cannot be
// put into angle brackets, 0 when there is none.
func bareAddress(s string) int {
	for _, p := range []string{"www.", "ftp:", "http:", "https:"} {
		if strings.HasPrefix(s, p) {
			return len(p) - 1
		}
	}
	return 0
}

// bareURL is the address that s begins with, without the punctuation of the
// sentence around it.
func bareURL(s string) string {
	if !strings.HasPrefix(s, "http://") && !strings.HasPrefix(s, "https://") {
		return ""
	}
	s = s[:min(len(s), 1000)]
	end := strings.IndexFunc(s, func(r rune) bool { return r <= ' ' || r >= 0x7f || r == '<' || r == '>' || r == '"' })
	if end < 0 {
		end = len(s)
	}
	u := strings.TrimRight(s[:end], ".,;:!?'*_~$")
	if strings.HasSuffix(u, ")") && !strings.Contains(u, "(") {
		u = strings.TrimRight(strings.TrimRight(u, ")"), ".,;:!?'*_~$")
	}
	return u
}

// lineStart hides what would make a line something else than text.
func lineStart(l string) string {
	if l == "" {
		return l
	}
	switch l[0] {
	case '-', '+', '=', '>', '#', '|', ':':
		return "\\" + l
	}
	n := 0
	for n < len(l) && n < 10 && l[n] >= '0' && l[n] <= '9' {
		n++
	}
	if n > 0 && n < len(l) && (l[n] == '.' || l[n] == ')') {
		return l[:n] + "\\" + l[n:]
	}
	return l
}

// FromComment turns the text of a Stack Exchange comment, which knows emphasis,
// code and links and stands on one line, into Markdown: what would be a mention
// of somebody here or another block is made plain.
func FromComment(s string) string {
	s = strings.Join(strings.Fields(strings.ToValidUTF8(s, "\ufffd")), " ")
	var b strings.Builder
	var before rune = ' '
	coded := false
	for _, r := range s {
		if r == '`' {
			coded = !coded
		}
		if r == '@' && !coded && !isWord(before) && before != '\\' {
			b.WriteByte('\\')
		}
		b.WriteRune(r)
		before = r
	}
	return lineStart(b.String())
}
