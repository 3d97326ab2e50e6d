package app

import (
	"net/http"
	"strings"
	"testing"

	"github.com/guildhall/guildhall/internal/platform/db/dbtest"
)

func TestEveryOperationIsDescribedOnAPage(t *testing.T) {
	s := play(t, dbtest.SQLite(t))
	_, list := s.get("", "/reference")
	for _, o := range s.house.newAPI(http.NewServeMux()).Operations() {
		there := o.On == nil || o.On()
		if there != strings.Contains(list, `"/reference/`+o.ID+`"`) {
			t.Errorf("%s on the list: %v", o.ID, !there)
		}
		code, page := s.get("Ben", "/reference/"+o.ID)
		if there != (code == 200) || there && (!strings.Contains(page, o.Method+" "+o.Path) || !strings.Contains(page, "curl")) {
			t.Errorf("%s answers %d\n%s", o.ID, code, page)
		}
	}
	// What most programs need of questions comes first, what is rare behind it.
	if first, rare := strings.Index(list, "/reference/list-questions"), strings.Index(list, "/reference/edit-comment"); first < 0 || rare < first {
		t.Errorf("the list of questions is at %d, editing a comment at %d", first, rare)
	}
	_, page := s.get("", "/reference/ask-question")
	for _, want := range []string{"learner_first", "Needed.", "The question in one sentence", "Idempotency-Key", `{&#34;title&#34;: &#34;...&#34;}`, "string[]"} {
		if !strings.Contains(page, want) {
			t.Errorf("asking is described without %q\n%s", want, page)
		}
	}
	if _, page := s.get("", "/reference/open-question"); !strings.Contains(page, "list[].author.name") {
		t.Errorf("fields within fields are missing\n%s", page)
	}
}
