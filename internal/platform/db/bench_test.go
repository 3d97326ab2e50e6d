package db_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/guildhall/guildhall/internal/platform/db"
	"github.com/guildhall/guildhall/internal/platform/db/dbtest"
	"github.com/guildhall/guildhall/internal/platform/id"
	"github.com/guildhall/guildhall/internal/platform/job"
)

const (
	benchPostsSQL  = `CREATE TABLE bench_posts (id BIGINT PRIMARY KEY, audience_id BIGINT NOT NULL, author_id BIGINT NOT NULL, title TEXT NOT NULL, body TEXT NOT NULL, at TIMESTAMP NOT NULL)`
	benchIndexSQL  = `CREATE INDEX bench_posts_at ON bench_posts (audience_id, at, id)`
	benchTextSQL   = `CREATE VIRTUAL TABLE bench_text USING fts5(title, body, content='', contentless_delete=1, tokenize='unicode61 remove_diacritics 2')`
	benchEventsSQL = `CREATE TABLE bench_events (id BIGINT PRIMARY KEY, kind TEXT NOT NULL, subject BIGINT NOT NULL, at TIMESTAMP NOT NULL)`

	benchInsertPostSQL  = `INSERT INTO bench_posts (id, audience_id, author_id, title, body, at) VALUES ($1, $2, $3, $4, $5, $6)`
	benchInsertTextSQL  = `INSERT INTO bench_text (rowid, title, body) VALUES ($1, $2, $3)`
	benchInsertEventSQL = `INSERT INTO bench_events (id, kind, subject, at) VALUES ($1, $2, $3, $4)`
	benchPageSQL        = `SELECT id, author_id, title, body, at FROM bench_posts WHERE audience_id = $1 AND (at, id) < ($2, $3) ORDER BY at DESC, id DESC LIMIT 30`
)

func benchTables(b testing.TB, d *db.DB) {
	b.Helper()
	for _, text := range []string{benchPostsSQL, benchIndexSQL, benchTextSQL, benchEventsSQL} {
		if d.Dialect() == db.Postgres && text == benchTextSQL {
			continue
		}
		text = strings.Replace(text, "BIGINT PRIMARY KEY", "INTEGER PRIMARY KEY", 1)
		if d.Dialect() == db.Postgres {
			text = strings.Replace(text, "INTEGER PRIMARY KEY", "BIGINT PRIMARY KEY", 1)
		}
		if err := d.Write(context.Background(), func(tx *db.Tx) error {
			_, err := tx.Exec(text)
			return err
		}); err != nil {
			b.Fatal(err)
		}
	}
}

// words makes text whose words are as unevenly frequent as those of people.
func words(r *rand.Rand, n int) string {
	var b strings.Builder
	for i := range n {
		if i > 0 {
			b.WriteByte(' ')
		}
		fmt.Fprintf(&b, "w%d", int(r.ExpFloat64()*700))
	}
	return b.String()
}

func post(tx *db.Tx, title, body string, at db.Time) error {
	key := id.New(at.Time())
	if _, err := tx.Exec(benchInsertPostSQL, key, 1, 7, title, body, at); err != nil {
		return err
	}
	if tx.Dialect() == db.SQLite {
		if _, err := tx.Exec(benchInsertTextSQL, key, title, body); err != nil {
			return err
		}
	}
	if _, err := tx.Exec(benchInsertEventSQL, id.New(at.Time()), "question.asked", key, at); err != nil {
		return err
	}
	return job.Enqueue(tx, job.Job{Kind: "event", Args: key})
}

// cpuTime is the processor time this process has used. The wall clock says
// little on a machine that does other things too.
func cpuTime() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// BenchmarkPost is the hot path: a post, its full-text row, an event and a job
// in one durable transaction, from 64 writers.
func BenchmarkPost(b *testing.B) {
	for _, writers := range []int{1, 8, 64} {
		b.Run(fmt.Sprintf("writers=%d", writers), func(b *testing.B) {
			d := dbtest.SQLite(b)
			benchTables(b, d)
			var titles, bodies [1024]string
			r := rand.New(rand.NewPCG(1, 2))
			for i := range titles {
				titles[i], bodies[i] = words(r, 8), words(r, 60)
			}
			b.ResetTimer()
			used := cpuTime()
			var left atomic.Int64
			left.Store(int64(b.N))
			var all sync.WaitGroup
			for range writers {
				all.Go(func() {
					for n := left.Add(-1); n >= 0; n = left.Add(-1) {
						title, body := titles[n%1024], bodies[n%1024]
						err := d.Write(context.Background(), func(tx *db.Tx) error {
							return post(tx, title, body, tx.Now())
						})
						if err != nil {
							b.Error(err)
							return
						}
					}
				})
			}
			all.Wait()
			b.StopTimer()
			b.ReportMetric(float64(cpuTime()-used)/float64(b.N), "cpu-ns/op")
			s := d.Stats()
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "posts/s")
			b.ReportMetric(float64(s.Writes)/float64(s.Groups), "posts/commit")
		})
	}
}

// BenchmarkReadPage reads 30 rows by an index, as a list page does.
func BenchmarkReadPage(b *testing.B) {
	dbtest.EachBench(b, func(b *testing.B, d *db.DB) {
		benchTables(b, d)
		r := rand.New(rand.NewPCG(1, 2))
		start := time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC)
		for n := range 50 {
			err := d.Write(context.Background(), func(tx *db.Tx) error {
				for k := range 100 {
					at := db.At(start.Add(time.Duration(n*100+k) * time.Minute))
					if err := post(tx, words(r, 8), words(r, 60), at); err != nil {
						return err
					}
				}
				return nil
			})
			if err != nil {
				b.Fatal(err)
			}
		}
		run(b, d, `ANALYZE`)
		type row struct {
			id, author id.ID
			title      string
			body       string
			at         db.Time
		}
		ctx, cancel := context.WithCancel(context.Background())
		defer cancel()
		b.ReportAllocs()
		b.ResetTimer()
		used := cpuTime()
		for n := 0; b.Loop(); n++ {
			before := db.At(start.Add(time.Duration(1000+n%3000) * time.Minute))
			err := d.Read(ctx, func(tx *db.Tx) error {
				list, err := db.All(tx, benchPageSQL, func(r *db.Rows, v *row) error {
					return r.Scan(&v.id, &v.author, &v.title, &v.body, &v.at)
				}, 1, before, id.ID(1<<62))
				if len(list) != 30 {
					b.Fatalf("%d rows", len(list))
				}
				return err
			})
			if err != nil {
				b.Fatal(err)
			}
		}
		b.ReportMetric(float64(cpuTime()-used)/float64(b.N), "cpu-ns/op")
	})
}
