package mentoring

import (
	"context"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/guildhall/guildhall/internal/core/access"
	"github.com/guildhall/guildhall/internal/core/event"
	"github.com/guildhall/guildhall/internal/core/meet"
	"github.com/guildhall/guildhall/internal/core/subject"
	"github.com/guildhall/guildhall/internal/core/vault"
	"github.com/guildhall/guildhall/internal/platform/db"
	"github.com/guildhall/guildhall/internal/platform/fault"
	"github.com/guildhall/guildhall/internal/platform/id"
)

// States of a mentorship that people see.
const (
	ProposedState = "proposed"
	Active        = "active"
	Declined      = "declined"
	Released      = "released" // the mentor's last place went to somebody else
	Closed        = "closed"
)

// merged is a proposal that went on in a group; nobody sees it any more.
const merged = "merged"

const (
	maxAgreement = 3000
	maxWords     = 300
	maxGoalsEach = 20
)

// Member is somebody of a mentorship.
type Member struct {
	Person id.ID
	Role   string
	Answer string // "", yes, no
	Thanks string
}

// Goal is what somebody wants to reach.
type Goal struct {
	ID      id.ID
	Person  id.ID
	Skill   id.ID
	Name    string // of the skill, "" for none
	Words   string
	Before  int
	After   int
	State   string // open, reached, dropped
	Created time.Time
	Settled time.Time
}

// Promise is what somebody will do until the next talk.
type Promise struct {
	ID      id.ID
	Person  id.ID
	Words   string
	State   string // open, kept, moved
	Created time.Time
}

// Mentorship is the room of a pair or group.
type Mentorship struct {
	ID        id.ID
	Audience  id.ID
	Programme id.ID
	Run       id.ID  // 0 when no run made it
	Origin    string // run, joiner, request
	State     string
	Words     string // of the mentee who asked
	AnswerBy  time.Time
	Hears     time.Time // when a joiner is told, zero once they were
	Agreement string
	Fits      []Fit
	Starts    time.Time
	Ends      time.Time
	Outcome   string
	Created   time.Time
	People    []Member
	Goals     []Goal
	Promises  []Promise // the newest first: promisesPage, and before those all that are open, at most openPromises
	Older     id.ID     // promises before this one are on a further page, 0 for none
	Pulse     int       // day of a pulse that waits for the reader's answer, 0 for none
	Talk      Talk      // waits for the reader to say whether it was worth the time; zero for none
	Low       bool      // the reader said lately that it does not go well
	Anew      bool      // it is closed, and the reader is matched anew in its programme
	Rejoin    bool      // it is closed, and the reader may take part in its programme again
	Notes     vault.Stand
}

// Member returns the reader's own part.
func (m Mentorship) Member(person id.ID) (Member, bool) {
	for _, x := range m.People {
		if x.Person == person {
			return x, true
		}
	}
	return Member{}, false
}

// Room opens a mentorship for those who are in it. Nobody else sees it,
// whoever organises the programme included.
//
// Errors: NotFound.
func (s *Service) Room(ctx context.Context, by access.Actor, mentorship id.ID) (m Mentorship, err error) {
	if err := by.NeedKnown(); err != nil {
		return m, err
	}
	err = s.DB.Read(ctx, func(tx *db.Tx) error {
		if m, err = load(tx, by, mentorship); err != nil {
			return err
		}
		if m.Goals, err = db.All(tx, goalsSQL, scanGoal, by.Person, m.ID); err != nil {
			return err
		}
		if m.Promises, m.Older, err = newest(tx, by, m.ID); err != nil {
			return err
		}
		if m.Notes, err = vault.Of(tx, by, m.ID); err != nil {
			return err
		}
		if m.Talk, err = s.unchecked(tx, by, m.ID); err != nil {
			return err
		}
		if _, err = tx.Row(waitingPulseSQL, []any{&m.Pulse}, m.ID, by.Person); err != nil {
			return err
		}
		switch m.State {
		case Active:
			m.Low, err = s.low(tx, by, m.ID)
		case Closed:
			err = afterwards(tx, by, &m)
		}
		return err
	})
	return m, err
}

