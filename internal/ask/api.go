package ask

import (
	"cmp"
	"context"
	"strconv"
	"strings"
	"time"

	"github.com/guildhall/guildhall/internal/core/access"
	"github.com/guildhall/guildhall/internal/core/people"
	"github.com/guildhall/guildhall/internal/core/subject"
	"github.com/guildhall/guildhall/internal/platform/api"
	"github.com/guildhall/guildhall/internal/platform/db"
	"github.com/guildhall/guildhall/internal/platform/fault"
	"github.com/guildhall/guildhall/internal/platform/id"
	"github.com/guildhall/guildhall/internal/platform/web"
)

// AuthorJSON is who stands beside words.
type AuthorJSON struct {
	Name   string `json:"name"`
	Kind   string `json:"kind" enum:"person,imported,claimed,anonymous,left,erased,remote"`
	Person string `json:"person,omitempty" doc:"Id of the person, when there is a profile to open"`
}

// QuestionJSON is a question in a list.
type QuestionJSON struct {
	ID      string     `json:"id"`
	URL     string     `json:"url" doc:"Path of its page"`
	Title   string     `json:"title"`
	Lang    string     `json:"lang" doc:"BCP 47, und when it could not be told"`
	State   string     `json:"state" enum:"open,duplicate,obsolete"`
	Settled string     `json:"settled" enum:",answered,accepted"`
	Author  AuthorJSON `json:"author"`
	Skills  []string   `json:"skills"`
	Answers int        `json:"answers"`
	Score   int        `json:"score" doc:"Imported score and people who have this question too"`
	Created time.Time  `json:"created_at"`
	Active  time.Time  `json:"active_at"`
	Because string     `json:"because,omitempty" doc:"In a feed: the skill you follow, or the person you follow who answered"`
}

// AgeingJSON is an accepted answer nobody has looked at for long.
type AgeingJSON struct {
	Answer   string     `json:"answer" doc:"Id"`
	Author   AuthorJSON `json:"author"`
	Question string     `json:"question" doc:"Id"`
	Title    string     `json:"title"`
	URL      string     `json:"url"`
	Demand   int        `json:"demand" doc:"Voices for the question and for the answer"`
	Checked  time.Time  `json:"checked_at" doc:"When it was last verified or edited, else written"`
}

type ageingInput struct {
	Months int    `query:"months" minimum:"1" maximum:"240" default:"12"`
	Cursor string `query:"cursor" doc:"next_cursor of the page before"`
	Limit  int    `query:"limit" minimum:"1" maximum:"100" default:"30"`
}

// WholeJSON is a question with its answers and comments.
type WholeJSON struct {
	QuestionJSON
	Body        string        `json:"body" doc:"Markdown"`
	Edited      *time.Time    `json:"edited_at,omitempty"`
	Accepted    string        `json:"accepted_answer,omitempty"`
	DuplicateOf string        `json:"duplicate_of,omitempty"`
	Licence     string        `json:"licence,omitempty"`
	OriginURL   string        `json:"origin_url,omitempty"`
	Comments    []CommentJSON `json:"comments"`
	List        []AnswerJSON  `json:"list" doc:"Answers, the accepted one first, then the most useful; at most 50 from the given position"`
	More        bool          `json:"more" doc:"There are more answers"`
	ObsoleteWhy string        `json:"obsolete_why,omitempty"`
	Verified    *time.Time    `json:"verified_at,omitempty" doc:"When somebody last said that it is still true"`
	VerifiedBy  *AuthorJSON   `json:"verified_by,omitempty"`
	MeToo       bool          `json:"me_too" doc:"You have this question too"`
	Followed    bool          `json:"followed" doc:"You follow it"`
	Kept        bool          `json:"kept" doc:"You bookmarked it"`
	Part        string        `json:"part" enum:",knows,addressed,learns,confirms,found,desk" doc:"As what you are asked now, empty when you are not"`
	Way         *WayJSON      `json:"way,omitempty" doc:"How far it has come, for its asker alone while nobody has answered"`
}

