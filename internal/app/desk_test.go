package app

import (
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/guildhall/guildhall/internal/platform/db"
	"github.com/guildhall/guildhall/internal/platform/db/dbtest"
)

func TestTheAdminNamesTheDeskAndTheDeskActsFromPages(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s := play(t, d)
		if code, page := s.post("Ada", "/admin/questions", url.Values{"desk": {"Nobody Here"}, "hours": {"8, 2"}}.Encode()); code != 422 ||
			!strings.Contains(page, "Nobody here is called") || !strings.Contains(page, "rising numbers") {
			t.Errorf("a desk of nobody answers %d\n%s", code, page)
		}
		if code, to := s.post("Ada", "/admin/questions", url.Values{"desk": {"Chidi\n"}, "hours": {"1, 4"}}.Encode()); code != 303 {
			t.Fatalf("naming the desk answers %d %s", code, to)
		}
		if _, page := s.get("Ada", "/admin/questions"); !strings.Contains(page, "Chidi") || !strings.Contains(page, "1, 4") {
			t.Errorf("the form forgot\n%s", page)
		}
		code, q := s.post("Ben", "/questions", url.Values{"title": {"Who knows the xylograph of the annex?"}, "seen": {"1"}}.Encode())
		if code != 303 {
			t.Fatalf("asking answers %d", code)
		}
		s.drain()
		if _, page := s.get("Ben", q); !strings.Contains(page, "Nobody is known yet who could answer this, so it is at the desk now") {
			t.Errorf("the asker is not told where it is\n%s", page)
		}
		if _, page := s.get("Chidi", "/"); !strings.Contains(page, q+"/desk") || strings.Contains(page, q+"/pass") {
			t.Errorf("Home of the desk\n%s", page)
		}
		if _, page := s.get("Chidi", q); !strings.Contains(page, "came to the desk") {
			t.Errorf("the desk is not told\n%s", page)
		}
		if code, page := s.get("Chidi", q+"/desk"); code != 200 || !strings.Contains(page, q+"/forwarding") || !strings.Contains(page, "Who could know?") {
			t.Errorf("the desk's page answers %d\n%s", code, page)
		}
		if code, page := s.post("Chidi", q+"/forwarding", "person="); code != 422 || !strings.Contains(page, "Say who") {
			t.Errorf("forwarding to nobody answers %d\n%s", code, page)
		}
		if code, to := s.post("Chidi", q+"/pass", ""); code != 303 || to != q+"/desk" {
			t.Errorf("passing as the last at the desk leads to %d %s", code, to)
		}
		if code, _ := s.post("Chidi", q+"/forwarding", "person=Ada"); code != 303 {
			t.Errorf("forwarding answers %d", code)
		}
		s.drain()
		if _, page := s.get("Ada", "/"); !strings.Contains(page, "Chidi thinks you know.") {
			t.Errorf("Ada's Home\n%s", page)
		}
		// Ada says nothing for days: it comes back.
		s.clock.Advance(14 * 24 * time.Hour)
		if err := s.house.Routing.Widen(t.Context()); err != nil {
			t.Fatal(err)
		}
		if code, _ := s.post("Chidi", q+"/nobody", url.Values{"words": {"The archive of the town has it."}}.Encode()); code != 303 {
			t.Errorf("saying that nobody knows answers %d", code)
		}
		s.drain()
		if _, page := s.get("Ben", q); !strings.Contains(page, "The desk says that nobody here knows") || !strings.Contains(page, "archive of the town") {
			t.Errorf("the asker reads\n%s", page)
		}
		if _, page := s.get("Ben", "/notices"); !strings.Contains(page, "Chidi says what to do instead") {
			t.Errorf("the asker is told\n%s", page)
		}
	})
}

func TestAskingAPersonSaysWhoIsAskedFirst(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s := play(t, d)
		chidi := s.cast["Chidi"].Person.String()
		if _, page := s.get("Ben", "/people/"+chidi); !strings.Contains(page, "/questions/new?ask="+chidi) || !strings.Contains(page, "Ask Chidi") {
			t.Errorf("the profile offers no question to Chidi\n%s", page)
		}
		if _, page := s.get("Ben", "/questions/new?ask="+chidi); !strings.Contains(page, "Chidi will be asked first") {
			t.Errorf("the form does not say who is asked\n%s", page)
		}
		code, q := s.post("Ben", "/questions", url.Values{"title": {"How do I calibrate the probe?"}, "ask": {chidi}, "seen": {"1"}}.Encode())
		if code != 303 {
			t.Fatalf("asking answers %d", code)
		}
		s.drain()
		if _, page := s.get("Ben", q); !strings.Contains(page, "Chidi has been asked first") || !strings.Contains(page, "more people are asked") {
			t.Errorf("the asker is not told\n%s", page)
		}
		if _, page := s.get("Chidi", "/"); !strings.Contains(page, "The asker would like you to be asked first") {
			t.Errorf("Chidi is not asked\n%s", page)
		}
		if _, page := s.get("Ada", q); strings.Contains(page, "asked first") {
			t.Errorf("others are told who was asked\n%s", page)
		}
		// At night nobody is asked first; the form says so before it is posted.
		s.clock.Advance(13 * time.Hour)
		if _, page := s.get("Ben", "/questions/new?ask="+chidi); !strings.Contains(page, "take a question just now") {
			t.Errorf("the form promises too much\n%s", page)
		}
	})
}

func TestBesideAQuestionStandWhoKnowsAndWhatIsClose(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s := play(t, d)
		ask := func(who, title string) string {
			t.Helper()
			code, path := s.post(who, "/questions", url.Values{"title": {title}, "seen": {"1"}}.Encode())
			if code != 303 {
				t.Fatalf("asking answers %d", code)
			}
			return path
		}
		old := ask("Ben", "How do I calibrate the turbidity probe after a move?")
		for _, title := range []string{"Where is the torque wrench?", "Which glue holds cork?", "When does the kiln cool?"} {
			ask("Ben", title)
		}
		other := ask("Ben", "Who has the key to the paint store?")
		if code, page := s.post("Chidi", old+"/answers", "body=Zero+the+turbidity+probe+with+the+reference+first."); code != 303 {
			t.Fatalf("answering: %d\n%s", code, page)
		}
		s.drain()
		if err := s.house.Follow(t.Context()); err != nil {
			t.Fatal(err)
		}
		q := ask("Ada", "Do I calibrate the turbidity probe after every move?")
		if _, page := s.get("Ada", q); !strings.Contains(page, `hx-get="`+q+`/beside"`) || !strings.Contains(page, "/who-knows?q=Do") {
			t.Errorf("the page has no place for what stands beside it, or no links without scripts\n%s", page)
		}
		code, beside := s.get("Ben", q+"/beside")
		if code != 200 || strings.Contains(beside, "hx-get") || !strings.Contains(beside, "Chidi") || !strings.Contains(beside, old) {
			t.Errorf("beside the question: %d\n%s", code, beside)
		}
		if strings.Contains(beside, other) || strings.Contains(beside, q+`"`) || strings.Contains(beside, ">Ada<") {
			t.Errorf("beside the question stands what does not belong there\n%s", beside)
		}
		if _, page := s.get("Chidi", q+"/beside"); strings.Contains(page, ">Chidi<") {
			t.Errorf("Chidi is told to ask Chidi\n%s", page)
		}
	})
}