// afterwards tells what may come after a mentorship that is closed for somebody
// who learnt there.
func afterwards(tx *db.Tx, by access.Actor, m *Mentorship) error {
	if mine, ok := m.Member(by.Person); !ok || mine.Role == Mentor {
		return nil
	}
	p, ok, err := db.One(tx, programmeOfSQL, scanProgramme, m.Programme)
	if err != nil || !ok || p.State != "open" {
		return err
	}
	var state string
	// With somebody else already, except that a joiner does not hear whom a
	// buddy was asked of before they said yes.
	if ok, err := tx.Row(liveOfProgrammeSQL, []any{new(id.ID), &state}, by.Person, p.ID); err != nil || ok && (state == Active || p.Way != WayJoiners) {
		return err
	}
	in, err := enrolled(tx, p.ID, []id.ID{by.Person})
	m.Anew, m.Rejoin = len(in) > 0, len(in) == 0
	return err
}

func load(tx *db.Tx, by access.Actor, mentorship id.ID) (Mentorship, error) {
	m, ok, err := db.One(tx, openMentorshipSQL, scanMentorship, by.Person, mentorship)
	if err == nil && !ok {
		err = fault.Missing()
	}
	if err != nil {
		return m, err
	}
	m.People, err = db.All(tx, membersSQL, scanMember, m.ID)
	return m, err
}

// change loads a mentorship in one of the states for one of its members and
// changes it.
func (s *Service) change(ctx context.Context, by access.Actor, mentorship id.ID, do func(tx *db.Tx, m Mentorship) error, states ...string) error {
	if err := by.NeedKnown(); err != nil {
		return err
	}
	return s.DB.Write(ctx, func(tx *db.Tx) error {
		m, err := load(tx, by, mentorship)
		if err != nil {
			return err
		}
		for _, x := range states {
			if m.State == x {
				return do(tx, m)
			}
		}
		return fault.New(fault.Conflict, "fault.mentoring_state")
	})
}

// Answer says yes or no to a proposed mentorship, with a reason that only
// organisers read. When everybody said yes it begins; a no ends it, but for a
// mentee of a group, who leaves it.
//
// Errors: NotFound, Conflict when it is not proposed any more, Invalid.
func (s *Service) Answer(ctx context.Context, by access.Actor, mentorship id.ID, yes bool, why string) error {
	why = strings.TrimSpace(why)
	var c fault.Check
	c.Require(utf8.RuneCountInString(why) <= maxAnswer, "why", "fault.too_long", "max", maxAnswer)
	return s.change(ctx, by, mentorship, func(tx *db.Tx, m Mentorship) error {
		if err := c.Err(); err != nil {
			return err
		}
		now := s.Clock.Now()
		mine, _ := m.Member(by.Person)
		answer := "no"
		if yes {
			answer = "yes"
		}
		if mine.Answer == answer {
			return nil
		}
		if _, err := tx.Exec(answerSQL, answer, why, db.At(now), by.Person, m.ID); err != nil {
			return err
		}
		if m.Origin == fromRequest || m.Origin == fromJoiner && mine.Role == Mentor {
			return s.settle(tx, by, m, mine, yes)
		}
		if !yes {
			return s.decline(tx, by, m, mine)
		}
		for _, x := range m.People {
			if x.Person != by.Person && x.Answer != "yes" {
				return nil
			}
		}
		return s.begin(tx, m, by.Author)
	}, ProposedState)
}

