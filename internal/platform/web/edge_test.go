package web

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/guildhall/guildhall/internal/platform/clock"
	"github.com/guildhall/guildhall/internal/platform/fault"
	"github.com/guildhall/guildhall/internal/platform/id"
)

// edge is an Edge that notes its log.
func edge() (*Edge, *bytes.Buffer) {
	var log bytes.Buffer
	e := &Edge{Log: slog.New(slog.NewJSONHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug})), Clock: clock.System{}}
	e.ErrorPage = func(w http.ResponseWriter, r *http.Request, p Problem) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		w.WriteHeader(p.Status)
		fmt.Fprintf(w, "<h1>%s</h1>", p.Key)
	}
	return e, &log
}

func answer(h http.Handler, r *http.Request) *http.Response {
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w.Result()
}

func body(t *testing.T, r *http.Response) string {
	t.Helper()
	b, err := io.ReadAll(r.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func failing(err error) Handler {
	return func(http.ResponseWriter, *http.Request) error { return err }
}

func TestEveryKindOfFaultHasItsStatus(t *testing.T) {
	e, _ := edge()
	for _, c := range []struct {
		kind   fault.Kind
		status int
	}{
		{fault.Invalid, 422}, {fault.Unauthenticated, 303}, {fault.Forbidden, 403}, {fault.NotFound, 404}, {fault.Conflict, 409},
		{fault.Gone, 410}, {fault.TooMany, 429}, {fault.Unavailable, 503}, {fault.Internal, 500},
	} {
		err := fmt.Errorf("wrapped: %w", fault.New(c.kind, "fault.some"))
		r := answer(e.Wrap(e.Page(failing(err))), httptest.NewRequest("GET", "/x", nil))
		if r.StatusCode != c.status {
			t.Errorf("kind %d: page answers %d, want %d", c.kind, r.StatusCode, c.status)
		}
		want := c.status
		if c.kind == fault.Unauthenticated {
			want = 401
		}
		r = answer(e.Wrap(e.API(failing(err))), httptest.NewRequest("GET", "/api/v1/x", nil))
		if r.StatusCode != want || r.Header.Get("Content-Type") != "application/problem+json" {
			t.Errorf("kind %d: API answers %d as %s, want %d", c.kind, r.StatusCode, r.Header.Get("Content-Type"), want)
		}
	}
}

func TestWhatIsMissingAndWhatMayNotBeSeenReadTheSame(t *testing.T) {
	e, _ := edge()
	absent := fault.Missing()
	hidden := fault.Because(fault.NotFound, "fault.hidden_question", errors.New("audience 7")).With("title", "Lay-offs in spring")
	for _, adapt := range []func(Handler) http.Handler{e.Page, e.API} {
		a := body(t, answer(adapt(failing(absent)), httptest.NewRequest("GET", "/q/1", nil)))
		b := body(t, answer(adapt(failing(hidden)), httptest.NewRequest("GET", "/q/1", nil)))
		if a != b {
			t.Errorf("%q and %q", a, b)
		}
	}
}

func TestAnInternalErrorSaysNothingOfItsCauseButTheLogDoes(t *testing.T) {
	e, log := edge()
	h := e.Wrap(e.Page(failing(errors.New("open /var/lib/secret: permission denied"))))
	r := answer(h, httptest.NewRequest("GET", "/x", nil))
	text := body(t, r)
	if r.StatusCode != 500 || strings.Contains(text, "secret") || !strings.Contains(text, "fault.internal") {
		t.Errorf("%d %q", r.StatusCode, text)
	}
	request := r.Header.Get("X-Request-Id")
	if request == "" || !strings.Contains(log.String(), request) || !strings.Contains(log.String(), "permission denied") {
		t.Errorf("request %q, log %s", request, log)
	}
}

func TestAPanicIsAnsweredAndLoggedOnce(t *testing.T) {
	e, log := edge()
	for _, before := range []string{"", "half a page"} {
		log.Reset()
		h := e.Wrap(e.Page(func(w http.ResponseWriter, r *http.Request) error {
			w.Header().Set("Content-Type", "text/html")
			_, _ = io.WriteString(w, before)
			panic("boom")
		}))
		r := httptest.NewRequest("GET", "/x", nil)
		r.Header.Set("Accept-Encoding", "gzip")
		res := answer(h, r)
		if res.StatusCode != 500 || strings.Contains(body(t, res), "half") {
			t.Errorf("after %q: %d", before, res.StatusCode)
		}
		if n := strings.Count(log.String(), "panic: boom"); n != 1 {
			t.Errorf("logged %d times: %s", n, log)
		}
	}
}

func TestAPanicInTheMiddleOfAnAnswerCutsTheConnection(t *testing.T) {
	e, log := edge()
	s := httptest.NewServer(e.Wrap(e.Page(func(w http.ResponseWriter, r *http.Request) error {
		_, _ = io.WriteString(w, "half")
		_ = http.NewResponseController(w).Flush()
		panic("boom")
	})))
	defer s.Close()
	r, err := http.Get(s.URL)
	if err == nil {
		_, err = io.ReadAll(r.Body)
		_ = r.Body.Close()
	}
	if err == nil {
		t.Error("half an answer looked whole")
	}
	s.Close() // the log is written when the handler has gone
	if !strings.Contains(log.String(), "panic: boom") {
		t.Errorf("%s", log)
	}
}

func TestRetryAfterIsInWholeSeconds(t *testing.T) {
	e, _ := edge()
	err := fault.New(fault.TooMany, "fault.slow").With("retry_after", 1500*time.Millisecond)
	if got := answer(e.Page(failing(err)), httptest.NewRequest("GET", "/", nil)).Header.Get("Retry-After"); got != "2" {
		t.Errorf("Retry-After %q", got)
	}
}

func TestWhoIsNotSignedInIsSentToTheLoginAndBack(t *testing.T) {
	e, _ := edge()
	h := e.Page(failing(fault.New(fault.Unauthenticated, "fault.sign_in")))
	for _, c := range []struct{ method, url, want string }{
		{"GET", "/questions/1?a=b&c=d", "/login?to=%2Fquestions%2F1%3Fa%3Db%26c%3Dd"},
		{"GET", "/", "/login"},
		{"POST", "/questions", "/login"},
	} {
		r := answer(h, httptest.NewRequest(c.method, c.url, nil))
		if got := r.Header.Get("Location"); r.StatusCode != 303 || got != c.want {
			t.Errorf("%s %s: %d to %q", c.method, c.url, r.StatusCode, got)
		}
	}
	r := httptest.NewRequest("GET", "/piece", nil)
	r.Header.Set("HX-Request", "true")
	if res := answer(h, r); res.StatusCode != 401 || res.Header.Get("HX-Redirect") != "/login" {
		t.Errorf("htmx: %d %v", res.StatusCode, res.Header)
	}
}

func TestProblemsOfTheAPIFollowTheStandard(t *testing.T) {
	e, _ := edge()
	e.Words = func(_ *http.Request, key string, args map[string]any) string { return key + fmt.Sprint(args["max"]) }
	var c fault.Check
	c.Bad("title", "fault.title", "max", 7)
	r := answer(e.API(failing(c.Err())), httptest.NewRequest("POST", "/api/v1/questions", nil))
	var d map[string]any
	if err := json.Unmarshal([]byte(body(t, r)), &d); err != nil {
		t.Fatal(err)
	}
	if d["status"] != 422.0 || d["title"] != "Unprocessable Entity" || fmt.Sprint(d["errors"]) != "[map[location:title message:fault.title7]]" {
		t.Errorf("%v", d)
	}
}

func TestPagesCarryTheStrictPolicy(t *testing.T) {
	e, _ := edge()
	e.Secure = true
	r := answer(e.Wrap(e.Page(func(w http.ResponseWriter, r *http.Request) error { return nil })), httptest.NewRequest("GET", "/", nil))
	csp := r.Header.Get("Content-Security-Policy")
	for _, part := range []string{"default-src 'none'", "script-src 'self'", "style-src 'self'", "base-uri 'none'", "frame-ancestors 'none'", "form-action 'self'", "connect-src 'self'"} {
		if !strings.Contains(csp, part) {
			t.Errorf("the policy lacks %s: %s", part, csp)
		}
	}
	if strings.Contains(csp, "unsafe") {
		t.Errorf("the policy allows %s", csp)
	}
	for name, want := range map[string]string{"X-Content-Type-Options": "nosniff", "Referrer-Policy": "same-origin", "Strict-Transport-Security": "max-age=31536000"} {
		if got := r.Header.Get(name); got != want {
			t.Errorf("%s: %q", name, got)
		}
	}
}

func TestAnotherSiteCannotPostForSomebody(t *testing.T) {
	e, _ := edge()
	e.PublicURL = &url.URL{Scheme: "https", Host: "guildhall.example"}
	done := 0
	h := e.Wrap(e.Page(func(http.ResponseWriter, *http.Request) error { done++; return nil }))
	post := func(header ...string) int {
		r := httptest.NewRequest("POST", "http://10.0.0.7/kudos", nil)
		for i := 0; i < len(header); i += 2 {
			r.Header.Set(header[i], header[i+1])
		}
		return answer(h, r).StatusCode
	}
	if s := post("Sec-Fetch-Site", "cross-site", "Origin", "https://evil.example"); s != 403 {
		t.Errorf("another site: %d", s)
	}
	if s := post("Origin", "https://evil.example"); s != 403 {
		t.Errorf("an old browser on another site: %d", s)
	}
	if done != 0 {
		t.Fatalf("%d posts of other sites were carried out", done)
	}
	if s := post("Sec-Fetch-Site", "same-origin"); s != 200 {
		t.Errorf("our own page: %d", s)
	}
	if s := post("Origin", "https://guildhall.example"); s != 200 {
		t.Errorf("our own page behind a proxy: %d", s)
	}
	if s := post(); s != 200 {
		t.Errorf("a program: %d", s)
	}
}

func TestTheClientIsWhomOurProxySpeaksFor(t *testing.T) {
	e, _ := edge()
	e.TrustedProxies = []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")}
	for _, c := range []struct{ remote, forwarded, want string }{
		{"192.0.2.9:1234", "198.51.100.7", "192.0.2.9"},
		{"10.0.0.1:1234", "198.51.100.7", "198.51.100.7"},
		{"10.0.0.1:1234", "1.1.1.1, 198.51.100.7", "198.51.100.7"},
		{"10.0.0.1:1234", "198.51.100.7, 10.0.0.2", "198.51.100.7"},
		{"10.0.0.1:1234", "rubbish", "10.0.0.1"},
		{"10.0.0.1:1234", "", "10.0.0.1"},
		{"[::ffff:10.0.0.1]:1234", "2001:db8::1", "2001:db8::1"},
		{"@", "", "invalid IP"},
	} {
		var got netip.Addr
		h := e.Wrap(e.Page(func(_ http.ResponseWriter, r *http.Request) error { got = ClientAddr(r); return nil }))
		r := httptest.NewRequest("GET", "/", nil)
		r.RemoteAddr = c.remote
		if c.forwarded != "" {
			r.Header.Set("X-Forwarded-For", c.forwarded)
		}
		answer(h, r)
		if got.String() != c.want {
			t.Errorf("%s for %q: %s, want %s", c.remote, c.forwarded, got, c.want)
		}
	}
}

func TestTheLogNamesRoutesNotPaths(t *testing.T) {
	e, log := edge()
	mux := http.NewServeMux()
	mux.Handle("GET /login/link/{token}", e.Page(func(http.ResponseWriter, *http.Request) error { return nil }))
	h := e.Wrap(mux)
	answer(h, httptest.NewRequest("GET", "/login/link/s3cr3t?x=s3cr3t", nil))
	answer(h, httptest.NewRequest("GET", "/nowhere/s3cr3t", nil))
	if strings.Contains(log.String(), "s3cr3t") || !strings.Contains(log.String(), `"route":"GET /login/link/{token}"`) {
		t.Errorf("%s", log)
	}
}

func form(kind, content string) *http.Request {
	r := httptest.NewRequest("POST", "/x?tab=1", strings.NewReader(content))
	r.Header.Set("Content-Type", kind)
	return r
}

func TestADraftIsForgottenOnlyWhenItsFormWasCarriedOut(t *testing.T) {
	e, _ := edge()
	for _, c := range []struct {
		name string
		h    Handler
		want bool
	}{
		{"done", func(w http.ResponseWriter, r *http.Request) error { return See(w, r, "/questions/1") }, true},
		{"login", failing(fault.New(fault.Unauthenticated, "fault.sign_in")), false},
		{"again", func(w http.ResponseWriter, r *http.Request) error { w.WriteHeader(422); return nil }, false},
		{"broken", failing(errors.New("disk")), false},
	} {
		r := form(urlencoded, "body=x")
		r.AddCookie(&http.Cookie{Name: DraftCookie, Value: "answer-1"})
		forgotten := len(answer(e.Wrap(e.Page(c.h)), r).Cookies()) > 0
		if forgotten != c.want {
			t.Errorf("%s: forgotten %v", c.name, forgotten)
		}
	}
}

const urlencoded = "application/x-www-form-urlencoded"

func TestFormsAreReadWithTheirQuery(t *testing.T) {
	v, err := Form(form(urlencoded, "title=+Caf%C3%A9+&body=a%0D%0Ab%0Dc&on=1&n=12&tag=x&tag=y"))
	if err != nil {
		t.Fatal(err)
	}
	n, err := v.Int("n", 0)
	if v.Text("title") != "Café" || v.Get("body") != "a\nb\nc" || !v.Bool("on") || v.Bool("off") || n != 12 || err != nil || len(v.All("tag")) != 2 || v.Get("tab") != "1" {
		t.Errorf("%v %v", v, err)
	}
	if _, err := v.Int("title", 0); fault.Of(err).Fields[0].Name != "title" {
		t.Errorf("%v", err)
	}
	if _, err := v.ID("title"); !fault.Is(err, fault.NotFound) {
		t.Errorf("%v", err)
	}
	i := id.New(time.Now())
	if v, _ = Form(form(urlencoded, "who="+i.String())); true {
		if got, err := v.ID("who"); got != i || err != nil {
			t.Errorf("%v %v", got, err)
		}
	}
}

func TestHostileFormsAreInvalidAndNothingElse(t *testing.T) {
	for _, r := range []*http.Request{
		form(urlencoded, "a=%ff%fe"), form(urlencoded, "a=x%00y"), form(urlencoded, "%00=x"), form(urlencoded, "a=%zz"), form(urlencoded, "a;b=c"),
		form("multipart/form-data; boundary=x", "--x\r\nbroken"), form("multipart/form-data", ""), form("rub//bish", "a=b"),
		form("multipart/form-data; boundary=x", "--x\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n\xff\r\n--x--\r\n"),
		form(urlencoded, strings.Repeat("a=1&", maxFields+1)),
		form("multipart/form-data; boundary=x", strings.Repeat("--x\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\nb\r\n", maxFields+1)+"--x--\r\n"),
	} {
		if _, err := Form(r); !fault.Is(err, fault.Invalid) {
			t.Errorf("%v", err)
		}
	}
	r := httptest.NewRequest("GET", "/x", nil)
	r.URL.RawQuery = "a=%ff"
	if _, err := Query(r); !fault.Is(err, fault.Invalid) {
		t.Errorf("%v", err)
	}
}

func FuzzForm(f *testing.F) {
	f.Add(urlencoded, "a=b&c=%41")
	f.Add("multipart/form-data; boundary=x", "--x\r\nContent-Disposition: form-data; name=\"a\"; filename=\"../b\"\r\n\r\nc\r\n--x--\r\n")
	f.Fuzz(func(t *testing.T, kind, content string) {
		v, err := Form(form(kind, content))
		if err != nil {
			if !fault.Is(err, fault.Invalid) {
				t.Fatalf("%v", err)
			}
			return
		}
		for name, list := range v.Values {
			for _, s := range append(list, name) {
				if !clean(s) {
					t.Fatalf("%q came through", s)
				}
			}
		}
	})
}

func TestUploadsKeepTheirWordsAndLoseTheirPaths(t *testing.T) {
	var b bytes.Buffer
	m := multipart.NewWriter(&b)
	_ = m.WriteField("title", "Photo")
	for _, name := range []string{`C:\secret\..\photo.jpg`, "../../etc/passwd", "a\u202egpj.exe"} {
		w, err := m.CreateFormFile("files", name)
		if err != nil {
			t.Fatal(err)
		}
		_, _ = w.Write([]byte("data"))
	}
	_, _ = m.CreateFormFile("empty", "")
	_ = m.Close()
	r := httptest.NewRequest("POST", "/x", &b)
	r.Header.Set("Content-Type", m.FormDataContentType())
	v, err := Form(r)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, f := range v.Files("files") {
		names = append(names, f.Name)
		if string(f.Data) != "data" {
			t.Errorf("%q", f.Data)
		}
	}
	if got := strings.Join(names, " "); got != "photo.jpg passwd agpj.exe" || v.Text("title") != "Photo" || len(v.Files("empty")) != 0 {
		t.Errorf("%q %v", got, v.Values)
	}
}

func TestABodyOverTheLimitIsRefusedAsTooLarge(t *testing.T) {
	e, _ := edge()
	e.MaxBody = 10
	h := e.Wrap(e.Page(func(_ http.ResponseWriter, r *http.Request) error { _, err := Form(r); return err }))
	if s := answer(h, form(urlencoded, "a=12345678901234567890")).StatusCode; s != 413 {
		t.Errorf("%d", s)
	}
	if s := answer(h, form(urlencoded, "a=1234")).StatusCode; s != 200 {
		t.Errorf("%d", s)
	}
}

func TestCursorsComeBackAsTheyWere(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := Cursor{At: time.UnixMicro(rapid.Int64Range(firstMicro, lastMicro).Draw(t, "at")).UTC(), ID: id.ID(rapid.Int64Range(1, 1<<62).Draw(t, "id"))}
		got, err := ParseCursor(c.String())
		if err != nil || got != c {
			t.Fatalf("%v became %v, %v", c, got, err)
		}
	})
	if c, err := ParseCursor(""); err != nil || !c.IsZero() || c.String() != "" {
		t.Errorf("the beginning: %v %v", c, err)
	}
}

