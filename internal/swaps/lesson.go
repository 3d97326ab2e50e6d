package swaps

import (
	"context"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/guildhall/guildhall/internal/core/access"
	"github.com/guildhall/guildhall/internal/core/event"
	"github.com/guildhall/guildhall/internal/core/meet"
	"github.com/guildhall/guildhall/internal/core/skills"
	"github.com/guildhall/guildhall/internal/core/subject"
	"github.com/guildhall/guildhall/internal/platform/db"
	"github.com/guildhall/guildhall/internal/platform/fault"
	"github.com/guildhall/guildhall/internal/platform/id"
)

// Lesson is one meeting of an arc of a swap.
type Lesson struct {
	Meeting  id.ID
	Teacher  id.ID
	Learner  id.ID
	Start    time.Time
	End      time.Time
	State    string // of the meeting
	Given    int    // minutes, once they said that they met
	Thanks   []Thanks
	Unthanks bool // the reader has not thanked for it
}

// Thanks is a sentence after a lesson.
type Thanks struct {
	Meeting id.ID
	Person  id.ID
	Words   string
	Shown   bool // others may read it beside what was taught
}

// PlanLesson plans a lesson of the arc on which the person teaches; the actor
// is one of its ends. Event: meeting.planned.
//
// Errors: NotFound, Forbidden, Conflict when the swap does not stand or every
// lesson is planned, Invalid.
func (s *Service) PlanLesson(ctx context.Context, by access.Actor, swap, teacher id.ID, n meet.New) (id.ID, error) {
	if err := by.NeedKnown(); err != nil {
		return 0, err
	}
	var made id.ID
	err := s.DB.Write(ctx, func(tx *db.Tx) (err error) {
		made, err = s.planLesson(tx, by, swap, teacher, n)
		return err
	})
	return made, err
}

func (s *Service) planLesson(tx *db.Tx, by access.Actor, swap, teacher id.ID, n meet.New) (id.ID, error) {
	w, err := load(tx, by, swap)
	if err != nil {
		return 0, err
	}
	at, err := w.lesson(by, teacher)
	if err != nil {
		return 0, err
	}
	learner := w.Learner(at)
	if w.State != Standing {
		return 0, fault.New(fault.Conflict, "fault.swap_not_standing")
	}
	lessons, err := db.All(tx, lessonsSQL, scanLesson, swap)
	if err != nil {
		return 0, err
	}
	now, planned := s.Clock.Now(), 0
	for _, l := range lessons {
		if l.Teacher == teacher && (l.Given > 0 || l.State == meet.Planned && l.End.After(now)) {
			planned++
		}
	}
	if planned >= w.Lessons {
		return 0, fault.New(fault.Conflict, "fault.swap_all_planned")
	}
	n.Audience, n.About, n.Kind, n.Title, n.People = w.Audience, w.ID, "swaps", w.Members[at].Skill.Name, []id.ID{teacher, learner.Person}
	made, err := s.Meetings.Plan(tx, by, n)
	if err != nil {
		return 0, err
	}
	_, err = tx.Exec(insertLessonSQL, made, swap, teacher, learner.Person)
	return made, err
}

// lesson is the place of the member who teaches in a lesson of the actor's.
func (w Swap) lesson(by access.Actor, teacher id.ID) (at int, err error) {
	at = w.at(teacher)
	switch {
	case at < 0 || w.Members[at].Skill.ID == 0:
		return 0, fault.Missing()
	case by.Person != teacher && by.Person != w.Learner(at).Person:
		return 0, fault.New(fault.Forbidden, "fault.swap_lesson_theirs")
	}
	return at, nil
}

