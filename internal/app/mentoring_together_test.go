package app

import (
	"fmt"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/anishathalye/porcupine"

	"github.com/guildhall/guildhall/internal/mentoring"
	"github.com/guildhall/guildhall/internal/platform/clock"
	"github.com/guildhall/guildhall/internal/platform/db"
	"github.com/guildhall/guildhall/internal/platform/db/dbtest"
	"github.com/guildhall/guildhall/internal/platform/fault"
	"github.com/guildhall/guildhall/internal/platform/id"
)

// TestAMentorsPlacesAreTakenOnceHoweverManyAnswerAtOnce lets sixteen clients
// accept and refuse the requests to mentors at the same time: each mentor's
// history must have an order in which no place is given twice.
func TestAMentorsPlacesAreTakenOnceHoweverManyAnswerAtOnce(t *testing.T) {
	const places, asking = 2, 3
	type desk struct {
		left    int
		settled [asking]byte // 'y', 'n' or 'r', released with the last place
	}
	model := porcupine.Model{
		Init: func() any { return desk{left: places} },
		Step: func(state, input, output any) (bool, any) {
			d, s, ok := state.(desk), input.(say), output.(bool)
			if d.settled[s.swap] != 0 {
				return !ok, d
			}
			if !s.yes {
				d.settled[s.swap] = 'n'
				return ok, d
			}
			if d.left == 0 {
				return !ok, d
			}
			d.settled[s.swap] = 'y'
			if d.left--; d.left == 0 {
				for i := range d.settled {
					if d.settled[i] == 0 {
						d.settled[i] = 'r'
					}
				}
			}
			return ok, d
		},
		Equal: func(a, b any) bool { return a == b },
	}
	dbtest.EachMoved(t, func(t *testing.T, d *db.DB, c *clock.Moved) {
		c.Set(time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC))
		s := playAt(t, d, c)
		s.practise("mentoring")
		for round := range 6 {
			at := s.programme("women", url.Values{"way": {"self"}})
			programme, _ := id.Parse(strings.TrimPrefix(at, "/mentoring/"))
			mentor := fmt.Sprintf("M%d", round)
			s.joins(mentor)
			if err := s.house.Mentoring.Enrol(t.Context(), s.as(mentor), programme, mentoring.Enrol{Role: mentoring.Mentor, Capacity: places, Skills: []string{"welding"}}); err != nil {
				t.Fatal(err)
			}
			var rooms []id.ID
			var names []string
			for i := range asking {
				names = append(names, fmt.Sprintf("R%dP%d", round, i))
				s.joins(names[i])
				s.enrol(names[i], at, "mentee", "welding")
			}
			s.settle()
			for _, n := range names {
				room, err := s.house.Mentoring.Request(t.Context(), s.as(n), programme, s.cast[mentor].Person, "Please")
				if err != nil {
					t.Fatal(err)
				}
				rooms = append(rooms, room)
			}
			var asked []say
			for i := range 3 * clients {
				// Every other mentor also says no to one of them.
				asked = append(asked, say{swap: i % asking, yes: round%2 == 0 || i != 5})
			}
			by := s.as(mentor)
			ops := together(t, asked, func(x say) error {
				return s.house.Mentoring.Answer(t.Context(), by, rooms[x.swap], x.yes, "")
			})
			if !porcupine.CheckOperations(model, ops) {
				t.Errorf("round %d: no order explains %+v", round, ops)
			}
			s.pairsOf(programme, s.cast[mentor].Person, places)
			if n := s.begun(programme); n > places || n == 0 {
				t.Errorf("round %d: %d mentorships began for %d places", round, n, places)
			}
		}
	})
}

// begun counts how often a mentorship of a programme began.
func (s *stage) begun(programme id.ID) (n int) {
	s.Helper()
	if err := s.house.DB.Read(s.Context(), func(tx *db.Tx) error {
		_, err := tx.Row("SELECT COUNT(*) FROM events WHERE kind = 'mentorship.begun' AND other_id = $1", []any{&n}, programme)
		return err
	}); err != nil {
		s.Fatal(err)
	}
	return n
}

