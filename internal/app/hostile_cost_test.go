package app

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/guildhall/guildhall/internal/ask"
	"github.com/guildhall/guildhall/internal/core/visit"
	"github.com/guildhall/guildhall/internal/platform/db/dbtest"
	"github.com/guildhall/guildhall/internal/platform/hostile"
)

// raw sends bytes as they are on behalf of Ben.
func (g *guild) raw(method, path, kind, encoding string, body []byte) int {
	g.Helper()
	req, err := http.NewRequest(method, g.url+path, bytes.NewReader(body))
	if err != nil {
		g.Fatal(err)
	}
	req.Header.Set("Content-Type", kind)
	if encoding != "" {
		req.Header.Set("Content-Encoding", encoding)
	}
	req.Header.Set("Authorization", "Bearer "+g.cast["Ben"].token)
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return 413 // the server cut a body off that is too large, before it was sent
	}
	defer res.Body.Close()
	_, _ = io.Copy(io.Discard, res.Body)
	return res.StatusCode
}

// spent is the processor time of this process.
func spent(t *testing.T) time.Duration {
	t.Helper()
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		t.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// TestBombsOfMarkdownCostLittleToKeepAndToShow posts texts that other renderers
// choke on and opens the page that shows each, without what a browser adds.
func TestBombsOfMarkdownCostLittleToKeepAndToShow(t *testing.T) {
	if testing.Short() {
		t.Skip("measures processor time")
	}
	texts := map[string]string{
		"quotes": strings.Repeat(">", 20000) + "a", "emphasis": strings.Repeat("*a_ ", 16000), "brackets": strings.Repeat("[", 30000) + "a" + strings.Repeat("]", 30000),
		"table": "|" + strings.Repeat("a|", 5000) + "\n|" + strings.Repeat("-|", 5000) + "\n" + strings.Repeat("|"+strings.Repeat("a|", 20)+"\n", 900),
	}
	t.Run("shared", func(t *testing.T) {
		list, err := filepath.Glob(filepath.Join(hostile.Files(t), "md_*.md"))
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range list {
			b, err := os.ReadFile(f)
			if err != nil {
				t.Fatal(err)
			}
			texts[filepath.Base(f)] = string(b)
		}
	})
	g := newGuild(t, dbtest.SQLite(t))
	h := g.house.Handler()
	do := func(method, path, body string) (code int, said string, took time.Duration, bytes uint64) {
		req := httptest.NewRequest(method, path, strings.NewReader(body))
		req.Header.Set("Content-Type", "application/json")
		if strings.HasPrefix(path, "/api/") {
			req.Header.Set("Authorization", "Bearer "+g.cast["Ben"].token)
		} else {
			req.AddCookie(&http.Cookie{Name: visit.Cookie, Value: g.cast["Ben"].cookie})
		}
		var before, after runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&before)
		rec, start := httptest.NewRecorder(), spent(t)
		h.ServeHTTP(rec, req)
		took = spent(t) - start
		runtime.ReadMemStats(&after)
		return rec.Code, rec.Body.String(), took, after.TotalAlloc - before.TotalAlloc
	}
	const mostTime, mostBytes = 250 * time.Millisecond, 64 << 20
	shown := map[string]bool{}
	for _, name := range slices.Sorted(maps.Keys(texts)) {
		// Whatever fits is shown; what does not is refused and tried as far as it fits.
		for _, text := range []string{texts[name], texts[name][:min(len(texts[name]), ask.MaxBody-10)]} {
			var worst string
			for try := range 3 { // somebody else may have had the processor's caches
				worst = ""
				body, err := json.Marshal(map[string]any{"title": fmt.Sprintf("What does %s look like, %d?", name, try), "body": text + strings.Repeat(" ", try) + "."})
				if err != nil {
					t.Fatal(err)
				}
				code, said, took, bytes := do("POST", "/api/v1/questions", string(body))
				if code != 201 && code != 413 && code != 422 {
					t.Fatalf("%s answers %d %.200s", name, code, said)
				}
				if took > mostTime || bytes > mostBytes {
					worst = fmt.Sprintf("posting %s takes %v and %d MB", name, took, bytes>>20)
				}
				if code != 201 {
					break
				}
				var asked struct{ ID string }
				if err := json.Unmarshal([]byte(said), &asked); err != nil {
					t.Fatal(err)
				}
				code, page, took, bytes := do("GET", "/questions/"+asked.ID, "")
				if code != 200 {
					t.Fatalf("the page of %s answers %d", name, code)
				}
				if took > mostTime || bytes > mostBytes {
					worst += fmt.Sprintf(" showing %s takes %v and %d MB", name, took, bytes>>20)
				}
				if try == 0 {
					g.harmless("the page of", name, page)
					t.Logf("%-22s %7d bytes: shown in %6.1f ms and %2d MB as %7d bytes", name, len(text), took.Seconds()*1000, bytes>>20, len(page))
					shown[name] = true
				}
				if worst == "" {
					break
				}
			}
			if worst != "" {
				t.Error(worst)
			}
		}
	}
	if len(shown) < len(texts) {
		t.Errorf("only %d of %d texts were shown", len(shown), len(texts))
	}
}
