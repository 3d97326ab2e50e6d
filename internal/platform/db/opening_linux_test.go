package db_test

import (
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"

	"github.com/guildhall/guildhall/internal/platform/db"
	"github.com/guildhall/guildhall/internal/platform/fault"
)

// asNobody runs fn on a thread that has no more rights to files than anybody,
// also when root runs the tests.
func asNobody(t *testing.T, fn func()) {
	t.Helper()
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	if os.Geteuid() == 0 {
		const nobody = 65534
		_, _, _ = syscall.RawSyscall(syscall.SYS_SETFSUID, nobody, 0, 0)
		defer func() { _, _, _ = syscall.RawSyscall(syscall.SYS_SETFSUID, 0, 0, 0) }()
	}
	fn()
}

// A file that cannot be opened is named with the reason, in words.
func TestADatabaseThatCannotBeOpenedSaysWhy(t *testing.T) {
	dir := t.TempDir()
	make := func(name string, folder bool, mode os.FileMode) string {
		path := filepath.Join(dir, name)
		var err error
		if folder {
			err = os.Mkdir(path, 0o700)
		} else {
			err = os.WriteFile(path, nil, 0o600)
		}
		if err == nil {
			err = os.Chmod(path, mode)
		}
		if err != nil {
			t.Fatal(err)
		}
		return path
	}
	// Everybody may look into the folders above, so that only what is asked for is
	// what is refused.
	for at := dir; strings.HasPrefix(at, os.TempDir()) && at != os.TempDir(); at = filepath.Dir(at) {
		if err := os.Chmod(at, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	for _, x := range []struct{ path, want string }{
		{filepath.Join(dir, "none", "a.db"), "the folder " + filepath.Join(dir, "none") + " does not exist"},
		{filepath.Join(make("file", false, 0o644), "a.db"), "file is no folder"},
		{make("folder.db", true, 0o755), "there is a folder of that name"},
		{make("shut.db", false, 0o000), "the file cannot be read and written: the user who runs Guildhall has no permission to"},
		{filepath.Join(make("readable", true, 0o555), "a.db"), "no file can be made in the folder " + filepath.Join(dir, "readable") + ": the user who runs Guildhall has no permission to"},
	} {
		asNobody(t, func() {
			d, err := db.Open(t.Context(), db.Config{URL: x.path})
			if err == nil {
				_ = d.Close()
			}
			var n *db.NotOpened
			if !errors.As(err, &n) || !fault.Is(err, fault.Unavailable) || n.Path != x.path || !strings.Contains(n.Error(), x.want) || strings.Contains(n.Error(), "sqlite") {
				t.Errorf("%s: %v", x.path, err)
			}
		})
	}
}

// SQLite takes a file of a few bytes for an empty database.
func TestAFileThatIsNoDatabaseIsNotWrittenOver(t *testing.T) {
	for _, content := range []string{"x", "SQLite format", strings.Repeat("no database ", 1000)} {
		path := filepath.Join(t.TempDir(), "a.db")
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		d, err := db.Open(t.Context(), db.Config{URL: path})
		if err == nil {
			_ = d.Close()
		}
		var n *db.NotOpened
		if !errors.As(err, &n) || !strings.Contains(n.Error(), "no database") {
			t.Errorf("%.12q: %v", content, err)
		}
		if now, err := os.ReadFile(path); err != nil || string(now) != content {
			t.Errorf("%.12q became %.12q: %v", content, now, err)
		}
	}
	// An empty file is one that has not been written yet.
	path := filepath.Join(t.TempDir(), "a.db")
	if err := os.WriteFile(path, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	d, err := db.Open(t.Context(), db.Config{URL: path})
	if err != nil {
		t.Fatal(err)
	}
	if err := d.Close(); err != nil {
		t.Fatal(err)
	}
}
