// Package subject keeps everything one can point at. A practice saves the
// subject in the transaction that saves the thing itself; feeds, search,
// bookmarks and notices then page and filter over one table, and resolve the
// references of a page with one query.
package subject

import (
	"strings"
	"time"

	"github.com/guildhall/guildhall/internal/core/access"
	"github.com/guildhall/guildhall/internal/platform/db"
	"github.com/guildhall/guildhall/internal/platform/id"
)

// Kind is what a subject is.
type Kind string

// The kinds of the first practices.
const (
	Question    Kind = "question"
	Answer      Kind = "answer"
	Comment     Kind = "comment"
	Person      Kind = "person"
	Skill       Kind = "skill"
	Endorsement Kind = "endorsement"
	Meeting     Kind = "meeting"
	Programme   Kind = "programme"
	Mentorship  Kind = "mentorship"
	CoffeeGroup Kind = "coffee_group"
	CoffeePair  Kind = "coffee_pair"
	Swap        Kind = "swap"
	Teaching    Kind = "teaching" // what somebody taught in a swap
	CoffeeHours Kind = "coffee_hours"
	CoffeeSeat  Kind = "coffee_seat"
	Echo        Kind = "echo"
	TeamHour    Kind = "team_hour"
	Welcome     Kind = "welcome" // the first week of somebody new
)

// Ref points at a subject.
type Ref struct {
	Kind Kind
	ID   id.ID
}

// Subject is one thing as everybody else sees it.
type Subject struct {
	Ref
	Audience id.ID
	Author   id.ID // 0 for what nobody wrote, e.g. a skill
	Parent   id.ID // the question of an answer or comment, else 0
	Title    string
	State    string // open, deleted and what the practice adds
	Created  time.Time
	Updated  time.Time
}

// Deleted is the state of what is gone for everybody.
const Deleted = "deleted"

// Save writes the subject, new or changed.
func Save(tx *db.Tx, s Subject) error {
	_, err := tx.Exec(saveSQL, s.ID, string(s.Kind), s.Audience, s.Author, s.Parent,
		s.Title, s.State, db.At(s.Created), db.At(s.Updated))
	return err
}

// Touch changes state and time of a subject.
func Touch(tx *db.Tx, s id.ID, state string, at time.Time) error {
	_, err := tx.Exec(touchSQL, state, db.At(at), s)
	return err
}

// Card is what a page needs to show a reference.
type Card struct {
	Ref
	Title  string
	State  string
	Author id.ID
	Parent id.ID
	At     time.Time
	URL    string
}

// Resolve returns the cards of those references that the actor may see and
// that are not deleted, in one query.
func Resolve(tx *db.Tx, by access.Actor, ids []id.ID) (map[id.ID]Card, error) {
	out := make(map[id.ID]Card, len(ids))
	if len(ids) == 0 {
		return out, nil
	}
	cards, err := db.All(tx, resolveSQL, scanCard, by.Person, ids)
	for _, c := range cards {
		out[c.ID] = c
	}
	return out, err
}

// URL is the permanent address of a subject. An answer or comment is found on
// its question's page.
func URL(r Ref, parent id.ID) string {
	switch r.Kind {
	case Question:
		return "/questions/" + r.ID.String()
	case Answer:
		return "/questions/" + parent.String() + "#answer-" + r.ID.String()
	case Comment:
		return "/questions/" + parent.String() + "#comment-" + r.ID.String()
	case Programme:
		return "/mentoring/" + r.ID.String()
	case Person:
		return "/people/" + r.ID.String()
	case CoffeeGroup:
		return "/coffee/groups/" + r.ID.String()
	case CoffeeHours:
		return "/coffee/hours/" + r.ID.String()
	case CoffeeSeat:
		return "/coffee/lotteries/" + r.ID.String()
	case CoffeePair:
		return "/coffee/pairs/" + r.ID.String()
	case TeamHour:
		return "/team-hours/" + r.ID.String()
	case Welcome:
		return "/welcome"
	case Echo:
		return "/echoes/" + r.ID.String()
	case Skill:
		return "/skills/" + r.ID.String()
	default:
		return "/" + strings.ToLower(string(r.Kind)) + "s/" + r.ID.String()
	}
}

// Titles returns the titles of subjects of the whole organisation.
func Titles(tx *db.Tx, ids []id.ID) ([]string, error) {
	return db.All(tx, titlesSQL, func(r *db.Rows, s *string) error { return r.Scan(s) }, ids)
}
