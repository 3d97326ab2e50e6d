package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/guildhall/guildhall/internal/app"
	"github.com/guildhall/guildhall/internal/connect/badrow"
	"github.com/guildhall/guildhall/internal/connect/peoplecsv"
	"github.com/guildhall/guildhall/internal/core/people"
	"github.com/guildhall/guildhall/internal/directory"
	"github.com/guildhall/guildhall/internal/platform/fault"
)

type importPeople struct {
	place
	File          string `arg:"" help:"The export, with everybody who works here." type:"existingfile"`
	Preview       bool   `help:"Say what would happen, change nothing."`
	AcceptLeavers bool   `help:"Go on although more than 5 % of the people would leave."`
	Map           string `help:"A mapping of headings: one line each, 'Pers.-Nr. = number'. Fields: number, email, name, first, last, title, unit, site, manager, manager_number, manager_email, manager_name, start, end, zone, language, status, ignore." type:"existingfile" placeholder:"FILE"`
	Dates         string `help:"How dates like 03/04/2020 are meant: dmy or mdy." enum:"auto,dmy,mdy" default:"auto"`
	Errors        string `help:"Write what could not be used to this file in place of the screen." type:"path" placeholder:"FILE"`
}

// Run imports the export.
func (c *importPeople) Run(ctx context.Context) error {
	var opt peoplecsv.Options
	if c.Map != "" {
		f, err := os.Open(c.Map)
		if err != nil {
			return err
		}
		opt.Mapping, opt.Dates, err = peoplecsv.ParseMapping(f)
		f.Close()
		if err != nil {
			return fmt.Errorf("%s: %w", filepath.Base(c.Map), err)
		}
	}
	if c.Dates != "auto" {
		opt.Dates = peoplecsv.Order(c.Dates)
	}
	f, err := os.Open(c.File)
	if err != nil {
		return err
	}
	defer f.Close()
	h, end, err := c.openFor(ctx, c.Preview)
	if err != nil {
		return err
	}
	defer end()
	problems, done, err := reportTo(c.Errors)
	if err != nil {
		return err
	}
	defer done()
	p := progress{out: os.Stderr}
	i := h.PeopleImport()
	i.Options, i.AcceptLeavers, i.Preview = opt, c.AcceptLeavers, c.Preview
	i.Progress = func(done, of int) { p.show(fmt.Sprintf("%d of %d people", done, of)) }
	out, err := i.Run(ctx, f, filepath.Base(c.File))
	p.clear()
	for _, b := range out.Problems {
		fmt.Fprintln(problems, b)
	}
	if fault.Is(err, fault.Conflict) && out.TooManyLeave() {
		steps(os.Stdout, out.Plan)
		return fmt.Errorf("%d of %d people would leave; nothing was changed. If that is right, add --accept-leavers", len(out.Leavers), out.People)
	}
	if err != nil {
		return goOn(err)
	}
	if c.Preview {
		steps(os.Stdout, out.Plan)
		fmt.Print("would bring ")
	} else {
		p.show("working out what follows: search, receipts, who knows")
		if err := h.Follow(ctx); err != nil {
			return err
		}
		p.clear()
		fmt.Print("brought ")
	}
	fmt.Printf("%s, %d who return, %s, %s, %s; %d are as they were\n", count(len(out.Joiners), "joiner"), len(out.Returners),
		count(len(out.Movers), "mover"), count(len(out.Changed), "other change"), count(len(out.Leavers), "leaver"), out.Same)
	if len(out.File.AskDates) > 0 {
		fmt.Printf("dates in %s can be read with the day or the month first and were left out; say --dates dmy or --dates mdy\n", strings.Join(out.File.AskDates, ", "))
	}
	if unused := out.File.Unused(); len(unused) > 0 {
		fmt.Printf("nothing was taken from %s; --map says what a column is\n", strings.Join(unused, ", "))
	}
	told(out.Problems)
	return nil
}

