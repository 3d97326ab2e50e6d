package ask

import (
	"cmp"
	"context"
	"slices"

	"github.com/guildhall/guildhall/internal/core/access"
	"github.com/guildhall/guildhall/internal/core/people"
	"github.com/guildhall/guildhall/internal/core/subject"
	"github.com/guildhall/guildhall/internal/platform/db"
	"github.com/guildhall/guildhall/internal/platform/fault"
	"github.com/guildhall/guildhall/internal/platform/id"
)

// Because says why a question is in somebody's feed. One of the fields is set,
// none when they follow the question itself.
type Because struct {
	Skill  string // they follow this skill
	Person string // this person, whom they follow, answered it
}

// followsMost bounds how many skills and how many people a feed looks at, the
// latest followed first.
const followsMost = 50

// feed lists what happens on what the actor follows: questions and skills by
// their latest activity, the answers of people by when they were given. A
// question stands there once: answers of people are left out where the question
// or one of its skills is followed too.
func feed(tx *db.Tx, by access.Actor, f Filter) ([]Row, error) {
	at, n := db.At(f.After), f.AfterID
	rows, err := db.All(tx, feedQuestionsSQL, scanRow, by.Person, at, n, f.Limit+1)
	if err != nil {
		return nil, err
	}
	skills, err := followed(tx, by, subject.Skill)
	if err != nil {
		return nil, err
	}
	for _, s := range skills {
		of, err := db.All(tx, listBySkillSQL, scanRow, by.Person, s.ID, at, n, f.Limit+1)
		if err != nil {
			return nil, err
		}
		for i := range of {
			of[i].Because.Skill = s.Title
		}
		rows = append(rows, of...)
	}
	persons, err := followed(tx, by, subject.Person)
	if err != nil {
		return nil, err
	}
	if len(persons) > 0 {
		ids, names := make([]id.ID, len(persons)), map[id.ID]string{}
		for i, p := range persons {
			ids[i], names[p.ID] = p.ID, p.Title
		}
		authors, err := people.AuthorsOf(tx, ids)
		if err != nil {
			return nil, err
		}
		var list []id.ID
		for a := range authors {
			list = append(list, a)
		}
		slices.Sort(list)
		of, err := db.All(tx, feedAnswersSQL, func(r *db.Rows, row *Row) error {
			var author id.ID
			err := scanRowAnd(r, row, &author)
			row.Because.Person = names[authors[author]]
			return err
		}, by.Person, list, at, n, f.Limit+1)
		if err != nil {
			return nil, err
		}
		rows = append(rows, of...)
	}
	// The question itself is the best reason, and it comes first.
	slices.SortStableFunc(rows, func(a, b Row) int {
		return cmp.Or(b.Position.Compare(a.Position), cmp.Compare(b.ID, a.ID))
	})
	seen := map[id.ID]bool{}
	return slices.DeleteFunc(rows, func(r Row) bool {
		was := seen[r.ID]
		seen[r.ID] = true
		return was
	}), nil
}

// followed returns the things of a kind that the actor follows and may see.
func followed(tx *db.Tx, by access.Actor, kind subject.Kind) ([]subject.Card, error) {
	ids, err := db.All(tx, followedSQL, scanID, by.Person, string(kind), followsMost)
	if err != nil {
		return nil, err
	}
	cards, err := subject.Resolve(tx, by, ids)
	var out []subject.Card
	for _, n := range ids {
		if c, ok := cards[n]; ok {
			out = append(out, c)
		}
	}
	return out, err
}

// FollowThing lets the actor hear of a skill or a person in their feed, or no
// longer. Nobody is told who follows them, and nobody follows themselves.
func (s *Service) FollowThing(ctx context.Context, by access.Actor, kind subject.Kind, thing id.ID, on bool) error {
	if err := by.NeedKnown(); err != nil {
		return err
	}
	return s.db.Write(ctx, func(tx *db.Tx) error {
		cards, err := subject.Resolve(tx, by, []id.ID{thing})
		if err != nil {
			return err
		}
		if c, ok := cards[thing]; !ok || c.Kind != kind {
			return fault.Missing()
		}
		if thing == by.Person {
			return fault.New(fault.Conflict, "fault.follow_self")
		}
		if on {
			_, err = tx.Exec(followSQL, by.Person, thing, db.At(s.clock.Now()))
		} else {
			_, err = tx.Exec(unfollowSQL, by.Person, thing)
		}
		return err
	})
}

// Follows tells whether the actor follows a thing.
func (s *Service) Follows(ctx context.Context, by access.Actor, thing id.ID) (on bool, err error) {
	err = s.db.Read(ctx, func(tx *db.Tx) error {
		var one int
		on, err = tx.Row(followsThingSQL, []any{&one}, by.Person, thing)
		return err
	})
	return on, err
}
