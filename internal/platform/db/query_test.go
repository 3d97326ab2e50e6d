package db_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/guildhall/guildhall/internal/platform/db"
	"github.com/guildhall/guildhall/internal/platform/db/dbtest"
)

const (
	queryThingsSQL   = `SELECT id FROM things WHERE id < $1 {filters} ORDER BY id LIMIT $2`
	nameFilterSQL    = `AND name = $1`
	betweenFilterSQL = `AND (id > $2 OR id = $1 OR id > $2)`
)

func TestFiltersAreNumberedAndGetTheirArguments(t *testing.T) {
	q := db.NewQuery(queryThingsSQL, nameFilterSQL, betweenFilterSQL)
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		run(t, d, createThingsSQL)
		for i := range 10 {
			run(t, d, insertThingSQL, i, strings.Repeat("x", i%2), nil)
		}
		for _, v := range q.Variants() {
			if err := d.Check(t.Context(), v); err != nil {
				t.Errorf("%s: %v", v, err)
			}
		}
		for _, c := range []struct {
			name, between bool
			want          []int64
		}{
			{false, false, []int64{0, 1, 2, 3}},
			{true, false, []int64{1, 3, 5, 7}},
			{false, true, []int64{2, 6, 7, 8}},
			{true, true, []int64{7}},
		} {
			for range 2 { // built, then from the cache
				text, args := q.With(9, 4).If(c.name, nameFilterSQL, "x").If(c.between, betweenFilterSQL, 2, 5).Build()
				var got []int64
				err := d.Read(t.Context(), func(tx *db.Tx) (err error) {
					got, err = db.All(tx, text, func(r *db.Rows, v *int64) error { return r.Scan(v) }, args...)
					return err
				})
				if err != nil || !slices.Equal(got, c.want) {
					t.Errorf("name %v, between %v: %v, %v", c.name, c.between, got, err)
				}
			}
		}
		text, args := q.With(9).Build()
		if err := d.Read(t.Context(), func(tx *db.Tx) error { _, err := tx.Exec(text, args...); return err }); err == nil {
			t.Error("a missing argument was not noticed")
		}
	})
}

func TestAFilterNobodyRegisteredPanics(t *testing.T) {
	defer func() {
		if recover() == nil {
			t.Error("no panic")
		}
	}()
	db.NewQuery(queryThingsSQL).With(1, 2).If(true, nameFilterSQL, "x")
}
