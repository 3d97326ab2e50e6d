// Package browsertest looks at pages in a real browser, Debian's Chromium
// without a window: accessibility by axe-core, weight, layout shift, errors and
// pictures, in both themes, at any width, with and without JavaScript.
package browsertest

import (
	"context"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httputil"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

//go:embed testdata/axe.min.js
var axe string

// patience bounds every single step in the browser.
const patience = 60 * time.Second

// Browser is a running Chromium with a profile of its own. It ends with the
// test that started it.
type Browser struct {
	ctx context.Context
}

// Start starts Chromium. Where there is none the test fails with the line to
// type.
func Start(t testing.TB) *Browser {
	t.Helper()
	path, err := find()
	if err != nil {
		t.Fatal(err)
	}
	opts := []chromedp.ExecAllocatorOption{
		chromedp.ExecPath(path), chromedp.UserDataDir(t.TempDir()), chromedp.NoFirstRun, chromedp.NoDefaultBrowserCheck,
		chromedp.Headless, chromedp.NoSandbox, chromedp.DisableGPU,
	}
	for _, f := range []string{"disable-quic", "disable-background-networking", "disable-component-update", "disable-sync",
		"disable-default-apps", "disable-extensions", "mute-audio", "hide-scrollbars", "disable-dev-shm-usage", "no-proxy-server"} {
		opts = append(opts, chromedp.Flag(f, true))
	}
	alloc, stopAlloc := chromedp.NewExecAllocator(context.Background(), opts...)
	ctx, stop := chromedp.NewContext(alloc, chromedp.WithErrorf(func(string, ...any) {}))
	if err := chromedp.Do(ctx); err != nil {
		stop()
		stopAlloc()
		t.Fatalf("start %s: %v", path, err)
	}
	t.Cleanup(func() {
		_ = chromedp.Cancel(ctx) // waits until Chromium has gone, so that its folder can be removed
		stop()
		stopAlloc()
	})
	return &Browser{ctx: ctx}
}

func find() (string, error) {
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if p, err := exec.LookPath(name); err == nil {
			return p, nil
		}
	}
	return "", fmt.Errorf("no Chromium for the browser tests; type: make deps (or: apt-get install -y chromium)")
}

// View is how a page is looked at.
type View struct {
	Width, Height int // 1280 by 800 when 0
	Dark          bool
	NoScript      bool
	Print         bool              // as it stands on paper
	Zoom          float64           // of the whole page; 1 when 0
	Letters       float64           // size of the letters alone; 1 when 0
	Zone          string            // of the device, IANA; this machine's when ""
	Shifting      bool              // letters that the product brings no font for may move the page
	Cookies       map[string]string // sent to the address's host
	Header        map[string]string // added to every request
}

func (v View) String() string {
	s := fmt.Sprintf("%d px", v.Width)
	if v.Dark {
		s += ", dark"
	}
	if v.NoScript {
		s += ", without scripts"
	}
	if v.Print {
		s += ", on paper"
	}
	if v.Zoom > 1 {
		s += fmt.Sprintf(", %.0f %% zoom", 100*v.Zoom)
	}
	if v.Letters > 1 {
		s += fmt.Sprintf(", letters of %.0f %%", 100*v.Letters)
	}
	return s
}

// Everywhere are the four views every page is checked in: 1280 and 390 px,
// light and dark.
var Everywhere = []View{{Width: 1280}, {Width: 1280, Dark: true}, {Width: 390, Height: 844}, {Width: 390, Height: 844, Dark: true}}

// Tab is a page open in the browser, with a store of cookies and cache of its
// own.
type Tab struct {
	ctx  context.Context
	stop context.CancelFunc

	mu       sync.Mutex
	bytes    float64
	requests int
	status   int64
	errors   []string
	pending  map[network.RequestID]string
	workers  map[string]bool // addresses of shared workers, true once they are weighed
	last     time.Time       // of the last event
	dialogs  []string
}

// Open opens the address in a new tab and waits until it is loaded and quiet.
// The caller closes the tab.
func (b *Browser) Open(t testing.TB, address string, v View) *Tab {
	t.Helper()
	tab, err := b.open(address, v)
	if err != nil {
		t.Fatalf("open %s at %s: %v", address, v, err)
	}
	return tab
}

