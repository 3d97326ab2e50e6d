package app

import (
	"io"
	"net"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"testing"

	"github.com/emersion/go-smtp"

	"github.com/guildhall/guildhall/internal/core/organisation"
	"github.com/guildhall/guildhall/internal/platform/db"
	"github.com/guildhall/guildhall/internal/platform/db/dbtest"
)

// office is a real SMTP server that keeps what it gets.
type office struct {
	mu   sync.Mutex
	mail []string
}

func (o *office) NewSession(*smtp.Conn) (smtp.Session, error) { return &visitor{o}, nil }

type visitor struct{ o *office }

func (v *visitor) Mail(string, *smtp.MailOptions) error { return nil }
func (v *visitor) Rcpt(string, *smtp.RcptOptions) error { return nil }
func (v *visitor) Data(r io.Reader) error {
	b, err := io.ReadAll(r)
	v.o.mu.Lock()
	defer v.o.mu.Unlock()
	v.o.mail = append(v.o.mail, string(b))
	return err
}
func (v *visitor) Reset()        {}
func (v *visitor) Logout() error { return nil }

func TestSomebodySignsInWithALinkThatCameByMail(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s := play(t, d)
		s.secret("Ben", horse)
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		o := &office{}
		srv := smtp.NewServer(o)
		go func() { _ = srv.Serve(l) }()
		t.Cleanup(func() { srv.Close() })
		if err := s.house.Organisation.Change(t.Context(), func(x *organisation.Settings) error {
			x.Name, x.PublicURL = "Tidewater", "https://hall.example.org"
			x.Mail = &organisation.Mail{Host: "127.0.0.1", Port: l.Addr().(*net.TCPAddr).Port, TLS: "none", From: "hall@example.org"}
			return nil
		}); err != nil {
			t.Fatal(err)
		}
		for _, who := range []string{"ben@example.org", "nobody@example.org"} {
			if code, _ := s.browser().post("/login/link", url.Values{"who": {who}, "to": {"/questions"}}); code != 200 {
				t.Fatalf("%s: %d", who, code)
			}
		}
		if err := s.house.Jobs.Drain(t.Context()); err != nil {
			t.Fatal(err)
		}
		if len(o.mail) != 1 || !strings.Contains(o.mail[0], "ben@example.org") || !strings.Contains(o.mail[0], "Tidewater") {
			t.Fatalf("%d mails: %q", len(o.mail), o.mail)
		}
		text := strings.ReplaceAll(strings.ReplaceAll(o.mail[0], "=\r\n", ""), "=3D", "=")
		link := regexp.MustCompile(`https://hall\.example\.org(/login/link/[\w-]+\?to=%2Fquestions)`).FindStringSubmatch(text)
		if link == nil {
			t.Fatalf("no link in\n%s", text)
		}
		b := s.browser()
		if code, page := b.get(link[1]); code != 200 || !strings.Contains(page, `value="/questions"`) {
			t.Errorf("the link answers %d", code)
		}
		path, _, _ := strings.Cut(link[1], "?")
		if code, to := b.post(path, url.Values{"to": {"/questions"}}); code != 303 || to != "/questions" {
			t.Errorf("the button answers %d %s", code, to)
		}
		var jobs int
		if err := d.Read(t.Context(), func(tx *db.Tx) error {
			_, err := tx.Row("SELECT COUNT(*) FROM jobs WHERE args LIKE '%link/%'", []any{&jobs})
			return err
		}); err != nil || jobs != 0 {
			t.Errorf("%d jobs hold a link, %v", jobs, err)
		}
	})
}