// begin begins a mentorship. Of a programme of groups it goes on in the group
// that the mentor has, when there is one.
func (s *Service) begin(tx *db.Tx, m Mentorship, author id.ID) error {
	now := s.Clock.Now()
	for _, x := range m.People {
		if x.Role != Mentor {
			continue
		}
		group, ok, err := db.One(tx, groupOfMentorSQL, scanMentorship, x.Person, m.Programme, m.ID)
		if err != nil {
			return err
		}
		if ok {
			return s.grow(tx, m, group, author)
		}
	}
	var weeks int
	if _, err := tx.Row(weeksSQL, []any{&weeks}, m.Programme); err != nil {
		return err
	}
	if _, err := tx.Exec(beginSQL, db.At(now), db.At(now.AddDate(0, 0, 7*weeks)), db.At(now), m.ID); err != nil {
		return err
	}
	if err := subject.Touch(tx, m.ID, Active, now); err != nil {
		return err
	}
	return s.record(tx, event.Event{Kind: "mentorship.begun", Subject: m.ID, Audience: m.Audience, Actor: author, Other: m.Programme})
}

// grow takes the mentees of a proposal into a group: into its room, with what is
// planned, promised and written there, and out of the one they were asked in.
// Event: mentorship.grew.
func (s *Service) grow(tx *db.Tx, m, group Mentorship, author id.ID) error {
	now := s.Clock.Now()
	for _, x := range m.People {
		if x.Role != Mentor {
			if _, err := tx.Exec(insertMemberSQL, group.ID, x.Person, x.Role); err != nil {
				return err
			}
			if _, err := tx.Exec(answerSQL, "yes", "", db.At(now), x.Person, group.ID); err != nil {
				return err
			}
			if err := access.Join(tx, group.Audience, x.Person, "member"); err != nil {
				return err
			}
			if err := s.Meet.Bring(tx, group.ID, x.Person); err != nil {
				return err
			}
		}
		if err := access.Leave(tx, m.Audience, x.Person); err != nil {
			return err
		}
	}
	if _, err := tx.Exec(stateSQL, merged, db.At(now), m.ID); err != nil {
		return err
	}
	if err := subject.Touch(tx, m.ID, subject.Deleted, now); err != nil {
		return err
	}
	return s.record(tx, event.Event{Kind: "mentorship.grew", Subject: group.ID, Audience: group.Audience, Actor: author, Other: m.Programme})
}

// decline ends a proposal, or lets a mentee of a group leave it.
func (s *Service) decline(tx *db.Tx, by access.Actor, m Mentorship, mine Member) error {
	mentees := 0
	for _, x := range m.People {
		if x.Role != Mentor && x.Answer != "no" && x.Person != by.Person {
			mentees++
		}
	}
	if mine.Role == Mentee && mentees > 0 {
		if _, err := tx.Exec(leaveSQL, by.Person, m.ID); err != nil {
			return err
		}
		if err := access.Leave(tx, m.Audience, by.Person); err != nil {
			return err
		}
		for _, x := range m.People {
			if x.Person != by.Person && x.Answer != "yes" {
				return nil
			}
		}
		return s.begin(tx, m, by.Author)
	}
	now := s.Clock.Now()
	if _, err := tx.Exec(stateSQL, Declined, db.At(now), m.ID); err != nil {
		return err
	}
	if err := subject.Touch(tx, m.ID, Declined, now); err != nil {
		return err
	}
	if m.Origin == fromJoiner {
		if err := s.soon(tx, joinersJob, m.Programme, 0); err != nil {
			return err
		}
	}
	return s.record(tx, event.Event{Kind: "mentorship.declined", Subject: m.ID, Audience: m.Audience, Actor: by.Author, Other: m.Programme})
}

// Agree keeps what the members agreed on: how often, where, what stays between
// them.
func (s *Service) Agree(ctx context.Context, by access.Actor, mentorship id.ID, words string) error {
	words = strings.TrimSpace(words)
	var c fault.Check
	c.Require(utf8.RuneCountInString(words) <= maxAgreement, "agreement", "fault.too_long", "max", maxAgreement)
	return s.change(ctx, by, mentorship, func(tx *db.Tx, m Mentorship) error {
		if err := c.Err(); err != nil {
			return err
		}
		_, err := tx.Exec(agreeSQL, words, db.At(s.Clock.Now()), m.ID)
		return err
	}, Active)
}

