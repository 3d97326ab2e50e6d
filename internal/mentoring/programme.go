package mentoring

import (
	"context"
	"encoding/json"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/guildhall/guildhall/internal/core/access"
	"github.com/guildhall/guildhall/internal/core/event"
	"github.com/guildhall/guildhall/internal/core/meet"
	"github.com/guildhall/guildhall/internal/core/people"
	"github.com/guildhall/guildhall/internal/core/skills"
	"github.com/guildhall/guildhall/internal/core/subject"
	"github.com/guildhall/guildhall/internal/platform/clock"
	"github.com/guildhall/guildhall/internal/platform/db"
	"github.com/guildhall/guildhall/internal/platform/fault"
	"github.com/guildhall/guildhall/internal/platform/id"
)

// Key is the name of the practice.
const Key = "mentoring"

// Bounds of what people write.
const (
	maxName      = 120
	maxPurpose   = 2000
	maxGoals     = 2000
	maxAnswer    = 1000
	maxQuestions = 5
	maxSkills    = 8
	maxCapacity  = 12
)

// Service answers for mentoring.
type Service struct {
	DB     *db.DB
	Clock  clock.Clock
	Skills *skills.Service
	Meet   *meet.Service
	// SignedIn tells who of some people has signed in so far.
	SignedIn func(tx *db.Tx, people []id.ID) (map[id.ID]bool, error)
}

func (s *Service) record(tx *db.Tx, e event.Event) error {
	return event.Recorder{Clock: s.Clock}.Record(tx, e)
}

// Programme is one programme.
type Programme struct {
	ID        id.ID
	Audience  id.ID
	Author    id.ID
	Owner     id.ID
	Template  string
	Name      string
	Purpose   string
	Shape     string
	Way       string
	Unit      id.ID  // mentees come from this unit only, 0 for any
	Site      id.ID  // and from this site
	State     string // open, closed
	Weeks     int
	Capacity  int
	Questions []string
	Weights   Weights
	Run       id.ID     // the run that is looked over, 0 for none
	Suggested time.Time // when suggestions were last worked out
	Created   time.Time
}

// NewProgramme describes a programme to be started.
type NewProgramme struct {
	Template  string
	Name      string
	Purpose   string
	Shape     string
	Way       string // cohort when empty
	Unit      id.ID
	Site      id.ID
	Weeks     int
	Capacity  int
	Questions []string
	Weights   Weights
}

// organises tells whether the actor runs the programme: who started it while
// they organise, and everybody who organises the organisation.
func organises(by access.Actor) bool { return by.Organises() }

// Start starts a programme, open for enrolment.
//
// Errors: Forbidden for those who do not organise, Invalid.
func (s *Service) Start(ctx context.Context, by access.Actor, n NewProgramme) (id.ID, error) {
	if err := by.NeedKnown(); err != nil {
		return 0, err
	}
	if !organises(by) {
		return 0, fault.New(fault.Forbidden, "fault.mentoring_organisers")
	}
	n.Name, n.Purpose = strings.TrimSpace(n.Name), strings.TrimSpace(n.Purpose)
	var questions []string
	for _, q := range n.Questions {
		if q = strings.TrimSpace(q); q != "" {
			questions = append(questions, q)
		}
	}
	var c fault.Check
	_, known := template(n.Template)
	c.Require(known, "template", "fault.mentoring_template")
	c.Require(n.Name != "", "name", "fault.mentoring_name")
	c.Require(utf8.RuneCountInString(n.Name) <= maxName, "name", "fault.too_long", "max", maxName)
	c.Require(utf8.RuneCountInString(n.Purpose) <= maxPurpose, "purpose", "fault.too_long", "max", maxPurpose)
	c.Require(n.Shape == ShapePairs || n.Shape == ShapeGroups || n.Shape == ShapePeers, "shape", "fault.mentoring_choose")
	if n.Way == "" {
		n.Way = WayCohort
	}
	c.Require(n.Way == WayCohort || n.Shape != ShapePeers && (n.Way == WayJoiners || n.Way == WaySelf), "way", "fault.mentoring_choose")
	c.Require(n.Weeks >= 2 && n.Weeks <= 104, "weeks", "fault.mentoring_weeks")
	c.Require(n.Capacity >= 1 && n.Capacity <= maxCapacity, "capacity", "fault.mentoring_capacity", "max", maxCapacity)
	c.Require(len(questions) <= maxQuestions, "questions", "fault.mentoring_questions", "max", maxQuestions)
	for _, q := range questions {
		c.Require(utf8.RuneCountInString(q) <= 300, "questions", "fault.too_long", "max", 300)
	}
	w := n.Weights.valid()
	c.Require(counts(w), "weights", "fault.mentoring_weights")
	if err := c.Err(); err != nil {
		return 0, err
	}
	now := s.Clock.Now()
	programme := id.New(now)
	return programme, s.DB.Write(ctx, func(tx *db.Tx) error {
		if err := access.NeedSees(tx, by, access.Organisation); err != nil {
			return err
		}
		if _, err := tx.Exec(insertProgrammeSQL, programme, access.Organisation, by.Author, by.Person, n.Template, n.Name, n.Purpose, n.Shape,
			n.Way, n.Unit, n.Site, n.Weeks, n.Capacity, text(questions), text(w), db.At(now)); err != nil {
			return err
		}
		if err := subject.Save(tx, subject.Subject{
			Ref: subject.Ref{Kind: subject.Programme, ID: programme}, Audience: access.Organisation, Author: by.Author,
			Title: n.Name, State: "open", Created: now, Updated: now,
		}); err != nil {
			return err
		}
		return s.record(tx, event.Event{Kind: "programme.started", Subject: programme, Audience: access.Organisation, Actor: by.Author})
	})
}

