package app

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/guildhall/guildhall/internal/ask"
	"github.com/guildhall/guildhall/internal/core/access"
	"github.com/guildhall/guildhall/internal/core/organisation"
	"github.com/guildhall/guildhall/internal/core/people"
	"github.com/guildhall/guildhall/internal/core/skills"
	"github.com/guildhall/guildhall/internal/platform/db"
	"github.com/guildhall/guildhall/internal/platform/db/dbtest"
	"github.com/guildhall/guildhall/internal/platform/id"
)

// desk names the desk.
func (g *guild) desk(names ...string) {
	g.Helper()
	if err := g.house.Organisation.Change(context.Background(), func(s *organisation.Settings) error {
		s.Desk = nil
		for _, n := range names {
			s.Desk = append(s.Desk, g.cast[n].Person.String())
		}
		return nil
	}); err != nil {
		g.Fatal(err)
	}
}

// puzzle asks something that nobody knows.
func (g *guild) puzzle(who string, audience id.ID) id.ID {
	g.Helper()
	q := must[id.ID](g)(g.house.Ask.Ask(context.Background(), g.actor(who), ask.Ask{Title: "Who knows the xylograph of the annex?", Audience: audience}))
	g.drain()
	return q
}

// whose are the people for whom a question waits, as that.
func (g *guild) whose(q id.ID, part ask.Part) (names []string) {
	g.Helper()
	for name := range g.cast {
		for _, w := range must[[]ask.Waiting](g)(g.house.Ask.Waiting(context.Background(), g.actor(name), 10)) {
			if w.ID == q && w.Part == part {
				names = append(names, name)
			}
		}
	}
	slices.Sort(names)
	return names
}

func TestTheDeskIsWhoIsStillHereAndMaySeeTheQuestion(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		g := newGuild(t, d)
		ctx := context.Background()
		at := func(what string, q id.ID, want ...string) {
			t.Helper()
			if got := g.whose(q, ask.AtDesk); !slices.Equal(got, want) {
				t.Errorf("%s: at the desk are %v, want %v", what, got, want)
			}
		}
		at("nobody was named", g.puzzle("Ben", access.Organisation), "Ada", "Olu")
		at("an organiser asks", g.puzzle("Olu", access.Organisation), "Ada")
		g.desk("Max", "Strange")
		first := g.puzzle("Ben", access.Organisation)
		at("named", first, "Max", "Strange")
		at("one of the desk asks", g.puzzle("Max", access.Organisation), "Strange")
		at("what the desk may not see", g.puzzle("Ben", g.private), "Stella")
		at("what the steward asks and nobody else may see", g.puzzle("Stella", g.private), "Stella")

		// Both leave by an import, which tells nobody anything.
		for _, who := range []string{"Max", "Strange"} {
			g.write(func(tx *db.Tx) error {
				return g.house.People.Leave(tx, g.cast[who].Person, 0, "Former colleague", true)
			})
			delete(g.cast, who)
		}
		g.drain()
		if err := g.house.Routing.Widen(ctx); err != nil {
			t.Fatal(err)
		}
		g.drain()
		at("what waited for who left", first, "Ada", "Olu")
		at("the whole desk is gone", g.puzzle("Ben", access.Organisation), "Ada", "Olu")
		g.want("Ada", "/notices", 200, "A question came to you at the desk: “Who knows the xylograph of the annex?”")
		g.want("Ada", "/admin/questions", 200, "Nobody of the desk you named is here any more")

		// One who administers alone and asks: it ends with them, and they can say so.
		g.write(func(tx *db.Tx) error {
			return g.house.People.Leave(tx, g.cast["Olu"].Person, 0, "Former colleague", false)
		})
		delete(g.cast, "Olu")
		g.drain()
		g.write(func(tx *db.Tx) error {
			_, err := tx.Exec("UPDATE audience_members SET role = 'member' WHERE audience_id = 1")
			return err
		})
		own := g.puzzle("Ada", access.Organisation)
		at("nobody else is left", own, "Ada")
		if err := g.house.Ask.NobodyKnows(ctx, g.actor("Ada"), own, "We look it up in the archive."); err != nil {
			t.Error(err)
		}
	})
}

// TestAQuestionWidensByTheWorkingHoursOfThoseAsked lets a question go its whole
// way: three people, five more after 2 hours of their work, seven more after 8,
// and the desk after 24.
func TestAQuestionWidensByTheWorkingHoursOfThoseAsked(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		g := newGuild(t, d) // Tuesday at nine
		ctx := context.Background()
		g.desk("Max")
		for i := range 20 {
			name := fmt.Sprintf("Knows %c", 'A'+i)
			g.write(func(tx *db.Tx) error {
				j, err := g.house.People.Join(tx, people.Joiner{Name: name, Role: access.Member}, true)
				g.cast[name] = actor{Joined: j}
				return err
			})
			if _, err := g.house.Skills.Declare(ctx, g.actor(name), skills.Declaration{Tag: skills.Tag{Name: "weaving"}, Direction: skills.Teach, Level: 3, Work: true, Open: true}); err != nil {
				t.Fatal(err)
			}
		}
		g.drain()
		q := must[id.ID](g)(g.house.Ask.Ask(ctx, g.actor("Ben"), ask.Ask{Title: "How is the loom threaded?", Skills: []string{"weaving"}}))
		g.drain()
		for _, x := range []struct {
			at    string
			asked int
			desk  bool
		}{
			{"2026-11-24T09:00", 3, false},
			{"2026-11-24T10:59", 3, false},
			{"2026-11-24T11:00", 8, false},
			{"2026-11-24T23:00", 8, false},
			{"2026-11-25T10:59", 8, false},
			{"2026-11-25T11:00", 15, false},
			{"2026-11-28T12:00", 15, false}, // Saturday
			{"2026-11-30T10:59", 15, false},
			{"2026-11-30T11:00", 15, true},
		} {
			when, err := time.Parse("2006-01-02T15:04", x.at)
			if err != nil {
				t.Fatal(err)
			}
			g.clock.Advance(when.Sub(g.clock.Now()))
			if err := g.house.Routing.Widen(ctx); err != nil {
				t.Fatal(err)
			}
			g.drain()
			if asked, desk := g.whose(q, ask.Knows), g.whose(q, ask.AtDesk); len(asked) != x.asked || (len(desk) == 1) != x.desk {
				t.Errorf("%s: %d are asked and %v at the desk; want %d and %v", x.at, len(asked), desk, x.asked, x.desk)
			}
		}
		if _, page := g.get("Ben", "/questions/"+q.String()); !strings.Contains(page, "Nobody who was asked has answered, so it is at the desk now") {
			t.Error("the asker is not told")
		}
		// The desk answers, and nobody is asked any more.
		if _, err := g.house.Ask.Answer(ctx, g.actor("Max"), q, "Over the warp beam."); err != nil {
			t.Fatal(err)
		}
		g.drain()
		if asked, desk := g.whose(q, ask.Knows), g.whose(q, ask.AtDesk); len(asked)+len(desk) != 0 {
			t.Errorf("answered, it still waits for %v and %v", asked, desk)
		}
	})
}
