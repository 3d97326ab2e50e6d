package swaps

import (
	"context"
	"time"

	"github.com/guildhall/guildhall/internal/core/access"
	"github.com/guildhall/guildhall/internal/core/meet"
	"github.com/guildhall/guildhall/internal/core/skills"
	"github.com/guildhall/guildhall/internal/platform/api"
	"github.com/guildhall/guildhall/internal/platform/fault"
	"github.com/guildhall/guildhall/internal/platform/id"
)

// SwapJSON is a swap.
type SwapJSON struct {
	ID      string           `json:"id"`
	URL     string           `json:"url" doc:"Path of its page"`
	State   string           `json:"state" enum:"proposed,standing,done,declined,lapsed,broken,withdrawn"`
	Round   string           `json:"round,omitempty" doc:"Id of the round that found it; absent when somebody proposed it"`
	Owed    bool             `json:"owed" doc:"The first member learns for hours they are owed and teaches nothing"`
	Note    string           `json:"note,omitempty"`
	Lessons int              `json:"lessons" doc:"That each gives"`
	Minutes int              `json:"minutes" doc:"Of one lesson"`
	Format  string           `json:"format" enum:"either,online,person"`
	Version int              `json:"version" doc:"Rises when somebody suggests a change"`
	Changer string           `json:"changed_by,omitempty" doc:"Person who suggested the last change"`
	Due     time.Time        `json:"due_at" doc:"The last moment to accept"`
	Created time.Time        `json:"created_at"`
	Members []SwapMemberJSON `json:"members" doc:"Each teaches the next, the last the first"`
}

// SwapMemberJSON is somebody in a swap.
type SwapMemberJSON struct {
	Person string `json:"person"`
	Skill  string `json:"skill,omitempty" doc:"Name of what they teach the next; absent when nothing, or when the next keeps that wish to themselves and hasn't accepted"`
	Answer string `json:"answer" enum:",yes,no"`
	Given  int    `json:"given_minutes"`
}

// SwapOfferJSON is something somebody openly offers.
type SwapOfferJSON struct {
	Person string `json:"person"`
	Skill  string `json:"skill" doc:"Id"`
	Name   string `json:"name"`
	Level  int    `json:"level" minimum:"1" maximum:"4"`
	Work   bool   `json:"work" doc:"To do with work"`
	Note   string `json:"note,omitempty"`
}

// SwapLessonJSON is a lesson of a swap. Its id is that of its meeting.
type SwapLessonJSON struct {
	ID      string    `json:"id"`
	Teacher string    `json:"teacher"`
	Learner string    `json:"learner"`
	Start   time.Time `json:"starts_at"`
	End     time.Time `json:"ends_at"`
	State   string    `json:"state" enum:"planned,cancelled"`
	Given   int       `json:"given_minutes" doc:"Once they said that they met"`
	Thanks  []string  `json:"thanks"`
}

// HourLineJSON is a line of the caller's own account of hours.
type HourLineJSON struct {
	Kind    string    `json:"kind" enum:"broken,laid,given,returned"`
	Swap    string    `json:"swap"`
	Minutes int       `json:"minutes"`
	Balance int       `json:"balance_minutes" doc:"After it"`
	At      time.Time `json:"at"`
}

// SwapChoicesJSON is what the caller chose about swaps.
type SwapChoicesJSON struct {
	Rounds     bool               `json:"rounds" doc:"Rings are looked for"`
	Format     string             `json:"format" enum:"either,online,person"`
	Lessons    int                `json:"lessons" minimum:"1" maximum:"12"`
	Minutes    int                `json:"minutes" minimum:"15" maximum:"180"`
	Priorities []SwapPriorityJSON `json:"priorities,omitempty" doc:"How much each offer and wish matters; what is not named is usual, or when choosing stays as it is"`
}

// SwapPriorityJSON is how much an offer or a wish of the caller's matters.
type SwapPriorityJSON struct {
	Skill     string `json:"skill" doc:"Id of what the caller offers or wants"`
	Direction string `json:"direction" enum:"teach,want"`
	Priority  int    `json:"priority" minimum:"0" maximum:"3" doc:"0 not in swaps, 1 usual, 2 soon, 3 before all others"`
}

