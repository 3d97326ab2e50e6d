package app

import (
	"strings"
	"testing"
	"time"

	"github.com/guildhall/guildhall/internal/core/skills"
	"github.com/guildhall/guildhall/internal/platform/clock"
	"github.com/guildhall/guildhall/internal/platform/db"
	"github.com/guildhall/guildhall/internal/platform/db/dbtest"
	"github.com/guildhall/guildhall/internal/platform/id"
	"github.com/guildhall/guildhall/internal/swaps"
	"github.com/guildhall/guildhall/internal/teamhour"
)

// TestASwapOfATeamHourPublishesEachEntryByItsOwner lets two swap what stands on
// nobody's profile yet: each entry is put there when its owner proposes or
// accepts, and not before.
func TestASwapOfATeamHourPublishesEachEntryByItsOwner(t *testing.T) {
	t.Parallel()
	dbtest.EachMoved(t, func(t *testing.T, d *db.DB, c *clock.Moved) {
		c.Set(time.Date(2026, 11, 24, 9, 0, 0, 0, time.UTC))
		s := playAt(t, d, c)
		s.practise("teamhour", "swaps")
		s.hire("Dana")
		hour, err := s.house.TeamHours.Begin(t.Context(), s.as("Ada"), "Our hour", 0, []string{"Ben", "Chidi", "Dana"})
		if err != nil {
			t.Fatal(err)
		}
		at := "/team-hours/" + hour.String()
		for _, x := range [][3]string{{"Ben", "show", "Weaving"}, {"Ben", "want", "Dyeing"}, {"Chidi", "show", "Dyeing"}, {"Chidi", "want", "Weaving"}, {"Dana", "want", "Weaving"}} {
			s.does(x[0], at+"/entries", "kind="+x[1]+"&name="+x[2]+"&level=3&shown=1")
		}
		entry := func(who, name string) string {
			h, err := s.house.TeamHours.Open(t.Context(), s.as(who), hour)
			if err != nil {
				t.Fatal(err)
			}
			for _, e := range h.Entries {
				if e.Person == s.cast[who].Person && e.Name == name && e.Kind == teamhour.Show {
					return e.ID.String()
				}
			}
			t.Fatalf("%s shows no %s", who, name)
			return ""
		}
		published := func(who string) (n int) {
			var said []skills.Declaration
			if err := d.Read(t.Context(), func(tx *db.Tx) (err error) {
				said, err = skills.ForMatching(tx, []id.ID{s.cast[who].Person})
				return err
			}); err != nil {
				t.Fatal(err)
			}
			for _, x := range said {
				if x.Direction == skills.Teach && x.Open {
					n++
				}
			}
			return n
		}
		proposed := func(who string) []teamhour.Swap {
			list, err := s.house.TeamHours.Proposed(t.Context(), s.as(who), hour)
			if err != nil {
				t.Fatal(err)
			}
			return list
		}
		weaving, dyeing := entry("Ben", "Weaving"), entry("Chidi", "Dyeing")
		s.want("Ben", at, 200, "Propose a swap", "Proposing puts “Weaving” on your profile.")
		s.want("Dana", at, 200, "Book a time", "-", "Propose a swap")
		if code, _ := s.post("Ben", at+"/swaps", "own="+dyeing+"&asked="+weaving); code != 403 || published("Chidi") != 0 {
			t.Errorf("Ben proposes with Chidi's entry: %d", code)
		}
		for range 2 {
			s.does("Ben", at+"/swaps", "own="+weaving+"&asked="+dyeing)
		}
		s.jobs()
		if published("Ben") != 1 || published("Chidi") != 0 || len(s.swapsOf("Ben")) != 0 {
			t.Errorf("after proposing Ben offers %d and Chidi %d", published("Ben"), published("Chidi"))
		}
		if s.told("Chidi", "teamhour_swap") != 1 || s.told("Ben", "teamhour_swap")+s.told("Dana", "teamhour_swap") != 0 {
			t.Error("a proposal is told to the wrong people")
		}
		if len(proposed("Chidi")) != 1 || len(proposed("Ben")) != 1 || len(proposed("Dana"))+len(proposed("Ada")) != 0 {
			t.Errorf("who sees the proposal: %+v", proposed("Dana"))
		}
		s.want("Chidi", at, 200, "Accepting puts “Dyeing” on your profile.")
		path := at + "/swaps/" + proposed("Chidi")[0].ID.String()
		if code, _ := s.post("Ben", path, "answer=yes"); code != 403 || published("Chidi") != 0 {
			t.Errorf("Ben accepts for Chidi: %d", code)
		}
		if code, _ := s.post("Dana", path, "answer=no"); code != 404 {
			t.Errorf("somebody else declines: %d", code)
		}
		// Declined, nothing of Chidi's is published; proposed again it is accepted.
		s.does("Chidi", path, "answer=no")
		if published("Chidi") != 0 || len(proposed("Ben")) != 0 {
			t.Error("declining publishes something, or leaves it open")
		}
		s.does("Ben", at+"/swaps", "own="+weaving+"&asked="+dyeing)
		code, to := s.post("Chidi", at+"/swaps/"+proposed("Chidi")[0].ID.String(), "answer=yes")
		if code != 303 || !strings.HasPrefix(to, "/swaps/") || published("Chidi") != 1 {
			t.Fatalf("accepting answers %d %s, Chidi offers %d", code, to, published("Chidi"))
		}
		list := s.swapsOf("Ben")
		if len(list) != 1 || list[0].State != swaps.Standing || list[0].Members[0].Skill.Name != "Weaving" || list[0].Members[1].Skill.Name != "Dyeing" || list[0].Lessons != 1 {
			t.Errorf("what stands is %+v", list)
		}
		s.want("Chidi", to, 200, "Everybody accepted", "Plan a lesson")
		if len(proposed("Ben"))+published("Dana") != 0 {
			t.Error("something is left over")
		}
		// The hour is forgotten with proposals in it.
		s.does("Dana", at+"/entries", "kind=show&name=Sewing&level=3&shown=1")
		s.does("Dana", at+"/swaps", "own="+entry("Dana", "Sewing")+"&asked="+dyeing)
		if err := s.house.People.Dismiss(t.Context(), s.as("Ada"), s.cast["Dana"].Person, "former"); err != nil {
			t.Fatal(err)
		}
		if len(proposed("Chidi")) != 0 {
			t.Error("a proposal of somebody who left is still there")
		}
		c.Advance(8 * 24 * time.Hour)
		if err := s.house.TeamHours.Forget(t.Context()); err != nil {
			t.Error(err)
		}
		s.want("Ben", to, 200, "Everybody accepted")
	})
}
