package mentoring

import (
	"context"
	"strconv"
	"strings"
	"time"

	"github.com/guildhall/guildhall/internal/core/access"
	"github.com/guildhall/guildhall/internal/core/people"
	"github.com/guildhall/guildhall/internal/core/skills"
	"github.com/guildhall/guildhall/internal/platform/api"
	"github.com/guildhall/guildhall/internal/platform/db"
	"github.com/guildhall/guildhall/internal/platform/fault"
	"github.com/guildhall/guildhall/internal/platform/id"
	"github.com/guildhall/guildhall/internal/platform/job"
)

// PairedPersonJSON is somebody of a programme.
type PairedPersonJSON struct {
	ID   string `json:"id"`
	Name string `json:"name"`
}

// PairReasonJSON is how well two people fit by one criterion.
type PairReasonJSON struct {
	Criterion string   `json:"criterion" enum:"skills,unit,hours,language,site,line"`
	Share     float64  `json:"share" doc:"0 to 1"`
	Skills    []string `json:"skills,omitempty" doc:"Wanted by one, offered by the other"`
	Hours     int      `json:"hours,omitempty" doc:"A week in which both work"`
	Language  string   `json:"language,omitempty"`
}

// EnrolmentJSON is somebody's part in a programme.
type EnrolmentJSON struct {
	Person   PairedPersonJSON `json:"person"`
	Role     string           `json:"role" enum:"mentor,mentee,peer"`
	Capacity int              `json:"capacity"`
	Goals    string           `json:"goals"`
	Answers  []string         `json:"answers"`
	Skills   []string         `json:"skills"`
}

// PairingRunJSON is one run of the matching.
type PairingRunJSON struct {
	ID        string     `json:"id"`
	State     string     `json:"state" enum:"computing,draft,publishing,published,dropped"`
	Percent   int        `json:"percent" doc:"How far it is while computing or publishing"`
	Weights   Weights    `json:"weights"`
	Objective float64    `json:"objective" doc:"All scores together, and 1 for each pair"`
	Bound     float64    `json:"bound" doc:"No pairing of this cohort is worth more"`
	Optimal   bool       `json:"optimal" doc:"Proven"`
	Seconds   float64    `json:"seconds"`
	Pairs     int        `json:"pairs"`
	Look      int        `json:"look" doc:"Pairs that need a look"`
	Alone     int        `json:"alone" doc:"People without a pair"`
	Report    Report     `json:"report" doc:"Fairness beside two simpler ways"`
	Made      time.Time  `json:"made_at"`
	Published *time.Time `json:"published_at,omitempty"`
}

// ProposalJSON is one pair of a run.
type ProposalJSON struct {
	Mentee    PairedPersonJSON  `json:"mentee"`
	Mentor    *PairedPersonJSON `json:"mentor,omitempty" doc:"Nobody when absent"`
	Score     int               `json:"score" doc:"0 to 100, of the pair"`
	Reasons   []PairReasonJSON  `json:"reasons"`
	Caution   string            `json:"caution,omitempty" enum:"skills,hours,unit,language,low,nobody,full"`
	Pinned    bool              `json:"pinned"`
	Next      *PairedPersonJSON `json:"next,omitempty" doc:"The next best mentor"`
	NextScore int               `json:"next_score,omitempty"`
}

// ChoiceJSON is a mentor for a mentee.
type ChoiceJSON struct {
	Mentor  PairedPersonJSON `json:"mentor"`
	Score   int              `json:"score"`
	Reasons []PairReasonJSON `json:"reasons"`
	Rule    string           `json:"rule,omitempty" enum:"pin,apart"`
	Line    bool             `json:"line" doc:"One reports to the other: never a pair"`
	Full    bool             `json:"full" doc:"Has somebody for each place in the run"`
	Reason  string           `json:"reason,omitempty" doc:"Why one of them said no before, when they said it"`
}

// SuggestionJSON is a mentor whom the caller may ask.
type SuggestionJSON struct {
	Mentor  PairedPersonJSON `json:"mentor"`
	Skills  []string         `json:"skills"`
	Goals   string           `json:"goals"`
	Reasons []PairReasonJSON `json:"reasons"`
}

