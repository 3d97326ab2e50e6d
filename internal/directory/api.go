package directory

import (
	"context"
	"strings"
	"time"

	"github.com/guildhall/guildhall/internal/core/access"
	"github.com/guildhall/guildhall/internal/core/ledger"
	"github.com/guildhall/guildhall/internal/core/people"
	"github.com/guildhall/guildhall/internal/core/skills"
	"github.com/guildhall/guildhall/internal/platform/api"
	"github.com/guildhall/guildhall/internal/platform/fault"
	"github.com/guildhall/guildhall/internal/platform/id"
	"github.com/guildhall/guildhall/internal/platform/web"
)

// ColleagueJSON is a person in a list.
type ColleagueJSON struct {
	ID       string `json:"id"`
	URL      string `json:"url" doc:"Path of the profile"`
	Name     string `json:"name"`
	Title    string `json:"title,omitempty"`
	Unit     string `json:"unit,omitempty"`
	Site     string `json:"site,omitempty"`
	TimeZone string `json:"time_zone" doc:"IANA"`
}

// PersonNameJSON is a person, skill, unit or site by name.
type PersonNameJSON struct {
	ID   string `json:"id"`
	Name string `json:"name"`
}

// ProfileJSON is a person as the caller may see them.
type ProfileJSON struct {
	ColleagueJSON
	Picture   string           `json:"picture,omitempty" doc:"Path of their picture, see get-picture; left out for those who show their mark"`
	Pronouns  string           `json:"pronouns,omitempty"`
	About     string           `json:"about,omitempty" doc:"What to ask them about"`
	Languages []string         `json:"languages" doc:"BCP 47"`
	Manager   *PersonNameJSON  `json:"manager,omitempty"`
	Backup    *PersonNameJSON  `json:"backup,omitempty"`
	Free      bool             `json:"can_take_a_question" doc:"Now; the reason is told to nobody"`
	Skills    []DeclaredJSON   `json:"skills" doc:"What they say of themselves, as far as it is open to the caller"`
	Evidence  []StandingJSON   `json:"evidence" doc:"What their receipts show, by skill"`
	Before    []BelongedJSON   `json:"before" doc:"Units they belonged to and no longer do, each with the last time, the last one first"`
	Lately    []LatelyJSON     `json:"lately" doc:"What they asked and answered, the latest first"`
	Met       bool             `json:"met,omitempty" doc:"The caller has worked with them"`
	Between   []ColleagueJSON  `json:"introducers,omitempty" doc:"Who has worked with both, when the two have not; at most three"`
	Own       *OwnSettingsJSON `json:"own,omitempty" doc:"What only the person sees"`
}

// BelongedJSON is a unit somebody belonged to.
type BelongedJSON struct {
	Unit PersonNameJSON `json:"unit"`
	From time.Time      `json:"from"`
	To   time.Time      `json:"to"`
}

// LatelyJSON is something somebody asked or answered.
type LatelyJSON struct {
	Kind   string    `json:"kind" enum:"question,answer"`
	Title  string    `json:"title"`
	URL    string    `json:"url"`
	At     time.Time `json:"at"`
	Solved bool      `json:"solved,omitempty" doc:"The answer settled its question"`
}

// DeclaredJSON is what a person says of one skill.
type DeclaredJSON struct {
	ID        string `json:"id" doc:"Of the skill"`
	Name      string `json:"name"`
	Direction string `json:"direction" enum:"teach,want"`
	Level     int    `json:"level" minimum:"1" maximum:"4" doc:"1 learning, 2 doing, 3 confident, 4 teaching"`
	Work      bool   `json:"work"`
	Open      bool   `json:"open" doc:"Others may see it"`
	Note      string `json:"note,omitempty"`
}

// StandingJSON is what receipts show for one skill.
type StandingJSON struct {
	Skill    PersonNameJSON `json:"skill"`
	Answered int            `json:"answered"`
	Accepted int            `json:"accepted"`
	Vouches  int            `json:"vouches"`
	Last     *time.Time     `json:"last_at,omitempty"`
}

