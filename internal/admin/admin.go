package admin

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"net/netip"
	"net/url"
	"strings"
	"sync/atomic"
	"time"
	"unicode/utf8"

	"github.com/guildhall/guildhall/internal/core/access"
	"github.com/guildhall/guildhall/internal/core/audit"
	"github.com/guildhall/guildhall/internal/core/login"
	"github.com/guildhall/guildhall/internal/core/organisation"
	"github.com/guildhall/guildhall/internal/core/people"
	"github.com/guildhall/guildhall/internal/platform/clock"
	"github.com/guildhall/guildhall/internal/platform/db"
	"github.com/guildhall/guildhall/internal/platform/fault"
	"github.com/guildhall/guildhall/internal/platform/id"
	"github.com/guildhall/guildhall/internal/platform/throttle"
)

// Service answers for the set-up and the administration.
type Service struct {
	DB           *db.DB
	Clock        clock.Clock
	People       *people.Service
	Logins       *login.Service
	Organisation *organisation.Keeper
	// Invite has an invitation sent by mail, in the transaction.
	Invite func(tx *db.Tx, by access.Actor, person id.ID) error
	// Mails tells whether mail can be sent.
	Mails func() bool
	// Test sends a test mail through a server that is not saved yet.
	Test func(ctx context.Context, by access.Actor, m organisation.Mail, to string) error
	// Letters are the kinds of the jobs that send mail. Their arguments name
	// the "person".
	Letters []string

	settled atomic.Bool // there is an admin, and there always will be one
}

// Claimed tells whether the house has an admin. While it has none, every page
// leads to the set-up.
func (s *Service) Claimed(ctx context.Context) (ok bool, err error) {
	if s.settled.Load() {
		return true, nil
	}
	err = s.DB.Read(ctx, func(tx *db.Tx) error {
		ok, err = people.AnyAdmin(tx)
		return err
	})
	if ok {
		s.settled.Store(true)
	}
	return ok, err
}

// setupTries is how often a set-up code may be tried; the code has 60 bits.
var setupTries = throttle.Rate{Burst: 10, Every: 10 * time.Second}

// NewSetupCode makes the code without which nobody sets up a fresh house and
// ends those made before. It is "" when the house has an admin.
func (s *Service) NewSetupCode(ctx context.Context) (string, error) {
	const alphabet = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
	var b [12]byte
	_, _ = rand.Read(b[:])
	var code strings.Builder
	for i, x := range b {
		if i > 0 && i%4 == 0 {
			code.WriteByte('-')
		}
		code.WriteByte(alphabet[x%32])
	}
	out := ""
	err := s.DB.Write(ctx, func(tx *db.Tx) error {
		out = ""
		ok, err := people.AnyAdmin(tx)
		if err != nil || ok {
			return err
		}
		_, err = tx.Exec(setSetupCodeSQL, hashCode(code.String()), tx.Now())
		out = code.String()
		return err
	})
	return out, err
}

func hashCode(s string) string {
	s = strings.NewReplacer("-", "", " ", "", "O", "0", "I", "1", "L", "1").Replace(strings.ToUpper(s))
	h := sha256.Sum256([]byte("setup:" + s))
	return hex.EncodeToString(h[:])
}

// Founding is the first form of the set-up.
type Founding struct {
	Code         string
	Organisation string
	Name         string
	Who          string // an e-mail address or a personnel number
	Password     string
}

