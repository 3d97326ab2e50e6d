package main

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/guildhall/guildhall/internal/app"
	"github.com/guildhall/guildhall/internal/core/event"
	"github.com/guildhall/guildhall/internal/core/organisation"
	"github.com/guildhall/guildhall/internal/core/people"
	"github.com/guildhall/guildhall/internal/core/visit"
	"github.com/guildhall/guildhall/internal/core/whoknows"
	"github.com/guildhall/guildhall/internal/platform/clock"
	"github.com/guildhall/guildhall/internal/platform/db"
	"github.com/guildhall/guildhall/internal/platform/id"
	"github.com/guildhall/guildhall/internal/world"
)

// benchServeCmd measures the whole server: it runs as a process of its own on
// a copy of made-up data, and this process asks it.
type benchServeCmd struct {
	People    int    `help:"People in the organisation." default:"1000"`
	Questions int    `help:"Questions; there are three times as many answers." default:"5000"`
	Requests  int    `help:"Requests of each kind." default:"400"`
	Posts     int    `help:"Answers posted." default:"6000"`
	Cache     string `help:"Folder that keeps the data made, so that it is made once." type:"path"`
	Bare      bool   `hidden:""`
}

// crowdVersion names the form of the made-up data.
const crowdVersion = "2"

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
	if err := b.prepare(); err != nil {
		return err
	}
	return b.measure()
}

// data is a folder with the organisation, made when it is not there.
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
		return name, nil
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
	until := time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)
	moved := clock.NewMoved(until)
	h, err := app.Open(ctx, app.Config{Database: filepath.Join(part, "guildhall.db"), Clock: moved, Throwaway: true})
	if err != nil {
		return "", err
	}
	closed := false
	defer func() {
		if !closed {
			h.Close()
		}
	}()
	if err := h.Organisation.Change(ctx, func(s *organisation.Settings) error { s.Name, s.SetUp = "Crowd", true; return nil }); err != nil {
		return "", err
	}
	p := progress{out: os.Stderr}
	if err := world.Crowd(ctx, world.Services{DB: h.DB, Clock: moved, People: h.People, Skills: h.Skills, Ask: h.Ask}, 1, until, c.People, c.Questions,
		func(what string, done, all int) { p.show(fmt.Sprintf("making %s: %d of %d", what, done, all)) }); err != nil {
		return "", err
	}
	ticking, stop := context.WithCancel(ctx)
	defer stop()
	go func() { // Follow tells nothing of itself
		for tick := time.NewTicker(3 * time.Second); ; {
			select {
			case <-ticking.Done():
				tick.Stop()
				return
			case <-tick.C:
			}
			var behind, stale int64
			_ = h.DB.Read(ticking, func(tx *db.Tx) (err error) {
				if behind, err = event.Behind(tx); err == nil {
					stale, err = whoknows.Waiting(tx)
				}
				return err
			})
			fmt.Fprintf(os.Stderr, "what follows: %d events and %d sources to go\n", behind, stale)
		}
	}()
	if err := h.Follow(ctx); err != nil {
		return "", err
	}
	stop()
	if err := h.DB.Optimise(ctx); err != nil {
		return "", err
	}
	p.clear()
	closed = true
	if err := h.Close(); err != nil {
		return "", err
	}
	fmt.Fprintf(os.Stderr, "made %d people and %d questions in %.0f s, kept in %s\n", c.People, c.Questions, time.Since(began).Seconds(), name)
	return name, os.Rename(part, name)
}

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
	return errors.Join(err, out.Close())
}

type serveBench struct {
	cmd     *benchServeCmd
	ctx     context.Context
	folder  string
	cookies []string
	tokens  []string
	lines   []benchLine
	server  *served
}

// benchLine is a line of the table.
type benchLine struct {
	what, goal, got string
	ok              bool
}

// writers is how many post at the same time.
const writers = 64

