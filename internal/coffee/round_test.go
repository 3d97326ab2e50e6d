package coffee

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/guildhall/guildhall/internal/core/access"
	"github.com/guildhall/guildhall/internal/core/people"
	"github.com/guildhall/guildhall/internal/platform/clock"
	"github.com/guildhall/guildhall/internal/platform/db"
	"github.com/guildhall/guildhall/internal/platform/db/dbtest"
	"github.com/guildhall/guildhall/internal/platform/id"
)

// bar is a group with many people in it, whose round is due.
func bar(t testing.TB, d *db.DB, c *clock.Moved, n int) (*Service, id.ID, []access.Actor) {
	t.Helper()
	c.Set(time.Date(2026, 11, 24, 9, 0, 0, 0, time.UTC))
	s := &Service{DB: d, Clock: c, People: people.New(d, c)}
	list := make([]access.Actor, n)
	for from := 0; from < n; from += 50 {
		if err := d.Write(t.Context(), func(tx *db.Tx) error {
			if err := access.EnsureOrganisation(tx, c); err != nil {
				return err
			}
			for i := from; i < min(n, from+50); i++ {
				who, err := s.People.Join(tx, people.Joiner{Name: fmt.Sprintf("Guest %d", i)}, true)
				if err != nil {
					return err
				}
				list[i] = access.Actor{Person: who.Person, Author: who.Author, Role: access.Member}
			}
			return nil
		}); err != nil {
			t.Fatal(err)
		}
	}
	g, err := s.Start(t.Context(), list[0], NewGroup{Name: "Bar", Every: Weekly, Size: 2, Mixing: Mixed})
	if err != nil {
		t.Fatal(err)
	}
	for _, a := range list[1:] {
		if err := s.Join(t.Context(), a, g); err != nil {
			t.Fatal(err)
		}
	}
	c.Set(time.Date(2026, 11, 30, 9, 0, 0, 0, time.UTC))
	return s, g, list
}

func count(t testing.TB, d *db.DB, sql string, args ...any) (n int) {
	t.Helper()
	if err := d.Read(t.Context(), func(tx *db.Tx) error {
		_, err := tx.Row(sql, []any{&n}, args...)
		return err
	}); err != nil {
		t.Fatal(err)
	}
	return n
}

// TestARoundIsPublishedOnceOrNotAtAll cuts the work off between any two of its
// transactions and goes on from there, each time a little later.
func TestARoundIsPublishedOnceOrNotAtAll(t *testing.T) {
	dbtest.EachMoved(t, func(t *testing.T, d *db.DB, c *clock.Moved) {
		s, g, list := bar(t, d, c, 121)
		cutOff := errors.New("cut off")
		for cut := 0; ; cut++ {
			left := cut
			ctx, stop := context.WithCancel(t.Context())
			_, err := s.round(ctx, g, false, func(int, int) error {
				if left--; left < 0 {
					stop()
					return cutOff
				}
				return nil
			})
			stop()
			shown := 0
			for _, a := range list {
				pairs, _, err := s.Pairs(t.Context(), a, 0, 10)
				if err != nil || len(pairs) > 1 {
					t.Fatal(len(pairs), err)
				}
				shown += len(pairs)
			}
			if shown != 0 && shown != len(list) {
				t.Fatalf("after %d steps %d of %d see their pair", cut, shown, len(list))
			}
			if err == nil {
				break
			}
			if !errors.Is(err, cutOff) || cut > 20 {
				t.Fatal(cut, err)
			}
		}
		// Again, and by several servers at the same time: nothing doubles.
		for range 3 {
			if _, err := s.round(t.Context(), g, false, func(int, int) error { return nil }); err != nil {
				t.Fatal(err)
			}
		}
		if n := count(t, d, "SELECT count(*) FROM coffee_pairs"); n != 60 {
			t.Errorf("%d pairs of 121 people", n)
		}
		if n := count(t, d, "SELECT count(*) FROM events WHERE kind = 'coffee.paired'"); n != 60 {
			t.Errorf("%d pairs are told", n)
		}
		if n := count(t, d, "SELECT count(*) FROM events WHERE kind = 'coffee.drawn'"); n != 1 {
			t.Errorf("the round is published %d times", n)
		}
		if n := count(t, d, "SELECT count(*) FROM coffee_members WHERE silent <> 1"); n != 0 {
			t.Errorf("%d people have another number of rounds", n)
		}
	})
}

// TestTwoServersDrawOneRound lets several servers draw the same round at once.
func TestTwoServersDrawOneRound(t *testing.T) {
	dbtest.EachMoved(t, func(t *testing.T, d *db.DB, c *clock.Moved) {
		s, g, list := bar(t, d, c, 80)
		done := make(chan error, 4)
		for range 4 {
			go func() {
				_, err := s.round(context.Background(), g, false, func(int, int) error { return nil })
				if errors.Is(err, errTaken) {
					err = nil
				}
				done <- err
			}()
		}
		for range 4 {
			if err := <-done; err != nil {
				t.Error(err)
			}
		}
		if _, err := s.round(t.Context(), g, false, func(int, int) error { return nil }); err != nil {
			t.Fatal(err)
		}
		for _, a := range list {
			if pairs, _, err := s.Pairs(t.Context(), a, 0, 10); err != nil || len(pairs) != 1 {
				t.Errorf("%d pairs %v", len(pairs), err)
			}
		}
		if n := count(t, d, "SELECT count(*) FROM events WHERE kind = 'coffee.paired'"); n != 40 {
			t.Errorf("%d pairs are told", n)
		}
	})
}

// TestADrawIsAnsweredAtAFullQuarterOfASecond holds for whatever time a draw
// took, except for whoever has gone.
func TestADrawIsAnsweredAtAFullQuarterOfASecond(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for took, want := range map[time.Duration]time.Duration{0: 250, 3: 250, 80: 250, 249: 250, 250: 500, 260: 500, 1700: 1750} {
			begun := time.Now()
			time.Sleep(took * time.Millisecond) // of the bubble: nobody waits
			evenly(t.Context(), begun)
			if got := time.Since(begun); got != want*time.Millisecond {
				t.Errorf("a draw of %d ms is answered after %s", took, got)
			}
		}
		gone, leave := context.WithCancel(t.Context())
		leave()
		begun := time.Now()
		if evenly(gone, begun); time.Since(begun) != 0 {
			t.Errorf("whoever has gone is waited for: %s", time.Since(begun))
		}
	})
}
