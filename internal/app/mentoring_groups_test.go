package app

import (
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/guildhall/guildhall/internal/mentoring"
	"github.com/guildhall/guildhall/internal/platform/clock"
	"github.com/guildhall/guildhall/internal/platform/db"
	"github.com/guildhall/guildhall/internal/platform/db/dbtest"
	"github.com/guildhall/guildhall/internal/platform/id"
)

// hosts lets somebody take part as the mentor of a group of so many.
func (s *stage) hosts(who, programme string, places int) {
	s.Helper()
	n, err := id.Parse(strings.TrimPrefix(programme, "/mentoring/"))
	if err != nil {
		s.Fatal(err)
	}
	if err := s.house.Mentoring.Enrol(s.Context(), s.as(who), n, mentoring.Enrol{Role: mentoring.Mentor, Capacity: places, Skills: []string{"welding"}}); err != nil {
		s.Fatal(err)
	}
}

// asks has a mentee ask the only mentor there is, and returns the request.
func (s *stage) asks(who, programme, mentor string) string {
	s.Helper()
	code, to := s.post(who, programme+"/requests", url.Values{"mentor": {s.cast[mentor].Person.String()}, "words": {"Please"}}.Encode())
	if code != 303 {
		s.Fatalf("%s asks: %d %.1000s", who, code, to)
	}
	return to
}

// TestMenteesChooseAGroupAndJoinTheOneThatIsThere lets mentees of a programme of
// groups choose: the first makes the group, the second is taken into it with
// what is planned there, and when it is full nobody is.
func TestMenteesChooseAGroupAndJoinTheOneThatIsThere(t *testing.T) {
	dbtest.EachMoved(t, func(t *testing.T, d *db.DB, c *clock.Moved) {
		c.Set(time.Date(2026, 11, 24, 9, 0, 0, 0, time.UTC))
		s := playAt(t, d, c)
		s.practise("mentoring")
		s.joins("Dora", "Emil")
		o := s.posted("Dora", "Ben")
		if page := s.page("Ada", "/mentoring/new?template=groups"); !strings.Contains(page, `value="self"`) || !strings.Contains(page, "joins the group that their mentor has already") {
			t.Errorf("the form of groups offers no choice\n%s", page)
		}
		if page := s.page("Ada", "/mentoring/new?template=peers"); strings.Contains(page, `value="self"`) || !strings.Contains(page, "Peers are matched by you") {
			t.Errorf("the form of peers does not say why\n%s", page)
		}
		at := s.programme("groups", url.Values{"way": {"self"}})
		s.hosts("Ben", at, 2)
		for _, n := range []string{"Chidi", "Dora", "Emil"} {
			s.enrol(n, at, "mentee", "welding")
		}
		s.settle()
		first, second, third := s.asks("Chidi", at, "Ben"), s.asks("Dora", at, "Ben"), s.asks("Emil", at, "Ben")
		if code, to := s.post("Ben", first+"/answer", "answer=yes"); code != 303 || to != first {
			t.Fatalf("the first yes answers %d %s", code, to)
		}
		s.settle()
		s.does("Ben", first+"/meetings", "slot=own&day=2026-11-26&time=10:00&minutes=60&title=First+talk&agenda=")
		s.settle()
		if code, to := s.post("Ben", second+"/answer", "answer=yes"); code != 303 || to != first {
			t.Fatalf("the second yes leads to %d %s, the group is %s", code, to, first)
		}
		s.settle()
		for _, who := range []string{"Ben", "Chidi", "Dora"} {
			page := s.page(who, first)
			for _, name := range []string{"Ben", "Chidi", "Dora"} {
				if who != name && !strings.Contains(page, name) {
					t.Errorf("%s does not see %s in the group", who, name)
				}
			}
			if !strings.Contains(s.page(who, "/meetings"), "First talk") {
				t.Errorf("%s is not invited to the talk of the group", who)
			}
			if got := strings.Contains(s.page(who, "/notices"), "The group has somebody new"); got == (who == "Ben") {
				t.Errorf("%s is told of who is new: %v", who, got)
			}
			if code, _ := s.get(who, second); code != 404 {
				t.Errorf("%s still finds the request: %d", who, code)
			}
		}
		// Both places are taken: the third is told, and has no way in.
		if code, _ := s.get("Emil", first); code != 404 {
			t.Errorf("Emil reads the group: %d", code)
		}
		if !strings.Contains(s.page("Emil", "/notices"), "work out with the mentor you asked") {
			t.Error("Emil is not told that the group is full")
		}
		if code, _ := s.post("Ben", third+"/answer", "answer=yes"); code != 409 {
			t.Errorf("a full group takes somebody in: %d", code)
		}
		if n := len(o.calendars("dora@example.org")); n != 1 {
			t.Errorf("who came later gets %d invitations by mail", n)
		}
		if n := len(o.calendars("ben@example.org")); n != 1 {
			t.Errorf("Ben gets %d invitations by mail, for one talk", n)
		}
		programme, _ := id.Parse(strings.TrimPrefix(at, "/mentoring/"))
		s.pairsOf(programme, s.cast["Ben"].Person, 2)

		// Dora leaves: her calendar is told, those of the others are not, and the
		// place is free for somebody else.
		if code := s.call("Ben", "DELETE", "/api/v1"+first+"/membership", nil, nil); code != 409 {
			t.Errorf("the mentor leaves their group: %d", code)
		}
		if code := s.call("Dora", "DELETE", "/api/v1"+first+"/membership", nil, nil); code != 204 {
			t.Errorf("leaving answers %d", code)
		}
		s.settle()
		if list := o.calendars("dora@example.org"); len(list) != 2 || !strings.Contains(list[1], "METHOD:CANCEL") || !strings.Contains(list[1], "SEQUENCE:1") {
			t.Errorf("the calendar of who left is told %d times: %v", len(list), list)
		}
		if n := len(o.calendars("ben@example.org")); n != 1 {
			t.Errorf("Ben's calendar is told %d times", n)
		}
		if code, _ := s.get("Dora", first); code != 404 || strings.Contains(s.page("Dora", "/meetings"), "First talk") || !strings.Contains(s.page("Chidi", "/meetings"), "First talk") {
			t.Errorf("Dora still opens the group (%d), or the talk is gone for others", code)
		}
		if !strings.Contains(s.page("Ben", "/notices"), "Dora left the group") {
			t.Error("Ben is not told that Dora left")
		}
		if code, _ := s.post("Chidi", first+"/leaving", ""); code != 409 {
			t.Errorf("the last mentee leaves: %d", code)
		}
		if code, to := s.post("Ben", s.asks("Emil", at, "Ben")+"/answer", "answer=yes"); code != 303 || to != first {
			t.Errorf("the place that is free again is not given: %d %s", code, to)
		}
	})
}

