package mentoring

import (
	"context"
	"time"

	"github.com/guildhall/guildhall/internal/core/access"
	"github.com/guildhall/guildhall/internal/core/event"
	"github.com/guildhall/guildhall/internal/core/people"
	"github.com/guildhall/guildhall/internal/core/subject"
	"github.com/guildhall/guildhall/internal/platform/db"
	"github.com/guildhall/guildhall/internal/platform/fault"
	"github.com/guildhall/guildhall/internal/platform/id"
	"github.com/guildhall/guildhall/internal/platform/job"
)

// Where a mentorship comes from.
const (
	fromRun     = "run"     // an organiser published it
	fromJoiner  = "joiner"  // a mentor was asked to be the buddy of a joiner
	fromRequest = "request" // a mentee asked a mentor
)

// left is how many more mentees somebody of a programme may have, or for
// mentees and peers whether they are free: 1 or 0. Who takes no part has 0. What
// a mentee asks for counts only once it is accepted. Capacity is read here, in
// the transaction that uses it up, and nowhere else.
func left(tx *db.Tx, programme, person id.ID) (int, error) {
	var capacity, taken int
	if ok, err := tx.Row(capacitySQL, []any{&capacity}, programme, person); err != nil || !ok {
		return 0, err
	}
	if _, err := tx.Row(takenBySQL, []any{&taken}, person, programme); err != nil {
		return 0, err
	}
	return max(0, capacity-taken), nil
}

// newRoom is a mentorship to be made.
type newRoom struct {
	run      id.ID
	origin   string
	state    string
	words    string
	fits     string // JSON
	mentor   id.ID
	mentees  []id.ID
	answerBy time.Time
	hearsAt  time.Time // not zero: the mentees see nothing of it before
}

// makeRoom makes a mentorship with an audience of its own.
func (s *Service) makeRoom(tx *db.Tx, p Programme, n newRoom) (room, audience id.ID, err error) {
	now := s.Clock.Now()
	room = id.New(now)
	if audience, err = access.NewAudience(tx, s.Clock, "mentorship", room); err != nil {
		return 0, 0, err
	}
	if _, err := tx.Exec(insertMentorshipSQL, room, audience, p.ID, n.run, n.origin, n.state, n.words, n.fits, db.At(n.answerBy), db.At(n.hearsAt), db.At(now)); err != nil {
		return 0, 0, err
	}
	add := func(person id.ID, role string, sees bool) error {
		if sees {
			if err := access.Join(tx, audience, person, "member"); err != nil {
				return err
			}
		}
		_, err := tx.Exec(insertMemberSQL, room, person, role)
		return err
	}
	mentor, mentee := Mentor, Mentee
	if p.Shape == ShapePeers {
		mentor, mentee = Peer, Peer
	}
	if err := add(n.mentor, mentor, true); err != nil {
		return 0, 0, err
	}
	for _, x := range n.mentees {
		if err := add(x, mentee, n.hearsAt.IsZero()); err != nil {
			return 0, 0, err
		}
	}
	state := n.state
	if state == "hidden" {
		state = subject.Deleted
	}
	return room, audience, subject.Save(tx, subject.Subject{
		Ref: subject.Ref{Kind: subject.Mentorship, ID: room}, Audience: audience, Parent: p.ID, Title: p.Name, State: state, Created: now, Updated: now,
	})
}

// settle carries out what follows when a mentor who was asked, or the mentee
// who asked, answers.
func (s *Service) settle(tx *db.Tx, by access.Actor, m Mentorship, mine Member, yes bool) error {
	now := s.Clock.Now()
	switch {
	case m.Origin == fromJoiner && mine.Role == Mentor && yes:
		var mentees []id.ID
		for _, x := range m.People {
			if x.Role == Mentee {
				mentees = append(mentees, x.Person)
			}
		}
		days, err := people.Starts(tx, mentees)
		if err != nil {
			return err
		}
		if hearsAt(m, mentees[0], days).After(now) {
			return nil // they hear on their first day
		}
		return s.introduce(tx, m)
	case m.Origin == fromJoiner && mine.Role == Mentor:
		kind := "mentorship.passed"
		if m.Hears.IsZero() {
			kind = "mentorship.declined" // they have heard of each other
		}
		if err := s.end(tx, m, Declined, kind, by.Author); err != nil {
			return err
		}
		return s.soon(tx, joinersJob, m.Programme, 0)
	case m.Origin == fromRequest && mine.Role == Mentor && yes:
		return s.accept(tx, by, m)
	case m.Origin == fromRequest && mine.Role == Mentor:
		if err := s.end(tx, m, Declined, "mentorship.not_now", by.Author); err != nil {
			return err
		}
		return s.soon(tx, suggestJob, m.Programme, 0)
	}
	// The mentee takes their request back.
	if err := s.end(tx, m, Declined, "mentorship.withdrawn", by.Author); err != nil {
		return err
	}
	return s.soon(tx, suggestJob, m.Programme, 0)
}

