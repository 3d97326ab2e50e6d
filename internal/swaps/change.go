package swaps

import (
	"context"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/guildhall/guildhall/internal/core/access"
	"github.com/guildhall/guildhall/internal/core/event"
	"github.com/guildhall/guildhall/internal/core/skills"
	"github.com/guildhall/guildhall/internal/core/subject"
	"github.com/guildhall/guildhall/internal/platform/db"
	"github.com/guildhall/guildhall/internal/platform/fault"
	"github.com/guildhall/guildhall/internal/platform/id"
)

const (
	// maxVersions is how often two may go back and forth before only yes and no
	// are left.
	maxVersions = 20
	// ringAnswerDays is how long the others of a ring have at least to answer a
	// change.
	ringAnswerDays = 2
)

// Change is what somebody says to a proposed swap besides yes and no. All of it
// counts: what is to stay is said again.
type Change struct {
	Version int   // of the swap that it answers
	Teach   id.ID // what the actor teaches, 0 for nothing; not read for a ring of a round
	Learn   id.ID // what the actor is taught, 0 for nothing; not read for a ring of a round
	Lessons int
	Minutes int
	Format  string
	Note    string
}

// Terms are what a proposed swap said at one time.
type Terms struct {
	Version int
	Person  id.ID         // who said so, 0 for a round
	Teaches [2]skills.Tag // by the first and the second of two; zero for nothing, and in rings of a round
	Lessons int
	Minutes int
	Format  string
	Note    string
	At      time.Time
}

// Terms are what the swap says now.
func (w Swap) Terms() Terms {
	t := Terms{Version: w.Version, Person: w.Changer, Lessons: w.Lessons, Minutes: w.Minutes, Format: w.Format, Note: w.Note, At: w.Updated}
	if w.Version == 1 {
		t.At = w.Created
	}
	if w.Round == 0 {
		t.Teaches = [2]skills.Tag{w.Members[0].Skill, w.Members[1].Skill}
		if t.Person == 0 {
			t.Person = w.Members[0].Person
		}
	}
	return t
}

// Changeable tells whether the member may suggest a change now: it is their
// turn, and no other member is still asked alone, who would else be asked about
// terms that are not theirs to discuss.
func (w Swap) Changeable(me int) bool {
	if w.State != Proposed || w.Members[me].Answer != "" {
		return false
	}
	for i, m := range w.Members {
		if i != me && m.Closed && (m.Answer == "" || w.Members[me].Closed) {
			return false
		}
	}
	return true
}

// Suggest changes a proposed swap and accepts it as it then is. Everybody else
// is asked (again); nothing is agreed on before they accept. In a swap of two
// that somebody proposed, the skills may be changed too; in a ring of a round
// each member may change the lessons and the format once. It returns the new
// version. Event: swap.changed; swap.proposed when the others were not asked
// yet.
//
// Errors: NotFound, Conflict when it is not the actor's turn or somebody was
// faster, Invalid.
func (s *Service) Suggest(ctx context.Context, by access.Actor, swap id.ID, c Change) (version int, err error) {
	if err := by.NeedKnown(); err != nil {
		return 0, err
	}
	c.Note = strings.TrimSpace(c.Note)
	err = s.DB.Write(ctx, func(tx *db.Tx) error {
		version, err = s.suggest(tx, by, swap, c)
		return err
	})
	return version, err
}

