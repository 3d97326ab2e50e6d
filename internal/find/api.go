package find

import (
	"context"
	"strconv"

	"github.com/guildhall/guildhall/internal/core/access"
	"github.com/guildhall/guildhall/internal/core/subject"
	"github.com/guildhall/guildhall/internal/platform/api"
	"github.com/guildhall/guildhall/internal/platform/fault"
)

// ItemJSON is one thing found.
type ItemJSON struct {
	ID      string `json:"id"`
	Kind    string `json:"kind" enum:"question,answer,person,skill"`
	Title   string `json:"title"`
	URL     string `json:"url"`
	Author  string `json:"author,omitempty"`
	State   string `json:"state"`
	Excerpt string `json:"excerpt,omitempty" doc:"Plain text"`
}

// FoundJSON is a page of what was found.
type FoundJSON struct {
	api.Page[ItemJSON]
	Instead string `json:"instead,omitempty" doc:"What was looked for in place of mistyped words"`
}

type searchInput struct {
	Q      string `query:"q" required:"true" maxLength:"1000"`
	Kind   string `query:"kind" enum:",question,answer,person,skill"`
	Limit  int    `query:"limit" minimum:"1" maximum:"60" default:"20"`
	Cursor string `query:"cursor" doc:"next_cursor of the page before"`
}

// AddAPI adds the operation of search.
func AddAPI(a *api.API[access.Actor], s *Service) {
	api.Add(a, api.Operation{Method: "GET", Path: "/api/v1/search", ID: "search", Summary: "Search everything you may see", Tag: "Search"},
		func(ctx context.Context, by access.Actor, in *searchInput) (*api.Body[FoundJSON], error) {
			from := 0
			if in.Cursor != "" {
				n, err := strconv.Atoi(in.Cursor)
				if err != nil || n < 0 {
					return nil, fault.New(fault.Invalid, "fault.cursor")
				}
				from = n
			}
			found, err := s.Find(ctx, by, Asked{Words: in.Q, Kind: subject.Kind(in.Kind), From: from, Limit: in.Limit})
			if err != nil {
				return nil, err
			}
			out := FoundJSON{Page: api.Page[ItemJSON]{Items: []ItemJSON{}}, Instead: found.Instead}
			for _, i := range found.Items {
				out.Items = append(out.Items, ItemJSON{
					ID: i.ID.String(), Kind: string(i.Kind), Title: i.Title, URL: i.URL, Author: i.By.Name, State: i.State, Excerpt: i.Excerpt,
				})
			}
			if found.More {
				out.NextCursor = strconv.Itoa(from + in.Limit)
			}
			return api.OK(out), nil
		})
}
