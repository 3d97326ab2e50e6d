package ask

import (
	"github.com/guildhall/guildhall/internal/core/event"
	"github.com/guildhall/guildhall/internal/core/notify"
	"github.com/guildhall/guildhall/internal/core/people"
	"github.com/guildhall/guildhall/internal/platform/db"
	"github.com/guildhall/guildhall/internal/platform/id"
)

// The kinds of notices about questions.
const (
	NoticeAsked     notify.Kind = "asked"
	NoticeDesk      notify.Kind = "desk"
	NoticeAnswered  notify.Kind = "answered"
	NoticeAccepted  notify.Kind = "accepted"
	NoticeCommented notify.Kind = "commented"
	NoticeMentioned notify.Kind = "mentioned"
	NoticeClosed    notify.Kind = "closed"
	NoticeNobody    notify.Kind = "nobody"
)

// Notices says whom events about questions concern. mentions returns the keys
// of the people a text mentions: ids, or names behind an @.
func Notices(mentions func(markdown string) []string) notify.Source {
	return notify.Source{
		Kinds: map[notify.Kind]notify.Way{
			NoticeAsked: notify.Mail, NoticeAnswered: notify.Mail, NoticeAccepted: notify.Digest,
			NoticeCommented: notify.Digest, NoticeMentioned: notify.Mail, NoticeClosed: notify.App,
			NoticeNobody: notify.Mail, NoticeDesk: notify.Mail,
		},
		Of: func(tx *db.Tx, e event.Event) ([]notify.Told, error) {
			switch e.Kind {
			case "question.routed":
				return asksOf(tx, e)
			case "question.asked":
				return mentioned(tx, e, mentions)
			case "answer.posted":
				list, err := db.All(tx, followersSQL, scanID, e.Other)
				if err != nil {
					return nil, err
				}
				m, err := mentioned(tx, e, mentions)
				return append(m, toldAll(list, NoticeAnswered, e.Subject, e.Subject)...), err
			case "comment.posted":
				question := e.Other
				if _, err := tx.Row(questionOfSQL, []any{&question}, e.Subject); err != nil {
					return nil, err
				}
				list, err := db.All(tx, followersSQL, scanID, question)
				if err != nil {
					return nil, err
				}
				m, err := mentioned(tx, e, mentions)
				return append(m, toldAll(list, NoticeCommented, e.Subject, e.Subject)...), err
			case "answer.accepted":
				var author id.ID
				if _, err := tx.Row(authorOfAnswerSQL, []any{&author}, e.Subject); err != nil {
					return nil, err
				}
				person, err := people.PersonOf(tx, author)
				return []notify.Told{{Person: person, Kind: NoticeAccepted, Key: "accepted/" + e.Subject.String(), Subject: e.Subject}}, err
			case "question.nobody":
				list, err := db.All(tx, followersSQL, scanID, e.Subject)
				return toldAll(list, NoticeNobody, e.Subject, e.Subject), err
			case "question.duplicated", "question.obsolete":
				list, err := db.All(tx, followersSQL, scanID, e.Subject)
				return toldAll(list, NoticeClosed, e.Subject, e.ID), err
			}
			return nil, nil
		},
	}
}

// asksOf tells those who are asked a question, once, and once more each time it
// comes to the desk.
func asksOf(tx *db.Tx, e event.Event) ([]notify.Told, error) {
	var out []notify.Told
	_, err := db.All(tx, waitingPeopleSQL, func(r *db.Rows, _ *struct{}) error {
		t := notify.Told{Kind: NoticeAsked, Key: string(NoticeAsked) + "/" + e.Subject.String(), Subject: e.Subject}
		var desk bool
		if err := r.Scan(&t.Person, &desk); err != nil {
			return err
		}
		if desk {
			t.Kind, t.Key = NoticeDesk, string(NoticeDesk)+"/"+e.ID.String()
		}
		out = append(out, t)
		return nil
	}, e.Subject)
	return out, err
}

// toldAll tells a list of people; once names what is told once.
func toldAll(list []id.ID, kind notify.Kind, subject, once id.ID) []notify.Told {
	out := make([]notify.Told, len(list))
	for i, p := range list {
		out[i] = notify.Told{Person: p, Kind: kind, Key: string(kind) + "/" + once.String(), Subject: subject}
	}
	return out
}

// mentioned finds the people whom a new text mentions. Whoever is mentioned in
// it is not told of the same text a second time: the key is that of the text.
func mentioned(tx *db.Tx, e event.Event, mentions func(string) []string) ([]notify.Told, error) {
	var body string
	if _, err := tx.Row(bodyOfSQL, []any{&body}, e.Subject); err != nil || body == "" {
		return nil, err
	}
	var out []notify.Told
	for _, key := range mentions(body) {
		person, err := people.Mentioned(tx, key)
		if err != nil {
			return nil, err
		}
		if person != 0 {
			out = append(out, notify.Told{Person: person, Kind: NoticeMentioned, Key: "mentioned/" + e.Subject.String(), Subject: e.Subject})
		}
	}
	return out, nil
}
