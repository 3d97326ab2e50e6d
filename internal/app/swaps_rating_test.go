package app

import (
	"testing"
	"time"

	"github.com/guildhall/guildhall/internal/core/skills"
	"github.com/guildhall/guildhall/internal/platform/clock"
	"github.com/guildhall/guildhall/internal/platform/db"
	"github.com/guildhall/guildhall/internal/platform/db/dbtest"
	"github.com/guildhall/guildhall/internal/platform/id"
	"github.com/guildhall/guildhall/internal/swaps"
)

// TestWhetherALearnerWouldDoItAgainCountsInTheNextRound lets two people offer
// the same in every respect but one: what Emil said after Ben taught him.
func TestWhetherALearnerWouldDoItAgainCountsInTheNextRound(t *testing.T) {
	for _, x := range []struct{ again, teacher string }{{"yes", "Ben"}, {"no", "Dora"}} {
		t.Run(x.again, func(t *testing.T) {
			dbtest.EachMoved(t, func(t *testing.T, d *db.DB, c *clock.Moved) {
				c.Set(time.Date(2026, 11, 24, 9, 0, 0, 0, time.UTC))
				s := playAt(t, d, c)
				s.swapping()
				s.hire("Dora", "Emil")
				weave := s.says("Ben", skills.Teach, "weaving", 3, true)
				s.says("Emil", skills.Want, "weaving", 1, true)
				carve := s.says("Emil", skills.Teach, "carving", 3, true)
				s.says("Ben", skills.Want, "carving", 1, true)
				n, err := s.house.Swaps.Propose(t.Context(), s.as("Ben"), swaps.Proposal{
					To: s.cast["Emil"].Person, Teach: weave, Learn: carve, Lessons: 1, Minutes: 60, Format: swaps.Online,
				})
				if err != nil {
					t.Fatal(err)
				}
				if err := s.house.Swaps.Answer(t.Context(), s.as("Emil"), n, 1, true, ""); err != nil {
					t.Fatal(err)
				}
				m := s.lesson(n, "Ben", "Emil", time.Hour)
				if code := s.call("Emil", "PUT", "/api/v1/swaps/"+n.String()+"/thanks", fields{"lesson": m.String(), "again": x.again}, nil); code != 204 {
					t.Fatalf("thanking answers %d", code)
				}
				// The matching alone hears of it.
				s.jobs()
				if s.told("Ben", "swap_thanked") != 0 {
					t.Error("Ben is told of thanks that were not said")
				}
				room := "/swaps/" + n.String()
				s.want("Ben", room, 200, "-", "<blockquote")
				s.want("Emil", room, 200, "Thank Ben, or say how it was")
				// Thanks may follow and leave it as it is.
				if code := s.call("Emil", "PUT", "/api/v1"+room+"/thanks", fields{"lesson": m.String()}, nil); code != 422 {
					t.Errorf("saying nothing answers %d", code)
				}
				s.does("Emil", room+"/thanks", "again=&lesson="+m.String()+"&words=I+can+weave")
				s.want("Ben", room, 200, "I can weave")
				s.lesson(n, "Emil", "Ben", time.Hour)
				if code := s.call("Emil", "PUT", "/api/v1/swap-choices", fields{"rounds": false, "format": "either", "lessons": 1, "minutes": 60}, nil); code != 204 {
					t.Fatalf("staying out of rounds answers %d", code)
				}
				s.says("Dora", skills.Teach, "weaving", 3, true)
				s.says("Chidi", skills.Want, "weaving", 1, true)
				s.says("Chidi", skills.Teach, "dyeing", 3, true)
				for _, who := range []string{"Ben", "Dora"} {
					s.says(who, skills.Want, "dyeing", 1, true)
				}
				if code, _ := s.post("Ada", "/swaps/rounds", ""); code != 303 {
					t.Fatalf("starting a round answers %d", code)
				}
				s.jobs()
				list := s.swapsOf("Chidi")
				if len(list) != 1 || len(list[0].Members) != 2 {
					t.Fatalf("Chidi is proposed %+v", list)
				}
				with := map[id.ID]bool{}
				for _, p := range list[0].Members {
					with[p.Person] = true
				}
				if !with[s.cast[x.teacher].Person] {
					t.Errorf("after %q the ring is %+v, want it with %s", x.again, list[0].Members, x.teacher)
				}
			})
		})
	}
}