// Found names the organisation, makes the first admin and starts their login.
// Somebody an import brought already becomes the admin.
//
// Errors: Invalid with the fields; Conflict when there is an admin; TooMany.
func (s *Service) Found(ctx context.Context, f Founding, from netip.Addr, device string) (login.Started, error) {
	f.Organisation = oneLine(f.Organisation)
	f.Name, f.Who = oneLine(f.Name), strings.TrimSpace(f.Who)
	email, number := "", f.Who
	if strings.Contains(f.Who, "@") {
		email, number = people.FoldEmail(f.Who), ""
	}
	key := throttle.Key("setup", from.String())
	var right bool
	if err := s.DB.Write(ctx, func(tx *db.Tx) error {
		wait, err := throttle.Take(tx, key, setupTries)
		if err != nil {
			return err
		}
		if wait > 0 {
			return throttle.Fault(wait)
		}
		if ok, err := people.AnyAdmin(tx); err != nil {
			return err
		} else if ok {
			return fault.New(fault.Conflict, "fault.set_up_already")
		}
		var want string
		if _, err := tx.Row(setupCodeSQL, []any{&want}); err != nil {
			return err
		}
		right = want != "" && subtle.ConstantTimeCompare([]byte(want), []byte(hashCode(f.Code))) == 1
		return nil
	}); err != nil {
		return login.Started{}, err
	}
	var c fault.Check
	c.Require(right, "code", "fault.setup_code")
	c.Require(f.Organisation != "", "organisation", "fault.organisation_empty")
	c.Require(utf8.RuneCountInString(f.Organisation) <= 100, "organisation", "fault.too_long", "max", 100)
	c.Require(f.Name != "", "name", "fault.name_empty")
	c.Require(utf8.RuneCountInString(f.Name) <= 200, "name", "fault.too_long", "max", 200)
	c.Require(f.Who != "", "who", "fault.who_empty")
	c.Require(email == "" || people.EmailOK(email), "who", "fault.email_malformed")
	c.Require(len(number) <= 64, "who", "fault.too_long", "max", 64)
	if !right {
		// Nobody without the code is told what a good password is here: hashing
		// is dear.
		return login.Started{}, c.Err()
	}
	hash, err := s.Logins.HashPassword(ctx, f.Password, f.Name, email, number, f.Organisation)
	if x := fault.Of(err); x != nil && x.Kind == fault.Invalid {
		for _, field := range x.Fields {
			c.Bad(field.Name, field.Key, pairs(field.Args)...)
		}
	} else if err != nil {
		return login.Started{}, err
	}
	if err := c.Err(); err != nil {
		return login.Started{}, err
	}
	var out login.Started
	if err := s.DB.Write(ctx, func(tx *db.Tx) error {
		out = login.Started{}
		if ok, err := people.AnyAdmin(tx); err != nil {
			return err
		} else if ok {
			return fault.New(fault.Conflict, "fault.set_up_already")
		}
		if _, err := tx.Row(knownSQL, []any{&out.Person}, email, number); err != nil {
			return err
		}
		if out.Person == 0 {
			joined, err := s.People.Join(tx, people.Joiner{Name: f.Name, Email: email, PersonnelNo: number, Role: access.Admin}, true)
			if err != nil {
				return err
			}
			out.Person = joined.Person
		} else if err := setRole(tx, out.Person, access.Admin); err != nil {
			return err
		}
		if err := s.Logins.FirstPassword(tx, out.Person, hash); err != nil {
			return err
		}
		if _, err := tx.Exec(dropSetupCodeSQL); err != nil {
			return err
		}
		if err := throttle.Give(tx, key, setupTries); err != nil {
			return err
		}
		if err := audit.Record(tx, audit.Act{Actor: out.Person, Action: "setup.founded", Subject: out.Person}); err != nil {
			return err
		}
		out.Cookie, err = s.Logins.Start(tx, out.Person, device)
		return err
	}); err != nil {
		return login.Started{}, err
	}
	return out, s.Organisation.Change(ctx, func(o *organisation.Settings) error {
		o.Name = f.Organisation
		return nil
	})
}

func pairs(args map[string]any) []any {
	var out []any
	for k, v := range args {
		out = append(out, k, v)
	}
	return out
}

func oneLine(s string) string { return strings.Join(strings.Fields(s), " ") }

