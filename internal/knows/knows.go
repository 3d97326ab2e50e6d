// Package knows answers "who knows ...?": free text in, people with reasons
// out. Each reason leads to its proof; whether somebody can take a question now
// is said, how busy they are is not.
package knows

import (
	"cmp"
	"context"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/guildhall/guildhall/internal/core/access"
	"github.com/guildhall/guildhall/internal/core/ledger"
	"github.com/guildhall/guildhall/internal/core/people"
	"github.com/guildhall/guildhall/internal/core/skills"
	"github.com/guildhall/guildhall/internal/core/subject"
	"github.com/guildhall/guildhall/internal/core/whoknows"
	"github.com/guildhall/guildhall/internal/platform/clock"
	"github.com/guildhall/guildhall/internal/platform/db"
	"github.com/guildhall/guildhall/internal/platform/id"
)

// Service answers who knows.
type Service struct {
	db    *db.DB
	clock clock.Clock
	index *whoknows.Index
	// Swaps finds which of the people could teach the actor one of the skills
	// and openly want something the actor teaches; nil, or nobody, without swaps.
	Swaps func(tx *db.Tx, by access.Actor, people, skills []id.ID) (map[id.ID]Swap, error)
}

// Swap is a swap that could be proposed to somebody.
type Swap struct {
	Learn, Teach skills.Tag // for the actor
	URL          string     // of the form
}

// New returns the service.
func New(d *db.DB, c clock.Clock, index *whoknows.Index) *Service {
	return &Service{db: d, clock: c, index: index}
}

// Asked is what somebody wants to know.
type Asked struct {
	Text  string
	Not   []id.ID // skills that were read from the text and taken away again
	Limit int     // Limit when 0
	// Proven asks for a reason for everybody: see Reason.Lately. Who has not
	// even that is left out.
	Proven bool
}

// Limit is how many people an answer names, and LimitMost at most.
const (
	Limit     = 8
	LimitMost = 100
)

// Answer is who knows.
type Answer struct {
	Skills []skills.Mention // read from the text
	Words  string           // the text
	People []Person         // best first
	Near   []Person         // cover little of what was asked
	Newer  *Person          // little but fresh evidence
	// Counting tells that the index is being made anew, so that people are missing.
	Counting bool
}

// Ranked returns everybody of the answer, near misses too, in the one order of
// the ranking.
func (a Answer) Ranked() []Person {
	out := append(slices.Clone(a.People), a.Near...)
	slices.SortFunc(out, func(x, y Person) int { return cmp.Compare(x.place, y.place) })
	return out
}

// Person is somebody who knows.
type Person struct {
	people.Byline
	Title     string
	Site      string
	Reasons   []Reason
	Available bool         // can take a question now
	Away      bool         // says so themselves
	Local     time.Time    // now, in their zone; zero for an imported profile
	Backup    people.Named // whom to ask in their place; zero when nobody is named or free
	Near      bool         // covers little of what was asked
	Swap      *Swap
	place     int
}

// Reason is one receipt that speaks for somebody.
type Reason struct {
	subject.Card
	Skill string // when the receipt shows a skill that was asked for
	// Lately tells that this speaks of nothing that was asked for. It is what a
	// person showed last, who is named only because they answer much.
	Lately bool
}

// Who ranks people for a question in free text.
func (s *Service) Who(ctx context.Context, by access.Actor, a Asked) (Answer, error) {
	var out Answer
	if err := by.NeedKnown(); err != nil {
		return out, err
	}
	a.Text = strings.TrimSpace(a.Text)
	if a.Limit <= 0 {
		a.Limit = Limit
	}
	a.Limit = min(a.Limit, LimitMost)
	if r := []rune(a.Text); len(r) > 2000 {
		a.Text = string(r[:2000])
	}
	// The name of the page is no part of what is asked.
	if m := opening.FindString(a.Text); len(m) < len(a.Text) {
		a.Text = a.Text[len(m):]
	}
	err := s.db.Read(ctx, func(tx *db.Tx) error {
		out = Answer{Words: a.Text}
		member, err := access.Sees(tx, by, access.Organisation)
		if err != nil || !member || a.Text == "" {
			return err
		}
		tags, err := skills.InText(tx, a.Text)
		if err != nil {
			return err
		}
		q := whoknows.Query{Title: a.Text, Limit: a.Limit, Own: by.Author}
		for _, t := range tags {
			if !contains(a.Not, t.ID) {
				out.Skills = append(out.Skills, t)
				q.Skills = append(q.Skills, t.ID)
			}
		}
		ranking, err := s.index.Rank(tx, by.Person, q)
		if err != nil {
			return err
		}
		out.Counting = ranking.Counting
		return s.fill(tx, by, ranking, a.Proven, &out)
	})
	return out, err
}

