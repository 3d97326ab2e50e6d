package web

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"runtime/debug"
	"strconv"
	"strings"
	"time"

	"github.com/guildhall/guildhall/internal/platform/clock"
	"github.com/guildhall/guildhall/internal/platform/fault"
)

// Handler answers a request or says why not. It returns a *fault.Fault for
// what the person can act on. When it returns an error it has written nothing.
type Handler func(w http.ResponseWriter, r *http.Request) error

// Problem is a fault on its way out.
type Problem struct {
	Status     int
	Kind       fault.Kind
	Key        string // of the sentence
	Args       map[string]any
	Fields     []fault.Field
	RequestID  string
	RetryAfter time.Duration // 0 when it is not known
}

// Edge holds what every request passes through. The zero value of every field
// but Log, Clock and ErrorPage is useful.
type Edge struct {
	Log   *slog.Logger
	Clock clock.Clock
	// ErrorPage writes the page of a problem, status included.
	ErrorPage func(w http.ResponseWriter, r *http.Request, p Problem)
	// Words prints a sentence for problem+json; nil prints its key.
	Words func(r *http.Request, key string, args map[string]any) string
	// PublicURL is the address people type; its origin may post to us even
	// behind a proxy that rewrites Host.
	PublicURL *url.URL
	// TrustedProxies may say in X-Forwarded-For whom they speak for.
	TrustedProxies []netip.Prefix
	// MaxBody bounds a request's body in bytes, 1 MiB when 0. MaxUpload bounds
	// multipart bodies, 12 MiB when 0.
	MaxBody, MaxUpload int64
	// Observe is told of every answer by its route; nil is told nothing.
	Observe func(route string, status int, took time.Duration)
	// Secure adds Strict-Transport-Security; set it when people reach us by
	// https.
	Secure bool
}

type stateKey struct{}

// state is what the edge knows of one request.
type state struct {
	id      string
	client  netip.Addr
	pattern string
	whole   io.ReadCloser // the body, as large as an upload may be
	failed  bool          // the handler returned an error
	cause   error         // of a 5xx, for the log
}

func of(r *http.Request) *state {
	s, _ := r.Context().Value(stateKey{}).(*state)
	if s == nil {
		return &state{}
	}
	return s
}

// RequestID names the request in the log and on error pages. It is empty
// outside Wrap.
func RequestID(r *http.Request) string { return of(r).id }

// Whole is the body of a request that takes a file as it is, up to MaxUpload
// bytes.
func Whole(r *http.Request) io.ReadCloser {
	if b := of(r).whole; b != nil {
		return b
	}
	return r.Body
}

// ClientAddr is the address of the person's machine: the connection's, or what
// a trusted proxy says. It is invalid when it cannot be known (a Unix socket).
func ClientAddr(r *http.Request) netip.Addr {
	if s := of(r); s.client.IsValid() {
		return s.client
	}
	return remote(r)
}

// Wrap puts next behind everything a request passes: request id, panic
// recovery, access log, security headers, cross-origin protection, body limit
// and compression.
func (e *Edge) Wrap(next http.Handler) http.Handler {
	cross := http.NewCrossOriginProtection()
	if e.PublicURL != nil && e.PublicURL.Host != "" {
		// The only error is an origin that cannot be parsed, and this one was.
		_ = cross.AddTrustedOrigin(e.PublicURL.Scheme + "://" + e.PublicURL.Host)
	}
	cross.SetDenyHandler(e.Page(func(http.ResponseWriter, *http.Request) error {
		return fault.New(fault.Forbidden, "fault.cross_origin")
	}))
	inner := cross.Handler(e.limit(compress(next)))
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		start := time.Now() // how long it took, not when it was: no business of the moved clock
		s := &state{id: newRequestID(), client: e.client(r)}
		r = r.WithContext(context.WithValue(r.Context(), stateKey{}, s))
		rec := &recorder{ResponseWriter: w, r: r, s: s}
		e.headers(rec.Header(), s.id)
		defer func() {
			if p := recover(); p != nil {
				if p == http.ErrAbortHandler {
					panic(p)
				}
				s.cause = fmt.Errorf("panic: %v\n%s", p, debug.Stack())
				begun := rec.status != 0
				if !begun {
					e.fail(rec, r, s.cause, false)
				}
				e.record(r, s, rec, time.Since(start))
				if begun {
					panic(http.ErrAbortHandler) // half an answer must not look whole
				}
				return
			}
			e.record(r, s, rec, time.Since(start))
		}()
		inner.ServeHTTP(rec, r)
	})
}

