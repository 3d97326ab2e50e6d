package app

import (
	"context"
	"os"
	"testing"

	"github.com/guildhall/guildhall/internal/ask"
	"github.com/guildhall/guildhall/internal/connect/stackexchange"
	"github.com/guildhall/guildhall/internal/core/whoknows/trial"
	"github.com/guildhall/guildhall/internal/platform/db"
	"github.com/guildhall/guildhall/internal/platform/db/dbtest"
	"github.com/guildhall/guildhall/internal/platform/hostile"
	"github.com/guildhall/guildhall/internal/platform/markdown"
)

// counted is one post as it is here, by its id in the dump.
type counted struct {
	score    int
	accepted string
	answers  int
	created  string
}

// imported brings a dump into a new house and reads its posts back.
func imported(t *testing.T, d *db.DB, dir string) (questions, answers map[string]counted, comments int) {
	t.Helper()
	g := newGuild(t, d)
	dump, err := stackexchange.Open(os.DirFS(dir))
	if err != nil {
		t.Fatal(err)
	}
	x := &ask.StackExchange{Service: g.house.Ask, People: g.house.People, Dump: dump, Site: "archive.example", Markdown: markdown.FromHTML}
	if err := x.Run(context.Background()); err != nil {
		t.Fatal(err)
	}
	questions, answers = map[string]counted{}, map[string]counted{}
	if err := d.Read(context.Background(), func(tx *db.Tx) error {
		rows, err := tx.Query(`
SELECT o.origin_id, q.base_score + q.me_too, COALESCE((SELECT a.origin_id FROM origins a WHERE a.local_id = q.accepted_id AND a.kind = 'answer'), ''), q.answers, q.created_at
FROM questions q
JOIN origins o ON o.local_id = q.id AND o.kind = 'question'`)
		if err != nil {
			return err
		}
		for rows.Next() {
			var n string
			var c counted
			var at db.Time
			if err := rows.Scan(&n, &c.score, &c.accepted, &c.answers, &at); err != nil {
				return err
			}
			c.created = at.Time().Format("2006-01-02T15:04:05.000")
			questions[n] = c
		}
		if err := rows.Err(); err != nil {
			return err
		}
		rows, err = tx.Query(`
SELECT o.origin_id, a.base_score + a.useful, a.accepted_at IS NOT NULL, a.created_at
FROM answers a
JOIN origins o ON o.local_id = a.id AND o.kind = 'answer'`)
		if err != nil {
			return err
		}
		for rows.Next() {
			var n string
			var c counted
			var accepted bool
			var at db.Time
			if err := rows.Scan(&n, &c.score, &accepted, &at); err != nil {
				return err
			}
			if c.created = at.Time().Format("2006-01-02T15:04:05.000"); accepted {
				c.accepted = "yes"
			}
			answers[n] = c
		}
		if err := rows.Err(); err != nil {
			return err
		}
		_, err = tx.Row(`SELECT COUNT(*) FROM comments`, []any{&comments})
		return err
	}); err != nil {
		t.Fatal(err)
	}
	return questions, answers, comments
}

// TestAnImportedArchiveIsTheArchive compares every score, every accepted answer
// and every time with the files they came from, read by other code.
func TestAnImportedArchiveIsTheArchive(t *testing.T) {
	compare := func(t *testing.T, d *db.DB, dir string, nq, na, nc int) {
		a, err := trial.Read(dir)
		if err != nil {
			t.Fatal(err)
		}
		questions, answers, comments := imported(t, d, dir)
		if len(questions) != nq || len(answers) != na || comments != nc {
			t.Errorf("%d questions, %d answers, %d comments; the archive has %d, %d, %d", len(questions), len(answers), comments, nq, na, nc)
		}
		number, accepted := map[string]int{}, 0
		for _, n := range a.Answers { // those without a writer are not among them
			number[n.Parent]++
			got, ok := answers[n.ID]
			if want := n.Created; !ok || got.score != n.Score || got.created != want {
				t.Errorf("answer %s: %v, want %d of %s", n.ID, got, n.Score, want)
			}
		}
		for _, q := range a.Questions {
			got := questions[q.ID]
			if got.score != q.Score || got.accepted != q.Accepted || got.created != q.Created {
				t.Errorf("question %s: %v, want %d, %q of %s", q.ID, got, q.Score, q.Accepted, q.Created)
			}
			if got.answers < number[q.ID] {
				t.Errorf("question %s counts %d answers, at least %d are there", q.ID, got.answers, number[q.ID])
			}
			if q.Accepted != "" {
				if accepted++; answers[q.Accepted].accepted != "yes" {
					t.Errorf("answer %s was accepted and does not say so", q.Accepted)
				}
			}
		}
		for n, c := range answers {
			if c.accepted == "yes" {
				if accepted--; accepted < 0 {
					t.Errorf("answer %s was never accepted", n)
				}
			}
		}
	}
	t.Run("small", func(t *testing.T) {
		dir := hostile.Path(t, "stackexchange", "conlang-meta")
		dbtest.Each(t, func(t *testing.T, d *db.DB) { compare(t, d, dir, 54, 115, 230) })
	})
	t.Run("large", func(t *testing.T) {
		compare(t, dbtest.SQLite(t), hostile.Path(t, "stackexchange", "quantumcomputing"), 612, 1060, 3413)
	})
}
