package ask

import (
	"context"
	"strconv"
	"strings"

	"github.com/guildhall/guildhall/internal/core/access"
	"github.com/guildhall/guildhall/internal/core/people"
	"github.com/guildhall/guildhall/internal/core/subject"
	"github.com/guildhall/guildhall/internal/platform/api"
	"github.com/guildhall/guildhall/internal/platform/db"
	"github.com/guildhall/guildhall/internal/platform/fault"
	"github.com/guildhall/guildhall/internal/platform/id"
	"github.com/guildhall/guildhall/internal/platform/web"
)

// AddAPI adds the operations on questions.
// similar finds questions close to some words, nil finds none; files keeps
// what is attached, nil keeps nothing.
func AddAPI(a *api.API[access.Actor], s *Service, r *Routing, similar Similar, files *Attachments) {
	const tag = "Questions"
	api.Add(a, api.Operation{Method: "GET", Path: "/api/v1/questions", ID: "list-questions", Summary: "List questions", Tag: tag},
		func(ctx context.Context, by access.Actor, in *listInput) (*api.Body[api.Page[QuestionJSON]], error) {
			return s.listJSON(ctx, by, in)
		})
	api.Add(a, api.Operation{Method: "POST", Path: "/api/v1/questions", ID: "ask-question", Summary: "Ask a question", Tag: tag, Status: 201},
		func(ctx context.Context, by access.Actor, in *askInput) (*api.Body[createdJSON], error) {
			a := Ask{Title: in.Body.Title, Body: in.Body.Body, Skills: in.Body.Skills, LearnerFirst: in.Body.LearnerFirst}
			if in.Body.AskFirst != "" {
				var err error
				if a.First, err = id.Parse(in.Body.AskFirst); err != nil {
					return nil, fault.Missing()
				}
			}
			n, err := s.Ask(ctx, by, a)
			if err != nil {
				return nil, err
			}
			return api.OK(createdJSON{n.String(), "/questions/" + n.String()}), nil
		})
	api.Add(a, api.Operation{Method: "GET", Path: "/api/v1/questions/{id}", ID: "open-question", Summary: "A question with its answers", Tag: tag},
		func(ctx context.Context, by access.Actor, in *openInput) (*api.Body[WholeJSON], error) {
			n, err := id.Parse(in.ID)
			if err != nil {
				return nil, api.NotFound()
			}
			q, err := s.Open(ctx, by, n, in.From)
			if err != nil {
				return nil, err
			}
			return api.OK(wholeJSON(q)), nil
		})
	api.Add(a, api.Operation{Method: "PUT", Path: "/api/v1/questions/{id}", ID: "edit-question", Summary: "Edit a question", Tag: tag, Status: 204},
		func(ctx context.Context, by access.Actor, in *editInput) (*api.None, error) {
			return act(in.ID, func(n id.ID) error {
				return s.Edit(ctx, by, n, Edit{Title: in.Body.Title, Body: in.Body.Body, Skills: in.Body.Skills, Note: in.Body.Note})
			})
		})
	api.Add(a, api.Operation{Method: "DELETE", Path: "/api/v1/questions/{id}", ID: "delete-question", Summary: "Delete a question nobody answered", Tag: tag, Status: 204},
		func(ctx context.Context, by access.Actor, in *api.ByID) (*api.None, error) {
			return act(in.ID, func(n id.ID) error { return s.Delete(ctx, by, n) })
		})
	api.Add(a, api.Operation{Method: "POST", Path: "/api/v1/questions/{id}/answers", ID: "answer-question", Summary: "Answer a question", Tag: tag, Status: 201},
		func(ctx context.Context, by access.Actor, in *bodyInput) (*api.Body[createdJSON], error) {
			q, err := id.Parse(in.ID)
			if err != nil {
				return nil, api.NotFound()
			}
			n, err := s.Answer(ctx, by, q, in.Body.Body)
			if err != nil {
				return nil, err
			}
			return api.OK(createdJSON{n.String(), "/questions/" + in.ID + "#answer-" + n.String()}), nil
		})
	api.Add(a, api.Operation{Method: "POST", Path: "/api/v1/questions/{id}/comments", ID: "comment-on-question", Summary: "Comment on a question or one of its answers", Tag: tag, Status: 201},
		func(ctx context.Context, by access.Actor, in *commentInput) (*api.Body[createdJSON], error) {
			q, err := id.Parse(in.ID)
			if err != nil {
				return nil, api.NotFound()
			}
			on := q
			if in.Body.On != "" {
				if on, err = id.Parse(in.Body.On); err != nil {
					return nil, api.NotFound()
				}
			}
			n, err := s.Comment(ctx, by, q, on, in.Body.Body)
			if err != nil {
				return nil, atBody(err)
			}
			return api.OK(createdJSON{n.String(), "/questions/" + in.ID + "#comment-" + n.String()}), nil
		})
	api.Add(a, api.Operation{Method: "PUT", Path: "/api/v1/questions/{id}/acceptance", ID: "accept-answer", Summary: "Say which answer settled it", Tag: tag, Status: 204},
		func(ctx context.Context, by access.Actor, in *acceptInput) (*api.None, error) {
			answer, err := id.Parse(in.Body.Answer)
			if err != nil {
				return nil, api.NotFound()
			}
			return act(in.ID, func(n id.ID) error { return s.Accept(ctx, by, n, answer) })
		})
	api.Add(a, api.Operation{Method: "DELETE", Path: "/api/v1/questions/{id}/acceptance", ID: "unaccept-answer", Summary: "Take the acceptance back", Tag: tag, Status: 204},
		func(ctx context.Context, by access.Actor, in *api.ByID) (*api.None, error) {
			return act(in.ID, func(n id.ID) error { return s.Unaccept(ctx, by, n) })
		})
	api.Add(a, api.Operation{Method: "POST", Path: "/api/v1/questions/{id}/pass", ID: "pass-question", Summary: "Say that you are not the one to ask", Tag: tag, Status: 204},
		func(ctx context.Context, by access.Actor, in *api.ByID) (*api.None, error) {
			return act(in.ID, func(n id.ID) error { return s.Pass(ctx, by, n) })
		})
	api.Add(a, api.Operation{Method: "POST", Path: "/api/v1/questions/{id}/forwarding", ID: "forward-question", Summary: "Put a question at the desk to somebody you found", Tag: tag, Status: 204},
		func(ctx context.Context, by access.Actor, in *forwardInput) (*api.None, error) {
			return act(in.ID, func(n id.ID) error {
				if err := s.NeedDesk(ctx, by, n); err != nil {
					return err
				}
				person, err := id.Parse(in.Body.Person)
				if err != nil {
					var c fault.Check
					c.Bad("person", "fault.person_unknown", "name", in.Body.Person)
					return c.Err()
				}
				return r.Forward(ctx, by, n, person)
			})
		})
	api.Add(a, api.Operation{Method: "POST", Path: "/api/v1/questions/{id}/nobody", ID: "nobody-knows", Summary: "Say for the desk that nobody here knows", Tag: tag, Status: 204},
		func(ctx context.Context, by access.Actor, in *nobodyInput) (*api.None, error) {
			return act(in.ID, func(n id.ID) error { return s.NobodyKnows(ctx, by, n, in.Body.Words) })
		})
	api.Add(a, api.Operation{Method: "GET", Path: "/api/v1/ageing", ID: "list-ageing", Summary: "Accepted answers that may have aged: yours, and those you look after", Tag: tag}, s.ageingJSON)
	api.Add(a, api.Operation{Method: "PUT", Path: "/api/v1/answers/{id}/verification", ID: "verify-answer", Summary: "Say that an answer is still true", Tag: tag, Status: 204},
		func(ctx context.Context, by access.Actor, in *api.ByID) (*api.None, error) {
			return act(in.ID, func(n id.ID) error { return s.VerifyAnswer(ctx, by, n) })
		})
	marks := []struct {
		path, id, summary string
		do                func(ctx context.Context, by access.Actor, n id.ID, on bool) error
	}{
		{"/api/v1/questions/{id}/me-too", "me-too", "that you have this question too", s.MeToo},
		{"/api/v1/questions/{id}/following", "follow-question", "that you follow it", s.Follow},
		{"/api/v1/questions/{id}/bookmark", "bookmark-question", "that you keep it", s.Bookmark},
		{"/api/v1/people/{id}/following", "follow-person", "that you follow what somebody answers", func(ctx context.Context, by access.Actor, n id.ID, on bool) error {
			return s.FollowThing(ctx, by, subject.Person, n, on)
		}},
		{"/api/v1/skills/{id}/following", "follow-skill", "that you follow a skill", func(ctx context.Context, by access.Actor, n id.ID, on bool) error {
			return s.FollowThing(ctx, by, subject.Skill, n, on)
		}},
		{"/api/v1/answers/{id}/useful", "answer-useful", "that the answer was useful", s.Useful},
	}
	for _, m := range marks {
		api.Add(a, api.Operation{Method: "PUT", Path: m.path, ID: m.id, Summary: "Say " + m.summary, Tag: tag, Status: 204},
			func(ctx context.Context, by access.Actor, in *api.ByID) (*api.None, error) {
				return act(in.ID, func(n id.ID) error { return m.do(ctx, by, n, true) })
			})
		api.Add(a, api.Operation{Method: "DELETE", Path: m.path, ID: "un-" + m.id, Summary: "No longer say " + m.summary, Tag: tag, Status: 204},
			func(ctx context.Context, by access.Actor, in *api.ByID) (*api.None, error) {
				return act(in.ID, func(n id.ID) error { return m.do(ctx, by, n, false) })
			})
	}
	api.Add(a, api.Operation{Method: "PUT", Path: "/api/v1/answers/{id}", ID: "edit-answer", Summary: "Edit an answer", Tag: tag, Status: 204},
		func(ctx context.Context, by access.Actor, in *editAnswerInput) (*api.None, error) {
			return act(in.ID, func(n id.ID) error { return s.EditAnswer(ctx, by, n, in.Body.Body, in.Body.Note) })
		})
	api.Add(a, api.Operation{Method: "DELETE", Path: "/api/v1/answers/{id}", ID: "delete-answer", Summary: "Delete an answer", Tag: tag, Status: 204},
		func(ctx context.Context, by access.Actor, in *api.ByID) (*api.None, error) {
			return act(in.ID, func(n id.ID) error { return s.DeleteAnswer(ctx, by, n) })
		})
	addTending(a, s)
	addFinding(a, s, r, similar)
	addFiles(a, s, files)
}

