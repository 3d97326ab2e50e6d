package mail

import (
	"bufio"
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"math/big"
	"mime/quotedprintable"
	"net"
	"net/http"
	"net/http/httptest"
	netmail "net/mail"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/emersion/go-sasl"
	"github.com/emersion/go-smtp"

	"github.com/guildhall/guildhall/internal/core/organisation"
	"github.com/guildhall/guildhall/internal/platform/clock"
	"github.com/guildhall/guildhall/internal/platform/fault"
)

// post is a real SMTP server that keeps what it gets.
type post struct {
	host   string
	port   int
	roots  *x509.CertPool
	refuse *smtp.SMTPError // what RCPT answers

	mu    sync.Mutex
	got   [][]byte
	auths []string
	tls   bool
}

// open starts a post office whose TLS is starttls, tls or none.
func open(t *testing.T, how string) *post {
	t.Helper()
	cert, roots := certificate(t)
	p := &post{host: "127.0.0.1", roots: roots}
	s := smtp.NewServer(p)
	s.Domain, s.AllowInsecureAuth = "localhost", true
	if how != "none" {
		s.TLSConfig = &tls.Config{Certificates: []tls.Certificate{cert}}
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	p.port = l.Addr().(*net.TCPAddr).Port
	if how == "tls" {
		l = tls.NewListener(l, s.TLSConfig)
	}
	go func() { _ = s.Serve(l) }()
	t.Cleanup(func() { s.Close() })
	return p
}

func certificate(t *testing.T) (tls.Certificate, *x509.CertPool) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	c := &x509.Certificate{
		SerialNumber: big.NewInt(1), NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour), IsCA: true,
		BasicConstraintsValid: true, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
	}
	der, err := x509.CreateCertificate(rand.Reader, c, c, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	parsed, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	pool := x509.NewCertPool()
	pool.AddCert(parsed)
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, pool
}

func (p *post) NewSession(c *smtp.Conn) (smtp.Session, error) {
	_, encrypted := c.TLSConnectionState()
	p.mu.Lock()
	p.tls = encrypted
	p.mu.Unlock()
	return &session{p}, nil
}

type session struct{ p *post }

func (s *session) AuthMechanisms() []string { return []string{"PLAIN", "LOGIN", "XOAUTH2"} }

func (s *session) Auth(mech string) (sasl.Server, error) {
	check := func(user, secret string) error {
		s.p.mu.Lock()
		defer s.p.mu.Unlock()
		s.p.auths = append(s.p.auths, mech+" "+user+" "+secret)
		if secret == "wrong" {
			return smtp.ErrAuthFailed
		}
		return nil
	}
	if mech == "XOAUTH2" {
		return xoauth2(check), nil
	}
	return sasl.NewPlainServer(func(_, user, secret string) error { return check(user, secret) }), nil
}

// xoauth2 reads user=...^Aauth=Bearer ...^A^A.
type xoauth2 func(user, secret string) error

func (x xoauth2) Next(b []byte) ([]byte, bool, error) {
	if b == nil {
		return []byte{}, false, nil
	}
	parts := strings.Split(string(b), "\x01")
	if len(parts) < 2 {
		return nil, true, errors.New("malformed")
	}
	return nil, true, x(strings.TrimPrefix(parts[0], "user="), strings.TrimPrefix(parts[1], "auth=Bearer "))
}

func (s *session) Mail(string, *smtp.MailOptions) error { return nil }
func (s *session) Rcpt(string, *smtp.RcptOptions) error {
	if s.p.refuse != nil {
		return s.p.refuse
	}
	return nil
}
func (s *session) Data(r io.Reader) error {
	b, err := io.ReadAll(r)
	s.p.mu.Lock()
	defer s.p.mu.Unlock()
	s.p.got = append(s.p.got, b)
	return err
}
func (s *session) Reset()        {}
func (s *session) Logout() error { return nil }

func (p *post) sender(m organisation.Mail) *Sender {
	m.Host, m.Port = p.host, p.port
	if m.From == "" {
		m.From = "guildhall@example.org"
	}
	return &Sender{
		Settings: func() organisation.Settings { return organisation.Settings{Name: "Tidewater", Mail: &m} },
		Clock:    clock.NewMoved(time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC)), Roots: p.roots, Timeout: 10 * time.Second,
		Host: func() string { return "hall.example.org" },
	}
}

