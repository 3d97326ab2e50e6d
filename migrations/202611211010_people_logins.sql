-- +goose Up

CREATE TABLE credentials (
  person_id  BIGINT NOT NULL REFERENCES people (id),
  kind       TEXT NOT NULL,                   -- password, pin
  hash       TEXT NOT NULL,                   -- argon2id, PHC form
  updated_at TIMESTAMP NOT NULL,
  PRIMARY KEY (person_id, kind)
);

CREATE TABLE logins (
  id         BIGINT PRIMARY KEY,
  token_hash TEXT NOT NULL,
  person_id  BIGINT NOT NULL REFERENCES people (id),
  device     TEXT NOT NULL DEFAULT '',
  how        TEXT NOT NULL DEFAULT 'secret',  -- secret, or link: a one-time link or card
  created_at TIMESTAMP NOT NULL,
  seen_at    TIMESTAMP NOT NULL,
  expires_at TIMESTAMP NOT NULL
);
CREATE UNIQUE INDEX logins_token ON logins (token_hash);
CREATE INDEX logins_person ON logins (person_id, seen_at DESC);
CREATE INDEX logins_expires ON logins (expires_at);

-- One-time links by mail and printed cards.
CREATE TABLE login_links (
  token_hash TEXT PRIMARY KEY,
  kind       TEXT NOT NULL,                   -- mail, card, invite
  person_id  BIGINT NOT NULL REFERENCES people (id),
  created_at TIMESTAMP NOT NULL,
  expires_at TIMESTAMP NOT NULL,
  used_at    TIMESTAMP
);
CREATE INDEX login_links_person ON login_links (person_id, kind);
CREATE INDEX login_links_expires ON login_links (expires_at);

CREATE TABLE api_tokens (
  id         BIGINT PRIMARY KEY,
  token_hash TEXT NOT NULL,
  person_id  BIGINT NOT NULL REFERENCES people (id),
  label      TEXT NOT NULL,
  created_at TIMESTAMP NOT NULL,
  used_at    TIMESTAMP,
  expires_at TIMESTAMP
);
CREATE UNIQUE INDEX api_tokens_hash ON api_tokens (token_hash);
CREATE INDEX api_tokens_person ON api_tokens (person_id, created_at DESC);

-- Answers given to requests that carried an Idempotency-Key, written with what
-- the request did.
CREATE TABLE idempotency_keys (
  person_id  BIGINT NOT NULL REFERENCES people (id),
  key        TEXT NOT NULL,
  request    TEXT NOT NULL,                   -- hash of method, path and body
  status     INTEGER NOT NULL,
  body       TEXT NOT NULL,
  created_at TIMESTAMP NOT NULL,
  PRIMARY KEY (person_id, key)
);
CREATE INDEX idempotency_keys_at ON idempotency_keys (created_at);
