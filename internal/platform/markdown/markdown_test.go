package markdown

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"

	"github.com/guildhall/guildhall/internal/platform/fault"
	"github.com/guildhall/guildhall/internal/platform/hostile"
)

func htmlOf(t testing.TB, src string) string {
	t.Helper()
	h, err := shown.HTML(src)
	if err != nil {
		t.Fatal(err)
	}
	return h
}

var shown = New(Options{CacheBytes: 1})

func TestWhatPeopleWrite(t *testing.T) {
	for src, want := range map[string]string{
		"":                               "",
		"a *b* **c**":                    `<p dir="auto">a <em>b</em> <strong>c</strong></p>`,
		"# One\n\n## Two\n\n###### Six":  `<h3 dir="auto">One</h3> <h4 dir="auto">Two</h4> <h5 dir="auto">Six</h5>`,
		"### Deep\n\n# Top\n\n### Below": `<h3 dir="auto">Deep</h3> <h3 dir="auto">Top</h3> <h4 dir="auto">Below</h4>`,
		"[x](https://example.org/a?b=1&c=2 \"t\")":   `<p dir="auto"><a href="https://example.org/a?b=1&amp;c=2" title="t" rel="nofollow noopener ugc">x</a></p>`,
		"[x](/questions/1#a)":                        `<p dir="auto"><a href="/questions/1#a">x</a></p>`,
		"[x](mailto:a@example.org)":                  `<p dir="auto"><a href="mailto:a@example.org" rel="nofollow noopener ugc">x</a></p>`,
		"[x](javascript:alert(1))":                   `<p dir="auto">x</p>`,
		"[x](//evil.example/)":                       `<p dir="auto">x</p>`,
		"[x](/\\\\evil.example/)":                    `<p dir="auto">x</p>`,
		"[x](data:text/html,x)":                      `<p dir="auto">x</p>`,
		"[x](JAVA&#x73;CRIPT:alert)":                 `<p dir="auto">x</p>`,
		"see https://example.org/a_b_c.":             `<p dir="auto">see <a href="https://example.org/a_b_c" rel="nofollow noopener ugc">https://example.org/a_b_c</a>.</p>`,
		"![plan](/files/abc/plan.png?w=80&h=60)":     `<p dir="auto"><img src="/files/abc/plan.png?w=80&amp;h=60" alt="plan" width="80" height="60" loading="lazy" decoding="async"></p>`,
		"![plan](https://x.example/p.png)":           `<p dir="auto"><a href="https://x.example/p.png" rel="nofollow noopener ugc">plan</a></p>`,
		"![](/files/../admin)":                       `<p dir="auto"><a href="/files/../admin">/files/../admin</a></p>`,
		"- [x] done\n- [ ] open":                     `<ul dir="auto"> <li>☑ done</li> <li>☐ open</li> </ul>`,
		"- [x](/a)":                                  `<ul dir="auto"> <li><a href="/a">x</a></li> </ul>`,
		"3. a\n4. b":                                 `<ol dir="auto" start="3"> <li>a</li> <li>b</li> </ol>`,
		"> a\n>\n> b":                                `<blockquote dir="auto"> <p>a</p> <p>b</p> </blockquote>`,
		"|a|b|\n|-|-:|\n|1|2|":                       `<div class="wide" tabindex="0"><table dir="auto"> <thead><tr><th>a</th><th class="end">b</th></tr></thead> <tbody><tr><td>1</td><td class="end">2</td></tr> </tbody></table></div>`,
		"~~a~~ H<sub>2</sub>O <kbd>Ctrl</kbd><br>x":  `<p dir="auto"><del>a</del> H<sub>2</sub>O <kbd>Ctrl</kbd><br>x</p>`,
		"<b>a <sub>b</b> c</sub>":                    `<p dir="auto"><strong>a &lt;sub&gt;b</strong> c&lt;/sub&gt;</p>`,
		"<div onclick=x>a</div>":                     `<p dir="auto">&lt;div onclick=x&gt;a&lt;/div&gt;</p>`,
		"a <!-- hidden --> b\n\n<!-- all -->":        `<p dir="auto">a  b</p>`,
		"$a_1*b*c_2$ costs $5 and *a* $6":            `<p dir="auto"><span class="math" dir="ltr" translate="no">$a_1*b*c_2$</span> costs $5 and <em>a</em> $6</p>`,
		"$$\na_1 < b_2\n$$":                          `<p dir="auto"><span class="math" dir="ltr" translate="no">$$ a_1 &lt; b_2 $$</span></p>`,
		"a  \nb\\\nc\nd":                             `<p dir="auto">a<br> b<br> c d</p>`,
		"`a <b>`":                                    `<p dir="auto"><code>a &lt;b&gt;</code></p>`,
		"```go\nfunc f() { return \"x\" } // y\n```": `<pre dir="ltr" tabindex="0"><code class="language-go"><span class="k">func</span> f() { <span class="k">return</span> <span class="s">&#34;x&#34;</span> } <span class="c">// y </span></code></pre>`,
		"```diff\n+a\n-b\n c\n```":                   `<pre dir="ltr" tabindex="0"><code class="language-diff"><span class="i">+a </span><span class="d">-b </span> c </code></pre>`,
		"```\"onload=x\n<script>\n```":               `<pre dir="ltr" tabindex="0"><code>&lt;script&gt; </code></pre>`,
		"a@b.org @ada @[Ada Obi](0abcdefghjkmn)":     `<p dir="auto"><a href="mailto:a@b.org" rel="nofollow noopener ugc">a@b.org</a> @ada @Ada Obi</p>`,
		"&copy; &amp;lt; \\* &#0; &nosuch; &\\&amp;": `<p dir="auto">© &amp;lt; * ` + "\ufffd" + ` &amp;nosuch; &amp;&amp;amp;</p>`,
	} {
		got := strings.Join(strings.Fields(htmlOf(t, src)), " ")
		if got != want && strings.ReplaceAll(got, "a b</p>", "a  b</p>") != want {
			t.Errorf("%q\n got %s\nwant %s", src, got, want)
		}
	}
}

