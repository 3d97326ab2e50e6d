package admin

import (
	"context"
	"net/mail"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/guildhall/guildhall/internal/core/access"
	"github.com/guildhall/guildhall/internal/core/audit"
	"github.com/guildhall/guildhall/internal/core/login"
	"github.com/guildhall/guildhall/internal/core/people"
	"github.com/guildhall/guildhall/internal/platform/db"
	"github.com/guildhall/guildhall/internal/platform/fault"
	"github.com/guildhall/guildhall/internal/platform/id"
)

// Person is somebody as the administration lists them.
type Person struct {
	ID          id.ID
	Name        string
	SortKey     string
	Role        access.Role
	State       string
	Email       string
	PersonnelNo string
	Unit        string
	Secret      bool      // has a password or PIN
	Logins      int       // where they are signed in
	Seen        time.Time // to the hour; zero when not signed in
	Waiting     string    // the kind of an invitation or card that waits, "" for none
}

// CanEnter tells whether somebody has a way in of their own.
func (p Person) CanEnter() bool { return p.Secret || p.Email != "" }

// Filter says which people to list.
type Filter struct {
	Words   string // part of a name, address or personnel number
	NoWay   bool   // only those who never came in: no secret and no login
	Admins  bool
	After   string // the sort key and id of the last one seen
	AfterID id.ID
}

// PageSize is how many people a page lists.
const PageSize = 50

// List returns a page of active people by name.
func (s *Service) List(ctx context.Context, by access.Actor, f Filter) (out []Person, more bool, err error) {
	if err := by.NeedAdmin(); err != nil {
		return nil, false, err
	}
	words := "%" + likeEscape(people.SortKey(f.Words)) + "%"
	plain := "%" + likeEscape(strings.ToLower(strings.TrimSpace(f.Words))) + "%"
	err = s.DB.Read(ctx, func(tx *db.Tx) error {
		out, err = db.All(tx, listSQL, scanPerson, tx.Now(), words, plain, !f.NoWay, !f.Admins, f.After, int64(f.AfterID), PageSize+1)
		return err
	})
	if len(out) > PageSize {
		out, more = out[:PageSize], true
	}
	return out, more, err
}

