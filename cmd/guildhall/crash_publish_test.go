package main

import (
	"context"
	"fmt"
	"io"
	"log"
	"math/rand/v2"
	"net"
	"net/http"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/emersion/go-smtp"

	"github.com/guildhall/guildhall/internal/app"
	"github.com/guildhall/guildhall/internal/core/access"
	"github.com/guildhall/guildhall/internal/core/organisation"
	"github.com/guildhall/guildhall/internal/core/people"
	"github.com/guildhall/guildhall/internal/mentoring"
	"github.com/guildhall/guildhall/internal/platform/db"
	"github.com/guildhall/guildhall/internal/platform/db/dbtest"
	"github.com/guildhall/guildhall/internal/platform/id"
)

// postOffice is a real mail server that keeps the Message-IDs of what it said
// OK to, by recipient.
type postOffice struct {
	mu   sync.Mutex
	mail map[string][]string
}

func (o *postOffice) NewSession(*smtp.Conn) (smtp.Session, error) { return &counter{office: o}, nil }

type counter struct {
	office *postOffice
	to     string
}

var messageID = regexp.MustCompile(`(?im)^Message-ID:\s*(<[^>]+>)`)

func (c *counter) Mail(string, *smtp.MailOptions) error      { return nil }
func (c *counter) Rcpt(to string, _ *smtp.RcptOptions) error { c.to = to; return nil }
func (c *counter) Data(r io.Reader) error {
	b, err := io.ReadAll(r)
	c.office.mu.Lock()
	defer c.office.mu.Unlock()
	if m := messageID.FindSubmatch(b); m != nil {
		c.office.mail[c.to] = append(c.office.mail[c.to], string(m[1]))
	}
	return err
}
func (c *counter) Reset()        {}
func (c *counter) Logout() error { return nil }

// counts returns how many different mails came and how many came again.
func (o *postOffice) counts() (different, again int) {
	o.mu.Lock()
	defer o.mu.Unlock()
	for _, list := range o.mail {
		seen := map[string]bool{}
		for _, m := range list {
			if seen[m] {
				again++
			}
			seen[m] = true
		}
		different += len(seen)
	}
	return different, again
}

// publishPairs is how many pairs each run publishes: three steps and the last.
const publishPairs = 60

