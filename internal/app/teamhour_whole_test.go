package app

import (
	"context"
	"errors"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/guildhall/guildhall/internal/core/access"
	"github.com/guildhall/guildhall/internal/core/skills"
	"github.com/guildhall/guildhall/internal/platform/clock"
	"github.com/guildhall/guildhall/internal/platform/db"
	"github.com/guildhall/guildhall/internal/platform/db/dbtest"
	"github.com/guildhall/guildhall/internal/platform/fault"
	"github.com/guildhall/guildhall/internal/platform/id"
	"github.com/guildhall/guildhall/internal/swaps"
	"github.com/guildhall/guildhall/internal/teamhour"
)

// hourOf begins an hour of Ben's and Chidi's in which each shows what the other
// wants, by operations, and returns it with the two entries.
func (s *stage) hourOf() (hour, weaving, dyeing id.ID) {
	s.Helper()
	s.practise("teamhour", "swaps")
	at := "/api/v1/team-hours/" + s.made("Ada", "/team-hours", fields{"title": "Our hour", "people": []string{"Ben", "Chidi"}})
	for _, x := range [][3]string{{"Ben", "show", "Weaving"}, {"Ben", "want", "Dyeing"}, {"Chidi", "show", "Dyeing"}, {"Chidi", "want", "Weaving"}} {
		if code := s.call(x[0], "POST", at+"/entries", fields{"kind": x[1], "name": x[2], "level": 3, "shown": true}, nil); code != 204 {
			s.Fatalf("%v is answered %d", x, code)
		}
	}
	var h teamhour.TeamHourJSON
	if code := s.call("Ben", "GET", at, nil, &h); code != 200 {
		s.Fatalf("the hour answers %d", code)
	}
	find := func(name string) id.ID {
		i := slices.IndexFunc(h.Entries, func(e teamhour.TeamHourEntryJSON) bool { return e.Name == name && e.Kind == "show" })
		n, err := id.Parse(h.Entries[i].ID)
		if err != nil {
			s.Fatal(err)
		}
		return n
	}
	n, err := id.Parse(h.ID)
	if err != nil {
		s.Fatal(err)
	}
	return n, find("Weaving"), find("Dyeing")
}

// offers is how many skills somebody openly teaches.
func (s *stage) offers(who string) (n int) {
	s.Helper()
	if err := s.house.DB.Read(s.Context(), func(tx *db.Tx) error {
		n = 0
		said, err := skills.ForMatching(tx, []id.ID{s.cast[who].Person})
		for _, x := range said {
			if x.Direction == skills.Teach && x.Open {
				n++
			}
		}
		return err
	}); err != nil {
		s.Fatal(err)
	}
	return n
}

