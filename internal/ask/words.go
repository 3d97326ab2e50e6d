package ask

import (
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
