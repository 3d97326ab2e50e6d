package mentoring

import (
	"context"
	"encoding/json"
	"errors"
	"time"

	"github.com/guildhall/guildhall/internal/core/access"
	"github.com/guildhall/guildhall/internal/core/audit"
	"github.com/guildhall/guildhall/internal/core/event"
	"github.com/guildhall/guildhall/internal/core/people"
	"github.com/guildhall/guildhall/internal/platform/db"
	"github.com/guildhall/guildhall/internal/platform/fault"
	"github.com/guildhall/guildhall/internal/platform/id"
	"github.com/guildhall/guildhall/internal/platform/job"
	"github.com/guildhall/guildhall/matching"
)

// Kinds of jobs.
const (
	runJob     = "mentoring.run"
	publishJob = "mentoring.publish"
	pulseJob   = "mentoring.pulse"
	joinersJob = "mentoring.joiners" // of one programme
	suggestJob = "mentoring.suggest" // of one programme
	dailyJob   = "mentoring.daily"
	askedJob   = "mentoring.asked"
)

// inline is up to how many people a run is carried out while the organiser
// waits; more of them are a job with progress.
const inline = 1500

// batch is how many rows one transaction writes: a few milliseconds.
const batch = 100

// Run is one run of the matching over a cohort.
type Run struct {
	ID        id.ID
	Programme id.ID
	State     string // computing, draft, publishing, published, dropped
	Weights   Weights
	Objective float64
	Bound     float64
	Optimal   bool
	Seconds   float64
	Job       id.ID // whose progress tells how far it is, 0 for none
	Report    Report
	Made      time.Time
	Published time.Time
}

type runArgs struct {
	Run id.ID `json:"run"`
}

// PairUp matches everybody of the programme who is not in a mentorship of it,
// with the given weights, which the programme keeps. A large cohort is matched
// by a job; the run then says computing until it is done.
//
// Errors: NotFound, Forbidden, Conflict while another run is under way, Invalid.
func (s *Service) PairUp(ctx context.Context, by access.Actor, programme id.ID, w Weights) (id.ID, error) {
	w = w.valid()
	now := s.Clock.Now()
	run := id.New(now)
	var waiting int
	if err := s.DB.Write(ctx, func(tx *db.Tx) error {
		p, err := s.run(tx, by, programme)
		if err != nil {
			return err
		}
		if p.State != "open" {
			return fault.New(fault.Conflict, "fault.mentoring_closed")
		}
		if !counts(w) {
			var c fault.Check
			c.Bad("weights", "fault.mentoring_weights")
			return c.Err()
		}
		if busy, err := tx.Row(busySQL, []any{new(id.ID)}, p.ID); err != nil || busy {
			if err == nil {
				err = fault.New(fault.Conflict, "fault.mentoring_busy")
			}
			return err
		}
		if _, err := tx.Row(countEnrolledSQL, []any{&waiting}, p.ID); err != nil {
			return err
		}
		if _, err := tx.Exec(insertRunSQL, run, p.ID, text(w), by.Author, db.At(now)); err != nil {
			return err
		}
		if _, err := tx.Exec(weighSQL, text(w), run, db.At(now), p.ID); err != nil {
			return err
		}
		if waiting <= inline {
			return nil
		}
		return enqueue(tx, runJob, run)
	}); err != nil {
		return 0, err
	}
	if waiting <= inline {
		if err := s.carryOut(ctx, run, nil); err != nil {
			// It can be run again: nothing of it was seen.
			return 0, errors.Join(err, s.DB.Write(context.WithoutCancel(ctx), func(tx *db.Tx) error {
				_, err := tx.Exec(dropRunSQL, run)
				return err
			}))
		}
	}
	return run, nil
}

// enqueue has a run carried on by a job, whose progress its page shows.
func enqueue(tx *db.Tx, kind string, run id.ID) error {
	n, err := job.EnqueueID(tx, job.Job{Kind: kind, Args: runArgs{run}, UniqueKey: run.String(), Priority: job.High})
	if err != nil {
		return err
	}
	_, err = tx.Exec(jobSQL, n, run)
	return err
}

