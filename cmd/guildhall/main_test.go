package main

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// asProgram lets the test's own binary be the program, so that a test can kill
// it.
const asProgram = "GUILDHALL_TEST_AS_PROGRAM"

func TestMain(m *testing.M) {
	if os.Getenv(asProgram) != "" {
		os.Exit(run(context.Background(), os.Args[1:]))
	}
	os.Exit(m.Run())
}

// program is a command line of guildhall as a process of its own.
func program(t *testing.T, args ...string) *exec.Cmd {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	c := exec.Command(self, args...)
	c.Env = append(os.Environ(), asProgram+"=1")
	return c
}

// guildhall runs a command line in a process of its own and returns what it
// printed.
func guildhall(t *testing.T, args ...string) string {
	t.Helper()
	out, err := program(t, args...).CombinedOutput()
	if err != nil {
		t.Fatalf("guildhall %v: %v\n%s", args, err, out)
	}
	return string(out)
}

// sharedData is a folder of real data beside the repository, "" when this
// machine has none.
func sharedData(t *testing.T, name string) string {
	t.Helper()
	dir, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for {
		path := filepath.Join(filepath.Dir(dir), "shared", "data", name)
		if _, err := os.Stat(path); err == nil {
			return path
		}
		if up := filepath.Dir(dir); up != dir {
			dir = up
			continue
		}
		return ""
	}
}

// fails runs a command line that is to fail and returns what it printed.
func fails(t *testing.T, args ...string) string {
	t.Helper()
	out, err := program(t, args...).CombinedOutput()
	if err == nil {
		t.Fatalf("guildhall %v succeeded:\n%s", args, out)
	}
	return string(out)
}

// What goes wrong on the command line is said in words, and what was mistyped
// makes nothing.
func TestMistakesAreSaidInWords(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	nothing, none := write("nothing.csv", "a;b\n1;2\n"), filepath.Join(dir, "none")
	some, folder := write("some.csv", "name,category\nWelding,Metal work\n"), filepath.Join(dir, "folder")
	if err := os.MkdirAll(filepath.Join(folder, "guildhall.db"), 0o700); err != nil {
		t.Fatal(err)
	}
	for _, x := range []struct {
		want string
		args []string
	}{
		{"There's no Posts.xml in that folder", []string{"import", "stackexchange", dir, "--data", none}},
		{"nothing.csv has headings that name people", []string{"import", "people", nothing, "--data", filepath.Join(dir, "p")}},
		{"The file could not be imported.", []string{"import", "skills", nothing, "--data", filepath.Join(dir, "p")}},
		{"One of 2 files could not be imported.", []string{"import", "skills", nothing, some, "--data", filepath.Join(dir, "p")}},
		{"2 of 3 files could not be imported.", []string{"import", "skills", nothing, some, nothing, "--data", filepath.Join(dir, "p")}},
		{"guildhall demo     a living demo organisation", nil},
		{"guildhall help lists every command", []string{"serv"}},
		{"the database " + filepath.Join(folder, "guildhall.db") + " cannot be opened: there is a folder of that name", []string{"token", "create", "--email", "ada@mill.example", "--data", folder}},
		{"email: ", []string{"token", "create", "--email", "notmail", "--data", none}},
		{"nothing.csv holds no skills we can read", []string{"import", "skills", nothing, "--data", filepath.Join(dir, "p")}},
		{"which is no field. There are: number, email", []string{"import", "people", nothing, "--map", write("map", "a = nummber\n"), "--data", none}},
		{"there is no Guildhall in " + none, []string{"backup", "--out", filepath.Join(dir, "b.zip"), "--data", none}},
		{"there is no Guildhall in " + none, []string{"export", "--out", filepath.Join(dir, "x"), "--data", none}},
		{"there is no Guildhall in " + none, []string{"doctor", "--rebuild", "ledger", "--data", none}},
		{"is no PostgreSQL address", []string{"serve", "--database", "mysql://host/x"}},
		{"does not answer", []string{"backup", "--out", filepath.Join(dir, "b.zip"), "--database", "postgres://127.0.0.1:1/x?connect_timeout=2"}},
	} {
		out := fails(t, x.args...)
		if !strings.Contains(out, x.want) || strings.Contains(out, "fault.") || strings.Contains(out, "is no skill of this file") || strings.Contains(out, "expected one of") || strings.Contains(out, "what was imported is kept") {
			t.Errorf("guildhall %v says\n%s", x.args, out)
		}
	}
	if _, err := os.Stat(none); !os.IsNotExist(err) {
		t.Errorf("a mistyped folder was made: %v", err)
	}
}
