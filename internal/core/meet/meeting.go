package meet

import (
	"context"
	"crypto/rand"
	"encoding/base32"
	"encoding/hex"
	"net/url"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/guildhall/guildhall/internal/core/access"
	"github.com/guildhall/guildhall/internal/core/event"
	"github.com/guildhall/guildhall/internal/core/notify"
	"github.com/guildhall/guildhall/internal/core/people"
	"github.com/guildhall/guildhall/internal/core/subject"
	"github.com/guildhall/guildhall/internal/platform/clock"
	"github.com/guildhall/guildhall/internal/platform/db"
	"github.com/guildhall/guildhall/internal/platform/fault"
	"github.com/guildhall/guildhall/internal/platform/id"
	"github.com/guildhall/guildhall/internal/platform/job"
)

// States of a meeting.
const (
	Planned   = "planned"
	Cancelled = "cancelled"
)

// Bounds of a meeting.
const (
	MaxPeople = 50
	maxTitle  = 200
	maxAgenda = 5000
	maxPlace  = 200
	maxLink   = 500
	shortest  = 5 * time.Minute
	longest   = 12 * time.Hour
	// afterwards is how long after the end people are asked whether they met.
	afterwards = 15 * time.Minute
)

// Meeting is one meeting.
type Meeting struct {
	ID        id.ID
	Audience  id.ID
	About     id.ID  // the subject it serves
	Kind      string // the practice
	UID       string // of iCalendar
	Sequence  int
	Title     string
	Agenda    string // Markdown
	Place     string
	Link      string
	Start     time.Time
	End       time.Time
	Zone      string // IANA, whose clock it was planned by
	EveryDays int    // 0 is once
	Next      id.ID  // the meeting that follows in a series, 0 for none yet
	State     string
	Author    id.ID
	Created   time.Time
	Updated   time.Time
	People    []Attendee // in the order of their ids
}

// Attendee is somebody who is meant to come.
type Attendee struct {
	Person id.ID
	Answer string // "", yes, no, maybe
	Met    string // "", yes, no
}

// Attends tells whether the person is meant to come.
func (m Meeting) Attends(person id.ID) (Attendee, bool) {
	for _, a := range m.People {
		if a.Person == person {
			return a, true
		}
	}
	return Attendee{}, false
}

// Met tells whether somebody said that they met.
func (m Meeting) Met() bool {
	return slices.ContainsFunc(m.People, func(a Attendee) bool { return a.Met == "yes" })
}

// Mine is the answer of one reader to "did you meet?".
func (m Meeting) Mine(person id.ID) string {
	a, _ := m.Attends(person)
	return a.Met
}

// New describes a meeting to be planned.
type New struct {
	Audience  id.ID
	About     id.ID
	Kind      string
	Title     string
	Agenda    string
	Place     string
	Link      string
	Online    bool // gets a link of the organisation's video tool when Link is empty
	Start     time.Time
	End       time.Time
	Zone      string
	EveryDays int // 0 once; 1 to 90
	People    []id.ID
	Quiet     bool // a history that is written afterwards: no mail, nobody is asked
}

// Service answers for meetings.
type Service struct {
	DB    *db.DB
	Clock clock.Clock
	// Room returns the pattern of links of the organisation's video tool, in
	// which {room} is replaced; "" when there is none.
	Room func() string
	// MAC signs a text with the house's key.
	MAC func(ctx context.Context, text string) ([]byte, error)
	// Post brings a calendar mail to somebody; nil sends none.
	Post func(ctx context.Context, l Letter) error
}

