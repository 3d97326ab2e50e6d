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
CREATE VIRTUAL TABLE search_words USING fts5(
  kind, title, tags, body,
  content = '', contentless_delete = 1, prefix = '2 3 4',
  tokenize = 'unicode61 remove_diacritics 2');

-- +goose StatementBegin
CREATE TRIGGER search_docs_gone AFTER DELETE ON search_docs BEGIN
  DELETE FROM search_words WHERE rowid = old.id;
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
