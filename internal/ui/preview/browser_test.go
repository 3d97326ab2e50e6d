package preview

import (
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/guildhall/guildhall/internal/platform/clock"
	"github.com/guildhall/guildhall/internal/platform/fault"
	"github.com/guildhall/guildhall/internal/platform/i18n"
	"github.com/guildhall/guildhall/internal/platform/web"
	"github.com/guildhall/guildhall/internal/ui"
	"github.com/guildhall/guildhall/internal/ui/browsertest"
)

// serve answers /p/LANGUAGE/PAGE with the pages of this package, behind the real
// edge.
func serve(t *testing.T) *httptest.Server {
	t.Helper()
	edge := &web.Edge{Log: slog.New(slog.NewTextHandler(io.Discard, nil)), Clock: clock.System{}}
	edge.ErrorPage = func(w http.ResponseWriter, r *http.Request, p web.Problem) {
		f := Frame(i18n.Must(), i18n.Source)
		if err := ui.Write(w, r, p.Status, ui.Page(f, ui.ProblemPage(f, p))); err != nil {
			t.Error(err)
		}
	}
	mux := http.NewServeMux()
	mux.Handle("GET /assets/", ui.Assets())
	mux.Handle("POST /theme", edge.Page(ui.SwitchTheme))
	mux.Handle("GET /p/{lang}/{page}", edge.Page(func(w http.ResponseWriter, r *http.Request) error {
		c, ok := pages(r.PathValue("lang"))[r.PathValue("page")]
		if !ok {
			return fault.Missing()
		}
		return ui.Write(w, r, http.StatusOK, c)
	}))
	mux.Handle("POST /questions/1/answers", edge.Page(func(w http.ResponseWriter, r *http.Request) error {
		form, err := web.Form(r)
		if err != nil {
			return err
		}
		if form.Text("body") == "broken" {
			return errors.New("the disk is full")
		}
		return web.See(w, r, "/p/en/home")
	}))
	mux.Handle("GET /live", edge.Page(func(w http.ResponseWriter, r *http.Request) error {
		w.Header().Set("Content-Type", "text/event-stream")
		if _, err := io.WriteString(w, "data: {\"toast\":\"Ben answered you\",\"of\":\"ask\",\"count\":4}\n\n"); err != nil {
			return err
		}
		if err := http.NewResponseController(w).Flush(); err != nil {
			return err
		}
		<-r.Context().Done()
		return nil
	}))
	mux.Handle("GET /search.json", edge.API(func(w http.ResponseWriter, r *http.Request) error {
		w.Header().Set("Content-Type", "application/json")
		_, err := io.WriteString(w, `{"items":[{"title":"Found on the server","url":"/p/en/list","kind":"Question"}]}`)
		return err
	}))
	mux.Handle("GET /skills.json", edge.API(func(w http.ResponseWriter, r *http.Request) error {
		w.Header().Set("Content-Type", "application/json")
		_, err := io.WriteString(w, `{"items":[{"title":"calibration plan","kind":""},{"title":"calibration audit","kind":""}]}`)
		return err
	}))
	mux.Handle("GET /questions/similar", edge.Page(func(w http.ResponseWriter, r *http.Request) error {
		_, err := io.WriteString(w, `<p id="found">Similar to `+r.FormValue("q")[:7]+`</p>`)
		return err
	}))
	s := httptest.NewServer(edge.Wrap(mux))
	t.Cleanup(s.Close)
	return s
}

func TestPagesInTheBrowser(t *testing.T) {
	s, b := serve(t), browsertest.Start(t)
	for _, name := range []string{"home", "question", "components", "sign-in", "list", "problem-404"} {
		b.Check(t, name, s.URL+"/p/en/"+name, browsertest.Everywhere)
	}
	for _, name := range []string{"home", "question", "components"} {
		b.Check(t, name+"-long", s.URL+"/p/en-XA/"+name, []browsertest.View{{Width: 360, Height: 780, Shifting: true}, {Width: 1024, Shifting: true}})
		b.Check(t, name+"-rtl", s.URL+"/p/ar-XB/"+name, []browsertest.View{{Width: 768, Height: 1024}, {Width: 1600}})
	}
}