func (s *Service) suggest(tx *db.Tx, by access.Actor, swap id.ID, c Change) (int, error) {
	// Who may not see the swap learns nothing from its fields.
	w, err := load(tx, by, swap)
	if err != nil {
		return 0, err
	}
	now, me := s.Clock.Now(), w.at(by.Person)
	said, err := db.All(tx, termsSQL, scanTerms, swap)
	if err != nil {
		return 0, err
	}
	switch {
	case w.State != Proposed:
		return 0, fault.New(fault.Conflict, "fault.swap_not_open")
	case now.After(w.Due):
		return 0, fault.New(fault.Conflict, "fault.swap_late")
	case w.Members[me].Answer == "yes":
		return 0, fault.New(fault.Conflict, "fault.swap_turn")
	case c.Version != w.Version:
		return 0, fault.New(fault.Conflict, "fault.swap_changed")
	case !w.Changeable(me):
		return 0, fault.New(fault.Conflict, "fault.swap_alone")
	case w.Round != 0 && slices.ContainsFunc(said, func(t Terms) bool { return t.Person == by.Person }), w.Version >= maxVersions:
		return 0, fault.New(fault.Conflict, "fault.swap_often")
	}
	next, err := s.changed(tx, w, me, c)
	if err != nil {
		return 0, err
	}
	if err := s.mayStand(tx, by.Person); err != nil {
		return 0, err
	}
	if len(said) == 0 {
		if _, err := s.keepTerms(tx, w); err != nil {
			return 0, err
		}
	}
	alone := w.Members[me].Closed // the others were not asked yet
	next.Version, next.Changer, next.Updated = w.Version+1, by.Person, now
	next.Due = s.due(now, proposalDays)
	if w.Round != 0 {
		if next.Due = s.due(now, ringAnswerDays); next.Due.Before(w.Due) {
			next.Due = w.Due
		}
	}
	if _, err := tx.Exec(changeSQL, next.Version, next.Changer, next.Owed, next.Note, next.Lessons, next.Minutes, next.Format, db.At(next.Due), db.At(now), w.ID); err != nil {
		return 0, err
	}
	for i := range next.Members {
		m := &next.Members[i]
		var answered time.Time
		if i == me {
			m.Answer, answered = "yes", now
		} else {
			// Who accepted before told their wish by it, and it stays told.
			m.Closed = m.Closed && m.Answer == ""
			m.Answer = ""
		}
		if _, err := tx.Exec(changeMemberSQL, m.Skill.ID, m.Level, m.Closed, m.Answer, db.At(answered), m.ID); err != nil {
			return 0, err
		}
	}
	kept, err := s.keepTerms(tx, next)
	if err != nil {
		return 0, err
	}
	if err := subject.Touch(tx, w.ID, w.State, now); err != nil {
		return 0, err
	}
	if alone {
		return next.Version, s.show(tx, next, w.Author)
	}
	return next.Version, event.Recorder{Clock: s.Clock}.Record(tx, event.Event{
		Kind: "swap.changed", Subject: w.ID, Audience: w.Audience, Actor: by.Author, Other: kept,
	})
}

// changed is the swap with what the member at the place wants of it.
func (s *Service) changed(tx *db.Tx, w Swap, me int, c Change) (Swap, error) {
	next := w
	next.Members = slices.Clone(w.Members)
	next.Lessons, next.Minutes, next.Format, next.Note = c.Lessons, c.Minutes, c.Format, c.Note
	var check fault.Check
	checkTerms(&check, c.Lessons, c.Minutes, c.Format)
	check.Require(utf8.RuneCountInString(c.Note) <= maxNote, "note", "fault.too_long", "max", maxNote)
	if w.Round == 0 {
		other := 1 - me
		said, err := skills.ForMatching(tx, []id.ID{w.Members[me].Person, w.Members[other].Person})
		if err != nil {
			return next, err
		}
		// Anything of one's own, what the other openly offers, and what is said
		// already.
		choose := func(at int, skill id.ID) bool {
			if skill == w.Members[at].Skill.ID {
				return true
			}
			for _, d := range said {
				if d.Person == w.Members[at].Person && d.ID == skill && d.Direction == skills.Teach && (d.Open || at == me) {
					next.Members[at].Skill, next.Members[at].Level = d.Tag, d.Level
					return true
				}
			}
			// Only the first of two may learn for hours, and says so themselves.
			if skill == 0 && at == 0 && me == 0 {
				next.Members[at].Skill, next.Members[at].Level = skills.Tag{}, 0
				return true
			}
			return false
		}
		check.Require(choose(me, c.Teach), "teach", "fault.swap_teach")
		check.Require(choose(other, c.Learn), "learn", "fault.swap_learn")
		next.Owed = next.Members[0].Skill.ID == 0
	}
	a, b := w.Terms(), next.Terms()
	same := a.Teaches[0].ID == b.Teaches[0].ID && a.Teaches[1].ID == b.Teaches[1].ID && a.Lessons == b.Lessons && a.Minutes == b.Minutes && a.Format == b.Format
	check.Require(check.Err() != nil || !same || c.Note != "" && c.Note != w.Note, "", "fault.swap_same")
	if err := check.Err(); err != nil {
		return next, err
	}
	if next.Owed && me == 0 {
		return next, s.mayOwe(tx, w.Members[me].Person, next.Whole())
	}
	return next, nil
}

// keepTerms writes down what the swap says.
func (s *Service) keepTerms(tx *db.Tx, w Swap) (id.ID, error) {
	t, n := w.Terms(), id.New(s.Clock.Now())
	_, err := tx.Exec(insertTermsSQL, n, w.ID, t.Version, t.Person, t.Teaches[0].ID, t.Teaches[1].ID, t.Lessons, t.Minutes, t.Format, t.Note, db.At(t.At))
	return n, err
}

// History returns what a swap of the actor's said from the proposal on, nothing
// when nobody changed it.
//
// Errors: NotFound.
func (s *Service) History(ctx context.Context, by access.Actor, swap id.ID) (list []Terms, err error) {
	if err := by.NeedKnown(); err != nil {
		return nil, err
	}
	err = s.DB.Read(ctx, func(tx *db.Tx) error {
		if _, err := load(tx, by, swap); err != nil {
			return err
		}
		list, err = db.All(tx, termsSQL, scanTerms, swap)
		return err
	})
	return list, err
}
