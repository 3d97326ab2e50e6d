package ask

import (
	"github.com/guildhall/guildhall/internal/platform/db"
)

const rowColumnsFragmentSQL = `
q.id, q.author_id, q.title, q.lang, q.state, q.settled, q.answers, q.base_score + q.me_too, q.created_at, q.active_at`

const rowSQL = `SELECT` + rowColumnsFragmentSQL + `, q.active_at
FROM questions q
WHERE EXISTS (
    SELECT 1 FROM audience_members m
    WHERE m.person_id = $1 AND m.audience_id = q.audience_id)
  AND q.state <> 'deleted' AND q.id = $2`

const listActiveSQL = `SELECT` + rowColumnsFragmentSQL + `, q.active_at
FROM questions q
WHERE EXISTS (
    SELECT 1 FROM audience_members m
    WHERE m.person_id = $1 AND m.audience_id = q.audience_id)
  AND q.state <> 'deleted' AND (q.active_at, q.id) < ($2, $3)
ORDER BY q.active_at DESC, q.id DESC
LIMIT $4`

const listNewestSQL = `SELECT` + rowColumnsFragmentSQL + `, q.created_at
FROM questions q
WHERE EXISTS (
    SELECT 1 FROM audience_members m
    WHERE m.person_id = $1 AND m.audience_id = q.audience_id)
  AND q.state <> 'deleted' AND (q.created_at, q.id) < ($2, $3)
ORDER BY q.created_at DESC, q.id DESC
LIMIT $4`

const listUnansweredSQL = `SELECT` + rowColumnsFragmentSQL + `, q.created_at
FROM questions q
WHERE EXISTS (
    SELECT 1 FROM audience_members m
    WHERE m.person_id = $1 AND m.audience_id = q.audience_id)
  AND q.state = 'open' AND q.answers = 0 AND (q.created_at, q.id) < ($2, $3)
ORDER BY q.created_at DESC, q.id DESC
LIMIT $4`

const listBySkillSQL = `SELECT` + rowColumnsFragmentSQL + `, qs.active_at
FROM question_skills qs
JOIN questions q ON q.id = qs.question_id
WHERE EXISTS (
    SELECT 1 FROM audience_members m
    WHERE m.person_id = $1 AND m.audience_id = q.audience_id)
  AND qs.skill_id = $2 AND q.state <> 'deleted' AND (qs.active_at, qs.question_id) < ($3, $4)
ORDER BY qs.active_at DESC, qs.question_id DESC
LIMIT $5`

func scanRow(r *db.Rows, q *Row) error { return scanRowAnd(r, q) }

// The skills of questions are read only after the questions themselves were.
const skillsOfQuestionsSQL = `
SELECT qs.question_id, qs.position, s.id, s.kind, s.name
FROM question_skills qs
JOIN skills s ON s.id = qs.skill_id
WHERE qs.question_id = ANY($1)`

// What follows derives receipts, in the name of nobody: the receipt carries the
// answer's audience and counts only for its members.

const answersOfSQL = `
SELECT id
FROM answers
WHERE question_id = $1`

const answersByAuthorSQL = `
SELECT id
FROM answers
WHERE author_id = $1 AND id > $2
ORDER BY id
LIMIT $3`

const nextAnswersSQL = `
SELECT id
FROM answers
WHERE id > $1
ORDER BY id
LIMIT $2`

// proofSQL gives one row for every skill of the answered question, or one
// without a skill. Answers that are deleted, stand under a deleted question or
// answer the author's own question prove nothing.
const proofSQL = `
SELECT a.id, a.author_id, q.author_id, qs.skill_id, a.audience_id, a.verified_by, a.base_score + a.useful, a.created_at, a.accepted_at, a.verified_at
FROM answers a
JOIN questions q ON q.id = a.question_id
LEFT JOIN question_skills qs ON qs.question_id = a.question_id
WHERE a.id = $1 AND a.state = 'open' AND q.state <> 'deleted' AND a.author_id <> q.author_id`

