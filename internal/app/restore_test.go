package app

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/guildhall/guildhall/internal/connect/backup"
	"github.com/guildhall/guildhall/internal/connect/export"
	"github.com/guildhall/guildhall/internal/core/organisation"
	"github.com/guildhall/guildhall/internal/platform/blob"
	"github.com/guildhall/guildhall/internal/platform/clock"
	"github.com/guildhall/guildhall/internal/platform/db"
	"github.com/guildhall/guildhall/internal/platform/db/dbtest"
	"github.com/guildhall/guildhall/internal/world"
)

// lived is a house with some people and history and an uploaded file, whose
// backup is in the file returned.
func lived(t *testing.T, d *db.DB) (h *House, files blob.Store, saved string) {
	t.Helper()
	ctx := context.Background()
	until := time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC)
	moved := clock.NewMoved(until.AddDate(-1, -1, 0))
	h, err := Build(ctx, Config{Clock: moved}, d)
	if err != nil {
		t.Fatal(err)
	}
	if err := h.Organisation.Change(ctx, func(s *organisation.Settings) error { s.Name, s.SetUp = "Looms", true; return nil }); err != nil {
		t.Fatal(err)
	}
	if _, err := world.Build(ctx, world.Services{DB: d, Clock: moved, People: h.People, Skills: h.Skills, Ask: h.Ask}, 3, until,
		world.Size{People: 80, Questions: 30, Years: 1}, func(string, int) {}); err != nil {
		t.Fatal(err)
	}
	if err := h.Follow(ctx); err != nil {
		t.Fatal(err)
	}
	if files, err = blob.New(d, t.TempDir(), moved); err != nil {
		t.Fatal(err)
	}
	if _, err := files.Put(ctx, strings.NewReader(strings.Repeat("warp and weft ", 60_000)), 1<<20); err != nil {
		t.Fatal(err)
	}
	saved = filepath.Join(t.TempDir(), "a.backup")
	w := &backup.Writer{DB: d, Files: files, Clock: moved}
	c, err := w.Write(ctx, saved)
	if err != nil {
		t.Fatal(err)
	}
	if c.Rows < 1000 || c.Files != 1 {
		t.Fatalf("%+v", c)
	}
	return h, files, saved
}

// exported is everything as text.
func exported(t *testing.T, d *db.DB) map[string]string {
	t.Helper()
	all := map[string]*strings.Builder{}
	x := &export.Export{DB: d, Create: func(name string) (io.Writer, error) {
		all[name] = &strings.Builder{}
		return all[name], nil
	}}
	if _, err := x.Run(context.Background()); err != nil {
		t.Fatal(err)
	}
	out := map[string]string{}
	for name, b := range all {
		out[name] = b.String()
	}
	return out
}

func found(t *testing.T, d *db.DB) (n int) {
	t.Helper()
	if err := d.Read(context.Background(), func(tx *db.Tx) error {
		_, err := tx.Row(`SELECT count(*) FROM search_docs`, []any{&n})
		return err
	}); err != nil {
		t.Fatal(err)
	}
	return n
}

