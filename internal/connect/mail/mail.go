// Package mail sends mail through the organisation's SMTP server.
package mail

import (
	"bytes"
	"cmp"
	"context"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	netmail "net/mail"
	"net/url"
	"strings"
	"sync"
	"time"

	gomail "github.com/wneessen/go-mail"

	"github.com/guildhall/guildhall/internal/core/organisation"
	"github.com/guildhall/guildhall/internal/platform/clock"
	"github.com/guildhall/guildhall/internal/platform/fault"
)

// Message is one mail to one person.
type Message struct {
	To      string // an address
	Name    string // of the recipient, "" when it is not known
	Subject string
	Text    string // plain text; needed
	HTML    string // the same as HTML, "" sends text alone
	// MessageID names the mail, stable over retries, without angle brackets;
	// one without a host gets ours. Empty makes one from the recipient, subject
	// and text.
	MessageID string
	// Headers are further header fields: In-Reply-To, References, Auto-Submitted.
	Headers map[string]string
	// Unsubscribe is an https address; a POST to it unsubscribes without
	// asking (RFC 8058).
	Unsubscribe string
	// Calendar is what a calendar program reads of the mail; nil for none.
	Calendar *Calendar
}

// Calendar is an iCalendar text with its method (RFC 6047).
type Calendar struct {
	Method string // REQUEST, CANCEL
	Text   []byte
}

// Sender sends mail as the settings say at that moment. The zero value of
// every field but Settings and Clock works.
type Sender struct {
	Settings func() organisation.Settings
	Clock    clock.Clock
	// Host is what Message-IDs and the greeting end in, usually the host of the
	// public address.
	Host func() string
	// Roots verifies the server; nil is the system's.
	Roots *x509.CertPool
	// Timeout bounds how long a server may take to let us in, and to say
	// goodbye; 30 seconds when 0. To take a mail it has patience times as long, or
	// as long as the context.
	Timeout time.Duration

	mu     sync.Mutex
	tokens map[string]token // access tokens by what they were asked with
}

type token struct {
	value string
	until time.Time
}

// Ready tells whether mail can be sent at all.
func (s *Sender) Ready() bool {
	m := s.Settings().Mail
	return m != nil && m.Host != "" && m.From != ""
}

// Send sends the message and returns when the server has taken it.
//
// Errors: Unavailable with fault.mail_none when no server is set, with
// fault.mail_paused while outgoing mail is held back, with fault.mail_failed
// for everything that may pass; Invalid with fault.mail_refused when the server
// says that it will never take this mail.
func (s *Sender) Send(ctx context.Context, m Message) error {
	o := s.Settings()
	if o.OutgoingPaused {
		return fault.New(fault.Unavailable, "fault.mail_paused")
	}
	if o.Mail == nil {
		return fault.New(fault.Unavailable, "fault.mail_none")
	}
	return s.Through(ctx, *o.Mail, o.Name, m)
}

// Check signs in to the server of the settings and sends nothing.
//
// Errors: Unavailable.
func (s *Sender) Check(ctx context.Context) error {
	m := s.Settings().Mail
	if m == nil {
		return fault.New(fault.Unavailable, "fault.mail_none")
	}
	ctx, cancel := context.WithTimeout(ctx, s.timeout())
	defer cancel()
	c, err := s.client(ctx, *m)
	if err != nil {
		return failed(err)
	}
	if err := c.DialWithContext(ctx); err != nil {
		return failed(err)
	}
	_ = c.Close() // it was let in, which is what was asked
	return nil
}

// Through sends the message through a server that need not be the one of the
// settings: a test before they are saved.
func (s *Sender) Through(ctx context.Context, server organisation.Mail, org string, m Message) error {
	msg, err := s.compose(server, org, m)
	if err != nil {
		return err
	}
	dial, cancel := context.WithTimeout(ctx, s.timeout())
	defer cancel()
	c, err := s.client(dial, server)
	if err != nil {
		return failed(err)
	}
	client, err := c.DialToSMTPClientWithContext(dial)
	if err != nil {
		return failed(err)
	}
	defer func() {
		_ = client.UpdateDeadline(s.timeout())
		_ = c.CloseWithSMTPClient(client)
	}()
	// A mail we no longer wait for may still be taken, and would be sent again.
	wait := patience * s.timeout()
	if until, ok := ctx.Deadline(); ok {
		wait = min(wait, time.Until(until))
	}
	if err := gomail.WithTimeout(max(wait, time.Millisecond))(c); err != nil {
		return failed(err)
	}
	// What goes wrong once the server has taken the mail is not the mail's fault.
	if err := c.SendWithSMTPClient(client, msg); err != nil && !msg.IsDelivered() {
		var x *gomail.SendError
		if errors.As(err, &x) && !x.IsTemp() && x.ErrorCode() >= 500 {
			return fault.Because(fault.Invalid, "fault.mail_refused", err).With("reason", oneLine(err.Error()))
		}
		return failed(err)
	}
	return nil
}

