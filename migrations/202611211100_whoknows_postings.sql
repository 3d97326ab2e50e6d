-- +goose Up

-- Who knows: what speaks for whom, ready to be asked. Everything here follows
-- from receipts and the words of their sources and can be made again.

-- One piece of evidence: what a source shows about an author. terms holds the
-- impacts it added, so that they can be taken away again.
CREATE TABLE whoknows_evidence (
  source_id   BIGINT NOT NULL,
  author_id   BIGINT NOT NULL,
  audience_id BIGINT NOT NULL,
  day         BIGINT NOT NULL,                -- days since 1970
  strength    BIGINT NOT NULL,                -- 1024 is one answer
  weight      BIGINT NOT NULL,                -- strength, doubled every half-life since 2000
  terms       BYTEA NOT NULL,
  PRIMARY KEY (author_id, source_id)
);
CREATE INDEX whoknows_evidence_source ON whoknows_evidence (source_id);

-- How much an author has to say about a term (a word or a skill). best_id is
-- the source that says most about it.
CREATE TABLE whoknows_postings (
  term        BIGINT NOT NULL,
  author_id   BIGINT NOT NULL,
  audience_id BIGINT NOT NULL,
  impact      BIGINT NOT NULL,
  best_impact BIGINT NOT NULL,
  best_id     BIGINT NOT NULL,
  PRIMARY KEY (term, author_id, audience_id)
)
-- only: sqlite
WITHOUT ROWID
-- end only
;
CREATE INDEX whoknows_postings_best ON whoknows_postings (term, impact DESC, audience_id, author_id);

-- How many pieces of evidence of the organisation have the term, and their sum.
CREATE TABLE whoknows_terms (
  term   BIGINT PRIMARY KEY,
  docs   BIGINT NOT NULL,
  impact BIGINT NOT NULL
);

-- What an author has done in all, and how lively they are on the newest day.
CREATE TABLE whoknows_people (
  author_id   BIGINT NOT NULL,
  audience_id BIGINT NOT NULL,
  pieces      BIGINT NOT NULL,
  weight      BIGINT NOT NULL,
  first_day   BIGINT NOT NULL,
  active      DOUBLE PRECISION NOT NULL,
  PRIMARY KEY (author_id, audience_id)
);
CREATE INDEX whoknows_people_active ON whoknows_people (audience_id, active DESC, author_id);

CREATE TABLE whoknows_days (
  author_id   BIGINT NOT NULL,
  audience_id BIGINT NOT NULL,
  day         BIGINT NOT NULL,
  strength    BIGINT NOT NULL,
  PRIMARY KEY (author_id, audience_id, day)
)
-- only: sqlite
WITHOUT ROWID
-- end only
;
CREATE INDEX whoknows_days_day ON whoknows_days (audience_id, day);

-- Everything the whole organisation may see, in sum: one row.
CREATE TABLE whoknows_totals (
  id         BIGINT PRIMARY KEY,
  pieces     BIGINT NOT NULL,
  weight     BIGINT NOT NULL,
  first_day  BIGINT NOT NULL,                 -- first and newest day when everybody's liveliness was computed
  newest_day BIGINT NOT NULL,
  building   BIGINT NOT NULL                  -- while everything is counted again: when that last went on, in seconds since 1970
);
INSERT INTO whoknows_totals (id, pieces, weight, first_day, newest_day, building) VALUES (1, 0, 0, 0, 0, 0);

-- Sources whose receipts or words have changed and are to be counted again.
CREATE TABLE whoknows_stale (
  source_id BIGINT PRIMARY KEY,
  mark      BIGINT NOT NULL
);
CREATE INDEX whoknows_stale_mark ON whoknows_stale (mark);

-- Similar questions: how much a question has to say about a word.
CREATE TABLE similar_postings (
  term        BIGINT NOT NULL,
  impact      BIGINT NOT NULL,
  subject_id  BIGINT NOT NULL,
  audience_id BIGINT NOT NULL,
  PRIMARY KEY (term, impact, subject_id)
)
-- only: sqlite
WITHOUT ROWID
-- end only
;

CREATE TABLE similar_docs (
  subject_id  BIGINT PRIMARY KEY,
  audience_id BIGINT NOT NULL,
  terms       BYTEA NOT NULL
);

-- How many questions of the organisation have the word. Row -1 counts them all.
CREATE TABLE similar_terms (
  term BIGINT PRIMARY KEY,
  docs BIGINT NOT NULL
);
