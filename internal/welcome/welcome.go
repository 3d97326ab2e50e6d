package welcome

import (
	"context"
	"slices"
	"time"

	"github.com/guildhall/guildhall/internal/core/access"
	"github.com/guildhall/guildhall/internal/core/event"
	"github.com/guildhall/guildhall/internal/core/notify"
	"github.com/guildhall/guildhall/internal/core/people"
	"github.com/guildhall/guildhall/internal/core/skills"
	"github.com/guildhall/guildhall/internal/core/subject"
	"github.com/guildhall/guildhall/internal/platform/clock"
	"github.com/guildhall/guildhall/internal/platform/db"
	"github.com/guildhall/guildhall/internal/platform/fault"
	"github.com/guildhall/guildhall/internal/platform/id"
	"github.com/guildhall/guildhall/internal/platform/job"
)

// Key is the name of the practice.
const Key = "welcome"

const (
	day = 24 * time.Hour
	// shown is how long the path stands on Home.
	shown = 14 * day
	// week is how long somebody may be nudged.
	week = 8 * day
)

// nudgeDays are the days after which somebody is nudged, if something is left.
var nudgeDays = [...]time.Duration{2 * day, 5 * day}

// Steps are what somebody new may do first.
type Steps struct {
	New   bool // they are new
	Away  bool // they put it away
	Show  bool // they said what they could show
	Want  bool // they said what they want to learn
	Ask   bool // they asked a question
	Thank bool // they accepted an answer or found one useful
}

// All tells whether every step is done.
func (s Steps) All() bool { return s.Show && s.Want && s.Ask && s.Thank }

// Next is the first step that is not done, "" when all are.
func (s Steps) Next() string {
	switch {
	case !s.Show:
		return "show"
	case !s.Want:
		return "want"
	case !s.Ask:
		return "ask"
	case !s.Thank:
		return "thank"
	}
	return ""
}

// Service answers for first weeks.
type Service struct {
	DB    *db.DB
	Clock clock.Clock
	// Thanked tells whether somebody thanked for an answer.
	Thanked func(tx *db.Tx, by access.Actor) (bool, error)
	// SignedIn tells who ever came in.
	SignedIn func(tx *db.Tx, people []id.ID) (map[id.ID]bool, error)
}

// path is what is known of somebody's first week.
type path struct {
	id, audience id.ID // 0 while they have no row
	person       id.ID
	role         access.Role
	begun        time.Time
	nudges       int
	away         bool
}

// Open returns the actor's steps, also those of somebody who is not new any
// more.
//
// Errors: NotFound to guests.
func (s *Service) Open(ctx context.Context, by access.Actor) (Steps, error) {
	return s.open(ctx, by, false)
}

// open reads the steps; of who is not new only when they ask for them.
func (s *Service) open(ctx context.Context, by access.Actor, newOnly bool) (steps Steps, err error) {
	if err := by.NeedKnown(); err != nil {
		return steps, err
	}
	err = s.DB.Read(ctx, func(tx *db.Tx) error {
		p, ok, err := db.One(tx, pathSQL, scanPath, by.Person)
		if err != nil {
			return err
		}
		now := s.Clock.Now()
		steps = Steps{}
		if !ok || p.role == access.Guest {
			return fault.Missing()
		}
		fresh := !now.Before(p.begun) && now.Sub(p.begun) < shown
		if newOnly && (!fresh || p.away) {
			return nil
		}
		if steps, err = s.steps(tx, by); err != nil {
			return err
		}
		steps.New, steps.Away = fresh, p.away
		return nil
	})
	return steps, err
}

func (s *Service) steps(tx *db.Tx, by access.Actor) (out Steps, err error) {
	list, err := skills.ForMatching(tx, []id.ID{by.Person})
	if err != nil {
		return out, err
	}
	for _, d := range list {
		out.Show = out.Show || d.Direction == skills.Teach
		out.Want = out.Want || d.Direction == skills.Want
	}
	asked, err := subject.Recent(tx, by, []id.ID{by.Author}, []string{string(subject.Question)}, 1)
	if err != nil {
		return out, err
	}
	out.Ask = len(asked) > 0
	out.Thank, err = s.Thanked(tx, by)
	return out, err
}

// PutAway ends the actor's path, and every nudge, for good. Doing it twice
// changes nothing.
func (s *Service) PutAway(ctx context.Context, by access.Actor) error {
	if err := by.NeedKnown(); err != nil {
		return err
	}
	return s.DB.Write(ctx, func(tx *db.Tx) error {
		p, ok, err := db.One(tx, pathSQL, scanPath, by.Person)
		if err != nil {
			return err
		}
		if !ok || p.role == access.Guest {
			return fault.Missing()
		}
		if p, err = s.row(tx, p); err != nil {
			return err
		}
		if _, err := tx.Exec(awaySQL, db.At(s.Clock.Now()), p.id); err != nil {
			return err
		}
		return subject.Touch(tx, p.id, subject.Deleted, s.Clock.Now())
	})
}