// Work registers what happens later and at fixed times. on tells whether the
// practice is on.
func (s *Service) Work(w *job.Workers, on func() bool) {
	job.Handle(w, runJob, func(ctx context.Context, r *job.Run, a runArgs) error {
		return s.carryOut(ctx, a.Run, func(done, all int) error {
			return r.Progress(ctx, job.Progress{Done: int64(done), Total: int64(all)})
		})
	})
	job.Handle(w, publishJob, func(ctx context.Context, r *job.Run, a runArgs) error {
		return s.CarryPublication(ctx, a.Run, func(done, all int) error {
			return r.Progress(ctx, job.Progress{Done: int64(done), Total: int64(all)})
		})
	})
	w.Every(pulseJob, job.Interval(time.Hour), func(ctx context.Context, _ *job.Run) error { return s.AskPulses(ctx) })
	job.Handle(w, joinersJob, func(ctx context.Context, _ *job.Run, a programmeArgs) error { return s.Welcome(ctx, a.Programme) })
	job.Handle(w, suggestJob, func(ctx context.Context, r *job.Run, a programmeArgs) error {
		return s.SuggestAnew(ctx, a.Programme, func(done, all int) error {
			return r.Progress(ctx, job.Progress{Done: int64(done), Total: int64(all)})
		})
	})
	w.Every(askedJob, job.Interval(5*time.Minute), func(ctx context.Context, _ *job.Run) error {
		if !on() {
			return nil
		}
		return errors.Join(s.Introduce(ctx), s.Lapse(ctx))
	})
	w.Every(dailyJob, job.Daily{Hour: 3}, func(ctx context.Context, _ *job.Run) error {
		if !on() {
			return nil
		}
		return errors.Join(s.WelcomeAll(ctx), s.SuggestAll(ctx))
	})
}

// cohort reads everybody who waits to be matched.
func (s *Service) cohort(tx *db.Tx, p Programme) (Cohort, error) {
	c := Cohort{Shape: p.Shape, Weights: p.Weights, Pinned: map[[2]id.ID]bool{}, Apart: map[[2]id.ID]bool{}}
	list, err := enrolled(tx, p.ID, nil)
	if err != nil {
		return c, err
	}
	ids := make([]id.ID, len(list))
	for i, e := range list {
		ids[i] = e.Person
	}
	taken := map[id.ID]int{} // mentorships of this programme that somebody is in
	if _, err := db.All(tx, takenSQL, func(r *db.Rows, _ *struct{}) error {
		var n id.ID
		var k int
		err := r.Scan(&n, &k)
		taken[n] = k
		return err
	}, p.ID); err != nil {
		return c, err
	}
	traits := make(map[id.ID]people.Trait, len(ids))
	calendars := make(map[id.ID]people.Calendar, len(ids))
	for from := 0; from < len(ids); from += 2000 {
		some := ids[from:min(from+2000, len(ids))]
		t, err := people.Traits(tx, some)
		if err != nil {
			return c, err
		}
		k, err := people.Calendars(tx, some)
		if err != nil {
			return c, err
		}
		for n, x := range t {
			traits[n] = x
		}
		for n, x := range k {
			calendars[n] = x
		}
	}
	begin := s.Clock.Now().UTC().Truncate(24 * time.Hour)
	for _, e := range list {
		t, ok := traits[e.Person]
		if !ok {
			continue // left
		}
		x := &Participant{Trait: t, Capacity: e.Capacity, Skills: e.Skills}
		cal := calendars[e.Person]
		cal.AwayFrom, cal.AwayUntil = time.Time{}, time.Time{} // a holiday says nothing about half a year
		x.at(cal, begin)
		switch {
		case e.Role == Mentor:
			if x.Capacity -= taken[e.Person]; x.Capacity > 0 {
				c.Mentors = append(c.Mentors, x)
			}
		case taken[e.Person] == 0:
			c.Mentees = append(c.Mentees, x)
		}
	}
	if _, err := db.All(tx, rulesSQL, func(r *db.Rows, _ *struct{}) error {
		var kind string
		var a, b id.ID
		if err := r.Scan(&kind, &a, &b); err != nil {
			return err
		}
		if kind == Pin {
			c.Pinned[pair(a, b)] = true
		} else {
			c.Apart[pair(a, b)] = true
		}
		return nil
	}, p.ID); err != nil {
		return c, err
	}
	// Who were a pair before, or said no to each other, is not proposed again.
	_, err = db.All(tx, formerSQL, func(r *db.Rows, _ *struct{}) error {
		var a, b id.ID
		err := r.Scan(&a, &b)
		c.Apart[pair(a, b)] = true
		return err
	}, p.ID)
	return c, err
}

