package admin

import (
	"context"
	"encoding/json"
	"strings"
	"time"

	"github.com/guildhall/guildhall/internal/core/access"
	"github.com/guildhall/guildhall/internal/core/audit"
	"github.com/guildhall/guildhall/internal/core/people"
	"github.com/guildhall/guildhall/internal/platform/db"
	"github.com/guildhall/guildhall/internal/platform/fault"
	"github.com/guildhall/guildhall/internal/platform/id"
	"github.com/guildhall/guildhall/internal/platform/job"
)

// Outgoing is mail that did not go out.
type Outgoing struct {
	// Waiting is how many mails the server did not take yet and that will be
	// tried again, at most outgoingMost; what it said to the first of them.
	Waiting int
	Next    time.Time
	Said    string
	// Refused are the last of each person's that are tried no more, the latest
	// first, at most outgoingMost.
	Refused []RefusedMail
}

// RefusedMail is a mail to somebody that the server will not take.
type RefusedMail struct {
	Person id.ID
	Name   string // "" for somebody who is not here any more
	At     time.Time
	Said   string
}

const outgoingMost = 100

// Outgoing returns the mail that did not go out. What stands in it is not
// shown.
func (s *Service) Outgoing(ctx context.Context, by access.Actor) (o Outgoing, err error) {
	if err := by.NeedAdmin(); err != nil {
		return o, err
	}
	err = s.DB.Read(ctx, func(tx *db.Tx) error {
		o = Outgoing{}
		waiting, err := job.Failing(tx, s.Letters, outgoingMost)
		if err != nil {
			return err
		}
		if o.Waiting = len(waiting); o.Waiting > 0 {
			o.Next, o.Said = waiting[0].RunAt.Time(), said(waiting[0].Error)
		}
		refused, err := job.Failed(tx, s.Letters, outgoingMost)
		if err != nil {
			return err
		}
		told := map[id.ID]bool{}
		for _, f := range refused {
			m := RefusedMail{Person: personOf(f), At: f.EndedAt.Time(), Said: said(f.Error)}
			if m.Person != 0 && told[m.Person] {
				continue
			}
			told[m.Person] = true
			if m.Person != 0 {
				who, err := people.AddressOf(tx, m.Person)
				if err != nil {
					return err
				}
				m.Name = who.Name
			}
			o.Refused = append(o.Refused, m)
		}
		return nil
	})
	return o, err
}

func personOf(f job.Failure) id.ID {
	var args struct {
		Person id.ID `json:"person"`
	}
	if json.Unmarshal(f.Args, &args) != nil {
		return 0 // of a version that wrote something else
	}
	return args.Person
}

// said is what the mail server said, without the key of our own sentence.
func said(text string) string {
	for _, key := range []string{"fault.mail_failed: ", "fault.mail_refused: "} {
		text = strings.TrimPrefix(text, key)
	}
	if cut := strings.Index(text, ", affected "); cut >= 0 {
		text = text[:cut]
	}
	return text
}

// RetryMail has all mail tried at once that did not go out.
func (s *Service) RetryMail(ctx context.Context, by access.Actor) error {
	if err := by.NeedAdmin(); err != nil {
		return err
	}
	return s.outgoing(ctx, by, "mail.retried", func(tx *db.Tx, f job.Failure) error {
		err := job.Revive(tx, f.ID)
		if fault.Is(err, fault.Conflict) {
			// Another waits that does the same.
			return job.Discard(tx, f.ID)
		}
		return err
	})
}

// ForgetMail forgets the mail that is tried no more. What it told still stands
// in the app.
func (s *Service) ForgetMail(ctx context.Context, by access.Actor) error {
	if err := by.NeedAdmin(); err != nil {
		return err
	}
	return s.outgoing(ctx, by, "mail.forgotten", func(tx *db.Tx, f job.Failure) error { return job.Discard(tx, f.ID) })
}

// outgoing does something with each refused mail.
func (s *Service) outgoing(ctx context.Context, by access.Actor, action string, each func(tx *db.Tx, f job.Failure) error) error {
	return s.DB.Write(ctx, func(tx *db.Tx) error {
		refused, err := job.Failed(tx, s.Letters, 1000)
		if err != nil {
			return err
		}
		for _, f := range refused {
			if err := each(tx, f); err != nil {
				return err
			}
		}
		if action == "mail.retried" {
			if err := job.Hurry(tx, s.Letters); err != nil {
				return err
			}
		}
		return audit.Record(tx, audit.Act{Actor: by.Person, Action: action})
	})
}