// SwapRulesJSON are the rules by which rounds find rings.
type SwapRulesJSON struct {
	Longest int `json:"longest" minimum:"2" maximum:"5" doc:"People in the longest ring"`
	Weeks   int `json:"weeks" enum:"-1,1,2,4" doc:"Between two rounds; -1 only when somebody who organises starts one"`
	Days    int `json:"days" minimum:"1" maximum:"14" doc:"To accept a ring"`
	Credit  int `json:"credit" minimum:"0" maximum:"20" doc:"Hours somebody may learn ahead of teaching"`
}

// SwapRoundJSON is a round.
type SwapRoundJSON struct {
	ID        string     `json:"id"`
	State     string     `json:"state" enum:"running,published"`
	People    int        `json:"people"`
	Rings     int        `json:"rings"`
	Served    int        `json:"served"`
	Proven    bool       `json:"proven" doc:"No set of rings serves better"`
	Created   time.Time  `json:"created_at"`
	Published *time.Time `json:"published_at,omitempty"`
}

type swapListInput struct {
	List   string `query:"list" enum:"open,ended" default:"open"`
	Cursor string `query:"cursor" doc:"next_cursor of the page before"`
	Limit  int    `query:"limit" minimum:"1" maximum:"100" default:"30"`
}

type swapOffersInput struct {
	Skill  string `query:"skill" doc:"Id of a skill"`
	List   string `query:"list" enum:"all,wanted,outside" default:"all"`
	Cursor string `query:"cursor" doc:"next_cursor of the page before"`
	Limit  int    `query:"limit" minimum:"1" maximum:"100" default:"30"`
}

type swapPageInput struct {
	Cursor string `query:"cursor" doc:"next_cursor of the page before"`
	Limit  int    `query:"limit" minimum:"1" maximum:"100" default:"30"`
}

type swapProposeInput struct {
	Body struct {
		To      string `json:"to" doc:"Id of a person"`
		Learn   string `json:"learn" doc:"Id of a skill they openly offer"`
		Teach   string `json:"teach,omitempty" doc:"Id of a skill the caller offers; left out to learn for hours they are owed"`
		Lessons int    `json:"lessons" minimum:"1" maximum:"12"`
		Minutes int    `json:"minutes" minimum:"15" maximum:"180"`
		Format  string `json:"format" enum:"either,online,person"`
		Note    string `json:"note,omitempty" maxLength:"500"`
	}
}

type swapAnswerInput struct {
	api.ByID
	Body struct {
		Answer  string `json:"answer" enum:"yes,no"`
		Version int    `json:"version,omitempty" minimum:"1" doc:"Of the swap that was read, 1 when left out; whoever accepts another one is refused"`
		Why     string `json:"why,omitempty" enum:",time,skill,people" doc:"Told to nobody"`
	}
}

type swapChangeInput struct {
	api.ByID
	Body struct {
		Version int    `json:"version" doc:"Of the swap that was read"`
		Teach   string `json:"teach,omitempty" doc:"Id of the skill the caller would teach; left out for nothing, and in a ring of a round"`
		Learn   string `json:"learn,omitempty" doc:"Id of the skill the caller would be taught; left out for nothing, and in a ring of a round"`
		Lessons int    `json:"lessons" minimum:"1" maximum:"12"`
		Minutes int    `json:"minutes" minimum:"15" maximum:"180"`
		Format  string `json:"format" enum:"either,online,person"`
		Note    string `json:"note,omitempty" maxLength:"500"`
	}
}

type swapChangedJSON struct {
	Version int `json:"version"`
}

// SwapTermsJSON is what a swap said at one time.
type SwapTermsJSON struct {
	Version int       `json:"version"`
	Person  string    `json:"person,omitempty" doc:"Who said so; absent for a round"`
	Teaches []string  `json:"teaches,omitempty" doc:"Names of what the first and the second of two teach, empty for nothing; absent in a ring of a round"`
	Lessons int       `json:"lessons"`
	Minutes int       `json:"minutes"`
	Format  string    `json:"format" enum:"either,online,person"`
	Note    string    `json:"note,omitempty"`
	At      time.Time `json:"at"`
}

type swapLeaveInput struct {
	api.ByID
	Why string `query:"why" enum:",time,skill,people" doc:"Told to nobody"`
}

