package people

import (
	"context"
	"sort"
	"strings"

	"github.com/guildhall/guildhall/internal/core/access"
	"github.com/guildhall/guildhall/internal/platform/db"
	"github.com/guildhall/guildhall/internal/platform/fault"
	"github.com/guildhall/guildhall/internal/platform/id"
)

// Entry is a person in a list.
type Entry struct {
	ID      id.ID
	Author  id.ID
	Name    string
	SortKey string
	Title   string
	Unit    string // "" for a reader who does not belong to the organisation
	Site    string
	Zone    string
	Cut     int
	Picture string
	Reports int // people who report to them; filled by Chart only
}

// Filter chooses people of the directory. Zero fields choose everybody.
type Filter struct {
	Name     string // the beginning of any part of the name
	Unit     id.ID  // with the units below it
	Site     id.ID
	Skill    id.ID  // who says that they can teach it
	Language string // BCP 47, of its first part
	AfterKey string // sort key and id of the last person seen
	AfterID  id.ID
	Limit    int // 30 when 0, at most 100
}

// List returns people by name, and whether there are more.
func (s *Service) List(ctx context.Context, by access.Actor, f Filter) (out []Entry, more bool, err error) {
	if f.Limit <= 0 || f.Limit > 100 {
		f.Limit = 30
	}
	lang, _, _ := strings.Cut(strings.ToLower(strings.TrimSpace(f.Language)), "-")
	err = s.db.Read(ctx, func(tx *db.Tx) error {
		units := []id.ID{}
		if f.Unit != 0 {
			if units, err = db.All(tx, unitsBelowSQL, func(r *db.Rows, n *id.ID) error { return r.Scan(n) }, f.Unit); err != nil {
				return err
			}
		}
		q := listPeople.With(by.Person, f.AfterKey, int64(f.AfterID), f.Limit+1)
		name := namePattern(f.Name)
		q.If(name != "", byNameFilterSQL, name)
		q.If(f.Unit != 0, byUnitFilterSQL, units)
		q.If(f.Site != 0, bySiteFilterSQL, f.Site)
		q.If(f.Skill != 0, bySkillFilterSQL, f.Skill)
		// The tag itself, or one that goes on to name a script or country.
		q.If(lang != "", byLanguageFilterSQL, "% "+escape(lang)+" %", "% "+escape(lang)+"-%")
		sql, args := q.Build()
		out, err = db.All(tx, sql, scanEntryRow, args...)
		return err
	})
	if err != nil {
		return nil, false, err
	}
	if len(out) > f.Limit {
		return out[:f.Limit], true, nil
	}
	return out, false, nil
}

// namePattern matches names of which some part begins so; "" matches all.
func namePattern(name string) string {
	key := SortKey(name)
	if key == "" {
		return ""
	}
	return "% " + escape(key) + "%"
}

// escape takes the meaning from LIKE's signs; the escape character is "!".
func escape(s string) string {
	return strings.NewReplacer("!", "!!", "%", "!%", "_", "!_").Replace(s)
}

// Some returns those of the people that the actor may see, by id.
func Some(tx *db.Tx, by access.Actor, people []id.ID) (map[id.ID]Entry, error) {
	out := make(map[id.ID]Entry, len(people))
	if len(people) == 0 {
		return out, nil
	}
	rows, err := db.All(tx, someSQL, scanEntryRow, by.Person, people)
	for _, r := range rows {
		out[r.ID] = r
	}
	return out, err
}

// Backups returns, by person, whom they named to be asked in their place, of
// those the actor may see. Who named nobody, or somebody who left, is absent.
func Backups(tx *db.Tx, by access.Actor, people []id.ID) (map[id.ID]Named, error) {
	out := make(map[id.ID]Named, len(people))
	if len(people) == 0 {
		return out, nil
	}
	rows, err := tx.Query(backupsSQL, by.Person, people)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var person id.ID
		var n Named
		if err := rows.Scan(&person, &n.ID, &n.Name); err != nil {
			return nil, err
		}
		out[person] = n
	}
	return out, rows.Err()
}

// Chart is one step of the reporting line: everybody above a person, nearest
// last, the person, and who reports to them.
type Chart struct {
	Above   []Entry
	At      Entry // zero at the top
	Reports []Entry
	More    bool // there are more than 200 reports
}

