package ask

import (
	"context"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/guildhall/guildhall/internal/core/access"
	"github.com/guildhall/guildhall/internal/core/event"
	"github.com/guildhall/guildhall/internal/core/people"
	"github.com/guildhall/guildhall/internal/core/revise"
	"github.com/guildhall/guildhall/internal/core/search"
	"github.com/guildhall/guildhall/internal/core/subject"
	"github.com/guildhall/guildhall/internal/platform/db"
	"github.com/guildhall/guildhall/internal/platform/fault"
	"github.com/guildhall/guildhall/internal/platform/id"
)

// Answer is one answer as its question's page shows it.
type Answer struct {
	ID          id.ID
	Question    id.ID
	Audience    id.ID
	Author      id.ID
	Body        string // Markdown
	Lang        string
	State       State
	ObsoleteWhy string
	Score       int // an import's score and readers who found it useful
	Useful      int // readers who found it useful here
	Comments    int
	Accepted    time.Time // zero when it is not the accepted one
	VerifiedAt  time.Time
	VerifiedBy  id.ID
	Created     time.Time
	Edited      time.Time
	Licence     string
	Mine        bool // the reader found it useful
}

func checkBody(body string) error {
	var c fault.Check
	c.Require(body != "", "body", "fault.answer_empty")
	c.Require(utf8.RuneCountInString(body) <= MaxBody, "body", "fault.too_long", "max", MaxBody)
	return c.Err()
}

// Answer answers a question the actor may see. Duplicate, obsolete and deleted
// questions take no answers. Event: answer.posted.
func (s *Service) Answer(ctx context.Context, by access.Actor, question id.ID, body string) (id.ID, error) {
	if err := by.NeedKnown(); err != nil {
		return 0, err
	}
	body = strings.TrimSpace(body)
	language := s.language(body)
	var n id.ID
	err := s.db.Write(ctx, func(tx *db.Tx) error {
		q, ok, err := db.One(tx, stateSQL, scanState, by.Person, question)
		if err != nil {
			return err
		}
		if !ok {
			return fault.Missing()
		}
		if q.state != Open {
			return fault.New(fault.Conflict, "fault.question_closed")
		}
		if err := checkBody(body); err != nil {
			return err
		}
		now := s.clock.Now()
		n = id.New(now)
		if err := insertAnswer(tx, Answer{
			ID: n, Question: question, Audience: q.audience, Author: by.Author, Body: body, Lang: language, State: Open, Created: now,
		}, q.title); err != nil {
			return err
		}
		if err := attach(tx, n, by.Author, body); err != nil {
			return err
		}
		if err := bump(tx, question, now, 1, 0); err != nil {
			return err
		}
		if _, err := tx.Exec(answeredRoutingSQL, db.At(now), question, by.Person); err != nil {
			return err
		}
		if _, err := tx.Exec(followSQL, by.Person, question, db.At(now)); err != nil {
			return err
		}
		return s.events.Record(tx, event.Event{Kind: "answer.posted", Subject: n, Audience: q.audience, Actor: by.Author, Other: question})
	})
	return n, err
}

// insertAnswer writes the answer, its subject and its search row.
func insertAnswer(tx *db.Tx, a Answer, title string) error {
	if _, err := tx.Exec(insertAnswerSQL, a.ID, a.Question, a.Audience, a.Author, a.Body, a.Lang, string(a.State), a.Score,
		db.At(a.Accepted), db.At(a.Created), db.At(a.Edited), a.Licence); err != nil {
		return err
	}
	if err := saveAnswerSubject(tx, a, title, a.Created); err != nil {
		return err
	}
	return search.Save(tx, search.Doc{
		ID: a.ID, Kind: subject.Answer, Audience: a.Audience, Parent: a.Question, Body: a.Body, Lang: a.Lang,
	})
}

func saveAnswerSubject(tx *db.Tx, a Answer, title string, at time.Time) error {
	state := string(a.State)
	if a.State == Open && !a.Accepted.IsZero() {
		state = "accepted"
	}
	return subject.Save(tx, subject.Subject{
		Ref: subject.Ref{Kind: subject.Answer, ID: a.ID}, Audience: a.Audience, Author: a.Author, Parent: a.Question,
		Title: title, State: state, Created: a.Created, Updated: at,
	})
}