func TestMentionsAskTheResolverOnce(t *testing.T) {
	r := New(Options{})
	src := "@ada, @ben.x. and @[Chidi <b>](0abcdefghjkmn) @ada `@dora` x@eve \\@fay @[Z](short)"
	var asked []string
	got, err := r.HTMLFor(src, View{Resolve: func(keys []string) map[string]Link {
		asked = keys
		return map[string]Link{
			"@ada":          {Href: "/people/1", Text: "Ada Obi"},
			"0abcdefghjkmn": {Href: "/people/2", Text: `Chi"di`},
			"@ben.x":        {Href: "https://evil.example/"},
		}
	}})
	if err != nil {
		t.Fatal(err)
	}
	if fmt.Sprint(asked) != "[@ada @ben.x 0abcdefghjkmn]" || fmt.Sprint(r.Mentions(src)) != fmt.Sprint(asked) {
		t.Errorf("asked %v", asked)
	}
	want := `<p dir="auto"><a class="mention" href="/people/1">@Ada Obi</a>, @ben.x. and <a class="mention" href="/people/2">@Chi&#34;di</a> <a class="mention" href="/people/1">@Ada Obi</a> <code>@dora</code> x@eve @fay @<a href="short">Z</a></p>`
	if strings.TrimSpace(got) != want {
		t.Errorf("got %s", got)
	}
	if again, _ := r.HTML(src); !strings.Contains(again, "@ada, @ben.x. and @Chidi &lt;b&gt; @ada") {
		t.Errorf("without a resolver: %s", again)
	}
}

func TestNobodyWritesAPlaceholder(t *testing.T) {
	src := mentionOpen + "0" + mentionClose + " @ada &lt;gh-at n=&#34;0&#34;&gt; <gh-at n=\"0\"></gh-at>"
	r := New(Options{})
	got, _ := r.HTMLFor(src, View{Resolve: func([]string) map[string]Link { return map[string]Link{"@ada": {Href: "/a"}} }})
	if strings.Count(got, "<a class") != 1 || strings.Contains(got, "<gh-at") {
		t.Errorf("%s", got)
	}
}

