package ask

import (
	"cmp"
	"context"
	"time"

	"github.com/guildhall/guildhall/internal/core/access"
	"github.com/guildhall/guildhall/internal/core/people"
	"github.com/guildhall/guildhall/internal/platform/api"
	"github.com/guildhall/guildhall/internal/platform/db"
	"github.com/guildhall/guildhall/internal/platform/id"
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
