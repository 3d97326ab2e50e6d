package skills

import (
	"context"
	"slices"
	"time"

	"github.com/guildhall/guildhall/internal/core/access"
	"github.com/guildhall/guildhall/internal/core/ledger"
	"github.com/guildhall/guildhall/internal/platform/db"
	"github.com/guildhall/guildhall/internal/platform/fault"
	"github.com/guildhall/guildhall/internal/platform/id"
)

// Whole is a skill with what is known of it.
type Whole struct {
	Tag
	Description string
	Category    string
	State       string // active, deprecated, merged
	MergedInto  id.ID
	Parent      Tag
	Synonyms    []string
	Levels      map[int]string // behavioural descriptions, only those of this skill
	Narrower    []Tag
	People      []ledger.Standing // best first
	Says        map[id.ID]Declaration
	Coverage    []Coverage
	Created     time.Time
	Origin      string // of an imported one: onet, esco, csv; guildhall of our own
}

// Coverage counts the people of a unit who openly say that they can teach a
// skill, by level: what people list publicly may be counted.
type Coverage struct {
	Unit   string
	Levels [5]int // 1 to 4
}

// Open returns a skill with at most the given number of people who know it.
// Skills are there for members of the organisation only.
func (s *Service) Open(ctx context.Context, by access.Actor, skill id.ID, people int) (w Whole, err error) {
	err = s.db.Read(ctx, func(tx *db.Tx) error {
		var ok bool
		w, ok, err = db.One(tx, openSQL, scanWhole, by.Person, skill)
		if err != nil {
			return err
		}
		if !ok {
			return fault.Missing()
		}
		if w.State == "merged" {
			return nil
		}
		if w.Synonyms, err = db.All(tx, synonymsSQL, func(r *db.Rows, n *string) error { return r.Scan(n) }, skill); err != nil {
			return err
		}
		w.Levels = map[int]string{}
		if _, err = db.All(tx, levelsSQL, func(r *db.Rows, _ *struct{}) error {
			var level int
			var text string
			err := r.Scan(&level, &text)
			w.Levels[level] = text
			return err
		}, skill); err != nil {
			return err
		}
		if w.Narrower, err = db.All(tx, narrowerSQL, scanTag, skill); err != nil {
			return err
		}
		if w.People, err = ledger.OfSkill(tx, by, skill, people); err != nil {
			return err
		}
		rows, err := db.All(tx, coverageSQL, scanCoverage, by.Person, skill)
		if err != nil {
			return err
		}
		w.Coverage = nil
		for _, r := range rows {
			if n := len(w.Coverage); n == 0 || w.Coverage[n-1].Unit != r.unit {
				w.Coverage = append(w.Coverage, Coverage{Unit: r.unit})
			}
			w.Coverage[len(w.Coverage)-1].Levels[min(max(r.level, 0), 4)] += r.count
		}
		return nil
	})
	return w, err
}

type coverageRow struct {
	unit         string
	level, count int
}

// Listed is a skill in the list of skills.
type Listed struct {
	Tag
	Category string
	SortKey  string
	Teach    int // people who openly say that they can teach it
}

// ListFilter chooses skills of the list.
type ListFilter struct {
	Kind     Kind   // "" for both
	Category string // "" for all
	AfterKey string // sort key and id of the last one seen
	AfterID  id.ID
	Limit    int // 50 when 0, at most 200
}

func scanListed(r *db.Rows, l *Listed) error {
	return r.Scan(&l.ID, &l.Kind, &l.Name, &l.Category, &l.SortKey, &l.Teach)
}

// Find returns the active skills somebody typing the words may mean, as Suggest
// does, with what a list of skills says of them. Of the filter only kind,
// category and limit count.
func (s *Service) Find(ctx context.Context, by access.Actor, words string, f ListFilter) ([]Listed, error) {
	found, err := s.Suggest(ctx, by, words, findMost)
	if err != nil || len(found) == 0 {
		return nil, err
	}
	at := make(map[id.ID]int, len(found))
	ids := make([]id.ID, len(found))
	for i, x := range found {
		at[x.ID], ids[i] = i, x.ID
	}
	var out []Listed
	err = s.db.Read(ctx, func(tx *db.Tx) (err error) {
		out, err = db.All(tx, someSQL, scanListed, by.Person, ids)
		return err
	})
	out = slices.DeleteFunc(out, func(l Listed) bool {
		return f.Kind != "" && l.Kind != f.Kind || f.Category != "" && l.Category != f.Category
	})
	slices.SortFunc(out, func(a, b Listed) int { return at[a.ID] - at[b.ID] })
	if f.Limit > 0 && len(out) > f.Limit {
		out = out[:f.Limit]
	}
	return out, err
}

// findMost is how many skills a search for one finds at most.
const findMost = 50

// List returns active skills by name, and whether there are more.
func (s *Service) List(ctx context.Context, by access.Actor, f ListFilter) (out []Listed, more bool, err error) {
	if f.Limit <= 0 || f.Limit > 200 {
		f.Limit = 50
	}
	err = s.db.Read(ctx, func(tx *db.Tx) error {
		q := listSkills.With(by.Person, f.AfterKey, int64(f.AfterID), f.Limit+1)
		sql, args := q.If(f.Kind != "", byKindFilterSQL, string(f.Kind)).If(f.Category != "", byCategoryFilterSQL, f.Category).Build()
		out, err = db.All(tx, sql, scanListed, args...)
		return err
	})
	if len(out) > f.Limit {
		return out[:f.Limit], true, err
	}
	return out, false, err
}

// Taught returns the names of skills that others openly say they can teach, the
// latest said first, each once and at most so many. There are none for who is no
// member of the organisation.
func Taught(tx *db.Tx, by access.Actor, most int) (out []string, err error) {
	// Several people may teach the same, so more are read than are wanted.
	names, err := db.All(tx, taughtSQL, func(r *db.Rows, n *string) error { return r.Scan(n) }, by.Person, 10*most)
	for _, n := range names {
		if len(out) < most && !slices.Contains(out, n) {
			out = append(out, n)
		}
	}
	return out, err
}

// Categories returns the categories of active skills by name.
func (s *Service) Categories(ctx context.Context, by access.Actor) (out []string, err error) {
	err = s.db.Read(ctx, func(tx *db.Tx) error {
		out, err = db.All(tx, categoriesSQL, func(r *db.Rows, c *string) error { return r.Scan(c) }, by.Person)
		return err
	})
	return out, err
}

// LevelsOf returns the behavioural descriptions of some skills.
func LevelsOf(tx *db.Tx, skills []id.ID) (map[id.ID]map[int]string, error) {
	out := map[id.ID]map[int]string{}
	_, err := db.All(tx, levelsOfSQL, func(r *db.Rows, _ *struct{}) error {
		var n id.ID
		var level int
		var text string
		if err := r.Scan(&n, &level, &text); err != nil {
			return err
		}
		if out[n] == nil {
			out[n] = map[int]string{}
		}
		out[n][level] = text
		return nil
	}, skills)
	return out, err
}

// Origins returns which public lists skills were brought from: onet, esco.
func (s *Service) Origins(ctx context.Context) (out []string, err error) {
	err = s.db.Read(ctx, func(tx *db.Tx) error {
		out, err = db.All(tx, originsSQL, func(r *db.Rows, o *string) error { return r.Scan(o) })
		return err
	})
	return out, err
}
