package echo

import (
	"context"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/guildhall/guildhall/internal/core/access"
	"github.com/guildhall/guildhall/internal/core/event"
	"github.com/guildhall/guildhall/internal/core/notify"
	"github.com/guildhall/guildhall/internal/core/people"
	"github.com/guildhall/guildhall/internal/core/signed"
	"github.com/guildhall/guildhall/internal/core/subject"
	"github.com/guildhall/guildhall/internal/platform/clock"
	"github.com/guildhall/guildhall/internal/platform/db"
	"github.com/guildhall/guildhall/internal/platform/fault"
	"github.com/guildhall/guildhall/internal/platform/id"
	"github.com/guildhall/guildhall/internal/platform/job"
)

// Key is the name of the practice.
const Key = "echo"

const (
	// Wait is how long after the help somebody is asked.
	Wait = 30 * 24 * time.Hour
	// Late is the age from which nobody is asked any more.
	Late = 60 * 24 * time.Hour
	// shownFor is how long Home asks; the page of echoes keeps the question.
	shownFor = 14 * 24 * time.Hour
	// most is how often one person is asked in a week.
	most     = 2
	maxWords = 300
)

// What people say.
const (
	Used   = "used"
	NotYet = "not_yet"
	NoHelp = "no_help"
)

// The kinds of help.
const (
	Answer = "answer" // that settled a question or was found useful by its asker
	Lesson = "lesson" // of a swap
	Goal   = "goal"   // of a mentorship, reached
)

// Help is something somebody did for somebody else.
type Help struct {
	Source  id.ID // what helped; never asked about twice
	About   id.ID // the subject at which it is found
	Kind    string
	Learner id.ID   // a person
	Helpers []id.ID // persons
	Skill   id.ID   // 0 for none
	Title   string
	At      time.Time
}

// Source says what helped whom, as far as events touched it: things are all
// that may have changed, helps are those of them that help now. It leaves out
// what nobody of the organisation wrote or asked.
type Source func(tx *db.Tx, events []event.Event) (things []id.ID, helps []Help, err error)

// Service asks and keeps what was said.
type Service struct {
	DB      *db.DB
	Clock   clock.Clock
	Sources []Source
	On      func() bool
	MAC     signed.Signer
	// Notices is where people choose how, and whether, they are asked.
	Notices *notify.Service
}

// Echo is a question and what was said to it, as its learner and helpers see
// it.
type Echo struct {
	ID       id.ID
	Audience id.ID
	About    id.ID
	Kind     string
	Learner  id.ID
	Helpers  []id.ID
	Title    string
	Helped   time.Time
	Asked    time.Time
	Said     string // "" while it waits
	Words    string
	SaidAt   time.Time
}

// Effect notes what helped, to be asked about later.
func (s *Service) Effect() event.Effect {
	return event.Effect{Name: "echo", Batch: 50, Prepare: s.prepare}
}

func (s *Service) prepare(ctx context.Context, events []event.Event) (func(tx *db.Tx) error, error) {
	if !s.On() {
		return nil, nil
	}
	oldest := s.Clock.Now().Add(-Late)
	var loud []event.Event
	for _, e := range events {
		if !e.Quiet && e.At.After(oldest) {
			loud = append(loud, e)
		}
	}
	if len(loud) == 0 {
		return nil, nil
	}
	var things []id.ID
	var helps []Help
	if err := s.DB.Read(ctx, func(tx *db.Tx) error {
		things, helps = nil, nil
		for _, source := range s.Sources {
			t, h, err := source(tx, loud)
			if err != nil {
				return err
			}
			things, helps = append(things, t...), append(helps, h...)
		}
		return nil
	}); err != nil || len(things) == 0 {
		return nil, err
	}
	return func(tx *db.Tx) error { return s.note(tx, things, helps, oldest) }, nil
}

