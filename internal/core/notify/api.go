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
}
