package ui

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"sort"
	"strings"
	"testing"
)

func TestAssetsAreBuiltFromTheirSources(t *testing.T) {
	var list []string
	for _, dir := range []string{"css", "js", "js/vendor", "fonts"} {
		entries, err := os.ReadDir(dir)
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range entries {
			if !e.IsDir() {
				list = append(list, dir+"/"+e.Name())
			}
		}
	}
	list = append(list, "favicon.svg")
	sort.Strings(list)
	h := sha256.New()
	for _, p := range list {
		data, err := os.ReadFile(filepath.FromSlash(p))
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprintf(h, "%s %d\n", p, len(data))
		h.Write(data)
	}
	if got := hex.EncodeToString(h.Sum(nil)); got != sourcesHash {
		t.Error("dist/ is older than css/, js/, fonts/ or favicon.svg; type: make assets")
	}
}

// A colour may stand in the last layer of a background only; elsewhere browsers
// drop the whole declaration without a word, and a list loses its arrow.
func TestBackgroundsHaveTheirColourInTheLastLayer(t *testing.T) {
	css, err := embedded.ReadFile("dist/app.css")
	if err != nil {
		t.Fatal(err)
	}
	inner := regexp.MustCompile(`([\w-]+)\([^()]*\)`)
	layered := 0
	for _, d := range regexp.MustCompile(`[{;]background:([^;}]*)`).FindAllStringSubmatch(string(css), -1) {
		text := d[1]
		for inner.MatchString(text) {
			text = inner.ReplaceAllStringFunc(text, func(f string) string {
				switch name := inner.FindStringSubmatch(f)[1]; {
				case name == "var" || name == "light-dark" || strings.HasPrefix(name, "color") || strings.HasPrefix(name, "okl"):
					return "COLOUR"
				default:
					return strings.ToUpper(name) // an image, or a length
				}
			})
		}
		layers := strings.Split(text, ",")
		if len(layers) > 1 {
			layered++
		}
		for _, l := range layers[:len(layers)-1] {
			if strings.Contains(l, "COLOUR") || strings.Contains(l, "#") {
				t.Errorf("no browser takes background:%s", d[1])
			}
		}
	}
	if layered == 0 {
		t.Error("no background has two layers, so nothing was looked at")
	}
}

func TestAddressesHoldTheHashOfTheContent(t *testing.T) {
	for _, b := range built {
		data, err := embedded.ReadFile(b[1])
		if err != nil {
			t.Fatal(err)
		}
		if strings.HasSuffix(b[1], ".js") && !strings.HasSuffix(b[1], "/app.js") {
			continue // one hash stands for all modules
		}
		sum := sha256.Sum256(data)
		if !strings.Contains(b[0], hex.EncodeToString(sum[:6])) {
			t.Errorf("%s is not the address of %s", b[0], b[1])
		}
	}
}

func TestTheStyleSheetAsksOnlyForFontsThatAreThere(t *testing.T) {
	css, err := embedded.ReadFile("dist/app.css")
	if err != nil {
		t.Fatal(err)
	}
	h := Assets()
	urls := regexp.MustCompile(`url\(([^)]+)\)`).FindAllStringSubmatch(string(css), -1)
	if len(urls) != 7 {
		t.Errorf("%d fonts in the style sheet, want 7", len(urls))
	}
	for _, u := range urls {
		w := httptest.NewRecorder()
		h.ServeHTTP(w, httptest.NewRequest("GET", u[1], nil))
		if w.Code != 200 || w.Header().Get("Content-Type") != "font/woff2" {
			t.Errorf("%s: %d %s", u[1], w.Code, w.Header().Get("Content-Type"))
		}
	}
}

func TestAssetsKeepToTheirBudget(t *testing.T) {
	size := func(name string) int {
		data, err := embedded.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		return len(data)
	}
	if n := size("dist/app.css"); n > 40_000 {
		t.Errorf("the style sheet has %d bytes, at most 40,000", n)
	}
	if n := size("dist/app.css.br"); n > 9_000 {
		t.Errorf("the style sheet has %d bytes compressed, at most 9,000", n)
	}
	if n := size("dist/app.js.br"); n > 18_000 {
		t.Errorf("the script with htmx has %d bytes compressed, at most 18,000", n)
	}
	fonts := size("fonts/hanken-grotesk-latin-400-normal.woff2") + size("fonts/hanken-grotesk-latin-600-normal.woff2") + size("fonts/piazzolla-latin-500-normal.woff2")
	if fonts > 46_000 {
		t.Errorf("the fonts of a first view have %d bytes, at most 46,000", fonts)
	}
}

func TestCompressedFormsHoldTheSame(t *testing.T) {
	for _, b := range built {
		gz, err := embedded.ReadFile(b[1] + ".gz")
		if err != nil {
			continue // fonts
		}
		r, err := gzip.NewReader(bytes.NewReader(gz))
		if err != nil {
			t.Fatal(err)
		}
		got, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		want, _ := embedded.ReadFile(b[1])
		if !bytes.Equal(got, want) {
			t.Errorf("%s.gz holds something else", b[1])
		}
	}
}

func TestFontsAndScriptsStandBesideTheirLicences(t *testing.T) {
	for _, name := range []string{"fonts/LICENSE-hanken-grotesk.txt", "fonts/LICENSE-piazzolla.txt", "js/vendor/LICENSE-htmx.txt",
		"browsertest/testdata/LICENSE-axe-core.txt"} {
		if info, err := os.Stat(name); err != nil || info.Size() < 200 {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestTheIconInThePageIsTheDrawing(t *testing.T) {
	file, err := os.ReadFile("favicon.svg")
	if err != nil {
		t.Fatal(err)
	}
	inPage, err := url.PathUnescape(strings.TrimPrefix(string(favicon), "data:image/svg+xml,"))
	if err != nil {
		t.Fatal(err)
	}
	if want := strings.ReplaceAll(strings.TrimSpace(string(file)), `"`, "'"); inPage != want {
		t.Errorf("the page has\n%s\nand favicon.svg is\n%s", inPage, want)
	}
}
