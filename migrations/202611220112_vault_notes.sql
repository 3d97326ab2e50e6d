-- +goose Up

-- Keys of people, made and held by their browsers. The server has the public
-- half, and the private one only as a recovery code has sealed it.
CREATE TABLE vault_keys (
  id         BIGINT PRIMARY KEY,
  person_id  BIGINT NOT NULL REFERENCES people (id),
  public     TEXT NOT NULL,                -- see docs/vault.md for this and all that is sealed
  sealed     TEXT NOT NULL,                -- '' once other keys have come after them
  made_at    TIMESTAMP NOT NULL,
  ended_at   TIMESTAMP
);
CREATE INDEX vault_keys_person ON vault_keys (person_id, id);
CREATE UNIQUE INDEX vault_keys_current ON vault_keys (person_id) WHERE ended_at IS NULL;

-- Notes of a room: a subject whose members write them. The server cannot read
-- them.
CREATE TABLE vault_notes (
  id          BIGINT PRIMARY KEY,
  audience_id BIGINT NOT NULL REFERENCES audiences (id),
  room_id     BIGINT NOT NULL,
  name        TEXT NOT NULL,               -- made by the browser, so that a note sent twice is there once
  person_id   BIGINT NOT NULL REFERENCES people (id),
  key_id      BIGINT NOT NULL REFERENCES vault_keys (id),  -- of the author, when it was sealed
  version     INTEGER NOT NULL,
  sealed      TEXT NOT NULL,
  created_at  TIMESTAMP NOT NULL,
  updated_at  TIMESTAMP NOT NULL
);
CREATE UNIQUE INDEX vault_notes_name ON vault_notes (room_id, name);
CREATE INDEX vault_notes_room ON vault_notes (room_id, id DESC);

-- The key of a note, sealed for one of those who may read it.
CREATE TABLE vault_boxes (
  note_id BIGINT NOT NULL REFERENCES vault_notes (id),
  key_id  BIGINT NOT NULL REFERENCES vault_keys (id),      -- whose it is
  by_id   BIGINT NOT NULL REFERENCES vault_keys (id),      -- who sealed it
  sealed  TEXT NOT NULL,
  PRIMARY KEY (note_id, key_id)
);
