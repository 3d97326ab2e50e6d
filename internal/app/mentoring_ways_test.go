package app

import (
	"fmt"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/guildhall/guildhall/internal/directory"
	"github.com/guildhall/guildhall/internal/platform/clock"
	"github.com/guildhall/guildhall/internal/platform/db"
	"github.com/guildhall/guildhall/internal/platform/db/dbtest"
	"github.com/guildhall/guildhall/internal/platform/id"
)

var roomPath = regexp.MustCompile(`/mentorships/[0-9a-z]+`)

// hr brings people by the export of a personnel system; who is new joins the
// cast without ever having signed in.
func (s *stage) hr(c *clock.Moved, rows ...string) {
	s.Helper()
	in := &directory.PeopleImport{Service: s.house.People, Former: "A former colleague", Zone: "Europe/Berlin", Now: c.Now(), AcceptLeavers: true}
	if _, err := in.Run(s.Context(), strings.NewReader("Employee ID,Name,Email,Site,Start date\n"+strings.Join(rows, "\n")+"\n"), "people.csv"); err != nil {
		s.Fatal(err)
	}
	for _, r := range rows {
		name := strings.Split(r, ",")[1]
		if _, ok := s.cast[name]; ok {
			continue
		}
		var a actor
		s.write(func(tx *db.Tx) error {
			_, err := tx.Row("SELECT p.id, a.id FROM people p JOIN authors a ON a.person_id = p.id WHERE p.name = $1", []any{&a.Person, &a.Author}, name)
			return err
		})
		s.cast[name] = a
	}
}

// signsIn gives somebody of the cast a browser.
func (s *stage) signsIn(who string) {
	s.Helper()
	a := s.cast[who]
	s.write(func(tx *db.Tx) (err error) {
		a.cookie, err = s.house.Logins.Start(tx, a.Person, "test")
		return err
	})
	s.cast[who] = a
}

// room returns the newest mentorship of somebody, "" for none.
func (s *stage) room(who string) string {
	s.Helper()
	return roomPath.FindString(s.page(who, "/mentoring"))
}

func (s *stage) notices(kind string) (n int) {
	s.Helper()
	if err := s.house.DB.Read(s.Context(), func(tx *db.Tx) error {
		_, err := tx.Row("SELECT COUNT(*) FROM notices WHERE kind = $1", []any{&n}, kind)
		return err
	}); err != nil {
		s.Fatal(err)
	}
	return n
}

