package coffee

import (
	"context"
	"encoding/json"
	"errors"
	"hash/fnv"
	"slices"
	"strings"
	"time"

	"github.com/guildhall/guildhall/internal/coffee/draw"
	"github.com/guildhall/guildhall/internal/core/access"
	"github.com/guildhall/guildhall/internal/core/event"
	"github.com/guildhall/guildhall/internal/core/people"
	"github.com/guildhall/guildhall/internal/core/skills"
	"github.com/guildhall/guildhall/internal/core/subject"
	"github.com/guildhall/guildhall/internal/platform/db"
	"github.com/guildhall/guildhall/internal/platform/fault"
	"github.com/guildhall/guildhall/internal/platform/id"
	"github.com/guildhall/guildhall/internal/platform/job"
)

// Kinds of jobs.
const (
	dueJob   = "coffee.due"
	roundJob = "coffee.round"
)

// step is how many pairs are written, or told, in one transaction.
const step = 25

// Round is one round of a group.
type Round struct {
	ID                   id.ID
	Group                id.ID
	Number               int
	State                string // writing, published, told
	Written, Told, Total int    // pairs, and people who are alone
	At                   time.Time
	People               int
}

// Published tells whether people see it.
func (r Round) Published() bool { return r.State == "published" || r.State == "told" }

// lot is who meets, or who is alone, as it was drawn.
type lot struct {
	People  []id.ID   `json:"p"`
	Before  time.Time `json:"b,omitzero"` // when two of them were drawn together last
	Reasons []Reason  `json:"r,omitempty"`
}

// Reason is why two people meet: a kind, who it is about, and what.
type Reason struct {
	Kind  string `json:"k"` // learn, gap, across, site, new
	From  id.ID  `json:"f,omitzero"`
	To    id.ID  `json:"t,omitzero"`
	Skill id.ID  `json:"s,omitzero"`
}

type roundArgs struct {
	Group id.ID `json:"group"`
}

type lotteryArgs struct {
	Lottery id.ID `json:"lottery"`
}

// Work registers what happens later: rounds that are due, and what is left of
// rounds that were interrupted.
func (s *Service) Work(w *job.Workers, on func() bool) {
	w.Every(dueJob, job.Interval(5*time.Minute), func(ctx context.Context, _ *job.Run) error {
		if !on() {
			return nil
		}
		return s.due(ctx)
	})
	job.Handle(w, lotteryJob, func(ctx context.Context, r *job.Run, a lotteryArgs) error { return s.drawLottery(ctx, r, a.Lottery) })
	job.Handle(w, roundJob, func(ctx context.Context, r *job.Run, a roundArgs) error {
		_, err := s.round(ctx, a.Group, false, func(done, of int) error {
			return r.Progress(ctx, job.Progress{Done: int64(done), Total: int64(of)})
		})
		if errors.Is(err, errTaken) {
			return job.Later(time.Minute)
		}
		return err
	})
}

// due has rounds drawn whose time has come, and goes on with those that were
// interrupted.
func (s *Service) due(ctx context.Context) error {
	return s.DB.Write(ctx, func(tx *db.Tx) error {
		now := db.At(s.Clock.Now())
		groups, err := db.All(tx, dueGroupsSQL, scanID, now)
		if err != nil {
			return err
		}
		rounds, err := db.All(tx, openRoundsSQL, scanID)
		if err != nil {
			return err
		}
		for _, n := range rounds {
			x, ok, err := db.One(tx, roundSQL, scanRound, n)
			if err != nil {
				return err
			}
			if ok && !slices.Contains(groups, x.Group) {
				groups = append(groups[:len(groups):len(groups)], x.Group)
			}
		}
		if _, err := tx.Exec(sweepLunchSQL, now); err != nil {
			return err
		}
		lotteries, err := db.All(tx, dueLotteriesSQL, scanID, now)
		if err != nil {
			return err
		}
		for _, l := range lotteries {
			if err := job.Enqueue(tx, job.Job{Kind: lotteryJob, Args: lotteryArgs{Lottery: l}, UniqueKey: l.String()}); err != nil {
				return err
			}
		}
		for _, g := range groups {
			if err := job.Enqueue(tx, job.Job{Kind: roundJob, Args: roundArgs{Group: g}, UniqueKey: g.String()}); err != nil {
				return err
			}
		}
		return nil
	})
}

