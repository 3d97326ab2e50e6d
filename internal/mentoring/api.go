package mentoring

import (
	"context"
	"time"

	"github.com/guildhall/guildhall/internal/core/access"
	"github.com/guildhall/guildhall/internal/core/people"
	"github.com/guildhall/guildhall/internal/platform/api"
	"github.com/guildhall/guildhall/internal/platform/db"
	"github.com/guildhall/guildhall/internal/platform/fault"
	"github.com/guildhall/guildhall/internal/platform/id"
)

// ProgrammeJSON is a programme.
type ProgrammeJSON struct {
	ID        string    `json:"id"`
	URL       string    `json:"url" doc:"Path of its page"`
	Name      string    `json:"name"`
	Purpose   string    `json:"purpose" doc:"Markdown"`
	Shape     string    `json:"shape" enum:"pairs,groups,peers"`
	Way       string    `json:"way" enum:"cohort,joiners,self" doc:"How people come together: an organiser looks over a run, each joiner gets a buddy, or mentees choose"`
	State     string    `json:"state" enum:"open,closed"`
	Weeks     int       `json:"weeks"`
	Questions []string  `json:"questions"`
	Capacity  int       `json:"capacity" doc:"Mentees a mentor takes unless they say otherwise"`
	Weights   Weights   `json:"weights" doc:"How much each of skills, unit, hours, language, site and line counts: must, 5, 3, 1 or off"`
	Created   time.Time `json:"created_at"`
}

// MentorshipJSON is a mentorship of the caller.
type MentorshipJSON struct {
	ID        string        `json:"id"`
	URL       string        `json:"url"`
	Programme string        `json:"programme"`
	State     string        `json:"state" enum:"proposed,active,declined,released,closed"`
	Words     string        `json:"words,omitempty" doc:"What the mentee wrote who asked"`
	Agreement string        `json:"agreement"`
	Outcome   string        `json:"outcome"`
	Waits     bool          `json:"waits" doc:"It is proposed, and the caller has not said yes or no"`
	PulseDay  int           `json:"pulse_day,omitempty" doc:"The caller is asked how it goes, see answer-pulse; only where it is asked for by its id"`
	Low       bool          `json:"low,omitempty" doc:"The caller said within two weeks that it does not go well; nobody else reads it; only where it is asked for by its id"`
	Talk      *TalkJSON     `json:"talk,omitempty" doc:"The caller is asked whether this talk was worth the time, see judge-talk; only where it is asked for by its id"`
	MayLeave  bool          `json:"may_leave" doc:"The caller is a mentee of a group that goes on with others: they leave it, and who leads it closes it"`
	Starts    *time.Time    `json:"starts_at,omitempty"`
	Ends      *time.Time    `json:"ends_at,omitempty"`
	People    []MemberJSON  `json:"people"`
	Goals     []GoalJSON    `json:"goals,omitempty"`
	Promises  []PromiseJSON `json:"promises,omitempty" doc:"The newest twenty and every older one that is open, only where it is asked for by its id; see list-promises"`
}

// MemberJSON is somebody of a mentorship.
type MemberJSON struct {
	Person string `json:"person"`
	Name   string `json:"name"`
	Role   string `json:"role" enum:"mentor,mentee,peer"`
	Thanks string `json:"thanks,omitempty" doc:"What they said at the end"`
}

// GoalJSON is a goal.
type GoalJSON struct {
	ID     string `json:"id"`
	Person string `json:"person"`
	Words  string `json:"words"`
	Skill  string `json:"skill,omitempty"`
	Before int    `json:"before" doc:"1 to 4, as they saw themselves"`
	After  int    `json:"after,omitempty"`
	State  string `json:"state" enum:"open,reached,dropped"`
}

func goalJSON(g Goal) GoalJSON {
	return GoalJSON{ID: g.ID.String(), Person: g.Person.String(), Words: g.Words, Skill: g.Name, Before: g.Before, After: g.After, State: g.State}
}

