-- +goose Up

-- The first week of somebody new. Nobody has a row before they are nudged or
-- put it away; the steps are read from what they did.
CREATE TABLE welcome_paths (
  id          BIGINT PRIMARY KEY,
  person_id   BIGINT NOT NULL REFERENCES people (id),
  audience_id BIGINT NOT NULL REFERENCES audiences (id), -- theirs alone
  nudges      INTEGER NOT NULL DEFAULT 0,
  nudged_at   TIMESTAMP,
  away_at     TIMESTAMP                   -- when they put it away, for good
);
CREATE UNIQUE INDEX welcome_paths_person ON welcome_paths (person_id);