// TestAJoinerIsBroughtIntoAGroupWithRoom lets two joiners come by the people
// import: the mentor is asked for each before the first day, and the second
// joins the group of the first.
func TestAJoinerIsBroughtIntoAGroupWithRoom(t *testing.T) {
	dbtest.EachMoved(t, func(t *testing.T, d *db.DB, c *clock.Moved) {
		c.Set(time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC))
		s := playAt(t, d, c)
		s.practise("mentoring")
		at := s.programme("groups", url.Values{"way": {"joiners"}, "weight_skills": {"1"}})
		s.hosts("Ben", at, 3)
		group := ""
		var file []string // who is in it no more has left
		for _, x := range []struct {
			name, row string
			first     time.Time
		}{
			{"Nora", "n1,Nora,nora@example.org,Porto,2026-11-30", time.Date(2026, 11, 30, 9, 0, 0, 0, time.UTC)},
			{"Oto", "n2,Oto,oto@example.org,Porto,2026-12-07", time.Date(2026, 12, 7, 9, 0, 0, 0, time.UTC)},
		} {
			file = append(file, x.row)
			s.hr(c, file...)
			s.settle()
			c.Advance(2 * time.Minute)
			s.settle()
			asked := s.room("Ben")
			if asked == "" || asked == group {
				t.Fatalf("Ben is not asked for %s: %q", x.name, asked)
			}
			s.does("Ben", asked+"/answer", "answer=yes")
			c.Set(x.first)
			s.settle()
			c.Advance(10 * time.Minute)
			s.settle()
			s.signsIn(x.name)
			code, to := s.post(x.name, s.room(x.name)+"/answer", "answer=yes")
			if group == "" {
				group = to
			}
			if code != 303 || to != group {
				t.Fatalf("%s is led to %d %s, the group is %q", x.name, code, to, group)
			}
			s.settle()
		}
		for _, who := range []string{"Ben", "Nora", "Oto"} {
			page := s.page(who, group)
			for _, name := range []string{"Ben", "Nora", "Oto"} {
				if who != name && !strings.Contains(page, name) {
					t.Errorf("%s does not see %s in the group", who, name)
				}
			}
		}
		if !strings.Contains(s.page("Nora", "/notices"), "The group has somebody new") {
			t.Error("Nora is not told of Oto")
		}
	})
}