// Draw draws the next round of a group now. Large rounds are drawn by a job.
//
// Errors: NotFound, Forbidden, Conflict for a closed group or when a round is
// being drawn.
func (s *Service) Draw(ctx context.Context, by access.Actor, group id.ID) error {
	if err := by.NeedKnown(); err != nil {
		return err
	}
	var n int
	if err := s.DB.Write(ctx, func(tx *db.Tx) error {
		g, err := tend(tx, by, group)
		if err != nil {
			return err
		}
		if _, err := tx.Row(countMembersSQL, []any{&n}, group); err != nil {
			return err
		}
		// The time of the next round is now: whoever carries it out finds it
		// due, here or in the job that stands by.
		now := s.Clock.Now()
		if g.Next.After(now) {
			if _, err := tx.Exec(dueNowSQL, db.At(now), group); err != nil {
				return err
			}
		}
		delay := time.Minute
		if n >= 1000 {
			delay = 0
		}
		return job.Enqueue(tx, job.Job{Kind: roundJob, Args: roundArgs{Group: group}, UniqueKey: group.String(), RunAt: now.Add(delay)})
	}); err != nil {
		return err
	}
	if n >= 1000 { // countMembers stops there
		return nil
	}
	_, err := s.round(context.WithoutCancel(ctx), group, true, func(int, int) error { return nil })
	if errors.Is(err, errTaken) {
		return fault.New(fault.Conflict, "fault.coffee_drawing")
	}
	return err
}

// beat is what the answer to a draw waits for: see evenly.
const beat = 250 * time.Millisecond

// evenly waits until a whole number of quarters of a second have passed since
// the moment. Whoever draws a round has it drawn, written and told before they
// are answered; all rounds of small groups are answered after the same time,
// so that nobody learns from it who was drawn, left over, away or avoided.
func evenly(ctx context.Context, since time.Time) {
	t := time.NewTimer(beat - time.Since(since)%beat)
	defer t.Stop()
	select {
	case <-t.C:
	case <-ctx.Done():
	}
}

// errTaken says that another server is at the same round.
var errTaken = errors.New("coffee: another server draws this round")

// round draws the next round of a group when it is due, or goes on with one
// that was interrupted: it is drawn whole, written in steps that count
// themselves, published by one change of its state, and told in steps that
// count themselves. Whenever it is killed, what was done stays done once.
func (s *Service) round(ctx context.Context, group id.ID, quick bool, progress func(done, of int) error) (id.ID, error) {
	var x Round
	var g Group
	var due bool
	if err := s.DB.Read(ctx, func(tx *db.Tx) error {
		var ok bool
		var err error
		if x, _, err = db.One(tx, lastRoundSQL, scanRound, group); err != nil {
			return err
		}
		g, ok, err = db.One(tx, oneGroupSQL, scanGroup, group)
		due = ok && g.State == "open" && !g.Next.After(s.Clock.Now())
		return err
	}); err != nil {
		return 0, err
	}
	if x.ID == 0 || x.State == "told" {
		if !due {
			return 0, nil
		}
		var err error
		if x, err = s.begin(ctx, g, x.Number+1); err != nil || x.ID == 0 {
			return 0, err
		}
	}
	lots, plan, err := s.drawn(ctx, x.ID)
	if err != nil {
		return 0, err
	}
	for x.State == "writing" && x.Written < x.Total {
		if err := s.write(ctx, g, &x, lots); err != nil {
			return 0, err
		}
		if err := progress(x.Written, 2*x.Total); err != nil {
			return 0, err
		}
	}
	if x.State == "writing" {
		if err := s.publish(ctx, g, &x, plan); err != nil {
			return 0, err
		}
	}
	for x.State == "published" {
		if err := s.tell(ctx, &x, lots); err != nil {
			return 0, err
		}
		if err := progress(x.Total+x.Told, 2*x.Total); err != nil {
			return 0, err
		}
	}
	return x.ID, nil
}

// drawing is what is kept of a round while it is written.
type drawing struct {
	Lots []lot       `json:"lots"`
	Plan [][][]id.ID `json:"plan,omitempty"`
}