type swapLessonInput struct {
	api.ByID
	Body struct {
		Teacher string    `json:"teacher" doc:"Id of the member who teaches"`
		Start   time.Time `json:"starts_at"`
		End     time.Time `json:"ends_at"`
		Zone    string    `json:"time_zone" doc:"IANA"`
		Place   string    `json:"place,omitempty"`
		Link    string    `json:"link,omitempty"`
		Online  bool      `json:"online,omitempty" doc:"Gets a link of the organisation's video tool"`
	}
}

type swapThankInput struct {
	api.ByID
	Body struct {
		Lesson string `json:"lesson" doc:"Id of a lesson that took place"`
		Words  string `json:"words,omitempty" doc:"A sentence, at most 300 characters; this or again is needed"`
		Shown  bool   `json:"shown,omitempty" doc:"Others may read it, without a name"`
		Again  string `json:"again,omitempty" enum:",yes,no" doc:"Whether you would do it again with each other: told to nobody, and counted in the next round"`
	}
}

type swapChooseInput struct {
	Body SwapChoicesJSON
}

type swapRulesInput struct {
	Body SwapRulesJSON
}

type swapTimesInput struct {
	api.ByID
	meet.TimesInput
	Teacher string `query:"teacher" doc:"Id of the member who teaches; the caller when left out"`
}

type swapMadeJSON struct {
	ID  string `json:"id"`
	URL string `json:"url"`
}

type swapHoursJSON struct {
	Balance    int            `json:"balance_minutes" doc:"Owed to the caller; negative when they owe"`
	Items      []HourLineJSON `json:"items"`
	NextCursor string         `json:"next_cursor"`
}

func swapJSON(w Swap, by access.Actor) SwapJSON {
	out := SwapJSON{
		ID: w.ID.String(), URL: "/swaps/" + w.ID.String(), State: w.State, Round: w.Round.String(), Owed: w.Owed, Note: w.Note, Lessons: w.Lessons,
		Minutes: w.Minutes, Format: w.Format, Version: w.Version, Due: w.Due, Created: w.Created,
	}
	if w.Changer != 0 {
		out.Changer = w.Changer.String()
	}
	for i, m := range w.Members {
		x := SwapMemberJSON{Person: m.Person.String(), Answer: m.Answer, Given: m.Given}
		if w.Tells(i, by.Person) {
			x.Skill = m.Skill.Name
		}
		out.Members = append(out.Members, x)
	}
	return out
}

// place reads a cursor, which is the id of the last one seen.
func place(cursor string) (id.ID, error) {
	if cursor == "" {
		return 0, nil
	}
	n, err := id.Parse(cursor)
	if err != nil {
		return 0, fault.Missing()
	}
	return n, nil
}

