package mentoring

import (
	"github.com/guildhall/guildhall/internal/platform/db"
	"github.com/guildhall/guildhall/internal/platform/id"
)

// MergeSkills moves what people enrolled with and set as goals from one skill
// to another, in the transaction that merges the skills.
func MergeSkills(tx *db.Tx, from, into id.ID) error {
	for _, text := range []string{mergeEnrolmentSkillsSQL, mergeGoalsSQL} {
		if _, err := tx.Exec(text, into, from); err != nil {
			return err
		}
	}
	_, err := tx.Exec(dropEnrolmentSkillsSQL, from)
	return err
}
