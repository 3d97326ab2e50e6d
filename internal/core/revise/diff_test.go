package revise

import (
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestADifferenceLeadsFromOneTextToTheOther(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		line := rapid.SampledFrom([]string{"", "a", "b", "c"})
		was := strings.Join(rapid.SliceOfN(line, 0, 12).Draw(t, "was"), "\n")
		now := strings.Join(rapid.SliceOfN(line, 0, 12).Draw(t, "now"), "\n")
		var from, to []string
		for _, l := range Diff(was, now) {
			if l.Op != "+" {
				from = append(from, l.Text)
			}
			if l.Op != "-" {
				to = append(to, l.Text)
			}
		}
		if got := strings.Join(from, "\n"); got != was {
			t.Errorf("kept and taken out make %q, want %q", got, was)
		}
		if got := strings.Join(to, "\n"); got != now {
			t.Errorf("kept and put in make %q, want %q", got, now)
		}
	})
}

func TestADifferenceIsShortest(t *testing.T) {
	changes := 0
	for _, l := range Diff("a\nb\nc\nd", "a\nc\nx\nd") {
		if l.Op != "" {
			changes++
		}
	}
	if changes != 2 {
		t.Errorf("%d changes, want 2 (b out, x in)", changes)
	}
}
