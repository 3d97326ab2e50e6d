-- +goose Up

-- One row for everything that can be found by its words. The words themselves
-- are only in the full-text index.
CREATE TABLE search_docs (
  id          BIGINT PRIMARY KEY,
  kind        TEXT NOT NULL,
  audience_id BIGINT NOT NULL REFERENCES audiences (id),
  parent_id   BIGINT,
  lang        TEXT NOT NULL DEFAULT 'und'
  -- only: postgres
  , words     TSVECTOR NOT NULL
  -- end only
);
CREATE INDEX search_docs_parent ON search_docs (parent_id) WHERE parent_id IS NOT NULL;

-- only: sqlite
-- Words come folded, one space between, so the plainest tokeniser splits them
-- as they were meant. What is asked often and is short has a table of its own:
-- names are a few thousand rows, titles a tenth of all the words there are, and
-- texts keep no places of words, which makes them half as large and twice as
-- fast to read and write.
CREATE VIRTUAL TABLE search_people USING fts5(
  title, tags, body,
  content = '', contentless_delete = 1, detail = column, prefix = '1 2 3', tokenize = 'ascii');
CREATE VIRTUAL TABLE search_skills USING fts5(
  title, tags, body,
  content = '', contentless_delete = 1, detail = column, prefix = '1 2 3', tokenize = 'ascii');
CREATE VIRTUAL TABLE search_titles USING fts5(
  words,
  content = '', contentless_delete = 1, detail = none, prefix = '2 3 4', tokenize = 'ascii');
CREATE VIRTUAL TABLE search_texts USING fts5(
  words,
  content = '', contentless_delete = 1, detail = none, tokenize = 'ascii');

-- +goose StatementBegin
CREATE TRIGGER search_people_gone AFTER DELETE ON search_docs WHEN old.kind = 'person' BEGIN
  DELETE FROM search_people WHERE rowid = old.id;
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER search_skills_gone AFTER DELETE ON search_docs WHEN old.kind = 'skill' BEGIN
  DELETE FROM search_skills WHERE rowid = old.id;
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER search_posts_gone AFTER DELETE ON search_docs WHEN old.kind NOT IN ('person', 'skill') BEGIN
  DELETE FROM search_titles WHERE rowid = old.id;
  DELETE FROM search_texts WHERE rowid = old.id;
END;
-- +goose StatementEnd
-- end only

-- only: postgres
CREATE INDEX search_docs_words ON search_docs USING GIN (words);
-- end only

-- The words of what the whole organisation may see, to guess what somebody
-- meant who mistyped one.
CREATE TABLE search_vocabulary (
  word TEXT PRIMARY KEY,
  docs BIGINT NOT NULL
);

-- Each word with one letter left out, and whole.
CREATE TABLE search_spellings (
  spelling TEXT NOT NULL,
  word     TEXT NOT NULL,
  PRIMARY KEY (spelling, word)
)
-- only: sqlite
WITHOUT ROWID
-- end only
;