// counts tells whether any criterion counts.
func counts(w Weights) bool {
	for _, c := range Criteria {
		if w[c].points() > 0 {
			return true
		}
	}
	return false
}

// text prints a value for a column of JSON.
func text(v any) string {
	b, err := json.Marshal(v)
	if err != nil {
		panic(err) // only values of this package, which can be printed
	}
	return string(b)
}

// End ends enrolment and matching of a programme; its mentorships go on.
func (s *Service) End(ctx context.Context, by access.Actor, programme id.ID) error {
	return s.DB.Write(ctx, func(tx *db.Tx) error {
		p, err := s.run(tx, by, programme)
		if err != nil {
			return err
		}
		now := s.Clock.Now()
		if _, err := tx.Exec(closeProgrammeSQL, db.At(now), p.ID); err != nil {
			return err
		}
		return subject.Touch(tx, p.ID, "closed", now)
	})
}

// Open returns a programme that the actor may see.
//
// Errors: NotFound.
func (s *Service) Open(ctx context.Context, by access.Actor, programme id.ID) (p Programme, err error) {
	if err := by.NeedKnown(); err != nil {
		return p, err
	}
	err = s.DB.Read(ctx, func(tx *db.Tx) error {
		p, err = open(tx, by, programme)
		return err
	})
	return p, err
}

func open(tx *db.Tx, by access.Actor, programme id.ID) (Programme, error) {
	p, ok, err := db.One(tx, openProgrammeSQL, scanProgramme, by.Person, programme)
	if err == nil && !ok {
		err = fault.Missing()
	}
	return p, err
}

// run opens a programme for those who run it.
//
// Errors: NotFound, Forbidden.
func (s *Service) run(tx *db.Tx, by access.Actor, programme id.ID) (Programme, error) {
	if err := by.NeedKnown(); err != nil {
		return Programme{}, err
	}
	p, err := open(tx, by, programme)
	if err == nil && !organises(by) {
		err = fault.New(fault.Forbidden, "fault.mentoring_organisers")
	}
	return p, err
}

// List returns programmes that the actor may see, open ones first, then the
// newest, after the given one.
func (s *Service) List(ctx context.Context, by access.Actor, state string, before id.ID, limit int) (list []Programme, more bool, err error) {
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
		list, err = db.All(tx, listProgrammesSQL, scanProgramme, by.Person, state, before, limit+1)
		more = len(list) > limit
		list = list[:min(len(list), limit)]
		return err
	})
	return list, more, err
}

// Roles of an enrolment.
const (
	Mentor = "mentor"
	Mentee = "mentee"
	Peer   = "peer"
)

// Enrolment is somebody's part in a programme.
type Enrolment struct {
	ID        id.ID
	Programme id.ID
	Person    id.ID
	Role      string
	State     string // in, out
	Capacity  int
	Goals     string
	Answers   []string
	Skills    []Wish
	Names     []string // of the skills
	Updated   time.Time
}

// Enrol is what somebody says when they take part.
type Enrol struct {
	Role     string
	Capacity int
	Goals    string
	Answers  []string
	Skills   []string // names, what matters most first
}

