package people

import (
	"context"
	"strings"
	"time"
	"unicode/utf8"

	"golang.org/x/text/language"

	"github.com/guildhall/guildhall/internal/core/access"
	"github.com/guildhall/guildhall/internal/core/event"
	"github.com/guildhall/guildhall/internal/core/search"
	"github.com/guildhall/guildhall/internal/core/subject"
	"github.com/guildhall/guildhall/internal/platform/db"
	"github.com/guildhall/guildhall/internal/platform/fault"
	"github.com/guildhall/guildhall/internal/platform/id"
)

// Profile is a person as another person may see them. What stands under Own is
// there for the person alone and zero for everybody else.
type Profile struct {
	ID        id.ID
	Author    id.ID
	Role      access.Role
	Name      string
	Pronouns  string
	Title     string
	About     string // what to ask them about
	Unit      Named
	Site      Named
	Manager   Named
	Backup    Named
	Zone      string   // IANA, theirs or their site's
	Languages []string // BCP 47
	Cut       int
	Picture   string
	Joined    time.Time
	Own       Own
	// Guest says that the reader does not belong to the organisation: unit,
	// site, manager, backup and what to ask about are left out.
	Guest bool
}

// Named is something with a name and, for people, a face.
type Named struct {
	ID   id.ID
	Name string
}

// Own is what a person alone sees and changes of their profile.
type Own struct {
	Email        string
	TimeZone     string // "" follows the site
	Locale       string // "" follows the organisation
	Hours        string // "" follows the site
	AwayFrom     time.Time
	AwayUntil    time.Time
	WeeklyBudget int
	LeaverName   string // keep or hide
}

// Open returns a person's profile. Members of the organisation see everybody
// who belongs to it; guests see those with whom they share an audience. What
// may not be seen is NotFound, and so is who has left.
func (s *Service) Open(ctx context.Context, by access.Actor, person id.ID) (p Profile, err error) {
	err = s.db.Read(ctx, func(tx *db.Tx) error {
		p, err = Open(tx, by, person)
		return err
	})
	return p, err
}

// Open is Service.Open within a transaction.
func Open(tx *db.Tx, by access.Actor, person id.ID) (Profile, error) {
	p, ok, err := db.One(tx, openSQL, scanProfile, by.Person, person)
	if err != nil {
		return p, err
	}
	if !ok {
		return p, fault.Missing()
	}
	if p.ID != by.Person {
		p.Own = Own{}
	}
	if p.Guest {
		p.Unit, p.Site, p.Manager, p.Backup, p.About = Named{}, Named{}, Named{}, Named{}, ""
	}
	return p, nil
}

// Change is what a person says of themselves.
type Change struct {
	Name         string
	Pronouns     string
	Title        string
	About        string
	Unit         id.ID
	Site         id.ID
	Manager      string // a name, an e-mail address or the address of a profile; "" for none
	Backup       string // likewise
	TimeZone     string // "" follows the site
	Locale       string // "" follows the organisation
	Languages    string // names or tags, commas between
	Hours        string // "" follows the site
	Cut          int    // 0 to 12
	AwayFrom     time.Time
	AwayUntil    time.Time
	WeeklyBudget int // 0 to 50 questions a week
	LeaverName   string
	// Unread is what of a form could not be read. It is told together with what
	// else is wrong, and nothing is changed.
	Unread error
}

// The widest weekly budget, and how many times a mark may be cut again.
const (
	MaxBudget = 50
	MaxCut    = 12
)

// Edit changes the actor's own profile to what c says. All wrong fields are
// reported at once. What the actor was not shown, such as a manager who has
// left, stays when c leaves it empty too.
func (s *Service) Edit(ctx context.Context, by access.Actor, c Change) error {
	return s.Amend(ctx, by, func(all *Change) { *all = c })
}

// Amend is Edit for a part of the profile: some is given all of it as the actor
// sees it, and changes what is to change. It may be called twice.
func (s *Service) Amend(ctx context.Context, by access.Actor, some func(c *Change)) error {
	if err := by.NeedKnown(); err != nil {
		return err
	}
	return s.db.Write(ctx, func(tx *db.Tx) error {
		was, err := Open(tx, by, by.Person)
		if err != nil {
			return err
		}
		c := was.change()
		some(&c)
		return s.edit(tx, by, was, c)
	})
}

// change is the profile as its person would write it.
func (p Profile) change() Change {
	return Change{
		Name: p.Name, Pronouns: p.Pronouns, Title: p.Title, About: p.About, Unit: p.Unit.ID, Site: p.Site.ID,
		Manager: p.Manager.ID.String(), Backup: p.Backup.ID.String(), TimeZone: p.Own.TimeZone, Locale: p.Own.Locale,
		Languages: strings.Join(p.Languages, ","), Hours: p.Own.Hours, Cut: p.Cut, AwayFrom: p.Own.AwayFrom, AwayUntil: p.Own.AwayUntil,
		WeeklyBudget: p.Own.WeeklyBudget, LeaverName: p.Own.LeaverName,
	}
}

// kept is what a profile holds whether or not its person is shown it.
type kept struct {
	about                       string
	unit, site, manager, backup id.ID
}

