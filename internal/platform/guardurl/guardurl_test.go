package guardurl

import (
	"bytes"
	"compress/gzip"
	"context"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/dns/dnsmessage"

	"github.com/guildhall/guildhall/internal/platform/fault"
	"github.com/guildhall/guildhall/internal/platform/hostile"
)

func lines(t *testing.T, elem ...string) []string {
	var out []string
	for _, l := range strings.Split(string(hostile.Read(t, elem...)), "\n") {
		if l = strings.TrimRight(l, "\r"); l != "" && l[0] != '#' {
			out = append(out, l)
		}
	}
	return out
}

var inside = []string{
	"http://127.0.0.1/", "http://127.1/", "http://0/", "http://2130706433/", "http://0x7f000001/", "http://[::1]/", "http://[::]/", "http://[::ffff:127.0.0.1]/", "http://[::ffff:7f00:1]/", "http://[64:ff9b::7f00:1]/",
	"http://[2002:7f00:1::]/", "http://[fe80::1%25lo]/", "http://169.254.169.254/", "http://10.1.2.3/", "http://localhost/", "http://localhost./", "http://a.localhost/", "http://①②⑦.⓪.⓪.①/", "http://127。0。0。1/", "http://user@example.org/",
	"file:///etc/passwd", "gopher://127.0.0.1:25/_", "ftp://example.org/", "data:text/html,x", "unix:/run/x", "//example.org/", "example.org", "", "http://", "https:///x", "http://example.org:22/", "http://example.org:0/", "http://example.org:6379/", "http://example.org:99999/",
	"http://intranet/", "http://metadata.google.internal/", "http://exa mple.org/", "http://example.org/\r\nX: y", "http://example.org\\@127.0.0.1/", "http://[::1", "http://guild.example/", "http://GUILD.example./",
}

func TestInsideAddressesAreRefusedWhenTyped(t *testing.T) {
	c := New(Options{Own: []string{"guild.example"}})
	for _, raw := range inside {
		if u, err := c.Check(raw); !fault.Is(err, fault.Invalid) {
			t.Errorf("%q passes as %v, %v", raw, u, err)
		}
		if _, err := c.Do(context.Background(), "GET", raw, nil, nil); !fault.Is(err, fault.Invalid) {
			t.Errorf("%q: %v", raw, err)
		}
	}
	for raw, want := range map[string]string{
		"https://example.org/a?b#c": "https://example.org/a?b", "http://8.8.8.8/": "http://8.8.8.8/", "https://[2606:4700::1]/": "https://[2606:4700::1]/", "https://bücher.example/": "https://xn--bcher-kva.example/", "https://EXAMPLE.org:443/": "https://example.org:443/",
	} {
		u, err := c.Check(raw)
		if err != nil || u.String() != want {
			t.Errorf("%q: %v, %v", raw, u, err)
		}
	}
	if _, err := New(Options{HTTPSOnly: true}).Check("http://example.org/"); !fault.Is(err, fault.Invalid) {
		t.Errorf("%v", err)
	}
}

func TestSharedTargetsAreRefused(t *testing.T) {
	all := lines(t, "security", "lists", "ssrf_targets.txt")
	c := New(Options{})
	for _, raw := range all {
		if u, err := c.Check(raw); !fault.Is(err, fault.Invalid) {
			t.Errorf("%q passes as %v, %v", raw, u, err)
		}
	}
	if len(all) < 35 {
		t.Errorf("%d targets", len(all))
	}
}

// names is a resolver that answers from a table, one list after the other.
func names(t *testing.T, table map[string][][]string) *net.Resolver {
	asked := map[string]int{}
	serve := func(q []byte) []byte {
		var p dnsmessage.Parser
		h, err := p.Start(q)
		if err != nil {
			return nil
		}
		question, err := p.Question()
		if err != nil {
			return nil
		}
		h.Response, h.RecursionAvailable = true, true
		b := dnsmessage.NewBuilder(nil, h)
		_ = b.StartQuestions()
		_ = b.Question(question)
		_ = b.StartAnswers()
		name := question.Name.String()
		if lists := table[name]; len(lists) > 0 {
			key := name + question.Type.String()
			k := min(asked[key], len(lists)-1)
			asked[key]++
			for _, s := range lists[k] {
				a := netip.MustParseAddr(s)
				head := dnsmessage.ResourceHeader{Name: question.Name, Class: question.Class}
				if a.Is4() && question.Type == dnsmessage.TypeA {
					_ = b.AResource(head, dnsmessage.AResource{A: a.As4()})
				}
				if a.Is6() && question.Type == dnsmessage.TypeAAAA {
					_ = b.AAAAResource(head, dnsmessage.AAAAResource{AAAA: a.As16()})
				}
			}
		}
		out, err := b.Finish()
		if err != nil {
			return nil
		}
		return out
	}
	pc, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { pc.Close() })
	go func() {
		b := make([]byte, 2000)
		for {
			n, from, err := pc.ReadFrom(b)
			if err != nil {
				return
			}
			if out := serve(b[:n]); out != nil {
				_, _ = pc.WriteTo(out, from)
			}
		}
	}()
	return &net.Resolver{PreferGo: true, Dial: func(ctx context.Context, _, _ string) (net.Conn, error) {
		var d net.Dialer
		return d.DialContext(ctx, "udp", pc.LocalAddr().String())
	}}
}

