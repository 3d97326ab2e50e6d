package swaps

import (
	"context"
	"encoding/json"
	"slices"
	"time"

	"github.com/guildhall/guildhall/internal/core/access"
	"github.com/guildhall/guildhall/internal/core/people"
	"github.com/guildhall/guildhall/internal/core/skills"
	"github.com/guildhall/guildhall/internal/platform/db"
	"github.com/guildhall/guildhall/internal/platform/fault"
	"github.com/guildhall/guildhall/internal/platform/id"
	"github.com/guildhall/guildhall/internal/platform/job"
	"github.com/guildhall/guildhall/matching"
)

// Kinds of jobs.
const (
	roundJob  = "swaps.round"
	mendJob   = "swaps.mend"
	dueJob    = "swaps.due"
	weeklyJob = "swaps.weekly"
)

type roundArgs struct {
	Round id.ID `json:"round"`
}

type swapArgs struct {
	Swap id.ID `json:"swap"`
}

// Round is one run of the matching over everybody's offers and wishes.
type Round struct {
	ID        id.ID
	State     string // running, published
	Job       id.ID
	Longest   int
	People    int // who took part
	Rings     int
	Served    int
	Value     float64
	Bound     float64 // no set of rings is worth more
	Created   time.Time
	Published time.Time
	Progress  job.Progress // while it runs
}

// Proven tells whether the rings are proven best.
func (r Round) Proven() bool { return r.Bound <= r.Value+1e-6*max(1, r.Value) }

// Work registers what happens later and at fixed times. on tells whether the
// practice is on.
func (s *Service) Work(w *job.Workers, on func() bool) {
	job.Handle(w, roundJob, func(ctx context.Context, r *job.Run, a roundArgs) error {
		return s.run(ctx, a.Round, func(p job.Progress) error { return r.Progress(ctx, p) }, r.Done)
	})
	job.Handle(w, mendJob, func(ctx context.Context, r *job.Run, a swapArgs) error { return s.mend(ctx, a.Swap) })
	job.Handle(w, dueJob, func(ctx context.Context, r *job.Run, a swapArgs) error { return s.lapse(ctx, r, a.Swap) })
	// Early on Monday, so that it is there when the week begins anywhere.
	w.Every(weeklyJob, job.Weekly{Day: time.Monday, At: job.Daily{Hour: 4}}, func(ctx context.Context, r *job.Run) error {
		weeks := s.Settings().Swaps.Weeks
		if weeks == 0 {
			weeks = 1
		}
		if !on() || weeks < 0 || int(s.Clock.Now().Unix()/(7*86400))%weeks != 0 {
			return nil
		}
		return s.DB.Write(ctx, func(tx *db.Tx) error {
			if _, err := s.start(tx, access.Actor{}); err != nil && !fault.Is(err, fault.Conflict) {
				return err
			}
			return r.Done(tx)
		})
	})
}

// longest is how many people a ring may have.
func (s *Service) longest() int {
	if k := s.Settings().Swaps.Longest; k >= 2 && k <= 5 {
		return k
	}
	return 3
}

// ringDays is how many days there are to accept a ring.
func (s *Service) ringDays() int {
	if d := s.Settings().Swaps.Days; d > 0 {
		return d
	}
	return 4
}

// Start begins a round now, for organisers.
//
// Errors: NotFound for others, Conflict while one runs.
func (s *Service) Start(ctx context.Context, by access.Actor) (id.ID, error) {
	if err := needOrganiser(by); err != nil {
		return 0, err
	}
	var n id.ID
	err := s.DB.Write(ctx, func(tx *db.Tx) (err error) {
		n, err = s.start(tx, by)
		return err
	})
	return n, err
}

func needOrganiser(by access.Actor) error {
	if err := by.NeedKnown(); err != nil {
		return err
	}
	if !by.Organises() {
		return fault.Missing()
	}
	return nil
}

func (s *Service) start(tx *db.Tx, by access.Actor) (id.ID, error) {
	var running int
	if _, err := tx.Row(runningSQL, []any{&running}); err != nil {
		return 0, err
	}
	if running > 0 {
		return 0, fault.New(fault.Conflict, "fault.swap_running")
	}
	now := s.Clock.Now()
	n := id.New(now)
	j, err := job.EnqueueID(tx, job.Job{Kind: roundJob, Args: roundArgs{n}, UniqueKey: n.String(), Priority: job.High})
	if err != nil {
		return 0, err
	}
	_, err = tx.Exec(insertRoundSQL, n, j, by.Person, s.longest(), db.At(now))
	return n, err
}

