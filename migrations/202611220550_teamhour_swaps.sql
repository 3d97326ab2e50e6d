-- +goose Up

-- A swap of two of a team hour whose skills are not both on profiles yet. It is
-- gone once it is answered, and with the hour.
CREATE TABLE team_hour_swaps (
  id          BIGINT PRIMARY KEY,
  hour_id     BIGINT NOT NULL REFERENCES team_hours (id),
  audience_id BIGINT NOT NULL REFERENCES audiences (id),
  person_id   BIGINT NOT NULL REFERENCES people (id), -- who proposes it
  own_id      BIGINT NOT NULL REFERENCES team_hour_entries (id), -- what they would show
  entry_id    BIGINT NOT NULL REFERENCES team_hour_entries (id), -- what they would be shown
  created_at  TIMESTAMP NOT NULL
);
CREATE UNIQUE INDEX team_hour_swaps_hour ON team_hour_swaps (hour_id, own_id, entry_id);
CREATE INDEX team_hour_swaps_own ON team_hour_swaps (own_id);
CREATE INDEX team_hour_swaps_entry ON team_hour_swaps (entry_id);
