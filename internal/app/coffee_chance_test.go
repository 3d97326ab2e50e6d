package app

import (
	"context"
	"math/rand/v2"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/anishathalye/porcupine"

	"github.com/guildhall/guildhall/internal/coffee"
	"github.com/guildhall/guildhall/internal/core/people"
	"github.com/guildhall/guildhall/internal/platform/clock"
	"github.com/guildhall/guildhall/internal/platform/db"
	"github.com/guildhall/guildhall/internal/platform/db/dbtest"
	"github.com/guildhall/guildhall/internal/platform/id"
)

func TestLunchIsForTwoAtTheSameSiteNow(t *testing.T) {
	dbtest.EachMoved(t, func(t *testing.T, d *db.DB, c *clock.Moved) {
		s, _ := tavern(t, d, c)
		s.write(func(tx *db.Tx) error {
			porto, err := people.EnsureSite(tx, c, "Porto", "Europe/Lisbon", "PT")
			if err != nil {
				return err
			}
			for _, who := range []string{"Ada", "Ben", "Chidi"} {
				if _, err := tx.Exec("UPDATE people SET site_id = $1 WHERE id = $2", porto, s.cast[who].Person); err != nil {
					return err
				}
			}
			return nil
		})
		type answer struct{ Pair, Until string }
		var a, b, x, dora answer
		if code := s.call("Dora", "PUT", "/api/v1/coffee/lunch", nil, &dora); code != 422 {
			t.Errorf("without a site it answers %d", code)
		}
		if s.call("Ada", "POST", "/api/v1/coffee/avoid", map[string]string{"person": "Ben"}, nil) != 204 {
			t.Fatal("avoiding fails")
		}
		s.call("Ada", "PUT", "/api/v1/coffee/lunch", nil, &a)
		s.call("Ben", "PUT", "/api/v1/coffee/lunch", nil, &b)
		if a.Pair != "" || b.Pair != "" || b.Until == "" {
			t.Errorf("Ada avoids Ben: %v %v", a, b)
		}
		c.Advance(59 * time.Minute)
		s.call("Chidi", "PUT", "/api/v1/coffee/lunch", nil, &x)
		if x.Pair == "" {
			t.Error("Chidi has no company though two wait")
		}
		if n, _ := s.partner("Chidi"); n != "Ada" {
			t.Errorf("Chidi has lunch with %q", n)
		}
		s.settle()
		if _, page := s.get("Ada", "/notices"); !strings.Contains(page, "Company for lunch") {
			t.Error("Ada is not told")
		}
		c.Advance(2 * time.Minute)
		s.call("Chidi", "PUT", "/api/v1/coffee/lunch", nil, &x)
		if x.Until == "" {
			t.Error("Ben still waits after his hour")
		}
	})
}

func TestASeatOfOpenHoursIsTakenOnceAndFreedWhenCalledOff(t *testing.T) {
	dbtest.EachMoved(t, func(t *testing.T, d *db.DB, c *clock.Moved) {
		s, _ := tavern(t, d, c)
		code, path := s.post("Ada", "/coffee/hours", "title=Looms&slot=own&day=2026-11-26&time=14:00&minutes=20&seats=2&every=7&place=Hall")
		if code != 303 {
			t.Fatalf("offering answers %d %.1000s", code, path)
		}
		_, page := s.get("Ben", path)
		seats := regexp.MustCompile(`name="seat" value="([^"]+)"`).FindAllStringSubmatch(page, -1)
		if len(seats) != 6 {
			t.Fatalf("%d seats are free\n%s", len(seats), page)
		}
		if code, _ := s.post("Ben", path+"/bookings", "seat="+seats[0][1]); code != 303 {
			t.Errorf("booking answers %d", code)
		}
		if code, page := s.post("Chidi", path+"/bookings", "seat="+seats[0][1]); code != 409 || !strings.Contains(page, "quicker") {
			t.Errorf("a taken seat answers %d", code)
		}
		if code, _ := s.post("Ben", path+"/bookings", "seat="+seats[1][1]); code != 409 {
			t.Errorf("a second seat answers %d", code)
		}
		if _, page := s.get("Chidi", path); strings.Contains(page, "Ben") {
			t.Error("Chidi reads who has the seat")
		}
		meeting := regexp.MustCompile(`href="(/meetings/[0-9a-z]{13})"`).FindStringSubmatch(must2(s.get("Ben", "/meetings")))
		if meeting == nil {
			t.Fatal("Ben has no meeting")
		}
		if code, _ := s.post("Ben", meeting[1]+"/cancellation", ""); code != 303 {
			t.Errorf("calling off answers %d", code)
		}
		s.settle()
		if code, _ := s.post("Chidi", path+"/bookings", "seat="+seats[0][1]); code != 303 {
			t.Errorf("the freed seat answers %d", code)
		}
	})
}