// server is a site on the loopback that the options may open.
func server(t *testing.T, h http.HandlerFunc) (*httptest.Server, int, Options) {
	s := httptest.NewServer(h)
	t.Cleanup(s.Close)
	port := s.Listener.Addr().(*net.TCPAddr).Port
	return s, port, Options{Ports: []int{port}, Timeout: 5 * time.Second}
}

func TestNamesThatLeadInsideAreRefusedWhenTheSocketOpens(t *testing.T) {
	hit := false
	_, port, o := server(t, func(http.ResponseWriter, *http.Request) { hit = true })
	o.Resolver = names(t, map[string][][]string{
		"inside.example.": {{"127.0.0.1"}}, "six.example.": {{"::1"}}, "mapped.example.": {{"::ffff:127.0.0.1"}}, "meta.example.": {{"169.254.169.254"}},
		"mixed.example.": {{"127.0.0.1", "fd00::1"}}, "rebind.example.": {{"203.0.113.7"}, {"127.0.0.1"}},
	})
	c := New(o)
	for _, host := range []string{"inside.example", "six.example", "mapped.example", "meta.example", "mixed.example", "rebind.example", "rebind.example"} {
		_, err := c.Do(context.Background(), "GET", fmt.Sprintf("http://%s:%d/", host, port), nil, nil)
		if !fault.Is(err, fault.Invalid) || fault.Of(err).Key != "fault.url.host" {
			t.Errorf("%s: %v", host, err)
		}
	}
	if hit {
		t.Error("the server inside was reached")
	}
	// The same name is let through once the administrator opened the range.
	o.Allow = []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}
	if a, err := New(o).Do(context.Background(), "GET", fmt.Sprintf("http://inside.example:%d/", port), nil, nil); err != nil || a.Status != 200 || !hit {
		t.Errorf("%v %v", a, err)
	}
	// A port that is not open is refused even there.
	o.Ports = nil
	if _, err := New(o).Do(context.Background(), "GET", fmt.Sprintf("http://inside.example:%d/", port), nil, nil); fault.Of(err) == nil || fault.Of(err).Key != "fault.url.port" {
		t.Errorf("%v", err)
	}
}

func TestRedirectsAreCheckedAgain(t *testing.T) {
	var got []string
	s, port, o := server(t, func(w http.ResponseWriter, r *http.Request) {
		got = append(got, r.Method+" "+r.URL.Path)
		if to := r.URL.Query().Get("to"); to != "" {
			http.Redirect(w, r, to, http.StatusTemporaryRedirect)
		}
	})
	o.Allow = []netip.Prefix{netip.MustParsePrefix("127.0.0.1/32")}
	o.Redirects = 3
	o.Resolver = names(t, map[string][][]string{"out.example.": {{"127.0.0.1"}}, "in.example.": {{"127.0.0.2"}}})
	c := New(o)
	base := fmt.Sprintf("http://out.example:%d", port)
	do := func(c *Client, to string) (*Answer, error) {
		got = nil
		return c.Do(context.Background(), "POST", base+"/a?to="+url.QueryEscape(to), http.Header{"Authorization": {"x"}}, []byte("body"))
	}
	if a, err := do(c, base+"/b"); err != nil || a.URL != base+"/b" || fmt.Sprint(got) != "[POST /a POST /b]" {
		t.Errorf("%v %v %v", a, err, got)
	}
	for _, to := range []string{fmt.Sprintf("http://in.example:%d/", port), "http://169.254.169.254/latest", "file:///etc/passwd", "gopher://x/", fmt.Sprintf("http://[::1]:%d/", port), "http://out.example:22/", base + "/a?to=" + url.QueryEscape(base+"/a?to="+url.QueryEscape(base+"/a?to="+url.QueryEscape(base+"/a?to=/b")))} {
		if a, err := do(c, to); err == nil || !fault.Is(err, fault.Invalid) {
			t.Errorf("%s: %v %v", to, a, err)
		}
		for _, g := range got[1:] {
			if g != "POST /a" {
				t.Errorf("%s reached %s", to, g)
			}
		}
	}
	o.Redirects = 0
	if a, err := do(New(o), base+"/b"); err != nil || a.Status != 307 || len(got) != 1 {
		t.Errorf("a webhook follows: %v %v %v", a, err, got)
	}
	_ = s
}