// Plan makes a meeting in the transaction of the practice that wants it, which
// has checked that the actor may. Everybody gets it in their calendar.
//
// Errors: Invalid with a field for each thing that is wrong.
func (s *Service) Plan(tx *db.Tx, by access.Actor, n New) (id.ID, error) {
	now := s.Clock.Now()
	if n.Link == "" && n.Online {
		n.Link = s.room()
	}
	if err := check(n, now); err != nil {
		return 0, err
	}
	n.People = slices.Compact(slices.Sorted(slices.Values(n.People)))
	seeing, err := db.All(tx, activeInSQL, scanID, n.Audience, n.People)
	if err != nil {
		return 0, err
	}
	if len(seeing) != len(n.People) || len(seeing) < 2 || len(seeing) > MaxPeople {
		return 0, fault.New(fault.Invalid, "fault.meet_people")
	}
	m := Meeting{
		ID: id.New(now), Audience: n.Audience, About: n.About, Kind: n.Kind, UID: newUID(), Title: n.Title, Agenda: n.Agenda,
		Place: n.Place, Link: n.Link, Start: n.Start, End: n.End, Zone: n.Zone, EveryDays: n.EveryDays, State: Planned,
		Author: by.Author, Created: now,
	}
	for _, p := range n.People {
		m.People = append(m.People, Attendee{Person: p})
	}
	if _, err := tx.Exec(insertSQL, m.ID, m.Audience, m.About, m.Kind, m.UID, 0, m.Title, m.Agenda, m.Place, m.Link,
		db.At(m.Start), db.At(m.End), m.Zone, m.EveryDays, Planned, m.Author, db.At(now)); err != nil {
		return 0, err
	}
	for _, a := range m.People {
		answer := ""
		if a.Person == by.Person {
			answer = "yes" // who proposes a time comes
		}
		if _, err := tx.Exec(insertPersonSQL, m.ID, a.Person, db.At(m.Start), answer); err != nil {
			return 0, err
		}
	}
	if err := subject.Save(tx, subject.Subject{
		Ref: subject.Ref{Kind: subject.Meeting, ID: m.ID}, Audience: m.Audience, Author: m.Author, Parent: m.About,
		Title: m.Title, State: Planned, Created: now, Updated: now,
	}); err != nil {
		return 0, err
	}
	return m.ID, s.follow(tx, m, by.Author, "meeting.planned", n.Quiet)
}

// follow records what was done, and lets calendars and the question afterwards
// follow from it.
func (s *Service) follow(tx *db.Tx, m Meeting, author id.ID, kind string, quiet bool) error {
	r := event.Recorder{Clock: s.Clock}
	if err := r.Record(tx, event.Event{Kind: kind, Subject: m.ID, Audience: m.Audience, Actor: author, Other: m.About, Quiet: quiet}); err != nil || quiet {
		return err
	}
	for _, a := range m.People {
		args := letterArgs{Meeting: m.ID, Person: a.Person, Sequence: m.Sequence}
		if err := job.Enqueue(tx, job.Job{Kind: LetterJob, Args: args, UniqueKey: args.key(), Priority: job.High, Queue: notify.Queue}); err != nil {
			return err
		}
	}
	if m.State == Cancelled {
		return nil
	}
	return job.Enqueue(tx, job.Job{
		Kind: overJob, Args: overArgs{Meeting: m.ID, Sequence: m.Sequence}, RunAt: m.End.Add(afterwards),
		UniqueKey: letterArgs{Meeting: m.ID, Sequence: m.Sequence}.key(),
	})
}

// check returns everything that is wrong with a meeting at once.
func check(n New, now time.Time) error {
	var c fault.Check
	c.Require(n.Title != "", "title", "fault.meet_title")
	c.Require(utf8.RuneCountInString(n.Title) <= maxTitle, "title", "fault.too_long", "max", maxTitle)
	c.Require(utf8.RuneCountInString(n.Agenda) <= maxAgenda, "agenda", "fault.too_long", "max", maxAgenda)
	CheckWhere(&c, n.Place, n.Link)
	least := now.Add(-5 * time.Minute)
	if n.Quiet {
		least = time.Time{}
	}
	CheckStart(&c, n.Start, least, now, "fault.meet_past")
	length := n.End.Sub(n.Start)
	c.Require(length >= shortest && length <= longest, "minutes", "fault.meet_length")
	c.Require(people.ZoneOK(n.Zone), "zone", "fault.zone_unknown")
	c.Require(n.EveryDays >= 0 && n.EveryDays <= 90, "every", "fault.meet_every")
	return c.Err()
}

// CheckStart finds fault with the time of what is planned, under the name when:
// none was chosen, it is before the least (told with the key), or it is more
// than two years from now.
func CheckStart(c *fault.Check, start, least, now time.Time, early string) {
	switch {
	case start.IsZero():
		c.Bad("when", "fault.meet_when")
	case start.Before(least):
		c.Bad("when", early)
	case start.After(now.AddDate(2, 0, 0)):
		c.Bad("when", "fault.meet_far")
	}
}

// CheckWhere finds fault with a place or link that no meeting can have, for what
// is planned later, under the names place and link.
func CheckWhere(c *fault.Check, place, link string) {
	c.Require(utf8.RuneCountInString(place) <= maxPlace, "place", "fault.too_long", "max", maxPlace)
	c.Require(linkOK(link), "link", "fault.meet_link")
}

