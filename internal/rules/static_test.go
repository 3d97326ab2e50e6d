package rules

import (
	"os"
	"os/exec"
	"strings"
	"testing"
)

// The binary is static: nothing outside the standard library, which does
// without, needs a C compiler.
func TestNothingNeedsC(t *testing.T) {
	list := func(cgo, format string) string {
		cmd := exec.Command("go", "list", "-deps", "-f", format, "./cmd/guildhall")
		cmd.Dir = repository(t)
		cmd.Env = append(os.Environ(), "CGO_ENABLED="+cgo)
		out, err := cmd.CombinedOutput()
		if err != nil {
			t.Fatalf("go list: %v\n%s", err, out)
		}
		return strings.TrimSpace(string(out))
	}
	if with := list("1", "{{if and (not .Standard) .CgoFiles}}{{.ImportPath}}{{end}}"); with != "" {
		t.Errorf("these need cgo:\n%s", with)
	}
	if without := list("0", "{{with .Error}}{{.}}{{end}}{{if .CgoFiles}}{{.ImportPath}}{{end}}"); without != "" {
		t.Errorf("these cannot do without cgo:\n%s", without)
	}
}
