package app

import (
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/guildhall/guildhall/internal/core/skills"
	"github.com/guildhall/guildhall/internal/platform/clock"
	"github.com/guildhall/guildhall/internal/platform/db"
	"github.com/guildhall/guildhall/internal/platform/db/dbtest"
	"github.com/guildhall/guildhall/internal/platform/fault"
	"github.com/guildhall/guildhall/internal/platform/id"
	"github.com/guildhall/guildhall/internal/swaps"
)

// TestWhoProposedASwapTakesItBack lets somebody take back a proposal, on the
// page and by the operation, while nobody has accepted it; the other is told,
// and the two may be proposed to each other again.
func TestWhoProposedASwapTakesItBack(t *testing.T) {
	t.Parallel()
	dbtest.EachMoved(t, func(t *testing.T, d *db.DB, c *clock.Moved) {
		c.Set(time.Date(2026, 11, 24, 9, 0, 0, 0, time.UTC))
		s := playAt(t, d, c)
		s.swapping()
		weave := s.says("Ben", skills.Teach, "weaving", 4, true)
		dye := s.says("Chidi", skills.Teach, "dyeing", 3, true)
		propose := func() string {
			t.Helper()
			n, err := s.house.Swaps.Propose(t.Context(), s.as("Ben"), swaps.Proposal{To: s.cast["Chidi"].Person, Teach: weave, Learn: dye, Lessons: 4, Minutes: 45, Format: swaps.Online})
			if err != nil {
				t.Fatal(err)
			}
			s.jobs()
			return "/swaps/" + n.String()
		}
		at := propose()
		s.want("Ben", at, 200, "Take it back")
		s.want("Chidi", at, 200, "Suggest a change", "-", "Take it back")
		if code, page := s.post("Chidi", at+"/withdrawal", ""); code != 403 || !strings.Contains(page, "decline it") {
			t.Errorf("who is asked takes it back: %d", code)
		}
		if code, _ := s.post("Ada", at+"/withdrawal", ""); code != 404 {
			t.Errorf("somebody else takes it back: %d", code)
		}
		for range 2 {
			s.does("Ben", at+"/withdrawal", "")
		}
		s.jobs()
		if s.told("Chidi", "swap_withdrawn") != 1 || s.told("Ben", "swap_withdrawn")+s.told("Chidi", "swap_ended") != 0 {
			t.Error("taking back is told to the wrong people, or twice")
		}
		if page := s.page("Chidi", "/notices"); !strings.Contains(page, "Ben took the proposal to you back") {
			t.Errorf("the notice does not say so\n%s", page)
		}
		s.want("Chidi", at, 200, "It was taken back before it was accepted.", "took it back", "was asked", "-", "Suggest a change", "not this time")
		s.want("Ben", "/swaps/past", 200, "Taken back")
		for _, x := range []struct {
			form string
			in   fields
		}{{"answer=yes&version=1", fields{"answer": "yes", "version": 1}}, {"answer=no", fields{"answer": "no"}}} {
			if code, page := s.post("Chidi", at+"/answer", x.form); code != 409 || !strings.Contains(page, "no longer open") {
				t.Errorf("answering what was taken back: %d", code)
			}
			if code := s.call("Chidi", "PUT", "/api/v1"+at+"/answer", x.in, nil); code != 409 {
				t.Errorf("a program answers what was taken back: %d", code)
			}
		}

		// By the operation, and what was accepted cannot be taken back.
		at = propose()
		if code := s.call("Chidi", "DELETE", "/api/v1"+at, nil, nil); code != 403 {
			t.Errorf("a program takes back what its owner is asked: %d", code)
		}
		if code := s.call("Ben", "DELETE", "/api/v1"+at, nil, nil); code != 204 {
			t.Errorf("taking back answers %d", code)
		}
		var w swaps.SwapJSON
		if code := s.call("Chidi", "GET", "/api/v1"+at, nil, &w); code != 200 || w.State != swaps.Withdrawn {
			t.Errorf("what was taken back is %d %+v", code, w)
		}
		at = propose()
		if code := s.call("Chidi", "PUT", "/api/v1"+at+"/answer", fields{"answer": "yes", "version": 1}, nil); code != 204 {
			t.Fatalf("accepting answers %d", code)
		}
		if code, page := s.post("Ben", at+"/withdrawal", ""); code != 409 || !strings.Contains(page, "It was accepted already") {
			t.Errorf("what stands is taken back: %d", code)
		}
		if code := s.call("Ben", "DELETE", "/api/v1"+at, nil, nil); code != 409 {
			t.Errorf("a program takes back what stands: %d", code)
		}
		if list := s.swapsOf("Chidi"); len(list) != 1 || list[0].State != swaps.Standing {
			t.Errorf("what stands is %+v", list)
		}
		s.does("Ben", at+"/leaving", "")

		// Of a change its author takes back; whoever proposed first is asked then.
		at = propose()
		if code := s.call("Chidi", "POST", "/api/v1"+at+"/changes", fields{"version": 1, "teach": dye.String(), "learn": weave.String(), "lessons": 2, "minutes": 45, "format": "online"}, nil); code != 201 {
			t.Fatalf("suggesting a change answers %d", code)
		}
		s.want("Ben", at, 200, "-", "Take it back")
		if code := s.call("Ben", "DELETE", "/api/v1"+at, nil, nil); code != 403 {
			t.Errorf("Ben takes back what Chidi suggested: %d", code)
		}
		s.want("Chidi", at, 200, "Take it back")
		s.does("Chidi", at+"/withdrawal", "")
		s.jobs()
		if s.told("Ben", "swap_withdrawn") != 1 {
			t.Error("Ben is not told")
		}
	})
}