// ProgrammeHealthJSON is how a programme goes. Numbers of fewer than five are
// absent.
type ProgrammeHealthJSON struct {
	Mentors  int      `json:"mentors"`
	Mentees  int      `json:"mentees"`
	Proposed int      `json:"proposed"`
	Active   int      `json:"active"`
	Declined int      `json:"declined"`
	Closed   int      `json:"closed"`
	Met      *int     `json:"met,omitempty" doc:"Mentorships that met at least once"`
	Pulse    *float64 `json:"pulse,omitempty" doc:"Mean of the latest answers, 1 to 5"`
	Reached  *int     `json:"goals_reached,omitempty"`
}

// JoinerJSON is somebody who waits for a buddy.
type JoinerJSON struct {
	Person   PairedPersonJSON  `json:"person"`
	Starts   *time.Time        `json:"starts_on,omitempty"`
	State    string            `json:"state" enum:"none,asked,accepted,heard"`
	Mentor   *PairedPersonJSON `json:"mentor,omitempty"`
	AnswerBy *time.Time        `json:"answer_by,omitempty"`
	Declined int               `json:"declined" doc:"How many were asked before and could not"`
}

type startProgrammeInput struct {
	Body struct {
		Template  string   `json:"template" enum:"joiners,women,reverse,peers,groups,craft"`
		Name      string   `json:"name"`
		Purpose   string   `json:"purpose,omitempty" doc:"Markdown"`
		Way       string   `json:"way,omitempty" enum:"cohort,joiners,self" doc:"That of the template when absent"`
		Unit      string   `json:"unit,omitempty" doc:"Mentees come from this unit only"`
		Site      string   `json:"site,omitempty" doc:"Mentees come from this site only"`
		Weeks     int      `json:"weeks,omitempty" doc:"That of the template when absent"`
		Capacity  int      `json:"capacity,omitempty" doc:"That of the template when absent"`
		Questions []string `json:"questions,omitempty"`
		Weights   Weights  `json:"weights,omitempty" doc:"Those of the template when absent"`
	}
}

type programmePageInput struct {
	api.ByID
	Cursor string `query:"cursor" doc:"next_cursor of the page before"`
	Limit  int    `query:"limit" minimum:"1" maximum:"100" default:"30"`
}

type pairUpInput struct {
	api.ByID
	Body struct {
		Weights Weights `json:"weights,omitempty" doc:"How much each criterion counts: must, 5, 3, 1 or off; those of the programme when absent"`
	}
}

type proposalsInput struct {
	api.ByID
	Cursor string `query:"cursor" doc:"next_cursor of the page before"`
	Limit  int    `query:"limit" minimum:"1" maximum:"100" default:"30"`
	Look   bool   `query:"look" doc:"Only those that need a look"`
}

type choicesInput struct {
	api.ByID
	Person string `path:"person" doc:"Id of the mentee"`
}

type pairingRuleInput struct {
	api.ByID
	Body struct {
		Mentee string `json:"mentee"`
		Mentor string `json:"mentor"`
		Kind   string `json:"kind,omitempty" enum:"pin,apart" doc:"Keep the pair, or never these two; absent takes the rule away"`
	}
}

type publicationInput struct {
	api.ByID
	Body struct {
		Run string `json:"run" doc:"Id of the run that was looked over"`
	}
}

type requestInput struct {
	api.ByID
	Body struct {
		Mentor string `json:"mentor"`
		Words  string `json:"words" doc:"A word of your own"`
	}
}

// CreatedMentorshipJSON says where something new is.
type CreatedMentorshipJSON struct {
	ID  string `json:"id"`
	URL string `json:"url"`
}

// CreatedInRoomJSON names something new in a mentorship.
type CreatedInRoomJSON struct {
	ID  string `json:"id"`
	URL string `json:"url" doc:"Of the mentorship"`
}

// described makes operations of mentoring.
type described func(method, path, name, summary string, status int) api.Operation

