-- +goose Up

-- A group whose people meet in rounds.
CREATE TABLE coffee_groups (
  id          BIGINT PRIMARY KEY,
  audience_id BIGINT NOT NULL REFERENCES audiences (id),
  author_id   BIGINT NOT NULL REFERENCES authors (id),
  name        TEXT NOT NULL,
  every       TEXT NOT NULL,               -- week, fortnight, month
  size        INTEGER NOT NULL,            -- 2 or 3 people meet
  mixing      TEXT NOT NULL,               -- across, within, mixed
  zone        TEXT NOT NULL,               -- by whose clock rounds begin
  state       TEXT NOT NULL,               -- open, closed
  next_at     TIMESTAMP NOT NULL,          -- when the next round is drawn
  plan        TEXT NOT NULL DEFAULT '',    -- rounds planned ahead, JSON of people's ids
  created_at  TIMESTAMP NOT NULL,
  updated_at  TIMESTAMP NOT NULL
);
CREATE INDEX coffee_groups_list ON coffee_groups (state, created_at DESC, id DESC);
CREATE INDEX coffee_groups_due ON coffee_groups (next_at) WHERE state = 'open';

CREATE TABLE coffee_members (
  person_id     BIGINT NOT NULL REFERENCES people (id),
  group_id      BIGINT NOT NULL REFERENCES coffee_groups (id),
  state         TEXT NOT NULL,             -- in, paused
  snoozed_until TIMESTAMP,
  silent        INTEGER NOT NULL DEFAULT 0, -- rounds in a row without a sign of them
  joined_at     TIMESTAMP NOT NULL,
  PRIMARY KEY (person_id, group_id)
);
CREATE INDEX coffee_members_group ON coffee_members (group_id, person_id);

-- Whom somebody would rather not be drawn with. Only the drawing of lots
-- reads this, and the person whose list it is.
CREATE TABLE coffee_avoids (
  person_id  BIGINT NOT NULL REFERENCES people (id),
  other_id   BIGINT NOT NULL REFERENCES people (id),
  created_at TIMESTAMP NOT NULL,
  PRIMARY KEY (person_id, other_id)
);
CREATE INDEX coffee_avoids_other ON coffee_avoids (other_id, person_id);

-- A round is drawn whole, written in steps, and published by one change of
-- its state. Nobody sees a pair of a round that is not published.
CREATE TABLE coffee_rounds (
  id           BIGINT PRIMARY KEY,
  group_id     BIGINT NOT NULL REFERENCES coffee_groups (id),
  number       INTEGER NOT NULL,           -- 1, 2, 3 ... within the group
  state        TEXT NOT NULL,              -- writing, published, told
  drawn        TEXT NOT NULL,              -- who meets, JSON, while it is being written
  written      INTEGER NOT NULL,           -- how many of them have their rows
  told         INTEGER NOT NULL,           -- how many of them have been told
  total        INTEGER NOT NULL,
  people       INTEGER NOT NULL,           -- who took part
  created_at   TIMESTAMP NOT NULL,
  published_at TIMESTAMP
);
CREATE UNIQUE INDEX coffee_rounds_number ON coffee_rounds (group_id, number);
CREATE INDEX coffee_rounds_open ON coffee_rounds (id) WHERE state <> 'told';

-- Two or three people who are to meet.
CREATE TABLE coffee_pairs (
  id          BIGINT PRIMARY KEY,
  audience_id BIGINT NOT NULL REFERENCES audiences (id),
  kind        TEXT NOT NULL,               -- round, lunch
  group_id    BIGINT,                      -- NULL for lunch
  round_id    BIGINT,                      -- NULL for lunch
  met_before  TIMESTAMP,                   -- when two of them were drawn together last
  reasons     TEXT NOT NULL,               -- JSON of kinds and ids
  at          TIMESTAMP NOT NULL
);
CREATE INDEX coffee_pairs_round ON coffee_pairs (round_id, id);

CREATE TABLE coffee_pair_people (
  person_id BIGINT NOT NULL REFERENCES people (id),
  pair_id   BIGINT NOT NULL REFERENCES coffee_pairs (id),
  met       TEXT NOT NULL DEFAULT '',      -- '', yes, no
  sign      BOOLEAN NOT NULL DEFAULT FALSE, -- answered, planned or thanked
  PRIMARY KEY (person_id, pair_id)
);
CREATE INDEX coffee_pair_people_pair ON coffee_pair_people (pair_id, person_id);

-- Who was drawn with whom and when, for the next drawing alone.
CREATE TABLE coffee_met (
  low_id  BIGINT NOT NULL,
  high_id BIGINT NOT NULL,
  pair_id BIGINT NOT NULL,
  at      TIMESTAMP NOT NULL,
  PRIMARY KEY (low_id, high_id, pair_id)
);
CREATE INDEX coffee_met_high ON coffee_met (high_id, low_id);
CREATE INDEX coffee_met_pair ON coffee_met (pair_id);

-- A kind word that only its receiver ever sees.
CREATE TABLE coffee_words (
  id        BIGINT PRIMARY KEY,
  person_id BIGINT NOT NULL REFERENCES people (id),
  pair_id   BIGINT NOT NULL,
  author_id BIGINT NOT NULL REFERENCES authors (id),
  words     TEXT NOT NULL,
  at        TIMESTAMP NOT NULL
);
CREATE INDEX coffee_words_person ON coffee_words (person_id, at DESC, id DESC);
CREATE UNIQUE INDEX coffee_words_one ON coffee_words (pair_id, author_id, person_id);

-- Who would have lunch with somebody at their site now.
CREATE TABLE coffee_lunches (
  person_id BIGINT PRIMARY KEY REFERENCES people (id),
  site_id   BIGINT NOT NULL REFERENCES sites (id),
  until     TIMESTAMP NOT NULL
);
CREATE INDEX coffee_lunches_site ON coffee_lunches (site_id, until);
