package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/guildhall/guildhall/internal/ask"
	"github.com/guildhall/guildhall/internal/connect/badrow"
	"github.com/guildhall/guildhall/internal/connect/stackexchange"
	"github.com/guildhall/guildhall/internal/platform/markdown"
)

type importStackExchange struct {
	place
	Dir     string `arg:"" help:"Folder of the dump, with Posts.xml." type:"existingdir"`
	Site    string `help:"Site it comes from, named beside every post; the folder's name tells when left out." placeholder:"HOST"`
	Preview bool   `help:"Read and check everything, write nothing."`
	Errors  string `help:"Write what could not be used to this file in place of the screen." type:"path"`
}

// Run imports the dump.
func (c *importStackExchange) Run(ctx context.Context) error {
	dump, err := stackexchange.Open(os.DirFS(c.Dir))
	if err != nil {
		return err
	}
	if c.Site == "" {
		c.Site = siteOf(c.Dir)
	}
	h, end, err := c.openFor(ctx, c.Preview)
	if err != nil {
		return err
	}
	defer end()
	problems := os.Stderr
	if c.Errors != "" {
		if problems, err = os.Create(c.Errors); err != nil {
			return fmt.Errorf("the error report cannot be written: %w", err)
		}
		defer problems.Close()
	}
	p := progress{out: os.Stderr}
	x := &ask.StackExchange{
		Service: h.Ask, People: h.People, Dump: dump, Site: c.Site, DryRun: c.Preview, Markdown: markdown.FromHTML,
		Report: func(b badrow.Problem) {
			p.clear()
			fmt.Fprintln(problems, b)
		},
		Progress: func(file string, rows int) {
			p.show(fmt.Sprintf("%s: %d rows, %d %% of the dump", file, rows, percent(dump.BytesRead(), 2*dump.Size())))
		},
	}
	if err := x.Run(ctx); err != nil {
		p.clear()
		return goOn(err)
	}
	if !c.Preview {
		p.show("working out what follows: search, receipts, who knows")
		if err := h.Follow(ctx); err != nil {
			p.clear()
			return err
		}
	}
	p.clear()
	n := x.Counts
	what := "imported"
	if c.Preview {
		what = "would import"
	}
	fmt.Printf("%s %s, %s, %s by %s; %s, %s\n", what,
		count(n.Questions, "question"), count(n.Answers, "answer"), count(n.Comments, "comment"), count(n.Authors, "author"),
		count(n.Versions, "version"), count(n.Duplicates, "duplicate"))
	if c.Preview {
		fmt.Printf("%s would be new, %d changed, the rest is here already\n", count(n.New, "row"), n.Changed)
	} else {
		fmt.Printf("%s new, %d changed, the rest was here before\n", count(n.New, "row"), n.Changed)
	}
	if n.Problems > 0 {
		fmt.Printf("%s could not be used or had to be mended, as listed above or in the error report\n", count(n.Problems, "row"))
	}
	return nil
}

// siteOf guesses the host from the folder: conlang-meta is
// conlang.meta.stackexchange.com.
func siteOf(dir string) string {
	abs, err := filepath.Abs(dir)
	if err != nil {
		abs = dir
	}
	name := strings.ToLower(filepath.Base(abs))
	if strings.Contains(name, ".") {
		return name
	}
	if site, ok := strings.CutSuffix(name, "-meta"); ok {
		name = site + ".meta"
	}
	return name + ".stackexchange.com"
}

func percent(part, whole int64) int64 {
	if whole <= 0 {
		return 100
	}
	return min(100*part/whole, 100)
}