// bump moves a question to the top of the lists and counts what is new on it.
func bump(tx *db.Tx, question id.ID, at time.Time, answers, comments int) error {
	if _, err := tx.Exec(bumpQuestionSQL, db.At(at), answers, comments, question); err != nil {
		return err
	}
	if _, err := tx.Exec(bumpSkillsSQL, db.At(at), question); err != nil {
		return err
	}
	_, err := tx.Exec(bumpSubjectSQL, db.At(at), question)
	return err
}

// EditAnswer changes an answer's words; the earlier version stays in the
// history. Event: answer.edited.
func (s *Service) EditAnswer(ctx context.Context, by access.Actor, answer id.ID, body, note string) error {
	if err := by.NeedKnown(); err != nil {
		return err
	}
	body = strings.TrimSpace(body)
	language := s.language(body)
	return s.db.Write(ctx, func(tx *db.Tx) error {
		a, q, err := loadAnswer(tx, by, answer)
		if err != nil {
			return err
		}
		if err := mayTend(tx, by, a.Author, a.Audience); err != nil {
			return err
		}
		if err := checkBody(body); err != nil {
			return err
		}
		if a.Body == body {
			return nil
		}
		now := s.clock.Now()
		if err := revise.Keep(tx, s.clock,
			revise.Version{Subject: a.ID, Audience: a.Audience, Author: a.Author, Body: a.Body, At: a.Created},
			revise.Version{Subject: a.ID, Audience: a.Audience, Author: by.Author, Body: body, Note: note, At: now}); err != nil {
			return err
		}
		if _, err := tx.Exec(editAnswerSQL, body, language, db.At(now), a.ID); err != nil {
			return err
		}
		if err := attach(tx, a.ID, by.Author, body); err != nil {
			return err
		}
		a.Body, a.Lang, a.Edited = body, language, now
		if err := saveAnswerSubject(tx, a, q.Title, now); err != nil {
			return err
		}
		if err := search.Save(tx, search.Doc{
			ID: a.ID, Kind: subject.Answer, Audience: a.Audience, Parent: a.Question, Body: a.Body, Lang: a.Lang,
		}); err != nil {
			return err
		}
		if err := bump(tx, a.Question, now, 0, 0); err != nil {
			return err
		}
		return s.events.Record(tx, event.Event{Kind: "answer.edited", Subject: a.ID, Audience: a.Audience, Actor: by.Author, Other: a.Question})
	})
}

// DeleteAnswer takes an answer away. Its author may while it is not accepted;
// a steward always may, and the question is then no longer settled. Event:
// answer.deleted.
func (s *Service) DeleteAnswer(ctx context.Context, by access.Actor, answer id.ID) error {
	return s.changeAnswer(ctx, by, answer, "answer.deleted", func(tx *db.Tx, a *Answer, q *Question) error {
		steward, err := access.Stewards(tx, by, a.Audience)
		if err != nil {
			return err
		}
		mine, err := people.Owns(tx, by, a.Author)
		if err != nil {
			return err
		}
		switch {
		case steward:
		case !mine:
			return fault.New(fault.Forbidden, "fault.not_yours")
		case !a.Accepted.IsZero():
			return fault.New(fault.Conflict, "fault.answer_accepted")
		}
		a.State = Deleted
		if !a.Accepted.IsZero() {
			a.Accepted = time.Time{}
			q.Accepted = 0
		}
		return search.Remove(tx, a.ID)
	})
}

// MarkAnswerObsolete says that an answer is no longer true, and why. Event:
// answer.obsolete.
func (s *Service) MarkAnswerObsolete(ctx context.Context, by access.Actor, answer id.ID, why string) error {
	why = strings.TrimSpace(why)
	var c fault.Check
	c.Require(why != "", "why", "fault.why_empty")
	c.Require(utf8.RuneCountInString(why) <= 500, "why", "fault.too_long", "max", 500)
	return s.changeAnswer(ctx, by, answer, "answer.obsolete", func(tx *db.Tx, a *Answer, q *Question) error {
		if err := mayTend(tx, by, a.Author, a.Audience); err != nil {
			return err
		}
		if err := c.Err(); err != nil {
			return err
		}
		a.State, a.ObsoleteWhy = Obsolete, why
		return nil
	})
}

