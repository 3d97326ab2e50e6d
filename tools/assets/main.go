// Command assets builds what the browser gets from internal/ui: one minified
// style sheet, the scripts, their compressed forms, and assets_gen.go with the
// address of each. It needs nothing but Go. Run it from the repository's root
// with `make assets`.
package main

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"go/format"
	"os"
	"path/filepath"
	"regexp"
	"sort"
	"strings"

	"github.com/andybalholm/brotli"
	"github.com/evanw/esbuild/pkg/api"
)

const (
	root = "internal/ui"
	dist = "internal/ui/dist"
)

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "assets:", err)
		os.Exit(1)
	}
}

// built is one file of the product.
type built struct {
	name string // in dist
	hash string
	kind string
	data []byte
}

func run() error {
	if err := os.RemoveAll(dist); err != nil {
		return err
	}
	if err := os.MkdirAll(dist, 0o755); err != nil {
		return err
	}
	var files []*built
	fonts, err := filepath.Glob(filepath.Join(root, "fonts", "*.woff2"))
	if err != nil {
		return err
	}
	address := map[string]string{}
	for _, f := range fonts {
		data, err := os.ReadFile(f)
		if err != nil {
			return err
		}
		b := &built{name: filepath.Base(f), hash: hash(data), kind: "font/woff2", data: data}
		files = append(files, b)
		address[b.name] = "/assets/" + b.hash + "/" + b.name
	}
	css, err := style(address)
	if err != nil {
		return err
	}
	files = append(files, &built{name: "app.css", hash: hash(css), kind: "text/css; charset=utf-8", data: css})
	scripts, err := bundle("app", "compose", "picker", "similar", "vault", "live", "worker")
	if err != nil {
		return err
	}
	// The modules that come later are found beside each other, so one hash
	// stands for all of them.
	var all []byte
	for _, s := range scripts[1:] {
		all = append(all, s.data...)
	}
	for i, s := range scripts {
		s.hash = hash(all)
		if i == 0 {
			s.hash = hash(s.data)
		}
	}
	files = append(files, scripts...)
	icon, err := os.ReadFile(filepath.Join(root, "favicon.svg"))
	if err != nil {
		return err
	}
	files = append(files, &built{name: "icon.svg", hash: hash(icon), kind: "image/svg+xml", data: icon})
	for _, b := range files {
		if err := write(b); err != nil {
			return err
		}
	}
	return generate(files)
}

func hash(data []byte) string {
	h := sha256.Sum256(data)
	return hex.EncodeToString(h[:6])
}

var fontURL = regexp.MustCompile(`url\(fonts/([^)]+)\)`)

// style joins the style sheets in their order and gives every font its address.
func style(address map[string]string) ([]byte, error) {
	var src bytes.Buffer
	for _, name := range []string{"tokens", "base", "components", "guildhall"} {
		data, err := os.ReadFile(filepath.Join(root, "css", name+".css"))
		if err != nil {
			return nil, err
		}
		src.Write(data)
		src.WriteByte('\n')
	}
	var missing []string
	text := fontURL.ReplaceAllStringFunc(src.String(), func(s string) string {
		name := fontURL.FindStringSubmatch(s)[1]
		if address[name] == "" {
			missing = append(missing, name)
		}
		return "url(" + address[name] + ")"
	})
	if missing != nil {
		return nil, fmt.Errorf("no such fonts: %v", missing)
	}
	out := api.Transform(text, api.TransformOptions{Loader: api.LoaderCSS, MinifyWhitespace: true, MinifySyntax: true, Target: api.ESNext, LegalComments: api.LegalCommentsNone})
	if err := failed(out.Errors); err != nil {
		return nil, err
	}
	for _, w := range out.Warnings {
		return nil, fmt.Errorf("css: %s", w.Text)
	}
	return out.Code, nil
}

func bundle(names ...string) ([]*built, error) {
	var files []*built
	for _, n := range names {
		out := api.Build(api.BuildOptions{
			EntryPoints: []string{filepath.Join(root, "js", n+".js")}, Bundle: true, Format: api.FormatESModule, Target: api.ES2022,
			MinifyWhitespace: true, MinifyIdentifiers: true, MinifySyntax: true, LegalComments: api.LegalCommentsNone, Write: false,
		})
		if err := failed(out.Errors); err != nil {
			return nil, err
		}
		data := out.OutputFiles[0].Contents
		if n == "app" {
			// htmx comes minified by its makers, and smaller than we would make it.
			htmx, err := os.ReadFile(filepath.Join(root, "js", "vendor", "htmx.min.js"))
			if err != nil {
				return nil, err
			}
			data = append(append(htmx, '\n'), data...)
		}
		files = append(files, &built{name: n + ".js", kind: "text/javascript; charset=utf-8", data: data})
	}
	return files, nil
}