func TestHeadingIDsArePrefixedAndUnique(t *testing.T) {
	r := New(Options{})
	got, _ := r.HTMLFor("# Größe & *Maß*\n\n# Größe Maß\n\n# !!!", View{IDPrefix: `p1-"x`})
	for _, id := range []string{`id="p1-xgröße-maß"`, `id="p1-xgröße-maß-2"`, `id="p1-xsection"`} {
		if !strings.Contains(got, id) {
			t.Errorf("no %s in %s", id, got)
		}
	}
	if strings.Contains(htmlOf(t, "# a"), "id=") {
		t.Error("an id without a prefix")
	}
}

func TestPlainAndExcerpt(t *testing.T) {
	src := "# Title\n\nSome *words* with [a link](https://x.example) and `code`.\n\n```go\nx := 1\n```\n\n- one\n- two @[Ada](0abcdefghjkmn)\n\n|a|b|\n|-|-|\n|1|2|\n\nH<sub>2</sub>O<br>&amp; <!-- no -->"
	want := "Title\nSome words with a link and code.\nx := 1\none\ntwo @Ada\na\tb\n1\t2\nH2O\n&"
	if got := Plain(src); got != want {
		t.Errorf("got %q", got)
	}
	for n, want := range map[int]string{1000: "Title Some words with a link and code. one two @Ada a b 1 2 H2O &", 20: "Title Some words…", 12: "Title Some…", 7: "Title…"} {
		if got := Excerpt(src, n); got != want {
			t.Errorf("Excerpt %d: %q, want %q", n, got, want)
		}
	}
	if got := Excerpt("```\ncode only\n```", 50); got != "code only" {
		t.Errorf("%q", got)
	}
	if got := Excerpt(strings.Repeat("漢", 100), 10); got != strings.Repeat("漢", 9)+"…" {
		t.Errorf("%q", got)
	}
}

func TestTooLongIsRefused(t *testing.T) {
	_, err := New(Options{}).HTML(strings.Repeat("a", MaxSource+1))
	if !fault.Is(err, fault.Invalid) {
		t.Errorf("%v", err)
	}
	if got := Plain(strings.Repeat("a", MaxSource+1)); len(got) != MaxSource+1 {
		t.Errorf("%d", len(got))
	}
}

func TestTheCacheIsBounded(t *testing.T) {
	r := New(Options{CacheBytes: 20000})
	for i := range 500 {
		src := fmt.Sprintf("text %d %s", i, strings.Repeat("x", i%300))
		first, _ := r.HTML(src)
		if again, _ := r.HTML(src); again != first {
			t.Fatal("the cache changes the text")
		}
	}
	sum := 0
	for _, e := range r.kept {
		sum += e.Value.(*rendered).size
	}
	if sum != r.size || r.size > 20000 || len(r.kept) != r.order.Len() || len(r.kept) == 0 {
		t.Errorf("%d bytes counted, %d kept in %d entries", r.size, sum, len(r.kept))
	}
}

// tags and attributes that a post may consist of.
var allowedAttrs = map[string]string{
	"p": "dir", "h3": "dir id", "h4": "dir id", "h5": "dir id", "h6": "dir id", "hr": "", "br": "", "blockquote": "dir", "ul": "dir", "ol": "dir start", "li": "",
	"pre": "dir tabindex", "code": "class", "span": "class dir translate", "div": "class tabindex", "table": "dir", "thead": "", "tbody": "", "tr": "", "th": "class", "td": "class",
	"em": "", "strong": "", "del": "", "ins": "", "mark": "", "u": "", "small": "", "kbd": "", "sub": "", "sup": "",
	"a": "href title rel class", "img": "src alt width height loading decoding",
}