func (s *Service) edit(tx *db.Tx, by access.Actor, was Profile, c Change) error {
	var check fault.Check
	if err := check.Add(c.Unread); err != nil {
		return err
	}
	c.Name = oneLine(c.Name)
	c.Pronouns, c.Title = oneLine(c.Pronouns), oneLine(c.Title)
	c.About = strings.TrimSpace(c.About)
	limit := func(name, text string, max int) {
		check.Require(utf8.RuneCountInString(text) <= max, name, "fault.too_long", "max", max)
	}
	check.Require(c.Name != "", "name", "fault.name_empty")
	limit("name", c.Name, 200)
	limit("pronouns", c.Pronouns, 40)
	limit("title", c.Title, 200)
	limit("about", c.About, 2000)
	if c.TimeZone != "" {
		_, err := time.LoadLocation(c.TimeZone)
		check.Require(err == nil && c.TimeZone != "Local", "time_zone", "fault.zone_unknown")
	}
	if c.Locale != "" {
		_, err := language.Parse(c.Locale)
		check.Require(err == nil, "locale", "fault.choice_unknown")
	}
	languages, bad := Languages(c.Languages, by.Locale)
	check.Require(bad == "", "languages", "fault.language_unknown", "name", bad)
	if c.Hours != "" {
		h, err := ParseHours(c.Hours)
		badHours(&check, "hours", err)
		if err == nil {
			c.Hours = h.String()
		}
	}
	check.Require(c.Cut >= 0 && c.Cut <= MaxCut, "cut", "fault.choice_unknown")
	check.Require(c.WeeklyBudget >= 0 && c.WeeklyBudget <= MaxBudget, "weekly_budget", "fault.budget", "max", MaxBudget)
	check.Require(c.AwayFrom.IsZero() == c.AwayUntil.IsZero(), "away_until", "fault.away_half")
	check.Require(c.AwayFrom.IsZero() || c.AwayUntil.IsZero() || c.AwayFrom.Before(c.AwayUntil), "away_until", "fault.away_order")
	check.Require(c.LeaverName == "keep" || c.LeaverName == "hide", "leaver_name", "fault.choice_unknown")
	k, _, err := db.One(tx, keptSQL, func(r *db.Rows, k *kept) error {
		return r.Scan(&k.about, &k.unit, &k.site, &k.manager, &k.backup)
	}, by.Person)
	if err != nil {
		return err
	}
	if c.About == was.About {
		c.About = k.about
	}
	manager, err := resolveOr(tx, by, &check, "manager", c.Manager, was.Manager, k.manager)
	if err != nil {
		return err
	}
	backup, err := resolveOr(tx, by, &check, "backup", c.Backup, was.Backup, k.backup)
	if err != nil {
		return err
	}
	check.Require(backup != by.Person, "backup", "fault.backup_self")
	for _, x := range []struct {
		field, sql string
		n          *id.ID
		was, kept  id.ID
	}{{"unit", unitSQL, &c.Unit, was.Unit.ID, k.unit}, {"site", siteSQL, &c.Site, was.Site.ID, k.site}} {
		if *x.n == x.was {
			*x.n = x.kept
		}
		if *x.n == 0 {
			continue
		}
		var n id.ID
		ok, err := tx.Row(x.sql, []any{&n}, *x.n)
		if err != nil {
			return err
		}
		check.Require(ok, x.field, "fault.choice_unknown")
	}
	if manager != 0 && manager != k.manager {
		loop, err := reports(tx, manager, by.Person)
		if err != nil {
			return err
		}
		check.Require(!loop, "manager", "fault.manager_loop")
	}
	if err := check.Err(); err != nil {
		return err
	}
	now := s.clock.Now()
	if _, err := tx.Exec(editSQL, c.Name, SortKey(c.Name), c.Pronouns, c.Title, c.About, c.Unit, c.Site, manager, backup,
		c.TimeZone, c.Locale, strings.Join(languages, " "), c.Hours, c.Cut, db.At(c.AwayFrom), db.At(c.AwayUntil),
		c.WeeklyBudget, c.LeaverName, db.At(now), by.Person); err != nil {
		return err
	}
	if k.unit != c.Unit {
		if err := move(tx, by.Person, c.Unit, now); err != nil {
			return err
		}
	}
	return s.changed(tx, by.Person, "person.changed", by.Author, false)
}

// resolveOr is resolve for a field that shows somebody already: what says the
// same as is shown leaves who is kept, also when another has the same name.
func resolveOr(tx *db.Tx, by access.Actor, c *fault.Check, field, text string, shown Named, kept id.ID) (id.ID, error) {
	if text = strings.TrimSpace(text); text == shown.ID.String() || text == shown.Name {
		return kept, nil
	}
	return resolve(tx, by, c, field, text)
}

func oneLine(s string) string { return strings.Join(strings.Fields(s), " ") }