func newRequestID() string {
	var b [8]byte
	_, _ = rand.Read(b[:]) // never fails: crypto/rand.Read ends the program instead
	return hex.EncodeToString(b[:])
}

// policy is the Content-Security-Policy of every answer: nothing but our own
// files, no inline script or style, no frames.
const policy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; " +
	"font-src 'self'; connect-src 'self'; media-src 'self'; worker-src 'self'; manifest-src 'self'; " +
	"form-action 'self'; base-uri 'none'; frame-ancestors 'none'"

// pageHeaders are the security headers that concern documents only.
var pageHeaders = []string{"Content-Security-Policy", "X-Frame-Options", "Referrer-Policy", "Cross-Origin-Opener-Policy", "Permissions-Policy", "X-Request-Id"}

func (e *Edge) headers(h http.Header, id string) {
	h.Set("Content-Security-Policy", policy)
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("X-Frame-Options", "DENY")
	h.Set("Referrer-Policy", "same-origin")
	h.Set("Cross-Origin-Opener-Policy", "same-origin")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	h.Set("Permissions-Policy", "camera=(self), microphone=(), geolocation=(), browsing-topics=()")
	h.Set("X-Request-Id", id)
	if e.Secure {
		h.Set("Strict-Transport-Security", "max-age=31536000")
	}
}

func (e *Edge) limit(next http.Handler) http.Handler {
	small, large := e.MaxBody, e.MaxUpload
	if small == 0 {
		small = 1 << 20
	}
	if large == 0 {
		large = 12 << 20
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Body != nil && r.Body != http.NoBody {
			n := small
			if strings.HasPrefix(r.Header.Get("Content-Type"), "multipart/") {
				n = large
			}
			of(r).whole = http.MaxBytesReader(w, r.Body, large)
			r.Body = http.MaxBytesReader(w, r.Body, n)
		}
		next.ServeHTTP(w, r)
	})
}

func remote(r *http.Request) netip.Addr {
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		host = r.RemoteAddr
	}
	a, err := netip.ParseAddr(host)
	if err != nil {
		return netip.Addr{}
	}
	return a.Unmap().WithZone("")
}

// client walks X-Forwarded-For from our end and stops at the first machine
// that is not one of our proxies: what stands before it was written by
// strangers.
func (e *Edge) client(r *http.Request) netip.Addr {
	a := remote(r)
	if !a.IsValid() || !e.trusted(a) {
		return a
	}
	hops := strings.Split(strings.Join(r.Header.Values("X-Forwarded-For"), ","), ",")
	for i := len(hops) - 1; i >= 0; i-- {
		hop, err := netip.ParseAddr(strings.TrimSpace(hops[i]))
		if err != nil {
			return a
		}
		a = hop.Unmap().WithZone("")
		if !e.trusted(a) {
			return a
		}
	}
	return a
}

func (e *Edge) trusted(a netip.Addr) bool {
	for _, p := range e.TrustedProxies {
		if p.Contains(a) {
			return true
		}
	}
	return false
}

// Page adapts a handler that answers with pages: faults become error pages and
// nobody signed in is sent to /login.
func (e *Edge) Page(h Handler) http.Handler { return e.adapt(h, false) }

// API adapts a handler that answers with JSON: faults become RFC 9457
// problem+json.
func (e *Edge) API(h Handler) http.Handler { return e.adapt(h, true) }

func (e *Edge) adapt(h Handler, api bool) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		of(r).pattern = r.Pattern
		if err := h(w, r); err != nil {
			e.fail(w, r, err, api)
		}
	})
}