// Lessons returns the lessons of a swap of the actor's, in the order of time.
func (s *Service) Lessons(ctx context.Context, by access.Actor, swap id.ID) (list []Lesson, err error) {
	err = s.DB.Read(ctx, func(tx *db.Tx) error {
		if _, err := load(tx, by, swap); err != nil {
			return err
		}
		if list, err = db.All(tx, lessonsSQL, scanLesson, swap); err != nil {
			return err
		}
		thanks, err := db.All(tx, thanksSQL, scanThanks, swap)
		for i := range list {
			l := &list[i]
			l.Unthanks = l.Given > 0 && (l.Learner == by.Person || l.Teacher == by.Person)
			for _, t := range thanks {
				if t.Meeting != l.Meeting {
					continue
				}
				l.Thanks = append(l.Thanks, t)
				if t.Person == by.Person {
					l.Unthanks = false
				}
			}
		}
		return err
	})
	return list, err
}

// Thank thanks the other of a lesson in a sentence, and says whether the actor
// would do it again, which only the matching reads; one of the two is enough.
// Saying it again replaces it, except that again is kept when it is not said.
// Event: swap.thanked, unless nothing is said to the other.
//
// Errors: NotFound, Forbidden, Conflict before the lesson took place, Invalid.
func (s *Service) Thank(ctx context.Context, by access.Actor, swap, meeting id.ID, words string, shown bool, again string) error {
	if err := by.NeedKnown(); err != nil {
		return err
	}
	words = strings.Join(strings.Fields(words), " ")
	var c fault.Check
	c.Require(words != "" || again != "", "words", "fault.swap_thanks")
	c.Require(utf8.RuneCountInString(words) <= 300, "words", "fault.too_long", "max", 300)
	c.Require(again == "" || again == "yes" || again == "no", "again", "fault.choice_unknown")
	return s.DB.Write(ctx, func(tx *db.Tx) error {
		w, err := load(tx, by, swap)
		if err != nil {
			return err
		}
		l, ok, err := db.One(tx, lessonSQL, scanLesson, swap, meeting)
		if err != nil || !ok {
			return orMissing(err)
		}
		if by.Person != l.Teacher && by.Person != l.Learner {
			return fault.New(fault.Forbidden, "fault.swap_lesson_theirs")
		}
		if err := c.Err(); err != nil {
			return err
		}
		if l.Given == 0 {
			return fault.New(fault.Conflict, "fault.swap_not_given")
		}
		// Only what the learner says of the teaching stands beside it.
		shown := shown && words != "" && by.Person == l.Learner
		if _, err := tx.Exec(thankSQL, meeting, by.Person, words, shown, again, db.At(s.Clock.Now())); err != nil {
			return err
		}
		if words == "" {
			return nil // nobody is told
		}
		return event.Recorder{Clock: s.Clock}.Record(tx, event.Event{Kind: "swap.thanked", Subject: w.ID, Audience: w.Audience, Actor: by.Author, Other: meeting})
	})
}

// Effect follows what happens to the meetings of lessons.
func (s *Service) Effect() event.Effect {
	return event.Effect{Name: "swap lessons", Batch: 20, Prepare: func(ctx context.Context, events []event.Event) (func(tx *db.Tx) error, error) {
		type change struct {
			meeting id.ID
			quiet   bool
		}
		var changed []change
		for _, e := range events {
			if e.Kind == "meeting.met" || e.Kind == "meeting.missed" {
				changed = append(changed, change{e.Subject, e.Quiet})
			}
		}
		if len(changed) == 0 {
			return nil, nil
		}
		return func(tx *db.Tx) error {
			for _, c := range changed {
				if err := s.count(tx, c.meeting, c.quiet); err != nil {
					return err
				}
			}
			return nil
		}, nil
	}}
}

// given is how many minutes of a meeting count as taught: all when the learner
// says that they met, and when the teacher says so and the learner does not
// deny it.
func given(m meet.Meeting, teacher, learner id.ID) int {
	if m.State != meet.Planned || m.Mine(learner) == "no" || m.Mine(learner) != "yes" && m.Mine(teacher) != "yes" {
		return 0
	}
	return int(m.End.Sub(m.Start) / time.Minute)
}

