package ask

import (
	"context"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/guildhall/guildhall/internal/core/access"
	"github.com/guildhall/guildhall/internal/core/event"
	"github.com/guildhall/guildhall/internal/core/people"
	"github.com/guildhall/guildhall/internal/core/revise"
	"github.com/guildhall/guildhall/internal/core/search"
	"github.com/guildhall/guildhall/internal/core/skills"
	"github.com/guildhall/guildhall/internal/core/subject"
	"github.com/guildhall/guildhall/internal/platform/clock"
	"github.com/guildhall/guildhall/internal/platform/db"
	"github.com/guildhall/guildhall/internal/platform/fault"
	"github.com/guildhall/guildhall/internal/platform/id"
)

// The longest texts, in characters. They leave room for a long log and keep a
// page readable.
const (
	MaxTitle   = 200
	MaxBody    = 64 << 10
	MaxComment = 2000
	MaxSkills  = 6
)

// Service answers for questions, answers and comments.
type Service struct {
	db     *db.DB
	clock  clock.Clock
	events event.Recorder
	skills *skills.Service
	// language tells in which language a text is written, "und" when it
	// cannot.
	language func(text string) string
}

// New returns the service. language tells in which language a text is written
// (BCP 47), "und" when it cannot.
func New(d *db.DB, c clock.Clock, s *skills.Service, language func(text string) string) *Service {
	return &Service{db: d, clock: c, events: event.Recorder{Clock: c}, skills: s, language: language}
}

// State is where a question stands.
type State string

// The states. Whether an open question waits, has answers or is settled is
// said by Question.Settled.
const (
	Open      State = "open"
	Duplicate State = "duplicate"
	Obsolete  State = "obsolete"
	Deleted   State = "deleted"
)

// Question is one question as its page shows it.
type Question struct {
	ID           id.ID
	Audience     id.ID
	Author       id.ID
	Title        string
	Body         string // Markdown
	Lang         string // BCP 47, "und" when it could not be told
	State        State
	Settled      string // "", "answered" or "accepted"
	Accepted     id.ID  // the accepted answer, 0 for none
	DuplicateOf  id.ID
	ObsoleteWhy  string
	Answers      int
	Comments     int
	Score        int // an import's score and "I have this too"
	MeToo        int
	LearnerFirst bool
	VerifiedAt   time.Time
	VerifiedBy   id.ID
	Created      time.Time
	Edited       time.Time // zero when never
	Active       time.Time
	OriginURL    string // where an imported question comes from
	Licence      string
	Skills       []skills.Tag
}

// Ask is a new question.
type Ask struct {
	Title        string
	Body         string
	Skills       []string // names; unknown ones become new skills
	Audience     id.ID    // Organisation when 0
	LearnerFirst bool     // somebody still learning the skill may go first
	First        id.ID    // the person to ask before anybody else, 0 for nobody
}

func (a *Ask) tidy() error {
	a.Title = strings.Join(strings.Fields(a.Title), " ")
	a.Body = strings.TrimSpace(a.Body)
	a.Skills = compact(a.Skills)
	if a.Audience == 0 {
		a.Audience = access.Organisation
	}
	var c fault.Check
	checkTitle(&c, a.Title)
	c.Require(utf8.RuneCountInString(a.Body) <= MaxBody, "body", "fault.too_long", "max", MaxBody)
	checkSkills(&c, a.Skills)
	return c.Err()
}

func checkTitle(c *fault.Check, title string) {
	n := utf8.RuneCountInString(title)
	c.Require(n >= 10, "title", "fault.title_short", "min", 10)
	c.Require(n <= MaxTitle, "title", "fault.too_long", "max", MaxTitle)
}

func checkSkills(c *fault.Check, names []string) {
	c.Require(len(names) <= MaxSkills, "skills", "fault.too_many_skills", "max", MaxSkills)
	for _, n := range names {
		if utf8.RuneCountInString(n) > 100 || skills.Norm(n) == "" {
			c.Bad("skills", "fault.skill_name", "name", n)
			return
		}
	}
}

