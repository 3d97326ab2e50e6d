-- +goose Up

-- What somebody chose about swaps. Nobody has a row before they choose.
CREATE TABLE swap_choices (
  person_id  BIGINT PRIMARY KEY REFERENCES people (id),
  rounds     BOOLEAN NOT NULL,            -- take part in rounds
  format     TEXT NOT NULL,               -- either, online, person
  lessons    INTEGER NOT NULL,            -- in one swap
  minutes    INTEGER NOT NULL,            -- of one lesson
  updated_at TIMESTAMP NOT NULL
);

-- How much an offer or wish of a profile matters in swaps. No row: like any
-- other (1).
CREATE TABLE swap_priorities (
  person_id BIGINT NOT NULL REFERENCES people (id),
  skill_id  BIGINT NOT NULL REFERENCES skills (id),
  direction TEXT NOT NULL,                -- teach, want
  priority  INTEGER NOT NULL,             -- 0 not in swaps, 2 soon, 3 before all others
  PRIMARY KEY (person_id, skill_id, direction)
);

CREATE TABLE swap_rounds (
  id           BIGINT PRIMARY KEY,
  state        TEXT NOT NULL,             -- running, published
  job_id       BIGINT NOT NULL,
  started_by   BIGINT REFERENCES people (id), -- NULL: the calendar
  max_length   INTEGER NOT NULL,
  people       INTEGER NOT NULL DEFAULT 0, -- who took part
  rings        INTEGER NOT NULL DEFAULT 0,
  served       INTEGER NOT NULL DEFAULT 0,
  bound        DOUBLE PRECISION NOT NULL DEFAULT 0, -- no set of rings is worth more
  value        DOUBLE PRECISION NOT NULL DEFAULT 0, -- what these rings are worth
  created_at   TIMESTAMP NOT NULL,
  published_at TIMESTAMP
);

-- Rings of a round before anybody sees them, and while they are shown one
-- after the other.
CREATE TABLE swap_drafts (
  id       BIGINT PRIMARY KEY,
  round_id BIGINT NOT NULL REFERENCES swap_rounds (id),
  ring     TEXT NOT NULL                  -- JSON
);
CREATE INDEX swap_drafts_round ON swap_drafts (round_id, id);

-- A swap: two to five people of whom each teaches the next and the last the
-- first, proposed by one of two or by a round.
CREATE TABLE swaps (
  id          BIGINT PRIMARY KEY,
  audience_id BIGINT NOT NULL REFERENCES audiences (id),
  round_id    BIGINT REFERENCES swap_rounds (id),
  mends_id    BIGINT,                     -- the broken swap in whose place it stands
  author_id   BIGINT REFERENCES authors (id), -- who proposed it, NULL for a round
  state       TEXT NOT NULL,              -- proposed, standing, done, declined, lapsed, broken, withdrawn
  mended      BOOLEAN NOT NULL DEFAULT FALSE, -- what follows from its end was done
  owed        BOOLEAN NOT NULL DEFAULT FALSE, -- the first learns for hours they are owed and teaches nothing
  note        TEXT NOT NULL DEFAULT '',
  lessons     INTEGER NOT NULL,           -- that each gives
  minutes     INTEGER NOT NULL,           -- of one lesson
  format      TEXT NOT NULL,
  version     INTEGER NOT NULL DEFAULT 1, -- rises with each suggested change
  changer_id  BIGINT REFERENCES people (id), -- who suggested the last one
  due_at      TIMESTAMP NOT NULL,         -- the last moment to accept
  created_at  TIMESTAMP NOT NULL,
  updated_at  TIMESTAMP NOT NULL
);
CREATE INDEX swaps_author ON swaps (author_id, state);
CREATE INDEX swaps_round ON swaps (round_id, id);

CREATE TABLE swap_members (
  id          BIGINT PRIMARY KEY,         -- the subject of what they teach in it
  swap_id     BIGINT NOT NULL REFERENCES swaps (id),
  person_id   BIGINT NOT NULL REFERENCES people (id),
  position    INTEGER NOT NULL,           -- teaches the next position
  skill_id    BIGINT REFERENCES skills (id), -- what they teach, NULL for nothing
  level       INTEGER NOT NULL,           -- at which they teach it
  closed      BOOLEAN NOT NULL,           -- what they learn is a wish they keep to themselves
  reasons     TEXT NOT NULL,              -- JSON: why they teach the next
  answer      TEXT NOT NULL DEFAULT '',   -- '', yes, no
  answered_at TIMESTAMP,
  given       INTEGER NOT NULL DEFAULT 0  -- minutes they taught in it
);
CREATE UNIQUE INDEX swap_members_one ON swap_members (swap_id, person_id);
CREATE INDEX swap_members_person ON swap_members (person_id, swap_id);
CREATE INDEX swap_members_skill ON swap_members (skill_id);
CREATE INDEX swap_members_taught ON swap_members (person_id, skill_id) WHERE given > 0;

-- Arcs that are not proposed again for a while. Only the matching reads them.
CREATE TABLE swap_refusals (
  id         BIGINT PRIMARY KEY,
  teacher_id BIGINT NOT NULL REFERENCES people (id),
  learner_id BIGINT NOT NULL REFERENCES people (id),
  skill_id   BIGINT,                      -- NULL: whatever the skill
  until      TIMESTAMP NOT NULL
);
CREATE INDEX swap_refusals_until ON swap_refusals (until, id);
CREATE INDEX swap_refusals_learner ON swap_refusals (learner_id);

-- Who lost a place through no fault of their own comes first next time.
CREATE TABLE swap_firsts (
  person_id BIGINT PRIMARY KEY REFERENCES people (id),
  since     TIMESTAMP NOT NULL
);
