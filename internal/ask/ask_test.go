package ask

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/guildhall/guildhall/internal/core/access"
	"github.com/guildhall/guildhall/internal/core/people"
	"github.com/guildhall/guildhall/internal/core/revise"
	"github.com/guildhall/guildhall/internal/core/skills"
	"github.com/guildhall/guildhall/internal/platform/clock"
	"github.com/guildhall/guildhall/internal/platform/db"
	"github.com/guildhall/guildhall/internal/platform/db/dbtest"
	"github.com/guildhall/guildhall/internal/platform/fault"
	"github.com/guildhall/guildhall/internal/platform/id"
)

// scene is a database with Ada (who organises), Ben, Chidi and Dana (members).
type scene struct {
	*testing.T
	ctx                   context.Context
	db                    *db.DB
	clock                 *clock.Moved
	ask                   *Service
	ada, ben, chidi, dana access.Actor
}

func each(t *testing.T, fn func(s *scene)) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		c := clock.NewMoved(time.Date(2026, 11, 24, 9, 0, 0, 0, time.UTC))
		s := &scene{T: t, ctx: context.Background(), db: d, clock: c}
		s.ask = New(d, c, skills.New(d, c), func(string) string { return "en" })
		p := people.New(d, c)
		if err := d.Write(s.ctx, func(tx *db.Tx) error {
			if err := access.EnsureOrganisation(tx, c); err != nil {
				return err
			}
			for _, x := range []struct {
				name string
				role access.Role
				to   *access.Actor
			}{{"Ada", access.Organiser, &s.ada}, {"Ben", access.Member, &s.ben}, {"Chidi", access.Member, &s.chidi}, {"Dana", access.Member, &s.dana}} {
				j, err := p.Join(tx, people.Joiner{Name: x.name, Role: x.role}, true)
				if err != nil {
					return err
				}
				*x.to = access.Actor{Person: j.Person, Author: j.Author, Role: x.role, Name: x.name}
			}
			return nil
		}); err != nil {
			t.Fatal(err)
		}
		fn(s)
	})
}

// join adds a member.
func (s *scene) join(name string) (access.Actor, error) {
	var a access.Actor
	err := s.db.Write(s.ctx, func(tx *db.Tx) error {
		j, err := people.New(s.db, s.clock).Join(tx, people.Joiner{Name: name}, true)
		a = access.Actor{Person: j.Person, Author: j.Author, Role: access.Member, Name: name}
		return err
	})
	return a, err
}

// question asks something on behalf of Ben.
func (s *scene) question(title string) id.ID {
	s.Helper()
	n, err := s.ask.Ask(s.ctx, s.ben, Ask{Title: title, Body: "It reads high.", Skills: []string{"Calibration"}})
	if err != nil {
		s.Fatal(err)
	}
	return n
}

func (s *scene) answer(by access.Actor, q id.ID, body string) id.ID {
	s.Helper()
	n, err := s.ask.Answer(s.ctx, by, q, body)
	if err != nil {
		s.Fatal(err)
	}
	return n
}

// want fails unless err is a fault of the kind; Internal stands for no error.
func (s *scene) want(what string, err error, kind fault.Kind) {
	s.Helper()
	if kind == fault.Internal && err == nil {
		return
	}
	if !fault.Is(err, kind) || err == nil {
		s.Errorf("%s: %v, want kind %d", what, err, kind)
	}
}

func TestAnAnsweredQuestionCannotBeDeletedByItsAuthor(t *testing.T) {
	each(t, func(s *scene) {
		q := s.question("How do I calibrate the probe?")
		s.want("somebody else deletes", s.ask.Delete(s.ctx, s.chidi, q), fault.Forbidden)
		s.answer(s.chidi, q, "With the reference.")
		s.want("the author deletes an answered question", s.ask.Delete(s.ctx, s.ben, q), fault.Conflict)
		s.want("an organiser deletes", s.ask.Delete(s.ctx, s.ada, q), fault.Internal)
		_, err := s.ask.Open(s.ctx, s.ben, q, 0)
		s.want("opening what was deleted", err, fault.NotFound)
		empty := s.question("Does anybody read this one?")
		s.want("the author deletes an unanswered question", s.ask.Delete(s.ctx, s.ben, empty), fault.Internal)
	})
}

func TestEveryVersionIsKept(t *testing.T) {
	each(t, func(s *scene) {
		q := s.question("How do I calibrate the probe?")
		s.clock.Advance(time.Hour)
		edit := Edit{Title: "How do I calibrate the TW-300?", Body: "It reads 0.4 high.", Skills: []string{"calibration", "TW-300"}, Note: "named the probe"}
		s.want("the author edits", s.ask.Edit(s.ctx, s.ben, q, edit), fault.Internal)
		s.want("the same again", s.ask.Edit(s.ctx, s.ben, q, edit), fault.Internal)
		s.want("somebody else edits", s.ask.Edit(s.ctx, s.chidi, q, edit), fault.Forbidden)
		var list []revise.Version
		if err := s.db.Read(s.ctx, func(tx *db.Tx) (err error) {
			list, err = revise.History(tx, s.chidi, q, 0, 10)
			return err
		}); err != nil {
			t.Fatal(err)
		}
		if len(list) != 2 || list[0].Title != edit.Title || list[0].Note != edit.Note || list[1].Title != "How do I calibrate the probe?" {
			t.Errorf("history is %+v, want the first version and one edit", list)
		}
	})
}

