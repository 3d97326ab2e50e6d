package app

import (
	"context"
	"fmt"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"github.com/guildhall/guildhall/internal/core/organisation"
	"github.com/guildhall/guildhall/internal/mentoring"
	"github.com/guildhall/guildhall/internal/platform/clock"
	"github.com/guildhall/guildhall/internal/platform/db"
	"github.com/guildhall/guildhall/internal/platform/db/dbtest"
	"github.com/guildhall/guildhall/internal/platform/id"
)

// practise switches practices on.
func (s *stage) practise(keys ...string) {
	s.Helper()
	if err := s.house.Organisation.Change(s.Context(), func(o *organisation.Settings) error {
		o.Practices = map[string]bool{}
		for _, k := range keys {
			o.Practices[k] = true
		}
		return nil
	}); err != nil {
		s.Fatal(err)
	}
}

// programme starts one of a template through the page and returns its path.
func (s *stage) programme(template string, change url.Values) string {
	s.Helper()
	f := url.Values{"template": {template}, "name": {"Craft and code"}, "purpose": {"So that *it* goes on."}, "weeks": {"26"}, "capacity": {"2"}, "questions": {"Why?\n"},
		"weight_skills": {"5"}, "weight_unit": {"1"}, "weight_hours": {"3"}, "weight_language": {"off"}, "weight_site": {"off"}, "weight_line": {"off"}}
	for k, v := range change {
		f[k] = v
	}
	code, to := s.post("Ada", "/mentoring", f.Encode())
	if code != 303 {
		s.Fatalf("starting a programme answers %d\n%s", code, to)
	}
	return to
}

func (s *stage) enrol(who, programme, role, skills string) {
	s.Helper()
	if code, page := s.post(who, programme+"/enrolment", url.Values{"role": {role}, "skills": {skills}, "capacity": {"1"}, "goals": {"Hm."}}.Encode()); code != 303 {
		s.Fatalf("%s enrols: %d\n%s", who, code, page)
	}
}

