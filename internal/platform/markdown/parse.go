package markdown

import (
	"bytes"
	"unicode"
	"unicode/utf8"

	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/extension"
	"github.com/yuin/goldmark/parser"
	"github.com/yuin/goldmark/text"
	"github.com/yuin/goldmark/util"
)

const (
	// maxContainers is how deep quotes, lists and their items nest.
	maxContainers = 40
	// maxCells is how many table cells a text has, those that short rows leave
	// out and the parser adds included.
	maxCells = 20_000
	// maxColumns is how wide a table is.
	maxColumns = 100
	// workBudget bounds what inline parsers may look ahead, in bytes. Goldmark
	// looks at one in some 2 ns.
	workBudget = 24 << 20
	// maxMath is how long a formula is, in bytes.
	maxMath = 4000
)

var meterKey = parser.NewContextKey()

// meter is what one text has cost so far.
type meter struct {
	work   int
	cells  int
	parent ast.Node // the block that is being read
	size   int      // its bytes
	delims int      // its delimiter runs
}

func meterOf(pc parser.Context) *meter {
	if m, ok := pc.Get(meterKey).(*meter); ok {
		return m
	}
	m := &meter{}
	pc.Set(meterKey, m)
	return m
}

func (m *meter) enter(parent ast.Node) {
	if m.parent == parent {
		return
	}
	m.parent, m.size, m.delims = parent, 0, 0
	lines := parent.Lines()
	for i := range lines.Len() {
		s := lines.At(i)
		m.size += s.Stop - s.Start
	}
}

// metered lets an inline parser try only while the budget lasts. Every attempt
// costs the size of its block, the most it may look at.
type metered struct{ parser.InlineParser }

func (p metered) Parse(parent ast.Node, block text.Reader, pc parser.Context) ast.Node {
	m := meterOf(pc)
	m.enter(parent)
	if m.work > workBudget {
		return nil
	}
	m.work += 16 + m.size
	return p.InlineParser.Parse(parent, block, pc)
}

func (p metered) CloseBlock(parent ast.Node, block text.Reader, pc parser.Context) {
	if c, ok := p.InlineParser.(parser.CloseBlocker); ok {
		c.CloseBlock(parent, block, pc)
	}
}

// counted is for delimiter runs: each is compared with those before it.
type counted struct{ parser.InlineParser }

func (p counted) Parse(parent ast.Node, block text.Reader, pc parser.Context) ast.Node {
	m := meterOf(pc)
	m.enter(parent)
	if m.work > workBudget {
		return nil
	}
	m.delims++
	m.work += 4 * m.delims
	return p.InlineParser.Parse(parent, block, pc)
}

// shallow refuses to open a container below maxContainers.
type shallow struct{ parser.BlockParser }

func (p shallow) Open(parent ast.Node, reader text.Reader, pc parser.Context) (ast.Node, parser.State) {
	depth := 0
	for n := parent; n != nil; n = n.Parent() {
		depth++
	}
	if depth > maxContainers {
		return nil, parser.NoChildren
	}
	return p.BlockParser.Open(parent, reader, pc)
}

// maxLines is how many lines a paragraph has in which link definitions or a
// table are looked for; goldmark takes quadratic time over them.
const maxLines = 1000

// shortReferences looks for link definitions only in paragraphs that may begin
// with one and are not endless.
type shortReferences struct{ parser.ParagraphTransformer }

func (p shortReferences) Transform(node *ast.Paragraph, reader text.Reader, pc parser.Context) {
	lines := node.Lines()
	n := lines.Len()
	if n == 0 || n > maxLines {
		return
	}
	first := lines.At(0)
	if b := bytes.TrimLeft(first.Value(reader.Source()), " "); len(b) == 0 || b[0] != '[' {
		return
	}
	m := meterOf(pc)
	if m.work > workBudget {
		return
	}
	m.work += n * n
	p.ParagraphTransformer.Transform(node, reader, pc)
}

// spacedBox reads "[x] done" as a task and leaves "[x](address)" a link.
type spacedBox struct{ parser.InlineParser }