// compact trims names and drops empty and doubled ones.
func compact(names []string) []string {
	var out []string
	seen := map[string]bool{}
	for _, n := range names {
		n = strings.Join(strings.Fields(n), " ")
		if k := strings.ToLower(n); n != "" && !seen[k] {
			seen[k] = true
			out = append(out, n)
		}
	}
	return out
}

// Ask puts a question to an audience of the actor's. Event: question.asked.
func (s *Service) Ask(ctx context.Context, by access.Actor, a Ask) (id.ID, error) {
	if err := by.NeedKnown(); err != nil {
		return 0, err
	}
	if err := a.tidy(); err != nil {
		return 0, err
	}
	language := s.language(a.Title + "\n" + a.Body)
	var q id.ID
	err := s.db.Write(ctx, func(tx *db.Tx) error {
		if err := access.NeedSees(tx, by, a.Audience); err != nil {
			return err
		}
		tags, err := s.skills.Named(tx, by, a.Audience, a.Skills, false)
		if err != nil {
			return err
		}
		now := s.clock.Now()
		q = id.New(now)
		if err := insertQuestion(tx, Question{
			ID: q, Audience: a.Audience, Author: by.Author, Title: a.Title, Body: a.Body, Lang: language,
			State: Open, LearnerFirst: a.LearnerFirst, Created: now, Active: now, Skills: tags,
		}); err != nil {
			return err
		}
		if err := attach(tx, q, by.Author, a.Body); err != nil {
			return err
		}
		if a.First != 0 {
			if err := address(tx, by, q, a); err != nil {
				return err
			}
		}
		if _, err := tx.Exec(followSQL, by.Person, q, db.At(now)); err != nil {
			return err
		}
		return s.events.Record(tx, event.Event{Kind: "question.asked", Subject: q, Audience: a.Audience, Actor: by.Author})
	})
	return q, err
}

// address notes whom the asker would like to be asked first: somebody else who
// may see the question.
func address(tx *db.Tx, by access.Actor, question id.ID, a Ask) error {
	var c fault.Check
	may, err := access.Sees(tx, access.Actor{Person: a.First}, a.Audience)
	if err != nil {
		return err
	}
	c.Require(may, "ask", "fault.person_cannot_see")
	c.Require(a.First != by.Person, "ask", "fault.ask_self")
	if err := c.Err(); err != nil {
		return err
	}
	_, err = tx.Exec(insertAddresseeSQL, question, a.First)
	return err
}

// insertQuestion writes the question, its skills, its subject and its search
// row.
func insertQuestion(tx *db.Tx, q Question) error {
	if _, err := tx.Exec(insertQuestionSQL, q.ID, q.Audience, q.Author, q.Title, q.Body, q.Lang, string(q.State), q.Settled,
		q.Score, q.LearnerFirst, db.At(q.Created), db.At(q.Edited), db.At(q.Active), q.OriginURL, q.Licence); err != nil {
		return err
	}
	if err := insertSkills(tx, q.ID, q.Skills, q.Active); err != nil {
		return err
	}
	if err := saveQuestionSubject(tx, q); err != nil {
		return err
	}
	return indexQuestion(tx, q)
}

func insertSkills(tx *db.Tx, q id.ID, tags []skills.Tag, active time.Time) error {
	for i, t := range tags {
		if _, err := tx.Exec(insertQuestionSkillSQL, q, t.ID, i, db.At(active)); err != nil {
			return err
		}
	}
	return nil
}

func saveQuestionSubject(tx *db.Tx, q Question) error {
	return subject.Save(tx, subject.Subject{
		Ref: subject.Ref{Kind: subject.Question, ID: q.ID}, Audience: q.Audience, Author: q.Author,
		Title: q.Title, State: q.standing(), Created: q.Created, Updated: q.Active,
	})
}

func indexQuestion(tx *db.Tx, q Question) error {
	names := make([]string, len(q.Skills))
	for i, t := range q.Skills {
		names[i] = t.Name
	}
	return search.Save(tx, search.Doc{
		ID: q.ID, Kind: subject.Question, Audience: q.Audience,
		Title: q.Title, Body: q.Body, Tags: strings.Join(names, " "), Lang: q.Lang,
	})
}

// standing is the state a list shows: settled questions say so.
func (q Question) standing() string {
	if q.State == Open && q.Settled != "" {
		return q.Settled
	}
	return string(q.State)
}

