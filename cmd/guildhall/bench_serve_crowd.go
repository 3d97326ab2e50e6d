package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"sync/atomic"
	"time"

	"github.com/guildhall/guildhall/internal/app"
	"github.com/guildhall/guildhall/internal/core/event"
	"github.com/guildhall/guildhall/internal/core/organisation"
	"github.com/guildhall/guildhall/internal/platform/clock"
	"github.com/guildhall/guildhall/internal/platform/db"
	"github.com/guildhall/guildhall/internal/world"
)

// crowdVersion names the form of the made-up data.
const crowdVersion = "7"

// data is a folder with the organisation, made when it is not there. One that
// is there may have been made by an older program: what follows from its events
// by now is carried out first, so that nobody measures a server that catches up.
func (c *benchServeCmd) data(ctx context.Context) (string, error) {
	cache := c.Cache
	if cache == "" {
		home, err := os.UserCacheDir()
		if err != nil {
			return "", err
		}
		cache = filepath.Join(home, "guildhall-bench")
	}
	name := filepath.Join(cache, fmt.Sprintf("crowd-%s-%d-%d", crowdVersion, c.People, c.Questions))
	if _, err := os.Stat(name); err == nil {
		return name, inCrowd(ctx, name, func(h *app.House, _ *clock.Moved) error { return c.follow(ctx, h, false) })
	}
	if err := os.MkdirAll(cache, 0o700); err != nil {
		return "", err
	}
	part, err := os.MkdirTemp(cache, "making-")
	if err != nil {
		return "", err
	}
	defer os.RemoveAll(part)
	began := time.Now()
	if err := inCrowd(ctx, part, func(h *app.House, moved *clock.Moved) error { return c.crowd(ctx, h, moved) }); err != nil {
		return "", err
	}
	fmt.Fprintf(os.Stderr, "made %d people and %d questions in %.0f s, kept in %s\n", c.People, c.Questions, time.Since(began).Seconds(), name)
	return name, os.Rename(part, name)
}

// crowdUntil is when the history of the made-up organisation ends.
var crowdUntil = time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)

// inCrowd opens the house of the made-up organisation in a folder.
func inCrowd(ctx context.Context, folder string, do func(*app.House, *clock.Moved) error) error {
	moved := clock.NewMoved(crowdUntil)
	h, err := app.Open(ctx, app.Config{Database: filepath.Join(folder, "guildhall.db"), Clock: moved, Throwaway: true})
	if err != nil {
		return err
	}
	return errors.Join(do(h, moved), h.Close())
}

// crowd fills an empty house.
func (c *benchServeCmd) crowd(ctx context.Context, h *app.House, moved *clock.Moved) error {
	if err := h.Organisation.Change(ctx, func(s *organisation.Settings) error { s.Name, s.SetUp = "Crowd", true; return nil }); err != nil {
		return err
	}
	p := progress{out: os.Stderr}
	if err := world.Crowd(ctx, world.Services{DB: h.DB, Clock: moved, People: h.People, Skills: h.Skills, Ask: h.Ask}, 1, crowdUntil, c.People, c.Questions,
		func(what string, done, all int) { p.show(fmt.Sprintf("making %s: %d of %d", what, done, all)) }); err != nil {
		return err
	}
	if err := c.follow(ctx, h, true); err != nil {
		return err
	}
	p.clear()
	return h.DB.Optimise(ctx)
}

// follow carries out what follows from all this and says every few seconds how
// far it is. A fresh index is counted at once, which is faster than bit by bit.
func (c *benchServeCmd) follow(ctx context.Context, h *app.House, fresh bool) error {
	began := time.Now()
	var read atomic.Int64
	done := make(chan struct{})
	defer close(done)
	go func() {
		tick := time.NewTicker(3 * time.Second)
		defer tick.Stop()
		for {
			select {
			case <-done:
				return
			case <-tick.C:
			}
			var behind int64
			if err := h.DB.Read(ctx, func(tx *db.Tx) (err error) {
				behind, err = event.Behind(tx)
				return err
			}); err != nil {
				return
			}
			fmt.Fprintf(os.Stderr, "what follows, %.0f s: %d events to go, %d answers read for who knows, which then adds them up\n", time.Since(began).Seconds(), behind, read.Load())
		}
	}()
	if _, err := h.Effects.Drain(ctx); err != nil {
		return err
	}
	if fresh {
		if err := h.Index.Rebuild(ctx, func(sources int) { read.Store(int64(sources)) }); err != nil {
			return err
		}
	}
	return h.Follow(ctx)
}

// copyFile copies a file and waits until it is on the disk, so that a server that
// is started on the copy does not wait for it at the first thing it makes durable.
func copyFile(from, to string) error {
	in, err := os.Open(from)
	if err != nil {
		return err
	}
	defer in.Close()
	out, err := os.OpenFile(to, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	_, err = io.Copy(out, in)
	return errors.Join(err, out.Sync(), out.Close())
}
