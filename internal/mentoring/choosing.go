package mentoring

import (
	"context"
	"encoding/json"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/guildhall/guildhall/internal/core/access"
	"github.com/guildhall/guildhall/internal/core/event"
	"github.com/guildhall/guildhall/internal/platform/db"
	"github.com/guildhall/guildhall/internal/platform/fault"
	"github.com/guildhall/guildhall/internal/platform/id"
	"github.com/guildhall/guildhall/matching"
)

const (
	// suggested is how many mentors a mentee may choose from.
	suggested = 5
	// kept is what a suggestion that somebody has seen is worth more than a new
	// one, in points of the score, so that lists do not jump about.
	kept = 8
	// maxRequests is how many requests wait for one mentor at most.
	maxRequests = 3
	// requestWaits is how long a request waits for its answer.
	requestWaits = 7 * 24 * time.Hour
)

// Suggestion is a mentor that a mentee may ask.
type Suggestion struct {
	Mentor id.ID
	Score  int
	Fits   []Fit
	Names  []string // of the skills that the mentor offers
	Goals  string   // what the mentor says
}

// Suggest works out for every mentee of a cohort which mentors to show: as many
// suggestions as possible, then the highest scores, at most five each, and each
// mentor in at most as many lists as their share of all places, so that nobody
// is flooded and lists differ. before are suggestions that were shown. The
// answer is a maximum-weight b-matching.
func Suggest(ctx context.Context, c Cohort, before map[[2]id.ID]bool, progress func(done, all int)) ([]Proposed, error) {
	places := 0
	for _, m := range c.Mentors {
		places += m.Capacity
	}
	if places == 0 || len(c.Mentees) == 0 {
		return nil, nil
	}
	each := (suggested*len(c.Mentees) + places - 1) / places
	w, err := c.weigh(ctx, progress)
	if err != nil {
		return nil, err
	}
	edges := slices.Clone(w.edges)
	for k, e := range edges {
		if before[[2]id.ID{c.Mentees[e.Left].Person, c.Mentors[e.Right].Person}] {
			edges[k].Weight += kept
		}
	}
	demand, capacity := make([]int32, len(c.Mentees)), make([]int32, len(c.Mentors))
	for i := range demand {
		demand[i] = suggested
	}
	for j, m := range c.Mentors {
		capacity[j] = int32(min(m.Capacity*each, len(c.Mentees)))
	}
	a, err := matching.Assign(ctx, &matching.AssignProblem{
		Left: len(c.Mentees), Right: len(c.Mentors), Edges: edges, Demand: demand, Capacity: capacity, Most: true,
	}, matching.Options{})
	if err != nil {
		return nil, err
	}
	var out []Proposed
	for _, k := range a.Chosen {
		e := edges[k]
		out = append(out, Proposed{Mentee: int(e.Left), Mentor: int(e.Right), Match: w.match(c, k)})
	}
	return out, nil
}

