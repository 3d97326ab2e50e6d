package swaps

import (
	"context"
	"encoding/json"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/guildhall/guildhall/internal/core/access"
	"github.com/guildhall/guildhall/internal/core/event"
	"github.com/guildhall/guildhall/internal/core/meet"
	"github.com/guildhall/guildhall/internal/core/organisation"
	"github.com/guildhall/guildhall/internal/core/people"
	"github.com/guildhall/guildhall/internal/core/skills"
	"github.com/guildhall/guildhall/internal/core/subject"
	"github.com/guildhall/guildhall/internal/platform/clock"
	"github.com/guildhall/guildhall/internal/platform/db"
	"github.com/guildhall/guildhall/internal/platform/fault"
	"github.com/guildhall/guildhall/internal/platform/id"
	"github.com/guildhall/guildhall/internal/platform/job"
)

// Bounds of a swap.
const (
	maxLessons = 12
	maxMinutes = 180
	minMinutes = 15
	maxNote    = 500
	// maxProposed is how many proposals of one person may wait at a time, and
	// maxStanding in how many swaps one may teach at a time.
	maxProposed = 5
	maxStanding = 3
	// proposalDays is how long a proposal to one person waits.
	proposalDays = 7
)

// States of a swap.
const (
	Proposed  = "proposed"
	Standing  = "standing"  // everybody accepted
	Done      = "done"      // every lesson took place
	Declined  = "declined"  // somebody said no
	Lapsed    = "lapsed"    // somebody didn't answer in time
	Broken    = "broken"    // somebody left it later
	Withdrawn = "withdrawn" // who proposed it took it back
)

// Service answers for swaps.
type Service struct {
	DB       *db.DB
	Clock    clock.Clock
	Meetings *meet.Service
	Settings func() organisation.Settings
	// KeepRules keeps the rules that an organiser chose, see SetRules.
	KeepRules func(ctx context.Context, r Rules) error
}

// Swap is a swap as its members see it.
type Swap struct {
	ID       id.ID
	Audience id.ID
	Round    id.ID // 0 when somebody proposed it
	Mends    id.ID // the broken swap in whose place it stands, 0 for none
	Author   id.ID // 0 for a round
	State    string
	Mended   bool
	Owed     bool // the first learns for hours they are owed and teaches nothing
	Note     string
	Lessons  int
	Minutes  int
	Format   string
	Version  int   // of its terms; 1 as it was proposed
	Changer  id.ID // who changed them last, 0 when nobody did
	Due      time.Time
	Created  time.Time
	Updated  time.Time
	Members  []Member // each teaches the next, the last the first
}

// Member is somebody in a swap.
type Member struct {
	ID      id.ID // the subject of what they teach
	Swap    id.ID
	Person  id.ID
	Skill   skills.Tag // what they teach the next, zero for nothing
	Level   int
	Closed  bool // what they learn is a wish they keep to themselves
	Reasons []Reason
	Answer  string // "", yes, no
	Given   int    // minutes they taught
}

// at is the index of a person, -1 when they are not in it.
func (s Swap) at(person id.ID) int {
	for i, m := range s.Members {
		if m.Person == person {
			return i
		}
	}
	return -1
}

// Learner is whom the i-th member teaches.
func (s Swap) Learner(i int) Member { return s.Members[(i+1)%len(s.Members)] }

// Teacher is who teaches the i-th member.
func (s Swap) Teacher(i int) Member {
	return s.Members[(i+len(s.Members)-1)%len(s.Members)]
}

// Tells tells whether the reader may know what the i-th member teaches. It is
// what the next wishes to learn; a wish that its owner keeps to themselves is
// not told before they accepted.
func (s Swap) Tells(i int, reader id.ID) bool {
	l := s.Learner(i)
	return !l.Closed || l.Answer == "yes" || l.Person == reader
}

// Whole is how many minutes each arc has when every lesson took place.
func (s Swap) Whole() int { return s.Lessons * s.Minutes }