// OwnSettingsJSON is what only the person sees of their profile.
type OwnSettingsJSON struct {
	Role         string     `json:"role"`
	Email        string     `json:"email,omitempty"`
	Unit         string     `json:"unit,omitempty" doc:"Id, as edit-me takes it"`
	Site         string     `json:"site,omitempty" doc:"Id, as edit-me takes it"`
	Mark         int        `json:"mark" doc:"Which cut of the mark"`
	TimeZone     string     `json:"time_zone" doc:"Empty follows the site"`
	Locale       string     `json:"locale" doc:"Empty follows the organisation"`
	Hours        string     `json:"hours" doc:"Empty follows the site"`
	AwayFrom     *time.Time `json:"away_from,omitempty"`
	AwayUntil    *time.Time `json:"away_until,omitempty"`
	WeeklyBudget int        `json:"weekly_budget"`
	LeaverName   string     `json:"leaver_name" enum:"keep,hide"`
}

// SkillJSON is a skill or thing in a list.
type SkillJSON struct {
	ID       string `json:"id"`
	URL      string `json:"url"`
	Name     string `json:"name"`
	Kind     string `json:"kind" enum:"skill,thing"`
	Category string `json:"category,omitempty"`
	Teach    int    `json:"teach" doc:"People who openly say that they can teach it"`
}

// WholeSkillJSON is a skill with who knows it.
type WholeSkillJSON struct {
	ID          string         `json:"id"`
	URL         string         `json:"url"`
	Name        string         `json:"name"`
	Kind        string         `json:"kind" enum:"skill,thing"`
	Category    string         `json:"category,omitempty"`
	Description string         `json:"description,omitempty"`
	State       string         `json:"state" enum:"active,deprecated,merged"`
	MergedInto  string         `json:"merged_into,omitempty"`
	Synonyms    []string       `json:"synonyms"`
	Levels      map[int]string `json:"levels" doc:"Behavioural descriptions of its own, by level"`
	People      []KnowerJSON   `json:"people" doc:"Best first"`
}

// KnowerJSON is somebody who knows a skill.
type KnowerJSON struct {
	Name     string `json:"name"`
	Kind     string `json:"kind" enum:"person,imported"`
	Person   string `json:"person,omitempty" doc:"Id, when there is a profile to open"`
	Level    int    `json:"level,omitempty" doc:"What they say of themselves"`
	Answered int    `json:"answered"`
	Accepted int    `json:"accepted"`
	Vouches  int    `json:"vouches"`
}

// ReceiptJSON is one line of one's own ledger.
type ReceiptJSON struct {
	ID     string         `json:"id"`
	Skill  PersonNameJSON `json:"skill"`
	Kinds  []string       `json:"kinds"`
	Title  string         `json:"title" doc:"Of what proves it"`
	URL    string         `json:"url"`
	At     time.Time      `json:"at"`
	Hidden bool           `json:"hidden"`
}

type peopleInput struct {
	Name     string `query:"name" maxLength:"100" doc:"The beginning of any part of the name"`
	Unit     string `query:"unit" doc:"Id; with the units below it"`
	Site     string `query:"site" doc:"Id"`
	Skill    string `query:"skill" doc:"Id of a skill they say they can teach"`
	Language string `query:"language" maxLength:"40"`
	Cursor   string `query:"cursor" doc:"next_cursor of the page before"`
	Limit    int    `query:"limit" minimum:"1" maximum:"100" default:"30"`
}

type skillsInput struct {
	Q        string `query:"q" maxLength:"100" doc:"Finds names and synonyms, also misspelt; then the list has one page"`
	Kind     string `query:"kind" enum:",skill,thing"`
	Category string `query:"category" maxLength:"100"`
	Cursor   string `query:"cursor" doc:"next_cursor of the page before"`
	Limit    int    `query:"limit" minimum:"1" maximum:"200" default:"50"`
}