func TestAProgrammeFromEnrolmentToProof(t *testing.T) {
	dbtest.EachMoved(t, func(t *testing.T, d *db.DB, c *clock.Moved) {
		s := playAt(t, d, c)
		if code, _ := s.get("Ada", "/mentoring"); code != 404 {
			t.Errorf("a practice that is off answers %d", code)
		}
		s.practise("mentoring")
		o := s.posted("Ben", "Chidi", "Ada")
		s.joins("Dora")
		s.joins("Emil")
		if code, _ := s.post("Ben", "/mentoring", "template=women&name=x"); code != 403 {
			t.Errorf("a member starts a programme: %d", code)
		}
		if code, page := s.post("Ada", "/mentoring", "template=women&name=&weeks=x&purpose=My+words"); code != 422 || !strings.Contains(page, "My words") {
			t.Errorf("a wrong form answers %d", code)
		}
		at := s.programme("women", nil)
		s.enrol("Ben", at, "mentor", "welding")
		s.enrol("Emil", at, "mentor", "accounting")
		s.enrol("Chidi", at, "mentee", "welding, drawing")
		s.enrol("Dora", at, "mentee", "accounting")
		if code, page := s.post("Gus", at+"/enrolment", "role=mentor&skills=x"); code != 404 {
			t.Errorf("a guest enrols: %d %s", code, page)
		}
		if code, _ := s.get("Ben", at+"/pairing"); code != 403 {
			t.Errorf("a member looks at the pairing: %d", code)
		}
		run := func(weights string) string {
			t.Helper()
			if code, to := s.post("Ada", at+"/pairing", weights); code != 303 {
				t.Fatalf("running answers %d\n%s", code, to)
			}
			code, page := s.get("Ada", at+"/pairing")
			if code != 200 {
				t.Fatalf("the pairing answers %d", code)
			}
			return page
		}
		weights := "weight_skills=5&weight_hours=3&weight_unit=1"
		page := run(weights)
		for _, want := range []string{"2 pairs to look over", "welding is what Chidi wants to learn", "proven", "Why "} {
			if !strings.Contains(page, want) {
				t.Errorf("the pairing does not say %q", want)
			}
		}
		// Others for Chidi; Ben and Chidi are kept apart: everybody moves.
		chidi, ben := s.cast["Chidi"].Person.String(), s.cast["Ben"].Person.String()
		if code, page := s.get("Ada", at+"/pairing/"+chidi); code != 200 || strings.Index(page, "Ben") > strings.Index(page, "Emil") {
			t.Errorf("the choices answer %d and are not best first", code)
		}
		if code, _ := s.post("Ada", at+"/rules", "mentee="+chidi+"&mentor="+ben+"&kind=apart"); code != 303 {
			t.Errorf("keeping apart answers %d", code)
		}
		if page := run(weights); strings.Contains(page, "welding is what Chidi wants") {
			t.Error("two who are kept apart are proposed")
		}
		if code, _ := s.post("Ada", at+"/rules", "mentee="+chidi+"&mentor="+ben+"&kind=pin"); code != 303 {
			t.Errorf("pinning answers %d", code)
		}
		page = run(weights)
		if !strings.Contains(page, "Kept") {
			t.Error("a kept pair is not marked")
		}
		// A run that was overtaken cannot be published; nobody heard anything.
		id := regexp.MustCompile(`name="run" value="([^"]+)"`).FindStringSubmatch(page)[1]
		newer := regexp.MustCompile(`name="run" value="([^"]+)"`).FindStringSubmatch(run(weights))[1]
		if code, _ := s.post("Ada", at+"/publication", "run="+id); code != 409 {
			t.Errorf("publishing an old run answers %d", code)
		}
		s.jobs()
		if _, list := s.get("Ben", "/mentoring"); strings.Contains(list, "/mentorships/") {
			t.Error("a pair is seen before it is published")
		}
		if code, _ := s.post("Ada", at+"/publication", "run="+newer); code != 303 {
			t.Errorf("publishing answers %d", code)
		}
		s.jobs()
		if code, _ := s.post("Ada", at+"/publication", "run="+newer); code != 409 {
			t.Errorf("publishing again answers %d", code)
		}
		// Both are told, both say yes, it begins.
		_, list := s.get("Ben", "/mentoring")
		room := regexp.MustCompile(`/mentorships/[0-9a-z]+`).FindString(list)
		if room == "" {
			t.Fatalf("Ben has no mentorship:\n%s", list)
		}
		if _, page := s.get("Chidi", room); !strings.Contains(page, "welding: wanted by one of you") || !strings.Contains(page, "Yes, let") {
			t.Errorf("Chidi is not told why")
		}
		for _, who := range []string{"Ada", "Dora", "Gus"} {
			if code, _ := s.get(who, room); code != 404 {
				t.Errorf("%s opens a room that is not theirs: %d", who, code)
			}
		}
		if code, _ := s.post("Ben", room+"/goals", "words=Weld&before=1"); code != 409 {
			t.Errorf("a goal before it began answers %d", code)
		}
		s.does("Ben", room+"/answer", "answer=yes")
		s.does("Chidi", room+"/answer", "answer=yes")
		s.jobs()
		if mails := strings.Join(o.mail, ""); !strings.Contains(mails, "We found somebody for you") || !strings.Contains(mails, "Everybody said yes") {
			t.Error("the mails do not say what happened")
		}
		// A talk with an agenda, a promise, a goal, a pulse, an end.
		s.does("Chidi", room+"/goals", "words=Weld+a+frame+alone&skill=welding&before=1")
		s.does("Chidi", room+"/promises", "promise=Sweep+the+shop")
		if code, page := s.get("Ben", room+"/meetings/new"); code != 200 || !strings.Contains(page, "Sweep the shop") {
			t.Errorf("the form for a meeting answers %d; the promise does not open the agenda", code)
		}
		s.does("Ben", room+"/meetings", "title=Talk&slot=own&day=2026-11-25&time=10:00&minutes=45&every=14")
		if _, page := s.get("Chidi", room); !strings.Contains(page, "Talk") {
			t.Error("the meeting is not in the room")
		}
		c.Set(c.Now().AddDate(0, 0, 31))
		s.jobs()
		if err := s.house.Mentoring.AskPulses(t.Context()); err != nil {
			t.Fatal(err)
		}
		s.jobs()
		if _, page := s.get("Chidi", room); !strings.Contains(page, "How is it going?") {
			t.Error("nobody asks how it goes on day 31")
		}
		if code, _ := s.post("Chidi", room+"/pulse", "day=90&answer=5"); code != 404 {
			t.Errorf("a pulse of another day answers %d", code)
		}
		s.does("Chidi", room+"/pulse", "day=30&answer=2")
		if _, page := s.get("Ada", at+"/health"); strings.Contains(page, "2.0") || !strings.Contains(page, "–") {
			t.Error("the answer of one person is shown to organisers")
		}
		goal := regexp.MustCompile(room + `/goals/[0-9a-z]+`).FindString(s.page("Chidi", room))
		if code, _ := s.post("Ben", goal, "state=reached&after=3"); code != 404 {
			t.Errorf("somebody else settles a goal: %d", code)
		}
		s.does("Chidi", goal, "state=reached&after=3")
		if code, _ := s.get("Chidi", room+"/certificate"); code != 409 {
			t.Errorf("a certificate of what goes on answers %d", code)
		}
		s.does("Chidi", room+"/closing", "outcome=I+weld&thanks=Thank+you+Ben")
		s.jobs()
		if code, page := s.get("Chidi", room+"/certificate"); code != 409 || !strings.Contains(page, "nobody said that one did") || strings.Contains(s.page("Chidi", room), "/certificate") {
			t.Errorf("a certificate of no talk answers %d", code)
		}
		s.does("Ben", regexp.MustCompile(`/meetings/[0-9a-z]+`).FindString(s.page("Ben", room))+"/confirmation", "met=yes")
		for who, want := range map[string][2]string{"Chidi": {"was mentored by Ben", "Weld a frame alone"}, "Ben": {"was the mentor of Chidi", "45 min"}} {
			page := s.page(who, room+"/certificate")
			if !strings.Contains(page, want[0]) || !strings.Contains(page, want[1]) || !strings.Contains(page, "once, on") {
				t.Errorf("the certificate of %s does not say %q:\n%s", who, want, page)
			}
			if strings.Contains(page, "I weld") || strings.Contains(page, "Thank you") || who == "Ben" && strings.Contains(page, "Weld a frame") {
				t.Errorf("the certificate of %s tells of others", who)
			}
			if !strings.Contains(s.page(who, room), room+"/certificate") {
				t.Errorf("%s is not led to the certificate", who)
			}
		}
		if code, _ := s.get("Ada", room+"/certificate"); code != 404 {
			t.Errorf("an admin reads a certificate: %d", code)
		}
		if page := s.page("Ben", room); !strings.Contains(page, "Thank you Ben") || !strings.Contains(page, "I weld") {
			t.Error("what changed and the thanks are not shown")
		}
		for who, want := range map[string]string{"Ben": "taught", "Chidi": "learnt"} {
			var n int
			if err := d.Read(t.Context(), func(tx *db.Tx) error {
				_, err := tx.Row("SELECT COUNT(*) FROM receipts WHERE author_id = $1 AND kind = $2", []any{&n}, s.cast[who].Author, want)
				return err
			}); err != nil || n != 1 {
				t.Errorf("%s has %d receipts of kind %s, %v", who, n, want, err)
			}
		}
		// They are not proposed to each other again.
		if page := run(weights); strings.Contains(page, "welding is what Chidi wants") {
			t.Error("a former pair is proposed again")
		}
	})
}

