package db

import (
	"context"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgconn/ctxwatch"
)

// note is one wake-up.
type note struct{ channel, payload string }

// bell carries wake-ups: by NOTIFY on PostgreSQL; on SQLite within the process,
// and an empty one of every channel when another process wrote. A wake-up may be lost (a crash, a connection lost), so whoever
// listens also looks by itself now and then.
type bell struct {
	db *DB

	mu     sync.Mutex
	subs   map[string][]chan string
	out    []note // PostgreSQL: not sent yet
	closed bool
	wake   chan struct{}
	cancel context.CancelFunc
	ctx    context.Context
	wg     sync.WaitGroup
	hear   sync.Once
	send   sync.Once
	change chan string // PostgreSQL: a channel somebody began to listen to
}

func newBell(d *DB) *bell {
	ctx, cancel := context.WithCancel(context.Background())
	return &bell{db: d, subs: map[string][]chan string{}, wake: make(chan struct{}, 1), ctx: ctx, cancel: cancel, change: make(chan string, 1)}
}

func (b *bell) close() {
	b.mu.Lock()
	b.closed = true
	b.mu.Unlock()
	b.cancel()
	b.wg.Wait()
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, list := range b.subs {
		for _, c := range list {
			close(c)
		}
	}
	b.subs = nil
}

// Listen returns the payloads that committed transactions of every server sent
// with Tx.Notify on the channel. The Go channel is closed when ctx ends or the
// database is closed. Payloads may come twice, and when they could not be kept (the reader was
// slow, the connection was lost, another process wrote to the same SQLite file)
// one empty payload says: look yourself.
func (d *DB) Listen(ctx context.Context, channel string) (<-chan string, error) {
	b := d.bell
	c := make(chan string, 64)
	b.mu.Lock()
	if b.closed {
		b.mu.Unlock()
		return nil, errClosed
	}
	b.subs[channel] = append(b.subs[channel], c)
	b.mu.Unlock()
	if d.pg != nil {
		b.hear.Do(func() { b.wg.Add(1); go b.listen() })
		b.kick()
	} else {
		d.lite.writer.listen()
	}
	context.AfterFunc(ctx, func() {
		b.mu.Lock()
		defer b.mu.Unlock()
		for i, x := range b.subs[channel] {
			if x == c {
				b.subs[channel] = append(b.subs[channel][:i:i], b.subs[channel][i+1:]...)
				close(c)
				break
			}
		}
	})
	return c, nil
}

func (b *bell) kick() {
	select {
	case b.change <- "":
	default:
	}
}

// Notify wakes those who Listen to the channel, after the commit. The payload
// holds at most an id or two: under 8,000 bytes.
func (t *Tx) Notify(channel, payload string) {
	n := note{channel, payload}
	for _, x := range t.notes {
		if x == n {
			return
		}
	}
	t.notes = append(t.notes, n)
}

func (b *bell) ring(n note) {
	b.deliver(n)
	if b.db.pg == nil {
		return
	}
	b.mu.Lock()
	if b.closed {
		b.mu.Unlock()
		return
	}
	known := false
	for _, x := range b.out {
		known = known || x == n
	}
	if !known {
		b.out = append(b.out, n)
	}
	b.mu.Unlock()
	b.send.Do(func() { b.wg.Add(1); go b.tell() })
	select {
	case b.wake <- struct{}{}:
	default:
	}
}

// deliver hands a note to the listeners of this process.
func (b *bell) deliver(n note) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, c := range b.subs[n.channel] {
		push(c, n.payload)
	}
}

// all tells every listener to look.
func (b *bell) all() {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, list := range b.subs {
		for _, c := range list {
			push(c, "")
		}
	}
}

// push never waits: when the listener is far behind, everything it has not
// read becomes one empty payload.
func push(c chan string, payload string) {
	select {
	case c <- payload:
		return
	default:
	}
	for {
		select {
		case <-c:
			continue
		default:
		}
		break
	}
	select {
	case c <- "":
	default:
	}
}

const notifyPostgres = `SELECT pg_notify($1, $2)`

// tell sends notes to the other servers. It is not part of the transactions,
// because NOTIFY within one makes all commits of the cluster wait in line.
func (b *bell) tell() {
	defer b.wg.Done()
	for {
		select {
		case <-b.ctx.Done():
			return
		case <-b.wake:
		}
		b.mu.Lock()
		notes := b.out
		b.out = nil
		b.mu.Unlock()
		if len(notes) == 0 {
			continue
		}
		ctx, cancel := context.WithTimeout(b.ctx, 10*time.Second)
		if err := b.db.pg.notify(ctx, notes); err != nil && b.ctx.Err() == nil {
			b.db.cfg.Log.Warn("wake-up lost", "error", err)
		}
		cancel()
	}
}

// listen holds the one connection that hears all channels.
func (b *bell) listen() {
	defer b.wg.Done()
	for first := true; b.ctx.Err() == nil; first = false {
		if !first {
			select {
			case <-b.ctx.Done():
				return
			case <-time.After(time.Second):
			}
		}
		if err := b.db.pg.listen(b); err != nil && b.ctx.Err() == nil {
			b.db.cfg.Log.Warn("listening ended", "error", err)
		}
	}
}

// notify tells the other servers.
func (p *postgres) notify(ctx context.Context, notes []note) error {
	batch := &pgx.Batch{}
	for _, n := range notes {
		batch.Queue(notifyPostgres, n.channel, n.payload)
	}
	return p.pool.SendBatch(ctx, batch).Close()
}

// listen delivers what other servers tell until its connection ends.
func (p *postgres) listen(b *bell) error {
	cfg := p.cfg.Copy()
	delete(cfg.RuntimeParams, "statement_timeout")
	cfg.BuildContextWatcherHandler = func(c *pgconn.PgConn) ctxwatch.Handler {
		return &pgconn.DeadlineContextWatcherHandler{Conn: c.Conn()}
	}
	conn, err := pgx.ConnectConfig(b.ctx, cfg)
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close(context.WithoutCancel(b.ctx)) }()
	heard := map[string]bool{}
	for {
		b.mu.Lock()
		var fresh []string
		for ch := range b.subs {
			if !heard[ch] {
				fresh = append(fresh, ch)
			}
		}
		b.mu.Unlock()
		for _, ch := range fresh {
			if _, err := conn.Exec(b.ctx, "LISTEN "+pgx.Identifier{ch}.Sanitize()); err != nil {
				return err
			}
			heard[ch] = true
			b.deliver(note{ch, ""}) // something may have happened before
		}
		ctx, cancel := context.WithCancel(b.ctx)
		stop := make(chan struct{})
		go func() {
			select {
			case <-b.change:
				cancel()
			case <-stop:
			}
		}()
		n, err := conn.WaitForNotification(ctx)
		close(stop)
		cancel()
		switch {
		case err == nil:
			b.deliver(note{n.Channel, n.Payload})
		case b.ctx.Err() != nil:
			return nil
		case ctx.Err() == nil || conn.IsClosed():
			return err
		}
	}
}