type profileInput struct {
	Body struct {
		Name         api.Given[string]    `json:"name,omitempty"`
		Pronouns     api.Given[string]    `json:"pronouns,omitempty"`
		Title        api.Given[string]    `json:"title,omitempty"`
		About        api.Given[string]    `json:"about,omitempty"`
		Unit         api.Given[string]    `json:"unit,omitempty" doc:"Id"`
		Site         api.Given[string]    `json:"site,omitempty" doc:"Id"`
		Manager      api.Given[string]    `json:"manager,omitempty" doc:"Id, e-mail address or whole name"`
		Backup       api.Given[string]    `json:"backup,omitempty" doc:"Id, e-mail address or whole name"`
		TimeZone     api.Given[string]    `json:"time_zone,omitempty" doc:"IANA; without one, that of the site"`
		Locale       api.Given[string]    `json:"locale,omitempty" doc:"Without one, that of the organisation"`
		Languages    api.Given[[]string]  `json:"languages,omitempty"`
		Hours        api.Given[string]    `json:"hours,omitempty" doc:"Mon-Fri 09:00-17:00, or shift 2026-01-05 3E 2L 2- 3N 4-; E=06:00-14:00; L=14:00-22:00; N=22:00-06:00; without any, those of the site"`
		Mark         *int                 `json:"mark,omitempty" minimum:"0" maximum:"12"`
		AwayFrom     api.Given[time.Time] `json:"away_from,omitempty" doc:"Goes with away_until"`
		AwayUntil    api.Given[time.Time] `json:"away_until,omitempty"`
		WeeklyBudget *int                 `json:"weekly_budget,omitempty" minimum:"0" maximum:"50"`
		LeaverName   *string              `json:"leaver_name,omitempty" enum:"keep,hide"`
	}
}

type declarationInput struct {
	Body struct {
		Skill     string `json:"skill" doc:"Name or id; an unknown name becomes a new skill"`
		Direction string `json:"direction" enum:"teach,want"`
		Level     int    `json:"level" minimum:"1" maximum:"4"`
		Work      *bool  `json:"work,omitempty" doc:"True when left out"`
		Open      *bool  `json:"open,omitempty" doc:"When left out: true for teach, false for want"`
		Note      string `json:"note,omitempty"`
	}
}

type undeclareInput struct {
	Direction string `path:"direction" enum:"teach,want"`
	ID        string `path:"id"`
}

type vouchInput struct {
	api.ByID
	Body struct {
		Skill string `json:"skill" doc:"Name or id"`
		Note  string `json:"note" doc:"Which work showed it"`
	}
}

type receiptsInput struct {
	Cursor string `query:"cursor"`
	Limit  int    `query:"limit" minimum:"1" maximum:"100" default:"40"`
}

type keptJSON struct {
	ID  string `json:"id"`
	URL string `json:"url"`
}

// ChartEntryJSON is a person in the org chart.
type ChartEntryJSON struct {
	ColleagueJSON
	Reports int `json:"reports" doc:"How many people report to them"`
}

// ChartJSON is one step of the reporting line.
type ChartJSON struct {
	Above   []ColleagueJSON  `json:"above" doc:"Everybody above the person, the nearest last"`
	Person  *ColleagueJSON   `json:"person,omitempty" doc:"Left out at the top of the organisation"`
	Reports []ChartEntryJSON `json:"reports" doc:"Who reports to the person, or to nobody; at most 200"`
	More    bool             `json:"more" doc:"There are more reports than are listed"`
}

type chartInput struct {
	At string `query:"at" doc:"Id of a person; without it, the top of the organisation"`
}

// Files is what the operations need that take files.
type Files struct {
	Begin     func() *PeopleImport // begins an import of people
	Portraits *Portraits           // nil where files have no place, as Lists
	Lists     *SkillLists
	// Say prints a sentence in somebody's language.
	Say func(by access.Actor, key string, args map[string]any) string
}

