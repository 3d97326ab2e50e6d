package meet

import (
	"context"
	"time"

	"github.com/guildhall/guildhall/internal/core/access"
	"github.com/guildhall/guildhall/internal/core/people"
	"github.com/guildhall/guildhall/internal/platform/api"
	"github.com/guildhall/guildhall/internal/platform/db"
	"github.com/guildhall/guildhall/internal/platform/fault"
	"github.com/guildhall/guildhall/internal/platform/id"
	"github.com/guildhall/guildhall/internal/platform/web"
)

// MeetingJSON is a meeting.
type MeetingJSON struct {
	ID        string         `json:"id"`
	URL       string         `json:"url" doc:"Path of its page"`
	About     string         `json:"about" doc:"Id of the subject it serves"`
	Kind      string         `json:"kind" doc:"The practice"`
	Title     string         `json:"title"`
	Agenda    string         `json:"agenda" doc:"Markdown"`
	Place     string         `json:"place"`
	Link      string         `json:"link"`
	Start     time.Time      `json:"starts_at"`
	End       time.Time      `json:"ends_at"`
	Zone      string         `json:"time_zone" doc:"IANA, whose clock it was planned by"`
	EveryDays int            `json:"every_days" doc:"0 is once"`
	State     string         `json:"state" enum:"planned,cancelled"`
	Met       string         `json:"met" enum:",yes,no" doc:"What the caller said afterwards"`
	People    []AttendeeJSON `json:"people"`
}

// AttendeeJSON is somebody who is meant to come.
type AttendeeJSON struct {
	Person string `json:"person"`
	Name   string `json:"name"`
	Answer string `json:"answer" enum:",yes,no,maybe"`
}

// SlotJSON is a time at which people could meet.
type SlotJSON struct {
	Start   time.Time `json:"starts_at"`
	End     time.Time `json:"ends_at"`
	Outside []string  `json:"outside" doc:"Ids of those for whom it lies outside their working hours"`
}

type listInput struct {
	List   string `query:"list" enum:"coming,past" default:"coming"`
	Cursor string `query:"cursor" doc:"next_cursor of the page before"`
	Limit  int    `query:"limit" minimum:"1" maximum:"100" default:"30"`
}

type answerInput struct {
	api.ByID
	Body struct {
		Answer string `json:"answer" enum:"yes,no,maybe"`
	}
}

type confirmInput struct {
	api.ByID
	Body struct {
		Met string `json:"met" enum:"yes,no"`
	}
}

type changeInput struct {
	api.ByID
	Body struct {
		Title  string    `json:"title"`
		Agenda string    `json:"agenda,omitempty" doc:"Markdown"`
		Place  string    `json:"place,omitempty"`
		Link   string    `json:"link,omitempty"`
		Online bool      `json:"online,omitempty" doc:"Gets a link of the organisation's video tool when link is empty"`
		Start  time.Time `json:"starts_at"`
		End    time.Time `json:"ends_at"`
		Zone   string    `json:"time_zone" doc:"IANA"`
	}
}

type cancelInput struct {
	api.ByID
	Series bool `query:"series" doc:"End the whole series"`
}

// TimesInput is what operations that suggest times are asked.
type TimesInput struct {
	Minutes int `query:"minutes" minimum:"5" maximum:"720" default:"30" doc:"How long you want to meet"`
	Days    int `query:"days" minimum:"1" maximum:"60" default:"14" doc:"From now on"`
}

type slotsInput struct {
	api.ByID
	TimesInput
}

