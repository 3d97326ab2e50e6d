package app

import (
	"strings"
	"testing"
	"time"

	"github.com/guildhall/guildhall/internal/coffee"
	"github.com/guildhall/guildhall/internal/core/access"
	"github.com/guildhall/guildhall/internal/core/organisation"
	"github.com/guildhall/guildhall/internal/core/skills"
	"github.com/guildhall/guildhall/internal/platform/db"
	"github.com/guildhall/guildhall/internal/platform/db/dbtest"
	"github.com/guildhall/guildhall/internal/platform/id"
	"github.com/guildhall/guildhall/internal/swaps"
)

func TestHomeAndProfilesShowOfThePracticesWhatTheReaderMaySee(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		g := newGuild(t, d)
		ctx := g.Context()
		ben, mia := g.actor("Ben"), g.actor("Mia")
		weave := must[skills.Tag](g)(g.house.Skills.Declare(ctx, ben, skills.Declaration{Tag: skills.Tag{Name: "weaving"}, Direction: skills.Teach, Level: 4, Open: true}))
		must[skills.Tag](g)(g.house.Skills.Declare(ctx, ben, skills.Declaration{Tag: skills.Tag{Name: "secret knots"}, Direction: skills.Teach, Level: 4, Open: false}))
		dye := must[skills.Tag](g)(g.house.Skills.Declare(ctx, mia, skills.Declaration{Tag: skills.Tag{Name: "dyeing"}, Direction: skills.Teach, Level: 4, Open: true}))
		must[id.ID](g)(g.house.Swaps.Propose(ctx, ben, swaps.Proposal{To: mia.Person, Teach: weave.ID, Learn: dye.ID, Lessons: 1, Minutes: 30, Format: swaps.Online}))
		_, room := g.mentorship("active", "Ben", "Mia")
		if _, err := g.house.Mentoring.Promised(ctx, mia, room, "Warp the small loom"); err != nil {
			t.Fatal(err)
		}
		must[id.ID](g)(g.house.Coffee.Offer(ctx, ben, coffee.Hours{
			Title: "Ask me about looms", Zone: "UTC", Start: g.clock.Now().Add(48 * time.Hour), EveryDays: 7, Minutes: 20, Seats: 2,
		}))
		g.meetingOf("Ben", "/meetings/", access.Organisation)
		of := "/people/" + ben.Person.String()
		for _, x := range []struct {
			who, path string
			has, not  []string
		}{
			{"Mia", "/", []string{"A swap is proposed to you", "Warp the small loom", "Talk", "Tomorrow"}, nil},
			{"Ben", "/", []string{"Talk"}, []string{"A swap is proposed to you", "Warp the small loom"}},
			{"Strange", "/", nil, []string{"A swap is proposed", "Warp the small loom", "Talk"}},
			{"Mia", of, []string{"Offers to swap", "You two", "Ask me about looms", ">Earlier<"}, []string{"secret knots"}},
			{"Strange", of, []string{"Offers to swap", "Ask me about looms"}, []string{"You two", ">Earlier<", "secret knots"}},
			{"Ada", of, nil, []string{"You two", ">Earlier<", "secret knots"}},
			{"Ben", of, []string{"Ask me about looms"}, []string{"Offers to swap", "You two"}},
		} {
			code, body := g.get(x.who, x.path)
			if code != 200 {
				t.Fatalf("%s gets %d of %s", x.who, code, x.path)
			}
			for _, w := range x.has {
				if !strings.Contains(body, w) {
					t.Errorf("%s does not see %q on %s", x.who, w, x.path)
				}
			}
			for _, w := range x.not {
				if strings.Contains(body, w) {
					t.Errorf("%s sees %q on %s", x.who, w, x.path)
				}
			}
		}
		// A practice that is off leaves no hole.
		if err := g.house.Organisation.Change(ctx, func(s *organisation.Settings) error {
			s.Practices = nil
			return nil
		}); err != nil {
			t.Fatal(err)
		}
		for _, path := range []string{"/", of} {
			_, body := g.get("Mia", path)
			for _, w := range []string{"A swap is proposed", "Warp the small loom", "Offers to swap", "You two", "Ask me about looms"} {
				if strings.Contains(body, w) {
					t.Errorf("%q stands on %s while its practice is off", w, path)
				}
			}
		}
	})
}