func TestBadWordsAreAllNamedAtOnce(t *testing.T) {
	each(t, func(s *scene) {
		_, err := s.ask.Ask(s.ctx, s.ben, Ask{Title: "Short", Body: strings.Repeat("x", MaxBody+1), Skills: []string{"a", "b", "c", "d", "e", "f", "g"}})
		f := fault.Of(err)
		if f == nil || len(f.Fields) != 3 {
			t.Errorf("the fault is %v, want title, body and skills", err)
		}
		_, err = s.ask.Answer(s.ctx, s.ben, id.New(s.clock.Now()), "Nobody asked.")
		s.want("answering what is not there", err, fault.NotFound)
		_, err = s.ask.Ask(s.ctx, access.Actor{}, Ask{Title: "Who is asking this here?"})
		s.want("nobody asks", err, fault.Unauthenticated)
	})
}

func TestOneAnswerAtATimeSettlesAQuestion(t *testing.T) {
	each(t, func(s *scene) {
		q := s.question("How do I calibrate the probe?")
		a, b := s.answer(s.chidi, q, "With the reference."), s.answer(s.dana, q, "In the lab.")
		s.want("somebody else accepts", s.ask.Accept(s.ctx, s.chidi, q, a), fault.Forbidden)
		s.want("the asker accepts", s.ask.Accept(s.ctx, s.ben, q, a), fault.Internal)
		s.want("and changes their mind", s.ask.Accept(s.ctx, s.ben, q, b), fault.Internal)
		w, err := s.ask.Open(s.ctx, s.ben, q, 0)
		if err != nil {
			t.Fatal(err)
		}
		if w.Accepted != b || w.Settled != "accepted" || w.Answers[0].ID != b || w.Answers[0].Accepted.IsZero() || !w.Answers[1].Accepted.IsZero() {
			t.Errorf("the second answer should stand first and alone be accepted: %+v", w.Answers)
		}
		s.want("deleting an accepted answer", s.ask.DeleteAnswer(s.ctx, s.dana, b), fault.Conflict)
		s.want("taking it back", s.ask.Unaccept(s.ctx, s.ben, q), fault.Internal)
		s.want("now it may go", s.ask.DeleteAnswer(s.ctx, s.dana, b), fault.Internal)
		w, err = s.ask.Open(s.ctx, s.ben, q, 0)
		if err != nil || w.Settled != "answered" || w.Question.Answers != 1 || len(w.Answers) != 1 {
			t.Errorf("one answer should be left and none accepted: %+v, %v", w.Question, err)
		}
	})
}

func TestVotesCountOnceAndNeverOnesOwn(t *testing.T) {
	each(t, func(s *scene) {
		q := s.question("How do I calibrate the probe?")
		a := s.answer(s.chidi, q, "With the reference.")
		s.want("own question", s.ask.MeToo(s.ctx, s.ben, q, true), fault.Conflict)
		s.want("own answer", s.ask.Useful(s.ctx, s.chidi, a, true), fault.Conflict)
		for range 3 {
			s.want("me too", s.ask.MeToo(s.ctx, s.dana, q, true), fault.Internal)
			s.want("useful", s.ask.Useful(s.ctx, s.dana, a, true), fault.Internal)
		}
		w, err := s.ask.Open(s.ctx, s.dana, q, 0)
		if err != nil || w.Question.MeToo != 1 || w.Answers[0].Useful != 1 || !w.MeToo || !w.Answers[0].Mine {
			t.Errorf("one voice each: %+v, %v", w, err)
		}
		s.want("taken back", s.ask.Useful(s.ctx, s.dana, a, false), fault.Internal)
		if w, err = s.ask.Open(s.ctx, s.dana, q, 0); err != nil || w.Answers[0].Useful != 0 {
			t.Errorf("a voice taken back still counts: %+v, %v", w.Answers, err)
		}
	})
}

func TestADuplicateLeadsToTheOriginalAndTakesNoAnswers(t *testing.T) {
	each(t, func(s *scene) {
		first, second := s.question("How do I calibrate the probe?"), s.question("Calibrating the probe, how?")
		s.want("of itself", s.ask.MarkDuplicate(s.ctx, s.ben, first, first), fault.Conflict)
		s.want("of the first", s.ask.MarkDuplicate(s.ctx, s.ben, second, first), fault.Internal)
		s.want("of a duplicate", s.ask.MarkDuplicate(s.ctx, s.ben, first, second), fault.Conflict)
		_, err := s.ask.Answer(s.ctx, s.chidi, second, "With the reference.")
		s.want("answering a duplicate", err, fault.Conflict)
		w, err := s.ask.Open(s.ctx, s.chidi, second, 0)
		if err != nil || w.Original == nil || w.Original.ID != first {
			t.Errorf("the original is %+v, %v", w.Original, err)
		}
		s.want("reopening", s.ask.Reopen(s.ctx, s.ben, second), fault.Internal)
		s.answer(s.chidi, second, "With the reference.")
	})
}
