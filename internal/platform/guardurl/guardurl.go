// Package guardurl makes requests to addresses that people typed (webhooks,
// link previews, pictures elsewhere) without letting them reach this machine,
// its network or its cloud's metadata, and checks where a browser may be sent.
//
// The address that counts is the one the connection goes to: it is looked at
// when the socket is opened, after names were resolved, so neither a name that
// leads inside nor one that changes its answer in between gets through.
package guardurl

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"
	"unicode/utf8"

	"golang.org/x/net/idna"

	"github.com/guildhall/guildhall/internal/platform/fault"
)

// Options of a Client. The zero value is strict.
type Options struct {
	Ports     []int          // besides 80 and 443
	Allow     []netip.Prefix // private ranges the administrator opened
	Own       []string       // host names of this server, which it must not call
	HTTPSOnly bool
	Redirects int           // how many are followed; 0: the redirect itself is the answer
	MaxBody   int64         // bytes of an answer; 0: 1 MiB
	Timeout   time.Duration // for all of a call; 0: 10 s
	UserAgent string        // "" is "Guildhall"
	Resolver  *net.Resolver // nil: the system's
}

// Client calls other servers.
type Client struct {
	o    Options
	http *http.Client
}

// Answer is what the other server said.
type Answer struct {
	Status int
	Header http.Header
	Body   []byte
	URL    string // after redirects
}

// New returns a Client.
func New(o Options) *Client {
	if o.MaxBody == 0 {
		o.MaxBody = 1 << 20
	}
	if o.Timeout == 0 {
		o.Timeout = 10 * time.Second
	}
	if o.UserAgent == "" {
		o.UserAgent = "Guildhall"
	}
	c := &Client{o: o}
	d := &net.Dialer{Timeout: 5 * time.Second, Resolver: o.Resolver, ControlContext: c.control}
	c.http = &http.Client{
		Transport: &http.Transport{
			Proxy:                  nil, // a proxy would resolve names where we cannot look
			DialContext:            d.DialContext,
			DisableKeepAlives:      true,
			DisableCompression:     true, // a small answer stays a small answer
			ForceAttemptHTTP2:      true,
			TLSHandshakeTimeout:    5 * time.Second,
			ResponseHeaderTimeout:  o.Timeout,
			MaxResponseHeaderBytes: 64 << 10,
		},
		CheckRedirect: c.redirected,
	}
	return c
}

func refusedHost(host string) error {
	return fault.New(fault.Invalid, "fault.url.host").With("host", clip(host))
}

func clip(s string) string {
	if len(s) > 100 {
		return strings.ToValidUTF8(s[:100], "") + "…"
	}
	return s
}

// Check reads an address and refuses what must never be called, as far as that
// can be said without asking for its name: use it when the address is typed in.
// Do checks again.
func (c *Client) Check(raw string) (*url.URL, error) {
	bad := fault.New(fault.Invalid, "fault.url.form")
	if len(raw) > 2000 || !utf8.ValidString(raw) {
		return nil, bad
	}
	for _, r := range raw {
		if r <= ' ' || r == 0x7f || r == '\\' {
			return nil, bad
		}
	}
	u, err := url.Parse(raw)
	if err != nil {
		return nil, fault.Because(fault.Invalid, "fault.url.form", err)
	}
	if u.Scheme != "https" && (u.Scheme != "http" || c.o.HTTPSOnly) || u.Opaque != "" || u.Host == "" || u.User != nil {
		return nil, bad
	}
	host, err := c.host(u.Hostname())
	if err != nil {
		return nil, err
	}
	port := 443
	if u.Scheme == "http" {
		port = 80
	}
	if p := u.Port(); p != "" {
		if port, err = strconv.Atoi(p); err != nil {
			return nil, bad
		}
	}
	if port != 80 && port != 443 && !slices.Contains(c.o.Ports, port) {
		return nil, fault.New(fault.Invalid, "fault.url.port").With("port", port)
	}
	if strings.Contains(host, ":") {
		host = "[" + host + "]"
	}
	if u.Port() != "" {
		host += ":" + u.Port()
	}
	u.Host = host
	u.Fragment, u.RawFragment = "", ""
	return u, nil
}