// NewGoal describes a goal of the actor.
type NewGoal struct {
	Words  string
	Skill  string // name, "" for none
	Before int    // how they see themselves now, 1 to 4
}

// SetGoal adds a goal of the actor to a mentorship.
//
// Errors: NotFound, Conflict when it is not active or has too many goals,
// Invalid.
func (s *Service) SetGoal(ctx context.Context, by access.Actor, mentorship id.ID, g NewGoal) (goal id.ID, err error) {
	g.Words, g.Skill = strings.TrimSpace(g.Words), strings.TrimSpace(g.Skill)
	var c fault.Check
	c.Require(g.Words != "", "words", "fault.mentoring_words")
	c.Require(utf8.RuneCountInString(g.Words) <= maxWords, "words", "fault.too_long", "max", maxWords)
	c.Require(g.Before >= 1 && g.Before <= 4, "before", "fault.mentoring_choose")
	err = s.change(ctx, by, mentorship, func(tx *db.Tx, m Mentorship) error {
		if err := c.Err(); err != nil {
			return err
		}
		var n int
		if _, err := tx.Row(countGoalsSQL, []any{&n}, m.ID); err != nil {
			return err
		}
		if n >= maxGoalsEach {
			return fault.New(fault.Conflict, "fault.mentoring_many_goals").With("max", maxGoalsEach)
		}
		var skill id.ID
		if g.Skill != "" {
			tags, err := s.Skills.Named(tx, by, m.Audience, []string{g.Skill}, false)
			if err != nil {
				return err
			}
			if len(tags) > 0 {
				skill = tags[0].ID
			}
		}
		now := s.Clock.Now()
		goal = id.New(now)
		_, err := tx.Exec(insertGoalSQL, goal, m.ID, m.Audience, by.Person, skill, g.Words, g.Before, db.At(now))
		return err
	}, Active)
	return goal, err
}

// SettleGoal says how a goal of the actor ended: reached or dropped, and how
// they see themselves now.
func (s *Service) SettleGoal(ctx context.Context, by access.Actor, mentorship, goal id.ID, state string, after int) error {
	var c fault.Check
	c.Require(state == "reached" || state == "dropped" || state == "open", "state", "fault.mentoring_choose")
	c.Require(state != "reached" || after >= 1 && after <= 4, "after", "fault.mentoring_choose")
	return s.change(ctx, by, mentorship, func(tx *db.Tx, m Mentorship) error {
		// A goal that is not there is said before what is wrong about it.
		goals, err := db.All(tx, goalsSQL, scanGoal, by.Person, m.ID)
		if err != nil {
			return err
		}
		if !slices.ContainsFunc(goals, func(g Goal) bool { return g.ID == goal && g.Person == by.Person }) {
			return fault.Missing()
		}
		if err := c.Err(); err != nil {
			return err
		}
		now := s.Clock.Now()
		if state != "reached" {
			after = 0
		}
		if _, err := tx.Exec(settleGoalSQL, state, after, db.At(now), goal, m.ID, by.Person); err != nil {
			return err
		}
		return s.record(tx, event.Event{Kind: "mentorship.goal", Subject: m.ID, Audience: m.Audience, Actor: by.Author, Other: m.Programme})
	}, Active)
}

