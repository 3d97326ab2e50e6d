// Package audit keeps who did what that concerns the safety of the house:
// signing in, tokens, roles, settings. It holds no words that people wrote and
// nothing they read.
package audit

import (
	"context"
	"strings"
	"time"

	"github.com/guildhall/guildhall/internal/core/access"
	"github.com/guildhall/guildhall/internal/platform/db"
	"github.com/guildhall/guildhall/internal/platform/id"
)

// Act is one line of the log.
type Act struct {
	ID      id.ID
	At      time.Time
	Actor   id.ID  // a person, 0 for the command line and for strangers
	Name    string // of the actor, when read
	Action  string // login.started; its sentence is the message audit.<action>
	Subject id.ID  // the person or thing it was done to, 0 for none
	Of      string // the subject's name, when it is a person and read
	Detail  string // a device, a label, a role
}

// maxDetail bounds what strangers can make the log keep, in bytes.
const maxDetail = 300

// Record writes the act in the transaction that does it.
func Record(tx *db.Tx, a Act) error {
	now := tx.Now()
	if len(a.Detail) > maxDetail {
		a.Detail = strings.ToValidUTF8(a.Detail[:maxDetail], "")
	}
	_, err := tx.Exec(recordSQL, id.New(now.Time()), now, a.Actor, a.Action, a.Subject, a.Detail)
	return err
}

// PageSize is how many lines a page of the log has.
const PageSize = 50

// List returns a page of the log, the latest first, that follows the given
// place; more says whether there is another. It is for admins.
func List(ctx context.Context, d *db.DB, by access.Actor, after time.Time, afterID id.ID) (acts []Act, more bool, err error) {
	if err := by.NeedAdmin(); err != nil {
		return nil, false, err
	}
	if after.IsZero() {
		after, afterID = time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC), 1<<62
	}
	err = d.Read(ctx, func(tx *db.Tx) error {
		acts, err = db.All(tx, listSQL, scanAct, db.At(after), afterID, PageSize+1)
		return err
	})
	if len(acts) > PageSize {
		acts, more = acts[:PageSize], true
	}
	return acts, more, err
}