func TestAJoinerHasABuddyOnTheFirstDay(t *testing.T) {
	dbtest.EachMoved(t, func(t *testing.T, d *db.DB, c *clock.Moved) {
		c.Set(time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC)) // a Monday
		s := playAt(t, d, c)
		s.practise("mentoring")
		o := s.posted("Ben", "Chidi")
		at := s.programme("joiners", url.Values{"way": {"joiners"}, "weight_skills": {"1"}, "weight_hours": {"5"}})
		for _, who := range []string{"Ben", "Chidi"} {
			s.enrol(who, at, "mentor", "finding your way")
		}
		s.jobs()
		before := len(o.mail)
		s.hr(c, "700,Nia,nia@example.org,Kiel,2026-11-28", "701,Old,old@example.org,Kiel,2019-03-01", "702,Unknown,unknown@example.org,Kiel,")
		s.jobs()
		if _, page := s.get("Ada", at+"/joiners"); strings.Contains(page, "Nia") {
			t.Error("a joiner is enrolled in the middle of an import, before it says to whom they report")
		}
		if len(o.mail) != before {
			t.Errorf("an import sends mail: %s", o.mail[before:])
		}
		c.Advance(2 * time.Minute)
		s.settle()
		// A mentor was asked; the next night's export moves the first day.
		s.hr(c, "700,Nia,nia@example.org,Kiel,2026-12-01", "701,Old,old@example.org,Kiel,2019-03-01", "702,Unknown,unknown@example.org,Kiel,")
		s.settle()
		page := s.page("Ada", at+"/joiners")
		if !strings.Contains(page, "Nia") || !strings.Contains(page, "was asked and has until") || !strings.Contains(page, "1 December") {
			t.Errorf("the organiser does not see who waits:\n%s", page)
		}
		if strings.Contains(page, "Old") || strings.Contains(page, "Unknown") {
			t.Error("who is here for years, or has no first day, is a joiner")
		}
		first := "Ben"
		if s.room("Ben") == "" {
			first = "Chidi"
		}
		second := map[string]string{"Ben": "Chidi", "Chidi": "Ben"}[first]
		if s.room(second) != "" {
			t.Error("both mentors are asked for one joiner")
		}
		if mails := strings.Join(o.mail[before:], ""); len(o.mail) != before+1 || !strings.Contains(mails, "Will you be somebody's buddy") {
			t.Errorf("%d mails, want one to the buddy: %s", len(o.mail)-before, mails)
		}
		room := s.room(first)
		if page := s.page(first, room); !strings.Contains(page, "Nia begins on Tuesday 1 December") {
			t.Errorf("the buddy is not told who comes when:\n%s", page)
		}
		// The first can't, the second is asked. The joiner learns of neither.
		s.does(first, room+"/answer", "answer=no&why=I+am+away")
		s.settle()
		room = s.room(second)
		if room == "" {
			t.Fatal("the next mentor is not asked")
		}
		if code, _ := s.get(first, room); code != 404 {
			t.Errorf("who said no opens the next one: %d", code)
		}
		s.does(second, room+"/answer", "answer=yes")
		s.settle()
		if s.notices("mentorship_hello") != 0 {
			t.Error("a joiner is told before the first day")
		}
		if page := s.page("Ada", at+"/joiners"); !strings.Contains(page, "hears on their first day") || strings.Contains(page, "I am away") {
			t.Error("the organiser does not see that a buddy was found")
		}
		// The evening before in Kiel, then the first day.
		c.Set(time.Date(2026, 11, 30, 22, 30, 0, 0, time.UTC))
		s.settle()
		if s.notices("mentorship_hello") != 0 {
			t.Error("a joiner is told the evening before")
		}
		c.Set(time.Date(2026, 11, 30, 23, 10, 0, 0, time.UTC))
		s.settle()
		s.settle()
		if s.notices("mentorship_hello") != 1 {
			t.Errorf("on the first day the joiner is told %d times", s.notices("mentorship_hello"))
		}
		s.signsIn("Nia")
		if page := s.page("Nia", room); !strings.Contains(page, second+" said yes to being your buddy") {
			t.Errorf("the joiner is not told who it is:\n%s", page)
		}
		s.does("Nia", room+"/answer", "answer=yes")
		if page := s.page(second, room); !strings.Contains(page, "Plan a meeting") {
			t.Error("it does not begin when both said yes")
		}
		if page := s.page("Ada", at+"/joiners"); strings.Contains(page, "Nia") {
			t.Error("who has a buddy still waits")
		}
	})
}

func TestABuddyWhoSaysNothingIsAskedNoMoreAndWhoSignsInEarlyHearsEarly(t *testing.T) {
	dbtest.EachMoved(t, func(t *testing.T, d *db.DB, c *clock.Moved) {
		c.Set(time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC))
		s := playAt(t, d, c)
		s.practise("mentoring")
		at := s.programme("joiners", url.Values{"way": {"joiners"}})
		s.enrol("Ben", at, "mentor", "finding your way")
		s.hr(c, "700,Nia,nia@example.org,Kiel,2026-12-09", "701,Oke,oke@example.org,Kiel,2026-12-09")
		c.Advance(2 * time.Minute)
		s.settle()
		if got := len(roomPath.FindAllString(s.page("Ben", "/mentoring"), -1)); got != 1 {
			t.Fatalf("Ben, who takes one, is asked for %d", got)
		}
		room := s.room("Ben")
		c.Advance(73 * time.Hour)
		s.settle()
		if page := s.page("Ben", room); !strings.Contains(page, "Somebody else is asked") {
			t.Error("a question that nobody answered still waits")
		}
		// Ben's place is free again: the other joiner is proposed, never the same.
		s.settle()
		next := s.room("Ben")
		if next == room || next == "" {
			t.Fatal("the place that is free again is not used")
		}
		if a, b := s.page("Ben", room), s.page("Ben", next); strings.Contains(a, "Nia") == strings.Contains(b, "Nia") {
			t.Error("who did not answer is asked for the same person again")
		}
		s.does("Ben", next+"/answer", "answer=yes")
		s.settle()
		who := "Nia"
		if page := s.page("Ben", next); strings.Contains(page, "Oke") {
			who = "Oke"
		}
		s.signsIn(who)
		if code, _ := s.get(who, next); code != 404 {
			t.Errorf("before anybody says so the joiner opens the room: %d", code)
		}
		c.Advance(6 * time.Minute)
		s.settle()
		if code, _ := s.get(who, next); code != 200 {
			t.Errorf("a joiner who signs in before the first day hears nothing: %d", code)
		}
		// The rule of the programme: who comes to another site is no joiner here.
		if code, _ := s.post("Ada", at+"/end", ""); code != 303 {
			t.Fatal(code)
		}
		var kiel id.ID
		s.write(func(tx *db.Tx) error {
			_, err := tx.Row("SELECT id FROM sites WHERE name = 'Kiel'", []any{&kiel})
			return err
		})
		only := s.programme("joiners", url.Values{"way": {"joiners"}, "site": {kiel.String()}})
		s.enrol("Chidi", only, "mentor", "finding your way")
		s.hr(c, "700,Nia,nia@example.org,Kiel,2026-12-09", "701,Oke,oke@example.org,Kiel,2026-12-09", "702,Pia,pia@example.org,Oslo,2026-12-09", "703,Quy,quy@example.org,Kiel,2026-12-10")
		c.Advance(2 * time.Minute)
		s.settle()
		if page := s.page("Ada", only+"/joiners"); strings.Contains(page, "Pia") || !strings.Contains(page, "Quy") {
			t.Error("the rule of who may join is not kept")
		}
		if code, page := s.post("Ben", only+"/enrolment", "role=mentee&skills=x"); code != 422 || !strings.Contains(page, "another department or site") {
			t.Errorf("a mentee from elsewhere enrols: %d", code)
		}
	})
}