func TestMalformedCursorsAreInvalid(t *testing.T) {
	good := Cursor{At: time.Now(), ID: 7}.String()
	for _, s := range []string{"x", "%%%%", good + "A", good[:len(good)-1], good[:len(good)-1] + "_", strings.Repeat("_", 22), "' OR 1=1 --"} {
		if _, err := ParseCursor(s); !fault.Is(err, fault.Invalid) {
			t.Errorf("%q: %v", s, err)
		}
	}
}

func TestTheWayBackLeadsNowhereElse(t *testing.T) {
	for _, bad := range []string{"", "x", "//evil.example", `/\evil.example`, `\\evil.example`, "https://evil.example", "/\tx", "/\r\nSet-Cookie: a=b", "/a\x00", "javascript:alert(1)", "/%zz", "/" + strings.Repeat("x", 3000)} {
		if got := Local(bad, "/home"); got != "/home" {
			t.Errorf("%q leads to %q", bad, got)
		}
	}
	for _, good := range []string{"/", "/questions?tab=new#a", "/who-knows?q=a%20b", "/a//b"} {
		if got := Local(good, "/home"); got != good {
			t.Errorf("%q became %q", good, got)
		}
	}
}

func TestCompressionIsUsedWhereItHelps(t *testing.T) {
	e, _ := edge()
	long := strings.Repeat("All people are created equal. ", 200)
	serve := func(kind, text string, accept string) *http.Response {
		h := e.Wrap(e.Page(func(w http.ResponseWriter, r *http.Request) error {
			w.Header().Set("Content-Type", kind)
			_, err := io.WriteString(w, text)
			return err
		}))
		r := httptest.NewRequest("GET", "/", nil)
		if accept != "" {
			r.Header.Set("Accept-Encoding", accept)
		}
		return answer(h, r)
	}
	for _, c := range []struct {
		kind, text, accept string
		want               bool
	}{
		{"text/html; charset=utf-8", long, "gzip, br", true}, {"text/html; charset=utf-8", long, "", false}, {"text/html", long, "gzip;q=0", false},
		{"text/html", long, "*", true}, {"text/html", long, "identity, *;q=0", false}, {"text/html", "short", "gzip", false}, {"image/png", long, "gzip", false},
		{"text/event-stream", long, "gzip", false}, {"application/json", long, "GZIP", true},
	} {
		r := serve(c.kind, c.text, c.accept)
		zipped := r.Header.Get("Content-Encoding") == "gzip"
		if zipped != c.want {
			t.Errorf("%s for %q: gzip %v", c.kind, c.accept, zipped)
		}
		var src io.Reader = r.Body
		if zipped {
			z, err := gzip.NewReader(r.Body)
			if err != nil {
				t.Fatal(err)
			}
			src = z
		}
		got, err := io.ReadAll(src)
		if err != nil || string(got) != c.text {
			t.Errorf("%s for %q: %d bytes, %v", c.kind, c.accept, len(got), err)
		}
		if c.kind != "text/event-stream" && r.Header.Get("Vary") != "Accept-Encoding" {
			t.Errorf("%s: Vary %q", c.kind, r.Header.Get("Vary"))
		}
	}
}

