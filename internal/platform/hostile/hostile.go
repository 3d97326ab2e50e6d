// Package hostile finds, for tests only, the shared inputs that lie beside the
// repository: hostile files, public data sets, specifications. They are no
// part of the project, so a clone without them skips exactly those cases.
package hostile

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// Path returns the path of an entry of the folder shared/data beside the
// repository root, and skips the test when there is none.
func Path(t testing.TB, elem ...string) string {
	t.Helper()
	dir, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			break
		}
		up := filepath.Dir(dir)
		if up == dir {
			t.Skip("no repository root above the working directory")
		}
		dir = up
	}
	p := filepath.Join(append([]string{filepath.Dir(dir), "shared", "data"}, elem...)...)
	if _, err := os.Stat(p); err != nil {
		t.Skipf("shared input %s is not here", filepath.Join(elem...))
	}
	return p
}

// Read returns the content of such an entry.
func Read(t testing.TB, elem ...string) []byte {
	t.Helper()
	b, err := os.ReadFile(Path(t, elem...))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// Files runs the generator of hostile files into a temporary folder and
// returns it. It needs python3.
func Files(t testing.TB) string {
	t.Helper()
	gen := Path(t, "security", "generators", "gen_hostile.py")
	python, err := exec.LookPath("python3")
	if err != nil {
		t.Skip("python3 is not installed")
	}
	dir := t.TempDir()
	if out, err := exec.Command(python, gen, dir).CombinedOutput(); err != nil {
		t.Fatalf("generate hostile files: %v\n%s", err, out)
	}
	return dir
}