// CertificateJSON is what somebody may show of a mentorship that is over.
type CertificateJSON struct {
	Person    string     `json:"person"`
	Role      string     `json:"role" enum:"mentor,mentee,peer"`
	Others    []string   `json:"others" doc:"Who the mentorship was with"`
	Programme string     `json:"programme"`
	Talks     int        `json:"talks" doc:"Meetings that took place"`
	Minutes   int        `json:"minutes" doc:"How long they were in all, as planned"`
	First     time.Time  `json:"first" doc:"The first of them"`
	Last      time.Time  `json:"last"`
	Goals     []GoalJSON `json:"goals" doc:"Your own, reached"`
}

// PromiseJSON is a promise.
type PromiseJSON struct {
	ID     string `json:"id"`
	Person string `json:"person"`
	Words  string `json:"words"`
	State  string `json:"state" enum:"open,kept,moved"`
}

func promiseJSON(p Promise) PromiseJSON {
	return PromiseJSON{ID: p.ID.String(), Person: p.Person.String(), Words: p.Words, State: p.State}
}

type listInput struct {
	State  string `query:"state" enum:"open,closed" default:"open"`
	Cursor string `query:"cursor" doc:"next_cursor of the page before"`
	Limit  int    `query:"limit" minimum:"1" maximum:"100" default:"30"`
}

type roomsInput struct {
	Cursor string `query:"cursor" doc:"next_cursor of the page before"`
	Limit  int    `query:"limit" minimum:"1" maximum:"100" default:"30"`
}

type enrolInput struct {
	api.ByID
	Body struct {
		Role     string   `json:"role" enum:"mentor,mentee,peer"`
		Capacity int      `json:"capacity,omitempty" doc:"Mentees at most, of a mentor"`
		Goals    string   `json:"goals,omitempty"`
		Answers  []string `json:"answers,omitempty" doc:"In the order of the programme's questions"`
		Skills   []string `json:"skills" doc:"Names; what matters most first"`
	}
}

type mentorshipAnswerInput struct {
	api.ByID
	Body struct {
		Yes bool   `json:"yes"`
		Why string `json:"why,omitempty" doc:"Of a no; only those who organise read it"`
	}
}

type mentorshipGoalInput struct {
	api.ByID
	Body struct {
		Words  string `json:"words"`
		Skill  string `json:"skill,omitempty"`
		Before int    `json:"before" minimum:"1" maximum:"4"`
	}
}

type mentorshipPromiseInput struct {
	api.ByID
	Body struct {
		Words string `json:"words"`
	}
}