// asked is who may see a proposed swap: whoever keeps the wish they would be
// taught to themselves is asked before anybody else learns of the ring, one
// after the other.
func (s Swap) asked() []id.ID {
	var all, before []id.ID
	for _, m := range s.Members {
		all = append(all, m.Person)
		if m.Closed && m.Answer == "yes" {
			before = append(before, m.Person)
		}
	}
	for _, m := range s.Members {
		if m.Closed && m.Answer == "" {
			return append(before, m.Person)
		}
	}
	return all
}

// Proposal is a swap of two.
type Proposal struct {
	To      id.ID
	Teach   id.ID // the skill the actor teaches; 0 to learn for hours they are owed, or NoSkill
	Learn   id.ID // the skill the actor is taught
	Lessons int
	Minutes int
	Format  string
	Note    string
}

// NoSkill is what somebody chose who chose nothing that is a skill, so that it
// is told together with everything else.
const NoSkill id.ID = -1

func checkTerms(c *fault.Check, lessons, minutes int, format string) {
	c.Require(lessons >= 1 && lessons <= maxLessons, "lessons", "fault.swap_lessons", "max", maxLessons)
	c.Require(minutes >= minMinutes && minutes <= maxMinutes, "minutes", "fault.swap_minutes", "min", minMinutes, "max", maxMinutes)
	c.Require(format == Either || format == Online || format == InPerson, "format", "fault.choice_unknown")
}

// Propose proposes a swap to somebody: the actor teaches something they offer
// and is taught something the other openly offers. Event: swap.proposed.
//
// Errors: NotFound for a person who is not here, Conflict at the limits,
// Invalid.
func (s *Service) Propose(ctx context.Context, by access.Actor, p Proposal) (id.ID, error) {
	if err := by.NeedKnown(); err != nil {
		return 0, err
	}
	p.Note = strings.TrimSpace(p.Note)
	var n id.ID
	err := s.DB.Write(ctx, func(tx *db.Tx) (err error) {
		n, err = s.propose(tx, by, p)
		return err
	})
	return n, err
}

func (s *Service) propose(tx *db.Tx, by access.Actor, p Proposal) (id.ID, error) {
	if err := access.NeedSees(tx, by, access.Organisation); err != nil {
		return 0, err
	}
	if here, err := access.Sees(tx, access.Actor{Person: p.To}, access.Organisation); err != nil || !here {
		return 0, orMissing(err)
	}
	said, err := skills.ForMatching(tx, []id.ID{by.Person, p.To})
	if err != nil {
		return 0, err
	}
	var mine, theirs skills.Declaration
	for _, d := range said {
		switch {
		case d.Direction != skills.Teach:
		case d.Person == by.Person && d.ID == p.Teach:
			mine = d
		case d.Person == p.To && d.ID == p.Learn && d.Open:
			theirs = d
		}
	}
	var c fault.Check
	c.Require(p.To != by.Person, "with", "fault.swap_self")
	c.Require(p.Teach == 0 || mine.ID != 0, "teach", "fault.swap_teach")
	c.Require(theirs.ID != 0 || p.To == by.Person, "learn", "fault.swap_learn")
	checkTerms(&c, p.Lessons, p.Minutes, p.Format)
	c.Require(utf8.RuneCountInString(p.Note) <= maxNote, "note", "fault.too_long", "max", maxNote)
	if err := c.Err(); err != nil {
		return 0, err
	}
	var waiting, between int
	if _, err := tx.Row(proposedCountSQL, []any{&waiting}, by.Author); err != nil {
		return 0, err
	}
	if waiting >= maxProposed {
		return 0, fault.New(fault.Conflict, "fault.swap_many").With("max", maxProposed)
	}
	if _, err := tx.Row(betweenSQL, []any{&between}, by.Person, p.To); err != nil {
		return 0, err
	}
	if between > 0 {
		return 0, fault.New(fault.Conflict, "fault.swap_already")
	}
	if p.Teach == 0 {
		if err := s.mayOwe(tx, by.Person, p.Lessons*p.Minutes); err != nil {
			return 0, err
		}
	}
	now := s.Clock.Now()
	w := Swap{
		Author: by.Author, State: Proposed, Version: 1, Owed: p.Teach == 0, Note: p.Note, Lessons: p.Lessons, Minutes: p.Minutes, Format: p.Format,
		Due: s.due(now, proposalDays), Created: now, Updated: now,
		Members: []Member{
			{Person: by.Person, Skill: mine.Tag, Level: mine.Level, Answer: "yes"},
			{Person: p.To, Skill: theirs.Tag, Level: theirs.Level},
		},
	}
	if err := s.insert(tx, &w); err != nil {
		return 0, err
	}
	return w.ID, s.show(tx, w, by.Author)
}

