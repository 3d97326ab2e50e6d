package coffee

import (
	"context"
	"time"

	"github.com/guildhall/guildhall/internal/core/access"
	"github.com/guildhall/guildhall/internal/platform/api"
	"github.com/guildhall/guildhall/internal/platform/id"
	"github.com/guildhall/guildhall/internal/platform/web"
)

// HoursJSON are open hours with their next seats.
type HoursJSON struct {
	ID        string     `json:"id"`
	URL       string     `json:"url" doc:"Path of their page"`
	Title     string     `json:"title"`
	Person    string     `json:"person" doc:"Id of who offers them"`
	Place     string     `json:"place,omitempty"`
	Link      string     `json:"link,omitempty"`
	Start     time.Time  `json:"starts_at" doc:"The first time"`
	Zone      string     `json:"time_zone" doc:"IANA, by whose clock they come again"`
	EveryDays int        `json:"every_days" enum:"0,7,14,28" doc:"0 for once"`
	Minutes   int        `json:"minutes" doc:"Of one seat"`
	AtATime   int        `json:"seats_at_a_time"`
	State     string     `json:"state" enum:"open,closed"`
	Seats     []SeatJSON `json:"seats,omitempty" doc:"Those of the next three times; only where the hours are asked for by their id"`
}

// SeatJSON is a seat of open hours.
type SeatJSON struct {
	Start   time.Time `json:"starts_at"`
	End     time.Time `json:"ends_at"`
	Taken   bool      `json:"taken"`
	Mine    bool      `json:"mine"`
	Person  string    `json:"person,omitempty" doc:"Id of who has it; only for them and who offers it"`
	Meeting string    `json:"meeting,omitempty" doc:"Id of its meeting; only for the two"`
}

// LotteryJSON is a draw for places beside a guest.
type LotteryJSON struct {
	ID      string    `json:"id"`
	URL     string    `json:"url" doc:"Path of its page"`
	Title   string    `json:"title"`
	Guest   string    `json:"guest" doc:"Id of the guest"`
	Place   string    `json:"place,omitempty"`
	Link    string    `json:"link,omitempty"`
	Start   time.Time `json:"starts_at"`
	Zone    string    `json:"time_zone" doc:"IANA, in which its time was said"`
	Minutes int       `json:"minutes"`
	DrawAt  time.Time `json:"drawn_at" doc:"A day before it begins"`
	Seats   int       `json:"seats"`
	State   string    `json:"state" enum:"open,drawn,few,cancelled"`
	Meeting string    `json:"meeting,omitempty" doc:"Id of the meeting that came of it; only for those in it, where the draw is asked for by its id"`
	Mine    string    `json:"mine,omitempty" enum:",in,won,lost" doc:"The caller's own; only where the draw is asked for by its id"`
}

type offerHoursInput struct {
	Body struct {
		Title     string    `json:"title"`
		Start     time.Time `json:"starts_at" doc:"The first time"`
		Zone      string    `json:"time_zone,omitempty" doc:"IANA, by whose clock they come again; the caller's when left out"`
		EveryDays int       `json:"every_days" enum:"0,7,14,28" doc:"0 for once"`
		Minutes   int       `json:"minutes" doc:"Of one seat, 5 to 120"`
		Seats     int       `json:"seats" doc:"One after the other, 1 to 12"`
		Place     string    `json:"place,omitempty"`
		Link      string    `json:"link,omitempty"`
	}
}

type startLotteryInput struct {
	Body struct {
		Title   string    `json:"title"`
		Guest   string    `json:"guest,omitempty" doc:"Id, e-mail address or whole name; the caller when left out. Only organisers name others"`
		Start   time.Time `json:"starts_at" doc:"Two days from now or later"`
		Zone    string    `json:"time_zone,omitempty" doc:"IANA; the caller's when left out"`
		Minutes int       `json:"minutes" doc:"5 to 240"`
		Seats   int       `json:"seats" doc:"Beside the guest, 1 to 12"`
		Place   string    `json:"place,omitempty"`
		Link    string    `json:"link,omitempty"`
	}
}

type bookInput struct {
	api.ByID
	Body struct {
		Start time.Time `json:"starts_at" doc:"When the seat begins"`
	}
}