var hello = Message{
	To: "ada@example.org", Name: "Ada Lovelace, née Byron", Subject: "Grüße aus der Halle", Text: "Hello Ada.\n.\nEnd.", HTML: "<p>Hello Ada.</p>",
	MessageID: "n-1@hall.example.org", Headers: map[string]string{"In-Reply-To": "<q-1@hall.example.org>"},
	Unsubscribe: "https://hall.example.org/unsubscribe/x?y=1",
}

func TestEveryFieldStandsOnceAndEveryMailHasAHost(t *testing.T) {
	p := open(t, "none")
	s := p.sender(organisation.Mail{TLS: "none"})
	m := hello
	m.MessageID, m.Headers = "notice.1", map[string]string{"Auto-Submitted": "auto-replied"}
	if err := s.Send(t.Context(), m); err != nil {
		t.Fatal(err)
	}
	got, err := netmail.ReadMessage(bytes.NewReader(p.got[0]))
	if err != nil {
		t.Fatal(err)
	}
	for name, values := range got.Header {
		if len(values) != 1 {
			t.Errorf("%s stands %d times", name, len(values))
		}
	}
	if v := got.Header.Get("Auto-Submitted"); v != "auto-replied" {
		t.Errorf("Auto-Submitted is %q", v)
	}
	if v := got.Header.Get("Message-Id"); v != "<notice.1@"+s.host()+">" {
		t.Errorf("Message-Id is %q", v)
	}
}

func TestAMailArrivesAsItWasWritten(t *testing.T) {
	for _, how := range []string{"starttls", "tls", "none"} {
		t.Run(how, func(t *testing.T) {
			p := open(t, how)
			s := p.sender(organisation.Mail{TLS: how, User: "hall", Password: "s3cret"})
			for range 2 {
				if err := s.Send(t.Context(), hello); err != nil {
					t.Fatal(err)
				}
			}
			if len(p.got) != 2 || len(p.auths) != 2 || !strings.HasSuffix(p.auths[0], " hall s3cret") || p.tls != (how != "none") {
				t.Fatalf("%d mails, signed in as %q, encrypted %v", len(p.got), p.auths, p.tls)
			}
			m, err := netmail.ReadMessage(bytes.NewReader(p.got[0]))
			if err != nil {
				t.Fatal(err)
			}
			for name, want := range map[string]string{
				"Message-Id": "<n-1@hall.example.org>", "In-Reply-To": "<q-1@hall.example.org>", "Auto-Submitted": "auto-generated",
				"List-Unsubscribe": "<https://hall.example.org/unsubscribe/x?y=1>", "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
				"Date": "Mon, 23 Nov 2026 09:00:00 +0000",
			} {
				if got := m.Header.Get(name); got != want {
					t.Errorf("%s is %q, want %q", name, got, want)
				}
			}
			if to, err := m.Header.AddressList("To"); err != nil || to[0].Name != hello.Name || to[0].Address != hello.To {
				t.Errorf("to %v, %v", to, err)
			}
			if from, err := m.Header.AddressList("From"); err != nil || from[0].Name != "Tidewater Guildhall" {
				t.Errorf("from %v, %v", from, err)
			}
			if !bytes.Contains(p.got[0], []byte("multipart/alternative")) {
				t.Error("text and HTML are not alternatives")
			}
		})
	}
}

func TestAMailIsNeverSentWithoutTheEncryptionAskedFor(t *testing.T) {
	p := open(t, "none")
	err := p.sender(organisation.Mail{TLS: "starttls", User: "hall", Password: "s3cret"}).Send(t.Context(), hello)
	if !fault.Is(err, fault.Unavailable) || len(p.got) != 0 || len(p.auths) != 0 {
		t.Errorf("%v; %d mails, %d passwords", err, len(p.got), len(p.auths))
	}
	q := open(t, "starttls")
	s := q.sender(organisation.Mail{TLS: "starttls", User: "hall", Password: "s3cret"})
	s.Roots = x509.NewCertPool()
	if err := s.Send(t.Context(), hello); !fault.Is(err, fault.Unavailable) || len(q.auths) != 0 {
		t.Errorf("a server with an unknown certificate: %v, %q", err, q.auths)
	}
}

