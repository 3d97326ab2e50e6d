package notify

import (
	"context"
	"time"

	"github.com/guildhall/guildhall/internal/core/access"
	"github.com/guildhall/guildhall/internal/platform/api"
	"github.com/guildhall/guildhall/internal/platform/fault"
	"github.com/guildhall/guildhall/internal/platform/id"
)

// NoticeJSON is one thing told to the caller.
type NoticeJSON struct {
	ID    string    `json:"id"`
	Kind  string    `json:"kind"`
	Title string    `json:"title" doc:"Of what it is about"`
	URL   string    `json:"url"`
	Actor string    `json:"actor,omitempty"`
	At    time.Time `json:"at"`
	Read  bool      `json:"read"`
	Words string    `json:"words,omitempty" doc:"What somebody wrote to the caller with it"`
}

type listInput struct {
	Cursor string `query:"cursor"`
	Limit  int    `query:"limit" minimum:"1" maximum:"100" default:"30"`
}

// NoticeChoiceJSON is how the caller is told of one kind of thing.
type NoticeChoiceJSON struct {
	Kind string `json:"kind"`
	Way  string `json:"way" enum:"mail,digest,app,off" doc:"mail: by mail at once, or when your working hours begin again; digest: by mail with others, when they next begin; app: only here; off: not at all"`
}

type choicesInput struct {
	Body struct {
		Choices []NoticeChoiceJSON `json:"choices" maxItems:"200" doc:"Kinds that are left out stay as they are"`
	}
}

// AddAPI adds the operations on notices.
func AddAPI(a *api.API[access.Actor], s *Service) {
	api.Add(a, api.Operation{Method: "GET", Path: "/api/v1/notices", ID: "list-notices", Summary: "What you were told, newest first", Tag: "Notices"},
		func(ctx context.Context, by access.Actor, in *listInput) (*api.Body[api.Page[NoticeJSON]], error) {
			var before id.ID
			if in.Cursor != "" {
				n, err := id.Parse(in.Cursor)
				if err != nil {
					return nil, fault.New(fault.Invalid, "fault.cursor")
				}
				before = n
			}
			list, next, err := s.List(ctx, by, before, in.Limit)
			if err != nil {
				return nil, err
			}
			out := api.Page[NoticeJSON]{Items: make([]NoticeJSON, len(list)), NextCursor: next.String()}
			for i, n := range list {
				out.Items[i] = NoticeJSON{
					ID: n.ID.String(), Kind: string(n.Kind), Title: n.About.Title, URL: n.About.URL, Actor: n.Actor.Name, At: n.At, Read: n.Read, Words: n.Words,
				}
			}
			return api.OK(out), nil
		})
	api.Add(a, api.Operation{Method: "PUT", Path: "/api/v1/notices/read", ID: "read-notices", Summary: "Mark all notices as read", Tag: "Notices", Status: 204},
		func(ctx context.Context, by access.Actor, _ *struct{}) (*api.None, error) {
			return &api.None{}, s.MarkRead(ctx, by, 0)
		})
	api.Add(a, api.Operation{Method: "GET", Path: "/api/v1/notices/choices", ID: "list-notice-choices", Summary: "How you are told of each kind of thing", Tag: "Notices"},
		func(ctx context.Context, by access.Actor, _ *struct{}) (*api.Body[api.Page[NoticeChoiceJSON]], error) {
			chosen, err := s.Choices(ctx, by)
			if err != nil {
				return nil, err
			}
			out := api.Page[NoticeChoiceJSON]{Items: []NoticeChoiceJSON{}}
			for _, k := range sorted(chosen) {
				out.Items = append(out.Items, NoticeChoiceJSON{string(k), string(chosen[k])})
			}
			return api.OK(out), nil
		})
	api.Add(a, api.Operation{Method: "PUT", Path: "/api/v1/notices/choices", ID: "choose-notices", Summary: "Choose how you are told", Tag: "Notices", Status: 204},
		func(ctx context.Context, by access.Actor, in *choicesInput) (*api.None, error) {
			choices := map[Kind]Way{}
			for _, x := range in.Body.Choices {
				choices[Kind(x.Kind)] = Way(x.Way)
			}
			return &api.None{}, s.Choose(ctx, by.Person, choices)
		})
}
