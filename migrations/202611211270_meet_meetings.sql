-- +goose Up

-- A meeting of a few people. It serves a subject (a pair, a lesson of a ring, a
-- coffee) and is seen by that subject's audience.
CREATE TABLE meetings (
  id          BIGINT PRIMARY KEY,
  audience_id BIGINT NOT NULL REFERENCES audiences (id),
  about_id    BIGINT NOT NULL,
  kind        TEXT NOT NULL,               -- the practice: mentoring, swap, coffee, ...
  uid         TEXT NOT NULL,               -- of iCalendar, never changes
  sequence    INTEGER NOT NULL,            -- of iCalendar, rises with every change
  title       TEXT NOT NULL,
  agenda      TEXT NOT NULL DEFAULT '',
  place       TEXT NOT NULL DEFAULT '',
  link        TEXT NOT NULL DEFAULT '',
  starts_at   TIMESTAMP NOT NULL,
  ends_at     TIMESTAMP NOT NULL,
  zone        TEXT NOT NULL,               -- whose clock it was planned by
  every_days  INTEGER NOT NULL DEFAULT 0,  -- 0 once; else the next is planned so many days later
  next_id     BIGINT,                      -- the meeting that follows in a series
  state       TEXT NOT NULL,               -- planned, cancelled
  author_id   BIGINT NOT NULL REFERENCES authors (id),
  created_at  TIMESTAMP NOT NULL,
  updated_at  TIMESTAMP NOT NULL
);
CREATE UNIQUE INDEX meetings_uid ON meetings (uid);
CREATE INDEX meetings_about ON meetings (about_id, starts_at, id);

CREATE TABLE meeting_people (
  meeting_id  BIGINT NOT NULL REFERENCES meetings (id),
  person_id   BIGINT NOT NULL REFERENCES people (id),
  starts_at   TIMESTAMP NOT NULL,          -- the meeting's, so that a person's meetings page by index
  answer      TEXT NOT NULL DEFAULT '',    -- '', yes, no, maybe
  answered_at TIMESTAMP,
  met         TEXT NOT NULL DEFAULT '',    -- '', yes, no
  met_at      TIMESTAMP,
  PRIMARY KEY (person_id, meeting_id)
);
CREATE INDEX meeting_people_meeting ON meeting_people (meeting_id, person_id);
CREATE INDEX meeting_people_time ON meeting_people (person_id, starts_at, meeting_id);

-- The address under which somebody's own calendar program reads their
-- meetings. Only its hash is kept.
CREATE TABLE meeting_feeds (
  person_id  BIGINT PRIMARY KEY REFERENCES people (id),
  token_hash TEXT NOT NULL,
  created_at TIMESTAMP NOT NULL
);
CREATE UNIQUE INDEX meeting_feeds_token ON meeting_feeds (token_hash);