func linkOK(link string) bool {
	if link == "" {
		return true
	}
	u, err := url.Parse(link)
	return err == nil && (u.Scheme == "https" || u.Scheme == "http") && u.Host != "" && len(link) <= maxLink
}

// room is a new link of the organisation's video tool. Nobody can guess it.
func (s *Service) room() string {
	if s.Room == nil {
		return ""
	}
	pattern := s.Room()
	if !strings.Contains(pattern, "{room}") {
		return pattern
	}
	var b [10]byte
	_, _ = rand.Read(b[:]) // never fails: crypto/rand.Read ends the program instead
	return strings.ReplaceAll(pattern, "{room}", strings.ToLower(base32.StdEncoding.EncodeToString(b[:])))
}

// newUID is a random UUID (RFC 9562), as RFC 7986 wants it.
func newUID() string {
	var b [16]byte
	_, _ = rand.Read(b[:]) // never fails: crypto/rand.Read ends the program instead
	b[6], b[8] = b[6]&0x0f|0x40, b[8]&0x3f|0x80
	h := hex.EncodeToString(b[:])
	return h[:8] + "-" + h[8:12] + "-" + h[12:16] + "-" + h[16:20] + "-" + h[20:]
}

// Open returns a meeting that the actor may see.
//
// Errors: NotFound.
func (s *Service) Open(ctx context.Context, by access.Actor, meeting id.ID) (m Meeting, err error) {
	if err := by.NeedKnown(); err != nil {
		return m, err
	}
	err = s.DB.Read(ctx, func(tx *db.Tx) error {
		m, err = open(tx, by, meeting)
		return err
	})
	return m, err
}

func open(tx *db.Tx, by access.Actor, meeting id.ID) (Meeting, error) {
	m, ok, err := db.One(tx, openSQL, scanMeeting, by.Person, meeting)
	if err == nil && !ok {
		err = fault.Missing()
	}
	if err != nil {
		return m, err
	}
	list := []Meeting{m}
	err = fillPeople(tx, list)
	return list[0], err
}

// load is open for those who are meant to come: only they change a meeting.
func load(tx *db.Tx, by access.Actor, meeting id.ID) (Meeting, error) {
	m, err := open(tx, by, meeting)
	if err != nil {
		return m, err
	}
	if _, ok := m.Attends(by.Person); !ok {
		return m, fault.New(fault.Forbidden, "fault.meet_theirs")
	}
	return m, nil
}

func fillPeople(tx *db.Tx, list []Meeting) error {
	if len(list) == 0 {
		return nil
	}
	ids := make([]id.ID, len(list))
	at := make(map[id.ID]int, len(list))
	for i, m := range list {
		ids[i], at[m.ID] = m.ID, i
	}
	rows, err := db.All(tx, peopleSQL, scanAttendee, ids)
	for _, r := range rows {
		m := &list[at[r.meeting]]
		m.People = append(m.People, r.Attendee)
	}
	return err
}

// Of returns the meetings of a subject that the actor may see, latest first,
// at most the limit.
func Of(tx *db.Tx, by access.Actor, about id.ID, limit int) ([]Meeting, error) {
	list, err := db.All(tx, aboutSQL, scanMeeting, by.Person, about, limit)
	if err != nil {
		return nil, err
	}
	return list, fillPeople(tx, list)
}

// Change is what may be changed of a meeting. All of it is replaced.
type Change struct {
	Title, Agenda, Place, Link string
	Online                     bool // gets a link of the organisation's video tool when Link is empty
	Start, End                 time.Time
	Zone                       string
}