func (s *Service) drawn(ctx context.Context, round id.ID) ([]lot, [][][]id.ID, error) {
	var text string
	if err := s.DB.Read(ctx, func(tx *db.Tx) error {
		_, err := tx.Row(drawnSQL, []any{&text}, round)
		return err
	}); err != nil || text == "" {
		return nil, nil, err
	}
	var d drawing
	err := json.Unmarshal([]byte(text), &d)
	return d.Lots, d.Plan, err
}

// begin pauses those who gave no sign, draws the round and keeps what was drawn.
func (s *Service) begin(ctx context.Context, g Group, number int) (Round, error) {
	c, err := s.present(ctx, g)
	if err != nil {
		return Round{}, err
	}
	if err := s.pause(ctx, g, c.silent); err != nil {
		return Round{}, err
	}
	d, err := c.draw(ctx, g, number)
	if err != nil {
		return Round{}, err
	}
	text, err := json.Marshal(d)
	if err != nil {
		return Round{}, err
	}
	x := Round{}
	err = s.DB.Write(ctx, func(tx *db.Tx) error {
		x = Round{}
		last, _, err := db.One(tx, lastRoundSQL, scanRound, g.ID)
		if err != nil {
			return err
		}
		if last.Number != number-1 {
			return errTaken
		}
		now := s.Clock.Now()
		if len(d.Lots) == 0 {
			// Nobody is there: the next chance comes with the next round.
			_, err := tx.Exec(advanceSQL, db.At(g.next(now)), "", g.ID)
			return err
		}
		x = Round{ID: id.New(now), Group: g.ID, Number: number, State: "writing", Total: len(d.Lots), At: now, People: len(c.people)}
		_, err = tx.Exec(insertRoundSQL, x.ID, g.ID, number, string(text), x.Total, db.At(now), x.People)
		return err
	})
	return x, err
}

// pause stops drawing those who gave no sign in three rounds, and says so
// kindly.
func (s *Service) pause(ctx context.Context, g Group, silent []id.ID) error {
	for part := range slices.Chunk(silent, step) {
		if err := s.DB.Write(ctx, func(tx *db.Tx) error {
			for _, p := range part {
				n, err := tx.Exec(pauseSQL, p, g.ID)
				if err != nil {
					return err
				}
				if n == 1 {
					if err := (event.Recorder{Clock: s.Clock}).Record(tx, event.Event{Kind: "coffee.paused", Subject: g.ID, Audience: g.Audience, Other: p}); err != nil {
						return err
					}
				}
			}
			return nil
		}); err != nil {
			return err
		}
	}
	return nil
}

// write makes the rows of the next lots. Nobody sees them yet.
func (s *Service) write(ctx context.Context, g Group, x *Round, lots []lot) error {
	until := min(x.Written+step, x.Total)
	if err := s.DB.Write(ctx, func(tx *db.Tx) error {
		n, err := tx.Exec(writtenSQL, until, x.ID, x.Written)
		if err != nil {
			return err
		}
		if n != 1 {
			return errTaken
		}
		for _, l := range lots[x.Written:until] {
			if len(l.People) < 2 {
				continue
			}
			if _, err := s.insertPair(tx, Pair{Kind: "round", Group: g.ID, Round: x.ID, MetBefore: l.Before, At: x.At}, l); err != nil {
				return err
			}
		}
		return nil
	}); err != nil {
		return err
	}
	x.Written = until
	return nil
}

// insertPair makes a pair with its audience and subject.
func (s *Service) insertPair(tx *db.Tx, p Pair, l lot) (Pair, error) {
	var err error
	p.ID = id.New(s.Clock.Now())
	if p.Audience, err = access.NewAudience(tx, s.Clock, "pair", p.ID); err != nil {
		return p, err
	}
	lines, err := people.BylinesOf(tx, access.Actor{}, l.People)
	if err != nil {
		return p, err
	}
	var names []string
	for _, n := range l.People {
		if err := access.Join(tx, p.Audience, n, "member"); err != nil {
			return p, err
		}
		names = append(names, lines[n].Name)
	}
	reasons, err := json.Marshal(l.Reasons)
	if err != nil {
		return p, err
	}
	if _, err := tx.Exec(insertPairSQL, p.ID, p.Audience, p.Kind, p.Group, p.Round, db.At(p.MetBefore), string(reasons), db.At(p.At)); err != nil {
		return p, err
	}
	for i, n := range l.People {
		if _, err := tx.Exec(insertPairPersonSQL, n, p.ID); err != nil {
			return p, err
		}
		if p.Group != 0 {
			if _, err := tx.Exec(silentSQL, n, p.Group); err != nil {
				return p, err
			}
		}
		for _, m := range l.People[:i] {
			if _, err := tx.Exec(insertMetSQL, min(m, n), max(m, n), p.ID, db.At(p.At)); err != nil {
				return p, err
			}
		}
	}
	return p, subject.Save(tx, subject.Subject{
		Ref: subject.Ref{Kind: subject.CoffeePair, ID: p.ID}, Audience: p.Audience, Parent: p.Group,
		Title: strings.Join(names, ", "), State: "open", Created: p.At, Updated: p.At,
	})
}

