package db

import (
	"cmp"
	"context"
	"errors"
	"log/slog"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// Group commit. One goroutine owns the writing connection. It begins a
// transaction, lets each waiting Write run its closure on the goroutine that
// called Write (so panics and runtime.Goexit happen where they belong), one
// after the other, and commits once for all.
//
// A closure that fails before it wrote needs no undoing. When one fails after
// it wrote, the transaction is rolled back and its members run again, now each
// within a savepoint that undoes it alone; groups stay careful for a while.
// They are not careful always because FTS5 writes out its index at every
// savepoint, which halves the rate of posting.
//
// When the transaction as a whole is lost (the disk is full, the commit
// fails), every member runs again in a transaction of its own, so that only
// the guilty one sees the error.

const (
	groupMost = 256                   // closures in one transaction
	groupTime = 10 * time.Millisecond // after this no further closure joins
	careFor   = 16                    // groups with savepoints after a failure

	// What follows waits until nobody has written for quiet, at most for
	// patience.
	quiet    = 3 * time.Millisecond
	patience = 250 * time.Millisecond

	// How often a process in which somebody listens looks whether another one
	// has written: what a command changes reaches the streams of a server
	// within the same second.
	lookEvery = 400 * time.Millisecond
)

var errClosed = unavailable(errors.New("db: closed"))

// verdict is what the writer tells a waiting Write: run your closure now, or
// this is how it ended.
type verdict struct {
	run bool
	err error
}

type writeRequest struct {
	db   *DB
	ask  context.Context // the caller's, which may end while it waits
	ctx  context.Context // for statements, which nobody cancels
	fn   func(*Tx) error
	turn chan verdict // one place, so the writer never waits for a caller

	follows bool      // see WriteAfter
	since   time.Time // when it was queued

	state int // under writer.mu: waiting, taken, left

	// The writer and the caller hand these to each other with the turn.
	w     *writer
	tx    *Tx
	err   error
	gone  bool // the caller panicked or left by Goexit
	wrote bool // a statement that writes was begun
	saved bool // and a savepoint before it
}

const (
	waiting = iota
	taken
	left
)

type writer struct {
	lite  *lite
	conn  *sqliteConn
	log   *slog.Logger
	care  int           // this many more groups set savepoints
	wrote int           // closures committed
	back  chan struct{} // the caller has run its closure
	wake  chan struct{}
	done  chan struct{}

	heard   atomic.Bool // somebody listens, so others has to be told
	others  func()      // another process has written
	looked  time.Time
	version int64 // of the data at the last look, 0 before the first

	mu     sync.Mutex
	queue  []*writeRequest
	after  []*writeRequest // those that follow
	latest time.Time       // when the last one that does not was queued
	closed bool
}

func startWriter(l *lite, c *sqliteConn, others func(), log *slog.Logger) *writer {
	w := &writer{lite: l, conn: c, log: log, others: others, back: make(chan struct{}), wake: make(chan struct{}, 1), done: make(chan struct{})}
	go w.loop()
	return w
}

// stop lets the queue run empty and ends the goroutine.
func (w *writer) stop() {
	w.mu.Lock()
	w.closed = true
	w.mu.Unlock()
	w.nudge()
	<-w.done
}

// listen begins to tell others. It may be called often.
func (w *writer) listen() {
	if !w.heard.Swap(true) {
		w.nudge()
	}
}

// look tells others when another process has written since the last look.
func (w *writer) look() {
	if !w.heard.Load() || time.Since(w.looked) < lookEvery {
		return
	}
	w.looked = time.Now()
	v, err := w.conn.dataVersion()
	if err != nil {
		w.log.Warn("look for writes of other processes", "error", err)
		return
	}
	if w.version != 0 && v != w.version {
		w.others()
	}
	w.version = v
}

func (w *writer) nudge() {
	select {
	case w.wake <- struct{}{}:
	default:
	}
}

// submit queues r and sees it through.
func (w *writer) submit(ctx context.Context, r *writeRequest) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	r.w = w
	w.mu.Lock()
	if w.closed {
		w.mu.Unlock()
		return errClosed
	}
	r.since = time.Now()
	if r.follows {
		w.after = append(w.after, r)
	} else {
		w.queue, w.latest = append(w.queue, r), r.since
	}
	w.mu.Unlock()
	w.nudge()

	var v verdict
	select {
	case v = <-r.turn:
	case <-ctx.Done():
		w.mu.Lock()
		if r.state == waiting {
			r.state = left
			w.mu.Unlock()
			return ctx.Err()
		}
		w.mu.Unlock()
		v = <-r.turn
	}
	for v.run {
		r.runHere()
		v = <-r.turn
	}
	return v.err
}