// row makes sure that a path has its row and subject.
func (s *Service) row(tx *db.Tx, p path) (path, error) {
	if p.id != 0 {
		return p, nil
	}
	now := s.Clock.Now()
	p.id = id.New(now)
	var err error
	if p.audience, err = access.NewAudience(tx, s.Clock, "welcome", p.id); err != nil {
		return p, err
	}
	if err := access.Join(tx, p.audience, p.person, "member"); err != nil {
		return p, err
	}
	if _, err := tx.Exec(insertPathSQL, p.id, p.person, p.audience); err != nil {
		return p, err
	}
	return p, subject.Save(tx, subject.Subject{
		Ref: subject.Ref{Kind: subject.Welcome, ID: p.id}, Audience: p.audience, State: "open", Created: now, Updated: now,
	})
}

// Work registers the nudges.
func (s *Service) Work(w *job.Workers, on func() bool) {
	w.Every("welcome.nudge", job.Interval(time.Hour), func(ctx context.Context, _ *job.Run) error {
		if !on() {
			return nil
		}
		return s.Nudge(ctx)
	})
}

// Nudge reminds those who are new, at work, and have something left to do.
// Events: welcome.nudged.
func (s *Service) Nudge(ctx context.Context) error {
	now := s.Clock.Now()
	for after := id.New(now.Add(-week)); ; {
		var list []id.ID
		var due []path
		if err := s.DB.Read(ctx, func(tx *db.Tx) (err error) {
			if list, err = db.All(tx, addedSQL, scanID, after); err != nil {
				return err
			}
			due, err = s.due(tx, list, now)
			return err
		}); err != nil {
			return err
		}
		if err := s.nudgeAll(ctx, due); err != nil {
			return err
		}
		if len(list) < 200 {
			break
		}
		after = list[len(list)-1]
	}
	// Who was added earlier and has their first day now.
	var due []path
	if err := s.DB.Read(ctx, func(tx *db.Tx) error {
		list, err := db.All(tx, startedSQL, scanID, db.At(now.Add(-week)), db.At(now), id.New(now.Add(-week)))
		if err != nil {
			return err
		}
		due, err = s.due(tx, list, now)
		return err
	}); err != nil {
		return err
	}
	return s.nudgeAll(ctx, due)
}

// due are those of the people who are to be nudged now.
func (s *Service) due(tx *db.Tx, list []id.ID, now time.Time) ([]path, error) {
	if len(list) == 0 {
		return nil, nil
	}
	came, err := s.SignedIn(tx, list)
	if err != nil {
		return nil, err
	}
	list = slices.DeleteFunc(slices.Clone(list), func(n id.ID) bool { return !came[n] })
	calendars, err := people.Calendars(tx, list)
	if err != nil {
		return nil, err
	}
	var out []path
	for _, n := range list {
		p, ok, err := db.One(tx, pathSQL, scanPath, n)
		if err != nil {
			return nil, err
		}
		since := now.Sub(p.begun)
		if !ok || p.role == access.Guest || p.away || p.nudges >= len(nudgeDays) || since < nudgeDays[p.nudges] || since > week || !calendars[n].Working(now) {
			continue
		}
		out = append(out, p)
	}
	return out, nil
}

func (s *Service) nudgeAll(ctx context.Context, due []path) error {
	for _, p := range due {
		if err := s.DB.Write(ctx, func(tx *db.Tx) error { return s.nudge(tx, p) }); err != nil {
			return err
		}
	}
	return nil
}

func (s *Service) nudge(tx *db.Tx, p path) error {
	by, err := people.New(s.DB, s.Clock).Actor(tx, p.person)
	if err != nil {
		return err
	}
	steps, err := s.steps(tx, by)
	if err != nil || steps.All() {
		return err
	}
	way, err := notify.WayOf(tx, p.person, NoticeNudge, notify.Mail)
	if err != nil || way == notify.Off {
		return err
	}
	if p, err = s.row(tx, p); err != nil {
		return err
	}
	now := s.Clock.Now()
	// Whoever came late gets no two nudges one after the other.
	nudges := p.nudges + 1
	for nudges < len(nudgeDays) && now.Sub(p.begun) >= nudgeDays[nudges] {
		nudges++
	}
	if n, err := tx.Exec(nudgedSQL, nudges, db.At(now), p.id, p.nudges); err != nil || n == 0 {
		return err // another server was first
	}
	if err := subject.Touch(tx, p.id, steps.Next(), now); err != nil {
		return err
	}
	return event.Recorder{Clock: s.Clock}.Record(tx, event.Event{Kind: "welcome.nudged", Subject: p.id, Audience: p.audience, Other: p.person})
}

// NoticeNudge is the kind of notice of a nudge.
const NoticeNudge notify.Kind = "welcome_nudge"

// Notices says whom a nudge concerns.
func Notices() notify.Source {
	return notify.Source{
		Kinds: map[notify.Kind]notify.Way{NoticeNudge: notify.Mail},
		Of: func(tx *db.Tx, e event.Event) ([]notify.Told, error) {
			if e.Kind != "welcome.nudged" {
				return nil, nil
			}
			return []notify.Told{{Person: e.Other, Kind: NoticeNudge, Key: string(NoticeNudge) + "/" + e.ID.String(), Subject: e.Subject}}, nil
		},
	}
}
