package markdown

import (
	"container/list"
	"crypto/sha256"
	_ "embed"
	"regexp"
	"strconv"
	"strings"
	"sync"

	"github.com/guildhall/guildhall/internal/platform/fault"
	"github.com/microcosm-cc/bluemonday"
)

// CSS is the style of what HTML writes, in the layers and tokens of the design.
//
//go:embed markdown.css
var CSS string

// Link is where a mention leads.
type Link struct {
	Href string // path on this server
	Text string // what is shown, without the @; "" keeps what was written
}

// Resolve answers which people are meant. Keys are "@ada" for a handle, or the
// 13 characters of a person's id. What it leaves out is shown as plain text.
type Resolve func(keys []string) map[string]Link

// View is how one page wants a text.
type View struct {
	Resolve  Resolve // nil: mentions stay text
	IDPrefix string  // headings get ids that begin so; "" gives them none
}

// Options of a Renderer. The zero value is good.
type Options struct {
	// Files is the path below which this server keeps uploads; only pictures
	// from there are shown as pictures. "" means "/files/".
	Files string
	// CacheBytes bounds what is kept of rendered texts. 0 means 8 MiB.
	CacheBytes int
}

// Renderer turns Markdown into HTML and remembers what it did. It is safe for
// concurrent use.
type Renderer struct {
	files  string
	policy *bluemonday.Policy

	mu    sync.Mutex
	limit int
	size  int
	kept  map[[32]byte]*list.Element
	order *list.List // most recently used first
}

// rendered is a text's HTML, cut where mentions stand.
type rendered struct {
	key   [32]byte
	parts []string // one more than keys
	keys  []string
	names []string
	size  int
}

// New returns a Renderer.
func New(o Options) *Renderer {
	if o.Files == "" {
		o.Files = "/files/"
	}
	if o.CacheBytes == 0 {
		o.CacheBytes = 8 << 20
	}
	return &Renderer{files: o.Files, policy: policy(), limit: o.CacheBytes, kept: map[[32]byte]*list.Element{}, order: list.New()}
}

// policy is the second lock on the door: the writer escapes everything, and
// this lets pass nothing but what the writer writes.
func policy() *bluemonday.Policy {
	p := bluemonday.NewPolicy()
	p.AllowElements("p", "h3", "h4", "h5", "h6", "hr", "br", "blockquote", "ul", "ol", "li", "pre", "code", "span", "div",
		"table", "thead", "tbody", "tr", "th", "td", "em", "strong", "del", "ins", "mark", "u", "small", "kbd", "sub", "sup")
	p.AllowAttrs("dir").Matching(regexp.MustCompile(`^(auto|ltr)$`)).OnElements("p", "h3", "h4", "h5", "h6", "ul", "ol", "blockquote", "table", "pre", "span")
	p.AllowAttrs("id").Matching(regexp.MustCompile(`^[\p{L}\p{N}-]{1,120}$`)).OnElements("h3", "h4", "h5", "h6")
	p.AllowAttrs("start").Matching(regexp.MustCompile(`^[0-9]{1,9}$`)).OnElements("ol")
	p.AllowAttrs("class").Matching(regexp.MustCompile(`^([a-z]|math)$`)).OnElements("span")
	p.AllowAttrs("class").Matching(regexp.MustCompile(`^language-[a-z0-9+#-]{1,20}$`)).OnElements("code")
	p.AllowAttrs("class").Matching(regexp.MustCompile(`^(end|mid)$`)).OnElements("th", "td")
	p.AllowAttrs("class").Matching(regexp.MustCompile(`^wide$`)).OnElements("div")
	p.AllowAttrs("tabindex").Matching(regexp.MustCompile(`^0$`)).OnElements("div", "pre")
	p.AllowAttrs("translate").Matching(regexp.MustCompile(`^no$`)).OnElements("span")
	p.AllowAttrs("n").Matching(regexp.MustCompile(`^[0-9]{1,6}$`)).OnElements("gh-at")
	p.AllowAttrs("href", "title").OnElements("a")
	p.AllowAttrs("rel").Matching(regexp.MustCompile(`^nofollow noopener ugc$`)).OnElements("a")
	p.AllowAttrs("src", "alt").OnElements("img")
	p.AllowAttrs("width", "height").Matching(regexp.MustCompile(`^[0-9]{1,5}$`)).OnElements("img")
	p.AllowAttrs("loading").Matching(regexp.MustCompile(`^lazy$`)).OnElements("img")
	p.AllowAttrs("decoding").Matching(regexp.MustCompile(`^async$`)).OnElements("img")
	p.AllowURLSchemes("http", "https", "mailto")
	p.AllowRelativeURLs(true)
	p.RequireParseableURLs(true)
	return p
}

