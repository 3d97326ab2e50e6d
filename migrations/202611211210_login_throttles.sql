-- +goose Up

-- Who tried how often. A row whose time has passed means nothing any more.
CREATE TABLE throttles (
  key    TEXT PRIMARY KEY,                    -- a hash: names and addresses are not kept
  due_at TIMESTAMP NOT NULL                   -- when the last try is worked off
);
CREATE INDEX throttles_due ON throttles (due_at);
