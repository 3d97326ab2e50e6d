// Package people keeps who belongs to the organisation: persons, the authors
// under whose names words stand, units, sites and reporting lines. It is the
// only package that joins authors with persons.
package people

import (
	"context"
	"net/mail"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/guildhall/guildhall/internal/core/access"
	"github.com/guildhall/guildhall/internal/core/event"
	"github.com/guildhall/guildhall/internal/core/subject"
	"github.com/guildhall/guildhall/internal/platform/clock"
	"github.com/guildhall/guildhall/internal/platform/db"
	"github.com/guildhall/guildhall/internal/platform/fault"
	"github.com/guildhall/guildhall/internal/platform/id"
)

// Service answers for people.
type Service struct {
	db      *db.DB
	clock   clock.Clock
	events  event.Recorder
	leaving []func(tx *db.Tx, person id.ID) error
}

// New returns the service.
func New(d *db.DB, c clock.Clock) *Service {
	return &Service{db: d, clock: c, events: event.Recorder{Clock: c}}
}

// Joiner describes a new person; the zero value of a field leaves it out.
type Joiner struct {
	Name        string
	Email       string // any case; kept lower
	EmailProved bool   // the address is known to be theirs
	PersonnelNo string
	Role        access.Role // Member when empty
	Title       string
	About       string
	Pronouns    string
	Unit        id.ID
	Site        id.ID
	Manager     id.ID
	TimeZone    string
	Locale      string
	Languages   string
	Hours       string
	Joined      time.Time // now when zero
	Starts      time.Time // first day as the personnel system says, zero when it does not
}

// Joined is who was made.
type Joined struct {
	Person id.ID
	Author id.ID
}

// Join adds a person to the organisation in the transaction: the person, the
// author for their words, the subject for search, the membership of audience 1
// (guests have none) and the event "people.joined". A name is needed;
// everything else is optional. An e-mail or personnel number somebody else has
// is a Conflict.
func (s *Service) Join(tx *db.Tx, j Joiner, quiet bool) (Joined, error) {
	now := s.clock.Now()
	if j.Joined.IsZero() {
		j.Joined = now
	}
	if j.Role == "" {
		j.Role = access.Member
	}
	j.Name = strings.Join(strings.Fields(j.Name), " ")
	j.Email = FoldEmail(j.Email)
	if err := validate(j); err != nil {
		return Joined{}, err
	}
	out := Joined{Person: id.New(now), Author: id.New(now)}
	if _, err := tx.Exec(insertPersonSQL, out.Person, string(j.Role), j.Name, SortKey(j.Name),
		nullable(j.Email), provedAt(j, now), nullable(j.PersonnelNo), j.Pronouns, j.Title, j.About,
		j.Unit, j.Site, j.Manager, j.TimeZone, j.Locale, j.Languages, j.Hours,
		db.At(j.Joined), db.At(j.Starts), db.At(now)); err != nil {
		return Joined{}, err
	}
	if _, err := tx.Exec(insertAuthorSQL, out.Author, "person", out.Person, j.Name, out.Person.String(), "", "", "", db.At(now)); err != nil {
		return Joined{}, err
	}
	if j.Unit != 0 {
		if _, err := tx.Exec(insertUnitMemberSQL, id.New(now), j.Unit, out.Person, db.At(j.Joined)); err != nil {
			return Joined{}, err
		}
	}
	if j.Role != access.Guest {
		if err := access.Join(tx, access.Organisation, out.Person, "member"); err != nil {
			return Joined{}, err
		}
	}
	if err := subject.Save(tx, subject.Subject{
		Ref: subject.Ref{Kind: subject.Person, ID: out.Person}, Audience: access.Organisation, Author: out.Author,
		Title: j.Name, State: "open", Created: j.Joined, Updated: now,
	}); err != nil {
		return Joined{}, err
	}
	if err := Reindex(tx, out.Person); err != nil {
		return Joined{}, err
	}
	return out, s.events.Record(tx, event.Event{
		Kind: "people.joined", Subject: out.Person, Audience: access.Organisation, Actor: out.Author, Quiet: quiet,
	})
}