func (p spacedBox) Parse(parent ast.Node, block text.Reader, pc parser.Context) ast.Node {
	line, _ := block.PeekLine()
	if len(line) < 4 || line[3] != ' ' && line[3] != '\t' {
		return nil
	}
	return p.InlineParser.Parse(parent, block, pc)
}

// smallTables leaves a paragraph alone whose table would be too large.
type smallTables struct{ parser.ParagraphTransformer }

func (p smallTables) Transform(node *ast.Paragraph, reader text.Reader, pc parser.Context) {
	lines := node.Lines()
	if lines.Len() > maxLines {
		return
	}
	columns := 0
	for i := 1; i < lines.Len(); i++ {
		s := lines.At(i)
		if line := s.Value(reader.Source()); isDelimiterRow(line) {
			columns = max(columns, 1+bytes.Count(line, []byte{'|'}))
		}
	}
	if columns == 0 {
		return
	}
	m := meterOf(pc)
	if columns > maxColumns || m.cells+columns*lines.Len() > maxCells {
		return
	}
	m.cells += columns * lines.Len()
	p.ParagraphTransformer.Transform(node, reader, pc)
}

func isDelimiterRow(line []byte) bool {
	marks := false
	for _, c := range line {
		switch c {
		case '|', ':', '-':
			marks = true
		case ' ', '\t', '\n', '\r', '\f', '\v':
		default:
			return false
		}
	}
	return marks
}

func newParser() parser.Parser {
	return parser.NewParser(
		parser.WithBlockParsers(
			util.Prioritized(parser.NewSetextHeadingParser(), 100),
			util.Prioritized(parser.NewThematicBreakParser(), 200),
			util.Prioritized(shallow{parser.NewListParser()}, 300),
			util.Prioritized(parser.NewListItemParser(), 400),
			util.Prioritized(parser.NewCodeBlockParser(), 500),
			util.Prioritized(parser.NewATXHeadingParser(), 600),
			util.Prioritized(parser.NewFencedCodeBlockParser(), 700),
			util.Prioritized(shallow{parser.NewBlockquoteParser()}, 800),
			util.Prioritized(parser.NewParagraphParser(), 1000),
		),
		parser.WithParagraphTransformers(
			util.Prioritized(shortReferences{parser.LinkReferenceParagraphTransformer}, 100),
			util.Prioritized(smallTables{extension.NewTableParagraphTransformer()}, 200),
		),
		parser.WithInlineParsers(
			util.Prioritized(spacedBox{extension.NewTaskCheckBoxParser()}, 0),
			util.Prioritized(metered{parser.NewCodeSpanParser()}, 100),
			util.Prioritized(metered{mathParser{}}, 150),
			util.Prioritized(metered{mentionParser{}}, 180),
			util.Prioritized(metered{parser.NewLinkParser()}, 200),
			util.Prioritized(metered{parser.NewAutoLinkParser()}, 300),
			util.Prioritized(metered{tagParser{}}, 400),
			util.Prioritized(counted{parser.NewEmphasisParser()}, 500),
			util.Prioritized(counted{extension.NewStrikethroughParser()}, 500),
			util.Prioritized(metered{extension.NewLinkifyParser()}, 999),
		),
		parser.WithASTTransformers(
			util.Prioritized(extension.NewTableASTTransformer(), 0),
			util.Prioritized(tagPairs{}, 900),
		),
	)
}

// mathNode is a formula, dollars included, kept as it was written.
type mathNode struct {
	ast.BaseInline
	source []byte
}

var kindMath = ast.NewNodeKind("Math")

func (n *mathNode) Kind() ast.NodeKind         { return kindMath }
func (n *mathNode) Dump(src []byte, level int) { ast.DumpHelper(n, src, level, nil, nil) }

