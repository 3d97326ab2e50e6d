package ask

const searchableQuestionsSQL = `
SELECT id, audience_id, title, body, lang
FROM questions
WHERE id > $1 AND state <> 'deleted'
ORDER BY id
LIMIT $2`

const searchableTagsSQL = `
SELECT t.question_id, s.name
FROM question_skills t
JOIN skills s ON s.id = t.skill_id
WHERE t.question_id = ANY($1)
ORDER BY t.question_id, t.position`

const searchableAnswersSQL = `
SELECT a.id, a.audience_id, a.question_id, a.body, a.lang
FROM answers a
JOIN questions q ON q.id = a.question_id
WHERE a.id > $1 AND a.state <> 'deleted' AND q.state <> 'deleted'
ORDER BY a.id
LIMIT $2`
