package directory

import (
	"bytes"
	"cmp"
	"compress/gzip"
	"encoding/base64"
	"io"
	"net/http"
	"strings"

	"github.com/guildhall/guildhall/internal/connect/peoplecsv"
	"github.com/guildhall/guildhall/internal/core/audit"
	"github.com/guildhall/guildhall/internal/core/people"
	"github.com/guildhall/guildhall/internal/core/visit"
	"github.com/guildhall/guildhall/internal/directory/pages"
	"github.com/guildhall/guildhall/internal/platform/db"
	"github.com/guildhall/guildhall/internal/platform/fault"
	"github.com/guildhall/guildhall/internal/ui"
)

// A page shows at most so many people of a kind and so many problems; the
// command line shows all.
const (
	maxSteps    = 200
	maxProblems = 100
)

// ImportForm is GET /admin/import.
func (p *Pages) ImportForm(v *visit.Visit) error {
	return p.importPage(v, http.StatusOK, pages.ImportView{}, "", nil)
}

func (p *Pages) importPage(v *visit.Visit, status int, view pages.ImportView, dates string, wrong error) error {
	view.Faults = v.Faults(wrong)
	view.SetUp = p.SettingUp()
	view.Dates = ui.Choice{Name: "dates", Legend: v.T("import.dates")}
	for _, d := range []string{"auto", "dmy", "mdy"} {
		view.Dates.Options = append(view.Dates.Options, ui.Option{Value: d, Label: v.T("import.dates." + d), On: d == dates || d == "auto" && dates == ""})
	}
	view.Places = p.Places(v, "import")
	return v.ShowStatus(status, v.T("import.title"), "admin", pages.ImportPeople(v.Frame, view))
}

// Import is POST /admin/import: first a preview, then, with the file carried
// along in the page, the import.
func (p *Pages) Import(v *visit.Visit) error {
	form, err := v.Form()
	if err != nil {
		return err
	}
	view := pages.ImportView{Mapping: form.Get("mapping")}
	dates := form.Text("dates")
	data, name, err := upload(form.Get("carried"), form.Text("name"))
	if files := form.Files("file"); len(files) > 0 {
		data, name, err = files[0].Data, files[0].Name, nil
	}
	if err == nil && len(data) == 0 {
		var c fault.Check
		c.Bad("file", "fault.picture_none")
		err = c.Err()
	}
	i := p.NewImport()
	i.By, i.Preview, i.AcceptLeavers = v.By, form.Text("do") != "import", form.Bool("accept")
	if err == nil {
		i.Options.Mapping, i.Options.Dates, err = peoplecsv.ParseMapping(strings.NewReader(view.Mapping))
	}
	if dates == string(peoplecsv.DayFirst) || dates == string(peoplecsv.MonFirst) {
		i.Options.Dates = peoplecsv.Order(dates)
	}
	if name == "" {
		name = "export.csv"
	}
	var out PeopleImported
	if err == nil {
		out, err = i.Run(v.R.Context(), bytes.NewReader(data), name)
	}
	refused := fault.Is(err, fault.Conflict) && out.TooManyLeave()
	if err != nil && !refused {
		if !fault.Is(err, fault.Invalid) {
			return err
		}
		if len(data) > 0 && len(data) <= maxCarried {
			// What is wrong may be what was said of the file: it need not be chosen again.
			packed, cannot := carry(data)
			if cannot != nil {
				return cannot
			}
			view.Carried, view.File = packed, name
		}
		return p.importPage(v, http.StatusUnprocessableEntity, view, dates, err)
	}
	view.Preview, view.Done = i.Preview || refused, !i.Preview && !refused
	view.Accept = out.TooManyLeave()
	if view.Accept && view.Preview {
		view.TooMany = v.T("fault.many_leavers", "n", len(out.Leavers), "people", out.People)
	}
	if view.Preview {
		view.File = name
		if view.Carried, err = carry(data); err != nil {
			return err
		}
	} else if err := p.DB.Write(v.R.Context(), func(tx *db.Tx) error {
		return audit.Record(tx, audit.Act{Actor: v.By.Person, Action: "people.imported", Detail: name})
	}); err != nil {
		return err
	}
	p.planView(v, &view, out)
	status := http.StatusOK
	if refused {
		status = http.StatusConflict
	}
	return p.importPage(v, status, view, dates, nil)
}

// carry packs a file so that the page that shows its preview can hold it: the
// server keeps nothing of an import that was not carried out.
func carry(data []byte) (string, error) {
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	if _, err := z.Write(data); err != nil {
		return "", err
	}
	if err := z.Close(); err != nil {
		return "", err
	}
	return base64.StdEncoding.EncodeToString(b.Bytes()), nil
}

// maxCarried bounds what an unpacked file may hold.
const maxCarried = 64 << 20