// host returns the name in ASCII, or a fault for names that lead inside.
func (c *Client) host(h string) (string, error) {
	if strings.Contains(h, "%") {
		return "", refusedHost(h)
	}
	if a, err := netip.ParseAddr(h); err == nil {
		if !c.open(a) {
			return "", refusedHost(h)
		}
		return h, nil
	}
	name, err := idna.Lookup.ToASCII(h)
	if err != nil {
		return "", fault.Because(fault.Invalid, "fault.url.host", err).With("host", clip(h))
	}
	name = strings.TrimSuffix(strings.ToLower(name), ".")
	// Folded letters may have become an address.
	if a, err := netip.ParseAddr(name); err == nil {
		if !c.open(a) {
			return "", refusedHost(h)
		}
		return name, nil
	}
	labels := strings.Split(name, ".")
	for _, l := range labels {
		if l == "" || len(l) > 63 || strings.Trim(l, "abcdefghijklmnopqrstuvwxyz0123456789-_") != "" {
			return "", refusedHost(h)
		}
	}
	last := labels[len(labels)-1]
	switch {
	case len(labels) < 2, last == "localhost", last == "local", last == "internal", last == "lan", last == "home", last == "corp", last == "localdomain", last == "arpa":
		return "", refusedHost(h)
	}
	// 127.1, 0x7f.1 and 017700000001 are addresses to some resolvers.
	if last[0] >= '0' && last[0] <= '9' {
		return "", refusedHost(h)
	}
	for _, own := range c.o.Own {
		if name == strings.TrimSuffix(strings.ToLower(own), ".") {
			return "", refusedHost(h)
		}
	}
	return name, nil
}

// closed are the ranges that are not the public internet, from the IANA special
// purpose registries, and those that hide such an address inside another.
var closed = func() []netip.Prefix {
	var out []netip.Prefix
	for _, s := range []string{
		"0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.0.0.0/24", "192.0.2.0/24",
		"192.31.196.0/24", "192.52.193.0/24", "192.88.99.0/24", "192.168.0.0/16", "192.175.48.0/24", "198.18.0.0/15", "198.51.100.0/24",
		"203.0.113.0/24", "224.0.0.0/4", "240.0.0.0/4", "168.63.129.16/32",
		"::/96", "64:ff9b:1::/48", "100::/64", "2001::/23", "2001:db8::/32", "2620:4f:8000::/48", "3fff::/20", "5f00::/16",
		"fc00::/7", "fe80::/10", "fec0::/10", "ff00::/8",
	} {
		out = append(out, netip.MustParsePrefix(s))
	}
	return out
}()

// open tells whether an address is public or was opened by the administrator.
func (c *Client) open(a netip.Addr) bool {
	if a.Zone() != "" {
		return false
	}
	a = a.Unmap()
	for _, p := range c.o.Allow {
		if p.Contains(a) {
			return true
		}
	}
	for _, p := range closed {
		if p.Contains(a) {
			return false
		}
	}
	if a.Is6() {
		b := a.As16()
		switch {
		case b[0] == 0x20 && b[1] == 0x02: // 6to4: the IPv4 address follows
			return c.open(netip.AddrFrom4([4]byte(b[2:6])))
		case netip.MustParsePrefix("64:ff9b::/96").Contains(a): // NAT64
			return c.open(netip.AddrFrom4([4]byte(b[12:16])))
		}
		// Only what is given out so far is the internet.
		return netip.MustParsePrefix("2000::/3").Contains(a)
	}
	return a.IsGlobalUnicast()
}

// control is called with the address a socket is about to be connected to.
func (c *Client) control(_ context.Context, network, address string, _ syscall.RawConn) error {
	at, err := netip.ParseAddrPort(address)
	if err != nil || network != "tcp4" && network != "tcp6" {
		return refusedHost(address)
	}
	if !c.open(at.Addr()) {
		return refusedHost(at.Addr().String())
	}
	if p := int(at.Port()); p != 80 && p != 443 && !slices.Contains(c.o.Ports, p) {
		return fault.New(fault.Invalid, "fault.url.port").With("port", p)
	}
	return nil
}

func (c *Client) redirected(r *http.Request, via []*http.Request) error {
	if c.o.Redirects == 0 {
		return http.ErrUseLastResponse
	}
	refused := fault.New(fault.Invalid, "fault.url.redirect")
	if len(via) > c.o.Redirects {
		return refused
	}
	if r.URL.Scheme != "https" && via[len(via)-1].URL.Scheme == "https" {
		return refused
	}
	if _, err := c.Check(r.URL.String()); err != nil {
		return fault.Because(fault.Invalid, "fault.url.redirect", err)
	}
	return nil
}

