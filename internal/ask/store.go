package ask

import (
	"github.com/guildhall/guildhall/internal/core/skills"
	"github.com/guildhall/guildhall/internal/platform/db"
	"github.com/guildhall/guildhall/internal/platform/id"
)

const insertQuestionSQL = `
INSERT INTO questions (id, audience_id, author_id, title, body, lang, state, settled, base_score, learner_first,
  created_at, edited_at, active_at, origin_url, licence)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)`

const insertQuestionSkillSQL = `
INSERT INTO question_skills (question_id, skill_id, position, active_at)
VALUES ($1, $2, $3, $4)`

const deleteQuestionSkillsSQL = `
DELETE FROM question_skills
WHERE question_id = $1`

const editQuestionSQL = `
UPDATE questions SET title = $1, body = $2, lang = $3, edited_at = $4, active_at = $4
WHERE id = $5`

const changeQuestionSQL = `
UPDATE questions SET state = $1, duplicate_of = $2, obsolete_why = $3, verified_at = $4, verified_by = $5
WHERE id = $6`

const questionColumnsSQL = `
SELECT q.id, q.audience_id, q.author_id, q.title, q.body, q.lang, q.state, q.settled, q.accepted_id, q.duplicate_of,
  q.obsolete_why, q.answers, q.comments, q.base_score + q.me_too, q.me_too, q.learner_first, q.verified_at, q.verified_by,
  q.created_at, q.edited_at, q.active_at, q.origin_url, q.licence
FROM questions q`

const questionSQL = questionColumnsSQL + `
WHERE EXISTS (
    SELECT 1 FROM audience_members m
    WHERE m.person_id = $1 AND m.audience_id = q.audience_id)
  AND q.state <> 'deleted'
  AND q.id = $2`

func scanQuestion(r *db.Rows, q *Question) error {
	var verified, created, edited, active db.Time
	if err := r.Scan(&q.ID, &q.Audience, &q.Author, &q.Title, &q.Body, &q.Lang, &q.State, &q.Settled, &q.Accepted, &q.DuplicateOf,
		&q.ObsoleteWhy, &q.Answers, &q.Comments, &q.Score, &q.MeToo, &q.LearnerFirst, &verified, &q.VerifiedBy,
		&created, &edited, &active, &q.OriginURL, &q.Licence); err != nil {
		return err
	}
	q.VerifiedAt, q.Created, q.Edited, q.Active = verified.Time(), created.Time(), edited.Time(), active.Time()
	return nil
}

// The skills of a question are read only after the question itself was.
const questionSkillsSQL = `
SELECT s.id, s.kind, s.name
FROM question_skills qs
JOIN skills s ON s.id = qs.skill_id
WHERE qs.question_id = $1
ORDER BY qs.position`

func scanTag(r *db.Rows, t *skills.Tag) error {
	return r.Scan(&t.ID, &t.Kind, &t.Name)
}

type questionState struct {
	audience id.ID
	title    string
	state    State
}

const stateSQL = `
SELECT q.audience_id, q.title, q.state
FROM questions q
WHERE EXISTS (
    SELECT 1 FROM audience_members m
    WHERE m.person_id = $1 AND m.audience_id = q.audience_id)
  AND q.state <> 'deleted'
  AND q.id = $2`

func scanState(r *db.Rows, q *questionState) error {
	return r.Scan(&q.audience, &q.title, &q.state)
}

// bumpQuestionSQL counts up rather than over again: a question may have
// thousands of answers.
const bumpQuestionSQL = `
UPDATE questions
SET active_at = $1, answers = answers + $2, comments = comments + $3,
    settled = CASE WHEN settled = '' AND answers + $2 > 0 THEN 'answered' ELSE settled END
WHERE id = $4`

const recountSQL = `
UPDATE questions
SET answers = (SELECT COUNT(*) FROM answers a WHERE a.question_id = questions.id AND a.state <> 'deleted'),
    comments = (SELECT COUNT(*) FROM comments c WHERE c.question_id = questions.id AND c.state <> 'deleted'),
    settled = CASE
      WHEN accepted_id IS NOT NULL THEN 'accepted'
      WHEN EXISTS (SELECT 1 FROM answers a WHERE a.question_id = questions.id AND a.state <> 'deleted') THEN 'answered'
      ELSE '' END
WHERE id = $1`

const setAcceptedSQL = `
UPDATE questions SET accepted_id = $1
WHERE id = $2`

// standingSQL brings the subject of an open question in line with its row.
const standingSQL = `
UPDATE subjects
SET state = (
  SELECT CASE WHEN q.state = 'open' AND q.settled <> '' THEN q.settled ELSE q.state END
  FROM questions q WHERE q.id = subjects.id)
WHERE id = $1`

const bumpSkillsSQL = `
UPDATE question_skills SET active_at = $1
WHERE question_id = $2`

const bumpSubjectSQL = `
UPDATE subjects
SET updated_at = $1, state = CASE WHEN state = 'open' AND EXISTS (
    SELECT 1 FROM questions q WHERE q.id = subjects.id AND q.settled = 'answered') THEN 'answered' ELSE state END
WHERE id = $2`

const insertAnswerSQL = `
INSERT INTO answers (id, question_id, audience_id, author_id, body, lang, state, base_score, accepted_at, created_at, edited_at, licence)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)`

const editAnswerSQL = `
UPDATE answers SET body = $1, lang = $2, edited_at = $3
WHERE id = $4`

const changeAnswerSQL = `
UPDATE answers SET state = $1, obsolete_why = $2, accepted_at = $3, verified_at = $4, verified_by = $5
WHERE id = $6`

