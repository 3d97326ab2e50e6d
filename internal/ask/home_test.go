package ask

import (
	"slices"
	"testing"
	"time"

	"github.com/guildhall/guildhall/internal/core/access"
	"github.com/guildhall/guildhall/internal/core/skills"
	"github.com/guildhall/guildhall/internal/platform/id"
)

func TestHomeShowsWhatIsMineWhatICanTeachAndWhereIHelped(t *testing.T) {
	each(t, func(s *scene) {
		titles := func(rows []Row) (out []string) {
			for _, r := range rows {
				out = append(out, r.Title)
			}
			return out
		}
		want := func(what string, got []Row, want ...string) {
			t.Helper()
			if !slices.Equal(titles(got), want) {
				t.Errorf("%s: %q, not %q", what, titles(got), want)
			}
		}
		today := func(by access.Actor) Today {
			t.Helper()
			d, err := s.ask.Today(s.ctx, by)
			if err != nil {
				t.Fatal(err)
			}
			return d
		}
		ask := func(title string) id.ID { s.clock.Advance(time.Minute); return s.question(title) }
		old := ask("An old one?")
		late := s.answer(s.chidi, old, "In the manual.")
		s.clock.Advance(90 * 24 * time.Hour)
		open, answered, liked, plain := ask("Nobody knows?"), ask("Who calibrates?"), ask("Why does it drift?"), ask("Which gauge?")
		s.answer(s.chidi, plain, "The blue one.")
		if err := s.ask.Accept(s.ctx, s.ben, answered, s.answer(s.chidi, answered, "Dana does.")); err != nil {
			t.Fatal(err)
		}
		s.clock.Advance(time.Minute)
		useful := s.answer(s.chidi, liked, "It is warm.")
		if err := s.ask.Useful(s.ctx, s.dana, useful, true); err != nil {
			t.Fatal(err)
		}
		s.clock.Advance(time.Minute)
		if err := s.ask.Accept(s.ctx, s.ben, old, late); err != nil {
			t.Fatal(err)
		}
		d := today(s.chidi)
		want("Chidi helped", d.Helped, "An old one?", "Why does it drift?", "Who calibrates?")
		want("Chidi teaches nothing", d.Teach)
		want("Chidi asked nothing", d.Mine)
		if _, err := s.ask.skills.Declare(s.ctx, s.chidi, skills.Declaration{Tag: skills.Tag{Name: "Calibration"}, Direction: skills.Teach, Level: skills.Confident, Open: true}); err != nil {
			t.Fatal(err)
		}
		want("Chidi can teach", today(s.chidi).Teach, "Nobody knows?")
		d = today(s.ben)
		want("nobody teaches themselves", d.Teach)
		want("Ben asked", d.Mine, "Which gauge?", "Why does it drift?", "Nobody knows?")
		want("Ben helped nobody", d.Helped)
		if err := s.ask.Useful(s.ctx, s.ben, s.answer(s.chidi, open, "I know."), true); err != nil {
			t.Fatal(err)
		}
		d = today(s.chidi)
		want("answered is no longer unanswered", d.Teach)
		s.clock.Advance(40 * 24 * time.Hour)
		want("a month ago", today(s.chidi).Helped)
	})
}
