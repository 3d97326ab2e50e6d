package app

import (
	"net/url"
	"strings"
	"testing"

	"github.com/guildhall/guildhall/internal/platform/db"
	"github.com/guildhall/guildhall/internal/platform/db/dbtest"
)

func TestARefusedCommentStaysUnderTheAnswerItWasWrittenFor(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s := play(t, d)
		q := s.goes(s.post("Ben", "/questions", url.Values{"title": {"Why does the loom of the annex stop?"}, "seen": {"1"}}.Encode()))
		to := s.goes(s.post("Ada", q+"/answers", url.Values{"body": {"The belt slips."}}.Encode()))
		_, answer, _ := strings.Cut(to, "#answer-")
		long := "rather " + strings.Repeat("x", 2500)
		code, page := s.post("Ben", q+"/comments", url.Values{"on": {answer}, "comment": {long}}.Encode())
		if code != 422 || strings.Count(page, long) != 1 {
			t.Fatalf("a long comment answers %d, with its words %d times", code, strings.Count(page, long))
		}
		_, under, _ := strings.Cut(page, `id="answer-`+answer)
		form, rest, _ := strings.Cut(under, "</details>")
		if !strings.Contains(form, long) || !strings.Contains(form, "<details open") || !strings.Contains(form, "autofocus") {
			t.Errorf("the words are not where they were written\n%s", page)
		}
		if strings.Contains(rest, `class="errors"`) {
			t.Errorf("the form for an answer says what is wrong with a comment\n%s", rest)
		}
	})
}

func TestAnAnswerToAQuestionClosedMeanwhileKeepsItsWords(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s := play(t, d)
		q := s.goes(s.post("Ben", "/questions", url.Values{"title": {"Why does the loom of the annex stop?"}, "seen": {"1"}}.Encode()))
		s.goes(s.post("Ben", q+"/state", url.Values{"state": {"obsolete"}, "why": {"It was sold."}}.Encode()))
		code, page := s.post("Ada", q+"/answers", url.Values{"body": {"The belt slips, tighten it."}}.Encode())
		if code != 409 || !strings.Contains(page, "The belt slips, tighten it.") || !strings.Contains(page, "takes no more answers") {
			t.Errorf("an answer that came too late answers %d\n%s", code, page)
		}
		if _, page := s.get("Ada", q); strings.Contains(page, q+"/answers") {
			t.Errorf("a closed question asks for an answer\n%s", page)
		}
	})
}

func TestTheStatesThatAreOfferedAreThoseTheReaderMayChoose(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s := play(t, d)
		q := s.goes(s.post("Ben", "/questions", url.Values{"title": {"Why does the loom of the annex stop?"}, "seen": {"1"}}.Encode()))
		to := s.goes(s.post("Chidi", q+"/answers", url.Values{"body": {"The belt slips."}}.Encode()))
		_, answer, _ := strings.Cut(to, "#answer-")
		for _, x := range []struct {
			who, path string
			code      int
			offered   string
		}{
			{"Chidi", "/answers/" + answer + "/state", 200, "verified obsolete deleted"},
			{"Ben", "/answers/" + answer + "/state", 200, "verified"},
			{"Ben", q + "/state", 200, "duplicate obsolete deleted"},
			{"Chidi", q + "/state", 403, ""},
		} {
			code, page := s.get(x.who, x.path)
			var offered []string
			for _, state := range []string{"verified", "open", "duplicate", "obsolete", "deleted"} {
				if strings.Contains(page, `value="`+state+`"`) {
					offered = append(offered, state)
				}
			}
			if got := strings.Join(offered, " "); code != x.code || got != x.offered {
				t.Errorf("%s at %s gets %d and %q, not %d and %q", x.who, x.path, code, got, x.code, x.offered)
			}
			if reasons := strings.Contains(page, `name="why"`); reasons != (strings.Contains(x.offered, "obsolete")) {
				t.Errorf("%s at %s is asked for a reason: %v", x.who, x.path, reasons)
			}
		}
	})
}

// goes is where a post leads, which it must.
func (s *stage) goes(code int, to string) string {
	s.Helper()
	if code != 303 {
		s.Fatalf("a post answers %d\n%s", code, to)
	}
	return to
}