// Promised keeps one promise of the actor until the next talk. Those before it
// are settled: kept, or moved on.
//
// Errors: NotFound, Conflict when the mentorship is not active, Invalid.
func (s *Service) Promised(ctx context.Context, by access.Actor, mentorship id.ID, words string) (promise id.ID, err error) {
	words = strings.TrimSpace(words)
	var c fault.Check
	c.Require(words != "", "promise", "fault.mentoring_words")
	c.Require(utf8.RuneCountInString(words) <= maxWords, "promise", "fault.too_long", "max", maxWords)
	err = s.change(ctx, by, mentorship, func(tx *db.Tx, m Mentorship) error {
		if err := c.Err(); err != nil {
			return err
		}
		now := s.Clock.Now()
		if _, err := tx.Exec(moveOnSQL, db.At(now), m.ID, by.Person); err != nil {
			return err
		}
		promise = id.New(now)
		_, err := tx.Exec(insertPromiseSQL, promise, m.ID, m.Audience, by.Person, words, db.At(now))
		return err
	}, Active)
	return promise, err
}

// promisesPage is how many promises a room shows at once. Open ones are shown
// whatever their age, because the next talk opens with them, so many at most.
const (
	promisesPage = 20
	openPromises = 100
)

// Promises returns the promises of a mentorship, the newest first, before the
// given one (0 for the newest).
//
// Errors: NotFound.
func (s *Service) Promises(ctx context.Context, by access.Actor, mentorship, before id.ID, limit int) (list []Promise, more bool, err error) {
	if err := by.NeedKnown(); err != nil {
		return nil, false, err
	}
	if limit <= 0 || limit > 100 {
		limit = 30
	}
	err = s.DB.Read(ctx, func(tx *db.Tx) error {
		m, err := load(tx, by, mentorship)
		if err != nil {
			return err
		}
		list, more, err = promises(tx, by, m.ID, before, limit)
		return err
	})
	return list, more, err
}

// Opening is what the next talk of a mentorship begins with: its agreement, who
// is in it, and of its promises those that are open, the newest first.
//
// Errors: NotFound.
func (s *Service) Opening(ctx context.Context, by access.Actor, mentorship id.ID) (m Mentorship, err error) {
	if err := by.NeedKnown(); err != nil {
		return m, err
	}
	err = s.DB.Read(ctx, func(tx *db.Tx) error {
		if m, err = load(tx, by, mentorship); err != nil {
			return err
		}
		m.Promises, err = db.All(tx, openPromisesSQL, scanPromise, by.Person, m.ID, id.ID(1<<63-1), openPromises)
		return err
	})
	return m, err
}

// newest returns the newest promises of a mentorship, and of those before them
// the open ones; older is where the next page begins, 0 for none.
func newest(tx *db.Tx, by access.Actor, mentorship id.ID) (list []Promise, older id.ID, err error) {
	list, more, err := promises(tx, by, mentorship, 0, promisesPage)
	if err != nil || !more {
		return list, 0, err
	}
	older = list[len(list)-1].ID
	open, err := db.All(tx, openPromisesSQL, scanPromise, by.Person, mentorship, older, openPromises)
	return append(list, open...), older, err
}

func promises(tx *db.Tx, by access.Actor, mentorship, before id.ID, limit int) ([]Promise, bool, error) {
	if before == 0 {
		before = 1<<63 - 1
	}
	list, err := db.All(tx, promisesSQL, scanPromise, by.Person, mentorship, before, limit+1)
	return list[:min(limit, len(list))], len(list) > limit, err
}

// Kept says that the actor kept a promise, or that it moves to the next talk.
func (s *Service) Kept(ctx context.Context, by access.Actor, mentorship, promise id.ID, kept bool) error {
	return s.change(ctx, by, mentorship, func(tx *db.Tx, m Mentorship) error {
		state := "open"
		if kept {
			state = "kept"
		}
		n, err := tx.Exec(settlePromiseSQL, state, db.At(s.Clock.Now()), promise, m.ID, by.Person)
		if err == nil && n == 0 {
			err = fault.Missing()
		}
		return err
	}, Active)
}

