package skills

import (
	"github.com/guildhall/guildhall/internal/platform/db"
	"github.com/guildhall/guildhall/internal/platform/id"
)

// VouchedWords are what somebody wrote when they vouched for a colleague.
type VouchedWords struct {
	Endorsement id.ID
	Skill, Note string
}

// Notes returns the words of those of the endorsements that exist, for who
// knows.
func Notes(tx *db.Tx, ids []id.ID) ([]VouchedWords, error) {
	return db.All(tx, notesSQL, func(r *db.Rows, v *VouchedWords) error {
		return r.Scan(&v.Endorsement, &v.Skill, &v.Note)
	}, ids)
}