// examplesShown is how many examples stand where nothing is asked yet.
const examplesShown = 3

// Examples returns the names of skills that somebody else here can teach: words
// that find people. There are none where nobody said anything.
func (s *Service) Examples(ctx context.Context, by access.Actor) (out []string, err error) {
	err = s.db.Read(ctx, func(tx *db.Tx) error {
		out, err = skills.Taught(tx, by, examplesShown)
		return err
	})
	return out, err
}

// opening is how people begin who read the name of the page.
var opening = regexp.MustCompile(`(?i)^\s*who\s+knows?\b[\s.…:]*`)

func contains(list []id.ID, n id.ID) bool {
	for _, x := range list {
		if x == n {
			return true
		}
	}
	return false
}

// fill turns a ranking into people, with one query for each kind of thing.
func (s *Service) fill(tx *db.Tx, by access.Actor, ranking whoknows.Ranking, proven bool, out *Answer) error {
	found := ranking.People
	if ranking.Newer != nil {
		found = append(found[:len(found):len(found)], *ranking.Newer)
	}
	var authors, lively, sources, skillIDs []id.ID
	for _, f := range found {
		authors = append(authors, f.Author)
		if len(f.Reasons) == 0 {
			lively = append(lively, f.Author)
		}
		for _, r := range f.Reasons {
			sources = append(sources, r.Source)
			if r.Skill != 0 {
				skillIDs = append(skillIDs, r.Skill)
			}
		}
	}
	newest := map[id.ID]id.ID{}
	if proven {
		var err error
		if newest, err = ledger.Newest(tx, by, lively); err != nil {
			return err
		}
		for _, n := range newest {
			sources = append(sources, n)
		}
	}
	lines, err := people.Bylines(tx, by, authors)
	if err != nil {
		return err
	}
	cards, err := subject.Resolve(tx, by, sources)
	if err != nil {
		return err
	}
	names, err := skills.Names(tx, skillIDs)
	if err != nil {
		return err
	}
	var ids []id.ID
	for _, l := range lines {
		if l.Person != 0 {
			ids = append(ids, l.Person)
		}
	}
	entries, err := people.Some(tx, by, ids)
	if err != nil {
		return err
	}
	free, err := s.Free(tx, ids)
	if err != nil {
		return err
	}
	swaps := map[id.ID]Swap{}
	if s.Swaps != nil && len(out.Skills) > 0 && len(ids) > 0 {
		asked := make([]id.ID, len(out.Skills))
		for i, t := range out.Skills {
			asked[i] = t.ID
		}
		if swaps, err = s.Swaps(tx, by, ids, asked); err != nil {
			return err
		}
	}
	backups, err := people.Backups(tx, by, ids)
	if err != nil {
		return err
	}
	for i, f := range found {
		line, ok := lines[f.Author]
		if !ok {
			continue
		}
		// Where nobody shows anything of what was asked, nobody covers less of it
		// than the best: who then is named without a reason is a near miss too.
		p := Person{Byline: line, Near: f.Near || len(f.Reasons) == 0, place: i}
		if e, ok := entries[line.Person]; ok {
			p.Title, p.Site = e.Title, e.Site
			if zone, err := time.LoadLocation(e.Zone); err == nil {
				p.Local = s.clock.Now().In(zone)
			}
			p.Available, p.Away = free[line.Person].now, free[line.Person].away
			p.Backup = backups[line.Person]
		}
		if x, ok := swaps[line.Person]; ok {
			p.Swap = &x
		}
		for _, r := range f.Reasons {
			if c, ok := cards[r.Source]; ok {
				p.Reasons = append(p.Reasons, Reason{Card: c, Skill: names[r.Skill]})
			}
		}
		if c, ok := cards[newest[f.Author]]; ok && len(p.Reasons) == 0 {
			p.Reasons = append(p.Reasons, Reason{Card: c, Lately: true})
		}
		if proven && len(p.Reasons) == 0 {
			continue
		}
		switch {
		case i == len(ranking.People):
			out.Newer = &p
		case p.Near:
			out.Near = append(out.Near, p)
		default:
			out.People = append(out.People, p)
		}
	}
	// Whoever named nobody and cannot be asked now has the next best as backup
	// who can.
	for i, p := range out.People {
		if p.Backup.ID != 0 || p.Available || p.Person == 0 {
			continue
		}
		for _, o := range out.People {
			if o.Available && o.Person != by.Person {
				out.People[i].Backup = people.Named{ID: o.Person, Name: o.Name}
				break
			}
		}
	}
	return nil
}

// freedom is whether somebody can take a question. How much they were asked
// stays here.
type freedom struct {
	now, week, away bool
}

