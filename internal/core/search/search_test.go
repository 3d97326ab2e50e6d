package search_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/guildhall/guildhall/internal/core/access"
	"github.com/guildhall/guildhall/internal/core/people"
	"github.com/guildhall/guildhall/internal/core/search"
	"github.com/guildhall/guildhall/internal/core/subject"
	"github.com/guildhall/guildhall/internal/platform/clock"
	"github.com/guildhall/guildhall/internal/platform/db"
	"github.com/guildhall/guildhall/internal/platform/db/dbtest"
	"github.com/guildhall/guildhall/internal/platform/id"
)

// shelf is an organisation of Ada Lind and Ben Oyelaran; Ben belongs to the
// circle as well.
type shelf struct {
	*testing.T
	db       *db.DB
	ada, ben access.Actor
	circle   id.ID
}

func newShelf(t *testing.T, d *db.DB) *shelf {
	s := &shelf{T: t, db: d}
	c := clock.NewMoved(time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC))
	s.write(func(tx *db.Tx) error { return access.EnsureOrganisation(tx, c) })
	p := people.New(d, c)
	s.write(func(tx *db.Tx) error {
		ada, err := p.Join(tx, people.Joiner{Name: "Ada Lind", Title: "Specialist for looms"}, true)
		if err != nil {
			return err
		}
		ben, err := p.Join(tx, people.Joiner{Name: "Ben Oyelaran"}, true)
		if err != nil {
			return err
		}
		s.ada, s.ben = access.Actor{Person: ada.Person, Author: ada.Author}, access.Actor{Person: ben.Person, Author: ben.Author}
		if s.circle, err = access.NewAudience(tx, c, "community", 1); err != nil {
			return err
		}
		return access.Join(tx, s.circle, s.ben.Person, "member")
	})
	return s
}

func (s *shelf) write(f func(tx *db.Tx) error) {
	s.Helper()
	if err := s.db.Write(context.Background(), f); err != nil {
		s.Fatal(err)
	}
}

func (s *shelf) save(docs ...search.Doc) {
	s.Helper()
	s.write(func(tx *db.Tx) error {
		for _, d := range docs {
			if d.Audience == 0 {
				d.Audience = access.Organisation
			}
			if err := search.Save(tx, d); err != nil {
				return err
			}
		}
		return nil
	})
}

func (s *shelf) find(by access.Actor, q search.Query) search.Found {
	s.Helper()
	var out search.Found
	if err := s.db.Read(context.Background(), func(tx *db.Tx) (err error) {
		out, err = search.Find(tx, by, q)
		return err
	}); err != nil {
		s.Fatalf("%q: %v", q.Words, err)
	}
	return out
}

// finds wants exactly these things, best first.
func (s *shelf) finds(by access.Actor, q search.Query, want ...id.ID) {
	s.Helper()
	var got []id.ID
	for _, h := range s.find(by, q).Hits {
		got = append(got, h.ID)
	}
	if !slices.Equal(got, want) {
		s.Errorf("%+v finds %v, not %v", q, got, want)
	}
}

func question(n id.ID, title, tags, body string) search.Doc {
	return search.Doc{ID: n, Kind: subject.Question, Title: title, Tags: tags, Body: body, Lang: "en"}
}

func answer(n, of id.ID, body string) search.Doc {
	return search.Doc{ID: n, Kind: subject.Answer, Parent: of, Body: body, Lang: "en"}
}