func (b *Browser) open(address string, v View) (*Tab, error) {
	tab := &Tab{pending: map[network.RequestID]string{}, workers: map[string]bool{}}
	tab.ctx, tab.stop = chromedp.NewContext(b.ctx, chromedp.WithNewBrowserContext(), chromedp.WithListener(tab.hear))
	if v.Width == 0 {
		v.Width = 1280
	}
	if v.Height == 0 {
		v.Height = 800
	}
	theme, media, zoom := "light", "screen", max(1, v.Zoom)
	if v.Dark {
		theme = "dark"
	}
	if v.Print {
		media = "print"
	}
	steps := []chromedp.Action[chromedp.Void]{
		call(network.Enable, network.EnableParams{}),
		call(emulation.SetDeviceMetricsOverride, emulation.SetDeviceMetricsOverrideParams{Width: int64(float64(v.Width) / zoom), Height: int64(float64(v.Height) / zoom), DeviceScaleFactor: zoom, Mobile: v.Width < 500}),
		call(emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Media: media, Features: []*emulation.MediaFeature{
			{Name: "prefers-color-scheme", Value: theme}, {Name: "prefers-reduced-motion", Value: "reduce"}}}),
		call(page.AddScriptToEvaluateOnNewDocument, page.AddScriptToEvaluateOnNewDocumentParams{Source: measureShift}),
	}
	if v.Letters > 1 {
		// As a reader does who sets larger letters in the browser.
		steps = append(steps, call(page.SetFontSizes, page.SetFontSizesParams{FontSizes: &page.FontSizes{Standard: int64(16 * v.Letters), Fixed: int64(13 * v.Letters)}}))
	}
	if v.Zone != "" {
		steps = append(steps, call(emulation.SetTimezoneOverride, emulation.SetTimezoneOverrideParams{TimezoneID: v.Zone}))
	}
	if v.NoScript {
		steps = append(steps, call(emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: true}))
	}
	if len(v.Header) > 0 {
		h := network.Headers{}
		for k, x := range v.Header {
			h[k] = x
		}
		steps = append(steps, call(network.SetExtraHTTPHeaders, network.SetExtraHTTPHeadersParams{Headers: h}))
	}
	for name, value := range v.Cookies {
		steps = append(steps, call(network.SetCookie, network.SetCookieParams{Name: name, Value: value, URL: address}))
	}
	if err := tab.do(steps...); err != nil {
		tab.Close()
		return nil, err
	}
	if err := tab.Go(address); err != nil {
		tab.Close()
		return nil, err
	}
	return tab, nil
}

// measureShift adds up layout shifts that no input caused, and keeps what moved.
const measureShift = `window.__cls = 0; window.__moved = []; new PerformanceObserver(l => {
	for (const e of l.getEntries()) {
		if (e.hadRecentInput) continue;
		window.__cls += e.value;
		for (const s of e.sources) window.__moved.push(e.value.toFixed(3) + " at " + Math.round(e.startTime) + " ms, from " +
			Math.round(s.previousRect.x) + "," + Math.round(s.previousRect.y) + " to " + Math.round(s.currentRect.x) + "," + Math.round(s.currentRect.y) +
			": " + (s.node && (s.node.outerHTML || s.node.textContent) || "").slice(0, 120));
	}
}).observe({ type: "layout-shift", buffered: true });`

func call[P, R any](cmd cdp.Command[P, R], params P) chromedp.Action[chromedp.Void] {
	return chromedp.Func(func(ctx context.Context, _ *chromedp.Target) error {
		_, err := chromedp.Call(ctx, cmd, params)
		return err
	})
}

// Offline takes the tab's network away, or gives it back.
func (t *Tab) Offline(yes bool) error {
	return t.do(call(network.EmulateNetworkConditionsByRule, network.EmulateNetworkConditionsByRuleParams{
		MatchedNetworkConditions: []*network.Conditions{{Offline: yes, DownloadThroughput: -1, UploadThroughput: -1}},
	}))
}

// Close closes the tab.
func (t *Tab) Close() { t.stop() }