// Status is the HTTP status of a kind of fault.
func Status(k fault.Kind) int {
	switch k {
	case fault.Invalid:
		return http.StatusUnprocessableEntity
	case fault.Unauthenticated:
		return http.StatusUnauthorized
	case fault.Forbidden:
		return http.StatusForbidden
	case fault.NotFound:
		return http.StatusNotFound
	case fault.Conflict:
		return http.StatusConflict
	case fault.Gone:
		return http.StatusGone
	case fault.TooMany:
		return http.StatusTooManyRequests
	case fault.Unavailable:
		return http.StatusServiceUnavailable
	}
	return http.StatusInternalServerError
}

// NewProblem describes an error for the person who meets it. What is missing
// and what may not be seen read the same; what is internal says nothing of its
// cause.
func NewProblem(r *http.Request, err error) Problem {
	p := Problem{Status: http.StatusInternalServerError, Key: "fault.internal", RequestID: RequestID(r)}
	var tooLarge *http.MaxBytesError
	f := fault.Of(err)
	switch {
	case errors.As(err, &tooLarge):
		p.Status, p.Kind, p.Key = http.StatusRequestEntityTooLarge, fault.Invalid, "fault.too_large"
		p.Args = map[string]any{"mib": max(tooLarge.Limit>>20, 1)}
		return p
	case f == nil:
		return p
	}
	p.Kind, p.Status = f.Kind, Status(f.Kind)
	switch f.Kind {
	case fault.NotFound:
		p.Key = "fault.not_found"
		return p
	case fault.Internal:
		return p
	}
	p.Key, p.Args, p.Fields = f.Key, f.Args, f.Fields
	if f.Kind == fault.TooMany || f.Kind == fault.Unavailable {
		p.RetryAfter, _ = f.Args["retry_after"].(time.Duration)
	}
	return p
}

// fail answers with the problem of an error.
func (e *Edge) fail(w http.ResponseWriter, r *http.Request, err error, api bool) {
	p := NewProblem(r, err)
	of(r).failed = true
	if p.Status >= 500 {
		of(r).cause = err
	}
	h := w.Header()
	h.Del("Content-Length")
	h.Del("Content-Encoding")
	h.Del("ETag")
	h.Set("Cache-Control", "no-store")
	if p.RetryAfter > 0 {
		h.Set("Retry-After", strconv.Itoa(int((p.RetryAfter+time.Second-1)/time.Second)))
	}
	if api || wantsJSON(r) {
		e.problemJSON(w, r, p)
		return
	}
	if p.Kind == fault.Unauthenticated {
		SeeLogin(w, r)
		return
	}
	if e.ErrorPage == nil {
		http.Error(w, http.StatusText(p.Status), p.Status)
		return
	}
	e.ErrorPage(w, r, p)
}

func wantsJSON(r *http.Request) bool {
	return strings.HasPrefix(r.URL.Path, "/api/") || strings.HasPrefix(r.Header.Get("Accept"), "application/json")
}

// SeeLogin sends somebody who is not signed in to the login page, with the way
// back when the page can be asked for again.
func SeeLogin(w http.ResponseWriter, r *http.Request) {
	to := "/login"
	if r.Method == http.MethodGet && r.Header.Get("HX-Request") == "" {
		if back := Local(r.URL.RequestURI(), ""); back != "" && back != "/" {
			to += "?" + url.Values{"to": {back}}.Encode()
		}
	}
	if r.Header.Get("HX-Request") != "" {
		// A redirect inside a partial update would put the login page into a
		// corner of this one.
		w.Header().Set("HX-Redirect", to)
		w.WriteHeader(http.StatusUnauthorized)
		return
	}
	http.Redirect(w, r, to, http.StatusSeeOther)
}

// problemDocument is the body of RFC 9457.
type problemDocument struct {
	Type     string         `json:"type"`
	Title    string         `json:"title"`
	Status   int            `json:"status"`
	Detail   string         `json:"detail,omitempty"`
	Instance string         `json:"instance,omitempty"`
	Errors   []problemField `json:"errors,omitempty"`
}

