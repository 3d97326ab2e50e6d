package main

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/guildhall/guildhall/internal/app"
	"github.com/guildhall/guildhall/internal/coffee"
	"github.com/guildhall/guildhall/internal/core/access"
	"github.com/guildhall/guildhall/internal/core/organisation"
	"github.com/guildhall/guildhall/internal/core/people"
	"github.com/guildhall/guildhall/internal/core/skills"
	"github.com/guildhall/guildhall/internal/mentoring"
	"github.com/guildhall/guildhall/internal/platform/clock"
	"github.com/guildhall/guildhall/internal/platform/db"
	"github.com/guildhall/guildhall/internal/platform/id"
	"github.com/guildhall/guildhall/internal/world"
)

// meets is what the large organisation meets by.
type meets struct {
	cookie           string
	programme, group id.ID
	mentors, mentees int
}

// prepare lets everybody take part: three in ten as mentors, all in swaps and
// in one coffee group.
func (b *practiceBench) prepare() (m meets, err error) {
	began := time.Now()
	h, err := app.Open(b.ctx, app.Config{Database: filepath.Join(b.folder, "guildhall.db"), Clock: clock.System{}})
	if err != nil {
		return m, err
	}
	defer h.Close()
	if err := h.Organisation.Change(b.ctx, func(s *organisation.Settings) error {
		s.Practices = map[string]bool{"coffee": true, "mentoring": true, "swaps": true}
		return nil
	}); err != nil {
		return m, err
	}
	actors := make([]access.Actor, b.cmd.People)
	if err := h.DB.Read(b.ctx, func(tx *db.Tx) error {
		for k := range actors {
			n, err := h.People.ByEmail(tx, people.FoldEmail(fmt.Sprintf("person%d@crowd.example", k)))
			if err != nil {
				return err
			}
			actors[k].Person = n
		}
		return nil
	}); err != nil {
		return m, err
	}
	if err := h.DB.Write(b.ctx, func(tx *db.Tx) error {
		if _, err := tx.Exec("UPDATE people SET role = 'admin' WHERE id = $1", actors[0].Person); err != nil {
			return err
		}
		var err error
		m.cookie, err = h.Logins.Start(tx, actors[0].Person, "bench")
		return err
	}); err != nil {
		return m, err
	}
	for k := range actors {
		if actors[k], err = h.People.ActorOf(b.ctx, actors[k].Person); err != nil {
			return m, err
		}
	}
	weights := mentoring.Weights{mentoring.BySkills: "5", mentoring.ByUnit: "3", mentoring.ByHours: "3", mentoring.ByLanguage: "3"}
	if m.programme, err = h.Mentoring.Start(b.ctx, actors[0], mentoring.NewProgramme{
		Template: "women", Name: "Everybody", Shape: mentoring.ShapePairs, Weeks: 26, Capacity: 3, Weights: weights,
	}); err != nil {
		return m, err
	}
	if m.group, err = h.Coffee.Start(b.ctx, actors[0], coffee.NewGroup{Name: "Everybody", Every: coffee.Cadences()[0], Size: 2, Mixing: coffee.Mixed}); err != nil {
		return m, err
	}
	p := progress{out: os.Stderr}
	next := make(chan int)
	errs := make([]error, writers)
	var all sync.WaitGroup
	ctx, stop := context.WithCancel(b.ctx)
	defer stop()
	for w := range writers {
		all.Go(func() {
			for k := range next {
				if errs[w] = takePart(ctx, h, m, actors[k], k); errs[w] != nil {
					stop()
					return
				}
			}
		})
	}
feed:
	for k := range actors {
		if k%100 == 0 {
			p.show(fmt.Sprintf("letting everybody take part: %d of %d", k, len(actors)))
		}
		if k%10 < 3 {
			m.mentors++
		} else {
			m.mentees++
		}
		select {
		case next <- k:
		case <-ctx.Done():
			break feed
		}
	}
	close(next)
	all.Wait()
	if err := errors.Join(errs...); err != nil {
		return m, err
	}
	p.show("what follows from that")
	err = h.Follow(b.ctx)
	p.clear()
	fmt.Fprintf(os.Stderr, "everybody takes part after %.0f s\n", time.Since(began).Seconds())
	return m, err
}

// takePart lets one person teach and wish three skills of 200, the frequent
// ones more often, in all three practices.
func takePart(ctx context.Context, h *app.House, m meets, by access.Actor, k int) error {
	rng := rand.New(rand.NewPCG(7, uint64(k)))
	draw := func() []string {
		var out []string
		seen := map[int]bool{}
		for len(out) < 3 {
			if n := int(200 * rng.Float64() * rng.Float64()); !seen[n] {
				seen[n] = true
				out = append(out, world.CrowdSkill(n))
			}
		}
		return out
	}
	teach, want := draw(), draw()
	e := mentoring.Enrol{Role: mentoring.Mentee, Capacity: 1, Skills: want}
	if k%10 < 3 {
		e = mentoring.Enrol{Role: mentoring.Mentor, Capacity: 2 + k%3, Skills: teach}
	}
	if err := h.Mentoring.Enrol(ctx, by, m.programme, e); err != nil {
		return err
	}
	for i := range teach[:2] {
		if _, err := h.Skills.Declare(ctx, by, skills.Declaration{Tag: skills.Tag{Name: teach[i]}, Direction: skills.Teach, Level: 3, Work: true, Open: true}); err != nil {
			return err
		}
		if _, err := h.Skills.Declare(ctx, by, skills.Declaration{Tag: skills.Tag{Name: want[i]}, Direction: skills.Want, Level: 1, Work: true, Open: true}); err != nil {
			return err
		}
	}
	return h.Coffee.Join(ctx, by, m.group)
}