// skillOf reads the id of a skill, 0 when it is left out and NoSkill when it is
// no id.
func skillOf(raw string) id.ID {
	if raw == "" {
		return 0
	}
	n, err := id.Parse(raw)
	if err != nil || n == 0 {
		return NoSkill
	}
	return n
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

// AddAPI adds the operations on swaps.
func AddAPI(a *api.API[access.Actor], s *Service, on func() bool) {
	op := func(method, path, name, summary string, status int) api.Operation {
		return api.Operation{Method: method, Path: "/api/v1/" + path, ID: name, Summary: summary, Tag: "Swaps", Status: status, On: on}
	}
	api.Add(a, op("GET", "swaps", "list-swaps", "The caller's swaps", 200),
		func(ctx context.Context, by access.Actor, in *swapListInput) (*api.Body[api.Page[SwapJSON]], error) {
			before, err := place(in.Cursor)
			if err != nil {
				return nil, err
			}
			list, more, err := s.List(ctx, by, in.List == "ended", before, in.Limit)
			if err != nil {
				return nil, err
			}
			page := api.Page[SwapJSON]{Items: []SwapJSON{}}
			for _, w := range list {
				page.Items = append(page.Items, swapJSON(w, by))
			}
			if more {
				page.NextCursor = list[len(list)-1].ID.String()
			}
			return api.OK(page), nil
		})
	api.Add(a, op("POST", "swaps", "propose-swap", "Propose a swap to somebody", 201),
		func(ctx context.Context, by access.Actor, in *swapProposeInput) (*api.Body[swapMadeJSON], error) {
			p := Proposal{Lessons: in.Body.Lessons, Minutes: in.Body.Minutes, Format: in.Body.Format, Note: in.Body.Note}
			var err error
			if p.To, err = id.Parse(in.Body.To); err != nil {
				return nil, fault.Missing()
			}
			if p.Learn = skillOf(in.Body.Learn); in.Body.Learn == "" {
				p.Learn = NoSkill
			}
			p.Teach = skillOf(in.Body.Teach)
			n, err := s.Propose(ctx, by, p)
			if err != nil {
				return nil, err
			}
			return api.OK(swapMadeJSON{n.String(), "/swaps/" + n.String()}), nil
		})
	api.Add(a, op("GET", "swaps/{id}", "open-swap", "A swap of the caller's", 200),
		func(ctx context.Context, by access.Actor, in *api.ByID) (*api.Body[SwapJSON], error) {
			n, err := id.Parse(in.ID)
			if err != nil {
				return nil, api.NotFound()
			}
			w, err := s.Open(ctx, by, n)
			if err != nil {
				return nil, err
			}
			return api.OK(swapJSON(w, by)), nil
		})
	taken := op("DELETE", "swaps/{id}", "withdraw-swap", "Take back a swap that you proposed and nobody accepted yet", 204)
	taken.Doc = "Also a change that you suggested and the other has not answered. Whoever is asked declines instead, by answer-swap. Once it was accepted the answer is 409, and leave-swap ends it."
	api.Add(a, taken, func(ctx context.Context, by access.Actor, in *api.ByID) (*api.None, error) {
		return act(in.ID, func(n id.ID) error { return s.Withdraw(ctx, by, n) })
	})
	api.Add(a, op("PUT", "swaps/{id}/answer", "answer-swap", "Accept or decline a swap", 204),
		func(ctx context.Context, by access.Actor, in *swapAnswerInput) (*api.None, error) {
			// Who does not say what they read knows only the proposal.
			return act(in.ID, func(n id.ID) error {
				return s.Answer(ctx, by, n, max(1, in.Body.Version), in.Body.Answer == "yes", in.Body.Why)
			})
		})
	api.Add(a, op("GET", "swaps/{id}/changes", "list-swap-changes", "What a swap said from its proposal on; nothing when nobody changed it", 200),
		func(ctx context.Context, by access.Actor, in *api.ByID) (*api.Body[api.Page[SwapTermsJSON]], error) {
			n, err := id.Parse(in.ID)
			if err != nil {
				return nil, api.NotFound()
			}
			list, err := s.History(ctx, by, n)
			if err != nil {
				return nil, err
			}
			page := api.Page[SwapTermsJSON]{Items: []SwapTermsJSON{}}
			for _, t := range list {
				x := SwapTermsJSON{Version: t.Version, Lessons: t.Lessons, Minutes: t.Minutes, Format: t.Format, Note: t.Note, At: t.At}
				if t.Person != 0 {
					x.Person = t.Person.String()
				}
				if t.Teaches[1].ID != 0 {
					x.Teaches = []string{t.Teaches[0].Name, t.Teaches[1].Name}
				}
				page.Items = append(page.Items, x)
			}
			return api.OK(page), nil
		})
	api.Add(a, op("POST", "swaps/{id}/changes", "change-swap", "Suggest a change to a proposed swap", 201),
		func(ctx context.Context, by access.Actor, in *swapChangeInput) (*api.Body[swapChangedJSON], error) {
			n, err := id.Parse(in.ID)
			if err != nil {
				return nil, api.NotFound()
			}
			c := Change{Version: in.Body.Version, Lessons: in.Body.Lessons, Minutes: in.Body.Minutes, Format: in.Body.Format, Note: in.Body.Note}
			c.Teach, c.Learn = skillOf(in.Body.Teach), skillOf(in.Body.Learn)
			version, err := s.Suggest(ctx, by, n, c)
			if err != nil {
				return nil, err
			}
			return api.OK(swapChangedJSON{version}), nil
		})
	api.Add(a, op("DELETE", "swaps/{id}/membership", "leave-swap", "Leave a swap that stands", 204),
		func(ctx context.Context, by access.Actor, in *swapLeaveInput) (*api.None, error) {
			return act(in.ID, func(n id.ID) error { return s.Leave(ctx, by, n, in.Why) })
		})
	api.Add(a, op("GET", "swaps/{id}/lessons", "list-lessons", "The lessons of a swap", 200),
		func(ctx context.Context, by access.Actor, in *api.ByID) (*api.Body[api.Page[SwapLessonJSON]], error) {
			n, err := id.Parse(in.ID)
			if err != nil {
				return nil, api.NotFound()
			}
			list, err := s.Lessons(ctx, by, n)
			if err != nil {
				return nil, err
			}
			page := api.Page[SwapLessonJSON]{Items: []SwapLessonJSON{}}
			for _, l := range list {
				x := SwapLessonJSON{ID: l.Meeting.String(), Teacher: l.Teacher.String(), Learner: l.Learner.String(), Start: l.Start, End: l.End, State: l.State, Given: l.Given, Thanks: []string{}}
				for _, t := range l.Thanks {
					x.Thanks = append(x.Thanks, t.Words)
				}
				page.Items = append(page.Items, x)
			}
			return api.OK(page), nil
		})
	api.Add(a, op("GET", "swaps/{id}/lessons/slots", "suggest-lesson-times", "Times at which the two of a lesson could meet", 200),
		func(ctx context.Context, by access.Actor, in *swapTimesInput) (*api.Body[api.Page[meet.SlotJSON]], error) {
			n, err := id.Parse(in.ID)
			if err != nil {
				return nil, api.NotFound()
			}
			teacher := by.Person
			if in.Teacher != "" {
				if teacher, err = id.Parse(in.Teacher); err != nil {
					return nil, api.NotFound()
				}
			}
			w, err := s.Open(ctx, by, n)
			if err != nil {
				return nil, err
			}
			at, err := w.lesson(by, teacher)
			if err != nil {
				return nil, err
			}
			return s.Meetings.Times(ctx, []id.ID{teacher, w.Learner(at).Person}, in.TimesInput, by.Zone)
		})
	api.Add(a, op("POST", "swaps/{id}/lessons", "plan-lesson", "Plan a lesson", 201),
		func(ctx context.Context, by access.Actor, in *swapLessonInput) (*api.Body[swapMadeJSON], error) {
			n, err := id.Parse(in.ID)
			if err != nil {
				return nil, api.NotFound()
			}
			teacher, err := id.Parse(in.Body.Teacher)
			if err != nil {
				return nil, fault.Missing()
			}
			made, err := s.PlanLesson(ctx, by, n, teacher, meet.New{
				Start: in.Body.Start, End: in.Body.End, Zone: in.Body.Zone, Place: in.Body.Place, Link: in.Body.Link, Online: in.Body.Online,
			})
			if err != nil {
				return nil, err
			}
			return api.OK(swapMadeJSON{made.String(), "/meetings/" + made.String()}), nil
		})
	api.Add(a, op("PUT", "swaps/{id}/thanks", "thank-for-lesson", "Thank the other of a lesson", 204),
		func(ctx context.Context, by access.Actor, in *swapThankInput) (*api.None, error) {
			return act(in.ID, func(n id.ID) error {
				if _, err := s.Open(ctx, by, n); err != nil {
					return err
				}
				lesson, err := id.Parse(in.Body.Lesson)
				if err != nil {
					return fault.Missing()
				}
				return s.Thank(ctx, by, n, lesson, in.Body.Words, in.Body.Shown, in.Body.Again)
			})
		})
	api.Add(a, op("GET", "swap-offers", "list-swap-offers", "What others openly offer", 200),
		func(ctx context.Context, by access.Actor, in *swapOffersInput) (*api.Body[api.Page[SwapOfferJSON]], error) {
			f := OfferFilter{Outside: in.List == "outside", Wanted: in.List == "wanted", Limit: in.Limit}
			var err error
			if f.Before, err = place(in.Cursor); err != nil {
				return nil, err
			}
			if f.Skill, err = place(in.Skill); err != nil {
				return nil, err
			}
			list, more, err := s.Offers(ctx, by, f)
			if err != nil {
				return nil, err
			}
			page := api.Page[SwapOfferJSON]{Items: []SwapOfferJSON{}}
			for _, o := range list {
				page.Items = append(page.Items, SwapOfferJSON{Person: o.Person.String(), Skill: o.Skill.ID.String(), Name: o.Skill.Name, Level: o.Level, Work: o.Work, Note: o.Note})
			}
			if more {
				page.NextCursor = list[len(list)-1].Position.String()
			}
			return api.OK(page), nil
		})
	addLook(a, s, op)
	api.Add(a, op("GET", "swap-hours", "swap-hours", "The caller's account of hours", 200),
		func(ctx context.Context, by access.Actor, in *swapPageInput) (*api.Body[swapHoursJSON], error) {
			before, err := place(in.Cursor)
			if err != nil {
				return nil, err
			}
			balance, list, more, err := s.Statement(ctx, by, before, in.Limit)
			if err != nil {
				return nil, err
			}
			out := swapHoursJSON{Balance: balance, Items: []HourLineJSON{}}
			for _, l := range list {
				out.Items = append(out.Items, HourLineJSON{Kind: l.Kind, Swap: l.Swap.String(), Minutes: l.Minutes, Balance: l.Balance, At: l.At})
			}
			if more {
				out.NextCursor = list[len(list)-1].ID.String()
			}
			return api.OK(out), nil
		})
	api.Add(a, op("GET", "swap-choices", "swap-choices", "What the caller chose about swaps", 200),
		func(ctx context.Context, by access.Actor, _ *struct{}) (*api.Body[SwapChoicesJSON], error) {
			c, list, err := s.Chosen(ctx, by)
			if err != nil {
				return nil, err
			}
			out := SwapChoicesJSON{Rounds: c.Rounds, Format: c.Format, Lessons: c.Lessons, Minutes: c.Minutes}
			for _, p := range list {
				out.Priorities = append(out.Priorities, SwapPriorityJSON{Skill: p.Skill.String(), Direction: string(p.Direction), Priority: p.Priority})
			}
			return api.OK(out), nil
		})
	api.Add(a, op("PUT", "swap-choices", "choose-swaps", "Choose how to swap", 204),
		func(ctx context.Context, by access.Actor, in *swapChooseInput) (*api.None, error) {
			b := in.Body
			var list []Priority
			for _, p := range b.Priorities {
				list = append(list, Priority{Skill: skillOf(p.Skill), Direction: skills.Direction(p.Direction), Priority: p.Priority})
			}
			return &api.None{}, s.Choose(ctx, by, Choices{Rounds: b.Rounds, Format: b.Format, Lessons: b.Lessons, Minutes: b.Minutes}, list)
		})
	api.Add(a, op("GET", "swap-rules", "get-swap-rules", "The rules of rounds, for organisers", 200),
		func(ctx context.Context, by access.Actor, _ *struct{}) (*api.Body[SwapRulesJSON], error) {
			r, err := s.Rules(by)
			if err != nil {
				return nil, err
			}
			return api.OK(SwapRulesJSON(r)), nil
		})
	api.Add(a, op("PUT", "swap-rules", "set-swap-rules", "Set the rules of rounds, for organisers", 204),
		func(ctx context.Context, by access.Actor, in *swapRulesInput) (*api.None, error) {
			return &api.None{}, s.SetRules(ctx, by, Rules(in.Body))
		})
	api.Add(a, op("GET", "swap-rounds", "list-swap-rounds", "Rounds, for organisers", 200),
		func(ctx context.Context, by access.Actor, in *swapPageInput) (*api.Body[api.Page[SwapRoundJSON]], error) {
			before, err := place(in.Cursor)
			if err != nil {
				return nil, err
			}
			list, more, err := s.Rounds(ctx, by, before, in.Limit)
			if err != nil {
				return nil, err
			}
			page := api.Page[SwapRoundJSON]{Items: []SwapRoundJSON{}}
			for _, r := range list {
				x := SwapRoundJSON{ID: r.ID.String(), State: r.State, People: r.People, Rings: r.Rings, Served: r.Served, Proven: r.State == "published" && r.Proven(), Created: r.Created}
				if !r.Published.IsZero() {
					x.Published = &r.Published
				}
				page.Items = append(page.Items, x)
			}
			if more {
				page.NextCursor = list[len(list)-1].ID.String()
			}
			return api.OK(page), nil
		})
	api.Add(a, op("POST", "swap-rounds", "start-swap-round", "Start a round now, for organisers", 201),
		func(ctx context.Context, by access.Actor, _ *struct{}) (*api.Body[swapMadeJSON], error) {
			n, err := s.Start(ctx, by)
			if err != nil {
				return nil, err
			}
			return api.OK(swapMadeJSON{n.String(), "/swaps/rounds"}), nil
		})
}