// note makes the given help all there is to ask about the things. What was
// asked already stays.
func (s *Service) note(tx *db.Tx, things []id.ID, helps []Help, oldest time.Time) error {
	for _, text := range []string{forgetHelpersSQL, forgetSQL} {
		if _, err := tx.Exec(text, things); err != nil {
			return err
		}
	}
	for _, h := range helps {
		if h.At.Before(oldest) || len(h.Helpers) == 0 || slices.Contains(h.Helpers, h.Learner) {
			continue
		}
		n := id.New(s.Clock.Now())
		added, err := tx.Exec(noteSQL, n, h.Source, h.About, h.Kind, h.Learner, h.Skill, h.Title, db.At(h.At), db.At(h.At.Add(Wait)))
		if err != nil {
			return err
		}
		if added == 0 {
			continue
		}
		for _, p := range h.Helpers {
			if _, err := tx.Exec(noteHelperSQL, p, n); err != nil {
				return err
			}
		}
	}
	return nil
}

// Work registers what happens later: asking, and making totals.
func (s *Service) Work(w *job.Workers) {
	w.Every("echo.ask", job.Interval(15*time.Minute), func(ctx context.Context, _ *job.Run) error {
		if !s.On() {
			return nil
		}
		_, err := s.Ask(ctx)
		return err
	})
	w.Every("echo.totals", job.Daily{Hour: 2, Minute: 41}, func(ctx context.Context, _ *job.Run) error {
		if !s.On() {
			return nil
		}
		return s.Count(ctx)
	})
}

type dueRow struct {
	id, learner id.ID
	helped      time.Time
}

// Asked is a question and whom it was put to.
type Asked struct{ Echo, Learner id.ID }

// Ask asks whoever is to be asked now, and returns who was. When they are told
// follows their working hours. Events: echo.asked.
func (s *Service) Ask(ctx context.Context) (asked []Asked, err error) {
	now := s.Clock.Now()
	var due []dueRow
	if err := s.DB.Read(ctx, func(tx *db.Tx) error {
		due, err = db.All(tx, dueSQL, scanDue, db.At(now))
		return err
	}); err != nil {
		return nil, err
	}
	for _, d := range due {
		did := false
		if err := s.DB.Write(ctx, func(tx *db.Tx) error {
			did, err = s.ask(tx, d, now)
			return err
		}); err != nil {
			return asked, err
		}
		if did {
			asked = append(asked, Asked{d.id, d.learner})
		}
	}
	return asked, nil
}

func (s *Service) ask(tx *db.Tx, d dueRow, now time.Time) (bool, error) {
	way, err := notify.WayOf(tx, d.learner, NoticeAsked, notify.Digest)
	if err != nil {
		return false, err
	}
	helpers, err := db.All(tx, helpersHereSQL, scanHelper, d.id)
	if err != nil {
		return false, err
	}
	learner, err := people.New(s.DB, s.Clock).Actor(tx, d.learner)
	if err != nil {
		return false, err
	}
	if way == notify.Off || len(helpers) == 0 || !learner.Known() || now.Sub(d.helped) > Late {
		return false, drop(tx, d.id)
	}
	var lately int
	if _, err := tx.Row(latelySQL, []any{&lately}, d.learner, db.At(now.AddDate(0, 0, -7))); err != nil {
		return false, err
	}
	if lately >= most {
		_, err := tx.Exec(laterSQL, db.At(now.AddDate(0, 0, 3)), d.id)
		return false, err
	}
	audience, err := access.NewAudience(tx, s.Clock, "echo", d.id)
	if err != nil {
		return false, err
	}
	if err := access.Join(tx, audience, d.learner, "member"); err != nil {
		return false, err
	}
	if n, err := tx.Exec(askedSQL, audience, db.At(now), d.id); err != nil || n == 0 {
		return false, err // another server asked
	}
	e, err := one(tx, learner, d.id)
	if err != nil {
		return false, err
	}
	if err := subject.Save(tx, subject.Subject{
		Ref: subject.Ref{Kind: subject.Echo, ID: e.ID}, Audience: audience, Author: learner.Author, Parent: e.About, Title: e.Title, State: "open",
		Created: now, Updated: now,
	}); err != nil {
		return false, err
	}
	return true, event.Recorder{Clock: s.Clock}.Record(tx, event.Event{Kind: "echo.asked", Subject: e.ID, Audience: audience, Actor: helpers[0].author, Other: e.About})
}

