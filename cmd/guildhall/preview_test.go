package main

import (
	"crypto/sha256"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// contents is every file below a folder with its hash.
func contents(t *testing.T, dir string) map[string][32]byte {
	t.Helper()
	out := map[string][32]byte{}
	if err := filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			out[path] = [32]byte{}
			return err
		}
		data, err := os.ReadFile(path)
		out[path] = sha256.Sum256(data)
		return err
	}); err != nil {
		t.Fatal(err)
	}
	return out
}

func unchanged(a, b map[string][32]byte) bool {
	for k, v := range a {
		if b[k] != v {
			return false
		}
	}
	return len(a) == len(b)
}

func TestAPreviewAndADoctorWriteNothing(t *testing.T) {
	dir, files := t.TempDir(), t.TempDir()
	write := func(path, text string) string {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	people := write(filepath.Join(files, "people.csv"), "number,name,unit\n1,Ada Lovelace,Board\n2,Ben Okafor,Shop\n")
	skills := write(filepath.Join(files, "skills.csv"), "name,category\nQuillfeathering,Metal work\n")
	write(filepath.Join(files, "Posts.xml"), `<posts><row Id="1" PostTypeId="1" CreationDate="2020-01-01T00:00:00.000" Title="How is the loom threaded?" Body="&lt;p&gt;x&lt;/p&gt;" Tags="&lt;a&gt;" /></posts>`)
	previews := []struct {
		want string
		args []string
	}{
		{"would bring 2 joiners", []string{"import", "people", people, "--preview"}},
		{"would import 1 new skills", []string{"import", "skills", skills, "--preview"}},
		{"would import 1 question", []string{"import", "stackexchange", files, "--preview"}},
	}

	// Where nothing is, a preview says so and works nevertheless.
	for _, p := range previews {
		for _, name := range []string{"none", "empty"} {
			at := filepath.Join(dir, name)
			if name == "empty" {
				if err := os.MkdirAll(at, 0o700); err != nil {
					t.Fatal(err)
				}
				write(filepath.Join(at, "guildhall.db"), "")
			}
			was := contents(t, dir)
			out := guildhall(t, append(p.args, "--data", at)...)
			if !strings.Contains(out, "there is no Guildhall in "+at) || !strings.Contains(out, "So everything counts as new.") || !strings.Contains(out, p.want) || strings.Contains(out, "applied 2026") {
				t.Errorf("guildhall %v says\n%s", p.args, out)
			}
			if now := contents(t, dir); !unchanged(was, now) {
				t.Errorf("guildhall %v made %v of %v", p.args, now, was)
			}
		}
	}
	empty := filepath.Join(dir, "empty")
	was := contents(t, dir)
	for _, x := range []struct {
		want string
		args []string
	}{
		{"its guildhall.db is empty", []string{"backup", "--out", filepath.Join(dir, "b.zip"), "--data", empty}},
		{"its guildhall.db is empty", []string{"export", "--out", filepath.Join(dir, "x"), "--data", empty}},
		{"its guildhall.db is empty", []string{"doctor", "--rebuild", "ledger", "--data", empty}},
	} {
		if out := fails(t, x.args...); !strings.Contains(out, x.want) {
			t.Errorf("guildhall %v says\n%s", x.args, out)
		}
	}
	if out := guildhall(t, "doctor", "--data", empty); !strings.Contains(out, "guildhall.db is empty, as a new one is; guildhall serve fills it.") {
		t.Errorf("the doctor says\n%s", out)
	}
	if out := guildhall(t, "doctor", "--data", filepath.Join(dir, "none")); !strings.Contains(out, "is not there yet; guildhall serve makes it.") {
		t.Errorf("the doctor says\n%s", out)
	}
	if now := contents(t, dir); !unchanged(was, now) {
		t.Errorf("commands that change nothing made %v of %v", now, was)
	}

	// Where a Guildhall is, it stays as it is to the byte.
	house := filepath.Join(dir, "house")
	guildhall(t, "import", "people", people, "--data", house)
	was = contents(t, dir)
	for _, p := range previews {
		out := guildhall(t, append(p.args, "--data", house)...)
		if want := strings.Replace(p.want, "2 joiners", "0 joiners", 1); !strings.Contains(out, want) || strings.Contains(out, "no Guildhall") {
			t.Errorf("guildhall %v says\n%s", p.args, out)
		}
	}
	guildhall(t, "doctor", "--data", house)
	if now := contents(t, dir); !unchanged(was, now) {
		t.Errorf("previews made %v of %v", now, was)
	}

	// What is no database is said once, and not written over.
	write(filepath.Join(empty, "guildhall.db"), "x")
	if out := fails(t, "doctor", "--data", empty); strings.Count(out, "cannot be opened") != 1 || !strings.Contains(out, "the file is no database") {
		t.Errorf("the doctor says\n%s", out)
	}
}