// mathLen returns the length of the formula at the beginning of s, 0 when there
// is none: $x$ or $$x$$. The single dollar must be told from money: nothing
// blank inside beside the dollars, no letter or digit behind, no backtick.
func mathLen(s []byte) int {
	s = s[:min(len(s), maxMath)]
	if len(s) >= 5 && s[1] == '$' {
		for i := 2; i+1 < len(s); i++ {
			if s[i] == '`' {
				return 0
			}
			if s[i] == '\\' {
				i++
				continue
			}
			if s[i] == '$' {
				if s[i+1] != '$' || isBlank(s[2:i]) {
					return 0
				}
				return i + 2
			}
		}
		return 0
	}
	if len(s) < 3 || s[0] != '$' || s[1] == '$' || isBlank(s[1:2]) {
		return 0
	}
	for i := 1; i < len(s); i++ {
		switch s[i] {
		case '`':
			return 0
		case '\\':
			i++
		case '$':
			if isBlank(s[i-1 : i]) {
				return 0
			}
			if r, _ := utf8.DecodeRune(s[i+1:]); i+1 < len(s) && (isWord(r) || r == '$') {
				return 0
			}
			return i + 1
		}
	}
	return 0
}

func isBlank(s []byte) bool {
	for i := range len(s) {
		if s[i] != ' ' && s[i] != '\n' && s[i] != '\t' && s[i] != '\r' {
			return false
		}
	}
	return true
}

func isWord(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) }

type mathParser struct{}

func (mathParser) Trigger() []byte { return []byte{'$'} }

func (mathParser) Parse(_ ast.Node, block text.Reader, _ parser.Context) ast.Node {
	if before := block.PrecendingCharacter(); isWord(before) || before == '$' {
		return nil
	}
	line, at := block.Position()
	rest, _ := block.PeekLine()
	if len(rest) < maxMath {
		// A copy: the next lines stand elsewhere when the block is quoted.
		rest = bytes.Clone(rest)
		for block.AdvanceLine(); len(rest) < maxMath; block.AdvanceLine() {
			b, _ := block.PeekLine()
			if b == nil {
				break
			}
			rest = append(rest, b...)
		}
		block.SetPosition(line, at)
	}
	n := mathLen(rest)
	if n == 0 {
		return nil
	}
	for left := n; left > 0; {
		b, _ := block.PeekLine()
		if len(b) > left {
			block.Advance(left)
			break
		}
		left -= len(b)
		block.AdvanceLine()
	}
	return &mathNode{source: rest[:n:n]}
}

// mentionNode is @name or @[Name](id).
type mentionNode struct {
	ast.BaseInline
	key  string // what Resolve is asked: "@name" or the id
	name string // what is shown when nobody answers
}

var kindMention = ast.NewNodeKind("Mention")

func (n *mentionNode) Kind() ast.NodeKind         { return kindMention }
func (n *mentionNode) Dump(src []byte, level int) { ast.DumpHelper(n, src, level, nil, nil) }

const (
	maxHandle = 64
	idLength  = 13
)

type mentionParser struct{}

func (mentionParser) Trigger() []byte { return []byte{'@'} }

func (mentionParser) Parse(_ ast.Node, block text.Reader, _ parser.Context) ast.Node {
	if before := block.PrecendingCharacter(); isWord(before) || before == '@' || before == '.' || before == '/' || before == '_' || before == '-' {
		return nil
	}
	line, _ := block.PeekLine()
	n, node := mentionAt(line)
	if n == 0 {
		return nil
	}
	block.Advance(n)
	return node
}

// mentionAt reads the mention at the beginning of b and returns its length.
func mentionAt(b []byte) (int, *mentionNode) {
	if len(b) > 1 && b[1] == '[' {
		end := bytes.IndexByte(b[:min(len(b), 300)], ']')
		if end < 3 || len(b) < end+idLength+3 || b[end+1] != '(' || b[end+2+idLength] != ')' || bytes.ContainsAny(b[2:end], "[\n\\") {
			return 0, nil
		}
		id := b[end+2 : end+2+idLength]
		for _, c := range id {
			if !(c >= '0' && c <= '9' || c >= 'a' && c <= 'z') {
				return 0, nil
			}
		}
		return end + idLength + 3, &mentionNode{key: string(id), name: "@" + string(b[2:end])}
	}
	i := 1
	for i < len(b) && i <= maxHandle {
		r, n := utf8.DecodeRune(b[i:])
		if !isWord(r) && !(i > 1 && (r == '.' || r == '-' || r == '_')) {
			break
		}
		i += n
	}
	for i > 1 && (b[i-1] == '.' || b[i-1] == '-' || b[i-1] == '_') {
		i--
	}
	if i == 1 {
		return 0, nil
	}
	return i, &mentionNode{key: string(b[:i]), name: string(b[:i])}
}