// does posts a form that must lead on.
func (s *stage) does(who, path, form string) {
	s.Helper()
	if code, page := s.post(who, path, form); code != 303 {
		s.Fatalf("%s posts to %s: %d\n%.2000s", who, path, code, page)
	}
}

func (s *stage) page(who, path string) string {
	s.Helper()
	code, page := s.get(who, path)
	if code != 200 {
		s.Fatalf("%s gets %s: %d", who, path, code)
	}
	return page
}

func TestADeclineIsKindAndFeedsTheNextRun(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s := play(t, d)
		s.practise("mentoring")
		s.joins("Dora")
		at := s.programme("women", nil)
		s.enrol("Ben", at, "mentor", "welding")
		s.enrol("Dora", at, "mentor", "welding")
		s.enrol("Chidi", at, "mentee", "welding")
		pairs := func() string {
			t.Helper()
			s.does("Ada", at+"/pairing", "weight_skills=5")
			page := s.page("Ada", at+"/pairing")
			run := regexp.MustCompile(`name="run" value="([^"]+)"`).FindStringSubmatch(page)
			if run == nil {
				t.Fatal("nothing is proposed")
			}
			s.does("Ada", at+"/publication", "run="+run[1])
			s.jobs()
			rooms := regexp.MustCompile(`/mentorships/[0-9a-z]+`).FindAllString(s.page("Chidi", "/mentoring"), -1)
			return rooms[0] // the newest
		}
		room := pairs()
		first := "Ben"
		if code, _ := s.get("Ben", room); code != 200 {
			first = "Dora"
		}
		s.does(first, room+"/answer", "answer=no&why=I+know+them+too+well")
		s.jobs()
		if page := s.page("Chidi", room); strings.Contains(page, "too well") || !strings.Contains(page, "come about") {
			t.Error("the reason of a refusal is told, or that it did not come about is not")
		}
		if next := pairs(); next == room {
			t.Error("nobody else is proposed")
		} else if code, _ := s.get(first, next); code != 404 {
			t.Error("who said no is proposed again")
		}
	})
}