// AddAPI adds the operations on mentoring. on tells whether the practice is on.
func AddAPI(a *api.API[access.Actor], s *Service, on func() bool) {
	op := func(method, path, name, summary string, status int) api.Operation {
		return api.Operation{Method: method, Path: path, ID: name, Summary: summary, Tag: "Mentoring", Status: status, On: on}
	}
	api.Add(a, op("GET", "/api/v1/programmes", "list-programmes", "Mentoring programmes, the newest first", 0),
		func(ctx context.Context, by access.Actor, in *listInput) (*api.Body[api.Page[ProgrammeJSON]], error) {
			before, err := cursor(in.Cursor)
			if err != nil {
				return nil, err
			}
			list, more, err := s.List(ctx, by, in.State, before, in.Limit)
			if err != nil {
				return nil, err
			}
			out := api.Page[ProgrammeJSON]{Items: make([]ProgrammeJSON, len(list))}
			for i, p := range list {
				out.Items[i] = programmeJSON(p)
			}
			if more {
				out.NextCursor = list[len(list)-1].ID.String()
			}
			return api.OK(out), nil
		})
	api.Add(a, op("GET", "/api/v1/programmes/{id}", "get-programme", "A mentoring programme", 0),
		func(ctx context.Context, by access.Actor, in *api.ByID) (*api.Body[ProgrammeJSON], error) {
			n, err := parse(in.ID)
			if err != nil {
				return nil, err
			}
			p, err := s.Open(ctx, by, n)
			if err != nil {
				return nil, err
			}
			return api.OK(programmeJSON(p)), nil
		})
	api.Add(a, op("PUT", "/api/v1/programmes/{id}/enrolment", "enrol", "Take part in a programme, or change what you said", 0),
		func(ctx context.Context, by access.Actor, in *enrolInput) (*api.None, error) {
			n, err := parse(in.ID)
			if err != nil {
				return nil, err
			}
			b := in.Body
			return &api.None{}, s.Enrol(ctx, by, n, Enrol{Role: b.Role, Capacity: max(b.Capacity, 1), Goals: b.Goals, Answers: b.Answers, Skills: b.Skills})
		})
	api.Add(a, op("DELETE", "/api/v1/programmes/{id}/enrolment", "withdraw", "Take part in a programme no more", 0),
		func(ctx context.Context, by access.Actor, in *api.ByID) (*api.None, error) {
			n, err := parse(in.ID)
			if err != nil {
				return nil, err
			}
			return &api.None{}, s.Withdraw(ctx, by, n)
		})
	api.Add(a, op("GET", "/api/v1/mentorships", "list-mentorships", "Your mentorships, the newest first", 0),
		func(ctx context.Context, by access.Actor, in *roomsInput) (*api.Body[api.Page[MentorshipJSON]], error) {
			before, err := cursor(in.Cursor)
			if err != nil {
				return nil, err
			}
			list, more, err := s.Rooms(ctx, by, before, in.Limit)
			if err != nil {
				return nil, err
			}
			out := api.Page[MentorshipJSON]{}
			if out.Items, err = s.json(ctx, by, list); err != nil {
				return nil, err
			}
			if more {
				out.NextCursor = list[len(list)-1].ID.String()
			}
			return api.OK(out), nil
		})
	api.Add(a, op("GET", "/api/v1/mentorships/{id}", "get-mentorship", "A mentorship of yours", 0),
		func(ctx context.Context, by access.Actor, in *api.ByID) (*api.Body[MentorshipJSON], error) {
			n, err := parse(in.ID)
			if err != nil {
				return nil, err
			}
			m, err := s.Room(ctx, by, n)
			if err != nil {
				return nil, err
			}
			out, err := s.json(ctx, by, []Mentorship{m})
			if err != nil {
				return nil, err
			}
			return api.OK(out[0]), nil
		})
	api.Add(a, op("GET", "/api/v1/mentorships/{id}/certificate", "get-certificate", "Your certificate of a closed mentorship", 0),
		func(ctx context.Context, by access.Actor, in *api.ByID) (*api.Body[CertificateJSON], error) {
			n, err := parse(in.ID)
			if err != nil {
				return nil, err
			}
			c, err := s.Certificate(ctx, by, n)
			if err != nil {
				return nil, err
			}
			out := CertificateJSON{
				Person: c.Person.String(), Role: c.Role, Others: make([]string, len(c.Others)), Programme: c.Programme,
				Talks: c.Talks, Minutes: int(c.Time.Minutes()), First: c.First, Last: c.Last, Goals: make([]GoalJSON, len(c.Goals)),
			}
			for i, x := range c.Others {
				out.Others[i] = x.String()
			}
			for i, g := range c.Goals {
				out.Goals[i] = goalJSON(g)
			}
			return api.OK(out), nil
		})
	api.Add(a, op("PUT", "/api/v1/mentorships/{id}/answer", "answer-mentorship", "Say yes or no to a proposed mentorship", 0),
		func(ctx context.Context, by access.Actor, in *mentorshipAnswerInput) (*api.None, error) {
			n, err := parse(in.ID)
			if err != nil {
				return nil, err
			}
			return &api.None{}, s.Answer(ctx, by, n, in.Body.Yes, in.Body.Why)
		})
	api.Add(a, op("DELETE", "/api/v1/mentorships/{id}/membership", "leave-group", "Leave a group that goes on with others, and its programme", 0),
		func(ctx context.Context, by access.Actor, in *api.ByID) (*api.None, error) {
			n, err := parse(in.ID)
			if err != nil {
				return nil, err
			}
			return &api.None{}, s.Leave(ctx, by, n)
		})
	api.Add(a, op("POST", "/api/v1/mentorships/{id}/goals", "set-goal", "Add a goal of yours", 201),
		func(ctx context.Context, by access.Actor, in *mentorshipGoalInput) (*api.Body[CreatedInRoomJSON], error) {
			n, err := parse(in.ID)
			if err != nil {
				return nil, err
			}
			goal, err := s.SetGoal(ctx, by, n, NewGoal{Words: in.Body.Words, Skill: in.Body.Skill, Before: in.Body.Before})
			if err != nil {
				return nil, err
			}
			return api.OK(CreatedInRoomJSON{goal.String(), "/mentorships/" + n.String()}), nil
		})
	api.Add(a, op("POST", "/api/v1/mentorships/{id}/promises", "promise", "Promise something until the next talk", 201),
		func(ctx context.Context, by access.Actor, in *mentorshipPromiseInput) (*api.Body[CreatedInRoomJSON], error) {
			n, err := parse(in.ID)
			if err != nil {
				return nil, err
			}
			promise, err := s.Promised(ctx, by, n, in.Body.Words)
			if err != nil {
				return nil, err
			}
			return api.OK(CreatedInRoomJSON{promise.String(), "/mentorships/" + n.String()}), nil
		})
	addChecks(a, s, op)
	addRoom(a, s, op)
	addChoosing(a, s, op)
	addOrganising(a, s, op)
	addNotes(a, s, on)
}

