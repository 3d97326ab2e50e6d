package trial

import (
	"context"
	"fmt"
	"html"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/guildhall/guildhall/internal/core/whoknows"
	"github.com/guildhall/guildhall/internal/platform/clock"
	"github.com/guildhall/guildhall/internal/platform/db"
	"github.com/guildhall/guildhall/internal/platform/id"
	"github.com/guildhall/guildhall/migrations"
)

// Product is Guildhall's own who-knows over what came before a split: a
// database with the receipts an import makes, counted by the index that the
// product uses, asked through the same Rank.
type Product struct {
	index  *whoknows.Index
	db     *db.DB
	dir    string
	reader id.ID
	skills map[string]id.ID
	author map[string]id.ID
	origin map[id.ID]string
	texts  map[id.ID]whoknows.Source
}

// asked is how many people a ranking names, as many as the measures look at.
const asked = 100

// Open makes the database of a split in a temporary folder, removed by Close.
// What was voted or accepted after the split is not known to it.
func Open(ctx context.Context, s *Split) (_ *Product, err error) {
	p := &Product{skills: map[string]id.ID{}, author: map[string]id.ID{}, origin: map[id.ID]string{}, texts: map[id.ID]whoknows.Source{}}
	if p.dir, err = os.MkdirTemp("", "guildhall-experts-"); err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			_ = p.Close()
		}
	}()
	if p.db, err = db.Open(ctx, db.Config{URL: filepath.Join(p.dir, "trial.db")}); err != nil {
		return nil, err
	}
	if err := db.Migrate(ctx, p.db, migrations.Files, nil); err != nil {
		return nil, err
	}
	at, err := Time(s.At)
	if err != nil {
		return nil, err
	}
	p.index = &whoknows.Index{DB: p.db, Clock: clock.NewMoved(at), Words: func(_ *db.Tx, sources []id.ID) (map[id.ID]whoknows.Source, error) {
		out := make(map[id.ID]whoknows.Source, len(sources))
		for _, s := range sources {
			out[s] = p.texts[s]
		}
		return out, nil
	}}
	if err := p.fill(ctx, s, at); err != nil {
		return nil, fmt.Errorf("fill the trial database: %w", err)
	}
	if _, err := p.index.Drain(ctx); err != nil {
		return nil, err
	}
	return p, p.index.Refresh(ctx)
}

// Close removes the database.
func (p *Product) Close() error {
	if p.db != nil {
		_ = p.db.Close()
	}
	return os.RemoveAll(p.dir)
}

type given struct {
	kind   string
	weight float64
}

func (p *Product) fill(ctx context.Context, s *Split, at time.Time) error {
	score, accepted := map[string]int{}, map[string]bool{}
	for _, v := range s.Archive.Votes {
		// Dumps know only the day of a vote: that of the split is left out.
		if v.Day[:min(10, len(v.Day))] >= s.At[:10] {
			continue
		}
		switch v.Kind {
		case Up:
			score[v.Post]++
		case Down:
			score[v.Post]--
		case Accepts:
			accepted[v.Post] = true
		}
	}
	if err := p.db.Write(ctx, func(tx *db.Tx) error {
		now := db.At(at)
		p.reader = 1
		if _, err := tx.Exec(insertAudienceSQL, now); err != nil {
			return err
		}
		if _, err := tx.Exec(insertPersonSQL, p.reader, now, now, now); err != nil {
			return err
		}
		_, err := tx.Exec(insertMemberSQL, p.reader)
		return err
	}); err != nil {
		return err
	}
	next := id.ID(1 << 20) // ids rise with the order of the files, so that every run is the same
	var rows []answerRow
	for _, n := range s.Answers {
		q := s.Question(n)
		if n.Owner == q.Owner {
			continue // nobody gets a receipt for an answer to themselves
		}
		written, err := Time(n.Created)
		if err != nil {
			return err
		}
		r := answerRow{origin: n.Owner, at: db.At(written)}
		if p.author[n.Owner] == 0 {
			next++
			p.author[n.Owner], p.origin[next], r.newcomer = next, n.Owner, true
		}
		next++
		r.source, r.author = next, p.author[n.Owner]
		p.texts[r.source] = whoknows.Source{Text: whoknows.Text{Title: plain(q.Title), Body: plain(n.Body)}}
		if r.skills = p.tags(q.Tags); len(r.skills) == 0 {
			r.skills = []id.ID{0}
		}
		if score[n.ID] >= 0 || accepted[n.ID] {
			r.receipts = append(r.receipts, given{"answered", 1})
		}
		if score[n.ID] > 0 {
			r.receipts = append(r.receipts, given{"useful", math.Log1p(float64(score[n.ID]))})
		}
		if accepted[n.ID] {
			r.receipts = append(r.receipts, given{"accepted", 3})
		}
		r.first = next + 1
		next += id.ID(len(r.skills) * len(r.receipts))
		rows = append(rows, r)
	}
	for part := range slices.Chunk(rows, 50) {
		if err := p.db.Write(ctx, func(tx *db.Tx) error {
			for _, r := range part {
				if err := p.insert(tx, r); err != nil {
					return err
				}
			}
			return nil
		}); err != nil {
			return err
		}
	}
	return nil
}

// answerRow is one answer with the receipts it gives.
type answerRow struct {
	source, author, first id.ID
	origin                string
	newcomer              bool
	at                    db.Time
	skills                []id.ID
	receipts              []given
}

func (p *Product) insert(tx *db.Tx, r answerRow) error {
	if r.newcomer {
		if _, err := tx.Exec(insertAuthorSQL, r.author, r.origin, r.origin, r.at); err != nil {
			return err
		}
	}
	key := r.first
	for _, g := range r.receipts {
		for _, skill := range r.skills {
			if _, err := tx.Exec(insertReceiptSQL, key, r.source, r.author, g.kind, int64(skill), g.weight, r.at); err != nil {
				return err
			}
			key++
		}
	}
	return p.index.Changed(tx, []id.ID{r.source})
}

// tags returns the skills of a question's tags.
func (p *Product) tags(s string) []id.ID {
	var out []id.ID
	for _, t := range strings.FieldsFunc(s, func(r rune) bool { return r == '<' || r == '>' || r == '|' }) {
		k, ok := p.skills[t]
		if !ok {
			k = id.ID(1<<40 + len(p.skills))
			p.skills[t] = k
		}
		out = append(out, k)
	}
	return out
}

// Rank asks who knows.
func (p *Product) Rank(ctx context.Context, q *Question, not []string) ([]string, error) {
	query := whoknows.Query{
		Skills: p.tags(q.Tags), Title: plain(q.Title), Words: plain(q.Body), Asker: p.author[q.Owner], Limit: asked,
	}
	for _, n := range not {
		if a := p.author[n]; a != 0 {
			query.Not = append(query.Not, a)
		}
	}
	var r whoknows.Ranking
	if err := p.db.Read(ctx, func(tx *db.Tx) (err error) {
		r, err = p.index.Rank(tx, p.reader, query)
		return err
	}); err != nil {
		return nil, err
	}
	out := make([]string, len(r.People))
	for i, f := range r.People {
		out[i] = p.origin[f.Author]
	}
	return out, nil
}

// plain is the text without its markup.
func plain(s string) string { return html.UnescapeString(tagPattern.ReplaceAllString(s, " ")) }