// RestoreAnswer undoes obsolete. Event: answer.restored.
func (s *Service) RestoreAnswer(ctx context.Context, by access.Actor, answer id.ID) error {
	return s.changeAnswer(ctx, by, answer, "answer.restored", func(tx *db.Tx, a *Answer, q *Question) error {
		if err := mayTend(tx, by, a.Author, a.Audience); err != nil {
			return err
		}
		a.State, a.ObsoleteWhy = Open, ""
		return nil
	})
}

// VerifyAnswer says that an answer is still true. Event: answer.verified.
func (s *Service) VerifyAnswer(ctx context.Context, by access.Actor, answer id.ID) error {
	return s.changeAnswer(ctx, by, answer, "answer.verified", func(tx *db.Tx, a *Answer, q *Question) error {
		if a.State != Open {
			return fault.New(fault.Conflict, "fault.answer_not_current")
		}
		a.VerifiedAt, a.VerifiedBy = s.clock.Now(), by.Author
		return nil
	})
}

// Accept says that the answer settled the question; an answer accepted before
// is no longer. The asker may, and so may a steward where the asker is no
// person any more. Accepting again changes nothing. Event: answer.accepted.
func (s *Service) Accept(ctx context.Context, by access.Actor, question, answer id.ID) error {
	return s.settle(ctx, by, question, answer, "answer.accepted")
}

// Unaccept takes the acceptance back. Event: answer.unaccepted.
func (s *Service) Unaccept(ctx context.Context, by access.Actor, question id.ID) error {
	return s.settle(ctx, by, question, 0, "answer.unaccepted")
}

func (s *Service) settle(ctx context.Context, by access.Actor, question, answer id.ID, kind string) error {
	if err := by.NeedKnown(); err != nil {
		return err
	}
	return s.db.Write(ctx, func(tx *db.Tx) error {
		q, err := load(tx, by, question)
		if err != nil {
			return err
		}
		if err := mayTend(tx, by, q.Author, q.Audience); err != nil {
			return err
		}
		if q.Accepted == answer {
			return nil
		}
		now := s.clock.Now()
		if q.Accepted != 0 {
			if _, err := tx.Exec(acceptAnswerSQL, db.Time{}, q.Accepted); err != nil {
				return err
			}
			if err := subject.Touch(tx, q.Accepted, string(Open), now); err != nil {
				return err
			}
			if answer != 0 {
				if err := s.events.Record(tx, event.Event{Kind: "answer.unaccepted", Subject: q.Accepted, Audience: q.Audience, Actor: by.Author, Other: q.ID, Quiet: true}); err != nil {
					return err
				}
			}
		}
		about := q.Accepted
		if answer != 0 {
			a, _, err := loadAnswer(tx, by, answer)
			if err != nil {
				return err
			}
			if a.Question != q.ID {
				return fault.Missing()
			}
			if a.State != Open {
				return fault.New(fault.Conflict, "fault.answer_not_current")
			}
			if _, err := tx.Exec(acceptAnswerSQL, db.At(now), answer); err != nil {
				return err
			}
			if err := subject.Touch(tx, answer, "accepted", now); err != nil {
				return err
			}
			about = answer
		}
		q.Accepted = answer
		q.Settled = settled(q)
		if _, err := tx.Exec(settleSQL, q.Settled, q.Accepted, q.ID); err != nil {
			return err
		}
		if err := subject.Touch(tx, q.ID, q.standing(), now); err != nil {
			return err
		}
		return s.events.Record(tx, event.Event{Kind: kind, Subject: about, Audience: q.Audience, Actor: by.Author, Other: q.ID})
	})
}

func settled(q Question) string {
	switch {
	case q.Accepted != 0:
		return "accepted"
	case q.Answers > 0:
		return "answered"
	default:
		return ""
	}
}

