package coffee

import (
	"github.com/guildhall/guildhall/internal/core/event"
	"github.com/guildhall/guildhall/internal/core/notify"
	"github.com/guildhall/guildhall/internal/core/people"
	"github.com/guildhall/guildhall/internal/platform/db"
	"github.com/guildhall/guildhall/internal/platform/id"
)

// The kinds of notices about coffee.
const (
	NoticePaired  notify.Kind = "coffee_paired"
	NoticeAlone   notify.Kind = "coffee_alone"
	NoticePaused  notify.Kind = "coffee_paused"
	NoticeLunch   notify.Kind = "coffee_lunch"
	NoticeThanked notify.Kind = "coffee_thanked"
	NoticeWon     notify.Kind = "coffee_won"
	NoticeLost    notify.Kind = "coffee_lost"
	NoticeFew     notify.Kind = "coffee_few"
	NoticeGuest   notify.Kind = "coffee_guest"
	NoticeOff     notify.Kind = "coffee_off"
)

// Notices says whom events about coffee concern. Who is left over, who is
// paused and who is thanked is told only to them.
func Notices() notify.Source {
	return notify.Source{
		Kinds: map[notify.Kind]notify.Way{
			NoticePaired: notify.Mail, NoticeAlone: notify.Mail, NoticePaused: notify.Mail, NoticeLunch: notify.Mail, NoticeThanked: notify.Mail,
			NoticeWon: notify.Mail, NoticeLost: notify.App, NoticeFew: notify.App,
			NoticeGuest: notify.Mail, NoticeOff: notify.Mail,
		},
		Of: func(tx *db.Tx, e event.Event) ([]notify.Told, error) {
			one := func(kind notify.Kind) []notify.Told {
				return []notify.Told{{Person: e.Other, Kind: kind, Key: string(kind) + "/" + e.ID.String(), Subject: e.Subject}}
			}
			switch e.Kind {
			case "coffee.paired":
				return everybodyOf(tx, e, NoticePaired, 0)
			case "coffee.lunch":
				who, err := people.PersonOf(tx, e.Actor)
				if err != nil {
					return nil, err
				}
				return everybodyOf(tx, e, NoticeLunch, who)
			case "coffee.lottery":
				rows, err := db.All(tx, resultsSQL, scanResult, e.Subject)
				var out []notify.Told
				for _, r := range rows {
					kind := map[string]notify.Kind{"won": NoticeWon, "lost": NoticeLost, "": NoticeFew}[r.result]
					out = append(out, notify.Told{Person: id.ID(r.person), Kind: kind, Key: string(kind) + "/" + e.Subject.String(), Subject: e.Subject})
				}
				return out, err
			case "coffee.seats":
				who, err := people.PersonOf(tx, e.Actor)
				if err != nil || who == e.Other {
					return nil, err
				}
				return one(NoticeGuest), nil
			case "coffee.lottery_off":
				who, err := people.PersonOf(tx, e.Actor)
				if err != nil {
					return nil, err
				}
				rows, err := db.All(tx, resultsSQL, scanResult, e.Subject)
				rows = append(rows, resultRow{person: int64(e.Other)}) // the guest never enters
				var out []notify.Told
				for _, r := range rows {
					if id.ID(r.person) != who {
						out = append(out, notify.Told{Person: id.ID(r.person), Kind: NoticeOff, Key: string(NoticeOff) + "/" + e.Subject.String(), Subject: e.Subject})
					}
				}
				return out, err
			case "coffee.alone":
				return one(NoticeAlone), nil
			case "coffee.paused":
				return one(NoticePaused), nil
			case "coffee.thanked":
				return one(NoticeThanked), nil
			}
			return nil, nil
		},
	}
}

// everybodyOf tells the people of a pair but one.
func everybodyOf(tx *db.Tx, e event.Event, kind notify.Kind, but id.ID) ([]notify.Told, error) {
	list, err := db.All(tx, pairPeopleOfSQL, scanID, e.Subject)
	var out []notify.Told
	for _, p := range list {
		if p != but {
			out = append(out, notify.Told{Person: p, Kind: kind, Key: string(kind) + "/" + e.Subject.String(), Subject: e.Subject})
		}
	}
	return out, err
}
