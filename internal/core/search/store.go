package search

import "github.com/guildhall/guildhall/internal/platform/db"

const savePostgresSQL = `
INSERT INTO search_docs (id, kind, audience_id, parent_id, lang, words)
VALUES ($1, $2, $3, $4, $5,
  setweight(to_tsvector('simple', $6), 'A') || setweight(to_tsvector('simple', $7), 'B') || setweight(to_tsvector('simple', $8), 'D'))
ON CONFLICT (id) DO UPDATE
SET audience_id = excluded.audience_id, parent_id = excluded.parent_id, lang = excluded.lang, words = excluded.words`

const saveSQLiteSQL = `
INSERT INTO search_docs (id, kind, audience_id, parent_id, lang)
VALUES ($1, $2, $3, $4, $5)
ON CONFLICT (id) DO UPDATE
SET audience_id = excluded.audience_id, parent_id = excluded.parent_id, lang = excluded.lang`

const saveWordsSQLiteSQL = `
INSERT OR REPLACE INTO search_words (rowid, kind, title, tags, body)
VALUES ($1, $2, $3, $4, $5)`

const removeSQL = `
DELETE FROM search_docs
WHERE id = $1`

const matchSQLiteSQL = `
SELECT d.id, d.kind, d.parent_id
FROM search_words w
JOIN search_docs d ON d.id = w.rowid
WHERE search_words MATCH $1
  AND EXISTS (
    SELECT 1 FROM audience_members m
    WHERE m.person_id = $2 AND m.audience_id = d.audience_id)
ORDER BY w.rowid DESC
LIMIT $3`

const matchPostgresSQL = `
SELECT d.id, d.kind, d.parent_id
FROM search_docs d
WHERE d.words @@ to_tsquery('simple', $1) AND d.kind = $2
  AND EXISTS (
    SELECT 1 FROM audience_members m
    WHERE m.person_id = $3 AND m.audience_id = d.audience_id)
ORDER BY d.id DESC
LIMIT $4`

func scanHit(r *db.Rows, h *Hit) error { return r.Scan(&h.ID, &h.Kind, &h.Parent) }

const knownWordSQL = `
SELECT docs
FROM search_vocabulary
WHERE word = $1`

const learnWordSQL = `
INSERT INTO search_vocabulary (word, docs)
VALUES ($1, $2)
ON CONFLICT (word) DO UPDATE SET docs = search_vocabulary.docs + excluded.docs`

const learnSpellingSQL = `
INSERT INTO search_spellings (spelling, word)
VALUES ($1, $2)
ON CONFLICT (spelling, word) DO NOTHING`

const nearWordsSQL = `
SELECT DISTINCT v.word, v.docs
FROM search_spellings s
JOIN search_vocabulary v ON v.word = s.word
WHERE s.spelling = ANY($1)`
