package markdown

import (
	"encoding/xml"
	"fmt"
	"os"
	"strings"
	"testing"
	"unicode"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
	"pgregory.net/rapid"

	"github.com/guildhall/guildhall/internal/platform/fault"
	"github.com/guildhall/guildhall/internal/platform/hostile"
)

func TestFromHTML(t *testing.T) {
	for src, want := range map[string]string{
		"<p>a <em>b</em> <strong>c</strong> d</p>\n\n<p>e</p>":                                                 "a *b* **c** d\n\ne",
		"<h1>A <b>b</b></h1><h3>C#</h3>":                                                                       "# A **b**\n\n### C\\#",
		"<ul><li>a</li><li>b<ul><li>c</li></ul></li><li>d</li></ul>":                                           "- a\n- b\n  - c\n- d",
		"<ul>\n<li><p>a</p></li>\n<li><p>b</p><p>c</p></li>\n</ul>":                                            "- a\n\n- b\n\n  c",
		"<ol start=\"9\"><li>a<li>b<li>c</ol>":                                                                 "9. a\n10. b\n11. c",
		"<ul><li>a</li></ul><ul><li>b</li></ul>":                                                               "- a\n\n+ b",
		"<blockquote><p>a</p><blockquote>b</blockquote></blockquote><p>c</p>":                                  "> a\n>\n> > b\n\nc",
		"<blockquote>a</blockquote><blockquote>b</blockquote>":                                                 "> a\n\n> b",
		"<pre class=\"lang-py prettyprint\"><code>a &lt; b\n\n  c\n</code></pre>":                              "```py\na < b\n\n  c\n```",
		"<pre>a\n```\nb</pre>":                                                                                 "````\na\n```\nb\n````",
		"<ul><li><p>a</p><pre>x\ny</pre></li></ul>":                                                            "- a\n\n  ```\n  x\n  y\n  ```",
		"<code>a`b</code> <code>`</code>":                                                                      "``a`b`` `` ` ``",
		"<a href=\"https://x.example/a_(b)\" rel=\"nofollow\">t*x</a>":                                         "[t\\*x](https://x.example/a_\\(b\\))",
		"<a href=\"https://x.example/\">https://x.example/</a>":                                                "<https://x.example/>",
		"see https://x.example/a_b.":                                                                           "see <https://x.example/a_b>.",
		"<img src=\"https://x.example/i.png\" alt=\"the plan\">":                                               "![the plan](https://x.example/i.png)",
		"<a href=\"/l\"><img src=\"/i.png\" alt=\"alt\"></a>":                                                  "[alt](/l)",
		"a<br>b<br/>- c<br>":                                                                                   "a\\\nb\\\n\\- c",
		"<p>a</p><hr><p>b</p>":                                                                                 "a\n\n***\n\nb",
		"H<sub>2</sub>O <kbd>Ctrl</kbd> x<sup>2</sup>":                                                         "H<sub>2</sub>O <kbd>Ctrl</kbd> x<sup>2</sup>",
		"a&nbsp;&amp;amp; &lt;b&gt; 1. x":                                                                      "a\u00a0\\&amp; \\<b> 1. x",
		"<p>1. x</p><p># y</p><p>- z</p><p>snake_case_x * _y_</p>":                                             "1\\. x\n\n\\# y\n\n\\- z\n\nsnake_case_x \\* \\_y\\_",
		"<p>$a_1 * b_2$ and $$\\frac{a}{b} * c$$ costs $5</p>":                                                 "$a_1 * b_2$ and $$\\frac{a}{b} * c$$ costs \\$5",
		"a<em> b </em>c<strong>(x)</strong><em></em>":                                                          "a *b* c<strong>(x)</strong>",
		"<b>a<i>b</i></b>":                                                                                     "<strong>a<em>b</em></strong>",
		"@ada wrote a@b.org [x](y) !<a href=\"/z\">q</a>":                                                      "\\@ada wrote a@b.org \\[x\\](y) \\![q](/z)",
		"<table><thead><tr><th>a</th><th>b|c</th></tr></thead><tbody><tr><td>1<br>2</td></tr></tbody></table>": "| a | b\\|c |\n| --- | --- |\n| 1<br>2 | |",
		"<script>alert(1)</script><style>x</style>a<!-- c -->b":                                                "ab",
		"<p>a\n   b</p><div>c<div>d</div></div>":                                                               "a b\n\nc\n\nd",
		"<p><b>a</p><p>b</b></p>":                                                                              "**a**\n\n**b**",
		"":                                                                                                     "",
	} {
		got, err := FromHTML(src)
		if err != nil || got != want {
			t.Errorf("%s\n got %q\nwant %q %v", src, got, want, err)
		}
	}
	if _, err := FromHTML(strings.Repeat("a", maxHTML+1)); !fault.Is(err, fault.Invalid) {
		t.Errorf("%v", err)
	}
}