func scanProof(r *db.Rows, p *proof) error {
	var created, accepted, verified db.Time
	if err := r.Scan(&p.answer, &p.author, &p.asker, &p.skill, &p.audience, &p.verifier, &p.score, &created, &accepted, &verified); err != nil {
		return err
	}
	p.created, p.accepted, p.verified = created.Time(), accepted.Time(), verified.Time()
	return nil
}

const mineOpenSQL = `SELECT` + rowColumnsFragmentSQL + `, q.active_at
FROM questions q
WHERE EXISTS (
    SELECT 1 FROM audience_members m
    WHERE m.person_id = $1 AND m.audience_id = q.audience_id)
  AND q.author_id = $2 AND q.state = 'open' AND q.settled <> 'accepted'
ORDER BY q.created_at DESC, q.id DESC
LIMIT $3`

const teachesSQL = `
SELECT EXISTS (SELECT 1 FROM person_skills WHERE person_id = $1 AND direction = 'teach')`

// teachableSQL finds questions nobody has answered about what somebody says
// they can teach, never their own, among a bounded number of the newest.
const teachableSQL = `SELECT` + rowColumnsFragmentSQL + `, q.created_at
FROM (
  SELECT n.id
  FROM questions n
  WHERE EXISTS (
      SELECT 1 FROM audience_members m
      WHERE m.person_id = $1 AND m.audience_id = n.audience_id)
    AND n.author_id <> $2 AND n.state = 'open' AND n.answers = 0 AND n.created_at > $3
  ORDER BY n.created_at DESC, n.id DESC
  LIMIT 200) newest
JOIN questions q ON q.id = newest.id
WHERE EXISTS (
    SELECT 1 FROM question_skills qs
    JOIN person_skills ps ON ps.skill_id = qs.skill_id AND ps.direction = 'teach' AND ps.person_id = $1
    WHERE qs.question_id = newest.id)
ORDER BY q.created_at DESC, q.id DESC
LIMIT $4`

// acceptedSQL and usefulSQL find questions on which an answer of the author was
// accepted lately, or written lately and found useful by somebody.
const acceptedSQL = `SELECT` + rowColumnsFragmentSQL + `, a.accepted_at
FROM answers a
JOIN questions q ON q.id = a.question_id
WHERE EXISTS (
    SELECT 1 FROM audience_members m
    WHERE m.person_id = $1 AND m.audience_id = q.audience_id)
  AND a.author_id = $2 AND a.state = 'open' AND q.state <> 'deleted' AND q.author_id <> $2 AND a.accepted_at > $3
ORDER BY a.accepted_at DESC, a.id DESC
LIMIT $4`

const usefulSQL = `SELECT` + rowColumnsFragmentSQL + `, a.created_at
FROM answers a
JOIN questions q ON q.id = a.question_id
WHERE EXISTS (
    SELECT 1 FROM audience_members m
    WHERE m.person_id = $1 AND m.audience_id = q.audience_id)
  AND a.author_id = $2 AND a.state = 'open' AND q.state <> 'deleted' AND q.author_id <> $2 AND a.useful > 0 AND a.created_at > $3
ORDER BY a.created_at DESC, a.id DESC
LIMIT $4`

const answerWordsSQL = `
SELECT a.id, q.title, a.body, a.lang
FROM answers a
JOIN questions q ON q.id = a.question_id
WHERE a.id = ANY($1) AND a.state <> 'deleted' AND q.state <> 'deleted'`

const questionTextsSQL = `
SELECT id, audience_id, state, title, body, lang
FROM questions
WHERE id = ANY($1)`

const excerptsSQL = `
SELECT a.id, SUBSTR(a.body, 1, 600)
FROM answers a
WHERE EXISTS (
    SELECT 1 FROM audience_members m
    WHERE m.person_id = $1 AND m.audience_id = a.audience_id)
  AND a.id = ANY($2) AND a.state <> 'deleted'`