// runHere runs the closure on the caller's goroutine and hands the turn back,
// also when the closure panics.
func (r *writeRequest) runHere() {
	finished := false
	defer func() {
		r.gone = !finished
		r.w.back <- struct{}{}
	}()
	r.err = r.fn(r.tx)
	finished = true
}

// writes is told before the first statement of a closure that writes.
func (r *writeRequest) writes() error {
	if r.wrote {
		return nil
	}
	r.wrote = true
	if r.w.care == 0 {
		return nil
	}
	r.saved = true
	return r.w.conn.script("SAVEPOINT one")
}

// next takes the oldest request that still wants to run and whose turn it is.
// Without one it is nil, and wait is the time until it may be somebody's turn, 0
// when nobody waits.
func (w *writer) next() (r *writeRequest, wait time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for {
		from := &w.queue
		if len(w.after) > 0 {
			now := time.Now()
			wait = min(w.latest.Add(quiet).Sub(now), w.after[0].since.Add(patience).Sub(now))
			if overdue := now.Sub(w.after[0].since) >= patience; overdue || len(w.queue) == 0 && (wait <= 0 || w.closed) {
				from = &w.after
			}
		}
		if len(*from) == 0 {
			*from = nil
			return nil, wait
		}
		r := (*from)[0]
		(*from)[0] = nil
		*from = (*from)[1:]
		if r.state != waiting {
			continue
		}
		r.state = taken
		if err := r.ask.Err(); err != nil {
			r.turn <- verdict{err: err}
			continue
		}
		return r, 0
	}
}

func (w *writer) loop() {
	defer close(w.done)
	for {
		w.look()
		r, wait := w.next()
		if r == nil {
			w.mu.Lock()
			closed := w.closed && len(w.after) == 0
			w.mu.Unlock()
			if closed {
				return
			}
			switch heard := w.heard.Load(); {
			case wait <= 0 && !heard:
				<-w.wake
				continue
			case wait <= 0:
				wait = lookEvery
			}
			select {
			case <-w.wake:
			case <-time.After(wait):
			}
			continue
		}
		w.group(r)
		w.lite.keepWALShort(w.conn)
	}
}

// group runs first and whoever else waits in one transaction.
func (w *writer) group(first *writeRequest) {
	if err := w.conn.script("BEGIN IMMEDIATE"); err != nil {
		w.finish(first, err)
		return
	}
	if w.care > 0 {
		w.care--
	}
	var members []*writeRequest
	start := time.Now()
	for r := first; r != nil; r, _ = w.next() {
		members = append(members, r)
		w.run(r)
		if r.failed() && r.wrote && !r.saved && w.conn.begun() {
			if members = w.again(members); members == nil {
				return
			}
		}
		if !w.conn.begun() {
			w.alone(members)
			return
		}
		if len(members) >= groupMost || time.Since(start) > groupTime {
			break
		}
	}
	if err := w.commit(members); err != nil {
		if len(members) == 1 {
			w.finish(first, err)
			return
		}
		w.alone(members)
		return
	}
	for _, r := range members {
		w.finish(r, r.err)
	}
}