// TestASwapOfATeamHourBeginsWholeOrNotAtAll stops accepting at each of its
// steps: what it did before is undone, nobody's profile shows anything, and it
// can be accepted afterwards.
func TestASwapOfATeamHourBeginsWholeOrNotAtAll(t *testing.T) {
	t.Parallel()
	dbtest.EachMoved(t, func(t *testing.T, d *db.DB, c *clock.Moved) {
		c.Set(time.Date(2026, 11, 24, 9, 0, 0, 0, time.UTC))
		s := playAt(t, d, c)
		hour, weaving, dyeing := s.hourOf()
		proposed := func() []teamhour.Swap {
			t.Helper()
			list, err := s.house.TeamHours.Proposed(t.Context(), s.as("Chidi"), hour)
			if err != nil {
				t.Fatal(err)
			}
			return list
		}
		undone := func(when string, offers, waiting int) {
			t.Helper()
			if n := s.offers("Ben"); n != offers {
				t.Errorf("%s: Ben's profile shows %d", when, n)
			}
			if n := s.offers("Chidi"); n != 0 {
				t.Errorf("%s: Chidi's profile shows %d", when, n)
			}
			if n := len(s.swapsOf("Ben")) + len(s.swapsOf("Chidi")); n != 0 {
				t.Errorf("%s: there are %d swaps", when, n)
			}
			if n := len(proposed()); n != waiting {
				t.Errorf("%s: %d proposals wait", when, n)
			}
		}
		stop := errors.New("stopped")

		// Proposing publishes the own entry, and is undone with it.
		err := d.Together(t.Context(), func(ctx context.Context, _ *db.Tx) error {
			if err := s.house.TeamHours.Propose(ctx, s.as("Ben"), hour, weaving, dyeing); err != nil {
				return err
			}
			return stop
		})
		if !errors.Is(err, stop) {
			t.Fatal(err)
		}
		undone("stopped after proposing", 0, 0)
		if err := s.house.TeamHours.Propose(t.Context(), s.as("Ben"), hour, weaving, dyeing); err != nil {
			t.Fatal(err)
		}
		undone("proposed", 1, 1)
		swap := proposed()[0].ID

		// The step that begins the swap does nothing, half of its work, or all of
		// it, and then stops.
		begin := s.house.TeamHours.Swap
		for when, step := range map[string]func(ctx context.Context, from, to access.Actor, teach, learn id.ID) (id.ID, error){
			"stopped before the swap": func(context.Context, access.Actor, access.Actor, id.ID, id.ID) (id.ID, error) { return 0, stop },
			"stopped between proposing and accepting": func(ctx context.Context, from, to access.Actor, teach, learn id.ID) (id.ID, error) {
				if _, err := s.house.Swaps.Propose(ctx, from, swaps.Proposal{To: to.Person, Teach: teach, Learn: learn, Lessons: 1, Minutes: 45, Format: swaps.Either}); err != nil {
					return 0, err
				}
				return 0, stop
			},
			"stopped after the swap": func(ctx context.Context, from, to access.Actor, teach, learn id.ID) (id.ID, error) {
				if _, err := begin(ctx, from, to, teach, learn); err != nil {
					return 0, err
				}
				return 0, stop
			},
		} {
			s.house.TeamHours.Swap = step
			if n, err := s.house.TeamHours.Answer(t.Context(), s.as("Chidi"), hour, swap, true); !errors.Is(err, stop) {
				t.Errorf("%s: %v, %v", when, n, err)
			}
			undone(when, 1, 1)
		}
		s.house.TeamHours.Swap = begin

		// Somebody who is in as many swaps as one may cannot accept, and nothing of
		// theirs is published by trying.
		s.hire("Eve", "Flo", "Gil")
		sewing := s.says("Chidi", skills.Teach, "sewing", 3, false)
		var full []id.ID
		for _, who := range []string{"Eve", "Flo", "Gil"} {
			spin := s.says(who, skills.Teach, "spinning", 3, true)
			n, err := s.house.Swaps.Propose(t.Context(), s.as("Chidi"), swaps.Proposal{To: s.cast[who].Person, Teach: sewing, Learn: spin, Lessons: 1, Minutes: 45, Format: swaps.Online})
			if err != nil {
				t.Fatal(err)
			}
			if err := s.house.Swaps.Answer(t.Context(), s.as(who), n, 1, true, ""); err != nil {
				t.Fatal(err)
			}
			full = append(full, n)
		}
		path := "/team-hours/" + hour.String() + "/swaps/" + swap.String()
		if code, _ := s.post("Chidi", path, "answer=yes"); code != 409 {
			t.Errorf("Chidi, who is in three swaps, accepts: %d", code)
		}
		if n, waits := s.offers("Chidi"), len(proposed()); n != 0 || waits != 1 || len(s.swapsOf("Ben")) != 0 {
			t.Errorf("after a refusal Chidi shows %d, %d proposals wait", n, waits)
		}
		if err := s.house.Swaps.Leave(t.Context(), s.as("Chidi"), full[0], ""); err != nil {
			t.Fatal(err)
		}
		if code, to := s.post("Chidi", path, "answer=yes"); code != 303 || len(to) < len("/swaps/") || to[:7] != "/swaps/" || s.offers("Chidi") != 1 || len(proposed()) != 0 {
			t.Errorf("accepting at last answers %d %s", code, to)
		}
		if list := s.swapsOf("Ben"); len(list) != 1 || list[0].State != swaps.Standing || list[0].Members[0].Skill.Name != "Weaving" || list[0].Members[1].Skill.Name != "Dyeing" {
			t.Errorf("what stands is %+v", list)
		}
	})
}

