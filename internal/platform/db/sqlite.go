package db

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"

	"modernc.org/libc"
	sqlite3 "modernc.org/sqlite/lib"
)

// lite is an open SQLite file: one writer and a pool of readers.
type lite struct {
	path    string
	log     *slog.Logger
	readers chan struct{} // a place for each read that may run
	writer  *writer
	copier  *copier

	// Used by the writer alone: the length of the WAL when the last checkpoint
	// was asked for, and at which to make it begin anew.
	checked, restart int

	paused  atomic.Pointer[chan struct{}] // closed when new reads may begin again
	reading atomic.Int64                  // reads that run

	mu   sync.Mutex
	idle []*sqliteConn // the last one used is taken first: its cache is warm
	shut bool
}

func openLite(cfg Config, others func()) (*lite, error) {
	path, err := filepath.Abs(cfg.URL)
	if err != nil {
		return nil, err
	}
	_, statErr := os.Stat(path)
	if os.IsNotExist(statErr) {
		// Nobody else on the machine reads it; SQLite gives its other files
		// the same rights. What is wrong with the folder SQLite says.
		if f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600); err == nil {
			_ = f.Close()
		}
	}
	if err := checkHeader(path); err != nil {
		return nil, err
	}
	c, err := openSQLite(path, 0)
	if err != nil {
		return nil, err
	}
	side, err := openSQLite(path, smallCache)
	if err != nil {
		c.close()
		return nil, err
	}
	if cfg.Throwaway {
		for _, each := range []*sqliteConn{c, side} {
			if err := each.script("PRAGMA synchronous = OFF"); err != nil {
				side.close()
				c.close()
				return nil, fmt.Errorf("open %s: %w", path, err)
			}
		}
	}
	if os.IsNotExist(statErr) {
		// SQLite syncs the file but not the name of a new database.
		if dir, err := os.Open(filepath.Dir(path)); err == nil {
			_ = dir.Sync()
			_ = dir.Close()
		}
	}
	l := &lite{path: path, log: cfg.Log, readers: make(chan struct{}, cfg.Readers), restart: restartAt}
	c.countFrames()
	l.copier = startCopier(side, cfg.Log)
	l.writer = startWriter(l, c, others, cfg.Log)
	return l, nil
}