// Organisation is what the admin says of the organisation.
type Organisation struct {
	Name       string
	PublicURL  string
	TimeZone   string
	SignInHelp string
	// MeetingLink is a link of the video tool; {room} in it becomes a name
	// nobody can guess.
	MeetingLink string
}

// SetOrganisation keeps what the organisation is called and where it is
// reached.
//
// Errors: Invalid with the fields.
func (s *Service) SetOrganisation(ctx context.Context, by access.Actor, in Organisation) error {
	if err := by.NeedAdmin(); err != nil {
		return err
	}
	in.Name, in.SignInHelp, in.TimeZone = oneLine(in.Name), oneLine(in.SignInHelp), strings.TrimSpace(in.TimeZone)
	in.PublicURL = strings.TrimRight(strings.TrimSpace(in.PublicURL), "/")
	in.MeetingLink = strings.TrimSpace(in.MeetingLink)
	var c fault.Check
	c.Require(in.Name != "", "organisation", "fault.organisation_empty")
	c.Require(utf8.RuneCountInString(in.Name) <= 100, "organisation", "fault.too_long", "max", 100)
	c.Require(utf8.RuneCountInString(in.SignInHelp) <= 200, "sign_in_help", "fault.too_long", "max", 200)
	c.Require(in.PublicURL == "" || addressOK(in.PublicURL), "public_url", "fault.public_url")
	c.Require(in.MeetingLink == "" || linkOK(in.MeetingLink), "meeting_link", "fault.meeting_link")
	c.Require(in.TimeZone == "" || people.ZoneOK(in.TimeZone), "time_zone", "fault.zone_unknown")
	if err := c.Err(); err != nil {
		return err
	}
	return s.change(ctx, by, "settings.organisation", func(o *organisation.Settings) error {
		o.Name, o.PublicURL, o.TimeZone, o.SignInHelp, o.MeetingLink = in.Name, in.PublicURL, in.TimeZone, in.SignInHelp, in.MeetingLink
		return nil
	})
}

// addressOK tells whether the text is the address of a server and nothing
// below it.
func addressOK(s string) bool {
	u, err := url.Parse(s)
	return err == nil && (u.Scheme == "http" || u.Scheme == "https") && u.Hostname() != "" && u.User == nil &&
		u.Path == "" && u.RawQuery == "" && u.Fragment == "" && len(s) <= 200
}

// linkOK tells whether the text is a web address, with a place for a room or
// without.
func linkOK(s string) bool {
	u, err := url.Parse(strings.ReplaceAll(s, "{room}", "room"))
	return err == nil && (u.Scheme == "http" || u.Scheme == "https") && u.Hostname() != "" && u.User == nil &&
		!strings.ContainsAny(s, " \t\r\n") && len(s) <= 300
}

// change changes the settings and writes it down.
func (s *Service) change(ctx context.Context, by access.Actor, action string, rule func(*organisation.Settings) error) error {
	if err := s.Organisation.Change(ctx, rule); err != nil {
		return err
	}
	return s.DB.Write(ctx, func(tx *db.Tx) error {
		return audit.Record(tx, audit.Act{Actor: by.Person, Action: action})
	})
}

// Mail is the form of the mail server. Empty secrets keep those held.
type Mail struct {
	Off  bool
	With organisation.Mail
	// Go lets held mail go.
	Go bool
}

