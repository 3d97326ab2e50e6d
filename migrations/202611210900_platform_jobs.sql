-- Jobs: work to be done after a transaction, once, also when a server dies.
CREATE TABLE jobs (
    id BIGINT PRIMARY KEY,
    kind TEXT NOT NULL,
    queue TEXT NOT NULL,
    priority BIGINT NOT NULL,
    args TEXT NOT NULL,
    unique_key TEXT,
    state TEXT NOT NULL CHECK (state IN ('waiting', 'running', 'done', 'dead')),
    attempt BIGINT NOT NULL DEFAULT 0,
    max_attempts BIGINT NOT NULL,
    run_at TIMESTAMP NOT NULL,
    lease_until TIMESTAMP,
    lease TEXT,
    made_at TIMESTAMP NOT NULL,
    ended_at TIMESTAMP,
    error TEXT,
    progress_done BIGINT NOT NULL DEFAULT 0,
    progress_total BIGINT NOT NULL DEFAULT 0,
    progress_text TEXT NOT NULL DEFAULT ''
);

CREATE INDEX jobs_waiting ON jobs (queue, priority, run_at, id) WHERE state = 'waiting';
CREATE INDEX jobs_due ON jobs (run_at) WHERE state = 'waiting';
CREATE INDEX jobs_running ON jobs (lease_until) WHERE state = 'running';
CREATE INDEX jobs_done ON jobs (ended_at) WHERE state = 'done';
CREATE INDEX jobs_dead ON jobs (ended_at, id) WHERE state = 'dead';

-- One job of a kind and key waits; another may be running meanwhile, since it
-- may have read what has changed since.
CREATE UNIQUE INDEX jobs_unique ON jobs (kind, unique_key) WHERE unique_key IS NOT NULL AND state = 'waiting';
CREATE INDEX jobs_unique_running ON jobs (kind, unique_key) WHERE unique_key IS NOT NULL AND state = 'running';

-- What runs on a schedule: the moment whose turn comes next, once per cluster.
CREATE TABLE job_schedules (
    name TEXT NOT NULL UNIQUE,
    next_at TIMESTAMP NOT NULL
);
