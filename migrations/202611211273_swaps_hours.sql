-- +goose Up

-- A lesson is a meeting of one arc of a swap.
CREATE TABLE swap_lessons (
  meeting_id BIGINT PRIMARY KEY REFERENCES meetings (id),
  swap_id    BIGINT NOT NULL REFERENCES swaps (id),
  teacher_id BIGINT NOT NULL REFERENCES people (id),
  learner_id BIGINT NOT NULL REFERENCES people (id),
  given      INTEGER NOT NULL DEFAULT 0,  -- minutes, once they said that they met
  given_at   TIMESTAMP
);
CREATE INDEX swap_lessons_swap ON swap_lessons (swap_id, meeting_id);

CREATE TABLE swap_thanks (
  meeting_id BIGINT NOT NULL REFERENCES swap_lessons (meeting_id),
  person_id  BIGINT NOT NULL REFERENCES people (id), -- who thanks
  words      TEXT NOT NULL,
  shown      BOOLEAN NOT NULL,            -- others may read it beside what was taught
  again      TEXT NOT NULL,               -- '', yes, no: only the matching reads it
  at         TIMESTAMP NOT NULL,
  PRIMARY KEY (meeting_id, person_id)
);

-- The time bank. Every entry moves minutes between accounts, and its lines add
-- up to nothing. An account belongs to a person, to a swap for which hours are
-- laid aside, or (0) to the house, which bears what nobody can owe.
CREATE TABLE hour_accounts (
  holder_id BIGINT PRIMARY KEY,
  minutes   BIGINT NOT NULL
);

CREATE TABLE hour_entries (
  id      BIGINT PRIMARY KEY,
  kind    TEXT NOT NULL,                  -- broken, laid, given, returned
  swap_id BIGINT NOT NULL REFERENCES swaps (id),
  at      TIMESTAMP NOT NULL
);
CREATE INDEX hour_entries_swap ON hour_entries (swap_id);

CREATE TABLE hour_lines (
  holder_id BIGINT NOT NULL REFERENCES hour_accounts (holder_id),
  entry_id  BIGINT NOT NULL REFERENCES hour_entries (id),
  minutes   BIGINT NOT NULL,
  balance   BIGINT NOT NULL,              -- of the account after the entry
  PRIMARY KEY (holder_id, entry_id)
);
CREATE INDEX hour_lines_entry ON hour_lines (entry_id);
