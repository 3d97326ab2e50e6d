package teamhour

import (
	"context"
	"slices"
	"time"

	"github.com/guildhall/guildhall/internal/core/access"
	"github.com/guildhall/guildhall/internal/core/meet"
	"github.com/guildhall/guildhall/internal/platform/api"
	"github.com/guildhall/guildhall/internal/platform/id"
)

// TeamHourJSON is a team hour of the caller's.
type TeamHourJSON struct {
	ID      string              `json:"id"`
	URL     string              `json:"url" doc:"Path of its page"`
	Title   string              `json:"title"`
	Leader  string              `json:"leader"`
	Code    string              `json:"code" doc:"By which others come in"`
	State   string              `json:"state" enum:"open,closed"`
	Step    string              `json:"step" enum:"write,show,only,swap,done"`
	StepAt  time.Time           `json:"step_at"`
	Forget  time.Time           `json:"forget_at" doc:"When everything that is on nobody's profile is deleted"`
	People  []string            `json:"people,omitempty"`
	Entries []TeamHourEntryJSON `json:"entries,omitempty" doc:"The caller's own and what others showed"`
}

// TeamHourEntryJSON is what somebody can show or wants to learn.
type TeamHourEntryJSON struct {
	ID     string `json:"id"`
	Person string `json:"person"`
	Kind   string `json:"kind" enum:"show,want"`
	Name   string `json:"name"`
	Level  int    `json:"level"`
	State  string `json:"state" enum:"draft,shared,kept"`
}

type writeEntryInput struct {
	api.ByID
	Body struct {
		Person string `json:"person,omitempty" doc:"Whose it is, for who leads the hour and types it from a card: a draft that only they see; the caller's when left out"`
		Kind   string `json:"kind" enum:"show,want"`
		Name   string `json:"name"`
		Level  int    `json:"level" minimum:"1" maximum:"4"`
		Shown  bool   `json:"shown" doc:"Show it to the team at once; else only you see it"`
	}
}

type hourTimesInput struct {
	api.ByID
	meet.TimesInput
	Person string `path:"person" doc:"Id of somebody else of the hour"`
}

type hourMeetingInput struct {
	api.ByID
	Body struct {
		With   string    `json:"with" doc:"Id of somebody else of the hour"`
		Title  string    `json:"title"`
		Place  string    `json:"place,omitempty"`
		Link   string    `json:"link,omitempty"`
		Online bool      `json:"online,omitempty" doc:"Gets a link of the organisation's video tool when link is empty"`
		Start  time.Time `json:"starts_at"`
		End    time.Time `json:"ends_at"`
		Zone   string    `json:"time_zone" doc:"IANA"`
	}
}

type beginHourInput struct {
	Body struct {
		Title  string   `json:"title"`
		Unit   string   `json:"unit,omitempty" doc:"Id of a unit whose people are asked"`
		People []string `json:"people,omitempty" maxItems:"40" doc:"Ids or names of people who are asked"`
	}
}

type joinHourInput struct {
	Body struct {
		Code string `json:"code" doc:"On the screen"`
	}
}

type turnHourInput struct {
	api.ByID
	Body struct {
		Step string `json:"step" enum:"write,show,only,swap,done"`
	}
}

type hourEntryInput struct {
	api.ByID
	Entry string `path:"entry"`
}

type stateEntryInput struct {
	hourEntryInput
	Body struct {
		State string `json:"state" enum:"shared,kept" doc:"With the team, or on the profile too"`
	}
}

type proposeHourInput struct {
	api.ByID
	Body struct {
		Own   string `json:"own" doc:"Id of what the caller would show; it is put on their profile"`
		Asked string `json:"asked" doc:"Id of what the other showed"`
	}
}

type answerHourInput struct {
	api.ByID
	Swap string `path:"swap"`
	Body struct {
		Answer string `json:"answer" enum:"yes,no"`
	}
}

// TeamHourSwapJSON is a swap that waits in a team hour.
type TeamHourSwapJSON struct {
	ID    string `json:"id"`
	From  string `json:"from" doc:"Person who proposes it"`
	Own   string `json:"own" doc:"Id of the entry they would show"`
	To    string `json:"to"`
	Asked string `json:"asked" doc:"Id of the entry the other would show; accepting puts it on their profile"`
}

type teamHourBegunJSON struct {
	Swap string `json:"swap,omitempty" doc:"The swap that began"`
}

type teamHourMadeJSON struct {
	ID  string `json:"id"`
	URL string `json:"url"`
}

func (in hourEntryInput) ids() (hour, entry id.ID, err error) {
	if hour, err = id.Parse(in.ID); err == nil {
		entry, err = id.Parse(in.Entry)
	}
	if err != nil {
		err = api.NotFound()
	}
	return hour, entry, err
}