func hoursJSON(h Hours, seats []Seat) HoursJSON {
	out := HoursJSON{
		ID: h.ID.String(), URL: "/coffee/hours/" + h.ID.String(), Title: h.Title, Person: h.Person.String(), Place: h.Place, Link: h.Link,
		Start: h.Start.UTC(), Zone: h.Zone, EveryDays: h.EveryDays, Minutes: h.Minutes, AtATime: h.Seats, State: h.State,
	}
	for _, x := range seats {
		out.Seats = append(out.Seats, SeatJSON{Start: x.Start.UTC(), End: x.End.UTC(), Taken: x.Taken, Mine: x.Mine, Person: idOrNone(x.Person), Meeting: idOrNone(x.Meeting)})
	}
	return out
}

// idOrNone is an id in an answer, "" for none.
func idOrNone(n id.ID) string {
	if n == 0 {
		return ""
	}
	return n.String()
}

func lotteryJSON(l Lottery, mine string, meeting id.ID) LotteryJSON {
	return LotteryJSON{
		ID: l.ID.String(), URL: "/coffee/lotteries/" + l.ID.String(), Title: l.Title, Guest: l.Guest.String(), Place: l.Place, Link: l.Link,
		Start: l.Start.UTC(), Zone: l.Zone, Minutes: l.Minutes, DrawAt: l.DrawAt.UTC(), Seats: l.Seats, State: l.State, Mine: mine, Meeting: idOrNone(meeting),
	}
}

// zoneOf is the zone that was named, else the caller's.
func zoneOf(named string, by access.Actor) string {
	switch {
	case named != "":
		return named
	case by.Zone != "":
		return by.Zone
	}
	return "UTC"
}

