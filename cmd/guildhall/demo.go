package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/guildhall/guildhall/internal/app"
	"github.com/guildhall/guildhall/internal/core/login"
	"github.com/guildhall/guildhall/internal/core/organisation"
	"github.com/guildhall/guildhall/internal/platform/clock"
	"github.com/guildhall/guildhall/internal/platform/db"
	"github.com/guildhall/guildhall/internal/world"
)

type demoCmd struct {
	front
	Seed     uint64 `help:"The same seed makes the same organisation." default:"1"`
	Database string `help:"An empty PostgreSQL database (postgres://...) in place of a temporary folder." placeholder:"URL"`
	Data     string `help:"A folder that keeps the demo; a temporary one is removed at the end." type:"path"`
	Fill     bool   `help:"Only make the organisation, do not serve."`
}

// Run makes the demo organisation and serves it until it is interrupted.
func (d *demoCmd) Run(ctx context.Context) error {
	var c app.Config
	if err := d.config(&c); err != nil {
		return err
	}
	l, at, err := d.listen(ctx)
	if err != nil {
		return err
	}
	defer l.Close()
	c.Database = d.Database
	if c.Database == "" {
		folder := d.Data
		if folder == "" {
			if folder, err = os.MkdirTemp("", "guildhall-demo-"); err != nil {
				return fmt.Errorf("no temporary folder can be made: %w", err)
			}
			defer os.RemoveAll(folder)
		} else if err := os.MkdirAll(folder, 0o700); err != nil {
			return fmt.Errorf("the data folder cannot be made: %w", err)
		}
		c.Database = filepath.Join(folder, "guildhall.db")
		c.Throwaway = d.Data == ""
		c.Files = filepath.Join(folder, "files")
	}
	links, err := d.fill(ctx, c, strings.TrimRight(at.String(), "/"))
	if err != nil {
		return err
	}
	c.Address = at // stands on cards and in links
	h, err := app.Open(ctx, c)
	if err != nil {
		return err
	}
	defer h.Close()
	fmt.Printf("\nGuildhall's demo organisation answers on %s\nSign in with one click as\n", at)
	for _, s := range links {
		fmt.Println(s)
	}
	if d.Fill {
		return nil
	}
	fmt.Println("Press Ctrl-C to end it.")
	return h.Serve(ctx, l)
}

// fill makes the organisation with a moved clock and returns the lines with
// the sign-in links.
func (d *demoCmd) fill(ctx context.Context, c app.Config, at string) ([]string, error) {
	started := time.Now()
	until := clock.System{}.Now()
	moved := clock.NewMoved(until.AddDate(-2, -1, 0))
	c.Clock = moved
	h, err := app.Open(ctx, c)
	if err != nil {
		return nil, err
	}
	defer h.Close()
	if err := h.Organisation.Change(ctx, func(s *organisation.Settings) error {
		s.Name, s.TimeZone, s.SetUp, s.Demo = "Aldervale Instruments", "Europe/London", true, true
		s.Practices = map[string]bool{"coffee": true, "mentoring": true, "swaps": true, "echo": true, "welcome": true, "teamhour": true}
		return nil
	}); err != nil {
		return nil, err
	}
	p := progress{out: os.Stderr}
	people, err := world.Build(ctx, world.Services{
		DB: h.DB, Clock: moved, People: h.People, Skills: h.Skills, Ask: h.Ask, Mentoring: h.Mentoring, Swaps: h.Swaps, Coffee: h.Coffee, Echo: h.Echo, TeamHours: h.TeamHours,
	}, d.Seed, until, world.Size{}, func(what string, percent int) {
		p.show(fmt.Sprintf("making the demo organisation: %3d %%, %s", percent, what))
	})
	if err != nil {
		p.clear()
		return nil, err
	}
	p.show("making the demo organisation: what follows from two years")
	if err := h.Follow(ctx); err != nil {
		p.clear()
		return nil, err
	}
	if err := h.Notices.Settle(ctx, until.AddDate(0, 0, -2)); err != nil {
		p.clear()
		return nil, err
	}
	p.clear()
	fmt.Fprintf(os.Stderr, "made %d people and two years of history in %.1f s\n", 1200, time.Since(started).Seconds())
	var lines []string
	err = h.DB.Write(ctx, func(tx *db.Tx) error {
		lines = nil
		for _, x := range people {
			token, err := h.Logins.NewLink(tx, x.Person, login.DemoLink, 30*24*time.Hour)
			if err != nil {
				return err
			}
			lines = append(lines, fmt.Sprintf("  %-18s %-10s %s/demo/%s\n  %s", x.Name, x.Role, at, token, x.Line))
		}
		return nil
	})
	return lines, err
}