// WayJSON is how far a question has come.
type WayJSON struct {
	State string     `json:"state" enum:"asking,desk,done,nobody" doc:"nobody is what the desk says when nobody here knows"`
	Asked int        `json:"asked" doc:"People who were asked so far"`
	Next  *time.Time `json:"next_at,omitempty" doc:"When more people are asked"`
	First string     `json:"first,omitempty" doc:"Id of the person the asker chose"`
	Busy  bool       `json:"busy" doc:"The person the asker chose could take no question then"`
}

// AnswerJSON is an answer.
type AnswerJSON struct {
	ID       string        `json:"id"`
	Author   AuthorJSON    `json:"author"`
	Body     string        `json:"body" doc:"Markdown"`
	Lang     string        `json:"lang"`
	State    string        `json:"state" enum:"open,obsolete"`
	Score    int           `json:"score"`
	Accepted bool          `json:"accepted"`
	Created  time.Time     `json:"created_at"`
	Edited   *time.Time    `json:"edited_at,omitempty"`
	Comments []CommentJSON `json:"comments"`

	ObsoleteWhy string      `json:"obsolete_why,omitempty"`
	Verified    *time.Time  `json:"verified_at,omitempty" doc:"When somebody last said that it is still true"`
	VerifiedBy  *AuthorJSON `json:"verified_by,omitempty"`
	Useful      bool        `json:"useful" doc:"You said that it was useful"`
	Licence     string      `json:"licence,omitempty"`
}

// CommentJSON is a comment.
type CommentJSON struct {
	ID      string     `json:"id"`
	Author  AuthorJSON `json:"author"`
	Body    string     `json:"body" doc:"Markdown"`
	Created time.Time  `json:"created_at"`
	Edited  *time.Time `json:"edited_at,omitempty"`
}

type listInput struct {
	List   string `query:"list" enum:"active,newest,unanswered,feed,kept" default:"active" doc:"feed is what happens on what you follow, kept what you bookmarked"`
	Skill  string `query:"skill" doc:"Id of a skill"`
	Cursor string `query:"cursor" doc:"next_cursor of the page before"`
	Limit  int    `query:"limit" minimum:"1" maximum:"100" default:"30"`
}

type askInput struct {
	Body struct {
		Title        string   `json:"title" doc:"The question in one sentence, 10 to 200 characters"`
		Body         string   `json:"body,omitempty" doc:"Markdown"`
		Skills       []string `json:"skills,omitempty" doc:"Names; unknown ones become new skills"`
		LearnerFirst bool     `json:"learner_first,omitempty" doc:"Somebody still learning the skill may go first"`
		AskFirst     string   `json:"ask_first,omitempty" doc:"Id of the person to ask before anybody else, if they can take a question now"`
	}
}

type openInput struct {
	api.ByID
	From int `query:"from" minimum:"0" maximum:"1000000" default:"0" doc:"Answers to leave out at the start"`
}

type bodyInput struct {
	api.ByID
	Body struct {
		Body string `json:"body" doc:"Markdown"`
	}
}

type editAnswerInput struct {
	api.ByID
	Body struct {
		Body string `json:"body" doc:"Markdown"`
		Note string `json:"note,omitempty" doc:"Why it was changed"`
	}
}

type commentInput struct {
	api.ByID
	Body struct {
		Body string `json:"body" doc:"Markdown"`
		On   string `json:"on,omitempty" doc:"Id of one of its answers; the question itself when left out"`
	}
}

type acceptInput struct {
	api.ByID
	Body struct {
		Answer string `json:"answer" doc:"Id of the answer that settled it"`
	}
}

type editInput struct {
	api.ByID
	Body struct {
		Title  string   `json:"title"`
		Body   string   `json:"body"`
		Skills []string `json:"skills,omitempty"`
		Note   string   `json:"note,omitempty" doc:"Why it was changed"`
	}
}

type forwardInput struct {
	api.ByID
	Body struct {
		Person string `json:"person" doc:"Id of somebody who may see the question and was not asked yet"`
	}
}

type nobodyInput struct {
	api.ByID
	Body struct {
		Words string `json:"words" doc:"What the asker can do instead, at most 2000 characters"`
	}
}

