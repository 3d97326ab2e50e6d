-- +goose Up

-- Uploaded files, named by the SHA-256 of what they hold. PostgreSQL keeps them
-- here so that every app server has them; beside SQLite they are files on disk.
CREATE TABLE blobs (
  name TEXT PRIMARY KEY,                      -- 64 hexadecimal digits
  size BIGINT NOT NULL CHECK (size >= 0),
  stored_at TIMESTAMP NOT NULL                -- when somebody last stored it
);
CREATE INDEX blobs_stored ON blobs (stored_at, name);

-- Chunks stand before their blob: a blob is whole as soon as it has a row above.
CREATE TABLE blob_chunks (
  name TEXT NOT NULL,
  n BIGINT NOT NULL CHECK (n >= 0),
  data BYTEA NOT NULL,
  stored_at TIMESTAMP NOT NULL,
  PRIMARY KEY (name, n)
);
CREATE INDEX blob_chunks_stored ON blob_chunks (stored_at);