// Edit is a change of a question's words. Note says why, for the history.
type Edit struct {
	Title  string
	Body   string
	Skills []string
	Note   string
}

// Edit changes a question. Its author, a steward of its audience and
// organisers may; the earlier version stays in the history. Event:
// question.edited.
func (s *Service) Edit(ctx context.Context, by access.Actor, question id.ID, e Edit) error {
	if err := by.NeedKnown(); err != nil {
		return err
	}
	a := Ask{Title: e.Title, Body: e.Body, Skills: e.Skills}
	wrong := a.tidy()
	language := s.language(a.Title + "\n" + a.Body)
	return s.db.Write(ctx, func(tx *db.Tx) error {
		q, err := load(tx, by, question)
		if err != nil {
			return err
		}
		if err := mayTend(tx, by, q.Author, q.Audience); err != nil {
			return err
		}
		if wrong != nil {
			return wrong
		}
		tags, err := s.skills.Named(tx, by, q.Audience, a.Skills, false)
		if err != nil {
			return err
		}
		if q.Title == a.Title && q.Body == a.Body && sameTags(q.Skills, tags) {
			return nil
		}
		now := s.clock.Now()
		if err := revise.Keep(tx, s.clock, revise.Version{
			Subject: q.ID, Audience: q.Audience, Author: q.Author, Title: q.Title, Body: q.Body, Skills: tagNames(q.Skills), At: q.Created,
		}, revise.Version{
			Subject: q.ID, Audience: q.Audience, Author: by.Author, Title: a.Title, Body: a.Body, Skills: tagNames(tags), Note: e.Note, At: now,
		}); err != nil {
			return err
		}
		q.Title, q.Body, q.Lang, q.Skills, q.Edited, q.Active = a.Title, a.Body, language, tags, now, now
		if _, err := tx.Exec(editQuestionSQL, q.Title, q.Body, q.Lang, db.At(now), q.ID); err != nil {
			return err
		}
		if err := attach(tx, q.ID, by.Author, q.Body); err != nil {
			return err
		}
		if _, err := tx.Exec(deleteQuestionSkillsSQL, q.ID); err != nil {
			return err
		}
		if err := insertSkills(tx, q.ID, tags, now); err != nil {
			return err
		}
		if err := saveQuestionSubject(tx, q); err != nil {
			return err
		}
		if err := indexQuestion(tx, q); err != nil {
			return err
		}
		return s.events.Record(tx, event.Event{Kind: "question.edited", Subject: q.ID, Audience: q.Audience, Actor: by.Author})
	})
}

func tagNames(tags []skills.Tag) []string {
	out := make([]string, len(tags))
	for i, t := range tags {
		out[i] = t.Name
	}
	return out
}

func sameTags(a, b []skills.Tag) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if a[i].ID != b[i].ID {
			return false
		}
	}
	return true
}

// mayTend returns nil when the actor wrote it or looks after the audience.
func mayTend(tx *db.Tx, by access.Actor, author, audience id.ID) error {
	ok, err := people.Owns(tx, by, author)
	if err == nil && !ok {
		ok, err = access.Stewards(tx, by, audience)
	}
	if err != nil {
		return err
	}
	if !ok {
		return fault.New(fault.Forbidden, "fault.not_yours")
	}
	return nil
}

// Delete takes a question away. Its author may while nobody has answered it, a
// steward or organiser those of others always. Event: question.deleted.
func (s *Service) Delete(ctx context.Context, by access.Actor, question id.ID) error {
	return s.change(ctx, by, question, "question.deleted", 0, func(tx *db.Tx, q *Question) error {
		steward, err := access.Stewards(tx, by, q.Audience)
		if err != nil {
			return err
		}
		mine, err := people.Owns(tx, by, q.Author)
		if err != nil {
			return err
		}
		switch {
		case mine && q.Answers > 0: // a steward is no judge of their own question
			return fault.New(fault.Conflict, "fault.question_has_answers")
		case !mine && !steward:
			return fault.New(fault.Forbidden, "fault.not_yours")
		}
		q.State = Deleted
		if err := search.Remove(tx, q.ID); err != nil {
			return err
		}
		if _, err := tx.Exec(forgetAnswersSQL, q.ID); err != nil {
			return err
		}
		_, err = tx.Exec(forgetAnswerSubjectsSQL, q.ID)
		return err
	})
}

