package mentoring

import (
	"context"
	"time"

	"github.com/guildhall/guildhall/internal/core/access"
	"github.com/guildhall/guildhall/internal/core/meet"
	"github.com/guildhall/guildhall/internal/platform/api"
	"github.com/guildhall/guildhall/internal/platform/id"
)

type agreementInput struct {
	api.ByID
	Body struct {
		Agreement string `json:"agreement" doc:"How often you meet, where, and what stays between you; at most 3000 characters. It replaces what stood there"`
	}
}

type settleGoalInput struct {
	api.ByID
	Goal string `path:"goal" doc:"13 characters"`
	Body struct {
		State string `json:"state" enum:"open,reached,dropped"`
		After int    `json:"after,omitempty" doc:"Of a goal that was reached: 1 to 4, as you see yourself now"`
	}
}

type promisesInput struct {
	api.ByID
	Cursor string `query:"cursor" doc:"next_cursor of the page before"`
	Limit  int    `query:"limit" minimum:"1" maximum:"100" default:"30"`
}

type settlePromiseInput struct {
	api.ByID
	Promise string `path:"promise" doc:"13 characters"`
	Body    struct {
		Kept bool `json:"kept" doc:"False when it moves to the next talk"`
	}
}

type pulseInput struct {
	api.ByID
	Body struct {
		Day    int `json:"day" doc:"pulse_day of the mentorship"`
		Answer int `json:"answer" minimum:"1" maximum:"5" doc:"1 not at all, 5 very well"`
	}
}

type planTalkInput struct {
	api.ByID
	Body struct {
		Title     string    `json:"title"`
		Agenda    string    `json:"agenda,omitempty" doc:"Markdown"`
		Place     string    `json:"place,omitempty"`
		Link      string    `json:"link,omitempty"`
		Online    bool      `json:"online,omitempty" doc:"Gets a link of the organisation's video tool when link is empty"`
		Start     time.Time `json:"starts_at"`
		End       time.Time `json:"ends_at"`
		Zone      string    `json:"time_zone" doc:"IANA, by whose clock a series goes on"`
		EveryDays int       `json:"every_days,omitempty" minimum:"0" maximum:"90" doc:"A series, the next planned after each; 0 is once"`
	}
}

type talkTimesInput struct {
	api.ByID
	meet.TimesInput
}

type closeMentorshipInput struct {
	api.ByID
	Body struct {
		Outcome string `json:"outcome,omitempty" doc:"What changed, for all of you; read while it is active"`
		Thanks  string `json:"thanks,omitempty" doc:"Yours, at most 300 characters; may follow after the end"`
		Anew    *bool  `json:"anew,omitempty" doc:"Whether you, as a mentee or peer, are matched anew with somebody else; yes when left out. Otherwise you take part in the programme no more"`
	}
}