// carryOut computes a run and stores what it proposes. Carried out again it
// begins anew; the run is seen only once all of it is there.
func (s *Service) carryOut(ctx context.Context, run id.ID, progress func(done, all int) error) error {
	begun := time.Now()
	var p Programme
	var r Run
	var c Cohort
	if err := s.DB.Read(ctx, func(tx *db.Tx) error {
		var ok bool
		var err error
		if r, ok, err = db.One(tx, runSQL, scanRun, run); err != nil || !ok || r.State != "computing" {
			return err
		}
		if p, ok, err = db.One(tx, programmeOfSQL, scanProgramme, r.Programme); err != nil || !ok {
			return err
		}
		p.Weights = r.Weights
		c, err = s.cohort(tx, p)
		return err
	}); err != nil || r.State != "computing" {
		return err
	}
	var told error
	result, err := Compute(ctx, c, func(done, all int) {
		if progress != nil && told == nil {
			told = progress(done, 2*all)
		}
	})
	if infeasible := (*matching.InfeasibleError)(nil); errors.As(err, &infeasible) {
		return fault.Because(fault.Conflict, "fault.mentoring_pins", err)
	}
	if err != nil || told != nil {
		return errors.Join(err, told)
	}
	if err := s.DB.Write(ctx, func(tx *db.Tx) error {
		_, err := tx.Exec(clearProposalsSQL, run)
		return err
	}); err != nil {
		return err
	}
	now := s.Clock.Now()
	for from := 0; from < len(result.Proposed); from += batch {
		some := result.Proposed[from:min(from+batch, len(result.Proposed))]
		ids := make([]id.ID, len(some))
		for i := range ids {
			ids[i] = id.New(now)
		}
		if err := s.DB.Write(ctx, func(tx *db.Tx) error {
			for i, x := range some {
				if err := c.insert(tx, ids[i], run, x); err != nil {
					return err
				}
			}
			return nil
		}); err != nil {
			return err
		}
		if progress != nil {
			if err := progress(len(result.Proposed)+from, 2*len(result.Proposed)); err != nil {
				return err
			}
		}
	}
	return s.DB.Write(ctx, func(tx *db.Tx) error {
		_, err := tx.Exec(finishRunSQL, result.Objective, result.Bound, result.Optimal, time.Since(begun).Seconds(), text(result.Report), run)
		return err
	})
}

func (c Cohort) insert(tx *db.Tx, row, run id.ID, x Proposed) error {
	mentors := c.Mentors
	if c.Shape == ShapePeers {
		mentors = c.Mentees
	}
	var mentor, next id.ID
	look := x.Why
	if x.Mentor >= 0 {
		mentor, look = mentors[x.Mentor].Person, caution(x.Match)
	}
	if x.Next >= 0 {
		next = mentors[x.Next].Person
	}
	fits := x.Fits
	if fits == nil {
		fits = []Fit{}
	}
	_, err := tx.Exec(insertProposalSQL, row, run, c.Mentees[x.Mentee].Person, mentor, x.Score, text(fits), look, x.Pinned, next, x.NextScore)
	return err
}

