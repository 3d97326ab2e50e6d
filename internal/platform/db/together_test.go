package db_test

import (
	"context"
	"errors"
	"testing"

	"github.com/guildhall/guildhall/internal/platform/db"
	"github.com/guildhall/guildhall/internal/platform/db/dbtest"
)

func TestWhatIsDoneTogetherIsDoneWholeOrNotAtAll(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		run(t, d, createThingsSQL)
		add := func(ctx context.Context, n int64, after error) error {
			return d.Write(ctx, func(tx *db.Tx) error {
				if _, err := tx.Exec(insertThingSQL, n, "x", nil); err != nil {
					return err
				}
				return after
			})
		}
		count := func(ctx context.Context) (n int64) {
			if err := d.Read(ctx, func(tx *db.Tx) error {
				_, err := tx.Row(`SELECT COUNT(*) FROM things`, []any{&n})
				return err
			}); err != nil {
				t.Error(err)
			}
			return n
		}
		refused := errors.New("refused")
		for name, part := range map[string]func(ctx context.Context) error{
			"an error at the end":         func(context.Context) error { return refused },
			"a part that fails":           func(ctx context.Context) error { return add(ctx, 3, refused) },
			"a failure nobody passes on":  func(ctx context.Context) error { _ = add(ctx, 3, refused); return nil },
			"a statement that fails":      func(ctx context.Context) error { return add(ctx, 1, nil) },
			"a statement nobody looks at": func(ctx context.Context) error { _ = add(ctx, 1, nil); return nil },
		} {
			err := d.Together(t.Context(), func(ctx context.Context, _ *db.Tx) error {
				if err := add(ctx, 1, nil); err != nil {
					return err
				}
				if err := add(ctx, 2, nil); err != nil {
					return err
				}
				if n := count(ctx); n != 2 {
					t.Errorf("%s: a part sees %d rows of 2", name, n)
				}
				return part(ctx)
			})
			if err == nil || count(t.Context()) != 0 {
				t.Errorf("%s: %v, and %d rows are there", name, err, count(t.Context()))
			}
		}
		if err := d.Together(t.Context(), func(ctx context.Context, _ *db.Tx) error {
			return errors.Join(add(ctx, 1, nil), add(ctx, 2, nil))
		}); err != nil || count(t.Context()) != 2 {
			t.Errorf("%v, and %d rows are there of 2", err, count(t.Context()))
		}
		other := dbtest.SQLite(t)
		run(t, other, createThingsSQL)
		if err := d.Together(t.Context(), func(ctx context.Context, _ *db.Tx) error {
			if err := other.Write(ctx, func(tx *db.Tx) error {
				_, err := tx.Exec(insertThingSQL, int64(9), "x", nil)
				return err
			}); err != nil {
				t.Error(err)
			}
			return refused
		}); !errors.Is(err, refused) || !things(t, other)[9] {
			t.Errorf("another database took part: %v", err)
		}
	})
}