func TestTheFirstViewIsLightAndLaterOnesLighter(t *testing.T) {
	s, b := serve(t), browsertest.Start(t)
	tab := b.Open(t, s.URL+"/p/en/question", browsertest.View{})
	defer tab.Close()
	bytes, requests := tab.Weight()
	t.Logf("first view: %d bytes in %d requests", bytes, requests)
	if bytes > 80_000 || requests > 7 {
		t.Errorf("the first view takes %d bytes in %d requests; want at most 80,000 in 7", bytes, requests)
	}
	if err := tab.Go(s.URL + "/p/en/list"); err != nil {
		t.Fatal(err)
	}
	if bytes, _ = tab.Weight(); bytes > 12_000 {
		t.Errorf("a later page takes %d bytes, want at most 12,000", bytes)
	}
	t.Logf("later page: %d bytes", bytes)
}

// must fails the test for the first step that did not work.
func must(t *testing.T, steps ...error) {
	t.Helper()
	for i, err := range steps {
		if err != nil {
			t.Fatalf("step %d: %v", i+1, err)
		}
	}
}

func TestThePaletteFindsPlacesAndWhatTheServerFinds(t *testing.T) {
	s, b := serve(t), browsertest.Start(t)
	tab := b.Open(t, s.URL+"/p/en/home", browsertest.View{})
	defer tab.Close()
	must(t, tab.Click(".jump"))
	must(t, tab.Wait(`document.querySelector("dialog.palette[open]")`))
	must(t, tab.Wait(`document.querySelectorAll("#pal li").length == 15 && document.querySelector("#pal li").textContent.includes("Ask a question")`))
	must(t, tab.Type(".palette input", "found"))
	must(t, tab.Wait(`document.querySelector("#pal").textContent.includes("Found on the server")`))
	must(t, tab.Wait(`document.querySelector("#pal li:last-child").textContent.includes("Search everything for “found”")`))
	found, err := tab.Axe()
	if err != nil || len(found) > 0 {
		t.Errorf("the open palette: %v %v", found, err)
	}
	must(t, tab.Keys(browsertest.Enter))
	must(t, tab.Wait(`location.pathname == "/p/en/list"`))
	if e := tab.Errors(); len(e) > 0 {
		t.Error(e)
	}
}

func TestTwoKeysDoWhatTheVerbsOfThePaletteDo(t *testing.T) {
	s, b := serve(t), browsertest.Start(t)
	tab := b.Open(t, s.URL+"/p/en/home", browsertest.View{})
	defer tab.Close()
	must(t, tab.Keys("c"), tab.Keys("q"), tab.Wait(`location.pathname == "/questions/new"`))
	off := b.Open(t, s.URL+"/p/en/components", browsertest.View{}) // its reader switched character keys off
	defer off.Close()
	must(t, off.Keys("c"), off.Keys("q"), off.Click(".jump"), off.Wait(`document.querySelector("dialog.palette[open]") && location.pathname == "/p/en/components"`))
}

func TestADraftSurvivesACrashOfTheBrowser(t *testing.T) {
	s, b := serve(t), browsertest.Start(t)
	tab := b.Open(t, s.URL+"/p/en/question", browsertest.View{})
	defer tab.Close()
	must(t, tab.Type("#body", "Check the table first"))
	must(t, tab.Wait(`document.querySelector("[data-saved]").textContent == "Draft saved on this device"`))
	// The page goes away without saying anything to its scripts.
	if err := tab.Go("about:blank"); err != nil {
		t.Fatal(err)
	}
	if err := tab.Go(s.URL + "/p/en/question"); err != nil {
		t.Fatal(err)
	}
	must(t, tab.Wait(`document.querySelector("#body").value == "Check the table first"`))
	must(t, tab.Wait(`document.querySelector("[data-saved]").textContent == "Your draft from before is back"`))
	must(t, tab.Click(`[data-md=bold]`))
	must(t, tab.Wait(`document.querySelector("#body").value.includes("****")`))
}

