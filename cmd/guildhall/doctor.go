package main

import (
	"context"
	"fmt"
	"io"
	"os"

	"github.com/guildhall/guildhall/internal/app"
)

type doctorCmd struct {
	place
	front
	Rebuild string `help:"Make this again from what it comes from: ledger." enum:",ledger" default:"" placeholder:"WHAT"`
}

// sick is an examination that found something that does not work.
type sick int

func (s sick) Error() string {
	if s == 1 {
		return "one thing does not work"
	}
	return fmt.Sprintf("%d things do not work", int(s))
}

// Run examines the house, beside a running server too, and changes nothing
// unless something is to be rebuilt.
func (d *doctorCmd) Run(ctx context.Context) error {
	if d.Rebuild == "ledger" {
		return d.rebuild(ctx)
	}
	return d.examine(ctx, os.Stdout)
}

func (d *doctorCmd) examine(ctx context.Context, w io.Writer) error {
	findings := app.Examine(ctx, app.Patient{
		Data: d.Data, Database: d.Database, Listen: d.Listen, PublicURL: d.PublicURL,
		TLSCert: d.TLSCert, TLSKey: d.TLSKey, ACMEHosts: d.ACMEHost, TrustedProxies: d.TrustedProxy,
	})
	bad := 0
	for _, f := range findings {
		mark := "ok  "
		switch f.Grade {
		case app.Note:
			mark = "note"
		case app.Bad:
			mark = "BAD "
			bad++
		}
		fmt.Fprintf(w, "%s  %-10s %s\n", mark, f.What, f.Words)
	}
	if bad > 0 {
		return sick(bad)
	}
	return nil
}

func (d *doctorCmd) rebuild(ctx context.Context) error {
	h, err := d.openExisting(ctx, app.Config{})
	if err != nil {
		return err
	}
	defer h.Close()
	p := progress{out: os.Stderr}
	done := map[string]int{}
	err = h.Ledger.Rebuild(ctx, func(name string, sources int) {
		done[name] = sources
		p.show(fmt.Sprintf("rebuilding the ledger: %d %s", sources, name))
	})
	p.clear()
	if err != nil {
		return err
	}
	total := 0
	for _, n := range done {
		total += n
	}
	fmt.Printf("The ledger was made again from %d sources.\n", total)
	return nil
}