// AddAPI adds the operations on people and skills.
func AddAPI(a *api.API[access.Actor], s *Service, f Files) {
	const tag = "People and skills"
	api.Add(a, api.Operation{Method: "GET", Path: "/api/v1/people", ID: "list-people", Summary: "List people", Tag: tag}, s.listPeople)
	api.Add(a, api.Operation{Method: "GET", Path: "/api/v1/units", ID: "list-units", Summary: "The units of the organisation", Tag: tag}, namesJSON(s.People.Units))
	api.Add(a, api.Operation{Method: "GET", Path: "/api/v1/sites", ID: "list-site-names", Summary: "The sites of the organisation", Tag: tag}, namesJSON(s.People.Sites))
	api.Add(a, api.Operation{Method: "GET", Path: "/api/v1/people/chart", ID: "get-chart", Summary: "Who reports to whom", Tag: tag}, s.chartJSON)
	api.Add(a, api.Operation{Method: "GET", Path: "/api/v1/people/{id}", ID: "open-person", Summary: "A person", Tag: tag},
		func(ctx context.Context, by access.Actor, in *api.ByID) (*api.Body[ProfileJSON], error) {
			n, err := id.Parse(in.ID)
			if err != nil {
				return nil, api.NotFound()
			}
			return s.personJSON(ctx, by, n)
		})
	api.Add(a, api.Operation{Method: "GET", Path: "/api/v1/me", ID: "open-me", Summary: "Yourself", Tag: tag},
		func(ctx context.Context, by access.Actor, _ *struct{}) (*api.Body[ProfileJSON], error) {
			return s.personJSON(ctx, by, by.Person)
		})
	api.Add(a, api.Operation{Method: "PUT", Path: "/api/v1/me", ID: "edit-me", Summary: "Edit your profile", Tag: tag, Status: 204,
		Doc: "What is left out stays as it is. Null or an empty text takes away what is there; a name cannot be taken away."}, s.editMe)
	api.Add(a, api.Operation{Method: "POST", Path: "/api/v1/me/skills", ID: "declare-skill", Summary: "Say what you can teach or want to learn", Tag: tag, Status: 201}, s.declare)
	api.Add(a, api.Operation{Method: "DELETE", Path: "/api/v1/me/skills/{direction}/{id}", ID: "undeclare-skill", Summary: "Take back what you said of a skill", Tag: tag, Status: 204},
		func(ctx context.Context, by access.Actor, in *undeclareInput) (*api.None, error) {
			return act(in.ID, func(n id.ID) error { return s.Skills.Undeclare(ctx, by, n, skills.Direction(in.Direction)) })
		})
	api.Add(a, api.Operation{Method: "GET", Path: "/api/v1/me/receipts", ID: "list-receipts", Summary: "Your own ledger", Tag: tag}, s.listReceipts)
	api.Add(a, api.Operation{Method: "PUT", Path: "/api/v1/me/receipts/{id}/hiding", ID: "hide-receipt", Summary: "Hide a receipt", Tag: tag, Status: 204},
		func(ctx context.Context, by access.Actor, in *api.ByID) (*api.None, error) {
			return act(in.ID, func(n id.ID) error { return s.Ledger.Hide(ctx, by, n, true) })
		})
	api.Add(a, api.Operation{Method: "DELETE", Path: "/api/v1/me/receipts/{id}/hiding", ID: "show-receipt", Summary: "Show a receipt again", Tag: tag, Status: 204},
		func(ctx context.Context, by access.Actor, in *api.ByID) (*api.None, error) {
			return act(in.ID, func(n id.ID) error { return s.Ledger.Hide(ctx, by, n, false) })
		})
	api.Add(a, api.Operation{Method: "POST", Path: "/api/v1/people/{id}/vouches", ID: "vouch", Summary: "Vouch for a skill of somebody; again, to change the note", Tag: tag, Status: 201},
		func(ctx context.Context, by access.Actor, in *vouchInput) (*api.Body[keptJSON], error) {
			n, err := id.Parse(in.ID)
			if err != nil {
				return nil, api.NotFound()
			}
			e, err := s.Skills.Endorse(ctx, by, n, skills.Tag{Name: in.Body.Skill}, in.Body.Note)
			if err != nil {
				return nil, err
			}
			return api.OK(keptJSON{e.String(), "/endorsements/" + e.String()}), nil
		})
	api.Add(a, api.Operation{Method: "DELETE", Path: "/api/v1/endorsements/{id}", ID: "withdraw-vouch", Summary: "Take a vouch back", Tag: tag, Status: 204},
		func(ctx context.Context, by access.Actor, in *api.ByID) (*api.None, error) {
			return act(in.ID, func(n id.ID) error {
				_, err := s.Skills.Withdraw(ctx, by, n)
				return err
			})
		})
	addClaimsAPI(a, s)
	addAdminAPI(a, s, f.Begin)
	addVouchesAPI(a, s)
	addPortraits(a, s, f.Portraits)
	addSkillLists(a, f.Lists, f.Say)
	api.Add(a, api.Operation{Method: "GET", Path: "/api/v1/skills", ID: "list-skills", Summary: "List or find skills", Tag: tag}, s.listSkills)
	api.Add(a, api.Operation{Method: "GET", Path: "/api/v1/skills/{id}", ID: "open-skill", Summary: "A skill and who knows it", Tag: tag},
		func(ctx context.Context, by access.Actor, in *api.ByID) (*api.Body[WholeSkillJSON], error) {
			n, err := id.Parse(in.ID)
			if err != nil {
				return nil, api.NotFound()
			}
			return s.skillJSON(ctx, by, n)
		})
}

