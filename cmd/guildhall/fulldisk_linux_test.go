package main

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

func TestABackupIntoAFolderThatIsNotThereSaysWhich(t *testing.T) {
	dir := t.TempDir()
	data, none := filepath.Join(dir, "data"), filepath.Join(dir, "none")
	guildhall(t, "token", "create", "--email", "ada@mill.example", "--data", data)
	if out := fails(t, "backup", "--out", filepath.Join(none, "b.zip"), "--data", data); !strings.Contains(out, "there is no folder "+none) {
		t.Errorf("without a folder it says\n%s", out)
	}
}

func TestABackupThatFindsNoRoomSaysSoOnceAndLeavesNothing(t *testing.T) {
	dir := t.TempDir()
	data, small := filepath.Join(dir, "data"), filepath.Join(dir, "small")
	if err := os.Mkdir(small, 0o700); err != nil {
		t.Fatal(err)
	}
	guildhall(t, "token", "create", "--email", "ada@mill.example", "--data", data)
	if err := syscall.Mount("tmpfs", small, "tmpfs", 0, "size=16k"); err != nil {
		t.Skipf("mounting a small file system needs root: %v", err)
	}
	t.Cleanup(func() { _ = syscall.Unmount(small, 0) })
	for _, x := range [][]string{{"backup", "b.zip"}, {"export", "x"}, {"export", "x.zip"}} {
		out := fails(t, x[0], "--out", filepath.Join(small, x[1]), "--data", data)
		if strings.Count(out, "no room is left in "+small) != 1 || strings.Contains(out, "no space left on device") || strings.Contains(out, ".guildhall-") {
			t.Errorf("guildhall %v says\n%s", x, out)
		}
		if left, err := os.ReadDir(small); err != nil || len(left) > 0 {
			t.Errorf("guildhall %v leaves %v, %v", x, left, err)
		}
	}
}