// publish lets everybody see the round at once.
func (s *Service) publish(ctx context.Context, g Group, x *Round, plan [][][]id.ID) error {
	text, err := json.Marshal(plan)
	if err != nil {
		return err
	}
	if err := s.DB.Write(ctx, func(tx *db.Tx) error {
		now := s.Clock.Now()
		n, err := tx.Exec(publishSQL, db.At(now), x.ID)
		if err != nil {
			return err
		}
		if n != 1 {
			return errTaken
		}
		if _, err := tx.Exec(advanceSQL, db.At(g.next(now)), string(text), g.ID); err != nil {
			return err
		}
		return event.Recorder{Clock: s.Clock}.Record(tx, event.Event{Kind: "coffee.drawn", Subject: g.ID, Audience: g.Audience, Other: x.ID})
	}); err != nil {
		return err
	}
	x.State = "published"
	return nil
}

// tell records an event for each of the next pairs, and for each person who is
// alone, from which notices follow.
func (s *Service) tell(ctx context.Context, x *Round, lots []lot) error {
	until := min(x.Told+step, x.Total)
	if err := s.DB.Write(ctx, func(tx *db.Tx) error {
		n, err := tx.Exec(toldSQL, until, x.ID, x.Told)
		if err != nil {
			return err
		}
		if n != 1 {
			return errTaken
		}
		r := event.Recorder{Clock: s.Clock}
		for _, l := range lots[x.Told:until] {
			e := event.Event{Kind: "coffee.alone", Subject: x.Group, Audience: access.Organisation, Other: l.People[0]}
			if len(l.People) > 1 {
				e.Kind, e.Other = "coffee.paired", 0
				low, high := min(l.People[0], l.People[1]), max(l.People[0], l.People[1])
				found, err := tx.Row(pairOfRoundSQL, []any{&e.Subject, &e.Audience}, low, high, x.ID)
				if err != nil {
					return err
				}
				if !found {
					continue
				}
			}
			if err := r.Record(tx, e); err != nil {
				return err
			}
		}
		_, err = tx.Exec(toldAllSQL, x.ID)
		return err
	}); err != nil {
		return err
	}
	if x.Told = until; x.Told == x.Total {
		x.State = "told"
	}
	return nil
}

// crowd is everybody who takes part in a round, and what is known of them.
type crowd struct {
	people []presentRow
	silent []id.ID // who gave no sign in three rounds
	index  map[id.ID]int32
	met    map[draw.Pair]metRow
	apart  map[draw.Pair]bool
	plan   [][][]id.ID
	draw.Crowd
	units []id.ID // by number
	sizes []int   // people of each
	says  []skills.Declaration
}

