package rules

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

var testNow = time.Date(2026, 11, 24, 9, 0, 0, 0, time.UTC)

func TestGeneratedTemplatesAreCurrent(t *testing.T) {
	base, dir := repository(t), t.TempDir()
	tool := filepath.Join(t.TempDir(), "pages")
	build := exec.Command("go", "build", "-o", tool, "./pages")
	build.Dir = filepath.Join(base, "tools")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("build the generator: %v\n%s", err, out)
	}
	var templates, generated []string
	err := filepath.WalkDir(filepath.Join(base, "internal"), func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		rel, err := filepath.Rel(base, path)
		if err != nil {
			return err
		}
		switch {
		case strings.HasSuffix(path, "_templ.go"):
			generated = append(generated, rel)
		case strings.HasSuffix(path, ".templ"):
			templates = append(templates, rel)
			data, err := os.ReadFile(path)
			if err != nil {
				return err
			}
			if err := os.MkdirAll(filepath.Join(dir, filepath.Dir(rel)), 0o755); err != nil {
				return err
			}
			return os.WriteFile(filepath.Join(dir, rel), data, 0o644)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(templates) == 0 {
		t.Fatal("no templates found: the walk is blind")
	}
	run := exec.Command(tool)
	run.Dir = dir
	if out, err := run.CombinedOutput(); err != nil {
		t.Fatalf("generate: %v\n%s", err, out)
	}
	for _, rel := range templates {
		name := strings.TrimSuffix(rel, ".templ") + "_templ.go"
		want, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			t.Error(err)
			continue
		}
		got, err := os.ReadFile(filepath.Join(base, name))
		if err != nil {
			t.Errorf("%s was never generated; type: make generate", rel)
			continue
		}
		if !bytes.Equal(got, want) {
			t.Errorf("%s is not what %s makes; type: make generate", name, rel)
		}
	}
	for _, name := range generated {
		if _, err := os.Stat(filepath.Join(base, strings.TrimSuffix(name, "_templ.go")+".templ")); err != nil {
			t.Errorf("%s has no template any more; remove it", name)
		}
	}
}

// TestBuiltAssetsAreCurrent builds what the browser gets from its sources once
// more: what is committed is that, byte for byte, and nothing else.
func TestBuiltAssetsAreCurrent(t *testing.T) {
	base, dir := repository(t), t.TempDir()
	tool := filepath.Join(t.TempDir(), "assets")
	build := exec.Command("go", "build", "-o", tool, "./assets")
	build.Dir = filepath.Join(base, "tools")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("build the builder: %v\n%s", err, out)
	}
	from := filepath.Join(base, "internal", "ui")
	for _, name := range []string{"css", "js", "fonts"} {
		if err := os.CopyFS(filepath.Join(dir, "internal", "ui", name), os.DirFS(filepath.Join(from, name))); err != nil {
			t.Fatal(err)
		}
	}
	icon, err := os.ReadFile(filepath.Join(from, "favicon.svg"))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "internal", "ui", "favicon.svg"), icon, 0o644); err != nil {
		t.Fatal(err)
	}
	run := exec.Command(tool)
	run.Dir = dir
	if out, err := run.CombinedOutput(); err != nil {
		t.Fatalf("build the assets: %v\n%s", err, out)
	}
	files := func(root string) map[string][]byte {
		out := map[string][]byte{}
		entries, err := os.ReadDir(filepath.Join(root, "dist"))
		if err != nil {
			t.Fatal(err)
		}
		names := []string{"assets_gen.go"}
		for _, e := range entries {
			names = append(names, filepath.Join("dist", e.Name()))
		}
		for _, n := range names {
			if out[n], err = os.ReadFile(filepath.Join(root, n)); err != nil {
				t.Fatal(err)
			}
		}
		return out
	}
	want, got := files(filepath.Join(dir, "internal", "ui")), files(from)
	if len(want) < 10 {
		t.Fatalf("only %d files were built", len(want))
	}
	for name := range want {
		if !bytes.Equal(want[name], got[name]) {
			t.Errorf("%s is not what its sources make; type: make assets", name)
		}
	}
	for name := range got {
		if want[name] == nil {
			t.Errorf("%s is made from nothing any more; type: make assets", name)
		}
	}
}