func likeEscape(s string) string {
	return strings.NewReplacer(`\`, `\\`, `%`, `\%`, `_`, `\_`).Replace(s)
}

// Person returns one person.
//
// Errors: NotFound.
func (s *Service) Person(ctx context.Context, by access.Actor, person id.ID) (p Person, err error) {
	if err := by.NeedAdmin(); err != nil {
		return p, err
	}
	err = s.DB.Read(ctx, func(tx *db.Tx) error {
		var ok bool
		if p, ok, err = db.One(tx, personSQL, scanPerson, tx.Now(), person); err == nil && !ok {
			return fault.Missing()
		}
		return err
	})
	return p, err
}

// SetRole changes what somebody is in the organisation. There is always an
// admin.
//
// Errors: NotFound, Invalid, Conflict for the last admin.
func (s *Service) SetRole(ctx context.Context, by access.Actor, person id.ID, role access.Role) error {
	if err := by.NeedAdmin(); err != nil {
		return err
	}
	if !role.Valid() {
		var c fault.Check
		c.Bad("role", "fault.role_unknown")
		return c.Err()
	}
	return s.DB.Write(ctx, func(tx *db.Tx) error {
		p, ok, err := db.One(tx, personSQL, scanPerson, tx.Now(), person)
		if err != nil {
			return err
		}
		if !ok || p.State != "active" {
			return fault.Missing()
		}
		if p.Role == role {
			return nil
		}
		if p.Role == access.Admin {
			var others int
			if _, err := tx.Row(otherAdminsSQL, []any{&others}, person); err != nil {
				return err
			}
			if others == 0 {
				return fault.New(fault.Conflict, "fault.last_admin")
			}
		}
		if err := setRole(tx, person, role); err != nil {
			return err
		}
		return audit.Record(tx, audit.Act{Actor: by.Person, Action: "person.role", Subject: person, Detail: string(role)})
	})
}

// setRole changes the role and, with it, whether somebody sees what the whole
// organisation sees.
func setRole(tx *db.Tx, person id.ID, role access.Role) error {
	if _, err := tx.Exec(setRoleSQL, string(role), tx.Now(), person); err != nil {
		return err
	}
	if role == access.Guest {
		return access.Leave(tx, access.Organisation, person)
	}
	// Whoever looks after the organisation goes on doing so.
	var one int
	member, err := tx.Row(memberSQL, []any{&one}, person, access.Organisation)
	if err != nil || member {
		return err
	}
	return access.Join(tx, access.Organisation, person, "member")
}

// EndLogins signs somebody out everywhere and revokes their tokens.
//
// Errors: NotFound.
func (s *Service) EndLogins(ctx context.Context, by access.Actor, person id.ID) error {
	if err := by.NeedAdmin(); err != nil {
		return err
	}
	return s.DB.Write(ctx, func(tx *db.Tx) error {
		if _, ok, err := db.One(tx, personSQL, scanPerson, tx.Now(), person); err != nil {
			return err
		} else if !ok {
			return fault.Missing()
		}
		if err := login.EndAll(tx, person); err != nil {
			return err
		}
		return audit.Record(tx, audit.Act{Actor: by.Person, Action: "person.logins_ended", Subject: person})
	})
}

// Invited is somebody who was invited. Without mail, Token is the one-time
// link to hand over.
type Invited struct {
	Person id.ID
	Name   string
	Email  string
	Token  string
}

// InviteAgain invites people who are here already; those without an address
// are left out.
func (s *Service) InviteAgain(ctx context.Context, by access.Actor, of []id.ID) (out []Invited, err error) {
	if err := by.NeedAdmin(); err != nil {
		return nil, err
	}
	if len(of) == 0 || len(of) > login.MaxCards {
		var c fault.Check
		c.Bad("person", "fault.people_chosen", "max", login.MaxCards)
		return nil, c.Err()
	}
	mails := s.Mails()
	err = s.DB.Write(ctx, func(tx *db.Tx) error {
		out = make([]Invited, 0, len(of))
		for _, person := range of {
			p, ok, err := db.One(tx, personSQL, scanPerson, tx.Now(), person)
			if err != nil {
				return err
			}
			if !ok || p.State != "active" {
				return fault.Missing()
			}
			if p.Email == "" {
				continue
			}
			i, err := s.invite(tx, by, p.ID, p.Name, p.Email, mails)
			if err != nil {
				return err
			}
			out = append(out, i)
		}
		return nil
	})
	return out, err
}

func (s *Service) invite(tx *db.Tx, by access.Actor, person id.ID, name, email string, mails bool) (i Invited, err error) {
	i = Invited{Person: person, Name: name, Email: email}
	if mails {
		err = s.Invite(tx, by, person)
	} else {
		i.Token, err = s.Logins.NewLink(tx, person, login.ShownLink, login.InviteLife)
	}
	if err != nil {
		return i, err
	}
	return i, audit.Record(tx, audit.Act{Actor: by.Person, Action: "person.invited", Subject: person})
}

// MaxInvitations is how many people one form invites; more are imported.
const MaxInvitations = 200

// InviteNew invites people by a list, one a line: a name and an address in any
// usual form, or a name and a personnel number. Those who are here already by
// that address are invited again. People with a number only are added, and get
// a card.
//
// Errors: Invalid with the field people, naming every line that cannot be read.
func (s *Service) InviteNew(ctx context.Context, by access.Actor, list string, role access.Role) (out []Invited, err error) {
	if err := by.NeedAdmin(); err != nil {
		return nil, err
	}
	var c fault.Check
	c.Require(role == access.Member || role == access.Guest || role == access.Organiser, "role", "fault.role_unknown")
	guests := make([]people.Joiner, 0, 16)
	seen := map[string]bool{}
	n := 0
	for line := range strings.Lines(list) {
		n++
		j, ok := readGuest(line)
		switch {
		case strings.TrimSpace(line) == "" || ok && seen[j.Email+"\x00"+j.PersonnelNo]:
			continue
		case !ok:
			c.Bad("people", "fault.invitation_line", "line", n)
			continue
		}
		seen[j.Email+"\x00"+j.PersonnelNo] = true
		j.Role = role
		guests = append(guests, j)
	}
	c.Require(n > 0 && len(guests) > 0 || len(guests) > 0 || c.Err() != nil, "people", "fault.invitations_empty")
	c.Require(len(guests) <= MaxInvitations, "people", "fault.invitations_many", "max", MaxInvitations)
	if err := c.Err(); err != nil {
		return nil, err
	}
	mails := s.Mails()
	err = s.DB.Write(ctx, func(tx *db.Tx) error {
		out = make([]Invited, 0, len(guests))
		for _, j := range guests {
			var known id.ID
			if _, err := tx.Row(knownSQL, []any{&known}, j.Email, j.PersonnelNo); err != nil {
				return err
			}
			if known == 0 {
				joined, err := s.People.Join(tx, j, true)
				if err != nil {
					return err
				}
				known = joined.Person
				if err := audit.Record(tx, audit.Act{Actor: by.Person, Action: "person.added", Subject: known}); err != nil {
					return err
				}
			}
			if j.Email == "" {
				out = append(out, Invited{Person: known, Name: j.Name})
				continue
			}
			i, err := s.invite(tx, by, known, j.Name, j.Email, mails)
			if err != nil {
				return err
			}
			out = append(out, i)
		}
		return nil
	})
	return out, err
}

// readGuest reads one line: Ada Lovelace <ada@example.org>, "ada@example.org
// Ada Lovelace", or with a comma, semicolon or tab between; in place of an
// address a personnel number after the separator.
func readGuest(line string) (j people.Joiner, ok bool) {
	line = strings.TrimSpace(line)
	if len(line) > 500 || !utf8.ValidString(line) {
		return j, false
	}
	if a, err := mail.ParseAddress(line); err == nil {
		j.Name, j.Email = a.Name, people.FoldEmail(a.Address)
	} else if parts := strings.FieldsFunc(line, func(r rune) bool { return r == ',' || r == ';' || r == '\t' }); len(parts) == 2 {
		a, b := strings.TrimSpace(parts[0]), strings.TrimSpace(parts[1])
		if strings.Contains(a, "@") {
			a, b = b, a
		}
		j.Name = a
		if b = strings.Trim(b, "<>"); strings.Contains(b, "@") {
			j.Email = people.FoldEmail(b)
		} else {
			j.PersonnelNo = b
		}
	} else if words := strings.Fields(line); len(words) > 1 {
		for i, w := range words {
			if strings.Contains(w, "@") {
				j.Email = people.FoldEmail(strings.Trim(w, "<>"))
				words = append(words[:i:i], words[i+1:]...)
				break
			}
		}
		j.Name = strings.Join(words, " ")
	}
	if j.Name == "" && j.Email != "" {
		j.Name = nameOf(j.Email)
	}
	j.Name = oneLine(j.Name)
	ok = j.Name != "" && utf8.RuneCountInString(j.Name) <= 200 && (j.Email != "" && people.EmailOK(j.Email) || j.Email == "" && j.PersonnelNo != "" && len(j.PersonnelNo) <= 64)
	return j, ok
}

// nameOf guesses a name from an address: ada.lovelace@ is Ada Lovelace.
func nameOf(email string) string {
	local, _, _ := strings.Cut(email, "@")
	words := strings.FieldsFunc(local, func(r rune) bool { return r == '.' || r == '_' || r == '-' })
	for i, w := range words {
		r, size := utf8.DecodeRuneInString(w)
		words[i] = strings.ToUpper(string(r)) + w[size:]
	}
	return strings.Join(words, " ")
}