// Times suggests times to people, for operations of the practices, which have
// checked that the caller may ask. zone is whose clock counts, UTC when it is
// none.
func (s *Service) Times(ctx context.Context, list []id.ID, in TimesInput, zone string) (*api.Body[api.Page[SlotJSON]], error) {
	clock, err := time.LoadLocation(zone)
	if err != nil {
		clock = time.UTC
	}
	slots, err := s.Suggest(ctx, list, Search{Days: in.Days, Length: time.Duration(in.Minutes) * time.Minute, Zone: clock})
	if err != nil {
		return nil, err
	}
	out := api.Page[SlotJSON]{Items: make([]SlotJSON, len(slots))}
	for i, x := range slots {
		out.Items[i] = SlotJSON{Start: x.Start.UTC(), End: x.End.UTC(), Outside: []string{}}
		for _, k := range x.Outside {
			out.Items[i].Outside = append(out.Items[i].Outside, list[k].String())
		}
	}
	return api.OK(out), nil
}

type feedJSON struct {
	URL string `json:"url" doc:"For calendar programs. Whoever has it can read the meetings."`
}

type hasFeedJSON struct {
	On bool `json:"on"`
}

// AddAPI adds the operations on meetings. link makes a whole address of a path.
func AddAPI(a *api.API[access.Actor], s *Service, link func(string) string) {
	const tag = "Meetings"
	api.Add(a, api.Operation{Method: "GET", Path: "/api/v1/meetings", ID: "list-meetings", Summary: "Your meetings", Tag: tag,
		Doc: "Those that are coming, soonest first, with everything that the printed sheet says; or those that are past, latest first."},
		func(ctx context.Context, by access.Actor, in *listInput) (*api.Body[api.Page[MeetingJSON]], error) {
			after, err := web.ParseCursor(in.Cursor)
			if err != nil {
				return nil, err
			}
			list, more, err := s.List(ctx, by, in.List == "past", Mark{At: after.At, ID: after.ID}, in.Limit)
			if err != nil {
				return nil, err
			}
			out := api.Page[MeetingJSON]{}
			if out.Items, err = s.json(ctx, by, list); err != nil {
				return nil, err
			}
			if more {
				last := list[len(list)-1]
				out.NextCursor = web.Cursor{At: last.Start, ID: last.ID}.String()
			}
			return api.OK(out), nil
		})
	api.Add(a, api.Operation{Method: "GET", Path: "/api/v1/meetings/{id}", ID: "get-meeting", Summary: "A meeting", Tag: tag},
		func(ctx context.Context, by access.Actor, in *api.ByID) (*api.Body[MeetingJSON], error) {
			m, err := s.byID(ctx, by, in.ID)
			if err != nil {
				return nil, err
			}
			out, err := s.json(ctx, by, []Meeting{m})
			if err != nil {
				return nil, err
			}
			return api.OK(out[0]), nil
		})
	api.Add(a, api.Operation{Method: "PUT", Path: "/api/v1/meetings/{id}", ID: "change-meeting", Summary: "Change a meeting", Tag: tag},
		func(ctx context.Context, by access.Actor, in *changeInput) (*api.None, error) {
			n, err := parse(in.ID)
			if err != nil {
				return nil, err
			}
			b := in.Body
			return &api.None{}, s.Change(ctx, by, n, Change{Title: b.Title, Agenda: b.Agenda, Place: b.Place, Link: b.Link, Online: b.Online, Start: b.Start, End: b.End, Zone: b.Zone})
		})
	api.Add(a, api.Operation{Method: "DELETE", Path: "/api/v1/meetings/{id}", ID: "cancel-meeting", Summary: "Call a meeting off", Tag: tag},
		func(ctx context.Context, by access.Actor, in *cancelInput) (*api.None, error) {
			n, err := parse(in.ID)
			if err != nil {
				return nil, err
			}
			return &api.None{}, s.Cancel(ctx, by, n, in.Series)
		})
	api.Add(a, api.Operation{Method: "GET", Path: "/api/v1/meetings/{id}/slots", ID: "suggest-times", Summary: "Times at which those people could meet", Tag: tag},
		func(ctx context.Context, by access.Actor, in *slotsInput) (*api.Body[api.Page[SlotJSON]], error) {
			m, err := s.byID(ctx, by, in.ID)
			if err != nil {
				return nil, err
			}
			if _, ok := m.Attends(by.Person); !ok {
				return nil, fault.New(fault.Forbidden, "fault.meet_theirs")
			}
			return s.Times(ctx, persons([]Meeting{m}), in.TimesInput, m.Zone)
		})
	api.Add(a, api.Operation{Method: "PUT", Path: "/api/v1/meetings/{id}/answer", ID: "answer-meeting", Summary: "Say whether you come", Tag: tag},
		func(ctx context.Context, by access.Actor, in *answerInput) (*api.None, error) {
			n, err := parse(in.ID)
			if err != nil {
				return nil, err
			}
			return &api.None{}, s.Answer(ctx, by, n, in.Body.Answer)
		})
	api.Add(a, api.Operation{Method: "PUT", Path: "/api/v1/meetings/{id}/confirmation", ID: "confirm-meeting", Summary: "Say whether you met", Tag: tag},
		func(ctx context.Context, by access.Actor, in *confirmInput) (*api.None, error) {
			n, err := parse(in.ID)
			if err != nil {
				return nil, err
			}
			return &api.None{}, s.Confirm(ctx, by, n, in.Body.Met)
		})
	api.Add(a, api.Operation{Method: "POST", Path: "/api/v1/calendar-feed", ID: "make-feed", Summary: "Make the address of your calendar feed; the one before ends", Tag: tag, Status: 201, Secret: true},
		func(ctx context.Context, by access.Actor, _ *struct{}) (*api.Body[feedJSON], error) {
			path, err := s.NewFeed(ctx, by)
			if err != nil {
				return nil, err
			}
			return api.OK(feedJSON{URL: link(path)}), nil
		})
	api.Add(a, api.Operation{Method: "GET", Path: "/api/v1/calendar-feed", ID: "get-feed", Summary: "Whether you have a calendar feed; its address is told only when it is made", Tag: tag},
		func(ctx context.Context, by access.Actor, _ *struct{}) (*api.Body[hasFeedJSON], error) {
			has, err := s.HasFeed(ctx, by)
			if err != nil {
				return nil, err
			}
			return api.OK(hasFeedJSON{On: has}), nil
		})
	api.Add(a, api.Operation{Method: "DELETE", Path: "/api/v1/calendar-feed", ID: "end-feed", Summary: "End your calendar feed", Tag: tag},
		func(ctx context.Context, by access.Actor, _ *struct{}) (*api.None, error) {
			return &api.None{}, s.EndFeed(ctx, by)
		})
}