func TestAGroupHasOneRoomAndPeersHaveNoMentor(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s := play(t, d)
		s.practise("mentoring")
		s.joins("Dora")
		s.joins("Emil")
		at := s.programme("groups", url.Values{"capacity": {"5"}})
		if code, _ := s.post("Ben", at+"/enrolment", "role=mentor&skills=welding&capacity=5"); code != 303 {
			t.Fatal("no enrolment")
		}
		for _, who := range []string{"Chidi", "Dora", "Emil"} {
			s.enrol(who, at, "mentee", "welding")
		}
		publish := func(at string) {
			t.Helper()
			s.does("Ada", at+"/pairing", "weight_skills=5")
			run := regexp.MustCompile(`name="run" value="([^"]+)"`).FindStringSubmatch(s.page("Ada", at+"/pairing"))
			s.does("Ada", at+"/publication", "run="+run[1])
			s.jobs()
		}
		publish(at)
		room := regexp.MustCompile(`/mentorships/[0-9a-z]+`).FindString(s.page("Ben", "/mentoring"))
		for _, who := range []string{"Chidi", "Dora", "Emil"} {
			if code, _ := s.get(who, room); code != 200 {
				t.Errorf("%s is not in the group's room: %d", who, code)
			}
		}
		s.does("Emil", room+"/answer", "answer=no")
		for _, who := range []string{"Ben", "Chidi", "Dora"} {
			s.does(who, room+"/answer", "answer=yes")
		}
		if page := s.page("Ben", room); !strings.Contains(page, "Plan a meeting") {
			t.Error("the group does not begin without the one who said no")
		}
		if code, _ := s.get("Emil", room); code != 404 {
			t.Errorf("who left the group opens its room: %d", code)
		}
		peers := s.programme("peers", nil)
		for _, who := range []string{"Ben", "Chidi", "Dora", "Emil"} {
			s.enrol(who, peers, "", "drawing")
		}
		publish(peers)
		if got := len(regexp.MustCompile(`/mentorships/[0-9a-z]+`).FindAllString(s.page("Emil", "/mentoring"), -1)); got != 1 {
			t.Errorf("Emil has %d rooms, want the one of the peers", got)
		}
	})
}

// TestARunIsPublishedOnceOrNotAtAll stops the job at every step and lets it run
// again.
func TestARunIsPublishedOnceOrNotAtAll(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s := play(t, d)
		s.practise("mentoring")
		at := s.programme("women", nil)
		programme, _ := id.Parse(strings.TrimPrefix(at, "/mentoring/"))
		for i := range 50 {
			mentor, mentee := fmt.Sprintf("Mentor %d", i), fmt.Sprintf("Mentee %d", i)
			s.joins(mentor)
			s.joins(mentee)
			for who, role := range map[string]string{mentor: mentoring.Mentor, mentee: mentoring.Mentee} {
				if err := s.house.Mentoring.Enrol(t.Context(), s.as(who), programme, mentoring.Enrol{Role: role, Capacity: 1, Skills: []string{"welding"}}); err != nil {
					t.Fatal(err)
				}
			}
		}
		s.does("Ada", at+"/pairing", "weight_skills=5")
		run := regexp.MustCompile(`name="run" value="([^"]+)"`).FindStringSubmatch(s.page("Ada", at+"/pairing"))[1]
		s.does("Ada", at+"/publication", "run="+run)
		rooms := func() (n int) {
			t.Helper()
			if err := d.Read(t.Context(), func(tx *db.Tx) error {
				_, err := tx.Row("SELECT COUNT(*) FROM mentorships WHERE state <> 'hidden'", []any{&n})
				return err
			}); err != nil {
				t.Fatal(err)
			}
			return n
		}
		n, _ := id.Parse(run)
		for stop := 1; ; stop++ {
			steps := 0
			err := s.house.Mentoring.CarryPublication(t.Context(), n, func(done, all int) error {
				if steps++; steps == stop {
					return context.Canceled
				}
				return nil
			})
			if err == nil {
				break
			}
			if got := rooms(); got != 0 {
				t.Fatalf("stopped at step %d, %d pairs are seen", stop, got)
			}
		}
		if got := rooms(); got != 50 {
			t.Errorf("%d pairs are published, want 50", got)
		}
		s.jobs()
		s.jobs()
		if got := rooms(); got != 50 {
			t.Errorf("again: %d pairs", got)
		}
		var told int
		if err := d.Read(t.Context(), func(tx *db.Tx) error {
			_, err := tx.Row("SELECT COUNT(*) FROM notices WHERE kind = 'mentorship_proposed'", []any{&told})
			return err
		}); err != nil || told != 100 {
			t.Errorf("%d people are told, want 100, %v", told, err)
		}
	})
}
