package app

import (
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/guildhall/guildhall/internal/platform/clock"
	"github.com/guildhall/guildhall/internal/platform/db"
	"github.com/guildhall/guildhall/internal/platform/db/dbtest"
)

func TestALowPulseOffersHelpAndAnotherMatchWithoutBlame(t *testing.T) {
	dbtest.EachMoved(t, func(t *testing.T, d *db.DB, c *clock.Moved) {
		s, room := pledged(t, d, c)
		programme := programmeOf(s, "Chidi", room)
		const asks, help = "How is it going?", "Plan a short meeting about what you agreed"
		c.Advance(31 * 24 * time.Hour)
		s.settle()
		s.want("Chidi", room, 200, asks, `name="day" value="30"`, "-", help)
		c.Advance(60 * 24 * time.Hour)
		s.settle()
		// Nobody answered at day 30; who answers at day 90 is not asked about it again.
		s.want("Chidi", room, 200, asks, `name="day" value="90"`, "-", help)
		s.does("Chidi", room+"/pulse", "day=90&answer=2")
		offered := []string{help, room + "/meetings/new", "Ada, who looks after the programme", "End it without blame", room + "/closing", "-", asks}
		s.want("Chidi", room, 200, offered...)
		s.want("Chidi", room, 200, offered...) // it stays
		var m struct{ Low bool }
		if code := s.call("Chidi", "GET", "/api/v1"+room, nil, &m); code != 200 || !m.Low {
			t.Errorf("a program reads %d %+v", code, m)
		}
		s.signsIn("Ben")
		s.want("Ben", room, 200, asks, "-", help, "doesn't go well")
		c.Advance(15 * 24 * time.Hour)
		s.want("Chidi", room, 200, "-", help)

		// Chidi closes it and is matched anew: with somebody else.
		s.want("Chidi", room+"/closing", 200, `name="anew"`, "Match me anew")
		s.want("Ben", room+"/closing", 200, "-", "Match me anew")
		s.does("Chidi", room+"/closing", "anew=1")
		s.joins("Dora")
		s.hosts("Dora", programme, 1)
		s.settle()
		s.want("Chidi", room, 200, "may ask somebody else", programme+"/choosing", "-", "no more. ")
		s.want("Ben", room, 200, "-", "may ask somebody else")
		s.want("Chidi", programme+"/choosing", 200, "Dora", "-", ">Ben<")
		// Who runs the programme sees that one has nobody once others have.
		s.signsIn("Ada")
		s.joins("Eli")
		s.enrol("Eli", programme, "mentee", "welding")
		s.want("Ada", programme, 200, "2 mentees take part", "-", "at the moment")
		s.settle()
		s.asks("Eli", programme, "Dora")
		s.want("Ada", programme, 200, "One of them has nobody at the moment")
		// Who has enough says so, and may come back.
		s.does("Chidi", programme+"/withdrawal", "")
		s.want("Chidi", room, 200, "no more. ", programme+"/enrolment", "-", "may ask somebody else")
	})
}

func TestWhoClosesMaySayThatItWasEnough(t *testing.T) {
	dbtest.EachMoved(t, func(t *testing.T, d *db.DB, c *clock.Moved) {
		s, room := pledged(t, d, c)
		if code := s.call("Chidi", "POST", "/api/v1"+room+"/closing", fields{"outcome": "I weld.", "anew": false}, nil); code != 204 {
			t.Fatalf("closing answers %d", code)
		}
		s.want("Chidi", room, 200, "I weld.", "no more. ", "-", "may ask somebody else")
	})
}

func TestWhatLastedAsLongAsItWasMeantToIsNotBegunAgainUnasked(t *testing.T) {
	dbtest.EachMoved(t, func(t *testing.T, d *db.DB, c *clock.Moved) {
		s, room := pledged(t, d, c)
		c.Advance(53 * 7 * 24 * time.Hour)
		if code := s.call("Ben", "POST", "/api/v1"+room+"/closing", fields{"thanks": "Well done."}, nil); code != 204 {
			t.Fatalf("closing answers %d", code)
		}
		s.signsIn("Chidi")
		s.want("Chidi", room, 200, "Well done.", "no more. ", "-", "may ask somebody else")
	})
}