// harmless parses the HTML as a browser does and says what must not be there.
func harmless(h string) error {
	nodes, err := html.ParseFragment(strings.NewReader(h), &html.Node{Type: html.ElementNode, Data: "div", DataAtom: atom.Div})
	if err != nil {
		return err
	}
	todo := nodes
	for len(todo) > 0 {
		n := todo[len(todo)-1]
		todo = todo[:len(todo)-1]
		if n.Type == html.CommentNode || n.Type == html.DoctypeNode {
			return fmt.Errorf("a comment or doctype %q", n.Data)
		}
		if n.Type == html.ElementNode {
			attrs, ok := allowedAttrs[n.Data]
			if !ok || n.Namespace != "" {
				return fmt.Errorf("<%s>", n.Data)
			}
			rel := ""
			for _, a := range n.Attr {
				if a.Namespace != "" || !strings.Contains(" "+attrs+" ", " "+a.Key+" ") {
					return fmt.Errorf("<%s %s>", n.Data, a.Key)
				}
				if a.Key == "rel" {
					rel = a.Val
				}
			}
			for _, a := range n.Attr {
				if a.Key != "href" && a.Key != "src" {
					continue
				}
				v := strings.ToLower(a.Val)
				http := strings.HasPrefix(v, "http://") || strings.HasPrefix(v, "https://") || strings.HasPrefix(v, "mailto:")
				if strings.ContainsAny(v, "\\\t\n\r") || strings.HasPrefix(v, "//") {
					return fmt.Errorf("address %q", a.Val)
				}
				if k := strings.IndexAny(v, ":/?#"); k >= 0 && v[k] == ':' && !http {
					return fmt.Errorf("scheme in %q", a.Val)
				}
				if a.Key == "src" && !strings.HasPrefix(v, "/files/") {
					return fmt.Errorf("picture from %q", a.Val)
				}
				if http && rel != "nofollow noopener ugc" {
					return fmt.Errorf("link to %q with rel %q", a.Val, rel)
				}
			}
		}
		for c := n.FirstChild; c != nil; c = c.NextSibling {
			todo = append(todo, c)
		}
	}
	return nil
}