// tagNode is one of the few tags people may write. Until tagPairs has found its
// partner it is just text.
type tagNode struct {
	ast.BaseInline
	name    string
	closing bool
	paired  bool
	raw     []byte
}

var kindTag = ast.NewNodeKind("Tag")

func (n *tagNode) Kind() ast.NodeKind         { return kindTag }
func (n *tagNode) Dump(src []byte, level int) { ast.DumpHelper(n, src, level, nil, nil) }

// hidden is a comment.
const hidden = "!--"

// tagNames maps what may be written to what is shown.
func tagName(s string) (string, bool) {
	switch s {
	case "kbd", "sub", "sup", "em", "strong", "del", "ins", "mark", "u", "small", "br":
		return s, true
	case "b":
		return "strong", true
	case "i":
		return "em", true
	case "s", "strike":
		return "del", true
	}
	return "", false
}

type tagParser struct{}

func (tagParser) Trigger() []byte { return []byte{'<'} }

func (tagParser) Parse(_ ast.Node, block text.Reader, _ parser.Context) ast.Node {
	b, _ := block.PeekLine()
	if bytes.HasPrefix(b, []byte("<!--")) {
		line, at := block.Position()
		from := 4
		for {
			b, _ = block.PeekLine()
			if b == nil {
				block.SetPosition(line, at)
				return nil
			}
			if k := bytes.Index(b[min(from, len(b)):], []byte("-->")); k >= 0 {
				block.Advance(min(from, len(b)) + k + 3)
				return &tagNode{name: hidden, paired: true}
			}
			from = 0
			block.AdvanceLine()
		}
	}
	i := 1
	closing := false
	if i < len(b) && b[i] == '/' {
		closing = true
		i++
	}
	from := i
	for i < len(b) && i < from+7 && (b[i]|0x20) >= 'a' && (b[i]|0x20) <= 'z' {
		i++
	}
	name, ok := tagName(string(bytes.ToLower(b[from:i])))
	if !ok {
		return nil
	}
	for i < len(b) && b[i] == ' ' {
		i++
	}
	if name == "br" && !closing && i < len(b) && b[i] == '/' {
		i++
	}
	if i >= len(b) || b[i] != '>' || name == "br" && closing {
		return nil
	}
	n := &tagNode{name: name, closing: closing, paired: name == "br", raw: b[: i+1 : i+1]}
	block.Advance(i + 1)
	return n
}

// tagPairs finds the partner of every tag among its siblings, so that what is
// written is closed where it should be.
type tagPairs struct{}

func (tagPairs) Transform(doc *ast.Document, _ text.Reader, _ parser.Context) {
	var open []*tagNode
	_ = ast.Walk(doc, func(n ast.Node, entering bool) (ast.WalkStatus, error) {
		if !entering || !n.HasChildren() || n.FirstChild().Type() != ast.TypeInline {
			return ast.WalkContinue, nil
		}
		open = open[:0]
		for c := n.FirstChild(); c != nil; c = c.NextSibling() {
			t, ok := c.(*tagNode)
			if !ok || t.paired {
				continue
			}
			if !t.closing {
				// Nothing in sight nests that deep for a good reason.
				if len(open) < 16 {
					open = append(open, t)
				}
				continue
			}
			for k := len(open) - 1; k >= 0; k-- {
				if open[k].name == t.name {
					open[k].paired, t.paired = true, true
					open = open[:k]
					break
				}
			}
		}
		return ast.WalkContinue, nil
	})
}
