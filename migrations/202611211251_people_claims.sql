-- +goose Up

-- Who says that an imported profile is theirs, and what came of it.
CREATE TABLE profile_claims (
  id         BIGINT PRIMARY KEY,
  author_id  BIGINT NOT NULL REFERENCES authors (id),
  person_id  BIGINT NOT NULL REFERENCES people (id),
  state      TEXT NOT NULL,                   -- waiting, approved, refused, withdrawn, undone
  how        TEXT NOT NULL DEFAULT '',        -- of approved ones: email, admin
  note       TEXT NOT NULL DEFAULT '',
  created_at TIMESTAMP NOT NULL,
  decided_at TIMESTAMP,
  decided_by BIGINT REFERENCES people (id)
);
CREATE UNIQUE INDEX profile_claims_one ON profile_claims (author_id) WHERE state = 'approved';
CREATE UNIQUE INDEX profile_claims_asked ON profile_claims (author_id, person_id) WHERE state = 'waiting';
CREATE INDEX profile_claims_person ON profile_claims (person_id, created_at DESC, id DESC);
CREATE INDEX profile_claims_state ON profile_claims (state, created_at DESC, id DESC);

-- The MD5 of an imported profile's e-mail address, where its origin gives one.
CREATE TABLE author_proofs (
  author_id  BIGINT PRIMARY KEY REFERENCES authors (id),
  email_hash TEXT NOT NULL
);
CREATE INDEX author_proofs_hash ON author_proofs (email_hash);

CREATE INDEX authors_imported ON authors (label, id) WHERE kind = 'imported';