func provedAt(j Joiner, now time.Time) db.Time {
	if j.Email != "" && j.EmailProved {
		return db.At(now)
	}
	return db.Time{}
}

func nullable(s string) any {
	if s == "" {
		return nil
	}
	return s
}

func validate(j Joiner) error {
	var c fault.Check
	c.Require(j.Name != "", "name", "fault.name_empty")
	c.Require(utf8.RuneCountInString(j.Name) <= 200, "name", "fault.too_long", "max", 200)
	c.Require(utf8.RuneCountInString(j.Title) <= 200, "title", "fault.too_long", "max", 200)
	c.Require(utf8.RuneCountInString(j.About) <= 2000, "about", "fault.too_long", "max", 2000)
	c.Require(j.Email == "" || EmailOK(j.Email), "email", "fault.email_malformed")
	c.Require(utf8.RuneCountInString(j.PersonnelNo) <= 64, "personnel_no", "fault.too_long", "max", 64)
	c.Require(j.Role.Valid(), "role", "fault.role_unknown")
	if j.TimeZone != "" {
		_, err := time.LoadLocation(j.TimeZone)
		c.Require(err == nil, "time_zone", "fault.zone_unknown")
	}
	return c.Err()
}

// FoldEmail returns the address as it is kept and compared.
func FoldEmail(s string) string { return strings.ToLower(strings.TrimSpace(s)) }

// EmailOK tells whether the folded address is one address and nothing else.
func EmailOK(s string) bool {
	a, err := mail.ParseAddress(s)
	return err == nil && a.Address == s && len(s) <= 254 && !strings.ContainsAny(s, "\r\n")
}

// Imported describes an author brought by an import.
type Imported struct {
	Origin   string // stackexchange:quantumcomputing
	OriginID string
	Label    string
	About    string
	Created  time.Time
	// EmailHash is the MD5 of the author's e-mail address in hex, "" when the
	// origin does not tell.
	EmailHash string
}

// Import makes an author of kind imported, or returns the one made before.
func (s *Service) Import(tx *db.Tx, a Imported) (id.ID, error) {
	var known id.ID
	if ok, err := tx.Row(importedAuthorSQL, []any{&known}, a.Origin, a.OriginID); err != nil || ok {
		if err == nil && a.EmailHash != "" {
			_, err = tx.Exec(saveProofSQL, known, strings.ToLower(a.EmailHash))
		}
		return known, err
	}
	created := a.Created
	if created.IsZero() {
		created = s.clock.Now()
	}
	n := id.Derived(created, a.Origin+"/author/"+a.OriginID)
	_, err := tx.Exec(insertAuthorSQL, n, "imported", id.ID(0), a.Label, a.Origin+"/"+a.OriginID, a.Origin, a.OriginID, a.About, db.At(created))
	if err == nil && a.EmailHash != "" {
		_, err = tx.Exec(saveProofSQL, n, strings.ToLower(a.EmailHash))
	}
	return n, err
}

// Reimport brings an imported author in line with a newer export of its origin.
// A claimed one is still shown under its person's name.
func Reimport(tx *db.Tx, author id.ID, label, about string) error {
	_, err := tx.Exec(reimportSQL, label, about, author)
	return err
}

// Actor returns the person as the one on whose behalf something is done. A
// person who left or is unknown is nobody.
func (s *Service) Actor(tx *db.Tx, person id.ID) (access.Actor, error) {
	var a access.Actor
	var role string
	_, err := tx.Row(actorSQL, []any{&a.Person, &a.Author, &role, &a.Name, &a.Zone, &a.Locale}, person)
	a.Role = access.Role(role)
	return a, err
}

// ActorOf is Actor in a read of its own.
func (s *Service) ActorOf(ctx context.Context, person id.ID) (a access.Actor, err error) {
	err = s.db.Read(ctx, func(tx *db.Tx) error {
		a, err = s.Actor(tx, person)
		return err
	})
	return a, err
}

