package coffee

import (
	"context"
	"time"

	"github.com/guildhall/guildhall/internal/core/access"
	"github.com/guildhall/guildhall/internal/core/meet"
	"github.com/guildhall/guildhall/internal/core/people"
	"github.com/guildhall/guildhall/internal/platform/api"
	"github.com/guildhall/guildhall/internal/platform/db"
	"github.com/guildhall/guildhall/internal/platform/id"
	"github.com/guildhall/guildhall/internal/platform/web"
)

// GroupJSON is a group as the caller sees it.
type GroupJSON struct {
	ID         string     `json:"id"`
	URL        string     `json:"url" doc:"Path of its page"`
	Name       string     `json:"name"`
	Every      string     `json:"every" enum:"week,fortnight,month"`
	Size       int        `json:"size" enum:"2,3" doc:"How many meet"`
	Mixing     string     `json:"mixing" enum:"mixed,across,within" doc:"Anybody, people of different departments, or of the same"`
	State      string     `json:"state" enum:"open,closed"`
	Next       time.Time  `json:"next_round_at"`
	People     int        `json:"people,omitempty" doc:"How many are in it, from five on; at most 1000 are counted"`
	Membership string     `json:"membership" enum:",in,paused" doc:"The caller's own"`
	Snoozed    *time.Time `json:"snoozed_until,omitempty" doc:"The caller's own"`
}

// PairJSON is two or three people who are to meet.
type PairJSON struct {
	ID        string       `json:"id"`
	URL       string       `json:"url" doc:"Path of its page"`
	Kind      string       `json:"kind" enum:"round,lunch"`
	Group     string       `json:"group,omitempty"`
	At        time.Time    `json:"at"`
	MetBefore *time.Time   `json:"met_before,omitempty" doc:"When two of them were drawn together last"`
	Met       string       `json:"met" enum:",yes,no" doc:"What the caller said"`
	People    []PersonJSON `json:"people"`
}

// PersonJSON is one of a pair.
type PersonJSON struct {
	ID   string `json:"id"`
	Name string `json:"name"`
}

// WordsJSON are a kind word that the caller keeps.
type WordsJSON struct {
	ID   string    `json:"id"`
	From string    `json:"from"`
	Text string    `json:"text"`
	At   time.Time `json:"at"`
}

type groupInput struct {
	Body struct {
		Name   string `json:"name"`
		Every  string `json:"every" enum:"week,fortnight,month"`
		Size   int    `json:"size" enum:"2,3"`
		Mixing string `json:"mixing" enum:"mixed,across,within"`
		Zone   string `json:"time_zone,omitempty" doc:"IANA, by whose clock rounds begin; the caller's when left out"`
	}
}

type regroupInput struct {
	api.ByID
	Body struct {
		Name   string `json:"name"`
		Every  string `json:"every" enum:"week,fortnight,month"`
		Size   int    `json:"size" enum:"2,3"`
		Mixing string `json:"mixing" enum:"mixed,across,within"`
	}
}

type listInput struct {
	Mine   bool   `query:"mine" doc:"Only those the caller is in"`
	Cursor string `query:"cursor" doc:"next_cursor of the page before"`
	Limit  int    `query:"limit" minimum:"1" maximum:"100" default:"30"`
}

type pageInput struct {
	Cursor string `query:"cursor" doc:"next_cursor of the page before"`
	Limit  int    `query:"limit" minimum:"1" maximum:"100" default:"30"`
}

type snoozeInput struct {
	api.ByID
	Body struct {
		Rounds int `json:"rounds" minimum:"0" maximum:"12" doc:"How many to miss; 0 takes it back"`
	}
}

type metInput struct {
	api.ByID
	Body struct {
		Met string `json:"met" enum:"yes,no"`
	}
}

type thankInput struct {
	api.ByID
	Body struct {
		To    string `json:"to" doc:"Id of one of the others"`
		Words string `json:"words"`
	}
}