func TestTitlesComeBeforeTextsAndNewBeforeOld(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s := newShelf(t, d)
		s.save(
			question(11, "Why does the lathe chatter?", "Turning", "It leaves marks on brass."),
			answer(12, 11, "Turn slower, and look at the tool post."),
			question(13, "Which lathe for the new hall?", "Buying", "Turning brass mostly."),
			answer(14, 13, "The lathe of the old hall is good enough."),
			question(15, "Where are the aprons?", "", "Next to the lathe?"),
		)
		s.finds(s.ada, search.Query{Words: "lathe"}, 13, 11, 15, 14)
		s.finds(s.ada, search.Query{Words: "Lathe HALL"}, 13, 14)
		s.finds(s.ada, search.Query{Words: "brass turning"}, 13, 11) // tags belong to the words
		s.finds(s.ada, search.Query{Words: "tool post"}, 12)
		s.finds(s.ada, search.Query{Words: "lathe", Kinds: []subject.Kind{subject.Answer}}, 14)
		s.finds(s.ada, search.Query{Words: "lathe", Kinds: []subject.Kind{subject.Question}}, 13, 11, 15)
		s.finds(s.ada, search.Query{Words: "lathe", Kinds: []subject.Kind{subject.Person}})
		s.finds(s.ada, search.Query{Words: "lathe", Limit: 1}, 13)
		s.finds(s.ada, search.Query{Words: "question"}) // the kind is no word of a text
		s.finds(s.ada, search.Query{Words: "marks", Like: []id.ID{15}}, 15, 11)
		s.finds(s.ada, search.Query{Words: "?!"})
		s.finds(access.Actor{}, search.Query{Words: "lathe"})
		if h := s.find(s.ada, search.Query{Words: "tool post"}).Hits[0]; h.Kind != subject.Answer || h.Parent != 11 {
			t.Errorf("%+v", h)
		}
	})
}

func TestNamesAreFoundByTheirBeginnings(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s := newShelf(t, d)
		s.save(
			search.Doc{ID: 21, Kind: subject.Skill, Title: "Weaving", Tags: "loom work", Body: "Cloth from threads."},
			search.Doc{ID: 22, Kind: subject.Skill, Title: "C++", Body: "A language."},
			search.Doc{ID: 23, Kind: subject.Skill, Title: "C", Body: "An older language."},
			question(24, "Who orders looms?", "Weaving", ""),
		)
		ada, ben := s.ada.Person, s.ben.Person
		s.finds(s.ada, search.Query{Words: "oye"}, ben)
		s.finds(s.ada, search.Query{Words: "ben o"}, ben)
		s.finds(s.ada, search.Query{Words: "lind specialist"}, ada)
		s.finds(s.ada, search.Query{Words: "weav"}, 21)
		s.finds(s.ada, search.Query{Words: "weaving"}, 21, 24)
		s.finds(s.ada, search.Query{Words: "loom"}, 21) // by another name
		s.finds(s.ada, search.Query{Words: "c++"}, 22)
		s.finds(s.ada, search.Query{Words: "looms", Kinds: []subject.Kind{subject.Person}}, ada)
		s.finds(s.ada, search.Query{Words: "loom", Kinds: []subject.Kind{subject.Person}}, ada) // nobody has the word as it is
	})
}

func TestTheLastWordMayGoOn(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s := newShelf(t, d)
		s.save(
			question(31, "How is the calibration of gauges done?", "", ""),
			question(32, "Gauges", "", "Who calibrates them?"),
			question(33, "Gauges again", "", "A calib is no word."),
		)
		learnt := map[string]int{}
		search.Learnable("calibration calibrates gauges", learnt)
		s.write(func(tx *db.Tx) error { return search.Learn(tx, learnt) })
		s.finds(s.ada, search.Query{Words: "gauges ca", Prefix: true}, 31)
		s.finds(s.ada, search.Query{Words: "gauges cali", Prefix: true}, 31, 32)
		s.finds(s.ada, search.Query{Words: "gauges calibra", Prefix: true}, 31, 32)
		s.finds(s.ada, search.Query{Words: "gauges calibr"}, 31, 32)       // nothing has the word as it is
		s.finds(s.ada, search.Query{Words: "gauges calib"}, 33)            // one thing has
		s.finds(s.ada, search.Query{Words: "calibr gauges", Prefix: true}) // not the last one
		s.finds(s.ada, search.Query{Words: "gauges zz", Prefix: true})
	})
}