// Change changes a meeting. A new time asks everybody anew.
//
// Errors: NotFound, Forbidden for those who are not meant to come, Conflict
// when it is cancelled or over, Invalid.
func (s *Service) Change(ctx context.Context, by access.Actor, meeting id.ID, c Change) error {
	if err := by.NeedKnown(); err != nil {
		return err
	}
	if c.Link == "" && c.Online {
		c.Link = s.room()
	}
	now := s.Clock.Now()
	return s.DB.Write(ctx, func(tx *db.Tx) error {
		m, err := loadComing(tx, by, meeting, now)
		if err != nil {
			return err
		}
		n := New{Title: c.Title, Agenda: c.Agenda, Place: c.Place, Link: c.Link, Start: c.Start, End: c.End, Zone: c.Zone, EveryDays: m.EveryDays}
		moved := !c.Start.Equal(m.Start) || !c.End.Equal(m.End)
		n.Quiet = !moved // what has begun may still get an agenda
		if err := check(n, now); err != nil {
			return err
		}
		if !moved && c.Title == m.Title && c.Agenda == m.Agenda && c.Place == m.Place && c.Link == m.Link {
			return nil
		}
		m.Title, m.Agenda, m.Place, m.Link, m.Start, m.End, m.Zone = c.Title, c.Agenda, c.Place, c.Link, c.Start, c.End, c.Zone
		m.Sequence++
		if _, err := tx.Exec(changeSQL, m.Sequence, m.Title, m.Agenda, m.Place, m.Link, db.At(m.Start), db.At(m.End), m.Zone, db.At(now), m.ID); err != nil {
			return err
		}
		kind := "meeting.changed"
		if moved {
			kind = "meeting.moved"
			if _, err := tx.Exec(askAnewSQL, db.At(m.Start), by.Person, m.ID); err != nil {
				return err
			}
		}
		if err := subject.Save(tx, subject.Subject{
			Ref: subject.Ref{Kind: subject.Meeting, ID: m.ID}, Audience: m.Audience, Author: m.Author, Parent: m.About,
			Title: m.Title, State: Planned, Created: m.Created, Updated: now,
		}); err != nil {
			return err
		}
		return s.follow(tx, m, by.Author, kind, false)
	})
}

// loadComing returns a meeting that is neither cancelled nor over.
//
// Errors: NotFound, Conflict.
func loadComing(tx *db.Tx, by access.Actor, meeting id.ID, now time.Time) (Meeting, error) {
	m, err := load(tx, by, meeting)
	switch {
	case err != nil:
	case m.State != Planned:
		err = fault.New(fault.Conflict, "fault.meet_cancelled")
	case m.End.Before(now):
		err = fault.New(fault.Conflict, "fault.meet_over")
	}
	return m, err
}

// Cancel calls a meeting off. With series the whole series ends; without it
// the next of the series is planned.
//
// Errors: as Change.
func (s *Service) Cancel(ctx context.Context, by access.Actor, meeting id.ID, series bool) error {
	if err := by.NeedKnown(); err != nil {
		return err
	}
	return s.DB.Write(ctx, func(tx *db.Tx) error {
		m, err := load(tx, by, meeting)
		if err != nil {
			return err
		}
		if m.State != Planned {
			return nil
		}
		if m.End.Before(s.Clock.Now()) {
			return fault.New(fault.Conflict, "fault.meet_over")
		}
		if err := s.cancel(tx, by.Author, m); err != nil || series || m.EveryDays == 0 {
			return err
		}
		return s.planNext(tx, m)
	})
}

// cancel calls a meeting off in the transaction.
func (s *Service) cancel(tx *db.Tx, author id.ID, m Meeting) error {
	now := s.Clock.Now()
	m.Sequence++
	m.State = Cancelled
	if _, err := tx.Exec(cancelSQL, m.Sequence, db.At(now), m.ID); err != nil {
		return err
	}
	if err := subject.Touch(tx, m.ID, Cancelled, now); err != nil {
		return err
	}
	return s.follow(tx, m, author, "meeting.cancelled", false)
}

// CancelAll calls off every meeting of a subject that has not begun, because
// the pair or ring it was for is no more. A series ends with the meeting that
// has begun.
func (s *Service) CancelAll(tx *db.Tx, author, about id.ID) error {
	if _, err := tx.Exec(endSeriesSQL, about, db.At(s.Clock.Now())); err != nil {
		return err
	}
	list, err := db.All(tx, comingOfSQL, scanMeeting, about, db.At(s.Clock.Now()))
	if err != nil {
		return err
	}
	if err := fillPeople(tx, list); err != nil {
		return err
	}
	for _, m := range list {
		if err := s.cancel(tx, author, m); err != nil {
			return err
		}
	}
	return nil
}