func TestFromComment(t *testing.T) {
	for src, want := range map[string]string{
		"@Adam see `@x` and a@b.c *now*": "\\@Adam see `@x` and a@b.c *now*",
		"# 1\n2":                         "\\# 1 2",
		"1. a":                           "1\\. a",
	} {
		if got := FromComment(src); got != want {
			t.Errorf("%q: %q, want %q", src, got, want)
		}
	}
}

// visible is the text of a page without its white space; pictures count as
// their alt text or address, and that is how ours appear.
func visible(t testing.TB, h string) string {
	nodes, err := html.ParseFragment(strings.NewReader(h), &html.Node{Type: html.ElementNode, Data: "div", DataAtom: atom.Div})
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	var walk func(*html.Node, bool)
	walk = func(n *html.Node, linked bool) {
		switch {
		case n.Type == html.TextNode:
			b.WriteString(n.Data)
		case n.DataAtom == atom.Script || n.DataAtom == atom.Style:
			return
		case n.DataAtom == atom.Img:
			src, alt := "", ""
			for _, a := range n.Attr {
				switch a.Key {
				case "src":
					src = a.Val
				case "alt":
					alt = a.Val
				}
			}
			b.WriteString(orElse(alt, src))
		}
		for c := n.FirstChild; c != nil; c = c.NextSibling {
			walk(c, linked)
		}
	}
	for _, n := range nodes {
		walk(n, false)
	}
	return strings.Map(func(r rune) rune {
		if unicode.IsSpace(r) {
			return -1
		}
		return r
	}, b.String())
}

func sameWords(t testing.TB, src string) {
	md, err := FromHTML(src)
	if err != nil {
		t.Fatal(err)
	}
	got := visible(t, htmlOf(t, md))
	if want := visible(t, src); got != want {
		k := 0
		for k < len(got) && k < len(want) && got[k] == want[k] {
			k++
		}
		from := max(0, k-30)
		t.Fatalf("the words differ at %q\nwanted   %q\nhtml     %q\nmarkdown %q\nrendered %q", got[from:min(len(got), k+30)], want[from:min(len(want), k+30)], clip(src), clip(md), clip(htmlOf(t, md)))
	}
}

func clip(s string) string { return s[:min(len(s), 1500)] }

// someHTML draws a well-formed post.
func someHTML(t *rapid.T) string {
	word := rapid.OneOf(
		rapid.SampledFrom([]string{"word", "a", "*", "**", "_", "__x__", "`", "``", "#", "# h", "-", "- x", "+", "1.", "2) y", ">", "> q", "=", "===", "---", "|", "a|b", "[", "]", "[x](y)", "![x]", "!", "$", "$x$", "$$y_1$$", "$5", "\\", "\\\\", "&lt;", "&lt;b&gt;", "&amp;amp;", "&amp;", "~", "~~s~~", "~~~", "@ada", "a@b.c", "http://x.example/a_b*c", "www.x_y.example", ":", ":--", "<br>", "é", "&nbsp;", "&quot;", "'", "(", ")", ".", "🙂", "{", "^", "www.a.b", "\\(", "https://x.example/(a)"}),
		rapid.StringMatching(`[a-zA-Z0-9 .,*_\\$#|!-]{0,12}`),
	)
	var inline func(depth int) string
	inline = func(depth int) string {
		var b strings.Builder
		for range rapid.IntRange(0, 4).Draw(t, "pieces") {
			if depth > 0 && rapid.IntRange(0, 3).Draw(t, "nest") == 0 {
				switch tag := rapid.SampledFrom([]string{"em", "strong", "b", "i", "s", "kbd", "sub", "sup", "code", "span", "a", "img"}).Draw(t, "tag"); tag {
				case "a":
					b.WriteString(`<a href="https://x.example/` + rapid.SampledFrom([]string{"", "a_b", "(", "a)b", "?x=1&amp;y=[2]", "&quot;", "*a*", "a b"}).Draw(t, "href") + `">x` + inline(0) + `</a>`)
				case "img":
					b.WriteString(`<img src="https://x.example/p.png" alt="` + rapid.SampledFrom([]string{"", "alt", "a]b", "*", "[x](y)"}).Draw(t, "alt") + `">`)
				default:
					b.WriteString("<" + tag + ">" + inline(depth-1) + "</" + tag + ">")
				}
			} else {
				b.WriteString(word.Draw(t, "word"))
			}
			b.WriteString(rapid.SampledFrom([]string{"", " ", "\n", "  "}).Draw(t, "gap"))
		}
		return b.String()
	}
	var blocks func(depth int) string
	blocks = func(depth int) string {
		var b strings.Builder
		for range rapid.IntRange(1, 3).Draw(t, "blocks") {
			kind := rapid.IntRange(0, 9).Draw(t, "block")
			if depth == 0 {
				kind %= 4
			}
			switch kind {
			case 0, 1:
				b.WriteString("<p>" + inline(2) + "</p>")
			case 2:
				b.WriteString("<h2>" + inline(1) + "</h2>")
			case 3:
				b.WriteString("<pre><code>" + strings.ReplaceAll(strings.ReplaceAll(inline(0), "<br>", "\n"), "&nbsp;", " ") + "</code></pre>")
			case 4:
				b.WriteString("<blockquote>" + blocks(depth-1) + "</blockquote>")
			case 5, 6:
				tag := rapid.SampledFrom([]string{"ul", "ol", `ol start="7"`}).Draw(t, "list")
				b.WriteString("<" + tag + ">")
				for range rapid.IntRange(1, 3).Draw(t, "items") {
					b.WriteString("<li>")
					if rapid.Bool().Draw(t, "bare") {
						b.WriteString(inline(2))
					}
					if rapid.Bool().Draw(t, "inner") {
						b.WriteString(blocks(depth - 1))
					}
					b.WriteString("</li>\n")
				}
				b.WriteString("</" + tag[:2] + ">")
			case 7:
				b.WriteString("<table>")
				for range rapid.IntRange(1, 3).Draw(t, "rows") {
					b.WriteString("<tr>")
					for range rapid.IntRange(1, 3).Draw(t, "cells") {
						b.WriteString("<td>" + inline(2) + "</td>")
					}
					b.WriteString("</tr>")
				}
				b.WriteString("</table>")
			case 8:
				b.WriteString(inline(1) + "<hr>")
			default:
				b.WriteString("<div>" + inline(2) + "</div>")
			}
		}
		return b.String()
	}
	return blocks(3)
}