// Enrol lets the actor take part, or changes what they said.
//
// Errors: NotFound, Conflict when the programme is closed, Invalid.
func (s *Service) Enrol(ctx context.Context, by access.Actor, programme id.ID, e Enrol) error {
	if err := by.NeedKnown(); err != nil {
		return err
	}
	e.Goals = strings.TrimSpace(e.Goals)
	now := s.Clock.Now()
	return s.DB.Write(ctx, func(tx *db.Tx) error {
		p, err := open(tx, by, programme)
		if err != nil {
			return err
		}
		if p.State != "open" {
			return fault.New(fault.Conflict, "fault.mentoring_closed")
		}
		if p.Shape == ShapePeers {
			e.Role, e.Capacity = Peer, 1
		}
		var c fault.Check
		c.Require(e.Role == Peer == (p.Shape == ShapePeers) && (e.Role == Peer || e.Role == Mentor || e.Role == Mentee), "role", "fault.mentoring_choose")
		if e.Role != Mentor {
			e.Capacity = 1
		}
		c.Require(e.Capacity >= 1 && e.Capacity <= maxCapacity, "capacity", "fault.mentoring_capacity", "max", maxCapacity)
		c.Require(utf8.RuneCountInString(e.Goals) <= maxGoals, "goals", "fault.too_long", "max", maxGoals)
		c.Require(len(e.Skills) > 0 || p.Weights[BySkills].points() == 0, "skills", "fault.mentoring_skills")
		c.Require(len(e.Skills) <= maxSkills, "skills", "fault.mentoring_many_skills", "max", maxSkills)
		if e.Role != Mentor {
			may, err := mayJoin(tx, p, by.Person)
			if err != nil {
				return err
			}
			c.Require(may, "role", "fault.mentoring_not_for")
		}
		answers := make([]string, len(p.Questions))
		for i := range answers {
			if i < len(e.Answers) {
				answers[i] = strings.TrimSpace(e.Answers[i])
			}
			c.Require(utf8.RuneCountInString(answers[i]) <= maxAnswer, "answers", "fault.too_long", "max", maxAnswer)
		}
		if err := c.Err(); err != nil {
			return err
		}
		tags, err := s.Skills.Named(tx, by, p.Audience, e.Skills, false)
		if err != nil {
			return err
		}
		enrolment := id.New(now)
		if _, err := tx.Row(enrolSQL, []any{&enrolment}, enrolment, p.ID, by.Person, e.Role, e.Capacity, e.Goals, text(answers), db.At(now)); err != nil {
			return err
		}
		if _, err := tx.Exec(forgetSkillsSQL, enrolment); err != nil {
			return err
		}
		levels, err := declaredLevels(tx, by.Person)
		if err != nil {
			return err
		}
		for i, t := range tags {
			level := 0
			if e.Role != Mentee {
				if level = levels[t.ID]; level == 0 {
					level = skills.Confident
				}
			}
			if _, err := tx.Exec(insertSkillSQL, enrolment, t.ID, i, level); err != nil {
				return err
			}
		}
		if err := s.changed(tx, p); err != nil {
			return err
		}
		return s.record(tx, event.Event{Kind: "programme.joined", Subject: p.ID, Audience: p.Audience, Actor: by.Author})
	})
}

// mayJoin tells whether the rule of a programme lets somebody be a mentee.
func mayJoin(tx *db.Tx, p Programme, person id.ID) (bool, error) {
	if p.Unit == 0 && p.Site == 0 {
		return true, nil
	}
	traits, err := people.Traits(tx, []id.ID{person})
	t := traits[person]
	return (p.Unit == 0 || t.Unit == p.Unit) && (p.Site == 0 || t.Site == p.Site), err
}

// changed has a programme that goes on by itself looked at again, a large one
// not for each enrolment of a busy day.
func (s *Service) changed(tx *db.Tx, p Programme) error {
	if p.Way == WayCohort {
		return nil
	}
	var enrolled int
	if _, err := tx.Row(countEnrolledSQL, []any{&enrolled}, p.ID); err != nil {
		return err
	}
	wait := time.Duration(0)
	if enrolled > inline {
		wait = 5 * time.Minute
	}
	if p.Way == WaySelf {
		return s.soon(tx, suggestJob, p.ID, wait)
	}
	return s.soon(tx, joinersJob, p.ID, wait)
}

// declaredLevels are the levels at which somebody says that they can teach.
func declaredLevels(tx *db.Tx, person id.ID) (map[id.ID]int, error) {
	list, err := skills.ForMatching(tx, []id.ID{person})
	out := map[id.ID]int{}
	for _, d := range list {
		if d.Direction == skills.Teach {
			out[d.ID] = d.Level
		}
	}
	return out, err
}

// Withdraw takes the actor out of a programme. Mentorships go on.
func (s *Service) Withdraw(ctx context.Context, by access.Actor, programme id.ID) error {
	if err := by.NeedKnown(); err != nil {
		return err
	}
	return s.DB.Write(ctx, func(tx *db.Tx) error {
		p, err := open(tx, by, programme)
		if err != nil {
			return err
		}
		if _, err = tx.Exec(withdrawSQL, db.At(s.Clock.Now()), p.ID, by.Person); err != nil {
			return err
		}
		if err := s.release(tx, p.ID, by.Person, 0); err != nil {
			return err
		}
		if err := s.pass(tx, p.ID, by.Person); err != nil {
			return err
		}
		return s.changed(tx, p)
	})
}

