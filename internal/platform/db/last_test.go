package db_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/guildhall/guildhall/internal/platform/db"
	"github.com/guildhall/guildhall/internal/platform/db/dbtest"
	"github.com/guildhall/guildhall/internal/platform/fault"
)

const renameThingSQL = `UPDATE things SET name = $1 WHERE id = $2`

// TestWhatIsLeftForTheEndIsDoneWithTheRest writes by ExecLast: in order, not
// when the closure fails, and an error of one is nobody else's.
func TestWhatIsLeftForTheEndIsDoneWithTheRest(t *testing.T) {
	const n, guilty, late, bad = 64, 20, 40, 50
	boom := errors.New("boom")
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		run(t, d, createThingsSQL)
		run(t, d, insertThingSQL, 1000, "there", nil)
		errs := together(t, d, n, func(i int) error {
			return d.Write(context.Background(), func(tx *db.Tx) error {
				if _, err := tx.Exec(insertThingSQL, 2000+i, "now", nil); err != nil {
					return err
				}
				at, name := i, "last"
				switch i {
				case late:
					at = 1000 // is there already
				case bad:
					name = "no text\x00"
				}
				if err := tx.ExecLast(int64(i), insertThingSQL, at, name, nil); err != nil {
					return err
				}
				if err := tx.ExecLast(int64(i), renameThingSQL, fmt.Sprint("renamed ", i), at); err != nil {
					return err
				}
				if i == guilty {
					return boom
				}
				return nil
			})
		}, nil)
		got := things(t, d)
		for i, err := range errs {
			wrong := true
			switch i {
			case guilty:
				wrong = !errors.Is(err, boom)
			case late:
				wrong = !fault.Is(err, fault.Conflict)
			case bad:
				wrong = !fault.Is(err, fault.Invalid)
			default:
				if err != nil || !got[int64(i)] || !got[int64(2000+i)] {
					t.Errorf("write %d: %v, there: %v and %v", i, err, got[int64(i)], got[int64(2000+i)])
				}
				continue
			}
			if wrong {
				t.Errorf("write %d got %v", i, err)
			}
			if got[int64(i)] || got[int64(2000+i)] {
				t.Errorf("something of write %d is there", i)
			}
		}
		err := d.Read(t.Context(), func(tx *db.Tx) error {
			var name string
			_, err := tx.Row(`SELECT name FROM things WHERE id = $1`, []any{&name}, 7)
			if name != "renamed 7" {
				t.Errorf("in the wrong order: %q", name)
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	})
}

// TestWhatFollowsLetsOthersGoFirst queues a WriteAfter before many Writes.
func TestWhatFollowsLetsOthersGoFirst(t *testing.T) {
	d := dbtest.SQLite(t)
	var mu sync.Mutex
	var order []int
	note := func(i int) func(*db.Tx) error {
		return func(*db.Tx) error {
			mu.Lock()
			defer mu.Unlock()
			order = append(order, i)
			return nil
		}
	}
	errs := together(t, d, 20, func(i int) error {
		if i == 0 {
			return d.WriteAfter(context.Background(), note(i))
		}
		return d.Write(context.Background(), note(i))
	}, nil)
	if err := errors.Join(errs...); err != nil {
		t.Fatal(err)
	}
	if len(order) != 20 || slices.Index(order, 0) != 19 {
		t.Errorf("ran in the order %v", order)
	}
}

// TestWhatFollowsHappensWhileOthersWriteWithoutEnd has eight writers that never
// leave the writer a moment.
func TestWhatFollowsHappensWhileOthersWriteWithoutEnd(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		run(t, d, createThingsSQL)
		var done atomic.Bool
		var next atomic.Int64
		var all sync.WaitGroup
		for range 8 {
			all.Go(func() {
				for !done.Load() {
					if err := d.Write(context.Background(), func(tx *db.Tx) error {
						_, err := tx.Exec(insertThingSQL, next.Add(1), "n", nil)
						return err
					}); err != nil {
						t.Error(err)
						return
					}
				}
			})
		}
		ctx, stop := context.WithTimeout(t.Context(), 20*time.Second)
		defer stop()
		for i := range 3 {
			if err := d.WriteAfter(ctx, func(tx *db.Tx) error {
				_, err := tx.Exec(insertThingSQL, -1-i, "follows", nil)
				return err
			}); err != nil {
				t.Error(err)
			}
		}
		done.Store(true)
		all.Wait()
		if got := things(t, d); !got[-1] || !got[-2] || !got[-3] {
			t.Error("what follows said it was durable and is not there")
		}
	})
}