func orMissing(err error) error {
	if err != nil {
		return err
	}
	return fault.Missing()
}

// due is five in the afternoon so many days later, by the organisation's clock.
func (s *Service) due(now time.Time, days int) time.Time {
	zone, err := time.LoadLocation(s.Settings().TimeZone)
	if err != nil {
		zone = time.UTC
	}
	l := now.In(zone).AddDate(0, 0, days)
	return time.Date(l.Year(), l.Month(), l.Day(), 17, 0, 0, 0, zone).UTC()
}

// insert writes a swap and its members. Nobody sees it yet: see show.
func (s *Service) insert(tx *db.Tx, w *Swap) error {
	now := s.Clock.Now()
	w.ID = id.New(now)
	var err error
	if w.Audience, err = access.NewAudience(tx, s.Clock, "swap", w.ID); err != nil {
		return err
	}
	if _, err := tx.Exec(insertSwapSQL, w.ID, w.Audience, w.Round, w.Mends, w.Author, w.State, w.Owed, w.Note, w.Lessons, w.Minutes, w.Format, db.At(w.Due), db.At(w.Created)); err != nil {
		return err
	}
	for i := range w.Members {
		m := &w.Members[i]
		m.ID, m.Swap = id.New(now), w.ID
		if m.Reasons == nil {
			m.Reasons = []Reason{}
		}
		reasons, err := json.Marshal(m.Reasons)
		if err != nil {
			return err
		}
		var answered time.Time
		if m.Answer != "" {
			answered = now
		}
		if _, err := tx.Exec(insertMemberSQL, m.ID, w.ID, m.Person, i, m.Skill.ID, m.Level, m.Closed, string(reasons), m.Answer, db.At(answered)); err != nil {
			return err
		}
	}
	if err := s.saveSubject(tx, *w); err != nil {
		return err
	}
	return job.Enqueue(tx, job.Job{Kind: dueJob, Args: swapArgs{w.ID}, RunAt: w.Due, UniqueKey: w.ID.String()})
}

// saveSubject keeps what lists and notices say of a swap: the first names of
// its members.
func (s *Service) saveSubject(tx *db.Tx, w Swap) error {
	ids := make([]id.ID, len(w.Members))
	for i, m := range w.Members {
		ids[i] = m.Person
	}
	names, err := db.All(tx, namesSQL, func(r *db.Rows, n *named) error { return r.Scan(&n.person, &n.name) }, ids)
	if err != nil {
		return err
	}
	var title []string
	for _, m := range w.Members {
		for _, n := range names {
			if n.person == m.Person {
				first, _, _ := strings.Cut(n.name, " ")
				title = append(title, first)
			}
		}
	}
	return subject.Save(tx, subject.Subject{
		Ref: subject.Ref{Kind: subject.Swap, ID: w.ID}, Audience: w.Audience, Author: w.Author, Title: strings.Join(title, ", "), State: w.State,
		Created: w.Created, Updated: w.Updated,
	})
}

type named struct {
	person id.ID
	name   string
}

// show lets those see a proposed swap whose turn it is, and tells them.
func (s *Service) show(tx *db.Tx, w Swap, by id.ID) error {
	for _, p := range w.asked() {
		if err := access.Join(tx, w.Audience, p, "member"); err != nil {
			return err
		}
	}
	return s.record(tx, w, "swap.proposed", by)
}

