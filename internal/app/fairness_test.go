package app

import (
	"fmt"
	"net/url"
	"testing"

	"github.com/guildhall/guildhall/internal/core/people"
	"github.com/guildhall/guildhall/internal/platform/db"
	"github.com/guildhall/guildhall/internal/platform/db/dbtest"
	"github.com/guildhall/guildhall/internal/platform/id"
)

// TestTheFairnessOfARunStandsOnThePageAndInTheAPI takes a cohort in which the
// best pair first leaves somebody with a mentor who knows nothing of what they
// want: Ben alone knows welding, Ada's site makes Aki fit best, and Bo wants
// nothing else.
func TestTheFairnessOfARunStandsOnThePageAndInTheAPI(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s := play(t, d)
		s.practise("mentoring")
		at := s.programme("women", url.Values{"weight_skills": {"5"}, "weight_site": {"1"}, "weight_unit": {"off"}, "weight_hours": {"off"}})
		mentees := []string{"Aki", "Ea", "Ed", "El", "Em", "Bo"}
		mentors := []string{"Ben", "Chidi", "Sa", "Se", "Si", "So"}
		s.joins(append(mentees, mentors[2:]...)...)
		s.write(func(tx *db.Tx) error {
			sites := map[string]id.ID{}
			for _, name := range []string{"Kiel", "Porto"} {
				n, err := people.EnsureSite(tx, s.clock, name, "Europe/Berlin", "DE")
				if err != nil {
					return err
				}
				sites[name] = n
			}
			for _, who := range append(append([]string{}, mentees...), mentors...) {
				site := sites["Kiel"]
				if who == "Bo" {
					site = sites["Porto"]
				}
				if _, err := tx.Exec("UPDATE people SET site_id = $1 WHERE id = $2", site, s.cast[who].Person); err != nil {
					return err
				}
			}
			return nil
		})
		for i, who := range mentors {
			s.enrol(who, at, "mentor", []string{"welding, sewing", "sewing"}[min(i, 1)])
		}
		for _, who := range mentees {
			s.enrol(who, at, "mentee", map[string]string{"Aki": "welding, sewing", "Bo": "welding"}[who]+map[bool]string{true: "", false: "sewing"}[who == "Aki" || who == "Bo"])
		}
		var run struct {
			Report struct {
				Ours, Greedy, Stable struct{ Pairs, Sum, Worst, Tenth int }
				Sites                []struct {
					Name            string
					Mentees, Paired int
					Mean            float64
				}
				Mentors []int
			}
		}
		if code := s.call("Ada", "POST", "/api/v1/programmes"+at[len("/mentoring"):]+"/runs", fields{"weights": map[string]string{"skills": "5", "site": "1"}}, &run); code != 201 {
			t.Fatalf("running answers %d", code)
		}
		r := run.Report
		if r.Ours.Pairs != 6 || r.Greedy.Pairs != 6 || r.Stable.Pairs != 6 {
			t.Errorf("not everybody has a pair: %+v", r)
		}
		if r.Greedy.Worst != 0 || r.Stable.Worst != 0 || r.Ours.Worst <= 0 || r.Ours.Sum <= r.Greedy.Sum || r.Ours.Sum <= r.Stable.Sum {
			t.Errorf("this run, best first and stable are %+v, %+v and %+v", r.Ours, r.Greedy, r.Stable)
		}
		if len(r.Sites) != 1 || r.Sites[0].Name != "Kiel" || r.Sites[0].Mentees != 5 || r.Sites[0].Paired != 5 {
			t.Errorf("sites of at least five are %+v", r.Sites)
		}
		if fmt.Sprint(r.Mentors) != "[0 6 0 0 0 0]" {
			t.Errorf("mentors by mentees are %v", r.Mentors)
		}
		s.want("Ada", at+"/pairing", 200, "Is it fair?", "Score of the weakest pair", fmt.Sprintf(">%d<", r.Ours.Worst), fmt.Sprintf(">%d<", r.Ours.Sum), fmt.Sprintf(">%d<", r.Greedy.Sum),
			"6 with one mentee", "Kiel", "-", "Porto</td>")
	})
}
