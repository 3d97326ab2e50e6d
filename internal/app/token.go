package app

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/guildhall/guildhall/internal/core/access"
	"github.com/guildhall/guildhall/internal/core/people"
	"github.com/guildhall/guildhall/internal/platform/db"
	"github.com/guildhall/guildhall/internal/platform/fault"
)

// NewToken asks for a token on the command line.
type NewToken struct {
	Email string
	Name  string // of the first admin
	Label string
	Life  time.Duration // without end when 0
}

// CreateToken makes an API token for the person with the address. When there
// is nobody yet, it makes them the first admin and says so.
//
// Errors: Invalid for a malformed address or a long label, NotFound when there
// are people and none has the address.
func (h *House) CreateToken(ctx context.Context, t NewToken) (token string, made bool, err error) {
	var c fault.Check
	email := people.FoldEmail(t.Email)
	c.Require(people.EmailOK(email), "email", "fault.email_malformed")
	c.Require(t.Life >= 0, "life", "fault.life_negative")
	if err := c.Err(); err != nil {
		return "", false, err
	}
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

// Explain puts a fault into words for a terminal; other errors stay as they
// are.
func (h *House) Explain(err error) error {
	f := fault.Of(err)
	if f == nil {
		return err
	}
	p := h.Catalogue.Printer("en", time.UTC, h.Clock.Now())
	if len(f.Fields) == 0 {
		return errors.New(p.Fault(err))
	}
	var lines []string
	for _, x := range f.Fields {
		line := p.Field(x)
		if x.Name != "" {
			line = x.Name + ": " + line
		}
		lines = append(lines, line)
	}
	return errors.New(strings.Join(lines, "\n"))
}