// present reads everything a round is drawn from.
func (s *Service) present(ctx context.Context, g Group) (*crowd, error) {
	c := &crowd{}
	now := s.Clock.Now()
	var rows []presentRow
	var calendars map[id.ID]people.Calendar
	var met []metRow
	var avoids []avoidRow
	var plan string
	if err := s.DB.Read(ctx, func(tx *db.Tx) (err error) {
		if rows, err = db.All(tx, presentSQL, scanPresent, g.Audience, g.ID, db.At(now)); err != nil {
			return err
		}
		ids := make([]id.ID, len(rows))
		for i, r := range rows {
			ids[i] = r.person
		}
		if calendars, err = people.Calendars(tx, ids); err != nil {
			return err
		}
		if met, err = db.All(tx, metSQL, scanMet, ids); err != nil {
			return err
		}
		if avoids, err = db.All(tx, avoidsAmongSQL, scanAvoid, ids); err != nil {
			return err
		}
		if c.says, err = skills.ForMatching(tx, ids); err != nil {
			return err
		}
		_, err = tx.Row(planOfSQL, []any{&plan}, g.ID)
		return err
	}); err != nil {
		return nil, err
	}
	// Who is away until the next round, or does not work before it, is not
	// there; who gave no sign three times is paused.
	next := g.next(now)
	c.index = map[id.ID]int32{}
	for _, r := range rows {
		if r.silent >= PauseAfter {
			c.silent = append(c.silent, r.person)
			continue
		}
		if _, works := firstWork(calendars[r.person], now, next); works {
			c.index[r.person] = int32(len(c.people))
			c.people = append(c.people, r)
		}
	}
	c.met, c.apart = map[draw.Pair]metRow{}, map[draw.Pair]bool{}
	for _, m := range met {
		a, ok1 := c.index[m.low]
		b, ok2 := c.index[m.high]
		if ok1 && ok2 {
			c.met[draw.Of(a, b)] = m
		}
	}
	for _, x := range avoids {
		a, ok1 := c.index[x.person]
		b, ok2 := c.index[x.other]
		if ok1 && ok2 {
			c.apart[draw.Of(a, b)] = true
		}
	}
	if plan != "" {
		if err := json.Unmarshal([]byte(plan), &c.plan); err != nil {
			return nil, err
		}
	}
	c.weigh(calendars, now, g.Mixing)
	return c, nil
}

func firstWork(c people.Calendar, from, until time.Time) (time.Time, bool) {
	at, ok := c.NextWorking(from)
	return at, ok && at.Before(until)
}

// weigh fills in what pairs are worth.
func (c *crowd) weigh(calendars map[id.ID]people.Calendar, now time.Time, mixing Mixing) {
	n := len(c.people)
	c.Across = mixing == Across
	c.Unit, c.Site, c.Week = make([]int32, n), make([]int32, n), make([]int32, n)
	c.Teach, c.Want = make([][]draw.Skill, n), make([][]draw.Skill, n)
	units, sites, weeks := map[id.ID]int32{}, map[id.ID]int32{}, map[string]int32{}
	var spans [][]people.Span
	for i, p := range c.people {
		c.Unit[i], c.Site[i] = number(units, p.unit), number(sites, p.site)
		if u := c.Unit[i]; u >= 0 {
			if int(u) == len(c.sizes) {
				c.units, c.sizes = append(c.units, p.unit), append(c.sizes, 0)
			}
			c.sizes[u]++
		}
		cal := calendars[p.person]
		zone := cal.Zone
		if zone == nil {
			zone = time.UTC
		}
		key := zone.String() + "|" + cal.Hours.String()
		w, ok := weeks[key]
		if !ok {
			w = int32(len(spans))
			weeks[key] = w
			usual := people.Calendar{Zone: zone, Hours: cal.Hours}
			spans = append(spans, usual.Times(now, now.AddDate(0, 0, 14)))
		}
		c.Week[i] = w
	}
	// Somebody whose hours are like nobody's is compared with few.
	if len(spans) <= 400 {
		c.Hours = make([][]int32, len(spans))
		for i := range spans {
			c.Hours[i] = make([]int32, len(spans))
		}
		for i := range spans {
			for j := range i + 1 {
				m := int32(together(spans[i], spans[j]) / (2 * time.Minute))
				c.Hours[i][j], c.Hours[j][i] = m, m
			}
		}
	}
	for _, d := range c.says {
		i, ok := c.index[d.Person]
		if !ok {
			continue
		}
		k := draw.Skill{ID: int64(d.ID), Level: int8(d.Level)}
		if d.Direction == skills.Teach {
			c.Teach[i] = append(c.Teach[i], k)
		} else {
			c.Want[i] = append(c.Want[i], k)
		}
	}
	for i := range n {
		draw.Sort(c.Teach[i])
		draw.Sort(c.Want[i])
	}
	seen := make([][]int, len(c.sizes))
	for i := range seen {
		seen[i] = make([]int, len(c.sizes))
	}
	year := now.AddDate(-1, 0, 0)
	for q, m := range c.met {
		u, v := c.Unit[q[0]], c.Unit[q[1]]
		if u >= 0 && v >= 0 && m.at.After(year) {
			seen[max(u, v)][min(u, v)]++
		}
	}
	c.Gap = draw.Gaps(c.sizes, seen)
}