// drop forgets a question nobody was asked.
func drop(tx *db.Tx, echo id.ID) error {
	for _, text := range []string{dropHelpersSQL, dropSQL} {
		if _, err := tx.Exec(text, echo); err != nil {
			return err
		}
	}
	return nil
}

// one reads an echo the actor may see.
func one(tx *db.Tx, by access.Actor, echo id.ID) (Echo, error) {
	e, ok, err := db.One(tx, openSQL, scanEcho, by.Person, echo)
	if err != nil {
		return e, err
	}
	if !ok {
		return e, fault.Missing()
	}
	list := []Echo{e}
	err = fill(tx, list)
	return list[0], err
}

// fill adds the helpers to echoes that were read for somebody who may see
// them.
func fill(tx *db.Tx, list []Echo) error {
	if len(list) == 0 {
		return nil
	}
	ids := make([]id.ID, len(list))
	for i, e := range list {
		ids[i] = e.ID
	}
	helpers, err := db.All(tx, helpersSQL, func(r *db.Rows, h *[2]id.ID) error { return r.Scan(&h[0], &h[1]) }, ids)
	for i := range list {
		for _, h := range helpers {
			if h[0] == list[i].ID {
				list[i].Helpers = append(list[i].Helpers, h[1])
			}
		}
	}
	return err
}

// Open returns an echo to its learner, and to its helpers once something was
// said.
//
// Errors: NotFound.
func (s *Service) Open(ctx context.Context, by access.Actor, echo id.ID) (e Echo, err error) {
	if err := by.NeedKnown(); err != nil {
		return e, err
	}
	err = s.DB.Read(ctx, func(tx *db.Tx) error {
		e, err = one(tx, by, echo)
		return err
	})
	return e, err
}

// Say keeps what the learner says, with a sentence or without. Saying it again
// replaces it. The helpers hear it. Event: echo.said.
//
// Errors: NotFound, Forbidden to helpers, Invalid.
func (s *Service) Say(ctx context.Context, by access.Actor, echo id.ID, said, words string) error {
	if err := by.NeedKnown(); err != nil {
		return err
	}
	words = strings.Join(strings.Fields(words), " ")
	var c fault.Check
	c.Require(said == Used || said == NotYet || said == NoHelp, "said", "fault.choice_unknown")
	c.Require(utf8.RuneCountInString(words) <= maxWords, "words", "fault.too_long", "max", maxWords)
	return s.DB.Write(ctx, func(tx *db.Tx) error {
		e, err := mine(tx, by, echo)
		if err != nil {
			return err
		}
		if err := c.Err(); err != nil {
			return err
		}
		if e.Said == said && e.Words == words {
			return nil
		}
		now := s.Clock.Now()
		if _, err := tx.Exec(saySQL, said, words, db.At(now), e.ID); err != nil {
			return err
		}
		helpers, err := db.All(tx, helpersHereSQL, scanHelper, e.ID)
		if err != nil {
			return err
		}
		for _, h := range helpers {
			if err := access.Join(tx, e.Audience, h.person, "member"); err != nil {
				return err
			}
		}
		if err := subject.Touch(tx, e.ID, said, now); err != nil {
			return err
		}
		return event.Recorder{Clock: s.Clock}.Record(tx, event.Event{Kind: "echo.said", Subject: e.ID, Audience: e.Audience, Actor: by.Author, Other: e.About})
	})
}

// mine reads an echo of the actor's own.
func mine(tx *db.Tx, by access.Actor, echo id.ID) (Echo, error) {
	e, err := one(tx, by, echo)
	if err == nil && e.Learner != by.Person {
		err = fault.New(fault.Forbidden, "fault.echo_theirs")
	}
	return e, err
}

// Decline takes a question away that the learner does not want to answer.
// Nobody is told. What was said already stays.
//
// Errors: NotFound, Forbidden to helpers, Conflict once something was said.
func (s *Service) Decline(ctx context.Context, by access.Actor, echo id.ID) error {
	if err := by.NeedKnown(); err != nil {
		return err
	}
	return s.DB.Write(ctx, func(tx *db.Tx) error {
		e, err := mine(tx, by, echo)
		if err != nil {
			return err
		}
		if e.Said != "" {
			return fault.New(fault.Conflict, "fault.echo_said")
		}
		if err := subject.Touch(tx, e.ID, subject.Deleted, s.Clock.Now()); err != nil {
			return err
		}
		return drop(tx, e.ID)
	})
}

