package meet

import (
	"context"
	"strconv"
	"time"

	"github.com/guildhall/guildhall/internal/core/access"
	"github.com/guildhall/guildhall/internal/core/event"
	"github.com/guildhall/guildhall/internal/core/notify"
	"github.com/guildhall/guildhall/internal/core/people"
	"github.com/guildhall/guildhall/internal/platform/db"
	"github.com/guildhall/guildhall/internal/platform/id"
	"github.com/guildhall/guildhall/internal/platform/job"
)

// Kinds of jobs. The arguments of a letter name its "person".
const (
	LetterJob = "meet.letter"
	overJob   = "meet.over"
)

// NoticeCalendar is how somebody wants calendar mail; the others are what they
// are told of in the app.
const (
	NoticeCalendar  notify.Kind = "calendar"
	NoticePlanned   notify.Kind = "meeting_planned"
	NoticeMoved     notify.Kind = "meeting_moved"
	NoticeCancelled notify.Kind = "meeting_cancelled"
	NoticeDeclined  notify.Kind = "meeting_declined"
	NoticeOver      notify.Kind = "meeting_over"
)

type letterArgs struct {
	Meeting  id.ID `json:"meeting"`
	Person   id.ID `json:"person,omitempty"`
	Sequence int   `json:"sequence"`
	Gone     bool  `json:"gone,omitempty"` // takes no part any more; for the others it stays
}

func (a letterArgs) key() string {
	key := a.Meeting.String() + "." + a.Person.String() + "." + strconv.Itoa(a.Sequence)
	if a.Gone {
		key += ".gone"
	}
	return key
}

type overArgs struct {
	Meeting  id.ID `json:"meeting"`
	Sequence int   `json:"sequence"`
}

// Letter is a calendar mail to one person: an invitation, a change or a
// cancellation, by the state of the meeting.
type Letter struct {
	Reader    notify.Reader
	Meeting   Meeting
	With      []people.Byline // the others
	MessageID string          // the same whenever the mail is tried again
	Reply     string          // names meeting and reader in the address that answers go to
}

// Work registers what happens later: calendar mail, and the question afterwards.
func (s *Service) Work(w *job.Workers) {
	job.Handle(w, LetterJob, s.letter)
	job.Handle(w, overJob, func(ctx context.Context, r *job.Run, a overArgs) error { return s.over(ctx, r, a) })
}

// letter sends what is true now. A version that was overtaken is not sent: the
// newer one has a letter of its own. The job ends as soon as the server has taken
// the mail, not with those that run beside it: whoever is killed in between
// sends it twice, with the same Message-ID.
func (s *Service) letter(ctx context.Context, r *job.Run, a letterArgs) error {
	if s.Post == nil {
		return nil
	}
	var l Letter
	var send bool
	if err := s.DB.Read(ctx, func(tx *db.Tx) (err error) {
		send = false
		l = Letter{}
		m, ok, err := db.One(tx, oneSQL, scanMeeting, a.Meeting)
		if err != nil || !ok || m.Sequence != a.Sequence || m.End.Before(s.Clock.Now()) {
			return err
		}
		list := []Meeting{m}
		if err := fillPeople(tx, list); err != nil {
			return err
		}
		l.Meeting = list[0]
		if _, comes := l.Meeting.Attends(a.Person); a.Gone {
			if comes {
				return nil // is back
			}
			l.Meeting.State = Cancelled
			l.Meeting.Sequence++
		}
		if ok, err := tx.Row(readerSQL, []any{&l.Reader.Person, &l.Reader.Name, &l.Reader.Email, &l.Reader.Locale, &l.Reader.Zone}, a.Person); err != nil || !ok || l.Reader.Email == "" {
			return err
		}
		way, err := notify.WayOf(tx, a.Person, NoticeCalendar, notify.Mail)
		if err != nil || way == notify.Off || way == notify.App {
			return err
		}
		l.With, err = s.others(tx, l.Meeting, a.Person)
		send = err == nil
		return err
	}); err != nil || !send {
		return err
	}
	var err error
	if l.Reply, err = s.sign(ctx, "reply", a.Meeting, a.Person); err != nil {
		return err
	}
	l.MessageID = "meeting." + a.key()
	if err := s.Post(ctx, l); err != nil {
		return err
	}
	return s.DB.Write(ctx, r.Done)
}

// others are the bylines of everybody else who is meant to come.
func (s *Service) others(tx *db.Tx, m Meeting, reader id.ID) ([]people.Byline, error) {
	var ids []id.ID
	for _, a := range m.People {
		if a.Person != reader {
			ids = append(ids, a.Person)
		}
	}
	lines, err := people.BylinesOf(tx, access.Actor{Person: reader}, ids)
	if err != nil {
		return nil, err
	}
	out := make([]people.Byline, 0, len(ids))
	for _, n := range ids {
		if l, ok := lines[n]; ok {
			out = append(out, l)
		}
	}
	return out, nil
}

// over asks people whether they met, once, and plans the next of a series.
func (s *Service) over(ctx context.Context, r *job.Run, a overArgs) error {
	return s.DB.Write(ctx, func(tx *db.Tx) error {
		m, ok, err := db.One(tx, oneSQL, scanMeeting, a.Meeting)
		if err != nil || !ok || m.Sequence != a.Sequence || m.State != Planned {
			return err
		}
		list := []Meeting{m}
		if err := fillPeople(tx, list); err != nil {
			return err
		}
		m = list[0]
		if err := (event.Recorder{Clock: s.Clock}).Record(tx, event.Event{
			Kind: "meeting.over", Subject: m.ID, Audience: m.Audience, Other: m.About,
		}); err != nil {
			return err
		}
		if m.EveryDays > 0 && m.Next == 0 {
			if err := s.planNext(tx, m); err != nil {
				return err
			}
		}
		return r.Done(tx)
	})
}

// Notices says whom meetings concern.
func Notices() notify.Source {
	return notify.Source{
		Kinds: map[notify.Kind]notify.Way{
			NoticeCalendar: notify.Mail, NoticePlanned: notify.App, NoticeMoved: notify.App, NoticeCancelled: notify.App,
			NoticeDeclined: notify.Mail, NoticeOver: notify.Mail,
		},
		Of: func(tx *db.Tx, e event.Event) ([]notify.Told, error) {
			var kind notify.Kind
			switch e.Kind {
			case "meeting.planned":
				kind = NoticePlanned
			case "meeting.moved":
				kind = NoticeMoved
			case "meeting.cancelled":
				kind = NoticeCancelled
			case "meeting.no":
				kind = NoticeDeclined
			case "meeting.over":
				kind = NoticeOver
			default:
				return nil, nil
			}
			rows, err := db.All(tx, peopleSQL, scanAttendee, []id.ID{e.Subject})
			var out []notify.Told
			for _, r := range rows {
				if kind == NoticeOver && r.Met != "" {
					continue
				}
				out = append(out, notify.Told{Person: r.Person, Kind: kind, Key: string(kind) + "/" + e.ID.String(), Subject: e.Subject})
			}
			return out, err
		},
	}
}

// feedFrom is how far back a feed reaches.
const feedFrom = 60 * 24 * time.Hour
