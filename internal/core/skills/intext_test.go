package skills

import (
	"slices"
	"testing"
)

func TestWordsNameWhatTheyAreAFormOf(t *testing.T) {
	for _, x := range []struct{ word, skill string }{
		{"calibrate", "calibration"}, {"calibrating", "calibration"}, {"calibrated", "calibration"},
		{"weld", "welding"}, {"welds", "welding"}, {"plan", "planning"}, {"solder", "soldering"}, {"machine", "machining"},
		{"pump", "pumps"}, {"pumps", "pump"},
	} {
		if !slices.Contains(forms(x.word), x.skill) {
			t.Errorf("%s is read as %v, not as %s", x.word, forms(x.word), x.skill)
		}
	}
	for _, word := range []string{"", "pid", "prüf", "c++", "training"} {
		if f := forms(word); f != nil {
			t.Errorf("%q is read as %v", word, f)
		}
	}
}
