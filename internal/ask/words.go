package ask

import (
	"github.com/guildhall/guildhall/internal/core/access"
	"github.com/guildhall/guildhall/internal/core/whoknows"
	"github.com/guildhall/guildhall/internal/platform/db"
	"github.com/guildhall/guildhall/internal/platform/id"
)

// Words returns what answers say, under the titles of their questions, for who
// knows. Sources that are no answers are left out.
func Words(tx *db.Tx, sources []id.ID) (map[id.ID]whoknows.Source, error) {
	out := make(map[id.ID]whoknows.Source, len(sources))
	_, err := db.All(tx, answerWordsSQL, func(r *db.Rows, _ *struct{}) error {
		var n id.ID
		var s whoknows.Source
		if err := r.Scan(&n, &s.Title, &s.Body, &s.Lang); err != nil {
			return err
		}
		out[n] = s
		return nil
	}, sources)
	return out, err
}

// AnswersOf returns the answers of a question, deleted ones too.
func AnswersOf(tx *db.Tx, question id.ID) ([]id.ID, error) {
	return db.All(tx, answersOfSQL, scanID, question)
}

// AnswersBy returns a page of the answers of an author that follow one.
func AnswersBy(tx *db.Tx, author, after id.ID, limit int) ([]id.ID, error) {
	return db.All(tx, answersByAuthorSQL, scanID, author, int64(after), limit) // an id of 0 would be NULL
}

// Text is what a question says.
type Text struct {
	ID, Audience id.ID
	State        State
	Title, Body  string
	Lang         string
}

// Texts returns what questions say, deleted ones too, for what is computed from
// their words.
func Texts(tx *db.Tx, questions []id.ID) ([]Text, error) {
	return db.All(tx, questionTextsSQL, func(r *db.Rows, t *Text) error {
		return r.Scan(&t.ID, &t.Audience, &t.State, &t.Title, &t.Body, &t.Lang)
	}, questions)
}

// Excerpts returns the beginning of answers that the actor may see, as
// Markdown.
func Excerpts(tx *db.Tx, by access.Actor, answers []id.ID) (map[id.ID]string, error) {
	out := make(map[id.ID]string, len(answers))
	_, err := db.All(tx, excerptsSQL, func(r *db.Rows, _ *struct{}) error {
		var n id.ID
		var body string
		if err := r.Scan(&n, &body); err != nil {
			return err
		}
		out[n] = body
		return nil
	}, by.Person, answers)
	return out, err
}
