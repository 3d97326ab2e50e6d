// Package mailin takes mail that is sent to the house: answers of calendar
// programs. It speaks SMTP to the organisation's mail server, which hands over
// what comes for one address.
package mailin

import (
	"context"
	"encoding/base64"
	"errors"
	"io"
	"log/slog"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	"net"
	"net/mail"
	"strings"
	"time"

	"github.com/emersion/go-smtp"

	"github.com/guildhall/guildhall/internal/connect/calendar"
	"github.com/guildhall/guildhall/internal/platform/fault"
)

// Bounds of a mail.
const (
	maxMail  = 10 << 20 // bytes
	maxParts = 50
	maxDepth = 5
)

// Server takes mail.
type Server struct {
	// Address is whose mail is taken, with any +token before its @.
	Address string
	// Known tells whether the token of an address was given to somebody;
	// what was not is refused before it is sent.
	Known func(ctx context.Context, token string) error
	// Reply takes the answer of a calendar program.
	Reply func(ctx context.Context, token string, r calendar.Reply) error
	Log   *slog.Logger
}

// Serve takes mail from the listener until ctx ends.
func (s *Server) Serve(ctx context.Context, l net.Listener) error {
	srv := smtp.NewServer(smtp.BackendFunc(func(*smtp.Conn) (smtp.Session, error) { return &session{server: s, ctx: ctx}, nil }))
	srv.Domain = "guildhall"
	srv.MaxMessageBytes = maxMail
	srv.MaxRecipients = 20
	srv.ReadTimeout, srv.WriteTimeout = time.Minute, time.Minute
	done := make(chan struct{})
	defer close(done)
	go func() {
		select {
		case <-ctx.Done():
			_ = srv.Close()
		case <-done:
		}
	}()
	err := srv.Serve(l)
	if ctx.Err() != nil || errors.Is(err, smtp.ErrServerClosed) {
		return nil
	}
	return err
}

// session is one mail.
type session struct {
	server *Server
	ctx    context.Context
	tokens []string
}

func (s *session) Mail(string, *smtp.MailOptions) error { return nil }
func (s *session) Reset()                               { s.tokens = nil }
func (s *session) Logout() error                        { return nil }

// Rcpt takes addresses of the house that were given to somebody.
func (s *session) Rcpt(to string, _ *smtp.RcptOptions) error {
	token, ok := s.server.token(to)
	if !ok {
		return &smtp.SMTPError{Code: 550, EnhancedCode: smtp.EnhancedCode{5, 1, 1}, Message: "no such address here"}
	}
	if err := s.server.Known(s.ctx, token); err != nil {
		return answer(err)
	}
	s.tokens = append(s.tokens, token)
	return nil
}

// token is what stands between + and @ of an address of the house.
func (s *Server) token(to string) (string, bool) {
	local, host, ok := strings.Cut(s.Address, "@")
	gotLocal, gotHost, ok2 := strings.Cut(strings.ToLower(to), "@")
	base, token, ok3 := strings.Cut(gotLocal, "+")
	return token, ok && ok2 && ok3 && strings.EqualFold(base, local) && strings.EqualFold(gotHost, host) && token != ""
}

// answer is what a mail server is told: what will never work is refused, what
// may work later is to be tried again.
func answer(err error) error {
	switch fault.KindOf(err) {
	case fault.NotFound, fault.Forbidden, fault.Gone:
		return &smtp.SMTPError{Code: 550, EnhancedCode: smtp.EnhancedCode{5, 1, 1}, Message: "no such address here"}
	case fault.Invalid, fault.Conflict:
		return &smtp.SMTPError{Code: 554, EnhancedCode: smtp.EnhancedCode{5, 6, 0}, Message: "this answer came too late or cannot be read"}
	}
	return &smtp.SMTPError{Code: 451, EnhancedCode: smtp.EnhancedCode{4, 3, 0}, Message: "not now, try again later"}
}

// Data reads the mail. What holds no answer, an out-of-office message for
// instance, is taken and dropped.
func (s *session) Data(r io.Reader) error {
	reply, err := Read(r)
	if errors.Is(err, calendar.ErrNoReply) {
		return nil
	}
	if err != nil {
		s.server.Log.Info("a mail could not be read", "error", err)
		return &smtp.SMTPError{Code: 554, EnhancedCode: smtp.EnhancedCode{5, 6, 0}, Message: "this mail cannot be read"}
	}
	for _, t := range s.tokens {
		if err := s.server.Reply(s.ctx, t, reply); err != nil {
			return answer(err)
		}
	}
	return nil
}

// Read finds the answer of a calendar program in a mail.
//
// Errors: calendar.ErrNoReply when it holds none.
func Read(r io.Reader) (calendar.Reply, error) {
	m, err := mail.ReadMessage(io.LimitReader(r, maxMail))
	if err != nil {
		return calendar.Reply{}, err
	}
	left := maxParts
	return find(m.Header.Get("Content-Type"), m.Header.Get("Content-Transfer-Encoding"), m.Body, &left, maxDepth)
}

func find(contentType, encoding string, body io.Reader, left *int, depth int) (calendar.Reply, error) {
	*left--
	if *left < 0 || depth == 0 {
		return calendar.Reply{}, calendar.ErrNoReply
	}
	kind, params, err := mime.ParseMediaType(contentType)
	if err != nil {
		return calendar.Reply{}, calendar.ErrNoReply
	}
	switch strings.ToLower(encoding) {
	case "base64":
		body = base64.NewDecoder(base64.StdEncoding, body)
	case "quoted-printable":
		body = quotedprintable.NewReader(body)
	}
	if kind == "text/calendar" {
		return calendar.ParseReply(body)
	}
	if !strings.HasPrefix(kind, "multipart/") {
		return calendar.Reply{}, calendar.ErrNoReply
	}
	parts := multipart.NewReader(body, params["boundary"])
	for {
		p, err := parts.NextRawPart()
		if errors.Is(err, io.EOF) {
			return calendar.Reply{}, calendar.ErrNoReply
		}
		if err != nil {
			return calendar.Reply{}, err
		}
		reply, err := find(p.Header.Get("Content-Type"), p.Header.Get("Content-Transfer-Encoding"), p, left, depth-1)
		if !errors.Is(err, calendar.ErrNoReply) {
			return reply, err
		}
	}
}
