package directory

import (
	"github.com/guildhall/guildhall/internal/core/event"
	"github.com/guildhall/guildhall/internal/core/notify"
	"github.com/guildhall/guildhall/internal/core/people"
	"github.com/guildhall/guildhall/internal/platform/db"
)

// The kinds of notices about people.
const (
	NoticeClaim   notify.Kind = "claim"   // to admins: somebody claims an imported profile
	NoticeClaimed notify.Kind = "claimed" // to who claimed it: it was decided
)

// Notices says whom events about people concern.
func Notices() notify.Source {
	return notify.Source{
		Kinds: map[notify.Kind]notify.Way{NoticeClaim: notify.Digest, NoticeClaimed: notify.Mail},
		Of: func(tx *db.Tx, e event.Event) (out []notify.Told, err error) {
			switch e.Kind {
			case "author.claim_asked":
				admins, err := people.Admins(tx)
				for _, a := range admins {
					out = append(out, notify.Told{Person: a, Kind: NoticeClaim, Key: "claim/" + e.ID.String(), Subject: e.Subject})
				}
				return out, err
			case "author.claimed", "author.claim_refused", "author.unclaimed":
				return []notify.Told{{Person: e.Other, Kind: NoticeClaimed, Key: "claimed/" + e.ID.String(), Subject: e.Other}}, nil
			}
			return nil, nil
		},
	}
}