// TestASwapOfATeamHourIsAcceptedOnce lets both sides propose the same and accept
// at the same time, twice each: one swap begins.
func TestASwapOfATeamHourIsAcceptedOnce(t *testing.T) {
	t.Parallel()
	dbtest.EachMoved(t, func(t *testing.T, d *db.DB, c *clock.Moved) {
		c.Set(time.Date(2026, 11, 24, 9, 0, 0, 0, time.UTC))
		s := playAt(t, d, c)
		hour, weaving, dyeing := s.hourOf()
		ben, chidi := s.as("Ben"), s.as("Chidi")
		if err := s.house.TeamHours.Propose(t.Context(), ben, hour, weaving, dyeing); err != nil {
			t.Fatal(err)
		}
		if err := s.house.TeamHours.Propose(t.Context(), chidi, hour, dyeing, weaving); err != nil {
			t.Fatal(err)
		}
		list, err := s.house.TeamHours.Proposed(t.Context(), ben, hour)
		if err != nil || len(list) != 2 {
			t.Fatal(list, err)
		}
		var all sync.WaitGroup
		var begun [4]id.ID
		var errs [4]error
		for k := range begun {
			w := list[k%2]
			by := ben
			if w.From == ben.Person {
				by = chidi
			}
			all.Go(func() { begun[k], errs[k] = s.house.TeamHours.Answer(t.Context(), by, hour, w.ID, true) })
		}
		all.Wait()
		n := 0
		for k := range begun {
			switch {
			case errs[k] == nil && begun[k] != 0:
				n++
			case !fault.Is(errs[k], fault.NotFound):
				t.Errorf("who came too late is told %v", errs[k])
			}
		}
		if both := s.swapsOf("Ben"); n != 1 || len(both) != 1 || both[0].State != swaps.Standing {
			t.Errorf("%d say that they began one, there are %+v", n, both)
		}
		if left, err := s.house.TeamHours.Proposed(t.Context(), ben, hour); err != nil || len(left) != 0 {
			t.Errorf("what is left over is %+v, %v", left, err)
		}
	})
}

// TestAProgramLeadsATeamHour types a card, and plans a meeting of two, by
// operations.
func TestAProgramLeadsATeamHour(t *testing.T) {
	t.Parallel()
	dbtest.EachMoved(t, func(t *testing.T, d *db.DB, c *clock.Moved) {
		c.Set(time.Date(2026, 11, 24, 9, 0, 0, 0, time.UTC))
		s := playAt(t, d, c)
		hour, _, _ := s.hourOf()
		at := "/api/v1/team-hours/" + hour.String()
		ben, chidi, gus := s.cast["Ben"].Person.String(), s.cast["Chidi"].Person.String(), s.cast["Gus"].Person.String()
		card := func(person string) fields {
			return fields{"person": person, "kind": "show", "name": "Soldering", "level": 2, "shown": true}
		}
		for _, x := range []struct {
			who, person string
			code        int
		}{{"Ben", chidi, 403}, {"Ada", gus, 404}, {"Ada", "nonsense", 404}, {"Ada", chidi, 204}} {
			if code := s.call(x.who, "POST", at+"/entries", card(x.person), nil); code != x.code {
				t.Errorf("%s types for %s: %d, want %d", x.who, x.person, code, x.code)
			}
		}
		typed := func(who string) string {
			var h teamhour.TeamHourJSON
			if code := s.call(who, "GET", at, nil, &h); code != 200 {
				t.Fatal(code)
			}
			for _, e := range h.Entries {
				if e.Name == "Soldering" {
					return e.State
				}
			}
			return ""
		}
		if typed("Chidi") != "draft" || typed("Ada") != "" || typed("Ben") != "" {
			t.Errorf("Chidi's card is %q for them, %q for who typed it, %q for Ben", typed("Chidi"), typed("Ada"), typed("Ben"))
		}

		var slots struct {
			Items []struct {
				Start time.Time `json:"starts_at"`
				End   time.Time `json:"ends_at"`
			}
		}
		if code := s.call("Ben", "GET", at+"/people/"+chidi+"/slots?minutes=45", nil, &slots); code != 200 || len(slots.Items) == 0 {
			t.Fatalf("times are %d %+v", code, slots)
		}
		talk := func(with string) fields {
			return fields{"with": with, "title": "Dyeing", "starts_at": slots.Items[0].Start, "ends_at": slots.Items[0].End, "time_zone": "Europe/London"}
		}
		for _, x := range []struct {
			who, with string
			code      int
		}{{"Ben", ben, 404}, {"Ben", gus, 404}, {"Gus", chidi, 404}} {
			if code := s.call(x.who, "POST", at+"/meetings", talk(x.with), nil); code != x.code {
				t.Errorf("%s meets %s: %d, want %d", x.who, x.with, code, x.code)
			}
		}
		if code := s.call("Ben", "POST", at+"/meetings", fields{"with": chidi, "title": "", "starts_at": c.Now().Add(-time.Hour), "ends_at": c.Now(), "time_zone": "UTC"}, nil); code != 422 {
			t.Errorf("a meeting that was, and has no title: %d", code)
		}
		var made struct{ ID, URL string }
		if code := s.call("Ben", "POST", at+"/meetings", talk(chidi), &made); code != 201 || made.URL != "/meetings/"+made.ID {
			t.Fatalf("planning answers %d %+v", code, made)
		}
		for who, want := range map[string]int{"Ben": 200, "Chidi": 200, "Ada": 404} {
			if code := s.call(who, "GET", "/api/v1/meetings/"+made.ID, nil, nil); code != want {
				t.Errorf("%s opens the meeting of two: %d, want %d", who, code, want)
			}
		}
	})
}