func (t *Tab) do(steps ...chromedp.Action[chromedp.Void]) error {
	done := make(chan error, 1)
	go func() { done <- chromedp.Do(t.ctx, steps...) }()
	timer := time.NewTimer(patience)
	defer timer.Stop()
	select {
	case err := <-done:
		return err
	case <-timer.C:
		return fmt.Errorf("the browser did not answer within %v", patience)
	}
}

// Go loads an address in the tab and starts counting anew.
func (t *Tab) Go(address string) error {
	t.mu.Lock()
	t.bytes, t.requests, t.errors, t.pending = 0, 0, nil, map[network.RequestID]string{}
	t.mu.Unlock()
	if err := t.do(chromedp.Navigate(address)); err != nil {
		return fmt.Errorf("go to %s: %w", address, err)
	}
	return t.settle()
}

// settle waits until nothing is being fetched, or nothing has happened on the
// network for a second, since some requests end where the tab does not hear of
// it.
func (t *Tab) settle() error {
	end := time.Now().Add(patience)
	for quiet := 0; quiet < 3; {
		if time.Now().After(end) {
			return fmt.Errorf("the page did not come to rest within %v", patience)
		}
		t.mu.Lock()
		if len(t.pending) == 0 || time.Since(t.last) > time.Second {
			quiet++
		} else {
			quiet = 0
		}
		t.mu.Unlock()
		if err := t.do(chromedp.Sleep(20 * time.Millisecond)); err != nil {
			return err
		}
	}
	return nil
}

func (t *Tab) hear(ev any) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.last = time.Now()
	switch ev := ev.(type) {
	case *network.EventRequestWillBeSent:
		if strings.HasPrefix(ev.Request.URL, "data:") || strings.HasPrefix(ev.Request.URL, "blob:") {
			return
		}
		t.requests++
		if strings.HasSuffix(ev.Request.URL, "/worker.js") {
			// What comes of it is told to the worker, not to the tab.
			if _, known := t.workers[ev.Request.URL]; !known {
				t.workers[ev.Request.URL] = false
			}
			return
		}
		t.pending[ev.RequestID] = ev.Request.URL
	case *network.EventResponseReceived:
		if ev.Type == network.ResourceTypeDocument {
			t.status = ev.Response.Status
		}
		if ev.Response.MimeType == "text/event-stream" {
			delete(t.pending, ev.RequestID)
		}
		if ev.Response.Status >= 400 && ev.Type != network.ResourceTypeDocument {
			t.errors = append(t.errors, fmt.Sprintf("%s answered %d", ev.Response.URL, ev.Response.Status))
		}
	case *network.EventLoadingFinished:
		delete(t.pending, ev.RequestID)
		t.bytes += ev.EncodedDataLength
	case *network.EventLoadingFailed:
		if !ev.Canceled {
			t.errors = append(t.errors, fmt.Sprintf("%s: %s %s", t.pending[ev.RequestID], ev.ErrorText, ev.BlockedReason))
		}
		delete(t.pending, ev.RequestID)
	case *runtime.EventExceptionThrown:
		t.errors = append(t.errors, "exception: "+exception(ev.ExceptionDetails))
	case *runtime.EventConsoleAPICalled:
		if ev.Type == runtime.ConsoleAPICalledTypeError {
			var words []string
			for _, a := range ev.Args {
				words = append(words, string(a.Value)+a.Description)
			}
			t.errors = append(t.errors, "console: "+strings.Join(words, " "))
		}
	case *page.EventJavascriptDialogOpening:
		// A hostile text that opens a dialog has run as script.
		t.dialogs = append(t.dialogs, ev.Message)
		go func() {
			_ = chromedp.Do(t.ctx, call(page.HandleJavaScriptDialog, page.HandleJavaScriptDialogParams{}))
		}()
	}
}

func exception(d *runtime.ExceptionDetails) string {
	s := fmt.Sprintf("%s (%s:%d)", d.Text, d.URL, d.LineNumber)
	if d.Exception != nil {
		s += " " + d.Exception.Description
	}
	return s
}

// Weight is what the last load transferred, headers included, and in how many
// requests.
func (t *Tab) Weight() (bytes, requests int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for address, weighed := range t.workers {
		if !weighed {
			t.bytes += weigh(address)
			t.workers[address] = true
		}
	}
	return int(t.bytes), t.requests
}