// Bring asks somebody who joins a subject later to every meeting of it that has
// not begun and has room. They get it in their calendar; nothing changes for the
// others. The caller has brought them into the subject's audience.
func (s *Service) Bring(tx *db.Tx, about, person id.ID) error {
	list, err := db.All(tx, comingOfSQL, scanMeeting, about, db.At(s.Clock.Now()))
	if err != nil {
		return err
	}
	if err := fillPeople(tx, list); err != nil {
		return err
	}
	for _, m := range list {
		if len(m.People) >= MaxPeople || slices.ContainsFunc(m.People, func(a Attendee) bool { return a.Person == person }) {
			continue
		}
		if _, err := tx.Exec(insertPersonSQL, m.ID, person, db.At(m.Start), ""); err != nil {
			return err
		}
		args := letterArgs{Meeting: m.ID, Person: person, Sequence: m.Sequence}
		if err := job.Enqueue(tx, job.Job{Kind: LetterJob, Args: args, UniqueKey: args.key(), Priority: job.High, Queue: notify.Queue}); err != nil {
			return err
		}
	}
	return nil
}

// Release lets somebody go who leaves a subject: they come to none of its
// meetings any more, which their calendar is told. For the others these stay.
func (s *Service) Release(tx *db.Tx, about, person id.ID) error {
	list, err := db.All(tx, comingOfSQL, scanMeeting, about, db.At(s.Clock.Now()))
	if err != nil {
		return err
	}
	for _, m := range list {
		n, err := tx.Exec(releaseSQL, person, m.ID)
		if err != nil {
			return err
		}
		if n == 0 {
			continue
		}
		args := letterArgs{Meeting: m.ID, Person: person, Sequence: m.Sequence, Gone: true}
		if err := job.Enqueue(tx, job.Job{Kind: LetterJob, Args: args, UniqueKey: args.key(), Priority: job.High, Queue: notify.Queue}); err != nil {
			return err
		}
	}
	return nil
}

// Answer says whether the actor comes: yes, no or maybe.
//
// Errors: NotFound, Forbidden, Conflict when it is cancelled or over, Invalid.
func (s *Service) Answer(ctx context.Context, by access.Actor, meeting id.ID, answer string) error {
	if err := by.NeedKnown(); err != nil {
		return err
	}
	return s.answer(ctx, by, meeting, answer, -1)
}

// answer keeps an answer; sequence is the version it answers, -1 for what is
// seen on the page.
func (s *Service) answer(ctx context.Context, by access.Actor, meeting id.ID, answer string, sequence int) error {
	now := s.Clock.Now()
	return s.DB.Write(ctx, func(tx *db.Tx) error {
		m, err := loadComing(tx, by, meeting, now)
		if err != nil {
			return err
		}
		if answer != "yes" && answer != "no" && answer != "maybe" {
			return oneField("answer")
		}
		mine, _ := m.Attends(by.Person)
		if mine.Answer == answer || sequence >= 0 && sequence < m.Sequence && mine.Answer != "" {
			return nil // an answer to an older version does not undo a newer one
		}
		if _, err := tx.Exec(answerSQL, answer, db.At(now), by.Person, m.ID); err != nil {
			return err
		}
		return event.Recorder{Clock: s.Clock}.Record(tx, event.Event{
			Kind: "meeting." + answer, Subject: m.ID, Audience: m.Audience, Actor: by.Author, Other: m.About,
		})
	})
}

// Confirm says whether the actor met the others. It may be said from the
// beginning on, and changed.
//
// Errors: NotFound, Forbidden, Conflict when it is cancelled or has not begun,
// Invalid.
func (s *Service) Confirm(ctx context.Context, by access.Actor, meeting id.ID, met string) error {
	if err := by.NeedKnown(); err != nil {
		return err
	}
	return s.DB.Write(ctx, func(tx *db.Tx) error { return s.ConfirmIn(tx, by, meeting, met, false) })
}

// ConfirmIn is Confirm within a transaction; quiet for a history that is
// written afterwards.
func (s *Service) ConfirmIn(tx *db.Tx, by access.Actor, meeting id.ID, met string, quiet bool) error {
	now := s.Clock.Now()
	m, err := load(tx, by, meeting)
	if err != nil {
		return err
	}
	if met != "yes" && met != "no" {
		return oneField("met")
	}
	if m.State != Planned {
		return fault.New(fault.Conflict, "fault.meet_cancelled")
	}
	if m.Start.After(now) {
		return fault.New(fault.Conflict, "fault.meet_early")
	}
	if m.Mine(by.Person) == met {
		return nil
	}
	if _, err := tx.Exec(confirmSQL, met, db.At(now), by.Person, m.ID); err != nil {
		return err
	}
	kind := "meeting.met"
	if met == "no" {
		kind = "meeting.missed"
	}
	return event.Recorder{Clock: s.Clock}.Record(tx, event.Event{
		Kind: kind, Subject: m.ID, Audience: m.Audience, Actor: by.Author, Other: m.About, Quiet: quiet,
	})
}