// Rounds returns rounds, latest first, for organisers.
func (s *Service) Rounds(ctx context.Context, by access.Actor, before id.ID, limit int) (list []Round, more bool, err error) {
	if err := needOrganiser(by); err != nil {
		return nil, false, err
	}
	if limit <= 0 || limit > 100 {
		limit = 20
	}
	if before == 0 {
		before = 1<<63 - 1
	}
	err = s.DB.Read(ctx, func(tx *db.Tx) error {
		if list, err = db.All(tx, roundsSQL, scanRound, int64(before), limit+1); err != nil {
			return err
		}
		more = len(list) > limit
		list = list[:min(limit, len(list))]
		for i := range list {
			if list[i].State != "running" {
				continue
			}
			info, _, err := job.Find(tx, list[i].Job)
			if err != nil {
				return err
			}
			list[i].Progress = info.Progress
		}
		return nil
	})
	return list, more, err
}

// solveFor is how long the solver may look for better rings: under half a second
// for some hundred people, who wait for it on a page, and up to five for many
// thousand.
func solveFor(people int) time.Duration {
	return min(5*time.Second, 200*time.Millisecond+time.Duration(people)*300*time.Microsecond)
}

// run carries out a round. Drafts are written in small steps that nobody sees;
// one transaction publishes them all; then each becomes a swap in the
// transaction that removes its draft. Killed anywhere it is run again: before
// the publishing from the beginning, after it from where it was.
func (s *Service) run(ctx context.Context, round id.ID, tell func(job.Progress) error, done func(*db.Tx) error) error {
	var x Round
	if err := s.DB.Read(ctx, func(tx *db.Tx) error {
		var ok bool
		var err error
		if x, ok, err = db.One(tx, roundSQL, scanRound, round); err == nil && !ok {
			err = fault.Missing()
		}
		return err
	}); err != nil {
		return err
	}
	if x.State == "running" {
		if err := s.prepare(ctx, tell, &x); err != nil {
			return err
		}
	}
	return s.reveal(ctx, tell, done, x)
}

// Carry carries out a round at once, for a history that is written without
// waiting for jobs. The round's own job then finds nothing left to do.
func (s *Service) Carry(ctx context.Context, round id.ID) error {
	return s.run(ctx, round, func(job.Progress) error { return nil }, func(*db.Tx) error { return nil })
}

// The share of a round's progress that each step takes.
const (
	stepLoaded = 30
	stepSolved = 60
	stepKept   = 80
	stepAll    = 100
)

func (s *Service) prepare(ctx context.Context, tell func(job.Progress) error, x *Round) error {
	for left := 1; left > 0; {
		if err := s.DB.Write(ctx, func(tx *db.Tx) (err error) {
			left, err = execCount(tx, forgetDraftsSQL, x.ID, 200)
			return err
		}); err != nil {
			return err
		}
	}
	g, err := s.graph(ctx, nil, x.Longest, func(done, of int) error {
		return tell(job.Progress{Done: int64(stepLoaded * done / max(of, 1)), Total: stepAll, Text: "load"})
	})
	if err != nil {
		return err
	}
	if err := tell(job.Progress{Done: stepLoaded, Total: stepAll, Text: "solve"}); err != nil {
		return err
	}
	found, err := Solve(ctx, g)
	if err != nil {
		return err
	}
	if err := ctx.Err(); err != nil {
		return err // the server ends: another attempt solves it whole
	}
	for from := 0; from < len(found.Rings); from += 50 {
		batch := found.Rings[from:min(from+50, len(found.Rings))]
		if err := s.DB.Write(ctx, func(tx *db.Tx) error {
			for _, ring := range batch {
				text, err := json.Marshal(g.Draft(ring))
				if err != nil {
					return err
				}
				if _, err := tx.Exec(insertDraftSQL, id.New(s.Clock.Now()), x.ID, string(text)); err != nil {
					return err
				}
			}
			return nil
		}); err != nil {
			return err
		}
		if err := tell(job.Progress{Done: int64(stepSolved + (stepKept-stepSolved)*from/len(found.Rings)), Total: stepAll, Text: "write"}); err != nil {
			return err
		}
	}
	x.State = "published"
	return s.DB.Write(ctx, func(tx *db.Tx) error {
		n, err := tx.Exec(publishSQL, len(g.Parties), len(found.Rings), found.Served, found.Objective, found.Bound, db.At(s.Clock.Now()), x.ID)
		if err == nil && n == 0 {
			err = fault.New(fault.Conflict, "fault.conflict") // another server published it
		}
		return err
	})
}