// TestABackupOfEitherDatabaseIsRestoredIntoBoth compares what was saved with
// what is there after a restore, and again with a backup of that.
func TestABackupOfEitherDatabaseIsRestoredIntoBoth(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		_, _, saved := lived(t, d)
		want, docs := exported(t, d), found(t, d)
		for name, at := range map[string]string{
			"into sqlite":   filepath.Join(dbtest.Folder(t), "guildhall.db"),
			"into postgres": dbtest.EmptyPostgresURL(t),
		} {
			t.Run(name, func(t *testing.T) {
				r, err := backup.Open(saved)
				if err != nil {
					t.Fatal(err)
				}
				defer r.Close()
				folder := t.TempDir()
				to := Restoration{Backup: r, Database: at, Files: folder}
				c, err := Restore(t.Context(), to)
				if err != nil {
					t.Fatal(err)
				}
				if _, err := Restore(t.Context(), to); err == nil {
					t.Error("restored over what was there")
				}
				got := dbtest.Open(t, db.Config{URL: at})
				if text := exported(t, got); !maps.Equal(want, text) {
					for name := range want {
						if want[name] != text[name] {
							t.Errorf("%s is not what it was", name)
						}
					}
				}
				if n := found(t, got); n != docs || n == 0 {
					t.Errorf("%d things can be found, not %d", n, docs)
				}
				h, err := Build(t.Context(), Config{}, got)
				if err != nil {
					t.Fatal(err)
				}
				if s := h.Organisation.Settings(); !s.OutgoingPaused || s.Name != "Looms" {
					t.Errorf("settings: %+v", s)
				}
				// Also where no mail server is set yet: the next one set would wait.
				x := &examination{}
				if x.mail(t.Context(), h.Organisation.Settings()); !strings.Contains(fmt.Sprint(x.found), "held back since a backup") {
					t.Errorf("the doctor says %v", x.found)
				}
				files, err := blob.New(got, folder, clock.System{})
				if err != nil {
					t.Fatal(err)
				}
				list, err := files.List(t.Context(), "", 10)
				if err != nil || len(list) != 1 || blob.Verify(t.Context(), files, list[0].Name) != nil {
					t.Errorf("files: %v, %v", list, err)
				}
				again := filepath.Join(t.TempDir(), "b.backup")
				n, err := (&backup.Writer{DB: got, Files: files, Clock: clock.System{}}).Write(t.Context(), again)
				// Events that Build or a pause may add are no part of what was saved.
				if err != nil || n.Rows < c.Rows || n.Rows > c.Rows+2 {
					t.Errorf("a backup of the restored: %+v, %v, the first had %d rows", n, err, c.Rows)
				}
			})
		}
	})
}

// TestADamagedBackupIsRefusedByTheNameOfWhatIsDamaged flips one bit in the
// middle of each section.
func TestADamagedBackupIsRefusedByTheNameOfWhatIsDamaged(t *testing.T) {
	_, _, saved := lived(t, dbtest.SQLite(t))
	whole, err := os.ReadFile(saved)
	if err != nil {
		t.Fatal(err)
	}
	places, err := backup.Places(saved)
	if err != nil || len(places) < 20 {
		t.Fatal(len(places), err)
	}
	try := func(content []byte) error {
		path := filepath.Join(t.TempDir(), "damaged")
		if err := os.WriteFile(path, content, 0o600); err != nil {
			t.Fatal(err)
		}
		r, err := backup.Open(path)
		if err != nil {
			return err
		}
		defer r.Close()
		at := filepath.Join(t.TempDir(), "guildhall.db")
		_, err = Restore(t.Context(), Restoration{Backup: r, Database: at, Files: t.TempDir()})
		if _, gone := os.Stat(at); gone == nil {
			t.Error("a damaged backup left a database")
		}
		return err
	}
	for _, p := range places {
		if p.Length == 0 {
			continue
		}
		damaged := slices.Clone(whole)
		damaged[p.Offset+p.Length/2] ^= 0x10
		var d *backup.Damaged
		if err := try(damaged); !errors.As(err, &d) || d.Section != p.Name {
			t.Errorf("%s: %v", p.Name, err)
		}
	}
	for _, n := range []int{0, 100, len(whole) / 2, len(whole) - 1} {
		var d *backup.Damaged
		if err := try(whole[:n]); !errors.As(err, &d) {
			t.Errorf("cut off at %d: %v", n, err)
		}
	}
}

func TestAnInterruptedBackupLeavesNothing(t *testing.T) {
	d := dbtest.SQLite(t)
	_, files, saved := lived(t, d)
	folder := t.TempDir()
	ctx, cancel := context.WithCancel(t.Context())
	w := &backup.Writer{DB: d, Files: files, Clock: clock.System{}, Progress: func(name string, _ int64) {
		if strings.Contains(name, "questions") {
			cancel()
		}
	}}
	if _, err := w.Write(ctx, filepath.Join(folder, "x")); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	if left, _ := os.ReadDir(folder); len(left) != 0 {
		t.Errorf("left behind: %v", left)
	}
	if _, err := w.Write(t.Context(), saved); err == nil {
		t.Error("an older backup was written over")
	}
}
