package swaps

import (
	"math"
	"slices"
	"time"

	"github.com/guildhall/guildhall/internal/core/access"
	"github.com/guildhall/guildhall/internal/core/event"
	"github.com/guildhall/guildhall/internal/core/ledger"
	"github.com/guildhall/guildhall/internal/core/whoknows"
	"github.com/guildhall/guildhall/internal/platform/db"
	"github.com/guildhall/guildhall/internal/platform/id"
)

// What lessons are worth: one is more than an answer, four as much as an
// accepted one with its answer; being taught is less than saying so, since it
// counts beside what somebody says.
const (
	taughtWeight = 2.4
	learntWeight = 0.5
)

// Receipts says which receipts lessons give: one to the teacher, proved by what
// they taught, which the organisation may see; one to the learner, proved by
// the swap, which its members alone see.
func Receipts() ledger.Source {
	return ledger.Source{
		Name: "swaps",
		Of: func(tx *db.Tx, events []event.Event) ([]id.ID, []ledger.Receipt, error) {
			var swaps []id.ID
			for _, e := range events {
				if e.Kind == "swap.taught" {
					swaps = append(swaps, e.Subject)
				}
			}
			return receiptsOf(tx, swaps)
		},
		Next: func(tx *db.Tx, after id.ID, limit int) ([]id.ID, []ledger.Receipt, error) {
			swaps, err := db.All(tx, nextSwapsSQL, scanID, int64(after), limit)
			if err != nil || len(swaps) == 0 {
				return nil, nil, err
			}
			return receiptsOf(tx, swaps)
		},
	}
}

type proof struct {
	swap, member, teacher, learner, skill, audience id.ID
	lessons                                         int
	last                                            time.Time
}

func receiptsOf(tx *db.Tx, swaps []id.ID) (sources []id.ID, out []ledger.Receipt, err error) {
	if len(swaps) == 0 {
		return nil, nil, nil
	}
	slices.Sort(swaps)
	swaps = slices.Compact(swaps)
	members, err := db.All(tx, membersSQL, scanMember, swaps)
	if err != nil {
		return nil, nil, err
	}
	proofs, err := db.All(tx, proofsSQL, scanProof, swaps)
	if err != nil {
		return nil, nil, err
	}
	for _, m := range members {
		sources = append(sources, m.ID)
	}
	// The swaps come last and in order: a rebuild goes on after the last one.
	sources = append(sources, swaps...)
	for _, p := range proofs {
		much := math.Log2(1+float64(p.lessons)) / math.Log2(5)
		out = append(out,
			ledger.Receipt{Source: p.member, Author: p.teacher, Kind: ledger.Taught, Skill: p.skill, Audience: access.Organisation, Weight: taughtWeight * min(1, much), At: p.last},
			ledger.Receipt{Source: p.swap, Author: p.learner, Kind: ledger.Learnt, Skill: p.skill, Audience: p.audience, Weight: learntWeight * min(1, much), At: p.last})
	}
	return sources, out, nil
}

// Words is what was taught, in words, for who knows.
func Words(tx *db.Tx, sources []id.ID) (map[id.ID]whoknows.Source, error) {
	out := map[id.ID]whoknows.Source{}
	_, err := db.All(tx, taughtWordsSQL, func(r *db.Rows, _ *struct{}) error {
		var n id.ID
		var s whoknows.Source
		err := r.Scan(&n, &s.Title)
		out[n] = s
		return err
	}, sources)
	return out, err
}

// MergeSkills moves what swaps keep about one skill to another, in the
// transaction that merges the skills.
func MergeSkills(tx *db.Tx, from, into id.ID) error {
	for _, text := range []string{mergeMembersSQL, mergePrioritiesSQL, mergeRefusalsSQL, mergeFirstTermsSQL, mergeSecondTermsSQL} {
		if _, err := tx.Exec(text, into, from); err != nil {
			return err
		}
	}
	_, err := tx.Exec(dropPrioritiesSQL, from)
	return err
}