func addChoosing(a *api.API[access.Actor], s *Service, op described) {
	api.Add(a, op("GET", "/api/v1/programmes/{id}/suggestions", "list-mentor-suggestions", "Mentors whom you may ask, in a programme whose mentees choose", 0),
		func(ctx context.Context, by access.Actor, in *api.ByID) (*api.Body[api.Page[SuggestionJSON]], error) {
			n, err := parse(in.ID)
			if err != nil {
				return nil, err
			}
			c, err := s.Choosing(ctx, by, n)
			if err != nil {
				return nil, err
			}
			var ids []id.ID
			var fits [][]Fit
			for _, x := range c.List {
				ids, fits = append(ids, x.Mentor), append(fits, x.Fits)
			}
			k, err := s.known(ctx, by, ids, fits)
			if err != nil {
				return nil, err
			}
			out := api.Page[SuggestionJSON]{Items: make([]SuggestionJSON, len(c.List))}
			for i, x := range c.List {
				out.Items[i] = SuggestionJSON{Mentor: *k.person(x.Mentor), Skills: some(x.Names), Goals: x.Goals, Reasons: k.reasons(x.Fits)}
			}
			return api.OK(out), nil
		})
	api.Add(a, op("POST", "/api/v1/programmes/{id}/requests", "ask-mentor", "Ask a mentor who was suggested to you", 201),
		func(ctx context.Context, by access.Actor, in *requestInput) (*api.Body[CreatedMentorshipJSON], error) {
			n, err := parse(in.ID)
			if err != nil {
				return nil, err
			}
			mentor, err := s.namedIn(ctx, by, n, "mentor", in.Body.Mentor)
			if err != nil {
				return nil, err
			}
			made, err := s.Request(ctx, by, n, mentor, in.Body.Words)
			if err != nil {
				return nil, err
			}
			return api.OK(CreatedMentorshipJSON{made.String(), "/mentorships/" + made.String()}), nil
		})
}

