package mentoring

import (
	"slices"
	"strings"

	"github.com/guildhall/guildhall/internal/core/event"
	"github.com/guildhall/guildhall/internal/core/ledger"
	"github.com/guildhall/guildhall/internal/core/notify"
	"github.com/guildhall/guildhall/internal/platform/db"
	"github.com/guildhall/guildhall/internal/platform/id"
)

// The kinds of notices about mentoring.
const (
	NoticeProposed notify.Kind = "mentorship_proposed"
	NoticeBegun    notify.Kind = "mentorship_begun"
	NoticeDeclined notify.Kind = "mentorship_declined"
	NoticePulse    notify.Kind = "mentorship_pulse"
	NoticeClosed   notify.Kind = "mentorship_closed"
	NoticeBuddy    notify.Kind = "mentorship_buddy"
	NoticeHello    notify.Kind = "mentorship_hello"
	NoticeAsked    notify.Kind = "mentorship_asked"
	NoticeNotNow   notify.Kind = "mentorship_not_now"
	NoticeGrew     notify.Kind = "mentorship_grew"
	NoticeLeft     notify.Kind = "mentorship_left"
)

// Notices says whom mentoring concerns.
func Notices() notify.Source {
	kinds := map[string]notify.Kind{
		"mentorship.proposed": NoticeProposed, "mentorship.begun": NoticeBegun, "mentorship.declined": NoticeDeclined,
		"mentorship.pulse": NoticePulse, "mentorship.closed": NoticeClosed, "mentorship.thanked": NoticeClosed,
		"mentorship.buddy": NoticeBuddy, "mentorship.introduced": NoticeHello, "mentorship.asked": NoticeAsked, "mentorship.not_now": NoticeNotNow,
		"mentorship.grew": NoticeGrew, "mentorship.left": NoticeLeft,
	}
	return notify.Source{
		Kinds: map[notify.Kind]notify.Way{
			NoticeProposed: notify.Mail, NoticeBegun: notify.Mail, NoticeDeclined: notify.Mail, NoticePulse: notify.Mail, NoticeClosed: notify.Digest,
			NoticeBuddy: notify.Mail, NoticeHello: notify.Mail, NoticeAsked: notify.Mail, NoticeNotNow: notify.Mail,
			NoticeGrew: notify.Mail, NoticeLeft: notify.App,
		},
		Of: func(tx *db.Tx, e event.Event) ([]notify.Told, error) {
			kind, ok := kinds[e.Kind]
			if !ok {
				return nil, nil
			}
			// A mentor is asked; the mentee hears the answer.
			only := map[notify.Kind]string{NoticeBuddy: Mentor, NoticeAsked: Mentor, NoticeHello: Mentee, NoticeNotNow: Mentee}[kind]
			var out []notify.Told
			_, err := db.All(tx, tellSQL, func(r *db.Rows, _ *struct{}) error {
				var p id.ID
				var role string
				err := r.Scan(&p, &role)
				if only == "" || role == only {
					out = append(out, notify.Told{Person: p, Kind: kind, Key: string(kind) + "/" + e.ID.String(), Subject: e.Subject})
				}
				return err
			}, e.Subject)
			return out, err
		},
	}
}

// What reaching a goal shows: the learner as much as an answer, who helped as
// much as an answer that settled a question.
const (
	learntWeight = 1
	taughtWeight = 3
)

// Receipts says which receipts mentorships give: one for each skill of a goal
// that was reached, to the learner and to whoever helped.
func Receipts() ledger.Source {
	return ledger.Source{
		Name: "mentorships",
		Of: func(tx *db.Tx, events []event.Event) ([]id.ID, []ledger.Receipt, error) {
			var rooms []id.ID
			for _, e := range events {
				if strings.HasPrefix(e.Kind, "mentorship.") {
					rooms = append(rooms, e.Subject)
				}
			}
			slices.Sort(rooms)
			return receiptsOf(tx, slices.Compact(rooms))
		},
		Next: func(tx *db.Tx, after id.ID, limit int) ([]id.ID, []ledger.Receipt, error) {
			rooms, err := db.All(tx, nextRoomsSQL, scanID, int64(after), limit)
			if err != nil {
				return nil, nil, err
			}
			return receiptsOf(tx, rooms)
		},
	}
}

func receiptsOf(tx *db.Tx, rooms []id.ID) ([]id.ID, []ledger.Receipt, error) {
	if len(rooms) == 0 {
		return nil, nil, nil
	}
	type key struct {
		room, author, skill id.ID
		kind                ledger.Kind
	}
	seen := map[key]bool{}
	var out []ledger.Receipt
	_, err := db.All(tx, receiptsSQL, func(r *db.Rows, _ *struct{}) error {
		var room, audience, skill, learner, helper id.ID
		var at db.Time
		if err := r.Scan(&room, &audience, &skill, &learner, &helper, &at); err != nil {
			return err
		}
		for _, x := range []ledger.Receipt{
			{Source: room, Author: learner, Kind: ledger.Learnt, Skill: skill, Audience: audience, Weight: learntWeight, At: at.Time()},
			{Source: room, Author: helper, Kind: ledger.Taught, Skill: skill, Audience: audience, Weight: taughtWeight, At: at.Time()},
		} {
			k := key{room, x.Author, skill, x.Kind}
			if !seen[k] {
				seen[k] = true
				out = append(out, x)
			}
		}
		return nil
	}, rooms)
	return rooms, out, err
}
