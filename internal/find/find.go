// Package find is the search box of the house: the page, the palette's answers
// and the API over what core/search finds.
package find

import (
	"context"
	"strings"
	"unicode/utf8"

	"github.com/guildhall/guildhall/internal/core/access"
	"github.com/guildhall/guildhall/internal/core/people"
	"github.com/guildhall/guildhall/internal/core/search"
	"github.com/guildhall/guildhall/internal/core/similar"
	"github.com/guildhall/guildhall/internal/core/subject"
	"github.com/guildhall/guildhall/internal/platform/db"
	"github.com/guildhall/guildhall/internal/platform/id"
)

// Service finds things and says enough of them to choose.
type Service struct {
	db *db.DB
	// Excerpts returns the beginning of texts that the actor may see, as
	// Markdown; Plain takes the markup out.
	Excerpts func(tx *db.Tx, by access.Actor, ids []id.ID) (map[id.ID]string, error)
	Plain    func(markdown string) string
}

// New returns the service.
func New(d *db.DB) *Service { return &Service{db: d} }

// PageSize is how many things a page shows.
const PageSize = 20

// Asked is what somebody looks for.
type Asked struct {
	Words  string
	Kind   subject.Kind // all when empty
	From   int          // things before the first one shown
	Limit  int          // PageSize when 0
	Typing bool         // for the palette: the last word may go on, and titles are enough
}

// Item is one thing found.
type Item struct {
	subject.Card
	By      people.Byline
	Excerpt string // plain text, "" for none
}

// Found is a page of what was found.
type Found struct {
	Items   []Item
	More    bool
	Instead string // what was looked for in place of mistyped words
}

// Find looks for the words among what the actor may see.
func (s *Service) Find(ctx context.Context, by access.Actor, a Asked) (Found, error) {
	var out Found
	if err := by.NeedKnown(); err != nil {
		return out, err
	}
	a.Words = strings.TrimSpace(a.Words)
	if utf8.RuneCountInString(a.Words) > 400 {
		a.Words = string([]rune(a.Words)[:400])
	}
	if a.Limit <= 0 || a.Limit > search.Most {
		a.Limit = PageSize
	}
	err := s.db.Read(ctx, func(tx *db.Tx) error {
		out = Found{}
		q := search.Query{Words: a.Words, Prefix: a.Typing}
		if a.Kind != "" {
			q.Kinds = []subject.Kind{a.Kind}
		}
		if strings.ContainsRune(a.Words, ' ') && (a.Kind == "" || a.Kind == subject.Question) {
			like, err := similar.Find(tx, by.Person, similar.Query{Title: a.Words, Limit: 20})
			if err != nil {
				return err
			}
			q.Like = like
		}
		found, err := search.Find(tx, by, q)
		if err != nil {
			return err
		}
		out.Instead = found.Instead
		hits := found.Hits[min(a.From, len(found.Hits)):]
		if out.More = len(hits) > a.Limit; out.More {
			hits = hits[:a.Limit]
		}
		return s.fill(tx, by, hits, a.Typing, &out)
	})
	return out, err
}

func (s *Service) fill(tx *db.Tx, by access.Actor, hits []search.Hit, typing bool, out *Found) error {
	ids := make([]id.ID, len(hits))
	var texts []id.ID
	for i, h := range hits {
		ids[i] = h.ID
		if h.Kind == subject.Answer {
			texts = append(texts, h.ID)
		}
	}
	cards, err := subject.Resolve(tx, by, ids)
	if err != nil {
		return err
	}
	var authors []id.ID
	for _, c := range cards {
		authors = append(authors, c.Author)
	}
	lines, err := people.Bylines(tx, by, authors)
	if err != nil {
		return err
	}
	var excerpts map[id.ID]string
	if !typing && len(texts) > 0 {
		if excerpts, err = s.Excerpts(tx, by, texts); err != nil {
			return err
		}
	}
	for _, h := range hits {
		c, ok := cards[h.ID]
		if !ok {
			continue
		}
		out.Items = append(out.Items, Item{Card: c, By: lines[c.Author], Excerpt: short(s.Plain(excerpts[h.ID]))})
	}
	return nil
}

// short is the beginning of a text, whole words.
func short(s string) string {
	s = strings.Join(strings.Fields(s), " ")
	if utf8.RuneCountInString(s) <= 180 {
		return s
	}
	r := []rune(s)[:180]
	cut := string(r)
	if i := strings.LastIndexByte(cut, ' '); i > 100 {
		cut = cut[:i]
	}
	return cut + " …"
}
