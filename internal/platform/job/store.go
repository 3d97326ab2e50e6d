package job

import (
	"github.com/guildhall/guildhall/internal/platform/db"
	"github.com/guildhall/guildhall/internal/platform/id"
)

const (
	insertJobSQL = `INSERT INTO jobs (id, kind, queue, priority, args, state, max_attempts, run_at, made_at)
VALUES ($1, $2, $3, $4, $5, 'waiting', $6, $7, $8)`

	insertUniqueJobSQL = `INSERT INTO jobs (id, kind, queue, priority, args, unique_key, state, max_attempts, run_at, made_at)
VALUES ($1, $2, $3, $4, $5, $6, 'waiting', $7, $8, $9)
ON CONFLICT (kind, unique_key) WHERE unique_key IS NOT NULL AND state = 'waiting'
DO UPDATE SET run_at = CASE WHEN jobs.attempt = 0 AND excluded.run_at < jobs.run_at THEN excluded.run_at ELSE jobs.run_at END
RETURNING id`

	// A part for each priority, so that each is one range of jobs_waiting.
	dueJobsSQL = `SELECT d.id
FROM (
  SELECT h.id, h.priority, h.run_at FROM (
    SELECT j.id, j.priority, j.run_at FROM jobs j
    WHERE j.state = 'waiting' AND j.queue = $1 AND j.priority = 1 AND j.run_at <= $2 AND j.kind = ANY($3)
      AND (j.unique_key IS NULL OR NOT EXISTS (
        SELECT 1 FROM jobs r WHERE r.state = 'running' AND r.unique_key IS NOT NULL AND r.kind = j.kind AND r.unique_key = j.unique_key))
    ORDER BY j.run_at, j.id LIMIT $4) h
  UNION ALL
  SELECT n.id, n.priority, n.run_at FROM (
    SELECT j.id, j.priority, j.run_at FROM jobs j
    WHERE j.state = 'waiting' AND j.queue = $1 AND j.priority = 2 AND j.run_at <= $2 AND j.kind = ANY($3)
      AND (j.unique_key IS NULL OR NOT EXISTS (
        SELECT 1 FROM jobs r WHERE r.state = 'running' AND r.unique_key IS NOT NULL AND r.kind = j.kind AND r.unique_key = j.unique_key))
    ORDER BY j.run_at, j.id LIMIT $4) n
  UNION ALL
  SELECT l.id, l.priority, l.run_at FROM (
    SELECT j.id, j.priority, j.run_at FROM jobs j
    WHERE j.state = 'waiting' AND j.queue = $1 AND j.priority = 3 AND j.run_at <= $2 AND j.kind = ANY($3)
      AND (j.unique_key IS NULL OR NOT EXISTS (
        SELECT 1 FROM jobs r WHERE r.state = 'running' AND r.unique_key IS NOT NULL AND r.kind = j.kind AND r.unique_key = j.unique_key))
    ORDER BY j.run_at, j.id LIMIT $4) l
) d
ORDER BY d.priority, d.run_at, d.id
LIMIT $4`

	claimJobsSQLite = `UPDATE jobs
SET state = 'running', attempt = attempt + 1, lease = $1, lease_until = $2
WHERE id = ANY($3) AND state = 'waiting'
RETURNING id, kind, args, attempt, max_attempts, made_at`

	claimJobsPostgres = `UPDATE jobs
SET state = 'running', attempt = attempt + 1, lease = $1, lease_until = $2
WHERE id IN (SELECT w.id FROM jobs w WHERE w.id = ANY($3) AND w.state = 'waiting' FOR UPDATE SKIP LOCKED)
RETURNING id, kind, args, attempt, max_attempts, made_at`

	nextJobSQL = `SELECT run_at FROM jobs
WHERE state = 'waiting' AND run_at > $1 AND kind = ANY($2)
ORDER BY run_at
LIMIT 1`

	renewLeasesSQL = `UPDATE jobs SET lease_until = $1
WHERE id = ANY($2) AND state = 'running' AND lease = ANY($3)
RETURNING id`

	deleteDoneSQL = `DELETE FROM jobs WHERE id = ANY($1) AND state = 'running' AND lease = $2`

	keepDoneSQL = `UPDATE jobs SET state = 'done', ended_at = $1, lease = NULL, lease_until = NULL, error = NULL
WHERE id = ANY($2) AND state = 'running' AND lease = $3`

	retryJobSQL = `UPDATE jobs SET state = 'waiting', run_at = $1, error = $2, attempt = attempt - $3, lease = NULL, lease_until = NULL
WHERE id = $4 AND state = 'running' AND lease = $5
  AND (unique_key IS NULL OR NOT EXISTS (
    SELECT 1 FROM jobs w WHERE w.state = 'waiting' AND w.unique_key IS NOT NULL AND w.kind = jobs.kind AND w.unique_key = jobs.unique_key))`

	deadJobSQL = `UPDATE jobs SET state = 'dead', ended_at = $1, error = $2, lease = NULL, lease_until = NULL
WHERE id = $3 AND state = 'running' AND lease = $4`

	doneInTxSQL = `DELETE FROM jobs WHERE id = $1 AND state = 'running' AND lease = $2`

	keepDoneInTxSQL = `UPDATE jobs SET state = 'done', ended_at = $1, lease = NULL, lease_until = NULL, error = NULL
WHERE id = $2 AND state = 'running' AND lease = $3`

	expiredJobsSQL = `SELECT id, lease, attempt, max_attempts FROM jobs
WHERE state = 'running' AND lease_until < $1
ORDER BY lease_until
LIMIT 100`

	progressSQL = `UPDATE jobs SET progress_done = $1, progress_total = $2, progress_text = $3
WHERE id = $4 AND state = 'running' AND lease = $5`

	insertScheduleSQL = `INSERT INTO job_schedules (name, next_at) VALUES ($1, $2)
ON CONFLICT (name) DO UPDATE SET next_at = CASE WHEN excluded.next_at < job_schedules.next_at THEN excluded.next_at ELSE job_schedules.next_at END`

	schedulesSQL = `SELECT name, next_at FROM job_schedules WHERE name = ANY($1)`

	advanceScheduleSQL = `UPDATE job_schedules SET next_at = $1 WHERE name = $2 AND next_at = $3`

	findJobSQL = `SELECT id, kind, queue, state, attempt, max_attempts, run_at, made_at, ended_at, error, progress_done, progress_total, progress_text
FROM jobs
WHERE id = $1`

	deadJobsSQL = `SELECT id, kind, queue, state, attempt, max_attempts, run_at, made_at, ended_at, error, progress_done, progress_total, progress_text
FROM jobs
WHERE state = 'dead' AND (ended_at, id) < ($1, $2)
ORDER BY ended_at DESC, id DESC
LIMIT $3`

	failingJobsSQL = `SELECT id, kind, queue, state, attempt, max_attempts, run_at, made_at, ended_at, error, progress_done, progress_total, progress_text, args
FROM jobs
WHERE state = 'waiting' AND run_at < $1 AND attempt > 0 AND error IS NOT NULL AND kind = ANY($2)
ORDER BY run_at
LIMIT $3`

	failedJobsSQL = `SELECT id, kind, queue, state, attempt, max_attempts, run_at, made_at, ended_at, error, progress_done, progress_total, progress_text, args
FROM jobs
WHERE state = 'dead' AND kind = ANY($1)
ORDER BY ended_at DESC, id DESC
LIMIT $2`

	hurryJobsSQL = `UPDATE jobs SET run_at = $1
WHERE state = 'waiting' AND run_at < $2 AND attempt > 0 AND error IS NOT NULL AND kind = ANY($3)`

	countJobsSQL = `SELECT state, queue, count(*), min(run_at) FROM jobs GROUP BY state, queue ORDER BY state, queue`

	reviveJobSQL = `UPDATE jobs SET state = 'waiting', attempt = 0, run_at = $1, ended_at = NULL
WHERE id = $2 AND state = 'dead'
  AND (unique_key IS NULL OR NOT EXISTS (
    SELECT 1 FROM jobs w WHERE w.state = 'waiting' AND w.unique_key IS NOT NULL AND w.kind = jobs.kind AND w.unique_key = jobs.unique_key))`

	discardJobSQL = `DELETE FROM jobs WHERE id = $1 AND state = 'dead'`

	sweepJobsSQL = `DELETE FROM jobs WHERE state = 'done' AND ended_at < $1`
)

