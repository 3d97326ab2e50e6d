package app

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/guildhall/guildhall/internal/core/echo"
	"github.com/guildhall/guildhall/internal/platform/clock"
	"github.com/guildhall/guildhall/internal/platform/db"
	"github.com/guildhall/guildhall/internal/platform/db/dbtest"
	"github.com/guildhall/guildhall/internal/platform/fault"
)

func TestTheOrganisationSeesEchoesOfFiveAndMoreAndCannotSubtract(t *testing.T) {
	dbtest.EachMoved(t, func(t *testing.T, d *db.DB, c *clock.Moved) {
		c.Set(time.Date(2026, 9, 20, 9, 0, 0, 0, time.UTC))
		s := playAt(t, d, c)
		s.echoing()
		var helpers, askers []string
		for i := range 7 {
			helpers, askers = append(helpers, fmt.Sprint("Helper", i)), append(askers, fmt.Sprint("Asker", i))
		}
		s.hire(helpers...)
		s.hire(askers...)
		for i := range 4 {
			s.helps(helpers[i], askers[i], "welding")
		}
		for i := range 5 {
			s.helps(helpers[0], askers[i], "glazing") // one helper: no total
		}
		c.Advance(31 * 24 * time.Hour)
		s.asked()
		say := func(who string) {
			for _, e := range s.waits(who) {
				said := echo.Used
				if who == "Asker1" {
					said = echo.NoHelp
				}
				if err := s.house.Echo.Say(s.Context(), s.as(who), e.ID, said, ""); err != nil {
					t.Fatal(err)
				}
			}
		}
		seen := func() map[string]echo.Total {
			if err := s.house.Echo.Count(s.Context()); err != nil {
				t.Fatal(err)
			}
			list, err := s.house.Echo.Totals(s.Context(), s.as("Ada"))
			if err != nil {
				t.Fatal(err)
			}
			out := map[string]echo.Total{}
			for _, x := range list {
				out[x.Name] = x
			}
			return out
		}
		for _, a := range askers {
			say(a)
		}
		s.helps(helpers[4], askers[4], "welding")
		c.Set(time.Date(2026, 11, 2, 9, 0, 0, 0, time.UTC))
		if got := seen(); len(got) != 0 {
			t.Fatalf("four people, and one helper, are shown: %+v", got)
		}
		c.Set(time.Date(2026, 11, 25, 9, 0, 0, 0, time.UTC))
		s.asked()
		say(askers[4])
		if got := seen(); len(got) != 0 {
			t.Fatalf("a total is made within the month: %+v", got)
		}
		c.Set(time.Date(2026, 12, 1, 9, 0, 0, 0, time.UTC))
		want := echo.Total{Used: 4, NoHelp: 1}
		got := seen()
		if x := got["welding"]; len(got) != 1 || x.Used != want.Used || x.NoHelp != want.NoHelp || x.NotYet != 0 {
			t.Fatalf("the total is %+v", got)
		}
		// One more answer, and one changed, change nothing that is shown.
		s.helps(helpers[5], askers[5], "welding")
		c.Set(time.Date(2027, 1, 5, 9, 0, 0, 0, time.UTC))
		s.asked()
		say(askers[5])
		mine, _, err := s.house.Echo.Mine(s.Context(), s.as("Asker1"), 0, 0)
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range mine {
			if err := s.house.Echo.Say(s.Context(), s.as("Asker1"), e.ID, echo.Used, ""); err != nil {
				t.Fatal(err)
			}
		}
		c.Set(time.Date(2027, 2, 1, 9, 0, 0, 0, time.UTC))
		if x := seen()["welding"]; x.Used != want.Used || x.NoHelp != want.NoHelp {
			t.Errorf("one answer changed the total to %+v", x)
		}
		if _, err := s.house.Echo.Totals(s.Context(), s.as("Ben")); !fault.Is(err, fault.Forbidden) {
			t.Errorf("a member reads totals: %v", err)
		}
		s.write(func(tx *db.Tx) (err error) {
			ada := s.cast["Ada"] // her login ended in the months between
			ada.cookie, err = s.house.Logins.Start(tx, ada.Person, "test")
			s.cast["Ada"] = ada
			return err
		})
		if code, body := s.get("Ada", "/echoes/totals"); code != http.StatusOK || !strings.Contains(body, "welding") || strings.Contains(body, "glazing") {
			t.Errorf("the page of totals answers %d", code)
		}
	})
}

func TestWhoLeavesIsNotAskedAndKeepsNothingWaiting(t *testing.T) {
	dbtest.EachMoved(t, func(t *testing.T, d *db.DB, c *clock.Moved) {
		c.Set(time.Date(2026, 10, 20, 9, 0, 0, 0, time.UTC))
		s := playAt(t, d, c)
		s.echoing()
		s.hire("Dana", "Emil")
		s.helps("Chidi", "Dana", "knots")
		s.helps("Emil", "Ben", "knots")
		s.write(func(tx *db.Tx) error {
			for _, who := range []string{"Dana", "Emil"} {
				if err := s.house.People.Leave(tx, s.cast[who].Person, 0, "Former colleague", true); err != nil {
					return err
				}
			}
			return nil
		})
		c.Advance(31 * 24 * time.Hour)
		s.asked()
		if n := len(s.waits("Ben")) + s.told("Ben", "echo_asked"); n != 0 {
			t.Errorf("Ben is asked about the help of somebody who left: %d", n)
		}
		left := 0
		if err := d.Read(s.Context(), func(tx *db.Tx) error {
			_, err := tx.Row("SELECT COUNT(*) FROM echoes", []any{&left})
			return err
		}); err != nil || left != 0 {
			t.Errorf("%d echoes are kept of who left, %v", left, err)
		}
	})
}
