package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/guildhall/guildhall/internal/app"
	"github.com/guildhall/guildhall/internal/coffee"
	"github.com/guildhall/guildhall/internal/core/access"
	"github.com/guildhall/guildhall/internal/core/organisation"
	"github.com/guildhall/guildhall/internal/core/people"
	"github.com/guildhall/guildhall/internal/core/skills"
	"github.com/guildhall/guildhall/internal/core/visit"
	"github.com/guildhall/guildhall/internal/mentoring"
	"github.com/guildhall/guildhall/internal/platform/clock"
	"github.com/guildhall/guildhall/internal/platform/db"
	"github.com/guildhall/guildhall/internal/platform/id"
	"github.com/guildhall/guildhall/internal/world"
)

// benchPracticesCmd measures mentoring, swaps and coffee where people meet
// them: on the demo organisation in the page, and in a large organisation as
// jobs while others read.
type benchPracticesCmd struct {
	People    int      `help:"People in the large organisation." default:"10000"`
	Questions int      `help:"Questions in it." default:"20000"`
	Readers   int      `help:"Connections that read pages meanwhile." default:"4"`
	Rate      int      `help:"Pages that they read a second in all." default:"40"`
	Only      []string `help:"Measure only these: demo, mentoring, swaps, coffee." enum:"demo,mentoring,swaps,coffee" placeholder:"PART"`
	Cache     string   `help:"Folder that keeps the data made, so that it is made once." type:"path"`
}

// Run makes the data when it is not there, measures and prints a table.
func (c *benchPracticesCmd) Run(ctx context.Context) error {
	b := &practiceBench{serveBench: serveBench{cmd: &benchServeCmd{People: c.People, Questions: c.Questions, Cache: c.Cache}, ctx: ctx}, practices: c}
	if b.asks("demo") {
		if err := b.demo(); err != nil {
			return err
		}
	}
	if b.asks("mentoring") || b.asks("swaps") || b.asks("coffee") {
		if err := b.large(); err != nil {
			return err
		}
	}
	b.print()
	return nil
}

type practiceBench struct {
	serveBench
	practices *benchPracticesCmd
	client    *http.Client // of somebody who organises
	base      string
}

func (b *practiceBench) asks(part string) bool {
	if len(b.practices.Only) == 0 {
		return true
	}
	for _, x := range b.practices.Only {
		if x == part {
			return true
		}
	}
	return false
}

// organiser gives the bench a browser of somebody who organises.
func (b *practiceBench) organiser(base, cookie string) error {
	jar, err := cookiejar.New(nil)
	if err != nil {
		return err
	}
	u, err := url.Parse(base)
	if err != nil {
		return err
	}
	if cookie != "" {
		jar.SetCookies(u, []*http.Cookie{{Name: visit.Cookie, Value: cookie, Path: "/"}})
	}
	b.client, b.base = &http.Client{Jar: jar, Timeout: 2 * time.Minute}, base
	return nil
}