func TestAnswersAreBounded(t *testing.T) {
	_, port, o := server(t, func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/long":
			for range 100 {
				if _, err := w.Write(bytes.Repeat([]byte("x"), 64<<10)); err != nil {
					return
				}
			}
		case "/gzip":
			w.Header().Set("Content-Encoding", "gzip")
			z := gzip.NewWriter(w)
			for range 100 {
				_, _ = z.Write(make([]byte, 64<<10))
			}
			z.Close()
		case "/drip":
			for range 1000 {
				select {
				case <-r.Context().Done():
					return
				case <-time.After(10 * time.Millisecond):
				}
				if _, err := w.Write([]byte("x")); err != nil {
					return
				}
				w.(http.Flusher).Flush()
			}
		case "/headers":
			for i := range 3000 {
				w.Header().Add(fmt.Sprintf("X-%d", i), strings.Repeat("y", 100))
			}
		}
	})
	o.Allow = []netip.Prefix{netip.MustParsePrefix("127.0.0.1/32")}
	o.MaxBody, o.Timeout = 100<<10, 2*time.Second
	c := New(o)
	get := func(p string) (*Answer, error) {
		return c.Do(context.Background(), "GET", fmt.Sprintf("http://127.0.0.1:%d%s", port, p), nil, nil)
	}
	if _, err := get("/long"); fault.Of(err) == nil || fault.Of(err).Key != "fault.url.body_too_large" {
		t.Errorf("%v", err)
	}
	if a, err := get("/gzip"); err != nil || len(a.Body) > 20<<10 {
		t.Errorf("unpacked: %v", err)
	}
	if _, err := get("/drip"); !fault.Is(err, fault.Unavailable) {
		t.Errorf("%v", err)
	}
	if _, err := get("/headers"); !fault.Is(err, fault.Unavailable) {
		t.Errorf("%v", err)
	}
	for _, h := range []http.Header{{"X-A": {"b\r\nX-C: d"}}, {"X-A\r\nX": {"b"}}, {"": {"b"}}, {"X A": {"b"}}, {"X": {"\x00"}}} {
		if _, err := c.Do(context.Background(), "GET", fmt.Sprintf("http://127.0.0.1:%d/", port), h, nil); !fault.Is(err, fault.Invalid) {
			t.Errorf("%q: %v", h, err)
		}
	}
}

func TestLocalPaths(t *testing.T) {
	for _, s := range []string{"/", "/questions/1", "/search?q=a%20b&x=https://y.example/", "/a/b-c_d.e~f", "/q?next=%2Fhome", "/people?unit=1#top"} {
		if LocalPath(s) != s {
			t.Errorf("%q is refused", s)
		}
	}
	for _, s := range []string{"", "a", "//", "//?x", "//evil.example", "///evil.example", "/\\evil.example", "\\/evil", "https://evil.example", "/%2fevil.example", "/%5cevil.example", "/%252fevil.example", "/\tevil", "/ evil", "/a/../b", "/%09/evil.example", "/a%0d%0aSet-Cookie:x", "/a%250a", "javascript:alert(1)", "/javascript:alert(1)", "/é", "/a%", strings.Repeat("/a", 2000)} {
		if got := LocalPath(s); got != "/" {
			t.Errorf("%q leads to %q", s, got)
		}
	}
}

func TestSharedRedirectsLeadNowhere(t *testing.T) {
	n := 0
	for _, s := range append(lines(t, "security", "lists", "open_redirect.txt"), lines(t, "security", "lists", "crlf.txt")...) {
		n++
		got := LocalPath(s)
		// What is let through must, as a browser joins it, stay on this host and
		// hold no line end.
		base, _ := url.Parse("https://guild.example/sign-in")
		u, err := base.Parse(got)
		if err != nil || u.Host != "guild.example" || u.Scheme != "https" {
			t.Errorf("%q leads to %q", s, got)
		}
		if got != "/" {
			t.Errorf("%q passes as %q", s, got)
		}
	}
	if n < 250 {
		t.Errorf("%d lines", n)
	}
}

func FuzzLocalPath(f *testing.F) {
	f.Add("/a/b?c=d")
	f.Add("/%2f/evil")
	f.Add("/\\evil")
	f.Fuzz(func(t *testing.T, s string) {
		got := LocalPath(s)
		if got[0] != '/' || len(got) > 1 && (got[1] == '/' || got[1] == '\\') || strings.ContainsAny(got, "\r\n\t\\ ") {
			t.Fatalf("%q", got)
		}
		base, _ := url.Parse("https://guild.example/x")
		if u, err := base.Parse(got); err != nil || u.Host != "guild.example" {
			t.Fatalf("%q: %v %v", got, u, err)
		}
	})
}

func FuzzCheck(f *testing.F) {
	for _, s := range inside {
		f.Add(s)
	}
	c := New(Options{})
	f.Fuzz(func(t *testing.T, s string) {
		u, err := c.Check(s)
		if err != nil {
			return
		}
		if a, err := netip.ParseAddr(u.Hostname()); err == nil && (!a.IsGlobalUnicast() || a.IsPrivate() || a.IsLoopback()) {
			t.Fatalf("%v", u)
		}
		if again, err := c.Check(u.String()); err != nil || again.Host != u.Host {
			t.Fatalf("%v, again %v %v", u, again, err)
		}
	})
}