func TestWhatTheServerRefusesForEverIsToldFromWhatMayPass(t *testing.T) {
	p := open(t, "none")
	s := p.sender(organisation.Mail{TLS: "none"})
	p.refuse = &smtp.SMTPError{Code: 550, EnhancedCode: smtp.EnhancedCode{5, 1, 1}, Message: "no such mailbox"}
	if err := s.Send(t.Context(), hello); !fault.Is(err, fault.Invalid) || !strings.Contains(err.Error(), "no such mailbox") {
		t.Errorf("550 is %v", err)
	}
	p.refuse = &smtp.SMTPError{Code: 451, EnhancedCode: smtp.EnhancedCode{4, 7, 1}, Message: "greylisted"}
	if err := s.Send(t.Context(), hello); !fault.Is(err, fault.Unavailable) {
		t.Errorf("451 is %v", err)
	}
	wrong := p.sender(organisation.Mail{TLS: "none", User: "hall", Password: "wrong"})
	if err := wrong.Send(t.Context(), hello); !fault.Is(err, fault.Unavailable) {
		t.Errorf("a wrong password is %v", err)
	}
	none := &Sender{Settings: func() organisation.Settings { return organisation.Settings{} }, Clock: clock.System{}}
	if err := none.Send(t.Context(), hello); !fault.Is(err, fault.Unavailable) || none.Ready() {
		t.Errorf("without a server: %v", err)
	}
	held := &Sender{Settings: func() organisation.Settings {
		return organisation.Settings{OutgoingPaused: true, Mail: &organisation.Mail{Host: "x"}}
	}}
	if err := held.Send(t.Context(), hello); !fault.Is(err, fault.Unavailable) || fault.Of(err).Key != "fault.mail_paused" {
		t.Errorf("held back: %v", err)
	}
}

func TestASilentServerEndsWithTheTimeout(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	p := &post{host: "127.0.0.1", port: l.Addr().(*net.TCPAddr).Port}
	s := p.sender(organisation.Mail{TLS: "none"})
	s.Timeout = 200 * time.Millisecond
	if err := s.Send(context.Background(), hello); !fault.Is(err, fault.Unavailable) {
		t.Errorf("silence is %v", err)
	}
}

// A server may think long before it takes a mail, and go without a word once it
// has: either way it has the mail, which must not be sent again.
func TestAMailIsSentWhenTheServerTookItHoweverThatEnds(t *testing.T) {
	for _, way := range []struct {
		name  string
		wait  time.Duration
		leave bool
	}{{"late", 700 * time.Millisecond, false}, {"gone afterwards", 0, true}} {
		t.Run(way.name, func(t *testing.T) {
			l, err := net.Listen("tcp", "127.0.0.1:0")
			if err != nil {
				t.Fatal(err)
			}
			defer l.Close()
			take := func(c net.Conn) {
				defer c.Close()
				fmt.Fprint(c, "220 slow\r\n")
				in := bufio.NewScanner(c)
				for words := false; in.Scan(); {
					switch line := in.Text(); {
					case words && line == ".":
						words = false
						time.Sleep(way.wait)
						fmt.Fprint(c, "250 taken\r\n")
						if way.leave {
							return
						}
					case words:
					case line == "DATA":
						words = true
						fmt.Fprint(c, "354 go on\r\n")
					default:
						fmt.Fprint(c, "250 fine\r\n")
					}
				}
			}
			go func() {
				for {
					c, err := l.Accept()
					if err != nil {
						return
					}
					go take(c)
				}
			}()
			p := &post{host: "127.0.0.1", port: l.Addr().(*net.TCPAddr).Port}
			s := p.sender(organisation.Mail{TLS: "none"})
			s.Timeout = 200 * time.Millisecond
			if err := s.Send(t.Context(), hello); err != nil {
				t.Errorf("a mail that was taken is %v", err)
			}
			if way.wait == 0 {
				return
			}
			short, cancel := context.WithTimeout(t.Context(), 400*time.Millisecond)
			defer cancel()
			if err := s.Send(short, hello); !fault.Is(err, fault.Unavailable) {
				t.Errorf("who cannot wait hears %v", err)
			}
		})
	}
}

