package app

import (
	"strings"
	"testing"
	"time"

	"github.com/guildhall/guildhall/internal/core/organisation"
	"github.com/guildhall/guildhall/internal/core/skills"
	"github.com/guildhall/guildhall/internal/platform/clock"
	"github.com/guildhall/guildhall/internal/platform/db"
	"github.com/guildhall/guildhall/internal/platform/db/dbtest"
	"github.com/guildhall/guildhall/internal/swaps"
)

// TestWhoKnowsLeadsToASwapOnlyByWhatIsOpenlyWanted asks who knows dyeing: Chidi
// does, and Ben could teach her weaving in return. While she keeps that wish to
// herself his page and the API say nothing that they would not say without it.
func TestWhoKnowsLeadsToASwapOnlyByWhatIsOpenlyWanted(t *testing.T) {
	t.Parallel()
	dbtest.EachMoved(t, func(t *testing.T, d *db.DB, c *clock.Moved) {
		c.Set(time.Date(2026, 11, 24, 9, 0, 0, 0, time.UTC))
		s := playAt(t, d, c)
		s.swapping()
		weave := s.says("Ben", skills.Teach, "weaving", 4, true)
		dye := s.says("Chidi", skills.Teach, "dyeing", 3, true)
		s.says("Chidi", skills.Teach, "sewing", 4, true)
		s.drain()
		var api struct {
			Items []struct {
				ID   string
				Swap *struct{ Learn, Teach string }
			}
		}
		const path = "/who-knows?q=dyeing"
		look := func(who string) (page string, found bool) {
			api.Items = nil
			page = s.want(who, path, 200, "Chidi")
			if code := s.call(who, "GET", "/api/v1/experts?q=dyeing", nil, &api); code != 200 || len(api.Items) == 0 || api.Items[0].ID != s.cast["Chidi"].Person.String() {
				t.Errorf("the API answers %d %+v", code, api.Items)
				return page, false
			}
			if offers := strings.Contains(page, "Propose a swap"); offers != (api.Items[0].Swap != nil) || offers != strings.Contains(page, "Wants to learn weaving") {
				t.Errorf("page and API don't agree for %s:\n%s", who, page)
			}
			return page, api.Items[0].Swap != nil
		}
		without, found := look("Ben")
		if found {
			t.Error("a swap is offered with somebody who wants nothing")
		}
		s.says("Chidi", skills.Want, "weaving", 1, false)
		s.drain()
		if closed, found := look("Ben"); found || closed != without {
			t.Errorf("a closed wish changes the page of who knows:\n%s\n%s", without, closed)
		}
		s.says("Chidi", skills.Want, "weaving", 1, true)
		s.drain()
		page, found := look("Ben")
		if !found || api.Items[0].Swap.Learn != dye.String() || api.Items[0].Swap.Teach != weave.String() {
			t.Fatalf("the open wish leads to no swap: %+v", api.Items)
		}
		form := "/swaps/new?with=" + s.cast["Chidi"].Person.String() + "&teach=" + weave.String() + "&learn=" + dye.String()
		if !strings.Contains(page, strings.ReplaceAll(form, "&", "&amp;")) {
			t.Errorf("the page does not lead to %s", form)
		}
		filled := s.want("Ben", form, 200, "Propose a swap to Chidi")
		for _, skill := range []string{weave.String(), dye.String()} {
			if i := strings.Index(filled, `value="`+skill+`"`); i < 0 || !strings.Contains(filled[i:i+60], "checked") {
				t.Errorf("the form is not filled in with %s", skill)
			}
		}
		// Ada teaches nothing Chidi wants.
		if _, found := look("Ada"); found {
			t.Error("a swap is offered to somebody who can't teach what is wanted")
		}
		// What either keeps out of swaps counts for nothing.
		choose := func(who string, p swaps.Priority) {
			if err := s.house.Swaps.Choose(t.Context(), s.as(who), swaps.Choices{Rounds: true, Format: swaps.Either, Lessons: 1, Minutes: 30}, []swaps.Priority{p}); err != nil {
				t.Fatal(err)
			}
		}
		for _, x := range []struct {
			who string
			swaps.Priority
		}{
			{"Chidi", swaps.Priority{Skill: weave, Direction: skills.Want}}, {"Chidi", swaps.Priority{Skill: dye, Direction: skills.Teach}}, {"Ben", swaps.Priority{Skill: weave, Direction: skills.Teach}},
		} {
			choose(x.who, x.Priority)
			if _, found := look("Ben"); found {
				t.Errorf("what %s keeps out of swaps is proposed: %+v", x.who, x.Priority)
			}
			x.Priority.Priority = 1
			choose(x.who, x.Priority)
		}
		if _, found := look("Ben"); !found {
			t.Error("what is in swaps again is not proposed")
		}
		// Not while there is one already, and not while swaps are off.
		n, err := s.house.Swaps.Propose(t.Context(), s.as("Ben"), swaps.Proposal{To: s.cast["Chidi"].Person, Teach: weave, Learn: dye, Lessons: 1, Minutes: 30, Format: swaps.Either})
		if err != nil {
			t.Fatal(err)
		}
		if _, found := look("Ben"); found {
			t.Error("a second swap with the same person is offered")
		}
		if err := s.house.Swaps.Answer(t.Context(), s.as("Chidi"), n, 1, false, ""); err != nil {
			t.Fatal(err)
		}
		if _, found := look("Ben"); !found {
			t.Error("after a no nothing is offered any more")
		}
		if err := s.house.Organisation.Change(s.Context(), func(x *organisation.Settings) error {
			x.Practices = nil
			return nil
		}); err != nil {
			t.Fatal(err)
		}
		if _, found := look("Ben"); found {
			t.Error("a swap is offered while the practice is off")
		}
	})
}
