-- +goose Up

-- "Did it help?", asked once, thirty days after something was done for
-- somebody. Nobody but the learner sees a row before they answered, and then
-- only they and their helpers do.
CREATE TABLE echoes (
  id          BIGINT PRIMARY KEY,
  audience_id BIGINT REFERENCES audiences (id), -- NULL until it is asked
  source_id   BIGINT NOT NULL,            -- what helped: an answer, what was taught in a swap, a goal
  about_id    BIGINT NOT NULL,            -- the subject it is found at
  kind        TEXT NOT NULL,              -- answer, lesson, goal
  learner_id  BIGINT NOT NULL REFERENCES people (id),
  skill_id    BIGINT REFERENCES skills (id),
  title       TEXT NOT NULL,
  helped_at   TIMESTAMP NOT NULL,
  due_at      TIMESTAMP NOT NULL,         -- when it is to be asked
  asked_at    TIMESTAMP,
  said        TEXT NOT NULL DEFAULT '',   -- '', used, not_yet, no_help
  words       TEXT NOT NULL DEFAULT '',
  said_at     TIMESTAMP,
  counted_at  TIMESTAMP                   -- when it went into a total, which keeps no link to it
);
CREATE UNIQUE INDEX echoes_one ON echoes (source_id, learner_id);
CREATE INDEX echoes_due ON echoes (due_at, id) WHERE asked_at IS NULL;
CREATE INDEX echoes_learner ON echoes (learner_id, asked_at DESC, id DESC) WHERE asked_at IS NOT NULL;
CREATE INDEX echoes_uncounted ON echoes (said_at, id) WHERE said_at IS NOT NULL AND counted_at IS NULL;
CREATE INDEX echoes_skill ON echoes (skill_id);

CREATE TABLE echo_helpers (
  person_id BIGINT NOT NULL REFERENCES people (id),
  echo_id   BIGINT NOT NULL REFERENCES echoes (id),
  PRIMARY KEY (person_id, echo_id)
);
CREATE INDEX echo_helpers_echo ON echo_helpers (echo_id);

-- What the organisation sees. A row is written once, of the answers of at least
-- five people about the help of at least five, and never changes.
CREATE TABLE echo_totals (
  id         BIGINT PRIMARY KEY,
  skill_id   BIGINT REFERENCES skills (id), -- NULL: all that make no five of their own
  used       INTEGER NOT NULL,
  not_yet    INTEGER NOT NULL,
  no_help    INTEGER NOT NULL,
  at         TIMESTAMP NOT NULL
);
CREATE INDEX echo_totals_skill ON echo_totals (skill_id);
