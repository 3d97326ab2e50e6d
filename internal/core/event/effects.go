package event

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"

	"github.com/guildhall/guildhall/internal/platform/db"
)

// Effect is what follows from events. Prepare reads and computes, outside any
// write, and returns the writes; Apply runs once for the batch, in the
// transaction that moves the effect's cursor. So every batch has its effect
// exactly once, however often it is prepared.
type Effect struct {
	Name    string
	Batch   int // events at a time, 100 when 0
	Prepare func(ctx context.Context, events []Event) (apply func(tx *db.Tx) error, err error)
}

// Effects runs effects until they have seen every event.
type Effects struct {
	DB  *db.DB
	Log *slog.Logger

	mu      sync.Mutex // one pass at a time in this process
	effects []Effect
}

// Add registers an effect. A new effect starts with the first event.
func (x *Effects) Add(e Effect) {
	if e.Batch == 0 {
		e.Batch = 100
	}
	x.effects = append(x.effects, e)
}

// errMoved says that another server carried out the batch.
var errMoved = errors.New("event: cursor moved")

// Drain carries out every effect of every event there is and returns how many
// events the slowest effect had to see.
func (x *Effects) Drain(ctx context.Context) (int, error) {
	x.mu.Lock()
	defer x.mu.Unlock()
	most := 0
	for {
		if err := publish(ctx, x.DB); err != nil {
			return most, err
		}
		did := 0
		for _, e := range x.effects {
			n, err := x.step(ctx, e)
			if err != nil {
				return most, err
			}
			did = max(did, n)
		}
		if did == 0 {
			return most, nil
		}
		most += did
	}
}

// step lets one effect see one batch.
func (x *Effects) step(ctx context.Context, e Effect) (int, error) {
	var at int64
	var batch []Event
	err := x.DB.Read(ctx, func(tx *db.Tx) error {
		known, err := tx.Row(cursorSQL, []any{&at}, e.Name)
		if err != nil {
			return err
		}
		if !known {
			at = -1
		}
		batch, err = After(tx, max(at, 0), e.Batch)
		return err
	})
	if err != nil || len(batch) == 0 {
		return 0, err
	}
	if at < 0 {
		at = 0
		if err := x.DB.Write(ctx, func(tx *db.Tx) error {
			_, err := tx.Exec(ensureCursorSQL, e.Name, 0)
			return err
		}); err != nil {
			return 0, err
		}
	}
	apply, err := e.Prepare(ctx, batch)
	if err != nil {
		return 0, err
	}
	err = x.DB.WriteAfter(ctx, func(tx *db.Tx) error {
		n, err := tx.Exec(moveCursorSQL, batch[len(batch)-1].Seq, e.Name, at)
		if err != nil {
			return err
		}
		if n == 0 {
			return errMoved
		}
		if apply == nil {
			return nil
		}
		return apply(tx)
	})
	if errors.Is(err, errMoved) {
		return len(batch), nil
	}
	return len(batch), err
}

// Run drains whenever events are announced, and every second in case an
// announcement was lost, until ctx ends.
func (x *Effects) Run(ctx context.Context) error {
	wake, err := x.DB.Listen(ctx, Channel)
	if err != nil {
		return err
	}
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	for {
		if _, err := x.Drain(ctx); err != nil && ctx.Err() == nil {
			x.Log.Error("effects stopped at an error and will be tried again", "error", err)
			select {
			case <-time.After(2 * time.Second):
			case <-ctx.Done():
			}
		}
		select {
		case <-ctx.Done():
			return nil
		case <-wake:
		case <-tick.C:
		}
	}
}

// publish numbers committed events on PostgreSQL.
func publish(ctx context.Context, d *db.DB) error {
	if d.Dialect() != db.Postgres {
		return nil
	}
	var waiting bool
	if err := d.Read(ctx, func(tx *db.Tx) error {
		_, err := tx.Row(unnumberedSQL, []any{&waiting})
		return err
	}); err != nil || !waiting {
		return err
	}
	return d.Write(ctx, func(tx *db.Tx) error {
		if _, err := tx.Exec(lockPublisherPostgresSQL); err != nil {
			return err
		}
		_, err := tx.Exec(numberSQL)
		return err
	})
}