func execCount(tx *db.Tx, text string, args ...any) (int, error) {
	n, err := tx.Exec(text, args...)
	return int(n), err
}

// Solve finds the rings of a graph that together are worth most.
func Solve(ctx context.Context, g *Graph) (*matching.RingsResult, error) {
	in, cancel := context.WithTimeout(ctx, solveFor(len(g.Parties)))
	defer cancel()
	return matching.Rings(in, g.Problem, matching.Options{Seed: 1})
}

// revealed is how many rings become swaps in one transaction: few, so that
// nobody else waits for it.
const revealed = 4

func (s *Service) reveal(ctx context.Context, tell func(job.Progress) error, done func(*db.Tx) error, x Round) error {
	shown := 0
	for {
		var drafts []draft
		if err := s.DB.Read(ctx, func(tx *db.Tx) (err error) {
			drafts, err = db.All(tx, draftsSQL, scanDraft, x.ID, revealed)
			return err
		}); err != nil {
			return err
		}
		if len(drafts) == 0 {
			return s.DB.Write(ctx, done)
		}
		if err := s.DB.Write(ctx, func(tx *db.Tx) error {
			for _, d := range drafts {
				n, err := tx.Exec(forgetDraftSQL, d.id)
				if err != nil {
					return err
				}
				if n == 0 {
					continue // another server made a swap of it
				}
				if err := s.publish(tx, x.ID, 0, d.Drafted); err != nil {
					return err
				}
			}
			return nil
		}); err != nil {
			return err
		}
		shown += len(drafts)
		if err := tell(job.Progress{Done: int64(stepKept + (stepAll-1-stepKept)*shown/max(x.Rings, shown)), Total: stepAll, Text: "show"}); err != nil {
			return err
		}
	}
}

// publish makes a swap of a drafted ring. Somebody in it who left or found
// another place in the meantime gives the others first place next time.
func (s *Service) publish(tx *db.Tx, round, mends id.ID, d Drafted) error {
	ids := make([]id.ID, len(d.Members))
	for i, m := range d.Members {
		ids[i] = m.Person
	}
	taken, err := db.All(tx, inRoundsSQL, scanID, ids, maxStanding)
	if err != nil {
		return err
	}
	here, err := db.All(tx, activeSQL, scanID, ids)
	if err != nil {
		return err
	}
	if len(taken) > 0 || len(here) < len(ids) {
		for _, p := range here {
			if !slices.Contains(taken, p) {
				if err := s.first(tx, p); err != nil {
					return err
				}
			}
		}
		return nil
	}
	now := s.Clock.Now()
	w := Swap{
		Round: round, Mends: mends, State: Proposed, Version: 1, Lessons: d.Lessons, Minutes: d.Minutes, Format: d.Format,
		Due: s.due(now, s.ringDays()), Created: now, Updated: now,
	}
	for _, m := range d.Members {
		w.Members = append(w.Members, Member{Person: m.Person, Skill: skills.Tag{ID: m.Skill}, Level: m.Level, Closed: m.Closed, Reasons: m.Reasons})
	}
	if err := s.insert(tx, &w); err != nil {
		return err
	}
	return s.show(tx, w, 0)
}

func (s *Service) first(tx *db.Tx, person id.ID) error {
	_, err := tx.Exec(firstSQL, person, db.At(s.Clock.Now()))
	return err
}

