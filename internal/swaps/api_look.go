package swaps

import (
	"context"
	"time"

	"github.com/guildhall/guildhall/internal/core/access"
	"github.com/guildhall/guildhall/internal/core/people"
	"github.com/guildhall/guildhall/internal/platform/api"
	"github.com/guildhall/guildhall/internal/platform/db"
	"github.com/guildhall/guildhall/internal/platform/id"
)

// SwapSkillJSON is a skill.
type SwapSkillJSON struct {
	ID   string `json:"id"`
	Name string `json:"name"`
}

// SwapFitJSON is somebody with whom the caller could swap.
type SwapFitJSON struct {
	Person string        `json:"person"`
	Name   string        `json:"name"`
	Learn  SwapSkillJSON `json:"learn" doc:"What the caller wants and they offer"`
	Teach  SwapSkillJSON `json:"teach" doc:"What they want and the caller offers"`
	Hours  float64       `json:"hours" doc:"In a week in which both work"`
	Since  time.Time     `json:"since" doc:"When they wrote down their wish"`
}

// SwapWishJSON is a wish that nobody meets.
type SwapWishJSON struct {
	Skill  SwapSkillJSON `json:"skill"`
	People int           `json:"people" doc:"Who openly want it"`
}

// TeachingJSON is what somebody taught in a swap.
type TeachingJSON struct {
	ID      string        `json:"id"`
	URL     string        `json:"url"`
	Person  string        `json:"person"`
	Skill   SwapSkillJSON `json:"skill"`
	Lessons int           `json:"lessons"`
	Minutes int           `json:"minutes"`
	Last    time.Time     `json:"last_at"`
	Thanks  []string      `json:"thanks" doc:"Those that the learner chose to show"`
}

type swapFewInput struct {
	Limit int `query:"limit" minimum:"1" maximum:"50" default:"10"`
}

// addLook adds the operations that look for a swap and at what came of one.
func addLook(a *api.API[access.Actor], s *Service, op func(method, path, name, summary string, status int) api.Operation) {
	api.Add(a, op("GET", "swap-fits", "list-swap-fits", "People with whom the caller could swap directly, by what is open", 200),
		func(ctx context.Context, by access.Actor, in *swapFewInput) (*api.Body[api.Page[SwapFitJSON]], error) {
			list, err := s.Fits(ctx, by, in.Limit)
			if err != nil {
				return nil, err
			}
			ids := make([]id.ID, len(list))
			for i, f := range list {
				ids[i] = f.Person
			}
			var seen map[id.ID]people.Byline
			if err := s.DB.Read(ctx, func(tx *db.Tx) (err error) {
				seen, err = people.BylinesOf(tx, by, ids)
				return err
			}); err != nil {
				return nil, err
			}
			page := api.Page[SwapFitJSON]{Items: []SwapFitJSON{}}
			for _, f := range list {
				if b, ok := seen[f.Person]; ok {
					page.Items = append(page.Items, SwapFitJSON{
						Person: f.Person.String(), Name: b.Name, Learn: SwapSkillJSON{f.Learn.ID.String(), f.Learn.Name}, Teach: SwapSkillJSON{f.Teach.ID.String(), f.Teach.Name},
						Hours: f.Hours, Since: f.Since,
					})
				}
			}
			return api.OK(page), nil
		})
	api.Add(a, op("GET", "swap-wishes", "list-swap-wishes", "What people openly want and nobody openly offers, the most wanted first", 200),
		func(ctx context.Context, by access.Actor, in *swapFewInput) (*api.Body[api.Page[SwapWishJSON]], error) {
			list, err := s.Unmet(ctx, by, in.Limit)
			if err != nil {
				return nil, err
			}
			page := api.Page[SwapWishJSON]{Items: []SwapWishJSON{}}
			for _, u := range list {
				page.Items = append(page.Items, SwapWishJSON{SwapSkillJSON{u.Skill.ID.String(), u.Skill.Name}, u.People})
			}
			return api.OK(page), nil
		})
	api.Add(a, op("GET", "teachings/{id}", "get-teaching", "What somebody taught in a swap", 200),
		func(ctx context.Context, by access.Actor, in *api.ByID) (*api.Body[TeachingJSON], error) {
			n, err := id.Parse(in.ID)
			if err != nil {
				return nil, api.NotFound()
			}
			t, err := s.Teaching(ctx, by, n)
			if err != nil {
				return nil, err
			}
			return api.OK(TeachingJSON{
				ID: t.ID.String(), URL: "/teachings/" + t.ID.String(), Person: t.Person.String(), Skill: SwapSkillJSON{t.Skill.ID.String(), t.Skill.Name},
				Lessons: t.Lessons, Minutes: t.Minutes, Last: t.Last, Thanks: append([]string{}, t.Thanks...),
			}), nil
		})
}