func (l *lite) close() error {
	l.writer.stop()
	l.copier.stop()
	for range cap(l.readers) {
		l.readers <- struct{}{}
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.shut = true
	for _, c := range l.idle {
		c.close()
	}
	l.idle = nil
	c := l.writer.conn
	// The statistics of a database that hardly changed would hardly change,
	// and those of an almost empty one would mislead.
	if l.writer.wrote >= optimiseAfter {
		if err := c.script(optimiseSQLite); err != nil {
			l.log.Warn("optimise on close", "error", err)
		}
	}
	c.close()
	return nil
}

func (l *lite) take(ctx context.Context) (*sqliteConn, error) {
	select {
	case l.readers <- struct{}{}:
	default:
		select {
		case l.readers <- struct{}{}:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
	l.mu.Lock()
	if l.shut {
		l.mu.Unlock()
		<-l.readers
		return nil, errClosed
	}
	if n := len(l.idle); n > 0 {
		c := l.idle[n-1]
		l.idle = l.idle[:n-1]
		l.mu.Unlock()
		return c, nil
	}
	l.mu.Unlock()
	c, err := openSQLite(l.path, cap(l.readers))
	if err != nil {
		<-l.readers
	}
	return c, err
}

func (l *lite) give(c *sqliteConn) {
	l.mu.Lock()
	l.idle = append(l.idle, c)
	l.mu.Unlock()
	<-l.readers
}

func (l *lite) read(ctx context.Context, d *DB, fn func(*Tx) error) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if err := l.enter(ctx); err != nil {
		return err
	}
	defer l.reading.Add(-1)
	c, err := l.take(ctx)
	if err != nil {
		return err
	}
	tx := &Tx{db: d, ctx: ctx, lite: c, reading: true}
	if ctx.Done() != nil {
		fired := make(chan struct{})
		stop := context.AfterFunc(ctx, func() {
			defer close(fired)
			tls := libc.NewTLS() // c.tls is in use by the reading goroutine
			sqlite3.Xsqlite3_interrupt(tls, c.db)
			tls.Close()
		})
		defer func() {
			if !stop() {
				<-fired
			}
			l.leave(c, tx)
		}()
	} else {
		defer func() { l.leave(c, tx) }()
	}
	if err := c.script("BEGIN"); err != nil {
		return err
	}
	return fn(tx)
}

// enter counts a read, after the writer's pause if there is one.
func (l *lite) enter(ctx context.Context) error {
	for {
		l.reading.Add(1)
		p := l.paused.Load()
		if p == nil {
			return nil
		}
		l.reading.Add(-1)
		select {
		case <-*p:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// leave ends the snapshot and gives the connection back; an interrupt cannot
// arrive any more.
func (l *lite) leave(c *sqliteConn, tx *Tx) {
	tx.end()
	if c.begun() {
		if err := c.script("COMMIT"); err != nil {
			_ = c.script("ROLLBACK")
		}
	}
	if c.begun() {
		c.close()
		<-l.readers
		return
	}
	l.give(c)
}

func (l *lite) write(ctx context.Context, d *DB, fn func(*Tx) error, follows bool) error {
	r := &writeRequest{follows: follows, db: d, ask: ctx, ctx: context.WithoutCancel(ctx), fn: fn, turn: make(chan verdict, 1)}
	if err := l.writer.submit(ctx, r); err != nil {
		return err
	}
	for _, n := range r.tx.notes { // the closure ran, so there is a tx
		d.bell.ring(n)
	}
	return nil
}

// The WAL is copied into the database every checkpointEach frames (4 KB each),
// beside the writer, which goes on meanwhile: a page that changes again and
// again is copied once. It can begin anew only at a moment
// when all of it is copied and nobody reads. When a busy writer or busy readers
// leave no such moment it grows, so beyond restartAt the writer makes one: it
// lets no new read begin, waits a little for those that run, and copies what is
// left itself. When a read lasts longer it tries that again only after the WAL
// has grown by half, so that one long export does not make everybody wait again
// and again.
const (
	checkpointEach = 4000
	restartAt      = 8000
	restartWait    = 200 * time.Millisecond
)

// smallCache opens a connection that needs few pages of its own.
const smallCache = readerCache

// copier checkpoints on a connection of its own, so that the writer need not
// wait for the disk: a third of its time went there.
type copier struct {
	mu   sync.Mutex // one checkpoint at a time
	conn *sqliteConn
	log  *slog.Logger
	wake chan struct{}
	done chan struct{}
}

func startCopier(c *sqliteConn, log *slog.Logger) *copier {
	p := &copier{conn: c, log: log, wake: make(chan struct{}, 1), done: make(chan struct{})}
	go func() {
		defer close(p.done)
		for range p.wake {
			p.mu.Lock()
			if err := p.conn.checkpoint(false); err != nil {
				p.log.Warn("checkpoint", "error", err)
			}
			p.mu.Unlock()
		}
	}()
	return p
}

// nudge asks for a checkpoint. It is called by the writer alone.
func (p *copier) nudge() {
	select {
	case p.wake <- struct{}{}:
	default:
	}
}

// stop is called when the writer has stopped.
func (p *copier) stop() {
	close(p.wake)
	<-p.done
	p.conn.close()
}

// keepWALShort is called by the writer after each commit.
func (l *lite) keepWALShort(c *sqliteConn) {
	frames := c.walFrames()
	if frames < l.checked { // it began anew
		l.checked, l.restart = 0, restartAt
	}
	if frames-l.checked < checkpointEach {
		return
	}
	l.checked = frames
	if frames < l.restart {
		l.copier.nudge()
		return
	}
	l.copier.mu.Lock()
	defer l.copier.mu.Unlock()
	restart := l.pauseReaders()
	defer l.resumeReaders()
	if !restart {
		l.restart = frames + frames/2
	}
	if err := c.checkpoint(restart); err != nil {
		l.log.Warn("checkpoint", "error", err)
	}
}

// pauseReaders lets no new read begin and tells whether those that ran have
// ended within restartWait.
func (l *lite) pauseReaders() bool {
	gate := make(chan struct{})
	l.paused.Store(&gate)
	for end := time.Now().Add(restartWait); l.reading.Load() > 0; {
		if time.Now().After(end) {
			return false
		}
		time.Sleep(time.Millisecond)
	}
	return true
}

func (l *lite) resumeReaders() {
	if p := l.paused.Swap(nil); p != nil {
		close(*p)
	}
}

// optimiseAfter is how many writes make it worth optimising on close.
const optimiseAfter = 1000

// slowWrite is how long a closure may hold the writer before the log says so.
const slowWrite = 250 * time.Millisecond
