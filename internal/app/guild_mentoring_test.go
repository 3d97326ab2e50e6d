package app

import (
	"context"
	"time"

	"github.com/guildhall/guildhall/internal/core/access"
	"github.com/guildhall/guildhall/internal/core/meet"
	"github.com/guildhall/guildhall/internal/mentoring"
	"github.com/guildhall/guildhall/internal/platform/db"
	"github.com/guildhall/guildhall/internal/platform/id"
)

// mentorship makes a programme with a run that is looked over, in which two
// take part, and a room of the two in a state, with a goal and a promise of the
// first, a pulse that waits and, once it has begun, a talk that took place.
func (g *guild) mentorship(state, a, b string) (programme, room id.ID) {
	g.Helper()
	ctx, h, now := context.Background(), g.house, g.clock.Now()
	first, second := g.actor(a), g.actor(b)
	programme = must[id.ID](g)(h.Mentoring.Start(ctx, g.actor("Olu"), mentoring.NewProgramme{
		Template: "women", Name: "Learning the loom", Purpose: "So that *it* goes on.", Shape: mentoring.ShapePairs, Weeks: 26, Capacity: 2,
		Questions: []string{"Why?"}, Weights: mentoring.Weights{mentoring.BySkills: "5", mentoring.ByHours: "3"},
	}))
	for who, role := range map[string]string{a: mentoring.Mentor, b: mentoring.Mentee} {
		if err := h.Mentoring.Enrol(ctx, g.actor(who), programme, mentoring.Enrol{Role: role, Capacity: 1, Goals: "Weave better.", Skills: []string{"weaving"}}); err != nil {
			g.Fatal(err)
		}
	}
	run := must[id.ID](g)(h.Mentoring.PairUp(ctx, g.actor("Olu"), programme, mentoring.Weights{mentoring.BySkills: "5", mentoring.ByHours: "3"}))
	other, goal, promise := id.New(now), id.New(now), id.New(now)
	room = id.New(now)
	g.write(func(tx *db.Tx) error {
		audience, err := access.NewAudience(tx, g.clock, "mentorship", room)
		if err != nil {
			return err
		}
		// The room is of an earlier run, so that both may still be matched.
		for _, x := range []struct {
			sql  string
			args []any
		}{
			{"INSERT INTO pairing_runs (id, programme_id, state, weights, objective, bound, optimal, seconds, report, author_id, made_at) VALUES ($1, $2, 'published', '{}', 0, 0, FALSE, 0, '{}', $3, $4)", []any{other, programme, first.Author, db.At(now)}},
			{"INSERT INTO programmes (id, audience_id, author_id, owner_id, template, name, purpose, shape, state, weeks, capacity, questions, weights, created_at, updated_at) VALUES ($1, 1, $2, $3, 'women', 'Earlier', '', 'pairs', 'closed', 26, 2, '[]', '{}', $4, $4)", []any{other, first.Author, first.Person, db.At(now)}},
			{`INSERT INTO mentorships (id, audience_id, programme_id, run_id, state, fits, starts_at, created_at, updated_at) VALUES ($1, $2, $3, $3, $4, '[{"by":"hours","share":1,"hours":40}]', $5, $5, $5)`, []any{room, audience, other, state, db.At(now)}},
			{"INSERT INTO mentorship_people (mentorship_id, person_id, role) VALUES ($1, $2, 'mentor'), ($1, $3, 'mentee')", []any{room, first.Person, second.Person}},
			{"INSERT INTO mentoring_goals (id, mentorship_id, audience_id, person_id, words, before_level, state, created_at) VALUES ($1, $2, $3, $4, 'Weave twill', 1, 'open', $5)", []any{goal, room, audience, first.Person, db.At(now)}},
			{"INSERT INTO mentoring_promises (id, mentorship_id, audience_id, person_id, words, state, created_at) VALUES ($1, $2, $3, $4, 'Oil the loom', 'open', $5)", []any{promise, room, audience, first.Person, db.At(now)}},
			{"INSERT INTO mentoring_pulses (mentorship_id, person_id, day, asked_at) VALUES ($1, $2, 30, $3), ($1, $4, 30, $3)", []any{room, first.Person, db.At(now), second.Person}},
		} {
			if _, err := tx.Exec(x.sql, x.args...); err != nil {
				return err
			}
		}
		if err := access.Join(tx, audience, first.Person, "member"); err != nil {
			return err
		}
		return access.Join(tx, audience, second.Person, "member")
	})
	g.places = map[string]string{
		"{run}": run.String(), "{mentee}": second.Person.String(), "{mentor}": first.Person.String(), "{person}": second.Person.String(),
		"{goal}": goal.String(), "{promise}": promise.String(),
	}
	if state == "active" || state == "closed" {
		g.write(func(tx *db.Tx) error {
			audience := access.Organisation
			if _, err := tx.Row("SELECT audience_id FROM mentorships WHERE id = $1", []any{&audience}, room); err != nil {
				return err
			}
			meeting, err := h.Meetings.Plan(tx, g.actor(a), meet.New{
				Audience: audience, About: room, Kind: mentoring.Key, Title: "Warp and weft", Start: now.Add(-50 * time.Hour), End: now.Add(-49 * time.Hour), Zone: "Europe/Lisbon",
				People: []id.ID{first.Person, second.Person}, Quiet: true,
			})
			if err != nil {
				return err
			}
			g.places["{talk}"] = meeting.String()
			_, err = tx.Exec("UPDATE meeting_people SET met = 'yes' WHERE meeting_id = $1", meeting)
			return err
		})
	}
	g.notes(room, a, b)
	return programme, room
}

// choosing makes a programme in which b may ask a.
func (g *guild) choosing(a, b string) (programme id.ID) {
	g.Helper()
	ctx, h := context.Background(), g.house
	programme = must[id.ID](g)(h.Mentoring.Start(ctx, g.actor("Olu"), mentoring.NewProgramme{
		Template: "women", Name: "Choosing the loom", Shape: mentoring.ShapePairs, Way: mentoring.WaySelf, Weeks: 26, Capacity: 2,
		Weights: mentoring.Weights{mentoring.BySkills: "5"},
	}))
	for who, role := range map[string]string{a: mentoring.Mentor, b: mentoring.Mentee} {
		if err := h.Mentoring.Enrol(ctx, g.actor(who), programme, mentoring.Enrol{Role: role, Capacity: 1, Goals: "Weave better.", Skills: []string{"weaving"}}); err != nil {
			g.Fatal(err)
		}
	}
	if err := h.Mentoring.SuggestAnew(ctx, programme, nil); err != nil {
		g.Fatal(err)
	}
	g.places = map[string]string{"{mentor}": g.actor(a).Person.String()}
	return programme
}
