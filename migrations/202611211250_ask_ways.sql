-- +goose Up

-- As what somebody was asked: knows, addressed (the asker chose them), learns,
-- confirms (what a learner answered), found (by the desk), desk.
ALTER TABLE routings ADD COLUMN part TEXT NOT NULL DEFAULT 'knows';

-- Whom the asker would like to be asked first, and what came of it.
CREATE TABLE question_addressees (
  question_id BIGINT PRIMARY KEY REFERENCES questions (id),
  person_id   BIGINT NOT NULL REFERENCES people (id),
  state       TEXT NOT NULL DEFAULT 'new'     -- new, asked, busy: could take no question when it was put
);
