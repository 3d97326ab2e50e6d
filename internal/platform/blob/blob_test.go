package blob

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/iotest"
	"time"

	"github.com/guildhall/guildhall/internal/platform/clock"
	"github.com/guildhall/guildhall/internal/platform/db"
	"github.com/guildhall/guildhall/internal/platform/db/dbtest"
	"github.com/guildhall/guildhall/internal/platform/fault"
)

func each(t *testing.T, fn func(t *testing.T, s Store, c *clock.Moved, folder string)) {
	dbtest.EachMoved(t, func(t *testing.T, d *db.DB, c *clock.Moved) {
		folder := filepath.Join(t.TempDir(), "files")
		s, err := New(d, folder, c)
		if err != nil {
			t.Fatal(err)
		}
		fn(t, s, c, folder)
	})
}

func content(n int) []byte {
	r := rand.New(rand.NewPCG(1, uint64(n)))
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(r.Uint32())
	}
	return b
}

func put(t testing.TB, s Store, b []byte) Info {
	t.Helper()
	x, err := s.Put(context.Background(), iotest.HalfReader(bytes.NewReader(b)), int64(len(b)))
	if err != nil {
		t.Fatal(err)
	}
	return x
}

func get(t testing.TB, s Store, n Name) []byte {
	t.Helper()
	f, err := s.Open(context.Background(), n)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	b, err := io.ReadAll(f)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// leftovers are files of uploads that are still under way.
func leftovers(t testing.TB, folder string) int {
	t.Helper()
	e, err := os.ReadDir(filepath.Join(folder, "under-way"))
	if err != nil {
		t.Fatal(err)
	}
	return len(e)
}

func TestAFileComesBackAsItWas(t *testing.T) {
	each(t, func(t *testing.T, s Store, c *clock.Moved, folder string) {
		for _, n := range []int{0, 1, chunkSize - 1, chunkSize, chunkSize + 1, 3*chunkSize + 7} {
			b := content(n)
			x := put(t, s, b)
			if !x.Name.Valid() || x.Size != int64(n) || !x.Stored.Equal(c.Now()) {
				t.Errorf("%+v", x)
			}
			if !bytes.Equal(get(t, s, x.Name), b) {
				t.Errorf("%d bytes differ", n)
			}
			if again := put(t, s, b); again.Name != x.Name {
				t.Errorf("another name for the same file")
			}
			if err := Verify(context.Background(), s, x.Name); err != nil {
				t.Error(err)
			}
		}
		all, err := s.List(context.Background(), "", 100)
		if err != nil || len(all) != 6 || leftovers(t, folder) != 0 {
			t.Errorf("%d files, %d leftovers, %v", len(all), leftovers(t, folder), err)
		}
		if put(t, s, []byte("abc")).Name != "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad" {
			t.Error("the name is not the SHA-256")
		}
	})
}

func TestABrowserMayAskForAPart(t *testing.T) {
	each(t, func(t *testing.T, s Store, _ *clock.Moved, _ string) {
		b := content(2*chunkSize + 100)
		x := put(t, s, b)
		f, err := s.Open(context.Background(), x.Name)
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		if err := iotest.TestReader(f, b); err != nil {
			t.Error(err)
		}
		w := httptest.NewRecorder()
		r := httptest.NewRequest("GET", "/", nil)
		r.Header.Set("Range", fmt.Sprintf("bytes=%d-%d", chunkSize-10, chunkSize+9))
		http.ServeContent(w, r, "", x.Stored, f)
		if w.Code != http.StatusPartialContent || !bytes.Equal(w.Body.Bytes(), b[chunkSize-10:chunkSize+10]) {
			t.Errorf("%d, %d bytes", w.Code, w.Body.Len())
		}
	})
}

func TestWhatIsTooLargeOrBrokenLeavesNothing(t *testing.T) {
	each(t, func(t *testing.T, s Store, _ *clock.Moved, folder string) {
		ctx := context.Background()
		if _, err := s.Put(ctx, bytes.NewReader(content(1001)), 1000); !fault.Is(err, fault.Invalid) {
			t.Errorf("too large: %v", err)
		}
		cut := errors.New("cut off")
		if _, err := s.Put(ctx, io.MultiReader(strings.NewReader("abc"), iotest.ErrReader(cut)), 1000); !errors.Is(err, cut) {
			t.Errorf("broken: %v", err)
		}
		gone, cancel := context.WithCancel(ctx)
		cancel()
		if _, err := s.Put(gone, strings.NewReader("abc"), 1000); !errors.Is(err, context.Canceled) {
			t.Errorf("cancelled: %v", err)
		}
		all, err := s.List(ctx, "", 10)
		if err != nil || len(all) != 0 || leftovers(t, folder) != 0 {
			t.Errorf("%d files, %d leftovers, %v", len(all), leftovers(t, folder), err)
		}
	})
}

func TestOnlyNamesAreOpened(t *testing.T) {
	each(t, func(t *testing.T, s Store, _ *clock.Moved, folder string) {
		if err := os.WriteFile(filepath.Join(folder, "secret"), []byte("x"), 0o600); err != nil {
			t.Fatal(err)
		}
		for _, n := range []Name{"", "..", "../secret", "secret", Name(strings.Repeat("a", 64)), Name(strings.Repeat("A", 64)), Name("../" + strings.Repeat("a", 61)), Name(strings.Repeat("a", 63) + "/")} {
			if f, err := s.Open(context.Background(), n); !fault.Is(err, fault.NotFound) {
				t.Errorf("%q: %v %v", n, f, err)
			}
			if ok, err := s.Remove(context.Background(), n, time.Now().Add(time.Hour)); ok || err != nil {
				t.Errorf("%q removed: %v", n, err)
			}
		}
	})
}

func TestUnusedFilesAreFoundAndRemovedUnlessStoredAgain(t *testing.T) {
	each(t, func(t *testing.T, s Store, c *clock.Moved, _ string) {
		ctx := context.Background()
		used, old, again := put(t, s, []byte("used")), put(t, s, []byte("old")), put(t, s, []byte("again"))
		c.Advance(48 * time.Hour)
		fresh := put(t, s, []byte("fresh"))
		before := c.Now().Add(-24 * time.Hour)
		unused, err := Unused(ctx, s, before, func(_ context.Context, ns []Name) (map[Name]bool, error) {
			for _, n := range ns {
				if n == fresh.Name {
					t.Error("a fresh file is asked for")
				}
			}
			return map[Name]bool{used.Name: true}, nil
		})
		got := map[Name]bool{}
		for _, x := range unused {
			got[x.Name] = true
		}
		if err != nil || len(got) != 2 || !got[old.Name] || !got[again.Name] {
			t.Fatalf("%v %v", unused, err)
		}
		put(t, s, []byte("again"))
		for _, x := range unused {
			ok, err := s.Remove(ctx, x.Name, before)
			if err != nil || ok != (x.Name == old.Name) {
				t.Errorf("%s: %v %v", x.Name, ok, err)
			}
		}
		if _, err := s.Open(ctx, old.Name); !fault.Is(err, fault.NotFound) {
			t.Errorf("%v", err)
		}
		if string(get(t, s, again.Name)) != "again" || string(get(t, s, used.Name)) != "used" {
			t.Error("a file is lost")
		}
		if string(get(t, s, put(t, s, []byte("old")).Name)) != "old" {
			t.Error("a removed file cannot be stored again")
		}
	})
}

func TestListGoesOnWhereItStopped(t *testing.T) {
	each(t, func(t *testing.T, s Store, _ *clock.Moved, _ string) {
		want := map[Name]bool{}
		for i := range 25 {
			want[put(t, s, []byte{byte(i)}).Name] = true
		}
		after, n := Name(""), 0
		for {
			page, err := s.List(context.Background(), after, 4)
			if err != nil {
				t.Fatal(err)
			}
			if len(page) == 0 {
				break
			}
			for _, x := range page {
				if x.Name <= after || !want[x.Name] {
					t.Errorf("%s after %s", x.Name, after)
				}
				after = x.Name
				n++
			}
		}
		if n != 25 {
			t.Errorf("%d files", n)
		}
	})
}

func TestTheSameFileFromManyAtOnce(t *testing.T) {
	each(t, func(t *testing.T, s Store, _ *clock.Moved, folder string) {
		b := content(2*chunkSize + 5)
		var wg sync.WaitGroup
		for range 8 {
			wg.Go(func() {
				if _, err := s.Put(context.Background(), bytes.NewReader(b), 1<<30); err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		all, err := s.List(context.Background(), "", 10)
		if err != nil || len(all) != 1 || !bytes.Equal(get(t, s, all[0].Name), b) || leftovers(t, folder) != 0 {
			t.Errorf("%v %v", all, err)
		}
	})
}

func TestLeftoversAreTidied(t *testing.T) {
	each(t, func(t *testing.T, s Store, c *clock.Moved, folder string) {
		ctx := context.Background()
		kept := put(t, s, content(chunkSize+1))
		stale := filepath.Join(folder, "under-way", "upload-1")
		if err := os.WriteFile(stale, []byte("x"), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Chtimes(stale, c.Now(), c.Now()); err != nil {
			t.Fatal(err)
		}
		if r, ok := s.(*rows); ok {
			if err := r.db.Write(ctx, func(tx *db.Tx) error {
				_, err := tx.Exec(putChunkSQL, strings.Repeat("a", 64), int64(0), []byte("x"), db.At(c.Now()))
				return err
			}); err != nil {
				t.Fatal(err)
			}
		}
		if err := s.Tidy(ctx, c.Now()); err != nil || leftovers(t, folder) != 1 {
			t.Errorf("too early: %v", err)
		}
		c.Advance(time.Hour)
		if err := s.Tidy(ctx, c.Now()); err != nil || leftovers(t, folder) != 0 {
			t.Errorf("%v", err)
		}
		if r, ok := s.(*rows); ok {
			var n int64
			if err := r.db.Read(ctx, func(tx *db.Tx) error {
				_, err := tx.Row(countChunksSQL, []any{&n}, strings.Repeat("a", 64))
				return err
			}); err != nil || n != 0 {
				t.Errorf("%d chunks, %v", n, err)
			}
		}
		if err := Verify(ctx, s, kept.Name); err != nil {
			t.Error(err)
		}
	})
}

func TestDamageIsNoticed(t *testing.T) {
	each(t, func(t *testing.T, s Store, _ *clock.Moved, _ string) {
		ctx := context.Background()
		x := put(t, s, content(chunkSize+10))
		switch s := s.(type) {
		case *disk:
			if err := os.Chmod(s.path(x.Name), 0o600); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(s.path(x.Name), []byte("else"), 0o600); err != nil {
				t.Fatal(err)
			}
		case *rows:
			if err := s.db.Write(ctx, func(tx *db.Tx) error {
				_, err := tx.Exec(removeChunksSQL, string(x.Name))
				return err
			}); err != nil {
				t.Fatal(err)
			}
		}
		if err := Verify(ctx, s, x.Name); !fault.Is(err, fault.Unavailable) {
			t.Errorf("%v", err)
		}
	})
}
