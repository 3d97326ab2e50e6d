package coffee

import (
	"os"
	"testing"
	"time"

	"github.com/guildhall/guildhall/internal/platform/clock"
	"github.com/guildhall/guildhall/internal/platform/db"
	"github.com/guildhall/guildhall/internal/platform/db/dbtest"
)

// BenchmarkRound measures a whole round, from reading who is there to the last
// event from which a notice follows. GUILDHALL_LARGE=1 asks for 10,000 people,
// which take a minute to make.
func BenchmarkRound(b *testing.B) {
	n := 1200
	if os.Getenv("GUILDHALL_LARGE") != "" {
		n = 10_000
	}
	c := clock.NewMoved(time.Date(2026, 11, 24, 9, 0, 0, 0, time.UTC))
	d := dbtest.Open(b, db.Config{URL: dbtest.SQLitePath(b), Clock: c})
	s, g, _ := bar(b, d, c, n)
	b.ResetTimer()
	for range b.N {
		if _, err := s.round(b.Context(), g, false, func(int, int) error { return nil }); err != nil {
			b.Fatal(err)
		}
		c.Advance(7 * 24 * time.Hour)
		b.StopTimer()
		if err := d.Write(b.Context(), func(tx *db.Tx) error {
			_, err := tx.Exec("UPDATE coffee_members SET silent = 0 WHERE group_id = $1", g)
			return err
		}); err != nil {
			b.Fatal(err)
		}
		b.StartTimer()
	}
	b.ReportMetric(float64(b.Elapsed().Milliseconds())/float64(b.N), "ms/round")
}
