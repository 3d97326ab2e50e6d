package app

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/guildhall/guildhall/internal/ask"
	"github.com/guildhall/guildhall/internal/core/access"
	"github.com/guildhall/guildhall/internal/core/organisation"
	"github.com/guildhall/guildhall/internal/core/skills"
	"github.com/guildhall/guildhall/internal/platform/clock"
	"github.com/guildhall/guildhall/internal/platform/db"
	"github.com/guildhall/guildhall/internal/platform/db/dbtest"
	"github.com/guildhall/guildhall/internal/welcome"
)

// nudged lets hours pass, looking each hour who is to be nudged.
func (s *stage) nudged(hours int) {
	s.Helper()
	for range hours {
		s.clock.Advance(time.Hour)
		if err := s.house.Welcome.Nudge(s.Context()); err != nil {
			s.Fatal(err)
		}
	}
	s.jobs()
}

func TestTheFirstWeekTicksWhatSomebodyDidAndStopsWhenItIsPutAway(t *testing.T) {
	dbtest.EachMoved(t, func(t *testing.T, d *db.DB, c *clock.Moved) {
		c.Set(time.Date(2026, 9, 1, 9, 0, 0, 0, time.UTC))
		s := playAt(t, d, c)
		c.Set(time.Date(2026, 11, 16, 9, 0, 0, 0, time.UTC)) // a Monday
		if err := s.house.Organisation.Change(s.Context(), func(x *organisation.Settings) error {
			x.Practices = map[string]bool{welcome.Key: true}
			return nil
		}); err != nil {
			t.Fatal(err)
		}
		s.hire("Nora", "Omar", "Pia", "Quin")
		s.write(func(tx *db.Tx) error { // Quin never signed in
			_, err := tx.Exec("DELETE FROM logins WHERE person_id = $1", s.cast["Quin"].Person)
			return err
		})
		if _, body := s.get("Nora", "/"); !strings.Contains(body, "Four small steps") || !strings.Contains(body, "Put this away") {
			t.Fatal("Home says nothing of the first week")
		}
		s.write(func(tx *db.Tx) (err error) {
			ben := s.cast["Ben"] // his login ended in the months between
			ben.cookie, err = s.house.Logins.Start(tx, ben.Person, "test")
			s.cast["Ben"] = ben
			return err
		})
		if _, body := s.get("Ben", "/"); strings.Contains(body, "Four small steps") {
			t.Error("somebody who has been here for long is new")
		}

		// Each step is ticked by what was done.
		nora := s.as("Nora")
		steps := func() welcome.Steps {
			x, err := s.house.Welcome.Open(s.Context(), nora)
			if err != nil {
				t.Fatal(err)
			}
			return x
		}
		s.says("Nora", skills.Teach, "origami", 2, true)
		if x := steps(); !x.Show || x.Want || x.Ask || x.Thank {
			t.Errorf("after one skill: %+v", x)
		}
		s.says("Nora", skills.Want, "sewing", 1, false)
		q, err := s.house.Ask.Ask(s.Context(), nora, ask.Ask{Title: "Where are the scissors kept?", Audience: access.Organisation})
		if err != nil {
			t.Fatal(err)
		}
		if x := steps(); !x.Show || !x.Want || !x.Ask || x.Thank {
			t.Errorf("after a question: %+v", x)
		}
		a, err := s.house.Ask.Answer(s.Context(), s.as("Chidi"), q, "Second drawer.")
		if err != nil {
			t.Fatal(err)
		}
		if err := s.house.Ask.Useful(s.Context(), nora, a, true); err != nil {
			t.Fatal(err)
		}
		if x := steps(); !x.All() {
			t.Errorf("after a thank-you: %+v", x)
		}
		if _, body := s.get("Nora", "/"); strings.Contains(body, "Four small steps") {
			t.Error("what is done stays on Home")
		}

		// Omar does nothing: two nudges in the week, none at night, then silence.
		// Pia puts it away and hears nothing; Nora is done; Quin never came in.
		if code, _ := s.post("Pia", "/welcome/away", ""); code != http.StatusSeeOther {
			t.Fatalf("putting it away answers %d", code)
		}
		if _, body := s.get("Pia", "/"); strings.Contains(body, "Four small steps") {
			t.Error("what was put away stands on Home")
		}
		s.nudged(47)
		if n := s.told("Omar", "welcome_nudge"); n != 0 {
			t.Errorf("nudged %d times on the first two days", n)
		}
		s.nudged(5)
		if n := s.told("Omar", "welcome_nudge"); n != 1 {
			t.Errorf("nudged %d times on the third day", n)
		}
		s.nudged(15 * 24)
		if n := s.told("Omar", "welcome_nudge"); n != 2 {
			t.Errorf("nudged %d times in all", n)
		}
		for _, who := range []string{"Nora", "Pia", "Quin", "Ben", "Chidi", "Ada"} {
			if n := s.told(who, "welcome_nudge"); n != 0 {
				t.Errorf("%s is nudged %d times", who, n)
			}
		}
		var outside int
		if err := d.Read(s.Context(), func(tx *db.Tx) error {
			list, err := db.All(tx, "SELECT at FROM notices WHERE kind = 'welcome_nudge'", func(r *db.Rows, at *db.Time) error { return r.Scan(at) })
			for _, at := range list {
				if h := at.Time().Hour(); h < 6 || h > 18 || at.Time().Weekday() == time.Sunday || at.Time().Weekday() == time.Saturday {
					outside++
				}
			}
			return err
		}); err != nil || outside != 0 {
			t.Errorf("%d nudges outside working hours, %v", outside, err)
		}
		// After two weeks Home forgets it.
		omar, err := s.house.Welcome.Open(s.Context(), s.as("Omar"))
		if err != nil || omar.New {
			t.Errorf("still new after two weeks: %+v %v", omar, err)
		}
	})
}