func addOrganising(a *api.API[access.Actor], s *Service, op described) {
	api.Add(a, op("POST", "/api/v1/programmes", "start-programme", "Start a programme from a template, for those who organise", 201),
		func(ctx context.Context, by access.Actor, in *startProgrammeInput) (*api.Body[ProgrammeJSON], error) {
			b := in.Body
			t, _ := template(b.Template)
			n := NewProgramme{
				Template: b.Template, Name: b.Name, Purpose: b.Purpose, Shape: t.Shape, Way: b.Way, Weeks: b.Weeks, Capacity: b.Capacity, Questions: b.Questions, Weights: b.Weights,
			}
			if n.Way == "" {
				n.Way = t.Way
			}
			if n.Weeks == 0 {
				n.Weeks = t.Weeks
			}
			if n.Capacity == 0 {
				n.Capacity = t.Capacity
			}
			if n.Weights == nil {
				n.Weights = t.Weights
			}
			var err error
			if b.Unit != "" {
				if n.Unit, err = personOf("unit", b.Unit); err != nil {
					return nil, err
				}
			}
			if b.Site != "" {
				if n.Site, err = personOf("site", b.Site); err != nil {
					return nil, err
				}
			}
			made, err := s.Start(ctx, by, n)
			if err != nil {
				return nil, err
			}
			p, err := s.Open(ctx, by, made)
			if err != nil {
				return nil, err
			}
			return api.OK(programmeJSON(p)), nil
		})
	api.Add(a, op("POST", "/api/v1/programmes/{id}/end", "end-programme", "End enrolment and matching; mentorships go on", 204),
		func(ctx context.Context, by access.Actor, in *api.ByID) (*api.None, error) {
			n, err := parse(in.ID)
			if err != nil {
				return nil, err
			}
			return &api.None{}, s.End(ctx, by, n)
		})
	api.Add(a, op("GET", "/api/v1/programmes/{id}/enrolments", "list-enrolments", "Who takes part, for those who organise", 0),
		func(ctx context.Context, by access.Actor, in *programmePageInput) (*api.Body[api.Page[EnrolmentJSON]], error) {
			n, err := parse(in.ID)
			if err != nil {
				return nil, err
			}
			after, wrong := cursor(in.Cursor)
			list, more, err := s.Enrolments(ctx, by, n, after, in.Limit)
			if err = thingFirst(err, wrong); err != nil {
				return nil, err
			}
			var ids []id.ID
			for _, e := range list {
				ids = append(ids, e.Person)
			}
			k, err := s.known(ctx, by, ids, nil)
			if err != nil {
				return nil, err
			}
			out := api.Page[EnrolmentJSON]{Items: make([]EnrolmentJSON, len(list))}
			for i, e := range list {
				out.Items[i] = EnrolmentJSON{Person: *k.person(e.Person), Role: e.Role, Capacity: e.Capacity, Goals: e.Goals, Answers: some(e.Answers), Skills: some(e.Names)}
			}
			if more {
				out.NextCursor = list[len(list)-1].Person.String()
			}
			return api.OK(out), nil
		})
	api.Add(a, op("GET", "/api/v1/programmes/{id}/joiners", "list-joiners", "Mentees whose mentorship has not begun, for those who organise", 0),
		func(ctx context.Context, by access.Actor, in *programmePageInput) (*api.Body[api.Page[JoinerJSON]], error) {
			n, err := parse(in.ID)
			if err != nil {
				return nil, err
			}
			after, wrong := cursor(in.Cursor)
			list, more, err := s.Joiners(ctx, by, n, after, in.Limit)
			if err = thingFirst(err, wrong); err != nil {
				return nil, err
			}
			var ids []id.ID
			for _, j := range list {
				ids = append(ids, j.Person, j.Mentor)
			}
			k, err := s.known(ctx, by, ids, nil)
			if err != nil {
				return nil, err
			}
			out := api.Page[JoinerJSON]{Items: make([]JoinerJSON, len(list))}
			for i, j := range list {
				x := JoinerJSON{Person: *k.person(j.Person), State: j.state(), Mentor: k.person(j.Mentor), Declined: j.Declined}
				if !j.Starts.IsZero() {
					x.Starts = &list[i].Starts
				}
				if x.State == "asked" {
					x.AnswerBy = &list[i].AnswerBy
				}
				out.Items[i] = x
			}
			if more {
				out.NextCursor = list[len(list)-1].Person.String()
			}
			return api.OK(out), nil
		})
	api.Add(a, op("POST", "/api/v1/programmes/{id}/runs", "run-pairing", "Match everybody who waits; a large cohort by a job", 201),
		func(ctx context.Context, by access.Actor, in *pairUpInput) (*api.Body[PairingRunJSON], error) {
			n, err := parse(in.ID)
			if err != nil {
				return nil, err
			}
			w := in.Body.Weights
			if w == nil {
				p, err := s.Open(ctx, by, n)
				if err != nil {
					return nil, err
				}
				w = p.Weights
			}
			if _, err := s.PairUp(ctx, by, n, w); err != nil {
				return nil, err
			}
			return s.runJSON(ctx, by, n)
		})
	api.Add(a, op("GET", "/api/v1/programmes/{id}/run", "get-pairing-run", "The run that is looked over", 0),
		func(ctx context.Context, by access.Actor, in *api.ByID) (*api.Body[PairingRunJSON], error) {
			n, err := parse(in.ID)
			if err != nil {
				return nil, err
			}
			return s.runJSON(ctx, by, n)
		})
	api.Add(a, op("GET", "/api/v1/programmes/{id}/proposals", "list-proposals", "What the run proposes, best pairs first, with reasons", 0),
		func(ctx context.Context, by access.Actor, in *proposalsInput) (*api.Body[api.Page[ProposalJSON]], error) {
			n, err := parse(in.ID)
			if err != nil {
				return nil, err
			}
			after, wrong := place(in.Cursor)
			out := api.Page[ProposalJSON]{Items: []ProposalJSON{}}
			run, ok, err := s.Latest(ctx, by, n)
			if err = thingFirst(err, wrong); err != nil || !ok || run.State == "computing" || run.State == "dropped" {
				return api.OK(out), err
			}
			list, more, err := s.Proposals(ctx, by, n, run.ID, in.Look, after, in.Limit)
			if err != nil {
				return nil, err
			}
			var ids []id.ID
			var fits [][]Fit
			for _, x := range list {
				ids, fits = append(ids, x.Mentee, x.Mentor, x.Next), append(fits, x.Fits)
			}
			k, err := s.known(ctx, by, ids, fits)
			if err != nil {
				return nil, err
			}
			for _, x := range list {
				out.Items = append(out.Items, ProposalJSON{
					Mentee: *k.person(x.Mentee), Mentor: k.person(x.Mentor), Score: x.Score, Reasons: k.reasons(x.Fits), Caution: x.Look, Pinned: x.Pinned,
					Next: k.person(x.Next), NextScore: x.NextScore,
				})
			}
			if more {
				last := list[len(list)-1]
				out.NextCursor = strconv.Itoa(last.Score) + "." + last.ID.String()
			}
			return api.OK(out), nil
		})
	api.Add(a, op("GET", "/api/v1/programmes/{id}/choices/{person}", "list-mentor-choices", "Mentors for one mentee, best first, at most twenty", 0),
		func(ctx context.Context, by access.Actor, in *choicesInput) (*api.Body[api.Page[ChoiceJSON]], error) {
			n, err := parse(in.ID)
			if err != nil {
				return nil, err
			}
			mentee, err := parse(in.Person)
			if err != nil {
				return nil, err
			}
			list, err := s.Choices(ctx, by, n, mentee)
			if err != nil {
				return nil, err
			}
			var ids []id.ID
			var fits [][]Fit
			for _, x := range list {
				ids, fits = append(ids, x.Mentor), append(fits, x.Fits)
			}
			k, err := s.known(ctx, by, ids, fits)
			if err != nil {
				return nil, err
			}
			out := api.Page[ChoiceJSON]{Items: make([]ChoiceJSON, len(list))}
			for i, x := range list {
				out.Items[i] = ChoiceJSON{Mentor: *k.person(x.Mentor), Score: x.Score, Reasons: k.reasons(x.Fits), Rule: x.Rule, Line: x.Line, Full: x.Full, Reason: x.Why}
			}
			return api.OK(out), nil
		})
	api.Add(a, op("PUT", "/api/v1/programmes/{id}/rules", "set-pairing-rule", "Keep a pair, or keep two apart, from the next run on", 0),
		func(ctx context.Context, by access.Actor, in *pairingRuleInput) (*api.None, error) {
			n, err := parse(in.ID)
			if err != nil {
				return nil, err
			}
			mentee, err := s.namedIn(ctx, by, n, "mentee", in.Body.Mentee)
			if err != nil {
				return nil, err
			}
			mentor, err := s.namedIn(ctx, by, n, "mentor", in.Body.Mentor)
			if err != nil {
				return nil, err
			}
			return &api.None{}, s.Rule(ctx, by, n, mentee, mentor, in.Body.Kind)
		})
	api.Add(a, op("POST", "/api/v1/programmes/{id}/publication", "publish-pairing", "Publish the run that was looked over; everybody is told by a job", 204),
		func(ctx context.Context, by access.Actor, in *publicationInput) (*api.None, error) {
			n, err := parse(in.ID)
			if err != nil {
				return nil, err
			}
			run, err := s.namedIn(ctx, by, n, "run", in.Body.Run)
			if err != nil {
				return nil, err
			}
			return &api.None{}, s.Publish(ctx, by, n, run)
		})
	api.Add(a, op("GET", "/api/v1/programmes/{id}/health", "get-programme-health", "How a programme goes, in groups of at least five", 0),
		func(ctx context.Context, by access.Actor, in *api.ByID) (*api.Body[ProgrammeHealthJSON], error) {
			n, err := parse(in.ID)
			if err != nil {
				return nil, err
			}
			h, err := s.Health(ctx, by, n)
			if err != nil {
				return nil, err
			}
			out := ProgrammeHealthJSON{Mentors: h.Mentors, Mentees: h.Mentees, Proposed: h.Proposed, Active: h.Active, Declined: h.Declined, Closed: h.Closed}
			if h.MetShown {
				out.Met = &h.Met
			}
			if h.PulseShown {
				out.Pulse = &h.Pulse
			}
			if h.ReachedShown {
				out.Reached = &h.Reached
			}
			return api.OK(out), nil
		})
}