func TestAStreamIsSentAsItComes(t *testing.T) {
	e, _ := edge()
	told, end := make(chan struct{}), make(chan struct{})
	s := httptest.NewServer(e.Wrap(e.Page(func(w http.ResponseWriter, r *http.Request) error {
		w.Header().Set("Content-Type", "text/event-stream")
		_, _ = io.WriteString(w, "data: one\n\n")
		if err := http.NewResponseController(w).Flush(); err != nil {
			return err
		}
		close(told)
		<-end
		return nil
	})))
	defer s.Close()
	defer close(end)
	r, err := http.Get(s.URL)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Body.Close()
	<-told
	buf := make([]byte, 11)
	if _, err := io.ReadFull(r.Body, buf); err != nil || string(buf) != "data: one\n\n" {
		t.Errorf("%q %v", buf, err)
	}
}

func TestAssetsAreKeptForEverAndSentPrecompressed(t *testing.T) {
	e, _ := edge()
	h := e.Wrap(Static(map[string]Asset{"/assets/abc/a.js": {ContentType: "text/javascript; charset=utf-8", Data: []byte("plain"), Brotli: []byte("br"), Gzip: []byte("gz")}}))
	for accept, want := range map[string]string{"": "plain", "gzip": "gz", "br, gzip": "br", "br;q=0, gzip": "gz"} {
		r := httptest.NewRequest("GET", "/assets/abc/a.js", nil)
		r.Header.Set("Accept-Encoding", accept)
		res := answer(h, r)
		if got := body(t, res); got != want || !strings.Contains(res.Header.Get("Cache-Control"), "immutable") {
			t.Errorf("%q: %q, %v", accept, got, res.Header)
		}
		r.Header.Set("If-None-Match", res.Header.Get("ETag"))
		if s := answer(h, r).StatusCode; s != 304 {
			t.Errorf("%q, known: %d", accept, s)
		}
	}
	if res := answer(h, httptest.NewRequest("GET", "/assets/abd/a.js", nil)); res.StatusCode != 404 || res.Header.Get("Cache-Control") != "no-store" {
		t.Errorf("an asset of another release: %d %v", res.StatusCode, res.Header)
	}
}

func BenchmarkEdgeWithGzip(b *testing.B) {
	e, _ := edge()
	e.Log = slog.New(slog.DiscardHandler)
	page := []byte(strings.Repeat("<li class=\"row\"><a href=\"/questions/1\">A question somebody asked</a></li>\n", 300))
	h := e.Wrap(e.Page(func(w http.ResponseWriter, r *http.Request) error {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		_, err := w.Write(page)
		return err
	}))
	r := httptest.NewRequest("GET", "/", nil)
	r.Header.Set("Accept-Encoding", "gzip")
	b.SetBytes(int64(len(page)))
	b.ReportAllocs()
	for b.Loop() {
		h.ServeHTTP(httptest.NewRecorder(), r)
	}
}
