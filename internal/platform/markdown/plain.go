package markdown

import (
	"strings"
	"unicode/utf8"

	"github.com/yuin/goldmark/ast"
	east "github.com/yuin/goldmark/extension/ast"
)

// plainer collects the words of a tree.
type plainer struct {
	b      strings.Builder
	src    []byte
	noCode bool // leave code blocks out
	max    int  // stop after so many bytes; 0: never
}

func (p *plainer) done() bool { return p.max > 0 && p.b.Len() >= p.max }

func (p *plainer) block(n ast.Node) {
	if p.done() {
		return
	}
	switch n := n.(type) {
	case *ast.CodeBlock, *ast.FencedCodeBlock:
		if !p.noCode {
			p.b.WriteString(linesOf(n, p.src))
			p.line()
		}
		return
	case *east.TableCell:
		p.inlines(n)
		if n.NextSibling() != nil {
			p.b.WriteString("\t")
		}
		return
	}
	for c := n.FirstChild(); c != nil && !p.done(); c = c.NextSibling() {
		if c.Type() == ast.TypeInline {
			p.inlines(n)
			break
		}
		p.block(c)
	}
	p.line()
}

// line ends the line, if one was begun.
func (p *plainer) line() {
	if s := p.b.String(); s != "" && s[len(s)-1] != '\n' {
		p.b.WriteByte('\n')
	}
}

func (p *plainer) inlines(n ast.Node) {
	for c := n.FirstChild(); c != nil && !p.done(); c = c.NextSibling() {
		switch t := c.(type) {
		case *ast.Text:
			p.b.WriteString(unescape(t.Segment.Value(p.src)))
			if t.HardLineBreak() || t.SoftLineBreak() {
				p.b.WriteByte('\n')
			}
		case *ast.String:
			p.b.Write(t.Value)
		case *ast.CodeSpan:
			p.b.WriteString(codeText(t, p.src))
		case *ast.AutoLink:
			p.b.Write(t.Label(p.src))
		case *ast.Link:
			before := p.b.Len()
			p.inlines(t)
			if p.b.Len() == before {
				p.b.WriteString(unescape(t.Destination))
			}
		case *east.TaskCheckBox:
			if t.IsChecked {
				p.b.WriteString("☑ ")
			} else {
				p.b.WriteString("☐ ")
			}
		case *mathNode:
			p.b.Write(t.source)
		case *mentionNode:
			p.b.WriteString(t.name)
		case *tagNode:
			switch {
			case t.name == "br":
				p.b.WriteByte('\n')
			case !t.paired:
				p.b.Write(t.raw)
			}
		default:
			p.inlines(c)
		}
	}
}

// Plain returns the words of a text without its marks, one line per block, for
// search, mail and notices. A text longer than MaxSource is returned as it is.
func Plain(src string) string {
	return plain(src, plainer{})
}

func plain(src string, p plainer) string {
	if len(src) > MaxSource {
		return clean(src)
	}
	p.src = []byte(src)
	doc := parse(p.src)
	if doc == nil {
		return clean(src)
	}
	p.block(doc)
	return clean(p.b.String())
}

func clean(s string) string {
	return strings.TrimSpace(strings.ToValidUTF8(strings.ReplaceAll(s, "\x00", "\ufffd"), "\ufffd"))
}

// Excerpt returns the beginning of a text on one line, at most n characters,
// cut between words and then ended with an ellipsis. Code blocks are left out
// unless there is nothing else.
func Excerpt(src string, n int) string {
	// White space and marks are lost on the way, so more is read than is shown.
	short := cut(src, 16*n+4000)
	s := plain(short, plainer{noCode: true, max: 8*n + 100})
	if s == "" {
		s = plain(short, plainer{max: 8*n + 100})
	}
	s = strings.Join(strings.Fields(s), " ")
	if utf8.RuneCountInString(s) <= n {
		return s
	}
	end, runes, space := 0, 0, 0
	for i, r := range s {
		if runes == n-1 {
			end = i
			break
		}
		if r == ' ' {
			space = i
		}
		runes++
	}
	// A script without spaces is cut between characters.
	if space > end/2 && s[end] != ' ' {
		end = space
	}
	return strings.TrimRight(s[:end], " ,;:–—-") + "…"
}

// cut returns at most n bytes of s that are whole characters.
func cut(s string, n int) string {
	if len(s) <= n {
		return s
	}
	for n > 0 && !utf8.RuneStart(s[n]) {
		n--
	}
	return s[:n]
}