func TestAMistypedWordIsGuessed(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s := newShelf(t, d)
		s.save(question(41, "Why does the spindle wobble?", "", ""))
		learnt := map[string]int{}
		search.Learnable("Why does the spindle wobble?", learnt)
		s.write(func(tx *db.Tx) error { return search.Learn(tx, learnt) })
		for _, w := range []string{"spindel", "spimdle", "spinle", "spiindle"} {
			f := s.find(s.ada, search.Query{Words: w + " wobble"})
			if f.Instead != "spindle wobble" || len(f.Hits) != 1 || f.Hits[0].ID != 41 {
				t.Errorf("%s: %+v", w, f)
			}
		}
		if f := s.find(s.ada, search.Query{Words: "spindle wobble"}); f.Instead != "" || len(f.Hits) != 1 {
			t.Errorf("%+v", f)
		}
		if f := s.find(s.ada, search.Query{Words: "canteen"}); f.Instead != "" || len(f.Hits) != 0 {
			t.Errorf("%+v", f)
		}
	})
}

func TestOnlyWhatTheActorMaySeeIsFound(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s := newShelf(t, d)
		seen := question(51, "Seal for the pump", "Sealing", "graphite")
		hidden := []search.Doc{question(52, "Seal for the prototype", "Sealing", "graphite"), answer(53, 52, "A graphite seal.")}
		for i := range hidden {
			hidden[i].Audience = s.circle
		}
		s.save(append(hidden, seen)...)
		for range 100 { // more than a stratum reads
			hidden = append(hidden, question(id.ID(100+len(hidden)), "Seal", "Sealing", "graphite"))
			hidden[len(hidden)-1].Audience = s.circle
		}
		s.save(hidden[2:]...)
		for _, words := range []string{"seal", "graphite", "sealing seal", "sea"} {
			s.finds(s.ada, search.Query{Words: words, Prefix: true}, 51)
		}
		s.finds(s.ada, search.Query{Words: "prototype"})
		s.finds(s.ben, search.Query{Words: "prototype"}, 52)
	})
}

func TestWhatChangedIsFoundByItsNewWordsOnly(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s := newShelf(t, d)
		s.save(question(61, "Seal for the pump", "Sealing", "graphite"), answer(62, 61, "copper"))
		s.save(question(61, "Gasket for the pump", "Gaskets", "rubber"), answer(62, 61, "cork"))
		for _, w := range []string{"seal", "sealing", "graphite", "copper"} {
			s.finds(s.ada, search.Query{Words: w})
		}
		for _, w := range []string{"gasket", "gaskets", "rubber"} {
			s.finds(s.ada, search.Query{Words: w}, 61)
		}
		s.finds(s.ada, search.Query{Words: "cork"}, 62)
		s.write(func(tx *db.Tx) error {
			for _, n := range []id.ID{61, 62, s.ben.Person} {
				if err := search.Remove(tx, n); err != nil {
					return err
				}
			}
			return nil
		})
		for _, w := range []string{"gasket", "rubber", "cork", "oyelaran"} {
			s.finds(s.ada, search.Query{Words: w})
		}
	})
}

// TestAnyWordsAreAQuery sends what could be syntax of a database.
func TestAnyWordsAreAQuery(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s := newShelf(t, d)
		s.save(question(71, "Straße 東京 not and or near 1e5", "", "пример"))
		for _, words := range []string{
			"strasse", "Straße", "東京", "пример", "not", "and or", "NEAR", "near(1e5", `"`, `1e5"*`, "a:*", "title : x", "§question", "-", "x'--", "\x00", "\xff\xfe",
			strings.Repeat("near ", 40), fmt.Sprint(strings.Repeat("x", 3000)),
		} {
			for _, prefix := range []bool{true, false} {
				s.find(s.ada, search.Query{Words: words, Prefix: prefix})
			}
		}
		s.finds(s.ada, search.Query{Words: "東京 not and"}, 71)
		s.finds(s.ada, search.Query{Words: "ПРИМЕР"}, 71)
	})
}