// page posts a form, or opens a page when it is nil, follows where it leads
// and returns the page and the time until its last byte.
func (b *practiceBench) page(path string, form url.Values) (string, time.Duration, error) {
	began := time.Now()
	var res *http.Response
	var err error
	if form == nil {
		res, err = b.client.Get(b.base + path)
	} else {
		res, err = b.client.PostForm(b.base+path, form)
	}
	if err != nil {
		return "", 0, err
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err == nil && res.StatusCode >= 400 {
		err = fmt.Errorf("%s answered %s: %.300s", path, res.Status, body)
	}
	return string(body), time.Since(began), err
}

func (b *practiceBench) read(path string, into any) error {
	body, _, err := b.page(path, nil)
	if err != nil {
		return err
	}
	return json.Unmarshal([]byte(body), into)
}

// until asks every few milliseconds whether something is done.
func (b *practiceBench) until(done func() (bool, error)) (time.Duration, error) {
	began := time.Now()
	for {
		ok, err := done()
		if err != nil || ok {
			return time.Since(began), err
		}
		if time.Since(began) > 10*time.Minute {
			return 0, errors.New("it does not end")
		}
		select {
		case <-b.ctx.Done():
			return 0, b.ctx.Err()
		case <-time.After(20 * time.Millisecond):
		}
	}
}

// demo measures the three on the demo organisation: from the click to the last
// byte of the page that shows the result.
func (b *practiceBench) demo() error {
	self, err := os.Executable()
	if err != nil {
		return err
	}
	cmd := exec.CommandContext(b.ctx, self, "demo", "--listen", "127.0.0.1:0")
	out, err := cmd.StdoutPipe()
	if err != nil {
		return err
	}
	if err := cmd.Start(); err != nil {
		return err
	}
	defer func() {
		_ = cmd.Process.Signal(os.Interrupt)
		_ = cmd.Wait()
	}()
	link := ""
	for in := bufio.NewScanner(out); link == "" && in.Scan(); {
		// An admin organises, and may have swaps matched.
		if _, at, ok := strings.Cut(in.Text(), " admin "); ok && strings.Contains(at, "/demo/") {
			link = strings.TrimSpace(at)
		}
	}
	if link == "" {
		return errors.New("the demo did not start")
	}
	go io.Copy(io.Discard, out)
	u, err := url.Parse(link)
	if err != nil {
		return err
	}
	if err := b.organiser("http://"+u.Host, ""); err != nil {
		return err
	}
	if _, err := b.until(func() (bool, error) {
		_, _, err := b.page(u.Path, nil)
		return err == nil, nil // it begins to serve a moment after it says so
	}); err != nil {
		return err
	}
	var programmes struct {
		Items []struct{ ID, Name, URL string }
	}
	if err := b.read("/api/v1/programmes", &programmes); err != nil {
		return err
	}
	for _, p := range programmes.Items {
		var best time.Duration
		var run struct{ Pairs, Alone int }
		for range 3 {
			_, took, err := b.page(p.URL+"/pairing", url.Values{"weight_skills": {"5"}, "weight_unit": {"3"}, "weight_hours": {"3"}, "weight_language": {"3"}, "weight_line": {"must"}})
			if err != nil {
				return err
			}
			if best == 0 || took < best {
				best = took
			}
		}
		if err := b.read("/api/v1/programmes/"+p.ID+"/run", &run); err != nil {
			return err
		}
		b.line(fmt.Sprintf("demo: mentoring, %d pairs of “%s” in the page, best of 3", run.Pairs, p.Name), time.Second, best)
	}
	took, err := b.swapRound()
	if err != nil {
		return err
	}
	b.line("demo: swap round, "+took.what, time.Second, took.took)
	var groups struct {
		Items []struct {
			ID, Name string
			People   int
		}
	}
	if err := b.read("/api/v1/coffee/groups", &groups); err != nil {
		return err
	}
	for _, g := range groups.Items {
		_, took, err := b.page("/coffee/groups/"+g.ID+"/rounds", url.Values{})
		if err != nil {
			return err
		}
		b.line(fmt.Sprintf("demo: coffee round of “%s” in the page", g.Name), time.Second, took)
	}
	return nil
}

// swapRounds is a round of swaps and the time until its page says what it
// found.
type swapRounds struct {
	what string
	took time.Duration
}

func (b *practiceBench) swapRound() (out swapRounds, err error) {
	began := time.Now()
	if _, _, err := b.page("/swaps/rounds", url.Values{}); err != nil {
		return out, err
	}
	var list struct {
		Items []struct {
			State         string
			People, Rings int
			Served        int
		}
	}
	if _, err := b.until(func() (bool, error) {
		err := b.read("/api/v1/swap-rounds?limit=1", &list)
		return err == nil && len(list.Items) > 0 && list.Items[0].State == "published", err
	}); err != nil {
		return out, err
	}
	if _, _, err := b.page("/swaps/rounds", nil); err != nil {
		return out, err
	}
	out.took = time.Since(began)
	out.what = fmt.Sprintf("%d people, %d rings for %d of them", list.Items[0].People, list.Items[0].Rings, list.Items[0].Served)
	return out, nil
}

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

// meets is what the large organisation meets by.
type meets struct {
	cookie           string
	programme, group id.ID
	mentors, mentees int
}

// prepare lets everybody take part: three in ten as mentors, all in swaps and
// in one coffee group.
func (b *practiceBench) prepare() (m meets, err error) {
	began := time.Now()
	h, err := app.Open(b.ctx, app.Config{Database: filepath.Join(b.folder, "guildhall.db"), Clock: clock.System{}})
	if err != nil {
		return m, err
	}
	defer h.Close()
	if err := h.Organisation.Change(b.ctx, func(s *organisation.Settings) error {
		s.Practices = map[string]bool{"coffee": true, "mentoring": true, "swaps": true}
		return nil
	}); err != nil {
		return m, err
	}
	actors := make([]access.Actor, b.cmd.People)
	if err := h.DB.Read(b.ctx, func(tx *db.Tx) error {
		for k := range actors {
			n, err := h.People.ByEmail(tx, people.FoldEmail(fmt.Sprintf("person%d@crowd.example", k)))
			if err != nil {
				return err
			}
			actors[k].Person = n
		}
		return nil
	}); err != nil {
		return m, err
	}
	if err := h.DB.Write(b.ctx, func(tx *db.Tx) error {
		if _, err := tx.Exec("UPDATE people SET role = 'admin' WHERE id = $1", actors[0].Person); err != nil {
			return err
		}
		var err error
		m.cookie, err = h.Logins.Start(tx, actors[0].Person, "bench")
		return err
	}); err != nil {
		return m, err
	}
	for k := range actors {
		if actors[k], err = h.People.ActorOf(b.ctx, actors[k].Person); err != nil {
			return m, err
		}
	}
	weights := mentoring.Weights{mentoring.BySkills: "5", mentoring.ByUnit: "3", mentoring.ByHours: "3", mentoring.ByLanguage: "3"}
	if m.programme, err = h.Mentoring.Start(b.ctx, actors[0], mentoring.NewProgramme{
		Template: "women", Name: "Everybody", Shape: mentoring.ShapePairs, Weeks: 26, Capacity: 3, Weights: weights,
	}); err != nil {
		return m, err
	}
	if m.group, err = h.Coffee.Start(b.ctx, actors[0], coffee.NewGroup{Name: "Everybody", Every: coffee.Cadences()[0], Size: 2, Mixing: coffee.Mixed}); err != nil {
		return m, err
	}
	p := progress{out: os.Stderr}
	next := make(chan int)
	errs := make([]error, writers)
	var all sync.WaitGroup
	ctx, stop := context.WithCancel(b.ctx)
	defer stop()
	for w := range writers {
		all.Go(func() {
			for k := range next {
				if errs[w] = takePart(ctx, h, m, actors[k], k); errs[w] != nil {
					stop()
					return
				}
			}
		})
	}
feed:
	for k := range actors {
		if k%100 == 0 {
			p.show(fmt.Sprintf("letting everybody take part: %d of %d", k, len(actors)))
		}
		if k%10 < 3 {
			m.mentors++
		} else {
			m.mentees++
		}
		select {
		case next <- k:
		case <-ctx.Done():
			break feed
		}
	}
	close(next)
	all.Wait()
	if err := errors.Join(errs...); err != nil {
		return m, err
	}
	p.show("what follows from that")
	err = h.Follow(b.ctx)
	p.clear()
	fmt.Fprintf(os.Stderr, "everybody takes part after %.0f s\n", time.Since(began).Seconds())
	return m, err
}

// takePart lets one person teach and wish three skills of 200, the frequent
// ones more often, in all three practices.
func takePart(ctx context.Context, h *app.House, m meets, by access.Actor, k int) error {
	rng := rand.New(rand.NewPCG(7, uint64(k)))
	draw := func() []string {
		var out []string
		seen := map[int]bool{}
		for len(out) < 3 {
			if n := int(200 * rng.Float64() * rng.Float64()); !seen[n] {
				seen[n] = true
				out = append(out, world.CrowdSkill(n))
			}
		}
		return out
	}
	teach, want := draw(), draw()
	e := mentoring.Enrol{Role: mentoring.Mentee, Capacity: 1, Skills: want}
	if k%10 < 3 {
		e = mentoring.Enrol{Role: mentoring.Mentor, Capacity: 2 + k%3, Skills: teach}
	}
	if err := h.Mentoring.Enrol(ctx, by, m.programme, e); err != nil {
		return err
	}
	for i := range teach[:2] {
		if _, err := h.Skills.Declare(ctx, by, skills.Declaration{Tag: skills.Tag{Name: teach[i]}, Direction: skills.Teach, Level: 3, Work: true, Open: true}); err != nil {
			return err
		}
		if _, err := h.Skills.Declare(ctx, by, skills.Declaration{Tag: skills.Tag{Name: want[i]}, Direction: skills.Want, Level: 1, Work: true, Open: true}); err != nil {
			return err
		}
	}
	return h.Coffee.Join(ctx, by, m.group)
}
