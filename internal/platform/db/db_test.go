package db_test

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/guildhall/guildhall/internal/platform/db"
	"github.com/guildhall/guildhall/internal/platform/fault"
	"github.com/guildhall/guildhall/internal/platform/id"
)

func TestSmoke(t *testing.T) {
	ctx := context.Background()
	d, err := db.Open(ctx, db.Config{URL: filepath.Join(t.TempDir(), "a.db")})
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	must(d.Write(ctx, func(tx *db.Tx) error {
		_, err := tx.Exec(`CREATE TABLE p (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, on_ BOOLEAN NOT NULL, at TIMESTAMP)`)
		return err
	}))
	at := db.At(time.Now())
	var wg sync.WaitGroup
	for i := range 64 {
		wg.Add(1)
		go func() {
			defer wg.Done()
			err := d.Write(ctx, func(tx *db.Tx) error {
				_, err := tx.Exec(`INSERT INTO p (id, name, on_, at) VALUES ($1, $2, $3, $4)`, id.ID(i+1), fmt.Sprintf("n%d", i/2), i%2 == 0, at)
				return err
			})
			if err != nil && !(fault.Is(err, fault.Conflict) && db.Constraint(err) == "p_name_key") {
				t.Error(err, db.Constraint(err))
			}
		}()
	}
	wg.Wait()
	type row struct {
		id   id.ID
		name string
		on   bool
		at   db.Time
	}
	must(d.Read(ctx, func(tx *db.Tx) error {
		list, err := db.All(tx, `SELECT id, name, on_, at FROM p WHERE id = ANY($1) ORDER BY id`, func(r *db.Rows, v *row) error {
			return r.Scan(&v.id, &v.name, &v.on, &v.at)
		}, []id.ID{1, 2, 3, 4, 5, 6})
		fmt.Println(list, err)
		if len(list) != 3 || list[0].at != at {
			t.Error(len(list), list)
		}
		return err
	}))
	err = d.Read(ctx, func(tx *db.Tx) error { _, err := tx.Exec(`DELETE FROM p`); return err })
	fmt.Println(err)
	cctx, cancel := context.WithTimeout(ctx, 50*time.Millisecond)
	defer cancel()
	err = d.Read(cctx, func(tx *db.Tx) error {
		var n int
		_, err := tx.Row(`WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x+1 FROM c WHERE x < 1000000000) SELECT count(*) FROM c`, []any{&n})
		return err
	})
	if !errors.Is(err, context.DeadlineExceeded) {
		t.Error(err)
	}
	must(d.Ping(ctx))
}
