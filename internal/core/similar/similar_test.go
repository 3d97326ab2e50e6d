package similar

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/guildhall/guildhall/internal/core/access"
	"github.com/guildhall/guildhall/internal/core/people"
	"github.com/guildhall/guildhall/internal/platform/clock"
	"github.com/guildhall/guildhall/internal/platform/db"
	"github.com/guildhall/guildhall/internal/platform/db/dbtest"
	"github.com/guildhall/guildhall/internal/platform/id"
)

type shelf struct {
	rapid.TB
	db           *db.DB
	clock        clock.Clock
	ada, ben     id.ID // Ben belongs to the circle
	circle       id.ID
	organisation id.ID
}

func newShelf(t rapid.TB, d *db.DB) *shelf {
	s := &shelf{TB: t, db: d, clock: clock.NewMoved(time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)), organisation: access.Organisation}
	s.write(func(tx *db.Tx) error { return access.EnsureOrganisation(tx, s.clock) })
	p := people.New(d, s.clock)
	s.write(func(tx *db.Tx) error {
		ada, err := p.Join(tx, people.Joiner{Name: "Ada"}, true)
		if err != nil {
			return err
		}
		ben, err := p.Join(tx, people.Joiner{Name: "Ben"}, true)
		if err != nil {
			return err
		}
		s.ada, s.ben = ada.Person, ben.Person
		if s.circle, err = access.NewAudience(tx, s.clock, "community", 1); err != nil {
			return err
		}
		return access.Join(tx, s.circle, s.ben, "member")
	})
	return s
}

func (s *shelf) write(f func(tx *db.Tx) error) {
	s.Helper()
	if err := s.db.Write(context.Background(), f); err != nil {
		s.Fatal(err)
	}
}

func (s *shelf) save(subject, audience id.ID, title, body string) {
	s.Helper()
	p := Prepare(Doc{Subject: subject, Audience: audience, Title: title, Body: body, Lang: "en"})
	s.write(func(tx *db.Tx) error { return p.Save(tx) })
}

func (s *shelf) find(reader id.ID, q Query) []id.ID {
	s.Helper()
	var out []id.ID
	if err := s.db.Read(context.Background(), func(tx *db.Tx) (err error) {
		out, err = Find(tx, reader, q)
		return err
	}); err != nil {
		s.Fatal(err)
	}
	return out
}

func TestTheQuestionAskedBeforeComesFirst(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s := newShelf(t, d)
		s.save(11, 1, "Why does the lathe chatter at high speed?", "It leaves marks on brass.")
		s.save(12, 1, "Which gas for welding aluminium?", "Argon or helium?")
		s.save(13, 1, "High speed camera for the line", "Who has one?")
		if got := s.find(s.ada, Query{Title: "Lathe chatters at speed"}); len(got) == 0 || got[0] != 11 {
			t.Errorf("found %v", got)
		}
		if got := s.find(s.ada, Query{Title: "canteen menu on Fridays"}); got != nil {
			t.Errorf("nothing is close, but found %v", got)
		}
		if got := s.find(s.ada, Query{Title: "the and of"}); got != nil {
			t.Errorf("words that every text has find %v", got)
		}
		if got := s.find(s.ada, Query{Title: "welding gas", Not: 12}); slices.Contains(got, 12) {
			t.Errorf("a question is like itself: %v", got)
		}
		s.save(12, 1, "Where are the aprons?", "")
		if got := s.find(s.ada, Query{Title: "welding gas"}); got != nil {
			t.Errorf("found by words it no longer has: %v", got)
		}
	})
}

func TestWhatTheReaderMayNotSeeIsNeitherFoundNorFelt(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s := newShelf(t, d)
		s.save(21, 1, "Prototype seal leaks", "")
		s.save(22, 1, "Prototype drawing", "")
		before := s.find(s.ada, Query{Title: "prototype seal drawing"})
		for i := range id.ID(5) {
			s.save(30+i, s.circle, "Prototype seal drawing", "")
		}
		if got := s.find(s.ada, Query{Title: "prototype seal drawing"}); !slices.Equal(got, before) {
			t.Errorf("found %v, before %v", got, before)
		}
		if got := s.find(s.ben, Query{Title: "prototype seal drawing"}); !slices.Contains(got, 30) {
			t.Errorf("Ben, who may see it, finds %v", got)
		}
	})
}

func TestARemovedTextLeavesNoTrace(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s := newShelf(t, d)
		texts := []string{"lathe speed", "lathe chuck", "weld gas", ""}
		rapid.Check(t, func(t *rapid.T) {
			s.TB = t
			for range rapid.IntRange(1, 8).Draw(t, "steps") {
				subject := id.ID(rapid.IntRange(41, 43).Draw(t, "subject"))
				if rapid.Bool().Draw(t, "remove") {
					s.write(func(tx *db.Tx) error { return Remove(tx, subject) })
					continue
				}
				s.save(subject, rapid.SampledFrom([]id.ID{1, s.circle}).Draw(t, "audience"),
					rapid.SampledFrom(texts).Draw(t, "title"), rapid.SampledFrom(texts).Draw(t, "body"))
			}
			for subject := id.ID(41); subject <= 43; subject++ {
				s.write(func(tx *db.Tx) error { return Remove(tx, subject) })
			}
			if left := s.rows(); left != "0 0 0" {
				t.Fatalf("left are %s rows", left)
			}
		})
	})
}

func (s *shelf) rows() string {
	var n []string
	if err := s.db.Read(context.Background(), func(tx *db.Tx) error {
		n = nil
		for _, sql := range []string{`SELECT COUNT(*) FROM similar_docs`, `SELECT COUNT(*) FROM similar_postings`, `SELECT COUNT(*) FROM similar_terms`} {
			var c int
			if _, err := tx.Row(sql, []any{&c}); err != nil {
				return err
			}
			n = append(n, fmt.Sprint(c))
		}
		return nil
	}); err != nil {
		s.Fatal(err)
	}
	return strings.Join(n, " ")
}