func failed(list []api.Message) error {
	var errs []error
	for _, m := range list {
		where := ""
		if m.Location != nil {
			where = fmt.Sprintf("%s:%d: ", m.Location.File, m.Location.Line)
		}
		errs = append(errs, errors.New(where+m.Text))
	}
	return errors.Join(errs...)
}

// write puts a file into dist, and its compressed forms where they are smaller.
func write(b *built) error {
	if b.kind == "font/woff2" {
		return nil // served from fonts/, compressed already
	}
	if err := os.WriteFile(filepath.Join(dist, b.name), b.data, 0o644); err != nil {
		return err
	}
	var br bytes.Buffer
	bw := brotli.NewWriterLevel(&br, brotli.BestCompression)
	if _, err := bw.Write(b.data); err != nil {
		return err
	}
	if err := bw.Close(); err != nil {
		return err
	}
	var gz bytes.Buffer
	gw, err := gzip.NewWriterLevel(&gz, gzip.BestCompression)
	if err != nil {
		return err
	}
	if _, err := gw.Write(b.data); err != nil {
		return err
	}
	if err := gw.Close(); err != nil {
		return err
	}
	fmt.Printf("%-14s %6d bytes, gzip %5d, brotli %5d\n", b.name, len(b.data), gz.Len(), br.Len())
	if err := os.WriteFile(filepath.Join(dist, b.name+".br"), br.Bytes(), 0o644); err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(dist, b.name+".gz"), gz.Bytes(), 0o644)
}

// Sources lists what dist is made from, so that a test can say when it is old.
func sources() ([]string, error) {
	var list []string
	err := filepath.WalkDir(root, func(p string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		switch dir := filepath.ToSlash(filepath.Dir(p)); {
		case dir == root+"/css", dir == root+"/js", dir == root+"/js/vendor", dir == root+"/fonts", filepath.Base(p) == "favicon.svg":
			list = append(list, filepath.ToSlash(p))
		}
		return nil
	})
	sort.Strings(list)
	return list, err
}

func generate(files []*built) error {
	list, err := sources()
	if err != nil {
		return err
	}
	h := sha256.New()
	for _, p := range list {
		data, err := os.ReadFile(p)
		if err != nil {
			return err
		}
		fmt.Fprintf(h, "%s %d\n", strings.TrimPrefix(p, root+"/"), len(data))
		h.Write(data)
	}
	by := map[string]*built{}
	for _, b := range files {
		by[b.name] = b
	}
	url := func(name string) string { return "/assets/" + by[name].hash + "/" + name }
	var g bytes.Buffer
	fmt.Fprintf(&g, "// Code generated by tools/assets; DO NOT EDIT.\n\npackage ui\n\n")
	fmt.Fprintf(&g, "// The addresses of what every page needs. Each holds a hash of the content.\nconst (\n")
	fmt.Fprintf(&g, "StyleURL = %q\nScriptURL = %q\nWorkerURL = %q\nIconURL = %q\n", url("app.css"), url("app.js"), url("worker.js"), url("icon.svg"))
	fmt.Fprintf(&g, "// ModulesURL is where the modules stand that come when they are needed; * is the name.\nModulesURL = %q\n)\n\n", "/assets/"+by["live.js"].hash+"/*.js")
	fmt.Fprintf(&g, "// fontURLs are the faces every page is set in.\nvar fontURLs = [...]string{%q, %q, %q}\n\n",
		url("hanken-grotesk-latin-400-normal.woff2"), url("hanken-grotesk-latin-600-normal.woff2"), url("piazzolla-latin-500-normal.woff2"))
	fmt.Fprintf(&g, "// sourcesHash is the SHA-256 of everything the assets are made from.\nconst sourcesHash = %q\n\n", hex.EncodeToString(h.Sum(nil)))
	fmt.Fprintf(&g, "// built lists the assets: address, file, content type.\nvar built = [...][3]string{\n")
	for _, b := range files {
		file := "dist/" + b.name
		if b.kind == "font/woff2" {
			file = "fonts/" + b.name
		}
		fmt.Fprintf(&g, "{%q, %q, %q},\n", url(b.name), file, b.kind)
	}
	fmt.Fprintf(&g, "}\n")
	src, err := format.Source(g.Bytes())
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(root, "assets_gen.go"), src, 0o644)
}