// Chart returns the reporting line around a person, or at the top of the
// organisation for 0. Only members of the organisation see it.
func (s *Service) Chart(ctx context.Context, by access.Actor, at id.ID) (c Chart, err error) {
	err = s.db.Read(ctx, func(tx *db.Tx) error {
		c = Chart{}
		if err := access.NeedSees(tx, by, access.Organisation); err != nil {
			return err
		}
		if at != 0 {
			line, err := db.All(tx, lineSQL, scanEntryRow, by.Person, at)
			if err != nil {
				return err
			}
			if len(line) == 0 {
				return fault.Missing()
			}
			c.At = line[0]
			for i := len(line) - 1; i > 0; i-- {
				c.Above = append(c.Above, line[i])
			}
			c.Reports, err = db.All(tx, reportsOfSQL, scanReport, by.Person, at, 201)
			if err != nil {
				return err
			}
		} else if c.Reports, err = db.All(tx, topSQL, scanReport, by.Person, 201); err != nil {
			return err
		}
		if c.More = len(c.Reports) > 200; c.More {
			c.Reports = c.Reports[:200]
		}
		return nil
	})
	return c, err
}

// Units returns the units of the organisation by name, for its members.
func (s *Service) Units(ctx context.Context, by access.Actor) (out []Named, err error) {
	err = s.db.Read(ctx, func(tx *db.Tx) error {
		out, err = db.All(tx, unitsSQL, scanNamed, by.Person)
		return err
	})
	return out, err
}

// Sites returns the sites of the organisation by name, for its members.
func (s *Service) Sites(ctx context.Context, by access.Actor) (out []Named, err error) {
	err = s.db.Read(ctx, func(tx *db.Tx) error {
		out, err = db.All(tx, sitesSQL, scanNamed, by.Person)
		return err
	})
	return out, err
}

// Introducers returns up to three people who have worked with both the actor
// and the person, the most recent first, and whether the two have worked with
// each other already. It reads what both could open: answers and endorsements
// that the actor may see.
func (s *Service) Introducers(ctx context.Context, by access.Actor, person id.ID) (out []Entry, met bool, err error) {
	err = s.db.Read(ctx, func(tx *db.Tx) error {
		out, met = nil, false
		mine, err := ties(tx, by, by.Person)
		if err != nil {
			return err
		}
		theirs, err := ties(tx, by, person)
		if err != nil {
			return err
		}
		known := make(map[id.ID]bool, len(mine))
		for _, n := range mine {
			known[n] = true
		}
		if known[person] {
			met = true
			return nil
		}
		var both []id.ID
		for _, n := range theirs {
			if known[n] && n != by.Person && n != person && len(both) < 3 {
				both = append(both, n)
			}
		}
		cards, err := Some(tx, by, both)
		for _, n := range both {
			if c, ok := cards[n]; ok {
				out = append(out, c)
			}
		}
		return err
	})
	return out, met, err
}

// ties returns the people with whom a person has to do, the newest first,
// without doubles.
func ties(tx *db.Tx, by access.Actor, person id.ID) ([]id.ID, error) {
	all, err := db.All(tx, tiesSQL, func(r *db.Rows, n *id.ID) error {
		var at db.Time
		return r.Scan(n, &at)
	}, person, by.Person)
	if err != nil {
		return nil, err
	}
	seen := map[id.ID]bool{}
	out := all[:0]
	for _, n := range all {
		if !seen[n] {
			seen[n] = true
			out = append(out, n)
		}
	}
	return out, nil
}

// Spoken returns the languages that people say they speak, as tags, for the
// directory's filter; to members of the organisation only.
func (s *Service) Spoken(ctx context.Context, by access.Actor) ([]string, error) {
	var lists []string
	err := s.db.Read(ctx, func(tx *db.Tx) (err error) {
		lists, err = db.All(tx, spokenSQL, func(r *db.Rows, l *string) error { return r.Scan(l) }, by.Person)
		return err
	})
	seen := map[string]bool{}
	var out []string
	for _, l := range lists {
		for _, tag := range strings.Fields(l) {
			tag, _, _ = strings.Cut(tag, "-")
			if !seen[tag] {
				seen[tag] = true
				out = append(out, tag)
			}
		}
	}
	sort.Strings(out)
	return out, err
}