// ByEmail returns the active person with the address, 0 when there is none.
func (s *Service) ByEmail(tx *db.Tx, email string) (id.ID, error) {
	var p id.ID
	_, err := tx.Row(byEmailSQL, []any{&p}, FoldEmail(email))
	return p, err
}

// Byline is an author as shown beside words.
type Byline struct {
	Author  id.ID
	Kind    string // person, imported, claimed, anonymous, left, erased, remote
	Name    string
	Mark    string // seed of the maker's mark, "" shows the slate square
	Cut     int    // which re-cut of the mark, 0 the first
	Picture string // content hash, "" shows the mark
	Unit    string
	Person  id.ID  // 0 when there is no profile to open
	Origin  string // id in the system an imported author comes from
}

// Bylines returns how authors are shown, in one query. An author's profile is
// linked only for those who belong to the organisation.
func Bylines(tx *db.Tx, by access.Actor, authors []id.ID) (map[id.ID]Byline, error) {
	out := make(map[id.ID]Byline, len(authors))
	if len(authors) == 0 {
		return out, nil
	}
	rows, err := db.All(tx, bylinesSQL, scanByline, by.Person, authors)
	for _, b := range rows {
		out[b.Author] = b
	}
	return out, err
}

// BylinesOf is Bylines by person: how people are shown to the actor, those who
// left too.
func BylinesOf(tx *db.Tx, by access.Actor, persons []id.ID) (map[id.ID]Byline, error) {
	out := make(map[id.ID]Byline, len(persons))
	if len(persons) == 0 {
		return out, nil
	}
	pairs, err := db.All(tx, ownAuthorsSQL, func(r *db.Rows, p *[2]id.ID) error { return r.Scan(&p[0], &p[1]) }, persons)
	if err != nil {
		return nil, err
	}
	authors := make([]id.ID, len(pairs))
	for i, p := range pairs {
		authors[i] = p[0]
	}
	lines, err := Bylines(tx, by, authors)
	for _, p := range pairs {
		if b, ok := lines[p[0]]; ok {
			out[p[1]] = b
		}
	}
	return out, err
}

// Canonical returns under which author the receipts of each author stand: a
// claimed profile's under its person's own author. Anonymous, erased and remote
// authors have none and are left out.
func Canonical(tx *db.Tx, authors []id.ID) (map[id.ID]id.ID, error) {
	out := make(map[id.ID]id.ID, len(authors))
	pairs, err := db.All(tx, canonicalSQL, func(r *db.Rows, p *[2]id.ID) error { return r.Scan(&p[0], &p[1]) }, authors)
	for _, p := range pairs {
		out[p[0]] = p[1]
	}
	return out, err
}

// PersonOf returns the person whose author it is, their own or a profile they
// claimed; 0 when it is nobody's.
func PersonOf(tx *db.Tx, author id.ID) (id.ID, error) {
	var n id.ID
	_, err := tx.Row(personOfSQL, []any{&n}, author)
	return n, err
}

// Anybody tells whether there is anybody in the organisation, or ever was.
func Anybody(tx *db.Tx) (bool, error) {
	var one int
	return tx.Row(anybodySQL, []any{&one})
}

// Mentioned returns the active person a mention names: by id, or by the name
// behind an @ with its spaces left out, when it is one person's alone. 0 is
// nobody.
func Mentioned(tx *db.Tx, key string) (id.ID, error) {
	if n, err := id.Parse(key); err == nil {
		var p id.ID
		_, err := tx.Row(activePersonSQL, []any{&p}, n)
		return p, err
	}
	name := SortKey(strings.NewReplacer("@", "", "_", " ", ".", " ", "-", " ").Replace(key))
	if name == "" {
		return 0, nil
	}
	found, err := db.All(tx, byNameSQL, func(r *db.Rows, p *id.ID) error { return r.Scan(p) }, name)
	if err != nil || len(found) != 1 {
		return 0, err
	}
	return found[0], nil
}

// Organisers returns the people who run the house, organisers before admins, at
// most twenty.
func Organisers(tx *db.Tx) ([]id.ID, error) {
	return db.All(tx, organisersSQL, func(r *db.Rows, p *id.ID) error { return r.Scan(p) })
}
