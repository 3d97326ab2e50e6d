package db_test

import (
	"bytes"
	"context"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/guildhall/guildhall/internal/platform/db"
	"github.com/guildhall/guildhall/internal/platform/fault"
)

// TestADiskThatIsReallyFullFailsOnlyTheWriteThatFillsIt uses a small file
// system of its own, where the system itself refuses to write.
func TestADiskThatIsReallyFullFailsOnlyTheWriteThatFillsIt(t *testing.T) {
	const n, guilty = 64, 40
	dir := t.TempDir()
	if err := syscall.Mount("tmpfs", dir, "tmpfs", 0, "size=4m"); err != nil {
		// The same promise is tested with a limit of pages as well.
		t.Skipf("mounting a small file system needs root: %v", err)
	}
	d, err := db.Open(t.Context(), db.Config{URL: filepath.Join(dir, "a.db")})
	if err != nil {
		_ = syscall.Unmount(dir, 0)
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = d.Close()
		_ = syscall.Unmount(dir, 0)
	})
	run(t, d, createThingsSQL)
	huge := bytes.Repeat([]byte{7}, 8<<20)
	errs := together(t, d, n, func(i int) error {
		return d.Write(context.Background(), func(tx *db.Tx) error {
			var data []byte
			if i == guilty {
				data = huge
			}
			_, err := tx.Exec(insertThingSQL, i, "thing", data)
			return err
		})
	}, nil)
	got := things(t, d)
	for i, err := range errs {
		switch {
		case i == guilty:
			if !fault.Is(err, fault.Unavailable) || got[int64(i)] {
				t.Errorf("the write that did not fit: %v, stored: %v", err, got[int64(i)])
			}
		case err != nil || !got[int64(i)]:
			t.Errorf("write %d: %v, stored: %v", i, err, got[int64(i)])
		}
	}
	// Until nothing fits any more, what was acknowledged is there.
	last := 0
	for i := 1000; ; i++ {
		err := d.Write(context.Background(), func(tx *db.Tx) error {
			_, err := tx.Exec(insertThingSQL, i, "filling", bytes.Repeat([]byte{1}, 100<<10))
			return err
		})
		if err != nil {
			if f := fault.Of(err); f == nil || f.Kind != fault.Unavailable || f.Key != "fault.no_room" {
				t.Errorf("the full disk: %v", err)
			}
			break
		}
		if last = i; i > 1100 {
			t.Fatal("the disk never filled")
		}
	}
	got = things(t, d)
	for i := 1000; i <= last; i++ {
		if !got[int64(i)] {
			t.Errorf("row %d was acknowledged and is gone", i)
		}
	}
	// And once there is room again it goes on without a restart.
	if err := syscall.Mount("tmpfs", dir, "tmpfs", syscall.MS_REMOUNT, "size=16m"); err != nil {
		t.Fatal(err)
	}
	run(t, d, insertThingSQL, 5000, "room again", nil)
}
