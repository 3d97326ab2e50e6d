package ask

import (
	"math"
	"slices"
	"strings"
	"time"

	"github.com/guildhall/guildhall/internal/core/event"
	"github.com/guildhall/guildhall/internal/core/ledger"
	"github.com/guildhall/guildhall/internal/core/people"
	"github.com/guildhall/guildhall/internal/platform/db"
	"github.com/guildhall/guildhall/internal/platform/id"
)

// Receipts says which receipts answers and verifications give. An answer is
// worth one, settling the question three more, and readers who found it useful
// the logarithm of their number, so that one famous answer does not outweigh a
// year of help.
func Receipts() ledger.Source {
	return ledger.Source{
		Name: "answers",
		Of: func(tx *db.Tx, events []event.Event) ([]id.ID, []ledger.Receipt, error) {
			var answers []id.ID
			for _, e := range events {
				switch {
				case strings.HasPrefix(e.Kind, "answer."):
					answers = append(answers, e.Subject)
				case e.Kind == "question.edited", e.Kind == "question.deleted", e.Kind == "question.reopened":
					of, err := db.All(tx, answersOfSQL, scanID, e.Subject)
					if err != nil {
						return nil, nil, err
					}
					answers = append(answers, of...)
				}
			}
			return receiptsOf(tx, answers)
		},
		Next: func(tx *db.Tx, after id.ID, limit int) ([]id.ID, []ledger.Receipt, error) {
			answers, err := db.All(tx, nextAnswersSQL, scanID, int64(after), limit)
			if err != nil {
				return nil, nil, err
			}
			return receiptsOf(tx, answers)
		},
	}
}

func scanID(r *db.Rows, n *id.ID) error { return r.Scan(n) }

// proof is what an answer shows about its author, for one skill.
type proof struct {
	answer, author, asker, skill, audience, verifier id.ID
	score                                            int
	created, accepted, verified                      time.Time
}

func receiptsOf(tx *db.Tx, answers []id.ID) ([]id.ID, []ledger.Receipt, error) {
	var out []ledger.Receipt
	slices.Sort(answers)
	answers = slices.Compact(answers)
	for _, a := range answers {
		proofs, err := db.All(tx, proofSQL, scanProof, a)
		if err != nil {
			return nil, nil, err
		}
		if len(proofs) == 0 {
			continue
		}
		own, err := people.Canonical(tx, []id.ID{proofs[0].author, proofs[0].asker, proofs[0].verifier})
		if err != nil {
			return nil, nil, err
		}
		if self := own[proofs[0].author]; self != 0 && self == own[proofs[0].asker] {
			continue // under two authors, but the same person
		}
		for _, p := range proofs {
			out = append(out, receipts(p, own)...)
		}
	}
	return answers, out, nil
}

func receipts(p proof, own map[id.ID]id.ID) []ledger.Receipt {
	var out []ledger.Receipt
	add := func(author id.ID, kind ledger.Kind, weight float64, at time.Time) {
		if who := own[author]; who != 0 {
			out = append(out, ledger.Receipt{
				Source: p.answer, Author: who, Kind: kind, Skill: p.skill, Audience: p.audience, Weight: weight, At: at,
			})
		}
	}
	if p.score >= 0 || !p.accepted.IsZero() {
		add(p.author, ledger.Answered, 1, p.created)
	}
	if p.score > 0 {
		add(p.author, ledger.Useful, math.Log1p(float64(p.score)), p.created)
	}
	if !p.accepted.IsZero() {
		add(p.author, ledger.Accepted, 3, p.accepted)
	}
	if !p.verified.IsZero() && own[p.verifier] != own[p.author] {
		add(p.verifier, ledger.Verified, 0.5, p.verified)
	}
	return out
}