// addOffers adds the operations on open hours and draws.
func addOffers(a *api.API[access.Actor], s *Service, on func() bool) {
	const tag = "Coffee"
	api.Add(a, api.Operation{Method: "GET", Path: "/api/v1/coffee/hours", ID: "list-open-hours", Summary: "Open hours, the newest first", Tag: tag, On: on},
		func(ctx context.Context, by access.Actor, in *pageInput) (*api.Body[api.Page[HoursJSON]], error) {
			after, err := web.ParseCursor(in.Cursor)
			if err != nil {
				return nil, err
			}
			list, more, err := s.AllHours(ctx, by, Mark{At: after.At, ID: after.ID}, in.Limit)
			if err != nil {
				return nil, err
			}
			out := api.Page[HoursJSON]{Items: []HoursJSON{}}
			for _, h := range list {
				out.Items = append(out.Items, hoursJSON(h, nil))
			}
			if more {
				last := list[len(list)-1]
				out.NextCursor = web.Cursor{At: last.Created, ID: last.ID}.String()
			}
			return api.OK(out), nil
		})
	api.Add(a, api.Operation{Method: "POST", Path: "/api/v1/coffee/hours", ID: "offer-hours", Summary: "Offer open hours to everybody", Tag: tag, Status: 201, On: on},
		func(ctx context.Context, by access.Actor, in *offerHoursInput) (*api.Body[madeJSON], error) {
			b := in.Body
			n, err := s.Offer(ctx, by, Hours{
				Title: b.Title, Place: b.Place, Link: b.Link, Zone: zoneOf(b.Zone, by), Start: b.Start, EveryDays: b.EveryDays, Minutes: b.Minutes, Seats: b.Seats,
			})
			if err != nil {
				return nil, err
			}
			return api.OK(madeJSON{ID: n.String()}), nil
		})
	api.Add(a, api.Operation{Method: "DELETE", Path: "/api/v1/coffee/hours/{id}", ID: "close-open-hours", Summary: "Close open hours; who has a seat still comes", Tag: tag, On: on},
		func(ctx context.Context, by access.Actor, in *api.ByID) (*api.None, error) {
			n, err := parse(in.ID)
			if err != nil {
				return nil, err
			}
			return &api.None{}, s.CloseHours(ctx, by, n)
		})
	api.Add(a, api.Operation{Method: "GET", Path: "/api/v1/coffee/hours/{id}", ID: "get-open-hours", Summary: "Open hours with their next seats", Tag: tag, On: on},
		func(ctx context.Context, by access.Actor, in *api.ByID) (*api.Body[HoursJSON], error) {
			n, err := parse(in.ID)
			if err != nil {
				return nil, err
			}
			h, seats, err := s.OpenHours(ctx, by, n)
			if err != nil {
				return nil, err
			}
			return api.OK(hoursJSON(h, seats)), nil
		})
	api.Add(a, api.Operation{Method: "POST", Path: "/api/v1/coffee/hours/{id}/bookings", ID: "book-seat", Summary: "Take a seat of open hours", Tag: tag, On: on},
		func(ctx context.Context, by access.Actor, in *bookInput) (*api.None, error) {
			n, err := parse(in.ID)
			if err != nil {
				return nil, err
			}
			h, _, err := s.OpenHours(ctx, by, n)
			if err != nil {
				return nil, err
			}
			return &api.None{}, s.Book(ctx, by, n, in.Body.Start, h.Title)
		})
	api.Add(a, api.Operation{Method: "GET", Path: "/api/v1/coffee/lotteries", ID: "list-lotteries", Summary: "Draws for places beside a guest, the newest first", Tag: tag, On: on},
		func(ctx context.Context, by access.Actor, in *pageInput) (*api.Body[api.Page[LotteryJSON]], error) {
			after, err := web.ParseCursor(in.Cursor)
			if err != nil {
				return nil, err
			}
			list, more, err := s.Lotteries(ctx, by, Mark{At: after.At, ID: after.ID}, in.Limit)
			if err != nil {
				return nil, err
			}
			out := api.Page[LotteryJSON]{Items: []LotteryJSON{}}
			for _, l := range list {
				out.Items = append(out.Items, lotteryJSON(l, "", 0))
			}
			if more {
				last := list[len(list)-1]
				out.NextCursor = web.Cursor{At: last.Created, ID: last.ID}.String()
			}
			return api.OK(out), nil
		})
	api.Add(a, api.Operation{Method: "POST", Path: "/api/v1/coffee/lotteries", ID: "start-lottery", Summary: "Offer seats beside a guest, drawn by lot a day before", Tag: tag, Status: 201, On: on},
		func(ctx context.Context, by access.Actor, in *startLotteryInput) (*api.Body[madeJSON], error) {
			b := in.Body
			n, err := s.StartLottery(ctx, by, Lottery{
				Title: b.Title, Place: b.Place, Link: b.Link, Zone: zoneOf(b.Zone, by), Start: b.Start, Minutes: b.Minutes, Seats: b.Seats,
			}, b.Guest)
			if err != nil {
				return nil, err
			}
			return api.OK(madeJSON{ID: n.String()}), nil
		})
	api.Add(a, api.Operation{Method: "DELETE", Path: "/api/v1/coffee/lotteries/{id}", ID: "cancel-lottery", Summary: "Call a draw off before it took place; who put a name in is told", Tag: tag, On: on},
		func(ctx context.Context, by access.Actor, in *api.ByID) (*api.None, error) {
			n, err := parse(in.ID)
			if err != nil {
				return nil, err
			}
			return &api.None{}, s.CancelLottery(ctx, by, n)
		})
	api.Add(a, api.Operation{Method: "GET", Path: "/api/v1/coffee/lotteries/{id}", ID: "get-lottery", Summary: "A draw", Tag: tag, On: on},
		func(ctx context.Context, by access.Actor, in *api.ByID) (*api.Body[LotteryJSON], error) {
			n, err := parse(in.ID)
			if err != nil {
				return nil, err
			}
			l, mine, meeting, err := s.OpenLottery(ctx, by, n)
			if err != nil {
				return nil, err
			}
			return api.OK(lotteryJSON(l, mine, meeting)), nil
		})
	for method, in := range map[string]bool{"PUT": true, "DELETE": false} {
		name, summary := "enter-lottery", "Put your name into the hat"
		if !in {
			name, summary = "leave-lottery", "Take your name out of the hat"
		}
		api.Add(a, api.Operation{Method: method, Path: "/api/v1/coffee/lotteries/{id}/entry", ID: name, Summary: summary, Tag: tag, On: on},
			func(ctx context.Context, by access.Actor, x *api.ByID) (*api.None, error) {
				n, err := parse(x.ID)
				if err != nil {
					return nil, err
				}
				return &api.None{}, s.Enter(ctx, by, n, in)
			})
	}
}