func parse(text string) (id.ID, error) {
	n, err := id.Parse(text)
	if err != nil {
		return 0, api.NotFound()
	}
	return n, nil
}

func (s *Service) byID(ctx context.Context, by access.Actor, text string) (Meeting, error) {
	n, err := parse(text)
	if err != nil {
		return Meeting{}, err
	}
	return s.Open(ctx, by, n)
}

func (s *Service) json(ctx context.Context, by access.Actor, list []Meeting) ([]MeetingJSON, error) {
	var lines map[id.ID]people.Byline
	if err := s.DB.Read(ctx, func(tx *db.Tx) (err error) {
		lines, err = people.BylinesOf(tx, by, persons(list))
		return err
	}); err != nil {
		return nil, err
	}
	out := make([]MeetingJSON, len(list))
	for i, m := range list {
		out[i] = MeetingJSON{
			ID: m.ID.String(), URL: "/meetings/" + m.ID.String(), About: m.About.String(), Kind: m.Kind, Title: m.Title, Agenda: m.Agenda, Place: m.Place,
			Link: m.Link, Start: m.Start.UTC(), End: m.End.UTC(), Zone: m.Zone, EveryDays: m.EveryDays, State: m.State, Met: m.Mine(by.Person), People: []AttendeeJSON{},
		}
		for _, a := range m.People {
			out[i].People = append(out[i].People, AttendeeJSON{Person: a.Person.String(), Name: lines[a.Person].Name, Answer: a.Answer})
		}
	}
	return out, nil
}