// steps prints who a plan is about.
func steps(w io.Writer, p people.Plan) {
	for _, x := range []struct {
		word string
		list []people.Step
	}{{"joins", p.Joiners}, {"returns", p.Returners}, {"moves", p.Movers}, {"changes", p.Changed}, {"leaves", p.Leavers}} {
		for _, s := range x.list {
			line := fmt.Sprintf("%-8s %s", x.word, s.Name)
			switch {
			case s.Was != "":
				line += fmt.Sprintf(", from %s to %s", s.Was, s.What)
			case s.What != "":
				line += ", " + s.What
			}
			if s.Line > 0 {
				line += fmt.Sprintf(" (line %d)", s.Line)
			}
			fmt.Fprintln(w, line)
		}
	}
}

// reportTo opens the error report: the file, else the screen.
func reportTo(file string) (io.Writer, func(), error) {
	if file == "" {
		return os.Stderr, func() {}, nil
	}
	f, err := os.Create(file)
	if err != nil {
		return nil, nil, fmt.Errorf("the error report cannot be written: %w", err)
	}
	return f, func() { f.Close() }, nil
}

// told says how much is in the error report.
func told(list []badrow.Problem) {
	mended := 0
	for _, b := range list {
		if b.Kept {
			mended++
		}
	}
	if n := len(list) - mended; n == 1 {
		fmt.Println("1 row could not be used; it is listed above or in the error report")
	} else if n > 1 {
		fmt.Printf("%d rows could not be used; they are listed above or in the error report\n", n)
	}
	if mended == 1 {
		fmt.Println("1 value was left out or mended; it is listed above or in the error report")
	} else if mended > 1 {
		fmt.Printf("%d values were left out or mended; they are listed above or in the error report\n", mended)
	}
}

type importSkills struct {
	place
	Files   []string `arg:"" help:"O*NET text files, ESCO label files or its zip, or a CSV of your own." type:"existingfile"`
	Preview bool     `help:"Say what would happen, change nothing."`
	Errors  string   `help:"Write what could not be used to this file in place of the screen." type:"path" placeholder:"FILE"`
}

// Run imports the files, one after the other; one that cannot be read does not
// stop the next.
func (c *importSkills) Run(ctx context.Context) error {
	h, end, err := c.openFor(ctx, c.Preview)
	if err != nil {
		return err
	}
	defer end()
	problems, done, err := reportTo(c.Errors)
	if err != nil {
		return err
	}
	defer done()
	failed := 0
	for _, name := range c.Files {
		if err := c.one(ctx, h, name, problems); err != nil {
			if ctx.Err() != nil {
				return err
			}
			failed++
			fmt.Fprintf(os.Stderr, "%s: %v\n", filepath.Base(name), app.InWords(err))
		}
	}
	if !c.Preview {
		if err := h.Follow(ctx); err != nil {
			return err
		}
	}
	if failed > 0 {
		return fault.New(fault.Invalid, "fault.import.files_failed").With("failed", failed).With("files", len(c.Files))
	}
	return nil
}

func (c *importSkills) one(ctx context.Context, h *app.House, name string, problems io.Writer) error {
	f, err := os.Open(name)
	if err != nil {
		return err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return err
	}
	p := progress{out: os.Stderr}
	i := directory.SkillsImport{Service: h.Skills, Preview: c.Preview, Progress: func(done, of int) {
		p.show(fmt.Sprintf("%s: %d of %d skills", filepath.Base(name), done, of))
	}}
	out, err := i.Run(ctx, f, info.Size(), filepath.Base(name))
	p.clear()
	for _, b := range out.Problems {
		fmt.Fprintln(problems, b)
	}
	if err != nil {
		return goOn(err)
	}
	word := "imported"
	if c.Preview {
		word = "would import"
	}
	fmt.Printf("%s: %s %d new skills, further names for %d; %d were here before, %d are groups, occupations or obsolete\n",
		out.Format, word, out.New, out.Changed, out.Same, out.LeftOut)
	if out.Attribution != "" {
		fmt.Println(out.Attribution)
	}
	told(out.Problems)
	return nil
}