// act does something to the thing with the id, and answers nothing.
func act(raw string, do func(id.ID) error) (*api.None, error) {
	n, err := id.Parse(raw)
	if err != nil {
		return nil, api.NotFound()
	}
	if err := do(n); err != nil {
		return nil, err
	}
	return &api.None{}, nil
}

func (s *Service) ageingJSON(ctx context.Context, by access.Actor, in *ageingInput) (*api.Body[api.Page[AgeingJSON]], error) {
	f := AgeingFilter{Months: in.Months, Limit: in.Limit}
	if in.Cursor != "" {
		demand, answer, _ := strings.Cut(in.Cursor, ".")
		var err error
		if f.After, err = strconv.Atoi(demand); err != nil {
			return nil, fault.New(fault.Invalid, "fault.cursor")
		}
		if f.AfterID, err = id.Parse(answer); err != nil {
			return nil, fault.New(fault.Invalid, "fault.cursor")
		}
	}
	list, more, err := s.Ageing(ctx, by, f)
	if err != nil {
		return nil, err
	}
	authors := make([]id.ID, len(list))
	for i, a := range list {
		authors[i] = a.Author
	}
	var lines map[id.ID]people.Byline
	if err := s.db.Read(ctx, func(tx *db.Tx) (err error) {
		lines, err = people.Bylines(tx, by, authors)
		return err
	}); err != nil {
		return nil, err
	}
	page := api.Page[AgeingJSON]{Items: []AgeingJSON{}}
	for _, a := range list {
		page.Items = append(page.Items, AgeingJSON{
			Answer: a.Answer.String(), Author: authorJSON(lines[a.Author]), Question: a.ID.String(), Title: a.Title,
			URL: "/questions/" + a.ID.String() + "#answer-" + a.Answer.String(), Demand: a.Demand, Checked: a.Checked,
		})
	}
	if more {
		last := list[len(list)-1]
		page.NextCursor = strconv.Itoa(last.Demand) + "." + last.Answer.String()
	}
	return api.OK(page), nil
}

func (s *Service) listJSON(ctx context.Context, by access.Actor, in *listInput) (*api.Body[api.Page[QuestionJSON]], error) {
	f := Filter{Which: Which(in.List), Limit: in.Limit}
	c, err := web.ParseCursor(in.Cursor)
	if err != nil {
		return nil, err
	}
	f.After, f.AfterID = c.At, c.ID
	if in.Skill != "" {
		if f.Skill, err = id.Parse(in.Skill); err != nil {
			return nil, fault.Missing()
		}
	}
	rows, more, err := s.List(ctx, by, f)
	if err != nil {
		return nil, err
	}
	page := api.Page[QuestionJSON]{}
	if page.Items, err = s.rowsJSON(ctx, by, rows); err != nil {
		return nil, err
	}
	if more {
		page.NextCursor = rows[len(rows)-1].Cursor()
	}
	return api.OK(page), nil
}
