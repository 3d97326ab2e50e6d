package echo

import (
	"slices"

	"github.com/guildhall/guildhall/internal/core/access"
	"github.com/guildhall/guildhall/internal/core/event"
	"github.com/guildhall/guildhall/internal/core/ledger"
	"github.com/guildhall/guildhall/internal/core/notify"
	"github.com/guildhall/guildhall/internal/platform/db"
	"github.com/guildhall/guildhall/internal/platform/id"
)

// The kinds of notices about echoes.
const (
	NoticeAsked notify.Kind = "echo_asked"
	NoticeHeard notify.Kind = "echo_heard"
)

// Notices says whom echoes concern: the learner once they are asked, the
// helpers once something was said. Both wait for the next digest: nothing here
// is urgent.
func Notices() notify.Source {
	return notify.Source{
		Kinds: map[notify.Kind]notify.Way{NoticeAsked: notify.Digest, NoticeHeard: notify.Digest},
		Of: func(tx *db.Tx, e event.Event) ([]notify.Told, error) {
			var people []id.ID
			var kind notify.Kind
			switch e.Kind {
			case "echo.asked":
				kind = NoticeAsked
				list, err := db.All(tx, learnerSQL, scanID, e.Subject)
				if err != nil {
					return nil, err
				}
				people = list
			case "echo.said":
				kind = NoticeHeard
				list, err := db.All(tx, helpersHereSQL, scanHelper, e.Subject)
				if err != nil {
					return nil, err
				}
				for _, h := range list {
					people = append(people, h.person)
				}
			}
			out := make([]notify.Told, len(people))
			for i, p := range people {
				out[i] = notify.Told{Person: p, Kind: kind, Key: string(kind) + "/" + e.Subject.String(), Subject: e.Subject}
			}
			return out, nil
		},
		Words: func(tx *db.Tx, by access.Actor, subjects []id.ID) (map[id.ID]string, error) {
			out := map[id.ID]string{}
			_, err := db.All(tx, wordsSQL, func(r *db.Rows, _ *struct{}) error {
				var n id.ID
				var words string
				err := r.Scan(&n, &words)
				out[n] = words
				return err
			}, by.Person, subjects)
			return out, err
		},
	}
}

func scanID(r *db.Rows, n *id.ID) error { return r.Scan(n) }

// usedWeight is what it shows that help was used a month later: half of an
// answer, beside the receipt of the help itself.
const usedWeight = 0.5

// Receipts says which receipts echoes give: one to each helper when the learner
// says that they used it. It is as private as the echo: who may not see that
// does not count it.
func Receipts() ledger.Source {
	return ledger.Source{
		Name: "echoes",
		Of: func(tx *db.Tx, events []event.Event) ([]id.ID, []ledger.Receipt, error) {
			var list []id.ID
			for _, e := range events {
				if e.Kind == "echo.said" {
					list = append(list, e.Subject)
				}
			}
			slices.Sort(list)
			return receiptsOf(tx, slices.Compact(list))
		},
		Next: func(tx *db.Tx, after id.ID, limit int) ([]id.ID, []ledger.Receipt, error) {
			list, err := db.All(tx, nextSQL, scanID, int64(after), limit)
			if err != nil {
				return nil, nil, err
			}
			return receiptsOf(tx, list)
		},
	}
}

func receiptsOf(tx *db.Tx, list []id.ID) ([]id.ID, []ledger.Receipt, error) {
	if len(list) == 0 {
		return nil, nil, nil
	}
	out, err := db.All(tx, proofsSQL, func(r *db.Rows, x *ledger.Receipt) error {
		var at db.Time
		if err := r.Scan(&x.Source, &x.Audience, &x.Author, &x.Skill, &at); err != nil {
			return err
		}
		x.Kind, x.Weight, x.At = ledger.Used, usedWeight, at.Time()
		return nil
	}, list)
	return list, out, err
}