func TestMenteesChooseAndNoMentorIsFlooded(t *testing.T) {
	dbtest.EachMoved(t, func(t *testing.T, d *db.DB, c *clock.Moved) {
		c.Set(time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC))
		s := playAt(t, d, c)
		s.practise("mentoring")
		at := s.programme("women", url.Values{"way": {"self"}})
		programme, _ := id.Parse(strings.TrimPrefix(at, "/mentoring/"))
		// Everybody wants what the first mentor is best at.
		for i := range 12 {
			mentor, mentee := fmt.Sprintf("Mentor %d", i), fmt.Sprintf("Mentee %d", i)
			s.joins(mentor, mentee)
			offers := "welding"
			if i > 5 {
				offers = "drawing"
			}
			s.enrol(mentor, at, "mentor", offers)
			s.enrol(mentee, at, "mentee", "welding")
		}
		if page := s.page("Mentee 1", at+"/choosing"); !strings.Contains(page, "being worked out") {
			t.Error("before the first suggestions the page does not say so")
		}
		s.settle()
		shown := map[string]int{}
		lists := map[string]bool{}
		for i := range 12 {
			page := s.page(fmt.Sprintf("Mentee %d", i), at+"/choosing")
			found := regexp.MustCompile(`Ask (Mentor \d+)<`).FindAllStringSubmatch(page, -1)
			var list []string
			for _, f := range found {
				shown[f[1]]++
				list = append(list, f[1])
			}
			if len(list) != 5 {
				t.Errorf("Mentee %d sees %d mentors, want 5", i, len(list))
			}
			lists[strings.Join(list, ",")] = true
		}
		for who, n := range shown {
			if n > 5 { // 12 x 5 suggestions for 12 places
				t.Errorf("%s stands in %d lists", who, n)
			}
		}
		if len(lists) < 3 {
			t.Errorf("12 mentees see only %d different lists", len(lists))
		}
		first := func(who string) id.ID {
			t.Helper()
			x, err := s.house.Mentoring.Choosing(t.Context(), s.as(who), programme)
			if err != nil || len(x.List) == 0 {
				t.Fatalf("%s has no suggestion: %v", who, err)
			}
			return x.List[0].Mentor
		}
		name := func(n id.ID) string {
			for k, a := range s.cast {
				if a.Person == n {
					return k
				}
			}
			return ""
		}
		mentor := first("Mentee 1")
		if code, page := s.post("Mentee 1", at+"/requests", "mentor="+mentor.String()+"&words="); code != 422 || !strings.Contains(page, "word of your own") {
			t.Errorf("a request without a word answers %d", code)
		}
		if code, _ := s.post("Mentee 1", at+"/requests", "mentor="+s.cast["Ben"].Person.String()+"&words=Please"); code != 409 {
			t.Errorf("asking somebody who was not suggested answers %d", code)
		}
		s.does("Mentee 1", at+"/requests", "mentor="+mentor.String()+"&words=You+weld+like+a+dream.")
		if code, _ := s.post("Mentee 1", at+"/requests", "mentor="+mentor.String()+"&words=Again"); code != 409 {
			t.Errorf("asking twice answers %d", code)
		}
		s.settle()
		room := s.room("Mentee 1")
		who := name(mentor)
		if page := s.page(who, room); !strings.Contains(page, "You weld like a dream.") || !strings.Contains(page, "would like you as their mentor") {
			t.Error("the mentor is not told who asks, in their words")
		}
		if s.notices("mentorship_asked") != 1 {
			t.Error("the mentor is not told once")
		}
		// A kind no feeds the next suggestions: not the same mentor again.
		s.does(who, room+"/answer", "answer=no&why=Too+far+away")
		s.settle()
		if page := s.page("Mentee 1", room); strings.Contains(page, "Too far") || !strings.Contains(page, "whom else you can ask") {
			t.Error("a no is not kind")
		}
		if s.notices("mentorship_not_now") != 1 {
			t.Error("the mentee hears nothing of a no")
		}
		next, err := s.house.Mentoring.Choosing(t.Context(), s.as("Mentee 1"), programme)
		if err != nil || len(next.List) == 0 {
			t.Fatalf("after a no nobody is suggested: %v", err)
		}
		for _, x := range next.List {
			if x.Mentor == mentor {
				t.Error("who said no is suggested again")
			}
		}
		// Yes begins it at once; the place is taken, whoever else asked is told.
		mentor = next.List[0].Mentor
		who = name(mentor)
		var also string
		for i := range 12 {
			x, err := s.house.Mentoring.Choosing(t.Context(), s.as(fmt.Sprintf("Mentee %d", i)), programme)
			if err != nil {
				t.Fatal(err)
			}
			for _, m := range x.List {
				if i != 1 && m.Mentor == mentor {
					also = fmt.Sprintf("Mentee %d", i)
				}
			}
		}
		if also == "" {
			t.Fatal("nobody else has this mentor in the list")
		}
		for _, x := range []string{"Mentee 1", also} {
			s.does(x, at+"/requests", "mentor="+mentor.String()+"&words=Please")
		}
		s.does(who, s.room("Mentee 1")+"/answer", "answer=yes")
		s.settle()
		if page := s.page("Mentee 1", s.room("Mentee 1")); !strings.Contains(page, "Plan a meeting") {
			t.Error("it does not begin with the yes of the mentor")
		}
		if page := s.page(also, s.room(also)); !strings.Contains(page, "they have no room") {
			t.Error("who asked a mentor whose last place was taken still waits")
		}
		if code, _ := s.post(who, s.room(also)+"/answer", "answer=yes"); code != 409 {
			t.Errorf("a second yes for one place answers %d", code)
		}
		if page := s.page("Mentee 1", at+"/choosing"); !strings.Contains(page, "You have a mentor here") {
			t.Error("who has a mentor goes on choosing")
		}
		// A request lapses after a week.
		s.does(also, at+"/requests", "mentor="+first(also).String()+"&words=Please")
		room = s.room(also)
		c.Advance(8 * 24 * time.Hour)
		s.settle()
		if page := s.page(also, room); !strings.Contains(page, "whom else you can ask") {
			t.Error("a request that nobody answered does not lapse")
		}
		// Taken back, and left by leaving.
		s.does(also, at+"/requests", "mentor="+first(also).String()+"&words=Please")
		s.does(also, s.room(also)+"/answer", "answer=no")
		s.settle()
		who = "Mentee 9"
		mentor = first(who)
		s.does(who, at+"/requests", "mentor="+mentor.String()+"&words=Please")
		s.does(name(mentor), at+"/withdrawal", "")
		if page := s.page(who, s.room(who)); !strings.Contains(page, "whom else you can ask") {
			t.Error("a request to a mentor who takes part no more still waits")
		}
		if code, _ := s.get("Ben", at+"/choosing"); code != 409 {
			t.Errorf("who is no mentee chooses: %d", code)
		}
		s.jobs()
	})
}

