package meet

import (
	"github.com/guildhall/guildhall/internal/platform/db"
	"github.com/guildhall/guildhall/internal/platform/id"
)

// Look returns a meeting for the practice whose pair, ring or group it serves,
// so that it can carry out what follows from it. Nothing of it is shown to
// anybody.
func Look(tx *db.Tx, meeting id.ID) (m Meeting, ok bool, err error) {
	m, ok, err = db.One(tx, oneSQL, scanMeeting, meeting)
	if err != nil || !ok {
		return m, ok, err
	}
	list := []Meeting{m}
	err = fillPeople(tx, list)
	return list[0], true, err
}
