package teamhour

import (
	"github.com/guildhall/guildhall/internal/core/event"
	"github.com/guildhall/guildhall/internal/core/notify"
	"github.com/guildhall/guildhall/internal/platform/db"
	"github.com/guildhall/guildhall/internal/platform/id"
)

// The kinds of notices about team hours.
const (
	NoticeOpened notify.Kind = "teamhour_opened"
	NoticeSwap   notify.Kind = "teamhour_swap"
	NoticeTyped  notify.Kind = "teamhour_typed"
)

// Notices says whom team hours concern: who is asked to one, and whose card
// was typed in.
func Notices() notify.Source {
	return notify.Source{
		Kinds: map[notify.Kind]notify.Way{NoticeOpened: notify.Mail, NoticeTyped: notify.Mail, NoticeSwap: notify.Mail},
		Of: func(tx *db.Tx, e event.Event) ([]notify.Told, error) {
			kind, list := NoticeTyped, []id.ID{e.Other}
			switch e.Kind {
			case "teamhour.opened":
				var err error
				if list, err = db.All(tx, peopleSQL, scanID, e.Subject); err != nil {
					return nil, err
				}
				kind = NoticeOpened
			case "teamhour.typed":
			case "teamhour.swap":
				kind = NoticeSwap
			default:
				return nil, nil
			}
			out := make([]notify.Told, len(list))
			for i, p := range list {
				// However many lines a card has, its owner is told once.
				out[i] = notify.Told{Person: p, Kind: kind, Key: string(kind) + "/" + e.Subject.String(), Subject: e.Subject}
			}
			return out, nil
		},
	}
}
