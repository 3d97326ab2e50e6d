package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"time"

	"github.com/guildhall/guildhall/internal/app"
	"github.com/guildhall/guildhall/internal/core/people"
	"github.com/guildhall/guildhall/internal/platform/db"
)

// benchServeCmd measures the whole server: it runs as a process of its own on
// a copy of made-up data, and this process asks it.
type benchServeCmd struct {
	People    int      `help:"People in the organisation." default:"1000"`
	Questions int      `help:"Questions; there are three times as many answers." default:"5000"`
	Requests  int      `help:"Requests of each kind." default:"400"`
	Posts     int      `help:"Answers posted." default:"6000"`
	Only      []string `help:"Measure only these: pages, searches, together, posts." enum:"pages,searches,together,posts" placeholder:"PART"`
	Cache     string   `help:"Folder that keeps the data made, so that it is made once." type:"path"`
	Bare      bool     `hidden:""`
}

// Run makes the data when it is not there, measures and prints a table.
func (c *benchServeCmd) Run(ctx context.Context) error {
	if c.Bare {
		return bare(ctx)
	}
	source, err := c.data(ctx)
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
	b := &serveBench{cmd: c, ctx: ctx, folder: folder}
	if err := b.signIn(); err != nil {
		return err
	}
	if err := b.measure(); err != nil {
		return err
	}
	b.print()
	return nil
}

type serveBench struct {
	cmd       *benchServeCmd
	ctx       context.Context
	folder    string
	cookies   []string
	tokens    []string
	questions []string // paths of some
	lines     []benchLine
}

// benchLine is a line of the table.
type benchLine struct {
	what, goal, got string
	ok              bool
}

// writers is how many post at the same time.
const writers = 64

// signIn signs so many people in and gives them tokens.
func (b *serveBench) signIn() error {
	h, err := app.Open(b.ctx, app.Config{Database: filepath.Join(b.folder, "guildhall.db")})
	if err != nil {
		return err
	}
	defer h.Close()
	for k := range writers {
		if err := h.DB.Write(b.ctx, func(tx *db.Tx) error {
			person, err := h.People.ByEmail(tx, people.FoldEmail(fmt.Sprintf("person%d@crowd.example", 1+k%(b.cmd.People-1))))
			if err != nil {
				return err
			}
			cookie, err := h.Logins.Start(tx, person, "bench")
			if err != nil {
				return err
			}
			token, err := h.Logins.NewToken(tx, person, "bench", time.Time{})
			if err != nil {
				return err
			}
			b.cookies = append(b.cookies[:k], cookie)
			b.tokens = append(b.tokens[:k], token)
			return nil
		}); err != nil {
			return err
		}
	}
	return nil
}

// measure starts the server and measures one part after the other.
func (b *serveBench) measure() error {
	s, err := start(b.ctx, "/login", "serve", "--data", b.folder, "--listen", "127.0.0.1:0")
	if err != nil {
		return err
	}
	defer s.stop()
	b.line("first response after the start", 300*time.Millisecond, s.first)
	if b.questions, err = questionsOf(s, b.cookies[0]); err != nil {
		return err
	}
	var bases []benchCost
	for _, part := range []struct {
		name string
		run  func(*served) error
	}{
		{"pages", func(s *served) (err error) { bases, err = b.pages(s); return err }},
		{"searches", b.searches}, {"together", b.together}, {"posts", b.posts},
	} {
		if len(b.cmd.Only) == 0 || slices.Contains(b.cmd.Only, part.name) {
			if err := part.run(s); err != nil {
				return err
			}
		}
	}
	held := s.memory()
	b.lines = append(b.lines, benchLine{"resident memory at the end", "150 MB", fmt.Sprintf("%d MB", held>>20), held < 150<<20})
	return b.ratio(bases)
}

// benchCost is something and the processor time it takes.
type benchCost struct {
	what string
	cpu  time.Duration
}

func percentile(list []time.Duration, p float64) time.Duration {
	if len(list) == 0 {
		return 0
	}
	sorted := slices.Sorted(slices.Values(list))
	return sorted[min(len(sorted)-1, int(p*float64(len(sorted))))]
}

func ms(d time.Duration) string { return fmt.Sprintf("%.2f ms", float64(d.Nanoseconds())/1e6) }

// line adds a time to the table; goal is 0 when there is none.
func (b *serveBench) line(what string, goal, got time.Duration) {
	l := benchLine{what, "", ms(got), true}
	if goal > 0 {
		l.goal, l.ok = ms(goal), got <= goal
	}
	b.lines = append(b.lines, l)
	fmt.Fprintf(os.Stderr, "%s: %s\n", what, l.got)
}

func (b *serveBench) print() {
	fmt.Printf("\n%d people, %d questions, %d processors\n", b.cmd.People, b.cmd.Questions, runtime.NumCPU())
	missed := 0
	for _, l := range b.lines {
		mark := ""
		if l.goal != "" {
			if mark = "reached"; !l.ok {
				mark = "MISSED"
				missed++
			}
		}
		fmt.Printf("%-58s %14s  goal %12s  %s\n", l.what, l.got, l.goal, mark)
	}
	fmt.Printf("%d goals missed; machine load %s\n", missed, load())
}

// load is how many processes want to run on this machine, on average over the
// last minute: times say little when it is above the number of processors.
func load() string {
	b, err := os.ReadFile("/proc/loadavg")
	if err != nil {
		return "unknown"
	}
	first, _, _ := strings.Cut(string(b), " ")
	return first
}