// lapse ends a proposed swap that not everybody answered in time.
func (s *Service) lapse(ctx context.Context, r *job.Run, swap id.ID) error {
	return s.DB.Write(ctx, func(tx *db.Tx) error {
		w, ok, err := whole(tx, swap)
		if err != nil || !ok || w.State != Proposed {
			return err
		}
		if s.Clock.Now().Before(w.Due) {
			return job.Later(w.Due.Sub(s.Clock.Now()))
		}
		if err := s.end(tx, w, Lapsed, 0); err != nil {
			return err
		}
		return r.Done(tx)
	})
}

// mend looks after those who lost their ring through somebody else: the ring is
// repaired with people who have no place, and who cannot be placed comes first
// next time. It does so once, however often it runs.
func (s *Service) mend(ctx context.Context, swap id.ID) error {
	var w Swap
	var ok bool
	if err := s.DB.Read(ctx, func(tx *db.Tx) (err error) {
		w, ok, err = whole(tx, swap)
		return err
	}); err != nil || !ok || w.Mended {
		return err
	}
	gone := map[id.ID]bool{}
	asked := w.asked()
	for _, m := range w.Members {
		gone[m.Person] = m.Answer == "no" || w.State == Lapsed && m.Answer == "" && slices.Contains(asked, m.Person)
	}
	g, err := s.graph(ctx, func(p id.ID) bool { return !gone[p] }, s.longest(), func(int, int) error { return nil })
	if err != nil {
		return err
	}
	lost := make([]bool, len(g.Parties))
	for i, p := range g.Parties {
		lost[i] = w.at(p.Person) >= 0
	}
	g.around(lost)
	in, cancel := context.WithTimeout(ctx, solveFor(len(g.Parties)))
	defer cancel()
	// The rings that stand are not in the problem: nobody in them is disturbed.
	found, err := matching.RepairRings(in, g.Problem, matching.RingsRepair{}, matching.Options{Seed: 1})
	if err != nil {
		return err
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	return s.DB.Write(ctx, func(tx *db.Tx) error {
		n, err := tx.Exec(mendedSQL, swap)
		if err != nil || n == 0 {
			return err
		}
		placed := map[id.ID]bool{}
		for _, r := range found.Rings {
			if !slices.ContainsFunc(r.People, func(v int32) bool { return lost[v] }) {
				continue
			}
			for _, v := range r.People {
				placed[g.Parties[v].Person] = true
			}
			if err := s.publish(tx, w.Round, w.ID, g.Draft(r)); err != nil {
				return err
			}
		}
		for _, m := range w.Members {
			if gone[m.Person] || placed[m.Person] {
				continue
			}
			if err := s.first(tx, m.Person); err != nil {
				return err
			}
		}
		return nil
	})
}

// around keeps of a graph only what can be in a ring with one of the parties:
// whoever is within the length of a ring from them, both ways.
func (g *Graph) around(near []bool) {
	reach := func(forward bool) []int {
		far := make([]int, len(near))
		var queue []int32
		for i := range near {
			far[i] = -1
			if near[i] {
				far[i] = 0
				queue = append(queue, int32(i))
			}
		}
		next := make([][]int32, len(near))
		for _, a := range g.Problem.Arcs {
			from, to := a.Teacher, a.Learner
			if !forward {
				from, to = to, from
			}
			next[from] = append(next[from], to)
		}
		for len(queue) > 0 {
			v := queue[0]
			queue = queue[1:]
			for _, u := range next[v] {
				if far[u] < 0 {
					far[u] = far[v] + 1
					queue = append(queue, u)
				}
			}
		}
		return far
	}
	out, back := reach(true), reach(false)
	g.Problem.Arcs = slices.DeleteFunc(g.Problem.Arcs, func(a matching.SwapArc) bool {
		return out[a.Teacher] < 0 || back[a.Learner] < 0 || out[a.Teacher]+1+back[a.Learner] > g.Problem.MaxLength
	})
}

// graph builds the graph of everybody who takes part now and whom the filter
// keeps (nil keeps all).
func (s *Service) graph(ctx context.Context, keep func(id.ID) bool, longest int, progress func(done, of int) error) (*Graph, error) {
	now := s.Clock.Now()
	refused := map[Refusal]bool{}
	var parties []Party
	var total int
	if err := s.DB.Read(ctx, func(tx *db.Tx) error {
		_, err := tx.Row(partyCountSQL, []any{&total})
		return err
	}); err != nil {
		return nil, err
	}
	for after, seen := id.ID(0), 0; ; {
		var ids []id.ID
		var some []Party
		if err := s.DB.Read(ctx, func(tx *db.Tx) (err error) {
			if ids, err = db.All(tx, partiesSQL, scanID, int64(after), 500); err != nil || len(ids) == 0 {
				return err
			}
			some, err = s.parties(tx, ids, refused, now)
			return err
		}); err != nil {
			return nil, err
		}
		if len(ids) == 0 {
			break
		}
		for _, p := range some {
			if keep == nil || keep(p.Person) {
				parties = append(parties, p)
			}
		}
		after, seen = ids[len(ids)-1], seen+len(ids)
		if err := progress(seen, total); err != nil {
			return nil, err
		}
	}
	return Build(parties, refused, longest, now), nil
}

// parties returns those of the people who take part, and adds to what they
// refused.
func (s *Service) parties(tx *db.Tx, ids []id.ID, refused map[Refusal]bool, now time.Time) ([]Party, error) {
	busy := map[id.ID]bool{}
	list, err := db.All(tx, inRoundsSQL, scanID, ids, maxStanding)
	if err != nil {
		return nil, err
	}
	for _, p := range list {
		busy[p] = true
	}
	choices, err := chosen(tx, ids)
	if err != nil {
		return nil, err
	}
	said, err := skills.ForMatching(tx, ids)
	if err != nil {
		return nil, err
	}
	rows, err := db.All(tx, prioritiesSQL, scanPriority, ids)
	if err != nil {
		return nil, err
	}
	type what struct {
		person, skill id.ID
		direction     skills.Direction
	}
	priority := map[what]int{}
	for _, r := range rows {
		priority[what{r.person, r.Skill, r.Direction}] = r.Priority.Priority
	}
	type record struct{ taught, again, never int }
	past := map[[2]id.ID]record{}
	if _, err := db.All(tx, taughtSQL, func(r *db.Rows, _ *struct{}) error {
		var p, skill id.ID
		var x record
		err := r.Scan(&p, &skill, &x.taught, &x.again, &x.never)
		past[[2]id.ID{p, skill}] = x
		return err
	}, ids); err != nil {
		return nil, err
	}
	calendars, err := people.Calendars(tx, ids)
	if err != nil {
		return nil, err
	}
	traits, err := people.Traits(tx, ids)
	if err != nil {
		return nil, err
	}
	set := func(text string) (map[id.ID]bool, error) {
		list, err := db.All(tx, text, scanID, ids)
		out := map[id.ID]bool{}
		for _, p := range list {
			out[p] = true
		}
		return out, err
	}
	firsts, err := set(firstsSQL)
	if err != nil {
		return nil, err
	}
	owed, err := set(owedPeopleSQL)
	if err != nil {
		return nil, err
	}
	if _, err := db.All(tx, refusalsSQL, func(r *db.Rows, _ *struct{}) error {
		var x Refusal
		err := r.Scan(&x.Teacher, &x.Learner, &x.Skill)
		refused[x] = true
		return err
	}, db.At(now), ids); err != nil {
		return nil, err
	}
	at := map[id.ID]int{}
	var out []Party
	for _, p := range ids {
		c := choices[p]
		if busy[p] || !c.Rounds {
			continue
		}
		at[p] = len(out)
		out = append(out, Party{
			Person: p, Format: c.Format, Lessons: c.Lessons, Minutes: c.Minutes, Site: traits[p].Site, Languages: traits[p].Languages,
			Week: WeekOf(calendars[p], now), First: firsts[p], Owed: owed[p],
		})
	}
	for _, d := range said {
		i, ok := at[d.Person]
		if !ok {
			continue
		}
		rank, ok := priority[what{d.Person, d.ID, d.Direction}]
		if !ok {
			rank = 1
		}
		switch {
		case d.Direction == skills.Want:
			out[i].Wishes = append(out[i].Wishes, Wish{Skill: d.ID, Level: d.Level, Priority: rank, Open: d.Open, Since: d.Since})
		case d.Open:
			x := past[[2]id.ID{d.Person, d.ID}]
			out[i].Offers = append(out[i].Offers, Offer{Skill: d.ID, Level: d.Level, Priority: rank, Taught: x.taught, Again: x.again, Never: x.never})
		}
	}
	return out, nil
}
