package app

import (
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strings"
	"testing"

	"github.com/guildhall/guildhall/internal/core/visit"
	"github.com/guildhall/guildhall/internal/platform/db/dbtest"
	"github.com/guildhall/guildhall/internal/ui/browsertest"
)

// steps carries out what somebody does in a tab, in order.
func steps(t *testing.T, tab *browsertest.Tab, do ...error) {
	t.Helper()
	for i, err := range do {
		if err != nil {
			t.Fatalf("step %d: %v (errors of the page: %v)", i+1, err, tab.Errors())
		}
	}
}

// Whoever typed a title and nothing else finds it again, with its skills, and
// without its page having been told that it goes.
func TestATitleAloneIsKeptAsADraft(t *testing.T) {
	t.Parallel()
	s := play(t, dbtest.SQLite(t))
	b := browsertest.Start(t)
	address := s.url + "/questions/new"
	tab := b.Open(t, address, browsertest.View{Cookies: map[string]string{visit.Cookie: s.cast["Chidi"].cookie}})
	defer tab.Close()
	const saved, back = `document.querySelector("[data-saved]").textContent == "Draft saved on this device"`, `document.querySelector("[data-saved]").textContent == "Your draft from before is back"`
	steps(t, tab,
		tab.Type("#title", "Why does the kiln crack glaze?"), tab.Wait(saved),
		tab.Go("about:blank"), tab.Go(address),
		tab.Wait(`document.querySelector("#title").value == "Why does the kiln crack glaze?"`), tab.Wait(back),
		tab.Focus("#skills"), tab.Wait(`document.querySelector("skill-picker [role=combobox]")`),
		tab.Type("#skills", "glazing, kilns,"),
		tab.Wait(`localStorage["draft:question-new"].includes("glazing, kilns")`),
		tab.Go("about:blank"), tab.Go(address),
		tab.Wait(`document.querySelector("[name=skills]").value == "glazing, kilns"`),
		tab.Focus("#skills"), tab.Wait(`document.querySelectorAll("skill-picker .tag").length == 2`),
	)
	// Nothing is kept of somebody who changed their mind.
	if _, err := browsertest.Eval[bool](tab, `(() => { const e = document.querySelector("#title"); e.value = ""; e.dispatchEvent(new Event("input", { bubbles: true })); return true })()`); err != nil {
		t.Fatal(err)
	}
	steps(t, tab, tab.Wait(`!localStorage["draft:question-new"]`))
}

// A title the server refused came back with the page: it is no less a draft when
// something else of the form is changed.
func TestARefusedTitleStaysADraft(t *testing.T) {
	t.Parallel()
	s := play(t, dbtest.SQLite(t))
	b := browsertest.Start(t)
	address := s.url + "/questions/new"
	tab := b.Open(t, address, browsertest.View{Cookies: map[string]string{visit.Cookie: s.cast["Chidi"].cookie}})
	defer tab.Close()
	const press = `(() => { const f = document.querySelector("#title").form; f.noValidate = true; f.requestSubmit(); return true })()`
	const tick = `(() => { const c = document.querySelector("[name=learner_first]"); c.click(); return c.checked })()`
	steps(t, tab, tab.Type("#title", "Too short"), tab.Wait(`localStorage["draft:question-new"]?.includes("Too short")`))
	if _, err := browsertest.Eval[bool](tab, press); err != nil {
		t.Fatal(err)
	}
	steps(t, tab, tab.Wait(`document.querySelector(".errors") && document.querySelector("[data-draft]").dataset.ready`))
	if on, err := browsertest.Eval[bool](tab, tick); err != nil || !on {
		t.Fatalf("the box is ticked: %v, %v", on, err)
	}
	steps(t, tab,
		tab.Wait(`document.querySelector("[data-saved]").textContent == "Draft saved on this device"`),
		tab.Wait(`localStorage["draft:question-new"]?.includes("Too short")`),
		tab.Go("about:blank"), tab.Go(address), tab.Wait(`document.querySelector("#title").value == "Too short"`),
	)
}

// A slow line brings the composer when the first words are typed already.
func TestWordsTypedBeforeTheComposerCameAreKept(t *testing.T) {
	t.Parallel()
	s := play(t, dbtest.SQLite(t))
	to, err := url.Parse(s.url)
	if err != nil {
		t.Fatal(err)
	}
	through := &httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) { r.SetURL(to); r.Out.Host = to.Host }}
	b := browsertest.Start(t)
	for _, field := range []string{"title", "body"} {
		come := make(chan struct{}) // what it waits for is the test, so that no machine is too slow for it
		slow := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if strings.HasSuffix(r.URL.Path, "/compose.js") {
				select {
				case <-come:
				case <-r.Context().Done():
					return
				}
			}
			through.ServeHTTP(w, r)
		}))
		t.Cleanup(slow.Close)
		tab := b.Open(t, slow.URL+"/questions/new", browsertest.View{Cookies: map[string]string{visit.Cookie: s.cast["Ben"].cookie}})
		t.Cleanup(tab.Close)
		steps(t, tab, tab.Type("#"+field, "typed early"))
		if early, err := browsertest.Eval[bool](tab, `document.querySelector("#`+field+`").value == "typed early" && !document.querySelector("[data-draft]").dataset.ready`); err != nil || !early {
			t.Fatalf("%s: the composer was there first: %v", field, err)
		}
		close(come)
		steps(t, tab,
			tab.Wait(`localStorage["draft:question-new"]?.includes("typed early")`),
			tab.Go("about:blank"), tab.Go(slow.URL+"/questions/new"),
			tab.Wait(`document.querySelector("#`+field+`").value == "typed early"`),
			tab.Wait(`document.querySelector("[data-saved]").textContent == "Your draft from before is back"`),
		)
	}
}
