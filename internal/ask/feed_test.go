package ask

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/guildhall/guildhall/internal/core/access"
	"github.com/guildhall/guildhall/internal/core/subject"
	"github.com/guildhall/guildhall/internal/platform/fault"
	"github.com/guildhall/guildhall/internal/platform/id"
)

// list reads all pages of a list, two rows at a time, and returns the ids.
func (s *scene) list(by access.Actor, w Which) (rows []Row, ids []id.ID) {
	s.Helper()
	f := Filter{Which: w, Limit: 2}
	for range 20 {
		page, more, err := s.ask.List(s.ctx, by, f)
		if err != nil {
			s.Fatal(err)
		}
		rows = append(rows, page...)
		if !more {
			break
		}
		f.After, f.AfterID = page[len(page)-1].Position, page[len(page)-1].ID
	}
	for _, r := range rows {
		ids = append(ids, r.ID)
	}
	return rows, ids
}

func (s *scene) about(title string, skill string) id.ID {
	s.Helper()
	s.clock.Advance(time.Minute)
	q, err := s.ask.Ask(s.ctx, s.ben, Ask{Title: title, Skills: []string{skill}})
	if err != nil {
		s.Fatal(err)
	}
	return q
}

func TestKeptQuestionsAreListedByWhenTheyWereKept(t *testing.T) {
	each(t, func(s *scene) {
		var want []id.ID
		for i := range 5 {
			q := s.about(fmt.Sprintf("What about number %d?", i), "weaving")
			s.clock.Advance(time.Minute)
			s.want("keeping", s.ask.Bookmark(s.ctx, s.dana, q, true), fault.Internal)
			want = append([]id.ID{q}, want...)
		}
		s.want("no longer", s.ask.Bookmark(s.ctx, s.dana, want[2], false), fault.Internal)
		want = slices.Delete(want, 2, 3)
		if _, got := s.list(s.dana, Kept); !slices.Equal(got, want) {
			t.Errorf("kept are %v, want %v", got, want)
		}
		if _, got := s.list(s.chidi, Kept); len(got) != 0 {
			t.Errorf("somebody else keeps %v", got)
		}
	})
}

func TestAFeedShowsWhatIsFollowedOnceAndSaysWhy(t *testing.T) {
	each(t, func(s *scene) {
		weaving := s.about("How is the loom threaded?", "weaving")
		dyeing := s.about("Which mordant for madder?", "dyeing")
		other := s.about("Who has the keys of the annex?", "keys")
		far := s.about("Where is the second annex?", "keys")
		if _, got := s.list(s.dana, Feed); len(got) != 0 {
			t.Fatalf("who follows nothing gets %v", got)
		}
		w, err := s.ask.Open(s.ctx, s.dana, weaving, 0)
		if err != nil {
			t.Fatal(err)
		}
		skill := w.Skills[0].ID
		s.want("a skill", s.ask.FollowThing(s.ctx, s.dana, subject.Skill, skill, true), fault.Internal)
		s.want("a person", s.ask.FollowThing(s.ctx, s.dana, subject.Person, s.chidi.Person, true), fault.Internal)
		s.want("a question", s.ask.Follow(s.ctx, s.dana, dyeing, true), fault.Internal)
		s.want("oneself", s.ask.FollowThing(s.ctx, s.dana, subject.Person, s.dana.Person, true), fault.Conflict)
		s.want("a person as a skill", s.ask.FollowThing(s.ctx, s.dana, subject.Skill, s.chidi.Person, true), fault.NotFound)
		s.want("nothing there is", s.ask.FollowThing(s.ctx, s.dana, subject.Skill, id.New(s.clock.Now()), true), fault.NotFound)
		for _, q := range []id.ID{other, weaving, far, other} {
			s.clock.Advance(time.Minute)
			s.answer(s.chidi, q, "So.")
		}
		s.clock.Advance(time.Minute)
		s.answer(s.ada, weaving, "Or so.") // later than Chidi's, and not followed
		rows, got := s.list(s.dana, Feed)
		if want := []id.ID{weaving, other, far, dyeing}; !slices.Equal(got, want) {
			t.Fatalf("the feed is %v, want %v", got, want)
		}
		for i, want := range []Because{{Skill: "weaving"}, {Person: "Chidi"}, {Person: "Chidi"}, {}} {
			if rows[i].Because != want {
				t.Errorf("%q stands there because of %+v, want %+v", rows[i].Title, rows[i].Because, want)
			}
		}
		s.want("no longer", s.ask.FollowThing(s.ctx, s.dana, subject.Person, s.chidi.Person, false), fault.Internal)
		if _, got := s.list(s.dana, Feed); !slices.Equal(got, []id.ID{weaving, dyeing}) {
			t.Errorf("the feed is %v", got)
		}
	})
}

func TestOldAcceptedAnswersComeToThoseWhoCanSayWhetherTheyHold(t *testing.T) {
	each(t, func(s *scene) {
		settled := func(title string, by access.Actor, voices ...access.Actor) id.ID {
			q := s.about(title, "weaving")
			a := s.answer(by, q, "So.")
			s.want("accepting", s.ask.Accept(s.ctx, s.ben, q, a), fault.Internal)
			for _, v := range voices {
				s.want("useful", s.ask.Useful(s.ctx, v, a, true), fault.Internal)
			}
			return a
		}
		few := settled("How is the loom threaded?", s.chidi)
		many := settled("How is the loom oiled?", s.dana, s.ada, s.chidi, s.ben)
		s.answer(s.chidi, s.about("How is the loom painted?", "weaving"), "Nobody accepted this.")
		ageing := func(by access.Actor, months int) []id.ID {
			var out []id.ID
			f := AgeingFilter{Months: months, Limit: 1}
			for range 10 {
				list, more, err := s.ask.Ageing(s.ctx, by, f)
				if err != nil {
					t.Fatal(err)
				}
				for _, a := range list {
					out = append(out, a.Answer)
					f.After, f.AfterID = a.Demand, a.Answer
				}
				if !more {
					break
				}
			}
			return out
		}
		if got := ageing(s.ada, 12); len(got) != 0 {
			t.Errorf("fresh answers age: %v", got)
		}
		s.clock.Advance(400 * 24 * time.Hour)
		if got := ageing(s.ada, 12); !slices.Equal(got, []id.ID{many, few}) {
			t.Errorf("an organiser sees %v, want %v", got, []id.ID{many, few})
		}
		if got := ageing(s.ada, 24); len(got) != 0 {
			t.Errorf("two years on already: %v", got)
		}
		if got := ageing(s.chidi, 12); !slices.Equal(got, []id.ID{few}) {
			t.Errorf("a member sees %v, want their own", got)
		}
		if got := ageing(s.ben, 12); len(got) != 0 {
			t.Errorf("whoever wrote none of them sees %v", got)
		}
		s.want("still true", s.ask.VerifyAnswer(s.ctx, s.chidi, few), fault.Internal)
		s.want("no longer", s.ask.MarkAnswerObsolete(s.ctx, s.ada, many, "The loom was replaced."), fault.Internal)
		if got := ageing(s.ada, 12); len(got) != 0 {
			t.Errorf("what was looked at still ages: %v", got)
		}
	})
}
