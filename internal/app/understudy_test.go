package app

import (
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/guildhall/guildhall/internal/core/skills"
	"github.com/guildhall/guildhall/internal/platform/db"
	"github.com/guildhall/guildhall/internal/platform/db/dbtest"
	"github.com/guildhall/guildhall/internal/platform/id"
)

// TestAnUnderstudyAnswersFirstAndAnExpertConfirmsWithOneTap goes through the
// whole house: Dora keeps to herself that she wants to learn weaving, Chidi
// teaches it, Ben asks.
func TestAnUnderstudyAnswersFirstAndAnExpertConfirmsWithOneTap(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s := play(t, d)
		s.joins("Dora")
		s.says("Chidi", skills.Teach, "weaving", 4, true)
		s.says("Dora", skills.Want, "weaving", 1, false)
		s.settle()
		code, q := s.post("Ben", "/questions", url.Values{"title": {"How do I weave a selvedge that holds?"}, "skills": {"weaving"}, "learner_first": {"1"}, "seen": {"1"}}.Encode())
		if code != 303 {
			t.Fatalf("asking answers %d", code)
		}
		s.settle()
		s.want("Dora", "/", 200, "You go first, because you are learning weaving", "/pass")
		s.want("Chidi", "/", 200, "-", "You could answer these")
		s.want("Ben", q, 200, "-", "Dora") // what she wants is hers
		if code, page := s.post("Dora", q+"/answers", "body=Go+around+the+last+thread+twice."); code != 303 {
			t.Fatalf("answering: %d\n%s", code, page)
		}
		s.settle()
		s.want("Chidi", "/", 200, "Dora, who is still learning this, has answered: does it hold?")
		page := s.page("Chidi", q)
		tap := regexp.MustCompile(`action="(/answers/\w+/state)"`).FindStringSubmatch(page)
		if tap == nil || !strings.Contains(page, `name="state" value="verified"`) {
			t.Fatalf("there is nothing to tap\n%s", page)
		}
		s.does("Chidi", tap[1], "state=verified")
		s.settle()
		s.want("Ben", q, 200, "Chidi")
		s.want("Chidi", "/", 200, "-", "does it hold?")
		var got []string
		if err := s.house.DB.Read(t.Context(), func(tx *db.Tx) error {
			_, err := db.All(tx, "SELECT author_id, kind FROM receipts WHERE skill_id IS NOT NULL", func(r *db.Rows, _ *struct{}) error {
				var author id.ID
				var kind string
				err := r.Scan(&author, &kind)
				for _, who := range []string{"Ben", "Chidi", "Dora"} {
					if author == s.cast[who].Author {
						got = append(got, who+" "+kind)
					}
				}
				return err
			})
			return err
		}); err != nil {
			t.Fatal(err)
		}
		slices.Sort(got)
		if !slices.Contains(got, "Chidi verified") || !slices.Contains(got, "Dora answered") {
			t.Errorf("credited are %v", got)
		}
	})
}
