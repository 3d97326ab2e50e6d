package job_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/guildhall/guildhall/internal/platform/clock"
	"github.com/guildhall/guildhall/internal/platform/db"
	"github.com/guildhall/guildhall/internal/platform/db/dbtest"
	"github.com/guildhall/guildhall/internal/platform/fault"
	"github.com/guildhall/guildhall/internal/platform/id"
	"github.com/guildhall/guildhall/internal/platform/job"
)

func enqueue(t *testing.T, d *db.DB, j job.Job) id.ID {
	t.Helper()
	var key id.ID
	err := d.Write(t.Context(), func(tx *db.Tx) (err error) {
		key, err = job.EnqueueID(tx, j)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return key
}

func find(t *testing.T, d *db.DB, key id.ID) (job.Info, bool) {
	t.Helper()
	var i job.Info
	var found bool
	err := d.Read(t.Context(), func(tx *db.Tx) (err error) {
		i, found, err = job.Find(tx, key)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return i, found
}

func drain(t *testing.T, w *job.Workers) {
	t.Helper()
	if err := w.Drain(t.Context()); err != nil {
		t.Fatal(err)
	}
}

// recorder is a worker that notes its arguments.
type recorder struct {
	mu   sync.Mutex
	seen []string
}

func (r *recorder) note(s string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.seen = append(r.seen, s)
}

func (r *recorder) all() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.seen)
}

func (r *recorder) work(_ context.Context, _ *job.Run, s string) error {
	r.note(s)
	return nil
}

func TestAJobExistsOnlyIfItsTransactionCommits(t *testing.T) {
	dbtest.EachMoved(t, func(t *testing.T, d *db.DB, c *clock.Moved) {
		var rec recorder
		w := job.New(d, job.Config{})
		job.Handle(w, "greet", rec.work)
		boom := errors.New("no")
		err := d.Write(t.Context(), func(tx *db.Tx) error {
			if err := job.Enqueue(tx, job.Job{Kind: "greet", Args: "undone"}); err != nil {
				return err
			}
			return boom
		})
		if !errors.Is(err, boom) {
			t.Fatal(err)
		}
		key := enqueue(t, d, job.Job{Kind: "greet", Args: "Ada"})
		drain(t, w)
		if got := rec.all(); !slices.Equal(got, []string{"Ada"}) {
			t.Errorf("ran %v", got)
		}
		if _, found := find(t, d, key); found {
			t.Error("a job that told no progress stays after its end")
		}
	})
}

func TestJobsRunByPriorityThenTimeAndNotBeforeTheirTime(t *testing.T) {
	dbtest.EachMoved(t, func(t *testing.T, d *db.DB, c *clock.Moved) {
		var rec recorder
		w := job.New(d, job.Config{})
		job.Handle(w, "greet", rec.work)
		now := c.Now()
		enqueue(t, d, job.Job{Kind: "greet", Args: "low", Priority: job.Low})
		enqueue(t, d, job.Job{Kind: "greet", Args: "second"})
		enqueue(t, d, job.Job{Kind: "greet", Args: "first", RunAt: now.Add(-time.Minute)})
		enqueue(t, d, job.Job{Kind: "greet", Args: "high", Priority: job.High})
		enqueue(t, d, job.Job{Kind: "greet", Args: "later", Priority: job.High, RunAt: now.Add(time.Hour)})
		enqueue(t, d, job.Job{Kind: "unknown", Args: "nobody", Priority: job.High})
		drain(t, w)
		if got, want := rec.all(), []string{"high", "first", "second", "low"}; !slices.Equal(got, want) {
			t.Errorf("ran %v, want %v", got, want)
		}
		c.Advance(time.Hour)
		drain(t, w)
		if got := rec.all(); got[len(got)-1] != "later" || len(got) != 5 {
			t.Errorf("an hour later: %v", got)
		}
	})
}

func TestOneJobOfAKeyWaitsAndAnotherMayFollowARunningOne(t *testing.T) {
	dbtest.EachMoved(t, func(t *testing.T, d *db.DB, c *clock.Moved) {
		var rec recorder
		w := job.New(d, job.Config{})
		var during id.ID
		job.Handle(w, "index", func(ctx context.Context, r *job.Run, s string) error {
			rec.note(s)
			if s == "one" {
				during = enqueue(t, d, job.Job{Kind: "index", UniqueKey: "page", Args: "three"})
			}
			return nil
		})
		a := enqueue(t, d, job.Job{Kind: "index", UniqueKey: "page", Args: "one", RunAt: c.Now().Add(time.Hour)})
		b := enqueue(t, d, job.Job{Kind: "index", UniqueKey: "page", Args: "two"})
		if a != b {
			t.Errorf("two jobs of one key wait: %v and %v", a, b)
		}
		enqueue(t, d, job.Job{Kind: "index", UniqueKey: "other", Args: "other"})
		drain(t, w) // "one" was brought forward
		if got, want := rec.all(), []string{"one", "other", "three"}; !slices.Equal(got, want) {
			t.Errorf("ran %v, want %v", got, want)
		}
		if during == a {
			t.Error("a running job swallowed the one that came after it")
		}
	})
}

func TestAFailingJobComesAgainLaterAndLaterAndDiesWithItsError(t *testing.T) {
	dbtest.EachMoved(t, func(t *testing.T, d *db.DB, c *clock.Moved) {
		w := job.New(d, job.Config{})
		job.Handle(w, "fail", func(_ context.Context, r *job.Run, how string) error {
			if how == "panic" {
				panic("oh \x00 no")
			}
			return fmt.Errorf("attempt %d", r.Attempt)
		})
		key := enqueue(t, d, job.Job{Kind: "fail", Args: "error", MaxAttempts: 3})
		other := enqueue(t, d, job.Job{Kind: "fail", Args: "panic", MaxAttempts: 1})
		if err := w.Drain(t.Context()); err == nil || !strings.Contains(err.Error(), "attempt 1") {
			t.Fatalf("Drain: %v", err)
		}
		i, _ := find(t, d, key)
		if i.State != job.Waiting || i.Attempt != 1 || i.Error != "attempt 1" || !i.RunAt.After(db.At(c.Now())) {
			t.Errorf("after the first failure: %+v", i)
		}
		first := i.RunAt.Sub(db.At(c.Now()))
		if p, _ := find(t, d, other); p.State != job.Dead || !strings.Contains(p.Error, "panic: oh ") {
			t.Errorf("after a panic in the last attempt: %+v", p)
		}
		drain(t, w) // nothing is due
		c.Set(i.RunAt.Time())
		if err := w.Drain(t.Context()); err == nil {
			t.Fatal("the second attempt did not run")
		}
		i, _ = find(t, d, key)
		if second := i.RunAt.Sub(db.At(c.Now())); second <= first {
			t.Errorf("waits %v after the second failure, %v after the first", second, first)
		}
		c.Set(i.RunAt.Time())
		_ = w.Drain(t.Context())
		i, _ = find(t, d, key)
		if i.State != job.Dead || i.Error != "attempt 3" || i.EndedAt.IsZero() {
			t.Errorf("after the last failure: %+v", i)
		}
		var dead []job.Info
		err := d.Write(t.Context(), func(tx *db.Tx) (err error) {
			if dead, err = job.DeadJobs(tx, job.Info{}, 10); err != nil {
				return err
			}
			if err := job.Discard(tx, other); err != nil {
				return err
			}
			return job.Revive(tx, key)
		})
		if err != nil || len(dead) != 2 || dead[0].ID != key {
			t.Fatalf("dead jobs %+v, %v", dead, err)
		}
		if i, _ = find(t, d, key); i.State != job.Waiting || i.Attempt != 0 {
			t.Errorf("revived: %+v", i)
		}
		err = d.Write(t.Context(), func(tx *db.Tx) error { return job.Revive(tx, key) })
		if !fault.Is(err, fault.NotFound) {
			t.Errorf("reviving what is not dead: %v", err)
		}
	})
}

func TestARetryMakesWayForANewerJobWithItsKey(t *testing.T) {
	dbtest.EachMoved(t, func(t *testing.T, d *db.DB, c *clock.Moved) {
		w := job.New(d, job.Config{})
		var runs int
		job.Handle(w, "index", func(_ context.Context, r *job.Run, s string) error {
			runs++
			if s == "old" {
				enqueue(t, d, job.Job{Kind: "index", UniqueKey: "k", Args: "new"})
				return errors.New("failed")
			}
			return nil
		})
		old := enqueue(t, d, job.Job{Kind: "index", UniqueKey: "k", Args: "old"})
		if err := w.Drain(t.Context()); err == nil {
			t.Fatal("the old job did not fail")
		}
		if _, found := find(t, d, old); found || runs != 2 {
			t.Errorf("old job found: %v, runs: %d", found, runs)
		}
	})
}

func TestLaterDoesNotCountAndNeverIsFinal(t *testing.T) {
	dbtest.EachMoved(t, func(t *testing.T, d *db.DB, c *clock.Moved) {
		w := job.New(d, job.Config{})
		job.Handle(w, "later", func(context.Context, *job.Run, any) error { return job.Later(time.Hour) })
		job.Handle(w, "never", func(context.Context, *job.Run, any) error { return job.Never(errors.New("hopeless")) })
		job.Handle(w, "number", func(context.Context, *job.Run, int) error { return nil })
		a := enqueue(t, d, job.Job{Kind: "later"})
		b := enqueue(t, d, job.Job{Kind: "never"})
		x := enqueue(t, d, job.Job{Kind: "number", Args: "no number"})
		if err := w.Drain(t.Context()); err == nil {
			t.Error("no error from a job that failed")
		}
		if i, _ := find(t, d, a); i.State != job.Waiting || i.Attempt != 0 || i.RunAt != db.At(c.Now().Add(time.Hour)) {
			t.Errorf("later: %+v", i)
		}
		if i, _ := find(t, d, b); i.State != job.Dead || i.Error != "hopeless" {
			t.Errorf("never: %+v", i)
		}
		if i, _ := find(t, d, x); i.State != job.Dead {
			t.Errorf("arguments that cannot be read: %+v", i)
		}
	})
}

func TestAJobWhoseServerDiedIsTakenOverAndTheDeadServerCannotEndIt(t *testing.T) {
	dbtest.EachMoved(t, func(t *testing.T, d *db.DB, c *clock.Moved) {
		dead := job.New(d, job.Config{})
		alive := job.New(d, job.Config{})
		key := enqueue(t, d, job.Job{Kind: "work"})
		var attempts []int
		var late error
		job.Handle(alive, "work", func(_ context.Context, r *job.Run, _ any) error {
			attempts = append(attempts, r.Attempt)
			return nil
		})
		job.Handle(dead, "work", func(ctx context.Context, r *job.Run, _ any) error {
			// While this one hangs, its lease runs out and the other works.
			if err := alive.Drain(ctx); err != nil || len(attempts) != 0 {
				t.Errorf("taken over before the lease ran out: %v, %v", attempts, err)
			}
			c.Advance(2 * time.Minute)
			if err := alive.Drain(ctx); err != nil {
				t.Error(err)
			}
			late = d.Write(ctx, func(tx *db.Tx) error { return r.Done(tx) })
			return errors.New("woke up")
		})
		_ = dead.Drain(t.Context())
		if !slices.Equal(attempts, []int{2}) {
			t.Errorf("attempts of the server alive: %v", attempts)
		}
		if !fault.Is(late, fault.Conflict) || !errors.Is(late, job.ErrLeaseLost) {
			t.Errorf("Done of the dead server: %v", late)
		}
		if i, found := find(t, d, key); found {
			t.Errorf("the job is still there: %+v", i)
		}
	})
}

func TestDoneCommitsWithTheWorkOrNotAtAll(t *testing.T) {
	dbtest.EachMoved(t, func(t *testing.T, d *db.DB, c *clock.Moved) {
		w := job.New(d, job.Config{})
		fail := true
		job.Handle(w, "pay", func(ctx context.Context, r *job.Run, _ any) error {
			return d.Write(ctx, func(tx *db.Tx) error {
				if err := job.Enqueue(tx, job.Job{Kind: "receipt"}); err != nil {
					return err
				}
				if err := r.Done(tx); err != nil {
					return err
				}
				if fail {
					return errors.New("crash before the commit")
				}
				return nil
			})
		})
		var receipts int
		job.Handle(w, "receipt", func(context.Context, *job.Run, any) error { receipts++; return nil })
		key := enqueue(t, d, job.Job{Kind: "pay"})
		_ = w.Drain(t.Context())
		if i, found := find(t, d, key); !found || receipts != 0 {
			t.Fatalf("after the failure: %+v, %d receipts", i, receipts)
		}
		fail = false
		c.Advance(time.Hour)
		drain(t, w)
		if _, found := find(t, d, key); found || receipts != 1 {
			t.Errorf("found: %v, %d receipts", found, receipts)
		}
	})
}

func TestProgressIsReadableDuringAndAfterTheJob(t *testing.T) {
	dbtest.EachMoved(t, func(t *testing.T, d *db.DB, c *clock.Moved) {
		w := job.New(d, job.Config{})
		var key id.ID
		job.Handle(w, "import", func(ctx context.Context, r *job.Run, _ any) error {
			for n := range int64(3) {
				if err := r.Progress(ctx, job.Progress{Done: n, Total: 3, Text: "people"}); err != nil {
					return err
				}
				c.Advance(2 * time.Second)
				if i, _ := find(t, d, key); i.Progress.Done != n || i.Progress.Text != "people" || i.State != job.Running {
					t.Errorf("during: %+v", i)
				}
			}
			return r.Progress(ctx, job.Progress{Done: 3, Total: 3, Text: "people"})
		})
		key = enqueue(t, d, job.Job{Kind: "import"})
		drain(t, w)
		if i, found := find(t, d, key); !found || i.State != job.Done || i.Progress.Done != 3 {
			t.Errorf("after: %+v", i)
		}
		c.Advance(8 * 24 * time.Hour)
		drain(t, w) // the sweep is due
		if _, found := find(t, d, key); found {
			t.Error("a job done eight days ago is still there")
		}
	})
}

func TestAScheduleFiresOnceInTheClusterAndOnceForAllThatWasMissed(t *testing.T) {
	dbtest.EachMoved(t, func(t *testing.T, d *db.DB, c *clock.Moved) {
		var runs atomic.Int64
		var servers []*job.Workers
		for range 3 {
			w := job.New(d, job.Config{})
			w.Every("digest", job.Interval(time.Hour), func(context.Context, *job.Run) error { runs.Add(1); return nil })
			servers = append(servers, w)
			drain(t, w)
		}
		if runs.Load() != 0 {
			t.Errorf("%d runs before its time", runs.Load())
		}
		for hour := range 3 {
			c.Advance(time.Hour)
			var all sync.WaitGroup
			for _, w := range servers {
				all.Go(func() {
					if err := w.Drain(context.Background()); err != nil {
						t.Error(err)
					}
				})
			}
			all.Wait()
			for _, w := range servers {
				drain(t, w)
			}
			if got := runs.Load(); got != int64(hour+1) {
				t.Fatalf("%d runs after %d hours", got, hour+1)
			}
		}
		c.Advance(100 * time.Hour)
		drain(t, servers[0])
		if got := runs.Load(); got != 4 {
			t.Errorf("%d runs after a pause", got)
		}
	})
}

func TestSeveralServersRunEachJobOnce(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		const jobs, servers = 300, 3
		err := d.Write(t.Context(), func(tx *db.Tx) error {
			for n := range jobs {
				if err := job.Enqueue(tx, job.Job{Kind: "count", Args: n}); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		var mu sync.Mutex
		runs := map[int]int{}
		finished := make(chan struct{})
		ctx, stop := context.WithCancel(t.Context())
		var all sync.WaitGroup
		for range servers {
			w := job.New(d, job.Config{})
			job.Handle(w, "count", func(_ context.Context, _ *job.Run, n int) error {
				mu.Lock()
				defer mu.Unlock()
				runs[n]++
				if len(runs) == jobs && runs[n] == 1 {
					close(finished)
				}
				return nil
			})
			all.Go(func() {
				if err := w.Run(ctx); err != nil {
					t.Error(err)
				}
			})
		}
		select {
		case <-finished:
		case <-time.After(30 * time.Second):
			t.Error("not all jobs ran")
		}
		stop()
		all.Wait()
		for n, k := range runs {
			if k != 1 {
				t.Errorf("job %d ran %d times", n, k)
			}
		}
		err = d.Read(t.Context(), func(tx *db.Tx) error {
			counts, err := job.Counts(tx)
			if len(counts) != 0 {
				t.Errorf("left over: %+v", counts)
			}
			return err
		})
		if err != nil {
			t.Error(err)
		}
	})
}

func TestAWakeUpStartsAJobLongBeforeThePoll(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		ran := make(chan struct{}, 1)
		w := job.New(d, job.Config{Poll: time.Hour})
		job.Handle(w, "greet", func(context.Context, *job.Run, any) error { ran <- struct{}{}; return nil })
		ctx, stop := context.WithCancel(t.Context())
		done := make(chan error)
		go func() { done <- w.Run(ctx) }()
		for range 3 {
			enqueue(t, d, job.Job{Kind: "greet"})
			select {
			case <-ran:
			case <-time.After(20 * time.Second):
				t.Fatal("nobody woke up")
			}
		}
		stop()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
}

func TestStoppingLetsRunningJobsFinishAndGivesBackTheRest(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w := job.New(d, job.Config{Queues: map[string]int{job.DefaultQueue: 1}})
		begun, finish := make(chan struct{}, 1), make(chan struct{})
		var ran atomic.Int64
		job.Handle(w, "slow", func(context.Context, *job.Run, any) error {
			begun <- struct{}{}
			<-finish
			ran.Add(1)
			return nil
		})
		for range 3 {
			enqueue(t, d, job.Job{Kind: "slow"})
		}
		ctx, stop := context.WithCancel(t.Context())
		done := make(chan error)
		go func() { done <- w.Run(ctx) }()
		<-begun
		stop()
		// The rest must be waiting again while the first still runs.
		for deadline := time.Now().Add(20 * time.Second); ; {
			var waiting int64
			err := d.Read(t.Context(), func(tx *db.Tx) error {
				counts, err := job.Counts(tx)
				waiting = 0
				for _, c := range counts {
					if c.State == job.Waiting {
						waiting += c.N
					}
				}
				return err
			})
			if err != nil {
				t.Fatal(err)
			}
			if waiting == 2 {
				break
			}
			if time.Now().After(deadline) {
				t.Fatalf("%d jobs wait", waiting)
			}
		}
		close(finish)
		if err := <-done; err != nil {
			t.Error(err)
		}
		if ran.Load() != 1 {
			t.Errorf("%d jobs ran", ran.Load())
		}
	})
}