func TestSeatsBesideAGuestAreDrawnOnceByTheJob(t *testing.T) {
	dbtest.EachMoved(t, func(t *testing.T, d *db.DB, c *clock.Moved) {
		s, _ := tavern(t, d, c)
		form := "title=Lunch+with+Ada&slot=own&day=2026-12-10&time=12:00&minutes=60&seats=2&place=Hall"
		if code, page := s.post("Ada", "/coffee/lotteries", form); code != 409 {
			t.Errorf("in a small organisation it answers %d %.300s", code, page)
		}
		var names []string
		for i := range 20 {
			names = append(names, "N"+string(rune('a'+i)))
		}
		s.joins(names...)
		// Every time that is suggested can be taken.
		slots := regexp.MustCompile(`name="slot" value="(20[^"]+)"`).FindAllStringSubmatch(s.want("Ada", "/coffee/lotteries/new", 200, "Times at which you work", "-", "all of you"), -1)
		if len(slots) < 3 {
			t.Fatalf("suggested are %v", slots)
		}
		for _, x := range slots {
			code, other := s.post("Ada", "/coffee/lotteries", "title=Tea&minutes=60&seats=2&slot="+url.QueryEscape(x[1]))
			if code != 303 {
				t.Fatalf("the suggested time %s answers %d %.300s", x[1], code, other)
			}
			s.does("Ada", other+"/cancellation", "")
		}
		code, path := s.post("Ada", "/coffee/lotteries", form)
		if code != 303 {
			t.Fatalf("it answers %d %.1000s", code, path)
		}
		for _, n := range names[:6] {
			if code := s.call(n, "PUT", "/api/v1"+path+"/entry", nil, nil); code != 204 {
				t.Errorf("entering answers %d", code)
			}
		}
		c.Set(time.Date(2026, 12, 9, 13, 0, 0, 0, time.UTC))
		s.settle()
		s.settle()
		won, lost := 0, 0
		for _, n := range names[:6] {
			_, page := s.get(n, "/notices")
			_, meetings := s.get(n, "/meetings")
			if strings.Contains(page, "You have a seat") {
				won++
				if !strings.Contains(meetings, "Lunch with Ada") {
					t.Errorf("%s won and has no meeting", n)
				}
			}
			if strings.Contains(page, "Not this time") {
				lost++
			}
		}
		if won != 2 || lost != 4 {
			t.Errorf("%d won and %d lost", won, lost)
		}
		if _, page := s.get("Ada", "/meetings"); strings.Count(page, "Lunch with Ada") < 1 {
			t.Error("the guest has no meeting")
		}
	})
}

// TestASeatIsTakenByOneOfThoseWhoWantItAtTheSameTime checks a history of
// sixteen clients for an order in which each seat is taken once.
func TestASeatIsTakenByOneOfThoseWhoWantItAtTheSameTime(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		g := newGuild(t, d)
		names := g.crowd()
		n := must[id.ID](g)(g.house.Coffee.Offer(context.Background(), g.actor("Ben"), coffee.Hours{Title: "Looms", Zone: "UTC", Start: g.clock.Now().Add(48 * time.Hour), EveryDays: 7, Minutes: 20, Seats: 4}))
		path := "/api/v1/coffee/hours/" + n.String()
		type hours struct {
			Seats []struct {
				Start time.Time `json:"starts_at"`
				Taken bool
			}
		}
		var all hours
		if code := g.call("Mia", "GET", path, nil, &all); code != 200 || len(all.Seats) != 12 {
			t.Fatalf("%d: %d seats", code, len(all.Seats))
		}
		type step struct{ who, seat int } // seat -1 looks
		ops := history(t, 8, func(c int, r *rand.Rand) any {
			// Two clients are the same person on two devices.
			return step{who: c / 2, seat: r.IntN(9) - 1}
		}, func(_ int, in any) any {
			x := in.(step)
			if x.seat < 0 {
				var now hours
				g.call(names[x.who], "GET", path, nil, &now)
				taken := 0
				for _, s := range now.Seats {
					if s.Taken {
						taken++
					}
				}
				return taken
			}
			return g.call(names[x.who], "POST", path+"/bookings", map[string]any{"starts_at": all.Seats[x.seat].Start}, nil)
		})
		explain(t, porcupine.Model{
			Init: func() any { return [8]int{} }, // who has each seat, plus one
			Step: func(state, in, out any) (bool, any) {
				s, x := state.([8]int), in.(step)
				if x.seat < 0 {
					n := 0
					for _, who := range s {
						if who > 0 {
							n++
						}
					}
					return out.(int) == n, s
				}
				if s[x.seat] > 0 || slices.Contains(s[:], x.who+1) {
					return out.(int) == 409, s
				}
				s[x.seat] = x.who + 1
				return out.(int) == 204, s
			},
		}, ops)
		var meetings int
		if err := d.Read(t.Context(), func(tx *db.Tx) error {
			_, err := tx.Row("SELECT count(*) FROM meetings WHERE about_id = $1", []any{&meetings}, n)
			return err
		}); err != nil || meetings > 8 {
			t.Errorf("%d meetings in eight seats, %v", meetings, err)
		}
	})
}