func (s *Service) record(tx *db.Tx, w Swap, kind string, by id.ID) error {
	return event.Recorder{Clock: s.Clock}.Record(tx, event.Event{Kind: kind, Subject: w.ID, Audience: w.Audience, Actor: by})
}

// Open returns a swap of the actor's.
//
// Errors: NotFound.
func (s *Service) Open(ctx context.Context, by access.Actor, swap id.ID) (w Swap, err error) {
	if err := by.NeedKnown(); err != nil {
		return w, err
	}
	err = s.DB.Read(ctx, func(tx *db.Tx) error {
		w, err = load(tx, by, swap)
		return err
	})
	return w, err
}

// load returns a swap that the actor is in and may see.
func load(tx *db.Tx, by access.Actor, swap id.ID) (Swap, error) {
	w, ok, err := db.One(tx, openSQL, scanSwap, by.Person, swap)
	if err != nil || !ok {
		return w, orMissing(err)
	}
	return w, fill(tx, &w)
}

// whole is load for the house itself.
func whole(tx *db.Tx, swap id.ID) (Swap, bool, error) {
	w, ok, err := db.One(tx, anySwapSQL, scanSwap, swap)
	if err != nil || !ok {
		return w, false, err
	}
	return w, true, fill(tx, &w)
}

func fill(tx *db.Tx, list ...*Swap) error {
	ids := make([]id.ID, len(list))
	for i, w := range list {
		ids[i] = w.ID
	}
	members, err := db.All(tx, membersSQL, scanMember, ids)
	if err != nil {
		return err
	}
	for _, w := range list {
		w.Members = nil
		for _, m := range members {
			if m.Swap == w.ID {
				w.Members = append(w.Members, m)
			}
		}
	}
	return nil
}

// List returns the actor's swaps that are proposed or stand, those that wait
// for them first, and those that ended, latest first.
func (s *Service) List(ctx context.Context, by access.Actor, ended bool, before id.ID, limit int) (out []Swap, more bool, err error) {
	if err := by.NeedKnown(); err != nil {
		return nil, false, err
	}
	if limit <= 0 || limit > 100 {
		limit = 30
	}
	states := []string{Proposed, Standing}
	if ended {
		states = []string{Done, Declined, Lapsed, Broken, Withdrawn}
	}
	if before == 0 {
		before = 1<<63 - 1
	}
	err = s.DB.Read(ctx, func(tx *db.Tx) error {
		if out, err = db.All(tx, mineSQL, scanSwap, by.Person, int64(before), states, limit+1); err != nil {
			return err
		}
		more = len(out) > limit
		out = out[:min(len(out), limit)]
		list := make([]*Swap, len(out))
		for i := range out {
			list[i] = &out[i]
		}
		return fill(tx, list...)
	})
	return out, more, err
}

// Waiting counts the swaps that wait for the actor's answer.
func Waiting(tx *db.Tx, by access.Actor) (n int, err error) {
	_, err = tx.Row(waitingSQL, []any{&n}, by.Person)
	return n, err
}

// Reasons somebody may give for a no. They feed the next rounds and are told to
// nobody.
const (
	WhyTime   = "time"   // not now
	WhySkill  = "skill"  // not this skill
	WhyPeople = "people" // not with these people
)

// Answer says whether the actor takes part. A yes is one to the version of the
// swap that the actor read; a no needs none. When everybody takes part, the swap
// stands; when one does not, the others are asked no more and looked after: see
// mend. Saying the same twice changes nothing.
// Events: swap.accepted, swap.standing, swap.declined.
//
// Errors: NotFound, Conflict when it was changed since, is too late or at the
// limits.
func (s *Service) Answer(ctx context.Context, by access.Actor, swap id.ID, version int, yes bool, why string) error {
	if err := by.NeedKnown(); err != nil {
		return err
	}
	return s.DB.Write(ctx, func(tx *db.Tx) error { return s.answer(tx, by, swap, version, yes, why) })
}