// nowhere is the weight of what cannot be fetched: more than any page may have.
const nowhere = 1 << 30

// weigh fetches an address as a browser does and returns the bytes of the
// answer, headers included.
func weigh(address string) float64 {
	req, err := http.NewRequest(http.MethodGet, address, nil)
	if err != nil {
		return nowhere
	}
	req.Header.Set("Accept-Encoding", "gzip, deflate, br")
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return nowhere
	}
	defer func() { _ = res.Body.Close() }()
	dump, err := httputil.DumpResponse(res, true)
	if err != nil {
		return nowhere
	}
	return float64(len(dump))
}

// Status is the status of the last document.
func (t *Tab) Status() int {
	t.mu.Lock()
	defer t.mu.Unlock()
	return int(t.status)
}

// Errors lists exceptions, console errors and requests that failed or were
// blocked since the last load.
func (t *Tab) Errors() []string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return append([]string(nil), t.errors...)
}

// Dialogs lists the messages of alert, confirm and prompt that scripts opened.
func (t *Tab) Dialogs() []string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return append([]string(nil), t.dialogs...)
}

// Eval runs a script, which may be a promise, and reads its result as T.
func Eval[T any](t *Tab, script string) (T, error) {
	var out T
	err := t.do(func(ctx context.Context, target *chromedp.Target) (chromedp.Void, error) {
		v, err := chromedp.Evaluate[T](script, chromedp.EvalAwaitPromise)(ctx, target)
		out = v
		return chromedp.Void{}, err
	})
	return out, err
}

// Click clicks the first element the selector finds, once it is visible.
func (t *Tab) Click(css string) error { return t.do(chromedp.Click(chromedp.CSS(css))) }

// Press clicks by script, for what takes itself away when it is clicked.
func (t *Tab) Press(css string) error { return t.call(css, "click") }

// Focus moves the focus by script.
func (t *Tab) Focus(css string) error { return t.call(css, "focus") }

func (t *Tab) call(css, method string) error {
	_, err := Eval[bool](t, fmt.Sprintf(`(document.querySelector(%q).%s(), true)`, css, method))
	return err
}

// Type clicks into a field and types.
func (t *Tab) Type(css, text string) error { return t.do(chromedp.SendKeys(chromedp.CSS(css), text)) }

// KeyDown lets the element hear that a key went down, by its name. Unlike Keys
// it types nothing where a script prevents that: the browser's remote control
// sends the character all the same.
func (t *Tab) KeyDown(css, key string) error {
	_, err := Eval[bool](t, fmt.Sprintf(`document.querySelector(%q).dispatchEvent(new KeyboardEvent("keydown", { key: %q, bubbles: true, cancelable: true })) || true`, css, key))
	return err
}

// Keys presses keys where the focus is; those that print nothing are named
// below.
func (t *Tab) Keys(keys string) error { return t.do(chromedp.KeyEvent(keys)) }

// Keys that print nothing, for Tab.Keys.
const (
	Enter     = kb.Enter
	Escape    = kb.Escape
	ArrowDown = kb.ArrowDown
	ArrowUp   = kb.ArrowUp
)

// Wait waits until the condition, an expression of JavaScript, is true in the
// page, whichever page it is by then.
func (t *Tab) Wait(condition string) error {
	end := time.Now().Add(15 * time.Second)
	for {
		ok, err := Eval[bool](t, `(() => { try { return !!(`+condition+`) } catch { return false } })()`)
		if err == nil && ok {
			return nil
		}
		if time.Now().After(end) {
			if err == nil {
				err = fmt.Errorf("never became true: %s", condition)
			}
			return err
		}
		if err := t.do(chromedp.Sleep(25 * time.Millisecond)); err != nil {
			return err
		}
	}
}

// Still is an error that names what moved when the layout of the page has shifted
// by 0.01 or more so far without anybody doing anything.
func (t *Tab) Still() error {
	by, err := Eval[float64](t, `window.__cls || 0`)
	if err != nil || by < 0.01 {
		return err
	}
	moved, err := Eval[string](t, `window.__moved.join("\n\t")`)
	return errors.Join(fmt.Errorf("the layout shifts by %.3f:\n\t%s", by, moved), err)
}

