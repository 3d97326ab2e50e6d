package job_test

import (
	"context"
	"sync/atomic"
	"testing"

	"github.com/guildhall/guildhall/internal/platform/db"
	"github.com/guildhall/guildhall/internal/platform/db/dbtest"
	"github.com/guildhall/guildhall/internal/platform/job"
)

// BenchmarkRun is how fast a server works off jobs that each write a little of
// their own, as the effects of events do.
func BenchmarkRun(b *testing.B) {
	dbtest.EachBench(b, func(b *testing.B, d *db.DB) {
		err := d.Write(b.Context(), func(tx *db.Tx) error {
			_, err := tx.Exec(`CREATE TABLE effects (id BIGINT NOT NULL UNIQUE)`)
			return err
		})
		if err != nil {
			b.Fatal(err)
		}
		for n := 0; n < b.N; n += 500 {
			err := d.Write(b.Context(), func(tx *db.Tx) error {
				for k := n; k < min(n+500, b.N); k++ {
					if err := job.Enqueue(tx, job.Job{Kind: "effect", Args: k}); err != nil {
						return err
					}
				}
				return nil
			})
			if err != nil {
				b.Fatal(err)
			}
		}
		w := job.New(d, job.Config{Queues: map[string]int{job.DefaultQueue: 16}})
		ctx, stop := context.WithCancel(b.Context())
		var done atomic.Int64
		job.Handle(w, "effect", func(ctx context.Context, r *job.Run, k int) error {
			err := d.Write(ctx, func(tx *db.Tx) error {
				_, err := tx.Exec(`INSERT INTO effects (id) VALUES ($1)`, k)
				return err
			})
			if done.Add(1) == int64(b.N) {
				stop()
			}
			return err
		})
		b.ResetTimer()
		if err := w.Run(ctx); err != nil {
			b.Fatal(err)
		}
		b.StopTimer()
		b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "jobs/s")
		s := d.Stats()
		b.ReportMetric(float64(s.Again), "again")
	})
}