// namedIn reads an id that a body names about a programme. Who may not see the
// programme learns that first.
func (s *Service) namedIn(ctx context.Context, by access.Actor, programme id.ID, field, text string) (id.ID, error) {
	n, err := personOf(field, text)
	if err != nil {
		if _, err := s.Open(ctx, by, programme); err != nil {
			return 0, err
		}
	}
	return n, err
}

// personOf reads an id that a body names.
func personOf(field, text string) (id.ID, error) {
	n, err := id.Parse(text)
	if err != nil {
		var c fault.Check
		c.Bad(field, "fault.mentoring_choose")
		return 0, c.Err()
	}
	return n, nil
}

// place reads the cursor of a page of proposals: a score and an id.
func place(text string) (p Place, err error) {
	if text == "" {
		return p, nil
	}
	score, n, ok := strings.Cut(text, ".")
	if p.Score, err = strconv.Atoi(score); err == nil {
		p.ID, err = id.Parse(n)
	}
	if err != nil || !ok {
		return Place{}, fault.New(fault.Invalid, "fault.cursor")
	}
	return p, nil
}

// some is a list that is never null in JSON.
func some(list []string) []string {
	if list == nil {
		return []string{}
	}
	return list
}

func (s *Service) runJSON(ctx context.Context, by access.Actor, programme id.ID) (*api.Body[PairingRunJSON], error) {
	r, ok, err := s.Latest(ctx, by, programme)
	if err == nil && !ok {
		err = fault.Missing()
	}
	if err != nil {
		return nil, err
	}
	out := PairingRunJSON{
		ID: r.ID.String(), State: r.State, Weights: r.Weights, Objective: r.Objective, Bound: r.Bound, Optimal: r.Optimal, Seconds: r.Seconds, Report: r.Report, Made: r.Made,
	}
	if !r.Published.IsZero() {
		out.Published = &r.Published
	}
	switch r.State {
	case "computing", "publishing":
		out.Percent, err = s.percent(ctx, r.Job)
	default:
		var c Counted
		c, err = s.Count(ctx, by, programme, r.ID)
		out.Percent, out.Pairs, out.Look, out.Alone = 100, c.Pairs, c.Look, c.Alone
	}
	return api.OK(out), err
}

