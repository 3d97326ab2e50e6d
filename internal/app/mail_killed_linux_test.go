package app

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net"
	"net/mail"
	"os"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	gosmtp "github.com/emersion/go-smtp"

	"github.com/guildhall/guildhall/internal/coffee"
	"github.com/guildhall/guildhall/internal/core/organisation"
	"github.com/guildhall/guildhall/internal/platform/clock"
	"github.com/guildhall/guildhall/internal/platform/db"
	"github.com/guildhall/guildhall/internal/platform/db/dbtest"
)

// asSender, when it is set, makes this test program a server of Guildhall that
// carries out its jobs and, at the step that it names, is killed.
const asSender = "GUILDHALL_TEST_SENDER"

func TestMain(m *testing.M) {
	if text := os.Getenv(asSender); text != "" {
		if err := sendMail(text); err != nil {
			_, _ = io.WriteString(os.Stderr, err.Error())
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// sender is what the other process is told.
type sender struct {
	URL, Files string
	Now        time.Time
	Step       string
}

func sendMail(text string) error {
	var x sender
	if err := json.Unmarshal([]byte(text), &x); err != nil {
		return err
	}
	c := clock.NewMoved(x.Now)
	k := &killed{step: x.Step}
	d, err := db.Open(context.Background(), db.Config{URL: x.URL, Clock: c, Watch: k.watch})
	if err != nil {
		return err
	}
	h, err := Build(context.Background(), Config{Clock: c, Files: x.Files}, d)
	if err != nil {
		return err
	}
	if err := h.Jobs.Drain(context.Background()); err != nil {
		return err
	}
	return d.Close()
}

// killed ends its own process, as kill -9 does, before a statement: the one that
// asks for whom a mail is (reading), the one that says that it was sent (ok), or
// the first one after that is committed (committed).
type killed struct {
	step string
	seen string
}

func (k *killed) watch(sql string, _ []any) {
	switch {
	case k.seen == "" && strings.Contains(sql, "COALESCE(p.email, '')"):
		k.seen = "reading"
	case k.seen == "reading" && (strings.Contains(sql, "UPDATE notices SET mailed_at") || strings.Contains(sql, "DELETE FROM jobs WHERE id = $1")):
		k.seen = "ok"
	case k.seen == "ok":
		k.seen = "committed"
	default:
		return
	}
	if k.seen == k.step {
		_ = syscall.Kill(os.Getpid(), syscall.SIGKILL)
		select {}
	}
}

// receiver is a real SMTP server that kills whoever talks to it at a step.
type receiver struct {
	mu   sync.Mutex
	mail []string
	step string
	kill func()
}

// at kills the sender, when this is the step, and tells whether it did.
func (o *receiver) at(step string) error {
	o.mu.Lock()
	kill := o.kill
	if o.step != step {
		kill = nil
	} else {
		o.step = ""
	}
	o.mu.Unlock()
	if kill == nil {
		return nil
	}
	kill()
	return errors.New("nobody is there any more")
}

func (o *receiver) NewSession(*gosmtp.Conn) (gosmtp.Session, error) {
	return &talk{o}, o.at("connected")
}

type talk struct{ o *receiver }

func (v *talk) Mail(string, *gosmtp.MailOptions) error { return v.o.at("mail") }
func (v *talk) Rcpt(string, *gosmtp.RcptOptions) error { return v.o.at("rcpt") }
func (v *talk) Data(r io.Reader) error {
	if err := v.o.at("data"); err != nil {
		return err
	}
	b, err := io.ReadAll(r)
	if err != nil {
		return err
	}
	if err := v.o.at("body"); err != nil {
		return err // not taken: the sender was not told OK
	}
	v.o.mu.Lock()
	defer v.o.mu.Unlock()
	v.o.mail = append(v.o.mail, string(b))
	return nil
}
func (v *talk) Reset()        {}
func (v *talk) Logout() error { return nil }

// taken are the Message-IDs of the mails that the receiver said OK to.
func (o *receiver) taken(t *testing.T) (out []string) {
	t.Helper()
	o.mu.Lock()
	defer o.mu.Unlock()
	for _, m := range o.mail {
		x, err := mail.ReadMessage(strings.NewReader(m))
		if err != nil || x.Header.Get("Message-Id") == "" || !strings.Contains(x.Header.Get("To"), "ben@example.org") {
			t.Fatalf("%v in\n%s", err, m)
		}
		out = append(out, x.Header.Get("Message-Id"))
	}
	return out
}

// TestAMailIsDoubledOnlyWhenKilledBetweenTheOKAndOurCommit kills the server that
// sends a mail, as kill -9 does, at every step of it: while the mail is written,
// on the connection before each answer of the receiver, between the receiver's OK
// and our commit, and after that. Another server goes on. No step loses the
// mail, one doubles it, and the double has the same Message-ID.
func TestAMailIsDoubledOnlyWhenKilledBetweenTheOKAndOurCommit(t *testing.T) {
	start := time.Date(2026, 11, 24, 9, 0, 0, 0, time.UTC)
	kinds := map[string]func(s *stage){
		"notice": func(s *stage) {
			_, group := s.post("Chidi", "/coffee/groups", "name=Mill+coffee&every=week&size=2&mixing=mixed")
			s.does("Ben", group+"/membership", "do=join")
			s.does("Chidi", group+"/rounds", "")
		},
		"invitation": func(s *stage) { s.talk(0) },
	}
	for base, url := range map[string]func(testing.TB) string{"sqlite": dbtest.SQLitePath, "postgres": dbtest.PostgresURL} {
		for kind, story := range kinds {
			for _, step := range []struct {
				name        string
				first, both int // mails taken before the kill, and in the end
			}{
				{"reading", 0, 1}, {"connected", 0, 1}, {"mail", 0, 1}, {"rcpt", 0, 1}, {"data", 0, 1}, {"body", 0, 1},
				{"ok", 1, 2}, {"committed", 1, 1}, {"never", 1, 1},
			} {
				t.Run(base+"/"+kind+"/"+step.name, func(t *testing.T) {
					o := &receiver{}
					l, err := net.Listen("tcp", "127.0.0.1:0")
					if err != nil {
						t.Fatal(err)
					}
					srv := gosmtp.NewServer(o)
					go func() { _ = srv.Serve(l) }()
					t.Cleanup(func() { srv.Close() })
					x := sender{URL: url(t), Files: t.TempDir(), Now: start, Step: step.name}
					c := clock.NewMoved(start)
					d, err := db.Open(t.Context(), db.Config{URL: x.URL, Clock: c})
					if err != nil {
						t.Fatal(err)
					}
					s := playAt(t, d, c)
					s.enable(coffee.Key)
					if err := s.house.Organisation.Change(t.Context(), func(x *organisation.Settings) error {
						x.PublicURL = "https://hall.example.org"
						x.Mail = &organisation.Mail{Host: "127.0.0.1", Port: l.Addr().(*net.TCPAddr).Port, TLS: "none", From: "hall@example.org"}
						return nil
					}); err != nil {
						t.Fatal(err)
					}
					s.write(func(tx *db.Tx) error {
						_, err := tx.Exec("UPDATE people SET email = 'ben@example.org' WHERE id = $1", s.cast["Ben"].Person)
						return err
					})
					story(s)
					if err := s.house.Follow(t.Context()); err != nil {
						t.Fatal(err)
					}
					if err := d.Close(); err != nil {
						t.Fatal(err)
					}
					if n := len(o.taken(t)); n != 0 {
						t.Fatalf("%d mails before anybody sends", n)
					}

					self, err := os.Executable()
					if err != nil {
						t.Fatal(err)
					}
					told, err := json.Marshal(x)
					if err != nil {
						t.Fatal(err)
					}
					child := exec.Command(self)
					child.Env = append(os.Environ(), asSender+"="+string(told))
					var said strings.Builder
					child.Stderr = &said
					started, ended := make(chan struct{}), make(chan struct{})
					o.mu.Lock()
					o.step, o.kill = step.name, func() {
						<-started
						_ = child.Process.Kill()
						<-ended // it is gone before the receiver says anything
					}
					o.mu.Unlock()
					if err := child.Start(); err != nil {
						t.Fatal(err)
					}
					close(started)
					err = child.Wait()
					close(ended)
					var exit *exec.ExitError
					if was := errors.As(err, &exit) && exit.Sys().(syscall.WaitStatus).Signal() == syscall.SIGKILL; was == (step.name == "never") {
						t.Fatalf("killed: %v, %v %s", was, err, said.String())
					}
					if n := len(o.taken(t)); n != step.first {
						t.Fatalf("%d mails when it was killed, want %d", n, step.first)
					}

					// Another server goes on, once the first gave no sign for a while.
					x.Now, x.Step = start.Add(2*time.Hour), "never"
					for range 2 { // and finds nothing more to send
						again, err := json.Marshal(x)
						if err != nil {
							t.Fatal(err)
						}
						if err := sendMail(string(again)); err != nil {
							t.Fatal(err)
						}
						x.Now = x.Now.Add(time.Hour)
					}
					ids := o.taken(t)
					if len(ids) != step.both {
						t.Errorf("%d mails in the end, want %d", len(ids), step.both)
					}
					if len(slices.Compact(ids)) != 1 {
						t.Errorf("the mails are called %v", ids)
					}
				})
			}
		}
	}
}
