// Package notify tells people what happened: in the app exactly once, by mail
// at once or in a digest, as each chose for each kind. Practices say whom an
// event concerns; what is quiet (an import) concerns nobody.
package notify

import (
	"context"
	"runtime"
	"slices"
	"time"

	"github.com/guildhall/guildhall/internal/core/access"
	"github.com/guildhall/guildhall/internal/core/event"
	"github.com/guildhall/guildhall/internal/core/people"
	"github.com/guildhall/guildhall/internal/core/subject"
	"github.com/guildhall/guildhall/internal/platform/clock"
	"github.com/guildhall/guildhall/internal/platform/db"
	"github.com/guildhall/guildhall/internal/platform/fault"
	"github.com/guildhall/guildhall/internal/platform/id"
	"github.com/guildhall/guildhall/internal/platform/job"
)

// Kind is what a notice is about. Its sentence is the message "notice." + Kind.
type Kind string

// Way is how somebody wants to be told.
type Way string

// The ways. Every way but Off shows the notice in the app.
const (
	App    Way = "app"
	Mail   Way = "mail"   // at once; what comes outside working hours waits and comes together
	Digest Way = "digest" // together, at the beginning of a working day
	Off    Way = "off"
)

// Ways are all of them, in the order of the preference page.
var Ways = [...]Way{Mail, Digest, App, Off}

// Told is one thing that concerns one person. Key makes it once: the same
// person is never told twice under one key.
type Told struct {
	Person  id.ID
	Kind    Kind
	Key     string
	Subject id.ID
}

// Source says whom an event concerns.
type Source struct {
	// Kinds are the kinds of its notices, with the way used by those who chose
	// none.
	Kinds map[Kind]Way
	// Of returns whom the event concerns.
	Of func(tx *db.Tx, e event.Event) ([]Told, error)
	// Words returns what somebody wrote to the actor about the subjects of its
	// notices, which stands under them in the app and in no mail; nil for none.
	Words func(tx *db.Tx, by access.Actor, subjects []id.ID) (map[id.ID]string, error)
}

// Channel announces new notices; the payload is the person's id.
const Channel = "notices"

// LettersJob is the kind of the job that brings one person the mail that is
// due. There is one for a person at a time, so that nothing is told twice. Its
// arguments name the "person".
const LettersJob = "notice.letters"

// Queue is the queue of the jobs that send mail: a slow mail server keeps
// nothing else waiting.
const Queue = "mail"

// Service tells people.
type Service struct {
	DB      *db.DB
	Clock   clock.Clock
	Sources []Source
	// Post brings a mail to a person; nil when no mail can be sent.
	Post func(ctx context.Context, l Letter) error
	// Mails tells whether mail can be sent now.
	Mails func() bool
}

// Kinds returns every kind of notice with its default way.
func (s *Service) Kinds() map[Kind]Way {
	out := map[Kind]Way{}
	for _, x := range s.Sources {
		for k, w := range x.Kinds {
			out[k] = w
		}
	}
	return out
}

// notice is one that is to be written.
type notice struct {
	Told
	way      Way
	audience id.ID
	actor    id.ID
	at       time.Time
	mailAt   time.Time // zero: no mail
}

// Effect writes notices for events.
func (s *Service) Effect() event.Effect {
	return event.Effect{Name: "notices", Batch: 20, Prepare: s.prepare}
}

func (s *Service) prepare(ctx context.Context, events []event.Event) (func(tx *db.Tx) error, error) {
	var todo []notice
	err := s.DB.Read(ctx, func(tx *db.Tx) error {
		todo = nil
		for _, e := range events {
			if e.Quiet {
				continue
			}
			actor, err := people.PersonOf(tx, e.Actor)
			if err != nil {
				return err
			}
			for _, source := range s.Sources {
				told, err := source.Of(tx, e)
				if err != nil {
					return err
				}
				for _, t := range told {
					runtime.Gosched() // whoever waits for a page comes first
					if t.Person == 0 || t.Person == actor {
						continue
					}
					n, ok, err := s.plan(tx, source, e, t)
					if err != nil {
						return err
					}
					if ok {
						todo = append(todo, n)
					}
				}
			}
		}
		return nil
	})
	if err != nil || len(todo) == 0 {
		return nil, err
	}
	return func(tx *db.Tx) error {
		for _, n := range todo {
			if err := s.write(tx, n); err != nil {
				return err
			}
		}
		return nil
	}, nil
}