const acceptAnswerSQL = `
UPDATE answers SET accepted_at = $1
WHERE id = $2`

const settleSQL = `
UPDATE questions SET settled = $1, accepted_id = $2
WHERE id = $3`

const answerColumnsSQL = `
SELECT a.id, a.question_id, a.audience_id, a.author_id, a.body, a.lang, a.state, a.obsolete_why, a.base_score + a.useful, a.useful,
  a.comments, a.accepted_at, a.verified_at, a.verified_by, a.created_at, a.edited_at, a.licence,
  EXISTS (SELECT 1 FROM votes v WHERE v.on_id = a.id AND v.person_id = $1)
FROM answers a`

const answerSQL = answerColumnsSQL + `
WHERE EXISTS (
    SELECT 1 FROM audience_members m
    WHERE m.person_id = $1 AND m.audience_id = a.audience_id)
  AND a.state <> 'deleted'
  AND a.id = $2`

// answersSQL lists a question's answers: the accepted one, then the most
// useful, then the oldest.
const answersSQL = answerColumnsSQL + `
WHERE EXISTS (
    SELECT 1 FROM audience_members m
    WHERE m.person_id = $1 AND m.audience_id = a.audience_id)
  AND a.state <> 'deleted'
  AND a.question_id = $2
ORDER BY CASE WHEN a.accepted_at IS NULL THEN 1 ELSE 0 END, CASE WHEN a.state = 'open' THEN 0 ELSE 1 END,
  a.base_score + a.useful DESC, a.created_at, a.id
LIMIT $3 OFFSET $4`

func scanAnswer(r *db.Rows, a *Answer) error {
	var accepted, verified, created, edited db.Time
	if err := r.Scan(&a.ID, &a.Question, &a.Audience, &a.Author, &a.Body, &a.Lang, &a.State, &a.ObsoleteWhy, &a.Score, &a.Useful,
		&a.Comments, &accepted, &verified, &a.VerifiedBy, &created, &edited, &a.Licence, &a.Mine); err != nil {
		return err
	}
	a.Accepted, a.VerifiedAt, a.Created, a.Edited = accepted.Time(), verified.Time(), created.Time(), edited.Time()
	return nil
}

const insertCommentSQL = `
INSERT INTO comments (id, on_id, question_id, audience_id, author_id, body, lang, state, base_score, created_at, edited_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)`

const changeCommentSQL = `
UPDATE comments SET body = $1, lang = $2, state = $3, edited_at = $4
WHERE id = $5`

const countAnswerCommentsSQL = `
UPDATE answers SET comments = (SELECT COUNT(*) FROM comments c WHERE c.on_id = answers.id AND c.state <> 'deleted')
WHERE id = $1`

const commentColumnsSQL = `
SELECT c.id, c.on_id, c.question_id, c.audience_id, c.author_id, c.body, c.lang, c.state, c.base_score, c.created_at, c.edited_at
FROM comments c
WHERE EXISTS (
    SELECT 1 FROM audience_members m
    WHERE m.person_id = $1 AND m.audience_id = c.audience_id)
  AND c.state <> 'deleted'`

const commentSQL = commentColumnsSQL + `
  AND c.id = $2`

const commentsSQL = commentColumnsSQL + `
  AND c.question_id = $2
ORDER BY c.created_at, c.id
LIMIT $3`

func scanComment(r *db.Rows, c *Comment) error {
	var created, edited db.Time
	if err := r.Scan(&c.ID, &c.On, &c.Question, &c.Audience, &c.Author, &c.Body, &c.Lang, &c.State, &c.Score, &created, &edited); err != nil {
		return err
	}
	c.Created, c.Edited = created.Time(), edited.Time()
	return nil
}

const voteSQL = `
INSERT INTO votes (on_id, person_id, at)
VALUES ($1, $2, $3)
ON CONFLICT (on_id, person_id) DO NOTHING`

const unvoteSQL = `
DELETE FROM votes
WHERE on_id = $1 AND person_id = $2`

const countMeTooSQL = `
UPDATE questions SET me_too = (SELECT COUNT(*) FROM votes v WHERE v.on_id = questions.id)
WHERE id = $1`

const countUsefulSQL = `
UPDATE answers SET useful = (SELECT COUNT(*) FROM votes v WHERE v.on_id = answers.id)
WHERE id = $1`

const followSQL = `
INSERT INTO follows (person_id, subject_id, at)
VALUES ($1, $2, $3)
ON CONFLICT (person_id, subject_id) DO NOTHING`

const unfollowSQL = `
DELETE FROM follows
WHERE person_id = $1 AND subject_id = $2`

const bookmarkSQL = `
INSERT INTO bookmarks (person_id, subject_id, at)
VALUES ($1, $2, $3)
ON CONFLICT (person_id, subject_id) DO NOTHING`

const unbookmarkSQL = `
DELETE FROM bookmarks
WHERE person_id = $1 AND subject_id = $2`

const forgetAnswersSQL = `
DELETE FROM search_docs
WHERE parent_id = $1`

const forgetAnswerSubjectsSQL = `
UPDATE subjects SET state = 'deleted'
WHERE parent_id = $1`

// relationSQL is how a reader stands to a question.
const relationSQL = `
SELECT EXISTS (SELECT 1 FROM votes v WHERE v.person_id = $1 AND v.on_id = $2),
  EXISTS (SELECT 1 FROM follows f WHERE f.person_id = $1 AND f.subject_id = $2),
  EXISTS (SELECT 1 FROM bookmarks b WHERE b.person_id = $1 AND b.subject_id = $2),
  COALESCE((SELECT r.part FROM routings r WHERE r.person_id = $1 AND r.question_id = $2 AND r.state = 'waiting'), '')`