// SuggestAnew works out the suggestions of a programme whose mentees choose.
func (s *Service) SuggestAnew(ctx context.Context, programme id.ID, progress func(done, all int) error) error {
	begun := s.Clock.Now()
	var p Programme
	var c Cohort
	before := map[[2]id.ID]bool{}
	if err := s.DB.Read(ctx, func(tx *db.Tx) error {
		var ok bool
		var err error
		if p, ok, err = db.One(tx, programmeOfSQL, scanProgramme, programme); err != nil || !ok || p.State != "open" || p.Way != WaySelf {
			return err
		}
		if c, err = s.cohort(tx, p); err != nil {
			return err
		}
		clear(before)
		if _, err := db.All(tx, suggestedSQL, func(r *db.Rows, _ *struct{}) error {
			var k [2]id.ID
			err := r.Scan(&k[0], &k[1])
			before[k] = true
			return err
		}, p.ID); err != nil {
			return err
		}
		// Who waits for an answer looks at no list, and a mentor with enough
		// requests stands in none.
		asking, asked := map[id.ID]bool{}, map[id.ID]int{}
		if _, err := db.All(tx, openRequestsSQL, func(r *db.Rows, _ *struct{}) error {
			var mentor, mentee id.ID
			err := r.Scan(&mentor, &mentee)
			asking[mentee] = true
			asked[mentor]++
			return err
		}, p.ID); err != nil {
			return err
		}
		c.Mentees = slices.DeleteFunc(c.Mentees, func(x *Participant) bool { return asking[x.Person] })
		c.Mentors = slices.DeleteFunc(c.Mentors, func(x *Participant) bool { return asked[x.Person] >= maxRequests })
		return nil
	}); err != nil || p.Way != WaySelf || p.State != "open" {
		return err
	}
	var told error
	list, err := Suggest(ctx, c, before, func(done, all int) {
		if progress != nil && told == nil {
			told = progress(done, 2*all)
		}
	})
	if err != nil || told != nil {
		if err == nil {
			err = told
		}
		return err
	}
	// Everybody's list is replaced as a whole, some mentees at a time. Lists of
	// people who are not looking any more are emptied by the way.
	had := map[id.ID]int{}
	for k := range before {
		had[k[0]]++
	}
	of := map[id.ID][]Proposed{}
	var order []id.ID
	for _, m := range c.Mentees {
		order = append(order, m.Person)
	}
	for n := range had {
		order = append(order, n)
	}
	slices.Sort(order)
	order = slices.Compact(order)
	for _, x := range list {
		n := c.Mentees[x.Mentee].Person
		of[n] = append(of[n], x)
	}
	for from := 0; from < len(order); from += 50 {
		some := order[from:min(from+50, len(order))]
		if err := s.DB.Write(ctx, func(tx *db.Tx) error {
			for _, n := range some {
				if same(of[n], n, c, before, had[n]) {
					continue
				}
				if _, err := tx.Exec(forgetSuggestionsSQL, p.ID, n); err != nil {
					return err
				}
				for _, x := range of[n] {
					if _, err := tx.Exec(insertSuggestionSQL, p.ID, n, c.Mentors[x.Mentor].Person, x.Score, text(x.Fits)); err != nil {
						return err
					}
				}
			}
			return nil
		}); err != nil {
			return err
		}
		if progress != nil {
			if err := progress(len(order)+from, 2*len(order)); err != nil {
				return err
			}
		}
	}
	return s.DB.Write(ctx, func(tx *db.Tx) error {
		_, err := tx.Exec(suggestedAtSQL, db.At(begun), p.ID)
		return err
	})
}

// same tells whether somebody's list names the mentors that it named before.
// Scores may have moved a little; they are not worth a write each time.
func same(list []Proposed, mentee id.ID, c Cohort, before map[[2]id.ID]bool, had int) bool {
	if len(list) != had {
		return false
	}
	for _, x := range list {
		if !before[[2]id.ID{mentee, c.Mentors[x.Mentor].Person}] {
			return false
		}
	}
	return true
}

// Choosing is what a mentee chooses from in a programme.
type Choosing struct {
	Ready   bool // suggestions were worked out since the mentee enrolled
	List    []Suggestion
	Waiting id.ID // the mentorship that waits for a mentor's answer, 0 for none
	Paired  id.ID // the mentorship that the mentee is in, 0 for none
}

// Choosing returns what the actor may choose from, the best first.
//
// Errors: NotFound, Conflict when the actor is no mentee of a programme whose
// mentees choose.
func (s *Service) Choosing(ctx context.Context, by access.Actor, programme id.ID) (c Choosing, err error) {
	if err := by.NeedKnown(); err != nil {
		return c, err
	}
	err = s.DB.Read(ctx, func(tx *db.Tx) error {
		c = Choosing{}
		p, err := open(tx, by, programme)
		if err != nil {
			return err
		}
		mine, err := enrolled(tx, p.ID, []id.ID{by.Person})
		if err != nil {
			return err
		}
		if p.Way != WaySelf || len(mine) == 0 || mine[0].Role != Mentee {
			return fault.New(fault.Conflict, "fault.mentoring_not_choosing")
		}
		var state string
		var room id.ID
		if ok, err := tx.Row(liveOfProgrammeSQL, []any{&room, &state}, by.Person, p.ID); err != nil || ok {
			if state == Active {
				c.Paired = room
			} else {
				c.Waiting = room
			}
			return err
		}
		c.Ready = !mine[0].Updated.After(p.Suggested)
		if c.List, err = db.All(tx, suggestionsSQL, scanSuggestion, p.ID, by.Person); err != nil || len(c.List) == 0 {
			return err
		}
		ids := make([]id.ID, len(c.List))
		for i, x := range c.List {
			ids[i] = x.Mentor
		}
		mentors, err := enrolled(tx, p.ID, ids)
		if err != nil {
			return err
		}
		of := map[id.ID]Enrolment{}
		for _, e := range mentors {
			of[e.Person] = e
		}
		out := c.List[:0]
		for _, x := range c.List {
			e, in := of[x.Mentor]
			if !in || e.Role != Mentor {
				continue
			}
			if room, err := left(tx, p.ID, x.Mentor); err != nil {
				return err
			} else if room < 1 {
				continue // taken since
			}
			x.Names, x.Goals = e.Names, e.Goals
			out = append(out, x)
		}
		c.List = out
		return nil
	})
	return c, err
}

