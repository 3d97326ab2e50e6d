-- +goose Up

-- Places beside somebody that come again and again: open hours of so many
-- seats, one after the other.
CREATE TABLE coffee_hours (
  id          BIGINT PRIMARY KEY,
  audience_id BIGINT NOT NULL REFERENCES audiences (id),
  author_id   BIGINT NOT NULL REFERENCES authors (id),
  person_id   BIGINT NOT NULL REFERENCES people (id),
  title       TEXT NOT NULL,
  place       TEXT NOT NULL DEFAULT '',
  link        TEXT NOT NULL DEFAULT '',
  zone        TEXT NOT NULL,
  starts_at   TIMESTAMP NOT NULL,        -- the first time
  every_days  INTEGER NOT NULL,          -- 7, 14 or 28; 0 once
  minutes     INTEGER NOT NULL,          -- of one seat
  seats       INTEGER NOT NULL,
  state       TEXT NOT NULL,             -- open, closed
  created_at  TIMESTAMP NOT NULL
);
CREATE INDEX coffee_hours_list ON coffee_hours (state, created_at DESC, id DESC);
CREATE INDEX coffee_hours_person ON coffee_hours (person_id, state, id DESC);

-- A seat is its beginning, so that nobody can take it twice.
CREATE TABLE coffee_bookings (
  hours_id   BIGINT NOT NULL REFERENCES coffee_hours (id),
  starts_at  TIMESTAMP NOT NULL,
  person_id  BIGINT NOT NULL REFERENCES people (id),
  meeting_id BIGINT NOT NULL,
  PRIMARY KEY (hours_id, starts_at)
);
CREATE INDEX coffee_bookings_meeting ON coffee_bookings (meeting_id);

-- Places beside a guest that are drawn by lot.
CREATE TABLE coffee_lotteries (
  id          BIGINT PRIMARY KEY,
  audience_id BIGINT NOT NULL REFERENCES audiences (id),
  author_id   BIGINT NOT NULL REFERENCES authors (id),
  guest_id    BIGINT NOT NULL REFERENCES people (id),
  title       TEXT NOT NULL,
  place       TEXT NOT NULL DEFAULT '',
  link        TEXT NOT NULL DEFAULT '',
  zone        TEXT NOT NULL,
  starts_at   TIMESTAMP NOT NULL,
  minutes     INTEGER NOT NULL,
  seats       INTEGER NOT NULL,
  draw_at     TIMESTAMP NOT NULL,
  state       TEXT NOT NULL,             -- open, drawn, few, cancelled
  created_at  TIMESTAMP NOT NULL
);
CREATE INDEX coffee_lotteries_list ON coffee_lotteries (created_at DESC, id DESC);
CREATE INDEX coffee_lotteries_due ON coffee_lotteries (draw_at) WHERE state = 'open';

CREATE TABLE coffee_entries (
  person_id  BIGINT NOT NULL REFERENCES people (id),
  lottery_id BIGINT NOT NULL REFERENCES coffee_lotteries (id),
  result     TEXT NOT NULL DEFAULT '',   -- '', won, lost
  at         TIMESTAMP NOT NULL,
  PRIMARY KEY (person_id, lottery_id)
);
CREATE INDEX coffee_entries_lottery ON coffee_entries (lottery_id, person_id);