type createdJSON struct {
	ID  string `json:"id"`
	URL string `json:"url"`
}

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

// rowsJSON turns questions into the items of a list.
func (s *Service) rowsJSON(ctx context.Context, by access.Actor, rows []Row) ([]QuestionJSON, error) {
	authors := make([]id.ID, len(rows))
	for i, r := range rows {
		authors[i] = r.Author
	}
	var lines map[id.ID]people.Byline
	if err := s.db.Read(ctx, func(tx *db.Tx) (err error) {
		lines, err = people.Bylines(tx, by, authors)
		return err
	}); err != nil {
		return nil, err
	}
	out := make([]QuestionJSON, len(rows))
	for i, r := range rows {
		out[i] = questionJSON(r, lines[r.Author])
	}
	return out, nil
}

func questionJSON(r Row, by people.Byline) QuestionJSON {
	names := make([]string, len(r.Skills))
	for i, t := range r.Skills {
		names[i] = t.Name
	}
	return QuestionJSON{
		ID: r.ID.String(), URL: "/questions/" + r.ID.String(), Title: r.Title, Lang: r.Lang, State: string(r.State), Settled: r.Settled,
		Because: cmp.Or(r.Because.Person, r.Because.Skill), Author: authorJSON(by), Skills: names, Answers: r.Answers, Score: r.Score, Created: r.Created, Active: r.Active,
	}
}

func authorJSON(b people.Byline) AuthorJSON {
	return AuthorJSON{Name: b.Name, Kind: b.Kind, Person: b.Person.String()}
}

func wholeJSON(q Whole) WholeJSON {
	out := WholeJSON{
		QuestionJSON: questionJSON(Row{
			ID: q.ID, Title: q.Title, Lang: q.Lang, State: q.State, Settled: q.Settled, Answers: q.Question.Answers,
			Score: q.Score, Created: q.Created, Active: q.Active, Skills: q.Skills,
		}, q.Bylines[q.Author]),
		Body: q.Body, Edited: maybe(q.Edited), Accepted: q.Accepted.String(), DuplicateOf: q.DuplicateOf.String(),
		Licence: q.Licence, OriginURL: q.OriginURL, Comments: q.commentsJSON(q.ID), List: []AnswerJSON{}, More: q.More,
		ObsoleteWhy: q.ObsoleteWhy, Verified: maybe(q.VerifiedAt), VerifiedBy: q.verifier(q.VerifiedBy),
		MeToo: q.MeToo, Followed: q.Followed, Kept: q.Kept, Part: string(q.Part),
	}
	if q.Way.State != "" {
		out.Way = &WayJSON{State: q.Way.State, Asked: q.Way.Asked, Next: maybe(q.Way.Next), First: q.Way.Addressee.String(), Busy: q.Way.Busy}
	}
	for _, a := range q.Answers {
		out.List = append(out.List, AnswerJSON{
			ID: a.ID.String(), Author: authorJSON(q.Bylines[a.Author]), Body: a.Body, Lang: a.Lang, State: string(a.State), Score: a.Score,
			Accepted: !a.Accepted.IsZero(), Created: a.Created, Edited: maybe(a.Edited), Comments: q.commentsJSON(a.ID),
			ObsoleteWhy: a.ObsoleteWhy, Verified: maybe(a.VerifiedAt), VerifiedBy: q.verifier(a.VerifiedBy), Useful: a.Mine, Licence: a.Licence,
		})
	}
	return out
}

// verifier is who said that something is still true, nil for nobody.
func (q Whole) verifier(author id.ID) *AuthorJSON {
	if author == 0 {
		return nil
	}
	out := authorJSON(q.Bylines[author])
	return &out
}

func (q Whole) commentsJSON(on id.ID) []CommentJSON {
	out := []CommentJSON{}
	for _, c := range q.Comments[on] {
		out = append(out, CommentJSON{ID: c.ID.String(), Author: authorJSON(q.Bylines[c.Author]), Body: c.Body, Created: c.Created, Edited: maybe(c.Edited)})
	}
	return out
}

func maybe(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
}