func TestOrganisersRunAProgrammeThroughTheAPI(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s := play(t, d)
		s.practise("mentoring")
		var p struct {
			ID, Way  string
			Capacity int
			Weights  map[string]string
		}
		if code := s.call("Ben", "POST", "/api/v1/programmes", map[string]any{"template": "women", "name": "x"}, nil); code != 403 {
			t.Errorf("a member starts a programme: %d", code)
		}
		if code := s.call("Ada", "POST", "/api/v1/programmes", map[string]any{"template": "women", "name": "Leading", "capacity": 2}, &p); code != 201 || p.Way != "cohort" || p.Capacity != 2 || p.Weights["line"] != "must" {
			t.Fatalf("starting answers %d %+v", code, p)
		}
		at := "/api/v1/programmes/" + p.ID
		s.joins("Dora", "Emil")
		for who, role := range map[string]string{"Ben": "mentor", "Emil": "mentor", "Chidi": "mentee", "Dora": "mentee"} {
			if code := s.call(who, "PUT", at+"/enrolment", map[string]any{"role": role, "skills": []string{"welding"}}, nil); code != 204 {
				t.Fatalf("%s enrols: %d", who, code)
			}
		}
		var in struct{ Items []struct{ Role string } }
		if code := s.call("Ada", "GET", at+"/enrolments?limit=3", nil, &in); code != 200 || len(in.Items) != 3 {
			t.Errorf("enrolments answer %d with %d", code, len(in.Items))
		}
		if code := s.call("Ada", "GET", at+"/run", nil, nil); code != 404 {
			t.Errorf("a run that is not there answers %d", code)
		}
		id := func(who string) string { return s.cast[who].Person.String() }
		if code := s.call("Ada", "PUT", at+"/rules", map[string]any{"mentee": id("Chidi"), "mentor": id("Ben"), "kind": "apart"}, nil); code != 204 {
			t.Errorf("keeping apart answers %d", code)
		}
		if code := s.call("Ada", "PUT", at+"/rules", map[string]any{"mentee": "x", "mentor": id("Ben"), "kind": "apart"}, nil); code != 422 {
			t.Errorf("a rule about nobody answers %d", code)
		}
		var run struct {
			ID, State    string
			Pairs, Alone int
			Optimal      bool
		}
		if code := s.call("Ada", "POST", at+"/runs", map[string]any{"weights": map[string]string{"skills": "5"}}, &run); code != 201 || run.State != "draft" || run.Pairs != 2 || !run.Optimal {
			t.Fatalf("running answers %d %+v", code, run)
		}
		var list struct {
			Items []struct {
				Mentee, Mentor struct{ ID, Name string }
				Score          int
				Reasons        []struct {
					Criterion string
					Skills    []string
				}
			}
			NextCursor string `json:"next_cursor"`
		}
		seen := 0
		for cursor := ""; ; cursor = "&cursor=" + list.NextCursor {
			list.Items, list.NextCursor = nil, ""
			if code := s.call("Ada", "GET", at+"/proposals?limit=1"+cursor, nil, &list); code != 200 {
				t.Fatalf("proposals answer %d", code)
			}
			for _, x := range list.Items {
				seen++
				if x.Mentee.Name == "Chidi" && x.Mentor.Name == "Ben" {
					t.Error("two who are kept apart are proposed")
				}
				if len(x.Reasons) != 1 || x.Reasons[0].Criterion != "skills" || len(x.Reasons[0].Skills) != 1 || x.Score == 0 {
					t.Errorf("a pair without its reasons: %+v", x)
				}
			}
			if list.NextCursor == "" {
				break
			}
		}
		if seen != 2 {
			t.Errorf("%d proposals, want 2", seen)
		}
		if code := s.call("Ada", "POST", at+"/publication", map[string]any{"run": run.ID}, nil); code != 204 {
			t.Errorf("publishing answers %d", code)
		}
		s.jobs()
		if code := s.call("Ada", "POST", at+"/publication", map[string]any{"run": run.ID}, nil); code != 409 {
			t.Errorf("publishing again answers %d", code)
		}
		var h struct {
			Mentors, Proposed int
			Met               *int
		}
		if code := s.call("Ada", "GET", at+"/health", nil, &h); code != 200 || h.Mentors != 2 || h.Proposed != 2 || h.Met != nil {
			t.Errorf("health answers %d %+v: numbers of fewer than five are not told", code, h)
		}
		if code := s.call("Ada", "POST", at+"/end", nil, nil); code != 204 {
			t.Errorf("ending answers %d", code)
		}
		if code := s.call("Ada", "POST", at+"/runs", map[string]any{}, nil); code != 409 {
			t.Errorf("matching a programme that ended answers %d", code)
		}
	})
}
