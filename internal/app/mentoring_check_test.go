package app

import (
	"fmt"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/guildhall/guildhall/internal/core/access"
	"github.com/guildhall/guildhall/internal/core/meet"
	"github.com/guildhall/guildhall/internal/mentoring"
	"github.com/guildhall/guildhall/internal/platform/clock"
	"github.com/guildhall/guildhall/internal/platform/db"
	"github.com/guildhall/guildhall/internal/platform/db/dbtest"
	"github.com/guildhall/guildhall/internal/platform/id"
)

// talked plans a talk of a mentorship that is over, of which the people named
// said that it took place.
func (s *stage) talked(room string, met ...string) id.ID {
	s.Helper()
	var talk id.ID
	mentorship := parseTail(s, room)
	s.write(func(tx *db.Tx) error {
		var audience id.ID
		if _, err := tx.Row("SELECT audience_id FROM mentorships WHERE id = $1", []any{&audience}, mentorship); err != nil {
			return err
		}
		var of []id.ID
		rows, err := tx.Query("SELECT person_id FROM mentorship_people WHERE mentorship_id = $1", mentorship)
		if err != nil {
			return err
		}
		for rows.Next() {
			var n id.ID
			if err := rows.Scan(&n); err != nil {
				return err
			}
			of = append(of, n)
		}
		if err := rows.Err(); err != nil {
			return err
		}
		now := s.house.Clock.Now()
		if talk, err = s.house.Meetings.Plan(tx, access.Actor{Person: of[0], Author: s.cast["Ada"].Author, Role: access.Member}, meet.New{
			Audience: audience, About: mentorship, Kind: mentoring.Key, Title: "Seams", Start: now.Add(-2 * time.Hour), End: now.Add(-time.Hour), Zone: "UTC", People: of, Quiet: true,
		}); err != nil {
			return err
		}
		for _, who := range met {
			if _, err := tx.Exec("UPDATE meeting_people SET met = 'yes' WHERE meeting_id = $1 AND person_id = $2", talk, s.cast[who].Person); err != nil {
				return err
			}
		}
		return nil
	})
	return talk
}

func parseTail(s *stage, path string) id.ID {
	s.Helper()
	n, err := id.Parse(path[strings.LastIndex(path, "/")+1:])
	if err != nil {
		s.Fatal(err)
	}
	return n
}

