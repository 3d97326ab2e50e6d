package job

import (
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/guildhall/guildhall/internal/platform/db"
	"github.com/guildhall/guildhall/internal/platform/fault"
	"github.com/guildhall/guildhall/internal/platform/id"
)

// Priority orders the jobs of a queue that are due.
type Priority int

// The priorities; the zero value is Normal.
const (
	Normal Priority = iota
	High
	Low
)

// stored is the number that sorts.
func (p Priority) stored() int {
	switch p {
	case High:
		return 1
	case Low:
		return 3
	}
	return 2
}

// Job is work to be done later.
type Job struct {
	Kind string // the worker's name, "mail.send"
	Args any    // given to the worker as JSON; ids and numbers rather than words
	// UniqueKey, when set, lets only one job of the kind with this key wait.
	// Another may be running meanwhile; the two never run at the same time.
	UniqueKey string
	RunAt     time.Time // not before; zero: at once
	Queue     string    // "" is DefaultQueue
	Priority  Priority
	// MaxAttempts is after how many failures the job is dead; 0 is 20, which
	// takes about two weeks.
	MaxAttempts int
}

// DefaultQueue is the queue of jobs that name none.
const DefaultQueue = "default"

// channel wakes the workers.
const channel = "jobs"

// Enqueue writes the job in tx. When a job of the same kind and UniqueKey
// waits already, that one stays, and is brought forward if j is due earlier.
func Enqueue(tx *db.Tx, j Job) error {
	_, err := EnqueueID(tx, j)
	return err
}

// EnqueueID is Enqueue; it returns the id of the job that waits, by which a
// page can follow its progress with Find.
func EnqueueID(tx *db.Tx, j Job) (id.ID, error) {
	if j.Kind == "" {
		return 0, errors.New("job: no kind")
	}
	args, err := json.Marshal(j.Args)
	if err != nil {
		return 0, fmt.Errorf("job %s: %w", j.Kind, err)
	}
	now := tx.Now()
	at := now
	if !j.RunAt.IsZero() {
		at = db.At(j.RunAt)
	}
	if j.Queue == "" {
		j.Queue = DefaultQueue
	}
	if j.MaxAttempts <= 0 {
		j.MaxAttempts = 20
	}
	key := id.New(now.Time())
	if j.UniqueKey == "" {
		_, err = tx.Exec(insertJobSQL, key, j.Kind, j.Queue, j.Priority.stored(), string(args), j.MaxAttempts, at, now)
	} else {
		_, err = tx.Row(insertUniqueJobSQL, []any{&key}, key, j.Kind, j.Queue, j.Priority.stored(), string(args), j.UniqueKey, j.MaxAttempts, at, now)
	}
	if err != nil {
		return 0, fmt.Errorf("enqueue %s: %w", j.Kind, err)
	}
	tx.Notify(channel, "")
	return key, nil
}

// State is where a job stands.
type State string

// The states. Jobs that ended well are gone, except those that told of their
// progress, which stay as Done for a week.
const (
	Waiting State = "waiting"
	Running State = "running"
	Done    State = "done"
	Dead    State = "dead"
)

// Progress is what a long job says of itself.
type Progress struct {
	Done, Total int64 // in the job's own unit
	Text        string
}

// Info is a job as pages show it.
type Info struct {
	ID          id.ID
	Kind        string
	Queue       string
	State       State
	Attempt     int
	MaxAttempts int
	RunAt       db.Time
	MadeAt      db.Time
	EndedAt     db.Time
	Error       string // of the last attempt
	Progress    Progress
}

// Find returns the job; false when there is none or it ended without ever
// telling its progress.
func Find(tx *db.Tx, job id.ID) (Info, bool, error) {
	return db.One(tx, findJobSQL, scanInfo, job)
}

// DeadJobs returns up to limit dead jobs, the latest first, that ended before
// the given one (the zero Info: from the latest).
func DeadJobs(tx *db.Tx, before Info, limit int) ([]Info, error) {
	at, key := before.EndedAt, before.ID
	if at.IsZero() {
		at, key = db.At(time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC)), 1<<63-1
	}
	return db.All(tx, deadJobsSQL, scanInfo, at, key, limit)
}

// Failure is a job that failed, and what it was to do.
type Failure struct {
	Info
	Args []byte // JSON
}

// far is longer than any Backoff.
const far = 30 * time.Hour

// Failing returns up to limit jobs of the kinds that failed and will be tried
// again, the next first.
func Failing(tx *db.Tx, kinds []string, limit int) ([]Failure, error) {
	return db.All(tx, failingJobsSQL, scanFailure, tx.Now().Add(far), kinds, limit)
}

// Failed returns up to limit dead jobs of the kinds, the latest first.
func Failed(tx *db.Tx, kinds []string, limit int) ([]Failure, error) {
	return db.All(tx, failedJobsSQL, scanFailure, kinds, limit)
}

// Hurry lets the jobs that Failing returns be tried at once.
func Hurry(tx *db.Tx, kinds []string) error {
	n, err := tx.Exec(hurryJobsSQL, tx.Now(), tx.Now().Add(far), kinds)
	if n > 0 {
		tx.Notify(channel, "")
	}
	return err
}

// Revive lets a dead job wait again, with all its attempts.
//
// Errors: NotFound when it is not dead, Conflict when another with its key
// waits.
func Revive(tx *db.Tx, job id.ID) error {
	i, found, err := Find(tx, job)
	if err != nil {
		return err
	}
	if !found || i.State != Dead {
		return fault.Missing()
	}
	n, err := tx.Exec(reviveJobSQL, tx.Now(), job)
	if err != nil {
		return err
	}
	if n == 0 {
		return fault.New(fault.Conflict, "fault.conflict")
	}
	tx.Notify(channel, "")
	return nil
}

// Discard forgets a dead job.
//
// Errors: NotFound when it is not dead.
func Discard(tx *db.Tx, job id.ID) error {
	n, err := tx.Exec(discardJobSQL, job)
	if err == nil && n == 0 {
		return fault.Missing()
	}
	return err
}

// Count is how many jobs of a queue are in a state.
type Count struct {
	State  State
	Queue  string
	N      int64
	Oldest db.Time // the earliest RunAt among them
}

// Counts returns the numbers for the admin's page and the metrics.
func Counts(tx *db.Tx) ([]Count, error) {
	return db.All(tx, countJobsSQL, func(r *db.Rows, c *Count) error {
		return r.Scan(&c.State, &c.Queue, &c.N, &c.Oldest)
	})
}
