package coffee

import (
	"fmt"
	"strings"
	"testing"

	"github.com/guildhall/guildhall/internal/core/people"
	"github.com/guildhall/guildhall/internal/platform/id"
)

// keys speaks in the keys of sentences.
type keys struct{}

func (keys) T(key string, args ...any) string { return fmt.Sprintln(append([]any{key}, args...)...) }

func TestAFirstMessageSaysWhenItsTimeLiesOutsideSomebodysHours(t *testing.T) {
	ben, mia := id.ID(1), id.ID(2)
	w := Whole{Profiles: map[id.ID]people.Profile{ben: {ID: ben, Name: "Ben Adeyemi"}, mia: {ID: mia, Name: "Mia Sato"}}}
	w.People = []Partner{{Person: ben}, {Person: mia}}
	asks := []string{"coffee.would_suit", "coffee.would_near", "coffee.when_suits", "coffee.shall_we"}
	for _, x := range []struct {
		when string
		near bool
		now  bool
		asks string
	}{
		{"Tuesday 10:00", false, false, "coffee.would_suit"},
		{"Tuesday 18:30", true, false, "coffee.would_near"},
		{"", false, false, "coffee.when_suits"},
		{"", true, false, "coffee.when_suits"},
		{"", false, true, "coffee.shall_we"},
	} {
		m := w.Message(keys{}, ben, "Mia", x.when, x.near, x.now)
		for _, a := range asks {
			if strings.Contains(m, a) != (a == x.asks) {
				t.Errorf("with the time %q, near %v, it says\n%s", x.when, x.near, m)
			}
		}
		if x.when != "" && !strings.Contains(m, "when "+x.when) || !strings.HasSuffix(m, "\nBen") {
			t.Errorf("with the time %q it says\n%s", x.when, m)
		}
	}
}
