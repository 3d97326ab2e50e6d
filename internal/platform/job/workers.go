package job

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"math/rand/v2"
	"runtime/debug"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/guildhall/guildhall/internal/platform/db"
	"github.com/guildhall/guildhall/internal/platform/fault"
	"github.com/guildhall/guildhall/internal/platform/id"
)

// Config says how jobs are run. The zero value is good.
type Config struct {
	Queues map[string]int // queue -> jobs at the same time; nil: DefaultQueue with 8
	Lease  time.Duration  // after this without a sign of life another server takes over; 0: one minute
	Poll   time.Duration  // how often an idle server looks by itself; 0: 15 s
	Grace  time.Duration  // how long Run waits for running jobs at the end before it cancels them; 0: 10 s
	Log    *slog.Logger   // failed jobs; nil: silence
}

// Workers runs the jobs of the kinds it knows.
type Workers struct {
	db    *db.DB
	cfg   Config
	kinds map[string]func(context.Context, *Run) error
	every map[string]Schedule
	token string // names this process in leases
	lease atomic.Int64

	results chan result
	nudge   chan struct{}

	mu      sync.Mutex
	running map[id.ID]*Run // and those claimed that wait for a place
}

// New returns workers without any kind; see Handle and Every.
func New(d *db.DB, c Config) *Workers {
	if c.Queues == nil {
		c.Queues = map[string]int{DefaultQueue: 8}
	}
	if c.Lease <= 0 {
		c.Lease = time.Minute
	}
	if c.Poll <= 0 {
		c.Poll = 15 * time.Second
	}
	if c.Grace <= 0 {
		c.Grace = 10 * time.Second
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	w := &Workers{
		db: d, cfg: c,
		kinds:   map[string]func(context.Context, *Run) error{},
		every:   map[string]Schedule{},
		token:   id.Random().String(),
		results: make(chan result, 256),
		nudge:   make(chan struct{}, 1),
		running: map[id.ID]*Run{},
	}
	w.kinds[sweepKind] = w.sweep
	w.every[sweepKind] = Daily{Hour: 3, Minute: 17}
	return w
}

// Handle registers fn as the worker of a kind; T is what Job.Args was. An
// error or panic makes the job come again later; see Later and Never. Handle
// panics when the kind has a worker already, which is a mistake of the
// program. It is called before Run and Drain.
func Handle[T any](w *Workers, kind string, fn func(ctx context.Context, r *Run, args T) error) {
	w.register(kind, func(ctx context.Context, r *Run) error {
		var args T
		if err := json.Unmarshal(r.args, &args); err != nil {
			return Never(fmt.Errorf("arguments of %s: %w", kind, err))
		}
		return fn(ctx, r, args)
	})
}

// Every runs fn on a schedule, once in the whole cluster. When every server
// was down at the moment it runs once at the next start. name is its kind.
func (w *Workers) Every(name string, s Schedule, fn func(ctx context.Context, r *Run) error) {
	w.register(name, fn)
	w.every[name] = s
}

func (w *Workers) register(kind string, fn func(context.Context, *Run) error) {
	if w.kinds[kind] != nil {
		panic("job: two workers for " + kind)
	}
	w.kinds[kind] = fn
}

const sweepKind = "jobs.sweep"

// sweep forgets jobs done a week ago.
func (w *Workers) sweep(ctx context.Context, _ *Run) error {
	return w.db.Claim(ctx, func(tx *db.Tx) error {
		_, err := tx.Exec(sweepJobsSQL, tx.Now().Add(-7*24*time.Hour))
		return err
	})
}

// Run is one attempt at a job.
type Run struct {
	ID          id.ID
	Kind        string
	Attempt     int // 1 the first time
	MaxAttempts int
	MadeAt      db.Time

	w        *Workers
	args     []byte
	lease    string
	cancel   context.CancelCauseFunc // under Workers.mu
	lost     bool                    // under Workers.mu: before it began, its lease was lost
	progress Progress
	told     db.Time // when progress was last stored
}

// ErrLeaseLost is the cause of a job's context when another server has taken
// the job over.
var ErrLeaseLost = errors.New("job: lease lost")

// Done ends the job in tx, together with what the job did there, so that both
// happen or neither. It returns a Conflict when another server has taken the
// job over; return that error from the closure.
func (r *Run) Done(tx *db.Tx) error {
	var n int64
	var err error
	if r.progress != (Progress{}) {
		n, err = tx.Exec(keepDoneInTxSQL, tx.Now(), r.ID, r.lease)
	} else {
		n, err = tx.Exec(doneInTxSQL, r.ID, r.lease)
	}
	if err != nil {
		return err
	}
	if n == 0 {
		return fault.Because(fault.Conflict, "fault.conflict", ErrLeaseLost)
	}
	return nil
}

// Progress stores how far the job is, for Find. It writes at most once a
// second, but always the first time and when p is complete.
func (r *Run) Progress(ctx context.Context, p Progress) error {
	now := db.At(r.w.db.Clock().Now())
	first := r.progress == (Progress{})
	r.progress = p
	if !first && p.Done < p.Total && now.Sub(r.told) < time.Second && now.Sub(r.told) >= 0 {
		return nil
	}
	r.told = now
	return r.w.db.Claim(ctx, func(tx *db.Tx) error {
		_, err := tx.Exec(progressSQL, p.Done, p.Total, p.Text, r.ID, r.lease)
		return err
	})
}

type laterError struct{ d time.Duration }

func (e laterError) Error() string { return "job: again in " + e.d.String() }

// Later is returned by a worker that wants to be asked again after d. It does
// not count as an attempt.
func Later(d time.Duration) error { return laterError{d} }

type neverError struct{ error }

func (e neverError) Unwrap() error { return e.error }

// Never is returned by a worker for an error that no further attempt would
// mend: the job is dead at once.
func Never(err error) error { return neverError{err} }

// Backoff is how long a job waits after its n-th failure: 2, 4, 8 ... seconds,
// at most a day, a fifth more or less by chance.
func Backoff(n int) time.Duration {
	d := 24 * time.Hour
	if n < 17 {
		d = time.Second << n
	}
	return d - d/5 + rand.N(2*d/5)
}

// result is how an attempt ended.
type result struct {
	r   *Run
	err error
}

// perform runs the worker and turns a panic into an error.
func (w *Workers) perform(ctx context.Context, r *Run) (err error) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	w.mu.Lock()
	r.cancel = cancel
	lost := r.lost
	w.mu.Unlock()
	if lost {
		return ErrLeaseLost
	}
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("panic: %v\n%s", p, debug.Stack())
		}
	}()
	return w.kinds[r.Kind](ctx, r)
}

