package ask

// What follows finds out whom something concerns; each of them is told only
// what their audiences let them see.

const waitingPeopleSQL = `
SELECT person_id, part = 'desk'
FROM routings
WHERE question_id = $1 AND state = 'waiting'`

const followersSQL = `
SELECT person_id
FROM follows
WHERE subject_id = $1`

const questionOfSQL = `
SELECT question_id
FROM comments
WHERE id = $1`

const authorOfAnswerSQL = `
SELECT author_id
FROM answers
WHERE id = $1`

const bodyOfSQL = `
SELECT body FROM questions WHERE id = $1
UNION ALL
SELECT body FROM answers WHERE id = $1
UNION ALL
SELECT body FROM comments WHERE id = $1`
