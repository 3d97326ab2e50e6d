package skills

import (
	"slices"
	"strings"
	"time"

	"github.com/guildhall/guildhall/internal/core/access"
	"github.com/guildhall/guildhall/internal/core/event"
	"github.com/guildhall/guildhall/internal/core/ledger"
	"github.com/guildhall/guildhall/internal/platform/db"
	"github.com/guildhall/guildhall/internal/platform/id"
)

// declaredWeight is what somebody's own word is worth at level IV: less than
// one answer, so that whoever has done something always stands before whoever
// only said so.
const declaredWeight = 0.8

// endorsedWeight is what a colleague's note about real work is worth: two
// answers, less than an accepted one with its answer.
const endorsedWeight = 2

// Declared says which receipts people's own words give: one for each skill that
// they openly say they can teach, the person being the source.
func Declared() ledger.Source {
	return ledger.Source{
		Name: "declared skills",
		Of: func(tx *db.Tx, events []event.Event) ([]id.ID, []ledger.Receipt, error) {
			var people []id.ID
			for _, e := range events {
				switch e.Kind {
				case "person.skills", "person.left", "person.returned":
					people = append(people, e.Subject)
				}
			}
			return declaredOf(tx, people)
		},
		Next: func(tx *db.Tx, after id.ID, limit int) ([]id.ID, []ledger.Receipt, error) {
			people, err := db.All(tx, nextPeopleSQL, scanID, int64(after), limit)
			if err != nil {
				return nil, nil, err
			}
			return declaredOf(tx, people)
		},
	}
}

func scanID(r *db.Rows, n *id.ID) error { return r.Scan(n) }

func declaredOf(tx *db.Tx, people []id.ID) ([]id.ID, []ledger.Receipt, error) {
	if len(people) == 0 {
		return nil, nil, nil
	}
	slices.Sort(people)
	people = slices.Compact(people)
	list, err := db.All(tx, declaredSQL, func(r *db.Rows, x *ledger.Receipt) error {
		var level int
		var at db.Time
		if err := r.Scan(&x.Source, &x.Author, &x.Skill, &level, &at); err != nil {
			return err
		}
		x.Kind, x.Audience, x.At = ledger.Declared, access.Organisation, at.Time()
		x.Weight = declaredWeight * float64(level) / Teaching
		return nil
	}, people)
	return people, list, err
}

// Endorsed says which receipts endorsements give. People who vouch for each
// other in a ring are believed less: see Discount.
func Endorsed() ledger.Source {
	return ledger.Source{
		Name: "endorsements",
		Of: func(tx *db.Tx, events []event.Event) ([]id.ID, []ledger.Receipt, error) {
			var stale []id.ID
			for _, e := range events {
				if !strings.HasPrefix(e.Kind, "endorsement.") {
					continue
				}
				stale = append(stale, e.Subject)
				touched, err := touchedBy(tx, e.Actor, e.Other)
				if err != nil {
					return nil, nil, err
				}
				stale = append(stale, touched...)
			}
			return endorsedOf(tx, stale)
		},
		Next: func(tx *db.Tx, after id.ID, limit int) ([]id.ID, []ledger.Receipt, error) {
			list, err := db.All(tx, nextEndorsementsSQL, scanID, int64(after), limit)
			if err != nil {
				return nil, nil, err
			}
			return endorsedOf(tx, list)
		},
	}
}

// touchedBy returns the endorsements that may stand in one ring with a vouch of
// the author for the person: rings are at most three long, so each of them
// begins at the person or ends at the author's.
func touchedBy(tx *db.Tx, author, person id.ID) ([]id.ID, error) {
	var from id.ID
	if _, err := tx.Row(personOfAuthorSQL, []any{&from}, author); err != nil {
		return nil, err
	}
	out, err := db.All(tx, vouchesByPeopleSQL, scanVouch, []id.ID{person})
	if err != nil {
		return nil, err
	}
	in, err := db.All(tx, vouchesForPeopleSQL, scanVouch, []id.ID{from})
	if err != nil {
		return nil, err
	}
	var list []id.ID
	for _, v := range append(out, in...) {
		list = append(list, v.ID)
	}
	return list, nil
}

func endorsedOf(tx *db.Tx, list []id.ID) ([]id.ID, []ledger.Receipt, error) {
	if len(list) == 0 {
		return nil, nil, nil
	}
	slices.Sort(list)
	list = slices.Compact(list)
	vouches, err := db.All(tx, vouchSQL, scanVouch, list)
	if err != nil {
		return nil, nil, err
	}
	out := make([]ledger.Receipt, 0, len(vouches))
	for _, v := range vouches {
		onward, err := db.All(tx, vouchesByPeopleSQL, scanVouch, []id.ID{v.To})
		if err != nil {
			return nil, nil, err
		}
		back, err := db.All(tx, vouchesForPeopleSQL, scanVouch, []id.ID{v.From})
		if err != nil {
			return nil, nil, err
		}
		out = append(out, ledger.Receipt{
			Source: v.ID, Author: v.author, Kind: ledger.Endorsed, Skill: v.Skill, Audience: v.audience, At: v.at,
			Weight: endorsedWeight * Discount(v, append(onward, back...)),
		})
	}
	return list, out, nil
}

// Vouch is an endorsement as an arrow from one person to another.
type Vouch struct {
	ID       id.ID
	From, To id.ID // persons
	Skill    id.ID

	audience, author id.ID
	at               time.Time
}

// What a vouch in a ring is worth. Two who vouch for each other in the same
// skill say little that each did not say of themselves; over different skills
// they may simply work together, so that is believed by half.
const (
	pairSameSkill = 0.25
	ringSameSkill = 0.4 // three people
	pairAnySkill  = 0.5
)

// Discount returns what share of a vouch counts, given the vouches that leave
// the person vouched for and those that reach the one who vouches: 1 outside
// any ring. Only rings of two and three count; longer ones also happen in every
// honest team. A ring can only lower what its vouches are worth, never raise it.
func Discount(v Vouch, around []Vouch) float64 {
	share := 1.0
	onward := map[id.ID]bool{} // whom v.To vouches for in the same skill
	for _, w := range around {
		if w.From != v.To {
			continue
		}
		switch {
		case w.To == v.From && w.Skill == v.Skill:
			share = min(share, pairSameSkill)
		case w.To == v.From:
			share = min(share, pairAnySkill)
		case w.Skill == v.Skill:
			onward[w.To] = true
		}
	}
	for _, w := range around {
		if w.To == v.From && w.Skill == v.Skill && onward[w.From] {
			share = min(share, ringSameSkill)
		}
	}
	return share
}