// claimed is a row this server has a lease on.
type claimed struct {
	id          id.ID
	kind        string
	args        []byte
	attempt     int
	maxAttempts int
	madeAt      db.Time
	lease       string
}

func dueJobs(tx *db.Tx, queue string, kinds []string, limit int) ([]int64, error) {
	return db.All(tx, dueJobsSQL, func(r *db.Rows, v *int64) error { return r.Scan(v) }, queue, tx.Now(), kinds, limit)
}

func claimJobs(tx *db.Tx, ids []int64, lease string, until db.Time) ([]claimed, error) {
	text := claimJobsSQLite
	if tx.Dialect() == db.Postgres {
		text = claimJobsPostgres
	}
	return db.All(tx, text, func(r *db.Rows, c *claimed) error {
		c.lease = lease
		return r.Scan(&c.id, &c.kind, &c.args, &c.attempt, &c.maxAttempts, &c.madeAt)
	}, lease, until, ids)
}

func scanFailure(r *db.Rows, f *Failure) error {
	return scanWith(r, &f.Info, &f.Args)
}

func scanInfo(r *db.Rows, i *Info) error { return scanWith(r, i) }

func scanWith(r *db.Rows, i *Info, more ...any) error {
	var reason *string
	err := r.Scan(append([]any{&i.ID, &i.Kind, &i.Queue, &i.State, &i.Attempt, &i.MaxAttempts, &i.RunAt, &i.MadeAt, &i.EndedAt, &reason,
		&i.Progress.Done, &i.Progress.Total, &i.Progress.Text}, more...)...)
	if reason != nil {
		i.Error = *reason
	}
	return err
}