// complete checks the form and fills in the secrets that were left alone.
func (s *Service) complete(in organisation.Mail) (organisation.Mail, error) {
	held := s.Organisation.Settings().Mail
	in.Host, in.User, in.From = strings.TrimSpace(in.Host), strings.TrimSpace(in.User), strings.TrimSpace(in.From)
	var c fault.Check
	c.Require(in.Host != "" && len(in.Host) <= 253 && !strings.ContainsAny(in.Host, " /@\t\n") && !strings.Contains(in.Host, ":"), "host", "fault.mail_host")
	c.Require(in.Port > 0 && in.Port < 65536, "port", "fault.mail_port")
	c.Require(in.TLS == "starttls" || in.TLS == "tls" || in.TLS == "none", "tls", "fault.choice_unknown")
	c.Require(len(in.User) <= 254, "user", "fault.too_long", "max", 254)
	c.Require(len(in.Password) <= 1000, "password", "fault.too_long", "max", 1000)
	c.Require(people.EmailOK(people.FoldEmail(in.From)), "from", "fault.mail_from")
	// A secret goes only to the server it was given for.
	same := held != nil && held.Host == in.Host && held.User == in.User
	if in.Password == "" && same {
		in.Password = held.Password
	}
	if o := in.OAuth; o != nil {
		u, err := url.Parse(o.TokenURL)
		c.Require(err == nil && u.Scheme == "https" && u.Host != "", "token_url", "fault.token_url")
		c.Require(o.ClientID != "", "client_id", "fault.client_id")
		if same && held.OAuth != nil && held.OAuth.TokenURL == o.TokenURL && held.OAuth.ClientID == o.ClientID {
			if o.ClientSecret == "" {
				o.ClientSecret = held.OAuth.ClientSecret
			}
			if o.RefreshToken == "" {
				o.RefreshToken = held.OAuth.RefreshToken
			}
		}
		c.Require(len(o.TokenURL)+len(o.ClientID)+len(o.ClientSecret)+len(o.RefreshToken)+len(o.Scope) <= 16<<10, "refresh_token", "fault.too_long", "max", 16<<10)
		c.Require(in.User != "", "user", "fault.mail_user")
	}
	return in, c.Err()
}

// SetMail keeps how mail is sent.
//
// Errors: Invalid with the fields.
func (s *Service) SetMail(ctx context.Context, by access.Actor, in Mail) error {
	if err := by.NeedAdmin(); err != nil {
		return err
	}
	if in.Go {
		return s.change(ctx, by, "settings.mail_released", func(o *organisation.Settings) error {
			o.OutgoingPaused = false
			return nil
		})
	}
	var keep *organisation.Mail
	if !in.Off {
		with, err := s.complete(in.With)
		if err != nil {
			return err
		}
		keep = &with
	}
	return s.change(ctx, by, "settings.mail", func(o *organisation.Settings) error {
		o.Mail = keep
		return nil
	})
}

// TestMail sends a mail through the server of the form and, when that went
// well, keeps it.
//
// Errors: Invalid with the fields, Unavailable with what the server said.
func (s *Service) TestMail(ctx context.Context, by access.Actor, in organisation.Mail, to string) error {
	if err := by.NeedAdmin(); err != nil {
		return err
	}
	with, err := s.complete(in)
	if err != nil {
		return err
	}
	to = people.FoldEmail(to)
	var c fault.Check
	c.Require(people.EmailOK(to), "to", "fault.email_malformed")
	if err := c.Err(); err != nil {
		return err
	}
	if err := s.Test(ctx, by, with, to); err != nil {
		return err
	}
	return s.change(ctx, by, "settings.mail", func(o *organisation.Settings) error {
		o.Mail = &with
		return nil
	})
}

// SetPractices switches practices on and off; names that are not known are
// left out by the caller.
func (s *Service) SetPractices(ctx context.Context, by access.Actor, on map[string]bool) error {
	if err := by.NeedAdmin(); err != nil {
		return err
	}
	return s.change(ctx, by, "settings.practices", func(o *organisation.Settings) error {
		o.Practices = on
		return nil
	})
}

// FinishSetUp ends the guided set-up.
func (s *Service) FinishSetUp(ctx context.Context, by access.Actor) error {
	if err := by.NeedAdmin(); err != nil {
		return err
	}
	return s.change(ctx, by, "setup.finished", func(o *organisation.Settings) error {
		o.SetUp = true
		return nil
	})
}