// changeAnswer loads an answer the actor may see and its question, lets the
// rule change them, and writes rows, subjects and event.
func (s *Service) changeAnswer(ctx context.Context, by access.Actor, answer id.ID, kind string, rule func(*db.Tx, *Answer, *Question) error) error {
	if err := by.NeedKnown(); err != nil {
		return err
	}
	return s.db.Write(ctx, func(tx *db.Tx) error {
		a, q, err := loadAnswer(tx, by, answer)
		if err != nil {
			return err
		}
		if err := rule(tx, &a, &q); err != nil {
			return err
		}
		now := s.clock.Now()
		if _, err := tx.Exec(changeAnswerSQL, string(a.State), a.ObsoleteWhy, db.At(a.Accepted), db.At(a.VerifiedAt), a.VerifiedBy, a.ID); err != nil {
			return err
		}
		if err := saveAnswerSubject(tx, a, q.Title, now); err != nil {
			return err
		}
		if _, err := tx.Exec(setAcceptedSQL, q.Accepted, q.ID); err != nil {
			return err
		}
		if _, err := tx.Exec(recountSQL, q.ID); err != nil {
			return err
		}
		if _, err := tx.Exec(standingSQL, q.ID); err != nil {
			return err
		}
		return s.events.Record(tx, event.Event{Kind: kind, Subject: a.ID, Audience: a.Audience, Actor: by.Author, Other: q.ID})
	})
}

// loadAnswer reads an answer the actor may see, and its question.
func loadAnswer(tx *db.Tx, by access.Actor, answer id.ID) (Answer, Question, error) {
	a, ok, err := db.One(tx, answerSQL, scanAnswer, by.Person, answer)
	if err != nil {
		return a, Question{}, err
	}
	if !ok {
		return a, Question{}, fault.Missing()
	}
	q, err := load(tx, by, a.Question)
	return a, q, err
}

// MeToo says that the actor has this question too, or no longer. Nobody can
// have their own question too. Events: question.shared, question.unshared.
func (s *Service) MeToo(ctx context.Context, by access.Actor, question id.ID, on bool) error {
	if err := by.NeedKnown(); err != nil {
		return err
	}
	return s.db.Write(ctx, func(tx *db.Tx) error {
		q, err := load(tx, by, question)
		if err != nil {
			return err
		}
		if mine, err := people.Owns(tx, by, q.Author); err != nil {
			return err
		} else if mine {
			return fault.New(fault.Conflict, "fault.vote_own")
		}
		kind := "question.shared"
		if !on {
			kind = "question.unshared"
		}
		changed, err := s.vote(tx, by, q.ID, on)
		if err != nil || !changed {
			return err
		}
		if _, err := tx.Exec(countMeTooSQL, q.ID); err != nil {
			return err
		}
		if on {
			if _, err := tx.Exec(followSQL, by.Person, q.ID, db.At(s.clock.Now())); err != nil {
				return err
			}
		}
		return s.events.Record(tx, event.Event{Kind: kind, Subject: q.ID, Audience: q.Audience, Actor: by.Author})
	})
}

// Useful says that the answer helped the actor, or takes it back. Nobody can
// find their own answer useful. Events: answer.useful, answer.unuseful.
func (s *Service) Useful(ctx context.Context, by access.Actor, answer id.ID, on bool) error {
	if err := by.NeedKnown(); err != nil {
		return err
	}
	return s.db.Write(ctx, func(tx *db.Tx) error {
		a, _, err := loadAnswer(tx, by, answer)
		if err != nil {
			return err
		}
		if mine, err := people.Owns(tx, by, a.Author); err != nil {
			return err
		} else if mine {
			return fault.New(fault.Conflict, "fault.vote_own")
		}
		kind := "answer.useful"
		if !on {
			kind = "answer.unuseful"
		}
		changed, err := s.vote(tx, by, a.ID, on)
		if err != nil || !changed {
			return err
		}
		if _, err := tx.Exec(countUsefulSQL, a.ID); err != nil {
			return err
		}
		return s.events.Record(tx, event.Event{Kind: kind, Subject: a.ID, Audience: a.Audience, Actor: by.Author, Other: a.Question})
	})
}

func (s *Service) vote(tx *db.Tx, by access.Actor, on id.ID, yes bool) (changed bool, err error) {
	var n int64
	if yes {
		n, err = tx.Exec(voteSQL, on, by.Person, db.At(s.clock.Now()))
	} else {
		n, err = tx.Exec(unvoteSQL, on, by.Person)
	}
	return n > 0, err
}