// again undoes the transaction because its last member failed, and runs the
// members once more with savepoints in a new one. It returns those of the new
// transaction, nil when there is none.
func (w *writer) again(members []*writeRequest) []*writeRequest {
	guilty := members[len(members)-1]
	if err := w.conn.script("ROLLBACK"); err != nil && w.conn.begun() {
		w.log.Error("rollback", "error", err)
	}
	if len(members) == 1 {
		w.finish(guilty, guilty.err)
		return nil
	}
	if guilty.gone {
		members = members[:len(members)-1]
	}
	if err := w.conn.script("BEGIN IMMEDIATE"); err != nil {
		for _, r := range members {
			w.finish(r, err)
		}
		return nil
	}
	w.care = careFor
	for _, r := range members {
		if r.gone {
			continue
		}
		r.db.count.again.Add(1)
		w.run(r)
		if !w.conn.begun() {
			break // group sees it and runs each alone
		}
	}
	return members
}

func (r *writeRequest) failed() bool { return r.err != nil || r.gone }

// alone runs each member in a transaction of its own after the common one was
// lost.
func (w *writer) alone(members []*writeRequest) {
	for i, r := range members {
		if r.gone {
			continue
		}
		r.db.count.again.Add(1)
		if err := w.conn.script("BEGIN IMMEDIATE"); err != nil {
			w.finish(r, err)
			continue
		}
		w.run(r)
		if r.failed() && r.wrote && !r.saved && w.conn.begun() {
			_ = w.conn.script("ROLLBACK")
			w.finish(r, r.err)
			continue
		}
		if !w.conn.begun() {
			if r.err == nil {
				r.err = unavailable(errors.New("sqlite: the transaction was lost"))
			}
			w.finish(r, r.err)
			continue
		}
		if err := w.commit(members[i : i+1]); err != nil {
			w.finish(r, err)
			continue
		}
		w.finish(r, r.err)
	}
}

func (w *writer) commit(members []*writeRequest) error {
	err := w.runLast(members)
	if err == nil {
		err = w.conn.script("COMMIT")
	}
	if err == nil {
		c := &members[0].db.count
		c.groups.Add(1)
		for _, r := range members {
			if r.err == nil && !r.gone {
				c.writes.Add(1)
				w.wrote++
			}
		}
	}
	if err != nil && w.conn.begun() {
		_ = w.conn.script("ROLLBACK")
	}
	return err
}

// runLast runs what the members left for the end, see Tx.ExecLast.
func (w *writer) runLast(members []*writeRequest) error {
	var all []lastStatement
	for _, r := range members {
		if !r.failed() {
			all = append(all, r.tx.last...)
		}
	}
	slices.SortStableFunc(all, func(a, b lastStatement) int { return cmp.Compare(a.row, b.row) })
	for _, l := range all {
		if err := w.conn.exec(l.sql, l.args); err != nil {
			return err
		}
	}
	return nil
}

// run gives r its turn and undoes what it did when it failed.
func (w *writer) run(r *writeRequest) {
	r.tx = &Tx{db: r.db, ctx: r.ctx, lite: w.conn, write: r}
	r.err, r.wrote, r.saved = nil, false, false
	start := time.Now()
	r.turn <- verdict{run: true}
	<-w.back
	r.tx.end()
	if r.err == nil {
		r.err = r.tx.err
	}
	if took := time.Since(start); took > slowWrite {
		w.log.Warn("a write held the writer", "took", took)
	}
	if !r.saved || !w.conn.begun() {
		return
	}
	if r.failed() {
		if err := w.conn.script("ROLLBACK TO one"); err != nil {
			_ = w.conn.script("ROLLBACK") // every other member runs again
			return
		}
	}
	if err := w.conn.script("RELEASE one"); err != nil {
		_ = w.conn.script("ROLLBACK")
	}
}

func (w *writer) finish(r *writeRequest, err error) {
	if !r.gone {
		r.turn <- verdict{err: err}
	}
}