// Kinds of rules about two people.
const (
	Pin   = "pin"   // they are a pair whatever the weights say
	Veto  = "veto"  // one of them said no
	Apart = "apart" // an organiser keeps them apart
)

// Rule sets a rule about two people for the next runs, or takes it away when
// kind is "". A pin replaces an earlier pin of the same mentee.
//
// Errors: NotFound, Forbidden, Invalid when one of them takes no part.
func (s *Service) Rule(ctx context.Context, by access.Actor, programme id.ID, mentee, mentor id.ID, kind string) error {
	key := pair(mentee, mentor)
	return s.DB.Write(ctx, func(tx *db.Tx) error {
		p, err := s.run(tx, by, programme)
		if err != nil {
			return err
		}
		if kind != "" && kind != Pin && kind != Apart {
			return fault.New(fault.Invalid, "fault.mentoring_choose")
		}
		list, err := enrolled(tx, p.ID, []id.ID{mentee, mentor})
		if err != nil {
			return err
		}
		if len(list) != 2 {
			return fault.New(fault.Invalid, "fault.mentoring_not_in")
		}
		if kind == "" {
			_, err := tx.Exec(unruleSQL, p.ID, key[0], key[1])
			return err
		}
		if kind == Pin {
			if _, err := tx.Exec(unpinSQL, p.ID, mentee); err != nil {
				return err
			}
		}
		_, err = tx.Exec(ruleSQL, id.New(s.Clock.Now()), p.ID, kind, key[0], key[1], db.At(s.Clock.Now()))
		return err
	})
}

// Publish makes the proposed pairs of a run mentorships and tells everybody, by
// a job. It happens once or not at all: the pairs stay hidden until the last
// transaction.
//
// Errors: NotFound, Forbidden, Conflict when the run is not the one that is
// looked over.
func (s *Service) Publish(ctx context.Context, by access.Actor, programme, run id.ID) error {
	return s.DB.Write(ctx, func(tx *db.Tx) error {
		p, err := s.run(tx, by, programme)
		if err != nil {
			return err
		}
		n, err := tx.Exec(beginPublishSQL, run, p.ID)
		if err != nil {
			return err
		}
		if n == 0 || p.Run != run {
			return fault.New(fault.Conflict, "fault.mentoring_stale")
		}
		if err := audit.Record(tx, audit.Act{Actor: by.Person, Action: "mentoring.published", Subject: p.ID}); err != nil {
			return err
		}
		return enqueue(tx, publishJob, run)
	})
}

// proposal is one row of a run.
type proposal struct {
	id             id.ID
	mentee, mentor id.ID
	fits           string
}

