package echo

import (
	"context"
	"time"

	"github.com/guildhall/guildhall/internal/core/access"
	"github.com/guildhall/guildhall/internal/platform/api"
	"github.com/guildhall/guildhall/internal/platform/fault"
	"github.com/guildhall/guildhall/internal/platform/id"
)

// EchoJSON is a question whether something helped, and what was said.
type EchoJSON struct {
	ID      string     `json:"id"`
	URL     string     `json:"url" doc:"Path of its page"`
	About   string     `json:"about" doc:"Id of the subject at which the help is found"`
	Kind    string     `json:"kind" enum:"answer,lesson,goal"`
	Title   string     `json:"title"`
	Learner string     `json:"learner" doc:"Who was helped and is asked"`
	Helpers []string   `json:"helpers"`
	Helped  time.Time  `json:"helped_at"`
	Asked   time.Time  `json:"asked_at"`
	Said    string     `json:"said" enum:",used,not_yet,no_help"`
	Words   string     `json:"words,omitempty"`
	SaidAt  *time.Time `json:"said_at,omitempty"`
}

// EchoTotalJSON is what was said about a skill by at least five people about
// the help of at least five.
type EchoTotalJSON struct {
	Skill  string `json:"skill,omitempty" doc:"Id; none for all skills that make no five of their own"`
	Name   string `json:"name,omitempty"`
	Used   int    `json:"used"`
	NotYet int    `json:"not_yet"`
	NoHelp int    `json:"no_help"`
}

type echoesInput struct {
	List   string `query:"list" enum:"mine,heard" default:"mine" doc:"What you were asked, or what others said of your help"`
	Cursor string `query:"cursor" doc:"next_cursor of the page before"`
	Limit  int    `query:"limit" minimum:"1" maximum:"100" default:"30"`
}

type sayInput struct {
	api.ByID
	Body struct {
		Said  string `json:"said" enum:"used,not_yet,no_help"`
		Words string `json:"words,omitempty" doc:"A sentence, which the helpers alone read"`
	}
}

// AddAPI adds the operations on echoes. on tells whether the practice is on.
func AddAPI(a *api.API[access.Actor], s *Service, on func() bool) {
	op := func(method, path, name, summary string, status int) api.Operation {
		return api.Operation{Method: method, Path: path, ID: name, Summary: summary, Tag: "Echoes", Status: status, On: on}
	}
	api.Add(a, op("GET", "/api/v1/echoes", "list-echoes", "Did it help? What you are asked, and what you heard", 0),
		func(ctx context.Context, by access.Actor, in *echoesInput) (*api.Body[api.Page[EchoJSON]], error) {
			var before id.ID
			if in.Cursor != "" {
				n, err := id.Parse(in.Cursor)
				if err != nil {
					return nil, fault.New(fault.Invalid, "fault.cursor")
				}
				before = n
			}
			read := s.Mine
			if in.List == "heard" {
				read = s.Heard
			}
			list, more, err := read(ctx, by, before, in.Limit)
			if err != nil {
				return nil, err
			}
			out := api.Page[EchoJSON]{Items: make([]EchoJSON, len(list))}
			for i, e := range list {
				out.Items[i] = e.json()
			}
			if more {
				out.NextCursor = list[len(list)-1].ID.String()
			}
			return api.OK(out), nil
		})
	api.Add(a, op("GET", "/api/v1/echoes/{id}", "get-echo", "One of them", 0),
		func(ctx context.Context, by access.Actor, in *api.ByID) (*api.Body[EchoJSON], error) {
			n, err := thing(in.ID)
			if err != nil {
				return nil, err
			}
			e, err := s.Open(ctx, by, n)
			if err != nil {
				return nil, err
			}
			return api.OK(e.json()), nil
		})
	api.Add(a, op("PUT", "/api/v1/echoes/{id}/answer", "answer-echo", "Say whether it helped; the helpers alone hear it", 204),
		func(ctx context.Context, by access.Actor, in *sayInput) (*api.None, error) {
			n, err := thing(in.ID)
			if err != nil {
				return nil, err
			}
			return &api.None{}, s.Say(ctx, by, n, in.Body.Said, in.Body.Words)
		})
	api.Add(a, op("DELETE", "/api/v1/echoes/{id}", "decline-echo", "Take a question away without an answer", 204),
		func(ctx context.Context, by access.Actor, in *api.ByID) (*api.None, error) {
			n, err := thing(in.ID)
			if err != nil {
				return nil, err
			}
			return &api.None{}, s.Decline(ctx, by, n)
		})
	api.Add(a, op("GET", "/api/v1/echo-totals", "list-echo-totals", "What the organisation sees of echoes", 0),
		func(ctx context.Context, by access.Actor, _ *struct{}) (*api.Body[api.Page[EchoTotalJSON]], error) {
			list, err := s.Totals(ctx, by)
			if err != nil {
				return nil, err
			}
			out := api.Page[EchoTotalJSON]{Items: make([]EchoTotalJSON, len(list))}
			for i, t := range list {
				out.Items[i] = EchoTotalJSON{Name: t.Name, Used: t.Used, NotYet: t.NotYet, NoHelp: t.NoHelp}
				if t.Skill != 0 {
					out.Items[i].Skill = t.Skill.String()
				}
			}
			return api.OK(out), nil
		})
}

func (e Echo) json() EchoJSON {
	x := EchoJSON{
		ID: e.ID.String(), URL: "/echoes/" + e.ID.String(), About: e.About.String(), Kind: e.Kind, Title: e.Title, Learner: e.Learner.String(),
		Helpers: make([]string, len(e.Helpers)), Helped: e.Helped, Asked: e.Asked, Said: e.Said, Words: e.Words,
	}
	for i, h := range e.Helpers {
		x.Helpers[i] = h.String()
	}
	if !e.SaidAt.IsZero() {
		x.SaidAt = &e.SaidAt
	}
	return x
}

// thing reads the id of a path.
func thing(s string) (id.ID, error) {
	n, err := id.Parse(s)
	if err != nil {
		return 0, api.NotFound()
	}
	return n, nil
}
