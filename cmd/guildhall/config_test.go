package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/alecthomas/kong"
)

func settingsFile(t *testing.T, text string) string {
	t.Helper()
	name := filepath.Join(t.TempDir(), "guildhall.conf")
	if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return name
}

// parse reads a command line as run does.
func parse(t *testing.T, args ...string) (*commands, *kong.Context, error) {
	t.Helper()
	s, err := settingsFor(args)
	if err != nil {
		return nil, nil, err
	}
	var c commands
	parser, err := kong.New(&c, kong.Name("guildhall"), kong.Resolvers(s))
	if err != nil {
		t.Fatal(err)
	}
	k, err := parser.Parse(args)
	return &c, k, err
}

func TestAFlagGoesBeforeTheEnvironmentBeforeTheFile(t *testing.T) {
	file := settingsFile(t, "\ufeff# where it answers\r\nlisten = 10.0.0.1:1\n--data = \"/srv/hall data\"\ntrusted-proxy = 10.0.0.0/8, 192.168.0.0/16\nverbose = true\n")
	c, _, err := parse(t, "serve", "--config", file)
	if err != nil {
		t.Fatal(err)
	}
	if c.Serve.Listen != "10.0.0.1:1" || c.Serve.Data != "/srv/hall data" || len(c.Serve.TrustedProxy) != 2 || !c.Serve.Verbose {
		t.Errorf("from the file: %+v", c.Serve)
	}
	t.Setenv("GUILDHALL_CONFIG", file)
	t.Setenv("GUILDHALL_LISTEN", "10.0.0.2:2")
	if c, _, err = parse(t, "serve"); err != nil || c.Serve.Listen != "10.0.0.2:2" || c.Serve.Data != "/srv/hall data" {
		t.Errorf("with the environment: %+v %v", c, err)
	}
	if c, _, err = parse(t, "serve", "--listen", "10.0.0.3:3"); err != nil || c.Serve.Listen != "10.0.0.3:3" {
		t.Errorf("with a flag: %+v %v", c, err)
	}
}

func TestASettingThatMeansNothingIsNamedWithItsLine(t *testing.T) {
	for text, want := range map[string]string{
		"\nlisen = x":          ":2: there is no setting lisen",
		"listen":               ":1: a line is a name, = and a value",
		"= x":                  ":1: a line is a name",
		"listen = a\nlisten=b": ":2: listen stands in line 1 already",
		"config = other":       "no setting config",
	} {
		if _, _, err := parse(t, "serve", "--config="+settingsFile(t, text)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %q", text, err, want)
		}
	}
	if _, _, err := parse(t, "serve", "--config", filepath.Join(t.TempDir(), "none")); err == nil {
		t.Error("a file that is not there is passed over")
	}
}

func TestHelpListsEveryFlagWithItsVariable(t *testing.T) {
	_, k, err := parse(t, "serve")
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	if err := printHelp(&b, k.Model, ""); err != nil {
		t.Fatal(err)
	}
	text := b.String()
	for _, leaf := range k.Model.Leaves(true) {
		for _, f := range leaf.Flags {
			if f.Hidden {
				continue // the second half of a command that starts itself
			}
			if !strings.Contains(text, "--"+f.Name) {
				t.Errorf("--%s of %s is not listed", f.Name, leaf.FullPath())
			}
			for _, env := range f.Envs {
				if !strings.Contains(text, env) {
					t.Errorf("%s is not listed", env)
				}
			}
			if f.Help == "" {
				t.Errorf("--%s of %s has no help", f.Name, leaf.FullPath())
			}
		}
	}
	if err := printHelp(&b, k.Model, "dance"); err == nil {
		t.Error("help for a command that is not there is no error")
	}
}

func TestFlagsThatBelongTogetherAreToldSo(t *testing.T) {
	for _, args := range [][]string{
		{"--tls-cert", "x"}, {"--tls-key", "x"}, {"--tls-cert", "x", "--tls-key", "y", "--acme-host", "h"}, {"--redirect-from", "127.0.0.1:0"},
		{"--public-url", "hall.example.org"}, {"--trusted-proxy", "everybody"}, {"--tls-cert", "/nowhere/c", "--tls-key", "/nowhere/k"},
	} {
		args = append([]string{"serve", "--listen", "127.0.0.1:0", "--data", t.TempDir()}, args...)
		if code := run(t.Context(), args); code == 0 {
			t.Errorf("%v is accepted", args)
		}
	}
}

func TestDoctorSaysWhatIsMissing(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "data")
	look := func(args ...string) (string, error) {
		t.Helper()
		c, _, err := parse(t, append([]string{"doctor", "--data", dir}, args...)...)
		if err != nil {
			t.Fatal(err)
		}
		var b bytes.Buffer
		err = c.Doctor.examine(t.Context(), &b)
		return b.String(), err
	}
	if text, err := look(); err != nil || !strings.Contains(text, "is not there yet") {
		t.Errorf("without a folder: %v\n%s", err, text)
	}
	if _, err := os.Stat(dir); err == nil {
		t.Error("the doctor makes folders")
	}
	if code := run(t.Context(), []string{"token", "create", "--data", dir, "--email", "ada@example.org"}); code != 0 {
		t.Fatal("no token")
	}
	text, err := look("--public-url", "https://hall.example.org")
	if err != nil {
		t.Error(err)
	}
	for _, want := range []string{"undamaged", "Up to date", "set-up is not finished", "No mail server", "events behind"} {
		if !strings.Contains(text, want) {
			t.Errorf("%q is not said in\n%s", want, text)
		}
	}
	if text, err = look("--tls-cert", "x", "--tls-key", "y", "--public-url", "nonsense"); err == nil || strings.Count(text, "BAD") != 2 {
		t.Errorf("%v\n%s", err, text)
	}
	if code := run(t.Context(), []string{"doctor", "--data", dir, "--rebuild", "ledger"}); code != 0 {
		t.Errorf("rebuilding ends with %d", code)
	}
	db := filepath.Join(dir, "guildhall.db")
	b, err := os.ReadFile(db)
	if err != nil {
		t.Fatal(err)
	}
	for i := 8192; i < 20000 && i < len(b); i++ {
		b[i] = 0xAA
	}
	for _, name := range []string{db + "-wal", db + "-shm"} {
		_ = os.Remove(name)
	}
	if err := os.WriteFile(db, b, 0o600); err != nil {
		t.Fatal(err)
	}
	if text, err = look(); err == nil || !strings.Contains(text, "BAD") {
		t.Errorf("damage is not found: %v\n%s", err, text)
	}
}