// number numbers what is there, -1 for nothing.
func number(seen map[id.ID]int32, x id.ID) int32 {
	if x == 0 {
		return -1
	}
	n, ok := seen[x]
	if !ok {
		n = int32(len(seen))
		seen[x] = n
	}
	return n
}

// together is how long two stretches of work overlap.
func together(a, b []people.Span) (sum time.Duration) {
	for i, j := 0, 0; i < len(a) && j < len(b); {
		from, until := a[i].From, a[i].Until
		if b[j].From.After(from) {
			from = b[j].From
		}
		if b[j].Until.Before(until) {
			until = b[j].Until
		}
		if until.After(from) {
			sum += until.Sub(from)
		}
		if a[i].Until.Before(b[j].Until) {
			i++
		} else {
			j++
		}
	}
	return sum
}

// draw draws the round.
func (c *crowd) draw(ctx context.Context, g Group, number int) (drawing, error) {
	h := fnv.New64a()
	_, _ = h.Write([]byte(g.ID.String())) // never fails
	p := draw.Problem{
		People: len(c.people), Size: g.Size, Met: map[draw.Pair]int{}, Apart: c.apart, Worth: c.Worth, Seed: h.Sum64() + uint64(number),
	}
	// Rounds ago: the rank of the day among all days on which somebody met.
	var days []time.Time
	for _, m := range c.met {
		days = append(days, m.at)
	}
	slices.SortFunc(days, time.Time.Compare)
	days = slices.CompactFunc(days, time.Time.Equal)
	for q, m := range c.met {
		i, _ := slices.BinarySearchFunc(days, m.at, time.Time.Compare)
		p.Met[q] = len(days) - i
	}
	if g.Mixing == Within {
		p.Within = c.Unit
	}
	for _, round := range c.plan {
		var groups [][]int32
		for _, ids := range round {
			var group []int32
			for _, n := range ids {
				i, ok := c.index[n]
				if !ok {
					i = -1
				}
				group = append(group, i)
			}
			groups = append(groups, group)
		}
		p.Plan = append(p.Plan, groups)
	}
	r, err := draw.Draw(ctx, p)
	if err != nil {
		return drawing{}, err
	}
	var d drawing
	for _, group := range r.Groups {
		d.Lots = append(d.Lots, c.lot(group))
	}
	for _, v := range r.Alone {
		d.Lots = append(d.Lots, lot{People: []id.ID{c.people[v].person}})
	}
	for _, round := range r.Plan {
		var groups [][]id.ID
		for _, group := range round {
			groups = append(groups, c.lot(group).People)
		}
		d.Plan = append(d.Plan, groups)
	}
	return d, nil
}

// lot says why these people meet. What departments did is told only of
// departments with at least five people here.
func (c *crowd) lot(group []int32) (l lot) {
	for i, a := range group {
		pa := c.people[a]
		l.People = append(l.People, pa.person)
		for _, b := range group[:i] {
			pb := c.people[b]
			if m, ok := c.met[draw.Of(a, b)]; ok && m.at.After(l.Before) {
				l.Before = m.at
			}
			for _, x := range [][2]int32{{a, b}, {b, a}} {
				if k, ok := c.Learns(x[0], x[1]); ok {
					l.Reasons = append(l.Reasons, Reason{Kind: "learn", From: c.people[x[0]].person, To: c.people[x[1]].person, Skill: id.ID(k)})
				}
			}
			if u, v := c.Unit[a], c.Unit[b]; u != v && u >= 0 && v >= 0 {
				kind := "across"
				if c.Gap[u][v] > 0.3 && c.sizes[u] >= FewShown && c.sizes[v] >= FewShown {
					kind = "gap"
				}
				l.Reasons = append(l.Reasons, Reason{Kind: kind, From: pa.person, To: pb.person})
			}
			if c.Site[a] >= 0 && c.Site[a] == c.Site[b] {
				l.Reasons = append(l.Reasons, Reason{Kind: "site", From: pa.person, To: pb.person})
			}
		}
	}
	slices.Sort(l.People)
	return l
}
