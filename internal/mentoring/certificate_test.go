package mentoring

import (
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/guildhall/guildhall/internal/core/meet"
	"github.com/guildhall/guildhall/internal/platform/id"
)

// TestACertificateSaysWhatTookPlaceAndNothingOfOthers draws mentorships and
// counts again by hand.
func TestACertificateSaysWhatTookPlaceAndNothingOfOthers(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		const me = id.ID(1)
		said := rapid.SampledFrom([]string{"", "yes", "no"})
		m := Mentorship{People: []Member{{Person: 1, Role: Mentee}, {Person: 2, Role: Mentor}}}
		var goals []Goal
		reached := 0
		for i := range rapid.IntRange(0, 5).Draw(t, "goals") {
			g := Goal{ID: id.ID(i), Person: id.ID(rapid.IntRange(1, 2).Draw(t, "whose")), State: rapid.SampledFrom([]string{"open", "reached", "dropped"}).Draw(t, "state")}
			if g.Person == me && g.State == "reached" {
				reached++
			}
			goals = append(goals, g)
		}
		var meetings []meet.Meeting
		talks, minutes := 0, 0
		var first, last time.Time
		for range rapid.IntRange(0, 8).Draw(t, "meetings") {
			at := time.Date(2026, 1, 1+rapid.IntRange(0, 300).Draw(t, "day"), 9, 0, 0, 0, time.UTC)
			long := rapid.IntRange(15, 90).Draw(t, "minutes")
			mine, other := said.Draw(t, "mine"), said.Draw(t, "other")
			meant := rapid.Bool().Draw(t, "meant to come")
			x := meet.Meeting{Start: at, End: at.Add(time.Duration(long) * time.Minute), People: []meet.Attendee{{Person: 2, Met: other}}}
			if meant {
				x.People = append(x.People, meet.Attendee{Person: me, Met: mine})
			}
			meetings = append(meetings, x)
			if meant && mine != "no" && (mine == "yes" || other == "yes") {
				talks, minutes = talks+1, minutes+long
				if first.IsZero() || at.Before(first) {
					first = at
				}
				if last.Before(at) {
					last = at
				}
			}
		}
		c := certificate(me, m, goals, meetings)
		if c.Role != Mentee || len(c.Others) != 1 || c.Others[0] != 2 {
			t.Fatalf("%+v", c)
		}
		if c.Talks != talks || c.Time != time.Duration(minutes)*time.Minute || !c.First.Equal(first) || !c.Last.Equal(last) {
			t.Fatalf("%d talks, %v from %v to %v, by hand %d, %d minutes from %v to %v", c.Talks, c.Time, c.First, c.Last, talks, minutes, first, last)
		}
		if len(c.Goals) != reached {
			t.Fatalf("%d goals, by hand %d", len(c.Goals), reached)
		}
		for _, g := range c.Goals {
			if g.Person != me {
				t.Fatalf("somebody else's goal: %+v", g)
			}
		}
	})
}