// TestWhoMetSaysWhetherATalkWasWorthTheTime: the question comes to those who
// said that they met, its answer is read by nobody else, and organisers see the
// mean of five people and more.
func TestWhoMetSaysWhetherATalkWasWorthTheTime(t *testing.T) {
	t.Parallel()
	dbtest.EachMoved(t, func(t *testing.T, d *db.DB, c *clock.Moved) {
		c.Set(time.Date(2026, 11, 24, 9, 0, 0, 0, time.UTC))
		s := playAt(t, d, c)
		s.practise("mentoring")
		at := s.programme("women", nil)
		var rooms []string
		var pairs [][2]string
		for i := range 3 {
			pair := [2]string{fmt.Sprintf("Mentor%d", i), fmt.Sprintf("Mentee%d", i)}
			s.hire(pair[:]...)
			s.enrol(pair[0], at, "mentor", "welding")
			s.enrol(pair[1], at, "mentee", "welding")
			pairs = append(pairs, pair)
		}
		s.does("Ada", at+"/pairing", "weight_skills=5")
		run := regexp.MustCompile(`name="run" value="([^"]+)"`).FindStringSubmatch(s.page("Ada", at+"/pairing"))
		s.does("Ada", at+"/publication", "run="+run[1])
		s.jobs()
		mate := map[string]string{}
		for _, p := range pairs {
			room := regexp.MustCompile(`/mentorships/[0-9a-z]+`).FindString(s.page(p[1], "/mentoring"))
			rooms = append(rooms, room)
			s.does(p[1], room+"/answer", "answer=yes")
			for _, x := range pairs {
				if code, _ := s.get(x[0], room); code == 200 {
					mate[p[1]] = x[0]
					s.does(x[0], room+"/answer", "answer=yes")
				}
			}
		}
		room, mentee := rooms[0], pairs[0][1]
		mentor := mate[mentee]
		talk := s.talked(room, mentee)
		question := "Was “Seams” on"
		s.want(mentee, room, 200, question, "Partly")
		s.want(mentor, room, 200, "-", question) // has not said that they met
		if code, _ := s.post(mentor, room+"/talks", "meeting="+talk.String()+"&answer=3"); code != 404 {
			t.Errorf("who did not say that they met judges: %d", code)
		}
		if code, _ := s.post(pairs[1][1], room+"/talks", "meeting="+talk.String()+"&answer=3"); code != 404 {
			t.Errorf("a stranger judges a talk: %d", code)
		}
		if code, _ := s.post(mentee, rooms[1]+"/talks", "meeting="+talk.String()+"&answer=3"); code != 404 {
			t.Errorf("a talk is judged in another room: %d", code)
		}
		for _, answer := range []string{"", "0", "4", "x"} {
			if code, page := s.post(mentee, room+"/talks", "meeting="+talk.String()+"&answer="+answer); code != 422 || !strings.Contains(page, question) {
				t.Errorf("the answer %q gives %d", answer, code)
			}
		}
		s.does(mentee, room+"/talks", "meeting="+talk.String()+"&answer=1")
		s.want(mentee, room, 200, "-", question)
		// The second talk in a row that was not worth the time brings help, and
		// the first alone does not.
		low := "End it without blame"
		s.want(mentee, room, 200, "-", low)
		c.Advance(7 * 24 * time.Hour)
		talk = s.talked(room, mentee, mentor)
		if code := s.call(mentor, "PUT", "/api/v1"+room+"/talks/"+talk.String(), map[string]any{"answer": 3}, nil); code != 200 {
			t.Errorf("the API keeps an answer with %d", code)
		}
		var open struct{ Talk struct{ ID, Title string } }
		if s.call(mentee, "GET", "/api/v1"+room, nil, &open); open.Talk.ID != talk.String() || open.Talk.Title != "Seams" {
			t.Errorf("the API says that %+v waits", open.Talk)
		}
		var said struct{ Low bool }
		if code := s.call(mentee, "PUT", "/api/v1"+room+"/talks/"+talk.String(), map[string]any{"answer": 1}, &said); code != 200 || !said.Low {
			t.Errorf("two talks that were not worth it give %d %+v", code, said)
		}
		// Once there are five, the organiser sees their mean, and no less.
		health := at + "/health"
		mean := regexp.MustCompile(`(?s)Talks worth the time.{0,200}?(\d\.\d)`)
		s.want("Ada", health, 200, "Talks worth the time")
		for i, r := range rooms[1:] {
			pair := []string{pairs[i+1][1], mate[pairs[i+1][1]]}
			n := s.talked(r, pair...)
			for _, who := range pair {
				if mean.MatchString(s.page("Ada", health)) != (i == 1 && who != pair[0]) {
					t.Errorf("organisers see the mean of too few, or not of five")
				}
				s.does(who, r+"/talks", "meeting="+n.String()+"&answer=3")
			}
		}
		// Five of six say 3, one says 1.
		if got := mean.FindStringSubmatch(s.page("Ada", health)); got == nil || got[1] != "2.7" {
			t.Errorf("the mean is %v", got)
		}
		// A month later nobody is asked any more.
		late := s.talked(room, mentor)
		s.want(mentor, room, 200, question)
		c.Advance(31 * 24 * time.Hour)
		s.want(mentor, room, 200, "-", question)
		if code, _ := s.post(mentor, room+"/talks", "meeting="+late.String()+"&answer=2"); code != 303 {
			t.Errorf("who answers late anyway gets %d", code)
		}
	})
}