// changed brings what is kept of a person elsewhere in line: the label of their
// author, their subject and the words they are found by.
func (s *Service) changed(tx *db.Tx, person id.ID, kind string, actor id.ID, quiet bool) error {
	now := s.clock.Now()
	p, ok, err := db.One(tx, entrySQL, scanEntry, person)
	if err != nil || !ok {
		return err
	}
	if _, err := tx.Exec(labelSQL, "person", p.name, person.String(), person); err != nil {
		return err
	}
	if err := subject.Save(tx, subject.Subject{
		Ref: subject.Ref{Kind: subject.Person, ID: person}, Audience: access.Organisation, Author: p.author,
		Title: p.name, State: "open", Created: p.joined.Time(), Updated: now,
	}); err != nil {
		return err
	}
	if err := Reindex(tx, person); err != nil {
		return err
	}
	return s.events.Record(tx, event.Event{Kind: kind, Subject: person, Audience: access.Organisation, Actor: actor, Quiet: quiet})
}

// Reindex makes a person findable by their name, title, unit and what they can
// teach and be asked about. Somebody who left is not found.
func Reindex(tx *db.Tx, person id.ID) error {
	p, ok, err := db.One(tx, entrySQL, scanEntry, person)
	if err != nil {
		return err
	}
	if !ok || p.state != "active" {
		return search.Remove(tx, person)
	}
	teach, err := db.All(tx, teachNamesSQL, func(r *db.Rows, s *string) error { return r.Scan(s) }, person)
	if err != nil {
		return err
	}
	return search.Save(tx, search.Doc{
		ID: person, Kind: subject.Person, Audience: access.Organisation, Title: p.name,
		Tags: strings.Join(teach, " "), Body: strings.TrimSpace(p.title + "\n" + p.unit + "\n" + p.about),
	})
}

type entry struct {
	author                          id.ID
	state, name, title, about, unit string
	joined                          db.Time
}

// move ends the membership of the present unit and begins that of the next.
func move(tx *db.Tx, person, unit id.ID, at time.Time) error {
	if _, err := tx.Exec(endUnitSQL, db.At(at), person); err != nil {
		return err
	}
	if unit == 0 {
		return nil
	}
	_, err := tx.Exec(insertUnitMemberSQL, id.New(at), unit, person, db.At(at))
	return err
}

// reports tells whether person stands below boss in the reporting line, or is
// boss.
func reports(tx *db.Tx, person, boss id.ID) (bool, error) {
	var one int
	return tx.Row(reportsSQL, []any{&one}, person, boss)
}

// resolve finds the one person that a field of a form means and notes a fault
// when it means none or several.
func resolve(tx *db.Tx, by access.Actor, c *fault.Check, field, text string) (id.ID, error) {
	text = strings.TrimSpace(text)
	if text == "" {
		return 0, nil
	}
	found, err := Find(tx, by, text)
	switch {
	case err != nil:
		return 0, err
	case len(found) == 0:
		c.Bad(field, "fault.person_unknown", "name", text)
	case len(found) > 1:
		c.Bad(field, "fault.person_several", "name", text)
	default:
		return found[0], nil
	}
	return 0, nil
}

// FindOne returns the one person whom a text names. Anything else is Invalid
// about the field.
func FindOne(tx *db.Tx, by access.Actor, field, text string) (id.ID, error) {
	var c fault.Check
	n, err := resolve(tx, by, &c, field, text)
	if err != nil {
		return 0, err
	}
	if n == 0 && c.Err() == nil {
		c.Bad(field, "fault.person_needed")
	}
	return n, c.Err()
}

// Find returns the people whom a text names: by id, by the address of their
// profile, by e-mail, else by their whole name. At most ten.
func Find(tx *db.Tx, by access.Actor, text string) ([]id.ID, error) {
	text = strings.TrimSpace(text)
	raw := text
	if i := strings.LastIndex(raw, "/people/"); i >= 0 {
		raw = raw[i+len("/people/"):]
	}
	n, err := id.Parse(raw)
	if err != nil {
		n = 0
	}
	return db.All(tx, findSQL, func(r *db.Rows, p *id.ID) error { return r.Scan(p) }, by.Person, n, FoldEmail(text), SortKey(text))
}

// SetPicture shows a picture in place of the actor's mark; "" shows the mark.
// The hash names a file that the caller has stored.
func (s *Service) SetPicture(ctx context.Context, by access.Actor, hash string) error {
	if err := by.NeedKnown(); err != nil {
		return err
	}
	return s.db.Write(ctx, func(tx *db.Tx) error {
		if _, err := tx.Exec(pictureSQL, hash, db.At(s.clock.Now()), by.Person); err != nil {
			return err
		}
		return s.changed(tx, by.Person, "person.changed", by.Author, false)
	})
}

// SeesPicture tells whether the picture is that of somebody whom the actor may
// see.
func SeesPicture(tx *db.Tx, by access.Actor, hash string) (bool, error) {
	var one int
	return tx.Row(seesPictureSQL, []any{&one}, by.Person, hash)
}

// UsedPictures returns those of the pictures that are somebody's.
func UsedPictures(tx *db.Tx, pictures []string) ([]string, error) {
	return db.All(tx, usedPicturesSQL, func(r *db.Rows, n *string) error { return r.Scan(n) }, pictures)
}
