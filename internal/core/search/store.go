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

const savePersonSQLiteSQL = `
INSERT OR REPLACE INTO search_people (rowid, title, tags, body)
VALUES ($1, $2, $3, $4)`

const saveSkillSQLiteSQL = `
INSERT OR REPLACE INTO search_skills (rowid, title, tags, body)
VALUES ($1, $2, $3, $4)`

const saveTitleSQLiteSQL = `
INSERT OR REPLACE INTO search_titles (rowid, words)
VALUES ($1, $2)`

const saveTextSQLiteSQL = `
INSERT OR REPLACE INTO search_texts (rowid, words)
VALUES ($1, $2)`

const removeSQL = `
DELETE FROM search_docs
WHERE id = $1`

// The four statements read the newest first. A match is found in the order of
// row numbers, so no more is read than is shown.
const matchPeopleSQLiteSQL = `
SELECT d.id, d.kind, d.parent_id
FROM search_people w
JOIN search_docs d ON d.id = w.rowid
WHERE search_people MATCH $1
  AND EXISTS (
    SELECT 1 FROM audience_members m
    WHERE m.person_id = $2 AND m.audience_id = d.audience_id)
ORDER BY w.rowid DESC
LIMIT $3`

const matchSkillsSQLiteSQL = `
SELECT d.id, d.kind, d.parent_id
FROM search_skills w
JOIN search_docs d ON d.id = w.rowid
WHERE search_skills MATCH $1
  AND EXISTS (
    SELECT 1 FROM audience_members m
    WHERE m.person_id = $2 AND m.audience_id = d.audience_id)
ORDER BY w.rowid DESC
LIMIT $3`

const matchTitlesSQLiteSQL = `
SELECT d.id, d.kind, d.parent_id
FROM search_titles w
JOIN search_docs d ON d.id = w.rowid
WHERE search_titles MATCH $1
  AND EXISTS (
    SELECT 1 FROM audience_members m
    WHERE m.person_id = $2 AND m.audience_id = d.audience_id)
ORDER BY w.rowid DESC
LIMIT $3`

const matchTextsSQLiteSQL = `
SELECT d.id, d.kind, d.parent_id
FROM search_texts w
JOIN search_docs d ON d.id = w.rowid
WHERE search_texts MATCH $1
  AND EXISTS (
    SELECT 1 FROM audience_members m
    WHERE m.person_id = $2 AND m.audience_id = d.audience_id)
ORDER BY w.rowid DESC
LIMIT $3`

const matchPostgresSQL = `
SELECT d.id, d.kind, d.parent_id
FROM search_docs d
WHERE d.words @@ to_tsquery('simple', $1) AND d.kind = ANY($2)
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

// goOnSQL lists the words that most texts have of those that begin alike. It
// looks at a bounded number of them.
const goOnSQL = `
SELECT w.word
FROM (
  SELECT word, docs
  FROM search_vocabulary
  WHERE word > $1 AND word < $2
  ORDER BY word
  LIMIT 1000) w
ORDER BY w.docs DESC, w.word
LIMIT $3`