// patience makes ten minutes of half a minute: as long as RFC 5321, 4.5.3.2.6,
// gives a server to take a mail whose last line it has been sent.
const patience = 20

func (s *Sender) timeout() time.Duration { return cmp.Or(s.Timeout, 30*time.Second) }

func failed(err error) error {
	return fault.Because(fault.Unavailable, "fault.mail_failed", err).With("reason", oneLine(err.Error()))
}

// oneLine makes what a server said fit for a page.
func oneLine(s string) string {
	s = strings.Join(strings.Fields(strings.ToValidUTF8(s, "")), " ")
	if len(s) > 300 {
		s = strings.ToValidUTF8(s[:300], "") + " ..."
	}
	return s
}

// compose writes the mail.
func (s *Sender) compose(server organisation.Mail, org string, m Message) (*gomail.Msg, error) {
	for name, v := range m.Headers {
		if strings.ContainsAny(name+v, "\r\n\x00") {
			return nil, fmt.Errorf("mail: header %q holds a line break", name)
		}
	}
	from, err := netmail.ParseAddress(server.From)
	if err != nil {
		return nil, fault.Because(fault.Invalid, "fault.mail_from", err)
	}
	if from.Name == "" {
		from.Name = "Guildhall"
		if org != "" {
			from.Name = org + " Guildhall"
		}
	}
	to, err := netmail.ParseAddress(m.To)
	if err != nil || to.Address != m.To {
		return nil, fault.Because(fault.Invalid, "fault.email_malformed", err)
	}
	to.Name = oneLine(m.Name)
	msg := gomail.NewMsg(gomail.WithNoDefaultUserAgent())
	msg.FromMailAddress(from)
	msg.ToMailAddress(to)
	msg.Subject(oneLine(m.Subject))
	msg.SetDateWithValue(s.Clock.Now())
	msg.SetMessageIDWithValue(s.messageID(m))
	// Out-of-office programs stay silent at mail that says so (RFC 3834).
	if _, own := m.Headers["Auto-Submitted"]; !own {
		msg.SetGenHeader("Auto-Submitted", "auto-generated")
	}
	for name, v := range m.Headers {
		msg.SetGenHeaderPreformatted(gomail.Header(name), v)
	}
	if m.Unsubscribe != "" {
		u, err := url.Parse(m.Unsubscribe)
		if err != nil || u.Host == "" || strings.ContainsAny(m.Unsubscribe, "<>\r\n ") {
			return nil, fmt.Errorf("mail: %q is no address to unsubscribe at", m.Unsubscribe)
		}
		msg.SetGenHeaderPreformatted("List-Unsubscribe", "<"+m.Unsubscribe+">")
		msg.SetGenHeaderPreformatted("List-Unsubscribe-Post", "List-Unsubscribe=One-Click")
	}
	msg.SetBodyString(gomail.TypeTextPlain, m.Text)
	if m.HTML != "" {
		msg.AddAlternativeString(gomail.TypeTextHTML, m.HTML)
	}
	if c := m.Calendar; c != nil {
		// Programs take the calendar from the last alternative; those that show
		// it as a file find it attached as well.
		msg.AddAlternativeString(gomail.ContentType("text/calendar; method="+c.Method+"; component=VEVENT"), string(c.Text))
		if err := msg.AttachReader("invite.ics", bytes.NewReader(c.Text), gomail.WithFileContentType("application/ics")); err != nil {
			return nil, fmt.Errorf("mail: attach a calendar: %w", err)
		}
	}
	return msg, nil
}

func (s *Sender) host() string {
	if s.Host != nil {
		if h := s.Host(); h != "" {
			return h
		}
	}
	return "guildhall.invalid"
}

// messageID is the caller's, or made from what is said to whom.
func (s *Sender) messageID(m Message) string {
	if m.MessageID != "" {
		name := strings.Trim(oneLine(m.MessageID), "<>")
		if !strings.Contains(name, "@") {
			name += "@" + s.host() // without a host it is none (RFC 5322, 3.6.4)
		}
		return name
	}
	h := sha256.Sum256([]byte(m.To + "\x00" + m.Subject + "\x00" + m.Text))
	return hex.EncodeToString(h[:12]) + "@" + s.host()
}