func (w *Workers) kindNames() []string { return slices.Sorted(maps.Keys(w.kinds)) }

// claim takes up to n jobs of the queue that are due.
func (w *Workers) claim(ctx context.Context, queue string, n int) ([]*Run, error) {
	kinds := w.kindNames()
	for look := n; ; look *= 4 {
		var ids []int64
		err := w.db.Read(ctx, func(tx *db.Tx) (err error) {
			ids, err = dueJobs(tx, queue, kinds, look)
			return err
		})
		if err != nil || len(ids) == 0 {
			return nil, err
		}
		seen := len(ids)
		if len(ids) > n {
			// Others took the first ones; take ours from further back.
			ids = ids[len(ids)-n:]
		}
		lease := w.token + "." + strconv.FormatInt(w.lease.Add(1), 36)
		var list []claimed
		err = w.db.Claim(ctx, func(tx *db.Tx) (err error) {
			list, err = claimJobs(tx, ids, lease, tx.Now().Add(w.cfg.Lease))
			return err
		})
		if err != nil {
			return nil, err
		}
		if len(list) == 0 && seen == look && look < 64*n {
			continue
		}
		place := map[id.ID]int{}
		for i, k := range ids {
			place[id.ID(k)] = i
		}
		slices.SortFunc(list, func(a, b claimed) int { return place[a.id] - place[b.id] })
		runs := make([]*Run, len(list))
		w.mu.Lock()
		for i, c := range list {
			runs[i] = &Run{ID: c.id, Kind: c.kind, Attempt: c.attempt, MaxAttempts: c.maxAttempts, MadeAt: c.madeAt, w: w, args: c.args, lease: c.lease}
			w.running[c.id] = runs[i]
		}
		w.mu.Unlock()
		return runs, nil
	}
}

