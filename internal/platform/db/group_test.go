package db_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"runtime"
	"sync"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/guildhall/guildhall/internal/platform/db"
	"github.com/guildhall/guildhall/internal/platform/db/dbtest"
	"github.com/guildhall/guildhall/internal/platform/fault"
)

const (
	createThingsSQL = `CREATE TABLE things (id BIGINT NOT NULL UNIQUE, name TEXT NOT NULL, bytes BYTEA)`
	insertThingSQL  = `INSERT INTO things (id, name, bytes) VALUES ($1, $2, $3)`
	thingIDsSQL     = `SELECT id FROM things ORDER BY id`
	pageCountSQLite = `PRAGMA page_count`
)

func run(t testing.TB, d *db.DB, text string, args ...any) {
	t.Helper()
	if err := d.Write(context.Background(), func(tx *db.Tx) error {
		_, err := tx.Exec(text, args...)
		return err
	}); err != nil {
		t.Fatalf("%s: %v", text, err)
	}
}

func things(t testing.TB, d *db.DB) map[int64]bool {
	t.Helper()
	set := map[int64]bool{}
	err := d.Read(context.Background(), func(tx *db.Tx) error {
		list, err := db.All(tx, thingIDsSQL, func(r *db.Rows, v *int64) error { return r.Scan(v) })
		for _, k := range list {
			set[k] = true
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return set
}

// together starts n writes while the writer is held up, so that they form one
// group, and returns their errors by number. before is called when all wait.
func together(t *testing.T, d *db.DB, n int, write func(i int) error, before func()) []error {
	t.Helper()
	held, hold := make(chan struct{}), make(chan struct{})
	var all sync.WaitGroup
	all.Go(func() {
		err := d.Write(context.Background(), func(*db.Tx) error {
			close(held)
			<-hold
			return nil
		})
		if err != nil {
			t.Error(err)
		}
	})
	<-held
	errs := make([]error, n)
	for i := range n {
		all.Go(func() { errs[i] = write(i) })
		runtime.Gosched()
	}
	time.Sleep(50 * time.Millisecond) // lets them queue; the outcome does not depend on it
	if before != nil {
		before()
	}
	close(hold)
	all.Wait()
	return errs
}

// TestOneWriteOf64FailsAndTheOthersSucceed is the promise of group commit.
func TestOneWriteOf64FailsAndTheOthersSucceed(t *testing.T) {
	const n, guilty = 64, 40
	insert := func(d *db.DB, i int, and func(tx *db.Tx) error) error {
		return d.Write(context.Background(), func(tx *db.Tx) error {
			if _, err := tx.Exec(insertThingSQL, i, "thing", nil); err != nil {
				return err
			}
			if and != nil {
				return and(tx)
			}
			return nil
		})
	}
	check := func(t *testing.T, d *db.DB, errs []error) {
		t.Helper()
		got := things(t, d)
		for i, err := range errs {
			switch {
			case i == guilty && got[int64(i)]:
				t.Error("what the guilty one wrote is there")
			case i != guilty && err != nil:
				t.Errorf("write %d: %v", i, err)
			case i != guilty && !got[int64(i)]:
				t.Errorf("write %d said it was durable and is not there", i)
			}
		}
	}
	boom := errors.New("boom")
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		run(t, d, createThingsSQL)
		t.Run("error", func(t *testing.T) {
			run(t, d, `DELETE FROM things`)
			errs := together(t, d, n, func(i int) error {
				if i == guilty {
					return insert(d, i, func(*db.Tx) error { return boom })
				}
				return insert(d, i, nil)
			}, nil)
			if !errors.Is(errs[guilty], boom) {
				t.Errorf("the guilty one got %v", errs[guilty])
			}
			check(t, d, errs)
		})
		t.Run("constraint", func(t *testing.T) {
			run(t, d, `DELETE FROM things`)
			errs := together(t, d, n, func(i int) error {
				if i == guilty {
					return insert(d, i, func(tx *db.Tx) error {
						_, err := tx.Exec(insertThingSQL, i, "twice", nil)
						if again, err2 := tx.Exec(insertThingSQL, 1000, "after", nil); err2 == nil {
							t.Errorf("a lost transaction wrote %d rows", again)
						}
						_ = err // swallowed: the transaction must not commit all the same
						return nil
					})
				}
				return insert(d, i, nil)
			}, nil)
			if !fault.Is(errs[guilty], fault.Conflict) || db.Constraint(errs[guilty]) != "things_id_key" {
				t.Errorf("the guilty one got %v (%q)", errs[guilty], db.Constraint(errs[guilty]))
			}
			check(t, d, errs)
		})
		t.Run("panic", func(t *testing.T) {
			run(t, d, `DELETE FROM things`)
			errs := together(t, d, n, func(i int) (err error) {
				if i != guilty {
					return insert(d, i, nil)
				}
				defer func() { err = fmt.Errorf("recovered %v", recover()) }()
				return insert(d, i, func(*db.Tx) error { panic("oh no") })
			}, nil)
			if errs[guilty] == nil || errs[guilty].Error() != "recovered oh no" {
				t.Errorf("the panic did not reach its caller: %v", errs[guilty])
			}
			check(t, d, errs)
		})
		t.Run("goexit", func(t *testing.T) {
			run(t, d, `DELETE FROM things`)
			errs := together(t, d, n, func(i int) error {
				if i == guilty {
					return insert(d, i, func(*db.Tx) error { runtime.Goexit(); return nil })
				}
				return insert(d, i, nil)
			}, nil)
			check(t, d, errs)
		})
		t.Run("cancelled while waiting", func(t *testing.T) {
			if d.Dialect() == db.Postgres {
				t.Skip("writes do not wait for each other on PostgreSQL")
			}
			run(t, d, `DELETE FROM things`)
			ctx, cancel := context.WithCancel(context.Background())
			errs := together(t, d, n, func(i int) error {
				if i != guilty {
					return insert(d, i, nil)
				}
				return d.Write(ctx, func(tx *db.Tx) error {
					_, err := tx.Exec(insertThingSQL, i, "thing", nil)
					return err
				})
			}, cancel)
			if !errors.Is(errs[guilty], context.Canceled) {
				t.Errorf("the guilty one got %v", errs[guilty])
			}
			check(t, d, errs)
		})
		t.Run("cancelled while running", func(t *testing.T) {
			run(t, d, `DELETE FROM things`)
			errs := together(t, d, n, func(i int) error {
				ctx, cancel := context.WithCancel(context.Background())
				defer cancel()
				return d.Write(ctx, func(tx *db.Tx) error {
					if i == guilty {
						cancel()
					}
					_, err := tx.Exec(insertThingSQL, i, "thing", nil)
					return err
				})
			}, nil)
			// Once it runs it is not cancelled: all 64 are durable.
			got := things(t, d)
			for i, err := range errs {
				if err != nil || !got[int64(i)] {
					t.Errorf("write %d: %v, stored: %v", i, err, got[int64(i)])
				}
			}
		})
	})
}

// TestAFullDiskFailsOnlyTheWriteThatFillsIt has 63 small writes and one that
// does not fit.
func TestAFullDiskFailsOnlyTheWriteThatFillsIt(t *testing.T) {
	const n, guilty = 64, 40
	d := dbtest.SQLite(t)
	run(t, d, createThingsSQL)
	var pages int64
	err := d.Write(t.Context(), func(tx *db.Tx) error {
		if _, err := tx.Row(pageCountSQLite, []any{&pages}); err != nil {
			return err
		}
		_, err := tx.Exec(fmt.Sprintf("PRAGMA max_page_count = %d", pages+60))
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	huge := bytes.Repeat([]byte{7}, 1<<20) // 256 pages
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
	run(t, d, insertThingSQL, 1000, "the writer still works", nil)
}

// TestGroupsKeepExactlyWhatTheyPromised lets random closures succeed, fail
// before or after writing, panic, and break constraints, and compares what is
// stored with what each was told.
func TestGroupsKeepExactlyWhatTheyPromised(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		run(t, d, createThingsSQL)
		rapid.Check(t, func(rt *rapid.T) {
			run(t, d, `DELETE FROM things`)
			plan := rapid.SliceOfN(rapid.IntRange(0, 11), 1, 40).Draw(rt, "plan")
			errs := make([]error, len(plan))
			var all sync.WaitGroup
			for i, what := range plan {
				all.Go(func() {
					defer func() {
						if p := recover(); p != nil {
							errs[i] = fmt.Errorf("%v", p)
						}
					}()
					errs[i] = d.Write(context.Background(), func(tx *db.Tx) error {
						if what == 0 {
							return errors.New("before")
						}
						if _, err := tx.Exec(insertThingSQL, i, "a", nil); err != nil {
							return err
						}
						switch what {
						case 1:
							return errors.New("after")
						case 2:
							panic("panic")
						case 3:
							_, err := tx.Exec(insertThingSQL, i, "b", nil)
							return err
						}
						return nil
					})
				})
			}
			all.Wait()
			got := things(t, d)
			for i, err := range errs {
				if (err == nil) != got[int64(i)] || (err == nil) != (plan[i] > 3) {
					rt.Errorf("closure %d of kind %d: %v, stored: %v", i, plan[i], err, got[int64(i)])
				}
			}
		})
	})
}

func TestWritesAreSerialisableOnBothDatabases(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		run(t, d, `CREATE TABLE counters (name TEXT NOT NULL UNIQUE, n BIGINT NOT NULL)`)
		run(t, d, `INSERT INTO counters (name, n) VALUES ('a', 0)`)
		const writers, each = 8, 10
		var all sync.WaitGroup
		for range writers {
			all.Go(func() {
				for range each {
					// Read, then write what was read plus one: only
					// serialisable transactions lose none of these.
					err := d.Write(context.Background(), func(tx *db.Tx) error {
						var n int64
						if _, err := tx.Row(`SELECT n FROM counters WHERE name = $1`, []any{&n}, "a"); err != nil {
							return err
						}
						_, err := tx.Exec(`UPDATE counters SET n = $1 WHERE name = $2`, n+1, "a")
						return err
					})
					if err != nil {
						t.Error(err)
					}
				}
			})
		}
		all.Wait()
		err := d.Read(t.Context(), func(tx *db.Tx) error {
			var n int64
			_, err := tx.Row(`SELECT n FROM counters WHERE name = $1`, []any{&n}, "a")
			if n != writers*each {
				t.Errorf("counted %d of %d", n, writers*each)
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	})
}

// TestTheWALStaysShortWhileReadersOverlap writes 160 MB while some read is
// always running.
func TestTheWALStaysShortWhileReadersOverlap(t *testing.T) {
	path := dbtest.SQLitePath(t)
	d := dbtest.Open(t, db.Config{URL: path})
	run(t, d, createThingsSQL)
	ctx, stop := context.WithCancel(t.Context())
	var all sync.WaitGroup
	begun := make(chan struct{}, 100)
	for range 4 {
		all.Go(func() {
			for ctx.Err() == nil {
				_ = d.Read(context.Background(), func(tx *db.Tx) error {
					var n int64
					if _, err := tx.Row(`SELECT count(*) FROM things`, []any{&n}); err != nil {
						t.Error(err)
					}
					select {
					case begun <- struct{}{}:
					default:
					}
					time.Sleep(2 * time.Millisecond) // a read that lasts
					return nil
				})
			}
		})
	}
	<-begun
	data := bytes.Repeat([]byte{7}, 400<<10)
	var longest int64
	for i := range 400 {
		run(t, d, insertThingSQL, i, "n", data)
		if info, err := os.Stat(path + "-wal"); err == nil {
			longest = max(longest, info.Size())
		}
	}
	stop()
	all.Wait()
	if longest > 60<<20 {
		t.Errorf("the WAL grew to %d MB", longest>>20)
	}
	t.Logf("the WAL grew to %d MB", longest>>20)
}
