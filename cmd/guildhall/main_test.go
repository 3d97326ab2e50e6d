package main

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
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