func (s *Service) answer(tx *db.Tx, by access.Actor, swap id.ID, version int, yes bool, why string) error {
	w, err := load(tx, by, swap)
	if err != nil {
		return err
	}
	me := w.at(by.Person)
	answer := "no"
	if yes {
		answer = "yes"
	}
	now := s.Clock.Now()
	switch {
	case w.Members[me].Answer == answer && (!yes || version == w.Version):
		return nil
	case w.State != Proposed:
		return fault.New(fault.Conflict, "fault.swap_not_open")
	case w.Members[me].Answer == answer:
		// A yes to other terms than those one stands by now, on an old screen:
		// it must not look as if the old terms were accepted.
		return fault.New(fault.Conflict, "fault.swap_turn")
	case now.After(w.Due):
		return fault.New(fault.Conflict, "fault.swap_late")
	case yes && version != w.Version:
		return fault.New(fault.Conflict, "fault.swap_changed")
	}
	if _, err := tx.Exec(answerSQL, answer, db.At(now), w.Members[me].ID); err != nil {
		return err
	}
	w.Members[me].Answer = answer
	if !yes {
		if err := s.refuse(tx, w, me, why); err != nil {
			return err
		}
		return s.end(tx, w, Declined, by.Author)
	}
	if err := s.mayStand(tx, by.Person); err != nil {
		return err
	}
	for _, m := range w.Members {
		if m.Answer != "yes" {
			if w.Members[me].Closed {
				return s.show(tx, w, w.Author) // it is the others' turn
			}
			return s.record(tx, w, "swap.accepted", by.Author)
		}
	}
	return s.stand(tx, w, by.Author)
}

// mayStand returns Conflict for somebody who is in as many swaps as one may.
func (s *Service) mayStand(tx *db.Tx, person id.ID) error {
	var standing int
	_, err := tx.Row(standingCountSQL, []any{&standing}, person)
	if err == nil && standing >= maxStanding {
		err = fault.New(fault.Conflict, "fault.swap_full").With("max", maxStanding)
	}
	return err
}

// stand begins a swap that everybody accepted.
func (s *Service) stand(tx *db.Tx, w Swap, by id.ID) error {
	if err := s.state(tx, &w, Standing); err != nil {
		return err
	}
	for _, m := range w.Members {
		if err := access.Join(tx, w.Audience, m.Person, "member"); err != nil {
			return err
		}
		if _, err := tx.Exec(notFirstSQL, m.Person); err != nil {
			return err
		}
	}
	if w.Owed {
		if err := s.lay(tx, w); err != nil {
			return err
		}
	}
	return s.record(tx, w, "swap.standing", by)
}

// state moves a swap on.
func (s *Service) state(tx *db.Tx, w *Swap, state string) error {
	w.State, w.Updated = state, s.Clock.Now()
	if _, err := tx.Exec(stateSQL, state, db.At(w.Updated), w.ID); err != nil {
		return err
	}
	return subject.Touch(tx, w.ID, state, w.Updated)
}

// end ends a swap that will not take place or not any further; what its
// members are owed and whether another ring is found follows.
func (s *Service) end(tx *db.Tx, w Swap, state string, by id.ID) error {
	if err := s.state(tx, &w, state); err != nil {
		return err
	}
	if err := s.record(tx, w, "swap."+state, by); err != nil {
		return err
	}
	if w.Round == 0 {
		return nil
	}
	return job.Enqueue(tx, job.Job{Kind: mendJob, Args: swapArgs{w.ID}, UniqueKey: w.ID.String(), Priority: job.High})
}

// refusalDays is how long an arc that somebody refused is not proposed again.
const refusalDays = 180