// prepare signs people in and picks questions.
func (b *serveBench) prepare() error {
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

// served is a server under measurement.
type served struct {
	cmd    *exec.Cmd
	url    string
	first  time.Duration // from its start to its first response
	client *http.Client
}

// start runs this program as a server and waits until it answers.
func start(ctx context.Context, path string, args ...string) (*served, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	s := &served{cmd: exec.CommandContext(ctx, self, args...), client: &http.Client{
		Timeout:       time.Minute,
		Transport:     &http.Transport{MaxIdleConns: 256, MaxIdleConnsPerHost: 256, DisableCompression: true},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
	out, err := s.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	s.cmd.Stderr = os.Stderr
	began := time.Now()
	if err := s.cmd.Start(); err != nil {
		return nil, err
	}
	in := bufio.NewScanner(out)
	for in.Scan() {
		if _, at, ok := strings.Cut(in.Text(), "http://"); ok {
			s.url = "http://" + strings.TrimRight(strings.Fields(at)[0], "/")
			break
		}
	}
	if s.url == "" {
		s.stop()
		return nil, errors.New("the server did not start")
	}
	go io.Copy(io.Discard, out)
	if err := s.get(path, "", nil); err != nil {
		s.stop()
		return nil, err
	}
	s.first = time.Since(began)
	return s, nil
}

func (s *served) stop() {
	_ = s.cmd.Process.Signal(syscall.SIGTERM)
	_ = s.cmd.Wait()
}

// get asks for a page and reads it, compressed as a browser gets it.
func (s *served) get(path, cookie string, body *[]byte) error {
	r, err := http.NewRequest("GET", s.url+path, nil)
	if err != nil {
		return err
	}
	r.Header.Set("Accept-Encoding", "gzip")
	if cookie != "" {
		r.AddCookie(&http.Cookie{Name: visit.Cookie, Value: cookie})
	}
	res, err := s.client.Do(r)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	if err != nil {
		return err
	}
	if res.StatusCode != http.StatusOK {
		return fmt.Errorf("%s answered %s: %.300s", path, res.Status, b)
	}
	if body != nil {
		*body = b
	}
	return nil
}

// cpu is the processor time the server has used. The scheduler's own count is
// exact to nanoseconds where the kernel has it.
func (s *served) cpu() (time.Duration, error) {
	tasks, err := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/schedstat", s.cmd.Process.Pid))
	if err != nil || len(tasks) == 0 {
		return 0, errors.New("the processor time of another process can be read on Linux only")
	}
	var sum int64
	for _, t := range tasks {
		b, err := os.ReadFile(t)
		if err != nil {
			continue // the thread has ended
		}
		first, _, _ := strings.Cut(string(b), " ")
		n, err := strconv.ParseInt(first, 10, 64)
		if err != nil {
			return 0, err
		}
		sum += n
	}
	return time.Duration(sum), nil
}

// memory is what the server holds in memory, in bytes.
func (s *served) memory() int64 {
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", s.cmd.Process.Pid))
	if err != nil {
		return 0
	}
	for line := range strings.Lines(string(b)) {
		if f := strings.Fields(line); len(f) > 1 && f[0] == "VmRSS:" {
			n, _ := strconv.ParseInt(f[1], 10, 64)
			return n << 10
		}
	}
	return 0
}

// each asks for the paths one after the other and returns, of some requests at
// a time, the processor time of one, and the time each took.
func (b *serveBench) each(s *served, paths []string, n int) (cpu, took []time.Duration, err error) {
	const together = 8
	for i := 0; i < n; i += together {
		before, err := s.cpu()
		if err != nil {
			return nil, nil, err
		}
		for k := range together {
			at := time.Now()
			if err := s.get(paths[(i+k)%len(paths)], b.cookies[(i/together)%len(b.cookies)], nil); err != nil {
				return nil, nil, err
			}
			took = append(took, time.Since(at))
		}
		after, err := s.cpu()
		if err != nil {
			return nil, nil, err
		}
		cpu = append(cpu, (after-before)/together)
	}
	return cpu, took, nil
}

// atOnce asks from several connections at the same time.
func (b *serveBench) atOnce(s *served, paths []string, connections, n int) ([]time.Duration, error) {
	took := make([]time.Duration, n)
	var next atomic.Int64
	var failed atomic.Pointer[error]
	var all sync.WaitGroup
	for c := range connections {
		all.Go(func() {
			for {
				i := int(next.Add(1)) - 1
				if i >= n || failed.Load() != nil || b.ctx.Err() != nil {
					return
				}
				at := time.Now()
				if err := s.get(paths[i%len(paths)], b.cookies[c%len(b.cookies)], nil); err != nil {
					failed.Store(&err)
					return
				}
				took[i] = time.Since(at)
			}
		})
	}
	all.Wait()
	if e := failed.Load(); e != nil {
		return nil, *e
	}
	return took, b.ctx.Err()
}

func percentile(list []time.Duration, p float64) time.Duration {
	if len(list) == 0 {
		return 0
	}
	sorted := slices.Sorted(slices.Values(list))
	return sorted[min(len(sorted)-1, int(p*float64(len(sorted))))]
}

func ms(d time.Duration) string { return fmt.Sprintf("%.2f ms", float64(d.Nanoseconds())/1e6) }

func (b *serveBench) line(what string, goal, got time.Duration) {
	l := benchLine{what, "", ms(got), true}
	if goal > 0 {
		l.goal, l.ok = ms(goal), got <= goal
	}
	b.lines = append(b.lines, l)
	fmt.Fprintf(os.Stderr, "%s: %s\n", what, l.got)
}

func escaped(path, key string, list []string) []string {
	out := make([]string, len(list))
	for i, w := range list {
		out[i] = path + "?" + url.Values{key: {w}}.Encode()
	}
	return out
}

// searches are words and sentences of the crowd, from frequent to rare ones.
func searches() (words, sentences []string) {
	all := world.CrowdWords()
	w := func(rank int) string { return all[rank] }
	words = []string{
		w(0), w(3), w(40), w(400), w(4000), w(0) + " " + w(2), w(30) + " " + w(310), w(500) + " " + w(900),
		w(1) + " " + w(320) + " " + w(20), w(330) + " " + w(340) + " " + w(350), w(5) + " " + w(60) + " " + w(700) + " " + w(2000),
		w(450)[:3], w(1200)[:4], w(310) + " " + w(420)[:2], // the beginning of a word
		typo(w(1500)), typo(w(2600)), w(40) + " " + typo(w(1800)), // a letter wrong
		world.CrowdSkill(7), "Specialist " + world.CrowdSkill(12)[:7],
	}
	for k := range 8 {
		sentences = append(sentences, "Who knows how to "+w(300+97*k)+" the "+w(310+97*k)+" when "+w(k)+" "+w(330+97*k)+"?")
	}
	return words, append(sentences, "Who knows about "+world.CrowdSkill(3)+"?", "Who can help with "+world.CrowdSkill(120)+" and "+w(350)+"?")
}

func typo(s string) string { return s[:len(s)/2] + "x" + s[len(s)/2+1:] }

func (b *serveBench) measure() (err error) {
	if b.server, err = start(b.ctx, "/login", "serve", "--data", b.folder, "--listen", "127.0.0.1:0"); err != nil {
		return err
	}
	s := b.server
	defer func() { s.stop() }()
	b.line("first response after the start", 300*time.Millisecond, s.first)
	var list []byte
	if err := s.get("/questions", b.cookies[0], &list); err != nil {
		return err
	}
	z, err := gzip.NewReader(bytes.NewReader(list))
	if err != nil {
		return fmt.Errorf("pages are not compressed: %w", err)
	}
	page, err := io.ReadAll(z)
	if err != nil {
		return err
	}
	questions := questionLinks(string(page))
	if len(questions) < 5 {
		return fmt.Errorf("only %d questions in the list", len(questions))
	}
	var all []string
	for _, p := range []struct {
		what  string
		paths []string
	}{
		{"question list", []string{"/questions", "/questions?q=waiting"}}, {"question page", questions}, {"home", []string{"/"}},
	} {
		all = append(all, p.paths...)
		if _, _, err := b.each(s, p.paths, 40); err != nil { // caches fill
			return err
		}
		cpu, took, err := b.each(s, p.paths, b.cmd.Requests)
		if err != nil {
			return err
		}
		b.line(p.what+": processor time, median", 1500*time.Microsecond, percentile(cpu, 0.5))
		b.line(p.what+": time, median", 0, percentile(took, 0.5))
	}
	words, sentences := searches()
	for _, p := range []struct {
		what  string
		paths []string
	}{{"search", escaped("/search", "q", words)}, {"who knows", escaped("/who-knows", "q", sentences)}} {
		if _, _, err := b.each(s, p.paths, len(p.paths)); err != nil {
			return err
		}
		for _, path := range p.paths {
			cpu, took, err := b.each(s, []string{path}, 16)
			if err != nil {
				return err
			}
			text, _ := url.QueryUnescape(path)
			fmt.Printf("  %-70s %10s, processor %10s\n", text, ms(percentile(took, 0.5)), ms(percentile(cpu, 0.5)))
		}
		cpu, took, err := b.each(s, p.paths, b.cmd.Requests)
		if err != nil {
			return err
		}
		b.line(p.what+": time, median", 10*time.Millisecond, percentile(took, 0.5))
		b.line(p.what+": time, 95 %", 30*time.Millisecond, percentile(took, 0.95))
		b.line(p.what+": processor time, median", 0, percentile(cpu, 0.5))
	}
	took, err := b.atOnce(s, all, 16, 4*b.cmd.Requests)
	if err != nil {
		return err
	}
	b.line("pages from 16 connections: time, 99 %", 50*time.Millisecond, percentile(took, 0.99))
	took, err = b.atOnce(s, append(escaped("/search", "q", words), escaped("/who-knows", "q", sentences)...), 4, 2*b.cmd.Requests)
	if err != nil {
		return err
	}
	b.line("search and who knows from 4 connections: time, 99 %", 60*time.Millisecond, percentile(took, 0.99))
	if err := b.post(s, questions); err != nil {
		return err
	}
	held := s.memory()
	b.lines = append(b.lines, benchLine{"resident memory at the end", "150 MB", fmt.Sprintf("%d MB", held>>20), held < 150<<20})
	if err := b.ratio(); err != nil {
		return err
	}
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
	return nil
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

func questionLinks(page string) []string {
	var out []string
	for _, part := range strings.Split(page, `href="/questions/`)[1:] {
		if n := part[:min(13, len(part))]; len(part) > 13 && part[13] == '"' {
			if _, err := id.Parse(n); err == nil && !slices.Contains(out, "/questions/"+n) {
				out = append(out, "/questions/"+n)
			}
		}
	}
	return out
}

// post posts answers from many writers at the same time, then waits until
// everything has followed from them.
func (b *serveBench) post(s *served, questions []string) error {
	list := world.CrowdWords() // made before the clock starts
	word := func(i int) string { return list[i%997] }
	var next atomic.Int64
	var failed atomic.Pointer[error]
	var all sync.WaitGroup
	before, err := s.cpu()
	if err != nil {
		return err
	}
	began := time.Now()
	for w := range writers {
		all.Go(func() {
			for {
				i := int(next.Add(1)) - 1
				if i >= b.cmd.Posts || failed.Load() != nil || b.ctx.Err() != nil {
					return
				}
				body, err := json.Marshal(map[string]string{"body": fmt.Sprintf("Answer %d: %s %s %s.", i, word(i), word(7*i), word(31*i))})
				if err == nil {
					err = s.post("/api/v1"+questions[i%len(questions)]+"/answers", b.tokens[w], body)
				}
				if err != nil {
					failed.Store(&err)
					return
				}
			}
		})
	}
	all.Wait()
	took := time.Since(began)
	if e := failed.Load(); e != nil {
		return *e
	}
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
	return nil
}

func (s *served) post(path, token string, body []byte) error {
	r, err := http.NewRequest("POST", s.url+path, bytes.NewReader(body))
	if err != nil {
		return err
	}
	r.Header.Set("Authorization", "Bearer "+token)
	r.Header.Set("Content-Type", "application/json")
	res, err := s.client.Do(r)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	if err == nil && res.StatusCode != http.StatusCreated {
		err = fmt.Errorf("%s answered %s: %.300s", path, res.Status, b)
	}
	return err
}

// ratio compares the question page with a handler that does nothing.
func (b *serveBench) ratio() error {
	s, err := start(b.ctx, "/", "bench", "serve", "--bare")
	if err != nil {
		return err
	}
	defer s.stop()
	if _, _, err := b.each(s, []string{"/"}, 80); err != nil {
		return err
	}
	cpu, _, err := b.each(s, []string{"/"}, b.cmd.Requests)
	if err != nil {
		return err
	}
	base := percentile(cpu, 0.5)
	b.line("bare handler of the same program: processor time, median", 0, base)
	for _, l := range slices.Clone(b.lines) {
		if what, ok := strings.CutSuffix(l.what, ": processor time, median"); ok && l.goal != "" {
			if f, err := strconv.ParseFloat(strings.TrimSuffix(l.got, " ms"), 64); err == nil && base > 0 {
				b.lines = append(b.lines, benchLine{what + " in bare handlers", "", fmt.Sprintf("%.1f", f*1e6/float64(base)), true})
			}
		}
	}
	return nil
}

// bare answers every request with the same few bytes.
func bare(ctx context.Context) error {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	srv := &http.Server{ReadHeaderTimeout: 10 * time.Second, Handler: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/plain")
		_, _ = io.WriteString(w, "here") // the other side went away
	})}
	go func() {
		<-ctx.Done()
		srv.Close()
	}()
	fmt.Printf("answers on http://%s\n", l.Addr())
	if err := srv.Serve(l); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}
