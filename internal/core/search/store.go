package search

const savePostgresSQL = `
INSERT INTO search_docs (id, kind, audience_id, parent_id, lang, words)
VALUES ($1, $2, $3, $4, $5,
  setweight(to_tsvector('simple', $6), 'A') || setweight(to_tsvector('simple', $7), 'B') || setweight(to_tsvector('simple', left($8, 200000)), 'D'))
ON CONFLICT (id) DO UPDATE
SET audience_id = excluded.audience_id, parent_id = excluded.parent_id, lang = excluded.lang, words = excluded.words`

const saveSQLiteSQL = `
INSERT INTO search_docs (id, kind, audience_id, parent_id, lang)
VALUES ($1, $2, $3, $4, $5)
ON CONFLICT (id) DO UPDATE
SET audience_id = excluded.audience_id, parent_id = excluded.parent_id, lang = excluded.lang`

const saveWordsSQLiteSQL = `
INSERT OR REPLACE INTO search_words (rowid, title, tags, body)
VALUES ($1, $2, $3, $4)`

const removeSQL = `
DELETE FROM search_docs
WHERE id = $1`