// TestTakingASwapBackAndAcceptingItAtOnce lets both sides act at the same time:
// one comes first, and the other is told that it is too late.
func TestTakingASwapBackAndAcceptingItAtOnce(t *testing.T) {
	t.Parallel()
	dbtest.EachMoved(t, func(t *testing.T, d *db.DB, c *clock.Moved) {
		c.Set(time.Date(2026, 11, 24, 9, 0, 0, 0, time.UTC))
		s := playAt(t, d, c)
		s.swapping()
		taken, stood := 0, 0
		for round := range 24 {
			names := [2]string{fmt.Sprintf("A%d", round), fmt.Sprintf("B%d", round)}
			s.hire(names[:]...)
			a := s.says(names[0], skills.Teach, fmt.Sprintf("round %d first", round), 3, true)
			b := s.says(names[1], skills.Teach, fmt.Sprintf("round %d second", round), 3, true)
			one, other := s.as(names[0]), s.as(names[1])
			n, err := s.house.Swaps.Propose(t.Context(), one, swaps.Proposal{To: other.Person, Teach: a, Learn: b, Lessons: 1, Minutes: 45, Format: swaps.Online})
			if err != nil {
				t.Fatal(err)
			}
			var back, yes error
			var both sync.WaitGroup
			goes := [2]chan id.ID{make(chan id.ID), make(chan id.ID)}
			both.Go(func() { back = s.house.Swaps.Withdraw(t.Context(), one, <-goes[0]) })
			both.Go(func() { yes = s.house.Swaps.Answer(t.Context(), other, <-goes[1], 1, true, "") })
			goes[round%2] <- n
			goes[1-round%2] <- n
			both.Wait()
			w, err := s.house.Swaps.Open(t.Context(), one, n)
			if err != nil {
				t.Fatal(err)
			}
			switch {
			case back == nil && fault.Is(yes, fault.Conflict) && w.State == swaps.Withdrawn:
				taken++
			case yes == nil && fault.Is(back, fault.Conflict) && w.State == swaps.Standing:
				stood++
			default:
				t.Errorf("round %d: taking back says %v, accepting %v, and the swap is %s", round, back, yes, w.State)
			}
		}
		if taken+stood != 24 {
			t.Errorf("%d were taken back, %d stood", taken, stood)
		}
		t.Logf("%d were taken back, %d stood", taken, stood)
	})
}