// refuse remembers what the member does not want, for the matching alone.
func (s *Service) refuse(tx *db.Tx, w Swap, me int, why string) error {
	now := s.Clock.Now()
	keep := func(teacher, learner, skill id.ID) error {
		_, err := tx.Exec(insertRefusalSQL, id.New(now), teacher, learner, skill, db.At(now.AddDate(0, 0, refusalDays)))
		return err
	}
	teacher, mine, learner := w.Teacher(me), w.Members[me], w.Learner(me)
	switch why {
	case WhySkill:
		if err := keep(mine.Person, learner.Person, mine.Skill.ID); err != nil {
			return err
		}
		return keep(teacher.Person, mine.Person, teacher.Skill.ID)
	case WhyPeople:
		for _, o := range []id.ID{teacher.Person, learner.Person} {
			if err := keep(mine.Person, o, 0); err != nil {
				return err
			}
			if err := keep(o, mine.Person, 0); err != nil {
				return err
			}
		}
	}
	return nil
}

// Withdraw takes back what the actor proposed to somebody, or suggested as a
// change of it, and nobody has accepted yet. It is no refusal: the two may be
// proposed to each other again at once. Doing it twice changes nothing. Event:
// swap.withdrawn.
//
// Errors: NotFound, Forbidden for whoever is asked, who declines instead, and in
// a ring of a round, Conflict when it was accepted or has ended otherwise.
func (s *Service) Withdraw(ctx context.Context, by access.Actor, swap id.ID) error {
	if err := by.NeedKnown(); err != nil {
		return err
	}
	return s.DB.Write(ctx, func(tx *db.Tx) error {
		w, err := load(tx, by, swap)
		if err != nil {
			return err
		}
		me := w.at(by.Person)
		switch {
		case w.Round != 0 || w.Members[me].Answer == "":
			return fault.New(fault.Forbidden, "fault.swap_theirs")
		case w.State == Withdrawn && w.Members[me].Answer == "no":
			return nil
		case w.State == Standing:
			return fault.New(fault.Conflict, "fault.swap_accepted")
		case !w.Withdrawable(me):
			return fault.New(fault.Conflict, "fault.swap_not_open")
		}
		if _, err := tx.Exec(answerSQL, "no", db.At(s.Clock.Now()), w.Members[me].ID); err != nil {
			return err
		}
		return s.end(tx, w, Withdrawn, by.Author)
	})
}

// Withdrawable tells whether the member may take back what the swap says: it is
// theirs, and the other has not answered it.
func (w Swap) Withdrawable(me int) bool {
	return w.State == Proposed && w.Round == 0 && w.Members[me].Answer == "yes"
}

// Leave takes the actor out of a swap that stands. Its lessons to come are
// called off, and hours already given are kept as owed. Event: swap.broken.
//
// Errors: NotFound, Conflict when it does not stand.
func (s *Service) Leave(ctx context.Context, by access.Actor, swap id.ID, why string) error {
	if err := by.NeedKnown(); err != nil {
		return err
	}
	return s.DB.Write(ctx, func(tx *db.Tx) error {
		w, err := load(tx, by, swap)
		if err != nil {
			return err
		}
		if w.State != Standing {
			return fault.New(fault.Conflict, "fault.swap_not_standing")
		}
		me := w.at(by.Person)
		if err := s.refuse(tx, w, me, why); err != nil {
			return err
		}
		return s.leave(tx, w, me, by.Author)
	})
}

func (s *Service) leave(tx *db.Tx, w Swap, me int, by id.ID) error {
	if _, err := tx.Exec(answerSQL, "no", db.At(s.Clock.Now()), w.Members[me].ID); err != nil {
		return err
	}
	if err := s.Meetings.CancelAll(tx, by, w.ID); err != nil {
		return err
	}
	if err := s.settle(tx, w); err != nil {
		return err
	}
	return s.end(tx, w, Broken, by)
}

