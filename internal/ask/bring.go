package ask

import (
	"github.com/guildhall/guildhall/internal/core/access"
	"github.com/guildhall/guildhall/internal/core/event"
	"github.com/guildhall/guildhall/internal/platform/db"
)

// Bring writes a question and its answers as they are, quietly and in the
// transaction: for large amounts of made-up history. Everything follows from
// the events as if people had written them, but nobody is asked or told.
// Accepted answers have their time in Accepted.
func (s *Service) Bring(tx *db.Tx, q Question, answers []Answer) error {
	for i := range answers {
		if !answers[i].Accepted.IsZero() {
			q.Settled = "accepted"
		} else if q.Settled == "" {
			q.Settled = "answered"
		}
		if answers[i].Created.After(q.Active) {
			q.Active = answers[i].Created
		}
	}
	if err := insertQuestion(tx, q); err != nil {
		return err
	}
	record := func(e event.Event) error {
		e.Audience, e.Quiet = access.Organisation, true
		return s.events.Record(tx, e)
	}
	if err := record(event.Event{Kind: "question.asked", Subject: q.ID, Actor: q.Author, At: q.Created}); err != nil {
		return err
	}
	for _, a := range answers {
		if err := insertAnswer(tx, a, q.Title); err != nil {
			return err
		}
		if !a.Accepted.IsZero() {
			if _, err := tx.Exec(setAcceptedSQL, a.ID, q.ID); err != nil {
				return err
			}
		}
		if err := record(event.Event{Kind: "answer.posted", Subject: a.ID, Actor: a.Author, Other: q.ID, At: a.Created}); err != nil {
			return err
		}
	}
	if len(answers) == 0 {
		return nil
	}
	_, err := tx.Exec(recountSQL, q.ID)
	return err
}
