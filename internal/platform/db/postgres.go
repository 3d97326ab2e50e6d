package db

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgconn/ctxwatch"
	"github.com/jackc/pgx/v5/pgxpool"
)

// postgres is an open PostgreSQL database. It speaks to pgx itself rather
// than through database/sql, which saves a conversion of every value.
type postgres struct {
	pool *pgxpool.Pool
	cfg  *pgx.ConnConfig
	log  *slog.Logger
	// gate lets a transaction that lost several times run without the others
	// of this process, so that it wins in the end.
	gate sync.RWMutex
}

const (
	beginReadPostgres  = `BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY`
	beginWritePostgres = `BEGIN ISOLATION LEVEL SERIALIZABLE`
	beginClaimPostgres = `BEGIN ISOLATION LEVEL READ COMMITTED`
	commitPostgres     = `COMMIT`
	rollbackPostgres   = `ROLLBACK`
)

const (
	writeTries = 12 // how often a write is tried before it is Unavailable
	politeFor  = 3  // how often it is tried beside other writes
)

func openPostgres(ctx context.Context, c Config) (*postgres, error) {
	cfg, err := pgxpool.ParseConfig(c.URL)
	if err != nil {
		return nil, fmt.Errorf("db: %w", err)
	}
	cfg.MaxConns = int32(c.Readers)
	cfg.ConnConfig.RuntimeParams["timezone"] = "UTC"
	cfg.ConnConfig.RuntimeParams["application_name"] = "guildhall"
	cfg.ConnConfig.RuntimeParams["statement_timeout"] = "60s"
	cfg.ConnConfig.RuntimeParams["idle_in_transaction_session_timeout"] = "60s"
	if cfg.ConnConfig.ConnectTimeout == 0 {
		cfg.ConnConfig.ConnectTimeout = 10 * time.Second
	}
	// A cancelled query is cancelled on the server and the connection lives.
	cfg.ConnConfig.BuildContextWatcherHandler = func(c *pgconn.PgConn) ctxwatch.Handler {
		return &pgconn.CancelRequestContextWatcherHandler{Conn: c, DeadlineDelay: 5 * time.Second}
	}
	pool, err := pgxpool.NewWithConfig(ctx, cfg)
	if err != nil {
		return nil, translate(err)
	}
	if err := pool.Ping(ctx); err != nil {
		pool.Close()
		return nil, translate(err)
	}
	return &postgres{pool: pool, cfg: cfg.ConnConfig, log: c.Log}, nil
}

func (p *postgres) close() { p.pool.Close() }

// pgSession is a connection of the pool.
type pgSession struct{ *pgxpool.Conn }

func (s pgSession) exec(ctx context.Context, sql string, args []any) (int64, error) {
	tag, err := s.Exec(ctx, sql, args...)
	return tag.RowsAffected(), err
}

func (s pgSession) query(ctx context.Context, sql string, args []any) (cursor, error) {
	return s.Query(ctx, sql, args...)
}

func (s pgSession) prepare(ctx context.Context, sql string) error {
	_, err := s.Conn.Conn().Prepare(ctx, "", sql)
	return err
}

func (p *postgres) read(ctx context.Context, d *DB, fn func(*Tx) error) error {
	_, err := p.once(ctx, ctx, d, beginReadPostgres, fn)
	return unretryable(err)
}

// once runs fn in one transaction, statements on stmtCtx.
func (p *postgres) once(ctx, stmtCtx context.Context, d *DB, begin string, fn func(*Tx) error) (tx *Tx, err error) {
	conn, err := p.begin(ctx, stmtCtx, begin)
	if err != nil {
		return nil, err
	}
	defer conn.Release() // destroys the connection when it is within a transaction
	tx = &Tx{db: d, ctx: stmtCtx, pg: pgSession{conn}, reading: begin == beginReadPostgres}
	committed := false
	defer func() {
		tx.end()
		if !committed {
			// The request may be over already; the rollback must run.
			ctx, cancel := context.WithTimeout(context.WithoutCancel(stmtCtx), 5*time.Second)
			defer cancel()
			_, _ = conn.Exec(ctx, rollbackPostgres)
		}
	}()
	if err := fn(tx); err != nil {
		return tx, err
	}
	tx.end()
	if tx.err != nil {
		return tx, tx.err
	}
	if _, err := conn.Exec(stmtCtx, commitPostgres); err != nil {
		return tx, translate(err)
	}
	committed = true
	return tx, nil
}

// retry runs fn until it is not lost to another transaction.
func (p *postgres) retry(ctx context.Context, d *DB, begin string, fn func(*Tx) error) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	stmtCtx := context.WithoutCancel(ctx)
	for try := 1; ; try++ {
		tx, err := p.attempt(ctx, stmtCtx, d, begin, try > politeFor, fn)
		if err == nil {
			d.count.writes.Add(1)
			d.count.groups.Add(1)
			for _, n := range tx.notes {
				d.bell.ring(n)
			}
			return nil
		}
		var again retryable
		if !errors.As(err, &again) {
			return err
		}
		if try == writeTries {
			return unavailable(again.error)
		}
		d.count.again.Add(1)
		// Up to 2, 4, 8 ... 256 ms.
		time.Sleep(rand.N(time.Millisecond << min(try, 8)))
	}
}

func (p *postgres) attempt(ctx, stmtCtx context.Context, d *DB, begin string, alone bool, fn func(*Tx) error) (*Tx, error) {
	if alone {
		p.gate.Lock()
		defer p.gate.Unlock()
	} else {
		p.gate.RLock()
		defer p.gate.RUnlock()
	}
	return p.once(ctx, stmtCtx, d, begin, fn)
}

// begin takes a connection and begins a transaction. A connection that the
// server has closed meanwhile is noticed here, where trying another one does
// no harm.
func (p *postgres) begin(ctx, stmtCtx context.Context, begin string) (*pgxpool.Conn, error) {
	for try := 0; ; try++ {
		conn, err := p.pool.Acquire(ctx)
		if err != nil {
			return nil, translate(err)
		}
		_, err = conn.Exec(stmtCtx, begin)
		if err == nil {
			return conn, nil
		}
		closed := conn.Conn().IsClosed()
		conn.Release()
		if !closed || ctx.Err() != nil || try > int(p.pool.Config().MaxConns) {
			return nil, translate(err)
		}
	}
}

func unretryable(err error) error {
	var again retryable
	if errors.As(err, &again) {
		return unavailable(again.error)
	}
	return err
}
