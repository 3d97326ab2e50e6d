package directory

import (
	"context"
	"io"
	"strings"

	"github.com/guildhall/guildhall/internal/connect/peoplecsv"
	"github.com/guildhall/guildhall/internal/core/access"
	"github.com/guildhall/guildhall/internal/core/audit"
	"github.com/guildhall/guildhall/internal/core/people"
	"github.com/guildhall/guildhall/internal/core/skills"
	"github.com/guildhall/guildhall/internal/platform/api"
	"github.com/guildhall/guildhall/internal/platform/db"
	"github.com/guildhall/guildhall/internal/platform/fault"
	"github.com/guildhall/guildhall/internal/platform/id"
)

// SiteFormJSON is what is said of a site.
type SiteFormJSON struct {
	Name     string         `json:"name"`
	TimeZone string         `json:"time_zone" doc:"IANA"`
	Country  string         `json:"country,omitempty"`
	Hours    string         `json:"hours,omitempty" doc:"Of those who have none of their own, as in edit-me; empty is the usual ones"`
	Days     []SiteDaysJSON `json:"days" nullable:"false" doc:"When the site does not work, or works too much to be asked; at most 500"`
}

// SiteJSON is a place with a time zone and a calendar.
type SiteJSON struct {
	ID string `json:"id"`
	SiteFormJSON
}

// SiteDaysJSON is a stretch of days at a site.
type SiteDaysJSON struct {
	First string `json:"first" format:"date"`
	Last  string `json:"last,omitempty" format:"date" doc:"The first day when left out"`
	Kind  string `json:"kind" enum:"holiday,shutdown,busy"`
	Name  string `json:"name,omitempty"`
}

// ImportStepJSON is what an import does to one person.
type ImportStepJSON struct {
	Name string `json:"name"`
	What string `json:"what,omitempty" doc:"The unit, for joiners and movers"`
	Was  string `json:"was,omitempty" doc:"The unit before, for movers"`
}

// PeopleImportedJSON is what an import of people did, or would do.
type PeopleImportedJSON struct {
	Done      bool             `json:"done" doc:"It was carried out, not only looked at"`
	Joiners   []ImportStepJSON `json:"joiners"`
	Returners []ImportStepJSON `json:"returners"`
	Movers    []ImportStepJSON `json:"movers" doc:"To another unit"`
	Changed   []ImportStepJSON `json:"changed" doc:"Anything else"`
	Leavers   []ImportStepJSON `json:"leavers"`
	Same      int              `json:"same"`
	TooMany   bool             `json:"too_many_leave" doc:"It is carried out only with accept_leavers"`
	Problems  []string         `json:"problems" doc:"What could not be used, with file and line"`
}

type siteInput struct {
	Body SiteFormJSON
}

type siteChangeInput struct {
	api.ByID
	Body SiteFormJSON
}

type skillInput struct {
	api.ByID
	Body struct {
		Kind        string         `json:"kind" enum:"skill,thing"`
		Name        string         `json:"name"`
		Description string         `json:"description,omitempty"`
		Category    string         `json:"category,omitempty"`
		Synonyms    []string       `json:"synonyms,omitempty" doc:"All of them; those left out end"`
		Levels      map[int]string `json:"levels,omitempty" doc:"Behavioural descriptions of its own, by level; levels left out have the general one"`
	}
}

type mergeInput struct {
	api.ByID
	Body struct {
		Into string `json:"into" doc:"Id of the skill that stays"`
	}
}

type importInput struct {
	Body struct {
		Text          string `json:"text" minLength:"1" doc:"The export of the personnel system as CSV; import-people-file takes a larger one, and one in another encoding"`
		Name          string `json:"name,omitempty" maxLength:"100" default:"export.csv" doc:"Of the file, for what is said of it"`
		Mapping       string `json:"mapping,omitempty" doc:"Which column is what, one a line: Pers.-Nr. = number"`
		Dates         string `json:"dates,omitempty" enum:"auto,dmy,mdy" default:"auto" doc:"The order of day and month"`
		CarryOut      bool   `json:"carry_out,omitempty" doc:"Otherwise it is only said what would happen"`
		AcceptLeavers bool   `json:"accept_leavers,omitempty" doc:"Carry it out though many leave"`
	}
}

