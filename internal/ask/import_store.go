package ask

// What follows writes imported rows, in the name of nobody and quietly.

const originSQL = `
SELECT local_id, checksum
FROM origins
WHERE origin = $1 AND kind = $2 AND origin_id = $3`

const saveOriginSQL = `
INSERT INTO origins (origin, kind, origin_id, local_id, checksum)
VALUES ($1, $2, $3, $4, $5)
ON CONFLICT (origin, kind, origin_id) DO UPDATE SET checksum = excluded.checksum`

// A row that was edited here after the import keeps its words.
const importedQuestionSQL = `
UPDATE questions SET title = $1, body = $2, lang = $3, base_score = $4, edited_at = $5
WHERE id = $6 AND (edited_at IS NULL OR edited_at <= $5)`

const importedAnswerSQL = `
UPDATE answers SET body = $1, lang = $2, base_score = $3, accepted_at = $4, edited_at = $5
WHERE id = $6 AND (edited_at IS NULL OR edited_at <= $5)`

const importedCommentSQL = `
UPDATE comments SET body = $1, lang = $2, base_score = $3
WHERE id = $4 AND edited_at IS NULL`

const importedDuplicateSQL = `
UPDATE questions SET state = 'duplicate', duplicate_of = $1
WHERE id = $2 AND state = 'open'`

const importedTitleSQL = `
SELECT title
FROM questions
WHERE id = $1`

const importedQuestionOfSQL = `
SELECT question_id
FROM answers
WHERE id = $1`