// Overflow is by how many pixels the page scrolls sideways; it should not.
func (t *Tab) Overflow() (int, error) {
	return Eval[int](t, `document.documentElement.scrollWidth - document.documentElement.clientWidth`)
}

// Violation is a rule of axe-core that the page breaks.
type Violation struct {
	ID     string
	Impact string
	Help   string
	Nodes  []string // where, as HTML with axe's explanation
}

func (v Violation) String() string {
	return fmt.Sprintf("%s (%s): %s\n\t%s", v.ID, v.Impact, v.Help, strings.Join(v.Nodes, "\n\t"))
}

// Axe returns the violations of WCAG 2.2 A and AA and of axe's best practices.
func (t *Tab) Axe() ([]Violation, error) {
	if _, err := Eval[int](t, axe+"\n;0"); err != nil {
		return nil, err
	}
	text, err := Eval[string](t, `axe.run(document, { resultTypes: ["violations"], runOnly: { type: "tag", values: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"] } })
		.then(r => JSON.stringify(r.violations.map(v => ({ ID: v.id, Impact: v.impact, Help: v.help, Nodes: v.nodes.map(n => n.html.slice(0, 300) + " :: " + n.failureSummary) }))))`)
	if err != nil {
		return nil, err
	}
	var out []Violation
	if err := json.Unmarshal([]byte(text), &out); err != nil {
		return nil, fmt.Errorf("read axe's answer: %w", err)
	}
	return out, nil
}

// Screenshot saves the whole page as PNG.
func (t *Tab) Screenshot(path string) error {
	var png []byte
	err := t.do(func(ctx context.Context, target *chromedp.Target) (chromedp.Void, error) {
		var err error
		png, err = chromedp.FullScreenshot(100)(ctx, target)
		return chromedp.Void{}, err
	})
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	return os.WriteFile(path, png, 0o644)
}

// PDF is the page as it is printed on A4.
func (t *Tab) PDF() ([]byte, error) {
	var out []byte
	err := t.do(func(ctx context.Context, _ *chromedp.Target) (chromedp.Void, error) {
		r, err := chromedp.Call(ctx, page.PrintToPDF, page.PrintToPDFParams{PaperWidth: 8.27, PaperHeight: 11.69})
		if err == nil {
			out = r.Data
		}
		return chromedp.Void{}, err
	})
	return out, err
}

// Check opens the address in every view and fails the test for violations,
// errors, layout shift of 0.01 or more, and pages that scroll sideways. When the
// environment variable GUILDHALL_SCREENS names a folder the pages are saved
// there as NAME-WIDTH-THEME.png.
func (b *Browser) Check(t testing.TB, name, address string, views []View) {
	t.Helper()
	for _, v := range views {
		b.check(t, name, address, v)
	}
}

func (b *Browser) check(t testing.TB, name, address string, v View) {
	t.Helper()
	tab := b.Open(t, address, v)
	defer tab.Close()
	tab.Inspect(t, name, v)
}

// Inspect is Check for the page a tab shows, so that many pages can be looked
// at in one tab one after another. v is the view it was opened in.
func (tab *Tab) Inspect(t testing.TB, name string, v View) {
	t.Helper()
	for _, e := range tab.Errors() {
		t.Errorf("%s at %s: %s", name, v, e)
	}
	if err := tab.Still(); err != nil && !v.Shifting {
		t.Errorf("%s at %s: %v", name, v, err)
	}
	if px, err := tab.Overflow(); err != nil {
		t.Errorf("%s at %s: %v", name, v, err)
	} else if px > 0 {
		t.Errorf("%s at %s: the page scrolls sideways by %d px", name, v, px)
	}
	found, err := tab.Axe()
	if err != nil {
		t.Errorf("%s at %s: %v", name, v, err)
	}
	for _, x := range found {
		t.Errorf("%s at %s: %s", name, v, x)
	}
	if dir := os.Getenv("GUILDHALL_SCREENS"); dir != "" {
		theme := "light"
		if v.Dark {
			theme = "dark"
		}
		if err := tab.Screenshot(filepath.Join(dir, fmt.Sprintf("%s-%d-%s.png", name, v.Width, theme))); err != nil {
			t.Error(err)
		}
	}
}