// addAdminAPI adds what admins do with people, sites and skills. It does not
// exist for others.
func addAdminAPI(a *api.API[access.Actor], s *Service, begin func() *PeopleImport) {
	const tag = "Administration"
	api.Add(a, api.Operation{Method: "POST", Path: "/api/v1/people/{id}/departure", ID: "dismiss", Summary: "Let somebody leave the organisation", Tag: tag, Status: 204},
		func(ctx context.Context, by access.Actor, in *api.ByID) (*api.None, error) {
			return act(in.ID, func(n id.ID) error { return s.People.Dismiss(ctx, by, n, begin().Former) })
		})
	api.Add(a, api.Operation{Method: "GET", Path: "/api/v1/admin/sites", ID: "list-sites", Summary: "Every site with its days", Tag: tag},
		func(ctx context.Context, by access.Actor, _ *struct{}) (*api.Body[api.Page[SiteJSON]], error) {
			list, err := s.People.AllSites(ctx, by)
			out := api.Page[SiteJSON]{Items: make([]SiteJSON, len(list))}
			for i, x := range list {
				out.Items[i] = siteJSON(x)
			}
			return api.OK(out), err
		})
	save := func(ctx context.Context, by access.Actor, n id.ID, in SiteFormJSON) (id.ID, error) {
		var days strings.Builder
		for _, d := range in.Days {
			days.WriteString(oneLine(d.First+" "+d.Last+" "+d.Kind+" "+d.Name) + "\n")
		}
		return s.People.SaveSite(ctx, by, people.Site{ID: n, Name: in.Name, Zone: in.TimeZone, Country: in.Country, Hours: in.Hours}, days.String())
	}
	api.Add(a, api.Operation{Method: "POST", Path: "/api/v1/admin/sites", ID: "add-site", Summary: "Add a site", Tag: tag, Status: 201},
		func(ctx context.Context, by access.Actor, in *siteInput) (*api.Body[keptJSON], error) {
			n, err := save(ctx, by, 0, in.Body)
			return api.OK(keptJSON{n.String(), "/admin/sites#site-" + n.String()}), err
		})
	api.Add(a, api.Operation{Method: "PUT", Path: "/api/v1/admin/sites/{id}", ID: "change-site", Summary: "Change a site", Tag: tag, Status: 204},
		func(ctx context.Context, by access.Actor, in *siteChangeInput) (*api.None, error) {
			return act(in.ID, func(n id.ID) error {
				if n == 0 {
					return api.NotFound()
				}
				_, err := save(ctx, by, n, in.Body)
				return err
			})
		})
	api.Add(a, api.Operation{Method: "PUT", Path: "/api/v1/skills/{id}", ID: "describe-skill", Summary: "Change what a skill is called and said to be", Tag: tag, Status: 204},
		func(ctx context.Context, by access.Actor, in *skillInput) (*api.None, error) {
			return act(in.ID, func(n id.ID) error { return s.describe(ctx, by, n, in) })
		})
	api.Add(a, api.Operation{Method: "POST", Path: "/api/v1/skills/{id}/merge", ID: "merge-skill", Summary: "Make a skill part of another; this cannot be undone", Tag: tag, Status: 204},
		func(ctx context.Context, by access.Actor, in *mergeInput) (*api.None, error) {
			return act(in.ID, func(n id.ID) error {
				into, err := id.Parse(in.Body.Into)
				if err != nil {
					return api.NotFound()
				}
				return s.Skills.Merge(ctx, by, n, into)
			})
		})
	api.Add(a, api.Operation{Method: "PUT", Path: "/api/v1/skills/{id}/deprecation", ID: "deprecate-skill", Summary: "Suggest a skill no longer", Tag: tag, Status: 204},
		func(ctx context.Context, by access.Actor, in *api.ByID) (*api.None, error) {
			return act(in.ID, func(n id.ID) error { return s.Skills.Deprecate(ctx, by, n, true) })
		})
	api.Add(a, api.Operation{Method: "DELETE", Path: "/api/v1/skills/{id}/deprecation", ID: "undeprecate-skill", Summary: "Suggest a skill again", Tag: tag, Status: 204},
		func(ctx context.Context, by access.Actor, in *api.ByID) (*api.None, error) {
			return act(in.ID, func(n id.ID) error { return s.Skills.Deprecate(ctx, by, n, false) })
		})
	api.Add(a, api.Operation{Method: "POST", Path: "/api/v1/admin/import", ID: "import-people", Summary: "Bring people in line with an export, or say what that would do", Tag: tag},
		func(ctx context.Context, by access.Actor, in *importInput) (*api.Body[PeopleImportedJSON], error) {
			b := in.Body
			return s.importPeople(ctx, by, begin(), importAsk{
				file: strings.NewReader(b.Text), name: b.Name, mapping: b.Mapping, dates: b.Dates, carryOut: b.CarryOut, acceptLeavers: b.AcceptLeavers,
			})
		})
	api.Add(a, api.Operation{
		Method: "POST", Path: "/api/v1/admin/import/file", ID: "import-people-file", Summary: "Bring people in line with an export of up to 12 MB, or say what that would do", Tag: tag, Most: maxForm,
		Doc: "The body is the file itself, in the encoding in which the personnel system writes it.",
	},
		func(ctx context.Context, by access.Actor, in *peopleFileInput) (*api.Body[PeopleImportedJSON], error) {
			return s.importPeople(ctx, by, begin(), in.asked())
		})
}