// Mine returns the actor's enrolment in a programme; false when they take no
// part.
func (s *Service) Mine(ctx context.Context, by access.Actor, programme id.ID) (e Enrolment, in bool, err error) {
	err = s.DB.Read(ctx, func(tx *db.Tx) error {
		list, err := enrolled(tx, programme, []id.ID{by.Person})
		in = len(list) == 1
		if in {
			e = list[0]
		}
		return err
	})
	return e, in, err
}

// enrolled returns enrolments of a programme with their skills, of the given
// people or, with nil, of everybody, in the order of persons.
func enrolled(tx *db.Tx, programme id.ID, people []id.ID) ([]Enrolment, error) {
	var list []Enrolment
	var err error
	if people != nil {
		list, err = db.All(tx, enrolmentsOfSQL, scanEnrolment, programme, people)
	} else {
		list, err = db.All(tx, enrolmentsSQL, scanEnrolment, programme)
	}
	if err != nil || len(list) == 0 {
		return list, err
	}
	at := make(map[id.ID]int, len(list))
	ids := make([]id.ID, len(list))
	for i, e := range list {
		at[e.ID], ids[i] = i, e.ID
	}
	for len(ids) > 0 {
		n := min(len(ids), 1000)
		if _, err := db.All(tx, enrolmentSkillsSQL, func(r *db.Rows, _ *struct{}) error {
			var e id.ID
			var w Wish
			var name string
			if err := r.Scan(&e, &w.Skill, &w.Level, &name); err != nil {
				return err
			}
			x := &list[at[e]]
			x.Skills, x.Names = append(x.Skills, w), append(x.Names, name)
			return nil
		}, ids[:n]); err != nil {
			return nil, err
		}
		ids = ids[n:]
	}
	return list, nil
}

// EnrolledIn tells in which programmes the actor takes part.
func (s *Service) EnrolledIn(ctx context.Context, by access.Actor) (map[id.ID]bool, error) {
	out := map[id.ID]bool{}
	err := s.DB.Read(ctx, func(tx *db.Tx) error {
		list, err := db.All(tx, enrolledInSQL, scanID, by.Person)
		for _, n := range list {
			out[n] = true
		}
		return err
	})
	return out, err
}

// Enrolments returns who takes part in a programme, in the order of their ids,
// after the given person, for those who run it.
//
// Errors: NotFound, Forbidden.
func (s *Service) Enrolments(ctx context.Context, by access.Actor, programme, after id.ID, limit int) (list []Enrolment, more bool, err error) {
	err = s.DB.Read(ctx, func(tx *db.Tx) error {
		p, err := s.run(tx, by, programme)
		if err != nil {
			return err
		}
		if list, err = db.All(tx, enrolmentsPageSQL, scanEnrolment, p.ID, int64(after), limit+1); err != nil {
			return err
		}
		more = len(list) > limit
		list = list[:min(limit, len(list))]
		ids := make([]id.ID, len(list))
		for i, e := range list {
			ids[i] = e.Person
		}
		if len(ids) > 0 {
			list, err = enrolled(tx, p.ID, ids)
		}
		return err
	})
	return list, more, err
}

// Enrolled counts who takes part, peers among the mentees, for those who run
// the programme.
//
// Errors: NotFound, Forbidden.
func (s *Service) Enrolled(ctx context.Context, by access.Actor, programme id.ID) (mentors, mentees, free int, err error) {
	err = s.DB.Read(ctx, func(tx *db.Tx) error {
		p, err := s.run(tx, by, programme)
		if err != nil {
			return err
		}
		if _, err = tx.Row(countRolesSQL, []any{&mentors, &mentees}, p.ID); err != nil {
			return err
		}
		_, err = tx.Row(countFreeSQL, []any{&free}, p.ID)
		return err
	})
	return mentors, mentees, free, err
}

// programmeNames returns the names of those programmes that the actor may see.
func programmeNames(tx *db.Tx, by access.Actor, ids []id.ID) (map[id.ID]string, error) {
	out := map[id.ID]string{}
	if len(ids) == 0 {
		return out, nil
	}
	_, err := db.All(tx, programmeNamesSQL, func(r *db.Rows, _ *struct{}) error {
		var n id.ID
		var name string
		err := r.Scan(&n, &name)
		out[n] = name
		return err
	}, by.Person, ids)
	return out, err
}