// settle writes how attempts ended, many at once.
func (w *Workers) settle(ctx context.Context, batch []result) error {
	gone := map[string][]int64{}
	kept := map[string][]int64{}
	for _, b := range batch {
		if b.err == nil {
			into := gone
			if b.r.progress != (Progress{}) {
				into = kept
			}
			into[b.r.lease] = append(into[b.r.lease], int64(b.r.ID))
		}
	}
	err := w.db.Claim(context.WithoutCancel(ctx), func(tx *db.Tx) error {
		for lease, ids := range gone {
			if _, err := tx.Exec(deleteDoneSQL, ids, lease); err != nil {
				return err
			}
		}
		for lease, ids := range kept {
			if _, err := tx.Exec(keepDoneSQL, tx.Now(), ids, lease); err != nil {
				return err
			}
		}
		for _, b := range batch {
			if b.err != nil {
				if err := failed(tx, b); err != nil {
					return err
				}
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	w.mu.Lock()
	for _, b := range batch {
		if w.running[b.r.ID] == b.r {
			delete(w.running, b.r.ID)
		}
	}
	w.mu.Unlock()
	return nil
}

// failed puts a job back, or to the dead.
func failed(tx *db.Tx, b result) error {
	var later laterError
	var never neverError
	switch {
	case errors.As(b.err, &later):
		return putBack(tx, b.r.ID, b.r.lease, tx.Now().Add(later.d), nil, 1)
	case errors.As(b.err, &never) || b.r.Attempt >= b.r.MaxAttempts:
		_, err := tx.Exec(deadJobSQL, tx.Now(), reason(b.err), b.r.ID, b.r.lease)
		return err
	}
	text := reason(b.err)
	return putBack(tx, b.r.ID, b.r.lease, tx.Now().Add(Backoff(b.r.Attempt)), &text, 0)
}

// putBack lets a job wait again. When another with its key waits, that one
// does the work and this one goes.
func putBack(tx *db.Tx, job id.ID, lease string, at db.Time, reason *string, refund int) error {
	n, err := tx.Exec(retryJobSQL, at, reason, refund, job, lease)
	if err == nil && n == 0 {
		_, err = tx.Exec(doneInTxSQL, job, lease)
	}
	return err
}

// reason is what is kept of an error: text that both databases take, at most
// 4,000 bytes.
func reason(err error) string {
	text := []byte(err.Error())
	if len(text) > 4000 {
		text = text[:4000]
	}
	clean := make([]rune, 0, len(text))
	for _, r := range string(text) {
		if r != 0 {
			clean = append(clean, r)
		}
	}
	return string(clean)
}

// rescue puts back the jobs of servers that gave no sign of life.
func (w *Workers) rescue(ctx context.Context) error {
	type lost struct {
		id      id.ID
		lease   string
		attempt int
		most    int
	}
	var list []lost
	err := w.db.Read(ctx, func(tx *db.Tx) (err error) {
		list, err = db.All(tx, expiredJobsSQL, func(r *db.Rows, l *lost) error {
			return r.Scan(&l.id, &l.lease, &l.attempt, &l.most)
		}, tx.Now())
		return err
	})
	if err != nil || len(list) == 0 {
		return err
	}
	text := "the server that ran this gave no sign of life"
	return w.db.Claim(ctx, func(tx *db.Tx) error {
		for _, l := range list {
			var err error
			if l.attempt >= l.most {
				_, err = tx.Exec(deadJobSQL, tx.Now(), text, l.id, l.lease)
			} else {
				err = putBack(tx, l.id, l.lease, tx.Now(), &text, 0)
			}
			if err != nil {
				return err
			}
		}
		return nil
	})
}

// prepare makes the rows of the schedules.
func (w *Workers) prepare(ctx context.Context) error {
	return w.db.Claim(ctx, func(tx *db.Tx) error {
		for _, name := range slices.Sorted(maps.Keys(w.every)) {
			next := w.every[name].Next(tx.Now().Time())
			if _, err := tx.Exec(insertScheduleSQL, name, db.At(next)); err != nil {
				return err
			}
		}
		return nil
	})
}

// fire enqueues what its schedule says is due, and returns when the next one
// is.
func (w *Workers) fire(ctx context.Context) (next db.Time, err error) {
	type row struct {
		name string
		at   db.Time
	}
	var rows []row
	var now db.Time
	err = w.db.Read(ctx, func(tx *db.Tx) (err error) {
		now = tx.Now()
		rows, err = db.All(tx, schedulesSQL, func(r *db.Rows, v *row) error { return r.Scan(&v.name, &v.at) }, slices.Sorted(maps.Keys(w.every)))
		return err
	})
	if err != nil {
		return next, err
	}
	for _, r := range rows {
		at := r.at
		if !at.After(now) {
			err := w.db.Claim(ctx, func(tx *db.Tx) error {
				at = db.At(w.every[r.name].Next(now.Time()))
				n, err := tx.Exec(advanceScheduleSQL, at, r.name, r.at)
				if err != nil || n == 0 {
					return err // n == 0: another server was first
				}
				return Enqueue(tx, Job{Kind: r.name, UniqueKey: r.name})
			})
			if err != nil {
				return next, err
			}
		}
		if next.IsZero() || at.Before(next) {
			next = at
		}
	}
	return next, nil
}

// Drain runs everything that is due, on the calling goroutine and in order,
// until nothing is, including schedules and what the jobs enqueue. It returns
// the errors of all attempts that failed; those jobs wait for their next
// attempt. It does not wait for jobs that other servers run.
func (w *Workers) Drain(ctx context.Context) error {
	if err := w.prepare(ctx); err != nil {
		return err
	}
	stop, beating := make(chan struct{}), make(chan struct{})
	go func() { defer close(beating); w.beat(ctx, stop) }()
	defer func() { close(stop); <-beating }()
	var failures []error
	for {
		if err := ctx.Err(); err != nil {
			return errors.Join(append(failures, err)...)
		}
		if err := w.rescue(ctx); err != nil {
			return errors.Join(append(failures, err)...)
		}
		if _, err := w.fire(ctx); err != nil {
			return errors.Join(append(failures, err)...)
		}
		ran := false
		for _, queue := range slices.Sorted(maps.Keys(w.cfg.Queues)) {
			runs, err := w.claim(ctx, queue, 64)
			if err != nil {
				return errors.Join(append(failures, err)...)
			}
			var batch []result
			for _, r := range runs {
				err := w.perform(ctx, r)
				if err != nil && !errors.As(err, new(laterError)) {
					failures = append(failures, fmt.Errorf("%s: %w", r.Kind, err))
				}
				batch = append(batch, result{r, err})
			}
			if len(batch) > 0 {
				ran = true
				if err := w.settle(ctx, batch); err != nil {
					return errors.Join(append(failures, err)...)
				}
			}
		}
		if !ran {
			return errors.Join(failures...)
		}
	}
}

// Run works until ctx ends. Then it claims nothing more, gives running jobs
// Config.Grace to finish, cancels those that have not, and returns nil. It
// returns an error only when it cannot begin.
func (w *Workers) Run(ctx context.Context) error {
	wake, err := w.db.Listen(ctx, channel)
	if err != nil {
		return err
	}
	if err := w.prepare(ctx); err != nil {
		if ctx.Err() != nil {
			return nil // it ended before it began
		}
		return fmt.Errorf("job: schedules: %w", err)
	}
	// Jobs outlive ctx by the grace.
	jobCtx, cancelJobs := context.WithCancel(context.WithoutCancel(ctx))
	defer cancelJobs()

	var workers, helpers sync.WaitGroup
	todo := map[string]chan *Run{}
	for queue, n := range w.cfg.Queues {
		c := make(chan *Run, 4*n)
		todo[queue] = c
		for range n {
			workers.Go(func() {
				for r := range c {
					if len(c) < n {
						w.poke()
					}
					w.results <- result{r, w.perform(jobCtx, r)}
				}
			})
		}
	}
	settled := make(chan struct{})
	go func() { defer close(settled); w.settleAll(jobCtx) }()
	stopBeat := make(chan struct{})
	helpers.Go(func() { w.beat(jobCtx, stopBeat) })

	w.dispatch(ctx, todo, wake)

	for _, c := range todo {
		w.release(jobCtx, c)
		close(c)
	}
	finished := make(chan struct{})
	go func() { workers.Wait(); close(finished) }()
	grace := time.NewTimer(w.cfg.Grace)
	defer grace.Stop()
	select {
	case <-finished:
	case <-grace.C:
		cancelJobs()
		<-finished
	}
	close(w.results)
	<-settled
	close(stopBeat)
	helpers.Wait()
	return nil
}

func (w *Workers) poke() {
	select {
	case w.nudge <- struct{}{}:
	default:
	}
}

// dispatch claims jobs and hands them out until ctx ends.
func (w *Workers) dispatch(ctx context.Context, todo map[string]chan *Run, wake <-chan string) {
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		wait, err := w.round(ctx, todo)
		if ctx.Err() != nil {
			return
		}
		if err != nil {
			w.cfg.Log.Error("looking for jobs", "error", err)
			wait = min(w.cfg.Poll, 5*time.Second)
		}
		timer.Reset(wait)
		select {
		case <-ctx.Done():
			return
		case <-timer.C:
		case <-w.nudge:
		case _, open := <-wake:
			if !open {
				wake = nil
			}
			for len(wake) > 0 {
				<-wake
			}
		}
	}
}

// round fires schedules and claims what there is room for. It returns how
// long nothing will become due by itself.
func (w *Workers) round(ctx context.Context, todo map[string]chan *Run) (time.Duration, error) {
	if err := w.rescue(ctx); err != nil {
		return 0, err
	}
	next, err := w.fire(ctx)
	if err != nil {
		return 0, err
	}
	for queue, c := range todo {
		for room := cap(c) - len(c); room > cap(c)/2; room = cap(c) - len(c) {
			runs, err := w.claim(ctx, queue, room)
			if err != nil {
				return 0, err
			}
			for _, r := range runs {
				c <- r
			}
			if len(runs) < room {
				break
			}
		}
	}
	var now db.Time
	err = w.db.Read(ctx, func(tx *db.Tx) error {
		now = tx.Now()
		var at db.Time
		found, err := tx.Row(nextJobSQL, []any{&at}, now, w.kindNames())
		if found && (next.IsZero() || at.Before(next)) {
			next = at
		}
		return err
	})
	if err != nil {
		return 0, err
	}
	wait := w.cfg.Poll
	if !next.IsZero() {
		wait = min(wait, max(time.Millisecond, next.Sub(now)))
	}
	return wait, nil
}

// settleAll writes results in batches until the channel is closed.
func (w *Workers) settleAll(ctx context.Context) {
	for first := range w.results {
		batch := []result{first}
	more:
		for len(batch) < 256 {
			select {
			case r, open := <-w.results:
				if !open {
					break more
				}
				batch = append(batch, r)
			default:
				break more
			}
		}
		for _, b := range batch {
			if b.err != nil && !errors.As(b.err, new(laterError)) {
				w.cfg.Log.Error("job failed", "kind", b.r.Kind, "job", b.r.ID.String(), "attempt", b.r.Attempt, "error", b.err)
			}
		}
		for pause := 10 * time.Millisecond; ; pause = min(2*pause, 5*time.Second) {
			err := w.settle(ctx, batch)
			if err == nil {
				break
			}
			w.cfg.Log.Error("settling jobs", "error", err)
			if ctx.Err() != nil {
				break // their leases run out
			}
			time.Sleep(pause)
		}
		w.poke()
	}
}

// beat renews the leases of the jobs this server has.
func (w *Workers) beat(ctx context.Context, stop <-chan struct{}) {
	tick := time.NewTicker(w.cfg.Lease / 3)
	defer tick.Stop()
	for {
		select {
		case <-stop:
			return
		case <-tick.C:
		}
		if err := w.renew(ctx); err != nil {
			w.cfg.Log.Error("renewing leases", "error", err)
		}
	}
}

func (w *Workers) renew(ctx context.Context) error {
	var ids []int64
	leases := map[string]bool{}
	w.mu.Lock()
	mine := maps.Clone(w.running)
	w.mu.Unlock()
	for k, r := range mine {
		ids = append(ids, int64(k))
		leases[r.lease] = true
	}
	if len(ids) == 0 {
		return nil
	}
	var kept []int64
	err := w.db.Claim(context.WithoutCancel(ctx), func(tx *db.Tx) (err error) {
		kept, err = db.All(tx, renewLeasesSQL, func(r *db.Rows, v *int64) error { return r.Scan(v) },
			tx.Now().Add(w.cfg.Lease), ids, slices.Sorted(maps.Keys(leases)))
		return err
	})
	if err != nil {
		return err
	}
	for _, k := range kept {
		delete(mine, id.ID(k))
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	for k, r := range mine {
		// Settled meanwhile, or somebody else has it.
		if w.running[k] == r {
			delete(w.running, k)
			r.lost = true
			if r.cancel != nil {
				r.cancel(ErrLeaseLost)
			}
		}
	}
	return nil
}

// release gives back what was claimed and has not begun.
func (w *Workers) release(ctx context.Context, c chan *Run) {
	var list []*Run
	for {
		select {
		case r := <-c:
			list = append(list, r)
			continue
		default:
		}
		break
	}
	if len(list) == 0 {
		return
	}
	err := w.db.Claim(ctx, func(tx *db.Tx) error {
		for _, r := range list {
			if err := putBack(tx, r.ID, r.lease, tx.Now(), nil, 1); err != nil {
				return err
			}
		}
		tx.Notify(channel, "")
		return nil
	})
	if err != nil {
		w.cfg.Log.Error("releasing jobs", "error", err) // their leases run out
	}
}