func TestMailSignsInWithATokenThatIsRefreshedWhenItEnds(t *testing.T) {
	p := open(t, "starttls")
	asked := 0
	issuer := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked++
		if r.FormValue("grant_type") != "refresh_token" || r.FormValue("refresh_token") != "r-1" || r.FormValue("client_secret") != "cs" {
			w.WriteHeader(400)
			fmt.Fprint(w, `{"error":"invalid_grant"}`)
			return
		}
		fmt.Fprintf(w, `{"access_token":"a-%d","expires_in":3600}`, asked)
	}))
	defer issuer.Close()
	p.roots.AddCert(issuer.Certificate())
	o := &organisation.OAuth{TokenURL: issuer.URL, ClientID: "c", ClientSecret: "cs", RefreshToken: "r-1"}
	s := p.sender(organisation.Mail{TLS: "starttls", User: "hall@example.org", OAuth: o})
	c := s.Clock.(*clock.Moved)
	for _, wait := range []time.Duration{0, time.Minute, 2 * time.Hour} {
		c.Advance(wait)
		if err := s.Send(t.Context(), hello); err != nil {
			t.Fatal(err)
		}
	}
	want := []string{"XOAUTH2 hall@example.org a-1", "XOAUTH2 hall@example.org a-1", "XOAUTH2 hall@example.org a-2"}
	if strings.Join(p.auths, "|") != strings.Join(want, "|") {
		t.Errorf("signed in as %q, want %q", p.auths, want)
	}
	o.RefreshToken = "r-2"
	if err := s.Send(t.Context(), hello); !fault.Is(err, fault.Unavailable) || !strings.Contains(err.Error(), "invalid_grant") {
		t.Errorf("a refused refresh token is %v", err)
	}
}

func TestNobodyWritesHeadersThroughWords(t *testing.T) {
	p := open(t, "none")
	s := p.sender(organisation.Mail{TLS: "none"})
	m := hello
	m.Subject, m.Name = "Hi\r\nBcc: eve@example.org", "Ada\r\nBcc: eve@example.org"
	m.MessageID = "x@y\r\nBcc: eve@example.org"
	if err := s.Send(t.Context(), m); err != nil {
		t.Fatal(err)
	}
	got, err := netmail.ReadMessage(bytes.NewReader(p.got[0]))
	if err != nil || got.Header.Get("Bcc") != "" {
		t.Errorf("%v\n%s", err, p.got[0])
	}
	for _, bad := range []Message{
		{To: "ada@example.org, eve@example.org", Text: "x"}, {To: "ada@example.org\r\nBcc: eve@example.org", Text: "x"}, {To: "", Text: "x"},
		{To: "ada@example.org", Text: "x", Headers: map[string]string{"X": "1\r\nBcc: eve@example.org"}},
		{To: "ada@example.org", Text: "x", Unsubscribe: "https://x/>\r\nBcc: eve@example.org"},
	} {
		if err := s.Send(t.Context(), bad); err == nil {
			t.Errorf("%+v was sent", bad)
		}
	}
}

func TestTextOfAnyLanguageSurvives(t *testing.T) {
	p := open(t, "none")
	m := Message{To: "ada@example.org", Subject: "x", Text: "Привет 你好 🙂 " + strings.Repeat("long ", 500)}
	if err := p.sender(organisation.Mail{TLS: "none"}).Send(t.Context(), m); err != nil {
		t.Fatal(err)
	}
	got, err := netmail.ReadMessage(bytes.NewReader(p.got[0]))
	if err != nil {
		t.Fatal(err)
	}
	body, _ := io.ReadAll(got.Body)
	text := string(body)
	switch got.Header.Get("Content-Transfer-Encoding") {
	case "base64":
		b, err := base64.StdEncoding.DecodeString(strings.ReplaceAll(text, "\r\n", ""))
		if err != nil {
			t.Fatal(err)
		}
		text = string(b)
	case "quoted-printable":
		b, err := io.ReadAll(quotedprintable.NewReader(strings.NewReader(text)))
		if err != nil {
			t.Fatal(err)
		}
		text = string(b)
	}
	if strings.TrimSpace(text) != strings.TrimSpace(m.Text) {
		t.Errorf("got %.80q", text)
	}
}