type problemField struct {
	Location string `json:"location"`
	Message  string `json:"message"`
}

func (e *Edge) problemJSON(w http.ResponseWriter, r *http.Request, p Problem) {
	say := func(key string, args map[string]any) string {
		if e.Words == nil {
			return key
		}
		return e.Words(r, key, args)
	}
	d := problemDocument{Type: "about:blank", Title: http.StatusText(p.Status), Status: p.Status, Detail: say(p.Key, p.Args)}
	if p.Status >= 500 && p.RequestID != "" {
		d.Instance = "urn:guildhall:request:" + p.RequestID
	}
	for _, f := range p.Fields {
		d.Errors = append(d.Errors, problemField{Location: f.Name, Message: say(f.Key, f.Args)})
	}
	if p.Status == http.StatusUnauthorized {
		w.Header().Set("WWW-Authenticate", `Bearer realm="guildhall"`)
	}
	w.Header().Set("Content-Type", "application/problem+json")
	w.WriteHeader(p.Status)
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(true)
	_ = enc.Encode(d) // the reader is gone when this fails
}

// recorder notes what was answered.
type recorder struct {
	http.ResponseWriter
	r      *http.Request
	s      *state
	status int
	bytes  int64
}

// DraftCookie is set by the composer when a form with a draft is sent. The
// edge takes it away when the form was carried out, and only then does the
// device forget the draft: an answer that never came, an error page and a login
// page keep it.
const DraftCookie = "draft"

func (w *recorder) WriteHeader(code int) {
	// 1xx answers precede the real one.
	if w.status == 0 && code >= 200 {
		w.status = code
		if code == http.StatusSeeOther && w.r.Method == http.MethodPost && !w.s.failed {
			if _, err := w.r.Cookie(DraftCookie); err == nil {
				http.SetCookie(w.ResponseWriter, &http.Cookie{Name: DraftCookie, Path: "/", MaxAge: -1})
			}
		}
	}
	w.ResponseWriter.WriteHeader(code)
}

func (w *recorder) Write(b []byte) (int, error) {
	if w.status == 0 {
		w.status = http.StatusOK
	}
	n, err := w.ResponseWriter.Write(b)
	w.bytes += int64(n)
	return n, err
}

// ReadFrom keeps sendfile for large files.
func (w *recorder) ReadFrom(src io.Reader) (int64, error) {
	if w.status == 0 {
		w.status = http.StatusOK
	}
	n, err := io.Copy(w.ResponseWriter, src)
	w.bytes += n
	return n, err
}

func (w *recorder) Unwrap() http.ResponseWriter { return w.ResponseWriter }

// Flush serves handlers that ask for http.Flusher directly.
func (w *recorder) Flush() {
	if w.status == 0 {
		w.status = http.StatusOK
	}
	_ = http.NewResponseController(w.ResponseWriter).Flush()
}

// record writes one line per request. It names the route, not the path: paths
// may carry one-time links.
func (e *Edge) record(r *http.Request, s *state, rec *recorder, took time.Duration) {
	route := s.pattern
	if route == "" {
		route = r.Pattern
	}
	if route == "" {
		// Methods are whatever a stranger writes.
		route = "(no route)"
	}
	if e.Observe != nil {
		e.Observe(route, rec.status, took)
	}
	if e.Log == nil {
		return
	}
	attrs := []slog.Attr{
		slog.String("route", route), slog.Int("status", rec.status), slog.Int64("bytes", rec.bytes),
		slog.Float64("ms", float64(took.Microseconds())/1000), slog.String("request", s.id),
	}
	if s.client.IsValid() {
		attrs = append(attrs, slog.String("client", s.client.String()))
	}
	level := slog.LevelDebug
	if s.cause != nil {
		level = slog.LevelError
		attrs = append(attrs, slog.String("cause", s.cause.Error()))
	}
	e.Log.LogAttrs(r.Context(), level, "request", attrs...)
}
