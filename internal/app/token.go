package app

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/guildhall/guildhall/internal/core/access"
	"github.com/guildhall/guildhall/internal/core/people"
	"github.com/guildhall/guildhall/internal/platform/clock"
	"github.com/guildhall/guildhall/internal/platform/db"
	"github.com/guildhall/guildhall/internal/platform/fault"
	"github.com/guildhall/guildhall/internal/platform/i18n"
)

// NewToken asks for a token on the command line.
type NewToken struct {
	Email string
	Name  string // of the first admin
	Label string
	Life  time.Duration // without end when 0
}

// Check says what is wrong with it as far as that is plain without the database,
// so that a mistyped command makes none. Errors: Invalid.
func (t NewToken) Check() error {
	var c fault.Check
	c.Require(people.EmailOK(people.FoldEmail(t.Email)), "email", "fault.email_malformed")
	c.Require(t.Life >= 0, "life", "fault.life_negative")
	return c.Err()
}

// CreateToken makes an API token for the person with the address. When there
// is nobody yet, it makes them the first admin and says so.
//
// Errors: Invalid for a malformed address or a long label, NotFound when there
// are people and none has the address.
func (h *House) CreateToken(ctx context.Context, t NewToken) (token string, made bool, err error) {
	if err := t.Check(); err != nil {
		return "", false, err
	}
	email := people.FoldEmail(t.Email)
	err = h.DB.Write(ctx, func(tx *db.Tx) error {
		made = false
		person, err := h.People.ByEmail(tx, email)
		if err != nil {
			return err
		}
		if person == 0 {
			anybody, err := people.Anybody(tx)
			if err != nil {
				return err
			}
			if anybody {
				return fault.New(fault.NotFound, "fault.email_unknown").With("email", email)
			}
			name := t.Name
			if name == "" {
				name, _, _ = strings.Cut(email, "@")
			}
			joined, err := h.People.Join(tx, people.Joiner{Name: name, Email: email, EmailProved: true, Role: access.Admin}, true)
			if err != nil {
				return err
			}
			person, made = joined.Person, true
		}
		var expires time.Time
		if t.Life > 0 {
			expires = h.Clock.Now().Add(t.Life)
		}
		token, err = h.Logins.NewToken(tx, person, t.Label, expires)
		return err
	})
	return token, made, err
}

// Explain says a fault in the words of the catalogue, for a command line. Other
// errors stay as they are.
func (h *House) Explain(err error) error { return InWords(err) }

// InWords says the fault in err's chain in the words of the catalogue, for a
// command line, and keeps what was said around it. Other errors stay as they
// are.
func InWords(err error) error {
	f := fault.Of(err)
	if f == nil {
		return err
	}
	catalogue, cannot := i18n.Load()
	if cannot != nil {
		return err
	}
	p := catalogue.Printer("en", time.UTC, clock.System{}.Now())
	said := p.Fault(f)
	var shut *db.NotOpened
	switch {
	case len(f.Fields) > 0:
		var lines []string
		for _, x := range f.Fields {
			line := p.Field(x)
			if x.Name != "" {
				line = x.Name + ": " + line
			}
			lines = append(lines, line)
		}
		said = strings.Join(lines, "\n")
	case errors.As(f.Cause, &shut):
		said = shut.Error()
	case f.Kind == fault.Unavailable && f.Cause != nil:
		// The sentence of the pages is about a form somebody has filled in.
		switch f.Key {
		case "fault.no_room":
			said = "no room is left where everything is kept: " + f.Cause.Error()
		case "fault.read_only":
			said = "what everything is kept in can only be read: " + f.Cause.Error()
		default:
			said = "what everything is kept in does not answer: " + f.Cause.Error()
		}
	}
	before, after, ok := strings.Cut(err.Error(), f.Error())
	if !ok {
		return errors.New(said)
	}
	if after != "" {
		said = strings.TrimSuffix(said, ".")
	}
	return errors.New(before + said + after)
}
