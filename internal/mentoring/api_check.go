package mentoring

import (
	"context"
	"time"

	"github.com/guildhall/guildhall/internal/core/access"
	"github.com/guildhall/guildhall/internal/platform/api"
	"github.com/guildhall/guildhall/internal/platform/id"
)

type checkInput struct {
	api.ByID
	Talk string `path:"talk" doc:"Id of a meeting of the mentorship that took place"`
	Body struct {
		Answer int `json:"answer" minimum:"1" maximum:"3" doc:"1 no, 2 partly, 3 yes"`
	}
}

// TalkJSON is a talk that took place.
type TalkJSON struct {
	ID    string    `json:"id"`
	Title string    `json:"title"`
	Start time.Time `json:"starts_at"`
}

// CheckedJSON says what a judgement leads to.
type CheckedJSON struct {
	Low bool `json:"low" doc:"Your two latest talks were not worth the time: plan a short one about what you agreed on, or close it without blame"`
}

// addChecks adds the operation that says whether a talk was worth the time.
func addChecks(a *api.API[access.Actor], s *Service, op func(method, path, name, summary string, status int) api.Operation) {
	o := op("PUT", "/api/v1/mentorships/{id}/talks/{talk}", "judge-talk", "Say whether a talk was worth the time", 0)
	o.Doc = "Asked of those who said that they met. Only you read your answer; who organises the programme reads the mean of five people and more."
	api.Add(a, o, func(ctx context.Context, by access.Actor, in *checkInput) (*api.Body[CheckedJSON], error) {
		n, err := parse(in.ID)
		if err != nil {
			return nil, err
		}
		talk, err := id.Parse(in.Talk)
		if err != nil {
			return nil, api.NotFound()
		}
		low, err := s.Check(ctx, by, n, talk, in.Body.Answer)
		if err != nil {
			return nil, err
		}
		return api.OK(CheckedJSON{low}), nil
	})
}
