-- +goose Up

-- What a proposed swap said before and after somebody suggested a change. A
-- swap that nobody changed has no row.
CREATE TABLE swap_terms (
  id        BIGINT PRIMARY KEY,
  swap_id   BIGINT NOT NULL REFERENCES swaps (id),
  version   INTEGER NOT NULL,
  person_id BIGINT REFERENCES people (id), -- who says so, NULL for a round
  first_id  BIGINT REFERENCES skills (id), -- what the first of two teaches; NULL for nothing, and in rings of a round
  second_id BIGINT REFERENCES skills (id),
  lessons   INTEGER NOT NULL,
  minutes   INTEGER NOT NULL,
  format    TEXT NOT NULL,
  note      TEXT NOT NULL,
  at        TIMESTAMP NOT NULL
);
CREATE UNIQUE INDEX swap_terms_version ON swap_terms (swap_id, version);
CREATE INDEX swap_terms_first ON swap_terms (first_id);
CREATE INDEX swap_terms_second ON swap_terms (second_id);
