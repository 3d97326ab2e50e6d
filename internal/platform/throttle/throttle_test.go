package throttle

import (
	"context"
	"sync"
	"testing"
	"time"

	"github.com/guildhall/guildhall/internal/platform/clock"
	"github.com/guildhall/guildhall/internal/platform/db"
	"github.com/guildhall/guildhall/internal/platform/db/dbtest"
)

var rate = Rate{Burst: 3, Every: time.Minute}

func take(t *testing.T, d *db.DB, key string) (wait time.Duration) {
	t.Helper()
	if err := d.Write(context.Background(), func(tx *db.Tx) (err error) {
		wait, err = Take(tx, key, rate)
		return err
	}); err != nil {
		t.Fatal(err)
	}
	return wait
}

func TestABurstIsLetThroughThenOneEachInterval(t *testing.T) {
	dbtest.EachMoved(t, func(t *testing.T, d *db.DB, c *clock.Moved) {
		for i := range 3 {
			if w := take(t, d, "a"); w != 0 {
				t.Fatalf("try %d waits %v", i+1, w)
			}
		}
		if w := take(t, d, "a"); w != time.Minute {
			t.Errorf("the fourth waits %v, want a minute", w)
		}
		if w := take(t, d, "b"); w != 0 {
			t.Errorf("another key waits %v", w)
		}
		c.Advance(time.Minute)
		if w := take(t, d, "a"); w != 0 {
			t.Errorf("after a minute it waits %v", w)
		}
		if err := d.Write(context.Background(), func(tx *db.Tx) error { return Give(tx, "a", rate) }); err != nil {
			t.Fatal(err)
		}
		if w := take(t, d, "a"); w != 0 {
			t.Errorf("after one was given back it waits %v", w)
		}
		c.Advance(time.Hour)
		if err := d.Write(context.Background(), func(tx *db.Tx) error {
			n, err := Sweep(tx)
			if n != 2 {
				t.Errorf("%d rows swept, want 2", n)
			}
			return err
		}); err != nil {
			t.Fatal(err)
		}
	})
}

func TestManyAtOnceGetNoMoreThanTheBurst(t *testing.T) {
	dbtest.EachMoved(t, func(t *testing.T, d *db.DB, _ *clock.Moved) {
		var wg sync.WaitGroup
		var mu sync.Mutex
		through := 0
		for range 24 {
			wg.Go(func() {
				var wait time.Duration
				if err := d.Write(context.Background(), func(tx *db.Tx) (err error) {
					wait, err = Take(tx, "a", rate)
					return err
				}); err != nil {
					t.Error(err)
					return
				}
				if wait == 0 {
					mu.Lock()
					through++
					mu.Unlock()
				}
			})
		}
		wg.Wait()
		if through != 3 {
			t.Errorf("%d came through, want 3", through)
		}
	})
}

func TestMemoryForgetsWhatIsWorkedOff(t *testing.T) {
	c := clock.NewMoved(time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC))
	m := &Memory{Clock: c, Rate: rate}
	for range 3 {
		if w := m.Take("a"); w != 0 {
			t.Fatal(w)
		}
	}
	if w := m.Take("a"); w != time.Minute {
		t.Errorf("it waits %v, want a minute", w)
	}
	c.Advance(10 * time.Minute)
	m.Take("b")
	if len(m.due) != 1 {
		t.Errorf("%d keys are kept, want 1", len(m.due))
	}
}