// plan decides whether and how a person is told. Nobody is told of what they
// may not see.
func (s *Service) plan(tx *db.Tx, source Source, e event.Event, t Told) (notice, bool, error) {
	n := notice{Told: t, audience: e.Audience, actor: e.Actor, at: e.At}
	sees, err := access.Sees(tx, access.Actor{Person: t.Person}, e.Audience)
	if err != nil || !sees {
		return n, false, err
	}
	if n.way, err = WayOf(tx, t.Person, t.Kind, source.Kinds[t.Kind]); err != nil {
		return n, false, err
	}
	if n.way == Off {
		return n, false, nil
	}
	if n.way == App || !s.Mails() {
		return n, true, nil
	}
	var address string
	if _, err := tx.Row(addressSQL, []any{&address}, t.Person); err != nil || address == "" {
		return n, true, err
	}
	calendars, err := people.Calendars(tx, []id.ID{t.Person})
	if err != nil {
		return n, false, err
	}
	n.mailAt = due(calendars[t.Person], n.way, n.at, s.Clock.Now())
	return n, true, nil
}

// WayOf returns how somebody wants to be told of a kind: what they chose, else
// otherwise.
func WayOf(tx *db.Tx, person id.ID, kind Kind, otherwise Way) (Way, error) {
	var chosen string
	ok, err := tx.Row(choiceSQL, []any{&chosen}, person, string(kind))
	if ok {
		otherwise = Way(chosen)
	}
	return otherwise, err
}

// due is when the mail about something that happened at a time is welcome, now
// or later: at once while the reader works, else when they begin again. A
// digest waits for the beginning of a working day. Who never works is told at
// once, by a digest a day later.
func due(c people.Calendar, way Way, happened, now time.Time) time.Time {
	at := now
	if way == Digest {
		if day := nextDay(c, happened); day.After(now) {
			at = day
		}
	}
	if next, ok := c.NextWorking(at); ok {
		return next
	}
	return at
}

// rest is how long somebody is off work between two working days, at least; a
// shorter gap is a break.
const rest = 4 * time.Hour

// nextDay is when the reader's first working day after a time begins; a day
// later for who never works, or never rests.
func nextDay(c people.Calendar, after time.Time) time.Time {
	at := after
	for range 16 { // a day has a few breaks
		if until, ok := c.Until(at); ok {
			at = until
		}
		next, ok := c.NextWorking(at)
		if !ok {
			break
		}
		if c.WorkingHoursBetween(next.Add(-rest), next) == 0 {
			return next
		}
		at = next
	}
	return after.Add(24 * time.Hour)
}

func (s *Service) write(tx *db.Tx, n notice) error {
	now := s.Clock.Now()
	notice := id.New(n.at) // they are listed by when it happened
	mailed := db.At(now)
	if !n.mailAt.IsZero() {
		mailed = db.Time{}
	}
	added, err := tx.Exec(insertSQL, notice, n.Person, n.Key, string(n.Kind), n.Subject, n.audience, n.actor, db.At(n.at), mailed)
	if err != nil || added == 0 {
		return err
	}
	tx.Notify(Channel, n.Person.String())
	if n.mailAt.IsZero() {
		return nil
	}
	return enqueue(tx, n.Person, n.mailAt)
}

// enqueue has the person's mail looked through at a time, or before when it
// would be anyway.
func enqueue(tx *db.Tx, person id.ID, at time.Time) error {
	return job.Enqueue(tx, job.Job{Kind: LettersJob, Args: lettersArgs{Person: person}, UniqueKey: person.String(), RunAt: at, Queue: Queue})
}

// Notice is one thing told to one person.
type Notice struct {
	ID    id.ID
	Kind  Kind
	About subject.Card
	Actor people.Byline
	At    time.Time
	Read  bool
	Words string // what somebody wrote to the reader with it, "" for nothing
}

// PageSize is how many notices a page shows.
const PageSize = 30

// List returns the actor's notices, newest first, before the given one (0 for
// the newest). What they may no longer see is left out.
func (s *Service) List(ctx context.Context, by access.Actor, before id.ID, limit int) (list []Notice, next id.ID, err error) {
	if err := by.NeedKnown(); err != nil {
		return nil, 0, err
	}
	if limit <= 0 || limit > 100 {
		limit = PageSize
	}
	if before == 0 {
		before = 1<<63 - 1
	}
	err = s.DB.Read(ctx, func(tx *db.Tx) error {
		rows, err := db.All(tx, listSQL, scanRow, by.Person, before, limit+1)
		if err != nil {
			return err
		}
		next = 0
		if len(rows) > limit {
			rows = rows[:limit]
			next = rows[limit-1].id
		}
		if list, err = fill(tx, by, rows); err != nil {
			return err
		}
		return s.quote(tx, by, list)
	})
	return list, next, err
}

