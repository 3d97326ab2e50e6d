package main

import (
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/guildhall/guildhall/internal/core/event"
	"github.com/guildhall/guildhall/internal/core/whoknows"
	"github.com/guildhall/guildhall/internal/platform/db"
	"github.com/guildhall/guildhall/internal/world"
)

// posts posts answers by the API from many writers at the same time, each with
// a token of its own, then waits until everything has followed from them.
func (b *serveBench) posts(s *served) error {
	list := world.CrowdWords() // made before the clock starts
	word := func(i int) string { return list[i%997] }
	bodies := make([][]byte, b.cmd.Posts)
	for i := range bodies {
		bodies[i] = fmt.Appendf(nil, `{"body": "Answer %d: %s %s %s."}`, i, word(i), word(7*i), word(31*i))
	}
	before, err := s.cpu()
	if err != nil {
		return err
	}
	began := time.Now()
	if err := b.crowd(s, writers, b.cmd.Posts, func(c *caller, who, i int) error {
		return c.post("/api/v1"+b.questions[i%len(b.questions)]+"/answers", b.tokens[who], bodies[i])
	}); err != nil {
		return err
	}
	took := time.Since(began)
	after, err := s.cpu()
	if err != nil {
		return err
	}
	rate := float64(b.cmd.Posts) / took.Seconds()
	b.lines = append(b.lines, benchLine{fmt.Sprintf("answers posted durably by %d writers", writers), "1500 /s", fmt.Sprintf("%.0f /s", rate), rate >= 1500})
	b.lines = append(b.lines, benchLine{"  of the server's processor time, each", "", ms((after - before) / time.Duration(b.cmd.Posts)), true})
	fmt.Fprintf(os.Stderr, "%d answers in %.1f s\n", b.cmd.Posts, took.Seconds())
	d, err := db.Open(b.ctx, db.Config{URL: filepath.Join(b.folder, "guildhall.db"), Readers: 1})
	if err != nil {
		return err
	}
	defer d.Close()
	began = time.Now()
	const patience = 5 * time.Minute
	for {
		var behind, stale int64
		if err := d.Read(b.ctx, func(tx *db.Tx) (err error) {
			if behind, err = event.Behind(tx); err == nil {
				stale, err = whoknows.Waiting(tx)
			}
			return err
		}); err != nil {
			return err
		}
		if behind == 0 && stale == 0 || time.Since(began) > patience {
			break
		}
		select {
		case <-b.ctx.Done():
			return b.ctx.Err()
		case <-time.After(50 * time.Millisecond):
		}
	}
	b.line("until everything has followed from them", 30*time.Second, time.Since(began))
	followed, err := s.cpu()
	if err != nil {
		return err
	}
	b.lines = append(b.lines, benchLine{"  of the server's processor time, each", "", ms((followed - after) / time.Duration(b.cmd.Posts)), true})
	return nil
}