// percent is how far a job is.
func (s *Service) percent(ctx context.Context, of id.ID) (n int, err error) {
	err = s.DB.Read(ctx, func(tx *db.Tx) error {
		info, ok, err := job.Find(tx, of)
		if ok && info.Progress.Total > 0 {
			n = int(100 * info.Progress.Done / info.Progress.Total)
		}
		return err
	})
	return n, err
}

// known are the names that an answer needs.
type known struct {
	lines  map[id.ID]people.Byline
	skills map[id.ID]string
}

func (s *Service) known(ctx context.Context, by access.Actor, ids []id.ID, fits [][]Fit) (k known, err error) {
	var named []id.ID
	for _, list := range fits {
		for _, f := range list {
			named = append(named, f.Skill...)
		}
	}
	err = s.DB.Read(ctx, func(tx *db.Tx) error {
		if k.lines, err = people.BylinesOf(tx, by, ids); err != nil {
			return err
		}
		k.skills, err = skills.Names(tx, named)
		return err
	})
	return k, err
}

func (k known) person(n id.ID) *PairedPersonJSON {
	if n == 0 {
		return nil
	}
	return &PairedPersonJSON{ID: n.String(), Name: k.lines[n].Name}
}

func (k known) reasons(list []Fit) []PairReasonJSON {
	out := make([]PairReasonJSON, len(list))
	for i, f := range list {
		out[i] = PairReasonJSON{Criterion: string(f.By), Share: f.Share, Skills: namesOf(f.Skill, k.skills), Hours: f.Hours, Language: f.Lang}
	}
	return out
}