func parse(text string) (id.ID, error) {
	n, err := id.Parse(text)
	if err != nil {
		return 0, api.NotFound()
	}
	return n, nil
}

func cursor(text string) (id.ID, error) {
	if text == "" {
		return 0, nil
	}
	n, err := id.Parse(text)
	if err != nil {
		return 0, fault.New(fault.Invalid, "fault.cursor")
	}
	return n, nil
}

// thingFirst is what somebody is told of a list of one thing: that the thing is not
// there for them before that the cursor is wrong.
func thingFirst(err, wrong error) error {
	if err != nil {
		return err
	}
	return wrong
}

func programmeJSON(p Programme) ProgrammeJSON {
	out := ProgrammeJSON{
		ID: p.ID.String(), URL: path(p.ID), Name: p.Name, Purpose: p.Purpose, Shape: p.Shape, State: p.State, Weeks: p.Weeks,
		Way: p.Way, Capacity: p.Capacity, Weights: p.Weights, Questions: p.Questions, Created: p.Created,
	}
	if out.Questions == nil {
		out.Questions = []string{}
	}
	return out
}

func (s *Service) json(ctx context.Context, by access.Actor, list []Mentorship) ([]MentorshipJSON, error) {
	var ids []id.ID
	for _, m := range list {
		ids = append(ids, m.persons()...)
	}
	var lines map[id.ID]people.Byline
	if err := s.DB.Read(ctx, func(tx *db.Tx) (err error) {
		lines, err = people.BylinesOf(tx, by, ids)
		return err
	}); err != nil {
		return nil, err
	}
	out := make([]MentorshipJSON, len(list))
	for i, m := range list {
		x := MentorshipJSON{
			ID: m.ID.String(), URL: room(m), Programme: m.Programme.String(), State: m.State, Words: m.Words, Agreement: m.Agreement, Outcome: m.Outcome,
			PulseDay: m.Pulse, Low: m.Low, MayLeave: m.MayLeave(by.Person), People: []MemberJSON{},
		}
		mine, _ := m.Member(by.Person)
		x.Waits = m.State == ProposedState && mine.Answer == ""
		if m.Talk.Meeting != 0 {
			x.Talk = &TalkJSON{m.Talk.Meeting.String(), m.Talk.Title, m.Talk.Start}
		}
		if !m.Starts.IsZero() {
			x.Starts, x.Ends = &m.Starts, &m.Ends
		}
		for _, p := range m.People {
			x.People = append(x.People, MemberJSON{Person: p.Person.String(), Name: lines[p.Person].Name, Role: p.Role, Thanks: p.Thanks})
		}
		for _, g := range m.Goals {
			x.Goals = append(x.Goals, goalJSON(g))
		}
		for _, p := range m.Promises {
			x.Promises = append(x.Promises, promiseJSON(p))
		}
		out[i] = x
	}
	return out, nil
}