// PlanMeeting plans a meeting of everybody in the mentorship. The open promises
// open its agenda.
func (s *Service) PlanMeeting(ctx context.Context, by access.Actor, mentorship id.ID, w meet.When, title, agenda string, everyDays int) (meeting id.ID, err error) {
	err = s.change(ctx, by, mentorship, func(tx *db.Tx, m Mentorship) error {
		var list []id.ID
		for _, x := range m.People {
			list = append(list, x.Person)
		}
		meeting, err = s.Meet.Plan(tx, by, meet.New{
			Audience: m.Audience, About: m.ID, Kind: Key, Title: title, Agenda: agenda, Place: w.Place, Link: w.Link, Online: w.Online,
			Start: w.Start, End: w.End, Zone: w.Zone, EveryDays: everyDays, People: list,
		})
		return err
	}, Active)
	return meeting, err
}

// Close ends a mentorship with what changed and the actor's thanks. A mentee of
// a group that goes on with others leaves it instead, see MayLeave. Once it is
// closed only thanks are kept, which may follow from the others; without any,
// nothing changes. Whoever learnt there is matched anew in its programme, with
// others, except that the actor may take part in it no more (anew false), and
// that nobody does once it lasted as long as it was meant to. Events:
// mentorship.closed, mentorship.thanked.
//
// Errors: NotFound, Forbidden for those who may leave, Conflict before it has
// begun, Invalid.
func (s *Service) Close(ctx context.Context, by access.Actor, mentorship id.ID, outcome, thanks string, anew bool) error {
	outcome, thanks = strings.TrimSpace(outcome), strings.TrimSpace(thanks)
	var c fault.Check
	c.Require(utf8.RuneCountInString(outcome) <= maxGoals, "outcome", "fault.too_long", "max", maxGoals)
	c.Require(utf8.RuneCountInString(thanks) <= maxWords, "thanks", "fault.too_long", "max", maxWords)
	return s.change(ctx, by, mentorship, func(tx *db.Tx, m Mentorship) error {
		if err := c.Err(); err != nil {
			return err
		}
		if m.MayLeave(by.Person) {
			return fault.New(fault.Forbidden, "fault.mentoring_closes")
		}
		now := s.Clock.Now()
		if thanks != "" {
			if _, err := tx.Exec(thankSQL, thanks, by.Person, m.ID); err != nil {
				return err
			}
		}
		if m.State == Closed && thanks == "" {
			return nil
		}
		if m.State == Closed {
			return s.record(tx, event.Event{Kind: "mentorship.thanked", Subject: m.ID, Audience: m.Audience, Actor: by.Author, Other: m.Programme})
		}
		if _, err := tx.Exec(closeSQL, outcome, db.At(now), m.ID); err != nil {
			return err
		}
		for _, x := range m.People {
			if x.Role == Mentor || !m.whole(now) && (x.Person != by.Person || anew) || x.Person == by.Person && anew {
				continue
			}
			if _, err := tx.Exec(withdrawSQL, db.At(now), m.Programme, x.Person); err != nil {
				return err
			}
		}
		if p, ok, err := db.One(tx, programmeOfSQL, scanProgramme, m.Programme); err != nil {
			return err
		} else if ok && p.State == "open" {
			if err := s.changed(tx, p); err != nil {
				return err
			}
		}
		if err := s.Meet.CancelAll(tx, by.Author, m.ID); err != nil {
			return err
		}
		if err := subject.Touch(tx, m.ID, Closed, now); err != nil {
			return err
		}
		return s.record(tx, event.Event{Kind: "mentorship.closed", Subject: m.ID, Audience: m.Audience, Actor: by.Author, Other: m.Programme})
	}, Active, Closed)
}

// whole tells whether a mentorship has lasted as long as it was meant to.
func (m Mentorship) whole(now time.Time) bool { return !m.Ends.IsZero() && !now.Before(m.Ends) }