// planNext plans the meeting that follows in a series: at the same time of day
// of the series' own clock, moved to the nearest time at which everybody works.
func (s *Service) planNext(tx *db.Tx, m Meeting) error {
	zone, err := time.LoadLocation(m.Zone)
	if err != nil {
		return err
	}
	now := s.Clock.Now()
	start := m.Start.In(zone)
	for !start.After(now) || start.Equal(m.Start) {
		start = start.AddDate(0, 0, m.EveryDays) // the clock's time stays over a change of summer time
	}
	ids := make([]id.ID, len(m.People))
	for i, a := range m.People {
		ids[i] = a.Person
	}
	if active, err := db.All(tx, activeInSQL, scanID, m.Audience, ids); err != nil || len(active) < len(ids) {
		return err // somebody left: the series ends
	}
	length := m.End.Sub(m.Start)
	slots, err := s.slots(tx, ids, Search{From: start.AddDate(0, 0, -2), Days: 5, Length: length, Most: 1000, Zone: zone})
	if err != nil {
		return err
	}
	at := nearest(slots, start)
	author := access.Actor{Author: m.Author}
	n, err := s.Plan(tx, author, New{
		Audience: m.Audience, About: m.About, Kind: m.Kind, Title: m.Title, Place: m.Place, Link: m.Link,
		Start: at, End: at.Add(length), Zone: m.Zone, EveryDays: m.EveryDays, People: ids,
	})
	if err != nil {
		return err
	}
	_, err = tx.Exec(nextSQL, n, m.ID)
	return err
}

// nearest is the wished time when it is among the slots or none is, else the
// slot next to it.
func nearest(slots []Slot, wish time.Time) time.Time {
	best, off := wish, time.Duration(-1)
	for _, s := range slots {
		d := s.Start.Sub(wish).Abs()
		if off < 0 || d < off {
			best, off = s.Start, d
		}
	}
	return best
}

// Suggest returns times at which the people could meet. Why somebody cannot at
// other times is not told.
func (s *Service) Suggest(ctx context.Context, list []id.ID, search Search) (out []Slot, err error) {
	err = s.DB.Read(ctx, func(tx *db.Tx) error {
		out, err = s.slots(tx, list, search)
		return err
	})
	return out, err
}

func (s *Service) slots(tx *db.Tx, list []id.ID, search Search) ([]Slot, error) {
	if search.From.IsZero() {
		search.From = s.Clock.Now().Add(2 * time.Hour)
	}
	if search.Days == 0 {
		search.Days = 14
	}
	found, err := people.Calendars(tx, list)
	if err != nil {
		return nil, err
	}
	taken, err := db.All(tx, takenSQL, scanTaken, list, db.At(search.From.Add(-longest)), db.At(search.From.AddDate(0, 0, search.Days+1)))
	if err != nil {
		return nil, err
	}
	calendars, spans := make([]people.Calendar, len(list)), make([][]people.Span, len(list))
	for i, p := range list {
		calendars[i] = found[p]
		for _, t := range taken {
			if t.person == p {
				spans[i] = append(spans[i], t.Span)
			}
		}
	}
	return Slots(calendars, spans, search), nil
}

// List returns the actor's meetings that end after the time, soonest first, or
// those that ended before it, latest first. after names the last one seen.
func (s *Service) List(ctx context.Context, by access.Actor, past bool, after Mark, limit int) (list []Meeting, more bool, err error) {
	if err := by.NeedKnown(); err != nil {
		return nil, false, err
	}
	if limit <= 0 || limit > 100 {
		limit = 30
	}
	now := s.Clock.Now()
	err = s.DB.Read(ctx, func(tx *db.Tx) error {
		text := comingSQL
		if past {
			text = pastSQL
		}
		at := after.At
		if at.IsZero() {
			at = now
			if !past {
				at = now.Add(-longest)
			}
		}
		list, err = db.All(tx, text, scanMeeting, by.Person, db.At(at), after.ID, db.At(now), limit+1)
		if err != nil {
			return err
		}
		more = len(list) > limit
		list = list[:min(limit, len(list))]
		return fillPeople(tx, list)
	})
	return list, more, err
}

// Mark is a place in a list of meetings.
type Mark struct {
	At time.Time
	ID id.ID
}

func oneField(name string) error {
	var c fault.Check
	c.Bad(name, "fault.meet_choose")
	return c.Err()
}