// publishing kills a server in the middle of publishing a run, n times at
// random moments: before each restart the run is published as a whole or not at
// all, and in the end each is told once in the app and by one mail. A mail that
// was on its way comes again under the same Message-ID.
func publishing(t *testing.T, n int, database string, place ...string) {
	path := binary(t)
	out, err := exec.Command(path, append([]string{"token", "create", "--email", "ada@example.org"}, place...)...).Output()
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Fields(string(out))
	token := lines[len(lines)-1]
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	office := &postOffice{mail: map[string][]string{}}
	srv := smtp.NewServer(office)
	srv.ErrorLog = log.New(io.Discard, "", 0) // it is killed in the middle of talking
	go func() { _ = srv.Serve(l) }()
	t.Cleanup(func() { srv.Close() })
	ctx := context.Background()
	// While no server runs the test itself is the house.
	in := func(do func(h *app.House) error) {
		t.Helper()
		h, err := app.Open(ctx, app.Config{Database: database})
		if err != nil {
			t.Fatal(err)
		}
		if err := do(h); err != nil {
			t.Fatal(err)
		}
		if err := h.Close(); err != nil {
			t.Fatal(err)
		}
	}
	var by access.Actor
	var cast []access.Actor
	in(func(h *app.House) error {
		if err := h.Organisation.Change(ctx, func(s *organisation.Settings) error {
			s.Practices = map[string]bool{"mentoring": true}
			s.Name = "Tidewater"
			s.Mail = &organisation.Mail{Host: "127.0.0.1", Port: l.Addr().(*net.TCPAddr).Port, TLS: "none", From: "hall@example.org"}
			return nil
		}); err != nil {
			return err
		}
		for i := range 2 * publishPairs {
			var made people.Joined
			if err := h.DB.Write(ctx, func(tx *db.Tx) (err error) {
				made, err = h.People.Join(tx, people.Joiner{
					Name: fmt.Sprintf("Person %d", i), Email: fmt.Sprintf("p%d@example.org", i), EmailProved: true, Hours: "Mon-Sun 00:00-24:00",
				}, true)
				return err
			}); err != nil {
				return err
			}
			a, err := h.People.ActorOf(ctx, made.Person)
			if err != nil {
				return err
			}
			cast = append(cast, a)
		}
		return h.DB.Read(ctx, func(tx *db.Tx) error {
			ada, err := h.People.ByEmail(tx, "ada@example.org")
			by.Person = ada
			return err
		})
	})
	client := &http.Client{Timeout: 20 * time.Second}
	random := rand.New(rand.NewPCG(4, uint64(n)))
	inside, kills := 0, 0
	for cycle := range n {
		var programme, run id.ID
		in(func(h *app.House) (err error) {
			if by, err = h.People.ActorOf(ctx, by.Person); err != nil {
				return err
			}
			weights := mentoring.Weights{mentoring.BySkills: "5"}
			if programme, err = h.Mentoring.Start(ctx, by, mentoring.NewProgramme{
				Template: "women", Name: fmt.Sprintf("Round %d", cycle), Shape: mentoring.ShapePairs, Weeks: 26, Capacity: 1, Weights: weights,
			}); err != nil {
				return err
			}
			for i, a := range cast {
				role := mentoring.Mentor
				if i%2 == 1 {
					role = mentoring.Mentee
				}
				if err := h.Mentoring.Enrol(ctx, a, programme, mentoring.Enrol{Role: role, Capacity: 1, Skills: []string{"welding"}}); err != nil {
					return err
				}
			}
			run, err = h.Mentoring.PairUp(ctx, by, programme, weights)
			return err
		})
		s := serving(t, path, place...)
		code, err := s.call(client, "POST", "/api/v1/programmes/"+programme.String()+"/publication", token, "", map[string]any{"run": run.String()}, nil)
		if err != nil || code != 204 {
			s.kill()
			t.Fatalf("round %d: publishing answers %d %v\n%s", cycle, code, err, s.log)
		}
		// Killed twice: at work, and at work again after the restart.
		for _, most := range []int{100_000, 250_000} {
			time.Sleep(time.Duration(random.IntN(most)) * time.Microsecond)
			s.kill()
			kills++
			in(func(h *app.House) error {
				return h.DB.Write(ctx, func(tx *db.Tx) error {
					var shown, hidden, events int
					var state string
					if _, err := tx.Row("SELECT COUNT(*) FILTER (WHERE state <> 'hidden'), COUNT(*) FILTER (WHERE state = 'hidden') FROM mentorships WHERE run_id = $1", []any{&shown, &hidden}, run); err != nil {
						return err
					}
					if _, err := tx.Row("SELECT COUNT(*) FROM events WHERE kind = 'mentorship.proposed' AND other_id = $1", []any{&events}, programme); err != nil {
						return err
					}
					if _, err := tx.Row("SELECT state FROM pairing_runs WHERE id = $1", []any{&state}, run); err != nil {
						return err
					}
					if published := state == "published"; published && (shown != publishPairs || events != publishPairs) || !published && (shown != 0 || events != 0) {
						t.Errorf("round %d: the run is %s, %d pairs are seen, %d hidden, %d told", cycle, state, shown, hidden, events)
					}
					if hidden > 0 && hidden < publishPairs {
						inside++
					}
					// The minute passes after which somebody else takes the work
					// over.
					_, err := tx.Exec("UPDATE jobs SET lease_until = made_at WHERE state = 'running'")
					return err
				})
			})
			s = serving(t, path, place...)
		}
		// Now it may finish.
		told, deadline := 0, time.Now().Add(60*time.Second)
		for {
			if err := func() error {
				d, err := db.Open(ctx, db.Config{URL: database, Readers: 1})
				if err != nil {
					return err
				}
				defer d.Close()
				return d.Read(ctx, func(tx *db.Tx) error {
					_, err := tx.Row("SELECT COUNT(*) FROM notices WHERE kind = 'mentorship_proposed'", []any{&told})
					return err
				})
			}(); err != nil {
				t.Fatal(err)
			}
			different, _ := office.counts()
			if want := 2 * publishPairs * (cycle + 1); told >= want && different >= want || time.Now().After(deadline) {
				if told != want || different != want {
					t.Errorf("round %d: %d notices and %d different mails, want %d of each", cycle, told, different, want)
				}
				break
			}
			time.Sleep(50 * time.Millisecond)
		}
		s.kill()
		if t.Failed() {
			t.Fatalf("after %d kills\n%s", kills, s.log)
		}
	}
	_, again := office.counts()
	if most := 8 * kills; again > most {
		t.Errorf("%d mails came again after %d kills: at most those that were on their way can", again, kills)
	}
	t.Logf("%d kills, %d of them between the first hidden pair and the last: %d runs published once, %d told once each, %d mails came again under their own Message-ID", kills, inside, n, 2*publishPairs*n, again)
}

func TestCrashPublishesARunOnceOrNotAtAllOnSQLite(t *testing.T) {
	dir := t.TempDir()
	publishing(t, crashes(t, 8), filepath.Join(dir, "guildhall.db"), "--data", dir)
}

func TestCrashPublishesARunOnceOrNotAtAllOnPostgreSQL(t *testing.T) {
	url := dbtest.PostgresURL(t)
	publishing(t, crashes(t, 8), url, "--data", t.TempDir(), "--database", url)
}