// HTML returns the text as HTML that is safe to put into a page, mentions as
// plain text. The only fault is a text longer than MaxSource.
func (r *Renderer) HTML(src string) (string, error) { return r.HTMLFor(src, View{}) }

// HTMLFor is HTML with links for mentions and ids for headings.
func (r *Renderer) HTMLFor(src string, v View) (string, error) {
	x, err := r.render(src, v.IDPrefix)
	if err != nil {
		return "", err
	}
	if len(x.keys) == 0 {
		return x.parts[0], nil
	}
	var links map[string]Link
	if v.Resolve != nil {
		links = v.Resolve(unique(x.keys))
	}
	var b strings.Builder
	for i, k := range x.keys {
		b.WriteString(x.parts[i])
		link, ok := links[k]
		if href, external, safe := safeURL(link.Href); ok && safe && !external {
			name := "@" + link.Text
			if link.Text == "" {
				name = x.names[i]
			}
			b.WriteString(`<a class="mention" href="` + escaper.Replace(href) + `">` + escaper.Replace(name) + `</a>`)
		} else {
			b.WriteString(escaper.Replace(x.names[i]))
		}
	}
	b.WriteString(x.parts[len(x.keys)])
	return b.String(), nil
}

// Mentions returns the keys of the mentions in a text, as Resolve is asked,
// each once, in order of appearance.
func (r *Renderer) Mentions(src string) []string {
	x, err := r.render(src, "")
	if err != nil {
		return nil
	}
	return unique(x.keys)
}

func unique(keys []string) []string {
	seen := map[string]bool{}
	var one []string
	for _, k := range keys {
		if !seen[k] {
			seen[k] = true
			one = append(one, k)
		}
	}
	return one
}

func (r *Renderer) render(src, ids string) (*rendered, error) {
	if len(src) > MaxSource {
		return nil, fault.New(fault.Invalid, "fault.text.too_long").With("max", MaxSource)
	}
	ids = strings.Map(func(c rune) rune {
		if isWord(c) || c == '-' {
			return c
		}
		return -1
	}, ids)
	key := sha256.Sum256([]byte(ids + "\x00" + src))
	r.mu.Lock()
	if e, ok := r.kept[key]; ok {
		r.order.MoveToFront(e)
		r.mu.Unlock()
		return e.Value.(*rendered), nil
	}
	r.mu.Unlock()
	x := r.make(src, ids)
	x.key = key
	r.keep(x)
	return x, nil
}

func (r *Renderer) make(src, ids string) *rendered {
	src = strings.ToValidUTF8(strings.ReplaceAll(src, "\x00", "\ufffd"), "\ufffd")
	w := &writer{out: out{limit: maxOutput}, src: []byte(src), files: r.files, ids: ids, used: map[string]int{}}
	doc := parse(w.src)
	if doc == nil || !w.render(doc) {
		return &rendered{parts: []string{r.policy.Sanitize(plainHTML(src))}}
	}
	safe := r.policy.Sanitize(w.b.String())
	x := &rendered{}
	for {
		// Nobody can write this tag: a < that people type is escaped.
		k := strings.Index(safe, mentionOpen)
		if k < 0 {
			break
		}
		rest := safe[k+len(mentionOpen):]
		end := strings.Index(rest, mentionClose)
		if end < 0 {
			break
		}
		n, err := strconv.Atoi(rest[:end])
		if err != nil || n >= len(w.mentions) {
			break
		}
		x.parts = append(x.parts, safe[:k])
		x.keys = append(x.keys, w.mentions[n])
		x.names = append(x.names, w.names[n])
		safe = rest[end+len(mentionClose):]
	}
	x.parts = append(x.parts, safe)
	return x
}

func (r *Renderer) keep(x *rendered) {
	x.size = 200
	for i, p := range x.parts {
		// A copy, so that the cache does not hold on to the whole text for a part.
		x.parts[i] = strings.Clone(p)
		x.size += len(p) + 64
	}
	if x.size > r.limit/4 {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if _, ok := r.kept[x.key]; ok {
		return
	}
	r.kept[x.key] = r.order.PushFront(x)
	r.size += x.size
	for r.size > r.limit {
		last := r.order.Back()
		old := r.order.Remove(last).(*rendered)
		delete(r.kept, old.key)
		r.size -= old.size
	}
}