// Do makes one call. Headers with line ends in them are refused. Faults: an
// address that must not be called, an answer longer than MaxBody; Unavailable
// when the other side cannot be reached in time.
func (c *Client) Do(ctx context.Context, method, raw string, header http.Header, body []byte) (*Answer, error) {
	u, err := c.Check(raw)
	if err != nil {
		return nil, err
	}
	for name, values := range header {
		for _, v := range values {
			if !SafeHeader(name, v) {
				return nil, fault.New(fault.Invalid, "fault.url.form")
			}
		}
	}
	ctx, cancel := context.WithTimeout(ctx, c.o.Timeout)
	defer cancel()
	var in io.Reader
	if body != nil {
		in = strings.NewReader(string(body))
	}
	req, err := http.NewRequestWithContext(ctx, method, u.String(), in)
	if err != nil {
		return nil, fault.Because(fault.Invalid, "fault.url.form", err)
	}
	for name, values := range header {
		req.Header[http.CanonicalHeaderKey(name)] = slices.Clone(values)
	}
	if req.Header.Get("User-Agent") == "" {
		req.Header.Set("User-Agent", c.o.UserAgent)
	}
	res, err := c.http.Do(req)
	if err != nil {
		if f := fault.Of(err); f != nil {
			return nil, f
		}
		return nil, fault.Because(fault.Unavailable, "fault.url.unreachable", err)
	}
	defer res.Body.Close()
	b, err := io.ReadAll(io.LimitReader(res.Body, c.o.MaxBody+1))
	if err != nil {
		return nil, fault.Because(fault.Unavailable, "fault.url.unreachable", err)
	}
	if int64(len(b)) > c.o.MaxBody {
		return nil, fault.New(fault.Invalid, "fault.url.body_too_large")
	}
	return &Answer{Status: res.StatusCode, Header: res.Header, Body: b, URL: res.Request.URL.String()}, nil
}

// SafeHeader tells whether a header can be sent without becoming two.
func SafeHeader(name, value string) bool {
	if name == "" {
		return false
	}
	for i := range len(name) {
		c := name[i]
		if !(c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '-' || c == '_') {
			return false
		}
	}
	for i := range len(value) {
		if c := value[i]; c < ' ' && c != '\t' || c == 0x7f {
			return false
		}
	}
	return true
}

var errNotLocal = errors.New("not a path of this server")

// LocalPath returns s when it is a path of this server to which a browser may
// be sent, for example after signing in; else "/". What browsers read
// differently from us (backslashes, control characters, encoded slashes at the
// beginning) is not a path.
func LocalPath(s string) string {
	if err := local(s); err != nil {
		return "/"
	}
	return s
}

func local(s string) error {
	if len(s) > 2000 || s == "" || s[0] != '/' || strings.HasPrefix(s, "//") {
		return errNotLocal
	}
	for _, r := range s {
		if r <= ' ' || r >= 0x7f || r == '\\' {
			return errNotLocal
		}
	}
	u, err := url.Parse(s)
	if err != nil || u.Scheme != "" || u.Host != "" || u.User != nil || u.Opaque != "" {
		return fmt.Errorf("%w: %v", errNotLocal, err)
	}
	// The path as a browser, a proxy or a second decoding may see it.
	p := u.Path
	for range 3 {
		if strings.HasPrefix(p, "//") || strings.ContainsAny(p, "\\:@") || strings.ContainsFunc(p, func(r rune) bool { return r < ' ' || r == 0x7f }) {
			return errNotLocal
		}
		for seg := range strings.SplitSeq(p, "/") {
			if seg == ".." || seg == "." {
				return errNotLocal
			}
		}
		next, err := url.PathUnescape(p)
		if err != nil || next == p {
			break
		}
		p = next
	}
	// Line ends anywhere, however often they are encoded.
	q := s
	for range 4 {
		if strings.ContainsAny(q, "\r\n\x00") {
			return errNotLocal
		}
		next, err := url.PathUnescape(q)
		if err != nil {
			if strings.Contains(strings.ToLower(q), "%0") {
				return errNotLocal
			}
			break
		}
		if next == q {
			break
		}
		q = next
	}
	return nil
}
