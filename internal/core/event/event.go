// Package event keeps the facts of the house: what was done, in the order in
// which it was committed. An event is recorded in the transaction that makes
// the change and holds references only, never words or names. Everything that
// follows from a change (receipts, notices, mail, webhooks, live pages) reads
// events by their seq.
package event

import (
	"time"

	"github.com/guildhall/guildhall/internal/platform/clock"
	"github.com/guildhall/guildhall/internal/platform/db"
	"github.com/guildhall/guildhall/internal/platform/id"
)

// Channel is the name under which new events are announced. The announcement
// is only a wake-up: readers read the table.
const Channel = "events"

// Event is one fact.
type Event struct {
	ID       id.ID
	Seq      int64 // commit order, from 1
	Kind     string
	Subject  id.ID
	Audience id.ID
	Actor    id.ID // an author, 0 when nobody is behind it
	Other    id.ID // a second subject, 0 for none
	Quiet    bool  // imports: receipts and search follow, no notice, mail or webhook
	At       time.Time
}

// Recorder records events with the clock's time.
type Recorder struct {
	Clock clock.Clock
}

// Record writes the event in the transaction. ID, Seq and At are set here.
func (r Recorder) Record(tx *db.Tx, e Event) error {
	at := e.At
	if at.IsZero() {
		at = r.Clock.Now()
	}
	sql := recordSQL
	if tx.Dialect() == db.SQLite {
		sql = recordNumberedSQL
	}
	if _, err := tx.Exec(sql, id.New(r.Clock.Now()), e.Kind, e.Subject, e.Audience, e.Actor, e.Other, e.Quiet, db.At(at)); err != nil {
		return err
	}
	tx.Notify(Channel, "")
	return nil
}