// Leave takes a mentee out of a group that goes on with others, and out of its
// programme, in which they may take part again. They read nothing more of it.
// Event: mentorship.left.
//
// Errors: NotFound, Conflict for a mentor, a mentorship of two (which is closed)
// and one that has not begun or has ended.
func (s *Service) Leave(ctx context.Context, by access.Actor, mentorship id.ID) error {
	return s.change(ctx, by, mentorship, func(tx *db.Tx, m Mentorship) error {
		if !m.MayLeave(by.Person) {
			return fault.New(fault.Conflict, "fault.mentoring_not_group")
		}
		if _, err := tx.Exec(leaveSQL, by.Person, m.ID); err != nil {
			return err
		}
		if err := s.Meet.Release(tx, m.ID, by.Person); err != nil {
			return err
		}
		if err := access.Leave(tx, m.Audience, by.Person); err != nil {
			return err
		}
		if _, err := tx.Exec(withdrawSQL, db.At(s.Clock.Now()), m.Programme, by.Person); err != nil {
			return err
		}
		if p, ok, err := db.One(tx, programmeOfSQL, scanProgramme, m.Programme); err != nil {
			return err
		} else if ok {
			if err := s.changed(tx, p); err != nil {
				return err
			}
		}
		return s.record(tx, event.Event{Kind: "mentorship.left", Subject: m.ID, Audience: m.Audience, Actor: by.Author, Other: m.Programme})
	}, Active)
}

// MayLeave tells whether somebody of it may leave: a mentee of a group that goes
// on with others.
func (m Mentorship) MayLeave(person id.ID) bool {
	mine, _ := m.Member(person)
	mentees := 0
	for _, x := range m.People {
		if x.Role == Mentee {
			mentees++
		}
	}
	return m.State == Active && mine.Role == Mentee && mentees > 1
}

// Rooms returns the actor's mentorships, the newest first, after the given one.
func (s *Service) Rooms(ctx context.Context, by access.Actor, before id.ID, limit int) (list []Mentorship, more bool, err error) {
	if err := by.NeedKnown(); err != nil {
		return nil, false, err
	}
	if before == 0 {
		before = 1<<63 - 1
	}
	if limit <= 0 || limit > 100 {
		limit = 30
	}
	err = s.DB.Read(ctx, func(tx *db.Tx) error {
		if list, err = db.All(tx, roomsSQL, scanMentorship, by.Person, before, limit+1); err != nil {
			return err
		}
		more = len(list) > limit
		list = list[:min(limit, len(list))]
		ids := make([]id.ID, len(list))
		at := make(map[id.ID]int, len(list))
		for i, m := range list {
			ids[i], at[m.ID] = m.ID, i
		}
		_, err := db.All(tx, membersOfSQL, func(r *db.Rows, _ *struct{}) error {
			var room id.ID
			var x Member
			if err := r.Scan(&room, &x.Person, &x.Role, &x.Answer, &x.Thanks); err != nil {
				return err
			}
			m := &list[at[room]]
			m.People = append(m.People, x)
			return nil
		}, ids)
		return err
	})
	return list, more, err
}

// firstPulse and pulseEvery are when people are asked how it goes, in days.
const (
	firstPulse = 30
	pulseEvery = 60
)

// pulseDay is the last day at which a mentorship of that age is asked, 0 for
// none yet: 30, 90, 150 ...
func pulseDay(age time.Duration) int {
	days := int(age / (24 * time.Hour))
	if days < firstPulse {
		return 0
	}
	return firstPulse + (days-firstPulse)/pulseEvery*pulseEvery
}