func TestADraftIsForgottenOnlyWhenTheServerTookIt(t *testing.T) {
	s, b := serve(t), browsertest.Start(t)
	tab := b.Open(t, s.URL+"/p/en/question", browsertest.View{})
	defer tab.Close()
	kept := func() bool {
		t.Helper()
		n, err := browsertest.Eval[int](tab, `Object.keys(localStorage).filter(k => k == "draft:answer-1").length`)
		must(t, err)
		return n == 1
	}
	must(t, tab.Type("#body", "broken"), tab.Click(".composer .primary"), tab.Wait(`document.title.startsWith("That didn't work")`))
	if !kept() {
		t.Fatal("the draft went with a failed post")
	}
	must(t, tab.Go(s.URL+"/p/en/question"), tab.Wait(`document.querySelector("#body").value == "broken"`))
	must(t, tab.Type("#body", " no more"), tab.Click(".composer .primary"), tab.Wait(`location.pathname == "/p/en/home"`))
	must(t, tab.Wait(`!localStorage["draft:answer-1"]`))
}

func TestNewsReachesEveryTabThroughOneStream(t *testing.T) {
	s, b := serve(t), browsertest.Start(t)
	tab := b.Open(t, s.URL+"/p/en/live", browsertest.View{})
	defer tab.Close()
	must(t, tab.Wait(`document.querySelector(".toast.live span")?.textContent == "Ben answered you"`))
	must(t, tab.Wait(`document.querySelector("[data-count=ask]").textContent == "4"`))
}

func TestThePlacesOpenOnAPhoneWithoutScripts(t *testing.T) {
	s, b := serve(t), browsertest.Start(t)
	tab := b.Open(t, s.URL+"/p/en/home", browsertest.View{Width: 390, Height: 844, NoScript: true})
	defer tab.Close()
	must(t, tab.Click(".tabbar button"))
	open, err := browsertest.Eval[bool](tab, `document.querySelector("#nav").matches(":popover-open")`)
	if err != nil || !open {
		t.Errorf("the places stay shut: %v", err)
	}
}

func TestSkillsArePickedFromSuggestions(t *testing.T) {
	s, b := serve(t), browsertest.Start(t)
	tab := b.Open(t, s.URL+"/p/en/components", browsertest.View{})
	defer tab.Close()
	must(t, tab.Focus("#skills"))
	must(t, tab.Wait(`document.querySelectorAll("skill-picker .tag").length == 2`))
	must(t, tab.Type("#skills", "cal"))
	must(t, tab.Wait(`document.querySelectorAll("skill-picker [role=option]").length == 2`))
	must(t, tab.KeyDown("#skills", "ArrowDown"), tab.KeyDown("#skills", "Enter"))
	must(t, tab.Wait(`document.querySelector("[name=skills]").value == "calibration, firmware, calibration plan"`))
	must(t, tab.Press("skill-picker .tag"))
	must(t, tab.Wait(`document.querySelector("[name=skills]").value == "firmware, calibration plan"`))
	found, err := tab.Axe()
	if err != nil || len(found) > 0 {
		t.Errorf("with the picker in use: %v %v", found, err)
	}
	must(t, tab.Type("#title", "abcdefgh"))
	must(t, tab.Wait(`document.querySelector("#found")`))
}

func TestTheThemeButtonWorksWithAndWithoutScripts(t *testing.T) {
	s, b := serve(t), browsertest.Start(t)
	for _, v := range []browsertest.View{{}, {NoScript: true}} {
		tab := b.Open(t, s.URL+"/p/en/home", v)
		must(t, tab.Click("[data-theme-toggle]"))
		var cookies string
		var err error
		for range 200 {
			if cookies, err = browsertest.Eval[string](tab, `document.cookie`); err != nil {
				t.Fatal(err)
			}
			if strings.Contains(cookies, "theme=dark") {
				break
			}
		}
		if !strings.Contains(cookies, "theme=dark") {
			t.Errorf("%v: cookies %q", v, cookies)
		}
		tab.Close()
	}
}
