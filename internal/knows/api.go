package knows

import (
	"context"

	"github.com/guildhall/guildhall/internal/core/access"
	"github.com/guildhall/guildhall/internal/platform/api"
)

// ExpertJSON is somebody who knows.
type ExpertJSON struct {
	ID        string       `json:"id" doc:"Of the person, or of the imported profile"`
	Name      string       `json:"name"`
	Kind      string       `json:"kind" enum:"person,imported,claimed,left,erased,anonymous,remote"`
	SourceID  string       `json:"source_id,omitempty" doc:"Id in the system an imported profile comes from"`
	Title     string       `json:"title,omitempty"`
	Unit      string       `json:"unit,omitempty"`
	Site      string       `json:"site,omitempty"`
	Available bool         `json:"available" doc:"Can take a question now"`
	Near      bool         `json:"near" doc:"Covers little or nothing of what was asked"`
	Backup    *BackupJSON  `json:"backup,omitempty" doc:"Whom to ask in their place"`
	Reasons   []ReasonJSON `json:"reasons" doc:"What speaks for them, strongest first, at least one"`
	Swap      *TradeJSON   `json:"swap,omitempty" doc:"A swap that would serve both, by what they openly say; propose it with propose-swap"`
}

// TradeJSON is a swap that could be proposed to somebody.
type TradeJSON struct {
	Learn string `json:"learn" doc:"Id of the skill the caller would be taught"`
	Teach string `json:"teach" doc:"Id of the skill the caller would teach"`
}

// BackupJSON is somebody to ask in another's place.
type BackupJSON struct {
	ID   string `json:"id"`
	Name string `json:"name"`
}

// ReasonJSON is one fact that speaks for somebody.
type ReasonJSON struct {
	Kind   string `json:"kind" doc:"answer, endorsement, person"`
	Title  string `json:"title"`
	Skill  string `json:"skill,omitempty"`
	URL    string `json:"url" doc:"Where the proof is"`
	Lately bool   `json:"lately,omitempty" doc:"Speaks of nothing that was asked: it is what somebody showed last, who is named because they often answer"`
}

type expertsInput struct {
	Q     string `query:"q" required:"true" maxLength:"8000" doc:"What is to be known, in free text"`
	Limit int    `query:"limit" minimum:"1" maximum:"100" default:"8"`
}

// AddAPI adds the operation of who knows.
func AddAPI(a *api.API[access.Actor], s *Service) {
	api.Add(a, api.Operation{Method: "GET", Path: "/api/v1/experts", ID: "who-knows", Summary: "Who knows ...? People best first", Tag: "People"},
		func(ctx context.Context, by access.Actor, in *expertsInput) (*api.Body[api.Page[ExpertJSON]], error) {
			found, err := s.Who(ctx, by, Asked{Text: in.Q, Limit: in.Limit, Proven: true})
			if err != nil {
				return nil, err
			}
			out := api.Page[ExpertJSON]{Items: []ExpertJSON{}}
			for _, p := range found.Ranked() {
				out.Items = append(out.Items, expertJSON(p))
			}
			return api.OK(out), nil
		})
}

func expertJSON(p Person) ExpertJSON {
	out := ExpertJSON{
		ID: p.Person.String(), Name: p.Name, Kind: p.Kind, SourceID: p.Origin, Title: p.Title, Unit: p.Unit, Site: p.Site,
		Available: p.Available, Near: p.Near, Reasons: []ReasonJSON{},
	}
	if p.Person == 0 {
		out.ID = p.Author.String()
	}
	if p.Swap != nil {
		out.Swap = &TradeJSON{Learn: p.Swap.Learn.ID.String(), Teach: p.Swap.Teach.ID.String()}
	}
	if p.Backup.ID != 0 {
		out.Backup = &BackupJSON{p.Backup.ID.String(), p.Backup.Name}
	}
	for _, r := range p.Reasons {
		out.Reasons = append(out.Reasons, ReasonJSON{Kind: string(r.Kind), Title: r.Title, Skill: r.Skill, URL: r.URL, Lately: r.Lately})
	}
	return out
}