// AddAPI adds the operations on team hours. on tells whether the practice is
// on.
func AddAPI(a *api.API[access.Actor], s *Service, on func() bool) {
	op := func(method, path, name, summary string, status int) api.Operation {
		return api.Operation{Method: method, Path: path, ID: name, Summary: summary, Tag: "Team hours", Status: status, On: on}
	}
	api.Add(a, op("GET", "/api/v1/team-hours", "list-team-hours", "Your team hours, the latest first, at most thirty", 0),
		func(ctx context.Context, by access.Actor, _ *struct{}) (*api.Body[api.Page[TeamHourJSON]], error) {
			list, err := s.List(ctx, by)
			if err != nil {
				return nil, err
			}
			out := api.Page[TeamHourJSON]{Items: make([]TeamHourJSON, len(list))}
			for i, h := range list {
				out.Items[i] = h.json()
			}
			return api.OK(out), nil
		})
	made := func(n id.ID, err error) (*api.Body[teamHourMadeJSON], error) {
		if err != nil {
			return nil, err
		}
		return api.OK(teamHourMadeJSON{n.String(), "/team-hours/" + n.String()}), nil
	}
	api.Add(a, op("POST", "/api/v1/team-hours", "open-team-hour", "Open a team hour and lead it", 201),
		func(ctx context.Context, by access.Actor, in *beginHourInput) (*api.Body[teamHourMadeJSON], error) {
			var unit id.ID
			if in.Body.Unit != "" {
				var err error
				if unit, err = id.Parse(in.Body.Unit); err != nil {
					return nil, api.NotFound()
				}
			}
			return made(s.Begin(ctx, by, in.Body.Title, unit, in.Body.People))
		})
	api.Add(a, op("POST", "/api/v1/team-hours/joining", "join-team-hour", "Come into an open team hour by its code", 201),
		func(ctx context.Context, by access.Actor, in *joinHourInput) (*api.Body[teamHourMadeJSON], error) {
			return made(s.Join(ctx, by, in.Body.Code))
		})
	api.Add(a, op("PUT", "/api/v1/team-hours/{id}/step", "turn-team-hour", "Go to a part of the hour, for who leads it", 204),
		func(ctx context.Context, by access.Actor, in *turnHourInput) (*api.None, error) {
			n, err := id.Parse(in.ID)
			if err != nil {
				return nil, api.NotFound()
			}
			return &api.None{}, s.Turn(ctx, by, n, slices.IndexFunc(Plan[:], func(x Step) bool { return x.Key == in.Body.Step }))
		})
	api.Add(a, op("POST", "/api/v1/team-hours/{id}/closing", "close-team-hour", "Close the hour, for who leads it", 204),
		func(ctx context.Context, by access.Actor, in *api.ByID) (*api.None, error) {
			n, err := id.Parse(in.ID)
			if err != nil {
				return nil, api.NotFound()
			}
			return &api.None{}, s.Close(ctx, by, n)
		})
	api.Add(a, op("PUT", "/api/v1/team-hours/{id}/entries/{entry}", "show-team-hour-entry", "Show an entry of yours to the team, or put it on your profile", 204),
		func(ctx context.Context, by access.Actor, in *stateEntryInput) (*api.None, error) {
			n, e, err := in.ids()
			if err != nil {
				return nil, err
			}
			if in.Body.State == Kept {
				return &api.None{}, s.Keep(ctx, by, n, e)
			}
			return &api.None{}, s.Share(ctx, by, n, e)
		})
	api.Add(a, op("GET", "/api/v1/team-hours/{id}/swaps", "list-team-hour-swaps", "Swaps of the hour that you proposed or are asked", 0),
		func(ctx context.Context, by access.Actor, in *api.ByID) (*api.Body[api.Page[TeamHourSwapJSON]], error) {
			n, err := id.Parse(in.ID)
			if err != nil {
				return nil, api.NotFound()
			}
			list, err := s.Proposed(ctx, by, n)
			if err != nil {
				return nil, err
			}
			out := api.Page[TeamHourSwapJSON]{Items: make([]TeamHourSwapJSON, len(list))}
			for i, w := range list {
				out.Items[i] = TeamHourSwapJSON{w.ID.String(), w.From.String(), w.Own.ID.String(), w.Asked.Person.String(), w.Asked.ID.String()}
			}
			return api.OK(out), nil
		})
	api.Add(a, op("POST", "/api/v1/team-hours/{id}/swaps", "propose-team-hour-swap", "Propose a swap of two entries", 204),
		func(ctx context.Context, by access.Actor, in *proposeHourInput) (*api.None, error) {
			n, err := id.Parse(in.ID)
			if err != nil {
				return nil, api.NotFound()
			}
			own, err := id.Parse(in.Body.Own)
			if err != nil {
				return nil, api.NotFound()
			}
			asked, err := id.Parse(in.Body.Asked)
			if err != nil {
				return nil, api.NotFound()
			}
			return &api.None{}, s.Propose(ctx, by, n, own, asked)
		})
	api.Add(a, op("PUT", "/api/v1/team-hours/{id}/swaps/{swap}", "answer-team-hour-swap", "Accept a swap that you are asked, or drop it", 200),
		func(ctx context.Context, by access.Actor, in *answerHourInput) (*api.Body[teamHourBegunJSON], error) {
			n, err := id.Parse(in.ID)
			if err != nil {
				return nil, api.NotFound()
			}
			w, err := id.Parse(in.Swap)
			if err != nil {
				return nil, api.NotFound()
			}
			begun, err := s.Answer(ctx, by, n, w, in.Body.Answer == "yes")
			if err != nil {
				return nil, err
			}
			out := teamHourBegunJSON{}
			if begun != 0 {
				out.Swap = begun.String()
			}
			return api.OK(out), nil
		})
	api.Add(a, op("DELETE", "/api/v1/team-hours/{id}/entries/{entry}", "drop-team-hour-entry", "Throw an entry of yours away", 204),
		func(ctx context.Context, by access.Actor, in *hourEntryInput) (*api.None, error) {
			n, e, err := in.ids()
			if err != nil {
				return nil, err
			}
			return &api.None{}, s.Drop(ctx, by, n, e)
		})
	with := func(text string) (id.ID, error) {
		n, err := id.Parse(text)
		if err != nil {
			err = api.NotFound()
		}
		return n, err
	}
	api.Add(a, op("GET", "/api/v1/team-hours/{id}/people/{person}/slots", "suggest-team-hour-times", "Times at which you could meet somebody of the hour", 0),
		func(ctx context.Context, by access.Actor, in *hourTimesInput) (*api.Body[api.Page[meet.SlotJSON]], error) {
			n, err := id.Parse(in.ID)
			if err != nil {
				return nil, api.NotFound()
			}
			h, err := s.Open(ctx, by, n)
			if err != nil {
				return nil, err
			}
			other, err := with(in.Person)
			if err != nil {
				return nil, err
			}
			if other == by.Person || !slices.Contains(h.People, other) {
				return nil, api.NotFound()
			}
			return s.Meet.Times(ctx, []id.ID{by.Person, other}, in.TimesInput, by.Zone)
		})
	meeting := op("POST", "/api/v1/team-hours/{id}/meetings", "plan-team-hour-meeting", "Plan a meeting with somebody of the hour", 201)
	meeting.Doc = "It is the two's alone, and stays when the hour is forgotten."
	api.Add(a, meeting, func(ctx context.Context, by access.Actor, in *hourMeetingInput) (*api.Body[teamHourMadeJSON], error) {
		n, err := id.Parse(in.ID)
		if err != nil {
			return nil, api.NotFound()
		}
		other, err := with(in.Body.With)
		if err != nil {
			return nil, err
		}
		b := in.Body
		planned, err := s.Meeting(ctx, by, n, other, b.Title, meet.When{Start: b.Start, End: b.End, Zone: b.Zone, Place: b.Place, Link: b.Link, Online: b.Online})
		if err != nil {
			return nil, err
		}
		return api.OK(teamHourMadeJSON{planned.String(), "/meetings/" + planned.String()}), nil
	})
	api.Add(a, op("GET", "/api/v1/team-hours/{id}", "get-team-hour", "A team hour", 0),
		func(ctx context.Context, by access.Actor, in *api.ByID) (*api.Body[TeamHourJSON], error) {
			n, err := id.Parse(in.ID)
			if err != nil {
				return nil, api.NotFound()
			}
			h, err := s.Open(ctx, by, n)
			if err != nil {
				return nil, err
			}
			return api.OK(h.json()), nil
		})
	api.Add(a, op("POST", "/api/v1/team-hours/{id}/entries", "add-team-hour-entry", "Write what you can show or want to learn", 204),
		func(ctx context.Context, by access.Actor, in *writeEntryInput) (*api.None, error) {
			n, err := id.Parse(in.ID)
			if err != nil {
				return nil, api.NotFound()
			}
			person := by.Person
			if in.Body.Person != "" {
				if person, err = id.Parse(in.Body.Person); err != nil {
					return nil, api.NotFound()
				}
			}
			return &api.None{}, s.Write(ctx, by, n, person, in.Body.Kind, in.Body.Name, in.Body.Level, in.Body.Shown)
		})
}

func (h Hour) json() TeamHourJSON {
	x := TeamHourJSON{
		ID: h.ID.String(), URL: "/team-hours/" + h.ID.String(), Title: h.Title, Leader: h.Leader.String(), Code: h.Code, State: h.State,
		Step: Plan[min(max(h.Step, 0), len(Plan)-1)].Key, StepAt: h.StepAt, Forget: h.Forget,
	}
	for _, p := range h.People {
		x.People = append(x.People, p.String())
	}
	for _, e := range h.Entries {
		x.Entries = append(x.Entries, TeamHourEntryJSON{ID: e.ID.String(), Person: e.Person.String(), Kind: e.Kind, Name: e.Name, Level: e.Level, State: e.State})
	}
	return x
}
