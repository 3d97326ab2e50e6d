package ask

import (
	"context"
	"strconv"
	"time"

	"github.com/guildhall/guildhall/internal/core/access"
	"github.com/guildhall/guildhall/internal/platform/api"
	"github.com/guildhall/guildhall/internal/platform/fault"
	"github.com/guildhall/guildhall/internal/platform/id"
)

// VersionJSON is a question or an answer as it stood from a time on.
type VersionJSON struct {
	Number  int               `json:"number" doc:"From 1"`
	Author  AuthorJSON        `json:"author" doc:"Who wrote this version"`
	Title   string            `json:"title,omitempty"`
	Body    string            `json:"body" doc:"Markdown"`
	Skills  []string          `json:"skills"`
	Note    string            `json:"note,omitempty" doc:"Why it was changed"`
	Created time.Time         `json:"created_at"`
	Diff    []ChangedLineJSON `json:"diff" doc:"Title, body and skills against the version before; the first has nothing put in or taken out"`
}

// ChangedLineJSON is one line of a difference.
type ChangedLineJSON struct {
	Op   string `json:"op" enum:",+,-" doc:"+ was put in, - was taken out, empty was kept"`
	Text string `json:"text"`
}

type stateInput struct {
	api.ByID
	Body struct {
		State string `json:"state" enum:"open,duplicate,obsolete" doc:"open undoes the other two"`
		Of    string `json:"of,omitempty" doc:"The question it duplicates: its id or its address"`
		Why   string `json:"why,omitempty" doc:"Why it no longer arises, for obsolete; at most 500 characters"`
	}
}

type answerStateInput struct {
	api.ByID
	Body struct {
		State string `json:"state" enum:"open,obsolete" doc:"open undoes obsolete"`
		Why   string `json:"why,omitempty" doc:"Why it is no longer true, for obsolete; at most 500 characters"`
	}
}

type versionsInput struct {
	api.ByID
	Cursor string `query:"cursor" doc:"next_cursor of the page before"`
	Limit  int    `query:"limit" minimum:"1" maximum:"50" default:"30"`
}

// addTending adds the operations with which what stands is looked after.
func addTending(a *api.API[access.Actor], s *Service) {
	const tag = "Questions"
	api.Add(a, api.Operation{Method: "PUT", Path: "/api/v1/comments/{id}", ID: "edit-comment", Summary: "Edit a comment", Tag: tag, Status: 204},
		func(ctx context.Context, by access.Actor, in *bodyInput) (*api.None, error) {
			return act(in.ID, func(n id.ID) error { return atBody(s.EditComment(ctx, by, n, in.Body.Body)) })
		})
	api.Add(a, api.Operation{Method: "DELETE", Path: "/api/v1/comments/{id}", ID: "delete-comment", Summary: "Delete a comment", Tag: tag, Status: 204},
		func(ctx context.Context, by access.Actor, in *api.ByID) (*api.None, error) {
			return act(in.ID, func(n id.ID) error { return s.DeleteComment(ctx, by, n) })
		})
	api.Add(a, api.Operation{Method: "PUT", Path: "/api/v1/questions/{id}/state", ID: "set-question-state", Summary: "Say that a question is a duplicate or obsolete, or open it again", Tag: tag, Status: 204},
		func(ctx context.Context, by access.Actor, in *stateInput) (*api.None, error) {
			return act(in.ID, func(n id.ID) error {
				switch State(in.Body.State) {
				case Duplicate:
					return s.markDuplicate(ctx, by, n, in.Body.Of)
				case Obsolete:
					return s.MarkObsolete(ctx, by, n, in.Body.Why)
				default: // open: the description allows no other
					return s.Reopen(ctx, by, n)
				}
			})
		})
	api.Add(a, api.Operation{Method: "PUT", Path: "/api/v1/questions/{id}/verification", ID: "verify-question", Summary: "Say that a question and its accepted answer are still true", Tag: tag, Status: 204},
		func(ctx context.Context, by access.Actor, in *api.ByID) (*api.None, error) {
			return act(in.ID, func(n id.ID) error { return s.Verify(ctx, by, n) })
		})
	api.Add(a, api.Operation{Method: "PUT", Path: "/api/v1/answers/{id}/state", ID: "set-answer-state", Summary: "Say that an answer is obsolete, or true again", Tag: tag, Status: 204},
		func(ctx context.Context, by access.Actor, in *answerStateInput) (*api.None, error) {
			return act(in.ID, func(n id.ID) error {
				if State(in.Body.State) == Obsolete {
					return s.MarkAnswerObsolete(ctx, by, n, in.Body.Why)
				}
				return s.RestoreAnswer(ctx, by, n)
			})
		})
	api.Add(a, api.Operation{Method: "GET", Path: "/api/v1/questions/{id}/history", ID: "list-question-versions", Summary: "What was changed in a question, newest first", Tag: tag},
		func(ctx context.Context, by access.Actor, in *versionsInput) (*api.Body[api.Page[VersionJSON]], error) {
			return s.versionsJSON(ctx, by, in, func(n id.ID) error {
				_, err := s.LoadQuestion(ctx, by, n)
				return err
			})
		})
	api.Add(a, api.Operation{Method: "GET", Path: "/api/v1/answers/{id}/history", ID: "list-answer-versions", Summary: "What was changed in an answer, newest first", Tag: tag},
		func(ctx context.Context, by access.Actor, in *versionsInput) (*api.Body[api.Page[VersionJSON]], error) {
			return s.versionsJSON(ctx, by, in, func(n id.ID) error {
				_, _, err := s.LoadAnswer(ctx, by, n)
				return err
			})
		})
}

// versionsJSON lists the versions of what is there for the caller.
func (s *Service) versionsJSON(ctx context.Context, by access.Actor, in *versionsInput, there func(id.ID) error) (*api.Body[api.Page[VersionJSON]], error) {
	n, err := id.Parse(in.ID)
	if err != nil {
		return nil, api.NotFound()
	}
	if err := there(n); err != nil {
		return nil, err
	}
	before, err := versionBefore(in.Cursor)
	if err != nil {
		return nil, err
	}
	list, more, err := s.History(ctx, by, n, before, in.Limit)
	if err != nil {
		return nil, err
	}
	page := api.Page[VersionJSON]{Items: []VersionJSON{}}
	for _, c := range list {
		v := VersionJSON{
			Number: c.Number, Author: authorJSON(c.By), Title: c.Title, Body: c.Body, Skills: append([]string{}, c.Skills...), Note: c.Note,
			Created: c.At, Diff: make([]ChangedLineJSON, len(c.Diff)),
		}
		for i, l := range c.Diff {
			v.Diff[i] = ChangedLineJSON{l.Op, l.Text}
		}
		page.Items = append(page.Items, v)
	}
	if more {
		page.NextCursor = strconv.Itoa(list[len(list)-1].Number)
	}
	return api.OK(page), nil
}

// atBody says at body what is wrong with a comment.
func atBody(err error) error { return renamed(err, "comment", "body") }

// renamed says at one field what is wrong with another: the forms have other
// names for some.
func renamed(err error, from, to string) error {
	f := fault.Of(err)
	if f == nil || f.Kind != fault.Invalid {
		return err
	}
	for i := range f.Fields {
		if f.Fields[i].Name == from {
			f.Fields[i].Name = to
		}
	}
	return f
}
