package directory

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"slices"
	"time"

	"github.com/guildhall/guildhall/internal/connect/badrow"
	"github.com/guildhall/guildhall/internal/connect/peoplecsv"
	"github.com/guildhall/guildhall/internal/connect/skillfiles"
	"github.com/guildhall/guildhall/internal/core/access"
	"github.com/guildhall/guildhall/internal/core/people"
	"github.com/guildhall/guildhall/internal/core/skills"
)

// PeopleImport brings people in line with the export of a personnel system.
type PeopleImport struct {
	Service *people.Service
	By      access.Actor // nobody for the command line
	Options peoplecsv.Options
	// AcceptLeavers lets more than one in twenty leave.
	AcceptLeavers bool
	Preview       bool   // say what would happen, do nothing
	Former        string // what stands beside the words of a leaver who hides their name
	Zone          string // of sites whose people have none
	Now           time.Time
	Progress      func(done, of int)
}

// PeopleImported is what an import did, or would do.
type PeopleImported struct {
	people.Plan
	File     *peoplecsv.Result
	Problems []badrow.Problem // of the file and of bringing it in, by line
}

// Run imports the file. Everything that can be used is used; Problems names the
// rest. A Conflict says that too many would leave; then nothing was done and
// the plan says who.
func (i *PeopleImport) Run(ctx context.Context, in io.Reader, file string) (PeopleImported, error) {
	var out PeopleImported
	var err error
	if out.File, err = peoplecsv.Read(in, file, i.Options); err != nil {
		return out, err
	}
	e := i.export(out.File)
	if i.Preview {
		out.Plan, err = i.Service.Compare(ctx, e)
	} else {
		out.Plan, err = i.Service.Sync(ctx, i.By, e, i.AcceptLeavers, i.Former, i.Zone, i.Progress)
	}
	headings := map[string]string{}
	for _, c := range out.File.Columns {
		headings[string(c.Field)] = c.Heading
	}
	out.Problems = out.File.Problems
	for _, t := range out.Plan.Troubles {
		column := headings[t.Field]
		out.Problems = append(out.Problems, badrow.Problem{File: file, Line: t.Line, Column: column, Code: t.Code, Reason: t.Reason, Kept: t.Kept})
	}
	slices.SortStableFunc(out.Problems, func(a, b badrow.Problem) int { return cmp.Compare(a.Line, b.Line) })
	return out, err
}

// export is the file as the rules want it.
func (i *PeopleImport) export(f *peoplecsv.Result) people.Export {
	e := people.Export{Has: map[string]bool{}}
	for _, c := range f.Columns {
		switch c.Field {
		case peoplecsv.Title, peoplecsv.Unit, peoplecsv.Site, peoplecsv.Email:
			e.Has[string(c.Field)] = true
		case peoplecsv.Manager, peoplecsv.ManagerNumber, peoplecsv.ManagerEmail, peoplecsv.ManagerName:
			e.Has["manager"] = true
		}
	}
	today := i.Now.UTC().Truncate(24 * time.Hour)
	for _, p := range f.People {
		e.Staff = append(e.Staff, people.Staff{
			Line: p.Line, Key: p.Key, Number: p.Number, Email: p.Email, Name: p.Name, Title: p.Title, Unit: p.Unit, Site: p.Site,
			Zone: p.Zone, Language: p.Language, Start: p.Start,
			Left:    p.Presence == peoplecsv.Left || !p.End.IsZero() && p.End.Before(today),
			Manager: people.Boss(p.Manager),
		})
	}
	return e
}

// SkillsImport brings skills from lists.
type SkillsImport struct {
	Service  *skills.Service
	Preview  bool
	Progress func(done, of int)
}

// SkillsImported is what an import of skills did, or would do.
type SkillsImported struct {
	Format      string
	Attribution string
	New         int
	Changed     int // known ones that got further names or a description
	Same        int
	LeftOut     int // groups and occupations, which are no skills, and what is obsolete
	Problems    []badrow.Problem
}

// Run imports one file.
func (i *SkillsImport) Run(ctx context.Context, in io.ReaderAt, size int64, file string) (SkillsImported, error) {
	set, err := skillfiles.Read(in, size, file)
	if err != nil {
		return SkillsImported{}, err
	}
	out := SkillsImported{Format: set.Format, Attribution: set.Attribution, Problems: set.Problems}
	parents := map[string]string{}
	for _, s := range set.Skills {
		parents[s.OriginID] = s.Parent
	}
	var drafts []skills.Draft
	names := map[string]string{} // of groups, which become categories
	for _, s := range set.Skills {
		if s.Kind == skillfiles.KindGroup {
			names[s.OriginID] = s.Name
		}
	}
	for _, s := range set.Skills {
		if s.Retired || s.Kind == skillfiles.KindGroup || s.Kind == skillfiles.KindOccupation {
			out.LeftOut++
			continue
		}
		d := skills.Draft{
			Name: s.Name, Description: s.Description, Synonyms: s.Synonyms, Origin: s.Origin, OriginID: s.OriginID, Lang: set.Lang, Quiet: true,
			Category: category(s.OriginID, parents, names),
		}
		if s.Category != "" {
			d.Category = s.Category
		}
		if r := []rune(d.Name); len(r) > 100 {
			out.Problems = append(out.Problems, badrow.Problem{
				File: s.File, Line: s.Line, Code: "name_long", Reason: fmt.Sprintf("the name has %d characters, more than 100", len(r)),
			})
			continue
		}
		if r := []rune(d.Description); len(r) > 2000 {
			d.Description = string(r[:1999]) + "…"
		}
		drafts = append(drafts, d)
	}
	counts, err := i.Service.Bring(ctx, drafts, i.Preview, i.Progress)
	out.New, out.Changed, out.Same = counts.New, counts.Changed, counts.Same
	return out, err
}

// category is the nearest group above an entry.
func category(n string, parents, groups map[string]string) string {
	for range 20 {
		n = parents[n]
		if n == "" {
			return ""
		}
		if g := groups[n]; g != "" {
			if r := []rune(g); len(r) > 100 {
				return string(r[:99]) + "…"
			}
			return g
		}
	}
	return ""
}