// Gone ends every swap of somebody in the transaction in which they leave the
// organisation.
func (s *Service) Gone(tx *db.Tx, person id.ID) error {
	list, err := db.All(tx, ofPersonSQL, scanSwap, person, []string{Proposed, Standing})
	if err != nil {
		return err
	}
	for i := range list {
		w := &list[i]
		if err := fill(tx, w); err != nil {
			return err
		}
		me := w.at(person)
		if w.State == Standing {
			err = s.leave(tx, *w, me, 0)
		} else if _, err = tx.Exec(answerSQL, "no", db.At(s.Clock.Now()), w.Members[me].ID); err == nil {
			err = s.end(tx, *w, Declined, 0)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// Choices are what somebody chose about swaps.
type Choices struct {
	Rounds  bool // take part in rounds
	Format  string
	Lessons int
	Minutes int
}

// usual are the choices of somebody who has made none.
func usual() Choices { return Choices{Rounds: true, Format: Either, Lessons: 4, Minutes: 45} }

// Priority says how much an offer or wish matters.
type Priority struct {
	Skill     id.ID
	Direction skills.Direction
	Priority  int // 0 not in swaps, 1 usual, 2 soon, 3 before all others
}

// Chosen returns what the actor chose.
func (s *Service) Chosen(ctx context.Context, by access.Actor) (c Choices, list []Priority, err error) {
	if err := by.NeedKnown(); err != nil {
		return c, nil, err
	}
	err = s.DB.Read(ctx, func(tx *db.Tx) error {
		if err := access.NeedSees(tx, by, access.Organisation); err != nil {
			return err
		}
		all, err := chosen(tx, []id.ID{by.Person})
		if err != nil {
			return err
		}
		c = all[by.Person]
		rows, err := db.All(tx, prioritiesSQL, scanPriority, []id.ID{by.Person})
		list = nil
		for _, r := range rows {
			list = append(list, r.Priority)
		}
		return err
	})
	return c, list, err
}

// chosen returns the choices of people, usual ones for those who made none.
func chosen(tx *db.Tx, list []id.ID) (map[id.ID]Choices, error) {
	out := make(map[id.ID]Choices, len(list))
	for _, p := range list {
		out[p] = usual()
	}
	_, err := db.All(tx, choicesSQL, func(r *db.Rows, _ *struct{}) error {
		var n id.ID
		var c Choices
		err := r.Scan(&n, &c.Rounds, &c.Format, &c.Lessons, &c.Minutes)
		out[n] = c
		return err
	}, list)
	return out, err
}

// Choose keeps what the actor chose. Priorities that are not named stay.
//
// Errors: Invalid, also for the priority of what the actor neither offers nor
// wants.
func (s *Service) Choose(ctx context.Context, by access.Actor, c Choices, list []Priority) error {
	if err := by.NeedKnown(); err != nil {
		return err
	}
	return s.DB.Write(ctx, func(tx *db.Tx) error {
		if err := access.NeedSees(tx, by, access.Organisation); err != nil {
			return err
		}
		said, err := skills.ForMatching(tx, []id.ID{by.Person})
		if err != nil {
			return err
		}
		check := fault.Check{} // the transaction may be tried again
		checkTerms(&check, c.Lessons, c.Minutes, c.Format)
		for _, p := range list {
			check.Require(p.Priority >= 0 && p.Priority <= 3 && (p.Direction == skills.Teach || p.Direction == skills.Want), "priority", "fault.choice_unknown")
			check.Require(slices.ContainsFunc(said, func(d skills.Declaration) bool { return d.ID == p.Skill && d.Direction == p.Direction }), "priorities", "fault.swap_priority")
		}
		if err := check.Err(); err != nil {
			return err
		}
		if _, err := tx.Exec(chooseSQL, by.Person, c.Rounds, c.Format, c.Lessons, c.Minutes, db.At(s.Clock.Now())); err != nil {
			return err
		}
		for _, p := range list {
			if _, err := tx.Exec(prioritySQL, by.Person, p.Skill, string(p.Direction), p.Priority); err != nil {
				return err
			}
		}
		return nil
	})
}

// Offered is something somebody openly offers.
type Offered struct {
	Position id.ID // of the list
	Person   id.ID
	Skill    skills.Tag
	Level    int
	Work     bool
	Note     string
}

// OfferFilter chooses offers. Zero fields choose all.
type OfferFilter struct {
	Skill   id.ID
	Person  id.ID
	Outside bool  // not to do with work
	Wanted  bool  // that the actor wants to learn
	Before  id.ID // the position of the last one seen
	Limit   int   // 30 when 0, at most 100
}

// Offers returns what others openly offer, the newest first. Wishes are shown
// nowhere.
func (s *Service) Offers(ctx context.Context, by access.Actor, f OfferFilter) (out []Offered, more bool, err error) {
	if err := by.NeedKnown(); err != nil {
		return nil, false, err
	}
	if f.Limit <= 0 || f.Limit > 100 {
		f.Limit = 30
	}
	if f.Before == 0 {
		f.Before = 1<<63 - 1
	}
	err = s.DB.Read(ctx, func(tx *db.Tx) error {
		if err := access.NeedSees(tx, by, access.Organisation); err != nil {
			return err
		}
		text, args := offers.With(by.Person, int64(f.Before), f.Limit+1).If(f.Skill != 0, bySkillFilterSQL, f.Skill).
			If(f.Outside, outsideFilterSQL).If(f.Wanted, wantedFilterSQL, by.Person).If(f.Person != 0, personFilterSQL, f.Person).Build()
		out, err = db.All(tx, text, scanOffered, args...)
		return err
	})
	more = len(out) > f.Limit
	return out[:min(len(out), f.Limit)], more, err
}

// Fit is somebody with whom a swap of two would serve both.
type Fit struct {
	Person       id.ID
	Learn, Teach skills.Tag // for the actor
	Since        time.Time  // of the other's wish
	Hours        float64    // a week in which both work
}

// Fits returns people who openly offer what the actor wants and openly want
// what the actor offers, at most the limit.
//
// Errors: NotFound for guests.
func (s *Service) Fits(ctx context.Context, by access.Actor, limit int) (out []Fit, err error) {
	if err := by.NeedKnown(); err != nil {
		return nil, err
	}
	err = s.DB.Read(ctx, func(tx *db.Tx) error {
		if err := access.NeedSees(tx, by, access.Organisation); err != nil {
			return err
		}
		if out, err = db.All(tx, fitsSQL, scanFit, by.Person, limit); err != nil || len(out) == 0 {
			return err
		}
		ids := []id.ID{by.Person}
		for _, f := range out {
			ids = append(ids, f.Person)
		}
		calendars, err := people.Calendars(tx, ids)
		if err != nil {
			return err
		}
		now := s.Clock.Now()
		mine := WeekOf(calendars[by.Person], now)
		for i := range out {
			w := WeekOf(calendars[out[i].Person], now)
			out[i].Hours = mine.shared(&w)
		}
		return nil
	})
	return out, err
}

// Both returns which of the people openly offer one of the skills and openly
// want something the actor offers, and so a swap that could be proposed to
// each.
func Both(tx *db.Tx, by access.Actor, people, wanted []id.ID) (map[id.ID]Fit, error) {
	list, err := db.All(tx, bothSQL, scanFit, by.Person, people, wanted)
	out := map[id.ID]Fit{}
	for _, f := range list {
		if _, ok := out[f.Person]; !ok {
			out[f.Person] = f
		}
	}
	return out, err
}

// Form is the address of the form that proposes it.
func (f Fit) Form() string {
	return "/swaps/new?with=" + f.Person.String() + "&teach=" + f.Teach.ID.String() + "&learn=" + f.Learn.ID.String()
}

// Unmet is a skill that people openly want and nobody offers.
type Unmet struct {
	Skill  skills.Tag
	People int
}

// Unmet returns what people openly want and nobody openly offers.
//
// Errors: NotFound for guests.
func (s *Service) Unmet(ctx context.Context, by access.Actor, limit int) (out []Unmet, err error) {
	if err := by.NeedKnown(); err != nil {
		return nil, err
	}
	err = s.DB.Read(ctx, func(tx *db.Tx) error {
		if err := access.NeedSees(tx, by, access.Organisation); err != nil {
			return err
		}
		out, err = db.All(tx, unmetSQL, func(r *db.Rows, u *Unmet) error {
			return r.Scan(&u.Skill.ID, &u.Skill.Kind, &u.Skill.Name, &u.People)
		}, by.Person, limit)
		return err
	})
	return out, err
}