// count brings a lesson in line with what its people said, and ends the swap
// after the last one.
func (s *Service) count(tx *db.Tx, meeting id.ID, quiet bool) error {
	l, ok, err := db.One(tx, lessonOfSQL, scanLessonOf, meeting)
	if err != nil || !ok {
		return err
	}
	w, ok, err := whole(tx, l.swap)
	if err != nil || !ok || w.State != Standing {
		return err // what was settled stays as it was
	}
	m, ok, err := meet.Look(tx, meeting)
	if err != nil || !ok {
		return err
	}
	minutes := given(m, l.Teacher, l.Learner)
	if minutes == l.Given || w.Owed && minutes < l.Given {
		return nil // an hour that was paid for stays taught
	}
	at := w.at(l.Teacher)
	now := s.Clock.Now()
	if _, err := tx.Exec(givenSQL, minutes, db.At(now), meeting); err != nil {
		return err
	}
	if _, err := tx.Exec(memberGivenSQL, minutes-l.Given, w.Members[at].ID); err != nil {
		return err
	}
	w.Members[at].Given += minutes - l.Given
	if w.Owed {
		if err := s.pay(tx, w, minutes-l.Given); err != nil {
			return err
		}
	}
	if err := s.saveTeaching(tx, w, at); err != nil {
		return err
	}
	record := event.Recorder{Clock: s.Clock}
	if err := record.Record(tx, event.Event{Kind: "swap.taught", Subject: w.ID, Audience: w.Audience, Other: meeting, Quiet: quiet}); err != nil {
		return err
	}
	done, err := s.finished(tx, w)
	if err != nil || !done {
		return err
	}
	if err := s.state(tx, &w, Done); err != nil {
		return err
	}
	if w.Owed {
		if err := s.settle(tx, w); err != nil {
			return err
		}
	}
	return record.Record(tx, event.Event{Kind: "swap.done", Subject: w.ID, Audience: w.Audience, Quiet: quiet})
}

// finished tells whether everybody gave as many lessons as they agreed on.
func (s *Service) finished(tx *db.Tx, w Swap) (bool, error) {
	lessons, err := db.All(tx, lessonsSQL, scanLesson, w.ID)
	if err != nil {
		return false, err
	}
	for _, m := range w.Members {
		n := 0
		for _, l := range lessons {
			if l.Teacher == m.Person && l.Given > 0 {
				n++
			}
		}
		if m.Skill.ID != 0 && n < w.Lessons {
			return false, nil
		}
	}
	return true, nil
}

// saveTeaching keeps what somebody taught as a thing one can point at: it is
// the proof behind their receipt. Whom they taught is not said.
func (s *Service) saveTeaching(tx *db.Tx, w Swap, at int) error {
	m := w.Members[at]
	author, err := db.All(tx, authorSQL, scanID, m.Person)
	if err != nil || len(author) == 0 {
		return err
	}
	state := "open"
	if m.Given == 0 {
		state = subject.Deleted
	}
	now := s.Clock.Now()
	return subject.Save(tx, subject.Subject{
		Ref: subject.Ref{Kind: subject.Teaching, ID: m.ID}, Audience: access.Organisation, Author: author[0], Title: m.Skill.Name, State: state,
		Created: now, Updated: now,
	})
}

// Taught is what somebody taught in a swap, as everybody may see it.
type Taught struct {
	ID      id.ID
	Person  id.ID
	Skill   skills.Tag
	Lessons int
	Minutes int
	Last    time.Time
	Thanks  []string // those that the learner chose to show
}

// Teaching returns what somebody taught in a swap, to members of the
// organisation.
//
// Errors: NotFound, also while nothing was taught.
func (s *Service) Teaching(ctx context.Context, by access.Actor, n id.ID) (t Taught, err error) {
	if err := by.NeedKnown(); err != nil {
		return t, err
	}
	err = s.DB.Read(ctx, func(tx *db.Tx) error {
		var ok bool
		if t, ok, err = db.One(tx, teachingSQL, scanTaught, by.Person, n); err != nil || !ok {
			return orMissing(err)
		}
		t.Thanks, err = db.All(tx, shownThanksSQL, func(r *db.Rows, s *string) error { return r.Scan(s) }, n)
		return err
	})
	return t, err
}