// MarkDuplicate says that another question already covers this one. Event:
// question.duplicated.
func (s *Service) MarkDuplicate(ctx context.Context, by access.Actor, question, of id.ID) error {
	return s.change(ctx, by, question, "question.duplicated", of, func(tx *db.Tx, q *Question) error {
		if err := mayTend(tx, by, q.Author, q.Audience); err != nil {
			return err
		}
		if of == q.ID {
			return fault.New(fault.Conflict, "fault.duplicate_of_itself")
		}
		other, err := load(tx, by, of)
		if err != nil {
			return err
		}
		if other.State == Duplicate {
			return fault.New(fault.Conflict, "fault.duplicate_of_duplicate").With("title", other.Title)
		}
		q.State, q.DuplicateOf = Duplicate, of
		return nil
	})
}

// MarkObsolete says that the question no longer arises, and why. Event:
// question.obsolete.
func (s *Service) MarkObsolete(ctx context.Context, by access.Actor, question id.ID, why string) error {
	why = strings.TrimSpace(why)
	var c fault.Check
	c.Require(why != "", "why", "fault.why_empty")
	c.Require(utf8.RuneCountInString(why) <= 500, "why", "fault.too_long", "max", 500)
	return s.change(ctx, by, question, "question.obsolete", 0, func(tx *db.Tx, q *Question) error {
		if err := mayTend(tx, by, q.Author, q.Audience); err != nil {
			return err
		}
		if err := c.Err(); err != nil {
			return err
		}
		q.State, q.ObsoleteWhy = Obsolete, why
		return nil
	})
}

// Reopen undoes duplicate, obsolete and, for stewards, deleted. Event:
// question.reopened.
func (s *Service) Reopen(ctx context.Context, by access.Actor, question id.ID) error {
	return s.change(ctx, by, question, "question.reopened", 0, func(tx *db.Tx, q *Question) error {
		if err := mayTend(tx, by, q.Author, q.Audience); err != nil {
			return err
		}
		q.State, q.DuplicateOf, q.ObsoleteWhy = Open, 0, ""
		return nil
	})
}

// Verify says that question and answer are still true. Anybody who may see the
// question and is likely to know may; the receipt names them. Event:
// question.verified.
func (s *Service) Verify(ctx context.Context, by access.Actor, question id.ID) error {
	return s.change(ctx, by, question, "question.verified", 0, func(tx *db.Tx, q *Question) error {
		if q.Settled != "accepted" {
			return fault.New(fault.Conflict, "fault.verify_unsettled")
		}
		q.VerifiedAt, q.VerifiedBy = s.clock.Now(), by.Author
		return nil
	})
}

// change loads a question the actor may see, lets the rule change it, and
// writes row, subject and event.
func (s *Service) change(ctx context.Context, by access.Actor, question id.ID, kind string, other id.ID, rule func(*db.Tx, *Question) error) error {
	if err := by.NeedKnown(); err != nil {
		return err
	}
	return s.db.Write(ctx, func(tx *db.Tx) error {
		q, err := load(tx, by, question)
		if err != nil {
			return err
		}
		if err := rule(tx, &q); err != nil {
			return err
		}
		if _, err := tx.Exec(changeQuestionSQL, string(q.State), q.DuplicateOf, q.ObsoleteWhy, db.At(q.VerifiedAt), q.VerifiedBy, q.ID); err != nil {
			return err
		}
		if err := saveQuestionSubject(tx, q); err != nil {
			return err
		}
		return s.events.Record(tx, event.Event{Kind: kind, Subject: q.ID, Audience: q.Audience, Actor: by.Author, Other: other})
	})
}

// load reads a question the actor may see and that is not deleted.
func load(tx *db.Tx, by access.Actor, question id.ID) (Question, error) {
	q, ok, err := db.One(tx, questionSQL, scanQuestion, by.Person, question)
	if err != nil {
		return q, err
	}
	if !ok {
		return q, fault.Missing()
	}
	q.Skills, err = db.All(tx, questionSkillsSQL, scanTag, q.ID)
	return q, err
}