func oneLine(s string) string { return strings.Join(strings.Fields(s), " ") }

func siteJSON(x people.Site) SiteJSON {
	out := SiteJSON{ID: x.ID.String(), SiteFormJSON: SiteFormJSON{Name: x.Name, TimeZone: x.Zone, Country: x.Country, Hours: x.Hours, Days: []SiteDaysJSON{}}}
	for _, d := range x.Days {
		out.Days = append(out.Days, SiteDaysJSON{First: d.First, Last: d.Last, Kind: d.Kind, Name: d.Name})
	}
	return out
}

func (s *Service) describe(ctx context.Context, by access.Actor, n id.ID, in *skillInput) error {
	if err := by.NeedAdmin(); err != nil {
		return err
	}
	w, err := s.Skills.Open(ctx, by, n, 1)
	if err != nil {
		return err
	}
	if w.State == "merged" {
		return api.NotFound()
	}
	var levels [5]string
	var c fault.Check
	for i, text := range in.Body.Levels {
		if i < skills.Learning || i > skills.Teaching {
			c.Bad("levels", "fault.choice_unknown")
			continue
		}
		levels[i] = text
	}
	if err := c.Err(); err != nil {
		return err
	}
	return s.Skills.Describe(ctx, by, n, skills.Draft{
		Kind: skills.Kind(in.Body.Kind), Name: in.Body.Name, Description: in.Body.Description, Category: in.Body.Category, Synonyms: in.Body.Synonyms,
	}, levels)
}

// importAsk is an import that a program asks for.
type importAsk struct {
	file          io.Reader
	name          string
	mapping       string
	dates         string
	carryOut      bool
	acceptLeavers bool
}

func (s *Service) importPeople(ctx context.Context, by access.Actor, i *PeopleImport, b importAsk) (*api.Body[PeopleImportedJSON], error) {
	if err := by.NeedAdmin(); err != nil {
		return nil, err
	}
	i.By, i.Preview, i.AcceptLeavers = by, !b.carryOut, b.acceptLeavers
	var err error
	if i.Options.Mapping, i.Options.Dates, err = peoplecsv.ParseMapping(strings.NewReader(b.mapping)); err != nil {
		return nil, err
	}
	if b.dates == string(peoplecsv.DayFirst) || b.dates == string(peoplecsv.MonFirst) {
		i.Options.Dates = peoplecsv.Order(b.dates)
	}
	out, err := i.Run(ctx, b.file, b.name)
	if err != nil {
		return nil, err
	}
	if b.carryOut {
		if err := s.DB.Write(ctx, func(tx *db.Tx) error {
			return audit.Record(tx, audit.Act{Actor: by.Person, Action: "people.imported", Detail: b.name})
		}); err != nil {
			return nil, err
		}
	}
	answer := PeopleImportedJSON{
		Done: b.carryOut, Joiners: stepsJSON(out.Joiners), Returners: stepsJSON(out.Returners), Movers: stepsJSON(out.Movers),
		Changed: stepsJSON(out.Changed), Leavers: stepsJSON(out.Leavers), Same: out.Same, TooMany: out.TooManyLeave(), Problems: []string{},
	}
	for _, p := range out.Problems {
		answer.Problems = append(answer.Problems, p.String())
	}
	return api.OK(answer), nil
}

func stepsJSON(list []people.Step) []ImportStepJSON {
	out := make([]ImportStepJSON, len(list))
	for i, s := range list {
		out[i] = ImportStepJSON{s.Name, s.What, s.Was}
	}
	return out
}