type planInput struct {
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

type pairTimesInput struct {
	api.ByID
	meet.TimesInput
}

type avoidInput struct {
	Body struct {
		Person string `json:"person" doc:"Id, e-mail address or whole name"`
	}
}

type lunchJSON struct {
	Pair  string     `json:"pair,omitempty" doc:"Id of the pair when there is company"`
	Until *time.Time `json:"until,omitempty" doc:"Until when the caller waits"`
}

type madeJSON struct {
	ID string `json:"id"`
}

func (s *Service) groupJSON(g Seen) GroupJSON {
	out := GroupJSON{
		ID: g.ID.String(), URL: "/coffee/groups/" + g.ID.String(), Name: g.Name, Every: string(g.Every), Size: g.Size, Mixing: string(g.Mixing),
		State: g.State, Next: g.Next.UTC(), People: g.People, Membership: g.Mine.State,
	}
	if g.Mine.Snoozing(s.Clock.Now()) {
		at := g.Mine.Snoozed.UTC()
		out.Snoozed = &at
	}
	return out
}

func (s *Service) pairsJSON(ctx context.Context, by access.Actor, list []Pair) ([]PairJSON, error) {
	var ids []id.ID
	for _, p := range list {
		ids = append(ids, p.Persons()...)
	}
	var lines map[id.ID]people.Byline
	if err := s.DB.Read(ctx, func(tx *db.Tx) (err error) {
		lines, err = people.BylinesOf(tx, by, ids)
		return err
	}); err != nil {
		return nil, err
	}
	out := make([]PairJSON, len(list))
	for i, p := range list {
		out[i] = PairJSON{ID: p.ID.String(), URL: "/coffee/pairs/" + p.ID.String(), Kind: p.Kind, At: p.At.UTC(), Met: p.Mine(by.Person), People: []PersonJSON{}}
		if p.Group != 0 {
			out[i].Group = p.Group.String()
		}
		if !p.MetBefore.IsZero() {
			at := p.MetBefore.UTC()
			out[i].MetBefore = &at
		}
		for _, x := range p.People {
			out[i].People = append(out[i].People, PersonJSON{ID: x.Person.String(), Name: lines[x.Person].Name})
		}
	}
	return out, nil
}

func parse(text string) (id.ID, error) {
	n, err := id.Parse(text)
	if err != nil {
		return 0, api.NotFound()
	}
	return n, nil
}

// AddAPI adds the operations on coffee, which are there while on says so.
func AddAPI(a *api.API[access.Actor], s *Service, on func() bool) {
	addOffers(a, s, on)
	const tag = "Coffee"
	api.Add(a, api.Operation{Method: "GET", Path: "/api/v1/coffee/groups", ID: "list-coffee-groups", Summary: "Groups whose people meet in rounds", Tag: tag, On: on},
		func(ctx context.Context, by access.Actor, in *listInput) (*api.Body[api.Page[GroupJSON]], error) {
			after, err := web.ParseCursor(in.Cursor)
			if err != nil {
				return nil, err
			}
			list, more, err := s.Groups(ctx, by, in.Mine, Mark{At: after.At, ID: after.ID}, in.Limit)
			if err != nil {
				return nil, err
			}
			out := api.Page[GroupJSON]{Items: []GroupJSON{}}
			for _, g := range list {
				out.Items = append(out.Items, s.groupJSON(g))
			}
			if more {
				last := list[len(list)-1]
				out.NextCursor = web.Cursor{At: last.Created, ID: last.ID}.String()
			}
			return api.OK(out), nil
		})
	api.Add(a, api.Operation{Method: "POST", Path: "/api/v1/coffee/groups", ID: "start-coffee-group", Summary: "Start a group", Tag: tag, Status: 201, On: on},
		func(ctx context.Context, by access.Actor, in *groupInput) (*api.Body[madeJSON], error) {
			b := in.Body
			n, err := s.Start(ctx, by, NewGroup{Name: b.Name, Every: Cadence(b.Every), Size: b.Size, Mixing: Mixing(b.Mixing), Zone: b.Zone})
			if err != nil {
				return nil, err
			}
			return api.OK(madeJSON{ID: n.String()}), nil
		})
	api.Add(a, api.Operation{Method: "GET", Path: "/api/v1/coffee/groups/{id}", ID: "get-coffee-group", Summary: "A group", Tag: tag, On: on},
		func(ctx context.Context, by access.Actor, in *api.ByID) (*api.Body[GroupJSON], error) {
			n, err := parse(in.ID)
			if err != nil {
				return nil, err
			}
			g, err := s.Open(ctx, by, n)
			if err != nil {
				return nil, err
			}
			return api.OK(s.groupJSON(g)), nil
		})
	api.Add(a, api.Operation{Method: "PUT", Path: "/api/v1/coffee/groups/{id}", ID: "change-coffee-group", Summary: "Change a group", Tag: tag, On: on},
		func(ctx context.Context, by access.Actor, in *regroupInput) (*api.None, error) {
			n, err := parse(in.ID)
			if err != nil {
				return nil, err
			}
			b := in.Body
			return &api.None{}, s.Change(ctx, by, n, NewGroup{Name: b.Name, Every: Cadence(b.Every), Size: b.Size, Mixing: Mixing(b.Mixing)})
		})
	byID := func(method, path, name, summary string, do func(context.Context, access.Actor, id.ID) error) {
		api.Add(a, api.Operation{Method: method, Path: path, ID: name, Summary: summary, Tag: tag, On: on},
			func(ctx context.Context, by access.Actor, in *api.ByID) (*api.None, error) {
				n, err := parse(in.ID)
				if err != nil {
					return nil, err
				}
				return &api.None{}, do(ctx, by, n)
			})
	}
	byID("PUT", "/api/v1/coffee/groups/{id}/membership", "join-coffee-group", "Join a group, or come back after a pause", s.Join)
	byID("DELETE", "/api/v1/coffee/groups/{id}/membership", "leave-coffee-group", "Leave a group", s.Leave)
	byID("POST", "/api/v1/coffee/groups/{id}/rounds", "draw-coffee-round", "Draw the next round now", func(ctx context.Context, by access.Actor, group id.ID) error {
		defer evenly(ctx, time.Now())
		return s.Draw(ctx, by, group)
	})
	byID("DELETE", "/api/v1/coffee/groups/{id}", "close-coffee-group", "Close a group", s.Close)
	byID("DELETE", "/api/v1/coffee/kept/{id}", "drop-kind-word", "Take a kind word away", s.Drop)
	byID("DELETE", "/api/v1/coffee/avoid/{id}", "end-avoiding", "Take somebody off your list", s.Forgive)
	api.Add(a, api.Operation{Method: "PUT", Path: "/api/v1/coffee/groups/{id}/snooze", ID: "snooze-coffee", Summary: "Miss rounds of a group", Tag: tag, On: on},
		func(ctx context.Context, by access.Actor, in *snoozeInput) (*api.None, error) {
			n, err := parse(in.ID)
			if err != nil {
				return nil, err
			}
			return &api.None{}, s.Snooze(ctx, by, n, in.Body.Rounds)
		})
	api.Add(a, api.Operation{Method: "GET", Path: "/api/v1/coffee/pairs", ID: "list-coffee-pairs", Summary: "Whom you were drawn with", Tag: tag, On: on},
		func(ctx context.Context, by access.Actor, in *pageInput) (*api.Body[api.Page[PairJSON]], error) {
			var before id.ID
			if in.Cursor != "" {
				var err error
				if before, err = parse(in.Cursor); err != nil {
					return nil, err
				}
			}
			list, more, err := s.Pairs(ctx, by, before, in.Limit)
			if err != nil {
				return nil, err
			}
			out := api.Page[PairJSON]{}
			if out.Items, err = s.pairsJSON(ctx, by, list); err != nil {
				return nil, err
			}
			if more {
				out.NextCursor = list[len(list)-1].ID.String()
			}
			return api.OK(out), nil
		})
	api.Add(a, api.Operation{Method: "GET", Path: "/api/v1/coffee/pairs/{id}", ID: "get-coffee-pair", Summary: "A pair of yours", Tag: tag, On: on},
		func(ctx context.Context, by access.Actor, in *api.ByID) (*api.Body[PairJSON], error) {
			n, err := parse(in.ID)
			if err != nil {
				return nil, err
			}
			w, err := s.OpenPair(ctx, by, n)
			if err != nil {
				return nil, err
			}
			out, err := s.pairsJSON(ctx, by, []Pair{w.Pair})
			if err != nil {
				return nil, err
			}
			return api.OK(out[0]), nil
		})
	api.Add(a, api.Operation{Method: "PUT", Path: "/api/v1/coffee/pairs/{id}/confirmation", ID: "confirm-coffee", Summary: "Say whether you met", Tag: tag, On: on},
		func(ctx context.Context, by access.Actor, in *metInput) (*api.None, error) {
			n, err := parse(in.ID)
			if err != nil {
				return nil, err
			}
			return &api.None{}, s.Confirm(ctx, by, n, in.Body.Met)
		})
	api.Add(a, api.Operation{Method: "POST", Path: "/api/v1/coffee/pairs/{id}/words", ID: "leave-kind-word", Summary: "Leave a kind word that only its receiver sees", Tag: tag, On: on},
		func(ctx context.Context, by access.Actor, in *thankInput) (*api.None, error) {
			n, err := parse(in.ID)
			if err != nil {
				return nil, err
			}
			to, err := parse(in.Body.To)
			if err != nil {
				to = 0 // refused as nobody of the pair
			}
			return &api.None{}, s.Thank(ctx, by, n, to, in.Body.Words)
		})
	api.Add(a, api.Operation{Method: "GET", Path: "/api/v1/coffee/pairs/{id}/slots", ID: "suggest-coffee-times", Summary: "Times at which a pair of yours could meet", Tag: tag, On: on},
		func(ctx context.Context, by access.Actor, in *pairTimesInput) (*api.Body[api.Page[meet.SlotJSON]], error) {
			n, err := parse(in.ID)
			if err != nil {
				return nil, err
			}
			w, err := s.OpenPair(ctx, by, n)
			if err != nil {
				return nil, err
			}
			var here []id.ID
			for _, x := range w.People {
				if _, ok := w.Profiles[x.Person]; ok {
					here = append(here, x.Person)
				}
			}
			return s.Meet.Times(ctx, here, in.TimesInput, by.Zone)
		})
	api.Add(a, api.Operation{Method: "POST", Path: "/api/v1/coffee/pairs/{id}/meeting", ID: "plan-coffee", Summary: "Plan the meeting of a pair", Tag: tag, Status: 201, On: on},
		func(ctx context.Context, by access.Actor, in *planInput) (*api.Body[madeJSON], error) {
			n, err := parse(in.ID)
			if err != nil {
				return nil, err
			}
			b := in.Body
			m, err := s.Plan(ctx, by, n, b.Title, b.Agenda, meet.When{Start: b.Start, End: b.End, Zone: b.Zone, Place: b.Place, Link: b.Link, Online: b.Online})
			if err != nil {
				return nil, err
			}
			return api.OK(madeJSON{ID: m.String()}), nil
		})
	api.Add(a, api.Operation{Method: "GET", Path: "/api/v1/coffee/kept", ID: "list-kind-words", Summary: "Kind words you keep", Tag: tag, On: on},
		func(ctx context.Context, by access.Actor, in *pageInput) (*api.Body[api.Page[WordsJSON]], error) {
			after, err := web.ParseCursor(in.Cursor)
			if err != nil {
				return nil, err
			}
			list, more, err := s.Kept(ctx, by, Mark{At: after.At, ID: after.ID}, in.Limit)
			if err != nil {
				return nil, err
			}
			var authors []id.ID
			for _, w := range list {
				authors = append(authors, w.Author)
			}
			var lines map[id.ID]people.Byline
			if err := s.DB.Read(ctx, func(tx *db.Tx) (err error) {
				lines, err = people.Bylines(tx, by, authors)
				return err
			}); err != nil {
				return nil, err
			}
			out := api.Page[WordsJSON]{Items: []WordsJSON{}}
			for _, w := range list {
				out.Items = append(out.Items, WordsJSON{ID: w.ID.String(), From: lines[w.Author].Name, Text: w.Text, At: w.At.UTC()})
			}
			if more {
				last := list[len(list)-1]
				out.NextCursor = web.Cursor{At: last.At, ID: last.ID}.String()
			}
			return api.OK(out), nil
		})
	api.Add(a, api.Operation{Method: "GET", Path: "/api/v1/coffee/avoid", ID: "list-avoided", Summary: "Whom you would rather not be drawn with; nobody else ever learns of it", Tag: tag, On: on},
		func(ctx context.Context, by access.Actor, _ *struct{}) (*api.Body[api.Page[PersonJSON]], error) {
			list, err := s.Avoids(ctx, by)
			if err != nil {
				return nil, err
			}
			var lines map[id.ID]people.Byline
			if err := s.DB.Read(ctx, func(tx *db.Tx) (err error) {
				lines, err = people.BylinesOf(tx, by, list)
				return err
			}); err != nil {
				return nil, err
			}
			out := api.Page[PersonJSON]{Items: []PersonJSON{}}
			for _, n := range list {
				out.Items = append(out.Items, PersonJSON{ID: n.String(), Name: lines[n].Name})
			}
			return api.OK(out), nil
		})
	api.Add(a, api.Operation{Method: "POST", Path: "/api/v1/coffee/avoid", ID: "avoid", Summary: "Put somebody on your list", Tag: tag, On: on},
		func(ctx context.Context, by access.Actor, in *avoidInput) (*api.None, error) {
			return &api.None{}, s.Avoid(ctx, by, in.Body.Person)
		})
	api.Add(a, api.Operation{Method: "PUT", Path: "/api/v1/coffee/lunch", ID: "lunch-now", Summary: "Be free for lunch for an hour; whoever else is at your site is paired with you at once", Tag: tag, On: on},
		func(ctx context.Context, by access.Actor, _ *struct{}) (*api.Body[lunchJSON], error) {
			pair, err := s.LunchNow(ctx, by)
			if err != nil {
				return nil, err
			}
			out := lunchJSON{}
			if pair != 0 {
				out.Pair = pair.String()
			} else {
				until, err := s.LunchUntil(ctx, by)
				if err != nil {
					return nil, err
				}
				until = until.UTC()
				out.Until = &until
			}
			return api.OK(out), nil
		})
	api.Add(a, api.Operation{Method: "DELETE", Path: "/api/v1/coffee/lunch", ID: "no-lunch", Summary: "Not free for lunch any more", Tag: tag, On: on},
		func(ctx context.Context, by access.Actor, _ *struct{}) (*api.None, error) {
			return &api.None{}, s.NoLunch(ctx, by)
		})
}