// client prepares the connection.
func (s *Sender) client(ctx context.Context, m organisation.Mail) (*gomail.Client, error) {
	opts := []gomail.Option{
		gomail.WithPort(m.Port), gomail.WithTimeout(s.timeout()), gomail.WithoutNoop(),
		gomail.WithTLSConfig(&tls.Config{ServerName: m.Host, RootCAs: s.Roots, MinVersion: tls.VersionTLS12}),
	}
	if h := s.host(); net.ParseIP(h) == nil {
		opts = append(opts, gomail.WithHELO(h))
	}
	switch m.TLS {
	case "tls":
		opts = append(opts, gomail.WithSSL())
	case "none":
		opts = append(opts, gomail.WithTLSPolicy(gomail.NoTLS))
	default:
		opts = append(opts, gomail.WithTLSPolicy(gomail.TLSMandatory))
	}
	switch {
	case m.OAuth != nil:
		access, err := s.access(ctx, *m.OAuth)
		if err != nil {
			return nil, err
		}
		opts = append(opts, gomail.WithSMTPAuth(gomail.SMTPAuthXOAUTH2), gomail.WithUsername(m.User), gomail.WithPassword(access))
	case m.User != "" && m.TLS == "none":
		opts = append(opts, gomail.WithSMTPAuth(gomail.SMTPAuthPlainNoEnc), gomail.WithUsername(m.User), gomail.WithPassword(m.Password))
	case m.User != "":
		opts = append(opts, gomail.WithSMTPAuth(gomail.SMTPAuthAutoDiscover), gomail.WithUsername(m.User), gomail.WithPassword(m.Password))
	}
	return gomail.NewClient(m.Host, opts...)
}

// access returns an access token, asked for with the refresh token or, where
// there is none, with the client's own credentials (RFC 6749, sections 6 and
// 4.4), and keeps it until a minute before it ends.
func (s *Sender) access(ctx context.Context, o organisation.OAuth) (string, error) {
	h := sha256.Sum256([]byte(o.TokenURL + "\x00" + o.ClientID + "\x00" + o.ClientSecret + "\x00" + o.RefreshToken + "\x00" + o.Scope))
	key := hex.EncodeToString(h[:])
	now := s.Clock.Now()
	s.mu.Lock()
	held, ok := s.tokens[key]
	s.mu.Unlock()
	if ok && now.Before(held.until) {
		return held.value, nil
	}
	form := url.Values{"grant_type": {"client_credentials"}, "client_id": {o.ClientID}, "client_secret": {o.ClientSecret}}
	if o.RefreshToken != "" {
		form.Set("grant_type", "refresh_token")
		form.Set("refresh_token", o.RefreshToken)
	}
	if o.Scope != "" {
		form.Set("scope", o.Scope)
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, o.TokenURL, strings.NewReader(form.Encode()))
	if err != nil {
		return "", err
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	req.Header.Set("Accept", "application/json")
	client := http.Client{Transport: &http.Transport{
		Proxy: http.ProxyFromEnvironment, TLSClientConfig: &tls.Config{RootCAs: s.Roots, MinVersion: tls.VersionTLS12}, DisableKeepAlives: true,
	}}
	res, err := client.Do(req)
	if err != nil {
		return "", fmt.Errorf("ask for a mail token: %w", err)
	}
	defer res.Body.Close()
	var answer struct {
		AccessToken string `json:"access_token"`
		ExpiresIn   int    `json:"expires_in"`
		Error       string `json:"error"`
		Description string `json:"error_description"`
	}
	body, err := io.ReadAll(io.LimitReader(res.Body, 64<<10))
	if err != nil {
		return "", fmt.Errorf("ask for a mail token: %w", err)
	}
	err = json.Unmarshal(body, &answer)
	if res.StatusCode != http.StatusOK || err != nil || answer.AccessToken == "" {
		return "", fmt.Errorf("ask for a mail token: the server answers %s %s %s", res.Status, answer.Error, answer.Description)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.tokens == nil || len(s.tokens) > 8 {
		s.tokens = map[string]token{}
	}
	s.tokens[key] = token{answer.AccessToken, now.Add(time.Duration(max(answer.ExpiresIn-60, 0)) * time.Second)}
	return answer.AccessToken, nil
}
