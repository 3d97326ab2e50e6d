-- +goose Up

-- A team hour: 45 guided minutes of a few people. It is forgotten, with all
-- that nobody put on their profile, a week after it was opened.
CREATE TABLE team_hours (
  id          BIGINT PRIMARY KEY,
  audience_id BIGINT NOT NULL REFERENCES audiences (id),
  person_id   BIGINT NOT NULL REFERENCES people (id), -- who leads it
  title       TEXT NOT NULL,
  code        TEXT NOT NULL,              -- by which others come in
  step        INTEGER NOT NULL,
  step_at     TIMESTAMP NOT NULL,
  state       TEXT NOT NULL,              -- open, closed
  forget_at   TIMESTAMP NOT NULL,
  created_at  TIMESTAMP NOT NULL
);
CREATE UNIQUE INDEX team_hours_code ON team_hours (code);
CREATE INDEX team_hours_forget ON team_hours (forget_at);

CREATE TABLE team_hour_people (
  person_id BIGINT NOT NULL REFERENCES people (id),
  hour_id   BIGINT NOT NULL REFERENCES team_hours (id),
  PRIMARY KEY (person_id, hour_id)
);
CREATE INDEX team_hour_people_hour ON team_hour_people (hour_id, person_id);

-- What somebody can show or wants to learn. A draft is seen by its owner
-- alone, also when somebody else typed it from a card.
CREATE TABLE team_hour_entries (
  id          BIGINT PRIMARY KEY,
  hour_id     BIGINT NOT NULL REFERENCES team_hours (id),
  audience_id BIGINT NOT NULL REFERENCES audiences (id),
  person_id   BIGINT NOT NULL REFERENCES people (id),
  kind        TEXT NOT NULL,              -- show, want
  name        TEXT NOT NULL,
  level       INTEGER NOT NULL,
  skill_id    BIGINT REFERENCES skills (id), -- once it stands on the profile
  state       TEXT NOT NULL,              -- draft, shared, kept
  created_at  TIMESTAMP NOT NULL
);
CREATE INDEX team_hour_entries_hour ON team_hour_entries (hour_id, id);
CREATE INDEX team_hour_entries_skill ON team_hour_entries (skill_id);
