package app

import (
	"testing"

	"github.com/guildhall/guildhall/internal/core/visit"
	"github.com/guildhall/guildhall/internal/platform/db/dbtest"
	"github.com/guildhall/guildhall/internal/ui/browsertest"
)

// What the field asks for is what the server answers: whoever types a question
// sees those that are like it.
func TestSimilarQuestionsAreShownWhileTyping(t *testing.T) {
	t.Parallel()
	s := play(t, dbtest.SQLite(t))
	var q struct{ ID string }
	s.call("Ben", "POST", "/api/v1/questions", map[string]any{"title": "Turbidity readings drift after the firmware update"}, &q)
	s.drain()
	b := browsertest.Start(t)
	tab := b.Open(t, s.url+"/questions/new", browsertest.View{Cookies: map[string]string{visit.Cookie: s.cast["Chidi"].cookie}})
	defer tab.Close()
	for _, do := range []func() error{
		func() error { return tab.Type("#title", "Why do turbidity readings drift after a firmware update?") },
		func() error {
			return tab.Wait(`document.querySelector("#title-similar a[href='/questions/` + q.ID + `']")`)
		},
	} {
		if err := do(); err != nil {
			t.Fatal(err)
		}
	}
}