func upload(carried, name string) ([]byte, string, error) {
	if carried == "" {
		return nil, name, nil
	}
	packed, err := base64.StdEncoding.DecodeString(carried)
	if err != nil {
		return nil, "", fault.Because(fault.Invalid, "fault.form", err)
	}
	z, err := gzip.NewReader(bytes.NewReader(packed))
	if err != nil {
		return nil, "", fault.Because(fault.Invalid, "fault.form", err)
	}
	data, err := io.ReadAll(io.LimitReader(z, maxCarried+1))
	if err != nil || len(data) > maxCarried {
		return nil, "", fault.Because(fault.Invalid, "fault.form", err)
	}
	return data, name, nil
}

func (p *Pages) planView(v *visit.Visit, view *pages.ImportView, out PeopleImported) {
	for _, g := range []struct {
		key  string
		list []people.Step
	}{{"joiners", out.Joiners}, {"returners", out.Returners}, {"movers", out.Movers}, {"changed", out.Changed}, {"leavers", out.Leavers}} {
		view.Totals = append(view.Totals, ui.Stat{Label: v.T("import." + g.key), Value: v.Number(int64(len(g.list)))})
		if len(g.list) == 0 {
			continue
		}
		x := pages.PlanView{Title: v.T("import.who", "kind", v.T("import."+g.key), "n", len(g.list))}
		for n, s := range g.list {
			if n == maxSteps {
				x.More = v.T("import.more", "n", len(g.list)-maxSteps)
				break
			}
			x.Lines = append(x.Lines, v.T("import.step", "name", s.Name, "what", cmp.Or(s.What, "none"), "was", cmp.Or(s.Was, "none")))
		}
		view.Groups = append(view.Groups, x)
	}
	view.Totals = append(view.Totals, ui.Stat{Label: v.T("import.same"), Value: v.Number(int64(out.Same))})
	for n, b := range out.Problems {
		if n == maxProblems {
			view.More = v.T("import.more", "n", len(out.Problems)-maxProblems)
			break
		}
		view.Problems = append(view.Problems, b.String())
	}
	for _, c := range out.File.Columns {
		field := v.T("import.unused")
		if c.Field != "" {
			field = v.T("import.field." + string(c.Field))
		}
		view.Columns = append(view.Columns, ui.Fact{Term: c.Heading, Text: field})
	}
}

// Sites is GET /admin/sites.
func (p *Pages) Sites(v *visit.Visit) error { return p.sites(v, http.StatusOK, nil) }

func (p *Pages) sites(v *visit.Visit, status int, typed *pages.SiteView) error {
	list, err := p.People.AllSites(v.R.Context(), v.By)
	if err != nil {
		return err
	}
	var view pages.SitesView
	for _, s := range list {
		x := pages.SiteView{ID: s.ID.String(), Name: s.Name, Zone: s.Zone, Country: s.Country, Hours: s.Hours, Days: people.SiteDaysText(s.Days)}
		if typed != nil && typed.ID == x.ID {
			x = *typed
		}
		view.Sites = append(view.Sites, x)
	}
	if typed != nil && typed.ID == "" {
		view.New = *typed
	}
	view.Places = p.Places(v, "sites")
	return v.ShowStatus(status, v.T("sites.title"), "admin", pages.Sites(v.Frame, view))
}

// SaveSite is POST /admin/sites.
func (p *Pages) SaveSite(v *visit.Visit) error {
	form, err := v.Form()
	if err != nil {
		return err
	}
	s := people.Site{Name: form.Get("name"), Zone: form.Text("time_zone"), Country: form.Get("country"), Hours: form.Text("hours")}
	if s.ID, err = form.ID("id"); err != nil {
		return err
	}
	n, err := p.People.SaveSite(v.R.Context(), v.By, s, form.Get("days"))
	if fault.Is(err, fault.Invalid) {
		return p.sites(v, http.StatusUnprocessableEntity, &pages.SiteView{
			ID: s.ID.String(), Name: s.Name, Zone: s.Zone, Country: s.Country, Hours: s.Hours, Days: form.Get("days"), Faults: v.Faults(err), Open: true,
		})
	}
	if err != nil {
		return err
	}
	return v.See("/admin/sites#site-" + n.String())
}

// DepartureForm is GET /people/{id}/departure, for admins: it asks first.
func (p *Pages) DepartureForm(v *visit.Visit) error {
	n, err := v.ID("id")
	if err != nil {
		return err
	}
	who, err := p.People.Open(v.R.Context(), v.By, n)
	if err != nil {
		return err
	}
	v.Crumbs = []ui.Crumb{{Label: who.Name, Href: "/people/" + n.String()}}
	title := v.T("people.departure_of", "name", who.Name)
	return v.Show(title, "people", pages.Leaving(v.Frame, pages.LeavingView{Path: "/people/" + n.String() + "/departure", Title: title}))
}

// Departure is POST /people/{id}/departure, for admins.
func (p *Pages) Departure(v *visit.Visit) error {
	n, err := v.ID("id")
	if err != nil {
		return err
	}
	if err := p.People.Dismiss(v.R.Context(), v.By, n, p.NewImport().Former); err != nil {
		return err
	}
	return v.See("/people")
}