func TestTheMarkdownOfHTMLShowsTheSameWords(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		src := someHTML(rt)
		md, err := FromHTML(src)
		if err != nil {
			rt.Fatal(err)
		}
		got, want := visible(t, htmlOf(t, md)), visible(t, src)
		if got != want {
			rt.Fatalf("html     %q\nmarkdown %q\nrendered %q\n got %q\nwant %q", src, md, htmlOf(t, md), got, want)
		}
	})
}

func TestSharedPostsKeepTheirWords(t *testing.T) {
	n := 0
	for _, site := range []string{"quantumcomputing", "conlang-meta"} {
		f, err := os.Open(hostile.Path(t, "stackexchange", site, "Posts.xml"))
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		d := xml.NewDecoder(f)
		for {
			tok, err := d.Token()
			if err != nil {
				break
			}
			e, ok := tok.(xml.StartElement)
			if !ok || e.Name.Local != "row" {
				continue
			}
			id, body := "", ""
			for _, a := range e.Attr {
				switch a.Name.Local {
				case "Id":
					id = a.Value
				case "Body":
					body = a.Value
				}
			}
			n++
			t.Run(fmt.Sprintf("%s-%s", site, id), func(t *testing.T) { sameWords(t, body) })
		}
	}
	t.Logf("%d posts", n)
}

func FuzzFromHTML(f *testing.F) {
	for _, s := range []string{"<p>a<em>b</em></p>", "<ul><li>a<ol><li>b</ol></ul>", "<table><tr><td>a|b", "<pre>x</pre>", "<blockquote><a href=x>y", "</p></li></table>", "<b><i></b></i>", "<h1><ul><li><table><td><li>"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, src string) {
		if len(src) > 10000 {
			return
		}
		md, err := FromHTML(src)
		if err != nil {
			return
		}
		if len(md) > 100*len(src)+1000 {
			t.Fatalf("%d bytes of Markdown from %d", len(md), len(src))
		}
		if len(md) > MaxSource {
			return
		}
		if err := harmless(htmlOf(t, md)); err != nil {
			t.Fatalf("%v\n%q", err, md)
		}
	})
}

func TestDeepHTMLIsCheap(t *testing.T) {
	for _, s := range []string{"<div>", "<blockquote>", "<ul><li>", "<b>", "<table><tr><td>", "<a href=x>", "</b>", "<ol>", "<li>a", "<blockquote>a", "<td>", "<pre>", "a<br>", "<em>a</em>", "<b> ", "`", "$", "$a", "http://", "@", "<code>`", "<ul><li>a</ul>"} {
		src := strings.Repeat(s, 200_000/len(s))
		md, err := FromHTML(src)
		if err != nil {
			t.Fatal(err)
		}
		if len(md) > 40*len(src) {
			t.Errorf("%q: %d bytes from %d", s, len(md), len(src))
		}
	}
}

func BenchmarkFromHTML(b *testing.B) {
	src := strings.Repeat("<p>Some <em>words</em> with <a href=\"https://x.example\">a link</a>, <code>code</code>.</p>\n<ul><li>one</li><li>two</li></ul>\n", 20)
	b.SetBytes(int64(len(src)))
	for b.Loop() {
		if _, err := FromHTML(src); err != nil {
			b.Fatal(err)
		}
	}
}