func TestAJoinerWhoseBuddyDidNotFitGetsAnother(t *testing.T) {
	dbtest.EachMoved(t, func(t *testing.T, d *db.DB, c *clock.Moved) {
		c.Set(time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC))
		s := playAt(t, d, c)
		s.practise("mentoring")
		at := s.programme("joiners", url.Values{"way": {"joiners"}, "weight_skills": {"1"}, "weight_hours": {"5"}})
		for _, who := range []string{"Ben", "Chidi"} {
			s.enrol(who, at, "mentor", "finding your way")
		}
		s.hr(c, "700,Nia,nia@example.org,Kiel,2026-11-24")
		c.Advance(2 * time.Minute)
		s.settle()
		s.signsIn("Nia")
		first, second := "Ben", "Chidi"
		if s.room(first) == "" {
			first, second = second, first
		}
		room := s.room(first)
		s.does(first, room+"/answer", "answer=yes")
		c.Set(time.Date(2026, 11, 24, 9, 0, 0, 0, time.UTC))
		s.settle()
		s.does("Nia", room+"/answer", "answer=yes")
		s.settle()
		s.does("Nia", room+"/closing", "anew=1")
		s.settle()
		s.want("Nia", room, 200, "Somebody else is asked to be your buddy")
		if s.room(second) == "" {
			t.Error("nobody else is asked")
		}
		s.want("Ada", at+"/joiners", 200, "Nia", second+" was asked")
		s.want("Ada", at, 200, "and one mentee take part", "-", "at the moment")

		// Whoever enrols in another programme is no joiner of it.
		other := s.programme("women", nil)
		s.enrol("Chidi", other, "mentee", "welding")
		s.want("Ada", other+"/joiners", 200, "-", "Chidi")
	})
}

// programmeOf is the address of the programme of a room.
func programmeOf(s *stage, who, room string) string {
	s.Helper()
	var m struct{ Programme string }
	if code := s.call(who, "GET", "/api/v1"+room, nil, &m); code != 200 || m.Programme == "" {
		s.Fatalf("%s reads %d of %s", who, code, room)
	}
	return "/mentoring/" + strings.TrimPrefix(m.Programme, "/mentoring/")
}

// TestWhoAsksToBeMatchedAnewInACohortWaitsForTheNextRun ends one of two pairs of
// a programme whose organiser matches everybody: both are told what comes next.
func TestWhoAsksToBeMatchedAnewInACohortWaitsForTheNextRun(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s := play(t, d)
		s.practise("mentoring")
		s.joins("Dora", "Eli")
		at := s.programme("women", nil)
		for who, role := range map[string]string{"Ben": "mentor", "Dora": "mentor", "Chidi": "mentee", "Eli": "mentee"} {
			s.enrol(who, at, role, "welding")
		}
		s.want("Ada", at, 200, "-", "at the moment") // it is everybody
		s.does("Ada", at+"/pairing", "weight_skills=5")
		run := regexp.MustCompile(`name="run" value="([^"]+)"`).FindStringSubmatch(s.page("Ada", at+"/pairing"))
		if run == nil {
			t.Fatal("nobody is proposed")
		}
		s.does("Ada", at+"/publication", "run="+run[1])
		s.settle()
		for _, who := range []string{"Ben", "Dora", "Chidi", "Eli"} {
			s.does(who, s.room(who)+"/answer", "answer=yes")
		}
		s.settle()
		s.want("Ada", at, 200, "-", "at the moment")
		room := s.room("Chidi")
		s.does("Chidi", room+"/closing", "anew=1")
		s.settle()
		s.want("Chidi", room, 200, "are in its next matching, with somebody else")
		s.want("Ada", at, 200, "One of them has nobody at the moment, until your next run")
	})
}