// CarryPublication makes the mentorships of a run, the work of its job. It may be interrupted and carried
// out again at any place: those that are there already are left alone.
func (s *Service) CarryPublication(ctx context.Context, run id.ID, progress func(done, all int) error) error {
	var r Run
	var p Programme
	var list []proposal
	made := map[id.ID]bool{} // mentees who have their hidden mentorship
	if err := s.DB.Read(ctx, func(tx *db.Tx) error {
		var err error
		var ok bool
		if r, ok, err = db.One(tx, runSQL, scanRun, run); err != nil || !ok || r.State != "publishing" {
			return err
		}
		if p, _, err = db.One(tx, programmeOfSQL, scanProgramme, r.Programme); err != nil {
			return err
		}
		if list, err = db.All(tx, proposalsOfSQL, scanProposal, run); err != nil {
			return err
		}
		done, err := db.All(tx, madeSQL, scanID, run)
		clear(made)
		for _, n := range done {
			made[n] = true
		}
		return err
	}); err != nil || r.State != "publishing" {
		return err
	}
	rooms := groupsOf(p.Shape, list)
	for from := 0; from < len(rooms); from += 20 {
		some := rooms[from:min(from+20, len(rooms))]
		if err := s.DB.Write(ctx, func(tx *db.Tx) error {
			for _, g := range some {
				if made[g[0].mentee] {
					continue
				}
				if err := s.publishRoom(tx, p, run, g); err != nil {
					return err
				}
			}
			return nil
		}); err != nil {
			return err
		}
		if err := progress(from, len(rooms)); err != nil {
			return err
		}
	}
	now := s.Clock.Now()
	return s.DB.Write(ctx, func(tx *db.Tx) error {
		n, err := tx.Exec(endPublishSQL, db.At(now), run)
		if err != nil || n == 0 {
			return err // another server was faster
		}
		if _, err := tx.Exec(showSQL, db.At(now), run); err != nil {
			return err
		}
		if _, err := tx.Exec(showSubjectsSQL, db.At(now), run); err != nil {
			return err
		}
		// What was kept is now so; it says nothing about later runs.
		if _, err := tx.Exec(unpinAllSQL, p.ID); err != nil {
			return err
		}
		// Every room has an event of its own, so that everybody is told of
		// theirs. A few thousand rows take some tens of milliseconds, once in
		// the life of a large programme.
		rooms, err := db.All(tx, roomsOfRunSQL, func(r *db.Rows, x *[2]id.ID) error { return r.Scan(&x[0], &x[1]) }, run)
		if err != nil {
			return err
		}
		for _, x := range rooms {
			if err := s.record(tx, event.Event{Kind: "mentorship.proposed", Subject: x[0], Audience: x[1], Actor: p.Author, Other: p.ID}); err != nil {
				return err
			}
		}
		return nil
	})
}

// groupsOf puts the proposals of a run together that share a room: of groups
// all mentees of a mentor, else each pair alone.
func groupsOf(shape string, list []proposal) [][]proposal {
	var out [][]proposal
	at := map[id.ID]int{}
	for _, x := range list {
		if k, ok := at[x.mentor]; ok && shape == ShapeGroups {
			out[k] = append(out[k], x)
			continue
		}
		at[x.mentor] = len(out)
		out = append(out, []proposal{x})
	}
	return out
}

// publishRoom makes a hidden mentorship of a mentor and their mentees. Whose
// places were taken since the run is left out, so that nobody ever has more
// mentees than they said: they can be matched again.
func (s *Service) publishRoom(tx *db.Tx, p Programme, run id.ID, g []proposal) error {
	places, err := left(tx, p.ID, g[0].mentor)
	if err != nil {
		return err
	}
	n := newRoom{run: run, origin: fromRun, state: "hidden", fits: g[0].fits, mentor: g[0].mentor}
	for _, x := range g {
		free, err := left(tx, p.ID, x.mentee)
		if err != nil {
			return err
		}
		if free > 0 && len(n.mentees) < places {
			n.mentees = append(n.mentees, x.mentee)
		}
	}
	if len(n.mentees) == 0 {
		return nil
	}
	_, _, err = s.makeRoom(tx, p, n)
	return err
}

// Proposal is one pair of a run, as an organiser looks it over.
type Proposal struct {
	ID        id.ID
	Mentee    id.ID
	Mentor    id.ID // 0 without a pair
	Score     int
	Fits      []Fit
	Look      string // why it needs a look, "" when nothing speaks against it
	Pinned    bool
	Next      id.ID // the next best mentor for the mentee
	NextScore int
}

// Latest returns the run of a programme that is looked over, and its job's
// progress while it is computed; false when there is none.
func (s *Service) Latest(ctx context.Context, by access.Actor, programme id.ID) (r Run, ok bool, err error) {
	err = s.DB.Read(ctx, func(tx *db.Tx) error {
		p, err := s.run(tx, by, programme)
		if err != nil || p.Run == 0 {
			return err
		}
		r, ok, err = db.One(tx, runSQL, scanRun, p.Run)
		return err
	})
	return r, ok, err
}