// Stop switches the question off for the actor, and takes away what waits.
func (s *Service) Stop(ctx context.Context, by access.Actor) error {
	if err := by.NeedKnown(); err != nil {
		return err
	}
	waiting, err := s.Waiting(ctx, by, time.Time{}, 100)
	if err != nil {
		return err
	}
	for _, e := range waiting {
		if err := s.Decline(ctx, by, e.ID); err != nil {
			return err
		}
	}
	return s.Notices.Choose(ctx, by.Person, map[notify.Kind]notify.Way{NoticeAsked: notify.Off})
}

// Waiting returns what the actor is asked and has not answered, the latest
// first, as far as it was asked after since.
func (s *Service) Waiting(ctx context.Context, by access.Actor, since time.Time, limit int) (list []Echo, err error) {
	if since.IsZero() {
		since = time.Unix(0, 0)
	}
	err = s.DB.Read(ctx, func(tx *db.Tx) error {
		if list, err = db.All(tx, waitingSQL, scanEcho, by.Person, db.At(since), limit); err != nil {
			return err
		}
		return fill(tx, list)
	})
	return list, err
}

// Mine returns what the actor was asked, the latest first, before the given
// one (0 for the latest), and whether there is more.
func (s *Service) Mine(ctx context.Context, by access.Actor, before id.ID, limit int) ([]Echo, bool, error) {
	return s.list(ctx, by, mineSQL, before, limit)
}

// Heard returns what others said of the actor's help, the latest first, before
// the given one (0 for the latest), and whether there is more.
func (s *Service) Heard(ctx context.Context, by access.Actor, before id.ID, limit int) ([]Echo, bool, error) {
	return s.list(ctx, by, heardSQL, before, limit)
}

func (s *Service) list(ctx context.Context, by access.Actor, text string, before id.ID, limit int) (list []Echo, more bool, err error) {
	if err := by.NeedKnown(); err != nil {
		return nil, false, err
	}
	if limit <= 0 || limit > 100 {
		limit = 30
	}
	if before == 0 {
		before = 1<<63 - 1
	}
	err = s.DB.Read(ctx, func(tx *db.Tx) error {
		if list, err = db.All(tx, text, scanEcho, by.Person, before, limit+1); err != nil {
			return err
		}
		if more = len(list) > limit; more {
			list = list[:limit]
		}
		return fill(tx, list)
	})
	return list, more, err
}

// Path is the address at which somebody answers without signing in.
func (s *Service) Path(ctx context.Context, echo, person id.ID) (string, error) {
	token, err := s.MAC.Token(ctx, "echo", echo, person)
	return "/echo/" + token, err
}

// Signed opens the echo of a link, for the person it was sent to.
//
// Errors: NotFound for a link that was not made here, and once they left.
func (s *Service) Signed(ctx context.Context, token string) (e Echo, by access.Actor, err error) {
	echo, person, err := s.MAC.Open(ctx, "echo", token)
	if err != nil {
		return e, by, err
	}
	if by, err = people.New(s.DB, s.Clock).ActorOf(ctx, person); err != nil {
		return e, by, err
	}
	if !by.Known() {
		return e, by, fault.Missing()
	}
	err = s.DB.Read(ctx, func(tx *db.Tx) error {
		e, err = mine(tx, by, echo)
		return err
	})
	return e, by, err
}

// Gone forgets what somebody who leaves was to be asked.
func Gone(tx *db.Tx, person id.ID) error {
	for _, text := range []string{goneHelpersSQL, goneSQL} {
		if _, err := tx.Exec(text, person); err != nil {
			return err
		}
	}
	return nil
}

// MergeSkills moves echoes and totals from one skill to another, in the
// transaction that merges them.
func MergeSkills(tx *db.Tx, from, into id.ID) error {
	for _, text := range []string{mergeSQL, mergeTotalsSQL} {
		if _, err := tx.Exec(text, into, from); err != nil {
			return err
		}
	}
	return nil
}