// AskPulses asks the members of every mentorship that has reached a pulse day
// how it goes, once each.
func (s *Service) AskPulses(ctx context.Context) error {
	now := s.Clock.Now()
	after := id.ID(0)
	for {
		var list []Mentorship
		if err := s.DB.Read(ctx, func(tx *db.Tx) (err error) {
			list, err = db.All(tx, activeSQL, scanMentorship, db.At(now.AddDate(0, 0, -firstPulse)), int64(after), batch)
			return err
		}); err != nil || len(list) == 0 {
			return err
		}
		after = list[len(list)-1].ID
		if err := s.DB.Write(ctx, func(tx *db.Tx) error {
			for _, m := range list {
				n, err := tx.Exec(askPulseSQL, pulseDay(now.Sub(m.Starts)), db.At(now), m.ID)
				if err != nil {
					return err
				}
				if n > 0 {
					if err := s.record(tx, event.Event{Kind: "mentorship.pulse", Subject: m.ID, Audience: m.Audience, Other: m.Programme}); err != nil {
						return err
					}
				}
			}
			return nil
		}); err != nil {
			return err
		}
	}
}

// Pulse answers how it goes: 1 not at all to 5 very well.
func (s *Service) Pulse(ctx context.Context, by access.Actor, mentorship id.ID, day, answer int) error {
	var c fault.Check
	c.Require(answer >= 1 && answer <= 5, "answer", "fault.mentoring_choose")
	return s.change(ctx, by, mentorship, func(tx *db.Tx, m Mentorship) error {
		if err := c.Err(); err != nil {
			return err
		}
		n, err := tx.Exec(answerPulseSQL, answer, db.At(s.Clock.Now()), m.ID, by.Person, day)
		if err == nil && n == 0 {
			err = fault.Missing()
		}
		return err
	}, Active)
}

// Health is how a programme goes, as those who run it see it. Numbers that
// come from fewer than five mentorships or people are left out (Shown false).
type Health struct {
	Mentors, Mentees           int // enrolled
	Proposed, Active, Declined int
	Closed                     int
	Met                        int // active or closed mentorships that met at least once
	MetShown                   bool
	Pulse                      float64 // mean of the latest answers
	PulseShown                 bool
	Worth                      float64 // mean of the latest talks, WorthNo to WorthYes
	WorthShown                 bool
	Reached                    int // goals
	ReachedShown               bool
}

// Health returns how a programme goes.
//
// Errors: NotFound, Forbidden.
func (s *Service) Health(ctx context.Context, by access.Actor, programme id.ID) (h Health, err error) {
	err = s.DB.Read(ctx, func(tx *db.Tx) error {
		p, err := s.run(tx, by, programme)
		if err != nil {
			return err
		}
		if _, err := tx.Row(countRolesSQL, []any{&h.Mentors, &h.Mentees}, p.ID); err != nil {
			return err
		}
		if _, err := tx.Row(countStatesSQL, []any{&h.Proposed, &h.Active, &h.Declined, &h.Closed}, p.ID); err != nil {
			return err
		}
		if _, err := tx.Row(countMetSQL, []any{&h.Met}, p.ID); err != nil {
			return err
		}
		all := h.Active + h.Closed
		h.MetShown = shown(h.Met, all)
		var answers, people int
		if _, err := tx.Row(pulseSQL, []any{&answers, &people}, p.ID); err != nil {
			return err
		}
		if h.PulseShown = people >= smallest; h.PulseShown {
			h.Pulse = float64(answers) / float64(people)
		}
		if _, err := tx.Row(worthSQL, []any{&answers, &people}, p.ID); err != nil {
			return err
		}
		if h.WorthShown = people >= smallest; h.WorthShown {
			h.Worth = float64(answers) / float64(people)
		}
		var who int
		if _, err := tx.Row(reachedSQL, []any{&h.Reached, &who}, p.ID); err != nil {
			return err
		}
		h.ReachedShown = who >= smallest
		return nil
	})
	if !h.MetShown {
		h.Met = 0
	}
	if !h.ReachedShown {
		h.Reached = 0
	}
	return h, err
}

// shown tells whether a share may be shown: neither those of whom it is true
// nor the others are fewer than five, unless they are all or none of five.
func shown(part, all int) bool {
	return all >= smallest && (part == 0 || part >= smallest || part == all) && (all-part == 0 || all-part >= smallest || part == 0)
}