// TestAProgramChoosesAndSetsRulesOfSwaps reads and keeps by operations what the
// forms of choices and rules keep.
func TestAProgramChoosesAndSetsRulesOfSwaps(t *testing.T) {
	t.Parallel()
	dbtest.EachMoved(t, func(t *testing.T, d *db.DB, c *clock.Moved) {
		c.Set(time.Date(2026, 11, 24, 9, 0, 0, 0, time.UTC))
		s := playAt(t, d, c)
		s.swapping()
		var rules swaps.SwapRulesJSON
		if code := s.call("Ada", "GET", "/api/v1/swap-rules", nil, &rules); code != 200 || rules != (swaps.SwapRulesJSON{Longest: 3, Weeks: 1, Days: 4}) {
			t.Errorf("the usual rules are %d %+v", code, rules)
		}
		want := swaps.SwapRulesJSON{Longest: 5, Weeks: -1, Days: 7, Credit: 2}
		for _, x := range []struct {
			who  string
			in   any
			code int
		}{{"Ben", want, 404}, {"Ada", fields{"longest": 9, "weeks": 1, "days": 4, "credit": 0}, 422}, {"Ada", fields{"longest": 3, "weeks": 3, "days": 4, "credit": 0}, 422}, {"Ada", want, 204}} {
			if code := s.call(x.who, "PUT", "/api/v1/swap-rules", x.in, nil); code != x.code {
				t.Errorf("%s sets %+v: %d, want %d", x.who, x.in, code, x.code)
			}
		}
		if s.call("Ada", "GET", "/api/v1/swap-rules", nil, &rules); rules != want {
			t.Errorf("the rules are %+v", rules)
		}
		if code := s.call("Ben", "GET", "/api/v1/swap-rules", nil, nil); code != 404 {
			t.Errorf("a member reads the rules: %d", code)
		}

		weave := s.says("Ben", skills.Teach, "weaving", 4, true)
		dye := s.says("Ben", skills.Want, "dyeing", 1, false)
		theirs := s.says("Chidi", skills.Teach, "spinning", 3, true)
		choice := func(list ...fields) fields {
			return fields{"rounds": true, "format": "online", "lessons": 2, "minutes": 30, "priorities": list}
		}
		pick := func(n id.ID, direction string, k int) fields {
			return fields{"skill": n.String(), "direction": direction, "priority": k}
		}
		for _, x := range []struct {
			in   fields
			code int
		}{
			{choice(pick(theirs, "teach", 0)), 422}, // not Ben's
			{choice(pick(weave, "want", 2)), 422},   // not wanted
			{choice(fields{"skill": "nonsense", "direction": "teach", "priority": 1}), 422},
			{choice(pick(dye, "want", 9)), 422},
			{choice(pick(weave, "teach", 0), pick(dye, "want", 3)), 204},
			{fields{"rounds": true, "format": "online", "lessons": 2, "minutes": 30}, 204}, // those that are not named stay
		} {
			if code := s.call("Ben", "PUT", "/api/v1/swap-choices", x.in, nil); code != x.code {
				t.Errorf("choosing %v answers %d, want %d", x.in, code, x.code)
			}
		}
		var chosen swaps.SwapChoicesJSON
		if code := s.call("Ben", "GET", "/api/v1/swap-choices", nil, &chosen); code != 200 || chosen.Lessons != 2 || len(chosen.Priorities) != 2 {
			t.Fatalf("what Ben chose is %d %+v", code, chosen)
		}
		for _, p := range chosen.Priorities {
			if want := map[string]int{weave.String(): 0, dye.String(): 3}[p.Skill]; p.Priority != want {
				t.Errorf("%+v, want %d", p, want)
			}
		}

		// Times for a lesson of those two alone.
		n, err := s.house.Swaps.Propose(t.Context(), s.as("Chidi"), swaps.Proposal{To: s.cast["Ben"].Person, Teach: theirs, Learn: weave, Lessons: 1, Minutes: 45, Format: swaps.Online})
		if err != nil {
			t.Fatal(err)
		}
		if err := s.house.Swaps.Answer(t.Context(), s.as("Ben"), n, 1, true, ""); err != nil {
			t.Fatal(err)
		}
		at := "/api/v1/swaps/" + n.String() + "/lessons/slots"
		var slots struct {
			Items []struct{ Outside []string }
		}
		if code := s.call("Ben", "GET", at+"?minutes=45&teacher="+s.cast["Chidi"].Person.String(), nil, &slots); code != 200 || len(slots.Items) == 0 {
			t.Errorf("times for a lesson are %d %+v", code, slots)
		}
		if code := s.call("Ben", "GET", at+"?teacher="+s.cast["Ada"].Person.String(), nil, nil); code != 404 {
			t.Errorf("times with somebody else answer %d", code)
		}
		if code := s.call("Ada", "GET", at, nil, nil); code != 404 {
			t.Errorf("somebody else reads times: %d", code)
		}
	})
}
