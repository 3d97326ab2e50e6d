package job_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/guildhall/guildhall/internal/platform/db"
	"github.com/guildhall/guildhall/internal/platform/db/dbtest"
	"github.com/guildhall/guildhall/internal/platform/job"
)

// bubble runs fn where time is only what sleeps make it, on SQLite, whose work
// takes no time there.
func bubble(t *testing.T, fn func(t *testing.T, d *db.DB)) {
	path := dbtest.SQLitePath(t)
	synctest.Test(t, func(t *testing.T) {
		d, err := db.Open(t.Context(), db.Config{URL: path})
		if err != nil {
			t.Fatal(err)
		}
		fn(t, d)
		if err := d.Close(); err != nil {
			t.Error(err)
		}
	})
}

// start runs w and returns how to stop it.
func start(t *testing.T, w *job.Workers) (stop func()) {
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error)
	go func() { done <- w.Run(ctx) }()
	return func() {
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	}
}

func TestAJobRunsAtItsTimeAlthoughNobodyPolls(t *testing.T) {
	bubble(t, func(t *testing.T, d *db.DB) {
		w := job.New(d, job.Config{Poll: 100 * time.Hour})
		var ranAt time.Time
		job.Handle(w, "remind", func(context.Context, *job.Run, any) error { ranAt = time.Now(); return nil })
		stop := start(t, w)
		at := time.Now().Add(90 * time.Minute)
		enqueue(t, d, job.Job{Kind: "remind", RunAt: at})
		time.Sleep(2 * time.Hour)
		synctest.Wait()
		if late := ranAt.Sub(at); late < 0 || late > 10*time.Millisecond {
			t.Errorf("it ran %v after its time", late)
		}
		stop()
	})
}

func TestAnIdleServerNeverWrites(t *testing.T) {
	bubble(t, func(t *testing.T, d *db.DB) {
		w := job.New(d, job.Config{Poll: time.Second})
		job.Handle(w, "x", func(context.Context, *job.Run, any) error { return nil })
		stop := start(t, w)
		time.Sleep(time.Minute)
		synctest.Wait()
		before := d.Stats()
		time.Sleep(time.Hour)
		synctest.Wait()
		after := d.Stats()
		if after.Writes != before.Writes || after.Groups != before.Groups {
			t.Errorf("an hour of nothing made %d writes in %d commits", after.Writes-before.Writes, after.Groups-before.Groups)
		}
		if after.Reads-before.Reads < 3600 {
			t.Errorf("it looked only %d times", after.Reads-before.Reads)
		}
		stop()
	})
}

func TestALongJobKeepsItsLeaseAndALostOneIsTakenOver(t *testing.T) {
	bubble(t, func(t *testing.T, d *db.DB) {
		runs := 0
		long := func(ctx context.Context, r *job.Run, _ any) error {
			runs++
			select {
			case <-time.After(10 * time.Minute):
				return nil
			case <-ctx.Done():
				return context.Cause(ctx)
			}
		}
		var stops []func()
		for range 2 {
			w := job.New(d, job.Config{Lease: time.Minute, Poll: time.Second})
			job.Handle(w, "long", long)
			stops = append(stops, start(t, w))
		}
		key := enqueue(t, d, job.Job{Kind: "long"})
		time.Sleep(9 * time.Minute)
		synctest.Wait()
		if i, _ := find(t, d, key); runs != 1 || i.State != job.Running || i.Attempt != 1 {
			t.Errorf("after nine minutes: %d runs, %+v", runs, i)
		}
		time.Sleep(2 * time.Minute)
		synctest.Wait()
		if i, found := find(t, d, key); found {
			t.Errorf("after its end: %+v", i)
		}
		for _, stop := range stops {
			stop()
		}
	})
}

func TestAJobThatDoesNotEndIsCancelledAfterTheGrace(t *testing.T) {
	bubble(t, func(t *testing.T, d *db.DB) {
		w := job.New(d, job.Config{Grace: 30 * time.Second})
		begun := make(chan struct{})
		job.Handle(w, "stuck", func(ctx context.Context, _ *job.Run, _ any) error {
			close(begun)
			<-ctx.Done()
			return ctx.Err()
		})
		key := enqueue(t, d, job.Job{Kind: "stuck"})
		stop := start(t, w)
		<-begun
		asked := time.Now()
		stop()
		if took := time.Since(asked); took < 30*time.Second || took > 31*time.Second {
			t.Errorf("it took %v to stop", took)
		}
		if i, _ := find(t, d, key); i.State != job.Waiting {
			t.Errorf("the job: %+v", i)
		}
	})
}

func TestBackoffGrowsToADay(t *testing.T) {
	for n := 1; n < 40; n++ {
		d := job.Backoff(n)
		base := min(24*time.Hour, time.Second<<min(n, 30))
		if d < base*4/5 || d > base*6/5 {
			t.Errorf("after failure %d: %v", n, d)
		}
	}
}

func TestSchedules(t *testing.T) {
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	at := func(s string) time.Time {
		v, err := time.Parse(time.RFC3339, s)
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
	for _, c := range []struct {
		name        string
		s           job.Schedule
		after, want string
	}{
		{"interval", job.Interval(15 * time.Minute), "2026-11-21T09:07:00Z", "2026-11-21T09:15:00Z"},
		{"interval on the moment", job.Interval(15 * time.Minute), "2026-11-21T09:15:00Z", "2026-11-21T09:30:00Z"},
		{"daily later today", job.Daily{Hour: 8, In: berlin}, "2026-11-21T05:00:00Z", "2026-11-21T07:00:00Z"},
		{"daily tomorrow", job.Daily{Hour: 8, In: berlin}, "2026-11-21T07:00:00Z", "2026-11-22T07:00:00Z"},
		{"daily across the change to summer", job.Daily{Hour: 8, In: berlin}, "2026-03-28T07:00:00Z", "2026-03-29T06:00:00Z"},
		{"daily at an hour that is left out", job.Daily{Hour: 2, Minute: 30, In: berlin}, "2026-03-28T12:00:00Z", "2026-03-29T01:30:00Z"},
		{"weekly", job.Weekly{Day: time.Monday, At: job.Daily{Hour: 9}}, "2026-11-23T09:00:00Z", "2026-11-30T09:00:00Z"},
		{"end of the month", job.Daily{Hour: 1}, "2026-12-31T02:00:00Z", "2027-01-01T01:00:00Z"},
	} {
		if got := c.s.Next(at(c.after)); !got.Equal(at(c.want)) {
			t.Errorf("%s: after %s comes %s", c.name, c.after, got)
		}
	}
}
