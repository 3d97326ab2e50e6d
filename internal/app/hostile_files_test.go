package app

import (
	"fmt"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/guildhall/guildhall/internal/core/visit"
	"github.com/guildhall/guildhall/internal/platform/db"
	"github.com/guildhall/guildhall/internal/platform/db/dbtest"
	"github.com/guildhall/guildhall/internal/platform/hostile"
)

// attach answers a question with a file, as a form does.
func (g *guild) attach(question, name string, data []byte) (code int, said string) {
	return g.upload("Ben", "/questions/"+question+"/answers", "files", name, data, "body", "See here.")
}

var fileLink = regexp.MustCompile(`/files/[0-9a-z]{13}`)

// TestHostileFilesAreRefusedOrKeptAsDownloads sends files that break programs to
// every door that takes files. What is kept is a download or a picture that we
// have drawn anew, and small.
func TestHostileFilesAreRefusedOrKeptAsDownloads(t *testing.T) {
	files := map[string][]byte{
		"a.svg": []byte(`<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>`), "a.html": []byte("<script>alert(1)</script>"), "half.png": []byte("\x89PNG\r\n\x1a\n"), "empty": {},
	}
	t.Run("shared", func(t *testing.T) {
		dir := hostile.Files(t)
		entries, err := os.ReadDir(dir)
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range entries {
			if files[e.Name()], err = os.ReadFile(filepath.Join(dir, e.Name())); err != nil {
				t.Fatal(err)
			}
		}
		drawings, err := filepath.Glob(filepath.Join(hostile.Path(t, "security", "xss", "svg"), "*.svg"))
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range drawings {
			if files[filepath.Base(f)], err = os.ReadFile(f); err != nil {
				t.Fatal(err)
			}
		}
	})
	answers := map[string]string{}
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		g := newGuild(t, d)
		var asked struct{ ID string }
		if code := g.call("Ben", "POST", "/api/v1/questions", map[string]any{"title": "What is in these files?"}, &asked); code != 201 {
			t.Fatal(code)
		}
		kept := 0
		for _, name := range slices.Sorted(maps.Keys(files)) {
			data := files[name]
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			one, said := g.attach(asked.ID, name, data)
			runtime.ReadMemStats(&after)
			if one != 303 && one != 422 && one != 413 {
				t.Errorf("attaching %s answers %d %.200s", name, one, said)
			}
			if most := uint64(64<<20 + 4*len(data)); after.TotalAlloc-before.TotalAlloc > most {
				t.Errorf("attaching %s takes %d MB", name, (after.TotalAlloc-before.TotalAlloc)>>20)
			}
			if one == 303 && len(data) > 0 {
				kept++
			}
			two, _ := g.upload("Ben", "/people/me/picture", "picture", name, data)
			three, page := g.upload("Ada", "/admin/import", "file", name, data, "do", "preview")
			if two >= 500 || three >= 500 {
				t.Errorf("%s as a picture answers %d, as a list of people %d", name, two, three)
			}
			if strings.HasPrefix(page, "<!") {
				g.harmless("/admin/import", name, page)
			}
			four := g.raw("POST", "/api/v1/questions", "application/json", "", data)
			five := g.raw("POST", "/api/v1/questions", "application/json", "gzip", data)
			if four < 400 || four >= 500 || five < 400 || five >= 500 {
				t.Errorf("%s as JSON answers %d, compressed %d", name, four, five)
			}
			if said := fmt.Sprint(one, two, three, four, five); answers[name] == "" {
				answers[name] = said
			} else if answers[name] != said {
				t.Errorf("%s: one database answers %s, the other %s", name, answers[name], said)
			}
		}
		_, page, _ := g.ask("Ada", "GET", "/questions/"+asked.ID, "")
		_, rest, _ := g.ask("Ada", "GET", "/questions/"+asked.ID+"?from=50", "")
		seen := map[string]bool{}
		for _, path := range fileLink.FindAllString(page+rest, -1) {
			if seen[path] {
				continue
			}
			seen[path] = true
			req, err := http.NewRequest("GET", g.url+path, nil)
			if err != nil {
				t.Fatal(err)
			}
			req.AddCookie(&http.Cookie{Name: visit.Cookie, Value: g.cast["Ada"].cookie})
			res, err := http.DefaultClient.Do(req)
			if err != nil {
				t.Fatal(err)
			}
			res.Body.Close()
			kind, how, csp := res.Header.Get("Content-Type"), res.Header.Get("Content-Disposition"), res.Header.Get("Content-Security-Policy")
			if res.StatusCode != 200 || res.Header.Get("X-Content-Type-Options") != "nosniff" || !strings.Contains(csp, "default-src 'none'") ||
				!strings.HasPrefix(how, "attachment") && kind != "image/png" && kind != "image/jpeg" {
				t.Errorf("%s answers %d as %q, %q, %q", path, res.StatusCode, kind, how, csp)
			}
		}
		if len(seen) != kept {
			t.Errorf("%d files were kept, the page leads to %d", kept, len(seen))
		}
	})
}