// pairsOf fails when a mentor has more mentees in a programme than places.
func (s *stage) pairsOf(programme, mentor id.ID, places int) {
	s.Helper()
	var n int
	if err := s.house.DB.Read(s.Context(), func(tx *db.Tx) error {
		_, err := tx.Row(`SELECT COUNT(*) FROM mentorships m JOIN mentorship_people p ON p.mentorship_id = m.id AND p.person_id = $1
WHERE m.programme_id = $2 AND (m.state IN ('hidden', 'active') OR m.state = 'proposed' AND m.origin <> 'request')`, []any{&n}, mentor, programme)
		return err
	}); err != nil {
		s.Fatal(err)
	}
	if n > places {
		s.Errorf("a mentor of %d places has %d mentees", places, n)
	}
}

// TestPlacesHoldBetweenEveryWayThatFillsThem publishes a run, proposes buddies
// and accepts requests at the same time: no mentor has more mentees than they
// said, and nobody has two mentors.
func TestPlacesHoldBetweenEveryWayThatFillsThem(t *testing.T) {
	dbtest.EachMoved(t, func(t *testing.T, d *db.DB, c *clock.Moved) {
		c.Set(time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC))
		s := playAt(t, d, c)
		s.practise("mentoring")
		const mentors, mentees = 8, 24
		for round := range 3 {
			at := s.programme("women", url.Values{"way": {"self"}})
			programme, _ := id.Parse(strings.TrimPrefix(at, "/mentoring/"))
			for i := range mentors {
				name := fmt.Sprintf("Mentor %d of %d", round, i)
				s.joins(name)
				if err := s.house.Mentoring.Enrol(t.Context(), s.as(name), programme, mentoring.Enrol{Role: mentoring.Mentor, Capacity: 1 + i%2, Skills: []string{"welding"}}); err != nil {
					t.Fatal(err)
				}
			}
			for i := range mentees {
				name := fmt.Sprintf("Mentee %d of %d", round, i)
				s.joins(name)
				s.enrol(name, at, "mentee", "welding")
			}
			s.settle()
			type asked struct {
				room   id.ID
				mentor string
			}
			var rooms []asked
			for i := range mentees {
				name := fmt.Sprintf("Mentee %d of %d", round, i)
				x, err := s.house.Mentoring.Choosing(t.Context(), s.as(name), programme)
				if err != nil {
					t.Fatal(err)
				}
				for _, m := range x.List {
					room, err := s.house.Mentoring.Request(t.Context(), s.as(name), programme, m.Mentor, "Please")
					if fault.Is(err, fault.Conflict) {
						continue
					}
					if err != nil {
						t.Fatal(err)
					}
					for k := range mentors {
						if who := fmt.Sprintf("Mentor %d of %d", round, k); s.cast[who].Person == m.Mentor {
							rooms = append(rooms, asked{room, who})
						}
					}
					break
				}
			}
			run, err := s.house.Mentoring.PairUp(t.Context(), s.as("Ada"), programme, mentoring.Weights{mentoring.BySkills: "5"})
			if err != nil {
				t.Fatal(err)
			}
			if err := s.house.Mentoring.Publish(t.Context(), s.as("Ada"), programme, run); err != nil {
				t.Fatal(err)
			}
			var list []say
			for i := range rooms {
				list = append(list, say{swap: i, yes: true})
			}
			// The run is published first, among the others, and last.
			list = slices.Insert(list, round*len(list)/2, say{swap: -1})
			took := 0
			for _, op := range together(t, list, func(x say) error {
				if x.swap < 0 {
					return s.house.Mentoring.CarryPublication(t.Context(), run, func(int, int) error { return nil })
				}
				return s.house.Mentoring.Answer(t.Context(), s.as(rooms[x.swap].mentor), rooms[x.swap].room, true, "")
			}) {
				if op.Output.(bool) {
					took++
				}
			}
			// Published first, the run may fill every place before anybody answers.
			if took < min(2, 1+round) {
				t.Errorf("only %d of %d went through", took, len(list))
			}
			for i := range mentors {
				s.pairsOf(programme, s.cast[fmt.Sprintf("Mentor %d of %d", round, i)].Person, 1+i%2)
			}
			for i := range mentees {
				s.pairsOf(programme, s.cast[fmt.Sprintf("Mentee %d of %d", round, i)].Person, 1)
			}
		}
	})
}