// namesJSON answers with a whole list of names.
func namesJSON(read func(context.Context, access.Actor) ([]people.Named, error)) func(context.Context, access.Actor, *struct{}) (*api.Body[api.Page[PersonNameJSON]], error) {
	return func(ctx context.Context, by access.Actor, _ *struct{}) (*api.Body[api.Page[PersonNameJSON]], error) {
		list, err := read(ctx, by)
		page := api.Page[PersonNameJSON]{Items: make([]PersonNameJSON, len(list))}
		for i, n := range list {
			page.Items[i] = PersonNameJSON{n.ID.String(), n.Name}
		}
		return api.OK(page), err
	}
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

// parseOptional reads an id that may be left out.
func parseOptional(text string) (id.ID, error) {
	if text == "" {
		return 0, nil
	}
	n, err := id.Parse(text)
	if err != nil {
		return 0, api.NotFound()
	}
	return n, nil
}

func personJSON(e people.Entry) ColleagueJSON {
	return ColleagueJSON{ID: e.ID.String(), URL: "/people/" + e.ID.String(), Name: e.Name, Title: e.Title, Unit: e.Unit, Site: e.Site, TimeZone: e.Zone}
}

func (s *Service) chartJSON(ctx context.Context, by access.Actor, in *chartInput) (*api.Body[ChartJSON], error) {
	at, err := parseOptional(in.At)
	if err != nil {
		return nil, err
	}
	c, err := s.People.Chart(ctx, by, at)
	if err != nil {
		return nil, err
	}
	out := ChartJSON{Above: make([]ColleagueJSON, len(c.Above)), Reports: make([]ChartEntryJSON, len(c.Reports)), More: c.More}
	for i, e := range c.Above {
		out.Above[i] = personJSON(e)
	}
	for i, e := range c.Reports {
		out.Reports[i] = ChartEntryJSON{personJSON(e), e.Reports}
	}
	if at != 0 {
		p := personJSON(c.At)
		out.Person = &p
	}
	return api.OK(out), nil
}

func (s *Service) listPeople(ctx context.Context, by access.Actor, in *peopleInput) (*api.Body[api.Page[ColleagueJSON]], error) {
	f := people.Filter{Name: in.Name, Language: in.Language, Limit: in.Limit}
	var err error
	if f.AfterKey, f.AfterID, err = api.ParseKeyCursor(in.Cursor); err != nil {
		return nil, err
	}
	for _, x := range []struct {
		text string
		to   *id.ID
	}{{in.Unit, &f.Unit}, {in.Site, &f.Site}, {in.Skill, &f.Skill}} {
		if *x.to, err = parseOptional(x.text); err != nil {
			return nil, err
		}
	}
	rows, more, err := s.People.List(ctx, by, f)
	if err != nil {
		return nil, err
	}
	page := api.Page[ColleagueJSON]{Items: make([]ColleagueJSON, len(rows))}
	for i, e := range rows {
		page.Items[i] = personJSON(e)
	}
	if more {
		last := rows[len(rows)-1]
		page.NextCursor = api.KeyCursor(last.SortKey, last.ID)
	}
	return api.OK(page), nil
}

func (s *Service) personJSON(ctx context.Context, by access.Actor, n id.ID) (*api.Body[ProfileJSON], error) {
	p, err := s.Person(ctx, by, n)
	if err != nil {
		return nil, err
	}
	out := ProfileJSON{
		ColleagueJSON: ColleagueJSON{
			ID: p.ID.String(), URL: "/people/" + p.ID.String(), Name: p.Name, Title: p.Title, Unit: p.Unit.Name, Site: p.Site.Name, TimeZone: p.Zone,
		},
		Pronouns: p.Pronouns, About: p.About, Languages: p.Languages, Free: p.Free && !p.Guest,
		Manager: namedJSON(p.Manager), Backup: namedJSON(p.Backup), Skills: []DeclaredJSON{}, Evidence: []StandingJSON{},
	}
	if out.Languages == nil {
		out.Languages = []string{}
	}
	if p.Picture != "" {
		out.Picture = "/api/v1/people/" + out.ID + "/picture"
	}
	for _, d := range p.Skills {
		out.Skills = append(out.Skills, DeclaredJSON{
			ID: d.ID.String(), Name: d.Name, Direction: string(d.Direction), Level: d.Level, Work: d.Work, Open: d.Open, Note: d.Note,
		})
	}
	for _, x := range p.Standing {
		if x.Proved() {
			out.Evidence = append(out.Evidence, StandingJSON{
				Skill: PersonNameJSON{x.Skill.String(), x.Name}, Answered: x.Answered, Accepted: x.Accepted, Vouches: x.Endorsed, Last: maybe(x.Last),
			})
		}
	}
	out.Before, out.Lately = make([]BelongedJSON, len(p.Before)), make([]LatelyJSON, len(p.Lately))
	for i, m := range p.Before {
		out.Before[i] = BelongedJSON{PersonNameJSON{m.Unit.ID.String(), m.Unit.Name}, m.From, m.To}
	}
	for i, c := range p.Lately {
		out.Lately[i] = LatelyJSON{Kind: string(c.Kind), Title: c.Title, URL: c.URL, At: c.At, Solved: p.Solved[c.ID]}
	}
	if p.ID != by.Person && !p.Guest {
		between, met, err := s.People.Introducers(ctx, by, n)
		if err != nil {
			return nil, err
		}
		if out.Met = met; !met {
			for _, e := range between {
				out.Between = append(out.Between, personJSON(e))
			}
		}
	}
	if p.ID == by.Person {
		out.Own = &OwnSettingsJSON{
			Role: string(p.Role), Email: p.Own.Email, Unit: p.Unit.ID.String(), Site: p.Site.ID.String(), Mark: p.Cut, TimeZone: p.Own.TimeZone, Locale: p.Own.Locale, Hours: p.Own.Hours,
			AwayFrom: maybe(p.Own.AwayFrom), AwayUntil: maybe(p.Own.AwayUntil), WeeklyBudget: p.Own.WeeklyBudget, LeaverName: p.Own.LeaverName,
		}
	}
	return api.OK(out), nil
}

func namedJSON(n people.Named) *PersonNameJSON {
	if n.ID == 0 {
		return nil
	}
	return &PersonNameJSON{n.ID.String(), n.Name}
}

func (s *Service) editMe(ctx context.Context, by access.Actor, in *profileInput) (*api.None, error) {
	b := in.Body
	var unit, site id.ID
	var unread fault.Check
	for _, x := range []struct {
		field string
		sent  api.Given[string]
		n     *id.ID
	}{{"unit", b.Unit, &unit}, {"site", b.Site, &site}} {
		if text := x.sent.Or(""); text != "" {
			var err error
			*x.n, err = id.Parse(text)
			unread.Require(err == nil, x.field, "fault.choice_unknown")
		}
	}
	if err := s.People.Amend(ctx, by, func(c *people.Change) {
		for _, x := range []struct {
			field *string
			sent  api.Given[string]
		}{
			{&c.Name, b.Name}, {&c.Pronouns, b.Pronouns}, {&c.Title, b.Title}, {&c.About, b.About}, {&c.Manager, b.Manager}, {&c.Backup, b.Backup},
			{&c.TimeZone, b.TimeZone}, {&c.Locale, b.Locale}, {&c.Hours, b.Hours},
		} {
			*x.field = x.sent.Or(*x.field)
		}
		if b.Unit.Sent {
			c.Unit = unit
		}
		if b.Site.Sent {
			c.Site = site
		}
		if b.Languages.Sent {
			c.Languages = strings.Join(b.Languages.Or(nil), ",")
		}
		c.AwayFrom, c.AwayUntil = b.AwayFrom.Or(c.AwayFrom).UTC(), b.AwayUntil.Or(c.AwayUntil).UTC()
		if b.Mark != nil {
			c.Cut = *b.Mark
		}
		if b.WeeklyBudget != nil {
			c.WeeklyBudget = *b.WeeklyBudget
		}
		if b.LeaverName != nil {
			c.LeaverName = *b.LeaverName
		}
		c.Unread = unread.Err()
	}); err != nil {
		return nil, err
	}
	return &api.None{}, nil
}

func (s *Service) declare(ctx context.Context, by access.Actor, in *declarationInput) (*api.Body[keptJSON], error) {
	d := skills.Declaration{
		Tag: skills.Tag{Name: in.Body.Skill}, Direction: skills.Direction(in.Body.Direction), Level: in.Body.Level,
		Work: true, Open: in.Body.Direction == string(skills.Teach), Note: in.Body.Note,
	}
	if in.Body.Work != nil {
		d.Work = *in.Body.Work
	}
	if in.Body.Open != nil {
		d.Open = *in.Body.Open
	}
	t, err := s.Skills.Declare(ctx, by, d)
	if err != nil {
		return nil, err
	}
	return api.OK(keptJSON{t.ID.String(), "/skills/" + t.ID.String()}), nil
}

func (s *Service) listReceipts(ctx context.Context, by access.Actor, in *receiptsInput) (*api.Body[api.Page[ReceiptJSON]], error) {
	after, err := web.ParseCursor(in.Cursor)
	if err != nil {
		return nil, err
	}
	lines, more, err := s.Ledger.Own(ctx, by, after.At, after.ID, in.Limit)
	if err != nil {
		return nil, err
	}
	cards, err := s.sources(ctx, by, lines)
	if err != nil {
		return nil, err
	}
	page := api.Page[ReceiptJSON]{Items: make([]ReceiptJSON, len(lines))}
	for i, l := range lines {
		page.Items[i] = receiptJSON(l, cards[l.Source].Title, cards[l.Source].URL)
	}
	if more {
		last := lines[len(lines)-1]
		page.NextCursor = web.Cursor{At: last.At, ID: last.ID}.String()
	}
	return api.OK(page), nil
}

func receiptJSON(l ledger.Line, title, url string) ReceiptJSON {
	r := ReceiptJSON{
		ID: l.ID.String(), Skill: PersonNameJSON{l.Skill.String(), l.Name}, Kinds: make([]string, len(l.Kinds)), Title: title, URL: url, At: l.At, Hidden: l.Hidden,
	}
	for i, k := range l.Kinds {
		r.Kinds[i] = string(k)
	}
	return r
}

func (s *Service) listSkills(ctx context.Context, by access.Actor, in *skillsInput) (*api.Body[api.Page[SkillJSON]], error) {
	page := api.Page[SkillJSON]{Items: []SkillJSON{}}
	f := skills.ListFilter{Kind: skills.Kind(in.Kind), Category: in.Category, Limit: in.Limit}
	var rows []skills.Listed
	var more bool
	var err error
	if in.Q != "" {
		rows, err = s.Skills.Find(ctx, by, in.Q, f)
	} else {
		if f.AfterKey, f.AfterID, err = api.ParseKeyCursor(in.Cursor); err != nil {
			return nil, err
		}
		rows, more, err = s.Skills.List(ctx, by, f)
	}
	if err != nil {
		return nil, err
	}
	for _, x := range rows {
		page.Items = append(page.Items, SkillJSON{
			ID: x.ID.String(), URL: "/skills/" + x.ID.String(), Name: x.Name, Kind: string(x.Kind), Category: x.Category, Teach: x.Teach,
		})
	}
	if more {
		last := rows[len(rows)-1]
		page.NextCursor = api.KeyCursor(last.SortKey, last.ID)
	}
	return api.OK(page), nil
}

func (s *Service) skillJSON(ctx context.Context, by access.Actor, n id.ID) (*api.Body[WholeSkillJSON], error) {
	w, experts, err := s.Skill(ctx, by, n)
	if err != nil {
		return nil, err
	}
	out := WholeSkillJSON{
		ID: n.String(), URL: "/skills/" + n.String(), Name: w.Name, Kind: string(w.Kind), Category: w.Category, Description: w.Description,
		State: w.State, MergedInto: w.MergedInto.String(), Synonyms: w.Synonyms, Levels: w.Levels, People: []KnowerJSON{},
	}
	if out.Synonyms == nil {
		out.Synonyms = []string{}
	}
	if out.Levels == nil {
		out.Levels = map[int]string{}
	}
	for _, e := range experts {
		out.People = append(out.People, KnowerJSON{
			Name: e.Byline.Name, Kind: e.Kind, Person: e.Person.String(), Level: e.Says.Level, Answered: e.Answered, Accepted: e.Accepted, Vouches: e.Endorsed,
		})
	}
	return api.OK(out), nil
}
