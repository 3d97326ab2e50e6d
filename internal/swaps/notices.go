package swaps

import (
	"github.com/guildhall/guildhall/internal/core/event"
	"github.com/guildhall/guildhall/internal/core/notify"
	"github.com/guildhall/guildhall/internal/platform/db"
	"github.com/guildhall/guildhall/internal/platform/id"
)

// The kinds of notices about swaps.
const (
	NoticeProposed notify.Kind = "swap_proposed"
	NoticeChanged  notify.Kind = "swap_changed"
	NoticeStands   notify.Kind = "swap_stands"
	NoticeEnded    notify.Kind = "swap_ended"
	NoticeTaken    notify.Kind = "swap_withdrawn"
	NoticeThanked  notify.Kind = "swap_thanked"
	NoticeDone     notify.Kind = "swap_done"
)

// Notices says whom events about swaps concern. Who is not asked yet does not
// see the swap, and so is told nothing of it.
func Notices() notify.Source {
	return notify.Source{
		Kinds: map[notify.Kind]notify.Way{
			NoticeProposed: notify.Mail, NoticeChanged: notify.Mail, NoticeStands: notify.Mail, NoticeEnded: notify.Mail, NoticeTaken: notify.Mail, NoticeThanked: notify.Digest, NoticeDone: notify.App,
		},
		Of: func(tx *db.Tx, e event.Event) ([]notify.Told, error) {
			var kind notify.Kind
			about := e.Subject
			switch e.Kind {
			case "swap.proposed":
				kind = NoticeProposed
			case "swap.changed":
				kind, about = NoticeChanged, e.Other
			case "swap.standing":
				kind = NoticeStands
			case "swap.declined", "swap.lapsed", "swap.broken":
				kind = NoticeEnded
			case "swap.withdrawn":
				kind = NoticeTaken
			case "swap.thanked":
				return thanked(tx, e)
			case "swap.done":
				kind = NoticeDone
			default:
				return nil, nil
			}
			members, err := db.All(tx, membersSQL, scanMember, []id.ID{e.Subject})
			var out []notify.Told
			for _, m := range members {
				if (kind == NoticeProposed || kind == NoticeChanged) && m.Answer != "" || kind == NoticeEnded && m.Answer == "no" {
					continue
				}
				out = append(out, notify.Told{Person: m.Person, Kind: kind, Key: string(kind) + "/" + about.String(), Subject: e.Subject})
			}
			return out, err
		},
	}
}

// thanked tells the other of a lesson.
func thanked(tx *db.Tx, e event.Event) ([]notify.Told, error) {
	l, ok, err := db.One(tx, lessonOfSQL, scanLessonOf, e.Other)
	if err != nil || !ok {
		return nil, err
	}
	// Whoever thanks is the actor, and nobody is told of what they did.
	var out []notify.Told
	for _, p := range []id.ID{l.Teacher, l.Learner} {
		out = append(out, notify.Told{Person: p, Kind: NoticeThanked, Key: string(NoticeThanked) + "/" + e.Other.String(), Subject: e.Subject})
	}
	return out, nil
}