// addRoom adds the operations on what happens in a mentorship.
func addRoom(a *api.API[access.Actor], s *Service, op described) {
	described := func(o api.Operation, doc string) api.Operation {
		o.Doc = doc
		return o
	}
	api.Add(a, op("GET", "/api/v1/programmes/{id}/enrolment", "get-enrolment", "Your own part in a programme", 0),
		func(ctx context.Context, by access.Actor, in *api.ByID) (*api.Body[EnrolmentJSON], error) {
			n, err := parse(in.ID)
			if err != nil {
				return nil, err
			}
			if _, err := s.Open(ctx, by, n); err != nil {
				return nil, err
			}
			e, in2, err := s.Mine(ctx, by, n)
			if err == nil && !in2 {
				err = api.NotFound()
			}
			if err != nil {
				return nil, err
			}
			k, err := s.known(ctx, by, []id.ID{e.Person}, nil)
			if err != nil {
				return nil, err
			}
			return api.OK(EnrolmentJSON{Person: *k.person(e.Person), Role: e.Role, Capacity: e.Capacity, Goals: e.Goals, Answers: some(e.Answers), Skills: some(e.Names)}), nil
		})
	api.Add(a, described(op("PUT", "/api/v1/mentorships/{id}/agreement", "agree-on-mentorship", "Write down what you agreed on", 0),
		"Everybody in an active mentorship may; the last words written stand."),
		func(ctx context.Context, by access.Actor, in *agreementInput) (*api.None, error) {
			n, err := parse(in.ID)
			if err != nil {
				return nil, err
			}
			return &api.None{}, s.Agree(ctx, by, n, in.Body.Agreement)
		})
	api.Add(a, described(op("PUT", "/api/v1/mentorships/{id}/goals/{goal}", "settle-goal", "Say how a goal of yours ended", 0),
		"Reached, with how you see yourself now; dropped; or open again. A goal of somebody else is not there for you."),
		func(ctx context.Context, by access.Actor, in *settleGoalInput) (*api.None, error) {
			n, goal, err := parseBoth(in.Goal, in.ID)
			if err != nil {
				return nil, err
			}
			return &api.None{}, s.SettleGoal(ctx, by, n, goal, in.Body.State, in.Body.After)
		})
	api.Add(a, op("GET", "/api/v1/mentorships/{id}/promises", "list-promises", "The promises of a mentorship of yours, the newest first", 0),
		func(ctx context.Context, by access.Actor, in *promisesInput) (*api.Body[api.Page[PromiseJSON]], error) {
			n, err := parse(in.ID)
			if err != nil {
				return nil, err
			}
			before, wrong := cursor(in.Cursor)
			list, more, err := s.Promises(ctx, by, n, before, in.Limit)
			if err = thingFirst(err, wrong); err != nil {
				return nil, err
			}
			out := api.Page[PromiseJSON]{Items: []PromiseJSON{}}
			for _, p := range list {
				out.Items = append(out.Items, promiseJSON(p))
			}
			if more {
				out.NextCursor = list[len(list)-1].ID.String()
			}
			return api.OK(out), nil
		})
	api.Add(a, described(op("PUT", "/api/v1/mentorships/{id}/promises/{promise}", "settle-promise", "Say whether you kept a promise", 0),
		"Kept, or open again until the next talk. A promise of somebody else is not there for you."),
		func(ctx context.Context, by access.Actor, in *settlePromiseInput) (*api.None, error) {
			n, promise, err := parseBoth(in.Promise, in.ID)
			if err != nil {
				return nil, err
			}
			return &api.None{}, s.Kept(ctx, by, n, promise, in.Body.Kept)
		})
	api.Add(a, described(op("PUT", "/api/v1/mentorships/{id}/pulse", "answer-pulse", "Say how it goes", 0),
		"Asked after 30 days and every 60 days from then on: pulse_day of the mentorship is the day that waits. Nobody reads a single answer; those who organise see the mean of at least five people."),
		func(ctx context.Context, by access.Actor, in *pulseInput) (*api.None, error) {
			n, err := parse(in.ID)
			if err != nil {
				return nil, err
			}
			return &api.None{}, s.Pulse(ctx, by, n, in.Body.Day, in.Body.Answer)
		})
	api.Add(a, op("GET", "/api/v1/mentorships/{id}/slots", "suggest-talk-times", "Times at which everybody of a mentorship could meet", 0),
		func(ctx context.Context, by access.Actor, in *talkTimesInput) (*api.Body[api.Page[meet.SlotJSON]], error) {
			n, err := parse(in.ID)
			if err != nil {
				return nil, err
			}
			m, err := s.Room(ctx, by, n)
			if err != nil {
				return nil, err
			}
			return s.Meet.Times(ctx, m.persons(), in.TimesInput, by.Zone)
		})
	api.Add(a, described(op("POST", "/api/v1/mentorships/{id}/meetings", "plan-talk", "Plan a talk of a mentorship, or a series of talks", 201),
		"Everybody of the mentorship gets it in their calendar. It is changed, answered and called off as any meeting."),
		func(ctx context.Context, by access.Actor, in *planTalkInput) (*api.Body[CreatedMentorshipJSON], error) {
			n, err := parse(in.ID)
			if err != nil {
				return nil, err
			}
			b := in.Body
			w := meet.When{Start: b.Start, End: b.End, Zone: b.Zone, Place: b.Place, Link: b.Link, Online: b.Online}
			made, err := s.PlanMeeting(ctx, by, n, w, b.Title, b.Agenda, b.EveryDays)
			if err != nil {
				return nil, err
			}
			return api.OK(CreatedMentorshipJSON{made.String(), "/meetings/" + made.String()}), nil
		})
	api.Add(a, described(op("POST", "/api/v1/mentorships/{id}/closing", "close-mentorship", "Close a mentorship with what changed and your thanks", 204),
		"Its talks to come are called off for everybody. A group is closed by who leads it; its mentees leave it. Once it is closed the others add their thanks by the same operation."),
		func(ctx context.Context, by access.Actor, in *closeMentorshipInput) (*api.None, error) {
			n, err := parse(in.ID)
			if err != nil {
				return nil, err
			}
			return &api.None{}, s.Close(ctx, by, n, in.Body.Outcome, in.Body.Thanks, in.Body.Anew == nil || *in.Body.Anew)
		})
}