// end ends a mentorship that has not begun.
func (s *Service) end(tx *db.Tx, m Mentorship, state, kind string, actor id.ID) error {
	now := s.Clock.Now()
	if _, err := tx.Exec(stateSQL, state, db.At(now), m.ID); err != nil {
		return err
	}
	if err := subject.Touch(tx, m.ID, state, now); err != nil {
		return err
	}
	return s.record(tx, event.Event{Kind: kind, Subject: m.ID, Audience: m.Audience, Actor: actor, Other: m.Programme})
}

// accept begins a mentorship that a mentee asked for, when the mentor has a
// place left. Who else asked a mentor whose last place it was is told at once.
func (s *Service) accept(tx *db.Tx, by access.Actor, m Mentorship) error {
	room, err := left(tx, m.Programme, by.Person)
	if err != nil {
		return err
	}
	if room < 1 {
		return fault.New(fault.Conflict, "fault.mentoring_full")
	}
	for _, x := range m.People {
		if x.Role != Mentor {
			if free, err := left(tx, m.Programme, x.Person); err != nil || free < 1 {
				if err == nil {
					err = fault.New(fault.Conflict, "fault.mentoring_taken")
				}
				return err
			}
		}
	}
	if err := s.begin(tx, m, by.Author); err != nil {
		return err
	}
	if room == 1 {
		if err := s.release(tx, m.Programme, by.Person, m.ID); err != nil {
			return err
		}
	}
	return s.soon(tx, suggestJob, m.Programme, 0)
}

// release lets go of every request to or of a person that waits, but for one.
func (s *Service) release(tx *db.Tx, programme, person, but id.ID) error {
	list, err := db.All(tx, requestsOfSQL, scanMentorship, person, programme)
	if err != nil {
		return err
	}
	for _, m := range list {
		if m.ID != but {
			if err := s.end(tx, m, Released, "mentorship.not_now", 0); err != nil {
				return err
			}
		}
	}
	return nil
}

// pass ends what a person who takes part no more was asked for as a buddy, so
// that the next one is.
func (s *Service) pass(tx *db.Tx, programme, person id.ID) error {
	list, err := db.All(tx, buddiesOfSQL, scanMentorship, person, programme)
	if err != nil || len(list) == 0 {
		return err
	}
	for _, m := range list {
		if err := s.end(tx, m, Declined, "mentorship.passed", 0); err != nil {
			return err
		}
	}
	return s.soon(tx, joinersJob, programme, 0)
}

// hearsAt is when a joiner is told: on their first day as it stands now, which
// may have moved since a mentor was asked.
func hearsAt(m Mentorship, mentee id.ID, days map[id.ID]time.Time) time.Time {
	if first, ok := days[mentee]; ok {
		return first
	}
	return m.Hears
}

// introduce shows a joiner the buddy who said yes.
func (s *Service) introduce(tx *db.Tx, m Mentorship) error {
	now := s.Clock.Now()
	n, err := tx.Exec(heardSQL, db.At(now), m.ID)
	if err != nil || n == 0 {
		return err // somebody was faster
	}
	list, err := db.All(tx, membersSQL, scanMember, m.ID)
	if err != nil {
		return err
	}
	for _, x := range list {
		if err := access.Join(tx, m.Audience, x.Person, "member"); err != nil {
			return err
		}
	}
	return s.record(tx, event.Event{Kind: "mentorship.introduced", Subject: m.ID, Audience: m.Audience, Other: m.Programme})
}

