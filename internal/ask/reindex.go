package ask

import (
	"github.com/guildhall/guildhall/internal/core/search"
	"github.com/guildhall/guildhall/internal/core/subject"
	"github.com/guildhall/guildhall/internal/platform/db"
	"github.com/guildhall/guildhall/internal/platform/id"
)

// Searchable are the kinds of things that this practice lets people find.
func Searchable() []subject.Kind {
	return []subject.Kind{subject.Question, subject.Answer}
}

// SearchDocs returns up to limit docs of a kind after the given one, as they
// are saved when the thing is, to make the search index again.
func SearchDocs(tx *db.Tx, kind subject.Kind, after id.ID, limit int) ([]search.Doc, error) {
	if kind == subject.Question {
		return questionDocs(tx, after, limit)
	}
	return db.All(tx, searchableAnswersSQL, func(r *db.Rows, d *search.Doc) error {
		d.Kind = kind
		return r.Scan(&d.ID, &d.Audience, &d.Parent, &d.Body, &d.Lang)
	}, int64(after), limit)
}

func questionDocs(tx *db.Tx, after id.ID, limit int) ([]search.Doc, error) {
	docs, err := db.All(tx, searchableQuestionsSQL, func(r *db.Rows, d *search.Doc) error {
		d.Kind = subject.Question
		return r.Scan(&d.ID, &d.Audience, &d.Title, &d.Body, &d.Lang)
	}, int64(after), limit)
	if err != nil || len(docs) == 0 {
		return nil, err
	}
	at := make(map[id.ID]*search.Doc, len(docs))
	ids := make([]id.ID, len(docs))
	for i := range docs {
		at[docs[i].ID], ids[i] = &docs[i], docs[i].ID
	}
	_, err = db.All(tx, searchableTagsSQL, func(r *db.Rows, _ *struct{}) error {
		var n id.ID
		var name string
		if err := r.Scan(&n, &name); err != nil {
			return err
		}
		if at[n].Tags != "" {
			name = at[n].Tags + " " + name
		}
		at[n].Tags = name
		return nil
	}, ids)
	return docs, err
}