func TestNoPayloadSurvives(t *testing.T) {
	f, err := os.Open(hostile.Path(t, "security", "xss", "payloads.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	r := New(Options{})
	dec := json.NewDecoder(f)
	n := 0
	for {
		var p struct {
			ID      int
			Payload string
		}
		if err := dec.Decode(&p); err == io.EOF {
			break
		} else if err != nil {
			t.Fatal(err)
		}
		for _, src := range []string{p.Payload, "[a](" + p.Payload + ")", "[a](<" + p.Payload + ">)", "![a](" + p.Payload + ")", "![" + p.Payload + "](/files/x)", "[a]: " + p.Payload + "\n\n[a]",
			"<" + p.Payload + ">", "`" + p.Payload + "`", "```" + p.Payload + "\n" + p.Payload + "\n```", "|" + p.Payload + "|\n|-|\n|" + p.Payload + "|", "[a](/x \"" + p.Payload + "\")", "@[" + p.Payload + "](0abcdefghjkmn)",
			"```html\n" + p.Payload + "\n```", "# " + p.Payload, "$" + p.Payload + "$", "<kbd>" + p.Payload + "</kbd>"} {
			h, err := r.HTMLFor(src, View{IDPrefix: "a-", Resolve: func(keys []string) map[string]Link {
				m := map[string]Link{}
				for _, k := range keys {
					m[k] = Link{Href: "/people/1", Text: p.Payload}
				}
				return m
			}})
			if err != nil {
				t.Fatal(err)
			}
			if err := harmless(h); err != nil {
				t.Errorf("payload %d: %v\n%q\n%s", p.ID, err, src, h)
			}
		}
		n++
	}
	if n < 2000 {
		t.Errorf("only %d payloads", n)
	}
}

func TestOwnPayloadsAreHarmless(t *testing.T) {
	for _, src := range []string{
		"<script>alert(1)</script>", "<img src=x onerror=alert(1)>", "[a](javascript&colon;alert(1))", "[a](java\nscript:x)", "<javascript:alert(1)>", "<svg/onload=x>",
		"[a](vbscript:x)", "[a](\x01javascript:x)", "![a](x\" onerror=\"y)", "[a](/x \"\\\" onclick=x\")", "<a href=javascript:x>", "<b onclick=x>y</b>", "```\" onclick=\"x\ny\n```",
		"[x]( &#1;javascript:alert(1))", "[x](\u202ejavascript:x)", "[a](https:evil.example)", "[a](https:///evil.example)", "[a](/\\evil.example)", "[a](/&#9;/evil.example)",
	} {
		if err := harmless(htmlOf(t, src)); err != nil {
			t.Errorf("%q: %v", src, err)
		}
	}
}

// example is one case of the specification.
type example struct {
	line     int
	md, want string
}

func examples(t *testing.T, b []byte) []example {
	var all []example
	var cur *example
	part := 0
	for i, line := range strings.SplitAfter(string(b), "\n") {
		bare := strings.TrimRight(line, "\n")
		switch {
		case cur == nil && regexp.MustCompile("^`{32} example").MatchString(bare):
			cur, part = &example{line: i + 1}, 0
		case cur != nil && bare == strings.Repeat("`", 32):
			all = append(all, *cur)
			cur = nil
		case cur != nil && bare == "." && part == 0:
			part = 1
		case cur != nil && part == 0:
			cur.md += strings.ReplaceAll(line, "→", "\t")
		case cur != nil:
			cur.want += strings.ReplaceAll(line, "→", "\t")
		}
	}
	return all
}

// skeleton is the structure of a fragment: tags, link targets and text, with
// our own rules applied to what the specification expects.
func skeleton(t *testing.T, h string, ours bool) string {
	nodes, err := html.ParseFragment(strings.NewReader(h), &html.Node{Type: html.ElementNode, Data: "div", DataAtom: atom.Div})
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	var walk func(n *html.Node)
	walk = func(n *html.Node) {
		tag := ""
		switch n.Type {
		case html.TextNode:
			b.WriteString(n.Data)
			return
		case html.CommentNode:
			return
		}
		tag = n.Data
		attr := func(k string) string {
			for _, a := range n.Attr {
				if a.Key == k {
					return a.Val
				}
			}
			return ""
		}
		if !ours {
			if len(tag) == 2 && tag[0] == 'h' && tag[1] >= '1' && tag[1] <= '6' {
				tag = "h3"
			}
			if tag == "a" {
				if _, _, ok := safeURL(attr("href")); !ok {
					for c := n.FirstChild; c != nil; c = c.NextSibling {
						walk(c)
					}
					return
				}
			}
		}
		show := tag
		switch tag {
		case "span", "div", "tbody":
			show = ""
		case "a":
			show = "a " + attr("href")
		case "img":
			if !ours {
				if _, _, ok := safeURL(attr("src")); !ok || n.Parent != nil && n.Parent.Data == "a" {
					b.WriteString(attr("alt"))
					return
				}
				alt := attr("alt")
				if alt == "" {
					alt = attr("src")
				}
				b.WriteString("<a " + attr("src") + ">" + alt + "</a>")
				return
			}
		case "ol":
			show = "ol " + attr("start")
		}
		if show != "" {
			b.WriteString("<" + show + ">")
		}
		for c := n.FirstChild; c != nil; c = c.NextSibling {
			walk(c)
		}
		if show != "" {
			b.WriteString("</" + tag + ">")
		}
	}
	for _, n := range nodes {
		walk(n)
	}
	s := regexp.MustCompile(`\s*(</?(p|h\d|ul|ol|li|pre|blockquote|hr|table|thead|tr|td|th)[^>]*>)\s*`).ReplaceAllString(b.String(), "$1")
	s = regexp.MustCompile(`<br></br>\s*`).ReplaceAllString(s, "<br>")
	return strings.TrimSpace(s)
}

var headingTags = regexp.MustCompile(`<(/?)h[1-6]>`)

func TestCommonMarkExamples(t *testing.T) {
	z, err := gzip.NewReader(bytes.NewReader(hostile.Read(t, "security", "markdown", "commonmark_spec.txt.gz")))
	if err != nil {
		t.Fatal(err)
	}
	spec, err := io.ReadAll(z)
	if err != nil {
		t.Fatal(err)
	}
	// What differs on purpose: tags and entities that are shown as text, bare
	// links, addresses that may not be linked, alt texts. Seven more are empty
	// elements, which are left out, bare links and addresses with a backslash.
	differs := regexp.MustCompile(`(?i)<[a-z/?!]|https?://[^)>\]]*$`)
	same, compared, all := 0, 0, examples(t, spec)
	r := New(Options{})
	for _, x := range all {
		h, err := r.HTML(x.md)
		if err != nil {
			t.Fatal(err)
		}
		if err := harmless(h); err != nil {
			t.Errorf("example at line %d: %v", x.line, err)
		}
		if differs.MatchString(x.md) {
			continue
		}
		compared++
		got, want := skeleton(t, h, true), skeleton(t, x.want, false)
		got = headingTags.ReplaceAllString(got, "<${1}h3>") // the levels follow the page, not the text
		if got == want {
			same++
		} else {
			t.Logf("line %d %q\n got %q\nwant %q", x.line, x.md, got, want)
		}
	}
	t.Logf("%d examples, %d compared, %d the same", len(all), compared, same)
	if len(all) < 600 || compared < 480 || same < compared-7 {
		t.Errorf("%d of %d examples of the specification are the same", same, compared)
	}
	for _, x := range examples(t, hostile.Read(t, "security", "markdown", "cmark_regression.txt")) {
		if err := harmless(htmlOf(t, x.md)); err != nil {
			t.Errorf("regression at line %d: %v", x.line, err)
		}
	}
}

// processor is the time that this thread has spent on a processor: unlike the
// clock on the wall it does not count what others do on a busy machine. Where
// the system cannot say it, it is the time of the whole process.
func processor(t testing.TB) time.Duration {
	const thread = 1 // RUSAGE_THREAD of Linux
	var u syscall.Rusage
	if syscall.Getrusage(thread, &u) != nil {
		if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
			t.Fatal(err)
		}
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// cost renders a text and returns the processor time that took and what was
// allocated.
func cost(t testing.TB, src string) (time.Duration, uint64) {
	t.Helper()
	r := New(Options{})
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	runtime.GC()
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	start := processor(t)
	h, err := r.HTML(src)
	took := processor(t) - start
	runtime.ReadMemStats(&after)
	if err != nil {
		t.Fatal(err)
	}
	if len(h) > 2*maxOutput {
		t.Errorf("%d bytes of HTML", len(h))
	}
	return took, after.TotalAlloc - before.TotalAlloc
}

func bombs() map[string]string {
	fill := func(s string) string { return strings.Repeat(s, MaxSource/len(s)) }
	var stairs, ticks strings.Builder
	for i := 0; stairs.Len() < MaxSource-1000; i++ {
		stairs.WriteString(strings.Repeat(" ", i) + "* a\n")
	}
	for i := 1; ticks.Len() < MaxSource-1000; i++ {
		ticks.WriteString("e" + strings.Repeat("`", i))
	}
	m := map[string]string{"stairs": stairs.String(), "ticks": ticks.String(), "flat table": "|" + strings.Repeat("a|", 5000) + "\n|" + strings.Repeat("-|", 5000) + "\n" + strings.Repeat("|a|\n", 2000),
		"many tables": fill("|" + strings.Repeat("a|", 90) + "\n|" + strings.Repeat("-|", 90) + "\n" + strings.Repeat("a\n", 200) + "\n")}
	for _, s := range []string{">", "*a_ ", "a**b", "c* ", "[", "]", "[a](", "[a](b", "![", "[a]: u\n", "[a]: u\n[a]", "<!--", "<!--a", "<![CDATA[", "<div>", "~~a~", "~a~", "@a ", "a", "$", "$a", "$$", "$a$", "&", "&#", "\\",
		"`", "`a", "``a`", "- ", "* ", "1. ", "- a\n", "1) a\n", "> a\n", "> > > ", ">>>>>>>>>>>>\n", "a\n", "a\n\n", "#\n", "# a\n", "---\n", "    a\n", "```\n", "~~~a\n", "<b>", "<b><i>", "</b>", "<kbd>a</kbd>", "<br>",
		"www.a.b/", " www.a", " http://a.b/(", "(http://a.b", "*http://", " a@b.c", "a@", "|", "|a", "a|b\n-|-\n", "|\n", "\t", " ", "[](", "[]()", "[](<", "[a](b \"", "[a](b 'c", "[a]: (\n", "[a\n", "![](![](", "[a][", "[a][a]",
		"*", "_", "**", "***", "* * ", "a*", "_a", "*a**b***c", "\\\n", "  \n", "é", "\u0301", "\u202e", "\x00", "\xff", "🙂", "- - ", "- > ", "> - ", "1. > ", "+\n\n", "*\n", "[^a]", "- [ ] a\n", "\r", "\r\n", "@[a](0abcdefghjkmn) ", "@[", "===\n", "a\n===\n", "a\n-\n", "&amp;", "<a@b.c>", "<http://a>"} {
		m[s] = fill(s)
		m["["+s] = "[" + fill(s)[:len(fill(s))-4] + "]"
		m["code "+s] = "```go\n" + fill(s)[:len(fill(s))-20] + "\n```"
	}
	return m
}

func TestBombsStayWithinTheirBounds(t *testing.T) {
	if testing.Short() {
		t.Skip("takes seconds")
	}
	worst, most := time.Duration(0), uint64(0)
	for name, src := range bombs() {
		took, bytes := cost(t, src)
		if took > 100*time.Millisecond || bytes > 40<<20 {
			t.Logf("%q: %v, %d MB allocated", name, took, bytes>>20)
		}
		// The bar is 250 ms and 64 MB on an idle machine; unbounded parsing
		// takes seconds for many of these.
		if took > slow(500*time.Millisecond) {
			t.Errorf("%q takes %v", name, took)
		}
		if bytes > 64<<20 {
			t.Errorf("%q allocates %d MB", name, bytes>>20)
		}
		worst, most = max(worst, took), max(most, bytes)
	}
	t.Logf("worst %v, most %d MB allocated", worst, most>>20)
}

func TestGeneratedBombs(t *testing.T) {
	files, _ := filepath.Glob(filepath.Join(hostile.Files(t), "md_*.md"))
	if len(files) < 15 {
		t.Fatalf("%d files", len(files))
	}
	for _, f := range files {
		b, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		r := New(Options{})
		if len(b) > MaxSource {
			if _, err := r.HTML(string(b)); !fault.Is(err, fault.Invalid) {
				t.Errorf("%s: %v", filepath.Base(f), err)
			}
			b = b[:MaxSource]
		}
		took, bytes := cost(t, string(b))
		if took > slow(500*time.Millisecond) || bytes > 64<<20 {
			t.Errorf("%s takes %v and %d MB", filepath.Base(f), took, bytes>>20)
		}
		h, _ := r.HTML(string(b))
		if err := harmless(h); err != nil {
			t.Errorf("%s: %v", filepath.Base(f), err)
		}
		t.Logf("%s: %d kB in %v, %d MB allocated", filepath.Base(f), len(b)>>10, took, bytes>>20)
	}
}

func FuzzHTMLIsHarmless(f *testing.F) {
	for _, s := range []string{"a *b* `c`", "[a](b \"c\")", "|a|\n|-|\n|b|", "<kbd>x</kbd><!-- y -->", "$a$ @b @[c](0abcdefghjkmn)", "> - 1. a\n```go\nx\n```", "&#x6A;avascript:x", "![a](/files/x?w=1&h=2)"} {
		f.Add(s)
	}
	r := New(Options{CacheBytes: 1000})
	f.Fuzz(func(t *testing.T, src string) {
		if len(src) > 20000 {
			return
		}
		h, err := r.HTMLFor(src, View{IDPrefix: "p-", Resolve: func(k []string) map[string]Link { return map[string]Link{k[0]: {Href: "/people/1"}} }})
		if err != nil {
			t.Fatal(err)
		}
		if err := harmless(h); err != nil {
			t.Fatalf("%v in %s", err, h)
		}
		if strings.Contains(h, "gh-at n=\"") {
			t.Fatalf("placeholder left in %s", h)
		}
		Plain(src)
		if e := Excerpt(src, 50); len([]rune(e)) > 50 || strings.Contains(e, "\n") {
			t.Fatalf("excerpt %q", e)
		}
	})
}

func BenchmarkHTML(b *testing.B) {
	r := New(Options{CacheBytes: 1})
	src := strings.Repeat("Some *words* with a [link](https://x.example), `code` and @ada.\n\n- one\n- two\n\n", 20)
	for b.Loop() {
		if _, err := r.HTML(src); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkHTMLCached(b *testing.B) {
	src := strings.Repeat("Some *words* with a [link](https://x.example) and `code`.\n\n- one\n- two\n\n", 20)
	r := New(Options{})
	for b.Loop() {
		if _, err := r.HTML(src); err != nil {
			b.Fatal(err)
		}
	}
}