// quote adds to notices what somebody wrote to the reader.
func (s *Service) quote(tx *db.Tx, by access.Actor, list []Notice) error {
	for _, source := range s.Sources {
		if source.Words == nil {
			continue
		}
		var about []id.ID
		for _, n := range list {
			if _, ok := source.Kinds[n.Kind]; ok {
				about = append(about, n.About.ID)
			}
		}
		if len(about) == 0 {
			continue
		}
		words, err := source.Words(tx, by, about)
		if err != nil {
			return err
		}
		for i, n := range list {
			if _, ok := source.Kinds[n.Kind]; ok {
				list[i].Words = words[n.About.ID]
			}
		}
	}
	return nil
}

func fill(tx *db.Tx, by access.Actor, rows []row) ([]Notice, error) {
	subjects, actors := make([]id.ID, len(rows)), make([]id.ID, len(rows))
	for i, r := range rows {
		subjects[i], actors[i] = r.subject, r.actor
	}
	cards, err := subject.Resolve(tx, by, subjects)
	if err != nil {
		return nil, err
	}
	lines, err := people.Bylines(tx, by, actors)
	if err != nil {
		return nil, err
	}
	out := make([]Notice, 0, len(rows))
	for _, r := range rows {
		if c, ok := cards[r.subject]; ok {
			out = append(out, Notice{ID: r.id, Kind: r.kind, About: c, Actor: lines[r.actor], At: r.at, Read: r.read})
		}
	}
	return out, nil
}

// Unread counts the actor's unread notices, at most 100.
func Unread(tx *db.Tx, by access.Actor) (int, error) {
	var n int
	_, err := tx.Row(unreadSQL, []any{&n}, by.Person)
	return n, err
}

// MarkRead marks the actor's notices as read up to the given one, all of them
// when it is 0.
func (s *Service) MarkRead(ctx context.Context, by access.Actor, upTo id.ID) error {
	if err := by.NeedKnown(); err != nil {
		return err
	}
	if upTo == 0 {
		upTo = 1<<63 - 1
	}
	return s.DB.Write(ctx, func(tx *db.Tx) error {
		n, err := tx.Exec(markReadSQL, db.At(s.Clock.Now()), by.Person, upTo)
		if n > 0 {
			tx.Notify(Channel, by.Person.String())
		}
		return err
	})
}

// Choices returns how the actor wants to be told of each kind.
func (s *Service) Choices(ctx context.Context, by access.Actor) (map[Kind]Way, error) {
	var out map[Kind]Way
	err := s.DB.Read(ctx, func(tx *db.Tx) (err error) {
		out, err = s.choices(tx, by.Person)
		return err
	})
	return out, err
}

func (s *Service) choices(tx *db.Tx, person id.ID) (map[Kind]Way, error) {
	out := s.Kinds()
	_, err := db.All(tx, choicesSQL, func(r *db.Rows, _ *struct{}) error {
		var k, w string
		if err := r.Scan(&k, &w); err != nil {
			return err
		}
		if _, ok := out[Kind(k)]; ok {
			out[Kind(k)] = Way(w)
		}
		return nil
	}, person)
	return out, err
}

// Choose sets how a person wants to be told of some kinds. An unknown kind or
// way is Invalid, and then nothing is set.
func (s *Service) Choose(ctx context.Context, person id.ID, choices map[Kind]Way) error {
	known := s.Kinds()
	var c fault.Check
	for k, w := range choices {
		_, ok := known[k]
		c.Require(ok && slices.Contains(Ways[:], w), "choices", "fault.choice_unknown")
	}
	if err := c.Err(); err != nil {
		return err
	}
	return s.DB.Write(ctx, func(tx *db.Tx) error {
		for k, w := range choices {
			if _, err := tx.Exec(chooseSQL, person, string(k), string(w)); err != nil {
				return err
			}
		}
		return nil
	})
}

// Settle marks everything as read that happened before the time, for a history
// that was written at once.
func (s *Service) Settle(ctx context.Context, before time.Time) error {
	return s.DB.Write(ctx, func(tx *db.Tx) error {
		_, err := tx.Exec(settleSQL, db.At(s.Clock.Now()), db.At(before))
		return err
	})
}
