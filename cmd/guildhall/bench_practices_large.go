package main

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/guildhall/guildhall/internal/platform/db"
)

// large measures the three as jobs while others read pages.
func (b *practiceBench) large() error {
	source, err := b.cmd.data(b.ctx)
	if err != nil {
		return err
	}
	folder, err := os.MkdirTemp(filepath.Dir(source), "run-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(folder)
	if err := copyFile(filepath.Join(source, "guildhall.db"), filepath.Join(folder, "guildhall.db")); err != nil {
		return err
	}
	b.folder = folder
	if err := b.signIn(); err != nil {
		return err
	}
	m, err := b.prepare()
	if err != nil {
		return err
	}
	s, err := start(b.ctx, "/login", "serve", "--data", folder, "--listen", "127.0.0.1:0", "--api-rate=-1")
	if err != nil {
		return err
	}
	defer s.stop()
	if b.questions, err = questionsOf(s, b.cookies[0]); err != nil {
		return err
	}
	if err := b.organiser("http://"+s.host, m.cookie); err != nil {
		return err
	}
	if err := b.quiet(s, 2*time.Second); err != nil { // caches fill
		return err
	}
	if err := b.beside(s, "nothing", func() error {
		time.Sleep(5 * time.Second)
		return nil
	}); err != nil {
		return err
	}
	if b.asks("mentoring") {
		if err := b.mentoring(s, m); err != nil {
			return err
		}
	}
	if b.asks("swaps") {
		var r swapRounds
		if err := b.beside(s, "the swap round", func() error {
			r, err = b.swapRound()
			return err
		}); err != nil {
			return err
		}
		b.line("swap round, "+r.what, 10*time.Second, r.took)
		if err := b.settled(s); err != nil {
			return err
		}
	}
	if b.asks("coffee") {
		var took time.Duration
		if err := b.beside(s, "the coffee round", func() error {
			began := time.Now()
			if _, _, err := b.page("/coffee/groups/"+m.group.String()+"/rounds", url.Values{}); err != nil {
				return err
			}
			_, err := b.until(func() (bool, error) {
				var state string
				err := b.look(func(tx *db.Tx) error {
					_, err := tx.Row("SELECT state FROM coffee_rounds WHERE group_id = $1", []any{&state}, m.group)
					return err
				})
				return state == "told", err
			})
			took = time.Since(began)
			return err
		}); err != nil {
			return err
		}
		b.line(fmt.Sprintf("coffee round of %d people", b.cmd.People), 10*time.Second, took)
		if err := b.settled(s); err != nil {
			return err
		}
	}
	held := s.memory()
	b.lines = append(b.lines, benchLine{"resident memory at the end", "", fmt.Sprintf("%d MB", held>>20), true})
	return nil
}

func (b *practiceBench) mentoring(s *served, m meets) error {
	at := "/api/v1/programmes/" + m.programme.String()
	var run struct {
		ID, State    string
		Pairs, Alone int
		Seconds      float64
	}
	var took time.Duration
	wait := func(state string) error {
		_, err := b.until(func() (bool, error) {
			err := b.read(at+"/run", &run)
			return run.State == state, err
		})
		return err
	}
	if err := b.beside(s, "the mentoring run", func() error {
		began := time.Now()
		_, _, err := b.page("/mentoring/"+m.programme.String()+"/pairing", url.Values{"weight_skills": {"5"}, "weight_unit": {"3"}, "weight_hours": {"3"}, "weight_language": {"3"}})
		if err == nil {
			err = wait("draft")
		}
		took = time.Since(began)
		return err
	}); err != nil {
		return err
	}
	b.line(fmt.Sprintf("mentoring run, %d mentees x %d mentors, %d pairs", m.mentees, m.mentors, run.Pairs), 10*time.Second, took)
	if err := b.beside(s, "publishing it", func() error {
		began := time.Now()
		_, _, err := b.page("/mentoring/"+m.programme.String()+"/publication", url.Values{"run": {run.ID}})
		if err == nil {
			err = wait("published")
		}
		took = time.Since(began)
		return err
	}); err != nil {
		return err
	}
	b.line(fmt.Sprintf("publishing %d pairs", run.Pairs), 0, took)
	return b.settled(s)
}

// settled waits until what follows from a round has followed: notices of
// thousands of people.
func (b *practiceBench) settled(s *served) error {
	var took time.Duration
	if err := b.beside(s, "what follows from it", func() (err error) {
		took, err = b.until(func() (bool, error) {
			var behind int64
			err := b.look(func(tx *db.Tx) error {
				_, err := tx.Row("SELECT (SELECT COALESCE(MAX(seq), 0) FROM events) - (SELECT seq FROM event_cursors WHERE name = 'notices')", []any{&behind})
				return err
			})
			return behind == 0, err
		})
		return err
	}); err != nil {
		return err
	}
	b.line("  until everybody was told", 0, took)
	return nil
}

// look reads the data of the server from outside.
func (b *practiceBench) look(do func(tx *db.Tx) error) error {
	d, err := db.Open(b.ctx, db.Config{URL: filepath.Join(b.folder, "guildhall.db"), Readers: 1})
	if err != nil {
		return err
	}
	defer d.Close()
	return d.Read(b.ctx, do)
}

// beside does something while others read pages at a steady rate, and adds the
// time that they wait to the table.
func (b *practiceBench) beside(s *served, what string, do func() error) error {
	ctx, stop := context.WithCancel(b.ctx)
	defer stop()
	var mu sync.Mutex
	var took []time.Duration
	var failed error
	var all sync.WaitGroup
	var paths []string
	for _, p := range b.list() {
		paths = append(paths, p.paths...)
	}
	paths = append(paths, "/mentoring", "/people")
	every := time.Second * time.Duration(b.practices.Readers) / time.Duration(b.practices.Rate)
	for who := range b.practices.Readers {
		all.Go(func() {
			c, err := s.dial()
			if err == nil {
				defer c.close()
			}
			// Requests are due at fixed times: who waits for one page asks for
			// the next ones late, and their wait counts from when they were due.
			due := time.Now().Add(every * time.Duration(who) / time.Duration(b.practices.Readers))
			for i := who; err == nil; i++ {
				select {
				case <-ctx.Done():
					return
				case <-time.After(time.Until(due)):
				}
				_, err = c.get(paths[i*7%len(paths)], b.cookies[(i+who)%len(b.cookies)])
				mu.Lock()
				took = append(took, time.Since(due))
				mu.Unlock()
				due = due.Add(every)
			}
			mu.Lock()
			failed = errors.Join(failed, err)
			mu.Unlock()
			stop()
		})
	}
	began, queued := time.Now(), s.queued()
	err := do()
	stop()
	all.Wait()
	busy := float64(s.queued()-queued) / float64(time.Since(began))
	if err = errors.Join(err, failed); err != nil {
		return err
	}
	if len(took) < 20 {
		return nil // too short to say anything
	}
	b.line(fmt.Sprintf("  other pages beside %s, %d of them: 99 %%", what, len(took)), 100*time.Millisecond, percentile(took, 0.99))
	b.line("  the slowest of them", 0, percentile(took, 1))
	// On a machine of its own a server with as many threads at work as there
	// are processors hardly queues: what others take says how far to believe
	// the lines above.
	b.lines = append(b.lines, benchLine{"  threads of the server in the queue for a processor, mean", "", fmt.Sprintf("%.1f", busy), true})
	return nil
}

// quiet reads pages without counting.
func (b *practiceBench) quiet(s *served, long time.Duration) error {
	lines := len(b.lines)
	err := b.beside(s, "nothing", func() error {
		time.Sleep(long)
		return nil
	})
	b.lines = b.lines[:lines]
	return err
}