// Free tells who can take a question: now, and this week at all.
func (s *Service) Free(tx *db.Tx, ids []id.ID) (map[id.ID]freedom, error) {
	out := make(map[id.ID]freedom, len(ids))
	calendars, err := people.Calendars(tx, ids)
	if err != nil {
		return nil, err
	}
	budgets, err := db.All(tx, budgetsSQL, scanBudget, db.At(s.clock.Now().AddDate(0, 0, -7)), ids)
	if err != nil {
		return nil, err
	}
	left := make(map[id.ID]bool, len(budgets))
	for _, b := range budgets {
		left[b.person] = b.asked < b.budget
	}
	now := s.clock.Now()
	for _, n := range ids {
		c, ok := calendars[n]
		if !ok {
			continue
		}
		away := c.Away(now)
		out[n] = freedom{now: left[n] && c.Askable(now), week: left[n] && !away, away: away}
	}
	return out, nil
}

// Question is a question to be put to people.
type Question struct {
	Asker    id.ID // author
	Audience id.ID
	Title    string
	Words    string
	Lang     string
	Skills   []id.ID
}

// Candidate is somebody who may be asked.
type Candidate struct {
	Person  id.ID
	Reasons []Reason
}

// Askable ranks those who may see a question and can take one this week: not
// away, and asked less often than they offered. What shows that they know is
// told to them alone, so it is what they may see themselves.
func (s *Service) Askable(ctx context.Context, q Question, limit int) ([]Candidate, error) {
	var out []Candidate
	err := s.db.Read(ctx, func(tx *db.Tx) error {
		out = nil
		now := s.clock.Now()
		barred, err := db.All(tx, barredSQL, scanID, db.At(now), db.At(now.AddDate(0, 0, -7)))
		if err != nil {
			return err
		}
		reader, err := people.PersonOf(tx, q.Asker)
		if err != nil || reader == 0 {
			return err
		}
		ranking, err := s.index.Rank(tx, reader, whoknows.Query{
			Title: q.Title, Words: q.Words, Lang: q.Lang, Skills: q.Skills, Asker: q.Asker, Not: barred,
			Limit: min(limit+10, LimitMost), // imported profiles among them cannot be asked
		})
		if err != nil {
			return err
		}
		var a Answer
		if err := s.fill(tx, access.Actor{Person: reader}, ranking, false, &a); err != nil {
			return err
		}
		for _, p := range append(a.People, a.Near...) {
			if p.Person == 0 || len(out) == limit {
				continue
			}
			sees, err := access.Sees(tx, access.Actor{Person: p.Person}, q.Audience)
			if err != nil {
				return err
			}
			if sees {
				out = append(out, Candidate{Person: p.Person, Reasons: p.Reasons})
			}
		}
		return nil
	})
	return out, err
}

// CanTake tells whether somebody can take a question now: at work, not in a busy
// season, not away, and asked less often this week than they offered.
func (s *Service) CanTake(ctx context.Context, person id.ID) (can bool, err error) {
	err = s.db.Read(ctx, func(tx *db.Tx) error {
		free, err := s.Free(tx, []id.ID{person})
		can = free[person].now
		return err
	})
	return can, err
}

// Learner is somebody who is learning a skill.
type Learner struct {
	Person id.ID
	Skill  string
}

// Learners returns people who are learning one of a question's skills and can
// take a question this week, those who already do it before those who only
// want to, whoever changed their profile last first. What they want may be
// private: it is for asking them, and told to nobody else.
func (s *Service) Learners(ctx context.Context, q Question, limit int) (out []Learner, err error) {
	if len(q.Skills) == 0 {
		return nil, nil
	}
	err = s.db.Read(ctx, func(tx *db.Tx) error {
		out = nil
		asker, err := people.PersonOf(tx, q.Asker)
		if err != nil {
			return err
		}
		found, err := db.All(tx, learnersSQL, scanLearner, q.Skills, learnersMost)
		if err != nil {
			return err
		}
		ids := make([]id.ID, len(found))
		for i, l := range found {
			ids[i] = l.Person
		}
		free, err := s.Free(tx, ids)
		if err != nil {
			return err
		}
		for _, l := range found {
			if len(out) == limit {
				break
			}
			if l.Person == asker || !free[l.Person].week || slices.ContainsFunc(out, func(o Learner) bool { return o.Person == l.Person }) {
				continue
			}
			sees, err := access.Sees(tx, access.Actor{Person: l.Person}, q.Audience)
			if err != nil {
				return err
			}
			if sees {
				out = append(out, l)
			}
		}
		return nil
	})
	return out, err
}

// learnersMost is how many of those who learn a skill are looked at.
const learnersMost = 100
