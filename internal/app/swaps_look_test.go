package app

import (
	"testing"

	"github.com/guildhall/guildhall/internal/core/skills"
	"github.com/guildhall/guildhall/internal/platform/db"
	"github.com/guildhall/guildhall/internal/platform/db/dbtest"
	"github.com/guildhall/guildhall/internal/swaps"
)

// TestAProgramLooksForSwapsByWhatIsOpen: whom the page suggests a program finds
// as well, and no closed wish makes a fit or counts as one that nobody meets.
func TestAProgramLooksForSwapsByWhatIsOpen(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s := play(t, d)
		s.swapping()
		s.hire("Dora", "Edda")
		s.says("Ben", skills.Teach, "weaving", 4, true)
		s.says("Ben", skills.Want, "dyeing", 1, true)
		for _, who := range []string{"Chidi", "Dora"} {
			s.says(who, skills.Teach, "dyeing", 3, true)
			s.says(who, skills.Want, "weaving", 1, who == "Chidi") // Dora keeps hers closed
		}
		s.says("Dora", skills.Want, "sewing", 1, true)
		s.says("Edda", skills.Want, "sewing", 1, true)
		s.says("Edda", skills.Want, "knots", 1, false)
		var fits struct{ Items []swaps.SwapFitJSON }
		if code := s.call("Ben", "GET", "/api/v1/swap-fits", nil, &fits); code != 200 || len(fits.Items) != 1 ||
			fits.Items[0].Person != s.cast["Chidi"].Person.String() || fits.Items[0].Learn.Name != "dyeing" || fits.Items[0].Teach.Name != "weaving" {
			t.Errorf("the fits of Ben are %d %+v", code, fits.Items)
		}
		fits.Items = nil
		if s.call("Edda", "GET", "/api/v1/swap-fits", nil, &fits); fits.Items == nil || len(fits.Items) != 0 {
			t.Errorf("who offers nothing has the fits %+v", fits.Items)
		}
		var wishes struct{ Items []swaps.SwapWishJSON }
		if code := s.call("Ben", "GET", "/api/v1/swap-wishes", nil, &wishes); code != 200 || len(wishes.Items) != 1 || wishes.Items[0].Skill.Name != "sewing" || wishes.Items[0].People != 2 {
			t.Errorf("what nobody offers is %d %+v", code, wishes.Items)
		}
	})
}