// Proposals returns a page of what a run proposes, best pairs first, those
// without a pair last: only those that need a look when look is set.
func (s *Service) Proposals(ctx context.Context, by access.Actor, programme, run id.ID, look bool, after Place, limit int) (list []Proposal, more bool, err error) {
	err = s.DB.Read(ctx, func(tx *db.Tx) error {
		if _, err := s.run(tx, by, programme); err != nil {
			return err
		}
		if after.ID == 0 {
			after = Place{Score: 101, ID: 1<<63 - 1}
		}
		b := listProposals.With(run, after.Score, after.ID, limit+1).If(look, lookFilterSQL)
		text, args := b.Build()
		list, err = db.All(tx, text, scanProposalRow, args...)
		more = len(list) > limit
		list = list[:min(limit, len(list))]
		return err
	})
	return list, more, err
}

// Place is where a page of proposals begins.
type Place struct {
	Score int
	ID    id.ID
}

// Counted is how many pairs a run proposes, how many need a look, and how many
// people stay without a pair.
type Counted struct{ Pairs, Look, Alone int }

// Count counts what a run proposes.
func (s *Service) Count(ctx context.Context, by access.Actor, programme, run id.ID) (c Counted, err error) {
	err = s.DB.Read(ctx, func(tx *db.Tx) error {
		if _, err := s.run(tx, by, programme); err != nil {
			return err
		}
		_, err := tx.Row(countProposalsSQL, []any{&c.Pairs, &c.Look, &c.Alone}, run)
		return err
	})
	return c, err
}

// Choice is a mentor for a mentee, with how well they fit.
type Choice struct {
	Mentor id.ID
	Match
	Rule string // pin, apart, veto or ""
	Line bool   // one reports to the other: never a pair
	Full bool   // has somebody for each of their places in the run
	Why  string // a reason that one of them gave for a no before
}

// Choices weighs every mentor of the programme for one mentee, best first, at
// most twenty.
func (s *Service) Choices(ctx context.Context, by access.Actor, programme, mentee id.ID) (out []Choice, err error) {
	err = s.DB.Read(ctx, func(tx *db.Tx) error {
		out = nil
		p, err := s.run(tx, by, programme)
		if err != nil {
			return err
		}
		c, err := s.cohort(tx, p)
		if err != nil {
			return err
		}
		mentors := c.Mentors
		if c.Shape == ShapePeers {
			mentors = c.Mentees
		}
		var who *Participant
		for _, x := range c.Mentees {
			if x.Person == mentee {
				who = x
			}
		}
		if who == nil {
			return fault.Missing()
		}
		load := map[id.ID]int{}
		if _, err := db.All(tx, loadSQL, func(r *db.Rows, _ *struct{}) error {
			var n id.ID
			var k int
			err := r.Scan(&n, &k)
			load[n] = k
			return err
		}, p.Run); err != nil {
			return err
		}
		whys := map[id.ID]string{}
		if _, err := db.All(tx, whysSQL, func(r *db.Rows, _ *struct{}) error {
			var n id.ID
			var why string
			err := r.Scan(&n, &why)
			whys[n] = why
			return err
		}, mentee, p.ID); err != nil {
			return err
		}
		for _, m := range mentors {
			if m.Person == mentee {
				continue
			}
			x := Choice{Why: whys[m.Person], Mentor: m.Person, Match: Weigh(c.Weights, who, m), Line: inLine(who, m), Full: load[m.Person] >= m.Capacity}
			if c.Pinned[pair(mentee, m.Person)] {
				x.Rule = Pin
			} else if c.Apart[pair(mentee, m.Person)] {
				x.Rule = Apart
			}
			out = append(out, x)
		}
		sortChoices(out)
		out = out[:min(20, len(out))]
		return nil
	})
	return out, err
}

func parseJSON(text string, into any) error {
	if text == "" {
		return nil
	}
	return json.Unmarshal([]byte(text), into)
}