// Introduce tells joiners who their buddy is on their first day, or once they
// have signed in before it.
func (s *Service) Introduce(ctx context.Context) error {
	now := s.Clock.Now()
	var due []Mentorship
	if err := s.DB.Read(ctx, func(tx *db.Tx) error {
		list, err := db.All(tx, waitsToHearSQL, scanHearing)
		if err != nil {
			return err
		}
		due = nil
		var mentees []id.ID
		for _, x := range list {
			mentees = append(mentees, x.mentee)
		}
		if len(list) == 0 {
			return nil
		}
		days, err := people.Starts(tx, mentees)
		if err != nil {
			return err
		}
		here, err := s.SignedIn(tx, mentees)
		for _, x := range list {
			if !hearsAt(x.Mentorship, x.mentee, days).After(now) || here[x.mentee] {
				due = append(due, x.Mentorship)
			}
		}
		return err
	}); err != nil {
		return err
	}
	for _, m := range due {
		if err := s.DB.Write(ctx, func(tx *db.Tx) error { return s.introduce(tx, m) }); err != nil {
			return err
		}
	}
	return nil
}

// Lapse ends what mentors were asked and did not answer in time: the next buddy
// is asked, a mentee may ask somebody else.
func (s *Service) Lapse(ctx context.Context) error {
	now := s.Clock.Now()
	for {
		var list []Mentorship
		if err := s.DB.Read(ctx, func(tx *db.Tx) (err error) {
			list, err = db.All(tx, overdueSQL, scanMentorship, db.At(now), batch)
			return err
		}); err != nil || len(list) == 0 {
			return err
		}
		if err := s.DB.Write(ctx, func(tx *db.Tx) error {
			for _, m := range list {
				var state string
				var answers int
				if _, err := tx.Row(stillWaitsSQL, []any{&state, &answers}, m.ID); err != nil {
					return err
				}
				if state != ProposedState || answers > 0 {
					continue // answered meanwhile
				}
				kind, next := "mentorship.not_now", suggestJob
				if m.Origin == fromJoiner {
					kind, next = "mentorship.passed", joinersJob
				}
				if err := s.end(tx, m, Declined, kind, 0); err != nil {
					return err
				}
				if err := s.soon(tx, next, m.Programme, 0); err != nil {
					return err
				}
			}
			return nil
		}); err != nil {
			return err
		}
		if len(list) < batch {
			return nil
		}
	}
}

// soon has a programme looked at by a job, once however often it is said.
func (s *Service) soon(tx *db.Tx, kind string, programme id.ID, in time.Duration) error {
	return job.Enqueue(tx, job.Job{Kind: kind, Args: programmeArgs{programme}, UniqueKey: programme.String(), RunAt: s.Clock.Now().Add(in)})
}

type programmeArgs struct {
	Programme id.ID `json:"programme"`
}

// Gone ends somebody's part in every programme when they leave the
// organisation: what has not begun is over, what has is closed.
func (s *Service) Gone(tx *db.Tx, person id.ID) error {
	now := s.Clock.Now()
	if _, err := tx.Exec(withdrawAllSQL, db.At(now), person); err != nil {
		return err
	}
	list, err := db.All(tx, liveOfSQL, scanMentorship, person)
	if err != nil {
		return err
	}
	for _, m := range list {
		if m.People, err = db.All(tx, membersSQL, scanMember, m.ID); err != nil {
			return err
		}
		mine, _ := m.Member(person)
		switch {
		case mine.Role == Mentee && len(m.People) > 2:
			// The group goes on.
			if _, err := tx.Exec(leaveSQL, person, m.ID); err != nil {
				return err
			}
		case m.State == Active:
			if _, err := tx.Exec(closeSQL, "", db.At(now), m.ID); err != nil {
				return err
			}
			if err := s.Meet.CancelAll(tx, 0, m.ID); err != nil {
				return err
			}
			if err := subject.Touch(tx, m.ID, Closed, now); err != nil {
				return err
			}
			if err := s.record(tx, event.Event{Kind: "mentorship.closed", Subject: m.ID, Audience: m.Audience, Other: m.Programme}); err != nil {
				return err
			}
		case m.Origin == fromJoiner:
			if err := s.end(tx, m, Declined, "mentorship.passed", 0); err != nil {
				return err
			}
			if err := s.soon(tx, joinersJob, m.Programme, 0); err != nil {
				return err
			}
		case m.Origin == fromRequest:
			if err := s.end(tx, m, Declined, "mentorship.not_now", 0); err != nil {
				return err
			}
			if err := s.soon(tx, suggestJob, m.Programme, 0); err != nil {
				return err
			}
		default:
			if err := s.end(tx, m, Declined, "mentorship.declined", 0); err != nil {
				return err
			}
		}
	}
	return nil
}