// Request asks a mentor who was suggested to the actor, with a word of their
// own. It waits for a week.
//
// Errors: NotFound, Conflict when the mentor is not suggested or has no place
// or too many requests, or the actor waits for an answer already; Invalid.
func (s *Service) Request(ctx context.Context, by access.Actor, programme, mentor id.ID, words string) (room id.ID, err error) {
	if err := by.NeedKnown(); err != nil {
		return 0, err
	}
	words = strings.TrimSpace(words)
	var c fault.Check
	c.Require(words != "", "words", "fault.mentoring_request_words")
	c.Require(utf8.RuneCountInString(words) <= maxAnswer, "words", "fault.too_long", "max", maxAnswer)
	err = s.DB.Write(ctx, func(tx *db.Tx) error {
		p, err := open(tx, by, programme)
		if err != nil {
			return err
		}
		switch {
		case p.State != "open":
			return fault.New(fault.Conflict, "fault.mentoring_closed")
		case p.Way != WaySelf:
			return fault.New(fault.Conflict, "fault.mentoring_not_choosing")
		}
		var score int
		var fits string
		if ok, err := tx.Row(suggestionSQL, []any{&score, &fits}, p.ID, by.Person, mentor); err != nil {
			return err
		} else if !ok {
			return fault.New(fault.Conflict, "fault.mentoring_not_suggested")
		}
		var live id.ID
		var state string
		if ok, err := tx.Row(liveOfProgrammeSQL, []any{&live, &state}, by.Person, p.ID); err != nil {
			return err
		} else if ok {
			return fault.New(fault.Conflict, "fault.mentoring_asks")
		}
		if free, err := left(tx, p.ID, by.Person); err != nil || free < 1 {
			if err == nil {
				err = fault.New(fault.Conflict, "fault.mentoring_not_choosing")
			}
			return err
		}
		places, err := left(tx, p.ID, mentor)
		if err != nil {
			return err
		}
		waiting, err := db.All(tx, requestsOfSQL, scanMentorship, mentor, p.ID)
		if err != nil {
			return err
		}
		if places < 1 || len(waiting) >= maxRequests {
			return fault.New(fault.Conflict, "fault.mentoring_busy_mentor")
		}
		if err := c.Err(); err != nil {
			return err
		}
		var audience id.ID
		if room, audience, err = s.makeRoom(tx, p, newRoom{
			origin: fromRequest, state: ProposedState, words: words, fits: fits, mentor: mentor, mentees: []id.ID{by.Person},
			answerBy: s.Clock.Now().Add(requestWaits),
		}); err != nil {
			return err
		}
		if _, err := tx.Exec(answerSQL, "yes", "", db.At(s.Clock.Now()), by.Person, room); err != nil {
			return err
		}
		if err := s.record(tx, event.Event{Kind: "mentorship.asked", Subject: room, Audience: audience, Actor: by.Author, Other: p.ID}); err != nil {
			return err
		}
		return s.soon(tx, suggestJob, p.ID, 0)
	})
	return room, err
}

// SuggestAll works out the suggestions of every programme whose mentees choose:
// what changed outside of the programme, hours and sites, counts as well.
func (s *Service) SuggestAll(ctx context.Context) error {
	return s.each(ctx, WaySelf, func(ctx context.Context, programme id.ID) error { return s.SuggestAnew(ctx, programme, nil) })
}

func scanSuggestion(r *db.Rows, x *Suggestion) error {
	var fits string
	if err := r.Scan(&x.Mentor, &x.Score, &fits); err != nil {
		return err
	}
	return json.Unmarshal([]byte(fits), &x.Fits)
}
